//! What hides in repositories, on GitLab and in the cluster is found against the register, all of it and nothing else.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use watchfloor::cli::{self, Surroundings};
use watchfloor::domain::{Drift, GapKind, Sighting, SourceId, Tool};
use watchfloor::sim::{self, EXPECTED_DRIFT, Fault, GitlabPlan, Options, ScriptedPush, Sim};

use crate::harness::{self, Console};

/// What the register of the simulated platform is called in a configuration.
fn register() -> Value {
    json!({"project": sim::REGISTER, "native": ["*.tf"]})
}

/// The console on a scenario, with a register.
async fn console(scenario: &str) -> Console {
    let console = Console::rigged(scenario, |rig| {
        rig.config["exceptions"] = register();
        // Rights are read at the same time, out of the same budget.
        rig.config["gitlab"]["requests_per_minute"] = json!(60_000);
    })
    .await;
    console.sim().world().freeze();
    console
}

/// Whether every feed that a comparison rests on was read.
fn is_read(console: &Console) -> bool {
    [(SourceId::NATIVES, 2), (SourceId::EXCEPTIONS, 1), (SourceId::SILENCES, 1)].iter().all(
        |(source, scopes)| {
            let reports = console.app().state.reports();
            let read = reports.filter(|(key, _)| key.source == *source);
            read.filter(|(_, report)| report.confirmed_at.is_some()).count() == *scopes
        },
    )
}

/// The pieces by which the simulator names a difference.
fn told(drift: &Drift) -> [String; 5] {
    let kind = drift.kind.word().to_owned();
    let Some(native) = &drift.native else {
        let artefact = drift.artefact.as_ref().expect("an orphan has an artefact");
        let part = |part: &Option<watchfloor::domain::Text>| {
            part.as_ref().map(ToString::to_string).unwrap_or_default()
        };
        let home = part(&artefact.project.clone().or(artefact.cluster.clone()));
        return [kind, artefact.tool.to_string(), home, part(&artefact.path), part(&artefact.rule)];
    };
    let (path, rule) = (native.path.to_string(), native.rule.to_string());
    let (path, rule) = match native.tool {
        Tool::GitlabMember | Tool::GitlabToken => (String::new(), path),
        Tool::GitlabDismissal => (String::new(), rule),
        Tool::GitlabBypass => {
            let who = rule.rsplit(": ").next().expect("a rule").to_owned();
            (path, who.trim_start_matches("access ").to_owned())
        }
        Tool::KyvernoClassic => (path, rule.split('/').next().expect("a rule").to_owned()),
        _ => (path, rule),
    };
    [kind, native.tool.name().to_owned(), native.home.to_string(), path, rule]
}

fn found(console: &Console) -> BTreeSet<[String; 5]> {
    console.app().state.drifts().iter().map(told).collect()
}

fn expected() -> BTreeSet<[String; 5]> {
    let all = EXPECTED_DRIFT.into_iter();
    all.map(|(kind, tool, home, path, rule)| [kind, tool, home, path, rule].map(String::from))
        .collect()
}

/// Every place that was not looked at: its tool, where, and of which kind the gap is.
fn missed(console: &Console) -> BTreeSet<(&'static str, String, GapKind)> {
    let seen = console.app().state.sightings().iter();
    let gap = |one: &Sighting| Some((one.tool, one.home.to_string(), one.gap.as_ref()?.kind));
    seen.filter_map(|(_, row)| gap(&row.value)).collect()
}

