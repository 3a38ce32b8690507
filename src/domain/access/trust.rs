//! [`Trust`]: who an IAM role lets in, as its trust policy says.

use serde::{Deserialize, Serialize};

use super::Known;
use crate::domain::Text;

/// A condition of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The operator: `StringEquals`, `StringLike`, ….
    pub operator: Text,
    /// The key: `gitlab.example.com:sub`.
    pub key: Text,
    /// Any of these.
    pub values: Vec<Text>,
}

/// A statement that allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustStatement {
    /// `Action`.
    pub actions: Vec<Text>,
    /// `Principal.Federated`.
    #[serde(default)]
    pub federated: Vec<Text>,
    /// `Principal.AWS`.
    #[serde(default)]
    pub aws: Vec<Text>,
    /// `Condition`.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// Who a role lets in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// The role's ARN.
    pub role_arn: Text,
    /// The statements of its trust policy that allow.
    #[serde(default)]
    pub statements: Known<Vec<TrustStatement>>,
    /// `MaxSessionDuration`, seconds.
    #[serde(default)]
    pub max_session_seconds: Known<u64>,
}
