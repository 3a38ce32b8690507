//! Requests: open merge requests that touch the register, each with its records, approvals and who may not give them.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::super::asking::{Ask, Read};
use super::guard::Watch;
use super::rules;
use crate::api::Error;
use crate::api::gitlab::{Asked, ChangedFile, Gitlab, Own};
use crate::config::ExceptionSettings;
use crate::domain::exception::is_same_person;
use crate::domain::{
    Approvals, Bar, Barred, Change, Entity, Errand, ExceptionGuard, ExceptionRequest, FailureKind,
    FlawSeverity, Proposed, Text, Timestamp,
};
use crate::register::{Approver, Makers, Sides, bar_of, barred, is_record_of, judge, propose};

/// What a merge request changes, read once for each head.
#[derive(Debug, Clone)]
struct Content {
    head: Text,
    files: Vec<Proposed>,
    elsewhere: Vec<Text>,
    barred: Vec<Barred>,
    missing: Vec<Text>,
}

/// The requests, with what one pass remembers for the next.
pub(super) struct Requests {
    gitlab: Arc<Gitlab>,
    settings: Arc<ExceptionSettings>,
    watch: Watch,
    guard: Option<ExceptionGuard>,
    own: Option<Own>,
    held: BTreeMap<u64, Content>,
}

impl Requests {
    pub(super) fn new(gitlab: Arc<Gitlab>, settings: Arc<ExceptionSettings>) -> Requests {
        let watch = Watch::new(Arc::clone(&gitlab), Arc::clone(&settings));
        Requests { gitlab, settings, watch, guard: None, own: None, held: BTreeMap::new() }
    }

    /// Whoever the token stands for; read once.
    async fn own(&mut self) -> Result<Own, Error> {
        if let Some(own) = &self.own {
            return Ok(own.clone());
        }
        let own = self.gitlab.own().await?;
        self.own = Some(own.clone());
        Ok(own)
    }

