//! [`BesideReader`]: reads on demand what no feed keeps of a job: GitLab's details, its log, what runner managers measure.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::api::aws::Bounds;
use crate::api::gitlab::{Gitlab, Place};
use crate::api::prometheus::{Line, Prometheus};
use crate::api::{Error, Wiring};
use crate::config::Settings;
use crate::domain::beside::{Details, JOBS_OF_MANAGER, JOBS_OF_RUNNER, Metric};
use crate::domain::{FailureKind, Job, Status, Text, Timestamp};

/// As much of a job's log is read, bytes: what comes before the script is short.
const LOG_END: usize = 256 * 1024;

/// What managers say that the tree of waiting asks for. Names: `docs.gitlab.com/runner/monitoring`.
const MANAGERS: &str = "{__name__=~\"gitlab_runner_(jobs|limit|concurrent|request_concurrency_exceeded_total|\
                        api_request_statuses_total|worker_health_check_failures_total|job_queue_depth)\"}";

/// The most jobs of each manager, and of each runner in it, within the last minutes.
const PEAKS: [(&str, &str); 2] = [
    (JOBS_OF_MANAGER, "max_over_time((sum by (instance) (gitlab_runner_jobs))[5m:15s])"),
    (
        JOBS_OF_RUNNER,
        "max_over_time((sum by (instance, runner_name) (gitlab_runner_jobs))[5m:15s])",
    ),
];

/// Whether the processes answer that were runner managers within the last hour.
const ANSWERING: &str = "up and on(instance, job) last_over_time(gitlab_runner_concurrent[1h])";

/// Counters are compared with what they were so long ago.
const BEFORE: &str = " offset 5m";

/// What was read beside for one job; of each part why it was not, where it was not.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// What GitLab says of it beyond its row.
    pub details: Result<Details, Text>,
    /// The last part of its log.
    pub log: Result<Vec<u8>, Text>,
    /// What runner managers measure now, and what they measured five minutes ago.
    pub metrics: Result<(Vec<Metric>, Vec<Metric>), Text>,
    /// When.
    pub at: Timestamp,
}

/// Reads on demand what no feed keeps of a job. Cheap to clone.
#[derive(Debug, Clone)]
pub struct BesideReader {
    gitlab: Arc<Gitlab>,
    prometheus: Option<Arc<Prometheus>>,
}

impl BesideReader {
    /// A reader over connections that are there.
    pub(super) fn over(gitlab: Arc<Gitlab>, prometheus: Option<Arc<Prometheus>>) -> BesideReader {
        BesideReader { gitlab, prometheus }
    }

    /// A reader over a connection to GitLab and one to the Prometheus of the settings. Opens nothing.
    pub fn of(gitlab: Gitlab, settings: &Settings, wiring: Wiring) -> BesideReader {
        let bounds = if settings.simulated { Bounds::Loopback } else { Bounds::Anywhere };
        let prometheus = settings.prometheus.as_ref();
        let prometheus = prometheus.map(|one| Arc::new(Prometheus::new(one, bounds, wiring)));
        BesideReader { gitlab: Arc::new(gitlab), prometheus }
    }

    /// Reads what its status makes a question of, all at once.
    pub async fn read(&self, place: &Place, job: &Job) -> Beside {
        let (details, log, metrics) =
            tokio::join!(self.details(place, job), self.log(place, job), self.metrics(job));
        Beside { details, log, metrics, at: self.gitlab.now() }
    }

    async fn details(&self, place: &Place, job: &Job) -> Result<Details, Text> {
        self.gitlab.details(place, job).await.map_err(|error| words(&error))
    }

    /// The log of a job that a runner has.
    async fn log(&self, place: &Place, job: &Job) -> Result<Vec<u8>, Text> {
        if job.status != Status::Running {
            return Err(Text::new("a job that no runner has yet has no log"));
        }
        let end = self.gitlab.trace(place, job.id, LOG_END).await;
        end.map(|end| end.bytes.to_vec()).map_err(|error| words(&error))
    }

    /// What managers measure, for a job that may wait for one.
    async fn metrics(&self, job: &Job) -> Result<(Vec<Metric>, Vec<Metric>), Text> {
        if job.status == Status::Running || job.status.has_ended() {
            return Err(Text::new("a job that does not wait for a runner asks for no metrics"));
        }
        let Some(prometheus) = &self.prometheus else {
            return Err(Text::new(
                "no Prometheus is configured, so the runner managers' metrics are not read",
            ));
        };
        let before = format!("{MANAGERS}{BEFORE}");
        let asked = tokio::join!(
            ask(prometheus, MANAGERS),
            ask(prometheus, ANSWERING),
            ask(prometheus, &before),
            join_all(PEAKS.map(|(name, query)| peak(prometheus, name, query)))
        );
        let (mut now, answering, before) = (told(asked.0)?, told(asked.1)?, told(asked.2)?);
        if now.is_empty() && answering.is_empty() {
            return Err(Text::new("Prometheus knows no metrics of runner managers"));
        }
        now.extend(answering);
        for peak in asked.3 {
            now.extend(told(peak)?);
        }
        Ok((now, before))
    }
}

async fn ask(prometheus: &Prometheus, query: &str) -> Result<Vec<Metric>, Error> {
    let answer = prometheus.query(query).await?;
    if let Some(warning) = answer.warnings.first() {
        let said = format!("Prometheus warns that its answer may not be whole: {warning}");
        return Err(Error::new(FailureKind::Other, said));
    }
    Ok(answer.value.iter().filter_map(metric).collect())
}

/// What a query tells, under a name: what is made of a series has none.
async fn peak(prometheus: &Prometheus, name: &str, query: &str) -> Result<Vec<Metric>, Error> {
    let found = ask(prometheus, query).await?;
    Ok(found.into_iter().map(|metric| Metric { name: Text::new(name), ..metric }).collect())
}

fn told(asked: Result<Vec<Metric>, Error>) -> Result<Vec<Metric>, Text> {
    asked.map_err(|error| words(&error.doing("reading the metrics of runner managers")))
}

/// A line of one point as a metric; what is no number tells nothing.
fn metric(line: &Line) -> Option<Metric> {
    let (_, value) = line.points.last().filter(|(_, value)| !value.is_nan())?;
    let name = line.labels.iter().find(|(name, _)| **name == *"__name__");
    Some(Metric {
        name: name.map_or_else(|| Text::new(""), |(_, name)| name.clone()),
        labels: line.labels.to_vec(),
        value: *value,
    })
}

fn words(error: &Error) -> Text {
    Text::new(&error.to_string())
}
