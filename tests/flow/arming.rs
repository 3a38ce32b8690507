//! Acts as a person does them: armed, confirmed in a dialog, sent once, recorded, and seen on screen.

use watchfloor::app::modal::Modal;
use watchfloor::domain::{Ending, EntityId, JobId, Status};
use watchfloor::sim::{Fault, NewJob, NewPipeline};

use crate::harness::Console;

/// The project that the tests work in.
const PROJECT: &str = "acme/payments/api";

/// The console on a platform that stands still, with failed jobs of these names in one pipeline.
async fn with_failed(names: &[&str]) -> (Console, Vec<u64>) {
    with_failed_as(names, &NewJob { seconds: 3600.0, ..NewJob::default() }).await
}

async fn with_failed_as(names: &[&str], like: &NewJob) -> (Console, Vec<u64>) {
    let mut console = Console::start("quiet").await;
    console.sim().world().freeze();
    let jobs = add_failed(&console, names, like);
    let wanted = jobs.clone();
    console
        .until("the failed jobs", |console| {
            wanted.iter().all(|id| status(console, *id) == Some(Status::Failed))
        })
        .await;
    console.press("2 /").type_in("night").press("enter").sees("night").await;
    (console, jobs)
}

/// Adds a pipeline of jobs that failed at once.
fn add_failed(console: &Console, names: &[&str], like: &NewJob) -> Vec<u64> {
    let job = |name: &&str| NewJob { name: (*name).to_owned(), ..like.clone() };
    let jobs: Vec<NewJob> = names.iter().map(job).collect();
    let pipeline = NewPipeline { project: PROJECT.to_owned(), branch: "main".to_owned(), jobs };
    let world = console.sim().world();
    let pipeline = world.add_pipeline(&pipeline).expect("the project exists");
    let jobs = world.pipeline_jobs(pipeline);
    for id in &jobs {
        world.start_job(*id);
        world.fail_job(*id, "script_failure");
    }
    jobs
}

fn status(console: &Console, job: u64) -> Option<Status> {
    console.app().state.jobs().get(JobId(job)).map(|job| job.status.clone())
}

/// The newest other job of that name in the pipeline of a job, as the console knows it.
fn successor(console: &Console, job: u64) -> Option<u64> {
    let state = &console.app().state;
    let old = state.jobs().get(JobId(job))?;
    let same = |id: &JobId| state.jobs().get(*id).is_some_and(|one| one.name == old.name);
    state.jobs_of(old.pipeline).filter(same).map(|id| id.0).filter(|id| *id > job).max()
}

