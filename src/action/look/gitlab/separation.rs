//! Separation of duties: who may not decide on a deployment, whatever GitLab would allow.

use crate::api::gitlab::{Deployment, Own};
use crate::domain::Text;

/// Why we may not decide on a deployment; empty when nothing is known against it.
///
/// Whoever asked for it may not decide: those who started it, and the authors and committers of its commits, its own and
/// those that it `brings` beyond the last deployment. Who cannot be mapped
/// to a person, or is a bot, may not either.
pub(super) fn bars(own: &Result<Own, Text>, deployment: &Deployment, brings: &[Text]) -> Vec<Text> {
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
    if deployment.authors.iter().flatten().any(|author| is_ours(own, author)) {
        bars.push(format!("its commit is by {}: somebody else has to decide on it", own.username));
    } else if brings.iter().any(|author| is_ours(own, author)) {
        bars.push(format!(
            "a commit that it brings is by {}: somebody else has to decide on it",
            own.username
        ));
    }
    bars.iter().map(|bar| Text::new(bar)).collect()
}

/// Whether the name or the address of an author is one of ours.
fn is_ours(own: &Own, author: &str) -> bool {
    let ours = own.emails.iter().chain(&own.name).chain([&own.username]);
    ours.map(|one| one.to_lowercase()).any(|one| one == author.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn deployment(starter: &str, author: &str) -> Deployment {
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

    #[test]
    fn somebody_who_had_no_part_in_it_may_decide() {
        assert_eq!(bars(&Ok(ada()), &deployment("bruno", "bruno@acme.example"), &[]), []);
    }

    #[test]
    fn whoever_started_it_may_not_decide() {
        assert_eq!(bars(&Ok(ada()), &deployment("ada", "bruno@acme.example"), &[]).len(), 1);
    }

    #[test]
    fn whoever_wrote_it_may_not_decide_under_any_of_their_names() {
        for author in ["ADA@acme.example", "Ada Sample", "ada"] {
            assert_eq!(bars(&Ok(ada()), &deployment("bruno", author), &[]).len(), 1, "{author}");
        }
    }

    #[test]
    fn a_bot_and_a_nobody_may_not_decide() {
        let other = deployment("bruno", "bruno@acme.example");
        assert_eq!(bars(&Ok(Own { is_bot: true, ..ada() }), &other, &[]).len(), 1);
        assert_eq!(bars(&Err(Text::new("403")), &other, &[]).len(), 1);
        assert_eq!(bars(&Ok(Own { username: Text::new(""), ..ada() }), &other, &[]).len(), 1);
    }

    #[test]
    fn where_it_is_not_told_who_started_it_nobody_may_decide() {
        let nobodys = Deployment { starters: Vec::new(), ..deployment("x", "y") };
        assert_eq!(bars(&Ok(ada()), &nobodys, &[]).len(), 1);
    }

    #[test]
    fn whoever_wrote_any_commit_that_it_brings_may_not_decide() {
        let other = deployment("bruno", "bruno@acme.example");
        let brings = [Text::new("Chiara"), Text::new("ada@acme.example")];
        assert_eq!(bars(&Ok(ada()), &other, &brings).len(), 1);
        assert_eq!(bars(&Ok(ada()), &other, &brings[..1]), []);
    }
}
