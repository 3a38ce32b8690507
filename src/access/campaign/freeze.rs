//! [`freeze`]: a population as a campaign reviews it: findings, items, and what is new since the last campaign.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::event::Decision;
use super::standing::Campaign;
use crate::access::{AboutKind, Found, Ground, Limits, Report, judge};
use crate::domain::access::{Grant, Lack, Population};
use crate::domain::{Record, Text, Timestamp};

/// How an item stands to the last campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delta {
    /// There is no last campaign.
    First,
    /// It was not there.
    New,
    /// It was there, and this is different.
    Changed(Text),
    /// It was there, and is the same.
    Same,
}

impl Delta {
    /// Its word.
    pub fn word(&self) -> &'static str {
        match self {
            Delta::First => "first",
            Delta::New => "new",
            Delta::Changed(_) => "changed",
            Delta::Same => "same",
        }
    }
}

/// What was decided about an item the last time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// What.
    pub decision: Decision,
    /// By whom.
    pub by: Text,
    /// When.
    pub at: Timestamp,
}

/// What is decided about: a grant, or a setting that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its address: the id of the grant; `subject:` and the id of a principal or token without a grant; `setting:` and what
    /// the finding is about.
    pub key: Text,
    /// The id of the principal; `None` for a setting.
    pub subject: Option<Text>,
    /// The addresses of the findings about it.
    pub findings: Vec<Text>,
    /// How it stands to the last campaign.
    pub delta: Delta,
    /// What was decided the last time.
    pub before: Option<Before>,
}

/// What the last campaign had and this one has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// Its address.
    pub key: Text,
    /// What was decided about it.
    pub decision: Option<Decision>,
}

/// What a campaign reviews. Its canonical bytes are what it is exported as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// Always `watchfloor/review/v1`.
    pub schema: Text,
    /// What was read.
    pub population: Population,
    /// What the rules say of it.
    pub report: Report,
    /// What is decided about: grants in the order of their ids, then settings, then subjects without a grant.
    pub items: Vec<Item>,
    /// What is gone since the last campaign.
    pub gone: Vec<Gone>,
    /// What the last campaign had and of which nobody can tell: what would have told it could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<Gone>,
}

impl Frozen {
    /// What every frozen population of this version says in `schema`.
    pub const SCHEMA: &'static str = "watchfloor/review/v1";

    /// The canonical bytes.
    ///
    /// # Errors
    /// Why they cannot be spelled.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(bytes: &[u8]) -> Result<Frozen, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The grant of an item.
    pub fn grant(&self, key: &str) -> Option<&Grant> {
        let grants = &self.population.grants;
        let place = grants.binary_search_by(|grant| grant.id.as_str().cmp(key)).ok()?;
        grants.get(place)
    }
}

/// Freezes a population: judges it, and holds it against the last campaign.
pub fn freeze(
    population: Population,
    limits: &Limits,
    records: &[Record],
    last: Option<&Campaign>,
    now: Timestamp,
) -> Frozen {
    let population = population.ordered();
    let report = judge(&Ground::new(&population, limits, records, now));
    let mut of_grant: HashMap<&str, Vec<Text>> = HashMap::new();
    let mut others: BTreeMap<(Option<Text>, String), Vec<Text>> = BTreeMap::new();
    for found in &report.findings {
        let id = Text::new(&found.id());
        if found.grants.is_empty() {
            others.entry(address(found)).or_default().push(id.clone());
        }
        for grant in &found.grants {
            of_grant.entry(grant.as_str()).or_default().push(id.clone());
        }
    }
    let of_grants = population.grants.iter().map(|grant| {
        let findings = of_grant.remove(grant.id.as_str()).unwrap_or_default();
        let (delta, before) = since(last, &grant.id, Some(grant), &findings);
        Item {
            key: grant.id.clone(),
            subject: Some(grant.subject.clone()),
            findings,
            delta,
            before,
        }
    });
    let mut items: Vec<Item> = of_grants.collect();
    items.extend(others.into_iter().map(|((subject, key), findings)| {
        let key = Text::new(&key);
        let (delta, before) = since(last, &key, None, &findings);
        Item { key, subject, findings, delta, before }
    }));
    let is_gapped = |item: &Item, last: &Campaign| could_be_unread(&population, item, last);
    let (unseen, gone) = gone(last, &items, is_gapped);
    Frozen { schema: Text::new(Frozen::SCHEMA), population, report, items, gone, unseen }
}

/// Whom a finding without a grant is about, and the address of the item for it: a principal or token by itself, or a setting.
fn address(found: &Found) -> (Option<Text>, String) {
    let id = &found.about.id;
    match found.about.kind {
        AboutKind::Principal | AboutKind::Credential => (Some(id.clone()), format!("subject:{id}")),
        kind => (None, format!("setting:{}:{id}", kind.word())),
    }
}

