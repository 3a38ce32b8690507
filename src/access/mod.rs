//! Access review: what the rules find in a population of rights, and the campaigns in which people decide about them.
//!
//! **Invariant:** nothing here opens a file, reads a clock or names a platform: a population, a configuration, records and
//! instants go in, values come out. A rule that cannot tell says why; what was not decided was not kept.

pub mod campaign;
mod cover;
mod effective;
pub mod export;
mod ground;
mod index;
mod limits;
mod picture;
pub mod rules;
mod verdict;

pub use effective::{Effective, effective};
pub use ground::Ground;
pub use index::Index;
pub use limits::Limits;
pub use picture::{Held, Holder, LastUse, Picture, address, finding_address};
pub use rules::{RULES, Rule, judge};
pub use verdict::{About, AboutKind, Code, Doubt, Evidence, Found, Report, Tally};
