//! [`start`]: sets the feeds going; [`look`]: one look at each, then done.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::demand::Demand;
use super::mailbox::Mailbox;
use super::poll::Beat;
use super::projects::Fleet;
use super::queue::Queue;
use super::report::Reporter;
use super::roster::{Roster, Watched};
use super::runners::RunnerFeed;
use super::supervise::supervise;
use super::token::TokenFeed;
use super::trace::{self, LogNews};
use crate::api::gitlab::{Gitlab, Place};
use crate::api::{Error, Wiring};
use crate::config::{GitlabSettings, Settings};
use crate::domain::Tiers;
use crate::domain::{
    Change, Entity, Failure, FailureKind, Job, JobId, PipelineId, Report, Scope, SourceId,
    SourceKey, Update,
};

/// How often the token is looked at.
const TOKEN_INTERVAL: Duration = Duration::from_hours(1);

/// What every feed is made of. Cheap to clone: each start of a feed makes it anew.
#[derive(Debug, Clone)]
struct Parts {
    gitlab: Arc<Gitlab>,
    settings: GitlabSettings,
    tiers: Tiers,
    mailbox: Mailbox,
    demand: Demand,
    cancel: CancellationToken,
}

impl Parts {
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
        Beat::new(source, self.interval(source), self.demand.clone(), self.cancel.clone())
    }

    fn reporter(&self, source: SourceId, scope: Scope) -> Reporter {
        let key = SourceKey { source, scope };
        let interval = self.interval(source);
        Reporter::new(key, self.mailbox.clone(), Arc::clone(&self.gitlab), interval)
    }

    fn reporters(&self, source: SourceId) -> Vec<Reporter> {
        self.scopes(source).into_iter().map(|scope| self.reporter(source, scope)).collect()
    }

    /// The scopes of a feed. The token belongs to all: its health is kept under the host's name.
    fn scopes(&self, source: SourceId) -> Vec<Scope> {
        if source == SourceId::TOKEN {
            return vec![Scope::gitlab(self.settings.url.host_str().unwrap_or("gitlab"))];
        }
        self.watched().iter().map(Watched::scope).collect()
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

    /// Says that a feed has stopped unexpectedly and is started again.
    fn report_fault(&self, source: SourceId) {
        let now = self.gitlab.now();
        let error =
            Error::new(FailureKind::Other, "the feed stopped unexpectedly and is started again");
        let report = Report {
            failure: Some(error.failure(now)),
            ..Report::starting(self.interval(source).as_secs_f64())
        };
        for scope in self.scopes(source) {
            let key = SourceKey { source, scope };
            self.mailbox.put(&key, now, Change::Report(report.clone()));
        }
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
        let (parts, told) = (self.clone(), self.clone());
        let start = move || start(parts.clone());
        supervise(source.0, self.cancel.clone(), start, move || told.report_fault(source))
    }
}

/// The feeds that are going.
#[derive(Debug)]
pub struct Feeds {
    parts: Option<Parts>,
    tasks: Vec<JoinHandle<()>>,
}

/// Sets every configured feed going. Opens nothing itself: each feed connects on its own task.
pub fn start(
    settings: &Settings,
    mailbox: Mailbox,
    demand: Demand,
    wiring: Wiring,
    cancel: CancellationToken,
) -> Feeds {
    match settings.gitlab.clone() {
        Some(gitlab) => {
            start_gitlab((gitlab, settings.domain_tiers()), mailbox, demand, wiring, cancel)
        }
        None => Feeds { parts: None, tasks: Vec::new() },
    }
}

