//! What changes a node group: `UpdateNodegroupConfig`.

use serde_json::{Value, json};

use super::Call;
use super::eks::epoch;
use super::error::Wrong;
use crate::sim::clock;
use crate::sim::world::Sizes;

/// Begins an update of a node group's sizes; what EKS says of it.
pub(super) fn update_nodegroup_config(call: &Call<'_>) -> Result<Value, Wrong> {
    let name = call.names.get(1).map_or("", String::as_str);
    let body: Value = serde_json::from_slice(call.body).unwrap_or_default();
    let mut world = call.platform.world();
    world.advance(clock::now());
    let groups = &world.capacity.groups;
    let place = groups.iter().position(|group| group.name == name && !group.karpenter);
    let missing = || Wrong::NotFound(format!("No node group found for name: {name}."));
    let place = place.ok_or_else(missing)?;
    let group = groups.get(place).ok_or_else(missing)?;
    let token = body.get("clientRequestToken").and_then(Value::as_str).unwrap_or_default();
    // The same request again is the same update.
    if let Some(known) =
        group.update.as_ref().filter(|(known, _)| !token.is_empty() && known == token)
    {
        return Ok(known.1.clone());
    }
    if world.now < group.updating_until {
        let why = "Nodegroup cannot be updated as it is currently not in Active State";
        return Err(Wrong::InUse(why.to_owned()));
    }
    let sizes = sizes(&body)?;
    let least = sizes.least.unwrap_or(group.least);
    let most = sizes.most.unwrap_or(group.most);
    let desired = sizes.desired.unwrap_or_else(|| group.desired());
    fit(least, desired, most)?;
    let update = json!({
        "id": format!("5d0c1f7e-2b1a-4c3d-a4e5-{:012x}", world.now & 0xffff_ffff_ffff),
        "status": "InProgress",
        "type": "ConfigUpdate",
        "params": params(sizes),
        "createdAt": epoch(world.now),
        "errors": [],
    });
    world.resize(place, sizes);
    if let Some(group) = world.capacity.groups.get_mut(place) {
        group.update = Some((token.to_owned(), update.clone()));
    }
    call.platform.publish(&mut world);
    Ok(update)
}

fn sizes(body: &Value) -> Result<Sizes, Wrong> {
    let Some(config) = body.get("scalingConfig") else {
        return Err(Wrong::Invalid("No changes needed for the node group provided.".to_owned()));
    };
    let size = |name: &str| match config.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(size) => size
            .as_u64()
            .and_then(|size| usize::try_from(size).ok())
            .map(Some)
            .ok_or_else(|| Wrong::Invalid(format!("The parameter {name} is not valid."))),
    };
    Ok(Sizes { least: size("minSize")?, desired: size("desiredSize")?, most: size("maxSize")? })
}

/// The sizes go together, as EKS wants it.
fn fit(least: usize, desired: usize, most: usize) -> Result<(), Wrong> {
    let wrong = |why: String| Err(Wrong::Invalid(why));
    if most == 0 {
        wrong("maxSize must be at least 1".to_owned())
    } else if least > desired {
        wrong(format!("Minimum capacity {least} can't be greater than desired size {desired}"))
    } else if desired > most {
        wrong(format!("desired capacity {desired} can't be greater than max size {most}"))
    } else {
        Ok(())
    }
}

fn params(sizes: Sizes) -> Vec<Value> {
    [("MinSize", sizes.least), ("MaxSize", sizes.most), ("DesiredSize", sizes.desired)]
        .into_iter()
        .filter_map(|(name, size)| Some(json!({"type": name, "value": size?.to_string()})))
        .collect()
}
