//! Tests of the cache as its callers meet it: what is kept comes back, and nothing on disk can stop the program.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::domain::pipeline::fixture::{at, job, pipeline};
use crate::domain::*;

const WEEK: Duration = Duration::from_hours(24 * 7);

fn key(source: SourceId) -> SourceKey {
    SourceKey { source, scope: Scope::gitlab("acme") }
}

fn live(source: SourceId, seconds: i64, change: Change) -> Update {
    Update { key: key(source), at: at(seconds), origin: Origin::Live, change }
}

fn cached(source: SourceId, seconds: i64, change: Change) -> Update {
    Update { origin: Origin::Cache, ..live(source, seconds, change) }
}

fn a_job(job: Job) -> Entity {
    Entity::Job(Arc::new(job))
}

fn jobs(seconds: i64, jobs: Vec<Job>) -> Update {
    live(SourceId::QUEUE, seconds, Change::Upsert(jobs.into_iter().map(a_job).collect()))
}

/// A cache in `folder` without notices.
fn open(folder: &Path) -> Cache {
    let opened = Cache::open(folder);
    assert_eq!(opened.notices, []);
    opened.cache
}

fn keep(cache: &mut Cache, updates: &[Update]) {
    let mut pending = Pending::default();
    for update in updates {
        pending.add(update);
    }
    cache.keep(&mut pending);
    assert!(pending.is_empty());
}

/// What an instance that starts at second 60 replays, without what the pages repeat.
fn replayed(folder: &Path) -> Vec<Update> {
    replay_at(&mut open(folder), 60)
}

fn replay_at(cache: &mut Cache, seconds: i64) -> Vec<Update> {
    let mut updates: Vec<Update> = Vec::new();
    for update in cache.replay(at(seconds), Window::default()) {
        if !updates.contains(&update) {
            updates.push(update);
        }
    }
    updates
}

/// Keeps the updates in one instance and replays them in the next.
fn round_trip(updates: &[Update]) -> Vec<Update> {
    let folder = tempfile::tempdir().unwrap();
    keep(&mut open(folder.path()), updates);
    replayed(folder.path())
}

fn project(id: u64) -> Project {
    Project {
        id: ProjectId(id),
        path: Text::new("acme/shop"),
        default_branch: Some(Text::new("main")),
        web_url: Text::new("https://gitlab.example/acme/shop"),
        last_activity_at: Some(at(-5)),
        protected_refs: None,
    }
}

/// A pipeline with every field set.
fn full_pipeline(id: u64, status: Status) -> Pipeline {
    Pipeline {
        iid: Some(7),
        source: Some(Text::new("push")),
        updated_at: Some(at(3)),
        started_at: Some(at(1)),
        duration_seconds: Some(1.5),
        parent: Some((Text::new("acme/base"), PipelineId(3))),
        jobs_complete: false,
        ..pipeline(id, status)
    }
}

fn runner(id: u64, managers: Vec<RunnerManager>) -> Runner {
    Runner {
        id: RunnerId(id),
        description: Text::new("eks standard"),
        kind: Text::new("group_type"),
        status: Text::new("online"),
        paused: true,
        locked: false,
        protected: true,
        run_untagged: false,
        tags: Arc::from([Text::new("eks"), Text::new("x y")]),
        tier: None,
        contacted_at: Some(at(2)),
        version: Some(Text::new("18.1")),
        running: Some(4),
        limit: Some(u64::MAX),
        managers: managers.into(),
        managers_complete: false,
    }
}

fn manager(name: &str) -> RunnerManager {
    RunnerManager {
        system_id: Text::new(name),
        status: Text::new("stale"),
        contacted_at: None,
        version: Some(Text::new("17.0")),
    }
}

/// A job with every field set.
fn full_job(id: u64) -> Job {
    Job {
        name: Text::new("lint \u{fffd} ü"),
        allow_failure: true,
        retried: true,
        stuck: Some(false),
        queued_at: Some(at(1).into()),
        started_at: Some(at(2).into()),
        finished_at: Some(at(3).into()),
        failure_reason: Some(Text::new("runner_system_failure")),
        runner: Some(Arc::new(RunnerRef { id: RunnerId(9), description: Text::new("r9") })),
        ..job(id, Status::Failed)
    }
}

#[test]
fn every_entity_comes_back_as_it_was() {
    let projects = vec![Entity::Project(Arc::new(project(1)))];
    let pipelines = vec![Entity::Pipeline(Arc::new(full_pipeline(10, Status::Running)))];
    let runners = vec![Entity::Runner(Arc::new(runner(9, vec![manager("a"), manager("b")])))];
    let updates = [
        (SourceId::PROJECTS, 1, Change::Upsert(projects)),
        (SourceId::QUEUE, 2, Change::Upsert(vec![a_job(full_job(5))])),
        (SourceId::QUEUE, 3, Change::Upsert(pipelines)),
        (SourceId::RUNNERS, 4, Change::Upsert(runners)),
    ];
    let kept: Vec<Update> = updates.iter().map(|(s, t, c)| live(*s, *t, c.clone())).collect();
    let expected: Vec<Update> = updates.iter().map(|(s, t, c)| cached(*s, *t, c.clone())).collect();
    assert_eq!(round_trip(&kept), expected);
}

#[test]
fn what_gitlab_did_not_tell_stays_untold() {
    let bare = Pipeline {
        iid: None,
        source: None,
        updated_at: None,
        started_at: None,
        duration_seconds: None,
        parent: None,
        ..pipeline(10, Status::Pending)
    };
    let bare = Change::Upsert(vec![Entity::Pipeline(Arc::new(bare))]);
    let kept = live(SourceId::QUEUE, 2, bare.clone());
    assert_eq!(round_trip(&[kept]), [cached(SourceId::QUEUE, 2, bare)]);
}

