//! [`Feed`]: lists a resource of a cluster, then watches it; whatever breaks is told and begun again.

use std::sync::Arc;
use std::time::Duration;

use super::backoff::{Backoff, Ordered, end_of};
use super::known::{Difference, Known};
use crate::api::Error;
use crate::api::kubernetes::{Cluster, Object, Page, Resource, Watch, WatchNews};
use crate::domain::{Change, Entity, EntityId, Failure, FailureKind, TierIndex};
use crate::source::report::Reporter;

/// How many objects the first page holds: few, so that there is soon something to see.
const FIRST_PAGE: u32 = 100;
/// How many objects each further page holds.
const PAGE: u32 = 400;
/// How often a list whose way on is no longer known begins again, each time with larger pages.
const RESTARTS: u32 = 3;
/// What a watch reports as its interval. A server sends a bookmark each minute: three of these without a word are more
/// than one bookmark missed, so what is older is old.
pub(super) const INTERVAL: Duration = Duration::from_secs(30);
/// How often it is looked whether a custom resource has been installed.
const ABSENT: Duration = Duration::from_mins(10);
/// A watch that says nothing for so long, not even a bookmark, is given up: a little before what it brought is old.
const SILENCE: Duration = Duration::from_secs(75);

/// One resource of one cluster.
pub(super) struct Feed {
    cluster: Arc<Cluster>,
    resource: Resource,
    reporter: Reporter,
    backoff: Backoff,
    silence: Duration,
    known: Known,
    /// The tier whose pods it reads.
    tier: Option<TierIndex>,
    /// What is missing though it answers.
    gap: Option<Failure>,
    /// How many watches in a row said nothing.
    silent: u32,
}

/// How a list ended.
enum Listed {
    /// All was read; a watch goes on from here.
    From(String),
    /// The cluster does not know this resource.
    Absent,
}

/// How a watch ended.
enum Ended {
    /// Another goes on from where it was.
    GoesOn,
    /// Everything must be listed again.
    MustList,
}

impl Feed {
    /// A feed that has read nothing yet.
    pub(super) fn new(
        cluster: Arc<Cluster>,
        resource: Resource,
        reporter: Reporter,
        backoff: Backoff,
    ) -> Feed {
        Feed {
            cluster,
            resource,
            reporter,
            backoff,
            silence: SILENCE,
            known: Known::default(),
            tier: None,
            gap: None,
            silent: 0,
        }
    }

    /// The same whose pods are of a tier. The state would find it too, but in a copy of each pod of its own.
    pub(super) fn of_tier(self, tier: Option<TierIndex>) -> Feed {
        Feed { tier, ..self }
    }

    /// The same that is sooner tired of silence.
    #[cfg(test)]
    pub(super) fn tired_after(self, silence: Duration) -> Feed {
        Feed { silence, ..self }
    }

    /// Lists and watches for ever.
    pub(super) async fn run(mut self) {
        loop {
            match self.list().await {
                Ok(Listed::From(version)) => self.follow(version).await,
                Ok(Listed::Absent) => self.backoff.wait(ABSENT, Ordered::No).await,
                Err(error) => self.failed(&error).await,
            }
        }
    }

    /// Lists once.
    pub(super) async fn look(mut self) {
        if let Err(error) = self.list().await {
            self.reporter.fail(&error, None, INTERVAL);
        }
    }

    /// Tells a failure and waits.
    async fn failed(&mut self, error: &Error) {
        let now = self.cluster.now();
        let wait = self.backoff.after(error, now);
        self.reporter.lose(error, end_of(wait, now), INTERVAL);
        let ordered = if error.retry_at.is_some() { Ordered::Yes } else { Ordered::No };
        self.backoff.wait(wait, ordered).await;
    }

