//! The feed `queue`: every pipeline and job that has not ended, and those that ended in the last hour.
//!
//! The fleet tells which projects have work. Those whose work moves are looked at every few seconds, a hundred in one
//! question; a pipeline is read in full when it is new, when one of its jobs ended, or when it changed while nobody
//! followed it. Nothing is read twice.

mod known;
#[cfg(test)]
mod tests;
mod work;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use self::known::Known;
use super::poll::{Beat, Wake};
use super::report::Reporter;
use super::roster::{Roster, Squad};
use crate::api::Error;
use crate::api::gitlab::{Gitlab, Place};
use crate::domain::Tiers;
use crate::domain::{
    Change, Entity, EntityId, Failure, Job, PipelineId, ProjectId, Text, Timestamp,
};

/// How many projects are visited for each look at the fleet, where listing does not tell who has work.
const VISITS_A_PASS: usize = 60;

/// The queue feed.
pub(super) struct Queue {
    gitlab: Arc<Gitlab>,
    tiers: Tiers,
    /// One for each watched scope.
    reporters: Vec<Reporter>,
    squads: Vec<Arc<Squad>>,
    fleet_interval: Duration,
    members: HashMap<ProjectId, Member>,
    /// For each scope everything that was read, until its first hour is complete and can replace what the cache knew.
    first: Vec<Option<BTreeMap<EntityId, Entity>>>,
    /// For each scope the projects that cannot be read.
    gaps: Vec<BTreeMap<ProjectId, Failure>>,
    /// Projects whose last hour is to be read in bulk.
    hours: VecDeque<ProjectId>,
    /// Projects to be looked at one by one, where listing does not tell who has work (REST).
    visits: VecDeque<ProjectId>,
    /// Failed jobs whose reason is to be read.
    unexplained: BTreeMap<PipelineId, (ProjectId, Vec<Arc<Job>>)>,
    /// Which pipeline triggered which, where the triggered one was not read yet.
    parents: HashMap<PipelineId, (Text, PipelineId)>,
    looked_at: Option<Timestamp>,
}

/// A project of the queue.
struct Member {
    /// The scope that it belongs to.
    squad: usize,
    known: Known,
    /// Whether it is not watched itself, but has pipelines that a watched project triggered.
    foreign: bool,
    /// When it was looked at by itself.
    visited_at: Option<Timestamp>,
}

impl Queue {
    /// A feed with one reporter for each watched scope.
    pub(super) fn new(gitlab: Arc<Gitlab>, tiers: Tiers, reporters: Vec<Reporter>) -> Queue {
        let scopes = reporters.len();
        Queue {
            gitlab,
            tiers,
            reporters,
            squads: Vec::new(),
            fleet_interval: Duration::ZERO,
            members: HashMap::new(),
            first: vec![Some(BTreeMap::new()); scopes],
            gaps: vec![BTreeMap::new(); scopes],
            hours: VecDeque::new(),
            visits: VecDeque::new(),
            unexplained: BTreeMap::new(),
            parents: HashMap::new(),
            looked_at: None,
        }
    }

