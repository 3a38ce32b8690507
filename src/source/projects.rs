//! The feed `projects`: the fleet, every minute or so: which projects there are, and which of them have work.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::time::Instant;

use super::poll::{Beat, Wake};
use super::report::Reporter;
use super::roster::{Roster, Squad, Watched, each_once};
use crate::api::Error;
use crate::api::gitlab::{FleetProject, Gitlab, Place};
use crate::domain::{
    Change, Entity, FailureKind, Project, ProjectId, RefPattern, Status, Timestamp,
};

/// How far back "lately" reaches: the hour that the queue shows, and a little more for clocks that differ.
pub(super) const LATELY: SignedDuration = SignedDuration::from_mins(62);
/// How often a project's protected branches are read.
const PROTECTION_INTERVAL: Duration = Duration::from_hours(1);
/// How many projects' protected branches are read in one pass.
const PROTECTIONS_A_PASS: usize = 60;

/// The fleet feed.
pub(super) struct Fleet {
    gitlab: Arc<Gitlab>,
    watched: Vec<Watched>,
    reporters: Vec<Reporter>,
    squads: Vec<Squad>,
    /// The ids of single projects, once they are known.
    ids: HashMap<String, ProjectId>,
    protections: HashMap<ProjectId, Protection>,
    pass: u64,
}

/// What is known of a project's protected branches.
struct Protection {
    read_at: Instant,
    patterns: Option<Arc<[RefPattern]>>,
}

impl Fleet {
    /// A feed over everything that is watched; one reporter for each.
    pub(super) fn new(
        gitlab: Arc<Gitlab>,
        watched: Vec<Watched>,
        reporters: Vec<Reporter>,
    ) -> Fleet {
        let squads = watched.iter().map(|_| Squad::default()).collect();
        Fleet {
            gitlab,
            watched,
            reporters,
            squads,
            ids: HashMap::new(),
            protections: HashMap::new(),
            pass: 0,
        }
    }

    /// Looks at the fleet again and again.
    pub(super) async fn run(mut self, mut beat: Beat, roster: watch::Sender<Roster>) {
        loop {
            beat.begin();
            let failed = self.look(&mut beat).await;
            roster.send_replace(self.roster(beat.interval()));
            if !failed {
                self.protect().await;
            }
            loop {
                match beat.wait().await {
                    Wake::Due => break,
                    Wake::Cancelled => return,
                    Wake::Rescheduled => {
                        let interval = beat.interval();
                        self.reporters.iter_mut().for_each(|one| one.reschedule(interval));
                        roster.send_modify(|roster| roster.interval = interval);
                    }
                }
            }
        }
    }

    /// The fleet as the queue needs it.
    pub(super) fn roster(&self, interval: Duration) -> Roster {
        let squads = self.squads.iter().map(|squad| Arc::new(squad.clone())).collect();
        Roster { pass: self.pass, interval, squads }
    }

    /// One look at everything; whether any of it failed.
    pub(super) async fn look(&mut self, beat: &mut Beat) -> bool {
        let began = self.gitlab.now();
        self.pass += 1;
        let since = began.saturating_sub(LATELY).unwrap_or(began);
        let mut read = Vec::with_capacity(self.watched.len());
        let singles = self.singles(since).await;
        for watched in self.watched.clone() {
            read.push(match &watched {
                Watched::Group(path) => self.gitlab.fleet_of_group(path, since).await,
                Watched::Project(path) => single(&singles, path),
            });
        }
        let failures: Vec<Option<Error>> =
            read.iter().map(|read| read.as_ref().err().cloned()).collect();
        let next =
            failures.iter().flatten().map(|error| beat.failed(error, self.gitlab.now())).last();
        if next.is_none() {
            beat.succeeded();
        }
        let mut fresh: Vec<Squad> =
            self.squads.iter().zip(read).map(|(old, read)| squad(old, read, began)).collect();
        each_once(&mut fresh);
        self.squads = fresh;
        self.send(began, &failures, next, beat.interval());
        next.is_some()
    }

    /// Leaves the news of one look.
    fn send(
        &mut self,
        at: Timestamp,
        failures: &[Option<Error>],
        next: Option<Timestamp>,
        interval: Duration,
    ) {
        let squads = self.squads.iter().zip(failures);
        for (reporter, (squad, failure)) in self.reporters.iter_mut().zip(squads) {
            if let Some(error) = failure {
                reporter.fail(error, next, interval);
                continue;
            }
            let protections = &self.protections;
            let entities = squad.projects.iter().map(|one| {
                let patterns =
                    protections.get(&one.project.id).and_then(|one| one.patterns.clone());
                Entity::Project(with_protection(&one.project, patterns))
            });
            reporter.put(at, Change::Replace(entities.collect()));
            reporter.confirm(at, squad.gap.clone(), interval);
        }
    }

