//! What GitLab says of one job beyond its row: what it waits for, by the status that it has.

use gitlab::api::common::path_escaped;
use serde::Deserialize;
use serde_json::json;

use super::connection::Gitlab;
use super::graphql::{self, data, shape};
use super::kind::Place;
use super::rest::{Paging, Read, list, read};
use super::wire::{Id, Moment, Words, or_default};
use crate::api::Error;
use crate::domain::beside::{Approval, Assignment, Details, Environment, Holder, ResourceGroup};
use crate::domain::{FailureKind, Job, JobId, PipelineId, RunnerId, Status, Text};

/// So many resource groups of a project are looked through for one that a job waits for.
const MOST_GROUPS: usize = 30;

impl Gitlab {
    /// What a job waits for beyond its row: only what its status makes a question of is asked, at most a handful of
    /// requests. What does not apply is empty.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it. Half of it is none of it: what is missing would be taken for
    /// what does not apply.
    pub async fn details(&self, place: &Place, job: &Job) -> Result<Details, Error> {
        let read = match job.status {
            Status::Created => self.needs(place, job).await,
            Status::Scheduled => self
                .beside(place, job.id)
                .await
                .map(|found| Details { scheduled_at: found.scheduled_at.0, ..Details::default() }),
            Status::Manual => self.person(place, job).await,
            Status::WaitingForResource => self
                .group_of(place, job.id)
                .await
                .map(|resource| Details { resource, ..Details::default() }),
            Status::Pending => self
                .assignment(place)
                .await
                .map(|runners| Details { runners: Some(runners), ..Details::default() }),
            _ => Ok(Details::default()),
        };
        read.map_err(|error| {
            error.doing(format!("reading what job {} of {} waits for", job.id, place.path))
        })
    }

    /// What GraphQL alone tells of a job.
    async fn beside(&self, place: &Place, job: JobId) -> Result<Found, Error> {
        let variables =
            json!({"project": *place.path, "job": format!("gid://gitlab/Ci::Build/{job}")});
        let answer = self.ask_plain(graphql::JOB_BESIDE, variables).await?;
        found(&answer.body)
    }

    /// The jobs before it, what it triggered, and whether its pipeline has faults.
    async fn needs(&self, place: &Place, job: &Job) -> Result<Details, Error> {
        let question = Read::at(format!("projects/{}/pipelines/{}", place.id, job.pipeline));
        let body = self.one(&question).await?;
        let pipeline: PipelineShape<'_> = read(&body)?;
        let found = self.beside(place, job.id).await?;
        Ok(Details {
            needs: found.needs,
            needs_named: found.needs_named,
            downstream: found.downstream,
            pipeline_error: pipeline.yaml_errors.as_deref().map(Text::new),
            ..Details::default()
        })
    }

    /// What a person has to do: approve a deployment, or play the job, where they may.
    async fn person(&self, place: &Place, job: &Job) -> Result<Details, Error> {
        let blocked = self.blocked_deployments(place).await?;
        if let Some(blocked) = blocked.iter().find(|one| one.job == Some(job.id)) {
            let approval = Some(self.approval(place, blocked.id).await?);
            return Ok(Details { approval, ..Details::default() });
        }
        let may_play = self.beside(place, job.id).await?.may_play;
        let environment = if may_play { None } else { self.environment_of(place, job.id).await? };
        Ok(Details { environment, ..Details::default() })
    }

    /// The approvals that a deployment waits for.
    async fn approval(&self, place: &Place, id: u64) -> Result<Approval, Error> {
        let question = Read::at(format!("projects/{}/deployments/{id}", place.id));
        let body = self.one(&question).await?;
        let deployment: DeploymentShape<'_> = read(&body)?;
        Ok(deployment.approval())
    }

