//! [`Facts`]: what the tree may look at, and of everything else why it may not.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::diagnosis::Cause;
use super::extra::{Details, Extra, Reading};
use super::grammar::log::JobLog;
use super::grammar::metrics::Metrics;
use crate::domain::{
    Evidence, Health, Job, JobId, NodeGroup, NodeGroupKind, PodEvent, PodId, ProjectId, RunnerId,
    SourceId, Text, Tier, TierIndex, Timestamp,
};
use crate::state::{Row, State};

/// Where evidence comes from: what can be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A feed of the console.
    Feed(SourceId),
    /// GitLab's details of the job.
    Details,
    /// The job's log.
    Log,
    /// The runner managers' metrics.
    Metrics,
}

impl Source {
    /// Everything that a diagnosis may rest on.
    pub const ALL: [Source; 12] = [
        Source::Feed(SourceId::QUEUE),
        Source::Feed(SourceId::PROJECTS),
        Source::Feed(SourceId::RUNNERS),
        Source::Feed(SourceId::PODS),
        Source::Feed(SourceId::EVENTS),
        Source::Feed(SourceId::NODES),
        Source::Feed(SourceId::QUOTAS),
        Source::Feed(SourceId::NODEGROUPS),
        Source::Feed(SourceId::NODEPOOLS),
        Source::Details,
        Source::Log,
        Source::Metrics,
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Feed(id) => id.0,
            Source::Details => "details",
            Source::Log => "log",
            Source::Metrics => "metrics",
        }
    }
}

/// Something that cannot be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gap {
    pub(super) source: Source,
    /// The tier whose part of it is meant.
    pub(super) tier: Option<TierIndex>,
    /// How its feed is; `None` where it was left out.
    pub(super) health: Option<Health>,
}

/// When a feed was confirmed, or why it cannot be looked at.
pub(super) type Seen = Result<Timestamp, Gap>;

/// Who could take a job, as far as tags and refs go: shared by all jobs with the same.
pub(super) type Fitting = Arc<[RunnerId]>;

/// The project that holds most of a tier's slots: which, how many, of how many.
pub(super) type Flood = Option<(ProjectId, usize, usize)>;

/// What is the same for many jobs of one walk over the fleet.
#[derive(Debug, Default)]
pub(super) struct Memo {
    pub(super) fitting: RefCell<BTreeMap<Arc<[Text]>, Fitting>>,
    pub(super) floods: RefCell<BTreeMap<Option<TierIndex>, Flood>>,
    pub(super) causes: RefCell<BTreeMap<TierIndex, Option<Cause>>>,
}

/// What the tree may look at.
#[derive(Debug)]
pub struct Facts<'a> {
    pub(super) state: &'a State,
    pub(super) now: Timestamp,
    pub(super) memo: Memo,
    extra: &'a Extra,
    hidden: Vec<Source>,
    feeds: BTreeMap<(SourceId, Option<TierIndex>), Seen>,
}

/// How far a feed of a cluster goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Namespace,
    Cluster,
}

/// The feeds of a cluster, and how far they go.
const OF_CLUSTER: [(SourceId, Reach); 6] = [
    (SourceId::PODS, Reach::Namespace),
    (SourceId::EVENTS, Reach::Namespace),
    (SourceId::QUOTAS, Reach::Namespace),
    (SourceId::NODES, Reach::Cluster),
    (SourceId::NODEGROUPS, Reach::Cluster),
    (SourceId::NODEPOOLS, Reach::Cluster),
];

