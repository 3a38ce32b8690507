//! A number over time at braille resolution, two dots wide and four high a character, with axes and levels.

use std::borrow::Cow;

use super::wrap::wrap;
use super::{Line, Part};
use crate::domain::Timestamp;
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::pane::block::{Align, Cell, Chart, Piece};
use crate::theme::Role;

/// Columns of the numbers beside the plot, and columns that it needs at least.
const LABEL: u16 = 9;
const LEAST: u16 = 16;

/// A level that lies above all numbers by more than this is named, but not drawn: the numbers would lie flat.
const REACH: f64 = 4.0;

/// Columns that the instants at both ends take together, with a gap.
const ENDS: u16 = 34;

/// Dots of a character: across, and up.
const ACROSS: u16 = 2;
const UP: u16 = 4;

pub(super) fn lines(chart: &Chart, width: u16) -> Vec<Line<'_>> {
    let mut out = titles(chart, width);
    let newest = chart.points.iter().rev().find_map(|(_, value)| *value);
    let (Some(newest), [first, ..], [.., last]) = (newest, &*chart.points, &*chart.points) else {
        out.push(whole(Cell::dim(chart.empty.as_str()), width));
        return out;
    };
    let plot = width.saturating_sub(LABEL + 1);
    if plot < LEAST {
        let words = format!("{:.1} {} (too narrow for its chart)", newest, chart.unit);
        out.push(whole(Cell::dim(words), width));
        return out;
    }
    let scale = Scale::of(chart, plot);
    let dots = scale.dots(chart);
    for row in 0..chart.rows {
        let mut parts = vec![part(0, LABEL, Align::Right, label(chart, &scale, row))];
        parts.push(part(LABEL + 1, plot, Align::Left, drawn(&dots, plot, row)));
        out.push(Line(parts));
    }
    out.push(ends(first.0, last.0, plot));
    out
}

/// The instants at both ends of the axis; how long it is where there is no room for the second.
fn ends<'a>(first: Timestamp, last: Timestamp, plot: u16) -> Line<'a> {
    let long = span(seconds_between(first, last).max(0));
    let from = Cell::dim(format!("{long} before"));
    let mut parts = vec![part(LABEL + 1, plot, Align::Left, from)];
    if plot >= ENDS {
        let x = LABEL + 1 + plot - 20;
        parts.push(part(x, 20, Align::Right, Cell::dim(instant_utc(last))));
    }
    Line(parts)
}

/// What it shows, and the levels.
fn titles(chart: &Chart, width: u16) -> Vec<Line<'static>> {
    let mut cell = Cell::new(chart.title.clone(), Role::TextDim);
    for line in &chart.lines {
        let words = format!("   {} {} {}", line.name, number(line.at), chart.unit);
        cell = cell.and(words, Role::SeverityWarning);
    }
    wrap(&cell, usize::from(width))
        .into_iter()
        .map(|line| whole(line.into_owned(), width))
        .collect()
}

fn whole<'a>(cell: Cell, width: u16) -> Line<'a> {
    Line::of(Cow::Owned(cell), 0, width)
}

fn part<'a>(x: u16, width: u16, align: Align, cell: Cell) -> Part<'a> {
    Part { x, width, align, cell: Cow::Owned(cell), top: None }
}

/// The number at the top and at the foot of the axis.
fn label(chart: &Chart, scale: &Scale, row: u16) -> Cell {
    let value = match row {
        0 => scale.high,
        _ if row + 1 == chart.rows => scale.low,
        _ => return Cell::empty(),
    };
    Cell::dim(format!("{} {}", number(value), chart.unit))
}

fn number(value: f64) -> String {
    let digits = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    let words = format!("{value:.digits$}");
    // What is whole needs no noughts behind it.
    if words.contains('.') {
        words.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        words
    }
}

/// Where numbers and instants fall.
struct Scale {
    low: f64,
    high: f64,
    start: f64,
    seconds: f64,
    columns: f64,
    rows: u16,
}

