//! Many files of a repository in few questions: a page of them by GraphQL, and by REST one by one what that does not tell.

use std::collections::HashMap;

use futures_util::StreamExt;
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;

use super::connection::{Gitlab, means_off};
use super::graphql::{self, data};
use super::register::TreeFile;
use super::wire::{Id, Words, or_default};
use crate::api::Error;
use crate::domain::Text;

/// So many blobs are asked for at once where each takes a request.
const AT_ONCE: usize = 8;

/// After so many failures that are not about one file alone the rest is not asked for.
const MOST_FAILURES: usize = 8;

/// What was read of many files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blobs {
    /// The files that were read, each with what it holds.
    pub read: Vec<(TreeFile, Vec<u8>)>,
    /// Why not all of them were: the first reason.
    pub gap: Option<Error>,
}

impl Blobs {
    fn fail(&mut self, error: Error) {
        self.gap.get_or_insert(error);
    }
}

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(borrow)]
    project: Option<ProjectShape<'a>>,
}

#[derive(Deserialize)]
struct ProjectShape<'a> {
    #[serde(borrow)]
    repository: Option<RepositoryShape<'a>>,
}

#[derive(Deserialize)]
struct RepositoryShape<'a> {
    #[serde(borrow)]
    blobs: Option<BlobsShape<'a>>,
}

#[derive(Deserialize)]
struct BlobsShape<'a> {
    #[serde(borrow, default, deserialize_with = "or_default")]
    nodes: Vec<BlobShape<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlobShape<'a> {
    #[serde(borrow)]
    path: Words<'a>,
    oid: Words<'a>,
    size: Option<Id>,
    raw_text_blob: Option<Words<'a>>,
}

impl BlobShape<'_> {
    /// What the file holds, to the byte. Binary files are not told, and what is no UTF-8 is told in other bytes.
    fn content(&self) -> Option<Vec<u8>> {
        let text = self.raw_text_blob.as_deref()?;
        let is_whole = self.size.is_some_and(|size| size.0 == text.len() as u64);
        is_whole.then(|| text.as_bytes().to_vec())
    }
}

impl Gitlab {
    /// What files of a repository hold at a commit: a hundred to a request where GraphQL answers. What it refuses, holds
    /// back or tells in part is read by the ids of the blobs, one request each.
    pub async fn blobs(&self, project: &str, commit: &str, files: Vec<TreeFile>) -> Blobs {
        let mut found = Blobs::default();
        if files.is_empty() {
            return found;
        }
        let doing = || format!("reading {} files of {project} at {commit}", files.len());
        match self.pages_of_blobs(project, commit, &files, &mut found.read).await {
            Ok(alone) => self.blobs_alone(project, alone, &mut found).await,
            Err(error) => found.fail(error.doing(doing())),
        }
        found
    }

    /// Reads pages as long as GraphQL answers; the files that it did not tell.
    async fn pages_of_blobs(
        &self,
        project: &str,
        commit: &str,
        files: &[TreeFile],
        read: &mut Vec<(TreeFile, Vec<u8>)>,
    ) -> Result<Vec<TreeFile>, Error> {
        let mut alone = Vec::new();
        let mut left = files;
        while !left.is_empty() && self.capabilities().await?.graphql {
            let page = |size: u32| left.get(..size as usize).unwrap_or(left);
            let paths = |size| page(size).iter().map(|file| file.path.as_str()).collect::<Vec<_>>();
            let variables =
                |size| json!({"project": project, "commit": commit, "paths": paths(size)});
            let size = &self.sizes.blobs;
            let (answer, size) = match self.ask_sized(graphql::BLOBS, size, variables).await {
                Ok(answered) => answered,
                Err(error) if means_off(&error) => break,
                Err(error) => return Err(error),
            };
            let told: Found<'_> = data(&answer.body)?;
            let told = told.project.and_then(|project| project.repository?.blobs);
            let mut told = by_place(&told.map(|blobs| blobs.nodes).unwrap_or_default());
            for file in page(size) {
                match told.remove(file) {
                    Some(content) => read.push((file.clone(), content)),
                    None => alone.push(file.clone()),
                }
            }
            left = left.get(size as usize..).unwrap_or_default();
        }
        alone.extend_from_slice(left);
        Ok(alone)
    }

    /// Reads blobs by their ids.
    async fn blobs_alone(&self, project: &str, files: Vec<TreeFile>, found: &mut Blobs) {
        let reads = files.into_iter().map(|file| async move {
            let read = self.blob(project, &file.blob).await;
            (file, read)
        });
        let mut reads = stream::iter(reads).buffer_unordered(AT_ONCE);
        let mut failures = 0;
        while let Some((file, read)) = reads.next().await {
            match read {
                Ok(content) => found.read.push((file, content)),
                Err(error) => {
                    failures += usize::from(!error.is_about_one_part());
                    found.fail(error);
                }
            }
            if failures >= MOST_FAILURES {
                return;
            }
        }
    }
}

