//! The ledger over real files.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::*;
use crate::domain::pipeline::fixture::at;
use crate::domain::{Actor, Deed, Ending, Intent, Outcome, Text, Wire};

fn intent(target: &str) -> Intent {
    let text = Text::new;
    Intent {
        act: "job.retry",
        target: text(target),
        settings: vec![(text("variable"), text("LEVEL"))],
        actor: Actor {
            platform: text("gitlab"),
            user: text("a.poe"),
            os_user: text("apoe"),
            host: text("desk"),
        },
        reason: Some(text("flaky runner")),
        wire: Wire {
            method: text("POST"),
            url: text("https://gitlab.example.com/api/v4/projects/1/jobs/2/retry"),
        },
    }
}

fn outcome(ending: Ending) -> Outcome {
    Outcome { ending, status: Some(201), message: None }
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state").join("audit.db");
    (folder, path)
}

/// A ledger of three acts: done, failed, and left open.
fn three(path: &Path) -> Ledger {
    let mut ledger = Ledger::open_at(path).unwrap();
    for (second, ending) in [(0, Some(Ending::Done)), (10, Some(Ending::Failed)), (20, None)] {
        let target = format!("acme/shop#{second}");
        let permit = ledger.open(intent(&target), at(second), at(second)).unwrap().unwrap();
        if let Some(ending) = ending {
            let closing = permit.settle(outcome(ending));
            ledger.close(&closing, at(second + 1)).unwrap();
        }
    }
    ledger
}

/// Empties the pages of the indexes, as somebody with an editor could: no record changes.
fn empty_the_indexes(path: &Path) {
    use std::io::{Read, Seek, SeekFrom, Write};
    let connection = Connection::open(path).unwrap();
    let pages: Vec<u64> = connection
        .prepare("SELECT rootpage FROM sqlite_master WHERE type = 'index' AND name LIKE 'entries%'")
        .unwrap()
        .query_map([], |row| row.get::<_, i64>(0))
        .unwrap()
        .map(|page| page.unwrap().cast_unsigned())
        .collect();
    let size: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0)).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    let mut file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    for page in pages {
        let place = (page - 1) * size.cast_unsigned() + 3;
        let mut cells = [0; 2];
        file.seek(SeekFrom::Start(place)).unwrap();
        file.read_exact(&mut cells).unwrap();
        assert_ne!(cells, [0, 0], "an index without entries shows nothing");
        file.seek(SeekFrom::Start(place)).unwrap();
        file.write_all(&[0, 0]).unwrap();
    }
}

#[test]
fn indexes_that_do_not_hold_what_the_records_say_are_found_and_nothing_is_done_by_them() {
    let (_folder, path) = place();
    drop(three(&path));
    empty_the_indexes(&path);
    let ledger = Ledger::read_at(&path).unwrap();
    let verdict = ledger.verify(None).unwrap();
    assert_eq!((verdict.broken.as_ref(), verdict.holds()), (None, false), "{verdict:?}");
    assert!(verdict.flaws[0].contains("does not fit together"), "{verdict:?}");
    let sound = Ledger::sound(&path, Progress::default());
    assert!(matches!(sound, Err(LedgerError::Broken { .. })), "{sound:?}");
}

#[test]
fn an_act_is_on_disk_before_it_is_permitted() {
    let (_folder, path) = place();
    let mut ledger = Ledger::open_at(&path).unwrap();
    let _permit = ledger.open(intent("acme/shop#2"), at(0), at(0)).unwrap().unwrap();
    let deeds = Ledger::read_at(&path).unwrap().deeds().unwrap();
    assert_eq!(deeds.len(), 1);
    assert_eq!(
        deeds.first().map(|deed| (&*deed.target, deed.outcome.is_none())),
        Some(("acme/shop#2", true))
    );
}

#[test]
fn an_outcome_closes_its_own_act() {
    let (_folder, path) = place();
    let deeds = three(&path).deeds().unwrap();
    let endings: Vec<Option<Ending>> =
        deeds.iter().map(|deed| deed.outcome.as_ref().map(|(_, outcome)| outcome.ending)).collect();
    assert_eq!(endings, [Some(Ending::Done), Some(Ending::Failed), None]);
}

