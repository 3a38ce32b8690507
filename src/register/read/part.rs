//! A typed reader over a tree that collects every flaw instead of stopping at the first.

use std::cell::RefCell;

use super::tree::{Node, Place, Tree};
use crate::domain::{Flaw, FlawSeverity, Text};

/// A file that is being read, and what was found in it.
pub(super) struct Sheet<'f> {
    path: &'f str,
    flaws: RefCell<Vec<Flaw>>,
}

impl<'f> Sheet<'f> {
    pub(super) fn new(path: &'f str) -> Sheet<'f> {
        Sheet { path, flaws: RefCell::default() }
    }

    /// Notes what makes the file no record.
    pub(super) fn error(&self, code: &'static str, place: Place, what: &str, cure: &str) {
        self.note(FlawSeverity::Error, code, place, (what, cure));
    }

    /// Notes what should be changed; the file is a record all the same.
    pub(super) fn warn(&self, code: &'static str, place: Place, what: &str, cure: &str) {
        self.note(FlawSeverity::Warning, code, place, (what, cure));
    }

    fn note(
        &self,
        severity: FlawSeverity,
        code: &'static str,
        (line, column): Place,
        (what, cure): (&str, &str),
    ) {
        let (path, what, cure) = (Text::new(self.path), Text::new(what), Text::new(cure));
        self.flaws.borrow_mut().push(Flaw { code, severity, path, line, column, what, cure });
    }

    /// What was noted, in the order of places.
    pub(super) fn flaws(self) -> Vec<Flaw> {
        let mut flaws = self.flaws.into_inner();
        flaws.sort_by_key(|flaw| (flaw.line, flaw.column, flaw.code));
        flaws
    }
}

/// A map of a document with its path.
pub(super) struct Part<'n> {
    sheet: &'n Sheet<'n>,
    path: String,
    place: Place,
    entries: &'n [(String, Place, Node)],
    asked: RefCell<Vec<&'static str>>,
}

/// A value with its path.
pub(super) struct Value<'n> {
    pub(super) sheet: &'n Sheet<'n>,
    path: String,
    pub(super) place: Place,
    node: &'n Node,
}

impl<'n> Part<'n> {
    /// A whole document; none, with a flaw, where it is no map.
    pub(super) fn root(sheet: &'n Sheet<'n>, node: &'n Node) -> Option<Part<'n>> {
        Value { sheet, path: String::new(), place: node.place, node }.part()
    }

    /// Each key with its place.
    pub(super) fn places(&self) -> impl Iterator<Item = (&'n str, Place)> {
        self.entries.iter().map(|(name, place, _)| (name.as_str(), *place))
    }

    /// The value of a key, where it says anything.
    pub(super) fn value(&self, key: &'static str) -> Option<Value<'n>> {
        self.asked.borrow_mut().push(key);
        let (name, _, node) = self.entries.iter().find(|(name, ..)| name == key)?;
        (node.tree != Tree::Null).then(|| self.child(name, node))
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &'static str) -> Option<Value<'n>> {
        let found = self.value(key);
        if found.is_none() {
            let (what, cure) =
                (format!("`{}` is missing", self.join(key)), format!("add `{}`", self.join(key)));
            self.sheet.error("missing-key", self.place, &what, &cure);
        }
        found
    }

    /// The values of the keys that nobody asked for; all keys are known from now on.
    pub(super) fn rest(&self) -> Vec<(&'n str, Value<'n>)> {
        let asked = self.asked.take();
        let others = self.entries.iter().filter(|(name, ..)| !asked.contains(&name.as_str()));
        others.map(|(name, _, node)| (name.as_str(), self.child(name, node))).collect()
    }

    /// Refuses every key that nobody asked for.
    pub(super) fn finish(self) {
        let known = self.asked.borrow();
        for (name, place, _) in self.entries {
            if !known.contains(&name.as_str()) {
                let what = format!("`{}` is no key of a record", self.join(name));
                self.sheet.error("unknown-key", *place, &what, &did_you_mean(name, &known));
            }
        }
    }

    fn child(&self, key: &str, node: &'n Node) -> Value<'n> {
        Value { sheet: self.sheet, path: self.join(key), place: node.place, node }
    }

    fn join(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

impl<'n> Value<'n> {
    /// The string, trimmed and made inert; a flaw where it is none, or says nothing.
    pub(super) fn text(&self) -> Option<Text> {
        let raw = self.raw()?;
        let clean = Text::new(raw);
        let is_hidden = clean.chars().filter(|one| *one == '\u{fffd}').count()
            > raw.chars().filter(|one| *one == '\u{fffd}').count();
        if is_hidden {
            let what = format!("{} has characters that cannot be seen", self.name());
            let cure = "remove them: they may make it read otherwise than it is";
            self.sheet.warn("hidden-characters", self.place, &what, cure);
        }
        Some(clean)
    }

    /// The string as it is written, trimmed.
    pub(super) fn raw(&self) -> Option<&'n str> {
        match &self.node.tree {
            Tree::Text(text) if text.trim().is_empty() => {
                let what = format!("{} is empty", self.name());
                self.wrong("empty", &what, "write it out, or remove the key");
                None
            }
            Tree::Text(text) => Some(text.trim()),
            Tree::Flag | Tree::Number => {
                let what = format!("{} is {}, not a string", self.name(), self.node.tree.kind());
                self.wrong("wrong-type", &what, "write it in quotes");
                None
            }
            _ => self.mistyped("a string"),
        }
    }

    /// The map.
    pub(super) fn part(&self) -> Option<Part<'n>> {
        let Tree::Map(entries) = &self.node.tree else { return self.mistyped("a map") };
        let (path, asked) = (self.path.clone(), RefCell::default());
        Some(Part { sheet: self.sheet, path, place: self.place, entries, asked })
    }

    /// The list.
    pub(super) fn list(&self) -> Vec<Value<'n>> {
        let Tree::List(nodes) = &self.node.tree else {
            self.mistyped::<()>("a list");
            return Vec::new();
        };
        let one = |(index, node): (usize, &'n Node)| Value {
            sheet: self.sheet,
            path: format!("{}[{index}]", self.path),
            place: node.place,
            node,
        };
        nodes.iter().enumerate().map(one).collect()
    }

    /// Notes what is wrong with it.
    pub(super) fn wrong(&self, code: &'static str, what: &str, cure: &str) {
        self.sheet.error(code, self.place, what, cure);
    }

    /// How it is called in a flaw.
    pub(super) fn name(&self) -> String {
        if self.path.is_empty() { "the document".to_owned() } else { format!("`{}`", self.path) }
    }

    fn mistyped<T>(&self, wanted: &str) -> Option<T> {
        let what = format!("{} is {}, not {wanted}", self.name(), self.node.tree.kind());
        self.wrong("wrong-type", &what, &format!("write {wanted}; docs/exceptions.md shows one"));
        None
    }
}

/// What was most likely meant, and what there is.
fn did_you_mean(wrong: &str, known: &[&str]) -> String {
    let all = format!("there are {}", known.join(", "));
    match nearest(wrong, known) {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all,
    }
}

/// The known word that a wrong one most likely meant.
pub(in crate::register) fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|word| (strsim::jaro_winkler(wrong, word), *word));
    let near = scored.filter(|(score, _)| *score > 0.85).max_by(|a, b| a.0.total_cmp(&b.0));
    near.map(|(_, word)| word)
}
