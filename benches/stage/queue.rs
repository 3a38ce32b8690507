//! A queue of 100,000 jobs, as news that a feed could have brought: 500 projects, 5,000 pipelines of twenty jobs.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use jiff::SignedDuration;
use watchfloor::cache::{Cache, Pending};
use watchfloor::domain::{
    Change, Entity, Job, JobId, Origin, Pipeline, PipelineId, Project, ProjectId, RefPattern,
    Report, Scope, SourceId, SourceKey, Status, Text, Tier, TierPods, Tiers, Timestamp, Update,
};

/// How many jobs there are.
pub(crate) const JOBS: u64 = 100_000;
/// How many of them make a pipeline.
const OF_PIPELINE: u64 = 20;
/// How many projects there are.
const PROJECTS: u64 = 500;
/// Words for names: what a fuzzy word is looked for in.
const AREAS: [&str; 8] =
    ["payments", "identity", "infra", "search", "ledger", "mobile", "storefront", "data"];
const NAMES: [&str; 10] = [
    "compile",
    "unit tests",
    "eslint",
    "integration tests",
    "build image",
    "scan image",
    "sign image",
    "terraform plan",
    "deploy staging",
    "smoke tests",
];
const STAGES: [&str; 4] = ["build", "test", "package", "deploy"];
const TIERS: [&str; 3] = ["sandbox", "standard", "protected"];

/// The tiers that its jobs fit.
pub(crate) fn tiers() -> Tiers {
    let tier = |name: &str| Tier {
        name: name.into(),
        protected: name == "protected",
        runner_tags: vec![tag(name)],
        queue_target_seconds: 60.0,
        pods: TierPods::default(),
    };
    Tiers::new(TIERS.iter().map(|name| tier(name)).collect())
}

fn tag(tier: &str) -> Text {
    Text::new(&format!("eks-{tier}"))
}

/// Writes the whole queue into a cache in `folder`.
pub(crate) fn cached(folder: &Path, queue: &Queue) -> Result<()> {
    let opened = Cache::open(folder);
    anyhow::ensure!(opened.notices.is_empty(), "a new cache: {:?}", opened.notices);
    let (mut cache, mut pending) = (opened.cache, Pending::default());
    for update in queue.updates() {
        pending.add(&update);
    }
    cache.keep(&mut pending);
    anyhow::ensure!(pending.is_empty(), "the cache took nothing: {:?}", cache.take_notices());
    Ok(())
}

/// A config file that names a port where nobody listens.
pub(crate) fn unreachable_platform(home: &Path) -> Result<PathBuf> {
    let config = home.join("config.toml");
    let tier = |name: &&str| {
        format!(
            "[[tier]]\nname = \"{name}\"\nrunner_tags = [\"eks-{name}\"]\nqueue_target_seconds = 60\n"
        )
    };
    let tiers: String = TIERS.iter().map(tier).collect();
    fs::write(&config, unreachable_gitlab(home)? + &tiers)?;
    Ok(config)
}

/// The part of a config file that names a GitLab where nobody listens.
pub(crate) fn unreachable_gitlab(home: &Path) -> Result<String> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let token = home.join("token");
    watchfloor::config::write_private(&token, b"nobodys")?;
    let (url, token) = (format!("http://127.0.0.1:{port}"), token.display());
    Ok(format!(
        "[gitlab]\nurl = \"{url}\"\ntoken = {{ file = \"{token}\" }}\ngroups = [\"acme\"]\nproxy = \"none\"\n"
    ))
}

/// The queue at an instant.
#[derive(Debug)]
pub(crate) struct Queue {
    now: Timestamp,
    names: Vec<Text>,
    stages: Vec<Text>,
    refs: Vec<Text>,
    tags: Vec<Arc<[Text]>>,
}

impl Queue {
    /// A queue as it stands at `now`: words that are the same are shared, as a feed shares them.
    pub(crate) fn at(now: Timestamp) -> Queue {
        let names = NAMES.iter().flat_map(|name| (1..=20).map(move |n| format!("{name} {n}/20")));
        let refs = (0..400).map(|n| format!("feature/TEAM-{n}-a-longer-name-of-a-branch"));
        Queue {
            now,
            names: names.map(|name| Text::new(&name)).collect(),
            stages: STAGES.iter().map(|stage| Text::new(stage)).collect(),
            refs: ["main".to_owned()].into_iter().chain(refs).map(|r| Text::new(&r)).collect(),
            tags: TIERS.iter().map(|tier| Arc::from([tag(tier)])).collect(),
        }
    }

