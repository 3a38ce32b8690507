//! Acts: what may be asked of a platform, of what, by whom, and how it ended.

mod advice;
mod deed;
mod proposal;
mod report;
mod table;
mod target;

pub use advice::advice;
pub use deed::{Actor, Deed, Ending, Intent, Outcome, Wire};
pub use proposal::{Confirmation, Proposal, Variable};
pub use report::{Identity, Report, Seen};
pub use table::{ACTS, Act, Risk, find};
pub use target::{Target, TargetKind};
