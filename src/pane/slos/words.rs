//! Words and cells of an objective that the table, the band and the detail share.

use crate::domain::time::span;
use crate::domain::{Exhaustion, Measured, PairSeverity, Reading, Slo, SloState, Text};
use crate::pane::block::{Cell, Mark, Piece};
use crate::pane::cells::whole;
use crate::pane::lens::Cx;
use crate::theme::Role;

/// The window for which the time to exhaustion is told, seconds.
pub(super) const OUTLOOK: f64 = 3600.0;

/// How much longer or shorter than asked a window may be to stand in its column.
const NEAR: f64 = 1.5;

/// A share as per cent, negative where it is: `21 %`, `-3.5 %`, `0.4 %`.
pub(super) fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    let digits = usize::from(percent.abs() < 9.95);
    format!("{percent:.digits$} %")
}

/// An objective as per cent with as many digits as it has: `99.95 %`.
pub(super) fn objective(slo: &Slo) -> String {
    let percent = (slo.objective * 1e10).round() / 1e8;
    format!("{percent} %")
}

/// The mark and the role of a state: one alone is fine.
pub(super) fn look(state: SloState) -> (Mark, Role) {
    match state {
        SloState::Ok => (Mark::Fine, Role::SeverityOk),
        SloState::Burning => (Mark::Warning, Role::SeverityWarning),
        SloState::Exhausted => (Mark::Bad, Role::SeverityBad),
        SloState::RuleError => (Mark::Unknown, Role::SeverityBad),
        SloState::Stale => (Mark::Old, Role::FreshnessOld),
        SloState::NoTraffic
        | SloState::NoData
        | SloState::Partial
        | SloState::Young
        | SloState::Unreachable => (Mark::Unknown, Role::SeverityUnknown),
    }
}

/// A state's word for a person: `no traffic`.
pub(super) fn word(state: SloState) -> String {
    state.as_str().replace('_', " ")
}

/// What can be said of an objective, with its mark: as bad as what wakes somebody, where it does.
pub(super) fn standing(cx: &Cx<'_>, slo: &Slo) -> Cell {
    let state = cx.state.slo_state(slo, cx.now);
    let (mark, role) = match (state, slo.firing.max(slo.burning())) {
        (SloState::Burning | SloState::Young, Some(PairSeverity::Page)) => {
            (Mark::Bad, Role::SeverityBad)
        }
        (SloState::Young, Some(PairSeverity::Ticket)) => look(SloState::Burning),
        _ => look(state),
    };
    let also = if state == SloState::Young && slo.is_burning() { ", burns" } else { "" };
    Cell::mark(mark, role).and(format!(" {}{also}", word(state)), role)
}

fn loudness(severity: PairSeverity) -> Role {
    match severity {
        PairSeverity::Page => Role::SeverityBad,
        PairSeverity::Ticket => Role::SeverityWarning,
    }
}

/// What fires, and whether anybody is told; where nothing fires, what would by our own reckoning, for not every objective
/// has alert rules, and each waits before it fires.
pub(super) fn firing(cx: &Cx<'_>, slo: &Slo) -> Cell {
    let Some(severity) = slo.firing else {
        if slo.is_called_spent {
            return Cell::new("budget spent", Role::SeverityBad);
        }
        let burns = slo.burning().filter(|_| can_be_told(cx.state.slo_state(slo, cx.now)));
        return burns.map_or_else(Cell::dot, |severity| {
            Cell::new(format!("burns: {severity}"), loudness(severity))
        });
    };
    let cell = Cell::new(severity.as_str(), loudness(severity));
    match cx.state.is_silenced(slo) {
        Some(true) => cell.and(" silenced", Role::SeverityWarning),
        Some(false) | None => cell,
    }
}

/// Whether the present burn of an objective in this state is as it is shown.
fn can_be_told(state: SloState) -> bool {
    !matches!(state, SloState::Stale | SloState::Unreachable | SloState::RuleError)
}