fn endings(console: &Console) -> Vec<Option<Ending>> {
    let ending = |deed: watchfloor::domain::Deed| deed.outcome.map(|(_, one)| one.ending);
    console.deeds().into_iter().map(ending).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_job_is_retried_from_its_row_and_succeeds() {
    let (mut console, jobs) = with_failed(&["night-watch"]).await;
    console.press("a r").sees("arm first").await;
    console.arm().await;
    console.press("a r").sees("is failed").await.sees("sends POST").await;
    assert_eq!(console.changes(), 0);
    console.press("y").sees("job.retry of acme/payments/api#").await.sees(": done").await;
    let old = jobs[0];
    console.until("the new job", |console| successor(console, old).is_some()).await;
    let new = successor(&console, old).expect("a new job");
    console.sim().world().start_job(new);
    console.sim().world().finish_job(new);
    console.until("it to succeed", |console| status(console, new) == Some(Status::Success)).await;
    assert_eq!((console.changes(), endings(&console)), (1, vec![Some(Ending::Done)]));
    let deeds = console.deeds();
    assert_eq!((&*deeds[0].act, &*deeds[0].actor.os_user), ("job.retry", "tester"));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_row_that_moves_away_between_key_and_confirmation_is_still_the_one_that_is_meant() {
    let (mut console, jobs) = with_failed(&["night-watch", "night-shift"]).await;
    console.arm().await;
    let cursor = |console: &Console| console.app().ui.table().and_then(|t| t.selected().cloned());
    let Some(EntityId::Job(meant)) = cursor(&console) else { panic!("no job is under the cursor") };
    console.press("a r").sees("is failed").await;
    // Others come in, and the rows move.
    add_failed(&console, &["night-late", "night-later"], &NewJob::default());
    let rows = |console: &Console| console.app().ui.table().map(|table| table.listing.len());
    console.until("the rows to move", |console| rows(console) == Some(4)).await;
    console.press("y").sees(": done").await;
    let target = console.deeds()[0].target.to_string();
    assert_eq!(target, format!("{PROJECT}#{meant}"));
    assert!(jobs.contains(&meant.0));
    assert_eq!(console.changes(), 1);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_pressed_twice_sends_once() {
    let (mut console, _) = with_failed(&["night-watch"]).await;
    console.arm().await;
    console.press("a r").sees("is failed").await;
    console.press("y y enter a r").sees(": done").await;
    console.press("esc");
    assert_eq!((console.changes(), endings(&console)), (1, vec![Some(Ending::Done)]));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_marked_rows_want_their_number_and_have_a_record_each() {
    let (mut console, _) = with_failed(&["night-a", "night-b", "night-c"]).await;
    console.arm().await;
    console.press("ctrl-a a r").sees("job.retry: 3 jobs").await;
    console.type_in("flaky runner").press("enter").type_in("4").press("enter");
    console.sees("type 3 to confirm").await;
    assert_eq!(console.changes(), 0);
    console.press("backspace").type_in("3").press("enter enter").sees("3 done").await;
    assert_eq!((console.changes(), endings(&console)), (3, vec![Some(Ending::Done); 3]));
    let reasons: Vec<_> = console.deeds().into_iter().filter_map(|deed| deed.reason).collect();
    assert!(reasons.iter().all(|reason| &**reason == "flaky runner") && reasons.len() == 3);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enter_never_sends_what_is_not_confirmed() {
    let (mut console, _) = with_failed(&["night-watch"]).await;
    console.arm().await;
    console.press("a r").sees("is failed").await;
    console.press("enter");
    assert!(console.app().ui.modals.is_empty());
    console.press("ctrl-a a C").sees("to confirm, type").await;
    console.press("enter");
    assert!(console.app().ui.modals.is_empty());
    assert_eq!((console.changes(), console.deeds().len()), (0, 0));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspending_disarms_also_under_an_open_dialog() {
    let (mut console, _) = with_failed(&["night-watch"]).await;
    console.arm().await;
    console.press("a r").sees("is failed").await;
    console.press("esc ctrl-z").sees("read-only").await;
    console.press("a r").sees("arm first").await;
    assert_eq!(console.changes(), 0);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_stays_on_screen_in_the_platforms_words_with_a_hint() {
    let (mut console, _) = with_failed(&["night-watch"]).await;
    console.arm().await;
    let body = Some(r#"{"message":"403 Forbidden"}"#.to_owned());
    console.sim().world().fault(Fault {
        method: Some("POST".to_owned()),
        path: Some("/api/v4/*".to_owned()),
        status: Some(403),
        body,
        ..Fault::default()
    });
    console.press("a r").sees("is failed").await;
    console.press("y").sees("failed (403): 403 Forbidden").await;
    console.sees("it needs scope api and the Developer role").await;
    assert!(matches!(console.app().ui.modals.last(), Some(Modal::Confirm(_))));
    console.press("enter");
    assert_eq!((console.changes(), endings(&console)), (1, vec![Some(Ending::Failed)]));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaving_waits_for_the_record_of_what_is_under_way() {
    let (mut console, _) = with_failed(&["night-watch"]).await;
    console.arm().await;
    console.press("a r").sees("is failed").await;
    console.press("y enter q");
    assert!(!console.has_quit());
    console.until("the program to leave", |console| console.has_quit()).await;
    assert_eq!(endings(&console), [Some(Ending::Done)]);
    console.finish().await;
}
