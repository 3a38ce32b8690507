//! [`Fixture`]: a platform as it was recorded, what is expected of it, and how it becomes what the tree looks at.

use std::fs;
use std::sync::Arc;

use serde_json::{Map, Value};
use watchfloor::api::kubernetes::{Resource, entity};
use watchfloor::domain::{
    Change, Entity, Failure, FailureKind, Job, JobId, NodeGroup, NodeGroupId, NodeGroupIssue,
    NodeGroupKind, Origin, Pipeline, PipelineId, Project, ProjectId, RefPattern, Report, Runner,
    RunnerId, RunnerRef, ScalingActivity, Scope, SourceId, SourceKey, Status, Text, Tier, TierPods,
    Tiers, Timestamp, Update,
};
use watchfloor::state::State;
use watchfloor::why::grammar::log::JobLog;
use watchfloor::why::grammar::metrics::Metrics;
use watchfloor::why::{
    Approval, Assignment, Details, Diagnosis, Environment, Extra, Facts, Holder, Reading,
    ResourceGroup, Source, of_job,
};

const CLUSTER: &str = "ci";

/// A platform as it was recorded, and what is expected of it.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    /// Its file's name, without the ending.
    pub(crate) name: String,
    /// The leaf that is expected.
    pub(crate) leaf: String,
    /// How sure it is expected to be; certain where it says nothing.
    pub(crate) certainty: String,
    /// The leaf that what it waits on is expected to end at.
    pub(crate) cause: Option<String>,
    /// Words that are expected in the answer.
    pub(crate) says: Vec<String>,
    platform: Map<String, Value>,
}

impl Fixture {
    /// Every fixture of a folder of the project.
    pub(crate) fn all(folder: &str) -> Vec<Fixture> {
        let root = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
        let base = read(&format!("{}/tests/why/platform.yaml", env!("CARGO_MANIFEST_DIR")));
        let mut out: Vec<Fixture> = fs::read_dir(&root)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
            .filter(|path| path.file_stem().is_some_and(|name| name != "platform"))
            .map(|path| {
                let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
                Fixture::of(name, &base, &read(&path.to_string_lossy()))
            })
            .collect();
        out.sort_by(|one, other| one.name.cmp(&other.name));
        out
    }

    fn of(name: String, base: &Value, own: &Value) -> Fixture {
        let mut platform = base.as_object().expect("a map").clone();
        let expect = &own["expect"];
        for (key, value) in own.as_object().expect("a map") {
            match key.as_str() {
                "about" | "expect" => {}
                // One thing is laid over the template's; lists take the place of what was there.
                "job" | "details" => merge(&mut platform[key], value),
                _ => {
                    platform.insert(key.clone(), value.clone());
                }
            }
        }
        let words = |value: &Value| value.as_str().map(str::to_owned);
        assert!(own["about"].is_string(), "{name} says what it is about");
        Fixture {
            leaf: words(&expect["leaf"]).unwrap_or_else(|| panic!("{name} expects no leaf")),
            certainty: words(&expect["certainty"]).unwrap_or_else(|| "certain".to_owned()),
            cause: words(&expect["cause"]),
            says: list(&expect["says"]).iter().filter_map(words).collect(),
            name,
            platform,
        }
    }

    /// The same where a source is forbidden and has brought nothing.
    pub(crate) fn without(&self, source: Source) -> Fixture {
        let mut fixture = self.clone();
        let unread = fixture.platform["unread"].as_array_mut().expect("a list");
        unread.push(Value::from(source.as_str()));
        fixture
    }

    /// What the tree says of it.
    pub(crate) fn diagnose(&self, hidden: &[Source]) -> Option<Diagnosis> {
        self.scene().diagnose(hidden)
    }

