//! Links: from a row to what is joined to it: a job and its pod, a pod and its node, an objective and its alert.

use super::lens::Lens;
use super::{Pane, audit, find, pipelines, runners, slos};
use crate::domain::{Claim, EntityId, JobId, PodId, TierIndex};
use crate::state::State;

/// A kind of thing that a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A job.
    Job,
    /// A pod.
    Pod,
    /// A node.
    Node,
    /// A node group.
    NodeGroup,
    /// A runner.
    Runner,
    /// A tier.
    Tier,
    /// A pipeline.
    Pipeline,
    /// An objective.
    Objective,
    /// An alert.
    Alert,
    /// A silence.
    Silence,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 10] = [
        Kind::Job,
        Kind::Pod,
        Kind::Node,
        Kind::NodeGroup,
        Kind::Runner,
        Kind::Tier,
        Kind::Pipeline,
        Kind::Objective,
        Kind::Alert,
        Kind::Silence,
    ];

    /// Its word in a command.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Job => "job",
            Kind::Pod => "pod",
            Kind::Node => "node",
            Kind::NodeGroup => "nodegroup",
            Kind::Runner => "runner",
            Kind::Tier => "tier",
            Kind::Pipeline => "pipeline",
            Kind::Objective => "objective",
            Kind::Alert => "alert",
            Kind::Silence => "silence",
        }
    }

    /// The kind with this word.
    pub fn named(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    /// To one thing.
    One(EntityId),
    /// To several of a kind: those within something.
    Several(Kind, EntityId),
}

impl Link {
    /// The pane and the rows in which its end stands.
    pub fn place(&self) -> Option<(&'static dyn Pane, &'static dyn Lens)> {
        let (pane, lens): (&str, &'static dyn Lens) = match self.kind()? {
            Kind::Job => ("pipelines", &pipelines::JOBS),
            Kind::Pipeline => ("pipelines", &pipelines::PIPELINE_ROWS),
            Kind::Pod => ("runners", &runners::PODS),
            Kind::Node => ("runners", &runners::NODES),
            Kind::NodeGroup => ("runners", &runners::NODE_GROUPS),
            Kind::Runner => ("runners", &runners::RUNNERS),
            Kind::Tier => ("runners", &runners::TIER_ROWS),
            Kind::Objective => ("slos", &slos::OBJECTIVES),
            Kind::Alert => ("slos", &slos::ALERTS),
            Kind::Silence => ("slos", &slos::SILENCES),
        };
        Some((find(pane)?, lens))
    }

    /// The kind of what stands at its end.
    fn kind(&self) -> Option<Kind> {
        Some(match self {
            Link::One(EntityId::Job(_)) => Kind::Job,
            Link::One(EntityId::Pod(_)) => Kind::Pod,
            Link::One(EntityId::Node(_)) => Kind::Node,
            Link::One(EntityId::NodeGroup(_)) => Kind::NodeGroup,
            Link::One(EntityId::Runner(_)) => Kind::Runner,
            Link::One(EntityId::Tier(_)) => Kind::Tier,
            Link::One(EntityId::Pipeline(_)) => Kind::Pipeline,
            Link::One(EntityId::Slo(_)) => Kind::Objective,
            Link::One(EntityId::Alert(_)) => Kind::Alert,
            Link::One(EntityId::Silence(_)) => Kind::Silence,
            Link::One(_) => return None,
            Link::Several(kind, _) => *kind,
        })
    }
}

