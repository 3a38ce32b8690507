//! Memberships and tokens of GitLab with `expires_at`: time-bound access, a special role at a release say.

use super::day;
use super::file::{Found, bare, flaw, said};
use crate::domain::exception::{Bound, Home, Standing, Tool};
use crate::domain::{FlawSeverity, Text};

/// What is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantKind {
    /// A direct membership (`GET /projects|groups/:id/members`).
    Member,
    /// An access token of a project or group (`GET /projects|groups/:id/access_tokens`).
    Token,
}

/// A membership or a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant<'a> {
    /// Which of the two.
    pub kind: GrantKind,
    /// The project or group.
    pub home: Home,
    /// `username` of a member, `name` of a token.
    pub name: &'a str,
    /// Its `access_level` in words: `Maintainer`.
    pub role: &'a str,
    /// `expires_at`, a day.
    pub expires_at: Option<&'a str>,
    /// Who granted it: `created_by.username`.
    pub granted_by: Option<&'a str>,
    /// Whether it counts: `state` of a member is `active`, a token is `active` and not `revoked`.
    pub is_active: bool,
}

/// A grant as an exception; nothing where it is bound to no end, for that is no exception but ordinary access.
pub fn of_grant(grant: &Grant<'_>) -> Found {
    let Some(raw) = grant.expires_at.filter(|raw| !raw.is_empty()) else { return Found::default() };
    let tool = match grant.kind {
        GrantKind::Member => Tool::GitlabMember,
        GrantKind::Token => Tool::GitlabToken,
    };
    let mut native = bare(tool, grant.home.clone(), grant.name, grant.role);
    native.owner = grant.granted_by.and_then(said);
    if !grant.is_active {
        native.standing = Standing::Ignored(Text::new("it is not active"));
    }
    let date = day::day(raw);
    native.bound = date.map_or(Bound::Unset, day::until_day);
    let warning = date.is_none().then(|| {
        let what = format!("`expires_at` of {} is no day: {raw}", grant.name);
        let cure = "look at it on GitLab; here it counts as without an end";
        flaw(&grant.home.to_string(), 0, "bad-date", (FlawSeverity::Warning, &what, cure))
    });
    Found { natives: vec![native], warnings: warning.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Native;
    use crate::register::formats::tests::{at, until_date};

    fn grant(expires_at: Option<&'static str>) -> Grant<'static> {
        Grant {
            kind: GrantKind::Member,
            home: Home::Project(Text::new("shop/checkout")),
            name: "asha",
            role: "Maintainer",
            expires_at,
            granted_by: Some("lena"),
            is_active: true,
        }
    }

    fn native(grant: &Grant<'_>) -> Native {
        of_grant(grant).natives[0].clone()
    }

    #[test]
    fn a_membership_ends_at_the_start_of_its_day_in_utc() {
        let native = native(&grant(Some("2026-03-31")));
        assert_eq!((&*native.path, &*native.rule), ("asha", "Maintainer"));
        assert_eq!(native.bound, until_date(2026, 3, 31));
        assert!(native.is_in_force(at("2026-03-30T23:59:59Z")));
        assert!(!native.is_in_force(at("2026-03-31T00:00:00Z")));
    }

    #[test]
    fn access_without_an_end_is_no_exception() {
        assert_eq!(of_grant(&grant(None)), Found::default());
        assert_eq!(of_grant(&grant(Some(""))), Found::default());
    }

    #[test]
    fn a_token_that_is_revoked_lets_nothing_pass() {
        let token = Grant { kind: GrantKind::Token, is_active: false, ..grant(Some("2026-03-31")) };
        let native = native(&token);
        assert_eq!(native.tool, Tool::GitlabToken);
        assert!(!native.is_in_force(at("2026-03-01T00:00:00Z")));
    }

    #[test]
    fn a_day_that_cannot_be_read_counts_as_no_end_and_is_warned_of() {
        let found = of_grant(&grant(Some("soon")));
        assert_eq!(found.natives[0].bound, Bound::Unset);
        assert_eq!(found.warnings[0].code, "bad-date");
    }
}
