//! Node groups grow while pods find no room, until their maximum, and shrink when nodes are idle.

use super::model::{About, Act, Activity, Reporter, Stage};
use super::write::claim_name;
use super::{Told, World};
use crate::sim::clock::{self, Millis};
use crate::sim::world::Event;

/// How often the autoscaler looks.
const GLANCE: Millis = 10_000;
/// A pod must have been refused for so long before the autoscaler counts it.
const PATIENCE: Millis = 2_000;
/// Thousandths of a processor that the pod of an ordinary job asks for.
const ORDINARY: i64 = 1100;
/// The pods of a group that are told in one look, at most.
const MOST_TOLD: usize = 200;
/// Lines of an Auto Scaling group's history that are kept.
const MOST_ACTIVITIES: usize = 60;
const NO_CAPACITY: &str = "Launching a new EC2 instance. Status Reason: We currently do not have sufficient m6i.xlarge capacity in the Availability Zone you requested (eu-west-1b). Our system will be working on provisioning additional capacity. You can currently get m6i.xlarge capacity by not specifying an Availability Zone in your request or choosing eu-west-1a, eu-west-1c. Launching EC2 instance failed. (InsufficientInstanceCapacity)";

impl World {
    /// The autoscaler looks at every group.
    pub(in crate::sim::world) fn autoscale(&mut self) {
        for place in 0..self.capacity.groups.len() {
            self.grow(place);
            self.shrink(place);
        }
        self.sweep_pods();
        let now = self.now;
        self.capacity.forget_occurrences(now);
        self.plan(now + self.span(GLANCE), Event::Scale);
    }

    fn grow(&mut self, place: usize) {
        let (now, patience) = (self.now, self.span(PATIENCE));
        let waiting: Vec<u64> = self.waiting_in(place, now - patience);
        if waiting.is_empty() {
            return;
        }
        let Some(group) = self.capacity.groups.get(place) else { return };
        let each = usize::try_from((group.machine.cpu_allocatable - 480) / ORDINARY).unwrap_or(1);
        let wanted = waiting.len().div_ceil(each.max(1)).saturating_sub(group.coming);
        let size = group.nodes.len() + group.coming;
        let room = group.most.saturating_sub(size);
        if group.issue.is_some() {
            self.fail_to_grow(place, size);
            self.tell_no_scale_up(place, &waiting);
        } else if wanted > 0 && room > 0 {
            self.forget_wanted(place);
            self.launch(place, wanted.min(room), &waiting);
        } else if wanted > 0 {
            self.tell_no_scale_up(place, &waiting);
        }
    }

    /// The pods of a group that are refused since before an instant.
    fn waiting_in(&self, place: usize, before: Millis) -> Vec<u64> {
        let Some(group) = self.capacity.groups.get(place) else { return Vec::new() };
        let waits = |id: &&u64| {
            self.capacity.pods.get(id).is_some_and(|pod| {
                pod.stage == Stage::Refused
                    && pod.deleted.is_none()
                    && pod.refusal.as_ref().is_some_and(|(_, since)| *since <= before)
            })
        };
        group.refused.iter().filter(waits).copied().collect()
    }

    pub(super) fn launch(&mut self, place: usize, count: usize, waiting: &[u64]) {
        let now = self.now;
        let pause = clock::millis(self.scenario.capacity.node_seconds);
        let Some(group) = self.capacity.groups.get_mut(place) else { return };
        let size = group.nodes.len() + group.coming;
        group.coming += count;
        let (name, most) = (group.scaling_group.clone(), group.most);
        let karpenter = group.karpenter;
        for step in 0..count {
            let spread = self.capacity.dice.between(-15, 15) * pause / 100;
            self.plan(now + self.span(pause + spread), Event::Join(place));
            self.record(place, Act::Launch, (size + step, size + step + 1), None);
        }
        let message =
            format!("pod triggered scale-up: [{{{name} {size}->{} (max: {most})}}]", size + count);
        let told = |message: &str| Told {
            reason: if karpenter { "Nominated" } else { "TriggeredScaleUp" },
            message: message.to_owned(),
            reporter: if karpenter { Reporter::Karpenter } else { Reporter::Autoscaler },
        };
        let message = if karpenter {
            format!("Pod should schedule on: nodeclaim/ci-sandbox-{}", self.capacity.hex(5))
        } else {
            message
        };
        for pod in waiting.iter().take(MOST_TOLD) {
            let Some(about) = self.capacity.pods.get(pod).map(About::pod) else { continue };
            self.capacity.tell(now, about, told(&message));
        }
    }

    /// From here on the autoscaler sets the size.
    fn forget_wanted(&mut self, place: usize) {
        if let Some(group) = self.capacity.groups.get_mut(place) {
            group.wanted = None;
        }
    }

    fn tell_no_scale_up(&mut self, place: usize, waiting: &[u64]) {
        let now = self.now;
        // Each pod is told about twice while its runner waits for it.
        let turn = usize::try_from(now / 10_000 % 9).unwrap_or(0);
        let message = self.no_scale_up(place);
        let mine = waiting.iter().enumerate().filter(|(at, _)| (at + turn) % 9 == 0);
        for (_, pod) in mine.take(MOST_TOLD) {
            let Some(about) = self.capacity.pods.get(pod).map(About::pod) else { continue };
            self.capacity.tell(
                now,
                about,
                Told {
                    reason: "NotTriggerScaleUp",
                    message: message.clone(),
                    reporter: Reporter::Autoscaler,
                },
            );
        }
    }

