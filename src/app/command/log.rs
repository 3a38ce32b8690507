//! Commands of a job's log.

use super::{Command, Disabled, no_arguments};
use crate::app::input::Line;
use crate::app::log::LogView;
use crate::app::modal::Modal;
use crate::app::notice::Notice;
use crate::app::{App, Effect, Errand};
use crate::domain::Timestamp;
use crate::domain::trace::{Direction, Folded};

/// The commands.
#[rustfmt::skip] // One command a block: they are read as a table.
pub(super) static ALL: &[Command] = &[
    Command { name: "log.up", scope: "log", doc: "one line up",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| step(app, |_| -1) },
    Command { name: "log.down", scope: "log", doc: "one line down",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| step(app, |_| 1) },
    Command { name: "log.page_up", scope: "log", doc: "one page up",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| step(app, |page| -page) },
    Command { name: "log.page_down", scope: "log", doc: "one page down",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| step(app, |page| page) },
    Command { name: "log.top", scope: "log", doc: "the beginning",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| with(app, LogView::go_to_start) },
    Command { name: "log.bottom", scope: "log", doc: "the end, and follow it",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| with(app, |log| log.is_following = true) },
    Command { name: "log.follow", scope: "log", doc: "keep the end in sight, or let it go",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| with(app, |log| log.is_following = !log.is_following) },
    Command { name: "log.wrap", scope: "log", doc: "wrap long lines, or cut them",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| with(app, |log| log.is_wrapped = !log.is_wrapped) },
    Command { name: "log.fold", scope: "log", doc: "fold the section at the top of the screen, or open it",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| fold(app) },
    Command { name: "log.fold_all", scope: "log", doc: "fold every section, or open all",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| fold_all(app) },
    Command { name: "log.search", scope: "log", doc: "look for words",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| search(app) },
    Command { name: "log.next", scope: "log", doc: "the next place of the words",
        arguments: no_arguments, enabled: has_needle, run: |app, _, now| find(app, Direction::Down, now) },
    Command { name: "log.previous", scope: "log", doc: "the previous place of the words",
        arguments: no_arguments, enabled: has_needle, run: |app, _, now| find(app, Direction::Up, now) },
    Command { name: "log.left", scope: "log", doc: "columns to the left",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| with(app, |log| log.left = log.left.saturating_sub(8)) },
    Command { name: "log.right", scope: "log", doc: "columns to the right",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| with(app, |log| log.left = log.left.saturating_add(8)) },
    Command { name: "log.save", scope: "log", doc: "save the log as plain text in the state directory",
        arguments: no_arguments, enabled: has_log, run: |app, _, _| save(app) },
];

fn has_log(app: &App) -> Result<(), Disabled> {
    if app.ui.log.is_some() { Ok(()) } else { Disabled::because("no log is open") }
}

fn has_needle(app: &App) -> Result<(), Disabled> {
    match &app.ui.log {
        Some(log) if log.needle.is_empty() => Disabled::because("nothing is looked for"),
        Some(log) if log.hits.lines == 0 => {
            Disabled::because(format!("`{}` is not in this log", log.needle))
        }
        Some(_) => Ok(()),
        None => Disabled::because("no log is open"),
    }
}

fn with(app: &mut App, act: impl FnOnce(&mut LogView)) -> Vec<Effect> {
    if let Some(log) = &mut app.ui.log {
        act(log);
    }
    Vec::new()
}

fn step(app: &mut App, lines: impl FnOnce(isize) -> isize) -> Vec<Effect> {
    let window = app.ui.drawn.log;
    let rows = lines(isize::try_from(window.height.saturating_sub(1).max(1)).unwrap_or(20));
    with(app, |log| log.step(rows, window))
}

fn fold(app: &mut App) -> Vec<Effect> {
    let window = app.ui.drawn.log;
    with(app, |log| {
        let line = log.first_visible(window).line;
        log.trace.toggle_fold(line);
    })
}

/// Folds every section, or opens all where every one is folded.
fn fold_all(app: &mut App) -> Vec<Effect> {
    with(app, |log| {
        let all = log.trace.sections().all(|section| section.folded == Folded::Yes);
        log.trace.fold_all(if all { Folded::No } else { Folded::Yes });
    })
}

fn search(app: &mut App) -> Vec<Effect> {
    let needle = app.ui.log.as_ref().map_or_else(String::new, |log| log.needle.clone());
    app.ui.modals.push(Modal::Search(Line::selected(&needle)));
    Vec::new()
}

/// Goes to the next place of what is looked for.
pub(super) fn find(app: &mut App, direction: Direction, now: Timestamp) -> Vec<Effect> {
    let window = app.ui.drawn.log;
    let Some(log) = &mut app.ui.log else { return Vec::new() };
    if !log.find(direction, window) {
        let words = format!("`{}` is not in this log", log.needle);
        app.ui.notices.show(Notice::bad(words), now);
    }
    Vec::new()
}

fn save(app: &mut App) -> Vec<Effect> {
    let Some(log) = &app.ui.log else { return Vec::new() };
    let name = log.of.file_name();
    vec![Effect::Errand(Errand::Save { name, text: log.trace.plain_text() })]
}
