//! Why something waits, over the screen: asked for once, and again as the platform changes, off the task that answers keys.

use std::sync::Arc;

use crate::domain::time::exact_seconds_between;
use crate::domain::{EntityId, Job, JobId, Status, Text, Timestamp, WaitShare};
use crate::state::{Changes, State};
use crate::why::{Concern, Explanation, Extra, Facts, Share, explain, fleet};

use super::command::reading;
use super::modal::Modal;
use super::{App, Effect};

/// Up to this many jobs are explained at once: it takes less than handing them over.
const AT_ONCE: usize = 1_500;

/// It is asked anew this often at the most, seconds.
const RHYTHM: f64 = 1.0;

/// What no feed keeps of the job on screen is read anew this often, seconds: it takes some requests each time.
const LOOK_RHYTHM: f64 = 15.0;

/// The answer to the question why something waits.
#[derive(Debug)]
pub struct Reasons {
    /// What was asked about: it stays what it was, whatever the cursor does.
    pub about: EntityId,
    /// The answer; none before the first has come.
    pub answer: Option<Explanation>,
    /// Lines scrolled away.
    pub top: usize,
    awaited: Option<u64>,
    asked_at: Timestamp,
    /// What was read beside for the job.
    extra: Arc<Extra>,
    /// The last look at it.
    looked: Option<Looked>,
}

/// A look at what no feed keeps of a job: what it brings holds for the status that the job had.
#[derive(Debug, Clone, PartialEq)]
struct Looked {
    ticket: u64,
    of: JobId,
    status: Status,
    at: Timestamp,
}

/// What no feed keeps of a job, to be read beside.
#[derive(Debug, Clone)]
pub struct LookRequest {
    /// Which look this is.
    pub ticket: u64,
    /// The job, as it is known.
    pub job: Arc<Job>,
    /// Its project's path.
    pub path: Text,
}

/// When it was last worked out what the waiting jobs share, and whether that is still awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fleet {
    asked_at: Option<Timestamp>,
    awaited: Option<u64>,
}

/// Works out what the waiting jobs share while Now is looked at, though not all the time: at once where there are few
/// jobs, else on the worker.
pub(super) fn share(app: &mut App, now: Timestamp) -> (Changes, Option<Effect>) {
    let is_seen = app.ui.place().pane.about().name == "now" && app.ui.paused.is_none();
    let is_due =
        app.fleet.asked_at.is_none_or(|asked_at| exact_seconds_between(asked_at, now) >= RHYTHM);
    if !is_seen || !is_due || app.fleet.awaited.is_some() {
        return (Changes::default(), None);
    }
    app.fleet.asked_at = Some(now);
    if app.state.jobs().len() <= AT_ONCE {
        let shares = fleet(&Facts::new(&app.state, &Extra::none(), now));
        return (app.state.set_shares(told(&shares)), None);
    }
    // Whatever it is asked about, the answer has all that waits; the first line of Now is what is looked at.
    let Some(first) = app.state.findings().front() else {
        return (app.state.set_shares(Vec::new()), None);
    };
    let about = EntityId::Finding(Arc::new(first.id.clone()));
    app.ui.tickets += 1;
    app.fleet.awaited = Some(app.ui.tickets);
    let request = ExplainRequest {
        ticket: app.ui.tickets,
        about,
        state: app.state.clone(),
        extra: none(),
        at: None,
    };
    (Changes::default(), Some(Effect::Explain(Box::new(request))))
}

pub(super) fn told(shares: &[Share]) -> Vec<WaitShare> {
    let one = |share: &Share| WaitShare {
        words: Text::new(&share.words()),
        first_act: share.first_act,
        is_alarm: share.concern == Concern::Act,
    };
    shares.iter().map(one).collect()
}

/// Why something waits, to be worked out.
#[derive(Debug, Clone)]
pub struct ExplainRequest {
    /// Which answer is waited for.
    pub ticket: u64,
    /// What is asked about.
    pub about: EntityId,
    /// What is known. Cheap: shared with the program's own.
    pub state: State,
    /// What was read beside for one job.
    pub extra: Arc<Extra>,
    /// As of when, where that is not now.
    pub at: Option<Timestamp>,
}

impl ExplainRequest {
    /// Works it out.
    pub fn answer(&self, now: Timestamp) -> Explanation {
        explain(&self.state, &self.extra, &self.about, self.at.unwrap_or(now))
    }
}

/// Opens the answer about a thing.
pub(super) fn open(app: &mut App, about: EntityId, now: Timestamp) -> Vec<Effect> {
    let reasons = Reasons {
        about,
        answer: None,
        top: 0,
        awaited: None,
        asked_at: now,
        extra: none(),
        looked: None,
    };
    app.ui.modals.push(Modal::Why(Box::new(reasons)));
    ask(app, now)
}

