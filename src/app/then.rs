//! Looking back: the whole console as it was at an instant, with nothing to be done there.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::domain::time::{coarse, instant_utc, seconds_between};
use crate::domain::{
    Change, Deed, Entity, Origin, Scope, SourceId, SourceKey, Text, Then, Timestamp, Update,
    Watched, then as when,
};
use crate::finding::{self, Scene};
use crate::state::{Changes, State};
use crate::why::{Extra, Facts, fleet};

use super::notice::Notice;
use super::ui::Paused;
use super::{App, Effect, list, why};

/// Something to be recalled.
#[derive(Debug, Clone)]
pub struct ThenRequest {
    /// Which answer is waited for.
    pub ticket: u64,
    /// What is meant.
    pub to: To,
    /// What is known now: the settings, and the ledger, which knows its own past.
    pub live: State,
}

/// Which instant is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// This one.
    At(Timestamp),
    /// That of the last change before this one.
    Before(Timestamp),
    /// That of the first change after this one; the present, where there is none.
    After(Timestamp),
}

/// What was recalled.
#[derive(Debug, Clone)]
pub enum Recollection {
    /// What was known.
    Known {
        /// The state.
        state: Box<State>,
        /// The instant, and what is not known of it.
        then: Then,
    },
    /// Nothing is kept of so long ago.
    Nothing {
        /// Since when something is; `None` where nothing is kept at all.
        kept_since: Option<Timestamp>,
    },
    /// Nothing was told of later: that is the present.
    Present,
    /// What is kept could not be read.
    Failed(Text),
}

impl ThenRequest {
    /// The state that these updates make, as of then.
    pub fn rebuild(&self, updates: Vec<Update>, at: Timestamp) -> State {
        let mut state = self.live.emptied();
        for update in updates.into_iter().filter(is_kept).chain(ledger(&self.live, at)) {
            state.apply(as_it_was(update, at), at);
        }
        settle(&mut state, at);
        state
    }
}

/// Whether an update says anything of the past: what was said of pods is not kept, and that a feed told of it then would
/// make its absence a fact.
pub fn is_kept(update: &Update) -> bool {
    update.key.source != SourceId::EVENTS
}

/// An update as it was then: what was remembered was live, and the ledger, which is read as it is now, had no later
/// records.
pub fn as_it_was(mut update: Update, at: Timestamp) -> Update {
    update.origin = Origin::Live;
    update.at = update.at.min(at);
    let since = at.duration_since(update.at);
    match &mut update.change {
        Change::Report(report) => {
            report.origin = Origin::Live;
            report.confirmed_at = report.confirmed_at.map(|confirmed| confirmed.min(at));
        }
        Change::Upsert(entities) => {
            *entities = std::mem::take(entities)
                .into_iter()
                .filter_map(|one| then(one, at, since))
                .collect();
        }
        _ => {}
    }
    update
}

/// For so long readings may have moved without a version of their own: they are kept to the minute, and read twice in it.
const KEPT_TO: SignedDuration = SignedDuration::from_secs(90);

fn then(entity: Entity, at: Timestamp, since: SignedDuration) -> Option<Entity> {
    match entity {
        Entity::Deed(deed) => deed_then(deed, at).map(Entity::Deed),
        // Samples that stood for longer than that did not move: they are as old as they say.
        Entity::Slo(slo) if since <= KEPT_TO => Some(Entity::Slo(Arc::new(slo.resampled(since)))),
        other => Some(other),
    }
}

/// Works out what follows from what was known.
pub fn settle(state: &mut State, at: Timestamp) {
    state.prune(at);
    finding::reconcile(state, &Changes::default(), at);
    let findings = finding::judge(&Scene { state, now: at });
    state.set_findings(findings);
    let shares = fleet(&Facts::new(state, &Extra::none(), at));
    state.set_shares(why::told(&shares));
}

/// The ledger as it is now.
fn ledger(live: &State, at: Timestamp) -> Vec<Update> {
    let deeds = live.deeds().iter().map(|(_, row)| Entity::Deed(Arc::clone(&row.value)));
    let chain = live.chain().cloned().map(Change::Chain);
    let report = live.reports().find(|(key, _)| key.source == SourceId::LEDGER);
    let report = report.map(|(_, report)| Change::Report(report.clone()));
    let key = SourceKey { source: SourceId::LEDGER, scope: Scope::ledger("audit") };
    let changes = [Some(Change::Upsert(deeds.collect())), chain, report].into_iter().flatten();
    changes.map(|change| Update { key: key.clone(), at, origin: Origin::Live, change }).collect()
}

