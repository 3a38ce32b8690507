//! The things of the cluster: node groups, nodes, pods, and what the pod of a job is remembered by.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::sim::clock::Millis;

/// An instance type and what it gives to pods.
pub(crate) struct Machine {
    pub(crate) name: &'static str,
    pub(crate) cpus: i64,
    pub(crate) memory: i64,
    pub(crate) cpu_allocatable: i64,
    pub(crate) memory_allocatable: i64,
    pub(crate) most_pods: usize,
}

/// A group of equal nodes: an EKS managed node group, or a pool of Karpenter.
pub(crate) struct NodeGroup {
    pub(crate) name: &'static str,
    /// Place of the tier that it serves; none serves the system itself.
    pub(crate) tier: Option<usize>,
    pub(crate) machine: &'static Machine,
    pub(crate) spot: bool,
    pub(crate) karpenter: bool,
    pub(crate) least: usize,
    pub(crate) most: usize,
    /// The most nodes that its owners let a person ask for, where they let one ask at all.
    pub(crate) bound: Option<usize>,
    /// Name of its Auto Scaling group.
    pub(crate) scaling_group: String,
    pub(crate) nodes: BTreeSet<u64>,
    /// Free processor of the nodes that take pods, in thousandths, with the node.
    pub(crate) free: BTreeSet<(i64, u64)>,
    /// Pods that found no room, oldest first.
    pub(crate) refused: VecDeque<u64>,
    /// Instances that were asked for and are not there yet.
    pub(crate) coming: usize,
    /// The size that somebody asked for, until the autoscaler changes it.
    pub(crate) wanted: Option<usize>,
    /// Until when EKS works at its sizes.
    pub(crate) updating_until: Millis,
    /// The last update that EKS began, by the token of whoever asked.
    pub(crate) update: Option<(String, serde_json::Value)>,
    /// What EKS says is wrong with it: the code of a health issue.
    pub(crate) issue: Option<String>,
    pub(crate) activities: VecDeque<Activity>,
}

impl NodeGroup {
    /// The size that was asked for.
    pub(crate) fn desired(&self) -> usize {
        let size = self.wanted.unwrap_or(self.nodes.len() + self.coming);
        size.clamp(self.least, self.most.max(self.least))
    }

    /// How many nodes there are beyond the size that it may have, or was asked to have.
    pub(crate) fn surplus(&self) -> usize {
        let most = self.wanted.map_or(self.most, |wanted| wanted.min(self.most));
        self.nodes.len().saturating_sub(most)
    }
}

/// A line of the Auto Scaling group's history.
#[derive(Clone)]
pub(crate) struct Activity {
    pub(crate) id: String,
    pub(crate) begun: Millis,
    pub(crate) ended: Millis,
    /// The instance that was launched or ended.
    pub(crate) instance: String,
    pub(crate) act: Act,
    /// Sizes before and after.
    pub(crate) sizes: (usize, usize),
    /// What EC2 said, when it failed.
    pub(crate) failure: Option<String>,
}

/// What an Auto Scaling group did.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Launch,
    Terminate,
}

/// A node.
pub(crate) struct Node {
    pub(crate) id: u64,
    pub(crate) group: usize,
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) instance: String,
    pub(crate) uid: String,
    pub(crate) zone: &'static str,
    pub(crate) created: Millis,
    pub(crate) ready: Option<Millis>,
    pub(crate) cordoned: Option<Millis>,
    pub(crate) cpu_free: i64,
    pub(crate) memory_free: i64,
    pub(crate) pods: BTreeSet<u64>,
    /// Since when no job's pod is on it.
    pub(crate) idle_since: Millis,
    /// Number of jobs' pods on it.
    pub(crate) jobs: usize,
}

/// What a pod is for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A job of GitLab; the slot is the runner's count of jobs of the project.
    Job { job: u64, project: u64, runner: u64, slot: usize },
    /// On every node: the name of its daemon.
    Daemon(&'static str),
    /// A manager of a runner: the runner and the place of the manager.
    Manager { runner: u64, place: usize },
    /// A pod of a Deployment.
    Service(&'static str),
}

/// How far a pod has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// The scheduler has not looked at it.
    New,
    /// The scheduler may not look at it.
    Gated,
    /// It found no room.
    Refused,
    /// It has a node.
    Scheduled,
    /// Its sandbox has a network.
    Sandboxed,
    /// Its init containers have ended.
    Initialized,
    /// Its containers run.
    Ready,
    /// It has ended.
    Over(Ending),
}

/// How a pod ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    Succeeded,
    /// The script failed.
    Failed,
    OutOfMemory,
    Evicted,
}

