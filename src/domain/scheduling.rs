//! [`Refusal`]: what the scheduler says of a pod that no node fits, taken apart; the words themselves are always kept.
//!
//! ```text
//! message    := "0/" N " nodes are available: " [prefilter ". "] reasons "." [" " postfilter "."]
//! reasons    := reason { ", " reason }                       ; each "COUNT TEXT", and TEXT may hold commas
//! postfilter := "preemption: 0/" N " nodes are available: " reasons
//! ```

use super::Text;

/// What stands before the reasons.
const HEAD: &str = " nodes are available: ";

/// Why nodes did not fit. One node may count for several reasons, so the counts may exceed the number of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// How many nodes.
    pub nodes: u64,
    /// Why, in the scheduler's words.
    pub reason: Text,
    /// What that is, where the words are known.
    pub kind: MisfitKind,
}

/// A known reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MisfitKind {
    /// Not enough is left of a resource: `cpu`, `memory`, `nvidia.com/gpu`.
    Insufficient(Text),
    /// No more pods fit on the node.
    TooManyPods,
    /// The pod does not tolerate a taint: `{key: value}` where told.
    Taint(Option<Text>),
    /// The pod's own selector or affinity leads elsewhere.
    Affinity,
    /// Affinity or anti-affinity between pods, or their spread.
    Neighbours,
    /// The node is cordoned.
    Cordoned,
    /// A volume cannot follow.
    Volume,
    /// A port of the node is taken.
    Ports,
    /// Words that we do not know.
    Other,
}

/// What the scheduler said, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The words as they came.
    pub words: Text,
    /// How many nodes there were; `None` where the words are unknown.
    pub nodes: Option<u64>,
    /// What was wrong before any node was looked at: `persistentvolumeclaim "x" not found`.
    pub prefilter: Option<Text>,
    /// Why nodes did not fit, in the scheduler's order.
    pub misfits: Vec<Misfit>,
    /// What came of the try to make room, in the scheduler's words.
    pub postfilter: Option<Text>,
}

impl Refusal {
    /// Takes the scheduler's words apart. What is not understood stays in [`Refusal::words`].
    pub fn read(words: &Text) -> Refusal {
        let unread = Refusal {
            words: words.clone(),
            nodes: None,
            prefilter: None,
            misfits: Vec::new(),
            postfilter: None,
        };
        if words.trim().trim_end_matches('.') == "no nodes available to schedule pods" {
            return Refusal { nodes: Some(0), ..unread };
        }
        let Some((nodes, rest)) = head(words) else { return unread };
        let (told, postfilter) = split_postfilter(rest);
        let (prefilter, reasons) = split_prefilter(told);
        Refusal {
            nodes: Some(nodes),
            prefilter: text(prefilter),
            misfits: misfits(reasons),
            postfilter: text(postfilter),
            ..unread
        }
    }

    /// Whether the words were understood: the number of nodes, and at least one reason.
    pub fn is_understood(&self) -> bool {
        self.nodes.is_some()
            && (self.nodes == Some(0) || !self.misfits.is_empty() || self.prefilter.is_some())
    }
}

/// The number of nodes, and what follows it.
fn head(words: &str) -> Option<(u64, &str)> {
    let rest = words.trim_start().strip_prefix("0/")?;
    let (number, rest) = rest.split_once(HEAD)?;
    Some((number.parse().ok()?, rest))
}

/// Cuts off what came of making room.
fn split_postfilter(rest: &str) -> (&str, &str) {
    let cut = [" preemption: ", " no new claims to deallocate"];
    let at = cut.iter().filter_map(|begin| rest.find(begin)).min();
    match at.and_then(|at| rest.split_at_checked(at)) {
        Some((told, postfilter)) => (told, postfilter.trim_start()),
        None => (rest, ""),
    }
}

/// Cuts off what was wrong before any node was looked at: a sentence that begins with no count.
fn split_prefilter(told: &str) -> (&str, &str) {
    let told = told.trim();
    if count(told).is_some() {
        return ("", told);
    }
    let ends = told.match_indices(". ").map(|(at, _)| at);
    for at in ends {
        let Some((first, second)) = told.split_at_checked(at) else { continue };
        let second = second.strip_prefix(". ").unwrap_or(second);
        if count(second).is_some() {
            return (first, second);
        }
    }
    (told.trim_end_matches('.'), "")
}

