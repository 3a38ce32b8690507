//! Service level objectives: what was promised, what was measured, and what follows from both.

mod alert;
mod burn;
mod definition;
mod objective;
mod past;
mod recovery;
mod state;

pub use alert::{Alert, Matcher, Silence, SilenceState, calls_spent};
pub use burn::{Exhaustion, Pair, PairSeverity, Threshold, budget_share_factor};
pub use definition::{
    Calendar, CalendarUnit, Definition, Expression, Indicator, NoExpression, PeriodRule,
};
pub use objective::{Measured, Period, Query, Reading, Slo, SloOrigin};
pub use past::{Course, Courses, Past, PastQuestion};
pub use recovery::Recovery;
pub use state::SloState;
#[cfg(test)]
pub(crate) use state::fixture;
