//! Above the table: what is in force, and what ends in the coming thirty days, day by day.

use jiff::SignedDuration;

use super::{guard, silenced};
use crate::domain::{ExceptionState, Silence, SourceId, Timestamp};
use crate::pane::block::{Block, Cell};
use crate::pane::lens::Cx;
use crate::theme::Role;

/// How many days the calendar looks ahead.
const DAYS: usize = 30;
/// One day.
const DAY: i64 = 86_400;

pub(super) fn blocks(cx: &Cx<'_>) -> Vec<Block> {
    let state = cx.state;
    if state.exceptions().is_empty() && state.requests().is_empty() && state.silences().is_empty() {
        return Vec::new();
    }
    let is_told = !is_configured(cx, SourceId::EXCEPTIONS) || is_known(cx, SourceId::EXCEPTIONS);
    let ends = is_told.then(|| calendar(cx));
    let lines = [tally(cx)].into_iter().chain(ends).chain(guard::line(cx));
    vec![Block::Lines(lines.collect())]
}

/// How many stand where, the states that need eyes in their colours.
fn tally(cx: &Cx<'_>) -> Cell {
    let mut parts = Vec::new();
    if is_configured(cx, SourceId::EXCEPTIONS) {
        parts.push(requested(cx));
        parts.extend(by_state(cx));
    }
    match silences(cx).count() {
        0 => {}
        1 => parts.push(Cell::plain("1 silence")),
        n => parts.push(Cell::plain(format!("{n} silences"))),
    }
    let mut line = Cell::empty();
    for (place, mut part) in parts.into_iter().enumerate() {
        if place > 0 {
            line = line.and("   ", Role::Text);
        }
        line.0.append(&mut part.0);
    }
    line
}

/// How many exceptions stand where; that it is not known before the register was read.
fn by_state(cx: &Cx<'_>) -> Vec<Cell> {
    if !is_known(cx, SourceId::EXCEPTIONS) {
        let words = "how many exceptions there are is not known yet";
        return vec![Cell::new(words, Role::SeverityUnknown)];
    }
    let states = [
        (ExceptionState::Expired, Role::SeverityBad),
        (ExceptionState::Expiring, Role::SeverityWarning),
        (ExceptionState::Active, Role::Text),
        (ExceptionState::Scheduled, Role::Text),
    ];
    let count = |(state, role): (ExceptionState, Role)| {
        let n = cx.state.endings().count(state);
        let role = if n == 0 { Role::TextDim } else { role };
        Cell::new(format!("{n} {}", state.word()), role)
    };
    states.map(count).into()
}

/// Whether there is such a feed at all.
fn is_configured(cx: &Cx<'_>, source: SourceId) -> bool {
    cx.state.reports().any(|(key, _)| key.source == source)
}

/// Whether a feed ever told everything that it brings: a count before that would be invented.
pub(super) fn is_known(cx: &Cx<'_>, source: SourceId) -> bool {
    let mut reports = cx.state.reports().filter(|(key, _)| key.source == source).peekable();
    reports.peek().is_some() && reports.all(|(_, report)| report.confirmed_at.is_some())
}

/// How many requests are open, and how many of them for us.
fn requested(cx: &Cx<'_>) -> Cell {
    if !is_known(cx, SourceId::REQUESTS) {
        return Cell::new("how many are requested is not known yet", Role::SeverityUnknown);
    }
    let requests = cx.state.requests().len();
    let mine =
        cx.state.requests().iter().filter(|(_, row)| row.value.blocked_for_me.is_none()).count();
    let mut cell = Cell::plain(format!("{requests} requested"));
    if mine > 0 {
        cell = cell.and(format!(" ({mine} for you)"), Role::Accent);
    }
    cell
}

/// The silences that are not over.
fn silences<'a>(cx: &Cx<'a>) -> impl Iterator<Item = &'a Silence> + use<'a> {
    let all = cx.state.silences().iter().map(|(_, row)| &*row.value);
    all.filter(|silence| !silenced::is_over(silence))
}

/// A column a day from today, UTC: how many exceptions end on it.
fn calendar(cx: &Cx<'_>) -> Cell {
    let today = cx.now.as_second().div_euclid(DAY);
    let mut days = [0_u32; DAYS];
    let ahead = SignedDuration::from_secs(i64::try_from(DAYS).unwrap_or_default() * DAY);
    let ends = cx.state.endings().within(ahead, cx.now).iter().map(|(end, _)| *end);
    for end in ends.chain(silences(cx).map(|silence| silence.ends_at)) {
        let day = end.as_second().div_euclid(DAY) - today;
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
