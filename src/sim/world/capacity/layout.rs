//! What the cluster is like at the beginning: node groups, nodes, and the pods that are always there.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::model::{Machine, Node, NodeGroup, Pod, Purpose, Stage};
use super::{Capacity, World};
use crate::sim::clock::Millis;

/// Name of the cluster.
pub(crate) const CLUSTER: &str = "ci";
/// Where it lies.
pub(crate) const REGION: &str = "eu-west-1";
/// Its release of Kubernetes.
pub(crate) const VERSION: &str = "1.33";
/// The account that owns it.
pub(crate) const ACCOUNT: &str = "111122223333";
/// The zones that its nodes are spread over.
pub(crate) const ZONES: [&str; 3] = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];
/// Namespaces of the tiers, in the order of the pools.
pub(crate) const NAMESPACES: [&str; 3] = ["ci-sandbox", "ci-standard", "ci-protected"];
/// Service accounts of the tiers.
pub(crate) const ACCOUNTS: [&str; 3] = ["ci-job-sandbox", "ci-job-standard", "ci-job-protected"];
/// Node groups of the tiers; the sandbox tier's globs cover a pool of Karpenter too.
pub(crate) const GROUP_NAMES: [&str; 3] = ["ci-sandbox*", "ci-standard*", "ci-protected*"];
/// Where the managers of the runners live.
pub(crate) const RUNNERS: &str = "gitlab-runner";
/// Where the system lives.
pub(crate) const SYSTEM: &str = "kube-system";

const GI: i64 = 1 << 30;
const MI: i64 = 1 << 20;
const DAY: Millis = 86_400_000;

const LARGE: Machine = Machine {
    name: "m6i.large",
    cpus: 2,
    memory: 8 * GI,
    cpu_allocatable: 1930,
    memory_allocatable: 7_244_720 * 1024,
    most_pods: 29,
};
const XLARGE: Machine = Machine {
    name: "m6i.xlarge",
    cpus: 4,
    memory: 16 * GI,
    cpu_allocatable: 3920,
    memory_allocatable: 15_110_332 * 1024,
    most_pods: 58,
};
const DOUBLE: Machine = Machine {
    name: "m6i.2xlarge",
    cpus: 8,
    memory: 32 * GI,
    cpu_allocatable: 7910,
    memory_allocatable: 31_482_940 * 1024,
    most_pods: 58,
};

/// Pods on every node: name, thousandths of a processor, bytes.
pub(crate) const DAEMONS: [(&str, i64, i64); 4] = [
    ("aws-node", 50, 0),
    ("kube-proxy", 100, 0),
    ("ebs-csi-node", 30, 120 * MI),
    ("fluent-bit", 100, 128 * MI),
];

/// Deployments: name, namespace, place of the group, thousandths of a processor, bytes, replicas.
const SERVICES: [(&str, &str, usize, i64, i64, usize); 5] = [
    ("coredns", SYSTEM, 3, 100, 70 * MI, 2),
    ("cluster-autoscaler", SYSTEM, 3, 100, 600 * MI, 1),
    ("cache-proxy", "ci-sandbox", 0, 100, 256 * MI, 1),
    ("cache-proxy", "ci-standard", 1, 100, 256 * MI, 1),
    ("cache-proxy", "ci-protected", 2, 100, 256 * MI, 1),
];

/// A node group to be: name, tier, spot, least and most nodes at scale 1 and at each further one.
struct Draft {
    name: &'static str,
    tier: Option<usize>,
    spot: bool,
    small: (usize, usize),
    per_scale: (f64, f64),
}

const GROUPS: [Draft; 4] = [
    Draft {
        name: "ci-sandbox-spot",
        tier: Some(0),
        spot: true,
        small: (4, 10),
        per_scale: (2.5, 5.0),
    },
    Draft {
        name: "ci-standard",
        tier: Some(1),
        spot: false,
        small: (4, 10),
        per_scale: (2.3, 5.0),
    },
    Draft {
        name: "ci-protected",
        tier: Some(2),
        spot: false,
        small: (2, 5),
        per_scale: (1.0, 2.5),
    },
    Draft { name: "ci-system", tier: None, spot: false, small: (3, 4), per_scale: (0.2, 0.3) },
];

impl World {
    /// Makes the groups, their first nodes, and the pods that are always there.
    pub(in crate::sim::world) fn populate_cluster(&mut self) {
        let begun = self.now - 3 * DAY;
        for draft in &GROUPS {
            let group = self.group_of(draft);
            let place = self.capacity.groups.len();
            let least = group.least;
            self.capacity.groups.push(group);
            for _ in 0..least {
                let node = self.add_node(place, begun);
                self.make_ready(node);
            }
        }
        for (name, namespace, group, cpu, memory, replicas) in SERVICES {
            for _ in 0..replicas {
                self.install(Purpose::Service(name), namespace, group, (cpu, memory));
            }
        }
        let managers: Vec<(u64, usize)> = self
            .runners
            .values()
            .filter(|runner| runner.is_ready() && runner.description.starts_with("eks-"))
            .flat_map(|runner| (0..runner.managers.len()).map(|place| (runner.id, place)))
            .collect();
        for (runner, place) in managers {
            self.install(Purpose::Manager { runner, place }, RUNNERS, 3, (100, 128 * MI));
        }
    }

