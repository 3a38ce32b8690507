//! Pipelines as rows, each family together: parents above the pipelines that they triggered.

use super::family;
use crate::domain::time::exact_seconds_between;
use crate::domain::{EntityId, Pipeline, PipelineId, SourceId, Status, Text};
use crate::pane::block::{Align, Cell, Piece};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Grouping, Lens, LensAbout, Order, RowStanding, Shown, Subject,
    Value, Width, no_words,
};
use crate::state::{Changes, Standing, State};
use crate::theme::Role;

/// Pipelines.
#[derive(Debug)]
pub struct Pipelines;

/// The one value of its kind.
pub static PIPELINE_ROWS: Pipelines = Pipelines;

static ROWS: LensAbout = LensAbout {
    name: "pipelines",
    noun: ("pipeline", "pipelines"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "status",
    groupings: GROUPINGS,
    feeds: &[SourceId::QUEUE],
};

impl Lens for Pipelines {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        scope: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        let of = |ids: Vec<PipelineId>| {
            Box::new(
                ids.into_iter().filter_map(|id| state.pipelines().row(id).map(Subject::Pipeline)),
            )
        };
        match scope {
            Some(EntityId::Project(id)) => of(state.pipelines_of(*id).collect()),
            Some(EntityId::Pipeline(id)) => of(family::members(state, *id)),
            _ => Box::new(state.pipelines().iter().map(|(_, row)| Subject::Pipeline(row))),
        }
    }

    fn touched(&self, state: &State, changes: &Changes) -> Vec<EntityId> {
        let moved = changes.moved.iter().flat_map(|id| family::members(state, *id));
        let renamed = changes.renamed.iter().flat_map(|id| state.pipelines_of(*id));
        let all = changes.pipelines.iter().copied().chain(moved).chain(renamed);
        all.map(EntityId::Pipeline).collect()
    }

    fn is_within(&self, state: &State, scope: &EntityId, subject: Subject<'_>) -> bool {
        let Subject::Pipeline(row) = subject else { return false };
        match scope {
            EntityId::Project(id) => row.value.project == *id,
            EntityId::Pipeline(id) => family::root(state, row.value.id) == family::root(state, *id),
            _ => true,
        }
    }

    fn search(&self, cx: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        let Subject::Pipeline(row) = subject else { return };
        visit(cells::path(cx.state, row.value.project));
        visit(&row.value.reference);
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let Subject::Pipeline(row) = subject else {
            return RowStanding::default();
        };
        let seen_at = if row.value.status.has_ended() {
            cx.now
        } else {
            cx.state.confirmed_at(row.value.project).unwrap_or(row.seen_at()).max(row.seen_at())
        };
        RowStanding {
            is_stale: cx.state.is_stale(row, seen_at, cx.now),
            changed_at: row.changed_at(),
            group: Some(EntityId::Project(row.value.project)),
        }
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Pipeline) -> T) -> T {
    subject.pipeline().map(|row| of(&row.value)).unwrap_or_default()
}

/// The project's path, pushed in by as many steps as the pipeline stands below its family's top.
fn family_cell(cx: &Cx<'_>, pipeline: &Pipeline) -> Cell {
    let path = cells::path(cx.state, pipeline.project);
    let depth = family::depth(cx.state, pipeline.id);
    if depth == 0 {
        return Cell::path(path, Role::Project);
    }
    let lead = format!("{}└ ", "  ".repeat(depth - 1));
    let mut cell = Cell::dim(lead);
    cell.0.push(Piece::Path(path.to_owned(), Role::Project));
    cell
}

