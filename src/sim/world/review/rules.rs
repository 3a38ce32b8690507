//! Who may approve and merge, as the settings of the projects have it, and what a scenario says of them.

use serde::Deserialize;

use super::super::git::MAIN;
use super::super::{Event, World};
use super::{Ended, MergeRequest, Standing, Voice};
use crate::sim::clock::{self, Millis};
use crate::sim::organisation::Place;

/// What was paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GitlabPlan {
    /// Approvals are optional, and have no rules.
    Free,
    /// Approvals have rules.
    Premium,
    /// Vulnerabilities, too.
    #[default]
    Ultimate,
}

/// The register of exceptions, and how GitLab guards merge requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools, reason = "they are GitLab's own switches")]
pub struct Exceptions {
    /// What was paid for.
    pub plan: GitlabPlan,
    /// The author of a merge request may approve it.
    pub author_approval: bool,
    /// Who wrote its commits may approve it.
    pub committer_approval: bool,
    /// A push takes approvals away.
    pub reset_on_push: bool,
    /// How many have to approve.
    pub approvals: u32,
    /// A merge is only scheduled, and takes so many seconds.
    pub merge_seconds: Option<f64>,
    /// What every open merge request says of itself as `detailed_merge_status`.
    pub merge_status: Option<String>,
    /// The state of the pipelines of merge requests.
    pub pipeline: Option<String>,
    /// Threads are unresolved.
    pub disputed: bool,
    /// Kyverno and its resources are installed.
    pub kyverno: bool,
    /// Records in the register besides the usual ones.
    pub records: u32,
    /// Files that somebody pushes.
    pub push: Vec<ScriptedPush>,
}

impl Default for Exceptions {
    fn default() -> Self {
        Self {
            plan: GitlabPlan::Ultimate,
            author_approval: false,
            committer_approval: false,
            reset_on_push: true,
            approvals: 1,
            merge_seconds: None,
            merge_status: None,
            pipeline: None,
            disputed: false,
            kyverno: true,
            records: 0,
            push: Vec::new(),
        }
    }
}

/// A file that somebody pushes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedPush {
    /// Seconds after the start.
    #[serde(default)]
    pub at_seconds: f64,
    /// Full path of the project.
    pub project: String,
    /// The branch.
    pub branch: String,
    /// The file.
    pub path: String,
    /// What it holds from then on.
    pub text: String,
    /// The login of who does it.
    pub by: String,
}

/// The settings that hold now.
pub(crate) type Review = Exceptions;

/// Why something about a merge request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    /// 401.
    Unauthorized,
    /// 405.
    NotAllowed,
    /// 409, with the head that there is.
    Moved(String),
    /// 422.
    Unmergeable,
}

/// What a merge is asked for with.
pub(crate) struct Merging {
    pub(crate) person: usize,
    pub(crate) sha: Option<String>,
    /// As soon as it can be.
    pub(crate) auto: bool,
}

/// A change of what a merge request says or where it stands.
#[derive(Default)]
pub(crate) struct Change {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) event: Option<String>,
}

impl World {
    /// The access level of a person in every project: the holder of the clients' token has its own.
    pub(crate) fn level_of(&self, person: usize) -> u32 {
        if person == self.holder.person {
            return self.holder.level;
        }
        self.usual_level(person)
    }

    /// The access level that a person has in the group of all.
    pub(crate) fn usual_level(&self, person: usize) -> u32 {
        let top = self.group_at("acme").map(|group| Place::Group(group.id));
        let who = self.people.get(person).zip(top);
        who.and_then(|(who, top)| self.effective(top, who.id)).map_or(0, |row| row.level)
    }

    /// Whether a person may approve a merge request now.
    pub(crate) fn can_approve(&self, one: &MergeRequest, person: usize) -> bool {
        one.standing == Standing::Opened
            && self.level_of(person) >= 30
            && !one.approvals.iter().any(|(who, _)| *who == person)
            && self.is_eligible(one, person)
    }

    /// Whether the settings let a person approve at all.
    pub(crate) fn is_eligible(&self, one: &MergeRequest, person: usize) -> bool {
        let rules = &self.review;
        if rules.plan == GitlabPlan::Free {
            return true;
        }
        let wrote = || {
            let login = self.people.get(person).map_or("", |who| who.username);
            let email = format!("{login}@acme.example");
            self.commits_of(one).iter().any(|commit| commit.note.author.email == email)
        };
        let own = self.organisation.settings.get(&one.project);
        let author = rules.author_approval || own.is_some_and(|own| own.author_approval);
        (author || one.new.author != person) && (rules.committer_approval || !wrote())
    }

    /// How many have still to approve.
    pub(crate) fn approvals_left(&self, one: &MergeRequest) -> u32 {
        if self.review.plan == GitlabPlan::Free {
            return 0;
        }
        let given = u32::try_from(one.approvals.len()).unwrap_or(u32::MAX);
        self.review.approvals.saturating_sub(given)
    }

