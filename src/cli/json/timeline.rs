//! What `timeline -o json` answers: an entry an item.

use super::form::{Instant, record};

record! {
    /// A change that a console saw, an act of the ledger, or a time in which nobody watched.
    TimelineItem<'a> {
        /// when it was seen; of a gap its end
        at: Instant,
        /// `finding`, `tier`, `node group`, `slo`, `pipeline`, `exception`, `request`, `source`, `act`, `gap`
        kind: &'a str,
        /// what it was called then
        name: &'a str,
        /// of a finding its rule, of an act its name
        rule: Option<&'a str>,
        /// how it stood before; null where it was seen for the first time
        before: Option<&'a str>,
        /// how it stands since
        after: &'a str,
        /// how grave it is, where it is a finding that is found
        severity: Option<&'a str>,
        /// since when nobody had looked, where it may have changed long before; of a gap its beginning
        unseen_since: Option<Instant>,
    }
}
