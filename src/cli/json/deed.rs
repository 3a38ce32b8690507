//! Acts of the ledger as items.

use super::Scene;
use super::form::{Instant, record};
use crate::domain::{Deed, Health, SourceId, Text};
use crate::state::Row;

record! {
    /// An act of the ledger.
    DeedItem<'a> {
        /// the place of its first record
        seq: u64,
        /// when it was begun
        at: Instant,
        /// who asked
        actor: ActorOfDeed<'a>,
        /// what was done: `job.retry`
        act: &'a str,
        /// what it was done to, as `act` takes it
        target: &'a str,
        /// why
        reason: Option<&'a str>,
        /// what was sent, without its body
        request: RequestOfDeed<'a>,
        /// what came of it
        outcome: OutcomeOfDeed<'a>,
        /// the SHA-256 of its first record, hexadecimal
        hash: &'a str,
        /// that of the record before it
        previous: &'a str,
        /// what was chosen beside; of variables the names alone
        settings: Vec<SettingOfDeed<'a>>,
        /// when the ledger was read
        seen_at: Instant,
        /// whether the ledger cannot be read any more
        stale: bool,
    }
}

record! {
    /// Who asked.
    ActorOfDeed<'a> {
        /// the platform: `gitlab`, `kubernetes:ci`, `eks:ci`
        platform: &'a str,
        /// who we are there; `unknown` where it did not tell
        user: &'a str,
        /// who ran the program
        os_user: &'a str,
        /// on which machine
        host: &'a str,
    }
}

record! {
    /// What was sent.
    RequestOfDeed<'a> {
        /// the HTTP method
        method: &'a str,
        /// the address
        url: &'a str,
    }
}

record! {
    /// What came of it.
    OutcomeOfDeed<'a> {
        /// `open`, `done`, `failed`, `unknown`; `open` is under way, or left so by a crash
        state: &'a str,
        /// the HTTP status of the answer
        status: Option<u64>,
        /// when it was known
        at: Option<Instant>,
        /// the platform's words, or what a later look found
        message: Option<&'a str>,
    }
}

record! {
    /// What was chosen beside.
    SettingOfDeed<'a> {
        /// its name
        name: &'a str,
        /// its value; the variable's name for `variable`
        value: &'a str,
    }
}

impl<'a> DeedItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<Deed>) -> DeedItem<'a> {
        let deed = &*row.value;
        let health = scene.state().source_health(SourceId::LEDGER, scene.now());
        let setting = |(name, value): &'a (Text, Text)| SettingOfDeed { name, value };
        let actor = &deed.actor;
        DeedItem {
            seq: deed.seq,
            at: Instant(deed.at),
            actor: ActorOfDeed {
                platform: &actor.platform,
                user: &actor.user,
                os_user: &actor.os_user,
                host: &actor.host,
            },
            act: &deed.act,
            target: &deed.target,
            reason: deed.reason.as_deref(),
            request: RequestOfDeed { method: &deed.wire.method, url: &deed.wire.url },
            outcome: outcome(deed),
            hash: &deed.hash,
            previous: &deed.previous,
            settings: deed.settings.iter().map(setting).collect(),
            seen_at: Instant(row.seen_at()),
            stale: scene.is_offline() || !matches!(health, Some(Health::Live | Health::Partial)),
        }
    }
}

fn outcome(deed: &Deed) -> OutcomeOfDeed<'_> {
    let Some((at, outcome)) = &deed.outcome else {
        return OutcomeOfDeed { state: "open", status: None, at: None, message: None };
    };
    OutcomeOfDeed {
        state: outcome.ending.as_str(),
        status: outcome.status.map(u64::from),
        at: Some(Instant(*at)),
        message: outcome.message.as_deref(),
    }
}
