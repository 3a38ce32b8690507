//! An event as JSON: some reporters write the old fields, the scheduler the new ones.

use serde_json::{Value, json};

use super::super::World;
use super::super::model::{Occurrence, Reporter};
use crate::sim::clock;

impl World {
    /// The event as the API shows it.
    pub(super) fn write_event(&self, id: u64) -> Option<Value> {
        let told = self.capacity.occurrence(id)?;
        let mut object = json!({
            "kind": told.about.kind,
            "apiVersion": told.about.version,
            "name": &*told.about.name,
            "uid": &*told.about.uid,
        });
        if let Some(fields) = object.as_object_mut() {
            if let Some(namespace) = told.about.namespace {
                fields.insert("namespace".to_owned(), json!(namespace));
            }
            if let Some(path) = told.about.container {
                fields.insert("fieldPath".to_owned(), json!(path));
            }
        }
        let mut event = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": told.name,
                "namespace": told.namespace,
                "uid": told.uid,
                "creationTimestamp": clock::coarse(told.first),
            },
            "involvedObject": object,
            "reason": told.reason,
            "message": told.message,
            "type": if is_warning(told.reason) { "Warning" } else { "Normal" },
        });
        let times =
            if told.reporter == Reporter::Scheduler { new_style(told) } else { old_style(told) };
        if let (Some(fields), Value::Object(times)) = (event.as_object_mut(), times) {
            fields.extend(times);
        }
        Some(event)
    }
}

fn is_warning(reason: &str) -> bool {
    matches!(reason, "FailedScheduling" | "Failed" | "BackOff" | "Evicted" | "FailedScaleUp")
}

fn old_style(told: &Occurrence) -> Value {
    let (component, host) = match &told.reporter {
        Reporter::Kubelet(host) => ("kubelet", host.as_str()),
        Reporter::Autoscaler => ("cluster-autoscaler", ""),
        Reporter::NodeController => ("node-controller", ""),
        Reporter::Karpenter => ("karpenter", ""),
        Reporter::Scheduler => ("default-scheduler", ""),
    };
    let source = if host.is_empty() {
        json!({"component": component})
    } else {
        json!({"component": component, "host": host})
    };
    json!({
        "source": source,
        "firstTimestamp": clock::coarse(told.first),
        "lastTimestamp": clock::coarse(told.last),
        "count": told.count,
        "eventTime": null,
        "reportingComponent": component,
        "reportingInstance": host,
    })
}

fn new_style(told: &Occurrence) -> Value {
    let mut times = json!({
        "source": {},
        "firstTimestamp": null,
        "lastTimestamp": null,
        "eventTime": clock::micros(told.first),
        "action": "Scheduling",
        "reportingComponent": "default-scheduler",
        "reportingInstance": "default-scheduler-ip-10-0-11-71.eu-west-1.compute.internal",
    });
    if told.count > 1
        && let Some(fields) = times.as_object_mut()
    {
        let series = json!({"count": told.count, "lastObservedTime": clock::micros(told.last)});
        fields.insert("series".to_owned(), series);
    }
    times
}
