//! [`Eks`]: what EKS tells of one cluster: where it is, its token, its node groups, and who we are there.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use secrecy::SecretString;
use tokio::sync::Mutex;
use url::Url;

use super::connector::Connector;
use super::fault::{self, Asked};
use super::gate::Bounds;
use super::query::{Query, Service};
use super::session::{Open, Session};
use super::token::Token;
use super::{convert, identity, query, scaling};
use crate::api::kubernetes::{Access, Endpoint};
use crate::api::{Error, Wiring};
use crate::config::Eks as EksSettings;
use crate::domain::{FailureKind, NodeGroup, NodeGroupId, ScalingActivity, Text, Timestamp};

pub use super::identity::Identity;

/// How many node groups are asked about at once.
const AT_ONCE: usize = 4;
/// How many pages of node groups are read at most, a hundred on each.
const MAX_PAGES: usize = 50;

/// An EKS cluster, reached when first asked.
#[derive(Debug)]
pub struct Eks {
    /// Its name in the configuration.
    cluster: Text,
    /// Its name in AWS.
    name: String,
    session: Session,
    connector: Connector,
    token: Mutex<Option<Token>>,
}

/// What `DescribeCluster` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// `ACTIVE`, `UPDATING`, …
    pub status: Text,
    /// Its Kubernetes version.
    pub version: Option<Text>,
    /// How to reach it; none while it is being made.
    pub endpoint: Option<Endpoint>,
}

/// A node group with the Auto Scaling groups under it.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// The node group, without activities.
    pub group: NodeGroup,
    /// Its Auto Scaling groups' names.
    pub scaling_groups: Vec<String>,
}

impl Eks {
    /// A cluster; `cluster` is its name in the configuration. Within [`Bounds::Loopback`] neither the environment
    /// nor the user's own AWS files count, and nothing but the loopback is asked.
    pub fn new(cluster: &str, settings: &EksSettings, bounds: Bounds, wiring: Wiring) -> Eks {
        let connector = Connector::new(bounds, wiring);
        let session = Session::new(settings.clone(), bounds, connector.clone());
        let (cluster, name) = (Text::new(cluster), settings.name.clone());
        Eks { cluster, name, session, connector, token: Mutex::new(None) }
    }

    /// Its name in the configuration.
    pub fn cluster(&self) -> &Text {
        &self.cluster
    }