    fn group_of(&mut self, draft: &Draft) -> NodeGroup {
        let large = self.scale >= 10;
        let scaled = |per: f64, small: usize| {
            let whole = crate::sim::clock::millis(per * f64::from(self.scale) / 1000.0);
            if large { usize::try_from(whole).unwrap_or(small) } else { small }
        };
        let machine = match draft.tier {
            None if !large => &LARGE,
            _ if large => &DOUBLE,
            _ => &XLARGE,
        };
        let karpenter = self.scenario.kubernetes.karpenter && draft.tier == Some(0);
        let uid = self.capacity.uid();
        let short = |small: usize| small * usize::try_from(self.scale).unwrap_or(1).min(3);
        let most = scaled(draft.per_scale.1, short(draft.small.1));
        NodeGroup {
            name: if karpenter { "ci-sandbox" } else { draft.name },
            tier: draft.tier,
            machine,
            spot: draft.spot,
            karpenter,
            least: scaled(draft.per_scale.0, short(draft.small.0)),
            most,
            bound: draft.tier.filter(|_| !karpenter).map(|_| 2 * most),
            scaling_group: format!("eks-{}-{uid}", draft.name),
            nodes: BTreeSet::new(),
            free: BTreeSet::new(),
            refused: VecDeque::new(),
            coming: 0,
            wanted: None,
            updating_until: 0,
            update: None,
            issue: None,
            activities: VecDeque::new(),
        }
    }

    /// A node that has just registered, with the pods that every node has.
    pub(super) fn add_node(&mut self, group: usize, created: Millis) -> u64 {
        let capacity = &mut self.capacity;
        let id = capacity.next_node;
        capacity.next_node += 1;
        let uid = capacity.uid();
        let instance: String = format!("i-0{}", capacity.hex(16));
        let Some(owner) = capacity.groups.get_mut(group) else { return id };
        let place = usize::try_from(id).unwrap_or(0);
        let zone = ZONES.get(place % ZONES.len()).copied().unwrap_or("eu-west-1a");
        let address = format!("10.{}.{}.{}", 64 + place % 3, (place / 200) % 256, 10 + place % 200);
        owner.nodes.insert(id);
        let node = Node {
            id,
            group,
            name: format!("ip-{}.{REGION}.compute.internal", address.replace('.', "-")),
            address,
            instance,
            uid,
            zone,
            created,
            ready: None,
            cordoned: None,
            cpu_free: owner.machine.cpu_allocatable,
            memory_free: owner.machine.memory_allocatable,
            pods: BTreeSet::new(),
            idle_since: created,
            jobs: 0,
        };
        capacity.nodes.insert(id, node);
        capacity.outbox.node(id);
        for (name, cpu, memory) in DAEMONS {
            let pod = self.draft_pod(Purpose::Daemon(name), SYSTEM, group, (cpu, memory));
            self.capacity.bind(pod, id, created);
        }
        id
    }

    /// The node takes pods from here on, and the pods of every node run on it.
    pub(super) fn make_ready(&mut self, id: u64) {
        let Some(node) = self.capacity.nodes.get_mut(&id) else { return };
        let at = self.now.min(node.created + 45_000);
        node.ready = Some(at);
        node.idle_since = at;
        let pods: Vec<u64> = node.pods.iter().copied().collect();
        self.capacity.offer(id);
        self.capacity.outbox.node(id);
        for pod in pods {
            self.capacity.run_at_once(pod, at);
        }
    }

    /// A pod that runs since the beginning.
    fn install(
        &mut self,
        purpose: Purpose,
        namespace: &'static str,
        group: usize,
        size: (i64, i64),
    ) {
        let pod = self.draft_pod(purpose, namespace, group, size);
        let begun = self.now - DAY;
        // The emptiest node: these pods were there before any job was.
        let node = self.capacity.groups.get(group).and_then(|group| group.free.last().copied());
        if let Some((_, node)) = node {
            self.capacity.bind(pod, node, begun);
            self.capacity.run_at_once(pod, begun + 20_000);
        }
    }

    /// A new pod that is no job's.
    fn draft_pod(
        &mut self,
        purpose: Purpose,
        namespace: &'static str,
        group: usize,
        (cpu, memory): (i64, i64),
    ) -> u64 {
        let end = self.capacity.hex(5);
        let name = match &purpose {
            Purpose::Daemon(name) => format!("{name}-{end}"),
            Purpose::Service(name) => format!("{name}-{}-{end}", self.capacity.hex(9)),
            Purpose::Manager { runner, .. } => {
                let runner = self.runners.get(runner).map_or("runner", |one| &one.description);
                format!("gitlab-runner-{runner}-{}-{end}", self.capacity.hex(9))
            }
            Purpose::Job { .. } => String::new(),
        };
        let capacity = &mut self.capacity;
        let uid = capacity.uid();
        capacity.add_pod(Pod {
            id: 0,
            purpose,
            namespace,
            name: Arc::from(name),
            uid: Arc::from(uid),
            group,
            cpu,
            memory,
            trouble: None,
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
        })
    }
}

impl Capacity {
    /// The pod runs, as if it had always done.
    fn run_at_once(&mut self, id: u64, at: Millis) {
        let Some(pod) = self.pods.get_mut(&id) else { return };
        pod.created = pod.created.min(at);
        let instant = Some(at.max(pod.created));
        pod.stage = Stage::Ready;
        pod.sandboxed = instant;
        pod.initialized = instant;
        pod.ready = instant;
        self.outbox.pod(id);
    }
}
