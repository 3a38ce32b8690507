//! Pipelines and the pipelines that they triggered: who belongs under whom.

use crate::domain::PipelineId;
use crate::state::{Standing, State};

/// How far up or down a chain of triggers is followed; GitLab itself allows fewer levels.
const DEPTH: usize = 10;

/// The pipeline at the top of the chain that triggered this one, as far as it is known.
pub(super) fn root(state: &State, pipeline: PipelineId) -> PipelineId {
    let mut top = pipeline;
    for _ in 0..DEPTH {
        match state.pipelines().get(top).and_then(|known| known.parent.as_ref()) {
            Some((_, parent)) if state.pipelines().get(*parent).is_some() => top = *parent,
            _ => break,
        }
    }
    top
}

/// How many known pipelines stand above this one.
pub(super) fn depth(state: &State, pipeline: PipelineId) -> usize {
    let mut depth = 0;
    let mut at = pipeline;
    while depth < DEPTH {
        match state.pipelines().get(at).and_then(|known| known.parent.as_ref()) {
            Some((_, parent)) if state.pipelines().get(*parent).is_some() => at = *parent,
            _ => break,
        }
        depth += 1;
    }
    depth
}

/// The whole family of a pipeline, from the top, parents before children.
pub(super) fn members(state: &State, pipeline: PipelineId) -> Vec<PipelineId> {
    let mut out = vec![root(state, pipeline)];
    let mut at = 0;
    while let Some(parent) = out.get(at).copied() {
        let children: Vec<PipelineId> =
            state.children_of(parent).filter(|child| !out.contains(child)).collect();
        out.extend(children);
        at += 1;
    }
    out
}

/// The place of a pipeline's family in the queue's order: what waits first, then the oldest.
pub(super) fn place(state: &State, pipeline: PipelineId) -> (i64, u64) {
    let root = root(state, pipeline);
    let standing = members(state, root)
        .into_iter()
        .map(|member| state.summary(member).standing())
        .min()
        .unwrap_or(Standing::Blocked);
    let class: i64 = match standing {
        Standing::Queued => 0,
        Standing::Running => 1,
        Standing::Blocked => 2,
        Standing::Ended => 3,
    };
    let made = state.pipelines().get(root).map_or(0, |known| known.created_at.as_millisecond());
    let within = if standing == Standing::Ended { -made } else { made };
    ((class << 52) + within, root.0)
}
