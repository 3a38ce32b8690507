//! [`AccessFeed`]: reads every place in turn, keeps each as soon as it is read, and tells now and then how far it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::merge::{Progress, assemble};
use super::platform::Platform;
use super::shelf;
use super::site::{Piece, Site};
use crate::api::{Error, Shelf, Wiring};
use crate::domain::access::{Gap, Lack};
use crate::domain::{Change, Failure, FailureKind, SourceId, SourceKey, Text, Timestamp};
use crate::source::common::Common;
use crate::source::demand::Demand;
use crate::source::report::{Meter, Reporter};

/// How often it is told how far a reading is.
const TELL: Duration = Duration::from_secs(20);
/// After so many places in a row that failed, the others would fail as well.
const MOST_FAILURES: usize = 3;
/// The waits before places that failed are read again; the last for ever.
const AGAIN: [Duration; 4] = [
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_mins(30),
];

/// The feed.
pub(super) struct AccessFeed {
    platform: Arc<Platform>,
    shelf: Arc<dyn Shelf>,
    reporter: Reporter,
    wiring: Wiring,
    demand: Demand,
    cancel: CancellationToken,
    refreshes: u64,
    progress: Progress,
    /// What was read before this is read again.
    fresh_since: Timestamp,
    told_at: Option<Instant>,
    failures: usize,
    /// So many of the places whose rights were changed from here have been taken notice of.
    touched: usize,
}

/// The use of the connections by this feed alone.
#[derive(Debug)]
struct Use {
    platform: Arc<Platform>,
    wiring: Wiring,
}

impl Meter for Use {
    fn now(&self) -> Timestamp {
        self.wiring.now()
    }

    fn requests_per_minute(&self) -> f64 {
        self.platform.requests_per_minute()
    }
}

/// Why a wait ended.
enum Wake {
    Due,
    Asked,
    Touched,
    Cancelled,
}

impl AccessFeed {
    pub(super) fn new(key: SourceKey, platform: Arc<Platform>, common: &Common) -> AccessFeed {
        let Common { mailbox, demand, wiring, cancel } = common.clone();
        let usage = Use { platform: Arc::clone(&platform), wiring: wiring.clone() };
        let reporter = Reporter::new(key, mailbox, Arc::new(usage), platform.interval);
        AccessFeed {
            fresh_since: Timestamp::MIN,
            refreshes: demand.refreshes(),
            platform,
            shelf: Arc::clone(&wiring.shelf),
            reporter,
            wiring,
            demand,
            cancel,
            progress: Progress::default(),
            told_at: None,
            failures: 0,
            touched: 0,
        }
    }

    /// Reads again and again, daily unless asked.
    pub(super) async fn run(mut self) {
        self.remember().await;
        loop {
            let cancel = self.cancel.clone();
            tokio::select! {
                () = cancel.cancelled() => return,
                () = self.pass() => {}
            }
            match self.rest().await {
                Wake::Cancelled => return,
                Wake::Due => self.fresh_since = self.fresh_since.max(self.horizon()),
                Wake::Asked => self.fresh_since = self.wiring.now(),
                Wake::Touched => {}
            }
        }
    }

    /// Reads once what is not kept, or old.
    pub(super) async fn look(&mut self) {
        self.remember().await;
        self.pass().await;
    }

    /// Takes what earlier runs have read.
    async fn remember(&mut self) {
        let store = Arc::clone(&self.shelf);
        let kept = tokio::task::spawn_blocking(move || store.take()).await.unwrap_or_default();
        self.progress.pieces = shelf::pieces(kept);
        self.forget_others().await;
        self.fresh_since = self.horizon();
        if !self.progress.pieces.is_empty() {
            self.tell();
        }
    }

