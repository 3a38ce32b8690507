//! Cells that several panes share: a status, an age, a span, a protected mark.

use super::block::{Cell, Mark, Piece};
use super::lens::Cx;
use crate::domain::status::Progress;
use crate::domain::time::{coarse, seconds_between, span};
use crate::domain::{Health, Job, Percentiles, ProjectId, Status, Text, Timestamp};
use crate::state::{Row, State};
use crate::theme::Role;

pub use crate::domain::time::whole;

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

/// The same cell with the mark of what is not confirmed any more, which needs no colour.
pub fn old(cell: Cell) -> Cell {
    let mut marked = Cell::mark(Mark::Old, Role::FreshnessOld);
    marked.0.append(&mut cell.in_role(Role::FreshnessOld).0);
    marked
}

/// Until when a row of a cluster is known to be as it is: now, or its last confirmation where that is old.
pub fn known_until<T>(cx: &Cx<'_>, row: &Row<T>) -> Timestamp {
    let seen_at = cx.state.row_seen_at(row);
    if cx.state.is_stale(row, seen_at, cx.now) { seen_at.min(cx.now) } else { cx.now }
}

/// Until when a job is known to be as it is: now, or its last confirmation where that is old. What it waits and runs is
/// counted until then and no longer: on dead data a clock that goes on would be invented.
pub fn job_known_until(cx: &Cx<'_>, row: &Row<Job>) -> Timestamp {
    if cx.state.is_job_stale(row, cx.now) { cx.state.job_seen_at(row).min(cx.now) } else { cx.now }
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

/// CPU in cores: `2`, `1.5`, `250m`.
pub fn cores(millis: u64) -> String {
    match (millis / 1000, millis % 1000) {
        (cores, 0) => cores.to_string(),
        (0, millis) => format!("{millis}m"),
        (cores, rest) => format!("{cores}.{}", rest / 100),
    }
}

/// Memory in the largest unit in which it is one or more: `512Mi`, `4Gi`, `1.5Gi`.
pub fn memory(bytes: u64) -> String {
    let units = [("Ti", 1_u64 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
    let Some((unit, size)) = units.into_iter().find(|(_, size)| bytes >= *size) else {
        return bytes.to_string();
    };
    match (bytes / size, bytes % size / (size / 10)) {
        (whole, 0) => format!("{whole}{unit}"),
        (whole, _) if whole >= 100 => format!("{whole}{unit}"),
        (whole, tenth) => format!("{whole}.{}{unit}", tenth.min(9)),
    }
}

/// How much of something is taken: per cent, then a bar as wide as there is room. Behind `≥` where not everything that
/// takes of it is known.
pub fn taken(part: u64, whole: u64, sign: &str) -> Cell {
    if whole == 0 {
        return Cell::dim("n/a");
    }
    let share = ratio(part, whole);
    let (role, bar) = match share {
        ..0.9 => (Role::Text, Role::BarFill),
        0.9..1.0 => (Role::Text, Role::BarWarning),
        _ => (Role::SeverityWarning, Role::BarBad),
    };
    let words = format!("{:>6} ", format!("{sign}{} %", whole_per_cent(share)));
    let mut cell = Cell::new(words, role);
    cell.0.push(Piece::Bar(share.min(1.0), BAR_WIDTH, bar));
    cell
}

/// How wide a bar likes to be, in columns.
const BAR_WIDTH: u16 = 20;

/// A share as a whole per cent that never rounds up to a hundred.
fn whole_per_cent(share: f64) -> i64 {
    let per_cent = whole(share * 100.0);
    if share < 1.0 { per_cent.min(99) } else { per_cent }
}

/// A part of a whole.
#[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^52")]
pub fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// A count as a value that a filter holds against a number.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub fn number(count: u64) -> f64 {
    count as f64
}

/// A share as a whole per cent that never rounds up to 100.
pub fn per_cent(share: f64) -> String {
    if share >= 1.0 {
        "100 %".to_owned()
    } else {
        format!("{:.1} %", (share * 1000.0).floor() / 10.0)
    }
}

/// The path of a project, or nothing while it is not known.
pub fn path(state: &State, project: ProjectId) -> &str {
    state.projects().get(project).map_or("", |project| &project.path)
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
    fn amounts_are_told_in_the_largest_unit_that_fits() {
        let cases = [(0, "0"), (250, "250m"), (1000, "1"), (1500, "1.5"), (64_000, "64")];
        for (millis, text) in cases {
            assert_eq!(cores(millis), text);
        }
        let cases: [(u64, &str); 6] = [
            (0, "0"),
            (1023, "1023"),
            (512 << 20, "512Mi"),
            (4 << 30, "4Gi"),
            (3 << 29, "1.5Gi"),
            ((4 << 30) - 1, "3.9Gi"),
        ];
        for (bytes, text) in cases {
            assert_eq!(memory(bytes), text);
        }
    }

    #[test]
    fn what_is_not_full_is_never_called_full() {
        assert_eq!(taken(999, 1000, "").words(), "99 %");
        assert_eq!(taken(1000, 1000, "").words(), "100 %");
        assert_eq!(taken(1, 2, "≥").words(), "≥50 %");
        assert_eq!(taken(1, 0, ""), Cell::dim("n/a"));
    }

    #[test]
    fn few_observations_print_no_percentile() {
        let few = Percentiles { n: 9, p50: Some(6.0), p95: None, p99: None };
        assert_eq!(percentile(few.p50, &few, 60.0), Cell::dot());
    }
}
