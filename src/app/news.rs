//! News from sources and cache: into the state, and from there to the table on screen.

use crate::domain::{Timestamp, Update};
use crate::finding;
use crate::state::Changes;

use super::{App, Effect, access, command, list, why};

/// Takes in a batch of news.
pub(super) fn take(app: &mut App, updates: Vec<Update>, now: Timestamp) -> Vec<Effect> {
    let mut changes = Changes::default();
    for update in updates {
        changes.merge(app.state.apply(update, now));
    }
    changes.merge(app.state.prune(now));
    changes.merge(finding::reconcile(&mut app.state, &changes, now));
    changes.merge(judge(app, now));
    let called = call(app);
    let noted = note(app, &changes, now);
    let (shared, asked) = why::share(app, now);
    changes.merge(shared);
    if changes.is_empty() {
        return asked.into_iter().collect();
    }
    let renewed = command::renew(app, &changes, now).map(Effect::Read);
    let judging = access::renew(app, &changes, now);
    let mut effects = list::mend(app, &changes, now);
    effects.extend(judging);
    effects.extend(renewed);
    effects.extend(called);
    effects.extend(noted);
    effects.extend(asked);
    effects.extend(why::renew(app, now));
    effects
}

/// Calls somebody to the terminal where something grave is found that was not before, and that is wanted.
fn call(app: &mut App) -> Option<Effect> {
    let new = app.watch.newly_grave(app.state.findings().iter());
    (app.facts.notifies && new > 0).then_some(Effect::Notify(new))
}

/// What became different, to be kept.
fn note(app: &mut App, changes: &Changes, now: Timestamp) -> Option<Effect> {
    let entries = app.chronicle.note(&app.state, changes, now);
    (!entries.is_empty()).then_some(Effect::Chronicle(entries))
}

/// Time has passed: what left the last hour goes, and a filter that moves with time is asked anew.
pub(super) fn wake(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let mut changes = app.state.prune(now);
    changes.merge(finding::reconcile(&mut app.state, &changes, now));
    changes.merge(judge(app, now));
    let moves = app
        .ui
        .table()
        .is_some_and(|table| table.query.moves_with_time() && table.awaited.is_none());
    let mut effects = why::renew(app, now);
    effects.extend(access::renew(app, &changes, now));
    effects.extend(call(app));
    effects.extend(note(app, &changes, now));
    let (shared, asked) = why::share(app, now);
    changes.merge(shared);
    effects.extend(asked);
    if moves && app.ui.paused.is_none() {
        effects.extend(list::relist(app, now));
    } else if !changes.is_empty() {
        effects.extend(list::mend(app, &changes, now));
    }
    effects
}

/// Judges anew what deserves attention.
pub(super) fn judge(app: &mut App, now: Timestamp) -> Changes {
    let scene = finding::Scene { state: &app.state, now };
    let findings = finding::watch(&scene, &mut app.watch);
    app.state.set_findings(findings)
}
