//! The groups of rules that `/api/v1/rules` lists.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The content of the answer.
#[derive(Deserialize)]
pub(super) struct Listed {
    #[serde(default)]
    pub(super) groups: Vec<Group>,
}

/// A group of rules, which are evaluated one after the other.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Group {
    /// Time between two evaluations, seconds.
    #[serde(default)]
    pub(super) interval: f64,
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    /// `alerting` or `recording`.
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) query: String,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    /// `ok`, `err` or `unknown`.
    #[serde(default)]
    pub(super) health: String,
    pub(super) last_error: Option<String>,
}

impl Rule {
    /// The value of a label; nothing where it has none.
    pub(super) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}
