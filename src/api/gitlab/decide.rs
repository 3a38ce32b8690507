//! What is decided about a merge request: where it stands, who merged it, what was said of it, and which settings guard it.

use gitlab::api::common::path_escaped;
use serde::Deserialize;

use super::connection::Gitlab;
use super::request::{Asked, asked};
use super::rest::{Read, list, read};
use super::wire::{Moment, Words};
use crate::api::Error;
use crate::domain::{FailureKind, Text, Timestamp};

/// A merge request, open or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What it asks for, and whether it can be merged.
    pub asked: Asked,
    /// `opened`, `closed`, `merged` or `locked`.
    pub state: Text,
    /// The branch that it goes to.
    pub into: Text,
    /// Whether its merge is scheduled: GitLab merges it once it can.
    pub is_scheduled: bool,
    /// Who merged it, if it was merged.
    pub merged: Option<Merged>,
}

/// That somebody merged a merge request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The login; none where GitLab does not tell.
    pub by: Option<Text>,
    /// When.
    pub at: Option<Timestamp>,
    /// The commit that it became.
    pub commit: Option<Text>,
}

/// Which settings of a project keep people from approving what they had a part in; none where GitLab does not tell one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Guards {
    /// Whether the author of a merge request may approve it.
    pub lets_authors: Option<bool>,
    /// Whether who wrote its commits may approve it.
    pub lets_committers: Option<bool>,
    /// Whether approvals outlive a push.
    pub keeps_on_push: Option<bool>,
    /// Whether each approval takes the person's password.
    pub wants_password: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct StandingShape<'a> {
    #[serde(borrow)]
    state: Option<Words<'a>>,
    target_branch: Option<Words<'a>>,
    merge_when_pipeline_succeeds: Option<bool>,
    #[serde(default)]
    merged_at: Moment,
    merge_user: Option<LoginShape<'a>>,
    merge_commit_sha: Option<Words<'a>>,
    squash_commit_sha: Option<Words<'a>>,
}

#[derive(Debug, Deserialize)]
struct LoginShape<'a> {
    #[serde(borrow)]
    username: Option<Words<'a>>,
}

#[derive(Debug, Deserialize)]
struct GuardsShape {
    merge_requests_author_approval: Option<bool>,
    merge_requests_disable_committers_approval: Option<bool>,
    reset_approvals_on_push: Option<bool>,
    require_password_to_approve: Option<bool>,
    require_reauthentication_to_approve: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct NoteShape<'a> {
    #[serde(borrow)]
    body: Option<Words<'a>>,
    author: Option<LoginShape<'a>>,
    system: Option<bool>,
}

impl StandingShape<'_> {
    fn merged(&self) -> Option<Merged> {
        let text = |words: &Option<Words<'_>>| words.as_deref().map(Text::new);
        (self.state.as_deref() == Some("merged")).then(|| Merged {
            by: self.merge_user.as_ref().and_then(|user| text(&user.username)),
            at: self.merged_at.0,
            commit: text(&self.merge_commit_sha).or_else(|| text(&self.squash_commit_sha)),
        })
    }
}

