//! What is known about one job, pipeline or project: facts, stages, tries, times.

use super::family;
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{
    Claim, EntityId, Job, JobId, Pipeline, PipelineId, Pod, Project, Stand, Text, Timestamp,
};
use crate::pane::block::{Block, Cell, Stage};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::pane::runners::words;
use crate::state::{FailingRef, Row};
use crate::theme::Role;

/// The blocks of a detail.
pub(super) fn blocks(cx: &Cx<'_>, id: &EntityId) -> Vec<Block> {
    match id {
        EntityId::Job(id) => job(cx, *id),
        EntityId::Pipeline(id) => pipeline(cx, *id),
        EntityId::Project(id) => {
            cx.state.projects().get(*id).map_or_else(Vec::new, |p| project(cx, p))
        }
        _ => Vec::new(),
    }
}

fn job(cx: &Cx<'_>, id: JobId) -> Vec<Block> {
    let Some(row) = cx.state.jobs().row(id) else { return Vec::new() };
    let job = &row.value;
    let mut blocks = vec![
        Block::Title(Cell::new(job.name.as_str(), Role::TextStrong)),
        Block::Facts(job_facts(cx, row)),
        Block::Timeline(job_times(job)),
    ];
    let tries = tries(cx, job);
    if tries.len() > 1 {
        blocks.push(Block::Title(Cell::dim("tries")));
        blocks.push(Block::Lines(tries));
    }
    let pods = pods(cx, id);
    if !pods.is_empty() {
        blocks.push(Block::Title(Cell::dim("pods that say they run it, newest first")));
        blocks.push(Block::Lines(pods));
    }
    blocks.push(Block::Title(Cell::dim("the pipeline's stages")));
    blocks.push(Block::Stages(stages(cx, job.pipeline)));
    blocks
}

fn job_facts(cx: &Cx<'_>, row: &Row<Job>) -> Vec<(String, Cell)> {
    let job = &row.value;
    let fact = |name: &str, cell: Cell| (name.to_owned(), cell);
    let until = cells::job_known_until(cx, row);
    let is_old = cx.state.is_job_stale(row, cx.now);
    let so_far = |seconds: Option<f64>| match seconds {
        Some(_) if is_old && !job.status.has_ended() => {
            cells::old(cells::seconds(seconds, Role::Text))
        }
        _ => cells::seconds(seconds, Role::Text),
    };
    let mut facts = vec![
        fact("project", Cell::new(cells::path(cx.state, job.project), Role::Project)),
        fact("ref", Cell::new(cells::short_ref(&job.reference), Role::Ref)),
        fact("status", cells::status(&job.status)),
        fact("stage", Cell::plain(job.stage.as_str())),
        fact("tier", Cell::new(cx.state.tiers().name(job.tier), Role::TierName)),
        fact("tags", Cell::plain(job.tags.join(" "))),
        fact("queue time", so_far(job.queued_seconds(until))),
        fact("ran", so_far(job.duration_seconds(until))),
        fact("runner", cells::text(job.runner.as_ref().map(|r| &r.description), Role::Text)),
        fact("job id", Cell::dim(job.id.to_string())),
        fact("pipeline id", Cell::dim(job.pipeline.to_string())),
    ];
    if is_old {
        let ago = seconds_between(cx.state.job_seen_at(row), cx.now).max(0);
        let words = format!("{} ago", span(ago));
        facts.push(fact("last confirmed", cells::old(Cell::plain(words))));
    }
    if let Some(reason) = &job.failure_reason {
        facts.push(fact("failed by", Cell::new(reason.as_str(), Role::StatusFailed)));
    }
    if job.stuck == Some(true) {
        let words = "GitLab sees no online runner that matches";
        facts.push(fact("stuck", Cell::new(words, Role::SeverityWarning)));
    }
    facts
}

