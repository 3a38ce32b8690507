//! [`Interner`]: refs, stages, tags and runners that thousands of jobs share, each kept once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::domain::{RunnerId, RunnerRef, Text};

/// When more than this many of one sort are kept, all are let go; the jobs that use them keep theirs.
const MAX_KEPT: usize = 20_000;

/// What is shared, each once.
#[derive(Debug, Default)]
pub(super) struct Interner {
    texts: HashSet<Text>,
    tags: HashSet<Arc<[Text]>>,
    runners: HashMap<RunnerId, Arc<RunnerRef>>,
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

    /// The shared copy of a list of tags.
    pub(super) fn tags<'a>(&mut self, raw: impl Iterator<Item = &'a str>) -> Arc<[Text]> {
        let tags: Vec<Text> = raw.map(|tag| self.text(tag)).collect();
        if let Some(known) = self.tags.get(tags.as_slice()) {
            return Arc::clone(known);
        }
        if self.tags.len() >= MAX_KEPT {
            self.tags.clear();
        }
        let tags: Arc<[Text]> = tags.into();
        self.tags.insert(Arc::clone(&tags));
        tags
    }

    /// The shared copy of a runner's short form.
    pub(super) fn runner(&mut self, id: RunnerId, description: &str) -> Arc<RunnerRef> {
        let description = self.text(description);
        if let Some(known) = self.runners.get(&id)
            && known.description == description
        {
            return Arc::clone(known);
        }
        if self.runners.len() >= MAX_KEPT {
            self.runners.clear();
        }
        let runner = Arc::new(RunnerRef { id, description });
        self.runners.insert(id, Arc::clone(&runner));
        runner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_tags_are_kept_once() {
        let mut interner = Interner::default();
        let first = interner.tags(["eks", "gpu"].into_iter());
        assert!(Arc::ptr_eq(&first, &interner.tags(["eks", "gpu"].into_iter())));
        assert!(!Arc::ptr_eq(&first, &interner.tags(["eks"].into_iter())));
    }

    #[test]
    fn a_renamed_runner_gets_its_new_name() {
        let mut interner = Interner::default();
        let old = interner.runner(RunnerId(1), "a");
        assert!(Arc::ptr_eq(&old, &interner.runner(RunnerId(1), "a")));
        assert_eq!(&*interner.runner(RunnerId(1), "b").description, "b");
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
