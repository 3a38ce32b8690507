//! [`Content`]: what a request would change in the register, and who stands behind it.

use std::collections::BTreeSet;

use crate::api::Error;
use crate::api::gitlab::{Asked, ChangedFile, Gitlab};
use crate::config::ExceptionSettings;
use crate::domain::{Barred, Errand, Flaw, FlawSeverity, Proposed, Record, Text};
use crate::register::{Makers, Rules, Sides, barred, is_record_of, judge, propose};

/// What a request would change in the register, read anew at its head.
pub(super) struct Content {
    /// The files of the register, each with its record and what lint says of it.
    pub(super) files: Vec<Proposed>,
    /// Files outside the register that it changes as well.
    pub(super) elsewhere: Vec<Text>,
    /// The logins of whoever wrote or committed its commits.
    pub(super) of_commits: BTreeSet<Text>,
    /// Who may not approve it; or the reason why that cannot be told.
    pub(super) barred: Result<Vec<Barred>, Text>,
}

impl Content {
    /// The records that it asks for, or that it would remove.
    pub(super) fn records(&self) -> impl Iterator<Item = &Record> {
        self.files.iter().filter_map(|file| file.record.as_ref().or(file.before.as_ref()))
    }

    /// What is typed to confirm a decision about it: the ids of its records.
    pub(super) fn called(&self) -> Option<Text> {
        let ids: Vec<&str> = self.records().map(|record| record.id.as_str()).collect();
        (!ids.is_empty()).then(|| Text::new(&ids.join("+")))
    }

    /// What of the rules of the register its records break, by file; of a record that is taken back or given up nothing counts.
    pub(super) fn broken(&self) -> impl Iterator<Item = (&Text, &Flaw, usize)> {
        let adds =
            |file: &&Proposed| matches!(file.errand, Errand::Grant | Errand::Renew | Errand::Amend);
        self.files.iter().filter(adds).filter_map(|file| {
            let mut errors = file.flaws.iter().filter(|one| one.severity == FlawSeverity::Error);
            let first = errors.next()?;
            Some((&file.path, first, errors.count()))
        })
    }

    /// The files whose record cannot be read: nobody can tell who asks there, or who gains.
    pub(super) fn unread(&self) -> impl Iterator<Item = &Text> {
        let is_unread = |file: &&Proposed| file.record.is_none() && file.errand != Errand::Remove;
        self.files.iter().filter(is_unread).map(|file| &file.path)
    }
}

/// Reads it.
pub(super) async fn read(
    gitlab: &Gitlab,
    settings: &ExceptionSettings,
    asked: &Asked,
) -> Result<Content, Error> {
    let is_ours = |file: &ChangedFile| {
        let paths = [&file.new_path, &file.old_path];
        paths.into_iter().any(|path| is_record_of(&settings.path, path))
    };
    let changes = gitlab.changes(&settings.project, asked.iid).await?;
    let (ours, others): (Vec<_>, Vec<_>) = changes.into_iter().partition(is_ours);
    let mut files = Vec::with_capacity(ours.len());
    for file in ours {
        files.push(proposed(gitlab, settings, (&asked.head, file)).await?);
    }
    judge(&mut files, &rules(settings), gitlab.now());
    let mut makers =
        Makers { author: asked.author.clone(), of_commits: BTreeSet::new(), is_whole: false };
    let written = gitlab.authors(&settings.project, asked.iid).await.map(|authors| {
        makers.of_commits = authors.people;
        makers.is_whole = authors.is_whole;
    });
    let records = files.iter().flat_map(|file| [&file.record, &file.before]).flatten();
    let barred = written.map(|()| barred(&makers, records));
    Ok(Content {
        barred: barred.map_err(|error| Text::new(&error.to_string())),
        of_commits: makers.of_commits,
        elsewhere: others.into_iter().map(|file| file.new_path).collect(),
        files,
    })
}

async fn proposed(
    gitlab: &Gitlab,
    settings: &ExceptionSettings,
    (head, file): (&str, ChangedFile),
) -> Result<Proposed, Error> {
    let ExceptionSettings { project, reference, .. } = settings;
    let before =
        if file.is_new { None } else { gitlab.file_at(project, &file.old_path, reference).await? };
    let after =
        if file.is_deleted { None } else { gitlab.file_at(project, &file.new_path, head).await? };
    let sides = Sides { before: before.as_deref(), after: after.as_deref() };
    Ok(propose(&file.new_path, sides, file.lines.unwrap_or_default()))
}

/// The rules of the register, as they are configured.
fn rules(settings: &ExceptionSettings) -> Rules {
    let mut rules = Rules { max_renewals: settings.max_renewals, ..Rules::default() };
    rules.max_ttl.extend(settings.max_ttl.clone());
    rules
}
