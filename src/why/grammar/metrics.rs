//! [`Metrics`]: what runner managers say of themselves, in the text form of Prometheus.
//!
//! Names are those of GitLab Runner: `gitlab_runner_jobs`, `gitlab_runner_limit`, `gitlab_runner_concurrent`, … Counters
//! are only of use with an earlier reading beside them.

use crate::domain::Text;
pub use crate::domain::beside::{JOBS_OF_MANAGER, JOBS_OF_RUNNER, Metric};

/// What managers say now, and what they said some minutes ago.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics {
    now: Vec<Metric>,
    before: Option<Vec<Metric>>,
}

impl Metrics {
    /// Metrics that were read as such, and earlier ones of the same, where there are some.
    pub fn of(now: Vec<Metric>, before: Option<Vec<Metric>>) -> Metrics {
        Metrics { now, before }
    }

    /// Reads metrics in Prometheus' text form, and an earlier reading of the same, where there is one.
    pub fn read(now: &str, before: Option<&str>) -> Metrics {
        Metrics { now: lines(now), before: before.map(lines) }
    }

    /// The sum of a gauge over the lines that count; `None` where there is none.
    pub fn sum(&self, name: &str, counts: impl Fn(&Metric) -> bool) -> Option<f64> {
        sum(&self.now, name, &counts)
    }

    /// How many jobs one manager has: the most of five minutes where that was read.
    pub fn jobs_of_manager(&self, instance: &str) -> Option<f64> {
        self.most(JOBS_OF_MANAGER, |metric| metric.label("instance") == instance)
    }

    /// How many jobs a runner has, over all its managers: the most of five minutes where that was read.
    pub fn jobs_of_runner(&self, name: &str) -> Option<f64> {
        self.most(JOBS_OF_RUNNER, |metric| metric.label("runner_name") == name)
    }

    /// The most jobs within the last minutes, where that was read: a slot that is taken again at once was never free.
    /// Else those of now.
    fn most(&self, peak: &str, counts: impl Fn(&Metric) -> bool) -> Option<f64> {
        let now = self.sum("gitlab_runner_jobs", &counts);
        self.sum(peak, &counts).or(now)
    }

    /// The values of a label over the lines that count, each once.
    pub fn values_of(&self, label: &str, counts: impl Fn(&Metric) -> bool) -> Vec<Text> {
        let found = self.now.iter().filter(|metric| counts(metric));
        let mut values: Vec<Text> = found.map(|metric| Text::new(metric.label(label))).collect();
        values.sort();
        values.dedup();
        values
    }

    /// By how much a counter has risen since the earlier reading; `None` where either is missing, or it began anew.
    pub fn rise(&self, name: &str, counts: impl Fn(&Metric) -> bool) -> Option<f64> {
        let now = sum(&self.now, name, &counts)?;
        let before = sum(self.before.as_deref()?, name, &counts).unwrap_or(0.0);
        (now >= before).then_some(now - before)
    }
}

fn sum(all: &[Metric], name: &str, counts: &impl Fn(&Metric) -> bool) -> Option<f64> {
    let found = all.iter().filter(|metric| &*metric.name == name && counts(metric));
    found.map(|metric| metric.value).reduce(|sum, one| sum + one)
}

fn lines(raw: &str) -> Vec<Metric> {
    raw.lines().filter_map(line).collect()
}

/// `name{label="value",…} value`, with a timestamp behind it that does not matter.
fn line(raw: &str) -> Option<Metric> {
    let raw = raw.trim();
    if raw.is_empty() || raw.starts_with('#') {
        return None;
    }
    let (name, labels, rest) = if let Some((name, rest)) = raw.split_once('{') {
        let (labels, rest) = pairs(rest)?;
        (name, labels, rest)
    } else {
        let (name, rest) = raw.split_once(char::is_whitespace)?;
        (name, Vec::new(), rest)
    };
    let value: f64 = rest.split_whitespace().next()?.parse().ok()?;
    (!value.is_nan()).then(|| Metric { name: Text::new(name.trim()), labels, value })
}

/// The labels up to the closing brace, and what follows it. A value may hold anything in quotes.
fn pairs(mut rest: &str) -> Option<(Vec<(Text, Text)>, &str)> {
    let mut out = Vec::new();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some((out, after));
        }
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = quoted(after)?;
        out.push((Text::new(name.trim()), Text::new(&value)));
        rest = after;
    }
}

/// A value up to its closing quote.
fn quoted(raw: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = raw.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return raw.get(at + 1..).map(|rest| (value, rest)),
            '\\' => match letters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: &str = "# HELP gitlab_runner_jobs The current number of running builds\n\
        gitlab_runner_jobs{executor_stage=\"prepare_executor\",runner_name=\"eks, \\\"a\\\"\",state=\"running\"} 3\n\
        gitlab_runner_jobs{executor_stage=\"\",runner_name=\"b\"} 4 1700000000\n\
        gitlab_runner_concurrent 10\nbroken{a=\"\nnan NaN\n";

    #[test]
    fn gauges_are_summed_over_what_counts() {
        let metrics = Metrics::read(NOW, None);
        assert_eq!(metrics.sum("gitlab_runner_jobs", |_| true), Some(7.0));
        let of_a = |metric: &Metric| metric.label("runner_name") == "eks, \"a\"";
        assert_eq!(metrics.sum("gitlab_runner_jobs", of_a), Some(3.0));
        assert_eq!(metrics.sum("gitlab_runner_concurrent", |_| true), Some(10.0));
        assert_eq!(metrics.sum("nan", |_| true), None);
        assert_eq!(metrics.rise("gitlab_runner_jobs", |_| true), None, "nothing to compare with");
    }

    #[test]
    fn a_counter_that_began_anew_has_not_risen() {
        let rise = |now, before| Metrics::read(now, Some(before)).rise("c", |_| true);
        assert_eq!(rise("c 5", "c 2"), Some(3.0));
        assert_eq!(rise("c 1", "c 2"), None);
        assert_eq!(rise("c 1", ""), Some(1.0));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(raw in "([a-z_]{0,6}(\\{[a-z=\",\\\\ ]{0,12}\\}?)? ?[0-9.eNa+-]{0,6}\n?){0,6}\\PC{0,8}") {
            let metrics = Metrics::read(&raw, Some(&raw));
            prop_assert!(metrics.now.iter().all(|metric| !metric.value.is_nan()));
        }
    }
}
