//! A look at one job beside what the feeds keep, for the question why it waits.

use crate::api::gitlab::Place;
use crate::domain::{Job, Text, Timestamp};
use crate::source::{Beside, BesideReader};
use crate::why::grammar::log::JobLog;
use crate::why::grammar::metrics::Metrics;
use crate::why::{Extra, Reading};

/// Reads what no feed keeps of a job; what could not be read says why.
pub async fn extra(reader: &BesideReader, place: &Place, job: &Job) -> Extra {
    let Beside { details, log, metrics, at } = Box::pin(reader.read(place, job)).await;
    Extra {
        of: Some(job.id),
        details: reading(details, at),
        log: reading(log.map(|bytes| JobLog::read(&String::from_utf8_lossy(&bytes))), at),
        metrics: reading(metrics.map(|(now, before)| Metrics::of(now, Some(before))), at),
    }
}

fn reading<T>(read: Result<T, Text>, at: Timestamp) -> Reading<T> {
    match read {
        Ok(value) => Reading::Read { value, at },
        Err(why) => Reading::Unread(why),
    }
}
