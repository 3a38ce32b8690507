//! How a record came to say what it says: what changed it, who asked, who approved, who merged.

use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{Approval, Chapter, Filed, Merged, RecordCommit, RecordHistory};
use crate::pane::block::{Block, Cell, Mark};
use crate::pane::lens::Cx;
use crate::theme::Role;

/// The history; or why there is none.
pub(super) fn blocks(cx: &Cx<'_>, filed: &Filed) -> Vec<Block> {
    let heading = Block::Title(Cell::dim("how it came, the newest first"));
    let lines = match cx.state.history_of(filed.id) {
        None => vec![Cell::dim("enter reads its history and who approved it")],
        Some(RecordHistory::Asked) => vec![
            Cell::mark(Mark::Running, Role::TextDim).and(" reading its history…", Role::TextDim),
        ],
        Some(RecordHistory::Failed { why, hint, at }) => {
            let age = span(seconds_between(*at, cx.now).max(0));
            let told = Cell::mark(Mark::Bad, Role::SeverityBad)
                .and(format!(" its history could not be read {age} ago: {why}"), Role::SeverityBad);
            vec![told, Cell::dim(hint.as_str())]
        }
        Some(RecordHistory::Read(chronicle)) => {
            let mut all: Vec<Cell> = chronicle.chapters.iter().flat_map(chapter).collect();
            let age = span(seconds_between(chronicle.at, cx.now).max(0));
            let rest = if chronicle.is_whole { "" } else { "; there is more before that" };
            all.push(Cell::dim(format!("read {age} ago{rest}")));
            all
        }
    };
    vec![heading, Block::Lines(lines)]
}

/// What came in together.
fn chapter(chapter: &Chapter) -> Vec<Cell> {
    let mut lines = match &chapter.merged {
        Some(one) => merged(one),
        None if chapter.missing.is_some() => Vec::new(),
        None => vec![Cell::new("pushed without a merge request", Role::SeverityWarning)],
    };
    lines.extend(chapter.commits.iter().map(commit));
    let missing = chapter.missing.as_ref();
    lines
        .extend(missing.map(|why| Cell::new(format!("  not known: {why}"), Role::SeverityUnknown)));
    lines
}

fn commit(commit: &RecordCommit) -> Cell {
    let id: String = commit.id.chars().take(8).collect();
    let at = commit.at.map_or_else(String::new, |at| format!("  {}", instant_utc(at)));
    Cell::dim(format!("  {id}{at}  {}  {}", commit.author, commit.title))
}

/// A merge request, and who stands behind it.
pub(super) fn merged(one: &Merged) -> Vec<Cell> {
    let at = one.at.map_or_else(String::new, |at| format!(" {}", instant_utc(at)));
    let by = one.by.as_ref().map_or_else(|| "somebody".to_owned(), ToString::to_string);
    let head = Cell::plain(format!("!{} {}", one.iid, one.title));
    let asked = format!("  asked by {}, merged by {by}{at}", one.author);
    let asked = if one.is_by_its_author() {
        Cell::new(format!("{asked}: its own author"), Role::SeverityWarning)
    } else {
        Cell::plain(asked)
    };
    vec![head, asked, approved(one)]
}

fn approved(one: &Merged) -> Cell {
    let Some(given) = &one.approvals else {
        return Cell::new("  who approved it is not known", Role::SeverityUnknown);
    };
    if given.is_empty() {
        return Cell::new("  nobody approved it", Role::SeverityBad);
    }
    let told = |one: &Approval| {
        let at = one.at.map_or_else(String::new, |at| format!(" {}", instant_utc(at)));
        format!("{}{at}", one.by)
    };
    let words = given.iter().map(told).collect::<Vec<_>>().join(", ");
    let role = match one.is_approved_by_another() {
        Some(true) => Role::SeverityOk,
        _ => Role::SeverityBad,
    };
    Cell::new(format!("  approved by {words}"), role)
}
