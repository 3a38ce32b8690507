//! [`Picture`]: a population, what the rules say of it, and every lookup that a screen needs; made once, then only read.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Found, Ground, Index, Limits, Report, judge};
use crate::domain::access::{
    Activity, Credential, Grant, Known, Level, Population, Principal, Resource,
};
use crate::domain::{
    AccessFindingId, GrantId, PrincipalId, Record, ResourceId, Severity, Text, Timestamp,
};

/// When something was last used, as far as anything tells; of two the later counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastUse {
    /// Nothing tells.
    Unknown,
    /// Never, as the platform says.
    Never,
    /// Then.
    At(Activity),
}

impl LastUse {
    /// What a platform told, or did not.
    pub fn of(told: &Known<Option<Activity>>) -> LastUse {
        match told {
            Known::Unread(_) => LastUse::Unknown,
            Known::Is(None) => LastUse::Never,
            Known::Is(Some(activity)) => LastUse::At(*activity),
        }
    }

    /// The later of two.
    #[must_use]
    fn later(self, other: LastUse) -> LastUse {
        match (self, other) {
            (LastUse::At(one), LastUse::At(two)) => {
                LastUse::At(if one.at < two.at { two } else { one })
            }
            (LastUse::Unknown, other) | (LastUse::Never, other @ LastUse::At(_)) => other,
            (one, _) => one,
        }
    }
}

/// Whoever or whatever has rights, with what all of them come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// Its address.
    pub id: PrincipalId,
    /// Where its principal stands in the population.
    place: usize,
    /// How many grants it has that hold.
    pub grants: usize,
    /// The highest step of the ladder that any of them gives.
    pub level: Option<Level>,
    /// When it was last used or active, by the latest of what is told.
    pub last_used: LastUse,
    /// The first end of a grant or of the token itself.
    pub expires_at: Option<Timestamp>,
    /// Places of the findings about it in the report.
    findings: Vec<usize>,
    /// The gravest of them that no exception covers.
    pub worst: Option<Severity>,
}

/// What rights are on, with what all of them come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Its address.
    pub id: ResourceId,
    /// What it is.
    pub resource: Resource,
    /// How many principals have a grant on it that holds.
    pub subjects: usize,
    /// How many of them at the highest step, Owner or what the platform calls administrator.
    pub owners: usize,
    /// How many grants on it end by themselves.
    pub bounded: usize,
    /// How many grants on it hold.
    pub grants: usize,
    /// Places of the findings about it in the report.
    findings: Vec<usize>,
    /// The gravest of them that no exception covers.
    pub worst: Option<Severity>,
}

/// A population that was judged. Never changed: another reading makes another picture.
#[derive(Debug)]
pub struct Picture {
    population: Arc<Population>,
    report: Report,
    judged_at: Timestamp,
    index: Index,
    holders: Vec<Holder>,
    held: Vec<Held>,
    addresses: Addresses,
    credentials: HashMap<Text, usize>,
    by_account: HashMap<Text, Vec<usize>>,
    uncovered: [usize; 5],
}

/// Where each thing stands.
#[derive(Debug, Default)]
struct Addresses {
    principals: HashMap<PrincipalId, usize>,
    grants: HashMap<GrantId, usize>,
    resources: HashMap<ResourceId, usize>,
    findings: HashMap<AccessFindingId, usize>,
}

impl Picture {
    /// Judges a population, and looks up once what screens ask for again and again. Takes its time: not for the task that
    /// draws.
    pub fn of(
        population: Arc<Population>,
        limits: &Limits,
        records: &[Record],
        now: Timestamp,
    ) -> Picture {
        let report = judge(&Ground::new(&population, limits, records, now));
        let mut index = Index::of(&population.grants);
        index.mark(&report.findings);
        let mut credentials = HashMap::new();
        let mut by_account: HashMap<Text, Vec<usize>> = HashMap::new();
        for (place, one) in population.credentials.iter().enumerate() {
            credentials.insert(one.principal.clone(), place);
            if let Some(account) = &one.account {
                by_account.entry(account.clone()).or_default().push(place);
            }
        }
        let mut picture = Picture {
            population,
            report,
            judged_at: now,
            index,
            holders: Vec::new(),
            held: Vec::new(),
            addresses: Addresses::default(),
            credentials,
            by_account,
            uncovered: [0; 5],
        };
        let (by_subject, by_place) = picture.findings_by();
        picture.holders = picture.all_holders(&by_subject, now);
        picture.held = picture.all_held(&by_place, now);
        picture.addresses = picture.all_addresses();
        for found in picture.report.findings.iter().filter(|one| one.covered_by.is_none()) {
            if let Some(count) = picture.uncovered.get_mut(found.severity as usize) {
                *count += 1;
            }
        }
        picture
    }

