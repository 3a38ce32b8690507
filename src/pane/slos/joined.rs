//! What objectives, alerts and silences have to do with each other, and with tiers.

use crate::domain::{Alert, EntityId, Silence, Slo, TierIndex};
use crate::pane::lens::Subject;
use crate::pane::links::{Kind, Link};
use crate::state::State;

/// Where the link of this kind leads from an objective, an alert, a silence, or from a tier to its objectives.
pub fn link(state: &State, from: &EntityId, to: Kind) -> Option<Link> {
    if let (EntityId::Slo(id), Kind::Tier) = (from, to) {
        return tier_of(state, state.slos().get(*id)?).map(|tier| Link::One(EntityId::Tier(tier)));
    }
    let ends: Vec<EntityId> = match to {
        Kind::Objective => {
            let all = state.slos().iter().filter(|(_, row)| has_slo(state, from, &row.value));
            all.map(|(id, _)| EntityId::Slo(id)).take(2).collect()
        }
        Kind::Alert => {
            let all = state.alerts().iter().filter(|(_, row)| has_alert(state, from, &row.value));
            all.map(|(id, _)| EntityId::Alert(id)).take(2).collect()
        }
        Kind::Silence => {
            let all =
                state.silences().iter().filter(|(_, row)| has_silence(state, from, &row.value));
            all.map(|(id, _)| EntityId::Silence(id)).take(2).collect()
        }
        _ => return None,
    };
    match ends.as_slice() {
        [] => None,
        [one] => Some(Link::One(one.clone())),
        _ => Some(Link::Several(to, from.clone())),
    }
}

/// Whether an objective belongs to an alert or a tier.
pub(super) fn has_slo(state: &State, scope: &EntityId, slo: &Slo) -> bool {
    match scope {
        EntityId::Alert(id) => state.alerts().get(*id).is_some_and(|alert| {
            let mut about = state.slos_of_alert(alert);
            about.any(|row| row.value.id == slo.id)
        }),
        EntityId::Tier(tier) => tier_of(state, slo) == Some(*tier),
        EntityId::Slo(id) => slo.id == *id,
        _ => false,
    }
}

/// Whether an alert is about an objective, or is kept quiet by a silence.
pub(super) fn has_alert(state: &State, scope: &EntityId, alert: &Alert) -> bool {
    match scope {
        EntityId::Slo(id) => state.slos_of_alert(alert).any(|row| row.value.id == *id),
        EntityId::Silence(id) => {
            let silence = state.silences().get(*id);
            silence.is_some_and(|silence| alert.silenced_by.contains(&silence.name))
        }
        _ => false,
    }
}

/// Whether a silence keeps an alert quiet, or one about an objective.
pub(super) fn has_silence(state: &State, scope: &EntityId, silence: &Silence) -> bool {
    let is_quiet = |alert: &Alert| alert.silenced_by.contains(&silence.name);
    match scope {
        EntityId::Alert(id) => state.alerts().get(*id).is_some_and(|alert| is_quiet(alert)),
        EntityId::Slo(id) => state
            .slos()
            .get(*id)
            .is_some_and(|slo| state.alerts_of(slo).any(|row| is_quiet(&row.value))),
        _ => false,
    }
}

/// The tier that an objective is about: the one that its label `tier` names.
pub(super) fn tier_of(state: &State, slo: &Slo) -> Option<TierIndex> {
    let (_, name) = slo.labels.iter().find(|(name, _)| &**name == "tier")?;
    state.tiers().iter().find(|(_, tier)| tier.name == *name).map(|(index, _)| index)
}

/// Whether a subject of this pane lies within what its table is narrowed to.
pub(super) fn is_within(state: &State, scope: &EntityId, subject: Subject<'_>) -> bool {
    match subject {
        Subject::Slo(row) => has_slo(state, scope, &row.value),
        Subject::Alert(row) => has_alert(state, scope, &row.value),
        Subject::Silence(row) => has_silence(state, scope, &row.value),
        _ => false,
    }
}
