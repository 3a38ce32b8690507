//! Alerts and silences as items.

use std::collections::BTreeMap;

use super::Scene;
use super::form::{Instant, record};
use crate::domain::{Alert, Silence, Text};
use crate::state::Row;

record! {
    /// An alert that Alertmanager knows.
    AlertItem<'a> {
        /// Alertmanager's own identity for it
        fingerprint: &'a str,
        /// its name
        name: &'a str,
        /// its labels
        labels: BTreeMap<&'a str, &'a str>,
        /// `active`, `suppressed`, `unprocessed`, as it came
        state: &'a str,
        /// how grave it is, by its label
        severity: Option<&'a str>,
        /// since when it fires
        starts_at: Instant,
        /// the silences that keep it quiet
        silenced_by: Vec<&'a str>,
        /// the alerts that keep it quiet
        inhibited_by: Vec<&'a str>,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

record! {
    /// A silence.
    SilenceItem<'a> {
        /// Alertmanager's own identity for it
        id: &'a str,
        /// what it keeps quiet, all of which must hold: `severity="page"`
        matchers: Vec<String>,
        /// from when
        starts_at: Instant,
        /// until when
        ends_at: Instant,
        /// who made it, as they said
        created_by: &'a str,
        /// why, as they said
        comment: &'a str,
        /// `active`, `pending`, `expired`
        state: &'a str,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

impl<'a> AlertItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<Alert>) -> AlertItem<'a> {
        let alert = &*row.value;
        AlertItem {
            fingerprint: &alert.fingerprint,
            name: &alert.name,
            labels: alert.labels.iter().map(|(name, value)| (&**name, &**value)).collect(),
            state: &alert.state,
            severity: alert.severity.as_deref(),
            starts_at: Instant(alert.starts_at),
            silenced_by: words(&alert.silenced_by),
            inhibited_by: words(&alert.inhibited_by),
            seen_at: Instant(scene.seen_at(row)),
            stale: scene.is_stale(row),
        }
    }
}

impl<'a> SilenceItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<Silence>) -> SilenceItem<'a> {
        let silence = &*row.value;
        SilenceItem {
            id: &silence.name,
            matchers: silence.matchers.iter().map(ToString::to_string).collect(),
            starts_at: Instant(silence.starts_at),
            ends_at: Instant(silence.ends_at),
            created_by: &silence.created_by,
            comment: &silence.comment,
            state: silence.state.as_str(),
            seen_at: Instant(scene.seen_at(row)),
            stale: scene.is_stale(row),
        }
    }
}

fn words(texts: &[Text]) -> Vec<&str> {
    texts.iter().map(Text::as_str).collect()
}
