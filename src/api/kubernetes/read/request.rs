//! What the scheduler counts for a pod: more than the sum of its containers.

use super::pod_shape::{Amounts, ContainerSpec, Spec};
use crate::domain::Quantity;

/// CPU in thousandths of a core, and memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Request {
    pub(super) cpu_millis: u64,
    pub(super) memory_bytes: u64,
}

impl Request {
    fn of(amounts: &Amounts) -> Request {
        Request {
            cpu_millis: amounts.cpu.map_or(0, Quantity::millis),
            memory_bytes: amounts.memory.map_or(0, Quantity::units),
        }
    }

    fn plus(self, other: Request) -> Request {
        Request {
            cpu_millis: self.cpu_millis.saturating_add(other.cpu_millis),
            memory_bytes: self.memory_bytes.saturating_add(other.memory_bytes),
        }
    }

    fn or_more(self, other: Request) -> Request {
        Request {
            cpu_millis: self.cpu_millis.max(other.cpu_millis),
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
        }
    }
}

/// What the scheduler counts: all containers and sidecars together, or the greediest moment of the start, whichever is
/// more; what the pod as a whole asks for instead, where it does; and its overhead on top.
pub(super) fn of_pod(spec: &Spec) -> Request {
    let asks = |container: &ContainerSpec| Request::of(&container.resources.requests);
    let mut running = spec.containers.iter().map(asks).fold(Request::default(), Request::plus);
    let mut sidecars = Request::default();
    let mut starting = Request::default();
    for init in &spec.init_containers {
        let own = asks(init);
        if init.restart_policy.as_deref() == Some("Always") {
            running = running.plus(own);
            sidecars = sidecars.plus(own);
            starting = starting.or_more(sidecars);
        } else {
            starting = starting.or_more(own.plus(sidecars));
        }
    }
    let mut counted = running.or_more(starting);
    let whole = spec.resources.requests;
    if whole.cpu.is_some() {
        counted.cpu_millis = Request::of(&whole).cpu_millis;
    }
    if whole.memory.is_some() {
        counted.memory_bytes = Request::of(&whole).memory_bytes;
    }
    counted.plus(Request::of(&spec.overhead))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn request(spec: Value) -> (u64, u64) {
        let spec: Spec = serde_json::from_value(spec).unwrap();
        let request = of_pod(&spec);
        (request.cpu_millis, request.memory_bytes >> 20)
    }

    fn asks(cpu: &str, memory: &str) -> Value {
        json!({ "name": "c", "resources": { "requests": { "cpu": cpu, "memory": memory } } })
    }

    fn sidecar(cpu: &str, memory: &str) -> Value {
        let mut sidecar = asks(cpu, memory);
        sidecar["restartPolicy"] = json!("Always");
        sidecar
    }

    #[test]
    fn containers_are_added_up() {
        let spec =
            json!({ "containers": [asks("500m", "1Gi"), asks("50m", "64Mi"), { "name": "c" }] });
        assert_eq!(request(spec), (550, 1088));
    }

    #[test]
    fn the_largest_init_container_counts_where_it_asks_for_more() {
        let spec = json!({
            "initContainers": [asks("2", "10Mi"), asks("1", "20Mi")],
            "containers": [asks("500m", "1Gi")],
        });
        assert_eq!(request(spec), (2000, 1024));
    }

    #[test]
    fn a_sidecar_counts_beside_the_containers_and_beside_later_init_containers() {
        let spec = json!({
            "initContainers": [asks("1", "1Mi"), sidecar("200m", "100Mi"), asks("1", "50Mi")],
            "containers": [asks("300m", "10Mi")],
        });
        assert_eq!(request(spec), (1200, 150));
    }

    #[test]
    fn overhead_comes_on_top() {
        let spec = json!({ "containers": [asks("1", "1Mi")], "overhead": { "cpu": "250m", "memory": "120Mi" } });
        assert_eq!(request(spec), (1250, 121));
    }

    #[test]
    fn what_the_pod_asks_for_as_a_whole_replaces_the_sum() {
        let spec = json!({
            "containers": [asks("1", "1Mi")],
            "resources": { "requests": { "cpu": "3" } },
            "overhead": { "cpu": "1" },
        });
        assert_eq!(request(spec), (4000, 1));
    }

    #[test]
    fn a_pod_without_containers_asks_for_nothing() {
        assert_eq!(request(json!({ "containers": null })), (0, 0));
    }
}
