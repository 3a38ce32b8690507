//! One pod's whole story, in the order of time.

use super::{Facts, confirmed, fact, section};
use crate::domain::time::{seconds_between, span};
use crate::domain::{BadEnd, Claim, Container, Pod, PodEvent, PodId, Stand, Timestamp};
use crate::pane::block::{Align, Block, Cell, Heading, Mark};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::pane::runners::words;
use crate::theme::Role;

pub(super) fn blocks(cx: &Cx<'_>, id: PodId) -> Option<Vec<Block>> {
    let row = cx.state.pods().row(id)?;
    let pod = &*row.value;
    let mut facts = facts(cx, pod);
    facts.extend(confirmed(cx, row));
    let mut blocks =
        vec![Block::Title(Cell::new(pod.name.as_str(), Role::TextStrong)), Block::Facts(facts)];
    blocks.extend(section("promises that it breaks", Role::SeverityWarning, breaches(cx, pod)));
    blocks.extend(section(about_reasons(pod), Role::TextDim, reasons(pod)));
    blocks.push(Block::Title(Cell::dim("its story")));
    blocks.push(Block::Timeline(story(cx, pod)));
    blocks.push(Block::Title(Cell::dim("containers")));
    blocks.push(containers(&pod.containers));
    let attempts = attempts(cx, pod);
    if attempts.len() > 1 {
        blocks.extend(section("pods that name the same job", Role::TextDim, attempts));
    }
    Some(blocks)
}

fn facts(cx: &Cx<'_>, pod: &Pod) -> Facts {
    let node = pod.node.as_ref().map_or_else(Cell::dot, |node| {
        let group = words::group_of(cx, pod).map_or_else(String::new, |group| format!("  {group}"));
        Cell::plain(node.as_str()).and(group, Role::TextDim)
    });
    let project = pod.project.and_then(|id| cx.state.projects().get(id));
    let mut facts = vec![
        fact("state", words::state(pod)),
        fact("tier", words::tier(cx, pod.tier)),
        fact("job", words::job(cx, pod)),
        fact("believed", belief(cx, pod)),
        fact("project label", cells::text(project.map(|project| &project.path), Role::Project)),
        fact("node", node),
        fact("namespace", Cell::plain(format!("{}/{}", pod.cluster, pod.namespace))),
        fact("asks for", asks(pod)),
        fact("service account", cells::text(pod.service_account.as_ref(), Role::Text)),
        fact("AWS role", cells::text(pod.aws_role.as_ref(), Role::Text)),
        fact("runner", cells::text(pod.runner_short.as_ref(), Role::Text)),
        fact("restarts", Cell::plain(pod.restarts.to_string())),
        fact("phase", Cell::dim(pod.phase.as_str())),
        fact("start", start(pod)),
    ];
    if let Some(reason) = pod.reason.as_ref().filter(|reason| **reason != pod.state) {
        facts.push(fact("reason", Cell::plain(reason.as_str())));
    }
    facts
}

/// How long each part of its start took, as far as it has come.
fn start(pod: &Pod) -> Cell {
    let parts = words::start_parts(pod).into_iter();
    let told =
        parts.filter_map(|(name, seconds)| Some(format!("{name} {}", words::took(seconds?))));
    let told: Vec<String> = told.collect();
    if told.is_empty() { Cell::dim("not placed yet") } else { Cell::plain(told.join(", ")) }
}

fn asks(pod: &Pod) -> Cell {
    let (cpu, memory) =
        (cells::cores(pod.cpu_request_millis), cells::memory(pod.memory_request_bytes));
    Cell::plain(format!("{cpu} cpu  {memory} memory"))
}

/// Whether its word about its job is believed, and why not.
fn belief(cx: &Cx<'_>, pod: &Pod) -> Cell {
    match cx.state.claim(pod) {
        Claim::None => Cell::dim("it names no job"),
        Claim::Verified => {
            Cell::mark(Mark::Fine, Role::SeverityOk).and(" GitLab and its label agree", Role::Text)
        }
        Claim::Unknown => Cell::mark(Mark::Unknown, Role::SeverityUnknown)
            .and(" a claim: GitLab has not told of that job", Role::Text),
        Claim::Contradicted(why) => Cell::mark(Mark::Bad, Role::SeverityBad)
            .and(format!(" no: {}", why.words()), Role::SeverityWarning),
    }
}

fn breaches(cx: &Cx<'_>, pod: &Pod) -> Vec<Cell> {
    let breaches = cx.state.breaches(pod.id);
    let line = |breach: &_| {
        let (mark, role) = words::gravity(*breach);
        Cell::mark(mark, role)
            .and(format!(" {}", breach.words()), Role::Text)
            .and(format!("  {}", breach.code()), Role::TextDim)
    };
    breaches.iter().map(line).collect()
}

/// What the words behind its state are: nothing keeps what runs or has ended.
fn about_reasons(pod: &Pod) -> &'static str {
    match pod.stand {
        Stand::Stuck | Stand::Unplaced | Stand::Starting | Stand::Unknown => "what keeps it",
        Stand::Failed => "why it failed",
        Stand::Running | Stand::Ending | Stand::Done => "what is said of it",
    }
}

