//! Small populations for tests, and what one rule says of them.

use super::super::verdict::{Code, Report};
use super::super::{Ground, Limits, judge};
use crate::domain::access::{
    AccountState, Activity, Grant, Group, Hop, Known, Level, Population, Precision, Principal,
    PrincipalKind, Resource, ResourceKind, Right, Standing, Via,
};
use crate::domain::{Severity, Text};

/// Noon of the day on which all is judged.
pub(crate) const NOW: &str = "2026-03-15T12:00:00Z";

/// A population of nothing.
pub(crate) fn population(at: &str) -> Population {
    Population::empty(at.parse().unwrap())
}

/// People with a direct level each on `acme/shop`; active, insiders, and of today.
pub(crate) fn people(of: &[(&str, Level)]) -> Population {
    let mut population = population(NOW);
    for (name, level) in of {
        population.principals.push(person_named(name));
        population.grants.push(grant(name, "acme/shop", *level));
    }
    population
}

/// A person of whom everything is known and nothing is wrong.
pub(crate) fn person_named(name: &str) -> Principal {
    let activity = Activity { at: NOW.parse().unwrap(), precision: Precision::Day };
    Principal {
        username: Some(Text::new(name)),
        state: Known::Is(AccountState::Active),
        external: Known::Is(false),
        admin: Known::Is(false),
        activity: Known::Is(Some(activity)),
        created_at: Some("2024-01-01T00:00:00Z".parse().unwrap()),
        ..Principal::new(&format!("user:{name}"), PrincipalKind::Person, name)
    }
}

/// A direct grant of a person on a project.
pub(crate) fn grant(name: &str, path: &str, level: Level) -> Grant {
    Grant {
        id: Text::new(&format!("grant:{name}@{path}")),
        subject: Text::new(&format!("user:{name}")),
        resource: Resource { kind: ResourceKind::Project, path: Text::new(path) },
        right: Right::of_level(level),
        path: vec![Hop { via: Via::Direct, from: None }],
        standing: Standing::Active,
        granted_by: Some(Text::new("root")),
        granted_at: Some("2025-01-01T00:00:00Z".parse().unwrap()),
        expires_at: None,
        last_used: Known::default(),
    }
}

/// The same from a group above.
pub(crate) fn inherited(name: &str, path: &str, level: Level, from: &str) -> Grant {
    let id = Text::new(&format!("grant:{name}@{path} from {from}"));
    let hop = Hop { via: Via::Inherited, from: Some(Text::new(from)) };
    Grant { id, path: vec![hop], ..grant(name, path, level) }
}

/// The share of a project with a group, by the group's id.
pub(crate) fn shared(group: &str, path: &str, level: Level) -> Grant {
    let hop = Hop { via: Via::GroupShare, from: Some(Text::new(group)) };
    Grant { subject: Text::new(group), path: vec![hop], ..grant(group, path, level) }
}

/// The same grant on the group of that path.
pub(crate) fn on_group(mut grant: Grant) -> Grant {
    grant.resource.kind = ResourceKind::Group;
    grant
}

/// A group of which nothing was read.
pub(crate) fn group(path: &str) -> Group {
    Group { path: Text::new(path), two_factor: Known::default(), variables: Known::default() }
}

/// The default limits, with a mail domain of one's own.
pub(crate) fn internal(domain: &str) -> Limits {
    Limits { internal_domains: vec![Text::new(domain)], ..Limits::default() }
}

/// The ground of a population under the default limits.
pub(crate) fn ground(population: &Population) -> Ground<'_> {
    static LIMITS: std::sync::LazyLock<Limits> = std::sync::LazyLock::new(Limits::default);
    Ground::new(population, &LIMITS, &[], NOW.parse().unwrap())
}

/// What one rule said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// What it found, by what it is about.
    pub(crate) found: Vec<String>,
    /// How grave each is.
    pub(crate) severities: Vec<Severity>,
    /// Of how many things it found nothing.
    pub(crate) clear: u64,
    /// Why it cannot tell.
    pub(crate) doubts: Vec<String>,
}

/// What one rule says of a population.
pub(crate) fn told(population: &Population, code: Code) -> Told {
    told_by(&judge(&ground(population)), code)
}

/// The same under other limits.
pub(crate) fn told_with(population: &Population, limits: &Limits, code: Code) -> Told {
    told_by(&judge(&Ground::new(population, limits, &[], NOW.parse().unwrap())), code)
}

fn told_by(report: &Report, code: Code) -> Told {
    let found: Vec<_> = report.findings.iter().filter(|one| one.code == code).collect();
    let tally = report.tallies.iter().find(|tally| tally.code == code).unwrap();
    Told {
        found: found.iter().map(|one| one.about.id.to_string()).collect(),
        severities: found.iter().map(|one| one.severity).collect(),
        clear: tally.clear,
        doubts: tally.doubts.iter().map(|doubt| doubt.because.to_string()).collect(),
    }
}
