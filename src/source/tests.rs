//! The feeds against a small GitLab on loopback: what they bring, and how each failure looks and ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::common::Common;
use super::demand::DemandSender;
use super::gitlab::Parts;
use super::{Demand, LogNews, Mailbox};
use crate::api::fake::{Asked, Fake, Reply, TOKEN, wiring};
use crate::api::gitlab::Place;
use crate::domain::Tiers;
use crate::domain::{
    Change, Entity, EntityId, FailureKind, JobId, PipelineId, ProjectId, Report, SourceId, Status,
    Text, Update,
};

/// What the feeds have brought so far.
#[derive(Default)]
struct Seen {
    entities: BTreeMap<EntityId, Entity>,
    reports: BTreeMap<SourceId, Report>,
    collected: Vec<ProjectId>,
}

impl Seen {
    fn of(updates: Vec<Update>) -> Seen {
        let mut seen = Seen::default();
        seen.take(updates);
        seen
    }

    fn take(&mut self, updates: Vec<Update>) {
        for update in updates {
            match update.change {
                Change::Replace(entities) | Change::Upsert(entities) => {
                    self.entities.extend(entities.into_iter().map(|one| (one.id(), one)));
                }
                Change::Report(report) => drop(self.reports.insert(update.key.source, report)),
                Change::Collected(projects) => self.collected.extend(projects),
                _ => {}
            }
        }
    }

    fn status_of(&self, job: u64) -> Option<Status> {
        match self.entities.get(&EntityId::Job(JobId(job)))? {
            Entity::Job(job) => Some(job.status.clone()),
            _ => None,
        }
    }

    fn jobs(&self) -> Vec<u64> {
        let job = |id: &EntityId| if let EntityId::Job(id) = id { Some(id.0) } else { None };
        self.entities.keys().filter_map(job).collect()
    }

    fn failure(&self, source: SourceId) -> Option<FailureKind> {
        self.reports.get(&source)?.failure.as_ref().map(|failure| failure.kind)
    }

    fn gap(&self, source: SourceId) -> Option<String> {
        self.reports.get(&source)?.gap.as_ref().map(|gap| gap.message.to_string())
    }
}

/// Feeds that are going, and what they have brought.
struct Live {
    mailbox: Mailbox,
    seen: Seen,
    cancel: CancellationToken,
    tasks: Vec<tokio::task::JoinHandle<()>>,
    _demand: DemandSender,
}

impl Live {
    fn on(fake: &Fake) -> Live {
        let (demand_sender, demand) = Demand::channel();
        let (mailbox, cancel) = (Mailbox::default(), CancellationToken::new());
        let common =
            Common { mailbox: mailbox.clone(), demand, wiring: wiring(), cancel: cancel.clone() };
        let tasks = Parts::new(fake.settings(), Tiers::default(), common).start();
        Live { mailbox, seen: Seen::default(), cancel, tasks, _demand: demand_sender }
    }

    /// Waits until what was brought fits.
    async fn until(&mut self, what: &str, fits: impl Fn(&Seen) -> bool) {
        let waiting = async {
            while !fits(&self.seen) {
                self.mailbox.changed().await;
                self.seen.take(self.mailbox.take());
            }
        };
        let outcome = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(outcome.is_ok(), "never came: {what}");
    }

