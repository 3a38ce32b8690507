//! The worker that puts rows in order, off the loop: the newest question cancels the one before.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc::Sender;

use super::clock::Clock;
use crate::app::{ExplainRequest, JudgeRequest, ListRequest, Msg, Recollection, ThenRequest};
use crate::cache::{self, Recall, Recalled};
use crate::domain::Text;
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

/// What was known at an instant.
fn recollection(request: &ThenRequest, folder: &Path) -> Recollection {
    match cache::recall(folder, request.at) {
        Ok(Recall::Known(Recalled { updates, then })) => {
            Recollection::Known { state: Box::new(request.rebuild(updates)), then }
        }
        Ok(Recall::Nothing { kept_since }) => Recollection::Nothing { kept_since },
        Err(error) => Recollection::Failed(Text::new(&error.to_string())),
    }
}
