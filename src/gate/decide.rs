//! [`decide`]: the rule, from the first reason that lets a change through to the last that holds it.
//!
//! What lets a change through comes before what is measured: a broken Prometheus must not stop a rollback.

use crate::domain::{PairSeverity, Slo, SloState, Text, Timestamp};

use super::policy::{Fallback, Policy, TierPolicy};
use super::verdict::{
    ChangeClass, Decision, Deployed, Evidence, Facts, Judged, Reason, ReasonCode, Request, Verdict,
};

/// What one objective comes to.
type Said = (Decision, ReasonCode, String);

/// Decides whether a change may be deployed at `now`.
pub fn decide(policy: &Policy, request: &Request, facts: &Facts<'_>, now: Timestamp) -> Verdict {
    let tier = policy.tier(&request.environment);
    let fallback = tier.map_or(Fallback::Closed, |tier| tier.unknown);
    let mut notes = Vec::new();
    let (decision, mut reasons, counted_as) =
        if let Some(reason) = let_through(request, facts, &mut notes) {
            (Decision::Allow, vec![reason], request.class)
        } else {
            let (decision, reasons) = measure(policy, tier, facts);
            (decision, reasons, ordinary(request.class))
        };
    reasons.append(&mut notes);
    let exception = (decision == Decision::Allow).then(|| facts.exception.clone()).flatten();
    let valid_until = now.saturating_add(policy.valid_for).unwrap_or(now);
    let valid_until = exception.as_ref().map_or(valid_until, |one| valid_until.min(one.until));
    Verdict {
        decision,
        reasons,
        counted_as,
        tier: Text::new(tier.map_or("protected", |tier| &tier.name)),
        fallback,
        exception,
        at: now,
        valid_until,
    }
}

/// What a class counts as once nothing lets it through: a word alone opens nothing.
fn ordinary(class: ChangeClass) -> ChangeClass {
    match class {
        ChangeClass::Fix => ChangeClass::Fix,
        ChangeClass::Feature
        | ChangeClass::Reliability
        | ChangeClass::Security
        | ChangeClass::Rollback
        | ChangeClass::Emergency => ChangeClass::Feature,
    }
}

/// Why a change passes whatever the objectives say; what it lacked for that goes into `notes`.
fn let_through(request: &Request, facts: &Facts<'_>, notes: &mut Vec<Reason>) -> Option<Reason> {
    if request.class == ChangeClass::Rollback {
        match rollback(request, &facts.deployed) {
            Ok(reason) => return Some(reason),
            Err(lack) => notes.push(lack),
        }
    }
    if let Some(exception) = &facts.exception {
        let by: Vec<&str> = exception.approvers.iter().map(|name| &**name).collect();
        let text =
            format!("{} approved by {} until {}", exception.id, by.join(", "), exception.until);
        return Some(reason(ReasonCode::Exception, &text));
    }
    if request.class == ChangeClass::Emergency {
        let text = "an emergency passes only with an approved exception, and none is in force";
        notes.push(reason(ReasonCode::EmergencyWithoutException, text));
    }
    if matches!(request.class, ChangeClass::Security | ChangeClass::Reliability) {
        match vouched(request.class, &facts.evidence) {
            Ok(reason) => return Some(reason),
            Err(lack) => notes.push(lack),
        }
    }
    None
}

fn rollback(request: &Request, deployed: &Deployed) -> Result<Reason, Reason> {
    let lack = |text: &str| Err(reason(ReasonCode::RollbackUnproven, text));
    let Some(sha) = &request.sha else {
        return lack(
            "a rollback names the commit that it returns to with --sha; it counts as a feature",
        );
    };
    match deployed {
        Deployed::At(at) => {
            let text = format!("{sha} ran in {} before, deployed at {at}", request.environment);
            Ok(reason(ReasonCode::Rollback, &text))
        }
        Deployed::Never => lack(&format!(
            "{sha} was never deployed to {} successfully; it counts as a feature",
            request.environment
        )),
        Deployed::Unknown(why) => lack(&format!(
            "whether {sha} ran there before cannot be told: {why}; it counts as a feature"
        )),
        Deployed::NotAsked => {
            lack("whether it ran there before was not asked; it counts as a feature")
        }
    }
}

