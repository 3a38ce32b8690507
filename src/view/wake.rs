//! When the screen next changes by itself, so that it is drawn then and not before.

use jiff::SignedDuration;

use super::back;
use super::header::Header;
use super::table::CHANGED_SECONDS;
use crate::app::App;
use crate::app::log::Flow;
use crate::app::modal::Modal;
use crate::app::notice::Notice;
use crate::app::place::Focus;
use crate::app::table::Table;
use crate::domain::Timestamp;
use crate::pane::block::{Block, Row};

/// A filter that holds ages against a span is asked anew this often, seconds.
const FILTER_SECONDS: i64 = 5;

/// What a screen shows of the platform, as values: two equal pictures are drawn alike, so that one drawing does.
#[derive(Debug, PartialEq)]
pub struct Picture {
    header: Header,
    /// That this is the past.
    back: Option<Block>,
    band: Vec<Block>,
    rows: Vec<Option<Row>>,
    /// How many rows stand in the table, how many the filter hides, and where the cursor is.
    counts: Option<(usize, usize, usize)>,
    detail: Vec<Block>,
    notice: Option<Notice>,
    /// Why something waits, where that lies over the screen.
    why: Vec<Block>,
    /// How much of a log was received, and whether more is to come.
    log: Option<(u64, Flow)>,
}

/// The next instant at which something on the screen changes its text or its look though nothing happens: an age, a
/// countdown, a health, the clock, a message that goes, an underline that ends. It is a whole second or later.
pub fn wake(app: &App, now: Timestamp, picture: &Picture) -> Timestamp {
    let differs = |seconds: i64| Picture::of(app, after(now, seconds)) != *picture;
    let by_text = match first_change(differs) {
        // Ages change with the second of the clock.
        Some(seconds) => at_second(now, seconds),
        None => at_second(now, 60),
    };
    let filter = app.ui.table().is_some_and(|table| table.query.moves_with_time());
    let by_filter = filter.then(|| after(now, FILTER_SECONDS));
    let by_notice = app.ui.notices.ends_at().filter(|at| *at > now);
    let by_register = app.shown().endings().until().filter(|at| *at > now);
    let others = [by_filter, by_notice, by_register, calm_at(picture, now)];
    others.into_iter().flatten().fold(by_text, Timestamp::min)
}

impl Picture {
    /// What the screen shows at `now`, of the rows that were visible when it was drawn last.
    pub fn of(app: &App, now: Timestamp) -> Picture {
        let (cx, place) = (app.cx(now), app.ui.place());
        let is_table = place.focus == Focus::Table;
        let subject = match &place.focus {
            Focus::Table => {
                app.ui.table().and_then(Table::selected).filter(|_| app.ui.drawn.page > 0)
            }
            Focus::Detail(id) => Some(id),
            Focus::Log(_) => None,
        };
        Picture {
            header: Header::of(app, now),
            back: back::block(app, now),
            band: if is_table { place.pane.band(&cx) } else { Vec::new() },
            rows: if is_table { rows(app, now) } else { Vec::new() },
            counts: app
                .ui
                .table()
                .filter(|_| is_table)
                .map(|table| (table.listing.len(), table.listing.hidden(), table.place)),
            detail: subject.map_or_else(Vec::new, |id| place.pane.detail(&cx, id)),
            notice: app.ui.notices.current(now).cloned(),
            why: why(app, now),
            log: app.ui.log.as_ref().map(|log| (log.trace.received_bytes(), log.flow.clone())),
        }
    }
}

/// Why something waits, where that lies over the screen.
fn why(app: &App, now: Timestamp) -> Vec<Block> {
    match app.ui.modals.last() {
        Some(Modal::Why(reasons)) => super::modal::why_blocks(app, reasons, now),
        Some(Modal::Timeline(story)) => super::modal::timeline_blocks(story),
        _ => Vec::new(),
    }
}

/// The visible rows, as they were drawn last.
fn rows(app: &App, now: Timestamp) -> Vec<Option<Row>> {
    let (Some(table), Some(drawn)) = (app.ui.table(), app.ui.drawn.table) else {
        return Vec::new();
    };
    let cx = app.cx(now);
    let columns = table.shown_columns(cx.state);
    let window = table.listing.window(drawn.top, drawn.rows);
    window.map(|id| crate::pane::row(&cx, table.lens, &columns, id)).collect()
}

/// How many seconds pass before `differs` first holds, up to a minute. Texts do not change back, so halving finds it.
fn first_change(differs: impl Fn(i64) -> bool) -> Option<i64> {
    if differs(1) {
        return Some(1);
    }
    if !differs(60) {
        return None;
    }
    let (mut same, mut other) = (1, 60);
    while other - same > 1 {
        let middle = i64::midpoint(same, other);
        if differs(middle) {
            other = middle;
        } else {
            same = middle;
        }
    }
    Some(other)
}

/// When the first of the rows that changed just now is calm again.
fn calm_at(picture: &Picture, now: Timestamp) -> Option<Timestamp> {
    let shown = SignedDuration::from_secs_f64(CHANGED_SECONDS);
    picture
        .rows
        .iter()
        .flatten()
        .filter_map(|row| row.changed_at?.checked_add(shown).ok())
        .filter(|at| *at > now)
        .min()
}

fn after(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}

/// The beginning of the second that lies so many seconds ahead.
fn at_second(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(now.as_second().saturating_add(seconds)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_change_is_found_to_the_second() {
        for first in 1..=60 {
            assert_eq!(first_change(|seconds| seconds >= first), Some(first));
        }
        assert_eq!(first_change(|seconds| seconds >= 61), None);
    }
}
