//! [`Interner`]: one copy of each word while rows are read, since stages, refs, tags and names repeat by the thousand.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::domain::{Container, RunnerId, RunnerRef, Text};

/// What ends each word of a joined list; no cleaned text contains it.
const END: char = '\u{1f}';

/// The words met so far.
#[derive(Debug, Default)]
pub(super) struct Interner {
    words: HashSet<Text>,
    lists: HashMap<Box<str>, Arc<[Text]>>,
    runners: HashMap<RunnerId, Arc<RunnerRef>>,
    containers: HashMap<Box<str>, Arc<[Container]>>,
}

impl Interner {
    /// The shared copy of `word`.
    pub(super) fn text(&mut self, word: &str) -> Text {
        if let Some(known) = self.words.get(word) {
            return known.clone();
        }
        let text = Text::new(word);
        self.words.insert(text.clone());
        text
    }

    /// The shared copy of a joined list.
    pub(super) fn list(&mut self, joined: &str) -> Arc<[Text]> {
        if let Some(known) = self.lists.get(joined) {
            return Arc::clone(known);
        }
        let list: Arc<[Text]> = joined.split_terminator(END).map(|word| self.text(word)).collect();
        self.lists.insert(joined.into(), Arc::clone(&list));
        list
    }

    /// The shared copy of the containers that a column holds; `read` reads one that is new.
    pub(super) fn containers(
        &mut self,
        stored: &str,
        read: impl FnOnce(&mut Interner) -> Arc<[Container]>,
    ) -> Arc<[Container]> {
        if let Some(known) = self.containers.get(stored) {
            return Arc::clone(known);
        }
        let containers = read(self);
        self.containers.insert(stored.into(), Arc::clone(&containers));
        containers
    }

    /// The shared copy of a runner's name.
    pub(super) fn runner(&mut self, id: RunnerId, description: &str) -> Arc<RunnerRef> {
        match self.runners.get(&id) {
            Some(known) if known.description.as_str() == description => Arc::clone(known),
            _ => {
                let runner = Arc::new(RunnerRef { id, description: self.text(description) });
                self.runners.insert(id, Arc::clone(&runner));
                runner
            }
        }
    }
}

/// Joins words for one column.
pub(super) fn joined<'a>(words: impl IntoIterator<Item = &'a Text>) -> String {
    let mut out = String::new();
    for word in words {
        out.push_str(word);
        out.push(END);
    }
    out
}

/// The words of a joined list, one after the other.
#[derive(Debug)]
pub(super) struct Words<'a>(std::str::SplitTerminator<'a, char>);

impl<'a> Words<'a> {
    /// The words of what [`joined`] made.
    pub(super) fn of(joined: &'a str) -> Words<'a> {
        Words(joined.split_terminator(END))
    }

    /// The next word; an empty one at the end.
    pub(super) fn word(&mut self) -> &'a str {
        self.next().unwrap_or_default()
    }

    /// The next words, as many as the word before them says.
    pub(super) fn list(&mut self) -> Vec<Text> {
        let count = self.word().parse().unwrap_or(0);
        self.by_ref().take(count).map(Text::new).collect()
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.0.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_back_even_when_words_are_empty() {
        for words in [vec![], vec![Text::new("")], vec![Text::new("a"), Text::new("b c")]] {
            assert_eq!(*Interner::default().list(&joined(&words)), *words);
        }
    }

    #[test]
    fn equal_words_share_their_memory() {
        let mut interner = Interner::default();
        let (first, second) = (interner.text("test"), interner.text("test"));
        assert!(std::ptr::eq(first.as_str(), second.as_str()));
    }
}
