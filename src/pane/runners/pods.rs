//! Runner pods as rows: how far each has come, for which job, and what keeps it.

use std::collections::BTreeSet;

use super::words;
use crate::domain::time::exact_seconds_between;
use crate::domain::{Claim, EntityId, Pod, PodId, SourceId, Stand, Text};
use crate::pane::block::{Align, Cell, Mark};
use crate::pane::cells::{self, known_until};
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Grouping, Lens, LensAbout, Order, RowStanding, Shown, Subject,
    Value, Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Runner pods.
#[derive(Debug)]
pub struct Pods;

/// The one value of its kind.
pub static PODS: Pods = Pods;

static ROWS: LensAbout = LensAbout {
    name: "pods",
    noun: ("pod", "pods"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "state",
    groupings: GROUPINGS,
    feeds: &[SourceId::PODS],
};

impl Lens for Pods {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        scope: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        let of = |ids: Vec<PodId>| {
            Box::new(ids.into_iter().filter_map(|id| state.pods().row(id).map(Subject::Pod)))
        };
        match scope {
            Some(EntityId::Node(id)) => of(state.pods_of_node(*id).collect()),
            Some(EntityId::Job(id)) => of(state.pods_of_job(*id).collect()),
            _ => Box::new(state.pods().iter().map(|(_, row)| Subject::Pod(row))),
        }
    }

    fn touched(&self, state: &State, changes: &Changes) -> Vec<EntityId> {
        // A job that came or went makes its pods' claims true or doubtful.
        let of_jobs = changes.jobs.iter().flat_map(|id| state.pods_of_job(*id));
        changes.pods.iter().copied().chain(of_jobs).map(EntityId::Pod).collect()
    }

    fn is_within(&self, state: &State, scope: &EntityId, subject: Subject<'_>) -> bool {
        let Subject::Pod(row) = subject else { return false };
        match scope {
            EntityId::Node(id) => state.node_of(&row.value).is_some_and(|node| node == *id),
            EntityId::Job(id) => row.value.claimed_job == Some(*id),
            EntityId::Tier(tier) => row.value.tier == Some(*tier),
            _ => true,
        }
    }

    fn search(&self, cx: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        let Subject::Pod(row) = subject else { return };
        visit(&row.value.name);
        visit(&row.value.state);
        row.value.node.iter().for_each(|node| visit(node));
        if let Some(job) = words::verified_job(cx, &row.value) {
            visit(&job.name);
            visit(cells::path(cx.state, job.project));
        }
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        words::standing(cx, subject.pod())
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Pod) -> T) -> T {
    subject.pod().map(|row| of(&row.value)).unwrap_or_default()
}

/// How a stand is packed before an instant: 2^52 milliseconds reach far beyond any date.
const CLASS: i64 = 1 << 52;

/// What needs eyes first; of equals what has been there longest, of those that ended the youngest.
pub(super) fn state_order(pod: &Pod) -> Order {
    let class = Stand::ALL.iter().zip(0..).find(|(stand, _)| **stand == pod.stand);
    let at = match pod.stand {
        Stand::Failed | Stand::Done => {
            -pod.finished_at.map_or(pod.created_at, Into::into).as_millisecond()
        }
        _ => pod.created_at.as_millisecond(),
    };
    Order::Number(class.map_or(0, |(_, class): (_, i64)| class) * CLASS + at)
}

/// The largest first.
fn seconds_order(seconds: Option<f64>) -> Order {
    seconds.map_or(Order::Last, |seconds| Order::Number(-cells::whole(seconds * 1000.0)))
}

/// The largest first.
fn count_order(count: u64) -> Order {
    Order::Number(-i64::try_from(count).unwrap_or(i64::MAX))
}

/// Seconds from its making until all its containers were ready.
fn whole_start(pod: &Pod) -> Option<f64> {
    pod.ready_at.map(|at| exact_seconds_between(pod.created_at, at.into()).max(0.0))
}

