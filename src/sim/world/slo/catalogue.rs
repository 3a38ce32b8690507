//! The objectives that exist by default, and what is odd about one where a scenario says so.

use serde::Deserialize;

use super::flow::{Flow, Piece};
use crate::sim::clock::Millis;
use crate::sim::scenario::{Prometheus, ScriptedSlo};

pub(crate) const MINUTE: Millis = 60_000;
pub(crate) const HOUR: Millis = 60 * MINUTE;
pub(crate) const DAY: Millis = 24 * HOUR;
/// How far back the past of every series goes: twice the longest period, and some.
pub(crate) const PAST: Millis = 65 * DAY;

/// Who made the rules of an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    Sloth,
    Pyrra,
}

/// Where the events of an objective come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// Requests of a service that follow a plan.
    Flow(Flow),
    /// The real waits of the jobs of a tier, by its place.
    Tier(usize),
}

/// What is odd about an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SloState {
    /// Ten minutes without traffic three days ago: NaN inside the period.
    Nan,
    /// The series of its indicator never were; what is constant is there.
    Absent,
    /// Its target vanished a minute before the start, and its series with it.
    Vanished,
    /// Its samples come 200 seconds late.
    Stalled,
    /// The rule over the whole period fails, and what hangs on it is old.
    RuleError,
    /// It exists since seven days.
    Young,
    /// No traffic at all.
    Idle,
    /// Bad events out of none: the ratio is endless.
    Infinite,
}

/// An objective.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Promise {
    pub(crate) service: String,
    pub(crate) name: String,
    /// The label that sets it apart from others of the same name.
    pub(crate) group: Option<(&'static str, &'static str)>,
    /// In percent.
    pub(crate) objective: f64,
    pub(crate) days: u32,
    pub(crate) maker: Maker,
    pub(crate) source: Source,
    pub(crate) state: Option<SloState>,
    /// The instant of its first sample.
    pub(crate) begin: Millis,
}

impl Promise {
    /// The name under which its rules go.
    pub(crate) fn id(&self) -> String {
        format!("{}-{}", self.service, self.name)
    }

    /// The share of events that may be bad.
    pub(crate) fn budget(&self) -> f64 {
        1.0 - self.objective / 100.0
    }

    /// Its period.
    pub(crate) fn period(&self) -> Millis {
        Millis::from(self.days) * DAY
    }
}

/// Every objective of a scenario that starts at `start`.
pub(super) fn promises(scenario: &Prometheus, start: Millis) -> Vec<Promise> {
    let mut all = usual(start);
    all.extend((0..scenario.slos).map(|number| {
        let service = format!("fleet-{number:04}");
        let bad = f64::from(number % 10) / 20_000.0;
        promise(&service, "availability", 99.9, steady(start, 5.0, 5.0 * bad))
    }));
    for promise in &mut all {
        let id = promise.id();
        for scripted in scenario.slo.iter().filter(|one| one.id == id) {
            script(promise, scripted, start);
        }
    }
    all
}

fn usual(start: Millis) -> Vec<Promise> {
    let piece = |ago: Millis, total: f64, bad: f64| Piece { from: start - ago, total, bad };
    let payments = Flow::new(vec![
        piece(PAST, 50.0, 0.0),
        piece(10 * DAY, 50.0, 1.0),
        piece(10 * DAY - 6 * HOUR, 50.0, 0.0),
    ]);
    let billing = Flow::new(vec![piece(PAST, 10.0, 0.0), piece(2 * DAY, 10.0, 0.4)]);
    let gateway = |region, flow| Promise {
        group: Some(("region", region)),
        ..promise("gateway", "latency", 99.5, flow)
    };
    vec![
        tier("queue-standard", 1, start),
        tier("queue-protected", 2, start),
        promise("checkout", "availability", 99.9, steady(start, 100.0, 0.05)),
        promise("payments", "availability", 99.9, payments),
        promise("search", "latency", 99.5, steady(start, 0.0, 0.0)),
        promise("billing", "availability", 99.0, billing),
        gateway("eu-west-1", steady(start, 80.0, 0.08)),
        gateway("us-east-1", steady(start, 40.0, 0.16)),
        Promise { days: 28, ..promise("reports", "freshness", 99.0, steady(start, 2.0, 0.004)) },
        Promise {
            maker: Maker::Pyrra,
            ..promise("storefront", "errors", 99.5, steady(start, 60.0, 0.048))
        },
    ]
}

