//! Runner pods, and what is known of the others on their nodes.

use std::sync::Arc;

use super::{
    ClusterPodId, JobId, Moment, NodeId, PodId, ProjectId, Text, TierIndex, Timestamp,
    time::exact_seconds_between,
};

/// Kubernetes' own phase of a pod. Source: Kubernetes API, `PodStatus.phase`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Accepted, but not all its containers run yet.
    Pending,
    /// On a node, with at least one container running.
    Running,
    /// Every container ended well.
    Succeeded,
    /// Every container ended, at least one badly.
    Failed,
    /// The node cannot be asked.
    Unknown,
    /// A word that we do not know, as it came.
    Other(Text),
}

impl Phase {
    /// Reads Kubernetes' word.
    pub fn of(word: &str) -> Phase {
        match word {
            "Pending" => Phase::Pending,
            "Running" => Phase::Running,
            "Succeeded" => Phase::Succeeded,
            "Failed" => Phase::Failed,
            "Unknown" => Phase::Unknown,
            other => Phase::Other(Text::new(other)),
        }
    }

    /// Kubernetes' word.
    pub fn as_str(&self) -> &str {
        match self {
            Phase::Pending => "Pending",
            Phase::Running => "Running",
            Phase::Succeeded => "Succeeded",
            Phase::Failed => "Failed",
            Phase::Unknown => "Unknown",
            Phase::Other(word) => word,
        }
    }

    /// Whether no container of it will run any more.
    pub fn has_ended(&self) -> bool {
        matches!(self, Phase::Succeeded | Phase::Failed)
    }
}

/// How far a pod has come: what its many states mean for whoever waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stand {
    /// Something keeps it from running, and waiting alone will not help: no image, a crash.
    Stuck,
    /// Waits for a node, also when the scheduler has found none so far.
    Unplaced,
    /// Has a node; its sandbox, images or containers are on their way.
    Starting,
    /// Runs.
    Running,
    /// Was told to end.
    Ending,
    /// Ended badly.
    Failed,
    /// Ended well.
    Done,
    /// Cannot be told.
    Unknown,
}

impl Stand {
    /// Every stand, as a band lists them.
    pub const ALL: [Stand; 8] = [
        Stand::Stuck,
        Stand::Unplaced,
        Stand::Starting,
        Stand::Running,
        Stand::Ending,
        Stand::Failed,
        Stand::Done,
        Stand::Unknown,
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Stand::Stuck => "stuck",
            Stand::Unplaced => "unplaced",
            Stand::Starting => "starting",
            Stand::Running => "running",
            Stand::Ending => "ending",
            Stand::Failed => "failed",
            Stand::Done => "done",
            Stand::Unknown => "unknown",
        }
    }
}

/// What a pod may do that a tier promises its pods may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Powers {
    /// A container is privileged.
    pub privileged: bool,
    /// A volume is a path of the node.
    pub host_path: bool,
    /// It shares the node's network.
    pub host_network: bool,
    /// A container may run as root: told to, or not kept from it and its user unknown is *not* counted.
    pub root: bool,
}

/// One container of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Its name (`build`, `helper`, `init-permissions`, a service).
    pub name: Text,
    /// Its image, as the specification names it.
    pub image: Text,
    /// Whether it runs before the others.
    pub is_init: bool,
    /// `running`, or the reason of its waiting or its end (`ImagePullBackOff`, `OOMKilled`, `Completed`); empty while
    /// the node has not told.
    pub state: Text,
    /// How often it was started anew.
    pub restarts: u32,
}

/// How a container ended that did not end well, and when. Source: Kubernetes API, `ContainerStateTerminated`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadEnd {
    /// The container's name.
    pub container: Text,
    /// Why, in a word: `OOMKilled`, `Error`.
    pub reason: Text,
    /// What its process left behind; 137 where it was killed.
    pub exit_code: i64,
    /// When.
    pub at: Timestamp,
}

