//! [`Command`]: one row per thing that a person can ask for. A key is bound to a line such as `pane pipelines`.

mod act;
mod detail;
mod join;
mod list;
mod log;
mod navigate;
pub(super) mod palette;
mod program;
mod prompt;
mod reading;
mod review;
mod why;

use crate::domain::Timestamp;

pub(super) use navigate::{chosen, target};
pub(super) use reading::{reading, renew};

use super::notice::Notice;
use super::{App, Effect};

/// Why a command cannot be run now: the sentence to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disabled(pub String);

impl Disabled {
    /// With these words.
    pub fn because<T>(words: impl Into<String>) -> Result<T, Disabled> {
        Err(Disabled(words.into()))
    }
}

/// Something that a person can ask for.
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// What it does, one line.
    pub doc: &'static str,
    /// Where it makes sense: the keymap's scope.
    pub scope: &'static str,
    /// Words that may stand behind its name.
    pub arguments: fn(&App) -> Vec<String>,
    /// Whether it can be run now.
    pub enabled: fn(&App) -> Result<(), Disabled>,
    /// Runs it with what stands behind its name.
    pub run: fn(&mut App, &str, Timestamp) -> Vec<Effect>,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every command, by subject.
pub fn all() -> impl Iterator<Item = &'static Command> {
    [
        program::ALL,
        act::ALL,
        review::ALL,
        navigate::ALL,
        join::ALL,
        why::ALL,
        list::ALL,
        detail::ALL,
        log::ALL,
        prompt::ALL,
    ]
    .into_iter()
    .flatten()
}

/// The names of all commands.
pub fn names() -> Vec<&'static str> {
    all().map(|command| command.name).collect()
}

/// The command of a line, and what stands behind its name.
pub fn find(line: &str) -> Option<(&'static Command, &str)> {
    let line = line.trim();
    let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
    all().find(|command| command.name == name).map(|command| (command, argument.trim()))
}

/// Runs a command line. One that is unknown or cannot be run now says why.
pub fn run(app: &mut App, line: &str, now: Timestamp) -> Vec<Effect> {
    let Some((command, argument)) = find(line) else {
        app.ui.notices.show(Notice::bad(format!("no command is named `{line}`")), now);
        return Vec::new();
    };
    match (command.enabled)(app) {
        Ok(()) => (command.run)(app, argument, now),
        Err(Disabled(words)) => {
            app.ui.notices.show(Notice::here(words), now);
            Vec::new()
        }
    }
}

/// No words may stand behind the name.
fn no_arguments(_: &App) -> Vec<String> {
    Vec::new()
}

/// It can always be run.
#[expect(clippy::unnecessary_wraps, reason = "the signature of all such checks")]
fn always(_: &App) -> Result<(), Disabled> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_command_has_its_own_name() {
        let names = names();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn a_line_is_a_name_and_an_argument() {
        let (command, argument) = find("pane sources").unwrap();
        assert_eq!((command.name, argument), ("pane", "sources"));
    }
}
