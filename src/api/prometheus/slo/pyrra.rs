//! Objectives of pyrra: series `<metric>:burnrate<window>`, which are error ratios, and its generic ones where it has any.

use std::collections::{BTreeMap, BTreeSet};

use super::super::envelope::Series;
use super::super::window;
use super::row::{self, Labels};
use super::ruled::{Facts, Ruled, severity};
use super::{Answers, Assembled};
use crate::domain::{
    Measured, Pair, PairSeverity, Period, Query, Reading, Slo, SloId, SloOrigin, Text,
};

/// The label that names an objective.
pub(super) const ID: &str = "slo";
/// What stands before the window in the name of an error ratio.
const RATIO: &str = ":burnrate";
/// What stands before the period in the name of a count.
const COUNT: &str = ":increase";
const DAY: f64 = 86_400.0;
/// The period for which pyrra's ladder is written, and the one where nobody says, seconds.
const FOUR_WEEKS: f64 = 28.0 * DAY;
/// pyrra's ladder over 28 days: severity, factor, long and short window in seconds.
const LADDER: [(PairSeverity, f64, f64, f64); 4] = [
    (PairSeverity::Page, 14.0, 3600.0, 300.0),
    (PairSeverity::Page, 7.0, 21_600.0, 1800.0),
    (PairSeverity::Ticket, 2.0, DAY, 7200.0),
    (PairSeverity::Ticket, 1.0, 4.0 * DAY, 21_600.0),
];

/// Whether a label is pyrra's own.
pub(super) fn is_constant(name: &str) -> bool {
    name == ID
}

/// The series of one objective.
#[derive(Default)]
struct Family<'a> {
    ratios: Vec<&'a Series>,
    counts: Vec<&'a Series>,
    objective: Option<&'a Series>,
    window: Option<&'a Series>,
    availability: Option<&'a Series>,
    alerts: Vec<&'a Series>,
}

/// Puts pyrra's objectives together.
pub(super) fn assemble(answers: &Answers, ruled: &Ruled, into: &mut Assembled) {
    for (id, family) in families(answers) {
        let facts = ruled.get(ID, id);
        match family.objective_ratio(facts) {
            Some(objective) => into.slos.extend(family.rows((id, objective), facts)),
            None => into.untold += 1,
        }
    }
}

fn families(answers: &Answers) -> BTreeMap<&str, Family<'_>> {
    let mut families: BTreeMap<&str, Family<'_>> = BTreeMap::new();
    for series in &answers.pyrra {
        let family = families.entry(series.label(ID)).or_default();
        match series.name() {
            "pyrra_objective" => family.objective = Some(series),
            "pyrra_window" => family.window = Some(series),
            "pyrra_availability" => family.availability = Some(series),
            name if window::after(name, RATIO).is_some() => family.ratios.push(series),
            name if window::after(name, COUNT).is_some() => family.counts.push(series),
            _ => {}
        }
    }
    // Another's label `slo` makes no objective.
    families.retain(|_, family| family.objective.is_some() || !family.ratios.is_empty());
    for alert in &answers.firing {
        if let Some(family) = families.get_mut(alert.label(ID)) {
            family.alerts.push(alert);
        }
    }
    families
}

impl<'a> Family<'a> {
    fn objective_ratio(&self, facts: Option<&Facts>) -> Option<f64> {
        let recorded = self.objective.and_then(Series::last).map(|(_, ratio)| ratio);
        let ratio = recorded.or_else(|| facts?.objective)?;
        (ratio > 0.0 && ratio <= 1.0).then(|| row::rounded(ratio))
    }

    fn period_seconds(&self) -> f64 {
        let told = self.window.and_then(Series::last).map(|(_, seconds)| seconds);
        let counted = || self.counts.iter().find_map(|one| window::after(one.name(), COUNT));
        let told = told.filter(|seconds| seconds.is_finite() && *seconds > 0.0);
        told.or_else(|| counted().map(|(_, seconds)| seconds)).unwrap_or(FOUR_WEEKS)
    }

