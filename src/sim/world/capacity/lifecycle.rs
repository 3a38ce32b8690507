//! The life of a job's pod: made, placed, started, ended, deleted.

use std::sync::Arc;

use super::layout::NAMESPACES;
use super::model::{About, Ending, Pod, Purpose, Reporter, Stage, Ticket, Trouble};
use super::{Told, World};
use crate::sim::clock::{self, Millis};
use crate::sim::world::Event;

const GI: i64 = 1 << 30;
const MI: i64 = 1 << 20;
/// Time between two tries of the scheduler, and between two looks of the runner.
const RETRY: Millis = 30_000;
const GLANCE: Millis = 3_000;
const HOUR: Millis = 3_600_000;

/// A planned step of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sim::world) enum PodStep {
    /// The scheduler looks at it.
    Schedule,
    /// Its sandbox is made.
    Sandbox,
    /// Its init containers have ended.
    Init,
    /// Its containers run.
    Ready,
    /// Its runner has waited for long enough.
    Late,
    /// Its trouble strikes.
    Strike,
    /// It is gone.
    Gone,
}

/// How a job leaves its pod.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::sim::world) enum Leaving {
    Succeeded,
    Failed,
    Canceled,
}

impl World {
    /// Makes the pod of a job that a runner has just taken.
    pub(in crate::sim::world) fn make_pod(&mut self, job: u64, tier: usize) {
        let trouble = self.trouble_for(job, tier);
        let Some(row) = self.jobs.get(job) else { return };
        let (Some(runner), project) = (row.runner, row.project) else {
            self.begin_script(job);
            return;
        };
        let heavy = row.plan.name.starts_with("integration");
        let group = if trouble == Some(Trouble::Misplaced) { 2 } else { tier };
        let namespace = NAMESPACES.get(group).copied().unwrap_or("ci-sandbox");
        let short = self.runners.get(&runner).map_or_else(String::new, |one| one.short.clone());
        let slot = self.take_slot(runner, project);
        let end = self.capacity.hex(8);
        let name: Arc<str> =
            Arc::from(format!("runner-{short}-project-{project}-concurrent-{slot}-{end}"));
        let uid = self.capacity.uid();
        let pod = self.capacity.add_pod(Pod {
            id: 0,
            purpose: Purpose::Job { job, project, runner, slot },
            namespace,
            name: Arc::clone(&name),
            uid: Arc::from(uid),
            group,
            cpu: if heavy { 2100 } else { 1100 },
            memory: if heavy { 4 * GI } else { 2 * GI } + 128 * MI,
            trouble,
            stage: Stage::New,
            node: None,
            created: self.now,
            scheduled: None,
            sandboxed: None,
            initialized: None,
            ready: None,
            ended: None,
            deleted: None,
            refusal: None,
            refusal_event: None,
            restarts: 0,
            backing_off: false,
            wavering: None,
        });
        let glance = self.span(GLANCE);
        if let Some(row) = self.jobs.get_mut(job) {
            let ticket = Ticket {
                pod,
                namespace,
                name,
                refusal: None,
                scheduled: None,
                ready: None,
                glance,
            };
            row.pod = Some(Box::new(ticket));
        }
        self.plan_step(pod, (150, 900), PodStep::Schedule);
        let patience = clock::millis(self.scenario.capacity.poll_timeout_seconds);
        self.plan(self.now + self.span(patience), Event::Pod(pod, PodStep::Late));
    }

    /// A planned step of a pod happens.
    pub(in crate::sim::world) fn step_pod(&mut self, id: u64, step: PodStep) {
        let Some(pod) = self.capacity.pods.get(&id) else { return };
        let deleted = pod.deleted.is_some();
        match step {
            PodStep::Gone => self.pod_goes(id),
            _ if deleted => {}
            PodStep::Schedule => self.look_at(id),
            PodStep::Sandbox => self.pod_is_sandboxed(id),
            PodStep::Init => self.pod_is_initialized(id),
            PodStep::Ready => self.pod_is_ready(id),
            PodStep::Late => self.pod_is_late(id),
            PodStep::Strike => self.trouble_strikes(id),
        }
    }

