//! The dialog of an act: its targets in full, what will be sent, what confirms it, and what came of it.

use ratatui::layout::{Position, Rect};

use super::ask::{Dialog, answers, key_of};
use super::item::{bar, before, outcome, refused, target};
use crate::app::App;
use crate::app::act::confirm::{Confirm, Enter, Field, FieldKind, Item, Stage};
use crate::app::act::{hindrance, is_unknown};
use crate::domain::{Text, Timestamp};
use crate::pane::block::{Cell, Mark};
use crate::theme::Role;
use crate::view::canvas::{Canvas, advance, short};
use crate::view::status::typed;

/// Columns of the names of the lines that are typed.
const LABEL: usize = 11;

/// Draws the dialog; says where the terminal's cursor belongs, if text is typed.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (app, now): (&App, Timestamp),
    confirm: &Confirm,
) -> Option<Position> {
    let title = title(confirm);
    let (mut dialog, places) = dialog((app, now), confirm, &title);
    if confirm.top < dialog.last(area)
        && let (Some(words), Some(last)) = (unread(app, confirm), dialog.foot.last_mut())
    {
        *last = words;
    }
    let below = dialog.draw(canvas, area);
    if confirm.stage != Stage::Asking {
        return None;
    }
    let mut cursor = None;
    for (number, (field, place)) in confirm.fields.iter().zip(places).enumerate() {
        let mut line = dialog.line_of_foot(below, place);
        advance(&mut line, short(LABEL));
        let (text, byte) = shown(field);
        let has_keys = confirm.focus == Some(number);
        let at = typed(canvas, line, &text, if has_keys { byte } else { 0 });
        if has_keys {
            cursor = Some(at);
        }
    }
    cursor
}

/// How far it can be scrolled on a screen of this size.
pub(super) fn last(area: Rect, (app, now): (&App, Timestamp), confirm: &Confirm) -> usize {
    let title = title(confirm);
    dialog((app, now), confirm, &title).0.last(area)
}

fn title(confirm: &Confirm) -> String {
    match confirm.items.len() {
        1 => confirm.act.name.to_owned(),
        n => {
            let (name, noun) = (confirm.act.name, confirm.act.target.noun());
            match confirm.live().count() {
                live if live == n => format!("{name}: {n} {noun}s"),
                live => format!("{name}: {live} of {n} {noun}s"),
            }
        }
    }
}

/// The targets in the order in which they are told: first those for which something is sent.
fn in_order(confirm: &Confirm) -> impl Iterator<Item = &Item> {
    let is_live = |item: &&Item| {
        if confirm.stage == Stage::Asking { item.stopped().is_none() } else { item.is_sent }
    };
    let live = confirm.items.iter().filter(is_live);
    live.chain(confirm.items.iter().filter(move |item| !is_live(item)))
}

/// The dialog, and the places in its foot of the lines that are typed.
fn dialog<'a>(
    (app, now): (&App, Timestamp),
    confirm: &Confirm,
    title: &'a str,
) -> (Dialog<'a>, Vec<usize>) {
    // Of one target it is told first, so that it stays in sight where there is little room.
    let is_one = confirm.items.len() == 1;
    let mut head = if is_one { Vec::new() } else { about(confirm) };
    let mut parts = Vec::new();
    for item in in_order(confirm) {
        if !is_one {
            head.push(Cell::empty());
        }
        parts.push(head.len());
        head.extend(target(item));
        head.extend(
            item.result
                .as_ref()
                .map_or_else(|| before(item, confirm, now), |result| outcome(confirm.act, result)),
        );
    }
    if is_one {
        head.push(Cell::empty());
        head.extend(about(confirm));
    }
    let (foot, places) = match &confirm.stage {
        Stage::Asking => question(app, confirm),
        Stage::Sent => (sent(app, confirm), Vec::new()),
        Stage::Answered(why) => (answered(app, why.as_deref()), Vec::new()),
    };
    (Dialog { title, head, foot, top: confirm.top, parts }, places)
}

/// What the act does, as whom, and what that needs.
fn about(confirm: &Confirm) -> Vec<Cell> {
    let mut cells = vec![Cell::plain(confirm.act.doc)];
    let mut told: Vec<Text> = Vec::new();
    for item in &confirm.items {
        let name = item.choice.proposal.target.platform();
        if told.contains(&name) {
            continue;
        }
        let line = Cell::dim("as      ");
        let line = match item.identity.as_ref().map(|one| (&one.user, &one.rights)) {
            None => line.and("not told yet", Role::SeverityUnknown),
            Some((Err(why), _)) => line.and(format!("unknown: {why}"), Role::SeverityUnknown),
            Some((Ok(user), rights)) => {
                let rights = rights.as_ref().map_or("rights are not told", |rights| &**rights);
                line.and(user.to_string(), Role::Text).and(format!("  {rights}"), Role::TextDim)
            }
        };
        cells.push(line.and(format!("  on {name}"), Role::TextDim));
        told.push(name);
    }
    cells.push(Cell::dim("needs   ").and(confirm.act.needs, Role::Text));
    cells
}

