//! [`Sighting`]: a place of a tool that was looked at for exceptions: what was found there, or why nobody could look.

use std::sync::Arc;

use super::{Flaw, Home, Native};
use crate::domain::{SightingId, Text, Timestamp};

/// Why a place was not looked at, told apart because the cure differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapKind {
    /// The platform says no to our token, or hides it.
    Refused,
    /// The platform has nothing of the kind: another plan, an older version.
    Unavailable,
    /// There is more than is read.
    TooLarge,
    /// It cannot be understood.
    Unreadable,
    /// Its turn has not come yet: requests are spread.
    Waiting,
    /// The platform, or the way to it, failed.
    Failed,
}

impl GapKind {
    /// Every kind.
    pub const ALL: [GapKind; 6] = [
        GapKind::Refused,
        GapKind::Unavailable,
        GapKind::TooLarge,
        GapKind::Unreadable,
        GapKind::Waiting,
        GapKind::Failed,
    ];

    /// Its word, also in filters.
    pub fn word(self) -> &'static str {
        match self {
            GapKind::Refused => "refused",
            GapKind::Unavailable => "not available",
            GapKind::TooLarge => "too large",
            GapKind::Unreadable => "unreadable",
            GapKind::Waiting => "waiting",
            GapKind::Failed => "failed",
        }
    }

    /// Whether something is amiss that a person can cure; what a platform does not have, nobody can look at.
    pub fn is_ill(self) -> bool {
        self != GapKind::Unavailable
    }
}

/// Why a place was not looked at, or not as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Of which kind.
    pub kind: GapKind,
    /// Why, in one line; with its place where a file cannot be understood.
    pub why: Text,
}

impl Gap {
    /// A gap of a kind.
    pub fn new(kind: GapKind, why: &str) -> Gap {
        Gap { kind, why: Text::new(why) }
    }
}

/// One look at one place of one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Its address.
    pub id: SightingId,
    /// The tool, by its name ([`super::Tool::name`]).
    pub tool: &'static str,
    /// Where.
    pub home: Home,
    /// The file that was read; `None` for everything that the tool has there.
    pub path: Option<Text>,
    /// When it was last read; where it never was, when that was tried.
    pub seen_at: Timestamp,
    /// Why it could not be read; what was found before is kept beside a failure that may pass.
    pub gap: Option<Gap>,
    /// The exceptions that were found, in the order of the place.
    pub natives: Arc<[Native]>,
    /// What the tool passes over there, or a person should know, with its place.
    pub warnings: Arc<[Flaw]>,
}

impl Sighting {
    /// A place at which nothing was found.
    pub fn new(tool: &'static str, home: Home, path: Option<Text>, seen_at: Timestamp) -> Sighting {
        let kind = match home {
            Home::Project(_) => "project",
            Home::Group(_) => "group",
            Home::Cluster(_) => "cluster",
            Home::Alertmanager => "alertmanager",
        };
        let place = path.as_deref().unwrap_or_default();
        let id = SightingId::of(&[tool, kind, &home.to_string(), place]);
        let (natives, warnings) = (Arc::from([]), Arc::from([]));
        Sighting { id, tool, home, path, seen_at, gap: None, natives, warnings }
    }

    /// The same with what was found.
    #[must_use]
    pub fn holding(self, natives: Vec<Native>, warnings: Vec<Flaw>) -> Sighting {
        Sighting { natives: natives.into(), warnings: warnings.into(), ..self }
    }

    /// The same, not looked at.
    #[must_use]
    pub fn lacking(self, gap: Gap) -> Sighting {
        Sighting { gap: Some(gap), ..self }
    }

    /// Whether it tells the same as another that was read at another moment.
    pub fn says_the_same(&self, other: &Sighting) -> bool {
        let Sighting { id, gap, natives, warnings, .. } = self;
        (id, gap, natives, warnings) == (&other.id, &other.gap, &other.natives, &other.warnings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(home: Home, path: Option<&str>) -> Sighting {
        Sighting::new("trivy", home, path.map(Text::new), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_project_and_a_group_of_one_path_are_two_places() {
        let text = Text::new("acme/infra");
        let project = sighting(Home::Project(text.clone()), None);
        assert_ne!(project.id, sighting(Home::Group(text), None).id);
        assert_ne!(project.id, sighting(project.home.clone(), Some(".trivyignore")).id);
    }

    #[test]
    fn another_moment_alone_says_nothing_new() {
        let one = sighting(Home::Alertmanager, None);
        let later = Sighting { seen_at: Timestamp::MAX, ..one.clone() };
        assert!(one.says_the_same(&later));
        assert!(!one.says_the_same(&later.lacking(Gap::new(GapKind::Refused, "no"))));
    }

    #[test]
    fn what_a_platform_does_not_have_is_no_illness() {
        let ill: Vec<GapKind> = GapKind::ALL.into_iter().filter(|kind| kind.is_ill()).collect();
        assert!(!ill.contains(&GapKind::Unavailable) && ill.len() == GapKind::ALL.len() - 1);
    }
}
