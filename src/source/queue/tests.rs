//! What makes a pipeline worth reading again, and what does not.

use std::collections::HashMap;
use std::sync::Arc;

use super::known::Known;
use crate::api::gitlab::{Active, Mark, Moving, Place, Step, Whole};
use crate::domain::Tiers;
use crate::domain::pipeline::fixture::{at, job, pipeline};
use crate::domain::{
    Entity, EntityId, Job, JobId, Pipeline, PipelineId, ProjectId, Status, Text, Timestamp,
};

fn place() -> Place {
    Place { id: ProjectId(1), path: Text::new("acme/shop") }
}

fn whole(pipeline: Pipeline, jobs: Vec<Job>) -> Whole {
    Whole { place: place(), pipeline, jobs, downstream: Vec::new() }
}

/// A project with one running pipeline, which holds a pending and a created job.
fn known() -> Known {
    let mut known = Known::new(place(), Tiers::default());
    let jobs = vec![job(1, Status::Pending), job(2, Status::Created)];
    known.learn(whole(pipeline(10, Status::Running), jobs), at(0));
    known
}

fn mark(id: u64, status: Status, updated: i64) -> Mark {
    Mark { id: PipelineId(id), iid: Some(id), status, updated_at: Some(at(updated)) }
}

fn step(id: u64, status: Status, started_at: Option<Timestamp>) -> Step {
    let queued_at = (status != Status::Created).then(|| at(0));
    Step { id: JobId(id), status, stuck: None, queued_at, started_at, runner: None }
}

fn moving(steps: Vec<Step>) -> Active {
    let moving = Moving { mark: mark(10, Status::Running, 0), steps, complete: true };
    Active { project: ProjectId(1), moving: vec![moving], recent: Vec::new() }
}

fn wanted(known: &Known) -> Vec<u64> {
    known.wanted.keys().map(|id| id.0).collect()
}

/// The second job as a step: made in the fixture with a queue time, which a created job keeps here.
fn second() -> Step {
    Step { queued_at: Some(at(0)), ..step(2, Status::Created, None) }
}

#[test]
fn a_new_pipeline_is_wanted_and_a_known_one_is_not() {
    let mut known = known();
    assert!(!known.compare(&[mark(10, Status::Running, 0), mark(11, Status::Pending, 0)]));
    assert_eq!(wanted(&known), [11]);
}

#[test]
fn the_same_marks_again_want_nothing() {
    let mut known = known();
    assert!(known.compare(&[mark(10, Status::Running, 0)]));
}

#[test]
fn a_pipeline_that_is_in_no_list_any_more_is_wanted() {
    let mut known = known();
    assert!(!known.compare(&[]));
    assert_eq!(wanted(&known), [10]);
}

#[test]
fn a_mark_older_than_what_is_known_is_no_news() {
    let mut known = known();
    assert!(known.compare(&[mark(10, Status::Pending, -5)]));
    assert!(!known.compare(&[mark(10, Status::Success, 5)]));
}

#[test]
fn that_gitlab_touched_a_pipeline_that_is_followed_is_no_news() {
    let mut known = known();
    assert!(known.compare(&[mark(10, Status::Running, 400)]));
}

#[test]
fn a_job_that_started_is_followed_in_place() {
    let mut known = known();
    let steps = vec![step(1, Status::Running, Some(at(30))), second()];
    let changed = known.advance(&moving(steps), at(31));
    let started = Job { started_at: Some(at(30).into()), ..job(1, Status::Running) };
    assert_eq!(changed, [Arc::new(started)]);
    assert_eq!(wanted(&known), [] as [u64; 0]);
}

#[test]
fn nothing_new_changes_nothing() {
    let mut known = known();
    let steps = vec![step(1, Status::Pending, None), second()];
    assert_eq!(known.advance(&moving(steps), at(5)), []);
    assert_eq!(wanted(&known), [] as [u64; 0]);
}

#[test]
fn a_job_that_vanished_has_ended_so_its_pipeline_is_read() {
    let mut known = known();
    assert_eq!(known.advance(&moving(vec![second()]), at(5)), []);
    assert_eq!(wanted(&known), [10]);
}

