//! Functions over ranges: rates, and what is worked out over time.

use std::collections::BTreeMap;

use promql_parser::parser::{Call, Expr, MatrixSelector, SubqueryExpr};

use super::select::{count, range};
use super::{Labels, Millis, Point, Question, Sample, Series, Value, Wrong, shifted, unnamed};
use crate::sim::clock;
use crate::sim::prometheus::sample::STEP;

impl Question<'_> {
    /// A function of a range vector; none when it is not one of them.
    pub(super) fn over_range(&self, call: &Call, at: Millis) -> Option<Result<Vec<Sample>, Wrong>> {
        let work = work(call.func.name)?;
        let samples = match (call.args.args.first().map(AsRef::as_ref), work) {
            (Some(Expr::MatrixSelector(selector)), _) => self.each(selector, at, work),
            (Some(Expr::Subquery(inner)), Work::Every(of)) => self.each_of(inner, at, of),
            _ => Err(Wrong::Unknown(format!("{} of this range", call.func.name))),
        };
        let named = call.func.name == "last_over_time";
        Some(samples.and_then(|samples| if named { Ok(samples) } else { unnamed(samples) }))
    }

    /// The samples of a subquery, worked out at every step that is a multiple of its length.
    fn each_of(&self, inner: &SubqueryExpr, at: Millis, of: Fold) -> Result<Vec<Sample>, Wrong> {
        let step = inner.step.map_or(60_000, |step| clock::millis(step.as_secs_f64())).max(1);
        let to = shifted(at, inner.offset.as_ref());
        let from = to - clock::millis(inner.range.as_secs_f64());
        let mut lines: BTreeMap<Labels, Vec<Point>> = BTreeMap::new();
        let mut moment = from + (step - from.rem_euclid(step));
        while moment <= to {
            let Value::Vector(samples) = self.value(&inner.expr, moment)? else {
                return Err(Wrong::Unknown("a subquery of a scalar".to_owned()));
            };
            for sample in samples {
                lines.entry(sample.labels).or_default().push((moment, sample.value));
            }
            moment += step;
        }
        let sample = |(labels, points): (Labels, Vec<Point>)| {
            Some(Sample { labels, value: of(&mut points.into_iter())?, at })
        };
        Ok(lines.into_iter().filter_map(sample).collect())
    }

    fn each(
        &self,
        selector: &MatrixSelector,
        at: Millis,
        work: Work,
    ) -> Result<Vec<Sample>, Wrong> {
        let (from, to) = range(selector, at);
        let found = self.found(&selector.vs);
        if matches!(work, Work::Every(_)) {
            let each = count(usize::try_from((to - from) / STEP).unwrap_or(usize::MAX));
            self.look(each.saturating_mul(count(found.len())))?;
        }
        let sample = |one: &Series<'_>| {
            let value = match work {
                Work::Ends(of) => of(&Ends::of(one, from, to)?, (from, to)),
                Work::Every(of) => of(&mut one.points(from, to)),
            };
            Some(Sample { labels: one.labels.clone(), value: value?, at })
        };
        Ok(found.iter().filter_map(sample).collect())
    }
}

/// How a function works: from the first and the last sample, or from every one.
#[derive(Clone, Copy)]
enum Work {
    Ends(fn(&Ends, (Millis, Millis)) -> Option<f64>),
    Every(Fold),
}

/// A function of every sample of a range.
type Fold = fn(&mut dyn Iterator<Item = Point>) -> Option<f64>;

fn work(name: &str) -> Option<Work> {
    Some(match name {
        "rate" => Work::Ends(rate),
        "increase" => Work::Ends(increase),
        "delta" => Work::Ends(delta),
        "last_over_time" => Work::Ends(|ends, _| Some(ends.last.1)),
        "sum_over_time" => Work::Every(|points| fold(points, |one, other| one + other)),
        "max_over_time" => Work::Every(|points| fold(points, larger)),
        "min_over_time" => Work::Every(|points| fold(points, smaller)),
        "count_over_time" => Work::Every(|points| {
            let count = points.count();
            (count > 0).then(|| number(count))
        }),
        "avg_over_time" => Work::Every(|points| {
            let (sum, count) =
                points.fold((0.0, 0.0), |(sum, count), (_, value)| (sum + value, count + 1.0));
            (count > 0.0).then_some(sum / count)
        }),
        _ => return None,
    })
}

/// The first and the last sample of a range, and how many there are.
///
/// No counter of the platform starts again, so that what lies between them changes nothing.
struct Ends {
    first: Point,
    last: Point,
    count: usize,
}

impl Ends {
    fn of(series: &Series<'_>, from: Millis, to: Millis) -> Option<Self> {
        let mut instants = series.instants(from, to);
        let first = instants.next()?;
        let later = instants.size_hint().0;
        let last = first + Millis::try_from(later).ok()? * STEP;
        Some(Self {
            first: (first, (series.worth)(first)?),
            last: (last, (series.worth)(last)?),
            count: later + 1,
        })
    }
}

fn increase(ends: &Ends, range: (Millis, Millis)) -> Option<f64> {
    extrapolated(ends, range, ends.first.1)
}

fn rate(ends: &Ends, (from, to): (Millis, Millis)) -> Option<f64> {
    Some(increase(ends, (from, to))? / clock::exact(to - from))
}

fn delta(ends: &Ends, range: (Millis, Millis)) -> Option<f64> {
    extrapolated(ends, range, f64::INFINITY)
}

/// The growth within a range, stretched to its edges as Prometheus does; `level` is how far a counter was above zero.
fn extrapolated(ends: &Ends, (from, to): (Millis, Millis), level: f64) -> Option<f64> {
    let (Ends { first, last, count }, seconds) = (ends, clock::exact);
    if *count < 2 {
        return None;
    }
    let growth = last.1 - first.1;
    let sampled = seconds(last.0 - first.0);
    let mean = sampled / number(count - 1);
    let mut before = seconds(first.0 - from);
    if growth > 0.0 && level >= 0.0 {
        before = before.min(sampled * (level / growth));
    }
    let stretch = |gap: f64| if gap < mean * 1.1 { gap } else { mean / 2.0 };
    let whole = sampled + stretch(before) + stretch(seconds(to - last.0));
    Some(growth * (whole / sampled))
}

fn fold(points: &mut dyn Iterator<Item = Point>, of: fn(f64, f64) -> f64) -> Option<f64> {
    points.map(|(_, value)| value).reduce(of)
}

fn larger(one: f64, other: f64) -> f64 {
    if other > one || one.is_nan() { other } else { one }
}

fn smaller(one: f64, other: f64) -> f64 {
    if other < one || one.is_nan() { other } else { one }
}

pub(super) fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