/// Where the link of this kind leads from a row; `None` where it has no such neighbour, or none that is believed.
pub fn link(state: &State, from: &EntityId, to: Kind) -> Option<Link> {
    match from {
        EntityId::Job(id) => of_job(state, *id, to),
        EntityId::Pod(id) => of_pod(state, *id, to),
        EntityId::Node(id) => {
            let node = state.nodes().get(*id)?;
            match to {
                Kind::Pod => Some(Link::Several(Kind::Pod, from.clone())),
                Kind::NodeGroup => Some(Link::One(EntityId::NodeGroup(node.group?))),
                Kind::Tier => link(state, &EntityId::NodeGroup(node.group?), to),
                _ => None,
            }
        }
        EntityId::NodeGroup(id) => match to {
            Kind::Node => Some(Link::Several(Kind::Node, from.clone())),
            Kind::Tier => tier(state.nodegroups().get(*id)?.tier),
            _ => None,
        },
        EntityId::Slo(_) | EntityId::Alert(_) | EntityId::Silence(_) => slos::link(state, from, to),
        EntityId::Tier(_) => match to {
            Kind::Objective => slos::link(state, from, to),
            Kind::Job | Kind::Pod | Kind::NodeGroup | Kind::Runner => {
                Some(Link::Several(to, from.clone()))
            }
            _ => None,
        },
        EntityId::Runner(id) => match to {
            Kind::Job => Some(Link::Several(Kind::Job, from.clone())),
            Kind::Tier => tier(state.runners().get(*id)?.tier),
            _ => None,
        },
        EntityId::Pipeline(_) => (to == Kind::Job).then(|| Link::Several(Kind::Job, from.clone())),
        EntityId::Finding(id) => link(state, &id.about, to),
        EntityId::Deed(id) => {
            let target = audit::target_of(state, &**state.deeds().get(*id)?)?;
            Some(Link::One(target)).filter(|link| link.kind() == Some(to))
        }
        _ => None,
    }
}

/// The kind that stands at the other end: a job's pod, a pod's job, what makes or holds the others.
pub fn other_end(from: &EntityId) -> &'static [Kind] {
    match from {
        EntityId::Job(_) | EntityId::Node(_) | EntityId::Tier(_) => &[Kind::Pod],
        EntityId::Pod(_) => &[Kind::Job, Kind::Node],
        EntityId::NodeGroup(_) => &[Kind::Node],
        EntityId::Runner(_) | EntityId::Pipeline(_) => &[Kind::Job],
        EntityId::Slo(_) | EntityId::Silence(_) => &[Kind::Alert],
        EntityId::Alert(_) => &[Kind::Objective],
        EntityId::Finding(id) => other_end(&id.about),
        EntityId::Deed(_) => &Kind::ALL,
        _ => &[],
    }
}

fn tier(index: Option<TierIndex>) -> Option<Link> {
    Some(Link::One(EntityId::Tier(index?)))
}

fn of_job(state: &State, id: JobId, to: Kind) -> Option<Link> {
    let job = state.jobs().get(id)?;
    match to {
        Kind::Pod => {
            let mut pods = state.pods_of_job(id);
            let first = pods.next()?;
            Some(match pods.next() {
                Some(_) => Link::Several(Kind::Pod, EntityId::Job(id)),
                None => Link::One(EntityId::Pod(first)),
            })
        }
        Kind::Node | Kind::NodeGroup => {
            let pod = state.pod_of_job(id)?;
            let is_believed = state.claim(state.pods().get(pod)?).is_verified();
            if is_believed { of_pod(state, pod, to) } else { None }
        }
        Kind::Runner => {
            let runner = job.runner.as_ref()?.id;
            state.runners().get(runner).map(|_| Link::One(EntityId::Runner(runner)))
        }
        Kind::Tier => tier(job.tier),
        Kind::Pipeline => Some(Link::Several(Kind::Job, EntityId::Pipeline(job.pipeline))),
        Kind::Job | Kind::Objective | Kind::Alert | Kind::Silence => None,
    }
}

fn of_pod(state: &State, id: PodId, to: Kind) -> Option<Link> {
    let pod = state.pods().get(id)?;
    match to {
        Kind::Job => {
            // A word that is known to be false leads nowhere.
            let job = pod.claimed_job.filter(|id| state.jobs().get(*id).is_some())?;
            let is_false = matches!(state.claim(pod), Claim::Contradicted(_));
            (!is_false).then_some(Link::One(EntityId::Job(job)))
        }
        Kind::Node => {
            let node = state.node_of(pod)?;
            state.nodes().get(node).map(|_| Link::One(EntityId::Node(node)))
        }
        Kind::NodeGroup => {
            let node = state.node_of(pod).and_then(|node| state.nodes().get(node));
            match node {
                Some(node) => Some(Link::One(EntityId::NodeGroup(node.group?))),
                None if pod.node.is_none() => groups(state, pod.tier?),
                None => None,
            }
        }
        Kind::Tier => tier(pod.tier),
        Kind::Runner | Kind::Pipeline => {
            let job = pod.claimed_job.filter(|_| state.claim(pod).is_verified())?;
            of_job(state, job, to)
        }
        Kind::Pod | Kind::Objective | Kind::Alert | Kind::Silence => None,
    }
}

