//! The rows of the queue: jobs.

use super::{family, pod};
use crate::domain::status::Progress;
use crate::domain::time::exact_seconds_between;
use crate::domain::{EntityId, Job, JobId, Moment, PipelineId, SourceId, Status, Text, Timestamp};
use crate::pane::block::{Align, Cell, Mark};
use crate::pane::cells::{self, job_known_until as known_until};
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Grouping, Lens, LensAbout, Order, RowStanding, Shown, Subject,
    Value, Width, no_words,
};
use crate::state::{Changes, Row, State};
use crate::theme::Role;

/// Jobs.
#[derive(Debug)]
pub struct Jobs;

/// The one value of its kind.
pub static JOBS: Jobs = Jobs;

static ROWS: LensAbout = LensAbout {
    name: "jobs",
    noun: ("job", "jobs"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "status",
    groupings: GROUPINGS,
    feeds: &[SourceId::QUEUE],
};

impl Lens for Jobs {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        scope: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        let of = |ids: Vec<JobId>| {
            Box::new(ids.into_iter().filter_map(|id| state.jobs().row(id).map(Subject::Job)))
        };
        match scope {
            Some(EntityId::Pipeline(id)) => of(state.jobs_of(*id).collect()),
            Some(EntityId::Project(id)) => {
                of(state.pipelines_of(*id).flat_map(|id| state.jobs_of(id)).collect())
            }
            _ => Box::new(state.jobs().iter().map(|(_, row)| Subject::Job(row))),
        }
    }

    fn touched(&self, state: &State, changes: &Changes) -> Vec<EntityId> {
        let moved = changes.moved.iter().flat_map(|pipeline| {
            family::members(state, *pipeline).into_iter().flat_map(|id| state.jobs_of(id))
        });
        let renamed = changes.renamed.iter().flat_map(|id| state.pipelines_of(*id));
        let renamed = renamed.flat_map(|id| state.jobs_of(id));
        let pods = changes.pods.iter().filter_map(|id| state.pods().get(*id)?.claimed_job);
        let jobs = changes.jobs.iter().copied().chain(moved).chain(renamed).chain(pods);
        jobs.map(EntityId::Job).collect()
    }

    fn is_within(&self, _: &State, scope: &EntityId, subject: Subject<'_>) -> bool {
        let Subject::Job(row) = subject else { return false };
        match scope {
            EntityId::Pipeline(id) => row.value.pipeline == *id,
            EntityId::Project(id) => row.value.project == *id,
            EntityId::Tier(tier) => row.value.tier == Some(*tier),
            EntityId::Runner(id) => row.value.runner.as_ref().is_some_and(|run| run.id == *id),
            _ => true,
        }
    }

    fn search(&self, cx: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        let Subject::Job(row) = subject else { return };
        visit(&row.value.name);
        visit(cells::path(cx.state, row.value.project));
        visit(&row.value.reference);
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let Subject::Job(row) = subject else {
            return RowStanding::default();
        };
        RowStanding {
            is_stale: cx.state.is_job_stale(row, cx.now),
            changed_at: row.changed_at(),
            group: Some(EntityId::Pipeline(row.value.pipeline)),
        }
    }
}

/// Whether a job's ref is protected; unknown until the project's rules were read.
fn is_protected(cx: &Cx<'_>, job: &Job) -> Option<bool> {
    cx.state.projects().get(job.project)?.protects(&job.reference)
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Job) -> T) -> T {
    subject.job().map(|row| of(&row.value)).unwrap_or_default()
}

/// How a status class is packed before an instant: 2^52 milliseconds reach far beyond any date.
const CLASS: i64 = 1 << 52;

/// Milliseconds since 1970.
fn millis(at: Moment) -> i64 {
    Timestamp::from(at).as_millisecond()
}

/// What needs eyes first: waiting for a runner, longest first; running, longest first; blocked; ended, youngest first.
fn queue_order(job: &Job) -> Order {
    let class = match job.status.progress() {
        Progress::Queued => 0,
        Progress::Running => 1,
        Progress::Blocked => 2,
        Progress::Ended => 3,
    };
    let made = job.created_at.into();
    let at = match job.status.progress() {
        Progress::Queued => millis(job.queued_at.unwrap_or(made)),
        Progress::Running => millis(job.started_at.unwrap_or(made)),
        Progress::Blocked => millis(made),
        Progress::Ended => -millis(job.finished_at.unwrap_or(made)),
    };
    Order::Number(class * CLASS + at)
}

