//! Rows of nodes, of the groups that make them, and of what limits a namespace.

use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, Value};

use super::{Cell, Columns, Row, Words, maybe, number, text, time, truth};
use crate::cache::intern::{Interner, joined};
use crate::domain::{
    NetworkPolicy, Node, NodeClaim, NodeClaimId, NodeGroup, NodeGroupId, NodeGroupIssue,
    NodeGroupKind, NodeId, PolicyId, Quota, QuotaId, Resources, ScalingActivity, Text, Timestamp,
};

/// Words of a list, as one cell.
fn list(words: &[Text]) -> Cell<'static> {
    ToSqlOutput::Owned(Value::Text(joined(words)))
}

impl Row for Node {
    const TABLE: &'static str = "nodes";
    const COLUMNS: &'static [&'static str] = &[
        "cluster",
        "name",
        "ready",
        "not_ready_reason",
        "cordoned",
        "pressures",
        "taints",
        "node_group",
        "group_name",
        "instance_type",
        "zone",
        "capacity_type",
        "cpu_millis",
        "memory_bytes",
        "max_pods",
        "version",
        "created_at",
    ];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            text(&self.cluster),
            text(&self.name),
            maybe(self.ready, truth),
            maybe(self.not_ready_reason.as_deref(), text),
            truth(self.cordoned),
            list(&self.pressures),
            list(&self.taints),
            maybe(self.group, |group| number(group.0)),
            maybe(self.group_name.as_deref(), text),
            maybe(self.instance_type.as_deref(), text),
            maybe(self.zone.as_deref(), text),
            maybe(self.capacity_type.as_deref(), text),
            number(self.allocatable.cpu_millis),
            number(self.allocatable.memory_bytes),
            number(self.allocatable.pods),
            maybe(self.version.as_deref(), text),
            time(self.created_at),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        Ok(Node {
            id: NodeId(id),
            cluster: columns.text(words)?,
            name: columns.text(words)?,
            ready: columns.take()?,
            not_ready_reason: columns.maybe_text(words)?,
            cordoned: columns.take()?,
            pressures: columns.list(words)?,
            taints: columns.list(words)?,
            group: columns.maybe_number()?.map(NodeGroupId),
            group_name: columns.maybe_text(words)?,
            instance_type: columns.maybe_text(words)?,
            zone: columns.maybe_text(words)?,
            capacity_type: columns.maybe_text(words)?,
            allocatable: Resources {
                cpu_millis: columns.number()?,
                memory_bytes: columns.number()?,
                pods: columns.number()?,
            },
            version: columns.maybe_text(words)?,
            created_at: columns.time()?,
        })
    }
}

impl Row for NodeGroup {
    const TABLE: &'static str = "nodegroups";
    const COLUMNS: &'static [&'static str] = &[
        "cluster",
        "name",
        "kind",
        "status",
        "fewest",
        "desired",
        "most",
        "limits",
        "instance_types",
        "capacity_type",
        "version",
        "issues",
        "activities",
    ];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            text(&self.cluster),
            text(&self.name),
            text(self.kind.as_str()),
            text(&self.status),
            maybe(self.min, number),
            maybe(self.desired, number),
            maybe(self.max, number),
            list(&limits_out(&self.limits)),
            list(&self.instance_types),
            maybe(self.capacity_type.as_deref(), text),
            maybe(self.version.as_deref(), text),
            list(&issues_out(&self.issues)),
            maybe(self.activities.as_deref(), |all| list(&activities_out(all))),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        Ok(NodeGroup {
            id: NodeGroupId(id),
            // The state fills it in.
            tier: None,
            cluster: columns.text(words)?,
            name: columns.text(words)?,
            kind: kind(columns.str()?),
            status: columns.text(words)?,
            min: columns.maybe_number()?,
            desired: columns.maybe_number()?,
            max: columns.maybe_number()?,
            limits: limits_in(columns.str()?),
            instance_types: columns.list(words)?,
            capacity_type: columns.maybe_text(words)?,
            version: columns.maybe_text(words)?,
            issues: issues_in(columns.str()?),
            activities: columns.maybe_str()?.map(activities_in),
        })
    }
}

fn kind(word: &str) -> NodeGroupKind {
    if word == NodeGroupKind::Karpenter.as_str() {
        NodeGroupKind::Karpenter
    } else {
        NodeGroupKind::Eks
    }
}

/// A word that may be missing, as a list of none or one behind its length.
fn maybe_out(word: Option<&Text>) -> Vec<Text> {
    counted(word.map_or(&[], std::slice::from_ref))
}

fn maybe_in(words: &mut Words<'_>) -> Option<Text> {
    words.list().first().cloned()
}

/// A list behind its length.
fn counted(list: &[Text]) -> Vec<Text> {
    [&[Text::new(&list.len().to_string())], list].concat()
}