    /// Which findings are about which principals, and about what is at which paths.
    fn findings_by(&self) -> (HashMap<Text, Vec<usize>>, HashMap<Text, Vec<usize>>) {
        let mut by_subject: HashMap<Text, Vec<usize>> = HashMap::new();
        let mut by_place: HashMap<Text, Vec<usize>> = HashMap::new();
        let put = |map: &mut HashMap<Text, Vec<usize>>, key: &Text, place: usize| {
            let all = map.entry(key.clone()).or_default();
            if all.last() != Some(&place) {
                all.push(place);
            }
        };
        for (place, found) in self.report.findings.iter().enumerate() {
            put(&mut by_subject, &found.about.id, place);
            for grant in found.grants.iter().filter_map(|id| self.grant_named(id)) {
                put(&mut by_subject, &grant.subject, place);
                put(&mut by_place, &grant.resource.path, place);
            }
            for path in &found.places {
                put(&mut by_place, path, place);
            }
        }
        (by_subject, by_place)
    }

    fn all_holders(&self, findings: &HashMap<Text, Vec<usize>>, now: Timestamp) -> Vec<Holder> {
        let one = |(place, principal): (usize, &Principal)| {
            let credential = self.credential_of(&principal.id);
            let mut level = None;
            let mut expires_at = credential.and_then(|one| one.expires_at.fact().copied()?);
            let of_token = credential.map_or(LastUse::Unknown, |one| LastUse::of(&one.last_used));
            let mut last_used = LastUse::of(&principal.activity).later(of_token);
            let mut grants = 0;
            for grant in self.grants_of(&principal.id).filter(|grant| grant.holds(now)) {
                grants += 1;
                level = higher(level, grant.right.level);
                expires_at = earlier(expires_at, grant.expires_at);
                last_used = last_used.later(LastUse::of(&grant.last_used));
            }
            let findings = findings.get(&principal.id).cloned().unwrap_or_default();
            let worst = self.worst(&findings);
            let id = PrincipalId::of(&[&principal.id]);
            Holder { id, place, grants, level, last_used, expires_at, findings, worst }
        };
        self.population.principals.iter().enumerate().map(one).collect()
    }

    fn all_held(&self, findings: &HashMap<Text, Vec<usize>>, now: Timestamp) -> Vec<Held> {
        let mut resources: Vec<&Resource> = self.index.resources().collect();
        resources.sort_unstable();
        let one = |resource: &Resource| {
            let mut subjects: Vec<&Text> = Vec::new();
            let mut owners: Vec<&Text> = Vec::new();
            let (mut grants, mut bounded) = (0, 0);
            for grant in self.grants_on(resource).filter(|grant| grant.holds(now)) {
                grants += 1;
                subjects.push(&grant.subject);
                bounded += usize::from(grant.expires_at.is_some());
                if is_highest(grant) {
                    owners.push(&grant.subject);
                }
            }
            let count = |mut all: Vec<&Text>| {
                all.sort_unstable();
                all.dedup();
                all.len()
            };
            let findings = findings.get(&resource.path).cloned().unwrap_or_default();
            Held {
                id: address(resource),
                resource: resource.clone(),
                subjects: count(subjects),
                owners: count(owners),
                bounded,
                grants,
                worst: self.worst(&findings),
                findings,
            }
        };
        resources.into_iter().map(one).collect()
    }

