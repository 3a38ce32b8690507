//! What is told of a state that changes.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::node::fixture::group as node_group;
use crate::domain::pipeline::fixture::at;
use crate::domain::{Change, Entity, EntityId, NodeGroup, Report, Scope, SourceKey, Tiers, Update};

fn key() -> SourceKey {
    SourceKey { source: SourceId::NODEGROUPS, scope: Scope::gitlab("ci") }
}

/// A state, and what was told of it.
struct Stage {
    state: State,
    chronicle: Chronicle,
}

impl Stage {
    fn new() -> Stage {
        let mut stage =
            Stage { state: State::new(Tiers::default()), chronicle: Chronicle::default() };
        stage.tell(0, Origin::Live, report(0));
        stage
    }

    fn tell(&mut self, seconds: i64, origin: Origin, change: Change) -> Vec<(String, String)> {
        let now = at(seconds);
        let update = Update { key: key(), at: now, origin, change };
        let changes = self.state.apply(update, now);
        let entries = self.chronicle.note(&self.state, &changes, now);
        let told = entries.into_iter().filter(|entry| entry.subject.kind == EntryKind::NodeGroup);
        told.map(|entry| {
            let before = entry.before.map_or_else(String::new, |words| words.to_string());
            (before, entry.after.words.to_string())
        })
        .collect()
    }
}

fn report(seconds: i64) -> Change {
    Change::Report(Report { confirmed_at: Some(at(seconds)), ..Report::starting(30.0) })
}

fn group(desired: u64) -> NodeGroup {
    NodeGroup { desired: Some(desired), ..node_group("ci-standard") }
}

fn upsert(desired: u64) -> Change {
    Change::Upsert(vec![Entity::NodeGroup(Arc::new(group(desired)))])
}

fn words(desired: u64) -> String {
    let mut stage = Stage::new();
    stage.tell(1, Origin::Live, upsert(desired)).remove(0).1
}

#[test]
fn what_changes_is_told_with_how_it_was() {
    let mut stage = Stage::new();
    assert_eq!(stage.tell(1, Origin::Live, upsert(1)), [(String::new(), words(1))]);
    assert_eq!(stage.tell(2, Origin::Live, upsert(3)), [(words(1), words(3))]);
}

#[test]
fn what_is_remembered_tells_nothing() {
    let mut stage = Stage { state: State::new(Tiers::default()), chronicle: Chronicle::default() };
    assert_eq!(stage.tell(1, Origin::Cache, upsert(1)), []);
}

#[test]
fn what_goes_away_is_told() {
    let mut stage = Stage::new();
    stage.tell(1, Origin::Live, upsert(1));
    let gone = Change::Remove(vec![EntityId::NodeGroup(group(1).id)]);
    assert_eq!(stage.tell(2, Origin::Live, gone), [(words(1), stand::NOT_THERE.to_owned())]);
}

#[test]
fn a_restart_repeats_nothing_and_says_since_when_nobody_looked() {
    let mut first = Stage::new();
    first.tell(1, Origin::Live, upsert(1));
    let told = |stage: &Stage| {
        let known = stage.chronicle.known.iter();
        known
            .map(|(subject, known)| (subject.clone(), known.name.clone(), known.stand.clone()))
            .collect::<Vec<_>>()
    };
    let mut same = Stage::new();
    same.chronicle.take_over(told(&first), Some(at(5)));
    assert_eq!(same.tell(100, Origin::Live, upsert(1)), []);
    let mut other = Stage::new();
    other.chronicle.take_over(told(&first), Some(at(5)));
    let update = Update { key: key(), at: at(100), origin: Origin::Live, change: upsert(2) };
    let changes = other.state.apply(update, at(100));
    let entries = other.chronicle.note(&other.state, &changes, at(100));
    let unseen: Vec<_> = entries
        .iter()
        .filter(|entry| entry.subject.kind == EntryKind::NodeGroup)
        .map(|entry| entry.unseen_since)
        .collect();
    assert_eq!(unseen, [Some(at(5))]);
}

proptest! {
    #[test]
    fn the_same_told_again_tells_nothing(sizes in prop::collection::vec(0_u64..5, 1..20)) {
        let mut stage = Stage::new();
        for (seconds, size) in (1..).zip(sizes) {
            stage.tell(seconds * 2, Origin::Live, upsert(size));
            prop_assert_eq!(stage.tell(seconds * 2 + 1, Origin::Live, upsert(size)), []);
        }
    }
}

/// What is told of a finding that an earlier run told, in a run that finds nothing.
fn told_after_a_restart(reports: &[(i64, Change)]) -> Vec<String> {
    let subject = EntrySubject {
        kind: EntryKind::Finding,
        about: Text::new("tier standard"),
        code: Text::new("queue.late"),
    };
    let stand = EntryStand { words: Text::new("high"), severity: None };
    let mut chronicle = Chronicle::default();
    chronicle.take_over(vec![(subject, Text::new("jobs wait"), stand)], Some(at(0)));
    let mut state = State::new(Tiers::default());
    let mut told = Vec::new();
    for (seconds, change) in reports {
        let key = SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("acme") };
        let now = at(*seconds);
        let update = Update { key, at: now, origin: Origin::Live, change: change.clone() };
        let changes = state.apply(update, now);
        let entries = chronicle.note(&state, &changes, now);
        let found = entries.into_iter().filter(|entry| entry.subject.kind == EntryKind::Finding);
        told.extend(found.map(|entry| entry.after.words.to_string()));
    }
    told
}

#[test]
fn a_finding_is_not_over_because_nobody_can_tell_after_a_restart() {
    let failing = Change::Report(Report::starting(5.0));
    let reports: Vec<(i64, Change)> = (1..60).map(|second| (second, failing.clone())).collect();
    assert_eq!(told_after_a_restart(&reports), [""; 0]);
}

#[test]
fn a_finding_may_take_a_while_to_be_found_again_after_a_restart() {
    let reports: Vec<(i64, Change)> = (1..16).map(|second| (second, report(second))).collect();
    assert_eq!(told_after_a_restart(&reports), [""; 0]);
    let reports: Vec<(i64, Change)> = (1..40).map(|second| (second, report(second))).collect();
    assert_eq!(told_after_a_restart(&reports), [GONE]);
}

#[test]
fn a_group_that_only_its_nodes_name_yet_is_not_called_gone_after_a_restart() {
    let mut first = Stage::new();
    first.tell(1, Origin::Live, upsert(1));
    let known = first.chronicle.known.into_iter();
    let told = known.map(|(subject, known)| (subject, known.name, known.stand)).collect();
    let mut chronicle = Chronicle::default();
    chronicle.take_over(told, Some(at(5)));
    let mut changes = Changes::default();
    changes.nodegroups.insert(group(1).id);
    let mut state = State::new(Tiers::default());
    let starting = Change::Report(Report::starting(30.0));
    state.apply(Update { key: key(), at: at(9), origin: Origin::Live, change: starting }, at(9));
    assert_eq!(chronicle.note(&state, &changes, at(9)), []);
}
