//! What a scenario says of Prometheus, Alertmanager and the objectives.

use serde::Deserialize;

use crate::sim::world::SloState;

/// Prometheus and Alertmanager.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prometheus {
    /// How it wants to be greeted; Alertmanager alike.
    pub auth: Greeting,
    /// Warnings that every answer to a query carries.
    pub warnings: Vec<String>,
    /// Number of objectives besides the usual ones.
    pub slos: u32,
    /// What is different about an objective.
    pub slo: Vec<ScriptedSlo>,
}

/// How a server wants to be greeted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Greeting {
    /// Everybody may ask.
    #[default]
    None,
    /// With the token.
    Bearer,
    /// As `watchfloor`, with the token for a password.
    Basic,
}

/// What is different about an objective.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScriptedSlo {
    /// Which one: `SERVICE-NAME`.
    pub id: String,
    /// What is odd about it.
    pub state: Option<SloState>,
    /// Its objective in percent.
    pub objective: Option<f64>,
    /// The share of bad events.
    pub error_ratio: Option<f64>,
    /// Since how many seconds before the start; the future has none.
    pub ago_seconds: f64,
}
