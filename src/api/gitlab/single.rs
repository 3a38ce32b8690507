//! Single questions: who we are, which GitLab this is, a job, its log, a project's protected branches.

use std::sync::Arc;

use gitlab::api::Endpoint;
use gitlab::api::RestClient;
use gitlab::api::personal_access_tokens::PersonalAccessTokenSelf;
use gitlab::api::projects::jobs::{Job as JobEndpoint, JobTrace};
use gitlab::api::projects::protected_branches::ProtectedBranches;
use gitlab::api::users::CurrentUser;

use super::connection::Gitlab;
use super::kind::{Place, RunnerStanding, TokenFacts, TraceEnd};
use super::rest::{Paging, Read, list, ours, read, unbuilt};
use super::rest_shape::{BranchShape, JobShape, TokenShape, UserShape, VersionShape};
use crate::api::Error;
use crate::api::http::Body;
use crate::domain::{Job, JobId, PipelineId, RefPattern, RunnerId, Text};

impl Gitlab {
    /// The token that we use: its scopes, its end, its owner.
    pub async fn token_facts(&self) -> Result<TokenFacts, Error> {
        let doing = "reading what the token may do";
        let endpoint =
            PersonalAccessTokenSelf::builder().build().map_err(|error| unbuilt(&error))?;
        let body = self.one(&endpoint).await.map_err(|error| error.doing(doing))?;
        let token: TokenShape<'_> = read(&body).map_err(|error| error.doing(doing))?;
        // Some tokens may not read their user; the token's own facts are what counts.
        let user = CurrentUser::builder().build().map_err(|error| unbuilt(&error))?;
        let user = self.one(&user).await.unwrap_or_default();
        let user = read::<UserShape<'_>>(&user).ok().and_then(|user| user.username);
        Ok(token.facts(user.as_deref().map(Text::new)))
    }

    /// Which GitLab this is, e.g. `17.5.1-ee`.
    pub async fn version(&self) -> Result<Text, Error> {
        let doing = "reading the version of GitLab";
        let body =
            self.one(&Read::at("version".to_owned())).await.map_err(|error| error.doing(doing))?;
        let shape: VersionShape<'_> = read(&body).map_err(|error| error.doing(doing))?;
        Ok(Text::new(&shape.version))
    }

    /// The names and patterns of a project's protected branches.
    pub async fn protected_branches(&self, place: &Place) -> Result<Arc<[RefPattern]>, Error> {
        let doing = || format!("reading the protected branches of {}", place.path);
        let endpoint = ProtectedBranches::builder()
            .project(place.id.0)
            .build()
            .map_err(|error| unbuilt(&error))?;
        let mut patterns = Vec::new();
        let pages = self.pages(&endpoint, Paging::Link).await;
        for page in pages.map_err(|error| error.doing(doing()))? {
            let shapes: Vec<BranchShape<'_>> =
                list(&page.body).map_err(|error| error.doing(doing()))?;
            patterns.extend(shapes.iter().map(|branch| RefPattern(Text::new(&branch.name))));
        }
        Ok(patterns.into())
    }

    /// One job, on demand, with its failure reason. REST does not tell whether it was retried.
    pub async fn job(&self, place: &Place, id: JobId) -> Result<Job, Error> {
        let doing = || format!("reading job {id} of {}", place.path);
        let endpoint = JobEndpoint::builder()
            .project(place.id.0)
            .job(id.0)
            .build()
            .map_err(|error| unbuilt(&error))?;
        let body = self.one(&endpoint).await.map_err(|error| error.doing(doing()))?;
        let shape: JobShape<'_> = read(&body).map_err(|error| error.doing(doing()))?;
        let pipeline = shape.pipeline.as_ref().map_or(PipelineId(0), |one| PipelineId(one.id.0));
        Ok(shape.job(place.id, pipeline, self.now(), &mut self.interner()))
    }

    /// How a runner stands: its name, its tags, and whether it is paused.
    pub async fn runner_standing(&self, id: RunnerId) -> Result<RunnerStanding, Error> {
        #[derive(serde::Deserialize)]
        struct Standing {
            description: Option<String>,
            paused: bool,
            run_untagged: Option<bool>,
            tag_list: Option<Vec<String>>,
        }
        let doing = || format!("reading runner {id}");
        let body = self.one(&Read::at(format!("runners/{id}"))).await;
        let body = body.map_err(|error| error.doing(doing()))?;
        let standing: Standing = read(&body).map_err(|error| error.doing(doing()))?;
        let name = standing.description.map_or_else(|| id.to_string(), String::from);
        let tags = |tags: Vec<String>| tags.iter().map(|tag| Text::new(tag)).collect();
        Ok(RunnerStanding {
            name: Text::new(&name),
            paused: standing.paused,
            run_untagged: standing.run_untagged.unwrap_or(true),
            tags: standing.tag_list.map(tags),
        })
    }

    /// The log of a job, of which at most the last `most` bytes are kept. GitLab sends all of it each time.
    pub async fn trace(&self, place: &Place, id: JobId, most: usize) -> Result<TraceEnd, Error> {
        let doing = || format!("reading the log of job {id} of {}", place.path);
        let endpoint = JobTrace::builder()
            .project(place.id.0)
            .job(id.0)
            .build()
            .map_err(|error| unbuilt(&error))?;
        let url = self.rest_endpoint(&endpoint.endpoint()).map_err(ours)?;
        let answer =
            self.http.get(url, Body::Tail(most)).await.map_err(|error| error.doing(doing()))?;
        Ok(TraceEnd { bytes: answer.body, dropped: answer.dropped })
    }
}
