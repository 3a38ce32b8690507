//! Every series of the platform as it stands: recorded objectives, counters of services, runners, pods.

mod objective;
mod platform;

use std::sync::Arc;

pub(crate) use self::objective::{WINDOWS, alert_labels, alert_name};

use super::eval::{Store, Wanted};
use super::sample::{Labels, NAME, Series, Worth, on_grid};
use crate::sim::clock::Millis;
use crate::sim::kubernetes::{Kind, Object};
use crate::sim::server::Platform;
use crate::sim::world::slo::RunnerFacts;
use crate::sim::world::{World, slo::Slos};

/// Names that there are, whatever the scenario; those of pyrra end in their window.
const FAMILIES: &[&str] = &[
    "ALERTS",
    "gitlab_runner_concurrent",
    "gitlab_runner_failed_jobs_total",
    "gitlab_runner_job_queue_duration_seconds_bucket",
    "gitlab_runner_job_queue_duration_seconds_count",
    "gitlab_runner_job_queue_duration_seconds_sum",
    "gitlab_runner_jobs",
    "gitlab_runner_jobs_total",
    "gitlab_runner_limit",
    "http_requests_total",
    "kube_pod_completion_time",
    "kube_pod_created",
    "kube_pod_status_ready_time",
    "up",
];
/// How the names of recorded objectives begin.
const RECORDED: &[&str] = &["ALERTS", "http_requests:", "pyrra_", "slo:", "sloth_slo_info"];

/// The platform at the instant of a question.
pub(crate) struct Scene<'a> {
    slos: &'a Slos,
    runners: Vec<RunnerFacts>,
    pods: Vec<Arc<Object>>,
    /// The instant of the start of the simulator.
    start: Millis,
    now: Millis,
}

impl<'a> Scene<'a> {
    /// The platform now.
    pub(crate) fn new(platform: &Platform, world: &'a World, now: Millis) -> Self {
        Self {
            slos: &world.slos,
            runners: world.runner_facts(),
            pods: platform.store().list(Kind::Pod, None),
            start: world.start,
            now,
        }
    }

    /// Whether any series can have this name.
    pub(crate) fn knows(name: &str) -> bool {
        FAMILIES.contains(&name) || RECORDED.iter().any(|begin| name.starts_with(begin))
    }

    /// A series that has samples up to now.
    fn series(&self, labels: Labels, begin: Millis, worth: Worth<'a>) -> Series<'a> {
        Series { labels, begin, last: on_grid(self.now), gone: None, worth }
    }
}

impl<'a> Store<'a> for Scene<'a> {
    fn series(&self, wanted: &Wanted<'_>) -> Vec<Series<'a>> {
        let mut series = Vec::new();
        self.objectives(wanted, &mut series);
        self.services(wanted, &mut series);
        self.runner_series(wanted, &mut series);
        self.pod_series(wanted, &mut series);
        series
    }
}

/// Labels, and the name among them.
fn labels(name: &str, others: &[(&str, &str)]) -> Labels {
    let all = others.iter().copied().chain([(NAME, name)]);
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
