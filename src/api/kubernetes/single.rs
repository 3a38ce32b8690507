//! What is read of one pod when somebody asks: all its events, and the log of a container.

use bytes::Bytes;
use http_body_util::BodyExt;
use kube::client::Body;
use serde::Deserialize;
use serde_json::value::RawValue;
use url::form_urlencoded::Serializer;

use super::cluster::Cluster;
use super::resource::path;
use super::{fault, read};
use crate::api::Error;
use crate::domain::{FailureKind, PodEvent};

/// The log of a container, as it grows.
pub struct PodLog(Body);

impl std::fmt::Debug for PodLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PodLog")
    }
}

impl PodLog {
    /// What came next; `None` once the container has ended.
    ///
    /// # Errors
    /// The stream broke off.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while let Some(frame) = self.0.frame().await {
            let frame = frame.map_err(|error| fault::of_transport(&error))?;
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

#[derive(Deserialize)]
struct Events<'a> {
    #[serde(borrow, default)]
    items: Vec<&'a RawValue>,
}

impl Cluster {
    /// Everything that was said of one pod and is still known, oldest first.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn pod_events(&self, namespace: &str, uid: &str) -> Result<Vec<PodEvent>, Error> {
        let of = format!("involvedObject.uid={uid}");
        let query = query(&[("fieldSelector", &of), ("limit", "500")]);
        let path = path(&["api", "v1"], Some(namespace), &["events"]);
        let doing = || format!("reading the events of a pod of {namespace} in {}", self.name());
        let about = super::Resource::Events(namespace.into());
        let body = self.read(&format!("{path}?{query}"), Some(&about)).await;
        let body = body.map_err(|error| error.doing(doing()))?;
        let list: Events<'_> = serde_json::from_slice(&body)
            .map_err(|error| fault::error(FailureKind::Shape, error.to_string()).doing(doing()))?;
        let read = |cx: &mut read::Context<'_>| {
            let all = list.items.iter();
            all.filter_map(|one| read::any_event(one.get(), cx).ok().flatten()).collect()
        };
        let mut events: Vec<PodEvent> = self.with_context(read);
        events.sort_by_key(|event| (event.first_at, event.last_at));
        Ok(events)
    }

    /// Follows the log of a container from its last `lines` lines on.
    ///
    /// # Errors
    /// Why it cannot be read: status 400 while the container waits to start.
    pub async fn pod_log(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        lines: u32,
    ) -> Result<PodLog, Error> {
        let lines = lines.to_string();
        let query = query(&[("container", container), ("follow", "true"), ("tailLines", &lines)]);
        let path = path(&["api", "v1"], Some(namespace), &["pods", pod, "log"]);
        let answer = self.get(&format!("{path}?{query}"), None).await;
        let answer = answer.map_err(|mut error| {
            if error.kind == FailureKind::Forbidden {
                error.hint =
                    "a Role in the pod's namespace must allow get on pods/log to this user";
            }
            error.doing(format!("reading the log of {container} in {namespace}/{pod}"))
        })?;
        Ok(PodLog(answer.into_body()))
    }
}

fn query(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}