    /// A job leaves its pod: the pod ends with it.
    pub(in crate::sim::world) fn leave_pod(&mut self, job: u64, leaving: Leaving) {
        let Some(ticket) = self.jobs.get(job).and_then(|job| job.pod.as_deref()) else { return };
        let (id, now) = (ticket.pod, self.now);
        let Some(pod) = self.capacity.pods.get_mut(&id) else { return };
        let place = pod.group;
        match pod.stage {
            Stage::Over(_) => {}
            // Somebody deleted it: it goes by itself.
            _ if pod.deleted.is_some() => {}
            Stage::Ready if leaving != Leaving::Canceled => {
                let ending = match leaving {
                    Leaving::Succeeded => Ending::Succeeded,
                    _ => Ending::Failed,
                };
                self.pod_ends(id, ending);
            }
            _ => {
                pod.deleted = Some(now);
                let lingers =
                    if pod.stage >= Stage::Initialized { (2_000, 30_000) } else { (300, 900) };
                self.capacity.outbox.pod(id);
                self.plan_step(id, lingers, PodStep::Gone);
            }
        }
        self.schedule_refused(place);
    }

    /// The scheduler has bound the pod: the kubelet begins.
    pub(super) fn pod_was_bound(&mut self, id: u64) {
        self.plan_step(id, (900, 2_600), PodStep::Sandbox);
    }

    /// Completed pods that are old, or too many, are deleted.
    pub(super) fn sweep_pods(&mut self) {
        let edge = self.now - HOUR;
        let keep = self.scenario.capacity.keep_completed * usize::try_from(self.scale).unwrap_or(1);
        let mut old = Vec::new();
        for over in &mut self.capacity.over {
            while let Some(first) = over.front().copied() {
                let ended = self.capacity.pods.get(&first).and_then(|pod| pod.ended);
                if over.len() <= keep && ended.is_some_and(|ended| ended >= edge) {
                    break;
                }
                over.pop_front();
                old.push(first);
            }
        }
        for pod in old {
            self.capacity.remove_pod(pod);
        }
    }

    pub(super) fn plan_step(&mut self, id: u64, (low, high): (i64, i64), step: PodStep) {
        let pause = self.capacity.dice.between(low, high);
        self.plan(self.now + self.span(pause), Event::Pod(id, step));
    }

    fn look_at(&mut self, id: u64) {
        let Some(pod) = self.capacity.pods.get_mut(&id) else { return };
        if pod.trouble == Some(Trouble::Gated) {
            pod.stage = Stage::Gated;
            self.capacity.outbox.pod(id);
            return;
        }
        if pod.stage <= Stage::Refused && !self.schedule(id) {
            self.plan_step(id, (RETRY, RETRY + RETRY / 2), PodStep::Schedule);
        }
    }

    fn pod_is_sandboxed(&mut self, id: u64) {
        let now = self.now;
        let Some(pod) = self.capacity.pods.get_mut(&id) else { return };
        pod.stage = Stage::Sandboxed;
        pod.sandboxed = Some(now);
        self.capacity.outbox.pod(id);
        self.tell_of_start(id, "spec.initContainers{init-permissions}", "init-permissions");
        self.plan_step(id, (700, 2_500), PodStep::Init);
    }

    fn pod_is_initialized(&mut self, id: u64) {
        let now = self.now;
        let Some(pod) = self.capacity.pods.get_mut(&id) else { return };
        pod.stage = Stage::Initialized;
        pod.initialized = Some(now);
        let trouble = pod.trouble;
        self.capacity.outbox.pod(id);
        let image = self.image_of(id);
        self.tell_kubelet(id, "Pulling", format!("Pulling image \"{image}\""));
        if trouble == Some(Trouble::ImagePull) {
            let why = format!(
                "Failed to pull image \"{image}\": rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
            );
            self.tell_kubelet(id, "Failed", why);
            self.tell_kubelet(id, "Failed", "Error: ErrImagePull".to_owned());
            self.plan_step(id, (12_000, 16_000), PodStep::Strike);
            return;
        }
        let cold = self.capacity.dice.chance(0.2);
        self.plan_step(id, if cold { (6_000, 22_000) } else { (700, 3_500) }, PodStep::Ready);
    }

