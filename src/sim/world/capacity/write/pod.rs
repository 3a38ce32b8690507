//! A pod as JSON, with the labels and annotations of the real runner.

use serde_json::{Map, Value, json};

use super::super::layout::{ACCOUNT, ACCOUNTS, REGION, SYSTEM};
use super::super::lifecycle::EVICTED;
use super::super::model::{Ending, Pod, Purpose, Stage, Trouble};
use super::super::refuse::TIER_KEY;
use super::super::{NAMESPACES, World};
use super::state::{build_state, conditions, helper_state, init_state, plain_state};
use super::{HELPER_IMAGE, bytes, cpu};
use crate::sim::clock;
use crate::sim::world::{Job, TIERS};

const MI: i64 = 1 << 20;
/// What the helper container of every job asks for.
const HELPER: (i64, i64) = (100, 128 * MI);

impl World {
    /// The pod as the API shows it.
    pub(super) fn write_pod(&self, id: u64) -> Option<Value> {
        let pod = self.capacity.pods.get(&id)?;
        let mut meta = json!({
            "name": &*pod.name,
            "namespace": pod.namespace,
            "uid": &*pod.uid,
            "creationTimestamp": clock::coarse(pod.created),
        });
        if let Some(at) = pod.deleted {
            set(&mut meta, "deletionTimestamp", json!(clock::coarse(at + 30_000)));
            set(&mut meta, "deletionGracePeriodSeconds", json!(30));
        }
        let spec = match &pod.purpose {
            Purpose::Job { job, .. } => {
                let job = self.jobs.get(*job)?;
                set(&mut meta, "labels", self.job_labels(pod, job));
                set(&mut meta, "annotations", self.job_annotations(pod, job));
                self.job_spec(pod)
            }
            Purpose::Daemon(name) => {
                set(
                    &mut meta,
                    "labels",
                    json!({"k8s-app": name, "controller-revision-hash": "6d9f7c5b8"}),
                );
                set(&mut meta, "ownerReferences", owner("DaemonSet", "apps/v1", name));
                self.plain_spec(pod, name)
            }
            Purpose::Manager { .. } => {
                let name = pod.name.rsplit_once('-').map_or("", |(name, _)| name);
                set(&mut meta, "labels", json!({"app": "gitlab-runner"}));
                set(&mut meta, "ownerReferences", owner("ReplicaSet", "apps/v1", name));
                self.plain_spec(pod, "gitlab-runner")
            }
            Purpose::Service(name) => {
                let above = pod.name.rsplit_once('-').map_or("", |(name, _)| name);
                set(&mut meta, "labels", json!({"app": name}));
                set(&mut meta, "ownerReferences", owner("ReplicaSet", "apps/v1", above));
                self.plain_spec(pod, name)
            }
        };
        Some(json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": meta,
            "spec": spec,
            "status": self.pod_status(pod),
        }))
    }

    /// The image of the build container of a job's pod.
    pub(in crate::sim::world::capacity) fn image_of(&self, id: u64) -> String {
        let Some(pod) = self.capacity.pods.get(&id) else { return String::new() };
        match (pod.trouble, pod.namespace) {
            (Some(Trouble::ImagePull), _) => {
                "registry.acme.example/ci/build:no-such-tag".to_owned()
            }
            (Some(Trouble::Unpinned), _) => "registry.acme.example/ci/build:latest".to_owned(),
            (_, "ci-protected") => format!("registry.acme.example/ci/build@sha256:{DIGEST}"),
            _ => "registry.acme.example/ci/build:4".to_owned(),
        }
    }

    fn job_labels(&self, pod: &Pod, job: &Job) -> Value {
        let Some(project) = self.projects.get(&job.project) else { return json!({}) };
        let group = self.groups.get(&project.group);
        let path = group.map_or("", |group| group.path.as_str());
        let runner = job.runner.and_then(|id| self.runners.get(&id));
        let short = runner.map_or("", |runner| runner.short.as_str());
        let slot = pod.name.rsplit_once('-').map_or(&*pod.name, |(slot, _)| slot);
        json!({
            "pod": slot,
            "job.runner.gitlab.com/pod": slot,
            "manager.runner.gitlab.com/id-short": short,
            "manager.runner.gitlab.com/name": runner.map_or("", |one| one.description.as_str()),
            "project.runner.gitlab.com/id": job.project.to_string(),
            "project.runner.gitlab.com/name": project.path.rsplit('/').next().unwrap_or(""),
            "project.runner.gitlab.com/namespace": path.rsplit('/').next().unwrap_or(""),
            "project.runner.gitlab.com/namespace-id": project.group.to_string(),
            "project.runner.gitlab.com/root-namespace": "acme",
            "project.runner.gitlab.com/root-namespace-id": "11",
        })
    }

    fn job_annotations(&self, pod: &Pod, job: &Job) -> Value {
        let pipeline = self.pipelines.get(job.pipeline);
        let path = self.projects.get(&job.project).map_or("", |project| project.path.as_str());
        // A job may overwrite its annotations, though never its labels.
        let claimed = match pod.trouble {
            Some(Trouble::Forged) => self.job_of_another_project(job),
            _ => job.id,
        };
        json!({
            "job.runner.gitlab.com/id": claimed.to_string(),
            "job.runner.gitlab.com/url": format!("{}/{path}/-/jobs/{claimed}", self.capacity.base),
            "job.runner.gitlab.com/sha": pipeline.map_or("", |one| &one.sha),
            "job.runner.gitlab.com/before_sha": "0000000000000000000000000000000000000000",
            "job.runner.gitlab.com/ref": pipeline.map_or("", |one| &one.reference),
            "job.runner.gitlab.com/name": &*job.plan.name,
            "job.runner.gitlab.com/timeout": "1h0m0s",
            "project.runner.gitlab.com/id": job.project.to_string(),
        })
    }

    /// A job that is not the pod's, of another project.
    fn job_of_another_project(&self, job: &Job) -> u64 {
        let other = |one: &&Job| one.project != job.project && one.id < job.id && !one.is_bridge();
        self.jobs.values().rev().find(other).map_or(job.id, |other| other.id)
    }

    fn job_spec(&self, pod: &Pod) -> Value {
        let tier = NAMESPACES.iter().position(|name| *name == pod.namespace).unwrap_or(0);
        let name = TIERS.get(tier).map_or("sandbox", |tier| tier.name);
        let account = ACCOUNTS.get(tier).copied().unwrap_or("default");
        let mut init = container("init-permissions", HELPER_IMAGE, (0, 0));
        set(&mut init, "resources", json!({}));
        let mut helper = container("helper", HELPER_IMAGE, HELPER);
        set(&mut helper, "securityContext", ordinary_user());
        let mut spec = json!({
            "initContainers": [init],
            "containers": [self.build_container(pod, name), helper],
            "volumes": volumes(pod),
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 30,
            "activeDeadlineSeconds": 3600,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": account,
            "serviceAccount": account,
            "automountServiceAccountToken": false,
            "nodeSelector": {TIER_KEY: name},
            "securityContext": {"fsGroup": 1000},
            "schedulerName": "default-scheduler",
            "tolerations": tolerations(Some(name)),
            "priority": 0,
            "enableServiceLinks": true,
            "preemptionPolicy": "PreemptLowerPriority",
        });
        if pod.stage <= Stage::Gated && pod.trouble == Some(Trouble::Gated) {
            set(&mut spec, "schedulingGates", json!([{"name": "kueue.x-k8s.io/admission"}]));
        }
        self.set_node(pod, &mut spec);
        spec
    }

    fn build_container(&self, pod: &Pod, tier: &str) -> Value {
        let (cpu, memory) = (pod.cpu - HELPER.0, pod.memory - HELPER.1);
        let mut build = container("build", &self.image_of(pod.id), (cpu, memory));
        let shell = "if [ -x /bin/bash ]; then exec /bin/bash; else exec /bin/sh; fi";
        set(&mut build, "env", role(tier));
        set(&mut build, "command", json!(["sh", "-c", shell]));
        if let Some(resources) = build.get_mut("resources") {
            set(resources, "limits", json!({"memory": bytes(memory)}));
        }
        let token = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
        let mut mounts = vec![
            json!({"name": "scripts", "mountPath": "/scripts"}),
            json!({"name": "repo", "mountPath": "/builds"}),
            json!({"name": "aws-iam-token", "mountPath": token, "readOnly": true}),
        ];
        if pod.trouble == Some(Trouble::Privileged) {
            set(&mut build, "securityContext", json!({"privileged": true}));
            mounts.push(json!({"name": "containerd-socket", "mountPath": SOCKET}));
        } else {
            set(&mut build, "securityContext", ordinary_user());
        }
        set(&mut build, "volumeMounts", Value::Array(mounts));
        build
    }

    fn plain_spec(&self, pod: &Pod, name: &str) -> Value {
        let image = format!("registry.acme.example/platform/{name}:1.18.2");
        let tier = NAMESPACES.iter().position(|known| *known == pod.namespace);
        let tier = tier.and_then(|place| TIERS.get(place)).map(|tier| tier.name);
        let mut spec = json!({
            "containers": [container(name, &image, (pod.cpu, pod.memory))],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": name,
            "serviceAccount": name,
            "securityContext": {},
            "schedulerName": "default-scheduler",
            "tolerations": if pod.namespace == SYSTEM { json!([{"operator": "Exists"}]) } else { tolerations(tier) },
            "priority": 0,
            "enableServiceLinks": true,
            "preemptionPolicy": "PreemptLowerPriority",
        });
        if pod.namespace == SYSTEM {
            set(&mut spec, "hostNetwork", json!(true));
            set(&mut spec, "priorityClassName", json!("system-node-critical"));
            set(&mut spec, "priority", json!(2_000_001_000));
        }
        self.set_node(pod, &mut spec);
        spec
    }

    fn set_node(&self, pod: &Pod, spec: &mut Value) {
        if let Some(node) = pod.node.and_then(|id| self.capacity.nodes.get(&id)) {
            set(spec, "nodeName", json!(node.name));
        }
    }

    fn pod_status(&self, pod: &Pod) -> Value {
        let phase = match pod.stage {
            Stage::Ready => "Running",
            Stage::Over(Ending::Succeeded) => "Succeeded",
            Stage::Over(_) => "Failed",
            _ => "Pending",
        };
        let mut status = json!({
            "phase": phase,
            "conditions": conditions(pod),
            "qosClass": "Burstable",
        });
        let Some(scheduled) = pod.scheduled else { return status };
        set(&mut status, "startTime", json!(clock::coarse(scheduled)));
        if pod.stage == Stage::Over(Ending::Evicted) {
            set(&mut status, "reason", json!("Evicted"));
            set(&mut status, "message", json!(EVICTED));
        }
        if let Some(node) = pod.node.and_then(|id| self.capacity.nodes.get(&id)) {
            set(&mut status, "hostIP", json!(node.address));
            set(&mut status, "hostIPs", json!([{"ip": node.address}]));
        }
        if pod.sandboxed.is_some() {
            let ip =
                format!("10.{}.{}.{}", 96 + pod.id / 50_000 % 30, pod.id / 250 % 200, pod.id % 250);
            set(&mut status, "podIP", json!(ip));
            set(&mut status, "podIPs", json!([{"ip": ip}]));
        }
        let containers = if pod.job().is_some() {
            set(&mut status, "initContainerStatuses", json!([init_state(pod)]));
            json!([build_state(pod, &self.image_of(pod.id)), helper_state(pod)])
        } else {
            json!([plain_state(pod)])
        };
        set(&mut status, "containerStatuses", containers);
        status
    }
}