/// An act as it stood then: not there yet, open, or ended.
fn deed_then(deed: Arc<Deed>, at: Timestamp) -> Option<Arc<Deed>> {
    if deed.at > at {
        return None;
    }
    if deed.outcome.as_ref().is_some_and(|(ended, _)| *ended > at) {
        return Some(Arc::new(Deed { outcome: None, ..(*deed).clone() }));
    }
    Some(deed)
}

/// Goes back to the instant that is named, or to the present where none is.
pub(super) fn go(app: &mut App, words: &str, now: Timestamp) -> Vec<Effect> {
    if matches!(words.trim(), "" | "now" | "live") {
        return come_back(app, now);
    }
    match when::instant(words, now) {
        Ok(at) => ask(app, To::At(at)),
        Err(words) => {
            app.ui.notices.show(Notice::bad(words), now);
            Vec::new()
        }
    }
}

/// Goes to the last change before what is on screen.
pub(super) fn earlier(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let here = here(app, now);
    ask(app, To::Before(here))
}

/// Goes to the first change after what is on screen; beyond the last lies the present.
pub(super) fn later(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let here = here(app, now);
    ask(app, To::After(here))
}

/// The instant that is looked at, also where nobody watched then.
fn here(app: &App, now: Timestamp) -> Timestamp {
    let paused = app.ui.paused.as_ref();
    paused.map_or(now, |paused| paused.then.as_ref().map_or(paused.at, |then| then.at))
}

fn ask(app: &mut App, to: To) -> Vec<Effect> {
    app.ui.tickets += 1;
    let ticket = app.ui.tickets;
    app.ui.recalled = Some(ticket);
    vec![Effect::Recall(Box::new(ThenRequest { ticket, to, live: app.state.clone() }))]
}

/// The present again, where it was left.
pub(super) fn come_back(app: &mut App, now: Timestamp) -> Vec<Effect> {
    app.ui.recalled = None;
    if app.ui.paused.take().is_none() {
        return Vec::new();
    }
    if let Some(log) = &mut app.ui.log {
        log.is_following = true;
    }
    list::relist(app, now)
}

/// An answer has come: shown, unless another is waited for by now.
pub(super) fn recalled(
    app: &mut App,
    (ticket, answer): (u64, Recollection),
    now: Timestamp,
) -> Vec<Effect> {
    if app.ui.recalled != Some(ticket) {
        return Vec::new();
    }
    app.ui.recalled = None;
    match answer {
        Recollection::Known { state, then } => {
            let at = then.known_at();
            app.ui.paused = Some(Paused { state: *state, at, then: Some(then) });
            list::relist(app, now)
        }
        Recollection::Nothing { kept_since } => {
            let words = match kept_since {
                Some(since) => format!("nothing is kept of before {}", instant_utc(since)),
                None => "nothing is kept of the past yet".to_owned(),
            };
            app.ui.notices.show(Notice::bad(words), now);
            Vec::new()
        }
        Recollection::Present => come_back(app, now),
        Recollection::Failed(words) => {
            app.ui.notices.show(Notice::bad(words.to_string()), now);
            Vec::new()
        }
    }
}

/// What must be known while looking back: the instant, and what is not known of it. A line each.
pub fn told(then: &Then, now: Timestamp) -> Vec<String> {
    let ago = coarse(seconds_between(then.at, now));
    let at = instant_utc(then.at);
    let mut lines = vec![format!("as it was known at {at}, {ago} ago: nothing can be done here")];
    if let Watched::Gap { since, until } = then.watched {
        let since = instant_utc(since);
        let until = until.map_or_else(String::new, |until| format!(" to {}", instant_utc(until)));
        lines.push(format!(
            "nobody watched from {since}{until}: this is what was known when that began"
        ));
    }
    for lack in &then.lacks {
        let since = instant_utc(lack.kept_since);
        lines.push(format!("{} are kept since {since} alone: of then they are unknown", lack.of));
    }
    lines
}
