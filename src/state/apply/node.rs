//! Nodes, the groups that make them, and what limits a namespace, as they come, change and go.

use std::sync::Arc;

use crate::domain::{
    NetworkPolicy, Node, NodeClaim, NodeClaimId, NodeGroup, NodeGroupId, NodeId, PolicyId, Quota,
    QuotaId, TierIndex,
};
use crate::state::queue::Step;
use crate::state::table::{Arrival, Effect};
use crate::state::{Changes, State};

impl State {
    pub(super) fn upsert_node(
        &mut self,
        node: &Arc<Node>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let id = node.id;
        let before = self.rows.nodes.get(id).map(Arc::clone);
        if self.rows.nodes.upsert(id, Arc::clone(node), arrival) == Effect::Same {
            return;
        }
        match before {
            Some(before) => self.index_node(&before, Step::Out, changes),
            None if self.is_news(arrival) => self.rows.nodes.touch(id, arrival.at),
            None => (),
        }
        self.index_node(node, Step::In, changes);
    }

    pub(super) fn remove_node(&mut self, id: NodeId, changes: &mut Changes) {
        if let Some(node) = self.rows.nodes.remove(id) {
            self.index_node(&node, Step::Out, changes);
        }
    }

    fn index_node(&mut self, node: &Node, step: Step, changes: &mut Changes) {
        let held = &mut self.index.capacity;
        if let Some(group) = node.group {
            let counts = held.joins.group_counts.entry(group).or_default();
            step.apply(&mut counts.nodes);
            if node.ready == Some(true) {
                step.apply(&mut counts.ready);
            }
            let is_empty = counts.nodes == 0;
            if is_empty {
                held.joins.group_counts.remove(&group);
            }
            match step {
                Step::In => drop(held.joins.nodes_of_group.insert((group, node.id))),
                Step::Out => drop(held.joins.nodes_of_group.remove(&(group, node.id))),
            }
            changes.nodegroups.insert(group);
        }
        match (node.ready, step) {
            (Some(true), _) | (_, Step::Out) => drop(held.troubles.not_ready.remove(&node.id)),
            (_, Step::In) => drop(held.troubles.not_ready.insert(node.id)),
        }
        let is_pressed = node.ready == Some(true) && !node.pressures.is_empty();
        match step {
            Step::In if is_pressed => drop(held.troubles.pressed.insert(node.id)),
            Step::In | Step::Out => drop(held.troubles.pressed.remove(&node.id)),
        }
        changes.nodes.insert(node.id);
        changes.capacity = true;
    }

    pub(super) fn upsert_group(
        &mut self,
        group: Arc<NodeGroup>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let id = group.id;
        let tier = self.tiers.of_group(&group.cluster, &group.name);
        let group = if group.tier == tier {
            group
        } else {
            Arc::new(NodeGroup { tier, ..NodeGroup::clone(&group) })
        };
        let before = self.rows.nodegroups.get(id).map(Arc::clone);
        if self.rows.nodegroups.upsert(id, Arc::clone(&group), arrival) == Effect::Same {
            return;
        }
        if let Some(before) = before {
            self.index_group(&before, Step::Out, changes);
        }
        self.index_group(&group, Step::In, changes);
    }

    pub(super) fn remove_group(&mut self, id: NodeGroupId, changes: &mut Changes) {
        if let Some(group) = self.rows.nodegroups.remove(id) {
            self.index_group(&group, Step::Out, changes);
        }
    }

    fn index_group(&mut self, group: &NodeGroup, step: Step, changes: &mut Changes) {
        let held = &mut self.index.capacity;
        if let Some(tier) = group.tier {
            match step {
                Step::In => drop(held.joins.groups_of_tier.insert((tier, group.id))),
                Step::Out => drop(held.joins.groups_of_tier.remove(&(tier, group.id))),
            }
        }
        if step == Step::In && is_ill(group) {
            held.troubles.ill_groups.insert(group.id);
        } else {
            held.troubles.ill_groups.remove(&group.id);
        }
        changes.nodegroups.insert(group.id);
        changes.capacity = true;
    }

