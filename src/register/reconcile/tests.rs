//! Both sides of each rule, and what cannot be told.

use super::*;
use crate::domain::exception::fixture::{record, stamp};
use crate::domain::exception::{Decision, Home, Tool};
use crate::domain::{Artefact, Evidence, Text};
use crate::register::formats::{File, read};

const NOW: &str = "2026-03-10T12:00:00Z";
const SEEN: &str = "2026-03-10T11:59:00Z";

fn at(raw: &str) -> Timestamp {
    raw.parse().unwrap()
}

fn project() -> Home {
    Home::Project(Text::new("shop/checkout"))
}

/// What a file of the project holds.
fn natives(path: &str, text: &str) -> Vec<Native> {
    let file = File { project: "shop/checkout", path, revision: Some("main"), blob: None };
    read(&file, text.as_bytes()).unwrap().natives
}

fn artefact(tool: &str, path: Option<&str>, rule: Option<&str>) -> Artefact {
    Artefact {
        tool: Text::new(tool),
        project: Some(Text::new("shop/checkout")),
        cluster: None,
        path: path.map(Text::new),
        rule: rule.map(Text::new),
    }
}

fn cve() -> Artefact {
    artefact("trivy", Some(".trivyignore"), Some("CVE-2024-1"))
}

fn with(ends: &str, artefact: Artefact) -> Record {
    let mut record = record("E-1", "2026-01-01", ends);
    record.artefacts = vec![artefact];
    record
}

fn whole(tool: &'static str) -> Look {
    Look { tool, home: project(), path: None, seen_at: at(SEEN), gap: None }
}

fn file(tool: &'static str, path: &str, gap: Option<&str>) -> Look {
    Look { path: Some(Text::new(path)), gap: gap.map(Text::new), ..whole(tool) }
}

fn compare(
    records: &[(&Record, ExceptionState)],
    natives: &[Native],
    looks: &[Look],
) -> Reconciled {
    let survey = Survey { records, records_seen_at: Some(at(SEEN)), natives, looks };
    reconcile(&survey, at(NOW))
}

/// The kinds and the records that they concern.
fn kinds(found: &Reconciled) -> Vec<(DriftKind, Option<&str>)> {
    found.drifts.iter().map(|one| (one.kind, one.record.as_deref())).collect()
}

fn because(found: &Reconciled) -> Vec<(DriftKind, &str)> {
    found.undecided.iter().map(|one| (one.question, &*one.because)).collect()
}

#[test]
fn what_a_record_allows_until_the_same_day_is_no_drift() {
    let record = with("2026-03-31", cve());
    let natives = natives(".trivyignore", "CVE-2024-1 exp:2026-03-31");
    let found = compare(&[(&record, ExceptionState::Active)], &natives, &[whole("trivy")]);
    assert_eq!(found, Reconciled::default());
}

#[test]
fn what_no_record_names_is_unregistered() {
    let found =
        compare(&[], &natives(".trivyignore", "CVE-2024-1 exp:2026-03-31"), &[whole("trivy")]);
    assert_eq!(kinds(&found), [(DriftKind::Unregistered, None)]);
    let drift = &found.drifts[0];
    assert_eq!(&*drift.id, "unregistered:trivy:shop/checkout:.trivyignore:CVE-2024-1");
    assert!(drift.next_step.contains(".trivyignore of shop/checkout"));
    let seen_at = Some(at(SEEN));
    let told =
        |field, value: &str, source| Evidence { field, value: Text::new(value), source, seen_at };
    let wanted = [
        told(".trivyignore", "CVE-2024-1 at .trivyignore:1 in shop/checkout", "gitlab"),
        told("end", "2026-03-31, 00:00 UTC at its start", "gitlab"),
        told("record", "none names it", "register"),
    ];
    assert_eq!(drift.evidence, wanted);
}

#[test]
fn what_has_ended_or_is_not_heeded_is_no_drift() {
    let text = "CVE-2024-1 exp:2026-03-10\nCVE-2024-2 exp:soon\n";
    let found = compare(&[], &natives(".trivyignore", text), &[whole("trivy")]);
    assert_eq!(found, Reconciled::default());
}

