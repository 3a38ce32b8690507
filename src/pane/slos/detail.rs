//! What is known of one objective, one alert, one silence.

use super::{alerts, band, joined, past, silences, words};
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{
    Alert, Exhaustion, Measured, Pair, Query, Reading, Silence, Slo, SloState, Threshold,
};
use crate::pane::block::{Align, Block, Cell, Heading};
use crate::pane::cells::whole;
use crate::pane::lens::Cx;
use crate::state::Row;
use crate::theme::Role;

pub(super) fn objective(cx: &Cx<'_>, row: &Row<Slo>) -> Vec<Block> {
    let slo = &*row.value;
    let mut blocks = vec![
        Block::Title(Cell::new(format!("{} / {}", slo.service, slo.name), Role::TextStrong)),
        Block::Facts(facts(cx, slo)),
        Block::Title(Cell::dim("burn by window")),
    ];
    blocks.extend(windows(slo));
    let fired: Vec<&Alert> = cx.state.alerts_of(slo).map(|row| &*row.value).collect();
    if !fired.is_empty() {
        blocks.push(Block::Title(Cell::dim("alerts")));
        blocks.push(Block::Lines(fired.into_iter().map(|alert| alert_line(cx, alert)).collect()));
    }
    blocks.extend(past::blocks(cx, slo));
    if !slo.queries.is_empty() {
        blocks.push(Block::Title(Cell::dim("queries behind these numbers; y copies them")));
        let one = |query: &Query| (query.name.to_string(), Cell::plain(query.text.as_str()));
        blocks.push(Block::Facts(slo.queries.iter().map(one).collect()));
    }
    blocks
}

fn fact(name: &str, cell: Cell) -> (String, Cell) {
    (name.to_owned(), cell)
}

fn facts(cx: &Cx<'_>, slo: &Slo) -> Vec<(String, Cell)> {
    let state = cx.state.slo_state(slo, cx.now);
    let mut facts = vec![
        fact("state", said(cx, slo, state)),
        fact(
            "objective",
            Cell::plain(format!("{} over {}", words::objective(slo), words::period(slo))),
        ),
        fact("budget left", left(slo)),
        fact("ends", outlook(cx, slo)),
        fact("firing", words::firing(cx, slo)),
        fact("gate", band::said(&band::verdict(cx, &slo.service))),
        fact("found by", Cell::plain(slo.origin.as_str())),
    ];
    if let Some(events) = slo.events_left() {
        let words =
            format!("{events:.0} bad events, of {:.0} in the period", slo.events.unwrap_or(0.0));
        facts.push(fact("events left", Cell::plain(words)));
    }
    if let Some(filled) = slo.filled.filter(|filled| *filled < 1.0) {
        facts.push(fact("recorded", Cell::plain(format!("{} filled", words::percent(filled)))));
    }
    if let Some(at) = slo.sampled_at() {
        let age = span(seconds_between(at, cx.now).max(0));
        facts.push(fact("oldest sample", Cell::plain(format!("{age} ago"))));
    }
    let faults = [("rule error", &slo.rule_error), ("warning", &slo.warning)];
    facts.extend(faults.into_iter().filter_map(|(name, text)| {
        Some(fact(name, Cell::new(text.as_ref()?.as_str(), Role::SeverityWarning)))
    }));
    if let Some(tier) = joined::tier_of(cx.state, slo).and_then(|index| cx.state.tier(index)) {
        facts.push(fact("tier", Cell::plain(tier.name.as_str())));
    }
    if !slo.labels.is_empty() {
        facts.push(fact("labels", Cell::plain(words::labels(&slo.labels))));
    }
    if let Some(description) = &slo.description {
        facts.push(fact("about", Cell::plain(description.as_str())));
    }
    facts
}

/// What can be said of it, with why where the word alone does not tell.
fn said(cx: &Cx<'_>, slo: &Slo, state: SloState) -> Cell {
    let cell = words::standing(cx, slo);
    match state {
        SloState::Burning | SloState::NoTraffic => cell,
        state => cell.and(format!(": {}", state.words()), Role::TextDim),
    }
}

