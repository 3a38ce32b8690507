//! Objectives of sloth: series `slo:sli_error:ratio_rate<window>`, and constants beside them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::envelope::Series;
use super::super::window;
use super::row::{self, Labels};
use super::ruled::{Facts, Ruled, severity};
use super::{Answers, Assembled};
use crate::domain::{Pair, Period, Query, Reading, Slo, SloId, SloOrigin, Text};

/// The label that names an objective.
pub(super) const ID: &str = "sloth_id";
/// What series of an error ratio begin with.
const RATIO: &str = "slo:sli_error:ratio_rate";
/// The period where nobody says, seconds.
const MONTH: f64 = 30.0 * 86_400.0;

/// Whether a label is one of sloth's own.
pub(super) fn is_constant(name: &str) -> bool {
    name.starts_with("sloth_")
}

/// The series of one objective.
#[derive(Default)]
struct Family<'a> {
    ratios: Vec<&'a Series>,
    objective: Option<&'a Series>,
    days: Option<&'a Series>,
    info: Option<&'a Series>,
    alerts: Vec<&'a Series>,
}

/// Puts sloth's objectives together.
pub(super) fn assemble(answers: &Answers, ruled: &Ruled, into: &mut Assembled) {
    for (id, family) in families(answers) {
        let facts = ruled.get(ID, id);
        match family.objective_ratio() {
            Some(objective) => into.slos.extend(family.rows(id, objective, facts)),
            None => into.untold += 1,
        }
    }
}

fn families(answers: &Answers) -> BTreeMap<&str, Family<'_>> {
    let mut families: BTreeMap<&str, Family<'_>> = BTreeMap::new();
    for series in &answers.sloth {
        let family = families.entry(series.label(ID)).or_default();
        match series.name() {
            "slo:objective:ratio" => family.objective = Some(series),
            "slo:time_period:days" => family.days = Some(series),
            "sloth_slo_info" => family.info = Some(series),
            name if name.starts_with(RATIO) => family.ratios.push(series),
            _ => {}
        }
    }
    for alert in &answers.firing {
        if let Some(family) = families.get_mut(alert.label(ID)) {
            family.alerts.push(alert);
        }
    }
    families
}

impl<'a> Family<'a> {
    /// The objective as it was written, else as it is recorded; both without the noise of floating point.
    fn objective_ratio(&self) -> Option<f64> {
        let written = self.info.and_then(|info| info.label("sloth_objective").parse::<f64>().ok());
        let recorded = || Some(self.objective?.last()?.1);
        let ratio = written.map(|percent| percent / 100.0).or_else(recorded)?;
        (ratio > 0.0 && ratio <= 1.0).then(|| row::rounded(ratio))
    }

    fn period_seconds(&self) -> f64 {
        let days = self.days.and_then(Series::last).map(|(_, days)| days);
        let longest = self.ratios.iter().filter_map(|one| window::after(one.name(), "ratio_rate"));
        let longest = longest.map(|(_, seconds)| seconds).max_by(f64::total_cmp);
        let longest = longest.filter(|seconds| *seconds >= MONTH / 5.0);
        let days = days.filter(|days| days.is_finite() && *days > 0.0).map(|days| days * 86_400.0);
        days.or(longest).unwrap_or(MONTH)
    }

    /// One row for each label set; one without any where no ratio is recorded.
    fn rows(&self, id: &str, objective: f64, facts: Option<&Facts>) -> Vec<Slo> {
        let of = |series: &&'a Series| row::own_labels(series, is_constant);
        let mut sets: BTreeSet<Labels<'a>> = self.ratios.iter().map(of).collect();
        let constant = self.objective.or(self.info);
        let constant = constant.map(|one| row::own_labels(one, is_constant)).unwrap_or_default();
        if sets.is_empty() {
            sets.insert(constant.clone());
        }
        let row = |labels: Labels<'a>| {
            let ratios: Vec<&Series> =
                self.ratios.iter().filter(|one| of(one) == labels).copied().collect();
            let apart: Labels<'_> = labels
                .iter()
                .filter(|(name, value)| constant.get(*name) != Some(*value))
                .map(|(name, value)| (*name, *value))
                .collect();
            self.row((id, objective), (&labels, &apart), &ratios, facts)
        };
        sets.into_iter().map(row).collect()
    }

    fn row(
        &self,
        (id, objective): (&str, f64),
        (labels, apart): (&Labels<'_>, &Labels<'_>),
        ratios: &[&Series],
        facts: Option<&Facts>,
    ) -> Slo {
        let period = self.period_seconds();
        let is_period = |one: &Reading| (one.window_seconds - period).abs() < 0.5;
        let read = ratios.iter().filter_map(|series| {
            Some(row::reading(window::after(series.name(), "ratio_rate")?, Some(series)))
        });
        let (whole, readings): (Vec<Reading>, Vec<Reading>) = read.partition(is_period);
        let absent = || row::reading((&format!("{}d", period / 86_400.0), period), None);
        let key = row::key(id, apart);
        let witness = ratios.first().copied().or(self.objective).or(self.info);
        let word = |name| witness.map_or(Text::new(""), |one| Text::new(one.label(name)));
        let mut slo = Slo {
            id: SloId::of(&["sloth", &key]),
            rule_id: Text::new(id),
            service: word("sloth_service"),
            name: word("sloth_slo"),
            description: None,
            origin: SloOrigin::Sloth,
            labels: row::texts(labels),
            objective,
            period: Period::Rolling { seconds: period },
            period_ratio: whole.into_iter().next().unwrap_or_else(absent),
            readings: row::sorted(readings),
            pairs: Box::default(),
            events: None,
            filled: None,
            recovery: None,
            is_called_spent: false,
            is_time_weighted: facts.and_then(|one| one.is_time_weighted).unwrap_or(true),
            firing: None,
            rule_error: facts.and_then(|one| one.error.clone()),
            warning: None,
            rule_interval_seconds: facts.and_then(|one| one.interval),
            queries: Box::default(),
            key,
        };
        slo.pairs = pairs(&slo, facts);
        slo.firing = row::firing(&slo, &self.alerts, |alert| {
            let word = alert.label("sloth_severity");
            (!word.is_empty()).then(|| severity(word))
        });
        slo.is_called_spent = row::is_called_spent(&slo, &self.alerts);
        slo.queries = queries(&slo);
        slo
    }
}

/// The pairs of its own alerts, else the Workbook's.
fn pairs(slo: &Slo, facts: Option<&Facts>) -> Box<[Pair]> {
    let steps = facts.map(|one| one.steps.as_slice()).unwrap_or_default();
    let told: Vec<Pair> = steps.iter().filter_map(|step| step.pair(slo.budget())).collect();
    if told.is_empty() { Pair::workbook(slo.period.seconds()).into() } else { told.into() }
}

/// The expressions behind its numbers.
fn queries(slo: &Slo) -> Box<[Query]> {
    let own = slo.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let selector = row::selector([(ID, slo.rule_id.as_str())].into_iter().chain(own));
    let budget = slo.budget();
    let burn = |one: &Reading| {
        let text = format!("{RATIO}{}{selector} / {budget}", one.name);
        row::query(&format!("burn {}", one.name), &text)
    };
    let period = &slo.period_ratio.name;
    let left = format!("1 - {RATIO}{period}{selector} / {budget}");
    let fires = format!("ALERTS{{alertstate=\"firing\",{ID}=\"{}\"}}", slo.rule_id);
    let mut all: Vec<Query> = vec![row::query("budget left", &left)];
    all.extend(slo.readings.iter().map(burn));
    all.push(row::query("alerts", &fires));
    all.into()
}
