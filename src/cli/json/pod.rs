//! Runner pods as items.

use super::Scene;
use super::form::{Instant, instant, record, seconds};
use crate::domain::{Container, Pod};
use crate::state::Row;

record! {
    /// A pod of a tier's namespace.
    PodItem<'a> {
        /// the cluster's name in the configuration
        cluster: &'a str,
        /// its namespace
        namespace: &'a str,
        /// its name
        name: &'a str,
        /// Kubernetes' own identity of it
        uid: &'a str,
        /// the configured tier whose namespace it is in; null where it is in none
        tier: Option<&'a str>,
        /// a person's word: `Unschedulable`, `ContainerCreating`, `Init`, `ImagePullBackOff`, `CrashLoopBackOff`, `OOMKilled`, `Evicted`, `Terminating`, `Running`, `Completed`, …
        state: &'a str,
        /// Kubernetes' phase
        phase: &'a str,
        /// the reason behind the state, where one is told
        reason: Option<&'a str>,
        /// the words behind the state: the scheduler's, the kubelet's
        message: Option<&'a str>,
        /// the node that it was placed on
        node: Option<&'a str>,
        /// the job that its annotation names: a claim, which a job could forge; a fact where `job_verified`
        job_id: Option<u64>,
        /// whether GitLab's own answer and the pod's project label agree with that
        job_verified: bool,
        /// the project that its label names
        project_id: Option<u64>,
        /// when it was made
        created_at: Instant,
        /// when it was placed on a node
        scheduled_at: Option<Instant>,
        /// when its sandbox and network stood
        sandbox_at: Option<Instant>,
        /// when its init containers had ended
        initialized_at: Option<Instant>,
        /// when all its containers were ready
        ready_at: Option<Instant>,
        /// time until it was placed
        schedule_seconds: Option<f64>,
        /// time from there until its sandbox and network stood
        sandbox_seconds: Option<f64>,
        /// time that its init containers took
        init_seconds: Option<f64>,
        /// time that pulling images and starting containers took
        start_seconds: Option<f64>,
        /// restarts of all its containers
        restarts: u64,
        /// the CPU that the scheduler counts for it, thousandths of a core
        cpu_request_millis: u64,
        /// the memory that the scheduler counts for it
        memory_request_bytes: u64,
        /// the images of its containers, as the specification names them
        images: Vec<&'a str>,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

impl<'a> PodItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<Pod>) -> PodItem<'a> {
        let pod = &*row.value;
        let images = pod.containers.iter().map(|container: &Container| container.image.as_str());
        PodItem {
            cluster: &pod.cluster,
            namespace: &pod.namespace,
            name: &pod.name,
            uid: &pod.uid,
            tier: scene.tier(pod.tier),
            state: &pod.state,
            phase: pod.phase.as_str(),
            reason: pod.reason.as_deref(),
            message: pod.message.as_deref(),
            node: pod.node.as_deref(),
            job_id: pod.claimed_job.map(|id| id.0),
            job_verified: scene.state().claim(pod).is_verified(),
            project_id: pod.project.map(|id| id.0),
            created_at: Instant(pod.created_at),
            scheduled_at: instant(pod.scheduled_at.map(Into::into)),
            sandbox_at: instant(pod.sandbox_at.map(Into::into)),
            initialized_at: instant(pod.initialized_at.map(Into::into)),
            ready_at: instant(pod.ready_at.map(Into::into)),
            schedule_seconds: pod.schedule_seconds().map(seconds),
            sandbox_seconds: pod.sandbox_seconds().map(seconds),
            init_seconds: pod.init_seconds().map(seconds),
            start_seconds: pod.start_seconds().map(seconds),
            restarts: u64::from(pod.restarts),
            cpu_request_millis: pod.cpu_request_millis,
            memory_request_bytes: pod.memory_request_bytes,
            images: images.collect(),
            seen_at: Instant(scene.seen_at(row)),
            stale: scene.is_stale(row),
        }
    }
}
