//! Where the work of projects stands and what whole pipelines hold, by REST.

use std::collections::{BTreeMap, HashMap};

use gitlab::api::projects::jobs::{JobScope, Jobs};
use gitlab::api::projects::pipelines::{
    Pipeline as PipelineEndpoint, PipelineBridges, PipelineJobs,
};

use super::connection::Gitlab;
use super::kind::{Active, Mark, Moving, Place, Wanted, Whole};
use super::queue::ActiveAnswer;
use super::rest::{Paging, Read, list, read, unbuilt};
use super::rest_shape::{BridgeShape, JobShape, PipelineShape, note_retries, step};
use crate::api::Error;
use crate::domain::{FailureKind, JobId, PipelineId, ProjectId, Status, Text, Timestamp};

/// The states of jobs that move. Preparing jobs and the like are seen when their pipeline is read.
const MOVING: [JobScope; 4] =
    [JobScope::Created, JobScope::Pending, JobScope::Running, JobScope::WaitingForResource];

impl Gitlab {
    /// Where the work of these projects stands, one project after the other.
    pub(super) async fn rest_active(
        &self,
        places: &[Place],
        since: Timestamp,
    ) -> Result<Vec<ActiveAnswer>, Error> {
        let mut answers = Vec::with_capacity(places.len());
        for place in places {
            let active = self.rest_one_active(place, since).await;
            match active
                .map_err(|error| error.doing(format!("reading the queue of {}", place.path)))
            {
                Err(error) if !error.is_about_one_part() => return Err(error),
                active => answers.push((place.id, active)),
            }
        }
        Ok(answers)
    }

