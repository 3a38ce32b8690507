//! Rules about the register of exceptions: what is past its end, what ends soon, and what GitLab itself lets pass.

use std::sync::Arc;

use super::{Rule, Scene};
use crate::domain::time::instant_utc;
use crate::domain::{
    EntityId, Evidence, ExceptionGuard, ExceptionId, Filed, Finding, FindingId, Joined, Merged,
    Scope, Severity, SourceId, SourceKey, Text, Timestamp, Urgency, lead_word,
};
use crate::state::Row;

/// So many are named as evidence; the others are counted.
const NAMED: usize = 5;

fn count(all: usize) -> u64 {
    u64::try_from(all).unwrap_or(u64::MAX)
}

/// `1 exception ends`, `2 exceptions end`.
fn counted(n: usize, one: &str, more: &str) -> String {
    if n == 1 { format!("1 exception {one}") } else { format!("{n} exceptions {more}") }
}

/// The rows of what ends, in their order.
fn rows<'a>(
    scene: &Scene<'a>,
    ends: &'a [(Timestamp, ExceptionId)],
) -> impl Iterator<Item = &'a Row<Filed>> + use<'a> {
    let state = scene.state;
    ends.iter().filter_map(move |(_, id)| state.exceptions().row(*id))
}

/// What proves an end: the record, and what it says puts it into force.
fn evidence(row: &Row<Filed>) -> Evidence {
    let record = &row.value.record;
    let artefacts = match record.artefacts.len() {
        0 => "no artefact is named".to_owned(),
        1 => "1 artefact".to_owned(),
        n => format!("{n} artefacts"),
    };
    let at = instant_utc(record.expires_at.at);
    Evidence {
        field: "expires_at",
        value: Text::new(&format!("{}: {at}, {artefacts}", record.id)),
        source: SourceId::EXCEPTIONS.0,
        seen_at: Some(row.seen_at()),
    }
}

/// Exceptions are past their end, and nobody said that they are over with.
pub(super) fn expired(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let ends = scene.state.endings().expired(scene.now);
    let Some((oldest, id)) = ends.first() else { return Vec::new() };
    let armed = rows(scene, ends).filter(|row| !row.value.record.artefacts.is_empty()).count();
    let head = counted(ends.len(), "is past its end", "are past their end");
    let title = match armed {
        0 => format!("{head} and not closed"),
        1 => format!("{head}; what puts 1 of them into force may still be there"),
        n => format!("{head}; what puts {n} of them into force may still be there"),
    };
    vec![Finding {
        id: FindingId { code: rule.code, about: EntityId::Exception(*id) },
        severity: if armed > 0 { Severity::High } else { Severity::Medium },
        title: Text::new(&title),
        evidence: rows(scene, ends).take(NAMED).map(evidence).collect(),
        next_step: Text::new(
            "look at the pane Exceptions: remove what puts them into force and close them, or renew them",
        ),
        since: Some(*oldest),
        count: count(ends.len()),
        joined: Joined::default(),
    }]
}

/// Exceptions end within the leads at which it is warned of that.
pub(super) fn ending(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let (endings, leads) = (scene.state.endings(), scene.state.leads());
    let within = |lead| endings.within(lead, scene.now);
    let Some(lead) = leads.iter().find(|lead| !within(*lead).is_empty()) else { return Vec::new() };
    let ends = within(lead);
    let Some((_, id)) = ends.first() else { return Vec::new() };
    let more = leads.iter().filter(|other| within(*other).len() > ends.len());
    let more = more.map(|other| format!("{} within {}", within(other).len(), lead_word(other)));
    let told = [format!("{} within {}", counted(ends.len(), "ends", "end"), lead_word(lead))];
    let told = told.into_iter().chain(more).collect::<Vec<_>>().join(", ");
    vec![Finding {
        id: FindingId { code: rule.code, about: EntityId::Exception(*id) },
        severity: match leads.urgency(lead) {
            Urgency::Urgent => Severity::Medium,
            Urgency::Near => Severity::Low,
            Urgency::Far => Severity::Info,
        },
        title: Text::new(&told),
        evidence: rows(scene, ends).take(NAMED).map(evidence).collect(),
        next_step: Text::new(
            "ask their owners whether they are still needed: renew them, or let them end",
        ),
        since: None,
        count: count(ends.len()),
        joined: Joined::default(),
    }]
}

