//! Commands that lead to another place.

use std::collections::BTreeSet;

use super::reading::reading;
use super::{Command, Disabled, always, no_arguments};
use crate::app::log::LogView;
use crate::app::notice::Notice;
use crate::app::place::{Focus, Place};
use crate::app::{App, Effect, Errand, LogId, LogTarget, ReadRequest, list};
use crate::domain::{EntityId, Job, Pod, ProjectId, Text, Timestamp};
use crate::pane::{self, PANES};
use crate::state::State;

/// The commands.
#[rustfmt::skip] // One command a block: they are read as a table.
pub(super) static ALL: &[Command] = &[
    Command { name: "pane", scope: "global", doc: "open a pane",
        arguments: |_| PANES.iter().map(|pane| pane.about().name.to_owned()).collect(),
        enabled: always, run: open_pane },
    Command { name: "view", scope: "list", doc: "open a kind of rows of this pane",
        arguments: |app| app.ui.place().pane.about().lenses.iter().map(|lens| lens.name().to_owned()).collect(),
        enabled: always, run: open_view },
    Command { name: "view.next", scope: "list", doc: "the next kind of rows of this pane",
        arguments: no_arguments, enabled: has_views, run: |app, _, now| turn_view(app, 1, now) },
    Command { name: "view.previous", scope: "list", doc: "the previous kind of rows of this pane",
        arguments: no_arguments, enabled: has_views, run: |app, _, now| turn_view(app, -1, now) },
    Command { name: "enter", scope: "list", doc: "go into the row under the cursor",
        arguments: no_arguments, enabled: can_enter, run: enter },
    Command { name: "back", scope: "global", doc: "go up one step, or take away the filter, the marks",
        arguments: no_arguments, enabled: always, run: |app, _, now| back(app, now) },
    Command { name: "history.back", scope: "global", doc: "go to where you were before",
        arguments: no_arguments, enabled: |app| if app.ui.journey.has_past() { Ok(()) } else { Disabled::because("there is no earlier place") },
        run: |app, _, now| { app.ui.journey.past(); arrive(app, now) } },
    Command { name: "history.forward", scope: "global", doc: "undo going to where you were before",
        arguments: no_arguments, enabled: |app| if app.ui.journey.has_future() { Ok(()) } else { Disabled::because("there is no later place") },
        run: |app, _, now| { app.ui.journey.future(); arrive(app, now) } },
    Command { name: "log", scope: "list", doc: "watch the job's log",
        arguments: no_arguments, enabled: |app| job(app).map(|_| ()), run: |app, _, now| open_log(app, now) },
    Command { name: "log.container", scope: "list", doc: "watch the log of a container of the pod",
        arguments: containers, enabled: |app| pod(app).map(|_| ()), run: open_container_log },
    Command { name: "open", scope: "global", doc: "open the page in the browser",
        arguments: no_arguments, enabled: |app| page(app).map(|_| ()), run: |app, _, _| open(app) },
    Command { name: "copy", scope: "global", doc: "copy the page's address, or those of the marked rows; of an objective the queries behind its numbers",
        arguments: no_arguments, enabled: |app| copied(app).map(|_| ()), run: |app, _, _| copy(app) },
    Command { name: "copy.row", scope: "list", doc: "copy the row, or the marked rows, as text",
        arguments: no_arguments, enabled: has_row, run: |app, _, now| copy_row(app, now) },
];

fn has_views(app: &App) -> Result<(), Disabled> {
    match app.ui.place().pane.about().lenses {
        [] | [_] => Disabled::because("this pane has one kind of rows"),
        _ => Ok(()),
    }
}

fn has_row(app: &App) -> Result<(), Disabled> {
    target(app).map_or_else(|| Disabled::because("no row is under the cursor"), |_| Ok(()))
}

/// A table's row can be gone into; a job's detail leads to its log, any other where its first link leads.
fn can_enter(app: &App) -> Result<(), Disabled> {
    match &app.ui.place().focus {
        Focus::Detail(EntityId::Job(_)) => job(app).map(|_| ()),
        Focus::Detail(_) => super::join::joined(app).map(|_| ()),
        Focus::Table | Focus::Log(_) => has_row(app),
    }
}

