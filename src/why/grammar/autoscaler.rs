//! What cluster-autoscaler and Karpenter say of a pod.
//!
//! ```text
//! TriggeredScaleUp     pod triggered scale-up: [{ci-standard 2->3 (max: 5)}]
//! NotTriggerScaleUp    pod didn't trigger scale-up: 1 max node group size reached, 2 in backoff after failed scale-up
//! Nominated            Pod should schedule on: nodeclaim/x, node/y
//! FailedScheduling     Failed to schedule pod, all available instance types exceed limits for nodepool: "x"   (karpenter)
//! ```
//!
//! Counts are node groups there, not nodes. Words that are not known stay what they are: [`Word::Other`].

use crate::domain::{MisfitKind, PodEvent, Refusal, Text};

/// What an autoscaler says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// It makes a node.
    Acting(Text),
    /// It may not make more: a group's maximum, a limit of the cluster or the pool.
    AtLimit(Text),
    /// It tried and got none.
    CannotLaunch(Text),
    /// No node that it could make is large enough.
    TooLarge(Text),
    /// No node that it could make would be tolerated.
    Taint(Text),
    /// No node that it could make fits the pod's selectors.
    Incompatible(Text),
    /// It sees nothing to make nodes from.
    NoGroups(Text),
    /// Words that we do not know.
    Other(Text),
}

impl Word {
    /// Reads what was said of a pod; nothing where no autoscaler spoke. Several reasons give several words.
    pub fn read(event: &PodEvent) -> Vec<Word> {
        let message = &event.message;
        match event.reason.to_lowercase().as_str() {
            "triggeredscaleup" | "nominated" | "nodeclaimlaunched" => {
                vec![Word::Acting(message.clone())]
            }
            "failedscaleup" | "failedtoscaleup" | "insufficientcapacityerror" => {
                vec![Word::CannotLaunch(message.clone())]
            }
            "nottriggerscaleup" => not_triggered(message),
            "failedscheduling" if is_karpenter(event) => vec![karpenter(message)],
            _ => Vec::new(),
        }
    }
}

/// Whether Karpenter says it: the scheduler has the same reason.
pub fn is_karpenter(event: &PodEvent) -> bool {
    event.component.to_lowercase().contains("karpenter")
}

/// Why cluster-autoscaler does nothing: `COUNT TEXT` parted as the scheduler parts its own.
fn not_triggered(message: &Text) -> Vec<Word> {
    let Some((_, reasons)) = message.split_once(':') else {
        return vec![Word::Other(message.clone())];
    };
    let count = reasons.trim();
    // The scheduler's grammar, with any number of nodes before it.
    let refusal = Refusal::read(&Text::new(&format!("0/0 nodes are available: {count}.")));
    if refusal.misfits.is_empty() {
        return vec![Word::Other(message.clone())];
    }
    refusal
        .misfits
        .iter()
        .map(|misfit| of_group(&misfit.reason, &misfit.kind, misfit.nodes))
        .collect()
}

/// Why a node group was left out.
fn of_group(reason: &Text, kind: &MisfitKind, groups: u64) -> Word {
    let words = Text::new(&format!("{groups} {reason}"));
    let lower = reason.to_lowercase();
    if lower.contains("max node group size reached") || lower.contains("limit reached") {
        return Word::AtLimit(words);
    }
    if lower.contains("in backoff") || lower.contains("not ready for scale-up") {
        return Word::CannotLaunch(words);
    }
    match kind {
        MisfitKind::Insufficient(_) => Word::TooLarge(words),
        MisfitKind::Taint(_) => Word::Taint(words),
        MisfitKind::Affinity => Word::Incompatible(words),
        _ => Word::Other(words),
    }
}

/// Karpenter's errors. Its wordings vary by version, so that they are known by their beginnings.
fn karpenter(message: &Text) -> Word {
    let lower = message.to_lowercase();
    let says = |known: &str| lower.contains(known);
    let word: fn(Text) -> Word =
        if says("exceed limits for nodepool") || says("limits have been exhausted") {
            Word::AtLimit
        } else if says("insufficientcapacity") || says("insufficient capacity") {
            Word::CannotLaunch
        } else if says("did not tolerate") {
            Word::Taint
        } else if says("no instance type has enough resources") {
            Word::TooLarge
        } else if says("no nodepools found") {
            Word::NoGroups
        } else if says("filtered out all")
            || says("incompatible requirements")
            || says("no instance type")
        {
            Word::Incompatible
        } else {
            Word::Other
        };
    word(message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{EventId, PodId};

    fn said(reason: &str, message: &str, component: &str) -> Vec<Word> {
        Word::read(&PodEvent {
            id: EventId::of(&["e"]),
            pod: PodId::of(&["ci", "a"]),
            kind: Text::new("Normal"),
            reason: Text::new(reason),
            message: Text::new(message),
            component: Text::new(component),
            first_at: at(0),
            last_at: at(0),
            count: 1,
        })
    }

    #[test]
    fn every_reason_of_the_cluster_autoscaler_is_read_by_itself() {
        let words = "Pod didn't trigger scale-up: 1 max node group size reached, 2 in backoff after failed scale-up, \
                     3 node(s) had untolerated taint {dedicated: gpu}, 1 Insufficient cpu";
        let text = |words: &str| Text::new(words);
        assert_eq!(
            said("NotTriggerScaleUp", words, "cluster-autoscaler"),
            [
                Word::AtLimit(text("1 max node group size reached")),
                Word::CannotLaunch(text("2 in backoff after failed scale-up")),
                Word::Taint(text("3 node(s) had untolerated taint {dedicated: gpu}")),
                Word::TooLarge(text("1 Insufficient cpu")),
            ]
        );
    }

    #[test]
    fn karpenter_is_told_from_the_scheduler_by_its_component() {
        let words = "Failed to schedule pod, all available instance types exceed limits for nodepool: \"ci\"";
        assert_eq!(said("FailedScheduling", words, "karpenter"), [Word::AtLimit(Text::new(words))]);
        assert_eq!(said("FailedScheduling", words, "default-scheduler"), []);
    }

    #[test]
    fn each_error_of_karpenter_has_its_meaning() {
        let of = |words: &str| said("FailedScheduling", words, "karpenter").remove(0);
        let text = |words: &str| Text::new(words);
        for words in [
            "Failed to schedule pod, incompatible requirements, label \"x\" does not have known values",
            "Failed to schedule pod, no instance type met the scheduling requirements, requirements=…",
            "Failed to schedule pod, nodepool requirements filtered out all available instance types",
        ] {
            assert_eq!(of(words), Word::Incompatible(text(words)));
        }
        let large = "Failed to schedule pod, no instance type has enough resources, requirements=…";
        assert_eq!(of(large), Word::TooLarge(text(large)));
        assert_eq!(
            of("Failed to schedule pod, hm"),
            Word::Other(text("Failed to schedule pod, hm"))
        );
    }

    #[test]
    fn unknown_words_are_kept_as_they_came() {
        let words = "pod didn't trigger scale-up: the moon is full";
        assert_eq!(said("NotTriggerScaleUp", words, "ca"), [Word::Other(Text::new(words))]);
    }
}
