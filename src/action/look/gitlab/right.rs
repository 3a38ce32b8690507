//! What is known of our rights at GitLab before an act is offered: the token's scopes, and our role in a project.

use crate::api::Error;
use crate::api::gitlab::{Gitlab, Own, Place};
use crate::domain::{Seen, Text};

/// The access level from which on jobs and pipelines may be changed.
pub(super) const DEVELOPER: Option<u32> = Some(30);

/// Who we are to GitLab, and what our token may do.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    /// Who we are; else why that is not known.
    pub(super) own: Result<Own, Text>,
    /// The token's scopes; `None` where GitLab does not tell.
    pub(super) scopes: Option<Vec<Text>>,
}

impl Standing {
    /// Asks who we are.
    pub(super) async fn read(gitlab: &Gitlab) -> Standing {
        let own = gitlab.own().await.map_err(|error| Text::new(&error.to_string()));
        let facts = gitlab.token_facts().await.ok();
        Standing { own, scopes: facts.map(|facts| facts.scopes) }
    }

    /// Adds to what is seen what the token's scopes allow.
    pub(super) fn note_scopes(&self, seen: &mut Seen) {
        let Some(scopes) = self.scopes.as_ref().filter(|scopes| !scopes.is_empty()) else {
            seen.facts.push(fact("token scopes", "GitLab does not tell them"));
            return;
        };
        let words: Vec<&str> = scopes.iter().map(Text::as_str).collect();
        let words = words.join(", ");
        if !scopes.iter().any(|scope| &**scope == "api") {
            let bar = format!("the token has the scopes {words}: a change needs scope api");
            seen.bars.push(Text::new(&bar));
        }
        seen.facts.push(fact("token scopes", &words));
    }
}

/// Adds to what is seen our role in its project. Below `least` that bars; what GitLab does not tell is only noted.
pub(super) async fn note_role(
    gitlab: &Gitlab,
    (place, own): (&Place, &Result<Own, Text>),
    least: Option<u32>,
    seen: &mut Seen,
) {
    let Ok(own) = own else {
        seen.facts.push(fact("role", "not known, for it is not known who we are"));
        return;
    };
    let level = gitlab.access_level(place, own.id).await;
    let (words, bar) = judge(level, own, least);
    seen.facts.push(fact("role", &words));
    seen.bars.extend(bar.then(|| {
        Text::new(&format!("our role in {} is {words}: this needs at least Developer", place.path))
    }));
}

/// The words for a role, and whether it is certain that it does not do.
fn judge(level: Result<Option<u32>, Error>, own: &Own, least: Option<u32>) -> (String, bool) {
    match level {
        Ok(Some(level)) => {
            let short = least.is_some_and(|least| level < least) && !own.is_admin;
            (role(level), short)
        }
        Ok(None) if own.is_admin => ("administrator".to_owned(), false),
        Ok(None) => ("not told: no member of the project".to_owned(), false),
        Err(error) => (format!("not told: {}", error.message), false),
    }
}

/// GitLab's word for an access level.
fn role(level: u32) -> String {
    let word = match level {
        5 => "Minimal access",
        10 => "Guest",
        15 => "Planner",
        20 => "Reporter",
        30 => "Developer",
        40 => "Maintainer",
        50 => "Owner",
        60 => "Administrator",
        other => return format!("access level {other}"),
    };
    word.to_owned()
}

fn fact(name: &str, value: &str) -> (Text, Text) {
    (Text::new(name), Text::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureKind;

    fn own() -> Own {
        Own {
            id: 2,
            username: Text::new("ada"),
            name: None,
            emails: Vec::new(),
            is_bot: false,
            is_admin: false,
        }
    }

    fn bars(level: Option<u32>, own: &Own) -> bool {
        judge(Ok(level), own, DEVELOPER).1
    }

    #[test]
    fn a_role_below_developer_bars_and_one_at_or_above_does_not() {
        assert!(bars(Some(20), &own()));
        assert!(!bars(Some(30), &own()) && !bars(Some(40), &own()));
    }

    #[test]
    fn what_is_not_told_bars_nothing() {
        assert!(!bars(None, &own()));
        assert!(!bars(Some(20), &Own { is_admin: true, ..own() }));
        let error = Error::new(FailureKind::Timeout, "too slow");
        assert_eq!(judge(Err(error), &own(), DEVELOPER), ("not told: too slow".to_owned(), false));
    }

    #[test]
    fn a_token_without_scope_api_bars() {
        let noted = |scopes: &[&str]| {
            let scopes = Some(scopes.iter().map(|scope| Text::new(scope)).collect());
            let mut seen = Seen::new(Text::new("unit"), Text::new("failed"));
            Standing { own: Err(Text::new("-")), scopes }.note_scopes(&mut seen);
            seen.bars.len()
        };
        assert_eq!((noted(&["read_api"]), noted(&["api"]), noted(&[])), (1, 0, 0));
    }
}
