//! The small pieces of which GitLab's answers are made, read leniently: what is missing or odd becomes `None`.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use crate::domain::Timestamp;

/// A string that is borrowed from the answer where it holds no escapes.
#[derive(Debug, Deserialize)]
pub(super) struct Words<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::ops::Deref for Words<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// An instant; one that cannot be read is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Moment(pub(super) Option<Timestamp>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let words = Option::<Words<'de>>::deserialize(deserializer)?;
        Ok(Moment(words.and_then(|words| words.parse().ok())))
    }
}

/// An id: REST's number, GraphQL's `gid://gitlab/Ci::Build/42`, or a number in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(pub(super) u64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw<'a> {
            Number(u64),
            Words(#[serde(borrow)] Cow<'a, str>),
        }
        let id = match Raw::deserialize(deserializer)? {
            Raw::Number(number) => Some(number),
            Raw::Words(words) => words.rsplit('/').next().and_then(|tail| tail.parse().ok()),
        };
        id.map(Id).ok_or_else(|| serde::de::Error::custom("an id without a number"))
    }
}

/// Reads JSON that may be `null` as the type's default.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_id_is_read() {
        for json in ["42", "\"42\"", "\"gid://gitlab/Ci::Build/42\""] {
            assert_eq!(serde_json::from_str::<Id>(json).unwrap(), Id(42), "{json}");
        }
        assert!(serde_json::from_str::<Id>("\"gid://gitlab/Ci::Build/x\"").is_err());
    }

    #[test]
    fn an_instant_that_cannot_be_read_is_none() {
        let read = |json| serde_json::from_str::<Moment>(json).unwrap().0;
        assert_eq!(read("null"), None);
        assert_eq!(read("\"yesterday\""), None);
        assert_eq!(
            read("\"2026-09-21T15:13:20.5+01:00\""),
            Some("2026-09-21T14:13:20.5Z".parse().unwrap())
        );
    }
}
