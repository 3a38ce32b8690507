//! Vulnerabilities that somebody dismissed as an acceptable risk: GraphQL alone tells of them, and only where they are paid for.

use serde::Deserialize;
use serde_json::json;

use super::connection::Gitlab;
use super::fleet::project_gid;
use super::graphql::{self, data};
use super::kind::Place;
use super::wire::{Id, Words, or_default};
use crate::api::Error;
use crate::domain::{FailureKind, Text};

/// The most pages of one project that are read, a hundred vulnerabilities each.
const MOST_PAGES: usize = 20;

/// A dismissed vulnerability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dismissed {
    /// The full path of its project.
    pub project: Text,
    /// Its number.
    pub id: u64,
    /// Its identifier, a CVE say, or its title.
    pub name: Text,
    /// `dismissalReason`.
    pub reason: Text,
    /// What whoever dismissed it wrote.
    pub comment: Option<Text>,
    /// Who dismissed it.
    pub author: Option<Text>,
}

/// What was told of some projects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dismissals {
    /// All of them.
    pub all: Vec<Dismissed>,
    /// The projects of which GitLab told, by full path; of others it says nothing.
    pub told: Vec<Text>,
    /// How many requests it took.
    pub requests: usize,
}

impl Gitlab {
    /// The vulnerabilities of projects that were dismissed as an acceptable risk. `None` where this GitLab has no such
    /// thing to tell: another plan, an older version, no GraphQL; with its own words.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn dismissals(&self, projects: &[Place]) -> Result<Result<Dismissals, Text>, Error> {
        let doing =
            || format!("reading the dismissed vulnerabilities of {} projects", projects.len());
        if !self.capabilities().await.map_err(|error| error.doing(doing()))?.graphql {
            return Ok(Err(Text::new("GraphQL is switched off here, and nothing else tells")));
        }
        match self.read_dismissals(projects).await {
            Ok(found) => Ok(Ok(found)),
            // The field is not known, or not paid for; a token that may not see it is told the same.
            Err(error) if error.kind == FailureKind::Query => Ok(Err(Text::new(&error.message))),
            Err(error) => Err(error.doing(doing())),
        }
    }

    async fn read_dismissals(&self, projects: &[Place]) -> Result<Dismissals, Error> {
        let mut found = Dismissals::default();
        let mut left = projects;
        while !left.is_empty() {
            let page = |size: u32| left.get(..size as usize).unwrap_or(left);
            let variables = |size: u32| {
                let ids: Vec<String> = page(size).iter().map(|one| project_gid(one.id)).collect();
                json!({"ids": ids, "first": size, "after": null})
            };
            let size = &self.sizes.dismissals;
            let (answer, size) = self.ask_sized(graphql::DISMISSALS, size, variables).await?;
            found.requests += 1;
            let more = found.take(&answer.body)?;
            for (project, after) in more {
                if let Some(place) = projects.iter().find(|one| one.path == project) {
                    self.rest_of(place, after, &mut found).await?;
                }
            }
            left = left.get(size as usize..).unwrap_or_default();
        }
        Ok(found)
    }

    /// What a page did not hold of one project.
    async fn rest_of(
        &self,
        project: &Place,
        after: Text,
        found: &mut Dismissals,
    ) -> Result<(), Error> {
        let mut after = Some(after);
        for _ in 0..MOST_PAGES {
            let Some(cursor) = after.take() else { return Ok(()) };
            let variables =
                json!({"ids": [project_gid(project.id)], "first": 1, "after": cursor.as_str()});
            let answer = self.ask_plain(graphql::DISMISSALS, variables).await?;
            found.requests += 1;
            after = found.take(&answer.body)?.into_iter().next().map(|(_, next)| next);
        }
        Err(super::graphql::shape("the list of dismissed vulnerabilities has no end"))
    }
}

impl Dismissals {
    /// Takes in an answer; the projects of which there is more, each with where to go on.
    fn take(&mut self, body: &[u8]) -> Result<Vec<(Text, Text)>, Error> {
        let read: Found<'_> = data(body)?;
        let mut more = Vec::new();
        for project in read.projects.map(|projects| projects.nodes).unwrap_or_default() {
            let path = Text::new(&project.full_path);
            let Some(page) = project.vulnerabilities else { continue };
            self.all.extend(page.nodes.iter().map(|one| one.dismissed(&path)));
            if page.page_info.has_next_page
                && let Some(cursor) = page.page_info.end_cursor.as_deref()
            {
                more.push((path.clone(), Text::new(cursor)));
            }
            if !self.told.contains(&path) {
                self.told.push(path);
            }
        }
        Ok(more)
    }
}

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(borrow)]
    projects: Option<ProjectsShape<'a>>,
}

