//! How one pod or one node stands now, read by itself before something is done to it.

use serde::Deserialize;

use super::cluster::Cluster;
use super::resource::{Resource, path};
use super::{fault, read};
use crate::api::Error;
use crate::domain::{Entity, FailureKind, Text};

/// A pod as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodStanding {
    /// Its UID.
    pub uid: Text,
    /// Its state in a person's word, as the console shows it: `Running`, `ImagePullBackOff`, `Terminating`.
    pub state: Text,
    /// The node that it is on.
    pub node: Option<Text>,
    /// The job that it says to carry (`job.runner.gitlab.com/id`), which a job may have overwritten.
    pub job: Option<Text>,
    /// Where it says that job to be (`job.runner.gitlab.com/url`).
    pub job_url: Option<Text>,
    /// Whether it is being deleted.
    pub is_going: bool,
    /// Whether it has ended by itself.
    pub has_ended: bool,
}

/// A node as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeStanding {
    /// Its UID.
    pub uid: Text,
    /// Its resource version.
    pub version: Text,
    /// Whether it is ready.
    pub is_ready: bool,
    /// Whether it takes no new pods (`spec.unschedulable`).
    pub is_cordoned: bool,
    /// Whether it is being deleted.
    pub is_going: bool,
    /// The node group, or the pool of Karpenter, that it says to belong to.
    pub group: Option<Text>,
}

