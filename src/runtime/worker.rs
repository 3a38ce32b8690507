//! The worker that puts rows in order, off the loop: the newest question cancels the one before.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc::Sender;

use super::clock::Clock;
use crate::app::notice::Notice;
use crate::app::then::To;
use crate::app::timeline::MOST;
use crate::app::{
    ErrandResult, ExplainRequest, HandoverRequest, JudgeRequest, ListRequest, Msg, Recollection,
    ThenRequest, TimelineRequest,
};
use crate::cache::{self, CacheError, EntryQuestion, Recall, Recalled, Side};
use crate::config::write_private;
use crate::domain::{Entry, Text, Timestamp};
use crate::handover::{Bundle, Sources};
use crate::pane::lens::Cx;
use crate::pane::listing::Listing;

/// Puts rows in order.
#[derive(Debug)]
pub struct Worker {
    cancel: Arc<AtomicBool>,
    answers: Sender<Msg>,
    clock: Clock,
}

impl Worker {
    /// A worker whose answers go to `answers`.
    pub fn new(answers: Sender<Msg>, clock: Clock) -> Worker {
        Worker { cancel: Arc::new(AtomicBool::new(false)), answers, clock }
    }

    /// Works out why something waits.
    pub fn explain(&self, request: ExplainRequest) {
        let (answers, now) = (self.answers.clone(), self.clock.now());
        tokio::task::spawn_blocking(move || {
            let (ticket, answer) = (request.ticket, Box::new(request.answer(now)));
            // The loop has ended: nobody waits for the answer.
            answers.blocking_send(Msg::Explained { ticket, answer }).ok();
        });
    }

    /// Recalls what was known at an instant, as the history in `folder` has it.
    pub fn recall(&self, request: ThenRequest, folder: PathBuf) {
        let answers = self.answers.clone();
        tokio::task::spawn_blocking(move || {
            let (ticket, answer) = (request.ticket, recollection(&request, &folder));
            // The loop has ended: nobody waits for the answer.
            answers.blocking_send(Msg::Recalled { ticket, answer }).ok();
        });
    }

    /// Reads the timeline, as the history in `folder` has it.
    pub fn tell(&self, request: TimelineRequest, folder: PathBuf) {
        let answers = self.answers.clone();
        tokio::task::spawn_blocking(move || {
            let (ticket, answer) = (request.ticket, told(&request, &folder));
            // The loop has ended: nobody waits for the answer.
            answers.blocking_send(Msg::Told { ticket, answer }).ok();
        });
    }

    /// Writes a hand-over into `folder`, where the history lies.
    pub fn hand_over(&self, request: HandoverRequest, folder: PathBuf) {
        let answers = self.answers.clone();
        tokio::task::spawn_blocking(move || {
            let done = handed_over(&request, &folder);
            // The loop has ended: nobody waits for the answer.
            answers.blocking_send(Msg::Done(done)).ok();
        });
    }

    /// Judges rights.
    pub fn judge(&self, request: JudgeRequest) {
        let (answers, now) = (self.answers.clone(), self.clock.now());
        tokio::task::spawn_blocking(move || {
            let ticket = request.ticket;
            if let Some(judgement) = request.answer(now) {
                // The loop has ended: nobody waits for the answer.
                answers.blocking_send(Msg::Judged { ticket, judgement }).ok();
            }
        });
    }

    /// Asks anew; what was asked before is given up.
    pub fn ask(&mut self, request: ListRequest) {
        self.cancel.store(true, Ordering::Relaxed);
        let cancel = Arc::new(AtomicBool::new(false));
        self.cancel = Arc::clone(&cancel);
        let (answers, now) = (self.answers.clone(), self.clock.now());
        tokio::task::spawn_blocking(move || {
            let ListRequest { ticket, question, state, at } = request;
            let cx = Cx { state: &state, now: at.unwrap_or(now) };
            if let Some(listing) = Listing::build(&cx, &question, &cancel) {
                // The loop has ended: nobody waits for the answer.
                answers.blocking_send(Msg::Listed { ticket, listing }).ok();
            }
        });
    }
}

/// What was known at the instant that is meant.
fn recollection(request: &ThenRequest, folder: &Path) -> Recollection {
    let recalled = instant(request.to, folder).and_then(|at| match at {
        Some(at) => cache::recall(folder, at).map(Some),
        None => Ok(None),
    });
    match (recalled, request.to) {
        (Ok(Some(Recall::Known(Recalled { updates, then }))), _) => {
            let state = Box::new(request.rebuild(updates, then.known_at()));
            Recollection::Known { state, then }
        }
        (Ok(Some(Recall::Nothing { kept_since })), _) => Recollection::Nothing { kept_since },
        (Ok(None), To::After(_)) => Recollection::Present,
        (Ok(None), To::At(_) | To::Before(_)) => Recollection::Nothing { kept_since: None },
        (Err(error), _) => Recollection::Failed(Text::new(&error.to_string())),
    }
}

/// The instant that is meant; `None` where the timeline has no change on that side.
fn instant(to: To, folder: &Path) -> Result<Option<Timestamp>, CacheError> {
    match to {
        To::At(at) => Ok(Some(at)),
        To::Before(at) => cache::beside(folder, at, Side::Before),
        To::After(at) => cache::beside(folder, at, Side::After),
    }
}

/// What the timeline in a folder answers.
fn told(request: &TimelineRequest, folder: &Path) -> Result<Vec<Entry>, Text> {
    let TimelineRequest { about, since, until, .. } = request.clone();
    let question = EntryQuestion { about, since, until, most: MOST };
    let told = cache::timeline(folder, &question).map_err(|error| Text::new(&error.to_string()))?;
    Ok(request.answer(told))
}

/// Writes the two files of a hand-over, for this user alone.
fn handed_over(request: &HandoverRequest, folder: &Path) -> ErrandResult {
    let told = told(&request.timeline, folder);
    let unread = told.as_ref().err().map(Text::to_string);
    let bundle = Bundle::of(&Sources {
        state: request.state.clone(),
        entries: told.unwrap_or_default(),
        unread,
        since: request.timeline.since,
        at: request.at,
    });
    let json = bundle.json().map_err(|error| Notice::bad(error.to_string()))?;
    let [markdown_name, json_name] = request.files();
    for (name, text) in [(&markdown_name, bundle.markdown()), (&json_name, json)] {
        let path = folder.join(name);
        write_private(&path, text.as_bytes()).map_err(|error| {
            Notice::bad(format!("could not write the hand-over {}: {error}", path.display()))
        })?;
    }
    let path = folder.join(&markdown_name);
    Ok(Notice::good(format!("wrote {}, and JSON beside it", path.display())))
}
