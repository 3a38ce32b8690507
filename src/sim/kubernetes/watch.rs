//! Watches: the stream of what happens, with its bookmarks and its ways to end.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::watch;
use tokio::time::Instant;

use super::form::Form;
use super::kind::Kind;
use super::list::{self, Wish};
use super::object::Object;
use super::selector::Selection;
use super::status;
use super::store::{Act, Change, Store};
use super::table::Columns;
use crate::sim::clock;
use crate::sim::fault::{Asked, ClusterFault, Fault, Server};
use crate::sim::server::Platform;
use crate::sim::wire::Reply;

/// How soon an open watch meets a fault that begins.
const ALERT: Duration = Duration::from_millis(250);
/// Initial objects that go into one piece of the stream.
const PIECE: usize = 64;

/// An open watch.
pub(super) struct Watch {
    platform: Arc<Platform>,
    path: String,
    kind: Kind,
    selection: Selection,
    form: Form,
    /// Everything up to here was told.
    version: u64,
    /// What there was at the beginning and was not told yet.
    initial: VecDeque<Arc<Object>>,
    /// The end of the initial objects is marked.
    marks_initial: bool,
    /// When the next bookmark is due, where bookmarks were asked for.
    bookmark: Option<Instant>,
    /// When the time of the watch is over.
    end: Option<Instant>,
    /// Bytes until the connection breaks.
    cut: Option<usize>,
    news: watch::Receiver<u64>,
    columns: Columns,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Live,
    /// Open for ever, without a word.
    Silent,
    /// The version is said to be too old.
    Gone,
    Broken,
    Over,
}

impl Watch {
    /// Opens a watch; or the refusal.
    pub(super) fn open(
        platform: &Arc<Platform>,
        store: &Store,
        wish: &Wish<'_>,
        fault: &Fault,
    ) -> Result<Self, Reply> {
        let query = &wish.ask.query;
        let kind = wish.route.kind;
        let selection = Selection::of(&wish.route, query).map_err(|why| status::bad(&why))?;
        let asked = list::asked_version(store, wish)?;
        let current = store.version();
        let sends_initial = initial_wish(wish)?;
        let is_initial = sends_initial.unwrap_or(asked.is_none());
        if let Some(version) = asked.filter(|version| is_initial && *version > current) {
            return Err(status::too_large(version, current));
        }
        let objects = if is_initial { store.list(kind, wish.route.namespace) } else { Vec::new() };
        let wants_bookmarks = query.is_on("allowWatchBookmarks");
        let now = Instant::now();
        let seconds = list::number(query, "timeoutSeconds")?.filter(|seconds| *seconds > 0);
        Ok(Self {
            platform: Arc::clone(platform),
            path: wish.ask.path.clone(),
            kind,
            form: wish.form,
            version: if is_initial { current } else { asked.unwrap_or(current) },
            initial: objects.into_iter().filter(|object| selection.matches(object)).collect(),
            selection,
            marks_initial: sends_initial == Some(true) && wants_bookmarks,
            bookmark: wants_bookmarks.then(|| now + store.bookmark),
            end: seconds.and_then(|seconds| now.checked_add(Duration::from_secs(seconds))),
            cut: fault.cut_after_bytes,
            news: store.subscribe(),
            columns: Columns::Named,
            state: match fault.kubernetes {
                Some(ClusterFault::Gone) => State::Gone,
                Some(ClusterFault::Silence) => State::Silent,
                _ => State::Live,
            },
        })
    }

    /// The body of the answer.
    pub(super) fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send {
        stream::unfold(self, |mut watch| async move {
            let piece = watch.next().await?;
            Some((piece, watch))
        })
    }

