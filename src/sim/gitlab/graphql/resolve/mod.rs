//! The fields of every type, answered from the platform.

mod access;
mod job;
mod merge_request;
mod pipeline;
mod policy;
mod project;
mod repository;
mod root;
mod runner;
mod status;
mod vulnerability;

use serde_json::{Value, json};

use super::execute::{Run, cursor};
use super::node::{Node, Order, Out, Page, leaf};
use super::value::Arguments;
use crate::sim::world::{Job, Status};

/// What a field gives, or why it gives nothing.
pub(super) type Found = Result<Out, String>;

/// Answers one field of an object.
pub(super) fn field(run: &Run<'_>, node: &Node, name: &str, arguments: &Arguments) -> Found {
    match node {
        Node::Root => root::field(run, name, arguments),
        Node::Group(id) => project::group_field(run, *id, name, arguments),
        Node::Project(id) => project::field(run, *id, name, arguments),
        Node::Pipeline(id) => pipeline::field(run, *id, name, arguments),
        Node::Stage { pipeline, place } => pipeline::stage_field(run, (*pipeline, *place), name),
        Node::Job(id) => job::field(run, *id, name),
        Node::Runner(id) => runner::field(run, *id, name, arguments),
        Node::Manager { runner, place } => runner::manager_field(run, (*runner, *place), name),
        Node::Person(place) => access::person_field(run, *place, name),
        Node::Account(id) => access::account_field(run, *id, name),
        Node::Member(row) => access::member_field(run, row, name),
        Node::Repository(project) => repository::field(run, *project, name, arguments),
        Node::Plain(value) | Node::Blob(_, value) => Ok(plain_field(value, name)),
        Node::Page(page) => Ok(page_field(page, name, arguments)),
        Node::Edge(row) => Ok(match name {
            "cursor" => leaf(cursor(row)),
            "node" => Out::One(Some((**row).clone())),
            _ => leaf(Value::Null),
        }),
    }
}

/// A field that the schema has and no resolver knows.
fn nothing(owner: &str, name: &str) -> Found {
    Err(format!("the simulator has no answer for {owner}.{name}"))
}

fn plain_field(value: &Value, name: &str) -> Out {
    match value.get(name) {
        Some(object @ Value::Object(_)) => Out::One(Some(Node::Plain(object.clone()))),
        Some(Value::Array(items)) if items.iter().any(Value::is_object) => {
            Out::Many(items.iter().cloned().map(Node::Plain).collect())
        }
        Some(value) => leaf(value.clone()),
        None => leaf(Value::Null),
    }
}

fn page_field(page: &Page, name: &str, arguments: &Arguments) -> Out {
    match name {
        "nodes" => Out::Many(page.rows.clone()),
        "edges" => Out::Many(page.rows.iter().cloned().map(Box::new).map(Node::Edge).collect()),
        "count" => {
            let most = arguments.number("limit").map_or(usize::MAX, |limit| limit + 1);
            leaf(page.total.min(most))
        }
        // So many variables a group or project may have.
        "limit" => leaf(30_000),
        _ => Out::One(Some(Node::Plain(json!({
            "hasNextPage": page.more,
            "hasPreviousPage": page.before,
            "startCursor": page.rows.first().map(cursor),
            "endCursor": page.rows.last().map(cursor),
        })))),
    }
}

/// The states that an argument names.
fn statuses(arguments: &Arguments) -> Option<Vec<Status>> {
    let names = arguments.texts("statuses")?;
    Some(names.into_iter().filter_map(Status::parse).collect())
}

/// A list of jobs.
fn job_rows<'a>(jobs: impl Iterator<Item = &'a Job>, order: Order) -> Out {
    Out::Rows(jobs.map(|job| Node::Job(job.id)).collect(), order)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::check::Source;
    use super::super::schema::View;
    use super::super::value::Variables;
    use super::*;
    use crate::sim::organisation::{Place, Relation};
    use crate::sim::scenario::Scenario;
    use crate::sim::world::World;

    #[test]
    fn every_field_of_the_schema_has_an_answer() {
        let world = World::new(Scenario::default(), 1, 1, 1_700_000_000_000);
        let document = graphql_parser::parse_query::<String>("query { x }").unwrap().into_static();
        let graphql_parser::query::Definition::Operation(
            graphql_parser::query::OperationDefinition::Query(query),
        ) = document.definitions.into_iter().next().unwrap()
        else {
            panic!("a query");
        };
        let source = Source { query, fragments: BTreeMap::new() };
        let run = Run {
            view: View { old: false },
            world: &world,
            base: "",
            version: "",
            source: &source,
            variables: &Variables::new(),
            score: 0,
            errors: Vec::new(),
            path: Vec::new(),
        };
        let (pipeline, job) =
            (world.pipelines.values().next().unwrap().id, world.jobs.values().next().unwrap().id);
        let (project, runner) = (101, 501);
        let nodes = [
            ("Query", Node::Root),
            ("Group", Node::Group(11)),
            ("Project", Node::Project(project)),
            ("Pipeline", Node::Pipeline(pipeline)),
            ("CiStage", Node::Stage { pipeline, place: 0 }),
            ("CiJob", Node::Job(job)),
            ("CiRunner", Node::Runner(runner)),
            ("CiRunnerManager", Node::Manager { runner, place: 0 }),
            ("UserCore", Node::Person(0)),
            ("GroupMember", Node::Member(world.rows(Place::Group(11), &[Relation::Direct])[0])),
        ];
        for (owner, node) in nodes {
            for (name, _) in run.view.fields(owner) {
                let found = field(&run, &node, name, &Arguments::default());
                let answered = found.err().is_none_or(|why| !why.contains("has no answer"));
                assert!(answered, "{owner}.{name}");
            }
        }
    }
}
