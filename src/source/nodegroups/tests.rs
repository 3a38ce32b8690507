//! The feed against a small AWS on loopback: what it brings, and how each failure looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use super::*;
use crate::api::aws::fake::{Aws, Call, nodegroup, query_refusal, refusal};
use crate::api::fake::{Reply, wiring};
use crate::domain::{Report, Text, Update};
use crate::source::{Demand, Mailbox};

/// A feed that is looked at by hand.
struct Watched {
    feed: NodeGroupFeed,
    mailbox: Mailbox,
    beat: Beat,
}

impl Watched {
    fn on(aws: &Aws) -> Watched {
        Watched::over(Arc::new(aws.eks()))
    }

    fn over(eks: Arc<Eks>) -> Watched {
        let (_, demand) = Demand::channel();
        let mailbox = Mailbox::default();
        let cancel = CancellationToken::new();
        let common = Common { mailbox: mailbox.clone(), demand, wiring: wiring(), cancel };
        let feed = NodeGroupFeed::new(eks, &common);
        Watched { feed, mailbox, beat: beat(&common) }
    }

    /// One look, and what it brought.
    async fn look(&mut self) -> Brought {
        self.beat.begin();
        self.feed.look(&mut self.beat).await;
        Brought::of(self.mailbox.take())
    }
}

/// What one look brought.
#[derive(Debug, Default)]
struct Brought {
    replaced: Option<Vec<Arc<NodeGroup>>>,
    changed: Vec<Arc<NodeGroup>>,
    gone: Vec<EntityId>,
    report: Option<Report>,
}

impl Brought {
    fn of(updates: Vec<Update>) -> Brought {
        let group = |entity| match entity {
            Entity::NodeGroup(group) => group,
            other => panic!("{other:?}"),
        };
        let mut brought = Brought::default();
        for update in updates {
            assert_eq!(&*update.key.scope.0, "eks:ci/nodegroups");
            match update.change {
                Change::Replace(all) => {
                    brought.replaced = Some(all.into_iter().map(group).collect());
                }
                Change::Upsert(some) => brought.changed.extend(some.into_iter().map(group)),
                Change::Remove(ids) => brought.gone.extend(ids),
                Change::Report(report) => brought.report = Some(report),
                other => panic!("{other:?}"),
            }
        }
        brought
    }

    fn names(&self) -> Vec<&str> {
        let replaced = self.replaced.as_deref().unwrap_or(&self.changed);
        replaced.iter().map(|group| group.name.as_str()).collect()
    }

    fn failure(&self) -> Option<FailureKind> {
        self.report.as_ref()?.failure.as_ref().map(|failure| failure.kind)
    }

    fn gap(&self) -> Option<&str> {
        self.report.as_ref()?.gap.as_ref().map(|gap| gap.message.as_str())
    }
}

#[tokio::test]
async fn every_node_group_comes_with_its_activities() {
    let brought = Watched::on(&Aws::usual().await).look().await;
    assert_eq!(brought.names(), ["a", "b"]);
    let groups = brought.replaced.as_ref().unwrap();
    let told = groups[0].activities.as_ref().map(|some| some[0].description.clone());
    assert_eq!(told, Some(Text::new("Launching a new EC2 instance")));
    assert_eq!((brought.failure(), brought.gap()), (None, None));
}

#[tokio::test]
async fn what_is_unchanged_comes_again_as_it_was() {
    let mut watched = Watched::on(&Aws::usual().await);
    let (first, second) = (watched.look().await, watched.look().await);
    assert_eq!(first.replaced, second.replaced);
}

#[tokio::test]
async fn one_node_group_that_may_not_be_described_leaves_the_others() {
    let aws = Aws::by(|call| match call {
        Call::DescribeNodegroup(name) if name == "b" => {
            Some(refusal(403, "AccessDeniedException", ""))
        }
        _ => None,
    })
    .await;
    let brought = Watched::on(&aws).look().await;
    assert_eq!((brought.names(), brought.replaced.is_none()), (vec!["a"], true));
    let gap = "1 of 2 node groups could not be described: describing node group b of ci-prod: \
               AWS denies eks:DescribeNodegroup";
    assert_eq!((brought.failure(), brought.gap()), (None, Some(gap)));
}

