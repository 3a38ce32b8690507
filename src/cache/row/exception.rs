//! Rows of the exceptions' register.

use rusqlite::types::{ToSqlOutput, Type, Value};

use super::{Cell, Columns, Row, Words, maybe, text};
use crate::cache::intern::{Interner, joined};
use crate::domain::{
    Artefact, ExceptionDecision, ExceptionId, ExceptionKind, ExceptionScope, Filed, Record, Stamp,
    Text,
};

/// Words of a list, as one cell.
fn list(words: &[Text]) -> Cell<'static> {
    ToSqlOutput::Owned(Value::Text(joined(words)))
}

fn stamp(at: Stamp) -> Cell<'static> {
    ToSqlOutput::Owned(Value::Text(at.text()))
}

impl Row for Filed {
    const TABLE: &'static str = "exceptions";
    const COLUMNS: &'static [&'static str] = &[
        "project",
        "path",
        "blob",
        "commit_id",
        "name",
        "title",
        "kind",
        "scope",
        "requester",
        "owner",
        "justification",
        "risk",
        "residual_risk",
        "controls",
        "approvers",
        "beneficiaries",
        "starts_at",
        "expires_at",
        "ticket",
        "renews",
        "artefacts",
        "evidence",
        "revocation",
        "closed",
        "flaws",
    ];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let record = &self.record;
        vec![
            text(&self.project),
            text(&self.path),
            text(&self.blob),
            text(&self.commit),
            text(&record.id),
            text(&record.title),
            text(record.kind.name()),
            list(&scope_out(&record.scope)),
            text(&record.requester),
            maybe(record.owner.as_deref(), text),
            text(&record.justification),
            text(&record.risk),
            maybe(record.residual_risk.as_deref(), text),
            list(&record.controls),
            list(&record.approvers),
            list(&record.beneficiaries),
            stamp(record.starts_at),
            stamp(record.expires_at),
            maybe(record.ticket.as_deref(), text),
            maybe(record.renews.as_deref(), text),
            list(&record.artefacts.iter().flat_map(artefact_out).collect::<Vec<Text>>()),
            list(&record.evidence),
            list(&decision_out(record.revocation.as_ref())),
            list(&decision_out(record.closed.as_ref())),
            list(&self.flaws),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        let project = columns.text(words)?;
        let path = columns.text(words)?;
        let blob = columns.text(words)?;
        let commit = columns.text(words)?;
        let record = read_record(columns, words)?;
        let flaws = columns.list(words)?;
        Ok(Filed { id: ExceptionId(id), project, path, blob, commit, record, flaws })
    }
}