/// What is meant: the row under the cursor, or what fills the screen.
pub(in crate::app) fn target(app: &App) -> Option<EntityId> {
    match &app.ui.place().focus {
        Focus::Table => app.ui.table().and_then(|table| table.selected().cloned()),
        Focus::Detail(id) => Some(id.clone()),
        Focus::Log(log) => Some(log.about()),
    }
}

/// What has to happen wherever one arrives: the table is asked for, feeds are demanded, another log is let go.
pub(super) fn arrive(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let mut effects = Vec::new();
    app.ui.detail.top = 0;
    match app.ui.place().focus.clone() {
        Focus::Log(log) => effects.extend(watch(app, log)),
        Focus::Table | Focus::Detail(_) => {
            if app.ui.log.take().is_some() {
                effects.push(Effect::Watch(None));
            }
            effects.extend(list::relist(app, now));
            effects.extend(read(app).map(Effect::Read));
        }
    }
    effects.push(Effect::Demand(app.demanded()));
    effects
}

/// What is looked at closely is read again: a job on the whole screen, a pipeline whose jobs are listed.
fn read(app: &App) -> Option<ReadRequest> {
    let place = app.ui.place();
    let target = match &place.focus {
        Focus::Detail(id) => id.clone(),
        Focus::Table => place.scope.clone()?,
        Focus::Log(_) => return None,
    };
    reading(app.shown(), &target)
}

fn open_pane(app: &mut App, name: &str, now: Timestamp) -> Vec<Effect> {
    let Some(place) = pane::find(name).and_then(Place::of) else {
        app.ui.notices.show(Notice::bad(format!("no pane is named `{name}`")), now);
        return Vec::new();
    };
    app.ui.journey.go(place);
    arrive(app, now)
}

fn open_view(app: &mut App, name: &str, now: Timestamp) -> Vec<Effect> {
    let here = app.ui.place().pane;
    let Some(lens) = here.about().lenses.iter().copied().find(|lens| lens.name() == name) else {
        app.ui.notices.show(Notice::bad(format!("this pane has no rows named `{name}`")), now);
        return Vec::new();
    };
    app.ui.journey.go(Place { pane: here, lens, scope: None, focus: Focus::Table });
    arrive(app, now)
}

fn turn_view(app: &mut App, step: isize, now: Timestamp) -> Vec<Effect> {
    let lenses = app.ui.place().pane.about().lenses;
    let here = lenses.iter().position(|lens| lens.name() == app.ui.place().lens.name());
    let next = here.unwrap_or(0).saturating_add(lenses.len()).saturating_add_signed(step);
    let name = lenses.get(next % lenses.len().max(1)).map_or("", |lens| lens.name());
    open_view(app, name, now)
}

/// Goes into a row: to the rows that it holds, or to its detail; from there to a job's log, or to what is joined to it.
fn enter(app: &mut App, _: &str, now: Timestamp) -> Vec<Effect> {
    let Some(id) = target(app) else { return Vec::new() };
    // Who went in comes back to the same row.
    app.ui.table_mut().is_placed = true;
    let here = app.ui.place().clone();
    if let (Focus::Detail(_), EntityId::Job(_)) = (&here.focus, &id) {
        return open_log(app, now);
    }
    if matches!(here.focus, Focus::Detail(_)) {
        return super::join::join(app, now);
    }
    let place = match here.pane.drill(&app.cx(now), &id) {
        Some(drill) => {
            Place { pane: here.pane, lens: drill.lens, scope: drill.scope, focus: Focus::Table }
        }
        None => Place { focus: Focus::Detail(id), ..here },
    };
    app.ui.journey.enter(place);
    arrive(app, now)
}

