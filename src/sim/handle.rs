//! What a test does to the platform.

use std::sync::Arc;
use std::time::Duration;

use super::NewPipeline;
use super::clock;
use super::fault::Fault;
use super::kubernetes::{Kind, Logs};
use super::scenario::{Exceptions, GraphQl, ScriptedPush, ScriptedSlo};
use super::server::Platform;
use super::world::{Status, Trouble};

/// A handle to the platform; clones act on the same one.
#[derive(Clone)]
pub struct WorldHandle(Arc<Platform>);

impl WorldHandle {
    pub(super) fn new(platform: Arc<Platform>) -> Self {
        Self(platform)
    }

    /// Stops time: from here on nothing happens but what somebody does.
    pub fn freeze(&self) {
        self.0.world().frozen = true;
    }

    /// Lets time go on.
    pub fn thaw(&self) {
        self.0.world().frozen = false;
    }

    /// Ends a pending or running job with success.
    pub fn finish_job(&self, id: u64) {
        self.at_once(|world| world.finish_job(id));
    }

    /// Starts a job that waits, whatever the queue says.
    pub fn start_job(&self, id: u64) {
        self.at_once(|world| world.start_job(id));
    }

    /// Ends a pending or running job with a failure reason of GitLab.
    pub fn fail_job(&self, id: u64, reason: &str) {
        self.at_once(|world| world.fail_job(id, reason));
    }

    /// Starts a pipeline; its id, or `None` when there is no such project.
    pub fn add_pipeline(&self, pipeline: &NewPipeline) -> Option<u64> {
        self.at_once(|world| world.add_pipeline(pipeline))
    }

    /// Renames a job.
    pub fn rename_job(&self, id: u64, name: &str) {
        self.at_once(|world| {
            if let Some(job) = world.jobs.get_mut(id) {
                job.plan.name = Arc::from(name);
            }
        });
    }

    /// The ids of the jobs of a pipeline, oldest first.
    pub fn pipeline_jobs(&self, pipeline: u64) -> Vec<u64> {
        self.0.world().pipelines.get(pipeline).map(|one| one.jobs.clone()).unwrap_or_default()
    }

    /// The ids of the runners that are online and not paused, in their order.
    pub fn runner_ids(&self) -> Vec<u64> {
        self.0.world().runners.values().filter(|one| !one.paused).map(|one| one.id).collect()
    }

