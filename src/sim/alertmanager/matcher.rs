//! Matchers of labels: in filters as text, in silences as objects.

use promql_parser::label::{MatchOp, Matcher as Pattern};
use promql_parser::parser::token::T_EQL_REGEX;
use serde_json::{Value as Json, json};

use crate::sim::prometheus::Labels;

/// A condition on one label.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    name: String,
    value: String,
    is_regex: bool,
    is_equal: bool,
    pattern: Option<Pattern>,
}

impl Matcher {
    fn new(name: &str, value: &str, how: How) -> Result<Self, String> {
        let known = |first: char| first.is_ascii_alphabetic() || first == '_';
        if !name.chars().next().is_some_and(known) {
            return Err(format!("invalid label name {name:?}"));
        }
        let (is_regex, is_equal) = how.of();
        let pattern = if is_regex {
            let read = Pattern::new_matcher(T_EQL_REGEX, name.to_owned(), value.to_owned());
            Some(read.map_err(|_| format!("invalid regular expression {value:?}"))?)
        } else {
            None
        };
        Ok(Self { name: name.to_owned(), value: value.to_owned(), is_regex, is_equal, pattern })
    }

    /// Reads `name="value"` with one of the four operators; the quotes may be left out.
    fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("bad matcher format: {text}");
        let text = text.trim().trim_start_matches('{').trim_end_matches('}');
        let place = text.find(['=', '!']).ok_or_else(bad)?;
        let (name, rest) = text.split_at_checked(place).ok_or_else(bad)?;
        let operators =
            [("=~", How::Fits), ("!~", How::FitsNot), ("!=", How::IsNot), ("=", How::Is)];
        let read = |(sign, how)| rest.strip_prefix(sign).map(|value| (value, how));
        let (value, how) = operators.into_iter().find_map(read).ok_or_else(bad)?;
        let value = value.trim();
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        Self::new(
            name.trim(),
            &quoted.unwrap_or(value).replace("\\\"", "\"").replace("\\\\", "\\"),
            how,
        )
    }

    /// Reads a matcher of a silence.
    pub(crate) fn read(object: &Json) -> Result<Self, String> {
        let text = |field: &str| object.get(field).and_then(Json::as_str);
        let flag = |field: &str| object.get(field).and_then(Json::as_bool);
        let (Some(name), Some(value), Some(is_regex)) =
            (text("name"), text("value"), flag("isRegex"))
        else {
            return Err("matchers need name, value and isRegex".to_owned());
        };
        let how = match (is_regex, flag("isEqual").unwrap_or(true)) {
            (false, true) => How::Is,
            (false, false) => How::IsNot,
            (true, true) => How::Fits,
            (true, false) => How::FitsNot,
        };
        Self::new(name, value, how)
    }

    /// Whether labels meet it; a label that is not there is empty.
    pub(crate) fn is_match(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.name).map_or("", String::as_str);
        let meets = match self.pattern.as_ref().map(|pattern| &pattern.op) {
            Some(MatchOp::Re(pattern)) => pattern.is_match(value),
            _ => value == self.value,
        };
        meets == self.is_equal
    }

    /// Whether it would also be met by no label at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_match(&Labels::new())
    }

    /// As a silence holds it.
    pub(crate) fn json(&self) -> Json {
        json!({
            "name": self.name,
            "value": self.value,
            "isRegex": self.is_regex,
            "isEqual": self.is_equal,
        })
    }

    /// The label and its value, as filters of silences look at them.
    pub(crate) fn pair(&self) -> (String, String) {
        (self.name.clone(), self.value.clone())
    }
}

/// The four operators.
#[derive(Clone, Copy)]
enum How {
    Is,
    IsNot,
    Fits,
    FitsNot,
}

impl How {
    /// Whether it is a pattern, and whether it must hold.
    fn of(self) -> (bool, bool) {
        (matches!(self, Self::Fits | Self::FitsNot), matches!(self, Self::Is | Self::Fits))
    }
}

/// Reads the filters of a question.
pub(crate) fn all(filters: &[&str]) -> Result<Vec<Matcher>, String> {
    filters.iter().map(|text| Matcher::parse(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(filter: &str) -> bool {
        let labels = Labels::from([("severity".to_owned(), "page".to_owned())]);
        Matcher::parse(filter).unwrap().is_match(&labels)
    }

    #[test]
    fn the_four_operators_are_read() {
        let met = ["severity=page", "severity!=\"page\"", "severity=~\"p.*\"", "severity!~p"];
        assert_eq!(met.map(is_match), [true, false, true, true]);
    }

    #[test]
    fn a_label_that_is_not_there_is_empty() {
        assert!(is_match("team=\"\""));
    }

    #[test]
    fn what_is_no_matcher_is_refused() {
        assert!(Matcher::parse("severity").is_err());
        assert!(Matcher::parse("severity=~\"(\"").is_err());
    }
}
