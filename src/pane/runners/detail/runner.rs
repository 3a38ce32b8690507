//! One runner and the managers behind it.

use super::{Facts, confirmed, fact};
use crate::domain::{Runner, RunnerId, RunnerManager};
use crate::pane::block::{Align, Block, Cell, Heading};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::pane::runners::{fleet, words};
use crate::theme::Role;

pub(super) fn blocks(cx: &Cx<'_>, id: RunnerId) -> Option<Vec<Block>> {
    let row = cx.state.runners().row(id)?;
    let runner = &*row.value;
    let mut facts = facts(cx, runner);
    facts.extend(confirmed(cx, row));
    let mut blocks = vec![
        Block::Title(Cell::new(runner.description.as_str(), Role::TextStrong)),
        Block::Facts(facts),
    ];
    if !runner.managers.is_empty() {
        let least = if runner.managers_complete { "" } else { ", at least these" };
        blocks.push(Block::Title(Cell::dim(format!("managers{least}"))));
        blocks.push(managers(cx, &runner.managers));
    }
    Some(blocks)
}

fn facts(cx: &Cx<'_>, runner: &Runner) -> Facts {
    let count = |n: Option<u64>| n.map_or_else(Cell::dot, |n| Cell::plain(n.to_string()));
    let yes = |truth: bool| Cell::plain(if truth { "yes" } else { "no" });
    vec![
        fact("status", fleet::status(cx, runner)),
        fact("tier", words::tier(cx, runner.tier)),
        fact("kind", Cell::plain(runner.kind.as_str())),
        fact("jobs on it", count(runner.running)),
        fact("at once at most", count(runner.limit)),
        fact("contact", fleet::contact(cx, runner, Role::Text)),
        fact("tags", Cell::plain(runner.tags.join(" "))),
        fact("protected refs alone", yes(runner.protected)),
        fact("takes untagged jobs", yes(runner.run_untagged)),
        fact("locked", yes(runner.locked)),
        fact("version", cells::text(runner.version.as_ref(), Role::Text)),
        fact("runner id", Cell::dim(runner.id.to_string())),
    ]
}

fn managers(cx: &Cx<'_>, managers: &[RunnerManager]) -> Block {
    let headings = vec![
        Heading::new("manager", 22, Align::Left),
        Heading::new("status", 16, Align::Left),
        Heading::new("contact", 8, Align::Right),
        Heading::new("version", 12, Align::Left),
    ];
    let line = |manager: &RunnerManager| {
        vec![
            Cell::plain(manager.system_id.as_str()),
            fleet::word(&manager.status),
            cells::since(manager.contacted_at, cx.now, Role::Text),
            cells::text(manager.version.as_ref(), Role::TextDim),
        ]
    };
    Block::Grid(headings, managers.iter().map(line).collect())
}
