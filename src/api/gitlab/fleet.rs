//! The fleet: which projects there are, and which pipelines of theirs have not ended or changed lately.

use serde::Deserialize;
use serde_json::{Map, json};

use super::connection::{Capabilities, Gitlab};
use super::convert;
use super::graphql::{self, data, with_options};
use super::kind::{FleetProject, Mark, Place};
use super::node::{FleetNode, MarkNode, Page};
use crate::api::Error;
use crate::domain::{FailureKind, ProjectId, Status, Timestamp};

/// A cursor of one of a project's lists that a page did not hold to its end.
struct Rest {
    /// The place of the project in the fleet.
    project: usize,
    /// The list: pipelines of a status, or those that changed lately.
    status: Option<Status>,
    /// Where to go on.
    after: String,
}

#[derive(Deserialize)]
struct GroupData<'a> {
    #[serde(borrow)]
    group: Option<GroupNode<'a>>,
}

#[derive(Deserialize)]
struct GroupNode<'a> {
    #[serde(borrow)]
    projects: Page<FleetNode<'a>>,
}

#[derive(Deserialize)]
struct ProjectsData<'a> {
    #[serde(borrow)]
    projects: Page<FleetNode<'a>>,
}

#[derive(Deserialize)]
struct MarksData<'a> {
    #[serde(borrow)]
    project: Option<MarksNode<'a>>,
}

#[derive(Deserialize)]
struct MarksNode<'a> {
    #[serde(borrow)]
    pipelines: Option<Page<MarkNode<'a>>>,
}

impl Gitlab {
    /// The projects of a group and its subgroups, archived ones left out; with marks of pipelines that changed since
    /// an instant, where GraphQL is on.
    pub async fn fleet_of_group(
        &self,
        group: &str,
        since: Timestamp,
    ) -> Result<Vec<FleetProject>, Error> {
        let doing = || format!("reading the projects of group {group}");
        let capabilities = self.capabilities().await?;
        if !capabilities.graphql {
            return self.rest_projects_of_group(group).await.map_err(|error| error.doing(doing()));
        }
        self.group_pages(group, since, capabilities).await.map_err(|error| error.doing(doing()))
    }

