//! Requests for exceptions are decided on by somebody who had no part in them, as they were reviewed, each step once.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use watchfloor::action::{ABANDONED_AFTER, Denied, Desk, Found, Gate, Refused};
use watchfloor::api::Wiring;
use watchfloor::audit::Ledger;
use watchfloor::config::{ExceptionSettings, Settings, Writes};
use watchfloor::domain::{
    ActReport as Report, Deed, Ending, Intent, Proposal, Seen, Target, Text, act_advice, find_act,
};
use watchfloor::runtime::Clock;
use watchfloor::sim::{self, Fault, Options, ScriptedPush, Sim};

use crate::harness::{self, settings};

const REGISTER: &str = "acme/platform/exceptions";

/// The request of `bruno.example`, by which `emeka.specimen` gains: EXC-2026-015.
const BRUNOS: &str = "EXC-2026-015";

/// The request of the token's own person, `ada.sample`.
const OWN: &str = "EXC-2026-016";

/// A platform with its register, and a desk before it.
struct Stage {
    sim: Sim,
    desk: Desk,
    gate: Gate,
    ledger: PathBuf,
    requests: PathBuf,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Stage {
        Stage::as_person("").await
    }

    /// The same with somebody else's token in the config file.
    async fn as_person(login: &str) -> Stage {
        let folder = tempfile::tempdir().expect("a folder");
        let requests = folder.path().join("requests.jsonl");
        let options = Options { requests_log: Some(requests.clone()), ..Options::from("quiet") };
        let sim = sim::start(options).await.expect("the platform starts");
        let ledger = folder.path().join("state").join("audit.db");
        let desk = desk(&with_register(settings(&sim, &folder)), &ledger);
        if !login.is_empty() {
            harness::write(&folder, "token", &sim.token_of(login));
        }
        let mut gate = Gate::new(Writes::Arm, Duration::from_mins(15));
        gate.arm(Clock::wall().now()).expect("armed");
        Stage { sim, desk, gate, ledger, requests, folder }
    }

    /// What GitLab answers to whoever the token of the config file is of.
    async fn read(&self, path: &str) -> Value {
        let url =
            format!("{}/api/v4/projects/{}", self.sim.gitlab_url(), REGISTER.replace('/', "%2F"));
        let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build();
        let asked = client.expect("a client").get(format!("{url}{path}"));
        let asked = asked.header("PRIVATE-TOKEN", self.sim.token());
        asked.send().await.expect("an answer").json().await.expect("a document")
    }

    /// The number of the merge request about a record.
    async fn iid(&self, record: &str) -> u64 {
        let all = self.read("/merge_requests?state=all&per_page=100").await;
        let all = all.as_array().expect("a list");
        let found = all
            .iter()
            .find(|one| one["title"].as_str().is_some_and(|title| title.starts_with(record)));
        found.and_then(|one| one["iid"].as_u64()).expect("it is there")
    }

    async fn request(&self, record: &str) -> Value {
        let iid = self.iid(record).await;
        self.read(&format!("/merge_requests/{iid}")).await
    }

    async fn state(&self, record: &str) -> String {
        self.request(record).await["state"].as_str().expect("a state").to_owned()
    }

    /// What people said of a request, the newest first.
    async fn notes(&self, record: &str) -> Vec<String> {
        let iid = self.iid(record).await;
        let notes = self.read(&format!("/merge_requests/{iid}/notes")).await;
        let notes = notes.as_array().expect("a list").iter();
        let said = notes.filter(|one| one["system"] == json!(false));
        said.filter_map(|one| one["body"].as_str()).map(str::to_owned).collect()
    }

    /// A decision about a record's request, confirmed by the id of the record.
    async fn proposal(&self, act: &str, record: &str) -> Proposal {
        let target = Target::Request(Text::new(REGISTER), self.iid(record).await);
        Proposal {
            typed: Some(Text::new(record)),
            called: Some(Text::new(record)),
            reason: Some(Text::new("the season begins")),
            ..Proposal::new(find_act(act).expect("a known act"), target)
        }
    }

    async fn decide(&self, act: &str, record: &str) -> Result<Report, Refused> {
        self.perform(self.proposal(act, record).await).await
    }

