//! Commands while something is typed or chosen.

use tui_input::InputRequest;

use super::{Command, always, no_arguments};
use crate::app::act::{self, ActRequest};
use crate::app::modal::{Modal, Picker, Subject};
use crate::app::notice::Notice;
use crate::app::{App, Effect, access, filter, list};
use crate::domain::Timestamp;
use crate::domain::trace::Direction;
use crate::pane::lens::column;

/// How many choices a page has.
const PAGE: isize = 10;

/// The commands.
#[rustfmt::skip] // One command a block: they are read as a table.
pub(super) static ALL: &[Command] = &[
    Command { name: "prompt.accept", scope: "prompt", doc: "take what is typed or chosen",
        arguments: no_arguments, enabled: always, run: |app, _, now| accept(app, now) },
    Command { name: "prompt.cancel", scope: "prompt", doc: "give up",
        arguments: no_arguments, enabled: always, run: |app, _, now| cancel(app, now) },
    Command { name: "prompt.complete", scope: "prompt", doc: "complete the word",
        arguments: no_arguments, enabled: always, run: |app, _, now| complete(app, now) },
    Command { name: "prompt.previous", scope: "prompt", doc: "the choice above, or an earlier filter",
        arguments: no_arguments, enabled: always, run: |app, _, now| choose(app, -1, now) },
    Command { name: "prompt.next", scope: "prompt", doc: "the choice below, or a later filter",
        arguments: no_arguments, enabled: always, run: |app, _, now| choose(app, 1, now) },
    Command { name: "prompt.page_up", scope: "picker", doc: "choices, a page up",
        arguments: no_arguments, enabled: always, run: |app, _, now| choose(app, -PAGE, now) },
    Command { name: "prompt.page_down", scope: "picker", doc: "choices, a page down",
        arguments: no_arguments, enabled: always, run: |app, _, now| choose(app, PAGE, now) },
    Command { name: "prompt.first", scope: "picker", doc: "the first choice",
        arguments: no_arguments, enabled: always, run: |app, _, now| choose(app, isize::MIN, now) },
    Command { name: "prompt.last", scope: "picker", doc: "the last choice",
        arguments: no_arguments, enabled: always, run: |app, _, now| choose(app, isize::MAX, now) },
    Command { name: "prompt.toggle", scope: "picker", doc: "choose it as well, or not",
        arguments: no_arguments, enabled: always, run: |app, _, _| toggle(app) },
    Command { name: "prompt.left", scope: "prompt", doc: "one character to the left",
        arguments: no_arguments, enabled: always, run: |app, _, now| edit(app, InputRequest::GoToPrevChar, now) },
    Command { name: "prompt.right", scope: "prompt", doc: "one character to the right",
        arguments: no_arguments, enabled: always, run: |app, _, now| edit(app, InputRequest::GoToNextChar, now) },
    Command { name: "prompt.word_left", scope: "prompt", doc: "one word to the left",
        arguments: no_arguments, enabled: always, run: |app, _, now| edit(app, InputRequest::GoToPrevWord, now) },
    Command { name: "prompt.word_right", scope: "prompt", doc: "one word to the right",
        arguments: no_arguments, enabled: always, run: |app, _, now| edit(app, InputRequest::GoToNextWord, now) },
    Command { name: "prompt.start", scope: "prompt", doc: "to the beginning",
        arguments: no_arguments, enabled: always, run: |app, _, now| edit(app, InputRequest::GoToStart, now) },
    Command { name: "prompt.end", scope: "prompt", doc: "to the end",
        arguments: no_arguments, enabled: always, run: |app, _, now| edit(app, InputRequest::GoToEnd, now) },
    Command { name: "prompt.delete_back", scope: "prompt", doc: "delete the character before the cursor",
        arguments: no_arguments, enabled: always, run: |app, _, now| edit(app, InputRequest::DeletePrevChar, now) },
    Command { name: "prompt.delete", scope: "prompt", doc: "delete the character under the cursor",
        arguments: no_arguments, enabled: always, run: |app, _, now| edit(app, InputRequest::DeleteNextChar, now) },
    Command { name: "prompt.delete_word", scope: "prompt", doc: "delete the word before the cursor",
        arguments: no_arguments, enabled: always, run: |app, _, now| edit(app, InputRequest::DeletePrevWord, now) },
    Command { name: "prompt.clear", scope: "prompt", doc: "delete everything",
        arguments: no_arguments, enabled: always, run: |app, _, now| edit(app, InputRequest::DeleteLine, now) },
    Command { name: "prompt.delete_to_end", scope: "prompt", doc: "delete to the end",
        arguments: no_arguments, enabled: always, run: |app, _, now| edit(app, InputRequest::DeleteTillEnd, now) },
];

fn edit(app: &mut App, request: InputRequest, now: Timestamp) -> Vec<Effect> {
    if let Some(line) = app.ui.modals.last_mut().and_then(Modal::line_mut) {
        line.edit(request);
    }
    filter::typed(app, now)
}

