//! What an act was done to, among the rows that are known.

use std::sync::Arc;

use crate::domain::{Deed, EntityId, RequestId, Target, find_act, find_step};
use crate::state::State;

/// The row of an act's target; `None` where none is known, and for a deployment and a choice of
/// alerts, which have no row.
pub fn target_of(state: &State, deed: &Deed) -> Option<EntityId> {
    let act = find_act(&deed.act).or_else(|| find_step(&deed.act))?;
    match act.target.read(&deed.target)? {
        Target::Job(_, id) => state.jobs().get(id).map(|_| EntityId::Job(id)),
        Target::Pipeline(_, id) => state.pipelines().get(id).map(|_| EntityId::Pipeline(id)),
        Target::Runner(id) => state.runners().get(id).map(|_| EntityId::Runner(id)),
        Target::Request(project, iid) => {
            let id = RequestId::of(&[&project, &iid.to_string()]);
            state.requests().get(id).map(|_| EntityId::Request(id))
        }
        Target::Deployment(..) | Target::Alerts(_) | Target::Right(_) | Target::AccessEntry(..) => {
            None
        }
        Target::Alert(fingerprint) => {
            let mut alerts = state.alerts().iter().map(|(_, row)| &row.value);
            Some(EntityId::Alert(alerts.find(|alert| alert.fingerprint == fingerprint)?.id))
        }
        Target::Silence(key) => {
            let mut silences = state.silences().iter().map(|(_, row)| &row.value);
            Some(EntityId::Silence(silences.find(|silence| silence.name == key)?.id))
        }
        Target::Pod(cluster, namespace, name) => {
            let mut pods = state.pods().iter().map(|(_, row)| &row.value);
            let is_it = |cluster_there, namespace_there, name_there| {
                cluster_there == &cluster && namespace_there == &namespace && name_there == &name
            };
            let pod = pods.find(|pod| is_it(&pod.cluster, &pod.namespace, &pod.name))?;
            Some(EntityId::Pod(pod.id))
        }
        Target::Finding(address) => {
            let mut ids = state.findings().iter().map(|finding| &finding.id);
            let id = ids.find(|id| state.finding_address(id) == address)?;
            Some(EntityId::Finding(Arc::new(id.clone())))
        }
        Target::Exception(id) => {
            state.exception_named(&id).map(|row| EntityId::Exception(row.value.id))
        }
        Target::Node(cluster, name) => {
            let mut nodes = state.nodes().iter().map(|(_, row)| &row.value);
            let node = nodes.find(|node| node.cluster == cluster && node.name == name)?;
            Some(EntityId::Node(node.id))
        }
        Target::NodeGroup(cluster, name) => {
            let mut groups = state.nodegroups().iter().map(|(_, row)| &row.value);
            let group = groups.find(|group| group.cluster == cluster && group.name == name)?;
            Some(EntityId::NodeGroup(group.id))
        }
    }
}
