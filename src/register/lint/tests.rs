//! Tests of the rules, both sides of each.

use super::*;
use crate::domain::exception::Decision;
use crate::domain::exception::fixture::stamp;
use crate::domain::{ExceptionKind, ExceptionScope, Record};
use crate::register::read::fixture::entry;
use crate::register::write::text_of;

const NOW: &str = "2026-03-15T12:00:00Z";

/// A record that no rule speaks of: 30 days, no bare date, everybody somebody else.
fn sound() -> Record {
    named("E-1")
}

fn named(id: &str) -> Record {
    entry(id, "2026-03-01T00:00:00Z", "2026-03-31T00:00:00Z", None).record
}

fn sifted(files: &[(&str, String)], rules: &Rules, now: &str) -> Sifted {
    let files = files.iter().map(|(path, text)| (*path, text.as_bytes()));
    lint(files, rules, now.parse().unwrap())
}

/// Code and file of each flaw of some records, each in a file named after it.
fn found(records: &[Record]) -> Vec<(&'static str, String)> {
    let files: Vec<(String, String)> = records
        .iter()
        .map(|record| (format!("exceptions/{}.yaml", record.id), text_of(record)))
        .collect();
    let files: Vec<(&str, String)> =
        files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    let flaws = sifted(&files, &Rules::default(), NOW).flaws;
    flaws.iter().map(|flaw| (flaw.code, stem(&flaw.path).to_owned())).collect()
}

fn stem(path: &str) -> &str {
    names::stem(path)
}

/// The codes of one record's flaws.
fn codes(record: &Record) -> Vec<&'static str> {
    found(std::slice::from_ref(record)).into_iter().map(|(code, _)| code).collect()
}

fn with(change: impl FnOnce(&mut Record)) -> Record {
    let mut record = sound();
    change(&mut record);
    record
}

fn decision(at: &str) -> Decision {
    Decision { at: stamp(at), by: Text::new("wei"), reason: Text::new("it is gone") }
}

#[test]
fn a_sound_record_has_no_flaw() {
    assert_eq!(codes(&sound()), Vec::<&str>::new());
}

#[test]
fn a_record_lives_as_long_as_its_kind_may_to_the_second() {
    let ends = |end: &str| codes(&with(|one| one.expires_at = stamp(end)));
    assert_eq!(ends("2026-05-30T00:00:00Z"), Vec::<&str>::new());
    assert_eq!(ends("2026-05-30T00:00:01Z"), ["lifetime"]);
    assert_eq!(ends("9999-12-30T22:00:00Z"), ["lifetime"]);
}

#[test]
fn a_kind_may_have_a_longest_life_of_its_own() {
    let mut rules = Rules::default();
    rules.max_ttl.insert("runner".to_owned(), DAY * 29);
    let file = [("exceptions/E-1.yaml", text_of(&sound()))];
    let flaws = sifted(&file, &rules, NOW).flaws;
    let expected = "it would live 30d, longer than the 29d of the kind runner";
    assert_eq!(flaws.iter().map(|flaw| flaw.what.as_str()).collect::<Vec<_>>(), [expected]);
    let policy = with(|one| one.kind = ExceptionKind::Policy);
    let file = [("exceptions/E-1.yaml", text_of(&policy))];
    assert_eq!(sifted(&file, &rules, NOW).flaws, []);
}

#[test]
fn rules_without_a_default_fall_back_to_ninety_days() {
    let rules = Rules { max_ttl: BTreeMap::new(), max_renewals: 2 };
    assert_eq!(rules.longest("runner"), DAY * 90);
}

#[test]
fn an_id_is_that_of_one_file() {
    let text = text_of(&sound());
    let files = [("exceptions/E-1.yaml", text.clone()), ("exceptions/old/E-1.yaml", text)];
    let flaws = sifted(&files, &Rules::default(), NOW).flaws;
    let told: Vec<_> = flaws.iter().map(|flaw| (flaw.code, &*flaw.path, flaw.line)).collect();
    assert_eq!(told, [("duplicate-id", "exceptions/old/E-1.yaml", 1)]);
    assert_eq!(*flaws[0].what, *"the id `E-1` is that of exceptions/E-1.yaml already");
}

#[test]
fn a_file_bears_the_id_of_its_record() {
    let flaws = |path| sifted(&[(path, text_of(&sound()))], &Rules::default(), NOW).flaws;
    assert_eq!(flaws("exceptions/E-1.yml"), []);
    assert_eq!(flaws("E-1.yaml"), []);
    let codes: Vec<_> = flaws("exceptions/e-1.yaml").iter().map(|flaw| flaw.code).collect();
    assert_eq!(codes, ["file-name"]);
}

#[test]
fn somebody_owns_the_risk() {
    assert_eq!(codes(&with(|one| one.owner = None)), ["owner-missing"]);
}

#[test]
fn nobody_approves_what_they_asked_for_whatever_the_capitals() {
    assert_eq!(codes(&with(|one| one.approvers.clear())), ["approver-missing"]);
    for own in ["asha", "ASHA"] {
        let record = with(|one| one.approvers = vec![Text::new("lena"), Text::new(own)]);
        assert_eq!(codes(&record), ["approver-is-requester"]);
    }
}

#[test]
fn nobody_approves_what_they_gain_by() {
    let gains = |who| codes(&with(|one| one.beneficiaries = vec![Text::new(who)]));
    assert_eq!(gains("tomas"), Vec::<&str>::new());
    assert_eq!(gains("Lena"), ["approver-is-beneficiary"]);
}

#[test]
fn a_scope_narrows_and_something_makes_up_for_it() {
    let everywhere = with(|one| one.scope = ExceptionScope::default());
    assert_eq!(codes(&everywhere), ["scope-empty"]);
    assert_eq!(codes(&with(|one| one.controls.clear())), ["controls-missing"]);
}

