//! [`Exit`]: how a command ended; and [`Problem`]: an end that has something to say.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use crate::config::{Diagnostic, LoadError};
use crate::domain::Text;
use crate::gate::Decision;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done: 0.
    Done,
    /// Something was found, a check failed, or the output could not be written: 1.
    Findings,
    /// The command line or the configuration is wrong: 2.
    Usage,
    /// A platform that is needed cannot be reached: 3.
    Unreachable,
    /// A person or a signal ended it: 130.
    Interrupted,
    /// The gate's verdict: 0 allow, 10 warn, 20 deny, 30 unknown.
    Verdict(Decision),
}

impl Exit {
    /// The code that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Unreachable => 3,
            Exit::Interrupted => 130,
            Exit::Verdict(Decision::Allow) => 0,
            Exit::Verdict(Decision::Warn) => 10,
            Exit::Verdict(Decision::Deny) => 20,
            Exit::Verdict(Decision::Unknown) => 30,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// Why a command could not do what it should, in the words that a person reads. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The exit code.
    pub exit: Exit,
    /// What is printed on standard error: `error: …`, `  hint: …`, with their line ends. Nothing for a quiet end.
    pub text: String,
}

impl Problem {
    /// A problem of two lines: what went wrong, and what to do next.
    pub fn new(exit: Exit, message: impl Display, hint: impl Display) -> Problem {
        let line = |words: String| Text::new(&words);
        let (message, hint) = (line(message.to_string()), line(hint.to_string()));
        Problem { exit, text: format!("error: {message}\n  hint: {hint}\n") }
    }

    /// A wrong word on the command line.
    pub fn usage(message: impl Display, hint: impl Display) -> Problem {
        Problem::new(Exit::Usage, message, hint)
    }

    /// A fault in something that was typed, with its place.
    pub fn of_diagnostic(diagnostic: &Diagnostic) -> Problem {
        Problem { exit: Exit::Usage, text: diagnostic.to_string() }
    }
}

impl From<io::Error> for Problem {
    /// Writing failed. Nobody reads a closed pipe: that ends quietly.
    fn from(error: io::Error) -> Problem {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Problem { exit: Exit::Done, text: String::new() };
        }
        let text = format!("error: the output cannot be written: {error}\n");
        Problem { exit: Exit::Findings, text }
    }
}

impl From<LoadError> for Problem {
    fn from(error: LoadError) -> Problem {
        let text = match error {
            LoadError::NoConfig(path) => super::page::no_config(&path),
            LoadError::NoHome => format!("error: {error}\n"),
            LoadError::Faults(faults) => faults.to_string(),
        };
        Problem { exit: Exit::Usage, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_scripts_know() {
        let all = [Exit::Done, Exit::Findings, Exit::Usage, Exit::Unreachable, Exit::Interrupted];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 130]);
    }

    #[test]
    fn a_verdict_has_a_code_of_its_own() {
        let all = [Decision::Allow, Decision::Warn, Decision::Deny, Decision::Unknown];
        assert_eq!(all.map(|decision| Exit::Verdict(decision).code()), [0, 10, 20, 30]);
    }

    #[test]
    fn a_closed_pipe_ends_quietly() {
        let problem = Problem::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(problem, Problem { exit: Exit::Done, text: String::new() });
    }

    #[test]
    fn a_full_disk_is_told() {
        let problem = Problem::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(problem.exit, Exit::Findings);
        assert!(problem.text.starts_with("error: the output cannot be written"), "{problem:?}");
        assert_eq!(problem.text.lines().count(), 1);
    }

    #[test]
    fn a_problem_has_a_hint_on_its_own_line_and_moves_no_terminal() {
        let problem = Problem::usage("bad\x1b[2J", "do\nthat");
        assert_eq!(problem.text, "error: bad\u{fffd}[2J\n  hint: do that\n");
    }
}