#[test]
fn a_report_comes_back_as_it_was() {
    let failure = |kind| Failure {
        kind,
        message: Text::new("GitLab refused"),
        hint: Text::new("make a new token"),
        at: at(4),
        retry_at: Some(at(9)),
    };
    let report = Report {
        interval_seconds: 5.5,
        confirmed_at: Some(at(3)),
        origin: Origin::Live,
        is_cut_off: false,
        failure: Some(failure(FailureKind::TokenExpired)),
        gap: Some(Failure { retry_at: None, ..failure(FailureKind::Query) }),
        requests_per_minute: 7.25,
        budget: Some(Budget { limit: 2000, remaining: 1999, reset_at: at(60) }),
    };
    for report in [report, Report::starting(60.0)] {
        let kept = live(SourceId::TOKEN, 5, Change::Report(report.clone()));
        let remembered = Change::Report(Report { origin: Origin::Cache, ..report });
        assert_eq!(round_trip(&[kept]), [cached(SourceId::TOKEN, 5, remembered)]);
    }
}

#[test]
fn an_unknown_status_comes_back_in_its_own_word() {
    let dreaming = job(1, Status::parse("dreaming"));
    let expected = Change::Upsert(vec![a_job(dreaming.clone())]);
    assert_eq!(round_trip(&[jobs(1, vec![dreaming])]), [cached(SourceId::QUEUE, 1, expected)]);
}

#[test]
fn protected_refs_come_back_with_their_project() {
    let refs: Arc<[RefPattern]> = Arc::from([RefPattern(Text::new("release/*"))]);
    let without = vec![Entity::Project(Arc::new(project(1)))];
    let with = Project { protected_refs: Some(Arc::clone(&refs)), ..project(1) };
    let kept = [
        live(SourceId::PROJECTS, 1, Change::Upsert(without)),
        live(SourceId::PROJECTS, 1, Change::ProtectedRefs(ProjectId(1), refs)),
    ];
    let expected = Change::Upsert(vec![Entity::Project(Arc::new(with))]);
    assert_eq!(round_trip(&kept), [cached(SourceId::PROJECTS, 1, expected)]);
}

#[test]
fn no_protected_refs_differ_from_unknown_ones() {
    let none = Project { protected_refs: Some(Arc::from([])), ..project(1) };
    let change = Change::Upsert(vec![Entity::Project(Arc::new(none))]);
    let kept = live(SourceId::PROJECTS, 1, change.clone());
    assert_eq!(round_trip(&[kept]), [cached(SourceId::PROJECTS, 1, change)]);
}

#[test]
fn what_a_feed_no_longer_has_is_gone_from_it_alone() {
    let other = SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("other") };
    let theirs = Update { key: other, ..jobs(1, vec![job(3, Status::Pending)]) };
    let now_two = Change::Replace(vec![a_job(job(2, Status::Pending))]);
    let updates =
        [jobs(1, vec![job(1, Status::Pending)]), theirs.clone(), live(SourceId::QUEUE, 2, now_two)];
    let expected = [
        cached(SourceId::QUEUE, 2, Change::Upsert(vec![a_job(job(2, Status::Pending))])),
        Update { origin: Origin::Cache, ..theirs },
    ];
    let folder = tempfile::tempdir().unwrap();
    for update in updates {
        keep(&mut open(folder.path()), &[update]);
    }
    assert_eq!(replayed(folder.path()), expected);
}

#[test]
fn what_was_removed_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let two = Change::Upsert(vec![
        Entity::Runner(Arc::new(runner(1, vec![manager("a")]))),
        Entity::Runner(Arc::new(runner(2, vec![]))),
    ]);
    keep(&mut open(folder.path()), &[live(SourceId::RUNNERS, 1, two)]);
    let gone = Change::Remove(vec![EntityId::Runner(RunnerId(1))]);
    keep(&mut open(folder.path()), &[live(SourceId::RUNNERS, 2, gone)]);
    // Its managers are gone with it: the next runner of that id has none.
    let again = Change::Upsert(vec![Entity::Runner(Arc::new(runner(1, vec![])))]);
    keep(&mut open(folder.path()), &[live(SourceId::RUNNERS, 1, again)]);
    let expected = Change::Upsert(vec![
        Entity::Runner(Arc::new(runner(1, vec![]))),
        Entity::Runner(Arc::new(runner(2, vec![]))),
    ]);
    assert_eq!(replayed(folder.path()), [cached(SourceId::RUNNERS, 1, expected)]);
}

#[test]
fn a_manager_that_left_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let with = |managers| Change::Upsert(vec![Entity::Runner(Arc::new(runner(1, managers)))]);
    let mut cache = open(folder.path());
    keep(&mut cache, &[live(SourceId::RUNNERS, 1, with(vec![manager("a"), manager("b")]))]);
    keep(&mut cache, &[live(SourceId::RUNNERS, 1, with(vec![manager("c")]))]);
    let expected = cached(SourceId::RUNNERS, 1, with(vec![manager("c")]));
    assert_eq!(replayed(folder.path()), [expected]);
}

