//! Merge requests of the repositories: what they are, and what becomes of them.

mod rules;
mod status;

use std::sync::Arc;

pub(crate) use self::rules::{Change, Denial, Merging, Review};
pub use self::rules::{Exceptions, GitlabPlan, ScriptedPush};
use super::World;
use super::git::{Action, Commit, Deed, MAIN, Note, Repository, Signature, digest};
use crate::sim::clock::Millis;

/// Where a merge request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Opened,
    Merged,
    Closed,
}

impl Standing {
    /// The word of the REST API.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Merged => "merged",
            Self::Closed => "closed",
        }
    }
}

/// A state of the source branch that a merge request has seen.
pub(crate) struct Version {
    pub(crate) id: u64,
    pub(crate) base: Arc<str>,
    pub(crate) head: Arc<str>,
    pub(crate) start: Arc<str>,
    pub(crate) at: Millis,
}

/// Who speaks in a remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// The person.
    Person,
    /// GitLab, about what the person did.
    Gitlab,
}

/// What somebody said.
pub(crate) struct Remark {
    pub(crate) id: u64,
    pub(crate) person: usize,
    pub(crate) text: String,
    pub(crate) at: Millis,
    pub(crate) voice: Voice,
}

/// Who ended a merge request and when, and the commit where it was merged.
pub(crate) struct Ended {
    pub(crate) person: usize,
    pub(crate) at: Millis,
    pub(crate) commit: Option<Arc<str>>,
}

/// A merge request to be.
pub(crate) struct NewRequest {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) author: usize,
    pub(crate) at: Millis,
}

/// A merge request.
pub(crate) struct MergeRequest {
    pub(crate) project: u64,
    pub(crate) iid: u64,
    pub(crate) new: NewRequest,
    pub(crate) standing: Standing,
    pub(crate) updated: Millis,
    pub(crate) ended: Option<Ended>,
    pub(crate) approvals: Vec<(usize, Millis)>,
    pub(crate) remarks: Vec<Remark>,
    pub(crate) versions: Vec<Version>,
    /// Who wants it merged as soon as it can be.
    pub(crate) scheduled: Option<usize>,
    /// The state that GitLab says it has, whatever it is.
    pub(crate) forced: Option<String>,
    /// The state of the head's pipeline.
    pub(crate) pipeline: Option<String>,
    /// Threads are unresolved.
    pub(crate) disputed: bool,
}

impl MergeRequest {
    /// Its number among all merge requests.
    pub(crate) fn id(&self) -> u64 {
        self.project * 1000 + self.iid
    }

    /// Whether its title says that it is none yet.
    pub(crate) fn is_draft(&self) -> bool {
        ["draft:", "[draft]", "(draft)"]
            .iter()
            .any(|mark| self.new.title.to_lowercase().starts_with(mark))
    }

    /// The newest state of its source branch.
    pub(crate) fn version(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The commit at its head.
    pub(crate) fn head(&self) -> &str {
        self.version().map_or("", |version| &version.head)
    }

    /// Adds what somebody said.
    pub(crate) fn remark(&mut self, (person, at): (usize, Millis), text: String, voice: Voice) {
        let id = self.id() * 100 + u64::try_from(self.remarks.len()).unwrap_or(0);
        self.updated = self.updated.max(at);
        self.remarks.push(Remark { id, person, text, at, voice });
    }
}

impl World {
    /// The repository of a project.
    pub(crate) fn repository(&self, project: u64) -> &Repository {
        self.repositories.get(&project).unwrap_or(&self.plain)
    }

    /// The repository of a project, to be changed.
    pub(crate) fn repository_mut(&mut self, project: u64) -> &mut Repository {
        if !self.repositories.contains_key(&project) {
            let mut own = Repository::default();
            let (branches, tree) = (self.plain.branches.clone(), self.plain.tip(MAIN));
            if let Some(first) = branches.get(MAIN).and_then(|sha| self.plain.find(sha)) {
                let text: Vec<_> = tree
                    .iter()
                    .map(|(path, blob)| (Arc::clone(path), own.keep(&blob.text)))
                    .collect();
                own.commit(MAIN, Vec::new(), text.into_iter().collect(), first.note.clone());
            }
            self.repositories.insert(project, own);
        }
        self.repositories.entry(project).or_default()
    }

    /// What is said of a commit by somebody with this login, who may be unknown.
    pub(crate) fn note(&self, login: &str, message: &str, at: Millis) -> Note {
        let known = self.people.iter().find(|who| who.username == login);
        let name = known.map_or(login, |who| who.name).to_owned();
        let author = Signature { name, email: format!("{login}@acme.example") };
        Note { message: message.to_owned(), committer: author.clone(), author, at }
    }

    /// A merge request of a project.
    pub(crate) fn request(&self, place: (u64, u64)) -> Option<&MergeRequest> {
        self.requests.get(&place)
    }

    /// The merge requests of a project, oldest first.
    pub(crate) fn requests_of(
        &self,
        project: u64,
    ) -> impl DoubleEndedIterator<Item = &MergeRequest> {
        self.requests.range((project, 0)..=(project, u64::MAX)).map(|(_, one)| one)
    }

