//! [`Everywhere`]: one pass over everything on GitLab that may hold exceptions, as far as the budget goes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;

use super::files::Wanted;
use super::gap_of;
use super::glob::Globs;
use super::grants::{dismissed, granted};
use super::named::Named;
use super::shelf::{Place, Shelf};
use super::task::{Done, Part, Task};
use crate::api::Error;
use crate::api::gitlab::{Gitlab, Owner, Place as ProjectPlace, Tree};
use crate::config::{ExceptionSettings, GitlabSettings};
use crate::domain::{
    Entity, FailureKind, Gap, GapKind, Home, Project, ProjectId, Sighting, Text, Timestamp, Tool,
};
use crate::register::formats::{GrantKind, form_of};
use crate::source::roster::Watched;

/// So many questions are under way at once: few, so that others come through between them.
const AT_ONCE: usize = 4;

/// Everything on one GitLab, with what one pass remembers for the next.
pub(super) struct Everywhere {
    gitlab: Arc<Gitlab>,
    watched: Vec<Watched>,
    globs: Globs,
    /// The most requests of one pass.
    most: usize,
    /// Where alone to look, if not everywhere.
    named: Option<Named>,
    shelf: Shelf,
    held: BTreeMap<(Part, Home), Done>,
    /// The ids of the projects: GraphQL asks for several by them.
    numbers: BTreeMap<Text, ProjectId>,
    spent: usize,
}

/// What a tree came to.
enum Listing {
    /// It is as it was.
    Same,
    /// It was read, at a commit where that was asked.
    New(Tree, Option<Text>),
}

impl Everywhere {
    pub(super) fn new(
        gitlab: Arc<Gitlab>,
        (watched, register): (&GitlabSettings, &ExceptionSettings),
        (most, named): (usize, Option<Named>),
    ) -> Everywhere {
        Everywhere {
            gitlab,
            watched: Watched::of(watched),
            globs: Globs::new(&register.native),
            most,
            named,
            shelf: Shelf::default(),
            held: BTreeMap::new(),
            numbers: BTreeMap::new(),
            spent: 0,
        }
    }

    /// One pass. `tell` is given what was seen as it is seen; at the end all of it is given back, and why the pass ended
    /// early, if it did.
    pub(super) async fn pass(
        &mut self,
        mut tell: impl FnMut(Vec<Entity>) + Send,
    ) -> Result<(Vec<Entity>, Option<Error>), Error> {
        self.spent = 0;
        if self.named.as_ref().is_some_and(Named::is_empty) {
            return Ok((Vec::new(), None));
        }
        let mut tasks = self.tasks().await?;
        let known: BTreeSet<(Part, Home)> = tasks.iter().map(Task::key).collect();
        self.held.retain(|key, _| known.contains(key));
        tasks.sort_by_cached_key(|task| {
            let (part, home) = task.key();
            (self.held.get(&(part, home.clone())).map(|done| done.at), part, home)
        });
        let mut rest = tasks.as_slice();
        let mut stopped = None;
        while let (Some(first), None) = (rest.first(), &stopped) {
            if self.spent >= self.most {
                break;
            }
            let alike = rest.iter().take_while(|task| task.part == first.part).count();
            let (chunk, after) = rest.split_at(alike.min(first.part.at_once()));
            rest = after;
            let seen = self.look(first.part, chunk).await;
            stopped = seen.err();
            tell(self.entities_of(chunk));
        }
        let blobs = self.held.values().flat_map(|done| done.blobs.iter().cloned()).collect();
        self.shelf.keep(&blobs);
        Ok((self.entities(&tasks), stopped))
    }

    /// Everything there is to look at.
    async fn tasks(&mut self) -> Result<Vec<Task>, Error> {
        let mut projects: BTreeMap<Text, Arc<Project>> = BTreeMap::new();
        let mut groups: BTreeSet<Text> = BTreeSet::new();
        for watched in self.watched.clone() {
            self.spent += 1;
            let found = match &watched {
                Watched::Group(path) => self.gitlab.projects_of_group(path).await?,
                Watched::Project(path) => vec![self.gitlab.project(path).await?],
            };
            if let Watched::Group(path) = &watched {
                groups.insert(Text::new(path));
                let paths = found.iter().map(|one| &one.project.path);
                groups.extend(paths.flat_map(|project| between(path, project)));
            }
            projects.extend(found.into_iter().map(|one| (one.project.path.clone(), one.project)));
        }
        self.numbers = projects.iter().map(|(path, one)| (path.clone(), one.id)).collect();
        let mut tasks = Vec::new();
        for (path, project) in projects {
            let branch = project.default_branch.clone();
            for part in [Part::Files, Part::Dismissals, Part::Members, Part::Tokens] {
                let (home, branch) = (Home::Project(path.clone()), branch.clone());
                tasks.push(Task { part, home, branch });
            }
        }
        for path in groups {
            for part in [Part::Members, Part::Tokens] {
                tasks.push(Task { part, home: Home::Group(path.clone()), branch: None });
            }
        }
        if let Some(named) = &self.named {
            tasks.retain(|task| named.has(task));
        }
        Ok(tasks)
    }