/// What befalls a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Its image is not to be had: `ErrImagePull`, `ImagePullBackOff`.
    ImagePull,
    /// Its build container needs more memory than its limit.
    OutOfMemory,
    /// The kubelet evicts it: its disk is full.
    Evicted,
    /// A gate keeps the scheduler from looking at it.
    Gated,
    /// Its annotation names a job of another project.
    Forged,
    /// It runs in the namespace of the protected tier, whatever its tags say.
    Misplaced,
    /// Its build container is privileged and mounts a path of the host.
    Privileged,
    /// Its image is by the tag `latest`.
    Unpinned,
}

/// A pod.
pub(crate) struct Pod {
    pub(crate) id: u64,
    pub(crate) purpose: Purpose,
    pub(crate) namespace: &'static str,
    pub(crate) name: Arc<str>,
    pub(crate) uid: Arc<str>,
    /// The group whose nodes it asks for.
    pub(crate) group: usize,
    /// Requests: thousandths of a processor, and bytes.
    pub(crate) cpu: i64,
    pub(crate) memory: i64,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) stage: Stage,
    pub(crate) node: Option<u64>,
    pub(crate) created: Millis,
    pub(crate) scheduled: Option<Millis>,
    pub(crate) sandboxed: Option<Millis>,
    pub(crate) initialized: Option<Millis>,
    pub(crate) ready: Option<Millis>,
    pub(crate) ended: Option<Millis>,
    /// Since when it is being deleted.
    pub(crate) deleted: Option<Millis>,
    /// The scheduler's words, and when it first said them.
    pub(crate) refusal: Option<(Arc<str>, Millis)>,
    /// The event that repeats the refusal.
    pub(crate) refusal_event: Option<u64>,
    pub(crate) restarts: u32,
    /// Its containers fail again and again, or its image is not to be had: it waits for another try.
    pub(crate) backing_off: bool,
    /// A container of it is for the moment not ready.
    pub(crate) wavering: Option<Millis>,
}

impl Pod {
    /// The job that it was made for.
    pub(crate) fn job(&self) -> Option<u64> {
        match self.purpose {
            Purpose::Job { job, .. } => Some(job),
            _ => None,
        }
    }
}

/// What a job remembers of its pod, also when the pod is gone.
#[derive(Clone)]
pub(crate) struct Ticket {
    pub(crate) pod: u64,
    pub(crate) namespace: &'static str,
    pub(crate) name: Arc<str>,
    pub(crate) refusal: Option<Arc<str>>,
    pub(crate) scheduled: Option<Millis>,
    pub(crate) ready: Option<Millis>,
    /// Time between two looks of the runner at its pod.
    pub(crate) glance: Millis,
}

/// Who reports an event.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Reporter {
    Scheduler,
    Kubelet(String),
    Autoscaler,
    NodeController,
    Karpenter,
}

/// An event of the Kubernetes API.
pub(crate) struct Occurrence {
    pub(crate) id: u64,
    pub(crate) namespace: &'static str,
    pub(crate) about: About,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    pub(crate) reporter: Reporter,
    pub(crate) first: Millis,
    pub(crate) last: Millis,
    pub(crate) count: u64,
}

impl Occurrence {
    /// Its name: what it is about, and a number.
    pub(crate) fn name(&self) -> String {
        format!(
            "{}.{:016x}",
            self.about.name,
            0x187c_4f00_0000_0000 + self.id.wrapping_mul(0x9e37_79b9)
        )
    }

    /// Its identifier.
    pub(crate) fn uid(&self) -> String {
        let number = self.id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (low, high) = (number & 0xffff_ffff_ffff, number >> 48);
        format!("{:08x}-{high:04x}-4e57-a{:03x}-{low:012x}", number >> 32, number & 0xfff)
    }
}

/// What an event is about.
#[derive(Clone)]
pub(crate) struct About {
    pub(crate) kind: &'static str,
    pub(crate) version: &'static str,
    pub(crate) namespace: Option<&'static str>,
    pub(crate) name: Arc<str>,
    pub(crate) uid: Arc<str>,
    /// Path of the container within the pod.
    pub(crate) container: Option<&'static str>,
}

impl About {
    /// A pod.
    pub(crate) fn pod(pod: &Pod) -> Self {
        Self {
            kind: "Pod",
            version: "v1",
            namespace: Some(pod.namespace),
            name: Arc::clone(&pod.name),
            uid: Arc::clone(&pod.uid),
            container: None,
        }
    }

    /// A container of a pod, by its path in the pod's spec.
    pub(crate) fn container(pod: &Pod, path: &'static str) -> Self {
        Self { container: Some(path), ..Self::pod(pod) }
    }

    /// A node.
    pub(crate) fn node(node: &Node) -> Self {
        Self {
            kind: "Node",
            version: "v1",
            namespace: None,
            name: Arc::from(node.name.as_str()),
            uid: Arc::from(node.uid.as_str()),
            container: None,
        }
    }
}
