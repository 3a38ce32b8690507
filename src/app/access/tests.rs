//! Deciding by keys, judged as messages in and effects out.

use std::sync::Arc;

use super::*;
use crate::access::campaign::fixture::{campaign, decide as said, population};
use crate::access::campaign::{Campaign, pace};
use crate::app::modal::Modal;
use crate::app::{Facts, Msg, command, update};
use crate::domain::{ReviewItemId, Tiers};
use crate::keymap::Keymap;
use crate::state::Account;

const CLEAN: &str = "grant:wei@acme/shop";
const FOUND: &str = "grant:asha@acme/shop";

fn now() -> Timestamp {
    crate::access::rules::fixture::NOW.parse().unwrap()
}

fn opened(of: &Campaign) -> ReviewChange {
    let stands = (0..of.frozen.items.len()).filter_map(|place| of.stand(place)).collect();
    let (start, progress) = (of.start.clone(), of.progress());
    let account = Account { start, progress, pace: pace(of), signs: of.signs.clone() };
    ReviewChange::Opened { frozen: Arc::clone(&of.frozen), stands, account: Box::new(account) }
}

/// The console on the items of a campaign, the cursor on one of them.
fn app(of: &Campaign, key: &str) -> App {
    let (keymap, _) = Keymap::shipped("default", &command::names());
    let mut app = App::new(State::new(Tiers::default()), keymap, Facts::default());
    let picture = Picture::of(Arc::new(population()), &Limits::default(), &[], now());
    app.state.set_picture(Arc::new(picture));
    app.state.take_review(opened(of));
    command::run(&mut app, "pane access", now());
    command::run(&mut app, "view review", now());
    let id = EntityId::ReviewItem(ReviewItemId::of(&[&of.start.campaign, key]));
    let table = app.ui.table_mut();
    let place = (0..table.listing.len()).find(|at| table.listing.id(*at) == Some(&id));
    table.go_to(place.unwrap());
    app
}

fn request(effects: &[Effect]) -> Option<&ReviewRequest> {
    effects.iter().find_map(|effect| match effect {
        Effect::Review(request) => Some(&**request),
        _ => None,
    })
}

fn sheet(app: &App) -> Option<&Sheet> {
    match app.ui.modals.last() {
        Some(Modal::Sheet(sheet)) => Some(sheet),
        _ => None,
    }
}

#[test]
fn keeping_what_nothing_is_wrong_with_takes_one_key() {
    let mut app = app(&campaign(), CLEAN);
    let effects = command::run(&mut app, "review.keep", now());
    let Some(ReviewRequest::Decide { items, decision, reason, .. }) = request(&effects) else {
        panic!("{effects:?}");
    };
    assert_eq!((items.len(), decision, reason), (1, &Decision::Keep, &None));
}

#[test]
fn keeping_what_a_finding_stands_against_asks_why_and_is_not_sent_without_it() {
    let mut app = app(&campaign(), FOUND);
    assert!(request(&command::run(&mut app, "review.keep", now())).is_none());
    assert!(request(&command::run(&mut app, "prompt.accept", now())).is_none());
    assert!(sheet(&app).unwrap().refused.is_some());
    update(&mut app, Msg::Paste("she leads it".to_owned()), now());
    let effects = command::run(&mut app, "prompt.accept", now());
    let Some(ReviewRequest::Decide { reason, .. }) = request(&effects) else {
        panic!("{effects:?}");
    };
    assert_eq!(reason.as_deref(), Some("she leads it"));
}

#[test]
fn what_is_refused_stays_on_the_sheet_with_why_and_what_is_recorded_closes_it() {
    let mut app = app(&campaign(), FOUND);
    command::run(&mut app, "review.revoke", now());
    update(&mut app, Msg::Paste("she left".to_owned()), now());
    command::run(&mut app, "prompt.accept", now());
    let news = ReviewNews::Refused(Text::new("nobody certifies their own access"));
    update(&mut app, Msg::Review(news), now());
    assert!(sheet(&app).unwrap().refused.as_ref().unwrap().contains("their own"));
    command::run(&mut app, "prompt.accept", now());
    update(&mut app, Msg::Review(ReviewNews::Done(Text::new("recorded"))), now());
    assert!(sheet(&app).is_none());
}

#[test]
fn nothing_is_decided_twice_while_the_first_is_written() {
    let mut app = app(&campaign(), CLEAN);
    assert!(request(&command::run(&mut app, "review.keep", now())).is_some());
    assert!(request(&command::run(&mut app, "review.keep", now())).is_none());
    update(&mut app, Msg::Review(ReviewNews::Done(Text::new("recorded"))), now());
    assert!(request(&command::run(&mut app, "review.keep", now())).is_some());
}

#[test]
fn rights_are_judged_once_at_a_time_and_again_when_more_was_read() {
    let mut app = app(&campaign(), CLEAN);
    app.state = State::new(Tiers::default());
    let read = |app: &mut App| {
        let mut changes = Changes::default();
        let key = crate::domain::SourceKey {
            source: crate::domain::SourceId::ACCESS,
            scope: crate::domain::Scope::gitlab("x"),
        };
        let change = crate::domain::Change::Population(Arc::new(population()));
        let origin = crate::domain::Origin::Live;
        let update = crate::domain::Update { key, at: now(), origin, change };
        changes.merge(app.state.apply(update, now()));
        renew(app, &changes, now())
    };
    let Some(Effect::Judge(first)) = read(&mut app) else { panic!("a judgement") };
    assert!(read(&mut app).is_none());
    let judgement = first.answer(now()).unwrap();
    let effects = judged(&mut app, (first.ticket, judgement), now());
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Judge(_))));
    assert!(app.state.picture().is_some());
}

#[test]
fn a_reading_that_is_older_than_the_decision_proves_nothing() {
    let mut of = campaign();
    said(&mut of, "mina", FOUND, Decision::Revoke);
    let app = app(&of, FOUND);
    let mut gone = population();
    gone.grants.retain(|grant| &*grant.id != FOUND);
    let picture = Picture::of(Arc::new(gone), &Limits::default(), &[], now());
    assert!(remedy::of_reading(&app.state, &picture, now()).is_empty());
}

#[test]
fn a_campaign_with_open_items_is_signed_only_with_their_number_typed() {
    let of = campaign();
    let open = of.progress().open;
    let mut app = app(&of, FOUND);
    command::run(&mut app, "review.sign", now());
    for words in ["platform lead".to_owned(), "looked at".to_owned(), (open + 1).to_string()] {
        update(&mut app, Msg::Paste(words), now());
        assert!(request(&command::run(&mut app, "prompt.accept", now())).is_none());
    }
    assert!(sheet(&app).unwrap().refused.as_ref().unwrap().contains(&open.to_string()));
    let line = app.ui.modals.last_mut().and_then(Modal::line_mut).unwrap();
    *line = crate::app::input::Line::new(&open.to_string());
    let effects = command::run(&mut app, "prompt.accept", now());
    let Some(ReviewRequest::Sign { left_open, .. }) = request(&effects) else {
        panic!("{effects:?}");
    };
    assert_eq!(*left_open, open);
}