fn steady(start: Millis, total: f64, bad: f64) -> Flow {
    Flow::new(vec![Piece { from: start - PAST, total, bad }])
}

fn promise(service: &str, name: &str, objective: f64, flow: Flow) -> Promise {
    let begin = flow.begin();
    Promise {
        service: service.to_owned(),
        name: name.to_owned(),
        group: None,
        objective,
        days: 30,
        maker: Maker::Sloth,
        source: Source::Flow(flow),
        state: None,
        begin,
    }
}

fn tier(name: &str, place: usize, start: Millis) -> Promise {
    let usual = promise("runners", name, 99.0, steady(start, 0.0, 0.0));
    Promise { source: Source::Tier(place), ..usual }
}

/// Makes an objective what the scenario says of it.
pub(super) fn script(promise: &mut Promise, scripted: &ScriptedSlo, start: Millis) {
    promise.objective = scripted.objective.unwrap_or(promise.objective);
    promise.state = scripted.state.or(promise.state);
    if scripted.state == Some(SloState::Young) {
        promise.begin = start - 7 * DAY;
    }
    let Source::Flow(flow) = &mut promise.source else { return };
    if let Some(ratio) = scripted.error_ratio {
        flow.fail(ratio, start - crate::sim::clock::millis(scripted.ago_seconds));
    }
    let piece = |ago: Millis, bad: f64| Piece { from: start - ago, total: 0.0, bad };
    match scripted.state {
        Some(SloState::Nan) => flow.interrupt(piece(3 * DAY, 0.0), start - 3 * DAY + 10 * MINUTE),
        Some(SloState::Idle) => *flow = Flow::new(vec![piece(PAST, 0.0)]),
        Some(SloState::Infinite) => flow.set(piece(2 * HOUR, 0.2)),
        Some(SloState::Young) => flow.begin_at(start - 7 * DAY),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_800_000_000_000;

    fn with(slo: ScriptedSlo) -> Promise {
        let scenario = Prometheus { slo: vec![slo], ..Prometheus::default() };
        let mut all = promises(&scenario, NOW);
        all.retain(|promise| promise.id() == "checkout-availability");
        all.remove(0)
    }

    fn scripted(state: SloState) -> ScriptedSlo {
        ScriptedSlo {
            id: "checkout-availability".to_owned(),
            state: Some(state),
            ..ScriptedSlo::default()
        }
    }

    #[test]
    fn a_young_objective_has_seven_days() {
        assert_eq!(with(scripted(SloState::Young)).begin, NOW - 7 * DAY);
    }

    #[test]
    fn an_objective_is_what_the_scenario_says() {
        let slo = ScriptedSlo {
            objective: Some(90.0),
            id: "checkout-availability".to_owned(),
            ..ScriptedSlo::default()
        };
        assert_eq!(with(slo).objective.to_bits(), 90.0_f64.to_bits());
    }

    #[test]
    fn more_objectives_are_made_on_demand() {
        let scenario = Prometheus { slos: 3, ..Prometheus::default() };
        assert_eq!(promises(&scenario, NOW).len(), usual(NOW).len() + 3);
    }

    #[test]
    fn idle_means_that_nothing_flows() {
        let Source::Flow(flow) = with(scripted(SloState::Idle)).source else { unreachable!() };
        assert!(flow.counts(NOW).ratio().is_nan());
    }
}
