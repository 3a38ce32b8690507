//! The chain of causes as it is drawn: what explains a finding, what follows from it, and the branches before its words.

use crate::domain::{EntityId, Finding, Slo};
use crate::state::State;

/// A chain has no more links than this: a cause stands on a lower rung than what it explains, and there are six.
const MOST_LINKS: usize = 6;

/// What explains a finding, the nearest first: its cause, the cause of that, and so on.
pub(super) fn above<'a>(state: &'a State, finding: &'a Finding) -> Vec<&'a Finding> {
    let next = |one: &&'a Finding| {
        let cause = one.joined.cause.as_ref()?;
        state.findings().iter().find(|known| known.id == *cause)
    };
    std::iter::successors(next(&finding), |one| next(one)).take(MOST_LINKS).collect()
}

/// What a finding explains, directly or through others, in the order of the list.
pub(super) fn below<'a>(state: &'a State, finding: &Finding) -> Vec<&'a Finding> {
    let follows = |one: &&Finding| above(state, one).iter().any(|cause| cause.id == finding.id);
    state.findings().iter().filter(follows).collect()
}

/// The objectives that burn because of a finding.
pub(super) fn burned<'a>(state: &'a State, finding: &Finding) -> Vec<&'a Slo> {
    let slo = |one: &Finding| match &one.id.about {
        EntityId::Slo(id) if one.id.code.starts_with("slo.") => {
            state.slos().get(*id).map(|slo| &**slo)
        }
        _ => None,
    };
    below(state, finding).into_iter().filter_map(slo).collect()
}

/// The branches before a finding: `│ └ `; nothing before one that no other explains.
pub(super) fn branches(state: &State, finding: &Finding) -> String {
    let causes = above(state, finding);
    let mut drawn: Vec<&str> = Vec::with_capacity(causes.len());
    let mut here = finding;
    for cause in causes {
        let is_nearest = drawn.is_empty();
        drawn.push(match (has_later_sibling(state, here), is_nearest) {
            (true, true) => "├ ",
            (false, true) => "└ ",
            (true, false) => "│ ",
            (false, false) => "  ",
        });
        here = cause;
    }
    drawn.into_iter().rev().collect()
}

/// Whether another one that the same cause explains stands further below.
fn has_later_sibling(state: &State, finding: &Finding) -> bool {
    let rest = state.findings().iter().skip_while(|one| one.id != finding.id).skip(1);
    finding.joined.cause.is_some()
        && rest.clone().any(|one| one.joined.cause == finding.joined.cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FindingId, Joined, Severity, Text, TierIndex, Tiers};

    fn finding(place: u16, cause: Option<u16>) -> Finding {
        let id = |place| FindingId { code: "queue.late", about: EntityId::Tier(TierIndex(place)) };
        Finding {
            id: id(place),
            severity: Severity::High,
            title: Text::new("t"),
            evidence: Vec::new(),
            next_step: Text::new("n"),
            since: None,
            count: 1,
            joined: Joined { cause: cause.map(id), ..Joined::default() },
        }
    }

    #[test]
    fn what_follows_hangs_on_its_cause_as_in_a_tree() {
        let mut state = State::new(Tiers::default());
        let all = [(0, None), (1, Some(0)), (2, Some(1)), (3, Some(0)), (4, None)];
        state.set_findings(all.map(|(place, cause)| finding(place, cause)).to_vec());
        let drawn: Vec<String> =
            state.findings().iter().map(|finding| branches(&state, finding)).collect();
        assert_eq!(drawn, ["", "├ ", "│ └ ", "└ ", ""]);
    }

    #[test]
    fn a_cause_explains_whatever_hangs_below_it() {
        let mut state = State::new(Tiers::default());
        let all = [(0, None), (1, Some(0)), (2, Some(1)), (3, None)];
        state.set_findings(all.map(|(place, cause)| finding(place, cause)).to_vec());
        let first = state.findings()[0].clone();
        let ids: Vec<&EntityId> =
            below(&state, &first).into_iter().map(|one| &one.id.about).collect();
        assert_eq!(ids, [&EntityId::Tier(TierIndex(1)), &EntityId::Tier(TierIndex(2))]);
    }
}
