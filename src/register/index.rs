//! [`Register`]: all records together: who renews whom, how often, and since when.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::read::Entry;
use crate::domain::exception::state_of;
use crate::domain::{ExceptionState, Record, Text, Timestamp};

/// All records of a register, in the order of their files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Register {
    entries: Vec<Entry>,
    by_id: BTreeMap<Text, usize>,
    renewals: BTreeMap<Text, Vec<usize>>,
    lineages: Vec<Lineage>,
}

/// Where a record comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// The id of the first record of the chain: the grant that has been renewed ever since.
    pub first: Text,
    /// How often that grant has been renewed up to this record; 0 for the grant itself.
    pub renewals: u32,
    /// When that grant began.
    pub since: Timestamp,
    /// Where the chain breaks, if it does: what stands above may then say too little.
    pub broken: Option<Break>,
}

/// Why a chain of renewals does not end at a first grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Break {
    /// It names a record that is not there.
    Unknown(Text),
    /// It comes back to itself.
    Cycle,
}

impl Lineage {
    /// How long it has been allowed in all since the first grant; nothing before that began.
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.since).max(SignedDuration::ZERO)
    }
}

impl Register {
    /// Puts records together. Of several with one id the first file is the one that others find by it.
    pub fn new(mut entries: Vec<Entry>) -> Register {
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        let mut by_id = BTreeMap::new();
        let mut renewals: BTreeMap<Text, Vec<usize>> = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            by_id.entry(entry.record.id.clone()).or_insert(index);
            if let Some(old) = &entry.record.renews {
                renewals.entry(old.clone()).or_default().push(index);
            }
        }
        let lineages = lineages(&entries, &by_id);
        Register { entries, by_id, renewals, lineages }
    }

    /// Every record with its file, in the order of files.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every record with where it comes from, in the order of files.
    pub fn with_lineages(&self) -> impl Iterator<Item = (&Entry, &Lineage)> {
        self.entries.iter().zip(&self.lineages)
    }

    /// The record of this id.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.get(*self.by_id.get(id)?)
    }

    /// Where the record of this id comes from.
    pub fn lineage(&self, id: &str) -> Option<&Lineage> {
        self.lineages.get(*self.by_id.get(id)?)
    }

    /// The records that renew this one, in the order of files.
    pub fn renewals_of(&self, id: &str) -> impl Iterator<Item = &Entry> {
        let found = self.renewals.get(id).map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|index| self.entries.get(*index))
    }

    /// Where a record stands at `now`. A record that names itself renews nothing.
    pub fn state(&self, record: &Record, now: Timestamp) -> ExceptionState {
        let renewals = self.renewals_of(&record.id).map(|entry| &entry.record);
        let others: Vec<&Record> = renewals.filter(|other| other.id != record.id).collect();
        state_of(record, &others, now)
    }
}

/// Follows each chain once, whatever its length: what was worked out is never walked again.
fn lineages(entries: &[Entry], by_id: &BTreeMap<Text, usize>) -> Vec<Lineage> {
    let mut known: Vec<Option<Lineage>> = vec![None; entries.len()];
    let mut walk_of: Vec<usize> = vec![usize::MAX; entries.len()];
    for start in 0..entries.len() {
        let mut walk = Vec::new();
        let mut end = Some(start);
        let mut broken = None;
        while let Some(index) = end {
            let (Some(slot), Some(mark)) = (known.get(index), walk_of.get_mut(index)) else {
                break;
            };
            if slot.is_some() {
                break;
            }
            if *mark == start {
                broken = Some(Break::Cycle);
                break;
            }
            *mark = start;
            walk.push(index);
            let Some(old) = entries.get(index).and_then(|one| one.record.renews.as_ref()) else {
                end = None;
                break;
            };
            end = by_id.get(old).copied();
            if end.is_none() {
                broken = Some(Break::Unknown(old.clone()));
            }
        }
        let base = end.filter(|_| broken.is_none()).and_then(|index| known.get(index).cloned());
        fill(entries, &mut known, (walk, base.flatten(), broken));
    }
    known.into_iter().flatten().collect()
}

/// What a walk found: the records from the newest to the oldest, what the oldest renews, and why it ends otherwise.
type Walk = (Vec<usize>, Option<Lineage>, Option<Break>);