/// Sets the feeds of one GitLab going.
pub(super) fn start_gitlab(
    (settings, tiers): (GitlabSettings, Tiers),
    mailbox: Mailbox,
    demand: Demand,
    wiring: Wiring,
    cancel: CancellationToken,
) -> Feeds {
    let gitlab = Arc::new(Gitlab::new(&settings, wiring));
    let parts = Parts { gitlab, settings, tiers, mailbox, demand, cancel };
    let (sender, roster) = watch::channel(Roster::default());
    let tasks = vec![
        parts.spawn(SourceId::PROJECTS, move |parts| {
            parts.fleet().run(parts.beat(SourceId::PROJECTS), sender.clone())
        }),
        parts.spawn(SourceId::QUEUE, move |parts| {
            parts.queue().run(parts.beat(SourceId::QUEUE), roster.clone())
        }),
        parts.spawn(SourceId::RUNNERS, |parts| parts.runners().run(parts.beat(SourceId::RUNNERS))),
        parts.spawn(SourceId::TOKEN, |parts| parts.token().run(parts.beat(SourceId::TOKEN))),
    ];
    Feeds { parts: Some(parts), tasks }
}

impl Feeds {
    /// The connection to GitLab, where one is configured.
    pub fn gitlab(&self) -> Option<&Arc<Gitlab>> {
        self.parts.as_ref().map(|parts| &parts.gitlab)
    }

    /// Follows the log of a job, asking only until the receiver is dropped.
    pub fn follow_log(&self, place: Place, job: JobId) -> Option<mpsc::Receiver<LogNews>> {
        Some(trace::follow(Arc::clone(self.gitlab()?), place, job))
    }

    /// What reads single rows on demand; none where GitLab is not configured.
    pub fn reader(&self) -> Option<Reader> {
        Some(Reader(Arc::clone(self.gitlab()?)))
    }

    /// Waits until every feed has ended, after they were cancelled.
    pub async fn ended(self) {
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::debug!(%error, "a feed did not end well");
            }
        }
    }
}

/// Reads single rows on demand.
#[derive(Debug, Clone)]
pub struct Reader(Arc<Gitlab>);

impl Reader {
    /// Reads a pipeline with all its jobs.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn pipeline(&self, place: &Place, id: PipelineId) -> Result<Vec<Entity>, Failure> {
        let read = self.0.pipeline(place, id).await;
        let whole = read.map_err(|error| error.failure(self.0.now()))?;
        let jobs = whole.jobs.into_iter().map(|job| Entity::Job(Arc::new(job)));
        let pipeline = Entity::Pipeline(Arc::new(whole.pipeline));
        Ok(std::iter::once(pipeline).chain(jobs).collect())
    }

    /// Reads a job, with the reason of its failure.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn job(&self, place: &Place, id: JobId) -> Result<Job, Failure> {
        self.0.job(place, id).await.map_err(|error| error.failure(self.0.now()))
    }
}

/// One look at each of these feeds, with their reports; then done.
pub async fn look(settings: &Settings, sources: &[SourceId], wiring: Wiring) -> Vec<Update> {
    match settings.gitlab.clone() {
        Some(gitlab) => look_at_gitlab((gitlab, settings.domain_tiers()), sources, wiring).await,
        None => Vec::new(),
    }
}

/// One look at a GitLab.
pub(super) async fn look_at_gitlab(
    (settings, tiers): (GitlabSettings, Tiers),
    sources: &[SourceId],
    wiring: Wiring,
) -> Vec<Update> {
    let gitlab = Arc::new(Gitlab::new(&settings, wiring));
    let (_sender, demand) = Demand::channel();
    let mailbox = Mailbox::default();
    let cancel = CancellationToken::new();
    let parts = Parts { gitlab, settings, tiers, mailbox: mailbox.clone(), demand, cancel };
    let wants = |source| sources.contains(&source);
    if wants(SourceId::TOKEN) {
        parts.token().look(&mut parts.beat(SourceId::TOKEN)).await;
    }
    if wants(SourceId::RUNNERS) {
        parts.runners().look(&mut parts.beat(SourceId::RUNNERS)).await;
    }
    if wants(SourceId::PROJECTS) || wants(SourceId::QUEUE) {
        let mut fleet = parts.fleet();
        fleet.look(&mut parts.beat(SourceId::PROJECTS)).await;
        fleet.protect().await;
        if wants(SourceId::QUEUE) {
            let roster = fleet.roster(parts.interval(SourceId::PROJECTS));
            parts.queue().drain(&roster, parts.interval(SourceId::QUEUE)).await;
        }
    }
    mailbox.take()
}
