//! What somebody does to the cluster: deletes a pod, cordons a node, resizes a node group.

use super::World;
use super::lifecycle::PodStep;
use super::model::Reporter;
use crate::sim::clock::{self, Millis};
use crate::sim::world::Event;

/// How long EKS says that a node group is being changed.
const UPDATE: Millis = 20_000;

/// How long after its nodes are there a runner's manager is started again that crashed for want of them.
const BACK_OFF: Millis = 60_000;

/// New sizes of a node group; what is absent stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) least: Option<usize>,
    pub(crate) desired: Option<usize>,
    pub(crate) most: Option<usize>,
}

/// Whether a node takes new pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cordon {
    /// It takes none.
    On,
    /// It takes them.
    Off,
}

impl World {
    /// Deletes a pod, which is gone after its grace; whether there is one. The job that it carries fails.
    pub(crate) fn delete_pod(&mut self, uid: &str, grace: Option<i64>) -> bool {
        let now = self.now;
        let known = self.capacity.pods.values_mut().find(|pod| &*pod.uid == uid);
        let Some(pod) = known else { return false };
        let (id, job) = (pod.id, pod.job());
        if pod.deleted.is_none() {
            pod.deleted = Some(now);
            self.capacity.outbox.pod(id);
            if let Some(job) = job {
                self.fail_running(job, "runner_system_failure");
            }
            let lingers = if grace == Some(0) { (0, 1) } else { (2_000, 30_000) };
            self.plan_step(id, lingers, PodStep::Gone);
        }
        if grace == Some(0) {
            self.step_pod(id, PodStep::Gone);
        }
        true
    }

    /// Lets a node take no new pods, or lets it take them again; whether there is such a node.
    pub(crate) fn cordon(&mut self, uid: &str, cordon: Cordon) -> bool {
        let on = cordon == Cordon::On;
        let known = self.capacity.nodes.values().find(|node| node.uid == uid);
        let Some((id, group)) = known.map(|node| (node.id, node.group)) else { return false };
        let now = self.now;
        self.capacity.withdraw(id);
        let Some(node) = self.capacity.nodes.get_mut(&id) else { return false };
        let was = node.cordoned.is_some();
        node.cordoned = if on { node.cordoned.or(Some(now)) } else { None };
        let host = node.name.clone();
        self.capacity.offer(id);
        if was != on {
            self.capacity.outbox.node(id);
            let reason = if on { "NodeNotSchedulable" } else { "NodeSchedulable" };
            self.tell_of_node(id, reason, Reporter::Kubelet(host));
        }
        if !on {
            self.schedule_refused(group);
        }
        true
    }

    /// Gives a node group of EKS other sizes; nodes come and go from then on.
    pub(crate) fn resize(&mut self, place: usize, sizes: Sizes) {
        let until = self.now + self.span(UPDATE);
        let Some(group) = self.capacity.groups.get_mut(place) else { return };
        group.least = sizes.least.unwrap_or(group.least);
        let is_raised = sizes.most.is_some_and(|most| most > group.most);
        group.most = sizes.most.unwrap_or(group.most);
        group.updating_until = until;
        let size = group.nodes.len() + group.coming;
        if let Some(tier) = group.tier.filter(|_| is_raised) {
            let nodes = clock::millis(self.scenario.capacity.node_seconds);
            self.plan(self.now + self.span(nodes + BACK_OFF), Event::Recover(tier));
        }
        let Some(group) = self.capacity.groups.get_mut(place) else { return };
        let Some(desired) = sizes.desired else { return self.cordon_surplus(place) };
        group.wanted = Some(desired);
        if desired > size {
            self.launch(place, desired - size, &[]);
        }
        self.cordon_surplus(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Scenario;
    use crate::sim::world::Status;

    const START: Millis = 1_790_000_000_000;
    const MINUTE: Millis = 60_000;

    fn incident(seed: u64) -> World {
        World::new(Scenario::load("incident").unwrap(), 1, seed, START)
    }

    /// Jobs of the standard tier that wait for a runner.
    fn waiting(world: &World) -> usize {
        let queue = world.pools.get(1).map(|pool| pool.queue.iter());
        let waits =
            |id: &&u64| world.jobs.get(**id).is_some_and(|job| job.status == Status::Pending);
        queue.into_iter().flatten().filter(waits).count()
    }

    #[test]
    fn the_queue_of_the_incident_goes_once_the_group_is_raised() {
        for seed in 1..=3 {
            let mut world = incident(seed);
            let before = waiting(&world);
            assert!(before > 10, "seed {seed}: {before} wait");
            world.resize(1, Sizes { desired: Some(8), most: Some(12), ..Sizes::default() });
            world.advance(START + 45 * MINUTE);
            let after = waiting(&world);
            assert!(after < before / 2, "seed {seed}: {before} waited, now {after}");
        }
    }

    #[test]
    fn the_silent_runner_of_the_incident_is_heard_of_once_the_group_is_raised() {
        let silent =
            |world: &World| world.runners.values().filter(|one| one.silent.is_some()).count();
        let mut world = incident(1);
        world.advance(START + 10 * MINUTE);
        assert_eq!(silent(&world), 1);
        world.resize(1, Sizes { most: Some(4), ..Sizes::default() });
        assert_eq!(silent(&world), 1, "nodes take their time");
        world.advance(START + 15 * MINUTE);
        assert_eq!((silent(&world), world.pools[1].runners.len()), (0, 2));
    }
}