    /// Lets go what another identity has read of GitLab, or a token that may other things: it is read anew.
    async fn forget_others(&mut self) {
        let instance = self.progress.pieces.get(&Site::Instance);
        let Some(reader) = instance.and_then(|piece| piece.population.read_by.clone()) else {
            return;
        };
        if self.platform.reads_as().await.is_none_or(|now| now == reader) {
            return;
        }
        tracing::info!(%reader, "rights were read by another identity, and are read anew");
        let pieces = std::mem::take(&mut self.progress.pieces);
        let (others, kept) = pieces.into_iter().partition(|(site, _)| site.is_of_gitlab());
        let others: BTreeMap<Site, Piece> = others;
        self.progress.pieces = kept;
        let store = Arc::clone(&self.shelf);
        let forget = move || others.keys().for_each(|site| store.forget(&site.to_string()));
        tokio::task::spawn_blocking(forget).await.ok();
    }

    /// What was read before this is old.
    fn horizon(&self) -> Timestamp {
        let interval = SignedDuration::try_from(self.platform.interval);
        let now = self.wiring.now();
        now.checked_sub(interval.unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MIN)
    }

    /// The places that are to be read.
    fn due(&self) -> BTreeSet<Site> {
        let is_old = |site: &Site| {
            let piece = self.progress.pieces.get(site);
            let is_doubted = self.progress.doubted.contains(site);
            is_doubted || piece.is_none_or(|piece| piece.taken_at < self.fresh_since)
        };
        self.platform.sites(&self.progress.pieces).into_iter().filter(is_old).collect()
    }

    /// Reads what is to be read. Places that are found on the way are read as well.
    async fn pass(&mut self) {
        self.progress.failed.clear();
        let mut row = 0;
        let mut fault = None;
        loop {
            self.notice().await;
            let Some(site) = self.next() else { break };
            match self.platform.read(&site).await {
                Ok(piece) => {
                    row = 0;
                    self.take(piece).await;
                }
                Err(error) => {
                    row += 1;
                    let stops = row >= MOST_FAILURES || ends_all(&error);
                    tracing::debug!(%site, %error, "a place of access could not be read");
                    let words = Text::new(&format!("{error}; {}", error.hint));
                    self.progress.failed.insert(site, words);
                    fault = Some(error);
                    if stops {
                        break;
                    }
                }
            }
            if self.told_at.is_none_or(|at| at.elapsed() >= TELL) {
                self.tell();
            }
        }
        self.end(fault).await;
    }

    /// The place to be read now: one where rights were changed from here before all others.
    fn next(&self) -> Option<Site> {
        let Progress { failed, doubted, .. } = &self.progress;
        let due: Vec<Site> =
            self.due().into_iter().filter(|site| !failed.contains_key(site)).collect();
        due.iter().find(|site| doubted.contains(*site)).or(due.first()).cloned()
    }

    /// Takes notice of places where rights were changed from here: what was read there is told as old, and read again.
    async fn notice(&mut self) {
        let places = self.demand.touched(self.touched);
        if places.is_empty() {
            return;
        }
        self.touched += places.len();
        let sites = self.platform.sites(&self.progress.pieces);
        let is_touched = |site: &Site| places.iter().any(|place| site.is_touched_by(place));
        self.progress.doubted.extend(sites.into_iter().filter(is_touched));
        let store = Arc::clone(&self.shelf);
        let forget = move || places.iter().for_each(|place| shelf::forget(&*store, place));
        tokio::task::spawn_blocking(forget).await.ok();
        self.tell();
    }

    /// Keeps what was read of a place.
    async fn take(&mut self, piece: Piece) {
        if let Some(kept) = shelf::kept(&piece) {
            let store = Arc::clone(&self.shelf);
            tokio::task::spawn_blocking(move || store.keep(&kept)).await.ok();
        }
        self.progress.doubted.remove(&piece.site);
        let piece = self.unless_refused(piece);
        self.progress.pieces.insert(piece.site.clone(), piece);
    }

    /// A list of places that is refused now does not take away the places that were listed before.
    fn unless_refused(&self, mut piece: Piece) -> Piece {
        if let Some(before) = self.progress.pieces.get(&piece.site) {
            piece.groups = piece.groups.or_else(|| before.groups.clone());
            piece.projects = piece.projects.or_else(|| before.projects.clone());
        }
        piece
    }

