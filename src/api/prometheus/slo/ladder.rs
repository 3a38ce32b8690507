//! Thresholds as the alerts' own expressions have them: `ratio_rate5m{…} > (14.4 * 0.001)`.

use super::super::window;
use crate::domain::{Pair, PairSeverity};

/// Two windows of an alert, shortest first, and the error ratio that both must exceed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) severity: PairSeverity,
    pub(super) short_seconds: f64,
    pub(super) long_seconds: f64,
    pub(super) ratio: f64,
}

impl Step {
    /// The pair with this budget.
    pub(super) fn pair(&self, budget: f64) -> Option<Pair> {
        (budget > 0.0).then(|| Pair {
            severity: self.severity,
            short_seconds: self.short_seconds,
            long_seconds: self.long_seconds,
            factor: (self.ratio / budget * 1e6).round() / 1e6,
        })
    }
}

/// The steps of an expression: comparisons by twos, of windows that both are recorded; none where it is anything else.
pub(super) fn steps(query: &str, severity: PairSeverity) -> Vec<Step> {
    let parts: Vec<&str> = query.split('>').collect();
    let compared = parts.windows(2).map(|two| match two {
        [left, right] => Some((window_of(left)?, Sum(right).value()?)),
        _ => None,
    });
    let Some(compared) = compared.collect::<Option<Vec<(f64, f64)>>>() else { return Vec::new() };
    let step = |two: &[(f64, f64)]| match two {
        [(one, ratio), (other, same)] if (ratio - same).abs() < 1e-12 => Some(Step {
            severity,
            short_seconds: one.min(*other),
            long_seconds: one.max(*other),
            ratio: *ratio,
        }),
        _ => None,
    };
    compared.chunks(2).map(step).collect::<Option<Vec<Step>>>().unwrap_or_default()
}

/// The window of the series that a text ends with.
fn window_of(text: &str) -> Option<f64> {
    let text = text.trim_end();
    let named = text.strip_suffix('}').and_then(|before| before.rsplit_once('{')).map(|two| two.0);
    let named = named.unwrap_or(text);
    let found = window::after(named, "ratio_rate").or_else(|| window::after(named, ":burnrate"));
    found.map(|(_, seconds)| seconds)
}

/// The objective of pyrra's `14 * (1-0.995)`.
pub(super) fn objective(query: &str) -> Option<f64> {
    let text: String = query.chars().filter(|c| !c.is_whitespace()).collect();
    let (_, after) = text.split_once("(1-")?;
    after.split_once(')')?.0.parse().ok().filter(|ratio| (0.0..1.0).contains(ratio))
}

/// The beginning of a text as a sum: numbers, products, differences and parentheses.
struct Sum<'t>(&'t str);

impl Sum<'_> {
    fn value(mut self) -> Option<f64> {
        self.sum(0).filter(|value| value.is_finite() && *value > 0.0)
    }

    fn sum(&mut self, depth: u8) -> Option<f64> {
        let mut value = self.product(depth)?;
        loop {
            if self.takes('-') {
                value -= self.product(depth)?;
            } else if self.takes('+') {
                value += self.product(depth)?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self, depth: u8) -> Option<f64> {
        let mut value = self.number(depth)?;
        loop {
            if self.takes('*') {
                value *= self.number(depth)?;
            } else if self.takes('/') {
                value /= self.number(depth)?;
            } else {
                return Some(value);
            }
        }
    }

    fn number(&mut self, depth: u8) -> Option<f64> {
        if depth > 8 {
            return None;
        }
        if self.takes('(') {
            let value = self.sum(depth + 1)?;
            return self.takes(')').then_some(value);
        }
        let text = self.0.trim_start();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (digits, after) = text.split_at_checked(end)?;
        self.0 = after;
        digits.parse().ok()
    }

    fn takes(&mut self, sign: char) -> bool {
        let after = self.0.trim_start().strip_prefix(sign);
        self.0 = after.unwrap_or(self.0);
        after.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOTH: &str = r#"(
        max(slo:sli_error:ratio_rate5m{sloth_id="a", sloth_slo="b"} > (14.4 * 0.0010000000000000009)) without (sloth_window)
        and
        max(slo:sli_error:ratio_rate1h{sloth_id="a", sloth_slo="b"} > (14.4 * 0.0010000000000000009)) without (sloth_window)
    ) or (
        max(slo:sli_error:ratio_rate30m{sloth_id="a"} > (6 * 0.0010000000000000009)) without (sloth_window)
        and
        max(slo:sli_error:ratio_rate6h{sloth_id="a"} > (6 * 0.0010000000000000009)) without (sloth_window))"#;

    fn ladder(query: &str, budget: f64) -> Vec<(f64, f64, f64)> {
        let pairs = steps(query, PairSeverity::Page).into_iter().filter_map(|one| one.pair(budget));
        pairs.map(|pair| (pair.short_seconds, pair.long_seconds, pair.factor)).collect()
    }

    #[test]
    fn sloths_expression_has_two_pairs() {
        assert_eq!(ladder(SLOTH, 0.001), [(300.0, 3600.0, 14.4), (1800.0, 21_600.0, 6.0)]);
    }

    #[test]
    fn pyrras_expression_has_one_pair_of_its_own_windows() {
        let query = r#"http_requests:burnrate5m{slo="a"} > (14 * (1-0.99500)) and http_requests:burnrate1h4m{slo="a"} > (14 * (1-0.99500))"#;
        assert_eq!(ladder(query, 0.005), [(300.0, 3840.0, 14.0)]);
        assert_eq!(objective(query), Some(0.995));
    }

    #[test]
    fn another_expression_has_none() {
        for query in ["absent(http_requests_total) == 1", "up > 0", "slo:x:ratio_rate5m > 0.1", ""]
        {
            assert_eq!(steps(query, PairSeverity::Page), [], "{query}");
        }
        assert_eq!(steps(&SLOTH.replacen("14.4", "13", 1), PairSeverity::Page), []);
    }

    #[test]
    fn a_sum_is_worked_out_as_it_is_written() {
        for (text, value) in
            [("(2 * 3) rest", 6.0), ("1 - 0.25", 0.75), ("(14 * (1-0.5)))", 7.0), ("8/4/2", 1.0)]
        {
            assert_eq!(Sum(text).value(), Some(value), "{text}");
        }
        assert_eq!(Sum("x").value(), None);
        assert_eq!(Sum(&"(".repeat(99)).value(), None);
    }
}
