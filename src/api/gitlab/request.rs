//! Merge requests that ask for something: what they change, who approved them, whether they can be merged.

use gitlab::api::common::path_escaped;
use serde::Deserialize;

use super::connection::Gitlab;
use super::deployments::is_bot_name;
use super::rest::{Paging, Read, list, read};
use super::wire::{Id, Moment, Words, or_default};
use crate::api::Error;
use crate::domain::{
    Approval, ApprovalRule, Approvals, FailureKind, MergeStatus, Status, Text, Timestamp,
};

/// An open merge request, as GitLab tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its number within the project.
    pub iid: u64,
    /// Its title.
    pub title: Text,
    /// The login of its author; empty where GitLab does not tell.
    pub author: Text,
    /// Whether its author is the user behind a token of a project, a group or a service.
    pub is_by_bot: bool,
    /// Whether it is a draft.
    pub is_draft: bool,
    /// The branch that it comes from.
    pub source_branch: Text,
    /// The head commit.
    pub head: Text,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// Its page.
    pub url: Text,
    /// Whether it can be merged.
    pub merge: MergeStatus,
    /// Whether it conflicts with the branch that it goes to.
    pub has_conflicts: bool,
    /// Its newest pipeline; a list does not tell it.
    pub pipeline: Option<Status>,
}

/// A file that a merge request changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path before.
    pub old_path: Text,
    /// Its path after.
    pub new_path: Text,
    /// Whether it was not there before.
    pub is_new: bool,
    /// Whether it is not there after.
    pub is_deleted: bool,
    /// The lines of the difference; none where GitLab holds it back as too large.
    pub lines: Option<Vec<Text>>,
}

#[derive(Debug, Deserialize)]
struct AskedShape<'a> {
    iid: Id,
    #[serde(borrow)]
    title: Option<Words<'a>>,
    author: Option<LoginShape<'a>>,
    draft: Option<bool>,
    source_branch: Option<Words<'a>>,
    sha: Option<Words<'a>>,
    #[serde(default)]
    created_at: Moment,
    #[serde(default)]
    updated_at: Moment,
    web_url: Option<Words<'a>>,
    detailed_merge_status: Option<Words<'a>>,
    has_conflicts: Option<bool>,
    head_pipeline: Option<PipelineShape<'a>>,
}

#[derive(Debug, Deserialize)]
struct PipelineShape<'a> {
    #[serde(borrow)]
    status: Option<Words<'a>>,
}

#[derive(Debug, Deserialize)]
struct LoginShape<'a> {
    #[serde(borrow)]
    username: Option<Words<'a>>,
}

impl LoginShape<'_> {
    fn login(&self) -> Text {
        Text::new(self.username.as_deref().unwrap_or_default())
    }
}

impl AskedShape<'_> {
    fn asked(&self) -> Asked {
        let text = |words: &Option<Words<'_>>| Text::new(words.as_deref().unwrap_or_default());
        let author = self.author.as_ref().map_or_else(|| Text::new(""), LoginShape::login);
        let opened_at = self.created_at.0.unwrap_or(Timestamp::UNIX_EPOCH);
        let pipeline = self.head_pipeline.as_ref().and_then(|one| one.status.as_deref());
        Asked {
            iid: self.iid.0,
            title: text(&self.title),
            is_by_bot: is_bot_name(&author),
            author,
            is_draft: self.draft.unwrap_or_default(),
            source_branch: text(&self.source_branch),
            head: text(&self.sha),
            opened_at,
            updated_at: self.updated_at.0.unwrap_or(opened_at),
            url: text(&self.web_url),
            merge: MergeStatus::of(self.detailed_merge_status.as_deref().unwrap_or("unchecked")),
            has_conflicts: self.has_conflicts.unwrap_or_default(),
            pipeline: pipeline.map(Status::parse),
        }
    }
}

#[derive(Debug, Deserialize)]
struct ChangedShape<'a> {
    #[serde(borrow)]
    old_path: Option<Words<'a>>,
    new_path: Option<Words<'a>>,
    new_file: Option<bool>,
    deleted_file: Option<bool>,
    too_large: Option<bool>,
    collapsed: Option<bool>,
    diff: Option<Words<'a>>,
}

impl ChangedShape<'_> {
    fn file(&self) -> ChangedFile {
        let text = |words: &Option<Words<'_>>| Text::new(words.as_deref().unwrap_or_default());
        let is_held_back = self.too_large == Some(true) || self.collapsed == Some(true);
        let diff = self.diff.as_deref().filter(|diff| !(is_held_back && diff.is_empty()));
        ChangedFile {
            old_path: text(&self.old_path),
            new_path: text(&self.new_path),
            is_new: self.new_file.unwrap_or_default(),
            is_deleted: self.deleted_file.unwrap_or_default(),
            lines: diff.map(|diff| diff.lines().map(Text::new).collect()),
        }
    }
}

