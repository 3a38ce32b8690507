//! What is known of one finding: its standing, its place in the chain, the next step, and every piece of evidence.

use super::{chain, rows};
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{EntityId, Evidence, Finding, Presence};
use crate::pane::block::{Block, Cell};
use crate::pane::lens::Cx;
use crate::theme::Role;

/// How many findings are named that follow from one, before the others are only counted.
const NAMED: usize = 6;

pub(super) fn blocks(cx: &Cx<'_>, finding: &Finding) -> Vec<Block> {
    let mut facts = standing(cx, finding);
    facts.extend(place(cx, finding));
    let evidence = finding.evidence.iter().map(|one| proof(cx, one));
    vec![
        Block::Title(Cell::new(finding.title.as_str(), Role::TextStrong)),
        Block::Facts(facts),
        Block::Title(Cell::dim("evidence")),
        Block::Lines(evidence.collect()),
    ]
}

fn fact(name: &str, words: impl Into<String>) -> (String, Cell) {
    (name.to_owned(), Cell::plain(words))
}

/// How grave it is, what to do, and who has it in hand.
fn standing(cx: &Cx<'_>, finding: &Finding) -> Vec<(String, Cell)> {
    let mut facts = vec![
        ("severity".to_owned(), rows::severity(finding)),
        ("next step".to_owned(), Cell::new(finding.next_step.as_str(), Role::TextStrong)),
    ];
    match &finding.joined.presence {
        Presence::Found => {}
        Presence::Gone(since) => {
            facts.push(fact(
                "gone since",
                format!("{}: it leaves in a moment", instant_utc(*since)),
            ));
        }
        Presence::Untold { since, because } => {
            let words = format!("since {}, because {because}", instant_utc(*since));
            facts.push(("cannot tell".to_owned(), Cell::new(words, Role::SeverityUnknown)));
        }
    }
    if let Some(hand) = &finding.joined.acknowledged {
        facts.push(fact("in hand", format!("of {} until {}", hand.by, instant_utc(hand.until))));
        facts.push(fact("because", hand.reason.as_str()));
    }
    if let Some(page) = cx.state.runbook(&finding.id) {
        facts.push(("runbook".to_owned(), Cell::new(page.as_str(), Role::Accent)));
    }
    facts
}

/// What it is about, since when, and what it has to do with other findings.
fn place(cx: &Cx<'_>, finding: &Finding) -> Vec<(String, Cell)> {
    let mut facts = vec![
        ("rule".to_owned(), Cell::dim(finding.id.code)),
        fact("about", name(cx, &finding.id.about)),
        fact("hits", finding.count.to_string()),
    ];
    match (finding.since, finding.joined.found_at) {
        (Some(since), _) => facts.push(fact("since", instant_utc(since))),
        (None, Some(at)) => facts.push(fact("seen here", format!("since {}", instant_utc(at)))),
        (None, None) => {}
    }
    for slo in chain::burned(cx.state, finding) {
        facts.push(fact("burns", format!("{} / {}", slo.service, slo.name)));
    }
    for cause in chain::above(cx.state, finding) {
        facts.push(fact("explained by", cause.title.as_str()));
    }
    let below = chain::below(cx.state, finding);
    for one in below.iter().take(NAMED) {
        facts.push(fact("explains", one.title.as_str()));
    }
    if below.len() > NAMED {
        facts.push(fact("explains", format!("{} more", below.len() - NAMED)));
    }
    facts
}

fn proof(cx: &Cx<'_>, evidence: &Evidence) -> Cell {
    let age = evidence.seen_at.map_or_else(
        || "never confirmed".to_owned(),
        |at| format!("{} ago", span(seconds_between(at, cx.now).max(0))),
    );
    Cell::dim(format!("{} = ", evidence.field))
        .and(evidence.value.as_str().to_owned(), Role::Text)
        .and(format!("   {} {age}", evidence.source), Role::TextDim)
}

/// What a finding is about, in a person's words.
fn name(cx: &Cx<'_>, about: &EntityId) -> String {
    match about {
        EntityId::Tier(index) => format!("tier {}", cx.state.tiers().name(Some(*index))),
        EntityId::Project(id) => {
            cx.state.projects().get(*id).map_or_else(|| about.to_string(), |p| p.path.to_string())
        }
        EntityId::NodeGroup(id) => cx.state.nodegroups().get(*id).map_or_else(
            || about.to_string(),
            |group| format!("node group {} of {}", group.name, group.cluster),
        ),
        EntityId::Node(id) => cx.state.nodes().get(*id).map_or_else(
            || about.to_string(),
            |node| format!("node {} of {}", node.name, node.cluster),
        ),
        EntityId::Slo(id) => cx.state.slos().get(*id).map_or_else(
            || about.to_string(),
            |slo| format!("objective {} / {}", slo.service, slo.name),
        ),
        EntityId::Job(id) => cx
            .state
            .jobs()
            .get(*id)
            .map_or_else(|| about.to_string(), |job| format!("job {}", job.name)),
        _ => about.to_string(),
    }
}
