//! Looking at a deployment that waits for approval.

use super::requesters::{Request, Requesters};
use super::right::{Standing, note_role};
use super::separation;
use crate::api::Error;
use crate::api::gitlab::{Authors, Decision, Deployment, Gitlab, Place};
use crate::domain::{Seen, Text};

/// The name of the fact that tells what we decided ourselves.
pub(in crate::action) const OUR_DECISION: &str = "our decision";

/// Looks at one deployment.
pub(super) async fn look(
    gitlab: &Gitlab,
    standing: &Standing,
    (place, id): (&Place, u64),
) -> Result<Seen, Error> {
    let deployment = gitlab.deployment(place, id).await?;
    let requesters = Requesters::of(gitlab, place, &deployment).await;
    let mut seen = describe(&deployment, standing, &requesters);
    standing.note_scopes(&mut seen);
    // Approvers are named by rule: a role alone neither makes one nor bars one.
    note_role(gitlab, (place, &standing.own), None, &mut seen).await;
    Ok(seen)
}

/// What is known of a deployment that matters to whoever decides.
fn describe(deployment: &Deployment, standing: &Standing, requesters: &Requesters) -> Seen {
    let job = deployment.job_name.as_deref().unwrap_or("a job that is gone");
    let name = Text::new(&format!("{}: {job}", deployment.environment));
    let decided = |word: &str| {
        let by = deployment.decisions.iter().filter(|one| &*one.word == word);
        list(by.map(|one| &one.by), "nobody")
    };
    let ours = |one: &&Decision| standing.own.as_ref().is_ok_and(|own| one.by == own.username);
    let ours = deployment.decisions.iter().rev().find(ours);
    let authors = deployment.authors.as_ref();
    let authors = authors.map_or_else(|| "not told".to_owned(), |all| list(all.iter(), "not told"));
    let left = deployment.pending.map_or_else(|| "not told".to_owned(), |left| left.to_string());
    let facts = [
        ("environment", deployment.environment.to_string()),
        ("ref", deployment.reference.to_string()),
        ("started by", list(deployment.starters.iter(), "not told")),
        ("commit by", authors),
        ("approvals left", left),
        ("approved by", decided("approved")),
        ("rejected by", decided("rejected")),
        (OUR_DECISION, ours.map_or_else(|| "none".to_owned(), |one| one.word.to_string())),
        ("commits since by", since(requesters)),
        ("merge requests by", merge_requests(requesters)),
        (
            "separation",
            "checked here: who started it, who wrote and committed what it brings, and who opened its merge requests, as \
             far as told above. GitLab itself may check who started it, and nothing of the rest"
                .to_owned(),
        ),
    ];
    Seen {
        // What waits for approval is a protected environment, whatever tier runs its job.
        protected: Some(true),
        facts: facts.map(|(name, value)| (Text::new(name), Text::new(&value))).into(),
        bars: separation::bars(&standing.own, deployment, requesters),
        ..Seen::new(name, deployment.status.clone())
    }
}

/// Who had a part in what it brings beyond the last deployment; or that this was not checked.
fn since(requesters: &Requesters) -> String {
    match &requesters.brings {
        Ok(Some(brought)) => list(brought.authors.iter(), "nobody: it brings no other commit"),
        Ok(None) => "not checked: no earlier successful deployment is told".to_owned(),
        Err(error) => format!("cannot be told: {error}"),
    }
}

/// Who stands behind the merge requests that brought its commits in; and what of that was not checked.
fn merge_requests(requesters: &Requesters) -> String {
    match &requesters.requests {
        Ok(all) if all.is_empty() => "nobody: no merge request brought its commits in".to_owned(),
        Ok(all) => all.iter().map(merge_request).collect::<Vec<_>>().join("; "),
        Err(why) => format!("cannot be told: {why}"),
    }
}

fn merge_request(request: &Request) -> String {
    let opener = request.opened_by.as_deref().unwrap_or("not told");
    let commits = match &request.written_by {
        Ok(Authors { people, is_whole: true }) => list(people.iter(), "nobody"),
        Ok(Authors { people, is_whole: false }) => {
            format!("{} and others that GitLab does not know", list(people.iter(), "nobody"))
        }
        Err(why) => format!("not checked: {why}"),
    };
    format!("!{} by {opener}, its commits by {commits}", request.iid)
}

fn list<'a>(all: impl Iterator<Item = &'a Text>, none: &str) -> String {
    let all: Vec<&str> = all.map(Text::as_str).collect();
    if all.is_empty() { none.to_owned() } else { all.join(", ") }
}
