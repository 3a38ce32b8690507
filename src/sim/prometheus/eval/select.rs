//! Selectors: which series an expression speaks of, and their samples.

use std::collections::HashMap;

use promql_parser::label::{METRIC_NAME, MatchOp, Matcher};
use promql_parser::parser::{Expr, MatrixSelector, VectorSelector};

use super::super::sample::{LOOKBACK, STEP};
use super::{Labels, Millis, Point, Question, Sample, Series, Store, Wrong, shifted};
use crate::sim::clock;

/// Which series are wanted, by their names and by their labels.
pub(crate) struct Wanted<'s>(&'s VectorSelector);

impl Wanted<'_> {
    /// Whether series of this name can be among them.
    pub(crate) fn is_name(&self, name: &str) -> bool {
        self.0.name.as_deref().is_none_or(|wanted| wanted == name)
            && self.matchers().filter(|one| one.name == METRIC_NAME).all(|one| one.is_match(name))
    }

    /// Whether a series has the labels that are asked for.
    fn is_match(&self, labels: &Labels) -> bool {
        self.0.name.as_ref().is_none_or(|wanted| labels.get(METRIC_NAME) == Some(wanted))
            && self.matchers().all(|matcher| {
                matcher.is_match(labels.get(&matcher.name).map_or("", String::as_str))
            })
    }

    /// The one name that is asked for.
    fn exact_name(&self) -> Option<&str> {
        let matched = || {
            let mut names = self.matchers().filter(|one| one.name == METRIC_NAME);
            names.find(|one| one.op == MatchOp::Equal).map(|one| one.value.as_str())
        };
        self.0.name.as_deref().or_else(matched)
    }

    fn matchers(&self) -> impl Iterator<Item = &Matcher> {
        self.0.matchers.matchers.iter()
    }
}

/// The series of selectors by what tells these apart, and the names that they ask for.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) series: HashMap<String, Vec<Series<'a>>>,
    pub(super) names: Vec<String>,
}

impl<'a> Found<'a> {
    /// Finds the series of every selector of an expression.
    pub(super) fn find(&mut self, expr: &Expr, store: &impl Store<'a>) -> Result<(), Wrong> {
        match expr {
            Expr::VectorSelector(selector) => self.find_one(selector, store),
            Expr::MatrixSelector(selector) => self.find_one(&selector.vs, store),
            Expr::Paren(inner) => self.find(&inner.expr, store),
            Expr::Unary(inner) => self.find(&inner.expr, store),
            Expr::Subquery(inner) => self.find(&inner.expr, store),
            Expr::Aggregate(inner) => self.find(&inner.expr, store),
            Expr::Binary(inner) => {
                self.find(&inner.lhs, store)?;
                self.find(&inner.rhs, store)
            }
            Expr::Call(call) => call.args.args.iter().try_for_each(|one| self.find(one, store)),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => Ok(()),
        }
    }

    fn find_one(&mut self, selector: &VectorSelector, store: &impl Store<'a>) -> Result<(), Wrong> {
        if !selector.matchers.or_matchers.is_empty() || selector.at.is_some() {
            return Err(Wrong::Unknown(format!("the selector {selector}")));
        }
        let wanted = Wanted(selector);
        self.names.extend(wanted.exact_name().map(str::to_owned));
        let key = key(selector);
        self.series.entry(key).or_insert_with(|| {
            let mut series = store.series(&wanted);
            series.retain(|one| wanted.is_match(&one.labels));
            series
        });
        Ok(())
    }
}

/// What tells two selectors apart.
fn key(selector: &VectorSelector) -> String {
    format!("{}{{{}}}", selector.name.as_deref().unwrap_or_default(), selector.matchers)
}

impl<'a> Question<'a> {
    pub(super) fn found(&self, selector: &VectorSelector) -> &[Series<'a>] {
        self.series.get(&key(selector)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The latest sample of each series.
    pub(super) fn latest(
        &self,
        selector: &VectorSelector,
        at: Millis,
    ) -> Result<Vec<Sample>, Wrong> {
        let found = self.found(selector);
        self.look(count(found.len()))?;
        let looked = shifted(at, selector.offset.as_ref());
        let sample = |one: &Series<'_>| {
            let (at, value) = one.latest(looked)?;
            Some(Sample { labels: one.labels.clone(), value, at })
        };
        Ok(found.iter().filter_map(sample).collect())
    }

    /// The samples of each series within a range.
    pub(super) fn window(
        &self,
        selector: &MatrixSelector,
        at: Millis,
    ) -> Result<Vec<(Labels, Vec<Point>)>, Wrong> {
        let (from, to) = range(selector, at);
        let found = self.found(&selector.vs);
        let each = count(usize::try_from((to - from) / STEP).unwrap_or(usize::MAX));
        self.look(each.saturating_mul(count(found.len())))?;
        let points = found.iter().map(|one| (one.labels.clone(), one.points(from, to).collect()));
        Ok(points.filter(|(_, points): &(_, Vec<Point>)| !points.is_empty()).collect())
    }
}

/// The instants that a range reaches from and to.
pub(super) fn range(selector: &MatrixSelector, at: Millis) -> (Millis, Millis) {
    let to = shifted(at, selector.vs.offset.as_ref());
    (to - clock::millis(selector.range.as_secs_f64()), to)
}

pub(super) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

const _: () = assert!(LOOKBACK > STEP, "an instant query finds a sample between two");
