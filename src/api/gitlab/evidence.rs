//! What the deployment gate asks: whether a commit ran in an environment, and who vouches for its change.

use gitlab::api::Endpoint;
use gitlab::api::RestClient;
use gitlab::api::common::path_escaped;
use serde::Deserialize;

use super::connection::Gitlab;
use super::deployments::is_bot_name;
use super::rest::{Paging, Read, list, ours};
use super::wire::{Id, Moment, Words, or_default};
use crate::api::Error;
use crate::api::http::Body;
use crate::domain::{Text, Timestamp};

/// The most pages of deployments that are read, a hundred each: what is older is no longer looked for.
const MOST_PAGES: usize = 20;

/// Whether a commit was deployed to an environment, successfully.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// It was, last at this instant.
    At(Timestamp),
    /// No such deployment is known.
    Never,
    /// Not within the newest so many deployments; older ones were not read.
    NotWithin(usize),
}

/// A merge request, as far as it vouches for a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeRequest {
    /// Its number within the project.
    pub iid: u64,
    /// `opened`, `merged`, `closed`, `locked`.
    pub state: Text,
    /// The login of its author; `None` where GitLab does not tell.
    pub author: Option<Text>,
    /// The labels that it carries now.
    pub labels: Vec<Text>,
    /// Its page.
    pub web_url: Text,
}

/// A label that was put on a merge request or taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelEvent {
    /// The label.
    pub label: Text,
    /// Whether it was put on.
    pub is_added: bool,
    /// The login of whoever did it; `None` where that is no longer known.
    pub by: Option<Text>,
    /// Whether that is no person: the user behind a token of a project, a group or a service.
    pub is_bot: bool,
    /// When.
    pub at: Option<Timestamp>,
}

impl Gitlab {
    /// Whether a commit was deployed to an environment of a project, successfully: its newest such deployment.
    pub async fn ran(&self, project: &str, environment: &str, sha: &str) -> Result<Ran, Error> {
        let doing = || format!("reading the deployments of {project} to {environment}");
        self.find_deployment(project, environment, sha).await.map_err(|error| error.doing(doing()))
    }

    async fn find_deployment(
        &self,
        project: &str,
        environment: &str,
        sha: &str,
    ) -> Result<Ran, Error> {
        let mut question = Read::at(format!("projects/{}/deployments", path_escaped(project)));
        question.parameters = vec![
            ("environment", environment.to_owned().into()),
            ("status", "success".into()),
            ("order_by", "id".into()),
            ("sort", "desc".into()),
            ("per_page", "100".into()),
        ];
        let mut url = self.rest_endpoint(&question.endpoint()).map_err(ours)?;
        question.parameters().add_to_url(&mut url);
        let (mut next, mut read) = (Some(url), 0);
        for _ in 0..MOST_PAGES {
            let Some(url) = next else { return Ok(Ran::Never) };
            let page = self.http.get(url.clone(), Body::Json).await?;
            let shapes: Vec<RanShape<'_>> = list(&page.body)?;
            let is_it = |one: &&RanShape<'_>| one.is_of(environment, sha);
            if let Some(at) = shapes.iter().find(is_it).and_then(RanShape::at) {
                return Ok(Ran::At(at));
            }
            read += shapes.len();
            next = page.next_page()?.filter(|next| *next != url);
        }
        Ok(if next.is_some() { Ran::NotWithin(read) } else { Ran::Never })
    }

    /// The merge requests that brought a commit into a project.
    pub async fn merge_requests_of(
        &self,
        project: &str,
        sha: &str,
    ) -> Result<Vec<MergeRequest>, Error> {
        let doing = || format!("reading the merge requests of commit {sha} of {project}");
        let (project, sha) = (path_escaped(project), path_escaped(sha));
        let question =
            Read::at(format!("projects/{project}/repository/commits/{sha}/merge_requests"));
        let pages = self.pages(&question, Paging::Link).await;
        let mut found = Vec::new();
        for page in pages.map_err(|error| error.doing(doing()))? {
            let shapes: Vec<MergeRequestShape<'_>> =
                list(&page.body).map_err(|error| error.doing(doing()))?;
            found.extend(shapes.iter().map(MergeRequestShape::merge_request));
        }
        Ok(found)
    }