fn read_record(columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Record> {
    Ok(Record {
        id: columns.text(words)?,
        title: columns.text(words)?,
        kind: ExceptionKind::of(columns.str()?),
        scope: scope_in(columns.str()?),
        requester: columns.text(words)?,
        owner: columns.maybe_text(words)?,
        justification: columns.text(words)?,
        risk: columns.text(words)?,
        residual_risk: columns.maybe_text(words)?,
        controls: columns.list(words)?.to_vec(),
        approvers: columns.list(words)?.to_vec(),
        beneficiaries: columns.list(words)?.to_vec(),
        starts_at: stamp_in(columns.str()?)?,
        expires_at: stamp_in(columns.str()?)?,
        ticket: columns.maybe_text(words)?,
        renews: columns.maybe_text(words)?,
        artefacts: artefacts_in(columns.str()?),
        evidence: columns.list(words)?.to_vec(),
        revocation: decision_in(columns.str()?)?,
        closed: decision_in(columns.str()?)?,
    })
}

/// A record as words, each part with the number of its words before it.
pub(super) fn record_out(record: &Record) -> Vec<Text> {
    let one = |text: &Text| vec![text.clone()];
    let maybe = |text: &Option<Text>| text.iter().cloned().collect::<Vec<Text>>();
    let parts = [
        one(&record.id),
        one(&record.title),
        vec![Text::new(record.kind.name())],
        scope_out(&record.scope),
        one(&record.requester),
        maybe(&record.owner),
        one(&record.justification),
        one(&record.risk),
        maybe(&record.residual_risk),
        record.controls.clone(),
        record.approvers.clone(),
        record.beneficiaries.clone(),
        vec![Text::new(&record.starts_at.text())],
        vec![Text::new(&record.expires_at.text())],
        maybe(&record.ticket),
        maybe(&record.renews),
        record.artefacts.iter().flat_map(artefact_out).collect(),
        record.evidence.clone(),
        decision_out(record.revocation.as_ref()),
        decision_out(record.closed.as_ref()),
    ];
    let counted = |part: &Vec<Text>| [&[Text::new(&part.len().to_string())], &part[..]].concat();
    parts.iter().flat_map(counted).collect()
}

/// A record of the words that [`record_out`] makes.
pub(super) fn record_in(stored: &str) -> rusqlite::Result<Record> {
    let words = std::cell::RefCell::new(Words::of(stored));
    let list = || words.borrow_mut().list();
    let maybe = || list().into_iter().next();
    let word = || maybe().unwrap_or_else(|| Text::new(""));
    Ok(Record {
        id: word(),
        title: word(),
        kind: ExceptionKind::of(&word()),
        scope: scope_in(&joined(&list())),
        requester: word(),
        owner: maybe(),
        justification: word(),
        risk: word(),
        residual_risk: maybe(),
        controls: list(),
        approvers: list(),
        beneficiaries: list(),
        starts_at: stamp_in(&word())?,
        expires_at: stamp_in(&word())?,
        ticket: maybe(),
        renews: maybe(),
        artefacts: artefacts_in(&joined(&list())),
        evidence: list(),
        revocation: decision_in(&joined(&list()))?,
        closed: decision_in(&joined(&list()))?,
    })
}

/// A bare date stays one: it is told otherwise than an instant.
fn stamp_in(stored: &str) -> rusqlite::Result<Stamp> {
    let stamp = match stored.parse().map(Stamp::instant) {
        Ok(stamp) => Some(stamp),
        Err(_) => stored.parse().map(Stamp::date).ok(),
    };
    stamp.ok_or_else(|| {
        let fault = "an instant in words of another build";
        rusqlite::Error::FromSqlConversionFailure(0, Type::Text, fault.into())
    })
}

/// Each list by its name, how long it is, and what is in it.
fn scope_out(scope: &ExceptionScope) -> Vec<Text> {
    let lists = scope.lists().flat_map(|(name, list)| {
        let head = [Text::new(name), Text::new(&list.len().to_string())];
        head.into_iter().chain(list.iter().cloned())
    });
    lists.collect()
}

fn scope_in(stored: &str) -> ExceptionScope {
    let mut words = Words::of(stored);
    let mut scope = ExceptionScope::default();
    while let Some(name) = words.next() {
        let list = words.list();
        match name {
            "projects" => scope.projects = list,
            "environments" => scope.environments = list,
            "tiers" => scope.tiers = list,
            "resources" => scope.resources = list,
            "policies" => scope.policies = list,
            "packages" => scope.packages = list,
            name => scope.other.push((Text::new(name), list)),
        }
    }
    scope
}

/// A part that is missing is an empty word: none of them is ever empty where it is there.
fn artefact_out(artefact: &Artefact) -> [Text; 5] {
    let word = |part: &Option<Text>| part.clone().unwrap_or_else(|| Text::new(""));
    let Artefact { tool, project, cluster, path, rule } = artefact;
    [tool.clone(), word(project), word(cluster), word(path), word(rule)]
}

fn artefacts_in(stored: &str) -> Vec<Artefact> {
    let mut words = Words::of(stored);
    let mut artefacts = Vec::new();
    while let Some(tool) = words.next() {
        let mut part = || Some(words.word()).filter(|word| !word.is_empty()).map(Text::new);
        let (project, cluster, path, rule) = (part(), part(), part(), part());
        artefacts.push(Artefact { tool: Text::new(tool), project, cluster, path, rule });
    }
    artefacts
}

fn decision_out(decision: Option<&ExceptionDecision>) -> Vec<Text> {
    let parts = decision.map(|one| [Text::new(&one.at.text()), one.by.clone(), one.reason.clone()]);
    parts.into_iter().flatten().collect()
}

fn decision_in(stored: &str) -> rusqlite::Result<Option<ExceptionDecision>> {
    let mut words = Words::of(stored);
    let Some(at) = words.next() else { return Ok(None) };
    let at = stamp_in(at)?;
    let (by, reason) = (Text::new(words.word()), Text::new(words.word()));
    Ok(Some(ExceptionDecision { at, by, reason }))
}