/// The longest wait first; of those that started, by what they waited.
fn wait_order(job: &Job) -> Order {
    if job.status == Status::Pending {
        return Order::Number(millis(job.queued_at.unwrap_or(job.created_at.into())));
    }
    match (job.started_at, job.queued_at) {
        (Some(started), Some(queued)) => Order::Number(CLASS - (millis(started) - millis(queued))),
        _ => Order::Last,
    }
}

/// The longest run first: what still runs by its start, then what has ended by its duration.
fn run_order(job: &Job) -> Order {
    match (job.started_at, job.finished_at) {
        (Some(started), None) if !job.status.has_ended() => Order::Number(millis(started)),
        (Some(started), Some(finished)) => {
            Order::Number(CLASS - (millis(finished) - millis(started)))
        }
        _ => Order::Last,
    }
}

/// What a job waits for, or why it ended so, as far as GitLab and its pod tell.
fn why(cx: &Cx<'_>, job: &Job) -> Cell {
    let words = match &job.status {
        Status::Running => return pod::trouble(cx, job).unwrap_or_default(),
        Status::Pending if job.stuck == Some(true) => {
            return Cell::mark(Mark::Warning, Role::SeverityWarning)
                .and(" no online runner matches its tags", Role::SeverityWarning);
        }
        Status::Pending if job.tier.is_none() => "its tags fit no tier",
        Status::Created => "an earlier stage or a job it needs",
        Status::WaitingForResource => "its resource group",
        Status::Preparing => "its prerequisites",
        Status::WaitingForCallback => "a call back",
        Status::Manual => "a person",
        Status::Scheduled => "its date",
        Status::Failed => return failure(job),
        _ => return Cell::empty(),
    };
    Cell::dim(words)
}

fn failure(job: &Job) -> Cell {
    match &job.failure_reason {
        Some(reason) if job.allow_failure => Cell::dim(format!("{reason} (allowed)")),
        Some(reason) => Cell::new(reason.as_str(), Role::StatusFailed),
        None => Cell::dim("reason not read yet"),
    }
}

