//! `metadata.managedFields`: the ballast that a real server sends along and a lean client drops.

use super::kind::Kind;
use super::object::Object;

/// The member with its comma, to stand first in `metadata`; empty for kinds that go without here.
pub(super) fn fields(object: &Object) -> String {
    let parts: &[Part] = match object.kind {
        Kind::Pod => &POD,
        Kind::Node => &NODE,
        Kind::Event => &EVENT,
        _ => return String::new(),
    };
    let entries: Vec<String> = parts.iter().map(|part| part.text(&object.created)).collect();
    format!("\"managedFields\":[{}],", entries.join(","))
}

/// Who set which fields.
struct Part {
    manager: &'static str,
    fields: &'static str,
    is_status: bool,
}

impl Part {
    fn text(&self, time: &str) -> String {
        let end = if self.is_status { ",\"subresource\":\"status\"" } else { "" };
        format!(
            "{{\"manager\":\"{}\",\"operation\":\"Update\",\"apiVersion\":\"v1\",\"time\":\"{time}\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{}{end}}}",
            self.manager, self.fields,
        )
    }
}

const POD: [Part; 2] = [
    Part {
        manager: "gitlab-runner",
        fields: r#"{"f:metadata":{"f:annotations":{".":{},"f:job.runner.gitlab.com/id":{},"f:job.runner.gitlab.com/name":{},"f:job.runner.gitlab.com/ref":{},"f:job.runner.gitlab.com/sha":{},"f:job.runner.gitlab.com/timeout":{},"f:job.runner.gitlab.com/url":{},"f:project.runner.gitlab.com/id":{}},"f:generateName":{},"f:labels":{".":{},"f:job.runner.gitlab.com/pod":{},"f:manager.runner.gitlab.com/id-short":{},"f:manager.runner.gitlab.com/name":{},"f:project.runner.gitlab.com/id":{},"f:project.runner.gitlab.com/name":{},"f:project.runner.gitlab.com/namespace":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"build\"}":{".":{},"f:env":{".":{}},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:resources":{".":{},"f:limits":{".":{},"f:memory":{}},"f:requests":{".":{},"f:cpu":{},"f:memory":{}}},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{},"f:volumeMounts":{".":{}}},"k:{\"name\":\"helper\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:resources":{".":{},"f:requests":{".":{},"f:cpu":{},"f:memory":{}}}}},"f:dnsPolicy":{},"f:enableServiceLinks":{},"f:nodeSelector":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:serviceAccount":{},"f:serviceAccountName":{},"f:terminationGracePeriodSeconds":{},"f:tolerations":{},"f:volumes":{".":{}}}}"#,
        is_status: false,
    },
    Part {
        manager: "kubelet",
        fields: r#"{"f:status":{"f:conditions":{".":{},"k:{\"type\":\"ContainersReady\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}},"k:{\"type\":\"Initialized\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}},"k:{\"type\":\"Ready\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}}},"f:containerStatuses":{},"f:hostIP":{},"f:hostIPs":{},"f:initContainerStatuses":{},"f:phase":{},"f:podIP":{},"f:podIPs":{".":{}},"f:startTime":{}}}"#,
        is_status: true,
    },
];

const NODE: [Part; 2] = [
    Part {
        manager: "aws-cloud-controller-manager",
        fields: r#"{"f:metadata":{"f:labels":{"f:node.kubernetes.io/instance-type":{},"f:topology.kubernetes.io/region":{},"f:topology.kubernetes.io/zone":{}}},"f:spec":{"f:providerID":{}}}"#,
        is_status: false,
    },
    Part {
        manager: "kubelet",
        fields: r#"{"f:status":{"f:allocatable":{"f:cpu":{},"f:ephemeral-storage":{},"f:memory":{},"f:pods":{}},"f:capacity":{"f:cpu":{},"f:ephemeral-storage":{},"f:memory":{},"f:pods":{}},"f:conditions":{"k:{\"type\":\"DiskPressure\"}":{"f:lastHeartbeatTime":{}},"k:{\"type\":\"MemoryPressure\"}":{"f:lastHeartbeatTime":{}},"k:{\"type\":\"PIDPressure\"}":{"f:lastHeartbeatTime":{}},"k:{\"type\":\"Ready\"}":{"f:lastHeartbeatTime":{},"f:lastTransitionTime":{},"f:message":{},"f:reason":{},"f:status":{}}}}}"#,
        is_status: true,
    },
];

const EVENT: [Part; 1] = [Part {
    manager: "kubelet",
    fields: r#"{"f:count":{},"f:firstTimestamp":{},"f:involvedObject":{},"f:lastTimestamp":{},"f:message":{},"f:reason":{},"f:reportingComponent":{},"f:reportingInstance":{},"f:source":{"f:component":{},"f:host":{}},"f:type":{}}"#,
    is_status: false,
}];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_fields_fit_into_the_metadata_of_an_object() {
        for kind in [Kind::Pod, Kind::Node, Kind::Event] {
            let object = Object::new(kind, json!({"metadata": {"name": "a"}}), 7);
            let text = format!("{{{}}}", object.members(&fields(&object)));
            let value: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["metadata"]["managedFields"][0]["operation"], "Update");
        }
    }
}
