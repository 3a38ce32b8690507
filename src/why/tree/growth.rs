//! Branches D2c2 to D2c5: whether the tier gets another node, and who would have to act for it.

use super::scaling::{Scaling, has_failed};
use super::unscheduled::Case;
use super::{age, evidence, placing};
use crate::domain::time::span;
use crate::domain::{EntityId, Evidence, NodeGroup, SourceId, Text, Timestamp};
use crate::why::grammar::autoscaler::Word;
use crate::why::leaf::Leaf;
use crate::why::walk::{Found, Walk};

/// What resolves when somebody acts: c3, c4, c5.
pub(super) fn on_action(walk: &mut Walk<'_, '_>, case: &Case<'_>) -> Option<Found> {
    let said = |word: &Word| match word {
        Word::AtLimit(words) => Some((Leaf::AtMaximum, words.clone())),
        Word::CannotLaunch(words) => Some((Leaf::CannotLaunch, words.clone())),
        _ => None,
    };
    let mut told: Vec<(Leaf, Text)> = case.scaling.words.iter().filter_map(said).collect();
    told.sort_unstable_by_key(|(leaf, _)| *leaf);
    if let Err(gap) = &case.scaling.groups {
        walk.open("D2c3", "can the tier's node groups grow?", *gap);
    }
    at_maximum(walk, case, &told)
        .or_else(|| cannot_launch(walk, case, &told))
        .or_else(|| not_ready(walk, case))
}

/// Branch c3.
fn at_maximum(walk: &mut Walk<'_, '_>, case: &Case<'_>, told: &[(Leaf, Text)]) -> Option<Found> {
    let scaling = &case.scaling;
    let spent: Vec<(&NodeGroup, String)> = scaling
        .known()
        .iter()
        .filter_map(|group| Some((*group, Scaling::spent(walk, group)?)))
        .collect();
    let all_spent =
        !spent.is_empty() && spent.len() == scaling.known().len() && !scaling.is_acting();
    let said = told.iter().find(|(leaf, _)| *leaf == Leaf::AtMaximum);
    if !all_spent && said.is_none() {
        let facts = walk.facts;
        walk.no("D2c3", "are the node groups at their maximum?", || {
            let seen = |group: &NodeGroup| facts.group_seen(group, case.scaling.tier?);
            let groups = scaling.known().iter().take(3);
            (String::new(), groups.map(|group| group_proof(seen(group), group)).collect())
        });
        return None;
    }
    let seen =
        |group: &NodeGroup| case.pod.tier.and_then(|tier| walk.facts.group_seen(group, tier));
    let proofs: Vec<Evidence> =
        spent.iter().map(|(group, _)| group_proof(seen(group), group)).collect();
    walk.yes("D2c3", "are the node groups at their maximum?", || (String::new(), proofs));
    let Some((group, title)) = spent.into_iter().next() else {
        let words = said.map(|(_, words)| words.to_string()).unwrap_or_default();
        let title = format!("the autoscaler may make no more nodes: {words}");
        return Some(Found::certain(Leaf::AtMaximum, title));
    };
    let next = format!("raise the maximum of {}, or wait for running jobs to end", group.name);
    Some(Found::certain(Leaf::AtMaximum, title).of(EntityId::NodeGroup(group.id)).next(next))
}

/// Branch c4.
fn cannot_launch(walk: &mut Walk<'_, '_>, case: &Case<'_>, told: &[(Leaf, Text)]) -> Option<Found> {
    let issue = case.scaling.known().iter().find_map(|group| {
        let issue = group.issues.iter().find(|issue| &*issue.code != "NodeCreationFailure")?;
        Some((*group, format!("{}: {}", issue.code, issue.message)))
    });
    let failed = || {
        let (_, stuck) = case.scaling.claims(walk);
        let claim = stuck.into_iter().find(|claim| has_failed(claim))?;
        let group = case.scaling.known().iter().find(|group| group.id == claim.group)?;
        let words = claim.message.as_ref().or(claim.reason.as_ref()).map_or("", |words| words);
        Some((*group, format!("claim {}: {words}", claim.name)))
    };
    let launch = || {
        case.scaling.known().iter().find_map(|group| {
            let newest = group.activities.as_ref()?.first()?;
            let message = newest.message.as_ref().filter(|_| &*newest.status == "Failed")?;
            Some((*group, format!("Auto Scaling: {message}")))
        })
    };
    let of_group = issue.or_else(failed).or_else(launch);
    let said = told.iter().find(|(leaf, _)| *leaf == Leaf::CannotLaunch);
    if of_group.is_none() && said.is_none() || case.scaling.is_acting() {
        return None;
    }
    let words = of_group
        .as_ref()
        .map(|(group, words)| format!("node group {} gets no nodes: {words}", group.name));
    let title = words.unwrap_or_else(|| {
        format!(
            "the cloud gives no node: {}",
            said.map(|(_, words)| words.to_string()).unwrap_or_default()
        )
    });
    let seen =
        of_group.as_ref().and_then(|(group, _)| walk.facts.group_seen(group, case.pod.tier?));
    walk.yes("D2c4", "does the cloud give nodes?", || {
        let fields = of_group
            .iter()
            .map(|(_, words)| evidence("nodegroup.health.issue", words, "eks", seen));
        ("it does not".to_owned(), fields.collect())
    });
    let found = Found::certain(Leaf::CannotLaunch, title);
    Some(match of_group {
        Some((group, _)) => found.of(EntityId::NodeGroup(group.id)),
        None => found,
    })
}