#[test]
fn a_record_of_another_rule_path_or_project_does_not_speak_for_it() {
    let natives = natives(".trivyignore", "CVE-2024-1 exp:2026-03-31");
    let mut elsewhere = cve();
    elsewhere.project = Some(Text::new("shop/other"));
    let others = [
        artefact("trivy", Some(".trivyignore"), Some("CVE-2024-2")),
        artefact("trivy", Some("a/.trivyignore"), Some("CVE-2024-1")),
        artefact("grype", Some(".trivyignore"), Some("CVE-2024-1")),
        elsewhere,
    ];
    for other in others {
        let record = with("2026-03-31", other.clone());
        let found = compare(&[(&record, ExceptionState::Active)], &natives, &[]);
        assert_eq!(kinds(&found), [(DriftKind::Unregistered, None)], "{other:?}");
    }
}

#[test]
fn a_record_may_name_the_file_or_the_rule_alone() {
    let natives = natives(".trivyignore", "CVE-2024-1 exp:2026-03-31");
    let names = [
        artefact("trivy", Some("./.trivyignore"), None),
        artefact("trivy", None, Some("CVE-2024-1")),
    ];
    for name in names {
        let record = with("2026-03-31", name);
        let found = compare(&[(&record, ExceptionState::Active)], &natives, &[]);
        assert_eq!(found, Reconciled::default());
    }
}

#[test]
fn an_artefact_without_a_project_lies_in_the_projects_of_its_record() {
    let record = with("2026-03-31", Artefact { project: None, ..cve() });
    let natives = natives(".trivyignore", "CVE-2024-1 exp:2026-03-31");
    let found = compare(&[(&record, ExceptionState::Active)], &natives, &[]);
    assert_eq!(found, Reconciled::default());
}

#[test]
fn what_begins_later_allows_nothing_yet() {
    let mut record = with("2026-03-31", cve());
    record.starts_at = stamp("2026-03-20");
    let natives = natives(".trivyignore", "CVE-2024-1 exp:2026-03-31");
    let found = compare(&[(&record, ExceptionState::Scheduled)], &natives, &[]);
    assert_eq!(kinds(&found), [(DriftKind::Unregistered, Some("E-1"))]);
    assert!(found.drifts[0].next_step.contains("until E-1 begins"));
}

#[test]
fn what_outlives_its_record_is_a_zombie_in_every_way_that_it_may_end() {
    let natives = natives(".trivyignore", "CVE-2024-1 exp:2026-03-31");
    let states = [
        ExceptionState::Expired,
        ExceptionState::Superseded,
        ExceptionState::Revoked,
        ExceptionState::Closed,
    ];
    for state in states {
        let record = with("2026-03-01", cve());
        let found = compare(&[(&record, state)], &natives, &[whole("trivy")]);
        assert_eq!(kinds(&found), [(DriftKind::Zombie, Some("E-1"))], "{state:?}");
        assert_eq!(found.undecided, [], "{state:?}");
    }
}

#[test]
fn a_zombie_of_a_revoked_record_says_since_when() {
    let mut record = with("2026-03-31", cve());
    let (by, reason) = (Text::new("lena"), Text::new("fixed"));
    record.revocation = Some(Decision { at: stamp("2026-03-05T10:00:00Z"), by, reason });
    let natives = natives(".trivyignore", "CVE-2024-1 exp:2026-03-31");
    let found = compare(&[(&record, ExceptionState::Revoked)], &natives, &[]);
    let last = found.drifts[0].evidence.last().unwrap();
    assert_eq!((last.field, &*last.value), ("revocation", "2026-03-05T10:00:00Z"));
}

#[test]
fn a_record_that_is_over_and_whose_artefact_is_gone_is_as_it_should_be() {
    let record = with("2026-03-01", cve());
    let found = compare(&[(&record, ExceptionState::Expired)], &[], &[whole("trivy")]);
    assert_eq!(found, Reconciled::default());
}

