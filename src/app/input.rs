//! Keys: to the line that is typed, or through the keymap to a command.

use tui_input::{Input, InputRequest};

use crate::domain::{Text, Timestamp};
use crate::keymap::{Chord, Resolution, Scope};

use super::command;
use super::place::Focus;
use super::{App, Effect, filter};

/// A line that is typed.
#[derive(Debug, Clone, Default)]
pub struct Line(Input);

impl Line {
    /// A line with some text, the cursor at its end.
    pub fn new(text: &str) -> Line {
        Line(Input::new(text.to_owned()))
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        self.0.value()
    }

    /// The cursor, in characters.
    pub fn cursor(&self) -> usize {
        self.0.cursor()
    }

    /// The cursor, in bytes.
    pub fn byte(&self) -> usize {
        self.text().char_indices().nth(self.cursor()).map_or(self.text().len(), |(at, _)| at)
    }

    /// Does one thing to the line.
    pub fn edit(&mut self, request: InputRequest) {
        self.0.handle(request);
    }

    /// Puts text in at the cursor, with what could act taken out.
    pub fn insert(&mut self, text: &str) {
        for character in Text::new(text).chars() {
            self.0.handle(InputRequest::InsertChar(character));
        }
    }
}

/// Which keys work now: the keymap's scopes, the nearest first.
pub fn scopes(app: &App) -> Vec<Scope> {
    if let Some(modal) = app.ui.modals.last() {
        return vec![modal.scope()];
    }
    let place = app.ui.place();
    let pane = Scope::pane(place.pane.about().name);
    let middle = match place.focus {
        Focus::Table => vec![pane, Scope::LIST],
        Focus::Detail(_) => vec![Scope::DETAIL, pane],
        Focus::Log(_) => vec![Scope::LOG],
    };
    middle.into_iter().chain([Scope::GLOBAL]).collect()
}

/// A key was pressed.
pub(super) fn key(app: &mut App, chord: Chord, now: Timestamp) -> Vec<Effect> {
    if app.ui.pending.is_empty()
        && let Some(character) = chord.typed()
        && let Some(line) = app.ui.modals.last_mut().and_then(|modal| modal.line_mut())
    {
        line.edit(InputRequest::InsertChar(character));
        return filter::typed(app, now);
    }
    app.ui.pending.push(chord);
    let scopes = scopes(app);
    match app.keymap.resolve(&scopes, &app.ui.pending) {
        Resolution::Command(line) => {
            app.ui.pending.clear();
            command::run(app, &line, now)
        }
        Resolution::Pending(_) => Vec::new(),
        Resolution::None => {
            app.ui.pending.clear();
            Vec::new()
        }
    }
}

/// Text was pasted: into the line that is typed, or nowhere.
pub(super) fn paste(app: &mut App, text: &str, now: Timestamp) -> Vec<Effect> {
    let Some(line) = app.ui.modals.last_mut().and_then(|modal| modal.line_mut()) else {
        return Vec::new();
    };
    line.insert(text);
    filter::typed(app, now)
}
