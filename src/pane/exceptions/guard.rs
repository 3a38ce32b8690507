//! What GitLab's own settings let pass in the register's project, and what its authors merged themselves.

use super::history;
use crate::domain::{ExceptionGuard, Merged};
use crate::pane::block::{Block, Cell, Mark};
use crate::pane::lens::Cx;
use crate::theme::Role;

/// One line above the table, where there is something to say.
pub(super) fn line(cx: &Cx<'_>) -> Option<Cell> {
    let guard = cx.state.guard()?;
    let weaknesses = guard.weaknesses.as_deref().unwrap_or_default();
    let mut parts: Vec<&str> = weaknesses.iter().map(|weakness| weakness.what()).collect();
    let merged = match guard.self_merged.len() {
        0 => None,
        1 => Some("1 request was merged by its own author".to_owned()),
        n => Some(format!("{n} requests were merged by their own authors")),
    };
    parts.extend(merged.as_deref());
    if guard.weaknesses.is_none() {
        parts.push("whether GitLab keeps apart who asks and who approves cannot be told");
    }
    let words = parts.join("; ");
    let mark = if guard.weaknesses.is_none() && parts.len() == 1 {
        (Mark::Unknown, Role::SeverityUnknown)
    } else {
        (Mark::Warning, Role::SeverityWarning)
    };
    (!words.is_empty()).then(|| Cell::mark(mark.0, mark.1).and(format!(" {words}"), mark.1))
}

/// The same in full, below a request: what GitLab would let pass of what Watchfloor refuses.
pub(super) fn blocks(cx: &Cx<'_>) -> Vec<Block> {
    let Some(guard) = cx.state.guard() else { return Vec::new() };
    let mut lines = weak(guard);
    lines.extend(
        guard
            .missing
            .iter()
            .map(|why| Cell::new(format!("not known: {why}"), Role::SeverityUnknown)),
    );
    if lines.is_empty() {
        lines.push(Cell::new("GitLab too keeps apart who asks and who approves", Role::SeverityOk));
    }
    vec![Block::Title(Cell::dim("what GitLab itself lets pass")), Block::Lines(lines)]
}

fn weak(guard: &ExceptionGuard) -> Vec<Cell> {
    let weaknesses = guard.weaknesses.as_deref().unwrap_or_default();
    let told = weaknesses.iter().map(|weakness| {
        Cell::new(weakness.what(), Role::SeverityWarning)
            .and(format!("; {}", weakness.cure()), Role::TextDim)
    });
    told.chain(guard.self_merged.iter().flat_map(self_merged)).collect()
}

fn self_merged(one: &Merged) -> Vec<Cell> {
    history::merged(one)
}
