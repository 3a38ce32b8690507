//! Rights on the delivery platform: who or what has them, by which path, what guards the rest, and how whole the reading was.
//!
//! Nothing here judges: the rules are in `access`. What was not read is [`Known::Unread`] with the reason, never an empty
//! list; of secrets there are names alone.

mod cluster;
mod credential;
mod grant;
mod guard;
mod known;
mod level;
mod population;
mod principal;
mod reading;
mod trust;

pub use cluster::{
    AccessEntry, AccessPolicy, AuthMode, Binding, Cluster, Mapping, PodIdentity, PolicyScope,
    is_person_arn,
};
pub use credential::{Credential, Usage};
pub use grant::{CustomRole, Grant, Hop, Resource, ResourceKind, Right, Standing, Via};
pub use guard::{
    Allowed, ApprovalSettings, Branch, Bypass, Environment, Group, JobTokenScope, Project,
    Protection, Runner, Tag, Variable,
};
pub use known::Known;
pub use level::Level;
pub use population::{Population, Statement};
pub use principal::{AccountState, Activity, Precision, Principal, PrincipalKind};
pub use reading::{Gap, Lack, Part, Reading};
pub use trust::{Condition, Trust, TrustStatement};
