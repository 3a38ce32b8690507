//! Looking at a pod or a node, and what an act on one means for what is seen.

use super::{Verdict, fact};
use crate::api::Error;
use crate::api::kubernetes::{Cluster, NodeStanding, PodStanding};
use crate::domain::{FailureKind, Proposal, Seen, Target, Text, Tiers};

/// The state of what is no longer there.
const GONE: &str = "gone";
/// The fact that holds the version in which an object was seen.
pub(in crate::action) const VERSION: &str = "resource version";
/// The fact that says whether a node takes new pods.
const CORDONED: &str = "cordoned";
/// The fact that an object is being deleted.
const GOING: &str = "being deleted";
/// The fact that a pod has ended by itself.
const ENDED: &str = "ended";
/// The fact that a pod is in no namespace of a tier.
const OUTSIDE: &str = "outside the tiers";

/// Looks at a pod or a node. One that is not there is seen as gone.
pub(in crate::action) async fn look(
    cluster: &Cluster,
    tiers: &Tiers,
    target: &Target,
) -> Result<Seen, Error> {
    match target {
        Target::Pod(_, namespace, name) => {
            let standing = cluster.pod_standing(namespace, name).await?;
            Ok(pod(target, standing, tiers))
        }
        Target::Node(_, name) => Ok(node(target, cluster.node_standing(name).await?, tiers)),
        _ => Err(Error::new(FailureKind::Other, "this is no target of Kubernetes")),
    }
}

fn pod(target: &Target, standing: Option<PodStanding>, tiers: &Tiers) -> Seen {
    let Target::Pod(cluster, namespace, name) = target else { return gone(target) };
    let protected = tiers.protects_namespace(cluster, namespace);
    let Some(standing) = standing else { return Seen { protected, ..gone(target) } };
    let mut facts = Vec::new();
    let mut note = |name: &str, told: Option<&Text>| {
        facts.extend(told.map(|told| (Text::new(name), told.clone())));
    };
    note("node", standing.node.as_ref());
    let job = standing.job.map(|job| Text::new(&format!("{job} (claimed by the pod itself)")));
    note("job", job.as_ref());
    let no_job = Text::new("none");
    note("job", job.is_none().then_some(&no_job));
    note("job url", standing.job_url.as_ref());
    let yes = Text::new("yes");
    note(GOING, standing.is_going.then_some(&yes));
    note(ENDED, standing.has_ended.then_some(&yes));
    note(OUTSIDE, protected.is_none().then_some(&yes));
    let identity = Some(standing.uid);
    Seen { identity, protected, facts, ..Seen::new(name.clone(), standing.state) }
}

fn node(target: &Target, standing: Option<NodeStanding>, tiers: &Tiers) -> Seen {
    let Target::Node(cluster, name) = target else { return gone(target) };
    let Some(standing) = standing else { return gone(target) };
    let ready = if standing.is_ready { "Ready" } else { "NotReady" };
    let state = if standing.is_cordoned {
        Text::new(&format!("{ready},SchedulingDisabled"))
    } else {
        Text::new(ready)
    };
    let word = |is: bool| Text::new(if is { "yes" } else { "no" });
    let mut facts = vec![
        (Text::new(CORDONED), word(standing.is_cordoned)),
        (Text::new(VERSION), standing.version),
    ];
    if standing.is_going {
        facts.push((Text::new(GOING), word(true)));
    }
    let protected = standing.group.as_ref().map(|group| tiers.protects_group(cluster, group));
    facts.extend(standing.group.map(|group| (Text::new("node group"), group)));
    let identity = Some(standing.uid);
    Seen { identity, protected, facts, ..Seen::new(name.clone(), state) }
}

fn gone(target: &Target) -> Seen {
    Seen::new(Text::new(&target.to_string()), Text::new(GONE))
}

/// Why an act makes no sense for what was just seen, if so.
pub(super) fn objection(proposal: &Proposal, seen: &Seen) -> Option<String> {
    let is = |name: &str| fact(seen, name) == Some("yes");
    if &*seen.state == GONE {
        let gone = format!("{} is not there (any more)", proposal.target);
        // Tables shorten the names of nodes; the API knows whole ones alone.
        return Some(match &proposal.target {
            Target::Node(_, name) if !name.contains('.') => format!(
                "{gone}; if the name is a table's short one: `watchfloor get nodes -o csv` has it whole"
            ),
            _ => gone,
        });
    }
    match proposal.act.name {
        _ if is(GOING) => Some("it is being deleted already".to_owned()),
        "pod.delete" if is(OUTSIDE) => {
            Some("its namespace is no tier's: only runner pods are deleted".to_owned())
        }
        "pod.delete" if fact(seen, "job") == Some("none") => {
            Some("it carries no job: only runner pods are deleted".to_owned())
        }
        "node.cordon" if is(CORDONED) => Some("it is cordoned already".to_owned()),
        "node.uncordon" if !is(CORDONED) => Some("it is not cordoned".to_owned()),
        _ => None,
    }
}

