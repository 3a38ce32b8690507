//! `osv-scanner.toml`: vulnerabilities and packages that are ignored (google/osv-scanner, `internal/config`).

use std::collections::HashSet;

use jiff::civil;
use jiff::tz::Offset;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use super::day;
use super::file::{File, Found, number, said};
use crate::domain::exception::{Bound, Standing, Tool};
use crate::domain::{Flaw, Native, Text};

const OWN_FOLDER: &str = "holds for its own folder alone, not for those below it";
const OWN_CLOCK: &str = "its end names no zone: each machine reads it in its own";

/// What is being read, with the first of each name: osv-scanner heeds no later one.
struct Sheet<'f> {
    file: &'f File<'f>,
    text: &'f str,
    seen: HashSet<String>,
    found: Found,
}

/// Reads the file.
pub(super) fn read(file: &File<'_>, text: &str) -> Result<Found, Flaw> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(0, |span| line_at(text, span.start));
        let cure = "correct the file: osv-scanner does not read it either";
        file.refusal(line, "toml", error.message(), cure)
    })?;
    let mut sheet = Sheet { file, text, seen: HashSet::new(), found: Found::default() };
    for entry in tables(value(table.get_ref(), "IgnoredVulns")) {
        sheet.vulnerability(entry)?;
    }
    for entry in tables(value(table.get_ref(), "PackageOverrides")) {
        sheet.package(entry)?;
    }
    Ok(sheet.found)
}

impl Sheet<'_> {
    fn vulnerability(&mut self, entry: &Spanned<DeValue<'_>>) -> Result<(), Flaw> {
        let Some(table) = entry.get_ref().as_table() else { return Ok(()) };
        let id = word(table, "id").unwrap_or_default();
        if id.is_empty() {
            return Ok(());
        }
        let mut native = self.native(entry, id);
        self.bind(&mut native, value(table, "ignoreUntil"))?;
        native.reason = word(table, "reason").and_then(said);
        self.keep(native, format!("vulnerability {id}"));
        Ok(())
    }

    fn package(&mut self, entry: &Spanned<DeValue<'_>>) -> Result<(), Flaw> {
        let Some(table) = entry.get_ref().as_table() else { return Ok(()) };
        let part = |name| word(table, name).unwrap_or_default();
        let named = [part("ecosystem"), part("name")].into_iter().filter(|part| !part.is_empty());
        let named: Vec<&str> = named.collect();
        let mut rule = if named.is_empty() { "*".to_owned() } else { named.join("/") };
        if !part("version").is_empty() {
            rule = format!("{rule}@{}", part("version"));
        }
        for what in passed(table) {
            let mut native = self.native(entry, &rule);
            let group = Some(part("group")).filter(|group| !group.is_empty());
            let group = group.map(|group| Text::new(&format!("group {group}")));
            native.subjects = std::iter::once(Text::new(what)).chain(group).collect();
            self.bind(&mut native, value(table, "effectiveUntil"))?;
            native.reason = word(table, "reason").and_then(said);
            self.keep(native, format!("{what} of {rule} in {}", part("group")));
        }
        Ok(())
    }

    fn native(&self, entry: &Spanned<DeValue<'_>>, rule: &str) -> Native {
        let line = line_at(self.text, entry.span().start);
        let mut native = self.file.native(Tool::OsvScanner, line, rule);
        native.bound = Bound::Unset;
        native.caveats.push(Text::new(OWN_FOLDER));
        native
    }

    /// Sets the end, where one is written.
    fn bind(&self, native: &mut Native, end: Option<&Spanned<DeValue<'_>>>) -> Result<(), Flaw> {
        let Some(end) = end else { return Ok(()) };
        let bound = end.get_ref().as_datetime().and_then(|written| {
            if written.time.is_some() && written.offset.is_none() {
                native.caveats.push(Text::new(OWN_CLOCK));
            }
            bound(written)
        });
        native.bound = bound.ok_or_else(|| {
            let cure = "write it bare, without quotes: 2026-03-31";
            let line = line_at(self.text, end.span().start);
            self.file.refusal(line, "bad-date", "an end that is no day stops osv-scanner", cure)
        })?;
        Ok(())
    }

    /// Keeps an exception; one of a name that was there before is kept as ignored.
    fn keep(&mut self, mut native: Native, name: String) {
        if self.seen.contains(&name) {
            let what = format!("osv-scanner heeds the first entry for {name} alone");
            native.standing = Standing::Ignored(Text::new(&what));
            let line = native.line.unwrap_or_default();
            let cure = "keep one entry, with the end that is meant";
            self.found.warnings.push(self.file.warning(line, "second-entry", &what, cure));
        }
        self.seen.insert(name);
        self.found.natives.push(native);
    }
}

