//! Protected refs whose youngest ended pipeline failed.

use std::collections::BTreeMap;

use crate::domain::{Pipeline, PipelineId, Project, Status, Text};
use crate::state::State;

/// The protected refs of a project whose youngest ended pipeline failed, with that pipeline. Triggered pipelines are
/// part of the one that triggered them and do not count by themselves. Looks at the project's own pipelines of the
/// last hour alone.
pub(crate) fn protected_refs(state: &State, project: &Project) -> Vec<(Text, PipelineId)> {
    let mut youngest: BTreeMap<Text, &Pipeline> = BTreeMap::new();
    for id in state.pipelines_of(project.id) {
        let Some(pipeline) = state.pipelines().get(id) else { continue };
        let counts = pipeline.parent.is_none()
            && pipeline.status.has_ended()
            && project.protects(&pipeline.reference) == Some(true);
        if counts {
            youngest.insert(pipeline.reference.clone(), pipeline);
        }
    }
    youngest
        .into_iter()
        .filter(|(_, pipeline)| pipeline.status == Status::Failed)
        .map(|(reference, pipeline)| (reference, pipeline.id))
        .collect()
}
