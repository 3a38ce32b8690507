//! The tree itself, branch by branch: each function asks its questions in order and stops at the first leaf with evidence.

mod before;
mod growth;
mod image;
mod placing;
mod pod;
mod queue;
mod runner;
mod saturated;
mod scaling;
mod unscheduled;

use super::diagnosis::Deadline;
use super::facts::{Gap, evidence};
use super::leaf::Leaf;
use super::walk::{Found, Grade, Walk};

pub(super) use before::waiting_job;

use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{Attribution, Job, JobId, PodId, SourceId, Status, Timestamp};

/// Why a job waits; `None` where nothing is known of it.
pub(super) fn job(walk: &mut Walk<'_, '_>, id: JobId) -> Option<Found> {
    let row = walk.facts.state.jobs().row(id)?;
    let job = &*row.value;
    let seen = walk.facts.snapshot(row);
    if let Err(gap) = seen {
        walk.open("0.1", "is the job's row young?", gap);
        if gap.health.is_none() {
            return Some(Found::untold(
                Leaf::Unreadable,
                "what GitLab says of the job cannot be read",
            ));
        }
    }
    let (now, at) = (walk.facts.now, walk.facts.state.job_seen_at(row));
    walk.yes("0", "what does GitLab say of it?", || status_proof(job, at, now));
    let found = match &job.status {
        status if status.has_ended() => terminal(job),
        Status::Created => before::created(walk, job),
        Status::Scheduled => before::delayed(walk, job),
        Status::Manual => before::manual(walk, job),
        Status::WaitingForResource => before::resource(walk, job),
        Status::Preparing => Found::certain(Leaf::Preparing, "its prerequisites are being met"),
        Status::WaitingForCallback => {
            Found::certain(Leaf::Callback, "it waits for an outside service to call back")
        }
        Status::Canceling => {
            Found::certain(Leaf::Canceling, "it was told to stop; its runner still cleans up")
        }
        Status::Pending if job.runner.is_some() => queue::handover(job),
        Status::Pending => queue::pending(walk, job),
        Status::Running => pod::of_running(walk, job),
        other => Found::untold(
            Leaf::Unknown,
            format!("GitLab says `{other}`, a word that is not known here"),
        ),
    };
    Some(aged(walk, found, seen.err()))
}

/// Why a pod does not run, whosever job it is.
pub(super) fn pod(walk: &mut Walk<'_, '_>, id: PodId) -> Option<Found> {
    let pod = walk.facts.state.pods().get(id)?;
    if let Err(gap) = walk.facts.feed(SourceId::PODS, pod.tier) {
        walk.open("0.1", "can its pod be read?", gap);
        return Some(Found::untold(Leaf::Unreadable, "the pod cannot be read now"));
    }
    Some(pod::of_pod(walk, pod, None))
}

/// What an old row still proves: nothing of the queue, which moves; something of pods, which are read elsewhere.
fn aged(walk: &Walk<'_, '_>, found: Found, gap: Option<Gap>) -> Found {
    let Some(gap) = gap else { return found };
    let code = found.leaf.code();
    if code.starts_with('D') || code == "E" {
        return found.doubted();
    }
    let because = walk.facts.because(gap);
    let title = format!("{}, as it was known last", found.title);
    Found { grade: Grade::Untold(Some(because.to_string())), title, ..found }
}

fn terminal(job: &Job) -> Found {
    let why = match job.failure_reason.as_deref() {
        Some(reason) => format!(" by {reason}: {}", post_mortem(reason)),
        None => String::new(),
    };
    Found::certain(Leaf::Terminal, format!("it has ended: {}{why}", job.status))
}

/// What a failure reason means. Source: GitLab's documentation and `lib/gitlab/ci/status/build/failed.rb`.
fn post_mortem(reason: &str) -> &'static str {
    match reason {
        "stuck_pending_no_matching_runners" => "no runner matched for an hour",
        "stuck_pending_with_matching_runners" => "no runner took it for a day",
        "stuck_or_timeout_failure" => "it waited or ran too long without a word",
        "runner_system_failure" => "its runner failed: often a pod that did not come in time",
        "image_pull_failure" => "its image could not be pulled",
        "unmet_prerequisites" => "its prerequisites were not met",
        "ci_quota_exceeded" => "the compute quota is spent",
        "user_blocked" => "the person who started it is blocked",
        "job_execution_timeout" => "it ran longer than it may",
        "script_failure" => "its script ended badly",
        _ => match Attribution::of(reason) {
            Attribution::Platform => "the platform failed",
            Attribution::Team => "its own doing",
            Attribution::Policy => "a rule said no",
            Attribution::Other => "a reason that is not known here",
        },
    }
}

/// What GitLab says of a job, for the first step.
fn status_proof(
    job: &Job,
    at: Timestamp,
    now: Timestamp,
) -> (String, Vec<crate::domain::Evidence>) {
    let mut fields = vec![evidence("job.status", job.status.as_str(), "gitlab", Some(at))];
    if let Some(queued_at) = job.queued_at.map(Timestamp::from) {
        fields.push(evidence("job.queued_at", instant_utc(queued_at), "gitlab", Some(at)));
    }
    if !job.tags.is_empty() {
        fields.push(evidence("job.tag_list", job.tags.join(" "), "gitlab", Some(at)));
    }
    if let Some(reason) = &job.failure_reason {
        fields.push(evidence("job.failure_reason", reason, "gitlab", Some(at)));
    }
    let since = job.waiting_since().map(|since| seconds_between(since, now));
    let waits = since.map_or_else(String::new, |seconds| format!(" for {}", span(seconds.max(0))));
    (format!("it is {}{waits}", job.status), fields)
}

/// An instant so many seconds after another.
fn after(at: Timestamp, seconds: i64, what: &'static str) -> Option<Deadline> {
    let at = at.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()?;
    Some(Deadline { what, at })
}

/// How many seconds ago something was.
fn age(walk: &Walk<'_, '_>, at: Timestamp) -> i64 {
    seconds_between(at, walk.facts.now).max(0)
}
