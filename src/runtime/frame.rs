//! [`Frames`]: when to draw. Nothing moves, nothing is drawn.

use std::time::Duration;

use tokio::time::Instant;

/// A frame that answers a key comes at once; so do the next ones, up to this rate.
const KEY: Duration = Duration::from_millis(8);

/// A frame that shows news waits a little, so that news which come together are drawn together.
const NEWS: Duration = Duration::from_millis(60);

/// When the next frame is due.
#[derive(Debug, Default)]
pub(super) struct Frames {
    due: Option<Instant>,
    last: Option<Instant>,
    drawn: u64,
}

impl Frames {
    /// A key was pressed, or something else asks for an answer at once.
    pub(super) fn answer(&mut self, now: Instant) {
        let earliest = self.last.map_or(now, |last| (last + KEY).max(now));
        self.ask(earliest);
    }

    /// There is news.
    pub(super) fn news(&mut self, now: Instant) {
        let earliest = self.last.map_or(now, |last| (last + NEWS).max(now));
        self.ask(earliest);
    }

    fn ask(&mut self, at: Instant) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// When the next frame is due, if anything asks for one.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// A frame was drawn.
    pub(super) fn drawn(&mut self, now: Instant) {
        self.due = None;
        self.last = Some(now);
        self.drawn += 1;
    }

    /// How many frames were drawn.
    pub(super) fn count(&self) -> u64 {
        self.drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_frame_comes_at_once() {
        let (mut frames, now) = (Frames::default(), Instant::now());
        frames.news(now);
        assert_eq!(frames.due(), Some(now));
    }

    #[test]
    fn news_wait_and_a_key_does_not() {
        let (mut frames, start) = (Frames::default(), Instant::now());
        frames.drawn(start);
        frames.news(start);
        assert_eq!(frames.due(), Some(start + NEWS));
        frames.answer(start);
        assert_eq!(frames.due(), Some(start + KEY));
    }

    #[test]
    fn nothing_asked_nothing_due() {
        let (mut frames, now) = (Frames::default(), Instant::now());
        frames.news(now);
        frames.drawn(now);
        assert_eq!((frames.due(), frames.count()), (None, 1));
    }
}
