//! [`Cluster::probe`]: whether a cluster answers, and what may be read there, learnt by reading a little of each.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::timeout;

use super::cluster::Cluster;
use super::fault;
use super::resource::{Resource, path};
use crate::api::Error;
use crate::domain::{FailureKind, Text};

/// How long it is listened whether a server that took a watch ends it with an error.
const HEARD: Duration = Duration::from_millis(500);

/// What was found out about a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Its version, or why it does not answer.
    pub version: Result<Text, Error>,
    /// Of each resource, whether it may be listed; nothing where the cluster does not answer.
    pub rights: Vec<(Resource, Right)>,
}

/// What may be done with a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Right {
    /// It may be listed and watched.
    Watched,
    /// The cluster does not know it, and need not.
    Absent,
    /// It could not be listed, or not watched: the error says which, and names the missing right.
    Refused(Error),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

impl Cluster {
    /// The version of the API server.
    ///
    /// # Errors
    /// Why it does not answer, with what would cure it.
    pub async fn version(&self) -> Result<Text, Error> {
        let doing = |error: Error| error.doing(format!("reading the version of {}", self.name()));
        let body = self.read("/version", None).await.map_err(doing)?;
        let version: Version = serde_json::from_slice(&body).map_err(|_| {
            doing(match body.trim_ascii_start().first() {
                Some(b'{') => fault::error(FailureKind::Shape, "the answer holds no version"),
                _ => fault::not_json(&body),
            })
        })?;
        Ok(Text::new(&version.git_version))
    }

    /// Asks for the version, and for one object of each resource, all at once. Nothing is asked that could change
    /// anything: reviews of one's own rights would have to be created.
    pub async fn probe(self: &Arc<Self>, resources: &[Resource]) -> Probe {
        let version = self.version().await;
        // A version that is refused alone says nothing of the rest; who is not known or not heard learns no more.
        let is_silent = version
            .as_ref()
            .is_err_and(|error| matches!(error.status, None | Some(401 | 429 | 500..)));
        if is_silent {
            return Probe { version, rights: Vec::new() };
        }
        let rights = resources
            .iter()
            .map(|resource| async move { (resource.clone(), self.right(resource).await) });
        Probe { version, rights: futures_util::future::join_all(rights).await }
    }

    /// Whether there is a namespace.
    ///
    /// # Errors
    /// Why that could not be learnt: often it may not be asked, where rights end at one's own namespace.
    pub async fn has_namespace(&self, name: &str) -> Result<bool, Error> {
        let at = path(&["api", "v1"], None, &["namespaces", name]);
        match self.read(&at, None).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind == FailureKind::NotFound => Ok(false),
            Err(error) => {
                Err(error.doing(format!("looking for the namespace {name} in {}", self.name())))
            }
        }
    }

    async fn right(self: &Arc<Self>, resource: &Resource) -> Right {
        match self.page(resource, 1, None).await {
            Ok(page) => match self.try_watch(resource, &page.version).await {
                Ok(()) => Right::Watched,
                Err(error) => Right::Refused(error),
            },
            Err(error) if error.kind == FailureKind::NotFound && resource.may_be_absent() => {
                Right::Absent
            }
            Err(error) => Right::Refused(error),
        }
    }

    /// Opens a watch behind a list, and hears whether the server ends it at once with an error.
    async fn try_watch(self: &Arc<Self>, resource: &Resource, version: &str) -> Result<(), Error> {
        let mut watch = self.watch(resource, version).await?;
        // A watch of something that does not change says nothing: silence is consent.
        match timeout(HEARD, watch.next()).await {
            Err(_) | Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                Err(error.doing(format!("watching {} in {}", resource.words(), self.name())))
            }
        }
    }
}