fn job_times(job: &Job) -> Vec<(Timestamp, Cell)> {
    let steps = [
        (Some(job.created_at), "made"),
        // GitLab tells how long it queued; counted back from its start that may end a moment before it was made.
        (job.queued_at.map(|at| job.created_at.max(at.into())), "queued"),
        (job.started_at.map(Into::into), "started"),
        (job.finished_at.map(Into::into), "ended"),
    ];
    let steps = steps.into_iter().filter_map(|(at, word)| Some((at?, Cell::plain(word))));
    let mut steps: Vec<(Timestamp, Cell)> = steps.collect();
    steps.sort_by_key(|(at, _)| *at);
    steps
}

/// The pods that name a job, each with its state, whether it is believed, and what keeps it.
fn pods(cx: &Cx<'_>, id: JobId) -> Vec<Cell> {
    let pods = cx.state.pods_of_job(id).filter_map(|id| cx.state.pods().get(id));
    let lines = |pod: &Pod| {
        let (word, role) = match cx.state.claim(pod) {
            Claim::Verified => ("believed".to_owned(), Role::TextDim),
            Claim::Contradicted(why) => {
                (format!("not believed: {}", why.words()), Role::SeverityBad)
            }
            Claim::None | Claim::Unknown => {
                ("a claim, not confirmed".to_owned(), Role::SeverityUnknown)
            }
        };
        let node = pod.node.as_ref().map_or("no node", |node| words::short_node(node));
        let head = words::state(pod)
            .and(format!("  {}", pod.name), Role::Text)
            .and(format!("  {node}  "), Role::TextDim)
            .and(word, role);
        let is_kept = matches!(pod.stand, Stand::Stuck | Stand::Unplaced | Stand::Failed);
        let why = words::why(pod).filter(|_| is_kept);
        [Some(head), why.map(|why| Cell::dim(format!("  {why}")))]
    };
    pods.flat_map(|pod| lines(pod)).flatten().collect()
}

/// Every try of a job of this name in its pipeline, oldest first.
fn tries(cx: &Cx<'_>, job: &Job) -> Vec<Cell> {
    cx.state
        .jobs_of(job.pipeline)
        .filter_map(|id| cx.state.jobs().row(id))
        .filter(|row| row.value.name == job.name)
        .map(|row| {
            let other = &row.value;
            let mark = if other.id == job.id { "  this one" } else { "" };
            let until = cells::job_known_until(cx, row);
            let ran =
                other.duration_seconds(until).map_or_else(String::new, |s| span(cells::whole(s)));
            Cell::dim(format!("{}  ", other.id))
                .and(other.status.as_str().to_owned(), cells::status_role(&other.status))
                .and(format!("  {ran}{mark}"), Role::TextDim)
        })
        .collect()
}

/// The jobs of a pipeline by stage, stages in the order of their first try; earlier tries are left out.
fn stages(cx: &Cx<'_>, pipeline: PipelineId) -> Vec<Stage> {
    let mut out: Vec<Stage> = Vec::new();
    for row in cx.state.jobs_of(pipeline).filter_map(|id| cx.state.jobs().row(id)) {
        let job = &row.value;
        let entry = (!job.retried).then(|| (EntityId::Job(job.id), stage_cell(cx, row)));
        match out.iter_mut().find(|stage| stage.name == job.stage) {
            Some(stage) => stage.jobs.extend(entry),
            None => out.push(Stage { name: job.stage.clone(), jobs: entry.into_iter().collect() }),
        }
    }
    out
}

fn stage_cell(cx: &Cx<'_>, row: &Row<Job>) -> Cell {
    let job = &row.value;
    let until = cells::job_known_until(cx, row);
    let role = cells::status_role(&job.status);
    let seconds = job.duration_seconds(until).or_else(|| job.queued_seconds(until));
    let time = seconds.map_or_else(String::new, |s| format!("  {}", span(cells::whole(s))));
    Cell::mark(cells::status_mark(&job.status), role)
        .and(format!(" {}", job.name), Role::Text)
        .and(time, Role::TextDim)
}