/// Nothing needs saying of a pod that runs or ended well.
fn why_cell(pod: &Pod) -> Cell {
    match pod.stand {
        Stand::Running | Stand::Done | Stand::Ending => Cell::empty(),
        Stand::Stuck | Stand::Unplaced | Stand::Starting | Stand::Failed | Stand::Unknown => {
            words::why(pod).map_or_else(Cell::empty, Cell::dim)
        }
    }
}

fn breach_cell(cx: &Cx<'_>, pod: &Pod) -> Cell {
    match cx.state.breaches(pod.id).len() {
        0 => Cell::empty(),
        n => Cell::mark(Mark::Warning, Role::SeverityWarning)
            .and(format!(" {n}"), Role::SeverityWarning),
    }
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "pod", title: "POD", width: Width::grow(14, 44, 3), align: Align::Left,
        doc: "its name", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |pod| Cell::path(pod.name.as_str(), Role::Text)),
        order: |_, s| read(s, |pod| Order::Text(pod.name.clone())) },
    Column { name: "state", title: "STATE", width: Width::grow(19, 28, 1), align: Align::Left,
        doc: "how far it has come; ordered by what needs eyes first", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, words::state),
        order: |_, s| read(s, state_order) },
    Column { name: "breach", title: "BREACH", width: Width::fixed(6), align: Align::Left,
        doc: "promises of its tier that it breaks; the detail names them", rank: 3, shown: Shown::Always,
        cell: |cx, s| read(s, |pod| breach_cell(cx, pod)),
        order: |cx, s| read(s, |pod| match cx.state.breaches(pod.id).len() {
            0 => Order::Last,
            n => count_order(n as u64),
        }) },
    Column { name: "tier", title: "TIER", width: Width::fixed(10), align: Align::Left,
        doc: "the tier whose namespace it is in", rank: 4, shown: Shown::Always,
        cell: |cx, s| read(s, |pod| words::tier(cx, pod.tier)),
        order: |_, s| read(s, |pod| words::tier_order(pod.tier)) },
    Column { name: "cluster", title: "CLUSTER", width: Width::grow(8, 20, 1), align: Align::Left,
        doc: "the cluster, where several are watched", rank: 1, shown: Shown::SeveralClusters,
        cell: |_, s| read(s, |pod| Cell::dim(pod.cluster.as_str())),
        order: |_, s| read(s, |pod| Order::Text(pod.cluster.clone())) },
    Column { name: "namespace", title: "NAMESPACE", width: Width::grow(10, 30, 1), align: Align::Left,
        doc: "its namespace", rank: 8, shown: Shown::Wide,
        cell: |_, s| read(s, |pod| Cell::dim(pod.namespace.as_str())),
        order: |_, s| read(s, |pod| Order::Text(pod.namespace.clone())) },
    Column { name: "job", title: "JOB", width: Width::grow(16, 44, 2), align: Align::Left,
        doc: "the job that it runs; behind ? a claim that GitLab has not confirmed", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |pod| words::job(cx, pod)),
        order: |cx, s| read(s, |pod| words::verified_job(cx, pod)
            .map_or(Order::Last, |job| Order::Text(job.name.clone()))) },
    Column { name: "node", title: "NODE", width: Width::grow(13, 30, 1), align: Align::Left,
        doc: "the node that it was placed on", rank: 4, shown: Shown::Always,
        cell: |_, s| read(s, |pod| pod.node.as_ref()
            .map_or_else(Cell::dot, |node| Cell::path(words::short_node(node), Role::Text))),
        order: |_, s| read(s, |pod| Order::text(pod.node.as_ref())) },
    Column { name: "why", title: "WHY", width: Width::grow(16, 120, 14), align: Align::Left,
        doc: "what keeps it, in the scheduler's or the kubelet's words", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, why_cell),
        order: |_, s| read(s, |pod| Order::text(pod.reason.as_ref())) },
    Column { name: "cpu", title: "CPU", width: Width::fixed(5), align: Align::Right,
        doc: "the CPU that the scheduler counts for it", rank: 5, shown: Shown::Always,
        cell: |_, s| read(s, |pod| Cell::plain(cells::cores(pod.cpu_request_millis))),
        order: |_, s| read(s, |pod| count_order(pod.cpu_request_millis)) },
    Column { name: "memory", title: "MEMORY", width: Width::fixed(6), align: Align::Right,
        doc: "the memory that the scheduler counts for it", rank: 5, shown: Shown::Always,
        cell: |_, s| read(s, |pod| Cell::plain(cells::memory(pod.memory_request_bytes))),
        order: |_, s| read(s, |pod| count_order(pod.memory_request_bytes)) },
    Column { name: "split", title: "SCHED/BOX/INIT/START", width: Width::fixed(20), align: Align::Right,
        doc: "time until it was placed, its sandbox stood, its init containers ended, its containers ran", rank: 6, shown: Shown::Always,
        cell: |_, s| read(s, words::split),
        order: |_, s| read(s, |pod| seconds_order(whole_start(pod))) },
    Column { name: "restarts", title: "RESTARTS", width: Width::fixed(8), align: Align::Right,
        doc: "restarts of all its containers", rank: 7, shown: Shown::Wide,
        cell: |_, s| read(s, |pod| if pod.restarts == 0 { Cell::dim("0") } else { Cell::new(pod.restarts.to_string(), Role::SeverityWarning) }),
        order: |_, s| read(s, |pod| count_order(u64::from(pod.restarts))) },
    Column { name: "age", title: "AGE", width: Width::fixed(4), align: Align::Right,
        doc: "time since it was made", rank: 1, shown: Shown::Always,
        cell: |cx, s| s.pod().map_or_else(Cell::empty, |row|
            cells::since(Some(row.value.created_at), known_until(cx, row), Role::TextDim)),
        order: |_, s| read(s, |pod| Order::instant(Some(pod.created_at))) },
    Column { name: "schedule", title: "SCHEDULE", width: Width::fixed(8), align: Align::Right,
        doc: "time until it was placed on a node", rank: 8, shown: Shown::Wide,
        cell: |_, s| read(s, |pod| cells::seconds(pod.schedule_seconds(), Role::Text)),
        order: |_, s| read(s, |pod| seconds_order(pod.schedule_seconds())) },
    Column { name: "sandbox", title: "SANDBOX", width: Width::fixed(8), align: Align::Right,
        doc: "time from there until its sandbox and network stood", rank: 8, shown: Shown::Wide,
        cell: |_, s| read(s, |pod| cells::seconds(pod.sandbox_seconds(), Role::Text)),
        order: |_, s| read(s, |pod| seconds_order(pod.sandbox_seconds())) },
    Column { name: "init", title: "INIT", width: Width::fixed(8), align: Align::Right,
        doc: "time that its init containers took", rank: 8, shown: Shown::Wide,
        cell: |_, s| read(s, |pod| cells::seconds(pod.init_seconds(), Role::Text)),
        order: |_, s| read(s, |pod| seconds_order(pod.init_seconds())) },
    Column { name: "start", title: "START", width: Width::fixed(8), align: Align::Right,
        doc: "time that pulling images and starting containers took", rank: 8, shown: Shown::Wide,
        cell: |_, s| read(s, |pod| cells::seconds(pod.start_seconds(), Role::Text)),
        order: |_, s| read(s, |pod| seconds_order(pod.start_seconds())) },
];