/// A chain of records, each the renewal of the one before.
fn chain(length: usize) -> Vec<Record> {
    let mut records: Vec<Record> = (1..=length).map(|at| named(&format!("E-{at}"))).collect();
    for index in 1..length {
        let old = records[index - 1].id.clone();
        records[index].renews = Some(old);
    }
    records
}

#[test]
fn a_grant_is_renewed_twice_and_not_a_third_time() {
    assert_eq!(found(&chain(3)), []);
    assert_eq!(found(&chain(4)), [("renewals", "E-4".to_owned())]);
}

#[test]
fn what_a_record_renews_is_in_the_register() {
    let record = with(|one| one.renews = Some(Text::new("E-0")));
    assert_eq!(codes(&record), ["renews-unknown"]);
    assert_eq!(found(&[named("E-0"), record]), []);
}

#[test]
fn what_a_record_renews_may_stand_in_a_file_that_cannot_be_read() {
    let record = with(|one| one.renews = Some(Text::new("E-0")));
    let files = [("x/E-0.yaml", "id: [".to_owned()), ("x/E-1.yaml", text_of(&record))];
    let sifted = sifted(&files, &Rules::default(), NOW);
    let codes: Vec<_> = sifted.flaws.iter().map(|flaw| (flaw.code, &*flaw.path)).collect();
    assert_eq!(codes, [("yaml", "x/E-0.yaml")]);
    assert_eq!((sifted.files, sifted.register.entries().len()), (2, 1));
}

#[test]
fn a_circle_of_renewals_is_told_of_each_record_in_it() {
    let mut records = chain(2);
    records[0].renews = Some(Text::new("E-2"));
    // Each supersedes the other: they are history, and still ambiguous.
    let expected = [("renews-cycle", "E-1".to_owned()), ("renews-cycle", "E-2".to_owned())];
    assert_eq!(found(&records), expected);
}

#[test]
fn a_record_is_renewed_once() {
    let mut records = chain(2);
    records.push(Record { renews: Some(Text::new("E-1")), ..named("E-3") });
    assert_eq!(found(&records), [("renewed-twice", "E-3".to_owned())]);
}

#[test]
fn what_is_past_its_end_is_closed_or_a_flaw_from_the_first_instant_on() {
    let files = [("E-1.yaml", text_of(&sound()))];
    let codes = |now: &str| -> Vec<&'static str> {
        sifted(&files, &Rules::default(), now).flaws.iter().map(|flaw| flaw.code).collect()
    };
    assert_eq!(codes("2026-03-30T23:59:59Z"), Vec::<&str>::new());
    assert_eq!(codes("2026-03-31T00:00:00Z"), ["expired"]);
}

#[test]
fn a_record_that_is_over_is_history() {
    let old = |change: fn(&mut Record)| {
        let mut record = with(|one| {
            (one.starts_at, one.expires_at) = (stamp("2025-01-01"), stamp("2025-12-31"));
            (one.owner, one.approvers) = (None, Vec::new());
        });
        change(&mut record);
        codes(&record)
    };
    let flaws = ["approver-missing", "owner-missing", "bare-date", "expired", "lifetime"];
    assert_eq!(old(|_| ()).len(), flaws.len());
    assert_eq!(old(|one| one.closed = Some(decision("2026-01-02"))), Vec::<&str>::new());
    assert_eq!(old(|one| one.revocation = Some(decision("2025-06-01"))), Vec::<&str>::new());
    let renewed = with(|one| {
        (one.starts_at, one.expires_at) = (stamp("2025-12-01"), stamp("2025-12-31"));
    });
    assert_eq!(found(&[renewed, Record { renews: Some(Text::new("E-1")), ..named("E-2") }]), []);
}

#[test]
fn a_bare_date_is_told_and_is_no_fault() {
    let file = [("E-1.yaml", text_of(&with(|one| one.expires_at = stamp("2026-03-31"))))];
    let sifted = sifted(&file, &Rules::default(), NOW);
    let expected = Flaw {
        code: "bare-date",
        severity: FlawSeverity::Info,
        path: Text::new("E-1.yaml"),
        line: 16,
        column: 1,
        what: Text::new(
            "`2026-03-31` ends at 00:00 UTC at its start: on 2026-03-31 it holds no longer",
        ),
        cure: Text::new("nothing, if that is meant; else write the instant with its zone"),
    };
    assert_eq!(sifted.flaws, [expected]);
    assert!(!sifted.is_faulty());
}

#[test]
fn a_misspelt_kind_is_warned_of_and_one_of_ones_own_is_not() {
    let kind = |name| codes(&with(|one| one.kind = ExceptionKind::of(name)));
    assert_eq!(kind("runer"), ["kind-spelling"]);
    assert_eq!(kind("vendor_access"), Vec::<&str>::new());
}

#[test]
fn flaws_stand_in_the_order_of_files_and_places_whatever_the_order_of_reading() {
    let bad = |id: &str| {
        let mut record = named(id);
        (record.owner, record.expires_at) = (None, stamp("2026-03-31"));
        text_of(&record)
    };
    let (one, two) = (("E-1.yaml", bad("E-1")), ("E-2.yaml", bad("E-2")));
    let forth = sifted(&[one.clone(), two.clone()], &Rules::default(), NOW);
    let back = sifted(&[two, one], &Rules::default(), NOW);
    assert_eq!(forth, back);
    let told: Vec<_> = forth.flaws.iter().map(|flaw| (&*flaw.path, flaw.code)).collect();
    let each = |path| [(path, "owner-missing"), (path, "bare-date")];
    assert_eq!(told, [each("E-1.yaml"), each("E-2.yaml")].concat());
}
