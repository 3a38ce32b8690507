//! Kyverno's exceptions: objects that a cluster may well do without, each as it stands.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::cluster::Cluster;
use super::fault;
use super::resource::path;
use crate::api::Error;
use crate::domain::FailureKind;

/// So many objects come on a page.
const PER_PAGE: &str = "500";
/// The most pages that are read.
const MOST_PAGES: usize = 40;
/// The right that is missing after a refusal.
const RIGHT: &str = "a ClusterRole must allow list on policyexceptions (kyverno.io and policies.kyverno.io) to this user";

/// Which of Kyverno's two kinds of `PolicyException`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyExceptionKind {
    /// `kyverno.io`, of the first kind of policies.
    Classic,
    /// `policies.kyverno.io`, of policies written in CEL.
    Cel,
}

impl PolicyExceptionKind {
    /// Both.
    pub const ALL: [PolicyExceptionKind; 2] =
        [PolicyExceptionKind::Classic, PolicyExceptionKind::Cel];

    /// Its API group.
    pub fn group(self) -> &'static str {
        match self {
            PolicyExceptionKind::Classic => "kyverno.io",
            PolicyExceptionKind::Cel => "policies.kyverno.io",
        }
    }

    /// The versions that are understood, the best first.
    fn versions(self) -> &'static [&'static str] {
        match self {
            PolicyExceptionKind::Classic => &["v2", "v2beta1"],
            PolicyExceptionKind::Cel => &["v1", "v1beta1"],
        }
    }
}

#[derive(Deserialize)]
struct GroupShape {
    #[serde(default)]
    versions: Vec<VersionShape>,
}

#[derive(Deserialize)]
struct VersionShape {
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct ListShape<'a> {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default, borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize, Default)]
struct ListMeta {
    #[serde(default, rename = "continue")]
    next: String,
}

impl Cluster {
    /// Every exception of a kind, each as the JSON of its object; `None` where the cluster does not have the kind.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn policy_exceptions(
        &self,
        kind: PolicyExceptionKind,
    ) -> Result<Option<Vec<String>>, Error> {
        let doing =
            || format!("reading the PolicyExceptions of {} in {}", kind.group(), self.name());
        match self.read_exceptions(kind).await {
            Ok(found) => Ok(found),
            Err(error) if error.kind == FailureKind::NotFound => Ok(None),
            Err(error) if error.kind == FailureKind::Forbidden => {
                Err(error.hinting(RIGHT).doing(doing()))
            }
            Err(error) => Err(error.doing(doing())),
        }
    }

    async fn read_exceptions(
        &self,
        kind: PolicyExceptionKind,
    ) -> Result<Option<Vec<String>>, Error> {
        let body = self.read(&path(&["apis", kind.group()], None, &[]), None).await?;
        let group: GroupShape = parse(&body)?;
        let is_served = |wanted: &&&str| group.versions.iter().any(|one| one.version == ***wanted);
        let Some(version) = kind.versions().iter().find(is_served) else { return Ok(None) };
        let at = path(&["apis", kind.group(), version], None, &["policyexceptions"]);
        let mut all = Vec::new();
        let mut next = String::new();
        for _ in 0..MOST_PAGES {
            let body = self.read(&format!("{at}?{}", query(&next)), None).await?;
            let list: ListShape<'_> = parse(&body)?;
            all.extend(list.items.iter().flatten().map(|item| item.get().to_owned()));
            next = list.metadata.next;
            if next.is_empty() {
                return Ok(Some(all));
            }
        }
        Err(fault::error(FailureKind::Shape, "the list has no end"))
    }
}

/// What is asked of one page; `next` is the way on from the page before.
fn query(next: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("limit", PER_PAGE);
    if !next.is_empty() {
        query.append_pair("continue", next);
    }
    query.finish()
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| {
        let why = format!("the answer cannot be read: {error}");
        fault::error(FailureKind::Shape, crate::api::http::short(&why))
    })
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::kubernetes::fake::{Answer, Fake};

    fn group(version: &str) -> Answer {
        Answer::json(
            json!({"kind": "APIGroup", "versions": [{"version": "v3"}, {"version": version}]}),
        )
    }

    #[tokio::test]
    async fn every_page_is_read_in_the_version_that_is_served() {
        let fake = Fake::by(|path| match path {
            "/apis/kyverno.io" => group("v2beta1"),
            path if path.contains("continue=more") => {
                Answer::json(json!({"metadata": {}, "items": [{"b": 2}]}))
            }
            _ => Answer::json(json!({"metadata": {"continue": "more"}, "items": [{"a": 1}]})),
        })
        .await;
        let found = fake.cluster().policy_exceptions(PolicyExceptionKind::Classic).await;
        assert_eq!(found, Ok(Some(vec![r#"{"a":1}"#.to_owned(), r#"{"b":2}"#.to_owned()])));
        let list = "/apis/kyverno.io/v2beta1/policyexceptions?limit=500";
        assert!(fake.asked().iter().any(|asked| asked.contains(list)), "{:?}", fake.asked());
    }

    #[tokio::test]
    async fn a_cluster_without_the_kind_has_none_and_that_is_no_error() {
        let absent = Fake::by(|_| Answer::Whole(404, b"404 page not found".to_vec())).await;
        let newer = Fake::by(|_| group("v9")).await;
        for fake in [absent, newer] {
            let found = fake.cluster().policy_exceptions(PolicyExceptionKind::Cel).await;
            assert_eq!(found, Ok(None));
        }
    }

    #[tokio::test]
    async fn a_refusal_names_the_right_that_is_missing() {
        let fake = Fake::by(|path| match path {
            "/apis/policies.kyverno.io" => group("v1"),
            _ => Answer::Whole(403, json!({"message": "no"}).to_string().into_bytes()),
        })
        .await;
        let error = fake.cluster().policy_exceptions(PolicyExceptionKind::Cel).await.unwrap_err();
        assert_eq!((error.kind, &*error.hint), (FailureKind::Forbidden, RIGHT));
    }
}
