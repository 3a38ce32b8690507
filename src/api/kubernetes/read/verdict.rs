//! A pod's state in a person's word: what keeps it, or how it ended, instead of the phase that hides it.

use super::pod_shape::{ContainerStatus, PodShape, Terminated, Waiting};
use crate::domain::Stand;

/// What is said of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The word.
    pub(super) state: String,
    /// What the word means for whoever waits.
    pub(super) stand: Stand,
    /// The reason behind the word, where one more is told.
    pub(super) reason: Option<String>,
    /// The scheduler's or the kubelet's own words.
    pub(super) message: Option<String>,
}

impl Verdict {
    fn new(state: impl Into<String>, stand: Stand) -> Verdict {
        Verdict { state: state.into(), stand, reason: None, message: None }
    }

    fn because(self, reason: &str) -> Verdict {
        Verdict { reason: told(reason), ..self }
    }

    fn saying(self, message: &str) -> Verdict {
        Verdict { message: told(message), ..self }
    }
}

fn told(words: &str) -> Option<String> {
    (!words.is_empty()).then(|| words.to_owned())
}

/// The verdict on a pod.
pub(super) fn of_pod(pod: &PodShape) -> Verdict {
    let status = &pod.status;
    match status.phase.as_str() {
        "Succeeded" | "Failed" => return ended(pod),
        "Unknown" => return Verdict::new("Unknown", Stand::Unknown).saying(&status.message),
        _ => {}
    }
    if pod.metadata.deletion_timestamp.is_some() {
        return if status.reason == "NodeLost" {
            Verdict::new("Unknown", Stand::Unknown).because(&status.reason).saying(&status.message)
        } else {
            Verdict::new("Terminating", Stand::Ending).saying(&status.message)
        };
    }
    if !status.reason.is_empty() {
        return Verdict::new(status.reason.as_str(), Stand::Unknown).saying(&status.message);
    }
    unplaced(pod)
        .or_else(|| initialising(pod))
        .or_else(|| of_containers(&status.container_statuses))
        .unwrap_or_else(|| begun(&status.phase))
}

/// A pod of whose containers nothing was said yet.
fn begun(phase: &str) -> Verdict {
    match phase {
        "Pending" | "" => Verdict::new("Pending", Stand::Starting),
        "Running" => Verdict::new("Running", Stand::Running),
        other => Verdict::new(other, Stand::Unknown),
    }
}

/// A pod that has ended.
fn ended(pod: &PodShape) -> Verdict {
    let status = &pod.status;
    let stand = if status.phase == "Failed" { Stand::Failed } else { Stand::Done };
    if !status.reason.is_empty() {
        return Verdict::new(status.reason.as_str(), stand).saying(&status.message);
    }
    if stand == Stand::Done {
        return Verdict::new("Completed", stand);
    }
    let bad = status.init_container_statuses.iter().chain(&status.container_statuses);
    let bad = bad.filter_map(|one| one.state.terminated.as_ref()).find(|one| is_bad(one));
    match bad {
        Some(end) => Verdict { stand, ..of_end(end) },
        None => Verdict::new("Error", stand).saying(&status.message),
    }
}

/// A pod that no node was found for.
fn unplaced(pod: &PodShape) -> Option<Verdict> {
    if pod.spec.node_name.as_ref().is_some_and(|node| !node.is_empty()) {
        return None;
    }
    let refused = pod.status.conditions.iter().find(|one| one.is("PodScheduled") && !one.is_true());
    Some(match refused {
        None => Verdict::new("Pending", Stand::Unplaced),
        Some(one) if one.reason == "SchedulingGated" => {
            let verdict = Verdict::new("SchedulingGated", Stand::Unplaced);
            verdict.because(&one.reason).saying(&one.message)
        }
        // A node may yet come free, or be made.
        Some(one) if one.reason.is_empty() || one.reason == "Unschedulable" => {
            let verdict = Verdict::new("Unschedulable", Stand::Unplaced);
            verdict.because(&one.reason).saying(&one.message)
        }
        Some(one) => Verdict::new(one.reason.as_str(), Stand::Stuck).saying(&one.message),
    })
}

/// A pod whose init containers have not all done their work.
fn initialising(pod: &PodShape) -> Option<Verdict> {
    let specs = &pod.spec.init_containers;
    let is_sidecar = |name: &str| {
        specs.iter().any(|one| one.name == name && one.restart_policy.as_deref() == Some("Always"))
    };
    let all = &pod.status.init_container_statuses;
    let is_done = |one: &ContainerStatus| {
        let ended_well = one.state.terminated.as_ref().is_some_and(|end| end.exit_code == 0);
        ended_well || is_sidecar(&one.name) && one.started == Some(true)
    };
    let (place, open) = all.iter().enumerate().find(|(_, one)| !is_done(one))?;
    let how_far = format!("{} is the {} of {} init containers", open.name, place + 1, all.len());
    let bad = match (&open.state.waiting, &open.state.terminated) {
        (Some(waiting), _) if !is_progress(waiting) => Some(of_wait(open, waiting)),
        (_, Some(end)) => Some(of_end(end)),
        _ => None,
    };
    Some(match bad {
        Some(bad) => Verdict { state: format!("Init:{}", bad.state), stand: Stand::Stuck, ..bad },
        None => Verdict::new("Init", Stand::Starting).saying(&how_far),
    })
}

