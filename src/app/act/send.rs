//! From a command to a dialog, and from a dialog to what is sent: at most once.

use super::confirm::{Confirm, Enter, Item, Sends, Stage};
use super::{ActRequest, Acts, Choice, UnderWay, choose, form};
use crate::app::modal::Modal;
use crate::app::notice::Notice;
use crate::app::ui::Asked;
use crate::app::{App, Effect};
use crate::domain::{Act, EntityId, Risk, TargetKind, Text, Timestamp};

/// How long a renewal is, unless something else is typed.
const USUAL_RENEWAL: &str = "30d";

/// How long a finding is usually in hand.
const USUAL_HOLD: &str = "4h";

/// How long a silence is, unless something else is typed.
const USUAL_SILENCE: &str = "2h";

/// Opens the dialog of an act on what is meant now. From here on nothing of it is read from the table.
pub(in crate::app) fn open(app: &mut App, act: &'static Act, now: Timestamp) -> Vec<Effect> {
    if act.name == "exception.request" {
        return form::open(app, now);
    }
    let choices = match choose(app, act) {
        Ok(choices) => choices,
        Err(why) => return tell(app, why.0, now),
    };
    if act.name == "nodegroup.scale" && choices.len() > 1 {
        let words = "each node group has a size of its own: scale one at a time";
        return tell(app, words, now);
    }
    if act.target == TargetKind::Request && act.risk == Risk::Destructive && choices.len() > 1 {
        let words = "each request is read by itself before it is approved: take one at a time";
        return tell(app, words, now);
    }
    if act.target == TargetKind::Exception && choices.len() > 1 {
        let words = "each exception is judged by itself: ask for one at a time";
        return tell(app, words, now);
    }
    present(app, act, choices, now)
}

/// Opens the dialog of an act on some targets.
pub(super) fn present(
    app: &mut App,
    act: &'static Act,
    choices: Vec<Choice>,
    now: Timestamp,
) -> Vec<Effect> {
    if let Some(words) = under_way(&app.acts, act, choices.iter().map(|one| &one.proposal.target)) {
        return tell(app, words, now);
    }
    app.acts.tickets += 1;
    app.ui.unread();
    let mut confirm = Confirm::new(app.acts.tickets, act, choices);
    if let [one] = confirm.items.as_slice()
        && let EntityId::NodeGroup(id) = &one.choice.id
        && let Some(group) = app.shown().nodegroups().get(*id)
    {
        let word = |n: Option<u64>| n.map_or_else(String::new, |n| n.to_string());
        let (desired, max) = (word(group.desired), word(group.max));
        confirm.prefill("desired", &desired);
        confirm.prefill("max", &max);
    }
    if act.name == "member.change" {
        let asked = confirm.items.first().map(|one| one.choice.proposal.settings.clone());
        for (name, value) in asked.unwrap_or_default() {
            confirm.prefill(&name, &value);
        }
    }
    if act.name == "exception.extend" {
        confirm.prefill("until", USUAL_RENEWAL);
    }
    if act.target == TargetKind::Alert {
        confirm.prefill("duration", USUAL_SILENCE);
    }
    if act.target == TargetKind::Finding {
        confirm.prefill("duration", USUAL_HOLD);
    }
    for item in &mut confirm.items {
        item.identity = app.acts.identity_for(&item.choice.proposal.target).cloned();
    }
    let proposals = confirm.proposals();
    let ticket = confirm.ticket;
    app.ui.modals.push(Modal::Confirm(Box::new(confirm)));
    vec![Effect::Act(ActRequest::Look { ticket, proposals })]
}

fn tell(app: &mut App, words: impl Into<String>, now: Timestamp) -> Vec<Effect> {
    app.ui.notices.show(Notice::bad(words), now);
    Vec::new()
}

/// Why an act would be a second one on a target, where it is under way.
fn under_way<'a>(
    acts: &Acts,
    act: &Act,
    targets: impl Iterator<Item = &'a crate::domain::Target>,
) -> Option<String> {
    let mut known = targets.filter(|target| acts.is_under_way(act, target));
    let words = "is under way; wait for what comes of it";
    known.next().map(|target| format!("{} of {target} {words}", act.name))
}

/// The key that answers a question was pressed, or Enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Pressed {
    /// The one key.
    Yes,
    /// Enter.
    Enter,
}

/// What is said to a key that came before what it answers.
const UNREAD: &str = "that key came before this could be read: press it again";

