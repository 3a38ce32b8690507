//! [`Verdict`]: what one check found, and what to do about it.

use std::fmt;

use serde::Serialize;

use crate::cli::advice;
use crate::cli::json::Instant;
use crate::config::Diagnostic;
use crate::domain::{Failure, Text, Timestamp};

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// It works, and somebody should know.
    Warn,
    /// It does not work.
    Fail,
    /// It was not tested: an earlier failure left nothing to find out.
    Skip,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "fail",
            Level::Skip => "skip",
        }
    }
}

/// What one check found. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Verdict {
    /// How it went.
    pub(super) level: Level,
    /// What was checked: `config`, `token`, `group acme`.
    pub(super) about: String,
    /// What was found.
    pub(super) message: String,
    /// What to do next.
    pub(super) hint: Option<String>,
}

impl Verdict {
    /// All is as it should be.
    pub(super) fn ok(about: &str, message: impl fmt::Display) -> Verdict {
        let (about, message) = (clean(about), clean(&message.to_string()));
        Verdict { level: Level::Ok, about, message, hint: None }
    }

    /// It works, and somebody should know.
    pub(super) fn warn(about: &str, message: impl fmt::Display, hint: &str) -> Verdict {
        Verdict { level: Level::Warn, hint: Some(clean(hint)), ..Verdict::ok(about, message) }
    }

    /// It does not work.
    pub(super) fn fail(about: &str, message: impl fmt::Display, hint: &str) -> Verdict {
        Verdict { level: Level::Fail, hint: Some(clean(hint)), ..Verdict::ok(about, message) }
    }

    /// It was not tested, because something else has to be cured before.
    pub(super) fn skip(about: &str, because: &str) -> Verdict {
        Verdict { level: Level::Skip, ..Verdict::ok(about, format!("skipped because {because}")) }
    }

    /// It does not work, as a feed says.
    pub(super) fn of_failure(
        level: Level,
        about: &str,
        failure: &Failure,
        now: Timestamp,
    ) -> Verdict {
        let hint = advice::of_failure(failure, now);
        Verdict { level, ..Verdict::fail(about, &failure.message, &hint) }
    }

    /// A fault in something that a person wrote, with its place.
    pub(super) fn of_diagnostic(level: Level, about: &str, fault: &Diagnostic) -> Verdict {
        let place = match fault.line {
            0 => fault.file.clone(),
            line => format!("{}:{line}:{}", fault.file, fault.column),
        };
        let hint = fault.hint.as_deref().map(clean);
        Verdict { level, hint, ..Verdict::ok(about, format!("{place}: {}", fault.message)) }
    }
}

/// One line that moves no terminal.
fn clean(words: &str) -> String {
    Text::new(words).to_string()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<4}  {}: {}", self.level.as_str(), self.about, self.message)?;
        match &self.hint {
            Some(hint) => writeln!(f, "        hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// How all of them went, one line.
pub(super) fn summary(verdicts: &[Verdict]) -> String {
    let count = |level| verdicts.iter().filter(|verdict| verdict.level == level).count();
    let (ok, warn, fail) = (count(Level::Ok), count(Level::Warn), count(Level::Fail));
    let told = format!("{ok} ok, {warn} to know, {fail} failed");
    match count(Level::Skip) {
        0 => told,
        skip => format!("{told}, {skip} skipped"),
    }
}

/// All of them, for scripts.
#[derive(Debug, Serialize)]
pub(super) struct Sheet<'a> {
    schema: &'static str,
    kind: &'static str,
    at: Instant,
    ok: bool,
    items: &'a [Verdict],
}

impl<'a> Sheet<'a> {
    /// What was found at a moment.
    pub(super) fn new(verdicts: &'a [Verdict], at: Timestamp) -> Sheet<'a> {
        let ok = verdicts.iter().all(|verdict| verdict.level != Level::Fail);
        Sheet { schema: "watchfloor/v1", kind: "checks", at: Instant(at), ok, items: verdicts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_has_its_cure_below_it() {
        let verdict = Verdict::fail("token", "it has expired", "rotate it");
        assert_eq!(verdict.to_string(), "fail  token: it has expired\n        hint: rotate it\n");
        assert_eq!(Verdict::ok("config", "c.toml").to_string(), "ok    config: c.toml\n");
    }

    #[test]
    fn a_verdict_moves_no_terminal() {
        let verdict = Verdict::warn("a\x1b[2J", "b\nc", "d\u{202e}");
        let shown = "warn  a\u{fffd}[2J: b c\n        hint: d\u{fffd}\n";
        assert_eq!(verdict.to_string(), shown);
    }

    #[test]
    fn scripts_learn_whether_anything_failed() {
        let at = Timestamp::UNIX_EPOCH;
        let fine = [Verdict::ok("a", "b"), Verdict::warn("a", "b", "c")];
        let sheet = serde_json::json!(Sheet::new(&fine, at));
        assert_eq!((&sheet["ok"], &sheet["items"][1]["level"]), (&true.into(), &"warn".into()));
        let failed = [Verdict::fail("a", "b", "c")];
        assert_eq!(serde_json::json!(Sheet::new(&failed, at))["ok"], false);
        assert_eq!(summary(&fine), "1 ok, 1 to know, 0 failed");
    }

    #[test]
    fn what_was_skipped_says_why_and_is_no_failure() {
        let skipped = [Verdict::skip("gitlab", "gitlab.token cannot be read")];
        assert_eq!(
            skipped.first().map(ToString::to_string),
            Some("skip  gitlab: skipped because gitlab.token cannot be read\n".to_owned())
        );
        assert_eq!(summary(&skipped), "0 ok, 0 to know, 0 failed, 1 skipped");
        let sheet = serde_json::json!(Sheet::new(&skipped, Timestamp::UNIX_EPOCH));
        assert_eq!((&sheet["ok"], &sheet["items"][0]["level"]), (&true.into(), &"skip".into()));
    }
}
