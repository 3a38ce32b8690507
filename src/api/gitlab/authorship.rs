//! Who had a part in what a deployment brings: every commit since the last one that succeeded.

use serde::Deserialize;

use super::connection::Gitlab;
use super::deployments::CommitShape;
use super::kind::{Deployment, Place};
use super::rest::{Read, list, read};
use super::wire::{Words, or_default};
use crate::api::Error;
use crate::domain::{FailureKind, Text};

#[derive(Debug, Deserialize)]
struct EarlierShape<'a> {
    #[serde(borrow)]
    sha: Option<Words<'a>>,
}

#[derive(Debug, Deserialize)]
struct CompareShape<'a> {
    #[serde(borrow, default, deserialize_with = "or_default")]
    commits: Vec<CommitShape<'a>>,
    compare_timeout: Option<bool>,
}

impl Gitlab {
    /// The names and addresses of whoever wrote or committed what a deployment brings beyond the last successful one to
    /// its environment; `None` where there is no such one, or its commits are not told.
    pub async fn authors_since(
        &self,
        place: &Place,
        deployment: &Deployment,
    ) -> Result<Option<Vec<Text>>, Error> {
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
        let mut authors: Vec<Text> = shape.commits.iter().flat_map(CommitShape::authors).collect();
        authors.sort();
        authors.dedup();
        Ok(Some(authors))
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
        let json = r#"{"commits":[{"author_name":"Ada","author_email":"a@x","committer_name":"Joe"},
            {"author_name":"Ada","author_email":"a@x","committer_name":"Ada"}],"compare_timeout":false}"#;
        let shape: CompareShape<'_> = serde_json::from_str(json).unwrap();
        let told: Vec<Vec<Text>> = shape.commits.iter().map(CommitShape::authors).collect();
        let text = |words: &[&str]| words.iter().map(|word| Text::new(word)).collect::<Vec<_>>();
        assert_eq!(told, [text(&["Ada", "Joe", "a@x"]), text(&["Ada", "a@x"])]);
    }

    #[test]
    fn commits_that_are_null_are_none() {
        let shape: CompareShape<'_> = serde_json::from_str(r#"{"commits":null}"#).unwrap();
        assert!(shape.commits.is_empty() && shape.compare_timeout.is_none());
    }
}
