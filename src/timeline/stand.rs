//! How followed things stand, in words that change only where something became different.

use crate::domain::time::exact_seconds_between;
use crate::domain::{
    EntityId, EntryKind, EntryStand, EntrySubject, ExceptionId, Finding, NodeGroupId, Origin,
    PipelineId, RequestId, SloId, SourceId, Text, Timestamp,
};
use crate::state::{Changes, Row, State};

use super::Seen;

/// Whether work had ended, and whether that is of this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// It had ended when this run began.
    Before,
    /// It ended since.
    Since,
    /// It goes on, and did when this run began.
    OpenBefore,
    /// It goes on, and began since.
    Open,
}

/// The identity of a thing that the next run knows too: a tier by its name, whose place may be another then.
pub fn key_of(state: &State, id: &EntityId) -> Text {
    match id {
        EntityId::Tier(index) => Text::new(&format!("tier {}", state.tiers().name(Some(*index)))),
        other => Text::new(&other.to_string()),
    }
}

fn subject(kind: EntryKind, about: &EntityId) -> EntrySubject {
    EntrySubject { kind, about: Text::new(&about.to_string()), code: Text::new("") }
}

fn plain(words: &str) -> EntryStand {
    EntryStand { words: Text::new(words), severity: None }
}

/// Whether this run has heard of a row from its platform: what is remembered is no news.
fn is_live<T>(state: &State, row: &Row<T>) -> bool {
    let key = state.source_of(row);
    let report = key.and_then(|key| state.reports().find(|(one, _)| *one == key));
    report.is_some_and(|(_, report)| report.origin == Origin::Live && report.confirmed_at.is_some())
}

/// What is said of a thing that its platform does not tell of any more.
pub(super) const NOT_THERE: &str = "not there any more";

/// Things that went away, as feeds say that have told everything in this run: what is only named by others, a node group by
/// its nodes, say, may not have been read yet.
pub(super) fn gone(state: &State, changes: &Changes) -> Vec<EntrySubject> {
    let is_whole = |sources: &[SourceId]| {
        sources.iter().all(|one| super::has_answered(state, *one) && super::tells_all(state, *one))
    };
    let mut gone = Vec::new();
    if is_whole(&[SourceId::NODEGROUPS, SourceId::NODEPOOLS]) {
        let ids = changes.nodegroups.iter().filter(|id| state.nodegroups().row(**id).is_none());
        gone.extend(ids.map(|id| subject(EntryKind::NodeGroup, &EntityId::NodeGroup(*id))));
    }
    if is_whole(&[SourceId::REQUESTS]) {
        let ids = changes.requests.iter().filter(|id| state.requests().row(**id).is_none());
        gone.extend(ids.map(|id| subject(EntryKind::Request, &EntityId::Request(*id))));
    }
    if is_whole(&[SourceId::EXCEPTIONS]) {
        let ids = changes.exceptions.iter().filter(|id| state.exceptions().row(**id).is_none());
        gone.extend(ids.map(|id| subject(EntryKind::Exception, &EntityId::Exception(*id))));
    }
    gone
}

/// A node group: how many nodes it has and may have, how it is, and what is wrong with it.
pub(super) fn node_group(state: &State, id: NodeGroupId) -> Option<Seen> {
    let row = state.nodegroups().row(id).filter(|row| is_live(state, row))?;
    let group = &row.value;
    let number = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let (min, desired, max) = (number(group.min), number(group.desired), number(group.max));
    let mut words = format!("{} · {desired} wanted, {min} to {max}", group.status);
    for issue in group.issues.iter() {
        words.push_str(" · ");
        words.push_str(&issue.code);
    }
    Some(Seen {
        subject: subject(EntryKind::NodeGroup, &EntityId::NodeGroup(id)),
        name: Text::new(&format!("node group {}/{}", group.cluster, group.name)),
        stand: plain(&words),
    })
}

/// An objective.
pub(super) fn slo(state: &State, id: SloId, now: Timestamp) -> Option<Seen> {
    let row = state.slos().row(id).filter(|row| is_live(state, row))?;
    Some(Seen {
        subject: subject(EntryKind::Slo, &EntityId::Slo(id)),
        name: Text::new(&format!("objective {}", row.value.key)),
        stand: plain(state.slo_state(&row.value, now).words()),
    })
}