/// What was told in full, by path and id.
fn by_place(told: &[BlobShape<'_>]) -> HashMap<TreeFile, Vec<u8>> {
    let place =
        |one: &BlobShape<'_>| TreeFile { path: Text::new(&one.path), blob: Text::new(&one.oid) };
    told.iter().filter_map(|one| Some((place(one), one.content()?))).collect()
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::api::fake::{Asked, Fake, Reply};
    use crate::domain::FailureKind;

    fn file(number: usize) -> TreeFile {
        let text = |words: String| Text::new(&words);
        TreeFile { path: text(format!("e/{number}.yaml")), blob: text(format!("b{number}")) }
    }

    fn files(count: usize) -> Vec<TreeFile> {
        (0..count).map(file).collect()
    }

    /// Answers as a GitLab does whose files hold their own paths; `node` may change what is told of one.
    fn answer(asked: &Asked, node: impl Fn(&str) -> Value) -> Reply {
        let path = asked.path.trim_end_matches('?');
        if let Some(blob) = path.strip_prefix("/api/v4/projects/p%2Fe/repository/blobs/b") {
            let content = format!("alone {blob}");
            return Reply::json(json!({"encoding": "text", "content": content}));
        }
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        if body["query"].as_str().unwrap().contains("__type") {
            return Reply::json(json!({"data": {}}));
        }
        let paths = body["variables"]["paths"].as_array().unwrap().clone();
        let nodes = paths.iter().map(|path| node(path.as_str().unwrap())).collect::<Vec<_>>();
        Reply::json(json!({"data": {"project": {"repository": {"blobs": {"nodes": nodes}}}}}))
    }

    fn whole(path: &str) -> Value {
        let oid = path.replace("e/", "b").replace(".yaml", "");
        json!({"path": path, "oid": oid, "size": path.len().to_string(), "rawTextBlob": path})
    }

    fn told(file: &TreeFile) -> (TreeFile, Vec<u8>) {
        (file.clone(), file.path.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn a_hundred_files_are_read_to_a_request() {
        let fake = Fake::by(|asked| answer(asked, whole)).await;
        let found = Gitlab::over(fake.http()).blobs("p/e", "c0", files(250)).await;
        let read = files(250).iter().map(told).collect();
        assert_eq!(found, Blobs { read, gap: None });
        assert_eq!(fake.asked().len(), 1 + 3);
    }

    #[tokio::test]
    async fn what_is_binary_cut_or_missing_is_read_by_its_id() {
        let fake = Fake::by(|asked| {
            answer(asked, |path| {
                let mut one = whole(path);
                match path {
                    "e/0.yaml" => one["rawTextBlob"] = Value::Null,
                    "e/1.yaml" => one["size"] = json!("7000"),
                    "e/2.yaml" => one["path"] = json!("e/other.yaml"),
                    _ => (),
                }
                one
            })
        })
        .await;
        let mut found = Gitlab::over(fake.http()).blobs("p/e", "c0", files(4)).await;
        found.read.sort_by(|one, other| one.0.path.cmp(&other.0.path));
        let alone = |number| (file(number), format!("alone {number}").into_bytes());
        let read = vec![alone(0), alone(1), alone(2), told(&file(3))];
        assert_eq!(found, Blobs { read, gap: None });
    }

    #[tokio::test]
    async fn a_page_that_costs_too_much_is_asked_for_in_halves() {
        let fake = Fake::by(|asked| {
            let body: Value = serde_json::from_slice(&asked.body).unwrap();
            let paths = body["variables"]["paths"].as_array().map_or(0, Vec::len);
            if paths > 25 {
                let said = "Timeout on Repository.blobs";
                return Reply::json(json!({"data": null, "errors": [{"message": said}]}));
            }
            answer(asked, whole)
        })
        .await;
        let found = Gitlab::over(fake.http()).blobs("p/e", "c0", files(60)).await;
        assert_eq!(found.read.len(), 60);
        assert_eq!(fake.asked().len(), 1 + 2 + 3);
    }

    #[tokio::test]
    async fn where_graphql_refuses_each_is_read_by_rest() {
        let fake = Fake::by(|asked| {
            if asked.path == "/api/graphql" {
                let said = "Field 'blobs' doesn't exist on type 'Repository'";
                return Reply::json(json!({"errors": [{"message": said}]}));
            }
            answer(asked, whole)
        })
        .await;
        let found = Gitlab::over(fake.http()).blobs("p/e", "c0", files(3)).await;
        assert_eq!((found.read.len(), found.gap), (3, None));
    }

    #[tokio::test]
    async fn one_that_cannot_be_read_keeps_the_others() {
        let fake = Fake::by(|asked| match asked.path.trim_end_matches('?') {
            "/api/graphql" => Reply::json(json!({"message": "404"})).status(404),
            path if path.ends_with("/b1") => Reply::json(json!({"message": "404"})).status(404),
            _ => answer(asked, whole),
        })
        .await;
        let found = Gitlab::over(fake.http()).blobs("p/e", "c0", files(3)).await;
        assert_eq!(found.read.len(), 2);
        assert_eq!(found.gap.unwrap().kind, FailureKind::NotFound);
    }
}
