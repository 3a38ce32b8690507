//! Keys: to the line that is typed, or through the keymap to a command.

use jiff::SignedDuration;
use tui_input::{Input, InputRequest};

use crate::domain::{Text, Timestamp};
use crate::keymap::{Chord, Resolution, Scope};

use super::command::{self, Disabled, palette};
use super::notice::Notice;
use super::place::Focus;
use super::ui::Spent;
use super::{ActRequest, App, Effect, filter};

/// A line that is typed.
#[derive(Debug, Clone, Default)]
pub struct Line {
    input: Input,
    /// Whether the whole text is selected: typing takes its place.
    is_selected: bool,
}

impl Line {
    /// A line with some text, the cursor at its end.
    pub fn new(text: &str) -> Line {
        Line { input: Input::new(text.to_owned()), is_selected: false }
    }

    /// The same, with its text selected: what is typed takes its place, an arrow key goes into it.
    pub fn selected(text: &str) -> Line {
        Line { is_selected: !text.is_empty(), ..Line::new(text) }
    }

    /// Whether the whole text is selected.
    pub fn is_selected(&self) -> bool {
        self.is_selected
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The cursor, in characters.
    pub fn cursor(&self) -> usize {
        self.input.cursor()
    }

    /// The cursor, in bytes.
    pub fn byte(&self) -> usize {
        self.text().char_indices().nth(self.cursor()).map_or(self.text().len(), |(at, _)| at)
    }

    /// Does one thing to the line.
    pub fn edit(&mut self, request: InputRequest) {
        if std::mem::take(&mut self.is_selected) && changes(&request) {
            self.input = Input::default();
            if !matches!(request, InputRequest::InsertChar(_)) {
                return;
            }
        }
        self.input.handle(request);
    }

    /// Puts text in at the cursor, with what could act taken out.
    pub fn insert(&mut self, text: &str) {
        for character in Text::new(text).chars() {
            self.edit(InputRequest::InsertChar(character));
        }
    }
}

/// Whether a request changes the text, not only the place in it.
fn changes(request: &InputRequest) -> bool {
    use InputRequest::{DeleteNextChar, DeletePrevChar, DeletePrevWord, InsertChar};
    matches!(request, InsertChar(_) | DeletePrevChar | DeleteNextChar | DeletePrevWord)
}

/// Which keys work now: the keymap's scopes, the nearest first. The keys of a kind of rows hold in every pane that shows
/// such rows.
pub fn scopes(app: &App) -> Vec<Scope> {
    if let Some(modal) = app.ui.modals.last() {
        return vec![modal.scope()];
    }
    let place = app.ui.place();
    let rows = Scope::rows(place.lens.name());
    let pane = Scope::pane(place.pane.about().name);
    let middle = match place.focus {
        Focus::Table => vec![rows, pane, Scope::LIST],
        Focus::Detail(_) => vec![Scope::DETAIL, rows, pane],
        Focus::Log(_) => vec![Scope::LOG],
    };
    middle.into_iter().chain([Scope::GLOBAL]).collect()
}

/// For how long a key that answered a question does nothing else, if it is pressed again.
const SPENT_FOR: SignedDuration = SignedDuration::from_secs(2);

/// Whether a key is the one that answered a question that is gone: pressed in a row, it was meant for that question.
fn is_spent(app: &mut App, chord: Chord, now: Timestamp) -> bool {
    if !app.ui.modals.is_empty() {
        return false;
    }
    let is_it = app.ui.spent.take().is_some_and(|spent| spent.key == chord && now < spent.until);
    if is_it {
        spend(app, chord, now);
    }
    is_it
}

/// Notes that a key answered a question.
fn spend(app: &mut App, key: Chord, now: Timestamp) {
    app.ui.spent = Some(Spent { key, until: now + SPENT_FOR });
}

/// The question that a key answered is gone now.
pub(super) fn answered(app: &mut App, now: Timestamp) {
    if let Some(Spent { key, .. }) = app.ui.spent.take() {
        spend(app, key, now);
    }
}

fn is_answer(effect: &Effect) -> bool {
    matches!(effect, Effect::Act(ActRequest::Arm | ActRequest::Perform { .. }))
}

/// A key was pressed.
pub(super) fn key(app: &mut App, chord: Chord, now: Timestamp) -> Vec<Effect> {
    if is_spent(app, chord, now) {
        return Vec::new();
    }
    if app.ui.pending.is_empty()
        && let Some(character) = chord.typed()
        && let Some(line) = app.ui.modals.last_mut().and_then(|modal| modal.line_mut())
    {
        line.edit(InputRequest::InsertChar(character));
        return filter::typed(app, now);
    }
    if app.acts.until.is_some() && app.ui.table().is_some() {
        app.ui.table_mut().pin();
    }
    app.ui.pending.push(chord);
    let scopes = scopes(app);
    match app.keymap.resolve(&scopes, &app.ui.pending) {
        Resolution::Command(line) => {
            app.ui.pending.clear();
            let effects = command::run(app, &line, now);
            if effects.iter().any(is_answer) {
                spend(app, chord, now);
            }
            effects
        }
        Resolution::Pending(_) => Vec::new(),
        Resolution::None => {
            let keys = std::mem::take(&mut app.ui.pending);
            if app.ui.modals.is_empty() {
                let words = nothing(app, &keys);
                app.ui.notices.show(Notice::here(words), now);
            }
            Vec::new()
        }
    }
}

/// Why keys do nothing here: for the reason of the command that they stand for elsewhere, or because they stand for none.
fn nothing(app: &App, keys: &[Chord]) -> String {
    let pressed: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let pressed = pressed.join(" ");
    let elsewhere = app.keymap.scopes().filter(|scope| palette::whereabouts(scope).is_some());
    let meant =
        elsewhere.filter_map(|scope| match app.keymap.resolve(std::slice::from_ref(scope), keys) {
            Resolution::Command(line) => Some((scope, line)),
            Resolution::Pending(_) | Resolution::None => None,
        });
    let reasons: Vec<String> = meant
        .filter_map(|(scope, line)| {
            let (command, _) = command::find(&line)?;
            let reason = (command.enabled)(app).err().map(|Disabled(words)| words);
            reason.or_else(|| palette::whereabouts(scope).map(|place| format!("it works {place}")))
        })
        .collect();
    if let Some(reason) = reasons.first() {
        return format!("{pressed} does nothing here: {reason}");
    }
    let help = app.keymap.keys_for("help", &scopes(app));
    let help = help.first().map_or_else(|| ":help".to_owned(), ToString::to_string);
    format!("{pressed} does nothing here; {help} shows every key")
}

/// Text was pasted: into the line that is typed, or nowhere.
pub(super) fn paste(app: &mut App, text: &str, now: Timestamp) -> Vec<Effect> {
    let Some(line) = app.ui.modals.last_mut().and_then(|modal| modal.line_mut()) else {
        return Vec::new();
    };
    line.insert(text);
    filter::typed(app, now)
}
