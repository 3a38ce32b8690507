//! The log of one container, followed only while somebody watches it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::api::Error;
use crate::api::kubernetes::Cluster;
use crate::domain::FailureKind;
use crate::source::trace::LogNews;

/// How many lines of what was written before are read.
const LINES: u32 = 5000;
/// The wait after a failure, such as a container that has not started.
const WAIT: Duration = Duration::from_secs(2);
/// The longest wait after failures.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// How many pieces of news may wait for the reader.
const WAITING: usize = 16;

/// Which log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOf {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub pod: String,
    /// The container's name.
    pub container: String,
}

/// Follows a log. Dropping the receiver ends it.
pub(super) fn follow(cluster: Arc<Cluster>, of: LogOf) -> mpsc::Receiver<LogNews> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let reading = read(cluster, of, sender.clone());
        tokio::select! {
            () = sender.closed() => {}
            () = reading => {}
        }
    });
    receiver
}

async fn read(cluster: Arc<Cluster>, of: LogOf, sender: mpsc::Sender<LogNews>) {
    let mut wait = WAIT;
    loop {
        match once(&cluster, &of, &sender, &mut wait).await {
            Ok(()) => {
                send(&sender, LogNews::Ended).await;
                return;
            }
            Err(error) => {
                let over = error.kind.is_refusal() || error.kind == FailureKind::NotFound;
                send(&sender, LogNews::Failed(error.failure(cluster.now()))).await;
                if over {
                    return;
                }
            }
        }
        tokio::time::sleep(wait).await;
        wait = wait.saturating_mul(2).min(MAX_WAIT);
    }
}

/// Reads the log from the beginning of what is wanted to its end.
async fn once(
    cluster: &Cluster,
    of: &LogOf,
    sender: &mpsc::Sender<LogNews>,
    wait: &mut Duration,
) -> Result<(), Error> {
    let mut log = cluster.pod_log(&of.namespace, &of.pod, &of.container, LINES).await?;
    let replace = |bytes| LogNews::Replace { bytes, dropped: 0 };
    let Some(first) = log.next().await? else {
        send(sender, replace(Bytes::new())).await;
        return Ok(());
    };
    send(sender, replace(first)).await;
    *wait = WAIT;
    while let Some(more) = log.next().await? {
        send(sender, LogNews::Append(more)).await;
    }
    Ok(())
}

/// Hands news over, waiting for the reader; once nobody reads, the task is ended from outside.
async fn send(sender: &mpsc::Sender<LogNews>, news: LogNews) {
    if sender.send(news).await.is_err() {
        std::future::pending::<()>().await;
    }
}
