//! Time-bound exceptions: what was granted, for whom and until when; who asks for more; and what stands in other tools.

mod drift;
mod filed;
mod flaw;
mod guard;
mod history;
mod lead;
mod merge;
mod native;
mod record;
mod request;
mod sighting;
mod stamp;
mod state;

pub use drift::{Drift, DriftKind, Undecided};
pub use filed::Filed;
pub use flaw::{Flaw, FlawSeverity};
pub use guard::{Guard as ExceptionGuard, Weakness as ExceptionWeakness};
pub use history::{Chapter, Chronicle, History as RecordHistory, Merged, RecordCommit};
pub use lead::{Leads as ExceptionLeads, Urgency, lead_word};
pub use native::{Bound, Home, Native, Standing, Tool};
pub use record::{
    Artefact, Decision, Kind as ExceptionKind, Record, Scope as ExceptionScope, is_same_person,
};
pub use request::{
    Approval, ApprovalRule, Approvals, Bar, Barred, Errand, MergeStand, MergeStatus, Proposed,
    Request as ExceptionRequest,
};
pub use sighting::{Gap, GapKind, Sighting};
pub use stamp::{Stamp, Written};
#[cfg(test)]
pub(crate) use state::fixture;
pub use state::{LEAST_LEAD, State as ExceptionState, lead_of, state_of};
