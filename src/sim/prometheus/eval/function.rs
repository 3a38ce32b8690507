//! Functions of instant vectors, scalars and texts.

use std::collections::BTreeMap;

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::token::T_EQL_REGEX;
use promql_parser::parser::{Call, Expr};

use super::{Labels, Millis, NAME, Question, Sample, Value, Wrong, alone, unnamed};
use crate::sim::clock;

/// The label that holds the bound of a bucket.
const BOUND: &str = "le";

impl Question<'_> {
    /// A function with its arguments.
    pub(super) fn call(&self, call: &Call, at: Millis) -> Result<Value, Wrong> {
        if let Some(samples) = self.over_range(call, at) {
            return samples.map(Value::Vector);
        }
        match call.func.name {
            "time" => Ok(Value::Scalar(clock::exact(at))),
            "vector" => {
                let value = self.scalar(argument(call, 0)?, at)?;
                Ok(Value::Vector(vec![Sample { labels: Labels::new(), value, at }]))
            }
            "scalar" => {
                let samples = self.vector(argument(call, 0)?, at)?;
                Ok(Value::Scalar(match samples.as_slice() {
                    [only] => only.value,
                    _ => f64::NAN,
                }))
            }
            "timestamp" => self.map(call, at, |one| clock::exact(one.at)),
            "abs" => self.map(call, at, |one| one.value.abs()),
            "floor" => self.map(call, at, |one| one.value.floor()),
            "ceil" => self.map(call, at, |one| one.value.ceil()),
            "clamp_min" => {
                let least = self.scalar(argument(call, 1)?, at)?;
                self.map(call, at, |one| if one.value < least { least } else { one.value })
            }
            "clamp_max" => {
                let most = self.scalar(argument(call, 1)?, at)?;
                self.map(call, at, |one| if one.value > most { most } else { one.value })
            }
            "histogram_quantile" => self.quantile(call, at),
            "label_replace" => self.label_replace(call, at),
            other => Err(Wrong::Unknown(format!("the function {other}"))),
        }
    }

    fn map(&self, call: &Call, at: Millis, of: impl Fn(&Sample) -> f64) -> Result<Value, Wrong> {
        let samples = self.vector(argument(call, 0)?, at)?;
        let samples = samples.into_iter().map(|one| Sample { value: of(&one), ..one });
        unnamed(samples.collect()).map(Value::Vector)
    }

    fn quantile(&self, call: &Call, at: Millis) -> Result<Value, Wrong> {
        let share = self.scalar(argument(call, 0)?, at)?;
        let mut histograms: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
        for mut sample in self.vector(argument(call, 1)?, at)? {
            let bound = sample.labels.remove(BOUND).and_then(|bound| bound.parse::<f64>().ok());
            let Some(bound) = bound else { continue };
            sample.labels.remove(NAME);
            histograms.entry(sample.labels).or_default().push((bound, sample.value));
        }
        let sample = |(labels, buckets)| Sample { labels, value: quantile(share, buckets), at };
        Ok(Value::Vector(histograms.into_iter().map(sample).collect()))
    }

    fn label_replace(&self, call: &Call, at: Millis) -> Result<Value, Wrong> {
        let text = |place: usize| match argument(call, place)? {
            Expr::StringLiteral(text) => Ok(text.val.as_str()),
            _ => Err(Wrong::Bad("label_replace takes texts".to_owned())),
        };
        let (target, replacement, source, pattern) = (text(1)?, text(2)?, text(3)?, text(4)?);
        let invalid =
            || Wrong::Failed(format!("invalid regular expression in label_replace(): {pattern}"));
        let matcher = Matcher::new_matcher(T_EQL_REGEX, String::new(), pattern.to_owned());
        let MatchOp::Re(pattern) = matcher.map_err(|_| invalid())?.op else {
            return Err(invalid());
        };
        let mut samples = self.vector(argument(call, 0)?, at)?;
        for sample in &mut samples {
            let value = sample.labels.get(source).cloned().unwrap_or_default();
            let Some(captures) = pattern.captures(&value) else { continue };
            let mut made = String::new();
            captures.expand(replacement, &mut made);
            if made.is_empty() {
                sample.labels.remove(target);
            } else {
                sample.labels.insert(target.to_owned(), made);
            }
        }
        alone(samples).map(Value::Vector)
    }
}

fn argument(call: &Call, place: usize) -> Result<&Expr, Wrong> {
    let argument = call.args.args.get(place).map(AsRef::as_ref);
    argument.ok_or_else(|| Wrong::Bad(format!("too few arguments of {}", call.func.name)))
}

/// The value under which that share of a histogram lies, on a straight line within its bucket.
fn quantile(share: f64, mut buckets: Vec<(f64, f64)>) -> f64 {
    buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
    let Some(&(top, all)) = buckets.last() else { return f64::NAN };
    if share.is_nan() || !top.is_infinite() || buckets.len() < 2 || all <= 0.0 || all.is_nan() {
        return f64::NAN;
    }
    if share < 0.0 {
        return f64::NEG_INFINITY;
    }
    if share > 1.0 {
        return f64::INFINITY;
    }
    let rank = share * all;
    let place = buckets.partition_point(|(_, held)| *held < rank).min(buckets.len() - 1);
    if place == buckets.len() - 1 {
        return buckets.get(place - 1).map_or(f64::NAN, |(bound, _)| *bound);
    }
    let Some(&(bound, held)) = buckets.get(place) else { return f64::NAN };
    let (lower, below) = match place.checked_sub(1).and_then(|place| buckets.get(place)) {
        Some(&before) => before,
        None if bound <= 0.0 => return bound,
        None => (0.0, 0.0),
    };
    lower + (bound - lower) * ((rank - below) / (held - below))
}
