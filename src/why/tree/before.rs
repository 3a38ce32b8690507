//! Branch A: a job that is not in the queue yet.

use super::{evidence, job as walk_job};
use crate::domain::{EntityId, Evidence, Job, JobId, PipelineId, Status};
use crate::state::State;
use crate::why::diagnosis::{Cause, Deadline};
use crate::why::extra::{Details, Holder, ResourceGroup};
use crate::why::leaf::Leaf;
use crate::why::walk::{Found, Walk};

/// A job that waits for earlier ones.
pub(super) fn created(walk: &mut Walk<'_, '_>, job: &Job) -> Found {
    let state = walk.facts.state;
    let details = match walk.facts.details(job.id) {
        Ok((details, at)) => {
            if let Some(error) = &details.pipeline_error {
                let proof =
                    || (String::new(), vec![evidence("pipeline.error", error, "gitlab", Some(at))]);
                walk.yes("A8", "is the pipeline itself held?", proof);
                return Found::certain(
                    Leaf::PipelineHeld,
                    format!("the pipeline is held: {error}"),
                )
                .of(EntityId::Pipeline(job.pipeline));
            }
            Some(details)
        }
        Err(gap) => {
            walk.open("A8", "is the pipeline itself held, and what does the job need?", gap);
            None
        }
    };
    let blockers = blockers(state, job, details);
    let found = blocked(walk, &blockers);
    found.or_else(|| downstream(walk, job, details)).unwrap_or_else(|| {
        Found::untold(Leaf::Upstream, "it waits for earlier jobs; all that are known have ended")
    })
}

/// The jobs that must end first and have not ended well: those that it needs, else those of earlier stages, by the order
/// in which GitLab makes jobs.
fn blockers<'a>(state: &'a State, job: &Job, details: Option<&Details>) -> Vec<&'a Job> {
    let known = |id: JobId| state.jobs().get(id).map(AsRef::as_ref);
    let is_told = |details: &&Details| details.needs.len() + details.needs_named.len() > 0;
    let all: Vec<&Job> = if let Some(details) = details.filter(is_told) {
        let named = state.jobs_of(job.pipeline).filter_map(known);
        let named = named.filter(|one| details.needs_named.contains(&one.name));
        details.needs.iter().copied().filter_map(known).chain(named).collect()
    } else {
        let mates: Vec<&Job> = state.jobs_of(job.pipeline).filter_map(known).collect();
        let first =
            |stage: &str| mates.iter().filter(|one| &*one.stage == stage).map(|one| one.id).min();
        let mine = first(&job.stage);
        mates.iter().copied().filter(|one| first(&one.stage) < mine).collect()
    };
    let is_done = |one: &&Job| {
        let well = matches!(one.status, Status::Success | Status::Skipped);
        one.retried
            || well
            || (one.allow_failure && (one.status.has_ended() || one.status == Status::Manual))
    };
    all.into_iter().filter(|one| !is_done(one)).collect()
}

fn blocked(walk: &mut Walk<'_, '_>, blockers: &[&Job]) -> Option<Found> {
    let has_failed = |one: &&&Job| matches!(one.status, Status::Failed | Status::Canceled);
    if let Some(failed) = blockers.iter().find(has_failed) {
        walk.yes("A1b", "did an earlier job fail?", || {
            proof(walk_seen(walk.facts.state, failed), failed)
        });
        let title =
            format!("the earlier job {} #{} {}", failed.name, failed.id, verb(&failed.status));
        return Some(Found::certain(Leaf::UpstreamFailed, title).of(EntityId::Job(failed.id)));
    }
    if let Some(manual) = blockers.iter().find(|one| one.status == Status::Manual) {
        walk.yes("A1c", "does an earlier job wait for a person?", || {
            proof(walk_seen(walk.facts.state, manual), manual)
        });
        let title = format!("the earlier job {} #{} waits for a person", manual.name, manual.id);
        return Some(Found::certain(Leaf::UpstreamManual, title).of(EntityId::Job(manual.id)));
    }
    let open = blockers.iter().max_by_key(|one| one.status == Status::Pending)?;
    walk.yes("A1a", "has an earlier job not ended?", || {
        proof(walk_seen(walk.facts.state, open), open)
    });
    let title = format!("it waits on {} #{}, which is {}", open.name, open.id, open.status);
    let cause = follow_job(walk, open.id);
    Some(Found { cause, ..Found::certain(Leaf::UpstreamRunning, title).of(EntityId::Job(open.id)) })
}

