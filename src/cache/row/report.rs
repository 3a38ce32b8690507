//! Rows of reports: how each feed was doing.

use super::{Cell, Columns, maybe, number, real, text, time};
use crate::cache::intern::Interner;
use crate::domain::{Budget, Failure, FailureKind, Origin, Report};

/// The columns behind `feed` and `seen_at`.
pub(in crate::cache) const REPORT_COLUMNS: [&str; 16] = [
    "interval_seconds",
    "confirmed_at",
    "requests_per_minute",
    "failure_kind",
    "failure_message",
    "failure_hint",
    "failure_at",
    "failure_retry_at",
    "gap_kind",
    "gap_message",
    "gap_hint",
    "gap_at",
    "gap_retry_at",
    "budget_limit",
    "budget_remaining",
    "budget_reset_at",
];

/// Every kind that has a word; a word that is not among them reads as [`FailureKind::Other`].
const KINDS: [FailureKind; 18] = [
    FailureKind::TokenInvalid,
    FailureKind::TokenExpired,
    FailureKind::ScopeMissing,
    FailureKind::Forbidden,
    FailureKind::NotFound,
    FailureKind::RateLimited,
    FailureKind::Server,
    FailureKind::Tls,
    FailureKind::Dns,
    FailureKind::Connect,
    FailureKind::Timeout,
    FailureKind::NotJson,
    FailureKind::CutBody,
    FailureKind::Shape,
    FailureKind::ForeignOrigin,
    FailureKind::Query,
    FailureKind::Other,
    FailureKind::Definition,
];

/// The values of [`REPORT_COLUMNS`].
pub(in crate::cache) fn report_cells(report: &Report) -> Vec<Cell<'_>> {
    let mut cells = vec![
        real(report.interval_seconds),
        maybe(report.confirmed_at, time),
        real(report.requests_per_minute),
    ];
    cells.extend(failure_cells(report.failure.as_ref()));
    cells.extend(failure_cells(report.gap.as_ref()));
    cells.extend([
        maybe(report.budget, |budget| number(budget.limit)),
        maybe(report.budget, |budget| number(budget.remaining)),
        maybe(report.budget, |budget| time(budget.reset_at)),
    ]);
    cells
}

/// Reads [`REPORT_COLUMNS`].
pub(in crate::cache) fn read_report(
    columns: &mut Columns<'_>,
    words: &mut Interner,
) -> rusqlite::Result<Report> {
    Ok(Report {
        interval_seconds: columns.take()?,
        confirmed_at: columns.maybe_time()?,
        origin: Origin::Cache,
        is_cut_off: false,
        requests_per_minute: columns.take()?,
        failure: read_failure(columns, words)?,
        gap: read_failure(columns, words)?,
        budget: read_budget(columns)?,
    })
}

fn failure_cells(failure: Option<&Failure>) -> [Cell<'_>; 5] {
    [
        maybe(failure, |failure| text(failure.kind.as_str())),
        maybe(failure, |failure| text(&failure.message)),
        maybe(failure, |failure| text(&failure.hint)),
        maybe(failure, |failure| time(failure.at)),
        maybe(failure.and_then(|failure| failure.retry_at), time),
    ]
}

fn read_failure(
    columns: &mut Columns<'_>,
    words: &mut Interner,
) -> rusqlite::Result<Option<Failure>> {
    let kind = columns.maybe_str()?.map(kind);
    let (message, hint) = (columns.maybe_text(words)?, columns.maybe_text(words)?);
    let (at, retry_at) = (columns.maybe_time()?, columns.maybe_time()?);
    Ok(match (kind, message, hint, at) {
        (Some(kind), Some(message), Some(hint), Some(at)) => {
            Some(Failure { kind, message, hint, at, retry_at })
        }
        _ => None,
    })
}

fn kind(word: &str) -> FailureKind {
    KINDS.into_iter().find(|kind| kind.as_str() == word).unwrap_or(FailureKind::Other)
}

fn read_budget(columns: &mut Columns<'_>) -> rusqlite::Result<Option<Budget>> {
    let parts = (columns.maybe_number()?, columns.maybe_number()?, columns.maybe_time()?);
    Ok(match parts {
        (Some(limit), Some(remaining), Some(reset_at)) => {
            Some(Budget { limit, remaining, reset_at })
        }
        _ => None,
    })
}