fn vouched(class: ChangeClass, evidence: &Evidence) -> Result<Reason, Reason> {
    let lack = |text: &str| Err(reason(ReasonCode::EvidenceMissing, text));
    match evidence {
        Evidence::Vouched { by, what } => {
            Ok(reason(ReasonCode::Vouched, &format!("{by} vouches for a {class} change: {what}")))
        }
        Evidence::Missing(what) => lack(&format!(
            "nobody but the author calls it a {class} change: {what}; it counts as a feature"
        )),
        Evidence::Unknown(why) => lack(&format!(
            "the evidence for a {class} change cannot be read: {why}; it counts as a feature"
        )),
        Evidence::NotAsked => lack(&format!(
            "the policy names no evidence for a {class} change; it counts as a feature"
        )),
    }
}

/// What the objectives say, the gravest first.
fn measure(
    policy: &Policy,
    tier: Option<&TierPolicy>,
    facts: &Facts<'_>,
) -> (Decision, Vec<Reason>) {
    if let Some(why) = &facts.unreached {
        let text = format!("the objectives cannot be read: {why}");
        let decision = fall_back(tier.map(|tier| tier.unknown));
        return (decision, vec![reason(ReasonCode::Unreachable, &text)]);
    }
    if facts.objectives.is_empty() {
        let decision = fall_back(tier.map(|tier| tier.no_objective));
        return (
            decision,
            vec![reason(ReasonCode::NoObjective, "no objective is linked to the service")],
        );
    }
    let mut all: Vec<(Decision, Reason)> =
        facts.objectives.iter().filter_map(|one| judge(policy, tier, one)).collect();
    if let Some(why) = &facts.unheard {
        let text = format!("the alerts cannot be read: {why}");
        let decision = fall_back(tier.map(|tier| tier.unknown));
        all.push((decision, reason(ReasonCode::AlertsUnreachable, &text)));
    }
    // A denial that was measured outranks an objective that was not: both stop, but only one says why.
    all.sort_by_key(|(decision, _)| std::cmp::Reverse(*decision));
    if let Some((decision, _)) = all.first() {
        return (*decision, all.into_iter().map(|(_, reason)| reason).collect());
    }
    let text = match facts.objectives.len() {
        1 => "its objective is within its budget".to_owned(),
        n => format!("all {n} objectives are within their budgets"),
    };
    (Decision::Allow, vec![reason(ReasonCode::WithinBudget, &text)])
}

/// What one objective has against it, if anything: first what its alerts say by themselves, then that it cannot be judged,
/// then what its numbers say.
fn judge(
    policy: &Policy,
    tier: Option<&TierPolicy>,
    one: &Judged<'_>,
) -> Option<(Decision, Reason)> {
    let (decision, code, text) = alarmed(one)
        .or_else(|| unjudged(policy, tier, one))
        .or_else(|| against(policy, tier, one))?;
    let objective = Some(one.slo.key.clone());
    Some((decision, Reason { code, objective, text: Text::new(&text) }))
}

/// What the alerts of an objective say whatever can be said of its numbers.
fn alarmed(one: &Judged<'_>) -> Option<Said> {
    let key = &one.slo.key;
    if one.state == SloState::Young && one.firing.max(one.slo.burning()) == Some(PairSeverity::Page)
    {
        // Of its budget nothing is known yet; that it burns is.
        return Some((Decision::Deny, ReasonCode::Instability, instability(one.slo)));
    }
    one.is_called_spent.then(|| {
        let text = format!("{key} has an alert that says that its budget is spent");
        (Decision::Deny, ReasonCode::BudgetExhausted, text)
    })
}

/// That an objective burns fast, and where that means little.
fn instability(slo: &Slo) -> String {
    let mut pages = slo.pairs.iter().filter(|pair| pair.severity == PairSeverity::Page);
    let is_thin = pages
        .any(|pair| slo.burns(pair) == Some(true) && slo.is_one_event_enough(pair) == Some(true));
    let thin =
        if is_thin { "; with so few events a single bad one is enough for that" } else { "" };
    format!("{} burns fast enough to wake somebody{thin}", slo.key)
}