/// How many blobs the platform was asked for.
fn blobs(console: &Console) -> usize {
    let is_blob = |line: &&String| line.contains("/repository/blobs/");
    console.asked().iter().filter(is_blob).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_drifts_is_found_and_nothing_that_only_looks_like_it() {
    let mut console = console("calm").await;
    console.until("everything to be read", |console| is_read(console)).await;
    assert_eq!(found(&console), expected());
    assert_eq!(console.app().state.drifts().len(), EXPECTED_DRIFT.len());
    assert_eq!(console.app().state.drifts().undecided(), 0);
    console.press("5 tab tab").sees("CVE-2026-10077").await;
    console.sees("unregistered").await;
    console.press("/").type_in("tool:kyverno").press("enter").sees("legacy-host-path").await;
    console.press("enter").sees("what proves it").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_round_asks_for_no_blob_again_but_for_one_that_is_new() {
    let mut console = console("calm").await;
    console.until("everything to be read", |console| is_read(console)).await;
    let first = blobs(&console);
    assert!(first >= 4, "{first} blobs");
    let trees = |console: &Console| {
        console.asked().iter().filter(|line| line.contains("/repository/tree")).count()
    };
    let before = trees(&console);
    let push = ScriptedPush {
        at_seconds: 0.0,
        project: "acme/payments/api".to_owned(),
        branch: "main".to_owned(),
        path: "app/.trivyignore".to_owned(),
        text: "CVE-2026-10099\n".to_owned(),
        by: "deniz.placeholder".to_owned(),
    };
    assert!(console.sim().world().push(&push));
    console.press("f5");
    let is_found =
        |console: &Console| found(console).iter().any(|[.., rule]| rule == "CVE-2026-10099");
    console.until("the new exception", |console| is_found(console)).await;
    assert!(trees(&console) > before);
    assert_eq!(blobs(&console), first + 1);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_looked_at_is_listed_with_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bare.toml");
    let text = "summary = \"a plan that has little, and no Kyverno\"\n\
                [exceptions]\nplan = \"free\"\nkyverno = false\n";
    fs::write(&file, text).expect("written");
    let mut console = console(&file.display().to_string()).await;
    let path = "/api/v4/projects/acme%2Fpayments%2Fledger/*";
    let fault = Fault { path: Some(path.to_owned()), status: Some(403), ..Fault::default() };
    console.sim().world().fault(fault);
    console.press("f5").until("everything to be read", |console| is_read(console)).await;
    let ledger = |console: &Console| {
        missed(console)
            .iter()
            .filter(|(_, home, kind)| home == "acme/payments/ledger" && *kind == GapKind::Refused)
            .count()
    };
    console.until("the refusals", |console| ledger(console) == 7).await;
    let missed = missed(&console);
    let dismissals = |one: &&(&str, String, GapKind)| {
        (one.0, one.2) == ("gitlab-dismissal", GapKind::Unavailable)
    };
    assert_eq!(missed.iter().filter(dismissals).count(), console.app().state.projects().len());
    assert!(missed.contains(&("kyverno", "ci".to_owned(), GapKind::Unavailable)));
    let drifts = found(&console);
    assert!(drifts.iter().all(|[_, tool, ..]| tool != "kyverno" && tool != "gitlab-dismissal"));
    // What was not looked at is not gone.
    let is_of_ledger = |drift: &[String; 5]| drift[2] == "acme/payments/ledger";
    assert!(!drifts.iter().any(is_of_ledger));
    console.press("5 tab tab tab").sees("not available").await;
    console.sees("refused").await;
    console.finish().await;
}

/// A look of the command line over a platform.
async fn got(sim: &Sim, folder: &TempDir, words: &[&str]) -> Value {
    let mut config = harness::config(sim, folder);
    config["exceptions"] = register();
    harness::write_config(&config, folder);
    let dir = folder.path().display().to_string();
    let path = folder.path().join("config.toml").display().to_string();
    let places = ["--config", &path, "--cache-dir", &dir, "--state-dir", &dir];
    let line = [["watchfloor", "get"].as_slice(), words, &places].concat();
    let line: Vec<OsString> = line.into_iter().map(OsString::from).collect();
    let run = move || {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let environment = [].into();
        cli::run(line, Surroundings { out: &mut out, err: &mut err, environment });
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (text(out), text(err))
    };
    let (out, err) = tokio::task::spawn_blocking(run).await.expect("it ends");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_look_of_the_command_line_goes_where_the_records_lead() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("requests.jsonl");
    let options = Options { requests_log: Some(log.clone()), ..Options::from("calm") };
    let sim = sim::start(options).await.expect("the simulator starts");
    sim.world().guard(|rules| rules.plan = GitlabPlan::Ultimate);
    let document = got(&sim, &folder, &["exceptions", "-o", "json"]).await;
    assert_eq!(document["complete"], true, "{document:#}");
    let items = document["items"].as_array().expect("items");
    let findings = |id: &str| -> Vec<String> {
        let item = items.iter().find(|item| item["id"] == id).expect("a record");
        let all = item["findings"].as_array().expect("findings").iter();
        let all = all.map(|code| code.as_str().expect("a code").to_owned());
        all.filter(|code| code.starts_with("drift.")).collect()
    };
    assert_eq!(findings("EXC-2026-003"), ["drift.zombie"]);
    assert_eq!(findings("EXC-2026-009"), ["drift.orphan"]);
    assert_eq!(findings("EXC-2026-010"), ["drift.mismatch"]);
    for id in ["EXC-2026-002", "EXC-2026-008", "EXC-2026-012", "EXC-2026-013"] {
        assert_eq!(findings(id), [""; 0], "{id}");
    }
    let asked = fs::read_to_string(&log).expect("the log");
    let trees = asked.lines().filter(|line| line.contains("/repository/tree")).count();
    assert!(trees <= 8, "{trees} trees for the projects that records name, and the register");
    tokio::time::timeout(Duration::from_secs(20), sim.stop()).await.expect("it ends");
}
