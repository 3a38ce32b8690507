//! One target in the dialog of an act: as it was, as it is now, what is sent for it or stands against it, and what came of it.

use crate::app::act::Performed;
use crate::app::act::confirm::{Confirm, Item, Sends, Stage};
use crate::domain::time::{seconds_between, span};
use crate::domain::{Act, Ending, Outcome, Text, Timestamp, act_advice};
use crate::pane::block::{Cell, Mark};
use crate::theme::Role;

/// From how many seconds on it is said when a target was looked at.
const STALE: i64 = 10;

/// A target in full, as it was when the dialog opened.
pub(super) fn target(item: &Item) -> Vec<Cell> {
    let choice = &item.choice;
    let mut cell = Cell::new(choice.proposal.target.to_string(), Role::TextStrong);
    for words in [&choice.name, &choice.state].into_iter().filter(|words| !words.is_empty()) {
        cell = cell.and(format!("   {words}"), Role::Text);
    }
    let role = if choice.proposal.protected { Role::TierProtected } else { Role::TierName };
    cell = match (&choice.tier, choice.proposal.protected) {
        (Some(tier), true) if &**tier != "protected" => {
            cell.and(format!("   tier {tier}, protected"), role)
        }
        (Some(tier), _) => cell.and(format!("   tier {tier}"), role),
        (None, true) => cell.and("   no known tier: counts as protected", role),
        (None, false) => cell,
    };
    let mut cells = vec![cell];
    if choice.is_hidden {
        let mark = Cell::dim("  ").and_mark(Mark::Warning, Role::SeverityWarning);
        cells.push(mark.and(" hidden by the filter", Role::SeverityWarning));
    }
    cells
}

/// What would be sent, and what the platform has of the target now.
pub(super) fn before(item: &Item, confirm: &Confirm, now: Timestamp) -> Vec<Cell> {
    if item.is_sought() {
        return sought(item, confirm).into_iter().collect();
    }
    let mut cells = looks(item, now);
    // Nothing is sent for what is refused, so that no request is told.
    if confirm.items.len() > 1 && item.stopped().is_some() {
        cells.extend(against(item, confirm));
        return cells;
    }
    let sends = Cell::dim("  sends ");
    cells.extend(match &item.sends {
        Sends::Asked => vec![sends.and("…", Role::TextDim)],
        Sends::Nothing => {
            vec![sends.and("nothing: no configured platform can do this", Role::SeverityBad)]
        }
        // The address stands on lines of its own: it is as long as it likes.
        Sends::Request(wire) => vec![
            sends.and(wire.method.to_string(), Role::TextStrong),
            Cell::dim("        ").and(wire.url.to_string(), Role::Link),
        ],
    });
    cells.extend(against(item, confirm));
    cells
}

/// What the platform has of the target now.
fn looks(item: &Item, now: Timestamp) -> Vec<Cell> {
    let mut cells = Vec::new();
    let line = Cell::dim("  now   ");
    match &item.seen {
        None => cells.push(line.and("looking …", Role::TextDim)),
        Some(Err(why)) => {
            cells.push(line.and(format!("cannot be looked at: {why}"), Role::SeverityBad));
        }
        Some(Ok(seen)) => {
            let line = line.and(format!("{} is {}", seen.name, seen.state), Role::Text);
            cells.push(match item.seen_at.map(|at| seconds_between(at, now)) {
                Some(age) if age >= STALE => {
                    line.and(format!("   looked at {} ago", span(age)), Role::FreshnessOld)
                }
                _ => line,
            });
            if let Some(newer) = seen.successor {
                let words = format!("job {newer} took its place already");
                cells.push(Cell::dim("        ").and(words, Role::SeverityWarning));
            }
            // Who we are is told above, with the token's scopes.
            let rights = item.identity.as_ref().and_then(|one| one.rights.as_deref());
            let is_said = |(name, value): &&(Text, Text)| {
                rights.is_some_and(|rights| rights.contains(&format!("{name} {value}")))
            };
            let facts = seen.facts.iter().filter(|fact| !is_said(fact));
            cells.extend(facts.map(|(name, value)| {
                Cell::dim("        ")
                    .and(format!("{name} "), Role::FactName)
                    .and(value.to_string(), Role::FactValue)
            }));
        }
    }
    cells
}

