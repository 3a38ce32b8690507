//! The timeline over the screen: what the console saw become different, of one row or of everything.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::domain::{Deed, EntityId, Entry, Text, Timestamp};
use crate::state::State;
use crate::timeline;

use super::modal::Modal;
use super::{App, Effect, command};

/// How far back it looks.
const BACK: SignedDuration = SignedDuration::from_hours(14 * 24);

/// No more than so many entries are shown; the command line has all.
pub const MOST: usize = 2_000;

/// A timeline on screen.
#[derive(Debug)]
pub struct Story {
    /// What it is about; of everything for `None`.
    pub about: Option<EntityId>,
    /// The entries, the newest first; none before they have come.
    pub told: Option<Result<Vec<Entry>, Text>>,
    /// Lines scrolled away.
    pub top: usize,
    awaited: u64,
}

/// A timeline to be read.
#[derive(Debug, Clone)]
pub struct TimelineRequest {
    /// Which answer is waited for.
    pub ticket: u64,
    /// Of one thing alone, by its identity as text.
    pub about: Option<Text>,
    /// The acts of the ledger that belong to it.
    pub deeds: Vec<Arc<Deed>>,
    /// From when on.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

impl TimelineRequest {
    /// The timeline: what the history told, and the acts, the newest first.
    pub fn answer(&self, mut told: Vec<Entry>) -> Vec<Entry> {
        told.extend(timeline::acts(&self.deeds, self.since, self.until));
        told.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        told.truncate(MOST);
        told
    }
}

/// Opens the timeline of the row under the cursor, or of everything.
pub(super) fn open(app: &mut App, of_everything: Scope, now: Timestamp) -> Vec<Effect> {
    let about = command::target(app).filter(|_| of_everything == Scope::Row).map(subject);
    let until = app.ui.paused.as_ref().map_or(now, |paused| paused.at);
    app.ui.tickets += 1;
    let ticket = app.ui.tickets;
    let request = TimelineRequest {
        ticket,
        about: about.as_ref().map(|id| timeline::key_of(app.shown(), id)),
        deeds: deeds(app.shown(), about.as_ref()),
        since: until.checked_sub(BACK).unwrap_or(Timestamp::MIN),
        until,
    };
    let story = Story { about, told: None, top: 0, awaited: ticket };
    app.ui.modals.push(Modal::Timeline(Box::new(story)));
    vec![Effect::Timeline(Box::new(request))]
}

/// The timeline of everything between two instants, for whoever waits for no ticket.
pub fn everything(state: &State, since: Timestamp, until: Timestamp) -> TimelineRequest {
    TimelineRequest { ticket: 0, about: None, deeds: deeds(state, None), since, until }
}

/// What a timeline is opened of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The row under the cursor, where there is one.
    Row,
    /// Everything.
    Everything,
}

/// What a row is about: a finding is about something else, and its story is the story of that.
fn subject(id: EntityId) -> EntityId {
    match id {
        EntityId::Finding(finding) => finding.about.clone(),
        other => other,
    }
}

/// The acts that belong to a thing; all of them for `None`.
fn deeds(state: &State, about: Option<&EntityId>) -> Vec<Arc<Deed>> {
    let all = state.deeds().iter().map(|(_, row)| Arc::clone(&row.value));
    let Some(about) = about else { return all.collect() };
    let target = timeline::target_of(state, about);
    all.filter(|deed| target.as_ref() == Some(&deed.target)).collect()
}

/// An answer has come: taken by the timeline that waits for it.
pub(super) fn told(app: &mut App, ticket: u64, answer: Result<Vec<Entry>, Text>) {
    for modal in &mut app.ui.modals {
        if let Modal::Timeline(story) = modal
            && story.awaited == ticket
        {
            story.told = Some(answer);
            return;
        }
    }
}
