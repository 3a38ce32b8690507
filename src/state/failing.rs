//! Protected refs whose youngest ended pipeline failed: kept up project by project, on change.

use std::collections::BTreeMap;

use super::State;
use crate::domain::{Pipeline, PipelineId, ProjectId, Status, Text};

/// A protected ref that fails, and the pipeline that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingRef {
    /// The ref.
    pub reference: Text,
    /// Its youngest ended pipeline.
    pub pipeline: PipelineId,
}

impl State {
    /// The protected refs of a project whose youngest ended pipeline failed.
    pub fn failing_refs(&self, project: ProjectId) -> &[FailingRef] {
        self.index.failing.get(&project).map_or(&[], Vec::as_slice)
    }

    /// Every project that has such refs.
    pub fn failing(&self) -> impl Iterator<Item = (ProjectId, &[FailingRef])> {
        self.index.failing.iter().map(|(project, refs)| (*project, refs.as_slice()))
    }

    /// Judges a project anew. Triggered pipelines are part of the one that triggered them and do not count by
    /// themselves; only the pipelines that are still known, those of the last hour, are looked at.
    pub(super) fn judge_refs(&mut self, id: ProjectId) {
        let failing = self.find_failing(id);
        if failing.is_empty() {
            self.index.failing.remove(&id);
        } else {
            self.index.failing.insert(id, failing);
        }
    }

    fn find_failing(&self, id: ProjectId) -> Vec<FailingRef> {
        let Some(project) = self.rows.projects.get(id) else { return Vec::new() };
        let mut youngest: BTreeMap<&Text, &Pipeline> = BTreeMap::new();
        for pipeline in self.pipelines_of(id).filter_map(|id| self.rows.pipelines.get(id)) {
            let counts = pipeline.parent.is_none() && pipeline.status.has_ended();
            if counts && project.protects(&pipeline.reference) == Some(true) {
                youngest.insert(&pipeline.reference, pipeline);
            }
        }
        youngest
            .into_iter()
            .filter(|(_, pipeline)| pipeline.status == Status::Failed)
            .map(|(reference, pipeline)| FailingRef {
                reference: reference.clone(),
                pipeline: pipeline.id,
            })
            .collect()
    }
}