#[test]
fn a_confirmation_makes_open_work_younger_and_leaves_ended_work() {
    let ended = Job { finished_at: Some(at(1).into()), ..job(2, Status::Success) };
    let updates = [
        jobs(1, vec![job(1, Status::Pending), ended.clone()]),
        live(SourceId::QUEUE, 30, Change::Confirm(vec![ProjectId(1)])),
    ];
    let expected = [
        cached(SourceId::QUEUE, 1, Change::Upsert(vec![a_job(ended)])),
        cached(SourceId::QUEUE, 30, Change::Upsert(vec![a_job(job(1, Status::Pending))])),
    ];
    let mut found = round_trip(&updates);
    found.sort_by_key(|update| update.at);
    assert_eq!(found, expected);
}

#[test]
fn a_whole_answer_confirms_every_row_of_its_feed() {
    let whole = |seconds| {
        live(SourceId::QUEUE, seconds, Change::Replace(vec![a_job(job(1, Status::Pending))]))
    };
    let expected = Change::Upsert(vec![a_job(job(1, Status::Pending))]);
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(folder.path());
    keep(&mut cache, &[whole(1)]);
    keep(&mut cache, &[whole(50)]);
    assert_eq!(replayed(folder.path()), [cached(SourceId::QUEUE, 50, expected)]);
}

#[test]
fn an_unchanged_row_is_never_marked_younger_than_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(folder.path());
    for (seen, expected) in [(0, 0), (60, 0), (61, 61)] {
        keep(&mut cache, &[jobs(seen, vec![job(1, Status::Pending)])]);
        let times: Vec<_> = replayed(folder.path()).iter().map(|update| update.at).collect();
        assert_eq!(times, [at(expected)], "seen at {seen}");
    }
}

#[test]
fn a_changed_row_is_written_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(folder.path());
    keep(&mut cache, &[jobs(0, vec![job(1, Status::Pending)])]);
    keep(&mut cache, &[jobs(1, vec![job(1, Status::Running)])]);
    let expected = Change::Upsert(vec![a_job(job(1, Status::Running))]);
    assert_eq!(replayed(folder.path()), [cached(SourceId::QUEUE, 1, expected)]);
}

#[test]
fn work_that_ended_before_the_window_stays_on_disk() {
    let ended =
        |id, second| Job { finished_at: Some(at(second).into()), ..job(id, Status::Success) };
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(folder.path());
    keep(&mut cache, &[jobs(0, vec![ended(1, 0), ended(2, 1)])]);
    let expected = Change::Upsert(vec![a_job(ended(2, 1))]);
    assert_eq!(replay_at(&mut cache, 3601), [cached(SourceId::QUEUE, 0, expected)]);
    let (feed, found) = cache.job(JobId(1)).unwrap();
    assert_eq!((feed, &*found), (key(SourceId::QUEUE), &ended(1, 0)));
}

#[test]
fn ended_work_goes_when_its_time_has_come() {
    let ended = Job { finished_at: Some(at(0).into()), ..job(1, Status::Success) };
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(folder.path());
    keep(&mut cache, &[jobs(50, vec![ended])]);
    cache.prune(at(100), Duration::from_secs(100));
    assert!(cache.job(JobId(1)).is_some());
    cache.prune(at(101), Duration::from_secs(100));
    assert!(cache.job(JobId(1)).is_none());
}

#[test]
fn open_work_goes_only_when_nobody_saw_it_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(folder.path());
    let confirmed = live(SourceId::QUEUE, 50, Change::Confirm(vec![ProjectId(1)]));
    keep(&mut cache, &[jobs(0, vec![job(1, Status::Pending)]), confirmed]);
    cache.prune(at(150), Duration::from_secs(100));
    assert!(cache.job(JobId(1)).is_some());
    cache.prune(at(151), Duration::from_secs(100));
    assert!(cache.job(JobId(1)).is_none());
}

#[test]
fn news_from_the_cache_are_not_kept_again() {
    let mut pending = Pending::default();
    pending.add(&cached(SourceId::QUEUE, 1, Change::Upsert(vec![a_job(job(1, Status::Pending))])));
    assert!(pending.is_empty());
}

#[test]
fn folding_updates_gives_what_writing_each_would_give() {
    let one = |status| jobs(1, vec![job(1, status), job(2, Status::Pending)]);
    let gone = live(SourceId::QUEUE, 1, Change::Remove(vec![EntityId::Job(JobId(1))]));
    let whole = live(SourceId::QUEUE, 1, Change::Replace(vec![a_job(job(3, Status::Pending))]));
    let orders = [
        vec![one(Status::Pending), gone.clone()],
        vec![gone.clone(), one(Status::Running)],
        vec![one(Status::Pending), whole.clone()],
        vec![whole.clone(), one(Status::Pending), gone.clone()],
        vec![gone, whole, one(Status::Running)],
    ];
    for updates in orders {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = open(folder.path());
        for update in &updates {
            keep(&mut cache, std::slice::from_ref(update));
        }
        let mut halves = Pending::default();
        for update in &updates {
            let mut later = Pending::default();
            later.add(update);
            halves.append(later);
        }
        let other = tempfile::tempdir().unwrap();
        open(other.path()).keep(&mut halves);
        let expected = replayed(folder.path());
        assert_eq!(round_trip(&updates), expected);
        assert_eq!(replayed(other.path()), expected);
    }
}

