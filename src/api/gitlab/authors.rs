//! Who stands behind a merge request: who opened it, who wrote its commits, who committed them.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use super::connection::Gitlab;
use super::graphql::{self, data, shape};
use super::wire::{Words, or_default};
use crate::api::Error;
use crate::domain::{FailureKind, Text};

/// The most pages of commits that are read, a hundred each.
const MOST_PAGES: usize = 20;

/// Who stands behind a merge request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authors {
    /// Their logins.
    pub people: BTreeSet<Text>,
    /// Whether all of them are known: GitLab maps each commit's address to one of its users.
    pub is_whole: bool,
}

impl Gitlab {
    /// Who opened a merge request, and who wrote and committed each of its commits. Only GraphQL tells: REST gives names
    /// and addresses that anybody may write into a commit.
    ///
    /// # Errors
    /// Why that could not be read, with what would cure it.
    pub async fn authors(&self, project: &str, iid: u64) -> Result<Authors, Error> {
        let doing = || format!("reading who wrote merge request {iid} of {project}");
        self.read_authors(project, iid).await.map_err(|error| error.doing(doing()))
    }

    async fn read_authors(&self, project: &str, iid: u64) -> Result<Authors, Error> {
        let mut authors = Authors { is_whole: true, ..Authors::default() };
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let variables = json!({"project": project, "iid": iid.to_string(), "after": after});
            let answer = self.ask_plain(graphql::MERGE_REQUEST_AUTHORS, variables).await?;
            let read: Found<'_> = data(&answer.body)?;
            let found = read.project.and_then(|project| project.merge_request);
            let found = found.ok_or_else(|| {
                Error::new(FailureKind::NotFound, "there is no such merge request, or it is hidden")
            })?;
            found.add_to(&mut authors);
            let Some(page) = found.commits.filter(|commits| commits.page_info.has_next_page) else {
                return Ok(authors);
            };
            let next = page.page_info.end_cursor.map(|cursor| cursor.to_string());
            if next.is_none() || next == after {
                return Err(shape("a page of commits has no end that leads on"));
            }
            after = next;
        }
        authors.is_whole = false;
        Ok(authors)
    }
}

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(borrow)]
    project: Option<ProjectShape<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProjectShape<'a> {
    #[serde(borrow)]
    merge_request: Option<MergeRequestShape<'a>>,
}

#[derive(Deserialize)]
struct MergeRequestShape<'a> {
    #[serde(borrow)]
    author: Option<PersonShape<'a>>,
    committers: Option<ListShape<'a, PersonShape<'a>>>,
    commits: Option<ListShape<'a, CommitShape<'a>>>,
}

#[derive(Deserialize)]
struct CommitShape<'a> {
    #[serde(borrow)]
    author: Option<PersonShape<'a>>,
}

#[derive(Deserialize)]
struct PersonShape<'a> {
    #[serde(borrow)]
    username: Words<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
struct ListShape<'a, T> {
    #[serde(borrow)]
    page_info: PageShape<'a>,
    #[serde(default = "Vec::new", deserialize_with = "or_default")]
    nodes: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageShape<'a> {
    has_next_page: bool,
    #[serde(borrow)]
    end_cursor: Option<Words<'a>>,
}

impl MergeRequestShape<'_> {
    /// Adds those that this page names. What it does not tell is not all of them.
    fn add_to(&self, authors: &mut Authors) {
        let mut add = |person: Option<&PersonShape<'_>>| match person {
            Some(person) => {
                authors.people.insert(Text::new(&person.username));
            }
            None => authors.is_whole = false,
        };
        add(self.author.as_ref());
        match &self.commits {
            Some(commits) => commits.nodes.iter().for_each(|commit| add(commit.author.as_ref())),
            None => add(None),
        }
        match &self.committers {
            Some(committers) if !committers.page_info.has_next_page => {
                committers.nodes.iter().for_each(|person| add(Some(person)));
            }
            Some(_) | None => add(None),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::api::fake::{Fake, Reply};

    fn page(authors: &[Option<&str>], next: Option<&str>) -> Value {
        let user = |login: Option<&str>| login.map(|login| json!({"username": login}));
        let commits: Vec<Value> =
            authors.iter().map(|login| json!({"author": user(*login)})).collect();
        json!({"data": {"project": {"mergeRequest": {
            "author": {"username": "ada"},
            "committers": {"pageInfo": {"hasNextPage": false}, "nodes": [{"username": "web"}]},
            "commits": {"pageInfo": {"hasNextPage": next.is_some(), "endCursor": next}, "nodes": commits},
        }}}})
    }

    async fn read(pages: Vec<Value>) -> Result<Authors, Error> {
        let fake = Fake::of(pages.iter().map(Reply::json).collect::<Vec<_>>()).await;
        Gitlab::over(fake.http()).authors("acme/shop", 7).await
    }

    fn all(people: &[&str]) -> Authors {
        Authors { people: people.iter().map(|name| Text::new(name)).collect(), is_whole: true }
    }

    #[tokio::test]
    async fn everybody_behind_every_page_of_commits_is_known() {
        let pages = vec![page(&[Some("ada")], Some("x")), page(&[Some("bob")], None)];
        assert_eq!(read(pages).await, Ok(all(&["ada", "bob", "web"])));
    }

    #[tokio::test]
    async fn a_commit_of_nobody_that_gitlab_knows_leaves_them_not_whole() {
        let found = read(vec![page(&[Some("ada"), None], None)]).await;
        assert_eq!(found, Ok(Authors { is_whole: false, ..all(&["ada", "web"]) }));
    }

    #[tokio::test]
    async fn a_merge_request_that_is_hidden_is_an_error() {
        let hidden = json!({"data": {"project": {"mergeRequest": null}}});
        let error = read(vec![hidden]).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::NotFound);
        assert_eq!(error.doing, "reading who wrote merge request 7 of acme/shop");
    }

    #[tokio::test]
    async fn pages_without_an_end_are_an_error() {
        let endless = vec![page(&[], Some("x")), page(&[], Some("x"))];
        assert_eq!(read(endless).await.unwrap_err().kind, FailureKind::Shape);
    }
}