#[test]
fn the_same_act_is_not_permitted_twice_while_it_is_open() {
    let (_folder, path) = place();
    let mut ledger = three(&path);
    let mut other = Ledger::open_at(&path).unwrap();
    let again = other.open(intent("acme/shop#20"), at(30), at(30)).unwrap();
    assert!(matches!(again, Err(Refusal::UnderWay { seq: 5, .. })));
    let words = again.unwrap_err().to_string();
    let (since, free) = (at(20).to_string(), at(140).to_string());
    assert!(words.contains(&since) && words.contains(&free), "{words}");
    assert!(words.contains("`watchfloor act`"), "{words}");
    let closing = Closing { of: 5, outcome: outcome(Ending::Unknown) };
    ledger.close(&closing, at(31)).unwrap();
    assert!(other.open(intent("acme/shop#20"), at(32), at(32)).unwrap().is_ok());
}

#[test]
fn the_last_word_on_an_unknown_outcome_counts() {
    let (_folder, path) = place();
    let mut ledger = three(&path);
    for ending in [Ending::Unknown, Ending::Done] {
        ledger.close(&Closing { of: 5, outcome: outcome(ending) }, at(40)).unwrap();
    }
    let deeds = ledger.deeds().unwrap();
    assert_eq!(
        deeds.last().and_then(|deed| deed.outcome.clone()).map(|(_, o)| o.ending),
        Some(Ending::Done)
    );
}

#[test]
fn an_unbroken_chain_without_a_checkpoint_is_unanchored() {
    let (_folder, path) = place();
    let verdict = three(&path).verify(None).unwrap();
    assert_eq!(
        verdict,
        Verdict { entries: 5, broken: None, anchor: Anchor::Unanchored, flaws: Vec::new() }
    );
}

#[test]
fn a_checkpoint_anchors_what_came_before_it() {
    let (_folder, path) = place();
    let mut ledger = three(&path);
    let checkpoint = ledger.checkpoint().unwrap().unwrap();
    ledger.close(&Closing { of: 5, outcome: outcome(Ending::Done) }, at(40)).unwrap();
    let verdict = ledger.verify(Some(&checkpoint)).unwrap();
    assert_eq!(verdict.anchor, Anchor::Anchored { after: 1 });
}

#[test]
fn the_file_itself_refuses_change_and_removal() {
    let (_folder, path) = place();
    three(&path);
    let connection = Connection::open(&path).unwrap();
    for sql in ["UPDATE entries SET body = ''", "DELETE FROM entries WHERE seq = 5"] {
        let error = connection.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("the ledger only grows"), "{error}");
    }
}

/// Opens the file behind the ledger's back, does what its triggers would refuse, and makes them anew.
fn tamper(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("DROP TRIGGER entries_stay; DROP TRIGGER entries_remain;").unwrap();
    connection.execute_batch(sql).unwrap();
    let made = store::TABLES.split(";\n").filter(|one| one.starts_with("CREATE TRIGGER"));
    made.for_each(|trigger| connection.execute_batch(trigger).unwrap());
}

#[test]
fn an_entry_cut_off_the_end_is_found_by_its_checkpoint_alone() {
    let (_folder, path) = place();
    let checkpoint = three(&path).checkpoint().unwrap().unwrap();
    tamper(&path, "DELETE FROM entries WHERE seq = 5");
    let ledger = Ledger::read_at(&path).unwrap();
    assert!(ledger.verify(None).unwrap().holds());
    assert_eq!(ledger.verify(Some(&checkpoint)).unwrap().anchor, Anchor::Mismatch { seq: 5 });
}

#[test]
fn an_entry_taken_out_of_the_middle_is_named() {
    let (_folder, path) = place();
    three(&path);
    tamper(&path, "DELETE FROM entries WHERE seq = 2");
    let verdict = Ledger::read_at(&path).unwrap().verify(None).unwrap();
    assert_eq!(verdict.broken.map(|broken| broken.seq), Some(2));
}

#[test]
fn a_ledger_of_a_newer_version_is_left_alone() {
    let (_folder, path) = place();
    three(&path);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Ledger::open_at(&path), Err(LedgerError::Newer { version: 99, .. })));
}

