//! `.trivyignore`: an id a line, with `exp:` and a day behind it (aquasecurity/trivy, `pkg/result/ignore.go`).

use super::day;
use super::file::{File, Found, number};
use crate::domain::Text;
use crate::domain::exception::{Bound, Standing, Tool};

/// Reads the file line by line; a line is never refused for another's sake.
pub(super) fn read(file: &File<'_>, text: &str) -> Found {
    let mut found = Found::default();
    for (at, line) in text.lines().enumerate() {
        one(file, number(at + 1), line.trim(), &mut found);
    }
    found
}

fn one(file: &File<'_>, line: u32, words: &str, found: &mut Found) {
    if words.is_empty() || words.starts_with('#') {
        return;
    }
    let mut fields = words.split_whitespace();
    let Some(id) = fields.next() else { return };
    let mut native = file.native(Tool::TrivyIgnore, line, id);
    native.bound = Bound::Unset;
    // The first `exp:` counts wherever it stands, in a comment too.
    if let Some(raw) = fields.find_map(|field| field.strip_prefix("exp:")) {
        if let Some(date) = day::day(raw) {
            native.bound = day::until_day(date);
        } else {
            let what = format!("trivy skips this line: `exp:{raw}` is no day");
            native.standing = Standing::Ignored(Text::new(&what));
            let cure = "write the day as exp:2026-03-31; until then the finding is reported";
            found.warnings.push(file.warning(line, "bad-date", &what, cure));
        }
    }
    let comment = words.split_once('#').map(|(_, comment)| comment.trim());
    native.reason = comment.and_then(super::file::said);
    found.natives.push(native);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::formats::tests::{FILE, at, until_date};

    fn only(text: &str) -> crate::domain::Native {
        let found = read(&FILE, text);
        assert_eq!(found.natives.len(), 1, "{found:?}");
        found.natives[0].clone()
    }

    #[test]
    fn an_id_without_a_day_is_let_pass_for_ever() {
        let native = only("CVE-2024-1\n");
        assert_eq!(native.rule, Text::new("CVE-2024-1"));
        assert_eq!((native.line, native.bound), (Some(1), Bound::Unset));
        assert!(native.is_in_force(at("2999-01-01T00:00:00Z")));
    }

    #[test]
    fn a_day_ends_at_its_start_in_utc() {
        let native = only("CVE-2024-1 exp:2026-01-31");
        assert_eq!(native.bound, until_date(2026, 1, 31));
        assert!(native.is_in_force(at("2026-01-30T23:59:59Z")));
        assert!(!native.is_in_force(at("2026-01-31T00:00:00Z")));
    }

    #[test]
    fn a_line_with_a_bad_day_is_skipped_with_a_warning_and_lets_nothing_pass() {
        for bad in ["2026-1-31", "31.01.2026", "2026-02-30", "", "never"] {
            let found = read(&FILE, &format!("# why\nCVE-2024-1 exp:{bad}\nCVE-2024-2\n"));
            let in_force =
                found.natives.iter().filter(|one| one.is_in_force(at("2026-01-01T00:00:00Z")));
            let rules: Vec<&str> = in_force.map(|one| one.rule.as_str()).collect();
            assert_eq!(rules, ["CVE-2024-2"], "{bad}");
            let warned: Vec<_> = found.warnings.iter().map(|one| (one.line, one.code)).collect();
            assert_eq!(warned, [(2, "bad-date")], "{bad}");
        }
    }

    #[test]
    fn comments_and_empty_lines_are_no_exceptions() {
        let found = read(&FILE, "# CVE-2024-1\n\n   \n\t# exp:2026-01-31\r\n");
        assert_eq!(found, Found::default());
    }

    #[test]
    fn a_day_in_a_comment_behind_the_id_counts_as_trivy_counts_it() {
        let native = only("CVE-2024-1 # accepted exp:2026-01-31");
        assert_eq!(native.bound, until_date(2026, 1, 31));
        assert_eq!(native.reason, Some(Text::new("accepted exp:2026-01-31")));
    }

    #[test]
    fn the_first_of_two_days_counts() {
        let native = only("CVE-2024-1 exp:2026-01-31 exp:2027-01-31");
        assert_eq!(native.bound, until_date(2026, 1, 31));
    }

    #[test]
    fn the_first_day_of_the_year_1_is_no_end() {
        assert_eq!(only("CVE-2024-1 exp:0001-01-01").bound, Bound::Unset);
    }
}