    /// What a merge request changes; `None` where it leaves the register alone.
    async fn content(&mut self, asked: &Asked) -> Result<Option<Content>, Error> {
        if let Some(held) = self.held.get(&asked.iid).filter(|held| held.head == asked.head) {
            return Ok(Some(held.clone()).filter(Content::is_about_register));
        }
        let project = &self.settings.project;
        let changes = self.gitlab.changes(project, asked.iid).await?;
        let (ours, others): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|file| self.is_of_register(file));
        let mut content = Content {
            head: asked.head.clone(),
            files: Vec::new(),
            elsewhere: others.into_iter().map(|file| file.new_path).collect(),
            barred: Vec::new(),
            missing: Vec::new(),
        };
        if !ours.is_empty() {
            for file in ours {
                content.files.push(self.proposed(asked, file, &mut content.missing).await?);
            }
            judge(&mut content.files, &rules(&self.settings), self.gitlab.now());
            content.barred = self.barred(asked, &content.files, &mut content.missing).await?;
        }
        self.held.insert(asked.iid, content.clone());
        Ok(Some(content).filter(Content::is_about_register))
    }

    fn is_of_register(&self, file: &ChangedFile) -> bool {
        let folder = &self.settings.path;
        [&file.new_path, &file.old_path].into_iter().any(|path| is_record_of(folder, path))
    }

    async fn proposed(
        &self,
        asked: &Asked,
        file: ChangedFile,
        missing: &mut Vec<Text>,
    ) -> Result<Proposed, Error> {
        let ExceptionSettings { project, reference, .. } = &*self.settings;
        let before = if file.is_new {
            None
        } else {
            self.gitlab.file_at(project, &file.old_path, reference).await?
        };
        let after = if file.is_deleted {
            None
        } else {
            self.gitlab.file_at(project, &file.new_path, &asked.head).await?
        };
        if file.lines.is_none() {
            let words = format!("the difference of {}: GitLab holds it back", file.new_path);
            missing.push(Text::new(&words));
        }
        let sides = Sides { before: before.as_deref(), after: after.as_deref() };
        Ok(propose(&file.new_path, sides, file.lines.unwrap_or_default()))
    }

    async fn barred(
        &self,
        asked: &Asked,
        files: &[Proposed],
        missing: &mut Vec<Text>,
    ) -> Result<Vec<Barred>, Error> {
        let mut makers =
            Makers { author: asked.author.clone(), of_commits: [].into(), is_whole: false };
        match self.gitlab.authors(&self.settings.project, asked.iid).await {
            Ok(authors) => {
                makers.of_commits = authors.people;
                makers.is_whole = authors.is_whole;
            }
            Err(error) if error.is_about_one_part() || error.kind == FailureKind::Shape => {
                missing.push(Text::new(&format!("who wrote its commits: {error}")));
            }
            Err(error) => return Err(error),
        }
        let records = files.iter().flat_map(|file| [&file.record, &file.before]);
        Ok(barred(&makers, records.flatten()))
    }

    /// The whole request: what moves is read each time.
    async fn request(
        &mut self,
        asked: &Asked,
        own: &Own,
    ) -> Result<Option<ExceptionRequest>, Error> {
        let Some(content) = self.content(asked).await? else { return Ok(None) };
        let project = self.settings.project.clone();
        let now = self.gitlab.request(&project, asked.iid).await?;
        let mut missing = content.missing;
        let approvals = match self.gitlab.approvals(&project, asked.iid).await {
            Ok(approvals) => approvals,
            Err(error) if error.is_about_one_part() => {
                missing.push(Text::new(&format!("its approvals: {error}")));
                Approvals::default()
            }
            Err(error) => return Err(error),
        };
        let approver = Approver { login: own.username.clone(), is_bot: own.is_bot };
        let blocked = bar_of(&approver, &content.barred);
        let blocked_for_me = blocked.map(|bar| Text::new(said(bar)));
        let blocked_for_me = blocked_for_me.or_else(|| {
            let adds = |file: &&Proposed| {
                matches!(file.errand, Errand::Grant | Errand::Renew | Errand::Amend)
            };
            let is_broken = |file: &Proposed| {
                file.flaws.iter().any(|flaw| flaw.severity == FlawSeverity::Error)
            };
            let broken = content.files.iter().filter(adds).any(is_broken);
            broken.then(|| Text::new("its record breaks the rules of the register"))
        });
        let is_given = approvals.given.iter().any(|one| is_same_person(&one.by, &own.username));
        let blocked_for_me =
            blocked_for_me.or_else(|| is_given.then(|| Text::new("you approved it already")));
        Ok(Some(ExceptionRequest {
            project: Text::new(&project),
            iid: asked.iid,
            title: now.title,
            url: now.url,
            author: now.author,
            is_by_bot: now.is_by_bot,
            is_draft: now.is_draft,
            source_branch: now.source_branch,
            head: content.head,
            opened_at: asked.opened_at,
            updated_at: now.updated_at.max(Timestamp::UNIX_EPOCH),
            files: content.files,
            elsewhere: content.elsewhere,
            approvals,
            barred: content.barred,
            blocked_for_me,
            merge: now.merge,
            pipeline: now.pipeline,
            has_conflicts: now.has_conflicts,
            missing,
        }))
    }
}

impl Content {
    fn is_about_register(&self) -> bool {
        !self.files.is_empty()
    }
}

/// Why you may not approve.
fn said(bar: Bar) -> &'static str {
    match bar {
        Bar::Author => "you opened it",
        Bar::CommitAuthor => "you wrote a commit of it",
        Bar::Committer => "you committed to it",
        Bar::Requester => "you asked for it",
        Bar::Beneficiary => "you gain by it",
        Bar::Unmappable => "nobody knows who wrote a commit of it: it may be you",
        Bar::Bot => "a bot or a token approves nothing",
    }
}

#[async_trait]
impl Ask for Requests {
    async fn read(&mut self) -> Result<Read, Error> {
        let own = self.own().await?;
        let settings = Arc::clone(&self.settings);
        let open = self.gitlab.requests(&settings.project, &settings.reference).await?;
        self.held.retain(|iid, _| open.iter().any(|asked| asked.iid == *iid));
        let (mut entities, mut gap) = (Vec::new(), None);
        for asked in &open {
            match self.request(asked, &own).await {
                Ok(request) => {
                    entities.extend(request.map(|one| Entity::Request(Arc::new(one))));
                }
                // It was merged or closed after it was listed.
                Err(error) if error.kind == FailureKind::NotFound => (),
                Err(error) if gap.is_none() => gap = Some(error),
                Err(_) => (),
            }
        }
        self.guard = self.watch.look().await;
        Ok(Read { entities, gap })
    }

    fn news(&mut self) -> Vec<Change> {
        self.guard.take().map(|guard| Change::Guard(Arc::new(guard))).into_iter().collect()
    }
}