    async fn perform(&self, proposal: Proposal) -> Result<Report, Refused> {
        let mut reports = self.desk.perform(&self.gate, &[proposal]).await?;
        reports.pop().expect("one proposal, one report")
    }

    async fn look(&self, record: &str) -> Seen {
        let target = Target::Request(Text::new(REGISTER), self.iid(record).await);
        self.desk.look(&target).await.expect("readable")
    }

    fn deeds(&self) -> Vec<Deed> {
        let Ok(ledger) = Ledger::read_at(&self.ledger) else { return Vec::new() };
        assert_eq!(ledger.verify(None).expect("readable").broken, None);
        ledger.deeds().expect("readable")
    }

    /// The acts of the ledger, with how they ended.
    fn endings(&self) -> Vec<(String, Option<Ending>)> {
        let ending = |deed: &Deed| deed.outcome.as_ref().map(|(_, outcome)| outcome.ending);
        self.deeds().iter().map(|deed| (deed.act.to_string(), ending(deed))).collect()
    }

    /// The changing requests that GitLab received: the method and the end of the path of each.
    fn changes(&self) -> Vec<String> {
        let log = fs::read_to_string(&self.requests).expect("the log of requests");
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let told = lines.filter_map(|line| {
            let (method, path) = (line["method"].as_str()?.to_owned(), line["path"].as_str()?);
            let is_change =
                matches!(method.as_str(), "POST" | "PUT") && path.contains("/merge_requests/");
            let end = path.rsplit('/').next().unwrap_or_default().to_owned();
            is_change.then(|| format!("{method} {end}"))
        });
        told.collect()
    }

    /// Somebody changes the record of a request after it was reviewed.
    async fn push(&self, record: &str) {
        let branch = self.request(record).await["source_branch"].as_str().expect("one").to_owned();
        let pushed = self.sim.world().push(&ScriptedPush {
            at_seconds: 0.0,
            project: REGISTER.to_owned(),
            branch,
            path: format!("exceptions/{record}.yaml"),
            text: "id: something else\n".to_owned(),
            by: "bruno.example".to_owned(),
        });
        assert!(pushed);
    }
}

/// Settings whose register is that of the platform.
fn with_register(mut settings: Settings) -> Settings {
    settings.exceptions = Some(ExceptionSettings {
        project: REGISTER.to_owned(),
        reference: "main".to_owned(),
        path: "exceptions".to_owned(),
        max_ttl: [("default".to_owned(), Duration::from_hours(24 * 90))].into(),
        warn_before: Vec::new(),
        max_renewals: 2,
        native: Vec::new(),
    });
    settings
}

fn desk(settings: &Settings, ledger: &std::path::Path) -> Desk {
    let os = (Text::new("tester"), Text::new("here"));
    Desk::new(settings, ledger, os, Wiring::new(|| Clock::wall().now(), |_| None))
}

/// A fault on the changing requests to paths that end so.
fn on(method: &str, end: &str, fault: Fault) -> Fault {
    let path = format!("/api/v4/projects/*/merge_requests/*{end}");
    Fault { method: Some(method.to_owned()), path: Some(path), ..fault }
}

fn facts(seen: &Seen, name: &str) -> Vec<String> {
    let named = seen.facts.iter().filter(|(known, _)| &**known == name);
    named.map(|(_, told)| told.to_string()).collect()
}

fn is_objection(refused: &Result<Report, Refused>, words: &str) -> bool {
    matches!(refused, Err(Refused::Objection(why)) if why.contains(words))
}

