//! Rows of merge requests that touch the exceptions' register.

use rusqlite::types::{ToSqlOutput, Type, Value};

use super::exception::{record_in, record_out};
use super::{Cell, Columns, Row, Words, maybe, number, text, time, truth};
use crate::cache::intern::{Interner, joined};
use crate::domain::{
    Approval, ApprovalRule, Approvals, Bar, Barred, Errand, ExceptionRequest, Flaw, FlawSeverity,
    MergeStatus, Proposed, Record, Status, Text,
};

/// Every reason for which somebody may not approve, with the word for it in the file.
const BARS: [(Bar, &str); 7] = [
    (Bar::Author, "author"),
    (Bar::CommitAuthor, "commit_author"),
    (Bar::Committer, "committer"),
    (Bar::Requester, "requester"),
    (Bar::Beneficiary, "beneficiary"),
    (Bar::Unmappable, "unmappable"),
    (Bar::Bot, "bot"),
];

/// Every errand, each found by its own word.
const ERRANDS: [Errand; 6] =
    [Errand::Grant, Errand::Renew, Errand::Revoke, Errand::Close, Errand::Amend, Errand::Remove];

/// Every weight of a flaw, each found by its own word.
const SEVERITIES: [FlawSeverity; 3] =
    [FlawSeverity::Info, FlawSeverity::Warning, FlawSeverity::Error];

impl Row for ExceptionRequest {
    const TABLE: &'static str = "requests";
    const COLUMNS: &'static [&'static str] = &[
        "project",
        "iid",
        "title",
        "url",
        "author",
        "is_by_bot",
        "is_draft",
        "source_branch",
        "head",
        "opened_at",
        "updated_at",
        "files",
        "elsewhere",
        "approvals",
        "barred",
        "blocked_for_me",
        "merge",
        "pipeline",
        "has_conflicts",
        "missing",
    ];

    fn id(&self) -> u64 {
        ExceptionRequest::id(self).0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let files = self.files.iter().map(|file| part(&file_out(file)));
        let barred = self.barred.iter().flat_map(|one| [one.who.clone(), Text::new(bar(one.why))]);
        vec![
            text(&self.project),
            number(self.iid),
            text(&self.title),
            text(&self.url),
            text(&self.author),
            truth(self.is_by_bot),
            truth(self.is_draft),
            text(&self.source_branch),
            text(&self.head),
            time(self.opened_at),
            time(self.updated_at),
            list(&files.flatten().collect::<Vec<Text>>()),
            list(&self.elsewhere),
            list(&approvals_out(&self.approvals)),
            list(&barred.collect::<Vec<Text>>()),
            maybe(self.blocked_for_me.as_deref(), text),
            text(&self.merge.word),
            maybe(self.pipeline.as_ref().map(Status::as_str), text),
            truth(self.has_conflicts),
            list(&self.missing),
        ]
    }

    fn read(_: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        Ok(ExceptionRequest {
            project: columns.text(words)?,
            iid: columns.number()?,
            title: columns.text(words)?,
            url: columns.text(words)?,
            author: columns.text(words)?,
            is_by_bot: columns.take()?,
            is_draft: columns.take()?,
            source_branch: columns.text(words)?,
            head: columns.text(words)?,
            opened_at: columns.time()?,
            updated_at: columns.time()?,
            files: files_in(columns.str()?)?,
            elsewhere: columns.list(words)?.to_vec(),
            approvals: read_as("approvals", approvals_in(columns.str()?))?,
            barred: read_as("who may not approve", barred_in(columns.str()?))?,
            blocked_for_me: columns.maybe_text(words)?,
            merge: MergeStatus::of(columns.str()?),
            pipeline: columns.maybe_str()?.map(Status::parse),
            has_conflicts: columns.take()?,
            missing: columns.list(words)?.to_vec(),
        })
    }
}

/// Words of a list, as one cell.
fn list(words: &[Text]) -> Cell<'static> {
    ToSqlOutput::Owned(Value::Text(joined(words)))
}

/// Words with their number before them, as [`Words::list`] reads them.
fn part(words: &[Text]) -> Vec<Text> {
    [&[Text::new(&words.len().to_string())], words].concat()
}

/// A word that may be missing, as a list of one or none.
fn maybe_part(word: Option<Text>) -> Vec<Text> {
    part(&word.into_iter().collect::<Vec<Text>>())
}

/// What was read; a cell that another build wrote otherwise is an error.
fn read_as<T>(what: &str, read: Option<T>) -> rusqlite::Result<T> {
    read.ok_or_else(|| {
        let fault = format!("{what} in words of another build");
        rusqlite::Error::FromSqlConversionFailure(0, Type::Text, fault.into())
    })
}

fn bar(why: Bar) -> &'static str {
    BARS.iter().find(|(bar, _)| *bar == why).map_or("", |(_, word)| word)
}

