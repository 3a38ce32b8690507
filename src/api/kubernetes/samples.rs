//! Every recorded answer of a real API server, through our client over a socket. `CONTRACTS` names the folder; without
//! it there is nothing to replay, and the check that needs it sets it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fake::{Answer, Fake, Step};
use super::{Cluster, Resource, Watch, WatchNews};
use crate::api::Error;
use crate::domain::{Entity, FailureKind, Pod};

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("CONTRACTS").filter(|folder| folder != "none")?;
    Some(PathBuf::from(folder).join("kubernetes"))
}

fn recorded(folder: &Path, name: &str) -> Vec<u8> {
    let path = folder.join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

async fn whole(status: u16, body: Vec<u8>) -> (Fake, Arc<Cluster>) {
    let fake = Fake::by(move |_| Answer::Whole(status, body.clone())).await;
    let cluster = fake.cluster();
    (fake, cluster)
}

fn pods(entities: impl IntoIterator<Item = Entity>) -> Vec<Arc<Pod>> {
    let pod = |entity| if let Entity::Pod(pod) = entity { Some(pod) } else { None };
    entities.into_iter().filter_map(pod).collect()
}

async fn list(folder: &Path, name: &str, resource: &Resource) -> Vec<Entity> {
    let (_fake, cluster) = whole(200, recorded(folder, name)).await;
    let page = cluster.page(resource, 500, None).await.unwrap();
    assert_eq!(page.unreadable, None, "{name}");
    assert!(!page.version.is_empty(), "{name}");
    page.objects.into_iter().filter_map(|object| object.entity).collect()
}

async fn refusal(folder: &Path, name: &str, status: u16, next: Option<&str>) -> Error {
    let (_fake, cluster) = whole(status, recorded(folder, name)).await;
    cluster.page(&Resource::Nodes, 500, next).await.unwrap_err()
}

/// A watch that tells the recorded lines, cut into pieces that end nowhere in particular.
async fn watch(folder: &Path, name: &str) -> Watch {
    let bytes = recorded(folder, name);
    let fake = Fake::by(move |_| {
        let (sender, receiver) = tokio::sync::mpsc::channel(10_000);
        for piece in bytes.chunks(37) {
            sender.try_send(Step::Say(piece.to_vec())).unwrap();
        }
        sender.try_send(Step::End).unwrap();
        Answer::Stream(receiver)
    });
    let fake = fake.await;
    let watch = fake.cluster().watch(&Resource::Pods("ci-protected".into()), "1").await.unwrap();
    // The server lives until the test ends.
    std::mem::forget(fake);
    watch
}

async fn all(watch: &mut Watch) -> Result<Vec<WatchNews>, Error> {
    let mut news = Vec::new();
    while let Some(more) = watch.next().await? {
        news.extend(more);
    }
    Ok(news)
}

async fn lists_are_read(folder: &Path) {
    let mut words: Vec<String> = Vec::new();
    let mut read = 0;
    for (tier, expected) in [("sandbox", 18), ("standard", 14), ("protected", 10)] {
        let namespace = format!("ci-{tier}");
        let resource = Resource::Pods(namespace.as_str().into());
        let found = pods(list(folder, &format!("pods-ci-{tier}.json"), &resource).await);
        assert_eq!(found.len(), expected, "{tier}");
        for pod in found {
            assert_eq!(&*pod.namespace, namespace);
            assert!(pod.claimed_job.is_some() && pod.project.is_some(), "{}", pod.name);
            assert!(pod.runner_short.is_some() && pod.cpu_request_millis >= 550, "{}", pod.name);
            words.push(pod.state.to_string());
            read += 1;
        }
        let resource = Resource::Events(namespace.as_str().into());
        let events = list(folder, &format!("events-ci-{tier}.json"), &resource).await;
        assert!(events.iter().any(|one| matches!(one, Entity::Event(_))), "{tier}");
    }
    assert_eq!(read, 42);
    words.sort_unstable();
    words.dedup();
    let expected = [
        "Completed",
        "ContainerCreating",
        "Error",
        "Evicted",
        "ImagePullBackOff",
        "Init",
        "OOMKilled",
        "Running",
        "Terminating",
        "Unschedulable",
    ];
    assert_eq!(words, expected);
    let nodes = list(folder, "nodes.json", &Resource::Nodes).await;
    assert_eq!(nodes.len(), 6);
}

async fn pages_and_watches_are_read(folder: &Path) {
    let (_fake, cluster) = whole(200, recorded(folder, "pods-page1.json")).await;
    let page = cluster.page(&Resource::Pods("ci-standard".into()), 5, None).await.unwrap();
    assert_eq!((page.objects.len(), page.next.is_some()), (5, true));

    let mut first = watch(folder, "watch-initial-events.jsonl").await;
    let news = all(&mut first).await.unwrap();
    assert_eq!(news.last(), Some(&WatchNews::Bookmark));
    assert!(news.iter().filter(|one| matches!(one, WatchNews::Found(_))).count() >= 2);
    assert_eq!(first.version(), "1758");

    let mut bookmarks = watch(folder, "watch-with-bookmark.jsonl").await;
    assert_eq!(all(&mut bookmarks).await.unwrap(), [WatchNews::Bookmark, WatchNews::Bookmark]);
    assert_eq!(bookmarks.version(), "1774");

    let mut old = watch(folder, "watch-old-resource-version.jsonl").await;
    assert_eq!(all(&mut old).await.unwrap_err().status, Some(410));
}

async fn refusals_are_told_apart(folder: &Path) {
    let error = refusal(folder, "status-401.json", 401, None).await;
    assert_eq!(error.kind, FailureKind::TokenInvalid);
    let error = refusal(folder, "status-403-forbidden.json", 403, None).await;
    assert_eq!(error.kind, FailureKind::Forbidden);
    assert!(error.hint.contains("list and watch on nodes"), "{}", error.hint);
    let error = refusal(folder, "status-504-resource-version-too-large.json", 504, None).await;
    assert_eq!(error.kind, FailureKind::Server);
    assert!(error.hint.contains("behind the others") && error.retry_at.is_some());
    let error = refusal(folder, "status-bad-continue.json", 400, Some("x")).await;
    assert_eq!(error.status, Some(400));
}

#[tokio::test]
async fn every_recorded_answer_of_a_cluster_is_understood() {
    let Some(folder) = folder() else { return };
    lists_are_read(&folder).await;
    pages_and_watches_are_read(&folder).await;
    refusals_are_told_apart(&folder).await;
    let (_fake, cluster) = whole(200, recorded(&folder, "version.json")).await;
    assert_eq!(&*cluster.version().await.unwrap(), "v1.36.2");
    println!("the recorded answers of a cluster replay");
}
