//! Changing requests to GitLab, on a client of their own that never sends anything twice.

mod exception;
mod filing;
mod right;

use http::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;

use super::answer::{asked_to_wait, denied, lost, said};
use super::{Quiet, failed};
use crate::api::http::Reach;
use crate::api::{Error, Wiring};
use crate::audit::{Closing, Permit};
use crate::config::{GitlabSettings, SecretSource};
use crate::domain::{Ending, FailureKind, Outcome, Proposal, Seen, Target, Text, Variable, Wire};

pub(in crate::action) use filing::{Change, OPENED, Opening};

/// A changing request that is ready to be sent.
#[derive(Debug, Clone)]
pub(in crate::action) struct Order {
    method: Method,
    url: Url,
    body: Option<Value>,
    /// Whether it holds for one commit alone, which is put in once the target was looked at.
    is_pinned: bool,
    /// Whether the level that a membership has is put in then, as GitLab takes no end without it.
    keeps_level: bool,
    answer: Answer,
}

/// What a good answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Whatever it likes: its status says enough.
    Any,
    /// A commit.
    Commit,
    /// A merge request.
    Request,
    /// Not everything of the request is settled yet: it cannot be sent so.
    Unsettled,
}

impl Order {
    /// What the ledger records of it.
    pub(in crate::action) fn wire(&self) -> Wire {
        Wire { method: Text::new(self.method.as_str()), url: Text::new(self.url.as_str()) }
    }

    /// The same for the very commit that was just seen, where it holds for one alone.
    pub(super) fn on(mut self, seen: &Seen) -> Order {
        let body = self.body.as_mut().filter(|_| self.is_pinned).and_then(Value::as_object_mut);
        if let (Some(body), Some(sha)) = (body, &seen.identity) {
            body.insert("sha".to_owned(), json!(sha.as_str()));
        }
        let body = self.body.as_mut().filter(|_| self.keeps_level).and_then(Value::as_object_mut);
        if let (Some(body), Some(level)) = (body, right::level_of(seen)) {
            body.insert("access_level".to_owned(), json!(level));
        }
        self
    }
}

/// The way to change a GitLab.
pub(in crate::action) struct Writer {
    reach: Reach,
    base: Url,
    secret: SecretSource,
    wiring: Wiring,
    client: OnceCell<reqwest::Client>,
    quiet: Quiet,
}

impl Writer {
    /// A writer that opens nothing and reads no secret until it is first used.
    pub(in crate::action) fn new(settings: &GitlabSettings, wiring: Wiring) -> Writer {
        let reach = Reach {
            ca_file: settings.ca_file.clone(),
            proxy: settings.proxy.clone(),
            ..Reach::to(settings.url.clone())
        };
        let mut base = settings.url.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let secret = settings.token.clone();
        Writer { reach, base, secret, wiring, client: OnceCell::new(), quiet: Quiet::default() }
    }

    /// What a proposal comes to on the wire; `None` for what is not GitLab's.
    pub(in crate::action) fn order(&self, proposal: &Proposal) -> Option<Order> {
        if let Some(decision) = exception::decision(proposal) {
            let exception::Decision { method, path, body, is_pinned } = decision;
            let url = self.base.join(&format!("api/v4/{path}")).ok()?;
            return Some(Order {
                method,
                url,
                body: Some(body),
                is_pinned,
                keeps_level: false,
                answer: Answer::Any,
            });
        }
        let (method, path, body) = match (proposal.act.name, &proposal.target) {
            ("job.retry" | "job.cancel" | "job.play", Target::Job(project, id)) => {
                let verb = proposal.act.name.strip_prefix("job.")?;
                let body = (!proposal.variables.is_empty()).then(|| variables(proposal));
                (
                    Method::POST,
                    ["projects", project, "jobs", &id.to_string(), verb].join_path(),
                    body,
                )
            }
            ("pipeline.retry" | "pipeline.cancel", Target::Pipeline(project, id)) => {
                let verb = proposal.act.name.strip_prefix("pipeline.")?;
                let id = id.to_string();
                (Method::POST, ["projects", project, "pipelines", &id, verb].join_path(), None)
            }
            ("deployment.approve" | "deployment.reject", Target::Deployment(project, id)) => {
                let id = id.to_string();
                let path = ["projects", project, "deployments", &id, "approval"].join_path();
                (Method::POST, path, Some(decision(proposal)))
            }
            ("runner.pause" | "runner.resume", Target::Runner(id)) => {
                let body = json!({ "paused": proposal.act.name == "runner.pause" });
                (Method::PUT, ["runners", &id.to_string()].join_path(), Some(body))
            }
            (_, Target::Right(right)) => right::request(proposal, right)?,
            _ => return None,
        };
        let url = self.base.join(&format!("api/v4/{path}")).ok()?;
        let keeps_level = right::keeps_level(proposal);
        Some(Order { method, url, body, is_pinned: false, keeps_level, answer: Answer::Any })
    }

