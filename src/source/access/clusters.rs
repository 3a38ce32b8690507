//! What is read of a cluster, by EKS and by Kubernetes, and of a role of IAM: each part with its evidence, or a gap.

use crate::api::Error;
use crate::api::aws::Eks;
use crate::api::http::Pace;
use crate::api::kubernetes::Cluster as Kubernetes;
use crate::domain::access::{Cluster, Gap, Known, Lack, Part, Population, Reading, Trust};
use crate::domain::{FailureKind, Text, Timestamp};

/// What is read of one place.
struct Sheet {
    at: Text,
    of: Population,
    began_at: Timestamp,
}

impl Sheet {
    fn new(at: &Text, now: Timestamp) -> Sheet {
        Sheet { at: at.clone(), of: Population::empty(now), began_at: now }
    }

    fn done(mut self, now: Timestamp) -> Population {
        self.of.taken_at = now;
        self.of
    }

    /// Notes how a part came.
    fn came(&mut self, part: Part, endpoint: &str, (pages, rows): (u64, usize), now: Timestamp) {
        self.of.readings.push(Reading {
            part,
            at: self.at.clone(),
            endpoint: Text::new(endpoint),
            pages,
            rows: u64::try_from(rows).unwrap_or(u64::MAX),
            total: None,
            began_at: self.began_at,
            ended_at: now,
        });
        self.began_at = now;
    }

    /// A part that is refused, as a gap; an error is what may pass.
    fn refused<T>(&mut self, part: Part, error: Error) -> Result<Known<T>, Error> {
        let lack = match error.kind {
            FailureKind::Forbidden | FailureKind::NotFound => Lack::Forbidden,
            FailureKind::ScopeMissing => Lack::Scope,
            FailureKind::Shape | FailureKind::NotJson | FailureKind::Query | FailureKind::Other => {
                Lack::Failed
            }
            _ => return Err(error),
        };
        let because = Text::new(&format!("{error}; {}", error.hint));
        let at = self.at.clone();
        self.of.gaps.push(Gap { part, at, lack, because: because.clone() });
        Ok(Known::Unread(because))
    }
}

/// What EKS tells of a cluster.
pub(super) async fn of_eks(eks: &Eks, pace: &Pace) -> Result<Population, Error> {
    let mut sheet = Sheet::new(eks.cluster(), eks.now());
    let mut cluster = Cluster::new(eks.cluster());
    pace.turn(eks.now()).await?;
    match eks.access_config().await {
        Ok(config) => {
            sheet.came(Part::Clusters, "eks DescribeCluster", (1, 1), eks.now());
            let untold = || Text::new("AWS does not tell it");
            cluster.mode = config.mode.map_or_else(|| Known::Unread(untold()), Known::Is);
            let creator = config.creator_is_admin;
            cluster.creator_is_admin = creator.map_or_else(|| Known::Unread(untold()), Known::Is);
        }
        Err(error) => {
            cluster.mode = sheet.refused(Part::Clusters, error)?;
            let why = cluster.mode.read().err().cloned();
            cluster.creator_is_admin = Known::Unread(why.unwrap_or_else(|| Text::new("")));
        }
    }
    cluster.entries = entries(&mut sheet, eks, pace).await?;
    pace.turn(eks.now()).await?;
    cluster.pod_identities = match eks.pod_identities().await {
        Ok(listed) => {
            let came = (listed.pages, listed.rows.len());
            sheet.came(Part::PodIdentities, "eks ListPodIdentityAssociations", came, eks.now());
            Known::Is(listed.rows)
        }
        Err(error) => sheet.refused(Part::PodIdentities, error)?,
    };
    sheet.of.clusters.push(cluster);
    Ok(sheet.done(eks.now()))
}

async fn entries(
    sheet: &mut Sheet,
    eks: &Eks,
    pace: &Pace,
) -> Result<Known<Vec<crate::domain::access::AccessEntry>>, Error> {
    pace.turn(eks.now()).await?;
    let listed = match eks.access_entries().await {
        Ok(listed) => listed,
        Err(error) => return sheet.refused(Part::AccessEntries, error),
    };
    let mut entries = Vec::new();
    for arn in &listed.rows {
        // The entry and its policies are two questions.
        pace.turn(eks.now()).await?;
        pace.turn(eks.now()).await?;
        match eks.access_entry(arn).await {
            Ok(entry) => {
                if let Err(why) = entry.policies.read() {
                    let (at, because) = (sheet.at.clone(), why.clone());
                    let (part, lack) = (Part::AccessEntries, Lack::Forbidden);
                    sheet.of.gaps.push(Gap { part, at, lack, because });
                }
                entries.push(entry);
            }
            // It was deleted after it was listed.
            Err(error) if error.kind == FailureKind::NotFound => {}
            Err(error) => return sheet.refused(Part::AccessEntries, error),
        }
    }
    let came = (listed.pages, entries.len());
    sheet.came(Part::AccessEntries, "eks ListAccessEntries", came, eks.now());
    Ok(Known::Is(entries))
}

/// What Kubernetes tells of a cluster.
pub(super) async fn of_kubernetes(cluster: &Kubernetes, pace: &Pace) -> Result<Population, Error> {
    let name = Text::new(cluster.name());
    let mut sheet = Sheet::new(&name, cluster.now());
    let mut found = Cluster::new(&name);
    pace.turn(cluster.now()).await?;
    found.aws_auth = match cluster.aws_auth().await {
        Ok(mappings) => {
            let endpoint = "GET /api/v1/namespaces/kube-system/configmaps/aws-auth";
            sheet.came(Part::AwsAuth, endpoint, (1, mappings.len()), cluster.now());
            Known::Is(mappings)
        }
        Err(error) => sheet.refused(Part::AwsAuth, error)?,
    };
    pace.turn(cluster.now()).await?;
    pace.turn(cluster.now()).await?;
    found.bindings = match cluster.bindings().await {
        Ok((bindings, pages)) => {
            let endpoint = "GET /apis/rbac.authorization.k8s.io/v1/(cluster)rolebindings";
            sheet.came(Part::Bindings, endpoint, (pages, bindings.len()), cluster.now());
            Known::Is(bindings)
        }
        Err(error) => sheet.refused(Part::Bindings, error)?,
    };
    sheet.of.clusters.push(found);
    Ok(sheet.done(cluster.now()))
}

/// Who a role of IAM lets in.
pub(super) async fn of_role(eks: &Eks, arn: &Text, pace: &Pace) -> Result<Population, Error> {
    let mut sheet = Sheet::new(arn, eks.now());
    pace.turn(eks.now()).await?;
    let trust = match eks.role_trust(arn).await {
        Ok(trust) => {
            sheet.came(Part::Trusts, "iam GetRole", (1, 1), eks.now());
            trust
        }
        Err(error) => Trust {
            role_arn: arn.clone(),
            statements: sheet.refused(Part::Trusts, error)?,
            max_session_seconds: Known::Unread(Text::new("the role was not read")),
        },
    };
    sheet.of.trusts.push(trust);
    Ok(sheet.done(eks.now()))
}
