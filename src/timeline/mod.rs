//! What became different: a pure watch over the state that tells changes in words, for a history that outlives it.
//!
//! **Invariant:** the work is that of what changed. What an earlier run remembered tells nothing; what it told last is
//! known, so that a restart neither repeats nor misses a change. An update that is applied twice tells once.

mod deed;
mod stand;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

pub use deed::{acts, target_of};
pub use stand::key_of;

use crate::domain::{
    Entry, EntryKind, EntryStand, EntrySubject, Finding, Origin, Presence, SourceId, Text,
    Timestamp,
};
use crate::finding::RULES;
use crate::state::{Changes, State};

/// How a thing stood when it was told last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    name: Text,
    stand: EntryStand,
    /// Whether this run has seen it; else an earlier one told it.
    is_seen: bool,
    /// Since when an earlier run's finding could be judged, and was not found.
    missing_since: Option<Timestamp>,
}

/// What was told last, of everything that is followed.
#[derive(Debug, Default)]
pub struct Chronicle {
    known: BTreeMap<EntrySubject, Known>,
    /// When an earlier run watched last.
    unseen_since: Option<Timestamp>,
    /// When this run began; what ended before is not its story.
    began: Option<Timestamp>,
}

/// A thing as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    subject: EntrySubject,
    name: Text,
    stand: EntryStand,
}

impl Chronicle {
    /// Takes over what an earlier run told last, and until when it watched.
    pub fn take_over(
        &mut self,
        told: Vec<(EntrySubject, Text, EntryStand)>,
        until: Option<Timestamp>,
    ) {
        self.unseen_since = until;
        for (subject, name, stand) in told {
            self.known.insert(subject, Known { name, stand, is_seen: false, missing_since: None });
        }
    }

    /// What these changes come to, in words.
    pub fn note(&mut self, state: &State, changes: &Changes, now: Timestamp) -> Vec<Entry> {
        let began = *self.began.get_or_insert(now);
        let mut entries = Vec::new();
        let groups = changes.nodegroups.iter().filter_map(|id| stand::node_group(state, *id));
        let slos = changes.slos.iter().filter_map(|id| stand::slo(state, *id, now));
        let exceptions =
            changes.exceptions.iter().filter_map(|id| stand::exception(state, *id, now));
        let requests = changes.requests.iter().filter_map(|id| stand::request(state, *id));
        let seen: Vec<Seen> = groups.chain(slos).chain(exceptions).chain(requests).collect();
        for one in seen {
            entries.extend(self.see(one, now));
        }
        for id in &changes.pipelines {
            if let Some(one) = stand::pipeline(state, *id) {
                entries.extend(self.see_work(one, stand::is_of_this_run(state, *id, began), now));
            }
        }
        for gone in stand::gone(state, changes) {
            entries.extend(self.end(&gone, stand::NOT_THERE, now));
        }
        if changes.reports {
            for one in stand::sources(state, now) {
                entries.extend(self.see(one, now));
            }
        }
        if changes.figures || !changes.jobs.is_empty() {
            for one in stand::tiers(state, now) {
                entries.extend(self.see(one, now));
            }
        }
        if changes.findings || changes.reports {
            entries.extend(self.findings(state, now));
        }
        entries
    }

    /// Notes how a thing stands; tells it where that is new.
    fn see(&mut self, seen: Seen, now: Timestamp) -> Option<Entry> {
        let Seen { subject, name, stand } = seen;
        let before = self.known.get_mut(&subject);
        if let Some(known) = before {
            if known.stand == stand {
                known.is_seen = true;
                return None;
            }
            let unseen_since = self.unseen_since.filter(|_| !known.is_seen);
            let was = std::mem::replace(&mut known.stand, stand.clone());
            (known.is_seen, known.name) = (true, name.clone());
            return Some(Entry {
                at: now,
                subject,
                name,
                before: Some(was.words),
                after: stand,
                unseen_since,
            });
        }
        let known =
            Known { name: name.clone(), stand: stand.clone(), is_seen: true, missing_since: None };
        self.known.insert(subject.clone(), known);
        Some(Entry { at: now, subject, name, before: None, after: stand, unseen_since: None })
    }

