//! What the outside answers about acts: into the dialog that waits for it, and into a notice.

use std::collections::BTreeSet;

use super::confirm::{Confirm, Sends, Stage};
use super::{ActNews, ActRequest, Leftover, Performed, UnderWay, form, hindrance};
use crate::app::command::reading;
use crate::app::modal::Modal;
use crate::app::notice::Notice;
use crate::app::{App, Effect, access, input};
use crate::domain::access::Resource;
use crate::domain::time::clock_utc;
use crate::domain::{Ending, EntityId, Text, Timestamp};

/// Up to this many rows are read again by themselves; beyond it every feed is asked.
const READ_ALONE: usize = 4;

/// Takes in what the outside answers.
pub(in crate::app) fn take(app: &mut App, news: ActNews, now: Timestamp) -> Vec<Effect> {
    match news {
        ActNews::Identities(identities) => {
            app.acts.identities = Some(identities);
            app.acts.is_identifying = false;
            for item in dialogs(app).flat_map(|dialog| dialog.items.iter_mut()) {
                item.identity = None;
            }
            identify(app);
            told_who_we_are(app);
            form::typed(app, now);
        }
        ActNews::Armed(Ok(until)) => {
            app.acts.until = Some(until);
            if app.ui.table().is_some() {
                app.ui.table_mut().pin();
            }
            let words = format!("armed until {}; every act asks first", clock_utc(until));
            app.ui.notices.show(Notice::good(words), now);
            // More may be known of who we are from now on: what was not told is asked again.
            app.acts.is_identifying = true;
            app.acts.identities.iter_mut().for_each(|known| known.retain(|one| one.is_settled));
            return vec![Effect::Act(ActRequest::Identify)];
        }
        ActNews::Armed(Err(why)) => {
            app.acts.until = None;
            app.ui.notices.show(Notice::bad(why.to_string()), now);
        }
        ActNews::Disarmed(why) => disarmed(app, &why, now),
        ActNews::Wires { ticket, wires } => {
            if let Some(dialog) = dialog(app, ticket) {
                let known = dialog.items.iter_mut().zip(wires);
                for (item, wire) in known.filter(|(item, _)| !item.is_sought()) {
                    item.sends = wire.map_or(Sends::Nothing, Sends::Request);
                }
            }
        }
        ActNews::Seen { ticket, place, seen } => {
            if let Some(dialog) = dialog(app, ticket) {
                dialog.see(place, seen, now);
                told_in_time(dialog);
                return weigh(dialog);
            }
        }
        ActNews::Found { ticket, place, found } => {
            if let Some(dialog) = dialog(app, ticket) {
                dialog.find(place, found.map(|found| found.map(|found| *found)), now);
                told_in_time(dialog);
                return weigh(dialog);
            }
        }
        ActNews::Weighed { ticket, objections } => {
            // What was sent is judged by its outcome.
            let dialog = dialog(app, ticket).filter(|dialog| dialog.stage == Stage::Asking);
            if let Some(dialog) = dialog {
                weighed(dialog, objections);
            }
        }
        ActNews::Progress { ticket, place, result } => progress(app, (ticket, place), *result),
        ActNews::Reconciled(found) => reconciled(app, found, now),
        ActNews::Performed { ticket, results } => return performed(app, ticket, results, now),
    }
    Vec::new()
}

/// The window is closed.
pub(in crate::app) fn disarmed(app: &mut App, why: &Text, now: Timestamp) {
    if app.acts.until.take().is_some() {
        app.ui.notices.show(Notice::good(format!("read-only: {why}")), now);
    }
}

fn dialogs(app: &mut App) -> impl Iterator<Item = &mut Confirm> {
    app.ui.modals.iter_mut().filter_map(|modal| match modal {
        Modal::Confirm(confirm) => Some(&mut **confirm),
        _ => None,
    })
}

fn dialog(app: &mut App, ticket: u64) -> Option<&mut Confirm> {
    dialogs(app).find(|dialog| dialog.ticket == ticket)
}

/// That a key came too early is no longer said once it no longer does.
fn told_in_time(dialog: &mut Confirm) {
    if dialog.hindrance().is_none() {
        dialog.told = None;
    }
}