/// Words that states often have.
#[rustfmt::skip] // Read as a table: of the scheduler, of init containers, of images, of containers, of ends.
const STATES: [&str; 26] = [
    "Unschedulable", "SchedulingGated", "Pending", "ContainerCreating",
    "Init", "Init:Error", "Init:OOMKilled", "Init:CrashLoopBackOff", "Init:ImagePullBackOff",
    "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName",
    "CrashLoopBackOff", "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "Running",
    "OOMKilled", "Evicted", "Terminating", "Completed", "Error", "ContainerStatusUnknown", "DeadlineExceeded",
    "Unknown",
];

/// Those and the others that pods are in, and the stands, which a filter may use as well.
fn state_words(state: &State) -> Vec<Text> {
    let stands = Stand::ALL.iter().map(|stand| Text::new(stand.as_str()));
    let mut words: Vec<Text> = stands.chain(STATES.into_iter().map(Text::new)).collect();
    let here: BTreeSet<&Text> = state.pods().iter().map(|(_, row)| &row.value.state).collect();
    words.extend(here.into_iter().filter(|word| !STATES.contains(&word.as_str())).cloned());
    words
}

fn node_words(state: &State) -> Vec<Text> {
    state.nodes().iter().map(|(_, row)| row.value.name.clone()).collect()
}

