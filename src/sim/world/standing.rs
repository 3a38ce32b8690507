//! The state of a pipeline as the sum of its jobs, in GitLab's order of precedence.

use super::{Job, Status};

/// The state that the latest attempts add up to.
pub(crate) fn standing<'a>(jobs: impl Iterator<Item = &'a Job>) -> Status {
    let seen: Vec<Seen> = jobs.filter(|job| !job.retried).map(Seen::of).collect();
    let any = |status: Status| seen.contains(&Seen::As(status));
    let only = |allowed: &[Status]| {
        seen.iter().all(|seen| match seen {
            Seen::As(status) => allowed.contains(status),
            Seen::Warned | Seen::Ignored => true,
        })
    };
    if only(&[Status::Skipped]) && any(Status::Skipped) {
        return Status::Skipped;
    }
    if only(&[Status::Success, Status::Skipped]) {
        return Status::Success;
    }
    if only(&[Status::Created]) {
        return Status::Created;
    }
    if only(&[Status::Success, Status::Canceled, Status::Skipped]) {
        return Status::Canceled;
    }
    if only(&[Status::Pending, Status::Created, Status::Skipped]) {
        return Status::Pending;
    }
    if any(Status::Running) || any(Status::Pending) {
        return Status::Running;
    }
    [
        Status::Canceling,
        Status::WaitingForResource,
        Status::WaitingForCallback,
        Status::Manual,
        Status::Scheduled,
        Status::Preparing,
    ]
    .into_iter()
    .find(|status| any(*status))
    .unwrap_or(if any(Status::Created) { Status::Running } else { Status::Failed })
}

/// A job as its pipeline counts it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    As(Status),
    /// It failed and may.
    Warned,
    /// It waits for a person and need not be played.
    Ignored,
}

impl Seen {
    fn of(job: &Job) -> Self {
        match job.status {
            Status::Failed | Status::Canceled if job.plan.allow_failure => Self::Warned,
            Status::Manual if job.plan.allow_failure => Self::Ignored,
            status => Self::As(status),
        }
    }
}
