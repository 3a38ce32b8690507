//! Aggregations: sum, average, least, largest and count, by labels or without them.

use std::collections::BTreeMap;

use promql_parser::parser::{AggregateExpr, LabelModifier};

use super::over::number;
use super::{Labels, Millis, NAME, Question, Sample, Wrong};

impl Question<'_> {
    /// One sample for each group.
    pub(super) fn aggregate(
        &self,
        aggregate: &AggregateExpr,
        at: Millis,
    ) -> Result<Vec<Sample>, Wrong> {
        let name = aggregate.op.to_string();
        let of: fn(&[f64]) -> f64 = match name.as_str() {
            "sum" => |values| values.iter().sum(),
            "avg" => |values| values.iter().sum::<f64>() / number(values.len()),
            "count" => |values| number(values.len()),
            "group" => |_| 1.0,
            "min" => |values| extreme(values, |one, other| one < other),
            "max" => |values| extreme(values, |one, other| one > other),
            _ => return Err(Wrong::Unknown(format!("the aggregation {name}"))),
        };
        let mut groups: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
        for sample in self.vector(&aggregate.expr, at)? {
            let group = grouped(sample.labels, aggregate.modifier.as_ref());
            groups.entry(group).or_default().push(sample.value);
        }
        let sample =
            |(labels, values): (Labels, Vec<f64>)| Sample { labels, value: of(&values), at };
        Ok(groups.into_iter().map(sample).collect())
    }
}

/// The labels of the group that a sample belongs to.
fn grouped(mut labels: Labels, modifier: Option<&LabelModifier>) -> Labels {
    let is_listed = |listed: &[String], name: &str| listed.iter().any(|one| one == name);
    match modifier {
        None => labels.clear(),
        Some(LabelModifier::Include(listed)) => {
            labels.retain(|name, _| is_listed(&listed.labels, name));
        }
        Some(LabelModifier::Exclude(listed)) => {
            labels.retain(|name, _| name != NAME && !is_listed(&listed.labels, name));
        }
    }
    labels
}

/// The value that beats all others; NaN only where there is nothing else.
fn extreme(values: &[f64], beats: fn(f64, f64) -> bool) -> f64 {
    let better = |best: f64, next: &f64| {
        if best.is_nan() || beats(*next, best) { *next } else { best }
    };
    values.iter().fold(f64::NAN, better)
}
