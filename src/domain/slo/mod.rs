//! Service level objectives: what was promised, what was measured, and what follows from both.

mod alert;
mod burn;
mod objective;
mod past;
mod state;

pub use alert::{Alert, Matcher, Silence, SilenceState};
pub use burn::{Exhaustion, Pair, PairSeverity, Threshold, budget_share_factor};
pub use objective::{Measured, Period, Query, Reading, Slo, SloOrigin};
pub use past::{Course, Courses, Past, PastQuestion};
pub use state::SloState;
#[cfg(test)]
pub(crate) use state::fixture;