/// Asks for the answer on screen: at once where there are few jobs, else from the worker.
fn ask(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let state = app.shown().clone();
    let at = app.ui.paused.as_ref().map(|paused| paused.at);
    app.ui.tickets += 1;
    let ticket = app.ui.tickets;
    let Some(Modal::Why(reasons)) = app.ui.modals.last_mut() else { return Vec::new() };
    reasons.asked_at = now;
    let extra = if reasons.is_fresh(&state) { Arc::clone(&reasons.extra) } else { none() };
    let request = ExplainRequest { ticket, about: reasons.about.clone(), state, extra, at };
    if request.state.jobs().len() <= AT_ONCE {
        reasons.answer = Some(request.answer(now));
        return look(app, now);
    }
    reasons.awaited = Some(ticket);
    vec![Effect::Explain(Box::new(request))]
}

fn none() -> Arc<Extra> {
    Arc::new(Extra::none())
}

impl Reasons {
    /// Whether what was read beside still holds: the job has the status for which it was read.
    fn is_fresh(&self, state: &State) -> bool {
        self.looked.as_ref().is_some_and(|looked| {
            state.jobs().get(looked.of).is_some_and(|job| job.status == looked.status)
        })
    }

    /// The job that the answer on screen is about.
    fn job(&self) -> Option<JobId> {
        self.answer.as_ref()?.diagnosis.as_ref()?.job
    }

    /// Whether the job has to be looked at: for the first time as it is, or once more.
    fn is_due(&self, job: &Job, now: Timestamp) -> bool {
        self.looked.as_ref().is_none_or(|looked| {
            let is_it = looked.of == job.id && looked.status == job.status;
            !is_it || exact_seconds_between(looked.at, now) >= LOOK_RHYTHM
        })
    }
}

/// Reads beside what no feed keeps of the job on screen, where that is due. One that waits for earlier jobs is read with its
/// whole pipeline: those may have ended long ago.
fn look(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let Some(Modal::Why(reasons)) = app.ui.modals.last_mut() else { return Vec::new() };
    let job = reasons.job().and_then(|id| app.state.jobs().get(id));
    let Some(job) = job.filter(|job| !job.status.has_ended() && reasons.is_due(job, now)) else {
        return Vec::new();
    };
    let Some(project) = app.state.projects().get(job.project) else { return Vec::new() };
    if app.ui.paused.is_some() {
        return Vec::new();
    }
    app.ui.tickets += 1;
    let ticket = app.ui.tickets;
    let is_new = reasons.looked.as_ref().is_none_or(|looked| looked.of != job.id);
    reasons.looked = Some(Looked { ticket, of: job.id, status: job.status.clone(), at: now });
    let whole = (is_new && job.status == Status::Created)
        .then(|| reading(&app.state, &EntityId::Pipeline(job.pipeline)));
    let request = LookRequest { ticket, job: Arc::clone(job), path: project.path.clone() };
    let mut effects = vec![Effect::Look(Box::new(request))];
    effects.extend(whole.flatten().map(Effect::Read));
    effects
}

/// A look has brought something: it is explained anew with it, unless another look is waited for by now.
pub(super) fn looked(app: &mut App, ticket: u64, extra: Extra, now: Timestamp) -> Vec<Effect> {
    let Some(Modal::Why(reasons)) = app.ui.modals.last_mut() else { return Vec::new() };
    if reasons.looked.as_ref().is_none_or(|looked| looked.ticket != ticket) {
        return Vec::new();
    }
    reasons.extra = Arc::new(extra);
    if app.ui.paused.is_some() { Vec::new() } else { ask(app, now) }
}

/// An answer has come: taken, unless another is waited for by now.
pub(super) fn answered(
    app: &mut App,
    ticket: u64,
    answer: Explanation,
    now: Timestamp,
) -> Vec<Effect> {
    if app.fleet.awaited == Some(ticket) {
        app.fleet.awaited = None;
        app.state.set_shares(told(&answer.fleet));
        return Vec::new();
    }
    for modal in &mut app.ui.modals {
        if let Modal::Why(reasons) = modal
            && reasons.awaited == Some(ticket)
        {
            reasons.awaited = None;
            reasons.answer = Some(answer);
            return look(app, now);
        }
    }
    Vec::new()
}

/// The platform has changed, or time has passed: the answer on screen is asked for anew, though not all the time.
pub(super) fn renew(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let Some(Modal::Why(reasons)) = app.ui.modals.last() else { return Vec::new() };
    let is_due = exact_seconds_between(reasons.asked_at, now) >= RHYTHM;
    if reasons.awaited.is_some() || !is_due || app.ui.paused.is_some() {
        return Vec::new();
    }
    ask(app, now)
}
