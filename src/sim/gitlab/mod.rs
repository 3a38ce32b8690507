//! GitLab as its public documents describe it: the REST API and GraphQL.

mod graphql;
mod links;
mod rest;

use serde_json::json;

use super::fault::TokenFault;
use super::scenario::GraphQl;
use super::server::Platform;
use super::wire::{self, Ask, Reply};

/// The release that the platform claims to be.
const VERSION: &str = "18.5.1-ee";
/// The release that it claims where GraphQL is that of 16.3.
const OLD_VERSION: &str = "16.3.9-ee";
const REVISION: &str = "0c1d2e3f4a5";

/// Answers a request.
pub(crate) fn answer(platform: &Platform, ask: &Ask, fault: Option<TokenFault>) -> Reply {
    let segments: Vec<&str> = ask.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["api", "graphql"] => graph_ql(platform, ask, fault),
        ["api", "v4", rest @ ..] => match refuse_token(platform, ask, fault, rest) {
            Some(refusal) => refusal,
            None => rest::answer(platform, ask, rest),
        },
        _ => unknown(platform, ask),
    }
}

/// The release that the platform claims to be now.
fn version(platform: &Platform) -> &'static str {
    if platform.graph_ql() == GraphQl::V16_3 { OLD_VERSION } else { VERSION }
}

/// 501, and remembered.
fn unknown(platform: &Platform, ask: &Ask) -> Reply {
    platform.ledger().puzzle(format!("{} {}", ask.method, ask.path));
    Reply::json(
        501,
        &json!({"message": format!("501 the simulator does not know {} {}", ask.method, ask.path)}),
    )
}

fn graph_ql(platform: &Platform, ask: &Ask, fault: Option<TokenFault>) -> Reply {
    if platform.graph_ql() == GraphQl::Off {
        return Reply::json(404, &json!({"error": "404 Not Found"}));
    }
    if ask.method != "POST" {
        return unknown(platform, ask);
    }
    if fault.is_some() || ask.token.as_deref().is_some_and(|token| !platform.knows(token)) {
        return Reply::json(401, &json!({"errors": [{"message": "Invalid token"}]}));
    }
    graphql::answer(platform, ask)
}

/// The refusal of a REST request for its token, if there is one.
fn refuse_token(
    platform: &Platform,
    ask: &Ask,
    fault: Option<TokenFault>,
    rest: &[&str],
) -> Option<Reply> {
    let is_self = rest == ["personal_access_tokens", "self"];
    match fault {
        Some(TokenFault::Expired) => Some(Reply::json(
            401,
            &json!({
                "error": "invalid_token",
                "error_description": "Token is expired. You can either do re-authorization or token refresh.",
            }),
        )),
        Some(TokenFault::Invalid) => Some(unauthorized()),
        _ if !ask.token.as_deref().is_some_and(|token| platform.knows(token)) => {
            Some(unauthorized())
        }
        Some(TokenFault::Scope) if is_self => {
            Some(rest::own_token(&platform.world(), &["read_user"]))
        }
        Some(TokenFault::Scope) if rest != ["user"] => Some(Reply::json(
            403,
            &json!({
                "error": "insufficient_scope",
                "error_description": "The request requires higher privileges than provided by the access token.",
                "scope": "api read_api",
            }),
        )),
        _ => None,
    }
}

fn unauthorized() -> Reply {
    Reply::json(401, &json!({"message": "401 Unauthorized"}))
}
