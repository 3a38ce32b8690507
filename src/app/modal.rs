//! What lies over the screen and has the keys while it does.

use crate::keymap::Scope;
use crate::pane::lens::Lens;
use crate::pane::query::{Completion, Fault};

use super::access::Sheet;
use super::act::confirm::Confirm;
use super::act::form::Form;
use super::input::Line;
use super::timeline::Story;
use super::why::Reasons;

/// Something that lies over the screen.
#[derive(Debug)]
pub enum Modal {
    /// The filter line, being typed.
    Filter(FilterLine),
    /// The search line of a log, being typed.
    Search(Line),
    /// The palette: commands by name.
    Palette(Palette),
    /// Every command with its keys.
    Help(Help),
    /// One of several things to choose, or several of them.
    Picker(Picker),
    /// The question whether to arm.
    Arm,
    /// The form of a new exception.
    Form(Box<Form>),
    /// A few lines about a campaign.
    Sheet(Box<Sheet>),
    /// The dialog of an act.
    Confirm(Box<Confirm>),
    /// Why something waits.
    Why(Box<Reasons>),
    /// What became different.
    Timeline(Box<Story>),
}

impl Modal {
    /// The keymap's name of the keys that work here.
    pub fn scope(&self) -> Scope {
        match self {
            Modal::Filter(_) | Modal::Search(_) | Modal::Form(_) | Modal::Sheet(_) => Scope::PROMPT,
            Modal::Palette(_) => Scope::PALETTE,
            Modal::Help(_) | Modal::Why(_) | Modal::Timeline(_) => Scope::HELP,
            Modal::Picker(_) => Scope::PICKER,
            Modal::Confirm(confirm) if confirm.focus.is_some() => Scope::PROMPT,
            Modal::Arm | Modal::Confirm(_) => Scope::CONFIRM,
        }
    }

    /// The line that takes what is typed, where there is one.
    pub fn line_mut(&mut self) -> Option<&mut Line> {
        match self {
            Modal::Filter(filter) => Some(&mut filter.line),
            Modal::Search(line) => Some(line),
            Modal::Palette(palette) => Some(&mut palette.line),
            Modal::Form(form) => form.line_mut(),
            Modal::Sheet(sheet) => sheet.line_mut(),
            Modal::Confirm(confirm) => confirm.line_mut(),
            Modal::Help(_) | Modal::Picker(_) | Modal::Arm | Modal::Why(_) | Modal::Timeline(_) => {
                None
            }
        }
    }
}

/// The filter line, being typed.
#[derive(Debug)]
pub struct FilterLine {
    /// What is typed.
    pub line: Line,
    /// What is wrong with it.
    pub fault: Option<Fault>,
    /// What is odd about it, though it is in force.
    pub doubt: Option<Fault>,
    /// What may stand at the cursor.
    pub completion: Completion,
    /// Which choice is meant, once one goes through them.
    pub chosen: Option<usize>,
    /// The filter as it was before, for giving up.
    pub before: String,
    /// How far back in the recalled filters we are.
    pub recalled: Option<usize>,
}

/// The palette.
#[derive(Debug)]
pub struct Palette {
    /// What is typed.
    pub line: Line,
    /// The command lines that match, best first.
    pub choices: Vec<Choice>,
    /// Which is meant.
    pub chosen: usize,
}

/// A command line that may be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The command with its argument.
    pub command: String,
    /// What it does.
    pub doc: String,
    /// Its keys.
    pub keys: String,
    /// Why it cannot be run now.
    pub disabled: Option<String>,
}

/// The help: every command, its keys, and why it cannot be run now.
#[derive(Debug)]
pub struct Help {
    /// Lines, by scope.
    pub sections: Vec<(String, Vec<Choice>)>,
    /// Lines scrolled away.
    pub top: usize,
}

/// What a picker is for.
#[derive(Debug, Clone, Copy)]
pub enum Subject {
    /// The column that orders.
    Sort(&'static dyn Lens),
    /// The columns that stand there.
    Columns(&'static dyn Lens),
    /// The theme.
    Theme,
}

/// One of several things to choose, or several of them.
#[derive(Debug)]
pub struct Picker {
    /// What it is for.
    pub subject: Subject,
    /// Its title.
    pub title: &'static str,
    /// The choices.
    pub options: Vec<Pick>,
    /// Which is meant.
    pub chosen: usize,
}

/// A choice of a picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// Its name.
    pub name: String,
    /// A word about it.
    pub doc: String,
    /// Whether it is in force.
    pub is_on: bool,
}