/// Why an objective cannot be judged, if so.
fn unjudged(policy: &Policy, tier: Option<&TierPolicy>, one: &Judged<'_>) -> Option<Said> {
    let unknown = fall_back(tier.map(|tier| tier.unknown));
    let key = &one.slo.key;
    match one.state {
        SloState::NoTraffic => {
            let decision = fall_back(tier.map(|tier| tier.no_traffic));
            let text = format!("{key} has no traffic: that is not healthy, it is unknown");
            Some((decision, ReasonCode::NoTraffic, text))
        }
        SloState::Young if one.slo.filled.is_none_or(|filled| filled < policy.least_filled) => {
            let filled = percent(one.slo.filled.unwrap_or(0.0));
            let text = format!("{key} is recorded for {filled} of its period only");
            Some((unknown, ReasonCode::Young, text))
        }
        state if !state.is_judged() && state != SloState::Young => {
            let text = format!("{key} cannot be judged: {}", state.words());
            Some((unknown, ReasonCode::NotJudged, text))
        }
        _ if one.slo.remaining().is_none() => {
            let text = format!("what is left of {key}'s budget is no number");
            Some((unknown, ReasonCode::NotJudged, text))
        }
        _ => None,
    }
}

/// What a judged objective has against the change, the gravest alone.
fn against(policy: &Policy, tier: Option<&TierPolicy>, one: &Judged<'_>) -> Option<Said> {
    let key = &one.slo.key;
    let left = one.slo.remaining()?;
    let burns = one.firing.max(one.slo.burning());
    if burns == Some(PairSeverity::Page) {
        return Some((Decision::Deny, ReasonCode::Instability, instability(one.slo)));
    }
    if left <= 0.0 {
        let text = format!("{key} has spent its budget: {} left", percent(left));
        return Some((Decision::Deny, ReasonCode::BudgetExhausted, text));
    }
    if let Some(said) = frozen(policy, tier, one.slo, left) {
        return Some(said);
    }
    if burns == Some(PairSeverity::Ticket) {
        let text = format!("{key} burns fast enough for a ticket");
        return Some((Decision::Warn, ReasonCode::SlowBurn, text));
    }
    (left < policy.warn_below).then(|| {
        let (left, below) = (percent(left), percent(policy.warn_below));
        let text = format!("{key} has {left} of its budget left, less than {below}");
        (Decision::Warn, ReasonCode::BudgetLow, text)
    })
}

/// What holds a change while a budget that was spent comes back, and while it is not known whether it was.
fn frozen(policy: &Policy, tier: Option<&TierPolicy>, slo: &Slo, left: f64) -> Option<Said> {
    let above = policy.unfreeze_above;
    if left > above {
        return None;
    }
    let (key, left, enough) = (&slo.key, percent(left), percent(above));
    match slo.recovery {
        Some(recovery) if recovery.is_frozen(above) => {
            let text = format!(
                "{key} had spent its budget, {left} is back: frozen until more than {enough}"
            );
            Some((Decision::Deny, ReasonCode::BudgetRecovering, text))
        }
        Some(_) => None,
        None => {
            let decision = fall_back(tier.map(|tier| tier.unknown));
            let text = format!(
                "{key} has {left} left, and whether it was spent is not known: its past was not read"
            );
            // What the policy lets through without measure is low still.
            (decision != Decision::Allow).then_some((decision, ReasonCode::PastUnknown, text))
        }
    }
}

fn fall_back(fallback: Option<Fallback>) -> Decision {
    match fallback {
        Some(Fallback::Open) => Decision::Allow,
        Some(Fallback::Warn) => Decision::Warn,
        Some(Fallback::Closed) | None => Decision::Unknown,
    }
}

fn percent(ratio: f64) -> String {
    format!("{:.1} %", ratio * 100.0)
}