    /// The state of a job in the word of the REST API.
    pub fn job_status(&self, id: u64) -> Option<&'static str> {
        self.0.world().jobs.get(id).map(|job| job.status.word())
    }

    /// The project of a job.
    pub fn job_project(&self, id: u64) -> Option<u64> {
        self.0.world().jobs.get(id).map(|job| job.project)
    }

    /// The ids of the jobs in a state, by the word of the REST API, oldest first.
    pub fn jobs_in(&self, status: &str) -> Vec<u64> {
        let Some(status) = Status::parse(status) else { return Vec::new() };
        let world = self.0.world();
        world.jobs.values().filter(|job| job.status == status).map(|job| job.id).collect()
    }

    /// Number of jobs, of pipelines and of projects.
    pub fn counts(&self) -> (usize, usize, usize) {
        let world = self.0.world();
        (world.jobs.len(), world.pipelines.len(), world.projects.len())
    }

    /// Number of memberships of groups and projects.
    pub fn memberships(&self) -> usize {
        self.0.world().organisation.memberships.len()
    }

    /// Creates or replaces an object of the cluster, as `kubectl apply` would; `None` for a kind that is not known.
    pub fn apply(&self, object: serde_json::Value) -> Option<u64> {
        let kind = Kind::of(&object)?;
        Some(self.0.store().put(kind, object))
    }

    /// Removes an object of the cluster by its kind, as `Pod`; whether there was one.
    pub fn remove(&self, kind: &str, namespace: Option<&str>, name: &str) -> bool {
        let kind = Kind::ALL.into_iter().find(|known| known.facts().kind == kind);
        kind.is_some_and(|kind| self.0.store().delete(kind, namespace, name).is_some())
    }

    /// The API server remembers at most so many changes of each resource from here on.
    pub fn watch_window(&self, changes: usize) {
        self.0.store().set_window(changes);
    }

    /// Watches get a bookmark so often from here on; one that is open, from its next on.
    pub fn bookmarks_every(&self, span: Duration) {
        self.0.store().bookmark = span;
    }

    /// Sets who writes the logs of containers.
    pub fn set_logs(&self, logs: Arc<Logs>) {
        self.0.cluster().set_logs(logs);
    }

    /// The pod of the next job meets this.
    pub fn trouble(&self, kind: Trouble) {
        self.0.world().next_trouble(kind);
    }

    /// From `ago` before now on, this share of the events of an objective is bad; `id` is `SERVICE-NAME`.
    ///
    /// False when there is no such objective.
    pub fn set_error_ratio(&self, id: &str, ratio: f64, ago: Duration) -> bool {
        let since = clock::now() - clock::millis(ago.as_secs_f64());
        self.at_once(|world| world.slos.fail(id, ratio, since))
    }

    /// From `ago` before now on, this share of a tier's jobs waits longer than its target, whatever its runners do.
    ///
    /// False when there is no such tier.
    pub fn slow_queue(&self, tier: &str, ratio: f64, ago: Duration) -> bool {
        let since = clock::now() - clock::millis(ago.as_secs_f64());
        self.at_once(|world| world.slos.slow(tier, ratio, since))
    }

    /// Makes an objective what is said of it, as a scenario could; false when there is none such.
    pub fn set_slo(&self, slo: &ScriptedSlo) -> bool {
        self.at_once(|world| world.slos.script(slo, clock::now()))
    }

    /// Number of pods that hold or want room, and of those that are over.
    pub fn pods(&self) -> (usize, usize) {
        self.0.world().pod_counts()
    }

    /// Number of objects of a kind, as `Pod`.
    pub fn objects(&self, kind: &str) -> usize {
        let kind = Kind::ALL.into_iter().find(|known| known.facts().kind == kind);
        kind.map_or(0, |kind| self.0.store().list(kind, None).len())
    }

    /// Says who started a pipeline, by login.
    pub fn start_as(&self, pipeline: u64, username: &str) {
        self.at_once(|world| world.start_as(pipeline, username));
    }

    /// Says that the commit of a pipeline came in by a merge request: who opened it, and who wrote its commits, by login;
    /// "" is somebody of whom GitLab does not tell. Gives its number.
    pub fn bring_in(&self, pipeline: u64, author: &str, commits_by: &[&str]) -> Option<u64> {
        self.at_once(|world| world.bring_in(pipeline, author, commits_by))
    }

    /// The scopes of the token from here on.
    pub fn token_scopes(&self, scopes: &[&str]) {
        self.0.world().holder.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    }

    /// Whose token it is from here on, by login.
    pub fn token_owner(&self, username: &str) {
        let mut world = self.0.world();
        let place = world.people.iter().position(|who| who.username == username);
        world.holder.person = place.unwrap_or_default();
    }

    /// The access level of the token's owner in every project from here on; 0 is no member.
    pub fn access_level(&self, level: u32) {
        self.0.world().holder.level = level;
    }

    /// The id of the deployment of a job, where it wants or wanted approvals.
    pub fn deployment_of(&self, job: u64) -> Option<u64> {
        self.0.world().deployment_of(job).map(|one| one.id)
    }

    /// Changes how merge requests are guarded, and what was paid for.
    pub fn guard(&self, change: impl FnOnce(&mut Exceptions)) {
        self.at_once(|world| change(&mut world.review));
    }

    /// Writes a file into a branch, as somebody does who has the repository at home; whether it could be.
    pub fn push(&self, push: &ScriptedPush) -> bool {
        self.at_once(|world| world.push(push))
    }

    /// Lets a merge request say of itself that it is in this state, whatever it is; `None` ends that.
    pub fn merge_status(&self, project: &str, iid: u64, status: Option<&str>) {
        self.at_once(|world| {
            let project = world.project_at(project).map_or(0, |project| project.id);
            if let Some(one) = world.requests.get_mut(&(project, iid)) {
                one.forced = status.map(str::to_owned);
            }
        });
    }

    /// Adds a fault; its times count from the start of the platform.
    pub fn fault(&self, fault: Fault) {
        self.0.faults().add(fault);
    }

    /// Removes every fault.
    pub fn clear_faults(&self) {
        self.0.faults().clear();
    }

    /// Whether GraphQL answers from here on, and as which release.
    pub fn graph_ql(&self, state: GraphQl) {
        self.0.set_graph_ql(state);
    }

    /// Brings the platform up to now and changes it.
    fn at_once<T>(&self, change: impl FnOnce(&mut super::world::World) -> T) -> T {
        let mut world = self.0.world();
        world.advance(clock::now());
        let answer = change(&mut world);
        self.0.publish(&mut world);
        answer
    }
}