    /// What the tree looks at.
    pub(crate) fn scene(&self) -> Scene {
        let now: Timestamp =
            self.platform["now"].as_str().and_then(|at| at.parse().ok()).expect("now");
        let mut state = State::new(tiers());
        let unread: Vec<&str> =
            list(&self.platform["unread"]).iter().filter_map(Value::as_str).collect();
        let at = now - jiff::SignedDuration::from_secs(3);
        for (key, entities) in self.entities() {
            let is_read = !unread.contains(&key.source.0);
            let failure = (!is_read).then(|| Failure {
                kind: FailureKind::Forbidden,
                message: Text::new("403"),
                hint: Text::new("grant the right"),
                at,
                retry_at: None,
            });
            let confirmed_at = is_read.then_some(at);
            let report = Report { confirmed_at, failure, ..Report::starting(30.0) };
            let rows = if is_read { entities } else { Vec::new() };
            for change in [Change::Upsert(rows), Change::Report(report)] {
                state.apply(Update { key: key.clone(), at, origin: Origin::Live, change }, now);
            }
        }
        let extra = self.extra(at, &unread);
        let job = JobId(number(&self.item("job", &self.platform["job"])["id"]).expect("an id"));
        Scene { state, extra, job, now }
    }

    /// A thing laid over the template of its kind.
    fn item(&self, kind: &str, own: &Value) -> Value {
        let mut whole = self.platform["templates"][kind].clone();
        merge(&mut whole, own);
        whole
    }

    fn items(&self, list_name: &str, kind: &str) -> Vec<Value> {
        list(&self.platform[list_name]).iter().map(|own| self.item(kind, own)).collect()
    }

    /// Everything that the feeds bring, by feed.
    fn entities(&self) -> Vec<(SourceKey, Vec<Entity>)> {
        let gitlab = |source| SourceKey { source, scope: Scope::gitlab("acme") };
        let of = |resource: &Resource, list_name: &str, kind: &str| {
            let objects = self.items(list_name, kind);
            let read =
                |object: &Value| entity(resource, &object.to_string(), CLUSTER).expect("an object");
            objects.iter().filter_map(read).collect::<Vec<Entity>>()
        };
        let namespace: Arc<str> = Arc::from("ci-standard");
        let resources = [
            (Resource::Pods(Arc::clone(&namespace)), "pods", "pod"),
            (Resource::Events(Arc::clone(&namespace)), "events", "event"),
            (Resource::Quotas(namespace), "quotas", "quota"),
            (Resource::Nodes, "nodes", "node"),
            (Resource::NodePools, "nodepools", "nodepool"),
            (Resource::NodeClaims, "nodeclaims", "nodeclaim"),
        ];
        let mut jobs = vec![self.item("job", &self.platform["job"])];
        jobs.extend(self.items("jobs", "job"));
        let pipelines = self.items("pipelines", "pipeline");
        let queue = pipelines.iter().map(pipeline).chain(jobs.iter().map(job)).collect();
        let projects = list(&self.platform["projects"]).iter().map(project).collect();
        let runners = self.items("runners", "runner").iter().map(runner).collect();
        let groups = self.items("nodegroups", "nodegroup").iter().map(nodegroup).collect();
        let mut out = vec![
            (gitlab(SourceId::PROJECTS), projects),
            (gitlab(SourceId::QUEUE), queue),
            (gitlab(SourceId::RUNNERS), runners),
            (SourceKey { source: SourceId::NODEGROUPS, scope: Scope::eks(CLUSTER) }, groups),
        ];
        for (resource, list_name, kind) in resources {
            let mut rows = of(&resource, list_name, kind);
            if let (Resource::Pods(_), Some(own)) = (&resource, self.platform.get("pod")) {
                let json = self.item("pod", own).to_string();
                rows.extend(entity(&resource, &json, CLUSTER).expect("a pod"));
            }
            out.push((resource.key(CLUSTER), rows));
        }
        out
    }

    fn extra(&self, at: Timestamp, unread: &[&str]) -> Extra {
        fn reading<T>(value: T, at: Option<Timestamp>) -> Reading<T> {
            match at {
                Some(at) => Reading::Read { value, at },
                None => Reading::Unread(Text::new("not read")),
            }
        }
        let text = |name: &str| self.platform[name].as_str().unwrap_or_default();
        let at = |name: &str| (!unread.contains(&name)).then_some(at);
        let before = Some(text("metrics_before")).filter(|before| !before.is_empty());
        Extra {
            of: None,
            details: reading(details(&self.platform["details"]), at("details")),
            log: reading(JobLog::read(text("log")), at("log")),
            metrics: reading(Metrics::read(text("metrics"), before), at("metrics")),
        }
    }
}