    /// The protected environment that a job we may not play deploys to; none where it deploys to none that is.
    async fn environment_of(
        &self,
        place: &Place,
        job: JobId,
    ) -> Result<Option<Environment>, Error> {
        let mut question = Read::at(format!("projects/{}/deployments", place.id));
        question.parameters =
            vec![("status", "created".into()), ("order_by", "id".into()), ("sort", "desc".into())];
        let (pages, _) = self.first_pages(&question, Paging::Link, 1).await?;
        let mut name = None;
        for page in &pages {
            let rows: Vec<DeploymentShape<'_>> = list(&page.body)?;
            let of_job = |one: &&DeploymentShape<'_>| {
                one.deployable.as_ref().is_some_and(|deployable| deployable.id.0 == job.0)
            };
            let environment = rows.iter().find(of_job).and_then(|one| one.environment.as_ref());
            name = name.or(environment.and_then(|one| one.name.as_deref()).map(Text::new));
        }
        let Some(name) = name else { return Ok(None) };
        let question = Read::at(format!("projects/{}/protected_environments", place.id));
        let pages = match self.pages(&question, Paging::Link).await {
            Ok(pages) => pages,
            // Only paid plans protect environments; the others have no such page.
            Err(error) if error.kind == FailureKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        for page in pages {
            let rows: Vec<ProtectionShape<'_>> = list(&page.body)?;
            if let Some(found) = rows.iter().find(|one| *one.name == *name) {
                let deployers = found.deploy_access_levels.iter().filter_map(RuleShape::words);
                let deployers = deployers.collect();
                return Ok(Some(Environment { name, may_deploy: false, deployers }));
            }
        }
        Ok(None)
    }

    /// The resource group that a job waits for. GitLab tells of no job which one that is: each is asked who waits for it.
    async fn group_of(&self, place: &Place, job: JobId) -> Result<Option<ResourceGroup>, Error> {
        let all = format!("projects/{}/resource_groups", place.id);
        let mut groups: Vec<(Text, Text)> = Vec::new();
        for page in self.pages(&Read::at(all.clone()), Paging::Link).await? {
            let rows: Vec<GroupShape<'_>> = list(&page.body)?;
            groups.extend(rows.iter().map(GroupShape::words));
        }
        if groups.len() > MOST_GROUPS {
            let many = format!(
                "the project has {} resource groups, which are too many to ask",
                groups.len()
            );
            return Err(shape(&many));
        }
        for (key, process_mode) in groups {
            let at = format!("{all}/{}", path_escaped(&key));
            let upcoming = self.jobs_at(&format!("{at}/upcoming_jobs")).await?;
            if upcoming.contains(&job) {
                let holder = self.holder(&format!("{at}/current_job")).await?;
                return Ok(Some(ResourceGroup { key, process_mode, holder, upcoming }));
            }
        }
        Ok(None)
    }

    async fn jobs_at(&self, path: &str) -> Result<Vec<JobId>, Error> {
        let mut jobs = Vec::new();
        for page in self.pages(&Read::at(path.to_owned()), Paging::Link).await? {
            let rows: Vec<HolderShape<'_>> = list(&page.body)?;
            jobs.extend(rows.iter().map(|row| JobId(row.id.0)));
        }
        Ok(jobs)
    }

