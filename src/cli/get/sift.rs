//! [`Sift`]: the filter of what the rules say: words against everything that an item says, terms by the console's own tables.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Problem, told};
use crate::access::{Limits, Picture};
use crate::cli::json::Scene;
use crate::cli::kind::Kind;
use crate::domain::{Finding, Record};
use crate::pane::lens::{Cx, Lens, Subject};
use crate::pane::query::{self, Fault, Query};
use crate::pane::{LENSES, query::Matcher};

/// The tables of the console in which the items of a kind stand.
fn tables(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Grants => &["grants"],
        Kind::Findings => &["findings", "access_findings"],
        _ => &[],
    }
}

/// A filter of what the rules say.
pub(super) struct Sift {
    /// Words that an item must hold, in lower case.
    pub(super) words: Vec<String>,
    /// The typed terms for each table; none where that table does not know one of them.
    terms: Vec<(&'static dyn Lens, Option<Query>)>,
}

impl Sift {
    /// Reads a filter, before anybody is asked anything.
    pub(super) fn read(kind: Kind, text: Option<&str>) -> Result<Sift, Problem> {
        let text = text.unwrap_or_default();
        let mut read = Sift { words: Vec::new(), terms: Vec::new() };
        let mut first: Option<Fault> = None;
        for name in tables(kind) {
            let Some(lens) = LENSES.iter().copied().find(|lens| lens.name() == *name) else {
                continue;
            };
            match query::parse(text, lens.fields()) {
                Ok(query) => {
                    let (terms, words) = query.split();
                    read.words = words;
                    read.terms.push((lens, Some(terms)));
                }
                Err(fault) => {
                    first = first.or(Some(fault));
                    read.terms.push((lens, None));
                }
            }
        }
        match first {
            Some(fault) if read.terms.iter().all(|(_, terms)| terms.is_none()) => {
                Err(Problem::of_diagnostic(&told(text, fault)))
            }
            _ => Ok(read),
        }
    }

    /// Whether there are typed terms at all.
    fn is_typed(&self) -> bool {
        self.terms.iter().any(|(_, terms)| terms.as_ref().is_none_or(|terms| !terms.is_empty()))
    }

    /// The ids of the items for which every typed term holds; nothing where there is no such term.
    pub(super) fn ids(
        &self,
        scene: &Scene<'_>,
        findings: &[Finding],
        limits: &Limits,
    ) -> Option<HashSet<String>> {
        if !self.is_typed() {
            return None;
        }
        let mut state = scene.state().clone();
        let records: Vec<Record> =
            state.exceptions().iter().map(|(_, row)| row.value.record.clone()).collect();
        if let Some(population) = state.population().cloned() {
            let picture = Picture::of(population, limits, &records, scene.now());
            state.set_picture(Arc::new(picture));
        }
        state.set_findings(findings.to_vec());
        let cx = Cx { state: &state, now: scene.now() };
        let mut ids = HashSet::new();
        for (lens, terms) in &self.terms {
            let Some(terms) = terms else { continue };
            let mut matcher = Matcher::default();
            let fits = |subject: &Subject<'_>| terms.matches(&cx, *lens, *subject, &mut matcher);
            let rows = lens.scan(&state, None).filter(fits);
            ids.extend(rows.filter_map(|subject| match subject {
                Subject::Grant(grant) => Some(grant.id.to_string()),
                Subject::AccessFinding(found) => Some(found.id()),
                Subject::Finding(found, _) => Some(state.finding_address(&found.id).to_string()),
                _ => None,
            }));
        }
        Some(ids)
    }
}
