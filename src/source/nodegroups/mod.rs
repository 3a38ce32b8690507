//! The feed `nodegroups`: the EKS node groups of a cluster, and what their Auto Scaling groups did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinHandle;

use super::common::Common;
use super::poll::{Beat, Wake};
use super::report::{Meter, Reporter};
use crate::api::aws::{Bounds, Described, Eks};
use crate::api::{Error, Wiring};
use crate::config::{ClusterSettings, Settings};
use crate::domain::{
    Change, Entity, EntityId, FailureKind, NodeGroup, NodeGroupId, ScalingActivity, Scope,
    SourceId, SourceKey, Timestamp,
};

/// How often node groups are read.
const INTERVAL: Duration = Duration::from_secs(30);
/// After Auto Scaling was refused to us it is asked again after this.
const REFUSAL_LASTS: SignedDuration = SignedDuration::from_hours(1);
/// How many activities of a node group are kept.
const MOST_ACTIVITIES: usize = 10;

impl Meter for Eks {
    fn now(&self) -> Timestamp {
        self.now()
    }

    fn requests_per_minute(&self) -> f64 {
        self.requests_per_minute()
    }
}

/// The EKS side of every cluster that has one. Opens nothing.
pub(super) fn clusters(settings: &Settings, wiring: &Wiring) -> Vec<Arc<Eks>> {
    let bounds = if settings.simulated { Bounds::Loopback } else { Bounds::Anywhere };
    let eks = |cluster: &ClusterSettings| {
        let eks = cluster.eks.as_ref()?;
        Some(Arc::new(Eks::new(&cluster.name, eks, bounds, wiring.clone())))
    };
    settings.clusters.iter().filter_map(eks).collect()
}

/// Sets the feed of a cluster going.
pub(super) fn start(eks: &Arc<Eks>, common: &Common) -> JoinHandle<()> {
    let (eks, parts) = (Arc::clone(eks), common.clone());
    common.spawn(vec![key(&eks)], INTERVAL, move || {
        NodeGroupFeed::new(Arc::clone(&eks), &parts).run(beat(&parts))
    })
}

/// One look at the node groups of a cluster.
pub(super) async fn look(eks: &Arc<Eks>, common: &Common) {
    NodeGroupFeed::new(Arc::clone(eks), common).look(&mut beat(common)).await;
}

fn key(eks: &Eks) -> SourceKey {
    SourceKey { source: SourceId::NODEGROUPS, scope: Scope::eks(eks.cluster()) }
}

fn beat(common: &Common) -> Beat {
    let Common { demand, cancel, .. } = common.clone();
    Beat::new(SourceId::NODEGROUPS, INTERVAL, demand, cancel)
}

/// The node groups feed of one cluster.
struct NodeGroupFeed {
    eks: Arc<Eks>,
    reporter: Reporter,
    /// The node groups that were brought.
    brought: BTreeSet<NodeGroupId>,
    scaling: Scaling,
}

/// What an Auto Scaling group did.
type Activities = Arc<[ScalingActivity]>;

/// What is known of the Auto Scaling groups.
#[derive(Default)]
struct Scaling {
    known: BTreeMap<String, Activities>,
    /// Until when they are not asked about, because that was refused.
    refused_until: Option<Timestamp>,
}

impl NodeGroupFeed {
    fn new(eks: Arc<Eks>, common: &Common) -> NodeGroupFeed {
        let meter = Arc::clone(&eks) as Arc<dyn Meter>;
        let reporter = Reporter::new(key(&eks), common.mailbox.clone(), meter, INTERVAL);
        NodeGroupFeed { eks, reporter, brought: BTreeSet::new(), scaling: Scaling::default() }
    }

    /// Looks at the node groups again and again.
    async fn run(mut self, mut beat: Beat) {
        loop {
            beat.begin();
            self.look(&mut beat).await;
            loop {
                match beat.wait().await {
                    Wake::Due => break,
                    Wake::Cancelled => return,
                    Wake::Rescheduled => self.reporter.reschedule(beat.interval()),
                }
            }
        }
    }

    /// One look at all of them.
    async fn look(&mut self, beat: &mut Beat) {
        let at = self.eks.now();
        let read = match self.eks.nodegroup_names().await {
            Ok(names) => Read::of(self.eks.nodegroups(&names).await),
            Err(error) => Err(error),
        };
        match read {
            Ok(read) => self.bring(read, at, beat).await,
            Err(error) => {
                let next = beat.failed(&error, self.eks.now());
                self.reporter.fail(&error, Some(next), beat.interval());
            }
        }
    }