    /// Looks at some things of one part; what stops the whole pass.
    async fn look(&mut self, part: Part, tasks: &[Task]) -> Result<(), Error> {
        match part {
            Part::Files => self.look_at_files(tasks).await,
            Part::Dismissals => self.look_at_dismissals(tasks).await,
            Part::Members => self.look_at_grants(GrantKind::Member, tasks).await,
            Part::Tokens => self.look_at_grants(GrantKind::Token, tasks).await,
        }
    }

    async fn look_at_files(&mut self, tasks: &[Task]) -> Result<(), Error> {
        let at = self.gitlab.now();
        let mut reads = Vec::new();
        for task in tasks.iter().cloned() {
            let before = self.held.get(&task.key()).filter(|done| done.pages > 1);
            let (gitlab, before) = (Arc::clone(&self.gitlab), Before::of(before));
            reads.push(async move {
                let listing = list(&gitlab, &task, before).await;
                (task, listing)
            });
        }
        let lists: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).collect().await;
        let mut read = Vec::new();
        for (task, listing) in lists {
            match listing {
                Ok(Listing::Same) => {
                    self.spent += 1;
                    if let Some(done) = self.held.get_mut(&task.key()) {
                        *done = done.again(at);
                    }
                }
                Ok(Listing::New(tree, head)) => {
                    self.spent += tree.pages + usize::from(head.is_some());
                    let Home::Project(project) = &task.home else { continue };
                    let wanted = Wanted::of(project, task.branch.as_ref(), &tree, &self.globs);
                    read.push((task, wanted, tree.pages, head));
                }
                Err(error) => self.fail(&task, &error, at)?,
            }
        }
        let places =
            read.iter().flat_map(|(_, wanted, ..): &(Task, Wanted, usize, Option<Text>)| {
                wanted.places.iter().cloned()
            });
        let failed = self.read_blobs(places.collect()).await;
        for (task, wanted, pages, head) in read {
            let sightings = wanted.sightings(&task, &self.shelf, &failed, at);
            let sightings = sightings.into_iter().map(Arc::new).collect();
            let blobs = wanted.places.into_iter().map(|place| place.blob).collect();
            self.held.insert(task.key(), Done { at, sightings, blobs, pages, head });
        }
        match failed.into_values().find(is_stop) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Reads the blobs that are not known yet, each once; those that could not be read.
    async fn read_blobs(&mut self, places: Vec<Place>) -> BTreeMap<Text, Error> {
        let mut missing: BTreeMap<(Text, Tool), Place> = BTreeMap::new();
        for place in places.into_iter().filter(|place| !self.shelf.knows(place)) {
            let form = form_of(&place.path);
            missing.entry((place.blob.clone(), form)).or_insert(place);
        }
        let mut reads = Vec::new();
        for place in missing.into_values() {
            let gitlab = Arc::clone(&self.gitlab);
            reads.push(async move {
                let read = gitlab.blob(&place.project, &place.blob).await;
                (place, read)
            });
        }
        let reads: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).collect().await;
        self.spent += reads.len();
        let mut failed = BTreeMap::new();
        for (place, read) in reads {
            match read {
                Ok(bytes) => self.shelf.put(&place, &bytes),
                Err(error) => drop(failed.insert(place.blob, error)),
            }
        }
        failed
    }

    async fn look_at_dismissals(&mut self, tasks: &[Task]) -> Result<(), Error> {
        let at = self.gitlab.now();
        let paths: Vec<Text> = tasks.iter().map(|task| Text::new(&task.home.to_string())).collect();
        let place =
            |path: &Text| Some(ProjectPlace { id: *self.numbers.get(path)?, path: path.clone() });
        let places: Vec<ProjectPlace> = paths.iter().filter_map(place).collect();
        self.spent += 1;
        let found = match self.gitlab.dismissals(&places).await {
            Ok(found) => found,
            Err(error) => {
                return tasks.iter().try_for_each(|task| self.fail(task, &error, at));
            }
        };
        for (task, path) in tasks.iter().zip(&paths) {
            let sighting = match &found {
                Ok(found) if found.told.contains(path) => dismissed(path, &found.all, at),
                Ok(_) => dismissed(path, &[], at)
                    .lacking(unavailable("GitLab tells nothing of them here")),
                Err(said) => dismissed(path, &[], at).lacking(unavailable(said)),
            };
            let sightings = vec![Arc::new(sighting)];
            self.held.insert(task.key(), Done { at, sightings, ..Done::default() });
        }
        Ok(())
    }

    async fn look_at_grants(&mut self, kind: GrantKind, tasks: &[Task]) -> Result<(), Error> {
        let at = self.gitlab.now();
        let mut reads = Vec::new();
        for task in tasks.iter().cloned() {
            let gitlab = Arc::clone(&self.gitlab);
            reads.push(async move {
                let read = match (kind, Owner::of(&task.home)) {
                    (GrantKind::Member, Some(owner)) => gitlab.members(owner).await,
                    (GrantKind::Token, Some(owner)) => gitlab.access_tokens(owner).await,
                    (_, None) => Ok(Vec::new()),
                };
                (task, read)
            });
        }
        let reads: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).collect().await;
        self.spent += reads.len();
        for (task, read) in reads {
            match read {
                Ok(grants) => {
                    let sightings = vec![Arc::new(granted(kind, &task.home, &grants, at))];
                    self.held.insert(task.key(), Done { at, sightings, ..Done::default() });
                }
                Err(error) => self.fail(&task, &error, at)?,
            }
        }
        Ok(())
    }

    /// Notes that something could not be looked at; gives the error back where nothing else will be answered either.
    fn fail(&mut self, task: &Task, error: &Error, at: Timestamp) -> Result<(), Error> {
        if is_stop(error) {
            return Err(error.clone());
        }
        let gap = gap_of(error);
        let before = self.held.get(&task.key()).filter(|_| gap.kind == GapKind::Failed);
        let done = match before {
            Some(before) => Done { at, sightings: before.marked(&gap), ..before.clone() },
            None => Done { at, sightings: task.lacking(at, &gap), ..Done::default() },
        };
        self.held.insert(task.key(), done);
        Ok(())
    }

    fn entities_of(&self, tasks: &[Task]) -> Vec<Entity> {
        let done = tasks.iter().filter_map(|task| self.held.get(&task.key()));
        done.flat_map(|done| &done.sightings).cloned().map(Entity::Sighting).collect()
    }

    /// All that was seen, and what still waits for its turn.
    fn entities(&self, tasks: &[Task]) -> Vec<Entity> {
        let at = self.gitlab.now();
        let why = "requests are spread over time: it is looked at in one of the next passes";
        let waiting = Gap::new(GapKind::Waiting, why);
        let sightings = tasks.iter().flat_map(|task| match self.held.get(&task.key()) {
            Some(done) => done.sightings.clone(),
            None => task.lacking(at, &waiting),
        });
        sightings.map(Entity::Sighting).collect()
    }
}