#[test]
fn an_unknown_job_makes_its_pipeline_worth_reading() {
    let mut known = known();
    let steps = vec![step(1, Status::Pending, None), second(), step(3, Status::Pending, None)];
    known.advance(&moving(steps), at(5));
    assert_eq!(wanted(&known), [10]);
}

#[test]
fn what_a_cut_list_lacks_is_no_news_for_a_while() {
    let mut known = known();
    let mut active = moving(vec![second()]);
    active.moving[0].complete = false;
    known.advance(&active, at(5));
    assert_eq!(wanted(&known), [] as [u64; 0]);
    known.advance(&active, at(20));
    assert_eq!(wanted(&known), [10]);
}

#[test]
fn a_pipeline_that_stopped_moving_is_read_to_its_end() {
    let mut known = known();
    let nothing = Active { project: ProjectId(1), moving: Vec::new(), recent: Vec::new() };
    known.advance(&nothing, at(5));
    assert_eq!(wanted(&known), [10]);
}

#[test]
fn a_wait_that_only_trembles_is_no_change() {
    let mut known = known();
    let trembling = Step { queued_at: Some(at(2)), ..step(1, Status::Pending, None) };
    assert_eq!(known.advance(&moving(vec![trembling, second()]), at(5)), []);
}

#[test]
fn jobs_that_ended_more_than_an_hour_ago_are_not_brought() {
    let mut known = Known::new(place(), Tiers::default());
    let ended = |id, end| Job { finished_at: Some(at(end).into()), ..job(id, Status::Success) };
    let lesson = known
        .learn(whole(pipeline(10, Status::Success), vec![ended(1, 0), ended(2, 10)]), at(3605));
    let ids: Vec<EntityId> = lesson.entities.iter().map(Entity::id).collect();
    assert_eq!(ids, [EntityId::Pipeline(PipelineId(10)), EntityId::Job(JobId(2))]);
}

#[test]
fn a_failure_reason_is_read_once_and_remembered() {
    let mut known = Known::new(place(), Tiers::default());
    let failed = || vec![Job { finished_at: Some(at(5).into()), ..job(1, Status::Failed) }];
    let lesson = known.learn(whole(pipeline(10, Status::Running), failed()), at(6));
    assert_eq!(lesson.unexplained.len(), 1);
    let reason = Text::new("script_failure");
    known.note_reasons(PipelineId(10), &HashMap::from([(JobId(1), reason.clone())]));
    let lesson = known.learn(whole(pipeline(10, Status::Running), failed()), at(7));
    assert_eq!(lesson.unexplained, []);
    let Entity::Job(job) = &lesson.entities[1] else { panic!("a job") };
    assert_eq!(job.failure_reason, Some(reason));
}

#[test]
fn a_project_is_hot_while_its_work_moves_and_a_moment_longer() {
    let mut known = known();
    assert!(known.is_hot(at(100_000)));
    known.learn(whole(pipeline(10, Status::Success), Vec::new()), at(100_000));
    assert!(known.is_hot(at(100_060)));
    assert!(!known.is_hot(at(100_130)));
}

#[test]
fn a_pipeline_that_waits_for_a_person_keeps_no_project_hot() {
    let mut known = Known::new(place(), Tiers::default());
    known.learn(whole(pipeline(10, Status::Manual), Vec::new()), at(0));
    assert!(!known.is_hot(at(1000)));
}

#[test]
fn a_refused_pipeline_is_not_asked_for_again() {
    let mut known = Known::new(place(), Tiers::default());
    known.compare(&[mark(11, Status::Running, 0)]);
    known.refuse(PipelineId(11));
    assert!(known.compare(&[mark(11, Status::Running, 5)]));
}

#[test]
fn a_parent_learnt_elsewhere_is_kept_when_the_pipeline_is_read_again() {
    let mut known = known();
    let parent = (Text::new("acme/app"), PipelineId(5));
    assert!(known.note_parent(PipelineId(10), &parent).is_some());
    assert!(known.note_parent(PipelineId(10), &parent).is_none());
    let lesson = known.learn(whole(pipeline(10, Status::Running), Vec::new()), at(1));
    let Entity::Pipeline(pipeline) = &lesson.entities[0] else { panic!("a pipeline") };
    assert_eq!(pipeline.parent, Some(parent));
}
