//! Keys to command lines.
//!
//! **Invariant:** a key is bound to the *name* of a command, never to code. A faulty binding is left out and told as a
//! [`Fault`]; the rest of the keymap works. Where text is typed, no key that types is ever bound. Knows no terminal.

mod builtin;
mod chord;
mod load;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

pub use builtin::{names, text};
pub use chord::{Chord, Held, Key, NoKey, Sequence};
pub use load::Fault;

/// Where a binding holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Cow<'static, str>);

impl Scope {
    /// The palette, where text is typed.
    pub const PALETTE: Scope = Scope(Cow::Borrowed("palette"));
    /// A line of input, where text is typed.
    pub const PROMPT: Scope = Scope(Cow::Borrowed("prompt"));
    /// A question.
    pub const CONFIRM: Scope = Scope(Cow::Borrowed("confirm"));
    /// The help.
    pub const HELP: Scope = Scope(Cow::Borrowed("help"));
    /// A choice among several.
    pub const PICKER: Scope = Scope(Cow::Borrowed("picker"));
    /// A log.
    pub const LOG: Scope = Scope(Cow::Borrowed("log"));
    /// The detail.
    pub const DETAIL: Scope = Scope(Cow::Borrowed("detail"));
    /// Any table.
    pub const LIST: Scope = Scope(Cow::Borrowed("list"));
    /// Everywhere but in what lies over the panes.
    pub const GLOBAL: Scope = Scope(Cow::Borrowed("global"));

    /// Every scope but those of the panes and of the kinds of rows.
    pub const FIXED: [Scope; 9] = [
        Scope::PALETTE,
        Scope::PROMPT,
        Scope::CONFIRM,
        Scope::HELP,
        Scope::PICKER,
        Scope::LOG,
        Scope::DETAIL,
        Scope::LIST,
        Scope::GLOBAL,
    ];

    /// One pane, by its name.
    pub fn pane(name: &str) -> Scope {
        Scope(Cow::Owned(format!("pane.{name}")))
    }

    /// One kind of rows, in whichever pane they are shown.
    pub fn rows(name: &str) -> Scope {
        Scope(Cow::Owned(format!("rows.{name}")))
    }

    /// Its name, as keymaps write it.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether it is a pane's.
    pub fn is_pane(&self) -> bool {
        self.0.starts_with("pane.")
    }

    /// Whether it is a kind of rows.
    pub fn is_rows(&self) -> bool {
        self.0.starts_with("rows.")
    }

    /// Whether text is typed there, so that keys which type must stay free.
    pub fn takes_text(&self) -> bool {
        *self == Scope::PALETTE || *self == Scope::PROMPT
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Keys and the command line that they stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The keys.
    pub keys: Sequence,
    /// The command line, such as `pane pipelines`.
    pub command: String,
}

/// What keys that were pressed so far come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// This command line.
    Command(String),
    /// Nothing yet: what may come next, and the command line that it leads to; `…` where more keys follow.
    Pending(Vec<(Chord, String)>),
    /// Nothing.
    None,
}

/// Bindings by scope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keymap {
    name: String,
    scopes: BTreeMap<Scope, Tree>,
}

/// The bindings of one scope: in their order for help and hints, and as a trie for the keyboard.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Tree {
    bindings: Vec<Binding>,
    root: Node,
}

/// What follows the keys so far: a command at a leaf, other keys elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Node {
    command: Option<String>,
    next: BTreeMap<Chord, Node>,
}

impl Keymap {
    /// Builds the keymap of a name with what it inherits. `lookup` finds a keymap's text; `commands` are the names that
    /// exist. Where there is none of the name, it is the default keymap.
    pub fn find(
        name: &str,
        lookup: &dyn Fn(&str) -> Option<String>,
        commands: &[&str],
    ) -> (Keymap, Vec<Fault>) {
        load::find(name, lookup, commands)
    }

    /// Builds a shipped keymap; the default one where there is none of the name.
    pub fn shipped(name: &str, commands: &[&str]) -> (Keymap, Vec<Fault>) {
        load::find(name, &|name| text(name).map(str::to_owned), commands)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the keys come to. Scopes are asked from the innermost outwards: the first that has a command for all of the
    /// keys wins, unless one further in still waits for more.
    pub fn resolve(&self, scopes: &[Scope], keys: &[Chord]) -> Resolution {
        let mut waiting: Vec<(Chord, String)> = Vec::new();
        let nodes = scopes.iter().filter_map(|scope| self.scopes.get(scope)?.root.after(keys));
        for node in nodes {
            match &node.command {
                Some(command) if waiting.is_empty() => return Resolution::Command(command.clone()),
                Some(_) => break,
                None => waiting.extend(node.titles()),
            }
        }
        if waiting.is_empty() {
            return Resolution::None;
        }
        let mut titles: Vec<(Chord, String)> = Vec::new();
        for (chord, title) in waiting {
            if !titles.iter().any(|(known, _)| *known == chord) {
                titles.push((chord, title));
            }
        }
        Resolution::Pending(titles)
    }

    /// The bindings of a scope, in the order of its file; what it inherits comes first.
    pub fn bindings(&self, scope: &Scope) -> impl Iterator<Item = &Binding> {
        self.scopes.get(scope).into_iter().flat_map(|tree| tree.bindings.iter())
    }

    /// The scopes that bind anything.
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.scopes.keys()
    }

    /// The keys that reach a command line where these scopes hold, the foremost first.
    pub fn keys_for(&self, command: &str, scopes: &[Scope]) -> Vec<&Sequence> {
        let reaches = |keys: &Sequence| matches!(self.resolve(scopes, keys.chords()), Resolution::Command(line) if line == command);
        scopes
            .iter()
            .flat_map(|scope| self.bindings(scope))
            .filter(|binding| binding.command == command && reaches(&binding.keys))
            .map(|binding| &binding.keys)
            .collect()
    }
}

impl Tree {
    fn of(bindings: Vec<Binding>) -> Tree {
        let mut root = Node::default();
        for binding in &bindings {
            let mut node = &mut root;
            for chord in binding.keys.chords() {
                node = node.next.entry(*chord).or_default();
            }
            node.command = Some(binding.command.clone());
        }
        Tree { bindings, root }
    }
}

impl Node {
    fn after(&self, keys: &[Chord]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, chord| node.next.get(chord))
    }

    fn titles(&self) -> impl Iterator<Item = (Chord, String)> {
        self.next
            .iter()
            .map(|(chord, node)| (*chord, node.command.clone().unwrap_or_else(|| "…".to_owned())))
    }
}

#[cfg(test)]
mod tests;
