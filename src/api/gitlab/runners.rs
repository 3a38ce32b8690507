//! The runners of groups and projects, with the managers behind them.

use std::sync::Arc;

use gitlab::api::groups::runners::GroupRunners;
use gitlab::api::projects::runners::ProjectRunners;
use gitlab::api::runners::Runner as RunnerEndpoint;
use serde::Deserialize;
use serde_json::json;

use super::connection::Gitlab;
use super::convert;
use super::fleet::not_there;
use super::graphql::{self, data};
use super::node::{ManagerNode, Page, RunnerNode};
use super::rest::{Pages, Paging, Read, list, read, unbuilt};
use super::rest_shape::{ManagerShape, RunnerShape};
use crate::api::Error;
use crate::domain::{Runner, RunnerId, RunnerManager};

#[derive(Deserialize)]
struct RunnersData<'a> {
    #[serde(borrow)]
    group: Option<Holder<'a>>,
    #[serde(borrow)]
    project: Option<Holder<'a>>,
}

#[derive(Deserialize)]
struct Holder<'a> {
    #[serde(borrow)]
    runners: Option<Page<RunnerNode<'a>>>,
}

#[derive(Deserialize)]
struct ManagersData<'a> {
    #[serde(borrow)]
    runner: Option<ManagersOf<'a>>,
}

#[derive(Deserialize)]
struct ManagersOf<'a> {
    #[serde(borrow)]
    managers: Option<Page<ManagerNode<'a>>>,
}

impl Gitlab {
    /// The runners of a group and of everything below it.
    pub async fn runners_of_group(&self, group: &str) -> Result<Vec<Runner>, Error> {
        let doing = || format!("reading the runners of group {group}");
        if self.capabilities().await?.graphql {
            let runners = self.runners_by(graphql::RUNNERS, "group", group).await;
            return runners.map_err(|error| error.doing(doing()));
        }
        let endpoint =
            GroupRunners::builder().group(group).build().map_err(|error| unbuilt(&error))?;
        let pages =
            self.pages(&endpoint, Paging::Link).await.map_err(|error| error.doing(doing()))?;
        self.rest_runners(pages).await.map_err(|error| error.doing(doing()))
    }

    /// The runners that a project may use.
    pub async fn runners_of_project(&self, project: &str) -> Result<Vec<Runner>, Error> {
        let doing = || format!("reading the runners of project {project}");
        if self.capabilities().await?.graphql {
            let runners = self.runners_by(graphql::PROJECT_RUNNERS, "project", project).await;
            return runners.map_err(|error| error.doing(doing()));
        }
        let endpoint =
            ProjectRunners::builder().project(project).build().map_err(|error| unbuilt(&error))?;
        let pages =
            self.pages(&endpoint, Paging::Link).await.map_err(|error| error.doing(doing()))?;
        self.rest_runners(pages).await.map_err(|error| error.doing(doing()))
    }

    /// All pages of a list of runners.
    async fn runners_by(
        &self,
        document: &str,
        holder: &str,
        path: &str,
    ) -> Result<Vec<Runner>, Error> {
        let mut runners = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let variables = |first: u32| json!({ holder: path, "first": first, "after": after });
            let (answer, _) = self.ask_sized(document, &self.sizes.runners, variables).await?;
            let read: RunnersData<'_> = data(&answer.body)?;
            let found = read.group.or(read.project).ok_or_else(|| not_there(holder))?;
            let page = found.runners.ok_or_else(|| not_there("list of runners"))?;
            for node in page.nodes.iter().flatten() {
                let mut runner = convert::runner(node, &mut self.interner());
                if let Some(after) = node.managers.as_ref().and_then(Page::next) {
                    self.add_managers(&mut runner, after).await?;
                }
                runners.push(runner);
            }
            after = page.next();
            if after.is_none() {
                return Ok(runners);
            }
        }
    }

    /// Reads a runner's managers to their end.
    async fn add_managers(&self, runner: &mut Runner, after: String) -> Result<(), Error> {
        let mut managers = runner.managers.to_vec();
        let mut after = Some(after);
        while after.is_some() {
            let gid = format!("gid://gitlab/Ci::Runner/{}", runner.id);
            let variables = json!({ "runner": gid, "after": after });
            let answer = self.ask_plain(graphql::RUNNER_MANAGERS, variables).await?;
            let read: ManagersData<'_> = data(&answer.body)?;
            let page = read.runner.and_then(|runner| runner.managers).unwrap_or_default();
            managers.extend(page.nodes.iter().flatten().map(convert::manager));
            after = page.next();
        }
        runner.managers = managers.into();
        runner.managers_complete = true;
        Ok(())
    }

    /// Runners of a REST list, which lacks tags and contacts: each is asked for alone.
    async fn rest_runners(&self, pages: Pages) -> Result<Vec<Runner>, Error> {
        let mut runners = Vec::new();
        for page in pages {
            for shape in list::<RunnerShape<'_>>(&page.body)? {
                let id = RunnerId(shape.id.0);
                let listed = shape.runner(&mut self.interner());
                let mut runner = match self.rest_runner(id).await {
                    Ok(runner) => runner,
                    Err(error) if error.is_about_one_part() => listed,
                    Err(error) => return Err(error),
                };
                match self.rest_managers(id).await {
                    Ok(managers) => {
                        runner.managers = managers;
                        runner.managers_complete = true;
                    }
                    Err(error) if error.is_about_one_part() => {}
                    Err(error) => return Err(error),
                }
                runners.push(runner);
            }
        }
        Ok(runners)
    }

    async fn rest_runner(&self, id: RunnerId) -> Result<Runner, Error> {
        let endpoint =
            RunnerEndpoint::builder().runner(id.0).build().map_err(|error| unbuilt(&error))?;
        let body = self.one(&endpoint).await?;
        let shape: RunnerShape<'_> = read(&body)?;
        Ok(shape.runner(&mut self.interner()))
    }

    async fn rest_managers(&self, id: RunnerId) -> Result<Arc<[RunnerManager]>, Error> {
        let mut managers = Vec::new();
        for page in self.pages(&Read::at(format!("runners/{id}/managers")), Paging::Link).await? {
            let shapes: Vec<ManagerShape<'_>> = list(&page.body)?;
            managers.extend(shapes.iter().map(ManagerShape::manager));
        }
        Ok(managers.into())
    }
}
