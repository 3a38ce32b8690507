//! Above the table: what is in force, and what ends in the coming thirty days, day by day.

use jiff::SignedDuration;

use super::words;
use crate::domain::{ExceptionState, Timestamp};
use crate::pane::block::{Block, Cell};
use crate::pane::lens::Cx;
use crate::theme::Role;

/// How many days the calendar looks ahead.
const DAYS: usize = 30;
/// One day.
const DAY: i64 = 86_400;

pub(super) fn blocks(cx: &Cx<'_>) -> Vec<Block> {
    if cx.state.exceptions().is_empty() && cx.state.requests().is_empty() {
        return Vec::new();
    }
    vec![Block::Lines(vec![tally(cx), calendar(cx)])]
}

/// How many stand where, the states that need eyes in their colours.
fn tally(cx: &Cx<'_>) -> Cell {
    let states: Vec<ExceptionState> = words::states(cx).collect();
    let count = |of: ExceptionState| states.iter().filter(|state| **state == of).count();
    let requests = cx.state.requests().len();
    let mine =
        cx.state.requests().iter().filter(|(_, row)| row.value.blocked_for_me.is_none()).count();
    let mut cell = Cell::plain(format!("{requests} requested"));
    if mine > 0 {
        cell = cell.and(format!(" ({mine} for you)"), Role::Accent);
    }
    for (state, role) in [
        (ExceptionState::Expired, Role::SeverityBad),
        (ExceptionState::Expiring, Role::SeverityWarning),
        (ExceptionState::Active, Role::Text),
        (ExceptionState::Scheduled, Role::Text),
    ] {
        let n = count(state);
        let role = if n == 0 { Role::TextDim } else { role };
        cell = cell.and(format!("   {n} {}", state.word()), role);
    }
    cell
}

/// A column a day from today, UTC: how many exceptions end on it.
fn calendar(cx: &Cx<'_>) -> Cell {
    let today = cx.now.as_second().div_euclid(DAY);
    let mut days = [0_u32; DAYS];
    for (_, row) in cx.state.exceptions().iter() {
        let filed = &row.value;
        if !cx.state.exception_state(filed, cx.now).is_in_force() {
            continue;
        }
        let day = filed.record.expires_at.at.as_second().div_euclid(DAY) - today;
        if let Some(count) = usize::try_from(day).ok().and_then(|day| days.get_mut(day)) {
            *count += 1;
        }
    }
    let mut cell = Cell::dim(format!("next {DAYS} days (UTC)  {} ", date(cx.now, 0)));
    for count in days {
        let (word, role) = match count {
            0 => ("·".to_owned(), Role::TextDim),
            1..=9 => (count.to_string(), Role::SeverityWarning),
            _ => ("+".to_owned(), Role::SeverityWarning),
        };
        cell = cell.and(word, role);
    }
    let last = i64::try_from(DAYS).unwrap_or_default() - 1;
    cell.and(format!(" {}", date(cx.now, last)), Role::TextDim)
}

/// The date so many days ahead, as `12 Jan`.
fn date(now: Timestamp, days: i64) -> String {
    let at = now.checked_add(SignedDuration::from_secs(days * DAY)).unwrap_or(now);
    at.strftime("%d %b").to_string()
}