#[test]
fn a_renewal_that_names_the_artefact_keeps_it_from_being_a_zombie() {
    let old = with("2026-03-01", cve());
    let mut new = with("2026-03-31", cve());
    new.id = Text::new("E-2");
    let natives = natives(".trivyignore", "CVE-2024-1 exp:2026-03-31");
    let records = [(&old, ExceptionState::Superseded), (&new, ExceptionState::Active)];
    assert_eq!(compare(&records, &natives, &[whole("trivy")]), Reconciled::default());
}

#[test]
fn an_artefact_that_is_not_where_it_was_looked_for_is_an_orphan() {
    let record = with("2026-03-31", cve());
    for looks in [vec![whole("trivy")], vec![file("trivy", ".trivyignore", None)]] {
        let found = compare(&[(&record, ExceptionState::Active)], &[], &looks);
        assert_eq!(kinds(&found), [(DriftKind::Orphan, Some("E-1"))]);
        assert_eq!(found.undecided, []);
        let evidence = &found.drifts[0].evidence[0];
        assert_eq!(&*evidence.value, "trivy in shop/checkout .trivyignore: not there");
        assert_eq!(evidence.seen_at, Some(at(SEEN)));
    }
}

#[test]
fn nothing_is_an_orphan_where_nobody_looked() {
    let record = with("2026-03-31", cve());
    for looks in [vec![], vec![whole("grype")], vec![file("trivy", "a/.trivyignore", None)]] {
        let found = compare(&[(&record, ExceptionState::Active)], &[], &looks);
        assert_eq!(found.drifts, []);
        assert_eq!(because(&found), [(DriftKind::Orphan, "nobody looked there for `trivy`")]);
    }
}

#[test]
fn nothing_is_an_orphan_where_the_look_failed_and_the_closer_look_counts() {
    let record = with("2026-03-31", cve());
    let gap = file("trivy", ".trivyignore", Some("GitLab says 403"));
    for looks in [vec![gap.clone()], vec![whole("trivy"), gap]] {
        let found = compare(&[(&record, ExceptionState::Active)], &[], &looks);
        assert_eq!(because(&found), [(DriftKind::Orphan, "GitLab says 403")]);
        assert_eq!(found.drifts, []);
    }
}

#[test]
fn an_artefact_without_a_path_may_lie_in_the_file_that_was_not_read() {
    let record = with("2026-03-31", artefact("trivy", None, Some("CVE-2024-1")));
    let looks = [whole("trivy"), file("trivy", "a/.trivyignore", Some("the file is no UTF-8"))];
    let found = compare(&[(&record, ExceptionState::Active)], &[], &looks);
    assert_eq!(because(&found), [(DriftKind::Orphan, "the file is no UTF-8")]);
    let found = compare(&[(&record, ExceptionState::Active)], &[], &looks[..1]);
    assert_eq!(kinds(&found), [(DriftKind::Orphan, Some("E-1"))]);
}

#[test]
fn a_file_that_only_a_glob_would_name_is_gone_only_where_it_was_looked_for() {
    let record = with("2026-03-31", artefact("checkov", Some("main.tf"), Some("CKV_AWS_20")));
    let records = [(&record, ExceptionState::Active)];
    let found = compare(&records, &[], &[whole("checkov")]);
    let why = "no glob of `exceptions.native` is known to name main.tf";
    assert_eq!(because(&found), [(DriftKind::Orphan, why)]);
    let found = compare(&records, &[], &[whole("checkov"), file("checkov", "main.tf", None)]);
    assert_eq!(kinds(&found), [(DriftKind::Orphan, Some("E-1"))]);
}

#[test]
fn a_record_that_is_over_cannot_be_told_to_be_done_where_nobody_looked() {
    let record = with("2026-03-01", cve());
    let found = compare(&[(&record, ExceptionState::Expired)], &[], &[]);
    assert_eq!(because(&found), [(DriftKind::Zombie, "nobody looked there for `trivy`")]);
}

