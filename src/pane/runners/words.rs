//! What the rows of this pane have in common: states, claims, places, in a person's words.

use std::collections::BTreeSet;

use crate::domain::scheduling::{Misfit, MisfitKind, Refusal};
use crate::domain::time::{coarse, seconds_between, span};
use crate::domain::{Breach, Claim, Job, Pod, PodId, Severity, Stand, Text, TierIndex};
use crate::pane::block::{Cell, Mark};
use crate::pane::cells;
use crate::pane::lens::{Cx, Order, RowStanding, Value};
use crate::state::{CeilingKind, Row, State};
use crate::theme::Role;

/// Whether a row of a cluster is old, and when it changed.
pub(super) fn standing<T>(cx: &Cx<'_>, row: Option<&Row<T>>) -> RowStanding {
    let Some(row) = row else {
        return RowStanding { is_stale: false, changed_at: None, group: None };
    };
    let is_stale = cx.state.is_stale(row, cx.state.row_seen_at(row), cx.now);
    RowStanding { is_stale, changed_at: row.changed_at(), group: None }
}

/// The mark and the role of a stand.
pub(crate) fn stand(stand: Stand) -> (Mark, Role) {
    match stand {
        Stand::Stuck => (Mark::Bad, Role::SeverityBad),
        Stand::Unplaced => (Mark::Warning, Role::SeverityWarning),
        Stand::Starting => (Mark::Waiting, Role::StatusPending),
        Stand::Running => (Mark::Running, Role::StatusRunning),
        Stand::Ending => (Mark::Skipped, Role::StatusCanceled),
        Stand::Failed => (Mark::Bad, Role::StatusFailed),
        Stand::Done => (Mark::Fine, Role::StatusSuccess),
        Stand::Unknown => (Mark::Unknown, Role::SeverityUnknown),
    }
}

/// A pod's state with its mark.
pub(crate) fn state(pod: &Pod) -> Cell {
    let (mark, role) = stand(pod.stand);
    Cell::mark(mark, role).and(format!(" {}", pod.state), role)
}

/// What keeps a pod: its words, else its reason. The scheduler's refusal is told in short.
pub(crate) fn why(pod: &Pod) -> Option<String> {
    let Some(message) = &pod.message else { return pod.reason.as_ref().map(ToString::to_string) };
    let refusal = Refusal::read(message);
    if !refusal.is_understood() {
        return Some(message.to_string());
    }
    let reasons = by_count(&refusal).into_iter();
    let reasons: Vec<String> =
        reasons.map(|misfit| format!("{} ({})", misfit_words(misfit), misfit.nodes)).collect();
    let nodes = refusal.nodes.map_or_else(String::new, |nodes| format!(" of {nodes} nodes"));
    Some(format!("{}{nodes}", reasons.join(", ")))
}

/// The scheduler's refusal, a line a reason; its own words where they are not understood.
pub(super) fn refusal(message: &Text) -> Vec<Cell> {
    let refusal = Refusal::read(message);
    if !refusal.is_understood() {
        return vec![Cell::plain(message.as_str())];
    }
    let head = refusal.nodes.map(|nodes| Cell::plain(format!("none of {nodes} nodes takes it:")));
    let before = refusal.prefilter.iter().map(|words| Cell::plain(words.as_str()));
    let reasons = by_count(&refusal).into_iter().map(|misfit| {
        Cell::new(format!("{:>5}  ", misfit.nodes), Role::SeverityWarning)
            .and(misfit_words(misfit), Role::Text)
    });
    let after = refusal.postfilter.iter().map(|words| Cell::dim(words.as_str()));
    head.into_iter().chain(before).chain(reasons).chain(after).collect()
}

/// What can be acted on first, then the reason of most nodes.
fn by_count(refusal: &Refusal) -> Vec<&Misfit> {
    let mut misfits: Vec<&Misfit> = refusal.misfits.iter().collect();
    misfits.sort_by_key(|misfit| (by_design(&misfit.kind), std::cmp::Reverse(misfit.nodes)));
    misfits
}

