//! The log of one job, followed only while somebody watches it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::api::Error;
use crate::api::gitlab::{Gitlab, Place, TraceEnd};
use crate::domain::{Failure, JobId};

/// How often the log of a running job is read.
const INTERVAL: Duration = Duration::from_secs(3);
/// The longest wait after a failure.
const MAX_WAIT: Duration = Duration::from_mins(1);
/// How much of a log is kept at most, bytes; GitLab sends all of it each time.
pub const KEPT_BYTES: usize = 8 * 1024 * 1024;
/// How many pieces of news may wait for the reader.
const WAITING: usize = 16;

/// News of a job's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogNews {
    /// The log is this; `dropped` bytes before it were let go.
    Replace {
        /// The end of the log.
        bytes: Bytes,
        /// How many bytes before it were let go.
        dropped: u64,
    },
    /// The log has grown by this.
    Append(Bytes),
    /// The job has ended; nothing more will come.
    Ended,
    /// It could not be read this time; it is tried again unless the platform refuses.
    Failed(Failure),
}

/// Follows the log of a job. Dropping the receiver ends it.
pub(super) fn follow(gitlab: Arc<Gitlab>, place: Place, job: JobId) -> mpsc::Receiver<LogNews> {
    follow_every(INTERVAL, gitlab, place, job)
}

/// The same with another interval.
pub(super) fn follow_every(
    interval: Duration,
    gitlab: Arc<Gitlab>,
    place: Place,
    job: JobId,
) -> mpsc::Receiver<LogNews> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let reading = Follower { gitlab, place, job, sender: sender.clone(), last: None };
        tokio::select! {
            () = sender.closed() => {}
            () = reading.run(interval) => {}
        }
    });
    receiver
}

/// The task that follows a log.
struct Follower {
    gitlab: Arc<Gitlab>,
    place: Place,
    job: JobId,
    sender: mpsc::Sender<LogNews>,
    last: Option<TraceEnd>,
}

impl Follower {
    async fn run(mut self, interval: Duration) {
        let mut wait = interval;
        loop {
            match self.look().await {
                Ok(true) => {
                    self.send(LogNews::Ended).await;
                    return;
                }
                Ok(false) => wait = interval,
                Err(error) => {
                    let now = self.gitlab.now();
                    let refused = error.kind.is_refusal();
                    self.send(LogNews::Failed(error.failure(now))).await;
                    if refused {
                        return;
                    }
                    let ordered = error.retry_at.map(|at| at.duration_since(now));
                    let ordered = ordered.and_then(|wait| Duration::try_from(wait).ok());
                    wait = ordered.unwrap_or_else(|| wait.saturating_mul(2).min(MAX_WAIT));
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Reads the log once; whether the job has ended. Its state is asked first, so that nothing written between the
    /// two answers is lost.
    async fn look(&mut self) -> Result<bool, Error> {
        let job = self.gitlab.job(&self.place, self.job).await?;
        let trace = self.gitlab.trace(&self.place, self.job, KEPT_BYTES).await?;
        if let Some(news) = difference(self.last.as_ref(), &trace) {
            self.send(news).await;
        }
        self.last = Some(trace);
        Ok(job.status.has_ended())
    }

    /// Hands news over, waiting for the reader; once nobody reads, the task is ended from outside.
    async fn send(&self, news: LogNews) {
        if self.sender.send(news).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What is new in a log: what was appended, or all of it where it does not begin as before.
fn difference(old: Option<&TraceEnd>, new: &TraceEnd) -> Option<LogNews> {
    let replace = || LogNews::Replace { bytes: new.bytes.clone(), dropped: new.dropped };
    let Some(old) = old else { return Some(replace()) };
    match appended(old, new) {
        Some(more) if more.is_empty() => None,
        Some(more) => Some(LogNews::Append(more)),
        None => Some(replace()),
    }
}

/// The bytes by which `new` is longer than `old`, if what both still hold is the same.
fn appended(old: &TraceEnd, new: &TraceEnd) -> Option<Bytes> {
    let ahead = usize::try_from(new.dropped.checked_sub(old.dropped)?).ok()?;
    let kept = old.bytes.get(ahead..)?;
    let more = new.bytes.strip_prefix(kept)?;
    Some(new.bytes.slice_ref(more))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(text: &'static str, dropped: u64) -> TraceEnd {
        TraceEnd { bytes: Bytes::from_static(text.as_bytes()), dropped }
    }

    fn append(text: &'static str) -> LogNews {
        LogNews::Append(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn only_what_was_appended_is_news() {
        assert_eq!(difference(Some(&trace("a\nb", 0)), &trace("a\nb\nc", 0)), Some(append("\nc")));
        assert_eq!(difference(Some(&trace("a", 0)), &trace("a", 0)), None);
    }

    #[test]
    fn a_log_that_begins_otherwise_is_replaced() {
        let new = trace("xy", 0);
        let all = LogNews::Replace { bytes: new.bytes.clone(), dropped: 0 };
        assert_eq!(difference(Some(&trace("ab", 0)), &new), Some(all.clone()));
        assert_eq!(difference(None, &new), Some(all));
    }

    #[test]
    fn a_log_whose_front_was_let_go_still_appends() {
        assert_eq!(difference(Some(&trace("abcd", 10)), &trace("cdef", 12)), Some(append("ef")));
    }

    #[test]
    fn a_log_that_grew_past_all_that_was_kept_is_replaced() {
        let new = trace("yz", 100);
        assert_eq!(
            difference(Some(&trace("ab", 0)), &new),
            Some(LogNews::Replace { bytes: new.bytes.clone(), dropped: 100 })
        );
    }
}