/// A dot, from the left and from the top.
type Dot = (u16, u16);

/// The dots of the numbers, and those of the levels.
struct Dots {
    points: Vec<Dot>,
    levels: Vec<Dot>,
}

impl Scale {
    fn of(chart: &Chart, plot: u16) -> Scale {
        let values = chart.points.iter().filter_map(|(_, value)| *value);
        let (low, most) =
            values.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let near = |at: &f64| most <= 0.0 || *at <= most * REACH;
        let levels = chart.lines.iter().map(|line| line.at).filter(near);
        let high = levels.chain(chart.top).fold(most, f64::max);
        let high = if high > low { high } else { low + 1.0 };
        let instants = chart.points.iter().map(|(at, _)| at.as_duration().as_secs_f64());
        let start = instants.clone().fold(f64::INFINITY, f64::min);
        let end = instants.fold(f64::NEG_INFINITY, f64::max);
        let seconds = (end - start).max(1.0);
        Scale { low, high, start, seconds, columns: f64::from(plot * ACROSS - 1), rows: chart.rows }
    }

    fn y(&self, value: f64) -> u16 {
        let share = (self.high - value) / (self.high - self.low);
        rounded(share * f64::from(self.rows * UP - 1))
    }

    fn dots(&self, chart: &Chart) -> Dots {
        let mut points: Vec<Dot> = Vec::new();
        let mut before: Option<Dot> = None;
        for (at, value) in &chart.points {
            let Some(value) = value else {
                before = None;
                continue;
            };
            let past = at.as_duration().as_secs_f64() - self.start;
            let dot = (rounded(past / self.seconds * self.columns), self.y(*value));
            join(&mut points, before.unwrap_or(dot), dot);
            before = Some(dot);
        }
        let ends = rounded(self.columns);
        let level = |y: u16| (0..=ends).step_by(3).map(move |x| (x, y));
        let drawn = chart.lines.iter().filter(|line| line.at <= self.high);
        let levels = drawn.flat_map(|line| level(self.y(line.at))).collect();
        Dots { points, levels }
    }
}

/// Dots along the way from one to another.
fn join(dots: &mut Vec<Dot>, from: Dot, to: Dot) {
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
    let along = |a: u16, b: u16, step: u16| {
        let share = f64::from(step) / f64::from(steps);
        rounded(f64::from(a) + (f64::from(b) - f64::from(a)) * share)
    };
    dots.extend((0..=steps).map(|step| (along(from.0, to.0, step), along(from.1, to.1, step))));
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place on a screen, held within it"
)]
fn rounded(place: f64) -> u16 {
    place.round().clamp(0.0, f64::from(u16::MAX)) as u16
}

/// One line of the plot: where numbers are, their dots stand before those of a level.
fn drawn(dots: &Dots, plot: u16, row: u16) -> Cell {
    let points = bits(&dots.points, plot, row);
    let levels = bits(&dots.levels, plot, row);
    let mut cell = Cell::empty();
    for (point, level) in points.into_iter().zip(levels) {
        let role = if point == 0 { Role::SeverityWarning } else { Role::Accent };
        let sign = match point | level {
            0 => ' ',
            bits => char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' '),
        };
        match cell.0.last_mut() {
            Some(Piece::Words(words, of)) if *of == role => words.push(sign),
            _ => cell.0.push(Piece::Words(sign.to_string(), role)),
        }
    }
    cell
}