/// What the containers together mean: the worst of them.
fn of_containers(all: &[ContainerStatus]) -> Option<Verdict> {
    let worst = |one: &Verdict| match one.stand {
        Stand::Stuck => 0,
        Stand::Failed => 1,
        Stand::Starting => 2,
        Stand::Running => 3,
        _ => 4,
    };
    all.iter().filter_map(of_container).min_by_key(worst)
}

fn of_container(one: &ContainerStatus) -> Option<Verdict> {
    let state = &one.state;
    if let Some(waiting) = &state.waiting {
        return Some(if is_progress(waiting) {
            Verdict::new("ContainerCreating", Stand::Starting).saying(&waiting.message)
        } else {
            of_wait(one, waiting)
        });
    }
    match &state.terminated {
        Some(end) if is_bad(end) => Some(of_end(end)),
        Some(_) => Some(Verdict::new("Completed", Stand::Done)),
        None => state.running.as_ref().map(|_| Verdict::new("Running", Stand::Running)),
    }
}

/// Whether a container waits for nothing but its turn.
fn is_progress(waiting: &Waiting) -> bool {
    matches!(waiting.reason.as_str(), "" | "ContainerCreating" | "PodInitializing")
}

/// A container that is kept from running; what ended it before is the reason behind it.
fn of_wait(one: &ContainerStatus, waiting: &Waiting) -> Verdict {
    let before = one.last_state.terminated.as_ref().map(end_word).unwrap_or_default();
    Verdict::new(waiting.reason.as_str(), Stand::Stuck).because(&before).saying(&waiting.message)
}

/// Whether a container did not end as it should.
pub(super) fn is_bad(end: &Terminated) -> bool {
    end.exit_code != 0 || !matches!(end.reason.as_str(), "" | "Completed")
}

/// A container that ended badly.
fn of_end(end: &Terminated) -> Verdict {
    let code = format!("exit code {}", end.exit_code);
    Verdict::new(end_word(end), Stand::Failed).because(&code).saying(&end.message)
}

