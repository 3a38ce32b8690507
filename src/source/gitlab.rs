//! The feeds of one GitLab: what each is made of, set going together or looked at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::common::Common;
use super::poll::Beat;
use super::projects::Fleet;
use super::queue::Queue;
use super::report::{Meter, Reporter};
use super::roster::{Roster, Watched};
use super::runners::RunnerFeed;
use super::token::TokenFeed;
use crate::api::gitlab::Gitlab;
use crate::config::GitlabSettings;
use crate::domain::{Scope, SourceId, SourceKey, Tiers};

/// How often the token is looked at.
const TOKEN_INTERVAL: Duration = Duration::from_hours(1);

/// What every feed of a GitLab is made of. Cheap to clone: each start of a feed makes it anew.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    gitlab: Arc<Gitlab>,
    settings: GitlabSettings,
    tiers: Tiers,
    common: Common,
}

impl Parts {
    /// The parts for one GitLab. Opens nothing.
    pub(super) fn new(settings: GitlabSettings, tiers: Tiers, common: Common) -> Parts {
        let gitlab = Arc::new(Gitlab::new(&settings, common.wiring.clone()));
        Parts { gitlab, settings, tiers, common }
    }

    /// The connection.
    pub(super) fn gitlab(&self) -> &Arc<Gitlab> {
        &self.gitlab
    }

    fn watched(&self) -> Vec<Watched> {
        Watched::of(&self.settings)
    }

    fn interval(&self, source: SourceId) -> Duration {
        match source {
            SourceId::QUEUE => self.settings.active_interval,
            SourceId::RUNNERS => self.settings.runner_interval,
            SourceId::TOKEN => TOKEN_INTERVAL,
            _ => self.settings.fleet_interval,
        }
    }

    fn beat(&self, source: SourceId) -> Beat {
        let Common { demand, cancel, .. } = self.common.clone();
        Beat::new(source, self.interval(source), demand, cancel)
    }

    fn reporters(&self, source: SourceId) -> Vec<Reporter> {
        let interval = self.interval(source);
        let meter: Arc<dyn Meter> = Arc::<Gitlab>::clone(&self.gitlab);
        let reporter =
            |key| Reporter::new(key, self.common.mailbox.clone(), Arc::clone(&meter), interval);
        self.keys(source).into_iter().map(reporter).collect()
    }

    /// The scopes of a feed. The token belongs to all: its health is kept under the host's name.
    fn keys(&self, source: SourceId) -> Vec<SourceKey> {
        let key = |scope| SourceKey { source, scope };
        if source == SourceId::TOKEN {
            return vec![key(Scope::gitlab(self.settings.url.host_str().unwrap_or("gitlab")))];
        }
        self.watched().iter().map(|one| key(one.scope())).collect()
    }

    fn fleet(&self) -> Fleet {
        let reporters = self.reporters(SourceId::PROJECTS);
        Fleet::new(Arc::clone(&self.gitlab), self.watched(), reporters)
    }

    fn queue(&self) -> Queue {
        let reporters = self.reporters(SourceId::QUEUE);
        Queue::new(Arc::clone(&self.gitlab), self.tiers.clone(), reporters)
    }

    fn runners(&self) -> RunnerFeed {
        let reporters = self.reporters(SourceId::RUNNERS);
        RunnerFeed::new(Arc::clone(&self.gitlab), self.watched(), reporters)
    }

    fn token(&self) -> TokenFeed {
        TokenFeed::new(Arc::clone(&self.gitlab), self.reporters(SourceId::TOKEN))
    }

    /// Runs one feed under supervision.
    fn spawn<F>(
        &self,
        source: SourceId,
        start: impl Fn(Parts) -> F + Send + 'static,
    ) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let parts = self.clone();
        let start = move || start(parts.clone());
        self.common.spawn(self.keys(source), self.interval(source), start)
    }

    /// Sets all of them going.
    pub(super) fn start(&self) -> Vec<JoinHandle<()>> {
        let (sender, roster) = watch::channel(Roster::default());
        vec![
            self.spawn(SourceId::PROJECTS, move |parts| {
                parts.fleet().run(parts.beat(SourceId::PROJECTS), sender.clone())
            }),
            self.spawn(SourceId::QUEUE, move |parts| {
                parts.queue().run(parts.beat(SourceId::QUEUE), roster.clone())
            }),
            self.spawn(SourceId::RUNNERS, |parts| {
                parts.runners().run(parts.beat(SourceId::RUNNERS))
            }),
            self.spawn(SourceId::TOKEN, |parts| parts.token().run(parts.beat(SourceId::TOKEN))),
        ]
    }

    /// Looks once at each of these feeds that GitLab brings.
    pub(super) async fn look(&self, sources: &[SourceId]) {
        let wants = |source| sources.contains(&source);
        if wants(SourceId::TOKEN) {
            self.token().look(&mut self.beat(SourceId::TOKEN)).await;
        }
        if wants(SourceId::RUNNERS) {
            self.runners().look(&mut self.beat(SourceId::RUNNERS)).await;
        }
        if wants(SourceId::PROJECTS) || wants(SourceId::QUEUE) {
            let mut fleet = self.fleet();
            fleet.look(&mut self.beat(SourceId::PROJECTS)).await;
            fleet.protect().await;
            if wants(SourceId::QUEUE) {
                let roster = fleet.roster(self.interval(SourceId::PROJECTS));
                self.queue().drain(&roster, self.interval(SourceId::QUEUE)).await;
            }
        }
    }
}
