//! What decisions about requests for exceptions come to on the wire.

use http::Method;
use serde_json::{Value, json};

use super::JoinPath;
use crate::action::look;
use crate::domain::{Proposal, Target};

/// Method, path and body of what a decision sends first; whether it is pinned to the commit that was reviewed.
pub(super) struct Decision {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Value,
    pub(super) is_pinned: bool,
}

/// What a decision about a request comes to; `None` for anything else.
pub(super) fn decision(proposal: &Proposal) -> Option<Decision> {
    let Target::Request(project, iid) = &proposal.target else { return None };
    let iid = iid.to_string();
    let base = ["projects", project.as_str(), "merge_requests", iid.as_str()].join_path();
    let pinned = |method: Method, verb: &str| Decision {
        method,
        path: format!("{base}/{verb}"),
        body: json!({}),
        is_pinned: true,
    };
    Some(match proposal.act.name {
        "exception.approve" => pinned(Method::POST, "approve"),
        "exception.merge" => pinned(Method::PUT, "merge"),
        "exception.refuse" | "exception.withdraw" => Decision {
            method: Method::POST,
            path: format!("{base}/notes"),
            body: json!({ "body": look::exception::note(proposal)?.as_str() }),
            is_pinned: false,
        },
        "exception.close" => Decision {
            method: Method::PUT,
            path: base,
            body: json!({ "state_event": "close" }),
            is_pinned: false,
        },
        _ => return None,
    })
}