    /// All pages of a group's projects.
    async fn group_pages(
        &self,
        group: &str,
        since: Timestamp,
        capabilities: Capabilities,
    ) -> Result<Vec<FleetProject>, Error> {
        let document = with_options(graphql::FLEET_GROUP, capabilities);
        let mut fleet = Vec::new();
        let mut rest = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let variables = |first: u32| json!({ "group": group, "since": since, "first": first, "after": after });
            let (answer, _) = self.ask_sized(&document, &self.sizes.fleet, variables).await?;
            let read: GroupData<'_> = data(&answer.body)?;
            let projects = read.group.ok_or_else(|| not_there("group"))?.projects;
            self.add_projects(&projects, &mut fleet, &mut rest);
            after = projects.next();
            if after.is_none() {
                break;
            }
        }
        self.add_rest(&mut fleet, rest, since).await?;
        Ok(fleet)
    }

    /// The same for projects whose ids are known. One that is gone or hidden is not in the answer.
    pub async fn fleet_of_projects(
        &self,
        ids: &[ProjectId],
        since: Timestamp,
    ) -> Result<Vec<FleetProject>, Error> {
        let capabilities = self.capabilities().await?;
        let document = with_options(graphql::FLEET_PROJECTS, capabilities);
        let mut fleet = Vec::new();
        let mut rest = Vec::new();
        let mut left = ids;
        while !left.is_empty() {
            let variables = |first: u32| {
                let ids: Vec<String> =
                    left.iter().take(size(first)).map(|id| project_gid(*id)).collect();
                json!({ "ids": ids, "since": since, "first": first })
            };
            let doing = "reading the watched projects";
            let answer = self.ask_sized(&document, &self.sizes.fleet, variables).await;
            let (answer, asked) = answer.map_err(|error| error.doing(doing))?;
            let read: ProjectsData<'_> = data(&answer.body).map_err(|error| error.doing(doing))?;
            self.add_projects(&read.projects, &mut fleet, &mut rest);
            left = left.get(size(asked)..).unwrap_or_default();
        }
        self.add_rest(&mut fleet, rest, since).await?;
        Ok(fleet)
    }

    /// One project by its path; without marks.
    pub async fn project(&self, path: &str) -> Result<FleetProject, Error> {
        self.rest_project(path)
            .await
            .map_err(|error| error.doing(format!("reading project {path}")))
    }

    /// Takes a page over, and notes the lists that it did not hold to their end.
    fn add_projects(
        &self,
        page: &Page<FleetNode<'_>>,
        fleet: &mut Vec<FleetProject>,
        rest: &mut Vec<Rest>,
    ) {
        let mut interner = self.interner();
        for node in page.nodes.iter().flatten() {
            if node.archived == Some(true) {
                continue;
            }
            let mut project = convert::project(node, &mut interner);
            let mut all = Vec::new();
            for (status, list) in lists(node) {
                let (marks, next) = convert::marks(list);
                all.extend(marks);
                rest.extend(next.map(|after| Rest { project: fleet.len(), status, after }));
            }
            project.marks = Some(all);
            fleet.push(project);
        }
    }

    /// Reads the lists to their end.
    async fn add_rest(
        &self,
        fleet: &mut [FleetProject],
        rest: Vec<Rest>,
        since: Timestamp,
    ) -> Result<(), Error> {
        for Rest { project, status, after } in rest {
            let Some(project) = fleet.get_mut(project) else { continue };
            let since = status.is_none().then_some(since);
            let more = self.more_marks(&project.place(), status, since, after).await?;
            project.marks.get_or_insert_default().extend(more);
        }
        Ok(())
    }

    /// The marks of one project's pipelines from a cursor on.
    pub(super) async fn more_marks(
        &self,
        place: &Place,
        status: Option<Status>,
        since: Option<Timestamp>,
        after: String,
    ) -> Result<Vec<Mark>, Error> {
        let mut marks = Vec::new();
        let mut after = Some(after);
        while after.is_some() {
            let mut variables = Map::new();
            variables.insert("project".to_owned(), place.path.as_str().into());
            variables.insert("after".to_owned(), after.into());
            if let Some(status) = &status {
                variables.insert("status".to_owned(), status.as_str().to_uppercase().into());
            }
            if let Some(since) = since {
                variables.insert("since".to_owned(), since.to_string().into());
            }
            let doing = || format!("reading the pipelines of {}", place.path);
            let answer = self.ask_plain(graphql::MARKS, variables.into()).await;
            let answer = answer.map_err(|error| error.doing(doing()))?;
            let read: MarksData<'_> = data(&answer.body).map_err(|error| error.doing(doing()))?;
            let page = read.project.and_then(|project| project.pipelines);
            let (more, next) = page.as_ref().map(convert::marks).unwrap_or_default();
            marks.extend(more);
            after = next;
        }
        Ok(marks)
    }
}

/// The lists of a project with the status that each holds.
fn lists<'a, 'n>(
    node: &'n FleetNode<'a>,
) -> impl Iterator<Item = (Option<Status>, &'n Page<MarkNode<'a>>)> {
    [
        (Some(Status::Created), &node.created),
        (Some(Status::WaitingForResource), &node.waiting),
        (Some(Status::Preparing), &node.preparing),
        (Some(Status::Pending), &node.pending),
        (Some(Status::Running), &node.running),
        (Some(Status::Manual), &node.manual),
        (Some(Status::Scheduled), &node.scheduled),
        (Some(Status::Canceling), &node.canceling),
        (Some(Status::WaitingForCallback), &node.callback),
        (None, &node.recent),
    ]
    .into_iter()
    .filter_map(|(status, list)| Some((status, list.as_ref()?)))
}

/// GraphQL's id of a project.
pub(super) fn project_gid(id: ProjectId) -> String {
    format!("gid://gitlab/Project/{id}")
}

/// A page size as a length.
pub(super) fn size(first: u32) -> usize {
    usize::try_from(first).unwrap_or(usize::MAX).max(1)
}

/// GraphQL answers `null` for what is not there and for what one may not see.
pub(super) fn not_there(what: &str) -> Error {
    Error::new(FailureKind::NotFound, format!("GitLab shows no such {what} to this token"))
}
