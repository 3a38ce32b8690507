//! Rights as the program handles them: judged anew off the task that answers keys, reviewed with one key a decision.

mod decide;
mod remedy;
pub mod sheet;

pub(in crate::app) use decide::{can_decide, decide, open_sign, open_start, send};
pub use remedy::remedy_of;
pub use sheet::{Purpose, Sheet};

use std::sync::Arc;

use jiff::SignedDuration;

use super::notice::Notice;
use super::{App, Effect, list};
use crate::access::campaign::{Decision, Remedy};
use crate::access::{Limits, Picture};
use crate::domain::{ActReport, EntityId, Record, Text, Timestamp};
use crate::state::{Changes, ReviewChange, State};

/// Ends and idleness pass by themselves: however little is new, rights are judged again after this.
const AT_LEAST: SignedDuration = SignedDuration::from_hours(1);

/// What is under way about rights.
#[derive(Debug, Default)]
pub struct Access {
    /// The ticket of the judgement that is waited for.
    awaited: Option<u64>,
    /// Whether something came meanwhile that is to be judged as well.
    is_outdated: bool,
    /// The decision that is being written.
    pub(in crate::app) is_writing: bool,
}

/// Rights to be judged.
#[derive(Debug, Clone)]
pub struct JudgeRequest {
    /// Which answer is waited for.
    pub ticket: u64,
    /// The thresholds.
    pub limits: Arc<Limits>,
    /// What is known. Cheap: shared with the program's own.
    pub state: State,
}

impl JudgeRequest {
    /// Judges them, and what of the campaign they prove; `None` where nothing was read.
    pub fn answer(&self, now: Timestamp) -> Option<Judgement> {
        let population = Arc::clone(self.state.population()?);
        let picture = Picture::of(population, &self.limits, &records(&self.state), now);
        let remedies = remedy::of_reading(&self.state, &picture, now);
        Some(Judgement { picture: Arc::new(picture), remedies })
    }
}

/// Rights as they were judged.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// What the rules say of them.
    pub picture: Arc<Picture>,
    /// What the reading proves or disproves of what was decided.
    pub remedies: Vec<Remedy>,
}

/// What is asked of the campaign's file.
#[derive(Debug, Clone)]
pub enum ReviewRequest {
    /// Begin a campaign about what was read.
    Start {
        /// Its address.
        campaign: Text,
        /// When it should be over.
        due: Option<Timestamp>,
        /// The thresholds.
        limits: Arc<Limits>,
        /// What is known.
        state: Box<State>,
    },
    /// Decide about items, all or none.
    Decide {
        /// The campaign.
        campaign: Text,
        /// Their keys.
        items: Vec<Text>,
        /// What.
        decision: Decision,
        /// Why.
        reason: Option<Text>,
    },
    /// Sign the campaign off.
    Sign {
        /// The campaign.
        campaign: Text,
        /// In what role.
        role: Text,
        /// What is stated.
        text: Text,
        /// How many items are knowingly left open.
        left_open: u64,
    },
    /// Note what was done about an item.
    Remedy(Remedy),
}

/// What the campaign's file says.
#[derive(Debug, Clone)]
pub enum ReviewNews {
    /// Something is new of the campaign.
    Changed(ReviewChange),
    /// What was asked for is on disk.
    Done(Text),
    /// It is not, and nothing was changed.
    Refused(Text),
}

/// The records of the register, which may cover what is found.
pub fn records(state: &State) -> Vec<Record> {
    state.exceptions().iter().map(|(_, row)| row.value.record.clone()).collect()
}

/// Asks for a judgement where something is new, or the last is old.
pub(super) fn renew(app: &mut App, changes: &Changes, now: Timestamp) -> Option<Effect> {
    app.state.population()?;
    let judged_at = app.state.picture().map(|picture| picture.judged_at());
    let is_old = judged_at.is_none_or(|at| now.duration_since(at) >= AT_LEAST);
    let is_news = changes.population || !changes.exceptions.is_empty();
    if app.access.awaited.is_some() {
        app.access.is_outdated |= is_news;
        return None;
    }
    (is_news || is_old).then(|| ask(app))
}

fn ask(app: &mut App) -> Effect {
    app.ui.tickets += 1;
    let ticket = app.ui.tickets;
    app.access.awaited = Some(ticket);
    app.access.is_outdated = false;
    let (limits, state) = (Arc::clone(&app.facts.limits), app.state.clone());
    Effect::Judge(Box::new(JudgeRequest { ticket, limits, state }))
}

/// A judgement has come.
pub(super) fn judged(
    app: &mut App,
    (ticket, judgement): (u64, Judgement),
    now: Timestamp,
) -> Vec<Effect> {
    if app.access.awaited != Some(ticket) {
        return Vec::new();
    }
    app.access.awaited = None;
    let Judgement { picture, remedies } = judgement;
    let mut changes = app.state.set_picture(picture);
    changes.merge(super::news::judge(app, now));
    let mut effects = list::mend(app, &changes, now);
    effects.extend(remedies.into_iter().map(noted));
    if app.access.is_outdated {
        effects.push(ask(app));
    }
    effects
}

/// Acts ended: what became of items of the campaign is noted.
pub(in crate::app) fn acted(
    app: &App,
    results: &[(&EntityId, Result<&ActReport, &Text>)],
    now: Timestamp,
) -> Vec<Effect> {
    let one = |(id, result): &(&EntityId, Result<&ActReport, &Text>)| match id {
        EntityId::ReviewItem(item) => remedy::of_act(&app.state, *item, *result, now).map(noted),
        _ => None,
    };
    results.iter().filter_map(one).collect()
}

fn noted(remedy: Remedy) -> Effect {
    Effect::Review(Box::new(ReviewRequest::Remedy(remedy)))
}

/// The campaign's file says something.
pub(super) fn reviewed(app: &mut App, news: ReviewNews, now: Timestamp) -> Vec<Effect> {
    match news {
        ReviewNews::Changed(change) => {
            let changes = app.state.take_review(change);
            list::mend(app, &changes, now)
        }
        ReviewNews::Done(words) => {
            app.access.is_writing = false;
            sheet::done(app);
            app.ui.notices.show(Notice::good(words.to_string()), now);
            Vec::new()
        }
        ReviewNews::Refused(words) => {
            app.access.is_writing = false;
            sheet::refused(app, &words);
            app.ui.notices.show(Notice::bad(words.to_string()), now);
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests;
