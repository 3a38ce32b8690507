//! Answers in, objectives out: what sloth and pyrra recorded, put together without asking anybody.

mod ladder;
mod pyrra;
pub(super) mod row;
mod ruled;
mod sloth;

#[cfg(test)]
mod tests;

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
    }
    assembled
}

/// The objective that a series of an error ratio belongs to.
pub(super) fn owner(origin: SloOrigin, series: &Series, slos: &[Slo]) -> Option<SloId> {
    let (label, constant): (&str, fn(&str) -> bool) = match origin {
        SloOrigin::Pyrra => (pyrra::ID, pyrra::is_constant),
        _ => (sloth::ID, sloth::is_constant),
    };
    let own = row::own_labels(series, constant);
    let is_it = |slo: &&Slo| {
        slo.origin == origin
            && *slo.rule_id == *series.label(label)
            && slo.labels.len() == own.len()
            && slo
                .labels
                .iter()
                .zip(&own)
                .all(|(one, (name, value))| *one.0 == **name && *one.1 == **value)
    };
    slos.iter().find(is_it).map(|slo| slo.id)
}
