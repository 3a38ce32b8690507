//! The palette and the help: made from the table of commands and the keymap, so that they cannot be wrong.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Command, Disabled, all};
use crate::app::input::{Line, scopes};
use crate::app::modal::{Choice, Help, Modal, Palette};
use crate::app::{App, Effect};
use crate::keymap::Scope;

/// The scopes of commands in the order in which the help lists them, with their titles.
const SECTIONS: [(&str, &str); 6] = [
    ("list", "table"),
    ("detail", "detail"),
    ("log", "job log"),
    ("global", "everywhere"),
    ("prompt", "while typing"),
    ("picker", "while choosing"),
];

/// What a match in a command's name counts above one in its explanation.
const NAME: u32 = 100_000;

/// Opens the palette.
pub(super) fn open(app: &mut App) -> Vec<Effect> {
    let choices = choices(app, "");
    let palette = Palette { line: Line::default(), choices, chosen: 0 };
    app.ui.modals.push(Modal::Palette(palette));
    Vec::new()
}

/// Opens the help.
pub(super) fn open_help(app: &mut App) -> Vec<Effect> {
    let sections = sections(app);
    app.ui.modals.push(Modal::Help(Help { sections, top: 0 }));
    Vec::new()
}

/// Something was typed in the palette.
pub(in crate::app) fn typed(app: &mut App) {
    let Some(Modal::Palette(mut palette)) = app.ui.modals.pop() else { return };
    palette.choices = choices(app, palette.line.text());
    palette.chosen = 0;
    app.ui.modals.push(Modal::Palette(palette));
}

/// The command lines that match what is typed, best first. A name that stands there whole is taken with whatever
/// follows it.
fn choices(app: &App, typed: &str) -> Vec<Choice> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::new(typed, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let mut buffer = Vec::new();
    let here = scopes(app);
    let mut scored: Vec<(u32, Choice)> = all()
        .filter(|command| !matches!(command.scope, "prompt" | "picker"))
        .flat_map(|command| lines(app, command).into_iter().map(move |line| (command, line)))
        .filter_map(|(command, line)| {
            let by_name = pattern.score(Utf32Str::new(&line, &mut buffer), &mut matcher);
            let by_doc = pattern.score(Utf32Str::new(command.doc, &mut buffer), &mut matcher);
            // A name that matches stands above any explanation that does.
            let score = by_name.map(|score| score + NAME).or(by_doc)?;
            let near = u32::from(here.iter().any(|scope| scope.name() == command.scope));
            let exact = if line == typed.trim() { 1_000_000 } else { 0 };
            Some((score * 2 + near + exact, choice(app, command, line)))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
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
    Choice { keys: keys(app, command, &line), command: line, doc: command.doc, disabled }
}

/// The keys of a command line where the command makes sense.
fn keys(app: &App, command: &Command, line: &str) -> String {
    let own = app.keymap.scopes().filter(|scope| scope.name() == command.scope);
    let panes = app.keymap.scopes().filter(|scope| scope.is_pane());
    let scopes: Vec<Scope> = panes.chain(own).cloned().chain([Scope::GLOBAL]).collect();
    let mut keys: Vec<String> = Vec::new();
    for key in app.keymap.keys_for(line, &scopes) {
        let key = key.to_string();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys.join(", ")
}

fn sections(app: &App) -> Vec<(String, Vec<Choice>)> {
    SECTIONS
        .iter()
        .map(|(scope, title)| {
            let choices = all()
                .filter(|command| command.scope == *scope)
                .flat_map(|command| {
                    lines(app, command).into_iter().map(move |line| choice(app, command, line))
                })
                .filter(|choice| !choice.command.contains(' ') || !choice.keys.is_empty())
                .collect();
            ((*title).to_owned(), choices)
        })
        .collect()
}
