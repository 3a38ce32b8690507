//! [`Ground`]: what the rules stand on: a population, thresholds, exceptions, an instant; and what is looked up in them.

use std::collections::HashMap;

use jiff::SignedDuration;

use super::{Index, Limits};
use crate::domain::access::{Credential, Gap, Grant, Part, Population, Principal};
use crate::domain::{Record, Text, Timestamp, state_of};

/// What the rules stand on.
#[derive(Debug)]
pub struct Ground<'a> {
    /// What was read.
    pub population: &'a Population,
    /// The thresholds.
    pub limits: &'a Limits,
    /// The instant that is judged at.
    pub now: Timestamp,
    /// Exceptions that are in force now.
    pub in_force: Vec<&'a Record>,
    index: Index,
    principals: HashMap<&'a str, &'a Principal>,
    by_username: HashMap<String, &'a Principal>,
    by_account: HashMap<&'a str, Vec<&'a Credential>>,
}

impl<'a> Ground<'a> {
    /// The ground of a population; of the records those count that are in force.
    pub fn new(
        population: &'a Population,
        limits: &'a Limits,
        records: &'a [Record],
        now: Timestamp,
    ) -> Ground<'a> {
        let renews = |one: &Record, id: &Text| one.renews.as_ref() == Some(id);
        let is_in_force = |record: &&Record| {
            let renewals: Vec<&Record> =
                records.iter().filter(|one| renews(one, &record.id)).collect();
            state_of(record, &renewals, now).is_in_force()
        };
        let username = |one: &'a Principal| Some((one.username.as_ref()?.to_lowercase(), one));
        let mut by_account: HashMap<&str, Vec<&Credential>> = HashMap::new();
        for credential in &population.credentials {
            if let Some(account) = &credential.account {
                by_account.entry(account.as_str()).or_default().push(credential);
            }
        }
        Ground {
            population,
            limits,
            now,
            in_force: records.iter().filter(is_in_force).collect(),
            index: Index::of(&population.grants),
            principals: population.principals.iter().map(|one| (one.id.as_str(), one)).collect(),
            by_username: population.principals.iter().filter_map(username).collect(),
            by_account,
        }
    }

    /// A principal by its id.
    pub fn principal(&self, id: &str) -> Option<&'a Principal> {
        self.principals.get(id).copied()
    }

    /// An account by its username, in any case.
    pub fn account(&self, username: &str) -> Option<&'a Principal> {
        self.by_username.get(&username.to_lowercase()).copied()
    }

    /// Tokens that act for an account.
    pub fn tokens_of(&self, account: &str) -> &[&'a Credential] {
        self.by_account.get(account).map_or(&[], Vec::as_slice)
    }

    /// Where each grant stands.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// A grant by its id.
    pub fn grant(&self, id: &str) -> Option<&'a Grant> {
        self.index.place(id).and_then(|place| self.at(place))
    }

    /// The grants of a subject.
    pub fn grants_of(&self, subject: &str) -> impl Iterator<Item = &'a Grant> {
        self.index.of_subject(subject).iter().filter_map(|place| self.at(*place))
    }

    /// The grants on a resource.
    pub fn grants_on(
        &self,
        resource: &crate::domain::access::Resource,
    ) -> impl Iterator<Item = &'a Grant> {
        self.index.on(resource).iter().filter_map(|place| self.at(*place))
    }

    fn at(&self, place: u32) -> Option<&'a Grant> {
        self.population.grants.get(usize::try_from(place).ok()?)
    }

    /// What of a part could not be read at a place, if anything.
    pub fn gap(&self, part: Part, place: &str) -> Option<&'a Gap> {
        self.population.gaps.iter().find(|gap| gap.part == part && gap.concerns(place))
    }

    /// How long ago that was.
    pub fn age(&self, at: Timestamp) -> SignedDuration {
        self.now.duration_since(at)
    }
}
