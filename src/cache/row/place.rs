//! The order in which remembered work is shown: what waits for a runner first, what has ended last.

use super::columns::micros;
use crate::domain::{Job, Pipeline, Status, Timestamp};

/// The urgency of everything that has ended; open work has smaller ones.
pub(in crate::cache) const ENDED: i64 = 9;

/// A row's place: by urgency, then by turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cache) struct Place {
    /// The rank of its status, or [`ENDED`].
    pub(in crate::cache) urgency: i64,
    /// Open work: since when, microseconds. Ended work: its end, negated, so that the newest is first.
    pub(in crate::cache) turn: i64,
}

impl Place {
    /// Before every row.
    pub(in crate::cache) const START: Place = Place { urgency: i64::MIN, turn: i64::MIN };

    /// A job's place.
    pub(in crate::cache) fn of_job(job: &Job) -> Place {
        let since = job.queued_at.map_or(job.created_at, Into::into);
        Place::of(&job.status, since, job.finished_at.map_or(since, Into::into))
    }

    /// A pipeline's place.
    pub(in crate::cache) fn of_pipeline(pipeline: &Pipeline) -> Place {
        let end = pipeline.finished_at.or(pipeline.updated_at).unwrap_or(pipeline.created_at);
        Place::of(&pipeline.status, pipeline.created_at, end)
    }

    /// Whether it ended before `cutoff`; open work never did.
    pub(in crate::cache) fn ended_before(self, cutoff: Timestamp) -> bool {
        self.urgency == ENDED && self.turn > -micros(cutoff)
    }

    fn of(status: &Status, since: Timestamp, end: Timestamp) -> Place {
        if status.has_ended() {
            Place { urgency: ENDED, turn: -micros(end) }
        } else {
            Place { urgency: i64::from(status.rank()).min(ENDED - 1), turn: micros(since) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::{at, job};

    #[test]
    fn what_waits_comes_before_what_runs_before_what_ended() {
        let places = [Status::Pending, Status::Running, Status::Manual, Status::Failed]
            .map(|status| Place::of_job(&job(1, status)));
        assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
    }

    #[test]
    fn the_oldest_of_the_waiting_and_the_newest_of_the_ended_come_first() {
        let waiting =
            |second| Job { queued_at: Some(at(second).into()), ..job(1, Status::Pending) };
        let ended =
            |second| Job { finished_at: Some(at(second).into()), ..job(1, Status::Success) };
        assert!(Place::of_job(&waiting(1)) < Place::of_job(&waiting(2)));
        assert!(Place::of_job(&ended(2)) < Place::of_job(&ended(1)));
    }

    #[test]
    fn an_end_at_the_cutoff_still_counts_as_inside() {
        let ended =
            Place::of_job(&Job { finished_at: Some(at(5).into()), ..job(1, Status::Success) });
        assert!(!ended.ended_before(at(5)));
        assert!(ended.ended_before(at(6)));
    }
}
