//! [`Interner`]: namespaces, nodes, images, reasons and container lists that thousands of pods share, each kept once.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::domain::{Container, Text};

/// When more than this many of one sort are kept, all are let go; the values that use them keep theirs.
const MAX_KEPT: usize = 20_000;

/// What is shared, each once.
#[derive(Debug, Default)]
pub(super) struct Interner {
    texts: HashSet<Text>,
    lists: HashSet<Arc<[Text]>>,
    containers: HashMap<u64, Arc<[Container]>>,
}

impl Interner {
    /// The shared copy of a string from outside.
    pub(super) fn text(&mut self, raw: &str) -> Text {
        if let Some(known) = self.texts.get(raw) {
            return known.clone();
        }
        if self.texts.len() >= MAX_KEPT {
            self.texts.clear();
        }
        let text = Text::new(raw);
        self.texts.insert(text.clone());
        text
    }

    /// The shared copy of a string that may be missing; an empty one counts as missing.
    pub(super) fn maybe(&mut self, raw: Option<&str>) -> Option<Text> {
        raw.filter(|raw| !raw.is_empty()).map(|raw| self.text(raw))
    }

    /// The shared copy of a list.
    pub(super) fn list<'a>(&mut self, raw: impl Iterator<Item = &'a str>) -> Arc<[Text]> {
        let list: Vec<Text> = raw.map(|one| self.text(one)).collect();
        if let Some(known) = self.lists.get(list.as_slice()) {
            return Arc::clone(known);
        }
        if self.lists.len() >= MAX_KEPT {
            self.lists.clear();
        }
        let list: Arc<[Text]> = list.into();
        self.lists.insert(Arc::clone(&list));
        list
    }

    /// The shared copy of a pod's containers: pods of one kind in one state have the same.
    pub(super) fn containers(&mut self, list: Vec<Container>) -> Arc<[Container]> {
        let key = digest(&list);
        if let Some(known) = self.containers.get(&key)
            && **known == *list
        {
            return Arc::clone(known);
        }
        if self.containers.len() >= MAX_KEPT {
            self.containers.clear();
        }
        let list: Arc<[Container]> = list.into();
        self.containers.insert(key, Arc::clone(&list));
        list
    }
}

/// Where a list of containers is looked for.
fn digest(list: &[Container]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for one in list {
        (&one.name, &one.image, one.is_init, &one.state, one.restarts).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(state: &str) -> Container {
        Container {
            name: Text::new("build"),
            image: Text::new("rust:1.95"),
            is_init: false,
            state: Text::new(state),
            restarts: 0,
        }
    }

    #[test]
    fn the_same_text_is_kept_once() {
        let mut interner = Interner::default();
        let (one, other) = (interner.text("ci-standard"), interner.text("ci-standard"));
        assert!(std::ptr::eq(one.as_str(), other.as_str()));
        assert_eq!(interner.maybe(Some("")), None);
    }

    #[test]
    fn the_same_containers_are_kept_once() {
        let mut interner = Interner::default();
        let one = interner.containers(vec![container("running")]);
        assert!(Arc::ptr_eq(&one, &interner.containers(vec![container("running")])));
        assert!(!Arc::ptr_eq(&one, &interner.containers(vec![container("Completed")])));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut interner = Interner::default();
        for number in 0..=MAX_KEPT {
            interner.text(&number.to_string());
        }
        assert!(interner.texts.len() <= MAX_KEPT);
    }
}