    /// Who holds a resource group now; nobody where GitLab has no such job.
    async fn holder(&self, path: &str) -> Result<Option<Holder>, Error> {
        let body = match self.one(&Read::at(path.to_owned())).await {
            Ok(body) => body,
            Err(error) if error.kind == FailureKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let held: Option<HolderShape<'_>> = read(&body)?;
        Ok(held.map(|held| held.holder()))
    }

    /// Which runners a project may use.
    async fn assignment(&self, place: &Place) -> Result<Assignment, Error> {
        let body = self.one(&Read::at(format!("projects/{}", place.id))).await?;
        let project: ProjectShape = read(&body)?;
        let mut question = Read::at(format!("projects/{}/runners", place.id));
        question.parameters = vec![("type", "project_type".into())];
        let mut own = Vec::new();
        for page in self.pages(&question, Paging::Link).await? {
            let rows: Vec<RunnerShape> = list(&page.body)?;
            own.extend(rows.iter().map(|row| RunnerId(row.id.0)));
        }
        // Where GitLab tells of a switch to nobody of our rights, it is taken for on: it then rules nothing out.
        Ok(Assignment {
            instance: project.shared_runners_enabled.unwrap_or(true),
            group: project.group_runners_enabled.unwrap_or(true),
            own,
        })
    }
}

/// What GraphQL told of a job.
#[derive(Debug, PartialEq)]
struct Found {
    needs: Vec<JobId>,
    needs_named: Vec<Text>,
    downstream: Option<PipelineId>,
    scheduled_at: Moment,
    may_play: bool,
}

fn found(body: &[u8]) -> Result<Found, Error> {
    #[derive(Deserialize)]
    struct Data<'a> {
        #[serde(borrow)]
        project: Option<Holding<'a>>,
    }
    #[derive(Deserialize)]
    struct Holding<'a> {
        #[serde(borrow)]
        job: Option<JobShape<'a>>,
    }
    let told: Data<'_> = data(body)?;
    let job = told.project.and_then(|project| project.job);
    let job = job.ok_or_else(|| {
        Error::new(FailureKind::NotFound, "there is no such job, or it is hidden")
    })?;
    let before = job.previous_stage_jobs_or_needs.unwrap_or_default();
    if before.page_info.has_next_page {
        return Err(shape("it needs more jobs than one page holds"));
    }
    let (mut needs, mut needs_named) = (Vec::new(), Vec::new());
    for one in before.nodes {
        match (one.id, one.name) {
            (Some(id), _) => needs.push(JobId(id.0)),
            (None, Some(name)) => needs_named.push(Text::new(&name)),
            (None, None) => return Err(shape("a job that is needed has no name")),
        }
    }
    Ok(Found {
        needs,
        needs_named,
        downstream: job.downstream_pipeline.map(|one| PipelineId(one.id.0)),
        scheduled_at: job.scheduled_at,
        may_play: job.can_play_job.unwrap_or(true),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JobShape<'a> {
    #[serde(default)]
    scheduled_at: Moment,
    can_play_job: Option<bool>,
    downstream_pipeline: Option<IdShape>,
    #[serde(borrow)]
    previous_stage_jobs_or_needs: Option<NeedsShape<'a>>,
}

#[derive(Deserialize)]
struct IdShape {
    id: Id,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct NeedsShape<'a> {
    #[serde(default)]
    page_info: PageShape,
    #[serde(borrow, default, deserialize_with = "or_default")]
    nodes: Vec<NeedShape<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct PageShape {
    has_next_page: bool,
}

/// A job of the stage before, by its id, or one that is needed, by its name.
#[derive(Deserialize)]
struct NeedShape<'a> {
    id: Option<Id>,
    #[serde(borrow)]
    name: Option<Words<'a>>,
}

#[derive(Deserialize)]
struct PipelineShape<'a> {
    #[serde(borrow)]
    yaml_errors: Option<Words<'a>>,
}

#[derive(Deserialize)]
struct DeploymentShape<'a> {
    deployable: Option<IdShape>,
    #[serde(borrow)]
    environment: Option<NamedShape<'a>>,
    pending_approval_count: Option<u64>,
    approval_summary: Option<SummaryShape<'a>>,
}

#[derive(Deserialize)]
struct NamedShape<'a> {
    #[serde(borrow)]
    name: Option<Words<'a>>,
}

#[derive(Deserialize)]
struct SummaryShape<'a> {
    #[serde(borrow, default, deserialize_with = "or_default")]
    rules: Vec<RuleShape<'a>>,
}

/// A rule of who may deploy or approve.
#[derive(Deserialize)]
struct RuleShape<'a> {
    #[serde(borrow)]
    access_level_description: Option<Words<'a>>,
    required_approvals: Option<usize>,
    #[serde(default, deserialize_with = "or_default")]
    deployment_approvals: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct ProtectionShape<'a> {
    #[serde(borrow)]
    name: Words<'a>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    deploy_access_levels: Vec<RuleShape<'a>>,
}

