//! Above the tables of rights: how much was read and how much not, what was found, and how far the campaign is.

use crate::access::Picture;
use crate::domain::Severity;
use crate::domain::access::Lack;
use crate::domain::time::{coarse, seconds_between};
use crate::pane::block::{Block, Cell};
use crate::pane::lens::Cx;
use crate::state::{Account, Review};
use crate::theme::Role;

/// The lines.
pub(super) fn blocks(cx: &Cx<'_>) -> Vec<Block> {
    let picture = cx.state.picture().map(|picture| read(cx, picture));
    let review = cx.state.review().map(|review| campaign(cx, review));
    let lines: Vec<Cell> = picture.into_iter().flatten().chain(review).collect();
    if lines.is_empty() { Vec::new() } else { vec![Block::Lines(lines)] }
}

/// What was read, what was not, and what the rules say.
fn read(cx: &Cx<'_>, picture: &Picture) -> [Cell; 2] {
    let population = picture.population();
    let age = coarse(seconds_between(population.taken_at, cx.now).max(0));
    let waiting = population.gaps.iter().filter(|gap| gap.lack == Lack::Waiting).count();
    let gaps = population.gaps.len() - waiting;
    let mut read = Cell::plain(format!(
        "{} principals   {} grants   {} resources",
        population.principals.len(),
        population.grants.len(),
        picture.held().len()
    ))
    .and(format!("   put together {age} ago"), Role::TextDim);
    if waiting > 0 {
        read = read.and(format!("   {waiting} still to be read"), Role::Accent);
    }
    read = match gaps {
        0 if waiting > 0 => read,
        0 => read.and("   everything was read", Role::Text),
        1 => read.and("   1 thing could not be read", Role::SeverityWarning),
        n => read.and(format!("   {n} things could not be read"), Role::SeverityWarning),
    };
    let mut found = Cell::dim("found");
    for severity in [Severity::Critical, Severity::High, Severity::Medium, Severity::Low] {
        let n = picture.uncovered(severity);
        let role = match (n, severity) {
            (0, _) => Role::TextDim,
            (_, Severity::Critical | Severity::High) => Role::SeverityBad,
            (_, Severity::Medium) => Role::SeverityWarning,
            _ => Role::Text,
        };
        found = found.and(format!("   {n} {}", severity.as_str()), role);
    }
    let report = picture.report();
    let covered = report.findings.iter().filter(|one| one.covered_by.is_some()).count();
    if covered > 0 {
        found = found.and(format!("   {covered} covered by exceptions"), Role::TextDim);
    }
    let unknown: u64 = report.tallies.iter().map(crate::access::Tally::unknown).sum();
    if unknown > 0 {
        found = found.and(format!("   {unknown} cannot be told"), Role::SeverityUnknown);
    }
    [read, found]
}

/// How far the campaign has come.
fn campaign(cx: &Cx<'_>, review: &Review) -> Cell {
    let Account { start, progress, pace, .. } = review.account();
    let mut cell = Cell::dim("campaign ")
        .and(start.campaign.as_str(), Role::TextStrong)
        .and(format!("   {} of {} decided", progress.decided(), progress.items), Role::Text);
    let parts = [
        (progress.keep, "keep", Role::Text),
        (progress.modify, "modify", Role::Text),
        (progress.revoke, "revoke", Role::Text),
        (progress.escalate, "escalate", Role::Text),
        (progress.disputed, "disputed", Role::SeverityWarning),
        (progress.claimed, "claimed", Role::SeverityWarning),
    ];
    for (n, word, role) in parts.into_iter().filter(|(n, ..)| *n > 0) {
        cell = cell.and(format!("   {n} {word}"), role);
    }
    let wanted = progress.revoke + progress.modify;
    if wanted > 0 {
        let role = if progress.verified < wanted { Role::SeverityWarning } else { Role::Text };
        cell = cell.and(format!("   {} of {wanted} verified", progress.verified), role);
    }
    for one in pace.iter().filter(|one| one.is_hasty || one.is_all_keep) {
        let how = match (one.is_hasty, one.is_all_keep) {
            (true, true) => "decides in seconds, and keeps everything",
            (true, false) => "decides in seconds",
            _ => "keeps everything",
        };
        cell = cell.and(format!("   {} {how}", one.reviewer), Role::SeverityWarning);
    }
    match (review.is_signed(), start.due) {
        (true, _) => cell.and("   signed off", Role::SeverityOk),
        (false, None) => cell,
        (false, Some(due)) => {
            let left = seconds_between(cx.now, due);
            let role = if left < 7 * 86_400 { Role::SeverityWarning } else { Role::TextDim };
            let words = if left > 0 {
                format!("   due in {}", coarse(left))
            } else {
                format!("   overdue since {}", coarse(-left))
            };
            cell.and(words, role)
        }
    }
}