/// Whether nodes keep a pod away because they are another tier's: true of every pod, so it is told last.
fn by_design(kind: &MisfitKind) -> bool {
    matches!(kind, MisfitKind::Taint(_) | MisfitKind::Affinity)
}

fn misfit_words(misfit: &Misfit) -> String {
    match &misfit.kind {
        MisfitKind::Insufficient(resource) => format!("insufficient {resource}"),
        MisfitKind::TooManyPods => "too many pods".to_owned(),
        MisfitKind::Taint(Some(taint)) => format!("taint {taint}"),
        MisfitKind::Taint(None) => "a taint".to_owned(),
        MisfitKind::Cordoned => "cordoned".to_owned(),
        MisfitKind::Affinity
        | MisfitKind::Neighbours
        | MisfitKind::Volume
        | MisfitKind::Ports
        | MisfitKind::Other => misfit.reason.to_string(),
    }
}

/// The job of a pod, where GitLab confirms that it runs it.
pub(crate) fn verified_job<'a>(cx: &Cx<'a>, pod: &Pod) -> Option<&'a Job> {
    match cx.state.claim(pod) {
        Claim::Verified => cx.state.jobs().get(pod.claimed_job?).map(AsRef::as_ref),
        Claim::None | Claim::Unknown | Claim::Contradicted(_) => None,
    }
}

/// The job that a pod says it runs: as a fact only where GitLab confirms it, else as a claim.
pub(crate) fn job(cx: &Cx<'_>, pod: &Pod) -> Cell {
    if let Some(job) = verified_job(cx, pod) {
        return Cell::plain(job.name.as_str())
            .and(format!("  {} ", cells::path(cx.state, job.project)), Role::TextDim)
            .and(cells::short_ref(&job.reference), Role::TextDim);
    }
    let Some(id) = pod.claimed_job else { return Cell::dot() };
    match cx.state.claim(pod) {
        Claim::Contradicted(_) => Cell::mark(Mark::Unknown, Role::SeverityWarning)
            .and(format!(" says job {id}, which is not so"), Role::SeverityWarning),
        Claim::None | Claim::Unknown | Claim::Verified => {
            Cell::mark(Mark::Unknown, Role::SeverityUnknown)
                .and(format!(" says job {id}"), Role::TextDim)
        }
    }
}

/// A tier's name.
pub(super) fn tier(cx: &Cx<'_>, index: Option<TierIndex>) -> Cell {
    match index {
        Some(_) => Cell::new(cx.state.tiers().name(index), Role::TierName),
        None => Cell::dim("-"),
    }
}

/// A tier's place in the configuration.
pub(super) fn tier_order(index: Option<TierIndex>) -> Order {
    index.map_or(Order::Last, |tier| Order::Number(i64::from(tier.0)))
}

/// A tier's name as a filter knows it.
pub(super) fn tier_value(cx: &Cx<'_>, index: Option<TierIndex>) -> Value {
    let tier = index.and_then(|index| cx.state.tier(index));
    tier.map_or(Value::None, |tier| Value::Text(tier.name.clone()))
}

/// The names of all tiers, and the word for none.
pub(super) fn tier_words(state: &State) -> Vec<Text> {
    let names = state.tiers().iter().map(|(_, tier)| tier.name.clone());
    names.chain([Text::new("none")]).collect()
}

/// The names of all clusters that are watched.
pub(super) fn cluster_words(state: &State) -> Vec<Text> {
    let names: BTreeSet<&str> =
        state.reports().filter_map(|(key, _)| key.scope.cluster()).collect();
    names.into_iter().map(Text::new).collect()
}

/// The names of all node groups.
pub(super) fn group_words(state: &State) -> Vec<Text> {
    state.nodegroups().iter().map(|(_, row)| row.value.name.clone()).collect()
}

/// The node group of a pod's node.
pub(super) fn group_of(cx: &Cx<'_>, pod: &Pod) -> Option<Text> {
    cx.state.nodes().get(cx.state.node_of(pod)?)?.group_name.clone()
}

/// A node as a filter knows it: by its name, and as it is shown where that is shorter.
pub(super) fn node_value(name: &Text) -> Value {
    let short = short_node(name);
    if short == name.as_str() {
        return Value::Text(name.clone());
    }
    Value::List([name.clone(), Text::new(short)].into())
}

