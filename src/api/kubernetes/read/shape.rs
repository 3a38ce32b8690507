//! What every object of Kubernetes has, and the helpers that read it: only the fields that are used are kept.

use serde::de::{Deserialize, Deserializer};

use crate::domain::Timestamp;

/// An object's metadata, with the labels and annotations of its kind. `managedFields` and all else is passed over.
#[derive(Debug, serde::Deserialize)]
#[serde(
    rename_all = "camelCase",
    bound = "L: Default + Deserialize<'de>, A: Default + Deserialize<'de>"
)]
pub(super) struct Meta<L, A> {
    pub(super) name: String,
    #[serde(default)]
    pub(super) namespace: String,
    #[serde(default)]
    pub(super) uid: String,
    #[serde(default)]
    pub(super) creation_timestamp: Option<Timestamp>,
    #[serde(default)]
    pub(super) deletion_timestamp: Option<Timestamp>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) labels: L,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) annotations: A,
}

/// Labels or annotations of which none is used.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Unused {}

/// A condition of any object.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Condition {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) reason: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) message: String,
    #[serde(default)]
    pub(super) last_transition_time: Option<Timestamp>,
}

impl Condition {
    /// Whether it holds.
    pub(super) fn is_true(&self) -> bool {
        self.status == "True"
    }

    /// Whether it is the one of this name.
    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }
}

/// Reads a value where Kubernetes may also write `null` for none.
pub(super) fn nullable<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// A number or a string, as a string: custom resources know both.
pub(super) fn loose<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Loose {
        Number(serde_json::Number),
        Words(String),
    }
    Ok(match Loose::deserialize(from)? {
        Loose::Number(number) => number.to_string(),
        Loose::Words(words) => words,
    })
}
