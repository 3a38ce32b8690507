//! Branches B and C: a job in GitLab's queue.

use super::runner::{Candidates, candidates};
use super::{after, age, evidence, saturated};
use crate::domain::time::{span, whole};
use crate::domain::{EntityId, Job, PodId, Runner, SourceId, Text, TierIndex, Timestamp};
use crate::why::diagnosis::Cause;
use crate::why::facts::Gap;
use crate::why::grammar::metrics::{Metric, Metrics};
use crate::why::leaf::{Concern, Leaf, Who};
use crate::why::walk::{Found, Walk};

/// A job that waits for less than this has nothing wrong with it yet, seconds: runners ask every few.
const YOUNG: i64 = 15;

/// GitLab drops a job that runners match and nobody takes after this long, seconds.
const DROPPED_UNTAKEN: i64 = 86_400;

/// Who is at work among those that could take a job, and whether they are full.
#[derive(Debug, Default)]
pub(super) struct Slots<'a> {
    pub(super) working: Vec<&'a Runner>,
    /// Those of which nothing was heard though GitLab calls them online, and for how long.
    quiet: Vec<(&'a Runner, i64)>,
    /// Whether every working one has reached its limit; `None` where that cannot be told.
    pub(super) at_limit: Option<bool>,
    /// Whether the managers as a whole have reached theirs.
    at_concurrent: Option<bool>,
}

/// A job that a runner took and has not confirmed.
pub(super) fn handover(job: &Job) -> Found {
    let runner = job.runner.as_ref();
    let name = runner.map_or("a runner", |runner| &runner.description);
    let found =
        Found::certain(Leaf::Handover, format!("runner {name} took it and has not confirmed"));
    match runner {
        Some(runner) => found.of(EntityId::Runner(runner.id)),
        None => found,
    }
}

/// A job that no runner has taken.
pub(super) fn pending(walk: &mut Walk<'_, '_>, job: &Job) -> Found {
    let runners = match candidates(walk, job) {
        Candidates::None(found) => return found,
        Candidates::Some(runners) => Some(runners),
        Candidates::Unseen => None,
    };
    let waits = job.queued_seconds(walk.facts.now).map_or(0, whole);
    if waits < YOUNG {
        let title = format!("it entered the queue {} ago", span(waits));
        return Found::certain(Leaf::Queued, title);
    }
    let slots = runners.map(|runners| slots(walk, job, &runners));
    let found = busy(walk, job, slots.as_ref());
    let queued = job.queued_at.map(Into::into);
    found.until(queued.and_then(|at| after(at, DROPPED_UNTAKEN, "GitLab drops it")))
}

fn slots<'a>(walk: &mut Walk<'_, 'a>, job: &Job, runners: &[&'a Runner]) -> Slots<'a> {
    let (state, now) = (walk.facts.state, walk.facts.now);
    let waiting = state.queue(job.tier).map_or(1, crate::state::Queue::waiting);
    let mut slots = Slots::default();
    for runner in runners {
        match runner.quiet_for(waiting, now) {
            Some(seconds) => slots.quiet.push((runner, seconds)),
            None => slots.working.push(runner),
        }
    }
    let metrics = walk.facts.metrics().ok().map(|(metrics, _)| metrics);
    let full: Vec<Option<bool>> =
        slots.working.iter().map(|runner| is_full(runner, metrics)).collect();
    slots.at_limit = if full.contains(&Some(false)) {
        Some(false)
    } else {
        full.iter().all(Option::is_some).then_some(true)
    };
    slots.at_concurrent = metrics.and_then(|metrics| is_at_concurrent(metrics, &slots.working));
    slots
}

/// Whether a runner has reached its limit; a limit of nought is none.
fn is_full(runner: &Runner, metrics: Option<&Metrics>) -> Option<bool> {
    let mine = |metric: &Metric| metric.label("runner_name") == &*runner.description;
    if let Some(limit) = metrics.and_then(|metrics| metrics.sum("gitlab_runner_limit", mine)) {
        let jobs = metrics.and_then(|metrics| metrics.jobs_of_runner(&runner.description));
        let jobs = jobs.unwrap_or(0.0);
        return Some(limit > 0.0 && jobs >= limit);
    }
    let limit = runner.limit.filter(|limit| *limit > 0)?;
    Some(runner.running? >= limit)
}

/// Whether every manager that has one of these runners is at its own limit; nothing where none tells it.
fn is_at_concurrent(metrics: &Metrics, working: &[&Runner]) -> Option<bool> {
    let full = |manager: Text| {
        let its = |metric: &Metric| metric.label("instance") == &*manager;
        let most = metrics.sum("gitlab_runner_concurrent", its)?;
        Some(metrics.jobs_of_manager(&manager).unwrap_or(0.0) >= most)
    };
    let told: Vec<bool> = managers(metrics, working).into_iter().filter_map(full).collect();
    (!told.is_empty()).then(|| told.iter().all(|full| *full))
}

