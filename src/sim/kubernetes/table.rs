//! Objects as a `Table`, which kubectl asks for: the columns of each kind and its rows.

use serde_json::{Value, json};

use super::form;
use super::kind::Kind;
use super::object::Object;
use super::{cells, pod_cells};
use crate::sim::clock::Millis;

/// What a row holds beside its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inclusion {
    Nothing,
    Metadata,
    Object,
}

impl Inclusion {
    /// From the parameter `includeObject`.
    pub(super) fn of(text: Option<&str>) -> Self {
        match text {
            Some("None") => Self::Nothing,
            Some("Object") => Self::Object,
            _ => Self::Metadata,
        }
    }
}

/// Whether a table says what its columns are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    Named,
    /// An earlier table of the same stream did.
    Known,
}

/// A table of rows; `head` is its `metadata` member.
pub(super) fn table(kind: Kind, head: &str, rows: &[String], columns: Columns) -> String {
    let columns = match columns {
        Columns::Named => definitions(kind),
        Columns::Known => "null".to_owned(),
    };
    format!(
        "{{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",{head},\"columnDefinitions\":{columns},\"rows\":[{}]}}",
        rows.join(","),
    )
}

/// The row of an object.
pub(super) fn row(object: &Object, inclusion: Inclusion, now: Millis) -> String {
    let value = object.value();
    let cells = match object.kind {
        Kind::Pod => pod_cells::cells(&value, now),
        kind => cells::cells(kind, &value, now),
    };
    let inner = match inclusion {
        Inclusion::Nothing => "null".to_owned(),
        Inclusion::Metadata => form::metadata(object),
        Inclusion::Object => form::Form::Plain.one(object, now),
    };
    let conditions = match object.kind {
        Kind::Pod => pod_cells::conditions(&value),
        _ => String::new(),
    };
    format!("{{\"cells\":{},{conditions}\"object\":{inner}}}", Value::Array(cells))
}

fn definitions(kind: Kind) -> String {
    let columns: Vec<Value> = columns(kind)
        .iter()
        .map(|(name, priority)| {
            let format = if *name == "Name" { "name" } else { "" };
            json!({
                "name": name,
                "type": if matches!(*name, "Secrets" | "Data") { "integer" } else { "string" },
                "format": format,
                "description": description(name),
                "priority": priority,
            })
        })
        .collect();
    Value::Array(columns).to_string()
}

/// Names of columns and their priority; those above 0 are for wide tables.
#[rustfmt::skip] // Read as a table.
fn columns(kind: Kind) -> &'static [(&'static str, u8)] {
    match kind {
        Kind::Pod => &[
            ("Name", 0), ("Ready", 0), ("Status", 0), ("Restarts", 0), ("Age", 0),
            ("IP", 1), ("Node", 1), ("Nominated Node", 1), ("Readiness Gates", 1),
        ],
        Kind::Event => &[
            ("Last Seen", 0), ("Type", 0), ("Reason", 0), ("Object", 0), ("Subobject", 1),
            ("Source", 1), ("Message", 0), ("First Seen", 1), ("Count", 1), ("Name", 1),
        ],
        Kind::Node => &[
            ("Name", 0), ("Status", 0), ("Roles", 0), ("Age", 0), ("Version", 0),
            ("Internal-IP", 1), ("External-IP", 1), ("OS-Image", 1), ("Kernel-Version", 1),
            ("Container-Runtime", 1),
        ],
        Kind::Namespace => &[("Name", 0), ("Status", 0), ("Age", 0)],
        Kind::ServiceAccount => &[("Name", 0), ("Secrets", 0), ("Age", 0)],
        Kind::ResourceQuota => &[("Name", 0), ("Request", 0), ("Limit", 0), ("Age", 0)],
        Kind::NetworkPolicy => &[("Name", 0), ("Pod-Selector", 0), ("Age", 0)],
        Kind::PolicyException | Kind::CelException => &[("Name", 0), ("Age", 0)],
        Kind::ConfigMap => &[("Name", 0), ("Data", 0), ("Age", 0)],
        Kind::ClusterRole | Kind::Role => &[("Name", 0), ("Created At", 0)],
        Kind::ClusterRoleBinding | Kind::RoleBinding => &[
            ("Name", 0), ("Role", 0), ("Age", 0), ("Users", 1), ("Groups", 1), ("ServiceAccounts", 1),
        ],
        Kind::NodePool => &[
            ("Name", 0), ("NodeClass", 0), ("Nodes", 0), ("Ready", 0), ("Age", 0),
            ("Weight", 1), ("CPU", 1), ("Memory", 1),
        ],
        Kind::NodeClaim => &[
            ("Name", 0), ("Type", 0), ("Capacity", 0), ("Zone", 0), ("Node", 0), ("Ready", 0),
            ("Age", 0), ("ID", 1), ("NodePool", 1), ("NodeClass", 1),
        ],
    }
}

fn description(name: &str) -> &'static str {
    match name {
        "Name" => "The name of the object, unique within its namespace.",
        "Age" => "The time since the object was created.",
        "Ready" => "The aggregate readiness.",
        "Status" => "The aggregate status.",
        "Restarts" => "How often the containers were restarted.",
        _ => "",
    }
}
