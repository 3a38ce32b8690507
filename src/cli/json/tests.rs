//! The items against the documented fields, names, order and types alike.

use std::sync::Arc;

use serde_json::{Value, json};

use super::form::{Field, Form};
use super::{Envelope, Scene, fields, items};
use crate::access::Limits;
use crate::cli::get::Judged;
use crate::cli::kind::Kind;
use crate::cli::sample::{self, NOW};
use crate::domain::{EntityId, Job, JobId, Origin, ProjectId, Status, Text};
use crate::pane::lens::Cx;

/// The documented fields of each kind, and what every item has besides.
#[rustfmt::skip] // A table.
const DOCUMENTED: [(Kind, &str); 17] = [
    (Kind::Sources, "id s, scope s, health s, age_seconds n?, interval_seconds n?, error? {kind s, message s, hint s}, requests_per_minute n, budget? {limit i, remaining i, reset_at t}"),
    (Kind::Projects, "id i, path s, default_branch s?, web_url s, last_activity_at t?, running i, waiting i"),
    (Kind::Pipelines, "id i, iid i?, project s, project_id i, ref s, sha s, status s, source s?, protected_ref b?, created_at t, started_at t?, finished_at t?, queued_seconds n?, duration_seconds n?, parent s?, jobs {*: i}, web_url s"),
    (Kind::Jobs, "id i, name s, stage s, project s, project_id i, pipeline_id i, ref s, status s, tier s?, tags [s], allow_failure b, retried b, created_at t, queued_at t?, started_at t?, finished_at t?, queued_seconds n?, duration_seconds n?, failure_reason s?, stuck b?, runner? {id i, description s}, pod? {cluster s, namespace s, name s, verified b}, web_url s"),
    (Kind::Runners, "id i, description s, type s, status s, paused b, locked b, protected b, run_untagged b, tags [s], tier s?, contacted_at t?, version s?, running i?, limit i?, managers [{system_id s, status s, contacted_at t?, version s?}]"),
    (Kind::Tiers, "name s, protected b, waiting i, running i, oldest_waiting_seconds n?, queue {n i, p50_seconds n?, p95_seconds n?, p99_seconds n?}, scheduling {n i?, p50_seconds n?, p95_seconds n?, p99_seconds n?, stale b}, ceilings [{kind s, used i?, limit i?, ratio n?, stale b}]"),
    (Kind::Pods, "cluster s, namespace s, name s, uid s, tier s?, state s, phase s, reason s?, message s?, node s?, job_id i?, job_verified b, project_id i?, created_at t, scheduled_at t?, sandbox_at t?, initialized_at t?, ready_at t?, schedule_seconds n?, sandbox_seconds n?, init_seconds n?, start_seconds n?, restarts i, cpu_request_millis i, memory_request_bytes i, images [s]"),
    (Kind::Nodes, "cluster s, name s, ready b?, cordoned b, pressures [s], taints [s], nodegroup s?, instance_type s?, zone s?, capacity_type s?, allocatable {cpu_millis i, memory_bytes i, pods i}, requested {cpu_millis i, memory_bytes i, pods i}, requested_complete b, created_at t"),
    (Kind::Nodegroups, "cluster s, name s, kind s, status s, min i?, desired i?, max i?, nodes i?, limits [{resource s, used s?, limit s}], instance_types [s], capacity_type s?, version s?, issues [{code s, message s, resources [s]}]"),
    (Kind::Slos, "id s, service s, name s, origin s, labels {*: s}, objective_ratio n, period_seconds n, remaining_ratio n?, recorded_ratio n?, burn [{window s, rate n?, threshold n?, severity s?}], state s, firing s?, silenced b, exhaustion_seconds n?, exhaustion_window s?, events n?, sample_age_seconds n?"),
    (Kind::Alerts, "fingerprint s, name s, labels {*: s}, state s, severity s?, starts_at t, silenced_by [s], inhibited_by [s]"),
    (Kind::Silences, "id s, matchers [s], starts_at t, ends_at t, created_by s, comment s, state s"),
    (Kind::Exceptions, "id s, title s, kind s, state s, scope {*: [s]}, requester s, owner s?, approvers [s], starts_at t, expires_at t, remaining_seconds n, renews s?, renewal_count i, ticket s?, record {project s, path s, commit s}, findings [s]"),
    (Kind::Requests, "project s, iid i, exception_id s?, title s, author s, head_sha s, lint [s], approvals_left i?, merge_status s, blocked_for_me s?, created_at t, web_url s"),
    (Kind::Grants, "id s, subject {kind s, username s?, name s, state s?, external b?}, resource {kind s, path s}, right {name s, level i?}, path [{via s, from s?}], granted_by s?, granted_at t?, expires_at t?, last_used_at t?, last_used_precision s?, findings [s], standing s"),
    (Kind::Findings, "id s, code s, severity s, about {kind s, id s}, title s, evidence [{field s, value s, source s, age_seconds n?}], next_step s, since t, count i, cause s?, covered_by s?, acknowledged_until t?"),
    (Kind::Audit, "seq i, at t, actor {platform s, user s, os_user s, host s}, act s, target s, reason s?, request {method s, url s}, outcome {state s, status i?, at t?, message s?}, hash s, previous s, settings [{name s, value s}]"),
];

