//! STS: who asks, and the credentials of another role.

use super::error::Wrong;
use super::{Call, xml};
use crate::sim::clock;
use crate::sim::wire::Reply;
use crate::sim::world::ACCOUNT;

/// Namespace of its answers.
pub(super) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const HOUR: i64 = 3_600_000;

/// Who the simulated key belongs to.
pub(super) fn caller() -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/watchfloor-viewer/demo")
}

/// Answers an operation.
pub(super) fn answer(call: &Call<'_>) -> Result<Reply, Wrong> {
    let result = match call.operation {
        "GetCallerIdentity" => [
            xml::leaf("Arn", &caller()),
            xml::leaf("UserId", "AROASIMULATED:demo"),
            xml::leaf("Account", ACCOUNT),
        ]
        .concat(),
        "AssumeRole" => assume(call)?,
        _ => return Err(Wrong::UnknownOperation),
    };
    Ok(xml::answer(call.operation, NAMESPACE, &result))
}

fn assume(call: &Call<'_>) -> Result<String, Wrong> {
    let role = call.get("RoleArn").unwrap_or_default();
    let session = call.get("RoleSessionName").unwrap_or("watchfloor");
    let name = role.strip_prefix(&format!("arn:aws:iam::{ACCOUNT}:role/"));
    let Some(name) = name else { return Err(Wrong::Denied("sts:AssumeRole".to_owned())) };
    let keys = call.platform.keys();
    let credentials = [
        xml::leaf("AccessKeyId", &keys.session),
        xml::leaf("SecretAccessKey", &keys.secret),
        xml::leaf("SessionToken", "simulated-session"),
        xml::leaf("Expiration", &clock::coarse(clock::now() + HOUR)),
    ]
    .concat();
    let user = [
        xml::leaf("AssumedRoleId", &format!("AROASIMULATED:{session}")),
        xml::leaf("Arn", &format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}")),
    ]
    .concat();
    Ok([xml::node("Credentials", &credentials), xml::node("AssumedRoleUser", &user)].concat())
}
