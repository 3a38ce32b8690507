//! [`WriteLine`]: a way to EKS for what changes it, apart from the one that reads.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_eks::error::SdkError;
use aws_sdk_eks::types::NodegroupScalingConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::connector::Connector;
use super::fault::{self, Asked};
use super::gate::Bounds;
use super::session::Session;
use crate::api::{Error, Wiring};
use crate::config::Eks as EksSettings;
use crate::domain::{FailureKind, Text};

/// The IAM action that resizing takes.
const ACTION: &str = "eks:UpdateNodegroupConfig";

/// A way to change the node groups of a cluster. Opens nothing until it is used; sends nothing twice.
pub(crate) struct WriteLine {
    /// Its name in AWS.
    name: String,
    session: Session,
    connector: Connector,
}

/// New sizes for a node group; what is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resize {
    /// The node group.
    pub(crate) group: String,
    /// How many nodes it should have.
    pub(crate) desired: Option<i32>,
    /// How many nodes it may have.
    pub(crate) max: Option<i32>,
}

/// Why it was not done, or may not have been.
#[derive(Debug)]
pub(crate) enum Lost {
    /// Nothing was sent.
    Unsent(Error),
    /// AWS said no.
    Refused(Error),
    /// It may have arrived.
    Unanswered(Error),
}

impl WriteLine {
    /// A way as the settings say, on connections of its own.
    pub(crate) fn new(settings: &EksSettings, bounds: Bounds, wiring: Wiring) -> WriteLine {
        let connector = Connector::to_change(bounds, wiring);
        let session = Session::new(settings.clone(), bounds, connector.clone());
        WriteLine { name: settings.name.clone(), session, connector }
    }

    /// Asks for new sizes, once (`UpdateNodegroupConfig`); `token` makes the same request the same one to AWS. Gives
    /// the id of the update that AWS began.
    pub(crate) async fn resize(&self, resize: &Resize, token: &str) -> Result<Text, Lost> {
        let open = self.session.open().await.map_err(Lost::Unsent)?;
        let sizes = NodegroupScalingConfig::builder()
            .set_desired_size(resize.desired)
            .set_max_size(resize.max)
            .build();
        let request = open.eks.update_nodegroup_config().cluster_name(&self.name);
        let request = request.nodegroup_name(&resize.group).scaling_config(sizes);
        let sent = request.client_request_token(token).send().await;
        let now = self.connector.now();
        let asked = Asked { action: ACTION, profile: self.session.profile(), now };
        match sent {
            Ok(answer) => {
                Ok(Text::new(answer.update().and_then(|update| update.id()).unwrap_or("unknown")))
            }
            Err(error) => {
                let told = fault::of_sdk(&error, asked);
                self.session.note(&told).await;
                Err(lost(&error, told))
            }
        }
    }
}

impl WriteLine {
    /// Deletes the access entry of a principal, once (`DeleteAccessEntry`).
    pub(crate) async fn delete_entry(&self, arn: &str) -> Result<(), Lost> {
        let open = self.session.open().await.map_err(Lost::Unsent)?;
        let request = open.eks.delete_access_entry().cluster_name(&self.name).principal_arn(arn);
        let sent = request.send().await;
        let now = self.connector.now();
        let profile = self.session.profile();
        let asked = Asked { action: "eks:DeleteAccessEntry", profile, now };
        match sent {
            Ok(_) => Ok(()),
            Err(error) => {
                let told = fault::of_sdk(&error, asked);
                self.session.note(&told).await;
                Err(lost(&error, told))
            }
        }
    }
}

/// Whether a request that failed may have been done. Only what AWS itself refused, and what can fail before it is sent
/// and never after, counts as not done.
fn lost<E: StdError + 'static>(error: &SdkError<E, HttpResponse>, told: Error) -> Lost {
    let status = error.raw_response().map(|raw| raw.status().as_u16());
    match (error, status) {
        (_, Some(400..=499)) => Lost::Refused(told),
        (SdkError::ConstructionFailure(_), None) => Lost::Unsent(told),
        (SdkError::DispatchFailure(_), None) if is_unsent(error, &told) => Lost::Unsent(told),
        _ => Lost::Unanswered(told),
    }
}

fn is_unsent(error: &(dyn StdError + 'static), told: &Error) -> bool {
    let mut next = Some(error);
    while let Some(one) = next {
        if one.downcast_ref::<CredentialsError>().is_some() {
            return true;
        }
        next = one.source();
    }
    match told.kind {
        FailureKind::Query | FailureKind::Dns | FailureKind::RateLimited => true,
        // A connection that broke in use has other words.
        FailureKind::Connect => told.message.to_lowercase().contains("connection refused"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::aws::Eks;

    /// A platform that `.ci/aws/run` starts. Without `EKS_SERVER` there is none.
    fn server_of_others() -> Option<(EksSettings, String)> {
        let url = std::env::var("EKS_SERVER").ok()?.parse().unwrap();
        let seed = std::fs::read(std::env::var_os("EKS_SEED").unwrap()).unwrap();
        let seed: serde_json::Value = serde_json::from_slice(&seed).unwrap();
        let mut keys = tempfile::NamedTempFile::new().unwrap();
        let text = "[default]\naws_access_key_id = testing\naws_secret_access_key = testing\n";
        std::io::Write::write_all(&mut keys, text.as_bytes()).unwrap();
        let settings = EksSettings {
            name: seed["cluster"].as_str().unwrap().to_owned(),
            region: seed["region"].as_str().map(str::to_owned),
            profile: None,
            role_arn: None,
            endpoint_url: Some(url),
            config_file: None,
            // The file is read when first asked and outlives this function.
            credentials_file: Some(keys.keep().unwrap().1),
        };
        let groups = seed["nodegroups"].as_array().unwrap();
        Some((settings, groups[0]["name"].as_str().unwrap().to_owned()))
    }

    #[tokio::test]
    async fn a_server_of_others_resizes_a_node_group() {
        let Some((settings, group)) = server_of_others() else { return };
        let wiring = Wiring::new(jiff::Timestamp::default, |_| None);
        let line = WriteLine::new(&settings, Bounds::Loopback, wiring.clone());
        let resize = Resize { group: group.clone(), desired: Some(7), max: Some(9) };
        line.resize(&resize, "watchfloor-1-1").await.unwrap();
        let reader = Eks::new("ci", &settings, Bounds::Loopback, wiring);
        let now = reader.nodegroup(&group).await.unwrap().group;
        assert_eq!((now.desired, now.max), (Some(7), Some(9)));
        let missing = Resize { group: "nowhere".to_owned(), ..resize };
        let refused = line.resize(&missing, "watchfloor-2-2").await;
        assert!(matches!(refused, Err(Lost::Refused(_))), "{refused:?}");
        println!("a node group of a server that others wrote is resized");
    }
}
