//! Answers over every window into the rows of a definition: one for each label set.

use std::collections::{BTreeMap, BTreeSet};

use super::super::envelope::Series;
use super::super::slo::row;
use super::Known;
use super::question::{self, OWNER, PART};
use crate::domain::{
    Definition, Expression, Indicator, Measured, Period, Query, Reading, Slo, SloId, Text,
    Timestamp,
};

/// How often the slowest of these numbers is read, seconds: what is twice as old is stale.
const SLOWEST: f64 = 300.0;

/// Labels by name.
type Labels = BTreeMap<String, String>;

/// One series of an answer, without the labels that say whose it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    part: String,
    labels: Labels,
    /// Its newest value.
    pub(super) value: f64,
    /// How many samples it has.
    pub(super) points: f64,
}

/// The series of an answer by the place of their definition.
pub(super) fn by_owner(series: Vec<Series>) -> BTreeMap<usize, Vec<Answer>> {
    let mut by_owner: BTreeMap<usize, Vec<Answer>> = BTreeMap::new();
    for one in series {
        let Some((_, value)) = one.last() else { continue };
        let points = u32::try_from(one.points.len()).map_or(f64::MAX, f64::from);
        let mut labels = one.labels;
        let owner = labels.remove(OWNER).and_then(|owner| owner.parse().ok());
        let (Some(owner), Some(part)) = (owner, labels.remove(PART)) else { continue };
        labels.remove("__name__");
        by_owner.entry(owner).or_default().push(Answer { part, labels, value, points });
    }
    by_owner
}

/// The rows of a definition.
pub(super) fn rows(definition: &Definition, known: &Known, now: Timestamp) -> Vec<Slo> {
    let family = Family { definition, known, now };
    let mut sets: BTreeSet<&Labels> = family.sets();
    let none = Labels::new();
    if sets.is_empty() {
        sets.insert(&none);
    }
    sets.into_iter().filter_map(|labels| family.row(labels)).collect()
}

/// A definition with what was answered of it.
struct Family<'a> {
    definition: &'a Definition,
    known: &'a Known,
    now: Timestamp,
}

impl<'a> Family<'a> {
    /// What was answered over a window, and when.
    fn answers(&self, window: &str) -> Option<(Timestamp, &'a [Answer])> {
        let key = (self.definition.rule_id.clone(), window.to_owned());
        let (at, answers) = self.known.answers.get(&key)?;
        Some((*at, answers))
    }

    /// The windows by name and length, the period last.
    fn windows(&self) -> Vec<(String, f64)> {
        let lengths = question::lengths(self.definition, self.now);
        let all = lengths.into_iter().chain(question::period(self.definition, self.now));
        all.map(|seconds| (question::name(seconds), seconds)).collect()
    }

