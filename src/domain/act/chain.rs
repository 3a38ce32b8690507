//! [`Chain`]: how the chain of the ledger's records stood when it was read last.

use crate::domain::Text;

/// How the chain of the ledger's records stood when it was read last. Its end is anchored nowhere here: that takes a
/// checkpoint kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chain {
    /// How many records it has; an act has one for its beginning and one for each word on its end.
    pub records: u64,
    /// The first record that does not hold.
    pub broken: Option<ChainBreak>,
}

/// A record that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainBreak {
    /// Its place.
    pub seq: u64,
    /// Why.
    pub why: Text,
}
