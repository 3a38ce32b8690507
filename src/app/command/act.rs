//! Commands that change the world: arming, and one row for every act of the table of acts. None of them changes anything
//! by itself: each opens a dialog.

use super::{Command, Disabled, no_arguments};
use crate::app::act::{self, ActRequest};
use crate::app::modal::Modal;
use crate::app::notice::Notice;
use crate::app::ui::Asked;
use crate::app::{App, Effect};
use crate::domain::{ACTS, Act, EntityId, Text, Timestamp, find_act};

/// The commands.
#[rustfmt::skip] // One command a block: they are read as a table.
pub(super) static ALL: &[Command] = &[
    Command { name: "arm", scope: "global", doc: "let acts be done for a while; shows who you are on each platform first",
        arguments: no_arguments, enabled: can_arm, run: |app, _, _| open_arming(app) },
    Command { name: "disarm", scope: "global", doc: "let nothing be changed any more",
        arguments: no_arguments, enabled: |app| if app.acts.is_armed() { Ok(()) } else { Disabled::because("nothing is armed") },
        run: |app, _, now| disarm(app, now) },
    row::<0>(), row::<1>(), row::<2>(), row::<3>(), row::<4>(), row::<5>(), row::<6>(), row::<7>(), row::<8>(), row::<9>(),
    row::<10>(), row::<11>(), row::<12>(), row::<13>(), row::<14>(), row::<15>(), row::<16>(), row::<17>(), row::<18>(),
    row::<19>(), row::<20>(), row::<21>(), row::<22>(), row::<23>(), row::<24>(), row::<25>(), row::<26>(), row::<27>(),
    row::<28>(),
    Command { name: "runner.turn", scope: "global", doc: "pause a runner, or let a paused one take jobs again",
        arguments: no_arguments, enabled: |app| can_act(app, turned(app)), run: |app, _, now| open(app, turned(app), now) },
    Command { name: "confirm.yes", scope: "confirm", doc: "yes, where one key is enough",
        arguments: no_arguments, enabled: super::always, run: |app, _, now| yes(app, now) },
];

/// The command of the act at a place of the table of acts.
#[expect(clippy::panic, reason = "a row without its act does not compile")]
const fn row<const PLACE: usize>() -> Command {
    let (_, [act, ..]) = ACTS.split_at(PLACE) else { panic!("there is no such act") };
    Command {
        name: act.name,
        doc: act.doc,
        scope: "global",
        arguments: no_arguments,
        enabled: |app| can_act(app, ACTS.get(PLACE)),
        run: |app, _, now| open(app, ACTS.get(PLACE), now),
    }
}

fn can_arm(app: &App) -> Result<(), Disabled> {
    if app.facts.never_writes {
        return Disabled::because("acts are forbidden here: writes = \"never\", or --read-only");
    }
    if app.acts.is_armed() {
        return Disabled::because("it is armed already; `:disarm` ends that");
    }
    Ok(())
}

fn open_arming(app: &mut App) -> Vec<Effect> {
    app.acts.identities = None;
    app.ui.unread();
    app.ui.modals.push(Modal::Arm);
    vec![Effect::Act(ActRequest::Identify)]
}

fn disarm(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let words = Text::new("nothing can be changed until `:arm` is said again");
    let mut effects = act::take(app, act::ActNews::Disarmed(words), now);
    effects.push(Effect::Act(ActRequest::Disarm));
    effects
}

/// Whether an act can be asked for now; the first reason why not.
fn can_act(app: &App, act: Option<&'static Act>) -> Result<(), Disabled> {
    let Some(act) = act else { return Disabled::because("there is no such act") };
    if app.facts.never_writes {
        return can_arm(app);
    }
    act::kind_reason(app, act)?;
    if app.ui.paused.is_some() {
        return Disabled::because("the picture stands still: let it move again first");
    }
    // A form takes its time: it is filled in before, and sent by a dialog of its own.
    if act.name == "exception.request" {
        return Ok(());
    }
    if !app.acts.is_armed() {
        return Disabled::because("arm first: `:arm`");
    }
    if app.shown().chain().is_some_and(|chain| chain.broken.is_some()) {
        return Disabled::because(
            "the chain of the ledger is broken, and nothing is done that it cannot prove: see Audit, keep the file as \
             evidence, move it away, and start again",
        );
    }
    Ok(())
}

fn open(app: &mut App, act: Option<&'static Act>, now: Timestamp) -> Vec<Effect> {
    act.map_or_else(Vec::new, |act| act::open(app, act, now))
}

/// Pausing, or resuming where what is meant is a paused runner.
fn turned(app: &App) -> Option<&'static Act> {
    let is_paused = |id: &EntityId| match id {
        EntityId::Runner(id) => app.shown().runners().get(*id).is_some_and(|one| one.paused),
        _ => false,
    };
    let meant = act::meant(app);
    let all = !meant.is_empty() && meant.iter().all(is_paused);
    find_act(if all { "runner.resume" } else { "runner.pause" })
}

fn yes(app: &mut App, now: Timestamp) -> Vec<Effect> {
    match app.ui.modals.last() {
        Some(Modal::Arm) => yes_arm(app, now),
        Some(Modal::Confirm(_)) => act::answer(app, act::Pressed::Yes, now),
        _ => Vec::new(),
    }
}

/// Arms, once it was there to be read who we are.
fn yes_arm(app: &mut App, now: Timestamp) -> Vec<Effect> {
    if !app.ui.was_readable(Asked::Arm, now) {
        let words = "not armed: that key came before it was told who you are; press it again";
        app.ui.notices.show(Notice::bad(words), now);
        return Vec::new();
    }
    app.ui.modals.pop();
    vec![Effect::Act(ActRequest::Arm)]
}

/// Leaves: at once where nothing is under way or it is asked twice, else when everything under way has its record.
pub(super) fn leave(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let under_way = app.acts.under_way_len();
    if under_way == 0 || app.acts.is_leaving {
        return vec![Effect::Quit];
    }
    app.acts.is_leaving = true;
    let what = if under_way == 1 { "an act is" } else { "acts are" };
    let words = format!("{what} under way: leaving once its outcome is recorded; again leaves now");
    app.ui.notices.show(Notice::bad(words), now);
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_its_command() {
        for act in ACTS {
            let command = ALL.iter().find(|command| command.name == act.name);
            assert_eq!(command.map(|command| command.doc), Some(act.doc), "{}", act.name);
        }
    }
}