#[test]
fn every_kind_has_the_documented_fields_in_their_order() {
    for (kind, documented) in DOCUMENTED {
        let ours: Vec<String> = fields(kind).iter().map(Field::to_string).collect();
        // Feeds and tiers are there before anything was read of them.
        let seen = if matches!(kind, Kind::Sources | Kind::Tiers) { "t?" } else { "t" };
        assert_eq!(ours.join(", "), format!("{documented}, seen_at {seen}, stale b"));
    }
}

/// Whether a value looks like its form; where not, the path to it.
fn fault(value: &Value, form: &Form, path: &str) -> Option<String> {
    let fits = match form {
        Form::Maybe(form) => {
            return if value.is_null() { None } else { fault(value, form, path) };
        }
        Form::Word => value.is_string(),
        Form::Whole => value.is_u64(),
        Form::Number => value.is_number(),
        Form::Truth => value.is_boolean(),
        Form::Instant => value
            .as_str()
            .is_some_and(|at| at.ends_with('Z') && at.parse::<jiff::Timestamp>().is_ok()),
        Form::List(form) => {
            let Some(list) = value.as_array() else { return Some(path.to_owned()) };
            return list.iter().find_map(|value| fault(value, form, &format!("{path}[]")));
        }
        Form::Map(form) => {
            let Some(map) = value.as_object() else { return Some(path.to_owned()) };
            return map.values().find_map(|value| fault(value, form, &format!("{path}.*")));
        }
        Form::Record(fields) => return record_fault(value, fields, path),
    };
    (!fits).then(|| path.to_owned())
}

fn record_fault(value: &Value, fields: &[Field], path: &str) -> Option<String> {
    let names: Vec<&str> = value.as_object()?.keys().map(String::as_str).collect();
    let mut expected: Vec<&str> = fields.iter().map(Field::name).collect();
    expected.sort_unstable();
    if names != expected {
        return Some(format!("{path}: {names:?}"));
    }
    let place = |field: &Field| format!("{path}.{}", field.name());
    fields.iter().find_map(|field| fault(&value[field.name()], &field.form(), &place(field)))
}

fn printed(kind: Kind, origin: Origin) -> Value {
    let state = sample::state();
    let scene = Scene { cx: Cx { state: &state, now: sample::now() }, origin, gitlab: sample::URL };
    if kind.is_judged() {
        let judged = Judged::of(&scene, &Limits::default());
        return json!(Envelope::new(&scene, kind, judged.items(&scene, kind)));
    }
    let ids = sample::ids(&state, kind);
    json!(Envelope::new(&scene, kind, items(&scene, kind, &ids)))
}

