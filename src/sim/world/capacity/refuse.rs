//! Why a pod found no room, in the words of the scheduler and of the autoscaler.

use std::collections::BTreeMap;

use super::model::{NodeGroup, Pod};
use super::{Capacity, World};
use crate::sim::world::TIERS;

/// Key of the taint and the label by which a tier keeps its nodes to itself.
pub(super) const TIER_KEY: &str = "ci.acme.example/tier";
const NOT_READY: &str = "node(s) had untolerated taint {node.kubernetes.io/not-ready: }";
const CORDONED: &str = "node(s) were unschedulable";
const ELSEWHERE: &str = "node(s) didn't match Pod's node affinity/selector";

impl Capacity {
    /// The message of `PodScheduled=False` and of the event `FailedScheduling`.
    pub(super) fn refusal(&self, pod: &Pod) -> String {
        let total = self.nodes.len();
        if total == 0 {
            return "no nodes available to schedule pods".to_owned();
        }
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        let mut too_small = 0;
        for (place, group) in self.groups.iter().enumerate() {
            if place == pod.group {
                too_small += self.own(group, pod, &mut reasons);
            } else {
                self.foreign(group, &mut reasons);
            }
        }
        let listed = listed(&reasons);
        let mut after = BTreeMap::new();
        let helpless = total - too_small;
        if too_small > 0 {
            after.insert("No preemption victims found for incoming pod".to_owned(), too_small);
        }
        if helpless > 0 {
            after.insert("Preemption is not helpful for scheduling".to_owned(), helpless);
        }
        let after = self::listed(&after);
        format!(
            "0/{total} nodes are available: {listed}. preemption: 0/{total} nodes are available: {after}."
        )
    }

    /// The nodes that the pod asks for; how many of them only lack room.
    fn own(&self, group: &NodeGroup, pod: &Pod, reasons: &mut BTreeMap<String, usize>) -> usize {
        let mut too_small = 0;
        for node in group.nodes.iter().filter_map(|id| self.nodes.get(id)) {
            let mut because = |text: &str| *reasons.entry(text.to_owned()).or_default() += 1;
            if node.cordoned.is_some() {
                because(CORDONED);
                continue;
            }
            if node.ready.is_none() {
                because(NOT_READY);
                continue;
            }
            too_small += 1;
            if node.pods.len() >= group.machine.most_pods {
                because("Too many pods");
            }
            if node.cpu_free < pod.cpu {
                because("Insufficient cpu");
            }
            if node.memory_free < pod.memory {
                because("Insufficient memory");
            }
        }
        too_small
    }

    /// The nodes that the pod does not ask for.
    fn foreign(&self, group: &NodeGroup, reasons: &mut BTreeMap<String, usize>) {
        let taint = taint(group);
        for node in group.nodes.iter().filter_map(|id| self.nodes.get(id)) {
            let text = if node.cordoned.is_some() {
                CORDONED.to_owned()
            } else if let Some(taint) = &taint {
                format!("node(s) had untolerated taint {taint}")
            } else if node.ready.is_none() {
                NOT_READY.to_owned()
            } else {
                ELSEWHERE.to_owned()
            };
            *reasons.entry(text).or_default() += 1;
        }
    }
}

impl World {
    /// The message of the event `NotTriggerScaleUp`: counts are of node groups.
    pub(super) fn no_scale_up(&self, place: usize) -> String {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for (other, group) in self.capacity.groups.iter().enumerate() {
            let text = if other == place && group.issue.is_some() {
                "in backoff after failed scale-up".to_owned()
            } else if other == place {
                "max node group size reached".to_owned()
            } else if let Some(taint) = taint(group) {
                format!("node(s) had untolerated taint {taint}")
            } else {
                ELSEWHERE.to_owned()
            };
            *reasons.entry(text).or_default() += 1;
        }
        format!("pod didn't trigger scale-up: {}", listed(&reasons))
    }
}

/// The tier's taint as the scheduler prints it.
fn taint(group: &NodeGroup) -> Option<String> {
    let tier = TIERS.get(group.tier?)?;
    Some(format!("{{{TIER_KEY}: {}}}", tier.name))
}

/// Counts and texts, sorted as strings.
fn listed(reasons: &BTreeMap<String, usize>) -> String {
    let mut parts: Vec<String> =
        reasons.iter().map(|(text, count)| format!("{count} {text}")).collect();
    parts.sort();
    parts.join(", ")
}
