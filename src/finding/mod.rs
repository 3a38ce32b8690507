//! What deserves attention: [`RULES`], one pure function each, over the state at a moment.
//!
//! **Invariant:** a rule reads figures that the state keeps up on change; none walks over all jobs or pods. A rule whose
//! input is old or missing says so, or says nothing: it never calls something fine.

mod access;
mod capacity;
mod chain;
mod drift;
mod exception;
mod fleet;
mod gate;
mod ledger;
mod node;
mod promise;
mod queue;
mod register;
mod slo;
mod source;
mod steady;
#[cfg(test)]
mod tests;
mod tier;
mod token;

pub use drift::reconcile;
pub use steady::Watch;

use std::cmp::Reverse;

use crate::domain::time::whole;
use crate::domain::{Finding, Severity, SourceId, Timestamp};
use crate::state::State;

/// What a rule may look at.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// What is known.
    pub state: &'a State,
    /// The moment for which it judges.
    pub now: Timestamp,
}

/// A rule: its code, what it looks for, the feeds without which it can tell nothing, and the function that finds it.
#[derive(Debug)]
pub struct Rule {
    /// The code, as findings carry it.
    pub code: &'static str,
    /// What it looks for, one line.
    pub doc: &'static str,
    /// The feeds without which it can tell nothing: what was found stays while one of them is silent.
    pub rests_on: &'static [SourceId],
    /// Finds it.
    pub find: fn(&Rule, &Scene<'_>) -> Vec<Finding>,
}

const QUEUE: &[SourceId] = &[SourceId::QUEUE];
const RUNNERS: &[SourceId] = &[SourceId::RUNNERS];
const QUEUE_AND_RUNNERS: &[SourceId] = &[SourceId::QUEUE, SourceId::RUNNERS];
const PODS: &[SourceId] = &[SourceId::PODS];
const PODS_AND_GROUPS: &[SourceId] = &[SourceId::PODS, SourceId::NODEGROUPS, SourceId::NODEPOOLS];
const GROUPS: &[SourceId] = &[SourceId::NODEGROUPS, SourceId::NODEPOOLS];
const NODES: &[SourceId] = &[SourceId::NODES];
const SLOS: &[SourceId] = &[SourceId::SLOS];
const REGISTER: &[SourceId] = &[SourceId::EXCEPTIONS];
const REGISTER_AND_TOOLS: &[SourceId] = &[SourceId::EXCEPTIONS, SourceId::NATIVES];
const ACCESS: &[SourceId] = &[SourceId::ACCESS];
const REQUESTS: &[SourceId] = &[SourceId::REQUESTS];

/// Every rule. A new rule is one line here.
#[rustfmt::skip] // One rule a line: they are read as a table.
pub static RULES: &[Rule] = &[
    Rule { code: "queue.late", doc: "a tier's oldest job waits beyond the target", rests_on: QUEUE, find: queue::late },
    Rule { code: "queue.platform", doc: "the platform spoils jobs of a tier", rests_on: QUEUE, find: queue::platform },
    Rule { code: "queue.no_tier", doc: "jobs wait whose tags fit no tier", rests_on: QUEUE, find: queue::no_tier },
    Rule { code: "tier.saturated", doc: "every slot of a tier is taken while jobs wait beyond the target", rests_on: QUEUE_AND_RUNNERS, find: tier::saturated },
    Rule { code: "tier.starved", doc: "jobs of a tier wait long though nothing is full: nobody can or does take them", rests_on: QUEUE_AND_RUNNERS, find: tier::starved },
    Rule { code: "ref.failing", doc: "a protected ref's last pipeline failed", rests_on: &[SourceId::PROJECTS, SourceId::QUEUE], find: fleet::failing_refs },
    Rule { code: "runner.silent", doc: "no runner of a tier is online", rests_on: RUNNERS, find: fleet::silent_tier },
    Rule { code: "runner.quiet", doc: "a runner that GitLab calls online was not heard of for long", rests_on: RUNNERS, find: fleet::quiet },
    Rule { code: "capacity.at_max", doc: "a node group is at its maximum, or its pool at its limits, while pods of its tier have no node", rests_on: PODS_AND_GROUPS, find: capacity::at_max },
    Rule { code: "capacity.group_ill", doc: "something is wrong with a node group", rests_on: GROUPS, find: capacity::group_ill },
    Rule { code: "capacity.node_not_ready", doc: "nodes are not ready", rests_on: NODES, find: node::not_ready },
    Rule { code: "capacity.node_pressure", doc: "nodes are short of memory, disk or process ids", rests_on: NODES, find: node::pressed },
    Rule { code: "capacity.unplaced", doc: "pods of a tier have no node beyond the target", rests_on: PODS, find: capacity::unplaced },
    Rule { code: "capacity.stuck", doc: "pods of a tier do not get on: no image, a crash", rests_on: PODS, find: capacity::stuck },
    Rule { code: "capacity.quota", doc: "nothing is left of a namespace's quota", rests_on: &[SourceId::QUOTAS], find: capacity::quota },
    Rule { code: "promise.broken", doc: "pods break what their tier promises", rests_on: PODS, find: promise::broken },
    Rule { code: "join.contradicted", doc: "pods name jobs that are not theirs", rests_on: &[SourceId::PODS, SourceId::QUEUE], find: promise::contradicted },
    Rule { code: "slo.burning", doc: "an objective burns its budget so fast that somebody is to be told", rests_on: SLOS, find: slo::burning },
    Rule { code: "slo.exhausted", doc: "an objective's budget is spent", rests_on: SLOS, find: slo::exhausted },
    Rule { code: "slo.unjudged", doc: "nothing can be said of objectives: no data, old samples, a rule that fails", rests_on: SLOS, find: slo::unjudged },
    Rule { code: "slo.mute", doc: "no page of an objective can ever fire", rests_on: SLOS, find: slo::mute },
    Rule { code: "gate.closed", doc: "the deployment gate holds features of a service back", rests_on: SLOS, find: gate::closed },
    Rule { code: "exception.expired", doc: "exceptions are past their end and not over with", rests_on: REGISTER, find: exception::expired },
    Rule { code: "exception.ending", doc: "exceptions end within the leads of `exceptions.warn_before`", rests_on: REGISTER, find: exception::ending },
    Rule { code: "exception.zombie", doc: "exceptions are over and still in force", rests_on: REGISTER_AND_TOOLS, find: register::differs },
    Rule { code: "exception.unregistered", doc: "exceptions are in force that are in no record", rests_on: REGISTER_AND_TOOLS, find: register::differs },
    Rule { code: "exception.unbounded", doc: "exceptions in force have no end of their own", rests_on: REGISTER_AND_TOOLS, find: register::differs },
    Rule { code: "exception.mismatch", doc: "exceptions end otherwise than their records say", rests_on: REGISTER_AND_TOOLS, find: register::differs },
    Rule { code: "exception.orphan", doc: "recorded exceptions are not to be found", rests_on: REGISTER_AND_TOOLS, find: register::differs },
    Rule { code: "request.waiting", doc: "requests for exceptions wait for somebody who may be you", rests_on: REQUESTS, find: register::waiting },
    Rule { code: "register.unguarded", doc: "GitLab's settings let pass what keeps apart who asks and who approves", rests_on: REQUESTS, find: exception::unguarded },
    Rule { code: "register.self_merged", doc: "authors merged their own requests to the register", rests_on: REQUESTS, find: exception::self_merged },
    Rule { code: "access.grave", doc: "grave findings of rights that no exception covers", rests_on: ACCESS, find: access::grave },
    Rule { code: "access.review", doc: "a campaign of an access review is near its end, or past it, and not decided", rests_on: &[], find: access::late },
    Rule { code: "access.undone", doc: "rights were to go or to change, and nothing proves that they did", rests_on: &[], find: access::undone },
    Rule { code: "token.ending", doc: "a token of this console is near its end", rests_on: &[SourceId::TOKEN], find: token::ending },
    Rule { code: "ledger.broken", doc: "the ledger's chain does not hold", rests_on: &[], find: ledger::broken },
    Rule { code: "ledger.open", doc: "acts were left open: nobody knows what came of them", rests_on: &[], find: ledger::open },
    Rule { code: "source.ill", doc: "a feed is stale, down, forbidden or partial", rests_on: &[], find: source::ill },
    Rule { code: "source.budget", doc: "little is left of a rate limit", rests_on: &[], find: source::budget },
];

/// Everything that is found at a moment, by itself: one look knows nothing of what was found before.
pub fn judge(scene: &Scene<'_>) -> Vec<Finding> {
    arrange(scene, found(scene))
}

/// The same for whoever looks again and again: what was found before stays a while, so that nothing flickers, and stays
/// as untold where it cannot be judged any more.
pub fn watch(scene: &Scene<'_>, watch: &mut Watch) -> Vec<Finding> {
    let settled = watch.settle(scene, found(scene));
    arrange(scene, settled)
}

fn found(scene: &Scene<'_>) -> Vec<Finding> {
    RULES.iter().flat_map(|rule| (rule.find)(rule, scene)).collect()
}

/// The gravest first, then what hits most; what follows from a cause stands below it, and a cause is as high in the order
/// as the gravest that follows from it. Who has what in hand comes from the ledger.
fn arrange(scene: &Scene<'_>, mut findings: Vec<Finding>) -> Vec<Finding> {
    for finding in &mut findings {
        finding.joined.acknowledged = scene.state.acknowledgement(&finding.id, scene.now);
    }
    findings.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.id.cmp(&b.id)));
    chain::explain(scene.state, &mut findings);
    chain::fold(findings)
}

/// What is found stands before what only was, and of equals what hits most.
fn rank(finding: &Finding) -> (Severity, bool, Reverse<u64>) {
    (finding.severity, !finding.is_found(), Reverse(finding.count))
}
