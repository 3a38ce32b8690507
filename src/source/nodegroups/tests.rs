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
        let (_, demand) = Demand::channel();
        let mailbox = Mailbox::default();
        let cancel = CancellationToken::new();
        let common = Common { mailbox: mailbox.clone(), demand, wiring: wiring(), cancel };
        let feed = NodeGroupFeed::new(Arc::new(aws.eks()), &common);
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