/// How an item stands to the last campaign, and what was decided there.
fn since(
    last: Option<&Campaign>,
    key: &Text,
    grant: Option<&Grant>,
    findings: &[Text],
) -> (Delta, Option<Before>) {
    let Some(last) = last else { return (Delta::First, None) };
    let Some(old) = last.item(key) else { return (Delta::New, None) };
    let mut changes = Vec::new();
    if let (Some(old), Some(new)) = (last.frozen.grant(key), grant) {
        if old.right != new.right {
            changes.push(format!("{} before", old.right.name));
        }
        if old.expires_at != new.expires_at {
            let end = old.expires_at.map_or("no end".to_owned(), |end| format!("end {end}"));
            changes.push(format!("{end} before"));
        }
    }
    let fresh: Vec<&str> =
        findings.iter().filter(|id| !old.findings.contains(id)).map(Text::as_str).collect();
    if !fresh.is_empty() {
        changes.push(format!("new: {}", fresh.join(", ")));
    }
    let before = last.standing(key).and_then(|standing| {
        let word = standing.word?;
        Some(Before { decision: word.decision.clone(), by: word.by.username.clone(), at: word.at })
    });
    let delta = if changes.is_empty() {
        Delta::Same
    } else {
        Delta::Changed(Text::new(&changes.join("; ")))
    };
    (delta, before)
}

/// What the last campaign had and this one has not: what nobody can tell, and what is gone.
fn gone(
    last: Option<&Campaign>,
    items: &[Item],
    is_unread: impl Fn(&Item, &Campaign) -> bool,
) -> (Vec<Gone>, Vec<Gone>) {
    let Some(last) = last else { return (Vec::new(), Vec::new()) };
    let kept: std::collections::HashSet<&str> =
        items.iter().map(|item| item.key.as_str()).collect();
    let decision = |key: &Text| Some(last.standing(key)?.word?.decision.clone());
    let row = |item: &Item| Gone { key: item.key.clone(), decision: decision(&item.key) };
    let old = last.frozen.items.iter().filter(|item| !kept.contains(item.key.as_str()));
    let (unread, gone): (Vec<&Item>, Vec<&Item>) = old.partition(|item| is_unread(item, last));
    (unread.into_iter().map(row).collect(), gone.into_iter().map(row).collect())
}

/// Whether an item may be missing only because its place could not be read as a whole this time; of one without a place
/// because anything could not.
fn could_be_unread(population: &Population, item: &Item, last: &Campaign) -> bool {
    let mut gaps = population.gaps.iter().filter(|gap| gap.lack != Lack::Plan);
    match last.frozen.grant(&item.key) {
        Some(grant) => gaps.any(|gap| gap.concerns(&grant.resource.path)),
        None => gaps.next().is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{campaign, decide, population};
    use super::*;
    use crate::access::campaign::digest;
    use crate::access::rules::fixture::NOW;
    use crate::domain::access::{Level, Right};

    fn frozen(population: Population, last: Option<&Campaign>) -> Frozen {
        freeze(population, &Limits::default(), &[], last, NOW.parse().unwrap())
    }

    #[test]
    fn the_same_population_has_the_same_bytes_in_whatever_order_it_was_read() {
        let mut turned = population();
        turned.grants.reverse();
        turned.principals.reverse();
        let hash = |of: Population| digest(&frozen(of, None).bytes().unwrap());
        assert_eq!(hash(population()), hash(turned));
        let mut other = population();
        other.grants[0].right = Right::of_level(Level::Guest);
        assert_ne!(hash(population()), hash(other));
    }

    #[test]
    fn bytes_are_read_as_what_they_were_written_from() {
        let one = frozen(population(), None);
        assert_eq!(Frozen::read(&one.bytes().unwrap()).unwrap(), one);
    }

    #[test]
    fn what_could_not_be_read_this_time_is_not_called_gone() {
        let last = campaign();
        let mut now = population();
        now.grants.retain(|grant| grant.id.as_str() != "grant:wei@acme/shop");
        now.gaps.push(crate::domain::access::Gap {
            part: crate::domain::access::Part::Members,
            at: Text::new("acme/shop"),
            lack: Lack::Forbidden,
            because: Text::new("403"),
        });
        let frozen = frozen(now, Some(&last));
        let keys = |all: &[Gone]| all.iter().map(|one| one.key.to_string()).collect::<Vec<_>>();
        assert_eq!(keys(&frozen.gone), [""; 0]);
        assert_eq!(keys(&frozen.unseen), ["grant:wei@acme/shop"]);
    }

    #[test]
    fn what_is_new_changed_and_gone_since_the_last_campaign_is_told() {
        let mut last = campaign();
        decide(&mut last, "lena", "grant:asha@acme/shop", Decision::Keep);
        let mut now = population();
        now.grants[0].right = Right::of_level(Level::Reporter);
        now.grants.retain(|grant| grant.id.as_str() != "grant:wei@acme/shop");
        let mut fresh = now.grants[0].clone();
        fresh.id = Text::new("grant:new");
        now.grants.push(fresh);
        let frozen = frozen(now, Some(&last));
        let delta = |key: &str| frozen.items.iter().find(|item| &*item.key == key).unwrap();
        assert_eq!(delta("grant:new").delta, Delta::New);
        let changed = delta("grant:asha@acme/shop");
        assert_eq!(changed.delta, Delta::Changed(Text::new("Developer before")));
        assert_eq!(changed.before.as_ref().unwrap().decision, Decision::Keep);
        assert_eq!(delta("grant:lena@acme/shop").delta, Delta::Same);
        let gone: Vec<&str> = frozen.gone.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(gone, ["grant:wei@acme/shop"]);
    }

    #[test]
    fn a_finding_about_no_grant_is_an_item_of_its_own() {
        let one = frozen(population(), None);
        let keys: Vec<&str> = one
            .items
            .iter()
            .filter(|item| item.subject.is_none())
            .map(|item| item.key.as_str())
            .collect();
        assert_eq!(keys, ["setting:group:acme"]);
    }
}