fn barred_in(stored: &str) -> Option<Vec<Barred>> {
    let mut words = Words::of(stored);
    let mut barred = Vec::new();
    while let Some(who) = words.next() {
        let word = words.word();
        let why = BARS.iter().find(|(_, known)| *known == word)?.0;
        barred.push(Barred { who: Text::new(who), why });
    }
    Some(barred)
}

fn file_out(file: &Proposed) -> Vec<Text> {
    let record = |record: &Option<Record>| {
        let words = record.as_ref().map(record_out);
        [
            part(&[Text::new(if words.is_some() { "1" } else { "0" })]),
            part(&words.unwrap_or_default()),
        ]
        .concat()
    };
    let flaws: Vec<Text> = file.flaws.iter().flat_map(flaw_out).collect();
    let head = [file.path.clone(), Text::new(file.errand.word())];
    [&head[..], &record(&file.record), &record(&file.before), &part(&file.diff), &part(&flaws)]
        .concat()
}

fn files_in(stored: &str) -> rusqlite::Result<Vec<Proposed>> {
    let mut words = Words::of(stored);
    let mut files = Vec::new();
    while let Some(count) = words.next() {
        let count = count.parse().unwrap_or(0);
        let inner: Vec<Text> = words.by_ref().take(count).map(Text::new).collect();
        files.push(file_in(&joined(&inner))?);
    }
    Ok(files)
}

fn file_in(stored: &str) -> rusqlite::Result<Proposed> {
    let mut words = Words::of(stored);
    let path = Text::new(words.word());
    let word = words.word();
    let errand = ERRANDS.into_iter().find(|errand| errand.word() == word);
    let errand = read_as("an errand", errand)?;
    let mut record = || -> rusqlite::Result<Option<Record>> {
        let is_there = words.list().first().is_some_and(|word| word.as_str() == "1");
        let inner = joined(&words.list());
        is_there.then(|| record_in(&inner)).transpose()
    };
    let (record, before) = (record()?, record()?);
    let diff = words.list();
    let flaws = read_as("flaws", flaws_in(&joined(&words.list()), &path))?;
    Ok(Proposed { path, errand, record, before, diff, flaws })
}

fn flaw_out(flaw: &Flaw) -> [Text; 6] {
    [
        Text::new(flaw.code),
        Text::new(flaw.severity.word()),
        Text::new(&flaw.line.to_string()),
        Text::new(&flaw.column.to_string()),
        flaw.what.clone(),
        flaw.cure.clone(),
    ]
}

fn flaws_in(stored: &str, path: &Text) -> Option<Vec<Flaw>> {
    let mut words = Words::of(stored);
    let mut flaws = Vec::new();
    while let Some(code) = words.next() {
        let severity = words.word();
        flaws.push(Flaw {
            code: Flaw::code_of(code)?,
            severity: SEVERITIES.into_iter().find(|one| one.word() == severity)?,
            path: path.clone(),
            line: words.word().parse().ok()?,
            column: words.word().parse().ok()?,
            what: Text::new(words.word()),
            cure: Text::new(words.word()),
        });
    }
    Some(flaws)
}

fn approvals_out(approvals: &Approvals) -> Vec<Text> {
    let figure = |n: Option<u32>| maybe_part(n.map(|n| Text::new(&n.to_string())));
    let given = approvals.given.iter().flat_map(|one| {
        let at = one.at.map_or_else(String::new, |at| at.to_string());
        [one.by.clone(), Text::new(&at)]
    });
    let rules = approvals.rules.iter().flat_map(|rule| {
        let head = [
            rule.name.clone(),
            Text::new(&rule.required.to_string()),
            Text::new(if rule.is_approved { "1" } else { "0" }),
        ];
        [&head[..], &part(&rule.eligible), &part(&rule.approved_by)].concat()
    });
    let (given, rules): (Vec<Text>, Vec<Text>) = (given.collect(), rules.collect());
    [figure(approvals.required), figure(approvals.left), part(&given), rules].concat()
}

fn approvals_in(stored: &str) -> Option<Approvals> {
    let mut words = Words::of(stored);
    let mut figure = || words.list().first().map(|word| word.parse().ok());
    let (required, left) = (figure().unwrap_or_default(), figure().unwrap_or_default());
    let given = words.list();
    let given = given.chunks(2).map(|pair| {
        let (by, at) = (pair.first()?.clone(), pair.get(1)?);
        let at = if at.is_empty() { None } else { Some(at.parse().ok()?) };
        Some(Approval { by, at })
    });
    let given = given.collect::<Option<Vec<Approval>>>()?;
    let mut rules = Vec::new();
    while let Some(name) = words.next() {
        rules.push(ApprovalRule {
            name: Text::new(name),
            required: words.word().parse().ok()?,
            is_approved: words.word() == "1",
            eligible: words.list(),
            approved_by: words.list(),
        });
    }
    Some(Approvals { required, left, given, rules })
}
