//! IAM: roles, and whom they trust.

use super::error::Wrong;
use super::{Call, xml};
use crate::sim::clock;
use crate::sim::organisation::IamRole;
use crate::sim::wire::Reply;
use crate::sim::world::{ACCOUNT, REGION};

/// Namespace of its answers.
pub(super) const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// Answers an operation.
pub(super) fn answer(call: &Call<'_>) -> Result<Reply, Wrong> {
    let result = match call.operation {
        "GetRole" => role(call)?,
        _ => return Err(Wrong::UnknownOperation),
    };
    Ok(xml::answer(call.operation, NAMESPACE, &result))
}

fn role(call: &Call<'_>) -> Result<String, Wrong> {
    let name = call.get("RoleName").unwrap_or_default();
    let world = call.platform.world();
    let found = world.organisation.iam_roles.iter().find(|role| role.name == name);
    let missing = || Wrong::NoSuchEntity(format!("The role with name {name} cannot be found."));
    let role = found.ok_or_else(missing)?;
    let used = [
        xml::leaf("LastUsedDate", &clock::coarse(world.start - 3_600_000)),
        xml::leaf("Region", REGION),
    ]
    .concat();
    let shown = [
        xml::leaf("Path", "/"),
        xml::leaf("RoleName", &role.name),
        xml::leaf("RoleId", &id(role)),
        xml::leaf("Arn", &format!("arn:aws:iam::{ACCOUNT}:role/{}", role.name)),
        xml::leaf("CreateDate", &clock::coarse(role.created)),
        xml::leaf("AssumeRolePolicyDocument", &encoded(&trust(call, role))),
        xml::leaf("Description", "Everything in here is fictional"),
        xml::leaf("MaxSessionDuration", &role.session_seconds.to_string()),
        xml::node("RoleLastUsed", &used),
    ]
    .concat();
    Ok(xml::node("Role", &shown))
}

/// The trust policy, in which this GitLab is named as it names itself: with its port, though IAM takes none.
fn trust(call: &Call<'_>, role: &IamRole) -> String {
    let host = call.platform.base().trim_start_matches("http://");
    role.trust.trim().replace("HOST", host)
}

/// The unique id of a role, which another role of the same name would not have.
fn id(role: &IamRole) -> String {
    let mark = role.name.bytes().fold(7_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte)) % 0xffff_ffff_ffff
    });
    format!("AROASIM{mark:014X}")
}

/// Percent signs as RFC 3986 has them, which is how IAM writes documents.
fn encoded(text: &str) -> String {
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    form.replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_no_plus_for_a_space() {
        assert_eq!(encoded("{\"a\": 1}"), "%7B%22a%22%3A%201%7D");
    }
}