#[test]
fn what_is_printed_has_the_documented_names_and_types() {
    for kind in Kind::ALL {
        let envelope = printed(kind, Origin::Live);
        let items = envelope["items"].as_array().unwrap();
        assert!(!items.is_empty(), "{}", kind.as_str());
        for item in items {
            assert_eq!(record_fault(item, fields(kind), kind.as_str()), None);
        }
        for source in envelope["sources"].as_array().unwrap() {
            assert_eq!(record_fault(source, fields(Kind::Sources), "sources"), None);
        }
    }
}

#[test]
fn the_envelope_is_as_documented() {
    let envelope = printed(Kind::Projects, Origin::Live);
    let names: Vec<&String> = envelope.as_object().unwrap().keys().collect();
    assert_eq!(names, ["at", "complete", "items", "kind", "schema", "sources"]);
    assert_eq!(
        json!([envelope["schema"], envelope["kind"], envelope["at"], envelope["complete"]]),
        json!(["watchfloor/v1", "projects", NOW, true])
    );
}

#[test]
fn a_job_is_printed_as_it_is_known() {
    let printed = printed(Kind::Jobs, Origin::Live);
    let expected = json!({
        "id": 1, "name": "unit", "stage": "test", "project": "acme/shop", "project_id": 1,
        "pipeline_id": 10, "ref": "main", "status": "pending", "tier": "standard",
        "tags": ["eks-standard"], "allow_failure": false, "retried": false,
        "created_at": "2026-09-21T14:13:20Z", "queued_at": "2026-09-21T14:13:20Z",
        "started_at": null, "finished_at": null, "queued_seconds": 90.0, "duration_seconds": null,
        "failure_reason": null, "stuck": null, "runner": null, "pod": null,
        "web_url": "https://gitlab.example.com/acme/shop/-/jobs/1",
        "seen_at": "2026-09-21T14:14:48Z", "stale": false,
    });
    assert_eq!(printed["items"][0], expected);
}

#[test]
fn an_objective_is_printed_with_what_cannot_be_told_as_null() {
    let expected = json!({
        "id": "checkout-availability", "service": "checkout", "name": "availability",
        "origin": "sloth", "labels": {"region": "eu-west-1"}, "objective_ratio": 0.999,
        "period_seconds": 2_592_000.0, "remaining_ratio": 0.5, "recorded_ratio": 1.0,
        "burn": [
            {"window": "5m", "rate": 20.0, "threshold": 14.4, "severity": "page"},
            {"window": "1h", "rate": 20.0, "threshold": 14.4, "severity": "page"},
            {"window": "6h", "rate": null, "threshold": 6.0, "severity": "page"},
        ],
        "state": "burning", "firing": "page", "silenced": true, "exhaustion_seconds": 64_800.0,
        "exhaustion_window": "1h", "events": null, "sample_age_seconds": 15.0,
        "seen_at": "2026-09-21T14:14:48Z", "stale": false,
    });
    assert_eq!(printed(Kind::Slos, Origin::Live)["items"][0], expected);
}

#[test]
fn nobody_was_asked_about_an_objective_of_the_cache() {
    assert_eq!(printed(Kind::Slos, Origin::Cache)["items"][0]["state"], "unreachable");
}

#[test]
fn an_alert_and_its_silence_are_printed_as_they_came() {
    let alert = &printed(Kind::Alerts, Origin::Live)["items"][0];
    let told = ["name", "state", "severity", "silenced_by", "inhibited_by"].map(|of| &alert[of]);
    assert_eq!(json!(told), json!(["CheckoutAvailability", "suppressed", "page", ["s1"], []]));
    let silence = &printed(Kind::Silences, Origin::Live)["items"][0];
    let told = ["id", "matchers", "created_by", "comment", "state"].map(|of| &silence[of]);
    let expected = json!(["s1", ["region=~\"eu-.*\""], "maria", "fail-over drill", "active"]);
    assert_eq!(json!(told), expected);
}

