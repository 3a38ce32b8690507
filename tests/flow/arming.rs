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
    console.sees(&format!("done: the new job is {new}")).await;
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
async fn the_row_that_leaves_the_list_between_key_and_confirmation_is_still_the_one_that_is_meant()
{
    let mut console = Console::start("quiet").await;
    let world = console.sim().world();
    world.freeze();
    let like = NewJob { seconds: 3600.0, ..NewJob::default() };
    let jobs = ["night-watch", "night-shift", "late"];
    let jobs = jobs.map(|name| NewJob { name: name.to_owned(), ..like.clone() }).to_vec();
    let pipeline = NewPipeline { project: PROJECT.to_owned(), branch: "main".to_owned(), jobs };
    let pipeline = world.add_pipeline(&pipeline).expect("the project exists");
    let jobs = world.pipeline_jobs(pipeline);
    for job in &jobs {
        world.start_job(*job);
    }
    for job in jobs.iter().take(2) {
        world.fail_job(*job, "script_failure");
    }
    let failed = |console: &Console, job| status(console, job) == Some(Status::Failed);
    let both = |console: &mut Console| jobs.iter().take(2).all(|job| failed(console, *job));
    console.until("the failed jobs", both).await;
    console.press("2 /").type_in("night").press("enter").sees("night").await;
    console.arm().await;
    let cursor = |console: &Console| console.app().ui.table().and_then(|t| t.selected().cloned());
    let Some(EntityId::Job(meant)) = cursor(&console) else { panic!("no job is under the cursor") };
    console.press("a r").sees("is failed").await;
    // It is called otherwise now, and the pipeline is read anew: the filter drops it, the cursor stands on the other.
    world.rename_job(meant.0, "day-watch");
    world.finish_job(jobs[2]);
    let other = |console: &Console| cursor(console).filter(|id| *id != EntityId::Job(meant));
    console.until("the cursor to stand elsewhere", |console| other(console).is_some()).await;
    console.press("y").sees(": done").await;
    assert_eq!(console.deeds()[0].target.to_string(), format!("{PROJECT}#{meant}"));
    assert_eq!((console.changes(), endings(&console)), (1, vec![Some(Ending::Done)]));
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
    console.press("backspace").type_in("3").sees("enter SEND").await;
    console.press("enter enter").sees("3 done").await;
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
    console.sees("this needs scope api and the Developer role").await;
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

/// The console on a platform that stands still, with a job that waits until its deployment is approved, and one that
/// waits for nobody's approval. The cursor is on the only row of that name.
async fn with_waiting(name: &str) -> (Console, u64) {
    let mut console = Console::start("quiet").await;
    console.sim().world().freeze();
    let gated = NewJob {
        name: "night-deploy".to_owned(),
        tags: vec!["eks-protected".to_owned()],
        environment: Some("production".to_owned()),
        approvals: 1,
        ..NewJob::default()
    };
    let plain = NewJob { name: "night-play".to_owned(), manual: true, ..NewJob::default() };
    let jobs = vec![gated, plain];
    let pipeline = NewPipeline { project: PROJECT.to_owned(), branch: "main".to_owned(), jobs };
    let world = console.sim().world();
    let pipeline = world.add_pipeline(&pipeline).expect("the project exists");
    world.start_as(pipeline, "chiara.fiction");
    let job = *world.pipeline_jobs(pipeline).first().expect("its job");
    console
        .until("the job that waits", |console| status(console, job) == Some(Status::Manual))
        .await;
    console.press("2 /").type_in(name).press("enter").sees(name).await;
    (console, job)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_is_approved_from_the_row_of_its_job_and_the_job_goes_on() {
    let (mut console, job) = with_waiting("night-deploy").await;
    let id = console.sim().world().deployment_of(job).expect("it waits");
    let name = format!("{PROJECT}#{id}");
    console.arm().await;
    console.press("a y").sees("is blocked").await.sees(&format!("type {name}")).await;
    console.type_in("plan was read").press("tab").type_in("release day").press("tab");
    console.type_in(&name).press("enter").sees(&format!("{name}: done")).await;
    assert_ne!(console.sim().world().job_status(job), Some("manual"));
    console.until("the job to go on", |console| status(console, job) != Some(Status::Manual)).await;
    let deed = console.deeds().pop().expect("a record");
    assert_eq!((&*deed.act, &*deed.target), ("deployment.approve", &*name));
    assert_eq!(
        deed.settings.iter().map(|(_, said)| &**said).collect::<Vec<_>>(),
        ["plan was read"]
    );
    assert_eq!((console.changes(), endings(&console)), (1, vec![Some(Ending::Done)]));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_waits_for_no_approval_has_no_deployment_to_decide_on() {
    let (mut console, _) = with_waiting("night-play").await;
    console.arm().await;
    console.press("a n").sees("this job has no deployment that waits for approval").await;
    console.type_in("no").press("tab").type_in("no").press("tab").type_in("…").press("enter");
    console.sees("nothing of this can be sent as it stands").await;
    assert_eq!((console.changes(), console.deeds().len()), (0, 0));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_be_refused_is_said_before_it_is_confirmed_and_is_not_sent() {
    let (mut console, jobs) = with_failed(&["night-watch"]).await;
    console.sim().world().token_scopes(&["read_api"]);
    console.arm().await;
    console.press("a r").sees("not sent: ").await;
    console
        .sees("nothing of this can be sent as it stands")
        .await
        .press("y")
        .sees("nothing of this can be sent as it stands")
        .await;
    assert!(successor(&console, jobs[0]).is_none());
    assert_eq!((console.changes(), console.deeds().len()), (0, 0));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disarming_stops_what_of_a_list_has_not_been_sent() {
    let (mut console, _) = with_failed(&["night-a", "night-b", "night-c"]).await;
    console.arm().await;
    console.sim().world().fault(Fault {
        method: Some("POST".to_owned()),
        path: Some("/api/v4/*".to_owned()),
        delay_ms: 1_500,
        ..Fault::default()
    });
    console.press("ctrl-a a r").sees("job.retry: 3 jobs").await;
    console.type_in("flaky runner").press("enter").type_in("3").sees("enter SEND").await;
    console.press("enter");
    console.until("the first to be sent", |console| console.deeds().len() == 1).await;
    console.press("enter a x").sees_no("ARMED").await;
    // Armed again at once: the list belonged to the window that was closed.
    console.arm().await;
    console.sees("1 done, 2 not sent").await;
    assert_eq!((console.changes(), endings(&console)), (1, vec![Some(Ending::Done)]));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_left_open_is_looked_at_and_said_at_the_start() {
    let mut console =
        Console::rigged("quiet", |rig| rig.leave_open("job.retry", "acme/payments/api#999999999"))
            .await;
    console.sees("a crash left an act open: job.retry of acme/payments/api#999999999").await;
    assert_eq!((console.changes(), endings(&console)), (0, vec![Some(Ending::Unknown)]));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_armed_clusters_tell_of_our_rights() {
    let mut console = Console::start("quiet").await;
    let rights = |console: &Console| {
        let known = console.app().acts.identities.iter().flatten();
        let mut of_clusters = known.filter(|one| one.platform.starts_with("kubernetes:"));
        of_clusters.next().map(|one| (one.user.is_ok(), one.rights.is_some()))
    };
    console.press("a a").sees("unknown until armed").await;
    console.press("y").sees("ARMED").await;
    console.until("the cluster to tell", |console| rights(console) == Some((true, true))).await;
    console.finish().await;
}
