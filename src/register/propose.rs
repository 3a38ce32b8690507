//! What a change of a file of the register means: a grant, a renewal, a revocation, or something that should not be.

use super::read::Entry;
use crate::domain::{Errand, Flaw, FlawSeverity, Proposed, Record, Text};

/// A file before and after a change, as bytes; none where it is not there.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'b> {
    /// Before.
    pub before: Option<&'b [u8]>,
    /// After.
    pub after: Option<&'b [u8]>,
}

/// Reads both sides of a changed file.
pub fn propose(path: &str, sides: Sides<'_>, diff: Vec<Text>) -> Proposed {
    let before = sides.before.and_then(|bytes| Entry::read(path, bytes).ok());
    let before = before.map(|entry| entry.record);
    let (record, flaws) = match sides.after.map(|bytes| Entry::read(path, bytes)) {
        Some(Ok(entry)) => (Some(entry.record), entry.notes),
        Some(Err(flaws)) => (None, flaws),
        None => (None, Vec::new()),
    };
    let errand = errand(before.as_ref(), record.as_ref(), sides);
    let mut flaws = flaws;
    flaws.extend(misdeed(path, errand));
    Proposed { path: Text::new(path), errand, record, before, diff, flaws }
}

fn errand(before: Option<&Record>, after: Option<&Record>, sides: Sides<'_>) -> Errand {
    match (before, after) {
        _ if sides.after.is_none() => Errand::Remove,
        (None, Some(record)) if sides.before.is_none() && record.renews.is_some() => Errand::Renew,
        (None, _) if sides.before.is_none() => Errand::Grant,
        (Some(before), Some(after)) if is_only_revoked(before, after) => Errand::Revoke,
        (Some(before), Some(after)) if is_only_closed(before, after) => Errand::Close,
        _ => Errand::Amend,
    }
}

fn is_only_revoked(before: &Record, after: &Record) -> bool {
    before.revocation.is_none()
        && after.revocation.is_some()
        && *before == Record { revocation: None, ..after.clone() }
}

fn is_only_closed(before: &Record, after: &Record) -> bool {
    before.closed.is_none()
        && after.closed.is_some()
        && *before == Record { closed: None, ..after.clone() }
}

/// What should not be done to a record at all.
fn misdeed(path: &str, errand: Errand) -> Option<Flaw> {
    let (code, what, cure) = match errand {
        Errand::Amend => (
            "amended",
            "it changes what was granted, after the fact",
            "renew it with a record of its own; a record that stands is only revoked or closed",
        ),
        Errand::Remove => (
            "removed",
            "it removes a record, and with it the trail of what was granted",
            "set `revocation` or `closed`; a record is never removed",
        ),
        Errand::Grant | Errand::Renew | Errand::Revoke | Errand::Close => return None,
    };
    Some(Flaw {
        code,
        severity: FlawSeverity::Warning,
        path: Text::new(path),
        line: 0,
        column: 0,
        what: Text::new(what),
        cure: Text::new(cure),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ExceptionDecision;
    use crate::domain::exception::fixture::{record, stamp};
    use crate::register::text_of;

    const PATH: &str = "exceptions/EXC-1.yaml";

    fn errand_of(before: Option<&Record>, after: Option<&Record>) -> Proposed {
        let (before, after) = (before.map(text_of), after.map(text_of));
        let sides = Sides {
            before: before.as_ref().map(String::as_bytes),
            after: after.as_ref().map(String::as_bytes),
        };
        propose(PATH, sides, Vec::new())
    }

    fn decision() -> ExceptionDecision {
        ExceptionDecision {
            at: stamp("2026-02-01T00:00:00Z"),
            by: Text::new("olga"),
            reason: Text::new("not needed"),
        }
    }

    #[test]
    fn each_change_is_told_by_what_it_does() {
        let plain = record("EXC-1", "2026-01-01", "2026-03-01");
        let renewal = Record { renews: Some(Text::new("EXC-0")), ..plain.clone() };
        let revoked = Record { revocation: Some(decision()), ..plain.clone() };
        let closed = Record { closed: Some(decision()), ..plain.clone() };
        let other = Record { title: Text::new("something else"), ..revoked.clone() };
        for (before, after, errand) in [
            (None, Some(&plain), Errand::Grant),
            (None, Some(&renewal), Errand::Renew),
            (Some(&plain), Some(&revoked), Errand::Revoke),
            (Some(&plain), Some(&closed), Errand::Close),
            (Some(&plain), Some(&other), Errand::Amend),
            (Some(&plain), None, Errand::Remove),
        ] {
            assert_eq!(errand_of(before, after).errand, errand);
        }
    }

    #[test]
    fn a_record_that_is_changed_or_removed_is_a_flaw() {
        let plain = record("EXC-1", "2026-01-01", "2026-03-01");
        let other = Record { title: Text::new("something else"), ..plain.clone() };
        let codes = |one: &Proposed| one.flaws.iter().map(|flaw| flaw.code).collect::<Vec<_>>();
        assert_eq!(codes(&errand_of(Some(&plain), Some(&other))), ["amended"]);
        assert_eq!(codes(&errand_of(Some(&plain), None)), ["removed"]);
        assert_eq!(codes(&errand_of(None, Some(&plain))), Vec::<&str>::new());
    }

    #[test]
    fn a_later_run_knows_the_rules_that_requests_break() {
        let plain = record("EXC-1", "2026-01-01", "2026-03-01");
        let other = Record { title: Text::new("something else"), ..plain.clone() };
        for after in [Some(&other), None] {
            for flaw in errand_of(Some(&plain), after).flaws {
                assert_eq!(Flaw::code_of(flaw.code), Some(flaw.code));
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_after_is_an_ask_with_its_flaws() {
        let sides = Sides { before: None, after: Some(b"id: [") };
        let proposed = propose(PATH, sides, Vec::new());
        assert_eq!((proposed.errand, proposed.record.is_none()), (Errand::Grant, true));
        assert!(!proposed.flaws.is_empty());
    }
}