/// What is left, and how the ratio of the period came about.
fn left(slo: &Slo) -> Cell {
    let cell = match (slo.remaining(), slo.period_ratio.ratio) {
        (Some(left), _) if slo.is_barely_recorded() => {
            let filled = words::percent(slo.filled.unwrap_or(0.0));
            Cell::new(words::percent(left), Role::SeverityUnknown)
                .and(format!(" as if the {filled} that are recorded were all"), Role::TextDim)
        }
        (Some(left), _) => Cell::plain(words::percent(left)),
        (None, Measured::NotANumber) => {
            Cell::new("unknown: NaN within the period", Role::SeverityUnknown)
        }
        (None, _) => Cell::new("unknown", Role::SeverityUnknown),
    };
    if slo.is_time_weighted {
        return cell.and(" (time-weighted: quiet hours count as much as busy ones)", Role::TextDim);
    }
    cell
}

/// When the budget ends, and on what assumption.
fn outlook(cx: &Cx<'_>, slo: &Slo) -> Cell {
    let (exhaustion, window) = words::exhaustion(cx, slo);
    let over = window.map_or_else(String::new, |name| format!(", over {name}"));
    let rate = format!("at this rate, without roll-off{over}");
    match exhaustion {
        Exhaustion::Spent => Cell::new("the budget is spent", Role::SeverityBad),
        Exhaustion::In(seconds) => {
            Cell::plain(format!("in {} ", span(whole(seconds)))).and(rate, Role::TextDim)
        }
        Exhaustion::Never => Cell::plain("lasts ").and(rate, Role::TextDim),
        Exhaustion::BeyondReset => {
            Cell::plain("lasts until its period ends ").and(rate, Role::TextDim)
        }
        Exhaustion::Unknown => Cell::new("unknown", Role::SeverityUnknown),
    }
}

fn windows(slo: &Slo) -> Vec<Block> {
    let headings = vec![
        Heading::new("WINDOW", 6, Align::Left),
        Heading::new("RATIO", 10, Align::Right),
        Heading::new("BURN", 6, Align::Right),
        Heading::new("FIRES ABOVE", 12, Align::Left),
    ];
    let rows = slo.readings.iter().map(|reading| window(slo, reading)).collect();
    let mut blocks = vec![Block::Grid(headings, rows)];
    let mut flags: Vec<Cell> =
        slo.unreachable().into_iter().map(|one| cannot_fire(slo, one)).collect();
    flags.extend(slo.pairs.iter().filter_map(|pair| few_events(slo, pair)));
    if !flags.is_empty() {
        blocks.push(Block::Lines(flags));
    }
    blocks
}

/// That so little happens in the windows of a pair that one bad event alone makes it fire.
fn few_events(slo: &Slo, pair: &Pair) -> Option<Cell> {
    let (events, window) = (slo.mean_events(pair.long_seconds)?, slo.reading(pair.long_seconds)?);
    slo.is_one_event_enough(pair)?.then(|| {
        let name = format!("! one bad event is a {} over {}: ", pair.severity, window.name);
        let count = format!("n={events:.0} in that time on average");
        Cell::new(name, Role::SeverityWarning).and(count, Role::TextDim)
    })
}

fn window(slo: &Slo, reading: &Reading) -> Vec<Cell> {
    let ratio = match reading.ratio {
        Measured::Absent => Cell::dot(),
        Measured::NotANumber => Cell::new("NaN", Role::SeverityUnknown),
        Measured::Infinite => Cell::new("Inf", Role::SeverityUnknown),
        Measured::Impossible(_) => Cell::new("no share", Role::SeverityUnknown),
        Measured::Number(ratio) => Cell::plain(format!("{:.4} %", ratio * 100.0)),
    };
    let fires = slo.threshold(reading.window_seconds).map_or_else(Cell::dot, |one| {
        let role = if one.is_reachable { Role::Text } else { Role::SeverityWarning };
        let flag = if one.is_reachable { "" } else { "!" };
        let factor = words::number(one.factor);
        Cell::new(format!("{factor:>5}{flag:1}"), role).and(one.severity.as_str(), Role::TextDim)
    });
    vec![Cell::plain(reading.name.as_str()), ratio, words::burn(slo, reading), fires]
}

