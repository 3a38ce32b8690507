//! The command that explains why something waits.

use super::navigate::target;
use super::{Command, Disabled, no_arguments};
use crate::app::{App, why};
use crate::domain::EntityId;
use crate::pane;

/// The commands.
#[rustfmt::skip] // One command a block: they are read as a table.
pub(super) static ALL: &[Command] = &[
    Command { name: "why", scope: "list", doc: "why this waits: the evidence, the next step, and what cannot be told",
        arguments: no_arguments, enabled: |app| about(app).map(|_| ()),
        run: |app, _, now| match about(app) {
            Ok(about) => why::open(app, about, now),
            Err(_) => Vec::new(),
        } },
];

/// What is explained: what is under the cursor, where that may wait, or where something may wait for it.
fn about(app: &App) -> Result<EntityId, Disabled> {
    let meant = match target(app) {
        Some(EntityId::Finding(id)) => pane::now::waits(app.shown(), &id.about),
        other => other,
    };
    match meant {
        Some(
            id @ (EntityId::Job(_)
            | EntityId::Pipeline(_)
            | EntityId::Project(_)
            | EntityId::Pod(_)
            | EntityId::NodeGroup(_)
            | EntityId::Tier(_)),
        ) => Ok(id),
        Some(_) => Disabled::because(
            "a job, a pipeline, a project, a pod, a node group or a tier may wait; choose one",
        ),
        None if target(app).is_some() => Disabled::because("nothing waits for what was found here"),
        None => Disabled::because("no row is under the cursor"),
    }
}
