//! Recorded series of objectives, as sloth and pyrra name them, and the alerts about them.

use super::super::burn::{self, Alarm, alarms};
use super::super::eval::Wanted;
use super::super::sample::{Labels, NAME, Series, Worth, on_grid};
use super::{Scene, labels};
use crate::sim::clock::{Millis, exact};
use crate::sim::world::slo::{Counts, DAY, HOUR, MINUTE, Maker, Promise, SloState, Source};

/// The windows that sloth records besides the period.
pub(crate) const WINDOWS: [Millis; 7] =
    [5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, DAY, 3 * DAY];
/// How late samples are where they stall, and where a rule fails.
const STALLED: Millis = 200_000;
const FAILED: Millis = 150_000;

/// A list of series that is being made.
type Into<'i, 'a> = &'i mut Vec<Series<'a>>;

impl<'a> Scene<'a> {
    /// Everything that is recorded about objectives.
    pub(super) fn objectives(&self, wanted: &Wanted<'_>, into: Into<'_, 'a>) {
        let mut seen = String::new();
        for promise in &self.slos.promises {
            match promise.maker {
                Maker::Sloth => self.sloth(promise, wanted, into),
                Maker::Pyrra => self.pyrra(promise, wanted, into),
            }
            // What is constant is recorded once for all groups of an objective.
            if promise.maker == Maker::Sloth && seen != promise.id() {
                self.constants(promise, wanted, into);
            }
            seen = promise.id();
            self.alerts(promise, wanted, into);
        }
    }

    /// The counters of the requests of services, and whether their targets are up.
    pub(super) fn services(&self, wanted: &Wanted<'_>, into: Into<'_, 'a>) {
        if wanted.is_name("up") {
            let is_service = |one: &&Promise| matches!(one.source, Source::Flow(_));
            for promise in self.slos.promises.iter().filter(is_service) {
                let up = if promise.state == Some(SloState::Vanished) { 0.0 } else { 1.0 };
                let mut labels = labels("up", &[("job", "app"), ("instance", &instance(promise))]);
                grouped(promise, &mut labels);
                into.push(self.series(labels, promise.begin, Box::new(move |_| Some(up))));
            }
        }
        if !wanted.is_name("http_requests_total") {
            return;
        }
        for promise in &self.slos.promises {
            let Source::Flow(flow) = &promise.source else { continue };
            for code in ["200", "500"] {
                let mut labels = labels(
                    "http_requests_total",
                    &[("service", &promise.service), ("code", code), ("job", "app")],
                );
                labels.insert("instance".to_owned(), instance(promise));
                grouped(promise, &mut labels);
                let worth: Worth<'a> = Box::new(move |at| Some(counted(flow.counts(at), code)));
                self.keep(promise, labels, worth, into);
            }
        }
    }

    fn sloth(&self, promise: &'a Promise, wanted: &Wanted<'_>, into: Into<'_, 'a>) {
        let slos = self.slos;
        for window in WINDOWS {
            let word = burn::span(window);
            let name = format!("slo:sli_error:ratio_rate{word}");
            if wanted.is_name(&name) {
                let mut labels = sloth_labels(promise, &name);
                labels.insert("sloth_window".to_owned(), word);
                let worth = Box::new(move |at| Some(slos.ratio(promise, at, window)));
                self.keep(promise, labels, worth, into);
            }
        }
        let word = burn::span(promise.period());
        let name = format!("slo:sli_error:ratio_rate{word}");
        if wanted.is_name(&name) {
            let mut labels = sloth_labels(promise, &name);
            labels.insert("sloth_window".to_owned(), word);
            let worth = Box::new(move |at| Some(slos.period_ratio(promise, at)));
            self.keep_late(promise, labels, worth, into);
        }
        if wanted.is_name("slo:current_burn_rate:ratio") {
            let worth =
                Box::new(move |at| Some(slos.ratio(promise, at, 5 * MINUTE) / promise.budget()));
            let labels = burning(promise, "slo:current_burn_rate:ratio", "5m");
            self.keep(promise, labels, worth, into);
        }
        self.period(promise, wanted, into);
    }

    fn period(&self, promise: &'a Promise, wanted: &Wanted<'_>, into: Into<'_, 'a>) {
        let (slos, word) = (self.slos, burn::span(promise.period()));
        let spent = move |at| slos.period_ratio(promise, at) / promise.budget();
        if wanted.is_name("slo:period_burn_rate:ratio") {
            let labels = burning(promise, "slo:period_burn_rate:ratio", &word);
            self.keep_late(promise, labels, Box::new(move |at| Some(spent(at))), into);
        }
        if wanted.is_name("slo:period_error_budget_remaining:ratio") {
            let labels = burning(promise, "slo:period_error_budget_remaining:ratio", &word);
            self.keep_late(promise, labels, Box::new(move |at| Some(1.0 - spent(at))), into);
        }
    }

