//! [`Feed`]: lists a resource of a cluster, then watches it; whatever breaks is told and begun again.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::backoff::{Backoff, Pause};
use super::known::{Difference, Known};
use crate::api::Error;
use crate::api::kubernetes::{Cluster, Object, Page, Resource, Watch, WatchNews};
use crate::domain::{Change, Entity, EntityId, Failure, FailureKind, TierIndex};
use crate::source::report::Reporter;

/// How many objects the first page holds: few, so that there is soon something to see.
const FIRST_PAGE: u32 = 100;
/// How many objects each further page holds.
const PAGE: u32 = 400;
/// How much larger pages become when the way on from one was no longer known: the fewer there are, the sooner a list is
/// through.
const GROWTH: u32 = 4;
/// How large pages become at most, in times of the usual.
const MOST_GROWTH: u32 = 16;
/// How often a single look begins again at once where the way on is no longer known.
const RESTARTS: u32 = 2;
/// What a watch reports as its interval. A server sends a bookmark each minute: three of these without a word are more
/// than one bookmark missed, so what is older is old.
pub(super) const INTERVAL: Duration = Duration::from_secs(30);
/// How often it is looked whether a custom resource has been installed.
const ABSENT: Duration = Duration::from_mins(10);
/// A watch that stood for so long and then speaks is well: failures before it no longer count.
const SETTLED: Duration = Duration::from_secs(10);
/// Watches follow each other no faster than this, however soon the server ends them.
const SHORTEST: Duration = Duration::from_secs(1);
/// After so many refusals in a row as lying ahead, a version is taken for one that never comes: an etcd that was restored
/// counts from where it was.
const AHEAD: u32 = 3;

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
    /// Which of the objects could not be read.
    left_out: Option<Failure>,
    /// That there is no such namespace.
    nowhere: Option<Failure>,
    /// How much larger pages are than usual.
    growth: u32,
    /// The watches in a row that said nothing.
    silent: Option<Silent>,
}

