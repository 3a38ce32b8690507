//! Asking GraphQL: the documents, the optional lines in them, and what a refusal means.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::connection::{Capabilities, Gitlab, PageSize};
use super::wire::Words;
use crate::api::Error;
use crate::api::http::{Answer, Body};
use crate::domain::{FailureKind, Text};

pub(super) const CAPABILITIES: &str = include_str!("queries/capabilities.graphql");
pub(super) const FLEET_GROUP: &str = include_str!("queries/fleet_group.graphql");
pub(super) const FLEET_PROJECTS: &str = include_str!("queries/fleet_projects.graphql");
pub(super) const MARKS: &str = include_str!("queries/marks.graphql");
pub(super) const ACTIVE: &str = include_str!("queries/active.graphql");
pub(super) const MOVING: &str = include_str!("queries/moving.graphql");
pub(super) const HOUR: &str = include_str!("queries/hour.graphql");
pub(super) const PIPELINES: &str = include_str!("queries/pipelines.graphql");
pub(super) const PIPELINE_JOBS: &str = include_str!("queries/pipeline_jobs.graphql");
pub(super) const MERGE_REQUEST_AUTHORS: &str =
    include_str!("queries/merge_request_authors.graphql");
pub(super) const DISMISSALS: &str = include_str!("queries/dismissals.graphql");
pub(super) const BLOBS: &str = include_str!("queries/blobs.graphql");
pub(super) const JOB_BESIDE: &str = include_str!("queries/job_beside.graphql");
pub(super) const RUNNERS: &str = include_str!("queries/runners.graphql");
pub(super) const PROJECT_RUNNERS: &str = include_str!("queries/project_runners.graphql");
pub(super) const RUNNER_MANAGERS: &str = include_str!("queries/runner_managers.graphql");

/// A question that was refused.
#[derive(Debug)]
pub(super) struct Refusal {
    /// Why.
    pub(super) error: Error,
    /// Whether a smaller page may be granted.
    pub(super) costly: bool,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal { error, costly: false }
    }
}

impl Gitlab {
    /// Asks once. An answer with any error in it is a refusal: half an answer would pass for a whole one.
    pub(super) async fn ask(&self, document: &str, variables: &Value) -> Result<Answer, Refusal> {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let url = self.http.graphql().clone();
        match self.http.send(http::Method::POST, url, Bytes::from(body), Body::Json).await {
            Ok(answer) => refusal(&answer.body).map_or(Ok(answer), Err),
            Err(error) => {
                let costly = is_slow(&error);
                Err(Refusal { costly, error: self.told_apart(error).await })
            }
        }
    }

    /// GraphQL calls every token that it refuses invalid; REST tells whether it has expired or lacks a scope, which have
    /// other cures.
    async fn told_apart(&self, error: Error) -> Error {
        if error.kind != FailureKind::TokenInvalid {
            return error;
        }
        match self.token_facts().await {
            Err(told) if told.kind == FailureKind::TokenExpired => told,
            Ok(facts) if !facts.can_read() => facts.lacks_scope(),
            Ok(_) | Err(_) => error,
        }
    }

    /// Asks for a page of a size, and for smaller ones while that is found too costly. Gives the size that was granted.
    pub(super) async fn ask_sized(
        &self,
        document: &str,
        size: &PageSize,
        variables: impl Fn(u32) -> Value + Send,
    ) -> Result<(Answer, u32), Error> {
        loop {
            let first = size.get();
            let refusal = match self.ask(document, &variables(first)).await {
                Ok(answer) => return Ok((answer, first)),
                Err(refusal) => refusal,
            };
            let smaller = refusal.costly && size.shrink(first);
            // A slow server is not asked again at once; the next pass asks for less.
            if !smaller || refusal.error.kind != FailureKind::Query {
                return Err(refusal.error);
            }
        }
    }

    /// Asks for what has no size.
    pub(super) async fn ask_plain(
        &self,
        document: &str,
        variables: Value,
    ) -> Result<Answer, Error> {
        self.ask(document, &variables).await.map_err(|refusal| refusal.error)
    }
}

/// Whether an error suggests that less should be asked for.
fn is_slow(error: &Error) -> bool {
    error.kind == FailureKind::Timeout || matches!(error.status, Some(502 | 504))
}

/// A GraphQL answer, its errors looked at and its data passed over.
#[derive(Deserialize)]
struct Outline<'a> {
    data: Option<IgnoredAny>,
    #[serde(borrow, default)]
    errors: Option<Vec<Fault<'a>>>,
}

#[derive(Deserialize)]
struct Fault<'a> {
    #[serde(borrow)]
    message: Option<Words<'a>>,
}

