//! The functions that send changing requests. Each takes the ledger's permit by value; only this layer can name them.

pub(super) mod alertmanager;
mod answer;
pub(super) mod eks;
pub(super) mod gitlab;
pub(super) mod kubernetes;
pub(super) mod review;

use std::sync::{Mutex, PoisonError};

use crate::domain::{Ending, Outcome, Seen, Text, Timestamp, Wire};

/// Until when a platform asked to be left alone.
#[derive(Debug, Default)]
pub(super) struct Quiet(Mutex<Option<Timestamp>>);

impl Quiet {
    /// Until when it asked for that, if it did and that is still to come.
    pub(super) fn until(&self, now: Timestamp) -> Option<Timestamp> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).filter(|until| now < *until)
    }

    /// Remembers that it asks for it.
    fn note(&self, until: Option<Timestamp>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Of two the later: nothing comes before it.
        *known = known.max(until);
    }
}

/// A changing request that is ready to be sent, by platform.
#[derive(Debug, Clone)]
pub(super) enum Order {
    /// To GitLab.
    Gitlab(gitlab::Order),
    /// To a cluster.
    Kubernetes(kubernetes::Order),
    /// To EKS.
    Eks(eks::Order),
    /// To Alertmanager.
    Alertmanager(alertmanager::Order),
    /// To nobody: its record is all of it.
    Ledger,
}

impl Order {
    /// What the ledger records of it.
    pub(super) fn wire(&self) -> Wire {
        match self {
            Order::Gitlab(order) => order.wire(),
            Order::Kubernetes(order) => order.wire(),
            Order::Eks(order) => order.wire(),
            Order::Alertmanager(order) => order.wire(),
            Order::Ledger => Wire { method: Text::new("none"), url: Text::new("ledger:audit") },
        }
    }

    /// The same for the very object that was just seen, where the platform takes that as a condition.
    pub(super) fn on(self, seen: &Seen) -> Order {
        match self {
            Order::Kubernetes(order) => Order::Kubernetes(order.on(seen)),
            Order::Gitlab(order) => Order::Gitlab(order.on(seen)),
            other => other,
        }
    }
}

fn failed(status: Option<u16>, why: &str) -> Outcome {
    Outcome { ending: Ending::Failed, status, message: Some(Text::new(why)) }
}

fn unknown(status: Option<u16>, why: &str) -> Outcome {
    Outcome { ending: Ending::Unknown, status, message: Some(Text::new(why)) }
}
