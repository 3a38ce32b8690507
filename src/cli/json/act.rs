//! What `act` answers: the acts that there are, and what came of some.

use serde::Serialize;

use super::envelope::SCHEMA;
use super::form::{Instant, record};
use crate::domain::Timestamp;

/// The document around items that are no look at anything: no source stands behind them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::cli) struct Document<'a, T> {
    schema: &'static str,
    kind: &'static str,
    at: Instant,
    items: &'a [T],
}

/// A document of this kind.
pub(in crate::cli) fn document<'a, T>(
    kind: &'static str,
    at: Timestamp,
    items: &'a [T],
) -> Document<'a, T> {
    Document { schema: SCHEMA, kind, at: Instant(at), items }
}

record! {
    /// An act that may be asked for.
    KnownAct<'a> {
        /// its name
        name: &'a str,
        /// what it does
        doc: &'a str,
        /// what it is done to: `job`, `pipeline`, `runner`, …
        target: &'a str,
        /// how a target is written
        form: &'a str,
        /// whether it destroys, or cannot be taken back: then its target is typed
        destructive: bool,
        /// what the platform wants of whoever asks
        needs: &'a str,
        /// the keys that `--set` takes
        settings: Vec<&'a str>,
    }
}

record! {
    /// What came of an act on one target.
    ActItem<'a> {
        /// the act's name
        act: &'a str,
        /// the target in full
        target: &'a str,
        /// what the target is called
        name: Option<&'a str>,
        /// what it looked like before
        before: Option<&'a str>,
        /// whether it counts as protected; null where it could not be looked at
        protected: Option<bool>,
        /// what is chosen beside: of variables the names alone
        settings: Vec<ActFact<'a>>,
        /// what was sent, or would be
        request: Option<ActRequest<'a>>,
        /// what else should be known of the target before it is changed
        facts: Vec<ActFact<'a>>,
        /// what forbids us to change it, as far as is known before it is tried
        bars: Vec<&'a str>,
        /// why it would be refused as it stood there before
        objection: Option<&'a str>,
        /// what keeps it from being sent
        missing: Vec<String>,
        /// what came of it
        outcome: ActOutcome<'a>,
        /// what it looks like now
        after: Option<&'a str>,
        /// the job that took its place: the new one, after a retry
        successor: Option<u64>,
        /// the place of its record in the ledger
        seq: Option<u64>,
    }
}

record! {
    /// Something that is known of a target.
    ActFact<'a> {
        /// what it is about: `job` for the one that a pod carries
        name: &'a str,
        /// what is told
        value: &'a str,
    }
}

record! {
    /// A request without its body.
    ActRequest<'a> {
        /// the HTTP method
        method: &'a str,
        /// the address
        url: &'a str,
    }
}

record! {
    /// What came of it.
    ActOutcome<'a> {
        /// `done`, `failed`, `unknown`; `not_sent` where nothing left this machine
        state: &'a str,
        /// the HTTP status of the answer
        status: Option<u64>,
        /// the platform's words, what a later look found, or why nothing was sent
        message: Option<String>,
    }
}
