//! The line at the bottom: the keys that work at this moment.

use ratatui::layout::Rect;

use super::canvas::{Canvas, advance};
use super::fit::columns;
use super::table::GUTTER;
use crate::app::act::asked;
use crate::app::act::confirm::Stage;
use crate::app::modal::{Modal, Picker, Subject};
use crate::app::place::Focus;
use crate::app::ui::Strip;
use crate::app::{App, command, scopes};
use crate::theme::Role;

/// Command lines and the words that hints have for them, where the table has the keys.
#[rustfmt::skip] // A table.
const TABLE: &[(&str, &str)] = &[
    ("enter", "open"), ("log", "log"), ("why", "why"), ("join", "join"), ("job.retry", "retry"), ("pipeline.retry", "retry all"),
    ("runner.turn", "pause"), ("pod.delete", "delete"), ("node.cordon", "cordon"), ("nodegroup.scale", "scale"),
    ("silence.create", "silence"), ("silence.expire", "expire"), ("finding.acknowledge", "in hand"), ("list.filter", "filter"), ("view.next", "view"), ("open", "browser"),
    ("copy", "copy"), ("list.mark", "mark"), ("list.sort", "sort"), ("list.columns", "columns"),
    ("list.wide", "wide"), ("list.group", "group"), ("pause", "pause"), ("palette", "commands"), ("help", "help"),
    ("quit", "quit"),
];

/// The same where a detail fills the screen.
const DETAIL: &[(&str, &str)] = &[
    ("back", "back"),
    ("detail.scroll_down", "down"),
    ("detail.scroll_up", "up"),
    ("log", "log"),
    ("why", "why"),
    ("join", "join"),
    ("open", "browser"),
    ("copy", "copy"),
    ("palette", "commands"),
    ("help", "help"),
];

/// The same where a log does.
#[rustfmt::skip] // A table.
const LOG: &[(&str, &str)] = &[
    ("back", "back"), ("log.follow", "follow"), ("log.search", "search"), ("log.next", "next"),
    ("log.previous", "previous"), ("log.wrap", "wrap"), ("log.fold", "fold"), ("log.fold_all", "fold all"),
    ("log.save", "save"), ("pause", "pause"), ("help", "help"),
];

/// The same where text is typed.
const PROMPT: &[(&str, &str)] = &[
    ("prompt.accept", "take"),
    ("prompt.cancel", "give up"),
    ("prompt.complete", "complete"),
    ("prompt.previous", "earlier"),
    ("prompt.next", "later"),
    ("prompt.clear", "clear"),
];

/// The same in the palette.
const PALETTE: &[(&str, &str)] = &[
    ("prompt.accept", "run"),
    ("prompt.cancel", "leave"),
    ("prompt.complete", "complete"),
    ("prompt.previous", "up"),
    ("prompt.next", "down"),
    ("prompt.clear", "clear"),
];

/// The same where something is chosen, or read.
const PICKER: &[(&str, &str)] = &[
    ("prompt.accept", "take"),
    ("prompt.cancel", "leave"),
    ("prompt.previous", "up"),
    ("prompt.next", "down"),
];

/// The same where several things are chosen.
const SEVERAL: &[(&str, &str)] = &[
    ("prompt.toggle", "choose"),
    ("prompt.accept", "take"),
    ("prompt.cancel", "leave"),
    ("prompt.previous", "up"),
    ("prompt.next", "down"),
];

/// The same where it is asked whether to arm.
const ARM: &[(&str, &str)] = &[("prompt.cancel", "stay read-only"), ("confirm.yes", "arm")];

/// The same where an act asks for one key.
const ASK: &[(&str, &str)] = &[
    ("prompt.cancel", "cancel"),
    ("confirm.yes", "send"),
    ("prompt.complete", "type a reason"),
    ("prompt.next", "further lines"),
];

