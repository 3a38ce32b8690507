//! Acts change the platform, each at most once, and none without its record.

mod console;
mod crash;
mod deployments;
mod faults;
mod outside;
mod silence;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use watchfloor::action::{Denied, Desk, Gate, Refused};
use watchfloor::api::Wiring;
use watchfloor::audit::{Anchor, Ledger};
use watchfloor::config::{Settings, Writes};
use watchfloor::domain::{
    ActReport as Report, Deed, Ending, JobId, Proposal, RunnerId, Target, Text, Variable, find_act,
};
use watchfloor::runtime::Clock;
use watchfloor::sim::{self, Fault, NewJob, NewPipeline, Options, Sim};

use crate::harness::settings;

/// Whoever started the pipelines of the stage: not the token's owner.
const STARTER: &str = "chiara.fiction";

/// A frozen platform with one job of one pipeline, and a desk before it.
struct Stage {
    sim: Sim,
    desk: Desk,
    gate: Gate,
    project: &'static str,
    pipeline: u64,
    job: u64,
    ledger: PathBuf,
    requests: PathBuf,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Stage {
        Stage::with(NewJob::default()).await
    }

    async fn with(job: NewJob) -> Stage {
        let folder = tempfile::tempdir().expect("a folder");
        let requests = folder.path().join("requests.jsonl");
        let options = Options { requests_log: Some(requests.clone()), ..Options::from("quiet") };
        let sim = sim::start(options).await.expect("the platform starts");
        sim.world().freeze();
        let project = "acme/payments/api";
        let jobs = vec![NewJob { name: "integration".to_owned(), ..job }];
        let pipeline = NewPipeline { project: project.to_owned(), branch: "main".to_owned(), jobs };
        let pipeline = sim.world().add_pipeline(&pipeline).expect("the project exists");
        sim.world().start_as(pipeline, STARTER);
        let job = *sim.world().pipeline_jobs(pipeline).first().expect("its job");
        let ledger = folder.path().join("state").join("audit.db");
        let desk = desk(&settings(&sim, &folder), &ledger);
        let mut gate = Gate::new(Writes::Arm, Duration::from_mins(15));
        gate.arm(Clock::wall().now()).expect("armed");
        Stage { sim, desk, gate, project, pipeline, job, ledger, requests, folder }
    }

    fn proposal(&self, act: &str) -> Proposal {
        let target = Target::Job(Text::new(self.project), JobId(self.job));
        Proposal {
            typed: Some(Text::new(&target.to_string())),
            reason: Some(Text::new("flaky runner")),
            ..Proposal::new(find_act(act).expect("a known act"), target)
        }
    }

    async fn act(&self, act: &str) -> Result<Report, Refused> {
        let mut reports = self.desk.perform(&self.gate, &[self.proposal(act)]).await?;
        reports.pop().expect("one proposal, one report")
    }

    /// Performs one proposal.
    async fn perform(&self, proposal: Proposal) -> Result<Report, Refused> {
        let mut reports = self.desk.perform(&self.gate, &[proposal]).await?;
        reports.pop().expect("one proposal, one report")
    }

    fn deeds(&self) -> Vec<Deed> {
        match Ledger::read_at(&self.ledger) {
            Ok(ledger) => {
                let verdict = ledger.verify(None).expect("readable");
                assert_eq!((verdict.broken, verdict.anchor), (None, Anchor::Unanchored));
                ledger.deeds().expect("readable")
            }
            Err(_) => Vec::new(),
        }
    }

    /// How many changing requests the platform received.
    fn changes(&self) -> usize {
        let log = fs::read_to_string(&self.requests).expect("the log of requests");
        let changing = |line: &&str| {
            let post = line.contains("\"POST\"") && !line.contains("/api/graphql");
            post || line.contains("\"PUT\"") || line.contains("\"DELETE\"")
        };
        log.lines().filter(changing).count()
    }

    /// The attempts at the job, this one included.
    fn attempts(&self) -> usize {
        let newer = |status: &str| {
            self.sim.world().jobs_in(status).iter().filter(|id| **id > self.job).count()
        };
        1 + newer("pending") + newer("running")
    }
}

