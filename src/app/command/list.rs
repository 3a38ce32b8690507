//! Commands of a table: moving, filtering, ordering, marking.

use super::{Command, Disabled, always, no_arguments};
use crate::app::modal::{Modal, Pick, Picker, Subject};
use crate::app::{App, Effect, filter, list};
use crate::domain::Timestamp;
use crate::pane::lens::column;
use crate::pane::query::Query;

/// The commands.
#[rustfmt::skip] // One command a block: they are read as a table.
pub(super) static ALL: &[Command] = &[
    Command { name: "list.up", scope: "list", doc: "one row up",
        arguments: no_arguments, enabled: always, run: |app, _, _| step(app, -1) },
    Command { name: "list.down", scope: "list", doc: "one row down",
        arguments: no_arguments, enabled: always, run: |app, _, _| step(app, 1) },
    Command { name: "list.page_up", scope: "list", doc: "one page up",
        arguments: no_arguments, enabled: always, run: |app, _, _| { let page = page(app); step(app, -page) } },
    Command { name: "list.page_down", scope: "list", doc: "one page down",
        arguments: no_arguments, enabled: always, run: |app, _, _| { let page = page(app); step(app, page) } },
    Command { name: "list.half_up", scope: "list", doc: "half a page up",
        arguments: no_arguments, enabled: always, run: |app, _, _| { let page = page(app); step(app, -page / 2) } },
    Command { name: "list.half_down", scope: "list", doc: "half a page down",
        arguments: no_arguments, enabled: always, run: |app, _, _| { let page = page(app); step(app, page / 2) } },
    Command { name: "list.top", scope: "list", doc: "the first row",
        arguments: no_arguments, enabled: always, run: |app, _, _| step(app, isize::MIN) },
    Command { name: "list.bottom", scope: "list", doc: "the last row",
        arguments: no_arguments, enabled: always, run: |app, _, _| { app.ui.table_mut().go_to(usize::MAX); Vec::new() } },
    Command { name: "list.left", scope: "list", doc: "columns to the left",
        arguments: no_arguments, enabled: always, run: |app, _, _| scroll(app, -1) },
    Command { name: "list.right", scope: "list", doc: "columns to the right",
        arguments: no_arguments, enabled: always, run: |app, _, _| scroll(app, 1) },
    Command { name: "list.filter", scope: "list", doc: "narrow the rows: words, or terms such as status:pending age>10m !ref:main",
        arguments: no_arguments, enabled: always, run: |app, text, now| type_filter(app, text, now) },
    Command { name: "list.filter_clear", scope: "list", doc: "show every row again",
        arguments: no_arguments, enabled: |app| match app.ui.table() {
            Some(table) if !table.filter.is_empty() => Ok(()),
            _ => Disabled::because("no filter is in force") },
        run: |app, _, now| clear_filter(app, now) },
    Command { name: "list.sort", scope: "list", doc: "order the rows by another column",
        arguments: |app| app.ui.place().lens.columns().iter().map(|column| column.name.to_owned()).collect(),
        enabled: always, run: sort },
    Command { name: "list.sort_reverse", scope: "list", doc: "turn the order round",
        arguments: no_arguments, enabled: always, run: |app, _, now| reverse(app, now) },
    Command { name: "list.columns", scope: "list", doc: "choose the columns",
        arguments: no_arguments, enabled: always, run: |app, _, _| pick_columns(app) },
    Command { name: "list.group", scope: "list", doc: "put rows together by pipeline, project, tier, or not at all",
        arguments: no_arguments, enabled: |app| if app.ui.place().lens.groupings().is_empty() {
            Disabled::because("these rows have nothing to be grouped by") } else { Ok(()) },
        run: |app, _, now| group(app, now) },
    Command { name: "list.wide", scope: "list", doc: "every column, or the usual ones",
        arguments: no_arguments, enabled: always, run: |app, _, _| widen(app) },
    Command { name: "list.mark", scope: "list", doc: "mark the row, or take its mark away",
        arguments: no_arguments, enabled: always, run: |app, _, _| { app.ui.table_mut().toggle_mark(); step(app, 1) } },
    Command { name: "list.mark_all", scope: "list", doc: "mark every row that the filter shows",
        arguments: no_arguments, enabled: always, run: |app, _, _| mark_all(app) },
    Command { name: "list.unmark_all", scope: "list", doc: "take every mark away",
        arguments: no_arguments, enabled: always, run: |app, _, _| { app.ui.table_mut().marks.clear(); Vec::new() } },
];