/// The node groups that may take what waits in a tier: the one, or all of them.
fn groups(state: &State, tier: TierIndex) -> Option<Link> {
    let mut groups = state.groups_of_tier(tier);
    let first = groups.next()?;
    Some(match groups.next() {
        Some(_) => Link::Several(Kind::NodeGroup, EntityId::Tier(tier)),
        None => Link::One(EntityId::NodeGroup(first)),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::act::fixture::deed;
    use crate::domain::pipeline::fixture::{at, job};
    use crate::domain::pod::fixture::pod;
    use crate::domain::{
        Change, Entity, Job, Origin, Pod, ProjectId, Scope, SourceId, SourceKey, Status, Tiers,
        Update,
    };

    fn state(pods: Vec<Pod>) -> State {
        let mut state = State::new(Tiers::default());
        let running = Job { started_at: Some(at(0).into()), ..job(1, Status::Running) };
        let jobs = vec![Entity::Job(Arc::new(running))];
        let pods = pods.into_iter().map(|pod| Entity::Pod(Arc::new(pod))).collect();
        let queue = SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("acme") };
        let scope = Scope::kubernetes("ci", Some("ci-standard"), "pods");
        let cluster = SourceKey { source: SourceId::PODS, scope };
        for (key, entities) in [(queue, jobs), (cluster, pods)] {
            let change = Change::Upsert(entities);
            state.apply(Update { key, at: at(9), origin: Origin::Live, change }, at(9));
        }
        state
    }

    fn claiming(uid: &str, project: u64) -> Pod {
        Pod { claimed_job: Some(JobId(1)), project: Some(ProjectId(project)), ..pod(uid) }
    }

    #[test]
    fn a_job_leads_to_its_pod_and_the_pod_back() {
        let state = state(vec![claiming("a", 1)]);
        let (job, pod) = (EntityId::Job(JobId(1)), EntityId::Pod(PodId::of(&["ci", "a"])));
        assert_eq!(link(&state, &job, Kind::Pod), Some(Link::One(pod.clone())));
        assert_eq!(link(&state, &pod, Kind::Job), Some(Link::One(job)));
    }

    #[test]
    fn several_attempts_are_rows() {
        let state = state(vec![claiming("a", 1), claiming("b", 1)]);
        let job = EntityId::Job(JobId(1));
        assert_eq!(link(&state, &job, Kind::Pod), Some(Link::Several(Kind::Pod, job)));
    }

    #[test]
    fn a_false_word_leads_nowhere() {
        let state = state(vec![claiming("a", 2)]);
        let pod = EntityId::Pod(PodId::of(&["ci", "a"]));
        assert_eq!(link(&state, &pod, Kind::Job), None);
    }

    #[test]
    fn every_kind_has_a_word_and_a_place() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.as_str()), Some(kind));
            assert!(Link::Several(kind, EntityId::Job(JobId(1))).place().is_some());
        }
    }

    #[test]
    fn an_act_leads_to_its_target_where_that_is_known() {
        let mut state = state(Vec::new());
        let known =
            crate::domain::Deed { target: crate::domain::Text::new("acme/shop#1"), ..deed(1) };
        let entities = [known, deed(9)].map(|deed| Entity::Deed(Arc::new(deed))).into();
        let key = SourceKey { source: SourceId::LEDGER, scope: Scope::ledger("audit") };
        let change = Change::Upsert(entities);
        state.apply(Update { key, at: at(20), origin: Origin::Live, change }, at(20));
        let ends = |seq| -> Vec<Link> {
            let from = EntityId::Deed(crate::domain::DeedId(seq));
            other_end(&from).iter().filter_map(|kind| link(&state, &from, *kind)).collect()
        };
        assert_eq!(ends(1), [Link::One(EntityId::Job(JobId(1)))]);
        assert_eq!(ends(9), []);
    }
}
