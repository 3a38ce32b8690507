//! How GitLab guards the register's project: its settings, and merge requests that their own authors merged.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::api::Error;
use crate::api::gitlab::Gitlab;
use crate::config::ExceptionSettings;
use crate::domain::{ExceptionGuard, Merged, Text, Timestamp};

/// So long the settings are as they were read.
const LASTS: SignedDuration = SignedDuration::from_mins(10);

/// What was merged longer ago than this is not looked at.
const BACK: SignedDuration = SignedDuration::from_hours(24 * 90);

/// The settings, with what one look remembers for the next.
pub(super) struct Watch {
    gitlab: Arc<Gitlab>,
    settings: Arc<ExceptionSettings>,
    read_at: Option<Timestamp>,
    /// What is known of merge requests that their authors merged: none for those that leave the register alone.
    known: BTreeMap<u64, Option<Merged>>,
}

impl Watch {
    pub(super) fn new(gitlab: Arc<Gitlab>, settings: Arc<ExceptionSettings>) -> Watch {
        Watch { gitlab, settings, read_at: None, known: BTreeMap::new() }
    }

    /// Reads them where that is due; what could not be read is named.
    pub(super) async fn look(&mut self) -> Option<ExceptionGuard> {
        let now = self.gitlab.now();
        if self.read_at.is_some_and(|at| now.duration_since(at) < LASTS) {
            return None;
        }
        let project = self.settings.project.clone();
        let mut failures = Vec::new();
        let weaknesses = match self.gitlab.weaknesses(&project).await {
            Ok(weaknesses) => Some(weaknesses),
            Err(error) => {
                failures.push(error);
                None
            }
        };
        let self_merged = match self.self_merged(now).await {
            Ok(found) => found,
            Err(error) => {
                failures.push(error);
                self.known.values().flatten().cloned().collect()
            }
        };
        // What is refused stays refused for a while; what failed in passing is asked again.
        let is_settled = failures.iter().all(Error::is_about_one_part);
        self.read_at = is_settled.then_some(now);
        let missing = failures.iter().map(told).collect();
        let project = Text::new(&project);
        Some(ExceptionGuard { project, at: now, weaknesses, self_merged, missing })
    }

    /// The merge requests to the register that their authors merged, the newest first.
    async fn self_merged(&mut self, now: Timestamp) -> Result<Vec<Merged>, Error> {
        let ExceptionSettings { project, reference, .. } = &*self.settings;
        let since = now.checked_sub(BACK).unwrap_or(Timestamp::UNIX_EPOCH);
        let merged = self.gitlab.merged(project, reference, since).await?;
        let own: Vec<Merged> = merged.into_iter().filter(Merged::is_by_its_author).collect();
        self.known.retain(|iid, _| own.iter().any(|one| one.iid == *iid));
        let mut found = Vec::new();
        for one in own {
            let iid = one.iid;
            if !self.known.contains_key(&iid) {
                let about = self.about_register(one).await?;
                self.known.insert(iid, about);
            }
            found.extend(self.known.get(&iid).cloned().flatten());
        }
        Ok(found)
    }

    /// The same with its approvals; none where it leaves the register alone.
    async fn about_register(&self, merged: Merged) -> Result<Option<Merged>, Error> {
        let ExceptionSettings { project, path, .. } = &*self.settings;
        let folder = format!("{}/", path.trim_end_matches('/'));
        let changes = self.gitlab.changes(project, merged.iid).await?;
        let touches = changes
            .iter()
            .any(|file| file.new_path.starts_with(&folder) || file.old_path.starts_with(&folder));
        if !touches {
            return Ok(None);
        }
        let approvals = Some(self.gitlab.approvals_given(project, merged.iid).await?);
        Ok(Some(Merged { approvals, ..merged }))
    }
}

/// Why something is not known, with what would cure it.
fn told(error: &Error) -> Text {
    Text::new(&format!("{error}; {}", error.hint))
}
