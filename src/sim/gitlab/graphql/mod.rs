//! GraphQL.

use serde_json::json;

use super::wire::{Ask, Reply};
use crate::sim::server::Platform;

/// Answers a query.
pub(super) fn answer(_platform: &Platform, _ask: &Ask) -> Reply {
    Reply::json(501, &json!({}))
}