/// The processes that tell of these runners, by what Prometheus calls them: many may be watched by one Prometheus.
pub(super) fn managers(metrics: &Metrics, working: &[&Runner]) -> Vec<Text> {
    let is_one = |metric: &Metric| {
        working.iter().any(|runner| metric.label("runner_name") == &*runner.description)
    };
    metrics.values_of("instance", is_one)
}

/// Branches B2 and B3.
fn busy(walk: &mut Walk<'_, '_>, job: &Job, slots: Option<&Slots<'_>>) -> Found {
    if let Some(slots) = slots
        && slots.working.is_empty()
        && let Some((runner, seconds)) = slots.quiet.first()
    {
        return silent(walk, runner, *seconds, slots.quiet.len());
    }
    let is_full = slots.and_then(|slots| match (slots.at_limit, slots.at_concurrent) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        // A manager's own limit is an upper one that only metrics tell.
        (Some(false), Some(false) | None) => Some(false),
        _ => None,
    });
    let metrics = walk.facts.metrics();
    if let (Err(gap), true) = (&metrics, is_full != Some(true)) {
        walk.open("B2b", "is the manager's concurrent limit reached?", *gap);
    }
    let held = held(walk, job, is_full);
    if let Some(Ok(found)) = held {
        return found;
    }
    match is_full {
        Some(true) => saturated::full(walk, job, slots, held.and_then(Result::err)),
        Some(false) => idle(walk, slots),
        None => {
            let title = "runners could take it; whether they are full cannot be told";
            let next = "look whether the runners are full: by their metrics, or the manager's log";
            Found { who: Some(Who::Platform), ..Found::untold(Leaf::Queued, title).next(next) }
        }
    }
}

/// Branch B2c: slots that are held by jobs whose pods wait. Nothing where none is; a gap where that cannot be told.
fn held(walk: &mut Walk<'_, '_>, job: &Job, is_full: Option<bool>) -> Option<Result<Found, Gap>> {
    if is_full == Some(false) {
        return None;
    }
    let tier = job.tier?;
    let (state, now) = (walk.facts.state, walk.facts.now);
    let at = match walk.facts.feed(SourceId::PODS, Some(tier)) {
        Ok(at) => at,
        Err(gap) => {
            walk.open("B2c", "do the slots wait for pods?", gap);
            return Some(Err(gap));
        }
    };
    let capacity = state.capacity(Some(tier))?;
    let target = state.tier(tier).map_or(60, |tier| whole(tier.pods.scheduling_target_seconds));
    let oldest = capacity.oldest_unplaced();
    let Some((since, pod_id)) = oldest.filter(|oldest| holds_up(walk, job, tier, *oldest, target))
    else {
        let young = oldest.map_or_else(String::new, |(since, _)| {
            format!(
                "the oldest of them waits for {}, as pods do that come up",
                span(age(walk, since))
            )
        });
        walk.no("B2c", "do the slots wait for pods?", || {
            let waits = capacity.unplaced().to_string();
            (young, vec![evidence("pods.unplaced", waits, "kubernetes", Some(at))])
        });
        return None;
    };
    let running = state.queue(Some(tier)).map_or(0, crate::state::Queue::running);
    let waits = capacity.unplaced();
    walk.yes("B2c", "do the slots wait for pods?", || {
        let fields = vec![
            evidence("pods.unplaced", waits.to_string(), "kubernetes", Some(at)),
            evidence("jobs.running", running.to_string(), "gitlab", None),
            evidence(
                "oldest_pod.created_at",
                crate::domain::time::instant_utc(since),
                "kubernetes",
                Some(at),
            ),
        ];
        (
            format!(
                "the oldest waits for {}",
                span(crate::domain::time::seconds_between(since, now))
            ),
            fields,
        )
    });
    let cause = cause_of(walk, tier, pod_id);
    let why = cause.as_ref().map_or_else(String::new, |cause| format!(": {}", cause.title));
    let title = format!("{waits} of {running} slots wait for pods{why}");
    let found = Found::certain(Leaf::SlotsWaitForPods, title).of(EntityId::Tier(tier));
    let found = if is_full == Some(true) { found } else { found.doubted() };
    let next = cause.as_ref().map(|cause| cause.next_step.to_string());
    Some(Ok(Found { next, cause, ..found }))
}