    /// Approves a merge request as it stands at a commit.
    pub(crate) fn approve(
        &mut self,
        place: (u64, u64),
        person: usize,
        sha: Option<&str>,
    ) -> Result<(), Denial> {
        let one = self.requests.get(&place).ok_or(Denial::Unauthorized)?;
        if !self.can_approve(one, person) {
            return Err(Denial::Unauthorized);
        }
        check_head(one, sha)?;
        let at = self.now;
        self.note_approval(place, person, at);
        Ok(())
    }

    /// Takes an approval back.
    pub(crate) fn unapprove(&mut self, place: (u64, u64), person: usize) -> Result<(), Denial> {
        let at = self.now;
        let one = self.requests.get_mut(&place).ok_or(Denial::Unauthorized)?;
        let before = one.approvals.len();
        one.approvals.retain(|(who, _)| *who != person);
        if one.approvals.len() == before {
            return Err(Denial::Unauthorized);
        }
        one.remark((person, at), "unapproved this merge request".to_owned(), Voice::Gitlab);
        Ok(())
    }

    /// Merges a merge request, at once or as soon as it can be.
    pub(crate) fn ask_to_merge(&mut self, place: (u64, u64), how: &Merging) -> Result<(), Denial> {
        let one = self.requests.get(&place).ok_or(Denial::NotAllowed)?;
        if self.level_of(how.person) < 30 {
            return Err(Denial::Unauthorized);
        }
        let status = self.merge_status(one);
        let waits = matches!(&*status, "ci_still_running" | "not_approved" | "checking");
        if matches!(&*status, "conflict" | "need_rebase") {
            return Err(Denial::Unmergeable);
        }
        if status != "mergeable" && !(how.auto && waits) {
            return Err(Denial::NotAllowed);
        }
        check_head(one, how.sha.as_deref())?;
        let now = self.now;
        let late = self.review.merge_seconds;
        if status == "mergeable" && late.is_none() {
            self.merge_request(place, how.person, now);
            return Ok(());
        }
        if let Some(one) = self.requests.get_mut(&place) {
            one.scheduled = Some(how.person);
            one.updated = now;
        }
        let span = self.span(clock::millis(late.unwrap_or(5.0)));
        self.plan(now + span, Event::Merge(place.0, place.1));
        Ok(())
    }

    /// The moment of a scheduled merge has come; where it cannot be, it waits on.
    pub(in crate::sim::world) fn merge_scheduled(&mut self, place: (u64, u64)) {
        let Some(one) = self.requests.get(&place) else { return };
        let Some(person) = one.scheduled.filter(|_| one.standing == Standing::Opened) else {
            return;
        };
        let now = self.now;
        if self.merge_status(one) == "mergeable" {
            return self.merge_request(place, person, now);
        }
        let span = self.span(5_000);
        self.plan(now + span, Event::Merge(place.0, place.1));
    }

    /// Changes what a merge request says, closes or reopens it.
    pub(crate) fn change_request(
        &mut self,
        place: (u64, u64),
        person: usize,
        change: Change,
    ) -> bool {
        let at = self.now;
        let Some(one) = self.requests.get_mut(&place) else { return false };
        match (change.event.as_deref(), one.standing) {
            (Some("close"), Standing::Opened) => end(one, person, at),
            (Some("reopen"), Standing::Closed) => {
                one.standing = Standing::Opened;
                one.ended = None;
                one.remark((person, at), "reopened".to_owned(), Voice::Gitlab);
            }
            (Some(_), _) => return false,
            (None, _) => {}
        }
        if let Some(title) = change.title {
            one.new.title = title;
        }
        if let Some(description) = change.description {
            one.new.description = description;
        }
        one.updated = at;
        true
    }

    /// Plans what the scenario says is pushed.
    pub(in crate::sim::world) fn plan_pushes(&mut self) {
        let when: Vec<Millis> =
            self.scenario.exceptions.push.iter().map(|one| clock::millis(one.at_seconds)).collect();
        for (place, span) in when.into_iter().enumerate() {
            // What is pushed at the start itself comes a moment after it.
            self.plan(self.start + if span == 0 { 1 } else { span }, Event::Push(place));
        }
    }

    /// Whether a person may push to a branch: the main one is for maintainers alone.
    pub(crate) fn can_push(&self, person: usize, branch: &str) -> bool {
        self.level_of(person) >= if branch == MAIN { 40 } else { 30 }
    }
}

fn end(one: &mut MergeRequest, person: usize, at: Millis) {
    one.standing = Standing::Closed;
    one.scheduled = None;
    one.ended = Some(Ended { person, at, commit: None });
    one.remark((person, at), "closed".to_owned(), Voice::Gitlab);
}

fn check_head(one: &MergeRequest, sha: Option<&str>) -> Result<(), Denial> {
    match sha {
        Some(sha) if sha != one.head() => Err(Denial::Moved(one.head().to_owned())),
        _ => Ok(()),
    }
}
