//! The queue feed's questions: a look at what moves, and one piece at a time of what is worth reading in full.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::known::{Known, Lesson};
use super::{Member, Queue};
use crate::api::Error;
use crate::api::gitlab::{Active, Mark, Place, Wanted, Whole};
use crate::domain::{Change, Entity, Job, PipelineId, Project, ProjectId, Text, Timestamp};
use crate::source::projects::LATELY;

/// How many pipelines are read before the queue is looked at again.
const WHOLES_AT_ONCE: usize = 6;
/// How far before the last look a look reaches, so that clocks that differ lose nothing.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);

impl Queue {
    /// Looks at what moves. Gives how many projects that were.
    pub(super) async fn look(&mut self, interval: Duration) -> Result<usize, Error> {
        let at = self.gitlab.now();
        let hot = self.hot(at);
        self.want_foreign();
        if hot.is_empty() {
            return Ok(0);
        }
        let since = self.looked_at.unwrap_or(at).saturating_sub(OVERLAP).unwrap_or(at);
        let places: Vec<Place> = hot.iter().map(|(_, place)| place.clone()).collect();
        let answers = self.gitlab.active(&places, since).await?;
        self.looked_at = Some(at);
        let mut seen: BTreeMap<usize, Vec<ProjectId>> = BTreeMap::new();
        let mut missing: BTreeMap<usize, Error> = BTreeMap::new();
        for (id, answer) in answers {
            if let (Err(error), Some(member)) = (&answer, self.members.get(&id)) {
                missing.entry(member.squad).or_insert_with(|| error.clone());
            }
            if let Some(squad) = self.take_look(id, answer, at) {
                seen.entry(squad).or_default().push(id);
            }
        }
        // A scope all of whose moving projects went missing has confirmed nothing.
        missing.retain(|squad, _| !seen.contains_key(squad));
        for (squad, error) in missing {
            if let Some(reporter) = self.reporters.get_mut(squad) {
                reporter.fail(&error, None, interval);
            }
        }
        for (squad, projects) in seen {
            if let Some(reporter) = self.reporters.get(squad) {
                reporter.put(at, Change::Confirm(projects));
            }
            self.confirm(squad, at, interval);
        }
        Ok(places.len())
    }

    /// Takes one project's look over; gives its scope where it could be read.
    fn take_look(
        &mut self,
        id: ProjectId,
        answer: Result<Active, Error>,
        at: Timestamp,
    ) -> Option<usize> {
        let member = self.members.get_mut(&id)?;
        let squad = member.squad;
        match answer {
            Ok(active) => {
                let changed = member.known.advance(&active, at);
                self.gaps.get_mut(squad)?.remove(&id);
                self.tell(squad, at, changed.into_iter().map(Entity::Job).collect());
                Some(squad)
            }
            Err(error) => {
                self.note_gap(squad, id, &error);
                None
            }
        }
    }

    /// Does one piece of work; whether there was any.
    pub(super) async fn work(&mut self) -> Result<bool, Error> {
        let worked = if !self.hours.is_empty() {
            self.read_hour().await?
        } else if let Some(wanted) = self.some_wanted() {
            self.read_wholes(&wanted).await?;
            true
        } else if let Some(id) = self.visits.pop_front() {
            if let Err(error) = self.visit(id).await {
                self.visits.push_front(id);
                return Err(error);
            }
            true
        } else {
            self.explain_one().await?
        };
        self.settle();
        if worked {
            self.confirm_cold();
        }
        Ok(worked)
    }

    /// Reads the last hour of some projects in bulk.
    async fn read_hour(&mut self) -> Result<bool, Error> {
        let at = self.gitlab.now();
        let since = at.saturating_sub(LATELY).unwrap_or(at);
        let places: Vec<Place> = self
            .hours
            .iter()
            .filter_map(|id| Some(self.members.get(id)?.known.place.clone()))
            .collect();
        let (hour, asked) = self.gitlab.hour(&places, since).await?;
        for place in places.iter().take(asked) {
            self.hours.retain(|id| *id != place.id);
        }
        for whole in hour.wholes {
            self.take_whole(whole, at);
        }
        for (place, mark) in hour.rest {
            if let Some(member) = self.members.get_mut(&place.id) {
                member.known.want(mark.id, mark.iid);
            }
        }
        Ok(true)
    }

    /// Some of the pipelines that are wanted, those of projects already collected first.
    fn some_wanted(&self) -> Option<Vec<Wanted>> {
        let mut members: Vec<&Member> =
            self.members.values().filter(|member| !member.known.wanted.is_empty()).collect();
        members.sort_by_key(|member| (!member.known.collected, member.known.place.id));
        let wanted = members.into_iter().flat_map(|member| member.known.wanted.values().cloned());
        let some: Vec<Wanted> = wanted.take(WHOLES_AT_ONCE).collect();
        (!some.is_empty()).then_some(some)
    }