    pub(super) fn upsert_node_claim(
        &mut self,
        claim: Arc<NodeClaim>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let (id, group) = (claim.id, claim.group);
        let before = self.rows.node_claims.get(id).map(|known| known.group);
        if self.rows.node_claims.upsert(id, claim, arrival) == Effect::Same {
            return;
        }
        let of_group = &mut self.index.capacity.joins.claims_of_group;
        if let Some(before) = before {
            of_group.remove(&(before, id));
            changes.nodegroups.insert(before);
        }
        of_group.insert((group, id));
        changes.nodegroups.insert(group);
    }

    pub(super) fn remove_node_claim(&mut self, id: NodeClaimId, changes: &mut Changes) {
        let Some(claim) = self.rows.node_claims.remove(id) else { return };
        self.index.capacity.joins.claims_of_group.remove(&(claim.group, id));
        changes.nodegroups.insert(claim.group);
    }

    pub(super) fn upsert_quota(
        &mut self,
        quota: Arc<Quota>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let (id, is_exhausted) = (quota.id, !quota.exhausted.is_empty());
        if self.rows.quotas.upsert(id, quota, arrival) == Effect::Same {
            return;
        }
        let exhausted = &mut self.index.capacity.troubles.exhausted;
        if is_exhausted {
            exhausted.insert(id);
        } else {
            exhausted.remove(&id);
        }
        changes.capacity = true;
    }

    pub(super) fn remove_quota(&mut self, id: QuotaId, changes: &mut Changes) {
        changes.capacity |= self.rows.quotas.remove(id).is_some();
        self.index.capacity.troubles.exhausted.remove(&id);
    }

    pub(super) fn upsert_policy(
        &mut self,
        policy: &Arc<NetworkPolicy>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let id = policy.id;
        let before = self.rows.policies.get(id).map(Arc::clone);
        if self.rows.policies.upsert(id, Arc::clone(policy), arrival) == Effect::Same {
            return;
        }
        let denied = self.tier_of_policy(policy).map(|tier| (tier, self.denies_egress(tier)));
        if let Some(tier) = before.and_then(|before| self.tier_of_policy(&before)) {
            self.index.capacity.joins.denying.remove(&(tier, id));
        }
        if let Some((tier, _)) = denied.filter(|_| policy.denies_egress) {
            self.index.capacity.joins.denying.insert((tier, id));
        }
        self.judge_egress(policy, denied, changes);
    }

    pub(super) fn remove_policy(&mut self, id: PolicyId, changes: &mut Changes) {
        let Some(policy) = self.rows.policies.get(id).map(Arc::clone) else { return };
        let denied = self.tier_of_policy(&policy).map(|tier| (tier, self.denies_egress(tier)));
        self.rows.policies.remove(id);
        if let Some((tier, _)) = denied {
            self.index.capacity.joins.denying.remove(&(tier, id));
        }
        self.judge_egress(&policy, denied, changes);
    }

    fn tier_of_policy(&self, policy: &NetworkPolicy) -> Option<TierIndex> {
        self.tiers.of_namespace(&policy.cluster, &policy.namespace)
    }

    /// Where a namespace denies egress differently now, its pods are judged anew.
    fn judge_egress(
        &self,
        policy: &NetworkPolicy,
        before: Option<(TierIndex, Option<bool>)>,
        changes: &mut Changes,
    ) {
        changes.capacity = true;
        if before.is_some_and(|(tier, denied)| self.denies_egress(tier) != denied) {
            self.touch_pods_of(&policy.cluster, changes);
        }
    }
}

/// Whether AWS, or Karpenter, says that something is wrong with a group.
fn is_ill(group: &NodeGroup) -> bool {
    !group.issues.is_empty()
        || matches!(&*group.status, "DEGRADED" | "CREATE_FAILED" | "DELETE_FAILED")
}