fn downstream(walk: &mut Walk<'_, '_>, job: &Job, details: Option<&Details>) -> Option<Found> {
    let state = walk.facts.state;
    let named = details.and_then(|details| details.downstream);
    let is_open = |id: &PipelineId| {
        state.pipelines().get(*id).is_some_and(|pipeline| !pipeline.status.has_ended())
    };
    let child = named.or_else(|| state.children_of(job.pipeline).find(is_open))?;
    let status =
        state.pipelines().get(child).map_or("not known here", |pipeline| pipeline.status.as_str());
    walk.yes("A1d", "does a downstream pipeline run?", || {
        (
            String::new(),
            vec![evidence("downstream_pipeline", format!("{child} {status}"), "gitlab", None)],
        )
    });
    let title = format!("the downstream pipeline {child} has not ended: {status}");
    let found = Found::certain(Leaf::Downstream, title).of(EntityId::Pipeline(child));
    let found = if named.is_some() { found } else { found.doubted() };
    let waits = waiting_job(state, child);
    let cause = waits.and_then(|id| follow_job(walk, id));
    Some(Found { cause, ..found })
}

/// The job of a pipeline that tells most about why that waits: one in the queue before one that runs, the oldest first.
pub(in crate::why) fn waiting_job(state: &State, pipeline: PipelineId) -> Option<JobId> {
    let jobs = state.jobs_of(pipeline).filter_map(|id| state.jobs().get(id));
    let open = jobs.filter(|job| !job.retried && !job.status.has_ended());
    open.min_by_key(|job| (job.status.rank(), job.id)).map(|job| job.id)
}

fn follow_job(walk: &mut Walk<'_, '_>, id: JobId) -> Option<Cause> {
    walk.follow(EntityId::Job(id), |inner| walk_job(inner, id))
}

/// A job that waits for its time.
pub(super) fn delayed(walk: &mut Walk<'_, '_>, job: &Job) -> Found {
    let found = Found::certain(Leaf::Delayed, "it is delayed and waits for its time");
    let Ok((details, at)) = walk.facts.details(job.id) else { return found };
    let Some(due) = details.scheduled_at else { return found };
    walk.yes("A2", "when is it due?", || {
        let when = crate::domain::time::instant_utc(due);
        (String::new(), vec![evidence("job.scheduled_at", when, "gitlab", Some(at))])
    });
    found.until(Some(Deadline { what: "it starts", at: due }))
}

/// A job that waits for a person.
pub(super) fn manual(walk: &mut Walk<'_, '_>, job: &Job) -> Found {
    let (details, at) = match walk.facts.details(job.id) {
        Ok(read) => read,
        Err(gap) => {
            walk.open("A3a", "does a deployment wait for approval?", gap);
            walk.open("A3b", "may you deploy to its environment?", gap);
            return Found::certain(Leaf::Manual, "it waits for a person to play it");
        }
    };
    if let Some(approval) = &details.approval {
        let left = approval.left.join(", ");
        walk.yes("A3a", "does a deployment wait for approval?", || {
            let pending = approval.pending.to_string();
            let fields = vec![
                evidence("deployment.pending_approval_count", pending, "gitlab", Some(at)),
                evidence("approval_rules", &left, "gitlab", Some(at)),
            ];
            (String::new(), fields)
        });
        let who = if left.is_empty() { String::new() } else { format!(" of {left}") };
        let title = format!(
            "the deployment to {} waits for {} approval(s){who}",
            approval.environment, approval.pending
        );
        return Found::certain(Leaf::Approval, title).of(EntityId::Job(job.id));
    }
    walk.no("A3a", "does a deployment wait for approval?", || (String::new(), Vec::new()));
    if let Some(environment) = details.environment.as_ref().filter(|one| !one.may_deploy) {
        let who = environment.deployers.join(", ");
        walk.yes("A3b", "may you deploy to its environment?", || {
            (
                "you may not".to_owned(),
                vec![evidence("deploy_access_levels", &who, "gitlab", Some(at))],
            )
        });
        let title = format!("its environment {} is protected; {who} may play it", environment.name);
        return Found::certain(Leaf::ProtectedEnvironment, title);
    }
    Found::certain(Leaf::Manual, "it waits for a person to play it")
}