impl Gitlab {
    /// One merge request, open or not, with its newest pipeline.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn standing(&self, project: &str, iid: u64) -> Result<Standing, Error> {
        let doing = || format!("reading merge request {iid} of {project}");
        let question = Read::at(format!("projects/{}/merge_requests/{iid}", path_escaped(project)));
        let body = self.one(&question).await.map_err(|error| error.doing(doing()))?;
        let shape: StandingShape<'_> = read(&body).map_err(|error| error.doing(doing()))?;
        let text = |words: &Option<Words<'_>>| Text::new(words.as_deref().unwrap_or_default());
        Ok(Standing {
            asked: asked(&body).map_err(|error| error.doing(doing()))?,
            state: text(&shape.state),
            into: text(&shape.target_branch),
            is_scheduled: shape.merge_when_pipeline_succeeds.unwrap_or_default(),
            merged: shape.merged(),
        })
    }

    /// Which settings guard the approvals of a project; none where this GitLab has no such settings (Free).
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it: only a maintainer may.
    pub async fn guards(&self, project: &str) -> Result<Option<Guards>, Error> {
        let doing = || format!("reading which settings guard the approvals of {project}");
        let question = Read::at(format!("projects/{}/approvals", path_escaped(project)));
        let body = match self.one(&question).await {
            Ok(body) => body,
            Err(error) if error.kind == FailureKind::NotFound => return Ok(None),
            Err(error) => return Err(error.doing(doing())),
        };
        let shape: GuardsShape = read(&body).map_err(|error| error.doing(doing()))?;
        Ok(Some(Guards {
            lets_authors: shape.merge_requests_author_approval,
            lets_committers: shape.merge_requests_disable_committers_approval.map(|is| !is),
            keeps_on_push: shape.reset_approvals_on_push.map(|resets| !resets),
            wants_password: match shape.require_reauthentication_to_approve {
                Some(true) => Some(true),
                _ => shape.require_password_to_approve,
            },
        }))
    }

    /// What somebody said of a merge request last, among the newest twenty notes.
    ///
    /// # Errors
    /// Why that could not be read, with what would cure it.
    pub async fn last_note(
        &self,
        project: &str,
        iid: u64,
        by: &str,
    ) -> Result<Option<Text>, Error> {
        let doing = || format!("reading what was said of merge request {iid} of {project}");
        let mut question =
            Read::at(format!("projects/{}/merge_requests/{iid}/notes", path_escaped(project)));
        question.parameters = vec![
            ("sort", "desc".into()),
            ("order_by", "created_at".into()),
            ("per_page", "20".into()),
        ];
        let body = self.one(&question).await.map_err(|error| error.doing(doing()))?;
        let notes: Vec<NoteShape<'_>> = list(&body).map_err(|error| error.doing(doing()))?;
        let is_theirs = |note: &&NoteShape<'_>| {
            let login = note.author.as_ref().and_then(|author| author.username.as_deref());
            note.system != Some(true) && login == Some(by)
        };
        Ok(notes.iter().find(is_theirs).and_then(|note| note.body.as_deref()).map(Text::new))
    }
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::fake::{Fake, Reply};

    async fn standing(body: Value) -> Standing {
        let fake = Fake::of([Reply::json(body)]).await;
        Gitlab::over(fake.http()).standing("p/e", 7).await.unwrap()
    }

    #[tokio::test]
    async fn a_merge_request_tells_by_whom_it_was_merged_and_as_which_commit() {
        let told = standing(json!({
            "iid": 7, "state": "merged", "target_branch": "main", "sha": "c0ffee",
            "merged_at": "2026-01-12T03:00:00Z", "merge_user": {"username": "ada"}, "merge_commit_sha": "beef",
        }))
        .await;
        let merged = Merged {
            by: Some(Text::new("ada")),
            at: Some("2026-01-12T03:00:00Z".parse().unwrap()),
            commit: Some(Text::new("beef")),
        };
        assert_eq!((told.merged, told.is_scheduled), (Some(merged), false));
    }

    #[tokio::test]
    async fn one_that_is_open_is_not_merged_though_it_is_scheduled() {
        let told = standing(json!({
            "iid": 7, "state": "opened", "merge_when_pipeline_succeeds": true, "merge_commit_sha": "beef",
        }))
        .await;
        assert_eq!((told.merged, told.is_scheduled), (None, true));
    }

    #[tokio::test]
    async fn settings_are_told_as_what_they_let_through_and_are_absent_on_free() {
        let body = json!({
            "merge_requests_author_approval": false, "merge_requests_disable_committers_approval": false,
            "reset_approvals_on_push": true, "require_password_to_approve": true,
        });
        let fake = Fake::of([Reply::json(body)]).await;
        let told = Gitlab::over(fake.http()).guards("p/e").await.unwrap();
        let expected = Guards {
            lets_authors: Some(false),
            lets_committers: Some(true),
            keeps_on_push: Some(false),
            wants_password: Some(true),
        };
        assert_eq!(told, Some(expected));
        let fake = Fake::of([Reply::json(json!({"error": "404 Not Found"})).status(404)]).await;
        assert_eq!(Gitlab::over(fake.http()).guards("p/e").await, Ok(None));
    }

    #[tokio::test]
    async fn what_somebody_said_last_is_no_remark_of_gitlab_and_nobody_elses() {
        let fake = Fake::of([Reply::json(json!([
            {"body": "closed", "author": {"username": "ada"}, "system": true},
            {"body": "why?", "author": {"username": "bruno"}, "system": false},
            {"body": "Refused: too long", "author": {"username": "ada"}, "system": false},
            {"body": "older", "author": {"username": "ada"}, "system": false},
        ]))])
        .await;
        let told = Gitlab::over(fake.http()).last_note("p/e", 7, "ada").await.unwrap();
        assert_eq!(told, Some(Text::new("Refused: too long")));
    }
}
