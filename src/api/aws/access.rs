//! Who may enter a cluster: how it knows who comes, access entries with their policies, pod identity associations.

use aws_sdk_eks::types::{
    AccessConfigResponse, AccessEntry as EntryShape, AccessScope, AccessScopeType,
    AssociatedAccessPolicy, AuthenticationMode,
};

use super::eks::{Eks, shape};
use super::fault;
use crate::api::Error;
use crate::domain::access::{
    AccessEntry, AccessPolicy, AuthMode, Known, PodIdentity, PolicyScope, is_person_arn,
};
use crate::domain::{Text, Timestamp};

/// How many pages of a list are read at most, a hundred rows on each.
const MAX_PAGES: u64 = 100;

/// A list with how many pages it came on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted<T> {
    /// What came.
    pub rows: Vec<T>,
    /// On how many pages.
    pub pages: u64,
}

/// How a cluster knows who comes (`accessConfig`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessConfig {
    /// `authenticationMode`; none where AWS does not tell, or this version does not know the word.
    pub mode: Option<AuthMode>,
    /// `bootstrapClusterCreatorAdminPermissions`.
    pub creator_is_admin: Option<bool>,
}

impl Eks {
    /// How the cluster knows who comes (`DescribeCluster`).
    ///
    /// # Errors
    /// Why AWS does not tell, with what would cure it.
    pub async fn access_config(&self) -> Result<AccessConfig, Error> {
        let doing = format!("describing the access of cluster {}", self.name());
        let open = self.open(&doing).await?;
        let sent = open.eks.describe_cluster().name(self.name()).send().await;
        let asked = self.asked("eks:DescribeCluster");
        let answer = self.told(sent.map_err(|error| fault::of_sdk(&error, asked)), &doing).await?;
        let cluster = answer.cluster().ok_or_else(|| shape("no cluster came").doing(&doing))?;
        let config = cluster.access_config();
        let word = config.and_then(AccessConfigResponse::authentication_mode);
        Ok(AccessConfig {
            mode: word.map(AuthenticationMode::as_str).and_then(mode),
            creator_is_admin: config
                .and_then(AccessConfigResponse::bootstrap_cluster_creator_admin_permissions),
        })
    }

    /// The ARNs of all principals that have an access entry (`ListAccessEntries`).
    ///
    /// # Errors
    /// Why AWS does not tell, with what would cure it.
    pub async fn access_entries(&self) -> Result<Counted<String>, Error> {
        let doing = format!("listing the access entries of {}", self.name());
        let open = self.open(&doing).await?;
        let mut listed = Counted { rows: Vec::new(), pages: 0 };
        let mut next = None;
        while listed.pages < MAX_PAGES {
            let request = open.eks.list_access_entries().cluster_name(self.name());
            let sent = request.set_next_token(next.take()).send().await;
            let asked = self.asked("eks:ListAccessEntries");
            let page =
                self.told(sent.map_err(|error| fault::of_sdk(&error, asked)), &doing).await?;
            listed.pages += 1;
            listed.rows.extend_from_slice(page.access_entries());
            next = page.next_token().map(str::to_owned);
            if next.is_none() {
                return Ok(listed);
            }
        }
        Err(shape("the list of access entries does not end").doing(&doing))
    }

    /// One access entry with its policies (`DescribeAccessEntry`, `ListAssociatedAccessPolicies`). Where the policies are
    /// refused, they are not known.
    ///
    /// # Errors
    /// Why AWS does not tell, with what would cure it.
    pub async fn access_entry(&self, arn: &str) -> Result<AccessEntry, Error> {
        let doing = format!("describing the access entry {} of {}", Text::new(arn), self.name());
        let open = self.open(&doing).await?;
        let request = open.eks.describe_access_entry().cluster_name(self.name());
        let sent = request.principal_arn(arn).send().await;
        let asked = self.asked("eks:DescribeAccessEntry");
        let answer = self.told(sent.map_err(|error| fault::of_sdk(&error, asked)), &doing).await?;
        let found = answer.access_entry().ok_or_else(|| shape("no entry came").doing(&doing))?;
        let policies = match self.policies(arn).await {
            Ok(policies) => Known::Is(policies),
            Err(error) if error.is_about_one_part() => {
                Known::Unread(Text::new(&format!("{error}; {}", error.hint)))
            }
            Err(error) => return Err(error),
        };
        Ok(entry(arn, found, policies))
    }

