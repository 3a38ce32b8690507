//! Objectives as items: what is left, how fast it burns, what fires.

use std::collections::BTreeMap;

use super::Scene;
use super::form::{Instant, record, seconds};
use crate::domain::time::exact_seconds_between;
use crate::domain::{Exhaustion, PairSeverity, Reading, Slo, SloState};
use crate::pane::slos::exhaustion;
use crate::state::Row;

record! {
    /// An objective over one label set.
    SloItem<'a> {
        /// its name among all of them, with its labels where it is one of a group
        id: &'a str,
        /// the service that promises
        service: &'a str,
        /// what is promised
        name: &'a str,
        /// who defines it: `sloth`, `pyrra`, `openslo`, `builtin`
        origin: &'a str,
        /// its own labels
        labels: BTreeMap<&'a str, &'a str>,
        /// the share of events that must be good, 0 to 1
        objective_ratio: f64,
        /// the time over which the budget counts
        period_seconds: f64,
        /// the share of the budget that is left, negative where more was spent than there was; null where it cannot be told
        remaining_ratio: Option<f64>,
        /// how much of the period is recorded, 0 to 1; below a half `remaining_ratio` says nothing of the whole; null where it is not known
        recorded_ratio: Option<f64>,
        /// how fast it burns over each window, shortest first
        burn: Vec<BurnOfSlo<'a>>,
        /// `ok`, `burning`, `exhausted`, `no_traffic`, `no_data`, `stale`, `rule_error`, `partial`, `young`, `unreachable`; only `ok` is good news
        state: &'a str,
        /// what its rules fire: `page`, `ticket`; null where nothing fires
        firing: Option<&'a str>,
        /// whether it fires and nobody is told; false also where Alertmanager does not know
        silenced: bool,
        /// when the budget ends at the rate of `exhaustion_window`, without roll-off: 0 where it is spent; null where it does not end at this rate or that cannot be told
        exhaustion_seconds: Option<f64>,
        /// the window whose rate that is: the one nearest to an hour
        exhaustion_window: Option<&'a str>,
        /// how many events the period had; null where nobody counts them
        events: Option<f64>,
        /// the age of its oldest sample
        sample_age_seconds: Option<f64>,
        /// when Prometheus was last asked about it
        seen_at: Instant,
        /// whether that is older than three intervals of its source
        stale: bool,
    }
}

record! {
    /// The burn over one window.
    BurnOfSlo<'a> {
        /// the window's name, as its rules have it
        window: &'a str,
        /// the burn rate; 1 spends exactly the budget over the period; null where no number answers
        rate: Option<f64>,
        /// the rate above which an alert fires
        threshold: Option<f64>,
        /// how loud that alert is: `page`, `ticket`
        severity: Option<&'a str>,
    }
}

impl<'a> SloItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<Slo>) -> SloItem<'a> {
        let slo = &*row.value;
        let (end, window) = exhaustion(&scene.cx, slo);
        let end = match end {
            Exhaustion::In(seconds) => Some(seconds),
            Exhaustion::Spent => Some(0.0),
            Exhaustion::Never | Exhaustion::BeyondReset | Exhaustion::Unknown => None,
        };
        SloItem {
            id: &slo.key,
            service: &slo.service,
            name: &slo.name,
            origin: slo.origin.as_str(),
            labels: slo.labels.iter().map(|(name, value)| (&**name, &**value)).collect(),
            objective_ratio: slo.objective,
            period_seconds: slo.period.seconds(),
            remaining_ratio: slo.remaining(),
            recorded_ratio: slo.filled,
            burn: slo.readings.iter().map(|reading| BurnOfSlo::new(slo, reading)).collect(),
            state: state(scene, slo).as_str(),
            firing: slo.firing.map(PairSeverity::as_str),
            silenced: scene.state().is_silenced(slo) == Some(true),
            exhaustion_seconds: end.map(seconds),
            exhaustion_window: window.filter(|_| end.is_some()).map(|name| &**name),
            events: slo.events.filter(|events| events.is_finite()),
            sample_age_seconds: slo
                .sampled_at()
                .map(|at| seconds(exact_seconds_between(at, scene.now()))),
            seen_at: Instant(scene.seen_at(row)),
            stale: scene.is_stale(row),
        }
    }
}

/// What can be said of it; where nobody was asked nothing can.
fn state(scene: &Scene<'_>, slo: &Slo) -> SloState {
    if scene.is_offline() {
        return SloState::Unreachable;
    }
    scene.state().slo_state(slo, scene.now())
}

impl<'a> BurnOfSlo<'a> {
    fn new(slo: &Slo, reading: &'a Reading) -> BurnOfSlo<'a> {
        let threshold = slo.threshold(reading.window_seconds);
        BurnOfSlo {
            window: &reading.name,
            rate: slo.burn(reading.window_seconds),
            threshold: threshold.map(|one| one.factor),
            severity: threshold.map(|one| one.severity.as_str()),
        }
    }
}
