//! A merge request with the people behind its commits.

use serde_json::{Value, json};

use super::super::execute::Run;
use super::super::node::{Node, Out};
use super::super::value::Arguments;
use crate::sim::world::Project;
use crate::sim::world::review::MergeRequest;

/// How the addresses of all people end.
const ADDRESSES: &str = "@acme.example";

/// The merge request of a project with the number that is asked for.
pub(super) fn find(run: &Run<'_>, project: &Project, arguments: &Arguments) -> Out {
    let wanted = arguments.text("iid").and_then(|iid| iid.parse::<u64>().ok());
    let of_repository = wanted.and_then(|iid| run.world.request((project.id, iid)));
    if let Some(one) = of_repository {
        return Out::One(Some(Node::Plain(of_commits(run, one))));
    }
    let mut all = run.world.merge_requests(&project.path);
    let found = all.find(|(iid, _)| Some(*iid) == wanted);
    let shape = found.map(|(iid, one)| {
        // Whom GitLab does not know is nobody among the committers, too.
        let known: Vec<Value> = one
            .commits_by
            .iter()
            .map(|login| user(run, login))
            .filter(|one| !one.is_null())
            .collect();
        let commits: Vec<Value> =
            one.commits_by.iter().map(|login| json!({"author": user(run, login)})).collect();
        json!({
            "iid": iid.to_string(),
            "author": user(run, &one.author),
            "committers": {"nodes": known, "pageInfo": only_page()},
            "commits": {"nodes": commits, "pageInfo": only_page()},
        })
    });
    Out::One(shape.map(Node::Plain))
}

/// A merge request whose commits lie in a repository: GitLab knows people by the addresses that a commit tells.
fn of_commits(run: &Run<'_>, one: &MergeRequest) -> Value {
    let author = run.world.people.get(one.new.author).map_or("", |who| who.username);
    let signed = run.world.commits_of(one);
    let known = |email: &str| user(run, email.strip_suffix(ADDRESSES).unwrap_or_default());
    let commits: Vec<Value> =
        signed.iter().map(|commit| json!({"author": known(&commit.note.author.email)})).collect();
    let committers = signed.iter().map(|commit| known(&commit.note.committer.email));
    let committers: Vec<Value> = committers.filter(|one| !one.is_null()).collect();
    json!({
        "iid": one.iid.to_string(),
        "author": user(run, author),
        "committers": {"nodes": committers, "pageInfo": only_page()},
        "commits": {"nodes": commits, "pageInfo": only_page()},
    })
}

fn user(run: &Run<'_>, login: &str) -> Value {
    let who = run.world.place_of(login).and_then(|place| run.world.people.get(place));
    who.map_or(Value::Null, |who| json!({"username": who.username, "name": who.name}))
}

fn only_page() -> Value {
    json!({"hasNextPage": false, "hasPreviousPage": false, "startCursor": "MQ", "endCursor": "MQ"})
}
