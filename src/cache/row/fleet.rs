//! Rows of projects and runners, and of the managers behind a runner.

use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, Value};

use super::{Cell, Columns, Row, maybe, number, text, time, truth};
use crate::cache::intern::{Interner, joined};
use crate::domain::{Project, ProjectId, Runner, RunnerId, RunnerManager};

impl Row for Project {
    const TABLE: &'static str = "projects";
    const COLUMNS: &'static [&'static str] =
        &["path", "default_branch", "web_url", "last_activity_at"];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            text(&self.path),
            maybe(self.default_branch.as_deref(), text),
            text(&self.web_url),
            maybe(self.last_activity_at, time),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        Ok(Project {
            id: ProjectId(id),
            path: columns.text(words)?,
            default_branch: columns.maybe_text(words)?,
            web_url: columns.text(words)?,
            last_activity_at: columns.maybe_time()?,
            // Its own table has them; the reader fills them in.
            protected_refs: None,
        })
    }
}

impl Row for Runner {
    const TABLE: &'static str = "runners";
    const COLUMNS: &'static [&'static str] = &[
        "description",
        "kind",
        "status",
        "paused",
        "locked",
        "protected",
        "run_untagged",
        "tags",
        "contacted_at",
        "version",
        "running",
        "job_limit",
        "managers_complete",
    ];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            text(&self.description),
            text(&self.kind),
            text(&self.status),
            truth(self.paused),
            truth(self.locked),
            truth(self.protected),
            truth(self.run_untagged),
            ToSqlOutput::Owned(Value::Text(joined(&*self.tags))),
            maybe(self.contacted_at, time),
            maybe(self.version.as_deref(), text),
            maybe(self.running, number),
            maybe(self.limit, number),
            truth(self.managers_complete),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        Ok(Runner {
            id: RunnerId(id),
            description: columns.text(words)?,
            kind: columns.text(words)?,
            status: columns.text(words)?,
            paused: columns.take()?,
            locked: columns.take()?,
            protected: columns.take()?,
            run_untagged: columns.take()?,
            tags: columns.list(words)?,
            tier: None,
            contacted_at: columns.maybe_time()?,
            version: columns.maybe_text(words)?,
            running: columns.maybe_number()?,
            limit: columns.maybe_number()?,
            // Their own table has them; the reader fills them in.
            managers: Arc::from([]),
            managers_complete: columns.take()?,
        })
    }
}

/// The values of one manager, behind `feed`, `runner` and `place`.
pub(in crate::cache) fn manager_cells(manager: &RunnerManager) -> [Cell<'_>; 4] {
    [
        text(&manager.system_id),
        text(&manager.status),
        maybe(manager.contacted_at, time),
        maybe(manager.version.as_deref(), text),
    ]
}

/// Reads one manager, behind `feed`, `runner` and `place`.
pub(in crate::cache) fn read_manager(
    columns: &mut Columns<'_>,
    words: &mut Interner,
) -> rusqlite::Result<RunnerManager> {
    Ok(RunnerManager {
        system_id: columns.text(words)?,
        status: columns.text(words)?,
        contacted_at: columns.maybe_time()?,
        version: columns.maybe_text(words)?,
    })
}