impl<'a> Facts<'a> {
    /// What is known at a moment, and what was read beside for one job.
    pub fn new(state: &'a State, extra: &'a Extra, now: Timestamp) -> Facts<'a> {
        let mut feeds = BTreeMap::new();
        for source in [SourceId::QUEUE, SourceId::PROJECTS, SourceId::RUNNERS] {
            feeds.insert((source, None), seen(state, source, None, now));
        }
        for (index, tier) in state.tiers().iter() {
            for (source, reach) in OF_CLUSTER {
                let place = place(tier, reach);
                let seen = match place {
                    Some(place) => seen(state, source, Some((index, &place)), now),
                    None => Err(Gap {
                        source: Source::Feed(source),
                        tier: Some(index),
                        health: Some(Health::Unconfigured),
                    }),
                };
                feeds.insert((source, Some(index)), seen);
            }
        }
        Facts { state, now, memo: Memo::default(), extra, hidden: Vec::new(), feeds }
    }

    /// The same without a source: as where it may not be read.
    #[must_use]
    pub fn without(mut self, source: Source) -> Facts<'a> {
        if let Source::Feed(id) = source {
            for ((known, tier), seen) in &mut self.feeds {
                if *known == id {
                    *seen = Err(Gap { source, tier: *tier, health: None });
                }
            }
        }
        self.hidden.push(source);
        self
    }

    /// When a feed was confirmed for a tier; for all of GitLab without one.
    pub(super) fn feed(&self, source: SourceId, tier: Option<TierIndex>) -> Seen {
        let gap = Gap { source: Source::Feed(source), tier, health: Some(Health::Unconfigured) };
        self.feeds.get(&(source, tier)).copied().unwrap_or(Err(gap))
    }

    /// What GitLab says of a job beyond its row, and when.
    pub(super) fn details(&self, of: JobId) -> Result<(&'a Details, Timestamp), Gap> {
        self.mine(of, Source::Details)?;
        self.read(Source::Details, &self.extra.details)
    }

    /// A job's log, and when it was read.
    pub(super) fn log(&self, of: JobId) -> Result<(&'a JobLog, Timestamp), Gap> {
        self.mine(of, Source::Log)?;
        self.read(Source::Log, &self.extra.log)
    }

    /// A gap where the look was at another job: of this one nobody was to be asked.
    fn mine(&self, of: JobId, source: Source) -> Result<(), Gap> {
        let is_other = self.extra.of.is_some_and(|looked_at| looked_at != of);
        let gap = Gap { source, tier: None, health: Some(Health::Unconfigured) };
        if is_other { Err(gap) } else { Ok(()) }
    }

    /// The managers' metrics, and when they were read.
    pub(super) fn metrics(&self) -> Result<(&'a Metrics, Timestamp), Gap> {
        self.read(Source::Metrics, &self.extra.metrics)
    }

    fn read<T>(&self, source: Source, reading: &'a Reading<T>) -> Result<(&'a T, Timestamp), Gap> {
        match reading {
            Reading::Read { value, at } if !self.hidden.contains(&source) => Ok((value, *at)),
            _ => Err(Gap { source, tier: None, health: None }),
        }
    }

    /// When a job's row was confirmed, or why it is old. What has ended does not change.
    pub(super) fn snapshot(&self, row: &Row<Job>) -> Seen {
        if self.hidden.contains(&Source::Feed(SourceId::QUEUE)) {
            return self.feed(SourceId::QUEUE, None);
        }
        let at = self.state.job_seen_at(row);
        if row.value.status.has_ended() || !self.state.is_job_stale(row, self.now) {
            return Ok(at);
        }
        let report = self.state.source_of(row).and_then(|key| self.state.report(key));
        let health =
            report.map(|report| report.health(self.now)).filter(|health| !health.is_live());
        let source = Source::Feed(SourceId::QUEUE);
        Err(Gap { source, tier: None, health: Some(health.unwrap_or(Health::Stale)) })
    }

    /// What was said of a pod, the newest first.
    pub(super) fn events(
        &self,
        pod: PodId,
        tier: Option<TierIndex>,
    ) -> Result<Vec<&'a PodEvent>, Gap> {
        self.feed(SourceId::EVENTS, tier)?;
        let ids = self.state.events_of(pod);
        Ok(ids.filter_map(|id| self.state.events().get(id)).map(AsRef::as_ref).collect())
    }

    /// The groups that make the nodes of a tier. Where one of the two kinds is not configured and the other has some,
    /// nothing is missing.
    pub(super) fn groups(&self, tier: TierIndex) -> Result<Vec<&'a NodeGroup>, Gap> {
        let [eks, pools] =
            [SourceId::NODEGROUPS, SourceId::NODEPOOLS].map(|source| self.feed(source, Some(tier)));
        let ids = self.state.groups_of_tier(tier);
        let all = ids.filter_map(|id| self.state.nodegroups().get(id)).map(AsRef::as_ref);
        let is_read = |group: &&NodeGroup| match group.kind {
            NodeGroupKind::Eks => eks.is_ok(),
            NodeGroupKind::Karpenter => pools.is_ok(),
        };
        let groups: Vec<&NodeGroup> = all.filter(is_read).collect();
        let absent = |gap: &Gap| gap.health == Some(Health::Unconfigured);
        match (eks, pools) {
            (Ok(_), Ok(_)) => Ok(groups),
            (Err(gap), Ok(_)) | (Ok(_), Err(gap)) if absent(&gap) && !groups.is_empty() => {
                Ok(groups)
            }
            (Err(gap), _) | (_, Err(gap)) => Err(gap),
        }
    }

    /// When the feed of a group's kind was confirmed.
    pub(super) fn group_seen(&self, group: &NodeGroup, tier: TierIndex) -> Option<Timestamp> {
        let source = match group.kind {
            NodeGroupKind::Eks => SourceId::NODEGROUPS,
            NodeGroupKind::Karpenter => SourceId::NODEPOOLS,
        };
        self.feed(source, Some(tier)).ok()
    }

    /// What is missing, in words.
    pub(super) fn because(&self, gap: Gap) -> Text {
        let (unread, what) = match gap.source {
            Source::Details => (why(&self.extra.details), "what GitLab says beyond its row"),
            Source::Log => (why(&self.extra.log), "its log"),
            Source::Metrics => (why(&self.extra.metrics), ""),
            Source::Feed(_) => (None, ""),
        };
        if !what.is_empty() && gap.health == Some(Health::Unconfigured) {
            let job = self.extra.of.map_or(0, |of| of.0);
            return Text::new(&format!("{what} was not read: the look was at job #{job}"));
        }
        if let Some(words) = unread {
            return words.clone();
        }
        let tier = gap.tier.and_then(|index| self.state.tier(index));
        let of = match (gap.source, tier) {
            (Source::Feed(id), Some(tier)) => {
                let reach = OF_CLUSTER.iter().find(|(known, _)| *known == id);
                let reach = reach.map_or(Reach::Cluster, |(_, reach)| *reach);
                place(tier, reach).map_or_else(
                    || format!(" of tier {}", tier.name),
                    |place| format!(" of {place}"),
                )
            }
            (Source::Feed(_), None) => " of GitLab".to_owned(),
            _ => String::new(),
        };
        let health = gap.health.map_or("not readable", Health::as_str);
        let told = self.failure(gap).map_or_else(String::new, |words| format!(" ({words})"));
        Text::new(&format!("{}{of}: {health}{told}", gap.source.as_str()))
    }

    /// The words of the failure behind a gap.
    fn failure(&self, gap: Gap) -> Option<Text> {
        let Source::Feed(id) = gap.source else { return None };
        let tier = gap.tier.and_then(|index| self.state.tier(index));
        let cluster = tier.and_then(|tier| tier.pods.cluster.as_deref());
        let is_it = |scope: &crate::domain::Scope| cluster.is_none_or(|name| scope.is_within(name));
        let mut reports =
            self.state.reports().filter(|(key, _)| key.source == id && is_it(&key.scope));
        reports
            .find_map(|(_, report)| report.failure.as_ref().map(|failure| failure.message.clone()))
    }
}