    /// Which labels were put on a merge request and taken off, in GitLab's order: oldest first.
    pub async fn label_events(&self, project: &str, iid: u64) -> Result<Vec<LabelEvent>, Error> {
        let doing = || format!("reading who labelled merge request {iid} of {project}");
        let question = Read::at(format!(
            "projects/{}/merge_requests/{iid}/resource_label_events",
            path_escaped(project)
        ));
        let pages = self.pages(&question, Paging::Link).await;
        let mut found = Vec::new();
        for page in pages.map_err(|error| error.doing(doing()))? {
            let shapes: Vec<LabelEventShape<'_>> =
                list(&page.body).map_err(|error| error.doing(doing()))?;
            found.extend(shapes.iter().filter_map(LabelEventShape::event));
        }
        Ok(found)
    }
}

/// A deployment, as far as it proves that a commit ran.
#[derive(Debug, Deserialize)]
struct RanShape<'a> {
    #[serde(borrow)]
    sha: Option<Words<'a>>,
    status: Option<Words<'a>>,
    environment: Option<NamedShape<'a>>,
    deployable: Option<JobShape>,
    #[serde(default)]
    created_at: Moment,
}

#[derive(Debug, Deserialize)]
struct JobShape {
    #[serde(default)]
    finished_at: Moment,
}

#[derive(Debug, Deserialize)]
struct NamedShape<'a> {
    #[serde(borrow)]
    name: Option<Words<'a>>,
}

impl RanShape<'_> {
    /// Whether it is a success of this commit there, whatever the server made of the question's filters.
    fn is_of(&self, environment: &str, sha: &str) -> bool {
        let name = self.environment.as_ref().and_then(|one| one.name.as_deref());
        self.sha.as_deref().is_some_and(|one| one.eq_ignore_ascii_case(sha))
            && self.status.as_deref() == Some("success")
            && name == Some(environment)
    }

    /// When it ended, else when it began.
    fn at(&self) -> Option<Timestamp> {
        self.deployable.as_ref().and_then(|job| job.finished_at.0).or(self.created_at.0)
    }
}

#[derive(Debug, Deserialize)]
struct MergeRequestShape<'a> {
    iid: Id,
    #[serde(borrow)]
    state: Option<Words<'a>>,
    author: Option<LoginShape<'a>>,
    #[serde(default, deserialize_with = "or_default")]
    labels: Vec<Words<'a>>,
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

impl MergeRequestShape<'_> {
    fn merge_request(&self) -> MergeRequest {
        let text = |words: Option<&str>| Text::new(words.unwrap_or_default());
        MergeRequest {
            iid: self.iid.0,
            state: text(self.state.as_deref()),
            author: self.author.as_ref().and_then(LoginShape::login),
            labels: self.labels.iter().map(|label| Text::new(label)).collect(),
            web_url: text(self.web_url.as_deref()),
        }
    }
}

#[derive(Debug, Deserialize)]
struct LabelEventShape<'a> {
    #[serde(borrow)]
    action: Option<Words<'a>>,
    label: Option<NamedShape<'a>>,
    user: Option<LoginShape<'a>>,
    #[serde(default)]
    created_at: Moment,
}

