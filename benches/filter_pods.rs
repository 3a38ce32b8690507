//! `cargo bench --bench filter_pods`: 10,000 pods in the pane: a key to the painted frame, what the worker needs for a
//! filter, and a hundred changes.

use anyhow::Result;
use watchfloor::app::{ListRequest, Msg, start};
use watchfloor::keymap::{Chord, Key};
use watchfloor::runtime::Clock;

mod stage;

use stage::desk::{Desk, asked, build};
use stage::figures::{Table, Times};
use stage::pods::{NODES, PODS, news, tiers, updates};

/// How often the filter is typed and erased.
const TURNS: usize = 25;
/// How often each filter is asked for.
const QUESTIONS: usize = 50;

fn main() -> Result<()> {
    let now = Clock::wall().now();
    let mut desk = Desk::new(tiers(), now)?;
    let mut whole = Times::default();
    whole.of(|| desk.tell(Msg::News(updates(now))))?;
    let first = asked(start(&mut desk.app, now));
    desk.settle(first)?;
    for key in [Key::Char('3'), Key::Tab] {
        let request = desk.tell(Msg::Key(Chord::of(key)))?;
        desk.settle(request)?;
    }
    let rows = desk.rows();
    let table = Table::titled(&format!(
        "Filter: {rows} of {PODS} pods in the pane, {NODES} nodes, 200×50"
    ))?;
    moves(&mut desk, &table)?;
    typing(&mut desk, &table)?;
    filters(&mut desk, &table)?;
    changes(&mut desk, &table)?;
    table.times("10,000 pods taken in at once, and a frame", &whole, "")?;
    Ok(())
}

/// Keys that move the cursor.
fn moves(desk: &mut Desk, table: &Table) -> Result<()> {
    let mut times = Times::default();
    let keys = [Key::Char('j'), Key::PageDown, Key::End, Key::Up, Key::PageUp, Key::Home];
    for key in keys.iter().cycle().take(keys.len() * 100) {
        let request = times.of(|| desk.tell(Msg::Key(Chord::of(*key))))?;
        desk.settle(request)?;
    }
    Ok(table.times("a key that moves, to its frame", &times, "p99 ≤ 5 ms")?)
}

/// Characters of a filter: to the frame with the character, the worker's answer, and the frame with the rows.
fn typing(desk: &mut Desk, table: &Table) -> Result<()> {
    let (mut keys, mut work, mut frames) = (Times::default(), Times::default(), Times::default());
    let request = desk.tell(Msg::Key(Chord::of(Key::Char('/'))))?;
    desk.settle(request)?;
    for _ in 0..TURNS {
        let text = "tier:protected state:running age>5m 64-1";
        let typed = text.chars().map(Key::Char);
        let erased = std::iter::repeat_n(Key::Backspace, text.len());
        for key in typed.chain(erased) {
            let request = keys.of(|| desk.tell(Msg::Key(Chord::of(key))))?;
            let Some(request) = request else { continue };
            let ticket = request.ticket;
            let listing = work.of(|| build(&request, desk.now))?;
            drop(request);
            frames.of(|| desk.tell(Msg::Listed { ticket, listing }))?;
        }
    }
    let request = desk.tell(Msg::Key(Chord::of(Key::Esc)))?;
    desk.settle(request)?;
    table.times("a character of a filter, to its frame", &keys, "p99 ≤ 5 ms")?;
    table.times("the worker's answer to a character", &work, "≤ 60 ms")?;
    table.times("the worker's answer to the frame with it", &frames, "p99 ≤ 5 ms")?;
    Ok(())
}

/// What the worker needs for a filter.
fn filters(desk: &mut Desk, table: &Table) -> Result<()> {
    let filters = [
        "",
        "tier:protected",
        "state:unplaced",
        "node:ip-10-64-1",
        "reason:insufficient",
        "cpu>2 age<20m",
        "concurrent",
        "tier:protected rnprojct",
    ];
    for filter in filters {
        let mut question = desk.app.ui.table_mut().question();
        question.query = watchfloor::pane::query::parse(filter, question.lens.fields())
            .map_err(|fault| anyhow::anyhow!("{filter}: {fault:?}"))?;
        let request = ListRequest { ticket: 0, question, state: desk.app.state.clone(), at: None };
        let mut times = Times::default();
        let mut rows = 0;
        for _ in 0..QUESTIONS {
            rows = times.of(|| build(&request, desk.now))?.len();
        }
        table.times(&format!("filter `{filter}`, {rows} rows"), &times, "≤ 60 ms")?;
    }
    Ok(())
}

/// A hundred changes at once, from the news to the frame.
fn changes(desk: &mut Desk, table: &Table) -> Result<()> {
    let mut times = Times::default();
    for turn in 0..100 {
        let news = news(100, turn, desk.now);
        let request = times.of(|| desk.tell(Msg::News(vec![news])))?;
        desk.settle(request)?;
    }
    Ok(table.times("100 changes of pods: news to the frame", &times, "")?)
}
