//! What stands above everything while the console looks back.

use crate::app::{App, then};
use crate::domain::Timestamp;
use crate::pane::block::{Block, Cell};
use crate::theme::Role;

/// That this is the past, which instant of it, and what is not known of then; `None` in the present.
pub(super) fn block(app: &App, now: Timestamp) -> Option<Block> {
    let then = app.ui.paused.as_ref()?.then.as_ref()?;
    let mut lines = then::told(then, now).into_iter();
    let first = lines.next()?;
    let first = Cell::new(format!(" {first} "), Role::HeaderModePaused)
        .and("  , earlier  . later  :at back to the present", Role::TextDim);
    let others = lines.map(|line| Cell::new(format!(" {line}"), Role::NoticeWarning));
    Some(Block::Lines(std::iter::once(first).chain(others).collect()))
}
