//! [`Alert`] and [`Silence`], as Alertmanager has them.

use std::fmt;

use crate::domain::{AlertId, SilenceId, Text, Timestamp};

/// An alert that Alertmanager knows (API v2, `gettableAlert`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its address.
    pub id: AlertId,
    /// Alertmanager's own identity for it: a digest of its labels.
    pub fingerprint: Text,
    /// The label `alertname`.
    pub name: Text,
    /// Its labels, in order of name.
    pub labels: Box<[(Text, Text)]>,
    /// Its annotations, in order of name.
    pub annotations: Box<[(Text, Text)]>,
    /// `active`, `suppressed` or `unprocessed`.
    pub state: Text,
    /// The label `severity`, or sloth's own.
    pub severity: Option<Text>,
    /// Since when.
    pub starts_at: Timestamp,
    /// The silences that quieten it.
    pub silenced_by: Box<[Text]>,
    /// The alerts that inhibit it.
    pub inhibited_by: Box<[Text]>,
}

/// What sloth calls the alert that a budget is spent, unless its plugin is told another name.
const SPENT: &str = "ErrorBudgetExhausted";

/// Whether an alert of this name says that a budget is spent: a change freeze, and no burn.
pub fn calls_spent(name: &str) -> bool {
    name == SPENT
}

impl Alert {
    /// Whether it says that a budget is spent.
    pub fn calls_spent(&self) -> bool {
        calls_spent(&self.name)
    }

    /// Whether a silence or another alert keeps it from being told. It is true all the same.
    pub fn is_suppressed(&self) -> bool {
        !self.silenced_by.is_empty() || !self.inhibited_by.is_empty()
    }

    /// The name of the rule that made it, as sloth (`sloth_id`) and pyrra (`slo`) label it.
    pub fn rule_id(&self) -> Option<&Text> {
        self.label("sloth_id").or_else(|| self.label("slo"))
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&Text> {
        self.labels.iter().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }
}

/// One condition of a silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    /// The label.
    pub name: Text,
    /// Its value, or a regular expression for it.
    pub value: Text,
    /// Whether the value is a regular expression.
    pub is_regex: bool,
    /// Whether the label must match; it must not where this is false.
    pub is_equal: bool,
}

impl Matcher {
    /// A matcher that wants a label to have exactly this value.
    pub fn exact(name: &Text, value: &Text) -> Matcher {
        Matcher { name: name.clone(), value: value.clone(), is_regex: false, is_equal: true }
    }

    /// Several matchers as Alertmanager writes them, in one order whatever theirs: `alertname="Burn",tier=~"s.*"`.
    pub fn written(all: &[Matcher]) -> Text {
        let mut words: Vec<String> = all.iter().map(Matcher::to_string).collect();
        words.sort();
        Text::new(&words.join(","))
    }

    /// Reads several matchers, in braces or not; `None` where one of them is none, or there is none at all.
    pub fn read_all(words: &str) -> Option<Vec<Matcher>> {
        let words = words.trim();
        let inner = words.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
        let mut rest = inner.unwrap_or(words).trim();
        let mut all = Vec::new();
        loop {
            let (matcher, after) = Matcher::read(rest)?;
            all.push(matcher);
            match after.trim_start().strip_prefix(',') {
                Some(next) => rest = next.trim_start(),
                None if after.trim().is_empty() => return Some(all),
                None => return None,
            }
        }
    }

    /// Reads the first matcher, and what stands behind it.
    fn read(words: &str) -> Option<(Matcher, &str)> {
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, rest) = words.split_at_checked(words.find(|c| !is_of_name(c))?)?;
        let begins_well = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
        let signs =
            [("=~", true, true), ("!~", false, true), ("!=", false, false), ("=", true, false)];
        let (is_equal, is_regex, rest) = signs.into_iter().find_map(|(sign, equal, regex)| {
            Some((equal, regex, rest.trim_start().strip_prefix(sign)?))
        })?;
        let (value, rest) = quoted(rest.trim_start())?;
        let (name, value) = (Text::new(name), Text::new(&value));
        begins_well.then_some((Matcher { name, value, is_regex, is_equal }, rest))
    }
}

/// Reads a value in quotes, and what stands behind it.
fn quoted(words: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut signs = words.strip_prefix('"')?.chars();
    loop {
        match signs.next()? {
            '"' => return Some((value, signs.as_str())),
            '\\' => value.push(signs.next()?),
            sign => value.push(sign),
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match (self.is_equal, self.is_regex) {
            (true, false) => "=",
            (true, true) => "=~",
            (false, false) => "!=",
            (false, true) => "!~",
        };
        let value = self.value.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "{}{sign}\"{value}\"", self.name)
    }
}

/// Whether a silence is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SilenceState {
    /// It begins later.
    Pending,
    /// It is in force.
    Active,
    /// It has ended.
    Expired,
}

impl SilenceState {
    /// Alertmanager's word.
    pub fn as_str(self) -> &'static str {
        match self {
            SilenceState::Pending => "pending",
            SilenceState::Active => "active",
            SilenceState::Expired => "expired",
        }
    }

    /// The state with this word.
    pub fn find(word: &str) -> Option<SilenceState> {
        let all = [SilenceState::Pending, SilenceState::Active, SilenceState::Expired];
        all.into_iter().find(|state| state.as_str() == word)
    }
}

/// A silence (API v2, `gettableSilence`): a time-bound exception to being told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Its address.
    pub id: SilenceId,
    /// Alertmanager's own identity for it.
    pub name: Text,
    /// What it quietens: all of these must hold.
    pub matchers: Box<[Matcher]>,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// Who made it, as they said.
    pub created_by: Text,
    /// Why, as they said.
    pub comment: Text,
    /// Whether it is in force.
    pub state: SilenceState,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matcher_is_written_as_alertmanager_writes_it() {
        let matcher = |is_equal, is_regex| Matcher {
            name: Text::new("severity"),
            value: Text::new("page"),
            is_regex,
            is_equal,
        };
        let all = [(true, false), (true, true), (false, false), (false, true)];
        let written = all.map(|(equal, regex)| matcher(equal, regex).to_string());
        let signs = ["=", "=~", "!=", "!~"].map(|sign| format!("severity{sign}\"page\""));
        assert_eq!(written, signs);
    }

    #[test]
    fn matchers_are_read_as_they_are_written_in_one_order() {
        let words = r#"{ tier=~"s.*", alertname="a \"b\" \\ c,d" , env!="x",zone!~"y" }"#;
        let read = Matcher::read_all(words).unwrap();
        let written = Matcher::written(&read);
        assert_eq!(&*written, r#"alertname="a \"b\" \\ c,d",env!="x",tier=~"s.*",zone!~"y""#);
        assert_eq!(&*read[1].value, r#"a "b" \ c,d"#);
        assert_eq!(Matcher::read_all(&written).map(|all| Matcher::written(&all)), Some(written));
    }

    #[test]
    fn what_is_no_matcher_is_not_read() {
        for words in
            ["", "{}", "a", "a=b", r#"a="b"#, r#"1a="b""#, r#"="b""#, r#"a="b" c="d""#, r#"a="b","#]
        {
            assert_eq!(Matcher::read_all(words), None, "{words}");
        }
    }

    #[test]
    fn a_silences_state_has_alertmanagers_word() {
        for state in [SilenceState::Pending, SilenceState::Active, SilenceState::Expired] {
            assert_eq!(SilenceState::find(state.as_str()), Some(state));
        }
        assert_eq!(SilenceState::find("gone"), None);
    }
}