#[tokio::test]
async fn a_node_group_that_cannot_be_described_any_more_stays_and_a_deleted_one_goes() {
    let looks = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&looks);
    let aws = Aws::by(move |call| match (call, seen.load(Ordering::SeqCst)) {
        (Call::ListNodegroups { .. }, 0) => Some(Reply::json(r#"{"nodegroups": ["a", "b", "c"]}"#)),
        (Call::DescribeNodegroup(name), 1) if name == "b" => {
            Some(refusal(500, "ServerException", "later"))
        }
        _ => None,
    })
    .await;
    let mut watched = Watched::on(&aws);
    assert_eq!(watched.look().await.names(), ["a", "b", "c"]);
    looks.store(1, Ordering::SeqCst);
    let brought = watched.look().await;
    let gone = EntityId::NodeGroup(NodeGroupId::of(&["ci", "eks", "c"]));
    assert_eq!((brought.names(), &brought.gone), (vec!["a"], &vec![gone]));
    looks.store(2, Ordering::SeqCst);
    assert_eq!(watched.look().await.replaced.map(|all| all.len()), Some(2));
}

#[tokio::test]
async fn a_node_group_that_is_deleted_between_two_calls_is_no_gap() {
    let aws = Aws::by(|call| match call {
        Call::DescribeNodegroup(name) if name == "b" => {
            Some(refusal(404, "ResourceNotFoundException", "gone"))
        }
        _ => None,
    })
    .await;
    let brought = Watched::on(&aws).look().await;
    assert_eq!((brought.replaced.as_ref().map(Vec::len), brought.gap()), (Some(1), None));
}

#[tokio::test]
async fn where_nothing_can_be_described_the_feed_has_failed() {
    let aws = Aws::by(|call| match call {
        Call::DescribeNodegroup(_) => Some(refusal(403, "AccessDeniedException", "")),
        _ => None,
    })
    .await;
    let brought = Watched::on(&aws).look().await;
    assert_eq!(brought.failure(), Some(FailureKind::Forbidden));
    assert!(brought.replaced.is_none() && brought.changed.is_empty() && brought.gone.is_empty());
}

#[tokio::test]
async fn credentials_that_expire_in_the_middle_fail_the_whole() {
    let aws = Aws::by(|call| match call {
        Call::DescribeNodegroup(name) if name == "b" => {
            Some(refusal(403, "ExpiredTokenException", ""))
        }
        _ => None,
    })
    .await;
    assert_eq!(Watched::on(&aws).look().await.failure(), Some(FailureKind::TokenExpired));
}

#[tokio::test]
async fn a_cluster_that_is_not_there_is_told() {
    let missing =
        || refusal(404, "ResourceNotFoundException", "No cluster found for name: ci-prod.");
    let aws = Aws::by(move |_| Some(missing())).await;
    let brought = Watched::on(&aws).look().await;
    assert_eq!(brought.failure(), Some(FailureKind::NotFound));
}

#[tokio::test]
async fn activities_that_may_not_be_read_are_told_once_and_not_asked_for_again() {
    let aws = Aws::by(|call| {
        call.is("DescribeScalingActivities").then(|| query_refusal(403, "AccessDenied", "no"))
    })
    .await;
    let mut watched = Watched::on(&aws);
    let first = watched.look().await;
    let gap = "reading what Auto Scaling group eks-a did: AWS denies autoscaling:DescribeScalingActivities";
    assert_eq!((first.failure(), first.gap()), (None, Some(gap)));
    let groups = first.replaced.unwrap();
    assert!(groups.iter().all(|group| group.activities.is_none()));
    let second = watched.look().await;
    assert_eq!((second.failure(), second.gap()), (None, None));
    let asked = aws.calls().iter().filter(|call| call.is("DescribeScalingActivities")).count();
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn activities_that_cannot_be_read_for_once_stay_known() {
    let looks = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&looks);
    let aws = Aws::by(move |call| {
        let fails = seen.load(Ordering::SeqCst) == 1 && call.is("DescribeScalingActivities");
        fails.then(|| query_refusal(500, "InternalFailure", "later"))
    })
    .await;
    let mut watched = Watched::on(&aws);
    let first = watched.look().await;
    looks.store(1, Ordering::SeqCst);
    let second = watched.look().await;
    assert_eq!(first.replaced, second.replaced);
    assert!(second.gap().is_some_and(|gap| gap.contains("AWS answered InternalFailure: later")));
}

#[tokio::test]
async fn throttling_in_the_middle_brings_what_was_read_and_waits_longer() {
    let aws = Aws::by(|call| match call {
        Call::DescribeNodegroup(name) if name == "b" => {
            Some(refusal(400, "ThrottlingException", "Rate exceeded").with("retry-after", "90"))
        }
        Call::DescribeNodegroup(name) => Some(Reply::json(nodegroup(name, 4))),
        _ => None,
    })
    .await;
    let mut watched = Watched::on(&aws);
    let brought = watched.look().await;
    assert_eq!(brought.names(), ["a"]);
    assert!(brought.gap().is_some_and(|gap| gap.contains("AWS asks to slow down")));
    assert!(watched.beat.is_failing());
}

/// A platform that `.ci/aws/run` starts, and what it was told to hold. Without `EKS_SERVER` there is none.
fn server_of_others() -> Option<(Arc<Eks>, serde_json::Value)> {
    let url = std::env::var("EKS_SERVER").ok()?.parse().unwrap();
    let seed = std::fs::read(std::env::var_os("EKS_SEED").unwrap()).unwrap();
    let seed: serde_json::Value = serde_json::from_slice(&seed).unwrap();
    let mut keys = tempfile::NamedTempFile::new().unwrap();
    let text = "[default]\naws_access_key_id = testing\naws_secret_access_key = testing\n";
    std::io::Write::write_all(&mut keys, text.as_bytes()).unwrap();
    let settings = crate::config::Eks {
        name: seed["cluster"].as_str().unwrap().to_owned(),
        region: seed["region"].as_str().map(str::to_owned),
        profile: None,
        role_arn: Some("arn:aws:iam::123456789012:role/watch".to_owned()),
        endpoint_url: Some(url),
        config_file: None,
        // The file is read when first asked and outlives this function.
        credentials_file: Some(keys.keep().unwrap().1),
    };
    Some((Arc::new(Eks::new("ci", &settings, Bounds::Loopback, wiring())), seed))
}

fn texts(words: &serde_json::Value) -> Vec<Text> {
    words.as_array().unwrap().iter().map(|word| Text::new(word.as_str().unwrap())).collect()
}

/// A node group as the seed says it is.
fn seeded(wanted: &serde_json::Value) -> NodeGroup {
    let name = wanted["name"].as_str().unwrap();
    let issue = |issue: &serde_json::Value| crate::domain::NodeGroupIssue {
        code: Text::new(issue["code"].as_str().unwrap()),
        message: Text::new(issue["message"].as_str().unwrap()),
        resources: texts(&issue["resources"]).into(),
    };
    NodeGroup {
        id: NodeGroupId::of(&["ci", "eks", name]),
        cluster: Text::new("ci"),
        name: Text::new(name),
        kind: crate::domain::NodeGroupKind::Eks,
        tier: None,
        status: Text::new(wanted["status"].as_str().unwrap()),
        min: wanted["min"].as_u64(),
        desired: wanted["desired"].as_u64(),
        max: wanted["max"].as_u64(),
        limits: Arc::default(),
        instance_types: texts(&wanted["instance_types"]).into(),
        capacity_type: wanted["capacity_type"].as_str().map(Text::new),
        version: wanted["version"].as_str().map(Text::new),
        issues: wanted["issues"].as_array().unwrap().iter().map(issue).collect(),
        // It has Auto Scaling groups, and they did nothing.
        activities: Some(Arc::default()),
    }
}

#[tokio::test]
async fn a_server_that_others_wrote_is_read() {
    let Some((eks, seed)) = server_of_others() else { return };
    let mut watched = Watched::over(Arc::clone(&eks));
    let brought = watched.look().await;
    assert_eq!((brought.failure(), brought.gap()), (None, None));
    let groups = brought.replaced.as_ref().unwrap();
    for wanted in seed["nodegroups"].as_array().unwrap() {
        let wanted = seeded(wanted);
        let found = groups.iter().find(|group| group.name == wanted.name);
        assert_eq!(found.map(|group| &**group), Some(&wanted));
    }
    let quiet = groups.iter().filter(|group| group.name.starts_with("quiet-")).count();
    assert_eq!(Some(quiet as u64), seed["quiet_nodegroups"].as_u64());
    assert_eq!(watched.look().await.replaced, brought.replaced);
    println!("{} node groups of a server that others wrote are read", groups.len());
}

#[tokio::test]
async fn a_server_that_others_wrote_tells_where_the_cluster_is_and_who_we_are() {
    let Some((eks, _)) = server_of_others() else { return };
    let probes = eks.probe().await;
    let arn = probes.identity.unwrap().arn;
    assert!(arn.contains(":assumed-role/watch/watchfloor"), "{arn}");
    assert_eq!(probes.calls.len(), 4, "{:?}", probes.calls);
    assert!(probes.calls.iter().all(|probe| probe.outcome.is_ok()), "{:?}", probes.calls);
    let endpoint = crate::api::kubernetes::Access::endpoint(&*eks).await.unwrap();
    assert!(endpoint.ca_pem.starts_with(b"-----BEGIN CERTIFICATE-----"));
}

#[tokio::test]
async fn a_server_that_others_wrote_refuses_as_we_expect() {
    let Some((eks, _)) = server_of_others() else { return };
    let missing = eks.nodegroup("no-such-group").await.unwrap_err();
    assert_eq!((missing.kind, missing.status), (FailureKind::NotFound, Some(404)));
}
