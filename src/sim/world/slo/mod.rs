//! Objectives of the platform: their events follow a plan, or what the runners really do.

mod catalogue;
mod flow;
mod records;

use std::sync::Arc;

pub use self::catalogue::SloState;
pub(crate) use self::catalogue::{DAY, HOUR, MINUTE, Maker, PAST, Promise, Source};
pub(crate) use self::flow::{Counts, Flow, Piece};
pub(crate) use self::records::{BOUNDS, Waits};

use self::records::Records;
use super::{Presence, Status, TIERS, World};
use crate::sim::clock::Millis;
use crate::sim::scenario::{Prometheus, ScriptedSlo};

/// Jobs a second that a tier is said to take while somebody makes it slow.
const SLOW_RATE: f64 = 2.0;

/// The objectives, and what their events are.
pub(crate) struct Slos {
    pub(crate) promises: Vec<Promise>,
    records: Records,
    /// Each runner with a tier: its id, and the tier's place.
    runners: Vec<(u64, usize)>,
    /// What somebody made of a tier, besides what its runners do.
    slow: [Flow; TIERS.len()],
}

impl Slos {
    /// The objectives of a scenario that starts at `start`.
    pub(crate) fn new(scenario: &Prometheus, start: Millis) -> Self {
        Self {
            promises: catalogue::promises(scenario, start),
            records: Records::new(start - PAST),
            runners: Vec::new(),
            slow: std::array::from_fn(|_| Flow::default()),
        }
    }

    /// The share of the events within `window` that was bad.
    ///
    /// Where no job was taken none waited too long: the rules of the tiers say so.
    pub(crate) fn ratio(&self, promise: &Promise, at: Millis, window: Millis) -> f64 {
        let from = (at - window).max(promise.begin);
        let counts = match &promise.source {
            Source::Flow(flow) => flow.counts(at).since(flow.counts(from)),
            Source::Tier(place) => self.tier(*place, at).since(self.tier(*place, from)),
        };
        let is_tier = matches!(promise.source, Source::Tier(_));
        if is_tier && counts.total <= 0.0 { 0.0 } else { counts.ratio() }
    }

    /// The share over the whole period, as rules take it: the mean of the ratios of five minutes each.
    pub(crate) fn period_ratio(&self, promise: &Promise, at: Millis) -> f64 {
        let begin = promise.begin.max(at - promise.period());
        match &promise.source {
            Source::Flow(flow) => flow.mean(at, at - begin),
            Source::Tier(_) => {
                let since = self.records.since().clamp(begin, at.max(begin));
                let (mut sum, mut count) = (0.0, 0.0);
                for sample in (since..at).step_by(60_000) {
                    sum += self.ratio(promise, sample + MINUTE, 5 * MINUTE) * 60.0;
                    count += 60.0;
                }
                let before = crate::sim::clock::exact(since - begin);
                (sum + self.ratio(promise, since, DAY) * before) / (count + before)
            }
        }
    }

    /// The jobs that a tier had taken by then, and those of them that had waited longer than its target.
    pub(crate) fn tier(&self, place: usize, at: Millis) -> Counts {
        let target = TIERS.get(place).map_or(60, |tier| tier.queue_target_seconds);
        let mut counts = self.slow.get(place).map(|flow| flow.counts(at)).unwrap_or_default();
        for (runner, _) in self.runners.iter().filter(|(_, tier)| *tier == place) {
            let own = self.records.waits(*runner, at).against(target);
            counts.total += own.total;
            counts.bad += own.bad;
        }
        counts
    }

