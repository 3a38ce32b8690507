//! The cluster under the queue: pods of jobs, a scheduler, node groups that grow to their maximum.
//!
//! **Invariant:** a job's script begins when its pod is ready, and never without one where its
//! runner makes pods.
//!
//! **Invariant:** the pods are placed from an index of free room; no step looks at every pod.

mod autoscale;
mod by_hand;
mod layout;
mod lifecycle;
mod model;
mod outbox;
mod refuse;
mod schedule;
mod trouble;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

pub(crate) use self::by_hand::{Cordon, Sizes};
pub(crate) use self::layout::{
    ACCOUNT, ACCOUNTS, CLUSTER, GROUP_NAMES, NAMESPACES, REGION, VERSION, ZONES,
};
pub(in crate::sim::world) use self::lifecycle::{Leaving, PodStep};
pub use self::model::Trouble;
use self::model::{About, Node, Occurrence, Pod, Reporter};
pub(crate) use self::model::{Act, Activity, NodeGroup, Ticket};
pub(crate) use self::outbox::ClusterChange;
use self::outbox::Outbox;

use super::World;
use crate::sim::clock::Millis;
use crate::sim::dice::Dice;

const MINUTE: Millis = 60_000;
/// The API server forgets an event after an hour.
const EVENT_LIFE: Millis = 60 * MINUTE;

/// The cluster and all that is in it.
pub(crate) struct Capacity {
    dice: Dice,
    pub(crate) groups: Vec<NodeGroup>,
    nodes: BTreeMap<u64, Node>,
    pods: BTreeMap<u64, Pod>,
    next_node: u64,
    next_pod: u64,
    next_event: u64,
    occurrences: VecDeque<Occurrence>,
    most_occurrences: usize,
    /// Events before this instant are not worth keeping.
    told_from: Millis,
    /// The slots that a runner's jobs of a project hold.
    slots: HashMap<(u64, u64), BTreeSet<usize>>,
    /// Pods of jobs that are over, oldest first, by tier.
    over: Vec<VecDeque<u64>>,
    /// How often each trouble of the scenario was given.
    given: Vec<u32>,
    /// What a test has for the pod of the next job.
    next_trouble: Option<Trouble>,
    /// The pod whose turn it is to waver.
    wavers: u64,
    /// What the pods of each tier's namespace ask for together: number, processor, memory.
    used: Vec<(i64, i64, i64)>,
    /// URL of GitLab.
    pub(super) base: String,
    outbox: Outbox,
}

impl Capacity {
    /// A cluster with nothing in it.
    pub(super) fn new(seed: u64, start: Millis, scale: u32) -> Self {
        let most = 1000 + 60 * usize::try_from(scale).unwrap_or(1);
        Self {
            dice: Dice::new(seed ^ 0x000c_1057_e12a),
            groups: Vec::new(),
            nodes: BTreeMap::new(),
            pods: BTreeMap::new(),
            next_node: 1,
            next_pod: 1,
            next_event: 1,
            occurrences: VecDeque::new(),
            most_occurrences: most,
            // Where much happens, the newest events alone are kept, and those are of the last minutes.
            told_from: start - EVENT_LIFE / Millis::from(scale.clamp(1, 12)),
            slots: HashMap::new(),
            over: (0..NAMESPACES.len()).map(|_| VecDeque::new()).collect(),
            given: Vec::new(),
            next_trouble: None,
            wavers: 0,
            used: vec![(0, 0, 0); NAMESPACES.len()],
            base: "https://gitlab.acme.example".to_owned(),
            outbox: Outbox::default(),
        }
    }

    /// So many hexadecimal digits.
    fn hex(&mut self, digits: usize) -> String {
        self.dice.sha().chars().take(digits).collect()
    }