#[test]
fn what_names_no_place_or_an_unknown_tool_cannot_be_told() {
    let nameless = with("2026-03-31", artefact("trivy", None, None));
    let unknown = with("2026-03-31", artefact("gitlab-runner", Some("a.toml"), None));
    let mut homeless = with("2026-03-31", Artefact { project: None, ..cve() });
    homeless.scope.projects.clear();
    let told = [
        (nameless, "its artefact names neither a path nor a rule"),
        (unknown, "nothing here reads `gitlab-runner`"),
        (homeless, "its artefact names no project and no cluster"),
    ];
    for (record, why) in told {
        let found = compare(&[(&record, ExceptionState::Active)], &[], &[whole("trivy")]);
        assert_eq!(because(&found), [(DriftKind::Orphan, why)]);
        assert_eq!(found.drifts, []);
    }
}

#[test]
fn an_artefact_that_its_tool_passes_over_is_an_orphan_that_says_why() {
    let record = with("2026-03-31", cve());
    let natives = natives(".trivyignore", "CVE-2024-1 exp:soon");
    let found = compare(&[(&record, ExceptionState::Active)], &natives, &[whole("trivy")]);
    assert_eq!(kinds(&found), [(DriftKind::Orphan, Some("E-1"))]);
    assert!(found.drifts[0].evidence.iter().any(|one| one.field == "not heeded"));
}

#[test]
fn a_form_that_knows_no_end_is_unbounded_whether_a_record_names_it_or_not() {
    let natives = natives(".grype.yaml", "ignore:\n  - vulnerability: CVE-2024-1\n");
    let found = compare(&[], &natives, &[whole("grype")]);
    assert_eq!(kinds(&found), [(DriftKind::Unregistered, None), (DriftKind::Unbounded, None)]);
    let record = with("2026-03-31", artefact("grype", Some(".grype.yaml"), Some("CVE-2024-1")));
    let found = compare(&[(&record, ExceptionState::Active)], &natives, &[whole("grype")]);
    assert_eq!(kinds(&found), [(DriftKind::Unbounded, Some("E-1"))]);
    assert!(
        found.drifts[0]
            .next_step
            .contains("remove it from .grype.yaml of shop/checkout by 2026-03-31")
    );
}

#[test]
fn an_end_that_was_not_set_is_unbounded_and_one_that_was_is_not() {
    let record = with("2026-03-31", cve());
    let records = [(&record, ExceptionState::Active)];
    let found = compare(&records, &natives(".trivyignore", "CVE-2024-1"), &[]);
    assert_eq!(kinds(&found), [(DriftKind::Unbounded, Some("E-1"))]);
    assert!(found.drifts[0].next_step.contains("set its end"));
    let found = compare(&records, &natives(".trivyignore", "CVE-2024-1 exp:2026-03-31"), &[]);
    assert_eq!(kinds(&found), []);
}

#[test]
fn another_day_is_a_mismatch_and_an_instant_within_the_day_is_none() {
    let told = [
        ("2026-03-31", 0),
        ("2026-03-31T18:00:00Z", 0),
        ("2026-03-31T23:59:59Z", 0),
        ("2026-04-01T01:00:00+02:00", 0),
        ("2026-03-30T23:59:59Z", 1),
        ("2026-04-01", 1),
        ("2026-04-01T00:00:00Z", 1),
    ];
    for (ends, count) in told {
        let record = with(ends, cve());
        let natives = natives(".trivyignore", "CVE-2024-1 exp:2026-03-31");
        let found = compare(&[(&record, ExceptionState::Active)], &natives, &[]);
        assert_eq!(kinds(&found), vec![(DriftKind::Mismatch, Some("E-1")); count], "{ends}");
    }
}