fn said(report: &Report) -> String {
    report.outcome.message.as_ref().map(ToString::to_string).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_of_somebody_else_is_approved_and_merged_each_with_its_own_record() {
    let stage = Stage::new().await;
    let head = stage.request(BRUNOS).await["sha"].as_str().expect("a head").to_owned();
    let report = stage.decide("exception.approve", BRUNOS).await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Done, "{}", said(&report));
    assert!(said(&report).starts_with("approved; merged at "), "{}", said(&report));
    assert_eq!(stage.state(BRUNOS).await, "merged");
    assert_eq!(stage.changes(), ["POST approve", "PUT merge"]);
    let done = |act: &str| (act.to_owned(), Some(Ending::Done));
    assert_eq!(stage.endings(), [done("exception.approve"), done("exception.merge")]);
    for deed in stage.deeds() {
        let told = [("record", BRUNOS), ("sha", head.as_str())];
        let told = told.map(|(name, value)| (Text::new(name), Text::new(value)));
        assert_eq!(deed.settings, told);
        assert_eq!(&*deed.target, format!("{REGISTER}!{}", stage.iid(BRUNOS).await));
        assert_eq!(
            (deed.reason.as_deref(), &*deed.actor.user),
            (Some("the season begins"), "ada.sample")
        );
    }
    let again = stage.decide("exception.approve", BRUNOS).await;
    assert!(is_objection(&again, "nothing left to decide"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_for_is_told_in_words_before_it_is_decided_on() {
    let stage = Stage::new().await;
    let seen = stage.look(BRUNOS).await;
    assert_eq!((&*seen.state, seen.bars.len()), ("opened", 0), "{:?}", seen.bars);
    let one = |name: &str| facts(&seen, name).join(" | ");
    assert_eq!(one("grant"), "EXC-2026-015: A bigger runner for the storefront (runner)");
    assert!(one("until").ends_with("Z (UTC)"), "{}", one("until"));
    assert_eq!(one("gains by it"), "emeka.specimen");
    assert_eq!(one("for"), "projects acme/web/storefront; tiers protected");
    assert_eq!((one("author").as_str(), one("conflicts").as_str()), ("bruno.example", "none"));
    assert_eq!(
        (one("lint").as_str(), one("pipeline").as_str()),
        ("nothing is wrong with it", "success")
    );
    assert_eq!(one("merge"), "not_approved: approvals are missing");
    assert_eq!(one("approvals"), "1 of 1 missing");
    assert!(one("may approve").contains("chiara.fiction") && !one("may approve").contains("bruno"));
    assert!(one("separation").starts_with("GitLab refuses authors"), "{}", one("separation"));
    assert!(facts(&seen, "not by you").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_flaws_and_the_conflict_of_a_request_are_told() {
    let stage = Stage::new().await;
    let seen = stage.look("Longer").await;
    let lint = facts(&seen, "lint");
    for code in ["[amended]", "[lifetime]", "[owner-missing]", "[approver-is-requester]"] {
        assert!(lint.iter().any(|told| told.ends_with(code)), "{code}: {lint:?}");
    }
    assert!(facts(&seen, "conflicts")[0].starts_with("yes"));
    assert_eq!(seen.called(), Some(&Text::new("EXC-2026-001")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gitlab_lets_through_is_said_before_it_is_decided_on() {
    let stage = Stage::new().await;
    let separation = async || facts(&stage.look(BRUNOS).await, "separation").join(" | ");
    stage.sim.world().guard(|rules| {
        rules.author_approval = true;
        rules.committer_approval = true;
        rules.reset_on_push = false;
    });
    let told = separation().await;
    for words in ["authors approve their own", "who wrote its commits approve", "after a push"] {
        assert!(told.contains(words), "{told}");
    }
    stage.sim.world().guard(|rules| rules.plan = sim::GitlabPlan::Free);
    let told = separation().await;
    assert!(told.contains("(Free)") && told.contains("only Watchfloor refuses it"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_approves_what_they_had_a_part_in_whatever_gitlab_allows() {
    for (login, record, words) in [
        ("", OWN, "ada.sample opened it"),
        ("bruno.example", BRUNOS, "bruno.example opened it"),
        ("emeka.specimen", BRUNOS, "emeka.specimen gains by it"),
    ] {
        let stage = Stage::as_person(login).await;
        stage.sim.world().guard(|rules| {
            rules.author_approval = true;
            rules.committer_approval = true;
        });
        for act in ["exception.approve", "exception.merge"] {
            let refused = stage.decide(act, record).await;
            assert!(is_objection(&refused, words), "{login} {act}: {refused:?}");
        }
        assert_eq!((stage.changes().len(), stage.deeds().len()), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_a_bot_nor_anybody_where_it_cannot_be_told_who_wrote_it_approves() {
    let stage = Stage::new().await;
    let graph_ql = Fault { status: Some(403), ..Fault::default() };
    stage.sim.world().fault(Fault { path: Some("/api/graphql".to_owned()), ..graph_ql });
    let refused = stage.decide("exception.approve", BRUNOS).await;
    assert!(is_objection(&refused, "who wrote its commits cannot be told"), "{refused:?}");
    assert_eq!((stage.changes().len(), stage.deeds().len()), (0, 0));

    let stage = Stage::new().await;
    stage.sim.world().token_owner("project_17_bot");
    let refused = stage.decide("exception.approve", BRUNOS).await;
    assert!(is_objection(&refused, "is a bot"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_we_are_not_who_we_think_gitlab_refuses_and_that_is_explained() {
    let stage = Stage::new().await;
    stage.look(BRUNOS).await;
    // Who we are is believed for a minute: the console still takes the token for Ada's.
    harness::write(&stage.folder, "token", &stage.sim.token_of("bruno.example"));
    let report = stage.decide("exception.approve", BRUNOS).await.expect("answered");
    assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Failed, Some(401)));
    let act = find_act("exception.approve").expect("known");
    let advice = act_advice(act, &report.outcome).expect("advice");
    assert!(advice.contains("you had a part in it"), "{advice}");
    assert_eq!(
        (stage.changes(), stage.state(BRUNOS).await),
        (vec!["POST approve".to_owned()], "opened".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_moved_after_it_was_read_is_approved_by_nobody() {
    let stage = Stage::new().await;
    let seen = stage.look(BRUNOS).await;
    let reviewed =
        Proposal { identity: seen.identity, ..stage.proposal("exception.approve", BRUNOS).await };
    stage.push(BRUNOS).await;
    let refused = stage.perform(reviewed).await;
    assert!(is_objection(&refused, "its head moved"), "{refused:?}");
    assert_eq!((stage.changes().len(), stage.deeds().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_moves_while_it_is_sent_is_told_by_409_and_nothing_is_merged() {
    let stage = Stage::new().await;
    let late = Fault { delay_ms: 700, ..Fault::default() };
    stage.sim.world().fault(on("POST", "/approve", late));
    let (report, ()) = tokio::join!(stage.decide("exception.approve", BRUNOS), async {
        while stage.changes().is_empty() && stage.deeds().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stage.push(BRUNOS).await;
    });
    let report = report.expect("answered");
    assert_eq!(
        (report.outcome.ending, report.outcome.status),
        (Ending::Failed, Some(409)),
        "{report:?}"
    );
    let act = find_act("exception.approve").expect("known");
    assert!(act_advice(act, &report.outcome).is_some_and(|words| words.contains("head moved")));
    assert_eq!(stage.changes(), ["POST approve"]);
    let request = stage.request(BRUNOS).await;
    assert_eq!(request["state"], json!("opened"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_that_is_only_scheduled_is_waited_for_until_it_is_merged() {
    let stage = Stage::new().await;
    stage.sim.world().guard(|rules| rules.merge_seconds = Some(2.0));
    let report = stage.decide("exception.approve", BRUNOS).await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Done, "{}", said(&report));
    assert!(said(&report).contains("merged at "), "{}", said(&report));
    assert_eq!(stage.state(BRUNOS).await, "merged");
    assert_eq!(stage.changes(), ["POST approve", "PUT merge"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_that_stays_scheduled_is_told_as_no_more_than_that() {
    let stage = Stage::new().await;
    stage.sim.world().guard(|rules| rules.merge_seconds = Some(3600.0));
    let report = stage.decide("exception.approve", BRUNOS).await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Done);
    assert!(said(&report).contains("has only scheduled it"), "{}", said(&report));
    assert_eq!(stage.state(BRUNOS).await, "opened");
    let again = stage.decide("exception.merge", BRUNOS).await;
    assert!(is_objection(&again, "scheduled already"), "{again:?}");
    assert_eq!(stage.changes(), ["POST approve", "PUT merge"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gitlab_does_not_merge_is_explained_and_merged_alone_once_it_does() {
    let stage = Stage::new().await;
    let iid = stage.iid(BRUNOS).await;
    for (word, meaning) in [
        ("discussions_not_resolved", "a discussion is open"),
        ("ci_still_running", "its pipeline runs"),
        ("moon_phase", "this version does not know the word"),
    ] {
        stage.sim.world().merge_status(REGISTER, iid, Some(word));
        let seen = stage.look(BRUNOS).await;
        assert!(facts(&seen, "merge")[0].contains(meaning), "{:?}", facts(&seen, "merge"));
    }
    let report = stage.decide("exception.approve", BRUNOS).await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Done);
    assert!(said(&report).starts_with("approved; not merged: "), "{}", said(&report));
    assert!(said(&report).contains("moon_phase"), "{}", said(&report));
    let again = stage.decide("exception.approve", BRUNOS).await;
    assert!(is_objection(&again, "exception.merge merges it"), "{again:?}");
    assert_eq!(stage.changes(), ["POST approve"]);

    stage.sim.world().merge_status(REGISTER, iid, None);
    let report = stage.decide("exception.merge", BRUNOS).await.expect("sent");
    assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Done, Some(200)));
    assert_eq!((stage.changes().len(), stage.state(BRUNOS).await), (2, "merged".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_gitlab_demands_no_approval_one_is_wanted_here_before_anything_is_merged() {
    let stage = Stage::new().await;
    stage.sim.world().guard(|rules| rules.plan = sim::GitlabPlan::Free);
    let refused = stage.decide("exception.merge", BRUNOS).await;
    assert!(is_objection(&refused, "approve it first"), "{refused:?}");
    let report = stage.decide("exception.approve", BRUNOS).await.expect("sent");
    assert_eq!(
        (report.outcome.ending, stage.state(BRUNOS).await),
        (Ending::Done, "merged".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_of_the_merge_is_told_with_advice_and_the_approval_stands() {
    for status in [401, 403, 404, 405, 406, 409, 422] {
        let stage = Stage::new().await;
        let body = Some(format!("{{\"message\":\"{status} no\"}}"));
        let no = Fault { status: Some(status), body, ..Fault::default() };
        stage.sim.world().fault(on("PUT", "/merge", no));
        let report = stage.decide("exception.approve", BRUNOS).await.expect("answered");
        assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Failed, Some(status)));
        assert!(
            said(&report).starts_with("approved (record 1), then GitLab said no: "),
            "{}",
            said(&report)
        );
        let act = find_act("exception.approve").expect("known");
        assert!(act_advice(act, &report.outcome).is_some(), "{status}");
        let endings: Vec<_> = stage.endings().into_iter().map(|(_, ending)| ending).collect();
        assert_eq!(endings, [Some(Ending::Done), Some(Ending::Failed)]);
        assert_eq!(stage.changes(), ["POST approve", "PUT merge"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_any_step_is_cleared_up_by_a_look_and_never_resent() {
    for (act, method, end, requests) in [
        ("exception.approve", "POST", "/approve", ["POST approve", "PUT merge"]),
        ("exception.approve", "PUT", "/merge", ["POST approve", "PUT merge"]),
        ("exception.refuse", "POST", "/notes", ["POST notes", "PUT close"]),
        ("exception.refuse", "PUT", "", ["POST notes", "PUT close"]),
    ] {
        for fault in [
            Fault { close: true, ..Fault::default() },
            Fault { status: Some(504), done: true, ..Fault::default() },
        ] {
            let stage = Stage::new().await;
            let close = format!("PUT {}", stage.iid(BRUNOS).await);
            stage.sim.world().fault(on(method, end, fault));
            let report = stage.decide(act, BRUNOS).await.expect("sent");
            assert_eq!(report.outcome.ending, Ending::Done, "{act} {end}: {}", said(&report));
            let expected =
                requests.map(|one| if one == "PUT close" { close.clone() } else { one.to_owned() });
            assert_eq!(stage.changes(), expected);
            let ended = if act == "exception.approve" { "merged" } else { "closed" };
            assert_eq!(stage.state(BRUNOS).await, ended);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_server_error_nothing_goes_on_and_nothing_is_sent_again() {
    for (act, method, end, count) in [
        ("exception.approve", "POST", "/approve", 1),
        ("exception.approve", "PUT", "/merge", 2),
        ("exception.refuse", "POST", "/notes", 1),
    ] {
        let stage = Stage::new().await;
        stage.sim.world().fault(on(method, end, Fault { status: Some(503), ..Fault::default() }));
        let report = stage.decide(act, BRUNOS).await.expect("sent");
        assert_eq!(report.outcome.ending, Ending::Unknown, "{act} {end}: {}", said(&report));
        assert_eq!((stage.changes().len(), stage.deeds().len()), (count, count));
        assert_eq!(stage.state(BRUNOS).await, "opened");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_that_a_crash_left_open_is_closed_by_a_look() {
    let stage = Stage::new().await;
    stage.sim.world().merge_status(REGISTER, stage.iid(BRUNOS).await, Some("draft_status"));
    stage.decide("exception.approve", BRUNOS).await.expect("sent");
    let deed = stage.deeds().pop().expect("a record");
    let later = Clock::wall().now().saturating_add(ABANDONED_AFTER).expect("an instant");
    let mut ledger = Ledger::open_at(&stage.ledger).expect("writable");
    for (act, ending) in [
        ("exception.approve", Ending::Done),
        ("exception.merge", Ending::Failed),
        ("exception.close", Ending::Unknown),
    ] {
        let intent = Intent {
            act,
            target: deed.target.clone(),
            settings: deed.settings.clone(),
            actor: deed.actor.clone(),
            reason: deed.reason.clone(),
            wire: deed.wire.clone(),
        };
        let opened =
            Clock::wall().now().saturating_add(Duration::from_secs(6)).expect("an instant");
        drop(ledger.open(intent, opened, opened).expect("writable").expect("permitted"));
        let found = stage.desk.reconcile(later + Duration::from_mins(1)).await.expect("readable");
        let Some(Found::Closed(outcome)) = found.first().map(|one| &one.result) else {
            panic!("{act}: {found:?}")
        };
        assert_eq!(outcome.ending, ending, "{act}: {outcome:?}");
    }
    assert_eq!(stage.changes(), ["POST approve"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_leaves_a_note_with_its_reason_and_closes() {
    let stage = Stage::new().await;
    let report = stage.decide("exception.refuse", BRUNOS).await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Done, "{}", said(&report));
    assert_eq!(said(&report), "a note says why, and it is closed (records 1, 3)");
    assert_eq!(stage.notes(BRUNOS).await, ["Refused: the season begins"]);
    assert_eq!(stage.state(BRUNOS).await, "closed");
    let done = |act: &str| (act.to_owned(), Some(Ending::Done));
    assert_eq!(stage.endings(), [done("exception.refuse"), done("exception.close")]);
    let again = stage.decide("exception.refuse", BRUNOS).await;
    assert!(is_objection(&again, "it is closed"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ones_own_request_is_withdrawn_and_anothers_is_not() {
    let stage = Stage::new().await;
    let others = stage.decide("exception.withdraw", BRUNOS).await;
    assert!(is_objection(&others, "only its author withdraws it"), "{others:?}");
    let own = stage.decide("exception.refuse", OWN).await;
    assert!(is_objection(&own, "withdraw it"), "{own:?}");
    assert_eq!((stage.changes().len(), stage.deeds().len()), (0, 0));
    let report = stage.decide("exception.withdraw", OWN).await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Done, "{}", said(&report));
    assert_eq!(stage.notes(OWN).await, ["Withdrawn: the season begins"]);
    assert_eq!(stage.state(OWN).await, "closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_decided_without_a_reason_and_nothing_approved_without_the_records_id() {
    let stage = Stage::new().await;
    for act in ["exception.approve", "exception.refuse"] {
        let bare = Proposal { reason: None, ..stage.proposal(act, BRUNOS).await };
        let refused = stage.perform(bare).await;
        assert!(matches!(refused, Err(Refused::Gate(Denied::NoReason(..)))), "{refused:?}");
    }
    // The address of the request does where nobody has looked at it; once seen, its record is what is meant.
    let proposal = stage.proposal("exception.approve", BRUNOS).await;
    let address = Text::new(&proposal.target.to_string());
    let refused = stage.perform(Proposal { typed: Some(address), called: None, ..proposal }).await;
    let asked = matches!(&refused, Err(Refused::Gate(Denied::Protected(name))) if name == BRUNOS);
    assert!(asked, "{refused:?}");
    assert_eq!((stage.changes().len(), stage.deeds().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_request_of_another_project_is_no_request() {
    let stage = Stage::new().await;
    let target = Target::Request(Text::new("acme/payments/api"), 1);
    let error = stage.desk.look(&target).await.expect_err("not the register's");
    assert!(error.to_string().contains("is not the project of a configured register"), "{error}");
}

/// The console with its register, at the requests.
async fn console() -> harness::Console {
    let mut console = harness::Console::rigged("quiet", |rig| {
        rig.config["exceptions"] = json!({"project": REGISTER});
    })
    .await;
    console.press("5").sees("EXC-2026-001").await;
    console.press("tab").sees("waits for you").await;
    console.arm().await;
    console
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_approved_by_its_records_id_and_the_exception_is_shown_at_once() {
    let mut console = console().await;
    console.press("/").type_in("bigger").press("enter").sees("1 of 3").await;
    console.press("a y").sees("to confirm, type EXC-2026-015").await;
    console.sees("may approve").await;
    console.type_in("the season begins").press("enter").type_in("EXC-2026-015");
    console.sees("enter SEND").await;
    console.press("enter").sees("approved; merged at").await;
    console.press("esc").press("shift-tab").sees("EXC-2026-015").await;
    let acts: Vec<String> = console.deeds().iter().map(|deed| deed.act.to_string()).collect();
    assert_eq!(acts, ["exception.approve", "exception.merge"]);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ones_own_request_is_not_approved_in_the_console_and_is_told_why() {
    let mut console = console().await;
    console.press("/").type_in("fixture").press("enter").sees("1 of 3").await;
    console.press("a y").sees("not sent: ada.sample opened it").await;
    assert_eq!(console.changes(), 0);
    console.press("esc").press("a w").sees("exception.withdraw").await;
    console.type_in("not needed any more").press("enter").sees("y send").await;
    console.press("y").sees("a note says why, and it is closed").await;
    console.sees_no("EXC-2026-016").await;
    console.finish().await;
}

/// Runs the program itself against the stage.
async fn program(stage: &Stage, words: &[&str]) -> (Option<i32>, String) {
    let place = |name: &str| stage.folder.path().join(name);
    let text = fs::read_to_string(place("config.toml")).expect("a config");
    if !text.contains("[exceptions]") {
        let text = format!("{text}\n[exceptions]\nproject = \"{REGISTER}\"\n");
        harness::write(&stage.folder, "config.toml", &text);
    }
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_watchfloor"))
        .args(words)
        .arg("--config")
        .arg(place("config.toml"))
        .arg("--cache-dir")
        .arg(place("cache"))
        .arg("--state-dir")
        .arg(place("state"))
        .output()
        .await
        .expect("it runs");
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&told).into_owned())
}

/// The head commit that a refusal names.
fn head_of(told: &str) -> String {
    let (_, rest) = told.split_once("--sha ").unwrap_or_else(|| panic!("no head in {told}"));
    rest.chars().take_while(char::is_ascii_hexdigit).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_decides_as_the_console_does() {
    let stage = Arc::new(Stage::new().await);
    let target = format!("{REGISTER}!{}", stage.iid(BRUNOS).await);
    let approve = ["exceptions", "approve", target.as_str(), "--reason", "the season begins"];
    let (code, told) = program(&stage, &approve).await;
    assert_eq!(code, Some(2), "{told}");
    for words in ["--confirm EXC-2026-015", "--arm", "separation: GitLab refuses", "until: "] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    let own = format!("{REGISTER}!{}", stage.iid(OWN).await);
    let owns = ["exceptions", "approve", &own, "--reason", "x", "--arm", "--confirm", OWN];
    let (code, told) = program(&stage, &owns).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("ada.sample opened it: somebody else has to approve it"), "{told}");
    assert_eq!(stage.changes().len(), 0);

    let armed = [&approve[..], &["--arm", "--confirm", BRUNOS]].concat();
    let (code, told) = program(&stage, &armed).await;
    assert_eq!((code, stage.changes().len()), (Some(2), 0), "{told}");
    let moved = "0".repeat(40);
    let (code, told) = program(&stage, &[&armed[..], &["--sha", &moved]].concat()).await;
    assert_eq!((code, stage.changes().len()), (Some(1), 0), "{told}");
    assert!(told.contains("its head moved"), "{told}");
    let head = head_of(&program(&stage, &armed).await.1);
    let (code, told) = program(&stage, &[&armed[..], &["--sha", &head]].concat()).await;
    assert_eq!((code, stage.state(BRUNOS).await.as_str()), (Some(0), "merged"), "{told}");
    let (code, told) =
        program(&stage, &["act", "exception.withdraw", &own, "--reason", "not needed", "--arm"])
            .await;
    assert_eq!((code, stage.state(OWN).await.as_str()), (Some(0), "closed"), "{told}");
}
