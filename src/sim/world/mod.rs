//! The simulated platform: everything there is, and how time moves it.
//!
//! **Invariant:** every change happens in an event at its own instant, in order; so the same seed
//! gives the same past and the same plans, however often the clock is looked at.

mod act;
mod blueprint;
mod capacity;
mod deployment;
pub(crate) mod git;
mod merge_request;
mod model;
mod organise;
mod population;
mod progress;
mod queue;
pub(crate) mod review;
mod shelf;
pub(crate) mod slo;
mod standing;
mod trace;
mod traffic;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;

pub(crate) use self::act::Refusal;
pub use self::capacity::Trouble;
pub(crate) use self::capacity::{
    ACCOUNT, Act, Activity, CLUSTER, ClusterChange, Cordon, Instance, NodeGroup, REGION, Sizes,
    VERSION, ZONES,
};
use self::capacity::{ACCOUNTS, Capacity, GROUP_NAMES, Leaving, NAMESPACES, PodStep};
pub(crate) use self::deployment::{Decision, Deployment, Environment, Holder};
use self::git::Repository;
pub use self::merge_request::{ScriptedLabel, ScriptedMergeRequest};
pub(crate) use self::model::{
    Fate, Group, Job, Kind, Manager, Person, Pipeline, Plan, Pool, Presence, Project, Runner,
    Status, When,
};
pub(crate) use self::population::TIERS;
pub use self::review::{Exceptions, GitlabPlan, ScriptedPush};
use self::review::{MergeRequest, Review};
use self::shelf::Shelf;
pub use self::slo::SloState;
use self::slo::Slos;
pub(crate) use self::standing::standing;
pub(crate) use self::trace::trace;

use super::clock::{self, Millis};
use super::dice::Dice;
use super::organisation::Organisation;
use super::scenario::{Change, Scenario, ScriptedPipeline};
use super::{NewPipeline, TierInfo};

/// What is planned to happen at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A pipeline of the ordinary traffic begins.
    Arrive,
    /// The job ends, unless its turn has passed.
    End(u64, u32),
    /// The delayed job becomes due, or somebody plays the manual one.
    Due(u64, u32),
    /// Somebody retries the failed job.
    Again(u64, u32),
    /// A runner polls for jobs.
    Poll(usize),
    /// GitLab drops a job that no runner takes.
    Drop(u64, u32),
    /// A change of the scenario.
    Change(usize),
    /// A pipeline of the scenario.
    Script(usize),
    /// A step of a pod.
    Pod(u64, PodStep),
    /// An instance of a node group registers as a node.
    Join(usize),
    /// A new node is ready.
    Awake(u64),
    /// The runners of a tier that fell silent for want of nodes are heard of again.
    Recover(usize),
    /// The autoscaler looks.
    Scale,
    /// Pods waver, where the scenario wants many changes.
    Waver,
    /// A merge that was scheduled.
    Merge(u64, u64),
    /// A push of the scenario.
    Push(usize),
}

/// A resource group: one job holds it, the others wait.
#[derive(Default)]
struct Lock {
    holder: Option<u64>,
    waiting: VecDeque<u64>,
}

/// A resource group as it stands.
pub(crate) struct Resource {
    pub(crate) id: u64,
    pub(crate) key: Arc<str>,
    pub(crate) holder: Option<u64>,
    /// The jobs that wait for it, the next first.
    pub(crate) waiting: Vec<u64>,
}

/// The platform.
pub(crate) struct World {
    /// The instant up to which everything has happened.
    pub(crate) now: Millis,
    /// The instant of the start, where the past ends.
    pub(crate) start: Millis,
    pub(crate) people: Vec<Person>,
    pub(crate) groups: BTreeMap<u64, Group>,
    pub(crate) projects: BTreeMap<u64, Project>,
    pub(crate) runners: BTreeMap<u64, Runner>,
    pub(crate) pipelines: Shelf<Pipeline>,
    pub(crate) jobs: Shelf<Job>,
    /// What waits, or waited, for approval.
    pub(crate) deployments: BTreeMap<u64, Deployment>,
    /// Whose token the clients hold.
    pub(crate) holder: Holder,
    /// Time stands still: nothing happens but what somebody does.
    pub(crate) frozen: bool,
    /// The cluster that the jobs run on.
    pub(crate) capacity: Capacity,
    /// What is promised, and how it is kept.
    pub(crate) slos: Slos,
    /// The repositories of the projects that have one of their own.
    pub(crate) repositories: BTreeMap<u64, Repository>,
    /// The repository of every other project.
    plain: Repository,
    /// Merge requests by project and number.
    pub(crate) requests: BTreeMap<(u64, u64), MergeRequest>,
    /// How merge requests are guarded now.
    pub(crate) review: Review,
    /// Who has which right.
    pub(crate) organisation: Organisation,
    scenario: Scenario,
    speed: f64,
    scale: u32,
    dice: Dice,
    by_path: HashMap<String, u64>,
    busy_projects: Vec<u64>,
    pools: Vec<Pool>,
    locks: HashMap<(u64, Arc<str>), Lock>,
    events: BinaryHeap<Reverse<(Millis, u64, Event)>>,
    sequence: u64,
    names_used: usize,
    keep_jobs: usize,
    /// When the oldest pipelines were last removed.
    swept: Millis,
}