#[derive(Debug, Deserialize)]
struct ApprovalsShape<'a> {
    approvals_required: Option<u32>,
    approvals_left: Option<u32>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    approved_by: Vec<GivenShape<'a>>,
}

impl ApprovalsShape<'_> {
    fn given(&self) -> Vec<Approval> {
        let given = self.approved_by.iter().filter_map(|one| {
            let by = one.user.as_ref()?.login();
            Some(Approval { by, at: one.approved_at.0 })
        });
        given.collect()
    }
}

#[derive(Debug, Deserialize)]
struct GivenShape<'a> {
    #[serde(borrow)]
    user: Option<LoginShape<'a>>,
    #[serde(default)]
    approved_at: Moment,
}

#[derive(Debug, Deserialize)]
struct StateShape<'a> {
    #[serde(borrow, default, deserialize_with = "or_default")]
    rules: Vec<RuleShape<'a>>,
}

#[derive(Debug, Deserialize)]
struct RuleShape<'a> {
    #[serde(borrow)]
    name: Option<Words<'a>>,
    approvals_required: Option<u32>,
    #[serde(default, deserialize_with = "or_default")]
    eligible_approvers: Vec<LoginShape<'a>>,
    #[serde(default, deserialize_with = "or_default")]
    approved_by: Vec<LoginShape<'a>>,
    approved: Option<bool>,
}

impl RuleShape<'_> {
    fn rule(&self) -> ApprovalRule {
        ApprovalRule {
            name: Text::new(self.name.as_deref().unwrap_or_default()),
            required: self.approvals_required.unwrap_or_default(),
            eligible: self.eligible_approvers.iter().map(LoginShape::login).collect(),
            approved_by: self.approved_by.iter().map(LoginShape::login).collect(),
            is_approved: self.approved.unwrap_or_default(),
        }
    }
}

/// One merge request, from the answer that tells it.
pub(super) fn asked(body: &[u8]) -> Result<Asked, Error> {
    read::<AskedShape<'_>>(body).map(|shape| shape.asked())
}

