//! `kyverno.io/v2` and `v2beta1`: no end of their own (kyverno/kyverno, `api/kyverno/v2/policy_exception_types.go`).

use serde::Deserialize;

use super::{CLEANUP, Exception, Found};
use crate::domain::Text;
use crate::domain::exception::{Bound, Tool};

const OF_A_FLAG: &str =
    "heeded only where Kyverno runs with enablePolicyException, and in exceptionNamespace";
const CONDITIONS: &str = "holds only under further conditions";

/// `spec` of a classic `PolicyException`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    #[serde(default, rename = "match")]
    matched: Match,
    #[serde(default)]
    conditions: Option<serde_json::Value>,
    #[serde(default)]
    exceptions: Vec<Excepted>,
    #[serde(default)]
    pod_security: Vec<Control>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Match {
    #[serde(default)]
    any: Vec<Filter>,
    #[serde(default)]
    all: Vec<Filter>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Filter {
    #[serde(default)]
    resources: Resources,
    #[serde(default)]
    subjects: Vec<Subject>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Resources {
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    namespaces: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Subject {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Excepted {
    #[serde(default)]
    policy_name: String,
    #[serde(default)]
    rule_names: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Control {
    #[serde(default)]
    control_name: String,
}

/// A classic exception of a cluster: one for each rule of each policy, as `policy/rule`.
pub fn of_classic(cluster: &str, exception: &Exception<Spec>) -> Found {
    let (metadata, spec) = (&exception.metadata, &exception.spec);
    let mut found = Found::default();
    let cleanup = metadata.cleanup(cluster, &mut found);
    let subjects = subjects(spec);
    let rules = spec.exceptions.iter().flat_map(|one| {
        one.rule_names.iter().map(move |rule| format!("{}/{rule}", one.policy_name))
    });
    for rule in rules {
        let mut native = metadata.native(Tool::KyvernoClassic, cluster, &rule);
        native.bound = cleanup.unwrap_or(Bound::Impossible);
        native.subjects.clone_from(&subjects);
        let caveats = [
            Some(OF_A_FLAG),
            cleanup.is_some().then_some(CLEANUP),
            spec.conditions.is_some().then_some(CONDITIONS),
        ];
        native.caveats = caveats.into_iter().flatten().map(Text::new).collect();
        found.natives.push(native);
    }
    found
}

/// What alone it holds for, in words: a filter each, then the controls of pod security.
fn subjects(spec: &Spec) -> Vec<Text> {
    let filters = spec
        .matched
        .any
        .iter()
        .chain(&spec.matched.all)
        .map(words)
        .filter(|words| !words.is_empty());
    let controls =
        spec.pod_security.iter().map(|control| format!("control {}", control.control_name));
    filters.chain(controls).map(|words| Text::new(&words)).collect()
}

fn words(filter: &Filter) -> String {
    let resources = &filter.resources;
    let people = filter.subjects.iter().map(|one| format!("{} {}", one.kind, one.name));
    let people: Vec<String> = people.collect();
    let parts = [
        ("", &resources.kinds),
        ("named ", &resources.names),
        ("in ", &resources.namespaces),
        ("by ", &people),
    ];
    let parts = parts.into_iter().filter(|(_, words)| !words.is_empty());
    let parts: Vec<String> =
        parts.map(|(before, words)| format!("{before}{}", words.join("|"))).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::Home;
    use crate::register::formats::tests::{at, texts, until_instant};

    fn read(labels: &str) -> Found {
        let json = format!(
            r#"{{"apiVersion": "kyverno.io/v2", "kind": "PolicyException",
            "metadata": {{"name": "builder", "namespace": "ci", "resourceVersion": "81", "labels": {labels},
              "creationTimestamp": "2026-03-01T08:00:00Z", "annotations": {{"acme.example/owner": "wei"}}}},
            "spec": {{"match": {{"any": [{{"resources": {{"kinds": ["Pod"], "names": ["build-*"],
              "namespaces": ["ci", "ci-2"]}}}}]}},
              "exceptions": [{{"policyName": "no-root", "ruleNames": ["host", "autogen-host"]}}],
              "podSecurity": [{{"controlName": "Capabilities"}}], "background": true}}}}"#
        );
        of_classic("edge", &serde_json::from_str(&json).unwrap())
    }

    #[test]
    fn each_rule_of_each_policy_is_an_exception() {
        let all = read("{}").natives;
        let rules: Vec<&str> = all.iter().map(|one| &*one.rule).collect();
        assert_eq!(rules, ["no-root/host", "no-root/autogen-host"]);
        assert_eq!(all[0].home, Home::Cluster(Text::new("edge")));
        assert_eq!((&*all[0].path, &all[0].revision), ("ci/builder", &Some(Text::new("81"))));
        assert_eq!(
            all[0].subjects,
            texts(&["Pod named build-* in ci|ci-2", "control Capabilities"])
        );
        assert_eq!(all[0].owner, Some(Text::new("wei")));
    }

    #[test]
    fn it_never_ends_by_itself_and_is_off_without_a_flag() {
        let native = &read("{}").natives[0];
        assert_eq!(native.bound, Bound::Impossible);
        assert_eq!(native.caveats, texts(&[OF_A_FLAG]));
    }

    #[test]
    fn the_cleanup_label_ends_it_a_span_after_its_creation() {
        let native = &read(r#"{"cleanup.kyverno.io/ttl": "72h"}"#).natives[0];
        assert_eq!(native.bound, until_instant("2026-03-04T08:00:00Z"));
        assert_eq!(native.caveats, texts(&[OF_A_FLAG, CLEANUP]));
        assert!(native.is_in_force(at("2026-03-04T07:59:59Z")));
    }

    #[test]
    fn a_cleanup_label_that_kyverno_cannot_read_ends_nothing_and_is_warned_of() {
        let found = read(r#"{"cleanup.kyverno.io/ttl": "soon"}"#);
        assert_eq!(found.natives[0].bound, Bound::Impossible);
        let warned: Vec<_> = found.warnings.iter().map(|one| (&*one.path, one.code)).collect();
        assert_eq!(warned, [("edge/ci/builder", "bad-ttl")]);
    }

    #[test]
    fn an_object_that_is_almost_empty_holds_nothing() {
        let empty = serde_json::from_str(r#"{"spec": {}}"#).unwrap();
        assert_eq!(of_classic("edge", &empty), Found::default());
    }
}
