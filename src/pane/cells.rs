//! Cells that several panes share: a status, an age, a span, a protected mark.

use super::block::{Cell, Mark};
use crate::domain::status::Progress;
use crate::domain::time::{coarse, seconds_between, span};
use crate::domain::{Health, Percentiles, Status, Text, Timestamp};
use crate::theme::Role;

/// The role of a status.
pub fn status_role(status: &Status) -> Role {
    match status {
        Status::Created => Role::StatusCreated,
        Status::WaitingForResource | Status::Preparing | Status::WaitingForCallback => {
            Role::StatusWaiting
        }
        Status::Pending => Role::StatusPending,
        Status::Running | Status::Canceling => Role::StatusRunning,
        Status::Success => Role::StatusSuccess,
        Status::Failed => Role::StatusFailed,
        Status::Canceled => Role::StatusCanceled,
        Status::Skipped => Role::StatusSkipped,
        Status::Manual => Role::StatusManual,
        Status::Scheduled => Role::StatusScheduled,
        Status::Other(_) => Role::StatusOther,
    }
}

/// The mark of a status.
pub fn status_mark(status: &Status) -> Mark {
    match status {
        Status::Success => Mark::Fine,
        Status::Failed => Mark::Bad,
        Status::Skipped | Status::Canceled => Mark::Skipped,
        Status::Manual => Mark::Manual,
        Status::Other(_) => Mark::Unknown,
        known => match known.progress() {
            Progress::Running => Mark::Running,
            Progress::Queued | Progress::Blocked | Progress::Ended => Mark::Waiting,
        },
    }
}

/// A status with its mark before it.
pub fn status(status: &Status) -> Cell {
    let role = status_role(status);
    Cell::mark(status_mark(status), role).and(format!(" {status}"), role)
}

/// Seconds as a span; a dot where there is none.
pub fn seconds(seconds: Option<f64>, role: Role) -> Cell {
    seconds.map_or_else(Cell::dot, |seconds| Cell::new(span(whole(seconds)), role))
}

/// The time since an instant.
pub fn since(at: Option<Timestamp>, now: Timestamp, role: Role) -> Cell {
    at.map_or_else(Cell::dot, |at| Cell::new(coarse(seconds_between(at, now)), role))
}

/// Words from outside; a dot where there are none.
pub fn text(text: Option<&Text>, role: Role) -> Cell {
    text.map_or_else(Cell::dot, |text| Cell::new(text.as_str(), role))
}

/// A percentile: alone with enough observations, with its n where there are few, a dot where there is none.
pub fn percentile(value: Option<f64>, of: &Percentiles, target: f64) -> Cell {
    match value {
        Some(value) if of.is_enough() => {
            let role = if value > target { Role::SeverityWarning } else { Role::Text };
            Cell::new(span(whole(value)), role)
        }
        Some(_) | None => Cell::dot(),
    }
}

/// The mark and the role of a verdict on a feed.
pub fn health(health: Health) -> (Mark, Role) {
    match health {
        Health::Live => (Mark::Fine, Role::HealthLive),
        Health::Partial => (Mark::Warning, Role::HealthPartial),
        Health::Starting => (Mark::Unknown, Role::HealthUnknown),
        Health::Stale => (Mark::Old, Role::HealthStale),
        Health::Down => (Mark::Bad, Role::HealthDown),
        Health::Forbidden => (Mark::Bad, Role::HealthForbidden),
        Health::Unconfigured => (Mark::NotApplicable, Role::HealthUnconfigured),
    }
}

/// Seconds without their fraction.
#[expect(clippy::cast_possible_truncation, reason = "spans of centuries are cut, not wrapped")]
pub fn whole(seconds: f64) -> i64 {
    seconds.round() as i64
}

/// A share as a whole per cent that never rounds up to 100.
pub fn per_cent(share: f64) -> String {
    if share >= 1.0 {
        "100 %".to_owned()
    } else {
        format!("{:.1} %", (share * 1000.0).floor() / 10.0)
    }
}

/// A merge request's ref in short (`!2208`), any other as it is.
pub fn short_ref(reference: &str) -> String {
    reference
        .strip_prefix("refs/merge-requests/")
        .and_then(|rest| rest.split('/').next())
        .map_or_else(|| reference.to_owned(), |number| format!("!{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_request_is_named_by_its_number() {
        assert_eq!(short_ref("refs/merge-requests/2208/head"), "!2208");
        assert_eq!(short_ref("release/1.2"), "release/1.2");
    }

    #[test]
    fn a_share_below_one_is_never_shown_as_hundred() {
        assert_eq!(per_cent(0.9999), "99.9 %");
        assert_eq!(per_cent(1.0), "100 %");
    }

    #[test]
    fn few_observations_print_no_percentile() {
        let few = Percentiles { n: 9, p50: Some(6.0), p95: None, p99: None };
        assert_eq!(percentile(few.p50, &few, 60.0), Cell::dot());
    }
}
