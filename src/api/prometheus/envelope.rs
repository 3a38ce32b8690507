//! The envelope around every answer, and the samples within.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::api::Error;
use crate::api::http::{Door, Said, short};
use crate::domain::{FailureKind, Text, Timestamp};

/// The envelope. `infos` is left out: it tells of style, not of missing parts.
#[derive(Deserialize)]
struct Envelope<T> {
    status: Option<String>,
    data: Option<T>,
    #[serde(rename = "errorType")]
    kind: Option<String>,
    error: Option<String>,
    warnings: Option<Vec<String>>,
}

/// What was answered, and what it warned of: parts may be missing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opened<T> {
    pub(super) data: T,
    pub(super) warnings: Vec<Text>,
}

/// Opens an envelope: its content, or the refusal in it.
pub(super) fn open<'a, T: Deserialize<'a>>(
    door: &Door,
    said: &'a Said,
) -> Result<Opened<T>, Error> {
    let envelope: Envelope<T> = match said.json() {
        Ok(envelope) => envelope,
        Err(_) if !said.status.is_success() => return Err(door.of_status(said)),
        Err(error) => return Err(error),
    };
    match envelope.data {
        Some(data) if envelope.status.as_deref() == Some("success") => {
            let warnings = envelope.warnings.unwrap_or_default();
            Ok(Opened {
                data,
                warnings: warnings.iter().map(|one| Text::new(&short(one))).collect(),
            })
        }
        _ if envelope.kind.is_none() && !said.status.is_success() => Err(door.of_status(said)),
        _ => Err(refusal(envelope.kind.as_deref(), envelope.error.as_deref(), said)),
    }
}

/// What Prometheus says of a question that it does not answer.
fn refusal(kind: Option<&str>, words: Option<&str>, said: &Said) -> Error {
    let found = match kind {
        Some("timeout" | "canceled") => FailureKind::Timeout,
        Some("bad_data" | "execution" | "not_acceptable") => FailureKind::Query,
        Some("not_found") => FailureKind::NotFound,
        Some(_) => FailureKind::Server,
        None => FailureKind::Shape,
    };
    let words = words.map_or_else(|| "an answer without data".to_owned(), short);
    let kind = kind.map(|kind| format!("{}: ", short(kind))).unwrap_or_default();
    let status = (!said.status.is_success()).then_some(said.status.as_u16());
    Error { status, ..Error::new(found, format!("Prometheus answered {kind}{words}")) }
}

/// The content of an answer to a query.
#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub(super) enum Found<'a> {
    #[serde(borrow)]
    Vector(Vec<Row<'a>>),
    #[serde(borrow)]
    Matrix(Vec<Row<'a>>),
    #[serde(borrow)]
    Scalar(Pair<'a>),
    String(serde::de::IgnoredAny),
}

/// An instant in seconds, and a number as text.
type Pair<'a> = (f64, &'a str);

/// One series of an answer. A native histogram stands in a field of its own and is passed over.
#[derive(Deserialize)]
pub(super) struct Row<'a> {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(borrow)]
    value: Option<Pair<'a>>,
    #[serde(borrow, default)]
    values: Vec<Pair<'a>>,
}

/// One series: its labels as they are, its name among them, and its samples, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Series {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) points: Vec<(Timestamp, f64)>,
}

impl Series {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.label("__name__")
    }

    /// The value of a label; nothing where it has none.
    pub(super) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// Its newest sample.
    pub(super) fn last(&self) -> Option<(Timestamp, f64)> {
        self.points.last().copied()
    }
}

impl Found<'_> {
    /// The series that have samples of numbers.
    pub(super) fn series(self) -> Vec<Series> {
        let rows = match self {
            Found::Vector(rows) | Found::Matrix(rows) => rows,
            Found::Scalar(pair) => {
                vec![Row { metric: BTreeMap::new(), value: Some(pair), values: Vec::new() }]
            }
            Found::String(_) => Vec::new(),
        };
        let read = |row: Row<'_>| {
            let all = row.values.into_iter().chain(row.value);
            Series { labels: row.metric, points: all.filter_map(point).collect() }
        };
        rows.into_iter().map(read).filter(|one| !one.points.is_empty()).collect()
    }
}

/// A sample: `NaN`, `+Inf` and `-Inf` are numbers too.
fn point((at, value): Pair<'_>) -> Option<(Timestamp, f64)> {
    Some((instant(at)?, value.parse().ok()?))
}

/// An instant of a number of seconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and such an instant is refused"
)]
fn instant(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(text: &str) -> Vec<Series> {
        serde_json::from_str::<Found<'_>>(text).unwrap().series()
    }

    #[test]
    fn samples_are_strings_and_no_number_is_a_value_too() {
        let found = series(
            r#"{"resultType":"vector","result":[
                {"metric":{"__name__":"a"},"value":[1700000000.123,"NaN"]},
                {"metric":{"__name__":"b"},"value":[1700000000.5,"+Inf"]},
                {"metric":{"__name__":"c"},"value":[1700000000,"-Inf"]},
                {"metric":{"__name__":"d"},"value":[1700000000,"0.25"]}]}"#,
        );
        let values: Vec<f64> = found.iter().filter_map(|one| Some(one.last()?.1)).collect();
        assert!(values[0].is_nan());
        assert_eq!(values[1..], [f64::INFINITY, f64::NEG_INFINITY, 0.25]);
        assert_eq!(found[0].points[0].0.as_millisecond(), 1_700_000_000_123);
    }

    #[test]
    fn a_native_histogram_is_passed_over() {
        let found = series(
            r#"{"resultType":"vector","result":[
                {"metric":{"__name__":"h"},"histogram":[1700000000,{"count":"1","sum":"2"}]},
                {"metric":{"__name__":"n"},"value":[1700000000,"1"]}]}"#,
        );
        assert_eq!(found.iter().map(Series::name).collect::<Vec<_>>(), ["n"]);
    }

    #[test]
    fn the_type_may_follow_the_result() {
        let found = series(
            r#"{"result":[{"metric":{},"values":[[1,"2"],[3,"4"]]}],"resultType":"matrix"}"#,
        );
        assert_eq!(found[0].last().unwrap().1.to_bits(), 4.0_f64.to_bits());
    }

    #[test]
    fn a_scalar_is_a_series_without_labels_and_a_string_is_none() {
        assert_eq!(series(r#"{"resultType":"scalar","result":[1,"2"]}"#).len(), 1);
        assert_eq!(series(r#"{"resultType":"string","result":[1,"two"]}"#), []);
    }
}