#[test]
fn the_first_page_has_the_most_urgent_jobs_and_their_pipelines() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(folder.path());
    let running = (1..=300).map(|id| a_job(job(id, Status::Running)));
    let all = running.chain([
        a_job(Job { pipeline: PipelineId(11), ..job(999, Status::Pending) }),
        Entity::Pipeline(Arc::new(pipeline(11, Status::Running))),
        Entity::Pipeline(Arc::new(pipeline(12, Status::Running))),
    ]);
    keep(&mut cache, &[live(SourceId::QUEUE, 1, Change::Upsert(all.collect()))]);
    let page = cache.first_page(at(2), Window::default());
    let ids: Vec<EntityId> = page
        .updates
        .iter()
        .flat_map(|update| match &update.change {
            Change::Upsert(entities) => entities.iter().map(Entity::id).collect(),
            _ => vec![],
        })
        .collect();
    assert_eq!(ids.len(), 201);
    assert_eq!(ids.first(), Some(&EntityId::Job(JobId(999))));
    assert_eq!(ids.last(), Some(&EntityId::Pipeline(PipelineId(11))));
    assert!(page.next.is_some());
}

/// One status after the other.
fn status_of(id: u64) -> Status {
    Status::KNOWN.into_iter().cycle().nth(usize::try_from(id % 13).unwrap()).unwrap()
}

#[test]
fn later_pages_have_every_row_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(folder.path());
    let all = (1..=12_000).map(|id| job(id, status_of(id)));
    keep(&mut cache, &[jobs(1, all.collect())]);
    let mut page = cache.first_page(at(2), Window::default());
    let (mut ids, mut sizes) = (Vec::new(), Vec::new());
    while let Some(cursor) = page.next {
        page = cache.page(cursor);
        let before = ids.len();
        for update in &page.updates {
            let Change::Upsert(entities) = &update.change else { panic!("{update:?}") };
            ids.extend(entities.iter().map(Entity::id));
        }
        sizes.push(ids.len() - before);
    }
    ids.sort();
    assert_eq!(ids, (1..=12_000).map(|id| EntityId::Job(JobId(id))).collect::<Vec<_>>());
    assert_eq!(sizes.iter().copied().filter(|size| *size > 0).collect::<Vec<_>>(), [1000; 12]);
}

#[test]
fn two_instances_work_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let (mut first, mut second) = (open(folder.path()), open(folder.path()));
    keep(&mut first, &[jobs(1, vec![job(1, Status::Pending)])]);
    keep(&mut second, &[jobs(1, vec![job(2, Status::Pending)])]);
    let expected =
        Change::Upsert(vec![a_job(job(1, Status::Pending)), a_job(job(2, Status::Pending))]);
    for cache in [&mut first, &mut second] {
        let expected = cached(SourceId::QUEUE, 1, expected.clone());
        assert_eq!(replay_at(cache, 60), [expected]);
    }
}

#[test]
fn many_instances_may_start_and_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for id in 1..=4 {
            let path = folder.path();
            scope.spawn(move || keep(&mut open(path), &[jobs(1, vec![job(id, Status::Pending)])]));
        }
    });
    let all = (1..=4).map(|id| a_job(job(id, Status::Pending))).collect();
    assert_eq!(replayed(folder.path()), [cached(SourceId::QUEUE, 1, Change::Upsert(all))]);
}

#[test]
fn files_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("a/b");
    let mut cache = open(&inner);
    keep(&mut cache, &[jobs(1, vec![job(1, Status::Pending)])]);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    for name in ["cache.db", "cache.db-wal", "cache.db-shm"] {
        assert_eq!(mode(&inner.join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_file_that_others_may_read_is_locked_down() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cache.db");
    drop(open(folder.path()));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(open(folder.path()));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_is_no_database_is_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = vec![7; 9000];
    std::fs::write(folder.path().join("cache.db"), &garbage).unwrap();
    let opened = Cache::open(folder.path());
    assert!(opened.cache.is_open());
    assert_eq!(std::fs::read(folder.path().join("cache.db.damaged-1")).unwrap(), garbage);
    let [notice] = &opened.notices[..] else { panic!("{:?}", opened.notices) };
    assert!(notice.message.contains("cache.db.damaged-1"), "{notice:?}");
}

#[test]
fn damage_inside_is_met_when_it_is_read_and_a_new_file_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cache.db");
    let mut cache = open(folder.path());
    keep(&mut cache, &[jobs(1, (1..=3000).map(|id| job(id, Status::Pending)).collect())]);
    drop(cache);
    let mut bytes = std::fs::read(&file).unwrap();
    let (_, inside) = bytes.split_at_mut(4096);
    inside.fill(0xee);
    std::fs::write(&file, bytes).unwrap();
    let mut cache = Cache::open(folder.path()).cache;
    assert_eq!(cache.replay(at(60), Window::default()), []);
    keep(&mut cache, &[jobs(1, vec![job(1, Status::Pending)])]);
    assert_eq!(replay_at(&mut cache, 60).len(), 1);
    assert!(folder.path().join("cache.db.damaged-1").exists());
}

#[test]
fn a_newer_cache_is_moved_aside_whole() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let newer = rusqlite::Connection::open(folder.path().join("cache.db")).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let opened = Cache::open(folder.path());
    assert!(opened.cache.is_open());
    assert_eq!(opened.notices.len(), 1);
    let aside = rusqlite::Connection::open(folder.path().join("cache.db.newer-1")).unwrap();
    assert_eq!(file::version(&aside).unwrap(), 99);
}

#[test]
fn an_older_cache_is_remade_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let older = rusqlite::Connection::open(folder.path().join("cache.db")).unwrap();
    older
        .execute_batch("CREATE TABLE jobs (x); CREATE TABLE old (y); INSERT INTO jobs VALUES (1)")
        .unwrap();
    drop(older);
    let mut cache = open(folder.path());
    keep(&mut cache, &[jobs(1, vec![job(1, Status::Pending)])]);
    assert_eq!(replay_at(&mut cache, 60).len(), 1);
}