    /// Follows the queue until it is cancelled.
    pub(super) async fn run(mut self, mut beat: Beat, mut roster: watch::Receiver<Roster>) {
        let mut pass = 0;
        loop {
            let current = roster.borrow_and_update().clone();
            if current.pass != pass {
                pass = current.pass;
                self.muster(&current);
            } else if current.interval != self.fleet_interval {
                self.fleet_interval = current.interval;
                self.reschedule(beat.interval());
            }
            if beat.is_due() {
                beat.begin();
                let looked = self.look(beat.interval()).await;
                self.judge(looked.map(drop), &mut beat);
                continue;
            }
            if !beat.is_failing() {
                match self.work().await {
                    Ok(true) => continue,
                    Ok(false) => self.confirm_first(beat.interval()),
                    Err(error) => self.judge(Err(error), &mut beat),
                }
            }
            tokio::select! {
                biased;
                wake = beat.wait() => match wake {
                    Wake::Cancelled => return,
                    Wake::Rescheduled => self.reschedule(beat.interval()),
                    Wake::Due => {}
                },
                changed = roster.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Does all the work that the fleet's last look has made; what is needed for one look of a person.
    pub(super) async fn drain(&mut self, roster: &Roster, interval: Duration) {
        let at = self.gitlab.now();
        self.muster(roster);
        let mut outcome = self.work().await;
        while let Ok(true) = outcome {
            outcome = self.work().await;
        }
        match outcome {
            Ok(_) => (0..self.reporters.len()).for_each(|index| self.confirm(index, at, interval)),
            Err(error) => {
                for reporter in &mut self.reporters {
                    reporter.fail(&error, None, interval);
                }
            }
        }
    }

    /// Notes how a pass went.
    fn judge(&mut self, outcome: Result<(), Error>, beat: &mut Beat) {
        match outcome {
            Ok(()) => beat.succeeded(),
            Err(error) => {
                let next = beat.failed(&error, self.gitlab.now());
                for reporter in &mut self.reporters {
                    reporter.fail(&error, Some(next), beat.interval());
                }
            }
        }
    }

    /// Takes the fleet's last look over, and finds what it makes worth reading.
    fn muster(&mut self, roster: &Roster) {
        self.squads.clone_from(&roster.squads);
        self.fleet_interval = roster.interval;
        let now = self.gitlab.now();
        for index in 0..self.squads.len() {
            let Some(squad) = self.squads.get(index).cloned() else { continue };
            if let Some(error) = &squad.error {
                self.fail_cold(index, error);
                continue;
            }
            self.dismiss(index, &squad, now);
            self.muster_squad(index, &squad, now);
        }
        self.members.values_mut().for_each(|member| member.known.prune(now));
        self.settle();
        self.confirm_cold();
    }

    /// Compares the projects of one scope with what is known of them.
    fn muster_squad(&mut self, index: usize, squad: &Squad, now: Timestamp) {
        let mut confirmed = Vec::new();
        let mut unlisted = Vec::new();
        for project in &squad.projects {
            let place = project.place();
            let id = place.id;
            let member = self.members.entry(id).or_insert_with(|| Member {
                squad: index,
                known: Known::new(place.clone(), self.tiers.clone()),
                foreign: false,
                visited_at: None,
            });
            member.foreign = false;
            member.known.place = place;
            let Some(marks) = &project.marks else {
                unlisted.push((member.visited_at, id));
                continue;
            };
            if member.known.compare(marks) {
                confirmed.push(id);
            }
            if !member.known.collected && member.known.wanted.len() > 1 && !self.hours.contains(&id)
            {
                self.hours.push_back(id);
            }
        }
        self.plan_visits(unlisted);
        if let Some(reporter) = self.reporters.get(index)
            && !confirmed.is_empty()
        {
            reporter.put(squad.at.unwrap_or(now), Change::Confirm(confirmed));
        }
    }

    /// Plans to visit the projects of which the list does not tell whether they have work: all of them once, then a
    /// few at a time, those not seen for longest first.
    fn plan_visits(&mut self, mut unlisted: Vec<(Option<Timestamp>, ProjectId)>) {
        unlisted.sort_unstable();
        let known = unlisted.iter().filter(|(at, _)| at.is_some()).take(VISITS_A_PASS);
        let new = unlisted.iter().filter(|(at, _)| at.is_none());
        for (_, id) in new.chain(known) {
            if !self.visits.contains(id) {
                self.visits.push_back(*id);
            }
        }
    }

    /// Lets projects go that are no longer in the scope.
    fn dismiss(&mut self, index: usize, squad: &Squad, now: Timestamp) {
        let here: std::collections::BTreeSet<ProjectId> =
            squad.projects.iter().map(|project| project.project.id).collect();
        let gone: Vec<ProjectId> = self
            .members
            .iter()
            .filter(|(id, member)| member.squad == index && !member.foreign && !here.contains(id))
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            let Some(mut member) = self.members.remove(&id) else { continue };
            self.hours.retain(|waiting| *waiting != id);
            self.visits.retain(|waiting| *waiting != id);
            let ids: Vec<EntityId> = member.known.forget_all();
            if let Some(reporter) = self.reporters.get(index) {
                reporter.put(now, Change::Remove(ids));
            }
        }
    }

    /// Says which projects have been read to the end of their first hour, and which scopes are complete.
    fn settle(&mut self) {
        let mut collected: BTreeMap<usize, Vec<ProjectId>> = BTreeMap::new();
        for (id, member) in &mut self.members {
            let busy = !member.known.wanted.is_empty()
                || self.hours.contains(id)
                || self.visits.contains(id);
            if !member.known.collected && !busy {
                member.known.collected = true;
                collected.entry(member.squad).or_default().push(*id);
            }
        }
        let now = self.gitlab.now();
        for (index, mut projects) in collected {
            projects.sort_unstable();
            if let Some(reporter) = self.reporters.get(index) {
                reporter.put(now, Change::Collected(projects));
            }
        }
        self.replace_what_was_cached(now);
    }

    /// Once a scope's first hour is complete, what was read replaces what an earlier run left.
    fn replace_what_was_cached(&mut self, now: Timestamp) {
        for index in 0..self.first.len() {
            let read = self.squads.get(index).is_some_and(|squad| squad.at.is_some());
            let complete = self
                .members
                .values()
                .all(|member| member.squad != index || member.known.collected || member.foreign);
            let (Some(first), Some(reporter)) =
                (self.first.get_mut(index), self.reporters.get(index))
            else {
                continue;
            };
            if let Some(entities) = first.take_if(|_| read && complete) {
                reporter.put(now, Change::Replace(entities.into_values().collect()));
            }
        }
    }

    /// Leaves news of things that were read, in the scope of their project.
    fn tell(&mut self, squad: usize, at: Timestamp, entities: Vec<Entity>) {
        if entities.is_empty() {
            return;
        }
        if let Some(Some(first)) = self.first.get_mut(squad) {
            first.extend(entities.iter().map(|entity| (entity.id(), entity.clone())));
        }
        if let Some(reporter) = self.reporters.get(squad) {
            reporter.put(at, Change::Upsert(entities));
        }
    }

    /// Leaves news of things that are gone.
    fn tell_gone(&mut self, squad: usize, at: Timestamp, ids: Vec<EntityId>) {
        if let Some(Some(first)) = self.first.get_mut(squad) {
            first.retain(|id, _| !ids.contains(id));
        }
        if let Some(reporter) = self.reporters.get(squad)
            && !ids.is_empty()
        {
            reporter.put(at, Change::Remove(ids));
        }
    }

    /// The projects of a scope whose work moves.
    fn hot(&self, now: Timestamp) -> Vec<(usize, Place)> {
        let mut hot: Vec<(usize, Place)> = self
            .members
            .values()
            .filter(|member| member.known.is_hot(now) && !member.foreign)
            .map(|member| (member.squad, member.known.place.clone()))
            .collect();
        hot.sort();
        hot
    }

    /// Reports on the scopes in which nothing moves: the fleet's look is what confirms them.
    fn confirm_cold(&mut self) {
        let hot = self.hot(self.gitlab.now());
        for index in 0..self.reporters.len() {
            let is_hot = hot.iter().any(|(squad, _)| *squad == index);
            if let Some((at, interval)) = self.cold_rhythm(index).filter(|_| !is_hot) {
                self.confirm(index, at, interval);
            }
        }
    }

    /// When a scope in which nothing moves was last seen as a whole, and how often that happens.
    fn cold_rhythm(&self, index: usize) -> Option<(Timestamp, Duration)> {
        let squad = self.squads.get(index).filter(|squad| squad.error.is_none())?;
        let unlisted = squad.projects.iter().filter(|project| project.marks.is_none());
        let visits: Vec<Option<Timestamp>> =
            unlisted.map(|project| self.members.get(&project.project.id)?.visited_at).collect();
        let rounds = u32::try_from(visits.len().div_ceil(VISITS_A_PASS)).unwrap_or(u32::MAX);
        let at = match visits.into_iter().min() {
            None => squad.at?,
            Some(oldest) => oldest?,
        };
        Some((at, self.fleet_interval.saturating_mul(rounds.max(1))))
    }

    /// Reports that a scope was confirmed, once it has been read at all.
    fn confirm(&mut self, index: usize, at: Timestamp, interval: Duration) {
        let gap = self.gap(index);
        if self.first.get(index).is_some_and(Option::is_none)
            && let Some(reporter) = self.reporters.get_mut(index)
        {
            reporter.confirm(at, gap, interval);
        }
    }

    /// Reports that everything was read, before the first look of its own: what the fleet's look made worth reading was
    /// read just now.
    fn confirm_first(&mut self, interval: Duration) {
        if self.looked_at.is_some() {
            return;
        }
        let hot = self.hot(self.gitlab.now());
        for index in 0..self.reporters.len() {
            let rhythm = if hot.iter().any(|(squad, _)| *squad == index) {
                self.squads.get(index).and_then(|squad| squad.at).map(|at| (at, interval))
            } else {
                self.cold_rhythm(index)
            };
            if let Some((at, interval)) = rhythm {
                self.confirm(index, at, interval);
            }
        }
    }

    /// Reports that the fleet of a scope cannot be read, where nothing in it is followed.
    fn fail_cold(&mut self, index: usize, error: &Error) {
        let hot = self.hot(self.gitlab.now());
        let interval = self.fleet_interval;
        if let Some(reporter) = self.reporters.get_mut(index)
            && !hot.iter().any(|(squad, _)| *squad == index)
        {
            reporter.fail(error, None, interval);
        }
    }

    /// What is missing in a scope.
    fn gap(&self, index: usize) -> Option<Failure> {
        let gaps = self.gaps.get(index)?;
        if let Some(error) = self.squads.get(index).and_then(|squad| squad.error.as_ref()) {
            return Some(error.failure(self.gitlab.now()));
        }
        let first = gaps.values().next()?.clone();
        let more = gaps.len().saturating_sub(1);
        if more == 0 {
            return Some(first);
        }
        let message = Text::new(&format!("{}; and {more} projects more", first.message));
        Some(Failure { message, ..first })
    }

    /// Reports the interval anew.
    fn reschedule(&mut self, interval: Duration) {
        let hot = self.hot(self.gitlab.now());
        let fleet_interval = self.fleet_interval;
        for (index, reporter) in self.reporters.iter_mut().enumerate() {
            let is_hot = hot.iter().any(|(squad, _)| *squad == index);
            reporter.reschedule(if is_hot { interval } else { fleet_interval });
        }
    }
}