/// What the tree looks at.
pub(crate) struct Scene {
    state: State,
    extra: Extra,
    job: JobId,
    now: Timestamp,
}

impl Scene {
    /// What the tree says of the job where these sources are hidden.
    pub(crate) fn diagnose(&self, hidden: &[Source]) -> Option<Diagnosis> {
        let facts = Facts::new(&self.state, &self.extra, self.now);
        let facts = hidden.iter().fold(facts, |facts, source| facts.without(*source));
        of_job(&facts, self.job)
    }

    /// The same for all jobs.
    pub(crate) fn facts_of_the_fleet(&self) -> Facts<'_> {
        Facts::new(&self.state, &self.extra, self.now)
    }
}

fn read(path: &str) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Lays one value over another: maps key by key, everything else whole.
fn merge(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                merge(below.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above.clone(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64()
}

fn text(value: &Value) -> Text {
    Text::new(value.as_str().unwrap_or_default())
}

fn maybe(value: &Value) -> Option<Text> {
    value.as_str().map(Text::new)
}

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str().map(|at| at.parse().unwrap_or_else(|error| panic!("{at}: {error}")))
}

fn flag(value: &Value) -> bool {
    value.as_bool().unwrap_or(false)
}

fn texts(value: &Value) -> Vec<Text> {
    list(value).iter().map(text).collect()
}

fn tiers() -> Tiers {
    let tier = |name: &str| Tier {
        name: Text::new(name),
        protected: name == "protected",
        runner_tags: vec![Text::new(&format!("eks-{name}"))],
        queue_target_seconds: 60.0,
        pods: TierPods {
            cluster: Some(Text::new(CLUSTER)),
            namespace: Some(Text::new(&format!("ci-{name}"))),
            nodegroups: vec![Text::new(&format!("ci-{name}*"))],
            scheduling_target_seconds: 60.0,
            ..TierPods::default()
        },
    };
    Tiers::new(vec![tier("standard"), tier("protected")])
}

fn job(json: &Value) -> Entity {
    let moment = |name: &str| instant(&json[name]).map(Into::into);
    let runner = json["runner"].as_object().map(|runner| {
        Arc::new(RunnerRef {
            id: RunnerId(number(&runner["id"]).expect("an id")),
            description: text(&runner["description"]),
        })
    });
    Entity::Job(Arc::new(Job {
        id: JobId(number(&json["id"]).expect("an id")),
        name: text(&json["name"]),
        stage: text(&json["stage"]),
        project: ProjectId(number(&json["project_id"]).expect("a project")),
        pipeline: PipelineId(number(&json["pipeline"]["id"]).expect("a pipeline")),
        reference: text(&json["ref"]),
        status: Status::parse(&text(&json["status"])),
        tags: texts(&json["tag_list"]).into(),
        tier: None,
        allow_failure: flag(&json["allow_failure"]),
        retried: flag(&json["retried"]),
        stuck: json["stuck"].as_bool(),
        created_at: instant(&json["created_at"]).expect("an instant"),
        queued_at: moment("queued_at"),
        started_at: moment("started_at"),
        finished_at: moment("finished_at"),
        failure_reason: maybe(&json["failure_reason"]),
        runner,
    }))
}

fn pipeline(json: &Value) -> Entity {
    let parent = json["parent"].as_object().map(|parent| {
        (text(&parent["project"]), PipelineId(number(&parent["id"]).expect("an id")))
    });
    Entity::Pipeline(Arc::new(Pipeline {
        id: PipelineId(number(&json["id"]).expect("an id")),
        iid: None,
        project: ProjectId(number(&json["project_id"]).expect("a project")),
        reference: text(&json["ref"]),
        sha: Text::new(""),
        status: Status::parse(&text(&json["status"])),
        source: None,
        created_at: instant(&json["created_at"]).expect("an instant"),
        updated_at: None,
        started_at: None,
        finished_at: None,
        duration_seconds: None,
        parent,
        jobs_complete: true,
    }))
}

fn project(json: &Value) -> Entity {
    let refs = json["protected_branches"].as_array();
    Entity::Project(Arc::new(Project {
        id: ProjectId(number(&json["id"]).expect("an id")),
        path: text(&json["path_with_namespace"]),
        default_branch: None,
        web_url: Text::new("https://gitlab.example.com/x"),
        last_activity_at: None,
        protected_refs: refs.map(|refs| refs.iter().map(|one| RefPattern(text(one))).collect()),
    }))
}

fn runner(json: &Value) -> Entity {
    Entity::Runner(Arc::new(Runner {
        id: RunnerId(number(&json["id"]).expect("an id")),
        description: text(&json["description"]),
        kind: text(&json["runner_type"]),
        status: text(&json["status"]),
        paused: flag(&json["paused"]),
        locked: flag(&json["locked"]),
        protected: json["access_level"] == "ref_protected",
        run_untagged: flag(&json["run_untagged"]),
        tags: texts(&json["tag_list"]).into(),
        tier: None,
        contacted_at: instant(&json["contacted_at"]),
        version: None,
        running: number(&json["running_jobs"]),
        limit: number(&json["job_limit"]),
        managers: Arc::from([]),
        managers_complete: true,
    }))
}

fn nodegroup(json: &Value) -> Entity {
    let name = text(&json["nodegroupName"]);
    let size = |name: &str| number(&json["scalingConfig"][name]);
    let issue = |issue: &Value| NodeGroupIssue {
        code: text(&issue["code"]),
        message: text(&issue["message"]),
        resources: texts(&issue["resourceIds"]).into(),
    };
    let activity = |one: &Value| ScalingActivity {
        at: instant(&one["startTime"]).expect("an instant"),
        status: text(&one["statusCode"]),
        description: text(&one["description"]),
        message: maybe(&one["statusMessage"]),
    };
    Entity::NodeGroup(Arc::new(NodeGroup {
        id: NodeGroupId::of(&[CLUSTER, "eks", &name]),
        cluster: Text::new(CLUSTER),
        kind: NodeGroupKind::Eks,
        tier: None,
        status: text(&json["status"]),
        min: size("minSize"),
        desired: size("desiredSize"),
        max: size("maxSize"),
        limits: Arc::from([]),
        instance_types: texts(&json["instanceTypes"]).into(),
        capacity_type: maybe(&json["capacityType"]),
        version: maybe(&json["version"]),
        issues: list(&json["health"]["issues"]).iter().map(issue).collect(),
        activities: json["activities"].as_array().map(|all| all.iter().map(activity).collect()),
        name,
    }))
}

fn details(json: &Value) -> Details {
    let some = |name: &str| json.get(name).filter(|value| !value.is_null());
    let seconds = |name: &str| json[name].as_i64();
    let approval = some("deployment").map(|one| Approval {
        environment: text(&one["environment"]),
        pending: number(&one["pending_approval_count"]).unwrap_or(0),
        left: texts(&one["approval_rules"]),
    });
    let environment = some("environment").map(|one| Environment {
        name: text(&one["name"]),
        may_deploy: flag(&one["may_deploy"]),
        deployers: texts(&one["deploy_access_levels"]),
    });
    let runners = some("runners").map(|one| Assignment {
        instance: flag(&one["shared_runners_enabled"]),
        group: flag(&one["group_runners_enabled"]),
        own: list(&one["project_runners"]).iter().filter_map(number).map(RunnerId).collect(),
    });
    Details {
        needs_named: texts(&json["needs_named"]),
        needs: list(&json["needs"]).iter().filter_map(number).map(JobId).collect(),
        downstream: number(&json["downstream_pipeline"]).map(PipelineId),
        scheduled_at: instant(&json["scheduled_at"]),
        approval,
        environment,
        resource: some("resource_group").map(resource),
        pipeline_error: maybe(&json["pipeline_error"]),
        runners,
        timeout_seconds: seconds("timeout"),
        poll_timeout_seconds: seconds("poll_timeout"),
    }
}

fn resource(json: &Value) -> ResourceGroup {
    let holder = json.get("current_job").filter(|value| !value.is_null()).map(|one| Holder {
        id: JobId(number(&one["id"]).expect("an id")),
        name: text(&one["name"]),
        status: Status::parse(&text(&one["status"])),
        since: instant(&one["started_at"]),
    });
    ResourceGroup {
        key: text(&json["key"]),
        process_mode: text(&json["process_mode"]),
        holder,
        upcoming: list(&json["upcoming_jobs"]).iter().filter_map(number).map(JobId).collect(),
    }
}
