//! What deserves attention: [`RULES`], one pure function each, over the state at a moment.
//!
//! **Invariant:** a rule reads figures that the state keeps up on change; none walks over all jobs or pods. A rule whose
//! input is old or missing says so, or says nothing: it never calls something fine.

mod capacity;
mod drift;
mod exception;
mod fleet;
mod ledger;
mod promise;
mod queue;
mod slo;
mod source;
#[cfg(test)]
mod tests;

pub use drift::reconcile;

use crate::domain::time::whole;
use crate::domain::{Finding, Timestamp};
use crate::state::State;

/// What a rule may look at.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// What is known.
    pub state: &'a State,
    /// The moment for which it judges.
    pub now: Timestamp,
}

/// A rule: its code, what it looks for, and the function that finds it.
#[derive(Debug)]
pub struct Rule {
    /// The code, as findings carry it.
    pub code: &'static str,
    /// What it looks for, one line.
    pub doc: &'static str,
    /// Finds it.
    pub find: fn(&Rule, &Scene<'_>) -> Vec<Finding>,
}

/// Every rule. A new rule is one line here.
#[rustfmt::skip] // One rule a line: they are read as a table.
pub static RULES: &[Rule] = &[
    Rule { code: "queue.late", doc: "a tier's oldest job waits beyond the target", find: queue::late },
    Rule { code: "queue.platform", doc: "the platform spoils jobs of a tier", find: queue::platform },
    Rule { code: "queue.no_tier", doc: "jobs wait whose tags fit no tier", find: queue::no_tier },
    Rule { code: "ref.failing", doc: "a protected ref's last pipeline failed", find: fleet::failing_refs },
    Rule { code: "runner.silent", doc: "no runner of a tier is online", find: fleet::silent_tier },
    Rule { code: "runner.quiet", doc: "a runner that GitLab calls online was not heard of for long", find: fleet::quiet },
    Rule { code: "capacity.at_max", doc: "a node group is at its maximum while pods of its tier have no node", find: capacity::at_max },
    Rule { code: "capacity.group_ill", doc: "something is wrong with a node group", find: capacity::group_ill },
    Rule { code: "capacity.node_not_ready", doc: "nodes are not ready", find: capacity::node_not_ready },
    Rule { code: "capacity.unplaced", doc: "pods of a tier have no node beyond the target", find: capacity::unplaced },
    Rule { code: "capacity.stuck", doc: "pods of a tier do not get on: no image, a crash", find: capacity::stuck },
    Rule { code: "capacity.quota", doc: "nothing is left of a namespace's quota", find: capacity::quota },
    Rule { code: "promise.broken", doc: "pods break what their tier promises", find: promise::broken },
    Rule { code: "join.contradicted", doc: "pods name jobs that are not theirs", find: promise::contradicted },
    Rule { code: "slo.burning", doc: "an objective burns its budget so fast that somebody is to be told", find: slo::burning },
    Rule { code: "slo.exhausted", doc: "an objective's budget is spent", find: slo::exhausted },
    Rule { code: "slo.unjudged", doc: "nothing can be said of objectives: no data, old samples, a rule that fails", find: slo::unjudged },
    Rule { code: "slo.mute", doc: "no page of an objective can ever fire", find: slo::mute },
    Rule { code: "exception.expired", doc: "exceptions are past their end and not over with", find: exception::expired },
    Rule { code: "exception.ending", doc: "exceptions end within the leads of `exceptions.warn_before`", find: exception::ending },
    Rule { code: "register.unguarded", doc: "GitLab's settings let pass what keeps apart who asks and who approves", find: exception::unguarded },
    Rule { code: "register.self_merged", doc: "authors merged their own requests to the register", find: exception::self_merged },
    Rule { code: "ledger.broken", doc: "the ledger's chain does not hold", find: ledger::broken },
    Rule { code: "ledger.open", doc: "acts were left open: nobody knows what came of them", find: ledger::open },
    Rule { code: "source.ill", doc: "a feed is stale, down, forbidden or partial", find: source::ill },
    Rule { code: "source.budget", doc: "little is left of a rate limit", find: source::budget },
];

/// Everything that deserves attention, the gravest first, then what hits most.
pub fn judge(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        RULES.iter().flat_map(|rule| (rule.find)(rule, scene)).collect();
    findings.sort_by(|a, b| {
        a.severity.cmp(&b.severity).then(b.count.cmp(&a.count)).then_with(|| a.id.cmp(&b.id))
    });
    findings
}
