//! Pipelines read in full: every job, earlier attempts included, whatever it takes in pages.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::connection::{Capabilities, Gitlab};
use super::convert;
use super::fleet::{not_there, project_gid, size};
use super::graphql::{self, data, with_options};
use super::kind::{Mark, Place, Wanted, Whole};
use super::node::{HolderNode, HourNode, JobNode, Page};
use crate::api::Error;
use crate::domain::{PipelineId, ProjectId, Timestamp};

/// How many pipelines one question holds.
const TOGETHER: usize = 3;
/// The most pages of jobs that are read of one pipeline; what lies beyond makes it "at least".
const MAX_PAGES: usize = 50;

#[derive(Deserialize)]
struct HourData<'a> {
    #[serde(borrow)]
    projects: Page<HourNode<'a>>,
}

#[derive(Deserialize)]
struct PipelinesData<'a> {
    #[serde(borrow)]
    first: Option<HolderNode<'a>>,
    #[serde(borrow)]
    second: Option<HolderNode<'a>>,
    #[serde(borrow)]
    third: Option<HolderNode<'a>>,
}

#[derive(Deserialize)]
struct JobsData<'a> {
    #[serde(borrow)]
    project: Option<JobsHolder<'a>>,
}

#[derive(Deserialize)]
struct JobsHolder<'a> {
    #[serde(borrow)]
    pipeline: Option<JobsOf<'a>>,
}

#[derive(Deserialize)]
struct JobsOf<'a> {
    #[serde(borrow)]
    jobs: Option<Page<JobNode<'a>>>,
}

/// The pipelines of the last hour, and the marks of those that a page did not hold.
#[derive(Debug, Default)]
pub struct Hour {
    /// Read in full.
    pub wholes: Vec<Whole>,
    /// Still to be read.
    pub rest: Vec<(Place, Mark)>,
    /// The projects that answered.
    pub projects: Vec<ProjectId>,
}

/// One pipeline's answer; `None` where it is gone.
pub type WholeAnswer = (Wanted, Result<Option<Whole>, Error>);

impl Gitlab {
    /// The pipelines that changed since an instant, of as many of these projects as one question holds; and how many
    /// projects that were. Only where GraphQL is on.
    pub async fn hour(&self, places: &[Place], since: Timestamp) -> Result<(Hour, usize), Error> {
        let doing = "reading the pipelines of the last hour";
        let capabilities = self.capabilities().await?;
        let document = with_options(graphql::HOUR, capabilities);
        let variables = |first: u32| {
            let ids: Vec<String> =
                places.iter().take(size(first)).map(|place| project_gid(place.id)).collect();
            json!({ "ids": ids, "since": since, "first": first })
        };
        let answer = self.ask_sized(&document, &self.sizes.hour, variables).await;
        let (answer, asked) = answer.map_err(|error| error.doing(doing))?;
        let read: HourData<'_> = data(&answer.body).map_err(|error| error.doing(doing))?;
        let mut hour = Hour::default();
        for node in read.projects.nodes.iter().flatten() {
            let place = {
                let mut interner = self.interner();
                Place { id: ProjectId(node.id.0), path: interner.text(&node.full_path) }
            };
            hour.projects.push(place.id);
            let Some(page) = &node.pipelines else { continue };
            for pipeline in page.nodes.iter().flatten() {
                let (whole, next) =
                    convert::whole(pipeline, place.clone(), self.now(), &mut self.interner());
                hour.wholes.push(self.complete(whole, next).await?);
            }
            if let Some(after) = page.next() {
                let more = self.more_marks(&place, None, Some(since), after).await?;
                hour.rest.extend(more.into_iter().map(|mark| (place.clone(), mark)));
            }
        }
        Ok((hour, size(asked).min(places.len())))
    }

    /// These pipelines in full. One that is gone or refused answers for itself.
    pub async fn wholes(&self, wanted: &[Wanted]) -> Result<Vec<WholeAnswer>, Error> {
        let capabilities = self.capabilities().await?;
        let mut answers = Vec::with_capacity(wanted.len());
        // Without its number a pipeline cannot be asked for in GraphQL.
        let (numbered, others): (Vec<&Wanted>, Vec<&Wanted>) =
            wanted.iter().partition(|one| capabilities.graphql && one.iid.is_some());
        for chunk in numbered.chunks(TOGETHER) {
            let read = self.chunk(chunk, capabilities).await;
            answers.extend(read.map_err(|error| error.doing("reading pipelines with their jobs"))?);
        }
        for one in others {
            let whole = self.rest_whole(one).await;
            match whole.map_err(|error| error.doing(reading(one))) {
                Err(error) if !error.is_about_one_part() => return Err(error),
                whole => answers.push((one.clone(), whole)),
            }
        }
        Ok(answers)
    }