fn wait_cell(cx: &Cx<'_>, row: &Row<Job>) -> Cell {
    let job = &row.value;
    let waits = job.queued_seconds(known_until(cx, row));
    if job.status == Status::Pending && cx.state.is_job_stale(row, cx.now) {
        // Whether it still waits is not known, so no target is missed for it.
        return cells::old(cells::seconds(waits, Role::FreshnessOld));
    }
    let target =
        job.tier.and_then(|tier| cx.state.tier(tier)).map(|tier| tier.queue_target_seconds);
    let role = match (waits, target) {
        (Some(waits), Some(target)) if job.status == Status::Pending && waits > target => {
            Role::SeverityWarning
        }
        _ if job.status == Status::Pending => Role::Text,
        _ => Role::TextDim,
    };
    cells::seconds(waits, role)
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "project", title: "PROJECT", width: Width::grow(14, 40, 3), align: Align::Left,
        doc: "the project's path", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |job| Cell::path(cells::path(cx.state, job.project), Role::Project)),
        order: |cx, s| read(s, |job| Order::Text(Text::new(cells::path(cx.state, job.project)))) },
    Column { name: "ref", title: "REF", width: Width::grow(8, 24, 2), align: Align::Left,
        doc: "branch, tag or merge request", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, |job| Cell::new(cells::short_ref(&job.reference), Role::Ref)),
        order: |_, s| read(s, |job| Order::Text(job.reference.clone())) },
    Column { name: "stage", title: "STAGE", width: Width::grow(6, 14, 1), align: Align::Left,
        doc: "the stage", rank: 6, shown: Shown::Always,
        cell: |_, s| read(s, |job| Cell::dim(job.stage.as_str())),
        order: |_, s| read(s, |job| Order::Text(job.stage.clone())) },
    Column { name: "job", title: "JOB", width: Width::grow(14, 40, 3), align: Align::Left,
        doc: "the job's name", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |job| {
            let role = if job.retried { Role::TextDim } else { Role::Text };
            let name = Cell::new(job.name.as_str(), role);
            if job.retried { name.and(" (earlier try)", Role::TextDim) } else { name }
        }),
        order: |_, s| read(s, |job| Order::Text(job.name.clone())) },
    Column { name: "status", title: "STATUS", width: Width::fixed(12), align: Align::Left,
        doc: "GitLab's status; ordered by what needs eyes first", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |job| cells::status(&job.status)),
        order: |_, s| read(s, queue_order) },
    Column { name: "tier", title: "TIER", width: Width::fixed(10), align: Align::Left,
        doc: "the runner tier that its tags fit; - where they fit none", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |job| match job.tier {
            Some(_) => Cell::new(cx.state.tiers().name(job.tier), Role::TierName),
            None => Cell::new("-", Role::TextDim),
        }),
        order: |_, s| read(s, |job| job.tier.map_or(Order::Last, |tier| Order::Number(i64::from(tier.0)))) },
    Column { name: "waits", title: "WAITS", width: Width::fixed(7), align: Align::Right,
        doc: "time in the queue, until it started; nothing else counts", rank: 0, shown: Shown::Always,
        cell: |cx, s| s.job().map_or_else(Cell::empty, |row| wait_cell(cx, row)),
        order: |_, s| read(s, wait_order) },
    Column { name: "runs", title: "RUNS", width: Width::fixed(7), align: Align::Right,
        doc: "time on a runner", rank: 3, shown: Shown::Always,
        cell: |cx, s| s.job().map_or_else(Cell::empty, |row|
            cells::seconds(row.value.duration_seconds(known_until(cx, row)), Role::Text)),
        order: |_, s| read(s, run_order) },
    Column { name: "age", title: "AGE", width: Width::fixed(5), align: Align::Right,
        doc: "time since it was made", rank: 4, shown: Shown::Always,
        cell: |cx, s| s.job().map_or_else(Cell::empty, |row|
            cells::since(Some(row.value.created_at), known_until(cx, row), Role::TextDim)),
        order: |_, s| read(s, |job| Order::instant(Some(job.created_at))) },
    Column { name: "why", title: "WHY", width: Width::grow(14, 60, 6), align: Align::Left,
        doc: "what it waits for, or why it failed, as far as GitLab and its pod tell", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |job| why(cx, job)),
        order: |_, s| read(s, |job| Order::text(job.failure_reason.as_ref())) },
    Column { name: "pod", title: "POD", width: Width::grow(14, 26, 1), align: Align::Left,
        doc: "the node of its pod, or how far the pod has come; behind ? a claim that is not confirmed", rank: 3, shown: Shown::Always,
        cell: |cx, s| read(s, |job| pod::cell(cx, job)),
        order: |cx, s| read(s, |job| pod::of(cx, job).map_or(Order::Last, |pod| Order::Text(pod.state.clone()))) },
    Column { name: "runner", title: "RUNNER", width: Width::grow(8, 24, 1), align: Align::Left,
        doc: "the runner that took it", rank: 7, shown: Shown::Wide,
        cell: |_, s| read(s, |job| cells::text(job.runner.as_ref().map(|r| &r.description), Role::TextDim)),
        order: |_, s| read(s, |job| Order::text(job.runner.as_ref().map(|r| &r.description))) },
    Column { name: "tags", title: "TAGS", width: Width::grow(8, 30, 1), align: Align::Left,
        doc: "the tags that a runner must carry", rank: 8, shown: Shown::Wide,
        cell: |_, s| read(s, |job| Cell::dim(job.tags.join(" "))),
        order: |_, s| read(s, |job| Order::text(job.tags.first())) },
    Column { name: "id", title: "ID", width: Width::fixed(11), align: Align::Right,
        doc: "the job's id", rank: 9, shown: Shown::Wide,
        cell: |_, s| read(s, |job| Cell::dim(job.id.to_string())),
        order: |_, s| read(s, |job| Order::Number(i64::try_from(job.id.0).unwrap_or(i64::MAX))) },
];

fn status_words(_: &State) -> Vec<Text> {
    let classes = ["waiting", "blocked", "active", "ended"].map(Text::new);
    Status::KNOWN.iter().map(|status| Text::new(status.as_str())).chain(classes).collect()
}

fn tier_words(state: &State) -> Vec<Text> {
    let names = state.tiers().iter().map(|(_, tier)| tier.name.clone());
    names.chain([Text::new("none")]).collect()
}

fn project_words(state: &State) -> Vec<Text> {
    state.projects().iter().map(|(_, row)| row.value.path.clone()).collect()
}

fn node_words(state: &State) -> Vec<Text> {
    state.nodes().iter().map(|(_, row)| row.value.name.clone()).collect()
}

