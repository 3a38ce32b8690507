//! How far a pod has come, as conditions and states of its containers.

use serde_json::{Value, json};

use super::super::lifecycle::EVICTED;
use super::super::model::{Ending, Pod, Purpose, Stage, Trouble};
use super::pod::{DIGEST, set};
use super::{HELPER_IMAGE, condition};
use crate::sim::clock::{self, Millis};

pub(super) fn conditions(pod: &Pod) -> Value {
    let gated =
        ("SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates", pod.created);
    if pod.stage == Stage::Gated {
        return json!([condition("PodScheduled", None, gated)]);
    }
    if let (Stage::Refused, Some((message, since))) = (pod.stage, &pod.refusal) {
        return json!([condition("PodScheduled", None, ("Unschedulable", message, *since))]);
    }
    let Some(scheduled) = pod.scheduled else { return json!([]) };
    let over = |text| (text, "", pod.ended.unwrap_or(scheduled));
    let unready = match pod.stage {
        Stage::Over(Ending::Succeeded) => over("PodCompleted"),
        Stage::Over(_) => over("PodFailed"),
        _ if pod.wavering.is_some() => (
            "ContainersNotReady",
            "containers with unready status: [helper]",
            pod.wavering.unwrap_or(scheduled),
        ),
        _ if pod.job().is_some() => {
            ("ContainersNotReady", "containers with unready status: [build helper]", scheduled)
        }
        _ => ("ContainersNotReady", "containers with unready status", scheduled),
    };
    let is_over = matches!(pod.stage, Stage::Over(_));
    let ready = pod.ready.filter(|_| !is_over && pod.wavering.is_none() && !pod.backing_off);
    let sandbox = pod.sandboxed.filter(|_| !is_over);
    let ended = pod.ended.unwrap_or(scheduled);
    let mut all = vec![
        condition("PodReadyToStartContainers", sandbox, ("", "", ended)),
        condition(
            "Initialized",
            pod.initialized,
            (
                "ContainersNotInitialized",
                "containers with incomplete status: [init-permissions]",
                scheduled,
            ),
        ),
        condition("Ready", ready, unready),
        condition("ContainersReady", ready, unready),
        condition("PodScheduled", Some(scheduled), ("", "", scheduled)),
    ];
    if pod.stage == Stage::Over(Ending::Evicted) {
        all.insert(0, json!({
            "type": "DisruptionTarget", "status": "True", "lastProbeTime": null,
            "lastTransitionTime": clock::coarse(ended), "reason": "TerminationByKubelet", "message": EVICTED,
        }));
    }
    for one in &mut all {
        if let Some(fields) = one.as_object_mut() {
            fields.retain(|name, value| {
                !(matches!(name.as_str(), "reason" | "message") && value == "")
            });
        }
    }
    Value::Array(all)
}

/// The name of a container with its image, its state, and whether it is ready and started.
fn state(name: &str, image: &str, state: &Value, restarts: u32) -> Value {
    let running = state.get("running").is_some();
    let done = state.pointer("/terminated/reason").is_some_and(|reason| reason == "Completed");
    let seen = running || state.get("terminated").is_some();
    let digest =
        image.rsplit_once('@').map_or(DIGEST, |(_, digest)| digest.trim_start_matches("sha256:"));
    let bare = image.split(['@']).next().unwrap_or(image);
    json!({
        "name": name,
        "state": state,
        "lastState": {},
        "ready": running || (done && name == "init-permissions"),
        "restartCount": restarts,
        "image": image,
        "imageID": if seen { format!("{bare}@sha256:{digest}") } else { String::new() },
        "started": running,
    })
}

fn waiting(reason: &str) -> Value {
    json!({"waiting": {"reason": reason}})
}

fn running(at: Option<Millis>) -> Value {
    json!({"running": {"startedAt": clock::coarse(at.unwrap_or_default())}})
}

