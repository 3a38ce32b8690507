//! Passes against a small GitLab on loopback: what they remember, what they say of failures, and where they stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::{Value, json};

use super::everywhere::{Everywhere, gap_among};
use super::named::Named;
use crate::api::fake::{Asked, Fake, Reply};
use crate::api::gitlab::Gitlab;
use crate::config::{ExceptionSettings, GitlabSettings};
use crate::domain::exception::fixture::record;
use crate::domain::{Artefact, Entity, FailureKind, GapKind, Sighting, Text};

fn register() -> ExceptionSettings {
    ExceptionSettings {
        project: "acme/exceptions".to_owned(),
        reference: "main".to_owned(),
        path: "exceptions".to_owned(),
        max_ttl: [].into(),
        warn_before: Vec::new(),
        max_renewals: 2,
        native: Vec::new(),
    }
}

/// A GitLab of two projects, each with the same list of exceptions; trees answer with this status.
async fn gitlab(trees: Arc<AtomicU16>) -> Fake {
    let project = |id: u64, path: &str| json!({"id": id, "path_with_namespace": path, "default_branch": "main", "web_url": ""});
    Fake::by(move |asked: &Asked| {
        let path = asked.path.as_str();
        let status = trees.load(Ordering::Relaxed);
        if path.contains("/groups/acme/projects") {
            Reply::json(Value::from(vec![project(1, "acme/a"), project(2, "acme/sub/b")]))
        } else if path.contains("/repository/tree") && status != 200 {
            Reply::json(json!({"message": "no"})).status(status)
        } else if path.contains("/repository/tree") {
            Reply::json(json!([{"id": "b10b", "type": "blob", "path": ".trivyignore"}]))
        } else if path.contains("/repository/blobs/b10b") {
            Reply::json(json!({"encoding": "base64", "content": "Q1ZFLTIwMjQtMQ=="}))
        } else if path.ends_with("graphql") {
            Reply::json(json!({"error": "404 Not Found"})).status(404)
        } else if path.contains("/access_tokens") {
            Reply::json(json!({"message": "403 Forbidden"})).status(403)
        } else {
            Reply::json("[]")
        }
    })
    .await
}

fn everywhere(fake: &Fake, most: usize, named: Option<Named>) -> Everywhere {
    let watched = GitlabSettings { groups: vec!["acme".to_owned()], ..fake.settings() };
    let gitlab = Arc::new(Gitlab::over(fake.http()));
    Everywhere::new(gitlab, (&watched, &register()), (most, named))
}

fn sightings(entities: Vec<Entity>) -> Vec<Arc<Sighting>> {
    let sighting = |entity| if let Entity::Sighting(one) = entity { Some(one) } else { None };
    entities.into_iter().filter_map(sighting).collect()
}

async fn pass(everywhere: &mut Everywhere) -> Vec<Arc<Sighting>> {
    sightings(everywhere.pass(|_| ()).await.unwrap().0)
}

fn natives(all: &[Arc<Sighting>]) -> usize {
    all.iter().map(|one| one.natives.len()).sum()
}

fn gaps(all: &[Arc<Sighting>], kind: GapKind) -> Vec<String> {
    let is_it = |one: &&Arc<Sighting>| one.gap.as_ref().is_some_and(|gap| gap.kind == kind);
    all.iter().filter(is_it).map(|one| format!("{} {}", one.tool, one.home)).collect()
}

fn asked(fake: &Fake, what: &str) -> usize {
    fake.asked().iter().filter(|asked| asked.path.contains(what)).count()
}

#[tokio::test]
async fn the_same_blob_in_two_projects_is_read_once_and_in_no_later_pass() {
    let fake = gitlab(Arc::new(AtomicU16::new(200))).await;
    let mut everywhere = everywhere(&fake, 100, None);
    assert_eq!(natives(&pass(&mut everywhere).await), 2);
    assert_eq!(natives(&pass(&mut everywhere).await), 2);
    assert_eq!((asked(&fake, "/blobs/"), asked(&fake, "/tree")), (1, 4));
}

