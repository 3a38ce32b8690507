//! Runners as far as they guard, and when their tokens end.

use serde_json::json;

use super::guard_shape::{RunnerRowShape, RunnerShape};
use super::people::{Home, grant};
use super::sheet::{Connection, Sheet};
use crate::api::Error;
use crate::domain::access::{
    Credential, Hop, Known, Part, Principal, PrincipalKind, ResourceKind, Right, Runner, Via,
};
use crate::domain::{Text, Tiers};

const GROUP_RUNNERS: &str = include_str!("../queries/group_runner_ids.graphql");

/// The runners of a group and of what lies below it, and those of the instance; or those of a project. Each is read by
/// itself: lists do not tell what guards them.
pub(super) async fn read(sheet: &mut Sheet<'_>, home: &Home, tiers: &Tiers) -> Result<(), Error> {
    let mut ids = Vec::new();
    let mut parameters: &[(&str, &str)] = &[];
    if home.resource.kind == ResourceKind::Group {
        let asked = Connection {
            document: GROUP_RUNNERS,
            holder: "group",
            field: "runners",
            variables: json!({}),
            called: "group.runners(membership: DESCENDANTS)".to_owned(),
        };
        let own = sheet.connection::<RunnerRowShape>(Part::Runners, &asked).await?;
        ids.extend(own.fact().into_iter().flatten().map(|row| row.id.0));
        parameters = &[("type", "instance_type")];
    }
    let path = home.at("runners");
    let listed = sheet.list::<RunnerRowShape>(Part::Runners, &path, parameters).await?;
    ids.extend(listed.fact().into_iter().flatten().map(|row| row.id.0));
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let one = sheet.one::<RunnerShape>(Part::Runners, &format!("runners/{id}")).await?;
        if let Known::Is(one) = one {
            add(sheet, home, tiers, &one);
        }
    }
    Ok(())
}

fn add(sheet: &mut Sheet<'_>, home: &Home, tiers: &Tiers, one: &RunnerShape) {
    let untold = |what: &str| Text::new(&format!("GitLab does not tell {what} here"));
    let own = Text::new(&format!("runner:{}", one.id.0));
    let description = one.description.as_ref().filter(|words| !words.is_empty()).unwrap_or(&own);
    let ends = match one.token_expires_at {
        Some(ends) => Known::Is(ends.0),
        None => Known::Unread(untold("when the runner's token ends")),
    };
    let flag = |told: Option<bool>, what: &str| match told {
        Some(told) => Known::Is(told),
        None => Known::Unread(untold(what)),
    };
    let protected = one.access_level.as_ref().map(|level| level.as_str() == "ref_protected");
    sheet.of.runners.push(Runner {
        id: one.id.0,
        description: description.clone(),
        kind: one.runner_type.clone().unwrap_or_else(|| Text::new("unknown")),
        serves_protected: tiers.protects(&one.tag_list) == Some(true) && !tiers.is_empty(),
        ref_protected: flag(protected, "whom it serves"),
        run_untagged: flag(one.run_untagged, "whether it takes untagged jobs"),
        locked: flag(one.locked, "whether it is locked"),
        token_expires_at: ends.clone(),
    });
    let mut credential = Credential::new(&own, PrincipalKind::RunnerToken, &home.resource.path);
    credential.name = description.clone();
    credential.expires_at = ends.clone();
    let mut held = grant(home, &own, Hop { via: Via::Token, from: None }, Right::named("run jobs"));
    held.expires_at = ends.fact().copied().flatten();
    sheet.of.grants.push(held);
    sheet.of.principals.push(Principal::new(&own, PrincipalKind::RunnerToken, description));
    sheet.of.credentials.push(credential);
}
