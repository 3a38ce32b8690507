//! Errors as the two protocols word them.

use http::HeaderValue;
use serde_json::json;

use super::xml;
use crate::sim::wire::Reply;

/// A protocol, which says how an error looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// REST with JSON: EKS.
    Rest,
    /// The query protocol with XML: STS and Auto Scaling; the namespace of its answers.
    Query(&'static str),
}

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Unsigned,
    UnknownKey,
    Expired,
    Throttled,
    /// The action that is not allowed, `eks:ListClusters` for example.
    Denied(String),
    /// What was not found, in EKS's words.
    NotFound(String),
    Invalid(String),
    /// Why it cannot be done as things are, in EKS's words.
    Impossible(String),
    /// What IAM does not have.
    NoSuchEntity(String),
    /// Why it cannot be changed now.
    InUse(String),
    UnknownOperation,
}

impl Wrong {
    /// The answer.
    pub(super) fn reply(&self, protocol: Protocol) -> Reply {
        let (status, rest, query, message) = self.words();
        match protocol {
            Protocol::Rest => {
                let mut reply = Reply::json(status, &json!({"message": message}));
                if HeaderValue::try_from(rest).is_ok() {
                    reply.set("x-amzn-errortype", rest);
                }
                reply
            }
            Protocol::Query(namespace) => {
                let status = if *self == Self::Throttled { 400 } else { status };
                xml::error(status, namespace, query, &message)
            }
        }
    }

    /// Status, code of REST, code of the query protocol, message.
    fn words(&self) -> (u16, &'static str, &'static str, String) {
        match self {
            Self::Unsigned => (
                403,
                "MissingAuthenticationTokenException",
                "MissingAuthenticationToken",
                "Missing Authentication Token".to_owned(),
            ),
            Self::UnknownKey => (
                403,
                "UnrecognizedClientException",
                "InvalidClientTokenId",
                "The security token included in the request is invalid.".to_owned(),
            ),
            Self::Expired => (
                403,
                "ExpiredTokenException",
                "ExpiredToken",
                "The security token included in the request is expired".to_owned(),
            ),
            Self::Throttled => {
                (429, "ThrottlingException", "Throttling", "Rate exceeded".to_owned())
            }
            Self::Denied(action) => (
                403,
                "AccessDeniedException",
                "AccessDenied",
                format!(
                    "User: {} is not authorized to perform: {action} on resource: * because no identity-based policy allows the {action} action",
                    super::sts::caller(),
                ),
            ),
            Self::NotFound(what) => {
                (404, "ResourceNotFoundException", "ValidationError", what.clone())
            }
            Self::Invalid(why) => {
                (400, "InvalidParameterException", "ValidationError", why.clone())
            }
            Self::Impossible(why) => {
                (400, "InvalidRequestException", "ValidationError", why.clone())
            }
            Self::NoSuchEntity(what) => {
                (404, "NoSuchEntityException", "NoSuchEntity", what.clone())
            }
            Self::InUse(why) => (409, "ResourceInUseException", "ResourceInUse", why.clone()),
            Self::UnknownOperation => (
                501,
                "UnknownOperationException",
                "InvalidAction",
                "This simulator does not know the operation".to_owned(),
            ),
        }
    }
}
