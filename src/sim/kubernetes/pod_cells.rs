//! The cells of a pod's row, with the status that a person reads.

use serde_json::{Value, json};

use super::age;
use super::cells::{list, or_none, text};
use crate::sim::clock::{self, Millis};

/// Name, ready, status, restarts, age, and the wide ones.
pub(super) fn cells(pod: &Value, now: Millis) -> Vec<Value> {
    let tally = Tally::of(pod);
    let sidecars = list(pod, "/spec/initContainers").iter().filter(|one| is_sidecar(one)).count();
    let total = list(pod, "/spec/containers").len() + sidecars;
    let restarts = match (tally.restarts, tally.restarted_at) {
        (count, Some(at)) if count > 0 => {
            let at = Value::from(clock::coarse(at));
            format!("{count} ({} ago)", age::since(Some(&at), now))
        }
        (count, _) => count.to_string(),
    };
    vec![
        json!(text(pod, "/metadata/name")),
        json!(format!("{}/{total}", tally.ready)),
        json!(tally.reason),
        json!(restarts),
        json!(age::since(pod.pointer("/metadata/creationTimestamp"), now)),
        json!(or_none(text(pod, "/status/podIPs/0/ip"))),
        json!(or_none(text(pod, "/spec/nodeName"))),
        json!(or_none(text(pod, "/status/nominatedNodeName"))),
        json!(gates(pod)),
    ]
}

/// The conditions of the row, as a member with its comma: whether the pod has ended.
pub(super) fn conditions(pod: &Value) -> String {
    let (reason, message) = match text(pod, "/status/phase") {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return String::new(),
    };
    let condition =
        json!([{"type": "Completed", "status": "True", "reason": reason, "message": message}]);
    format!("\"conditions\":{condition},")
}

/// What the containers of a pod add up to.
struct Tally {
    ready: usize,
    restarts: i64,
    restarted_at: Option<Millis>,
    reason: String,
}

impl Tally {
    fn of(pod: &Value) -> Self {
        let mut tally =
            Self { ready: 0, restarts: 0, restarted_at: None, reason: base_reason(pod) };
        let is_initializing = tally.add_init(pod);
        if !is_initializing || condition(pod, "Initialized") == Some("True") {
            tally.add_main(pod);
        }
        let has_ended = matches!(text(pod, "/status/phase"), "Succeeded" | "Failed");
        if pod.pointer("/metadata/deletionTimestamp").is_some() {
            if text(pod, "/status/reason") == "NodeLost" {
                "Unknown".clone_into(&mut tally.reason);
            } else if !has_ended {
                "Terminating".clone_into(&mut tally.reason);
            }
        }
        tally
    }

    /// Counts the init containers; whether one of them is not through.
    fn add_init(&mut self, pod: &Value) -> bool {
        let specs = list(pod, "/spec/initContainers");
        for (number, status) in list(pod, "/status/initContainerStatuses").iter().enumerate() {
            self.add_restarts(status);
            let is_sidecar = specs
                .iter()
                .any(|spec| text(spec, "/name") == text(status, "/name") && is_sidecar(spec));
            let terminated = status.pointer("/state/terminated");
            if terminated.is_some_and(|end| end.get("exitCode") == Some(&json!(0))) {
                continue;
            }
            if is_sidecar && status.get("started") == Some(&json!(true)) {
                self.ready += usize::from(status.get("ready") == Some(&json!(true)));
                continue;
            }
            let waiting = text(status, "/state/waiting/reason");
            self.reason = match terminated {
                Some(end) => format!("Init:{}", end_reason(end)),
                None if !waiting.is_empty() && waiting != "PodInitializing" => {
                    format!("Init:{waiting}")
                }
                None => format!("Init:{number}/{}", specs.len()),
            };
            return true;
        }
        false
    }

    fn add_main(&mut self, pod: &Value) {
        let mut is_running = false;
        for status in list(pod, "/status/containerStatuses").iter().rev() {
            self.add_restarts(status);
            let waiting = text(status, "/state/waiting/reason");
            if !waiting.is_empty() {
                waiting.clone_into(&mut self.reason);
            } else if let Some(end) = status.pointer("/state/terminated") {
                self.reason = end_reason(end);
            } else if status.get("ready") == Some(&json!(true))
                && status.pointer("/state/running").is_some()
            {
                is_running = true;
                self.ready += 1;
            }
        }
        if self.reason == "Completed" && is_running {
            let is_ready = condition(pod, "Ready") == Some("True");
            if is_ready { "Running" } else { "NotReady" }.clone_into(&mut self.reason);
        }
    }

    fn add_restarts(&mut self, status: &Value) {
        self.restarts += status.get("restartCount").and_then(Value::as_i64).unwrap_or_default();
        let ended = clock::parse(text(status, "/lastState/terminated/finishedAt"));
        self.restarted_at = self.restarted_at.max(ended);
    }
}

fn base_reason(pod: &Value) -> String {
    let gated = list(pod, "/status/conditions").iter().any(|one| {
        text(one, "/type") == "PodScheduled" && text(one, "/reason") == "SchedulingGated"
    });
    match (gated, text(pod, "/status/reason")) {
        (true, _) => "SchedulingGated",
        (false, "") => text(pod, "/status/phase"),
        (false, reason) => reason,
    }
    .to_owned()
}

fn end_reason(end: &Value) -> String {
    let number = |key: &str| end.get(key).and_then(Value::as_i64).unwrap_or_default();
    match (text(end, "/reason"), number("signal")) {
        ("", 0) => format!("ExitCode:{}", number("exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn condition<'a>(pod: &'a Value, name: &str) -> Option<&'a str> {
    let conditions = list(pod, "/status/conditions");
    conditions.iter().find(|one| text(one, "/type") == name).map(|one| text(one, "/status"))
}

fn is_sidecar(container: &Value) -> bool {
    text(container, "/restartPolicy") == "Always"
}

fn gates(pod: &Value) -> String {
    let gates = list(pod, "/spec/readinessGates");
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let met =
        gates.iter().filter(|gate| condition(pod, text(gate, "/conditionType")) == Some("True"));
    format!("{}/{}", met.count(), gates.len())
}