impl World {
    /// The platform with its past, as it stands at `start`.
    pub(crate) fn new(scenario: Scenario, scale: u32, seed: u64, start: Millis) -> Self {
        let mut world = Self::empty(scenario, scale.max(1), seed, start);
        world.populate();
        world.organise(seed);
        world.live_the_past();
        world
    }

    /// The URL of GitLab, as the pods of jobs name it.
    pub(crate) fn set_base(&mut self, url: &str) {
        url.clone_into(&mut self.capacity.base);
    }

    /// Divides whatever is planned from here on by `speed`.
    pub(crate) fn hasten(&mut self, speed: f64) {
        let now = self.now;
        let planned = std::mem::take(&mut self.events).into_sorted_vec();
        for Reverse((at, sequence, event)) in planned {
            let scripted = matches!(event, Event::Change(_) | Event::Script(_) | Event::Push(_));
            let at = if scripted { at } else { now + clock::hasten((at - now).max(1), speed) };
            if let Event::End(job, _) = event
                && let Some(job) = self.jobs.get_mut(job)
            {
                job.ends = Some(at);
            }
            self.events.push(Reverse((at, sequence, event)));
        }
        self.speed = speed;
    }

    /// Lets everything happen that is due by `until`.
    pub(crate) fn advance(&mut self, until: Millis) {
        if self.frozen {
            self.now = self.now.max(until);
            return;
        }
        while let Some(Reverse((at, _, _))) = self.events.peek()
            && *at <= until
        {
            let Some(Reverse((at, _, event))) = self.events.pop() else { break };
            self.now = self.now.max(at);
            self.happen(event);
        }
        self.now = self.now.max(until);
        self.forget();
    }

    /// The project with this full path, in any case of letters.
    pub(crate) fn project_at(&self, path: &str) -> Option<&Project> {
        self.by_path.get(&path.to_lowercase()).and_then(|id| self.projects.get(id))
    }

    /// The group with this full path, in any case of letters.
    pub(crate) fn group_at(&self, path: &str) -> Option<&Group> {
        self.groups.values().find(|group| group.path.eq_ignore_ascii_case(path))
    }

    /// The tiers of the platform.
    pub(crate) fn tiers() -> Vec<TierInfo> {
        let places = NAMESPACES.iter().zip(ACCOUNTS).zip(GROUP_NAMES);
        TIERS
            .iter()
            .zip(places)
            .map(|(tier, ((namespace, account), group))| TierInfo {
                name: tier.name.to_owned(),
                namespace: (*namespace).to_owned(),
                service_account: account.to_owned(),
                nodegroups: vec![group.to_owned()],
                tags: vec![tier.tag.to_owned()],
                protected: tier.protected,
                queue_target_seconds: tier.queue_target_seconds,
            })
            .collect()
    }

