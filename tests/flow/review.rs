//! An access review by keys over the simulated organisation: begun, decided, sent, and proved by what is read afterwards.

use serde_json::json;
use watchfloor::access::campaign::{Ask, Decision, RemedyState, Reviewer, Vouch};
use watchfloor::domain::Text;
use watchfloor::domain::access::{Gap, Lack};
use watchfloor::runtime::review::Reviews;
use watchfloor::state::{Review, Reviewed};

use crate::harness::Console;

/// A console on the organisation, with all rights read.
async fn console(scenario: &str) -> Console {
    let mut console = Console::rigged(scenario, |rig| {
        rig.config["access"] = json!({"requests_per_minute": 60_000});
        rig.config["gitlab"]["requests_per_minute"] = json!(60_000);
    })
    .await;
    console.press("6");
    let is_read = |console: &mut Console| {
        let picture = console.app().state.picture();
        let waits = |gap: &Gap| gap.lack == Lack::Waiting;
        picture.is_some_and(|one| {
            !one.population().grants.is_empty() && !one.population().gaps.iter().any(waits)
        })
    };
    console.until("all rights read", is_read).await;
    console
}

/// The same with a campaign, its items on screen.
async fn campaign(scenario: &str) -> Console {
    let mut console = console(scenario).await;
    console.press(":").type_in("review.start").press("enter").sees("begin a campaign").await;
    console.type_in("2026-q4").press("enter enter");
    console.sees("campaign 2026-q4 began").await;
    console.press("tab tab tab tab").sees("DECISION").await;
    console
}

fn review(console: &Console) -> &Review {
    console.app().state.review().expect("a campaign")
}

fn item<'a>(console: &'a Console, key: &str) -> Reviewed<'a> {
    let mut items = review(console).items();
    items.find(|one| *one.item.key == *key).unwrap_or_else(|| panic!("no item {key}"))
}

/// The key of the one item whose principal goes by this name.
fn key_of(console: &Console, name: &str) -> String {
    let population = &review(console).frozen().population;
    let principal = population.principals.iter().find(|one| *one.name == *name);
    let principal = principal.unwrap_or_else(|| panic!("nobody is {name}"));
    let is_theirs = |one: &Reviewed<'_>| one.item.subject.as_ref() == Some(&principal.id);
    let found = review(console).items().find(is_theirs);
    found.unwrap_or_else(|| panic!("no item of {name}")).item.key.to_string()
}

/// Puts the cursor on the item of a principal.
async fn look_at(console: &mut Console, name: &str) {
    console.press("/ ctrl-u").type_in(&format!("subject:{name}")).press("enter");
    let is_alone = |console: &mut Console| {
        console.app().ui.table().is_some_and(|table| table.listing.len() == 1)
    };
    console.until("one row", is_alone).await;
}

/// Decides about the item under the cursor, with a reason.
async fn decide(console: &mut Console, key: &str, reason: &str) {
    console.press(key).sees("reason").await;
    console.type_in(reason).press("enter").sees("recorded:").await;
}

/// Sends what was decided: the dialog of its act, confirmed by the words that it wants.
async fn send(console: &mut Console, words: &str) {
    console.press("a s").sees(&format!("to confirm, type {words}")).await;
    console.type_in("decided in the review").press("enter").type_in(words);
    console.sees("enter SEND").await.press("enter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_revoked_by_keys_is_looked_at_again_and_verified_gone() {
    let mut console = campaign("access").await;
    let key = key_of(&console, "nightly-report");
    look_at(&mut console, "nightly-report").await;
    decide(&mut console, "x", "nobody has used it").await;
    console.sees("to be sent").await;
    console.arm().await;
    let place = console.app().state.picture().expect("rights").credential_of(
        &review(&console)
            .items()
            .find(|one| *one.item.key == *key)
            .expect("it")
            .item
            .subject
            .clone()
            .expect("a subject"),
    );
    let place = place.expect("a token").place.clone();
    let id = item(&console, &key).item.subject.clone().expect("a subject");
    let number = id.rsplit(':').next().expect("a number").to_owned();
    send(&mut console, &format!("project:{place}#{number}")).await;
    let is_noted = |console: &mut Console| item(console, &key).stand.remedy.is_some();
    console.until("what became of it", is_noted).await;
    let remedy = item(&console, &key).stand.remedy.clone().expect("a remedy");
    assert_eq!(remedy.state, RemedyState::Verified);
    assert_eq!(remedy.record, Some(console.deeds()[0].seq));
    assert_eq!(review(&console).account().progress.verified, 1);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoke_that_gitlab_refuses_stays_open_with_the_reason() {
    let mut console = campaign("access_maintainer").await;
    let found = review(&console).items().find_map(|one| {
        let subject = one.item.subject.as_ref()?;
        let population = &review(&console).frozen().population;
        let principal = population.principals.iter().find(|known| known.id == *subject)?;
        let is_owner = one.item.key.contains("@group:acme#");
        let grant = review(&console).frozen().grant(&one.item.key)?;
        let level = grant.right.level.map(u8::from);
        (is_owner && level == Some(50)).then(|| (one.item.key.clone(), principal.called().clone()))
    });
    let (key, name) = found.expect("an owner of the whole group");
    console.press("/ ctrl-u").type_in(&format!("subject:{name} on=acme")).press("enter");
    let is_it = |console: &mut Console| {
        console.app().ui.table().is_some_and(|table| table.listing.len() == 1)
    };
    console.until("one row", is_it).await;
    decide(&mut console, "x", "too many owners").await;
    console.arm().await;
    console.press("a s").sees("last owner").await;
    let stand = item(&console, &key).stand.clone();
    assert!(stand.remedy.is_none_or(|remedy| remedy.state != RemedyState::Verified));
    assert_eq!(review(&console).account().progress.verified, 0);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_decides_about_their_own_right() {
    let mut console = campaign("access_owner").await;
    let own = "olga.figment";
    console.press("/ ctrl-u").type_in(&format!("subject:{own} on=acme")).press("enter");
    let is_there = |console: &mut Console| {
        console.app().ui.table().is_some_and(|table| !table.listing.is_empty())
    };
    console.until("a row", is_there).await;
    console.press("x").sees("reason").await;
    console.type_in("mine").press("enter").sees("nobody certifies their own access").await;
    assert_eq!(review(&console).account().progress.decided(), 0);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nothing_is_wrong_with_is_kept_by_one_key() {
    let mut console = campaign("access").await;
    look_at(&mut console, "index-sync").await;
    console.press("v").sees("recorded: keep").await;
    assert_eq!(review(&console).account().progress.keep, 1);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_reviewer_decides_is_seen_at_once_and_the_stricter_word_counts() {
    let mut console = campaign("access").await;
    look_at(&mut console, "index-sync").await;
    console.press("v").sees("recorded: keep").await;
    let key = key_of(&console, "index-sync");
    let mut reviews = Reviews::open_at(&console.review_db()).expect("the file");
    let mut opened = reviews.open(None).expect("the campaign");
    let ask = Ask {
        items: vec![Text::new(&key)],
        decision: Decision::Revoke,
        reason: Some(Text::new("nobody knows it")),
        by: Reviewer { username: Text::new("freya.mockup"), vouched: Vouch::Token },
        at: console.app().state.picture().expect("rights").judged_at(),
    };
    reviews.decide(&mut opened, &ask).expect("decided");
    console.sees("disputed").await;
    let stand = item(&console, &key).stand;
    assert_eq!((stand.words.len(), stand.decision()), (2, Some(&Decision::Revoke)));
    console.finish().await;
}
