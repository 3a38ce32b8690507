//! The state and the listings over it: applying twice is applying once, what is remembered never replaces what is live,
//! and a listing that was mended is the one that would be made anew.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use watchfloor::domain::{Job, Origin, Update};
use watchfloor::pane::LENSES;
use watchfloor::pane::lens::{Cx, Lens};
use watchfloor::pane::listing::{Direction, Listing, Question};
use watchfloor::pane::query::{Query, parse};
use watchfloor::state::State;

use super::cases;
use super::fleet::{fleet, now, tiers, update, updates, upsert, work};

fn state(news: Vec<Update>) -> State {
    let mut state = State::new(tiers());
    for one in news {
        state.apply(one, now());
    }
    state
}

/// A question to any lens: a filter, a column, a direction, a grouping.
fn question() -> impl Strategy<Value = Question> {
    const FILTERS: &[&str] =
        &["", "unit", "status:running", "!status:failed", "age>30m", "tier:standard", "shop-1"];
    let filter = prop::sample::select(FILTERS);
    let choice = any::<prop::sample::Index>;
    (choice(), choice(), choice(), any::<bool>(), filter).prop_map(
        |(lens, column, grouping, backward, filter)| {
            let lens: &'static dyn Lens = *lens.get(LENSES);
            let groupings = lens.groupings();
            Question {
                lens,
                scope: None,
                query: parse(filter, lens.fields()).unwrap_or_else(|_| Query::default()),
                sort: column.get(lens.columns()).name,
                direction: if backward { Direction::Backward } else { Direction::Forward },
                grouping: groupings.get(grouping.index(groupings.len() + 1)),
            }
        },
    )
}

fn build(state: &State, question: &Question) -> Listing {
    let cx = Cx { state, now: now() };
    Listing::build(&cx, question, &AtomicBool::new(false)).expect("nobody cancels")
}

/// Everything that can be seen of a state, in words.
fn seen(state: &State) -> Vec<String> {
    let rows = state.jobs().iter().map(|(id, row)| format!("{id:?} {row:?}"));
    let mut all: Vec<String> = rows.collect();
    all.extend(
        state.pipelines().iter().map(|(id, row)| format!("{id:?} {row:?} {:?}", state.summary(id))),
    );
    all.extend(
        state
            .projects()
            .iter()
            .map(|(id, row)| format!("{id:?} {row:?} {:?}", state.project_summary(id))),
    );
    all.extend(state.runners().iter().map(|(id, row)| format!("{id:?} {row:?}")));
    let places = state.tiers().iter().map(|(place, _)| Some(place)).chain([None]);
    all.extend(places.map(|place| format!("{place:?} {:?}", state.queue(place))));
    all.push(format!("collected: {} of them not: {}", state.is_collected(), state.uncollected()));
    all
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn applying_an_update_again_changes_nothing(before in updates(), one in update()) {
        let mut state = state(before);
        state.apply(one.clone(), now());
        let once = seen(&state);
        let changes = state.apply(one, now());
        prop_assert_eq!(seen(&state), once);
        prop_assert!(changes.is_empty(), "called a change: {:?}", changes);
    }

    #[test]
    fn what_is_remembered_never_replaces_what_is_live(before in updates(), one in upsert()) {
        let remembered = Update { origin: Origin::Cache, ..one };
        let mut state = state(before);
        let live: Vec<String> = state
            .jobs()
            .iter()
            .filter(|(_, row)| row.origin == Origin::Live)
            .map(|(id, row)| format!("{id:?} {:?}", row.value))
            .collect();
        state.apply(remembered, now());
        let after: Vec<String> =
            state.jobs().iter().map(|(id, row)| format!("{id:?} {:?}", row.value)).collect();
        prop_assert!(live.iter().all(|row| after.contains(row)), "{live:#?}\n{after:#?}");
    }

    #[test]
    fn the_older_never_replaces_the_younger_whichever_comes_first(a in upsert(), b in upsert()) {
        prop_assume!(a.at != b.at);
        let values = |state: &State| -> Vec<String> {
            // A reason is kept once it is known: only some answers carry it.
            let plain = |job: &Job| Job { failure_reason: None, ..job.clone() };
            let jobs = state.jobs().iter().map(|(id, row)| format!("{id:?} {:?}", plain(&row.value)));
            let pipelines = state.pipelines().iter().map(|(id, row)| format!("{id:?} {:?}", row.value));
            jobs.chain(pipelines).collect()
        };
        let one_way = state(vec![a.clone(), b.clone()]);
        let other_way = state(vec![b, a]);
        prop_assert_eq!(values(&one_way), values(&other_way));
    }

    #[test]
    fn a_clone_does_not_move_with_the_original(before in updates(), one in update()) {
        let mut state = state(before);
        let (clone, then) = (state.clone(), seen(&state));
        state.apply(one, now());
        prop_assert_eq!(seen(&clone), then);
    }

    #[test]
    fn a_mended_listing_is_the_one_that_would_be_made_anew(before in work(), news in work(), question in question()) {
        // Feeds bring projects and pipelines before jobs, so all of them are known here.
        let mut state = state([fleet(), before].concat());
        let mut listing = build(&state, &question);
        for one in news {
            let changes = state.apply(one, now());
            let cx = Cx { state: &state, now: now() };
            prop_assert!(listing.mend(&cx, &question, &changes));
        }
        if question.query.moves_with_time() {
            // Ages also grow by confirmations that change no row. The console asks these questions anew every second.
            return Ok(());
        }
        listing.recount(question.lens.scan(&state, None).count());
        prop_assert_eq!(listing, build(&state, &question));
    }

    #[test]
    fn what_is_let_go_has_left_the_last_hour(before in updates()) {
        let mut state = state(before);
        state.prune(now());
        let again = state.prune(now());
        prop_assert!(again.is_empty(), "not all was let go at once: {:?}", again);
        for (id, row) in state.jobs().iter() {
            let left = row.value.finished_at.is_some_and(|at| row.value.status.has_ended() && (now() - watchfloor::domain::Timestamp::from(at)).get_seconds() > 3600);
            prop_assert!(!left, "{:?} ended over an hour ago", id);
        }
    }
}
