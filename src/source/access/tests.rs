//! The feed against a small GitLab on loopback: it goes on where it was broken off, and a place that fails takes nothing away.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Ways, look};
use crate::api::fake::{Asked, Fake, Reply, wiring};
use crate::api::gitlab::Gitlab;
use crate::api::{Kept, Shelf, Wiring};
use crate::config::{LoadRequest, Overrides, Settings};
use crate::domain::access::{Lack, Part, Population, Resource};
use crate::domain::{Change, Report};
use crate::source::common::Common;
use crate::source::{Demand, Mailbox};

/// A shelf in memory.
#[derive(Debug, Default)]
struct Memory(Mutex<BTreeMap<String, Kept>>);

impl Shelf for Memory {
    fn take(&self) -> Vec<Kept> {
        self.0.lock().unwrap().values().cloned().collect()
    }

    fn keep(&self, kept: &Kept) {
        self.0.lock().unwrap().insert(kept.site.clone(), kept.clone());
    }

    fn forget(&self, site: &str) {
        self.0.lock().unwrap().remove(site);
    }
}

/// Settings that watch the group `acme` there.
fn settings(fake: &Fake, budget: u32) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let (url, token) = (&fake.url, "token = { env = \"TOKEN\" }");
    let text = format!(
        "[gitlab]\nurl = \"{url}\"\n{token}\ngroups = [\"acme\"]\nrequests_per_minute = 60000\n\
         [access]\nrequests_per_minute = {budget}\n"
    );
    std::fs::write(&path, text).unwrap();
    let overrides = Overrides { config: Some(path), ..Overrides::default() };
    Settings::load(&LoadRequest { overrides, ..LoadRequest::default() }).unwrap().settings
}

/// What one look brought.
async fn looked(fake: &Fake, shelf: &Arc<Memory>) -> (Arc<Population>, Report) {
    Box::pin(looked_after(fake, shelf, Vec::new())).await
}

/// What one look brought after rights were changed from here at some places.
async fn looked_after(
    fake: &Fake,
    shelf: &Arc<Memory>,
    touched: Vec<Resource>,
) -> (Arc<Population>, Report) {
    let wiring = Wiring { shelf: Arc::clone(shelf) as Arc<dyn Shelf>, ..wiring() };
    let (sender, demand) = Demand::channel();
    sender.touch(touched);
    let mailbox = Mailbox::default();
    let cancel = CancellationToken::new();
    let common = Common { mailbox: mailbox.clone(), demand, wiring: wiring.clone(), cancel };
    let settings = settings(fake, 60_000);
    let gitlab = Arc::new(Gitlab::new(settings.gitlab.as_ref().unwrap(), wiring));
    look(&settings, &common, &Ways { gitlab: Some(&gitlab), eks: &[], clusters: &[] }).await;
    let mut found = (None, None);
    for update in mailbox.take() {
        match update.change {
            Change::Population(population) => found.0 = Some(population),
            Change::Report(report) => found.1 = Some(report),
            _ => {}
        }
    }
    (found.0.unwrap(), found.1.unwrap())
}

fn path(asked: &Asked) -> &str {
    asked.path.split('?').next().unwrap_or_default().trim_start_matches("/api/v4/")
}

fn member(id: u64, level: u8) -> Value {
    json!({"id": id, "username": format!("u{id}"), "name": "N", "state": "active",
        "access_level": level, "created_at": "2025-01-01T00:00:00Z", "expires_at": null})
}

/// A group with two projects; the second fails while it is told to.
async fn platform(fails: &Arc<AtomicBool>) -> Fake {
    platform_of(fails, "u7").await
}

/// The same, asked by somebody.
async fn platform_of(fails: &Arc<AtomicBool>, who: &'static str) -> Fake {
    let fails = Arc::clone(fails);
    Fake::by(move |asked| {
        let list = |of: &[&str]| {
            let rows: Vec<Value> =
                of.iter().map(|one| json!({"path_with_namespace": one})).collect();
            Reply::json(json!(rows))
        };
        match path(asked) {
            "groups/acme/projects" => list(&["acme/a", "acme/b"]),
            "groups/acme" => Reply::json(json!({"id": 1, "full_path": "acme"})),
            "projects/acme%2Fa" => Reply::json(json!({"path_with_namespace": "acme/a"})),
            "projects/acme%2Fb" if fails.load(Ordering::SeqCst) => Reply::new(504, "slow"),
            "projects/acme%2Fb" => Reply::json(json!({"path_with_namespace": "acme/b"})),
            "projects/acme%2Fa/members" => Reply::json(json!([member(7, 40)])),
            "projects/acme%2Fb/members" => Reply::json(json!([member(8, 30)])),
            "user" => Reply::json(json!({"id": 7, "username": who})),
            "personal_access_tokens/self" => Reply::json(json!({
                "id": 1, "name": "t", "user_id": 7, "active": true, "revoked": false,
                "scopes": ["read_api"], "created_at": "2025-01-01T00:00:00Z", "expires_at": null,
            })),
            "/api/graphql" => Reply::json(json!({"data": {}})),
            _ => Reply::json(json!([])),
        }
    })
    .await
}

fn subjects(population: &Population) -> Vec<&str> {
    population.grants.iter().map(|grant| grant.subject.as_str()).collect()
}