/// That a platform had not told who we are is no longer said once it has.
fn told_who_we_are(app: &mut App) {
    let acts = app.acts.clone();
    for dialog in dialogs(app).filter(|dialog| hindrance(&acts, dialog).is_none()) {
        dialog.told = None;
    }
}

/// Asks why a dialog would be refused by what was seen, as it stands now.
pub(in crate::app) fn weigh(dialog: &Confirm) -> Vec<Effect> {
    let (ticket, seen) = (dialog.ticket, dialog.seen());
    if seen.is_empty() || dialog.stage != Stage::Asking {
        return Vec::new();
    }
    vec![Effect::Act(ActRequest::Weigh { ticket, seen })]
}

fn weighed(dialog: &mut Confirm, objections: Vec<(usize, Option<Text>)>) {
    for (place, objection) in objections {
        if let Some(item) = dialog.items.get_mut(place) {
            item.objection = objection;
        }
    }
}

/// Says what a crash left open, if anything.
fn reconciled(app: &mut App, found: Result<Leftover, Text>, now: Timestamp) {
    let notice = match found {
        Err(why) => Notice::bad(format!("the ledger cannot be read: {why}")),
        Ok(Leftover { closed, open }) => match (closed.as_slice(), open.as_slice()) {
            ([], []) => return,
            ([one], []) => Notice::bad(format!("a crash left an act open: {one}")),
            ([], [one]) => Notice::bad(format!("an act is open: {one}")),
            (closed, open) => Notice::bad(format!(
                "acts without an outcome were found: {} closed after a look, {} still open; Audit shows them",
                closed.len(),
                open.len()
            )),
        },
    };
    app.ui.notices.show(notice, now);
}

fn identify(app: &mut App) {
    let acts = app.acts.clone();
    for item in dialogs(app).flat_map(|dialog| dialog.items.iter_mut()) {
        item.identity = acts.identity_for(&item.choice.proposal.target).cloned();
    }
}

/// Notes what came of one of several.
fn progress(app: &mut App, (ticket, place): (u64, usize), result: Performed) {
    if let Some(one) = app.acts.under_way.iter_mut().find(|one| one.ticket == ticket) {
        one.done = one.targets.len().min(place + 1);
    }
    let item = dialog(app, ticket).and_then(|dialog| dialog.sent_mut(place));
    if let Some(item) = item {
        item.result = Some(result);
    }
}

/// What came of acts. One that went well closes its dialog; any other outcome stays there to be read.
fn performed(
    app: &mut App,
    ticket: u64,
    results: Result<Vec<Performed>, Text>,
    now: Timestamp,
) -> Vec<Effect> {
    let Some(place) = app.acts.under_way.iter().position(|one| one.ticket == ticket) else {
        return Vec::new();
    };
    let sent = app.acts.under_way.remove(place);
    let told = notice(&sent, &results);
    let of_items: Vec<_> = match &results {
        Ok(all) => sent.targets.iter().zip(all).map(|((id, _), one)| (id, one.as_ref())).collect(),
        Err(_) => Vec::new(),
    };
    let remedies = access::acted(app, &of_items, now);
    // What was not sent stands in no record: it is said until somebody has read it.
    let is_partial =
        results.as_ref().is_ok_and(|all| all.len() > 1 && all.iter().any(Result::is_err));
    app.ui.notices.show(if is_partial { told.staying() } else { told }, now);
    let is_plain = matches!(results.as_deref(), Ok([Ok(report)])
        if report.outcome.ending == Ending::Done && report.unrecorded.is_none());
    if let Some(dialog) = dialog(app, ticket) {
        answered(dialog, results);
    }
    if is_plain {
        let is_this = |modal: &Modal| matches!(modal, Modal::Confirm(one) if one.ticket == ticket);
        app.ui.modals.retain(|modal| !is_this(modal));
        if sent.act.name == "exception.request" {
            form::done(app);
        }
        input::answered(app, now);
    }
    let mut effects = reread(app, &sent);
    effects.extend(remedies);
    if app.acts.is_leaving && app.acts.under_way.is_empty() {
        effects.push(Effect::Quit);
    }
    effects
}

