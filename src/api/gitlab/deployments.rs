//! Deployments that wait for approval, and who we are beside: what decides whether we may decide.

use gitlab::api::users::CurrentUser;
use serde::Deserialize;

use super::connection::Gitlab;
use super::kind::{Decision, Deployment, Own, Place};
use super::rest::{Paging, Read, list, read, unbuilt};
use super::wire::{Id, Words, or_default};
use crate::api::Error;
use crate::domain::{FailureKind, JobId, Text};

impl Gitlab {
    /// The blocked deployments of a project, newest first.
    pub async fn blocked_deployments(&self, place: &Place) -> Result<Vec<Deployment>, Error> {
        let doing = || format!("reading the blocked deployments of {}", place.path);
        let mut question = Read::at(format!("projects/{}/deployments", place.id));
        question.parameters =
            vec![("status", "blocked".into()), ("order_by", "id".into()), ("sort", "desc".into())];
        let pages = self.pages(&question, Paging::Link).await;
        let mut found = Vec::new();
        for page in pages.map_err(|error| error.doing(doing()))? {
            let shapes: Vec<DeploymentShape<'_>> =
                list(&page.body).map_err(|error| error.doing(doing()))?;
            found.extend(shapes.iter().map(DeploymentShape::deployment));
        }
        Ok(found)
    }

    /// One deployment, with who decided on it.
    pub async fn deployment(&self, place: &Place, id: u64) -> Result<Deployment, Error> {
        let doing = || format!("reading deployment {id} of {}", place.path);
        let question = Read::at(format!("projects/{}/deployments/{id}", place.id));
        let body = self.one(&question).await.map_err(|error| error.doing(doing()))?;
        let shape: DeploymentShape<'_> = read(&body).map_err(|error| error.doing(doing()))?;
        Ok(shape.deployment())
    }

    /// Who we are, as a person among others.
    pub async fn own(&self) -> Result<Own, Error> {
        let doing = "reading who we are";
        let question = CurrentUser::builder().build().map_err(|error| unbuilt(&error))?;
        let body = self.one(&question).await.map_err(|error| error.doing(doing))?;
        let shape: OwnShape<'_> = read(&body).map_err(|error| error.doing(doing))?;
        Ok(shape.own())
    }

    /// Our access level in a project, those of the groups above it included; `None` where we are no member, as an
    /// administrator may be.
    pub async fn access_level(&self, place: &Place, own: u64) -> Result<Option<u32>, Error> {
        #[derive(Deserialize)]
        struct Member {
            access_level: Option<u32>,
        }
        let doing = || format!("reading our role in {}", place.path);
        let question = Read::at(format!("projects/{}/members/all/{own}", place.id));
        let body = match self.one(&question).await {
            Ok(body) => body,
            Err(error) if error.kind == FailureKind::NotFound => return Ok(None),
            Err(error) => return Err(error.doing(doing())),
        };
        let member: Member = read(&body).map_err(|error| error.doing(doing()))?;
        Ok(member.access_level)
    }
}

#[derive(Debug, Deserialize)]
struct DeploymentShape<'a> {
    id: Id,
    #[serde(borrow)]
    status: Option<Words<'a>>,
    #[serde(rename = "ref")]
    reference: Option<Words<'a>>,
    sha: Option<Words<'a>>,
    user: Option<PersonShape<'a>>,
    environment: Option<EnvironmentShape<'a>>,
    deployable: Option<DeployableShape<'a>>,
    pending_approval_count: Option<u32>,
    #[serde(default, deserialize_with = "or_default")]
    approvals: Vec<DecisionShape<'a>>,
}

#[derive(Debug, Deserialize)]
struct EnvironmentShape<'a> {
    #[serde(borrow)]
    name: Option<Words<'a>>,
}

#[derive(Debug, Deserialize)]
struct DeployableShape<'a> {
    id: Id,
    #[serde(borrow)]
    name: Option<Words<'a>>,
    user: Option<PersonShape<'a>>,
    commit: Option<CommitShape<'a>>,
    tag_list: Option<Vec<Words<'a>>>,
}

/// Who had a part in a commit.
#[derive(Debug, Deserialize)]
pub(super) struct CommitShape<'a> {
    #[serde(borrow)]
    author_name: Option<Words<'a>>,
    author_email: Option<Words<'a>>,
    committer_name: Option<Words<'a>>,
    committer_email: Option<Words<'a>>,
}

#[derive(Debug, Deserialize)]
struct DecisionShape<'a> {
    #[serde(borrow)]
    user: Option<PersonShape<'a>>,
    status: Option<Words<'a>>,
}

#[derive(Debug, Deserialize)]
struct PersonShape<'a> {
    #[serde(borrow)]
    username: Option<Words<'a>>,
}

impl PersonShape<'_> {
    fn login(&self) -> Option<Text> {
        self.username.as_deref().map(Text::new)
    }
}