/// A desk of one instance of the program.
fn desk(settings: &Settings, ledger: &Path) -> Desk {
    let os = (Text::new("tester"), Text::new("here"));
    Desk::new(settings, ledger, os, wiring())
}

fn wiring() -> Wiring {
    Wiring::new(|| Clock::wall().now(), |_| None)
}

/// Changes a record behind the ledger's back; its triggers are there again afterwards.
fn forge(ledger: &Path, seq: u64) {
    let connection = rusqlite::Connection::open(ledger).expect("the ledger");
    let trigger = "SELECT sql FROM sqlite_master WHERE name = 'entries_stay'";
    let trigger: String = connection.query_row(trigger, [], |row| row.get(0)).expect("a trigger");
    let forged =
        format!("UPDATE entries SET body = replace(body, 'flaky', 'other') WHERE seq = {seq}");
    let all = format!("DROP TRIGGER entries_stay; {forged}; {trigger};");
    connection.execute_batch(&all).expect("forged");
}

/// A fault on changing requests alone.
fn on_changes(fault: Fault) -> Fault {
    Fault { method: Some("POST".to_owned()), path: Some("/api/v4/*".to_owned()), ..fault }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_job_is_retried_once_and_the_record_says_by_whom_and_why() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    let report = stage.act("job.retry").await.expect("done");
    assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Done, Some(201)));
    assert_eq!((stage.changes(), stage.attempts()), (1, 2));
    let deeds = stage.deeds();
    let deed = deeds.first().expect("a record");
    let told = (&*deed.act, &*deed.target, deed.reason.as_deref(), &*deed.actor.os_user);
    let target = format!("{}#{}", stage.project, stage.job);
    assert_eq!(told, ("job.retry", target.as_str(), Some("flaky runner"), "tester"));
    assert_ne!(&*deed.actor.user, "unknown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_was_retried_already_is_not_retried_again() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    stage.act("job.retry").await.expect("done");
    let again = stage.act("job.retry").await;
    assert!(matches!(again, Err(Refused::Objection(_))), "{again:?}");
    assert_eq!((stage.changes(), stage.attempts(), stage.deeds().len()), (1, 2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_what_was_done_is_cleared_up_by_a_look_and_never_resent() {
    for fault in [
        Fault { close: true, ..Fault::default() },
        Fault { status: Some(503), done: true, ..Fault::default() },
        Fault { status: Some(504), done: true, ..Fault::default() },
    ] {
        let stage = Stage::new().await;
        stage.sim.world().fail_job(stage.job, "runner_system_failure");
        stage.sim.world().fault(on_changes(fault));
        let report = stage.act("job.retry").await.expect("sent");
        assert_eq!(report.outcome.ending, Ending::Done, "{:?}", report.outcome);
        assert_eq!((stage.changes(), stage.attempts()), (1, 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_server_error_what_has_not_happened_may_still_happen() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    stage.sim.world().fault(on_changes(Fault { status: Some(503), ..Fault::default() }));
    let report = stage.act("job.retry").await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Unknown);
    assert_eq!((stage.changes(), stage.attempts()), (1, 1));
    assert_eq!(
        stage.deeds().first().and_then(|deed| deed.outcome.clone()).map(|(_, o)| o),
        Some(report.outcome)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_told_in_the_platforms_words_and_did_nothing() {
    for (status, body, words) in [
        (403, r#"{"message":"403 Forbidden"}"#, "403 Forbidden"),
        (409, r#"{"message":"409 Conflict"}"#, "409 Conflict"),
        (429, "Retry later", "Too Many Requests"),
    ] {
        let stage = Stage::new().await;
        stage.sim.world().fail_job(stage.job, "runner_system_failure");
        let mut fault =
            Fault { status: Some(status), body: Some(body.to_owned()), ..Fault::default() };
        fault.headers.insert("retry-after".to_owned(), "30".to_owned());
        stage.sim.world().fault(on_changes(fault));
        let report = stage.act("job.retry").await.expect("answered");
        assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Failed, Some(status)));
        let said = report.outcome.message.expect("words");
        assert!(said.contains(words) && said.contains("wait 30 s"), "{said}");
        assert_eq!(stage.changes(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_while_read_only() {
    let mut stage = Stage::new().await;
    stage.gate.disarm();
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    assert!(matches!(stage.act("job.retry").await, Err(Refused::Gate(_))));
    assert_eq!((stage.changes(), stage.deeds().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_turns_out_to_be_protected_is_not_touched_until_its_name_is_typed() {
    let tags = vec!["eks-protected".to_owned()];
    let stage = Stage::with(NewJob { tags, ..NewJob::default() }).await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    let unaware = Proposal { reason: None, typed: None, ..stage.proposal("job.retry") };
    let mut reports = stage.desk.perform(&stage.gate, &[unaware]).await.expect("armed");
    let refused = reports.pop().expect("one").expect_err("protected");
    let name = format!("{}#{}", stage.project, stage.job);
    assert!(matches!(refused, Refused::Gate(Denied::Protected(asked)) if asked == name));
    assert_eq!((stage.changes(), stage.deeds().len()), (0, 0));
    stage.act("job.retry").await.expect("typed and reasoned");
    assert_eq!((stage.changes(), stage.attempts()), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_that_cannot_be_recorded() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    // A folder in the place of the ledger: it can be neither opened nor made.
    fs::create_dir_all(&stage.ledger).expect("a folder");
    assert!(matches!(stage.act("job.retry").await, Err(Refused::Ledger(_))));
    assert_eq!((stage.changes(), stage.attempts()), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_desks_at_once_do_an_act_once() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    let (one, two) = tokio::join!(stage.act("job.retry"), stage.act("job.retry"));
    let done = [one, two]
        .iter()
        .filter(|report| matches!(report, Ok(report) if report.outcome.ending == Ending::Done))
        .count();
    assert_eq!((done, stage.attempts()), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_left_open_by_a_crash_is_not_done_again_unseen() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    stage.act("job.cancel").await.expect_err("it ended");
    stage.act("job.retry").await.expect("done");
    // What a crash between permit and outcome leaves: an entry without its end.
    let deed = stage.deeds().into_iter().next().expect("a record");
    let mut ledger = Ledger::open_at(&stage.ledger).expect("writable");
    let intent = watchfloor::domain::Intent {
        act: "job.play",
        target: deed.target.clone(),
        settings: Vec::new(),
        actor: deed.actor,
        reason: None,
        wire: deed.wire,
    };
    drop(
        ledger
            .open(intent.clone(), Clock::wall().now(), Clock::wall().now())
            .expect("writable")
            .expect("permitted"),
    );
    assert!(
        ledger.open(intent, Clock::wall().now(), Clock::wall().now()).expect("writable").is_err()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manual_job_is_played_and_its_variables_are_recorded_by_name_alone() {
    let stage = Stage::with(NewJob { manual: true, ..NewJob::default() }).await;
    let variable = Variable { name: Text::new("LEVEL"), value: "very-secret".to_owned().into() };
    let proposal = Proposal { variables: vec![variable], ..stage.proposal("job.play") };
    let mut reports = stage.desk.perform(&stage.gate, &[proposal]).await.expect("armed");
    let report = reports.pop().expect("one").expect("sent");
    assert_eq!(report.outcome.ending, Ending::Done);
    let bytes = fs::read(&stage.ledger).expect("the ledger");
    let wal = fs::read(stage.ledger.with_extension("db-wal")).unwrap_or_default();
    let all = [bytes, wal].concat();
    let has = |words: &[u8]| all.windows(words.len()).any(|window| window == words);
    assert!(has(b"LEVEL") && !has(b"very-secret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runner_is_paused_and_resumed() {
    let stage = Stage::new().await;
    let list = fs::read_to_string(&stage.requests).unwrap_or_default();
    assert!(!list.contains("PUT"));
    let runner = stage.sim.world().runner_ids().into_iter().next().expect("a runner");
    for (act, state) in [("runner.pause", "paused"), ("runner.resume", "active")] {
        let target = Target::Runner(RunnerId(runner));
        let proposal = Proposal { target, ..stage.proposal(act) };
        let mut reports = stage.desk.perform(&stage.gate, &[proposal]).await.expect("armed");
        let report = reports.pop().expect("one").expect("sent");
        let after = report.after.expect("looked at");
        assert_eq!((report.outcome.ending, &*after.state), (Ending::Done, state));
    }
}
