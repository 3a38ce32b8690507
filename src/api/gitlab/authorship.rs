//! Who had a part in what a deployment brings: every commit since the last one that succeeded, and its merge requests.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;

use super::connection::Gitlab;
use super::deployments::CommitShape;
use super::evidence::MergeRequest;
use super::kind::{Deployment, Place};
use super::rest::{Read, list, read};
use super::wire::{Words, or_default};
use crate::api::Error;
use crate::domain::{FailureKind, Text};

/// The most commits whose merge requests are asked for, one question each.
pub const MOST_COMMITS: usize = 100;

/// How many of those questions are under way at once.
const AT_ONCE: usize = 8;

/// The commits that a deployment brings beyond the last successful one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Brought {
    /// Their ids; `None` where GitLab left one out.
    pub shas: Option<Vec<Text>>,
    /// Names and addresses of whoever wrote or committed them, each once.
    pub authors: Vec<Text>,
}

#[derive(Debug, Deserialize)]
struct EarlierShape<'a> {
    #[serde(borrow)]
    sha: Option<Words<'a>>,
}

#[derive(Debug, Deserialize)]
struct CompareShape<'a> {
    #[serde(borrow, default, deserialize_with = "or_default")]
    commits: Vec<BroughtShape<'a>>,
    compare_timeout: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct BroughtShape<'a> {
    #[serde(borrow)]
    id: Option<Words<'a>>,
    #[serde(flatten, borrow)]
    by: CommitShape<'a>,
}

impl CompareShape<'_> {
    fn brought(&self) -> Brought {
        let sha = |one: &BroughtShape<'_>| one.id.as_deref().map(Text::new);
        let mut authors: Vec<Text> = self.commits.iter().flat_map(|one| one.by.authors()).collect();
        authors.sort();
        authors.dedup();
        Brought { shas: self.commits.iter().map(sha).collect(), authors }
    }
}

impl Gitlab {
    /// The commits that a deployment brings beyond the last successful one to its environment; `None` where there is no
    /// such one, or its own commit is not told.
    pub async fn brought_by(
        &self,
        place: &Place,
        deployment: &Deployment,
    ) -> Result<Option<Brought>, Error> {
        let Some(to) = &deployment.sha else { return Ok(None) };
        let Some(from) = self.deployed_before(place, &deployment.environment).await? else {
            return Ok(None);
        };
        let doing = || format!("reading the commits of deployment {}", deployment.id);
        let mut question = Read::at(format!("projects/{}/repository/compare", place.id));
        question.parameters =
            vec![("from", from.to_string().into()), ("to", to.to_string().into())];
        let body = self.one(&question).await.map_err(|error| error.doing(doing()))?;
        let shape: CompareShape<'_> = read(&body).map_err(|error| error.doing(doing()))?;
        if shape.compare_timeout == Some(true) {
            let words = "GitLab took too long to compare, and told a part alone";
            return Err(Error::new(FailureKind::Other, words).doing(doing()));
        }
        Ok(Some(shape.brought()))
    }

    /// The merge requests that brought any of some commits into a project, each once, in their order.
    pub async fn merge_requests_of_all(
        &self,
        place: &Place,
        shas: &[Text],
    ) -> Result<Vec<MergeRequest>, Error> {
        let asked: Vec<_> =
            shas.iter().map(|sha| self.merge_requests_of(&place.path, sha)).collect();
        let told: Vec<Vec<MergeRequest>> =
            stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
        let by_number = told.into_iter().flatten().map(|one| (one.iid, one));
        Ok(by_number.collect::<BTreeMap<_, _>>().into_values().collect())
    }

    /// The commit of the last successful deployment to an environment.
    async fn deployed_before(
        &self,
        place: &Place,
        environment: &Text,
    ) -> Result<Option<Text>, Error> {
        let doing = || format!("reading the last deployment of {} to {environment}", place.path);
        let mut question = Read::at(format!("projects/{}/deployments", place.id));
        question.parameters = vec![
            ("environment", environment.to_string().into()),
            ("status", "success".into()),
            ("order_by", "id".into()),
            ("sort", "desc".into()),
            ("per_page", "1".into()),
        ];
        let body = self.one(&question).await.map_err(|error| error.doing(doing()))?;
        let found: Vec<EarlierShape<'_>> = list(&body).map_err(|error| error.doing(doing()))?;
        Ok(found.into_iter().next().and_then(|one| one.sha.as_deref().map(Text::new)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_who_wrote_or_committed_is_told_once() {
        let json = r#"{"commits":[{"id":"c1","author_name":"Ada","author_email":"a@x","committer_name":"Joe"},
            {"id":"c2","author_name":"Ada","author_email":"a@x","committer_name":"Ada"}],"compare_timeout":false}"#;
        let shape: CompareShape<'_> = serde_json::from_str(json).unwrap();
        let text = |words: &[&str]| words.iter().map(|word| Text::new(word)).collect::<Vec<_>>();
        let expected =
            Brought { shas: Some(text(&["c1", "c2"])), authors: text(&["Ada", "Joe", "a@x"]) };
        assert_eq!(shape.brought(), expected);
    }

    #[test]
    fn a_commit_without_an_id_leaves_the_ids_untold() {
        let json = r#"{"commits":[{"id":"c1"},{"author_name":"Ada"}]}"#;
        let shape: CompareShape<'_> = serde_json::from_str(json).unwrap();
        let expected = Brought { shas: None, authors: vec![Text::new("Ada")] };
        assert_eq!(shape.brought(), expected);
    }

    #[test]
    fn commits_that_are_null_are_none() {
        let shape: CompareShape<'_> = serde_json::from_str(r#"{"commits":null}"#).unwrap();
        assert!(shape.commits.is_empty() && shape.compare_timeout.is_none());
    }
}
