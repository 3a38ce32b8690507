//! `get grants` and `get findings`: what is known of rights, and what deserves attention, of rights and of everything else.

use std::io::{self, Write};

use super::sift::Sift;
use super::{Table, csv};
use crate::access::{Ground, Limits, Report, judge};
use crate::cli::args::Output;
use crate::cli::json::{self, Envelope, Items, Scene};
use crate::cli::kind::Kind;
use crate::domain::access::Population;
use crate::domain::{Finding, Record, Severity};
use crate::finding;
use crate::pane::block::Align;

/// What the rules say of a scene.
pub(in crate::cli) struct Judged {
    findings: Vec<Finding>,
    report: Report,
}

impl Judged {
    /// Holds all rules against what is known.
    pub(in crate::cli) fn of(scene: &Scene<'_>, limits: &Limits) -> Judged {
        let state = scene.state();
        let records: Vec<Record> =
            state.exceptions().iter().map(|(_, row)| row.value.record.clone()).collect();
        let report = state.population().map_or_else(Report::default, |population| {
            judge(&Ground::new(population, limits, &records, scene.now()))
        });
        let findings = finding::judge(&finding::Scene { state, now: scene.now() });
        Judged { findings, report }
    }

    /// The items of a kind.
    pub(in crate::cli) fn items<'a>(&'a self, scene: &Scene<'a>, kind: Kind) -> Items<'a> {
        let population: Option<&'a Population> = scene.cx.state.population().map(|one| &**one);
        if kind == Kind::Grants {
            let all = population.map(|population| json::grants(scene, population, &self.report));
            return Items::Grants(all.unwrap_or_default());
        }
        let of_platform = self.findings.iter().map(|found| json::of_platform(scene, found));
        let of_rights = population.into_iter().flat_map(|population| {
            let ages = json::Ages::of(population);
            let all = self.report.findings.iter();
            all.map(|found| json::of_rights(scene, &ages, found)).collect::<Vec<_>>()
        });
        // What follows from a cause stays below it, and a cause is as high as the gravest that follows.
        let mut chains: Vec<Vec<json::FindingItem<'a>>> = Vec::new();
        for item in of_platform.chain(of_rights) {
            match chains.last_mut().filter(|_| item.cause.is_some()) {
                Some(chain) => chain.push(item),
                None => chains.push(vec![item]),
            }
        }
        chains.sort_by_key(|chain| chain.iter().map(|item| Severity::find(item.severity)).min());
        Items::Findings(chains.into_iter().flatten().collect())
    }
}

/// What was printed.
pub(super) struct Printed {
    /// How many items.
    pub(super) shown: usize,
    /// How many the filter hides.
    pub(super) hidden: usize,
    /// Of findings how grave the gravest is that nobody has in hand and no exception covers.
    pub(super) gravest: Option<Severity>,
}

/// Prints the items of a kind that a filter lets through.
pub(super) fn print(
    scene: &Scene<'_>,
    (kind, output): (Kind, Output),
    (limits, sift): (&Limits, &Sift),
    out: &mut dyn Write,
) -> io::Result<Printed> {
    let judged = Judged::of(scene, limits);
    let mut items = judged.items(scene, kind);
    let all = items.len();
    items.retain(&sift.words);
    if let Some(ids) = sift.ids(scene, &judged.findings, limits) {
        items.keep(&ids);
    }
    let left = items.len();
    let gravest = match &items {
        Items::Findings(findings) => {
            let open = findings
                .iter()
                .filter(|one| one.acknowledged_until.is_none() && one.covered_by.is_none());
            open.filter_map(|one| Severity::find(one.severity)).min()
        }
        _ => None,
    };
    match output {
        Output::Json => {
            serde_json::to_writer_pretty(&mut *out, &Envelope::new(scene, kind, items))?;
            writeln!(out)?;
        }
        Output::Csv => csv::print(kind, &items, out)?,
        Output::Table => table(&items).print(out)?,
    }
    Ok(Printed { shown: left, hidden: all - left, gravest })
}

/// Says what of rights could not be read.
pub(super) fn tell(scene: &Scene<'_>, err: &mut dyn Write) -> io::Result<()> {
    let Some(population) = scene.state().population() else { return Ok(()) };
    let gaps = population.gaps.len();
    let Some(first) = population.gaps.first() else { return Ok(()) };
    writeln!(
        err,
        "warning: {gaps} things of rights could not be read, the first are {} of {}: {}\n  hint: `access review start` \
         lists them all with their reasons",
        first.part.word(),
        first.at,
        first.because
    )
}

fn table(items: &Items<'_>) -> Table {
    let headings = |titles: &[&str]| {
        titles.iter().map(|title| ((*title).to_owned(), Align::Left)).collect::<Vec<_>>()
    };
    match items {
        Items::Grants(grants) => Table {
            headings: headings(&["SUBJECT", "KIND", "RIGHT", "ON", "PATH", "EXPIRES", "FINDINGS"]),
            rows: grants.iter().map(json::GrantItem::cells).collect(),
        },
        Items::Findings(findings) => Table {
            headings: headings(&["SEVERITY", "CODE", "ABOUT", "TITLE", "CAUSE", "COVERED BY"]),
            rows: findings.iter().map(json::FindingItem::cells).collect(),
        },
        _ => Table::default(),
    }
}
