//! Pods: those of the tiers' namespaces whole, all others as the room that they take.

use std::sync::Arc;

use super::Context;
use super::pod_shape::{ContainerSpec, ContainerStatus, PodShape, Security, Terminated};
use super::verdict::{self, end_word};
use super::{pod_shape, request};
use crate::domain::{
    BadEnd, ClusterPodId, Container, Entity, EntityId, JobId, Moment, NodeId, Occupant, Phase, Pod,
    PodId, Powers, ProjectId, Text, Timestamp,
};

/// The address of a pod of a tier's namespace.
pub(super) fn id_in_tier(shape: &PodShape, cluster: &str) -> EntityId {
    if is_pause(shape) {
        occupant_id(shape, cluster)
    } else {
        EntityId::Pod(PodId::of(&[cluster, &shape.metadata.uid]))
    }
}

/// The address of a pod that only takes room.
pub(super) fn occupant_id(shape: &PodShape, cluster: &str) -> EntityId {
    EntityId::Occupant(ClusterPodId::of(&[cluster, &shape.metadata.uid]))
}

fn is_pause(shape: &PodShape) -> bool {
    shape.metadata.labels.pause.as_deref() == Some("true")
}

/// What a pod of a tier's namespace is here: a pod, or, where it only holds room for later ones, the room.
pub(super) fn of_tier(shape: &PodShape, cx: &mut Context<'_>) -> Option<Entity> {
    if is_pause(shape) {
        return occupant(shape, cx);
    }
    Some(Entity::Pod(Arc::new(pod(shape, cx)?)))
}

/// The room that a pod takes on its node; nothing where it has none, or has ended.
pub(super) fn occupant(shape: &PodShape, cx: &Context<'_>) -> Option<Entity> {
    let node = shape.spec.node_name.as_deref().filter(|node| !node.is_empty())?;
    if matches!(shape.status.phase.as_str(), "Succeeded" | "Failed") {
        return None;
    }
    let request = request::of_pod(&shape.spec);
    Some(Entity::Occupant(Arc::new(Occupant {
        id: ClusterPodId::of(&[cx.cluster, &shape.metadata.uid]),
        node: NodeId::of(&[cx.cluster, node]),
        cpu_request_millis: request.cpu_millis,
        memory_request_bytes: request.memory_bytes,
    })))
}

/// A pod; none where it has no creation time, which every stored object has.
fn pod(shape: &PodShape, cx: &mut Context<'_>) -> Option<Pod> {
    let (meta, spec, status) = (&shape.metadata, &shape.spec, &shape.status);
    let verdict = verdict::of_pod(shape);
    let request = request::of_pod(spec);
    let phase = Phase::of(&status.phase);
    let labels = &meta.labels;
    Some(Pod {
        id: PodId::of(&[cx.cluster, &meta.uid]),
        cluster: cx.interner.text(cx.cluster),
        namespace: cx.interner.text(&meta.namespace),
        name: Text::new(&meta.name),
        uid: Text::new(&meta.uid),
        tier: None,
        state: cx.interner.text(&verdict.state),
        stand: verdict.stand,
        reason: cx.interner.maybe(verdict.reason.as_deref()),
        message: cx.interner.maybe(verdict.message.as_deref()),
        node: cx.interner.maybe(spec.node_name.as_deref()),
        claimed_job: number(meta.annotations.job.as_deref()).map(JobId),
        project: number(labels.project.as_deref()).map(ProjectId),
        runner_short: cx.interner.maybe(labels.runner.as_deref()),
        created_at: meta.creation_timestamp?,
        scheduled_at: since(shape, "PodScheduled"),
        sandbox_at: since(shape, "PodReadyToStartContainers"),
        initialized_at: since(shape, "Initialized"),
        ready_at: since(shape, "ContainersReady"),
        finished_at: if phase.has_ended() { last_end(shape).map(Moment::from) } else { None },
        deleted_at: meta.deletion_timestamp.map(Moment::from),
        bad_end: bad_end(shape, cx),
        restarts: statuses(shape).map(|one| one.restart_count).fold(0, u32::saturating_add),
        cpu_request_millis: request.cpu_millis,
        memory_request_bytes: request.memory_bytes,
        containers: containers(shape, cx),
        service_account: cx.interner.maybe(spec.service_account_name.as_deref()),
        aws_role: cx.interner.maybe(all(shape).find_map(|one| one.role.as_deref())),
        powers: powers(shape),
        phase,
    })
}

