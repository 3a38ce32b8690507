//! Gathers a [`Bundle`] from what is known, redacting every text on its way.

use super::{
    Bundle, EntryPart, EvidencePart, FindingPart, ObjectivePart, SourcePart, Sources, redacted,
};
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{
    Entry, Evidence, Finding, Health, Presence, Report, Slo, SourceKey, Timestamp,
};
use crate::state::{Memory, State};

/// The name of this shape.
const SCHEMA: &str = "watchfloor/handover/v1";

/// More changes than this are counted, not told.
const MOST_ENTRIES: usize = 1_000;

pub(super) fn bundle(sources: &Sources) -> Bundle {
    let Sources { state, entries, at, since, .. } = sources;
    let told = entries.iter().filter(|entry| entry.at >= *since);
    Bundle {
        schema: SCHEMA,
        at: iso(*at),
        since: iso(*since),
        findings: state.findings().iter().map(|one| finding(state, one)).collect(),
        waiting: state.shares().iter().map(|share| redacted(&share.words)).collect(),
        objectives: state.slos().iter().map(|(_, row)| objective(state, &row.value, *at)).collect(),
        timeline: told.take(MOST_ENTRIES).map(entry).collect(),
        sources: state.reports().map(|(key, report)| source(key, report, *at)).collect(),
        left_out: left_out(sources),
    }
}

/// RFC 3339, to the second.
fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn finding(state: &State, finding: &Finding) -> FindingPart {
    let in_hand = finding.joined.acknowledged.as_ref().map(|hand| {
        redacted(&format!("by {} until {}: {}", hand.by, instant_utc(hand.until), hand.reason))
    });
    FindingPart {
        code: finding.id.code,
        severity: finding.severity.as_str(),
        title: redacted(&finding.title),
        since: finding.since.map(iso),
        count: finding.count,
        presence: match &finding.joined.presence {
            Presence::Found => "found".to_owned(),
            Presence::Gone(since) => format!("over since {}", instant_utc(*since)),
            Presence::Untold { because, .. } => {
                format!("cannot be told any more: {}", redacted(because))
            }
        },
        next_step: redacted(&finding.next_step),
        runbook: state.runbook(&finding.id).map(|page| redacted(page)),
        in_hand,
        cause: finding.joined.cause.as_ref().map(|cause| cause.code),
        evidence: finding.evidence.iter().map(evidence).collect(),
    }
}

fn evidence(evidence: &Evidence) -> EvidencePart {
    EvidencePart {
        field: evidence.field,
        value: redacted(&evidence.value),
        source: evidence.source,
        seen_at: evidence.seen_at.map(iso),
    }
}

fn objective(state: &State, slo: &Slo, at: Timestamp) -> ObjectivePart {
    let burn = |seconds: f64| (seconds, slo.burn(seconds).filter(|rate| rate.is_finite()));
    ObjectivePart {
        key: redacted(&slo.key),
        objective: slo.objective,
        state: state.slo_state(slo, at).words(),
        remaining_ratio: slo
            .remaining()
            .filter(|left| left.is_finite() && !slo.is_barely_recorded()),
        burn: slo.readings.iter().map(|reading| burn(reading.window_seconds)).collect(),
    }
}

fn entry(entry: &Entry) -> EntryPart {
    EntryPart {
        at: iso(entry.at),
        kind: entry.subject.kind.as_str(),
        name: redacted(&entry.name),
        before: entry.before.as_ref().map(|words| redacted(words)),
        after: redacted(&entry.after.words),
        unseen_since: entry.unseen_since.map(iso),
    }
}

fn source(key: &SourceKey, report: &Report, at: Timestamp) -> SourcePart {
    let trouble = report.failure.as_ref().or(report.gap.as_ref());
    SourcePart {
        name: redacted(&format!("{} of {}", key.source, key.scope)),
        health: report.health(at).as_str(),
        age_seconds: report.age_seconds(at),
        trouble: trouble.map(|one| redacted(&format!("{}; {}", one.message, one.hint))),
    }
}

/// What is missing, and why: feeds that do not tell all, changes that were not kept or not told.
fn left_out(sources: &Sources) -> Vec<String> {
    let Sources { state, entries, at, since, unread } = sources;
    let mut out = Vec::new();
    for (key, report) in state.reports() {
        let because = match report.health(*at) {
            Health::Live => continue,
            Health::Partial => "answers in part",
            Health::Starting => "was not read yet",
            Health::Stale => "is old",
            Health::Down => "cannot be read",
            Health::Forbidden => "is refused",
            Health::Unconfigured => "is not configured",
        };
        out.push(redacted(&format!(
            "what {} of {} would tell: it {because}",
            key.source, key.scope
        )));
    }
    if state.floor() != "" || state.memory() == Memory::Coming {
        out.push(
            "numbers are \"at least\": what an earlier run knew is not all here yet".to_owned(),
        );
    }
    if state.population().is_none() {
        out.push("rights and their findings: no population of rights was read".to_owned());
    }
    out.extend(unread.as_ref().map(|words| format!("the timeline: {}", redacted(words))));
    let told = entries.iter().filter(|entry| entry.at >= *since).count();
    if told > MOST_ENTRIES {
        out.push(format!("{} older changes: `watchfloor timeline` has them", told - MOST_ENTRIES));
    }
    let hours = span(seconds_between(*since, *at));
    out.push(format!("what became different before the last {hours}"));
    out.push("job logs, variables, tokens and whatever looked like a secret".to_owned());
    out
}
