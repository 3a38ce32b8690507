//! [`Level`]: GitLab's access levels. Planner and Security Manager are no steps of the ladder.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An access level (`access_level`), by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum Level {
    /// 0: nobody, in the rules of protected branches.
    None,
    /// 5: sees that the group is there.
    Minimal,
    /// 10.
    Guest,
    /// 15: plans, and is neither above Guest's nor below Reporter's rights.
    Planner,
    /// 20.
    Reporter,
    /// 25: sees and handles vulnerabilities; no step between Reporter and Developer.
    SecurityManager,
    /// 30.
    Developer,
    /// 40.
    Maintainer,
    /// 50.
    Owner,
    /// 60: administrators, in the rules of protected branches alone.
    Admin,
    /// A number that this version does not know.
    Other(u8),
}

impl Level {
    /// Whether it is a step of the ladder, so that it can be held against another.
    pub fn is_rank(self) -> bool {
        !matches!(self, Level::Planner | Level::SecurityManager | Level::Other(_))
    }

    /// Whether it has all rights of `step`; a level that is no step has those of itself alone.
    pub fn reaches(self, step: Level) -> bool {
        self == step || (self.is_rank() && step.is_rank() && u8::from(self) >= u8::from(step))
    }

    /// The lesser of two: what a share gives to a member of the invited group. Nothing where they cannot be compared.
    pub fn capped(self, cap: Level) -> Option<Level> {
        match (self.reaches(cap), cap.reaches(self)) {
            (true, _) => Some(cap),
            (false, true) => Some(self),
            (false, false) => None,
        }
    }

    /// GitLab's own word.
    pub fn word(self) -> &'static str {
        match self {
            Level::None => "No one",
            Level::Minimal => "Minimal Access",
            Level::Guest => "Guest",
            Level::Planner => "Planner",
            Level::Reporter => "Reporter",
            Level::SecurityManager => "Security Manager",
            Level::Developer => "Developer",
            Level::Maintainer => "Maintainer",
            Level::Owner => "Owner",
            Level::Admin => "Admin",
            Level::Other(_) => "unknown level",
        }
    }

    /// The level of GitLab's word, in any case.
    pub fn of_word(word: &str) -> Option<Level> {
        Level::KNOWN.into_iter().find(|level| level.word().eq_ignore_ascii_case(word))
    }

    const KNOWN: [Level; 10] = [
        Level::None,
        Level::Minimal,
        Level::Guest,
        Level::Planner,
        Level::Reporter,
        Level::SecurityManager,
        Level::Developer,
        Level::Maintainer,
        Level::Owner,
        Level::Admin,
    ];
}

impl From<u8> for Level {
    fn from(number: u8) -> Level {
        match number {
            0 => Level::None,
            5 => Level::Minimal,
            10 => Level::Guest,
            15 => Level::Planner,
            20 => Level::Reporter,
            25 => Level::SecurityManager,
            30 => Level::Developer,
            40 => Level::Maintainer,
            50 => Level::Owner,
            60 => Level::Admin,
            other => Level::Other(other),
        }
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> u8 {
        match level {
            Level::None => 0,
            Level::Minimal => 5,
            Level::Guest => 10,
            Level::Planner => 15,
            Level::Reporter => 20,
            Level::SecurityManager => 25,
            Level::Developer => 30,
            Level::Maintainer => 40,
            Level::Owner => 50,
            Level::Admin => 60,
            Level::Other(number) => number,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Level::Other(number) => write!(f, "level {number}"),
            known => f.pad(known.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_the_level_that_it_came_from() {
        for number in 0..=u8::MAX {
            assert_eq!(u8::from(Level::from(number)), number);
        }
    }

    #[test]
    fn a_step_reaches_those_below_it_and_itself() {
        assert!(Level::Maintainer.reaches(Level::Developer));
        assert!(Level::Developer.reaches(Level::Developer));
        assert!(!Level::Developer.reaches(Level::Maintainer));
    }

    #[test]
    fn planner_and_security_manager_are_no_steps() {
        assert!(!Level::Planner.reaches(Level::Guest));
        assert!(!Level::SecurityManager.reaches(Level::Reporter));
        assert!(!Level::Owner.reaches(Level::SecurityManager));
        assert!(Level::Planner.reaches(Level::Planner));
    }

    #[test]
    fn a_share_gives_the_lesser_level_or_nobody_can_tell() {
        assert_eq!(Level::Owner.capped(Level::Developer), Some(Level::Developer));
        assert_eq!(Level::Guest.capped(Level::Developer), Some(Level::Guest));
        assert_eq!(Level::Planner.capped(Level::Developer), None);
    }

    #[test]
    fn a_level_is_found_by_its_word() {
        assert_eq!(Level::of_word("developer"), Some(Level::Developer));
        assert_eq!(Level::of_word("security manager"), Some(Level::SecurityManager));
        assert_eq!(Level::of_word("boss"), None);
    }
}
