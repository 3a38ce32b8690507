//! What is looked at closely is read again, or in full: a pipeline, a job, what was said of a pod, an objective's past.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::app::place::Focus;
use crate::app::{App, ReadRequest};
use crate::domain::{
    EntityId, ExceptionId, Past, PodId, Scope, SloId, SourceId, SourceKey, Timestamp,
};
use crate::state::{Changes, State};

/// For so long the past of an objective is as it was read.
const PAST_LASTS: SignedDuration = SignedDuration::from_mins(1);

/// How a row is read again, or in full.
pub(in crate::app) fn reading(state: &State, target: &EntityId) -> Option<ReadRequest> {
    match target {
        EntityId::Pod(id) => return pod_events(state, *id),
        EntityId::Slo(id) => return past(state, *id),
        EntityId::Exception(id) => return history(state, *id),
        _ => {}
    }
    let (key, project) = match target {
        EntityId::Job(id) => {
            let row = state.jobs().row(*id)?;
            (state.source_of(row)?, row.value.project)
        }
        EntityId::Pipeline(id) => {
            let row = state.pipelines().row(*id)?;
            (state.source_of(row)?, row.value.project)
        }
        _ => return None,
    };
    let path = state.projects().get(project)?.path.clone();
    Some(ReadRequest::Gitlab { key: key.clone(), project, path, target: target.clone() })
}

/// How an objective's numbers went.
fn past(state: &State, id: SloId) -> Option<ReadRequest> {
    let row = state.slos().row(id)?;
    let key = state.source_of(row)?.clone();
    Some(ReadRequest::Past { key, slo: Arc::clone(&row.value) })
}

/// How a record of the register came to say what it says.
fn history(state: &State, id: ExceptionId) -> Option<ReadRequest> {
    let row = state.exceptions().row(id)?;
    let key = state.source_of(row)?.clone();
    Some(ReadRequest::History { key, filed: Arc::clone(&row.value) })
}

/// What is looked at closely is read again once that is due: the past of an objective goes on.
pub(in crate::app) fn renew(app: &App, changes: &Changes, now: Timestamp) -> Option<ReadRequest> {
    let Focus::Detail(EntityId::Slo(id)) = app.ui.place().focus else { return None };
    if app.ui.paused.is_some() || !changes.slos.contains(&id) {
        return None;
    }
    let read_at = app.state.past_of(id).map(Past::at)??;
    let is_due = now.duration_since(read_at) >= PAST_LASTS;
    is_due.then(|| past(&app.state, id)).flatten()
}

/// What was said of a pod is read in full: watched all the time is only what matters for all of them.
fn pod_events(state: &State, id: PodId) -> Option<ReadRequest> {
    let pod = state.pods().get(id)?;
    let scope = Scope::kubernetes(&pod.cluster, Some(&pod.namespace), "events");
    Some(ReadRequest::PodEvents {
        key: SourceKey { source: SourceId::EVENTS, scope },
        cluster: pod.cluster.clone(),
        namespace: pod.namespace.clone(),
        uid: pod.uid.clone(),
    })
}
