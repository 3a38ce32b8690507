//! [`Watch`]: what was found before, so that findings neither flicker nor vanish because nobody can look any more.
//!
//! **Invariant:** what is kept is marked as kept: a finding that is not found now says since when, and why where its feeds
//! are silent. A severity rises at once and falls only after it has been milder for a while.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::{RULES, Scene};
use crate::domain::{
    EntityId, Finding, FindingId, Health, Joined, Presence, Report, Severity, SourceId, SourceKey,
    Text, Timestamp,
};
use crate::state::State;

/// What is not grave is told once it has been found for so long.
const APPEARS_AFTER: SignedDuration = SignedDuration::from_secs(2);

/// A finding stays for so long after it was found last.
const STAYS_FOR: SignedDuration = SignedDuration::from_secs(10);

/// A severity falls once it has been milder for so long.
const FALLS_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// What was found before.
#[derive(Debug, Default)]
pub struct Watch {
    known: BTreeMap<FindingId, Known>,
    /// The grave ones that somebody was called for.
    called: BTreeSet<FindingId>,
}

/// A finding that is known.
#[derive(Debug)]
struct Known {
    /// As it was found last, with the severity that is shown.
    finding: Finding,
    /// When it was found first without a gap that ended it.
    first: Timestamp,
    /// Since when it has been milder than it is shown.
    milder_since: Option<Timestamp>,
}

impl Watch {
    /// Takes what is found now; gives what is to be shown.
    pub(super) fn settle(&mut self, scene: &Scene<'_>, found: Vec<Finding>) -> Vec<Finding> {
        let now = scene.now;
        let mut here = BTreeSet::new();
        for finding in found {
            here.insert(finding.id.clone());
            if let Some(known) = self.known.get_mut(&finding.id) {
                known.renew(finding, now);
            } else {
                let known = Known { first: now, milder_since: None, finding };
                self.known.insert(known.finding.id.clone(), known);
            }
        }
        self.known.retain(|id, known| here.contains(id) || known.stays(scene));
        self.known.values().filter(|known| known.is_shown(now)).map(Known::told).collect()
    }

    /// How many of these are grave, in nobody's hand, and were not so when this was asked last.
    pub fn newly_grave<'a>(&mut self, findings: impl Iterator<Item = &'a Finding>) -> usize {
        let grave: BTreeSet<FindingId> = findings
            .filter(|finding| finding.is_grave())
            .map(|finding| finding.id.clone())
            .collect();
        let new = grave.difference(&self.called).count();
        self.called = grave;
        new
    }
}

impl Known {
    fn renew(&mut self, found: Finding, now: Timestamp) {
        let shown = self.finding.severity;
        let is_milder = found.severity > shown;
        self.milder_since = is_milder.then(|| self.milder_since.unwrap_or(now));
        let falls = self.milder_since.is_some_and(|at| now.duration_since(at) >= FALLS_AFTER);
        let severity = if is_milder && !falls { shown } else { found.severity };
        if falls {
            self.milder_since = None;
        }
        // What it rests on may come and go, pods for example, while it goes on.
        let since = match (self.finding.since, found.since) {
            (Some(known), Some(new)) => Some(known.min(new)),
            (known, new) => new.or(known),
        };
        self.finding = Finding { severity, since, ..found };
    }

    /// Whether it stays though it is not found now; notes since when, and why.
    fn stays(&mut self, scene: &Scene<'_>) -> bool {
        let now = scene.now;
        // What was never shown leaves no trace.
        if !self.is_shown(now) && self.finding.is_found() {
            return false;
        }
        let presence = &self.finding.joined.presence;
        let since = match presence {
            Presence::Found => now,
            Presence::Gone(since) | Presence::Untold { since, .. } => *since,
        };
        if let Some(because) = silence(scene, &self.finding) {
            self.finding.joined.presence = Presence::Untold { since, because };
            return true;
        }
        // Once it can be told again, it is only then found to be over.
        let since = if matches!(presence, Presence::Untold { .. }) { now } else { since };
        self.finding.joined.presence = Presence::Gone(since);
        now.duration_since(since) < STAYS_FOR
    }

    fn is_shown(&self, now: Timestamp) -> bool {
        self.finding.severity <= Severity::High
            || !self.finding.is_found()
            || now.duration_since(self.first) >= APPEARS_AFTER
    }

    fn told(&self) -> Finding {
        let joined = Joined { found_at: Some(self.first), ..self.finding.joined.clone() };
        let since = self.finding.since.map(|since| since.min(self.first));
        Finding { since, joined, ..self.finding.clone() }
    }
}

/// Why nobody can tell whether a finding still holds: a feed on which its rule rests is silent where it is about.
fn silence(scene: &Scene<'_>, finding: &Finding) -> Option<Text> {
    let rule = RULES.iter().find(|rule| rule.code == finding.id.code)?;
    let cluster = cluster(scene.state, &finding.id.about);
    let is_its = |key: &SourceKey| {
        let others = cluster.is_some() && key.scope.cluster().is_some();
        rule.rests_on.contains(&key.source)
            && (!others || key.scope.cluster() == cluster.as_deref())
    };
    let ill = |(key, report): (&SourceKey, &Report)| {
        let health = report.health(scene.now);
        let is_silent =
            matches!(health, Health::Stale | Health::Down | Health::Forbidden | Health::Starting);
        (is_silent && is_its(key)).then_some((key.source, health))
    };
    let (source, health): (SourceId, Health) = scene.state.reports().find_map(ill)?;
    Some(Text::new(&format!("{source} is {}", health.as_str())))
}

/// The cluster that a finding is about.
fn cluster(state: &State, about: &EntityId) -> Option<Text> {
    match about {
        EntityId::Tier(index) => state.tier(*index)?.pods.cluster.clone(),
        EntityId::NodeGroup(id) => state.nodegroups().get(*id).map(|group| group.cluster.clone()),
        EntityId::Node(id) => state.nodes().get(*id).map(|node| node.cluster.clone()),
        EntityId::Quota(id) => state.quotas().get(*id).map(|quota| quota.cluster.clone()),
        _ => None,
    }
}
