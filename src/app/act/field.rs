//! [`Field`]: a line of the dialog of an act, and what is typed in it.

use std::fmt;

use crate::app::input::Line;
use crate::domain::{Text, Variable};

/// What a line of the dialog is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A variable for a job that is played, as `KEY=VALUE`.
    Variable,
    /// Something to choose, by its name.
    Setting(&'static str),
    /// Why.
    Reason,
    /// The name that confirms it; in bulk the number.
    Name,
}

/// A line of the dialog.
pub struct Field {
    /// What it is for.
    pub kind: FieldKind,
    /// What is typed.
    pub line: Line,
}

impl fmt::Debug for Field {
    /// Without what is typed: it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

/// The one `'static` name of a setting; names of acts are written once, in their table.
pub(super) fn name_of(name: &str) -> &'static str {
    let settings = crate::domain::ACTS.iter().flat_map(|act| act.settings);
    settings.copied().find(|known| *known == name).unwrap_or("")
}

/// Reads `KEY=VALUE`. What is wrong never says the value.
pub(super) fn variable(text: &str) -> Result<Variable, String> {
    let Some((name, value)) = text.trim().split_once('=') else {
        return Err("a variable is written KEY=VALUE".to_owned());
    };
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = !name.is_empty() && name.chars().all(is_letter);
    if !is_name || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("the name of a variable has letters, digits and _ alone".to_owned());
    }
    Ok(Variable { name: Text::new(name), value: value.to_owned().into() })
}
