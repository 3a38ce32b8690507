//! [`Limits`]: the thresholds of the rules.

use jiff::SignedDuration;

use crate::domain::Text;

/// A day.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The thresholds of the rules; those of `[access]`, and what the configuration does not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Unused for longer is dormant (`access.dormant_after`).
    pub dormant_after: SignedDuration,
    /// A token may live so long (`access.token_max_lifetime`).
    pub token_lifetime: SignedDuration,
    /// Mail domains of one's own people (`access.internal_email_domains`); where none is named, addresses tell nothing.
    pub internal_domains: Vec<Text>,
    /// A token that was never used is told once it is older.
    pub unused_after: SignedDuration,
    /// A token that ends within this is told.
    pub ends_within: SignedDuration,
    /// A deploy token may be so old.
    pub deploy_token_age: SignedDuration,
    /// A group at the top has so many owners at most.
    pub most_owners: usize,
    /// A session of a role that CI assumes lasts so long at most.
    pub session: SignedDuration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            dormant_after: DAY * 90,
            token_lifetime: DAY * 90,
            internal_domains: Vec::new(),
            unused_after: DAY * 30,
            ends_within: DAY * 14,
            deploy_token_age: DAY * 180,
            most_owners: 5,
            session: SignedDuration::from_hours(1),
        }
    }
}

/// Whole days of a span, for people.
pub(super) fn days(span: SignedDuration) -> i64 {
    span.as_hours() / 24
}
