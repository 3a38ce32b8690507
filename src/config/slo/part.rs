//! A typed reader over a document that collects every fault instead of stopping at the first.

use std::cell::RefCell;

use super::tree::{Node, Place, Tree};
use crate::config::diagnostic::{Diagnostic, did_you_mean};

/// A file that is being read, and what was found in it.
pub(super) struct Sheet<'f> {
    pub(super) file: &'f str,
    pub(super) text: &'f str,
    pub(super) faults: RefCell<Vec<Diagnostic>>,
    pub(super) notes: RefCell<Vec<Diagnostic>>,
}

impl<'f> Sheet<'f> {
    pub(super) fn new(file: &'f str, text: &'f str) -> Sheet<'f> {
        Sheet { file, text, faults: RefCell::default(), notes: RefCell::default() }
    }

    /// Notes a fault at a place.
    pub(super) fn fault(&self, place: Place, message: &str, hint: &str) {
        self.faults.borrow_mut().push(self.diagnostic(place, message, hint));
    }

    /// Notes something that is passed over at a place.
    pub(super) fn note(&self, place: Place, message: &str, hint: &str) {
        self.notes.borrow_mut().push(self.diagnostic(place, message, hint));
    }

    fn diagnostic(&self, place: Place, message: &str, hint: &str) -> Diagnostic {
        let bare = Diagnostic::about(self.file, message, Some(hint.to_owned()));
        if place.0 == 0 { bare } else { bare.at_line(self.text, place) }
    }
}

/// A map of a document with its path.
pub(super) struct Part<'n> {
    sheet: &'n Sheet<'n>,
    path: String,
    pub(super) place: Place,
    entries: &'n [(String, Place, Node)],
    asked: RefCell<Vec<&'static str>>,
}

/// A value with its path.
#[derive(Clone)]
pub(super) struct Value<'n> {
    sheet: &'n Sheet<'n>,
    path: String,
    pub(super) place: Place,
    node: &'n Node,
}

impl<'n> Part<'n> {
    /// A whole document; none, with a fault, where it is no map.
    pub(super) fn root(sheet: &'n Sheet<'n>, node: &'n Node) -> Option<Part<'n>> {
        let value = Value { sheet, path: String::new(), place: node.place, node };
        value.part()
    }

    /// The value of a key, where it says anything.
    pub(super) fn value(&self, key: &'static str) -> Option<Value<'n>> {
        self.asked.borrow_mut().push(key);
        let (_, _, node) = self.entries.iter().find(|(name, ..)| name == key)?;
        (node.tree != Tree::Null).then(|| self.child(key, node))
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &'static str) -> Option<Value<'n>> {
        let found = self.value(key);
        if found.is_none() {
            let hint = format!("add `{}`", self.join(key));
            self.sheet.fault(self.place, &format!("`{}` is missing", self.join(key)), &hint);
        }
        found
    }

    /// A map under a key that must be there.
    pub(super) fn need_part(&self, key: &'static str) -> Option<Part<'n>> {
        self.need(key)?.part()
    }

    /// A string under a key that must be there.
    pub(super) fn need_text(&self, key: &'static str) -> Option<&'n str> {
        self.need(key)?.text()
    }

    /// A string under a key.
    pub(super) fn text(&self, key: &'static str) -> Option<&'n str> {
        self.value(key)?.text()
    }

    /// Refuses a key by its name where it is there.
    pub(super) fn refuse(&self, key: &'static str, why: &str, hint: &str) -> bool {
        let found = self.value(key);
        if let Some(value) = &found {
            value.wrong(why, hint);
        }
        found.is_some()
    }

    /// Passes keys over that say nothing here.
    pub(super) fn pass(&self, keys: &[&'static str]) {
        self.asked.borrow_mut().extend(keys);
    }

    /// Every entry of a map whose keys are the writer's own.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'n str, Value<'n>)> {
        let entries = self.entries;
        entries.iter().map(|(key, _, node)| (key.as_str(), self.child(key, node)))
    }

    /// Notes every key that nobody asked for. Called once everything was read.
    pub(super) fn finish(&self) {
        let known = self.asked.borrow();
        for (key, place, _) in self.entries {
            if !known.iter().any(|one| one == key) {
                let path = self.join(key);
                let hint = did_you_mean(key, &known);
                let hint = hint.unwrap_or_else(|| "take it out, or see docs/slos.md".to_owned());
                self.sheet.fault(*place, &format!("`{path}` is not read here"), &hint);
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
    /// Notes what is wrong with it.
    pub(super) fn wrong(&self, why: &str, hint: &str) {
        self.sheet.fault(self.place, &format!("`{}` {why}", self.path), hint);
    }

    /// Notes that it is passed over.
    pub(super) fn passed(&self, why: &str, hint: &str) {
        self.sheet.note(self.place, &format!("`{}` {why}", self.path), hint);
    }

    fn wrong_kind(&self, wanted: &str) {
        let kind = self.node.tree.kind();
        let (what, hint) = (format!("must be {wanted}, and is {kind}"), format!("write {wanted}"));
        if self.path.is_empty() {
            self.sheet.fault(self.place, &format!("a document {what}"), &hint);
        } else {
            self.wrong(&what, &hint);
        }
    }

    /// A string that is not empty.
    pub(super) fn text(&self) -> Option<&'n str> {
        match &self.node.tree {
            Tree::Text(text) if !text.trim().is_empty() => Some(text),
            Tree::Text(_) => {
                self.wrong("is empty", "fill it in, or take it out");
                None
            }
            _ => {
                self.wrong_kind("a string");
                None
            }
        }
    }

    /// A string of one word or more, without complaint where it is something else.
    pub(super) fn as_text(&self) -> Option<&'n str> {
        match &self.node.tree {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number.
    pub(super) fn number(&self) -> Option<f64> {
        match self.node.tree {
            Tree::Number(number) if number.is_finite() => Some(number),
            _ => {
                self.wrong_kind("a number");
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&self) -> Option<bool> {
        let Tree::Flag(flag) = self.node.tree else {
            self.wrong_kind("`true` or `false`");
            return None;
        };
        Some(flag)
    }

    /// A map.
    pub(super) fn part(&self) -> Option<Part<'n>> {
        let Tree::Map(entries) = &self.node.tree else {
            self.wrong_kind("a map");
            return None;
        };
        Some(Part {
            sheet: self.sheet,
            path: self.path.clone(),
            place: self.place,
            entries,
            asked: RefCell::default(),
        })
    }

    /// The parts of a list.
    pub(super) fn list(&self) -> Option<Vec<Value<'n>>> {
        let Tree::List(nodes) = &self.node.tree else {
            self.wrong_kind("a list");
            return None;
        };
        let item = |(at, node): (usize, &'n Node)| Value {
            sheet: self.sheet,
            path: format!("{}[{at}]", self.path),
            place: node.place,
            node,
        };
        Some(nodes.iter().enumerate().map(item).collect())
    }
}