/// That a threshold lies beyond every error ratio, and what it would take.
fn cannot_fire(slo: &Slo, (reading, threshold): (&Reading, Threshold)) -> Cell {
    let needs = words::percent(threshold.factor * slo.budget());
    let name = format!("! {} over {} cannot fire: ", threshold.severity, reading.name);
    Cell::new(name, Role::SeverityWarning)
        .and(format!("it needs an error ratio above {needs}"), Role::TextDim)
}

fn alert_name(cx: &Cx<'_>, alert: &Alert) -> Cell {
    let age = span(seconds_between(alert.starts_at, cx.now).max(0));
    let severity = alert.severity.as_deref().unwrap_or("");
    let cell = alerts::state(alert).and(format!("  {severity:<6}"), Role::Text);
    let cell = cell.and(format!("  {}", alert.name), Role::Text);
    cell.and(format!("  for {age}"), Role::TextDim)
}

fn alert_line(cx: &Cx<'_>, alert: &Alert) -> Cell {
    let cell = alert_name(cx, alert);
    if alert.is_suppressed() {
        return cell.and(format!("  {}", alerts::muted(cx, alert)), Role::SeverityWarning);
    }
    cell
}

/// The objectives that an alert is about.
fn about(cx: &Cx<'_>, alert: &Alert) -> Vec<Cell> {
    let line = |row: &Row<Slo>| {
        let slo = &*row.value;
        words::standing(cx, slo).and(format!("  {} / {}", slo.service, slo.name), Role::Text)
    };
    cx.state.slos_of_alert(alert).map(line).collect()
}

pub(super) fn alert(cx: &Cx<'_>, alert: &Alert) -> Vec<Block> {
    let pairs = |all: &[(crate::domain::Text, crate::domain::Text)]| {
        all.iter()
            .map(|(name, value)| (name.to_string(), Cell::plain(value.as_str())))
            .collect::<Vec<_>>()
    };
    let mut blocks = vec![
        Block::Title(Cell::new(alert.name.as_str(), Role::TextStrong)),
        Block::Facts(alert_facts(cx, alert)),
        Block::Facts(pairs(&alert.annotations)),
    ];
    let objectives = about(cx, alert);
    if !objectives.is_empty() {
        blocks.push(Block::Title(Cell::dim("the objective behind it")));
        blocks.push(Block::Lines(objectives));
    }
    blocks.push(Block::Title(Cell::dim("labels")));
    blocks.push(Block::Facts(pairs(&alert.labels)));
    blocks
}

fn alert_facts(cx: &Cx<'_>, alert: &Alert) -> Vec<(String, Cell)> {
    let age = span(seconds_between(alert.starts_at, cx.now).max(0));
    let since = Cell::plain(instant_utc(alert.starts_at)).and(format!(" ({age})"), Role::TextDim);
    let mut facts = vec![fact("state", alerts::state(alert)), fact("since", since)];
    if let Some(severity) = &alert.severity {
        facts.push(fact("severity", Cell::plain(severity.as_str())));
    }
    facts.extend(alerts::mutes(cx, alert).into_iter().map(|cell| fact("quiet", cell)));
    facts
}

pub(in crate::pane) fn silence(cx: &Cx<'_>, silence: &Silence) -> Vec<Block> {
    let words = |name: &str, words: String| fact(name, Cell::plain(words));
    let held = cx.state.alerts().iter().map(|(_, row)| &*row.value);
    let held: Vec<Cell> = held
        .filter(|alert| alert.silenced_by.contains(&silence.name))
        .map(|alert| alert_name(cx, alert))
        .collect();
    let mut blocks = vec![
        Block::Title(Cell::new(silences::matchers(silence), Role::TextStrong)),
        Block::Facts(vec![
            words("state", silence.state.as_str().to_owned()),
            words("ends", silences::countdown(cx, silence)),
            words("from", instant_utc(silence.starts_at)),
            words("until", instant_utc(silence.ends_at)),
            words("by", silence.created_by.to_string()),
            words("why", silence.comment.to_string()),
            words("id", silence.name.to_string()),
        ]),
    ];
    let title = match held.len() {
        0 => "it keeps nothing quiet now".to_owned(),
        n => format!("it keeps {n} quiet now"),
    };
    blocks.push(Block::Title(Cell::dim(title)));
    blocks.push(Block::Lines(held));
    blocks
}