#[test]
fn a_pipeline_counts_its_jobs_by_status_and_names_its_parent() {
    let item = &printed(Kind::Pipelines, Origin::Live)["items"][0];
    assert_eq!(
        json!([item["jobs"], item["parent"], item["protected_ref"]]),
        json!([{"pending": 1, "failed": 1}, "acme/root#9", true])
    );
}

#[test]
fn what_only_the_cache_knows_is_marked_old_and_never_complete() {
    for kind in Kind::ALL {
        let envelope = printed(kind, Origin::Cache);
        assert_eq!(envelope["complete"], false);
        for item in envelope["items"].as_array().unwrap() {
            assert_eq!(item["stale"], true, "{item}");
        }
        for source in envelope["sources"].as_array().unwrap() {
            assert_eq!(source["health"], "stale", "{source}");
        }
    }
}

#[test]
fn a_feed_that_is_not_live_makes_it_incomplete() {
    let mut state = sample::state();
    sample::fail(&mut state);
    let cx = Cx { state: &state, now: sample::now() };
    let scene = Scene { cx, origin: Origin::Live, gitlab: sample::URL };
    let envelope = json!(Envelope::new(&scene, Kind::Jobs, items(&scene, Kind::Jobs, &[])));
    assert_eq!(envelope["complete"], false);
    let sources = envelope["sources"].as_array().unwrap();
    let queue = sources.iter().find(|source| source["id"] == "queue").unwrap();
    assert_eq!(
        json!([queue["health"], queue["error"]]),
        json!(["forbidden", {"kind": "token_expired", "message": "m", "hint": "h"}])
    );
}

#[test]
fn an_unknown_project_still_has_a_page() {
    let mut state = sample::state();
    let job = Job { project: ProjectId(77), ..sample::job(5, Status::Running) };
    sample::put(&mut state, crate::domain::Entity::Job(Arc::new(job)));
    let cx = Cx { state: &state, now: sample::now() };
    let scene = Scene { cx, origin: Origin::Live, gitlab: sample::URL };
    let printed = json!(items(&scene, Kind::Jobs, &[EntityId::Job(JobId(5))]));
    assert_eq!(printed[0]["web_url"], "https://gitlab.example.com/projects/77");
}

#[test]
fn a_hostile_name_is_inert() {
    let mut state = sample::state();
    let name = Text::new("\x1b]0;x\x07\x1b[2J\u{202e}");
    let job = Job { name, ..sample::job(5, Status::Running) };
    sample::put(&mut state, crate::domain::Entity::Job(Arc::new(job)));
    let cx = Cx { state: &state, now: sample::now() };
    let scene = Scene { cx, origin: Origin::Live, gitlab: sample::URL };
    let printed = json!(items(&scene, Kind::Jobs, &[EntityId::Job(JobId(5))])).to_string();
    assert!(!printed.contains("\\u001b") && !printed.contains('\u{202e}'), "{printed}");
}

#[test]
fn nothing_is_seen_before_it_was_read() {
    let mut state = crate::state::State::new(sample::state().tiers().clone());
    sample::put(
        &mut state,
        crate::domain::Entity::Job(Arc::new(crate::domain::pipeline::fixture::job(
            1,
            Status::Pending,
        ))),
    );
    let cx = Cx { state: &state, now: sample::now() };
    let scene = Scene { cx, origin: Origin::Live, gitlab: sample::URL };
    let tier = EntityId::Tier(crate::domain::TierIndex(0));
    let tiers = json!(items(&scene, Kind::Tiers, &[tier]));
    assert_eq!(json!([tiers[0]["seen_at"], tiers[0]["stale"]]), json!([null, true]));
    assert_eq!(tiers[0]["queue"]["n"], 0);
    sample::starting(&mut state);
    let cx = Cx { state: &state, now: sample::now() };
    let scene = Scene { cx, origin: Origin::Live, gitlab: sample::URL };
    let sources = json!(items(&scene, Kind::Sources, &sample::ids(&state, Kind::Sources)));
    assert_eq!(json!([sources[0]["seen_at"], sources[0]["stale"]]), json!([null, true]));
}
