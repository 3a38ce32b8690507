//! Where the work of projects stands: what moves, what changed, in as few questions as possible.

use serde::Deserialize;
use serde_json::json;

use super::connection::{Capabilities, Gitlab};
use super::convert;
use super::fleet::{project_gid, size};
use super::graphql::{self, data, unfinished};
use super::kind::{Active, Moving, Place};
use super::node::{ActiveNode, MovingNode, Page};
use crate::api::Error;
use crate::domain::{ProjectId, Timestamp};

#[derive(Deserialize)]
struct ActiveData<'a> {
    #[serde(borrow)]
    projects: Page<ActiveNode<'a>>,
}

#[derive(Deserialize)]
struct MovingData<'a> {
    #[serde(borrow)]
    project: Option<MovingHolder<'a>>,
}

#[derive(Deserialize)]
struct MovingHolder<'a> {
    #[serde(borrow)]
    pipelines: Option<Page<MovingNode<'a>>>,
}

/// One project's answer: where its work stands, or why that cannot be read.
pub type ActiveAnswer = (ProjectId, Result<Active, Error>);

impl Gitlab {
    /// Where the work of these projects stands, and which of their pipelines changed since an instant.
    ///
    /// A project that is gone or hidden answers for itself; an error of the whole is one that concerns them all.
    pub async fn active(
        &self,
        places: &[Place],
        since: Timestamp,
    ) -> Result<Vec<ActiveAnswer>, Error> {
        let capabilities = self.capabilities().await?;
        if !capabilities.graphql {
            return self.rest_active(places, since).await;
        }
        let mut answers = Vec::with_capacity(places.len());
        let mut left = places;
        while !left.is_empty() {
            let batch = self.active_batch(left, since, capabilities).await;
            let (read, asked) =
                batch.map_err(|error| error.doing("reading the queue of active projects"))?;
            answers.extend(read);
            left = left.get(asked..).unwrap_or_default();
        }
        Ok(answers)
    }

    /// One batch, and how many projects it was.
    async fn active_batch(
        &self,
        places: &[Place],
        since: Timestamp,
        capabilities: Capabilities,
    ) -> Result<(Vec<ActiveAnswer>, usize), Error> {
        let statuses = unfinished(capabilities);
        let variables = |first: u32| {
            let ids: Vec<String> =
                places.iter().take(size(first)).map(|place| project_gid(place.id)).collect();
            json!({ "ids": ids, "statuses": statuses, "since": since, "first": first })
        };
        let (answer, asked) =
            self.ask_sized(graphql::ACTIVE, &self.sizes.active, variables).await?;
        let batch = places.get(..size(asked)).unwrap_or(places);
        let read: ActiveData<'_> = data(&answer.body)?;
        let mut answers = Vec::with_capacity(batch.len());
        for place in batch {
            let node = read.projects.nodes.iter().flatten().find(|node| node.id.0 == place.id.0);
            let answer = match node {
                Some(node) => self.one_active(place, node, since, capabilities).await,
                None => Err(super::fleet::not_there("project")
                    .doing(format!("reading the queue of {}", place.path))),
            };
            match answer {
                Err(error) if !error.is_about_one_part() => return Err(error),
                answer => answers.push((place.id, answer)),
            }
        }
        Ok((answers, batch.len()))
    }

    /// One project of a batch, its lists read to their end.
    async fn one_active(
        &self,
        place: &Place,
        node: &ActiveNode<'_>,
        since: Timestamp,
        capabilities: Capabilities,
    ) -> Result<Active, Error> {
        let mut active = Active { project: place.id, moving: Vec::new(), recent: Vec::new() };
        for (status, page) in [("RUNNING", &node.running), ("PENDING", &node.pending)] {
            let Some(page) = page else { continue };
            self.add_moving(page, &mut active.moving);
            if let Some(after) = page.next() {
                active.moving.extend(self.more_moving(place, status, after, capabilities).await?);
            }
        }
        if let Some(page) = &node.recent {
            let (marks, next) = convert::marks(page);
            active.recent.extend(marks);
            if let Some(after) = next {
                active.recent.extend(self.more_marks(place, None, Some(since), after).await?);
            }
        }
        Ok(active)
    }

    fn add_moving(&self, page: &Page<MovingNode<'_>>, moving: &mut Vec<Moving>) {
        let mut interner = self.interner();
        moving.extend(page.nodes.iter().flatten().map(|node| convert::moving(node, &mut interner)));
    }

    /// The pipelines that move from a cursor on.
    async fn more_moving(
        &self,
        place: &Place,
        status: &str,
        after: String,
        capabilities: Capabilities,
    ) -> Result<Vec<Moving>, Error> {
        let mut moving = Vec::new();
        let statuses = unfinished(capabilities);
        let mut after = Some(after);
        while after.is_some() {
            let variables = json!({
                "project": place.path.as_str(), "status": status, "statuses": statuses, "after": after,
            });
            let answer = self.ask_plain(graphql::MOVING, variables).await?;
            let read: MovingData<'_> = data(&answer.body)?;
            let page = read.project.and_then(|project| project.pipelines).unwrap_or_default();
            self.add_moving(&page, &mut moving);
            after = page.next();
        }
        Ok(moving)
    }
}
