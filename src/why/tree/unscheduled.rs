//! Branch D2: a pod that has no node. What never resolves comes before what resolves when somebody acts, and that before
//! what resolves alone.

use super::placing::{self, Reasons};
use super::pod::{YOUNG, event_proof};
use super::scaling::{Scaling, speaker};
use super::{age, evidence, growth};
use crate::domain::time::span;
use crate::domain::{Pod, PodEvent, Refusal, SourceId, Text};
use crate::why::facts::Gap;
use crate::why::grammar::autoscaler::Word;
use crate::why::leaf::Leaf;
use crate::why::walk::{Found, Walk};

/// An autoscaler that has said nothing after this long is not there, seconds.
const SILENT: i64 = 60;

/// A pod without a node, taken apart.
pub(super) struct Case<'a> {
    pub(super) pod: &'a Pod,
    pub(super) reasons: Reasons,
    pub(super) scaling: Scaling<'a>,
    words: Text,
    refusal: Refusal,
}

/// Why a pod has no node.
pub(super) fn unplaced<'a>(
    walk: &mut Walk<'_, 'a>,
    pod: &Pod,
    events: &Result<Vec<&'a PodEvent>, Gap>,
) -> Found {
    if let Some(found) = pushed_out(walk, events) {
        return found;
    }
    if &*pod.state == "SchedulingGated" {
        let words = pod.message.as_deref().unwrap_or("by a gate that is not named");
        return Found::certain(
            Leaf::Gated,
            format!("a scheduling gate holds its pod back: {words}"),
        );
    }
    let refused = events.as_deref().unwrap_or_default().iter().find(|event| {
        &*event.reason == "FailedScheduling"
            && !crate::why::grammar::autoscaler::is_karpenter(event)
    });
    let is_refused = matches!(&*pod.state, "Unschedulable" | "Pending");
    let words =
        pod.message.clone().filter(|_| is_refused).or(refused.map(|event| event.message.clone()));
    let Some(words) = words else { return unsaid(walk, pod, events) };
    let refusal = Refusal::read(&words);
    let at = walk.facts.feed(SourceId::PODS, pod.tier).ok();
    walk.yes("D2c", "what does the scheduler say?", || {
        (String::new(), vec![evidence("PodScheduled.message", &words, "kubernetes", at)])
    });
    let scaling = Scaling::of(walk, pod, events);
    if let Some(event) = scaling.said {
        walk.yes("D2c", "what does the autoscaler say?", || {
            (String::new(), vec![event_proof(event)])
        });
    }
    let case = Case { pod, words, reasons: Reasons::of(&refusal), refusal, scaling };
    // What an autoscaler says bears on every branch below.
    if let Err(gap) = events {
        walk.open("D2c", "what does the autoscaler say?", *gap);
    }
    never(walk, &case)
        .or_else(|| growth::on_action(walk, &case))
        .or_else(|| growth::alone(walk, &case))
        .or_else(|| otherwise(walk, &case, events))
        .unwrap_or_else(|| unclear(walk, &case))
}

/// Branch D2d.
fn pushed_out(walk: &mut Walk<'_, '_>, events: &Result<Vec<&PodEvent>, Gap>) -> Option<Found> {
    let events = events.as_ref().ok()?;
    let event =
        events.iter().find(|event| matches!(&*event.reason, "Preempted" | "DisruptionTarget"))?;
    walk.yes("D2d", "was it pushed out?", || (String::new(), vec![event_proof(event)]));
    Some(Found::certain(Leaf::Preempted, format!("its pod was pushed out: {}", event.message)))
}

/// Branch D2b: nobody says why it has no node.
fn unsaid(walk: &mut Walk<'_, '_>, pod: &Pod, events: &Result<Vec<&PodEvent>, Gap>) -> Found {
    let waits = age(walk, pod.created_at);
    if &*pod.state != "Pending" && &*pod.state != "Unschedulable" {
        let words = pod.message.as_deref().unwrap_or_default();
        return Found::certain(
            Leaf::SchedulerIll,
            format!("the scheduler fails: {} {words}", pod.state),
        );
    }
    if let Err(gap) = events {
        walk.open("D2b", "what was said of it?", *gap);
        return Found::untold(
            Leaf::Unschedulable,
            format!("it has no node for {}; why cannot be told", span(waits)),
        );
    }
    if waits <= YOUNG {
        return Found::certain(Leaf::Starting, format!("its pod was made {} ago", span(waits)));
    }
    Found::certain(
        Leaf::SchedulerIll,
        format!("the scheduler has said nothing of its pod for {}", span(waits)),
    )
}

