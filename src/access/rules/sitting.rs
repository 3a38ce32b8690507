//! [`Sitting`]: one rule held against all things of its kind, counting what is found, what is not, and what nobody can tell.

use std::collections::HashMap;

use super::Rule;
use crate::access::Ground;
use crate::access::cover::cover;
use crate::access::verdict::{About, AboutKind, Doubt, Found, Outcome, Proof, Tally};
use crate::domain::Text;
use crate::domain::access::{
    Cluster, Credential, Grant, Group, Known, Principal, Project, Runner, Trust,
};

/// One rule held against all things of its kind.
#[derive(Debug)]
pub(super) struct Sitting<'g, 'a> {
    pub(super) ground: &'g Ground<'a>,
    rule: &'static Rule,
    clear: u64,
    found: Vec<Found>,
    doubts: Vec<Doubt>,
    by_reason: HashMap<Text, usize>,
}

impl<'g, 'a> Sitting<'g, 'a> {
    /// Begins with what could not be read at all.
    pub(super) fn new(ground: &'g Ground<'a>, rule: &'static Rule) -> Sitting<'g, 'a> {
        let (found, doubts, by_reason) = (Vec::new(), Vec::new(), HashMap::new());
        let mut sitting = Sitting { ground, rule, clear: 0, found, doubts, by_reason };
        for gap in ground.population.gaps.iter().filter(|gap| rule.needs.contains(&gap.part)) {
            let (part, at, because) = (gap.part.word(), &gap.at, &gap.because);
            let because = Text::new(&format!("{part} of {at} were not read: {because}"));
            sitting.doubt(because, About::new(AboutKind::Group, at));
        }
        sitting
    }

    /// What was found, and how the rest stands.
    pub(super) fn end(self) -> (Vec<Found>, Tally) {
        let Sitting { rule, clear, found, doubts, .. } = self;
        let tally = Tally { code: rule.code, clear, found: found.len() as u64, doubts };
        (found, tally)
    }

    /// Takes in what the rule says of one thing.
    pub(super) fn hear(&mut self, about: impl FnOnce() -> About, outcome: Option<Outcome>) {
        match outcome {
            None => {}
            Some(Outcome::Clear) => self.clear += 1,
            Some(Outcome::Unknown(because)) => self.doubt(because, about()),
            Some(Outcome::Found(proof)) => self.find(about(), *proof),
        }
    }

    fn doubt(&mut self, because: Text, of: About) {
        let known = self.by_reason.get(&because).and_then(|place| self.doubts.get_mut(*place));
        if let Some(doubt) = known {
            doubt.count += 1;
            return;
        }
        self.by_reason.insert(because.clone(), self.doubts.len());
        self.doubts.push(Doubt { because, count: 1, of });
    }

    fn find(&mut self, about: About, mut proof: Proof) {
        proof.names.push(about.id.clone());
        for grant in proof.grants.iter().filter_map(|id| self.ground.grant(id)) {
            if !proof.places.contains(&grant.resource.path) {
                proof.places.push(grant.resource.path.clone());
            }
        }
        let covered_by = cover(self.rule.code, &proof, &self.ground.in_force).cloned();
        let Proof { severity, title, evidence, next_step, grants, places, since, .. } = proof;
        let (code, next_step) = (self.rule.code, Text::new(next_step));
        self.found.push(Found {
            code,
            severity,
            about,
            title,
            evidence,
            next_step,
            grants,
            places,
            since,
            covered_by,
        });
    }

    /// Judges every principal.
    pub(super) fn principals(
        &mut self,
        judge: impl Fn(&Ground<'a>, &'a Principal) -> Option<Outcome>,
    ) {
        for one in &self.ground.population.principals {
            let outcome = judge(self.ground, one);
            self.hear(|| About::new(AboutKind::Principal, &one.id), outcome);
        }
    }

