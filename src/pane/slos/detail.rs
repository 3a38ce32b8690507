//! What is known of one objective, one alert, one silence.

use super::{alerts, band, silences, words};
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{Alert, Exhaustion, Measured, Reading, Silence, Slo};
use crate::pane::block::{Align, Block, Cell, Chart, Heading, Line};
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
        windows(slo),
    ];
    let fired: Vec<&Alert> = cx.state.alerts_of(slo).map(|row| &*row.value).collect();
    if !fired.is_empty() {
        blocks.push(Block::Title(Cell::dim("alerts")));
        blocks.push(Block::Lines(fired.into_iter().map(|alert| alert_line(cx, alert)).collect()));
    }
    blocks.extend(charts(slo));
    if !slo.queries.is_empty() {
        blocks.push(Block::Title(Cell::dim("queries")));
        let lines = slo.queries.iter().map(|query| {
            Cell::dim(format!("{}: ", query.name)).and(query.text.as_str(), Role::Text)
        });
        blocks.push(Block::Lines(lines.collect()));
    }
    blocks
}

fn fact(name: &str, cell: Cell) -> (String, Cell) {
    (name.to_owned(), cell)
}

fn facts(cx: &Cx<'_>, slo: &Slo) -> Vec<(String, Cell)> {
    let state = cx.state.slo_state(slo, cx.now);
    let mut facts = vec![
        fact("state", words::standing(cx, slo).and(format!(": {}", state.words()), Role::TextDim)),
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
    if !slo.labels.is_empty() {
        facts.push(fact("labels", Cell::plain(words::labels(&slo.labels))));
    }
    if let Some(description) = &slo.description {
        facts.push(fact("about", Cell::plain(description.as_str())));
    }
    facts
}

/// What is left, and how the ratio of the period came about.
fn left(slo: &Slo) -> Cell {
    let cell = match (slo.remaining(), slo.period_ratio.ratio) {
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

fn windows(slo: &Slo) -> Block {
    let headings = vec![
        Heading::new("WINDOW", 8, Align::Left),
        Heading::new("RATIO", 11, Align::Right),
        Heading::new("BURN", 8, Align::Right),
        Heading::new("THRESHOLD", 10, Align::Right),
        Heading::new("SEVERITY", 9, Align::Left),
        Heading::new("", 11, Align::Left),
    ];
    Block::Grid(headings, slo.readings.iter().map(|reading| window(slo, reading)).collect())
}

fn window(slo: &Slo, reading: &Reading) -> Vec<Cell> {
    let ratio = match reading.ratio {
        Measured::Absent => Cell::dot(),
        Measured::NotANumber => Cell::new("NaN", Role::SeverityUnknown),
        Measured::Infinite => Cell::new("Inf", Role::SeverityUnknown),
        Measured::Number(ratio) => Cell::plain(format!("{:.4} %", ratio * 100.0)),
    };
    let threshold = slo.threshold(reading.window_seconds);
    let reach = match threshold {
        Some(one) if !one.is_reachable => Cell::new("cannot fire", Role::SeverityWarning),
        Some(_) | None => Cell::empty(),
    };
    vec![
        Cell::plain(reading.name.as_str()),
        ratio,
        words::burn(slo, reading),
        threshold.map_or_else(Cell::dot, |one| Cell::plain(words::number(one.factor))),
        threshold.map_or_else(Cell::dot, |one| Cell::plain(one.severity.as_str())),
        reach,
    ]
}

/// The charts, which say so while nothing was read for them.
fn charts(slo: &Slo) -> [Block; 2] {
    let none = "not read yet".to_owned();
    let page =
        slo.pairs.iter().map(|pair| pair.factor * slo.budget() * 100.0).max_by(f64::total_cmp);
    let lines = page.map(|at| Line { at, name: "page".to_owned() });
    [
        Block::Chart(Chart {
            title: "budget left over the period".to_owned(),
            unit: "%",
            points: Vec::new(),
            lines: vec![Line { at: 0.0, name: "spent".to_owned() }],
            empty: none.clone(),
        }),
        Block::Chart(Chart {
            title: "error ratio".to_owned(),
            unit: "%",
            points: Vec::new(),
            lines: lines.into_iter().collect(),
            empty: none,
        }),
    ]
}

fn alert_line(cx: &Cx<'_>, alert: &Alert) -> Cell {
    let age = span(seconds_between(alert.starts_at, cx.now).max(0));
    let mut cell = alerts::state(alert).and(format!("  {}", alert.name), Role::Text);
    cell = cell.and(format!("  for {age}"), Role::TextDim);
    if alert.is_suppressed() {
        cell = cell.and(format!("  {}", alerts::muted(cx, alert)), Role::SeverityWarning);
    }
    cell
}

pub(super) fn alert(cx: &Cx<'_>, alert: &Alert) -> Vec<Block> {
    let pairs = |all: &[(crate::domain::Text, crate::domain::Text)]| {
        all.iter()
            .map(|(name, value)| (name.to_string(), Cell::plain(value.as_str())))
            .collect::<Vec<_>>()
    };
    vec![
        Block::Title(Cell::new(alert.name.as_str(), Role::TextStrong)),
        Block::Lines(vec![alert_line(cx, alert)]),
        Block::Facts(pairs(&alert.annotations)),
        Block::Title(Cell::dim("labels")),
        Block::Facts(pairs(&alert.labels)),
    ]
}

pub(super) fn silence(cx: &Cx<'_>, silence: &Silence) -> Vec<Block> {
    let words = |name: &str, words: String| fact(name, Cell::plain(words));
    vec![
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
    ]
}
