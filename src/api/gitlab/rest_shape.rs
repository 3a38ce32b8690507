//! The shapes of GitLab's REST answers, as far as we read them, and what they are in the domain.

use std::collections::HashMap;

use jiff::SignedDuration;
use serde::Deserialize;

use super::intern::Interner;
use super::kind::{Mark, Step, TokenFacts};
use super::wire::{Id, Moment, Words};
use crate::domain::{
    Job, JobId, Pipeline, PipelineId, Project, ProjectId, Runner, RunnerId, RunnerManager, Status,
    Text, Timestamp,
};

#[derive(Debug, Deserialize)]
pub(super) struct ProjectShape<'a> {
    pub(super) id: Id,
    #[serde(borrow)]
    path_with_namespace: Option<Words<'a>>,
    default_branch: Option<Words<'a>>,
    web_url: Option<Words<'a>>,
    #[serde(default)]
    last_activity_at: Moment,
    pub(super) archived: Option<bool>,
}

impl ProjectShape<'_> {
    pub(super) fn project(&self, interner: &mut Interner) -> Project {
        Project {
            id: ProjectId(self.id.0),
            path: interner.text(self.path_with_namespace.as_deref().unwrap_or_default()),
            default_branch: self.default_branch.as_deref().map(|branch| interner.text(branch)),
            web_url: Text::new(self.web_url.as_deref().unwrap_or_default()),
            last_activity_at: self.last_activity_at.0,
            protected_refs: None,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PipelineShape<'a> {
    pub(super) id: Id,
    iid: Option<Id>,
    pub(super) project_id: Option<Id>,
    #[serde(rename = "ref", borrow)]
    reference: Option<Words<'a>>,
    sha: Option<Words<'a>>,
    status: Option<Words<'a>>,
    source: Option<Words<'a>>,
    #[serde(default)]
    created_at: Moment,
    #[serde(default)]
    updated_at: Moment,
    #[serde(default)]
    started_at: Moment,
    #[serde(default)]
    finished_at: Moment,
    duration: Option<f64>,
}

impl PipelineShape<'_> {
    pub(super) fn mark(&self) -> Mark {
        Mark {
            id: PipelineId(self.id.0),
            iid: self.iid.map(|iid| iid.0),
            status: Status::parse(self.status.as_deref().unwrap_or_default()),
            updated_at: self.updated_at.0,
        }
    }

    pub(super) fn pipeline(
        &self,
        project: ProjectId,
        now: Timestamp,
        interner: &mut Interner,
    ) -> Pipeline {
        let mark = self.mark();
        Pipeline {
            id: mark.id,
            iid: mark.iid,
            project,
            reference: interner.text(self.reference.as_deref().unwrap_or_default()),
            sha: Text::new(self.sha.as_deref().unwrap_or_default()),
            status: mark.status,
            source: self.source.as_deref().map(|source| interner.text(source)),
            created_at: self.created_at.0.or(self.started_at.0).unwrap_or(now),
            updated_at: self.updated_at.0,
            started_at: self.started_at.0,
            finished_at: self.finished_at.0,
            duration_seconds: self.duration,
            parent: None,
            jobs_complete: true,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct BridgeShape<'a> {
    #[serde(borrow)]
    pub(super) downstream_pipeline: Option<PipelineShape<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct JobShape<'a> {
    pub(super) id: Id,
    #[serde(borrow)]
    name: Option<Words<'a>>,
    stage: Option<Words<'a>>,
    #[serde(rename = "ref")]
    reference: Option<Words<'a>>,
    status: Option<Words<'a>>,
    tag_list: Option<Vec<Words<'a>>>,
    allow_failure: Option<bool>,
    #[serde(default)]
    created_at: Moment,
    #[serde(default)]
    started_at: Moment,
    #[serde(default)]
    finished_at: Moment,
    queued_duration: Option<f64>,
    failure_reason: Option<Words<'a>>,
    runner: Option<RunnerRefShape<'a>>,
    pub(super) pipeline: Option<JobPipelineShape<'a>>,
}

#[derive(Debug, Deserialize)]
struct RunnerRefShape<'a> {
    id: Id,
    #[serde(borrow)]
    description: Option<Words<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct JobPipelineShape<'a> {
    pub(super) id: Id,
    pub(super) iid: Option<Id>,
    #[serde(borrow)]
    pub(super) status: Option<Words<'a>>,
    #[serde(default)]
    pub(super) updated_at: Moment,
}

impl JobShape<'_> {
    /// The job; REST does not tell whether it was retried, see [`note_retries`].
    pub(super) fn job(
        &self,
        project: ProjectId,
        pipeline: PipelineId,
        now: Timestamp,
        interner: &mut Interner,
    ) -> Job {
        let status = Status::parse(self.status.as_deref().unwrap_or_default());
        let queued_at = self.queued_at(&status, now);
        let runner = self.runner.as_ref();
        Job {
            id: JobId(self.id.0),
            name: interner.text(self.name.as_deref().unwrap_or_default()),
            stage: interner.text(self.stage.as_deref().unwrap_or_default()),
            project,
            pipeline,
            reference: interner.text(self.reference.as_deref().unwrap_or_default()),
            tags: interner.tags(self.tag_list.iter().flatten().map(|tag| &**tag)),
            tier: None,
            allow_failure: self.allow_failure.unwrap_or_default(),
            retried: false,
            stuck: None,
            created_at: self.created_at.0.or(self.started_at.0).unwrap_or(now),
            queued_at: queued_at.map(Into::into),
            started_at: self.started_at.0.map(Into::into),
            finished_at: self.finished_at.0.map(Into::into),
            failure_reason: self.reason(interner),
            runner: runner.map(|runner| {
                let description = runner.description.as_deref().unwrap_or_default();
                interner.runner(RunnerId(runner.id.0), description)
            }),
            status,
        }
    }

    /// Why it failed, if it did.
    pub(super) fn reason(&self, interner: &mut Interner) -> Option<Text> {
        self.failure_reason.as_deref().map(|reason| interner.text(reason))
    }

    /// When it entered the queue: REST tells how long it waited, not since when. For a job that was cancelled in the
    /// queue the figure goes on growing, so it says nothing.
    fn queued_at(&self, status: &Status, now: Timestamp) -> Option<Timestamp> {
        let waited = SignedDuration::try_from_secs_f64(self.queued_duration?).ok()?;
        let until = match self.started_at.0 {
            Some(started_at) => started_at,
            None if *status == Status::Pending => now,
            None => return None,
        };
        until.checked_sub(waited).ok()
    }
}

