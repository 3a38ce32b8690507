//! Separation of duties over requests: why we may not approve or merge one, and how far GitLab sees to it too.

use super::content::Content;
use crate::api::Error;
use crate::api::gitlab::{Guards, Own};
use crate::domain::exception::is_same_person;
use crate::domain::{Approvals, Bar, Text};

/// Why we may neither approve nor merge a request; empty when nothing is known against it.
///
/// Its author, whoever wrote or committed a commit of it, the requester and the beneficiaries of its records may not; nor a
/// bot, nor who cannot be told, nor anybody where it cannot be told who had a part in it.
pub(super) fn against(own: &Result<Own, Text>, content: &Content) -> Vec<Text> {
    let own = match own {
        Ok(own) if !own.username.is_empty() => own,
        Ok(_) => return vec![Text::new("who you are is not told, so you may not approve it")],
        Err(why) => {
            let words = format!("who you are is not known, so you may not approve it: {why}");
            return vec![Text::new(&words)];
        }
    };
    let us = &own.username;
    let mut found = Vec::new();
    if own.is_bot {
        found.push(sentence(us, Bar::Bot));
    }
    match &content.barred {
        Ok(barred) => {
            let about_us = barred
                .iter()
                .filter(|one| one.why == Bar::Unmappable || is_same_person(&one.who, us));
            found.extend(about_us.map(|one| sentence(us, one.why)));
        }
        Err(why) => found.push(format!("who wrote its commits cannot be told: {why}")),
    }
    found.extend(content.unread().map(|path| {
        format!("{path} cannot be read, so nobody can tell who asks for it and who gains by it")
    }));
    found.extend(content.broken().map(|(path, flaw, more)| {
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        format!(
            "{path} breaks the rules of the register: {}{more}; ask for one that keeps them",
            flaw.what
        )
    }));
    found.iter().map(|words| Text::new(words)).collect()
}

fn sentence(us: &str, why: Bar) -> String {
    let part = match why {
        Bar::Author => format!("{us} opened it"),
        Bar::CommitAuthor | Bar::Committer => format!("a commit of it is by {us}"),
        Bar::Requester => format!("its record names {us} as its requester"),
        Bar::Beneficiary => format!("{us} gains by it, as its record says"),
        Bar::Unmappable => {
            return format!(
                "GitLab knows no user behind a commit of it, which may be by {us}: its author has to commit under a known address"
            );
        }
        Bar::Bot => return format!("{us} is a bot: a person has to approve it"),
    };
    format!("{part}: somebody else has to approve it")
}