/// The bits of the braille signs of one line.
fn bits(dots: &[Dot], plot: u16, row: u16) -> Vec<u8> {
    let mut out = vec![0; usize::from(plot)];
    for (x, y) in dots.iter().filter(|(_, y)| y / UP == row) {
        let bit = match (x % ACROSS, y % UP) {
            (0, 3) => 0x40,
            (_, 3) => 0x80,
            (0, y) => 1 << y,
            (_, y) => 8 << y,
        };
        if let Some(sign) = out.get_mut(usize::from(x / ACROSS)) {
            *sign |= bit;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::drawn as shown;
    use super::*;
    use crate::pane::block::{Block, Line as Level};

    fn chart(values: &[Option<f64>], levels: &[f64]) -> Block {
        let at = |day: i64| Timestamp::from_second(1_700_000_000 + day * 86_400).unwrap();
        Block::Chart(Chart {
            title: "budget left".to_owned(),
            unit: "%",
            rows: 6,
            top: None,
            points: (0..).zip(values).map(|(day, value)| (at(day), *value)).collect(),
            lines: levels.iter().map(|at| Level { at: *at, name: "spent".to_owned() }).collect(),
            empty: "not read yet".to_owned(),
        })
    }

    #[test]
    fn without_points_it_says_why() {
        assert_eq!(shown(&[chart(&[], &[])], 60), "budget left\nnot read yet");
        assert_eq!(shown(&[chart(&[None], &[])], 60), "budget left\nnot read yet");
    }

    #[test]
    fn a_falling_budget_runs_from_the_top_left_to_the_foot() {
        let words = shown(&[chart(&[Some(100.0), Some(0.0)], &[])], 30);
        let rows: Vec<&str> = words.lines().skip(1).collect();
        assert!(rows[0].starts_with("    100 % ⠑"), "{words}");
        assert!(rows[5].starts_with("      0 % "), "{words}");
        assert!(
            rows[5].ends_with('⢄')
                || rows[5].ends_with('⠑')
                || rows[5].ends_with('⢆')
                || rows[5].ends_with('⠢'),
            "{words}"
        );
        assert!(rows[6].contains("1d00h before"), "{words}");
    }

    #[test]
    fn what_is_negative_lies_below_the_level_of_nothing() {
        let scale_of = |block: &Block| match block {
            Block::Chart(chart) => Scale::of(chart, 20),
            other => panic!("{other:?}"),
        };
        let scale = scale_of(&chart(&[Some(50.0), Some(-50.0)], &[0.0]));
        assert_eq!((scale.low, scale.high), (-50.0, 50.0));
        assert!(scale.y(0.0) < scale.y(-50.0));
    }

    #[test]
    fn a_level_is_named_with_its_place() {
        let words = shown(&[chart(&[Some(1.0), Some(2.0)], &[1.44])], 60);
        assert!(words.starts_with("budget left   spent 1.44 %\n"), "{words}");
    }

    #[test]
    fn a_level_far_above_all_numbers_does_not_press_them_flat() {
        let high = |level: f64| match &chart(&[Some(0.5), Some(1.0)], &[level]) {
            Block::Chart(chart) => Scale::of(chart, 20).high,
            other => panic!("{other:?}"),
        };
        assert_eq!((high(3.0), high(14.4)), (3.0, 1.0));
    }

    #[test]
    fn the_axis_begins_where_nothing_was_recorded_yet() {
        let words = shown(&[chart(&[None, None, Some(1.0), Some(1.0)], &[])], 60);
        assert!(words.ends_with("3d00h before                  2023-11-17 22:13:20Z"), "{words}");
    }

    #[test]
    fn a_gap_is_not_bridged() {
        let bridged = shown(&[chart(&[Some(1.0), Some(1.0), Some(1.0)], &[])], 60);
        let gap = shown(&[chart(&[Some(1.0), None, Some(1.0)], &[])], 60);
        let dots = |text: &str| text.chars().filter(|sign| ('⠁'..='⣿').contains(sign)).count();
        assert!(dots(&gap) < dots(&bridged), "{gap}\n{bridged}");
    }

    #[test]
    fn where_it_is_too_narrow_the_last_number_stands_alone() {
        assert!(shown(&[chart(&[Some(1.0), Some(2.0)], &[])], 20).contains("2.0 %"));
    }
}
