//! Who may not approve a request: separation of duties, judged here whatever the server's settings allow.

use std::collections::BTreeSet;

use crate::domain::exception::is_same_person;
use crate::domain::{Bar, Barred, Record, Text};

/// Who stands behind a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Makers {
    /// The login of whoever opened it.
    pub author: Text,
    /// The logins of whoever wrote or committed any of its commits.
    pub of_commits: BTreeSet<Text>,
    /// Whether GitLab knows a user behind each commit.
    pub is_whole: bool,
}

/// Who asks whether they may approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    /// The login.
    pub login: Text,
    /// Whether no person is behind it.
    pub is_bot: bool,
}

/// Everybody who may not approve, and why; each once for each reason.
pub fn barred<'r>(makers: &Makers, records: impl IntoIterator<Item = &'r Record>) -> Vec<Barred> {
    let mut found = vec![Barred { who: makers.author.clone(), why: Bar::Author }];
    let mut add = |who: &Text, why: Bar| {
        let is_known = found.iter().any(|one| one.why == why && is_same_person(&one.who, who));
        if !is_known && !who.is_empty() {
            found.push(Barred { who: who.clone(), why });
        }
    };
    for who in makers.of_commits.iter().filter(|who| !is_same_person(who, &makers.author)) {
        add(who, Bar::CommitAuthor);
    }
    for record in records {
        add(&record.requester, Bar::Requester);
        record.beneficiaries.iter().for_each(|who| add(who, Bar::Beneficiary));
    }
    if !makers.is_whole {
        found.push(Barred { who: Text::new("somebody"), why: Bar::Unmappable });
    }
    found
}

/// Why this one may not approve; none where they may.
pub fn bar_of(approver: &Approver, barred: &[Barred]) -> Option<Bar> {
    if approver.is_bot {
        return Some(Bar::Bot);
    }
    let own = barred.iter().find(|one| is_same_person(&one.who, &approver.login));
    // Somebody whom nobody can name may be them.
    let unmapped = || barred.iter().find(|one| one.why == Bar::Unmappable);
    own.or_else(unmapped).map(|one| one.why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::fixture::record;

    fn makers(author: &str, commits: &[&str]) -> Makers {
        let of_commits = commits.iter().map(|login| Text::new(login)).collect();
        Makers { author: Text::new(author), of_commits, is_whole: true }
    }

    fn person(login: &str) -> Approver {
        Approver { login: Text::new(login), is_bot: false }
    }

    fn why(login: &str, makers: &Makers, record: &Record) -> Option<Bar> {
        bar_of(&person(login), &barred(makers, [record]))
    }

    #[test]
    fn nobody_who_made_it_asks_for_it_or_gains_by_it_may_approve_it() {
        let record = Record {
            requester: Text::new("rita"),
            beneficiaries: vec![Text::new("ben")],
            ..record("EXC-1", "2026-01-01", "2026-03-01")
        };
        let makers = makers("ada", &["ada", "carl"]);
        assert_eq!(why("ada", &makers, &record), Some(Bar::Author));
        assert_eq!(why("carl", &makers, &record), Some(Bar::CommitAuthor));
        assert_eq!(why("rita", &makers, &record), Some(Bar::Requester));
        assert_eq!(why("BEN", &makers, &record), Some(Bar::Beneficiary));
        assert_eq!(why("olga", &makers, &record), None);
    }

    #[test]
    fn a_commit_of_nobody_that_gitlab_knows_bars_everybody() {
        let makers = Makers { is_whole: false, ..makers("ada", &[]) };
        assert_eq!(
            why("olga", &makers, &record("EXC-1", "2026-01-01", "2026-03-01")),
            Some(Bar::Unmappable)
        );
    }

    #[test]
    fn a_bot_never_approves() {
        let bot = Approver { login: Text::new("olga"), is_bot: true };
        assert_eq!(
            bar_of(
                &bot,
                &barred(&makers("ada", &[]), [&record("EXC-1", "2026-01-01", "2026-03-01")])
            ),
            Some(Bar::Bot)
        );
    }
}
