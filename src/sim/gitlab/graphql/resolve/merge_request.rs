//! A merge request with the people behind its commits.

use serde_json::{Value, json};

use super::super::execute::Run;
use super::super::node::{Node, Out};
use super::super::value::Arguments;
use crate::sim::world::Project;

/// The merge request of a project with the number that is asked for.
pub(super) fn find(run: &Run<'_>, project: &Project, arguments: &Arguments) -> Out {
    let wanted = arguments.text("iid").and_then(|iid| iid.parse::<u64>().ok());
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

fn user(run: &Run<'_>, login: &str) -> Value {
    let who = run.world.place_of(login).and_then(|place| run.world.people.get(place));
    who.map_or(Value::Null, |who| json!({"username": who.username, "name": who.name}))
}

fn only_page() -> Value {
    json!({"hasNextPage": false, "hasPreviousPage": false, "startCursor": "MQ", "endCursor": "MQ"})
}
