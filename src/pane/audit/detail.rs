//! One act in full: what was asked, what was sent, what came of it, and its place in the chain.

use super::outcome;
use crate::domain::time::{exact_seconds_between, instant_utc, seconds_between, span};
use crate::domain::{Deed, Text};
use crate::pane::block::{Block, Cell};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::state::Row;
use crate::theme::Role;

/// Seconds for which an act without an outcome is taken to be under way: the longest that a request is waited for.
const UNDER_WAY: i64 = 120;

/// One act in full.
pub(super) fn blocks(cx: &Cx<'_>, row: &Row<Deed>) -> Vec<Block> {
    let deed = &row.value;
    let title = Cell::new(deed.act.as_str(), Role::TextStrong)
        .and(" of ", Role::TextDim)
        .and(deed.target.as_str(), Role::TextStrong);
    let mut blocks = vec![Block::Title(title), Block::Facts(asked(deed))];
    if !deed.settings.is_empty() {
        blocks.push(Block::Title(Cell::dim("chosen")));
        let pair = |(name, value): &(Text, Text)| (name.to_string(), Cell::plain(value.as_str()));
        blocks.push(Block::Facts(deed.settings.iter().map(pair).collect()));
    }
    blocks.push(Block::Title(Cell::dim("what came of it")));
    blocks.extend(came(cx, deed));
    blocks.push(Block::Title(Cell::dim("record")));
    blocks.push(Block::Lines(record(deed)));
    blocks
}

fn asked(deed: &Deed) -> Vec<(String, Cell)> {
    let actor = &deed.actor;
    let reason = deed.reason.as_ref();
    vec![
        ("when".to_owned(), Cell::plain(instant_utc(deed.at))),
        ("who".to_owned(), Cell::plain(format!("{} on {}", actor.user, actor.platform))),
        ("on".to_owned(), Cell::plain(format!("{}@{}", actor.os_user, actor.host))),
        ("why".to_owned(), cells::text(reason, Role::Text)),
        ("sent".to_owned(), Cell::plain(format!("{} {}", deed.wire.method, deed.wire.url))),
    ]
}

fn came(cx: &Cx<'_>, deed: &Deed) -> Vec<Block> {
    let Some((at, ended)) = &deed.outcome else {
        let age = seconds_between(deed.at, cx.now);
        let words = if age < UNDER_WAY {
            "it is under way".to_owned()
        } else {
            format!("it was left open {} ago: the program ended before it knew", span(age))
        };
        return vec![Block::Lines(vec![
            outcome(deed).and(format!("   {words}"), Role::Text),
            Cell::dim("look at its target before it is asked for again: it may have happened"),
        ])];
    };
    let took = exact_seconds_between(deed.at, *at);
    let status = ended.status.map_or_else(Cell::dot, |status| Cell::plain(status.to_string()));
    vec![Block::Facts(vec![
        ("outcome".to_owned(), outcome(deed)),
        ("status".to_owned(), status),
        ("words".to_owned(), cells::text(ended.message.as_ref(), Role::Text)),
        ("known".to_owned(), Cell::plain(format!("{}, after {took:.1} s", instant_utc(*at)))),
    ])]
}

fn record(deed: &Deed) -> Vec<Cell> {
    vec![
        Cell::dim("number   ").and(deed.seq.to_string(), Role::Text),
        Cell::dim("hash     ").and(deed.hash.as_str(), Role::Text),
        Cell::dim("previous ").and(deed.previous.as_str(), Role::Text),
    ]
}
