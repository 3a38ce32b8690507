//! [`Walk`]: the rhythm of the feed over GitLab: what is seen is told as it is seen, not only at the end of a pass.

use std::sync::Arc;

use super::INTERVAL;
use super::everywhere::{Everywhere, gap_among};
use crate::api::gitlab::Gitlab;
use crate::domain::{Change, FailureKind, SourceKey};
use crate::source::common::Common;
use crate::source::poll::{Beat, Wake};
use crate::source::report::{Meter, Reporter};

/// The feed over one GitLab.
pub(super) struct Walk {
    everywhere: Everywhere,
    gitlab: Arc<Gitlab>,
    reporter: Reporter,
    beat: Beat,
}

impl Walk {
    pub(super) fn new(
        key: SourceKey,
        everywhere: Everywhere,
        gitlab: Arc<Gitlab>,
        common: &Common,
    ) -> Walk {
        let Common { mailbox, demand, cancel, .. } = common.clone();
        let meter = Arc::clone(&gitlab) as Arc<dyn Meter>;
        let beat = Beat::new(key.source, INTERVAL, demand, cancel);
        let reporter = Reporter::new(key, mailbox, meter, INTERVAL);
        Walk { everywhere, gitlab, reporter, beat }
    }

    /// Looks again and again.
    pub(super) async fn run(mut self) {
        loop {
            self.beat.begin();
            self.look().await;
            loop {
                match self.beat.wait().await {
                    Wake::Due => break,
                    Wake::Cancelled => return,
                    Wake::Rescheduled => self.reporter.reschedule(self.beat.interval()),
                }
            }
        }
    }

    /// One pass.
    pub(super) async fn look(&mut self) {
        let gitlab = Arc::clone(&self.gitlab);
        let at = gitlab.now();
        let reporter = self.reporter.clone();
        let tell = |entities| reporter.put(gitlab.now(), Change::Upsert(entities));
        match self.everywhere.pass(tell).await {
            Ok((entities, stopped)) => {
                let gap = stopped.clone().or_else(|| gap_among(&entities));
                self.reporter.put(gitlab.now(), Change::Replace(entities));
                match stopped.filter(|error| error.kind == FailureKind::RateLimited) {
                    Some(error) => drop(self.beat.failed(&error, gitlab.now())),
                    None => self.beat.succeeded(),
                }
                let gap = gap.map(|error| error.failure(gitlab.now()));
                self.reporter.confirm(at, gap, self.beat.interval());
            }
            Err(error) => {
                let next = self.beat.failed(&error, gitlab.now());
                self.reporter.fail(&error, Some(next), self.beat.interval());
            }
        }
    }
}
