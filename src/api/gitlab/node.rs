//! The nodes of GitLab's GraphQL answers, as far as we ask for them.

use serde::Deserialize;

use super::wire::{Id, Moment, Words, or_default};

/// Where a page ends.
#[derive(Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    #[serde(default)]
    pub(super) has_next_page: bool,
    #[serde(default)]
    pub(super) end_cursor: Option<String>,
}

/// A page of nodes; a node that we may not see is `null`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Page<T> {
    #[serde(default)]
    pub(super) page_info: PageInfo,
    #[serde(default = "Vec::new", deserialize_with = "or_default")]
    pub(super) nodes: Vec<Option<T>>,
}

impl<T> Default for Page<T> {
    fn default() -> Page<T> {
        Page { page_info: PageInfo::default(), nodes: Vec::new() }
    }
}

impl<T> Page<T> {
    /// The cursor of the next page, where there is one.
    pub(super) fn next(&self) -> Option<String> {
        self.page_info.has_next_page.then(|| self.page_info.end_cursor.clone()).flatten()
    }
}

/// What a pipeline's state was when it was listed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MarkNode<'a> {
    pub(super) id: Id,
    pub(super) iid: Id,
    #[serde(borrow)]
    pub(super) status: Words<'a>,
    #[serde(default)]
    pub(super) updated_at: Moment,
}

/// A project of the fleet.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FleetNode<'a> {
    pub(super) id: Id,
    #[serde(borrow)]
    pub(super) full_path: Words<'a>,
    pub(super) archived: Option<bool>,
    pub(super) web_url: Option<Words<'a>>,
    #[serde(default)]
    pub(super) last_activity_at: Moment,
    pub(super) repository: Option<RepositoryNode<'a>>,
    pub(super) created: Option<Page<MarkNode<'a>>>,
    pub(super) waiting: Option<Page<MarkNode<'a>>>,
    pub(super) preparing: Option<Page<MarkNode<'a>>>,
    pub(super) pending: Option<Page<MarkNode<'a>>>,
    pub(super) running: Option<Page<MarkNode<'a>>>,
    pub(super) manual: Option<Page<MarkNode<'a>>>,
    pub(super) scheduled: Option<Page<MarkNode<'a>>>,
    pub(super) canceling: Option<Page<MarkNode<'a>>>,
    pub(super) callback: Option<Page<MarkNode<'a>>>,
    pub(super) recent: Option<Page<MarkNode<'a>>>,
}

/// A project's repository.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RepositoryNode<'a> {
    #[serde(borrow)]
    pub(super) root_ref: Option<Words<'a>>,
}

/// A project whose work is read again.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActiveNode<'a> {
    pub(super) id: Id,
    #[serde(borrow)]
    pub(super) running: Option<Page<MovingNode<'a>>>,
    pub(super) pending: Option<Page<MovingNode<'a>>>,
    pub(super) recent: Option<Page<MarkNode<'a>>>,
}

/// A pipeline that runs or waits, with its unfinished jobs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MovingNode<'a> {
    #[serde(flatten, borrow)]
    pub(super) mark: MarkNode<'a>,
    #[serde(default)]
    pub(super) jobs: Option<Page<StepNode<'a>>>,
}

/// What of a job may change while it is unfinished.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StepNode<'a> {
    pub(super) id: Option<Id>,
    #[serde(borrow)]
    pub(super) status: Option<Words<'a>>,
    pub(super) stuck: Option<bool>,
    #[serde(default)]
    pub(super) queued_at: Moment,
    pub(super) queued_duration: Option<f64>,
    #[serde(default)]
    pub(super) started_at: Moment,
    pub(super) runner: Option<RunnerRefNode<'a>>,
}

/// The runner that took a job.
#[derive(Debug, Deserialize)]
pub(super) struct RunnerRefNode<'a> {
    pub(super) id: Id,
    #[serde(borrow)]
    pub(super) description: Option<Words<'a>>,
}

