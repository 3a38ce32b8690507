//! Strikes secrets out of what a diagnostic may show: a fault must never print a token that stands beside it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Words in a key that make its value a secret.
const SECRET_WORDS: &[&str] =
    &["token", "bearer", "password", "passwd", "secret", "api_key", "apikey"];

/// Keys with such a word that hold no secret.
const PLAIN_KEYS: &[&str] = &["token_max_lifetime"];

/// Keys that say where a secret comes from.
const SOURCE_KEYS: &[&str] = &["env", "file", "command"];

/// How GitLab's own tokens begin.
const TOKEN_PREFIXES: &[&str] =
    &["glpat-", "gldt-", "glrt-", "gloas-", "glptt-", "glcbt-", "glsoat-"];

/// The text with every secret of the parsed file struck out, byte for byte as long as before.
pub(super) fn parsed(source: &str, table: &DeTable<'_>) -> String {
    let mut ranges = Vec::new();
    in_table(table, &mut ranges);
    userinfo(&strike(source, &ranges))
}

/// The same for a text that could not be parsed: what follows a suspicious key on its line is struck out.
pub(super) fn unparsed(source: &str) -> String {
    let mut ranges = Vec::new();
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        if let Some(at) = line.find('=').filter(|_| is_secret(line)) {
            ranges.push(start + at + 1..start + line.len());
        }
        start += line.len();
    }
    userinfo(&strike(source, &ranges))
}

/// What may be seen of a variable's value.
pub(super) fn variable(value: &str) -> String {
    if TOKEN_PREFIXES.iter().any(|prefix| value.contains(prefix)) {
        return strike(value, std::slice::from_ref(&(0..value.len())));
    }
    userinfo(value)
}

/// Strikes out a user's name and password in every address.
pub(super) fn userinfo(source: &str) -> String {
    let mut ranges = Vec::new();
    for (at, mark) in source.match_indices("://") {
        let start = at + mark.len();
        let rest = source.get(start..).unwrap_or_default();
        let end = rest.find(['/', '"', '\'', ' ', '\n']).unwrap_or(rest.len());
        if let Some(sign) = rest.get(..end).and_then(|host| host.rfind('@')) {
            ranges.push(start..start + sign);
        }
    }
    strike(source, &ranges)
}

fn in_table(table: &DeTable<'_>, ranges: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        if is_secret(key.get_ref()) {
            in_secret(value, ranges);
        } else {
            in_value(value, ranges);
        }
    }
}

fn in_value(value: &Spanned<DeValue<'_>>, ranges: &mut Vec<Range<usize>>) {
    match value.get_ref() {
        DeValue::Table(table) => in_table(table, ranges),
        DeValue::Array(items) => items.iter().for_each(|item| in_value(item, ranges)),
        DeValue::String(text) if TOKEN_PREFIXES.iter().any(|prefix| text.contains(prefix)) => {
            ranges.push(value.span());
        }
        _ => {}
    }
}

/// Within a secret only the words that say where it comes from may be seen.
fn in_secret(value: &Spanned<DeValue<'_>>, ranges: &mut Vec<Range<usize>>) {
    let Some(table) = value.get_ref().as_table() else {
        ranges.push(value.span());
        return;
    };
    for (key, value) in table {
        if SOURCE_KEYS.contains(&&**key.get_ref()) {
            in_value(value, ranges);
        } else {
            in_secret(value, ranges);
        }
    }
}

fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    !PLAIN_KEYS.contains(&key.as_str()) && SECRET_WORDS.iter().any(|word| key.contains(word))
}

/// Replaces every byte of the ranges by a star; line ends stay.
fn strike(source: &str, ranges: &[Range<usize>]) -> String {
    let struck = |at: usize| ranges.iter().any(|range| range.contains(&at));
    let mut out = String::with_capacity(source.len());
    for (at, character) in source.char_indices() {
        if struck(at) && !matches!(character, '\n' | '\r') {
            out.extend(std::iter::repeat_n('*', character.len_utf8()));
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(source: &str) -> String {
        let table = DeTable::parse(source).expect("toml");
        parsed(source, table.get_ref())
    }

    #[test]
    fn a_token_written_into_the_file_is_struck_out() {
        assert_eq!(masked(r#"token = "abc""#), "token = *****");
    }

    #[test]
    fn where_a_secret_comes_from_may_be_seen() {
        let source = r#"token = { env = "GITLAB_TOKEN" }"#;
        assert_eq!(masked(source), source);
    }

    #[test]
    fn what_else_stands_in_a_secret_may_not() {
        assert_eq!(
            masked(r#"auth = { bearer = { value = "x" } }"#),
            "auth = { bearer = { value = *** } }"
        );
    }

    #[test]
    fn a_token_under_a_harmless_key_is_known_by_its_prefix() {
        assert_eq!(masked(r#"url = "glpat-1""#), "url = *********");
    }

    #[test]
    fn a_lifetime_is_no_secret() {
        let source = r#"token_max_lifetime = "90d""#;
        assert_eq!(masked(source), source);
    }

    #[test]
    fn a_token_in_the_wrong_variable_is_struck_out() {
        assert_eq!(variable("glpat-1"), "*******");
        assert_eq!(variable("https://a.b"), "https://a.b");
    }

    #[test]
    fn a_password_in_an_address_is_struck_out() {
        assert_eq!(userinfo("https://me:pw@a.b/c"), "https://*****@a.b/c");
        assert_eq!(userinfo("https://a.b/c@d"), "https://a.b/c@d");
    }

    #[test]
    fn a_line_that_cannot_be_parsed_hides_what_follows_a_secret_key() {
        assert_eq!(unparsed("url = 1\ntoken = gl\n"), "url = 1\ntoken =***\n");
    }
}