impl LabelEventShape<'_> {
    /// The event; none where its label was deleted since.
    fn event(&self) -> Option<LabelEvent> {
        let label = self.label.as_ref()?.name.as_deref()?;
        let by = self.user.as_ref().and_then(LoginShape::login);
        Some(LabelEvent {
            label: Text::new(label),
            is_added: self.action.as_deref() == Some("add"),
            is_bot: by.as_deref().is_some_and(is_bot_name),
            by,
            at: self.created_at.0,
        })
    }
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::fake::{Fake, Reply};
    use crate::domain::FailureKind;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    fn deployment(sha: &str, status: &str, environment: &str) -> serde_json::Value {
        json!({
            "id": 9, "sha": sha, "status": status, "environment": {"name": environment},
            "created_at": "2026-01-12T03:00:00.000Z",
            "deployable": {"finished_at": "2026-01-12T03:04:05.000Z"},
        })
    }

    async fn ran(fake: &Fake) -> Result<Ran, Error> {
        Gitlab::over(fake.http()).ran("acme/shop", "prod/eu", SHA).await
    }

    #[tokio::test]
    async fn a_commit_ran_where_a_success_of_it_is_known() {
        let found = json!([deployment(SHA, "success", "prod/eu")]);
        let fake = Fake::of([Reply::json(found)]).await;
        assert_eq!(ran(&fake).await, Ok(Ran::At("2026-01-12T03:04:05Z".parse().unwrap())));
        let asked = fake.asked();
        assert_eq!(
            asked[0].path,
            "/api/v4/projects/acme%2Fshop/deployments?environment=prod%2Feu&status=success&order_by=id&sort=desc&per_page=100"
        );
    }

    #[tokio::test]
    async fn what_the_server_let_through_its_filters_proves_nothing() {
        let found = json!([
            deployment(SHA, "failed", "prod/eu"),
            deployment(SHA, "success", "staging"),
            deployment("76543210fedcba987654321076543210fedcba98", "success", "prod/eu"),
        ]);
        let fake = Fake::of([Reply::json(found)]).await;
        assert_eq!(ran(&fake).await, Ok(Ran::Never));
    }

    #[tokio::test]
    async fn later_pages_are_read_until_it_is_found_and_no_further_than_a_limit() {
        let other = json!([deployment("ff", "success", "prod/eu")]);
        let fake = Fake::by(move |asked| {
            let page: usize = asked.path.split("page=").last().unwrap().parse().unwrap();
            let page = if page == 100 { 1 } else { page };
            let url = format!("/api/v4/projects/1/deployments?page={}", page + 1);
            let host = asked.headers["host"].to_str().unwrap();
            Reply::json(&other).with("link", &format!("<http://{host}{url}>; rel=\"next\""))
        })
        .await;
        assert_eq!(ran(&fake).await, Ok(Ran::NotWithin(20)));
        assert_eq!(fake.asked().len(), 20);
    }

    #[tokio::test]
    async fn a_refusal_says_what_was_being_done() {
        let fake = Fake::of([Reply::json(json!({"message": "403 Forbidden"})).status(403)]).await;
        let error = ran(&fake).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::Forbidden);
        assert_eq!(error.doing, "reading the deployments of acme/shop to prod/eu");
    }

    #[tokio::test]
    async fn the_merge_requests_of_a_commit_are_read_and_text_from_outside_is_inert() {
        let fake = Fake::of([Reply::json(json!([
            {"iid": 7, "state": "merged", "author": {"username": "ada"},
             "labels": ["change::security", "a\u{202e}b"], "web_url": "https://g/acme/shop/-/merge_requests/7"},
            {"iid": 8, "author": null, "labels": null},
        ]))])
        .await;
        let found = Gitlab::over(fake.http()).merge_requests_of("acme/shop", SHA).await.unwrap();
        let text = Text::new;
        let first = MergeRequest {
            iid: 7,
            state: text("merged"),
            author: Some(text("ada")),
            labels: vec![text("change::security"), text("a\u{fffd}b")],
            web_url: text("https://g/acme/shop/-/merge_requests/7"),
        };
        let second = MergeRequest {
            iid: 8,
            state: text(""),
            author: None,
            labels: Vec::new(),
            web_url: text(""),
        };
        assert_eq!(found, [first, second]);
        let path = format!("/api/v4/projects/acme%2Fshop/repository/commits/{SHA}/merge_requests");
        assert!(fake.asked()[0].path.starts_with(&path));
    }

    #[tokio::test]
    async fn label_events_tell_who_and_whether_that_is_a_bot() {
        let fake = Fake::of([Reply::json(json!([
            {"action": "add", "label": {"name": "x"}, "user": {"username": "ada"},
             "created_at": "2026-01-12T03:00:00Z"},
            {"action": "remove", "label": {"name": "x"}, "user": null},
            {"action": "add", "label": {"name": "x"}, "user": {"username": "project_17_bot"}},
            {"action": "add", "label": null, "user": {"username": "ada"}},
        ]))])
        .await;
        let found = Gitlab::over(fake.http()).label_events("acme/shop", 7).await.unwrap();
        let event = |is_added, by: Option<&str>, is_bot, at: Option<&str>| LabelEvent {
            label: Text::new("x"),
            is_added,
            by: by.map(Text::new),
            is_bot,
            at: at.map(|at| at.parse().unwrap()),
        };
        let expected = [
            event(true, Some("ada"), false, Some("2026-01-12T03:00:00Z")),
            event(false, None, false, None),
            event(true, Some("project_17_bot"), true, None),
        ];
        assert_eq!(found, expected);
        let path = "/api/v4/projects/acme%2Fshop/merge_requests/7/resource_label_events";
        assert!(fake.asked()[0].path.starts_with(path));
    }
}