/// What no further node of the same kind would change: c1, c6, c7, and volumes and neighbours by themselves.
fn never(walk: &mut Walk<'_, '_>, case: &Case<'_>) -> Option<Found> {
    let Case { pod, reasons, scaling, .. } = case;
    let lonely = reasons.room + reasons.crowded == 0;
    if let Some(before) = &case.refusal.prefilter {
        let leaf = if before.contains("ersistent") || before.contains("volume") {
            Leaf::Volume
        } else {
            Leaf::Unschedulable
        };
        return Some(Found::certain(leaf, format!("{}: {before}", leaf.about().name)));
    }
    if lonely && reasons.volume > 0 {
        return Some(Found::certain(
            Leaf::Volume,
            format!("a volume cannot follow its pod: {}", case.words),
        ));
    }
    if lonely && reasons.neighbours > 0 && !scaling.is_acting() {
        let title = format!("spread, anti-affinity or a port keeps it away: {}", case.words);
        return Some(Found::certain(Leaf::Neighbours, title));
    }
    if scaling.is_acting() {
        return None;
    }
    if let Some(found) = by_word(case) {
        return Some(found);
    }
    if reasons.room == 0 && !reasons.is_barred() {
        return None;
    }
    let nodes = match placing::nodes(walk, pod) {
        Ok(nodes) => nodes,
        Err(gap) => {
            let branch = if reasons.room > 0 { "D2c1" } else { "D2c6" };
            walk.open(branch, "what have the tier's nodes?", gap);
            return None;
        }
    };
    if reasons.room > 0 {
        let words = placing::beyond(pod, &nodes)?;
        let types = scaling.known().iter().flat_map(|group| group.instance_types.iter());
        let mut types =
            types.filter(|one| nodes.iter().all(|node| node.instance_type.as_ref() != Some(*one)));
        let found = Found::certain(
            Leaf::NeverFits,
            format!("its pod asks for more than any node of its tier has: {words}"),
        );
        return Some(if types.next().is_some() { found.doubted() } else { found });
    }
    barred(case, nodes.iter().filter(|node| node.ready == Some(true)).count())
}

/// What an autoscaler says that it could never make.
fn by_word(case: &Case<'_>) -> Option<Found> {
    if case.scaling.is_held_back() {
        return None;
    }
    let who = case.scaling.said.map_or("the autoscaler", speaker);
    let found = |leaf: Leaf, words: &Text| {
        Found::certain(leaf, format!("{}, says {who}: {words}", leaf.about().name))
    };
    case.scaling.words.iter().find_map(|word| match word {
        Word::TooLarge(words) => Some(found(Leaf::NeverFits, words)),
        Word::Taint(words) => Some(found(Leaf::Taint, words)),
        Word::Incompatible(words) => Some(found(Leaf::Affinity, words)),
        Word::NoGroups(words) => Some(found(Leaf::NoAutoscaler, words)),
        Word::Acting(_) | Word::AtLimit(_) | Word::CannotLaunch(_) | Word::Other(_) => None,
    })
}

/// Branches c6 and c7 by the scheduler's reasons: only where the tier has nodes that ought to fit.
fn barred(case: &Case<'_>, ready: usize) -> Option<Found> {
    if ready == 0 || case.scaling.is_held_back() {
        return None;
    }
    let ready = u64::try_from(ready).unwrap_or(u64::MAX);
    let leaf = if case.reasons.taint >= ready { Leaf::Taint } else { Leaf::Affinity };
    Some(Found::certain(leaf, format!("{}: {}", leaf.about().name, case.words)))
}

/// Branches c8, c9, c11 and c12.
fn otherwise(
    walk: &mut Walk<'_, '_>,
    case: &Case<'_>,
    events: &Result<Vec<&PodEvent>, Gap>,
) -> Option<Found> {
    let Case { reasons, words, .. } = case;
    if reasons.going > 0 {
        let updating = case.scaling.known().iter().find(|group| &*group.status == "UPDATING");
        let why = updating.map_or_else(String::new, |group| {
            format!("node group {} is being updated; ", group.name)
        });
        return Some(Found::certain(
            Leaf::Cordoned,
            format!("nodes that fit take no pods: {why}{words}"),
        ));
    }
    if reasons.crowded > 0 && reasons.room == 0 {
        return Some(Found::certain(
            Leaf::TooManyPods,
            format!("the nodes hold as many pods as they may: {words}"),
        ));
    }
    if reasons.neighbours > 0 && reasons.room == 0 {
        return Some(Found::certain(
            Leaf::Neighbours,
            format!("spread, anti-affinity or a port keeps it away: {words}"),
        ));
    }
    let waits = age(walk, case.pod.created_at);
    let is_known = case.refusal.is_understood() && case.reasons != Reasons::default();
    if is_known && events.is_ok() && case.scaling.said.is_none() && waits > SILENT {
        walk.yes("D2c12", "has an autoscaler said anything?", || {
            (format!("nothing in {}", span(waits)), Vec::new())
        });
        return Some(Found::certain(
            Leaf::NoAutoscaler,
            format!(
                "no autoscaler has said a word in {}, and the scheduler finds no room: {words}",
                span(waits)
            ),
        ));
    }
    None
}

/// No branch has evidence: the scheduler's own words.
fn unclear(walk: &Walk<'_, '_>, case: &Case<'_>) -> Found {
    let waits = age(walk, case.pod.created_at);
    if waits <= SILENT && case.refusal.is_understood() {
        let title = format!(
            "its pod has no node for {}; autoscalers need a moment: {}",
            span(waits),
            case.words
        );
        return Found::likely(Leaf::Starting, title);
    }
    let said = case
        .scaling
        .said
        .map_or_else(String::new, |event| format!("; {}: {}", speaker(event), event.message));
    Found::untold(Leaf::Unschedulable, format!("no node fits its pod: {}{said}", case.words))
}