fn fill(entries: &[Entry], known: &mut [Option<Lineage>], (walk, base, broken): Walk) {
    let mut before = base;
    for index in walk.into_iter().rev() {
        let (Some(entry), Some(slot)) = (entries.get(index), known.get_mut(index)) else {
            continue;
        };
        let record = &entry.record;
        let lineage = match before {
            Some(old) => Lineage { renewals: old.renewals + 1, ..old },
            None => Lineage {
                first: record.id.clone(),
                // What it renews is not there, yet it renews: it is no first grant.
                renewals: u32::from(broken.is_some()),
                since: record.starts_at.at,
                broken: broken.clone(),
            },
        };
        let since = lineage.since.min(record.starts_at.at);
        before = Some(Lineage { since, ..lineage });
        slot.clone_from(&before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::read::fixture::entry;

    fn register(links: &[(&str, Option<&str>)]) -> Register {
        let entries = links.iter().zip(1..).map(|((id, renews), day)| {
            let (starts, ends) = (format!("2026-01-{day:02}"), format!("2026-02-{day:02}"));
            entry(id, &starts, &ends, *renews)
        });
        Register::new(entries.collect())
    }

    fn counts(register: &Register) -> Vec<(String, u32, String)> {
        let told = |(entry, lineage): (&Entry, &Lineage)| {
            (entry.record.id.to_string(), lineage.renewals, lineage.first.to_string())
        };
        register.with_lineages().map(told).collect()
    }

    fn row(id: &str, renewals: u32, first: &str) -> (String, u32, String) {
        (id.to_owned(), renewals, first.to_owned())
    }

    #[test]
    fn a_chain_counts_its_renewals_from_the_first_grant_on() {
        let register = register(&[("E-1", None), ("E-2", Some("E-1")), ("E-3", Some("E-2"))]);
        let expected = [row("E-1", 0, "E-1"), row("E-2", 1, "E-1"), row("E-3", 2, "E-1")];
        assert_eq!(counts(&register), expected);
    }

    #[test]
    fn the_order_of_files_does_not_matter_to_a_chain() {
        let register = register(&[("E-1", Some("E-2")), ("E-2", Some("E-3")), ("E-3", None)]);
        let expected = [row("E-1", 2, "E-3"), row("E-2", 1, "E-3"), row("E-3", 0, "E-3")];
        assert_eq!(counts(&register), expected);
    }

    #[test]
    fn the_total_age_is_since_the_first_grant() {
        let register = register(&[("E-1", None), ("E-2", Some("E-1")), ("E-3", Some("E-2"))]);
        let now = "2026-01-31T00:00:00Z".parse().unwrap();
        let age = register.lineage("E-3").unwrap().age(now);
        assert_eq!(age, SignedDuration::from_hours(30 * 24));
        let before = "2025-12-31T00:00:00Z".parse().unwrap();
        assert_eq!(register.lineage("E-3").unwrap().age(before), SignedDuration::ZERO);
    }

    #[test]
    fn a_chain_to_nowhere_says_so_and_counts_what_it_knows() {
        let register = register(&[("E-2", Some("E-1")), ("E-3", Some("E-2"))]);
        let lineage = register.lineage("E-3").unwrap();
        assert_eq!(lineage.broken, Some(Break::Unknown(Text::new("E-1"))));
        assert_eq!((lineage.renewals, &*lineage.first), (2, "E-2"));
    }

    #[test]
    fn a_cycle_ends_and_everything_that_leads_into_it_says_so() {
        let links = [("E-1", Some("E-3")), ("E-2", Some("E-1")), ("E-3", Some("E-2"))];
        let register = register(&[&links[..], &[("E-4", Some("E-2")), ("E-5", None)]].concat());
        for id in ["E-1", "E-2", "E-3", "E-4"] {
            assert_eq!(register.lineage(id).unwrap().broken, Some(Break::Cycle), "{id}");
        }
        assert_eq!(register.lineage("E-5").unwrap().broken, None);
    }

    #[test]
    fn a_record_that_renews_itself_is_a_cycle_and_supersedes_nothing() {
        let register = register(&[("E-1", Some("E-1"))]);
        assert_eq!(register.lineage("E-1").unwrap().broken, Some(Break::Cycle));
        let record = &register.get("E-1").unwrap().record;
        let now = "2026-01-02T00:00:00Z".parse().unwrap();
        assert_eq!(register.state(record, now), ExceptionState::Active);
    }

    #[test]
    fn of_two_files_with_one_id_the_first_is_found() {
        let mut second = entry("E-1", "2026-01-05", "2026-02-05", None);
        second.path = Text::new("exceptions/b.yaml");
        let mut first = entry("E-1", "2026-01-01", "2026-02-01", None);
        first.path = Text::new("exceptions/a.yaml");
        let register = Register::new(vec![second, first.clone()]);
        assert_eq!(register.get("E-1"), Some(&first));
    }

    #[test]
    fn a_renewal_that_has_begun_supersedes_the_old_record() {
        let register = register(&[("E-1", None), ("E-2", Some("E-1"))]);
        let old = &register.get("E-1").unwrap().record;
        let state = |now: &str| register.state(old, now.parse().unwrap());
        assert_eq!(state("2026-01-01T12:00:00Z"), ExceptionState::Active);
        assert_eq!(state("2026-01-02T00:00:00Z"), ExceptionState::Superseded);
    }
}