    /// The group asks for an instance that EC2 does not have.
    fn fail_to_grow(&mut self, place: usize, size: usize) {
        let recent = self.capacity.groups.get(place).and_then(|group| group.activities.front());
        let since = self.now - self.span(30_000);
        if !recent.is_some_and(|last| last.begun > since && last.failure.is_some()) {
            self.record(place, Act::Launch, (size, size + 1), Some(NO_CAPACITY.to_owned()));
        }
    }

    /// Writes a line of the Auto Scaling group's history.
    fn record(&mut self, place: usize, act: Act, sizes: (usize, usize), failure: Option<String>) {
        let (now, id) = (self.now, self.capacity.uid());
        let instance = format!("i-0{}", self.capacity.hex(16));
        let Some(group) = self.capacity.groups.get_mut(place) else { return };
        let ended = now + if failure.is_some() { 0 } else { 32_000 };
        group.activities.push_front(Activity {
            id,
            begun: now,
            ended,
            instance,
            act,
            sizes,
            failure,
        });
        group.activities.truncate(MOST_ACTIVITIES);
    }

    /// A new instance registers as a node.
    pub(in crate::sim::world) fn join(&mut self, place: usize) {
        let now = self.now;
        if let Some(group) = self.capacity.groups.get_mut(place) {
            group.coming = group.coming.saturating_sub(1);
        }
        let node = self.add_node(place, now);
        self.tell_of_node(node, "RegisteredNode", Reporter::NodeController);
        let pause = self.capacity.dice.between(12_000, 25_000);
        self.plan(now + self.span(pause), Event::Awake(node));
        // The maximum may have been cut while the instance was on its way.
        self.cordon_surplus(place);
    }

    /// A new node is ready.
    pub(in crate::sim::world) fn awake(&mut self, id: u64) {
        self.make_ready(id);
        let Some(node) = self.capacity.nodes.get_mut(&id) else { return };
        node.ready = Some(self.now);
        let (place, host) = (node.group, node.name.clone());
        self.tell_of_node(id, "NodeReady", Reporter::Kubelet(host));
        self.schedule_refused(place);
    }

    pub(super) fn tell_of_node(&mut self, id: u64, reason: &'static str, reporter: Reporter) {
        let Some(node) = self.capacity.nodes.get(&id) else { return };
        let name = &node.name;
        let message = match reason {
            "RegisteredNode" => format!("Node {name} event: Registered Node {name} in Controller"),
            "NodeReady" => format!("Node {name} status is now: NodeReady"),
            "NodeNotSchedulable" | "NodeSchedulable" => {
                format!("Node {name} status is now: {reason}")
            }
            "ScaleDown" => "node removed by cluster autoscaler".to_owned(),
            _ => reason.to_owned(),
        };
        let about = About::node(node);
        let now = self.now;
        self.capacity.tell(now, about, Told { reason, message, reporter });
    }

    /// Nodes beyond the maximum take no more pods, and go when their jobs have ended.
    pub(super) fn cordon_surplus(&mut self, place: usize) {
        let Some(group) = self.capacity.groups.get(place) else { return };
        let surplus = group.surplus();
        let mut going: Vec<(bool, usize, u64)> = group
            .nodes
            .iter()
            .filter_map(|id| self.capacity.nodes.get(id))
            .map(|node| (node.pods.iter().any(|pod| self.keeps_node(*pod)), node.jobs, node.id))
            .collect();
        going.sort_unstable();
        for (_, _, id) in going.into_iter().take(surplus) {
            self.capacity.withdraw(id);
            let now = self.now;
            let Some(node) = self.capacity.nodes.get_mut(&id) else { continue };
            node.cordoned = node.cordoned.or(Some(now));
            let host = node.name.clone();
            self.capacity.outbox.node(id);
            self.tell_of_node(id, "NodeNotSchedulable", Reporter::Kubelet(host));
        }
    }

    fn shrink(&mut self, place: usize) {
        let Some(group) = self.capacity.groups.get(place) else { return };
        // A node that a person cordoned stays as long as any other.
        let surplus = group.surplus() > 0;
        let spare = (group.nodes.len() + group.coming).saturating_sub(group.least);
        let idle = self.now - self.span(clock::millis(self.scenario.capacity.idle_seconds));
        let goes = |id: &&u64| {
            self.capacity.nodes.get(id).is_some_and(|node| {
                node.jobs == 0
                    && node.ready.is_some()
                    && ((surplus && node.cordoned.is_some())
                        || (spare > 0 && node.idle_since < idle))
                    && !node.pods.iter().any(|pod| self.keeps_node(*pod))
            })
        };
        let Some(id) = group.nodes.iter().find(goes).copied() else { return };
        let size = group.nodes.len();
        if !surplus {
            self.forget_wanted(place);
        }
        self.tell_of_node(id, "ScaleDown", Reporter::Autoscaler);
        self.record(place, Act::Terminate, (size, size.saturating_sub(1)), None);
        self.remove_node(id);
    }

    fn remove_node(&mut self, id: u64) {
        self.capacity.withdraw(id);
        let Some(node) = self.capacity.nodes.get(&id) else { return };
        let pods: Vec<u64> = node.pods.iter().copied().collect();
        for pod in pods {
            self.capacity.remove_pod(pod);
        }
        self.capacity.withdraw(id);
        let Some(node) = self.capacity.nodes.remove(&id) else { return };
        if let Some(group) = self.capacity.groups.get_mut(node.group) {
            group.nodes.remove(&id);
            if group.karpenter {
                self.capacity.outbox.claim_gone(claim_name(&node, group));
            }
        }
        self.capacity.outbox.node_gone(&node);
    }
}
