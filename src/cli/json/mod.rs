//! What scripts read: the envelope of `get … -o json` and the items in it.
//!
//! **Invariant:** within `watchfloor/v1` fields are only added. Each item is declared once, with the meaning of its
//! fields; the printing, the CSV header and the reference come from that one table.

mod act;
mod deed;
mod envelope;
mod exception;
mod flaw;
mod form;
mod gate;
mod job;
mod node;
mod pipeline;
mod pod;
mod project;
mod reference;
mod right;
mod runner;
mod scene;
mod silence;
mod slo;
mod source;
mod tier;
mod timeline;
mod why;

pub(super) use act::{ActFact, ActItem, ActOutcome, ActRequest, KnownAct, document};
pub(super) use envelope::{Envelope, Items, fields, items, sources};
pub(super) use flaw::FlawItem;
pub(super) use form::{Field, Form, Instant};
pub(super) use gate::{
    GateChange, GateException, GateLook, GatePolicy, GateReason, GateSlo, GateVerdict,
};
pub use reference::reference;
pub(super) use right::{Ages, FindingItem, GrantItem, grants, of_platform, of_rights};
pub(super) use scene::Scene;
pub(super) use timeline::TimelineItem;
pub(super) use why::{
    WhyCause, WhyDeadline, WhyEvidence, WhyItem, WhyStep, WhyTarget, WhyUndecided,
};

#[cfg(test)]
mod tests;
