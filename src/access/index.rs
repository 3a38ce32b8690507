//! [`Index`]: which grants a subject has, which are on a resource, and which a finding is about; kept up on change.

use std::collections::HashMap;
use std::hash::Hash;

use super::verdict::Found;
use crate::domain::Text;
use crate::domain::access::{Grant, Resource};

/// Where grants stand in the list of whoever holds them. Every lookup is one step, however many there are.
#[derive(Debug, Clone, Default)]
pub struct Index {
    places: HashMap<Text, u32>,
    by_subject: HashMap<Text, Vec<u32>>,
    by_resource: HashMap<Resource, Vec<u32>>,
    by_finding: HashMap<String, Vec<u32>>,
    of_grant: HashMap<u32, Vec<u32>>,
}

impl Index {
    /// The index of a whole list.
    pub fn of(grants: &[Grant]) -> Index {
        let mut index = Index { places: HashMap::with_capacity(grants.len()), ..Index::default() };
        for (place, grant) in (0..).zip(grants) {
            index.put(grant, place);
        }
        index
    }

    /// A grant stands at a place now. One that stood elsewhere, or was another before, is taken first.
    pub fn put(&mut self, grant: &Grant, place: u32) {
        self.places.insert(grant.id.clone(), place);
        self.by_subject.entry(grant.subject.clone()).or_default().push(place);
        self.by_resource.entry(grant.resource.clone()).or_default().push(place);
    }

    /// A grant is gone from its place.
    pub fn take(&mut self, grant: &Grant) -> Option<u32> {
        let place = self.places.remove(&grant.id)?;
        forget(&mut self.by_subject, &grant.subject, place);
        forget(&mut self.by_resource, &grant.resource, place);
        Some(place)
    }

    /// Takes in what was found; what was found before is forgotten.
    pub fn mark(&mut self, findings: &[Found]) {
        self.by_finding.clear();
        self.of_grant.clear();
        for (number, found) in (0..).zip(findings) {
            let places: Vec<u32> =
                found.grants.iter().filter_map(|id| self.places.get(id).copied()).collect();
            for place in &places {
                self.of_grant.entry(*place).or_default().push(number);
            }
            self.by_finding.insert(found.id(), places);
        }
    }

    /// The place of a grant.
    pub fn place(&self, grant: &str) -> Option<u32> {
        self.places.get(grant).copied()
    }

    /// The places of a subject's grants.
    pub fn of_subject(&self, subject: &str) -> &[u32] {
        self.by_subject.get(subject).map_or(&[], Vec::as_slice)
    }

    /// The places of the grants on a resource.
    pub fn on(&self, resource: &Resource) -> &[u32] {
        self.by_resource.get(resource).map_or(&[], Vec::as_slice)
    }

    /// The places of the grants that a finding is about, by its address.
    pub fn about(&self, finding: &str) -> &[u32] {
        self.by_finding.get(finding).map_or(&[], Vec::as_slice)
    }

    /// The numbers of the findings that are about the grant at a place.
    pub fn findings(&self, place: u32) -> &[u32] {
        self.of_grant.get(&place).map_or(&[], Vec::as_slice)
    }

    /// Every subject that has a grant, in no order.
    pub fn subjects(&self) -> impl Iterator<Item = &Text> {
        self.by_subject.keys()
    }

    /// Every resource that a grant is on, in no order.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.by_resource.keys()
    }
}

/// Takes a place off the list of a key, and the list with its last place.
fn forget<K: Eq + Hash>(lists: &mut HashMap<K, Vec<u32>>, key: &K, place: u32) {
    if let Some(list) = lists.get_mut(key) {
        list.retain(|one| *one != place);
        if list.is_empty() {
            lists.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::fixture::{grant, people};
    use super::super::verdict::{About, AboutKind, Code};
    use super::*;
    use crate::domain::Severity;
    use crate::domain::access::{Level, ResourceKind};

    fn resource(path: &str) -> Resource {
        Resource { kind: ResourceKind::Project, path: Text::new(path) }
    }

    fn found(grants: &[&str]) -> Found {
        Found {
            code: Code::A01,
            severity: Severity::High,
            about: About::new(AboutKind::Principal, "user:asha"),
            title: Text::new("t"),
            evidence: Vec::new(),
            next_step: Text::new("n"),
            grants: grants.iter().map(|id| Text::new(id)).collect(),
            places: Vec::new(),
            since: None,
            covered_by: None,
        }
    }

    #[test]
    fn grants_are_found_by_subject_by_resource_and_by_finding() {
        let grants = [
            grant("asha", "acme/shop", Level::Developer),
            grant("lena", "acme/shop", Level::Owner),
            grant("asha", "acme/api", Level::Guest),
        ];
        let mut index = Index::of(&grants);
        assert_eq!(index.of_subject("user:asha"), [0, 2]);
        assert_eq!(index.on(&resource("acme/shop")), [0, 1]);
        index.mark(&[found(&[&grants[2].id])]);
        assert_eq!(index.about("A01/user:asha"), [2]);
        assert_eq!((index.findings(2), index.findings(0)), (&[0][..], &[][..]));
    }

    #[test]
    fn what_is_taken_is_found_no_longer_and_what_is_put_is() {
        let grants = people(&[("asha", Level::Developer), ("lena", Level::Owner)]).grants;
        let mut index = Index::of(&grants);
        assert_eq!(index.take(&grants[0]), Some(0));
        assert_eq!(index.take(&grants[0]), None);
        assert_eq!((index.of_subject("user:asha").len(), index.place(&grants[0].id)), (0, None));
        index.put(&grants[0], 7);
        assert_eq!(
            (index.of_subject("user:asha"), index.place(&grants[0].id)),
            (&[7][..], Some(7))
        );
    }

    #[test]
    fn a_new_judgement_forgets_the_old_one() {
        let grants = people(&[("asha", Level::Developer)]).grants;
        let mut index = Index::of(&grants);
        index.mark(&[found(&[&grants[0].id])]);
        index.mark(&[]);
        assert_eq!((index.about("A01/user:asha").len(), index.findings(0).len()), (0, 0));
    }
}
