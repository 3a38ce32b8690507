//! Why something waits, as blocks: the answer, the next step, every step with its evidence, and what could not be told.

use super::block::{Block, Cell, Mark};
use super::cells;
use super::lens::Cx;
use crate::domain::time::{coarse, seconds_between, span};
use crate::domain::{EntityId, Evidence};
use crate::theme::Role;
use crate::why::{Answer, Certainty, Concern, Diagnosis, Explanation, Share, Step};

/// How many shares of the fleet are told.
const SHARES: usize = 6;

/// Columns before the evidence of a step.
const INDENT: &str = "          ";

/// What is explained, for the title of the answer.
pub fn title(cx: &Cx<'_>, about: &EntityId) -> String {
    match about {
        EntityId::Job(id) => {
            let job = cx.state.jobs().get(*id);
            job.map_or_else(
                || format!("job {id}"),
                |job| format!("{} #{id}  {}", job.name, cells::path(cx.state, job.project)),
            )
        }
        EntityId::Pipeline(id) => {
            let pipeline = cx.state.pipelines().get(*id);
            pipeline.map_or_else(
                || format!("pipeline {id}"),
                |one| format!("pipeline {id}  {}", cells::path(cx.state, one.project)),
            )
        }
        EntityId::Pod(id) => {
            cx.state.pods().get(*id).map_or_else(|| "a pod".to_owned(), |pod| pod.name.to_string())
        }
        EntityId::Project(id) => cells::path(cx.state, *id).to_owned(),
        EntityId::NodeGroup(id) => cx.state.nodegroups().get(*id).map_or_else(
            || "a node group".to_owned(),
            |group| format!("node group {}", group.name),
        ),
        EntityId::Tier(index) => format!("tier {}", cx.state.tiers().name(Some(*index))),
        other => other.to_string(),
    }
}

/// The answer as blocks.
pub fn blocks(cx: &Cx<'_>, explanation: &Explanation) -> Vec<Block> {
    let mut out = Vec::new();
    match &explanation.diagnosis {
        Some(diagnosis) => {
            out.extend(answer(cx, explanation, diagnosis));
            out.push(Block::Title(Cell::dim("how that was found")));
            out.push(Block::Lines(diagnosis.steps.iter().flat_map(|one| step(cx, one)).collect()));
            out.extend(undecided(diagnosis));
        }
        None => out.push(Block::Lines(vec![Cell::plain("nothing is known of it that could wait")])),
    }
    out.extend(fleet(cx, explanation));
    out
}

fn answer(cx: &Cx<'_>, explanation: &Explanation, diagnosis: &Diagnosis) -> Vec<Block> {
    let (mark, role) = sign(diagnosis);
    let head = Cell::mark(mark, role).and(format!(" {}", diagnosis.title), Role::TextStrong);
    let fact = |name: &str, words: String| (name.to_owned(), Cell::plain(words));
    let mut facts = vec![fact("next step", diagnosis.next_step.to_string())];
    facts.push(fact("who", diagnosis.who.words().to_owned()));
    if let Some(act) = diagnosis.first_act() {
        facts.push(fact("act", act.to_owned()));
    }
    let sure = match &diagnosis.certainty {
        Certainty::Certain => Cell::plain("certain"),
        Certainty::Likely => Cell::new("likely", Role::SeverityWarning),
        Certainty::CannotTell(because) => Cell::mark(Mark::Unknown, Role::SeverityUnknown)
            .and(format!(" cannot tell, because {because}"), Role::SeverityUnknown),
    };
    facts.push(("certainty".to_owned(), sure));
    for deadline in &diagnosis.deadlines {
        facts.push(fact("ends", deadline.words(cx.now)));
    }
    if explanation.shared_by > 1 {
        facts.push(fact("shared by", format!("{} waiting jobs", explanation.shared_by)));
    }
    facts.push(("leaf".to_owned(), Cell::dim(leaf(diagnosis))));
    let mut lines = vec![head];
    if let Some(cause) = &diagnosis.cause {
        let sure = if cause.certainty == Certainty::Certain { "" } else { " (likely)" };
        lines.push(Cell::dim("  itself: ").and(format!("{}{sure}", cause.title), Role::Text));
    }
    if explanation.about != diagnosis.target {
        lines.push(Cell::dim(format!("  told of {}", title(cx, &diagnosis.target))));
    }
    let facts = facts.into_iter().map(|(name, cell)| {
        let mut line = Cell::dim(format!("  {name:<10} "));
        line.0.extend(cell.0);
        line
    });
    vec![Block::Lines(lines), Block::Lines(facts.collect())]
}