    /// Opens a merge request; its number.
    pub(crate) fn open_request(&mut self, project: u64, new: NewRequest) -> u64 {
        let path = self.projects.get(&project).map_or("", |project| &project.path);
        let scripted = self.merge_requests(path).map(|(iid, _)| iid).max().unwrap_or(0);
        let last = self.requests_of(project).next_back().map_or(0, |one| one.iid);
        let iid = last.max(scripted) + 1;
        let updated = new.at;
        let request = MergeRequest {
            project,
            iid,
            new,
            standing: Standing::Opened,
            updated,
            ended: None,
            approvals: Vec::new(),
            remarks: Vec::new(),
            versions: Vec::new(),
            scheduled: None,
            forced: None,
            pipeline: Some("success".to_owned()),
            disputed: false,
        };
        self.requests.insert((project, iid), request);
        self.look_again((project, iid), updated);
        iid
    }

    /// Takes the head of the source branch as the newest version, where it is another.
    fn look_again(&mut self, place: (u64, u64), at: Millis) {
        let Some(one) = self.requests.get(&place) else { return };
        let repository = self.repository(place.0);
        let ends = repository.find(&one.new.source).zip(repository.find(&one.new.target));
        let Some((head, target)) = ends else { return };
        if one.head() == &*head.sha {
            return;
        }
        let base = repository.base(head, target).unwrap_or_else(|| Arc::clone(target));
        let number = u64::try_from(one.versions.len()).unwrap_or(0);
        let version = Version {
            id: one.id() * 10 + number,
            base: Arc::clone(&base.sha),
            head: Arc::clone(&head.sha),
            start: Arc::clone(&target.sha),
            at,
        };
        let resets = self.review.reset_on_push && self.review.plan != GitlabPlan::Free;
        let Some(one) = self.requests.get_mut(&place) else { return };
        one.versions.push(version);
        one.updated = at;
        one.scheduled = None;
        if resets {
            one.approvals.clear();
        }
    }

    /// Tells the open merge requests of a branch that it moved.
    pub(crate) fn pushed(&mut self, project: u64, branch: &str, at: Millis) {
        let open = self.requests_of(project);
        let open = open.filter(|one| one.standing == Standing::Opened && one.new.source == branch);
        let places: Vec<u64> = open.map(|one| one.iid).collect();
        for iid in places {
            self.look_again((project, iid), at);
        }
    }

    /// Writes a file into a branch as somebody does who has the repository at home; whether it could be.
    pub(crate) fn push(&mut self, push: &ScriptedPush) -> bool {
        let Some(project) = self.project_at(&push.project).map(|project| project.id) else {
            return false;
        };
        let at = self.now;
        let note = self.note(&push.by, &format!("Change {}\n", push.path), at);
        let repository = self.repository_mut(project);
        let is_there = repository.tip(&push.branch).contains_key(&*push.path);
        let action = Action {
            deed: if is_there { Deed::Update } else { Deed::Create },
            path: push.path.clone(),
            text: Some(push.text.clone()),
            from: None,
            last: None,
        };
        let start = (!repository.branches.contains_key(&push.branch)).then_some(MAIN);
        let done = repository.act((&push.branch, start), &[action], note).is_ok();
        self.pushed(project, &push.branch, at);
        done
    }

    /// Counts an approval, whoever gives it.
    pub(crate) fn note_approval(&mut self, place: (u64, u64), person: usize, at: Millis) {
        if let Some(one) = self.requests.get_mut(&place) {
            one.approvals.push((person, at));
            one.remark((person, at), "approved this merge request".to_owned(), Voice::Gitlab);
        }
    }

    /// Merges a merge request, where its sides fit together.
    pub(crate) fn merge_request(&mut self, place: (u64, u64), person: usize, at: Millis) {
        let Some(one) = self.requests.get(&place) else { return };
        let (source, target) = (one.new.source.clone(), one.new.target.clone());
        let login = self.people.get(person).map_or("", |who| who.username);
        let message = format!("Merge branch '{source}' into '{target}'\n\n{}\n", one.new.title);
        let note = self.note(login, &message, at);
        let Some(commit) = self.repository_mut(place.0).join((&target, &source), note) else {
            return;
        };
        let Some(one) = self.requests.get_mut(&place) else { return };
        one.standing = Standing::Merged;
        one.scheduled = None;
        one.ended = Some(Ended { person, at, commit: Some(Arc::clone(&commit.sha)) });
        one.remark((person, at), "merged".to_owned(), Voice::Gitlab);
        self.pushed(place.0, &target, at);
    }
}

impl Repository {
    fn join(&mut self, (target, source): (&str, &str), note: Note) -> Option<Arc<Commit>> {
        let (ours, theirs) = (self.find(target)?, self.find(source)?);
        let tree = self.joined(ours, theirs)?;
        let parents = vec![Arc::clone(&ours.sha), Arc::clone(&theirs.sha)];
        Some(self.commit(target, parents, tree, note))
    }
}

/// The id of a difference, which stays the same when it is put on another base.
pub(crate) fn patch_id(repository: &Repository, version: &Version) -> Option<String> {
    let (base, head) = (repository.find(&version.base)?, repository.find(&version.head)?);
    let changes = super::git::between(&base.tree, &head.tree);
    let parts: Vec<String> =
        changes.iter().flat_map(|one| [one.path().to_owned(), one.unified()]).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Some(digest(&parts))
}
