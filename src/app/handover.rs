//! The hand-over: what is known, written for whoever takes over.

use jiff::{SignedDuration, Span, SpanRelativeTo};

use crate::domain::Timestamp;
use crate::state::State;

use super::notice::Notice;
use super::timeline::{TimelineRequest, everything};
use super::{App, Effect};

/// How far back it tells where nobody says.
pub const BACK: SignedDuration = SignedDuration::from_hours(12);

/// A hand-over to be written.
#[derive(Debug, Clone)]
pub struct HandoverRequest {
    /// What is known.
    pub state: State,
    /// What became different, to be read.
    pub timeline: TimelineRequest,
    /// As of when.
    pub at: Timestamp,
}

impl HandoverRequest {
    /// The names of its two files: Markdown, and JSON beside it.
    pub fn files(&self) -> [String; 2] {
        let stem = self.at.strftime("handover-%Y%m%dT%H%M%SZ").to_string();
        [format!("{stem}.md"), format!("{stem}.json")]
    }
}

/// How far back is meant: `12h`, `2d`.
///
/// # Errors
/// With what would be understood.
pub fn back(words: &str) -> Result<SignedDuration, String> {
    if words.trim().is_empty() {
        return Ok(BACK);
    }
    let span: Option<Span> = words.trim().parse().ok();
    let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    length
        .filter(SignedDuration::is_positive)
        .ok_or_else(|| format!("`{words}` is no span: write how far back, such as 12h or 2d"))
}

/// Asks for a hand-over of what is on screen.
pub(super) fn write(app: &mut App, words: &str, now: Timestamp) -> Vec<Effect> {
    let length = match back(words) {
        Ok(length) => length,
        Err(words) => {
            app.ui.notices.show(Notice::bad(words), now);
            return Vec::new();
        }
    };
    let at = app.ui.paused.as_ref().map_or(now, |paused| paused.at);
    let since = at.checked_sub(length).unwrap_or(Timestamp::MIN);
    let timeline = everything(app.shown(), since, at);
    let request = HandoverRequest { state: app.shown().clone(), timeline, at };
    vec![Effect::Handover(Box::new(request))]
}