    /// Its name in AWS.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.connector.now()
    }

    /// Requests of the last minute, to all of AWS for this cluster.
    pub fn requests_per_minute(&self) -> f64 {
        self.connector.requests_per_minute()
    }

    /// Asks what kind of cluster it is and where (`DescribeCluster`).
    ///
    /// # Errors
    /// Why AWS does not tell, with what would cure it.
    pub async fn describe(&self) -> Result<Cluster, Error> {
        let doing = format!("describing cluster {}", self.name);
        let open = self.open(&doing).await?;
        let sent = open.eks.describe_cluster().name(&self.name).send().await;
        let asked = self.asked("eks:DescribeCluster");
        let answer = self.told(sent.map_err(|error| fault::of_sdk(&error, asked)), &doing).await?;
        let cluster = answer.cluster().ok_or_else(|| shape("no cluster came").doing(&doing))?;
        Ok(Cluster {
            status: Text::new(cluster.status().map_or("UNKNOWN", |status| status.as_str())),
            version: cluster.version().map(Text::new),
            endpoint: endpoint(cluster).map_err(|error| error.doing(&doing))?,
        })
    }

    /// The names of its node groups (`ListNodegroups`).
    ///
    /// # Errors
    /// Why AWS does not tell, with what would cure it.
    pub async fn nodegroup_names(&self) -> Result<Vec<String>, Error> {
        let doing = format!("listing the node groups of {}", self.name);
        let open = self.open(&doing).await?;
        let mut names = Vec::new();
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let request = open.eks.list_nodegroups().cluster_name(&self.name);
            let sent = request.set_next_token(next.take()).send().await;
            let asked = self.asked("eks:ListNodegroups");
            let sent = sent.map_err(|error| fault::of_sdk(&error, asked));
            let page = self.told(sent, &doing).await?;
            names.extend_from_slice(page.nodegroups());
            next = page.next_token().map(str::to_owned);
            if next.is_none() {
                return Ok(names);
            }
        }
        Err(shape("the list of node groups does not end").doing(&doing))
    }

    /// The address of one of its node groups.
    pub fn nodegroup_id(&self, name: &str) -> NodeGroupId {
        convert::id(&self.cluster, name)
    }

    /// What one node group is (`DescribeNodegroup`).
    ///
    /// # Errors
    /// Why AWS does not tell, with what would cure it.
    pub async fn nodegroup(&self, name: &str) -> Result<Described, Error> {
        let doing = format!("describing node group {} of {}", Text::new(name), self.name);
        let open = self.open(&doing).await?;
        let request = open.eks.describe_nodegroup().cluster_name(&self.name).nodegroup_name(name);
        let sent = request.send().await;
        let asked = self.asked("eks:DescribeNodegroup");
        let answer = self.told(sent.map_err(|error| fault::of_sdk(&error, asked)), &doing).await?;
        let found = answer.nodegroup().ok_or_else(|| shape("no node group came").doing(&doing))?;
        let group = convert::nodegroup(&self.cluster, name, found);
        Ok(Described { group, scaling_groups: convert::scaling_groups(found) })
    }

    /// Several node groups, a few at once; each with its own outcome, in the order of their names.
    pub async fn nodegroups(&self, names: &[String]) -> Vec<(String, Result<Described, Error>)> {
        let one = |name: String| async move {
            let described = self.nodegroup(&name).await;
            (name, described)
        };
        stream::iter(names.to_vec()).map(one).buffered(AT_ONCE).collect().await
    }

    /// What several Auto Scaling groups did lately, a few at once; each with its own outcome.
    pub async fn activities_of(
        &self,
        groups: &[String],
    ) -> Vec<(String, Result<Arc<[ScalingActivity]>, Error>)> {
        let one = |group: String| async move {
            let read = self.activities(&group).await;
            (group, read)
        };
        stream::iter(groups.to_vec()).map(one).buffered(AT_ONCE).collect().await
    }

    /// What an Auto Scaling group did lately, newest first.
    ///
    /// # Errors
    /// Why AWS does not tell, with what would cure it.
    pub async fn activities(&self, group: &str) -> Result<Arc<[ScalingActivity]>, Error> {
        let doing = format!("reading what Auto Scaling group {} did", Text::new(group));
        let parameters = scaling::parameters(group);
        let body = self.query(&scaling::question(&parameters), &doing).await?;
        scaling::read(&body).map_err(|error| error.doing(&doing))
    }

    /// Who AWS takes us for (STS `GetCallerIdentity`).
    ///
    /// # Errors
    /// Why AWS does not tell, with what would cure it.
    pub async fn identity(&self) -> Result<Identity, Error> {
        let doing = "asking AWS who we are";
        let body = self.query(&identity::question(), doing).await?;
        identity::read(&body).map_err(|error| error.doing(doing))
    }

    /// The answer to a question in the query protocol.
    pub(super) async fn query(&self, question: &Query<'_>, doing: &str) -> Result<Bytes, Error> {
        let open = self.open(doing).await?;
        let sent = query::ask(question, &open, &self.connector, self.session.profile()).await;
        self.told(sent, doing).await
    }

    pub(super) async fn open(&self, doing: &str) -> Result<Arc<Open>, Error> {
        self.session.open().await.map_err(|error| error.doing(doing))
    }

    pub(super) fn asked<'a>(&'a self, action: &'a str) -> Asked<'a> {
        Asked { action, profile: self.session.profile(), now: self.now() }
    }

    /// An outcome that says what was being done; where the credentials were refused they are read again next time.
    pub(super) async fn told<T>(&self, outcome: Result<T, Error>, doing: &str) -> Result<T, Error> {
        if let Err(error) = &outcome {
            self.session.note(error).await;
        }
        outcome.map_err(|error| error.doing(doing))
    }
}

/// The way into a cluster that has no other.
#[async_trait]
impl Access for Eks {
    /// Asked after a refusal too: the next token is a new one, of credentials that are still good.
    async fn endpoint(&self) -> Result<Endpoint, Error> {
        *self.token.lock().await = None;
        let cluster = self.describe().await?;
        cluster.endpoint.ok_or_else(|| {
            let why = format!("cluster {} is {} and has no address", self.name, cluster.status);
            fault::plain(FailureKind::NotFound, why)
                .hinting("wait until the cluster is made; asked again by itself")
        })
    }

    /// Made here, without the network; kept, and replaced in time.
    async fn token(&self) -> Result<SecretString, Error> {
        let mut kept = self.token.lock().await;
        let now = self.now();
        if let Some(token) = kept.as_ref().filter(|token| token.lives(now)) {
            return Ok(token.secret.clone());
        }
        let doing = format!("making the token of cluster {}", self.name);
        let open = self.open(&doing).await?;
        let asked = self.asked("sts:GetCallerIdentity");
        let keys = open.keys.current().await;
        let keys = keys.map_err(|error| fault::of_credentials(&error, asked));
        let keys = self.told(keys, &doing).await?;
        let sts = Service::Sts.url(&open)?;
        let token = Token::make(&self.name, (&sts, &open.region), keys, now)?;
        let secret = token.secret.clone();
        *kept = Some(token);
        Ok(secret)
    }
}

/// How to reach a cluster, where AWS tells all that it takes.
fn endpoint(cluster: &aws_sdk_eks::types::Cluster) -> Result<Option<Endpoint>, Error> {
    let authority = cluster.certificate_authority().and_then(|one| one.data());
    let (Some(address), Some(authority)) = (cluster.endpoint(), authority) else {
        return Ok(None);
    };
    let url = Url::parse(address).map_err(|_| shape("the cluster's address is no URL"))?;
    let ca_pem = STANDARD
        .decode(authority.trim())
        .map_err(|_| shape("the cluster's certificate authority is not base64"))?;
    Ok(Some(Endpoint { url, ca_pem }))
}

/// An answer that is not what AWS documents.
pub(super) fn shape(why: &str) -> Error {
    fault::plain(FailureKind::Shape, why)
}
