//! [`Common`]: what every feed needs, whatever platform it reads.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::demand::Demand;
use super::mailbox::Mailbox;
use super::supervise::supervise;
use crate::api::{Error, Wiring};
use crate::domain::{Change, FailureKind, Report, SourceKey, Timestamp};

/// What every feed needs, whatever platform it reads. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Common {
    /// Where its news go.
    pub(super) mailbox: Mailbox,
    /// What is looked at.
    pub(super) demand: Demand,
    /// The clock and the secrets.
    pub(super) wiring: Wiring,
    /// Ends it.
    pub(super) cancel: CancellationToken,
}

impl Common {
    /// Runs one feed under supervision. `start` makes it anew each time; `keys` and `interval` are those under which
    /// it reports, so that an unexpected stop is told there.
    pub(super) fn spawn<F>(
        &self,
        keys: Vec<SourceKey>,
        interval: Duration,
        start: impl Fn() -> F + Send + 'static,
    ) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let name = keys.first().map_or("feed", |key| key.source.0);
        let (mailbox, wiring) = (self.mailbox.clone(), self.wiring.clone());
        let failed = move || {
            let now = wiring.now();
            for key in &keys {
                mailbox.put(key, now, Change::Report(stopped(now, interval)));
            }
        };
        supervise(name, self.cancel.clone(), start, failed)
    }
}

/// The report of a feed that has stopped unexpectedly and is started again.
fn stopped(now: Timestamp, interval: Duration) -> Report {
    let error =
        Error::new(FailureKind::Other, "the feed stopped unexpectedly and is started again");
    Report { failure: Some(error.failure(now)), ..Report::starting(interval.as_secs_f64()) }
}
