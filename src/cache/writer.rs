//! [`Writer`]: the one thread that writes the files, and the hand-off to it, which never waits.

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::{Cache, Cursor, History, Keeping, Notice, Pending};
use crate::domain::{Entry, Sample, SeriesId, Timestamp, Update};

/// How many batches may stand between the loop and the thread.
const BATCHES: usize = 4;

/// How many notices may stand between the thread and the loop; further ones are dropped.
const NOTICES: usize = 16;

/// How many samples, and how many entries, wait at most while the thread is busy; the oldest go first.
const MAX_SAMPLES: usize = 10_000;

/// How often old rows are deleted, seconds of the platform's time.
const PRUNE_SECONDS: i64 = 3600;

/// What the thread does before it begins to write: hands over the rest of the replay.
pub struct Rest {
    /// Where the first page ended.
    pub from: Cursor,
    /// Takes each page, on the writer's thread; may wait, and may stop the replay.
    pub page: Box<dyn FnMut(Vec<Update>) -> ControlFlow<()> + Send>,
}

/// What a writer starts with.
pub struct Start {
    /// The cache.
    pub cache: Cache,
    /// The history.
    pub history: History,
    /// The instant of the start.
    pub now: Timestamp,
    /// How long things are kept.
    pub keeping: Keeping,
    /// The rest of the replay, if any.
    pub rest: Option<Rest>,
}

/// Hands news to the thread. While that is busy, news wait here, each entity once, so that neither waiting nor memory
/// grows with the number of updates.
#[derive(Debug)]
pub struct Writer {
    sender: Option<SyncSender<Batch>>,
    waiting: Batch,
    notices: Receiver<Notice>,
    thread: Option<JoinHandle<()>>,
}

/// What is written together.
#[derive(Debug, Default)]
struct Batch {
    /// Folded because the thread was busy; older than `updates`.
    pending: Pending,
    updates: Vec<Update>,
    samples: Vec<(SeriesId, Sample)>,
    entries: Vec<Entry>,
    /// The newest instant of any update in it.
    at: Option<Timestamp>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.pending.is_empty()
            && self.updates.is_empty()
            && self.samples.is_empty()
            && self.entries.is_empty()
    }

    /// Keeps each entity once from here on.
    fn fold(&mut self) {
        for update in std::mem::take(&mut self.updates) {
            self.pending.add(&update);
        }
    }

    fn append(&mut self, mut later: Batch) {
        self.fold();
        later.fold();
        self.pending.append(later.pending);
        self.samples.extend(later.samples);
        self.entries.extend(later.entries);
        self.at = self.at.max(later.at);
        self.drop_oldest();
    }

    fn drop_oldest(&mut self) {
        let surplus = self.samples.len().saturating_sub(MAX_SAMPLES);
        self.samples.drain(..surplus);
        let surplus = self.entries.len().saturating_sub(MAX_SAMPLES);
        self.entries.drain(..surplus);
    }
}

impl Writer {
    /// Starts the thread. Where there can be none, nothing is kept and a notice says so.
    pub fn start(start: Start) -> Writer {
        let (sender, batches) = sync_channel(BATCHES);
        let (tell, notices) = sync_channel(NOTICES);
        let failed = tell.clone();
        let thread = Builder::new()
            .name("cache".into())
            .spawn(move || Thread::new(start, tell).run(&batches))
            .map_err(|error| {
                let message = format!("could not start the thread of the cache: {error}");
                let notice = Notice::new(&message, "going on without a cache and a history");
                failed.try_send(notice)
            })
            .ok();
        let sender = thread.is_some().then_some(sender);
        Writer { sender, waiting: Batch::default(), notices, thread }
    }

    /// Keeps news. Never waits. What came from the cache is passed over.
    pub fn keep(&mut self, updates: Vec<Update>) {
        let newest = updates.iter().map(|update| update.at).max();
        self.waiting.at = self.waiting.at.max(newest);
        self.waiting.updates.extend(updates);
        self.hand_over();
    }

    /// Keeps entries of the timeline. Never waits; the oldest are lost where nobody takes them for too long.
    pub fn chronicle(&mut self, entries: Vec<Entry>) {
        self.waiting.entries.extend(entries);
        self.waiting.drop_oldest();
        self.hand_over();
    }

    /// Keeps samples. Never waits.
    pub fn append(&mut self, samples: &[(SeriesId, Sample)]) {
        self.waiting.samples.extend_from_slice(samples);
        self.waiting.drop_oldest();
        self.hand_over();
    }

    /// Offers again what waits, if the thread was busy at the last call. Never waits.
    pub fn hand_over(&mut self) {
        let batch = std::mem::take(&mut self.waiting);
        let Some(sender) = self.sender.as_ref().filter(|_| !batch.is_empty()) else { return };
        match sender.try_send(batch) {
            Ok(()) => {}
            Err(TrySendError::Full(mut batch)) => {
                batch.fold();
                batch.pending.forget_surplus();
                self.waiting = batch;
            }
            Err(TrySendError::Disconnected(_)) => self.sender = None,
        }
    }

    /// What the files had to say since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        self.notices.try_iter().collect()
    }

    /// Writes what waits and ends the thread. Waits for the disk: call it when the screen is gone.
    pub fn close(mut self) {
        let batch = std::mem::take(&mut self.waiting);
        if let Some(sender) = self.sender.take() {
            // A thread that is gone has said why in its notice.
            sender.send(batch).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// The thread's own side.
struct Thread {
    start: Start,
    tell: SyncSender<Notice>,
    pruned_at: Option<Timestamp>,
    /// What could not be written yet.
    pending: Pending,
}

impl Thread {
    fn new(start: Start, tell: SyncSender<Notice>) -> Thread {
        Thread { start, tell, pruned_at: None, pending: Pending::default() }
    }

    fn run(mut self, batches: &Receiver<Batch>) {
        self.replay();
        self.prune(self.start.now);
        while let Ok(mut batch) = batches.recv() {
            for later in batches.try_iter() {
                batch.append(later);
            }
            self.write(batch);
        }
        self.tell_notices();
    }

    fn replay(&mut self) {
        let Some(Rest { from, mut page }) = self.start.rest.take() else { return };
        let mut next = Some(from);
        while let Some(cursor) = next {
            let read = self.start.cache.page(cursor);
            next = read.next;
            if page(read.updates).is_break() {
                break;
            }
        }
        self.tell_notices();
    }

    fn write(&mut self, mut batch: Batch) {
        batch.fold();
        if let Some(at) = batch.at {
            self.start.history.keep(&batch.pending, at);
        }
        self.pending.append(batch.pending);
        self.start.cache.keep(&mut self.pending);
        self.start.history.append(&batch.samples);
        self.start.history.chronicle(&batch.entries);
        if let Some(at) = batch.at {
            self.prune(at);
        }
        self.tell_notices();
    }

    /// Deletes what is too old, at the start and then every hour.
    fn prune(&mut self, now: Timestamp) {
        let due = |pruned: Timestamp| now.as_second() - pruned.as_second() >= PRUNE_SECONDS;
        if self.pruned_at.is_none_or(due) {
            self.pruned_at = Some(now);
            let Keeping { cache, history, history_max_bytes } = self.start.keeping;
            self.start.cache.prune(now, cache);
            self.start.history.prune(now, history, history_max_bytes);
        }
    }

    fn tell_notices(&mut self) {
        let notices = self.start.cache.take_notices();
        for notice in notices.into_iter().chain(self.start.history.take_notices()) {
            // A full channel means that nobody reads them.
            self.tell.try_send(notice).ok();
        }
    }
}