    /// All of it as news: projects, pipelines, jobs, and a feed that is doing well.
    pub(crate) fn updates(&self) -> Vec<Update> {
        let projects = (0..PROJECTS).map(|n| Entity::Project(Arc::new(project(n)))).collect();
        let pipelines = 0..JOBS / OF_PIPELINE;
        let pipelines = pipelines.map(|n| Entity::Pipeline(Arc::new(self.pipeline(n)))).collect();
        let jobs = (0..JOBS).map(|n| Entity::Job(Arc::new(self.job(n, 0)))).collect();
        let report = Report { confirmed_at: Some(self.now), ..Report::starting(5.0) };
        vec![
            self.update(SourceId::PROJECTS, Change::Replace(projects)),
            self.update(SourceId::PROJECTS, Change::Report(report.clone())),
            self.update(SourceId::QUEUE, Change::Upsert(pipelines)),
            self.update(SourceId::QUEUE, Change::Upsert(jobs)),
            self.update(SourceId::QUEUE, Change::Report(report)),
        ]
    }

    /// News of `count` jobs that changed their status; another `turn` is other jobs and other changes.
    pub(crate) fn news(&self, count: u64, turn: u64) -> Update {
        let ids = (0..count).map(|n| (n * 997 + turn * 7919) % JOBS);
        let jobs = ids.map(|n| Entity::Job(Arc::new(self.job(n, turn + 1)))).collect();
        self.update(SourceId::QUEUE, Change::Upsert(jobs))
    }

    fn update(&self, source: SourceId, change: Change) -> Update {
        let key = SourceKey { source, scope: Scope::gitlab("acme") };
        Update { key, at: self.now, origin: Origin::Live, change }
    }

    fn before(&self, seconds: u64) -> Timestamp {
        let span = SignedDuration::from_secs(seconds.cast_signed());
        self.now.checked_sub(span).unwrap_or(self.now)
    }

    fn job(&self, n: u64, turn: u64) -> Job {
        let pipeline = n / OF_PIPELINE;
        let status = status(mixed(n + turn * 31) % 1000);
        // Never more than 45 minutes back, so that nothing leaves the last hour while a bench runs.
        let age = 300 + mixed(n) % 2400;
        let started = status.has_ended() || status == Status::Running;
        Job {
            id: JobId(10_000_000 + n),
            name: pick(&self.names, mixed(n)),
            stage: pick(&self.stages, n),
            project: ProjectId(1000 + pipeline % PROJECTS),
            pipeline: PipelineId(1_000_000 + pipeline),
            reference: pick(&self.refs, pipeline),
            tags: self.tags.get(place(pipeline, 3)).cloned().unwrap_or_default(),
            tier: None,
            allow_failure: n.is_multiple_of(50),
            retried: false,
            stuck: None,
            created_at: self.before(age),
            queued_at: Some(self.before(age - 5).into()),
            started_at: started.then(|| self.before(age - 20)).map(Into::into),
            finished_at: status.has_ended().then(|| self.before(age - 200)).map(Into::into),
            failure_reason: (status == Status::Failed).then(|| Text::new("script_failure")),
            runner: None,
            status,
        }
    }

    fn pipeline(&self, n: u64) -> Pipeline {
        let age = 300 + mixed(n * OF_PIPELINE) % 2400;
        Pipeline {
            id: PipelineId(1_000_000 + n),
            iid: Some(n),
            project: ProjectId(1000 + n % PROJECTS),
            reference: pick(&self.refs, n),
            sha: Text::new(&format!("{:016x}{:016x}{:08x}", mixed(n), mixed(n + 1), n)),
            status: Status::Running,
            source: Some(Text::new("push")),
            created_at: self.before(age),
            updated_at: Some(self.before(age / 2)),
            started_at: Some(self.before(age - 20)),
            finished_at: None,
            duration_seconds: None,
            parent: None,
            jobs_complete: true,
        }
    }
}

fn project(n: u64) -> Project {
    let area = AREAS.get(place(n, AREAS.len())).copied().unwrap_or("payments");
    let path = format!("acme/{area}/service-{n:03}");
    Project {
        id: ProjectId(1000 + n),
        web_url: Text::new(&format!("https://gitlab.example.com/{path}")),
        path: Text::new(&path),
        default_branch: Some(Text::new("main")),
        last_activity_at: None,
        protected_refs: Some(Arc::from([RefPattern(Text::new("main"))])),
    }
}

/// A busy platform at any moment: most has ended, some runs, some waits.
fn status(per_mille: u64) -> Status {
    match per_mille {
        0..30 => Status::Pending,
        30..60 => Status::Running,
        60..110 => Status::Created,
        110..120 => Status::Manual,
        120..160 => Status::Failed,
        160..180 => Status::Canceled,
        _ => Status::Success,
    }
}

fn pick(of: &[Text], n: u64) -> Text {
    of.get(place(n, of.len())).cloned().unwrap_or_else(|| Text::new("-"))
}

pub(crate) fn place(n: u64, of: usize) -> usize {
    usize::try_from(n).unwrap_or(0) % of.max(1)
}

/// The same number mixed up, always in the same way (splitmix64's last steps).
pub(crate) fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}