/// Whether an act of unknown outcome happened to the object that was meant, from what is seen after it.
pub(super) fn verdict(proposal: &Proposal, after: &Seen) -> Verdict {
    let is_gone = &*after.state == GONE;
    let is_another = proposal.identity.is_some() && proposal.identity != after.identity;
    let is_so = match proposal.act.name {
        "pod.delete" => is_gone || is_another || fact(after, GOING) == Some("yes"),
        // A node that is gone, or another, does not tell how the one that was meant was left.
        _ if is_gone || is_another => return Verdict::CannotTell,
        "node.cordon" => fact(after, CORDONED) == Some("yes"),
        "node.uncordon" => fact(after, CORDONED) == Some("no"),
        _ => return Verdict::CannotTell,
    };
    if is_so { Verdict::Happened } else { Verdict::DidNot }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Tier, TierPods, find_act};

    fn tiers() -> Tiers {
        let tier = |name: &str, protected| Tier {
            name: Text::new(name),
            protected,
            runner_tags: Vec::new(),
            queue_target_seconds: 60.0,
            pods: TierPods {
                cluster: Some(Text::new("ci")),
                namespace: Some(Text::new(name)),
                nodegroups: vec![Text::new(&format!("{name}*"))],
                ..TierPods::default()
            },
        };
        Tiers::new(vec![tier("a", false), tier("z", true)])
    }

    fn pod_target(namespace: &str) -> Target {
        Target::Pod(Text::new("ci"), Text::new(namespace), Text::new("p"))
    }

    fn node_target() -> Target {
        Target::Node(Text::new("ci"), Text::new("n"))
    }

    fn pod_in(namespace: &str) -> Seen {
        pod(&pod_target(namespace), Some(standing_pod()), &tiers())
    }

    fn going_pod() -> Seen {
        let standing = PodStanding { is_going: true, ..standing_pod() };
        pod(&pod_target("a"), Some(standing), &tiers())
    }

    fn standing_pod() -> PodStanding {
        PodStanding {
            uid: Text::new("u-1"),
            state: Text::new("Running"),
            node: None,
            job: Some(Text::new("4711")),
            job_url: None,
            is_going: false,
            has_ended: false,
        }
    }

    fn node_of(group: Option<&str>) -> Seen {
        node(&node_target(), Some(standing_node(group)), &tiers())
    }

    fn cordoned_node() -> Seen {
        let standing = NodeStanding { is_cordoned: true, ..standing_node(None) };
        node(&node_target(), Some(standing), &tiers())
    }

    fn standing_node(group: Option<&str>) -> NodeStanding {
        NodeStanding {
            uid: Text::new("u-2"),
            version: Text::new("7"),
            is_ready: true,
            is_cordoned: false,
            is_going: false,
            group: group.map(Text::new),
        }
    }

    fn proposal(act: &str) -> Proposal {
        let act = find_act(act).unwrap();
        let target = if act.name == "pod.delete" { pod_target("a") } else { node_target() };
        let identity = if act.name == "pod.delete" { "u-1" } else { "u-2" };
        Proposal { identity: Some(Text::new(identity)), ..Proposal::new(act, target) }
    }

    fn absent(act: &str) -> Seen {
        gone(&proposal(act).target)
    }

    #[test]
    fn a_pods_job_is_named_as_its_own_claim() {
        assert_eq!(fact(&pod_in("a"), "job"), Some("4711 (claimed by the pod itself)"));
    }

    #[test]
    fn a_pod_is_as_protected_as_its_namespace_and_outside_the_tiers_nobody_can_tell() {
        assert_eq!(pod_in("a").protected, Some(false));
        assert_eq!(pod_in("z").protected, Some(true));
        assert_eq!(pod_in("kube-system").protected, None);
    }

    #[test]
    fn a_node_is_as_protected_as_its_group_and_without_one_nobody_can_tell() {
        assert_eq!(node_of(Some("a-spot")).protected, Some(false));
        assert_eq!(node_of(Some("z-spot")).protected, Some(true));
        assert_eq!(node_of(None).protected, None);
    }

    #[test]
    fn a_pod_that_is_there_is_deleted_and_one_that_goes_or_is_gone_is_not() {
        let delete = proposal("pod.delete");
        assert_eq!(objection(&delete, &pod_in("a")), None);
        assert!(objection(&delete, &going_pod()).is_some());
        assert!(objection(&delete, &absent("pod.delete")).is_some());
        assert!(objection(&delete, &pod_in("kube-system")).is_some());
    }

    #[test]
    fn a_node_is_cordoned_once_and_uncordoned_only_then() {
        let (free, cordoned) = (node_of(None), cordoned_node());
        assert_eq!(objection(&proposal("node.cordon"), &free), None);
        assert!(objection(&proposal("node.cordon"), &cordoned).is_some());
        assert_eq!(objection(&proposal("node.uncordon"), &cordoned), None);
        assert!(objection(&proposal("node.uncordon"), &free).is_some());
    }

    #[test]
    fn a_deletion_happened_where_the_pod_goes_is_gone_or_is_another() {
        let delete = proposal("pod.delete");
        let another = Seen { identity: Some(Text::new("u-9")), ..pod_in("a") };
        assert_eq!(verdict(&delete, &going_pod()), Verdict::Happened);
        assert_eq!(verdict(&delete, &absent("pod.delete")), Verdict::Happened);
        assert_eq!(verdict(&delete, &another), Verdict::Happened);
        assert_eq!(verdict(&delete, &pod_in("a")), Verdict::DidNot);
    }

    #[test]
    fn a_cordon_happened_where_the_same_node_takes_no_pods() {
        let cordon = proposal("node.cordon");
        let another = Seen { identity: Some(Text::new("u-9")), ..cordoned_node() };
        assert_eq!(verdict(&cordon, &cordoned_node()), Verdict::Happened);
        assert_eq!(verdict(&cordon, &node_of(None)), Verdict::DidNot);
        assert_eq!(verdict(&cordon, &another), Verdict::CannotTell);
        assert_eq!(verdict(&proposal("node.uncordon"), &node_of(None)), Verdict::Happened);
    }
}