/// A node's name without its domain, which is the same for all; an address stays whole.
pub(crate) fn short_node(name: &str) -> &str {
    match name.split_once('.') {
        Some((host, _)) if host.chars().any(|c| !c.is_ascii_digit()) => host,
        _ => name,
    }
}

/// The parts of a start, with what is known of their times: until it was placed, its sandbox stood, its init containers
/// ended, its containers ran.
pub(super) fn start_parts(pod: &Pod) -> [(&'static str, Option<f64>); 4] {
    [
        ("placed", pod.schedule_seconds()),
        ("sandbox", pod.sandbox_seconds()),
        ("init", pod.init_seconds()),
        ("start", pod.start_seconds()),
    ]
}

/// How long a part took.
pub(super) fn took(seconds: f64) -> String {
    span(cells::whole(seconds))
}

/// The parts of a start side by side; nothing where not even the first is over.
pub(super) fn split(pod: &Pod) -> Cell {
    let parts = start_parts(pod).map(|(_, seconds)| seconds);
    if parts.iter().all(Option::is_none) {
        return Cell::dot();
    }
    let words = parts.map(|part| part.map_or_else(|| "-".to_owned(), took));
    Cell::dim(words.join("/"))
}

/// The mark and the role of a broken promise.
pub(super) fn gravity(breach: Breach) -> (Mark, Role) {
    match breach.severity() {
        Severity::Critical | Severity::High => (Mark::Bad, Role::SeverityBad),
        Severity::Medium => (Mark::Warning, Role::SeverityWarning),
        Severity::Low | Severity::Info => (Mark::Unknown, Role::SeverityUnknown),
    }
}

/// The words for all promises, as a filter takes them.
pub(super) fn breach_words(_: &State) -> Vec<Text> {
    Breach::ALL.iter().map(|breach| Text::new(breach.code())).collect()
}

/// What a ceiling limits.
pub(super) fn ceiling(kind: CeilingKind) -> &'static str {
    match kind {
        CeilingKind::RunnerLimit => "runner limit",
        CeilingKind::Concurrent => "concurrent jobs",
        CeilingKind::NodegroupMax => "node group maximum",
    }
}

/// One of several pods in a line: state, name, job, age.
pub(crate) fn attempt(cx: &Cx<'_>, pod: &Pod, this: Option<PodId>) -> Cell {
    let mut line = state(pod).and(format!("  {}  ", pod.name), Role::Text);
    line.0.append(&mut job(cx, pod).0);
    let here = if this == Some(pod.id) { "  this one" } else { "" };
    let age = coarse(seconds_between(pod.created_at, cx.now));
    line.and(format!("  {age}{here}"), Role::TextDim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pod::fixture::pod;

    #[test]
    fn a_refusal_is_told_in_short_the_reason_of_most_nodes_first() {
        let words = "0/6 nodes are available: 2 node(s) were unschedulable, 4 Insufficient cpu.";
        let refused = Pod { message: Some(Text::new(words)), ..pod("a") };
        assert_eq!(why(&refused).unwrap(), "insufficient cpu (4), cordoned (2) of 6 nodes");
    }

    #[test]
    fn what_keeps_every_pod_of_a_tier_from_other_nodes_is_told_last() {
        let words = "0/9 nodes are available: 1 Insufficient cpu, 8 node(s) had untolerated taint {tier: a}.";
        let refused = Pod { message: Some(Text::new(words)), ..pod("a") };
        assert!(why(&refused).unwrap().starts_with("insufficient cpu (1), taint"));
    }

    #[test]
    fn words_that_are_not_understood_stay_as_they_came() {
        let said = Pod { message: Some(Text::new("back-off pulling image")), ..pod("a") };
        assert_eq!(why(&said).unwrap(), "back-off pulling image");
    }

    #[test]
    fn a_nodes_domain_is_left_out_but_no_part_of_an_address() {
        assert_eq!(short_node("ip-10-0-1-2.eu-west-1.compute.internal"), "ip-10-0-1-2");
        assert_eq!(short_node("10.0.1.2"), "10.0.1.2");
    }
}