    fn all_addresses(&self) -> Addresses {
        let grants = self.population.grants.iter().enumerate();
        let findings = self.report.findings.iter().enumerate();
        Addresses {
            principals: self.holders.iter().map(|one| (one.id, one.place)).collect(),
            grants: grants.map(|(place, one)| (GrantId::of(&[&one.id]), place)).collect(),
            resources: (self.held.iter().enumerate()).map(|(place, one)| (one.id, place)).collect(),
            findings: findings.map(|(place, one)| (finding_address(one), place)).collect(),
        }
    }

    fn worst(&self, findings: &[usize]) -> Option<Severity> {
        let all = findings.iter().filter_map(|place| self.report.findings.get(*place));
        all.filter(|found| found.covered_by.is_none()).map(|found| found.severity).min()
    }

    /// What was read.
    pub fn population(&self) -> &Arc<Population> {
        &self.population
    }

    /// What the rules say of it.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The moment for which it was judged.
    pub fn judged_at(&self) -> Timestamp {
        self.judged_at
    }

    /// How many findings of a severity no exception covers.
    pub fn uncovered(&self, severity: Severity) -> usize {
        self.uncovered.get(severity as usize).copied().unwrap_or_default()
    }

    /// Whoever has rights, in the order of the population.
    pub fn holders(&self) -> &[Holder] {
        &self.holders
    }

    /// What rights are on, by kind and path.
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    /// Whoever has rights, by address.
    pub fn holder(&self, id: PrincipalId) -> Option<&Holder> {
        self.holders.get(*self.addresses.principals.get(&id)?)
    }

    /// What rights are on, by address.
    pub fn resource(&self, id: ResourceId) -> Option<&Held> {
        self.held.get(*self.addresses.resources.get(&id)?)
    }

    /// A grant by address.
    pub fn grant(&self, id: GrantId) -> Option<&Grant> {
        self.population.grants.get(*self.addresses.grants.get(&id)?)
    }

    /// A finding by address.
    pub fn finding(&self, id: AccessFindingId) -> Option<&Found> {
        self.report.findings.get(*self.addresses.findings.get(&id)?)
    }

    /// The principal of a holder.
    pub fn principal(&self, holder: &Holder) -> Option<&Principal> {
        self.population.principals.get(holder.place)
    }

    /// A principal by its id.
    pub fn principal_named(&self, id: &str) -> Option<&Principal> {
        self.principal(self.holder(PrincipalId::of(&[id]))?)
    }

    /// A grant by its id.
    pub fn grant_named(&self, id: &str) -> Option<&Grant> {
        self.at(self.index.place(id)?)
    }

    /// The grants of a principal, those that are over too.
    pub fn grants_of(&self, principal: &str) -> impl Iterator<Item = &Grant> {
        self.index.of_subject(principal).iter().filter_map(|place| self.at(*place))
    }

    /// The grants on a resource, those that are over too.
    pub fn grants_on(&self, resource: &Resource) -> impl Iterator<Item = &Grant> {
        self.index.on(resource).iter().filter_map(|place| self.at(*place))
    }

    /// The findings about a holder, the gravest first.
    pub fn findings_of(&self, holder: &Holder) -> Vec<&Found> {
        self.in_order(&holder.findings)
    }

    /// The findings about a resource, the gravest first.
    pub fn findings_on(&self, held: &Held) -> Vec<&Found> {
        self.in_order(&held.findings)
    }

    /// The findings about a grant.
    pub fn findings_about(&self, grant: &Grant) -> impl Iterator<Item = &Found> {
        let places = self.index.place(&grant.id).map(|place| self.index.findings(place));
        let places = places.unwrap_or_default().iter();
        places.filter_map(|place| self.report.findings.get(usize::try_from(*place).ok()?))
    }

    /// The token or key that a principal is.
    pub fn credential_of(&self, principal: &str) -> Option<&Credential> {
        self.population.credentials.get(*self.credentials.get(principal)?)
    }

    /// The tokens that act for an account.
    pub fn tokens_of(&self, account: &str) -> impl Iterator<Item = &Credential> {
        let places = self.by_account.get(account).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.population.credentials.get(*place))
    }

    fn in_order(&self, places: &[usize]) -> Vec<&Found> {
        let mut all: Vec<&Found> =
            places.iter().filter_map(|place| self.report.findings.get(*place)).collect();
        all.sort_by_key(|found| (found.severity, found.code));
        all
    }

    fn at(&self, place: u32) -> Option<&Grant> {
        self.population.grants.get(usize::try_from(place).ok()?)
    }
}