/// The words behind its state; a scheduler's refusal line by line.
fn reasons(pod: &Pod) -> Vec<Cell> {
    pod.message.as_ref().map_or_else(Vec::new, words::refusal)
}

/// What happened to it, from its conditions and from what was said of it.
fn story(cx: &Cx<'_>, pod: &Pod) -> Vec<(Timestamp, Cell)> {
    let steps = [
        (Some(pod.created_at.into()), "made"),
        (pod.scheduled_at, "placed on a node"),
        (pod.sandbox_at, "its sandbox and network stood"),
        (pod.initialized_at, "its init containers had ended"),
        (pod.ready_at, "its containers were ready"),
        (pod.deleted_at, "told to end"),
    ];
    let mut story: Vec<(Timestamp, Cell)> = steps
        .into_iter()
        .filter_map(|(at, words)| Some((at?.into(), Cell::plain(words))))
        .collect();
    story.extend(pod.finished_at.map(|at| (at.into(), end(pod))));
    let before = pod.bad_end.iter().filter(|end| pod.finished_at != Some(end.at.into()));
    story.extend(before.map(|end| (end.at, bad_end(end))));
    let events = cx.state.events_of(pod.id).filter_map(|id| cx.state.events().get(id));
    story.extend(events.flat_map(|event| told(event)));
    story.sort_by_key(|(at, _)| *at);
    story
}

/// How it ended: with the containers that did not end well, and why.
fn end(pod: &Pod) -> Cell {
    let ended = Cell::plain("its last container ended");
    let went_well = |state: &str| matches!(state, "" | "running" | "Completed");
    let bad = pod.containers.iter().filter(|container| !went_well(&container.state));
    bad.fold(ended, |line, container| {
        let bad_end = pod.bad_end.iter().find(|end| end.container == container.name);
        let code = bad_end.map_or_else(String::new, |end| format!(", exit code {}", end.exit_code));
        line.and(format!("  {}: {}{code}", container.name, container.state), Role::SeverityBad)
    })
}

/// The end of a container that went before the pod's own, if that has come at all.
fn bad_end(end: &BadEnd) -> Cell {
    Cell::plain(format!("{} ended", end.container))
        .and(format!("  {}, exit code {}", end.reason, end.exit_code), Role::SeverityBad)
}

/// What was said: when it was said last, and before that when it was said first.
fn told(event: &PodEvent) -> impl Iterator<Item = (Timestamp, Cell)> {
    let is_repeated = event.count > 1 && event.first_at < event.last_at;
    let first = is_repeated.then(|| {
        let words = format!(", the first of {}", event.count);
        (event.first_at, Cell::new(event.reason.as_str(), role_of(event)).and(words, Role::TextDim))
    });
    first.into_iter().chain([(event.last_at, event_cell(event))])
}

fn role_of(event: &PodEvent) -> Role {
    if &*event.kind == "Warning" { Role::SeverityWarning } else { Role::Text }
}

/// What was said, how often, within what time, and by whom.
fn event_cell(event: &PodEvent) -> Cell {
    let within = seconds_between(event.first_at, event.last_at).max(0);
    let times = match event.count {
        0 | 1 => String::new(),
        count if within == 0 => format!(" ×{count}"),
        count => format!(" ×{count} in {}", span(within)),
    };
    Cell::new(event.reason.as_str(), role_of(event))
        .and(times, Role::TextDim)
        .and(format!("  {}", event.message), Role::TextDim)
        .and(format!("  {}", event.component), Role::TextDim)
}

fn containers(containers: &[Container]) -> Block {
    let headings = vec![
        Heading::new("name", 18, Align::Left),
        Heading::new("state", 18, Align::Left),
        Heading::new("starts anew", 11, Align::Right).from_width(70),
        Heading::new("image", 60, Align::Left),
    ];
    let line = |container: &Container| {
        let name = Cell::plain(container.name.as_str());
        let name = if container.is_init { name.and(" init", Role::TextDim) } else { name };
        let state = if container.state.is_empty() {
            Cell::mark(Mark::Unknown, Role::SeverityUnknown)
        } else {
            Cell::plain(container.state.as_str())
        };
        let restarts = Cell::dim(container.restarts.to_string());
        vec![name, state, restarts, Cell::path(container.image.as_str(), Role::TextDim)]
    };
    Block::Grid(headings, containers.iter().map(line).collect())
}

/// Every pod that names its job, oldest first.
fn attempts(cx: &Cx<'_>, pod: &Pod) -> Vec<Cell> {
    let Some(job) = pod.claimed_job else { return Vec::new() };
    let mut pods: Vec<&Pod> = cx
        .state
        .pods_of_job(job)
        .filter_map(|id| cx.state.pods().get(id))
        .map(AsRef::as_ref)
        .collect();
    pods.sort_by_key(|pod| pod.created_at);
    pods.into_iter().map(|other| words::attempt(cx, other, Some(pod.id))).collect()
}
