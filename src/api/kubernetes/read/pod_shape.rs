//! A pod as Kubernetes writes it, without what is not used. A job's variables are in its environment: of them all, only
//! one is kept.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::shape::{Condition, Meta, nullable};
use crate::domain::Quantity;
use crate::domain::Timestamp;

/// The variable that names the AWS role which a pod is given.
const ROLE: &str = "AWS_ROLE_ARN";

/// A pod.
#[derive(Debug, serde::Deserialize)]
pub(super) struct PodShape {
    pub(super) metadata: Meta<Labels, Annotations>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) spec: Spec,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) status: Status,
}

/// The labels that the runner sets and no job can overwrite.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Labels {
    #[serde(default, rename = "project.runner.gitlab.com/id")]
    pub(super) project: Option<String>,
    #[serde(default, rename = "manager.runner.gitlab.com/id-short")]
    pub(super) runner: Option<String>,
    #[serde(default, rename = "runner.gitlab.com/pause-pod")]
    pub(super) pause: Option<String>,
}

/// The annotations that the runner sets, which a job may overwrite.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Annotations {
    #[serde(default, rename = "job.runner.gitlab.com/id")]
    pub(super) job: Option<String>,
}

/// What a pod should be.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Spec {
    pub(super) node_name: Option<String>,
    pub(super) service_account_name: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub(super) host_network: bool,
    #[serde(deserialize_with = "nullable")]
    pub(super) security_context: Security,
    #[serde(deserialize_with = "nullable")]
    pub(super) volumes: Vec<Volume>,
    #[serde(deserialize_with = "nullable")]
    pub(super) init_containers: Vec<ContainerSpec>,
    #[serde(deserialize_with = "nullable")]
    pub(super) containers: Vec<ContainerSpec>,
    #[serde(deserialize_with = "nullable")]
    pub(super) overhead: Amounts,
    #[serde(deserialize_with = "nullable")]
    pub(super) resources: Resources,
}

/// Rights of a pod or a container, as far as they are looked at.
#[derive(Debug, Default, Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Security {
    pub(super) privileged: Option<bool>,
    pub(super) run_as_user: Option<i64>,
    pub(super) run_as_non_root: Option<bool>,
}

/// A volume.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Volume {
    pub(super) host_path: Option<IgnoredAny>,
}

/// A container as it should be.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ContainerSpec {
    pub(super) name: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) image: String,
    pub(super) restart_policy: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub(super) resources: Resources,
    #[serde(deserialize_with = "nullable")]
    pub(super) security_context: Security,
    #[serde(rename = "env", deserialize_with = "role")]
    pub(super) role: Option<String>,
}

/// What is asked for.
#[derive(Debug, Default, Clone, Copy, serde::Deserialize)]
#[serde(default)]
pub(super) struct Resources {
    #[serde(deserialize_with = "nullable")]
    pub(super) requests: Amounts,
}

/// The two resources that are counted.
#[derive(Debug, Default, Clone, Copy, serde::Deserialize)]
#[serde(default)]
pub(super) struct Amounts {
    pub(super) cpu: Option<Quantity>,
    pub(super) memory: Option<Quantity>,
}

/// What a pod is.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Status {
    #[serde(deserialize_with = "nullable")]
    pub(super) phase: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) reason: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) message: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) conditions: Vec<Condition>,
    #[serde(deserialize_with = "nullable")]
    pub(super) init_container_statuses: Vec<ContainerStatus>,
    #[serde(deserialize_with = "nullable")]
    pub(super) container_statuses: Vec<ContainerStatus>,
}

/// What a container is.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ContainerStatus {
    pub(super) name: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) restart_count: u32,
    pub(super) started: Option<bool>,
    #[serde(deserialize_with = "nullable")]
    pub(super) state: ContainerState,
    #[serde(deserialize_with = "nullable")]
    pub(super) last_state: ContainerState,
}

/// One of three; none while the node has not told.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct ContainerState {
    pub(super) waiting: Option<Waiting>,
    pub(super) running: Option<IgnoredAny>,
    pub(super) terminated: Option<Terminated>,
}

/// Why a container waits.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Waiting {
    #[serde(deserialize_with = "nullable")]
    pub(super) reason: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) message: String,
}

/// How a container ended.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Terminated {
    pub(super) exit_code: i64,
    pub(super) signal: Option<i64>,
    #[serde(deserialize_with = "nullable")]
    pub(super) reason: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) message: String,
    pub(super) finished_at: Option<Timestamp>,
}

/// Of a container's environment, the AWS role alone; every other value is passed over unread.
fn role<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(serde::Deserialize)]
    struct Variable<'a> {
        #[serde(borrow, default)]
        name: Cow<'a, str>,
        #[serde(borrow, default)]
        value: Option<Cow<'a, str>>,
    }

    struct Variables;

    impl<'de> Visitor<'de> for Variables {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of variables")
        }

        fn visit_unit<E>(self) -> Result<Option<String>, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Option<String>, A::Error> {
            let mut role = None;
            while let Some(variable) = all.next_element::<Variable<'de>>()? {
                if variable.name == ROLE {
                    role = variable.value.map(Cow::into_owned);
                }
            }
            Ok(role)
        }
    }

    from.deserialize_any(Variables)
}
