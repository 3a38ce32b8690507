//! [`Endings`]: what of the register ends when, worked out on change and when the clock passes the next boundary.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;

use super::{Changes, State};
use crate::domain::{ExceptionId, ExceptionLeads, ExceptionState, Filed, Timestamp, lead_of};

/// Where every exception stands, and what ends when.
#[derive(Debug, Clone, Default)]
pub struct Endings {
    counts: BTreeMap<ExceptionState, usize>,
    stands: Arc<BTreeMap<ExceptionId, (ExceptionState, Option<SignedDuration>)>>,
    /// What is not over, by its end.
    ends: Arc<[(Timestamp, ExceptionId)]>,
    /// The next instant at which anything of this is different.
    until: Option<Timestamp>,
    /// Whether a record came, changed or went since.
    is_outdated: bool,
}

impl Endings {
    /// How many exceptions stand so.
    pub fn count(&self, state: ExceptionState) -> usize {
        self.counts.get(&state).copied().unwrap_or(0)
    }

    /// What is past its end at `now` and not over with, the oldest first.
    pub fn expired(&self, now: Timestamp) -> &[(Timestamp, ExceptionId)] {
        self.ends.get(..self.before(now)).unwrap_or_default()
    }

    /// What ends between two instants, the later one included, the next first.
    pub fn between(&self, after: Timestamp, until: Timestamp) -> &[(Timestamp, ExceptionId)] {
        self.ends.get(self.before(after)..self.before(until)).unwrap_or_default()
    }

    /// What ends within a span from `now` on, the next first.
    pub fn within(&self, span: SignedDuration, now: Timestamp) -> &[(Timestamp, ExceptionId)] {
        self.between(now, now.checked_add(span).unwrap_or(Timestamp::MAX))
    }

    /// The next instant at which an exception begins, ends, or comes within a lead.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// How many end up to an instant.
    fn before(&self, at: Timestamp) -> usize {
        self.ends.partition_point(|(end, _)| *end <= at)
    }
}

impl State {
    /// The same with other leads than 30, 14, 7 and 1 days.
    #[must_use]
    pub fn warning(mut self, leads: ExceptionLeads) -> State {
        Arc::make_mut(&mut self.register).leads = leads;
        self
    }

    /// How long before its end an exception is warned of.
    pub fn leads(&self) -> &ExceptionLeads {
        &self.register.leads
    }

    /// Where every exception stands, as it was worked out last.
    pub fn endings(&self) -> &Endings {
        &self.register.endings
    }

    /// That a record came, changed or went.
    pub(super) fn outdate_endings(&mut self) {
        if !self.register.endings.is_outdated {
            Arc::make_mut(&mut self.register).endings.is_outdated = true;
        }
    }

    /// Works out anew where every exception stands, if anything of it may be different.
    pub(super) fn judge_endings(&mut self, now: Timestamp, changes: &mut Changes) {
        let known = &self.register.endings;
        let is_passed = known.until.is_some_and(|until| until <= now);
        if !known.is_outdated && !is_passed {
            return;
        }
        let mut next = Endings::default();
        let mut stands = BTreeMap::new();
        let mut ends = Vec::new();
        for (id, row) in self.exceptions().iter() {
            let filed = &*row.value;
            let state = self.exception_state(filed, now);
            let end = filed.record.expires_at.at;
            *next.counts.entry(state).or_default() += 1;
            stands.insert(id, (state, self.leads().within(end.duration_since(now))));
            if is_open(state) {
                ends.push((end, id));
            }
            next.until =
                boundaries(filed, self.leads()).filter(|at| *at > now).chain(next.until).min();
        }
        ends.sort_unstable();
        next.ends = ends.into();
        let moved = stands.iter().filter(|(id, stand)| known.stands.get(*id) != Some(stand));
        changes.exceptions.extend(moved.map(|(id, _)| *id));
        changes.figures = true;
        next.stands = Arc::new(stands);
        Arc::make_mut(&mut self.register).endings = next;
    }
}

/// Whether its end still means something.
fn is_open(state: ExceptionState) -> bool {
    state.is_in_force() || matches!(state, ExceptionState::Scheduled | ExceptionState::Expired)
}

