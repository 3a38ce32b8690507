//! `why TARGET`: why a job, a pipeline or a pod waits. One look, one diagnosis.

pub(super) mod args;
mod target;
mod text;

use std::sync::Arc;

use super::Surroundings;
use super::advice;
use super::args::Global;
use super::exit::{Exit, Problem};
use super::ground::{Ground, tasks};
use super::json::{
    Instant, WhyCause, WhyDeadline, WhyEvidence, WhyItem, WhyStep, WhyTarget, WhyUndecided,
};
use super::look::{self, Sight};
use super::outage::{self, Outage};
use crate::api::gitlab::{Gitlab, Place};
use crate::domain::time::exact_seconds_between;
use crate::domain::{
    Change, Entity, EntityId, Evidence, Health, JobId, Origin, ProjectId, Report, SourceId,
    SourceKey, Status, Timestamp, Update,
};
use crate::pane;
use crate::pane::lens::Cx;
use crate::runtime::beside;
use crate::source::BesideReader;
use crate::state::State;
use crate::why::{Answer, Certainty, Concern, Diagnosis, Explanation, Extra, Step, explain, fleet};
use args::{Why, WhyOutput};
use target::Named;

/// What a diagnosis rests on.
const SOURCES: [SourceId; 9] = [
    SourceId::PROJECTS,
    SourceId::QUEUE,
    SourceId::RUNNERS,
    SourceId::PODS,
    SourceId::EVENTS,
    SourceId::NODES,
    SourceId::QUOTAS,
    SourceId::NODEGROUPS,
    SourceId::NODEPOOLS,
];

/// Looks once and explains.
pub(super) fn run(
    asked: &Why,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let ground = Ground::of(global, around)?;
    ground.gitlab()?;
    let named = target::read(&asked.target, &ground)?;
    let mut sight = look::look(&ground, &SOURCES, Origin::Live, around)?;
    tell_failures(&sight, around)?;
    let gitlab = gitlab(&ground, around)?;
    if target::find(&sight.state, &named).is_none() {
        read_job(&mut sight, &named, &gitlab)?;
    }
    let Some(about) = target::find(&sight.state, &named) else {
        return absent(&asked.target, &sight, around);
    };
    let extra = extra(&mut sight, &about, &ground, around)?;
    let explanation = explain(&sight.state, &extra, &about, sight.at);
    let Some(diagnosis) = &explanation.diagnosis else {
        let hint = "name one of its jobs; `watchfloor get jobs` lists them";
        return Err(Problem::usage(format!("{} has no job that is known", asked.target), hint));
    };
    match asked.output {
        WhyOutput::Text => {
            let cx = Cx { state: &sight.state, now: sight.at };
            writeln!(around.out, "{}", pane::why::title(&cx, &diagnosis.target))?;
            text::print(&pane::why::blocks(&cx, &explanation), around.out)?;
        }
        WhyOutput::Json => {
            let item = item(&sight.state, &explanation, diagnosis);
            let printed = serde_json::to_writer_pretty(&mut *around.out, &item);
            printed.map_err(std::io::Error::from)?;
            writeln!(around.out)?;
        }
    }
    Ok(Exit::Done)
}

fn gitlab(ground: &Ground, around: &Surroundings<'_>) -> Result<Gitlab, Problem> {
    let settings = ground.gitlab()?;
    let wiring = look::wiring(ground, settings, &around.environment);
    let wiring = wiring.map_err(|error| Problem::usage(&error, error.hint()))?;
    Ok(Gitlab::new(settings, wiring))
}

/// A job that is not among the unfinished ones is asked for by itself.
fn read_job(sight: &mut Sight, named: &Named, gitlab: &Gitlab) -> Result<(), Problem> {
    let Some((project, id)) = target::job_in(&sight.state, named) else { return Ok(()) };
    let place = Place { id: project.id, path: project.path.clone() };
    if let Ok(job) = tasks()?.block_on(gitlab.job(&place, id)) {
        take(sight, place.id, vec![Entity::Job(Arc::new(job))]);
    }
    Ok(())
}

/// Takes in what was read of a project's queue beside.
fn take(sight: &mut Sight, project: ProjectId, entities: Vec<Entity>) {
    let row = sight.state.projects().row(project);
    let key = row.and_then(|row| sight.state.source_of(row));
    let Some(key) = key.map(|key| SourceKey { source: SourceId::QUEUE, ..key.clone() }) else {
        return;
    };
    let change = Change::Upsert(entities);
    let update = Update { key, at: sight.at, origin: Origin::Live, change };
    sight.state.apply(update, sight.at);
}

