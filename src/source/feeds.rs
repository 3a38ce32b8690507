//! [`start`]: sets the feeds of every platform going; [`look`]: one look at each, then done.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::access::{self, Ways};
use super::beside::BesideReader;
use super::common::Common;
use super::demand::Demand;
use super::exceptions;
use super::gitlab;
use super::kubernetes::{self, PodReader};
use super::mailbox::Mailbox;
use super::natives;
use super::nodegroups;
use super::slos::{self, PastReader};
use super::trace::{self, LogNews};
use crate::api::Wiring;
use crate::api::gitlab::{Gitlab, Place};
use crate::api::kubernetes::Cluster;
use crate::api::prometheus::Prometheus;
use crate::config::Settings;
use crate::domain::{
    Entity, Failure, Filed, Job, JobId, PipelineId, RecordHistory, SourceId, Update,
};

/// The feeds that are going.
#[derive(Debug)]
pub struct Feeds {
    gitlab: Option<Arc<Gitlab>>,
    clusters: Vec<Arc<Cluster>>,
    past: Option<PastReader>,
    prometheus: Option<Arc<Prometheus>>,
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
    start_with(settings, &Common { mailbox, demand, wiring, cancel })
}

/// The same, platform by platform. A platform adds its tasks here, and its part of [`look_with`].
fn start_with(settings: &Settings, common: &Common) -> Feeds {
    let eks = nodegroups::clusters(settings, &common.wiring);
    let clusters = kubernetes::clusters(settings, &eks, &common.wiring);
    let mut feeds =
        Feeds { gitlab: None, clusters, past: None, prometheus: None, tasks: Vec::new() };
    if let Some(gitlab) = settings.gitlab.clone() {
        let parts = gitlab::Parts::new(gitlab, settings.domain_tiers(), common.clone());
        feeds.tasks.extend(parts.start());
        feeds.gitlab = Some(Arc::clone(parts.gitlab()));
    }
    for cluster in &feeds.clusters {
        let resources = kubernetes::resources(settings, cluster.name());
        feeds.tasks.extend(kubernetes::start(cluster, resources, &settings.domain_tiers(), common));
    }
    feeds.tasks.extend(eks.iter().map(|eks| nodegroups::start(eks, common)));
    let started = slos::start(settings, common, feeds.gitlab.as_ref());
    feeds.tasks.extend(started.tasks);
    (feeds.past, feeds.prometheus) = (started.past, started.prometheus);
    feeds.tasks.extend(exceptions::start(settings, common, feeds.gitlab.as_ref()));
    let started = natives::start(settings, common, (feeds.gitlab.as_ref(), &feeds.clusters));
    feeds.tasks.extend(started);
    let ways = Ways { gitlab: feeds.gitlab.as_ref(), eks: &eks, clusters: &feeds.clusters };
    let access = access::start(settings, common, &ways);
    feeds.tasks.extend(access);
    feeds
}

impl Feeds {
    /// The connection to GitLab, where one is configured.
    pub fn gitlab(&self) -> Option<&Arc<Gitlab>> {
        self.gitlab.as_ref()
    }

    /// Follows the log of a job, asking only until the receiver is dropped.
    pub fn follow_log(&self, place: Place, job: JobId) -> Option<mpsc::Receiver<LogNews>> {
        Some(trace::follow(Arc::clone(self.gitlab()?), place, job))
    }

    /// What reads single rows on demand; none where GitLab is not configured.
    pub fn reader(&self) -> Option<Reader> {
        Some(Reader(Arc::clone(self.gitlab()?)))
    }

    /// What reads single pods of a cluster on demand; none where no cluster has this name.
    pub fn pods_of(&self, cluster: &str) -> Option<PodReader> {
        let found = self.clusters.iter().find(|one| one.name() == cluster)?;
        Some(PodReader::new(Arc::clone(found)))
    }

    /// What reads on demand what no feed keeps of a job; none where GitLab is not configured.
    pub fn beside(&self) -> Option<BesideReader> {
        Some(BesideReader::over(Arc::clone(self.gitlab()?), self.prometheus.clone()))
    }

    /// What reads the past of objectives on demand; none where Prometheus is not configured.
    pub fn past(&self) -> Option<PastReader> {
        self.past.clone()
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

    /// Reads how a record of the register came to say what it says, or why that cannot be told.
    pub async fn history(&self, filed: &Filed) -> RecordHistory {
        exceptions::history::read(&self.0, filed).await
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
    let (_sender, demand) = Demand::channel();
    let mailbox = Mailbox::default();
    let common =
        Common { mailbox: mailbox.clone(), demand, wiring, cancel: CancellationToken::new() };
    look_with(settings, sources, &common).await;
    mailbox.take()
}

/// How long a look may take before what was read first is read again: the feeds of clusters call nothing live that is
/// older than a minute and a half.
const FRESH: Duration = Duration::from_secs(20);

/// The same, platform by platform, all at once; what is not GitLab's once more where GitLab took long.
async fn look_with(settings: &Settings, sources: &[SourceId], common: &Common) {
    let gitlab = async {
        if let Some(gitlab) = settings.gitlab.clone() {
            let tiers = settings.domain_tiers();
            gitlab::Parts::new(gitlab, tiers, common.clone()).look(sources).await;
        }
    };
    let began = Instant::now();
    let exceptions = exceptions::look(settings, sources, common);
    let beside = || look_beside_gitlab(settings, sources, common);
    tokio::join!(gitlab, beside(), exceptions, look_at_rights(settings, sources, common));
    // One look goes where the records lead; to look everywhere would take minutes.
    let eks = nodegroups::clusters(settings, &common.wiring);
    let clusters = kubernetes::clusters(settings, &eks, &common.wiring);
    natives::look(settings, sources, common, &clusters).await;
    if began.elapsed() > FRESH {
        beside().await;
    }
}

async fn look_beside_gitlab(settings: &Settings, sources: &[SourceId], common: &Common) {
    let eks = nodegroups::clusters(settings, &common.wiring);
    let clusters = kubernetes::clusters(settings, &eks, &common.wiring);
    let tiers = settings.domain_tiers();
    let kubernetes = clusters.iter().map(|cluster| {
        let resources = kubernetes::resources(settings, cluster.name());
        kubernetes::look(cluster, resources, sources, (&tiers, common))
    });
    let is_wanted = sources.contains(&SourceId::NODEGROUPS);
    let looked_at = eks.iter().filter(|_| is_wanted);
    let nodegroups = looked_at.map(|eks| nodegroups::look(eks, common));
    let slos = slos::look(settings, sources, common);
    tokio::join!(join_all(kubernetes), join_all(nodegroups), slos);
}

/// Who has which rights, where that is asked for: it takes far longer than all else.
async fn look_at_rights(settings: &Settings, sources: &[SourceId], common: &Common) {
    if !sources.contains(&SourceId::ACCESS) {
        return;
    }
    let eks = nodegroups::clusters(settings, &common.wiring);
    let clusters = kubernetes::clusters(settings, &eks, &common.wiring);
    let gitlab = settings.gitlab.as_ref();
    let gitlab = gitlab.map(|one| Arc::new(Gitlab::new(one, common.wiring.clone())));
    let ways = Ways { gitlab: gitlab.as_ref(), eks: &eks, clusters: &clusters };
    // A reading holds much at once: its state does not belong on everybody's stack.
    Box::pin(access::look(settings, common, &ways)).await;
}