#[test]
fn a_place_that_cannot_hold_files_leaves_the_program_without_a_cache() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let mut opened = Cache::open(&file);
    assert!(!opened.cache.is_open());
    assert!(opened.notices[0].hint.contains("without a cache"), "{:?}", opened.notices);
    keep(&mut opened.cache, &[jobs(1, vec![job(1, Status::Pending)])]);
    assert_eq!(opened.cache.replay(at(60), Window::default()), []);
}

#[test]
fn a_full_disk_keeps_what_waits_and_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(folder.path());
    cache.limit_pages(40);
    let mut pending = Pending::default();
    pending.add(&jobs(1, (1..=5000).map(|id| job(id, Status::Pending)).collect()));
    cache.keep(&mut pending);
    cache.keep(&mut pending);
    assert!(!pending.is_empty());
    assert_eq!(cache.take_notices().len(), 1);
    cache.limit_pages(1_000_000);
    cache.keep(&mut pending);
    assert!(pending.is_empty());
}

fn start(folder: &Path, rest: Option<Rest>) -> Start {
    let keeping = Keeping { cache: WEEK, history: WEEK, history_max_bytes: 1 << 20 };
    let history = History::open(folder).history;
    Start { cache: open(folder), history, now: at(60), keeping, rest }
}

#[test]
fn the_writer_keeps_what_it_was_given_by_the_time_it_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::start(start(folder.path(), None));
    for id in 1..=100 {
        writer.keep(vec![jobs(1, vec![job(id, Status::Pending)])]);
    }
    writer.close();
    let all = (1..=100).map(|id| a_job(job(id, Status::Pending))).collect();
    assert_eq!(replayed(folder.path()), [cached(SourceId::QUEUE, 1, Change::Upsert(all))]);
}

#[test]
fn a_busy_writer_is_never_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let (release, held) = std::sync::mpsc::sync_channel::<()>(0);
    let from = open(folder.path()).first_page(at(60), Window::default()).next.unwrap();
    // The thread stands in its replay until the test lets it go.
    let page = Box::new(move |_| {
        held.recv().ok();
        std::ops::ControlFlow::Break(())
    });
    let mut writer = Writer::start(start(folder.path(), Some(Rest { from, page })));
    for round in 0..1000 {
        writer.keep(vec![jobs(round, vec![job(1, Status::Pending), job(2, Status::Running)])]);
    }
    release.send(()).unwrap();
    writer.close();
    let ids: Vec<_> = replayed(folder.path()).into_iter().map(|update| update.at).collect();
    assert_eq!(ids, [at(999)]);
}

#[test]
fn the_writer_hands_over_the_rest_of_the_replay() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(folder.path());
    keep(&mut cache, &[jobs(1, (1..=6000).map(|id| job(id, Status::Pending)).collect())]);
    let from = cache.first_page(at(60), Window::default()).next.unwrap();
    let (sender, pages) = std::sync::mpsc::sync_channel(1);
    let page = Box::new(move |updates| match sender.send(updates) {
        Ok(()) => std::ops::ControlFlow::Continue(()),
        Err(_) => std::ops::ControlFlow::Break(()),
    });
    let writer = Writer::start(start(folder.path(), Some(Rest { from, page })));
    let rows: usize = pages
        .iter()
        .flatten()
        .map(|update| match update.change {
            Change::Upsert(entities) => entities.len(),
            _ => 0,
        })
        .sum();
    writer.close();
    assert_eq!(rows, 6000);
}

fn watched(source: SourceId) -> SourceKey {
    SourceKey { source, scope: Scope::kubernetes("ci", Some("ci-standard"), source.0) }
}

fn watch(source: SourceId, seconds: i64, change: Change) -> Update {
    Update { key: watched(source), ..live(source, seconds, change) }
}

/// A pod with every field set.
fn full_pod(uid: &str) -> Pod {
    let text = |word: &str| Some(Text::new(word));
    let container = |name: &str, is_init| Container {
        name: Text::new(name),
        image: Text::new("registry.example/ruby@sha256:0f1e"),
        is_init,
        state: Text::new(if is_init { "" } else { "ImagePullBackOff" }),
        restarts: 3,
    };
    Pod {
        reason: text("ErrImagePull"),
        message: text("manifest unknown"),
        node: text("n1"),
        stand: Stand::Stuck,
        claimed_job: Some(JobId(5)),
        project: Some(ProjectId(1)),
        runner_short: text("abcdefghi"),
        scheduled_at: Some(at(1).into()),
        sandbox_at: Some(at(2).into()),
        initialized_at: Some(at(3).into()),
        ready_at: Some(at(4).into()),
        finished_at: Some(at(5).into()),
        deleted_at: Some(at(6).into()),
        bad_end: Some(Arc::new(crate::domain::BadEnd {
            container: Text::new("build"),
            reason: Text::new("OOMKilled"),
            exit_code: 137,
            at: at(5),
        })),
        restarts: 3,
        containers: Arc::from([container("init", true), container("build", false)]),
        service_account: text("runner"),
        aws_role: text("arn:aws:iam::1:role/r"),
        powers: Powers { host_path: true, root: true, ..Powers::default() },
        ..pod::fixture::pod(uid)
    }
}