/// A job that waits for a resource group.
pub(super) fn resource(walk: &mut Walk<'_, '_>, job: &Job) -> Found {
    let (details, at) = match walk.facts.details(job.id) {
        Ok(read) => read,
        Err(gap) => {
            walk.open("A4", "who holds its resource group?", gap);
            return Found::untold(Leaf::Resource, "it waits for a resource group");
        }
    };
    let Some(group) = &details.resource else {
        let title = "it waits for a resource group, and GitLab names none of which it waits";
        return Found::untold(Leaf::Resource, title);
    };
    let Some(holder) = &group.holder else {
        let title = format!(
            "it waits for resource group {}, and GitLab names nobody who holds it",
            group.key
        );
        return Found::untold(Leaf::Resource, title);
    };
    let place = group.upcoming.iter().position(|id| *id == job.id).map(|place| place + 1);
    let is_stuck = !matches!(holder.status, Status::Running | Status::Pending | Status::Canceling);
    let branch = if is_stuck { "A4b" } else { "A4a" };
    walk.yes(branch, "who holds its resource group?", || {
        (String::new(), holder_proof(group, holder, at))
    });
    let place = place
        .map_or_else(String::new, |place| format!("; it is number {place} of those that wait"));
    let title = format!(
        "resource group {} is held by {} #{}, which is {}{place}",
        group.key, holder.name, holder.id, holder.status
    );
    if is_stuck {
        let next =
            format!("cancel the holder #{}; process mode is {}", holder.id, group.process_mode);
        return Found::certain(Leaf::ResourceStuck, title).of(EntityId::Job(holder.id)).next(next);
    }
    let cause = follow_job(walk, holder.id);
    Found { cause, ..Found::certain(Leaf::ResourceHeld, title).of(EntityId::Job(holder.id)) }
}

fn holder_proof(
    group: &ResourceGroup,
    holder: &Holder,
    at: crate::domain::Timestamp,
) -> Vec<Evidence> {
    let held = format!("#{} {} {}", holder.id, holder.name, holder.status);
    let mut fields = vec![
        evidence("resource_group.current_job", held, "gitlab", Some(at)),
        evidence("resource_group.process_mode", &group.process_mode, "gitlab", Some(at)),
        evidence(
            "resource_group.upcoming_jobs",
            group.upcoming.len().to_string(),
            "gitlab",
            Some(at),
        ),
    ];
    if let Some(since) = holder.since {
        let since = crate::domain::time::instant_utc(since);
        fields.push(evidence("current_job.since", since, "gitlab", Some(at)));
    }
    fields
}

fn walk_seen(state: &State, job: &Job) -> Option<crate::domain::Timestamp> {
    state.jobs().row(job.id).map(|row| state.job_seen_at(row))
}

fn proof(at: Option<crate::domain::Timestamp>, job: &Job) -> (String, Vec<Evidence>) {
    let value = format!("{} #{} {}", job.name, job.id, job.status);
    (String::new(), vec![evidence("job.status", value, "gitlab", at)])
}

fn verb(status: &Status) -> &'static str {
    if *status == Status::Failed { "failed" } else { "was cancelled" }
}
