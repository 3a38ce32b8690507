//! Answers in, objectives out: what sloth and pyrra recorded, put together without asking anybody.

mod ladder;
mod pyrra;
pub(super) mod row;
mod ruled;
mod sloth;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::envelope::Series;
use super::rules::Group;
use crate::domain::{Slo, SloId, SloOrigin, Text};

/// Everything that was answered in one pass.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// sloth's series, of the last minutes.
    pub(super) sloth: Vec<Series>,
    /// pyrra's series, of the last minutes.
    pub(super) pyrra: Vec<Series>,
    /// The alerts about objectives that fire.
    pub(super) firing: Vec<Series>,
    /// The rules; none where they were not told.
    pub(super) groups: Option<Vec<Group>>,
    /// What the answers warned of.
    pub(super) warning: Option<Text>,
}

/// The objectives that the answers tell of, and how many had to be left out because no objective was told.
#[derive(Debug, Default)]
pub(super) struct Assembled {
    pub(super) slos: Vec<Slo>,
    pub(super) untold: usize,
}

/// Puts the objectives together.
pub(super) fn assemble(answers: &Answers) -> Assembled {
    let ruled = ruled::Ruled::of(answers.groups.as_deref().unwrap_or_default());
    let mut assembled = Assembled::default();
    sloth::assemble(answers, &ruled, &mut assembled);
    pyrra::assemble(answers, &ruled, &mut assembled);
    for slo in &mut assembled.slos {
        slo.warning.clone_from(&answers.warning);
        slo.rule_error = slo.rule_error.take().or_else(|| row::impossible(slo));
    }
    assembled
}

/// Objectives of one maker, by what their series of error ratios carry.
pub(super) struct Owners<'a> {
    label: &'static str,
    is_constant: fn(&str) -> bool,
    /// By the name that their rules carry: those of a group share it.
    by_rule: HashMap<&'a str, Vec<&'a Slo>>,
}

impl<'a> Owners<'a> {
    /// Those of this maker.
    pub(super) fn of(origin: SloOrigin, slos: &[&'a Slo]) -> Owners<'a> {
        let (label, is_constant): (&'static str, fn(&str) -> bool) = match origin {
            SloOrigin::Pyrra => (pyrra::ID, pyrra::is_constant),
            _ => (sloth::ID, sloth::is_constant),
        };
        let mut by_rule: HashMap<&str, Vec<&Slo>> = HashMap::new();
        for slo in slos.iter().filter(|slo| slo.origin == origin) {
            by_rule.entry(slo.rule_id.as_str()).or_default().push(slo);
        }
        Owners { label, is_constant, by_rule }
    }

    /// The objective that a series belongs to.
    pub(super) fn owner(&self, series: &Series) -> Option<SloId> {
        let candidates = self.by_rule.get(series.label(self.label))?;
        let own = row::own_labels(series, self.is_constant);
        let is_it = |slo: &&&Slo| {
            slo.labels.len() == own.len()
                && slo
                    .labels
                    .iter()
                    .zip(&own)
                    .all(|(one, (name, value))| *one.0 == **name && *one.1 == **value)
        };
        candidates.iter().find(is_it).map(|slo| slo.id)
    }
}
