//! [`PastReader`]: reads on demand how an objective's numbers went.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::SignedDuration;

use crate::api::Error;
use crate::api::prometheus::{Line, Prometheus};
use crate::domain::{Course, Courses, FailureKind, Past, PastQuestion, Slo, Text, Timestamp};

/// Into how many steps a span is divided: as many dots as a wide screen has.
const STEPS: i32 = 240;

/// Reads on demand how an objective's numbers went.
#[derive(Debug, Clone)]
pub struct PastReader(Arc<Prometheus>);

/// A course, and what its answer warned of.
type Answer = (Course, Option<Text>);

impl PastReader {
    /// A reader over a connection.
    pub(super) fn new(prometheus: Arc<Prometheus>) -> PastReader {
        PastReader(prometheus)
    }

    /// Reads how an objective's numbers went, or why that cannot be told.
    pub async fn read(&self, slo: &Slo) -> Past {
        let now = self.0.now();
        self.courses(slo, now).await.map_or_else(
            |error| {
                let failure = error.failure(now);
                Past::Failed { why: failure.message, hint: failure.hint, at: now }
            },
            Past::Read,
        )
    }

    async fn courses(&self, slo: &Slo, now: Timestamp) -> Result<Courses, Error> {
        let budget = slo.past_of_budget().ok_or_else(no_query)?;
        let (windows, mut warning) = (slo.past_of_ratios(), None);
        let (left, ratios) = tokio::join!(
            self.ask(&budget, now),
            join_all(windows.iter().map(|question| self.ask(question, now)))
        );
        let mut taken = |(course, warned): Answer| {
            warning = warning.take().or(warned);
            course
        };
        let left = left.map(&mut taken)?;
        let ratios: Result<Vec<Course>, Error> =
            ratios.into_iter().map(|one| one.map(&mut taken)).collect();
        Ok(Courses { at: now, left, ratios: ratios?.into(), warning })
    }

    async fn ask(&self, question: &PastQuestion, now: Timestamp) -> Result<Answer, Error> {
        let span = SignedDuration::from_secs_f64(question.span_seconds);
        let start = now.checked_sub(span).unwrap_or(Timestamp::UNIX_EPOCH);
        let step = span / STEPS;
        let answer = self.0.range(&question.query, start, now, step).await?;
        let warning = answer.warnings.into_iter().next();
        let line = only(answer.value)?;
        let points = filled(line, (start, now), (step, question.scale));
        let course = Course {
            window: question.window.clone(),
            window_seconds: question.window_seconds,
            span_seconds: question.span_seconds,
            points,
        };
        Ok((course, warning))
    }
}

fn no_query() -> Error {
    let why = "no query is known for what was left of its budget";
    Error::new(FailureKind::Shape, why).hinting("the queries that are known stand below")
}

/// The one series that answers. Of several nobody can say which is meant.
fn only(lines: Vec<Line>) -> Result<Option<Line>, Error> {
    let several = lines.len();
    let mut lines = lines.into_iter();
    match (lines.next(), several) {
        (line, 0 | 1) => Ok(line),
        (_, several) => {
            let why = format!("{several} series answer where one was expected");
            let hint = "give the objective labels that tell its series apart";
            Err(Error::new(FailureKind::Shape, why).doing("reading its past").hinting(hint))
        }
    }
}

/// The points of a span from its beginning to its end; a step for which nothing was recorded is a gap, not a bridge.
fn filled(
    line: Option<Line>,
    (start, end): (Timestamp, Timestamp),
    (step, scale): (SignedDuration, f64),
) -> Box<[(Timestamp, Option<f64>)]> {
    let known = line.map(|line| line.points).unwrap_or_default();
    let longest = step.as_secs_f64() * 1.5;
    let is_gap = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64() > longest;
    let mut out = Vec::with_capacity(known.len() + 2);
    let mut before = start;
    for (at, value) in known {
        if is_gap(before, at) {
            out.push((before.checked_add(step).unwrap_or(at), None));
        }
        out.push((at, value.is_finite().then_some(value * scale)));
        before = at;
    }
    if out.first().is_none_or(|(at, _)| *at > start) {
        out.insert(0, (start, None));
    }
    if is_gap(before, end) {
        out.push((end, None));
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// What is made of points at these seconds within 0 to 60, every 10.
    fn told(points: &[(i64, f64)]) -> Vec<(i64, Option<f64>)> {
        let points = points.iter().map(|(second, value)| (at(*second), *value)).collect();
        let line = Some(Line { labels: Box::default(), points });
        let filled = filled(line, (at(0), at(60)), (SignedDuration::from_secs(10), 2.0));
        filled.iter().map(|(at, value)| (at.as_second(), *value)).collect()
    }

    #[test]
    fn a_whole_span_has_its_points_alone() {
        let points: Vec<(i64, f64)> = (0..=6).map(|step| (step * 10, 1.0)).collect();
        let expected: Vec<(i64, Option<f64>)> =
            (0..=6).map(|step| (step * 10, Some(2.0))).collect();
        assert_eq!(told(&points), expected);
    }

    #[test]
    fn what_was_not_recorded_is_a_gap() {
        let expected =
            [(0, Some(2.0)), (10, Some(2.0)), (20, None), (50, Some(2.0)), (60, Some(2.0))];
        assert_eq!(told(&[(0, 1.0), (10, 1.0), (50, 1.0), (60, 1.0)]), expected);
    }

    #[test]
    fn a_young_series_leaves_the_beginning_of_the_span_open() {
        let expected = [(0, None), (10, None), (50, Some(2.0)), (60, Some(2.0))];
        assert_eq!(told(&[(50, 1.0), (60, 1.0)]), expected);
    }

    #[test]
    fn a_series_that_ended_leaves_its_end_open() {
        assert_eq!(told(&[(0, 1.0), (10, 1.0)]), [(0, Some(2.0)), (10, Some(2.0)), (60, None)]);
    }

    #[test]
    fn what_is_no_number_is_no_point() {
        let expected = [(0, Some(2.0)), (10, None), (20, Some(2.0)), (60, None)];
        assert_eq!(told(&[(0, 1.0), (10, f64::NAN), (20, 1.0)]), expected);
    }

    #[test]
    fn no_series_is_a_span_of_nothing() {
        assert_eq!(told(&[]), [(0, None), (60, None)]);
    }

    #[test]
    fn of_several_series_none_is_taken() {
        let line = || Line { labels: Box::default(), points: Vec::new() };
        assert!(only(vec![line(), line()]).is_err());
        assert_eq!(only(vec![line()]).ok(), Some(Some(line())));
    }
}
