//! Commands of the detail beside a table, or on the whole screen.

use super::{Command, always, no_arguments};
use crate::app::{App, Effect};

/// The commands.
#[rustfmt::skip] // One command a block: they are read as a table.
pub(super) static ALL: &[Command] = &[
    Command { name: "detail.toggle", scope: "list", doc: "show or hide the detail beside the table",
        arguments: no_arguments, enabled: always, run: |app, _, _| {
            app.ui.memory.hides_detail = !app.ui.memory.hides_detail;
            vec![Effect::Keep(Box::new(app.ui.memory.clone()))]
        } },
    Command { name: "detail.scroll_down", scope: "detail", doc: "the detail, further down",
        arguments: no_arguments, enabled: always, run: |app, _, _| scroll(app, 1) },
    Command { name: "detail.scroll_up", scope: "detail", doc: "the detail, further up",
        arguments: no_arguments, enabled: always, run: |app, _, _| scroll(app, -1) },
    Command { name: "detail.page_down", scope: "detail", doc: "the detail, a page down",
        arguments: no_arguments, enabled: always, run: |app, _, _| { let page = page(app); scroll(app, page) } },
    Command { name: "detail.page_up", scope: "detail", doc: "the detail, a page up",
        arguments: no_arguments, enabled: always, run: |app, _, _| { let page = page(app); scroll(app, -page) } },
];

fn page(app: &App) -> isize {
    isize::try_from(app.ui.drawn.page.saturating_sub(1).max(1)).unwrap_or(10)
}

fn scroll(app: &mut App, lines: isize) -> Vec<Effect> {
    app.ui.detail.top = app.ui.detail.top.saturating_add_signed(lines);
    Vec::new()
}
