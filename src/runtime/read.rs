//! Reading one row again while somebody looks at it closely.

use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use super::clock::Clock;
use crate::api::gitlab::Place;
use crate::app::notice::Notice;
use crate::app::{Msg, ReadRequest};
use crate::domain::{Change, Entity, EntityId, Failure, Origin, Update};
use crate::source::Feeds;

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

    /// Reads a pipeline with all its jobs, or a job; a failure is said once.
    pub(super) fn read(&self, request: ReadRequest, feeds: &Feeds) {
        let Some(reading) = feeds.reader() else { return };
        let (answers, clock) = (self.answers.clone(), self.clock);
        tokio::spawn(async move {
            let place = Place { id: request.project, path: request.path };
            let read: Result<Vec<Entity>, Failure> = match request.target {
                EntityId::Pipeline(id) => reading.pipeline(&place, id).await,
                EntityId::Job(id) => {
                    reading.job(&place, id).await.map(|job| vec![Entity::Job(Arc::new(job))])
                }
                _ => return,
            };
            let msg = match read {
                Ok(entities) => Msg::News(vec![Update {
                    key: request.key,
                    at: clock.now(),
                    origin: Origin::Live,
                    change: Change::Upsert(entities),
                }]),
                Err(failure) => Msg::Done(Err(Notice::bad(failure.message.to_string()))),
            };
            // The loop has ended: nobody waits for the answer.
            answers.send(msg).await.ok();
        });
    }
}
