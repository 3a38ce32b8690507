//! What the autoscaler says of a pod, and what its node groups could still give.

use super::age;
use crate::domain::{NodeClaim, NodeGroup, NodeGroupKind, Pod, PodEvent, SourceId, TierIndex};
use crate::why::facts::Gap;
use crate::why::grammar::autoscaler::{Word, is_karpenter};
use crate::why::walk::Walk;

/// A claim of Karpenter that has not become a node after this long does not, seconds. Source: Karpenter's registration limit.
const UNREGISTERED: i64 = 900;

/// What is known of the making of nodes for one pod.
pub(super) struct Scaling<'a> {
    /// The newest word of an autoscaler, taken apart.
    pub(super) words: Vec<Word>,
    /// That word as it was said.
    pub(super) said: Option<&'a PodEvent>,
    /// The tier's groups.
    pub(super) groups: Result<Vec<&'a NodeGroup>, Gap>,
    /// The pod's tier.
    pub(super) tier: Option<TierIndex>,
}

impl<'a> Scaling<'a> {
    pub(super) fn of(
        walk: &Walk<'_, 'a>,
        pod: &Pod,
        events: &Result<Vec<&'a PodEvent>, Gap>,
    ) -> Scaling<'a> {
        let told = events.as_deref().unwrap_or_default().iter();
        let words =
            told.map(|event| (*event, Word::read(event))).filter(|(_, words)| !words.is_empty());
        let newest = words.max_by_key(|(event, _)| event.last_at);
        let (said, words) =
            newest.map_or((None, Vec::new()), |(event, words)| (Some(event), words));
        let unknown = Gap {
            source: crate::why::Source::Feed(SourceId::NODEGROUPS),
            tier: pod.tier,
            health: Some(crate::domain::Health::Unconfigured),
        };
        let groups = pod.tier.map_or(Err(unknown), |tier| walk.facts.groups(tier));
        Scaling { words, said, groups, tier: pod.tier }
    }

    /// Whether the newest word is that a node is being made.
    pub(super) fn is_acting(&self) -> bool {
        self.words.iter().any(|word| matches!(word, Word::Acting(_)))
    }

    /// Whether a group that would fit was held back: then what the other groups lack does not matter.
    pub(super) fn is_held_back(&self) -> bool {
        self.words.iter().any(|word| matches!(word, Word::AtLimit(_) | Word::CannotLaunch(_)))
    }

    /// The groups, as far as they are known.
    pub(super) fn known(&self) -> &[&'a NodeGroup] {
        self.groups.as_deref().unwrap_or_default()
    }

    /// Whether nothing is left of a group: its maximum, or a limit of a pool; and that in words.
    pub(super) fn spent(walk: &Walk<'_, '_>, group: &NodeGroup) -> Option<String> {
        let counts = walk.facts.state.group_counts(group.id);
        let wanted = group.desired.or((counts.nodes > 0).then_some(counts.nodes));
        if let (Some(wanted), Some(max)) = (wanted, group.max)
            && wanted >= max
        {
            return Some(format!(
                "node group {} is at its maximum ({wanted} of {max})",
                group.name
            ));
        }
        if group.kind != NodeGroupKind::Karpenter {
            return None;
        }
        let spent = group.limits.iter().find_map(|(what, used, most)| {
            let (spent, limit) = (amount(used.as_deref()?)?, amount(most)?);
            (spent >= limit && limit > 0.0)
                .then(|| (what, used.as_deref().unwrap_or_default(), most))
        });
        let (what, used, most) = spent?;
        Some(format!("node pool {} has spent its limit of {what} ({used} of {most})", group.name))
    }

    /// The claims of the tier's pools that have not become nodes: those that are on their way, and those that are not.
    pub(super) fn claims(&self, walk: &Walk<'_, 'a>) -> (Vec<&'a NodeClaim>, Vec<&'a NodeClaim>) {
        let state = walk.facts.state;
        let ids = self.known().iter().flat_map(|group| state.claims_of_group(group.id));
        let claims = ids.filter_map(|id| state.node_claims().get(id)).map(AsRef::as_ref);
        let open = claims.filter(|claim| !matches!(&*claim.state, "Ready" | "Terminating"));
        open.partition(|claim| age(walk, claim.created_at) <= UNREGISTERED && !has_failed(claim))
    }
}

/// Whether Karpenter itself says that a claim gets nothing.
pub(super) fn has_failed(claim: &NodeClaim) -> bool {
    let reason = claim.reason.as_deref().unwrap_or_default();
    reason == "LaunchFailed" || reason.contains("InsufficientCapacity")
}

/// Whether the newest word is Karpenter's.
pub(super) fn speaker(event: &PodEvent) -> &'static str {
    if is_karpenter(event) { "karpenter" } else { "the autoscaler" }
}

/// A quantity of Kubernetes as a number, in the unit that it ends with.
fn amount(words: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 9] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("m", 0.001),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
    ];
    let unit = UNITS.iter().find_map(|(unit, times)| Some((words.strip_suffix(unit)?, times)));
    match unit {
        Some((number, times)) => number.parse::<f64>().ok().map(|number| number * times),
        None => words.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_compared_in_their_units() {
        assert_eq!(amount("100"), Some(100.0));
        assert_eq!(amount("1500m"), Some(1.5));
        assert_eq!(amount("2Gi"), Some(2_147_483_648.0));
        assert_eq!(amount("many"), None);
    }
}