/// What is read beside for one job. One that waits for earlier jobs is read with its whole pipeline before.
fn extra(
    sight: &mut Sight,
    about: &EntityId,
    ground: &Ground,
    around: &Surroundings<'_>,
) -> Result<Extra, Problem> {
    let of = |state: &State| {
        let job = fleet::job_of(state, about).and_then(|id| state.jobs().get(id))?;
        let project = state.projects().get(job.project)?;
        Some((Arc::clone(job), Place { id: project.id, path: project.path.clone() }))
    };
    let Some((job, place)) = of(&sight.state).filter(|(job, _)| !job.status.has_ended()) else {
        return Ok(Extra::none());
    };
    let gitlab = gitlab(ground, around)?;
    if job.status == Status::Created
        && let Ok(whole) = tasks()?.block_on(gitlab.pipeline(&place, job.pipeline))
    {
        let jobs = whole.jobs.into_iter().map(|job| Entity::Job(Arc::new(job)));
        take(sight, job.project, jobs.collect());
    }
    let wiring = look::wiring(ground, ground.gitlab()?, &around.environment);
    let wiring = wiring.map_err(|error| Problem::usage(&error, error.hint()))?;
    let reader = BesideReader::of(gitlab, &ground.loaded.settings, wiring);
    Ok(tasks()?.block_on(beside::extra(&reader, &place, &job)))
}

/// Nothing is known under that name: because there is none, or because GitLab told nothing.
fn absent(words: &str, sight: &Sight, around: &mut Surroundings<'_>) -> Result<Exit, Problem> {
    let health = sight.state.source_health(SourceId::QUEUE, sight.at);
    if !matches!(health, Some(Health::Live | Health::Partial)) {
        writeln!(
            around.err,
            "error: nothing is known of {words}, for the queue could not be read"
        )?;
        return Ok(Exit::Unreachable);
    }
    let hint = "check the project's path and the number; it must lie in a watched group or project";
    Err(Problem::usage(format!("there is no {words} that is known"), hint))
}

/// Says which feeds failed, and what would cure it.
fn tell_failures(sight: &Sight, around: &mut Surroundings<'_>) -> Result<(), Problem> {
    let outage = |(key, report): (&SourceKey, &Report)| {
        let failure = report.failure.as_ref()?;
        Some(Outage {
            name: format!("{} of {}", key.source, key.scope),
            health: report.health(sight.at).as_str().to_owned(),
            message: failure.message.to_string(),
            hint: advice::of_failure(key, failure, sight.at),
        })
    };
    let outages: Vec<Outage> = sight.state.reports().filter_map(outage).collect();
    Ok(outage::tell(&outages, around.err)?)
}

/// The diagnosis as scripts read it.
fn item<'a>(state: &'a State, explanation: &Explanation, diagnosis: &'a Diagnosis) -> WhyItem<'a> {
    let job = |id: JobId| state.jobs().get(id);
    let project = diagnosis.job.and_then(job).and_then(|job| state.projects().get(job.project));
    let pod = match &diagnosis.target {
        EntityId::Pod(id) => state.pods().get(*id),
        _ => None,
    };
    let at = diagnosis.at;
    WhyItem {
        schema: "watchfloor/v1",
        target: WhyTarget {
            project: project.map(|project| project.path.as_str()),
            job_id: diagnosis.job.map(|id| id.0),
            pod: pod.map(|pod| format!("{}/{}/{}", pod.cluster, pod.namespace, pod.name)),
        },
        at: Instant(at),
        leaf: diagnosis.leaf.code(),
        certainty: diagnosis.certainty.as_str(),
        because: because(&diagnosis.certainty),
        title: &diagnosis.title,
        steps: diagnosis.steps.iter().map(|one| step(one, at)).collect(),
        next_step: &diagnosis.next_step,
        who: diagnosis.who.words(),
        concern: concern(diagnosis.concern),
        first_act: diagnosis.first_act(),
        deadlines: diagnosis
            .deadlines
            .iter()
            .map(|one| WhyDeadline {
                what: one.what,
                at: Instant(one.at),
                remaining_seconds: exact_seconds_between(at, one.at),
            })
            .collect(),
        cause: diagnosis.cause.as_ref().map(|cause| WhyCause {
            job_id: if let EntityId::Job(id) = cause.target { Some(id.0) } else { None },
            leaf: cause.leaf.code(),
            title: &cause.title,
            certainty: cause.certainty.as_str(),
        }),
        undecided: diagnosis
            .undecided
            .iter()
            .map(|one| WhyUndecided { branch: one.branch, because: &one.because })
            .collect(),
        shared_by: u64::try_from(explanation.shared_by).unwrap_or(u64::MAX),
    }
}

fn because(certainty: &Certainty) -> Option<&str> {
    match certainty {
        Certainty::CannotTell(because) => Some(because),
        Certainty::Certain | Certainty::Likely => None,
    }
}

fn concern(concern: Concern) -> &'static str {
    match concern {
        Concern::Calm => "calm",
        Concern::Watch => "watch",
        Concern::Act => "act",
    }
}

fn step(step: &Step, now: Timestamp) -> WhyStep<'_> {
    WhyStep {
        branch: step.branch,
        question: step.question,
        answer: match step.answer {
            Answer::Yes => "yes",
            Answer::No => "no",
            Answer::Unknown => "unknown",
        },
        text: &step.text,
        certainty: step.certainty.as_str(),
        evidence: step.evidence.iter().map(|one| proof(one, now)).collect(),
    }
}

fn proof(evidence: &Evidence, now: Timestamp) -> WhyEvidence<'_> {
    WhyEvidence {
        field: evidence.field,
        value: &evidence.value,
        source: evidence.source,
        age_seconds: evidence.seen_at.map(|at| exact_seconds_between(at, now).max(0.0)),
    }
}
