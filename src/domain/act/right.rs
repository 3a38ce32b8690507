//! [`RightAt`]: a membership, a token or a key of GitLab as an act is done to it, read and printed as a person writes it.

use std::fmt;

use super::TargetKind;
use crate::domain::Text;
use crate::domain::access::{Resource, ResourceKind};

/// A membership, a token or a key: where it is, and its number there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RightAt {
    /// What it is.
    pub kind: TargetKind,
    /// The group or project that it is of; `None` for a personal token, which is of nobody but its person.
    pub place: Option<Resource>,
    /// The id of the account for a membership, else its own.
    pub id: u64,
}

impl RightAt {
    /// The state of what is not there, or what we may not see.
    pub const GONE: &str = "gone";
    /// The state of what is there and works no longer.
    pub const ENDED: &str = "ended";
    /// The state of what is there and works.
    pub const IN_FORCE: &str = "in force";
    /// The name of the fact that tells a membership's level.
    pub const LEVEL: &str = "level";
    /// The name of the fact that tells an end.
    pub const EXPIRES: &str = "expires_at";
    /// What stands there where no end is set.
    pub const NO_END: &str = "no end";

    /// Reads one as a person writes it: `group:acme/shop@42`, `project:acme/shop#7`, `personal#7`.
    pub fn read(kind: TargetKind, words: &str) -> Option<RightAt> {
        let (place, id) = words.rsplit_once(sign(kind))?;
        let id = id.parse().ok()?;
        if place == "personal" {
            return (kind == TargetKind::Token).then_some(RightAt { kind, place: None, id });
        }
        let (word, path) = place.split_once(':')?;
        let of = match word {
            "group" if kind != TargetKind::DeployKey => ResourceKind::Group,
            "project" => ResourceKind::Project,
            _ => return None,
        };
        let is_path = !path.is_empty() && !path.contains(['@', '#', ':']);
        let place = Some(Resource { kind: of, path: Text::new(path) });
        is_path.then_some(RightAt { kind, place, id })
    }

    /// The path of the project that it is of.
    pub fn project(&self) -> Option<&Text> {
        let place = self.place.as_ref()?;
        (place.kind == ResourceKind::Project).then_some(&place.path)
    }

    /// The same under the full path of its project.
    #[must_use]
    pub fn in_project(&self, path: &Text) -> RightAt {
        let mut same = self.clone();
        if let Some(place) = same.place.as_mut().filter(|one| one.kind == ResourceKind::Project) {
            place.path = path.clone();
        }
        same
    }
}

/// What stands before the number.
fn sign(kind: TargetKind) -> char {
    if kind == TargetKind::Member { '@' } else { '#' }
}

impl fmt::Display for RightAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            None => f.write_str("personal")?,
            Some(place) => write!(f, "{}:{}", place.kind.word(), place.path)?,
        }
        write!(f, "{}{}", sign(self.kind), self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_printed_again() {
        let cases = [
            (TargetKind::Member, "group:acme/shop@42"),
            (TargetKind::Member, "project:acme/shop@42"),
            (TargetKind::Token, "group:acme#7"),
            (TargetKind::Token, "personal#7"),
            (TargetKind::DeployToken, "group:acme#7"),
            (TargetKind::DeployKey, "project:acme/shop#7"),
        ];
        for (kind, words) in cases {
            let read = RightAt::read(kind, words).map(|one| one.to_string());
            assert_eq!(read.as_deref(), Some(words), "{kind:?}");
        }
    }

    #[test]
    fn another_form_is_none() {
        let cases = [
            (TargetKind::Member, "acme/shop@42"),
            (TargetKind::Member, "group:acme#42"),
            (TargetKind::Member, "personal@42"),
            (TargetKind::Member, "group:@42"),
            (TargetKind::DeployKey, "group:acme#7"),
            (TargetKind::DeployToken, "personal#7"),
            (TargetKind::Token, "project:acme#x"),
        ];
        for (kind, words) in cases {
            assert_eq!(RightAt::read(kind, words), None, "{kind:?} {words}");
        }
    }

    #[test]
    fn a_group_keeps_its_path_and_a_project_takes_its_full_one() {
        let path = Text::new("acme/shop");
        let named = |words: &str| {
            RightAt::read(TargetKind::Member, words).unwrap().in_project(&path).to_string()
        };
        assert_eq!(named("project:ACME/shop@42"), "project:acme/shop@42");
        assert_eq!(named("group:acme@42"), "group:acme@42");
    }
}
