//! What is known of one exception, and of one request.

use super::{drift, guard, history, uses, words};
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{
    Artefact, Bar, ExceptionDecision, ExceptionRequest, ExceptionState, Filed, Flaw, FlawSeverity,
    MergeStand, Record, Text,
};
use crate::pane::block::{Block, Cell};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::state::Row;
use crate::theme::Role;

fn fact(name: &str, cell: Cell) -> (String, Cell) {
    (name.to_owned(), cell)
}

fn plain(name: &str, words: impl Into<String>) -> (String, Cell) {
    fact(name, Cell::plain(words))
}

pub(super) fn exception(cx: &Cx<'_>, row: &Row<Filed>) -> Vec<Block> {
    let filed = &*row.value;
    let record = &filed.record;
    let mut facts = vec![
        fact("state", words::standing_of(cx, filed)),
        fact("ends in", words::countdown(cx, filed)),
        plain("until", words::stamp(record.expires_at)),
        plain("from", words::stamp(record.starts_at)),
    ];
    facts.extend(about(record));
    facts.extend(lineage(cx, filed));
    facts.push(fact("file", Cell::path(format!("{}:{}", filed.project, filed.path), Role::Text)));
    facts.push(plain("commit", filed.commit.chars().take(8).collect::<String>()));
    if !filed.flaws.is_empty() {
        facts.push(fact("flaws", Cell::new(words::names(&filed.flaws), Role::SeverityWarning)));
    }
    let mut blocks = vec![title(record)];
    blocks.extend(revocation(cx, filed));
    blocks.push(Block::Facts(facts));
    blocks.extend(drift::of_record(cx, &record.id));
    blocks.extend(uses::blocks(cx, filed));
    blocks.extend(enforced(cx, filed));
    blocks.extend(history::blocks(cx, filed));
    blocks.extend(listed("controls instead", &record.controls));
    blocks.extend(listed("evidence", &record.evidence));
    blocks
}

/// That somebody asks to take it back, and that until then it holds.
fn revocation(cx: &Cx<'_>, filed: &Filed) -> Option<Block> {
    let request = cx.state.revocation_of(filed)?;
    let age = span(seconds_between(request.opened_at, cx.now).max(0));
    let words = format!(
        "revocation requested by {} {age} ago, !{}: what it allows is in force until that is merged",
        request.author, request.iid
    );
    Some(Block::Lines(vec![Cell::new(words, Role::SeverityWarning)]))
}

fn title(record: &Record) -> Block {
    Block::Title(Cell::new(format!("{}  {}", record.id, record.title), Role::TextStrong))
}

/// What the record itself says.
fn about(record: &Record) -> Vec<(String, Cell)> {
    let mut facts = vec![
        plain("kind", record.kind.name()),
        plain("scope", words::scope(&record.scope)),
        plain("requester", record.requester.to_string()),
    ];
    match &record.owner {
        Some(owner) => facts.push(plain("owner", owner.to_string())),
        None => facts.push(fact("owner", Cell::new("nobody", Role::SeverityBad))),
    }
    facts.push(plain("approvers", words::names(&record.approvers)));
    if !record.beneficiaries.is_empty() {
        facts.push(plain("beneficiaries", words::names(&record.beneficiaries)));
    }
    facts.push(plain("why", record.justification.to_string()));
    facts.push(plain("risk", record.risk.to_string()));
    let optional = [("risk left", &record.residual_risk), ("ticket", &record.ticket)];
    let optional = optional.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
    facts.extend(optional.map(|(name, text)| plain(name, text.to_string())));
    facts.extend(record.revocation.as_ref().map(|one| decision("revoked", one)));
    facts.extend(record.closed.as_ref().map(|one| decision("closed", one)));
    facts
}

fn decision(name: &str, decision: &ExceptionDecision) -> (String, Cell) {
    let ExceptionDecision { at, by, reason } = decision;
    plain(name, format!("{} by {by}: {reason}", words::stamp(*at)))
}

/// What it renews, what renews it, and since when all of that holds.
fn lineage(cx: &Cx<'_>, filed: &Filed) -> Vec<(String, Cell)> {
    let lineage = cx.state.lineage(filed);
    let mut facts = Vec::new();
    if let Some(renews) = &filed.record.renews {
        let sign = if lineage.is_whole { "" } else { "at least " };
        let cell = Cell::plain(format!("{renews}, {sign}{} in all", lineage.renewals));
        facts.push(fact("renews", cell));
    }
    if let Some(renewal) = cx.state.renewal_of(filed) {
        let words =
            format!("{} from {}", renewal.record.id, words::stamp(renewal.record.starts_at));
        facts.push(plain("renewed by", words));
    }
    let age = seconds_between(lineage.since, cx.now);
    if age >= 0 {
        facts.push(plain("age", format!("{} since the first grant", span(age))));
    }
    facts
}

/// What puts it into force; once it is over, what may still be.
fn enforced(cx: &Cx<'_>, filed: &Filed) -> Vec<Block> {
    let artefacts = &filed.record.artefacts;
    let heading = match cx.state.exception_state(filed, cx.now) {
        ExceptionState::Expired | ExceptionState::Revoked => {
            "what put it into force; whether it is gone was not checked"
        }
        _ if cx.state.revocation_of(filed).is_some() => "what is still in force",
        _ => "what puts it into force",
    };
    if artefacts.is_empty() {
        return vec![Block::Title(Cell::dim("its record names nothing that puts it into force"))];
    }
    let lines = artefacts.iter().map(|artefact| Cell::plain(told(artefact))).collect();
    vec![Block::Title(Cell::dim(heading)), Block::Lines(lines)]
}

