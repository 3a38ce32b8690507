//! Looking back: the whole console as it was, marked as the past, with nothing to be done there, and its gaps told.

use jiff::SignedDuration;
use serde_json::Value;
use watchfloor::cli::{self, Surroundings};
use watchfloor::domain::{Severity, SourceId, Status, Timestamp, Watched};
use watchfloor::runtime::Clock;
use watchfloor::sim;

use crate::harness::Console;

/// The jobs that wait or run, as the screen has them.
fn open_jobs(console: &Console) -> Vec<(u64, Status)> {
    let jobs = console.app().shown().jobs().iter();
    let open = |status: &Status| matches!(status, Status::Pending | Status::Running);
    jobs.map(|(_, row)| (row.value.id.0, row.value.status.clone()))
        .filter(|(_, status)| open(status))
        .collect()
}

/// The console, what was open on a platform where nothing moved, and when that was; a job has come since.
async fn watched() -> (Console, Vec<(u64, Status)>, Timestamp) {
    let sim = sim::start("incident".into()).await.expect("the simulator starts");
    sim.world().freeze();
    let mut console = Console::on(sim, 160, 48);
    console.press("2").until("the queue to be read", is_read).await;
    let (before, at) = (open_jobs(&console), Clock::wall().now());
    assert!(!before.is_empty());
    let running = console.sim().world().jobs_in("running");
    console.sim().world().finish_job(*running.first().expect("a job that runs"));
    let moved = |console: &mut Console| open_jobs(console) != before;
    console.until("the queue to move", moved).await;
    (console, before, at)
}

/// Whether every feed of the queue was read, and what it brought was taken.
fn is_read(console: &mut Console) -> bool {
    let mut feeds = console.app().state.reports().filter(|(key, _)| key.source == SourceId::QUEUE);
    feeds.any(|(_, report)| report.confirmed_at.is_some()) && !open_jobs(console).is_empty()
}

/// `:at` an instant of today, as a person types it.
fn back_to(console: &mut Console, at: Timestamp) {
    console.press(":");
    console.type_in(&format!("at {at}")).press("enter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instant_shows_what_was_known_at_it_and_the_present_comes_back() {
    let (mut console, before, at) = watched().await;
    back_to(&mut console, at);
    console.sees("BACK AT").await;
    console.sees("nothing can be done here").await;
    assert_eq!(open_jobs(&console), before);
    console.press(":").type_in("at").press("enter").sees_no("BACK AT").await;
    assert_ne!(open_jobs(&console), before);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_can_be_done_in_the_past() {
    let (mut console, _, at) = watched().await;
    console.arm().await;
    back_to(&mut console, at);
    console.sees("BACK AT").await;
    console.press("a c").sees("the picture stands still").await;
    assert_eq!(console.deeds().len(), 0);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_goes_to_the_change_before_and_the_last_step_on_is_the_present() {
    let (mut console, _, _) = watched().await;
    console.press(",").sees("BACK AT").await;
    console.press(".").sees_no("BACK AT").await;
    console.press(".").sees("this is the present").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_console_stopped_there_is_a_gap_that_says_since_when() {
    let (mut console, before, at) = watched().await;
    console.passes(SignedDuration::from_hours(2));
    back_to(&mut console, Clock::wall().now() + SignedDuration::from_hours(1));
    console.sees("nobody watched from").await;
    let watched = console.app().ui.paused.as_ref().and_then(|paused| paused.then.clone());
    let since = match watched.map(|then| then.watched) {
        Some(Watched::Gap { since, .. }) => since,
        other => panic!("{other:?}"),
    };
    assert!(since >= at, "{since} {at}");
    assert_ne!(open_jobs(&console), before, "the last that was known, not the first");
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_says_the_same_of_then() {
    let (console, before, at) = watched().await;
    let folder = console.folder().to_path_buf();
    let printed = tokio::task::spawn_blocking(move || {
        let config = folder.join("config.toml").display().to_string();
        let dir = folder.join("state").display().to_string();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let at = at.to_string();
        let line = [
            "watchfloor",
            "get",
            "jobs",
            "-o",
            "json",
            "--at",
            &at,
            "--config",
            &config,
            "--cache-dir",
            &dir,
            "--state-dir",
            &dir,
        ];
        let environment = [].into();
        let line: Vec<std::ffi::OsString> = line.into_iter().map(Into::into).collect();
        let exit = cli::run(line, Surroundings { out: &mut out, err: &mut err, environment });
        assert_eq!(exit.code(), 0, "{}", String::from_utf8_lossy(&err));
        (out, String::from_utf8(err).expect("text"))
    });
    let (out, err) = printed.await.expect("it ends");
    assert!(err.contains("note: as it was known at"), "{err}");
    let document: Value = serde_json::from_slice(&out).expect("a document");
    let mut open: Vec<(u64, String)> = document["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| {
            (
                item["id"].as_u64().expect("an id"),
                item["status"].as_str().expect("a status").to_owned(),
            )
        })
        .filter(|(_, status)| status == "pending" || status == "running")
        .collect();
    open.sort_unstable();
    let expected: Vec<(u64, String)> =
        before.iter().map(|(id, status)| (*id, status.as_str().to_owned())).collect();
    assert_eq!(open, expected);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_past_has_the_findings_and_the_fresh_feeds_of_then() {
    let sim = sim::start("incident".into()).await.expect("the simulator starts");
    sim.world().freeze();
    let mut console = Console::on(sim, 160, 48);
    let medium = |console: &Console| {
        let found = console.app().shown().findings().iter();
        found.filter(|one| one.severity == Severity::Medium).count()
    };
    console.press("1").until("findings", |console| medium(console) > 3).await;
    let at = Clock::wall().now();
    console.passes(SignedDuration::from_secs(100));
    back_to(&mut console, at);
    console.sees("BACK AT").await;
    assert!(medium(&console) > 3, "what is not grave was found too");
    console.sees_no("queue stale").await;
    console.finish().await;
}
