//! Rules about time: how long a record lives, how often it is renewed, and that it ends.

use jiff::SignedDuration;

use super::Case;
use crate::domain::time::{instant_utc, span};
use crate::domain::{ExceptionState, Flaw, FlawSeverity};

/// It lives no longer than its kind may.
pub(super) fn lifetime(case: &Case<'_>) -> Vec<Flaw> {
    let record = &case.entry.record;
    let longest = SignedDuration::try_from(case.rules.longest(record.kind.name()))
        .unwrap_or(SignedDuration::MAX);
    let life = record.expires_at.at.duration_since(record.starts_at.at);
    if life <= longest {
        return Vec::new();
    }
    let what = format!(
        "it would live {}, longer than the {} of the kind {}",
        span(life.as_secs()),
        span(longest.as_secs()),
        record.kind
    );
    let cure = "choose an earlier end; a renewal is a record of its own (exceptions.max_ttl)";
    vec![case.error("lifetime", "expires_at", (what, cure))]
}

/// A grant is renewed so often and no more.
pub(super) fn renewals(case: &Case<'_>) -> Vec<Flaw> {
    let (count, most) = (case.lineage.renewals, case.rules.max_renewals);
    if count <= most {
        return Vec::new();
    }
    let what = format!(
        "it is renewal {count} of `{}`, which may be renewed {most} times",
        case.lineage.first
    );
    let cure = "remove the need for it, or ask anew with somebody higher (exceptions.max_renewals)";
    vec![case.error("renewals", "renews", (what, cure))]
}

/// What is past its end is closed: nobody has said yet that what it allowed is gone.
pub(super) fn expired(case: &Case<'_>) -> Vec<Flaw> {
    if case.state() != ExceptionState::Expired {
        return Vec::new();
    }
    let end = instant_utc(case.entry.record.expires_at.at);
    let what = format!("it expired at {end}, and nothing says that it is over with");
    let cure = "remove its artefacts and add `closed` (at, by, reason), or renew it";
    vec![case.error("expired", "expires_at", (what, cure))]
}

/// A bare date ends at its start, a day earlier than many read it.
pub(super) fn bare_date(case: &Case<'_>) -> Vec<Flaw> {
    let end = case.entry.record.expires_at;
    if !end.is_date() {
        return Vec::new();
    }
    let date = end.text();
    let what = format!("`{date}` ends at 00:00 UTC at its start: on {date} it holds no longer");
    let cure = "nothing, if that is meant; else write the instant with its zone";
    vec![case.flaw(FlawSeverity::Info, "bare-date", "expires_at", (what, cure))]
}