/// Answers the dialog on top, which is that of an act.
pub(in crate::app) fn answer(app: &mut App, pressed: Pressed, now: Timestamp) -> Vec<Effect> {
    let Some(Modal::Confirm(mut confirm)) = app.ui.modals.pop() else { return Vec::new() };
    if confirm.stage != Stage::Asking {
        // Sent already: a key pressed twice sends nothing twice.
        if pressed == Pressed::Yes {
            app.ui.modals.push(Modal::Confirm(confirm));
        }
        return Vec::new();
    }
    let does = match pressed {
        Pressed::Yes if confirm.asked().is_none() => Enter::Send,
        Pressed::Yes => Enter::Next(confirm.focus.unwrap_or(0)),
        Pressed::Enter => confirm.enter(),
    };
    match does {
        Enter::Cancel => return vec![Effect::Act(ActRequest::Forget)],
        Enter::Add => confirm.told = confirm.take_variable().err(),
        Enter::Leave => confirm.focus = None,
        Enter::Next(there) => {
            let fault = confirm.fault().map(|(_, words)| words);
            // A line that is still empty is only gone to; wrong words are told.
            let is_empty = |at: usize| {
                confirm.fields.get(at).is_some_and(|field| field.line.text().is_empty())
            };
            confirm.told = fault.filter(|_| confirm.focus == Some(there) || !is_empty(there));
            confirm.focus = Some(there);
        }
        Enter::Send if !app.ui.was_readable(Asked::Act(confirm.ticket), now) => {
            let hindered = hindrance(&app.acts, &confirm);
            confirm.told = Some(hindered.map_or_else(|| UNREAD.to_owned(), |why| why.to_string()));
        }
        Enter::Send if confirm.items.len() > 1 && !confirm.is_read => {
            let words = "not every target was in sight yet: scroll to the last before you send";
            confirm.told = Some(words.to_owned());
        }
        Enter::Send => {
            let effects = send(&mut app.acts, &mut confirm, now);
            if !effects.is_empty() {
                forget_marks(app, &confirm);
            }
            app.ui.modals.push(Modal::Confirm(confirm));
            return effects;
        }
    }
    app.ui.modals.push(Modal::Confirm(confirm));
    Vec::new()
}

/// Sends what is confirmed, once; or says in the dialog why not.
fn send(acts: &mut Acts, confirm: &mut Confirm, now: Timestamp) -> Vec<Effect> {
    confirm.told = refusal(acts, confirm, now);
    if confirm.told.is_some() {
        return Vec::new();
    }
    let meant = confirm.meant();
    let targets = meant.iter().map(|(id, proposal)| (id.clone(), proposal.target.clone()));
    let (ticket, act, targets) = (confirm.ticket, confirm.act, targets.collect());
    acts.under_way.push(UnderWay { ticket, act, targets, done: 0 });
    let proposals = meant.into_iter().map(|(_, proposal)| proposal).collect();
    confirm.stage = Stage::Sent;
    confirm.focus = None;
    // What was typed has gone where it belongs.
    confirm.variables.clear();
    vec![
        Effect::Act(ActRequest::Forget),
        Effect::Act(ActRequest::Perform { ticket: confirm.ticket, proposals }),
    ]
}

/// What is said where the window has closed under a dialog.
const CLOSED: &str = "the window has closed: leave, `:arm`, and ask again";

/// Why nothing of a dialog can be sent now, whatever is typed: the window, who we are, what was seen.
pub fn hindrance(acts: &Acts, confirm: &Confirm) -> Option<Text> {
    if !acts.is_armed() {
        return Some(Text::new(CLOSED));
    }
    if is_unknown(acts, confirm) {
        return Some(Text::new("the platforms are still being asked who you are"));
    }
    confirm.hindrance()
}

/// Whether a platform of a dialog is still being asked who we are there.
pub fn is_unknown(acts: &Acts, confirm: &Confirm) -> bool {
    let is_asked = |item: &Item| acts.identity_for(&item.choice.proposal.target).is_none();
    acts.identities.is_none() || (acts.is_identifying && confirm.items.iter().any(is_asked))
}

/// The question on top that may be answered as it stands: everything that its answer is about is there to be read.
pub fn asked(app: &App) -> Option<Asked> {
    match app.ui.modals.last()? {
        Modal::Arm => app.acts.identities.as_ref().map(|_| Asked::Arm),
        Modal::Confirm(confirm) if confirm.stage == Stage::Asking => {
            hindrance(&app.acts, confirm).is_none().then_some(Asked::Act(confirm.ticket))
        }
        _ => None,
    }
}

/// Why a dialog cannot be sent as it stands. The gate asks the same again, below the interface.
fn refusal(acts: &Acts, confirm: &mut Confirm, now: Timestamp) -> Option<String> {
    if let Err(words) = confirm.take_variable() {
        return Some(words);
    }
    if let Some((_, words)) = confirm.fault() {
        return Some(words);
    }
    if acts.until.is_some_and(|until| until <= now) {
        return Some(CLOSED.to_owned());
    }
    if let Some(item) = confirm.items.iter().find(|item| item.is_another()) {
        let target = &item.choice.proposal.target;
        return Some(format!("another object has the name {target} now: leave, and look again"));
    }
    if let Some(words) = hindrance(acts, confirm) {
        return Some(words.to_string());
    }
    let nowhere = |item: &&Item| item.sends == Sends::Nothing;
    if let Some(item) = confirm.items.iter().find(nowhere) {
        let target = &item.choice.proposal.target;
        return Some(format!("no configured platform can do this to {target}"));
    }
    let targets = confirm.live().map(|item| &item.choice.proposal.target);
    under_way(acts, confirm.act, targets)
}

/// What was sent is not marked any more, so that the next act does not mean it again.
fn forget_marks(app: &mut App, confirm: &Confirm) {
    let table = app.ui.table_mut();
    for item in confirm.items.iter().filter(|item| item.is_sent) {
        table.marks.remove(&item.choice.id);
    }
    if confirm.act.target == crate::domain::TargetKind::Pipeline {
        table.marks.clear();
    }
}

/// Time has passed: the window closes when its time is up.
pub(in crate::app) fn tick(app: &mut App, now: Timestamp) {
    if app.acts.until.is_some_and(|until| until <= now) {
        let words = "the time is up: nothing can be changed until `:arm` is said again";
        super::news::disarmed(app, &Text::new(words), now);
    }
}