fn limits_out(limits: &[(Text, Option<Text>, Text)]) -> Vec<Text> {
    let one = |(resource, used, limit): &(Text, Option<Text>, Text)| {
        [vec![resource.clone()], maybe_out(used.as_ref()), vec![limit.clone()]].concat()
    };
    limits.iter().flat_map(one).collect()
}

fn limits_in(stored: &str) -> Arc<[(Text, Option<Text>, Text)]> {
    let mut words = Words::of(stored);
    let mut limits = Vec::new();
    while let Some(resource) = words.next() {
        limits.push((Text::new(resource), maybe_in(&mut words), Text::new(words.word())));
    }
    limits.into()
}

fn issues_out(issues: &[NodeGroupIssue]) -> Vec<Text> {
    let one = |issue: &NodeGroupIssue| {
        [vec![issue.code.clone(), issue.message.clone()], counted(&issue.resources)].concat()
    };
    issues.iter().flat_map(one).collect()
}

fn issues_in(stored: &str) -> Arc<[NodeGroupIssue]> {
    let mut words = Words::of(stored);
    let mut issues = Vec::new();
    while let Some(code) = words.next() {
        let message = Text::new(words.word());
        issues.push(NodeGroupIssue {
            code: Text::new(code),
            message,
            resources: words.list().into(),
        });
    }
    issues.into()
}

fn activities_out(activities: &[ScalingActivity]) -> Vec<Text> {
    let one = |activity: &ScalingActivity| {
        let at = Text::new(&activity.at.as_microsecond().to_string());
        let told = vec![at, activity.status.clone(), activity.description.clone()];
        [told, maybe_out(activity.message.as_ref())].concat()
    };
    activities.iter().flat_map(one).collect()
}

fn activities_in(stored: &str) -> Arc<[ScalingActivity]> {
    let mut words = Words::of(stored);
    let mut activities = Vec::new();
    while let Some(at) = words.next() {
        let at = at.parse().ok().and_then(|at| Timestamp::from_microsecond(at).ok());
        let (status, description) = (Text::new(words.word()), Text::new(words.word()));
        let message = maybe_in(&mut words);
        let at = at.unwrap_or(Timestamp::UNIX_EPOCH);
        activities.push(ScalingActivity { at, status, description, message });
    }
    activities.into()
}

impl Row for NodeClaim {
    const TABLE: &'static str = "node_claims";
    const COLUMNS: &'static [&'static str] =
        &["cluster", "name", "node_group", "state", "reason", "message", "node", "created_at"];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            text(&self.cluster),
            text(&self.name),
            number(self.group.0),
            text(&self.state),
            maybe(self.reason.as_deref(), text),
            maybe(self.message.as_deref(), text),
            maybe(self.node.as_deref(), text),
            time(self.created_at),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        Ok(NodeClaim {
            id: NodeClaimId(id),
            cluster: columns.text(words)?,
            name: columns.text(words)?,
            group: NodeGroupId(columns.number()?),
            state: columns.text(words)?,
            reason: columns.maybe_text(words)?,
            message: columns.maybe_text(words)?,
            node: columns.maybe_text(words)?,
            created_at: columns.time()?,
        })
    }
}

impl Row for Quota {
    const TABLE: &'static str = "quotas";
    const COLUMNS: &'static [&'static str] =
        &["cluster", "namespace", "name", "limits", "exhausted"];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let items = self.items.iter();
        let words: Vec<Text> = items
            .flat_map(|(what, used, most)| [what.clone(), used.clone(), most.clone()])
            .collect();
        vec![
            text(&self.cluster),
            text(&self.namespace),
            text(&self.name),
            list(&words),
            list(&self.exhausted),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        Ok(Quota {
            id: QuotaId(id),
            cluster: columns.text(words)?,
            namespace: columns.text(words)?,
            name: columns.text(words)?,
            items: quota_items(columns.str()?),
            exhausted: columns.list(words)?,
        })
    }
}

fn quota_items(stored: &str) -> Arc<[(Text, Text, Text)]> {
    let mut words = Words::of(stored);
    let mut items = Vec::new();
    while let Some(what) = words.next() {
        items.push((Text::new(what), Text::new(words.word()), Text::new(words.word())));
    }
    items.into()
}

impl Row for NetworkPolicy {
    const TABLE: &'static str = "policies";
    const COLUMNS: &'static [&'static str] = &["cluster", "namespace", "name", "denies_egress"];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            text(&self.cluster),
            text(&self.namespace),
            text(&self.name),
            truth(self.denies_egress),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        Ok(NetworkPolicy {
            id: PolicyId(id),
            cluster: columns.text(words)?,
            namespace: columns.text(words)?,
            name: columns.text(words)?,
            denies_egress: columns.take()?,
        })
    }
}
