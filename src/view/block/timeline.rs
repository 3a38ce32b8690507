//! What happened when, with the time from one step to the next.

use std::borrow::Cow;

use super::{Line, Part};
use crate::domain::Timestamp;
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::pane::block::{Align, Cell};
use crate::theme::Role;

/// Columns of an instant, and of a span.
const WIDTHS: (u16, u16) = (20, 8);

/// Columns between two columns.
const GAP: u16 = 2;

pub(super) fn lines(steps: &[(Timestamp, Cell)], width: u16) -> Vec<Line<'_>> {
    let mut before: Option<Timestamp> = None;
    steps
        .iter()
        .map(|(at, cell)| {
            let line = line(*at, before, cell, width);
            before = Some(*at);
            line
        })
        .collect()
}

fn line(at: Timestamp, before: Option<Timestamp>, cell: &Cell, width: u16) -> Line<'_> {
    let (instant, wait) = WIDTHS;
    let mut parts = vec![part(0, instant, Align::Right, Cow::Owned(instant_cell(at, before)))];
    let since = before.map(|before| format!("+{}", span(seconds_between(before, at))));
    let since = Cow::Owned(Cell::new(since.unwrap_or_default(), Role::Age));
    parts.push(part(instant + GAP, wait, Align::Right, since));
    let x = instant + wait + 2 * GAP;
    parts.push(part(x, width.saturating_sub(x), Align::Left, Cow::Borrowed(cell)));
    Line(parts)
}

/// The instant; without its date where that is the same as before.
fn instant_cell(at: Timestamp, before: Option<Timestamp>) -> Cell {
    let text = instant_utc(at);
    let day = |text: &str| text.split_once(' ').map(|(day, _)| day.to_owned());
    let is_same_day = before.is_some_and(|before| day(&instant_utc(before)) == day(&text));
    let shown = if is_same_day { text.split_once(' ').map(|(_, time)| time) } else { None };
    Cell::dim(shown.unwrap_or(&text))
}

fn part(x: u16, width: u16, align: Align, cell: Cow<'_, Cell>) -> Part<'_> {
    Part { x, width, align, cell, top: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pane::block::Block;
    use crate::view::block::drawn;

    #[test]
    fn every_step_tells_how_long_after_the_last_it_came() {
        let step = |second, word| (Timestamp::from_second(second).unwrap(), Cell::plain(word));
        let steps = vec![step(86_390, "made"), step(86_397, "queued"), step(86_457, "started")];
        assert_eq!(
            drawn(&[Block::Timeline(steps)], 50),
            "1970-01-01 23:59:50Z            made\n           23:59:57Z       +7s  queued\n\
             1970-01-02 00:00:57Z    +1m00s  started"
        );
    }
}