/// The reasons: a comma parts two of them only where a number follows it.
fn misfits(reasons: &str) -> Vec<Misfit> {
    let reasons = reasons.trim();
    let reasons = reasons.strip_suffix('.').unwrap_or(reasons);
    let mut pieces: Vec<String> = Vec::new();
    for piece in reasons.split(", ") {
        match pieces.last_mut() {
            Some(last) if count(piece).is_none() => {
                last.push_str(", ");
                last.push_str(piece);
            }
            _ => pieces.push(piece.to_owned()),
        }
    }
    pieces.iter().filter_map(|piece| misfit(piece)).collect()
}

fn misfit(piece: &str) -> Option<Misfit> {
    let (nodes, reason) = count(piece)?;
    Some(Misfit { nodes, kind: kind(reason), reason: Text::new(reason) })
}

/// A count, and what is counted.
fn count(piece: &str) -> Option<(u64, &str)> {
    let (number, reason) = piece.split_once(' ')?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((number.parse().ok()?, reason.trim()))
}

/// What the words mean. Kubernetes has changed some of them over the years.
fn kind(reason: &str) -> MisfitKind {
    if let Some(resource) = reason.strip_prefix("Insufficient ") {
        return MisfitKind::Insufficient(Text::new(resource));
    }
    if reason == "Too many pods" {
        return MisfitKind::TooManyPods;
    }
    let says = |words: &[&str]| words.iter().any(|one| reason.contains(one));
    if says(&["untolerated taint", "had taint", "had taints"]) {
        let open = reason.find('{').zip(reason.rfind('}'));
        let taint = open.and_then(|(open, close)| reason.get(open..=close));
        return MisfitKind::Taint(taint.map(Text::new));
    }
    if says(&["node affinity/selector", "node selector", "node(s) didn't match node"]) {
        MisfitKind::Affinity
    } else if says(&["volume", "Volume"]) {
        MisfitKind::Volume
    } else if says(&["pod affinity", "anti-affinity", "topology spread"]) {
        MisfitKind::Neighbours
    } else if says(&["were unschedulable"]) {
        MisfitKind::Cordoned
    } else if says(&["free ports"]) {
        MisfitKind::Ports
    } else {
        MisfitKind::Other
    }
}

