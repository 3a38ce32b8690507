//! The dialog of an act: its targets in full, what will be sent, what confirms it, and what came of it.

use ratatui::layout::{Position, Rect};

use super::ask::{Dialog, answers, key_of};
use crate::app::App;
use crate::app::act::confirm::{Confirm, Enter, Field, FieldKind, Item, Sends, Stage};
use crate::app::act::{Performed, hindrance, is_unknown};
use crate::domain::{Act, Ending, Outcome, Text, act_advice};
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
    app: &App,
    confirm: &Confirm,
) -> Option<Position> {
    let title = title(confirm);
    let (dialog, places) = dialog(app, confirm, &title);
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
pub(super) fn last(area: Rect, app: &App, confirm: &Confirm) -> usize {
    let title = title(confirm);
    dialog(app, confirm, &title).0.last(area)
}

fn title(confirm: &Confirm) -> String {
    match confirm.items.len() {
        1 => confirm.act.name.to_owned(),
        n => format!("{}: {n} {}s", confirm.act.name, confirm.act.target.noun()),
    }
}

/// The dialog, and the places in its foot of the lines that are typed.
fn dialog<'a>(app: &App, confirm: &Confirm, title: &'a str) -> (Dialog<'a>, Vec<usize>) {
    // Of one target it is told first, so that it stays in sight where there is little room.
    let is_one = confirm.items.len() == 1;
    let mut head = if is_one { Vec::new() } else { about(confirm) };
    let mut parts = Vec::new();
    for item in &confirm.items {
        if !is_one {
            head.push(Cell::empty());
        }
        parts.push(head.len());
        head.extend(target(item));
        head.extend(
            item.result
                .as_ref()
                .map_or_else(|| before(item, confirm), |result| outcome(confirm.act, result)),
        );
    }
    if is_one {
        head.push(Cell::empty());
        head.extend(about(confirm));
    }
    let (foot, places) = match &confirm.stage {
        Stage::Asking => question(app, confirm),
        Stage::Sent => (sent(app), Vec::new()),
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

/// A target in full, as it was when the dialog opened.
fn target(item: &Item) -> Vec<Cell> {
    let choice = &item.choice;
    let mut cell = Cell::new(choice.proposal.target.to_string(), Role::TextStrong);
    for words in [&choice.name, &choice.state].into_iter().filter(|words| !words.is_empty()) {
        cell = cell.and(format!("   {words}"), Role::Text);
    }
    let role = if choice.proposal.protected { Role::TierProtected } else { Role::TierName };
    cell = match (&choice.tier, choice.proposal.protected) {
        (Some(tier), true) if &**tier != "protected" => {
            cell.and(format!("   tier {tier}, protected"), role)
        }
        (Some(tier), _) => cell.and(format!("   tier {tier}"), role),
        (None, true) => cell.and("   no known tier: counts as protected", role),
        (None, false) => cell,
    };
    let mut cells = vec![cell];
    if choice.is_hidden {
        let mark = Cell::dim("  ").and_mark(Mark::Warning, Role::SeverityWarning);
        cells.push(mark.and(" hidden by the filter", Role::SeverityWarning));
    }
    cells
}

/// What would be sent, and what the platform has of the target now.
fn before(item: &Item, confirm: &Confirm) -> Vec<Cell> {
    if item.is_sought() {
        return sought(item, confirm).into_iter().collect();
    }
    let mut cells = now(item);
    let sends = Cell::dim("  sends ");
    cells.extend(match &item.sends {
        Sends::Asked => vec![sends.and("…", Role::TextDim)],
        Sends::Nothing => {
            vec![sends.and("nothing: no configured platform can do this", Role::SeverityBad)]
        }
        // The address stands on lines of its own: it is as long as it likes.
        Sends::Request(wire) => vec![
            sends.and(wire.method.to_string(), Role::TextStrong),
            Cell::new(wire.url.to_string(), Role::Link),
        ],
    });
    cells.extend(against(item, confirm));
    cells
}

/// What the platform has of the target now.
fn now(item: &Item) -> Vec<Cell> {
    let mut cells = Vec::new();
    let now = Cell::dim("  now   ");
    match &item.seen {
        None => cells.push(now.and("looking …", Role::TextDim)),
        Some(Err(why)) => {
            cells.push(now.and(format!("cannot be looked at: {why}"), Role::SeverityBad));
        }
        Some(Ok(seen)) => {
            cells.push(now.and(format!("{} is {}", seen.name, seen.state), Role::Text));
            if let Some(newer) = seen.successor {
                let words = format!("job {newer} took its place already");
                cells.push(Cell::dim("        ").and(words, Role::SeverityWarning));
            }
            // Who we are is told above, with the token's scopes.
            let rights = item.identity.as_ref().and_then(|one| one.rights.as_deref());
            let is_said = |(name, value): &&(Text, Text)| {
                rights.is_some_and(|rights| rights.contains(&format!("{name} {value}")))
            };
            let facts = seen.facts.iter().filter(|fact| !is_said(fact));
            cells.extend(facts.map(|(name, value)| {
                Cell::dim("        ")
                    .and(format!("{name} "), Role::FactName)
                    .and(value.to_string(), Role::FactValue)
            }));
        }
    }
    cells
}

/// That the deployment of a job is looked for, or that there is none.
fn sought(item: &Item, confirm: &Confirm) -> Option<Cell> {
    match (&item.objection, &item.seen) {
        (Some(_), _) if bar(confirm).is_some() => None,
        (Some(why), _) => Some(refused(why)),
        (None, Some(Err(why))) => {
            let line = Cell::dim("  now   ");
            Some(line.and(format!("cannot be looked at: {why}"), Role::SeverityBad))
        }
        (None, _) => Some(Cell::dim("  now   looking for its deployment …")),
    }
}

/// Why the one target of a dialog would be refused, whatever is typed to confirm it: told beside what is typed, where it
/// is always in sight.
fn bar(confirm: &Confirm) -> Option<&Text> {
    let [item] = confirm.items.as_slice() else { return None };
    item.objection.as_ref().filter(|_| confirm.stage == Stage::Asking)
}

/// What stands against an act, as far as what was seen tells: why it would be refused, then what else forbids it.
fn against(item: &Item, confirm: &Confirm) -> Vec<Cell> {
    let here = item.objection.iter().filter(|_| bar(confirm).is_none());
    let mut cells: Vec<Cell> = here.map(|why| refused(why)).collect();
    if item.objection.is_none() && item.is_another() {
        cells.push(refused("this is another object than the one that was meant"));
    }
    let seen = item.seen.as_ref().and_then(|seen| seen.as_ref().ok());
    let bars = seen.map_or(&[][..], |seen| &seen.bars).iter();
    let others = bars.filter(|bar| Some(*bar) != item.objection.as_ref());
    cells.extend(others.map(|bar| refused(bar)));
    cells
}

fn refused(why: &str) -> Cell {
    let mark = Cell::dim("  ").and_mark(Mark::Bad, Role::SeverityBad);
    mark.and(format!(" not sent: {why}"), Role::SeverityBad)
}

/// What came of an act: the outcome, the platform's words, what to do next.
fn outcome(act: &Act, result: &Performed) -> Vec<Cell> {
    let line = Cell::dim("  ");
    let report = match result {
        Ok(report) => report,
        Err(why) => {
            let line = line.and_mark(Mark::Bad, Role::SeverityBad);
            return vec![line.and(format!(" not sent: {why}"), Role::SeverityBad)];
        }
    };
    let (mark, role) = match report.outcome.ending {
        Ending::Done => (Mark::Fine, Role::SeverityOk),
        Ending::Failed => (Mark::Bad, Role::SeverityBad),
        Ending::Unknown => (Mark::Unknown, Role::SeverityUnknown),
    };
    let status = report.outcome.status.map_or_else(String::new, |status| format!(" ({status})"));
    let words = report.outcome.message.as_ref().map_or_else(String::new, |m| format!(": {m}"));
    let line = line.and_mark(mark, role);
    let record = format!("   record {}", report.seq);
    let mut cells = vec![
        line.and(format!(" {}{status}{words}", report.outcome.ending), role)
            .and(record, Role::TextDim),
    ];
    if let Some(hint) = hint(act, &report.outcome) {
        cells.push(Cell::dim("    ").and(hint.to_string(), Role::Text));
    }
    if let Some(seen) = &report.after {
        let newer =
            seen.successor.map_or_else(String::new, |job| format!("; the new job is {job}"));
        let words = format!("looked again: {} is {}{newer}", seen.name, seen.state);
        cells.push(Cell::dim("    ").and(words, Role::TextDim));
    }
    if let Some(why) = &report.unrecorded {
        let words = format!("the outcome could not be recorded, the entry stays open: {why}");
        cells.push(Cell::dim("    ").and(words, Role::Danger));
    }
    cells
}

/// What to do about an outcome that is not the one that was wanted.
fn hint(act: &Act, outcome: &Outcome) -> Option<Text> {
    if outcome.ending == Ending::Unknown {
        let words = "nothing is sent again by itself: see how it stands before you ask again";
        return Some(Text::new(words));
    }
    act_advice(act, outcome)
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
            "   nothing of this can be sent now"
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

fn sent(app: &App) -> Vec<Cell> {
    let key = key_of(app, "prompt.cancel").unwrap_or_default();
    let wait = Cell::mark(Mark::Running, Role::StatusRunning);
    vec![
        Cell::empty(),
        wait.and(" recorded and sent once; waiting for the answer …", Role::Text),
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
