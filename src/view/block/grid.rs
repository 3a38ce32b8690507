//! A small table of fixed widths: columns that have no room are left out, the narrowest screens first.

use std::borrow::Cow;

use super::{Line, Part};
use crate::pane::block::{Cell, Heading, Piece};
use crate::theme::Role;
use crate::view::canvas::{largest, short};
use crate::view::fit::columns;
use crate::view::table::GUTTER;

/// Columns between two columns.
const GAP: u16 = 2;

/// Columns of the screen beside a part: a heading says on how wide a screen it stands.
const MARGINS: u16 = GUTTER + 1;

/// A column of small charts may shrink to this, and to its title, before it is left out.
const CHART_AT_LEAST: u16 = 6;

pub(super) fn lines<'a>(
    headings: &'a [Heading],
    rows: &'a [Vec<Cell>],
    width: u16,
) -> Vec<Line<'a>> {
    let places = places(headings, rows, width);
    let part = |place: &Place<'a>, cell: Cow<'a, Cell>| {
        let Place { x, width, top, heading, .. } = place;
        Part { x: *x, width: *width, align: heading.align, cell, top: *top }
    };
    let title = |place: &Place<'a>| {
        part(place, Cow::Owned(Cell::new(place.heading.title.as_str(), Role::BandTitle)))
    };
    let head = Line(places.iter().map(title).collect());
    let body = rows.iter().map(|row| {
        let cell = |place: &Place<'a>| Some(part(place, Cow::Borrowed(row.get(place.index)?)));
        Line(places.iter().filter_map(cell).collect())
    });
    std::iter::once(head).chain(body).collect()
}

/// A column where it stands.
struct Place<'a> {
    index: usize,
    x: u16,
    width: u16,
    /// The top of its small charts: one for the whole column, so that rows can be compared.
    top: Option<f64>,
    heading: &'a Heading,
}

fn places<'a>(headings: &'a [Heading], rows: &[Vec<Cell>], room: u16) -> Vec<Place<'a>> {
    let mut places: Vec<Place<'a>> = headings
        .iter()
        .enumerate()
        .filter(|(_, heading)| heading.from_width <= room.saturating_add(MARGINS))
        .map(|(index, heading)| Place {
            index,
            x: 0,
            width: heading.width,
            top: top(rows, index),
            heading,
        })
        .collect();
    loop {
        let over = needed(&places).saturating_sub(room);
        if over == 0 {
            break;
        }
        let chart = places.iter_mut().find(|place| place.top.is_some());
        if let Some(chart) = chart.filter(|chart| chart.width >= least(chart.heading) + over) {
            chart.width -= over;
            break;
        }
        let Some(first) = first_to_go(&places) else { break };
        places.remove(first);
    }
    let mut x = 0;
    for place in &mut places {
        place.x = x;
        x += place.width + GAP;
    }
    places
}

fn least(chart: &Heading) -> u16 {
    CHART_AT_LEAST.max(short(columns(&chart.title)))
}

fn needed(places: &[Place<'_>]) -> u16 {
    places.iter().map(|place| place.width + GAP).sum::<u16>().saturating_sub(GAP)
}

/// The column that wants the widest screen; the rightmost of several. The first column stays.
fn first_to_go(places: &[Place<'_>]) -> Option<usize> {
    let columns = places.iter().enumerate().skip(1);
    columns.max_by_key(|(_, place)| place.heading.from_width).map(|(order, _)| order)
}

/// The largest value of all small charts of a column; `None` where it has no chart.
fn top(rows: &[Vec<Cell>], index: usize) -> Option<f64> {
    rows.iter()
        .filter_map(|row| row.get(index))
        .flat_map(|cell| &cell.0)
        .filter_map(|piece| match piece {
            Piece::Spark(values, _) => Some(largest(values)),
            Piece::Words(..) | Piece::Path(..) | Piece::Mark(..) | Piece::Bar(..) => None,
        })
        .reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pane::block::{Align, Block};
    use crate::view::block::drawn;

    fn band() -> [Block; 1] {
        let headings = vec![
            Heading::new("tier", 9, Align::Left),
            Heading::new("p95", 6, Align::Right).from_width(30),
            Heading::new("hour", 8, Align::Left).from_width(20),
        ];
        let row = |tier: &str, p95: &str, values: [f64; 8]| {
            let chart = Piece::Spark(values.map(Some).to_vec(), Role::Spark);
            vec![Cell::plain(tier), Cell::plain(p95), Cell(vec![chart])]
        };
        let rows = vec![row("sandbox", "19s", [8.0; 8]), row("standard", "9m41s", [32.0; 8])];
        [Block::Grid(headings, rows)]
    }

    #[test]
    fn charts_of_one_column_can_be_compared() {
        assert_eq!(
            drawn(&band(), 30),
            "tier          p95  hour\nsandbox       19s  ▂▂▂▂▂▂▂▂\nstandard    9m41s  ████████"
        );
    }

    #[test]
    fn a_narrow_screen_leaves_columns_out() {
        assert_eq!(drawn(&band(), 25), "tier       hour\nsandbox    ▂▂▂▂▂▂▂▂\nstandard   ████████");
        assert_eq!(drawn(&band(), 12), "tier\nsandbox\nstandard");
    }

    #[test]
    fn charts_shrink_before_a_column_goes() {
        let [block] = band();
        let Block::Grid(mut headings, rows) = block else { panic!("a grid") };
        for heading in &mut headings {
            heading.from_width = 0;
        }
        assert_eq!(
            drawn(&[Block::Grid(headings, rows)], 25),
            "tier          p95  hour\nsandbox       19s  ▂▂▂▂▂▂\nstandard    9m41s  ██████"
        );
    }
}