/// The same where words confirm an act.
const TYPE: &[(&str, &str)] = &[
    ("prompt.cancel", "cancel"),
    ("prompt.complete", "next line"),
    ("prompt.page_down", "further targets"),
];

/// While a form is filled in.
const FORM: &[(&str, &str)] = &[
    ("prompt.accept", "next line"),
    ("prompt.complete", "complete"),
    ("prompt.previous", "line above"),
    ("prompt.cancel", "leave, and keep it"),
];

/// The same with one target alone.
const TYPE_ONE: &[(&str, &str)] = &[
    ("prompt.cancel", "cancel"),
    ("prompt.complete", "next line"),
    ("prompt.page_down", "further lines"),
];

/// The same where an act was sent.
const READ: &[(&str, &str)] =
    &[("prompt.cancel", "leave"), ("prompt.next", "further lines"), ("prompt.previous", "back")];

/// Draws the keys of the moment: those of commands that can be run now, as many as there is room for.
/// Says where they stand.
pub fn hints(canvas: &mut Canvas<'_>, area: Rect, app: &App) -> Strip {
    let mut drawn = Strip { line: area.y, parts: Vec::new() };
    canvas.clear(area, Role::Footer);
    let mut rest = area;
    advance(&mut rest, GUTTER);
    let help = key_of(app, "help").filter(|_| app.ui.modals.is_empty());
    let reserved = help.as_ref().map_or(0, |key| columns(key) + 8);
    for (line, word) in wanted(app) {
        let Some(key) = key_of(app, line).filter(|_| can_run(app, line)) else { continue };
        let needed = columns(&key) + 1 + columns(word);
        let room = usize::from(rest.width);
        if needed > room || (*line != "help" && needed + 2 + reserved > room) {
            continue;
        }
        let from = rest.x;
        canvas.put(&mut rest, &sign(canvas, &key), Role::HintKey);
        advance(&mut rest, 1);
        canvas.put(&mut rest, word, Role::HintText);
        drawn.parts.push((from, rest.x, *line));
        advance(&mut rest, 2);
    }
    drawn
}

fn wanted(app: &App) -> &'static [(&'static str, &'static str)] {
    match (app.ui.modals.last(), &app.ui.place().focus) {
        (Some(Modal::Filter(_) | Modal::Search(_)), _) => PROMPT,
        (Some(Modal::Palette(_)), _) => PALETTE,
        (Some(Modal::Picker(Picker { subject: Subject::Columns(_), .. })), _) => SEVERAL,
        (Some(Modal::Picker(_) | Modal::Help(_)), _) => PICKER,
        (Some(Modal::Why(_) | Modal::Timeline(_)), _) => READ,
        (Some(Modal::Arm), _) => ARM,
        (Some(Modal::Form(_) | Modal::Sheet(_)), _) => FORM,
        (Some(Modal::Confirm(confirm)), _) => match (&confirm.stage, confirm.focus) {
            (Stage::Asking, None) => ASK,
            (Stage::Asking, Some(_)) if confirm.items.len() == 1 => TYPE_ONE,
            (Stage::Asking, Some(_)) => TYPE,
            (Stage::Sent | Stage::Answered(_), _) => READ,
        },
        (None, Focus::Table) => TABLE,
        (None, Focus::Detail(_)) => DETAIL,
        (None, Focus::Log(_)) => LOG,
    }
}

fn key_of(app: &App, line: &str) -> Option<String> {
    let keys = app.keymap.keys_for(line, &scopes(app));
    keys.first().map(ToString::to_string)
}

fn can_run(app: &App, line: &str) -> bool {
    let is_answer = line == "confirm.yes";
    command::find(line).is_some_and(|(command, _)| (command.enabled)(app).is_ok())
        && (!is_answer || asked(app).is_some())
}

/// A key as hints write it.
fn sign(canvas: &Canvas<'_>, key: &str) -> String {
    match key {
        "enter" if !canvas.look.glyphs.is_ascii => "⏎".to_owned(),
        key => key.to_owned(),
    }
}