    /// The label sets of all events, over whatever window.
    fn sets(&self) -> BTreeSet<&'a Labels> {
        let whole = if matches!(self.definition.indicator, Indicator::Ratio(_)) {
            "ratio"
        } else {
            "total"
        };
        let answers = self.windows().into_iter().filter_map(|(name, _)| self.answers(&name));
        let of = |(_, answers): (Timestamp, &'a [Answer])| {
            answers.iter().filter(|one| one.part == whole).map(|one| &one.labels)
        };
        answers.flat_map(of).collect()
    }

    fn row(&self, labels: &Labels) -> Option<Slo> {
        let definition = self.definition;
        let period = definition.span.at(self.now)?;
        let mut readings: Vec<Reading> =
            self.windows().iter().map(|window| self.reading(window, labels)).collect();
        let period_ratio = readings.pop()?;
        let own: row::Labels<'_> =
            labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut all: row::Labels<'_> = own.clone();
        all.extend(definition.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let key = row::key(&definition.rule_id, &own);
        let refused = self.known.refused.get(&definition.rule_id).map(|(_, why)| why.clone());
        Some(Slo {
            id: SloId::of(&[definition.origin.as_str(), &key]),
            rule_id: definition.rule_id.clone(),
            service: definition.service.clone(),
            name: definition.name.clone(),
            description: definition.description.clone(),
            origin: definition.origin,
            labels: row::texts(&all),
            objective: definition.objective,
            period,
            events: self.events(&period_ratio, labels),
            period_ratio,
            readings: readings.into(),
            pairs: definition.pairs.clone(),
            filled: self.filled(labels),
            // A month of raw series at a thousand instants is more than a server may be asked: what is known of its past is
            // what was seen of it here.
            recovery: None,
            is_called_spent: false,
            is_time_weighted: definition.indicator.is_time_weighted(),
            firing: None,
            rule_error: refused.or_else(|| self.mismatch()),
            warning: None,
            rule_interval_seconds: Some(SLOWEST),
            queries: queries(definition, period, self.now),
            key,
        })
    }

    fn reading(&self, (name, seconds): &(String, f64), labels: &Labels) -> Reading {
        let answered = self.answers(name);
        let ratio = answered.and_then(|(_, answers)| ratio(self.definition, answers, labels));
        Reading {
            name: Text::new(name),
            window_seconds: *seconds,
            ratio: ratio.map_or(Measured::Absent, Measured::of),
            at: answered.map(|(at, _)| at),
        }
    }

    /// How many events the period had.
    fn events(&self, period: &Reading, labels: &Labels) -> Option<f64> {
        let (Indicator::Bad { total, .. } | Indicator::Good { total, .. }) =
            &self.definition.indicator
        else {
            return None;
        };
        let (_, answers) = self.answers(&period.name)?;
        let value = value(answers, "total", labels)?;
        total.events(value, period.window_seconds).filter(|events| events.is_finite())
    }

    /// How much of its period is recorded; nothing where no sample of it is.
    fn filled(&self, labels: &Labels) -> Option<f64> {
        let answers = self.known.filled.get(&self.definition.rule_id)?;
        let found = answers.iter().find(|one| one.labels == *labels);
        Some(found.map_or(0.0, |one| one.value))
    }

    /// What is wrong where a part has labels that all events lack: nothing could be divided by anything.
    fn mismatch(&self) -> Option<Text> {
        let sets = self.sets();
        let answers = self.windows().into_iter().filter_map(|(name, _)| self.answers(&name));
        let foreign = answers
            .flat_map(|(_, answers)| answers)
            .find(|one| matches!(one.part.as_str(), "bad" | "good") && !sets.contains(&one.labels));
        let foreign = foreign.filter(|_| !sets.is_empty())?;
        let labels = foreign.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Some(Text::new(&format!(
            "its {} events have labels that all events lack: {}",
            foreign.part,
            row::selector(labels)
        )))
    }
}

fn value(answers: &[Answer], part: &str, labels: &Labels) -> Option<f64> {
    let found = answers.iter().find(|one| one.part == part && one.labels == *labels)?;
    Some(found.value)
}

/// The error ratio. A part that never was is none of its events, but only where all events were counted.
fn ratio(definition: &Definition, answers: &[Answer], labels: &Labels) -> Option<f64> {
    let part = |name: &str| value(answers, name, labels);
    match definition.indicator {
        Indicator::Ratio(_) => part("ratio"),
        Indicator::Bad { .. } => Some(part("bad").unwrap_or(0.0) / part("total")?),
        Indicator::Good { .. } => {
            let total = part("total")?;
            let bad = 1.0 - part("good").unwrap_or(0.0) / total;
            // Two counts of the same events differ by the noise of floating point.
            Some(if bad.abs() < 1e-9 { 0.0 } else { bad })
        }
    }
}

/// The expressions behind its numbers.
fn queries(definition: &Definition, period: Period, now: Timestamp) -> Box<[Query]> {
    let budget = row::rounded(1.0 - definition.objective);
    let over = |seconds: f64| {
        let window = question::name(seconds);
        let over = |expression: &Expression| expression.over(&window, seconds);
        match &definition.indicator {
            Indicator::Ratio(ratio) => format!("({})", over(ratio)),
            Indicator::Bad { bad, total } => format!("(({}) / ({}))", over(bad), over(total)),
            Indicator::Good { good, total } => {
                format!("(1 - ({}) / ({}))", over(good), over(total))
            }
        }
    };
    let whole = question::period(definition, now).unwrap_or(period.seconds());
    let left = format!("1 - {} / {budget}", over(whole));
    let mut all = vec![row::query("budget left", &left)];
    all.extend(question::lengths(definition, now).into_iter().map(|seconds| {
        let name = question::name(seconds);
        row::query(&format!("burn {name}"), &format!("{} / {budget}", over(seconds)))
    }));
    if let Some(alert) = &definition.alert {
        let own = [("alertname", alert.as_str()), ("alertstate", "firing")];
        let fires = format!("ALERTS{}", row::selector(own.into_iter()));
        all.push(row::query("alerts", &fires));
    }
    all.into()
}
