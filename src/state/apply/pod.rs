//! Pods, and the others on their nodes, as they come, change and go.

use std::sync::Arc;

use super::horizon;
use crate::domain::promise::{self, Breach};
use crate::domain::{
    Claim, ClusterPodId, EventId, JobId, NodeId, Occupant, Origin, Pod, PodId, ProjectId,
    Resources, TierIndex, Timestamp,
};
use crate::state::join::node_of;
use crate::state::queue::Step;
use crate::state::table::{Arrival, Effect};
use crate::state::{Changes, State};

impl State {
    pub(super) fn upsert_pod(
        &mut self,
        pod: Arc<Pod>,
        arrival: Arrival,
        now: Timestamp,
        changes: &mut Changes,
    ) {
        let id = pod.id;
        let tier = self.tiers.of_namespace(&pod.cluster, &pod.namespace);
        let pod = if pod.tier == tier { pod } else { Arc::new(Pod { tier, ..Pod::clone(&pod) }) };
        let before = self.rows.pods.get(id).map(Arc::clone);
        if self.rows.pods.upsert(id, Arc::clone(&pod), arrival) == Effect::Same {
            return;
        }
        if before.is_none() {
            self.adopt_events(id);
            if self.is_news(arrival) {
                self.rows.pods.touch(id, arrival.at);
            }
        }
        let loads = (before.as_deref().and_then(load_of), load_of(&pod));
        if let Some(before) = before {
            self.unindex_pod(&before, changes);
        }
        self.index_pod(&pod, now, changes);
        self.shift_load(loads.0, loads.1, changes);
    }

    pub(super) fn remove_pod(&mut self, id: PodId, changes: &mut Changes) {
        let Some(pod) = self.rows.pods.remove(id) else { return };
        self.unindex_pod(&pod, changes);
        self.index.capacity.troubles.contradicted.remove(&(pod.tier, id));
        self.shift_load(load_of(&pod), None, changes);
        let events: Vec<EventId> = self.events_of(id).collect();
        for event in events {
            self.drop_event(event);
        }
    }

    /// Whether a row that comes like this is new on the platform, and not only to us: its feed was read before.
    pub(super) fn is_news(&self, arrival: Arrival) -> bool {
        let report =
            self.keys.get(usize::from(arrival.key.0)).and_then(|key| self.reports.get(key));
        let is_read = report
            .is_some_and(|report| report.confirmed_at.is_some() && report.origin == Origin::Live);
        arrival.origin == Origin::Live && is_read
    }

    fn index_pod(&mut self, pod: &Pod, now: Timestamp, changes: &mut Changes) {
        let joins = &mut self.index.capacity.joins;
        if let Some(job) = pod.claimed_job {
            joins.pods_of_job.insert((job, newest_first(pod.created_at), pod.id));
            changes.jobs.insert(job);
        }
        if let Some(node) = node_of(pod) {
            joins.pods_of_node.insert((node, pod.id));
        }
        let place = self.queue_place(pod.tier);
        if let Some(capacity) = self.index.capacity.tiers.get_mut(place) {
            capacity.step(pod, Step::In);
            capacity.observe(pod, horizon(now));
        }
        for (tier, breach) in self.own_breaches(pod) {
            self.note_breach((tier, breach, pod.id), Step::In);
        }
        self.judge_claim(pod);
        changes.pods.insert(pod.id);
        changes.capacity = true;
    }

    fn unindex_pod(&mut self, pod: &Pod, changes: &mut Changes) {
        let joins = &mut self.index.capacity.joins;
        if let Some(job) = pod.claimed_job {
            joins.pods_of_job.remove(&(job, newest_first(pod.created_at), pod.id));
            changes.jobs.insert(job);
        }
        if let Some(node) = node_of(pod) {
            joins.pods_of_node.remove(&(node, pod.id));
        }
        let place = self.queue_place(pod.tier);
        if let Some(capacity) = self.index.capacity.tiers.get_mut(place) {
            capacity.step(pod, Step::Out);
        }
        for (tier, breach) in self.own_breaches(pod) {
            self.note_breach((tier, breach, pod.id), Step::Out);
        }
        if let Some(tier) = pod.tier {
            self.note_breach((tier, Breach::WrongTier, pod.id), Step::Out);
        }
        if let Some(project) = pod.project {
            self.index.capacity.troubles.doubtful.remove(&(project, pod.id));
        }
        changes.pods.insert(pod.id);
        changes.capacity = true;
    }

    /// What a pod breaks by itself, whatever its job and its namespace.
    fn own_breaches(&self, pod: &Pod) -> Vec<(TierIndex, Breach)> {
        let Some((index, tier)) = pod.tier.and_then(|index| Some((index, self.tiers.get(index)?)))
        else {
            return Vec::new();
        };
        promise::breaches(pod, tier, None).into_iter().map(|breach| (index, breach)).collect()
    }

