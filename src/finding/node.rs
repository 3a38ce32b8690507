//! Rules about nodes: those that are not ready, and those that run short of something.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::capacity::{confirmed, count, evidence, few};
use super::{Rule, Scene};
use crate::domain::time::seconds_between;
use crate::domain::{EntityId, Finding, FindingId, Joined, Node, NodeId, Severity, SourceId, Text};

/// A node that joined less than this ago may still be on its way, seconds.
const YOUNG: i64 = 300;

/// Nodes are not ready, though they joined a while ago. Those of one group are one finding.
pub(super) fn not_ready(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let mut by_group: BTreeMap<EntityId, Vec<&Node>> = BTreeMap::new();
    let known = |id: NodeId| scene.state.nodes().get(id);
    let old = |node: &&Arc<Node>| seconds_between(node.created_at, scene.now) > YOUNG;
    for node in scene.state.not_ready_nodes().filter_map(known).filter(old) {
        let about = node.group.map_or(EntityId::Node(node.id), EntityId::NodeGroup);
        by_group.entry(about).or_default().push(node);
    }
    by_group.into_iter().filter_map(|(about, nodes)| of_group(rule, scene, about, &nodes)).collect()
}

fn of_group(rule: &Rule, scene: &Scene<'_>, about: EntityId, nodes: &[&Node]) -> Option<Finding> {
    let first = nodes.first()?;
    let at = confirmed(scene, SourceId::NODES, &first.cluster)?;
    let names: Vec<&str> = nodes.iter().map(|node| &*node.name).collect();
    let all = first.group.map(|group| scene.state.group_counts(group));
    let none_works = all.is_some_and(|all| all.ready == 0);
    let of = all.map_or_else(String::new, |all| format!(" of {}", all.nodes));
    let group = first.group_name.as_deref().unwrap_or("no group");
    let reason = first.not_ready_reason.as_deref().unwrap_or("no reason was told");
    Some(Finding {
        id: FindingId { code: rule.code, about },
        severity: if none_works { Severity::High } else { Severity::Medium },
        title: Text::new(&format!("{}{of} nodes of {group} are not ready", nodes.len())),
        evidence: vec![
            evidence("node.ready", &few(&names, nodes.len()), at),
            evidence("node.reason", reason, at),
        ],
        next_step: Text::new("open the node: its pressures and taints tell why it takes no pods"),
        since: None,
        count: count(nodes.len()),
        joined: Joined::default(),
    })
}

/// Nodes are short of something, and their kubelets push pods out. Those of one group are one finding.
pub(super) fn pressed(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let mut by_group: BTreeMap<EntityId, Vec<&Node>> = BTreeMap::new();
    let known = |id: NodeId| scene.state.nodes().get(id);
    for node in scene.state.pressed_nodes().filter_map(known) {
        let about = node.group.map_or(EntityId::Node(node.id), EntityId::NodeGroup);
        by_group.entry(about).or_default().push(node);
    }
    let judge = |(about, nodes): (EntityId, Vec<&Node>)| {
        let first = *nodes.first()?;
        let at = confirmed(scene, SourceId::NODES, &first.cluster)?;
        let names: Vec<String> = nodes
            .iter()
            .map(|node| format!("{} {}", node.name, node.pressures.join(" ")))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let group = first.group_name.as_deref().unwrap_or("no group");
        Some(Finding {
            id: FindingId { code: rule.code, about },
            severity: Severity::Medium,
            title: Text::new(&format!(
                "{} of {group} under pressure: {}",
                if nodes.len() == 1 {
                    "1 node".to_owned()
                } else {
                    format!("{} nodes", nodes.len())
                },
                first.pressures.join(", ")
            )),
            evidence: vec![evidence("node.conditions", &few(&names, nodes.len()), at)],
            next_step: Text::new(
                "look at the pods of the node: the kubelet pushes out those that use more than they asked for",
            ),
            since: None,
            count: count(nodes.len()),
            joined: Joined::default(),
        })
    };
    by_group.into_iter().filter_map(judge).collect()
}