    async fn policies(&self, arn: &str) -> Result<Vec<AccessPolicy>, Error> {
        let doing = format!("listing the policies of {} in {}", Text::new(arn), self.name());
        let open = self.open(&doing).await?;
        let mut policies = Vec::new();
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let request = open.eks.list_associated_access_policies().cluster_name(self.name());
            let request = request.principal_arn(arn).set_next_token(next.take());
            let sent = request.send().await;
            let asked = self.asked("eks:ListAssociatedAccessPolicies");
            let page =
                self.told(sent.map_err(|error| fault::of_sdk(&error, asked)), &doing).await?;
            policies.extend(page.associated_access_policies().iter().map(policy));
            next = page.next_token().map(str::to_owned);
            if next.is_none() {
                return Ok(policies);
            }
        }
        Err(shape("the list of policies does not end").doing(&doing))
    }

    /// The pod identity associations (`ListPodIdentityAssociations`, `DescribePodIdentityAssociation`).
    ///
    /// # Errors
    /// Why AWS does not tell, with what would cure it.
    pub async fn pod_identities(&self) -> Result<Counted<PodIdentity>, Error> {
        let doing = format!("listing the pod identity associations of {}", self.name());
        let open = self.open(&doing).await?;
        let mut ids: Vec<String> = Vec::new();
        let mut listed = Counted { rows: Vec::new(), pages: 0 };
        let mut next = None;
        loop {
            let request = open.eks.list_pod_identity_associations().cluster_name(self.name());
            let sent = request.set_next_token(next.take()).send().await;
            let asked = self.asked("eks:ListPodIdentityAssociations");
            let page =
                self.told(sent.map_err(|error| fault::of_sdk(&error, asked)), &doing).await?;
            listed.pages += 1;
            let found = page.associations().iter();
            ids.extend(found.filter_map(|one| one.association_id().map(str::to_owned)));
            next = page.next_token().map(str::to_owned);
            if next.is_none() {
                break;
            }
            if listed.pages >= MAX_PAGES {
                return Err(shape("the list of associations does not end").doing(&doing));
            }
        }
        for id in ids {
            listed.rows.push(self.pod_identity(&id).await?);
        }
        Ok(listed)
    }

    async fn pod_identity(&self, id: &str) -> Result<PodIdentity, Error> {
        let doing = format!("describing the association {} of {}", Text::new(id), self.name());
        let open = self.open(&doing).await?;
        let request = open.eks.describe_pod_identity_association().cluster_name(self.name());
        let sent = request.association_id(id).send().await;
        let asked = self.asked("eks:DescribePodIdentityAssociation");
        let answer = self.told(sent.map_err(|error| fault::of_sdk(&error, asked)), &doing).await?;
        let found = answer.association().ok_or_else(|| shape("none came").doing(&doing))?;
        let text = |word: Option<&str>| Text::new(word.unwrap_or_default());
        Ok(PodIdentity {
            namespace: text(found.namespace()),
            service_account: text(found.service_account()),
            role_arn: text(found.role_arn()),
        })
    }
}

fn mode(word: &str) -> Option<AuthMode> {
    match word {
        "API" => Some(AuthMode::Api),
        "API_AND_CONFIG_MAP" => Some(AuthMode::ApiAndConfigMap),
        "CONFIG_MAP" => Some(AuthMode::ConfigMap),
        _ => None,
    }
}

fn instant(at: Option<&aws_smithy_types::DateTime>) -> Option<Timestamp> {
    Timestamp::from_millisecond(at?.to_millis().ok()?).ok()
}

fn entry(arn: &str, found: &EntryShape, policies: Known<Vec<AccessPolicy>>) -> AccessEntry {
    let kind = found.r#type().unwrap_or("STANDARD");
    AccessEntry {
        principal_arn: Text::new(found.principal_arn().unwrap_or(arn)),
        kind: Text::new(kind),
        username: found.username().map(Text::new),
        groups: found.kubernetes_groups().iter().map(|group| Text::new(group)).collect(),
        policies,
        created_at: instant(found.created_at()),
        human: is_person_arn(arn, kind),
    }
}

fn policy(found: &AssociatedAccessPolicy) -> AccessPolicy {
    let scope = found.access_scope();
    let is_whole = scope
        .and_then(|scope| scope.r#type())
        .is_some_and(|kind| *kind == AccessScopeType::Cluster);
    let namespaces = scope.map(AccessScope::namespaces).unwrap_or_default();
    AccessPolicy {
        arn: Text::new(found.policy_arn().unwrap_or_default()),
        scope: if is_whole {
            PolicyScope::Cluster
        } else {
            PolicyScope::Namespaces(namespaces.iter().map(|one| Text::new(one)).collect())
        },
        associated_at: instant(found.associated_at()),
    }
}
