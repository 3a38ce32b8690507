//! The palette and the help: made from the table of commands and the keymap, so that they cannot be wrong.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Command, Disabled, all};
use crate::app::input::{Line, scopes};
use crate::app::modal::{Choice, Help, Modal, Palette};
use crate::app::{App, Effect};

/// The scopes of commands in the order in which the help lists them, with their titles.
const SECTIONS: [(&str, &str); 6] = [
    ("list", "table"),
    ("detail", "detail"),
    ("log", "job log"),
    ("global", "everywhere"),
    ("prompt", "while typing"),
    ("picker", "while choosing"),
];

/// Opens the palette.
pub(super) fn open(app: &mut App) -> Vec<Effect> {
    let choices = choices(app, "");
    let palette = Palette { line: Line::default(), choices, chosen: 0 };
    app.ui.modals.push(Modal::Palette(palette));
    Vec::new()
}

/// Opens the help.
pub(super) fn open_help(app: &mut App) -> Vec<Effect> {
    let sections = sections(app, "");
    app.ui.modals.push(Modal::Help(Help { line: Line::default(), sections, top: 0 }));
    Vec::new()
}

/// Something was typed in the palette.
pub(in crate::app) fn typed(app: &mut App) {
    let Some(Modal::Palette(mut palette)) = app.ui.modals.pop() else { return };
    palette.choices = choices(app, palette.line.text());
    palette.chosen = 0;
    app.ui.modals.push(Modal::Palette(palette));
}

/// Something was typed in the help.
pub(in crate::app) fn help_typed(app: &mut App) {
    let Some(Modal::Help(mut help)) = app.ui.modals.pop() else { return };
    help.sections = sections(app, help.line.text());
    help.top = 0;
    app.ui.modals.push(Modal::Help(help));
}

/// The command lines that match what is typed, best first. A name that stands there whole is taken with whatever
/// follows it.
fn choices(app: &App, typed: &str) -> Vec<Choice> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern =
        Pattern::new(typed, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let mut buffer = Vec::new();
    let here: Vec<String> = scopes(app);
    let mut scored: Vec<(u32, Choice)> = all()
        .filter(|command| !matches!(command.scope, "prompt" | "picker"))
        .flat_map(|command| lines(app, command).into_iter().map(move |line| (command, line)))
        .filter_map(|(command, line)| {
            let words = format!("{line} {}", command.doc);
            let score = pattern.score(Utf32Str::new(&words, &mut buffer), &mut matcher)?;
            let near = u32::from(here.iter().any(|scope| scope == command.scope));
            let exact = if line == typed.trim() { 1_000_000 } else { 0 };
            Some((score * 2 + near + exact, choice(app, command, line)))
        })
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0));
    scored.into_iter().map(|(_, choice)| choice).collect()
}

/// A command's lines: with each of its arguments, or alone.
fn lines(app: &App, command: &Command) -> Vec<String> {
    let arguments = (command.arguments)(app);
    if arguments.is_empty() {
        return vec![command.name.to_owned()];
    }
    let with = arguments.iter().map(|argument| format!("{} {argument}", command.name));
    let alone = (command.name != "pane" && command.name != "view").then(|| command.name.to_owned());
    alone.into_iter().chain(with).collect()
}

fn choice(app: &App, command: &'static Command, line: String) -> Choice {
    let disabled = (command.enabled)(app).err().map(|Disabled(words)| words);
    Choice { keys: keys(app, &line), command: line, doc: command.doc, disabled }
}

/// The keys of a command line, in any scope.
fn keys(app: &App, line: &str) -> String {
    app.keymap.keys_for(line).join(", ")
}

fn sections(app: &App, typed: &str) -> Vec<(String, Vec<Choice>)> {
    let typed = typed.to_lowercase();
    SECTIONS
        .iter()
        .map(|(scope, title)| {
            let choices = all()
                .filter(|command| command.scope == *scope)
                .flat_map(|command| lines(app, command).into_iter().map(move |line| (command, line)))
                .map(|(command, line)| choice(app, command, line))
                .filter(|choice| {
                    let words = format!("{} {} {}", choice.command, choice.doc, choice.keys);
                    words.to_lowercase().contains(&typed)
                })
                .collect();
            ((*title).to_owned(), choices)
        })
        .filter(|(_, choices): &(String, Vec<Choice>)| !choices.is_empty())
        .collect()
}
