//! The verdict for a person: what was decided, why, and every number with its age.

use std::io::{self, Write};

use super::sheet::{Sheet, sample_age};
use crate::cli::get::Table;
use crate::domain::time::{instant_utc, span, whole};
use crate::domain::{Slo, Timestamp};
use crate::gate::{ChangeClass, Judged, Reason};
use crate::pane::block::Align;

/// Stands where there is no number.
const NONE: &str = "-";

/// Prints the verdict.
pub(super) fn print(sheet: &Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    let verdict = sheet.verdict;
    let request = sheet.request;
    let would = if sheet.is_dry {
        format!(" (a dry run: it would end with {})", sheet.code())
    } else {
        String::new()
    };
    writeln!(
        out,
        "{}: {} to {}, {}{would}",
        verdict.decision,
        request.service,
        request.environment,
        class(sheet)
    )?;
    reasons(&verdict.reasons).print(out)?;
    if !sheet.objectives.is_empty() {
        writeln!(out)?;
        objectives(sheet.objectives, verdict.at).print(out)?;
    }
    writeln!(
        out,
        "\ntier    {}, {} where nothing can be told\npolicy  {}, sha256 {}\nholds   until {}",
        verdict.tier,
        verdict.fallback.as_str(),
        sheet.policy_name(),
        sheet.policy.sha256,
        instant_utc(verdict.valid_until)
    )
}

fn class(sheet: &Sheet<'_>) -> String {
    let (said, counted) = (sheet.request.class, sheet.verdict.counted_as);
    if said == counted {
        named(said).to_owned()
    } else {
        format!("{} that counts as {}", named(said), named(counted))
    }
}

/// A class with its article.
fn named(class: ChangeClass) -> &'static str {
    match class {
        ChangeClass::Feature => "a feature",
        ChangeClass::Fix => "a fix",
        ChangeClass::Reliability => "a reliability change",
        ChangeClass::Security => "a security change",
        ChangeClass::Rollback => "a rollback",
        ChangeClass::Emergency => "an emergency",
    }
}

fn left(title: &str) -> (String, Align) {
    (title.to_owned(), Align::Left)
}

fn right(title: &str) -> (String, Align) {
    (title.to_owned(), Align::Right)
}

fn reasons(reasons: &[Reason]) -> Table {
    let row = |reason: &Reason| {
        vec![String::new(), reason.code.as_str().to_owned(), reason.text.to_string()]
    };
    // Without titles: a line each, indented.
    let headings = vec![left(""), left("BECAUSE"), left("")];
    Table { headings, rows: reasons.iter().map(row).collect() }
}

fn objectives(all: &[Judged<'_>], now: Timestamp) -> Table {
    let titles = [left("OBJECTIVE"), left("STATE"), right("TARGET"), right("BUDGET LEFT")];
    let rest = [left("BURN"), right("EVENTS"), right("SAMPLE AGE")];
    let headings = titles.into_iter().chain(rest).collect();
    Table { headings, rows: all.iter().map(|one| row(one, now)).collect() }
}

fn row(one: &Judged<'_>, now: Timestamp) -> Vec<String> {
    let slo = one.slo;
    let none = || NONE.to_owned();
    let target = format!("{:.4}", slo.objective * 100.0);
    let target = target.trim_end_matches('0').trim_end_matches('.');
    vec![
        slo.key.to_string(),
        one.state.words().to_owned(),
        if slo.objective > 0.0 { format!("{target} %") } else { none() },
        slo.remaining().map_or_else(none, |left| format!("{:.1} %", left * 100.0)),
        burns(slo),
        slo.events.map_or_else(none, |events| format!("{events:.0}")),
        sample_age(slo, now).map_or_else(none, |age| span(whole(age))),
    ]
}

/// The burn rate over each window: `5m 2.1x 1h 1.8x`.
fn burns(slo: &Slo) -> String {
    let burns = slo.readings.iter().map(|reading| {
        let rate = slo.burn(reading.window_seconds);
        let rate = rate.map_or(NONE.to_owned(), |rate| format!("{rate:.1}x"));
        format!("{} {rate}", reading.name)
    });
    burns.collect::<Vec<String>>().join(" ")
}