/// Watches in a row that said nothing.
struct Silent {
    times: u32,
    /// What was told of the last one.
    told: Failure,
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
            silence: cluster.silence(),
            cluster,
            resource,
            reporter,
            backoff,
            known: Known::default(),
            tier: None,
            left_out: None,
            nowhere: None,
            growth: 1,
            silent: None,
        }
    }

    /// The same whose pods are of a tier. The state would find it too, but in a copy of each pod of its own.
    pub(super) fn of_tier(self, tier: Option<TierIndex>) -> Feed {
        Feed { tier, ..self }
    }

    /// Lists and watches for ever.
    pub(super) async fn run(mut self) {
        loop {
            match self.list().await {
                Ok(Listed::From(version)) => self.follow(version).await,
                Ok(Listed::Absent) => self.backoff.wait(Pause::own(ABSENT)).await,
                Err(error) => self.failed(&error).await,
            }
        }
    }

    /// Lists once.
    pub(super) async fn look(mut self) {
        for attempt in 0..=RESTARTS {
            match self.list().await {
                Ok(_) => return,
                Err(error) if is_gone(&error) && attempt < RESTARTS => {}
                Err(error) => return self.reporter.fail(&error, None, INTERVAL),
            }
        }
    }

    /// Tells a failure and waits.
    async fn failed(&mut self, error: &Error) {
        let now = self.cluster.now();
        let pause = self.backoff.after(error, now);
        self.reporter.lose(error, pause.end(now), INTERVAL);
        self.backoff.wait(pause).await;
    }

    /// Reads everything, page by page. Each page is shown at once; what is gone is known at the end. Where the way on is
    /// no longer known all must begin again, for what was read before may have changed unseen: then with larger pages.
    async fn list(&mut self) -> Result<Listed, Error> {
        let (mut fresh, mut size, mut next) = (Known::default(), FIRST_PAGE, None);
        let mut unreadable = None;
        loop {
            let limit = size.saturating_mul(self.growth);
            match self.cluster.page(&self.resource, limit, next.as_deref()).await {
                Ok(page) => {
                    let (version, on) = (page.version.clone(), page.next.clone());
                    unreadable = unreadable.or_else(|| page.unreadable.clone());
                    self.show(page, &mut fresh);
                    (next, size) = (on, PAGE);
                    if next.is_none() {
                        self.nowhere = self.missing_namespace(&fresh).await;
                        self.complete(fresh, unreadable);
                        return Ok(Listed::From(version));
                    }
                }
                Err(error) if is_absent(&error, &self.resource) => {
                    self.be_absent();
                    return Ok(Listed::Absent);
                }
                Err(error) => {
                    if next.is_some() && is_gone(&error) {
                        self.growth = self.growth.saturating_mul(GROWTH).min(MOST_GROWTH);
                    }
                    return Err(error);
                }
            }
        }
    }

    /// Nobody has installed this resource, which is as good as having read that there is none.
    fn be_absent(&mut self) {
        self.known = Known::default();
        let now = self.cluster.now();
        self.reporter.put(now, Change::Replace(Vec::new()));
        self.reporter.confirm(now, None, ABSENT);
    }

    /// Where there are no pods: whether there is a namespace at all, as far as that may be asked. An API server lists
    /// what is in a namespace that does not exist as if it were empty.
    async fn missing_namespace(&self, fresh: &Known) -> Option<Failure> {
        let Resource::Pods(namespace) = &self.resource else { return None };
        if !fresh.is_empty() || self.cluster.has_namespace(namespace).await != Ok(false) {
            return None;
        }
        let why = format!("namespace {namespace} does not exist in {}", self.cluster.name());
        let error = Error::new(FailureKind::NotFound, why);
        let hint = "check the tier's namespace and cluster, or make the namespace; it is looked for again by itself";
        Some(error.hinting(hint).failure(self.cluster.now()))
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
        self.growth = 1;
        self.left_out = unreadable.map(|(_, why)| self.cannot_read(&why));
        self.reporter.put(now, Change::Replace(self.known.entities()));
        let note = self.silent.as_ref().map(|silent| silent.told.clone());
        self.reporter.confirm_noting(now, note, self.gap(), INTERVAL);
    }

    /// What is missing though it answers. One silent watch is noted; two in a row are the rule.
    fn gap(&self) -> Option<Failure> {
        let silent = self.silent.as_ref().filter(|silent| silent.times > 1);
        let silent = silent.map(|silent| &silent.told);
        self.left_out.as_ref().or(self.nowhere.as_ref()).or(silent).cloned()
    }

    /// Watches from a version on, one watch after the other, until everything must be listed again.
    async fn follow(&mut self, mut version: String) {
        loop {
            let begun = Instant::now();
            let ended = match self.cluster.watch(&self.resource, &version).await {
                Ok(watch) => self.watch(watch, &mut version).await,
                Err(error) => Err(error),
            };
            let error = match ended {
                // Whether there is a namespace by now, only a list finds out.
                Ok(Ended::GoesOn) if self.nowhere.is_none() => {
                    let left = SHORTEST.saturating_sub(begun.elapsed());
                    self.backoff.wait(Pause::own(left)).await;
                    continue;
                }
                Ok(Ended::GoesOn | Ended::MustList) => return,
                Err(error) => error,
            };
            self.failed(&error).await;
            // Only a refusal, or a server out of reach, leaves the version as good as it was.
            let is_ahead = error.status == Some(504) && self.backoff.failures() >= AHEAD;
            if is_gone(&error) || is_ahead || error.kind == FailureKind::NotFound {
                return;
            }
        }
    }

    /// Takes in what a watch tells.
    async fn watch(&mut self, mut watch: Watch, version: &mut String) -> Result<Ended, Error> {
        if self.silent.is_none() {
            self.reporter.confirm(self.cluster.now(), self.gap(), INTERVAL);
        }
        let (begun, mut said_nothing) = (Instant::now(), true);
        loop {
            let Ok(heard) = tokio::time::timeout(self.silence, watch.next()).await else {
                self.fell_silent();
                return Ok(Ended::MustList);
            };
            match heard? {
                Some(news) => {
                    said_nothing = false;
                    if begun.elapsed() >= SETTLED {
                        self.backoff.reset();
                    }
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

    /// A watch said nothing for too long: told at once, while everything is read anew.
    fn fell_silent(&mut self) {
        let now = self.cluster.now();
        let error = silence(self.silence).doing(self.doing());
        let times = self.silent.as_ref().map_or(0, |silent| silent.times);
        self.silent = Some(Silent { times: times.saturating_add(1), told: error.failure(now) });
        self.reporter.fail(&error, Some(now), INTERVAL);
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
        let was_silent = self.silent.take().is_some();
        // Whoever brings a pod has a namespace.
        let was_nowhere = !changes.0.is_empty() && self.nowhere.take().is_some();
        if was_silent || was_nowhere {
            self.reporter.confirm(now, self.gap(), INTERVAL);
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
        if self.left_out.is_none() {
            self.left_out = Some(self.cannot_read(why));
            self.reporter.confirm(self.cluster.now(), self.gap(), INTERVAL);
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
    let why = format!(
        "the watch said nothing for {} s, not even a bookmark, and was opened anew",
        after.as_secs_f64()
    );
    Error {
        hint: "nothing to do if it happens once; if it recurs, something on the way holds the stream back, or the API server hangs".into(),
        ..Error::new(FailureKind::Timeout, why)
    }
}