    /// Sends an order once. Whatever comes of it, the permit is used up.
    pub(in crate::action) async fn send(&self, permit: Permit, order: Order) -> Closing {
        let answer = order.answer;
        let outcome = match self.prepare(order).await {
            Ok(request) => {
                let sent = request.send().await;
                self.note_wait(sent.as_ref().ok());
                judge(sent, answer).await
            }
            // Nothing left this machine.
            Err(error) => failed(None, &error.to_string()),
        };
        permit.settle(outcome)
    }

    /// Whether GitLab asked to be left alone.
    pub(in crate::action) fn quiet(&self) -> &Quiet {
        &self.quiet
    }

    /// Remembers how long GitLab wants to be left alone.
    fn note_wait(&self, response: Option<&reqwest::Response>) {
        let Some(wait) = response.and_then(asked_to_wait) else { return };
        self.quiet.note(self.wiring.now().saturating_add(wait).ok());
    }

    async fn prepare(&self, order: Order) -> Result<reqwest::RequestBuilder, Error> {
        if order.url.origin() != self.base.origin() {
            return Err(Error::new(FailureKind::ForeignOrigin, "the request leads elsewhere"));
        }
        if order.answer == Answer::Unsettled {
            let why = "what is asked for is not settled yet";
            return Err(Error::new(FailureKind::Other, why));
        }
        let secret = (self.wiring.secrets)(self.secret.clone()).await.map_err(|why| {
            Error::new(FailureKind::TokenInvalid, format!("the token cannot be read: {why}"))
        })?;
        let unfit = |_| Error::new(FailureKind::TokenInvalid, "the token cannot be sent");
        let mut token =
            http::HeaderValue::from_str(secret.expose_secret().trim()).map_err(unfit)?;
        token.set_sensitive(true);
        let client = self.client.get_or_try_init(|| self.reach.connect()).await?;
        let request = client.request(order.method, order.url).header("private-token", token);
        Ok(match order.body {
            Some(body) => request.json(&body),
            None => request,
        })
    }
}

/// Joins the parts of a path, each with its slashes and the like escaped.
trait JoinPath {
    fn join_path(&self) -> String;
}

impl JoinPath for [&str] {
    fn join_path(&self) -> String {
        let escape = |part: &&str| {
            url::form_urlencoded::byte_serialize(part.as_bytes())
                .collect::<String>()
                .replace('+', "%20")
        };
        self.iter().map(escape).collect::<Vec<_>>().join("/")
    }
}

/// The variables of a job that is played, as GitLab takes them.
fn variables(proposal: &Proposal) -> Value {
    let one = |variable: &Variable| json!({ "key": &*variable.name, "value": variable.value.expose_secret() });
    json!({ "job_variables_attributes": proposal.variables.iter().map(one).collect::<Vec<_>>() })
}

/// What is decided on a deployment, as GitLab takes it.
fn decision(proposal: &Proposal) -> Value {
    let approved = proposal.act.name == "deployment.approve";
    let status = if approved { "approved" } else { "rejected" };
    match proposal.setting("comment") {
        Some(comment) => json!({ "status": status, "comment": &**comment }),
        None => json!({ "status": status }),
    }
}

/// What an answer, or its absence, means.
async fn judge(sent: Result<reqwest::Response, reqwest::Error>, answer: Answer) -> Outcome {
    let response = match sent {
        Ok(response) => response,
        Err(error) => return lost(&error),
    };
    let status = response.status();
    if status.is_success() && answer != Answer::Any {
        return filing::made(response, answer).await;
    }
    if status.is_success() {
        return Outcome { ending: Ending::Done, status: Some(status.as_u16()), message: None };
    }
    denied(status, &said(response, "GitLab").await)
}
