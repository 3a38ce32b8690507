//! The detailed state that the web interface shows.

use serde_json::{Value, json};

use crate::sim::world::Status;

/// A state with its texts and icon; `path` is where its details are.
pub(super) fn detailed(status: Status, id: u64, path: &str) -> Value {
    let word = status.word();
    let (text, label) = match status {
        Status::Success => ("Passed", "passed"),
        Status::Failed => ("Failed", "failed"),
        Status::Running => ("Running", "running"),
        Status::Pending => ("Pending", "pending"),
        Status::Canceled => ("Canceled", "canceled"),
        Status::Canceling => ("Canceling", "canceling"),
        Status::Skipped => ("Skipped", "skipped"),
        Status::Manual => ("Manual", "manual play action"),
        Status::Scheduled => ("Delayed", "delayed manual action"),
        Status::Created => ("Created", "created"),
        Status::Preparing => ("Preparing", "preparing"),
        Status::WaitingForResource => ("Waiting", "waiting for resource"),
        Status::WaitingForCallback => ("Waiting", "waiting for callback"),
    };
    json!({
        "id": format!("{word}-{id}-{id}"),
        "text": text,
        "label": label,
        "tooltip": label,
        "group": word.replace('_', "-"),
        "icon": format!("status_{word}"),
        "favicon": format!("/assets/ci_favicons/favicon_status_{word}.png"),
        "hasDetails": true,
        "detailsPath": path,
        "action": null,
    })
}