/// The place in the tree, and that of what it waits on.
fn leaf(diagnosis: &Diagnosis) -> String {
    let own = format!("{}, {}", diagnosis.leaf.code(), diagnosis.leaf.about().name);
    match &diagnosis.cause {
        Some(cause) => format!("{own}; then {}, {}", cause.leaf.code(), cause.leaf.about().name),
        None => own,
    }
}

fn sign(diagnosis: &Diagnosis) -> (Mark, Role) {
    match (&diagnosis.certainty, diagnosis.concern) {
        (Certainty::CannotTell(_), _) => (Mark::Unknown, Role::SeverityUnknown),
        (_, Concern::Act) => (Mark::Bad, Role::SeverityBad),
        (_, Concern::Watch) => (Mark::Warning, Role::SeverityWarning),
        (_, Concern::Calm) => (Mark::Fine, Role::SeverityOk),
    }
}

fn step(cx: &Cx<'_>, step: &Step) -> Vec<Cell> {
    let (word, role) = match step.answer {
        Answer::Yes => ("yes", Role::Text),
        Answer::No => ("no", Role::TextDim),
        Answer::Unknown => ("unknown", Role::SeverityUnknown),
    };
    // The first questions of a place are answered with words, not with yes or no.
    let is_open = !step.evidence.is_empty() && step.question.starts_with("what ")
        || step.question.starts_with("how ");
    let word = if is_open && step.answer != Answer::Unknown { "" } else { word };
    let mut head = Cell::new(format!("  {:<7} ", step.branch), Role::Accent)
        .and(format!("{} ", step.question), Role::TextDim)
        .and(word, role);
    if !step.text.is_empty() {
        head = head.and(format!("  {}", step.text), role);
    }
    std::iter::once(head).chain(step.evidence.iter().map(|one| proof(cx, one))).collect()
}

fn proof(cx: &Cx<'_>, evidence: &Evidence) -> Cell {
    let age = evidence.seen_at.map(|at| coarse(seconds_between(at, cx.now)));
    let age = age.map_or_else(String::new, |age| format!(", {age} ago"));
    Cell::dim(format!("{INDENT}{} = ", evidence.field))
        .and(evidence.value.to_string(), Role::Text)
        .and(format!("  ({}{age})", evidence.source), Role::TextDim)
}

fn undecided(diagnosis: &Diagnosis) -> Vec<Block> {
    if diagnosis.undecided.is_empty() {
        return Vec::new();
    }
    let line = |one: &crate::why::Undecided| {
        Cell::new(format!("  {:<7} ", one.branch), Role::Accent)
            .and(one.because.to_string(), Role::SeverityUnknown)
    };
    vec![
        Block::Title(Cell::dim("what could not be decided")),
        Block::Lines(diagnosis.undecided.iter().map(line).collect()),
    ]
}

fn fleet(cx: &Cx<'_>, explanation: &Explanation) -> Vec<Block> {
    if explanation.fleet.is_empty() {
        return Vec::new();
    }
    let mut lines: Vec<Cell> =
        explanation.fleet.iter().take(SHARES).flat_map(|one| share(cx, one)).collect();
    let more = explanation.fleet.len().saturating_sub(SHARES);
    if more > 0 {
        lines.push(Cell::dim(format!("  and {more} more reasons")));
    }
    vec![Block::Title(Cell::dim("the waiting jobs by what they share")), Block::Lines(lines)]
}

fn share(cx: &Cx<'_>, share: &Share) -> Vec<Cell> {
    let role = match share.concern {
        Concern::Act => Role::SeverityBad,
        Concern::Watch => Role::SeverityWarning,
        Concern::Calm => Role::TextDim,
    };
    let since = share.since.map(|at| span(seconds_between(at, cx.now).max(0)));
    let since = since.map_or_else(String::new, |since| format!("  oldest {since}"));
    let tiers: Vec<&str> = share.tiers.iter().map(|tier| cx.state.tiers().name(*tier)).collect();
    let act = share.first_act.map_or_else(String::new, |act| format!("{act}: "));
    vec![
        Cell::new(format!("  {:>5}  ", share.count), role)
            .and(share.title.to_string(), Role::Text)
            .and(format!("  {}{since}", tiers.join(" ")), Role::TextDim),
        Cell::dim(format!("{INDENT}{act}{}", share.next_step)),
    ]
}
