//! The functions that send changing requests. Each takes the ledger's permit by value; only this layer can name them.

pub(super) mod gitlab;

use crate::domain::Wire;

/// A changing request that is ready to be sent, by platform.
#[derive(Debug, Clone)]
pub(super) enum Order {
    /// To GitLab.
    Gitlab(gitlab::Order),
}

impl Order {
    /// What the ledger records of it.
    pub(super) fn wire(&self) -> Wire {
        match self {
            Order::Gitlab(order) => order.wire(),
        }
    }
}