    /// Up to three pipelines in one question.
    async fn chunk(
        &self,
        chunk: &[&Wanted],
        capabilities: Capabilities,
    ) -> Result<Vec<WholeAnswer>, Error> {
        let document = with_options(graphql::PIPELINES, capabilities);
        let answer = self.ask_plain(&document, chunk_variables(chunk)).await?;
        let read: PipelinesData<'_> = data(&answer.body)?;
        let mut answers = Vec::with_capacity(chunk.len());
        for (one, holder) in chunk.iter().zip([read.first, read.second, read.third]) {
            let answer = match holder {
                None => Err(not_there("project").doing(reading(one))),
                Some(holder) => self
                    .held(&holder)
                    .await
                    .map(|whole| whole.filter(|whole| whole.pipeline.id == one.id)),
            };
            match answer {
                Err(error) if !error.is_about_one_part() => return Err(error),
                answer => answers.push(((*one).clone(), answer)),
            }
        }
        Ok(answers)
    }

    /// The pipeline that a project of an answer holds, with all its jobs.
    async fn held(&self, holder: &HolderNode<'_>) -> Result<Option<Whole>, Error> {
        let Some(node) = &holder.pipeline else { return Ok(None) };
        let (whole, next) = {
            let mut interner = self.interner();
            let path = interner.text(&holder.full_path);
            let place = Place { id: ProjectId(holder.id.0), path };
            convert::whole(node, place, self.now(), &mut interner)
        };
        self.complete(whole, next).await.map(Some)
    }

    /// Reads the further pages of a pipeline's jobs.
    async fn complete(&self, mut whole: Whole, next: Option<String>) -> Result<Whole, Error> {
        let mut next = next;
        for _ in 0..MAX_PAGES {
            let Some(after) = next.take() else { return Ok(whole) };
            let Some(iid) = whole.pipeline.iid else { break };
            let variables = json!({
                "project": whole.place.path.as_str(), "iid": iid.to_string(), "after": after,
            });
            let answer = self.ask_plain(graphql::PIPELINE_JOBS, variables).await?;
            let read: JobsData<'_> = data(&answer.body)?;
            let page = read.project.and_then(|project| project.pipeline).and_then(|one| one.jobs);
            let Some(page) = page else { break };
            let mut interner = self.interner();
            let jobs = page.nodes.iter().flatten();
            whole
                .jobs
                .extend(jobs.filter_map(|job| convert::job(job, &whole.pipeline, &mut interner)));
            next = page.next();
        }
        whole.pipeline.jobs_complete = false;
        Ok(whole)
    }

    /// One pipeline in full, on demand.
    pub async fn pipeline(&self, place: &Place, id: PipelineId) -> Result<Whole, Error> {
        let wanted = Wanted { place: place.clone(), id, iid: None };
        let whole =
            self.rest_whole(&wanted).await.map_err(|error| error.doing(reading(&wanted)))?;
        whole.ok_or_else(|| not_there("pipeline").doing(reading(&wanted)))
    }
}

/// What reading a pipeline is called in an error.
fn reading(wanted: &Wanted) -> String {
    format!("reading pipeline {} of {}", wanted.id, wanted.place.path)
}

/// The variables of a question for up to three pipelines; where there are fewer, the others have the number of none.
fn chunk_variables(chunk: &[&Wanted]) -> Value {
    let mut variables = Map::new();
    for place in 0..TOGETHER {
        let iid = chunk.get(place).and_then(|one| one.iid).unwrap_or_default();
        let path = chunk.get(place).or_else(|| chunk.first()).map(|one| one.place.path.as_str());
        variables.insert(format!("project{place}"), path.unwrap_or_default().into());
        variables.insert(format!("iid{place}"), iid.to_string().into());
    }
    variables.into()
}
