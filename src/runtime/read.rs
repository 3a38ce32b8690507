//! Reading one row again while somebody looks at it closely.

use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use super::clock::Clock;
use crate::api::gitlab::Place;
use crate::app::notice::Notice;
use crate::app::{LookRequest, Msg, ReadRequest};
use crate::domain::{
    Change, Entity, EntityId, Failure, Origin, Past, RecordHistory, SourceKey, Update,
};
use crate::source::{self, Feeds};

/// Reads rows on demand.
#[derive(Debug)]
pub(super) struct Reader {
    answers: Sender<Msg>,
    clock: Clock,
}

impl Reader {
    /// A reader whose news go to `answers`.
    pub(super) fn new(answers: Sender<Msg>, clock: Clock) -> Reader {
        Reader { answers, clock }
    }

    /// Reads what was asked for; a failure is said once.
    pub(super) fn read(&self, request: ReadRequest, feeds: &Feeds) {
        match request {
            ReadRequest::Gitlab { key, project, path, target } => {
                let Some(reading) = feeds.reader() else { return };
                let place = Place { id: project, path };
                self.tell(key, async move {
                    of_gitlab(&reading, &place, target).await.map(Change::Upsert)
                });
            }
            ReadRequest::PodEvents { key, cluster, namespace, uid } => {
                let Some(reading) = feeds.pods_of(&cluster) else { return };
                self.tell(key, async move {
                    let events = reading.pod_events(&namespace, &uid).await?;
                    let events = events.into_iter().map(|event| Entity::Event(Arc::new(event)));
                    Ok(Change::Upsert(events.collect()))
                });
            }
            ReadRequest::Past { key, slo } => {
                let Some(reading) = feeds.past() else { return };
                let id = slo.id;
                self.tell(key.clone(), async move { Ok(Change::Past(id, Arc::new(Past::Asked))) });
                self.tell(
                    key,
                    async move { Ok(Change::Past(id, Arc::new(reading.read(&slo).await))) },
                );
            }
            ReadRequest::History { key, filed } => {
                let Some(reading) = feeds.reader() else { return };
                let id = filed.id;
                self.tell(key.clone(), async move {
                    Ok(Change::History(id, Arc::new(RecordHistory::Asked)))
                });
                self.tell(key, async move {
                    Ok(Change::History(id, Arc::new(reading.history(&filed).await)))
                });
            }
        }
    }

    /// Reads beside what no feed keeps of a job.
    pub(super) fn look(&self, request: LookRequest, feeds: &Feeds) {
        let Some(reading) = feeds.beside() else { return };
        let answers = self.answers.clone();
        tokio::spawn(async move {
            let place = Place { id: request.job.project, path: request.path };
            let extra = super::beside::extra(&reading, &place, &request.job).await;
            let msg = Msg::Looked { ticket: request.ticket, extra: Box::new(extra) };
            // The loop has ended: nobody waits for the answer.
            answers.send(msg).await.ok();
        });
    }

    /// Tells the loop what was read, or why that failed.
    fn tell(
        &self,
        key: SourceKey,
        reading: impl Future<Output = Result<Change, Failure>> + Send + 'static,
    ) {
        let (answers, clock) = (self.answers.clone(), self.clock);
        tokio::spawn(async move {
            let msg = match reading.await {
                Ok(change) => {
                    Msg::News(vec![Update { key, at: clock.now(), origin: Origin::Live, change }])
                }
                Err(failure) => Msg::Done(Err(Notice::bad(failure.message.to_string()))),
            };
            // The loop has ended: nobody waits for the answer.
            answers.send(msg).await.ok();
        });
    }
}

/// Reads a pipeline with all its jobs, or a job.
async fn of_gitlab(
    reading: &source::Reader,
    place: &Place,
    target: EntityId,
) -> Result<Vec<Entity>, Failure> {
    match target {
        EntityId::Pipeline(id) => reading.pipeline(place, id).await,
        EntityId::Job(id) => Ok(vec![Entity::Job(Arc::new(reading.job(place, id).await?))]),
        _ => Ok(Vec::new()),
    }
}
