//! The pane Access: who and what has which right, by which path, what the rules find in it, and the campaign that reviews it.

mod band;
mod detail;
mod findings;
mod grants;
mod principals;
mod resources;
mod review;
#[cfg(test)]
mod tests;
mod words;

pub use findings::ACCESS_FINDINGS;
pub use grants::GRANTS;
pub use principals::PRINCIPALS;
pub use resources::RESOURCES;
pub use review::REVIEW;

use crate::domain::{EntityId, Health, Severity, SourceId};
use crate::pane::block::{Block, Cell};
use crate::pane::lens::{Cx, Lens, Subject};
use crate::pane::{About, Count, Drill, Pane, sources};
use crate::theme::Role;

/// The pane.
#[derive(Debug)]
pub struct Access;

static ABOUT: About = About {
    name: "access",
    title: "Access",
    digit: '6',
    doc: "who has which right by which path, what is wrong with it, and the campaign that reviews it",
    lenses: &[&PRINCIPALS, &RESOURCES, &GRANTS, &ACCESS_FINDINGS, &REVIEW],
};

impl Pane for Access {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// Grave findings that no exception covers.
    fn count(&self, cx: &Cx<'_>) -> Count {
        let Some(picture) = cx.state.picture() else { return Count::of(0, Role::TextDim) };
        let critical = picture.uncovered(Severity::Critical);
        let high = picture.uncovered(Severity::High);
        let role = if critical > 0 { Role::SeverityBad } else { Role::SeverityWarning };
        Count::of(critical + high, role)
    }

    fn band(&self, cx: &Cx<'_>) -> Vec<Block> {
        band::blocks(cx)
    }

    fn detail(&self, cx: &Cx<'_>, id: &EntityId) -> Vec<Block> {
        let Some(picture) = cx.state.picture() else { return Vec::new() };
        match Subject::find(cx.state, id) {
            Some(Subject::Principal(holder)) => detail::principal(cx, picture, holder),
            Some(Subject::Resource(held)) => detail::resource(cx, picture, held),
            Some(Subject::Grant(grant)) => detail::grant(cx, picture, grant),
            Some(Subject::AccessFinding(found)) => detail::finding(cx, picture, found),
            Some(Subject::ReviewItem(item)) => review::detail(cx, item),
            _ => Vec::new(),
        }
    }

    /// Into a principal, a resource or a finding: its grants.
    fn drill(&self, _: &Cx<'_>, id: &EntityId) -> Option<Drill> {
        let is_drilled = matches!(id, EntityId::Resource(_) | EntityId::AccessFinding(_));
        is_drilled.then(|| Drill { lens: &GRANTS, scope: Some(id.clone()) })
    }

    fn empty(&self, cx: &Cx<'_>) -> Vec<Cell> {
        match cx.state.source_health(SourceId::ACCESS, cx.now) {
            None | Some(Health::Unconfigured) => vec![
                Cell::plain("nothing is configured whose rights could be read"),
                Cell::dim("a [gitlab] table fills this pane, and a [[cluster]] with `eks`"),
            ],
            Some(Health::Starting) => vec![
                Cell::plain("rights are being read for the first time, place by place"),
                Cell::dim("it has a small budget of requests of its own; what was read is kept"),
            ],
            Some(Health::Live | Health::Partial) => {
                vec![Cell::plain("nothing of what could be read")]
            }
            Some(health) => vec![
                Cell::new(
                    format!("nothing is known: {}", sources::word(health)),
                    Role::SeverityBad,
                ),
                Cell::dim("press 0 to see why"),
            ],
        }
    }

    fn empty_of(&self, cx: &Cx<'_>, lens: &dyn Lens) -> Vec<Cell> {
        match (lens.name(), cx.state.picture()) {
            ("review", _) if cx.state.review().is_none() => vec![
                Cell::plain("no campaign has begun"),
                Cell::dim("`:review.start` freezes what was read and begins one"),
            ],
            ("access_findings", Some(picture)) if picture.report().findings.is_empty() => {
                let doubts = picture.report().tallies.iter().map(crate::access::Tally::unknown);
                let doubts: u64 = doubts.sum();
                vec![
                    Cell::plain("no rule finds anything in what could be read"),
                    Cell::dim(format!("{doubts} things could not be judged")),
                ]
            }
            _ => self.empty(cx),
        }
    }
}
