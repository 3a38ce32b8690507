//! Runners take jobs: pools of slots, the queue before them, and resource groups.

use std::sync::Arc;

use super::{Event, Fate, Job, Lock, Resource, Runner, Status, TIERS, World};

impl World {
    /// Starts waiting jobs while the pool has free slots.
    pub(super) fn serve(&mut self, place: usize) {
        while let Some(pool) = self.pools.get_mut(place)
            && pool.running < pool.open_slots()
        {
            let Some(job) = pool.queue.pop_front() else { break };
            if self.jobs.get(job).is_some_and(|job| job.status == Status::Pending) {
                self.start(job, place);
            }
        }
    }

    /// Puts a job at the end of the pool's queue.
    pub(super) fn enqueue(&mut self, place: usize, job: u64) {
        if let Some(pool) = self.pools.get_mut(place) {
            pool.queue.push_back(job);
        }
        self.poll_soon(place);
    }

    /// A runner of the pool looks for jobs within a few seconds.
    pub(super) fn poll_soon(&mut self, place: usize) {
        let pause = self.dice.between(700, 8_000);
        self.plan(self.now + self.span(pause), Event::Poll(place));
    }

    /// The pool whose tags cover the job's.
    pub(super) fn pool_of(&self, id: u64) -> Option<usize> {
        let tags = &self.jobs.get(id)?.plan.tags;
        self.pools.iter().position(|pool| tags.iter().all(|tag| pool.tags.contains(tag)))
    }

    /// A runner is heard of no more, and takes no more jobs.
    pub(super) fn silence(&mut self, description: &str) {
        let now = self.now;
        for runner in self.runners.values_mut().filter(|one| one.description == description) {
            runner.silent = Some(now);
            for pool in self.pools.iter_mut().filter(|pool| pool.runners.contains(&runner.id)) {
                pool.runners.retain(|id| *id != runner.id);
                pool.share_out(now);
            }
        }
        self.crash_managers(description);
    }

    /// The silent runners of a pool are heard of again, and its slots all work.
    pub(super) fn recover(&mut self, place: usize) {
        let Some(pool) = self.pools.get_mut(place) else { return };
        let is_back = |one: &&mut Runner| one.silent.is_some() && one.tags == pool.tags;
        let mut back = Vec::new();
        for runner in self.runners.values_mut().filter(is_back) {
            runner.silent = None;
            back.push(runner.id);
        }
        if back.is_empty() {
            return;
        }
        pool.runners.extend(&back);
        pool.capacity = 1.0;
        pool.share_out(self.now);
        for runner in back {
            self.calm_managers(runner);
        }
        self.poll_soon(place);
    }

    /// Starts a job on the next runner of the pool.
    pub(super) fn start(&mut self, id: u64, place: usize) {
        let Some(pool) = self.pools.get_mut(place) else { return };
        pool.running += 1;
        pool.next += 1;
        let (turns, count) = (pool.next, pool.runners.len().max(1));
        let runner = pool.runners.get(turns % count).copied();
        let managers =
            runner.and_then(|id| self.runners.get(&id)).map_or(1, |one| one.managers.len());
        if let Some(job) = self.jobs.get_mut(id) {
            job.runner = runner;
            job.manager = (turns / count) % managers.max(1);
        }
        if let Some(taker) = runner.and_then(|id| self.runners.get_mut(&id)) {
            taker.running.insert(id);
        }
        self.turn(id, Status::Running);
        if place < TIERS.len() {
            self.make_pod(id, place);
        } else {
            self.begin_script(id);
        }
    }

    /// The script of a job that runs begins.
    pub(super) fn begin_script(&mut self, id: u64) {
        let Some(job) = self.jobs.get(id) else { return };
        let (end, turn) = (self.now + self.span(planned(job)), job.turn);
        if let Some(job) = self.jobs.get_mut(id) {
            job.ends = Some(end);
        }
        self.plan(end, Event::End(id, turn));
    }

    /// Frees the slot of a running job and lets the next one begin.
    pub(super) fn leave(&mut self, id: u64) {
        let Some(job) = self.jobs.get(id) else { return };
        if job.status != Status::Running || job.is_bridge() {
            return;
        }
        let Some(runner) = job.runner else { return };
        if let Some(taker) = self.runners.get_mut(&runner) {
            taker.running.remove(&id);
        }
        let Some(tags) = self.runners.get(&runner).map(|runner| &runner.tags) else { return };
        let Some(place) = self.pools.iter().position(|pool| pool.tags == *tags) else { return };
        if let Some(pool) = self.pools.get_mut(place) {
            pool.running = pool.running.saturating_sub(1);
        }
        if self.pools.get(place).is_some_and(|pool| !pool.queue.is_empty()) {
            self.poll_soon(place);
        }
    }

    /// Takes the resource of a job; false when another job holds it and this one must wait.
    pub(super) fn acquire(&mut self, id: u64) -> bool {
        let Some(job) = self.jobs.get(id) else { return true };
        let Some(group) = &job.plan.resource_group else { return true };
        let lock = self.locks.entry((job.project, Arc::clone(group))).or_default();
        match lock.holder {
            None => lock.holder = Some(id),
            Some(holder) if holder == id => {}
            Some(_) => {
                if !lock.waiting.contains(&id) {
                    lock.waiting.push_back(id);
                }
                return false;
            }
        }
        true
    }

    /// Gives the resource of a job that ended to the next one.
    pub(super) fn release(&mut self, id: u64) {
        let Some(job) = self.jobs.get(id) else { return };
        let Some(group) = &job.plan.resource_group else { return };
        let Some(lock) = self.locks.get_mut(&(job.project, Arc::clone(group))) else { return };
        lock.waiting.retain(|waiting| *waiting != id);
        if lock.holder != Some(id) {
            return;
        }
        lock.holder = lock.waiting.pop_front();
        if let Some(next) = lock.holder {
            self.ask(next);
        }
    }

    /// The resource groups of a project, in order of their keys.
    pub(crate) fn resources(&self, project: u64) -> Vec<Resource> {
        let its = self.locks.iter().filter(|((owner, _), _)| *owner == project);
        let mut all: Vec<(&Arc<str>, &Lock)> = its.map(|((_, key), lock)| (key, lock)).collect();
        all.sort_by_key(|(key, _)| Arc::clone(key));
        let numbered = all.into_iter().zip(1_u64..);
        let one = |((key, lock), number): ((&Arc<str>, &Lock), u64)| Resource {
            id: project * 100 + number,
            key: Arc::clone(key),
            holder: lock.holder,
            waiting: lock.waiting.iter().copied().collect(),
        };
        numbered.map(one).collect()
    }

    /// No runner that is online could take the pending job.
    pub(crate) fn is_stuck(&self, job: &Job) -> bool {
        job.status == Status::Pending
            && !job.is_bridge()
            && !self.runners.values().any(|runner| takes(runner, job))
    }
}

/// Whether the runner is online and has every tag of the job.
fn takes(runner: &Runner, job: &Job) -> bool {
    let tags = &job.plan.tags;
    let fits = if tags.is_empty() {
        runner.untagged
    } else {
        tags.iter().all(|tag| runner.tags.contains(tag))
    };
    runner.is_ready() && fits
}

/// How long the job is planned to take; a failure comes earlier than the end.
fn planned(job: &Job) -> i64 {
    match job.plan.fate {
        Fate::Success => job.plan.duration,
        Fate::Failure(_) => job.plan.duration * 2 / 3,
    }
}
