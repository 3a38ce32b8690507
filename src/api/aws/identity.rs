//! [`Identity`]: who AWS takes us for.

use serde::Deserialize;

use super::query::{self, Query, Service};
use crate::api::Error;
use crate::domain::Text;

/// Who AWS takes us for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub account: Text,
    /// The user or the role's session.
    pub arn: Text,
}

/// The question.
pub(super) fn question() -> Query<'static> {
    Query { service: Service::Sts, action: "GetCallerIdentity", parameters: &[] }
}

/// Reads the answer.
pub(super) fn read(body: &[u8]) -> Result<Identity, Error> {
    let answer: Answer = query::read(body)?;
    let Found { account, arn } = answer.result;
    Ok(Identity { account: Text::new(&account), arn: Text::new(&arn) })
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "GetCallerIdentityResult")]
    result: Found,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    account: String,
    arn: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_read() {
        let body =
            br#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
            <GetCallerIdentityResult><Arn>arn:aws:iam::1:user/ann</Arn><UserId>U</UserId>
            <Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"#;
        let ann = Identity { account: Text::new("1"), arn: Text::new("arn:aws:iam::1:user/ann") };
        assert_eq!(read(body), Ok(ann));
    }
}
