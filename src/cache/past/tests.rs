//! What comes back of what was kept, over a real file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::cache::{History, Pending, recall};
use crate::domain::pipeline::fixture::{at, job};
use crate::domain::runner::fixture::runner;
use crate::domain::{
    EntityId, Failure, FailureKind, JobId, Origin, Report, Scope, SourceKey, Status, Text, Watched,
};

fn key() -> SourceKey {
    SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("acme") }
}

fn pending(seconds: i64, changes: Vec<Change>) -> Pending {
    let mut pending = Pending::default();
    for change in changes {
        pending.add(&Update { key: key(), at: at(seconds), origin: Origin::Live, change });
    }
    pending
}

fn tell(history: &mut History, seconds: i64, changes: Vec<Change>) {
    history.keep(&pending(seconds, changes), at(seconds));
    assert_eq!(history.take_notices(), []);
}

fn jobs(id: u64, status: Status) -> Change {
    Change::Upsert(vec![Entity::Job(Arc::new(job(id, status)))])
}

fn healthy(seconds: i64) -> Change {
    Change::Report(Report { confirmed_at: Some(at(seconds)), ..Report::starting(60.0) })
}

fn open(folder: &Path) -> History {
    History::open(folder).history
}

fn then(folder: &Path, seconds: i64) -> Recalled {
    match recall(folder, at(seconds)).unwrap() {
        Recall::Known(recalled) => recalled,
        nothing @ Recall::Nothing { .. } => panic!("{nothing:?}"),
    }
}

fn statuses(recalled: &Recalled) -> Vec<(u64, Status)> {
    let changes = recalled.updates.iter().map(|update| &update.change);
    let entities = changes.filter_map(|change| match change {
        Change::Upsert(entities) => Some(entities),
        _ => None,
    });
    let mut found: Vec<(u64, Status)> = entities
        .flatten()
        .filter_map(|entity| match entity {
            Entity::Job(job) => Some((job.id.0, job.status.clone())),
            _ => None,
        })
        .collect();
    found.sort_unstable_by_key(|(id, _)| *id);
    // What a first screen shows is read twice.
    found.dedup();
    found
}

#[test]
fn an_instant_has_what_was_known_at_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = open(folder.path());
    tell(&mut history, 10, vec![jobs(1, Status::Pending)]);
    tell(&mut history, 20, vec![jobs(1, Status::Running), jobs(2, Status::Pending)]);
    tell(&mut history, 30, vec![Change::Remove(vec![EntityId::Job(JobId(2))])]);
    assert_eq!(statuses(&then(folder.path(), 15)), [(1, Status::Pending)]);
    let both = [(1, Status::Running), (2, Status::Pending)];
    assert_eq!(statuses(&then(folder.path(), 20)), both);
    assert_eq!(statuses(&then(folder.path(), 31)), [(1, Status::Running)]);
}

#[test]
fn the_same_told_twice_is_one_version() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = open(folder.path());
    tell(&mut history, 10, vec![jobs(1, Status::Pending)]);
    tell(&mut history, 20, vec![jobs(1, Status::Pending)]);
    tell(&mut history, 5, vec![jobs(1, Status::Running)]);
    let connection = rusqlite::Connection::open(folder.path().join("history.db")).unwrap();
    let versions: Vec<(i64, i64, String)> = connection
        .prepare("SELECT since, until, status FROM past_jobs ORDER BY since")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let since = at(10).as_microsecond();
    assert_eq!(
        versions,
        [(since, i64::MAX, "pending".into())],
        "and the older never replaces the younger"
    );
}

#[test]
fn a_whole_answer_ends_what_it_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = open(folder.path());
    tell(&mut history, 10, vec![jobs(1, Status::Pending), jobs(2, Status::Pending)]);
    let whole = vec![Entity::Job(Arc::new(job(2, Status::Pending)))];
    tell(&mut history, 20, vec![Change::Replace(whole)]);
    assert_eq!(statuses(&then(folder.path(), 21)), [(2, Status::Pending)]);
}

#[test]
fn what_only_moves_makes_no_version_and_is_never_of_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = open(folder.path());
    for seconds in [10, 40, 70] {
        let mut one = runner(7, "linux");
        one.contacted_at = Some(at(seconds));
        let upsert = Change::Upsert(vec![Entity::Runner(Arc::new(one))]);
        tell(&mut history, seconds, vec![upsert, healthy(seconds)]);
    }
    let contacted = |seconds| {
        then(folder.path(), seconds).updates.into_iter().find_map(|update| match update.change {
            Change::Upsert(entities) => entities.into_iter().find_map(|entity| match entity {
                Entity::Runner(runner) => runner.contacted_at,
                _ => None,
            }),
            _ => None,
        })
    };
    assert_eq!([contacted(69), contacted(71)], [Some(at(10)), Some(at(70))]);
}

