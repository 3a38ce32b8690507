//! Changing requests to Alertmanager, on a client of their own that never sends anything twice.

use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;

use super::answer::{asked_to_wait, denied, lost, said};
use super::{Quiet, failed, unknown};
use crate::action::look::alertmanager::{CREATED_BY, MATCHERS};
use crate::api::aws::Bounds;
use crate::api::http::{Greeting, Reach};
use crate::api::{Error, Wiring};
use crate::audit::{Closing, Permit};
use crate::config::{AlertmanagerSettings, is_loopback};
use crate::domain::act::ENDS_AT;
use crate::domain::act::says_something;
use crate::domain::{
    Ending, FailureKind, Matcher, Outcome, Proposal, Target, Text, Timestamp, Wire,
};

/// What bodies are sent as.
const JSON: &str = "application/json";

/// A changing request that is ready to be sent.
#[derive(Debug, Clone)]
pub(in crate::action) struct Order {
    method: Method,
    url: Url,
    body: Body,
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq)]
enum Body {
    /// Nothing.
    Empty,
    /// A silence of which not everything is settled yet: it cannot be sent so.
    Unsettled,
    /// A silence.
    Silence(Value),
}

impl Order {
    /// What the ledger records of it.
    pub(in crate::action) fn wire(&self) -> Wire {
        Wire { method: Text::new(self.method.as_str()), url: Text::new(self.url.as_str()) }
    }
}

/// The way to change an Alertmanager.
pub(in crate::action) struct Writer {
    reach: Reach,
    base: Url,
    greeting: Greeting,
    bounds: Bounds,
    wiring: Wiring,
    client: OnceCell<reqwest::Client>,
    quiet: Quiet,
}

impl Writer {
    /// A writer that opens nothing and reads no secret until it is first used.
    pub(in crate::action) fn new(
        settings: &AlertmanagerSettings,
        bounds: Bounds,
        wiring: Wiring,
    ) -> Writer {
        let mut base = settings.url.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Writer {
            reach: Reach {
                ca_file: settings.ca_file.clone(),
                proxy: settings.proxy.clone(),
                ..Reach::to(settings.url.clone())
            },
            base,
            greeting: Greeting::new(&settings.auth, bounds, &wiring),
            bounds,
            wiring,
            client: OnceCell::new(),
            quiet: Quiet::default(),
        }
    }

    /// What a proposal comes to on the wire; `None` for what is not Alertmanager's.
    pub(in crate::action) fn order(&self, proposal: &Proposal) -> Option<Order> {
        let (method, path, body) = match (proposal.act.name, &proposal.target) {
            ("silence.create", Target::Alert(_) | Target::Alerts(_)) => {
                let body = silence(proposal, self.wiring.now());
                let body = body.map_or(Body::Unsettled, Body::Silence);
                (Method::POST, "api/v2/silences".to_owned(), body)
            }
            ("silence.expire", Target::Silence(id)) => {
                // An id has letters, digits and hyphens alone, or it was never read as one.
                let is_sign = |c: char| c.is_ascii_alphanumeric() || c == '-';
                let id = Some(id).filter(|id| id.chars().all(is_sign))?;
                (Method::DELETE, format!("api/v2/silence/{id}"), Body::Empty)
            }
            _ => return None,
        };
        Some(Order { method, url: self.base.join(&path).ok()?, body })
    }

    /// Sends an order once. Whatever comes of it, the permit is used up.
    pub(in crate::action) async fn send(&self, permit: Permit, order: Order) -> Closing {
        let answer = if order.body == Body::Empty { Answer::Empty } else { Answer::Id };
        let outcome = match self.prepare(order).await {
            Ok(request) => {
                let sent = request.send().await;
                self.note(sent.as_ref().ok()).await;
                judge(sent, answer).await
            }
            // Nothing left this machine.
            Err(error) => failed(None, &error.to_string()),
        };
        permit.settle(outcome)
    }

    /// Whether Alertmanager, or what stands before it, asked to be left alone.
    pub(in crate::action) fn quiet(&self) -> &Quiet {
        &self.quiet
    }

    /// Remembers how long it wants to be left alone, and that a secret was refused.
    async fn note(&self, response: Option<&reqwest::Response>) {
        let Some(response) = response else { return };
        if let Some(wait) = asked_to_wait(response) {
            self.quiet.note(self.wiring.now().saturating_add(wait).ok());
        }
        if matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            self.greeting.forget().await;
        }
    }

    async fn prepare(&self, order: Order) -> Result<reqwest::RequestBuilder, Error> {
        let Order { method, url, body } = order;
        let is_below =
            url.origin() == self.base.origin() && url.path().starts_with(self.base.path());
        if !is_below || (self.bounds == Bounds::Loopback && !is_loopback(&url)) {
            return Err(Error::new(FailureKind::ForeignOrigin, "the request leads elsewhere"));
        }
        let body = match body {
            Body::Empty => Vec::new(),
            Body::Silence(body) => body.to_string().into_bytes(),
            Body::Unsettled => {
                let why = "the silence has no end, matchers or comment yet";
                return Err(Error::new(FailureKind::Other, why));
            }
        };
        let greeting = self.greeting.words(&method, &url, (JSON, &body)).await?;
        let client = self.client.get_or_try_init(|| self.reach.connect()).await?;
        let mut request = client.request(method, url);
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, JSON).body(body);
        }
        for (name, value) in greeting {
            request = request.header(name, value);
        }
        Ok(request)
    }
}