#[test]
fn two_instances_append_to_one_chain() {
    let (_folder, path) = place();
    drop(three(&path));
    std::thread::scope(|threads| {
        for instance in 0..4 {
            let path = &path;
            threads.spawn(move || {
                let mut ledger = Ledger::open_at(path).unwrap();
                for number in 0..10 {
                    let permit = ledger
                        .open(intent(&format!("acme/{instance}#{number}")), at(100), at(100))
                        .unwrap()
                        .unwrap();
                    ledger.close(&permit.settle(outcome(Ending::Done)), at(101)).unwrap();
                }
            });
        }
    });
    let verdict = Ledger::read_at(&path).unwrap().verify(None).unwrap();
    assert_eq!((verdict.entries, verdict.broken), (85, None));
}

/// Every column of the file, and what may stand in its place.
const COLUMNS: [&str; 7] = ["seq", "previous", "hash", "body", "act", "target", "closes"];

/// Flips bits of one byte of a column behind the triggers' back; a number gets another one.
fn flip(path: &Path, (seq, column): (i64, &str), place: usize, bits: u8) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("DROP TRIGGER entries_stay;").unwrap();
    let sql =
        format!("SELECT CAST({column} AS BLOB), typeof({column}) FROM entries WHERE seq = ?1");
    let (bytes, kind): (Option<Vec<u8>>, String) =
        connection.query_row(&sql, [seq], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let change = |value: &str| format!("UPDATE entries SET {column} = {value} WHERE seq = {seq}");
    match (bytes, kind.as_str()) {
        (Some(mut bytes), "text") => {
            let at = place % bytes.len();
            bytes[at] ^= bits;
            connection.execute(&change("CAST(?1 AS TEXT)"), [bytes]).unwrap();
        }
        (Some(_), _) => {
            connection.execute(&change(&format!("{column} + 100 + {place}")), []).unwrap();
        }
        (None, _) => {
            connection.execute(&change("7"), []).unwrap();
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..proptest::prelude::ProptestConfig::with_cases(96) })]
    #[test]
    fn a_changed_byte_of_any_column_of_any_entry_is_found(seq in 1_i64..=5, column in 0_usize..COLUMNS.len(), place in 0_usize..4096, bits in 1_u8..=255) {
        let (_folder, path) = place_of_three();
        flip(&path, (seq, COLUMNS[column]), place, bits);
        let ledger = Ledger::read_at(&path).unwrap();
        let verdict = ledger.verify(None).unwrap();
        if seq == 5 && COLUMNS[column] == "seq" {
            // Moved behind a gap: the place where it stood is named.
            proptest::prop_assert_eq!(verdict.broken.map(|broken| broken.seq), Some(5));
        } else {
            proptest::prop_assert!(verdict.broken.is_some_and(|broken| broken.seq.abs_diff(seq.unsigned_abs()) <= 1));
        }
        // What is read all the same does not fail, nor does it loop.
        ledger.deeds().unwrap();
        ledger.left_open().unwrap();
    }
}

fn place_of_three() -> (tempfile::TempDir, PathBuf) {
    let (folder, path) = place();
    drop(three(&path));
    (folder, path)
}

#[test]
fn checking_goes_on_where_it_stopped() {
    let (_folder, path) = place();
    let mut ledger = three(&path);
    let read = ledger.follow(Progress::default()).unwrap();
    assert_eq!((read.entries, &read.broken), (5, &None));
    ledger.close(&Closing { of: 5, outcome: outcome(Ending::Done) }, at(40)).unwrap();
    let further = ledger.follow(read.clone()).unwrap();
    assert_eq!((further.entries, &further.broken), (6, &None));
    assert_eq!(ledger.follow(Progress::default()).unwrap(), further);
    tamper(&path, "DELETE FROM entries WHERE seq >= 5");
    let shorter = Ledger::read_at(&path).unwrap().follow(further).unwrap();
    assert_eq!(shorter.broken.map(|broken| broken.seq), Some(6));
}

#[test]
fn only_what_is_new_is_read_again() {
    let (_folder, path) = place();
    let mut ledger = three(&path);
    let seqs = |deeds: Vec<Deed>| deeds.iter().map(|deed| deed.seq).collect::<Vec<_>>();
    assert_eq!(seqs(ledger.newest(2).unwrap()), [5, 3]);
    assert_eq!(seqs(ledger.left_open().unwrap()), [5]);
    assert_eq!(seqs(ledger.since(5, 10).unwrap()), [0; 0]);
    ledger.close(&Closing { of: 5, outcome: outcome(Ending::Done) }, at(40)).unwrap();
    assert_eq!(seqs(ledger.since(5, 10).unwrap()), [5]);
    assert_eq!(seqs(ledger.left_open().unwrap()), [0; 0]);
    assert_eq!(seqs(ledger.since(0, 10).unwrap()), [5, 3, 1]);
}

