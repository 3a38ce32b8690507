//! Renewals: a record of its own that takes over where another ends; and until when something is wanted.

use jiff::{RoundMode, TimestampRound, Unit};

use super::index::Register;
use super::lint::{Rules, check};
use super::read::{Entry, instant_of};
use super::write::text_of;
use crate::domain::exception::{Decision, is_same_person};
use crate::domain::time::read_span;
use crate::domain::{Flaw, Record, Stamp, Text, Timestamp};

/// What a renewal is asked for with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// Who asks.
    pub requester: Text,
    /// Until when, as a person says it: see [`until`].
    pub until: Text,
    /// Why it is needed still.
    pub reason: Text,
    /// Who approves it; those of the old record where nobody is named.
    pub approvers: Vec<Text>,
}

/// Until when something is wanted: a span such as `90d` from its start, a bare date, or an instant with its zone.
///
/// # Errors
/// What is wrong with the words, and what to write.
pub fn until(words: &str, from: Timestamp) -> Result<Stamp, String> {
    let words = words.trim();
    if words.is_empty() {
        return Err("say until when: a span such as 30d, a date, or an instant".to_owned());
    }
    if let Some(span) = read_span(words) {
        let end = from.checked_add(span).map_err(|_| format!("`{words}` is out of range"))?;
        return Ok(Stamp::instant(to_seconds(end)));
    }
    instant_of(words).map_err(|(why, cure)| format!("{why}; or write a span such as 30d; {cure}"))
}

/// An instant without the part of its second: nobody asks for a fraction.
pub(super) fn to_seconds(at: Timestamp) -> Timestamp {
    let whole = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil);
    at.round(whole).unwrap_or(at)
}

/// The id of the record that renews this one: `EXC-1` is followed by `EXC-1-r1`, that by `EXC-1-r2`. One record has one
/// renewal, so that a request that was half made is found again.
pub fn renewal_id(old: &str) -> Text {
    let parts = old.rsplit_once("-r").and_then(|(first, count)| {
        let count: u32 = count.parse().ok()?;
        Some((first, count))
    });
    let (first, count) = parts.unwrap_or((old, 0));
    Text::new(&format!("{first}-r{}", count.saturating_add(1)))
}

/// The record that renews another: it begins where that ends, or now where that is over.
///
/// # Errors
/// What is wrong with the words for its end.
pub fn renewal(old: &Record, asked: &Renewal, now: Timestamp) -> Result<Record, String> {
    let starts_at =
        if old.expires_at.at > now { old.expires_at } else { Stamp::instant(to_seconds(now)) };
    let expires_at = until(&asked.until, starts_at.at)?;
    let may = |who: &&Text| {
        !is_same_person(who, &asked.requester)
            && !old.beneficiaries.iter().any(|one| is_same_person(one, who))
    };
    // Of those who were named now each is judged as named; of those of old whoever may still.
    let approvers = if asked.approvers.is_empty() {
        old.approvers.iter().filter(may).cloned().collect()
    } else {
        asked.approvers.clone()
    };
    Ok(Record {
        id: renewal_id(&old.id),
        requester: asked.requester.clone(),
        justification: asked.reason.clone(),
        approvers,
        starts_at,
        expires_at,
        renews: Some(old.id.clone()),
        evidence: Vec::new(),
        revocation: None,
        closed: None,
        ..old.clone()
    })
}

/// Whether two records ask for the same: everything but the instants, which are counted from the moment of asking.
pub fn is_alike(one: &Record, other: &Record) -> bool {
    let bare = |record: &Record| Record {
        starts_at: other.starts_at,
        expires_at: other.expires_at,
        revocation: record
            .revocation
            .as_ref()
            .map(|decision| Decision { at: other.starts_at, ..decision.clone() }),
        ..record.clone()
    };
    bare(one) == bare(other)
}

/// What the rules say of a record in the file that it would have, with the records beside it that they look at.
pub fn judged(
    record: &Record,
    beside: &[Record],
    (folder, rules): (&str, &Rules),
    now: Timestamp,
) -> Vec<Flaw> {
    let path = path_of(folder, &record.id);
    let entry = match Entry::read(&path, text_of(record).as_bytes()) {
        Ok(entry) => entry,
        Err(flaws) => return flaws,
    };
    check_beside(entry, beside, (folder, rules), now)
}

