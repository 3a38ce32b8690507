//! What uses an exception, by the rule of its kind, from what the console has read.

use super::words;
use crate::domain::time::{seconds_between, span};
use crate::domain::{ExceptionKind, Filed, Job, Record, Status, Text};
use crate::pane::block::{Block, Cell, Mark};
use crate::pane::lens::Cx;
use crate::register::uses::{Known, Traces, Uses, UsingJob, uses};
use crate::theme::Role;

/// So many uses are named; the others are counted.
const NAMED: usize = 6;

pub(super) fn blocks(cx: &Cx<'_>, filed: &Filed) -> Vec<Block> {
    let record = &filed.record;
    let jobs = jobs(cx, record);
    let tiers: Vec<(Text, Vec<Text>)> = cx
        .state
        .tiers()
        .iter()
        .map(|(_, tier)| (tier.name.clone(), tier.runner_tags.clone()))
        .collect();
    let traces = Traces { jobs: jobs.as_deref(), tiers: &tiers, deployments: None, verdicts: None };
    let lines = match uses(record, &traces, cx.now) {
        Uses::CannotTell(why) => {
            vec![
                Cell::mark(Mark::Unknown, Role::SeverityUnknown)
                    .and(format!(" cannot be told: {why}"), Role::Text),
            ]
        }
        Uses::Known(known) => told(cx, &known),
    };
    vec![Block::Title(Cell::dim("what uses it")), Block::Lines(lines)]
}

fn told(cx: &Cx<'_>, known: &Known) -> Vec<Cell> {
    let mut lines = Vec::new();
    match known.last {
        None => lines.push(Cell::plain("nothing that is known: of what ended, the last hour is")),
        Some(at) if seconds_between(at, cx.now) <= 0 => lines.push(Cell::plain("last use: now")),
        Some(at) => {
            let ago = span(seconds_between(at, cx.now));
            lines.push(Cell::plain(format!("last use: {ago} ago, {}", words::instant(at))));
        }
    }
    for one in known.all.iter().take(NAMED) {
        let (mark, role) = if one.is_going_on {
            (Mark::Running, Role::StatusRunning)
        } else {
            (Mark::Fine, Role::TextDim)
        };
        let words = format!(" {}  {}  since {}", one.project, one.what, words::instant(one.at));
        lines.push(Cell::mark(mark, role).and(words, Role::Text));
    }
    if let Some(more) = known.all.len().checked_sub(NAMED).filter(|more| *more > 0) {
        lines.push(Cell::dim(format!("and {more} more")));
    }
    lines.extend(
        known.stops.iter().map(|stop| Cell::dim("at its end: ").and(stop.as_str(), Role::Text)),
    );
    lines
}

/// The jobs of the projects that a record holds for, running and ended in the last hour; none where none were read, or
/// where the kind of the record is not told by jobs.
fn jobs(cx: &Cx<'_>, record: &Record) -> Option<Vec<UsingJob>> {
    if record.kind != ExceptionKind::Runner || !cx.state.knows_queue() {
        return None;
    }
    let named = &record.scope.projects;
    let projects = cx.state.projects().iter();
    let projects = projects.filter(|(_, row)| named.is_empty() || named.contains(&row.value.path));
    let mut all = Vec::new();
    for (id, row) in projects {
        let pipelines = cx.state.pipelines_of(id);
        let jobs = pipelines.flat_map(|pipeline| cx.state.jobs_of(pipeline));
        let jobs = jobs.filter_map(|job| cx.state.jobs().get(job));
        all.extend(jobs.filter_map(|job| using(&row.value.path, job)));
    }
    Some(all)
}

/// A job as a use of a runner; one that never ran is none.
fn using(project: &Text, job: &Job) -> Option<UsingJob> {
    Some(UsingJob {
        project: project.clone(),
        id: job.id.0,
        tags: job.tags.to_vec(),
        started_at: job.started_at?.into(),
        is_running: job.status == Status::Running,
    })
}
