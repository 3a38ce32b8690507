//! Alerts: those that Prometheus fires, quiet where a silence is over them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::RECEIVER;
use super::matcher::{Matcher, all};
use super::silence::Silences;
use crate::sim::clock::{self, Millis};
use crate::sim::prometheus::{Labels, alarms, alert_labels, annotations, up};
use crate::sim::world::slo::Slos;

use crate::sim::wire::Query;

/// Prometheus sends alerts again as often as this, and promises them for four times as long.
const RESEND: Millis = 60_000;

/// Which alerts are asked for.
pub(super) struct Choice {
    filters: Vec<Matcher>,
    active: bool,
    silenced: bool,
    receiver: bool,
}

impl Choice {
    /// Reads the parameters of a question.
    pub(super) fn read(query: &Query) -> Result<Self, String> {
        // Nothing here is ever inhibited or unprocessed.
        query.ignore(&["inhibited", "unprocessed"]);
        let on = |name: &str| query.get(name) != Some("false");
        let by_name = query.get("receiver").map(|name| format!("receiver=~\"{name}\""));
        let mut receivers = all(&query.list("receiver_matchers"))?;
        if let Some(text) = &by_name {
            receivers.extend(all(&[text])?);
        }
        let named = Labels::from([("receiver".to_owned(), RECEIVER.to_owned())]);
        Ok(Self {
            filters: all(&query.list("filter"))?,
            active: on("active"),
            silenced: on("silenced"),
            receiver: receivers.iter().all(|one| one.is_match(&named)),
        })
    }
}

/// The alerts that are asked for.
pub(super) fn chosen(slos: &Slos, silences: &Silences, choice: &Choice, now: Millis) -> Vec<Json> {
    let mut alerts = Vec::new();
    for promise in &slos.promises {
        for alarm in alarms(promise) {
            let Some(up) = up(slos, promise, &alarm, now).filter(|up| up.fires) else { continue };
            let labels = alert_labels(promise, &alarm);
            let over = silences.over(&labels, now);
            let wanted = if over.is_empty() { choice.active } else { choice.silenced };
            let met = choice.filters.iter().all(|filter| filter.is_match(&labels));
            if wanted && met && choice.receiver {
                let texts = annotations(promise, &alarm);
                alerts.push(shown((&labels, &texts), &over, up.since, now));
            }
        }
    }
    alerts
}

fn shown(
    (labels, annotations): (&Labels, &Labels),
    over: &[String],
    since: Millis,
    now: Millis,
) -> Json {
    let updated = now - now.rem_euclid(RESEND);
    json!({
        "annotations": annotations,
        "endsAt": clock::fine(updated + 4 * RESEND),
        "fingerprint": fingerprint(labels),
        "receivers": [{"name": RECEIVER}],
        "startsAt": clock::fine(since),
        "status": {
            "inhibitedBy": [],
            "silencedBy": over,
            "state": if over.is_empty() { "active" } else { "suppressed" },
        },
        "updatedAt": clock::fine(updated),
        "generatorURL": "http://prometheus.monitoring.svc:9090/graph",
        "labels": labels,
    })
}

/// Alerts by their name.
pub(super) fn groups(alerts: Vec<Json>) -> Json {
    let mut groups: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for alert in alerts {
        let name = alert.pointer("/labels/alertname").and_then(Json::as_str).unwrap_or_default();
        groups.entry(name.to_owned()).or_default().push(alert);
    }
    let group = |(name, alerts): (String, Vec<Json>)| json!({"labels": {"alertname": name}, "receiver": {"name": RECEIVER}, "alerts": alerts});
    groups.into_iter().map(group).collect()
}

/// Sixteen digits that the labels alone decide: FNV-1a over names and values.
fn fingerprint(labels: &Labels) -> String {
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    for (name, value) in labels {
        for byte in name.bytes().chain([0xff]).chain(value.bytes()).chain([0xff]) {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{sum:016x}")
}
