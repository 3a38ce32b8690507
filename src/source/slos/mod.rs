//! The feeds `slos`, `alerts` and `silences`: objectives from Prometheus, and what Alertmanager makes of their alerts.

mod defined;
mod past;

pub use past::PastReader;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinHandle;

use self::defined::{Defined, gravest};
use super::asking::{Ask, Feed, Read};
use super::common::Common;
use super::report::Meter;
use crate::api::Error;
use crate::api::alertmanager::Alertmanager;
use crate::api::aws::Bounds;
use crate::api::gitlab::Gitlab;
use crate::api::prometheus::{Memory, Prometheus};
use crate::config::Settings;
use crate::domain::{Entity, Scope, SourceId, SourceKey, Timestamp};

/// How often Alertmanager is asked where no Prometheus says how often.
const INTERVAL: Duration = Duration::from_secs(30);

impl Meter for Prometheus {
    fn now(&self) -> Timestamp {
        self.now()
    }

    fn requests_per_minute(&self) -> f64 {
        self.requests_per_minute()
    }
}

impl Meter for Alertmanager {
    fn now(&self) -> Timestamp {
        self.now()
    }

    fn requests_per_minute(&self) -> f64 {
        self.requests_per_minute()
    }
}

/// Objectives, with what one pass remembers for the next.
struct Slos {
    prometheus: Arc<Prometheus>,
    memory: Memory,
    defined: Defined,
}

#[async_trait]
impl Ask for Slos {
    async fn read(&mut self) -> Result<Read, Error> {
        let read = Box::pin(self.prometheus.objectives(&mut self.memory)).await?;
        let (defined, gap) = self.defined.read(&self.prometheus, &read.slos).await;
        let slos = read.slos.into_iter().chain(defined);
        let entities = slos.map(|slo| Entity::Slo(Arc::new(slo))).collect();
        Ok(Read { entities, gap: gravest(read.gap, gap) })
    }
}

struct Alerts(Arc<Alertmanager>);

#[async_trait]
impl Ask for Alerts {
    async fn read(&mut self) -> Result<Read, Error> {
        let alerts = self.0.alerts().await?.into_iter();
        let entities = alerts.map(|alert| Entity::Alert(Arc::new(alert))).collect();
        Ok(Read { entities, gap: None })
    }
}

struct Silences(Arc<Alertmanager>);

#[async_trait]
impl Ask for Silences {
    async fn read(&mut self) -> Result<Read, Error> {
        let silences = self.0.silences().await?.into_iter();
        let entities = silences.map(|silence| Entity::Silence(Arc::new(silence))).collect();
        Ok(Read { entities, gap: None })
    }
}

/// The servers that are configured. Opens nothing.
#[derive(Clone)]
struct Servers {
    prometheus: Option<Arc<Prometheus>>,
    alertmanager: Option<Arc<Alertmanager>>,
    interval: Duration,
    settings: Arc<Settings>,
    gitlab: Option<Arc<Gitlab>>,
}

impl Servers {
    fn of(settings: &Settings, common: &Common, gitlab: Option<Arc<Gitlab>>) -> Servers {
        let bounds = if settings.simulated { Bounds::Loopback } else { Bounds::Anywhere };
        let wiring = || common.wiring.clone();
        let prometheus = settings.prometheus.as_ref();
        let alertmanager = settings.alertmanager.as_ref();
        Servers {
            interval: prometheus.map_or(INTERVAL, |one| one.interval),
            prometheus: prometheus.map(|one| Arc::new(Prometheus::new(one, bounds, wiring()))),
            alertmanager: alertmanager
                .map(|one| Arc::new(Alertmanager::new(one, bounds, wiring()))),
            settings: Arc::new(settings.clone()),
            gitlab,
        }
    }

    /// The feed of a source, where its server is configured.
    fn feed(&self, source: SourceId, common: &Common) -> Option<Feed> {
        let (ask, meter, scope): (Box<dyn Ask>, Arc<dyn Meter>, Scope) = match source {
            SourceId::SLOS => {
                let prometheus = Arc::clone(self.prometheus.as_ref()?);
                let scope = Scope::server("prometheus", &prometheus.authority());
                let meter = Arc::clone(&prometheus) as Arc<dyn Meter>;
                let defined = Defined::of(&self.settings, self.gitlab.as_ref());
                (Box::new(Slos { prometheus, memory: Memory::default(), defined }), meter, scope)
            }
            SourceId::ALERTS | SourceId::SILENCES => {
                let alertmanager = Arc::clone(self.alertmanager.as_ref()?);
                let scope = Scope::server("alertmanager", &alertmanager.authority());
                let meter = Arc::clone(&alertmanager) as Arc<dyn Meter>;
                let ask: Box<dyn Ask> = if source == SourceId::ALERTS {
                    Box::new(Alerts(alertmanager))
                } else {
                    Box::new(Silences(alertmanager))
                };
                (ask, meter, scope)
            }
            _ => return None,
        };
        let key = SourceKey { source, scope };
        Some(Feed::new(key, ask, meter, self.interval, common))
    }
}

/// The feeds of this module.
const SOURCES: [SourceId; 3] = [SourceId::SLOS, SourceId::ALERTS, SourceId::SILENCES];

/// The feeds that are going, what reads the past of objectives, and the connection that it reads over.
pub(super) struct Started {
    pub(super) tasks: Vec<JoinHandle<()>>,
    pub(super) past: Option<PastReader>,
    pub(super) prometheus: Option<Arc<Prometheus>>,
}

/// Sets the feeds of the configured servers going. GitLab, where there is one, says which runner has which tier.
pub(super) fn start(settings: &Settings, common: &Common, gitlab: Option<&Arc<Gitlab>>) -> Started {
    let servers = Servers::of(settings, common, gitlab.cloned());
    let past = servers.prometheus.as_ref().map(|one| PastReader::new(Arc::clone(one)));
    let spawn = |source| {
        let key = servers.feed(source, common)?.key;
        let (servers, parts) = (servers.clone(), common.clone());
        Some(common.spawn(vec![key], servers.interval, move || {
            let feed = servers.feed(source, &parts);
            async move {
                if let Some(feed) = feed {
                    feed.run().await;
                }
            }
        }))
    };
    let tasks = SOURCES.into_iter().filter_map(spawn).collect();
    Started { tasks, past, prometheus: servers.prometheus.clone() }
}

/// One look at each of those that are wanted.
pub(super) async fn look(settings: &Settings, sources: &[SourceId], common: &Common) {
    let gitlab = settings.gitlab.as_ref();
    let gitlab = gitlab.map(|one| Arc::new(Gitlab::new(one, common.wiring.clone())));
    let servers = Servers::of(settings, common, gitlab);
    let wanted = SOURCES.into_iter().filter(|source| sources.contains(source));
    let feeds = wanted.filter_map(|source| servers.feed(source, common));
    let looks = feeds.map(|mut feed| async move { feed.look().await });
    futures_util::future::join_all(looks).await;
}

#[cfg(test)]
mod tests;
