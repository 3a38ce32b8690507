//! Short messages that expire.

use crate::domain::Timestamp;

/// How long a notice stands, seconds.
const SECONDS: i64 = 6;

/// How grave a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Good,
    /// Something could not be done.
    Bad,
    /// Something does not work at this place: said of the row under the cursor, gone with it.
    Here,
}

/// A short message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How grave.
    pub tone: Tone,
    /// The words: ours, or cleaned.
    pub words: String,
    /// Whether it stands until it is dismissed, or another takes its place.
    pub stays: bool,
}

impl Notice {
    /// Something was done.
    pub fn good(words: impl Into<String>) -> Notice {
        Notice { tone: Tone::Good, words: words.into(), stays: false }
    }

    /// Something could not be done.
    pub fn bad(words: impl Into<String>) -> Notice {
        Notice { tone: Tone::Bad, words: words.into(), stays: false }
    }

    /// The same, until somebody dismisses it.
    #[must_use]
    pub fn staying(self) -> Notice {
        Notice { stays: true, ..self }
    }

    /// Something does not work at this place.
    pub fn here(words: impl Into<String>) -> Notice {
        Notice { tone: Tone::Here, words: words.into(), stays: false }
    }
}

/// The notice on screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notices(Option<(Notice, Timestamp)>);

impl Notices {
    /// Shows a notice in place of the last.
    pub fn show(&mut self, notice: Notice, now: Timestamp) {
        self.0 = Some((notice, now));
    }

    /// Takes it away.
    pub fn dismiss(&mut self) {
        self.0 = None;
    }

    /// Takes away what was said of a place that was left.
    pub fn leave(&mut self) {
        self.0.take_if(|(notice, _)| notice.tone == Tone::Here);
    }

    /// The notice that still stands at `now`.
    pub fn current(&self, now: Timestamp) -> Option<&Notice> {
        self.0
            .as_ref()
            .filter(|(one, at)| {
                one.stays || crate::domain::time::seconds_between(*at, now) < SECONDS
            })
            .map(|(notice, _)| notice)
    }

    /// When the notice goes away by itself.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let (_, at) = self.0.as_ref().filter(|(notice, _)| !notice.stays)?;
        at.checked_add(jiff::SignedDuration::from_secs(SECONDS)).ok()
    }
}