/// Digest of the image of the protected tier.
pub(super) const DIGEST: &str = "94aaa1dd408f92ff4a31102c1ce4b69648045bf1968b9015850b23c57975a745";

pub(super) fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

fn owner(kind: &str, version: &str, name: &str) -> Value {
    json!([{
        "apiVersion": version, "kind": kind, "name": name,
        "uid": "0c2f8f6e-5f0b-4c83-9c1e-7d4c5f1f2a10", "controller": true, "blockOwnerDeletion": true,
    }])
}

fn container(name: &str, image: &str, (millis, memory): (i64, i64)) -> Value {
    let mut requests = Map::new();
    if millis > 0 {
        requests.insert("cpu".to_owned(), json!(cpu(millis)));
    }
    if memory > 0 {
        requests.insert("memory".to_owned(), json!(bytes(memory)));
    }
    json!({
        "name": name,
        "image": image,
        "resources": {"requests": requests},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    })
}

/// The variables that EKS injects for a service account with a role.
fn role(tier: &str) -> Value {
    json!([
        {"name": "CI", "value": "true"},
        {"name": "AWS_STS_REGIONAL_ENDPOINTS", "value": "regional"},
        {"name": "AWS_DEFAULT_REGION", "value": REGION},
        {"name": "AWS_REGION", "value": REGION},
        {"name": "AWS_ROLE_ARN", "value": format!("arn:aws:iam::{ACCOUNT}:role/ci-job-{tier}")},
        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"},
    ])
}

