//! The feed `runners`: the runners of what is watched, with the managers behind them.

use std::sync::Arc;

use super::poll::{Beat, Wake};
use super::report::Reporter;
use super::roster::Watched;
use crate::api::gitlab::Gitlab;
use crate::domain::{Change, Entity};

/// The runners feed.
pub(super) struct RunnerFeed {
    gitlab: Arc<Gitlab>,
    watched: Vec<Watched>,
    reporters: Vec<Reporter>,
}

impl RunnerFeed {
    /// A feed over everything that is watched; one reporter for each.
    pub(super) fn new(
        gitlab: Arc<Gitlab>,
        watched: Vec<Watched>,
        reporters: Vec<Reporter>,
    ) -> RunnerFeed {
        RunnerFeed { gitlab, watched, reporters }
    }

    /// Looks at the runners again and again.
    pub(super) async fn run(mut self, mut beat: Beat) {
        loop {
            beat.begin();
            self.look(&mut beat).await;
            loop {
                match beat.wait().await {
                    Wake::Due => break,
                    Wake::Cancelled => return,
                    Wake::Rescheduled => {
                        let interval = beat.interval();
                        self.reporters.iter_mut().for_each(|one| one.reschedule(interval));
                    }
                }
            }
        }
    }

    /// One look at all of them.
    pub(super) async fn look(&mut self, beat: &mut Beat) {
        let at = self.gitlab.now();
        let mut failed = false;
        for (watched, reporter) in self.watched.iter().zip(&mut self.reporters) {
            let read = match watched {
                Watched::Group(path) => self.gitlab.runners_of_group(path).await,
                Watched::Project(path) => self.gitlab.runners_of_project(path).await,
            };
            match read {
                Ok(runners) => {
                    let entities = runners.into_iter().map(|one| Entity::Runner(Arc::new(one)));
                    reporter.put(at, Change::Replace(entities.collect()));
                    reporter.confirm(at, None, beat.interval());
                }
                Err(error) => {
                    failed = true;
                    let next = beat.failed(&error, self.gitlab.now());
                    reporter.fail(&error, Some(next), beat.interval());
                }
            }
        }
        if !failed {
            beat.succeeded();
        }
    }
}