/// What an answer refuses, if anything.
fn refusal(body: &[u8]) -> Option<Refusal> {
    let outline: Outline<'_> = match serde_json::from_slice(body) {
        Ok(outline) => outline,
        Err(_) => return Some(shape("the answer is no GraphQL answer").into()),
    };
    let faults = outline.errors.unwrap_or_default();
    let Some(first) = faults.first() else {
        return outline.data.is_none().then(|| shape("the answer holds no data").into());
    };
    let said = first.message.as_deref().unwrap_or("no reason given");
    let lower = said.to_lowercase();
    let costly = lower.contains("complexity") || lower.contains("timeout");
    let short: String = Text::new(said).chars().take(200).collect();
    let error = Error::new(FailureKind::Query, format!("GraphQL refused: {short}"));
    Some(Refusal { error, costly })
}

/// An answer of another shape than documented.
pub(super) fn shape(why: &str) -> Error {
    Error::new(FailureKind::Shape, why)
}

/// The data of an answer that is no refusal.
pub(super) fn data<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    #[derive(Deserialize)]
    struct Holder<T> {
        data: T,
    }
    let holder: Holder<T> = serde_json::from_slice(body).map_err(|error| misread(&error))?;
    Ok(holder.data)
}

/// JSON that could not be read as what it should be.
pub(super) fn misread(error: &serde_json::Error) -> Error {
    let short: String = Text::new(&error.to_string()).chars().take(200).collect();
    shape(&format!("the answer could not be read: {short}"))
}

/// The document with the optional lines that this GitLab understands: `# +source source` becomes `source`.
pub(super) fn with_options(
    document: &'static str,
    capabilities: Capabilities,
) -> Cow<'static, str> {
    let options = [
        ("# +canceling ", capabilities.canceling),
        ("# +callback ", capabilities.callback),
        ("# +source ", capabilities.source),
    ];
    let mut text = Cow::Borrowed(document);
    for (mark, has) in options {
        if has && text.contains(mark) {
            text = Cow::Owned(text.replace(mark, ""));
        }
    }
    text
}

/// The job statuses that count as unfinished, as far as this GitLab knows them.
pub(super) fn unfinished(capabilities: Capabilities) -> Vec<&'static str> {
    let mut words = vec![
        "CREATED",
        "WAITING_FOR_RESOURCE",
        "PREPARING",
        "PENDING",
        "RUNNING",
        "MANUAL",
        "SCHEDULED",
    ];
    if capabilities.canceling {
        words.push("CANCELING");
    }
    if capabilities.callback {
        words.push("WAITING_FOR_CALLBACK");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_beside_data_is_a_refusal() {
        let body = br#"{"data":{"group":null},"errors":[{"message":"Timeout on Query.group"}]}"#;
        let refusal = refusal(body).unwrap();
        assert!(refusal.costly);
        assert_eq!(refusal.error.kind, FailureKind::Query);
    }

    #[test]
    fn too_complex_a_query_is_costly_and_an_unknown_field_is_not() {
        let complex = br#"{"errors":[{"message":"Query has complexity of 300, which exceeds max complexity of 250"}]}"#;
        assert!(refusal(complex).unwrap().costly);
        let unknown = br#"{"errors":[{"message":"Field 'x' doesn't exist on type 'Y'"}]}"#;
        assert!(!refusal(unknown).unwrap().costly);
    }

    #[test]
    fn data_without_errors_is_no_refusal() {
        assert!(refusal(br#"{"data":{"group":null}}"#).is_none());
        assert!(refusal(br#"{"data":{"group":null},"errors":[]}"#).is_none());
        assert!(refusal(br#"{"message":"hello"}"#).is_some());
    }

    #[test]
    fn optional_lines_appear_only_where_they_are_understood() {
        let newest = Capabilities { graphql: true, canceling: true, callback: true, source: true };
        let fields = |text: &str| graphql_parser::parse_query::<String>(text).unwrap().to_string();
        let old = fields(&with_options(FLEET_GROUP, Capabilities::default()));
        let new = fields(&with_options(FLEET_GROUP, newest));
        assert!(!old.contains("CANCELING") && new.contains("CANCELING"));
        assert!(!fields(&with_options(HOUR, Capabilities::default())).contains("source\n"));
        assert!(fields(&with_options(HOUR, newest)).contains("source\n"));
    }

    #[test]
    fn a_page_shrinks_to_one_and_no_further() {
        let size = PageSize::for_test(3);
        assert!(size.shrink(3));
        assert_eq!(size.get(), 1);
        assert!(!size.shrink(1));
    }
}