    /// Reads the single projects: by id in few questions where their ids are known and GraphQL is on.
    async fn singles(&mut self, since: Timestamp) -> HashMap<String, Result<FleetProject, Error>> {
        let mut found = HashMap::new();
        let mut known = Vec::new();
        for watched in &self.watched {
            let Watched::Project(path) = watched else { continue };
            if let Some(id) = self.ids.get(path) {
                known.push(*id);
                continue;
            }
            match self.gitlab.project(path).await {
                Ok(project) => {
                    self.ids.insert(path.clone(), project.project.id);
                    known.push(project.project.id);
                    found.insert(path.clone(), Ok(project));
                }
                Err(error) => {
                    found.insert(path.clone(), Err(error));
                }
            }
        }
        if known.is_empty() {
            return found;
        }
        match self.gitlab.capabilities().await {
            Ok(capabilities) if capabilities.graphql => {
                let read = self.gitlab.fleet_of_projects(&known, since).await;
                self.by_id(&read, &mut found);
            }
            Ok(_) => self.by_path(&mut found).await,
            Err(error) => self.by_id(&Err(error), &mut found),
        }
        found
    }

    /// Sorts an answer by ids under the paths that were asked for.
    fn by_id(
        &self,
        read: &Result<Vec<FleetProject>, Error>,
        found: &mut HashMap<String, Result<FleetProject, Error>>,
    ) {
        for (path, id) in &self.ids {
            let one = match read {
                Ok(fleet) => {
                    fleet.iter().find(|one| one.project.id == *id).cloned().ok_or_else(|| {
                        Error::new(
                            FailureKind::NotFound,
                            "GitLab shows no such project to this token",
                        )
                        .doing(format!("reading project {path}"))
                    })
                }
                Err(error) => Err(error.clone()),
            };
            found.insert(path.clone(), one);
        }
    }

    /// Reads the projects that were not read in this pass, one by one.
    async fn by_path(&self, found: &mut HashMap<String, Result<FleetProject, Error>>) {
        for path in self.ids.keys() {
            if !found.contains_key(path) {
                let read = self.gitlab.project(path).await;
                found.insert(path.clone(), read);
            }
        }
    }

    /// Reads the protected branches of a few projects with work for which that is due.
    pub(super) async fn protect(&mut self) {
        let due: Vec<(usize, Place)> = self
            .squads
            .iter()
            .enumerate()
            .flat_map(|(index, squad)| squad.projects.iter().map(move |one| (index, one)))
            .filter(|(_, one)| has_work(one) && self.is_protection_due(one.project.id))
            .map(|(index, one)| (index, one.place()))
            .take(PROTECTIONS_A_PASS)
            .collect();
        for (index, place) in due {
            let read = self.gitlab.protected_branches(&place).await;
            let patterns = match read {
                Ok(patterns) => Some(patterns),
                // Without the right to see them it stays unknown, which is what is shown.
                Err(error) if error.is_about_one_part() => None,
                Err(_) => return,
            };
            if let (Some(patterns), Some(reporter)) = (&patterns, self.reporters.get(index)) {
                let change = Change::ProtectedRefs(place.id, Arc::clone(patterns));
                reporter.put(self.gitlab.now(), change);
            }
            self.protections.insert(place.id, Protection { read_at: Instant::now(), patterns });
        }
    }

    fn is_protection_due(&self, id: ProjectId) -> bool {
        self.protections.get(&id).is_none_or(|one| one.read_at.elapsed() > PROTECTION_INTERVAL)
    }
}

/// A scope after a look: what was read, or what was known with the reason why it could not be read.
fn squad(old: &Squad, read: Result<Vec<FleetProject>, Error>, at: Timestamp) -> Squad {
    match read {
        Ok(projects) => Squad { projects, at: Some(at), error: None, gap: None },
        Err(error) => Squad { error: Some(error), ..old.clone() },
    }
}

/// The answer for a single project.
fn single(
    singles: &HashMap<String, Result<FleetProject, Error>>,
    path: &str,
) -> Result<Vec<FleetProject>, Error> {
    match singles.get(path) {
        Some(Ok(project)) => Ok(vec![project.clone()]),
        Some(Err(error)) => Err(error.clone()),
        None => Err(Error::new(FailureKind::Other, "the project was not asked for")),
    }
}

/// Whether a project has, or lately had, pipelines. Where listing does not tell, its activity does.
fn has_work(project: &FleetProject) -> bool {
    match &project.marks {
        Some(marks) => marks.iter().any(|mark| mark.status != Status::Manual),
        None => project.project.last_activity_at.is_some(),
    }
}

/// A project with what is known of its protected branches.
fn with_protection(project: &Arc<Project>, patterns: Option<Arc<[RefPattern]>>) -> Arc<Project> {
    match patterns {
        None => Arc::clone(project),
        patterns => Arc::new(Project { protected_refs: patterns, ..(**project).clone() }),
    }
}