#[test]
fn a_feed_is_as_old_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = open(folder.path());
    tell(&mut history, 10, vec![jobs(1, Status::Pending), healthy(10)]);
    tell(&mut history, 80, vec![healthy(80)]);
    let failure = Failure {
        kind: FailureKind::Timeout,
        message: Text::new("no answer"),
        hint: Text::new("wait"),
        at: at(100),
        retry_at: None,
    };
    let failing =
        Report { failure: Some(failure), confirmed_at: Some(at(80)), ..Report::starting(60.0) };
    tell(&mut history, 100, vec![Change::Report(failing)]);
    let report = |seconds| {
        then(folder.path(), seconds).updates.into_iter().find_map(|update| match update.change {
            Change::Report(report) => Some((report.confirmed_at, report.failure.is_some())),
            _ => None,
        })
    };
    assert_eq!(report(50), Some((Some(at(10)), false)));
    assert_eq!(report(99), Some((Some(at(80)), false)));
    assert_eq!(report(110), Some((Some(at(80)), true)));
}

#[test]
fn a_gap_is_told_with_what_was_known_before_it() {
    let folder = tempfile::tempdir().unwrap();
    tell(&mut open(folder.path()), 10, vec![jobs(1, Status::Pending)]);
    tell(&mut open(folder.path()), 1000, vec![jobs(1, Status::Running)]);
    let gap = then(folder.path(), 500);
    assert_eq!(gap.then.watched, Watched::Gap { since: at(10), until: Some(at(1000)) });
    assert_eq!(statuses(&gap), [(1, Status::Pending)]);
    assert!(
        gap.updates.iter().all(|update| update.at <= at(10)),
        "nothing is younger than the gap"
    );
    assert_eq!(then(folder.path(), 1001).then.watched, Watched::Then);
    let after = then(folder.path(), 5000).then.watched;
    assert_eq!(after, Watched::Gap { since: at(1000), until: None });
}

#[test]
fn between_two_runs_every_second_is_a_gap_and_after_the_last_it_may_only_be_silent() {
    let folder = tempfile::tempdir().unwrap();
    tell(&mut open(folder.path()), 10, vec![jobs(1, Status::Pending)]);
    tell(&mut open(folder.path()), 70, vec![jobs(1, Status::Running)]);
    let gap = then(folder.path(), 30).then;
    assert_eq!(gap.watched, Watched::Gap { since: at(10), until: Some(at(70)) });
    assert_eq!((gap.at, gap.known_at()), (at(30), at(10)));
    assert_eq!(then(folder.path(), 100).then.watched, Watched::Then);
}

#[test]
fn a_console_that_slept_leaves_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = open(folder.path());
    tell(&mut history, 10, vec![jobs(1, Status::Pending)]);
    tell(&mut history, 4000, vec![jobs(1, Status::Running)]);
    let gap = then(folder.path(), 2000).then.watched;
    assert_eq!(gap, Watched::Gap { since: at(10), until: Some(at(4000)) });
}

#[test]
fn nothing_is_invented_of_before_anybody_watched() {
    let folder = tempfile::tempdir().unwrap();
    let since = |seconds| match recall(folder.path(), at(seconds)).unwrap() {
        Recall::Nothing { kept_since } => kept_since,
        known @ Recall::Known(_) => panic!("{known:?}"),
    };
    assert_eq!(since(10), None, "no file");
    tell(&mut open(folder.path()), 10, vec![jobs(1, Status::Pending)]);
    assert_eq!(since(9), Some(at(10)));
}

#[test]
fn where_room_is_short_work_goes_first_and_its_loss_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = open(folder.path());
    tell(&mut history, 10, vec![jobs(1, Status::Pending), healthy(10)]);
    tell(&mut history, 20, vec![jobs(1, Status::Running), healthy(20)]);
    history.prune(at(30), Duration::from_hours(1), 0);
    let recalled = then(folder.path(), 15);
    assert_eq!(statuses(&recalled), []);
    let lack = Lack { of: "jobs", kept_since: at(20) };
    assert_eq!(recalled.then.lacks, [lack]);
    let told = recalled.updates.iter().any(|update| matches!(update.change, Change::Report(_)));
    assert!(!told, "a feed some of whose rows are gone is not called fine");
    let later = then(folder.path(), 25);
    assert_eq!((statuses(&later), later.then.lacks), (vec![(1, Status::Running)], Vec::new()));
}

#[test]
fn work_that_ended_leaves_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = open(folder.path());
    let mut ended = job(1, Status::Success);
    ended.finished_at = Some(at(10).into());
    tell(&mut history, 10, vec![Change::Upsert(vec![Entity::Job(Arc::new(ended))])]);
    history.prune(at(10 + 3 * 3600), Duration::from_hours(24), u64::MAX);
    assert_eq!(statuses(&then(folder.path(), 600)), [(1, Status::Success)]);
    let connection = rusqlite::Connection::open(folder.path().join("history.db")).unwrap();
    let open: i64 = connection
        .query_row("SELECT count(*) FROM past_jobs WHERE until = 9223372036854775807", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(open, 0);
}