#[tokio::test]
async fn what_is_refused_and_what_is_not_available_are_listed_apart() {
    let fake = gitlab(Arc::new(AtomicU16::new(200))).await;
    let all = pass(&mut everywhere(&fake, 100, None)).await;
    let refused =
        ["acme/a", "acme/sub/b", "acme", "acme/sub"].map(|home| format!("gitlab-token {home}"));
    assert_eq!(gaps(&all, GapKind::Refused), refused);
    let absent = ["acme/a", "acme/sub/b"].map(|home| format!("gitlab-dismissal {home}"));
    assert_eq!(gaps(&all, GapKind::Unavailable), absent);
    let entities: Vec<Entity> = all.into_iter().map(Entity::Sighting).collect();
    let gap = gap_among(&entities).unwrap();
    assert!(gap.message.starts_with("4 places were not looked at"), "{}", gap.message);
    assert_eq!(gap.kind, FailureKind::Forbidden);
}

#[tokio::test]
async fn a_pass_that_has_spent_its_share_says_what_waits_and_the_next_begins_there() {
    let fake = gitlab(Arc::new(AtomicU16::new(200))).await;
    let mut everywhere = everywhere(&fake, 3, None);
    let all = pass(&mut everywhere).await;
    assert_eq!(natives(&all), 2);
    let waiting = gaps(&all, GapKind::Waiting);
    assert_eq!(waiting.len(), 10, "{waiting:?}");
    let asked_before = asked(&fake, "/tree");
    let all = pass(&mut everywhere).await;
    assert_eq!(asked(&fake, "/tree"), asked_before);
    assert!(gaps(&all, GapKind::Waiting).len() < waiting.len());
}

#[tokio::test]
async fn what_was_found_stays_beside_a_failure_and_goes_with_a_refusal() {
    let status = Arc::new(AtomicU16::new(200));
    let fake = gitlab(Arc::clone(&status)).await;
    let mut everywhere = everywhere(&fake, 100, None);
    let before = pass(&mut everywhere).await;
    status.store(504, Ordering::Relaxed);
    let failed = pass(&mut everywhere).await;
    assert_eq!((natives(&failed), gaps(&failed, GapKind::Failed).len()), (2, 12));
    let seen_at =
        |all: &[Arc<Sighting>]| all.iter().find(|one| !one.natives.is_empty()).unwrap().seen_at;
    assert_eq!(seen_at(&failed), seen_at(&before));
    status.store(403, Ordering::Relaxed);
    let refused = pass(&mut everywhere).await;
    assert_eq!((natives(&refused), gaps(&refused, GapKind::Failed).len()), (0, 0));
}

#[tokio::test]
async fn a_token_that_is_refused_ends_the_pass() {
    let fake = gitlab(Arc::new(AtomicU16::new(401))).await;
    let (entities, stopped) = everywhere(&fake, 100, None).pass(|_| ()).await.unwrap();
    assert_eq!(stopped.map(|error| error.kind), Some(FailureKind::TokenInvalid));
    assert!(!gaps(&sightings(entities), GapKind::Waiting).is_empty());
}

#[tokio::test]
async fn a_look_at_what_records_name_goes_nowhere_else() {
    let fake = gitlab(Arc::new(AtomicU16::new(200))).await;
    let mut one = record("E-1", "2026-01-01", "2026-02-01");
    one.artefacts = vec![Artefact {
        tool: Text::new("trivy"),
        project: Some(Text::new("acme/sub/b")),
        cluster: None,
        path: Some(Text::new(".trivyignore")),
        rule: None,
    }];
    let named = Named::by([&one].into_iter());
    assert_eq!(natives(&pass(&mut everywhere(&fake, 100, Some(named))).await), 1);
    assert_eq!((asked(&fake, "/tree"), asked(&fake, "/members")), (1, 0));
    let nothing = pass(&mut everywhere(&fake, 100, Some(Named::default()))).await;
    assert_eq!((nothing.len(), asked(&fake, "/groups/acme/projects")), (0, 1));
}