fn why<T>(reading: &Reading<T>) -> Option<&Text> {
    match reading {
        Reading::Unread(words) => Some(words),
        Reading::Read { .. } => None,
    }
}

/// The part of a cluster where a tier's things are.
fn place(tier: &Tier, reach: Reach) -> Option<String> {
    let cluster = tier.pods.cluster.as_deref()?;
    match reach {
        Reach::Namespace => Some(format!("{cluster}/{}", tier.pods.namespace.as_deref()?)),
        Reach::Cluster => Some(cluster.to_owned()),
    }
}

/// When a feed was confirmed over all its scopes, or why it cannot be looked at.
fn seen(state: &State, source: SourceId, place: Option<(TierIndex, &str)>, now: Timestamp) -> Seen {
    let tier = place.map(|(index, _)| index);
    let gap = |health| Gap { source: Source::Feed(source), tier, health: Some(health) };
    let is_it =
        |scope: &crate::domain::Scope| place.is_none_or(|(_, place)| scope.is_within(place));
    let mut oldest: Option<Timestamp> = None;
    for (_, report) in state.reports().filter(|(key, _)| key.source == source && is_it(&key.scope))
    {
        let health = report.health(now);
        if !matches!(health, Health::Live | Health::Partial) {
            return Err(gap(health));
        }
        let at = report.confirmed_at.unwrap_or(now);
        oldest = Some(oldest.map_or(at, |known| known.min(at)));
    }
    oldest.ok_or(gap(Health::Unconfigured))
}

/// A field, its value, who said so, and when.
pub(super) fn evidence(
    field: &'static str,
    value: impl std::fmt::Display,
    source: &'static str,
    seen_at: Option<Timestamp>,
) -> Evidence {
    Evidence { field, value: Text::new(&value.to_string()), source, seen_at }
}
