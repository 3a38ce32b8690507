//! Rules about people and substance: who answers for it, who may approve it, and what makes up for it.

use super::Case;
use crate::domain::Flaw;
use crate::domain::exception::is_same_person;

/// Somebody owns the risk that is left.
pub(super) fn owner(case: &Case<'_>) -> Vec<Flaw> {
    if case.entry.record.owner.is_some() {
        return Vec::new();
    }
    let what = "nobody owns the risk that is left".to_owned();
    let cure = "add `owner`: the username of who answers for it";
    vec![case.error("owner-missing", "owner", (what, cure))]
}

/// Somebody else approves it: not who asked for it, and nobody who gains by it.
pub(super) fn approvers(case: &Case<'_>) -> Vec<Flaw> {
    let record = &case.entry.record;
    if record.approvers.is_empty() {
        let what = "nobody is named who approves it".to_owned();
        let cure = "add `approvers`: usernames, none of them the requester or a beneficiary";
        return vec![case.error("approver-missing", "approvers", (what, cure))];
    }
    let mut flaws = Vec::new();
    for approver in &record.approvers {
        if is_same_person(approver, &record.requester) {
            let what = format!("`{approver}` asked for it and approves it");
            let cure = "let somebody else approve it";
            flaws.push(case.error("approver-is-requester", "approvers", (what, cure)));
        }
        if record.beneficiaries.iter().any(|one| is_same_person(one, approver)) {
            let what = format!("`{approver}` gains by it and approves it");
            let cure = "let somebody approve it who gains nothing by it";
            flaws.push(case.error("approver-is-beneficiary", "approvers", (what, cure)));
        }
    }
    flaws
}

/// It is narrow, and something makes up for it.
pub(super) fn substance(case: &Case<'_>) -> Vec<Flaw> {
    let record = &case.entry.record;
    let mut flaws = Vec::new();
    if record.scope.is_empty() {
        let what = "its scope is empty: it would hold everywhere".to_owned();
        let cure = "name the projects, environments, tiers, resources, policies or packages";
        flaws.push(case.warning("scope-empty", "scope", (what, cure)));
    }
    if record.controls.is_empty() {
        let what = "nothing is said to make up for it".to_owned();
        let cure = "add `controls`: what is done instead while it holds";
        flaws.push(case.warning("controls-missing", "controls", (what, cure)));
    }
    flaws
}