/// The first thing that is amiss with what was seen, and how much is.
pub(super) fn gap_among(entities: &[Entity]) -> Option<Error> {
    let gaps = entities.iter().filter_map(|entity| match entity {
        Entity::Sighting(one) => Some((one, one.gap.as_ref().filter(|gap| gap.kind.is_ill())?)),
        _ => None,
    });
    let gaps: Vec<(&Arc<Sighting>, &Gap)> = gaps.collect();
    let (first, gap) = gaps.first()?;
    let places = if gaps.len() == 1 { "1 place was" } else { "places were" };
    let count = if gaps.len() == 1 { String::new() } else { format!("{} ", gaps.len()) };
    let words = format!(
        "{count}{places} not looked at for exceptions, the first: {} in {}: {}",
        first.tool, first.home, gap.why
    );
    let hint = "the lens `looks` of the pane Exceptions lists all of them";
    Some(Error::new(kind_of(gap.kind), words).hinting(hint))
}

fn kind_of(kind: GapKind) -> FailureKind {
    match kind {
        GapKind::Refused | GapKind::Unavailable => FailureKind::Forbidden,
        GapKind::TooLarge | GapKind::Unreadable => FailureKind::Shape,
        GapKind::Waiting | GapKind::Failed => FailureKind::Other,
    }
}

fn unavailable(said: &str) -> Gap {
    let why = format!(
        "not available: dismissed vulnerabilities are told by GitLab Ultimate, to Developers: {said}"
    );
    Gap::new(GapKind::Unavailable, &why)
}

/// Whether nothing else will be answered either.
fn is_stop(error: &Error) -> bool {
    matches!(
        error.kind,
        FailureKind::TokenInvalid
            | FailureKind::TokenExpired
            | FailureKind::RateLimited
            | FailureKind::Connect
            | FailureKind::Dns
            | FailureKind::Tls
    )
}

/// The groups between a watched one and a project within it.
fn between(group: &str, project: &str) -> Vec<Text> {
    let inner = project.match_indices('/').filter_map(|(place, _)| project.get(..place));
    inner.filter(|path| path.len() > group.len()).map(Text::new).collect()
}

/// Where a branch stood when its tree was listed last.
enum Before {
    /// It was never listed, or is so small that asking where it stands saves nothing.
    Unasked,
    /// There; `None` where that was not asked then.
    At(Option<Text>),
}

impl Before {
    fn of(done: Option<&Done>) -> Before {
        done.map_or(Before::Unasked, |done| Before::At(done.head.clone()))
    }
}

/// Lists the files of a project; a tree of many pages only where its branch has moved.
async fn list(gitlab: &Gitlab, task: &Task, before: Before) -> Result<Listing, Error> {
    let Home::Project(project) = &task.home else { return Ok(Listing::Same) };
    let Some(branch) = &task.branch else {
        let empty = Tree { files: Vec::new(), is_whole: true, pages: 0 };
        return Ok(Listing::New(empty, None));
    };
    let mut head = None;
    if let Before::At(before) = before {
        head = Some(gitlab.head(project, branch).await?);
        if before == head {
            return Ok(Listing::Same);
        }
    }
    Ok(Listing::New(gitlab.tree(project, Some(branch)).await?, head))
}
