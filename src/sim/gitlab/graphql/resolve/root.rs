//! The fields of the query itself, of a person, and of a type.

use serde_json::{Value, json};

use super::super::super::REVISION;
use super::super::super::links;
use super::super::cost::MOST_COMPLEXITY;
use super::super::execute::Run;
use super::super::node::{Node, Order, Out};
use super::super::schema::{Shape, View, is_interface, shape};
use super::super::value::Arguments;
use super::{Found, access, nothing, project};

/// A field of the query.
pub(super) fn field(run: &Run<'_>, name: &str, arguments: &Arguments) -> Found {
    let text = |name: &str| arguments.text(name).unwrap_or_default();
    Ok(match name {
        "currentUser" => Out::One(Some(Node::Person(run.world.holder.person))),
        "user" => access::user(run, arguments),
        "users" => access::users(run, arguments),
        "metadata" => {
            plain(json!({"version": run.version, "revision": REVISION, "enterprise": true}))
        }
        "queryComplexity" => plain(json!({"score": run.score, "limit": MOST_COMPLEXITY})),
        "group" => {
            Out::One(run.world.group_at(text("fullPath")).map(|group| Node::Group(group.id)))
        }
        "project" => {
            Out::One(run.world.project_at(text("fullPath")).map(|one| Node::Project(one.id)))
        }
        "projects" => return project::list(run, run.world.projects.values().collect(), arguments),
        "runner" => {
            let id = links::number(text("id")).filter(|id| run.world.runners.contains_key(id));
            Out::One(id.map(Node::Runner))
        }
        "runners" => {
            return Err("The resource that you are attempting to access does not exist or you don't have permission to perform this action".to_owned());
        }
        "__type" => Out::One(describe(run.view, text("name")).map(Node::Plain)),
        _ => return nothing("Query", name),
    })
}

fn plain(value: Value) -> Out {
    Out::One(Some(Node::Plain(value)))
}

/// A type as introspection shows it.
fn describe(view: View, name: &str) -> Option<Value> {
    let named = |name: &str| json!({"name": name});
    Some(match shape(name)? {
        Shape::Object(_) => {
            let fields: Vec<Value> = view
                .fields(name)
                .into_iter()
                .filter(|(name, _)| !name.starts_with("__"))
                .map(|(name, field)| {
                    let known = field.arguments.keys();
                    let arguments: Vec<Value> = known
                        .filter(|name| view.argument(field, name).is_some())
                        .map(|name| named(name))
                        .collect();
                    json!({"name": name, "args": arguments})
                })
                .collect();
            let kind = if is_interface(name) { "INTERFACE" } else { "OBJECT" };
            json!({"kind": kind, "name": name, "fields": fields, "enumValues": null})
        }
        Shape::Enum(_) => {
            let values: Vec<Value> =
                view.choices(name).unwrap_or_default().into_iter().map(named).collect();
            json!({"kind": "ENUM", "name": name, "fields": null, "enumValues": values})
        }
        Shape::Union => json!({"kind": "UNION", "name": name, "fields": null, "enumValues": null}),
        Shape::Scalar => {
            json!({"kind": "SCALAR", "name": name, "fields": null, "enumValues": null})
        }
    })
}

/// A list of things in the order of their ids.
pub(super) fn rising(rows: impl Iterator<Item = Node>) -> Out {
    Out::Rows(rows.collect(), Order::Rising)
}
