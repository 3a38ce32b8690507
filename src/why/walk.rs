//! [`Walk`]: the way through the tree: what was asked, what could not be, and what was found.

use super::diagnosis::{Answer, Cause, Certainty, Deadline, Diagnosis, Step, Undecided};
use super::facts::{Facts, Gap};
use super::leaf::{Concern, Leaf, Who};
use crate::domain::time::seconds_between;
use crate::domain::{EntityId, Evidence, JobId, Text, Timestamp};

/// How many jobs are followed, one waiting on the other.
const DEEPEST: u8 = 4;

/// A job that waits for less than this is no alarm yet, seconds, where its tier has no target of its own.
const FLOOR: i64 = 60;

/// What proves a step: words, and fields.
pub(super) type Proof = (String, Vec<Evidence>);

/// What was found at the end of a walk.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) leaf: Leaf,
    pub(super) title: String,
    pub(super) grade: Grade,
    pub(super) next: Option<String>,
    /// Who can do it, where that is somebody else than the leaf says.
    pub(super) who: Option<Who>,
    pub(super) subject: Option<EntityId>,
    pub(super) deadlines: Vec<Deadline>,
    pub(super) cause: Option<Cause>,
}

/// How sure a finding is by itself, before it is held against what could not be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Grade {
    Certain,
    Likely,
    /// It cannot be told; because of what is missing, or of this.
    Untold(Option<String>),
}

impl Found {
    /// With direct evidence.
    pub(super) fn certain(leaf: Leaf, title: impl Into<String>) -> Found {
        Found {
            leaf,
            title: title.into(),
            grade: Grade::Certain,
            next: None,
            who: None,
            subject: None,
            deadlines: Vec::new(),
            cause: None,
        }
    }

    /// With evidence that only points there.
    pub(super) fn likely(leaf: Leaf, title: impl Into<String>) -> Found {
        Found { grade: Grade::Likely, ..Found::certain(leaf, title) }
    }

    /// Without enough evidence, because of what the walk could not look at.
    pub(super) fn untold(leaf: Leaf, title: impl Into<String>) -> Found {
        Found { grade: Grade::Untold(None), ..Found::certain(leaf, title) }
    }

    /// Names what is at fault.
    #[must_use]
    pub(super) fn of(self, subject: EntityId) -> Found {
        Found { subject: Some(subject), ..self }
    }

    /// Names the next step more exactly than its leaf.
    #[must_use]
    pub(super) fn next(self, next: impl Into<String>) -> Found {
        Found { next: Some(next.into()), ..self }
    }

    /// Adds what ends the wait by itself.
    #[must_use]
    pub(super) fn until(mut self, deadline: Option<Deadline>) -> Found {
        self.deadlines.extend(deadline);
        self
    }

    /// The same, not more than likely.
    #[must_use]
    pub(super) fn doubted(self) -> Found {
        let grade = if self.grade == Grade::Certain { Grade::Likely } else { self.grade };
        Found { grade, ..self }
    }
}

/// The way through the tree.
pub(super) struct Walk<'f, 'a> {
    pub(super) facts: &'f Facts<'a>,
    /// Nothing where only the answer is wanted.
    steps: Option<Vec<Step>>,
    gaps: Vec<(&'static str, Gap)>,
    depth: u8,
}

impl<'f, 'a> Walk<'f, 'a> {
    /// A walk that keeps its steps.
    pub(super) fn recording(facts: &'f Facts<'a>) -> Walk<'f, 'a> {
        Walk { facts, steps: Some(Vec::new()), gaps: Vec::new(), depth: 0 }
    }

    /// A walk that only wants the answer.
    pub(super) fn silent(facts: &'f Facts<'a>) -> Walk<'f, 'a> {
        Walk { facts, steps: None, gaps: Vec::new(), depth: 0 }
    }

    /// Whether steps are kept.
    pub(super) fn is_recording(&self) -> bool {
        self.steps.is_some()
    }

    /// It is so, and this proves it.
    pub(super) fn yes(
        &mut self,
        branch: &'static str,
        question: &'static str,
        proof: impl FnOnce() -> Proof,
    ) {
        self.note(branch, question, Answer::Yes, proof);
    }

    /// It is not so, and this proves it.
    pub(super) fn no(
        &mut self,
        branch: &'static str,
        question: &'static str,
        proof: impl FnOnce() -> Proof,
    ) {
        self.note(branch, question, Answer::No, proof);
    }

    /// It cannot be told. What comes after it is not certain.
    pub(super) fn open(&mut self, branch: &'static str, question: &'static str, gap: Gap) {
        self.gaps.push((branch, gap));
        let Some(steps) = &mut self.steps else { return };
        let because = self.facts.because(gap);
        let certainty = Certainty::CannotTell(because.clone());
        let (answer, evidence) = (Answer::Unknown, Vec::new());
        steps.push(Step { branch, question, answer, text: because, evidence, certainty });
    }