fn page(app: &App) -> isize {
    let rows = app.ui.drawn.table.map_or(20, |drawn| drawn.rows);
    isize::try_from(rows.saturating_sub(1).max(1)).unwrap_or(20)
}

fn step(app: &mut App, rows: isize) -> Vec<Effect> {
    app.ui.table_mut().step(rows);
    app.ui.detail.top = 0;
    Vec::new()
}

fn scroll(app: &mut App, columns: isize) -> Vec<Effect> {
    let shown = app.ui.table().map_or(0, |table| table.shown_columns(app.shown()).len());
    let most = shown.saturating_sub(1);
    let table = app.ui.table_mut();
    table.scrolled = table.scrolled.saturating_add_signed(columns).min(most);
    Vec::new()
}

fn type_filter(app: &mut App, text: &str, now: Timestamp) -> Vec<Effect> {
    filter::open(app);
    if text.is_empty() { Vec::new() } else { filter::put(app, text, now) }
}

/// Takes the filter away.
pub(super) fn clear_filter(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let mut effects = filter::set(app, String::new(), Query::default(), now);
    effects.push(keep(app));
    effects
}

/// Remembers how the table is now.
pub(super) fn keep(app: &mut App) -> Effect {
    app.ui.remember();
    Effect::Keep(Box::new(app.ui.memory.clone()))
}

/// Orders by the column named, or offers all.
fn sort(app: &mut App, name: &str, now: Timestamp) -> Vec<Effect> {
    let lens = app.ui.place().lens;
    if let Some(column) = column(lens, name) {
        let table = app.ui.table_mut();
        table.sort = column.name;
        let mut effects = list::relist(app, now);
        effects.push(keep(app));
        return effects;
    }
    let current = app.ui.table_mut().sort;
    let options = options(app, |column| column == current);
    let chosen = options.iter().position(|option| option.is_on).unwrap_or(0);
    let subject = Subject::Sort(lens);
    app.ui.modals.push(Modal::Picker(Picker { subject, title: "order by", options, chosen }));
    Vec::new()
}

fn options(app: &App, is_on: impl Fn(&str) -> bool) -> Vec<Pick> {
    let columns = app.ui.place().lens.columns().iter();
    columns
        .map(|column| Pick {
            name: column.name.to_owned(),
            doc: column.doc.to_owned(),
            is_on: is_on(column.name),
        })
        .collect()
}

fn reverse(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let table = app.ui.table_mut();
    table.direction = table.direction.reversed();
    let mut effects = list::relist(app, now);
    effects.push(keep(app));
    effects
}

fn pick_columns(app: &mut App) -> Vec<Effect> {
    let shown = app.ui.table().map_or_else(Vec::new, |table| table.shown_columns(app.shown()));
    let mut options = options(app, |name| shown.iter().any(|column| column.name == name));
    let drawn = &app.ui.drawn.titles.parts;
    let is_drawn = |name: &str| drawn.is_empty() || drawn.iter().any(|(.., title)| *title == name);
    for option in options.iter_mut().filter(|option| option.is_on && !is_drawn(&option.name)) {
        option.doc = format!("no room at this width: {}", option.doc);
    }
    let subject = Subject::Columns(app.ui.place().lens);
    app.ui.modals.push(Modal::Picker(Picker { subject, title: "columns", options, chosen: 0 }));
    Vec::new()
}

/// Through the groupings, then none.
fn group(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let table = app.ui.table_mut();
    let next = table.grouping.map_or(0, |place| place + 1);
    table.grouping = (next < table.lens.groupings().len()).then_some(next);
    let mut effects = list::relist(app, now);
    effects.push(keep(app));
    effects
}

fn widen(app: &mut App) -> Vec<Effect> {
    let table = app.ui.table_mut();
    table.is_wide = !table.is_wide;
    table.scrolled = 0;
    vec![keep(app)]
}

fn mark_all(app: &mut App) -> Vec<Effect> {
    let table = app.ui.table_mut();
    table.marks.extend(table.listing.ids().cloned());
    Vec::new()
}
