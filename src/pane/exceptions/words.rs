//! How exceptions and requests are told: their state, their countdown, who stands behind them.

use crate::domain::time::{seconds_between, span};
use jiff::SignedDuration;

use crate::domain::{
    ExceptionRequest, ExceptionScope, ExceptionState, Filed, Health, MergeStand, SourceId, Stamp,
    Text, Timestamp, Urgency, lead_word,
};
use crate::pane::block::{Cell, Mark};
use crate::pane::lens::Cx;
use crate::theme::Role;

/// What the header says of ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// In full, and shorter.
    pub words: [String; 2],
    /// In which role.
    pub role: Role,
}

/// How many exceptions are past their end, and how many are next, by the shortest lead that has any. Nothing where nothing
/// ends.
pub fn chip(cx: &Cx<'_>) -> Option<Chip> {
    let (endings, leads) = (cx.state.endings(), cx.state.leads());
    let expired = endings.expired(cx.now).len();
    let within = |lead: &SignedDuration| endings.within(*lead, cx.now).len();
    let next = leads.iter().find(|lead| within(lead) > 0);
    let role = match (expired, next.map(|lead| leads.urgency(lead))) {
        (1.., _) => Role::SeverityBad,
        (0, Some(Urgency::Urgent | Urgency::Near)) => Role::SeverityWarning,
        (0, Some(Urgency::Far)) => Role::HeaderCount,
        (0, None) => return None,
    };
    let noun = |n: usize| if n == 1 { "1 exception".to_owned() } else { format!("{n} exceptions") };
    let end = |n: usize| if n == 1 { "ends" } else { "end" };
    let (full, short) = match (expired, next.map(|lead| (within(&lead), lead_word(lead)))) {
        (0, Some((n, lead))) => {
            (format!("{} {} within {lead}", noun(n), end(n)), format!("{n} {} ≤{lead}", end(n)))
        }
        (_, Some((n, lead))) => (
            format!("{} expired, {n} {} within {lead}", noun(expired), end(n)),
            format!("{expired} expired, {n} ≤{lead}"),
        ),
        (_, None) => (format!("{} expired", noun(expired)), format!("{expired} expired")),
    };
    let is_live = cx.state.source_health(SourceId::EXCEPTIONS, cx.now).is_some_and(Health::is_live);
    Some(if is_live {
        Chip { words: [full, short], role }
    } else {
        let old = |words: String| format!("{words} (old)");
        Chip { words: [old(full), old(short)], role: Role::FreshnessOld }
    })
}

/// Within which lead an exception ends that still holds, or will.
fn lead(cx: &Cx<'_>, filed: &Filed) -> Option<(SignedDuration, Urgency)> {
    let leads = cx.state.leads();
    let lead = leads.within(filed.record.expires_at.at.duration_since(cx.now))?;
    Some((lead, leads.urgency(lead)))
}

/// The seconds until an exception ends; below zero once it has.
pub fn remaining_seconds(filed: &Filed, now: Timestamp) -> i64 {
    seconds_between(now, filed.record.expires_at.at)
}

/// The word for where a request stands: `approved` once GitLab wants no more approvals.
pub fn state_word(request: &ExceptionRequest) -> &'static str {
    let state = match request.approvals.left {
        Some(0) if request.approvals.required.is_some_and(|required| required > 0) => {
            ExceptionState::Approved
        }
        _ => ExceptionState::Requested,
    };
    state.word()
}

/// A state with its mark: what is over and not done with is the worst, what ends soon comes next.
pub(super) fn standing(state: ExceptionState) -> Cell {
    let (mark, role) = match state {
        ExceptionState::Requested | ExceptionState::Approved => (Mark::Waiting, Role::Accent),
        ExceptionState::Scheduled => (Mark::Waiting, Role::Text),
        ExceptionState::Active => (Mark::Fine, Role::SeverityOk),
        ExceptionState::Expiring => (Mark::Warning, Role::SeverityWarning),
        ExceptionState::Expired => (Mark::Bad, Role::SeverityBad),
        ExceptionState::Refused
        | ExceptionState::Withdrawn
        | ExceptionState::Superseded
        | ExceptionState::Revoked
        | ExceptionState::Closed => (Mark::Skipped, Role::TextDim),
    };
    Cell::mark(mark, role).and(format!(" {}", state.word()), role)
}