    /// The same of work, which is not followed beyond its end, and not told where it ended before this run began.
    fn see_work(&mut self, seen: Seen, ends: stand::Ends, now: Timestamp) -> Option<Entry> {
        let subject = seen.subject.clone();
        let is_followed = self.known.contains_key(&subject);
        let entry = match ends {
            stand::Ends::Before if !is_followed => return None,
            _ => self.see(seen, now),
        };
        if ends != stand::Ends::Open {
            self.known.remove(&subject);
        }
        // What was open when this run began was open before: nothing became different.
        entry.filter(|entry| entry.before.is_some() || ends != stand::Ends::OpenBefore)
    }

    /// Findings that came, went, or are graver or milder. What cannot be judged now is left as it was told.
    fn findings(&mut self, state: &State, now: Timestamp) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut here = BTreeSet::new();
        for finding in state.findings() {
            let subject = stand::finding_subject(state, finding);
            here.insert(subject.clone());
            if can_judge(state, finding.id.code) && finding.joined.presence == Presence::Found {
                entries.extend(self.see(stand::finding(finding, subject), now));
            } else if is_gone(finding) {
                entries.extend(self.end(&subject, GONE, now));
            }
        }
        let lost: Vec<EntrySubject> = self
            .known
            .iter_mut()
            .filter(|(subject, _)| subject.kind == EntryKind::Finding && !here.contains(*subject))
            .filter_map(|(subject, known)| {
                known.is_over(state, &subject.code, now).then(|| subject.clone())
            })
            .collect();
        entries.extend(lost.iter().filter_map(|subject| self.end(subject, GONE, now)));
        entries
    }

    /// A finding is over, or a thing is not there any more.
    fn end(&mut self, subject: &EntrySubject, words: &str, now: Timestamp) -> Option<Entry> {
        let known = self.known.remove(subject)?;
        Some(Entry {
            at: now,
            subject: subject.clone(),
            name: known.name,
            before: Some(known.stand.words),
            after: EntryStand { words: Text::new(words), severity: None },
            unseen_since: self.unseen_since.filter(|_| !known.is_seen),
        })
    }
}

impl Known {
    /// Whether a finding that is not among those of now is over. Of this run's own the findings themselves know: what cannot
    /// be told any more stays among them. One of an earlier run must have been missing for a while, though every feed that
    /// its rule rests on answers.
    fn is_over(&mut self, state: &State, code: &str, now: Timestamp) -> bool {
        if self.is_seen {
            return true;
        }
        if !can_judge(state, code) {
            self.missing_since = None;
            return false;
        }
        let since = *self.missing_since.get_or_insert(now);
        now.duration_since(since) >= PATIENCE
    }
}

/// So long may a finding take to be found again after a start.
const PATIENCE: SignedDuration = SignedDuration::from_secs(15);

/// What is said of a finding that is over.
pub const GONE: &str = "over";

fn is_gone(finding: &Finding) -> bool {
    matches!(finding.joined.presence, Presence::Gone(_))
}

/// Whether every feed that a rule rests on, as far as it is asked at all, was confirmed in this run.
fn can_judge(state: &State, code: &str) -> bool {
    let Some(rule) = RULES.iter().find(|rule| rule.code == code) else { return true };
    rule.rests_on.iter().all(|source| has_answered(state, *source))
}

/// Whether nothing was missing when a feed answered last, and it did not fail since.
fn tells_all(state: &State, source: SourceId) -> bool {
    let mut reports = state.reports().filter(|(key, _)| key.source == source);
    reports.all(|(_, report)| report.gap.is_none() && report.failure.is_none())
}

fn has_answered(state: &State, source: SourceId) -> bool {
    let mut reports = state.reports().filter(|(key, _)| key.source == source);
    reports.all(|(_, report)| report.origin == Origin::Live && report.confirmed_at.is_some())
}
