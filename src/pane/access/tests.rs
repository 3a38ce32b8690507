//! What the rows and details of rights say, over a small population.

use std::sync::Arc;

use super::*;
use crate::access::campaign::fixture::{campaign, decide, population};
use crate::access::campaign::{Decision, pace};
use crate::access::{Limits, Picture};
use crate::domain::{PrincipalId, Tiers, Timestamp};
use crate::pane::row;
use crate::state::{Account, ReviewChange, State};

fn now() -> Timestamp {
    crate::access::rules::fixture::NOW.parse().unwrap()
}

fn known() -> State {
    let mut state = State::new(Tiers::default());
    let picture = Picture::of(Arc::new(population()), &Limits::default(), &[], now());
    state.set_picture(Arc::new(picture));
    state
}

fn words(state: &State, lens: &dyn Lens, id: &EntityId) -> Vec<String> {
    let cx = Cx { state, now: now() };
    let columns: Vec<_> = lens.columns().iter().collect();
    row(&cx, lens, &columns, id).unwrap().cells.iter().map(Cell::words).collect()
}

#[test]
fn a_person_stands_with_the_highest_right_and_with_what_is_found() {
    let state = known();
    let id = EntityId::Principal(PrincipalId::of(&["user:asha"]));
    let told = words(&state, &PRINCIPALS, &id);
    assert_eq!(
        (told[1].as_str(), told[2].as_str(), told[3].as_str()),
        ("asha", "person", "Developer")
    );
    assert!(told[8].contains("A02"), "{told:?}");
}

#[test]
fn the_detail_of_a_person_has_every_path() {
    let state = known();
    let cx = Cx { state: &state, now: now() };
    let id = EntityId::Principal(PrincipalId::of(&["user:asha"]));
    let told = format!("{:?}", Access.detail(&cx, &id));
    assert!(told.contains("project acme/shop") && told.contains("direct"), "{told}");
}

#[test]
fn every_finding_has_its_row_and_leads_to_its_grants() {
    let state = known();
    let cx = Cx { state: &state, now: now() };
    let mut all = 0;
    for subject in ACCESS_FINDINGS.scan(&state, None) {
        all += 1;
        let drill = Access.drill(&cx, &subject.id()).unwrap();
        let found = subject.access_finding().unwrap();
        assert_eq!(drill.lens.scan(&state, drill.scope.as_ref()).count(), found.grants.len());
    }
    assert_eq!(all, state.picture().unwrap().report().findings.len());
}

#[test]
fn what_nobody_decided_is_open_and_what_somebody_did_is_told() {
    let mut state = known();
    let mut of = campaign();
    decide(&mut of, "mina", "grant:asha@acme/shop", Decision::Revoke);
    let stands = (0..of.frozen.items.len()).filter_map(|place| of.stand(place)).collect();
    let account = Account {
        start: of.start.clone(),
        progress: of.progress(),
        pace: pace(&of),
        signs: Vec::new(),
    };
    let frozen = Arc::clone(&of.frozen);
    state.take_review(ReviewChange::Opened { frozen, stands, account: Box::new(account) });
    let mut told: Vec<[String; 3]> = REVIEW
        .scan(&state, None)
        .map(|one| {
            let cells = words(&state, &REVIEW, &one.id());
            [cells[0].clone(), cells[1].clone(), cells[8].clone()]
        })
        .filter(|cells| cells[1] == "asha" || cells[1] == "lena")
        .collect();
    told.sort();
    assert_eq!(told, [["open", "lena", ""], ["revoke", "asha", "to be sent"]]);
}

#[test]
fn what_could_not_be_read_is_said_above_the_tables() {
    let state = known();
    let cx = Cx { state: &state, now: now() };
    let told = format!("{:?}", Access.band(&cx));
    assert!(told.contains("1 thing could not be read"), "{told}");
}
