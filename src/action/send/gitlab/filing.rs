//! Requests for exceptions on the wire: a commit on a branch of its own, and the merge request from it.

use http::Method;
use serde_json::{Value, json};

use super::{Answer, JoinPath as _, Order, Writer};
use crate::action::send::unknown;
use crate::domain::{Ending, Outcome, Text};

/// How the words begin that tell of a merge request that was opened.
pub(in crate::action) const OPENED: &str = "merge request !";

/// A commit of one file on a branch of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::action) struct Change {
    /// The branch, which is made.
    pub(in crate::action) branch: String,
    /// The branch that it starts from.
    pub(in crate::action) start: String,
    /// The message of the commit.
    pub(in crate::action) message: String,
    /// The file, from the root of the repository.
    pub(in crate::action) path: String,
    /// What it holds afterwards.
    pub(in crate::action) content: String,
    /// The last commit that touched it, where it is there already: of another one GitLab refuses the change.
    pub(in crate::action) last_commit: Option<String>,
}

/// A merge request from a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::action) struct Opening {
    /// The branch that it is from.
    pub(in crate::action) source: String,
    /// The branch that it is into.
    pub(in crate::action) target: String,
    /// Its title.
    pub(in crate::action) title: String,
    /// Its description.
    pub(in crate::action) description: String,
}

impl Writer {
    /// A commit; without one the address alone, which cannot be sent.
    pub(in crate::action) fn change(
        &self,
        project: &str,
        change: Option<&Change>,
    ) -> Option<Order> {
        let body = change.map(|change| {
            let Change { branch, start, message, path, content, last_commit } = change;
            let action = match last_commit {
                Some(last) => json!({ "action": "update", "file_path": path, "content": content, "last_commit_id": last }),
                None => json!({ "action": "create", "file_path": path, "content": content }),
            };
            json!({ "branch": branch, "start_branch": start, "commit_message": message, "actions": [action] })
        });
        self.filing(&["projects", project, "repository", "commits"], (body, Answer::Commit))
    }

    /// A merge request; without one the address alone, which cannot be sent.
    pub(in crate::action) fn opening(
        &self,
        project: &str,
        opening: Option<&Opening>,
    ) -> Option<Order> {
        let body = opening.map(|opening| {
            let Opening { source, target, title, description } = opening;
            json!({ "source_branch": source, "target_branch": target, "title": title,
                "description": description, "remove_source_branch": true })
        });
        self.filing(&["projects", project, "merge_requests"], (body, Answer::Request))
    }

    fn filing(&self, path: &[&str], (body, answer): (Option<Value>, Answer)) -> Option<Order> {
        let url = self.base.join(&format!("api/v4/{}", path.join_path())).ok()?;
        let answer = if body.is_some() { answer } else { Answer::Unsettled };
        Some(Order {
            method: Method::POST,
            url,
            body,
            is_pinned: false,
            keeps_level: false,
            answer,
        })
    }
}

/// What was made, as a good answer tells it. A login page, say, answers 200 too: then nobody can tell without looking.
pub(super) async fn made(response: reqwest::Response, answer: Answer) -> Outcome {
    let status = Some(response.status().as_u16());
    let body = response.bytes().await.unwrap_or_default();
    let told: Option<Value> = serde_json::from_slice(&body).ok();
    let words = told.as_ref().and_then(|told| {
        if answer == Answer::Commit {
            let id: String = told.get("id")?.as_str()?.chars().take(12).collect();
            return Some(format!("commit {id}"));
        }
        let page = told.get("web_url").and_then(Value::as_str).unwrap_or_default();
        Some(format!("{OPENED}{} {page}", told.get("iid")?.as_u64()?))
    });
    match words {
        Some(words) => {
            Outcome { ending: Ending::Done, status, message: Some(Text::new(words.trim_end())) }
        }
        None => unknown(status, "the answer is not what GitLab documents"),
    }
}