/// The address of a resource.
pub fn address(resource: &Resource) -> ResourceId {
    ResourceId::of(&[resource.kind.word(), &resource.path])
}

/// The address of a finding.
pub fn finding_address(found: &Found) -> AccessFindingId {
    AccessFindingId::of(&[&found.id()])
}

/// Whether a grant gives everything that can be given on its resource.
fn is_highest(grant: &Grant) -> bool {
    let is_admin = ["AmazonEKSClusterAdminPolicy", "cluster-admin"];
    grant.right.level.is_some_and(|level| level.reaches(Level::Owner))
        || is_admin.iter().any(|name| grant.right.name.ends_with(name))
}

fn higher(one: Option<Level>, other: Option<Level>) -> Option<Level> {
    let other = other.filter(|level| level.is_rank());
    match (one, other) {
        (Some(one), Some(other)) if one.reaches(other) => Some(one),
        (one, None) => one,
        (_, other) => other,
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::super::rules::fixture::{NOW, grant, people};
    use super::*;
    use crate::domain::access::{Credential, Known, PrincipalKind};

    fn picture(population: Population) -> Picture {
        Picture::of(Arc::new(population), &Limits::default(), &[], NOW.parse().unwrap())
    }

    #[test]
    fn a_holder_has_the_highest_step_and_the_first_end_of_its_grants() {
        let mut population = people(&[("asha", Level::Reporter)]);
        let end: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        let mut more = grant("asha", "acme/api", Level::Maintainer);
        more.expires_at = Some(end);
        population.grants.push(more);
        let picture = picture(population);
        let holder = picture.holder(PrincipalId::of(&["user:asha"])).unwrap();
        assert_eq!(
            (holder.grants, holder.level, holder.expires_at),
            (2, Some(Level::Maintainer), Some(end))
        );
        assert_eq!(picture.principal(holder).unwrap().id.as_str(), "user:asha");
    }

    #[test]
    fn a_resource_counts_people_once_however_many_paths_they_have() {
        let mut population = people(&[("asha", Level::Owner), ("lena", Level::Guest)]);
        let mut again = grant("asha", "acme/shop", Level::Reporter);
        again.id = Text::new("another path");
        population.grants.push(again);
        let picture = picture(population);
        let held = &picture.held()[0];
        assert_eq!((held.subjects, held.owners, held.grants), (2, 1, 3));
        assert_eq!(picture.resource(held.id), Some(held));
    }

    #[test]
    fn a_token_is_found_by_the_account_that_it_acts_for() {
        let mut population = people(&[("asha", Level::Owner)]);
        let mut token = Credential::new("token:7", PrincipalKind::PersonalToken, "asha");
        token.account = Some(Text::new("user:asha"));
        token.last_used = Known::Is(None);
        population.credentials.push(token);
        let picture = picture(population);
        assert_eq!(picture.tokens_of("user:asha").count(), 1);
        assert!(picture.credential_of("token:7").is_some());
    }

    #[test]
    fn a_finding_stands_with_whom_and_with_what_it_is_about() {
        let picture = picture(people(&[("asha", Level::Owner)]));
        let found = &picture.report().findings[0];
        assert_eq!(picture.finding(finding_address(found)), Some(found));
        let about_asha = picture.findings_of(&picture.holders()[0]);
        let on_shop = picture.findings_on(&picture.held()[0]);
        assert!(!about_asha.is_empty() && about_asha.iter().all(|one| on_shop.contains(one)));
    }

    #[test]
    fn what_an_exception_covers_makes_nobody_worse() {
        let mut picture = picture(people(&[("asha", Level::Owner)]));
        let all: Vec<usize> = (0..picture.report.findings.len()).collect();
        assert!(picture.worst(&all).is_some());
        for found in &mut picture.report.findings {
            found.covered_by = Some(Text::new("E-1"));
        }
        assert_eq!(picture.worst(&all), None);
    }
}