/// How its jobs stand, as `2 failed · 3 running · 14 success`; "≥" where not all were read.
fn jobs_cell(cx: &Cx<'_>, pipeline: &Pipeline) -> Cell {
    let summary = cx.state.summary(pipeline.id);
    let mut counts: Vec<(Status, u16)> = summary.counts.iter().collect();
    counts.sort_by_key(|(status, _)| importance(status));
    let mut cell = Cell::empty();
    if !pipeline.jobs_complete {
        cell = cell.and("≥ ", Role::TextDim);
    }
    for (place, (status, count)) in counts.into_iter().enumerate() {
        if place > 0 {
            cell = cell.and("  ", Role::TextDim);
        }
        let role = cells::status_role(&status);
        cell.0.push(Piece::Mark(cells::status_mark(&status), role));
        cell = cell.and(format!("{count}"), role);
    }
    if summary.counts.unknown() > 0 {
        cell = cell.and(format!("  ?{}", summary.counts.unknown()), Role::StatusOther);
    }
    cell
}

/// Failures first, then what moves, then what is done.
fn importance(status: &Status) -> u8 {
    match status {
        Status::Failed => 0,
        status => status.rank() + 1,
    }
}

/// Families by what needs eyes first. Within a family ids break the tie, and a parent is older than its children.
fn standing_order(cx: &Cx<'_>, pipeline: &Pipeline) -> Order {
    let (place, _) = family::place(cx.state, pipeline.id);
    Order::Number(place)
}

fn duration_seconds(cx: &Cx<'_>, pipeline: &Pipeline) -> Option<f64> {
    let started_at = pipeline.started_at?;
    let until = match pipeline.finished_at {
        Some(finished_at) => finished_at,
        None if pipeline.status.has_ended() => return pipeline.duration_seconds,
        None => cx.now,
    };
    Some(exact_seconds_between(started_at, until).max(0.0))
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "project", title: "PROJECT", width: Width::grow(16, 44, 3), align: Align::Left,
        doc: "the project's path; a triggered pipeline stands under its parent", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |p| family_cell(cx, p)),
        order: |cx, s| read(s, |p| Order::Text(Text::new(cells::path(cx.state, p.project)))) },
    Column { name: "ref", title: "REF", width: Width::grow(8, 28, 1), align: Align::Left,
        doc: "branch, tag or merge request", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |p| {
            let role = match cx.state.projects().get(p.project).and_then(|known| known.protects(&p.reference)) {
                Some(true) => Role::TextStrong,
                _ => Role::Ref,
            };
            Cell::new(cells::short_ref(&p.reference), role)
        }),
        order: |_, s| read(s, |p| Order::Text(p.reference.clone())) },
    Column { name: "number", title: "#", width: Width::fixed(8), align: Align::Right,
        doc: "its number within the project", rank: 6, shown: Shown::Always,
        cell: |_, s| read(s, |p| p.iid.map_or_else(Cell::dot, |iid| Cell::dim(iid.to_string()))),
        order: |_, s| read(s, |p| Order::Number(i64::try_from(p.id.0).unwrap_or(i64::MAX))) },
    Column { name: "status", title: "STATUS", width: Width::fixed(12), align: Align::Left,
        doc: "GitLab's status; ordered by what needs eyes first", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |p| cells::status(&p.status)),
        order: |cx, s| read(s, |p| standing_order(cx, p)) },
    Column { name: "jobs", title: "JOBS", width: Width::grow(14, 34, 2), align: Align::Left,
        doc: "how its jobs stand", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |p| jobs_cell(cx, p)),
        order: |cx, s| read(s, |p| Order::Number(-i64::from(cx.state.summary(p.id).counts.total()))) },
    Column { name: "source", title: "SOURCE", width: Width::grow(8, 22, 1), align: Align::Left,
        doc: "what started it", rank: 5, shown: Shown::Always,
        cell: |_, s| read(s, |p| cells::text(p.source.as_ref(), Role::TextDim)),
        order: |_, s| read(s, |p| Order::text(p.source.as_ref())) },
    Column { name: "runs", title: "RUNS", width: Width::fixed(7), align: Align::Right,
        doc: "time since its first job started, or in all", rank: 3, shown: Shown::Always,
        cell: |cx, s| read(s, |p| cells::seconds(duration_seconds(cx, p), Role::Text)),
        order: |_, s| read(s, |p| Order::instant(p.started_at)) },
    Column { name: "age", title: "AGE", width: Width::fixed(5), align: Align::Right,
        doc: "time since it was made", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |p| cells::since(Some(p.created_at), cx.now, Role::TextDim)),
        order: |_, s| read(s, |p| Order::instant(Some(p.created_at))) },
    Column { name: "sha", title: "COMMIT", width: Width::fixed(9), align: Align::Left,
        doc: "the commit, in short", rank: 7, shown: Shown::Wide,
        cell: |_, s| read(s, |p| Cell::dim(p.sha.chars().take(8).collect::<String>())),
        order: |_, s| read(s, |p| Order::Text(p.sha.clone())) },
];