fn text(words: &str) -> Option<Text> {
    let words = words.trim().trim_end_matches('.');
    (!words.is_empty()).then(|| Text::new(words))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(words: &str) -> Refusal {
        Refusal::read(&Text::new(words))
    }

    fn counts(refusal: &Refusal) -> Vec<(u64, &str)> {
        refusal.misfits.iter().map(|one| (one.nodes, one.reason.as_str())).collect()
    }

    #[test]
    fn reasons_are_counted() {
        let refusal = read(
            "0/6 nodes are available: 1 node(s) had untolerated taint {ci.example.com/protected: true}, \
             2 Insufficient memory, 4 Insufficient cpu. preemption: 0/6 nodes are available: \
             2 Preemption is not helpful for scheduling, 4 No preemption victims found for incoming pod.",
        );
        assert_eq!(refusal.nodes, Some(6));
        assert_eq!(
            counts(&refusal),
            [
                (1, "node(s) had untolerated taint {ci.example.com/protected: true}"),
                (2, "Insufficient memory"),
                (4, "Insufficient cpu"),
            ]
        );
        assert_eq!(refusal.misfits[2].kind, MisfitKind::Insufficient(Text::new("cpu")));
        assert!(refusal.postfilter.unwrap().starts_with("preemption: 0/6"));
    }

    #[test]
    fn a_comma_within_a_reason_parts_nothing() {
        let refusal = read(
            "0/3 nodes are available: 1 node(s) had taint {dedicated: gpu}, that the pod didn't tolerate, \
             2 node(s) didn't match Pod's node affinity/selector.",
        );
        let taint = "node(s) had taint {dedicated: gpu}, that the pod didn't tolerate";
        assert_eq!(
            counts(&refusal),
            [(1, taint), (2, "node(s) didn't match Pod's node affinity/selector")]
        );
        assert_eq!(refusal.misfits[0].kind, MisfitKind::Taint(Some(Text::new("{dedicated: gpu}"))));
    }

    #[test]
    fn what_was_wrong_before_any_node_is_told_apart() {
        let alone = read("0/3 nodes are available: persistentvolumeclaim \"data\" not found.");
        assert_eq!(alone.prefilter, Some(Text::new("persistentvolumeclaim \"data\" not found")));
        assert!(alone.misfits.is_empty() && alone.is_understood());
        let both = read(
            "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. 3 Too many pods. \
             preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
        );
        assert_eq!(
            both.prefilter,
            Some(Text::new("pod has unbound immediate PersistentVolumeClaims"))
        );
        assert_eq!(counts(&both), [(3, "Too many pods")]);
    }

    #[test]
    fn newer_words_before_the_preemption_belong_to_it() {
        let refusal = read(
            "0/1 nodes are available: 1 node(s) had untolerated taint(s). no new claims to deallocate, \
             preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
        );
        assert_eq!(refusal.misfits[0].kind, MisfitKind::Taint(None));
        assert!(refusal.postfilter.unwrap().starts_with("no new claims"));
    }

    #[test]
    fn no_nodes_at_all_is_understood() {
        let refusal = read("no nodes available to schedule pods");
        assert_eq!((refusal.nodes, refusal.is_understood()), (Some(0), true));
    }

    #[test]
    fn unknown_words_are_kept_as_they_came() {
        let words =
            "Failed to schedule pod, all available instance types exceed limits for nodepool";
        let refusal = read(words);
        assert!(!refusal.is_understood());
        assert_eq!(&*refusal.words, words);
        let strange = read("0/2 nodes are available: 2 node(s) were in a bad mood.");
        assert_eq!(strange.misfits[0].kind, MisfitKind::Other);
    }

    #[test]
    fn every_known_reason_has_its_kind() {
        let of = |reason: &str| kind(reason);
        assert_eq!(of("node(s) were unschedulable"), MisfitKind::Cordoned);
        assert_eq!(of("node(s) had volume node affinity conflict"), MisfitKind::Volume);
        assert_eq!(of("node(s) didn't match PersistentVolume's node affinity"), MisfitKind::Volume);
        assert_eq!(of("node(s) exceed max volume count"), MisfitKind::Volume);
        assert_eq!(of("node(s) didn't match pod anti-affinity rules"), MisfitKind::Neighbours);
        assert_eq!(
            of("node(s) didn't match pod topology spread constraints (missing required label)"),
            MisfitKind::Neighbours
        );
        assert_eq!(
            of("node(s) didn't have free ports for the requested pod ports"),
            MisfitKind::Ports
        );
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic_and_the_words_are_kept(
            words in "(0/[0-9]{0,22} nodes are available: )?([0-9]{0,3} ?[a-z{}:,. ]{0,20}(, |\\. )?){0,6}\\PC{0,8}"
        ) {
            let words = Text::new(&words);
            prop_assert_eq!(Refusal::read(&words).words, words);
        }

        #[test]
        fn what_was_put_together_is_taken_apart(
            nodes in 1_u64..1000,
            parts in proptest::collection::vec((1_u64..500, "[A-Z][a-z]{1,8}(, [a-z]{1,6})?"), 1..6),
        ) {
            let reasons: Vec<String> =
                parts.iter().map(|(count, reason)| format!("{count} {reason}")).collect();
            let refusal = read(&format!("0/{nodes} nodes are available: {}.", reasons.join(", ")));
            prop_assert_eq!(refusal.nodes, Some(nodes));
            let found: Vec<(u64, String)> =
                refusal.misfits.iter().map(|one| (one.nodes, one.reason.to_string())).collect();
            prop_assert_eq!(found, parts);
        }
    }
}
