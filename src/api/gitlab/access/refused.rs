//! What a refusal of one part means: which lack it is, and what would cure it.

use crate::api::Error;
use crate::domain::access::{Lack, Part};
use crate::domain::{FailureKind, Text};

/// Why one part cannot be read, where the other parts of its place still can; `None` for what may pass.
pub(super) fn of_part(part: Part, error: &Error) -> Option<(Lack, Text)> {
    let lack = match error.kind {
        FailureKind::ScopeMissing => Lack::Scope,
        FailureKind::NotFound if is_paid(part) => Lack::Plan,
        FailureKind::Forbidden | FailureKind::NotFound => Lack::Forbidden,
        // Of tokens GitLab says 401 to whoever may not see them, as if the caller's own token were at fault.
        FailureKind::TokenInvalid if is_of_tokens(part) => Lack::Forbidden,
        FailureKind::Query
        | FailureKind::Shape
        | FailureKind::NotJson
        | FailureKind::Definition
        | FailureKind::Other => Lack::Failed,
        _ => return None,
    };
    let cure = cure(part, lack);
    Some((lack, Text::new(&format!("{}; {cure}", error.message))))
}

/// Whether GitLab may answer 401 to a token that is good.
pub(super) fn is_of_tokens(part: Part) -> bool {
    matches!(part, Part::AccessTokens | Part::PersonalTokens | Part::ServiceAccounts)
}

/// Whether GitLab answers 404 where the plan lacks it.
fn is_paid(part: Part) -> bool {
    use Part::{
        Approvals, CustomRoles, Environments, Policies, SamlLinks, ScimIdentities, ServiceAccounts,
    };
    matches!(
        part,
        SamlLinks
            | ScimIdentities
            | CustomRoles
            | Environments
            | Approvals
            | Policies
            | ServiceAccounts
    )
}

/// What would let it be read.
fn cure(part: Part, lack: Lack) -> &'static str {
    match (lack, part) {
        (Lack::Plan, _) => "this GitLab's plan does not have it, or the token may not see it",
        (Lack::Scope, _) => "a token with scope read_api is needed",
        (Lack::Failed, _) => "look at the message; it is asked again with the next reading",
        (_, Part::Users | Part::PersonalTokens) => "it takes an administrator's token",
        (
            _,
            Part::AccessTokens
            | Part::DeployTokens
            | Part::DeployKeys
            | Part::TriggerTokens
            | Part::Variables,
        ) => "it takes Maintainer in the project, or Owner of the group",
        (_, Part::SamlLinks | Part::ScimIdentities | Part::ServiceAccounts | Part::CustomRoles) => {
            "it takes Owner of the group"
        }
        _ => "the token's owner may not see it: it takes a higher role there",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lack(part: Part, kind: FailureKind) -> Option<Lack> {
        of_part(part, &Error::new(kind, "m")).map(|(lack, _)| lack)
    }

    #[test]
    fn a_refusal_is_a_gap_of_its_part_and_what_may_pass_is_none() {
        assert_eq!(lack(Part::AccessTokens, FailureKind::Forbidden), Some(Lack::Forbidden));
        assert_eq!(lack(Part::AccessTokens, FailureKind::NotFound), Some(Lack::Forbidden));
        assert_eq!(lack(Part::SamlLinks, FailureKind::NotFound), Some(Lack::Plan));
        assert_eq!(lack(Part::SamlLinks, FailureKind::ScopeMissing), Some(Lack::Scope));
        assert_eq!(lack(Part::Policies, FailureKind::Query), Some(Lack::Failed));
        for passing in [FailureKind::Timeout, FailureKind::Server, FailureKind::RateLimited] {
            assert_eq!(lack(Part::Members, passing), None);
        }
        assert_eq!(lack(Part::Members, FailureKind::TokenExpired), None);
        assert_eq!(lack(Part::Members, FailureKind::TokenInvalid), None);
        assert_eq!(lack(Part::AccessTokens, FailureKind::TokenInvalid), Some(Lack::Forbidden));
    }
}
