//! [`Feed`]: a feed that reads everything in scope each time, whatever it reads.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::common::Common;
use super::poll::{Beat, Wake};
use super::report::{Meter, Reporter};
use crate::api::Error;
use crate::domain::{Change, Entity, FailureKind, SourceKey};

/// What one pass has read: everything in scope, but for the gap.
pub(super) struct Read {
    /// All of it.
    pub(super) entities: Vec<Entity>,
    /// What could not be read of it.
    pub(super) gap: Option<Error>,
}

/// What a feed asks.
#[async_trait]
pub(super) trait Ask: Send {
    /// Reads everything in scope.
    async fn read(&mut self) -> Result<Read, Error>;

    /// What else the last pass brought, beside entities.
    fn news(&mut self) -> Vec<Change> {
        Vec::new()
    }
}

/// One feed.
pub(super) struct Feed {
    pub(super) key: SourceKey,
    ask: Box<dyn Ask>,
    meter: Arc<dyn Meter>,
    reporter: Reporter,
    beat: Beat,
}

impl Feed {
    /// A feed of this key at this rhythm.
    pub(super) fn new(
        key: SourceKey,
        ask: Box<dyn Ask>,
        meter: Arc<dyn Meter>,
        interval: Duration,
        common: &Common,
    ) -> Feed {
        let reporter =
            Reporter::new(key.clone(), common.mailbox.clone(), Arc::clone(&meter), interval);
        let Common { demand, cancel, .. } = common.clone();
        let beat = Beat::new(key.source, interval, demand, cancel);
        Feed { key, ask, meter, reporter, beat }
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

    /// One look at everything in scope.
    pub(super) async fn look(&mut self) {
        let at = self.meter.now();
        match self.ask.read().await {
            Ok(Read { entities, gap }) => {
                match gap.as_ref().filter(|error| error.kind == FailureKind::RateLimited) {
                    Some(error) => drop(self.beat.failed(error, self.meter.now())),
                    None => self.beat.succeeded(),
                }
                // What a partial answer does not name may still be there.
                let change = match &gap {
                    None => Change::Replace(entities),
                    Some(_) => Change::Upsert(entities),
                };
                self.reporter.put(at, change);
                self.ask.news().into_iter().for_each(|change| self.reporter.put(at, change));
                let gap = gap.map(|error| error.failure(self.meter.now()));
                self.reporter.confirm(at, gap, self.beat.interval());
            }
            Err(error) => {
                let next = self.beat.failed(&error, self.meter.now());
                self.reporter.fail(&error, Some(next), self.beat.interval());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::domain::{Scope, SourceId, Timestamp};
    use crate::source::demand::Demand;
    use crate::source::mailbox::Mailbox;

    /// Answers with nothing, and says once in two that this is not all.
    struct Half(bool);

    #[async_trait]
    impl Ask for Half {
        async fn read(&mut self) -> Result<Read, Error> {
            self.0 = !self.0;
            let gap = self.0.then(|| Error::new(FailureKind::RateLimited, "429"));
            Ok(Read { entities: Vec::new(), gap })
        }
    }

    #[derive(Debug)]
    struct Clock;

    impl Meter for Clock {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        fn requests_per_minute(&self) -> f64 {
            0.0
        }
    }

    #[tokio::test]
    async fn what_a_partial_answer_does_not_name_is_not_gone() {
        let mailbox = Mailbox::default();
        let (_sender, demand) = Demand::channel();
        let wiring = crate::api::Wiring::new(|| Timestamp::UNIX_EPOCH, |_| None);
        let cancel = CancellationToken::new();
        let common = Common { mailbox: mailbox.clone(), demand, wiring, cancel };
        let key = SourceKey { source: SourceId::REQUESTS, scope: Scope::gitlab("acme") };
        let interval = Duration::from_mins(1);
        let mut feed = Feed::new(key, Box::new(Half(false)), Arc::new(Clock), interval, &common);
        let mut replaced = Vec::new();
        for _ in 0..2 {
            feed.look().await;
            let news = mailbox.take();
            replaced.push(news.iter().any(|one| matches!(one.change, Change::Replace(_))));
        }
        assert_eq!(replaced, [false, true]);
    }
}
