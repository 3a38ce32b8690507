//! Series of the platform itself: runners by their processes, pods by kube-state-metrics.

use serde_json::Value;

use super::super::eval::Wanted;
use super::super::sample::{Labels, Series, Worth, on_grid};
use super::{Scene, labels};
use crate::sim::clock::{self, Millis, exact};
use crate::sim::kubernetes::Object;
use crate::sim::world::slo::{BOUNDS, PAST, RunnerFacts};

const QUEUE: &str = "gitlab_runner_job_queue_duration_seconds";

impl<'a> Scene<'a> {
    /// What the processes of runners say.
    pub(super) fn runner_series(&self, wanted: &Wanted<'_>, into: &mut Vec<Series<'a>>) {
        for runner in &self.runners {
            let mut made = Vec::new();
            self.waits(runner, wanted, &mut made);
            self.jobs(runner, wanted, &mut made);
            let shares = runner.clone();
            let process = labels(
                "gitlab_runner_concurrent",
                &[("job", "gitlab-runner"), ("instance", &runner.instance())],
            );
            self.add(wanted, process, Box::new(move |at| shares.concurrent_at(at)), &mut made);
            let limit = runner_labels(runner, "gitlab_runner_limit");
            self.add(wanted, limit, Box::new(|_| Some(0.0)), &mut made);
            for series in &mut made {
                series.gone = runner.silent;
                series.last = runner.silent.map_or(series.last, |silent| on_grid(silent - 1));
            }
            // Whether a target answers is known of one that does not, too.
            let target =
                labels("up", &[("job", "gitlab-runner"), ("instance", &runner.instance())]);
            let silent = runner.silent;
            let worth: Worth<'a> = Box::new(move |at| {
                Some(if silent.is_some_and(|silent| at >= silent) { 0.0 } else { 1.0 })
            });
            self.add(wanted, target, worth, &mut made);
            into.append(&mut made);
        }
    }

    fn waits(&self, runner: &RunnerFacts, wanted: &Wanted<'_>, into: &mut Vec<Series<'a>>) {
        let (slos, id) = (self.slos, runner.id);
        let bucket = format!("{QUEUE}_bucket");
        if wanted.is_name(&bucket) {
            for (place, bound) in BOUNDS.iter().enumerate() {
                let mut labels = runner_labels(runner, &bucket);
                labels.insert("le".to_owned(), bound.to_string());
                let worth = Box::new(move |at| slos.waits(id, at).upto.get(place).copied());
                self.add(wanted, labels, worth, into);
            }
            let mut labels = runner_labels(runner, &bucket);
            labels.insert("le".to_owned(), "+Inf".to_owned());
            self.add(wanted, labels, Box::new(move |at| Some(slos.waits(id, at).count)), into);
        }
        let count = runner_labels(runner, &format!("{QUEUE}_count"));
        self.add(wanted, count, Box::new(move |at| Some(slos.waits(id, at).count)), into);
        let sum = runner_labels(runner, &format!("{QUEUE}_sum"));
        self.add(wanted, sum, Box::new(move |at| Some(slos.waits(id, at).sum)), into);
    }

    fn jobs(&self, runner: &RunnerFacts, wanted: &Wanted<'_>, into: &mut Vec<Series<'a>>) {
        let (slos, id) = (self.slos, runner.id);
        let total = runner_labels(runner, "gitlab_runner_jobs_total");
        self.add(wanted, total, Box::new(move |at| Some(slos.waits(id, at).count)), into);
        let mut running = runner_labels(runner, "gitlab_runner_jobs");
        let stage = [("state", "running"), ("stage", "step_script"), ("executor_stage", "run")];
        running.extend(stage.map(|(name, value)| (name.to_owned(), value.to_owned())));
        self.add(wanted, running, Box::new(move |at| Some(slos.running(id, at))), into);
        if !wanted.is_name("gitlab_runner_failed_jobs_total") {
            return;
        }
        for reason in slos.reasons(id) {
            let mut labels = runner_labels(runner, "gitlab_runner_failed_jobs_total");
            labels.insert("failure_reason".to_owned(), reason.to_string());
            let worth = Box::new(move |at| Some(slos.failed(id, &reason, at)));
            self.add(wanted, labels, worth, into);
        }
    }

    /// What kube-state-metrics says of pods.
    pub(super) fn pod_series(&self, wanted: &Wanted<'_>, into: &mut Vec<Series<'a>>) {
        for (name, span) in SPANS.into_iter().filter(|(name, _)| wanted.is_name(name)) {
            for pod in &self.pods {
                if let Some(span) = span(pod) {
                    self.instant(pod, (name, span), into);
                }
            }
        }
    }

    /// A series that tells the instant at which a span began, for as long as it lasts.
    fn instant(&self, pod: &Object, (name, span): (&str, Span), into: &mut Vec<Series<'a>>) {
        let value = exact(span.from).floor();
        let mut series =
            self.series(pod_labels(pod, name), span.from, Box::new(move |_| Some(value)));
        if let Some(until) = span.until {
            series.last = series.last.min(on_grid(until - 1));
            series.gone = Some(until);
        }
        into.push(series);
    }

    fn add(
        &self,
        wanted: &Wanted<'_>,
        labels: Labels,
        worth: Worth<'a>,
        into: &mut Vec<Series<'a>>,
    ) {
        if labels.get(super::NAME).is_some_and(|name| wanted.is_name(name)) {
            let begin = self.start - PAST;
            into.push(self.series(labels, begin, worth));
        }
    }
}

