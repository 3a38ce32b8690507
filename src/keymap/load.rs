//! TOML into a keymap: inheritance, then one check per binding. A faulty one is left out, the rest loads.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::chord::Sequence;
use super::{Binding, Keymap, Scope, Tree, builtin};

/// The keymap that stands in for one that is not there.
const DEFAULT: &str = "default";

/// Something in a keymap that could not be understood, or never works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The keymap's name.
    pub keymap: String,
    /// The line, from 1; 0 where it is about the whole keymap.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "keymap {}", self.keymap)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

/// A keymap's text under its name.
#[derive(Clone)]
struct Page {
    name: String,
    text: String,
}

/// A binding as it is written.
struct Line {
    scope: Scope,
    keys: Sequence,
    target: Target,
    span: Range<usize>,
}

/// What a line says of its keys.
#[derive(PartialEq)]
enum Target {
    /// They stand for this command line.
    Command(String),
    /// What was inherited for them is taken back.
    Free,
}

impl Line {
    /// Whether two lines of one keymap cannot both stand.
    fn conflicts_with(&self, other: &Line) -> bool {
        let both_bind = self.target != Target::Free && other.target != Target::Free;
        let is_prefix = self.keys.is_prefix_of(&other.keys) || other.keys.is_prefix_of(&self.keys);
        self.scope == other.scope && (self.keys == other.keys || (is_prefix && both_bind))
    }
}

/// Builds a keymap and everything that it inherits.
pub(super) fn find(
    name: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    commands: &[&str],
) -> (Keymap, Vec<Fault>) {
    let mut draft = Draft { commands, scopes: BTreeMap::new(), faults: Vec::new() };
    let found = lookup(name);
    let asked = if found.is_some() { name } else { DEFAULT };
    if found.is_none() {
        let known: Vec<&str> = builtin::names().collect();
        let page = Page { name: name.to_owned(), text: String::new() };
        draft.fault(&page, None, "there is no such keymap".to_owned(), suggestion(name, &known));
    }
    for page in draft.ancestry(asked, lookup).into_iter().rev() {
        draft.apply(&page);
    }
    draft.finish(asked)
}

/// A keymap that is being put together, from the oldest ancestor to the child: what comes later wins.
struct Draft<'a> {
    commands: &'a [&'a str],
    scopes: BTreeMap<Scope, Vec<(Binding, Page, Range<usize>)>>,
    faults: Vec<Fault>,
}

