//! What a request for an exception meets in the register's project: files with their last commit, branches, and the
//! merge requests from them.

use gitlab::api::common::path_escaped;
use serde::Deserialize;

use super::connection::Gitlab;
use super::graphql::shape;
use super::register::ContentShape;
use super::rest::{Paging, Read, list, read};
use super::wire::{Id, Words};
use crate::api::Error;
use crate::domain::act::OpenedRequest;
use crate::domain::{FailureKind, Text};

/// A file at a ref, with the commit that a change of it is conditional on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileAt {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// The last commit that touched it; `last_commit_id` of GitLab.
    pub last_commit: Text,
}

#[derive(Debug, Deserialize)]
struct BranchShape<'a> {
    #[serde(borrow)]
    name: Words<'a>,
}

#[derive(Debug, Deserialize)]
struct OpenedShape<'a> {
    iid: Id,
    #[serde(borrow)]
    state: Option<Words<'a>>,
    web_url: Option<Words<'a>>,
}

impl Gitlab {
    /// A file at a ref; none where it is not there.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn file_on(
        &self,
        project: &str,
        path: &str,
        reference: &str,
    ) -> Result<Option<FileAt>, Error> {
        let doing = || format!("reading {path} of {project} on {reference}");
        let mut question = Read::at(format!(
            "projects/{}/repository/files/{}",
            path_escaped(project),
            path_escaped(path)
        ));
        question.parameters = vec![("ref", reference.to_owned().into())];
        let body = match self.one(&question).await {
            Ok(body) => body,
            Err(error) if error.kind == FailureKind::NotFound => return Ok(None),
            Err(error) => return Err(error.doing(doing())),
        };
        let file: ContentShape<'_> = read(&body).map_err(|error| error.doing(doing()))?;
        let last = file.last_commit_id.as_deref();
        let last = last.ok_or_else(|| shape("a file has no last commit").doing(doing()))?;
        let bytes = file.bytes().map_err(|error| error.doing(doing()))?;
        Ok(Some(FileAt { bytes, last_commit: Text::new(last) }))
    }

    /// The branches whose name has this part.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn branches_with(&self, project: &str, part: &str) -> Result<Vec<Text>, Error> {
        let doing = || format!("listing the branches of {project}");
        let mut question =
            Read::at(format!("projects/{}/repository/branches", path_escaped(project)));
        question.parameters = vec![("search", part.to_owned().into())];
        let pages = self.pages(&question, Paging::Link).await;
        let mut found = Vec::new();
        for page in pages.map_err(|error| error.doing(doing()))? {
            let shapes: Vec<BranchShape<'_>> =
                list(&page.body).map_err(|error| error.doing(doing()))?;
            found.extend(shapes.iter().map(|one| Text::new(&one.name)));
        }
        Ok(found)
    }

    /// The merge requests from a branch into another, whatever became of them, the newest first.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn requests_from(
        &self,
        project: &str,
        branch: &str,
        into: &str,
    ) -> Result<Vec<OpenedRequest>, Error> {
        let doing = || format!("listing the merge requests of {project} from {branch}");
        let mut question = Read::at(format!("projects/{}/merge_requests", path_escaped(project)));
        question.parameters = vec![
            ("state", "all".into()),
            ("source_branch", branch.to_owned().into()),
            ("target_branch", into.to_owned().into()),
        ];
        let pages = self.pages(&question, Paging::Link).await;
        let mut found = Vec::new();
        for page in pages.map_err(|error| error.doing(doing()))? {
            let shapes: Vec<OpenedShape<'_>> =
                list(&page.body).map_err(|error| error.doing(doing()))?;
            found.extend(shapes.iter().map(OpenedShape::opened));
        }
        found.sort_by_key(|one| std::cmp::Reverse(one.iid));
        Ok(found)
    }
}

impl OpenedShape<'_> {
    fn opened(&self) -> OpenedRequest {
        let text = |words: &Option<Words<'_>>| Text::new(words.as_deref().unwrap_or_default());
        OpenedRequest { iid: self.iid.0, state: text(&self.state), url: text(&self.web_url) }
    }
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::fake::{Fake, Reply};

    #[tokio::test]
    async fn a_file_tells_its_last_commit_and_one_that_is_not_there_is_none() {
        let there = json!({"encoding": "base64", "content": "aGVsbG8=", "last_commit_id": "c1"});
        let gone = json!({"message": "404 File Not Found"});
        let fake = Fake::of([Reply::json(there), Reply::json(gone).status(404)]).await;
        let gitlab = Gitlab::over(fake.http());
        let found = gitlab.file_on("p/e", "exceptions/E-1.yaml", "main").await.unwrap();
        let expected = FileAt { bytes: b"hello".to_vec(), last_commit: Text::new("c1") };
        assert_eq!(found, Some(expected));
        assert_eq!(gitlab.file_on("p/e", "exceptions/E-2.yaml", "main").await.unwrap(), None);
        assert_eq!(
            fake.asked()[0].path,
            "/api/v4/projects/p%2Fe/repository/files/exceptions%2FE-1.yaml?ref=main"
        );
    }

    #[tokio::test]
    async fn the_newest_merge_request_from_a_branch_comes_first() {
        let fake = Fake::of([Reply::json(json!([
            {"iid": 3, "state": "closed", "web_url": "https://g/3"},
            {"iid": 7, "state": "opened", "web_url": "https://g/7"},
        ]))])
        .await;
        let gitlab = Gitlab::over(fake.http());
        let found = gitlab.requests_from("p/e", "exceptions/E-1-request", "main").await.unwrap();
        let told: Vec<(u64, &str)> = found.iter().map(|one| (one.iid, &*one.state)).collect();
        assert_eq!(told, [(7, "opened"), (3, "closed")]);
        assert!(fake.asked()[0].path.contains("state=all&source_branch=exceptions%2FE-1-request"));
    }

    #[tokio::test]
    async fn branches_are_found_by_a_part_of_their_name() {
        let fake = Fake::of([Reply::json(json!([{"name": "exceptions/E-1-request"}]))]).await;
        let found = Gitlab::over(fake.http()).branches_with("p/e", "exceptions/E-1-").await;
        assert_eq!(found.unwrap(), [Text::new("exceptions/E-1-request")]);
    }
}