/// Whether the oldest pod without a node holds the queue up: it has waited for longer than pods should, or the job has,
/// and what keeps the pod does not pass by itself. Runners give up on pods and begin anew: each of them may be young.
fn holds_up(
    walk: &mut Walk<'_, '_>,
    job: &Job,
    tier: TierIndex,
    (since, pod): (Timestamp, PodId),
    target: i64,
) -> bool {
    if age(walk, since) > target {
        return true;
    }
    if job.waiting_since().is_none_or(|since| age(walk, since) <= target) {
        return false;
    }
    let cause = walk.aside(|aside| cause_of(aside, tier, pod));
    cause.is_some_and(|cause| cause.leaf.about().concern == Concern::Act)
}

/// Why the oldest pod of a tier has no node: the same for all jobs that wait behind it.
fn cause_of(walk: &mut Walk<'_, '_>, tier: TierIndex, id: crate::domain::PodId) -> Option<Cause> {
    if !walk.is_recording()
        && let Some(known) = walk.facts.memo.causes.borrow().get(&tier)
    {
        return known.clone();
    }
    let cause = walk.follow(EntityId::Pod(id), |inner| super::pod(inner, id));
    walk.facts.memo.causes.borrow_mut().insert(tier, cause.clone());
    cause
}

/// A manager of which nothing was heard.
fn silent(walk: &mut Walk<'_, '_>, runner: &Runner, seconds: i64, count: usize) -> Found {
    let at = walk.facts.feed(SourceId::RUNNERS, None).ok();
    walk.yes("B3d", "was anything heard of the managers?", || {
        let heard = format!("{} ago", span(seconds));
        (String::new(), vec![evidence("runner.contacted_at", heard, "gitlab", at)])
    });
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    let title = format!(
        "runner {}{more}: nothing was heard for {}, though GitLab calls it online",
        runner.description,
        span(seconds)
    );
    let found = Found::certain(Leaf::ManagerDown, title).of(EntityId::Runner(runner.id));
    // GitLab notes contacts rarely; the managers' own metrics would tell.
    found.doubted()
}

/// Branch B3: slots are free and nobody takes it.
fn idle(walk: &mut Walk<'_, '_>, slots: Option<&Slots<'_>>) -> Found {
    let title = |words: &str| format!("slots are free and nobody takes it: {words}");
    let (metrics, at) = match walk.facts.metrics() {
        Ok(read) => read,
        Err(gap) => {
            walk.open("B3", "why does no manager take it?", gap);
            return match slots.and_then(|slots| slots.quiet.first()) {
                Some((runner, seconds)) => silent(walk, runner, *seconds, 1),
                None => {
                    Found::untold(Leaf::NotPicked, title("what keeps the managers cannot be told"))
                }
            };
        }
    };
    let known = slots.map_or_else(Vec::new, |slots| managers(metrics, &slots.working));
    let any = |metric: &Metric| {
        known.is_empty() || known.iter().any(|one| **one == *metric.label("instance"))
    };
    let is_bad = |metric: &Metric| {
        any(metric) && matches!(metric.label("status").as_bytes().first(), Some(b'4' | b'5'))
    };
    let checks: [(Leaf, &'static str, Option<f64>); 5] = [
        (
            Leaf::LongPoll,
            "gitlab_runner_request_concurrency_exceeded_total",
            metrics.rise("gitlab_runner_request_concurrency_exceeded_total", any),
        ),
        (
            Leaf::ApiErrors,
            "gitlab_runner_api_request_statuses_total",
            metrics.rise("gitlab_runner_api_request_statuses_total", is_bad),
        ),
        (
            Leaf::WorkerIll,
            "gitlab_runner_worker_health_check_failures_total",
            metrics.rise("gitlab_runner_worker_health_check_failures_total", any),
        ),
        (
            Leaf::ManagerDown,
            "up",
            metrics.sum("up", any).map(|up| if up > 0.0 { 0.0 } else { 1.0 }),
        ),
        (
            Leaf::GitlabQueue,
            "gitlab_runner_job_queue_depth",
            metrics.sum("gitlab_runner_job_queue_depth", any),
        ),
    ];
    for (leaf, name, value) in checks {
        let Some(value) = value.filter(|value| *value > 0.0) else { continue };
        walk.yes(leaf.code(), "do the managers' metrics tell?", || {
            (String::new(), vec![evidence(name, format!("{value}"), "metrics", Some(at))])
        });
        return Found::certain(leaf, title(leaf.about().name));
    }
    if let Some((runner, seconds)) = slots.and_then(|slots| slots.quiet.first()) {
        return silent(walk, runner, *seconds, 1);
    }
    Found::untold(Leaf::NotPicked, title("the metrics show no fault"))
}
