//! Rules about rights: grave findings that no exception covers, a campaign that is late, and what was decided and is not done.

use super::{Rule, Scene};
use crate::access::{Found, Picture, finding_address};
use crate::domain::time::{coarse, seconds_between};
use crate::domain::{EntityId, Evidence, Finding, FindingId, Joined, Severity, SourceId, Text};
use crate::state::Review;

/// So many codes are named; the others are only counted.
const NAMED: usize = 5;

/// A campaign is told of this long before it should be over, seconds.
const NEAR: i64 = 7 * 86_400;

/// Critical and high findings of rights, together in one line: a week's work, no incident.
pub(super) fn grave(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let Some(picture) = scene.state.picture() else { return Vec::new() };
    let is_grave = |one: &&Found| one.covered_by.is_none() && one.severity <= Severity::High;
    let mut grave: Vec<&Found> = picture.report().findings.iter().filter(is_grave).collect();
    grave.sort_by_key(|one| (one.severity, one.code));
    let Some(worst) = grave.first() else { return Vec::new() };
    let mut codes: Vec<&str> = grave.iter().map(|one| one.code.word()).collect();
    codes.dedup();
    let more = codes.len().saturating_sub(NAMED);
    let named = codes.into_iter().take(NAMED).collect::<Vec<_>>().join(" ");
    let rest = if more > 0 { format!(" and {more} more rules") } else { String::new() };
    let critical = picture.uncovered(Severity::Critical);
    let count = grave.len();
    let what =
        if count == 1 { "1 grave finding".to_owned() } else { format!("{count} grave findings") };
    let told = if critical > 0 { format!(", {critical} of them critical") } else { String::new() };
    vec![Finding {
        id: FindingId { code: rule.code, about: EntityId::AccessFinding(finding_address(worst)) },
        severity: if critical > 0 { Severity::High } else { Severity::Medium },
        title: Text::new(&format!("rights: {what}{told}: {named}{rest}")),
        evidence: grave.iter().take(NAMED).map(|one| proof(picture, one)).collect(),
        next_step: Text::new("look at the findings of the pane Access, the gravest first"),
        since: None,
        count: count as u64,
        joined: Joined::default(),
    }]
}

fn proof(picture: &Picture, found: &Found) -> Evidence {
    Evidence {
        field: found.code.word(),
        value: found.title.clone(),
        source: SourceId::ACCESS.0,
        seen_at: Some(picture.population().taken_at),
    }
}

/// A campaign that should be over soon, or should have been, with items that nobody decided about.
pub(super) fn late(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let Some(review) = scene.state.review().filter(|review| !review.is_signed()) else {
        return Vec::new();
    };
    let account = review.account();
    let (open, Some(due)) = (account.progress.open, account.start.due) else { return Vec::new() };
    let left = seconds_between(scene.now, due);
    if open == 0 || left > NEAR {
        return Vec::new();
    }
    let (severity, when) = if left > 0 {
        (Severity::Low, format!("is due in {}", coarse(left)))
    } else {
        (Severity::Medium, format!("should have been over {} ago", coarse(-left)))
    };
    let name = &account.start.campaign;
    let title = format!("campaign {name} {when}: {open} items are open, and open is not kept");
    vec![of_review(rule, review, (severity, &title, open))]
}

/// What was decided to go or to change, and of which nothing proves that it did.
pub(super) fn undone(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let Some(review) = scene.state.review() else { return Vec::new() };
    let progress = &review.account().progress;
    let left = (progress.revoke + progress.modify).saturating_sub(progress.verified);
    if left == 0 {
        return Vec::new();
    }
    let name = &review.account().start.campaign;
    let title = format!(
        "campaign {name}: {left} rights were to go or to change, and nothing proves that they did"
    );
    vec![of_review(rule, review, (Severity::Medium, &title, left))]
}

fn of_review(
    rule: &Rule,
    review: &Review,
    (severity, title, count): (Severity, &str, u64),
) -> Finding {
    let progress = review.account().progress;
    let told = format!(
        "{} of {} decided, {} verified",
        progress.decided(),
        progress.items,
        progress.verified
    );
    let first = review.items().next().map(|one| one.id);
    let about = first.map_or(EntityId::Deed(crate::domain::DeedId(0)), EntityId::ReviewItem);
    Finding {
        id: FindingId { code: rule.code, about },
        severity,
        title: Text::new(title),
        evidence: vec![Evidence {
            field: "campaign.progress",
            value: Text::new(&told),
            source: "reviews",
            seen_at: None,
        }],
        next_step: Text::new("look at the items of the pane Access"),
        since: None,
        count,
        joined: Joined::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::access::Limits;
    use crate::access::campaign::fixture::{campaign, decide, population};
    use crate::access::campaign::{Campaign, Decision, pace};
    use crate::domain::{Tiers, Timestamp};
    use crate::finding::RULES;
    use crate::state::{Account, ReviewChange, State};

    fn now() -> Timestamp {
        crate::access::rules::fixture::NOW.parse().unwrap()
    }

    fn found(state: &State, code: &str, now: Timestamp) -> Vec<Finding> {
        let rule = RULES.iter().find(|rule| rule.code == code).unwrap();
        (rule.find)(rule, &Scene { state, now })
    }

    fn with(of: &Campaign, due: Option<Timestamp>) -> State {
        let mut state = State::new(Tiers::default());
        let stands = (0..of.frozen.items.len()).filter_map(|place| of.stand(place)).collect();
        let start = crate::access::campaign::Start { due, ..of.start.clone() };
        let account = Account { start, progress: of.progress(), pace: pace(of), signs: Vec::new() };
        let frozen = Arc::clone(&of.frozen);
        state.take_review(ReviewChange::Opened { frozen, stands, account: Box::new(account) });
        state
    }

    #[test]
    fn grave_findings_are_one_line_and_those_of_less_weight_are_none() {
        let mut state = State::new(Tiers::default());
        assert!(found(&state, "access.grave", now()).is_empty());
        let picture = Picture::of(Arc::new(population()), &Limits::default(), &[], now());
        let grave = picture.uncovered(Severity::Critical) + picture.uncovered(Severity::High);
        state.set_picture(Arc::new(picture));
        let told = found(&state, "access.grave", now());
        assert_eq!((told.len(), told[0].count), (1, grave as u64));
    }

    #[test]
    fn a_campaign_is_told_of_when_it_is_near_its_end_and_graver_when_it_is_past() {
        let of = campaign();
        let later = |days: i64| now() + jiff::SignedDuration::from_hours(24 * days);
        let severity =
            |due| found(&with(&of, due), "access.review", now()).first().map(|one| one.severity);
        assert_eq!(severity(None), None);
        assert_eq!(severity(Some(later(8))), None);
        assert_eq!(severity(Some(later(6))), Some(Severity::Low));
        assert_eq!(severity(Some(later(-1))), Some(Severity::Medium));
    }

    #[test]
    fn what_was_decided_and_not_proved_is_told() {
        let mut of = campaign();
        assert!(found(&with(&of, None), "access.undone", now()).is_empty());
        decide(&mut of, "mina", "grant:asha@acme/shop", Decision::Revoke);
        assert_eq!(found(&with(&of, None), "access.undone", now())[0].count, 1);
    }
}
