//! CI/CD variables, as REST lists them: with their values. Whoever reviews access has no business here.

use serde_json::json;

use super::super::{Answer, Desk};
use crate::sim::organisation::{Place, Variable};

/// The variables of a group or project.
pub(super) fn list(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    desk.need(place, if matches!(place, Place::Group(_)) { 50 } else { 40 })?;
    let all = desk.world.organisation.variables.iter();
    let rows: Vec<&Variable> = all.filter(|one| one.place == place).collect();
    desk.page(&rows, |one| {
        json!({
            "variable_type": "env_var",
            "key": one.key,
            "value": one.value,
            "hidden": false,
            "protected": one.protected,
            "masked": one.masked,
            "raw": false,
            "environment_scope": one.scope,
            "description": null,
        })
    })
}
