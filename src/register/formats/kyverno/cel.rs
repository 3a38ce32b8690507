//! `policies.kyverno.io/v1` and `v1beta1`: with `expiresAt` (kyverno/kyverno, `api/policies.kyverno.io`).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{CLEANUP, Exception, Found, earlier};
use crate::domain::exception::{Bound, Tool};
use crate::domain::{FlawSeverity, Text, Timestamp};
use crate::register::formats::day;
use crate::register::formats::file::{flaw, said};

const REPORTS: &str = "background scans and the CLI apply it past its end (kyverno/kyverno#17473), and Kyverno before 1.19 \
                       at admission too: trust no PolicyReport about it";

/// `spec` of a CEL `PolicyException`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    #[serde(default)]
    policy_refs: Vec<PolicyRef>,
    #[serde(default)]
    match_conditions: Vec<Condition>,
    #[serde(default)]
    images: Vec<String>,
    #[serde(default)]
    allowed_values: Vec<String>,
    #[serde(default)]
    report_result: Option<String>,
    #[serde(default)]
    expires_at: Option<String>,
    #[serde(default)]
    properties: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct PolicyRef {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Condition {
    #[serde(default)]
    name: String,
}

/// A CEL exception of a cluster: one for each policy, by the policy's name.
pub fn of_cel(cluster: &str, exception: &Exception<Spec>) -> Found {
    let (metadata, spec) = (&exception.metadata, &exception.spec);
    let mut found = Found::default();
    let cleanup = metadata.cleanup(cluster, &mut found);
    let own = expiry(cluster, exception, &mut found);
    let property = |names: &[&str]| names.iter().find_map(|name| said(spec.properties.get(*name)?));
    let ticket = property(&["ticket"]).map(|ticket| Text::new(&format!("ticket {ticket}")));
    for policy in &spec.policy_refs {
        let mut native = metadata.native(Tool::KyvernoCel, cluster, &policy.name);
        native.bound = earlier(own, cleanup.unwrap_or(Bound::Unset));
        native.subjects = subjects(spec, policy);
        native.reason = property(&["reason"]).or(native.reason);
        native.owner = property(&["owner", "approved-by"]).or(native.owner);
        let report = spec.report_result.as_deref().and_then(said);
        let caveats = [
            spec.expires_at.is_some().then(|| Text::new(REPORTS)),
            cleanup.is_some().then(|| Text::new(CLEANUP)),
            report.map(|result| Text::new(&format!("reports say `{result}` for it"))),
            ticket.clone(),
        ];
        native.caveats = caveats.into_iter().flatten().collect();
        found.natives.push(native);
    }
    found
}

/// `expiresAt`; what is no instant counts as no end, with a warning, for that is what must not be overlooked.
fn expiry(cluster: &str, exception: &Exception<Spec>, found: &mut Found) -> Bound {
    let Some(raw) = &exception.spec.expires_at else { return Bound::Unset };
    let at: Option<Timestamp> = raw.parse().ok();
    if at.is_none() {
        let what = format!("`expiresAt: {raw}` is no instant");
        let path = format!("{cluster}/{}", exception.metadata.path());
        let cure = "write it as 2026-03-31T00:00:00Z; here it counts as without an end";
        found.warnings.push(flaw(&path, 0, "bad-date", (FlawSeverity::Warning, &what, cure)));
    }
    at.map_or(Bound::Unset, day::until)
}

fn subjects(spec: &Spec, policy: &PolicyRef) -> Vec<Text> {
    let kind = Some(policy.kind.clone()).filter(|kind| !kind.is_empty());
    let conditions = spec.match_conditions.iter().map(|one| format!("when {}", one.name));
    let images = spec.images.iter().map(|image| format!("image {image}"));
    let values = spec.allowed_values.iter().map(|value| format!("value {value}"));
    let all = kind.into_iter().chain(conditions).chain(images).chain(values);
    all.map(|words| Text::new(&words)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::formats::tests::{at, texts, until_instant};

    fn read(labels: &str, more: &str) -> Found {
        let json = format!(
            r#"{{"metadata": {{"name": "builder", "namespace": "ci", "labels": {labels},
              "creationTimestamp": "2026-03-01T08:00:00Z"}},
            "spec": {{"policyRefs": [{{"kind": "ValidatingPolicy", "name": "no-root"}}, {{"name": "signed"}}],
              "matchConditions": [{{"name": "only-ci", "expression": "true"}}], "images": ["acme/*"],
              "properties": {{"reason": "a build", "ticket": "OPS-1", "approved-by": "lena"}} {more}}}}}"#
        );
        of_cel("edge", &serde_json::from_str(&json).unwrap())
    }

    #[test]
    fn each_policy_is_an_exception_with_its_properties() {
        let all = read("{}", "").natives;
        let rules: Vec<&str> = all.iter().map(|one| &*one.rule).collect();
        assert_eq!(rules, ["no-root", "signed"]);
        assert_eq!(all[0].subjects, texts(&["ValidatingPolicy", "when only-ci", "image acme/*"]));
        assert_eq!(all[0].reason, Some(Text::new("a build")));
        assert_eq!(all[0].owner, Some(Text::new("lena")));
        assert_eq!(all[0].caveats, texts(&["ticket OPS-1"]));
    }

    #[test]
    fn without_an_end_it_is_for_ever() {
        assert_eq!(read("{}", "").natives[0].bound, Bound::Unset);
    }

    #[test]
    fn it_ends_at_its_instant_and_says_that_reports_do_not_heed_it() {
        let native = &read("{}", r#", "expiresAt": "2026-03-31T02:00:00+02:00""#).natives[0];
        assert_eq!(native.bound, until_instant("2026-03-31T00:00:00Z"));
        assert_eq!(native.caveats, texts(&[REPORTS, "ticket OPS-1"]));
        assert!(!native.is_in_force(at("2026-03-31T00:00:00Z")));
    }

    #[test]
    fn the_cleanup_label_ends_it_where_it_is_earlier() {
        let end = r#", "expiresAt": "2026-03-31T00:00:00Z""#;
        let bound = |ttl: &str| {
            read(&format!(r#"{{"cleanup.kyverno.io/ttl": "{ttl}"}}"#), end).natives[0].bound
        };
        assert_eq!(bound("72h"), until_instant("2026-03-04T08:00:00Z"));
        assert_eq!(bound("1000h"), until_instant("2026-03-31T00:00:00Z"));
    }

    #[test]
    fn an_end_that_is_no_instant_counts_as_none_and_is_warned_of() {
        let found = read("{}", r#", "expiresAt": "soon""#);
        assert_eq!(found.natives[0].bound, Bound::Unset);
        assert_eq!(found.warnings[0].code, "bad-date");
    }

    #[test]
    fn what_the_report_says_for_it_is_told() {
        let native = &read("{}", r#", "reportResult": "pass""#).natives[0];
        assert_eq!(native.caveats, texts(&["reports say `pass` for it", "ticket OPS-1"]));
    }
}
