//! Kyverno's `PolicyException`s of both kinds, from the values that the Kubernetes API answers.

mod cel;
mod classic;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use cel::of_cel;
pub use classic::of_classic;

use super::day;
use super::file::{Found, bare, flaw, said};
use crate::domain::exception::{Bound, Home, Tool};
use crate::domain::{FlawSeverity, Native, Text, Timestamp};

/// The label by which Kyverno's cleanup controller deletes an object.
const TTL: &str = "cleanup.kyverno.io/ttl";
const CLEANUP: &str =
    "ends only where Kyverno's cleanup controller runs and may delete it, a minute or so late";

/// A `PolicyException` as the Kubernetes API has it; its kind follows from the reader it is given to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Exception<S> {
    /// `metadata`.
    #[serde(default)]
    metadata: Metadata,
    /// `spec`.
    spec: S,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    resource_version: Option<String>,
    #[serde(default)]
    creation_timestamp: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

impl Metadata {
    fn path(&self) -> String {
        let namespace = self.namespace.as_deref().unwrap_or_default();
        if namespace.is_empty() { self.name.clone() } else { format!("{namespace}/{}", self.name) }
    }

    /// An exception from a rule, with what the object says about itself.
    fn native(&self, tool: Tool, cluster: &str, rule: &str) -> Native {
        let home = Home::Cluster(Text::new(cluster));
        let mut native = bare(tool, home, &self.path(), rule);
        native.revision = self.resource_version.as_deref().map(Text::new);
        native.reason = self.annotation(&["reason", "justification"]);
        native.owner = self.annotation(&["owner", "approved-by"]);
        native
    }

    /// The annotation whose name ends with one of these words: there is a custom, and no rule.
    fn annotation(&self, words: &[&str]) -> Option<Text> {
        words.iter().find_map(|word| {
            let is_it = |key: &str| key.rsplit('/').next() == Some(word);
            let (_, value) = self.annotations.iter().find(|(key, _)| is_it(key))?;
            said(value)
        })
    }

    /// When the object is deleted by its label; a warning where Kyverno cannot read the label and leaves it be.
    fn cleanup(&self, cluster: &str, found: &mut Found) -> Option<Bound> {
        let raw = self.labels.get(TTL)?;
        let created: Option<Timestamp> =
            self.creation_timestamp.as_deref().and_then(|at| at.parse().ok());
        let bound = day::cleanup(raw, created).filter(|bound| bound.end().is_some());
        if bound.is_none() {
            let what = format!("Kyverno cannot read the label {TTL}={raw}, and keeps the object");
            let cure = "write a span such as 72h, or an instant such as 2026-03-31T000000Z";
            let path = format!("{cluster}/{}", self.path());
            let said = (FlawSeverity::Warning, what.as_str(), cure);
            found.warnings.push(flaw(&path, 0, "bad-ttl", said));
        }
        bound
    }
}

/// The earlier of two ends.
fn earlier(one: Bound, other: Bound) -> Bound {
    match (one.end(), other.end()) {
        (Some(first), Some(second)) if second < first => other,
        (None, Some(_)) => other,
        _ => one,
    }
}