    /// Judges every grant.
    pub(super) fn grants(&mut self, judge: impl Fn(&Ground<'a>, &'a Grant) -> Option<Outcome>) {
        for one in &self.ground.population.grants {
            let outcome = judge(self.ground, one);
            self.hear(|| About::new(AboutKind::Grant, &one.id), outcome);
        }
    }

    /// Judges every token and key that works.
    pub(super) fn credentials(
        &mut self,
        judge: impl Fn(&Ground<'a>, &'a Credential) -> Option<Outcome>,
    ) {
        let now = self.ground.now;
        for one in self.ground.population.credentials.iter().filter(|one| one.works(now)) {
            let outcome =
                judge(self.ground, one).map(|outcome| of_credential(outcome, one, self.ground));
            self.hear(|| About::new(AboutKind::Credential, &one.principal), outcome);
        }
    }

    /// Judges every group.
    pub(super) fn groups(&mut self, judge: impl Fn(&Ground<'a>, &'a Group) -> Option<Outcome>) {
        for one in &self.ground.population.groups {
            let outcome = judge(self.ground, one);
            self.hear(|| About::new(AboutKind::Group, &one.path), outcome);
        }
    }

    /// Judges every project.
    pub(super) fn projects(&mut self, judge: impl Fn(&Ground<'a>, &'a Project) -> Option<Outcome>) {
        for one in &self.ground.population.projects {
            let outcome = judge(self.ground, one);
            self.hear(|| About::new(AboutKind::Project, &one.path), outcome);
        }
    }

    /// Judges every runner.
    pub(super) fn runners(&mut self, judge: impl Fn(&Ground<'a>, &'a Runner) -> Option<Outcome>) {
        for one in &self.ground.population.runners {
            let outcome = judge(self.ground, one);
            self.hear(|| About::new(AboutKind::Runner, &one.id.to_string()), outcome);
        }
    }

    /// Judges every cluster.
    pub(super) fn clusters(&mut self, judge: impl Fn(&Ground<'a>, &'a Cluster) -> Option<Outcome>) {
        for one in &self.ground.population.clusters {
            let outcome = judge(self.ground, one);
            self.hear(|| About::new(AboutKind::Cluster, &one.name), outcome);
        }
    }

    /// Judges the trust of every role.
    pub(super) fn trusts(&mut self, judge: impl Fn(&Ground<'a>, &'a Trust) -> Option<Outcome>) {
        for one in &self.ground.population.trusts {
            let outcome = judge(self.ground, one);
            self.hear(|| About::new(AboutKind::Role, &one.role_arn), outcome);
        }
    }

    /// Judges each thing within another; where the list was not read, nobody can tell of the whole.
    pub(super) fn within<T>(
        &mut self,
        list: &'a Known<Vec<T>>,
        whole: About,
        judge: impl Fn(&Ground<'a>, &'a T) -> (About, Option<Outcome>),
    ) {
        match list {
            Known::Unread(why) => self.doubt(why.clone(), whole),
            Known::Is(list) => {
                for one in list {
                    let (about, outcome) = judge(self.ground, one);
                    self.hear(|| about, outcome);
                }
            }
        }
    }
}

/// A finding about a token or key is one about all its grants.
fn of_credential(outcome: Outcome, credential: &Credential, ground: &Ground<'_>) -> Outcome {
    match outcome {
        Outcome::Found(mut proof) => {
            let grants = ground.grants_of(&credential.principal);
            proof.grants = grants.map(|grant| grant.id.clone()).collect();
            if !proof.places.contains(&credential.place) {
                proof.places.push(credential.place.clone());
            }
            proof.names.push(credential.name.clone());
            Outcome::Found(proof)
        }
        other => other,
    }
}

impl Found {
    /// The order of a report: by rule, then by what it is about.
    pub(super) fn in_order(one: &Found, other: &Found) -> std::cmp::Ordering {
        (one.code, &one.about).cmp(&(other.code, &other.about))
    }
}