impl Gitlab {
    /// The open merge requests into a branch of a project.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn requests(&self, project: &str, into: &str) -> Result<Vec<Asked>, Error> {
        let doing = || format!("listing the open merge requests of {project}");
        let mut question = Read::at(format!("projects/{}/merge_requests", path_escaped(project)));
        question.parameters = vec![
            ("state", "opened".into()),
            ("target_branch", into.to_owned().into()),
            ("order_by", "created_at".into()),
            ("sort", "asc".into()),
        ];
        let pages = self.pages(&question, Paging::Link).await;
        let mut found = Vec::new();
        for page in pages.map_err(|error| error.doing(doing()))? {
            let shapes: Vec<AskedShape<'_>> =
                list(&page.body).map_err(|error| error.doing(doing()))?;
            found.extend(shapes.iter().map(AskedShape::asked));
        }
        Ok(found)
    }

    /// One merge request, with its newest pipeline.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn request(&self, project: &str, iid: u64) -> Result<Asked, Error> {
        let doing = || format!("reading merge request {iid} of {project}");
        let question = Read::at(format!("projects/{}/merge_requests/{iid}", path_escaped(project)));
        let body = self.one(&question).await.map_err(|error| error.doing(doing()))?;
        asked(&body).map_err(|error| error.doing(doing()))
    }

    /// The files that a merge request changes.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn changes(&self, project: &str, iid: u64) -> Result<Vec<ChangedFile>, Error> {
        let doing = || format!("reading what merge request {iid} of {project} changes");
        let question =
            Read::at(format!("projects/{}/merge_requests/{iid}/diffs", path_escaped(project)));
        let pages = self.pages(&question, Paging::Link).await;
        let mut files = Vec::new();
        for page in pages.map_err(|error| error.doing(doing()))? {
            let shapes: Vec<ChangedShape<'_>> =
                list(&page.body).map_err(|error| error.doing(doing()))?;
            files.extend(shapes.iter().map(ChangedShape::file));
        }
        Ok(files)
    }

    /// Who approved a merge request.
    ///
    /// # Errors
    /// Why that could not be read, with what would cure it.
    pub async fn approvals_given(&self, project: &str, iid: u64) -> Result<Vec<Approval>, Error> {
        let doing = || format!("reading who approved merge request {iid} of {project}");
        let question =
            Read::at(format!("projects/{}/merge_requests/{iid}/approvals", path_escaped(project)));
        let body = self.one(&question).await.map_err(|error| error.doing(doing()))?;
        let shape: ApprovalsShape<'_> = read(&body).map_err(|error| error.doing(doing()))?;
        Ok(shape.given())
    }

    /// How far the approvals of a merge request are. Where this GitLab has no rules (Free), the count alone is told.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn approvals(&self, project: &str, iid: u64) -> Result<Approvals, Error> {
        let doing = || format!("reading the approvals of merge request {iid} of {project}");
        let base = format!("projects/{}/merge_requests/{iid}", path_escaped(project));
        let question = Read::at(format!("{base}/approvals"));
        let body = self.one(&question).await.map_err(|error| error.doing(doing()))?;
        let shape: ApprovalsShape<'_> = read(&body).map_err(|error| error.doing(doing()))?;
        let rules = match self.one(&Read::at(format!("{base}/approval_state"))).await {
            Ok(body) => {
                let state: StateShape<'_> = read(&body).map_err(|error| error.doing(doing()))?;
                state.rules.iter().map(RuleShape::rule).collect()
            }
            Err(error) if matches!(error.kind, FailureKind::NotFound | FailureKind::Forbidden) => {
                Vec::new()
            }
            Err(error) => return Err(error.doing(doing())),
        };
        Ok(Approvals {
            required: shape.approvals_required,
            left: shape.approvals_left,
            given: shape.given(),
            rules,
        })
    }
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::fake::{Fake, Reply};
    use crate::domain::MergeStand;

    #[tokio::test]
    async fn an_open_merge_request_is_read_and_an_unknown_word_blocks() {
        let fake = Fake::of([Reply::json(json!([{
            "iid": 7, "title": "a\u{202e}b", "author": {"username": "project_3_bot"}, "draft": true,
            "source_branch": "ask", "sha": "c0ffee", "created_at": "2026-01-12T03:00:00Z",
            "web_url": "https://g/7", "detailed_merge_status": "moon", "has_conflicts": true,
        }]))])
        .await;
        let found = Gitlab::over(fake.http()).requests("p/e", "main").await.unwrap();
        let at: Timestamp = "2026-01-12T03:00:00Z".parse().unwrap();
        let expected = Asked {
            iid: 7,
            title: Text::new("a\u{fffd}b"),
            author: Text::new("project_3_bot"),
            is_by_bot: true,
            is_draft: true,
            source_branch: Text::new("ask"),
            head: Text::new("c0ffee"),
            opened_at: at,
            updated_at: at,
            url: Text::new("https://g/7"),
            merge: MergeStatus::of("moon"),
            has_conflicts: true,
            pipeline: None,
        };
        assert_eq!(found, [expected]);
        assert_eq!(found[0].merge.stand, MergeStand::Blocked);
        assert_eq!(
            fake.asked()[0].path,
            "/api/v4/projects/p%2Fe/merge_requests?state=opened&target_branch=main&order_by=created_at&sort=asc&per_page=100"
        );
    }

    #[tokio::test]
    async fn a_difference_that_is_held_back_is_not_an_empty_one() {
        let fake = Fake::of([Reply::json(json!([
            {"old_path": "a", "new_path": "a", "diff": "", "too_large": true},
            {"old_path": "b", "new_path": "b", "diff": "@@ -1 +1 @@\n-x\n+y\n"},
        ]))])
        .await;
        let files = Gitlab::over(fake.http()).changes("p/e", 7).await.unwrap();
        let lines: Vec<_> = files.into_iter().map(|file| file.lines).collect();
        let shown = ["@@ -1 +1 @@", "-x", "+y"].map(Text::new).to_vec();
        assert_eq!(lines, [None, Some(shown)]);
    }

    #[tokio::test]
    async fn without_rules_the_approvals_are_told_all_the_same() {
        let fake = Fake::by(|asked| {
            if asked.path.ends_with("approval_state") {
                return Reply::json(json!({"message": "404 Not Found"})).status(404);
            }
            Reply::json(
                json!({"approved_by": [{"user": {"username": "ada"}, "approved_at": null}]}),
            )
        })
        .await;
        let found = Gitlab::over(fake.http()).approvals("p/e", 7).await.unwrap();
        let given = vec![Approval { by: Text::new("ada"), at: None }];
        assert_eq!(found, Approvals { given, ..Approvals::default() });
    }
}