    fn pod_is_ready(&mut self, id: u64) {
        let now = self.now;
        let Some(pod) = self.capacity.pods.get_mut(&id) else { return };
        pod.stage = Stage::Ready;
        pod.ready = Some(now);
        let (job, trouble) = (pod.job(), pod.trouble);
        let pulled = clock::seconds(now - pod.initialized.unwrap_or(now));
        self.capacity.outbox.pod(id);
        let image = self.image_of(id);
        let bytes = 180_000_000 + self.capacity.dice.between(0, 400_000_000);
        self.tell_kubelet(
            id,
            "Pulled",
            format!("Successfully pulled image \"{image}\" in {pulled:.1}s ({pulled:.1}s including waiting). Image size: {bytes} bytes."),
        );
        self.tell_kubelet(id, "Created", "Created container: build".to_owned());
        self.tell_kubelet(id, "Started", "Started container build".to_owned());
        self.tell_of_start(id, "spec.containers{helper}", "helper");
        if let Some(ticket) = self.ticket_mut(job) {
            ticket.ready = Some(now);
        }
        let Some(job) = job else { return };
        self.begin_script(job);
        if matches!(trouble, Some(Trouble::OutOfMemory | Trouble::Evicted)) {
            let length = self.jobs.get(job).and_then(|job| job.ends).map_or(0, |ends| ends - now);
            self.plan(now + (length * 9 / 10).max(1), Event::Pod(id, PodStep::Strike));
        }
    }

    /// The runner gives up: its pod did not run in time.
    fn pod_is_late(&mut self, id: u64) {
        let Some(pod) = self.capacity.pods.get(&id) else { return };
        if pod.stage < Stage::Ready
            && let Some(job) = pod.job()
        {
            self.fail_running(job, "runner_system_failure");
        }
    }

    pub(super) fn pod_ends(&mut self, id: u64, ending: Ending) {
        let now = self.now;
        let was_there = self.capacity.free(id);
        let Some(mut pod) = self.capacity.pods.remove(&id) else { return };
        self.capacity.count(&pod, -1);
        self.capacity.leave_slot(&pod);
        pod.stage = Stage::Over(ending);
        pod.ended = Some(now);
        pod.wavering = None;
        if let Some(over) = self.capacity.over.get_mut(pod.group) {
            over.push_back(id);
        }
        let node = pod.node.filter(|_| was_there);
        if let Some(node) = node.and_then(|id| self.capacity.nodes.get_mut(&id)) {
            node.idle_since = now;
        }
        self.capacity.pods.insert(id, pod);
        self.capacity.outbox.pod(id);
    }

    fn pod_goes(&mut self, id: u64) {
        let place = self.capacity.pods.get(&id).map(|pod| pod.group);
        self.capacity.remove_pod(id);
        if let Some(place) = place {
            self.schedule_refused(place);
        }
    }

    /// The kubelet pulls an image that it has, and starts a container from it.
    fn tell_of_start(&mut self, id: u64, path: &'static str, container: &'static str) {
        let texts = [
            (
                "Pulled",
                format!(
                    "Container image \"{}\" already present on machine",
                    super::write::HELPER_IMAGE
                ),
            ),
            ("Created", format!("Created container: {container}")),
            ("Started", format!("Started container {container}")),
        ];
        for (reason, message) in texts {
            self.tell_kubelet_about(id, path, reason, message);
        }
    }

    pub(super) fn tell_kubelet(&mut self, id: u64, reason: &'static str, message: String) {
        self.tell_kubelet_about(id, "spec.containers{build}", reason, message);
    }

    fn tell_kubelet_about(
        &mut self,
        id: u64,
        path: &'static str,
        reason: &'static str,
        message: String,
    ) {
        let Some(pod) = self.capacity.pods.get(&id) else { return };
        let about = About::container(pod, path);
        let host = pod.node.and_then(|id| self.capacity.nodes.get(&id));
        let reporter = Reporter::Kubelet(host.map_or_else(String::new, |node| node.name.clone()));
        let now = self.now;
        self.capacity.tell(now, about, Told { reason, message, reporter });
    }
}

/// What the kubelet says of a pod whose disk is full.
pub(super) const EVICTED: &str = "The node was low on resource: ephemeral-storage. Threshold quantity: 8577904435, available: 7021968Ki. Container build was using 38145204Ki, request is 0, has larger consumption of ephemeral-storage. ";