    /// The waits of the jobs that a runner had taken by then.
    pub(crate) fn waits(&self, runner: u64, at: Millis) -> Waits {
        let mut waits = self.records.waits(runner, at);
        let Some((_, place)) = self.runners.iter().find(|(id, _)| *id == runner) else {
            return waits;
        };
        // What somebody made of the tier is told by its first runner.
        let first = self.runners.iter().find(|(_, tier)| tier == place);
        let (Some(slow), true) =
            (self.slow.get(*place), first.is_some_and(|(id, _)| *id == runner))
        else {
            return waits;
        };
        let counts = slow.counts(at);
        waits.count += counts.total.floor();
        waits.sum += counts.bad * 1000.0;
        let (good, all) = ((counts.total - counts.bad).floor(), counts.total.floor());
        for (bound, held) in BOUNDS.iter().zip(&mut waits.upto) {
            *held += if *bound >= 1800 { all } else { good };
        }
        waits
    }

    /// The jobs that a runner ran then.
    pub(crate) fn running(&self, runner: u64, at: Millis) -> f64 {
        self.records.running(runner, at)
    }

    /// The jobs of a runner that had failed by then, by reason.
    pub(crate) fn failed(&self, runner: u64, reason: &str, at: Millis) -> f64 {
        self.records.failed(runner, reason, at)
    }

    /// The reasons for which jobs of a runner failed.
    pub(crate) fn reasons(&self, runner: u64) -> Vec<Arc<str>> {
        self.records.reasons(runner)
    }

    /// From `since` on this share of the events of an objective is bad; false when there is no such objective.
    pub(crate) fn fail(&mut self, id: &str, ratio: f64, since: Millis) -> bool {
        let mut known = false;
        for promise in self.promises.iter_mut().filter(|promise| promise.id() == id) {
            known = true;
            match &mut promise.source {
                Source::Flow(flow) => flow.fail(ratio, since),
                Source::Tier(place) => {
                    if let Some(slow) = self.slow.get_mut(*place) {
                        slow.set(Piece { from: since, total: SLOW_RATE, bad: SLOW_RATE * ratio });
                    }
                }
            }
        }
        known
    }

    /// Makes an objective what is said of it, as if a scenario that starts now said so; false when there is none such.
    pub(crate) fn script(&mut self, scripted: &ScriptedSlo, now: Millis) -> bool {
        let mut known = false;
        for promise in self.promises.iter_mut().filter(|promise| promise.id() == scripted.id) {
            known = true;
            catalogue::script(promise, scripted, now);
        }
        known
    }

    /// From `since` on this share of a tier's jobs waits longer than its target; false for an unknown tier.
    pub(crate) fn slow(&mut self, tier: &str, ratio: f64, since: Millis) -> bool {
        let place = TIERS.iter().position(|known| known.name == tier);
        let Some(slow) = place.and_then(|place| self.slow.get_mut(place)) else { return false };
        slow.set(Piece { from: since, total: SLOW_RATE, bad: SLOW_RATE * ratio });
        true
    }
}

/// What the metrics of a runner are named by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunnerFacts {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) short: String,
    pub(crate) system: String,
    /// Jobs that its process runs at once, and since when; the first since ever.
    pub(crate) concurrent: Vec<(Millis, f64)>,
    /// Since when its process says nothing.
    pub(crate) silent: Option<Millis>,
}

impl RunnerFacts {
    /// How many jobs its process ran at once by then.
    pub(crate) fn concurrent_at(&self, at: Millis) -> Option<f64> {
        let last = self.concurrent.iter().take_while(|(since, _)| *since <= at).last();
        last.map(|(_, share)| *share)
    }

    /// The address of its process.
    pub(crate) fn instance(&self) -> String {
        format!("{}.gitlab-runner.svc:9252", self.name)
    }
}

impl World {
    /// The runners whose processes are there, or were until they fell silent.
    pub(crate) fn runner_facts(&self) -> Vec<RunnerFacts> {
        let online = self.runners.values().filter(|one| one.presence == Presence::Online);
        let facts = online.map(|runner| RunnerFacts {
            id: runner.id,
            name: runner.description.clone(),
            short: runner.short.clone(),
            system: runner.managers.first().map(|one| one.system.clone()).unwrap_or_default(),
            concurrent: self.concurrent(&runner.tags),
            silent: runner.silent,
        });
        facts.collect()
    }