/// Branch c5.
fn not_ready(walk: &mut Walk<'_, '_>, case: &Case<'_>) -> Option<Found> {
    let known = case.scaling.known();
    let issue = known.iter().find_map(|group| {
        let issue = group.issues.iter().find(|issue| &*issue.code == "NodeCreationFailure")?;
        Some((*group, issue.message.clone()))
    });
    if let Some((group, words)) = issue {
        let title = format!("nodes of {} do not join the cluster: {words}", group.name);
        return Some(Found::certain(Leaf::NodeNotReady, title).of(EntityId::NodeGroup(group.id)));
    }
    let (_, stuck) = case.scaling.claims(walk);
    if let Some(claim) = stuck.first() {
        let waits = span(age(walk, claim.created_at));
        let title = format!(
            "the node of claim {} has not registered for {waits} ({})",
            claim.name, claim.state
        );
        return Some(
            Found::certain(Leaf::NodeNotReady, title).of(EntityId::NodeGroup(claim.group)),
        );
    }
    if case.reasons.ill == 0 {
        return None;
    }
    let nodes = match placing::nodes(walk, case.pod) {
        Ok(nodes) => nodes,
        Err(gap) => {
            walk.open("D2c5", "are the tier's nodes ready?", gap);
            return None;
        }
    };
    let is_ill =
        |node: &&&crate::domain::Node| node.ready != Some(true) || !node.pressures.is_empty();
    let ill: Vec<_> = nodes.iter().filter(is_ill).collect();
    let first = ill.first()?;
    let at = walk.facts.feed(SourceId::NODES, case.pod.tier).ok();
    let why = first
        .not_ready_reason
        .as_ref()
        .or(first.pressures.first())
        .map_or("no reason was told", |why| why);
    walk.yes("D2c5", "are the tier's nodes ready?", || {
        let value = format!("{} {why}", first.name);
        (String::new(), vec![evidence("node.ready", value, "kubernetes", at)])
    });
    let title = format!(
        "{} of {} nodes of the tier are not well: {} {why}",
        ill.len(),
        nodes.len(),
        first.name
    );
    Some(Found::certain(Leaf::NodeNotReady, title).of(EntityId::Node(first.id)))
}

/// Branch c2: what resolves alone.
pub(super) fn alone(walk: &mut Walk<'_, '_>, case: &Case<'_>) -> Option<Found> {
    let acting = case.scaling.words.iter().find_map(|word| match word {
        Word::Acting(words) => Some(words.clone()),
        _ => None,
    });
    let (coming, _) = case.scaling.claims(walk);
    let growing = || {
        case.scaling.known().iter().find_map(|group| {
            let counts = walk.facts.state.group_counts(group.id);
            let wanted = group.desired.filter(|wanted| *wanted > counts.ready)?;
            let read = walk.facts.feed(SourceId::NODES, case.pod.tier).is_ok();
            read.then(|| {
                (
                    *group,
                    format!(
                        "node group {} wants {wanted} nodes, {} are ready",
                        group.name, counts.ready
                    ),
                )
            })
        })
    };
    if let Some(words) = acting {
        let subject = case.scaling.known().first().map(|group| EntityId::NodeGroup(group.id));
        return Some(Found {
            subject,
            ..Found::certain(Leaf::ScalingUp, format!("a node is on its way: {words}"))
        });
    }
    if let Some(claim) = coming.first() {
        let title = format!("a node is on its way: claim {} is {}", claim.name, claim.state);
        return Some(Found::certain(Leaf::ScalingUp, title).of(EntityId::NodeGroup(claim.group)));
    }
    let (group, words) = growing()?;
    Some(
        Found::likely(Leaf::ScalingUp, format!("a node is on its way: {words}"))
            .of(EntityId::NodeGroup(group.id)),
    )
}

/// How large a group is, as evidence.
fn group_proof(at: Option<Timestamp>, group: &NodeGroup) -> Evidence {
    let number =
        |number: Option<u64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
    let value =
        format!("{} {} of at most {}", group.name, number(group.desired), number(group.max));
    evidence("nodegroup.desired", value, group.kind.as_str(), at)
}
