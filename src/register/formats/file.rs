//! [`File`]: where a text was read, and [`Found`]: what it holds.

use crate::domain::exception::{Bound, Home, Standing, Tool};
use crate::domain::{Flaw, FlawSeverity, Native, Text};

/// Lists of exceptions are written by hand: what is larger is refused unread.
pub const MOST_BYTES: usize = 1024 * 1024;

/// A file of a GitLab project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File<'a> {
    /// The project's full path.
    pub project: &'a str,
    /// The file's path within it.
    pub path: &'a str,
    /// The branch or commit that was read.
    pub revision: Option<&'a str>,
    /// The id of its blob.
    pub blob: Option<&'a str>,
}

/// What was found, and what was passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The exceptions, in the order of the file.
    pub natives: Vec<Native>,
    /// What the tool passes over or a person should know, with its place.
    pub warnings: Vec<Flaw>,
}

impl File<'_> {
    /// The text of the file.
    pub(super) fn text<'t>(&self, bytes: &'t [u8]) -> Result<&'t str, Flaw> {
        if bytes.len() > MOST_BYTES {
            let what = format!("the file has {} bytes, and {MOST_BYTES} are read", bytes.len());
            return Err(self.refusal(0, "too-large", &what, "keep lists of exceptions small"));
        }
        std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = number(before.split(|byte| *byte == b'\n').count());
            self.refusal(line, "not-utf8", "the file is no UTF-8 here", "save it as UTF-8")
        })
    }

    /// An exception without an end of its own, to be completed by its form.
    pub(super) fn native(&self, tool: Tool, line: u32, rule: &str) -> Native {
        Native {
            line: (line > 0).then_some(line),
            revision: self.revision.map(Text::new),
            blob: self.blob.map(Text::new),
            ..bare(tool, Home::Project(Text::new(self.project)), self.path, rule)
        }
    }

    /// Why the whole file is not read.
    pub(super) fn refusal(&self, line: u32, code: &'static str, what: &str, cure: &str) -> Flaw {
        flaw(self.path, line, code, (FlawSeverity::Error, what, cure))
    }

    /// What is passed over, or worth knowing, at a line.
    pub(super) fn warning(&self, line: u32, code: &'static str, what: &str, cure: &str) -> Flaw {
        flaw(self.path, line, code, (FlawSeverity::Warning, what, cure))
    }
}

/// An exception of which only tool, place and rule are known.
pub(super) fn bare(tool: Tool, home: Home, path: &str, rule: &str) -> Native {
    Native {
        tool,
        home,
        path: Text::new(path),
        line: None,
        rule: Text::new(rule),
        subjects: Vec::new(),
        bound: Bound::Impossible,
        standing: Standing::Heeded,
        reason: None,
        owner: None,
        revision: None,
        blob: None,
        caveats: Vec::new(),
    }
}

/// A flaw at a line; 0 where no line is known.
pub(super) fn flaw(
    path: &str,
    line: u32,
    code: &'static str,
    (severity, what, cure): (FlawSeverity, &str, &str),
) -> Flaw {
    let (what, cure) = (Text::new(what), Text::new(cure));
    Flaw { code, severity, path: Text::new(path), line, column: 0, what, cure }
}

/// A text that says anything.
pub(super) fn said(words: &str) -> Option<Text> {
    let words = words.trim();
    (!words.is_empty()).then(|| Text::new(words))
}

/// A line number.
pub(super) fn number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
