//! [`pace`]: how fast and how alike each reviewer decided, so that stamping without looking can be seen.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Serialize;

use super::event::{Ballot, Decision};
use super::standing::Campaign;
use crate::domain::Text;

/// A longer gap between two decisions is a break.
const BREAK: SignedDuration = SignedDuration::from_mins(30);
/// Faster than this an item was hardly looked at, seconds.
const HASTY: f64 = 3.0;
/// Below so many nothing is said of haste or likeness.
const LEAST: u64 = 20;

/// How one reviewer decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pace {
    /// Who.
    pub reviewer: Text,
    /// How often they decided.
    pub acts: u64,
    /// About how many items, those of several at once each counted.
    pub items: u64,
    /// Of how many items they said keep.
    pub keep: u64,
    /// How many items the time is known of: the first decision after a break tells none.
    pub timed: u64,
    /// The median time for an item, seconds.
    pub median_seconds: Option<f64>,
    /// Whether the median item took less than three seconds; never said below 20 timed items.
    pub is_hasty: bool,
    /// Whether every item was kept; never said below 20 items.
    pub is_all_keep: bool,
}

/// How each reviewer decided, by name.
pub fn pace(campaign: &Campaign) -> Vec<Pace> {
    let mut by: BTreeMap<String, Vec<&Ballot>> = BTreeMap::new();
    for (ballot, _) in campaign.ballots() {
        by.entry(ballot.by.username.to_lowercase()).or_default().push(ballot);
    }
    by.values().filter_map(|ballots| of(ballots)).collect()
}

fn of(ballots: &[&Ballot]) -> Option<Pace> {
    let count = |ballot: &&Ballot| ballot.items.len() as u64;
    let items: u64 = ballots.iter().map(count).sum();
    let kept = ballots.iter().filter(|ballot| ballot.decision == Decision::Keep);
    let keep: u64 = kept.map(count).sum();
    let mut gaps = Vec::new();
    for pair in ballots.windows(2) {
        let [before, after] = pair else { continue };
        let gap = after.at.duration_since(before.at);
        if gap < BREAK {
            #[expect(clippy::cast_precision_loss, reason = "items are counted in thousands")]
            let each = gap.as_secs_f64() / after.items.len().max(1) as f64;
            gaps.push((each, count(after)));
        }
    }
    gaps.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let timed: u64 = gaps.iter().map(|(_, items)| items).sum();
    let median_seconds = median(&gaps, timed);
    Some(Pace {
        reviewer: ballots.first()?.by.username.clone(),
        acts: ballots.len() as u64,
        items,
        keep,
        timed,
        median_seconds,
        is_hasty: timed >= LEAST && median_seconds.is_some_and(|median| median < HASTY),
        is_all_keep: items >= LEAST && keep == items,
    })
}

/// The time of the item in the middle: a real one.
fn median(gaps: &[(f64, u64)], timed: u64) -> Option<f64> {
    let mut seen = 0;
    gaps.iter().find_map(|(each, items)| {
        seen += items;
        (seen * 2 >= timed).then_some(*each)
    })
}

#[cfg(test)]
mod tests {
    use super::super::event::Event;
    use super::super::fixture::{ballot, campaign};
    use super::*;

    fn decided(count: i64, apart: i64, decision: &Decision) -> Pace {
        let mut of = campaign();
        for number in 0..count {
            let second = number * apart;
            of.apply(&Event::Decided(ballot(
                "mina",
                "setting:group:acme",
                decision.clone(),
                second,
            )));
        }
        pace(&of).remove(0)
    }

    #[test]
    fn twenty_one_keeps_a_second_apart_are_hasty_and_all_alike() {
        let pace = decided(21, 1, &Decision::Keep);
        assert_eq!((pace.timed, pace.median_seconds), (20, Some(1.0)));
        assert!(pace.is_hasty && pace.is_all_keep);
    }

    #[test]
    fn of_few_nothing_is_said() {
        let pace = decided(19, 1, &Decision::Keep);
        assert!(!pace.is_hasty && !pace.is_all_keep);
    }

    #[test]
    fn who_takes_time_is_not_hasty_and_breaks_do_not_count() {
        assert!(!decided(21, 5, &Decision::Keep).is_hasty);
        let pace = decided(3, 3600, &Decision::Revoke);
        assert_eq!((pace.timed, pace.median_seconds, pace.is_all_keep), (0, None, false));
    }
}
