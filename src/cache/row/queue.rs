//! Rows of pipelines and jobs.

use super::{Cell, Columns, Place, Row, maybe, moment, number, real, text, time, truth};
use crate::cache::intern::{Interner, joined};
use crate::domain::{Job, JobId, Moment, Pipeline, PipelineId, ProjectId, RunnerId, Status, Text};
use rusqlite::types::{ToSqlOutput, Value};

impl Row for Pipeline {
    const TABLE: &'static str = "pipelines";
    const COLUMNS: &'static [&'static str] = &[
        "urgency",
        "turn",
        "iid",
        "project",
        "reference",
        "sha",
        "status",
        "source",
        "created_at",
        "updated_at",
        "started_at",
        "finished_at",
        "duration_seconds",
        "parent_project",
        "parent",
        "jobs_complete",
    ];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let place = Place::of_pipeline(self);
        vec![
            ToSqlOutput::Owned(Value::Integer(place.urgency)),
            ToSqlOutput::Owned(Value::Integer(place.turn)),
            maybe(self.iid, number),
            number(self.project.0),
            text(&self.reference),
            text(&self.sha),
            text(self.status.as_str()),
            maybe(self.source.as_deref(), text),
            time(self.created_at),
            maybe(self.updated_at, time),
            maybe(self.started_at, time),
            maybe(self.finished_at, time),
            maybe(self.duration_seconds, real),
            maybe(self.parent.as_ref(), |(project, _)| text(project)),
            maybe(self.parent.as_ref(), |(_, parent)| number(parent.0)),
            truth(self.jobs_complete),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        let _place = place(columns)?;
        Ok(Pipeline {
            id: PipelineId(id),
            iid: columns.maybe_number()?,
            project: ProjectId(columns.number()?),
            reference: columns.text(words)?,
            sha: Text::new(columns.str()?),
            status: Status::parse(columns.str()?),
            source: columns.maybe_text(words)?,
            created_at: columns.time()?,
            updated_at: columns.maybe_time()?,
            started_at: columns.maybe_time()?,
            finished_at: columns.maybe_time()?,
            duration_seconds: columns.take()?,
            parent: match (columns.maybe_text(words)?, columns.maybe_number()?) {
                (Some(project), Some(parent)) => Some((project, PipelineId(parent))),
                _ => None,
            },
            jobs_complete: columns.take()?,
        })
    }
}

impl Row for Job {
    const TABLE: &'static str = "jobs";
    const COLUMNS: &'static [&'static str] = &[
        "urgency",
        "turn",
        "name",
        "stage",
        "project",
        "pipeline",
        "reference",
        "status",
        "tags",
        "allow_failure",
        "retried",
        "stuck",
        "created_at",
        "queued_at",
        "started_at",
        "finished_at",
        "failure_reason",
        "runner",
        "runner_description",
    ];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let place = Place::of_job(self);
        vec![
            ToSqlOutput::Owned(Value::Integer(place.urgency)),
            ToSqlOutput::Owned(Value::Integer(place.turn)),
            text(&self.name),
            text(&self.stage),
            number(self.project.0),
            number(self.pipeline.0),
            text(&self.reference),
            text(self.status.as_str()),
            ToSqlOutput::Owned(Value::Text(joined(&*self.tags))),
            truth(self.allow_failure),
            truth(self.retried),
            maybe(self.stuck, truth),
            time(self.created_at),
            maybe(self.queued_at, moment),
            maybe(self.started_at, moment),
            maybe(self.finished_at, moment),
            maybe(self.failure_reason.as_deref(), text),
            maybe(self.runner.as_ref(), |runner| number(runner.id.0)),
            maybe(self.runner.as_ref(), |runner| text(&runner.description)),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        let _place = place(columns)?;
        Ok(Job {
            id: JobId(id),
            name: columns.text(words)?,
            stage: columns.text(words)?,
            project: ProjectId(columns.number()?),
            pipeline: PipelineId(columns.number()?),
            reference: columns.text(words)?,
            status: Status::parse(columns.str()?),
            tags: columns.list(words)?,
            tier: None,
            allow_failure: columns.take()?,
            retried: columns.take()?,
            stuck: columns.take()?,
            created_at: columns.time()?,
            queued_at: columns.maybe_time()?.map(Moment::from),
            started_at: columns.maybe_time()?.map(Moment::from),
            finished_at: columns.maybe_time()?.map(Moment::from),
            failure_reason: columns.maybe_text(words)?,
            runner: match (columns.maybe_number()?, columns.maybe_str()?) {
                (Some(id), Some(description)) => Some(words.runner(RunnerId(id), description)),
                _ => None,
            },
        })
    }
}

/// The two columns of the order, which every queue row begins with.
fn place(columns: &mut Columns<'_>) -> rusqlite::Result<Place> {
    Ok(Place { urgency: columns.take()?, turn: columns.take()? })
}
