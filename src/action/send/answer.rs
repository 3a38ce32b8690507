//! What an answer over HTTP means for an act, or its absence: shared by the platforms that are sent to over `reqwest`.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::{failed, unknown};
use crate::domain::Outcome;

/// The most of an answer that is told: its words, not its weight.
const MAX_WORDS: usize = 300;

/// How long a platform is left alone where it does not say.
const USUAL_WAIT: Duration = Duration::from_mins(1);

/// The longest wait that is believed.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// The outcome of a request that has no answer: nothing was sent where no connection came about, else nobody can tell.
pub(super) fn lost(error: &reqwest::Error) -> Outcome {
    if error.is_connect() || error.is_builder() {
        return failed(None, "no connection came about: nothing was sent");
    }
    unknown(None, if error.is_timeout() { "no answer in time" } else { "the answer was lost" })
}

/// The outcome of a request that was not granted. A refusal (4xx) did nothing. A server error may have done it: nobody
/// can tell without looking.
pub(super) fn denied(status: StatusCode, said: &str) -> Outcome {
    let outcome = if status.is_client_error() { failed } else { unknown };
    outcome(Some(status.as_u16()), said)
}

/// How long an answer asks to be left alone: 429 always does, another refusal only where it says so.
pub(super) fn asked_to_wait(response: &reqwest::Response) -> Option<Duration> {
    let told = response.headers().get(http::header::RETRY_AFTER);
    let told = told.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let told = told.map(|seconds: u64| Duration::from_secs(seconds).min(LONGEST_WAIT));
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS => Some(told.unwrap_or(USUAL_WAIT)),
        status if status.is_success() => None,
        _ => told,
    }
}

/// What a refusal says: the platform's own words, short, and how long it asks to be left alone.
pub(super) async fn said(response: reqwest::Response, platform: &str) -> String {
    let wait = asked_to_wait(&response);
    let wait = wait.map(|wait| format!("; {platform} asks to wait {} s", wait.as_secs()));
    format!("{}{}", words(response).await, wait.unwrap_or_default())
}

async fn words(response: reqwest::Response) -> String {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or("no reason given").to_owned();
    let Ok(body) = response.bytes().await else { return reason };
    let told: Option<Value> = serde_json::from_slice(&body).ok();
    let said = told.as_ref().and_then(|told| {
        let named = ["message", "error_description", "error"];
        named.iter().find_map(|name| told.get(name)).or_else(|| told.is_string().then_some(told))
    });
    let said = said.map(|said| said.as_str().map_or_else(|| said.to_string(), str::to_owned));
    said.map_or(reason, |said| said.chars().take(MAX_WORDS).collect())
}
