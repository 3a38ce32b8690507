//! Vulnerabilities dismissed on GitLab as an acceptable risk: the classical exception without an end.

use super::file::{bare, said};
use crate::domain::Native;
use crate::domain::exception::{Home, Tool};

/// A dismissal (GraphQL `Vulnerability.stateTransitions`, the latest to `DISMISSED`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dismissal<'a> {
    /// The project's full path.
    pub project: &'a str,
    /// The vulnerability's number (the end of its global id).
    pub id: &'a str,
    /// Its identifier, a CVE say, or its title.
    pub name: &'a str,
    /// `dismissalReason`.
    pub reason: &'a str,
    /// `comment`.
    pub comment: Option<&'a str>,
    /// `author.username`.
    pub author: Option<&'a str>,
}

/// A dismissal as an exception; none where its reason is another than an acceptable risk.
pub fn of_dismissal(one: &Dismissal<'_>) -> Option<Native> {
    if !one.reason.eq_ignore_ascii_case("ACCEPTABLE_RISK") {
        return None;
    }
    let home = Home::Project(one.project.into());
    let mut native = bare(Tool::GitlabDismissal, home, one.id, one.name);
    native.reason = one.comment.and_then(said);
    native.owner = one.author.and_then(said);
    Some(native)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Text;
    use crate::domain::exception::Bound;

    fn dismissal(reason: &'static str) -> Dismissal<'static> {
        Dismissal {
            project: "shop/checkout",
            id: "81",
            name: "CVE-2024-1",
            reason,
            comment: Some("behind the gateway"),
            author: Some("asha"),
        }
    }

    #[test]
    fn an_acceptable_risk_is_an_exception_without_an_end() {
        let native = of_dismissal(&dismissal("ACCEPTABLE_RISK")).unwrap();
        assert_eq!((&*native.path, &*native.rule), ("81", "CVE-2024-1"));
        assert_eq!(native.bound, Bound::Impossible);
        assert_eq!(native.reason, Some(Text::new("behind the gateway")));
        assert_eq!(native.owner, Some(Text::new("asha")));
    }

    #[test]
    fn any_other_reason_accepts_no_risk() {
        for reason in
            ["FALSE_POSITIVE", "MITIGATING_CONTROL", "USED_IN_TESTS", "NOT_APPLICABLE", ""]
        {
            assert_eq!(of_dismissal(&dismissal(reason)), None, "{reason}");
        }
    }
}