    async fn rest_one_active(&self, place: &Place, since: Timestamp) -> Result<Active, Error> {
        let recent = self.pipelines_by(place, "updated_after", since.to_string()).await?;
        let endpoint = Jobs::builder()
            .project(place.id.0)
            .scopes(MOVING.into_iter())
            .build()
            .map_err(|error| unbuilt(&error))?;
        let mut moving: BTreeMap<PipelineId, Moving> = BTreeMap::new();
        for page in self.pages(&endpoint, Paging::Keyset).await? {
            let mut interner = self.interner();
            for shape in list::<JobShape<'_>>(&page.body)? {
                let Some(pipeline) = &shape.pipeline else { continue };
                let id = PipelineId(pipeline.id.0);
                let job = shape.job(place.id, id, self.now(), &mut interner);
                let one = moving.entry(id).or_insert_with(|| Moving {
                    mark: Mark {
                        id,
                        iid: pipeline.iid.map(|iid| iid.0),
                        status: Status::parse(pipeline.status.as_deref().unwrap_or_default()),
                        updated_at: pipeline.updated_at.0,
                    },
                    steps: Vec::new(),
                    // Jobs that wait for a person or a date are not in this list.
                    complete: false,
                });
                one.steps.push(step(&job));
            }
        }
        Ok(Active { project: place.id, moving: moving.into_values().collect(), recent })
    }

    /// The marks of a project's pipelines in the states in which they may rest for long. Only REST needs to ask.
    pub async fn resting(&self, place: &Place) -> Result<Vec<Mark>, Error> {
        let mut marks = Vec::new();
        for status in ["manual", "scheduled"] {
            let doing = || format!("reading the {status} pipelines of {}", place.path);
            let found = self.pipelines_by(place, "status", status.to_owned()).await;
            marks.extend(found.map_err(|error| error.doing(doing()))?);
        }
        Ok(marks)
    }

    /// The marks of a project's pipelines that a parameter selects.
    async fn pipelines_by(
        &self,
        place: &Place,
        name: &'static str,
        value: String,
    ) -> Result<Vec<Mark>, Error> {
        let endpoint = Read {
            path: format!("projects/{}/pipelines", place.id),
            parameters: vec![(name, value.into())],
        };
        let mut marks = Vec::new();
        for page in self.pages(&endpoint, Paging::Link).await? {
            let shapes: Vec<PipelineShape<'_>> = list(&page.body)?;
            marks.extend(shapes.iter().map(PipelineShape::mark));
        }
        Ok(marks)
    }

    /// One pipeline in full; `None` where it is gone.
    pub(super) async fn rest_whole(&self, wanted: &Wanted) -> Result<Option<Whole>, Error> {
        let endpoint = PipelineEndpoint::builder()
            .project(wanted.place.id.0)
            .pipeline(wanted.id.0)
            .build()
            .map_err(|error| unbuilt(&error))?;
        let body = match self.one(&endpoint).await {
            Ok(body) => body,
            Err(error) if error.kind == FailureKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let shape: PipelineShape<'_> = read(&body)?;
        let place = wanted.place.clone();
        let pipeline = shape.pipeline(place.id, self.now(), &mut self.interner());
        let jobs = self.rest_jobs(place.id, pipeline.id).await?;
        let downstream = self.rest_downstream(place.id, pipeline.id).await?;
        Ok(Some(Whole { place, pipeline, jobs, downstream }))
    }

    /// The jobs of a pipeline, earlier attempts included.
    async fn rest_jobs(
        &self,
        project: ProjectId,
        pipeline: PipelineId,
    ) -> Result<Vec<crate::domain::Job>, Error> {
        let endpoint = PipelineJobs::builder()
            .project(project.0)
            .pipeline(pipeline.0)
            .include_retried(true)
            .build()
            .map_err(|error| unbuilt(&error))?;
        let mut jobs = Vec::new();
        for page in self.pages(&endpoint, Paging::Link).await? {
            let mut interner = self.interner();
            let shapes: Vec<JobShape<'_>> = list(&page.body)?;
            jobs.extend(
                shapes.iter().map(|job| job.job(project, pipeline, self.now(), &mut interner)),
            );
        }
        note_retries(&mut jobs);
        Ok(jobs)
    }

    /// The pipelines that a pipeline triggered. REST does not tell the paths of their projects.
    async fn rest_downstream(
        &self,
        project: ProjectId,
        pipeline: PipelineId,
    ) -> Result<Vec<(Place, Mark)>, Error> {
        let endpoint = PipelineBridges::builder()
            .project(project.0)
            .pipeline(pipeline.0)
            .build()
            .map_err(|error| unbuilt(&error))?;
        let mut found = Vec::new();
        for page in self.pages(&endpoint, Paging::Link).await? {
            let shapes: Vec<BridgeShape<'_>> = list(&page.body)?;
            found.extend(
                shapes.iter().filter_map(|bridge| bridge.downstream_pipeline.as_ref()).filter_map(
                    |one| {
                        let place = Place { id: ProjectId(one.project_id?.0), path: Text::new("") };
                        Some((place, one.mark()))
                    },
                ),
            );
        }
        Ok(found)
    }

    /// Why the failed jobs of a pipeline failed: GraphQL of 16.3 does not tell.
    pub async fn failure_reasons(
        &self,
        place: &Place,
        pipeline: PipelineId,
    ) -> Result<HashMap<JobId, Text>, Error> {
        let doing = || format!("reading why jobs of pipeline {pipeline} of {} failed", place.path);
        let endpoint = PipelineJobs::builder()
            .project(place.id.0)
            .pipeline(pipeline.0)
            .scope(JobScope::Failed)
            .include_retried(true)
            .build()
            .map_err(|error| unbuilt(&error))?;
        let mut reasons = HashMap::new();
        let pages = self.pages(&endpoint, Paging::Link).await;
        for page in pages.map_err(|error| error.doing(doing()))? {
            let mut interner = self.interner();
            let shapes: Vec<JobShape<'_>> =
                list(&page.body).map_err(|error| error.doing(doing()))?;
            reasons.extend(
                shapes.iter().filter_map(|job| Some((JobId(job.id.0), job.reason(&mut interner)?))),
            );
        }
        Ok(reasons)
    }
}
