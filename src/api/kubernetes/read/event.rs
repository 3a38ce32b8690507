//! What is said of pods. An event that happened once has its instant in one field, one that repeats in another.

use std::sync::Arc;

use super::Context;
use super::shape::{Meta, Unused, nullable};
use crate::domain::{Entity, EntityId, EventId, PodEvent, PodId, Text, Timestamp};

/// What autoscalers and Karpenter say without calling it a warning, in lower case: they do not agree with themselves.
const AUTOSCALING: [&str; 6] = [
    "triggeredscaleup",
    "nottriggerscaleup",
    "failedscaleup",
    "nominated",
    "failedtoscaleup",
    "nodeclaimlaunched",
];

/// An event.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventShape {
    pub(super) metadata: Meta<Unused, Unused>,
    #[serde(default, deserialize_with = "nullable")]
    involved_object: About,
    #[serde(default, deserialize_with = "nullable")]
    reason: String,
    #[serde(default, deserialize_with = "nullable")]
    message: String,
    #[serde(default, deserialize_with = "nullable")]
    source: Speaker,
    #[serde(default)]
    first_timestamp: Option<Timestamp>,
    #[serde(default)]
    last_timestamp: Option<Timestamp>,
    #[serde(default)]
    event_time: Option<Timestamp>,
    #[serde(default)]
    series: Option<Series>,
    #[serde(default)]
    count: Option<u64>,
    #[serde(default, rename = "type", deserialize_with = "nullable")]
    kind: String,
    #[serde(default, deserialize_with = "nullable")]
    reporting_component: String,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct About {
    kind: String,
    #[serde(deserialize_with = "nullable")]
    uid: String,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Speaker {
    #[serde(deserialize_with = "nullable")]
    component: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Series {
    #[serde(default)]
    count: Option<u64>,
    #[serde(default)]
    last_observed_time: Option<Timestamp>,
}

impl EventShape {
    /// Whether it is worth being kept without anybody asking: a warning, or an autoscaler's word.
    fn matters(&self) -> bool {
        self.kind == "Warning" || AUTOSCALING.contains(&self.reason.to_lowercase().as_str())
    }

    fn component(&self) -> &str {
        let component = &self.source.component;
        if component.is_empty() { &self.reporting_component } else { component }
    }
}

/// The address of what was said: the newest of one pod, reason and speaker stands for all.
pub(super) fn id(shape: &EventShape, cluster: &str) -> EntityId {
    EntityId::Event(event_id(shape, cluster))
}

fn event_id(shape: &EventShape, cluster: &str) -> EventId {
    EventId::of(&[cluster, &shape.involved_object.uid, &shape.reason, shape.component()])
}

/// An event that is worth keeping.
pub(super) fn of_note(shape: &EventShape, cx: &mut Context<'_>) -> Option<Entity> {
    if !shape.matters() {
        return None;
    }
    Some(Entity::Event(Arc::new(event(shape, cx)?)))
}

/// Any event of a pod.
pub(super) fn event(shape: &EventShape, cx: &mut Context<'_>) -> Option<PodEvent> {
    if shape.involved_object.kind != "Pod" {
        return None;
    }
    let uid = &shape.involved_object.uid;
    let component = shape.component();
    let made = shape.metadata.creation_timestamp;
    let first_at = shape.first_timestamp.or(shape.event_time).or(made)?;
    let series = shape.series.as_ref();
    let repeated = series.and_then(|series| series.last_observed_time);
    let last_at = [shape.last_timestamp, repeated, shape.event_time].into_iter().flatten().max();
    let count = [shape.count, series.and_then(|series| series.count)].into_iter().flatten().max();
    Some(PodEvent {
        id: event_id(shape, cx.cluster),
        pod: PodId::of(&[cx.cluster, uid]),
        kind: cx.interner.text(&shape.kind),
        reason: cx.interner.text(&shape.reason),
        message: message(shape, cx),
        component: cx.interner.text(component),
        first_at,
        last_at: last_at.unwrap_or(first_at).max(first_at),
        count: count.unwrap_or(1).max(1),
    })
}

/// The words of an event. The scheduler says the same of many pods, others name the pod.
fn message(shape: &EventShape, cx: &mut Context<'_>) -> Text {
    if shape.reason == "FailedScheduling" {
        cx.interner.text(&shape.message)
    } else {
        Text::new(&shape.message)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::kubernetes::intern::Interner;

    fn read(mut value: Value) -> Option<PodEvent> {
        value["metadata"] = json!({ "name": "e", "creationTimestamp": "2026-01-12T00:00:00Z" });
        value["involvedObject"] = json!({ "kind": "Pod", "uid": "u-1" });
        let shape = serde_json::from_value(value).unwrap();
        let mut interner = Interner::default();
        match of_note(&shape, &mut Context { cluster: "ci", interner: &mut interner })? {
            Entity::Event(event) => Some(Arc::unwrap_or_clone(event)),
            other => panic!("no event: {other:?}"),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_event_with_timestamps_has_those() {
        let event = read(json!({ "type": "Warning", "reason": "BackOff", "count": 4,
            "source": { "component": "kubelet" }, "eventTime": null,
            "firstTimestamp": "2026-01-12T00:00:01Z", "lastTimestamp": "2026-01-12T00:00:09Z" }))
        .unwrap();
        assert_eq!(
            (event.first_at, event.last_at),
            (at("2026-01-12T00:00:01Z"), at("2026-01-12T00:00:09Z"))
        );
        assert_eq!((event.count, &*event.component), (4, "kubelet"));
        assert_eq!(event.id, EventId::of(&["ci", "u-1", "BackOff", "kubelet"]));
    }

    #[test]
    fn an_event_without_timestamps_has_its_event_time_and_its_series() {
        let event = read(json!({ "type": "Warning", "reason": "FailedScheduling", "source": {},
            "reportingComponent": "default-scheduler", "firstTimestamp": null, "lastTimestamp": null,
            "eventTime": "2026-01-12T00:00:02.500000Z",
            "series": { "count": 7, "lastObservedTime": "2026-01-12T00:00:30.000000Z" } }))
        .unwrap();
        assert_eq!(
            (event.first_at, event.last_at),
            (at("2026-01-12T00:00:02.5Z"), at("2026-01-12T00:00:30Z"))
        );
        assert_eq!((event.count, &*event.component), (7, "default-scheduler"));
    }

    #[test]
    fn an_event_without_any_instant_has_that_of_its_making() {
        let event = read(json!({ "type": "Warning", "reason": "Failed" })).unwrap();
        assert_eq!((event.first_at, event.count), (at("2026-01-12T00:00:00Z"), 1));
    }

    #[test]
    fn warnings_and_autoscalers_words_matter_and_the_rest_does_not() {
        let of =
            |kind: &str, reason: &str| read(json!({ "type": kind, "reason": reason })).is_some();
        assert!(of("Warning", "FailedCreatePodSandBox"));
        assert!(of("Normal", "TriggeredScaleUp") && of("Normal", "NotTriggerScaleUp"));
        assert!(of("Normal", "Nominated"));
        assert!(!of("Normal", "Pulled") && !of("Normal", "Scheduled"));
    }
}
