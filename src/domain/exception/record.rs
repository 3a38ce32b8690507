//! [`Record`]: one exception as the register has it, a file of its own.

use std::fmt;

use super::Stamp;
use crate::domain::Text;

/// What an exception is from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A different runner than the tier's own.
    Runner,
    /// A special role at a release.
    ReleaseRole,
    /// A package source that is not approved yet.
    PackageSource,
    /// A finding of a policy or a scanner that is let pass.
    Policy,
    /// A deployment although the gate or a freeze says no.
    FreezeOverride,
    /// A kind of the platform's own, by its name.
    Own(Text),
}

impl Kind {
    /// The kinds that everybody has.
    pub const KNOWN: [Kind; 5] =
        [Kind::Runner, Kind::ReleaseRole, Kind::PackageSource, Kind::Policy, Kind::FreezeOverride];

    /// The kind of this name; an own one where it is none of the known.
    pub fn of(name: &str) -> Kind {
        let known = Kind::KNOWN.into_iter().find(|kind| kind.name() == name);
        known.unwrap_or_else(|| Kind::Own(Text::new(name)))
    }

    /// Its name in a record.
    pub fn name(&self) -> &str {
        match self {
            Kind::Runner => "runner",
            Kind::ReleaseRole => "release_role",
            Kind::PackageSource => "package_source",
            Kind::Policy => "policy",
            Kind::FreezeOverride => "freeze_override",
            Kind::Own(name) => name,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What an exception holds for. A list that is empty narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Full paths of GitLab projects.
    pub projects: Vec<Text>,
    /// Environments of deployments.
    pub environments: Vec<Text>,
    /// Tiers of runners.
    pub tiers: Vec<Text>,
    /// Things of a cluster or a cloud, by name.
    pub resources: Vec<Text>,
    /// Policies, checks, vulnerabilities, by id.
    pub policies: Vec<Text>,
    /// Packages or their sources.
    pub packages: Vec<Text>,
    /// Whatever else, by name, in the order of the file.
    pub other: Vec<(Text, Vec<Text>)>,
}

impl Scope {
    /// Each named list that is not empty, in the order of a record.
    pub fn lists(&self) -> impl Iterator<Item = (&str, &[Text])> {
        let known = [
            ("projects", &self.projects),
            ("environments", &self.environments),
            ("tiers", &self.tiers),
            ("resources", &self.resources),
            ("policies", &self.policies),
            ("packages", &self.packages),
        ];
        let other = self.other.iter().map(|(name, list)| (name.as_str(), list.as_slice()));
        let known = known.into_iter().map(|(name, list)| (name, list.as_slice()));
        known.chain(other).filter(|(_, list)| !list.is_empty())
    }

    /// Whether nothing narrows it: it would hold everywhere.
    pub fn is_empty(&self) -> bool {
        self.lists().next().is_none()
    }
}

/// What puts an exception into force, in the tool that grants it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Artefact {
    /// The tool: a name of [`super::Tool`], or one of the platform's own.
    pub tool: Text,
    /// The full path of the GitLab project where it lies.
    pub project: Option<Text>,
    /// The cluster where it lies, by its configured name.
    pub cluster: Option<Text>,
    /// The file within the project, or `namespace/name` within the cluster.
    pub path: Option<Text>,
    /// The rule: a vulnerability, a check, a policy's rule, a role.
    pub rule: Option<Text>,
}

/// What a person decided about an exception that was in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// From when on.
    pub at: Stamp,
    /// The person's username.
    pub by: Text,
    /// Why.
    pub reason: Text,
}

/// Whether two usernames are one person's: GitLab does not tell capitals from small letters.
pub fn is_same_person(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// One exception as the register has it. People are usernames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its name among all records, `EXC-2026-014` say.
    pub id: Text,
    /// What it is, in one line.
    pub title: Text,
    /// What it is from.
    pub kind: Kind,
    /// What it holds for.
    pub scope: Scope,
    /// Who asked for it.
    pub requester: Text,
    /// Who owns the risk that is left.
    pub owner: Option<Text>,
    /// Why it is needed.
    pub justification: Text,
    /// What may go wrong through it.
    pub risk: Text,
    /// What of that is left with the controls in place.
    pub residual_risk: Option<Text>,
    /// What is done instead, to make up for it.
    pub controls: Vec<Text>,
    /// Who approves it, or did.
    pub approvers: Vec<Text>,
    /// Who gains by it, beside the requester.
    pub beneficiaries: Vec<Text>,
    /// From when on it holds.
    pub starts_at: Stamp,
    /// From when on it holds no longer.
    pub expires_at: Stamp,
    /// Where the cure is worked on.
    pub ticket: Option<Text>,
    /// The id of the record that it renews.
    pub renews: Option<Text>,
    /// What puts it into force.
    pub artefacts: Vec<Artefact>,
    /// What proves it: addresses and documents.
    pub evidence: Vec<Text>,
    /// That it was taken back before its end.
    pub revocation: Option<Decision>,
    /// That what it allowed is gone: nothing of it is in force any more.
    pub closed: Option<Decision>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_kind_is_found_by_its_name() {
        for kind in Kind::KNOWN {
            assert_eq!(Kind::of(kind.name()), kind);
        }
    }

    #[test]
    fn any_other_name_is_a_kind_of_ones_own() {
        assert_eq!(Kind::of("vendor_access"), Kind::Own(Text::new("vendor_access")));
        assert_eq!(Kind::of("Runner"), Kind::Own(Text::new("Runner")));
    }

    #[test]
    fn a_person_is_the_same_in_capitals() {
        assert!(is_same_person("Asha", "asha"));
        assert!(!is_same_person("asha", "asha2"));
    }

    #[test]
    fn a_scope_of_empty_lists_is_empty() {
        let other = vec![(Text::new("accounts"), Vec::new())];
        assert!(Scope { other, ..Scope::default() }.is_empty());
        let other = vec![(Text::new("accounts"), vec![Text::new("42")])];
        assert!(!Scope { other, ..Scope::default() }.is_empty());
    }
}
