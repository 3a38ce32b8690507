//! The capacity of one tier: how its pods stand, and how long those of the last hour took to come up.
//!
//! Everything here is kept up on change. What was observed of a pod outlives the pod, until it leaves the hour.

use std::num::NonZeroU32;

use imbl::{OrdMap, OrdSet};

use super::queue::Step;
use super::rising::Rising;
use super::spans::Spans;
use crate::domain::{Percentiles, Pod, PodId, Stand, Timestamp};

/// How many pods of a tier are remembered for an hour's latencies; beyond that the oldest go early.
const MAX_OBSERVED: usize = 50_000;

/// A part of the way of a pod from its making to its containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Until it was placed on a node.
    Schedule,
    /// From there until its sandbox and network stood.
    Sandbox,
    /// From there until its init containers had ended.
    Init,
    /// From there until all its containers were ready: pulling images and starting.
    Start,
}

impl Segment {
    /// Every segment, in the order in which a pod goes through them.
    pub const ALL: [Segment; 4] =
        [Segment::Schedule, Segment::Sandbox, Segment::Init, Segment::Start];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Segment::Schedule => "schedule",
            Segment::Sandbox => "sandbox",
            Segment::Init => "init",
            Segment::Start => "start",
        }
    }

    /// When a pod had gone through it, and how long that took, seconds.
    fn of(self, pod: &Pod) -> Option<(Timestamp, f64)> {
        match self {
            Segment::Schedule => Some((pod.scheduled_at?.into(), pod.schedule_seconds()?)),
            Segment::Sandbox => Some((pod.sandbox_at?.into(), pod.sandbox_seconds()?)),
            Segment::Init => Some((pod.initialized_at?.into(), pod.init_seconds()?)),
            Segment::Start => Some((pod.ready_at?.into(), pod.start_seconds()?)),
        }
    }
}

/// The live figures of a tier's pods, or of those in no tier's namespace.
#[derive(Debug, Clone, Default)]
pub struct Capacity {
    stands: [u64; Stand::ALL.len()],
    /// Pods that run and name a job.
    at_work: u64,
    unplaced: OrdSet<(Timestamp, PodId)>,
    stuck: OrdSet<(Timestamp, PodId)>,
    observed: OrdMap<PodId, Observed>,
    /// When each observed pod's earliest observation happened: what leaves next stands first.
    leaving: OrdSet<(i64, PodId)>,
    /// What was observed of each segment, in milliseconds, rising.
    latencies: [Rising; Segment::ALL.len()],
    /// Scheduling latencies by the span of time in which the pod was placed.
    spans: Spans,
    is_cut: bool,
}

/// What was observed of one pod: of each segment the second in which it ended and its milliseconds. A third of the room
/// that whole instants would take: there are as many as pods of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Observed([Option<(NonZeroU32, u32)>; Segment::ALL.len()]);

impl Observed {
    fn earliest(&self) -> Option<i64> {
        self.0.iter().flatten().map(|(second, _)| i64::from(second.get())).min()
    }
}

/// The second of an instant from 1970 to 2106; observations of other years are those of a clock that runs wrong.
fn second_of(at: Timestamp) -> Option<NonZeroU32> {
    u32::try_from(at.as_second()).ok().and_then(NonZeroU32::new)
}

impl Capacity {
    /// How many pods stand so.
    pub fn count(&self, stand: Stand) -> u64 {
        self.stands.get(place(stand)).copied().unwrap_or(0)
    }

    /// How many pods run and name a job: the others of the namespace, such as a runner's manager, take none.
    pub fn at_work(&self) -> u64 {
        self.at_work
    }

    /// All pods that are known.
    pub fn pods(&self) -> u64 {
        self.stands.iter().sum()
    }

    /// Pods that have no node: those that wait for one, and those for which waiting will not help.
    pub fn unplaced(&self) -> usize {
        self.unplaced.len()
    }

    /// Since when the oldest of them has waited, and which it is.
    pub fn oldest_unplaced(&self) -> Option<(Timestamp, PodId)> {
        self.unplaced.get_min().copied()
    }

    /// They themselves, the oldest first.
    pub fn unplaced_longest(&self) -> impl Iterator<Item = (Timestamp, PodId)> {
        self.unplaced.iter().copied()
    }

    /// Pods that have a node and do not get on there (no image, a crash), the oldest first, by when they were made.
    pub fn stuck(&self) -> impl Iterator<Item = (Timestamp, PodId)> {
        self.stuck.iter().copied()
    }

    /// How many these are.
    pub fn stuck_len(&self) -> usize {
        self.stuck.len()
    }

    /// How long a segment took the pods that went through it in the last hour, also those that are gone: nearest rank
    /// over raw observations, which have whole seconds.
    pub fn latency(&self, segment: Segment) -> Percentiles {
        self.latencies.get(segment as usize).map_or_else(Percentiles::default, Rising::percentiles)
    }