/// That the deployment of a job is looked for, or that there is none.
fn sought(item: &Item, confirm: &Confirm) -> Option<Cell> {
    match (&item.objection, &item.seen) {
        (Some(_), _) if bar(confirm).is_some() => None,
        (Some(why), _) => Some(refused(why)),
        (None, Some(Err(why))) => {
            let line = Cell::dim("  now   ");
            Some(line.and(format!("cannot be looked at: {why}"), Role::SeverityBad))
        }
        (None, _) => Some(Cell::dim("  now   looking for its deployment …")),
    }
}

/// Why the one target of a dialog would be refused, whatever is typed to confirm it: told beside what is typed, where it
/// is always in sight.
pub(super) fn bar(confirm: &Confirm) -> Option<&Text> {
    let [item] = confirm.items.as_slice() else { return None };
    item.objection.as_ref().filter(|_| confirm.stage == Stage::Asking)
}

/// What stands against an act, as far as what was seen tells: why it would be refused, then what else forbids it.
fn against(item: &Item, confirm: &Confirm) -> Vec<Cell> {
    let here = item.objection.iter().filter(|_| bar(confirm).is_none());
    let mut cells: Vec<Cell> = here.map(|why| refused(why)).collect();
    if item.objection.is_none() && item.is_another() {
        cells.push(refused("this is another object than the one that was meant"));
    }
    let seen = item.seen.as_ref().and_then(|seen| seen.as_ref().ok());
    let bars = seen.map_or(&[][..], |seen| &seen.bars).iter();
    let others = bars.filter(|bar| Some(*bar) != item.objection.as_ref());
    cells.extend(others.map(|bar| refused(bar)));
    cells
}

pub(super) fn refused(why: &str) -> Cell {
    let mark = Cell::dim("  ").and_mark(Mark::Bad, Role::SeverityBad);
    mark.and(format!(" {}", unsent(why)), Role::SeverityBad)
}

/// That nothing was sent, said once, whoever says it first.
fn unsent(why: &str) -> String {
    if why.contains("nothing was sent") || why.starts_with("not sent") {
        why.to_owned()
    } else {
        format!("not sent: {why}")
    }
}

/// What came of an act: the outcome, the platform's words, what to do next.
pub(super) fn outcome(act: &Act, result: &Performed) -> Vec<Cell> {
    let report = match result {
        Ok(report) => report,
        Err(why) => {
            return vec![refused(why)];
        }
    };
    let (mark, role) = match report.outcome.ending {
        Ending::Done => (Mark::Fine, Role::SeverityOk),
        Ending::Failed => (Mark::Bad, Role::SeverityBad),
        Ending::Unknown => (Mark::Unknown, Role::SeverityUnknown),
    };
    let status = report.outcome.status.map_or_else(String::new, |status| format!(" ({status})"));
    let words = report.outcome.message.as_ref().map_or_else(String::new, |m| format!(": {m}"));
    let line = Cell::dim("  ").and_mark(mark, role);
    let record = format!("   record {}", report.seq);
    let mut cells = vec![
        line.and(format!(" {}{status}{words}", report.outcome.ending), role)
            .and(record, Role::TextDim),
    ];
    if let Some(hint) = hint(act, &report.outcome) {
        cells.push(Cell::dim("    ").and(hint.to_string(), Role::Text));
    }
    if let Some(seen) = &report.after {
        let newer =
            seen.successor.map_or_else(String::new, |job| format!("; the new job is {job}"));
        let words = format!("looked again: {} is {}{newer}", seen.name, seen.state);
        cells.push(Cell::dim("    ").and(words, Role::TextDim));
    }
    if let Some(why) = &report.unrecorded {
        let words = format!("the outcome could not be recorded, the entry stays open: {why}");
        cells.push(Cell::dim("    ").and(words, Role::Danger));
    }
    cells
}

/// What to do about an outcome that is not the one that was wanted.
fn hint(act: &Act, outcome: &Outcome) -> Option<Text> {
    if outcome.ending == Ending::Unknown {
        let words = "nothing is sent again by itself: see how it stands before you ask again";
        return Some(Text::new(words));
    }
    act_advice(act, outcome)
}