/// The flaws of one file among some records.
pub(super) fn check_beside(
    entry: Entry,
    beside: &[Record],
    (folder, rules): (&str, &Rules),
    now: Timestamp,
) -> Vec<Flaw> {
    let path = entry.path.clone();
    let others = beside.iter().enumerate().filter_map(|(place, record)| {
        // Of another file with the same id the name is another.
        let other = path_of(folder, &record.id);
        let other =
            if other == *path { format!("{folder}/.{place}/{}.yaml", record.id) } else { other };
        Entry::read(&other, text_of(record).as_bytes()).ok()
    });
    let register = Register::new(others.chain([entry]).collect());
    let mut flaws = check(&register, &[].into(), rules, now);
    flaws.retain(|flaw| flaw.path == path);
    flaws
}

/// The file of a record within the folder of the register.
pub(super) fn path_of(folder: &str, id: &str) -> String {
    format!("{}/{id}.yaml", folder.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::fixture::{record, stamp};

    fn at(words: &str) -> Timestamp {
        words.parse().unwrap()
    }

    fn asked(until: &str) -> Renewal {
        let (requester, until) = (Text::new("asha"), Text::new(until));
        Renewal { requester, until, reason: Text::new("not done yet"), approvers: Vec::new() }
    }

    #[test]
    fn an_end_is_a_span_a_date_or_an_instant() {
        let from = at("2026-03-01T12:00:00Z");
        assert_eq!(until("30d", from), Ok(stamp("2026-03-31T12:00:00Z")));
        assert_eq!(until(" 2026-04-01 ", from), Ok(stamp("2026-04-01")));
        assert_eq!(until("2026-04-01T18:00:00+02:00", from), Ok(stamp("2026-04-01T16:00:00Z")));
        for wrong in ["", "soon", "2026-04-01T18:00:00", "2026-02-30", "-3d"] {
            assert!(until(wrong, from).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_name_of_a_renewal_counts_on() {
        assert_eq!(&*renewal_id("EXC-2026-014"), "EXC-2026-014-r1");
        assert_eq!(&*renewal_id("EXC-2026-014-r1"), "EXC-2026-014-r2");
        assert_eq!(&*renewal_id("EXC-rest"), "EXC-rest-r1");
    }

    #[test]
    fn a_renewal_begins_where_the_old_one_ends_or_now_where_that_is_over() {
        let old = record("EXC-1", "2026-03-01", "2026-03-31");
        let new = renewal(&old, &asked("30d"), at("2026-03-20T00:00:00Z")).unwrap();
        assert_eq!(
            (new.starts_at, new.expires_at),
            (stamp("2026-03-31"), stamp("2026-04-30T00:00:00Z"))
        );
        assert_eq!((new.renews.as_deref(), &*new.justification), (Some("EXC-1"), "not done yet"));
        let late = renewal(&old, &asked("30d"), at("2026-04-02T00:00:00.5Z")).unwrap();
        assert_eq!(late.starts_at, stamp("2026-04-02T00:00:01Z"));
    }

    #[test]
    fn whoever_asks_for_a_renewal_is_not_kept_as_its_approver() {
        let mut old = record("EXC-1", "2026-03-01", "2026-03-31");
        old.approvers = ["Asha", "lena"].map(Text::new).into();
        let new = renewal(&old, &asked("30d"), at("2026-03-20T00:00:00Z")).unwrap();
        assert_eq!(new.approvers, [Text::new("lena")]);
    }

    #[test]
    fn records_that_differ_by_their_instants_alone_ask_for_the_same() {
        let one = record("EXC-1", "2026-03-01", "2026-03-31");
        let later = Record { starts_at: stamp("2026-03-02"), ..one.clone() };
        let other = Record { risk: Text::new("another"), ..one.clone() };
        assert!(is_alike(&one, &later));
        assert!(!is_alike(&one, &other));
    }

    #[test]
    fn a_renewal_is_judged_with_what_it_renews() {
        let first = record("EXC-1", "2026-01-01", "2026-02-01");
        let mut newest = first.clone();
        let mut beside = vec![first];
        let rules = Rules { max_renewals: 1, ..Rules::default() };
        for (count, flaws) in [(1, &[][..]), (2, &["renewals"][..])] {
            newest = renewal(&newest, &asked("30d"), at("2026-01-20T00:00:00Z")).unwrap();
            let found =
                judged(&newest, &beside, ("exceptions", &rules), at("2026-01-20T00:00:00Z"));
            let codes: Vec<&str> = found.iter().map(|flaw| flaw.code).collect();
            assert_eq!(codes, flaws, "{count}");
            beside.push(newest.clone());
        }
    }

    #[test]
    fn a_record_whose_id_is_taken_is_told_so() {
        let old = record("EXC-1", "2026-03-01", "2026-03-31");
        let found = judged(
            &old,
            std::slice::from_ref(&old),
            ("exceptions", &Rules::default()),
            at("2026-03-02T00:00:00Z"),
        );
        assert!(found.iter().any(|flaw| flaw.code == "duplicate-id"), "{found:?}");
    }
}
