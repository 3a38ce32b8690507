//! A process that is killed in the middle of an act, and one whose disk is full: nothing doubled, nothing unrecorded.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use watchfloor::action::{ABANDONED_AFTER, Found, Gate, Refused};
use watchfloor::audit::Ledger;
use watchfloor::config::{LoadRequest, Overrides, Settings, Writes};
use watchfloor::domain::{Ending, JobId, Outcome, Proposal, Target, Text, Timestamp, find_act};
use watchfloor::runtime::Clock;
use watchfloor::sim::Fault;

use super::{Stage, on_changes, settings};

/// Says to [`a_process_of_its_own`] what it is for: config file, ledger, project, job; one a line.
const TASK: &str = "WATCHFLOOR_TEST_ACT";

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Not a test by itself: the process that the others start, and kill, to retry a job.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_of_its_own() {
    let Ok(task) = std::env::var(TASK) else { return };
    let mut task = task.lines();
    let mut next = || task.next().expect("a complete task");
    let (config, ledger, project, job) = (next(), next(), next(), next());
    let overrides = Overrides { config: Some(config.into()), ..Overrides::default() };
    let request = LoadRequest { overrides, ..LoadRequest::default() };
    let settings = Settings::load(&request).expect("settings").settings;
    let desk = super::desk(&settings, Path::new(ledger));
    let mut gate = Gate::new(Writes::Arm, Duration::from_mins(15));
    gate.arm(Clock::wall().now()).expect("armed");
    let target = Target::Job(Text::new(project), JobId(job.parse().expect("an id")));
    let proposal = Proposal {
        reason: Some(Text::new("flaky runner")),
        ..Proposal::new(find_act("job.retry").expect("known"), target)
    };
    let mut reports = desk.perform(&gate, &[proposal]).await.expect("armed");
    // What the parent looks for.
    match reports.pop().expect("one") {
        Ok(report) => eprintln!("outcome {}", report.outcome.ending),
        Err(Refused::Ledger(error)) => eprintln!("not recorded: {error}"),
        Err(other) => eprintln!("refused: {other}"),
    }
}

impl Stage {
    /// Retries the stage's job in a process of its own; `before` is what a shell does first.
    fn elsewhere(&self, before: &str) -> Child {
        let config = self.folder.path().join("config.toml");
        assert!(config.exists(), "{}", config.display());
        let (config, ledger) = (config.display(), self.ledger.display());
        let task = format!("{config}\n{ledger}\n{}\n{}", self.project, self.job);
        let program = std::env::current_exe().expect("this program");
        Command::new("sh")
            .args(["-c", &format!("{before} exec \"$0\" \"$@\"")])
            .arg(program)
            .args(["--exact", "flow::acts::crash::a_process_of_its_own", "--nocapture"])
            .env(TASK, task)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process")
    }

    fn later() -> Timestamp {
        Clock::wall().now().saturating_add(ABANDONED_AFTER).expect("an instant")
    }
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what} never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_between_permit_and_outcome_leaves_an_entry_that_a_look_closes() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    // The platform does it, but its answer comes too late for the process.
    let slow = Fault { status: Some(504), done: true, delay_ms: 5_000, ..Fault::default() };
    stage.sim.world().fault(on_changes(slow));
    let mut process = stage.elsewhere("");
    wait_until("the request", || stage.changes() == 1);
    process.kill().expect("killed");
    process.wait().expect("gone");
    stage.sim.world().clear_faults();
    let open = |stage: &Stage| stage.deeds().iter().filter(|deed| deed.outcome.is_none()).count();
    assert_eq!((stage.deeds().len(), open(&stage)), (1, 1));

    // At once it may still be somebody's: it is told, left alone, and not done again.
    let found = stage.desk.reconcile(Clock::wall().now()).await.expect("readable");
    assert_eq!(found.iter().map(|one| &one.result).collect::<Vec<_>>(), [&Found::UnderWay]);
    assert!(stage.act("job.retry").await.is_err());
    assert_eq!((stage.changes(), open(&stage)), (1, 1));

    let found = stage.desk.reconcile(Stage::later()).await.expect("readable");
    let Found::Closed(outcome) = &found[0].result else { panic!("{found:?}") };
    assert_eq!((outcome.ending, open(&stage)), (Ending::Done, 0));
    assert_eq!(stage.desk.reconcile(Stage::later()).await.expect("readable"), []);
    assert_eq!((stage.changes(), stage.attempts()), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_looked_at_stays_open_until_it_can() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    stage.act("job.retry").await.expect("done");
    let deed = stage.deeds().pop().expect("a record");
    let intent = watchfloor::domain::Intent {
        act: "runner.pause",
        target: Text::new("1"),
        settings: Vec::new(),
        actor: deed.actor,
        reason: None,
        wire: deed.wire,
    };
    let mut ledger = Ledger::open_at(&stage.ledger).expect("writable");
    drop(ledger.open(intent, Clock::wall().now()).expect("writable").expect("permitted"));
    stage.sim.world().fault(Fault { status: Some(503), ..Fault::default() });
    let found = stage.desk.reconcile(Stage::later()).await.expect("readable");
    assert!(matches!(found[0].result, Found::Unseen(_)), "{found:?}");
    stage.sim.world().clear_faults();
    let found = stage.desk.reconcile(Stage::later()).await.expect("readable");
    // There is no such runner: nobody can tell any more.
    let unknown = |one: &Outcome| one.ending == Ending::Unknown;
    assert!(matches!(&found[0].result, Found::Closed(outcome) if unknown(outcome)), "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_is_no_ledger_there_is_nothing_to_clear_up() {
    let stage = Stage::new().await;
    assert_eq!(stage.desk.reconcile(Stage::later()).await.expect("nothing to read"), []);
    assert!(!stage.ledger.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_nothing_is_sent() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    settings(&stage.sim, &stage.folder);
    // No file may grow beyond 512 bytes (one block): the ledger's first page does not fit.
    let process = stage.elsewhere("trap '' XFSZ; ulimit -f 1;");
    let output = tokio::task::spawn_blocking(move || process.wait_with_output());
    let output = output.await.expect("waited").expect("ended");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("not recorded"), "{said}");
    assert_eq!((stage.changes(), stage.attempts()), (0, 1));
}
