//! AWS's node groups as the program knows them.

use std::sync::Arc;

use aws_sdk_eks::types::{
    Issue, Nodegroup, NodegroupHealth, NodegroupResources, NodegroupScalingConfig,
};

use crate::domain::{NodeGroup, NodeGroupId, NodeGroupIssue, NodeGroupKind, Text};

/// A node group of a cluster, without what its Auto Scaling group did. `cluster` is the name in the configuration,
/// `name` the one that was asked for.
pub(super) fn nodegroup(cluster: &Text, name: &str, found: &Nodegroup) -> NodeGroup {
    let size = found.scaling_config();
    let issues = found.health().map(NodegroupHealth::issues).unwrap_or_default();
    NodeGroup {
        id: id(cluster, name),
        cluster: cluster.clone(),
        name: Text::new(name),
        kind: NodeGroupKind::Eks,
        tier: None,
        status: Text::new(found.status().map_or("UNKNOWN", |status| status.as_str())),
        min: count(size.and_then(NodegroupScalingConfig::min_size)),
        desired: count(size.and_then(NodegroupScalingConfig::desired_size)),
        max: count(size.and_then(NodegroupScalingConfig::max_size)),
        limits: Arc::default(),
        instance_types: texts(found.instance_types()),
        capacity_type: found.capacity_type().map(|kind| Text::new(kind.as_str())),
        version: found.version().map(Text::new),
        issues: issues.iter().map(issue).collect(),
        activities: None,
    }
}

/// The address of a node group.
pub(super) fn id(cluster: &Text, name: &str) -> NodeGroupId {
    NodeGroupId::of(&[cluster.as_str(), NodeGroupKind::Eks.as_str(), name])
}

/// The names of its Auto Scaling groups.
pub(super) fn scaling_groups(found: &Nodegroup) -> Vec<String> {
    let groups = found.resources().map(NodegroupResources::auto_scaling_groups);
    groups.unwrap_or_default().iter().filter_map(|group| group.name()).map(str::to_owned).collect()
}

fn issue(found: &Issue) -> NodeGroupIssue {
    NodeGroupIssue {
        code: Text::new(found.code().map_or("Unknown", |code| code.as_str())),
        message: Text::new(found.message().unwrap_or_default()),
        resources: texts(found.resource_ids()),
    }
}

fn texts(words: &[String]) -> Arc<[Text]> {
    words.iter().map(|word| Text::new(word)).collect()
}

fn count(number: Option<i32>) -> Option<u64> {
    number.and_then(|number| u64::try_from(number).ok())
}
