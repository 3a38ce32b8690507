//! The pod in a job's row.

use crate::domain::{Job, Pod, Stand};
use crate::pane::block::{Cell, Mark};
use crate::pane::lens::Cx;
use crate::pane::runners::words;
use crate::theme::Role;

/// The pod that a job's row tells of: the one that is believed, else the newest that names it.
pub(super) fn of<'a>(cx: &Cx<'a>, job: &Job) -> Option<&'a Pod> {
    cx.state.pods().get(cx.state.pod_of_job(job.id)?).map(AsRef::as_ref)
}

/// Where its pod is: its node while it runs there, else how far it has come. A pod that is not believed is a claim.
pub(super) fn cell(cx: &Cx<'_>, job: &Job) -> Cell {
    let Some(pod) = of(cx, job) else { return Cell::empty() };
    if !cx.state.claim(pod).is_verified() {
        return Cell::mark(Mark::Unknown, Role::SeverityUnknown)
            .and(format!(" {}", pod.state), Role::TextDim);
    }
    match (&pod.node, pod.stand) {
        (Some(node), Stand::Running | Stand::Done | Stand::Ending) => {
            Cell::dim(words::short_node(node))
        }
        _ => words::state(pod),
    }
}

/// What keeps the pod of a job that GitLab calls running: the queue has let it go, the cluster has not.
pub(super) fn trouble(cx: &Cx<'_>, job: &Job) -> Option<Cell> {
    let pod = of(cx, job).filter(|pod| cx.state.claim(pod).is_verified())?;
    let is_in_trouble = matches!(pod.stand, Stand::Stuck | Stand::Unplaced);
    let (mark, role) = words::stand(pod.stand);
    let why = words::why(pod).map_or_else(String::new, |why| format!(": {why}"));
    is_in_trouble
        .then(|| Cell::mark(mark, role).and(format!(" pod {}{why}", pod.state), Role::Text))
}
