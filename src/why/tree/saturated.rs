//! Branch B2: every slot is taken, and by whom.

use super::evidence;
use super::queue::Slots;
use crate::domain::time::{span, whole};
use crate::domain::{EntityId, Evidence, Job, Runner, SourceId, Status, TierIndex, Timestamp};
use crate::why::facts::{Flood, Gap};
use crate::why::grammar::metrics::{Metric, Metrics};
use crate::why::leaf::Leaf;
use crate::why::walk::{Found, Walk};

/// A project with at least so many running jobs that are at least half of all floods a tier.
const FLOOD: usize = 5;

/// Branch B2: every slot is taken.
pub(super) fn full(
    walk: &mut Walk<'_, '_>,
    job: &Job,
    slots: Option<&Slots<'_>>,
    gap: Option<Gap>,
) -> Found {
    let working = slots.map(|slots| slots.working.as_slice()).unwrap_or_default();
    let at_limit = slots.and_then(|slots| slots.at_limit) == Some(true);
    let reached = if at_limit { Leaf::RunnerLimit } else { Leaf::Concurrent };
    let at = walk.facts.feed(SourceId::RUNNERS, None).ok();
    let sums = sums(walk, working, reached);
    let words = format!("{} of {}", sums.used, sums.most);
    walk.yes(reached.code(), "are the slots full?", || {
        (words.clone(), full_proof(working, &sums, at))
    });
    if gap.is_some() {
        let title = format!(
            "{words} slots are held; whether by jobs that run or by jobs whose pods wait cannot be told"
        );
        return Found::untold(Leaf::Saturated, title);
    }
    let estimate =
        || estimate(walk, job).unwrap_or_else(|| Leaf::Saturated.about().next.to_owned());
    let next = walk.is_recording().then(estimate);
    let flood = flood(walk, job.tier).filter(|(project, ..)| *project != job.project);
    let found = match (flood, at_limit) {
        (Some((project, count, all)), _) => {
            let path =
                walk.facts.state.projects().get(project).map_or("a project", |one| &one.path);
            Found::certain(
                Leaf::Flooded,
                format!("{path} holds {count} of {all} running jobs of the tier"),
            )
            .of(EntityId::Project(project))
        }
        (None, true) => {
            let name = working.first().map_or("the runner", |one| &one.description);
            let found = Found::certain(
                Leaf::RunnerLimit,
                format!("runner {name} is at its limit ({words})"),
            );
            Found { subject: working.first().map(|one| EntityId::Runner(one.id)), ..found }
        }
        (None, false) => Found::certain(
            Leaf::Concurrent,
            format!("the manager is at its concurrent limit ({words})"),
        ),
    };
    let next = next.map(|estimate| format!("{}; {estimate}", found.leaf.about().next));
    Found { next, ..found }
}

/// Used and most, and who says so: the metrics where they are read, else GitLab.
struct Sums {
    used: u64,
    most: u64,
    source: &'static str,
    at: Option<Timestamp>,
}

fn sums(walk: &Walk<'_, '_>, working: &[&Runner], reached: Leaf) -> Sums {
    let metrics = walk.facts.metrics().ok();
    if let Some((metrics, at)) = metrics
        && let Some((used, most)) = by_metrics(metrics, working, reached)
    {
        let count = |value: f64| u64::try_from(whole(value)).unwrap_or(0);
        return Sums { used: count(used), most: count(most), source: "metrics", at: Some(at) };
    }
    Sums {
        used: working.iter().filter_map(|one| one.running).sum(),
        most: working.iter().filter_map(|one| one.limit).sum(),
        source: "gitlab",
        at: walk.facts.feed(SourceId::RUNNERS, None).ok(),
    }
}

fn by_metrics(metrics: &Metrics, working: &[&Runner], reached: Leaf) -> Option<(f64, f64)> {
    if reached == Leaf::RunnerLimit {
        let limits = working.iter().map(|runner| {
            let mine = |metric: &Metric| metric.label("runner_name") == &*runner.description;
            let jobs = metrics.jobs_of_runner(&runner.description);
            Some((jobs.unwrap_or(0.0), metrics.sum("gitlab_runner_limit", mine)?))
        });
        return total(limits);
    }
    let managers = super::queue::managers(metrics, working);
    total(managers.iter().map(|manager| {
        let its = |metric: &Metric| metric.label("instance") == &**manager;
        let jobs = metrics.jobs_of_manager(manager);
        Some((jobs.unwrap_or(0.0), metrics.sum("gitlab_runner_concurrent", its)?))
    }))
}

/// The sums of both; nothing where there is none, or one tells nothing.
fn total(mut all: impl Iterator<Item = Option<(f64, f64)>>) -> Option<(f64, f64)> {
    let first = all.next()??;
    all.try_fold(first, |sum, one| one.map(|one| (sum.0 + one.0, sum.1 + one.1)))
}

fn full_proof(working: &[&Runner], sums: &Sums, at: Option<Timestamp>) -> Vec<Evidence> {
    let words = format!("{} of {}", sums.used, sums.most);
    let mut fields = vec![evidence("slots.used", words, sums.source, sums.at)];
    for runner in working.iter().take(3) {
        let limit = runner.limit.map_or_else(|| "?".to_owned(), |limit| limit.to_string());
        let running = runner.running.map_or_else(|| "?".to_owned(), |running| running.to_string());
        let value = format!("{} {running} of {limit}", runner.description);
        fields.push(evidence("runner.running", value, "gitlab", at));
    }
    fields
}

/// When a slot may come, from its place and the last hour's starts: a range, called an estimate.
fn estimate(walk: &Walk<'_, '_>, job: &Job) -> Option<String> {
    let queue = walk.facts.state.queue(job.tier)?;
    let last_hour = queue.percentiles();
    let started = last_hour.n;
    let mine = job.queued_at?;
    let is_before = |other: &Job| {
        other.tier == job.tier
            && other.status == Status::Pending
            && other.queued_at.is_some_and(|at| at < mine)
    };
    let place = walk.facts.state.jobs().iter().filter(|(_, row)| is_before(&row.value)).count() + 1;
    // Few starts say nothing of the next.
    if !last_hour.is_enough() {
        return Some(format!("it is number {place} of {}", queue.waiting()));
    }
    let hour = i64::try_from(place.saturating_mul(3600) / started).ok()?;
    Some(format!(
        "it is number {place} of {}; at the last hour's {started} starts that takes {} to {} (an estimate)",
        queue.waiting(),
        span(hour / 2),
        span(hour.saturating_mul(2))
    ))
}

/// Branch B2d: whether one project holds half of the tier's running jobs.
fn flood(walk: &Walk<'_, '_>, tier: Option<TierIndex>) -> Flood {
    if let Some(known) = walk.facts.memo.floods.borrow().get(&tier) {
        return *known;
    }
    let mut counts = std::collections::BTreeMap::new();
    let jobs = walk.facts.state.jobs().iter();
    for (_, row) in
        jobs.filter(|(_, row)| row.value.status == Status::Running && row.value.tier == tier)
    {
        *counts.entry(row.value.project).or_insert(0_usize) += 1;
    }
    let all = counts.values().sum();
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    let flood = most
        .filter(|(_, count)| *count >= FLOOD && count * 2 >= all)
        .map(|(project, count)| (project, count, all));
    walk.facts.memo.floods.borrow_mut().insert(tier, flood);
    flood
}