    fn constants(&self, promise: &'a Promise, wanted: &Wanted<'_>, into: Into<'_, 'a>) {
        let constants = [
            ("slo:objective:ratio", promise.objective / 100.0),
            ("slo:error_budget:ratio", promise.budget()),
            ("slo:time_period:days", f64::from(promise.days)),
        ];
        for (name, value) in constants.into_iter().filter(|(name, _)| wanted.is_name(name)) {
            let labels = id_labels(promise, name);
            into.push(self.series(labels, promise.begin, Box::new(move |_| Some(value))));
        }
        if wanted.is_name("sloth_slo_info") {
            let mut labels = id_labels(promise, "sloth_slo_info");
            let facts = [
                ("sloth_mode", "cli-gen-prom".to_owned()),
                ("sloth_objective", promise.objective.to_string()),
                ("sloth_spec", "prometheus/v1".to_owned()),
                ("sloth_version", "v0.16.0".to_owned()),
            ];
            labels.extend(facts.map(|(name, value)| (name.to_owned(), value)));
            into.push(self.series(labels, promise.begin, Box::new(|_| Some(1.0))));
        }
    }

    fn pyrra(&self, promise: &'a Promise, wanted: &Wanted<'_>, into: Into<'_, 'a>) {
        let slos = self.slos;
        let mut windows: Vec<Millis> = alarms(promise)
            .iter()
            .flat_map(|one| &one.pairs)
            .flat_map(|one| [one.short, one.long])
            .collect();
        windows.sort_unstable();
        windows.dedup();
        for window in windows {
            let name = format!("http_requests:burnrate{}", burn::span(window));
            if wanted.is_name(&name) {
                let mut labels = labels(&name, &[("slo", &promise.id())]);
                labels.insert("service".to_owned(), promise.service.clone());
                let worth = Box::new(move |at| Some(slos.ratio(promise, at, window)));
                self.keep(promise, labels, worth, into);
            }
        }
        self.pyrra_increase(promise, wanted, into);
        let Source::Flow(flow) = &promise.source else { return };
        let rate = move |at: Millis| flow.counts(at).since(flow.counts(at - 5 * MINUTE));
        let generic: [(&str, Worth<'a>); 5] = [
            ("pyrra_objective", Box::new(|_| Some(promise.objective / 100.0))),
            ("pyrra_window", Box::new(|_| Some(exact(promise.period())))),
            ("pyrra_availability", Box::new(move |at| Some(1.0 - slos.period_ratio(promise, at)))),
            ("pyrra_requests:rate5m", Box::new(move |at| Some(rate(at).total / 300.0))),
            ("pyrra_errors:rate5m", Box::new(move |at| Some(rate(at).bad / 300.0))),
        ];
        for (name, worth) in generic.into_iter().filter(|(name, _)| wanted.is_name(name)) {
            self.keep(promise, labels(name, &[("slo", &promise.id())]), worth, into);
        }
    }

    fn pyrra_increase(&self, promise: &'a Promise, wanted: &Wanted<'_>, into: Into<'_, 'a>) {
        let name = format!("http_requests:increase{}", burn::span(promise.period()));
        let Source::Flow(flow) = &promise.source else { return };
        if !wanted.is_name(&name) {
            return;
        }
        for code in ["200", "500"] {
            let mut labels = labels(&name, &[("slo", &promise.id()), ("code", code)]);
            labels.insert("service".to_owned(), promise.service.clone());
            let worth = Box::new(move |at| {
                let grown = flow.counts(at).since(flow.counts(at - promise.period()));
                Some(if code == "500" { grown.bad } else { grown.total - grown.bad })
            });
            self.keep(promise, labels, worth, into);
        }
    }

    fn alerts(&self, promise: &'a Promise, wanted: &Wanted<'_>, into: Into<'_, 'a>) {
        if !wanted.is_name("ALERTS") && !wanted.is_name("ALERTS_FOR_STATE") {
            return;
        }
        for alarm in alarms(promise) {
            let Some(up) = burn::up(self.slos, promise, &alarm, self.now) else { continue };
            let mut labels = alert_labels(promise, &alarm);
            if wanted.is_name("ALERTS_FOR_STATE") {
                let mut labels = labels.clone();
                labels.insert(NAME.to_owned(), "ALERTS_FOR_STATE".to_owned());
                let since = exact(up.since);
                into.push(self.series(labels, up.since, Box::new(move |_| Some(since))));
            }
            if wanted.is_name("ALERTS") {
                labels.insert(NAME.to_owned(), "ALERTS".to_owned());
                let state = if up.fires { "firing" } else { "pending" };
                labels.insert("alertstate".to_owned(), state.to_owned());
                into.push(self.series(labels, up.since, Box::new(|_| Some(1.0))));
            }
        }
    }

    /// A series of an indicator, if the objective has such.
    fn keep(&self, promise: &Promise, labels: Labels, worth: Worth<'a>, into: Into<'_, 'a>) {
        let late = if promise.state == Some(SloState::Stalled) { STALLED } else { 0 };
        self.keep_by(promise, (labels, worth), late, into);
    }

    /// A series over the whole period, which is old where its rule fails.
    fn keep_late(&self, promise: &Promise, labels: Labels, worth: Worth<'a>, into: Into<'_, 'a>) {
        let late = match promise.state {
            Some(SloState::Stalled) => STALLED,
            Some(SloState::RuleError) => FAILED,
            _ => 0,
        };
        self.keep_by(promise, (labels, worth), late, into);
    }

    fn keep_by(
        &self,
        promise: &Promise,
        (labels, worth): (Labels, Worth<'a>),
        late: Millis,
        into: Into<'_, 'a>,
    ) {
        if promise.state == Some(SloState::Absent) {
            return;
        }
        let gone = (promise.state == Some(SloState::Vanished)).then_some(self.start - MINUTE);
        let last = on_grid(gone.map_or(self.now - late, |gone| gone - 1));
        into.push(Series { labels, begin: promise.begin, last, gone, worth });
    }
}

/// The address of a service's target.
fn instance(promise: &Promise) -> String {
    format!("{}.apps.svc:8080", promise.service)
}

/// The whole requests that were answered with a code.
fn counted(counts: Counts, code: &str) -> f64 {
    let bad = counts.bad.floor();
    if code == "500" { bad } else { (counts.total.floor() - bad).max(0.0) }
}

/// The labels of an alert, without its state.
pub(crate) fn alert_labels(promise: &Promise, alarm: &Alarm) -> Labels {
    let mut labels = Labels::new();
    let mut set = |name: &str, value: &str| labels.insert(name.to_owned(), value.to_owned());
    set("alertname", &alert_name(promise));
    set("severity", alarm.severity);
    if promise.maker == Maker::Pyrra {
        set("slo", &promise.id());
        set("service", &promise.service);
        if let Some(pair) = alarm.pairs.first() {
            set("short", &burn::span(pair.short));
            set("long", &burn::span(pair.long));
            let days = (exact(promise.period()) / 86_400.0 / pair.factor).round();
            set("exhaustion", &format!("{days}d"));
        }
        return labels;
    }
    set("sloth_id", &promise.id());
    set("sloth_service", &promise.service);
    set("sloth_slo", &promise.name);
    set("sloth_severity", alarm.severity);
    grouped(promise, &mut labels);
    labels
}

/// The name of an alert about an objective, as its spec says.
pub(crate) fn alert_name(promise: &Promise) -> String {
    if promise.maker == Maker::Pyrra {
        return "ErrorBudgetBurn".to_owned();
    }
    let id = promise.id();
    let words = id.split('-').map(|word| {
        let mut letters = word.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        first + letters.as_str()
    });
    words.collect::<String>() + "Burn"
}

fn id_labels(promise: &Promise, name: &str) -> Labels {
    labels(
        name,
        &[
            ("sloth_id", &promise.id()),
            ("sloth_service", &promise.service),
            ("sloth_slo", &promise.name),
        ],
    )
}

fn sloth_labels(promise: &Promise, name: &str) -> Labels {
    let mut labels = id_labels(promise, name);
    grouped(promise, &mut labels);
    labels
}

/// The labels of a series that is made of a ratio and keeps its window.
fn burning(promise: &Promise, name: &str, window: &str) -> Labels {
    let mut labels = sloth_labels(promise, name);
    labels.insert("sloth_window".to_owned(), window.to_owned());
    labels
}

fn grouped(promise: &Promise, labels: &mut Labels) {
    if let Some((name, value)) = promise.group {
        labels.insert(name.to_owned(), value.to_owned());
    }
}
