//! Separation of duties: who may not decide on a deployment, whatever GitLab would allow.

use super::requesters::{Request, Requesters};
use crate::api::gitlab::{Deployment, Own};
use crate::domain::Text;

/// Why we may not decide on a deployment; empty when nothing is known against it.
///
/// Whoever asked for it may not decide: those who started it, the authors and committers of its commits, its own and those
/// that it brings beyond the last deployment, and those who opened the merge requests that brought them in. Who cannot be
/// mapped to a person, or is a bot, may not either; nor anybody where it cannot be told who asked for it.
pub(super) fn bars(
    own: &Result<Own, Text>,
    deployment: &Deployment,
    requesters: &Requesters,
) -> Vec<Text> {
    let own = match own {
        Ok(own) if !own.username.is_empty() => own,
        Ok(_) => return vec![Text::new("who we are is not told, so we may not decide on it")],
        Err(why) => {
            return vec![Text::new(&format!(
                "who we are is not known, so we may not decide: {why}"
            ))];
        }
    };
    let mut bars = Vec::new();
    if own.is_bot {
        bars.push(format!("{} is a bot: a person has to decide on it", own.username));
    }
    if deployment.starters.is_empty() {
        bars.push("who started it is not told: it cannot be seen whether that was us".to_owned());
    }
    if deployment.starters.contains(&own.username) {
        bars.push(format!("{} started it: somebody else has to decide on it", own.username));
    }
    bars.extend(of_commits(own, deployment, requesters));
    bars.extend(of_merge_requests(own, requesters));
    bars.iter().map(|bar| Text::new(bar)).collect()
}

/// What its commits have against our deciding.
fn of_commits(own: &Own, deployment: &Deployment, requesters: &Requesters) -> Option<String> {
    let is_ours = |author: &Text| is_ours(own, author);
    let Some(authors) = &deployment.authors else {
        return Some("who wrote its commit is not told: it may have been us".to_owned());
    };
    if authors.iter().any(is_ours) {
        let us = &own.username;
        return Some(format!("its commit is by {us}: somebody else has to decide on it"));
    }
    match &requesters.brings {
        Ok(Some(brought)) if brought.authors.iter().any(is_ours) => {
            let us = &own.username;
            Some(format!("a commit that it brings is by {us}: somebody else has to decide on it"))
        }
        Ok(_) => None,
        Err(why) => Some(format!("who wrote what it brings cannot be told: {why}")),
    }
}

/// What the merge requests of its commits have against our deciding.
fn of_merge_requests(own: &Own, requesters: &Requesters) -> Option<String> {
    let requests = match &requesters.requests {
        Ok(requests) => requests,
        Err(why) => return Some(format!("whose merge request it is cannot be told: {why}")),
    };
    requests.iter().find_map(|request| of_merge_request(own, request))
}

fn of_merge_request(own: &Own, request: &Request) -> Option<String> {
    let (us, iid) = (&own.username, request.iid);
    let Some(opener) = &request.opened_by else {
        return Some(format!(
            "who opened its merge request !{iid} is not told: it may have been us"
        ));
    };
    if opener == us {
        return Some(format!(
            "its merge request !{iid} is by {us}: somebody else has to decide on it"
        ));
    }
    let wrote = request.written_by.as_ref().is_ok_and(|all| all.people.contains(us));
    wrote.then(|| {
        format!(
            "a commit of its merge request !{iid} is by {us}: somebody else has to decide on it"
        )
    })
}

/// Whether the name or the address of an author is one of ours.
fn is_ours(own: &Own, author: &str) -> bool {
    let ours = own.emails.iter().chain(&own.name).chain([&own.username]);
    ours.map(|one| one.to_lowercase()).any(|one| one == author.to_lowercase())
}

#[cfg(test)]
pub(super) mod fixture {
    use super::*;

