//! The simulated organisation: who has which right by which path, which tokens and keys there are, and what guards production.
//!
//! **Invariant:** all of it comes from one readable file, beside this one, and from the seed; every instant counts from the
//! start of the platform.

mod build;
mod change;
mod cluster;
mod expected;
mod file;
mod grow;
mod model;
mod rights;

pub(crate) use self::build::Ground;
pub(crate) use self::change::{End, Refused};
pub use self::expected::{COVERED_ACCESS, DOUBTED_ACCESS, EXPECTED_ACCESS, STATIC_KEY_VALUE};
pub(crate) use self::file::File;
pub(crate) use self::model::{
    Account, AccountKind, Branch, DeployKey, DeployToken, Entry, Environment, IamRole, Invitation,
    Membership, Organisation, Place, PodIdentity, Policy, Push, Role, SamlLink, Settings, Share,
    Token, TokenKind, Trigger, Variable,
};
pub(crate) use self::rights::{Relation, Row};

use serde::Deserialize;

/// The people and their rights, as a scenario wants them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Organised {
    /// The whole organisation, with everything that a review of access has to find; otherwise a handful of people.
    pub full: bool,
    /// Whose token the clients hold, by login; the first person's otherwise.
    pub reader: Option<String>,
    /// Full paths of groups and projects of which nobody but an administrator learns who has which right: 403.
    pub hidden: Vec<String>,
}