#[tokio::test]
async fn a_place_that_fails_is_named_and_the_others_are_read() {
    let fake = platform(&Arc::new(AtomicBool::new(true))).await;
    let (population, report) = Box::pin(looked(&fake, &Arc::default())).await;
    assert_eq!(subjects(&population), ["user:7"]);
    let failed: Vec<&str> = population
        .gaps
        .iter()
        .filter(|gap| gap.part == Part::AccessTokens && gap.lack == Lack::Failed)
        .map(|gap| gap.at.as_str())
        .collect();
    assert_eq!(failed, ["acme/b"]);
    assert!(report.failure.is_some() && report.confirmed_at.is_none());
}

#[tokio::test]
async fn after_a_start_only_what_is_missing_is_read() {
    let fails = Arc::new(AtomicBool::new(true));
    let fake = platform(&fails).await;
    let shelf = Arc::new(Memory::default());
    Box::pin(looked(&fake, &shelf)).await;
    fails.store(false, Ordering::SeqCst);
    let before = fake.asked().len();
    let (population, report) = Box::pin(looked(&fake, &shelf)).await;
    assert_eq!(subjects(&population), ["user:7", "user:8"]);
    assert!(report.failure.is_none() && report.confirmed_at.is_some());
    let later = fake.asked();
    let again: Vec<&str> = later[before..].iter().map(path).collect();
    // Who asks is asked for first: what another identity has read would be read anew.
    let identity = ["user", "personal_access_tokens/self"];
    let is_meant = |path: &&str| {
        path.starts_with("projects/acme%2Fb") || *path == "/api/graphql" || identity.contains(path)
    };
    assert!(again.iter().all(is_meant), "{again:?}");
}

#[tokio::test]
async fn where_rights_were_changed_from_here_that_place_alone_is_read_again() {
    let fake = platform(&Arc::new(AtomicBool::new(false))).await;
    let shelf = Arc::new(Memory::default());
    Box::pin(looked(&fake, &shelf)).await;
    let before = fake.asked().len();
    let kind = crate::domain::access::ResourceKind::Project;
    let place = Resource { kind, path: crate::domain::Text::new("acme/a") };
    let (population, _) = Box::pin(looked_after(&fake, &shelf, vec![place])).await;
    assert!(!population.gaps.iter().any(|gap| gap.lack == Lack::Waiting), "it was read again");
    let later = fake.asked();
    let again: Vec<&str> = later[before..].iter().map(path).collect();
    assert!(again.contains(&"projects/acme%2Fa/members"), "{again:?}");
    assert!(!again.iter().any(|path| path.starts_with("projects/acme%2Fb")), "{again:?}");
}

#[tokio::test]
async fn what_another_identity_has_read_is_read_anew() {
    let fails = Arc::new(AtomicBool::new(false));
    let shelf = Arc::new(Memory::default());
    let (population, _) = Box::pin(looked(&platform(&fails).await, &shelf)).await;
    assert_eq!(population.read_by, Some(crate::domain::Text::new("u7 (user:7), scopes read_api")));
    let other = platform_of(&fails, "u9").await;
    let (population, _) = Box::pin(looked(&other, &shelf)).await;
    assert_eq!(population.read_by, Some(crate::domain::Text::new("u9 (user:7), scopes read_api")));
    assert!(other.asked().iter().any(|asked| path(asked) == "projects/acme%2Fa"));
}

#[tokio::test]
async fn a_list_of_places_that_is_refused_takes_no_place_away() {
    let refused = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&refused);
    let fake = Fake::by(move |asked| match path(asked) {
        "groups/acme/projects" if told.load(Ordering::SeqCst) => {
            Reply::json(json!({"message": "403 Forbidden"})).status(403)
        }
        "groups/acme/projects" => Reply::json(json!([{"path_with_namespace": "acme/a"}])),
        "groups/acme" => Reply::json(json!({"id": 1, "full_path": "acme"})),
        "projects/acme%2Fa" => Reply::json(json!({"path_with_namespace": "acme/a"})),
        "projects/acme%2Fa/members" => Reply::json(json!([member(7, 40)])),
        "user" => Reply::json(json!({"id": 7, "username": "u7"})),
        "/api/graphql" => Reply::json(json!({"data": {}})),
        _ => Reply::json(json!([])),
    })
    .await;
    let shelf = Arc::new(Memory::default());
    Box::pin(looked(&fake, &shelf)).await;
    refused.store(true, Ordering::SeqCst);
    shelf.0.lock().unwrap().retain(|site, kept| {
        // The list is old, and so it is read again.
        if site.starts_with("below") {
            kept.body = kept.body.replace("2026-01-12T00:10:00Z", "2026-01-10T00:10:00Z");
        }
        true
    });
    let (population, _) = Box::pin(looked(&fake, &shelf)).await;
    assert_eq!(subjects(&population), ["user:7"]);
    assert!(population.gaps.iter().any(|gap| gap.part == Part::Projects));
}

#[tokio::test]
async fn this_feed_has_a_budget_of_its_own_within_the_common_one() {
    let fake = platform(&Arc::new(AtomicBool::new(false))).await;
    let settings = settings(&fake, 60);
    let gitlab = Gitlab::new(settings.gitlab.as_ref().unwrap(), wiring());
    let aside = gitlab.aside(60);
    aside.access_of_instance().await.unwrap();
    assert!(aside.requests_per_minute() > 2.5 && gitlab.requests_per_minute() > 2.5);
}