/// The number that an annotation or label holds.
fn number(words: Option<&str>) -> Option<u64> {
    words?.parse().ok()
}

/// Since when a condition holds; nothing where it does not.
fn since(shape: &PodShape, condition: &str) -> Option<Moment> {
    let found = shape.status.conditions.iter().find(|one| one.is(condition) && one.is_true());
    found.and_then(|one| one.last_transition_time).map(Moment::from)
}

/// When the last container ended, once all have.
fn last_end(shape: &PodShape) -> Option<Timestamp> {
    let end = |one: &ContainerStatus| one.state.terminated.as_ref().and_then(|end| end.finished_at);
    statuses(shape).filter_map(end).max()
}

/// The last bad end of a container, now or before it was started anew; one for want of memory before any other.
fn bad_end(shape: &PodShape, cx: &mut Context<'_>) -> Option<Arc<BadEnd>> {
    let all = statuses(shape).flat_map(bad_ends);
    let (name, end) = all.max_by_key(|(_, end)| (end.reason == "OOMKilled", end.finished_at))?;
    Some(Arc::new(BadEnd {
        container: cx.interner.text(name),
        reason: cx.interner.text(&end_word(end)),
        exit_code: end.exit_code,
        at: end.finished_at?,
    }))
}

/// The bad ends of a container that are known, with its name: that of now, and that before it was started anew.
fn bad_ends(one: &ContainerStatus) -> impl Iterator<Item = (&str, &Terminated)> {
    let ends = [&one.state.terminated, &one.last_state.terminated].into_iter().flatten();
    ends.filter(|end| verdict::is_bad(end)).map(|end| (one.name.as_str(), end))
}

fn statuses(shape: &PodShape) -> impl Iterator<Item = &ContainerStatus> {
    shape.status.init_container_statuses.iter().chain(&shape.status.container_statuses)
}

/// The containers as they should be, those that run beside the others first.
fn all(shape: &PodShape) -> impl Iterator<Item = &ContainerSpec> {
    shape.spec.containers.iter().chain(&shape.spec.init_containers)
}

fn containers(shape: &PodShape, cx: &mut Context<'_>) -> Arc<[Container]> {
    let (spec, status) = (&shape.spec, &shape.status);
    let init = spec.init_containers.iter().map(|one| (one, true, &status.init_container_statuses));
    let rest = spec.containers.iter().map(|one| (one, false, &status.container_statuses));
    let list = init.chain(rest).map(|(one, is_init, statuses)| {
        let status = statuses.iter().find(|status| status.name == one.name);
        Container {
            name: cx.interner.text(&one.name),
            image: cx.interner.text(&one.image),
            is_init,
            state: cx.interner.text(&status.map(word).unwrap_or_default()),
            restarts: status.map_or(0, |status| status.restart_count),
        }
    });
    let list: Vec<Container> = list.collect();
    cx.interner.containers(list)
}

/// A container's state in one word; empty while the node has not told.
fn word(status: &ContainerStatus) -> String {
    let state = &status.state;
    match (&state.waiting, &state.terminated, &state.running) {
        (Some(waiting), _, _) => waiting.reason.clone(),
        (_, Some(end), _) => end_word(end),
        (_, _, Some(_)) => "running".to_owned(),
        _ => String::new(),
    }
}

