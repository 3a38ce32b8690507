//! Alertmanager's API v2: the alerts that it knows and the silences over them. It only reads.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::api::aws::Bounds;
use crate::api::http::{Door, Place, Reach};
use crate::api::{Error, Wiring};
use crate::config::AlertmanagerSettings;
use crate::domain::{
    Alert, AlertId, FailureKind, Matcher, Silence, SilenceId, SilenceState, Text, Timestamp,
};

/// What it is called; nothing is posted to it.
const PLACE: Place = Place { name: "Alertmanager", table: "alertmanager", posted: &[] };

/// The connection to one Alertmanager. Opens nothing until it is first used.
#[derive(Debug)]
pub struct Alertmanager {
    door: Door,
}

impl Alertmanager {
    /// A connection as the settings say.
    pub fn new(settings: &AlertmanagerSettings, bounds: Bounds, wiring: Wiring) -> Alertmanager {
        let reach = Reach {
            ca_file: settings.ca_file.clone(),
            proxy: settings.proxy.clone(),
            ..Reach::to(settings.url.clone())
        };
        Alertmanager { door: Door::new(PLACE, reach, &settings.auth, bounds, wiring) }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.door.wiring().now()
    }

    /// Its host, with its port where that is not the usual one.
    pub fn authority(&self) -> String {
        self.door.authority()
    }

    /// Requests of the last minute.
    pub fn requests_per_minute(&self) -> f64 {
        self.door.pace().requests_per_minute()
    }

    /// Every alert, the quiet ones too.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn alerts(&self) -> Result<Vec<Alert>, Error> {
        self.alerts_that_meet(&[]).await
    }

    /// The alerts that meet all of these matchers, as Alertmanager itself understands them.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn alerts_that_meet(&self, matchers: &[Matcher]) -> Result<Vec<Alert>, Error> {
        let written: Vec<String> = matchers.iter().map(Matcher::to_string).collect();
        let filters: Vec<(&str, &str)> = written.iter().map(|one| ("filter", &**one)).collect();
        let read = self.list::<GettableAlert>("api/v2/alerts", &filters).await;
        let read = read.map_err(|error| error.doing("reading the alerts of Alertmanager"))?;
        Ok(read.into_iter().map(GettableAlert::alert).collect())
    }

    /// Every silence, those that have ended too for as long as Alertmanager keeps them.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn silences(&self) -> Result<Vec<Silence>, Error> {
        let doing = |error: Error| error.doing("reading the silences of Alertmanager");
        let read = self.list::<GettableSilence>("api/v2/silences", &[]).await.map_err(doing)?;
        let silences: Result<Vec<Silence>, Error> =
            read.into_iter().map(GettableSilence::silence).collect();
        silences.map_err(|error| doing(self.door.hinted(error)))
    }

    async fn list<T: for<'a> Deserialize<'a>>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Vec<T>, Error> {
        let said = self.door.ask(path, parameters).await?;
        if !said.status.is_success() {
            return Err(self.door.hinted(self.door.of_status(&said)));
        }
        said.json().map_err(|error| self.door.hinted(error))
    }
}

/// An alert as API v2 has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GettableAlert {
    fingerprint: String,
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    starts_at: Timestamp,
    status: AlertStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertStatus {
    state: String,
    #[serde(default)]
    silenced_by: Vec<String>,
    #[serde(default)]
    inhibited_by: Vec<String>,
}

impl GettableAlert {
    fn alert(self) -> Alert {
        let label = |name: &str| self.labels.get(name).map(|value| Text::new(value));
        let severity = label("severity").or_else(|| label("sloth_severity"));
        Alert {
            id: AlertId::of(&[&self.fingerprint]),
            name: label("alertname").unwrap_or_else(|| Text::new("")),
            severity,
            labels: pairs(&self.labels),
            annotations: pairs(&self.annotations),
            state: Text::new(&self.status.state),
            starts_at: self.starts_at,
            silenced_by: texts(&self.status.silenced_by),
            inhibited_by: texts(&self.status.inhibited_by),
            fingerprint: Text::new(&self.fingerprint),
        }
    }
}

fn pairs(all: &BTreeMap<String, String>) -> Box<[(Text, Text)]> {
    all.iter().map(|(name, value)| (Text::new(name), Text::new(value))).collect()
}

fn texts(all: &[String]) -> Box<[Text]> {
    all.iter().map(|one| Text::new(one)).collect()
}

/// A silence as API v2 has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GettableSilence {
    id: String,
    matchers: Vec<GettableMatcher>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    #[serde(default)]
    created_by: String,
    #[serde(default)]
    comment: String,
    status: SilenceStatus,
}

#[derive(Deserialize)]
struct SilenceStatus {
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GettableMatcher {
    name: String,
    value: String,
    is_regex: bool,
    #[serde(default = "yes")]
    is_equal: bool,
}

/// A matcher that does not say is one that must match.
fn yes() -> bool {
    true
}

impl GettableSilence {
    fn silence(self) -> Result<Silence, Error> {
        let state = SilenceState::find(&self.status.state).ok_or_else(|| {
            let state = Text::new(&self.status.state);
            Error::new(FailureKind::Shape, format!("a silence is in the unknown state {state}"))
        })?;
        let matcher = |one: GettableMatcher| Matcher {
            name: Text::new(&one.name),
            value: Text::new(&one.value),
            is_regex: one.is_regex,
            is_equal: one.is_equal,
        };
        Ok(Silence {
            id: SilenceId::of(&[&self.id]),
            name: Text::new(&self.id),
            matchers: self.matchers.into_iter().map(matcher).collect(),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            created_by: Text::new(&self.created_by),
            comment: Text::new(&self.comment),
            state,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_alert_keeps_who_quietens_it() {
        let text = r#"{"annotations":{},"endsAt":"2026-01-12T00:04:00.000Z","fingerprint":"aa","receivers":[{"name":"null"}],
            "startsAt":"2026-01-12T00:00:00.000Z","status":{"inhibitedBy":[],"silencedBy":["s"],"state":"suppressed","mutedBy":[]},
            "updatedAt":"2026-01-12T00:00:00.000Z","labels":{"alertname":"Burn","sloth_severity":"page"}}"#;
        let alert = serde_json::from_str::<GettableAlert>(text).unwrap().alert();
        assert!(alert.is_suppressed());
        assert_eq!((&*alert.name, alert.severity.as_deref()), ("Burn", Some("page")));
    }

    #[test]
    fn a_matcher_must_match_unless_it_says_otherwise() {
        let text = r#"{"id":"s","status":{"state":"active"},"comment":"c","createdBy":"me","updatedAt":"2026-01-12T00:00:00Z",
            "startsAt":"2026-01-12T00:00:00Z","endsAt":"2026-01-12T01:00:00Z",
            "matchers":[{"name":"a","value":"b","isRegex":false},{"name":"c","value":"d","isRegex":true,"isEqual":false}]}"#;
        let silence = serde_json::from_str::<GettableSilence>(text).unwrap().silence().unwrap();
        let written: Vec<String> = silence.matchers.iter().map(Matcher::to_string).collect();
        assert_eq!(written, [r#"a="b""#, r#"c!~"d""#]);
    }
}
