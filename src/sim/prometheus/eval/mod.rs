//! What an expression is worth at an instant, as Prometheus 2.42 would say.

mod aggregate;
mod binary;
mod function;
mod over;
mod select;

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use promql_parser::parser::{self, Expr, Offset};

use super::sample::{Labels, NAME, Point, Series};
use crate::sim::clock::{self, Millis};

pub(crate) use self::select::Wanted;

use self::select::Found;

/// Samples that one query may look at.
const MOST_SAMPLES: u64 = 50_000_000;

/// An element of a vector.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) labels: Labels,
    pub(crate) value: f64,
    /// The instant of the sample itself, where it comes from one.
    pub(crate) at: Millis,
}

/// What an expression is worth.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Scalar(f64),
    Vector(Vec<Sample>),
    Matrix(Vec<(Labels, Vec<Point>)>),
    Text(String),
}

/// Why an expression is worth nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wrong {
    /// It cannot be read.
    Bad(String),
    /// It cannot be worked out.
    Failed(String),
    /// Prometheus could, this one cannot.
    Unknown(String),
}

/// Where series come from: those whose name is wanted.
pub(crate) trait Store<'a> {
    fn series(&self, wanted: &Wanted<'_>) -> Vec<Series<'a>>;
}

/// A question: an expression with the series that it speaks of.
pub(crate) struct Question<'a> {
    expr: Expr,
    /// Series by the text of their selector.
    series: HashMap<String, Vec<Series<'a>>>,
    names: Vec<String>,
    looked_at: Cell<u64>,
}

impl<'a> Question<'a> {
    /// Reads an expression and finds its series.
    pub(crate) fn new(text: &str, store: &impl Store<'a>) -> Result<Self, Wrong> {
        let expr = parser::parse(text).map_err(|why| {
            Wrong::Bad(format!("invalid parameter \"query\": parse error: {why}"))
        })?;
        let mut found = Found::default();
        found.find(&expr, store)?;
        Ok(Self { expr, series: found.series, names: found.names, looked_at: Cell::new(0) })
    }

    /// The names of series that it speaks of, where it speaks of one name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Its worth at an instant.
    pub(crate) fn at(&self, at: Millis) -> Result<Value, Wrong> {
        self.value(&self.expr, at)
    }

    /// Its worth from one instant to another, both included.
    pub(crate) fn over(
        &self,
        (start, end): (Millis, Millis),
        step: Millis,
    ) -> Result<Vec<(Labels, Vec<Point>)>, Wrong> {
        let kind = self.expr.value_type();
        if !matches!(kind, parser::value::ValueType::Vector | parser::value::ValueType::Scalar) {
            let kind =
                if kind == parser::value::ValueType::Matrix { "range vector" } else { "string" };
            return Err(Wrong::Bad(format!(
                "invalid expression type \"{kind}\" for range query, \
                 must be Scalar or instant Vector"
            )));
        }
        let mut lines: BTreeMap<Labels, Vec<Point>> = BTreeMap::new();
        let mut at = start;
        while at <= end {
            match self.at(at)? {
                Value::Scalar(value) => lines.entry(Labels::new()).or_default().push((at, value)),
                Value::Vector(samples) => {
                    for sample in samples {
                        lines.entry(sample.labels).or_default().push((at, sample.value));
                    }
                }
                Value::Matrix(_) | Value::Text(_) => {}
            }
            at += step;
        }
        Ok(lines.into_iter().collect())
    }

    fn value(&self, expr: &Expr, at: Millis) -> Result<Value, Wrong> {
        match expr {
            Expr::NumberLiteral(number) => Ok(Value::Scalar(number.val)),
            Expr::StringLiteral(text) => Ok(Value::Text(text.val.clone())),
            Expr::Paren(inner) => self.value(&inner.expr, at),
            Expr::Unary(inner) => self.negative(&inner.expr, at),
            Expr::VectorSelector(selector) => self.latest(selector, at).map(Value::Vector),
            Expr::MatrixSelector(selector) => self.window(selector, at).map(Value::Matrix),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, at).map(Value::Vector),
            Expr::Binary(binary) => self.binary(binary, at),
            Expr::Call(call) => self.call(call, at),
            Expr::Subquery(_) => Err(Wrong::Unknown("subqueries".to_owned())),
            Expr::Extension(_) => Err(Wrong::Unknown("extensions".to_owned())),
        }
    }

    fn vector(&self, expr: &Expr, at: Millis) -> Result<Vec<Sample>, Wrong> {
        match self.value(expr, at)? {
            Value::Vector(samples) => Ok(samples),
            _ => Err(Wrong::Failed("expected an instant vector".to_owned())),
        }
    }

    fn scalar(&self, expr: &Expr, at: Millis) -> Result<f64, Wrong> {
        match self.value(expr, at)? {
            Value::Scalar(value) => Ok(value),
            _ => Err(Wrong::Failed("expected a scalar".to_owned())),
        }
    }

    fn negative(&self, expr: &Expr, at: Millis) -> Result<Value, Wrong> {
        match self.value(expr, at)? {
            Value::Scalar(value) => Ok(Value::Scalar(-value)),
            Value::Vector(samples) => unnamed(
                samples.into_iter().map(|one| Sample { value: -one.value, ..one }).collect(),
            )
            .map(Value::Vector),
            _ => Err(Wrong::Failed("unary minus of a range or a string".to_owned())),
        }
    }

    /// Counts samples that are looked at; too many end the query.
    fn look(&self, samples: u64) -> Result<(), Wrong> {
        self.looked_at.set(self.looked_at.get().saturating_add(samples));
        if self.looked_at.get() > MOST_SAMPLES {
            let text =
                "query processing would load too many samples into memory in query execution";
            return Err(Wrong::Failed(text.to_owned()));
        }
        Ok(())
    }
}

/// The instant that a selector with an offset looks at.
fn shifted(at: Millis, offset: Option<&Offset>) -> Millis {
    let span = |span: &std::time::Duration| clock::millis(span.as_secs_f64());
    match offset {
        None => at,
        Some(Offset::Pos(back)) => at - span(back),
        Some(Offset::Neg(ahead)) => at + span(ahead),
    }
}

/// Samples without their names; two with the same labels are an error.
fn unnamed(mut samples: Vec<Sample>) -> Result<Vec<Sample>, Wrong> {
    for sample in &mut samples {
        sample.labels.remove(NAME);
    }
    alone(samples)
}

/// The same samples, when no two have the same labels.
fn alone(mut samples: Vec<Sample>) -> Result<Vec<Sample>, Wrong> {
    samples.sort_by(|one, other| one.labels.cmp(&other.labels));
    let twice = samples.windows(2).any(|pair| match pair {
        [one, other] => one.labels == other.labels,
        _ => false,
    });
    if twice {
        return Err(Wrong::Failed(
            "vector cannot contain metrics with the same labelset".to_owned(),
        ));
    }
    Ok(samples)
}

#[cfg(test)]
mod tests;