/// How far GitLab sees to the separation of duties too: a sentence each for what it lets through.
pub(super) fn separation(
    guards: &Result<Option<Guards>, Error>,
    approvals: &Approvals,
) -> Vec<String> {
    let alone = "only Watchfloor refuses it";
    let guards = match guards {
        Ok(Some(guards)) => guards,
        Ok(None) => {
            return vec![format!(
                "this GitLab has no rules for approvals (Free): they are records alone, and whoever may push may merge; {alone}"
            )];
        }
        Err(error) => {
            return vec![format!(
                "whether GitLab keeps people from approving their own is not known: {error}"
            )];
        }
    };
    let mut told = Vec::new();
    for (lets, words) in [
        (guards.lets_authors, "GitLab lets authors approve their own; only Watchfloor refuses it"),
        (
            guards.lets_committers,
            "GitLab lets who wrote its commits approve it; only Watchfloor refuses it",
        ),
        (
            guards.keeps_on_push,
            "GitLab keeps approvals after a push: look at whether they were given for this head",
        ),
    ] {
        match lets {
            Some(false) => {}
            Some(true) => told.push(words.to_owned()),
            None => told.push(format!("GitLab does not tell whether this holds: {words}")),
        }
    }
    if approvals.required == Some(0) {
        told.push(format!("GitLab demands no approval here; {alone}"));
    }
    if told.is_empty() {
        told.push("GitLab refuses authors and who wrote commits too, and a push takes approvals away; requesters and \
                   beneficiaries it does not know"
            .to_owned());
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::fixture::record;
    use crate::domain::{Barred, Errand, FailureKind, Proposed, Record};
    use crate::register::{Makers, barred};

    fn own(login: &str) -> Own {
        Own {
            id: 2,
            username: Text::new(login),
            name: None,
            emails: Vec::new(),
            is_bot: false,
            is_admin: false,
        }
    }

    /// A request by Ada with a commit of Carl's for Rita, by which Ben gains.
    fn content() -> Content {
        let record = Record {
            requester: Text::new("rita"),
            beneficiaries: vec![Text::new("ben")],
            ..record("EXC-1", "2026-01-01", "2026-03-01")
        };
        let of_commits = ["ada", "carl"].map(Text::new).into();
        let makers = Makers { author: Text::new("ada"), of_commits, is_whole: true };
        let barred: Vec<Barred> = barred(&makers, [&record]);
        let file = Proposed {
            path: Text::new("exceptions/EXC-1.yaml"),
            errand: Errand::Grant,
            record: Some(record),
            before: None,
            diff: Vec::new(),
            flaws: Vec::new(),
        };
        Content {
            files: vec![file],
            elsewhere: Vec::new(),
            of_commits: makers.of_commits,
            barred: Ok(barred),
        }
    }

    fn told(own: Own, content: &Content) -> Vec<String> {
        against(&Ok(own), content).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn whoever_had_a_part_in_it_may_not_and_is_told_which() {
        for (login, part) in [
            ("ADA", "ADA opened it"),
            ("carl", "a commit of it is by carl"),
            ("rita", "its record names rita as its requester"),
            ("ben", "ben gains by it, as its record says"),
        ] {
            let expected = format!("{part}: somebody else has to approve it");
            assert_eq!(told(own(login), &content()), [expected], "{login}");
        }
        assert_eq!(told(own("olga"), &content()), [""; 0]);
    }

    #[test]
    fn a_bot_a_nobody_and_who_is_not_known_may_not() {
        assert_eq!(told(Own { is_bot: true, ..own("olga") }, &content()).len(), 1);
        assert_eq!(told(own(""), &content()).len(), 1);
        assert_eq!(against(&Err(Text::new("403")), &content()).len(), 1);
    }

    #[test]
    fn where_it_cannot_be_told_who_had_a_part_in_it_nobody_may() {
        let mut unmapped = content();
        let somebody = Barred { who: Text::new("somebody"), why: Bar::Unmappable };
        unmapped.barred = unmapped.barred.map(|all| [all, vec![somebody]].concat());
        assert!(told(own("olga"), &unmapped)[0].contains("knows no user"));
        let unread = Content { barred: Err(Text::new("no GraphQL")), ..content() };
        assert_eq!(
            told(own("olga"), &unread),
            ["who wrote its commits cannot be told: no GraphQL"]
        );
        let mut broken = content();
        broken.files[0].record = None;
        assert!(told(own("olga"), &broken)[0].contains("cannot be read"));
    }

    #[test]
    fn what_gitlab_lets_through_is_said() {
        let none = Approvals::default();
        let told = |guards: Guards| separation(&Ok(Some(guards)), &none);
        let strict = Guards {
            lets_authors: Some(false),
            lets_committers: Some(false),
            keeps_on_push: Some(false),
            wants_password: Some(false),
        };
        assert!(told(strict)[0].starts_with("GitLab refuses authors"));
        assert_eq!(told(Guards { lets_authors: Some(true), ..strict }).len(), 1);
        assert_eq!(told(Guards { lets_committers: None, ..strict }).len(), 1);
        let lax = Guards {
            lets_authors: Some(true),
            lets_committers: Some(true),
            keeps_on_push: Some(true),
            wants_password: Some(false),
        };
        assert_eq!(told(lax).len(), 3);
        let optional = Approvals { required: Some(0), ..none.clone() };
        assert_eq!(separation(&Ok(Some(strict)), &optional).len(), 1);
    }

    #[test]
    fn without_rules_or_without_the_right_to_read_them_that_is_said() {
        let none = Approvals::default();
        assert!(separation(&Ok(None), &none)[0].contains("Free"));
        let error = Error::new(FailureKind::Forbidden, "403 Forbidden");
        assert!(separation(&Err(error), &none)[0].contains("is not known"));
    }
}
