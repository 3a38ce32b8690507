//! `cargo bench --bench key_to_frame`: 100,000 jobs in the pane, a filter on: a key to the painted frame, and what the
//! worker needs for a filter.

use anyhow::{Context, Result};
use watchfloor::app::{ListRequest, Msg, start};
use watchfloor::domain::{Change, Entity, JobId};
use watchfloor::keymap::{Chord, Key};
use watchfloor::pane::lens::Cx;
use watchfloor::runtime::Clock;
use watchfloor::state::Changes;

mod stage;

use stage::desk::{Desk, asked, build};
use stage::figures::{Table, Times};
use stage::queue::{JOBS, Queue, tiers};

/// How often each key is pressed.
const PRESSES: usize = 300;
/// How often each filter is asked for.
const QUESTIONS: usize = 20;

fn main() -> Result<()> {
    let now = Clock::wall().now();
    let queue = Queue::at(now);
    let mut desk = Desk::new(tiers(), now)?;
    let mut whole = Times::default();
    let updates = queue.updates();
    whole.of(|| desk.tell(Msg::News(updates)))?;
    let first = asked(start(&mut desk.app, now));
    desk.settle(first)?;
    let request = desk.tell(Msg::Key(Chord::of(Key::Char('2'))))?;
    desk.settle(request)?;
    desk.type_all("/!status:manual")?;
    let request = desk.tell(Msg::Key(Chord::of(Key::Enter)))?;
    desk.settle(request)?;
    let title = format!("Key to frame: {} of {JOBS} jobs in the pane, 200×50", desk.rows());
    let table = Table::titled(&title)?;
    keys(&mut desk, &table)?;
    typing(&mut desk, &table)?;
    filters(&mut desk, &table)?;
    news(&mut desk, &queue, &table)?;
    table.times("100,000 jobs taken in at once, and a frame", &whole, "")?;
    Ok(())
}

/// Keys that move the cursor.
fn keys(desk: &mut Desk, table: &Table) -> Result<()> {
    let moves = [
        ("one row down", Key::Char('j')),
        ("a page down", Key::PageDown),
        ("to the end", Key::End),
        ("one row up", Key::Up),
        ("a page up", Key::PageUp),
        ("to the top", Key::Home),
    ];
    let mut all = Times::default();
    for (what, key) in moves {
        let mut times = Times::default();
        for _ in 0..PRESSES {
            let asked = times.of(|| desk.tell(Msg::Key(Chord::of(key))))?;
            desk.settle(asked)?;
        }
        table.times(what, &times, "p99 ≤ 5 ms")?;
        all.extend(&times);
    }
    table.times("every move", &all, "p99 ≤ 5 ms").context("the table cannot be printed")
}

/// Characters of a filter: until the frame with the character, and from the worker's answer to the frame with the rows.
fn typing(desk: &mut Desk, table: &Table) -> Result<()> {
    let (mut keys, mut answers) = (Times::default(), Times::default());
    let request = desk.tell(Msg::Key(Chord::of(Key::Char('/'))))?;
    desk.settle(request)?;
    for _ in 0..5 {
        let text = " tier:protected unit";
        let typed = text.chars().map(Key::Char);
        let erased = std::iter::repeat_n(Key::Backspace, text.len());
        for key in typed.chain(erased) {
            let request = keys.of(|| desk.tell(Msg::Key(Chord::of(key))))?;
            let Some(request) = request else { continue };
            let (ticket, listing) = (request.ticket, build(&request, desk.now)?);
            drop(request);
            answers.of(|| desk.tell(Msg::Listed { ticket, listing }))?;
        }
    }
    let request = desk.tell(Msg::Key(Chord::of(Key::Esc)))?;
    desk.settle(request)?;
    table.times("a character of a filter", &keys, "p99 ≤ 5 ms")?;
    table.times("the worker's answer to the frame with it", &answers, "p99 ≤ 5 ms")?;
    Ok(())
}

/// What the worker needs for a filter. The bar is for the whole answer; the loop never waits for it.
fn filters(desk: &mut Desk, table: &Table) -> Result<()> {
    let filters = [
        "",
        "tier:protected",
        "status:pending",
        "project:payments",
        "!ref:main waits>10m",
        "integration",
        "tier:protected untst",
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
        let what = format!("filter `{filter}`, {rows} rows");
        table.times(&what, &times, "≤ 60 ms")?;
    }
    Ok(())
}

/// A hundred changes: mended in place alone, and all that the loop does with them until the frame.
fn news(desk: &mut Desk, queue: &Queue, table: &Table) -> Result<()> {
    let (mut mends, mut frames) = (Times::default(), Times::default());
    for turn in 0..100 {
        let news = queue.news(100, turn);
        let request = frames.of(|| desk.tell(Msg::News(vec![news.clone()])))?;
        desk.settle(request)?;
        let mut changes = Changes::default();
        changes.jobs.extend(ids(&news.change));
        let question = desk.app.ui.table_mut().question();
        let mut listing = desk.app.ui.table_mut().listing.clone();
        let cx = Cx { state: &desk.app.state, now: desk.now };
        mends.of(|| listing.mend(&cx, &question, &changes));
    }
    table.times("100 changes: the listing mended", &mends, "")?;
    table.times("100 changes: news to the frame", &frames, "")?;
    Ok(())
}

fn ids(change: &Change) -> impl Iterator<Item = JobId> {
    let entities: &[Entity] = match change {
        Change::Upsert(entities) => entities,
        _ => &[],
    };
    entities.iter().filter_map(|entity| match entity {
        Entity::Job(job) => Some(job.id),
        _ => None,
    })
}