/// What an entry for packages lets pass.
fn passed(table: &DeTable<'_>) -> Vec<&'static str> {
    let is_set = |table: Option<&DeTable<'_>>, name| {
        let flag = table.and_then(|table| value(table, name));
        flag.and_then(|flag| flag.get_ref().as_bool()).unwrap_or_default()
    };
    let part = |name| value(table, name).and_then(|part| part.get_ref().as_table());
    let license = part("license");
    let other = license.and_then(|license| value(license, "override"));
    let other = other.and_then(|other| other.get_ref().as_array());
    let all = [
        ("the package", is_set(Some(table), "ignore")),
        ("vulnerabilities", is_set(part("vulnerability"), "ignore")),
        ("licenses", is_set(license, "ignore") || other.is_some_and(|other| !other.is_empty())),
    ];
    all.into_iter().filter(|(_, is_passed)| *is_passed).map(|(what, _)| what).collect()
}

/// The value of a key. osv-scanner's reader does not tell capitals from small letters.
fn value<'t, 'i>(table: &'t DeTable<'i>, name: &str) -> Option<&'t Spanned<DeValue<'i>>> {
    let found = table.iter().find(|(key, _)| key.get_ref().eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

fn word<'t>(table: &'t DeTable<'_>, name: &str) -> Option<&'t str> {
    value(table, name).and_then(|value| value.get_ref().as_str())
}

fn tables<'t, 'i>(
    list: Option<&'t Spanned<DeValue<'i>>>,
) -> impl Iterator<Item = &'t Spanned<DeValue<'i>>> {
    list.and_then(|list| list.get_ref().as_array()).into_iter().flat_map(|list| list.iter())
}

/// The end that a date of TOML sets; a clock without a zone is taken for UTC's.
fn bound(written: &Datetime) -> Option<Bound> {
    let part = |number: u8| i8::try_from(number).ok();
    let date = written.date?;
    let year = i16::try_from(date.year).ok()?;
    let date = civil::Date::new(year, part(date.month)?, part(date.day)?).ok()?;
    let Some(time) = written.time else { return Some(day::until_day(date)) };
    let minutes = match written.offset {
        Some(toml::value::Offset::Custom { minutes }) => i32::from(minutes),
        Some(toml::value::Offset::Z) | None => 0,
    };
    let nanos = i32::try_from(time.nanosecond.unwrap_or_default()).ok()?;
    let second = part(time.second.unwrap_or_default())?;
    let clock = civil::Time::new(part(time.hour)?, part(time.minute)?, second, nanos).ok()?;
    let offset = Offset::from_seconds(minutes * 60).ok()?;
    offset.to_timestamp(date.to_datetime(clock)).ok().map(day::until)
}

fn line_at(text: &str, at: usize) -> u32 {
    number(text.get(..at).unwrap_or_default().matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::formats::tests::{FILE, at, texts, until_date, until_instant};

    fn found(text: &str) -> Found {
        read(&FILE, text).unwrap()
    }

    fn bound_of(end: &str) -> Bound {
        let text = format!("[[IgnoredVulns]]\nid = \"GO-1\"\nignoreUntil = {end}\n");
        found(&text).natives[0].bound
    }

    #[test]
    fn an_ignored_vulnerability_has_its_line_its_end_and_its_reason() {
        let text = "\n[[IgnoredVulns]]\nid = \"GO-2022-0968\"\nignoreUntil = 2026-11-09\nreason = \"no ssh\"\n";
        let native = &found(text).natives[0];
        assert_eq!((native.line, &*native.rule), (Some(2), "GO-2022-0968"));
        assert_eq!(native.bound, until_date(2026, 11, 9));
        assert_eq!(native.reason, Some(Text::new("no ssh")));
    }

    #[test]
    fn it_is_in_force_while_its_end_lies_ahead() {
        let text = "[[IgnoredVulns]]\nid = \"GO-1\"\nignoreUntil = 2026-11-09\n";
        let native = &found(text).natives[0];
        assert!(native.is_in_force(at("2026-11-08T23:59:59Z")));
        assert!(!native.is_in_force(at("2026-11-09T00:00:00Z")));
    }

    #[test]
    fn an_unset_end_is_for_ever() {
        assert_eq!(found("[[IgnoredVulns]]\nid = \"GO-1\"\n").natives[0].bound, Bound::Unset);
    }

    #[test]
    fn an_end_may_be_an_instant_of_any_zone() {
        assert_eq!(bound_of("2026-11-09T02:00:00+02:00"), until_instant("2026-11-09T00:00:00Z"));
        assert_eq!(bound_of("2026-11-09T02:00:00"), until_instant("2026-11-09T02:00:00Z"));
    }

    #[test]
    fn an_end_without_a_zone_says_that_each_machine_reads_its_own() {
        let text = "[[IgnoredVulns]]\nid = \"GO-1\"\nignoreUntil = 2026-11-09T02:00:00\n";
        assert_eq!(found(text).natives[0].caveats, texts(&[OWN_FOLDER, OWN_CLOCK]));
    }

    #[test]
    fn the_file_covers_its_own_folder_only_and_says_so() {
        assert_eq!(
            found("[[IgnoredVulns]]\nid = \"a\"\n").natives[0].caveats,
            texts(&[OWN_FOLDER])
        );
    }

    #[test]
    fn only_the_first_entry_of_an_id_counts() {
        let text = "[[IgnoredVulns]]\nid = \"a\"\nignoreUntil = 2020-01-01\n[[IgnoredVulns]]\nid = \"a\"\n";
        let found = found(text);
        let now = at("2026-01-01T00:00:00Z");
        assert!(found.natives.iter().all(|native| !native.is_in_force(now)));
        assert_eq!((found.warnings[0].line, found.warnings[0].code), (4, "second-entry"));
    }

    #[test]
    fn a_package_is_let_pass_only_where_it_says_ignore() {
        let text = "\
[[PackageOverrides]]
name = \"lodash\"
ecosystem = \"npm\"
version = \"4.17.20\"
ignore = true
effectiveUntil = 2026-11-09
reason = \"tests only\"
[[PackageOverrides]]
name = \"other\"
ecosystem = \"npm\"
[[PackageOverrides]]
ecosystem = \"Go\"
vulnerability.ignore = true
license.override = [\"MIT\"]
";
        let all = found(text).natives;
        let told: Vec<(&str, &str, Bound)> =
            all.iter().map(|one| (&*one.rule, &*one.subjects[0], one.bound)).collect();
        let wanted = [
            ("npm/lodash@4.17.20", "the package", until_date(2026, 11, 9)),
            ("Go", "vulnerabilities", Bound::Unset),
            ("Go", "licenses", Bound::Unset),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn keys_are_read_in_any_case_as_osv_scanner_reads_them() {
        let text = "[[ignoredvulns]]\nID = \"a\"\nIgnoreUntil = 2026-11-09\n";
        assert_eq!(found(text).natives[0].bound, until_date(2026, 11, 9));
    }

    #[test]
    fn an_end_in_quotes_is_no_day_and_refuses_the_file_at_its_line() {
        let text = "[[IgnoredVulns]]\nid = \"a\"\nignoreUntil = \"2026-11-09\"\n";
        let refused = read(&FILE, text).unwrap_err();
        assert_eq!((refused.line, refused.code), (3, "bad-date"));
    }

    #[test]
    fn a_duplicate_key_is_refused_with_its_line() {
        let refused = read(&FILE, "[[IgnoredVulns]]\nid = \"a\"\nid = \"b\"\n").unwrap_err();
        assert_eq!((refused.line, refused.code), (3, "toml"));
    }
}
