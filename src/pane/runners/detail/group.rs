//! One node group: its size, its issues, what it did last, the nodes that it is making.

use super::{Facts, confirmed, fact, section};
use crate::domain::time::{coarse, seconds_between};
use crate::domain::{NodeClaim, NodeGroup, NodeGroupId, Text, Timestamp};
use crate::pane::block::{Block, Cell, Mark};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::pane::runners::{figures, groups, words};
use crate::theme::Role;

pub(super) fn blocks(cx: &Cx<'_>, id: NodeGroupId) -> Option<Vec<Block>> {
    let row = cx.state.nodegroups().row(id)?;
    let group = &*row.value;
    let mut facts = facts(cx, group);
    facts.extend(confirmed(cx, row));
    let mut blocks =
        vec![Block::Title(Cell::new(group.name.as_str(), Role::TextStrong)), Block::Facts(facts)];
    blocks.extend(section("issues", Role::SeverityBad, issues(group)));
    blocks.extend(section("limits", Role::TextDim, limits(group)));
    let claims = cx.state.claims_of_group(id).filter_map(|id| cx.state.node_claims().get(id));
    let claims = claims.map(|claim| claim_line(cx, claim)).collect();
    blocks.extend(section("nodes that Karpenter makes", Role::TextDim, claims));
    let activities = activities(group);
    if !activities.is_empty() {
        blocks.push(Block::Title(Cell::dim("what its Auto Scaling group did last")));
        blocks.push(Block::Timeline(activities));
    }
    Some(blocks)
}

fn facts(cx: &Cx<'_>, group: &NodeGroup) -> Facts {
    vec![
        fact("status", groups::status(cx, group)),
        fact("kind", Cell::plain(group.kind.as_str())),
        fact("tier", words::tier(cx, group.tier)),
        fact("cluster", Cell::plain(group.cluster.as_str())),
        fact("nodes ready", groups::nodes(cx, group)),
        fact("min/wanted/max", figures::group_known(cx, group).tell(groups::size(group))),
        fact("types", Cell::plain(group.instance_types.join(" "))),
        fact("capacity", cells::text(group.capacity_type.as_ref(), Role::Text)),
        fact("version", cells::text(group.version.as_ref(), Role::Text)),
    ]
}

fn issues(group: &NodeGroup) -> Vec<Cell> {
    let lines = |issue: &crate::domain::NodeGroupIssue| {
        let head = Cell::mark(Mark::Bad, Role::SeverityBad)
            .and(format!(" {}", issue.code), Role::SeverityBad);
        let words = Cell::plain(format!("  {}", issue.message));
        let of = Cell::dim(format!("  {}", issue.resources.join(" ")));
        [Some(head), Some(words), (!issue.resources.is_empty()).then_some(of)]
    };
    group.issues.iter().flat_map(lines).flatten().collect()
}

fn limits(group: &NodeGroup) -> Vec<Cell> {
    let line = |(resource, used, limit): &(Text, Option<Text>, Text)| {
        let used = used.as_ref().map_or("?", Text::as_str);
        Cell::dim(format!("{resource}  ")).and(format!("{used} of {limit}"), Role::Text)
    };
    group.limits.iter().map(line).collect()
}

fn claim_line(cx: &Cx<'_>, claim: &NodeClaim) -> Cell {
    let age = coarse(seconds_between(claim.created_at, cx.now));
    let is_done = &*claim.state == "Ready";
    let role = if is_done { Role::SeverityOk } else { Role::SeverityWarning };
    let words = [&claim.reason, &claim.message].into_iter().flatten();
    let words: Vec<&str> = words.map(Text::as_str).collect();
    let node = claim.node.as_ref().map_or("", |node| words::short_node(node));
    Cell::new(claim.state.as_str(), role)
        .and(format!("  {}", claim.name), Role::Text)
        .and(format!("  {node}  {age}  {}", words.join(": ")), Role::TextDim)
}

/// Oldest first, as time runs.
fn activities(group: &NodeGroup) -> Vec<(Timestamp, Cell)> {
    let mut activities: Vec<(Timestamp, Cell)> = group
        .activities
        .iter()
        .flat_map(|all| all.iter())
        .map(|activity| {
            let failed = &*activity.status == "Failed";
            let role = if failed { Role::SeverityBad } else { Role::TextDim };
            let cell = Cell::new(activity.status.as_str(), role)
                .and(format!("  {}", activity.description), Role::Text);
            let why = activity.message.as_ref().map_or_else(String::new, |m| format!("  {m}"));
            (activity.at, cell.and(why, role))
        })
        .collect();
    activities.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    activities
}