impl Draft<'_> {
    /// The keymap and its ancestors, itself first.
    fn ancestry(&mut self, name: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Vec<Page> {
        let mut pages: Vec<Page> = Vec::new();
        let mut next = lookup(name).map(|text| Page { name: name.to_owned(), text });
        while let Some(page) = next.take() {
            if let Some((parent, span)) = parent(&page.text) {
                let known: Vec<&str> = builtin::names().collect();
                let is_seen = parent == page.name || pages.iter().any(|seen| seen.name == parent);
                if is_seen {
                    let message = format!("a keymap inherits itself through `{parent}`");
                    self.fault(
                        &page,
                        Some(&span),
                        message,
                        Some("take one `inherits` out".to_owned()),
                    );
                } else if let Some(text) = lookup(&parent) {
                    next = Some(Page { name: parent, text });
                } else {
                    let message = format!("inherits `{parent}`, which is not there");
                    self.fault(&page, Some(&span), message, suggestion(&parent, &known));
                }
            }
            pages.push(page);
        }
        pages
    }

    /// Applies one keymap over what is there: first what it takes back, then what it binds.
    fn apply(&mut self, page: &Page) {
        let mut lines: Vec<Line> = Vec::new();
        for line in self.lines(page) {
            match lines.iter().find(|known| known.conflicts_with(&line)) {
                None => lines.push(line),
                Some(twin) => {
                    let (scope, keys, twin) = (&line.scope, &line.keys, &twin.keys);
                    let (message, hint) = if keys == twin {
                        (format!("`{keys}` is bound twice in `{scope}`"), "take one out")
                    } else {
                        let message =
                            format!("`{keys}` and `{twin}` cannot both work in `{scope}`");
                        (message, "one begins with the other; take one out")
                    };
                    self.fault(page, Some(&line.span), message, Some(hint.to_owned()));
                }
            }
        }
        let (free, bound): (Vec<Line>, Vec<Line>) =
            lines.into_iter().partition(|line| line.target == Target::Free);
        for line in free {
            let bindings = self.scopes.entry(line.scope).or_default();
            let keep = |keys: &Sequence| *keys != line.keys && !line.keys.is_prefix_of(keys);
            bindings.retain(|(binding, ..)| keep(&binding.keys));
        }
        for line in bound {
            self.bind(page, line);
        }
    }

    /// Binds one line, over whatever was inherited for the same keys.
    fn bind(&mut self, page: &Page, line: Line) {
        let Target::Command(command) = line.target else { return };
        let keys = line.keys;
        let bindings = self.scopes.entry(line.scope).or_default();
        let in_the_way = |other: &Sequence| other.is_prefix_of(&keys) || keys.is_prefix_of(other);
        let lost: Vec<String> = bindings
            .iter()
            .filter(|(binding, ..)| in_the_way(&binding.keys))
            .map(|(binding, ..)| format!("`{}`", binding.keys))
            .collect();
        bindings.retain(|(binding, ..)| binding.keys != keys && !in_the_way(&binding.keys));
        let binding = Binding { keys: keys.clone(), command };
        bindings.push((binding, page.clone(), line.span.clone()));
        if !lost.is_empty() {
            let lost = lost.join(", ");
            let message = format!("`{keys}` takes the place of the inherited {lost}");
            let hint = format!("if that is meant, bind {lost} to `false`");
            self.fault(page, Some(&line.span), message, Some(hint));
        }
    }

    /// Every understandable line of a keymap, in the order of the file.
    fn lines(&mut self, page: &Page) -> Vec<Line> {
        let (tree, errors) = DeTable::parse_recoverable(&page.text);
        for error in &errors {
            let message = format!("this is not TOML: {}", error.message());
            self.fault(page, error.span().as_ref(), message, None);
        }
        let mut lines = Vec::new();
        for (key, value) in tree.get_ref() {
            let name = &**key.get_ref();
            let scope = Scope::FIXED.iter().find(|scope| scope.name() == name);
            match (name, scope, value.get_ref().as_table()) {
                ("inherits", ..) if value.get_ref().is_str() => {}
                (_, Some(scope), Some(table)) => self.scope(page, scope, table, &mut lines),
                ("pane", _, Some(panes)) => self.named(page, (Scope::pane, panes), &mut lines),
                ("rows", _, Some(kinds)) => self.named(page, (Scope::rows, kinds), &mut lines),
                _ => {
                    let mut known: Vec<&str> = Scope::FIXED.iter().map(Scope::name).collect();
                    known.extend(["pane", "rows", "inherits"]);
                    let message = format!("`{name}` is no scope with keys in it");
                    let hint = if scope.is_some() { None } else { suggestion(name, &known) };
                    self.fault(page, Some(&key.span()), message, hint);
                }
            }
        }
        lines.sort_by_key(|line: &Line| line.span.start);
        lines
    }

    /// The scopes of panes, or of kinds of rows, by their names.
    fn named(
        &mut self,
        page: &Page,
        (scope_of, scopes): (fn(&str) -> Scope, &DeTable<'_>),
        lines: &mut Vec<Line>,
    ) {
        for (name, value) in scopes {
            let scope = scope_of(name.get_ref());
            if let Some(table) = value.get_ref().as_table() {
                self.scope(page, &scope, table, lines);
            } else {
                let message = format!("`{scope}` is no scope with keys in it");
                let hint = Some(format!("write `[{scope}]` above its keys"));
                self.fault(page, Some(&name.span()), message, hint);
            }
        }
    }

    fn scope(&mut self, page: &Page, scope: &Scope, table: &DeTable<'_>, lines: &mut Vec<Line>) {
        for (key, value) in table {
            let line = self.keys(page, scope, key).zip(self.target(page, value));
            lines.extend(line.map(|(keys, target)| {
                let scope = scope.clone();
                Line { scope, keys, target, span: key.span() }
            }));
        }
    }

    fn keys(
        &mut self,
        page: &Page,
        scope: &Scope,
        key: &Spanned<Cow<'_, str>>,
    ) -> Option<Sequence> {
        let keys = match key.get_ref().parse::<Sequence>() {
            Ok(keys) => keys,
            Err(why) => {
                let hint =
                    "write keys such as \"g p\", \"ctrl-x\", \"shift-tab\", \"space\" or \"f1\""
                        .to_owned();
                self.fault(page, Some(&key.span()), why.to_string(), Some(hint));
                return None;
            }
        };
        if scope.takes_text() && keys.chords().iter().any(|chord| chord.typed().is_some()) {
            let message = format!("`{keys}` types a character, and text is typed in `{scope}`");
            let hint = "hold ctrl or alt, or take a key that types nothing".to_owned();
            self.fault(page, Some(&key.span()), message, Some(hint));
            return None;
        }
        Some(keys)
    }

    /// What a value says of its keys.
    fn target(&mut self, page: &Page, value: &Spanned<DeValue<'_>>) -> Option<Target> {
        let line = match value.get_ref() {
            DeValue::Boolean(false) => return Some(Target::Free),
            DeValue::String(line) => line.split_whitespace().collect::<Vec<_>>().join(" "),
            _ => {
                let message = "a key is bound to the name of a command, or to `false` for none";
                self.fault(page, Some(&value.span()), message.to_owned(), None);
                return None;
            }
        };
        let name = line.split(' ').next().unwrap_or_default();
        if !self.commands.iter().any(|known| *known == name || *known == line) {
            let message = format!("there is no command `{name}`");
            self.fault(page, Some(&value.span()), message, suggestion(name, self.commands));
            return None;
        }
        Some(Target::Command(line))
    }

    /// Points at keys that never work, because a scope further in answers to their beginning.
    fn shadowed(&mut self) {
        let inner = [Scope::LOG, Scope::DETAIL, Scope::LIST];
        let encloses = |outer: &Scope, scope: &Scope| match outer {
            outer if *outer == Scope::GLOBAL => {
                scope.is_pane() || scope.is_rows() || inner.contains(scope)
            }
            outer if *outer == Scope::LIST => scope.is_pane() || scope.is_rows(),
            outer if outer.is_pane() => scope.is_rows(),
            _ => false,
        };
        let mut found = Vec::new();
        for (scope, bindings) in &self.scopes {
            for (outer, others) in self.scopes.iter().filter(|(outer, _)| encloses(outer, scope)) {
                let pairs =
                    bindings.iter().flat_map(|own| others.iter().map(move |other| (own, other)));
                let pairs =
                    pairs.filter(|((own, ..), (other, ..))| own.keys.is_prefix_of(&other.keys));
                found.extend(pairs.map(|((own, page, span), (other, ..))| {
                    let message = format!(
                        "`{}` in `{scope}` hides `{}` of `{outer}`, which begins with it",
                        own.keys, other.keys
                    );
                    (page.clone(), span.clone(), message)
                }));
            }
        }
        for (page, span, message) in found {
            self.fault(
                &page,
                Some(&span),
                message,
                Some("bind one of them to other keys".to_owned()),
            );
        }
    }

    fn finish(mut self, name: &str) -> (Keymap, Vec<Fault>) {
        self.shadowed();
        let tree = |bindings: Vec<(Binding, Page, Range<usize>)>| {
            Tree::of(bindings.into_iter().map(|(binding, ..)| binding).collect())
        };
        let scopes =
            self.scopes.into_iter().map(|(scope, bindings)| (scope, tree(bindings))).collect();
        let mut faults = self.faults;
        faults.sort_by_key(|fault| (fault.keymap != name, fault.line, fault.column));
        (Keymap { name: name.to_owned(), scopes }, faults)
    }

    fn fault(
        &mut self,
        page: &Page,
        span: Option<&Range<usize>>,
        message: String,
        hint: Option<String>,
    ) {
        let (line, column) = span.map(|span| place(&page.text, span.start)).unwrap_or_default();
        self.faults.push(Fault { keymap: page.name.clone(), line, column, message, hint });
    }
}

/// The name that a keymap inherits, and where it says so.
fn parent(text: &str) -> Option<(String, Range<usize>)> {
    let (tree, _) = DeTable::parse_recoverable(text);
    let (_, value) = tree.get_ref().iter().find(|(key, _)| &**key.get_ref() == "inherits")?;
    Some((value.get_ref().as_str()?.to_owned(), value.span()))
}

/// The line and the column of a byte, both from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let head = text.get(..at).unwrap_or(text);
    let line = head.rsplit('\n').next().unwrap_or_default();
    (head.matches('\n').count() + 1, line.chars().count() + 1)
}

fn suggestion(wrong: &str, known: &[&str]) -> Option<String> {
    known
        .iter()
        .map(|word| (strsim::jaro_winkler(wrong, word), word))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| format!("did you mean `{word}`?"))
}