    /// One row for each label set; one without any where no ratio is recorded.
    fn rows(&self, told: (&str, f64), facts: Option<&Facts>) -> Vec<Slo> {
        let of = |series: &&'a Series| row::own_labels(series, is_constant);
        let mut sets: BTreeSet<Labels<'a>> = self.ratios.iter().map(of).collect();
        if sets.is_empty() {
            sets.insert(Labels::new());
        }
        let is_grouped = sets.len() > 1;
        let row = |labels: Labels<'a>| {
            let ratios: Vec<&Series> =
                self.ratios.iter().filter(|one| of(one) == labels).copied().collect();
            let apart = if is_grouped { labels.clone() } else { Labels::new() };
            // What is generic has no groups.
            let availability = self.availability.filter(|_| !is_grouped);
            self.row(told, (&labels, &apart), (&ratios, availability), facts)
        };
        sets.into_iter().map(row).collect()
    }

    fn row(
        &self,
        (id, objective): (&str, f64),
        (labels, apart): (&Labels<'_>, &Labels<'_>),
        (ratios, availability): (&[&Series], Option<&Series>),
        facts: Option<&Facts>,
    ) -> Slo {
        let period = self.period_seconds();
        let read = ratios.iter().filter_map(|series| {
            Some(row::reading(window::after(series.name(), RATIO)?, Some(series)))
        });
        let key = row::key(id, apart);
        let service = labels.get("service").or_else(|| labels.get("job")).unwrap_or(&id);
        let mut slo = Slo {
            id: SloId::of(&["pyrra", &key]),
            rule_id: Text::new(id),
            service: Text::new(service),
            name: Text::new(id),
            description: None,
            origin: SloOrigin::Pyrra,
            labels: row::texts(labels),
            objective,
            period: Period::Rolling { seconds: period },
            period_ratio: self.period_ratio(period, availability),
            readings: row::sorted(read.collect()),
            pairs: Box::default(),
            events: self.events(period, labels),
            filled: None,
            recovery: None,
            is_called_spent: false,
            is_time_weighted: false,
            firing: None,
            rule_error: facts.and_then(|one| one.error.clone()),
            warning: None,
            rule_interval_seconds: facts.and_then(|one| one.interval),
            queries: Box::default(),
            key,
        };
        slo.pairs = pairs(&slo, facts);
        slo.firing = row::firing(&slo, &self.alerts, |alert| {
            // The alert about an absent metric has no windows, and is no burn.
            let is_burn = !alert.label("short").is_empty() && !alert.label("long").is_empty();
            is_burn.then(|| severity(alert.label("severity")))
        });
        slo.queries = queries(&slo, ratios.first().map_or("", |one| one.name()));
        slo
    }

    /// What was not available.
    fn period_ratio(&self, period: f64, availability: Option<&Series>) -> Reading {
        let counted = self.counts.iter().find_map(|one| window::after(one.name(), COUNT));
        let whole_days = format!("{}d", period / DAY);
        let word = counted.map_or(whole_days.as_str(), |(word, _)| word);
        let mut reading = row::reading((word, period), availability);
        if let Some((_, available)) = availability.and_then(Series::last) {
            reading.ratio = Measured::of(1.0 - available);
        }
        reading
    }

    /// How many events the period had, of the series that have these labels.
    fn events(&self, period: f64, labels: &Labels<'_>) -> Option<f64> {
        let is_whole = |one: &&&Series| {
            let window = window::after(one.name(), COUNT);
            window.is_some_and(|(_, seconds)| (seconds - period).abs() < 0.5)
                && labels.iter().all(|(name, value)| one.label(name) == *value)
        };
        let counts: Vec<&&Series> = self.counts.iter().filter(is_whole).collect();
        if counts.is_empty() {
            return None;
        }
        let sum: f64 = counts.iter().filter_map(|one| Some(one.last()?.1)).sum();
        sum.is_finite().then_some(sum)
    }
}

/// The pairs of its own alerts, else pyrra's ladder stretched from 28 days to its period.
fn pairs(slo: &Slo, facts: Option<&Facts>) -> Box<[Pair]> {
    let steps = facts.map(|one| one.steps.as_slice()).unwrap_or_default();
    let told: Vec<Pair> = steps.iter().filter_map(|step| step.pair(slo.budget())).collect();
    if !told.is_empty() {
        return told.into();
    }
    let stretched = |span: f64| (span * slo.period.seconds() / FOUR_WEEKS / 60.0).round() * 60.0;
    let pair = |(severity, factor, long, short)| Pair {
        severity,
        short_seconds: stretched(short),
        long_seconds: stretched(long),
        factor,
    };
    LADDER.map(pair).into()
}

/// The expressions behind its numbers; `name` is that of one of its series.
fn queries(slo: &Slo, name: &str) -> Box<[Query]> {
    let own = slo.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let selector = row::selector([(ID, slo.rule_id.as_str())].into_iter().chain(own));
    let (budget, objective) = (slo.budget(), slo.objective);
    let metric = name.rsplit_once(RATIO).map_or("", |(metric, _)| metric);
    let generic = row::selector([(ID, slo.rule_id.as_str())].into_iter());
    let left = format!("(pyrra_availability{generic} - {objective}) / {budget}");
    let mut all: Vec<Query> = vec![row::query("budget left", &left)];
    all.extend(slo.readings.iter().map(|one| {
        let text = format!("{metric}{RATIO}{}{selector} / {budget}", one.name);
        row::query(&format!("burn {}", one.name), &text)
    }));
    let fires = format!("ALERTS{{alertstate=\"firing\",{ID}=\"{}\"}}", slo.rule_id);
    all.push(row::query("alerts", &fires));
    all.into()
}