    async fn end(self) {
        self.cancel.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

/// A GitLab without GraphQL: two projects, on two pages of which the first is short; one running pipeline.
fn rest(asked: &Asked) -> Reply {
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let pipeline = json!({ "id": 10, "iid": 1, "project_id": 1, "ref": "main", "sha": "0f", "status": "running",
        "created_at": "2026-01-12T00:00:00Z", "updated_at": "2026-01-12T00:09:00Z" });
    let job = |id: u64, status: &str| {
        json!({ "id": id, "name": format!("job {id}"), "stage": "test", "ref": "main",
        "status": status, "created_at": "2026-01-12T00:00:00Z", "queued_duration": 30.0, "tag_list": ["eks"],
        "started_at": null, "pipeline": pipeline })
    };
    match path {
        "/api/v4/groups/acme/projects" if query.contains("id_after") => {
            Reply::json(json!([project(2)]))
        }
        "/api/v4/groups/acme/projects" => {
            let next = "</api/v4/groups/acme/projects?id_after=1>; rel=\"next\"";
            Reply::json(json!([project(1)])).with("link", next)
        }
        "/api/v4/projects/1/pipelines" if query.contains("updated_after") => {
            Reply::json(json!([pipeline]))
        }
        "/api/v4/projects/1/pipelines/10" => Reply::json(pipeline),
        "/api/v4/projects/1/pipelines/10/jobs" => {
            Reply::json(json!([job(1, "pending"), job(2, "manual")]))
        }
        "/api/v4/projects/1/jobs" => Reply::json(json!([job(1, "pending")])),
        "/api/v4/groups/acme/runners" => {
            Reply::json(json!([{ "id": 7, "description": "r", "status": "online" }]))
        }
        "/api/v4/runners/7" => Reply::json(
            json!({ "id": 7, "description": "r", "status": "online", "tag_list": ["eks"] }),
        ),
        "/api/v4/personal_access_tokens/self" => {
            Reply::json(json!({ "scopes": ["read_api"], "active": true }))
        }
        "/api/graphql" => Reply::new(404, "{\"error\":\"404 Not Found\"}"),
        _ => Reply::json("[]"),
    }
}

fn project(id: u64) -> Value {
    json!({ "id": id, "path_with_namespace": format!("acme/p{id}"), "default_branch": "main",
        "web_url": format!("https://gitlab.example.com/acme/p{id}"), "last_activity_at": "2026-01-12T00:00:00Z" })
}

async fn look(fake: &Fake) -> Seen {
    let (_sender, demand) = Demand::channel();
    let mailbox = Mailbox::default();
    let cancel = CancellationToken::new();
    let common = Common { mailbox: mailbox.clone(), demand, wiring: wiring(), cancel };
    Parts::new(fake.settings(), Tiers::default(), common).look(&SourceId::GITLAB).await;
    Seen::of(mailbox.take())
}

#[tokio::test]
async fn without_graphql_everything_is_read_by_rest() {
    let fake = Fake::by(rest).await;
    let seen = look(&fake).await;
    let projects = [1, 2].map(|id| EntityId::Project(ProjectId(id)));
    assert!(
        projects.iter().all(|id| seen.entities.contains_key(id)),
        "a short page ended the list"
    );
    assert!(seen.entities.contains_key(&EntityId::Pipeline(PipelineId(10))));
    assert_eq!(seen.jobs(), [1, 2]);
    assert_eq!(seen.collected, [ProjectId(1), ProjectId(2)]);
    let confirmed = SourceId::GITLAB.map(|source| seen.reports[&source].confirmed_at.is_some());
    assert_eq!(confirmed, [true; 4]);
    assert!(fake.asked().iter().all(|asked| asked.method == "GET" || asked.path == "/api/graphql"));
}

#[tokio::test]
async fn a_runner_list_without_tags_is_completed_one_by_one() {
    let seen = look(&Fake::by(rest).await).await;
    let Some(Entity::Runner(runner)) =
        seen.entities.values().find(|one| matches!(one, Entity::Runner(_)))
    else {
        panic!("a runner")
    };
    assert_eq!(&runner.tags[..], [Text::new("eks")]);
}

#[tokio::test]
async fn a_link_to_another_origin_is_refused_and_the_token_stays() {
    let other = Fake::by(rest).await;
    let next = format!("<{}api/v4/groups/acme/projects?id_after=1>; rel=\"next\"", other.url);
    let fake = Fake::by(move |asked| match asked.path.split('?').next() {
        Some("/api/v4/groups/acme/projects") => {
            Reply::json(json!([project(1)])).with("link", &next)
        }
        _ => rest(asked),
    })
    .await;
    let seen = look(&fake).await;
    assert_eq!(seen.failure(SourceId::PROJECTS), Some(FailureKind::ForeignOrigin));
    assert!(other.asked().is_empty());
    assert!(fake.asked().iter().all(|asked| asked.headers["private-token"] == TOKEN));
}

#[tokio::test]
async fn one_project_that_is_refused_is_a_gap_and_the_others_go_on() {
    let fake = Fake::by(|asked| match asked.path.split('?').next() {
        Some(path) if path.starts_with("/api/v4/projects/2/") => {
            Reply::new(403, r#"{"message":"403 Forbidden"}"#)
        }
        _ => rest(asked),
    })
    .await;
    let seen = look(&fake).await;
    assert_eq!(seen.jobs(), [1, 2]);
    let gap = seen.gap(SourceId::QUEUE).unwrap();
    assert!(gap.contains("acme/p2") && gap.contains("403"), "{gap}");
    assert_eq!(seen.failure(SourceId::QUEUE), None);
}

/// Everything fails in one way until a switch is thrown: the failure is told apart, then everything recovers.
async fn fails_and_recovers(reply: Reply, kind: FailureKind) {
    let broken = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&broken);
    let fake = Fake::by(
        move |asked| if broken.load(Ordering::SeqCst) { reply.clone() } else { rest(asked) },
    )
    .await;
    let mut live = Live::on(&fake);
    live.until("the failure", |seen| {
        [SourceId::PROJECTS, SourceId::RUNNERS].iter().all(|one| seen.failure(*one) == Some(kind))
    })
    .await;
    switch.store(false, Ordering::SeqCst);
    live.until("the recovery", |seen| {
        seen.failure(SourceId::PROJECTS).is_none() && seen.status_of(1) == Some(Status::Pending)
    })
    .await;
    live.end().await;
}

#[tokio::test]
async fn an_invalid_token_is_told_apart_and_read_again() {
    let reply = Reply::new(401, r#"{"message":"401 Unauthorized"}"#);
    fails_and_recovers(reply, FailureKind::TokenInvalid).await;
}

#[tokio::test]
async fn an_expired_token_is_told_apart() {
    let body = r#"{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}"#;
    fails_and_recovers(Reply::new(401, body), FailureKind::TokenExpired).await;
}

#[tokio::test]
async fn a_missing_scope_is_told_apart() {
    let body = r#"{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}"#;
    fails_and_recovers(Reply::new(403, body), FailureKind::ScopeMissing).await;
}

#[tokio::test]
async fn a_server_error_passes() {
    fails_and_recovers(
        Reply::new(500, r#"{"message":"500 Internal Server Error"}"#),
        FailureKind::Server,
    )
    .await;
}

#[tokio::test]
async fn a_broken_off_answer_passes() {
    fails_and_recovers(Reply::json("[{\"id\":1").cut(), FailureKind::CutBody).await;
}

#[tokio::test]
async fn a_login_page_is_told_apart() {
    let page = Reply::new(200, "<html>Sign in</html>").with("content-type", "text/html");
    fails_and_recovers(page, FailureKind::NotJson).await;
}

#[tokio::test]
async fn a_log_is_followed_to_its_end_and_only_what_is_new_is_handed_over() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let fake = Fake::by(move |asked| match asked.path.trim_end_matches('?') {
        "/api/v4/projects/1/jobs/1/trace" => {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            Reply::new(200, if number == 0 { "one\n" } else { "one\ntwo\n" })
        }
        "/api/v4/projects/1/jobs/1" => {
            let status = if counted.load(Ordering::SeqCst) == 0 { "running" } else { "success" };
            Reply::json(json!({ "id": 1, "status": status }))
        }
        _ => rest(asked),
    })
    .await;
    let gitlab = Arc::new(crate::api::gitlab::Gitlab::over(fake.http()));
    let place = Place { id: ProjectId(1), path: Text::new("acme/p1") };
    let interval = Duration::from_millis(5);
    let mut news = super::trace::follow_every(interval, gitlab, place, JobId(1));
    let mut got = Vec::new();
    while let Some(one) = news.recv().await {
        assert!(!matches!(one, LogNews::Failed(_)), "{one:?}");
        got.push(one);
    }
    let expected = [
        LogNews::Replace { bytes: "one\n".into(), dropped: 0 },
        LogNews::Append("two\n".into()),
        LogNews::Ended,
    ];
    assert_eq!(got, expected);
}

/// What a GitLab with GraphQL of 16.3 says of one project with a pipeline, whose first job has started by now or not.
fn graphql(asked: &Asked, job: &str) -> Reply {
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let document = body["query"].as_str().unwrap_or_default();
    let operation =
        document.split_once("query ").and_then(|(_, rest)| rest.split(['(', ' ']).next());
    let mark = json!({ "id": "gid://gitlab/Ci::Pipeline/10", "iid": "1", "status": "RUNNING",
        "updatedAt": "2026-01-12T00:09:00Z" });
    let started_at = if job == "RUNNING" { json!("2026-01-12T00:09:30Z") } else { Value::Null };
    let step = json!({ "id": "gid://gitlab/Ci::Build/1", "status": job, "stuck": false, "runner": null,
        "queuedAt": "2026-01-12T00:09:00Z", "startedAt": started_at });
    let page = |nodes: Value| json!({ "pageInfo": { "hasNextPage": false }, "nodes": nodes });
    let mut moving = mark.clone();
    moving["jobs"] = page(json!([step]));
    let project = json!({ "id": "gid://gitlab/Project/1", "fullPath": "acme/p1", "webUrl": "https://x/acme/p1",
        "archived": false, "running": page(json!([mark])), "recent": page(json!([mark])) });
    let data = match operation {
        Some("Capabilities") => {
            json!({ "jobStatuses": null, "pipelineStatuses": null, "pipelineFields": null })
        }
        Some("FleetGroup") => json!({ "group": { "projects": page(json!([project])) } }),
        Some("Pipelines") => {
            json!({ "first": { "id": "gid://gitlab/Project/1", "fullPath": "acme/p1", "pipeline": moving },
            "second": null, "third": null })
        }
        Some("Active") => {
            json!({ "projects": { "nodes": [{ "id": "gid://gitlab/Project/1", "fullPath": "acme/p1",
            "running": page(json!([moving])), "recent": page(json!([mark])) }] } })
        }
        Some("Runners") => json!({ "group": { "runners": page(json!([])) } }),
        _ => return rest(asked),
    };
    Reply::json(json!({ "data": data }))
}

/// How often an operation was asked for.
fn times(fake: &Fake, operation: &str) -> usize {
    let name = format!("query {operation}");
    let asks = |asked: &Asked| String::from_utf8_lossy(&asked.body).contains(&name);
    fake.asked().iter().filter(|asked| asks(asked)).count()
}

#[tokio::test]
async fn a_job_that_starts_is_seen_without_reading_its_pipeline_again() {
    let started = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&started);
    let fake = Fake::by(move |asked| {
        graphql(asked, if started.load(Ordering::SeqCst) { "RUNNING" } else { "PENDING" })
    })
    .await;
    let mut live = Live::on(&fake);
    live.until("the job", |seen| seen.status_of(1) == Some(Status::Pending)).await;
    switch.store(true, Ordering::SeqCst);
    live.until("its start", |seen| seen.status_of(1) == Some(Status::Running)).await;
    assert_eq!(times(&fake, "Pipelines"), 1);
    live.end().await;
}

#[tokio::test]
async fn too_complex_a_question_is_asked_again_for_less() {
    let fake = Fake::by(|asked| {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let first = body["variables"]["first"].as_u64().unwrap_or_default();
        if first > 25 {
            let message = "Query has complexity of 400, which exceeds max complexity of 250";
            return Reply::json(json!({ "errors": [{ "message": message }] }));
        }
        graphql(asked, "PENDING")
    })
    .await;
    let seen = look(&fake).await;
    assert_eq!(seen.jobs(), [1]);
    assert_eq!(times(&fake, "FleetGroup"), 3);
}
