//! What the rules say of each objective: their health, their rhythm, their thresholds.

use std::collections::HashMap;

use super::super::rules::{Group, Rule};
use super::{ladder, pyrra, sloth};
use crate::domain::{PairSeverity, Text};

/// What the rules of one objective say.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// What is wrong with one of them.
    pub(super) error: Option<Text>,
    /// The longest time between two evaluations, seconds.
    pub(super) interval: Option<f64>,
    /// The thresholds of its alerts.
    pub(super) steps: Vec<ladder::Step>,
    /// The objective that its alerts have.
    pub(super) objective: Option<f64>,
    /// Whether the rule over the period is a mean over time.
    pub(super) is_time_weighted: Option<bool>,
}

/// The facts by the label that names an objective, and its value.
#[derive(Debug, Default)]
pub(super) struct Ruled(HashMap<(&'static str, String), Facts>);

impl Ruled {
    /// Reads every group.
    pub(super) fn of(groups: &[Group]) -> Ruled {
        let mut ruled = Ruled::default();
        for group in groups {
            for rule in &group.rules {
                if let Some(facts) = ruled.facts_of(rule) {
                    facts.take(rule, group.interval);
                }
            }
        }
        ruled
    }

    /// What is known of an objective.
    pub(super) fn get(&self, label: &'static str, id: &str) -> Option<&Facts> {
        self.0.get(&(label, id.to_owned()))
    }

    fn facts_of(&mut self, rule: &Rule) -> Option<&mut Facts> {
        let is_pyrra = || {
            rule.name.contains(":burnrate")
                || rule.name.contains(":increase")
                || rule.name.starts_with("pyrra_")
                || rule.kind == "alerting"
        };
        let label =
            [sloth::ID, pyrra::ID].into_iter().find(|label| !rule.label(label).is_empty())?;
        if label == pyrra::ID && !is_pyrra() {
            return None;
        }
        Some(self.0.entry((label, rule.label(label).to_owned())).or_default())
    }
}

impl Facts {
    fn take(&mut self, rule: &Rule, interval: f64) {
        if rule.health == "err" && self.error.is_none() {
            let why = rule.last_error.as_deref().unwrap_or("it does not say why");
            self.error = Some(Text::new(&format!("{}: {why}", rule.name)));
        }
        if rule.kind == "alerting" {
            self.take_alert(rule);
            return;
        }
        if interval > 0.0 {
            self.interval = Some(self.interval.unwrap_or_default().max(interval));
        }
        if rule.query.contains("sum_over_time") || rule.query.contains("avg_over_time") {
            self.is_time_weighted = Some(true);
        } else if self.is_time_weighted.is_none() {
            self.is_time_weighted = Some(false);
        }
    }

    fn take_alert(&mut self, rule: &Rule) {
        let word = Some(rule.label("sloth_severity")).filter(|word| !word.is_empty());
        let severity = severity(word.unwrap_or(rule.label("severity")));
        self.steps.extend(ladder::steps(&rule.query, severity));
        if self.objective.is_none() {
            self.objective = ladder::objective(&rule.query);
        }
    }
}

/// How loud an alert with this label is.
pub(super) fn severity(word: &str) -> PairSeverity {
    match word {
        "page" | "critical" => PairSeverity::Page,
        _ => PairSeverity::Ticket,
    }
}