/// A pod of a tier's namespace.
#[derive(Debug, Clone, PartialEq)]
pub struct Pod {
    /// Its address here.
    pub id: PodId,
    /// The cluster's name in the configuration.
    pub cluster: Text,
    /// Its namespace.
    pub namespace: Text,
    /// Its name.
    pub name: Text,
    /// Kubernetes' own identity of it.
    pub uid: Text,
    /// The tier of its cluster and namespace; filled in by the state.
    pub tier: Option<TierIndex>,
    /// Kubernetes' phase.
    pub phase: Phase,
    /// A person's word: `Unschedulable`, `SchedulingGated`, `ContainerCreating`, `Init`, `ImagePullBackOff`,
    /// `CrashLoopBackOff`, `OOMKilled`, `Evicted`, `Terminating`, `Running`, `Completed`, …
    pub state: Text,
    /// What that word means for whoever waits.
    pub stand: Stand,
    /// The reason behind the state, where one is told.
    pub reason: Option<Text>,
    /// The words behind the state: the scheduler's, the kubelet's.
    pub message: Option<Text>,
    /// The node it was placed on.
    pub node: Option<Text>,
    /// The job that its annotation names: a claim, which a job could forge.
    pub claimed_job: Option<JobId>,
    /// The project that its label names, which a job cannot overwrite.
    pub project: Option<ProjectId>,
    /// The short id of the runner whose manager made it (`manager.runner.gitlab.com/id-short`).
    pub runner_short: Option<Text>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was placed on a node: condition `PodScheduled`.
    pub scheduled_at: Option<Moment>,
    /// When its sandbox and network stood: condition `PodReadyToStartContainers`.
    pub sandbox_at: Option<Moment>,
    /// When its init containers had ended: condition `Initialized`.
    pub initialized_at: Option<Moment>,
    /// When all its containers were ready: condition `ContainersReady`.
    pub ready_at: Option<Moment>,
    /// When its last container ended.
    pub finished_at: Option<Moment>,
    /// When it was told to end.
    pub deleted_at: Option<Moment>,
    /// The last bad end of a container, also of one that was started anew since; one for want of memory before any other.
    pub bad_end: Option<Arc<BadEnd>>,
    /// Restarts of all its containers.
    pub restarts: u32,
    /// The CPU that the scheduler counts for it, thousandths of a core.
    pub cpu_request_millis: u64,
    /// The memory that the scheduler counts for it, bytes.
    pub memory_request_bytes: u64,
    /// Its containers, init containers first.
    pub containers: Arc<[Container]>,
    /// Its service account.
    pub service_account: Option<Text>,
    /// The AWS role that its containers are given (`AWS_ROLE_ARN`), where told.
    pub aws_role: Option<Text>,
    /// What it may do that pods of a tier should not.
    pub powers: Powers,
}

impl Pod {
    /// Seconds until it was placed; `None` while it waits.
    pub fn schedule_seconds(&self) -> Option<f64> {
        span(Some(self.created_at.into()), self.scheduled_at)
    }

    /// Seconds from its place to a standing sandbox and network.
    pub fn sandbox_seconds(&self) -> Option<f64> {
        span(self.scheduled_at, self.sandbox_at)
    }

    /// Seconds that its init containers took.
    pub fn init_seconds(&self) -> Option<f64> {
        span(self.sandbox_at, self.initialized_at)
    }

    /// Seconds that pulling images and starting containers took.
    pub fn start_seconds(&self) -> Option<f64> {
        span(self.initialized_at, self.ready_at)
    }
}

/// A span that both ends are known of; conditions have whole seconds, so it may be nought but not negative.
fn span(from: Option<Moment>, until: Option<Moment>) -> Option<f64> {
    Some(exact_seconds_between(from?.into(), until?.into()).max(0.0))
}

/// A pod outside the tiers' namespaces: it only takes room on its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupant {
    /// Its address here.
    pub id: ClusterPodId,
    /// The node that it is on.
    pub node: NodeId,
    /// The CPU that the scheduler counts for it, thousandths of a core.
    pub cpu_request_millis: u64,
    /// The memory that the scheduler counts for it, bytes.
    pub memory_request_bytes: u64,
}

/// Something that was said of a pod: the scheduler, the kubelet, an autoscaler.
#[derive(Debug, Clone, PartialEq)]
pub struct PodEvent {
    /// Its address here: the newest of one pod, reason and speaker stands for all.
    pub id: super::EventId,
    /// The pod.
    pub pod: PodId,
    /// `Normal` or `Warning`.
    pub kind: Text,
    /// Its reason (`FailedScheduling`, `Pulled`, `TriggeredScaleUp`).
    pub reason: Text,
    /// Its words.
    pub message: Text,
    /// Who said so (`default-scheduler`, `karpenter`, `kubelet`).
    pub component: Text,
    /// When it was said first.
    pub first_at: Timestamp,
    /// When it was said last.
    pub last_at: Timestamp,
    /// How often.
    pub count: u64,
}

#[cfg(test)]
pub(crate) mod fixture {
    //! A plain pod for tests.
    use super::*;
    use crate::domain::pipeline::fixture::at;

    /// A pod of the namespace `ci-standard` of the cluster `ci`, made at second 0, that waits for a node.
    pub(crate) fn pod(uid: &str) -> Pod {
        Pod {
            id: PodId::of(&["ci", uid]),
            cluster: Text::new("ci"),
            namespace: Text::new("ci-standard"),
            name: Text::new(&format!("runner-{uid}")),
            uid: Text::new(uid),
            tier: None,
            phase: Phase::Pending,
            state: Text::new("Unschedulable"),
            stand: Stand::Unplaced,
            reason: None,
            message: None,
            node: None,
            claimed_job: None,
            project: None,
            runner_short: None,
            created_at: at(0),
            scheduled_at: None,
            sandbox_at: None,
            initialized_at: None,
            ready_at: None,
            finished_at: None,
            deleted_at: None,
            bad_end: None,
            restarts: 0,
            cpu_request_millis: 1000,
            memory_request_bytes: 1 << 30,
            containers: Arc::from([]),
            service_account: None,
            aws_role: None,
            powers: Powers::default(),
        }
    }
}