/// A node group with every field set.
fn full_group() -> NodeGroup {
    let text = Text::new;
    let issue = |resources: Vec<Text>| NodeGroupIssue {
        code: text("AsgInstanceLaunchFailures"),
        message: text("no capacity"),
        resources: resources.into(),
    };
    let activity = |message| ScalingActivity {
        at: at(2),
        status: text("Failed"),
        description: text("Launching"),
        message,
    };
    NodeGroup {
        kind: NodeGroupKind::Karpenter,
        limits: Arc::from([
            (text("cpu"), None, text("100")),
            (text("memory"), Some(text("")), text("1Gi")),
        ]),
        instance_types: Arc::from([text("m7i.large")]),
        capacity_type: Some(text("SPOT")),
        version: Some(text("1.34")),
        issues: Arc::from([issue(vec![text("i-1"), text("i-2")]), issue(vec![])]),
        activities: Some(Arc::from([activity(Some(text("m"))), activity(None)])),
        ..node::fixture::group("ci-standard-a")
    }
}

#[test]
fn the_capacity_comes_back_as_it_was() {
    let claim = NodeClaim {
        id: NodeClaimId::of(&["ci", "c"]),
        cluster: Text::new("ci"),
        name: Text::new("c"),
        group: full_group().id,
        state: Text::new("Launched"),
        reason: Some(Text::new("r")),
        message: None,
        node: None,
        created_at: at(0),
    };
    let quota = Quota {
        id: QuotaId::of(&["ci", "ns", "q"]),
        cluster: Text::new("ci"),
        namespace: Text::new("ns"),
        name: Text::new("q"),
        items: Arc::from([(Text::new("pods"), Text::new("5"), Text::new("5"))]),
        exhausted: Arc::from([Text::new("pods")]),
    };
    let policy = NetworkPolicy {
        id: PolicyId::of(&["ci", "ns", "p"]),
        cluster: Text::new("ci"),
        namespace: Text::new("ns"),
        name: Text::new("p"),
        denies_egress: true,
    };
    let silent = Node {
        ready: None,
        not_ready_reason: Some(Text::new("KubeletStopped")),
        cordoned: true,
        pressures: Arc::from([Text::new("DiskPressure")]),
        taints: Arc::from([Text::new("a=b:NoSchedule")]),
        ..node::fixture::node("n1")
    };
    let all = [
        (SourceId::PODS, Entity::Pod(Arc::new(full_pod("a")))),
        (SourceId::NODES, Entity::Node(Arc::new(silent))),
        (SourceId::QUOTAS, Entity::Quota(Arc::new(quota))),
        (SourceId::POLICIES, Entity::Policy(Arc::new(policy))),
        (SourceId::NODEGROUPS, Entity::NodeGroup(Arc::new(full_group()))),
        (SourceId::NODEPOOLS, Entity::NodeClaim(Arc::new(claim))),
    ];
    let kept = all.clone().map(|(source, one)| watch(source, 1, Change::Upsert(vec![one])));
    let mut found: Vec<Entity> = Vec::new();
    for update in round_trip(&kept) {
        let Change::Upsert(entities) = update.change else { panic!("{update:?}") };
        assert_eq!((update.origin, update.at), (Origin::Cache, at(1)));
        found.extend(entities);
    }
    found.sort_by_key(Entity::id);
    let mut expected: Vec<Entity> = all.into_iter().map(|(_, entity)| entity).collect();
    expected.sort_by_key(Entity::id);
    assert_eq!(found, expected);
}

/// An objective of which every field says something.
fn full_slo(key: &str, period: Period) -> Slo {
    let reading = |name: &str, window_seconds, ratio, at| Reading {
        name: Text::new(name),
        window_seconds,
        ratio,
        at,
    };
    let text = |word| Some(Text::new(word));
    Slo {
        id: SloId::of(&["sloth", key]),
        key: Text::new(key),
        rule_id: Text::new("checkout-availability"),
        service: Text::new("checkout"),
        name: Text::new("availability"),
        description: text("most requests succeed"),
        origin: SloOrigin::Pyrra,
        labels: Box::from([(Text::new("region"), Text::new("")), (Text::new("a"), Text::new("b"))]),
        objective: 0.999,
        period,
        period_ratio: reading("30d", period.seconds(), Measured::Number(0.1 + 0.2), Some(at(7))),
        readings: Box::from([
            reading("5m", 300.0, Measured::NotANumber, Some(at(8))),
            reading("1h4m", 3840.0, Measured::Infinite, None),
            reading("6h", 21_600.0, Measured::Absent, None),
            reading("1d", 86_400.0, Measured::Impossible(-1.25), Some(at(9))),
        ]),
        pairs: Pair::workbook(2_592_000.0).into(),
        events: Some(1e8),
        filled: Some(0.25),
        recovery: None,
        is_called_spent: false,
        is_time_weighted: true,
        firing: Some(PairSeverity::Page),
        rule_error: text("vector contains duplicates"),
        warning: text("1 of 3 stores"),
        rule_interval_seconds: Some(30.0),
        queries: Box::from([Query { name: Text::new("burn 5m"), text: Text::new("a / b") }]),
    }
}

