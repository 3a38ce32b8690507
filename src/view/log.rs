//! A job's log: a title with its state, and the window of its rows in the colours that the log asked for.

use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::block::wrap;
use super::canvas::{Canvas, advance, line_of, short};
use super::fit::columns;
use super::layout::from_top;
use super::table::{GUTTER, empty, scrollbar};
use super::views::grouped;
use crate::app::log::{Flow, LogView, Window};
use crate::domain::Failure;
use crate::domain::time::span;
use crate::domain::trace::{Folded, Row, Section};
use crate::pane::block::Cell;
use crate::theme::Role;

/// Columns right of the rows: the sign that more follows, and the scrollbar.
const EDGE: u16 = 2;

/// Draws a log; says how large the window of its rows is.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, log: &LogView) -> Window {
    let mut rest = area;
    if let Flow::Failed(failure) = &log.flow {
        trouble(canvas, &mut rest, failure);
    }
    if let Some(sentence) = log.trace.dropped().sentence() {
        let line = from_top(&mut rest, 1);
        canvas.words(indented(line), &sentence, Role::LogDropped);
    }
    let room = indented(rest);
    let window = Window { width: usize::from(room.width), height: usize::from(room.height) };
    if log.trace.is_empty() {
        empty(canvas, rest, &[Cell::dim(nothing(log))]);
        return window;
    }
    let first = log.first_visible(window);
    let rows = log.trace.window(first, window.height, log.layout(window.width));
    for (place, shown) in (0..rest.height).zip(&rows) {
        row(canvas, line_of(rest, place), log, shown);
    }
    let kept = log.trace.line_numbers();
    let above = usize::try_from(first.line.saturating_sub(kept.start)).unwrap_or(usize::MAX);
    scrollbar(canvas, rest, above, log.trace.line_count());
    window
}

fn nothing(log: &LogView) -> &'static str {
    match log.flow {
        Flow::Waiting => "reading the log…",
        Flow::Live => "nothing was written yet",
        Flow::Ended => "the job wrote nothing",
        Flow::Failed(_) => "the log could not be read",
    }
}

fn indented(area: Rect) -> Rect {
    let mut room = area;
    advance(&mut room, GUTTER);
    Rect { width: room.width.saturating_sub(EDGE), ..room }
}

/// Says at the right of a line how the log is looked at, and whether more is to come.
pub fn title(canvas: &mut Canvas<'_>, area: Rect, log: &LogView) {
    let mut rest = Rect { width: area.width.saturating_sub(EDGE), ..area };
    let (state, role) = match &log.flow {
        Flow::Waiting => ("connecting", Role::HealthUnknown),
        Flow::Live => ("live", Role::HealthLive),
        Flow::Ended => ("ended", Role::TextDim),
        Flow::Failed(_) => ("not read", Role::HealthDown),
    };
    let between = format!(" {} ", canvas.look.glyphs.between);
    let lines = grouped(usize::try_from(log.trace.line_numbers().end).unwrap_or(usize::MAX));
    let (follows, follows_role) = if log.is_following {
        ("following", Role::Accent)
    } else {
        ("not following", Role::TextDim)
    };
    canvas.put_right(&mut rest, state, role);
    canvas.put_right(&mut rest, &between, Role::TextDim);
    canvas.put_right(&mut rest, follows, follows_role);
    canvas.put_right(&mut rest, &between, Role::TextDim);
    let place = match (log.is_wrapped, log.left) {
        (true, _) => "wrapped".to_owned(),
        (false, 0) => "long lines cut".to_owned(),
        (false, left) => format!("from column {}", left + 1),
    };
    canvas.put_right(&mut rest, &format!("{lines} lines{between}{place}"), Role::TextDim);
}

/// Why the log could not be read any more, and what would cure it.
fn trouble(canvas: &mut Canvas<'_>, rest: &mut Rect, failure: &Failure) {
    let message = Cell::new(failure.message.as_str(), Role::SeverityBad);
    let hint = Cell::dim("hint: ").and(failure.hint.as_str(), Role::Text);
    for cell in [message, hint] {
        for line in wrap(&cell, usize::from(indented(*rest).width)) {
            let room = indented(from_top(rest, 1));
            canvas.cell(room, &line, crate::pane::block::Align::Left);
        }
    }
}

fn row(canvas: &mut Canvas<'_>, at: Rect, log: &LogView, row: &Row) {
    let mut rest = indented(at);
    if let Some(section) = &row.section {
        section_sign(canvas, at, section);
    }
    let text_at = rest;
    let base = canvas.look.of(if row.section.is_some() { Role::LogSection } else { Role::Log });
    for span in &row.spans {
        let style = base.patch(canvas.look.of_log(&span.style));
        let used = canvas.paint(rest, &span.text, style);
        advance(&mut rest, used);
    }
    if let Some(seconds) = row.section.as_ref().and_then(Section::duration_seconds) {
        advance(&mut rest, 2);
        canvas.words(rest, &span(seconds), Role::LogTime);
    }
    if row.is_cut {
        let [_, more] = canvas.look.glyphs.more;
        let edge = Rect { width: at.width.saturating_sub(1), ..at };
        canvas.words_right(edge, more, Role::LogTime);
    }
    point_at(canvas, text_at, log, row);
}

