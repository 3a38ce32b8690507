//! Deciding about the items that are meant, one key each; starting and signing off a campaign; sending what was decided.

use std::collections::BTreeSet;

use super::ReviewRequest;
use super::sheet::{LEFT_OPEN, Purpose, Sheet};
use crate::access::campaign::{Decision, Item};
use crate::app::act::{self, meant};
use crate::app::command::Disabled;
use crate::app::modal::Modal;
use crate::app::notice::Notice;
use crate::app::{App, Effect};
use crate::domain::{EntityId, Text, Timestamp, find_act};
use crate::state::Review;

/// Whether something can be decided about what is meant; the first reason why not.
pub(in crate::app) fn can_decide(app: &App) -> Result<(), Disabled> {
    let Some(review) = app.state.review() else {
        return Disabled::because("no campaign has begun: `:review.start` begins one");
    };
    if review.is_signed() {
        return Disabled::because("the campaign is signed off: nothing is decided in it any more");
    }
    if app.ui.paused.is_some() {
        return Disabled::because("the picture stands still: let it move again first");
    }
    if app.access.is_writing {
        return Disabled::because("the last decision is being written");
    }
    let rows = meant(app);
    let is_item = |id: &EntityId| matches!(id, EntityId::ReviewItem(_));
    if rows.is_empty() || !rows.iter().all(is_item) {
        return Disabled::because(
            "items of the campaign are decided about: see the rows `review` of the pane Access",
        );
    }
    Ok(())
}

/// Decides about the items that are meant; asks for a reason where one is needed.
pub(in crate::app) fn decide(app: &mut App, decision: Decision, now: Timestamp) -> Vec<Effect> {
    let rows = all_meant(app);
    let Some(review) = app.state.review() else { return Vec::new() };
    let items: Vec<&Item> = rows.iter().filter_map(|id| item(review, id)).collect();
    let campaign = review.account().start.campaign.clone();
    let keys: Vec<Text> = items.iter().map(|item| item.key.clone()).collect();
    let findings: BTreeSet<&Text> = items.iter().flat_map(|item| &item.findings).collect();
    if findings.is_empty() && decision == Decision::Keep {
        app.access.is_writing = true;
        unmark(app);
        let request = ReviewRequest::Decide { campaign, items: keys, decision, reason: None };
        return vec![Effect::Review(Box::new(request))];
    }
    let what = match keys.as_slice() {
        [one] => one.to_string(),
        several => format!("{} items", several.len()),
    };
    let title = match decision {
        Decision::Keep => format!("keep {what}"),
        Decision::Revoke => format!("revoke {what}"),
        Decision::Escalate => format!("escalate {what}"),
        Decision::Modify(_) => format!("modify {what}"),
    };
    let mut told: Vec<String> =
        findings.iter().take(8).map(|id| format!("finding {id} stands")).collect();
    if findings.len() > 8 {
        told.push(format!("and {} more findings", findings.len() - 8));
    }
    if matches!(decision, Decision::Revoke | Decision::Modify(_)) {
        told.push(
            "this is written down; `review.send` sends it, armed, and reads it again".to_owned(),
        );
    }
    let is_change = matches!(decision, Decision::Modify(_));
    let mut sheet = Sheet::new(Purpose::Decide { campaign, items: keys, decision }, title, told);
    if is_change {
        sheet = sheet.needs("to", "a level such as developer, or an end such as 2027-01-31");
    }
    let sheet = sheet.needs("reason", "why, in words that an auditor understands");
    unmark(app);
    app.ui.modals.push(Modal::Sheet(Box::new(sheet)));
    let _ = now;
    Vec::new()
}

/// Opens the lines for a new campaign.
pub(in crate::app) fn open_start(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let Some(picture) = app.state.picture() else {
        let words = "rights were not read yet: nothing could be frozen";
        app.ui.notices.show(Notice::bad(words), now);
        return Vec::new();
    };
    let population = picture.population();
    let age = crate::domain::time::span(
        crate::domain::time::seconds_between(population.taken_at, now).max(0),
    );
    let mut told = vec![format!(
        "{} grants of {} principals are frozen, read {age} ago, with {} findings",
        population.grants.len(),
        population.principals.len(),
        picture.report().findings.len()
    )];
    if !population.gaps.is_empty() {
        told.push(format!(
            "{} things could not be read, and are listed on the first page",
            population.gaps.len()
        ));
    }
    let sheet = Sheet::new(Purpose::Start, "begin a campaign".to_owned(), told)
        .needs("name", "its address: 2026-q4")
        .takes("due", "when it should be over, a day in UTC: 2027-01-31; may be left empty");
    app.ui.modals.push(Modal::Sheet(Box::new(sheet)));
    Vec::new()
}

/// Opens the lines for signing the campaign off.
pub(in crate::app) fn open_sign(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let Some(review) = app.state.review() else {
        app.ui.notices.show(Notice::bad("no campaign has begun"), now);
        return Vec::new();
    };
    let account = review.account();
    let (campaign, open) = (account.start.campaign.clone(), account.progress.open);
    let mut told =
        vec!["a named statement, kept in the chain; it is no cryptographic signature".to_owned()];
    told.push(match open {
        0 => "every item is decided".to_owned(),
        n => format!("{n} items are open and are left so: open is never kept"),
    });
    let title = format!("sign {campaign} off");
    let sheet = Sheet::new(Purpose::Sign { campaign, open }, title, told)
        .needs("role", "in what role you sign: head of platform")
        .needs("statement", "what you state");
    let sheet = match open {
        0 => sheet,
        n => sheet.needs(LEFT_OPEN, format!("how many items you knowingly leave open: {n}")),
    };
    app.ui.modals.push(Modal::Sheet(Box::new(sheet)));
    Vec::new()
}

/// Opens the dialog of the act that does what was decided about the item that is meant.
pub(in crate::app) fn send(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let found = match all_meant(app).as_slice() {
        [EntityId::ReviewItem(id)] => {
            let stand = app.state.review().and_then(|review| review.item(*id));
            match stand.and_then(|one| one.stand.decision().cloned()) {
                None => Err("nothing is decided about it yet".to_owned()),
                Some(Decision::Keep | Decision::Escalate) => {
                    Err("it stays as it is: there is nothing to send".to_owned())
                }
                Some(decision) => {
                    act::right::act_for(app.shown(), *id, &decision).map_err(str::to_owned)
                }
            }
        }
        [] => Err("no row is there".to_owned()),
        _ => Err("one item at a time: `review.send` opens the dialog of its act".to_owned()),
    };
    match found.and_then(|name| find_act(name).ok_or_else(|| format!("there is no act {name}"))) {
        Ok(act) => act::open(app, act, now),
        Err(words) => {
            app.ui.notices.show(Notice::here(words), now);
            Vec::new()
        }
    }
}

/// Every row that is meant, however many are marked.
fn all_meant(app: &App) -> Vec<EntityId> {
    match app.ui.table().filter(|table| !table.marks.is_empty()) {
        Some(table) => table.marks.iter().cloned().collect(),
        None => meant(app),
    }
}

fn item<'a>(review: &'a Review, id: &EntityId) -> Option<&'a Item> {
    match id {
        EntityId::ReviewItem(id) => review.item(*id).map(|one| one.item),
        _ => None,
    }
}

fn unmark(app: &mut App) {
    app.ui.table_mut().marks.clear();
}