fn accept(app: &mut App, now: Timestamp) -> Vec<Effect> {
    if matches!(app.ui.modals.last(), Some(Modal::Confirm(_))) {
        return act::answer(app, act::Pressed::Enter, now);
    }
    if matches!(app.ui.modals.last(), Some(Modal::Form(_))) {
        return act::form::accept(app, now);
    }
    if matches!(app.ui.modals.last(), Some(Modal::Sheet(_))) {
        return access::sheet::accept(app, now);
    }
    match app.ui.modals.pop() {
        Some(Modal::Filter(line)) if line.fault.is_some() => {
            app.ui.modals.push(Modal::Filter(line));
            Vec::new()
        }
        Some(Modal::Filter(line)) => {
            let lens = app.ui.place().lens;
            app.ui.recall_later(lens, line.line.text());
            // A word that no row can have finds nothing, and looks like nothing being there: it is said beyond the line.
            if let Some(doubt) = &line.doubt {
                app.ui.notices.show(Notice::bad(doubt.message.clone()), now);
            }
            vec![super::list::keep(app)]
        }
        Some(Modal::Search(line)) => {
            if let Some(log) = &mut app.ui.log {
                log.look_for(line.text());
            }
            if line.text().is_empty() {
                return Vec::new();
            }
            super::log::find(app, Direction::Down, now)
        }
        // Nothing was named: whatever stands first, it was not meant.
        Some(Modal::Palette(palette))
            if palette.line.text().trim().is_empty() && palette.chosen == 0 =>
        {
            Vec::new()
        }
        Some(Modal::Palette(palette)) => {
            let choice = palette.choices.get(palette.chosen).map(|choice| choice.command.clone());
            choice.map_or_else(Vec::new, |line| super::run(app, &line, now))
        }
        Some(Modal::Picker(picker)) => take(app, &picker, now),
        // The safe answer stands under this key.
        Some(
            Modal::Help(_)
            | Modal::Arm
            | Modal::Form(_)
            | Modal::Sheet(_)
            | Modal::Confirm(_)
            | Modal::Why(_)
            | Modal::Timeline(_),
        )
        | None => Vec::new(),
    }
}

fn cancel(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let line = match app.ui.modals.pop() {
        Some(Modal::Filter(line)) => line,
        Some(Modal::Form(form)) => return act::form::leave(app, form, now),
        Some(Modal::Confirm(_)) => return vec![Effect::Act(ActRequest::Forget)],
        _ => return Vec::new(),
    };
    let fields = app.ui.place().lens.fields();
    match crate::pane::query::parse(&line.before, fields) {
        Ok(query) => filter::set(app, line.before, query, now),
        Err(_) => Vec::new(),
    }
}

fn complete(app: &mut App, now: Timestamp) -> Vec<Effect> {
    match app.ui.modals.last_mut() {
        Some(Modal::Filter(_)) => filter::take_completion(app, now),
        Some(Modal::Palette(palette)) => {
            if let Some(choice) = palette.choices.get(palette.chosen) {
                palette.line = crate::app::input::Line::new(&choice.command);
            }
            filter::typed(app, now)
        }
        Some(Modal::Form(_)) => act::form::complete(app, now),
        Some(Modal::Sheet(sheet)) => {
            sheet.go(1);
            Vec::new()
        }
        Some(Modal::Confirm(confirm)) => {
            confirm.turn(1);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Up and down: through choices where there are some, else through recalled filters.
fn choose(app: &mut App, step: isize, now: Timestamp) -> Vec<Effect> {
    match app.ui.modals.last_mut() {
        Some(Modal::Filter(_)) => return filter::recall(app, step.saturating_neg(), now),
        Some(Modal::Form(_)) => return act::form::choose(app, step, now),
        Some(Modal::Palette(palette)) => {
            let last = palette.choices.len().saturating_sub(1);
            palette.chosen = palette.chosen.saturating_add_signed(step).min(last);
        }
        Some(Modal::Picker(picker)) => {
            let last = picker.options.len().saturating_sub(1);
            picker.chosen = picker.chosen.saturating_add_signed(step).min(last);
        }
        Some(Modal::Help(help)) => {
            // How many lines there are depends on the screen: it is held to them when it is drawn.
            help.top = help.top.saturating_add_signed(step);
        }
        Some(Modal::Sheet(sheet)) => sheet.go(step.signum()),
        Some(Modal::Timeline(story)) => story.top = story.top.saturating_add_signed(step),
        Some(Modal::Why(reasons)) => reasons.top = reasons.top.saturating_add_signed(step),
        Some(Modal::Confirm(confirm)) if confirm.focus.is_some() && matches!(step, -1 | 1) => {
            confirm.turn(step);
        }
        // Held to what there is when it is drawn.
        Some(Modal::Confirm(confirm)) => confirm.top = confirm.top.saturating_add_signed(step),
        Some(Modal::Search(_) | Modal::Arm) | None => (),
    }
    Vec::new()
}

fn toggle(app: &mut App) -> Vec<Effect> {
    if let Some(Modal::Picker(Picker { subject: Subject::Columns(_), options, chosen, .. })) =
        app.ui.modals.last_mut()
        && let Some(option) = options.get_mut(*chosen)
    {
        option.is_on = !option.is_on;
    }
    Vec::new()
}

/// Takes what a picker was open for.
fn take(app: &mut App, picker: &Picker, now: Timestamp) -> Vec<Effect> {
    let chosen = picker.options.get(picker.chosen).map(|option| option.name.clone());
    match (picker.subject, chosen) {
        (Subject::Sort(_), Some(name)) => super::run(app, &format!("list.sort {name}"), now),
        (Subject::Theme, Some(name)) => super::run(app, &format!("theme {name}"), now),
        (Subject::Columns(lens), _) => {
            let on = picker.options.iter().filter(|option| option.is_on);
            let columns: Vec<&'static str> =
                on.filter_map(|option| column(lens, &option.name)).map(|c| c.name).collect();
            let table = app.ui.table_mut();
            table.columns = (!columns.is_empty()).then_some(columns);
            let mut effects = list::relist(app, now);
            effects.push(super::list::keep(app));
            effects
        }
        (Subject::Sort(_) | Subject::Theme, None) => Vec::new(),
    }
}