fn terminated(pod: &Pod, code: i64, reason: &str) -> Value {
    let from = pod.ready.or(pod.scheduled).unwrap_or(pod.created);
    json!({"terminated": {
        "exitCode": code, "reason": reason,
        "startedAt": clock::coarse(from), "finishedAt": clock::coarse(pod.ended.unwrap_or(from)),
    }})
}

pub(super) fn init_state(pod: &Pod) -> Value {
    let is = match (pod.initialized, pod.sandboxed) {
        (Some(at), from) => json!({"terminated": {
            "exitCode": 0, "reason": "Completed",
            "startedAt": clock::coarse(from.unwrap_or(at)), "finishedAt": clock::coarse(at),
        }}),
        (None, Some(at)) => running(Some(at)),
        (None, None) => waiting("PodInitializing"),
    };
    state("init-permissions", HELPER_IMAGE, &is, 0)
}

pub(super) fn build_state(pod: &Pod, image: &str) -> Value {
    let is = match pod.stage {
        Stage::Ready => running(pod.ready),
        Stage::Over(Ending::Succeeded) => terminated(pod, 0, "Completed"),
        Stage::Over(Ending::Failed) => terminated(pod, 1, "Error"),
        Stage::Over(Ending::OutOfMemory) => terminated(pod, 137, "OOMKilled"),
        Stage::Over(Ending::Evicted) => terminated(pod, 137, "Error"),
        Stage::Initialized if pod.trouble == Some(Trouble::ImagePull) => {
            let (reason, message) = if pod.backing_off {
                ("ImagePullBackOff", format!("Back-off pulling image \"{image}\""))
            } else {
                (
                    "ErrImagePull",
                    format!(
                        "rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
                    ),
                )
            };
            json!({"waiting": {"reason": reason, "message": message}})
        }
        Stage::Initialized => waiting("ContainerCreating"),
        _ => waiting("PodInitializing"),
    };
    state("build", image, &is, pod.restarts)
}

pub(super) fn helper_state(pod: &Pod) -> Value {
    let is = match pod.stage {
        Stage::Ready if pod.wavering.is_some() => terminated(pod, 1, "Error"),
        Stage::Ready => running(pod.ready),
        Stage::Over(Ending::Succeeded) => terminated(pod, 0, "Completed"),
        Stage::Over(_) => terminated(pod, 137, "Error"),
        Stage::Initialized if pod.trouble == Some(Trouble::ImagePull) => running(pod.initialized),
        Stage::Initialized => waiting("ContainerCreating"),
        _ => waiting("PodInitializing"),
    };
    state("helper", HELPER_IMAGE, &is, 0)
}

pub(super) fn plain_state(pod: &Pod) -> Value {
    let name = match &pod.purpose {
        Purpose::Daemon(name) | Purpose::Service(name) => *name,
        _ => "gitlab-runner",
    };
    let image = format!("registry.acme.example/platform/{name}:1.18.2");
    let is = match pod.stage {
        Stage::Ready if pod.backing_off => json!({"waiting": {
            "reason": "CrashLoopBackOff",
            "message": format!("back-off 5m0s restarting failed container={name} pod={}_{}({})", pod.name, pod.namespace, pod.uid),
        }}),
        Stage::Ready => running(pod.ready),
        _ => waiting("ContainerCreating"),
    };
    let mut all = state(name, &image, &is, pod.restarts);
    // A service takes more memory than it may have; a manager crashes by itself.
    let (code, reason) = match pod.purpose {
        Purpose::Service(_) => (137, "OOMKilled"),
        _ => (1, "Error"),
    };
    if pod.restarts > 0 {
        set(
            &mut all,
            "lastState",
            json!({"terminated": {
                "exitCode": code, "reason": reason,
                "startedAt": clock::coarse(pod.created), "finishedAt": clock::coarse(pod.created + 4_000),
            }}),
        );
    }
    all
}