#[test]
fn instants_are_a_mismatch_from_a_minute_on() {
    let text = "[[IgnoredVulns]]\nid = \"CVE-2024-1\"\nignoreUntil = 2026-03-31T18:00:00Z\n";
    let natives = natives("osv-scanner.toml", text);
    for (ends, count) in [("2026-03-31T18:00:59Z", 0), ("2026-03-31T18:01:00Z", 1)] {
        let record =
            with(ends, artefact("osv-scanner", Some("osv-scanner.toml"), Some("CVE-2024-1")));
        let found = compare(&[(&record, ExceptionState::Active)], &natives, &[]);
        assert_eq!(kinds(&found).len(), count, "{ends}");
    }
}

#[test]
fn a_tool_that_stopped_before_the_record_ends_is_a_mismatch() {
    let record = with("2026-03-31", cve());
    let natives = natives(".trivyignore", "CVE-2024-1 exp:2026-03-05");
    let found = compare(&[(&record, ExceptionState::Active)], &natives, &[whole("trivy")]);
    assert_eq!(kinds(&found), [(DriftKind::Mismatch, Some("E-1"))]);
    assert!(found.drifts[0].next_step.contains("the tool stops it earlier"));
}

#[test]
fn artefacts_with_one_name_keep_ids_of_their_own_that_no_line_changes() {
    let ids = |text: &str| -> Vec<String> {
        let found = compare(&[], &natives("main.tf", text), &[]);
        let all = found.drifts.iter().filter(|one| one.kind == DriftKind::Unregistered);
        all.map(|one| one.id.to_string()).collect()
    };
    let id = "unregistered:checkov:shop/checkout:main.tf:CKV_1";
    let text = "# checkov:skip=CKV_1\n# checkov:skip=CKV_1\n";
    assert_eq!(ids(text), [id.to_owned(), format!("{id}#2")]);
    assert_eq!(ids(&format!("\n\n{text}")), ids(text));
}

#[test]
fn the_gravest_comes_first() {
    let record = with("2026-03-01", cve());
    let natives = natives(".trivyignore", "CVE-2024-2\nCVE-2024-1 exp:2026-03-31\n");
    let found = compare(&[(&record, ExceptionState::Expired)], &natives, &[whole("trivy")]);
    let order: Vec<DriftKind> = found.drifts.iter().map(|one| one.kind).collect();
    assert_eq!(order, [DriftKind::Zombie, DriftKind::Unregistered, DriftKind::Unbounded]);
}

#[test]
fn a_cluster_and_a_silence_are_places_too() {
    let bare = |tool: Tool, home: Home, path: &str, rule: &str| Native {
        tool,
        home,
        bound: Bound::Until(stamp("2026-03-31")),
        ..natives(".trivyignore", &format!("{rule} #"))
            .into_iter()
            .map(|native| Native { path: Text::new(path), ..native })
            .next()
            .unwrap()
    };
    let edge = Home::Cluster(Text::new("edge"));
    let found = [
        bare(Tool::KyvernoCel, edge, "ci/builder", "no-root"),
        bare(Tool::Silence, Home::Alertmanager, "4f1c", "tier"),
    ];
    let mut record = with(
        "2026-03-31",
        Artefact {
            project: None,
            cluster: Some(Text::new("edge")),
            ..artefact("kyverno", Some("ci/builder"), None)
        },
    );
    record
        .artefacts
        .push(Artefact { project: None, ..artefact("alertmanager", Some("4f1c"), None) });
    let found = compare(&[(&record, ExceptionState::Active)], &found, &[]);
    assert_eq!(found, Reconciled::default());
}

#[test]
fn many_records_over_one_file_are_compared_in_no_time() {
    let lines: Vec<String> = (0..20_000).map(|at| format!("CVE-{at} exp:2026-03-31")).collect();
    let natives = natives(".trivyignore", &lines.join("\n"));
    let all = artefact("trivy", Some(".trivyignore"), None);
    let records: Vec<Record> = (0..20_000).map(|_| with("2026-03-31", all.clone())).collect();
    let records: Vec<_> = records.iter().map(|one| (one, ExceptionState::Active)).collect();
    assert_eq!(compare(&records, &natives, &[whole("trivy")]), Reconciled::default());
}