    /// The next piece of the stream.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            if self.state == State::Live {
                self.meet_faults();
            }
            let text = match self.state {
                State::Live => self.told(),
                State::Silent => std::future::pending().await,
                State::Gone => {
                    self.state = State::Over;
                    self.error(self.platform.store().version())
                }
                State::Broken => {
                    self.state = State::Over;
                    // A moment for the bytes before to travel.
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    return Some(Err(io::ErrorKind::ConnectionReset.into()));
                }
                State::Over => return None,
            };
            if !text.is_empty() {
                return Some(Ok(self.within_cut(text)));
            }
            if self.state == State::Live {
                self.wait().await;
            }
        }
    }

    /// Everything that is due now, as lines.
    fn told(&mut self) -> String {
        if !self.initial.is_empty() {
            let piece: Vec<_> = self.initial.drain(..PIECE.min(self.initial.len())).collect();
            return piece.iter().map(|object| self.line("ADDED", object)).collect();
        }
        if std::mem::take(&mut self.marks_initial) {
            return self.bookmark_line(",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}");
        }
        let mut text = self.changes();
        let now = Instant::now();
        let is_over = self.end.is_some_and(|end| now >= end);
        if self.bookmark.is_some_and(|due| now >= due || is_over) && self.state == State::Live {
            self.bookmark = Some(now + self.platform.store().bookmark);
            text.push_str(&self.bookmark_line(""));
        }
        if is_over {
            self.state = State::Over;
        }
        text
    }

    fn changes(&mut self) -> String {
        self.news.mark_unchanged();
        let platform = Arc::clone(&self.platform);
        let (changes, current) = {
            let store = platform.store();
            (store.changes(self.kind, self.version), store.version())
        };
        match changes {
            Ok(changes) => {
                self.version = self.version.max(current);
                changes.iter().filter_map(|change| self.change_line(change)).collect()
            }
            Err(expired) => {
                self.state = State::Over;
                self.error(expired.oldest)
            }
        }
    }

    /// A change as this watch sees it: what begins to match is added, what ceases to is deleted.
    fn change_line(&mut self, change: &Change) -> Option<String> {
        let before = change.before.as_ref().filter(|object| self.selection.matches(object));
        let is_here = change.act != Act::Deleted && self.selection.matches(&change.object);
        match (before, is_here) {
            (None, false) => None,
            (None, true) => Some(self.line("ADDED", &change.object)),
            (Some(_), true) => Some(self.line("MODIFIED", &change.object)),
            (Some(_), false) if change.act == Act::Deleted => {
                Some(self.line("DELETED", &change.object))
            }
            (Some(before), false) => Some(self.line("DELETED", &before.at(change.version))),
        }
    }

    fn line(&mut self, act: &str, object: &Object) -> String {
        let columns = std::mem::replace(&mut self.columns, Columns::Known);
        let object = self.form.event(object, clock::now(), columns);
        format!("{{\"type\":\"{act}\",\"object\":{object}}}\n")
    }

    fn bookmark_line(&self, annotations: &str) -> String {
        let object = self.form.bookmark(self.kind, self.version, annotations);
        format!("{{\"type\":\"BOOKMARK\",\"object\":{object}}}\n")
    }

    fn error(&self, oldest: u64) -> String {
        let status = status::gone(self.version, oldest);
        format!("{{\"type\":\"ERROR\",\"object\":{status}}}\n")
    }

    /// The text as far as the connection holds.
    fn within_cut(&mut self, text: String) -> Bytes {
        let bytes = Bytes::from(text);
        let Some(left) = self.cut else { return bytes };
        self.cut = Some(left.saturating_sub(bytes.len()));
        if bytes.len() < left {
            return bytes;
        }
        self.state = State::Broken;
        bytes.slice(..left)
    }

    /// A watch that is open meets the faults of its path as they begin.
    fn meet_faults(&mut self) {
        let platform = Arc::clone(&self.platform);
        let faults = platform.faults();
        let asked = Asked {
            server: Server::Kubernetes,
            method: "GET",
            path: &self.path,
            operation: None,
            verb: Some("watch"),
            elapsed: platform.elapsed(),
        };
        let Some(fault) = faults.lasting(&asked) else { return };
        if fault.cut_after_bytes.is_some() && self.cut.is_none() {
            // What cuts answers short cuts off a stream that has been open for long.
            self.state = State::Broken;
        }
        match fault.kubernetes {
            Some(ClusterFault::Gone) => self.state = State::Gone,
            Some(ClusterFault::Silence) => self.state = State::Silent,
            // A watch that is open outlives its rights; here its time is over, so that the client asks again.
            Some(ClusterFault::Forbidden | ClusterFault::TooLargeRv) => self.state = State::Over,
            _ if fault.token.is_some() || fault.status.is_some() => self.state = State::Over,
            _ if fault.close => self.state = State::Broken,
            _ => {}
        }
    }

    async fn wait(&mut self) {
        let alert = Instant::now() + ALERT;
        let due = [self.bookmark, self.end].into_iter().flatten().fold(alert, Instant::min);
        tokio::select! {
            // The sender lives as long as the platform, which this watch holds.
            _ = self.news.changed() => {}
            () = tokio::time::sleep_until(due) => {}
        }
    }
}

/// Whether the watch begins with what there is; none when it does not say.
fn initial_wish(wish: &Wish<'_>) -> Result<Option<bool>, Reply> {
    let query = &wish.ask.query;
    let matching = query.get("resourceVersionMatch");
    match (query.get("sendInitialEvents"), matching) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(status::invalid_options(
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        )),
        (Some(text), Some("NotOlderThan")) => Ok(Some(matches!(text, "true" | "1"))),
        (Some(_), _) => Err(status::invalid_options(
            "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        )),
    }
}