/// The word for what a status means to the queue, which a filter may use as well as the status itself.
fn class(status: &Status) -> &'static str {
    match status.progress() {
        Progress::Queued => "waiting",
        Progress::Blocked => "blocked",
        Progress::Running => "active",
        Progress::Ended => "ended",
    }
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "status", kind: FieldKind::Text, words: status_words,
        doc: "GitLab's status, or waiting, blocked, active, ended",
        of: |_, s| read(s, |job| Value::List([Text::new(job.status.as_str()), Text::new(class(&job.status))].into())) },
    Field { name: "tier", kind: FieldKind::Text, words: tier_words, doc: "the runner tier, or none",
        of: |cx, s| read(s, |job| job.tier.and_then(|tier| cx.state.tier(tier))
            .map_or(Value::None, |tier| Value::Text(tier.name.clone()))) },
    Field { name: "project", kind: FieldKind::Text, words: project_words, doc: "the project's path",
        of: |cx, s| read(s, |job| Value::text(cx.state.projects().get(job.project).map(|p| &p.path))) },
    Field { name: "ref", kind: FieldKind::Text, words: no_words, doc: "branch, tag or merge request",
        of: |_, s| read(s, |job| Value::Text(job.reference.clone())) },
    Field { name: "stage", kind: FieldKind::Text, words: no_words, doc: "the stage",
        of: |_, s| read(s, |job| Value::Text(job.stage.clone())) },
    Field { name: "job", kind: FieldKind::Text, words: no_words, doc: "the job's name",
        of: |_, s| read(s, |job| Value::Text(job.name.clone())) },
    Field { name: "age", kind: FieldKind::Span, words: no_words, doc: "time since it was made",
        of: |cx, s| s.job().map_or(Value::None, |row|
            Value::Seconds(exact_seconds_between(row.value.created_at, known_until(cx, row)))) },
    Field { name: "waits", kind: FieldKind::Span, words: no_words, doc: "time in the queue",
        of: |cx, s| s.job().map_or(Value::None, |row| Value::seconds(row.value.queued_seconds(known_until(cx, row)))) },
    Field { name: "runs", kind: FieldKind::Span, words: no_words, doc: "time on a runner",
        of: |cx, s| s.job().map_or(Value::None, |row| Value::seconds(row.value.duration_seconds(known_until(cx, row)))) },
    Field { name: "tag", kind: FieldKind::Text, words: no_words, doc: "a tag that a runner must carry",
        of: |_, s| read(s, |job| Value::List(std::sync::Arc::clone(&job.tags))) },
    Field { name: "runner", kind: FieldKind::Text, words: no_words, doc: "the runner that took it",
        of: |_, s| read(s, |job| Value::text(job.runner.as_ref().map(|runner| &runner.description))) },
    Field { name: "pod", kind: FieldKind::Text, words: no_words, doc: "the name or the state of its pod, or none",
        of: |cx, s| read(s, |job| pod::of(cx, job).map_or(Value::None, |pod|
            Value::List([pod.name.clone(), pod.state.clone(), Text::new(pod.stand.as_str())].into()))) },
    Field { name: "node", kind: FieldKind::Text, words: node_words, doc: "the node of its pod, where that is confirmed",
        of: |cx, s| read(s, |job| pod::of(cx, job).filter(|pod| cx.state.claim(pod).is_verified())
            .map_or(Value::None, |pod| Value::text(pod.node.as_ref()))) },
    Field { name: "reason", kind: FieldKind::Text, words: no_words, doc: "why it failed",
        of: |_, s| read(s, |job| Value::text(job.failure_reason.as_ref())) },
    Field { name: "stuck", kind: FieldKind::Bool, words: no_words, doc: "no online runner matches",
        of: |_, s| read(s, |job| Value::truth(job.stuck)) },
    Field { name: "protected", kind: FieldKind::Bool, words: no_words, doc: "the ref is protected",
        of: |cx, s| read(s, |job| Value::truth(is_protected(cx, job))) },
    Field { name: "retried", kind: FieldKind::Bool, words: no_words, doc: "an earlier try",
        of: |_, s| read(s, |job| Value::Bool(job.retried)) },
    Field { name: "allowed", kind: FieldKind::Bool, words: no_words, doc: "may fail",
        of: |_, s| read(s, |job| Value::Bool(job.allow_failure)) },
    Field { name: "pipeline", kind: FieldKind::Number, words: no_words, doc: "the pipeline's id",
        of: |_, s| read(s, |job| Value::Number(id_number(job.pipeline))) },
];

#[expect(clippy::cast_precision_loss, reason = "ids stay far below 2^52")]
fn id_number(id: PipelineId) -> f64 {
    id.0 as f64
}

static GROUPINGS: &[Grouping] = &[
    Grouping {
        name: "pipeline",
        of: |cx, s| s.job().map_or((0, 0), |row| family::place(cx.state, row.value.pipeline)),
    },
    Grouping { name: "project", of: |_, s| s.job().map_or((0, 0), |row| (0, row.value.project.0)) },
    Grouping {
        name: "tier",
        of: |_, s| {
            s.job().map_or((0, 0), |row| (row.value.tier.map_or(i64::MAX, |t| i64::from(t.0)), 0))
        },
    },
];