/// What a pod may do. Only what is said counts: a user that the image sets is not known here.
fn powers(shape: &PodShape) -> Powers {
    let pod = &shape.spec.security_context;
    let is_root = |own: &Security| {
        let user = own.run_as_user.or(pod.run_as_user);
        let kept = own.run_as_non_root.or(pod.run_as_non_root) == Some(true);
        user == Some(0) && !kept
    };
    let is_path = |volume: &pod_shape::Volume| volume.host_path.is_some();
    Powers {
        privileged: all(shape).any(|one| one.security_context.privileged == Some(true)),
        host_path: shape.spec.volumes.iter().any(is_path),
        host_network: shape.spec.host_network,
        root: all(shape).any(|one| is_root(&one.security_context)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::kubernetes::intern::Interner;

    fn of(pod: Value) -> Option<Entity> {
        let shape: PodShape = serde_json::from_value(pod).unwrap();
        let mut interner = Interner::default();
        of_tier(&shape, &mut Context { cluster: "ci", interner: &mut interner })
    }

    fn a_pod(pod: Value) -> Pod {
        match of(pod) {
            Some(Entity::Pod(pod)) => Arc::unwrap_or_clone(pod),
            other => panic!("no pod: {other:?}"),
        }
    }

    fn example() -> Value {
        json!({
            "metadata": { "name": "runner-a-project-7-concurrent-0-x", "namespace": "ci-standard", "uid": "u-1",
                "creationTimestamp": "2026-01-12T00:00:00Z",
                "labels": { "project.runner.gitlab.com/id": "7",
                    "manager.runner.gitlab.com/id-short": "Kq7hZ_std" },
                "annotations": { "job.runner.gitlab.com/id": "81020" },
                "managedFields": [{ "manager": "runner" }] },
            "spec": { "nodeName": "n-1", "serviceAccountName": "ci-standard",
                "initContainers": [{ "name": "init-permissions", "image": "helper:1" }],
                "containers": [{ "name": "build", "image": "rust:1",
                    "env": [{ "name": "CI_JOB_TOKEN", "value": "secret" }, { "name": "X", "valueFrom": {} },
                        { "name": "AWS_ROLE_ARN", "value": "arn:aws:iam::1:role/ci" }],
                    "resources": { "requests": { "cpu": "500m", "memory": "1Gi" } } }] },
            "status": { "phase": "Running",
                "conditions": [
                    { "type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-12T00:00:04Z" },
                    { "type": "PodReadyToStartContainers", "status": "True", "lastTransitionTime": "2026-01-12T00:00:06Z" },
                    { "type": "Initialized", "status": "True", "lastTransitionTime": "2026-01-12T00:00:07Z" },
                    { "type": "ContainersReady", "status": "False", "lastTransitionTime": "2026-01-12T00:00:09Z" }],
                "containerStatuses": [{ "name": "build", "restartCount": 2, "state": { "running": {} } }] }
        })
    }

    #[test]
    fn a_pod_is_joined_by_its_annotation_its_label_and_its_runner() {
        let pod = a_pod(example());
        assert_eq!(pod.claimed_job, Some(JobId(81020)));
        assert_eq!(pod.project, Some(ProjectId(7)));
        assert_eq!(pod.runner_short, Some(Text::new("Kq7hZ_std")));
        assert_eq!(pod.id, PodId::of(&["ci", "u-1"]));
    }

    #[test]
    fn only_conditions_that_hold_give_an_instant() {
        let pod = a_pod(example());
        let at = |text: &str| Some(Moment::from(text.parse::<Timestamp>().unwrap()));
        assert_eq!(pod.scheduled_at, at("2026-01-12T00:00:04Z"));
        assert_eq!(pod.sandbox_at, at("2026-01-12T00:00:06Z"));
        assert_eq!(pod.initialized_at, at("2026-01-12T00:00:07Z"));
        assert_eq!(pod.ready_at, None);
    }

    #[test]
    fn of_a_jobs_variables_only_the_role_is_kept() {
        let pod = a_pod(example());
        assert_eq!(pod.aws_role, Some(Text::new("arn:aws:iam::1:role/ci")));
        assert!(!format!("{pod:?}").contains("secret"));
    }

    #[test]
    fn containers_are_listed_init_first_with_their_state() {
        let pod = a_pod(example());
        let told: Vec<_> = pod
            .containers
            .iter()
            .map(|one| (one.name.as_str(), one.is_init, &*one.state))
            .collect();
        assert_eq!(told, [("init-permissions", true, ""), ("build", false, "running")]);
        assert_eq!(
            (pod.restarts, pod.cpu_request_millis, pod.memory_request_bytes),
            (2, 500, 1 << 30)
        );
    }

    #[test]
    fn a_container_that_was_killed_for_its_memory_and_started_anew_tells_when() {
        let mut pod = example();
        assert_eq!(a_pod(pod.clone()).bad_end, None);
        let ended = |code: i64, reason: &str, at: &str| json!({ "terminated": { "exitCode": code, "reason": reason, "finishedAt": at } });
        pod["status"]["containerStatuses"] = json!([
            { "name": "build", "restartCount": 2, "state": { "running": {} },
                "lastState": ended(137, "OOMKilled", "2026-01-12T00:03:00Z") },
            { "name": "helper", "state": ended(1, "Error", "2026-01-12T00:04:00Z") },
            { "name": "service", "state": ended(0, "Completed", "2026-01-12T00:05:00Z") }]);
        let end = BadEnd {
            container: Text::new("build"),
            reason: Text::new("OOMKilled"),
            exit_code: 137,
            at: "2026-01-12T00:03:00Z".parse().unwrap(),
        };
        assert_eq!(a_pod(pod).bad_end, Some(Arc::new(end)));
    }

    #[test]
    fn a_pause_pod_is_only_the_room_it_takes() {
        let mut pause = example();
        pause["metadata"]["labels"]["runner.gitlab.com/pause-pod"] = json!("true");
        let expected = Occupant {
            id: ClusterPodId::of(&["ci", "u-1"]),
            node: NodeId::of(&["ci", "n-1"]),
            cpu_request_millis: 500,
            memory_request_bytes: 1 << 30,
        };
        assert_eq!(of(pause), Some(Entity::Occupant(Arc::new(expected))));
    }

    #[test]
    fn what_a_tier_forbids_is_seen() {
        let mut pod = example();
        assert_eq!(a_pod(pod.clone()).powers, Powers::default());
        pod["spec"]["volumes"] =
            json!([{ "name": "a", "emptyDir": {} }, { "name": "b", "hostPath": { "path": "/" } }]);
        pod["spec"]["hostNetwork"] = json!(true);
        pod["spec"]["containers"][0]["securityContext"] = json!({ "privileged": true });
        pod["spec"]["securityContext"] = json!({ "runAsUser": 0 });
        let all = Powers { privileged: true, host_path: true, host_network: true, root: true };
        assert_eq!(a_pod(pod).powers, all);
    }

    #[test]
    fn a_containers_own_user_wins_over_the_pods() {
        let mut pod = example();
        pod["spec"]["securityContext"] = json!({ "runAsUser": 0 });
        pod["spec"]["containers"][0]["securityContext"] = json!({ "runAsUser": 1000 });
        pod["spec"]["initContainers"] = Value::Null;
        assert!(!a_pod(pod).powers.root);
    }

    #[test]
    fn hostile_names_are_cleaned_and_forged_ids_are_no_numbers() {
        let mut pod = example();
        pod["status"]["reason"] = json!("\u{1b}[2J");
        pod["status"]["phase"] = json!("Failed");
        pod["metadata"]["annotations"]["job.runner.gitlab.com/id"] = json!("81020; rm");
        let pod = a_pod(pod);
        assert_eq!(&*pod.state, "\u{fffd}[2J");
        assert_eq!(pod.claimed_job, None);
    }
}