/// The nearest thing that can be undone: marks, then the filter, then the step down.
fn back(app: &mut App, now: Timestamp) -> Vec<Effect> {
    if app.ui.place().focus == Focus::Table {
        let table = app.ui.table_mut();
        if !table.marks.is_empty() {
            table.marks.clear();
            return Vec::new();
        }
        if !table.filter.is_empty() {
            return super::list::clear_filter(app, now);
        }
    }
    if app.ui.journey.back() { arrive(app, now) } else { Vec::new() }
}

/// The job of a pod that is believed; anything else is itself.
fn job_behind(app: &App, id: EntityId) -> EntityId {
    let EntityId::Pod(pod) = id else { return id };
    match app.shown().job_of_pod(pod) {
        Some((job, claim)) if claim.is_verified() => EntityId::Job(job),
        _ => id,
    }
}

/// The job that is meant.
fn job(app: &App) -> Result<&Job, Disabled> {
    match target(app).map(|id| job_behind(app, id)) {
        Some(EntityId::Job(id)) => match app.shown().jobs().get(id) {
            Some(job) => Ok(job),
            None => Disabled::because("the job is not known any more"),
        },
        _ => Disabled::because("a job has a log; choose one"),
    }
}

fn open_log(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let Ok(id) = job(app).map(|job| job.id) else { return Vec::new() };
    enter_log(app, LogId::Job(id), now)
}

fn enter_log(app: &mut App, of: LogId, now: Timestamp) -> Vec<Effect> {
    let here = app.ui.place().clone();
    app.ui.journey.enter(Place { focus: Focus::Log(of), ..here });
    arrive(app, now)
}

/// The pod that is meant: the row itself, or the pod of the job.
fn pod(app: &App) -> Result<&Pod, Disabled> {
    let state = app.shown();
    let id = match target(app) {
        Some(EntityId::Pod(id)) => Some(id),
        Some(EntityId::Job(job)) => state.pod_of_job(job),
        _ => None,
    };
    match id.and_then(|id| state.pods().get(id)) {
        Some(pod) if pod.containers.is_empty() => Disabled::because("the pod names no container"),
        Some(pod) => Ok(pod),
        None => Disabled::because("no pod is known here"),
    }
}

/// The names of the containers of the pod that is meant.
fn containers(app: &App) -> Vec<String> {
    let names = |pod: &Pod| pod.containers.iter().map(|one| one.name.to_string()).collect();
    pod(app).map(names).unwrap_or_default()
}

/// Opens the log of a container: the one that was named, else the job's own, else the first.
fn open_container_log(app: &mut App, name: &str, now: Timestamp) -> Vec<Effect> {
    let Ok(pod) = pod(app) else { return Vec::new() };
    let named = pod.containers.iter().find(|one| &*one.name == name);
    let usual = || pod.containers.iter().find(|one| &*one.name == "build");
    let any = || pod.containers.iter().find(|one| !one.is_init).or(pod.containers.first());
    let Some(container) = named.or_else(usual).or_else(any) else { return Vec::new() };
    let of = LogId::Container(pod.id, container.name.clone());
    enter_log(app, of, now)
}

fn watch(app: &mut App, of: LogId) -> Vec<Effect> {
    let target = log_target(app.shown(), &of);
    if app.ui.log.as_ref().is_none_or(|log| log.of != of) {
        app.ui.log = Some(LogView::new(of));
    }
    vec![Effect::Watch(target)]
}

/// Where a log is read; nowhere once what it is about is not known any more.
fn log_target(state: &State, of: &LogId) -> Option<LogTarget> {
    match of {
        LogId::Job(id) => state.jobs().get(*id).map(|job| {
            let path = state.projects().get(job.project).map_or(Text::new(""), |p| p.path.clone());
            LogTarget::Job { project: job.project, path, job: *id }
        }),
        LogId::Container(id, container) => state.pods().get(*id).map(|pod| LogTarget::Container {
            cluster: pod.cluster.clone(),
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
            pod: *id,
            container: container.clone(),
        }),
    }
}