/// What is left of the budget: per cent, then a bar as wide as there is room; below nothing the bar is empty. Where hardly
/// anything is recorded, of how much of the period that is said stands in the place of the bar.
pub(super) fn budget(slo: &Slo) -> Cell {
    let Some(left) = slo.remaining() else {
        return Cell::new("    n/a ", Role::SeverityUnknown)
            .and_mark(Mark::Unknown, Role::SeverityUnknown);
    };
    if slo.is_barely_recorded() {
        let filled = percent(slo.filled.unwrap_or(0.0));
        return Cell::new(format!("{:>7} ", percent(left)), Role::SeverityUnknown)
            .and(format!("of {filled}"), Role::TextDim);
    }
    let (role, bar) = match left {
        ..=0.0 => (Role::SeverityBad, Role::BarBad),
        ..0.25 => (Role::SeverityWarning, Role::BarWarning),
        _ => (Role::Text, Role::BarFill),
    };
    let mut cell = Cell::new(format!("{:>7} ", percent(left)), role);
    cell.0.push(Piece::Bar(left.clamp(0.0, 1.0), BAR_WIDTH, bar));
    cell
}

/// How wide a bar likes to be, in columns.
const BAR_WIDTH: u16 = 16;

/// The window nearest to this length, where one is near enough to stand for it.
pub(super) fn nearest(slo: &Slo, seconds: f64) -> Option<&Reading> {
    let distance = |one: &Reading| (one.window_seconds / seconds).ln().abs();
    let near = slo.readings.iter().filter(|one| distance(one) <= NEAR.ln());
    near.min_by(|one, other| distance(one).total_cmp(&distance(other)))
}

/// The burn over a window against its threshold: `▲` where it is over, `!` where the threshold can never be reached.
pub(super) fn burn(slo: &Slo, reading: &Reading) -> Cell {
    let rate = match reading.ratio {
        Measured::Absent => return Cell::dot(),
        // Why there is none, the state and the detail say.
        Measured::NotANumber | Measured::Infinite => None,
        Measured::Number(_) => slo.burn(reading.window_seconds),
    };
    let Some(rate) = rate else { return Cell::new("n/a", Role::SeverityUnknown) };
    let words = number(rate);
    match slo.threshold(reading.window_seconds) {
        Some(threshold) if rate > threshold.factor => {
            Cell::new(words, Role::SeverityWarning).and_mark(Mark::Warning, Role::SeverityWarning)
        }
        Some(threshold) if !threshold.is_reachable => {
            Cell::plain(words).and("!", Role::SeverityWarning)
        }
        Some(_) | None => Cell::plain(words).and(" ", Role::TextDim),
    }
}

/// A number without the noise of its last digits.
pub(super) fn tidy(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

/// A rate in as many digits as matter: `0.5`, `18.2`, `142`.
pub(super) fn number(rate: f64) -> String {
    if rate.abs() >= 99.95 { format!("{rate:.0}") } else { format!("{rate:.1}") }
}

/// When the budget ends at the rate of the window nearest to an hour, in short.
pub(super) fn ends(cx: &Cx<'_>, slo: &Slo) -> Cell {
    match exhaustion(cx, slo).0 {
        Exhaustion::Spent => Cell::new("spent", Role::SeverityBad),
        Exhaustion::In(seconds) => {
            let role = if seconds < DAY { Role::SeverityWarning } else { Role::Text };
            Cell::new(format!("in {}", span(whole(seconds))), role)
        }
        Exhaustion::Never | Exhaustion::BeyondReset => Cell::dim("lasts"),
        Exhaustion::Unknown => Cell::new("unknown", Role::SeverityUnknown),
    }
}

const DAY: f64 = 86_400.0;

/// When the budget ends at the rate of the window nearest to an hour, and that window's name. Of a budget whose period has
/// hardly begun that cannot be told.
pub fn exhaustion<'a>(cx: &Cx<'_>, slo: &'a Slo) -> (Exhaustion, Option<&'a Text>) {
    let reading = nearest(slo, OUTLOOK);
    let seconds = reading.map_or(OUTLOOK, |one| one.window_seconds);
    let name = reading.map(|one| &one.name);
    if slo.is_barely_recorded() {
        return (Exhaustion::Unknown, name);
    }
    (slo.exhaustion(seconds, cx.now), name)
}

/// How long the period is, in words: `30d`, or until when a calendar's ends.
pub(super) fn period(slo: &Slo) -> String {
    span(whole(slo.period.seconds()))
}

/// The values of labels alone, where the room is scarce.
pub(super) fn values(labels: &[(Text, Text)]) -> String {
    labels.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(" ")
}

/// Labels as a selector writes them.
pub(super) fn labels(labels: &[(Text, Text)]) -> String {
    let one = |(name, value): &(Text, Text)| format!("{name}=\"{value}\"");
    labels.iter().map(one).collect::<Vec<_>>().join(" ")
}
