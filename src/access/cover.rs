//! [`cover`]: the active exception that covers a finding, if one does.

use super::verdict::{Code, Proof};
use crate::domain::exception::is_same_person;
use crate::domain::{ExceptionKind, Record, Text};

/// The exception in force that covers what a rule found. It must be one about access, narrowed by its scope, and everything
/// that its scope says must hold for all of the finding.
pub(super) fn cover<'a>(code: Code, proof: &Proof, in_force: &[&'a Record]) -> Option<&'a Text> {
    in_force.iter().find(|record| covers(record, code, proof)).map(|record| &record.id)
}

fn covers(record: &Record, code: Code, proof: &Proof) -> bool {
    let scope = &record.scope;
    let names_rule = scope.policies.iter().any(|policy| {
        policy.eq_ignore_ascii_case(code.word()) || proof.names.iter().any(|name| name == policy)
    });
    let is_about_access = match record.kind {
        ExceptionKind::ReleaseRole => true,
        ExceptionKind::Policy => names_rule,
        _ => false,
    };
    // An exception without a scope would swallow everything; of runners and packages nothing here can tell.
    let is_narrow = !scope.is_empty()
        && scope.tiers.is_empty()
        && scope.packages.is_empty()
        && scope.other.iter().all(|(_, list)| list.is_empty());
    is_about_access
        && is_narrow
        && (scope.policies.is_empty() || names_rule)
        && holds_where(&scope.projects, proof)
        && (scope.environments.is_empty()
            || proof.environment.as_ref().is_some_and(|one| scope.environments.contains(one)))
        && (scope.resources.is_empty()
            || proof.names.iter().any(|name| scope.resources.contains(name)))
        && is_for(record, proof)
}

/// Whether every place of the finding is one of the exception's.
fn holds_where(projects: &[Text], proof: &Proof) -> bool {
    let is_listed = |place: &Text| projects.contains(place);
    projects.is_empty() || (!proof.places.is_empty() && proof.places.iter().all(is_listed))
}

/// Whether the person of the finding is one of those whom the exception is for.
fn is_for(record: &Record, proof: &Proof) -> bool {
    let Some(person) = &proof.person else { return true };
    let mut people = record.beneficiaries.iter().chain(&record.scope.resources);
    is_same_person(&record.requester, person) || people.any(|one| is_same_person(one, person))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Severity;
    use crate::domain::exception::{ExceptionScope, fixture};

    fn record(kind: ExceptionKind, scope: ExceptionScope) -> Record {
        let base = fixture::record("EXC-1", "2026-03-01", "2026-04-01");
        Record { kind, scope, beneficiaries: vec![Text::new("tomas")], ..base }
    }

    fn proof(person: &str, places: &[&str]) -> Proof {
        let mut proof = Proof::new(Severity::High, "t", "n").named(&Text::new(person));
        proof.places = places.iter().map(|place| Text::new(place)).collect();
        proof.person = Some(Text::new(person));
        proof
    }

    fn in_shop() -> ExceptionScope {
        ExceptionScope { projects: vec![Text::new("acme/shop")], ..ExceptionScope::default() }
    }

    fn is_covered(record: &Record, proof: &Proof) -> bool {
        cover(Code::A05, proof, &[record]).is_some()
    }

    #[test]
    fn a_release_role_in_its_project_covers_whom_it_is_for() {
        let record = record(ExceptionKind::ReleaseRole, in_shop());
        assert!(is_covered(&record, &proof("tomas", &["acme/shop"])));
        assert!(is_covered(&record, &proof("Asha", &["acme/shop"])));
    }

    #[test]
    fn it_covers_nobody_else_and_no_other_place() {
        let record = record(ExceptionKind::ReleaseRole, in_shop());
        assert!(!is_covered(&record, &proof("wei", &["acme/shop"])));
        assert!(!is_covered(&record, &proof("tomas", &["acme/shop", "acme/api"])));
        assert!(!is_covered(&record, &proof("tomas", &[])));
    }

    #[test]
    fn an_exception_of_another_kind_or_without_a_scope_covers_nothing() {
        let here = proof("tomas", &["acme/shop"]);
        assert!(!is_covered(&record(ExceptionKind::Runner, in_shop()), &here));
        let open = record(ExceptionKind::ReleaseRole, ExceptionScope::default());
        assert!(!is_covered(&open, &here));
    }

    #[test]
    fn a_policy_exception_must_name_the_rule() {
        let here = proof("tomas", &["acme/shop"]);
        let named = |code: &str| {
            let scope = ExceptionScope { policies: vec![Text::new(code)], ..in_shop() };
            record(ExceptionKind::Policy, scope)
        };
        assert!(is_covered(&named("a05"), &here));
        assert!(!is_covered(&named("A06"), &here));
        assert!(!is_covered(&record(ExceptionKind::Policy, in_shop()), &here));
    }
}
