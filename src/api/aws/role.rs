//! Who an IAM role lets in (`GetRole`): its trust policy, which comes as JSON that is escaped for an address.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::form_urlencoded;

use super::eks::{Eks, shape};
use super::query::{self, Query, Service};
use crate::api::Error;
use crate::domain::Text;
use crate::domain::access::{Condition, Known, Trust, TrustStatement};

impl Eks {
    /// Who a role lets in, by its ARN.
    ///
    /// # Errors
    /// Why AWS does not tell, with what would cure it.
    pub async fn role_trust(&self, arn: &str) -> Result<Trust, Error> {
        let doing = format!("reading the trust policy of {}", Text::new(arn));
        let name = arn.rsplit('/').next().unwrap_or(arn);
        let parameters = [("RoleName", name)];
        let question = Query { service: Service::Iam, action: "GetRole", parameters: &parameters };
        let body = self.query(&question, &doing).await?;
        read(arn, &body).map_err(|error| error.doing(&doing))
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "GetRoleResult")]
    result: Found,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    role: Role,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Role {
    #[serde(default)]
    assume_role_policy_document: String,
    max_session_duration: Option<u64>,
}

fn read(arn: &str, body: &[u8]) -> Result<Trust, Error> {
    let answer: Answer = query::read(body)?;
    let Role { assume_role_policy_document: escaped, max_session_duration } = answer.result.role;
    let untold = || Known::Unread(Text::new("AWS does not tell how long its sessions last"));
    Ok(Trust {
        role_arn: Text::new(arn),
        statements: Known::Is(statements(&plain(&escaped))?),
        max_session_seconds: max_session_duration.map_or_else(untold, Known::Is),
    })
}

/// The policy as it was written. What was not escaped stays as it is.
fn plain(escaped: &str) -> String {
    // A plus in a policy is a plus: only what a form would make a blank of is kept from it.
    let guarded = escaped.replace('+', "%2B");
    let pairs = form_urlencoded::parse(guarded.as_bytes());
    let whole: Vec<String> = pairs
        .map(
            |(name, value)| {
                if value.is_empty() { name.into_owned() } else { format!("{name}={value}") }
            },
        )
        .collect();
    whole.join("&")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    statement: OneOrMany<Statement>,
}

/// What may be a list or one by itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn all(self) -> Vec<T> {
        match self {
            OneOrMany::Many(all) => all,
            OneOrMany::One(one) => vec![one],
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: String,
    principal: Option<Principal>,
    action: Option<OneOrMany<Text>>,
    #[serde(default)]
    condition: BTreeMap<Text, BTreeMap<Text, OneOrMany<Word>>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Principal {
    Kinds(BTreeMap<String, OneOrMany<Text>>),
    Anybody(Text),
}

/// A value of a condition: text, or what is written without quotes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Text(Text),
    Bool(bool),
    Number(i64),
}

impl Word {
    fn text(self) -> Text {
        match self {
            Word::Text(text) => text,
            Word::Bool(said) => Text::new(&said.to_string()),
            Word::Number(number) => Text::new(&number.to_string()),
        }
    }
}

/// The statements that allow.
fn statements(policy: &str) -> Result<Vec<TrustStatement>, Error> {
    let policy: Policy = serde_json::from_str(policy)
        .map_err(|_| shape("the trust policy is not what AWS documents"))?;
    let allows = policy.statement.all().into_iter().filter(|one| one.effect == "Allow");
    Ok(allows.map(Statement::known).collect())
}

impl Statement {
    fn known(self) -> TrustStatement {
        let (mut federated, mut aws) = (Vec::new(), Vec::new());
        match self.principal {
            Some(Principal::Anybody(word)) => aws.push(word),
            Some(Principal::Kinds(kinds)) => {
                for (kind, who) in kinds {
                    match kind.as_str() {
                        "Federated" => federated.extend(who.all()),
                        "AWS" => aws.extend(who.all()),
                        _ => {}
                    }
                }
            }
            None => {}
        }
        let condition = |(operator, keys): (Text, BTreeMap<Text, OneOrMany<Word>>)| {
            keys.into_iter().map(move |(key, values)| Condition {
                operator: operator.clone(),
                key,
                values: values.all().into_iter().map(Word::text).collect(),
            })
        };
        TrustStatement {
            actions: self.action.map(OneOrMany::all).unwrap_or_default(),
            federated,
            aws,
            conditions: self.condition.into_iter().flat_map(condition).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(policy: &str) -> String {
        let escaped: String = form_urlencoded::byte_serialize(policy.as_bytes()).collect();
        let escaped = escaped.replace('+', "%20");
        format!(
            "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role>\
             <Path>/</Path><RoleName>deploy</RoleName><AssumeRolePolicyDocument>{escaped}</AssumeRolePolicyDocument>\
             <MaxSessionDuration>3600</MaxSessionDuration></Role></GetRoleResult></GetRoleResponse>"
        )
    }

    #[test]
    fn a_trust_policy_is_read_as_it_was_written() {
        let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/gitlab.example.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringLike": {"gitlab.example.com:sub": ["project_path:acme/*:*"]}}},
            {"Effect": "Deny", "Principal": "*", "Action": "*"}]}"#;
        let trust = read("arn:aws:iam::1:role/deploy", answer(policy).as_bytes()).unwrap();
        let wanted = TrustStatement {
            actions: vec![Text::new("sts:AssumeRoleWithWebIdentity")],
            federated: vec![Text::new("arn:aws:iam::1:oidc-provider/gitlab.example.com")],
            aws: Vec::new(),
            conditions: vec![Condition {
                operator: Text::new("StringLike"),
                key: Text::new("gitlab.example.com:sub"),
                values: vec![Text::new("project_path:acme/*:*")],
            }],
        };
        assert_eq!(trust.statements, Known::Is(vec![wanted]));
        assert_eq!(trust.max_session_seconds, Known::Is(3600));
    }

    #[test]
    fn one_statement_by_itself_and_anybody_are_read() {
        let policy = r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": ["sts:AssumeRole"],
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": true}}}}"#;
        let found = statements(policy).unwrap();
        assert_eq!((found[0].aws.as_slice(), found.len()), (&[Text::new("*")][..], 1));
        assert_eq!(found[0].conditions[0].values, [Text::new("true")]);
        assert!(statements("no policy").is_err());
    }

    #[test]
    fn signs_of_addresses_in_a_policy_stay_what_they_are() {
        assert_eq!(plain("%7B%22a%22%3A%22x+y%26z%3D1%22%7D"), "{\"a\":\"x+y&z=1\"}");
    }
}
