//! The records of the register: read when its branch moved, each blob once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;

use super::super::asking::{Ask, Read};
use super::rules;
use crate::api::Error;
use crate::api::gitlab::{Blobs, Gitlab, TreeFile};
use crate::config::ExceptionSettings;
use crate::domain::{Entity, ExceptionId, FailureKind, Filed, Flaw, FlawSeverity, Text};
use crate::register::lint::check;
use crate::register::{Entry, Register, is_record_of};

/// A blob that was read.
type Held = Result<Entry, Vec<Flaw>>;

/// The register, with what one pass remembers for the next.
pub(super) struct Records {
    gitlab: Arc<Gitlab>,
    settings: Arc<ExceptionSettings>,
    /// The commit that was read to its end.
    commit: Option<Text>,
    /// What was read, by path and blob.
    held: BTreeMap<TreeFile, Held>,
}

impl Records {
    pub(super) fn new(gitlab: Arc<Gitlab>, settings: Arc<ExceptionSettings>) -> Records {
        Records { gitlab, settings, commit: None, held: BTreeMap::new() }
    }

    /// The commit at which the register is read; why there is none.
    async fn head(&self) -> Result<Text, Error> {
        let ExceptionSettings { project, reference, path, .. } = &*self.settings;
        let head = self.gitlab.last_commit(project, reference, path).await?;
        head.ok_or_else(|| {
            let words = format!("nothing was ever committed to {path} on {reference} of {project}");
            let hint = "give `exceptions.path` and `exceptions.ref` of the register";
            Error::new(FailureKind::NotFound, words).hinting(hint)
        })
    }

    /// Reads what is new at a commit; the first thing that could not be.
    async fn refresh(&mut self, commit: &Text) -> Result<Option<Error>, Error> {
        let ExceptionSettings { project, path, .. } = &*self.settings;
        let files = self.gitlab.files_of(project, commit, path).await?;
        let wanted: BTreeSet<TreeFile> =
            files.into_iter().filter(|file| is_record_of(path, &file.path)).collect();
        self.held.retain(|file, _| wanted.contains(file));
        let missing = wanted.into_iter().filter(|file| !self.held.contains_key(file)).collect();
        let Blobs { read, gap } = self.gitlab.blobs(project, commit, missing).await;
        let entry = |(file, bytes): (TreeFile, Vec<u8>)| {
            let entry = Entry::read(&file.path, &bytes);
            (file, entry)
        };
        self.held.extend(read.into_iter().map(entry));
        Ok(gap)
    }

    /// What is held, linted as a whole.
    fn filed(&self, commit: &Text) -> (Vec<Entity>, Vec<&Flaw>) {
        let readable = self.held.values().filter_map(|held| held.as_ref().ok());
        let register = Register::new(readable.cloned().collect());
        let broken =
            self.held.iter().filter_map(|(file, held)| Some((&file.path, held.as_ref().err()?)));
        let unread: BTreeSet<Text> = broken.clone().map(|(path, _)| path.clone()).collect();
        let flaws = check(&register, &unread, &rules(&self.settings), self.gitlab.now());
        let mut codes: BTreeMap<&Text, BTreeSet<&'static str>> = BTreeMap::new();
        for flaw in flaws.iter().filter(|flaw| flaw.severity > FlawSeverity::Info) {
            codes.entry(&flaw.path).or_default().insert(flaw.code);
        }
        let project = Text::new(&self.settings.project);
        let entity = |(TreeFile { path, blob }, held): (&TreeFile, &Held)| {
            let entry = held.as_ref().ok()?;
            let codes = codes.get(path).into_iter().flatten();
            Some(Entity::Exception(Arc::new(Filed {
                id: ExceptionId::of(&[&project, path]),
                project: project.clone(),
                path: path.clone(),
                blob: blob.clone(),
                commit: commit.clone(),
                record: entry.record.clone(),
                flaws: codes.map(|code| Text::new(code)).collect(),
            })))
        };
        let entities = self.held.iter().filter_map(entity).collect();
        let first = broken.filter_map(|(_, flaws)| flaws.first());
        (entities, first.collect())
    }
}

#[async_trait]
impl Ask for Records {
    async fn read(&mut self) -> Result<Read, Error> {
        let commit = self.head().await?;
        let mut gap = None;
        if self.commit.as_ref() != Some(&commit) {
            gap = self.refresh(&commit).await?;
            self.commit = gap.is_none().then(|| commit.clone());
        }
        let (entities, unreadable) = self.filed(&commit);
        let gap = gap.or_else(|| unreadable_gap(&unreadable));
        Ok(Read { entities, gap })
    }
}

/// That some files cannot be understood: what is shown is not all.
fn unreadable_gap(flaws: &[&Flaw]) -> Option<Error> {
    let first = flaws.first()?;
    let words = format!(
        "{} of the register cannot be read, the first {}:{}: {}",
        match flaws.len() {
            1 => "1 file".to_owned(),
            n => format!("{n} files"),
        },
        first.path,
        first.line,
        first.what
    );
    let hint = "`watchfloor exceptions lint` in a clone of the register tells all of them";
    Some(Error::new(FailureKind::Shape, words).hinting(hint))
}