    /// Whether that is news.
    fn note_breach(&mut self, entry: (TierIndex, Breach, PodId), step: Step) -> bool {
        let troubles = &mut self.index.capacity.troubles;
        let is_news = match step {
            Step::In => troubles.broken.insert(entry).is_none(),
            Step::Out => troubles.broken.remove(&entry).is_some(),
        };
        if !is_news {
            return false;
        }
        let (tier, breach, pod) = entry;
        step.apply(troubles.broken_counts.entry((tier, breach)).or_default());
        let mut others = Breach::ALL.into_iter().filter(|other| *other != breach);
        if !others.any(|other| troubles.broken.contains(&(tier, other, pod))) {
            step.apply(troubles.broken_pods.entry(tier).or_default());
        }
        true
    }

    /// Judges a pod's word about its job anew. Whether it is judged differently now.
    fn judge_claim(&mut self, pod: &Pod) -> bool {
        let claim = self.claim(pod);
        let job = pod.claimed_job.and_then(|job| self.rows.jobs.get(job));
        let waits = claim == Claim::Unknown && job.is_some();
        let wrong = self.is_in_wrong_tier(pod);
        let troubles = &mut self.index.capacity.troubles;
        let mut is_news = match claim {
            Claim::Contradicted(_) => troubles.contradicted.insert((pod.tier, pod.id)).is_none(),
            _ => troubles.contradicted.remove(&(pod.tier, pod.id)).is_some(),
        };
        if let Some(project) = pod.project {
            let entry = (project, pod.id);
            is_news |= if waits {
                troubles.doubtful.insert(entry).is_none()
            } else {
                troubles.doubtful.remove(&entry).is_some()
            };
        }
        if let Some(tier) = pod.tier {
            let step = if wrong { Step::In } else { Step::Out };
            is_news |= self.note_breach((tier, Breach::WrongTier, pod.id), step);
        }
        is_news
    }

    /// A job came, changed or went: the pods that name it stand differently now.
    pub(super) fn judge_pods_of_job(&mut self, job: JobId, changes: &mut Changes) {
        let pods: Vec<PodId> = self.pods_of_job(job).collect();
        for id in pods {
            self.judge_again(id);
            changes.pods.insert(id);
            changes.capacity = true;
        }
    }

    /// GitLab told again of a project's waiting jobs: the pods that name one of them are judged anew.
    pub(super) fn judge_doubtful(&mut self, project: ProjectId, changes: &mut Changes) {
        let range = (project, PodId(0))..=(project, PodId(u64::MAX));
        let doubtful = self.index.capacity.troubles.doubtful.range(range);
        let pods: Vec<PodId> = doubtful.map(|(_, pod)| *pod).collect();
        for id in pods {
            if self.judge_again(id) {
                changes.pods.insert(id);
                changes.capacity = true;
            }
        }
    }

    fn judge_again(&mut self, id: PodId) -> bool {
        let pod = self.rows.pods.get(id).map(Arc::clone);
        pod.is_some_and(|pod| self.judge_claim(&pod))
    }

    fn shift_load(
        &mut self,
        before: Option<(NodeId, Resources)>,
        after: Option<(NodeId, Resources)>,
        changes: &mut Changes,
    ) {
        if before == after {
            return;
        }
        let requested = &mut self.index.capacity.joins.requested;
        if let Some((node, load)) = before {
            let sum = requested.get(&node).copied().unwrap_or_default().less(load);
            if sum == Resources::default() {
                requested.remove(&node);
            } else {
                requested.insert(node, sum);
            }
            changes.nodes.insert(node);
        }
        if let Some((node, load)) = after {
            let sum = requested.get(&node).copied().unwrap_or_default().plus(load);
            requested.insert(node, sum);
            changes.nodes.insert(node);
        }
    }

    pub(super) fn upsert_occupant(
        &mut self,
        occupant: Arc<Occupant>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let before = self.rows.occupants.get(occupant.id).map(|known| load_of_occupant(known));
        let after = load_of_occupant(&occupant);
        if self.rows.occupants.upsert(occupant.id, occupant, arrival) == Effect::Changed {
            self.shift_load(before, Some(after), changes);
        }
    }

    pub(super) fn remove_occupant(&mut self, id: ClusterPodId, changes: &mut Changes) {
        if let Some(occupant) = self.rows.occupants.remove(id) {
            self.shift_load(Some(load_of_occupant(&occupant)), None, changes);
        }
    }

    pub(super) fn forget_latencies(&mut self, horizon: Timestamp, changes: &mut Changes) {
        for capacity in &mut self.index.capacity.tiers {
            changes.capacity |= capacity.forget(horizon);
        }
    }
}

/// Microseconds, negated, so that the newest comes first.
pub(super) fn newest_first(at: Timestamp) -> i64 {
    -at.as_microsecond()
}

/// What a pod asks of its node; nothing when it has ended.
fn load_of(pod: &Pod) -> Option<(NodeId, Resources)> {
    let node = node_of(pod).filter(|_| !pod.phase.has_ended())?;
    let load = Resources {
        cpu_millis: pod.cpu_request_millis,
        memory_bytes: pod.memory_request_bytes,
        pods: 1,
    };
    Some((node, load))
}

fn load_of_occupant(occupant: &Occupant) -> (NodeId, Resources) {
    let load = Resources {
        cpu_millis: occupant.cpu_request_millis,
        memory_bytes: occupant.memory_request_bytes,
        pods: 1,
    };
    (occupant.node, load)
}
