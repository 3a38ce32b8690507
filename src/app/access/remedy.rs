//! What became of what was decided: by the look that follows an act, and by every later reading.

use crate::access::Picture;
use crate::access::campaign::{Decision, Item, Remedy, RemedyState, Word};
use crate::domain::access::{Grant, Level};
use crate::domain::{ActReport, Ending, ReviewItemId, RightAt, Seen, Text, Timestamp};
use crate::state::{Reviewed, State};

/// What an act about an item came to. Only what is seen afterwards proves that it was done.
pub(super) fn of_act(
    state: &State,
    id: ReviewItemId,
    result: Result<&ActReport, &Text>,
    now: Timestamp,
) -> Option<Remedy> {
    let review = state.review()?;
    let Reviewed { item, stand, .. } = review.item(id)?;
    let decision = stand.decision()?;
    let campaign = review.account().start.campaign.clone();
    match result {
        // Nothing was sent: nothing became of it.
        Err(_) => None,
        Ok(report) => Some(remedy_of((campaign, item.key.clone()), decision, report, now)),
    }
}

/// What an act that was sent came to, for an item of a campaign that was decided so.
pub fn remedy_of(
    (campaign, item): (Text, Text),
    decision: &Decision,
    report: &ActReport,
    now: Timestamp,
) -> Remedy {
    let is_proved = report.after.as_ref().is_some_and(|seen| is_so(decision, seen));
    let state = match (is_proved, report.outcome.ending) {
        (true, Ending::Done) => RemedyState::Verified,
        (_, Ending::Failed) => RemedyState::Refused,
        (false, Ending::Done) if report.after.is_some() => RemedyState::Unchanged,
        _ => RemedyState::Sent,
    };
    let told = match state {
        RemedyState::Verified => Some(Text::new("looked at again right after it was sent")),
        _ => report.outcome.message.clone(),
    };
    Remedy { campaign, item, state, record: Some(report.seq), told, at: now }
}

/// Whether what was seen is what was decided.
fn is_so(decision: &Decision, seen: &Seen) -> bool {
    let is_gone = matches!(&*seen.state, RightAt::GONE | RightAt::ENDED);
    let fact = |name: &str| {
        seen.facts.iter().find(|(known, _)| &**known == name).map(|(_, told)| told.as_str())
    };
    match decision {
        Decision::Revoke => is_gone,
        Decision::Modify(to) => match Level::of_word(to.trim()) {
            Some(level) => fact(RightAt::LEVEL) == Some(level.word()),
            None => fact(RightAt::EXPIRES) == Some(to.trim()),
        },
        Decision::Keep | Decision::Escalate => false,
    }
}

/// What a reading proves or disproves of everything that was to go or to change, and that is not known yet.
pub(super) fn of_reading(state: &State, picture: &Picture, now: Timestamp) -> Vec<Remedy> {
    let Some(review) = state.review() else { return Vec::new() };
    let campaign = &review.account().start.campaign;
    let news = |one: Reviewed<'_>| {
        let word = one.stand.word()?;
        let was = one.stand.remedy.as_ref().map(|remedy| remedy.state);
        let grant = review.frozen().grant(&one.item.key);
        let found = judged(picture, (one.item, grant), word)?;
        // That it is still there is only news where somebody said that it went.
        let is_news = match found {
            RemedyState::Verified => was != Some(RemedyState::Verified),
            _ => matches!(was, Some(RemedyState::Verified | RemedyState::Sent)),
        };
        let taken = picture.population().taken_at;
        is_news.then(|| Remedy {
            campaign: campaign.clone(),
            item: one.item.key.clone(),
            state: found,
            record: one.stand.remedy.as_ref().and_then(|remedy| remedy.record),
            told: Some(Text::new(&format!("as of the reading of {taken}"))),
            at: now,
        })
    };
    review.items().filter_map(news).collect()
}

/// What a reading says of one item; `None` where it is older than the decision, or did not see its place as a whole.
fn judged(
    picture: &Picture,
    (item, grant): (&Item, Option<&Grant>),
    word: &Word,
) -> Option<RemedyState> {
    let place = grant.map(|grant| &grant.resource.path)?;
    let population = picture.population();
    let is_fresh = population
        .readings
        .iter()
        .any(|reading| reading.at == *place && reading.began_at > word.at);
    let is_whole = !population.gaps.iter().any(|gap| gap.concerns(place));
    if !is_fresh || !is_whole {
        return None;
    }
    let now = picture.grant_named(&item.key);
    let is_so = match &word.decision {
        Decision::Revoke => now.is_none(),
        Decision::Modify(to) => {
            let now = now?;
            match Level::of_word(to.trim()) {
                Some(level) => now.right.level == Some(level),
                None => now.expires_at.is_some_and(|at| at.to_string().starts_with(to.trim())),
            }
        }
        Decision::Keep | Decision::Escalate => return None,
    };
    Some(if is_so { RemedyState::Verified } else { RemedyState::Unchanged })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(state: &str, facts: &[(&str, &str)]) -> Seen {
        let facts = facts.iter().map(|(name, value)| (Text::new(name), Text::new(value))).collect();
        Seen { facts, ..Seen::new(Text::new("asha"), Text::new(state)) }
    }

    #[test]
    fn only_what_is_seen_gone_is_revoked() {
        assert!(is_so(&Decision::Revoke, &seen(RightAt::GONE, &[])));
        assert!(is_so(&Decision::Revoke, &seen(RightAt::ENDED, &[])));
        assert!(!is_so(&Decision::Revoke, &seen(RightAt::IN_FORCE, &[])));
    }

    #[test]
    fn a_change_is_proved_by_the_level_or_the_end_that_is_seen() {
        let there = seen(
            RightAt::IN_FORCE,
            &[(RightAt::LEVEL, "Developer"), (RightAt::EXPIRES, "2027-01-31")],
        );
        assert!(is_so(&Decision::Modify(Text::new("developer")), &there));
        assert!(is_so(&Decision::Modify(Text::new("2027-01-31")), &there));
        assert!(!is_so(&Decision::Modify(Text::new("guest")), &there));
        assert!(!is_so(&Decision::Modify(Text::new("2027-02-01")), &there));
        assert!(!is_so(&Decision::Keep, &there));
    }
}
