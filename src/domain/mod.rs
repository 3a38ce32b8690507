//! What the platform is: plain values and pure rules.
//!
//! **Invariant:** nothing here does I/O, reads a clock, or knows a terminal or a wire format. `now` is always an
//! argument. Every string that came from outside is a [`Text`], so hostile characters die at this border.

pub mod access;
pub mod act;
pub mod beside;
pub mod entry;
pub mod exception;
pub mod finding;
pub mod health;
pub mod id;
pub mod join;
pub mod node;
pub mod pipeline;
pub mod pod;
pub mod project;
pub mod promise;
pub mod quantity;
pub mod runner;
pub mod sample;
pub mod scheduling;
pub mod slo;
pub mod status;
pub mod text;
pub mod then;
pub mod tier;
pub mod time;
pub mod trace;
pub mod update;

pub use act::{
    ACTS, Act, Actor, Chain, ChainBreak, Confirmation, Deed, Ending, Identity, Intent, Outcome,
    Petition, Proposal, Report as ActReport, RightAt, Risk, STEPS as ACT_STEPS, Seen, Target,
    TargetKind, Variable, Wire, advice as act_advice, find as find_act, find_step, silence_end,
};
pub use entry::{Entry, EntryKind, EntryStand, EntrySubject};
pub use exception::{
    Approval, ApprovalRule, Approvals, Artefact, Bar, Barred, Bound, Chapter, Chronicle,
    Decision as ExceptionDecision, Drift, DriftKind, Errand, ExceptionGuard, ExceptionKind,
    ExceptionLeads, ExceptionRequest, ExceptionScope, ExceptionState, ExceptionWeakness, Filed,
    Flaw, FlawSeverity, Gap, GapKind, Home, MergeStand, MergeStatus, Merged, Native, Proposed,
    Record, RecordCommit, RecordHistory, Sighting, Stamp, Standing as NativeStanding, Tool,
    Undecided, Urgency, Written, lead_of, lead_word, state_of,
};
pub use finding::{
    Acknowledgement, Evidence, Finding, FindingId, Joined, Presence, Severity, WaitShare,
};
pub use health::{Budget, Failure, FailureKind, Health, Report};
pub use id::{
    AccessFindingId, AlertId, ClusterPodId, DeedId, DriftId, EntityId, EventId, ExceptionId,
    GrantId, JobId, NodeClaimId, NodeGroupId, NodeId, PipelineId, PodId, PolicyId, PrincipalId,
    ProjectId, QuotaId, RequestId, ResourceId, ReviewItemId, RunnerId, Scope, SightingId,
    SilenceId, SloId, SourceId, SourceKey,
};
pub use join::{Claim, Contradiction};
pub use node::{
    NetworkPolicy, Node, NodeClaim, NodeGroup, NodeGroupIssue, NodeGroupKind, Quota, Resources,
    ScalingActivity,
};
pub use pipeline::{Attribution, Job, Pipeline, PodClaim, RunnerRef};
pub use pod::{BadEnd, Container, Occupant, Phase, Pod, PodEvent, Powers, Stand};
pub use project::{Project, RefPattern};
pub use promise::Breach;
pub use quantity::Quantity;
pub use runner::{Runner, RunnerManager};
pub use sample::{Percentiles, Sample, SeriesId};
pub use scheduling::{Misfit, MisfitKind, Refusal};
pub use slo::{
    Alert, Calendar, CalendarUnit, Course, Courses, Definition, Exhaustion, Expression, Indicator,
    Matcher, Measured, NoExpression, Pair, PairSeverity, Past, PastQuestion, Period, PeriodRule,
    Query, Reading, Recovery, Silence, SilenceState, Slo, SloOrigin, SloState, Threshold,
};
pub use status::Status;
pub use text::Text;
pub use then::{Lack, Then, Watched};
pub use tier::{Tier, TierIndex, TierPods, Tiers};
pub use time::{Moment, Timestamp};
pub use trace::Trace;
pub use update::{Change, Entity, Origin, Update};
