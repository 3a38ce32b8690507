//! The log that is watched: its news go into the loop, one log at a time.

use tokio::sync::mpsc::{Receiver, Sender};
use tokio::task::JoinHandle;

use crate::api::gitlab::Place;
use crate::app::msg::LogNews;
use crate::app::{LogTarget, Msg};
use crate::source::{self, Feeds, LogOf};

/// Follows at most one log.
#[derive(Debug)]
pub(super) struct Follower {
    answers: Sender<Msg>,
    task: Option<JoinHandle<()>>,
}

impl Follower {
    /// A follower whose news go to `answers`.
    pub(super) fn new(answers: Sender<Msg>) -> Follower {
        Follower { answers, task: None }
    }

    /// Follows this log instead of the last one; none for `None`.
    pub(super) fn watch(&mut self, target: Option<LogTarget>, feeds: &Feeds) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        let Some(target) = target else { return };
        let of = target.id();
        let Some(mut news) = follow(target, feeds) else { return };
        let answers = self.answers.clone();
        self.task = Some(tokio::spawn(async move {
            while let Some(news) = news.recv().await {
                if answers.send(Msg::Log(of.clone(), translated(news))).await.is_err() {
                    return;
                }
            }
        }));
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// The news of a log; none where its platform is not configured any more.
fn follow(target: LogTarget, feeds: &Feeds) -> Option<Receiver<source::LogNews>> {
    match target {
        LogTarget::Job { project, path, job } => feeds.follow_log(Place { id: project, path }, job),
        LogTarget::Container { cluster, namespace, name, container, .. } => {
            let reader = feeds.pods_of(&cluster)?;
            Some(reader.pod_log(LogOf {
                namespace: namespace.to_string(),
                pod: name.to_string(),
                container: container.to_string(),
            }))
        }
    }
}

fn translated(news: source::LogNews) -> LogNews {
    match news {
        source::LogNews::Replace { bytes, .. } => LogNews::Replace(bytes.into()),
        source::LogNews::Append(bytes) => LogNews::Append(bytes.into()),
        source::LogNews::Ended => LogNews::Ended,
        source::LogNews::Failed(failure) => LogNews::Failed(failure),
    }
}