impl RuleShape<'_> {
    fn words(&self) -> Option<Text> {
        self.access_level_description.as_deref().map(Text::new)
    }

    fn is_open(&self) -> bool {
        self.required_approvals.is_none_or(|most| self.deployment_approvals.len() < most)
    }
}

impl DeploymentShape<'_> {
    fn approval(&self) -> Approval {
        let rules = self.approval_summary.iter().flat_map(|summary| &summary.rules);
        let name = self.environment.as_ref().and_then(|one| one.name.as_deref());
        Approval {
            environment: Text::new(name.unwrap_or_default()),
            pending: self.pending_approval_count.unwrap_or_default(),
            left: rules.filter(|rule| rule.is_open()).filter_map(RuleShape::words).collect(),
        }
    }
}

#[derive(Deserialize)]
struct GroupShape<'a> {
    #[serde(borrow)]
    key: Words<'a>,
    process_mode: Option<Words<'a>>,
}

impl GroupShape<'_> {
    fn words(&self) -> (Text, Text) {
        (Text::new(&self.key), Text::new(self.process_mode.as_deref().unwrap_or_default()))
    }
}

#[derive(Deserialize)]
struct HolderShape<'a> {
    id: Id,
    #[serde(borrow)]
    name: Option<Words<'a>>,
    status: Option<Words<'a>>,
    #[serde(default)]
    started_at: Moment,
}

impl HolderShape<'_> {
    fn holder(&self) -> Holder {
        Holder {
            id: JobId(self.id.0),
            name: Text::new(self.name.as_deref().unwrap_or_default()),
            status: Status::parse(self.status.as_deref().unwrap_or_default()),
            since: self.started_at.0,
        }
    }
}

#[derive(Deserialize)]
struct ProjectShape {
    shared_runners_enabled: Option<bool>,
    group_runners_enabled: Option<bool>,
}

#[derive(Deserialize)]
struct RunnerShape {
    id: Id,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_of_the_stage_before_are_told_by_id_and_needs_by_name() {
        let json = br#"{"data":{"project":{"job":{"scheduledAt":null,"canPlayJob":false,
            "downstreamPipeline":{"id":"gid://gitlab/Ci::Pipeline/901"},
            "previousStageJobsOrNeeds":{"pageInfo":{"hasNextPage":false},"nodes":[
                {"__typename":"CiJob","id":"gid://gitlab/Ci::Build/7"},
                {"__typename":"CiBuildNeed","name":"build"}]}}}}}"#;
        let expected = Found {
            needs: vec![JobId(7)],
            needs_named: vec![Text::new("build")],
            downstream: Some(PipelineId(901)),
            scheduled_at: Moment(None),
            may_play: false,
        };
        assert_eq!(found(json).unwrap(), expected);
    }

    #[test]
    fn a_job_that_is_hidden_is_not_one_that_needs_nothing() {
        for json in [&br#"{"data":{"project":null}}"#[..], br#"{"data":{"project":{"job":null}}}"#]
        {
            assert_eq!(found(json).unwrap_err().kind, FailureKind::NotFound);
        }
    }

    #[test]
    fn who_may_still_approve_is_told_by_the_rules_that_are_open() {
        let json = r#"{"id":42,"environment":{"name":"production"},"pending_approval_count":1,
            "approval_summary":{"rules":[
                {"access_level_description":"Maintainers","required_approvals":1,"deployment_approvals":[{"user":{}}]},
                {"access_level_description":"release-managers","required_approvals":1,"deployment_approvals":[]}]}}"#;
        let read: DeploymentShape<'_> = serde_json::from_str(json).unwrap();
        let expected = Approval {
            environment: Text::new("production"),
            pending: 1,
            left: vec![Text::new("release-managers")],
        };
        assert_eq!(read.approval(), expected);
    }
}