/// The page of a thing.
fn page_of(app: &App, id: &EntityId) -> Option<String> {
    let state = app.shown();
    let project = |id: ProjectId| state.projects().get(id).map(|project| &project.web_url);
    match id {
        EntityId::Project(id) => project(*id).map(ToString::to_string),
        EntityId::Pipeline(id) => state
            .pipelines()
            .get(*id)
            .and_then(|pipeline| Some(format!("{}/-/pipelines/{id}", project(pipeline.project)?))),
        EntityId::Job(id) => state
            .jobs()
            .get(*id)
            .and_then(|job| Some(format!("{}/-/jobs/{id}", project(job.project)?))),
        EntityId::Finding(id) => state.runbook(id).map(ToString::to_string),
        _ => None,
    }
}

/// The page of what is under the cursor, or fills the screen.
fn page(app: &App) -> Result<String, Disabled> {
    let Some(id) = target(app) else { return Disabled::because("no row is under the cursor") };
    page_of(app, &id)
        .map_or_else(|| Disabled::because("this has no page in GitLab, and no runbook"), Ok)
}

/// The pages of the marked rows, or of what is meant where none is marked.
fn pages(app: &App) -> Result<Vec<String>, Disabled> {
    let chosen = chosen(app);
    if chosen.is_empty() {
        return Disabled::because("no row is under the cursor");
    }
    let pages: Vec<String> = chosen.iter().filter_map(|id| page_of(app, id)).collect();
    if pages.is_empty() {
        Disabled::because("this has no page in GitLab, and no runbook")
    } else {
        Ok(pages)
    }
}

/// What is meant by something that can be done to several: the marked rows of a table in their order, those that the
/// filter hides last; where none is marked, what is meant alone.
pub(in crate::app) fn chosen(app: &App) -> Vec<EntityId> {
    let table = app.ui.table().filter(|_| app.ui.place().focus == Focus::Table);
    let Some(table) = table.filter(|table| !table.marks.is_empty()) else {
        return target(app).into_iter().collect();
    };
    let mut chosen: Vec<EntityId> =
        table.listing.ids().filter(|id| table.marks.contains(id)).cloned().collect();
    if chosen.len() < table.marks.len() {
        let seen: BTreeSet<EntityId> = chosen.iter().cloned().collect();
        chosen.extend(table.marks.difference(&seen).cloned());
    }
    chosen
}

/// Opens the page, if it lies on a platform that is configured.
fn open(app: &mut App) -> Vec<Effect> {
    page(app).map_or_else(|_| Vec::new(), |page| vec![Effect::Errand(Errand::Open(page))])
}

fn copy(app: &mut App) -> Vec<Effect> {
    copied(app)
        .map_or_else(|_| Vec::new(), |lines| vec![Effect::Errand(Errand::Copy(lines.join("\n")))])
}

/// What is copied: the queries behind the chosen objectives, else pages.
fn copied(app: &App) -> Result<Vec<String>, Disabled> {
    let queries: Vec<String> = chosen(app).iter().flat_map(|id| queries(app, id)).collect();
    if queries.is_empty() { pages(app) } else { Ok(queries) }
}

/// The queries behind the numbers of an objective, each below its name: a comment to Prometheus.
fn queries(app: &App, id: &EntityId) -> Vec<String> {
    let EntityId::Slo(id) = id else { return Vec::new() };
    let Some(slo) = app.shown().slos().get(*id) else { return Vec::new() };
    slo.queries
        .iter()
        .map(|query| format!("# {}: {}\n{}", slo.key, query.name, query.text))
        .collect()
}

fn copy_row(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let Some(table) = app.ui.table() else { return Vec::new() };
    let columns = table.shown_columns(app.shown());
    let cx = app.cx(now);
    let lines: Vec<String> = chosen(app)
        .iter()
        .filter_map(|id| pane::row(&cx, table.lens, &columns, id))
        .map(|row| row.cells.iter().map(pane::block::Cell::words).collect::<Vec<_>>().join("\t"))
        .collect();
    vec![Effect::Errand(Errand::Copy(lines.join("\n")))]
}
