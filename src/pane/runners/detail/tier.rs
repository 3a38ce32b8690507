//! One tier: its queue, its ceilings, how its pods come up, and what limits its namespace.

use super::{Facts, fact, section};
use crate::domain::{Stand, Text, Tier, TierIndex};
use crate::pane::block::{Align, Block, Cell, Heading, Mark};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::pane::pipelines;
use crate::pane::runners::{figures, words};
use crate::state::{Queue, Segment};
use crate::theme::Role;

pub(super) fn blocks(cx: &Cx<'_>, index: TierIndex) -> Option<Vec<Block>> {
    let tier = cx.state.tier(index)?;
    let mut blocks = vec![
        Block::Title(Cell::new(tier.name.as_str(), Role::TextStrong)),
        Block::Facts(facts(cx, index, tier)),
        Block::Title(Cell::dim("ceilings")),
        Block::Lines(ceilings(cx, index)),
        Block::Title(Cell::dim("pods")),
        stands(cx, index),
        Block::Title(Cell::dim("how long its pods take to come up, last hour")),
        latencies(cx, index),
    ];
    blocks.extend(section("quotas of its namespace", Role::TextDim, quotas(cx, tier)));
    Some(blocks)
}

fn facts(cx: &Cx<'_>, index: TierIndex, tier: &Tier) -> Facts {
    let queue = cx.state.queue(Some(index));
    let waiting = queue.map_or(0, |queue| u64::try_from(queue.waiting()).unwrap_or(u64::MAX));
    let egress = match cx.state.denies_egress(index) {
        Some(true) => {
            Cell::mark(Mark::Fine, Role::SeverityOk).and(" denied by default", Role::Text)
        }
        Some(false) if tier.pods.egress_policy_required => Cell::mark(Mark::Bad, Role::SeverityBad)
            .and(" open, though it must be denied", Role::SeverityBad),
        Some(false) => Cell::plain("open"),
        None => Cell::mark(Mark::Unknown, Role::SeverityUnknown),
    };
    let groups: Vec<String> = cx
        .state
        .groups_of_tier(index)
        .filter_map(|id| cx.state.nodegroups().get(id))
        .map(|group| group.name.to_string())
        .collect();
    vec![
        fact("jobs waiting", figures::jobs(cx, waiting)),
        fact("jobs running", figures::jobs(cx, queue.map_or(0, Queue::running))),
        fact("oldest waiting", figures::queue_known(cx).tell(pipelines::oldest_cell(cx, index))),
        fact("oldest without a node", figures::oldest(cx, index)),
        fact("tags", Cell::plain(tier.runner_tags.join(" "))),
        fact("protected", Cell::plain(if tier.protected { "yes" } else { "no" })),
        fact("cluster", cells::text(tier.pods.cluster.as_ref(), Role::Text)),
        fact("namespace", cells::text(tier.pods.namespace.as_ref(), Role::Text)),
        fact("node groups", Cell::plain(groups.join(" "))),
        fact("egress", egress),
        fact("service account", cells::text(tier.pods.service_account.as_ref(), Role::Text)),
        fact("AWS role", cells::text(tier.pods.aws_role.as_ref(), Role::Text)),
        fact("placing pods", figures::verdict(cx, index)),
    ]
}

fn ceilings(cx: &Cx<'_>, index: TierIndex) -> Vec<Cell> {
    let named = cx.state.ceilings(index).into_iter().zip(figures::ceilings(cx, index));
    let line = |(ceiling, cell): (crate::state::Ceiling, Cell)| {
        let mut cell = match (ceiling.used, ceiling.limit) {
            (Some(used), None) if ceiling.ratio.is_none() => {
                Cell::dim(format!("{used} in use, no limit is told"))
            }
            _ => cell,
        };
        let mut line = Cell::dim(format!("{:<22}", words::ceiling(ceiling.kind)));
        line.0.append(&mut cell.0);
        line
    };
    named.map(line).collect()
}

fn stands(cx: &Cx<'_>, index: TierIndex) -> Block {
    let fact_of = |stand: Stand| fact(stand.as_str(), figures::stand(cx, index, stand));
    Block::Facts(Stand::ALL.into_iter().map(fact_of).collect())
}

fn latencies(cx: &Cx<'_>, index: TierIndex) -> Block {
    let headings = vec![
        Heading::new("", 10, Align::Left),
        Heading::new("p50", 8, Align::Right),
        Heading::new("p95", 8, Align::Right),
        Heading::new("n", 7, Align::Right),
    ];
    let line = |segment: Segment| {
        let [p50, p95, n] = figures::latency(cx, index, segment);
        vec![Cell::dim(segment.as_str()), p50, p95, n]
    };
    Block::Grid(headings, Segment::ALL.into_iter().map(line).collect())
}

fn quotas(cx: &Cx<'_>, tier: &Tier) -> Vec<Cell> {
    let (Some(cluster), Some(namespace)) = (&tier.pods.cluster, &tier.pods.namespace) else {
        return Vec::new();
    };
    let quotas = cx.state.quotas().iter().map(|(_, row)| &row.value);
    let here = quotas.filter(|quota| quota.cluster == *cluster && quota.namespace == *namespace);
    here.flat_map(|quota| {
        quota.items.iter().map(|(resource, used, most): &(Text, Text, Text)| {
            let is_out = quota.exhausted.contains(resource);
            let role = if is_out { Role::SeverityBad } else { Role::Text };
            let mark = if is_out { Mark::Bad } else { Mark::Fine };
            Cell::mark(mark, role)
                .and(format!(" {resource}  {used} of {most}"), role)
                .and(format!("  {}", quota.name), Role::TextDim)
        })
    })
    .collect()
}
