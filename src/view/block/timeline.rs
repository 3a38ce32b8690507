//! What happened when, with the time from one step to the next.

use std::borrow::Cow;

use super::{Line, Part, wrap};
use crate::domain::Timestamp;
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::pane::block::{Align, Cell};
use crate::theme::Role;

/// Columns of a time, of a date with its time, and of a span.
const TIME: u16 = 9;
const INSTANT: u16 = 20;
const SPAN: u16 = 8;

/// Columns between two columns.
const GAP: u16 = 2;

/// Narrower than this, a date stands on a line of its own, so that words have room.
const BESIDE_FROM: u16 = 64;

pub(super) fn lines(steps: &[(Timestamp, Cell)], width: u16) -> Vec<Line<'_>> {
    let mut before: Option<Timestamp> = None;
    let mut out = Vec::new();
    for (at, cell) in steps {
        let is_new_day = before.is_none_or(|before| day(before) != day(*at));
        if is_new_day && width < BESIDE_FROM {
            out.push(Line(vec![part(0, width, Align::Left, dim(day(*at)))]));
        }
        let instant = if is_new_day && width >= BESIDE_FROM { instant_utc(*at) } else { time(*at) };
        out.extend(step(instant, before.map(|before| seconds_between(before, *at)), cell, width));
        before = Some(*at);
    }
    out
}

/// One step: when, how long after the one before, and what; long words go on below each other.
fn step(instant: String, since: Option<i64>, cell: &Cell, width: u16) -> Vec<Line<'_>> {
    let when = if width < BESIDE_FROM { TIME } else { INSTANT };
    let x = when + SPAN + 2 * GAP;
    let room = width.saturating_sub(x);
    let words = wrap(cell, usize::from(room)).into_iter();
    let mut lines: Vec<Line<'_>> =
        words.map(|words| Line(vec![part(x, room, Align::Left, words)])).collect();
    if let Some(Line(first)) = lines.first_mut() {
        let since = since.map_or_else(String::new, |seconds| format!("+{}", span(seconds)));
        let since = Cow::Owned(Cell::new(since, Role::Age));
        first.insert(0, part(when + GAP, SPAN, Align::Right, since));
        first.insert(0, part(0, when, Align::Right, dim(instant)));
    }
    lines
}

fn dim<'a>(words: String) -> Cow<'a, Cell> {
    Cow::Owned(Cell::dim(words))
}

/// The date of an instant.
fn day(at: Timestamp) -> String {
    let text = instant_utc(at);
    text.split_once(' ').map_or_else(String::new, |(day, _)| day.to_owned())
}

/// Its time of the day.
fn time(at: Timestamp) -> String {
    let text = instant_utc(at);
    text.split_once(' ').map_or_else(String::new, |(_, time)| time.to_owned())
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
            drawn(&[Block::Timeline(steps)], 64),
            "1970-01-01 23:59:50Z            made\n           23:59:57Z       +7s  queued\n\
             1970-01-02 00:00:57Z    +1m00s  started"
        );
    }

    #[test]
    fn long_words_go_on_below_each_other() {
        let words = Cell::plain("one two three four five six seven eight nine ten");
        let steps = vec![(Timestamp::from_second(0).unwrap(), words)];
        assert_eq!(
            drawn(&[Block::Timeline(steps)], 64),
            "1970-01-01 00:00:00Z            one two three four five six\n\
             \x20                               seven eight nine ten"
        );
    }

    #[test]
    fn where_there_is_little_room_each_day_stands_above_its_steps() {
        let step = |second, word| (Timestamp::from_second(second).unwrap(), Cell::plain(word));
        let steps = vec![step(86_390, "made"), step(86_397, "queued"), step(86_457, "started")];
        assert_eq!(
            drawn(&[Block::Timeline(steps)], 40),
            "1970-01-01\n23:59:50Z            made\n23:59:57Z       +7s  queued\n\
             1970-01-02\n00:00:57Z    +1m00s  started"
        );
    }
}