    /// How many pods were placed in the last hour, and how many of them had waited longer than so many seconds.
    pub fn placed_later_than(&self, seconds: f64) -> (usize, usize) {
        let Some(times) = self.latencies.first() else { return (0, 0) };
        (times.len(), times.len() - times.upto(millis(seconds).into()))
    }

    /// The longest scheduling latency of the pods that were placed within each two minutes of the last hour, seconds,
    /// oldest first; `None` where none was placed.
    pub fn longest_by_span(&self, now: Timestamp) -> Vec<Option<f64>> {
        self.spans.longest(now)
    }

    /// Whether so many pods came up in the last hour that the earliest of them are not counted any more.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(super) fn step(&mut self, pod: &Pod, step: Step) {
        if let Some(count) = self.stands.get_mut(place(pod.stand)) {
            step.apply(count);
        }
        if pod.stand == Stand::Running && pod.claimed_job.is_some() {
            step.apply(&mut self.at_work);
        }
        let entry = (pod.created_at, pod.id);
        let set = match pod.stand {
            Stand::Unplaced => &mut self.unplaced,
            Stand::Stuck if pod.node.is_none() => &mut self.unplaced,
            Stand::Stuck => &mut self.stuck,
            Stand::Starting
            | Stand::Running
            | Stand::Ending
            | Stand::Failed
            | Stand::Done
            | Stand::Unknown => return,
        };
        match step {
            Step::In => drop(set.insert(entry)),
            Step::Out => drop(set.remove(&entry)),
        }
    }

    /// Notes what a pod went through since `horizon`. What was noted first stays: conditions keep their last
    /// transition alone, so that a later look may see another one.
    pub(super) fn observe(&mut self, pod: &Pod, horizon: Timestamp) {
        let known = self.observed.get(&pod.id).copied().unwrap_or_default();
        let mut all = known;
        for ((segment, slot), times) in
            Segment::ALL.into_iter().zip(&mut all.0).zip(&mut self.latencies)
        {
            let seen = segment.of(pod).filter(|(at, _)| *at >= horizon && slot.is_none());
            let seen = seen.and_then(|(at, seconds)| Some((second_of(at)?, seconds)));
            if let Some((second, seconds)) = seen {
                let millis = millis(seconds);
                *slot = Some((second, millis));
                times.insert(u64::from(millis));
                if segment == Segment::Schedule {
                    self.spans.insert(i64::from(second.get()), u64::from(millis));
                }
            }
        }
        if all != known {
            self.note(pod.id, known, all);
        }
        self.keep_bounded();
    }

    /// Lets go of what was observed before `horizon`. Whether there was any.
    pub(super) fn forget(&mut self, horizon: Timestamp) -> bool {
        let mut any = false;
        while let Some((second, id)) = self.leaving.get_min().copied() {
            if second >= horizon.as_second() {
                break;
            }
            self.forget_first(second, id);
            any = true;
        }
        self.is_cut &= self.observed.len() >= MAX_OBSERVED;
        any
    }

    fn keep_bounded(&mut self) {
        while self.observed.len() > MAX_OBSERVED {
            let Some((second, id)) = self.leaving.get_min().copied() else { return };
            self.forget_first(second, id);
            self.is_cut = true;
        }
    }

    /// Takes a pod's observations of `second` out.
    fn forget_first(&mut self, second: i64, id: PodId) {
        let Some(known) = self.observed.get(&id).copied() else {
            self.leaving.remove(&(second, id));
            return;
        };
        let mut left = known;
        for ((segment, slot), times) in
            Segment::ALL.into_iter().zip(&mut left.0).zip(&mut self.latencies)
        {
            let is_due = |at: NonZeroU32| i64::from(at.get()) <= second;
            if let Some((at, millis)) = slot.take_if(|(at, _)| is_due(*at)) {
                times.remove(u64::from(millis));
                if segment == Segment::Schedule {
                    self.spans.remove(i64::from(at.get()), u64::from(millis));
                }
            }
        }
        self.note(id, known, left);
    }

    fn note(&mut self, id: PodId, before: Observed, after: Observed) {
        if let Some(second) = before.earliest() {
            self.leaving.remove(&(second, id));
        }
        match after.earliest() {
            Some(second) => {
                self.leaving.insert((second, id));
                self.observed.insert(id, after);
            }
            None => drop(self.observed.remove(&id)),
        }
    }
}

fn place(stand: Stand) -> usize {
    Stand::ALL.iter().position(|known| *known == stand).unwrap_or(Stand::ALL.len())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float is cut to the range of the integer, which is 49 days"
)]
fn millis(seconds: f64) -> u32 {
    (seconds * 1000.0).round() as u32
}
