//! The palette and the help: made from the table of commands and the keymap, so that they cannot be wrong.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Command, Disabled, all};
use crate::app::input::{Line, scopes};
use crate::app::modal::{Choice, Help, Modal, Palette};
use crate::app::{App, Effect};
use crate::keymap::{Scope, Sequence};
use crate::pane;

/// The scopes of commands in the order in which the help lists them, with their titles.
const SECTIONS: [(&str, &str); 7] = [
    ("list", "table"),
    ("detail", "detail"),
    ("log", "job log"),
    ("global", "everywhere"),
    ("prompt", "while typing, and only then"),
    ("picker", "while choosing, and only then"),
    ("confirm", "while an act asks, and only then"),
];

/// Commands behind whose name stand words of one's own.
const OWN_WORDS: [&str; 2] = ["at", "handover"];

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
        .filter(|command| !matches!(command.scope, "prompt" | "picker" | "confirm"))
        .flat_map(|command| lines(app, command).into_iter().map(move |line| (command, line)))
        .filter_map(|(command, line)| {
            let by_name = pattern.score(Utf32Str::new(&line, &mut buffer), &mut matcher);
            let doc = doc(app, command, &line);
            let by_doc = pattern.score(Utf32Str::new(&doc, &mut buffer), &mut matcher);
            // A name that matches stands above any explanation that does.
            let score = by_name.map(|score| score + NAME).or(by_doc)?;
            let near = u32::from(here.iter().any(|scope| scope.name() == command.scope));
            let exact = if line == typed.trim() { 1_000_000 } else { 0 };
            Some((score * 2 + near + exact, choice(app, command, line)))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let typed = own_words(app, typed);
    typed.into_iter().chain(scored.into_iter().map(|(_, choice)| choice)).collect()
}

/// What is typed, where it is a command that takes words of one's own, with such words.
fn own_words(app: &App, typed: &str) -> Option<Choice> {
    let (command, argument) = super::find(typed)?;
    let is_own = OWN_WORDS.contains(&command.name) && !argument.is_empty();
    is_own.then(|| choice(app, command, typed.trim().to_owned()))
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
    let doc = doc(app, command, &line);
    Choice { keys: keys(app, command, &line), command: line, doc, disabled }
}

/// What a command line does: with its argument, where it has one.
fn doc(app: &App, command: &Command, line: &str) -> String {
    let argument = line.split_once(' ').map(|(_, argument)| argument);
    let place = app.ui.place();
    let told = argument.and_then(|name| match command.name {
        "theme" => Some(format!("use the theme {name}")),
        "pane" => pane::find(name).map(|pane| pane.about().doc.to_owned()),
        "view" => {
            let lens = place.pane.about().lenses.iter().find(|lens| lens.name() == name)?;
            Some(format!("show the {} of this pane", lens.noun().1))
        }
        "list.sort" => {
            pane::lens::column(place.lens, name).map(|column| format!("order by {}", column.doc))
        }
        _ => None,
    });
    told.unwrap_or_else(|| command.doc.to_owned())
}

/// Where the keys of a scope work, in words; nothing for what lies over the panes.
pub(in crate::app) fn whereabouts(scope: &Scope) -> Option<String> {
    let named = |kind: &str| scope.name().strip_prefix(kind).map(str::to_owned);
    match scope.name() {
        "list" => Some("in a table".to_owned()),
        "detail" => Some("where a detail fills the screen".to_owned()),
        "log" => Some("in a job's log".to_owned()),
        "global" => Some("everywhere".to_owned()),
        _ => named("rows.")
            .map(|rows| format!("on rows of {rows}"))
            .or_else(|| named("pane.").map(|pane| format!("in the pane {pane}"))),
    }
}

/// The keys that reach a command line here; where none does, those that reach it where the command makes sense.
fn keys(app: &App, command: &Command, line: &str) -> String {
    let here = named(app.keymap.keys_for(line, &scopes(app)));
    if here.is_empty() { elsewhere(app, command, line) } else { here }
}

fn elsewhere(app: &App, command: &Command, line: &str) -> String {
    let own = app.keymap.scopes().filter(|scope| scope.name() == command.scope);
    let named_scopes = app.keymap.scopes().filter(|scope| scope.is_pane() || scope.is_rows());
    let scopes: Vec<Scope> = named_scopes.chain(own).cloned().chain([Scope::GLOBAL]).collect();
    named(app.keymap.keys_for(line, &scopes))
}

fn named(found: Vec<&Sequence>) -> String {
    let mut keys: Vec<String> = Vec::new();
    for key in found {
        let key = key.to_string();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys.join(", ")
}

/// A command as the help tells it: one whose keys do not reach it here says where they do.
fn in_help(app: &App, command: &Command, choice: Choice) -> Choice {
    let is_over = matches!(command.scope, "prompt" | "picker" | "confirm");
    let is_near = !app.keymap.keys_for(&choice.command, &scopes(app)).is_empty();
    if is_over || is_near || choice.keys.is_empty() || choice.disabled.is_some() {
        return choice;
    }
    let scope = app.keymap.scopes().find(|scope| scope.name() == command.scope);
    let place = scope.and_then(whereabouts).map(|place| format!("its keys work {place}"));
    Choice { disabled: place, ..choice }
}

fn sections(app: &App) -> Vec<(String, Vec<Choice>)> {
    SECTIONS
        .iter()
        .map(|(scope, title)| {
            let choices = all()
                .filter(|command| command.scope == *scope)
                .flat_map(|command| {
                    let lines = lines(app, command).into_iter();
                    lines.map(move |line| in_help(app, command, choice(app, command, line)))
                })
                .filter(|choice| !choice.command.contains(' ') || !choice.keys.is_empty())
                .collect();
            ((*title).to_owned(), choices)
        })
        .collect()
}