fn pipeline(cx: &Cx<'_>, id: PipelineId) -> Vec<Block> {
    let Some(pipeline) = cx.state.pipelines().get(id) else { return Vec::new() };
    let title = format!(
        "{} {}",
        cells::path(cx.state, pipeline.project),
        cells::short_ref(&pipeline.reference)
    );
    let mut blocks = vec![
        Block::Title(Cell::new(title, Role::TextStrong)),
        Block::Facts(pipeline_facts(cx, pipeline)),
    ];
    let relatives = relatives(cx, id);
    if relatives.len() > 1 {
        blocks.push(Block::Title(Cell::dim("triggered together")));
        blocks.push(Block::Lines(relatives));
    }
    if !pipeline.jobs_complete {
        blocks.push(Block::Lines(vec![Cell::new(
            "not every job of it was read",
            Role::SeverityWarning,
        )]));
    }
    blocks.push(Block::Stages(stages(cx, id)));
    blocks
}

fn pipeline_facts(cx: &Cx<'_>, pipeline: &Pipeline) -> Vec<(String, Cell)> {
    let fact = |name: &str, cell: Cell| (name.to_owned(), cell);
    let time = |at: Option<Timestamp>| at.map_or_else(Cell::dot, |at| Cell::plain(instant_utc(at)));
    let protected = match cx
        .state
        .projects()
        .get(pipeline.project)
        .and_then(|p| p.protects(&pipeline.reference))
    {
        Some(true) => Cell::new("yes", Role::TextStrong),
        Some(false) => Cell::dim("no"),
        None => Cell::dim("not read"),
    };
    vec![
        fact("status", cells::status(&pipeline.status)),
        fact("source", cells::text(pipeline.source.as_ref(), Role::Text)),
        fact("protected ref", protected),
        fact("commit", Cell::dim(pipeline.sha.chars().take(12).collect::<String>())),
        fact("made", time(Some(pipeline.created_at))),
        fact("started", time(pipeline.started_at)),
        fact("ended", time(pipeline.finished_at)),
        fact("pipeline id", Cell::dim(pipeline.id.to_string())),
    ]
}

fn relatives(cx: &Cx<'_>, id: PipelineId) -> Vec<Cell> {
    family::members(cx.state, id)
        .into_iter()
        .filter_map(|member| cx.state.pipelines().get(member))
        .map(|member| {
            let lead = "  ".repeat(family::depth(cx.state, member.id));
            let path: Text = Text::new(cells::path(cx.state, member.project));
            let here = if member.id == id { "  this one" } else { "" };
            Cell::dim(lead)
                .and(format!("{path} "), Role::Project)
                .and(member.status.as_str().to_owned(), cells::status_role(&member.status))
                .and(here, Role::TextDim)
        })
        .collect()
}

fn project(cx: &Cx<'_>, project: &Project) -> Vec<Block> {
    let summary = cx.state.project_summary(project.id);
    let fact = |name: &str, cell: Cell| (name.to_owned(), cell);
    let mut blocks = vec![
        Block::Title(Cell::new(project.path.as_str(), Role::TextStrong)),
        Block::Facts(vec![
            fact("waiting", Cell::plain(summary.waiting.to_string())),
            fact("running", Cell::plain(summary.running.to_string())),
            fact("ended well", Cell::plain(summary.outcomes.success.to_string())),
            fact("ended badly", Cell::plain(summary.outcomes.failed.to_string())),
            fact("by the platform", Cell::plain(summary.outcomes.platform.to_string())),
            fact("default branch", cells::text(project.default_branch.as_ref(), Role::Ref)),
        ]),
    ];
    let failing = cx.state.failing_refs(project.id);
    if !failing.is_empty() {
        blocks.push(Block::Title(Cell::new("protected refs that fail", Role::SeverityBad)));
        let line = |failing: &FailingRef| {
            Cell::new(failing.reference.as_str(), Role::Ref)
                .and(format!("  pipeline {}", failing.pipeline), Role::TextDim)
        };
        blocks.push(Block::Lines(failing.iter().map(line).collect()));
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Status;
    use crate::domain::pipeline::fixture::{at, job};

    #[test]
    fn a_job_is_never_queued_before_it_was_made() {
        let made =
            Job { created_at: at(10), queued_at: Some(at(9).into()), ..job(1, Status::Pending) };
        let expected = vec![(at(10), Cell::plain("made")), (at(10), Cell::plain("queued"))];
        assert_eq!(job_times(&made), expected);
    }
}