    /// A deployment of one commit that somebody started.
    pub(in super::super) fn deployment(starter: &str, author: &str) -> Deployment {
        Deployment {
            id: 1,
            status: Text::new("blocked"),
            environment: Text::new("production"),
            reference: Text::new("main"),
            sha: None,
            job: None,
            job_name: None,
            tags: None,
            starters: vec![Text::new(starter)],
            authors: Some(vec![Text::new(author)]),
            pending: Some(1),
            decisions: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::deployment;
    use super::*;
    use crate::api::gitlab::{Authors, Brought};

    fn ada() -> Own {
        Own {
            id: 2,
            username: Text::new("ada"),
            name: Some(Text::new("Ada Sample")),
            emails: vec![Text::new("ada@acme.example")],
            is_bot: false,
            is_admin: false,
        }
    }

    /// A first deployment of what was pushed without a merge request.
    fn nobody() -> Requesters {
        Requesters { brings: Ok(None), requests: Ok(Vec::new()) }
    }

    fn bringing(authors: &[&str]) -> Requesters {
        let authors = authors.iter().map(|author| Text::new(author)).collect();
        Requesters { brings: Ok(Some(Brought { shas: None, authors })), ..nobody() }
    }

    fn requested(opener: Option<&str>, writers: Result<&[&str], &str>) -> Requesters {
        let people = |all: &[&str]| all.iter().map(|login| Text::new(login)).collect();
        let authors = |all: &[&str]| Authors { people: people(all), is_whole: true };
        let request = Request {
            iid: 7,
            opened_by: opener.map(Text::new),
            written_by: writers.map(authors).map_err(Text::new),
        };
        Requesters { requests: Ok(vec![request]), ..nobody() }
    }

    fn against(own: Own, deployment: &Deployment, requesters: &Requesters) -> Vec<String> {
        bars(&Ok(own), deployment, requesters).iter().map(ToString::to_string).collect()
    }

    /// What stands against Ada's deciding on what Bruno started and wrote.
    fn against_ada(requesters: &Requesters) -> Vec<String> {
        against(ada(), &deployment("bruno", "bruno@acme.example"), requesters)
    }

    #[test]
    fn somebody_who_had_no_part_in_it_may_decide() {
        assert_eq!(against_ada(&nobody()), [""; 0]);
        assert_eq!(against_ada(&requested(Some("bruno"), Ok(&["bruno", "chiara"]))), [""; 0]);
    }

    #[test]
    fn whoever_started_it_may_not_decide() {
        assert_eq!(against(ada(), &deployment("ada", "bruno@acme.example"), &nobody()).len(), 1);
    }

    #[test]
    fn whoever_wrote_it_may_not_decide_under_any_of_their_names() {
        for author in ["ADA@acme.example", "Ada Sample", "ada"] {
            assert_eq!(
                against(ada(), &deployment("bruno", author), &nobody()).len(),
                1,
                "{author}"
            );
        }
    }

    #[test]
    fn a_bot_and_a_nobody_may_not_decide() {
        let other = deployment("bruno", "bruno@acme.example");
        assert_eq!(against(Own { is_bot: true, ..ada() }, &other, &nobody()).len(), 1);
        assert_eq!(bars(&Err(Text::new("403")), &other, &nobody()).len(), 1);
        assert_eq!(against(Own { username: Text::new(""), ..ada() }, &other, &nobody()).len(), 1);
    }

    #[test]
    fn where_it_is_not_told_who_started_or_wrote_it_nobody_may_decide() {
        let nobodys = Deployment { starters: Vec::new(), ..deployment("x", "y") };
        assert_eq!(against(ada(), &nobodys, &nobody()).len(), 1);
        let unwritten = Deployment { authors: None, ..deployment("x", "y") };
        assert_eq!(against(ada(), &unwritten, &nobody()).len(), 1);
    }

    #[test]
    fn whoever_wrote_any_commit_that_it_brings_may_not_decide() {
        assert_eq!(against_ada(&bringing(&["Chiara", "ada@acme.example"])).len(), 1);
        assert_eq!(against_ada(&bringing(&["Chiara"])), [""; 0]);
    }

    #[test]
    fn whoever_opened_a_merge_request_of_it_may_not_decide() {
        let told = against_ada(&requested(Some("ada"), Ok(&["bruno"])));
        assert_eq!(told, ["its merge request !7 is by ada: somebody else has to decide on it"]);
    }

    #[test]
    fn whoever_wrote_in_a_merge_request_of_it_may_not_decide_though_it_was_squashed() {
        let told = against_ada(&requested(Some("bruno"), Ok(&["ada", "bruno"])));
        let bar = "a commit of its merge request !7 is by ada: somebody else has to decide on it";
        assert_eq!(told, [bar]);
    }

    #[test]
    fn where_it_cannot_be_told_whose_merge_request_it_is_nobody_may_decide() {
        let unread = Requesters { requests: Err(Text::new("403 Forbidden")), ..nobody() };
        let told = against_ada(&unread);
        assert_eq!(told, ["whose merge request it is cannot be told: 403 Forbidden"]);
        let told = against_ada(&requested(None, Ok(&["bruno"])));
        assert_eq!(told, ["who opened its merge request !7 is not told: it may have been us"]);
    }

    #[test]
    fn what_it_brings_that_cannot_be_compared_is_nobodys_to_decide_on() {
        let unread = Requesters { brings: Err(Text::new("404 Ref Not Found")), ..nobody() };
        assert_eq!(
            against_ada(&unread),
            ["who wrote what it brings cannot be told: 404 Ref Not Found"]
        );
    }

    #[test]
    fn commits_of_a_merge_request_that_are_not_told_bar_nobody_for_they_are_said() {
        assert_eq!(against_ada(&requested(Some("bruno"), Err("no GraphQL"))), [""; 0]);
    }
}