/// Where an exception stands; one that somebody asks to take back says so until that is merged.
pub(super) fn standing_of(cx: &Cx<'_>, filed: &Filed) -> Cell {
    if !is_to_be_revoked(cx, filed) {
        return standing(cx.state.exception_state(filed, cx.now));
    }
    let role = Role::SeverityWarning;
    Cell::mark(Mark::Waiting, role).and(" revoking", role)
}

/// Whether somebody asks to take back what is not over yet.
pub(super) fn is_to_be_revoked(cx: &Cx<'_>, filed: &Filed) -> bool {
    use ExceptionState::{Closed, Revoked, Superseded};
    let state = cx.state.exception_state(filed, cx.now);
    !matches!(state, Revoked | Closed | Superseded) && cx.state.revocation_of(filed).is_some()
}

/// How long it still holds, or since when it does not.
pub(super) fn countdown(cx: &Cx<'_>, filed: &Filed) -> Cell {
    let left = remaining_seconds(filed, cx.now);
    match cx.state.exception_state(filed, cx.now) {
        ExceptionState::Scheduled => {
            let begins = seconds_between(cx.now, filed.record.starts_at.at);
            Cell::plain(format!("begins in {}", span(begins)))
        }
        state @ (ExceptionState::Active | ExceptionState::Expiring) => match lead(cx, filed) {
            Some((lead, urgency)) => {
                let role = match urgency {
                    Urgency::Urgent => Role::SeverityBad,
                    Urgency::Near => Role::SeverityWarning,
                    Urgency::Far => Role::Text,
                };
                Cell::new(span(left), role).and(format!(" ≤{}", lead_word(lead)), role)
            }
            None if state == ExceptionState::Expiring => {
                Cell::new(span(left), Role::SeverityWarning)
            }
            None => Cell::plain(span(left)),
        },
        ExceptionState::Expired => Cell::new(format!("-{}", span(-left)), Role::SeverityBad),
        _ => Cell::dot(),
    }
}

/// An instant as people check it: absolute, in UTC, and that a bare date stands for its start.
pub(super) fn stamp(stamp: Stamp) -> String {
    let at = stamp.at.strftime("%Y-%m-%d %H:%MZ").to_string();
    if stamp.is_date() { format!("{at} (written as a date: at its start)") } else { at }
}

/// An instant that nobody wrote, in the width of a column.
pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// An instant in the width of a column.
pub(super) fn at(stamp: Stamp) -> String {
    stamp.at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// What it holds for, the narrowest names alone: `acme/shop, privileged`.
pub(super) fn scope(scope: &ExceptionScope) -> String {
    let names = scope.lists().flat_map(|(_, list)| list.iter().map(Text::as_str));
    let words = names.collect::<Vec<_>>().join(", ");
    if words.is_empty() { "everything".to_owned() } else { words }
}

/// Several names in one cell.
pub(super) fn names(names: &[Text]) -> String {
    names.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
}

/// Whether GitLab would merge it now, in its own word.
pub(super) fn merge(request: &ExceptionRequest) -> Cell {
    let word = request.merge.word.to_string();
    match request.merge.stand {
        MergeStand::Ready => Cell::new(word, Role::SeverityOk),
        MergeStand::Waiting => Cell::plain(word),
        MergeStand::Blocked => Cell::new(word, Role::SeverityWarning),
    }
}

/// Whom a request waits for.
pub(super) fn waits(request: &ExceptionRequest) -> Cell {
    match (&request.blocked_for_me, request.approvals.left) {
        (_, Some(0)) => Cell::dim("no approval is missing"),
        (None, Some(left)) if left > 1 => {
            Cell::new(format!("waits for you, {left} missing"), Role::Accent)
        }
        (None, _) => Cell::new("waits for you", Role::Accent),
        (Some(why), _) => Cell::dim(why.to_string()),
    }
}