fn status_words(_: &State) -> Vec<Text> {
    let standings = ["waiting", "active", "blocked", "ended"].map(Text::new);
    Status::KNOWN.iter().map(|status| Text::new(status.as_str())).chain(standings).collect()
}

/// What starts pipelines, in GitLab's words (`app/models/concerns/enums/ci/pipeline.rb`).
const SOURCES: [&str; 16] = [
    "push",
    "web",
    "trigger",
    "schedule",
    "api",
    "external",
    "pipeline",
    "chat",
    "webide",
    "merge_request_event",
    "external_pull_request_event",
    "parent_pipeline",
    "ondemand_dast_scan",
    "ondemand_dast_validation",
    "security_orchestration_policy",
    "container_registry_push",
];

fn source_words(_: &State) -> Vec<Text> {
    SOURCES.map(Text::new).to_vec()
}

fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Queued => "waiting",
        Standing::Running => "active",
        Standing::Blocked => "blocked",
        Standing::Ended => "ended",
    }
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "status", kind: FieldKind::Text, words: status_words,
        doc: "GitLab's status, or waiting, active, blocked, ended",
        of: |cx, s| read(s, |p| Value::List([Text::new(p.status.as_str()),
            Text::new(standing_word(cx.state.summary(p.id).standing()))].into())) },
    Field { name: "project", kind: FieldKind::Text, words: no_words, doc: "the project's path",
        of: |cx, s| read(s, |p| Value::text(cx.state.projects().get(p.project).map(|known| &known.path))) },
    Field { name: "ref", kind: FieldKind::Text, words: no_words, doc: "branch, tag or merge request",
        of: |_, s| read(s, |p| Value::Text(p.reference.clone())) },
    Field { name: "source", kind: FieldKind::Text, words: source_words, doc: "what started it",
        of: |_, s| read(s, |p| Value::text(p.source.as_ref())) },
    Field { name: "sha", kind: FieldKind::Text, words: no_words, doc: "the commit",
        of: |_, s| read(s, |p| Value::Text(p.sha.clone())) },
    Field { name: "age", kind: FieldKind::Span, words: no_words, doc: "time since it was made",
        of: |cx, s| read(s, |p| Value::Seconds(exact_seconds_between(p.created_at, cx.now))) },
    Field { name: "runs", kind: FieldKind::Span, words: no_words, doc: "time since its first job started",
        of: |cx, s| read(s, |p| Value::seconds(duration_seconds(cx, p))) },
    Field { name: "protected", kind: FieldKind::Bool, words: no_words, doc: "the ref is protected",
        of: |cx, s| read(s, |p| Value::truth(cx.state.projects().get(p.project)
            .and_then(|known| known.protects(&p.reference)))) },
    Field { name: "child", kind: FieldKind::Bool, words: no_words, doc: "another pipeline triggered it",
        of: |_, s| read(s, |p| Value::Bool(p.parent.is_some())) },
];

static GROUPINGS: &[Grouping] = &[Grouping {
    name: "project",
    of: |_, s| s.pipeline().map_or((0, 0), |row| (0, row.value.project.0)),
}];