    /// Reads everything, page by page. Each page is shown at once; what is gone is known at the end.
    async fn list(&mut self) -> Result<Listed, Error> {
        let (mut fresh, mut size, mut next) = (Known::default(), FIRST_PAGE, None);
        let (mut restarts, mut unreadable) = (0, None);
        loop {
            match self.cluster.page(&self.resource, size, next.as_deref()).await {
                Ok(page) => {
                    let (version, on) = (page.version.clone(), page.next.clone());
                    unreadable = unreadable.or_else(|| page.unreadable.clone());
                    self.show(page, &mut fresh);
                    (next, size) = (on, size.max(PAGE));
                    if next.is_none() {
                        self.complete(fresh, unreadable);
                        return Ok(Listed::From(version));
                    }
                }
                Err(error) if next.is_some() && is_gone(&error) && restarts < RESTARTS => {
                    self.reporter.fail(&error, Some(self.cluster.now()), INTERVAL);
                    (fresh, next, restarts, size) =
                        (Known::default(), None, restarts + 1, size * 4);
                }
                Err(error) if is_absent(&error, &self.resource) => {
                    self.known = Known::default();
                    let now = self.cluster.now();
                    self.reporter.put(now, Change::Replace(Vec::new()));
                    self.reporter.confirm(now, None, ABSENT);
                    return Ok(Listed::Absent);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Shows a page.
    fn show(&self, page: Page, fresh: &mut Known) {
        let objects =
            page.objects.into_iter().map(|object| self.known.successor(self.placed(object)));
        let found = objects.filter_map(|object| match fresh.take(object)? {
            Difference::Found(entity) => Some(entity),
            Difference::Gone(_) => None,
        });
        let found: Vec<Entity> = found.collect();
        self.reporter.put(self.cluster.now(), Change::Upsert(found));
    }

    /// The list is whole: what is not in it is gone.
    fn complete(&mut self, fresh: Known, unreadable: Option<(usize, String)>) {
        let now = self.cluster.now();
        self.known = fresh;
        self.gap = unreadable.map(|(_, why)| self.cannot_read(&why));
        if self.gap.is_none() && self.silent > 1 {
            self.gap = Some(silence(self.silence).failure(now));
        }
        self.reporter.put(now, Change::Replace(self.known.entities()));
        self.reporter.confirm(now, self.gap.clone(), INTERVAL);
    }

    /// Watches from a version on, one watch after the other, until everything must be listed again.
    async fn follow(&mut self, mut version: String) {
        loop {
            let ended = match self.cluster.watch(&self.resource, &version).await {
                Ok(watch) => self.watch(watch, &mut version).await,
                Err(error) => Err(error),
            };
            let error = match ended {
                Ok(Ended::GoesOn) => continue,
                Ok(Ended::MustList) => return,
                Err(error) => error,
            };
            self.failed(&error).await;
            // Only a refusal, or a server out of reach, leaves the version as good as it was.
            if is_gone(&error) || error.kind == FailureKind::NotFound {
                return;
            }
        }
    }

    /// Takes in what a watch tells.
    async fn watch(&mut self, mut watch: Watch, version: &mut String) -> Result<Ended, Error> {
        if self.silent == 0 {
            self.reporter.confirm(self.cluster.now(), self.gap.clone(), INTERVAL);
        }
        let mut said_nothing = true;
        loop {
            let Ok(heard) = tokio::time::timeout(self.silence, watch.next()).await else {
                self.silent = self.silent.saturating_add(1);
                let now = self.cluster.now();
                self.reporter.fail(&silence(self.silence), Some(now), INTERVAL);
                return Ok(Ended::MustList);
            };
            match heard? {
                Some(news) => {
                    (said_nothing, self.silent) = (false, 0);
                    self.backoff.reset();
                    self.apply(news);
                    watch.version().clone_into(version);
                }
                None if said_nothing => {
                    let why = "the watch ended before it said anything";
                    return Err(Error::new(FailureKind::CutBody, why).doing(self.doing()));
                }
                None => return Ok(Ended::GoesOn),
            }
        }
    }

    /// Takes in what came at once, and passes it on.
    fn apply(&mut self, news: Vec<WatchNews>) {
        let now = self.cluster.now();
        let mut changes = Changes::default();
        for one in news {
            let difference = match one {
                WatchNews::Found(object) => self.known.take(self.placed(object)),
                WatchNews::Gone(object) => self.known.drop(&object.id, object.origin),
                WatchNews::Bookmark => None,
                WatchNews::Unreadable(why) => {
                    self.missed(&why);
                    None
                }
            };
            match difference {
                Some(Difference::Found(entity)) => changes.found(entity),
                Some(Difference::Gone(id)) => changes.gone(id),
                None => {}
            }
        }
        for change in changes.0 {
            self.reporter.put(now, change);
        }
        self.reporter.touch(now);
    }

    /// The same object, a pod with its tier.
    fn placed(&self, mut object: Object) -> Object {
        if let Some(Entity::Pod(pod)) = &mut object.entity
            && pod.tier != self.tier
        {
            Arc::make_mut(pod).tier = self.tier;
        }
        object
    }

    /// Something could not be read: said once, until all is listed again.
    fn missed(&mut self, why: &str) {
        if self.gap.is_none() {
            self.gap = Some(self.cannot_read(why));
            self.reporter.confirm(self.cluster.now(), self.gap.clone(), INTERVAL);
        }
    }

    fn cannot_read(&self, why: &str) -> Failure {
        let error = Error::new(FailureKind::Shape, format!("left out: {why}"));
        let hint = "all others are shown; the object is not what Kubernetes documents";
        error.hinting(hint).doing(self.doing()).failure(self.cluster.now())
    }

    fn doing(&self) -> String {
        format!("watching {} in {}", self.resource.words(), self.cluster.name())
    }
}

/// What is passed on together: neighbours of one kind in one piece, their order kept.
#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn found(&mut self, entity: Entity) {
        if let Some(Change::Upsert(found)) = self.0.last_mut() {
            found.push(entity);
        } else {
            self.0.push(Change::Upsert(vec![entity]));
        }
    }

    fn gone(&mut self, id: EntityId) {
        if let Some(Change::Remove(gone)) = self.0.last_mut() {
            gone.push(id);
        } else {
            self.0.push(Change::Remove(vec![id]));
        }
    }
}

/// Whether the server no longer knows a version, or the way on from a page; a broken way on is refused as such.
fn is_gone(error: &Error) -> bool {
    matches!(error.status, Some(410 | 400))
}

/// Whether a resource is one that nobody installed.
fn is_absent(error: &Error, resource: &Resource) -> bool {
    error.kind == FailureKind::NotFound && resource.may_be_absent()
}

/// A watch that says nothing.
fn silence(after: Duration) -> Error {
    let why = format!("the watch said nothing for {} s, not even a bookmark", after.as_secs());
    Error {
        hint: "something on the way holds the stream back, or the API server hangs: everything is read anew meanwhile".into(),
        ..Error::new(FailureKind::Timeout, why)
    }
}