    /// A universally unique identifier.
    fn uid(&mut self) -> String {
        let sha = self.dice.sha();
        let part =
            |from: usize, count: usize| -> String { sha.chars().skip(from).take(count).collect() };
        format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 4), part(12, 3), part(15, 3), part(18, 12))
    }

    fn add_pod(&mut self, mut pod: Pod) -> u64 {
        let id = self.next_pod;
        self.next_pod += 1;
        pod.id = id;
        self.count(&pod, 1);
        self.pods.insert(id, pod);
        self.outbox.pod(id);
        id
    }

    /// Takes a pod away.
    fn remove_pod(&mut self, id: u64) {
        self.free(id);
        let Some(pod) = self.pods.remove(&id) else { return };
        if !matches!(pod.stage, model::Stage::Over(_)) {
            self.count(&pod, -1);
        }
        self.leave_slot(&pod);
        self.outbox.pod_gone(&pod);
    }

    /// Adds a pod to what its namespace uses, or takes it off; a pod that is over does not count.
    fn count(&mut self, pod: &Pod, sign: i64) {
        let place = NAMESPACES.iter().position(|name| *name == pod.namespace);
        if let Some(used) = place.and_then(|place| self.used.get_mut(place)) {
            *used = (used.0 + sign, used.1 + sign * pod.cpu, used.2 + sign * pod.memory);
        }
    }

    fn leave_slot(&mut self, pod: &Pod) {
        if let model::Purpose::Job { project, runner, slot, .. } = pod.purpose
            && let Some(held) = self.slots.get_mut(&(runner, project))
        {
            held.remove(&slot);
        }
    }

    /// Reports something; the event's number, unless it is too old to be kept.
    fn tell(&mut self, at: Millis, about: About, told: Told) -> Option<u64> {
        if at < self.told_from {
            return None;
        }
        let id = self.next_event;
        self.next_event += 1;
        self.occurrences.push_back(Occurrence {
            id,
            namespace: about.namespace.unwrap_or("default"),
            about,
            reason: told.reason,
            message: told.message,
            reporter: told.reporter,
            first: at,
            last: at,
            count: 1,
        });
        self.outbox.event(id);
        if self.occurrences.len() > self.most_occurrences {
            self.forget_occurrence();
        }
        Some(id)
    }

    /// Reports the same again.
    fn tell_again(&mut self, id: u64, at: Millis, message: &str) {
        let Some(first) = self.occurrences.front().map(|one| one.id) else { return };
        let place = id.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        let Some(known) = place.and_then(|place| self.occurrences.get_mut(place)) else { return };
        known.count += 1;
        known.last = at;
        if known.message != message {
            message.clone_into(&mut known.message);
        }
        self.outbox.event(id);
    }

    fn forget_occurrence(&mut self) {
        if let Some(old) = self.occurrences.pop_front() {
            self.outbox.event_gone(&old);
        }
    }

    /// Forgets events of more than an hour ago.
    fn forget_occurrences(&mut self, now: Millis) {
        while self.occurrences.front().is_some_and(|one| one.last < now - EVENT_LIFE) {
            self.forget_occurrence();
        }
    }

    fn occurrence(&self, id: u64) -> Option<&Occurrence> {
        let first = self.occurrences.front()?.id;
        self.occurrences.get(usize::try_from(id.checked_sub(first)?).ok()?)
    }

    /// The nodes of a group: name, instance and zone.
    pub(crate) fn instances(&self, group: &NodeGroup) -> Vec<Instance> {
        let known = group.nodes.iter().filter_map(|id| self.nodes.get(id));
        known.map(|node| Instance { id: node.instance.clone(), zone: node.zone }).collect()
    }
}

/// An instance of EC2.
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) zone: &'static str,
}

/// What an event says, and who says it.
struct Told {
    reason: &'static str,
    message: String,
    reporter: Reporter,
}

impl World {
    /// A change of the cluster by the scenario.
    pub(super) fn change_group(&mut self, change: &crate::sim::scenario::Change) {
        let Some(name) = change.nodegroup.as_deref() else { return };
        let Some(place) = self.capacity.groups.iter().position(|group| group.name == name) else {
            return;
        };
        let Some(group) = self.capacity.groups.get_mut(place) else { return };
        if let Some(most) = change.max {
            group.most = most;
            group.least = group.least.min(most);
        }
        if let Some(issue) = &change.issue {
            group.issue = (!issue.is_empty()).then(|| issue.clone());
        }
        self.cordon_surplus(place);
    }

    /// The pod of the next job meets this.
    pub(crate) fn next_trouble(&mut self, kind: Trouble) {
        self.capacity.next_trouble = Some(kind);
    }

    /// Number of pods that hold or want room, and of those that are over.
    pub(crate) fn pod_counts(&self) -> (usize, usize) {
        let is_over = |pod: &&Pod| matches!(pod.stage, model::Stage::Over(_));
        let over = self.capacity.pods.values().filter(is_over).count();
        (self.capacity.pods.len() - over, over)
    }

    /// What the build container of a job's pod has said, and since when it runs.
    pub(crate) fn pod_log(&self, uid: &str) -> Option<(Millis, String)> {
        let pod = self.capacity.pods.values().rev().find(|pod| &*pod.uid == uid)?;
        let job = self.jobs.get(pod.job()?)?;
        Some((pod.ready?, super::trace(self, job)))
    }

    /// What changed in the cluster since the last call; everything, the first time.
    pub(crate) fn cluster_changes(&mut self) -> Vec<ClusterChange> {
        if self.scenario.kubernetes.empty {
            return Vec::new();
        }
        if !self.capacity.outbox.is_live() {
            self.capacity.publish_all();
        }
        self.write_changes()
    }
}