/// An exception of the register.
pub(super) fn exception(state: &State, id: ExceptionId, now: Timestamp) -> Option<Seen> {
    let row = state.exceptions().row(id).filter(|row| is_live(state, row))?;
    Some(Seen {
        subject: subject(EntryKind::Exception, &EntityId::Exception(id)),
        name: Text::new(&format!("exception {}", row.value.record.id)),
        stand: plain(state.exception_state(&row.value, now).word()),
    })
}

/// A request for an exception.
pub(super) fn request(state: &State, id: RequestId) -> Option<Seen> {
    let row = state.requests().row(id).filter(|row| is_live(state, row))?;
    let request = &row.value;
    Some(Seen {
        subject: subject(EntryKind::Request, &EntityId::Request(id)),
        name: Text::new(&format!("request !{} {}", request.iid, request.title)),
        stand: plain(if request.is_draft { "draft" } else { "open" }),
    })
}

/// A pipeline of a protected ref.
pub(super) fn pipeline(state: &State, id: PipelineId) -> Option<Seen> {
    let row = state.pipelines().row(id).filter(|row| is_live(state, row))?;
    let pipeline = &row.value;
    let project = state.projects().get(pipeline.project)?;
    if project.protects(&pipeline.reference) != Some(true) || pipeline.parent.is_some() {
        return None;
    }
    Some(Seen {
        subject: subject(EntryKind::Pipeline, &EntityId::Pipeline(id)),
        name: Text::new(&format!("pipeline {id} of {} {}", project.path, pipeline.reference)),
        stand: plain(pipeline.status.as_str()),
    })
}

/// Whether a pipeline goes on, and which side of the beginning of this run it is on.
pub(super) fn is_of_this_run(state: &State, id: PipelineId, began: Timestamp) -> Ends {
    let Some(pipeline) = state.pipelines().get(id) else { return Ends::Before };
    match (pipeline.status.has_ended(), pipeline.finished_at) {
        (true, Some(at)) if at >= began => Ends::Since,
        (true, _) => Ends::Before,
        (false, _) if pipeline.created_at >= began => Ends::Open,
        (false, _) => Ends::OpenBefore,
    }
}

/// Every feed over every scope.
pub(super) fn sources(state: &State, now: Timestamp) -> Vec<Seen> {
    let told = state.reports().filter(|(_, report)| {
        report.origin == Origin::Live && (report.confirmed_at.is_some() || report.failure.is_some())
    });
    told.filter(|(key, _)| key.source != SourceId::LEDGER)
        .map(|(key, report)| Seen {
            subject: subject(
                EntryKind::Source,
                &EntityId::Source(std::sync::Arc::new(key.clone())),
            ),
            name: Text::new(&format!("{} of {}", key.source, key.scope)),
            stand: plain(report.health(now).as_str()),
        })
        .collect()
}

/// Every tier whose queue is read.
pub(super) fn tiers(state: &State, now: Timestamp) -> Vec<Seen> {
    if !state.knows_queue() || !super::has_answered(state, SourceId::QUEUE) {
        return Vec::new();
    }
    let tiers = state.tiers().iter();
    tiers
        .filter_map(|(index, tier)| {
            let oldest = state.queue(Some(index))?.oldest();
            let is_late = oldest.is_some_and(|(since, _)| {
                exact_seconds_between(since, now) > tier.queue_target_seconds
            });
            let words = if is_late { "waits beyond its target" } else { "within its target" };
            Some(Seen {
                subject: EntrySubject {
                    about: key_of(state, &EntityId::Tier(index)),
                    ..subject(EntryKind::Tier, &EntityId::Tier(index))
                },
                name: Text::new(&format!("tier {}", tier.name)),
                stand: plain(words),
            })
        })
        .collect()
}

/// What a finding is followed by.
pub(super) fn finding_subject(state: &State, finding: &Finding) -> EntrySubject {
    EntrySubject {
        kind: EntryKind::Finding,
        about: key_of(state, &finding.id.about),
        code: Text::new(finding.id.code),
    }
}

/// A finding, by its severity: its title has numbers that move.
pub(super) fn finding(finding: &Finding, subject: EntrySubject) -> Seen {
    let severity = finding.severity;
    Seen {
        subject,
        name: finding.title.clone(),
        stand: EntryStand { words: Text::new(severity.as_str()), severity: Some(severity) },
    }
}