/// What of a job may change while it is unfinished.
pub(super) fn step(job: &Job) -> Step {
    Step {
        id: job.id,
        status: job.status.clone(),
        stuck: job.stuck,
        queued_at: job.queued_at.map(Into::into),
        started_at: job.started_at.map(Into::into),
        runner: job.runner.clone(),
    }
}

/// Marks every attempt but the last of each name as retried.
pub(super) fn note_retries(jobs: &mut [Job]) {
    let mut last: HashMap<Text, JobId> = HashMap::new();
    for job in jobs.iter() {
        let newest = last.entry(job.name.clone()).or_insert(job.id);
        *newest = job.id.max(*newest);
    }
    for job in jobs {
        job.retried = last.get(&job.name).is_some_and(|newest| *newest != job.id);
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct RunnerShape<'a> {
    pub(super) id: Id,
    #[serde(borrow)]
    description: Option<Words<'a>>,
    runner_type: Option<Words<'a>>,
    status: Option<Words<'a>>,
    paused: Option<bool>,
    active: Option<bool>,
    locked: Option<bool>,
    access_level: Option<Words<'a>>,
    run_untagged: Option<bool>,
    tag_list: Option<Vec<Words<'a>>>,
    #[serde(default)]
    contacted_at: Moment,
    version: Option<Words<'a>>,
}

impl RunnerShape<'_> {
    /// The runner without its managers.
    pub(super) fn runner(&self, interner: &mut Interner) -> Runner {
        let text = |words: Option<&str>| Text::new(words.unwrap_or_default());
        Runner {
            id: RunnerId(self.id.0),
            description: text(self.description.as_deref()),
            kind: text(self.runner_type.as_deref()),
            status: text(self.status.as_deref()),
            paused: self.paused.or(self.active.map(|active| !active)).unwrap_or_default(),
            locked: self.locked.unwrap_or_default(),
            protected: self.access_level.as_deref() == Some("ref_protected"),
            run_untagged: self.run_untagged.unwrap_or_default(),
            tags: interner.tags(self.tag_list.iter().flatten().map(|tag| &**tag)),
            tier: None,
            contacted_at: self.contacted_at.0,
            version: self.version.as_deref().filter(|version| !version.is_empty()).map(Text::new),
            running: None,
            limit: None,
            managers: std::sync::Arc::from([]),
            managers_complete: false,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ManagerShape<'a> {
    #[serde(borrow)]
    system_id: Option<Words<'a>>,
    status: Option<Words<'a>>,
    #[serde(default)]
    contacted_at: Moment,
    version: Option<Words<'a>>,
}

impl ManagerShape<'_> {
    pub(super) fn manager(&self) -> RunnerManager {
        RunnerManager {
            system_id: Text::new(self.system_id.as_deref().unwrap_or_default()),
            status: Text::new(self.status.as_deref().unwrap_or_default()),
            contacted_at: self.contacted_at.0,
            version: self.version.as_deref().map(Text::new),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct BranchShape<'a> {
    #[serde(borrow)]
    pub(super) name: Words<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct VersionShape<'a> {
    #[serde(borrow)]
    pub(super) version: Words<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct UserShape<'a> {
    #[serde(borrow)]
    pub(super) username: Option<Words<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TokenShape<'a> {
    #[serde(borrow)]
    name: Option<Words<'a>>,
    scopes: Option<Vec<Words<'a>>>,
    expires_at: Option<Words<'a>>,
    active: Option<bool>,
    revoked: Option<bool>,
}

impl TokenShape<'_> {
    pub(super) fn facts(&self, username: Option<Text>) -> TokenFacts {
        TokenFacts {
            name: self.name.as_deref().map(Text::new),
            scopes: self.scopes.iter().flatten().map(|scope| Text::new(scope)).collect(),
            expires_at: self.expires_at.as_deref().and_then(|day| day.parse().ok()),
            active: self.active.unwrap_or(true),
            revoked: self.revoked.unwrap_or_default(),
            username,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(json: &serde_json::Value) -> Job {
        let text = json.to_string();
        let shape: JobShape<'_> = serde_json::from_str(&text).unwrap();
        let now = "2026-01-12T00:10:00Z".parse().unwrap();
        shape.job(ProjectId(1), PipelineId(2), now, &mut Interner::default())
    }

    fn queued_at(json: &serde_json::Value) -> Option<String> {
        job(json).queued_at.map(|at| Timestamp::from(at).to_string())
    }

    #[test]
    fn a_started_job_was_queued_before_its_start() {
        let json = serde_json::json!({
            "id": 1, "status": "running", "started_at": "2026-01-12T00:05:00Z", "queued_duration": 30.5,
        });
        assert_eq!(queued_at(&json).as_deref(), Some("2026-01-12T00:04:29.5Z"));
    }

    #[test]
    fn a_pending_job_has_been_queued_until_now() {
        let json = serde_json::json!({ "id": 1, "status": "pending", "queued_duration": 60.0 });
        assert_eq!(queued_at(&json).as_deref(), Some("2026-01-12T00:09:00Z"));
    }

    #[test]
    fn a_job_cancelled_in_the_queue_has_no_queue_time() {
        let json = serde_json::json!({ "id": 1, "status": "canceled", "queued_duration": 9000.0 });
        assert_eq!(queued_at(&json), None);
    }

    #[test]
    fn the_last_attempt_of_a_name_is_not_retried() {
        let attempt =
            |id: u64| job(&serde_json::json!({ "id": id, "name": "unit", "status": "failed" }));
        let mut jobs = vec![attempt(3), attempt(9), attempt(5)];
        note_retries(&mut jobs);
        let retried: Vec<bool> = jobs.iter().map(|job| job.retried).collect();
        assert_eq!(retried, [true, false, true]);
    }

    #[test]
    fn a_job_of_which_nothing_is_told_but_its_id_is_read() {
        assert_eq!(
            job(&serde_json::json!({ "id": 1, "runner": null, "tag_list": null })).id,
            JobId(1)
        );
    }
}
