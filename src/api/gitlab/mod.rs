//! GitLab: its GraphQL where it has it, its REST where not; the same values either way.

mod access;
mod authors;
mod authorship;
mod beside;
mod blobs;
mod connection;
mod convert;
mod decide;
mod deployments;
mod dismissals;
mod evidence;
mod filing;
mod fleet;
mod graphql;
mod guard;
mod intern;
mod kind;
mod native;
mod node;
mod queue;
mod register;
mod request;
mod rest;
mod rest_queue;
mod rest_shape;
mod right;
mod runners;
#[cfg(test)]
mod samples;
mod single;
mod whole;
mod wire;

pub use access::Below;
pub use authors::Authors;
pub use authorship::{Brought, MOST_COMMITS};
pub use blobs::Blobs;
pub use connection::{Capabilities, Gitlab};
pub use decide::{Guards, Merged, Standing};
pub use dismissals::{Dismissals, Dismissed};
pub use evidence::{LabelEvent, MergeRequest, Ran};
pub use filing::FileAt;
pub use kind::{
    Active, Decision, Deployment, FleetProject, Mark, Moving, Own, Place, RunnerStanding, Step,
    TokenFacts, TraceEnd, Wanted, Whole,
};
pub use native::{Grant, Owner, Tree};
pub use queue::ActiveAnswer;
pub use register::TreeFile;
pub use request::{Asked, ChangedFile};
pub use right::{Membership, Shelf, Token};
pub use whole::{Hour, WholeAnswer};