#[derive(Deserialize)]
struct Shape {
    metadata: Meta,
    #[serde(default)]
    spec: Option<Spec>,
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    uid: String,
    #[serde(default)]
    resource_version: String,
    #[serde(default)]
    deletion_timestamp: Option<String>,
    #[serde(default)]
    annotations: Option<Annotations>,
    #[serde(default)]
    labels: Option<Labels>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Annotations {
    #[serde(rename = "job.runner.gitlab.com/id")]
    job: Option<String>,
    #[serde(rename = "job.runner.gitlab.com/url")]
    job_url: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Labels {
    #[serde(rename = "eks.amazonaws.com/nodegroup")]
    group: Option<String>,
    #[serde(rename = "karpenter.sh/nodepool")]
    pool: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    node_name: Option<String>,
    unschedulable: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    phase: Option<String>,
    conditions: Option<Vec<Condition>>,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

impl Cluster {
    /// How a pod stands; `None` where the server says that there is none of this name.
    ///
    /// # Errors
    /// Why it cannot be read, with what would cure it.
    pub async fn pod_standing(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<PodStanding>, Error> {
        let at = path(&["api", "v1"], Some(namespace), &["pods", name]);
        let about = Resource::Pods(namespace.into());
        let doing = || format!("looking at the pod {namespace}/{name} in {}", self.name());
        let body = match self.read(&at, Some(&about)).await {
            Ok(body) => body,
            Err(error) if is_absent(&error, "pods", name) => return Ok(None),
            Err(error) => return Err(error.doing(doing())),
        };
        let json = std::str::from_utf8(&body).unwrap_or_default();
        let shape = shape(json).map_err(|error| error.doing(doing()))?;
        // The word for its state is made in one place.
        let entity = self.object(&about, json).ok().and_then(|object| object.entity);
        let state = match entity {
            Some(Entity::Pod(pod)) => Some(pod.state.clone()),
            _ => None,
        };
        Ok(Some(pod(&shape, state)))
    }

    /// How a node stands; `None` where the server says that there is none of this name.
    ///
    /// # Errors
    /// Why it cannot be read, with what would cure it.
    pub async fn node_standing(&self, name: &str) -> Result<Option<NodeStanding>, Error> {
        let at = path(&["api", "v1"], None, &["nodes", name]);
        let doing = || format!("looking at the node {name} in {}", self.name());
        let body = match self.read(&at, Some(&Resource::Nodes)).await {
            Ok(body) => body,
            Err(error) if is_absent(&error, "nodes", name) => return Ok(None),
            Err(error) => return Err(error.doing(doing())),
        };
        let json = std::str::from_utf8(&body).unwrap_or_default();
        shape(json).map(|shape| Some(node(&shape))).map_err(|error| error.doing(doing()))
    }
}

/// Whether a refusal is the server's own word that there is no such object. A page of somebody on the way is none.
fn is_absent(error: &Error, plural: &str, name: &str) -> bool {
    error.kind == FailureKind::NotFound
        && error.message.contains(&format!("{plural} \"{name}\" not found"))
}

fn shape(json: &str) -> Result<Shape, Error> {
    serde_json::from_str(json).map_err(|error| {
        let name = read::name(json).unwrap_or_else(|| "the object".to_owned());
        let why = format!("{name} cannot be read: {error}");
        fault::error(FailureKind::Shape, crate::api::http::short(&why))
    })
}

fn pod(shape: &Shape, state: Option<Text>) -> PodStanding {
    let phase = shape.status.as_ref().and_then(|status| status.phase.as_deref());
    let noted = shape.metadata.annotations.as_ref();
    PodStanding {
        uid: Text::new(&shape.metadata.uid),
        state: state.unwrap_or_else(|| Text::new(phase.unwrap_or("Unknown"))),
        node: text(shape.spec.as_ref().and_then(|spec| spec.node_name.as_deref())),
        job: text(noted.and_then(|noted| noted.job.as_deref())),
        job_url: text(noted.and_then(|noted| noted.job_url.as_deref())),
        is_going: shape.metadata.deletion_timestamp.is_some(),
        has_ended: matches!(phase, Some("Succeeded" | "Failed")),
    }
}

fn node(shape: &Shape) -> NodeStanding {
    let conditions = shape.status.as_ref().and_then(|status| status.conditions.as_deref());
    let ready = conditions.unwrap_or_default().iter().find(|one| one.kind == "Ready");
    let labels = shape.metadata.labels.as_ref();
    let group = labels.and_then(|labels| labels.group.as_deref().or(labels.pool.as_deref()));
    NodeStanding {
        uid: Text::new(&shape.metadata.uid),
        version: Text::new(&shape.metadata.resource_version),
        is_ready: ready.is_some_and(|one| one.status == "True"),
        is_cordoned: shape.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or(false),
        is_going: shape.metadata.deletion_timestamp.is_some(),
        group: text(group),
    }
}

fn text(words: Option<&str>) -> Option<Text> {
    words.filter(|words| !words.is_empty()).map(Text::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_tells_its_uid_its_node_and_the_job_that_it_claims() {
        let json = r#"{"metadata":{"name":"p","uid":"u-1","resourceVersion":"7",
            "annotations":{"job.runner.gitlab.com/id":"4711",
                "job.runner.gitlab.com/url":"https://gitlab.example/a/-/jobs/4711"}},
            "spec":{"nodeName":"n-1"},"status":{"phase":"Running"}}"#;
        let told = PodStanding {
            uid: Text::new("u-1"),
            state: Text::new("Running"),
            node: Some(Text::new("n-1")),
            job: Some(Text::new("4711")),
            job_url: Some(Text::new("https://gitlab.example/a/-/jobs/4711")),
            is_going: false,
            has_ended: false,
        };
        assert_eq!(pod(&shape(json).unwrap(), None), told);
    }

    #[test]
    fn a_node_tells_whether_it_takes_pods_and_in_which_version_it_was_seen() {
        let json = r#"{"metadata":{"name":"n","uid":"u-2","resourceVersion":"9","annotations":null,
            "labels":{"eks.amazonaws.com/nodegroup":"ci-standard"}},"spec":{"unschedulable":true},
            "status":{"conditions":[{"type":"DiskPressure","status":"True"},{"type":"Ready","status":"False"}]}}"#;
        let told = NodeStanding {
            uid: Text::new("u-2"),
            version: Text::new("9"),
            is_ready: false,
            is_cordoned: true,
            is_going: false,
            group: Some(Text::new("ci-standard")),
        };
        assert_eq!(node(&shape(json).unwrap()), told);
    }

    #[test]
    fn only_the_servers_own_word_makes_an_object_absent() {
        let told = |message: &str| Error::new(FailureKind::NotFound, message);
        let own = told("the API server answered 404 Not Found: pods \"p\" not found");
        assert!(is_absent(&own, "pods", "p"));
        assert!(!is_absent(&own, "pods", "q"));
        assert!(!is_absent(&told("the API server answered 404 Not Found"), "pods", "p"));
    }
}
