//! The fields of a repository: its main branch, and its files at a ref.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::super::links;
use super::super::execute::Run;
use super::super::node::{Node, Order, Out, leaf};
use super::super::value::Arguments;
use super::{Found, nothing};
use crate::sim::world::git::{Blob, Commit, MAIN};

/// A field of the repository of a project.
pub(super) fn field(run: &Run<'_>, project: u64, name: &str, arguments: &Arguments) -> Found {
    Ok(match name {
        "rootRef" => leaf(MAIN),
        "empty" => leaf(false),
        "exists" => leaf(true),
        "blobs" => blobs(run, project, arguments),
        _ => return nothing("Repository", name),
    })
}

/// The files at the paths that are asked for, in their order; those that are not there are left out.
fn blobs(run: &Run<'_>, project: u64, arguments: &Arguments) -> Out {
    let Some(commit) = run.world.repository(project).find(arguments.text("ref").unwrap_or("HEAD"))
    else {
        return Out::Rows(Vec::new(), Order::Rising);
    };
    let paths = arguments.texts("paths").unwrap_or_default();
    let found = paths.into_iter().filter_map(|path| Some((path, commit.tree.get(path)?)));
    let node = |(place, (path, blob)): (usize, (&str, &Arc<Blob>))| {
        Node::Blob(place, blob_fields(run, project, commit, (path, blob)))
    };
    Out::Rows(found.enumerate().map(node).collect(), Order::Rising)
}

/// Everything about a file. Sizes are large numbers, which GraphQL writes as strings.
fn blob_fields(
    run: &Run<'_>,
    project: u64,
    commit: &Commit,
    (path, blob): (&str, &Arc<Blob>),
) -> Value {
    let size = blob.text.len().to_string();
    let is_binary = blob.text.contains('\0');
    let home = links::project(run.world, project);
    json!({
        "id": format!("gid://gitlab/Blob/{}", blob.sha),
        "oid": blob.sha,
        "path": path,
        "name": path.rsplit('/').next(),
        "mode": "100644",
        "size": size,
        "rawSize": size,
        "rawBlob": blob.text,
        "rawTextBlob": (!is_binary).then_some(&blob.text),
        "webPath": format!("{home}/-/blob/{}/{path}", commit.sha),
    })
}