/// The word for a container's end.
pub(super) fn end_word(end: &Terminated) -> String {
    match (end.reason.as_str(), end.signal) {
        ("", Some(signal)) if signal != 0 => format!("Signal:{signal}"),
        ("", _) if end.exit_code == 0 => "Completed".to_owned(),
        ("", _) => format!("ExitCode:{}", end.exit_code),
        (reason, _) => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn verdict(spec: Value, status: Value) -> Verdict {
        let mut pod = json!({ "metadata": { "name": "p" } });
        pod["spec"] = spec;
        pod["status"] = status;
        of_pod(&serde_json::from_value(pod).unwrap())
    }

    fn word(spec: Value, status: Value) -> (String, Stand) {
        let verdict = verdict(spec, status);
        (verdict.state, verdict.stand)
    }

    fn told(state: &str, stand: Stand) -> (String, Stand) {
        (state.to_owned(), stand)
    }

    fn placed() -> Value {
        json!({ "nodeName": "n", "containers": null })
    }

    fn status(containers: Value) -> Value {
        let mut status = json!({ "phase": "Pending" });
        status["containerStatuses"] = containers;
        status
    }

    fn scheduled(reason: &str) -> Value {
        json!({ "phase": "Pending", "conditions": [
            { "type": "PodScheduled", "status": "False", "reason": reason, "message": "0/3 nodes are available" },
        ] })
    }

    #[test]
    fn a_pod_that_no_node_fits_says_so_in_the_schedulers_words() {
        let verdict = verdict(json!({}), scheduled("Unschedulable"));
        let message = Some("0/3 nodes are available".to_owned());
        let expected = Verdict::new("Unschedulable", Stand::Unplaced).because("Unschedulable");
        assert_eq!(verdict, Verdict { message, ..expected });
    }

    #[test]
    fn a_gated_pod_waits_and_is_not_stuck() {
        let gated = word(json!({}), scheduled("SchedulingGated"));
        assert_eq!(gated, told("SchedulingGated", Stand::Unplaced));
    }

    #[test]
    fn a_pod_that_nobody_looked_at_yet_is_pending() {
        let fresh = word(json!({}), json!({ "phase": "Pending" }));
        assert_eq!(fresh, told("Pending", Stand::Unplaced));
        let bound = word(placed(), json!({ "phase": "Pending" }));
        assert_eq!(bound, told("Pending", Stand::Starting));
    }

    #[test]
    fn containers_on_their_way_are_being_created() {
        let waiting =
            json!([{ "name": "b", "state": { "waiting": { "reason": "PodInitializing" } } }]);
        let found = word(placed(), status(waiting));
        assert_eq!(found, told("ContainerCreating", Stand::Starting));
    }

    #[test]
    fn the_worst_container_gives_the_word() {
        let mixed = json!([
            { "name": "a", "state": { "waiting": { "reason": "ContainerCreating" } } },
            { "name": "b", "state": { "waiting": { "reason": "ImagePullBackOff", "message": "no such image" } } },
            { "name": "c", "state": { "running": { "startedAt": null } } },
        ]);
        let verdict = verdict(placed(), status(mixed));
        assert_eq!(verdict.state, "ImagePullBackOff");
        assert_eq!(verdict.stand, Stand::Stuck);
        assert_eq!(verdict.message.as_deref(), Some("no such image"));
    }

    #[test]
    fn a_crash_loop_tells_what_crashed_before() {
        let looping = json!([{ "name": "b", "state": { "waiting": { "reason": "CrashLoopBackOff" } },
            "lastState": { "terminated": { "exitCode": 137, "reason": "OOMKilled" } } }]);
        let verdict = verdict(placed(), status(looping));
        assert_eq!(verdict.state, "CrashLoopBackOff");
        assert_eq!(verdict.reason.as_deref(), Some("OOMKilled"));
    }

    #[test]
    fn init_containers_are_told_from_the_others() {
        let of = |state: Value| {
            let spec = json!({ "nodeName": "n", "initContainers": [{ "name": "i" }] });
            let containers =
                json!([{ "name": "b", "state": { "waiting": { "reason": "PodInitializing" } } }]);
            let init = json!([{ "name": "i", "state": state }]);
            word(
                spec,
                json!({ "phase": "Pending", "initContainerStatuses": init, "containerStatuses": containers }),
            )
        };
        assert_eq!(of(json!({ "running": {} })), told("Init", Stand::Starting));
        let pulling = json!({ "waiting": { "reason": "ErrImagePull" } });
        assert_eq!(of(pulling), told("Init:ErrImagePull", Stand::Stuck));
        let failed = json!({ "terminated": { "exitCode": 1, "reason": "Error" } });
        assert_eq!(of(failed), told("Init:Error", Stand::Stuck));
        let done = json!({ "terminated": { "exitCode": 0, "reason": "Completed" } });
        assert_eq!(of(done), told("ContainerCreating", Stand::Starting));
    }

    #[test]
    fn a_sidecar_that_has_started_keeps_nothing_waiting() {
        let spec = json!({ "nodeName": "n", "initContainers": [{ "name": "s", "restartPolicy": "Always" }] });
        let of = |started: bool| {
            let init = json!([{ "name": "s", "started": started, "state": { "running": {} } }]);
            let containers = json!([{ "name": "b", "state": { "running": {} } }]);
            let status = json!({ "phase": "Running", "initContainerStatuses": init, "containerStatuses": containers });
            word(spec.clone(), status).0
        };
        assert_eq!((of(true), of(false)), ("Running".to_owned(), "Init".to_owned()));
    }

    #[test]
    fn an_evicted_pod_is_evicted_and_not_merely_failed() {
        let evicted =
            json!({ "phase": "Failed", "reason": "Evicted", "message": "low on resource" });
        assert_eq!(word(placed(), evicted), told("Evicted", Stand::Failed));
    }

    #[test]
    fn a_failed_pod_tells_how_its_container_ended() {
        let of = |end: Value| {
            let good = json!({ "name": "a", "state": { "terminated": { "exitCode": 0, "reason": "Completed" } } });
            let bad = json!({ "name": "b", "state": { "terminated": end } });
            word(placed(), json!({ "phase": "Failed", "containerStatuses": [good, bad] })).0
        };
        assert_eq!(of(json!({ "exitCode": 137, "reason": "OOMKilled" })), "OOMKilled");
        assert_eq!(of(json!({ "exitCode": 1, "reason": "Error" })), "Error");
        assert_eq!(of(json!({ "exitCode": 3 })), "ExitCode:3");
        assert_eq!(of(json!({ "exitCode": 137, "signal": 9 })), "Signal:9");
    }

    #[test]
    fn ends_and_endings_have_their_words() {
        assert_eq!(word(placed(), json!({ "phase": "Succeeded" })), told("Completed", Stand::Done));
        let pod = json!({ "metadata": { "name": "p", "deletionTimestamp": "2026-01-12T00:00:00Z" },
            "spec": placed(), "status": { "phase": "Running" } });
        let verdict = of_pod(&serde_json::from_value(pod).unwrap());
        assert_eq!((verdict.state, verdict.stand), told("Terminating", Stand::Ending));
    }

    #[test]
    fn a_container_that_is_done_does_not_end_a_pod_that_runs() {
        let mixed = json!([
            { "name": "a", "state": { "terminated": { "exitCode": 0, "reason": "Completed" } } },
            { "name": "b", "state": { "running": {} } },
        ]);
        assert_eq!(word(placed(), status(mixed)), told("Running", Stand::Running));
    }
}