/// The instants at which an exception stands differently, or is warned of anew.
fn boundaries(filed: &Filed, leads: &ExceptionLeads) -> impl Iterator<Item = Timestamp> {
    let record = &filed.record;
    let end = record.expires_at.at;
    let decided = [&record.revocation, &record.closed].into_iter().flatten().map(|one| one.at.at);
    let before = leads.iter().chain([lead_of(record)]);
    let warned: Vec<Timestamp> = before.filter_map(|lead| end.checked_sub(lead).ok()).collect();
    [record.starts_at.at, end].into_iter().chain(decided).chain(warned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::fixture::record;
    use crate::domain::{
        Change, Entity, Origin, Record, Scope, SourceId, SourceKey, Text, Tiers, Update,
    };

    fn at(words: &str) -> Timestamp {
        words.parse().unwrap()
    }

    fn filed(record: Record) -> Entity {
        let id = ExceptionId::of(&["p/e", &record.id]);
        let text = Text::new;
        let (path, blob, commit) = (record.id.clone(), text("b"), text("c"));
        let project = text("p/e");
        Entity::Exception(Arc::new(Filed {
            id,
            project,
            path,
            blob,
            commit,
            record,
            flaws: Arc::from([]),
        }))
    }

    fn told(state: &mut State, records: Vec<Record>, now: &str) -> Changes {
        let key = SourceKey { source: SourceId::EXCEPTIONS, scope: Scope::gitlab("p/e") };
        let change = Change::Replace(records.into_iter().map(filed).collect());
        state.apply(Update { key, at: at(now), origin: Origin::Live, change }, at(now));
        state.prune(at(now))
    }

    fn state(records: Vec<Record>, now: &str) -> State {
        let mut state = State::new(Tiers::default());
        told(&mut state, records, now);
        state
    }

    fn named(ends: &[(Timestamp, ExceptionId)], state: &State) -> Vec<String> {
        let name = |(_, id): &(Timestamp, ExceptionId)| {
            state.exceptions().get(*id).unwrap().record.id.to_string()
        };
        ends.iter().map(name).collect()
    }

    #[test]
    fn what_ends_is_in_order_and_what_is_over_is_left_out() {
        let mut closed = record("E-4", "2026-03-01", "2026-03-09");
        let (at_end, by, reason) = (closed.expires_at, Text::new("lena"), Text::new("gone"));
        closed.closed = Some(crate::domain::ExceptionDecision { at: at_end, by, reason });
        let records = vec![
            record("E-1", "2026-03-01", "2026-03-20"),
            record("E-2", "2026-03-01", "2026-03-09"),
            record("E-3", "2026-03-01", "2026-03-12"),
            closed,
        ];
        let now = "2026-03-10T00:00:00Z";
        let state = state(records, now);
        let endings = state.endings();
        assert_eq!(named(endings.expired(at(now)), &state), ["E-2"]);
        let week = SignedDuration::from_hours(24 * 7);
        assert_eq!(named(endings.within(week, at(now)), &state), ["E-3"]);
        assert_eq!(named(endings.within(week * 2, at(now)), &state), ["E-3", "E-1"]);
        let count = |state| endings.count(state);
        assert_eq!(count(ExceptionState::Expired), 1);
        assert_eq!(count(ExceptionState::Expiring), 1);
        assert_eq!(count(ExceptionState::Active), 1);
        assert_eq!(count(ExceptionState::Closed), 1);
    }

    #[test]
    fn an_end_counts_as_passed_at_its_own_instant() {
        let state = state(vec![record("E-1", "2026-03-01", "2026-03-20")], "2026-03-10T00:00:00Z");
        let endings = state.endings();
        assert_eq!(endings.expired(at("2026-03-19T23:59:59Z")).len(), 0);
        assert_eq!(endings.expired(at("2026-03-20T00:00:00Z")).len(), 1);
        let day = SignedDuration::from_hours(24);
        assert_eq!(endings.within(day, at("2026-03-19T00:00:00Z")).len(), 1);
        assert_eq!(endings.within(day, at("2026-03-18T23:59:59Z")).len(), 0);
    }

    #[test]
    fn the_clock_alone_moves_them_at_the_boundary_and_not_before() {
        let mut state =
            state(vec![record("E-1", "2026-03-01", "2026-03-20")], "2026-03-10T00:00:00Z");
        let boundary = at("2026-03-13T00:00:00Z");
        assert_eq!(state.endings().until(), Some(boundary));
        assert!(state.prune(at("2026-03-12T23:59:59Z")).is_empty());
        let changes = state.prune(boundary);
        assert_eq!(changes.exceptions.len(), 1);
        assert_eq!(state.endings().count(ExceptionState::Expiring), 1);
        assert_eq!(state.endings().until(), Some(at("2026-03-19T00:00:00Z")));
    }

    #[test]
    fn a_register_that_was_read_again_unchanged_is_not_worked_out_again() {
        let records = || vec![record("E-1", "2026-03-01", "2026-03-20")];
        let mut state = state(records(), "2026-03-10T00:00:00Z");
        assert!(told(&mut state, records(), "2026-03-10T00:01:00Z").is_empty());
    }

    #[test]
    fn what_ends_in_the_year_9999_has_its_boundaries_too() {
        let state = state(vec![record("E-1", "2026-03-01", "9999-12-31")], "2026-03-10T00:00:00Z");
        assert_eq!(state.endings().count(ExceptionState::Active), 1);
        assert!(state.endings().until().is_some());
        let span = SignedDuration::from_hours(24 * 365 * 9000);
        assert_eq!(state.endings().within(span, at("2026-03-10T00:00:00Z")).len(), 1);
    }
}
