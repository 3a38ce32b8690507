//! Tiers as items: the queue's figures.

use super::Scene;
use super::form::{Instant, instant, record, seconds};
use crate::domain::time::exact_seconds_between;
use crate::domain::{Percentiles, SourceId, Tier, TierIndex};
use crate::pane::runners::{is_ceiling_live, pods_read};
use crate::state::{Ceiling, Queue, Segment};

record! {
    /// A configured runner tier with its queue.
    TierItem<'a> {
        /// its name
        name: &'a str,
        /// whether acts on it need a typed name and a reason
        protected: bool,
        /// jobs that wait for a runner
        waiting: u64,
        /// jobs on a runner
        running: u64,
        /// how long the oldest of the waiting jobs has waited; null where none waits
        oldest_waiting_seconds: Option<f64>,
        /// queue time of the jobs that started in the last 60 minutes; until all of those were read `n` counts the ones read so far and the percentiles are null
        queue: Distribution,
        /// time until their pods were placed on a node, of those placed in the last 60 minutes, nearest rank over whole seconds
        scheduling: SchedulingOfTier,
        /// how near each limit is
        ceilings: Vec<CeilingOfTier<'a>>,
        /// when the queue was last confirmed, of several scopes the one longest ago; null where it never was
        seen_at: Option<Instant>,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

record! {
    /// How observed times are spread.
    Distribution {
        /// how many were observed; below 20 a percentile says little
        n: u64,
        /// the median, an observed value (nearest rank)
        p50_seconds: Option<f64>,
        /// the 95th percentile
        p95_seconds: Option<f64>,
        /// the 99th percentile
        p99_seconds: Option<f64>,
    }
}

record! {
    /// How the times until pods were placed are spread; all null while the tier's pods were never read to the end.
    SchedulingOfTier {
        /// how many were observed; below 20 a percentile says little
        n: Option<u64>,
        /// the median, an observed value (nearest rank)
        p50_seconds: Option<f64>,
        /// the 95th percentile
        p95_seconds: Option<f64>,
        /// the 99th percentile
        p99_seconds: Option<f64>,
        /// whether the feed of the pods is not live: the numbers are old
        stale: bool,
    }
}

record! {
    /// One limit on how many jobs a tier runs at once.
    CeilingOfTier<'a> {
        /// `runner_limit`, `concurrent`, `nodegroup_max`
        kind: &'a str,
        /// how much is in use
        used: Option<u64>,
        /// where it ends
        limit: Option<u64>,
        /// the share in use
        ratio: Option<f64>,
        /// whether a feed that tells of it is not live: the numbers are old
        stale: bool,
    }
}

impl<'a> TierItem<'a> {
    /// The item of a tier.
    pub(super) fn new(scene: &Scene<'a>, index: TierIndex, tier: &'a Tier) -> TierItem<'a> {
        let state = scene.state();
        let queue = state.queue(Some(index));
        let oldest = queue.and_then(Queue::oldest).and_then(|(since, id)| {
            let row = state.jobs().row(id)?;
            Some(exact_seconds_between(since, scene.job_known_until(row)).max(0.0))
        });
        let capacity = state.capacity(Some(index));
        let scheduling = capacity.map(|capacity| capacity.latency(Segment::Schedule));
        let percentiles = queue.map(Queue::percentiles).unwrap_or_default();
        let reports = || state.reports().filter(|(key, _)| key.source == SourceId::QUEUE);
        let seen_at = reports().filter_map(|(_, report)| report.confirmed_at).min();
        let is_live =
            reports().count() > 0 && reports().all(|(_, report)| scene.health(report).is_live());
        // Until the whole hour was read the figures stand for a part of it: they are counted, not told.
        let counted = Distribution { n: percentiles.n as u64, ..Distribution::default() };
        TierItem {
            name: &tier.name,
            protected: tier.protected,
            waiting: queue.map_or(0, |queue| queue.waiting() as u64),
            running: queue.map_or(0, Queue::running),
            oldest_waiting_seconds: oldest.map(seconds),
            queue: if state.is_collected() { Distribution::of(percentiles) } else { counted },
            scheduling: SchedulingOfTier::new(scene, index, scheduling.unwrap_or_default()),
            ceilings: state.ceilings(index).map(|of| CeilingOfTier::new(scene, index, of)).into(),
            seen_at: instant(seen_at),
            stale: scene.is_offline() || !is_live,
        }
    }
}

impl SchedulingOfTier {
    fn new(scene: &Scene<'_>, index: TierIndex, of: Percentiles) -> SchedulingOfTier {
        let (were_read, are_live) = pods_read(&scene.cx, index);
        let told = |value: Option<f64>| value.filter(|_| were_read).map(seconds);
        SchedulingOfTier {
            n: were_read.then_some(of.n as u64),
            p50_seconds: told(of.p50),
            p95_seconds: told(of.p95),
            p99_seconds: told(of.p99),
            stale: scene.is_offline() || !are_live,
        }
    }
}

impl CeilingOfTier<'_> {
    fn new(scene: &Scene<'_>, index: TierIndex, ceiling: Ceiling) -> CeilingOfTier<'static> {
        let Ceiling { kind, used, limit, ratio } = ceiling;
        let stale = scene.is_offline() || !is_ceiling_live(&scene.cx, index, kind);
        CeilingOfTier { kind: kind.as_str(), used, limit, ratio, stale }
    }
}

impl Default for Distribution {
    /// Nothing was observed.
    fn default() -> Distribution {
        Distribution { n: 0, p50_seconds: None, p95_seconds: None, p99_seconds: None }
    }
}

impl Distribution {
    /// The percentiles of some observations.
    fn of(percentiles: Percentiles) -> Distribution {
        Distribution {
            n: percentiles.n as u64,
            p50_seconds: percentiles.p50.map(seconds),
            p95_seconds: percentiles.p95.map(seconds),
            p99_seconds: percentiles.p99.map(seconds),
        }
    }
}
