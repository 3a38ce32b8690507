//! Seeded chance: the same seed gives the same platform.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::clock::{self, Millis};

/// A stream of random choices.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// A stream that depends on the seed alone.
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high.max(low))
    }

    /// True with the probability `share`, 0 to 1.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.0.random_bool(share.clamp(0.0, 1.0))
    }

    /// One of the choices; `None` for an empty list.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        if choices.is_empty() {
            return None;
        }
        choices.get(self.0.random_range(0..choices.len()))
    }

    /// A waiting time with the given mean, as between independent arrivals.
    pub(crate) fn wait(&mut self, mean: Millis) -> Millis {
        let share: f64 = self.0.random_range(0.0..1.0);
        clock::millis(-(1.0 - share).ln() * clock::seconds(mean)).max(1)
    }

    /// Twenty bytes in hexadecimal: a commit.
    pub(crate) fn sha(&mut self) -> String {
        let words: Vec<String> =
            (0..5).map(|_| format!("{:08x}", self.0.random::<u32>())).collect();
        words.concat()
    }

    /// Any number.
    pub(crate) fn number(&mut self) -> u64 {
        self.0.random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_stream() {
        assert_eq!(Dice::new(7).sha(), Dice::new(7).sha());
    }

    #[test]
    fn another_seed_gives_another_stream() {
        assert_ne!(Dice::new(7).sha(), Dice::new(8).sha());
    }

    #[test]
    fn nothing_is_picked_from_nothing() {
        assert_eq!(Dice::new(1).pick::<u8>(&[]), None);
    }
}