/// A silence as API v2 takes it (`postableSilence`); `None` while something of it is not settled.
fn silence(proposal: &Proposal, now: Timestamp) -> Option<Value> {
    let matchers = Matcher::read_all(proposal.setting(MATCHERS)?)?;
    let matcher = |one: &Matcher| json!({ "name": &*one.name, "value": &*one.value, "isRegex": one.is_regex, "isEqual": one.is_equal });
    let comment = proposal.reason.as_ref().filter(|comment| says_something(comment))?;
    Some(json!({
        "matchers": matchers.iter().map(matcher).collect::<Vec<_>>(),
        "startsAt": now.to_string(),
        "endsAt": &**proposal.setting(ENDS_AT)?,
        "createdBy": &**proposal.setting(CREATED_BY)?,
        "comment": &**comment,
    }))
}

/// What a good answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// The id of a new silence.
    Id,
    /// Nothing.
    Empty,
}

/// What an answer, or its absence, means.
async fn judge(sent: Result<reqwest::Response, reqwest::Error>, wanted: Answer) -> Outcome {
    let response = match sent {
        Ok(response) => response,
        Err(error) => return lost(&error),
    };
    let status = response.status();
    if !status.is_success() {
        return denied(status, &said(response, "Alertmanager").await);
    }
    let body = response.bytes().await.unwrap_or_default();
    let status = Some(status.as_u16());
    let done = |message| Outcome { ending: Ending::Done, status, message };
    // A login page, say, answers 200 too.
    let odd = || unknown(status, "the answer is not what Alertmanager documents");
    if wanted == Answer::Empty {
        let is_page = body.trim_ascii_start().first() == Some(&b'<');
        return if is_page { odd() } else { done(None) };
    }
    let made: Option<Value> = serde_json::from_slice(&body).ok();
    let id = made.as_ref().and_then(|made| made.get("silenceID")?.as_str());
    id.map_or_else(odd, |id| done(Some(Text::new(&format!("silence {id}")))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Auth, Proxy};
    use crate::domain::find_act;
    use crate::domain::pipeline::fixture::at;

    fn order(act: &str, target: Target, settings: &[(&str, &str)]) -> Option<Order> {
        let there = AlertmanagerSettings {
            url: "https://alerts.example.com/am".parse().unwrap(),
            auth: Auth::None,
            ca_file: None,
            proxy: Proxy::None,
        };
        let wiring = Wiring::new(|| at(0), |_| None);
        let settings = settings.iter().map(|(name, value)| (Text::new(name), Text::new(value)));
        let proposal = Proposal {
            settings: settings.collect(),
            reason: Some(Text::new("a known move")),
            ..Proposal::new(find_act(act).unwrap(), target)
        };
        Writer::new(&there, Bounds::Anywhere, wiring).order(&proposal)
    }

    fn alert() -> Target {
        Target::Alert(Text::new("00f067aa0ba902b7"))
    }

    #[test]
    fn a_silence_is_posted_with_its_matchers_end_author_and_comment() {
        let settings = [
            (MATCHERS, r#"alertname="Burn",tier=~"s.*""#),
            (ENDS_AT, "2026-01-12T06:00:00Z"),
            (CREATED_BY, "a.poe (apoe@desk)"),
        ];
        let order = order("silence.create", alert(), &settings).unwrap();
        assert_eq!(&*order.wire().url, "https://alerts.example.com/am/api/v2/silences");
        let wanted = json!({
            "matchers": [
                { "name": "alertname", "value": "Burn", "isRegex": false, "isEqual": true },
                { "name": "tier", "value": "s.*", "isRegex": true, "isEqual": true },
            ],
            "startsAt": at(0).to_string(),
            "endsAt": "2026-01-12T06:00:00Z",
            "createdBy": "a.poe (apoe@desk)",
            "comment": "a known move",
        });
        assert_eq!(order.body, Body::Silence(wanted));
    }

    #[test]
    fn a_silence_without_an_end_is_never_ready() {
        let settings = [(MATCHERS, r#"alertname="Burn""#), (CREATED_BY, "apoe@desk")];
        assert_eq!(order("silence.create", alert(), &settings).unwrap().body, Body::Unsettled);
    }

    #[test]
    fn a_silence_is_expired_by_its_id_and_by_nothing_that_leads_elsewhere() {
        let expire = |id| order("silence.expire", Target::Silence(Text::new(id)), &[]);
        let wire = expire("b4b7ab1c-9e6a").unwrap().wire();
        assert_eq!(&*wire.method, "DELETE");
        assert_eq!(&*wire.url, "https://alerts.example.com/am/api/v2/silence/b4b7ab1c-9e6a");
        assert!(expire("../../status").is_none());
    }

    #[test]
    fn what_is_not_of_alertmanager_is_no_order() {
        let node = Target::Node(Text::new("ci"), Text::new("n"));
        assert!(order("node.cordon", node, &[]).is_none());
    }
}
