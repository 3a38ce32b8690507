//! [`Clock`]: the only place that asks what time it is.

use jiff::SignedDuration;

use crate::domain::Timestamp;

/// What time it is. A shifted clock runs as fast as the real one, from another instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clock {
    shift: SignedDuration,
}

impl Clock {
    /// The wall clock.
    pub fn wall() -> Clock {
        Clock::default()
    }

    /// A clock that stands at `instant` now.
    pub fn starting_at(instant: Timestamp) -> Clock {
        Clock { shift: instant.duration_since(Clock::wall().now()) }
    }

    /// The present instant.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
    pub fn now(self) -> Timestamp {
        let wall = Timestamp::now();
        wall.checked_add(self.shift).unwrap_or(wall)
    }
}
