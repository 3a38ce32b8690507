//! Projects as rows: who has work, and how the last hour went.

use crate::domain::time::exact_seconds_between;
use crate::domain::{EntityId, Project, SourceId};
use crate::pane::block::{Align, Cell, Mark};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, ProjectSummary, State};
use crate::theme::Role;

/// Projects.
#[derive(Debug)]
pub struct Projects;

/// The one value of its kind.
pub static PROJECT_ROWS: Projects = Projects;

static ROWS: LensAbout = LensAbout {
    name: "projects",
    noun: ("project", "projects"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "waiting",
    groupings: &[],
    feeds: &[SourceId::PROJECTS],
};

impl Lens for Projects {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.projects().iter().map(|(_, row)| Subject::Project(row)))
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        changes.projects.iter().copied().map(EntityId::Project).collect()
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        if let Subject::Project(row) = subject {
            visit(&row.value.path);
        }
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let Subject::Project(row) = subject else {
            return RowStanding::default();
        };
        let is_stale = cx.state.is_stale(row, row.seen_at(), cx.now);
        RowStanding { is_stale, changed_at: None, group: None }
    }
}

fn read<T: Default>(
    cx: &Cx<'_>,
    subject: Subject<'_>,
    of: impl FnOnce(&Project, ProjectSummary) -> T,
) -> T {
    subject
        .project()
        .map(|row| of(&row.value, cx.state.project_summary(row.value.id)))
        .unwrap_or_default()
}

/// A count, quiet when nothing is there.
fn count(count: u64) -> Cell {
    if count == 0 { Cell::dot() } else { Cell::plain(count.to_string()) }
}

/// More first.
fn more_first(count: u64) -> Order {
    Order::Number(-i64::try_from(count).unwrap_or(i64::MAX))
}

/// Whether the youngest ended pipeline of some protected ref failed, and of how many refs.
fn failing_refs(cx: &Cx<'_>, project: &Project) -> Option<usize> {
    project.protected_refs.as_ref()?;
    Some(cx.state.failing_refs(project.id).len())
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "project", title: "PROJECT", width: Width::grow(20, 60, 3), align: Align::Left,
        doc: "the full path", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |p, _| Cell::path(p.path.as_str(), Role::Project)),
        order: |cx, s| read(cx, s, |p, _| Order::Text(p.path.clone())) },
    Column { name: "waiting", title: "WAITING", width: Width::fixed(8), align: Align::Right,
        doc: "jobs that wait for a runner", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |_, sum| count(sum.waiting)),
        order: |cx, s| read(cx, s, |_, sum| more_first(sum.waiting * 1_000_000 + sum.running)) },
    Column { name: "running", title: "RUNNING", width: Width::fixed(8), align: Align::Right,
        doc: "jobs on a runner", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |_, sum| count(sum.running)),
        order: |cx, s| read(cx, s, |_, sum| more_first(sum.running)) },
    Column { name: "ended", title: "LAST HOUR", width: Width::fixed(16), align: Align::Right,
        doc: "jobs that ended in the last hour: well, badly", rank: 3, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |_, sum| {
            let ended = sum.outcomes.success + sum.outcomes.failed;
            if ended == 0 { return Cell::dot(); }
            let failed = if sum.outcomes.failed > 0 { Role::StatusFailed } else { Role::TextDim };
            Cell::plain(format!("{} ok ", sum.outcomes.success)).and(format!("{} bad", sum.outcomes.failed), failed)
        }),
        order: |cx, s| read(cx, s, |_, sum| more_first(sum.outcomes.failed)) },
    Column { name: "platform", title: "PLATFORM OK", width: Width::fixed(11), align: Align::Right,
        doc: "share of the last hour's jobs that the platform did not spoil; a team's own script failures do not count", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |_, sum| platform(sum)),
        order: |cx, s| read(cx, s, |_, sum| sum.outcomes.platform_success()
            .map_or(Order::Last, |share| Order::Number(cells::whole(share * 1e6)))) },
    Column { name: "protected", title: "PROTECTED REFS", width: Width::fixed(14), align: Align::Left,
        doc: "protected refs whose last pipeline failed", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |p, _| match failing_refs(cx, p) {
            None => Cell::dim("not read"),
            Some(0) => Cell::mark(Mark::Fine, Role::SeverityOk),
            Some(n) => Cell::mark(Mark::Bad, Role::SeverityBad).and(format!(" {n} failing"), Role::SeverityBad),
        }),
        order: |cx, s| read(cx, s, |p, _| failing_refs(cx, p).map_or(Order::Last, |n| more_first(n as u64))) },
    Column { name: "branch", title: "DEFAULT", width: Width::grow(6, 16, 1), align: Align::Left,
        doc: "the default branch", rank: 5, shown: Shown::Wide,
        cell: |cx, s| read(cx, s, |p, _| cells::text(p.default_branch.as_ref(), Role::Ref)),
        order: |cx, s| read(cx, s, |p, _| Order::text(p.default_branch.as_ref())) },
    Column { name: "activity", title: "ACTIVITY", width: Width::fixed(8), align: Align::Right,
        doc: "time since GitLab last saw activity", rank: 4, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |p, _| cells::since(p.last_activity_at, cx.now, Role::TextDim)),
        order: |cx, s| read(cx, s, |p, _| p.last_activity_at
            .map_or(Order::Last, |at| Order::Number(-at.as_millisecond()))) },
];

/// The platform's share of success; n/a while reasons are unread.
fn platform(summary: ProjectSummary) -> Cell {
    match summary.outcomes.platform_success() {
        Some(share) if share < 1.0 => Cell::new(cells::per_cent(share), Role::SeverityWarning),
        Some(share) => Cell::plain(cells::per_cent(share)),
        None if summary.outcomes.unread > 0 => Cell::dim("n/a"),
        None => Cell::dot(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of jobs stay far below 2^52")]
fn number(count: u64) -> Value {
    Value::Number(count as f64)
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "project", kind: FieldKind::Text, words: no_words, doc: "the full path",
        of: |cx, s| read(cx, s, |p, _| Value::Text(p.path.clone())) },
    Field { name: "waiting", kind: FieldKind::Number, words: no_words, doc: "jobs that wait for a runner",
        of: |cx, s| read(cx, s, |_, sum| number(sum.waiting)) },
    Field { name: "running", kind: FieldKind::Number, words: no_words, doc: "jobs on a runner",
        of: |cx, s| read(cx, s, |_, sum| number(sum.running)) },
    Field { name: "failed", kind: FieldKind::Number, words: no_words, doc: "jobs that failed in the last hour",
        of: |cx, s| read(cx, s, |_, sum| number(sum.outcomes.failed)) },
    Field { name: "failing", kind: FieldKind::Number, words: no_words, doc: "protected refs whose last pipeline failed",
        of: |cx, s| read(cx, s, |p, _| failing_refs(cx, p).map_or(Value::None, |n| number(n as u64))) },
    Field { name: "activity", kind: FieldKind::Span, words: no_words, doc: "time since GitLab last saw activity",
        of: |cx, s| read(cx, s, |p, _| p.last_activity_at
            .map_or(Value::None, |at| Value::Seconds(exact_seconds_between(at, cx.now)))) },
];
