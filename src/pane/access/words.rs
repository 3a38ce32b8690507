//! How rights are told: marks by severity, levels, ends, uses.

use std::sync::Arc;

use crate::access::{Found, LastUse};
use crate::domain::access::{Grant, Known, Level, Precision, Principal, Right, Standing};
use crate::domain::time::{coarse, exact_seconds_between, seconds_between};
use crate::domain::{Severity, SourceId, Text, Timestamp};
use crate::pane::block::{Cell, Mark};
use crate::pane::lens::{Cx, Order, RowStanding, Value};
use crate::theme::Role;

/// A mark for the gravest that was found; a dot where nothing was.
pub(super) fn worst(severity: Option<Severity>) -> Cell {
    match severity {
        None => Cell::dot(),
        Some(severity) => {
            let (mark, role) = look(severity);
            Cell::mark(mark, role)
        }
    }
}

/// A severity with its mark.
pub(super) fn severity(severity: Severity) -> Cell {
    let (mark, role) = look(severity);
    Cell::mark(mark, role).and(format!(" {}", severity.as_str()), role)
}

fn look(severity: Severity) -> (Mark, Role) {
    match severity {
        Severity::Critical | Severity::High => (Mark::Bad, Role::SeverityBad),
        Severity::Medium => (Mark::Warning, Role::SeverityWarning),
        Severity::Low | Severity::Info => (Mark::Warning, Role::TextDim),
    }
}

/// The gravest first, nothing last.
pub(super) fn worst_order(severity: Option<Severity>) -> Order {
    severity.map_or(Order::Last, |one| Order::Number(one as i64))
}

/// Codes of what was found, covered ones in brackets.
pub(super) fn codes<'a>(found: impl Iterator<Item = &'a Found>) -> Vec<String> {
    let mut codes: Vec<String> = found
        .map(|one| match &one.covered_by {
            None => one.code.to_string(),
            Some(_) => format!("({})", one.code),
        })
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// The same as a cell.
pub(super) fn codes_cell(codes: &[String]) -> Cell {
    if codes.is_empty() { Cell::dot() } else { Cell::plain(codes.join(" ")) }
}

/// The same for a filter, without brackets.
pub(super) fn codes_value<'a>(found: impl Iterator<Item = &'a Found>) -> Value {
    let all: Arc<[Text]> = found.map(|one| Text::new(one.code.word())).collect();
    Value::List(all)
}

/// A level in the platform's word.
pub(super) fn level(level: Option<Level>) -> Cell {
    level.map_or_else(Cell::dot, |level| {
        let role = if level.reaches(Level::Maintainer) { Role::TextStrong } else { Role::Text };
        Cell::new(level.to_string(), role)
    })
}

/// The highest level first, what has none after all that do.
pub(super) fn level_order(level: Option<Level>) -> Order {
    level.map_or(Order::Last, |level| Order::Number(-i64::from(u8::from(level))))
}

/// A right as it is called, with its custom role.
pub(super) fn right(right: &Right) -> String {
    match &right.role {
        Some(role) => format!("{} + {}", right.name, role.name),
        None => right.name.to_string(),
    }
}

/// Until when, as a span from now.
pub(super) fn end(at: Option<Timestamp>, now: Timestamp) -> Cell {
    let Some(at) = at else { return Cell::dim("no end") };
    let left = seconds_between(now, at);
    if left <= 0 {
        return Cell::new("over", Role::SeverityWarning);
    }
    let role = if left < 14 * 86_400 { Role::SeverityWarning } else { Role::Text };
    Cell::new(format!("in {}", coarse(left)), role)
}

/// When something was last used, as exact as that is known.
pub(super) fn used(known: LastUse, now: Timestamp) -> Cell {
    match known {
        LastUse::Unknown => Cell::dim("not told"),
        LastUse::Never => Cell::new("never", Role::SeverityWarning),
        LastUse::At(activity) => {
            let age = seconds_between(activity.at, now).max(0);
            if activity.precision == Precision::Day && age < 172_800 {
                Cell::plain("≤1d")
            } else {
                Cell::plain(coarse(age))
            }
        }
    }
}

/// How long ago, for a filter: what was never used is older than anything.
pub(super) fn used_value(known: LastUse, now: Timestamp) -> Value {
    match known {
        LastUse::Unknown => Value::None,
        LastUse::Never => Value::Seconds(f64::MAX),
        LastUse::At(activity) => Value::Seconds(exact_seconds_between(activity.at, now).max(0.0)),
    }
}

/// What was never used first, then what was not for longest; what nothing tells of last.
pub(super) fn used_order(known: LastUse) -> Order {
    match known {
        LastUse::Unknown => Order::Last,
        LastUse::Never => Order::Number(i64::MIN),
        LastUse::At(activity) => Order::instant(Some(activity.at)),
    }
}

/// The state of an account in its own word; what is not told says so.
pub(super) fn state(principal: &Principal) -> Cell {
    match &principal.state {
        Known::Is(state) if state.is_gone() => Cell::new(state.word(), Role::SeverityBad),
        Known::Is(state) => Cell::plain(state.word()),
        Known::Unread(_) => Cell::dot(),
    }
}

/// Whether a grant counts: invited, requested or over are said.
pub(super) fn standing_word(grant: &Grant, now: Timestamp) -> Option<&'static str> {
    match grant.standing {
        Standing::Invited => Some("invited"),
        Standing::Requested => Some("requested"),
        Standing::Active if !grant.holds(now) => Some("over"),
        Standing::Active => None,
    }
}

/// Rows of rights are as old as the last reading of all of them.
pub(super) fn standing(cx: &Cx<'_>) -> RowStanding {
    let health = cx.state.source_health(SourceId::ACCESS, cx.now);
    let is_stale = health.is_none_or(|health| {
        use crate::domain::Health::{Live, Partial, Starting};
        !matches!(health, Live | Partial | Starting)
    });
    RowStanding { is_stale, changed_at: None, group: None }
}