    /// The share of one of two runners in the slots of their pool, and what it became.
    fn concurrent(&self, tags: &[String]) -> Vec<(Millis, f64)> {
        let pool = self.pools.iter().find(|pool| *pool.tags == *tags);
        let slots = pool.map_or(0, |pool| pool.slots / 2);
        let first = (Millis::MIN, u32::try_from(slots).map_or(0.0, f64::from));
        let later = pool.into_iter().flat_map(|pool| pool.shares.iter().copied());
        std::iter::once(first).chain(later).collect()
    }

    /// Remembers which runner serves which tier.
    pub(super) fn know_runners(&mut self) {
        let place =
            |tags: &[String]| TIERS.iter().position(|tier| tags.iter().any(|tag| tag == tier.tag));
        let runners = self.runners.values();
        self.slos.runners =
            runners.filter_map(|runner| Some((runner.id, place(&runner.tags)?))).collect();
    }

    /// Writes down that a runner took a job, or that the job ended.
    pub(super) fn note_turn(&mut self, id: u64) {
        let Some(job) = self.jobs.get(id) else { return };
        let Some(runner) = job.runner else { return };
        match job.status {
            Status::Running => {
                let waited = job.queued_span(self.now).unwrap_or(0);
                self.slos.records.take(runner, self.now, waited);
            }
            Status::Failed => self.slos.records.end(runner, self.now, job.reason.as_ref()),
            status if status.is_over() && job.started.is_some() => {
                self.slos.records.end(runner, self.now, None);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_800_000_000_000;

    fn slos() -> Slos {
        Slos::new(&Prometheus::default(), NOW)
    }

    fn promise(slos: &Slos, id: &str) -> Promise {
        slos.promises.iter().find(|promise| promise.id() == id).unwrap().clone()
    }

    /// What is left of the budget.
    fn left(id: &str) -> f64 {
        let slos = slos();
        let promise = promise(&slos, id);
        1.0 - slos.period_ratio(&promise, NOW) / promise.budget()
    }

    fn close(one: f64, other: f64) {
        assert!((one - other).abs() < 1e-6, "{one} is not {other}");
    }

    #[test]
    fn half_of_the_budget_of_checkout_is_left() {
        close(left("checkout-availability"), 0.5);
    }

    #[test]
    fn the_incident_of_payments_took_a_sixth() {
        close(left("payments-availability"), 1.0 - 1.0 / 6.0);
    }

    #[test]
    fn billing_burns_four_times_too_fast() {
        let slos = slos();
        let billing = promise(&slos, "billing-availability");
        close(slos.ratio(&billing, NOW, HOUR) / billing.budget(), 4.0);
        close(left("billing-availability"), 1.0 - 8.0 / 30.0);
    }

    #[test]
    fn search_has_no_ratio() {
        assert!(left("search-latency").is_nan());
    }

    #[test]
    fn a_tier_that_somebody_makes_slow_burns() {
        let mut slos = slos();
        assert!(slos.slow("standard", 0.3, NOW - HOUR));
        let queue = promise(&slos, "runners-queue-standard");
        close(slos.ratio(&queue, NOW, 5 * MINUTE), 0.3);
    }

    #[test]
    fn an_unknown_tier_cannot_be_made_slow() {
        assert!(!slos().slow("express", 0.3, NOW));
    }

    #[test]
    fn a_service_fails_from_the_instant_that_is_said() {
        let mut slos = slos();
        assert!(slos.fail("checkout-availability", 0.1, NOW - HOUR));
        let checkout = promise(&slos, "checkout-availability");
        close(slos.ratio(&checkout, NOW, HOUR), 0.1);
        close(slos.ratio(&checkout, NOW - HOUR, HOUR), 0.0005);
    }
}
