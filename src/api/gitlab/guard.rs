//! How a project guards its merge requests, which of them were merged and by whom, and the commits behind a file.

use gitlab::api::common::path_escaped;
use serde::Deserialize;

use super::connection::Gitlab;
use super::rest::{Paging, Read, list, read};
use super::wire::{Id, Moment, Words};
use crate::api::Error;
use crate::domain::{ExceptionWeakness, FailureKind, Merged, RecordCommit, Text, Timestamp};

#[derive(Debug, Deserialize)]
struct SettingsShape {
    reset_approvals_on_push: Option<bool>,
    merge_requests_author_approval: Option<bool>,
    merge_requests_disable_committers_approval: Option<bool>,
}

impl SettingsShape {
    fn weaknesses(&self) -> Vec<ExceptionWeakness> {
        let pairs = [
            (self.merge_requests_author_approval, true, ExceptionWeakness::AuthorMayApprove),
            (
                self.merge_requests_disable_committers_approval,
                false,
                ExceptionWeakness::CommitterMayApprove,
            ),
            (self.reset_approvals_on_push, false, ExceptionWeakness::ApprovalsOutlivePushes),
        ];
        let weak = pairs.into_iter().filter(|(said, weak, _)| *said == Some(*weak));
        weak.map(|(.., weakness)| weakness).collect()
    }
}

#[derive(Debug, Deserialize)]
struct MergedShape<'a> {
    iid: Id,
    #[serde(borrow)]
    title: Option<Words<'a>>,
    state: Option<Words<'a>>,
    author: Option<LoginShape<'a>>,
    merge_user: Option<LoginShape<'a>>,
    merged_by: Option<LoginShape<'a>>,
    #[serde(default)]
    merged_at: Moment,
    web_url: Option<Words<'a>>,
}

#[derive(Debug, Deserialize)]
struct LoginShape<'a> {
    #[serde(borrow)]
    username: Option<Words<'a>>,
}

impl LoginShape<'_> {
    fn login(&self) -> Option<Text> {
        self.username.as_deref().map(Text::new)
    }
}

impl MergedShape<'_> {
    /// What it says, where it was merged.
    fn merged(&self) -> Option<Merged> {
        let text = |words: &Option<Words<'_>>| Text::new(words.as_deref().unwrap_or_default());
        let by = self.merge_user.as_ref().or(self.merged_by.as_ref());
        (self.state.as_deref() == Some("merged")).then(|| Merged {
            iid: self.iid.0,
            title: text(&self.title),
            url: text(&self.web_url),
            author: self
                .author
                .as_ref()
                .and_then(LoginShape::login)
                .unwrap_or_else(|| Text::new("")),
            by: by.and_then(LoginShape::login),
            at: self.merged_at.0,
            approvals: None,
        })
    }
}

#[derive(Debug, Deserialize)]
struct CommitShape<'a> {
    #[serde(borrow)]
    id: Words<'a>,
    title: Option<Words<'a>>,
    author_name: Option<Words<'a>>,
    #[serde(default)]
    committed_date: Moment,
}

impl CommitShape<'_> {
    fn commit(&self) -> RecordCommit {
        let text = |words: &Option<Words<'_>>| Text::new(words.as_deref().unwrap_or_default());
        RecordCommit {
            id: Text::new(&self.id),
            title: text(&self.title),
            author: text(&self.author_name),
            at: self.committed_date.0,
        }
    }
}