/// An artefact in one line: `trivy  acme/shop:.trivyignore  CVE-2026-0001`.
fn told(artefact: &Artefact) -> String {
    let home = artefact.project.as_ref().or(artefact.cluster.as_ref());
    let place = match (home, &artefact.path) {
        (Some(home), Some(path)) => format!("{home}:{path}"),
        (one, other) => one.or(other.as_ref()).map(Text::to_string).unwrap_or_default(),
    };
    let rule = artefact.rule.as_ref().map(Text::to_string).unwrap_or_default();
    let parts = [artefact.tool.to_string(), place, rule];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

fn listed(heading: &str, all: &[Text]) -> Vec<Block> {
    if all.is_empty() {
        return Vec::new();
    }
    let lines = all.iter().map(|one| Cell::plain(one.to_string())).collect();
    vec![Block::Title(Cell::dim(heading)), Block::Lines(lines)]
}

pub(super) fn request(cx: &Cx<'_>, row: &Row<ExceptionRequest>) -> Vec<Block> {
    let request = &*row.value;
    let mut blocks = vec![
        Block::Title(Cell::new(format!("!{}  {}", request.iid, request.title), Role::TextStrong)),
        Block::Facts(asked(cx, request)),
        Block::Title(Cell::dim("approvals")),
        Block::Lines(approvals(request)),
    ];
    for file in &request.files {
        let words = format!("{} {}", file.errand.word(), file.path);
        blocks.push(Block::Title(Cell::dim(words)));
        blocks.push(Block::Lines(file.flaws.iter().map(flaw).collect()));
        if let Some(record) = &file.record {
            let mut facts = vec![
                plain("until", words::stamp(record.expires_at)),
                plain("from", words::stamp(record.starts_at)),
            ];
            facts.extend(about(record));
            blocks.push(Block::Facts(facts));
        }
        blocks.push(Block::Lines(file.diff.iter().map(diff_line).collect()));
    }
    blocks.extend(guard::blocks(cx));
    blocks.extend(listed("also touches", &request.elsewhere));
    blocks.extend(listed("could not be read", &request.missing));
    blocks
}

fn asked(cx: &Cx<'_>, request: &ExceptionRequest) -> Vec<(String, Cell)> {
    let age = span(seconds_between(request.opened_at, cx.now).max(0));
    let merge_role = match request.merge.stand {
        MergeStand::Ready => Role::SeverityOk,
        MergeStand::Waiting => Role::Text,
        MergeStand::Blocked => Role::SeverityWarning,
    };
    let mut facts = vec![
        fact("waits for", words::waits(request)),
        plain("asked", format!("{age} ago, {}", instant_utc(request.opened_at))),
        plain("author", request.author.to_string()),
        plain("head", request.head.chars().take(12).collect::<String>()),
        fact(
            "merge",
            Cell::new(format!("{}: {}", request.merge.word, request.merge.meaning), merge_role),
        ),
    ];
    let pipeline = request.pipeline.as_ref();
    facts.push(fact("pipeline", pipeline.map_or_else(|| Cell::dim("none"), cells::status)));
    if request.has_conflicts {
        facts.push(fact("conflicts", Cell::new("with the register's branch", Role::SeverityBad)));
    }
    facts.push(plain("page", request.url.to_string()));
    facts
}

fn approvals(request: &ExceptionRequest) -> Vec<Cell> {
    let approvals = &request.approvals;
    let mut lines = Vec::new();
    lines.push(match (approvals.required, approvals.left) {
        (Some(required), Some(left)) => Cell::plain(format!("{left} of {required} missing")),
        _ => Cell::new(
            "GitLab demands none here: approvals are records alone, and Watchfloor judges who may give them",
            Role::SeverityWarning,
        ),
    });
    for given in &approvals.given {
        let at = given.at.map_or_else(String::new, |at| format!(", {}", instant_utc(at)));
        lines.push(Cell::new(format!("approved by {}{at}", given.by), Role::SeverityOk));
    }
    for rule in &approvals.rules {
        let eligible = words::names(&rule.eligible);
        let stand = if rule.is_approved { "satisfied" } else { "open" };
        let words = format!("rule {}: {stand}, {} of: {eligible}", rule.name, rule.required);
        lines.push(Cell::dim(words));
    }
    lines.extend(
        request
            .barred
            .iter()
            .map(|barred| Cell::dim(format!("{} may not: {}", barred.who, bar(barred.why)))),
    );
    lines
}

/// Why somebody may not approve.
fn bar(why: Bar) -> &'static str {
    match why {
        Bar::Author => "opened it",
        Bar::CommitAuthor => "wrote a commit of it",
        Bar::Committer => "committed to it",
        Bar::Requester => "its record names them as the requester",
        Bar::Beneficiary => "gains by it",
        Bar::Unmappable => "GitLab knows no user with the address of one of its commits",
        Bar::Bot => "is a bot or a token, not a person",
    }
}

fn flaw(flaw: &Flaw) -> Cell {
    let role = match flaw.severity {
        FlawSeverity::Info => Role::TextDim,
        FlawSeverity::Warning => Role::SeverityWarning,
        FlawSeverity::Error => Role::SeverityBad,
    };
    let place = if flaw.line == 0 { String::new() } else { format!("line {}: ", flaw.line) };
    Cell::new(format!("{} {place}{}", flaw.code, flaw.what), role)
        .and(format!("; {}", flaw.cure), Role::TextDim)
}

fn diff_line(line: &Text) -> Cell {
    let role = match line.chars().next() {
        Some('+') => Role::SeverityOk,
        Some('-') => Role::SeverityBad,
        Some('@') => Role::TextDim,
        _ => Role::Text,
    };
    Cell::new(line.to_string(), role)
}