/// A project with whole pipelines.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HourNode<'a> {
    pub(super) id: Id,
    #[serde(borrow)]
    pub(super) full_path: Words<'a>,
    pub(super) pipelines: Option<Page<PipelineNode<'a>>>,
}

/// A project with one whole pipeline.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HolderNode<'a> {
    pub(super) id: Id,
    #[serde(borrow)]
    pub(super) full_path: Words<'a>,
    pub(super) pipeline: Option<PipelineNode<'a>>,
}

/// A whole pipeline.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PipelineNode<'a> {
    pub(super) id: Id,
    pub(super) iid: Option<Id>,
    #[serde(rename = "ref", borrow)]
    pub(super) reference: Option<Words<'a>>,
    pub(super) sha: Option<Words<'a>>,
    pub(super) status: Words<'a>,
    pub(super) source: Option<Words<'a>>,
    #[serde(default)]
    pub(super) created_at: Moment,
    #[serde(default)]
    pub(super) updated_at: Moment,
    #[serde(default)]
    pub(super) started_at: Moment,
    #[serde(default)]
    pub(super) finished_at: Moment,
    pub(super) duration: Option<f64>,
    pub(super) upstream: Option<UpstreamNode<'a>>,
    pub(super) downstream: Option<Page<DownstreamNode<'a>>>,
    pub(super) jobs: Option<Page<JobNode<'a>>>,
}

/// The pipeline that triggered another.
#[derive(Debug, Deserialize)]
pub(super) struct UpstreamNode<'a> {
    pub(super) id: Id,
    #[serde(borrow)]
    pub(super) project: Option<PlaceNode<'a>>,
}

/// A pipeline that was triggered.
#[derive(Debug, Deserialize)]
pub(super) struct DownstreamNode<'a> {
    #[serde(flatten, borrow)]
    pub(super) mark: MarkNode<'a>,
    pub(super) project: Option<PlaceNode<'a>>,
}

/// A project's id and path.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlaceNode<'a> {
    pub(super) id: Id,
    #[serde(borrow)]
    pub(super) full_path: Words<'a>,
}

/// A job.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobNode<'a> {
    pub(super) id: Option<Id>,
    #[serde(borrow)]
    pub(super) name: Option<Words<'a>>,
    pub(super) status: Option<Words<'a>>,
    pub(super) ref_name: Option<Words<'a>>,
    pub(super) tags: Option<Vec<Words<'a>>>,
    pub(super) allow_failure: Option<bool>,
    pub(super) retried: Option<bool>,
    pub(super) stuck: Option<bool>,
    #[serde(default)]
    pub(super) created_at: Moment,
    #[serde(default)]
    pub(super) queued_at: Moment,
    pub(super) queued_duration: Option<f64>,
    #[serde(default)]
    pub(super) started_at: Moment,
    #[serde(default)]
    pub(super) finished_at: Moment,
    pub(super) stage: Option<StageNode<'a>>,
    pub(super) runner: Option<RunnerRefNode<'a>>,
}

/// A job's stage.
#[derive(Debug, Deserialize)]
pub(super) struct StageNode<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Words<'a>>,
}

/// A runner.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunnerNode<'a> {
    pub(super) id: Id,
    #[serde(borrow)]
    pub(super) description: Option<Words<'a>>,
    pub(super) runner_type: Option<Words<'a>>,
    pub(super) status: Option<Words<'a>>,
    pub(super) paused: Option<bool>,
    pub(super) locked: Option<bool>,
    pub(super) run_untagged: Option<bool>,
    pub(super) access_level: Option<Words<'a>>,
    pub(super) tag_list: Option<Vec<Words<'a>>>,
    #[serde(default)]
    pub(super) contacted_at: Moment,
    pub(super) job_count: Option<u64>,
    pub(super) managers: Option<Page<ManagerNode<'a>>>,
}

/// A process behind a runner.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagerNode<'a> {
    #[serde(borrow)]
    pub(super) system_id: Option<Words<'a>>,
    pub(super) status: Option<Words<'a>>,
    #[serde(default)]
    pub(super) contacted_at: Moment,
    pub(super) version: Option<Words<'a>>,
}
