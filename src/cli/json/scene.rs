//! [`Scene`]: what items are made of: the state at a moment, and whether anything in it can still be confirmed.

use crate::domain::{Health, Job, Origin, Project, ProjectId, Report, TierIndex, Timestamp};
use crate::pane::lens::Cx;
use crate::state::{Row, State};

/// What items are made of.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Scene<'a> {
    /// The state at a moment.
    pub(in crate::cli) cx: Cx<'a>,
    /// Whether a platform was just asked, or the cache alone.
    pub(in crate::cli) origin: Origin,
    /// GitLab's base URL, with a slash at its end.
    pub(in crate::cli) gitlab: &'a str,
}

impl<'a> Scene<'a> {
    /// What is known.
    pub(in crate::cli) fn state(&self) -> &'a State {
        self.cx.state
    }

    /// The moment.
    pub(in crate::cli) fn now(&self) -> Timestamp {
        self.cx.now
    }

    /// The verdict on a feed. Where the cache alone was read no feed is going, so none is live.
    pub(in crate::cli) fn health(&self, report: &Report) -> Health {
        match (report.health(self.cx.now), self.origin) {
            (Health::Live | Health::Partial, Origin::Cache) => Health::Stale,
            (health, _) => health,
        }
    }

    /// Whether the cache alone was read: then nothing is confirmed any more, whatever its age.
    pub(super) fn is_offline(&self) -> bool {
        self.origin == Origin::Cache
    }

    /// Until when a job is known to be as it is: now, or its last confirmation where that is old.
    pub(super) fn job_known_until(&self, row: &Row<Job>) -> Timestamp {
        if self.is_offline() || self.state().is_job_stale(row, self.now()) {
            self.state().job_seen_at(row).min(self.now())
        } else {
            self.now()
        }
    }

    /// When a row of a cluster was last confirmed.
    pub(super) fn seen_at<T>(&self, row: &Row<T>) -> Timestamp {
        self.state().row_seen_at(row)
    }

    /// Whether a row of a cluster is not confirmed any more.
    pub(super) fn is_stale<T>(&self, row: &Row<T>) -> bool {
        self.is_offline() || self.state().is_stale(row, self.seen_at(row), self.now())
    }

    /// The name of a tier.
    pub(super) fn tier(&self, index: Option<TierIndex>) -> Option<&'a str> {
        self.state().tier(index?).map(|tier| tier.name.as_str())
    }

    /// A project, as far as it is known.
    pub(super) fn project(&self, id: ProjectId) -> ProjectOf<'a> {
        let known = self.state().projects().get(id);
        let path = known.map_or("", |project| project.path.as_str());
        ProjectOf { id, path, known: known.map(AsRef::as_ref), gitlab: self.gitlab }
    }
}

/// The project that something belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProjectOf<'a> {
    id: ProjectId,
    /// Its full path; empty while it is not known.
    pub(super) path: &'a str,
    known: Option<&'a Project>,
    gitlab: &'a str,
}

impl ProjectOf<'_> {
    /// Whether it protects a ref; `None` while that is not known.
    pub(super) fn protects(&self, reference: &str) -> Option<bool> {
        self.known?.protects(reference)
    }

    /// The page of something in it; of a project that is not known the page that GitLab finds by its id.
    pub(super) fn page(&self, what: &str, id: u64) -> String {
        match self.known {
            Some(project) => format!("{}/-/{what}/{id}", project.web_url),
            None => format!("{}projects/{}", self.gitlab, self.id),
        }
    }
}
