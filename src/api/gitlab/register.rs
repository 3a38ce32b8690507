//! The exceptions' register as GitLab keeps it: a folder of a repository at one commit.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gitlab::api::common::path_escaped;
use serde::Deserialize;

use super::connection::Gitlab;
use super::graphql::shape;
use super::rest::{Paging, Read, list, read};
use super::wire::Words;
use crate::api::Error;
use crate::domain::{FailureKind, Text};

/// A file of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeFile {
    /// Its path from the root of the repository.
    pub path: Text,
    /// The id of its blob: the same id is the same content.
    pub blob: Text,
}

#[derive(Debug, Deserialize)]
struct CommitShape<'a> {
    #[serde(borrow)]
    id: Words<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TreeShape<'a> {
    #[serde(borrow)]
    id: Words<'a>,
    r#type: Words<'a>,
    path: Words<'a>,
}

impl TreeShape<'_> {
    /// The file that it is; none where it is a folder or another repository.
    pub(super) fn file(&self) -> Option<TreeFile> {
        let is_file = &*self.r#type == "blob";
        is_file.then(|| TreeFile { path: Text::new(&self.path), blob: Text::new(&self.id) })
    }
}

/// A blob or a file: both tell their content alike.
#[derive(Debug, Deserialize)]
pub(super) struct ContentShape<'a> {
    #[serde(borrow)]
    encoding: Option<Words<'a>>,
    content: Words<'a>,
    /// The last commit that touched the file; a blob does not tell it.
    pub(super) last_commit_id: Option<Words<'a>>,
}

impl ContentShape<'_> {
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Error> {
        match self.encoding.as_deref() {
            Some("base64") => {
                let clean: String = self.content.split_ascii_whitespace().collect();
                STANDARD.decode(clean).map_err(|_| shape("a file's content is not base64"))
            }
            _ => Ok(self.content.as_bytes().to_vec()),
        }
    }
}

impl Gitlab {
    /// The newest commit of a branch that touched a folder; none where nothing ever did.
    ///
    /// # Errors
    /// Why that could not be read, with what would cure it.
    pub async fn last_commit(
        &self,
        project: &str,
        branch: &str,
        folder: &str,
    ) -> Result<Option<Text>, Error> {
        let doing = || format!("reading the commits of {folder} in {project}");
        let mut question =
            Read::at(format!("projects/{}/repository/commits", path_escaped(project)));
        question.parameters = vec![
            ("ref_name", branch.to_owned().into()),
            ("path", folder.to_owned().into()),
            ("per_page", "1".into()),
        ];
        let body = self.one(&question).await.map_err(|error| error.doing(doing()))?;
        let shapes: Vec<CommitShape<'_>> = list(&body).map_err(|error| error.doing(doing()))?;
        Ok(shapes.first().map(|one| Text::new(&one.id)))
    }

    /// The files of a folder and of those within it, at a commit.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn files_of(
        &self,
        project: &str,
        commit: &str,
        folder: &str,
    ) -> Result<Vec<TreeFile>, Error> {
        let doing = || format!("listing {folder} of {project} at {commit}");
        let mut question = Read::at(format!("projects/{}/repository/tree", path_escaped(project)));
        question.parameters = vec![
            ("ref", commit.to_owned().into()),
            ("path", folder.to_owned().into()),
            ("recursive", "true".into()),
        ];
        let pages = self.pages(&question, Paging::Keyset).await;
        let mut files = Vec::new();
        for page in pages.map_err(|error| error.doing(doing()))? {
            let shapes: Vec<TreeShape<'_>> =
                list(&page.body).map_err(|error| error.doing(doing()))?;
            files.extend(shapes.iter().filter_map(TreeShape::file));
        }
        Ok(files)
    }

    /// What a blob holds.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn blob(&self, project: &str, id: &str) -> Result<Vec<u8>, Error> {
        let path =
            format!("projects/{}/repository/blobs/{}", path_escaped(project), path_escaped(id));
        self.content(Read::at(path))
            .await
            .map_err(|error| error.doing(format!("reading blob {id} of {project}")))
    }

    /// What a file holds at a commit; none where it is not there.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn file_at(
        &self,
        project: &str,
        path: &str,
        commit: &str,
    ) -> Result<Option<Vec<u8>>, Error> {
        let mut question = Read::at(format!(
            "projects/{}/repository/files/{}",
            path_escaped(project),
            path_escaped(path)
        ));
        question.parameters = vec![("ref", commit.to_owned().into())];
        match self.content(question).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind == FailureKind::NotFound => Ok(None),
            Err(error) => Err(error.doing(format!("reading {path} of {project} at {commit}"))),
        }
    }

    async fn content(&self, question: Read) -> Result<Vec<u8>, Error> {
        let body = self.one(&question).await?;
        read::<ContentShape<'_>>(&body)?.bytes()
    }
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::fake::{Fake, Reply};

    #[tokio::test]
    async fn a_folder_tells_its_files_and_not_its_folders() {
        let fake = Fake::of([Reply::json(json!([
            {"id": "aa", "name": "old", "type": "tree", "path": "exceptions/old", "mode": "040000"},
            {"id": "bb", "name": "E-1.yaml", "type": "blob", "path": "exceptions/E-1.yaml", "mode": "100644"},
        ]))])
        .await;
        let files = Gitlab::over(fake.http()).files_of("p/e", "c0", "exceptions").await.unwrap();
        let text = Text::new;
        assert_eq!(files, [TreeFile { path: text("exceptions/E-1.yaml"), blob: text("bb") }]);
        assert_eq!(
            fake.asked()[0].path,
            "/api/v4/projects/p%2Fe/repository/tree?ref=c0&path=exceptions&recursive=true&per_page=100&pagination=keyset"
        );
    }

    #[tokio::test]
    async fn content_is_decoded_though_it_is_broken_into_lines() {
        let fake = Fake::of([Reply::json(
            json!({"size": 5, "encoding": "base64", "content": "aGVs\nbG8=\n", "sha": "bb"}),
        )])
        .await;
        assert_eq!(Gitlab::over(fake.http()).blob("p/e", "bb").await.unwrap(), b"hello");
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_none_and_a_refusal_is_an_error() {
        let gone = json!({"message": "404 File Not Found"});
        let fake = Fake::of([Reply::json(gone).status(404)]).await;
        let found = Gitlab::over(fake.http()).file_at("p/e", "a b.yaml", "c0").await;
        assert_eq!(found, Ok(None));
        assert_eq!(
            fake.asked()[0].path,
            "/api/v4/projects/p%2Fe/repository/files/a%20b.yaml?ref=c0"
        );
        let fake = Fake::of([Reply::json(json!({"message": "403 Forbidden"})).status(403)]).await;
        let error = Gitlab::over(fake.http()).file_at("p/e", "a", "c0").await.unwrap_err();
        assert_eq!(error.kind, FailureKind::Forbidden);
    }
}
