//! Acts of the ledger, the newest of them, and how its chain stands.

use std::sync::Arc;

use super::table::{Arrival, Effect, Table};
use super::{Changes, State};
use crate::domain::act::held_until;
use crate::domain::{
    Acknowledgement, Chain, Deed, DeedId, Ending, EntityId, FindingId, SourceId, Text, Timestamp,
};

/// How many acts are held at the most: the newest.
pub const MOST_DEEDS: usize = 10_000;

/// The act by which somebody takes a finding in hand.
const ACKNOWLEDGE: &str = "finding.acknowledge";

impl State {
    /// Acts of the ledger by the place of their first record.
    pub fn deeds(&self) -> &Table<DeedId, Deed> {
        &self.rows.deeds
    }

    /// How the ledger's chain stood when it was read last; `None` before it was.
    pub fn chain(&self) -> Option<&Chain> {
        self.chain.as_ref()
    }

    /// How many acts there are of which nobody knows how they ended: open, or of unknown outcome.
    pub fn unsettled_deeds(&self) -> usize {
        self.index.unsettled.len()
    }

    /// The acts that are open, the oldest first.
    pub fn open_deeds(&self) -> impl Iterator<Item = &Deed> {
        let unsettled = self.index.unsettled.iter().filter_map(|id| self.rows.deeds.get(*id));
        unsettled.map(|deed| &**deed).filter(|deed| deed.outcome.is_none())
    }

    /// Seconds since the ledger was last read.
    pub fn ledger_age(&self, now: Timestamp) -> Option<i64> {
        let mut reports = self.reports().filter(|(key, _)| key.source == SourceId::LEDGER);
        reports.find_map(|(_, report)| report.age_seconds(now))
    }

    /// A finding as scripts and the ledger name it: by names that the next run knows too, where they are known.
    pub fn finding_address(&self, id: &FindingId) -> Text {
        let about = match &id.about {
            EntityId::Tier(index) => self.tiers.name(Some(*index)).to_owned(),
            EntityId::Project(id) => self
                .rows
                .projects
                .get(*id)
                .map_or_else(|| format!("project-{id}"), |project| project.path.to_string()),
            EntityId::NodeGroup(id) => self.rows.nodegroups.get(*id).map_or_else(
                || format!("node-group-{id}"),
                |group| format!("{}/{}", group.cluster, group.name),
            ),
            EntityId::Node(id) => self.rows.nodes.get(*id).map_or_else(
                || format!("node-{id}"),
                |node| format!("{}/{}", node.cluster, node.name),
            ),
            EntityId::Source(key) => format!("{}@{}", key.source, key.scope),
            other => other.to_string().replace(' ', "-"),
        };
        Text::new(&format!("{}/{about}", id.code))
    }

    /// That somebody has a finding in hand, by the last word of the ledger on it; `None` once its end has passed.
    pub fn acknowledgement(&self, id: &FindingId, now: Timestamp) -> Option<Acknowledgement> {
        if self.index.acknowledged.is_empty() {
            return None;
        }
        let deed = self.index.acknowledged.get(&self.finding_address(id))?;
        let deed = self.rows.deeds.get(*deed)?;
        let until = held_until(&deed.settings, deed.at).filter(|until| *until > now)?;
        let unknown = &*deed.actor.user == "unknown";
        Some(Acknowledgement {
            by: if unknown { deed.actor.os_user.clone() } else { deed.actor.user.clone() },
            reason: deed.reason.clone().unwrap_or_else(|| Text::new("")),
            at: deed.at,
            until,
        })
    }

    /// Notes the last word on a finding.
    fn note_acknowledgement(&mut self, deed: &Deed) {
        let is_done = deed.outcome.as_ref().is_some_and(|(_, it)| it.ending == Ending::Done);
        if &*deed.act != ACKNOWLEDGE || !is_done {
            return;
        }
        let last = self.index.acknowledged.entry(deed.target.clone()).or_insert(DeedId(deed.seq));
        *last = (*last).max(DeedId(deed.seq));
    }

    pub(super) fn upsert_deed(&mut self, deed: Arc<Deed>, arrival: Arrival, changes: &mut Changes) {
        let id = DeedId(deed.seq);
        let oldest = self.rows.deeds.iter().next().map(|(id, _)| id);
        let is_full = self.rows.deeds.len() >= MOST_DEEDS && self.rows.deeds.row(id).is_none();
        if let Some(oldest) = oldest.filter(|_| is_full) {
            if id < oldest {
                return;
            }
            self.remove_deed(oldest, changes);
        }
        let is_unsettled = is_unsettled(&deed);
        self.note_acknowledgement(&deed);
        if self.rows.deeds.upsert(id, deed, arrival) == Effect::Changed {
            changes.deeds.insert(id);
            if is_unsettled {
                self.index.unsettled.insert(id);
            } else {
                self.index.unsettled.remove(&id);
            }
        }
    }

    pub(super) fn remove_deed(&mut self, id: DeedId, changes: &mut Changes) {
        if self.rows.deeds.remove(id).is_some() {
            self.index.unsettled.remove(&id);
            changes.deeds.insert(id);
        }
    }

    pub(super) fn take_chain(&mut self, chain: Chain, changes: &mut Changes) {
        if self.chain.as_ref() != Some(&chain) {
            self.chain = Some(chain);
            changes.figures = true;
        }
    }
}

/// Whether nobody knows how it ended.
fn is_unsettled(deed: &Deed) -> bool {
    deed.outcome.as_ref().is_none_or(|(_, outcome)| outcome.ending == Ending::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::act::fixture::deed;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{Change, Entity, Origin, Scope, SourceId, SourceKey, Tiers, Update};

    fn tell(state: &mut State, change: Change) -> Changes {
        let key = SourceKey { source: SourceId::LEDGER, scope: Scope::ledger("audit") };
        state.apply(Update { key, at: at(0), origin: Origin::Live, change }, at(0))
    }

    fn news(seqs: impl IntoIterator<Item = u64>) -> Change {
        Change::Upsert(seqs.into_iter().map(|seq| Entity::Deed(Arc::new(deed(seq)))).collect())
    }

    #[test]
    fn only_the_newest_are_held_whatever_comes_first() {
        let most = u64::try_from(MOST_DEEDS).unwrap();
        let (mut one, mut other) = (State::new(Tiers::default()), State::new(Tiers::default()));
        tell(&mut one, news(1..=most + 2));
        tell(&mut other, news((1..=most + 2).rev()));
        for state in [&one, &other] {
            let ends = (state.deeds().iter().next(), state.deeds().iter().last());
            let ends = (ends.0.map(|(id, _)| id.0), ends.1.map(|(id, _)| id.0));
            assert_eq!((state.deeds().len(), ends), (MOST_DEEDS, (Some(3), Some(most + 2))));
        }
    }

    #[test]
    fn what_the_ledger_has_no_more_goes() {
        let mut state = State::new(Tiers::default());
        tell(&mut state, news([1, 2]));
        let changes = tell(&mut state, Change::Replace(vec![Entity::Deed(Arc::new(deed(2)))]));
        assert_eq!(changes.deeds, [DeedId(1)].into());
        assert_eq!(state.deeds().len(), 1);
    }

    #[test]
    fn the_chain_is_news_once() {
        let mut state = State::new(Tiers::default());
        let chain = Chain { records: 2, broken: None };
        assert!(tell(&mut state, Change::Chain(chain.clone())).figures);
        assert!(tell(&mut state, Change::Chain(chain.clone())).is_empty());
        assert_eq!(state.chain(), Some(&chain));
    }
}
