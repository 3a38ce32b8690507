//! Keeps feeds going: one that panics is started again, and never takes another with it.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long to wait before a feed that panicked is started again.
const RESTART_AFTER: Duration = Duration::from_secs(5);

/// Runs a feed until it is cancelled. `start` makes the feed anew each time; `failed` is told when one has panicked.
pub(super) fn supervise<F>(
    name: &'static str,
    cancel: CancellationToken,
    start: impl Fn() -> F + Send + 'static,
    failed: impl Fn() + Send + 'static,
) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    supervise_every(RESTART_AFTER, name, cancel, start, failed)
}

/// The same with another wait.
fn supervise_every<F>(
    restart_after: Duration,
    name: &'static str,
    cancel: CancellationToken,
    start: impl Fn() -> F + Send + 'static,
    failed: impl Fn() + Send + 'static,
) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        while !cancel.is_cancelled() {
            let mut feed = tokio::spawn(start());
            tokio::select! {
                () = cancel.cancelled() => feed.abort(),
                ended = &mut feed => {
                    let Err(error) = ended else { return };
                    if !error.is_panic() {
                        return;
                    }
                    tracing::error!(feed = name, "a feed stopped unexpectedly; it is started again");
                    failed();
                }
            }
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(restart_after) => {}
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_feed_that_panics_is_started_again() {
        let starts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&starts);
        let cancel = CancellationToken::new();
        let start = move || {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            async move { assert!(number >= 2, "panics twice") }
        };
        let (told, mut hears) = tokio::sync::mpsc::channel(4);
        let failed = move || told.try_send(()).unwrap();
        supervise_every(Duration::ZERO, "test", cancel, start, failed).await.unwrap();
        assert_eq!(starts.load(Ordering::SeqCst), 3);
        assert!(hears.recv().await.is_some() && hears.recv().await.is_some());
    }

    #[tokio::test]
    async fn a_cancelled_feed_ends() {
        let cancel = CancellationToken::new();
        let feed = supervise("test", cancel.clone(), std::future::pending::<()>, || ());
        cancel.cancel();
        feed.await.unwrap();
    }
}
