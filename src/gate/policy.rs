//! [`Policy`]: how strict the gate is, and where.

use std::collections::BTreeMap;
use std::time::Duration;

/// What is done when nothing can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// The answer is `unknown`, and whoever asked stops.
    Closed,
    /// The answer is `warn`.
    Warn,
    /// The answer is `allow`.
    Open,
}

impl Fallback {
    /// Its word in a policy and in a verdict.
    pub fn as_str(self) -> &'static str {
        match self {
            Fallback::Closed => "closed",
            Fallback::Warn => "warn",
            Fallback::Open => "open",
        }
    }

    /// The fallback with this word.
    pub fn find(word: &str) -> Option<Fallback> {
        [Fallback::Closed, Fallback::Warn, Fallback::Open]
            .into_iter()
            .find(|one| one.as_str() == word)
    }
}

/// How strict the gate is in some environments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierPolicy {
    /// Its name.
    pub name: String,
    /// The environments, as globs: `production`, `prod/*`.
    pub environments: Vec<String>,
    /// What is done when a linked objective cannot be judged.
    pub unknown: Fallback,
    /// What is done when an objective has no traffic.
    pub no_traffic: Fallback,
    /// What is done when no objective is linked to the service.
    pub no_objective: Fallback,
}

/// What the gate knows of a service beyond its name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServicePolicy {
    /// The GitLab project that deploys it, where it is asked for deployments and evidence.
    pub project: Option<String>,
    /// Globs of the objectives that count; those of the service of this name where empty.
    pub objectives: Vec<String>,
}

/// How strict the gate is, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// How long a verdict holds.
    pub valid_for: Duration,
    /// A budget with less than this share left is a warning.
    pub warn_below: f64,
    /// A spent budget freezes until more than this share is left, so that the gate does not flap.
    pub unfreeze_above: f64,
    /// How much of the period must have been recorded before its budget is judged.
    pub least_filled: f64,
    /// The tiers; the first with a matching environment counts, the last where none matches.
    pub tiers: Vec<TierPolicy>,
    /// The services of which more is known than their name.
    pub services: BTreeMap<String, ServicePolicy>,
    /// The label that a merge request must carry, put on by somebody else than its author, for a class of change that
    /// passes a freeze: by the class's name.
    pub evidence: BTreeMap<String, String>,
}

impl Default for Policy {
    fn default() -> Policy {
        let tier = |name: &str, environments: &[&str], unknown| TierPolicy {
            name: name.to_owned(),
            environments: environments.iter().map(|&glob| glob.to_owned()).collect(),
            unknown,
            no_traffic: unknown,
            no_objective: unknown,
        };
        let evidence =
            ["security", "reliability"].map(|class| (class.to_owned(), format!("change::{class}")));
        Policy {
            valid_for: Duration::from_mins(15),
            warn_below: 0.25,
            unfreeze_above: 0.05,
            least_filled: 0.5,
            tiers: vec![
                tier("sandbox", &["review/*", "sandbox*", "dev*"], Fallback::Open),
                tier("standard", &["staging*", "test*", "qa*"], Fallback::Warn),
                tier("protected", &["*"], Fallback::Closed),
            ],
            services: BTreeMap::new(),
            evidence: BTreeMap::from(evidence),
        }
    }
}

impl Policy {
    /// The tier of an environment. Where none names it, the strictest of them all: nothing is let through by accident.
    pub fn tier(&self, environment: &str) -> Option<&TierPolicy> {
        let names =
            |tier: &&TierPolicy| tier.environments.iter().any(|glob| is_match(glob, environment));
        let strictness = |tier: &&TierPolicy| match tier.unknown {
            Fallback::Open => 0,
            Fallback::Warn => 1,
            Fallback::Closed => 2,
        };
        self.tiers.iter().find(names).or_else(|| self.tiers.iter().max_by_key(strictness))
    }

    /// Whether an objective counts for a service.
    pub fn links(&self, service: &str, objective: &crate::domain::Slo) -> bool {
        self.counts(service, (&objective.service, &objective.key))
    }

    /// Whether an objective of a service, by its key, counts for a service.
    pub fn counts(&self, service: &str, (of, key): (&str, &str)) -> bool {
        match self.globs(service) {
            [] => of == service,
            globs => globs.iter().any(|glob| is_match(glob, key)),
        }
    }

    /// The globs of a service that none of these keys fits: a promise that nobody finds is not kept for that.
    pub fn unfitted(&self, service: &str, keys: &[&str]) -> Vec<&str> {
        let is_idle = |glob: &&String| !keys.iter().any(|key| is_match(glob, key));
        self.globs(service).iter().filter(is_idle).map(String::as_str).collect()
    }

    fn globs(&self, service: &str) -> &[String] {
        self.services.get(service).map_or(&[], |known| &known.objectives)
    }
}

/// Whether a name fits a glob, in which `*` stands for any run of characters.
pub fn is_match(glob: &str, name: &str) -> bool {
    let mut parts = glob.split('*');
    let Some(first) = parts.next() else { return name.is_empty() };
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            let Some(place) = rest.find(middle) else { return false };
            rest = rest.get(place + middle.len()..).unwrap_or_default();
        }
    }
    last.map_or(rest.is_empty(), |last: &str| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for (glob, name, fits) in [
            ("production", "production", true),
            ("production", "production2", false),
            ("prod/*", "prod/eu", true),
            ("prod/*", "prod", false),
            ("*", "", true),
            ("*-eu-*", "api-eu-1", true),
            ("*-eu-*", "api-us-1", false),
            ("a*a", "a", false),
            ("a*b*c", "aXbYc", true),
        ] {
            assert_eq!(is_match(glob, name), fits, "{glob} {name}");
        }
    }

    #[test]
    fn an_environment_that_no_tier_names_is_met_by_the_strictest() {
        let policy = Policy::default();
        let tier = |environment| policy.tier(environment).map(|tier| tier.name.as_str());
        assert_eq!(tier("staging"), Some("standard"));
        assert_eq!(tier("production"), Some("protected"));
        let mut named = policy.clone();
        named.tiers.retain(|tier| tier.name != "protected");
        assert_eq!(named.tier("production").map(|tier| tier.unknown), Some(Fallback::Warn));
    }
}