fn reason(code: ReasonCode, text: &str) -> Reason {
    Reason { code, objective: None, text: Text::new(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::slo::Recovery;
    use crate::domain::slo::fixture::{at, slo};
    use crate::gate::Override;

    const CALM: &[(&str, f64, f64)] = &[("5m", 300.0, 0.0), ("1h", 3600.0, 0.0)];

    fn request(class: ChangeClass, environment: &str) -> Request {
        Request {
            service: Text::new("checkout"),
            environment: Text::new(environment),
            class,
            sha: Some(Text::new("c0ffee")),
        }
    }

    fn facts(slo: &Slo) -> Facts<'_> {
        Facts {
            objectives: vec![Judged {
                slo,
                state: slo.state(at(10)),
                firing: slo.firing,
                is_called_spent: slo.is_called_spent,
            }],
            unreached: None,
            unheard: None,
            deployed: Deployed::NotAsked,
            evidence: Evidence::NotAsked,
            exception: None,
        }
    }

    fn told(request: &Request, facts: &Facts<'_>) -> (Decision, Vec<&'static str>) {
        let verdict = decide(&Policy::default(), request, facts, at(10));
        (verdict.decision, verdict.reasons.iter().map(|reason| reason.code.as_str()).collect())
    }

    fn feature(slo: &Slo, environment: &str) -> (Decision, Vec<&'static str>) {
        told(&request(ChangeClass::Feature, environment), &facts(slo))
    }

    #[test]
    fn within_budget_is_allowed() {
        let calm = slo(0.999, 0.0005, CALM);
        assert_eq!(feature(&calm, "production"), (Decision::Allow, vec!["within_budget"]));
    }

    #[test]
    fn a_spent_budget_denies_and_a_low_one_warns() {
        assert_eq!(
            feature(&slo(0.999, 0.0011, CALM), "production"),
            (Decision::Deny, vec!["budget_exhausted"])
        );
        assert_eq!(
            feature(&slo(0.999, 0.0008, CALM), "production"),
            (Decision::Warn, vec!["budget_low"])
        );
    }

    #[test]
    fn a_page_denies_also_by_the_alert_alone() {
        let fast = slo(0.999, 0.0005, &[("5m", 300.0, 0.05), ("1h", 3600.0, 0.05)]);
        assert_eq!(feature(&fast, "production"), (Decision::Deny, vec!["instability"]));
        let fired = Slo { firing: Some(PairSeverity::Page), ..slo(0.999, 0.0005, CALM) };
        assert_eq!(feature(&fired, "production"), (Decision::Deny, vec!["instability"]));
    }

    #[test]
    fn a_budget_is_not_judged_before_enough_of_its_period_is_recorded() {
        let ticket: &[(&str, f64, f64)] = &[("2h", 7200.0, 0.004), ("1d", 86_400.0, 0.004)];
        let new = Slo { filled: Some(0.035), ..slo(0.999, 0.08, ticket) };
        assert!(new.remaining().is_some_and(|left| left < 0.0) && new.is_burning());
        assert_eq!(feature(&new, "production"), (Decision::Unknown, vec!["young"]));
        let patient = Policy { least_filled: 0.03, ..Policy::default() };
        let request = request(ChangeClass::Feature, "production");
        let verdict = decide(&patient, &request, &facts(&new), at(10));
        assert_eq!(verdict.reasons[0].code, ReasonCode::BudgetExhausted);
        // With an objective of one there is no budget, however young.
        let none = Slo { objective: 1.0, ..new };
        let verdict = decide(&patient, &request, &facts(&none), at(10));
        assert_eq!(verdict.reasons[0].code, ReasonCode::NotJudged);
    }

    #[test]
    fn a_young_objective_that_pages_denies_everywhere() {
        let fast = &[("5m", 300.0, 0.05), ("1h", 3600.0, 0.05)];
        let new = Slo { filled: Some(0.035), ..slo(0.999, 0.08, fast) };
        let all = ["production", "review/1"].map(|environment| feature(&new, environment));
        assert_eq!(
            all,
            [(Decision::Deny, vec!["instability"]), (Decision::Deny, vec!["instability"])]
        );
    }

    #[test]
    fn the_alert_error_budget_exhausted_denies_also_where_the_budget_is_no_number() {
        for ratio in [0.0005, f64::NAN] {
            let said = Slo { is_called_spent: true, ..slo(0.999, ratio, CALM) };
            assert_eq!(feature(&said, "production"), (Decision::Deny, vec!["budget_exhausted"]));
        }
    }

    #[test]
    fn a_page_of_few_events_says_that_one_bad_event_is_enough() {
        let fast = slo(0.999, 0.0005, &[("5m", 300.0, 0.05), ("1h", 3600.0, 0.05)]);
        let request = request(ChangeClass::Feature, "production");
        // 60 or 80 events an hour: one bad event is a burn of 16.7 or 12.5, and the page is at 14.4.
        for (hourly, is_thin) in [(60.0, true), (80.0, false)] {
            let counted = Slo { events: Some(hourly * 720.0), ..fast.clone() };
            let verdict = decide(&Policy::default(), &request, &facts(&counted), at(10));
            let text = &verdict.reasons[0].text;
            assert_eq!(verdict.decision, Decision::Deny);
            assert_eq!(text.contains("a single bad one is enough"), is_thin, "{text}");
        }
    }

    #[test]
    fn a_ticket_warns() {
        let fired = Slo { firing: Some(PairSeverity::Ticket), ..slo(0.999, 0.0005, CALM) };
        assert_eq!(feature(&fired, "production"), (Decision::Warn, vec!["slow_burn"]));
    }

    #[test]
    fn what_cannot_be_judged_is_unknown_in_production_a_warning_in_staging_and_allowed_for_review()
    {
        let bare = Slo { rule_error: Some(Text::new("err")), ..slo(0.999, 0.0005, CALM) };
        let all =
            ["production", "staging", "review/1"].map(|environment| feature(&bare, environment).0);
        assert_eq!(all, [Decision::Unknown, Decision::Warn, Decision::Allow]);
    }

    #[test]
    fn no_objective_and_an_unreachable_prometheus_are_unknown_in_production() {
        let calm = slo(0.999, 0.0005, CALM);
        let none = Facts { objectives: Vec::new(), ..facts(&calm) };
        let feature = request(ChangeClass::Feature, "production");
        assert_eq!(told(&feature, &none), (Decision::Unknown, vec!["no_objective"]));
        let dark = Facts { unreached: Some(Text::new("connection refused")), ..facts(&calm) };
        assert_eq!(told(&feature, &dark), (Decision::Unknown, vec!["unreachable"]));
    }

    #[test]
    fn a_measured_denial_outranks_what_was_not_measured() {
        let (bad, dark) = (
            slo(0.999, 0.002, CALM),
            Slo { rule_error: Some(Text::new("err")), ..slo(0.999, 0.0, CALM) },
        );
        let mut both = facts(&dark);
        both.objectives.append(&mut facts(&bad).objectives);
        let told = told(&request(ChangeClass::Feature, "production"), &both);
        assert_eq!(told, (Decision::Deny, vec!["budget_exhausted", "not_judged"]));
    }

    #[test]
    fn a_rollback_passes_a_freeze_and_a_dark_prometheus_once_it_is_proven() {
        let bad = slo(0.999, 0.002, CALM);
        let back = request(ChangeClass::Rollback, "production");
        let proven = Facts { deployed: Deployed::At(at(-86_400)), ..facts(&bad) };
        assert_eq!(told(&back, &proven), (Decision::Allow, vec!["rollback"]));
        let dark = Facts { unreached: Some(Text::new("refused")), ..proven };
        assert_eq!(told(&back, &dark), (Decision::Allow, vec!["rollback"]));
    }

    #[test]
    fn a_rollback_without_proof_counts_as_a_feature() {
        let bad = slo(0.999, 0.002, CALM);
        let back = request(ChangeClass::Rollback, "production");
        for deployed in [Deployed::Never, Deployed::NotAsked, Deployed::Unknown(Text::new("403"))] {
            let facts = Facts { deployed, ..facts(&bad) };
            assert_eq!(
                told(&back, &facts),
                (Decision::Deny, vec!["budget_exhausted", "rollback_unproven"])
            );
        }
        let unnamed = Request { sha: None, ..back };
        let proven = Facts { deployed: Deployed::At(at(0)), ..facts(&bad) };
        assert_eq!(told(&unnamed, &proven).0, Decision::Deny);
        let verdict = decide(&Policy::default(), &unnamed, &proven, at(10));
        assert_eq!(verdict.counted_as, ChangeClass::Feature);
    }

    #[test]
    fn an_emergency_passes_only_with_an_exception() {
        let bad = slo(0.999, 0.002, CALM);
        let emergency = request(ChangeClass::Emergency, "production");
        let codes = vec!["budget_exhausted", "emergency_without_exception"];
        assert_eq!(told(&emergency, &facts(&bad)), (Decision::Deny, codes));
        let exception = Override {
            id: Text::new("EX-0001"),
            until: at(60),
            approvers: vec![Text::new("a.poe")],
        };
        let allowed = Facts { exception: Some(exception), ..facts(&bad) };
        assert_eq!(told(&emergency, &allowed), (Decision::Allow, vec!["exception"]));
    }

    #[test]
    fn a_verdict_holds_no_longer_than_the_exception_that_it_rests_on() {
        let bad = slo(0.999, 0.002, CALM);
        let exception = Override { id: Text::new("EX-0001"), until: at(60), approvers: Vec::new() };
        let facts = Facts { exception: Some(exception), ..facts(&bad) };
        let request = request(ChangeClass::Feature, "production");
        assert_eq!(decide(&Policy::default(), &request, &facts, at(10)).valid_until, at(60));
    }

    #[test]
    fn a_security_change_passes_only_when_somebody_else_vouches_for_it() {
        let bad = slo(0.999, 0.002, CALM);
        let security = request(ChangeClass::Security, "production");
        let vouched = Evidence::Vouched {
            by: Text::new("a.poe"),
            what: Text::new("label change::security on !7"),
        };
        let proven = Facts { evidence: vouched, ..facts(&bad) };
        assert_eq!(told(&security, &proven), (Decision::Allow, vec!["vouched"]));
        for evidence in [
            Evidence::Missing(Text::new("no label")),
            Evidence::Unknown(Text::new("403")),
            Evidence::NotAsked,
        ] {
            let bare = Facts { evidence, ..facts(&bad) };
            assert_eq!(
                told(&security, &bare),
                (Decision::Deny, vec!["budget_exhausted", "evidence_missing"])
            );
        }
    }

    #[test]
    fn a_budget_that_was_spent_stays_frozen_until_it_has_recovered() {
        let with = |recovery, environment| {
            feature(&Slo { recovery, ..slo(0.999, 0.00097, CALM) }, environment)
        };
        let spent = |most| Some(Recovery::SinceSpent { most });
        let frozen = (Decision::Deny, vec!["budget_recovering"]);
        let low = (Decision::Warn, vec!["budget_low"]);
        assert_eq!(with(spent(0.05), "production"), frozen);
        assert_eq!(with(spent(0.05), "review/1"), frozen);
        assert_eq!(with(spent(0.06), "production"), low);
        assert_eq!(with(Some(Recovery::NeverSpent), "production"), low);
    }

    #[test]
    fn a_past_that_was_not_read_is_unknown_where_the_policy_is_closed_and_never_fine() {
        let low = slo(0.999, 0.00097, CALM);
        let all = ["production", "staging", "review/1"].map(|one| feature(&low, one));
        let expected = [
            (Decision::Unknown, vec!["past_unknown"]),
            (Decision::Warn, vec!["past_unknown"]),
            (Decision::Warn, vec!["budget_low"]),
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn alerts_that_cannot_be_read_are_unknown_and_hide_no_denial() {
        let calm = slo(0.999, 0.0005, CALM);
        let deaf = Facts { unheard: Some(Text::new("403")), ..facts(&calm) };
        let change = request(ChangeClass::Feature, "production");
        assert_eq!(told(&change, &deaf), (Decision::Unknown, vec!["alerts_unreachable"]));
        let bad = slo(0.999, 0.002, CALM);
        let deaf = Facts { unheard: Some(Text::new("403")), ..facts(&bad) };
        let both = vec!["budget_exhausted", "alerts_unreachable"];
        assert_eq!(told(&change, &deaf), (Decision::Deny, both));
    }

    #[test]
    fn an_alert_that_alertmanager_alone_knows_counts() {
        let calm = slo(0.999, 0.0005, CALM);
        let mut facts = facts(&calm);
        facts.objectives[0].firing = Some(PairSeverity::Page);
        let change = request(ChangeClass::Feature, "production");
        assert_eq!(told(&change, &facts), (Decision::Deny, vec!["instability"]));
    }

    #[test]
    fn no_traffic_is_not_healthy() {
        let silent = slo(0.999, f64::NAN, &[("5m", 300.0, f64::NAN)]);
        assert_eq!(feature(&silent, "production"), (Decision::Unknown, vec!["no_traffic"]));
    }

    #[test]
    fn a_period_of_which_too_little_is_recorded_is_unknown() {
        let young = Slo { filled: Some(0.23), ..slo(0.999, 0.0005, CALM) };
        assert_eq!(feature(&young, "production"), (Decision::Unknown, vec!["young"]));
        let older = Slo { filled: Some(0.8), ..slo(0.999, 0.0005, CALM) };
        assert_eq!(feature(&older, "production"), (Decision::Allow, vec!["within_budget"]));
    }
}
