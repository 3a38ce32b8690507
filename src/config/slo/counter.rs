//! A counter's name as it stands in an `OpenSLO` file, made a count over a window.

use crate::domain::{Expression, NoExpression};

/// How a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    /// Its value only grows.
    Counter,
    /// Each sample is the number of events since the one before.
    Deltas,
}

/// The expression that counts a query's events over a window: the query itself where it has a place for the window, else
/// a count of the bare metric, or of its sum, that it names.
pub(super) fn counted(query: &str, counting: Counting) -> Result<Expression, NoExpression> {
    if query.contains("{{") {
        return Expression::new(query);
    }
    let function = match counting {
        Counting::Counter => "increase",
        Counting::Deltas => "sum_over_time",
    };
    let query = query.trim();
    let made = bare(query)
        .map(|selector| format!("sum({function}({selector}[{{{{.window}}}}]))"))
        .or_else(|| sum(query, function));
    match made {
        Some(made) => Expression::new(&made),
        None if query.is_empty() => Err(NoExpression::Empty),
        None => Err(NoExpression::NoWindow),
    }
}

/// A selector and nothing else.
fn bare(query: &str) -> Option<&str> {
    let (selector, rest) = selector(query)?;
    rest.trim().is_empty().then_some(selector)
}

/// `sum(SELECTOR)`, with a grouping before or behind: never a rate of a sum, always a sum of rates.
fn sum(query: &str, function: &str) -> Option<String> {
    let (before, rest) = grouping(query.strip_prefix("sum")?)?;
    let (selector, rest) = selector(rest.trim_start().strip_prefix('(')?.trim_start())?;
    let (after, rest) = grouping(rest.trim_start().strip_prefix(')')?)?;
    let is_whole = rest.trim().is_empty() && (before.is_empty() || after.is_empty());
    is_whole.then(|| format!("sum{before} ({function}({selector}[{{{{.window}}}}])){after}"))
}

/// `by (…)` or `without (…)`, where there is one, and what follows.
fn grouping(text: &str) -> Option<(String, &str)> {
    let trimmed = text.trim_start();
    let word = ["by", "without"].into_iter().find(|word| {
        let rest = trimmed.strip_prefix(word).unwrap_or_default();
        rest.trim_start().starts_with('(')
    });
    let Some(word) = word else { return Some((String::new(), text)) };
    let inner = trimmed.strip_prefix(word)?.trim_start().strip_prefix('(')?;
    let (labels, rest) = inner.split_once(')')?;
    let is_label = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ',' | ' ');
    labels.chars().all(is_label).then(|| (format!(" {word} ({labels})"), rest))
}

/// The selector that a text begins with, and what follows.
fn selector(text: &str) -> Option<(&str, &str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let Some(inner) = rest.trim_start().strip_prefix('{') else {
        return (!name.is_empty()).then_some((name, rest));
    };
    let closing = closing(inner)?;
    let length = text.len() - inner.len() + closing + 1;
    text.split_at_checked(length)
}

/// Where the brace that ends the labels stands: one within quotes does not.
fn closing(labels: &str) -> Option<usize> {
    let (mut quote, mut is_escaped) = (None, false);
    for (at, character) in labels.char_indices() {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(open) if character == '\\' && open != '`' => is_escaped = true,
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '\'' | '`') => quote = Some(character),
            None if character == '}' => return Some(at),
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(query: &str, counting: Counting) -> Result<String, NoExpression> {
        counted(query, counting).map(|made| made.over("5m", 300.0))
    }

    fn counter(query: &str) -> String {
        over(query, Counting::Counter).unwrap()
    }

    #[test]
    fn a_bare_counter_is_counted_over_the_window() {
        assert_eq!(counter("a_total"), "sum(increase(a_total[5m]))");
        assert_eq!(
            counter(r#"a_total{code=~"2..|}",x='}'}"#),
            r#"sum(increase(a_total{code=~"2..|}",x='}'}[5m]))"#
        );
    }

    #[test]
    fn a_sum_becomes_a_sum_of_counts_and_keeps_its_groups() {
        assert_eq!(counter("sum(a_total)"), "sum (increase(a_total[5m]))");
        assert_eq!(counter("sum by (x) (a)"), "sum by (x) (increase(a[5m]))");
        assert_eq!(counter("sum(a) without (x)"), "sum (increase(a[5m])) without (x)");
    }

    #[test]
    fn deltas_are_summed() {
        assert_eq!(over("a", Counting::Deltas).unwrap(), "sum(sum_over_time(a[5m]))");
    }

    #[test]
    fn a_query_with_a_window_stays_as_it_is() {
        assert_eq!(counter("sum(rate(a[{{ .window }}]))"), "sum(rate(a[5m]))");
    }

    #[test]
    fn another_query_without_a_window_is_none() {
        for query in ["rate(a[5m])", "a + b", "a{b=\"", "max(a)", "sum(a) > 1", "5"] {
            assert_eq!(over(query, Counting::Counter), Err(NoExpression::NoWindow), "{query}");
        }
    }
}