/// The socket of the host that a privileged job mounts.
const SOCKET: &str = "/run/containerd/containerd.sock";

/// The security context of a container that may do little.
fn ordinary_user() -> Value {
    json!({
        "privileged": false,
        "allowPrivilegeEscalation": false,
        "runAsNonRoot": true,
        "runAsUser": 1000,
    })
}

fn volumes(pod: &Pod) -> Value {
    let mut volumes = vec![
        json!({"name": "repo", "emptyDir": {}}),
        json!({"name": "scripts", "emptyDir": {}}),
        json!({"name": "logs", "emptyDir": {}}),
        token_volume(),
    ];
    if pod.trouble == Some(Trouble::Privileged) {
        volumes
            .push(json!({"name": "containerd-socket", "hostPath": {"path": SOCKET, "type": ""}}));
    }
    Value::Array(volumes)
}

fn token_volume() -> Value {
    json!({"name": "aws-iam-token", "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}},
    ]}})
}

fn tolerations(tier: Option<&str>) -> Value {
    let stays = |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
    let mut all = Vec::new();
    if let Some(tier) = tier {
        all.push(
            json!({"key": TIER_KEY, "operator": "Equal", "value": tier, "effect": "NoSchedule"}),
        );
    }
    all.push(stays("node.kubernetes.io/not-ready"));
    all.push(stays("node.kubernetes.io/unreachable"));
    Value::Array(all)
}
