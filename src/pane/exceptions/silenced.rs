//! A silence of Alertmanager as the time-bound exception that it is: from being told of something.

use crate::domain::time::{seconds_between, span};
use crate::domain::{ExceptionState, Silence, SilenceState, Text};
use crate::pane::block::Cell;
use crate::pane::lens::{Cx, Value};

/// What a silence is called among the kinds of exceptions.
pub(super) const KIND: &str = "silence";

/// Where it stands, as exceptions stand.
pub(super) fn state(silence: &Silence) -> ExceptionState {
    match silence.state {
        SilenceState::Pending => ExceptionState::Scheduled,
        SilenceState::Active => ExceptionState::Active,
        // Alertmanager itself ends it: nothing of it is left in force.
        SilenceState::Expired => ExceptionState::Closed,
    }
}

/// Whether nothing of it holds any more.
pub(super) fn is_over(silence: &Silence) -> bool {
    silence.state == SilenceState::Expired
}

/// How long it still holds.
pub(super) fn countdown(cx: &Cx<'_>, silence: &Silence) -> Cell {
    match silence.state {
        SilenceState::Pending => {
            let begins = seconds_between(cx.now, silence.starts_at).max(0);
            Cell::plain(format!("begins in {}", span(begins)))
        }
        SilenceState::Active => Cell::plain(span(seconds_between(cx.now, silence.ends_at).max(0))),
        SilenceState::Expired => Cell::dot(),
    }
}

/// When it ends, in UTC, in the width of a column.
pub(super) fn at(silence: &Silence) -> Cell {
    Cell::plain(silence.ends_at.strftime("%Y-%m-%d %H:%MZ").to_string())
}

/// The beginning of its id, by which people tell one from another.
pub(super) fn id(silence: &Silence) -> String {
    silence.name.chars().take(8).collect()
}

/// What it keeps quiet.
pub(super) fn matchers(silence: &Silence) -> String {
    silence.matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// What it keeps quiet, matcher by matcher.
pub(super) fn scope(silence: &Silence) -> Value {
    let matchers = silence.matchers.iter();
    Value::List(matchers.map(|one| Text::new(&one.to_string())).collect())
}

/// The words by which it is found.
pub(super) fn search(silence: &Silence, visit: &mut dyn FnMut(&str)) {
    visit(&silence.name);
    visit(KIND);
    visit(&silence.comment);
    visit(&silence.created_by);
    visit(&matchers(silence));
}