/// The sign of a section that is open or folded, pushed in by its depth as far as the gutter goes.
fn section_sign(canvas: &mut Canvas<'_>, at: Rect, section: &Section) {
    let [open, folded] = canvas.look.glyphs.fold;
    let sign = match section.folded {
        Folded::No => open,
        Folded::Yes => folded,
    };
    canvas.words(Rect { width: at.width.min(1), ..at }, sign, Role::LogSection);
}

/// Points at what is looked for.
fn point_at(canvas: &mut Canvas<'_>, room: Rect, log: &LogView, row: &Row) {
    if log.needle.is_empty() {
        return;
    }
    let line = row.position.line;
    let role = if log.found == Some(line) { Role::MatchCurrent } else { Role::Match };
    let style = canvas.look.of(role);
    let text = row.text();
    for found in log.trace.matches_in(line, &log.needle) {
        mark(canvas, room, (&text, row.start), found, style);
    }
}

/// Styles the part of a found place that stands in this row.
fn mark(
    canvas: &mut Canvas<'_>,
    room: Rect,
    (text, start): (&str, usize),
    found: Range<usize>,
    style: Style,
) {
    let place = |at: usize| at.saturating_sub(start).min(text.len());
    let (from, to) = (place(found.start), place(found.end));
    let (Some(before), Some(words)) = (text.get(..from), text.get(from..to)) else { return };
    let x = room.x.saturating_add(short(columns(before)));
    let width = short(columns(words)).min(room.right().saturating_sub(x));
    canvas.restyle(Rect { x, width, ..room }, style);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::msg::LogNews;
    use crate::domain::{FailureKind, JobId, Text, Timestamp};
    use crate::view::sample::{screen, telling_theme, theme, words};
    use crate::view::style::Look;

    fn log(bytes: &str) -> LogView {
        let mut log = LogView::new(crate::app::LogId::Job(JobId(7)));
        log.take(LogNews::Replace(bytes.as_bytes().to_vec()));
        log
    }

    fn drawn(log: &LogView, width: u16, height: u16) -> String {
        let theme = theme();
        let mut buffer = screen(width, height);
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let area = canvas.area();
        let mut rest = area;
        title(&mut canvas, from_top(&mut rest, 1), log);
        draw(&mut canvas, rest, log);
        words(&buffer)
    }

    #[test]
    fn the_end_of_a_log_is_in_sight_while_it_is_followed() {
        let text = drawn(&log("one\ntwo\nthree\n"), 12, 3);
        assert_eq!(text.lines().skip(1).collect::<Vec<_>>(), ["   two", "   three   ┃"]);
    }

    #[test]
    fn a_section_has_a_sign_and_its_time() {
        let raw =
            "section_start:100:get\r\x1b[0KGetting sources\nfetch\nsection_end:107:get\r\x1b[0K\n";
        let text = drawn(&log(raw), 60, 5);
        assert_eq!(text.lines().nth(1), Some("▾  Getting sources  7s"));
    }

    #[test]
    fn colours_of_a_log_become_roles() {
        let theme = telling_theme();
        let mut buffer = screen(40, 3);
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let area = canvas.area();
        draw(&mut canvas, area, &log("\x1b[31mred\x1b[0m \x1b[32;1mgreen\x1b[0m\n"));
        let look = Look::new(&theme);
        let colours = [buffer[(3, 0)].fg, buffer[(7, 0)].fg];
        assert_eq!(colours.map(Some), [look.of(Role::LogRed).fg, look.of(Role::LogGreen).fg]);
    }

    #[test]
    fn what_is_looked_for_is_pointed_at() {
        let theme = telling_theme();
        let mut buffer = screen(40, 3);
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let area = canvas.area();
        let mut log = log("an error here\n");
        log.needle = "ERR".to_lowercase();
        draw(&mut canvas, area, &log);
        let found = Look::new(&theme).of(Role::Match).fg.unwrap();
        let marked: String = (0..40)
            .filter(|x| buffer[(*x, 0)].fg == found)
            .map(|x| buffer[(x, 0)].symbol().to_owned())
            .collect();
        assert_eq!(marked, "err");
    }

    #[test]
    fn a_log_that_cannot_be_read_says_why_and_keeps_what_was_read() {
        let mut log = log("one\n");
        log.take(LogNews::Failed(Failure {
            kind: FailureKind::Server,
            message: Text::new("reading the log of job 7: 502"),
            hint: Text::new("it is tried again"),
            at: Timestamp::UNIX_EPOCH,
            retry_at: None,
        }));
        let text = drawn(&log, 60, 6);
        assert_eq!(
            text.lines().skip(1).collect::<Vec<_>>(),
            ["   reading the log of job 7: 502", "   hint: it is tried again", "   one"]
        );
    }

    #[test]
    fn any_size_is_drawn() {
        let mut log = log("\x1b[44mone 日本語\x1b[0m\nsection_start:1:a\r\x1b[0Ktwo\n");
        for wrapped in [false, true] {
            log.is_wrapped = wrapped;
            for width in 0..40 {
                for height in 0..5 {
                    drawn(&log, width, height);
                }
            }
        }
    }
}
