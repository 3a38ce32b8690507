//! Whether budgets that are low were spent before: their past, read once and carried on from pass to pass.

use std::collections::{HashMap, HashSet};

use jiff::SignedDuration;

use super::client::{Prometheus, gap};
use crate::api::Error;
use crate::domain::{Recovery, Slo, SloId, Timestamp};

/// Into how many parts a period is divided: twenty minutes each in a month.
const PARTS: i32 = 2000;
/// At most so many questions in one pass, for the budgets that have least left.
const MOST: usize = 8;

/// What is known of the past of budgets.
#[derive(Debug, Default)]
pub(super) struct Pasts(HashMap<SloId, Recovery>);

impl Pasts {
    /// Carries on what is known to what is left now, without a question: of whom nothing is known, nothing becomes known
    /// until it is spent.
    pub(super) fn remember(&mut self, slos: &mut [Slo]) {
        self.carry_on(slos);
        for slo in slos {
            slo.recovery = self.0.get(&slo.id).copied();
        }
    }

    /// Carries on what is known to what is left now, and forgets whom nobody names any more.
    fn carry_on(&mut self, slos: &[Slo]) {
        let ids: HashSet<SloId> = slos.iter().map(|slo| slo.id).collect();
        self.0.retain(|id, _| ids.contains(id));
        for slo in slos {
            let Some(left) = slo.remaining().filter(|left| left.is_finite()) else { continue };
            match self.0.get_mut(&slo.id) {
                Some(known) => *known = known.then(left),
                None if left <= 0.0 => {
                    self.0.insert(slo.id, Recovery::SinceSpent { most: 0.0 });
                }
                None => {}
            }
        }
    }

    /// Whose past has to be read, the lowest first.
    fn wanted<'a>(&self, slos: &'a [Slo]) -> Vec<&'a Slo> {
        let low = |slo: &'a Slo| {
            let left = slo.remaining().filter(|left| *left <= Recovery::READ_BELOW)?;
            (!self.0.contains_key(&slo.id)).then_some((left, slo))
        };
        let mut all: Vec<(f64, &Slo)> = slos.iter().filter_map(low).collect();
        all.sort_by(|one, other| one.0.total_cmp(&other.0));
        all.into_iter().take(MOST).map(|(_, slo)| slo).collect()
    }
}

impl Prometheus {
    /// Says of each objective that is low whether its budget has come back since it was last spent.
    pub(super) async fn recover(&self, pasts: &mut Pasts, slos: &mut [Slo]) -> Result<(), Error> {
        pasts.carry_on(slos);
        let now = self.now();
        let mut outcome = Ok(());
        for slo in pasts.wanted(slos) {
            match self.recovery(slo, now).await {
                Ok(found) => pasts.0.extend(found.map(|found| (slo.id, found))),
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        for slo in slos {
            slo.recovery = pasts.0.get(&slo.id).copied();
        }
        outcome
    }

    /// The past of one budget over its period, by the expression that shows what is left of it.
    async fn recovery(&self, slo: &Slo, now: Timestamp) -> Result<Option<Recovery>, Error> {
        let Some(query) = slo.queries.iter().find(|query| *query.name == *"budget left") else {
            return Ok(None);
        };
        #[expect(clippy::cast_possible_truncation, reason = "a period in seconds")]
        let period = SignedDuration::from_secs(slo.period.seconds() as i64);
        let start = now.checked_sub(period).unwrap_or(Timestamp::UNIX_EPOCH);
        let answer = self.over(&query.text, (start, now), period / PARTS).await?;
        if let Some(error) = gap(&answer.warnings) {
            return Err(error);
        }
        // More than one series is an expression that does not tell its objective from another.
        let [line] = answer.data.as_slice() else { return Ok(None) };
        let left = slo.remaining();
        Ok(Recovery::of(line.points.iter().map(|(_, left)| *left).chain(left)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::slo::fixture::slo;

    fn with(id: &str, ratio: f64) -> Slo {
        Slo { id: SloId::of(&[id]), ..slo(0.999, ratio, &[]) }
    }

    #[test]
    fn only_low_budgets_of_unknown_past_are_asked_for_the_lowest_first() {
        let all = [with("fine", 0.0001), with("low", 0.0007), with("lower", 0.0009)];
        let pasts = Pasts::default();
        let ids: Vec<SloId> = pasts.wanted(&all).into_iter().map(|slo| slo.id).collect();
        assert_eq!(ids, [all[2].id, all[1].id]);
    }

    #[test]
    fn what_is_spent_needs_no_question_and_is_carried_on() {
        let mut pasts = Pasts::default();
        pasts.carry_on(&[with("one", 0.002)]);
        assert!(pasts.wanted(&[with("one", 0.00097)]).is_empty());
        pasts.carry_on(&[with("one", 0.0009)]);
        let [(_, known)] = pasts.0.iter().collect::<Vec<_>>()[..] else { panic!("one") };
        assert!(known.is_frozen(0.11) && !known.is_frozen(0.09), "{known:?}");
    }

    #[test]
    fn without_a_question_only_what_was_seen_spent_is_known() {
        let mut pasts = Pasts::default();
        let mut seen = |ratio: f64| {
            let mut slos = [with("one", ratio)];
            pasts.remember(&mut slos);
            slos[0].recovery
        };
        assert_eq!(seen(0.00097), None);
        assert_eq!(seen(0.002), Some(Recovery::SinceSpent { most: 0.0 }));
        assert!(seen(0.00097).is_some_and(|known| known.is_frozen(0.05)));
        assert!(seen(0.0).is_some_and(|known| !known.is_frozen(0.05)));
    }

    #[test]
    fn who_is_gone_is_forgotten() {
        let mut pasts = Pasts::default();
        pasts.carry_on(&[with("one", 0.002)]);
        pasts.carry_on(&[]);
        assert!(pasts.0.is_empty());
    }
}