impl DeploymentShape<'_> {
    fn deployment(&self) -> Deployment {
        let text = |words: Option<&str>| Text::new(words.unwrap_or_default());
        let job = self.deployable.as_ref();
        let starters = [self.user.as_ref(), job.and_then(|job| job.user.as_ref())];
        let mut starters: Vec<Text> =
            starters.into_iter().flatten().filter_map(PersonShape::login).collect();
        starters.dedup();
        Deployment {
            id: self.id.0,
            status: text(self.status.as_deref()),
            environment: text(self.environment.as_ref().and_then(|one| one.name.as_deref())),
            reference: text(self.reference.as_deref()),
            sha: self.sha.as_deref().map(Text::new),
            job: job.map(|job| JobId(job.id.0)),
            job_name: job.and_then(|job| job.name.as_deref().map(Text::new)),
            tags: job.and_then(|job| {
                job.tag_list.as_ref().map(|tags| tags.iter().map(|tag| Text::new(tag)).collect())
            }),
            starters,
            authors: job.and_then(|job| job.commit.as_ref()).map(CommitShape::authors),
            pending: self.pending_approval_count,
            decisions: self.approvals.iter().filter_map(DecisionShape::decision).collect(),
        }
    }
}

impl CommitShape<'_> {
    /// The names and addresses of whoever wrote it and whoever committed it.
    pub(super) fn authors(&self) -> Vec<Text> {
        let all =
            [&self.author_name, &self.author_email, &self.committer_name, &self.committer_email];
        let mut all: Vec<Text> = all.into_iter().flatten().map(|words| Text::new(words)).collect();
        all.sort();
        all.dedup();
        all
    }
}

impl DecisionShape<'_> {
    fn decision(&self) -> Option<Decision> {
        let by = self.user.as_ref().and_then(PersonShape::login)?;
        Some(Decision { by, word: Text::new(self.status.as_deref()?) })
    }
}

#[derive(Debug, Deserialize)]
struct OwnShape<'a> {
    id: Id,
    #[serde(borrow)]
    username: Option<Words<'a>>,
    name: Option<Words<'a>>,
    email: Option<Words<'a>>,
    commit_email: Option<Words<'a>>,
    public_email: Option<Words<'a>>,
    bot: Option<bool>,
    is_admin: Option<bool>,
}

impl OwnShape<'_> {
    fn own(&self) -> Own {
        let username = Text::new(self.username.as_deref().unwrap_or_default());
        let emails = [&self.email, &self.commit_email, &self.public_email];
        let mut emails: Vec<Text> = emails
            .into_iter()
            .flatten()
            .filter(|email| !email.is_empty())
            .map(|email| Text::new(email))
            .collect();
        emails.sort();
        emails.dedup();
        Own {
            id: self.id.0,
            name: self.name.as_deref().map(Text::new),
            emails,
            is_bot: self.bot.unwrap_or_default() || is_bot_name(&username),
            is_admin: self.is_admin.unwrap_or_default(),
            username,
        }
    }
}

/// Whether GitLab gives such a login to the users behind project, group and service tokens.
pub(super) fn is_bot_name(login: &str) -> bool {
    let after = |start: &str| login.strip_prefix(start);
    let numbered = after("project_").or_else(|| after("group_")).is_some_and(|rest| {
        let id: String = rest.chars().take_while(char::is_ascii_digit).collect();
        !id.is_empty() && rest.strip_prefix(&id).is_some_and(|rest| rest.starts_with("_bot"))
    });
    numbered || login.starts_with("service_account_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_deployment_is_read_with_who_decided() {
        let json = serde_json::json!({
            "id": 42, "status": "blocked", "ref": "main",
            "user": { "id": 1, "username": "root" },
            "sha": "ab12",
            "environment": { "id": 9, "name": "production" },
            "deployable": {
                "id": 664, "name": "deploy", "user": { "username": "root" },
                "commit": { "author_name": "Ada", "author_email": "ada@acme.example" },
            },
            "pending_approval_count": 1,
            "approvals": [{ "user": { "username": "joe" }, "status": "approved" }],
        })
        .to_string();
        let read: DeploymentShape<'_> = serde_json::from_str(&json).unwrap();
        let text = Text::new;
        let expected = Deployment {
            id: 42,
            status: text("blocked"),
            environment: text("production"),
            reference: text("main"),
            sha: Some(text("ab12")),
            job: Some(JobId(664)),
            job_name: Some(text("deploy")),
            tags: None,
            starters: vec![text("root")],
            authors: Some(vec![text("Ada"), text("ada@acme.example")]),
            pending: Some(1),
            decisions: vec![Decision { by: text("joe"), word: text("approved") }],
        };
        assert_eq!(read.deployment(), expected);
    }

    #[test]
    fn a_deployment_of_which_little_is_told_is_read_too() {
        let json = r#"{"id":1,"approvals":null,"deployable":null,"user":null}"#;
        let read: DeploymentShape<'_> = serde_json::from_str(json).unwrap();
        let deployment = read.deployment();
        assert_eq!((deployment.authors, deployment.job, deployment.pending), (None, None, None));
    }

    #[test]
    fn the_users_behind_tokens_of_projects_groups_and_services_are_bots() {
        for bot in ["project_17_bot", "group_4_bot_9f8e", "service_account_ab12"] {
            assert!(is_bot_name(bot), "{bot}");
        }
        for person in ["ada", "project_lead", "group_x_bot", "abbot"] {
            assert!(!is_bot_name(person), "{person}");
        }
    }
}
