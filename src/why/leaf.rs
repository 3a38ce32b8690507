//! [`Leaf`]: every answer to the question why a job waits, in one table: its place in the tree, what to do next, who can.

/// Who can do the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// Nobody needs to do anything.
    Nobody,
    /// Whoever wrote the pipeline.
    Author,
    /// A maintainer of the project.
    Maintainer,
    /// Whoever may approve the deployment.
    Approver,
    /// The team that runs the runners and their managers.
    Platform,
    /// Whoever administers the cluster.
    Cluster,
    /// Whoever administers the cloud account.
    Cloud,
    /// Whoever administers the registry or the way to it.
    Registry,
    /// Whoever administers GitLab.
    Gitlab,
    /// Whoever can give us the right to look.
    Access,
}

impl Who {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Who::Nobody => "nobody needs to",
            Who::Author => "the author of the pipeline",
            Who::Maintainer => "a maintainer of the project",
            Who::Approver => "whoever may approve the deployment",
            Who::Platform => "the platform team (runners and their managers)",
            Who::Cluster => "an administrator of the cluster",
            Who::Cloud => "an administrator of the AWS account",
            Who::Registry => "the owner of the registry, or of the egress policy",
            Who::Gitlab => "an administrator of GitLab",
            Who::Access => "whoever grants this console its rights",
        }
    }
}

/// What a leaf asks of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concern {
    /// It is meant so, or resolves by itself: no alarm.
    Calm,
    /// It may resolve by itself; look again.
    Watch,
    /// It stays until somebody acts.
    Act,
}

/// What is fixed about a leaf.
#[derive(Debug)]
pub struct About {
    /// The leaf.
    pub leaf: Leaf,
    /// Its place in the tree: `D2c3`.
    pub code: &'static str,
    /// What it means, in a few words.
    pub name: &'static str,
    /// What to do next.
    pub next: &'static str,
    /// Who can do that.
    pub who: Who,
    /// The act of this console that would help first, where it has one.
    pub act: Option<&'static str>,
    /// What it asks of a person.
    pub concern: Concern,
}

macro_rules! leaves {
    ($($leaf:ident $code:literal $name:literal, $next:literal, $who:ident, $act:expr, $concern:ident;)*) => {
        /// An answer of the tree.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Leaf {
            $(#[doc = $name] $leaf,)*
        }

        /// Every leaf, in the order of the tree.
        pub static LEAVES: &[About] = &[
            $(About {
                leaf: Leaf::$leaf, code: $code, name: $name, next: $next, who: Who::$who, act: $act, concern: Concern::$concern,
            },)*
        ];

        impl Leaf {
            /// What is fixed about it.
            pub fn about(self) -> &'static About {
                match self {
                    $(Leaf::$leaf => {
                        const ABOUT: About = About {
                            leaf: Leaf::$leaf, code: $code, name: $name, next: $next, who: Who::$who, act: $act,
                            concern: Concern::$concern,
                        };
                        &ABOUT
                    })*
                }
            }
        }
    };
}

