//! Observations for charts: once a minute, of every tier, while the queue is live.

use std::sync::Arc;

use crate::config::{SloSettings, builtin_objective};
use crate::domain::time::seconds_between;
use crate::domain::{
    Change, Entity, Health, Origin, Sample, Scope, SeriesId, SourceId, SourceKey, Text, Timestamp,
    Update,
};
use crate::state::State;

/// The names of what is observed of a tier.
const WAITING: &str = "queue_waiting";
const RUNNING: &str = "queue_running";
const OLDEST: &str = "queue_oldest_seconds";
const P95: &str = "queue_p95_seconds";

/// What there is to observe now: nothing while the queue is not live, for a sample must not remember old data.
pub fn observe(state: &State, now: Timestamp) -> Vec<(SeriesId, Sample)> {
    if state.source_health(SourceId::QUEUE, now) != Some(Health::Live) {
        return Vec::new();
    }
    state
        .tiers()
        .iter()
        .flat_map(|(index, tier)| {
            let Some(queue) = state.queue(Some(index)) else { return Vec::new() };
            let oldest = queue.oldest().map_or(0, |(at, _)| seconds_between(at, now));
            let percentiles = queue.percentiles();
            let p95 = percentiles.p95.filter(|_| percentiles.is_enough() && state.is_collected());
            let values = [
                (WAITING, Some(count(queue.waiting()))),
                (RUNNING, Some(count(usize::try_from(queue.running()).unwrap_or(usize::MAX)))),
                (OLDEST, Some(count(usize::try_from(oldest).unwrap_or(0)))),
                (P95, p95),
            ];
            let series = |measure: &str| SeriesId {
                measure: Text::new(measure),
                subject: tier.name.clone(),
            };
            values
                .into_iter()
                .filter_map(|(measure, value)| {
                    Some((series(measure), Sample { at: now, value: value? }))
                })
                .collect()
        })
        .collect()
}

/// The platform's own objectives as they were sampled here, in place of those of the minute before.
pub fn objectives(state: &State, slo: &SloSettings, now: Timestamp) -> Option<Update> {
    slo.builtin.then(|| {
        let sampled = state.sampled_slos(|kind, tier| builtin_objective(slo, kind, tier), now);
        let entities = sampled.into_iter().map(|one| Entity::Slo(Arc::new(one))).collect();
        Update {
            key: SourceKey { source: SourceId::SLOS, scope: Scope::server("sampled", "here") },
            at: now,
            origin: Origin::Live,
            change: Change::Replace(entities),
        }
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of jobs stay far below 2^52")]
fn count(n: usize) -> f64 {
    n as f64
}
