//! Logs of containers.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use serde_json::Value;

use super::cells::{list, text};
use super::list::Wish;
use super::status;
use crate::sim::clock::{self, Millis};
use crate::sim::server::Platform;
use crate::sim::wire::{Query, Reply};

/// How often a followed log is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written, in milliseconds since the epoch.
    pub at: i64,
    /// Without the end of the line.
    pub text: String,
}

/// Who writes the logs: from the pod, the name of its container and the present in milliseconds since the epoch, the
/// lines so far, oldest first.
pub type Logs = dyn Fn(&Value, &str, i64) -> Vec<LogLine> + Send + Sync;

/// A line every two seconds since the container began, until it ended.
pub(crate) fn plain(pod: &Value, container: &str, now: Millis) -> Vec<LogLine> {
    let Some(state) = container_status(pod, container) else { return Vec::new() };
    let instant = |pointer: &str| clock::parse(text(state, pointer));
    let Some(begin) =
        instant("/state/running/startedAt").or_else(|| instant("/state/terminated/startedAt"))
    else {
        return Vec::new();
    };
    let end = instant("/state/terminated/finishedAt").unwrap_or(now).min(now);
    (0..1000)
        .map(|number| LogLine {
            at: begin + number * 2000,
            text: format!("{container}: step {}", number + 1),
        })
        .take_while(|line| line.at <= end)
        .collect()
}

/// What was asked of a log.
pub(super) struct Reading {
    platform: Arc<Platform>,
    namespace: String,
    pod: String,
    container: String,
    written: fn(&LogLine) -> String,
    follows: bool,
    /// Lines before this instant are left out.
    since: Option<Millis>,
    tail: Option<usize>,
    /// Bytes that may still be sent.
    limit: Option<usize>,
    /// Lines that were told.
    told: usize,
    is_over: bool,
}

impl Reading {
    /// Opens a log; or the refusal.
    pub(super) fn open(platform: &Arc<Platform>, wish: &Wish<'_>) -> Result<Self, Reply> {
        let Wish { ask, route, .. } = wish;
        let namespace = route.namespace.unwrap_or_default().to_owned();
        let name = route.name.unwrap_or_default().to_owned();
        let pod = platform.store().get(route.kind, Some(&namespace), &name);
        let Some(pod) = pod else { return Err(status::missing(route)) };
        let query = &ask.query;
        let container = chosen(&pod, &name, query.get("container"))?;
        let count = |key: &str| -> Result<Option<usize>, Reply> {
            let number = super::list::number(query, key)?;
            Ok(number.map(|number| usize::try_from(number).unwrap_or(usize::MAX)))
        };
        Ok(Self {
            platform: Arc::clone(platform),
            namespace,
            pod: name,
            container,
            written: if query.is_on("timestamps") { stamped } else { bare },
            follows: query.is_on("follow"),
            since: since(query, wish.now)?,
            tail: count("tailLines")?,
            limit: count("limitBytes")?,
            told: 0,
            is_over: query.is_on("previous"),
        })
    }

    /// The body of the answer.
    pub(super) fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send {
        stream::unfold(self, |mut reading| async move {
            let piece = reading.next().await?;
            Some((Ok(piece), reading))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        while !self.is_over {
            let text = self.due();
            if !text.is_empty() {
                return Some(text);
            }
            if !self.is_over {
                tokio::time::sleep(LOOK).await;
            }
        }
        None
    }

    /// What was written since the last look.
    fn due(&mut self) -> Bytes {
        let pod = self.platform.store().get(super::Kind::Pod, Some(&self.namespace), &self.pod);
        let Some(pod) = pod else {
            self.is_over = true;
            return Bytes::new();
        };
        let now = clock::now();
        let lines = self.platform.cluster().log(&pod, &self.container, now);
        let is_recent = |line: &&LogLine| self.since.is_none_or(|since| line.at >= since);
        let recent: Vec<&LogLine> = lines.iter().filter(is_recent).collect();
        let skipped = match self.told {
            0 => self.tail.map_or(0, |tail| recent.len().saturating_sub(tail)),
            told => told,
        };
        let text: String = recent.iter().skip(skipped).map(|line| (self.written)(line)).collect();
        self.told = recent.len();
        let is_running = container_status(&pod, &self.container)
            .is_some_and(|status| status.pointer("/state/terminated").is_none());
        self.is_over = !(self.follows && is_running);
        self.within_limit(Bytes::from(text))
    }

    fn within_limit(&mut self, text: Bytes) -> Bytes {
        let Some(left) = self.limit else { return text };
        let kept = text.slice(..left.min(text.len()));
        self.limit = Some(left - kept.len());
        self.is_over |= left == kept.len();
        kept
    }
}

fn bare(line: &LogLine) -> String {
    format!("{}\n", line.text)
}

/// With the instant before it, in nanoseconds as kubelets print it.
fn stamped(line: &LogLine) -> String {
    let at = clock::fine(line.at).replace('Z', "000000Z");
    format!("{at} {}\n", line.text)
}

fn since(query: &Query, now: Millis) -> Result<Option<Millis>, Reply> {
    let seconds = super::list::number(query, "sinceSeconds")?;
    let seconds = seconds.and_then(|seconds| Millis::try_from(seconds).ok());
    let ago = seconds.map(|seconds| now - seconds.saturating_mul(1000));
    Ok(ago.or_else(|| query.get("sinceTime").and_then(clock::parse)))
}

/// The container that is meant; the refusal when it is not clear, unknown or not begun.
fn chosen(pod: &Value, name: &str, wanted: Option<&str>) -> Result<String, Reply> {
    let names: Vec<&str> = ["/spec/initContainers", "/spec/containers"]
        .iter()
        .flat_map(|pointer| list(pod, pointer))
        .map(|container| text(container, "/name"))
        .collect();
    let main: Vec<&str> =
        list(pod, "/spec/containers").iter().map(|container| text(container, "/name")).collect();
    let container = match (wanted, main.as_slice()) {
        (Some(wanted), _) if names.contains(&wanted) => wanted,
        (Some(wanted), _) => {
            return Err(status::bad(&format!("container {wanted} is not valid for pod {name}")));
        }
        (None, [only]) => *only,
        (None, _) => {
            let choice = main.join(" ");
            return Err(status::bad(&format!(
                "a container name must be specified for pod {name}, choose one of: [{choice}]"
            )));
        }
    };
    if text(pod, "/spec/nodeName").is_empty() {
        return Err(status::bad(&format!("pod {name} does not have a host assigned")));
    }
    let waiting = container_status(pod, container)
        .map_or("PodInitializing", |status| text(status, "/state/waiting/reason"));
    if waiting.is_empty() {
        return Ok(container.to_owned());
    }
    Err(status::bad(&format!(
        "container \"{container}\" in pod \"{name}\" is waiting to start: {waiting}"
    )))
}

fn container_status<'a>(pod: &'a Value, container: &str) -> Option<&'a Value> {
    ["/status/initContainerStatuses", "/status/containerStatuses"]
        .iter()
        .flat_map(|pointer| list(pod, pointer))
        .find(|status| text(status, "/name") == container)
}