#[test]
fn a_file_that_was_made_and_never_written_to_holds_no_ledger() {
    let (_folder, path) = place();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, b"").unwrap();
    assert!(matches!(Ledger::read_at(&path), Err(LedgerError::Absent { .. })));
}

#[test]
fn a_long_ledger_is_not_read_to_open_an_act() {
    let (_folder, path) = place();
    drop(three(&path));
    let plan = |sql: &str| -> String {
        let connection = Connection::open(&path).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let lines = statement.query_map([], |row| row.get::<_, String>(3)).unwrap();
        lines.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    };
    let told = plan(super::store::OPEN_ON.replace("?1", "'a'").replace("?2", "'b'").as_str());
    assert!(told.contains("entries_opened") && told.contains("entries_closed"), "{told}");
    assert!(!told.contains("SCAN"), "{told}");
}

#[test]
fn an_act_that_ended_since_its_target_was_looked_at_is_not_permitted() {
    let (_folder, path) = place();
    let mut ledger = three(&path);
    // Another instance looked at 5, before the act failed at 11.
    let again = ledger.open(intent("acme/shop#10"), at(5), at(12)).unwrap();
    let told = again.map(|permit| permit.seq()).unwrap_err();
    assert_eq!(
        told.to_string(),
        "job.retry of acme/shop#10 ended failed 1 s ago (record 3, by apoe@desk): look again before it is asked for once more"
    );
    assert!(ledger.open(intent("acme/shop#10"), at(12), at(12)).unwrap().is_ok());
}

#[test]
fn an_act_that_was_done_is_not_permitted_again_until_it_has_settled() {
    for (second, permitted) in [(5, false), (6, true)] {
        let (_folder, path) = place();
        let mut ledger = three(&path);
        let again = ledger.open(intent("acme/shop#0"), at(second), at(second)).unwrap();
        assert_eq!(again.is_ok(), permitted, "{second}");
    }
}

#[test]
fn a_dropped_trigger_is_told_and_nothing_more_is_written() {
    let (_folder, path) = place();
    let mut ledger = three(&path);
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("DROP TRIGGER entries_remain").unwrap();
    let verdict = ledger.verify(None).unwrap();
    assert_eq!(verdict.flaws, ["its trigger entries_remain is missing, or another"]);
    assert!(!verdict.holds());
    let refused = ledger.open(intent("acme/shop#3"), at(50), at(50)).map(drop);
    assert!(matches!(refused, Err(LedgerError::Broken { .. })), "{refused:?}");
}

#[test]
fn a_ledger_whose_last_record_does_not_hold_takes_no_more() {
    let (_folder, path) = place();
    let mut ledger = three(&path);
    tamper(&path, "UPDATE entries SET body = replace(body, 'flaky', 'other') WHERE seq = 5");
    let refused = ledger.open(intent("acme/shop#3"), at(50), at(50)).map(drop);
    let why = "record 5: its content is not what was written";
    assert!(
        matches!(&refused, Err(LedgerError::Broken { why: told, .. }) if told == why),
        "{refused:?}"
    );
    let closing = Closing { of: 5, outcome: outcome(Ending::Done) };
    assert!(ledger.close(&closing, at(51)).is_err());
    assert_eq!(ledger.deeds().unwrap().len(), 3);
}

#[test]
fn a_ledger_is_sound_as_long_as_all_of_it_holds_and_it_is_there() {
    let (_folder, path) = place();
    let new = Ledger::sound(&path, Progress::default()).unwrap();
    assert_eq!(new, Progress::default());
    drop(three(&path));
    let checked = Ledger::sound(&path, new).unwrap();
    assert_eq!(checked.entries, 5);
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Ledger::sound(&path, checked), Err(LedgerError::Broken { .. })));
}

#[test]
fn a_ledger_that_others_may_write_to_takes_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = place();
    drop(three(&path));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let told = Ledger::open_at(&path).map(drop).unwrap_err().to_string();
    assert!(told.contains("others may write to") && told.contains("(mode 0666)"), "{told}");
    assert_eq!(Ledger::read_at(&path).unwrap().verify(None).unwrap().flaws.len(), 1);
}