#[derive(Deserialize)]
struct ProjectsShape<'a> {
    #[serde(borrow, default, deserialize_with = "or_default")]
    nodes: Vec<ProjectShape<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProjectShape<'a> {
    #[serde(borrow)]
    full_path: Words<'a>,
    vulnerabilities: Option<PageShape<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageShape<'a> {
    #[serde(borrow, default, deserialize_with = "or_default")]
    nodes: Vec<VulnerabilityShape<'a>>,
    #[serde(default)]
    page_info: PageInfo<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo<'a> {
    #[serde(default)]
    has_next_page: bool,
    #[serde(borrow)]
    end_cursor: Option<Words<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VulnerabilityShape<'a> {
    id: Id,
    #[serde(borrow)]
    title: Option<Words<'a>>,
    dismissal_reason: Option<Words<'a>>,
    primary_identifier: Option<NameShape<'a>>,
    state_transitions: Option<TransitionsShape<'a>>,
}

#[derive(Deserialize)]
struct NameShape<'a> {
    #[serde(borrow)]
    name: Option<Words<'a>>,
}

#[derive(Deserialize)]
struct TransitionsShape<'a> {
    #[serde(borrow, default, deserialize_with = "or_default")]
    nodes: Vec<TransitionShape<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TransitionShape<'a> {
    #[serde(borrow)]
    to_state: Option<Words<'a>>,
    comment: Option<Words<'a>>,
    author: Option<AuthorShape<'a>>,
}

#[derive(Deserialize)]
struct AuthorShape<'a> {
    #[serde(borrow)]
    username: Option<Words<'a>>,
}

impl VulnerabilityShape<'_> {
    fn dismissed(&self, project: &Text) -> Dismissed {
        let text = |words: Option<&Words<'_>>| words.map(|words| Text::new(words));
        let name = self.primary_identifier.as_ref().and_then(|one| text(one.name.as_ref()));
        let all = self.state_transitions.as_ref().map(|one| one.nodes.as_slice());
        let is_dismissal =
            |one: &&TransitionShape<'_>| one.to_state.as_deref() == Some("DISMISSED");
        let last = all.unwrap_or_default().iter().rfind(is_dismissal);
        Dismissed {
            project: project.clone(),
            id: self.id.0,
            name: name.or_else(|| text(self.title.as_ref())).unwrap_or_else(|| Text::new("")),
            reason: text(self.dismissal_reason.as_ref()).unwrap_or_else(|| Text::new("")),
            comment: last.and_then(|one| text(one.comment.as_ref())),
            author: last.and_then(|one| text(one.author.as_ref()?.username.as_ref())),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::fake::{Asked, Fake, Reply};
    use crate::domain::ProjectId;

    fn place(id: u64, path: &str) -> Place {
        Place { id: ProjectId(id), path: Text::new(path) }
    }

    fn page(path: &str, id: u64, cursor: Option<&str>) -> Value {
        json!({"data": {"projects": {"nodes": [
            {"fullPath": "a/hidden", "vulnerabilities": null},
            {"fullPath": path, "vulnerabilities": {
                "pageInfo": {"hasNextPage": cursor.is_some(), "endCursor": cursor},
                "nodes": [{"id": format!("gid://gitlab/Vulnerability/{id}"), "title": "a title",
                    "dismissalReason": "ACCEPTABLE_RISK", "primaryIdentifier": {"name": "CVE-2024-1"},
                    "stateTransitions": {"nodes": [
                        {"toState": "DISMISSED", "comment": "first", "author": {"username": "asha"}},
                        {"toState": "DETECTED", "comment": null, "author": null},
                        {"toState": "DISMISSED", "comment": "behind the gateway", "author": {"username": "lena"}},
                    ]}}],
            }},
        ]}}})
    }

    /// A GitLab whose GraphQL is asked for what it can first.
    async fn gitlab(answer: impl Fn(&str) -> Value + Send + Sync + 'static) -> Fake {
        Fake::by(move |asked: &Asked| {
            let body = String::from_utf8_lossy(&asked.body).into_owned();
            if body.contains("Dismissals") {
                return Reply::json(answer(&body));
            }
            Reply::json(json!({"data": {"status": null, "trigger": null, "__type": null}}))
        })
        .await
    }

    #[tokio::test]
    async fn the_last_dismissal_tells_who_and_why_and_pages_are_followed() {
        let fake = gitlab(|body| {
            if body.contains("\"after\":\"c1\"") {
                page("a/b", 82, None)
            } else {
                page("a/b", 81, Some("c1"))
            }
        })
        .await;
        let paths = [place(1, "a/b"), place(2, "a/hidden")];
        let found = Gitlab::over(fake.http()).dismissals(&paths).await.unwrap().unwrap();
        let text = Text::new;
        let dismissed = |id| Dismissed {
            project: text("a/b"),
            id,
            name: text("CVE-2024-1"),
            reason: text("ACCEPTABLE_RISK"),
            comment: Some(text("behind the gateway")),
            author: Some(text("lena")),
        };
        let all = vec![dismissed(81), dismissed(82)];
        assert_eq!(found, Dismissals { all, told: vec![text("a/b")], requests: 2 });
    }

    #[tokio::test]
    async fn a_field_that_nobody_pays_for_is_not_available_and_no_error() {
        let fake =
            gitlab(|_| json!({"errors": [{"message": "Field 'vulnerabilities' doesn't exist"}]}))
                .await;
        let found = Gitlab::over(fake.http()).dismissals(&[place(1, "a/b")]).await.unwrap();
        assert!(found.unwrap_err().contains("Field 'vulnerabilities' doesn't exist"));
    }
}