/// What a finding about the register's project is about: its feed of requests.
fn about(guard: &ExceptionGuard) -> EntityId {
    let scope = Scope::gitlab(&guard.project);
    EntityId::Source(Arc::new(SourceKey { source: SourceId::REQUESTS, scope }))
}

/// GitLab does not keep apart who asks and who approves.
pub(super) fn unguarded(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let Some(guard) = scene.state.guard() else { return Vec::new() };
    let weaknesses = guard.weaknesses.as_deref().unwrap_or_default();
    let Some(first) = weaknesses.first() else { return Vec::new() };
    let told = weaknesses.iter().map(|weakness| Evidence {
        field: weakness.code(),
        value: Text::new(weakness.what()),
        source: SourceId::REQUESTS.0,
        seen_at: Some(guard.at),
    });
    let more = match weaknesses.len() - 1 {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    vec![Finding {
        id: FindingId { code: rule.code, about: about(guard) },
        severity: Severity::Medium,
        title: Text::new(&format!("{}{more}", first.what())),
        evidence: told.collect(),
        next_step: Text::new(first.cure()),
        since: None,
        count: count(weaknesses.len()),
        joined: Joined::default(),
    }]
}

/// Authors merged their own requests to the register.
pub(super) fn self_merged(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let Some(guard) = scene.state.guard().filter(|guard| !guard.self_merged.is_empty()) else {
        return Vec::new();
    };
    let all = &guard.self_merged;
    let alone = all.iter().filter(|one| one.is_approved_by_another() != Some(true)).count();
    let told = |one: &Merged| {
        let approval = match one.is_approved_by_another() {
            Some(true) => "approved by somebody else",
            Some(false) => "approved by nobody else",
            None => "approvals not read",
        };
        Evidence {
            field: "merge_user",
            value: Text::new(&format!("!{} {}: {}, {approval}", one.iid, one.title, one.author)),
            source: SourceId::REQUESTS.0,
            seen_at: Some(guard.at),
        }
    };
    let head = match all.len() {
        1 => "1 request was merged by its own author".to_owned(),
        n => format!("{n} requests were merged by their own authors"),
    };
    let title = match alone {
        0 => format!("{head}, after somebody else's approval"),
        n => format!("{head}, {n} without anybody else's approval"),
    };
    vec![Finding {
        id: FindingId { code: rule.code, about: about(guard) },
        severity: if alone > 0 { Severity::High } else { Severity::Low },
        title: Text::new(&title),
        evidence: all.iter().take(NAMED).map(told).collect(),
        next_step: Text::new(
            "have somebody else look at what they granted, and let only people who may approve merge there",
        ),
        since: all.iter().filter_map(|one| one.at).min(),
        count: count(all.len()),
        joined: Joined::default(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::fixture::record;
    use crate::domain::{
        Approval, Artefact, Change, Entity, ExceptionWeakness, Origin, Record, Tiers, Update,
    };
    use crate::state::State;

    const NOW: &str = "2026-03-10T00:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn filed(record: Record) -> Entity {
        let (project, path) = (Text::new("p/e"), record.id.clone());
        let id = ExceptionId::of(&[&project, &path]);
        let (blob, commit, flaws) = (Text::new("b"), Text::new("c"), Arc::from([]));
        Entity::Exception(Arc::new(Filed { id, project, path, blob, commit, record, flaws }))
    }

    /// What is found, by code, severity, count and title.
    fn found(changes: Vec<Change>) -> Vec<(&'static str, Severity, u64, String)> {
        let mut state = State::new(Tiers::default());
        for change in changes {
            let key = SourceKey { source: SourceId::EXCEPTIONS, scope: Scope::gitlab("p/e") };
            state.apply(Update { key, at: now(), origin: Origin::Live, change }, now());
        }
        state.prune(now());
        let all = super::super::judge(&Scene { state: &state, now: now() });
        let told = |one: Finding| (one.id.code, one.severity, one.count, one.title.to_string());
        all.into_iter().map(told).collect()
    }

    fn records(records: Vec<Record>) -> Vec<Change> {
        vec![Change::Replace(records.into_iter().map(filed).collect())]
    }

    fn guard(weaknesses: &[ExceptionWeakness], self_merged: Vec<Merged>) -> Vec<Change> {
        vec![Change::Guard(Arc::new(ExceptionGuard {
            project: Text::new("p/e"),
            at: now(),
            weaknesses: Some(weaknesses.to_vec()),
            self_merged,
            missing: Vec::new(),
        }))]
    }

    fn merged(approved_by: &str) -> Merged {
        let text = Text::new;
        Merged {
            iid: 9,
            title: text("ask"),
            url: text("https://g/9"),
            author: text("ada"),
            by: Some(text("ada")),
            at: None,
            approvals: Some(vec![Approval { by: text(approved_by), at: None }]),
        }
    }

    #[test]
    fn what_is_past_its_end_is_grave_where_something_may_still_be_in_force() {
        let old = record("E-1", "2026-03-01", "2026-03-09");
        let said = "1 exception is past its end and not closed".to_owned();
        assert_eq!(
            found(records(vec![old.clone()])),
            [("exception.expired", Severity::Medium, 1, said)]
        );
        let (tool, path) = (Text::new("trivy"), Some(Text::new(".trivyignore")));
        let artefact = Artefact { tool, path, project: None, cluster: None, rule: None };
        let armed =
            Record { artefacts: vec![artefact], ..record("E-2", "2026-03-01", "2026-03-10") };
        let said =
            "2 exceptions are past their end; what puts 1 of them into force may still be there";
        assert_eq!(
            found(records(vec![old, armed])),
            [("exception.expired", Severity::High, 2, said.to_owned())]
        );
    }

    #[test]
    fn what_ends_within_a_lead_is_told_by_the_shortest_and_then_by_the_others() {
        let until = |id: &str, end: &str| record(id, "2026-03-01", end);
        let all = vec![
            until("E-1", "2026-03-17T00:00:00Z"),
            until("E-2", "2026-03-12"),
            until("E-3", "2026-04-08"),
            until("E-4", "2026-05-08"),
        ];
        let said = "2 exceptions end within 7d, 3 within 30d".to_owned();
        assert_eq!(found(records(all)), [("exception.ending", Severity::Low, 2, said)]);
        let urgent = found(records(vec![until("E-1", "2026-03-11")]));
        let said = "1 exception ends within 1d".to_owned();
        assert_eq!(urgent, [("exception.ending", Severity::Medium, 1, said)]);
        assert_eq!(found(records(vec![until("E-1", "2026-04-10")])), []);
    }

    #[test]
    fn settings_that_let_pass_what_is_refused_here_are_one_finding() {
        use ExceptionWeakness::{ApprovalsOutlivePushes, AuthorMayApprove};
        let said = "GitLab lets authors approve their own merge requests, and 1 more".to_owned();
        assert_eq!(
            found(guard(&[AuthorMayApprove, ApprovalsOutlivePushes], Vec::new())),
            [("register.unguarded", Severity::Medium, 2, said)]
        );
        assert_eq!(found(guard(&[], Vec::new())), []);
    }

    #[test]
    fn a_request_that_its_author_merged_is_graver_where_nobody_else_approved_it() {
        let severity = |approved_by| found(guard(&[], vec![merged(approved_by)]))[0].1;
        assert_eq!(severity("ada"), Severity::High);
        assert_eq!(severity("wei"), Severity::Low);
    }
}