    async fn end(&mut self, fault: Option<Error>) {
        if fault.is_none() {
            self.let_go().await;
        }
        self.tell();
        let Some(error) = fault else {
            self.failures = 0;
            return;
        };
        self.failures += 1;
        let next = self
            .wiring
            .now()
            .checked_add(SignedDuration::try_from(self.wait()).unwrap_or_default());
        self.reporter.fail(&error, next.ok(), self.platform.interval);
    }

    /// Lets places go that are not there any more; only a reading without a failure tells.
    async fn let_go(&mut self) {
        let there = self.platform.sites(&self.progress.pieces);
        let gone: Vec<Site> =
            self.progress.pieces.keys().filter(|site| !there.contains(site)).cloned().collect();
        for site in gone {
            self.progress.pieces.remove(&site);
            let store = Arc::clone(&self.shelf);
            tokio::task::spawn_blocking(move || store.forget(&site.to_string())).await.ok();
        }
    }

    /// Tells what is known, and how far the reading is.
    fn tell(&mut self) {
        self.told_at = Some(Instant::now());
        let now = self.wiring.now();
        let sites = self.platform.sites(&self.progress.pieces);
        let population = assemble(&self.platform.statement(), &sites, &self.progress, now);
        let missing = sites.iter().filter(|site| !self.progress.pieces.contains_key(site)).count();
        let gap = gap(&population.gaps, now);
        let oldest = self.progress.pieces.values().map(|piece| piece.taken_at).min();
        self.reporter.put(now, Change::Population(Arc::new(population)));
        // Until every place was read once, nothing is confirmed.
        if let Some(at) = oldest.filter(|_| missing == 0) {
            self.reporter.confirm(at, gap, self.platform.interval);
        }
    }

    /// How long until places that failed are read again.
    fn wait(&self) -> Duration {
        let step = self.failures.saturating_sub(1).min(AGAIN.len() - 1);
        AGAIN.get(step).copied().unwrap_or(Duration::from_mins(30))
    }

    /// Waits until something is to be read again.
    async fn rest(&mut self) -> Wake {
        let wait = if self.failures > 0 { self.wait() } else { self.until_old() };
        let until = Instant::now() + wait;
        loop {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Wake::Cancelled,
                () = tokio::time::sleep_until(until) => return Wake::Due,
                () = self.demand.changed() => {}
            }
            if !self.demand.touched(self.touched).is_empty() {
                return Wake::Touched;
            }
            let asked = self.demand.refreshes() != self.refreshes;
            self.refreshes = self.demand.refreshes();
            // Whoever looks at something else does not ask for this.
            if asked && self.demand.is_visible(SourceId::ACCESS) {
                return Wake::Asked;
            }
        }
    }

    /// How long until the oldest piece is old.
    fn until_old(&self) -> Duration {
        let sites = self.platform.sites(&self.progress.pieces);
        let taken = |site: &Site| self.progress.pieces.get(site).map(|piece| piece.taken_at);
        let Some(oldest) = sites.iter().filter_map(taken).min() else {
            return self.platform.interval;
        };
        let age = self.wiring.now().duration_since(oldest);
        let age = Duration::try_from(age).unwrap_or_default();
        self.platform.interval.saturating_sub(age).max(Duration::from_secs(1))
    }
}

/// What is missing. What the plan does not have is not there to be read.
fn gap(gaps: &[Gap], now: Timestamp) -> Option<Failure> {
    let mut missing = gaps.iter().filter(|gap| gap.lack != Lack::Plan).peekable();
    let first: &Gap = missing.peek()?;
    let (part, at, because) = (first.part.word(), &first.at, first.because.clone());
    let count = missing.count();
    let message = format!("{count} things could not be read, the first are {part} of {at}");
    let (kind, message) = (FailureKind::Forbidden, Text::new(&message));
    Some(Failure { kind, message, hint: because, at: now, retry_at: None })
}

/// Whether every other place would meet this failure as well.
fn ends_all(error: &Error) -> bool {
    let of_token = [FailureKind::TokenInvalid, FailureKind::TokenExpired];
    error.retry_at.is_some()
        || error.kind == FailureKind::RateLimited
        || of_token.contains(&error.kind)
}