#[test]
fn objectives_alerts_and_silences_come_back_as_they_were() {
    let alert = Alert {
        id: AlertId::of(&["aa"]),
        fingerprint: Text::new("aa"),
        name: Text::new("Burns"),
        labels: Box::from([(Text::new("alertname"), Text::new("Burns"))]),
        annotations: Box::from([(Text::new("summary"), Text::new(""))]),
        state: Text::new("suppressed"),
        severity: None,
        starts_at: at(3),
        silenced_by: Box::from([Text::new("s")]),
        inhibited_by: Box::default(),
    };
    let matcher = |is_regex, is_equal| Matcher {
        name: Text::new("team"),
        value: Text::new(""),
        is_regex,
        is_equal,
    };
    let silence = Silence {
        id: SilenceId::of(&["s"]),
        name: Text::new("s"),
        matchers: Box::from([matcher(true, false), matcher(false, true)]),
        starts_at: at(1),
        ends_at: at(2),
        created_by: Text::new("me"),
        comment: Text::new("because"),
        state: SilenceState::Expired,
    };
    let bare = Slo {
        description: None,
        labels: Box::default(),
        readings: Box::default(),
        pairs: Box::default(),
        events: None,
        filled: None,
        firing: None,
        rule_error: None,
        warning: None,
        rule_interval_seconds: None,
        queries: Box::default(),
        ..full_slo("bare", Period::Calendar { start: at(0), end: at(86_400) })
    };
    let full = full_slo("full", Period::Rolling { seconds: 2_592_000.0 });
    let all = [
        (SourceId::SLOS, Entity::Slo(Arc::new(full))),
        (SourceId::SLOS, Entity::Slo(Arc::new(bare))),
        (SourceId::ALERTS, Entity::Alert(Arc::new(alert))),
        (SourceId::SILENCES, Entity::Silence(Arc::new(silence))),
    ];
    let kept = all.clone().map(|(source, one)| watch(source, 1, Change::Upsert(vec![one])));
    let mut found: Vec<Entity> = Vec::new();
    for update in round_trip(&kept) {
        let Change::Upsert(entities) = update.change else { panic!("{update:?}") };
        assert_eq!((update.origin, update.at), (Origin::Cache, at(1)));
        found.extend(entities);
    }
    found.sort_by_key(Entity::id);
    let mut expected: Vec<Entity> = all.into_iter().map(|(_, entity)| entity).collect();
    expected.sort_by_key(Entity::id);
    assert_eq!(found, expected);
}

#[test]
fn a_quiet_watch_confirms_what_the_cache_has_of_it() {
    let pod = Entity::Pod(Arc::new(full_pod("a")));
    let report = Report { confirmed_at: Some(at(50)), ..Report::starting(30.0) };
    let kept = [
        watch(SourceId::PODS, 1, Change::Upsert(vec![pod.clone()])),
        watch(SourceId::PODS, 50, Change::Report(report)),
    ];
    let pods: Vec<Update> = round_trip(&kept)
        .into_iter()
        .filter(|update| matches!(update.change, Change::Upsert(_)))
        .collect();
    let expected =
        Update { origin: Origin::Cache, ..watch(SourceId::PODS, 50, Change::Upsert(vec![pod])) };
    assert_eq!(pods, [expected]);
}

#[test]
fn many_pods_come_back_in_bounded_pages() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(folder.path());
    let pods = (0..2500).map(|number| Entity::Pod(Arc::new(full_pod(&number.to_string()))));
    keep(&mut cache, &[watch(SourceId::PODS, 1, Change::Replace(pods.collect()))]);
    let mut page = cache.first_page(at(2), Window::default());
    let mut sizes = Vec::new();
    while let Some(cursor) = page.next {
        page = cache.page(cursor);
        let rows = page.updates.iter().map(|update| match &update.change {
            Change::Upsert(entities) => entities.len(),
            _ => 0,
        });
        sizes.push(rows.sum::<usize>());
    }
    assert_eq!(sizes.into_iter().filter(|size| *size > 0).collect::<Vec<_>>(), [1000, 1000, 500]);
    keep(&mut cache, &[watch(SourceId::PODS, 3, Change::Replace(vec![]))]);
    assert_eq!(replay_at(&mut cache, 4), []);
}

#[test]
fn what_others_take_of_a_node_and_what_was_said_of_a_pod_is_not_kept() {
    let occupant = Occupant {
        id: ClusterPodId(1),
        node: NodeId(1),
        cpu_request_millis: 1,
        memory_request_bytes: 1,
    };
    let occupant = Change::Upsert(vec![Entity::Occupant(Arc::new(occupant))]);
    assert_eq!(round_trip(&[watch(SourceId::OCCUPANTS, 1, occupant)]), []);
}

/// The report of a feed that could not be read since the start.
fn failed() -> Report {
    let failure = Failure {
        kind: FailureKind::Connect,
        message: Text::new("nothing answers"),
        hint: Text::new("wait"),
        at: at(9),
        retry_at: None,
    };
    Report { failure: Some(failure), ..Report::starting(60.0) }
}

#[test]
fn a_run_that_reads_nothing_does_not_forget_when_an_earlier_one_did() {
    let folder = tempfile::tempdir().unwrap();
    let confirmed = Report { confirmed_at: Some(at(3)), ..Report::starting(5.0) };
    keep(&mut open(folder.path()), &[live(SourceId::QUEUE, 3, Change::Report(confirmed.clone()))]);
    let failed = failed();
    for second in [10, 20] {
        let starting = Change::Report(Report::starting(60.0));
        keep(
            &mut open(folder.path()),
            &[
                live(SourceId::QUEUE, second, starting),
                live(SourceId::QUEUE, second, Change::Report(failed.clone())),
            ],
        );
        let remembered =
            Report { origin: Origin::Cache, confirmed_at: Some(at(3)), ..failed.clone() };
        let expected = cached(SourceId::QUEUE, second, Change::Report(remembered));
        assert_eq!(replayed(folder.path()), [expected]);
    }
}

