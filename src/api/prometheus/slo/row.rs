//! What the rows of both makers have in common: labels, selectors, readings.

use std::collections::BTreeMap;

use super::super::envelope::Series;
use crate::domain::slo::calls_spent;
use crate::domain::{Measured, PairSeverity, Query, Reading, Slo, Text};

/// Labels by name.
pub(in crate::api::prometheus) type Labels<'a> = BTreeMap<&'a str, &'a str>;

/// The labels of a series that are not those of its maker.
pub(super) fn own_labels(series: &Series, is_constant: fn(&str) -> bool) -> Labels<'_> {
    let own = series.labels.iter().filter(|(name, _)| *name != "__name__" && !is_constant(name));
    own.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Labels as the domain knows them.
pub(in crate::api::prometheus) fn texts(labels: &Labels<'_>) -> Box<[(Text, Text)]> {
    labels.iter().map(|(name, value)| (Text::new(name), Text::new(value))).collect()
}

/// A name with the labels that set it apart.
pub(in crate::api::prometheus) fn key(id: &str, apart: &Labels<'_>) -> Text {
    if apart.is_empty() {
        return Text::new(id);
    }
    Text::new(&format!("{id}{}", selector(apart.iter().map(|(name, value)| (*name, *value)))))
}

/// A selector of labels, as it is written in an expression.
pub(in crate::api::prometheus) fn selector<'a>(
    labels: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let quoted =
        |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let all: Vec<String> =
        labels.map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
    format!("{{{}}}", all.join(","))
}

/// A reading of the newest sample of a series.
pub(super) fn reading((name, seconds): (&str, f64), series: Option<&Series>) -> Reading {
    let last = series.and_then(Series::last);
    Reading {
        name: Text::new(name),
        window_seconds: seconds,
        ratio: last.map_or(Measured::Absent, |(_, value)| Measured::of(value)),
        at: last.map(|(at, _)| at),
    }
}

/// Readings in order of their windows.
pub(super) fn sorted(mut readings: Vec<Reading>) -> Box<[Reading]> {
    readings.sort_by(|one, other| one.window_seconds.total_cmp(&other.window_seconds));
    readings.into()
}

/// A number without the noise of its last digits.
pub(in crate::api::prometheus) fn rounded(number: f64) -> f64 {
    (number * 1e12).round() / 1e12
}

/// A query behind a number.
pub(in crate::api::prometheus) fn query(name: &str, text: &str) -> Query {
    Query { name: Text::new(name), text: Text::new(text) }
}

/// How loud the loudest alert about an objective is; `is_alert` says which alerts are about its rules.
pub(super) fn firing(
    slo: &Slo,
    alerts: &[&Series],
    severity: fn(&Series) -> Option<PairSeverity>,
) -> Option<PairSeverity> {
    let about = alerts.iter().filter(|alert| is_about(alert, slo));
    about.filter_map(|alert| severity(alert)).max()
}

/// Whether an alert about an objective says that its budget is spent.
pub(super) fn is_called_spent(slo: &Slo, alerts: &[&Series]) -> bool {
    alerts.iter().any(|alert| calls_spent(alert.label("alertname")) && is_about(alert, slo))
}

/// Whether no label of an objective is another one of the alert.
fn is_about(alert: &Series, slo: &Slo) -> bool {
    let fits = |(name, value): &(Text, Text)| {
        let found = alert.label(name);
        found.is_empty() || *found == **value
    };
    slo.labels.iter().all(fits)
}