    fn empty(scenario: Scenario, scale: u32, seed: u64, start: Millis) -> Self {
        let keep_jobs = usize::try_from(scenario.history_jobs).unwrap_or(0);
        let keep_jobs = keep_jobs * usize::try_from(scale).unwrap_or(1) * 3 / 2 + 2000;
        Self {
            now: start,
            start,
            people: Vec::new(),
            groups: BTreeMap::new(),
            projects: BTreeMap::new(),
            runners: BTreeMap::new(),
            pipelines: Shelf::starting_at(70_000),
            jobs: Shelf::starting_at(900_000),
            deployments: BTreeMap::new(),
            holder: Holder::default(),
            frozen: false,
            capacity: Capacity::new(seed, start, scale),
            slos: Slos::new(&scenario.prometheus, start),
            repositories: BTreeMap::new(),
            plain: Repository::default(),
            requests: BTreeMap::new(),
            review: scenario.exceptions.clone(),
            organisation: Organisation::default(),
            scenario,
            speed: 1.0,
            scale,
            dice: Dice::new(seed),
            by_path: HashMap::new(),
            busy_projects: Vec::new(),
            pools: Vec::new(),
            locks: HashMap::new(),
            events: BinaryHeap::new(),
            sequence: 0,
            names_used: 0,
            keep_jobs,
            swept: start,
        }
    }

    /// Plans an event; two at the same instant happen in the order of their planning.
    fn plan(&mut self, at: Millis, event: Event) {
        self.sequence += 1;
        self.events.push(Reverse((at, self.sequence, event)));
    }

    /// A planned span at the speed that holds now.
    fn span(&self, span: Millis) -> Millis {
        clock::hasten(span, self.speed)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive => self.arrive(),
            Event::End(job, turn) => self.end_planned(job, turn),
            Event::Due(job, turn) => self.fall_due(job, turn),
            Event::Again(job, turn) => self.retry_planned(job, turn),
            Event::Poll(place) => self.serve(place),
            Event::Drop(job, turn) => self.drop_stuck(job, turn),
            Event::Change(index) => self.change(index),
            Event::Script(index) => self.script(index),
            Event::Pod(pod, step) => self.step_pod(pod, step),
            Event::Join(group) => self.join(group),
            Event::Awake(node) => self.awake(node),
            Event::Recover(tier) => self.recover(tier),
            Event::Scale => self.autoscale(),
            Event::Waver => self.waver(),
            Event::Merge(project, iid) => self.merge_scheduled((project, iid)),
            Event::Push(place) => {
                if let Some(push) = self.scenario.exceptions.push.get(place).cloned() {
                    self.push(&push);
                }
            }
        }
    }

    fn change(&mut self, index: usize) {
        let Some(change) = self.scenario.change.get(index).cloned() else { return };
        self.change_group(&change);
        let Change { tier, capacity, pipelines_per_minute, failing, silent_runner, .. } = change;
        let place = TIERS.iter().position(|known| Some(known.name) == tier.as_deref());
        if let (Some(place), Some(capacity)) = (place, capacity)
            && let Some(pool) = self.pools.get_mut(place)
        {
            pool.capacity = capacity.max(0.0);
            pool.share_out(self.now);
            self.poll_soon(place);
        }
        if let Some(rate) = pipelines_per_minute {
            self.scenario.pipelines_per_minute = rate;
        }
        if let Some(name) = silent_runner {
            self.silence(&name);
        }
        if let Some(failing) = failing {
            self.scenario.failing = failing;
        }
    }

    fn script(&mut self, index: usize) {
        let Some(scripted) = self.scenario.pipeline.get(index).cloned() else { return };
        for _ in 0..scripted.count {
            let made = self.add_pipeline(&scripted_pipeline(&scripted));
            let Some(made) = made else { continue };
            if let Some(who) = &scripted.started_by {
                self.start_as(made, who);
            }
            if let (Some(sha), Some(made)) = (&scripted.sha, self.pipelines.get_mut(made)) {
                made.sha = Arc::from(sha.as_str());
            }
        }
    }
}

/// The pipeline of a scenario as anybody would add it: ten jobs a stage.
fn scripted_pipeline(scripted: &ScriptedPipeline) -> NewPipeline {
    let tags = if scripted.tags.is_empty() {
        vec!["eks-standard".to_owned()]
    } else {
        scripted.tags.clone()
    };
    let jobs = (0..scripted.jobs).map(|number| super::NewJob {
        name: format!("{} {}/{}", scripted.job_name, number + 1, scripted.jobs),
        stage: "test".to_owned(),
        tags: tags.clone(),
        seconds: scripted.duration_seconds,
        resource_group: scripted.resource_group.clone(),
        delay_seconds: scripted.delay_seconds,
        environment: scripted.environment.clone(),
        approvals: scripted.approvals,
        ..super::NewJob::default()
    });
    NewPipeline {
        project: scripted.project.clone(),
        branch: scripted.branch.clone(),
        jobs: jobs.collect(),
    }
}