#[rustfmt::skip] // One leaf a block: they are read as a table.
leaves! {
    Unreadable "0.1" "what is needed to tell cannot be read",
        "put the named source right; the other branches were walked as far as they go", Access, None, Watch;
    Terminal "0.2" "it has ended: it is not waiting",
        "read its log; retry it where the cause has gone", Author, Some("job.retry"), Calm;

    Upstream "A1" "it waits for earlier jobs, and which ones cannot be told",
        "look at the pipeline's earlier stages", Author, None, Calm;
    UpstreamRunning "A1a" "an earlier job has not ended yet",
        "wait for it; what it waits for itself is below", Nobody, None, Calm;
    UpstreamFailed "A1b" "an earlier job failed and may not",
        "fix or retry the failed job", Author, Some("job.retry"), Act;
    UpstreamManual "A1c" "an earlier job waits for a person and is not optional",
        "play the earlier job", Maintainer, Some("job.play"), Calm;
    Downstream "A1d" "a downstream pipeline has not ended yet",
        "wait for it; what it waits for itself is below", Nobody, None, Calm;
    Delayed "A2" "it waits for its time",
        "wait, or play it now", Maintainer, Some("job.play"), Calm;
    Approval "A3a" "a deployment waits for approval",
        "approve or reject the deployment", Approver, Some("deployment.approve"), Calm;
    ProtectedEnvironment "A3b" "its environment is protected and you may not play it",
        "ask somebody who may deploy there", Maintainer, None, Calm;
    Manual "A3c" "it waits for a person to play it",
        "play it", Maintainer, Some("job.play"), Calm;
    Resource "A4" "it waits for a resource group, and who holds that cannot be told",
        "look at the resource group in GitLab", Maintainer, None, Calm;
    ResourceHeld "A4a" "another job holds its resource group and runs",
        "wait for the holder; what that waits for itself is below", Nobody, None, Calm;
    ResourceStuck "A4b" "the job that holds its resource group does not get on",
        "cancel the holder, and look at the group's process mode", Maintainer, Some("job.cancel"), Act;
    Preparing "A5" "its prerequisites are being met",
        "check the environment's cluster; if it fails it will say unmet_prerequisites", Platform, None, Watch;
    Callback "A6" "it waits for an outside service to call back",
        "check the integration that is to call back", Author, None, Watch;
    Canceling "A7" "it was told to stop and its runner cleans up",
        "wait; force the cancel once its timeout has passed", Nobody, None, Calm;
    PipelineHeld "A8" "the pipeline itself is held",
        "read the pipeline's error: quota, a blocked user, an archived project, a freeze", Maintainer, None, Act;

    Queued "B" "it is in the queue",
        "wait: runners ask for jobs every few seconds", Nobody, None, Calm;
    NoCandidate "B1" "GitLab sees no runner for it, and which step rules them out cannot be told",
        "make the runners readable to this console", Access, None, Act;
    NoneAssigned "B1a" "no runner is assigned to its project",
        "enable instance or group runners, or assign one", Maintainer, None, Act;
    AllPaused "B1b" "every runner that could take it is paused",
        "resume one, if the pause is over: the audit events tell who paused it", Platform, Some("runner.resume"), Calm;
    NoneOnline "B1c" "no runner that could take it is online",
        "look at the runner manager: its pod, its log, its token", Platform, None, Act;
    TagsMissing "B1d" "no runner has all of its tags",
        "correct the tag or the tier; another runner needs an exception", Author, None, Act;
    Untagged "B1e" "it has no tags and no runner takes untagged jobs",
        "give it the tag of a tier", Author, None, Act;
    RefUnprotected "B1f" "the runner takes protected refs alone, and its ref is not protected",
        "this control is meant: use the standard tier, do not unprotect the runner", Author, None, Calm;
    Locked "B1g" "the runners with its tags are locked to other projects",
        "assign one to the project, or unlock it", Maintainer, None, Act;
    Saturated "B2" "the runners that could take it are full",
        "wait; the estimate is below", Nobody, None, Watch;
    RunnerLimit "B2a" "the runner's limit is reached",
        "raise the runner's limit, or wait for a slot", Platform, None, Watch;
    Concurrent "B2b" "the manager's concurrent limit is reached",
        "raise concurrent, or add a manager", Platform, None, Watch;
    SlotsWaitForPods "B2c" "the slots are held by jobs that wait for their pods",
        "free what the pods wait for; it is named below", Platform, None, Act;
    Flooded "B2d" "one project holds most of the slots",
        "limit the project, or give it a tier of its own", Platform, None, Watch;
    NotPicked "B3" "slots are free and nobody takes it, and why cannot be told",
        "make the runners' metrics readable, or read the manager's log", Platform, None, Watch;
    LongPoll "B3a" "the manager asks for too few jobs at once",
        "raise request_concurrency, or lower the number of workers", Platform, None, Act;
    ApiErrors "B3b" "GitLab answers the manager with errors",
        "401 and 403: renew the runner's token; 429 and 5xx: look at GitLab", Platform, None, Act;
    WorkerIll "B3c" "the manager's worker is unhealthy and backs off",
        "fix what its health check says, then restart it", Platform, None, Act;
    ManagerDown "B3d" "the runner manager is not at work",
        "restore the manager: its pod, its memory, its configuration", Platform, None, Act;
    GitlabQueue "B3e" "GitLab itself does not hand it out",
        "look at GitLab's queue: compute quota, fairness between projects", Gitlab, None, Act;
    Handover "C" "a runner took it and has not confirmed",
        "look at the manager that took it; GitLab gives it to another after a while", Platform, None, Watch;

    Starting "D" "its pod is coming up",
        "wait: nothing is wrong yet", Nobody, None, Calm;
    NoPod "D0" "no pod says that it runs it",
        "check the tier's namespace, the rights there, and the pods' annotation", Platform, None, Watch;
    QuotaExceeded "D1a" "its pod would exceed the namespace's quota",
        "raise the quota, or end pods that nobody needs", Cluster, None, Act;
    AdmissionDenied "D1b" "a policy refused its pod",
        "correct the pod's specification, or ask for an exception of the kind policy", Author, None, Act;
    PodForbidden "D1c" "the manager may not make its pod",
        "give the manager's role the right, or make the named object", Platform, None, Act;
    ControlPlane "D1d" "the cluster's API server is slow or refuses for load",
        "look at the control plane", Cluster, None, Watch;
    Gated "D2a" "its pod is held back by a scheduling gate",
        "ask the owner of the gate", Cluster, None, Calm;
    SchedulerIll "D2b" "the scheduler says nothing of its pod",
        "look at the scheduler", Cluster, None, Act;
    Unschedulable "D2c" "no node fits its pod, and what would help cannot be told",
        "read the scheduler's words", Cluster, None, Watch;
    NeverFits "D2c1" "its pod asks for more than any node has",
        "lower the request, or add a larger instance type", Author, None, Act;
    ScalingUp "D2c2" "a node is on its way",
        "wait for the node", Nobody, None, Calm;
    AtMaximum "D2c3" "the node group is at its maximum",
        "raise the maximum, or wait for running jobs to end", Platform, Some("nodegroup.scale"), Act;
    CannotLaunch "D2c4" "the cloud gives no node",
        "follow the group's issue: a quota, another type or zone, addresses of the subnet", Cloud, None, Act;
    NodeNotReady "D2c5" "a node was launched and does not become ready",
        "look at the node: bootstrap, IAM role, network plugin, pressure", Cluster, None, Act;
    Taint "D2c6" "its pod does not tolerate the taint of the tier's nodes",
        "correct the tier, or node_tolerations of the runner", Platform, None, Act;
    Affinity "D2c7" "its pod's selector fits no node",
        "compare node_selector with the labels of the nodes, and the architecture", Platform, None, Act;
    Cordoned "D2c8" "the nodes that fit are cordoned or being drained",
        "wait for the drain, or uncordon a node", Cluster, Some("node.uncordon"), Watch;
    TooManyPods "D2c9" "the nodes hold as many pods as they may",
        "raise max-pods (prefix delegation), or use larger nodes", Cluster, None, Act;
    Volume "D2c10" "a volume cannot follow its pod",
        "look at the claim, its storage class and zone", Author, None, Act;
    Neighbours "D2c11" "spread, anti-affinity or a port keeps its pod away",
        "correct the pod's specification", Author, None, Act;
    NoAutoscaler "D2c12" "no autoscaler has said a word",
        "look whether an autoscaler runs, and what it sees", Cluster, None, Act;
    Preempted "D2d" "its pod was pushed out before it started",
        "look at the priority classes", Cluster, Some("job.retry"), Watch;
    NoAddress "D3a" "no address is left for its pod",
        "free addresses of the subnet, or turn on prefix delegation", Cloud, None, Act;
    Mount "D3b" "something that its pod mounts is not there",
        "make the named secret, config map or claim", Platform, None, Act;
    Sandbox "D3c" "the node cannot make its pod's sandbox",
        "look at the node's image: runtime class, user namespaces", Cluster, None, Act;
    Init "D4" "an init container does not end",
        "look at the helper image: its registry and version", Platform, None, Act;
    ImageAuth "D5a" "the registry refuses its image",
        "give the tier the pull secret, or the right at the registry", Registry, None, Act;
    ImageUnknown "D5b" "its image is not there",
        "correct the image's name or tag", Author, None, Act;
    ImageLimited "D5c" "the registry gives it no more for now",
        "pull through the proxy or a mirror", Registry, None, Watch;
    ImageUnreached "D5d" "the registry cannot be reached",
        "check the egress policy; a source that is not approved needs an exception", Registry, None, Act;
    ContainerConfig "D5e" "a container cannot be made as it is described",
        "correct what the kubelet names", Author, None, Act;
    Crash "D5f" "a container ends as soon as it starts",
        "read its log; check the architecture of the image", Author, None, Act;
    SlowPull "D5g" "its images take long to come",
        "cache or pre-pull the image", Platform, None, Watch;
    ImageOther "D5" "its image cannot be pulled, for reasons that are not known here",
        "read the kubelet's words", Author, None, Act;
    Evicted "D6" "its pod was evicted or lost with its node",
        "retry it; protected tiers want do-not-disrupt and on-demand nodes", Platform, Some("job.retry"), Act;
    SlowSources "D7" "its sources, cache or artifacts take long to come",
        "this is no queue: look at Gitaly, the cache, the object storage", Platform, None, Watch;
    Running "E" "it runs",
        "it is not waiting; read its log", Nobody, None, Calm;
    Unknown "?" "nothing in the tree explains it",
        "look at the job's page, and tell the platform team", Platform, None, Watch;
}

impl Leaf {
    /// Its place in the tree.
    pub fn code(self) -> &'static str {
        self.about().code
    }

    /// The leaf with this code.
    pub fn find(code: &str) -> Option<Leaf> {
        LEAVES.iter().find(|about| about.code == code).map(|about| about.leaf)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::find_act;

    #[test]
    fn every_leaf_has_its_own_code() {
        let codes: BTreeSet<&str> = LEAVES.iter().map(|about| about.code).collect();
        assert_eq!(codes.len(), LEAVES.len());
        assert!(LEAVES.iter().all(|about| Leaf::find(about.code) == Some(about.leaf)));
        assert!(LEAVES.iter().all(|about| about.leaf.code() == about.code));
    }

    #[test]
    fn the_acts_that_would_help_are_acts_of_this_console() {
        let named = LEAVES.iter().filter_map(|about| about.act);
        let unknown: Vec<&str> = named.filter(|name| find_act(name).is_none()).collect();
        assert_eq!(unknown, [""; 0]);
    }
}