#[test]
fn a_failure_that_waits_with_a_success_does_not_undo_it() {
    let confirmed = Report { confirmed_at: Some(at(3)), ..Report::starting(5.0) };
    let both = [
        live(SourceId::QUEUE, 3, Change::Report(confirmed.clone())),
        live(SourceId::QUEUE, 4, Change::Report(Report::starting(5.0))),
    ];
    let remembered = Change::Report(Report { origin: Origin::Cache, ..confirmed });
    assert_eq!(round_trip(&both), [cached(SourceId::QUEUE, 4, remembered)]);
}

/// A record with every field set.
fn full_record(id: &str) -> Record {
    let text = Text::new;
    let texts = |all: &[&str]| all.iter().map(|one| Text::new(one)).collect::<Vec<Text>>();
    let decision = |at: &str| {
        Some(ExceptionDecision {
            at: exception::fixture::stamp(at),
            by: Text::new("lena"),
            reason: Text::new("no longer needed"),
        })
    };
    Record {
        scope: ExceptionScope {
            projects: texts(&["a/b", "a/c"]),
            policies: texts(&["CVE-1"]),
            other: vec![(text("accounts"), texts(&["1", ""]))],
            ..ExceptionScope::default()
        },
        residual_risk: Some(text("low")),
        beneficiaries: texts(&["tomas", "wei"]),
        ticket: Some(text("OPS-1")),
        renews: Some(text("E-0")),
        artefacts: vec![Artefact {
            tool: text("trivy"),
            project: Some(text("a/b")),
            cluster: None,
            path: Some(text(".trivyignore")),
            rule: None,
        }],
        evidence: texts(&["https://g/1"]),
        revocation: decision("2026-01-20"),
        closed: decision("2026-01-21T08:00:00Z"),
        ..exception::fixture::record(id, "2026-01-01", "2026-03-31T18:00:00Z")
    }
}

fn full_approvals() -> Approvals {
    let text = Text::new;
    Approvals {
        required: Some(2),
        left: Some(1),
        given: vec![
            Approval { by: text("wei"), at: Some(at(3)) },
            Approval { by: text("lena"), at: None },
        ],
        rules: vec![ApprovalRule {
            name: text("Maintainers"),
            required: 2,
            eligible: vec![text("wei"), text("lena")],
            approved_by: vec![text("wei")],
            is_approved: false,
        }],
    }
}

fn full_request(iid: u64) -> ExceptionRequest {
    let text = Text::new;
    let path = text("exceptions/E-1.yaml");
    let flaw = Flaw {
        code: "lifetime",
        severity: FlawSeverity::Error,
        path: path.clone(),
        line: 18,
        column: 1,
        what: text("too long"),
        cure: text("choose an earlier end"),
    };
    let file = Proposed {
        path,
        errand: Errand::Renew,
        record: Some(full_record("E-1")),
        before: Some(exception::fixture::record("E-1", "2026-01-01", "2026-01-31")),
        diff: ["@@ -1 +1 @@", "-a", "+b", ""].map(Text::new).to_vec(),
        flaws: vec![flaw.clone(), Flaw { code: "bare-date", line: 0, ..flaw }],
    };
    let bare = Proposed {
        errand: Errand::Remove,
        record: None,
        before: None,
        diff: Vec::new(),
        flaws: Vec::new(),
        ..file.clone()
    };
    ExceptionRequest {
        project: text("p/e"),
        iid,
        title: text("ask"),
        url: text("https://g/7"),
        author: text("ada"),
        is_by_bot: true,
        is_draft: true,
        source_branch: text("ask"),
        head: text("c0ffee"),
        opened_at: at(1),
        updated_at: at(2),
        files: vec![file, bare],
        elsewhere: vec![text("README.md")],
        approvals: full_approvals(),
        barred: vec![
            Barred { who: text("ada"), why: Bar::Author },
            Barred { who: text(""), why: Bar::Unmappable },
        ],
        blocked_for_me: Some(text("you opened it")),
        merge: MergeStatus::of("not_approved"),
        pipeline: Some(Status::Running),
        has_conflicts: true,
        missing: vec![text("who wrote its commits: 403")],
    }
}

#[test]
fn a_request_for_an_exception_comes_back_with_all_that_was_known_of_it() {
    let bare = ExceptionRequest {
        files: Vec::new(),
        elsewhere: Vec::new(),
        approvals: Approvals::default(),
        barred: Vec::new(),
        blocked_for_me: None,
        pipeline: None,
        missing: Vec::new(),
        is_by_bot: false,
        ..full_request(8)
    };
    let mut both = [full_request(7), bare];
    // Rows come back in the order of the file, whose integers are signed.
    both.sort_by_key(|one| one.id().0.cast_signed());
    let all: Vec<Entity> = both.map(|one| Entity::Request(Arc::new(one))).to_vec();
    let kept = live(SourceId::REQUESTS, 5, Change::Upsert(all.clone()));
    assert_eq!(round_trip(&[kept]), [cached(SourceId::REQUESTS, 5, Change::Upsert(all))]);
}

#[test]
fn a_request_that_is_no_longer_open_goes_from_the_cache_too() {
    let one = |iid| Entity::Request(Arc::new(full_request(iid)));
    let both = live(SourceId::REQUESTS, 5, Change::Replace(vec![one(7), one(8)]));
    let last = live(SourceId::REQUESTS, 6, Change::Replace(vec![one(8)]));
    let replayed = round_trip(&[both, last]);
    assert_eq!(replayed, [cached(SourceId::REQUESTS, 6, Change::Upsert(vec![one(8)]))]);
}
