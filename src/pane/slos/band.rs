//! What stands above the objectives: how many are in which state, how old that is, and what the gate says.

use std::collections::BTreeMap;

use super::words;
use crate::domain::time::{seconds_between, span};
use crate::domain::{Health, SloState, SourceId, Text};
use crate::gate::{ChangeClass, Decision, Request, Verdict, decide};
use crate::pane::block::{Block, Cell, Mark};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::pane::sources;
use crate::state::gate_facts;
use crate::theme::Role;

/// How many services the band names before it only counts the others.
const NAMED: usize = 2;

/// The environment for which the band asks the gate.
const ENVIRONMENT: &str = "production";

pub(super) fn blocks(cx: &Cx<'_>) -> Vec<Block> {
    if cx.state.slos().is_empty() {
        return Vec::new();
    }
    let mut first = states(cx);
    first.0.append(&mut feed(cx).0);
    vec![Block::Lines(vec![first, gates(cx)])]
}

/// How many objectives are in each state; what cannot be judged for whatever reason is one number, for a row says why.
fn states(cx: &Cx<'_>) -> Cell {
    let mut counts: BTreeMap<SloState, usize> = BTreeMap::new();
    for (_, row) in cx.state.slos().iter() {
        *counts.entry(cx.state.slo_state(&row.value, cx.now)).or_default() += 1;
    }
    let (told, others): (Vec<_>, Vec<_>) = counts.into_iter().partition(|(state, _)| {
        state.is_judged() || matches!(state, SloState::Stale | SloState::Unreachable)
    });
    let mut cell = Cell::empty();
    for (state, n) in told {
        let (mark, role) = words::look(state);
        cell = cell.and_mark(mark, role).and(format!(" {n} {}   ", words::word(state)), role);
    }
    match others.iter().map(|(_, n)| n).sum::<usize>() {
        0 => cell,
        n => cell
            .and_mark(Mark::Unknown, Role::SeverityUnknown)
            .and(format!(" {n} not judged   "), Role::SeverityUnknown),
    }
}

/// How Prometheus answers, and since when.
fn feed(cx: &Cx<'_>) -> Cell {
    let health = cx.state.source_health(SourceId::SLOS, cx.now).unwrap_or(Health::Unconfigured);
    let (mark, role) = cells::health(health);
    let cell = Cell::mark(mark, role).and(format!(" prometheus {}", sources::word(health)), role);
    let reports = cx.state.reports().filter(|(key, _)| key.source == SourceId::SLOS);
    match reports.filter_map(|(_, report)| report.confirmed_at).min() {
        Some(at) => {
            let age = span(seconds_between(at, cx.now).max(0));
            cell.and(format!(", read {age} ago"), Role::TextDim)
        }
        None => cell.and(", never read", Role::TextDim),
    }
}

/// What the gate says of a feature for production, the services that it holds first.
fn gates(cx: &Cx<'_>) -> Cell {
    let services = super::services(cx.state);
    let mut all: Vec<(Text, Verdict)> =
        services.into_iter().map(|service| (service.clone(), verdict(cx, &service))).collect();
    all.sort_by_key(|(_, verdict)| std::cmp::Reverse(verdict.decision));
    let mut cell = Cell::dim(format!("gate for a feature in {ENVIRONMENT}:"));
    for (service, verdict) in all.iter().take(NAMED) {
        cell = cell.and(format!("  {service} "), Role::Text);
        cell.0.append(&mut said(verdict).0);
    }
    match all.len().saturating_sub(NAMED) {
        0 => cell,
        more => cell.and(format!("  and {more} more"), Role::TextDim),
    }
}

/// What the policy says of a feature of a service, by the same code as the command.
pub(super) fn verdict(cx: &Cx<'_>, service: &Text) -> Verdict {
    let request = Request {
        service: service.clone(),
        environment: Text::new(ENVIRONMENT),
        class: ChangeClass::Feature,
        sha: None,
    };
    decide(cx.state.policy(), &request, &gate_facts(cx.state, service, cx.now), cx.now)
}

/// A verdict in two words: `deny instability`.
pub(super) fn said(verdict: &Verdict) -> Cell {
    let (mark, role) = match verdict.decision {
        Decision::Allow => (Mark::Fine, Role::SeverityOk),
        Decision::Warn => (Mark::Warning, Role::SeverityWarning),
        Decision::Unknown => (Mark::Unknown, Role::SeverityUnknown),
        Decision::Deny => (Mark::Bad, Role::SeverityBad),
    };
    let cell = Cell::mark(mark, role).and(format!(" {}", verdict.decision), role);
    match verdict.reasons.first() {
        Some(reason) => cell.and(format!(" {}", reason.code.as_str().replace('_', " ")), role),
        None => cell,
    }
}