    fn note(
        &mut self,
        branch: &'static str,
        question: &'static str,
        answer: Answer,
        proof: impl FnOnce() -> Proof,
    ) {
        let is_sure = self.gaps.is_empty();
        let Some(steps) = &mut self.steps else { return };
        let (text, evidence) = proof();
        let certainty = if is_sure { Certainty::Certain } else { Certainty::Likely };
        steps.push(Step { branch, question, answer, text: Text::new(&text), evidence, certainty });
    }

    /// How sure a finding is, held against what could not be decided.
    fn certainty(&self, found: &Found) -> Certainty {
        match &found.grade {
            Grade::Certain if self.gaps.is_empty() => Certainty::Certain,
            Grade::Certain | Grade::Likely => Certainty::Likely,
            Grade::Untold(Some(words)) => Certainty::CannotTell(Text::new(words)),
            Grade::Untold(None) => Certainty::CannotTell(self.missing()),
        }
    }

    /// What could not be looked at, in words.
    fn missing(&self) -> Text {
        let mut gaps: Vec<Gap> = self.gaps.iter().map(|(_, gap)| *gap).collect();
        gaps.sort_unstable();
        gaps.dedup();
        let words: Vec<String> =
            gaps.iter().map(|gap| self.facts.because(*gap).to_string()).collect();
        if words.is_empty() {
            return Text::new("nothing that was read explains it");
        }
        Text::new(&words.join("; "))
    }

    /// What a job or pod waits on itself, where that is not followed too deeply.
    pub(super) fn follow(
        &mut self,
        target: EntityId,
        walk_on: impl FnOnce(&mut Walk<'f, 'a>) -> Option<Found>,
    ) -> Option<Cause> {
        if self.depth >= DEEPEST {
            return None;
        }
        let steps = self.steps.as_ref().map(|_| Vec::new());
        let mut inner = Walk { facts: self.facts, steps, gaps: Vec::new(), depth: self.depth + 1 };
        let found = walk_on(&mut inner)?;
        let certainty = inner.certainty(&found);
        if let (Some(mine), Some(theirs)) = (&mut self.steps, inner.steps) {
            mine.extend(theirs);
        }
        Some(found.cause.unwrap_or_else(|| Cause {
            target,
            leaf: found.leaf,
            title: Text::new(&found.title),
            subject: found.subject,
            certainty,
            next_step: Text::new(found.next.as_deref().unwrap_or(found.leaf.about().next)),
        }))
    }

    /// Looks at something on the way without noting it: neither its steps nor what could not be looked at count.
    pub(super) fn aside<T>(&self, look: impl FnOnce(&mut Walk<'f, 'a>) -> T) -> T {
        let mut aside =
            Walk { facts: self.facts, steps: None, gaps: Vec::new(), depth: self.depth };
        look(&mut aside)
    }

    /// What was found, with the whole way there.
    pub(super) fn diagnosis(self, target: EntityId, job: Option<JobId>, found: Found) -> Diagnosis {
        let certainty = self.certainty(&found);
        let about = found.leaf.about();
        let undecided = |(branch, gap): &(&'static str, Gap)| Undecided {
            branch,
            because: self.facts.because(*gap),
        };
        let mut open: Vec<Undecided> = Vec::new();
        for one in self.gaps.iter().map(undecided) {
            if !open.contains(&one) {
                open.push(one);
            }
        }
        Diagnosis {
            concern: self.concern(job, found.leaf),
            at: self.facts.now,
            next_step: Text::new(found.next.as_deref().unwrap_or(about.next)),
            who: found.who.unwrap_or(about.who),
            title: Text::new(&found.title),
            leaf: found.leaf,
            steps: self.steps.unwrap_or_default(),
            undecided: open,
            deadlines: found.deadlines,
            subject: found.subject,
            cause: found.cause,
            certainty,
            target,
            job,
        }
    }

    /// What a leaf asks of a person: nothing before the job has waited as long as its tier allows.
    pub(super) fn concern(&self, job: Option<JobId>, leaf: Leaf) -> Concern {
        let state = self.facts.state;
        let job = job.and_then(|id| state.jobs().get(id));
        let floor = job
            .and_then(|job| state.tier(job.tier?))
            .map_or(FLOOR, |tier| crate::domain::time::whole(tier.queue_target_seconds));
        let since = |at: Timestamp| seconds_between(at, self.facts.now);
        let waits = job.and_then(|job| job.waiting_since()).map(since);
        match waits {
            Some(seconds) if seconds < floor => Concern::Calm,
            _ => leaf.about().concern,
        }
    }
}
