//! What befalls pods: images that are not to be had, too little memory, a full disk, many small changes.

use std::sync::Arc;

use super::World;
use super::lifecycle::{EVICTED, PodStep};
use super::model::{Ending, Pod, Purpose, Stage, Trouble};
use crate::sim::clock::{self, Millis};
use crate::sim::world::{Event, Fate, Status, TIERS};

/// How often the pods of the `churn` scenario change.
const CHURN: Millis = 200;

impl World {
    /// The managers of a runner crash again and again; so does a service that stands by in the sandbox.
    pub(in crate::sim::world) fn crash_managers(&mut self, description: &str) {
        let runner = self.runners.values().find(|one| one.description == description);
        let Some(silent) = runner.map(|one| one.id) else { return };
        let crashes = |pod: &Pod| match pod.purpose {
            Purpose::Manager { runner, .. } => runner == silent,
            Purpose::Service(_) => pod.namespace == "ci-sandbox",
            _ => false,
        };
        for pod in self.capacity.pods.values_mut().filter(|pod| crashes(pod)) {
            pod.backing_off = true;
            pod.restarts = 9;
            self.capacity.outbox.pod(pod.id);
        }
    }

    /// The managers of a runner crash no more.
    pub(in crate::sim::world) fn calm_managers(&mut self, of: u64) {
        let is_one =
            |pod: &&mut Pod| matches!(pod.purpose, Purpose::Manager { runner, .. } if runner == of);
        for pod in self.capacity.pods.values_mut().filter(is_one) {
            pod.backing_off = false;
            self.capacity.outbox.pod(pod.id);
        }
    }

    /// A few pods waver: a container is not ready for a moment. Only where the scenario says so.
    pub(in crate::sim::world) fn waver(&mut self) {
        let each = self.scenario.capacity.churn_per_second;
        let count = usize::try_from(u64::from(each) * CHURN.unsigned_abs() / 1000).unwrap_or(0);
        let now = self.now;
        let from = self.capacity.wavers;
        let after = self.capacity.pods.range(from + 1..);
        let before = self.capacity.pods.range(..=from);
        let mine: Vec<u64> = after
            .chain(before)
            .filter(|(_, pod)| pod.stage == Stage::Ready && pod.job().is_some())
            .map(|(id, _)| *id)
            .take(count)
            .collect();
        for id in &mine {
            let Some(pod) = self.capacity.pods.get_mut(id) else { continue };
            pod.wavering = if pod.wavering.is_some() { None } else { Some(now) };
            self.capacity.outbox.pod(*id);
        }
        self.capacity.wavers = mine.last().copied().unwrap_or(0);
        self.plan(now + CHURN, Event::Waver);
    }

    /// The trouble that the scenario, or the job's own fate, has for its pod.
    pub(super) fn trouble_for(&mut self, job: u64, tier: usize) -> Option<Trouble> {
        if let Some(kind) = self.capacity.next_trouble.take() {
            return Some(kind);
        }
        let row = self.jobs.get(job)?;
        if row.plan.fate == Fate::Failure(Arc::from("image_pull_failure")) {
            return Some(Trouble::ImagePull);
        }
        if row.plan.fate == Fate::Failure(Arc::from("runner_system_failure")) {
            return Some(Trouble::Evicted);
        }
        let since = clock::seconds(self.now - self.start);
        let before = clock::seconds(self.start - self.now);
        let name = &row.plan.name;
        let tier = TIERS.get(tier)?.name;
        let given = &mut self.capacity.given;
        given.resize(self.scenario.trouble.len(), 0);
        for (scripted, given) in self.scenario.trouble.iter().zip(given) {
            let due = since - before >= scripted.at_seconds;
            let here = scripted.tier.as_deref().is_none_or(|wanted| wanted == tier);
            let named = scripted.job.as_deref().is_none_or(|wanted| name.starts_with(wanted));
            if due && here && named && *given < scripted.count {
                *given += 1;
                return Some(scripted.kind);
            }
        }
        None
    }

    pub(super) fn trouble_strikes(&mut self, id: u64) {
        let Some(pod) = self.capacity.pods.get_mut(&id) else { return };
        let Some(job) = pod.job() else { return };
        match (pod.trouble, pod.stage) {
            (Some(Trouble::ImagePull), Stage::Initialized) if !pod.backing_off => {
                pod.backing_off = true;
                self.capacity.outbox.pod(id);
                let image = self.image_of(id);
                self.tell_kubelet(id, "BackOff", format!("Back-off pulling image \"{image}\""));
                self.tell_kubelet(id, "Failed", "Error: ImagePullBackOff".to_owned());
                self.plan_step(id, (40_000, 60_000), PodStep::Strike);
            }
            (Some(Trouble::ImagePull), Stage::Initialized) => {
                self.fail_running(job, "image_pull_failure");
            }
            (Some(Trouble::OutOfMemory), Stage::Ready) => {
                self.pod_ends(id, Ending::OutOfMemory);
                self.fail_running(job, "script_failure");
            }
            (Some(Trouble::Evicted), Stage::Ready) => {
                let why = EVICTED.to_owned();
                self.tell_kubelet(id, "Evicted", why);
                self.pod_ends(id, Ending::Evicted);
                self.fail_running(job, "runner_system_failure");
            }
            _ => {}
        }
    }

    pub(super) fn fail_running(&mut self, job: u64, reason: &str) {
        if self.jobs.get(job).is_some_and(|job| job.status == Status::Running) {
            self.end(job, &Fate::Failure(Arc::from(reason)));
        }
    }
}