    /// Leaves what was read, with what could not be read as a gap.
    async fn bring(&mut self, read: Read, at: Timestamp, beat: &mut Beat) {
        let names = read.described.iter().flat_map(|one| one.scaling_groups.iter().cloned());
        let unread = self.scaling.read(&self.eks, names.collect(), at).await;
        let groups: Vec<Arc<NodeGroup>> =
            read.described.into_iter().map(|one| Arc::new(self.scaling.onto(one))).collect();
        let ids: BTreeSet<NodeGroupId> = groups.iter().map(|group| group.id).collect();
        let entities = groups.into_iter().map(Entity::NodeGroup).collect();
        if read.undescribed.is_empty() {
            self.reporter.put(at, Change::Replace(entities));
            self.brought = ids;
        } else {
            // Those that could not be described stay as they were, unconfirmed.
            let ours = |name: &String| self.eks.nodegroup_id(name);
            let kept: BTreeSet<NodeGroupId> = read.undescribed.iter().map(ours).collect();
            let gone = self.brought.iter().filter(|id| !ids.contains(id) && !kept.contains(id));
            let gone: Vec<EntityId> = gone.copied().map(EntityId::NodeGroup).collect();
            self.reporter.put(at, Change::Remove(gone));
            self.reporter.put(at, Change::Upsert(entities));
            self.brought.retain(|id| kept.contains(id));
            self.brought.extend(ids);
        }
        let gaps = [read.gap, unread];
        // Where AWS asks to slow down, the next look comes later, though this one brought something.
        match gaps.iter().flatten().find(|error| error.kind == FailureKind::RateLimited) {
            Some(error) => drop(beat.failed(error, self.eks.now())),
            None => beat.succeeded(),
        }
        let gap = gaps.into_iter().flatten().next().map(|error| error.failure(self.eks.now()));
        self.reporter.confirm(at, gap, beat.interval());
    }
}

/// What one look has read.
struct Read {
    described: Vec<Described>,
    /// The names of those that could not be described.
    undescribed: Vec<String>,
    /// Why not.
    gap: Option<Error>,
}

impl Read {
    /// Sorts the outcomes. It is a failure of the whole where nothing was read, or nothing more can be.
    fn of(outcomes: Vec<(String, Result<Described, Error>)>) -> Result<Read, Error> {
        let listed = outcomes.len();
        let mut read = Read { described: Vec::new(), undescribed: Vec::new(), gap: None };
        let mut first = None;
        for (name, outcome) in outcomes {
            match outcome {
                Ok(described) => read.described.push(described),
                // It was deleted after it was listed.
                Err(error) if error.kind == FailureKind::NotFound => {}
                Err(error) if is_about_us(&error) => return Err(error),
                Err(error) => {
                    read.undescribed.push(name);
                    first = first.or(Some(error));
                }
            }
        }
        let Some(error) = first else { return Ok(read) };
        if read.described.is_empty() {
            return Err(error);
        }
        let missing = read.undescribed.len();
        let why = format!("{missing} of {listed} node groups could not be described: {error}");
        read.gap = Some(Error { doing: String::new(), message: why, ..error });
        Ok(read)
    }
}

/// Whether a refusal is about our credentials and not about one node group.
fn is_about_us(error: &Error) -> bool {
    matches!(error.kind, FailureKind::TokenExpired | FailureKind::TokenInvalid)
}

impl Scaling {
    /// Reads what these Auto Scaling groups did; why that could not be read, where it could not. What is known of a
    /// group stays known when it cannot be read for once.
    async fn read(&mut self, eks: &Eks, names: Vec<String>, at: Timestamp) -> Option<Error> {
        self.known.retain(|name, _| names.contains(name));
        if self.refused_until.is_some_and(|until| at < until) {
            return None;
        }
        let (first, rest) = names.split_at(names.len().min(1));
        let mut gap = self.take(eks.activities_of(first).await);
        if gap.as_ref().is_none_or(|error| error.kind != FailureKind::Forbidden) {
            gap = gap.or(self.take(eks.activities_of(rest).await));
        }
        let refused = gap.as_ref().filter(|error| error.kind == FailureKind::Forbidden);
        self.refused_until = refused.and_then(|_| at.checked_add(REFUSAL_LASTS).ok());
        if self.refused_until.is_some() {
            self.known.clear();
        }
        gap
    }

    /// Takes what was read; the first thing that was not.
    fn take(&mut self, outcomes: Vec<(String, Result<Activities, Error>)>) -> Option<Error> {
        let mut gap = None;
        for (name, outcome) in outcomes {
            match outcome {
                Ok(activities) => drop(self.known.insert(name, activities)),
                Err(error) => gap = gap.or(Some(error)),
            }
        }
        gap
    }

    /// A node group with what its Auto Scaling groups did, newest first.
    fn onto(&self, described: Described) -> NodeGroup {
        let Described { group, scaling_groups } = described;
        let known: Vec<_> = scaling_groups.iter().filter_map(|name| self.known.get(name)).collect();
        if known.is_empty() {
            return group;
        }
        let mut activities: Vec<ScalingActivity> =
            known.into_iter().flat_map(|some| some.iter().cloned()).collect();
        activities.sort_by_key(|activity| std::cmp::Reverse(activity.at));
        activities.truncate(MOST_ACTIVITIES);
        NodeGroup { activities: Some(activities.into()), ..group }
    }
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests;
