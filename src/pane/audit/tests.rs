//! The pane over a few acts.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::domain::act::fixture::{deed, ended};
use crate::domain::pipeline::fixture::at;
use crate::domain::{
    Chain, ChainBreak, Change, Entity, Origin, Report, Scope, SourceKey, Text, Tiers, Update,
};
use crate::pane::lens::Lens as _;
use crate::pane::listing::{Direction, Listing, Question};
use crate::pane::query;
use crate::state::State;

fn tell(state: &mut State, change: Change) {
    let key = SourceKey { source: SourceId::LEDGER, scope: Scope::ledger("audit") };
    state.apply(Update { key, at: at(20), origin: Origin::Live, change }, at(20));
}

/// Four acts, one of each state, of a ledger that is live and whole.
fn four() -> State {
    let mut state = State::new(Tiers::default());
    let deeds = [
        ended(1, Ending::Done, Some(201)),
        ended(3, Ending::Failed, Some(403)),
        ended(5, Ending::Unknown, None),
        deed(7),
    ];
    let entities = deeds.into_iter().map(|deed| Entity::Deed(Arc::new(deed))).collect();
    tell(&mut state, Change::Upsert(entities));
    tell(&mut state, Change::Chain(Chain { records: 7, broken: None }));
    let report = Report { confirmed_at: Some(at(20)), ..Report::starting(10.0) };
    tell(&mut state, Change::Report(report));
    state
}

fn listed(state: &State, filter: &str) -> Vec<u64> {
    let question = Question {
        lens: &DEEDS,
        scope: None,
        query: query::parse(filter, DEEDS.fields()).unwrap(),
        sort: DEEDS.default_sort(),
        direction: Direction::Forward,
        grouping: None,
    };
    let cx = Cx { state, now: at(21) };
    let listing = Listing::build(&cx, &question, &AtomicBool::new(false)).unwrap();
    let seq = |id: &EntityId| match id {
        EntityId::Deed(id) => id.0,
        other => panic!("{other}"),
    };
    listing.ids().map(seq).collect()
}

fn words(blocks: &[Block]) -> String {
    let lines = blocks.iter().flat_map(|block| match block {
        Block::Title(cell) => vec![cell.words()],
        Block::Lines(cells) => cells.iter().map(Cell::words).collect(),
        Block::Facts(facts) => {
            facts.iter().map(|(name, cell)| format!("{name}: {}", cell.words())).collect()
        }
        _ => Vec::new(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_newest_act_stands_first_and_filters_ask_by_state_age_and_person() {
    let state = four();
    assert_eq!(listed(&state, ""), [7, 5, 3, 1]);
    assert_eq!(listed(&state, "state:open"), [7]);
    assert_eq!(listed(&state, "state:failed status=403"), [3]);
    assert_eq!(listed(&state, "age<15s"), [7]);
    assert_eq!(listed(&state, "act:job.* user:apoe reason:\"flaky runner\""), [7, 5, 3, 1]);
    assert_eq!(listed(&state, "target:*#5"), [5]);
}

#[test]
fn what_is_open_or_unknown_wants_eyes() {
    let state = four();
    let cx = Cx { state: &state, now: at(21) };
    assert_eq!(Audit.count(&cx), Count::of(2, Role::SeverityWarning));
    assert!(words(&Audit.band(&cx)).contains("2 of unknown or open outcome"));
}

#[test]
fn the_band_tells_how_the_chain_stands() {
    let mut state = four();
    let band = |state: &State, second| words(&Audit.band(&Cx { state, now: at(second) }));
    assert!(band(&state, 21).contains("the chain is unbroken, 7 records"));
    assert!(band(&state, 21).contains("its end is unanchored"));
    assert!(band(&state, 90).contains("the chain was unbroken, 7 records, 1m10s ago"));
    let broken = ChainBreak { seq: 3, why: Text::new("its content is not what was written") };
    tell(&mut state, Change::Chain(Chain { records: 7, broken: Some(broken) }));
    let told = band(&state, 21);
    assert!(told.contains("BROKEN at record 3: its content is not what was written"), "{told}");
    let cx = Cx { state: &state, now: at(21) };
    assert_eq!(Audit.count(&cx).role, Role::SeverityBad);
}

#[test]
fn a_record_that_a_crash_left_open_says_so() {
    let state = four();
    let id = EntityId::Deed(crate::domain::DeedId(7));
    let detail = |second| words(&Audit.detail(&Cx { state: &state, now: at(second) }, &id));
    assert!(detail(9).contains("it is under way"), "{}", detail(9));
    let told = detail(400);
    assert!(told.contains("it was left open 6m33s ago"), "{told}");
    assert!(told.contains("look at its target before it is asked for again"), "{told}");
    for fact in ["who: a.poe on gitlab", "on: apoe@desk", "why: flaky runner", "hash     ab12"] {
        assert!(told.contains(fact), "{fact}: {told}");
    }
}

#[test]
fn nothing_done_nothing_read_and_nothing_known_are_told_apart() {
    let mut state = State::new(Tiers::default());
    let empty = |state: &State| {
        let cells = Audit.empty(&Cx { state, now: at(21) });
        cells.first().map(Cell::words).unwrap_or_default()
    };
    assert_eq!(empty(&state), "the ledger was not read yet");
    let report = Report { confirmed_at: Some(at(20)), ..Report::starting(1.0) };
    tell(&mut state, Change::Report(report.clone()));
    assert_eq!(empty(&state), "nothing was done through Watchfloor yet");
    let failure = crate::domain::Failure {
        kind: crate::domain::FailureKind::Other,
        message: Text::new("m"),
        hint: Text::new("h"),
        at: at(20),
        retry_at: None,
    };
    let report = Report { failure: Some(failure), confirmed_at: None, ..report };
    let mut other = State::new(Tiers::default());
    tell(&mut other, Change::Report(report));
    assert_eq!(empty(&other), "the ledger is not known: down");
}

#[test]
fn a_ledger_without_a_record_begins_new_and_is_unanchored() {
    let mut state = State::new(Tiers::default());
    tell(&mut state, Change::Chain(Chain::default()));
    tell(
        &mut state,
        Change::Report(Report { confirmed_at: Some(at(20)), ..Report::starting(10.0) }),
    );
    let told = words(&Audit.band(&Cx { state: &state, now: at(21) }));
    assert!(told.contains("the ledger begins new") && told.contains("unanchored"), "{told}");
}
