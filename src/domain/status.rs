//! [`Status`]: GitLab's own status names for pipelines and jobs, and what each means for a queue.
//!
//! Source: `app/models/commit_status.rb` and `app/models/concerns/ci/has_status.rb` of GitLab.

use std::fmt;

use super::Text;

/// The state of a pipeline or a job, in GitLab's words. A word that we do not know is kept as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Made, and waiting for earlier stages or `needs`.
    Created,
    /// Waiting for a resource group.
    WaitingForResource,
    /// Prerequisites (a cluster namespace, say) are being met.
    Preparing,
    /// Waiting for an outside service to call back.
    WaitingForCallback,
    /// In the queue: waiting for a runner.
    Pending,
    /// On a runner.
    Running,
    /// Asked to stop; its `after_script` may still run.
    Canceling,
    /// Ended well.
    Success,
    /// Ended badly.
    Failed,
    /// Stopped by a person or by a newer pipeline.
    Canceled,
    /// Not run, because an earlier job failed or a rule said so.
    Skipped,
    /// Waiting for a person.
    Manual,
    /// Waiting for a date.
    Scheduled,
    /// A word that this version does not know, verbatim.
    Other(Text),
}

/// What a status means for the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Progress {
    /// Waiting for a runner: what queue time counts.
    Queued,
    /// Waiting for a stage, a resource, a person or a date.
    Blocked,
    /// On a runner.
    Running,
    /// Ended.
    Ended,
}

impl Status {
    /// Every status that we know, in GitLab's order of progress.
    pub const KNOWN: [Status; 13] = [
        Status::Created,
        Status::WaitingForResource,
        Status::Preparing,
        Status::WaitingForCallback,
        Status::Pending,
        Status::Running,
        Status::Canceling,
        Status::Success,
        Status::Failed,
        Status::Canceled,
        Status::Skipped,
        Status::Manual,
        Status::Scheduled,
    ];

    /// Reads GitLab's word in either spelling: REST's `waiting_for_resource`, GraphQL's `WAITING_FOR_RESOURCE`.
    pub fn parse(word: &str) -> Status {
        Status::KNOWN
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(word))
            .unwrap_or_else(|| Status::Other(Text::new(word)))
    }

    /// REST's spelling.
    pub fn as_str(&self) -> &str {
        match self {
            Status::Created => "created",
            Status::WaitingForResource => "waiting_for_resource",
            Status::Preparing => "preparing",
            Status::WaitingForCallback => "waiting_for_callback",
            Status::Pending => "pending",
            Status::Running => "running",
            Status::Canceling => "canceling",
            Status::Success => "success",
            Status::Failed => "failed",
            Status::Canceled => "canceled",
            Status::Skipped => "skipped",
            Status::Manual => "manual",
            Status::Scheduled => "scheduled",
            Status::Other(word) => word,
        }
    }

    /// What this status means for the queue. An unknown word counts as blocked: it has not ended as far as we know.
    pub fn progress(&self) -> Progress {
        match self {
            Status::Pending => Progress::Queued,
            Status::Running | Status::Canceling => Progress::Running,
            Status::Success | Status::Failed | Status::Canceled | Status::Skipped => {
                Progress::Ended
            }
            Status::Created
            | Status::WaitingForResource
            | Status::Preparing
            | Status::WaitingForCallback
            | Status::Manual
            | Status::Scheduled
            | Status::Other(_) => Progress::Blocked,
        }
    }

    /// Whether nothing more will happen without a person.
    pub fn has_ended(&self) -> bool {
        self.progress() == Progress::Ended
    }

    /// Whether it waits for anything: a runner, a stage, a resource, a person or a date.
    pub fn is_waiting(&self) -> bool {
        matches!(self.progress(), Progress::Queued | Progress::Blocked)
    }

    /// The place in an order by meaning: what needs eyes first. Waiting, running, blocked, then ended, failures first.
    pub fn rank(&self) -> u8 {
        match self {
            Status::Pending => 0,
            Status::WaitingForResource => 1,
            Status::Preparing | Status::WaitingForCallback => 2,
            Status::Running => 3,
            Status::Canceling => 4,
            Status::Other(_) => 5,
            Status::Created => 6,
            Status::Scheduled => 7,
            Status::Manual => 8,
            Status::Failed => 9,
            Status::Canceled => 10,
            Status::Success => 11,
            Status::Skipped => 12,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        assert_eq!(Status::parse("waiting_for_resource"), Status::WaitingForResource);
        assert_eq!(Status::parse("WAITING_FOR_RESOURCE"), Status::WaitingForResource);
    }

    #[test]
    fn an_unknown_word_is_kept_as_it_came() {
        assert_eq!(Status::parse("dreaming").as_str(), "dreaming");
    }

    #[test]
    fn an_unknown_word_has_not_ended() {
        assert!(!Status::parse("dreaming").has_ended());
    }

    #[test]
    fn every_known_status_reads_back() {
        for status in Status::KNOWN {
            assert_eq!(Status::parse(status.as_str()), status);
        }
    }
}