fn runner_labels(runner: &RunnerFacts, name: &str) -> Labels {
    labels(
        name,
        &[
            ("runner", &runner.short),
            ("runner_name", &runner.name),
            ("system_id", &runner.system),
            ("job", "gitlab-runner"),
            ("instance", &runner.instance()),
        ],
    )
}

fn pod_labels(pod: &Object, name: &str) -> Labels {
    labels(
        name,
        &[
            ("namespace", &pod.namespace),
            ("pod", &pod.name),
            ("uid", &pod.uid),
            ("job", "kube-state-metrics"),
            ("instance", "kube-state-metrics.monitoring.svc:8080"),
        ],
    )
}

/// From when to when something was so of a pod.
struct Span {
    from: Millis,
    until: Option<Millis>,
}

/// The span that a metric tells of a pod, where it does.
type Told = fn(&Object) -> Option<Span>;

/// What kube-state-metrics tells of a pod, by the names of its metrics.
const SPANS: [(&str, Told); 3] = [
    ("kube_pod_created", |pod| clock::parse(&pod.created).map(lasting)),
    ("kube_pod_status_ready_time", |pod| ready(&pod.value())),
    ("kube_pod_completion_time", |pod| ended(&pod.value()).map(lasting)),
];

fn lasting(from: Millis) -> Span {
    Span { from, until: None }
}

/// When a pod was ready: as its condition says, and of one that has ended, while its containers ran.
fn ready(pod: &Value) -> Option<Span> {
    if let Some(until) = ended(pod) {
        let from = instants(pod, "startedAt").into_iter().max()?;
        return Some(Span { from, until: Some(until) });
    }
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array)?;
    let condition = conditions.iter().find(|one| {
        let is = |field: &str, value: &str| one.get(field).and_then(Value::as_str) == Some(value);
        is("type", "Ready") && is("status", "True")
    });
    let from = clock::parse(condition?.get("lastTransitionTime")?.as_str()?)?;
    Some(Span { from, until: None })
}

/// When the last of a pod's containers ended, once all have.
fn ended(pod: &Value) -> Option<Millis> {
    let phase = pod.pointer("/status/phase").and_then(Value::as_str)?;
    if !matches!(phase, "Succeeded" | "Failed") {
        return None;
    }
    instants(pod, "finishedAt").into_iter().max()
}

/// The instants of this name in the states of a pod's ended containers.
fn instants(pod: &Value, name: &str) -> Vec<Millis> {
    let statuses = pod.pointer("/status/containerStatuses").and_then(Value::as_array);
    let each = statuses.into_iter().flatten();
    let told = each.filter_map(|one| one.get("state")?.get("terminated")?.get(name)?.as_str());
    told.filter_map(clock::parse).collect()
}