impl Gitlab {
    /// What a project's approval settings let pass. Where there are none (Free), that itself.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn weaknesses(&self, project: &str) -> Result<Vec<ExceptionWeakness>, Error> {
        let doing = || format!("reading the approval settings of {project}");
        let question = Read::at(format!("projects/{}/approvals", path_escaped(project)));
        let body = match self.one(&question).await {
            Ok(body) => body,
            Err(error) if error.kind == FailureKind::NotFound => {
                return Ok(vec![ExceptionWeakness::NoRules]);
            }
            Err(error) => {
                let hint = "the token's owner needs the Maintainer role in the register's project to see its settings";
                return Err(match error.kind {
                    FailureKind::Forbidden => error.doing(doing()).hinting(hint),
                    _ => error.doing(doing()),
                });
            }
        };
        let shape: SettingsShape = read(&body).map_err(|error| error.doing(doing()))?;
        Ok(shape.weaknesses())
    }

    /// The merge requests into a branch that were merged and changed since an instant: the newest hundred of them.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn merged(
        &self,
        project: &str,
        into: &str,
        since: Timestamp,
    ) -> Result<Vec<Merged>, Error> {
        let doing = || format!("listing the merged merge requests of {project}");
        let mut question = Read::at(format!("projects/{}/merge_requests", path_escaped(project)));
        question.parameters = vec![
            ("state", "merged".into()),
            ("target_branch", into.to_owned().into()),
            ("updated_after", since.to_string().into()),
            ("order_by", "updated_at".into()),
            ("sort", "desc".into()),
            ("per_page", "100".into()),
        ];
        let body = self.one(&question).await.map_err(|error| error.doing(doing()))?;
        let shapes: Vec<MergedShape<'_>> = list(&body).map_err(|error| error.doing(doing()))?;
        Ok(shapes.iter().filter_map(MergedShape::merged).collect())
    }

    /// The merged merge requests that brought a commit into a project.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn merged_of(&self, project: &str, sha: &str) -> Result<Vec<Merged>, Error> {
        let doing = || format!("reading the merge requests of commit {sha} of {project}");
        let (project, sha) = (path_escaped(project), path_escaped(sha));
        let question =
            Read::at(format!("projects/{project}/repository/commits/{sha}/merge_requests"));
        let pages = self.pages(&question, Paging::Link).await;
        let mut found = Vec::new();
        for page in pages.map_err(|error| error.doing(doing()))? {
            let shapes: Vec<MergedShape<'_>> =
                list(&page.body).map_err(|error| error.doing(doing()))?;
            found.extend(shapes.iter().filter_map(MergedShape::merged));
        }
        Ok(found)
    }

    /// The newest commits up to one that touched a file, at most `most` of them, and whether these are all. GitLab does
    /// not follow a file to where it lay before.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn commits_of(
        &self,
        project: &str,
        (path, up_to): (&str, &str),
        most: usize,
    ) -> Result<(Vec<RecordCommit>, bool), Error> {
        let doing = || format!("reading the commits of {path} in {project}");
        let mut question =
            Read::at(format!("projects/{}/repository/commits", path_escaped(project)));
        question.parameters = vec![
            ("ref_name", up_to.to_owned().into()),
            ("path", path.to_owned().into()),
            ("per_page", (most + 1).to_string().into()),
        ];
        let body = self.one(&question).await.map_err(|error| error.doing(doing()))?;
        let shapes: Vec<CommitShape<'_>> = list(&body).map_err(|error| error.doing(doing()))?;
        let commits = shapes.iter().take(most).map(CommitShape::commit).collect();
        Ok((commits, shapes.len() <= most))
    }
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::fake::{Fake, Reply};

    async fn weaknesses(reply: Reply) -> Result<Vec<ExceptionWeakness>, Error> {
        let fake = Fake::of([reply]).await;
        Gitlab::over(fake.http()).weaknesses("p/e").await
    }

    #[tokio::test]
    async fn each_setting_that_lets_something_pass_is_named_and_what_is_not_told_is_not_claimed() {
        use ExceptionWeakness::{ApprovalsOutlivePushes, AuthorMayApprove, CommitterMayApprove};
        let settings = |author, committers, reset| {
            Reply::json(json!({"merge_requests_author_approval": author,
                "merge_requests_disable_committers_approval": committers,
                "reset_approvals_on_push": reset}))
        };
        assert_eq!(weaknesses(settings(false, true, true)).await, Ok(vec![]));
        let all = vec![AuthorMayApprove, CommitterMayApprove, ApprovalsOutlivePushes];
        assert_eq!(weaknesses(settings(true, false, false)).await, Ok(all));
        assert_eq!(weaknesses(Reply::json(json!({}))).await, Ok(vec![]));
    }

    #[tokio::test]
    async fn without_rules_that_itself_is_the_weakness_and_a_refusal_is_an_error() {
        let gone = Reply::json(json!({"error": "404 Not Found"})).status(404);
        assert_eq!(weaknesses(gone).await, Ok(vec![ExceptionWeakness::NoRules]));
        let refused = Reply::json(json!({"message": "403 Forbidden"})).status(403);
        let error = weaknesses(refused).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::Forbidden);
        assert!(error.hint.contains("Maintainer"), "{}", error.hint);
    }

    #[tokio::test]
    async fn what_was_merged_is_told_with_who_did_it_and_what_was_closed_is_not() {
        let person = |name: &str| json!({"username": name});
        let fake = Fake::of([Reply::json(json!([
            {"iid": 9, "title": "ask", "state": "merged", "author": person("ada"), "merge_user": null,
             "merged_by": person("ada"), "merged_at": "2026-01-12T03:00:00Z", "web_url": "https://g/9"},
            {"iid": 8, "state": "closed", "author": person("wei")},
        ]))])
        .await;
        let since = "2026-01-01T00:00:00Z".parse().unwrap();
        let found = Gitlab::over(fake.http()).merged("p/e", "main", since).await.unwrap();
        let expected = Merged {
            iid: 9,
            title: Text::new("ask"),
            url: Text::new("https://g/9"),
            author: Text::new("ada"),
            by: Some(Text::new("ada")),
            at: Some("2026-01-12T03:00:00Z".parse().unwrap()),
            approvals: None,
        };
        assert_eq!(found, [expected]);
    }

    #[tokio::test]
    async fn one_commit_more_is_asked_for_to_know_whether_these_are_all() {
        let commit = |id: &str| {
            json!({"id": id, "title": "t\u{202e}", "author_name": "Ada",
                "committed_date": "2026-01-12T03:00:00.000+01:00"})
        };
        let fake = Fake::of([Reply::json(json!([commit("a"), commit("b")]))]).await;
        let gitlab = Gitlab::over(fake.http());
        let (commits, is_whole) = gitlab.commits_of("p/e", ("e/1.yaml", "c0"), 1).await.unwrap();
        let expected = RecordCommit {
            id: Text::new("a"),
            title: Text::new("t\u{fffd}"),
            author: Text::new("Ada"),
            at: Some("2026-01-12T02:00:00Z".parse().unwrap()),
        };
        assert_eq!((commits, is_whole), (vec![expected], false));
        assert_eq!(
            fake.asked()[0].path,
            "/api/v4/projects/p%2Fe/repository/commits?ref_name=c0&path=e%2F1.yaml&per_page=2"
        );
        assert!(gitlab.commits_of("p/e", ("e/1.yaml", "c0"), 2).await.unwrap().1);
    }
}
