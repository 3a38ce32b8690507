//! The pane Now: what deserves attention, the gravest first, each with its evidence and the next step.

mod band;
mod chain;
mod detail;
mod rows;

pub use rows::FINDINGS;

use crate::domain::time::{seconds_between, span};
use crate::domain::{EntityId, Finding, SourceId};
use crate::pane::access;
use crate::pane::block::{Block, Cell, Mark};
use crate::pane::lens::{Cx, Subject};
use crate::pane::{
    About, Count, Drill, Pane, audit, exceptions, pipelines, runners, slos, sources,
};
use crate::state::State;
use crate::theme::Role;

/// The pane.
#[derive(Debug)]
pub struct Now;

static ABOUT: About = About {
    name: "now",
    title: "Now",
    digit: '1',
    doc: "what deserves attention, the gravest first, with its evidence and the next step",
    lenses: &[&FINDINGS],
};

impl Pane for Now {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn count(&self, cx: &Cx<'_>) -> Count {
        let grave = cx.state.findings().iter().any(Finding::is_grave);
        let role = if grave { Role::SeverityBad } else { Role::SeverityWarning };
        Count::of(cx.state.findings().len(), role)
    }

    fn band(&self, cx: &Cx<'_>) -> Vec<Block> {
        band::blocks(cx)
    }

    fn detail(&self, cx: &Cx<'_>, id: &EntityId) -> Vec<Block> {
        let pane: &dyn Pane = match Subject::find(cx.state, id) {
            Some(Subject::Finding(finding, _)) => return detail::blocks(cx, finding),
            Some(Subject::Project(_) | Subject::Pipeline(_) | Subject::Job(_)) => {
                &pipelines::PipelinesPane
            }
            Some(Subject::Slo(_) | Subject::Alert(_) | Subject::Silence(_)) => &slos::Slos,
            Some(
                Subject::Exception(_)
                | Subject::Request(_)
                | Subject::Sighting(_)
                | Subject::Drift(_),
            ) => &exceptions::Exceptions,
            Some(Subject::Source(..)) => &sources::Sources,
            Some(Subject::Deed(_)) => &audit::Audit,
            _ => &runners::RunnersPane,
        };
        pane.detail(cx, id)
    }

    /// An empty list must not look like calm: how much is known stands beside it.
    fn empty(&self, cx: &Cx<'_>) -> Vec<Cell> {
        let feeds = band::Feeds::of(cx);
        match feeds.oldest {
            Some(oldest) if feeds.live == feeds.all => {
                let age = span(seconds_between(oldest, cx.now).max(0));
                let words = format!(
                    " nothing found; {} of {} feeds live, oldest data {age}",
                    feeds.live, feeds.all
                );
                vec![Cell::mark(Mark::Fine, Role::SeverityOk).and(words, Role::Text)]
            }
            _ => {
                let words = format!(
                    " nothing found, but not everything is known: {} of {} feeds live",
                    feeds.live, feeds.all
                );
                vec![
                    Cell::mark(Mark::Unknown, Role::SeverityUnknown).and(words, Role::Text),
                    Cell::dim("press 0 to see every feed"),
                ]
            }
        }
    }

    /// To the evidence: the rows that a finding is about.
    fn drill(&self, cx: &Cx<'_>, id: &EntityId) -> Option<Drill> {
        match Subject::find(cx.state, id)? {
            Subject::Finding(finding, _) => evidence_of(cx.state, finding),
            Subject::NodeGroup(_) => Some(Drill::within(&runners::NODES, id)),
            Subject::Node(_) => Some(Drill::within(&runners::PODS, id)),
            Subject::Pipeline(_) => Some(Drill::within(&pipelines::JOBS, id)),
            _ => None,
        }
    }
}

/// Where the rows are that prove a finding; `None` where its own detail says it all.
fn evidence_of(state: &State, finding: &Finding) -> Option<Drill> {
    let code = finding.id.code;
    match &finding.id.about {
        about @ EntityId::Project(_) => Some(Drill::within(&pipelines::PIPELINE_ROWS, about)),
        about @ EntityId::NodeGroup(_) => Some(Drill::within(&runners::NODES, about)),
        about @ EntityId::Node(_) => Some(Drill::within(&runners::PODS, about)),
        // Several objectives that cannot be judged are named in its detail.
        about @ EntityId::Slo(_) if finding.count == 1 => {
            Some(Drill::within(&slos::OBJECTIVES, about))
        }
        about @ EntityId::Tier(_) => Some(match code {
            "capacity.unplaced" | "capacity.stuck" | "promise.broken" | "join.contradicted" => {
                Drill::within(&runners::PODS, about)
            }
            "runner.silent" => Drill::within(&runners::RUNNERS, about),
            _ => Drill::within(&pipelines::JOBS, about),
        }),
        EntityId::AccessFinding(_) => Some(Drill { lens: &access::ACCESS_FINDINGS, scope: None }),
        EntityId::ReviewItem(_) => Some(Drill { lens: &access::REVIEW, scope: None }),
        EntityId::Runner(id) => {
            let tier = state.runners().get(*id)?.tier?;
            Some(Drill::within(&runners::RUNNERS, &EntityId::Tier(tier)))
        }
        EntityId::Exception(_) => Some(Drill::to(&exceptions::EXCEPTIONS)),
        EntityId::Deed(_) => Some(Drill::to(&audit::DEEDS)),
        EntityId::Source(key) => match key.source {
            SourceId::EXCEPTIONS if code.starts_with("exception.") => {
                Some(Drill::to(&exceptions::DRIFT))
            }
            SourceId::REQUESTS if code == "request.waiting" => {
                Some(Drill::to(&exceptions::REQUESTS))
            }
            _ if code.starts_with("source.") => Some(Drill::to(&sources::SOURCE_ROWS)),
            _ => None,
        },
        _ => None,
    }
}

/// What may wait because of what a finding is about; `None` where nothing does.
pub fn waits(state: &State, about: &EntityId) -> Option<EntityId> {
    match about {
        EntityId::Job(_)
        | EntityId::Pipeline(_)
        | EntityId::Project(_)
        | EntityId::Pod(_)
        | EntityId::NodeGroup(_)
        | EntityId::Tier(_) => Some(about.clone()),
        EntityId::Node(id) => state.nodes().get(*id)?.group.map(EntityId::NodeGroup),
        EntityId::Runner(id) => state.runners().get(*id)?.tier.map(EntityId::Tier),
        EntityId::Quota(id) => {
            let quota = state.quotas().get(*id)?;
            let tier = state.tiers().of_namespace(&quota.cluster, &quota.namespace)?;
            Some(EntityId::Tier(tier))
        }
        EntityId::Slo(id) => {
            let slo = state.slos().get(*id)?;
            let mut labels = slo.labels.iter();
            let tier = labels.find(|(name, _)| matches!(name.as_str(), "tier" | "runner_tier"))?;
            state.tiers().named(&tier.1).map(EntityId::Tier)
        }
        _ => None,
    }
}