/// The lines that are typed, what is wrong with them, and the answers; with the places of the lines.
fn question(app: &App, confirm: &Confirm) -> (Vec<Cell>, Vec<usize>) {
    let mut foot = vec![Cell::empty()];
    let mut places = Vec::new();
    if !confirm.variables.is_empty() {
        let given = confirm.variables.iter().map(|one| format!("{}=****", one.name));
        let given = given.collect::<Vec<_>>().join("  ");
        foot.push(Cell::dim(format!("{:LABEL$}", "given")).and(given, Role::Text));
    }
    let asked = confirm.asked();
    for field in &confirm.fields {
        if field.kind == FieldKind::Name
            && let Some(asked) = &asked
            && !confirm.items.iter().any(Item::is_sought)
        {
            let line = Cell::dim("to confirm, type ");
            foot.push(line.and(asked.to_string(), Role::TextStrong));
        }
        places.push(foot.len());
        let label = match field.kind {
            FieldKind::Variable => "KEY=VALUE",
            FieldKind::Setting(name) => name,
            FieldKind::Reason => "reason",
            FieldKind::Name if confirm.items.len() > 1 => "number",
            FieldKind::Name => "name",
        };
        foot.push(Cell::new(format!("{label:LABEL$}"), Role::TextDim));
    }
    foot.push(match (bar(confirm), &confirm.told) {
        (Some(why), _) => refused(why),
        (None, Some(words)) => {
            Cell::mark(Mark::Warning, Role::InputError).and(format!(" {words}"), Role::InputError)
        }
        (None, None) => Cell::empty(),
    });
    foot.push(choices(app, confirm));
    (foot, places)
}

/// What is to be done before several targets can be sent: nobody confirms what never was in sight.
fn unread(app: &App, confirm: &Confirm) -> Option<Cell> {
    let is_ready = confirm.stage == Stage::Asking
        && hindrance(&app.acts, confirm).is_none()
        && confirm.fault().is_none();
    if !is_ready || confirm.items.len() < 2 || confirm.is_read {
        return None;
    }
    let down = key_of(app, "prompt.page_down").unwrap_or_default();
    let words = Cell::new(down, Role::HintKey).and(" to the last target", Role::TextStrong);
    Some(words.and("   before it can be sent", Role::TextDim))
}

/// What the keys do now; the safe answer stands first.
fn choices(app: &App, confirm: &Confirm) -> Cell {
    let key = |line: &str| key_of(app, line).unwrap_or_else(|| format!(":{line}"));
    if let Some(why) = hindrance(&app.acts, confirm) {
        let leave = Cell::new(key("prompt.cancel"), Role::HintKey).and(" leave", Role::TextStrong);
        if !app.acts.is_armed() {
            return leave.and(format!("   {why}"), Role::Danger);
        }
        let words = if confirm.is_pending() || is_unknown(&app.acts, confirm) {
            "   it can be sent once everything was looked at …"
        } else {
            "   nothing of this can be sent as it stands: see what is refused above"
        };
        return leave.and(words, Role::TextDim);
    }
    let Some(_) = confirm.focus else {
        return answers(&key("prompt.cancel"), "cancel", &key("confirm.yes"), "send");
    };
    let enter = key("prompt.accept");
    let one = |words: &str, role| Cell::new(enter.clone(), Role::HintKey).and(words, role);
    let esc = key("prompt.cancel");
    let cell = match confirm.enter() {
        Enter::Cancel => {
            return one(" cancel", Role::TextStrong)
                .and("   until a reason and these words are typed", Role::TextDim);
        }
        Enter::Add => one(" take this variable", Role::TextStrong),
        Enter::Leave => one(" back to the question", Role::TextStrong),
        Enter::Next(_) => one(" next: not everything is right yet", Role::TextStrong),
        Enter::Send => one(" SEND", Role::Danger),
    };
    cell.and("     ", Role::Text).and(esc, Role::HintKey).and(" cancel", Role::Text)
}

fn sent(app: &App, confirm: &Confirm) -> Vec<Cell> {
    let key = key_of(app, "prompt.cancel").unwrap_or_default();
    let wait = Cell::mark(Mark::Running, Role::StatusRunning);
    let words = match confirm.progress() {
        (done, all) if all > 1 => {
            format!(" {done} of {all} have their outcome; each is recorded and sent once …")
        }
        _ => " recorded and sent once; waiting for the answer …".to_owned(),
    };
    vec![
        Cell::empty(),
        wait.and(words, Role::Text),
        Cell::new(key, Role::HintKey).and(" leave: it goes on without this dialog", Role::Text),
    ]
}

fn answered(app: &App, why: Option<&str>) -> Vec<Cell> {
    let key = key_of(app, "prompt.cancel").unwrap_or_default();
    let mut cells = vec![Cell::empty()];
    if let Some(why) = why {
        let line = Cell::mark(Mark::Bad, Role::SeverityBad);
        cells.push(line.and(format!(" nothing was sent: {why}"), Role::SeverityBad));
    }
    cells.push(Cell::new(key, Role::HintKey).and(" leave", Role::Text));
    cells
}

/// What is typed in a line as it may be shown, and where its cursor stands: of a variable the name alone.
fn shown(field: &Field) -> (String, usize) {
    let (text, byte) = (field.line.text(), field.line.byte());
    let (FieldKind::Variable, Some((name, value))) = (field.kind, text.split_once('=')) else {
        return (text.to_owned(), byte);
    };
    let masked = format!("{name}={}", "*".repeat(value.chars().count()));
    let byte = masked.char_indices().nth(field.line.cursor()).map_or(masked.len(), |(at, _)| at);
    (masked, byte)
}
