//! [`Past`]: how an objective's numbers went, read on demand: what was left of its budget, and its error ratio by window.

use super::burn::{PairSeverity, Threshold};
use super::objective::{Query, Reading, Slo};
use crate::domain::{Text, Timestamp};

/// How far back the error ratio over a window is looked at: this many times its length.
const LENGTHS: f64 = 24.0;

/// At most so many windows are looked at.
const MOST_WINDOWS: usize = 4;

/// The name of the query for what is left of the budget.
const LEFT: &str = "budget left";

/// How an objective's numbers went.
#[derive(Debug, Clone, PartialEq)]
pub enum Past {
    /// It was asked for and has not come yet.
    Asked,
    /// It could not be read: why, and what to do next.
    Failed {
        /// Why.
        why: Text,
        /// What to do next.
        hint: Text,
        /// When.
        at: Timestamp,
    },
    /// It was read.
    Read(Courses),
}

impl Past {
    /// When it was read, or failed; `None` while it is waited for.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Past::Asked => None,
            Past::Failed { at, .. } => Some(*at),
            Past::Read(courses) => Some(courses.at),
        }
    }
}

/// What was read of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct Courses {
    /// When it was read.
    pub at: Timestamp,
    /// What was left of the budget at each instant, as a ratio; negative where it was overspent.
    pub left: Course,
    /// The error ratio over each window that an alert looks at, 0 to 1.
    pub ratios: Box<[Course]>,
    /// What the answers warned of: parts of them may be missing.
    pub warning: Option<Text>,
}

/// A number over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// The window that each point looks back over, as the rules name it.
    pub window: Text,
    /// Its length, seconds.
    pub window_seconds: f64,
    /// How far back the points go, seconds.
    pub span_seconds: f64,
    /// The points, oldest first, from the beginning of the span to its end; `None` where no number was recorded.
    pub points: Box<[(Timestamp, Option<f64>)]>,
}

/// A question to Prometheus about the past.
#[derive(Debug, Clone, PartialEq)]
pub struct PastQuestion {
    /// The window that each point looks back over.
    pub window: Text,
    /// Its length, seconds.
    pub window_seconds: f64,
    /// The expression.
    pub query: Text,
    /// How far back to look, seconds.
    pub span_seconds: f64,
    /// What an answer is to be multiplied by.
    pub scale: f64,
}

impl Slo {
    /// The query behind a number.
    pub fn query(&self, name: &str) -> Option<&Query> {
        self.queries.iter().find(|query| &*query.name == name)
    }

    /// The question about what was left of the budget, over the whole period.
    pub fn past_of_budget(&self) -> Option<PastQuestion> {
        Some(PastQuestion {
            window: self.period_ratio.name.clone(),
            window_seconds: self.period.seconds(),
            query: self.query(LEFT)?.text.clone(),
            span_seconds: self.period.seconds(),
            scale: 1.0,
        })
    }

    /// The questions about the error ratio over each window that an alert rests on, the long one of each pair, shortest
    /// first. A long window moves slowly, so that it is looked at for longer.
    pub fn past_of_ratios(&self) -> Vec<PastQuestion> {
        let is_long = |reading: &&Reading| {
            self.pairs.iter().any(|pair| (pair.long_seconds - reading.window_seconds).abs() < 0.5)
        };
        let question = |reading: &Reading| {
            let query = self.query(&format!("burn {}", reading.name))?;
            Some(PastQuestion {
                window: reading.name.clone(),
                window_seconds: reading.window_seconds,
                query: query.text.clone(),
                span_seconds: (reading.window_seconds * LENGTHS).min(self.period.seconds()),
                scale: self.budget(),
            })
        };
        let long = self.readings.iter().filter(is_long);
        long.filter_map(question).take(MOST_WINDOWS).collect()
    }

    /// The error ratio above which the pairs with this long window burn, and how loud each is.
    pub fn levels(&self, window_seconds: f64) -> Vec<(f64, PairSeverity)> {
        let pairs = self.pairs.iter();
        let of = pairs.filter(|pair| (pair.long_seconds - window_seconds).abs() < 0.5);
        of.map(|pair| (pair.factor * self.budget(), pair.severity)).collect()
    }

    /// The thresholds that no error ratio can exceed, with the window whose it is.
    pub fn unreachable(&self) -> Vec<(&Reading, Threshold)> {
        let threshold = |reading: &'_ Reading| self.threshold(reading.window_seconds);
        let all = self.readings.iter().filter_map(|one| Some((one, threshold(one)?)));
        all.filter(|(_, threshold)| !threshold.is_reachable).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::fixture::slo;
    use super::*;

    const WINDOWS: &[(&str, f64, f64)] =
        &[("5m", 300.0, 0.02), ("1h", 3600.0, 0.02), ("3d", 259_200.0, 0.001)];

    fn asked(objective: f64) -> Slo {
        let query = |name: &str, text: &str| Query { name: Text::new(name), text: Text::new(text) };
        let queries = Box::from([
            query("budget left", "1 - period"),
            query("burn 5m", "five"),
            query("burn 1h", "hour"),
            query("burn 3d", "days"),
        ]);
        Slo { queries, ..slo(objective, 0.0005, WINDOWS) }
    }

    #[test]
    fn the_budget_is_looked_at_over_its_whole_period() {
        let question = asked(0.999).past_of_budget().unwrap();
        assert_eq!((&*question.query, question.span_seconds), ("1 - period", 2_592_000.0));
    }

    #[test]
    fn the_long_window_of_each_pair_is_looked_at_by_its_own_length_and_not_beyond_the_period() {
        let asked = asked(0.999).past_of_ratios();
        let told: Vec<(&str, f64)> =
            asked.iter().map(|one| (&*one.query, one.span_seconds)).collect();
        assert_eq!(told, [("hour", 86_400.0), ("days", 2_592_000.0)]);
    }

    #[test]
    fn what_has_no_query_is_not_asked() {
        let bare = slo(0.999, 0.0005, WINDOWS);
        assert_eq!((bare.past_of_budget(), bare.past_of_ratios()), (None, Vec::new()));
    }

    #[test]
    fn a_level_is_an_error_ratio() {
        let [(level, severity)] = asked(0.999).levels(3600.0)[..] else { panic!("one pair") };
        assert!((level - 0.0144).abs() < 1e-9, "{level}");
        assert_eq!(severity, PairSeverity::Page);
    }

    #[test]
    fn what_cannot_fire_is_named_by_its_windows() {
        let names = |objective| {
            let slo = asked(objective);
            let all = slo.unreachable();
            all.iter().map(|(reading, _)| reading.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(0.9), ["5m", "1h"]);
        assert_eq!(names(0.999), Vec::<String>::new());
    }
}