fn namespace_words(state: &State) -> Vec<Text> {
    state.tiers().iter().filter_map(|(_, tier)| tier.pods.namespace.clone()).collect()
}

/// The job's id as it was claimed, and its name where GitLab confirmed the claim.
fn job_words(cx: &Cx<'_>, pod: &Pod) -> Value {
    let Some(id) = pod.claimed_job else { return Value::None };
    let name = words::verified_job(cx, pod).map(|job| job.name.clone());
    Value::List([Text::new(&id.to_string())].into_iter().chain(name).collect())
}

/// Whether GitLab confirmed what it says about its job; unknown where it says nothing.
fn is_verified(cx: &Cx<'_>, pod: &Pod) -> Value {
    match cx.state.claim(pod) {
        Claim::None => Value::None,
        Claim::Verified => Value::Bool(true),
        Claim::Unknown | Claim::Contradicted(_) => Value::Bool(false),
    }
}

/// What keeps it, by its reason and its words; the reasons of what it was warned of while it does not run.
fn reason_words(cx: &Cx<'_>, pod: &Pod) -> Value {
    let is_kept = !matches!(pod.stand, Stand::Running | Stand::Ending | Stand::Done);
    let events = is_kept.then(|| cx.state.events_of(pod.id)).into_iter().flatten();
    let events = events.filter_map(|id| cx.state.events().get(id));
    let warned = events.filter(|event| &*event.kind == "Warning").map(|event| &event.reason);
    Value::List(pod.reason.iter().chain(&pod.message).chain(warned).cloned().collect())
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "pod", kind: FieldKind::Text, words: no_words, doc: "its name",
        of: |_, s| read(s, |pod| Value::Text(pod.name.clone())) },
    Field { name: "state", kind: FieldKind::Text, words: state_words,
        doc: "its state, or stuck, unplaced, starting, running, ending, failed, done",
        of: |_, s| read(s, |pod| Value::List([pod.state.clone(), Text::new(pod.stand.as_str())].into())) },
    Field { name: "reason", kind: FieldKind::Text, words: no_words, doc: "the reason behind the state, its words, or the reason of a warning such as FailedScheduling",
        of: |cx, s| read(s, |pod| reason_words(cx, pod)) },
    Field { name: "tier", kind: FieldKind::Text, words: words::tier_words, doc: "the runner tier, or none",
        of: |cx, s| read(s, |pod| words::tier_value(cx, pod.tier)) },
    Field { name: "cluster", kind: FieldKind::Text, words: words::cluster_words, doc: "the cluster",
        of: |_, s| read(s, |pod| Value::Text(pod.cluster.clone())) },
    Field { name: "namespace", kind: FieldKind::Text, words: namespace_words, doc: "its namespace",
        of: |_, s| read(s, |pod| Value::Text(pod.namespace.clone())) },
    Field { name: "node", kind: FieldKind::Text, words: node_words, doc: "the node that it is on, or none",
        of: |_, s| read(s, |pod| pod.node.as_ref().map_or(Value::None, words::node_value)) },
    Field { name: "group", kind: FieldKind::Text, words: words::group_words, doc: "the node group of that node",
        of: |cx, s| read(s, |pod| words::group_of(cx, pod).map_or(Value::None, Value::Text)) },
    Field { name: "job", kind: FieldKind::Text, words: no_words, doc: "the job's id, or its name where the claim is confirmed",
        of: |cx, s| read(s, |pod| job_words(cx, pod)) },
    Field { name: "project", kind: FieldKind::Text, words: no_words, doc: "the project that its label names",
        of: |cx, s| read(s, |pod| pod.project.and_then(|id| cx.state.projects().get(id))
            .map_or(Value::None, |project| Value::Text(project.path.clone()))) },
    Field { name: "verified", kind: FieldKind::Bool, words: no_words, doc: "GitLab confirms which job it runs; none: it names no job",
        of: |cx, s| read(s, |pod| is_verified(cx, pod)) },
    Field { name: "breach", kind: FieldKind::Text, words: words::breach_words, doc: "a promise of its tier that it breaks, or none",
        of: |cx, s| read(s, |pod| Value::List(cx.state.breaches(pod.id).iter().map(|breach| Text::new(breach.code())).collect())) },
    Field { name: "cpu", kind: FieldKind::Cores, words: no_words, doc: "the CPU that the scheduler counts for it",
        of: |_, s| read(s, |pod| Value::Number(cells::number(pod.cpu_request_millis) / 1000.0)) },
    Field { name: "memory", kind: FieldKind::Bytes, words: no_words, doc: "the memory that the scheduler counts for it",
        of: |_, s| read(s, |pod| Value::Number(cells::number(pod.memory_request_bytes))) },
    Field { name: "age", kind: FieldKind::Span, words: no_words, doc: "time since it was made",
        of: |cx, s| s.pod().map_or(Value::None, |row|
            Value::Seconds(exact_seconds_between(row.value.created_at, known_until(cx, row)))) },
    Field { name: "restarts", kind: FieldKind::Number, words: no_words, doc: "restarts of all its containers",
        of: |_, s| read(s, |pod| Value::Number(f64::from(pod.restarts))) },
    Field { name: "schedule", kind: FieldKind::Span, words: no_words, doc: "time until it was placed on a node",
        of: |_, s| read(s, |pod| Value::seconds(pod.schedule_seconds())) },
    Field { name: "start", kind: FieldKind::Span, words: no_words, doc: "time that pulling images and starting containers took",
        of: |_, s| read(s, |pod| Value::seconds(pod.start_seconds())) },
    Field { name: "image", kind: FieldKind::Text, words: no_words, doc: "an image of its containers",
        of: |_, s| read(s, |pod| Value::List(pod.containers.iter().map(|container| container.image.clone()).collect())) },
    Field { name: "runner", kind: FieldKind::Text, words: no_words, doc: "the short id of the runner that made it",
        of: |_, s| read(s, |pod| Value::text(pod.runner_short.as_ref())) },
];

static GROUPINGS: &[Grouping] = &[
    Grouping {
        name: "tier",
        of: |_, s| {
            s.pod().map_or((0, 0), |row| (row.value.tier.map_or(i64::MAX, |t| i64::from(t.0)), 0))
        },
    },
    // What has no node yet stands before all that has one.
    Grouping {
        name: "node",
        of: |cx, s| {
            s.pod().and_then(|row| cx.state.node_of(&row.value)).map_or((0, 0), |node| (1, node.0))
        },
    },
    Grouping {
        name: "node group",
        of: |cx, s| {
            s.pod()
                .and_then(|row| cx.state.nodes().get(cx.state.node_of(&row.value)?)?.group)
                .map_or((0, 0), |group| (1, group.0))
        },
    },
    Grouping {
        name: "namespace",
        of: |_, s| {
            s.pod().map_or((0, 0), |row| {
                (0, crate::domain::QuotaId::of(&[&row.value.cluster, &row.value.namespace]).0)
            })
        },
    },
];
