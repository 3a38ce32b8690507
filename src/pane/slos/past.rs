//! How an objective's numbers went: its budget over the period, and its error ratio by window, each against its levels.

use super::words;
use crate::domain::time::{seconds_between, span};
use crate::domain::{Course, Courses, Past, Period, Slo, Timestamp};
use crate::pane::block::{Block, Cell, Chart, Line, Mark};
use crate::pane::lens::Cx;
use crate::theme::Role;

/// Lines of the chart of the budget, and of one of an error ratio.
const BUDGET_ROWS: u16 = 6;
const RATIO_ROWS: u16 = 4;

/// What is said where nothing was recorded in the whole time.
const NOTHING: &str = "nothing was recorded in this time";

/// The charts; or why there are none.
pub(super) fn blocks(cx: &Cx<'_>, slo: &Slo) -> Vec<Block> {
    match cx.state.past_of(slo.id) {
        None => vec![Block::Lines(vec![Cell::dim(
            "enter draws its budget and its error ratio over time",
        )])],
        Some(Past::Asked) => {
            let words =
                Cell::mark(Mark::Running, Role::TextDim).and(" reading its past…", Role::TextDim);
            vec![Block::Lines(vec![words])]
        }
        Some(Past::Failed { why, hint, at }) => {
            let age = span(seconds_between(*at, cx.now).max(0));
            let failed = Cell::mark(Mark::Bad, Role::SeverityBad)
                .and(format!(" its past could not be read {age} ago: {why}"), Role::SeverityBad);
            vec![Block::Lines(vec![failed, Cell::dim(hint.as_str())])]
        }
        Some(Past::Read(courses)) => drawn(cx, slo, courses),
    }
}

fn drawn(cx: &Cx<'_>, slo: &Slo, courses: &Courses) -> Vec<Block> {
    let mut blocks = vec![budget(slo, &courses.left)];
    blocks.extend(courses.ratios.iter().map(|course| ratio(slo, course)));
    let age = span(seconds_between(courses.at, cx.now).max(0));
    let mut lines = vec![Cell::dim(format!("drawn from what was recorded; read {age} ago"))];
    if let Some(warning) = &courses.warning {
        let words = format!("may not be whole: {warning}");
        lines.push(Cell::new(words, Role::SeverityWarning));
    }
    blocks.push(Block::Lines(lines));
    blocks
}

/// What was left of the budget at each instant.
fn budget(slo: &Slo, course: &Course) -> Block {
    let title = match slo.period {
        Period::Rolling { .. } => {
            format!("budget left over time, each point over the {} before it", course.window)
        }
        Period::Calendar { .. } => "budget left over time".to_owned(),
    };
    Block::Chart(Chart {
        title,
        unit: "%",
        rows: BUDGET_ROWS,
        top: Some(100.0),
        points: percent(course),
        lines: vec![Line { at: 0.0, name: "spent at".to_owned() }],
        empty: NOTHING.to_owned(),
    })
}

/// The error ratio over a window, and what fires above which.
fn ratio(slo: &Slo, course: &Course) -> Block {
    // What no ratio can exceed is said in words: it is no level that could be met.
    let levels = slo.levels(course.window_seconds).into_iter().filter(|(at, _)| *at < 1.0);
    let level = |(at, severity): (f64, _)| Line {
        at: words::tidy(at * 100.0),
        name: format!("{severity} above"),
    };
    Block::Chart(Chart {
        title: format!("error ratio over {}", course.window),
        unit: "%",
        rows: RATIO_ROWS,
        top: None,
        points: percent(course),
        lines: levels.map(level).collect(),
        empty: NOTHING.to_owned(),
    })
}

fn percent(course: &Course) -> Vec<(Timestamp, Option<f64>)> {
    course.points.iter().map(|(at, value)| (*at, value.map(|value| value * 100.0))).collect()
}
