//! A process that is killed in the middle of an act, and one whose disk is full: nothing doubled, nothing unrecorded.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use watchfloor::action::{ABANDONED_AFTER, Found};
use watchfloor::audit::Ledger;
use watchfloor::domain::{Ending, Outcome, Text, Timestamp};
use watchfloor::runtime::Clock;
use watchfloor::sim::Fault;

use super::{Stage, on_changes};

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

impl Stage {
    /// `watchfloor act job.retry` of the stage's job, in a process of its own; `before` is what a shell does first.
    fn elsewhere(&self, before: &str) -> Child {
        let target = format!("{}#{}", self.project, self.job);
        self.retried_elsewhere(&target, &target, before)
    }

    /// `watchfloor act job.retry` of a target as it is written, confirmed by its name.
    pub(super) fn retried_elsewhere(&self, target: &str, name: &str, before: &str) -> Child {
        let place = |name: &str| self.folder.path().join(name);
        Command::new("sh")
            .args(["-c", &format!("{before} exec \"$0\" \"$@\"")])
            .arg(env!("CARGO_BIN_EXE_watchfloor"))
            .args(["act", "job.retry", target, "--reason", "flaky runner", "--arm"])
            .args(["--confirm", name, "--config"])
            .arg(place("config.toml"))
            .arg("--cache-dir")
            .arg(place("cache"))
            .arg("--state-dir")
            .arg(place("state"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process")
    }

    /// A stage whose job has failed, and whose platform does what it is asked to but answers late.
    async fn slow(delay_ms: u64) -> Stage {
        let stage = Stage::new().await;
        stage.sim.world().fail_job(stage.job, "runner_system_failure");
        let slow = Fault { status: Some(504), done: true, delay_ms, ..Fault::default() };
        stage.sim.world().fault(on_changes(slow));
        stage
    }

    fn open(&self) -> usize {
        self.deeds().iter().filter(|deed| deed.outcome.is_none()).count()
    }

    fn later() -> Timestamp {
        Clock::wall().now().saturating_add(ABANDONED_AFTER).expect("an instant")
    }
}

/// Waits for a process, and gives what it said.
pub(super) async fn ended(process: Child) -> Output {
    let output = tokio::task::spawn_blocking(move || process.wait_with_output());
    output.await.expect("waited").expect("ended")
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
    let stage = Stage::slow(5_000).await;
    let mut process = stage.elsewhere("");
    wait_until("the record", || stage.open() == 1);
    wait_until("the request", || stage.changes() == 1);
    process.kill().expect("killed");
    process.wait().expect("gone");
    stage.sim.world().clear_faults();
    assert_eq!((stage.deeds().len(), stage.open()), (1, 1));

    // At once it may still be somebody's: it is told, left alone, and not done again.
    let found = stage.desk.reconcile(Clock::wall().now()).await.expect("readable");
    assert_eq!(found.iter().map(|one| &one.result).collect::<Vec<_>>(), [&Found::UnderWay]);
    let again = ended(stage.elsewhere("")).await;
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    let found = stage.desk.perform(&stage.gate, &[stage.proposal("job.retry")]).await;
    assert!(matches!(found.expect("armed").pop(), Some(Err(_))));
    assert_eq!((stage.changes(), stage.open()), (1, 1));

    let found = stage.desk.reconcile(Stage::later()).await.expect("readable");
    let Found::Closed(outcome) = &found[0].result else { panic!("{found:?}") };
    assert_eq!((outcome.ending, stage.open()), (Ending::Done, 0));
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
    drop(
        ledger
            .open(intent, Clock::wall().now(), Clock::wall().now())
            .expect("writable")
            .expect("permitted"),
    );
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
    // No file may grow beyond 512 bytes (one block): the ledger's first page does not fit.
    let output = ended(stage.elsewhere("trap '' XFSZ; ulimit -f 1;")).await;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("it cannot be recorded"), "{output:?}");
    assert_eq!((stage.changes(), stage.attempts()), (0, 1));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_up_before_the_outcome_leaves_the_act_open_and_says_so() {
    let stage = Stage::slow(2_000).await;
    let process = stage.elsewhere("trap '' XFSZ;");
    wait_until("the request", || stage.changes() == 1);
    let pid = process.id().to_string();
    let limited = Command::new("prlimit").args(["--pid", &pid, "--fsize=1"]).status();
    assert!(limited.expect("prlimit runs").success());
    let output = ended(process).await;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("the outcome could not be recorded, the act stays open"), "{output:?}");
    assert_eq!((stage.changes(), stage.attempts(), stage.open()), (1, 2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupt_in_the_middle_waits_for_the_outcome_and_its_record() {
    let stage = Stage::slow(2_000).await;
    let process = stage.elsewhere("");
    wait_until("the request", || stage.changes() == 1);
    let pid = process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
    let output = ended(process).await;
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!((stage.changes(), stage.attempts(), stage.open()), (1, 2, 0));
    let outcome = stage.deeds().pop().and_then(|deed| deed.outcome).expect("closed");
    assert_eq!(outcome.1.ending, Ending::Done);
}
