//! What differs between two trees, and how that is written down.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Blob, Tree};

/// Lines around a change that are shown with it.
const AROUND: usize = 3;

/// A file that differs.
pub(crate) struct Change {
    path: Arc<str>,
    pub(crate) before: Option<Arc<Blob>>,
    pub(crate) after: Option<Arc<Blob>>,
}

impl Change {
    /// Where the file lies.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Lines that came and lines that went.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let (before, after) = (lines(self.before.as_ref()), lines(self.after.as_ref()));
        let (head, tail) = common(&before, &after);
        (after.len() - head - tail, before.len() - head - tail)
    }

    /// The difference in one hunk, as a unified diff without its header.
    pub(crate) fn unified(&self) -> String {
        let (before, after) = (lines(self.before.as_ref()), lines(self.after.as_ref()));
        let (head, tail) = common(&before, &after);
        let from = head.saturating_sub(AROUND);
        let kept = |lines: &[&str]| (lines.len() - tail + AROUND).min(lines.len());
        let (old_end, new_end) = (kept(&before), kept(&after));
        let start = |end: usize| if end == from { from } else { from + 1 };
        let mut text = format!(
            "@@ -{},{} +{},{} @@\n",
            start(old_end),
            old_end - from,
            start(new_end),
            new_end - from
        );
        let mut add = |mark: char, lines: &[&str], from: usize, to: usize| {
            for line in lines.iter().take(to).skip(from) {
                // Writing to a string cannot fail.
                writeln!(text, "{mark}{line}").ok();
            }
        };
        add(' ', &before, from, head);
        add('-', &before, head, before.len() - tail);
        add('+', &after, head, after.len() - tail);
        add(' ', &before, before.len() - tail, old_end);
        text
    }
}

/// Every file that differs, in order of paths.
pub(crate) fn between(before: &Arc<Tree>, after: &Arc<Tree>) -> Vec<Change> {
    if Arc::ptr_eq(before, after) {
        return Vec::new();
    }
    let gone = before.iter().filter(|(path, _)| !after.contains_key(*path));
    let gone = gone.map(|(path, blob)| Change {
        path: Arc::clone(path),
        before: Some(Arc::clone(blob)),
        after: None,
    });
    let there = after.iter().filter(|(path, blob)| before.get(*path) != Some(*blob));
    let there = there.map(|(path, blob)| Change {
        path: Arc::clone(path),
        before: before.get(path).cloned(),
        after: Some(Arc::clone(blob)),
    });
    let mut all: Vec<Change> = gone.chain(there).collect();
    all.sort_by(|one, other| one.path.cmp(&other.path));
    all
}

fn lines(blob: Option<&Arc<Blob>>) -> Vec<&str> {
    blob.map(|blob| blob.text.lines().collect()).unwrap_or_default()
}

/// How many lines are the same at the beginning, and at the end beyond those.
fn common(before: &[&str], after: &[&str]) -> (usize, usize) {
    let same = |(one, other): &(&&str, &&str)| one == other;
    let head = before.iter().zip(after).take_while(same).count();
    let most = before.len().min(after.len()) - head;
    let tail = before.iter().rev().zip(after.iter().rev()).take(most).take_while(same).count();
    (head, tail)
}

#[cfg(test)]
mod tests {
    use super::super::Repository;
    use super::*;

    fn change(before: Option<&str>, after: Option<&str>) -> Change {
        let mut repository = Repository::default();
        let mut keep = |text: Option<&str>| text.map(|text| repository.keep(text));
        Change { path: Arc::from("a"), before: keep(before), after: keep(after) }
    }

    #[test]
    fn a_new_file_is_all_plus() {
        assert_eq!(change(None, Some("a\nb\n")).unified(), "@@ -0,0 +1,2 @@\n+a\n+b\n");
    }

    #[test]
    fn three_lines_around_a_change_are_shown() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let after = before.replace('5', "five");
        let wanted = "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";
        assert_eq!(change(Some(before), Some(&after)).unified(), wanted);
    }

    #[test]
    fn a_file_that_went_is_all_minus() {
        let change = change(Some("a\n"), None);
        assert_eq!((change.unified().as_str(), change.counts()), ("@@ -1,1 +0,0 @@\n-a\n", (0, 1)));
    }
}