    /// Reads pipelines in full.
    async fn read_wholes(&mut self, wanted: &[Wanted]) -> Result<(), Error> {
        let at = self.gitlab.now();
        for (wanted, answer) in self.gitlab.wholes(wanted).await? {
            match answer {
                Ok(Some(whole)) => self.take_whole(whole, at),
                Ok(None) => {
                    let Some(member) = self.members.get_mut(&wanted.place.id) else { continue };
                    let (squad, gone) = (member.squad, member.known.forget(wanted.id));
                    self.tell_gone(squad, at, gone);
                }
                Err(error) => {
                    let Some(member) = self.members.get_mut(&wanted.place.id) else { continue };
                    member.known.refuse(wanted.id);
                    let (squad, foreign) = (member.squad, member.foreign);
                    if !foreign {
                        self.note_gap(squad, wanted.place.id, &error);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes a whole pipeline over.
    fn take_whole(&mut self, mut whole: Whole, at: Timestamp) {
        let id = whole.pipeline.id;
        let place = whole.place.clone();
        let Some(squad) = self.members.get(&place.id).map(|member| member.squad) else { return };
        if let Some(parent) = self.parents.remove(&id) {
            whole.pipeline.parent.get_or_insert(parent);
        }
        let downstream = std::mem::take(&mut whole.downstream);
        let Some(member) = self.members.get_mut(&place.id) else { return };
        let Lesson { entities, unexplained } = member.known.learn(whole, at);
        if unexplained.is_empty() {
            self.unexplained.remove(&id);
        } else {
            self.unexplained.insert(id, (place.id, unexplained));
        }
        self.tell(squad, at, entities);
        let parent = (place.path, id);
        for (place, mark) in downstream {
            self.follow_downstream(squad, place, &mark, &parent);
        }
    }

    /// Sees to it that a triggered pipeline is read and knows its parent.
    fn follow_downstream(
        &mut self,
        squad: usize,
        place: Place,
        mark: &Mark,
        parent: &(Text, PipelineId),
    ) {
        let id = place.id;
        let is_new = !self.members.contains_key(&id);
        if is_new && place.path.is_empty() {
            return;
        }
        if is_new {
            self.tell(squad, self.gitlab.now(), vec![self.stranger(&place)]);
        }
        let member = self.members.entry(id).or_insert_with(|| Member {
            squad,
            known: Known::of_stranger(place, self.tiers.clone()),
            foreign: true,
            visited_at: None,
        });
        let (squad, foreign) = (member.squad, member.foreign);
        match member.known.note_parent(mark.id, parent) {
            Some(entity) => self.tell(squad, self.gitlab.now(), vec![entity]),
            None if member.known.knows(mark.id) => {}
            None => {
                if foreign || !mark.status.has_ended() {
                    member.known.want(mark.id, mark.iid);
                }
                self.parents.insert(mark.id, parent.clone());
            }
        }
    }

    /// A project that is not watched, of which pipelines are shown under their parents.
    fn stranger(&self, place: &Place) -> Entity {
        Entity::Project(Arc::new(Project {
            id: place.id,
            path: place.path.clone(),
            default_branch: None,
            web_url: Text::new(&self.gitlab.page(&place.path)),
            last_activity_at: None,
            protected_refs: None,
        }))
    }

    /// Pipelines of projects that are not watched are in no list: they are read again while they run.
    fn want_foreign(&mut self) {
        for member in self.members.values_mut().filter(|member| member.foreign) {
            member.known.want_unfinished();
        }
    }

    /// Looks at one project of a fleet whose list does not tell who has work.
    async fn visit(&mut self, id: ProjectId) -> Result<(), Error> {
        let Some(member) = self.members.get(&id) else { return Ok(()) };
        let at = self.gitlab.now();
        let place = member.known.place.clone();
        let since = at.saturating_sub(LATELY).unwrap_or(at);
        let first = !member.known.collected;
        let mut resting = Vec::new();
        for (id, answer) in self.gitlab.active(std::slice::from_ref(&place), since).await? {
            if self.take_look(id, answer, at).is_some() && first {
                resting = self.resting(&place).await?;
            }
        }
        if let Some(member) = self.members.get_mut(&id) {
            member.visited_at = Some(at);
            for mark in resting {
                member.known.want(mark.id, mark.iid);
            }
            if let Some(reporter) = self.reporters.get(member.squad) {
                reporter.put(at, Change::Confirm(vec![id]));
            }
        }
        Ok(())
    }

    /// The pipelines of a project that rest, if it shows them.
    async fn resting(&self, place: &Place) -> Result<Vec<Mark>, Error> {
        match self.gitlab.resting(place).await {
            Err(error) if error.is_about_one_part() => Ok(Vec::new()),
            read => read,
        }
    }

    /// Reads why the failed jobs of one pipeline failed; whether there were any.
    async fn explain_one(&mut self) -> Result<bool, Error> {
        let Some((id, (project, jobs))) = self.unexplained.pop_first() else { return Ok(false) };
        let Some(member) = self.members.get(&project) else { return Ok(true) };
        let (place, squad) = (member.known.place.clone(), member.squad);
        let reasons = match self.gitlab.failure_reasons(&place, id).await {
            Ok(reasons) => reasons,
            Err(error) if error.is_about_one_part() => return Ok(true),
            Err(error) => {
                self.unexplained.insert(id, (project, jobs));
                return Err(error);
            }
        };
        if let Some(member) = self.members.get_mut(&project) {
            member.known.note_reasons(id, &reasons);
        }
        let explained = jobs.iter().filter_map(|job| {
            let reason = reasons.get(&job.id)?.clone();
            Some(Entity::Job(Arc::new(Job { failure_reason: Some(reason), ..(**job).clone() })))
        });
        let entities = explained.collect();
        self.tell(squad, self.gitlab.now(), entities);
        Ok(true)
    }

    /// Notes that a project cannot be read, while the others can.
    fn note_gap(&mut self, squad: usize, id: ProjectId, error: &Error) {
        let failure = error.failure(self.gitlab.now());
        if let Some(gaps) = self.gaps.get_mut(squad) {
            gaps.insert(id, failure);
        }
    }
}
