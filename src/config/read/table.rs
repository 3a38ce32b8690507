//! A typed reader over a parsed file that collects every fault instead of stopping at the first.

use std::cell::RefCell;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::value::Wrong;
use crate::config::diagnostic::did_you_mean;
use crate::config::env;
use crate::config::settings::SecretSource;

/// A table of the file, or the place where one would be.
pub(in crate::config) struct Table<'d> {
    pub(in crate::config) document: &'d Document<'d>,
    /// Its dotted path; empty for the file itself, `tier[]` within a list.
    path: String,
    pub(in crate::config) span: Range<usize>,
    entries: Option<&'d DeTable<'d>>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'d> Table<'d> {
    /// The file itself.
    pub(in crate::config) fn root(
        document: &'d Document<'d>,
        entries: &'d DeTable<'d>,
    ) -> Table<'d> {
        Table::new(document, String::new(), 0..0, Some(entries))
    }

    fn new(
        document: &'d Document<'d>,
        path: String,
        span: Range<usize>,
        entries: Option<&'d DeTable<'d>>,
    ) -> Table<'d> {
        Table { document, path, span, entries, asked: RefCell::default() }
    }

    /// The value of a key, from a variable or from the file.
    pub(in crate::config) fn value(&self, key: &'static str) -> Option<Value<'d>> {
        self.asked.borrow_mut().push(key);
        let path = self.join(key);
        let source = match env::of(self.document.environment, &path) {
            Some((name, value)) => Source::Variable(name, value),
            None => Source::File(self.entry(key)?),
        };
        Some(Value { document: self.document, path, source })
    }

    /// The value of a key in the file, whatever a variable says.
    pub(in crate::config) fn written(&self, key: &'static str) -> Option<Value<'d>> {
        Some(self.child(key, self.entry(key)?))
    }

    /// The value of a key that must be there.
    pub(in crate::config) fn need(&self, key: &'static str) -> Option<Value<'d>> {
        let found = self.value(key);
        if found.is_none() {
            let line = format!("`{key} = …`");
            self.lacks(&format!("`{}` is missing", self.join(key)), key, &line);
        }
        found
    }

    /// Notes that it lacks a key: at its own place, where the file has it, else where it can be filled.
    /// `line` is what would cure it.
    pub(in crate::config) fn lacks(&self, message: &str, key: &str, line: &str) {
        if self.entries.is_some() {
            let hint = format!("add {line}");
            return self.document.fault(self.span.clone(), message, Some(hint));
        }
        let path = self.join(key);
        let variable = env::VARIABLES.iter().find(|variable| variable.key == path);
        let variable = variable.map_or_else(String::new, |one| format!(", or set {}", one.name));
        let hint = format!("add {line} under `[{}]` in the config file{variable}", self.path);
        self.document.absence(message, hint);
    }

    /// The table at a key; where the file has none, one that only variables can fill.
    pub(in crate::config) fn table(&self, key: &'static str) -> Table<'d> {
        self.asked.borrow_mut().push(key);
        self.entry(key)
            .and_then(|entry| self.child(key, entry).table())
            .unwrap_or_else(|| Table::new(self.document, self.join(key), self.span.clone(), None))
    }

    /// What variables alone say at a key.
    pub(in crate::config) fn variables(&self, key: &'static str) -> Table<'d> {
        Table::new(self.document, self.join(key), self.span.clone(), None)
    }

    /// Every table of a list of tables.
    pub(in crate::config) fn tables(&self, key: &'static str) -> Vec<Table<'d>> {
        self.asked.borrow_mut().push(key);
        let Some(entry) = self.entry(key) else { return Vec::new() };
        let value = self.child(&format!("{key}[]"), entry);
        let Some(items) = entry.get_ref().as_array() else {
            let hint = format!("write `[[{}]]` above each", self.join(key));
            value.wrong(Wrong::new("is not a list of tables", hint));
            return Vec::new();
        };
        items.iter().filter_map(|item| self.child(&format!("{key}[]"), item).table()).collect()
    }

    /// Every entry of a table whose keys are the user's own.
    pub(in crate::config) fn entries(&self) -> Vec<(&'d str, Value<'d>)> {
        let Some(entries) = self.entries else { return Vec::new() };
        entries
            .iter()
            .map(|(key, value)| (&**key.get_ref(), self.child(key.get_ref(), value)))
            .collect()
    }

    /// Whether the file or a variable says anything in it.
    pub(in crate::config) fn is_present(&self) -> bool {
        let inside = format!("{}.", self.path);
        self.entries.is_some()
            || env::VARIABLES.iter().any(|variable| {
                variable.key.starts_with(&inside)
                    && env::of(self.document.environment, variable.key).is_some()
            })
    }

    /// Notes every key that nobody asked for. Called once everything was read.
    pub(in crate::config) fn finish(&self) {
        let known = self.asked.borrow();
        let unknown = self.entries.into_iter().flat_map(|entries| entries.keys());
        for key in unknown.filter(|key| !known.iter().any(|known| **known == **key.get_ref())) {
            let place = if self.path.is_empty() {
                "the file".to_owned()
            } else {
                format!("`{}`", self.path)
            };
            let message = format!("unknown key `{}` in {place}", key.get_ref());
            self.document.fault(key.span(), &message, did_you_mean(key.get_ref(), &known));
        }
    }

    fn entry(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.entries?.iter().find(|(name, _)| &**name.get_ref() == key).map(|(_, value)| value)
    }

    fn child(&self, key: &str, entry: &'d Spanned<DeValue<'d>>) -> Value<'d> {
        Value { document: self.document, path: self.join(key), source: Source::File(entry) }
    }

    fn join(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// Where a value was found.
#[derive(Clone)]
enum Source<'d> {
    File(&'d Spanned<DeValue<'d>>),
    Variable(&'static str, &'d str),
}

/// A value that still has to be read as something. What cannot be read is noted and yields nothing.
#[derive(Clone)]
pub(in crate::config) struct Value<'d> {
    pub(in crate::config) document: &'d Document<'d>,
    path: String,
    source: Source<'d>,
}

impl<'d> Value<'d> {
    /// Notes what is wrong with it.
    pub(in crate::config) fn wrong(&self, wrong: Wrong) {
        match self.source {
            Source::File(value) => {
                let message = format!("`{}` {}", self.path, wrong.message);
                self.document.fault(value.span(), &message, Some(wrong.hint));
            }
            Source::Variable(name, value) => {
                let shown = super::mask::variable(value);
                let message = format!("`{name}` {}", wrong.message);
                self.document.variable_fault(name, &shown, &message, &wrong.hint);
            }
        }
    }

    /// Notes that it says where a secret comes from.
    pub(in crate::config) fn note_secret(&self, source: &SecretSource) {
        self.document.secrets.borrow_mut().push((self.path.clone(), source.clone()));
    }

    /// The variable that it came from.
    pub(in crate::config) fn variable(&self) -> Option<&'static str> {
        match self.source {
            Source::Variable(name, _) => Some(name),
            Source::File(_) => None,
        }
    }

    /// The table that it is, if it is one.
    pub(in crate::config) fn as_table(&self) -> Option<Table<'d>> {
        let Source::File(value) = self.source else { return None };
        let table = value.get_ref().as_table()?;
        Some(Table::new(self.document, self.path.clone(), value.span(), Some(table)))
    }

    /// A table.
    pub(in crate::config) fn table(&self) -> Option<Table<'d>> {
        let found = self.as_table();
        if found.is_none() {
            self.wrong_type("a table", "write `{ … }`, or `[…]` on a line of its own");
        }
        found
    }

    /// The string that it is, if it is one.
    pub(in crate::config) fn as_text(&self) -> Option<&'d str> {
        match self.source {
            Source::File(value) => value.get_ref().as_str(),
            Source::Variable(_, value) => Some(value),
        }
    }

    /// A string that is not empty.
    pub(in crate::config) fn text(&self) -> Option<&'d str> {
        match self.as_text() {
            None => {
                self.wrong_type("a string", "put it in quotes");
                None
            }
            Some(text) if text.trim().is_empty() => {
                self.wrong(Wrong::new("is empty", "fill it in, or take it out"));
                None
            }
            Some(text) => Some(text),
        }
    }

    /// A string that means something.
    pub(in crate::config) fn read<T>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        parse(self.text()?).map_err(|wrong| self.wrong(wrong)).ok()
    }

    /// One of several words.
    pub(in crate::config) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.read(|text| {
            let found = choices.iter().find(|(word, _)| *word == text);
            found.map(|(_, choice)| *choice).ok_or_else(|| {
                let hint = did_you_mean(text, &words).unwrap_or_default();
                Wrong::new("is none of the words that it may be", hint)
            })
        })
    }

    /// `true` or `false`.
    pub(in crate::config) fn flag(&self) -> Option<bool> {
        let found = match self.source {
            Source::File(value) => value.get_ref().as_bool(),
            Source::Variable(_, value) => value.parse().ok(),
        };
        if found.is_none() {
            self.wrong_type("a boolean", "write `true` or `false`, without quotes");
        }
        found
    }

    /// A whole number within a range.
    pub(in crate::config) fn integer(&self, range: RangeInclusive<u32>) -> Option<u32> {
        let (low, high) = (*range.start(), *range.end());
        let hint = format!("write a whole number from {low} to {high}, without quotes");
        let found: Option<i128> = match self.source {
            Source::File(value) => value
                .get_ref()
                .as_integer()
                .and_then(|number| i128::from_str_radix(number.as_str(), number.radix()).ok()),
            Source::Variable(_, value) => value.parse().ok(),
        };
        let Some(number) = found else {
            self.wrong_type("a whole number", &hint);
            return None;
        };
        let within = u32::try_from(number).ok().filter(|number| range.contains(number));
        if within.is_none() {
            self.wrong(Wrong::new(format!("is not between {low} and {high}"), hint));
        }
        within
    }

    /// A number that `fits`; `hint` says which do.
    pub(in crate::config) fn number(&self, hint: &str, fits: impl Fn(f64) -> bool) -> Option<f64> {
        let Source::File(value) = self.source else { return None };
        let digits = match value.get_ref() {
            DeValue::Float(float) => float.as_str(),
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
            _ => {
                self.wrong_type("a number", hint);
                return None;
            }
        };
        let number = digits.parse().ok().filter(|number: &f64| number.is_finite() && fits(*number));
        if number.is_none() {
            self.wrong(Wrong::new("is out of range", hint));
        }
        number
    }

    /// The parts of a list; of a variable, what stands between its commas.
    pub(in crate::config) fn list(&self) -> Vec<Value<'d>> {
        let part = |source| Value { document: self.document, path: self.path.clone(), source };
        match self.source {
            Source::Variable(name, value) => {
                value.split(',').map(|word| part(Source::Variable(name, word.trim()))).collect()
            }
            Source::File(value) => {
                let items = value.get_ref().as_array();
                if items.is_none() {
                    self.wrong_type("a list", r#"write it in brackets, such as ["one", "two"]"#);
                }
                items
                    .into_iter()
                    .flat_map(|items| items.iter())
                    .map(|item| part(Source::File(item)))
                    .collect()
            }
        }
    }

    /// Whether it is a list.
    pub(in crate::config) fn is_list(&self) -> bool {
        matches!(self.source, Source::File(value) if value.get_ref().is_array())
    }

    /// A list of strings that are not empty.
    pub(in crate::config) fn texts(&self) -> Vec<String> {
        self.list().iter().filter_map(|item| item.text().map(str::to_owned)).collect()
    }

    /// A list of strings that mean something.
    pub(in crate::config) fn reads<T>(&self, parse: impl Fn(&str) -> Result<T, Wrong>) -> Vec<T> {
        self.list().iter().filter_map(|item| item.read(&parse)).collect()
    }

    fn wrong_type(&self, wanted: &str, hint: &str) {
        let found = match self.source {
            Source::File(value) => value.get_ref().type_str(),
            // All variables are strings: that tells nobody anything.
            Source::Variable(..) => {
                return self.wrong(Wrong::new(format!("must be {wanted}"), hint));
            }
        };
        let article = if found.starts_with(['a', 'i']) { "an" } else { "a" };
        let message = format!("must be {wanted}, and is {article} {found}");
        self.wrong(Wrong::new(message, hint));
    }
}