fn answered(dialog: &mut Confirm, results: Result<Vec<Performed>, Text>) {
    dialog.top = 0;
    match results {
        Ok(results) => {
            let sent = dialog.items.iter_mut().filter(|item| item.is_sent);
            for (item, result) in sent.zip(results) {
                item.result = Some(result);
            }
            dialog.stage = Stage::Answered(None);
        }
        Err(why) => dialog.stage = Stage::Answered(Some(why)),
    }
}

/// What came of acts, in one line.
fn notice(sent: &UnderWay, results: &Result<Vec<Performed>, Text>) -> Notice {
    let act = sent.act.name;
    let results = match results {
        Ok(results) => results,
        Err(why) => return Notice::bad(format!("{act}: nothing was sent: {why}")),
    };
    if let ([(_, target)], [result]) = (sent.targets.as_slice(), results.as_slice()) {
        return one(&format!("{act} of {target}"), result);
    }
    let count = |ending: Ending| {
        let is_so = |result: &&Performed| {
            result.as_ref().is_ok_and(|report| report.outcome.ending == ending)
        };
        results.iter().filter(is_so).count()
    };
    let refused = results.iter().filter(|result| result.is_err()).count();
    let counts = [
        (count(Ending::Done), "done"),
        (count(Ending::Failed), "failed"),
        (count(Ending::Unknown), "of unknown outcome"),
        (refused, "not sent"),
    ];
    let told: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let words = format!("{act}: {}{}", told.join(", "), left_out(sent, results));
    if count(Ending::Done) == results.len() { Notice::good(words) } else { Notice::bad(words) }
}

/// The targets of a bulk for which nothing was sent, by name: nothing else keeps them.
fn left_out(sent: &UnderWay, results: &[Performed]) -> String {
    let both = sent.targets.iter().zip(results);
    let unsent: Vec<(&crate::domain::Target, &Text)> =
        both.filter_map(|((_, target), result)| Some((target, result.as_ref().err()?))).collect();
    let Some((_, why)) = unsent.first() else { return String::new() };
    let names: Vec<String> = unsent.iter().map(|(target, _)| target.to_string()).collect();
    format!(" ({}: {why})", names.join(", "))
}

fn one(what: &str, result: &Performed) -> Notice {
    let report = match result {
        Ok(report) => report,
        Err(why) => return Notice::bad(format!("{what}: {why}")),
    };
    let words = report.outcome.message.as_deref().unwrap_or("");
    if let Some(why) = &report.unrecorded {
        return Notice::bad(format!("{what}: its outcome could not be recorded: {why}"));
    }
    let newer = report.after.as_ref().and_then(|seen| seen.successor);
    match report.outcome.ending {
        Ending::Done if newer.is_some() => {
            let job = newer.map_or_else(String::new, |job| job.to_string());
            Notice::good(format!("{what}: done: the new job is {job}"))
        }
        Ending::Done if words.is_empty() => Notice::good(format!("{what}: done")),
        Ending::Done => Notice::good(format!("{what}: done: {words}")),
        Ending::Failed => {
            let status = report.outcome.status.map_or_else(String::new, |one| format!(" ({one})"));
            let words = if words.is_empty() { String::new() } else { format!(": {words}") };
            Notice::bad(format!("{what}: not done, the platform said no{status}{words}"))
        }
        Ending::Unknown => Notice::bad(format!("{what}: the outcome is unknown: {words}")),
    }
}

/// What was acted on is read again: pipelines by themselves, all else by asking its feed at once.
fn reread(app: &App, sent: &UnderWay) -> Vec<Effect> {
    let places = sent.targets.iter().map(|(_, target)| target.place_of_rights());
    if let Some(places) = places.collect::<Option<Vec<Resource>>>() {
        return vec![Effect::Touch(places)];
    }
    let state = &app.state;
    let whole = |id: &EntityId| match id {
        // A retried job is a new one: its pipeline tells of both.
        EntityId::Job(id) => state.jobs().get(*id).map(|job| EntityId::Pipeline(job.pipeline)),
        EntityId::Pipeline(_) => Some(id.clone()),
        _ => None,
    };
    let all: BTreeSet<Option<EntityId>> = sent.targets.iter().map(|(id, _)| whole(id)).collect();
    if all.len() > READ_ALONE || all.contains(&None) {
        return vec![Effect::Refresh];
    }
    all.into_iter().flatten().filter_map(|id| reading(state, &id)).map(Effect::Read).collect()
}
