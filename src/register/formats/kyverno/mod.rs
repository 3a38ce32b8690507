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
use crate::domain::{Flaw, FlawSeverity, Native, Text, Timestamp};

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

/// A classic exception, from the JSON of one object of the Kubernetes API.
///
/// # Errors
/// Why the object cannot be understood, with its name where it has one.
pub fn read_classic(cluster: &str, json: &str) -> Result<Found, Flaw> {
    parse(cluster, json).map(|exception| of_classic(cluster, &exception))
}

/// A CEL exception, from the JSON of one object of the Kubernetes API.
///
/// # Errors
/// Why the object cannot be understood, with its name where it has one.
pub fn read_cel(cluster: &str, json: &str) -> Result<Found, Flaw> {
    parse(cluster, json).map(|exception| of_cel(cluster, &exception))
}

fn parse<S: for<'de> Deserialize<'de>>(cluster: &str, json: &str) -> Result<Exception<S>, Flaw> {
    #[derive(Deserialize)]
    struct Named {
        metadata: Metadata,
    }
    serde_json::from_str(json).map_err(|error| {
        let named: Option<Named> = serde_json::from_str(json).ok();
        let name =
            named.map_or_else(|| "an object without a name".to_owned(), |one| one.metadata.path());
        let what = format!("the object cannot be understood: {error}");
        let cure = "look at it in the cluster; nothing of it is known here";
        flaw(&format!("{cluster}/{name}"), 0, "unreadable", (FlawSeverity::Error, &what, cure))
    })
}

/// The earlier of two ends.
fn earlier(one: Bound, other: Bound) -> Bound {
    match (one.end(), other.end()) {
        (Some(first), Some(second)) if second < first => other,
        (None, Some(_)) => other,
        _ => one,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_cannot_be_understood_is_refused_by_its_name() {
        let json = r#"{"metadata": {"name": "a", "namespace": "ci"}, "spec": {"exceptions": 7}}"#;
        let flaw = read_classic("edge", json).unwrap_err();
        assert_eq!((&*flaw.path, flaw.code), ("edge/ci/a", "unreadable"));
        assert_eq!(&*read_cel("edge", "7").unwrap_err().path, "edge/an object without a name");
    }

    #[test]
    fn an_object_is_read_by_the_form_of_its_group() {
        let json = r#"{"metadata": {"name": "a", "namespace": "ci"}, "spec": {"policyRefs": [{"name": "no-root"}]}}"#;
        let found = read_cel("edge", json).unwrap();
        assert_eq!(&*found.natives[0].rule, "no-root");
        assert_eq!(read_classic("edge", json), Ok(Found::default()));
    }
}
