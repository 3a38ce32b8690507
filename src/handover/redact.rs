//! [`redacted`]: text in which what looks like a secret is taken out, whoever wrote it there.

/// What stands where something was taken out.
pub const REDACTED: &str = "[redacted]";

/// How secrets of known kinds begin. GitLab's are those of its documentation on token prefixes; the others are AWS's,
/// GitHub's, Slack's, Vault's and those of common registries.
const PREFIXES: [&str; 30] = [
    "glpat-",
    "gldt-",
    "glrt-",
    "glrtr-",
    "gloas-",
    "glptt-",
    "glcbt-",
    "glsoat-",
    "glft-",
    "glimt-",
    "glagent-",
    "glffct-",
    "GR1348941",
    "_gitlab_session=",
    "AKIA",
    "ASIA",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "hvs.",
    "hvb.",
    "atlasv1.",
    "npm_",
    "dckr_pat_",
];

/// Names of secrets: `password=x`.
const SPEAKERS: [&str; 10] = [
    "token",
    "password",
    "passwd",
    "secret",
    "api_key",
    "apikey",
    "private_token",
    "job-token",
    "access_key",
    "authorization",
];

/// A word that is at least so long may be a secret by its looks alone.
const LONG: usize = 28;

/// Bits a character: random base64 has nearly six, words and paths of that length less than four.
const ENTROPY: f64 = 4.3;

/// The same text without what looks like a secret.
pub fn redacted(text: &str) -> String {
    if let Some(at) = text.find("-----BEGIN ") {
        let (before, _) = text.split_at(at);
        return format!("{}{REDACTED}", redacted(before));
    }
    let mut out = String::with_capacity(text.len());
    let mut hint = Hint::Nothing;
    let text = without_logins(text);
    for piece in pieces(&text) {
        if !piece.chars().any(is_inner) {
            hint = hint.across(piece);
            out.push_str(piece);
            continue;
        }
        let is_scheme = hint.takes_scheme(piece);
        if (hint == Hint::Told && !is_scheme) || is_secret(piece) {
            out.push_str(REDACTED);
        } else {
            out.push_str(piece);
        }
        hint = Hint::after(piece, is_scheme.then_some(()));
    }
    out
}

/// What the words so far say of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hint {
    /// Nothing.
    Nothing,
    /// A name was read that stands for a secret, where a sign of assignment follows.
    Named,
    /// The next word is a secret.
    Told,
}

impl Hint {
    /// What a word says of the next. Behind the name of a scheme comes the secret itself.
    fn after(word: &str, scheme: Option<()>) -> Hint {
        match scheme {
            Some(()) => Hint::Told,
            None if is_speaker(word) => Hint::Named,
            None => Hint::Nothing,
        }
    }

    /// The same across what stands between words.
    fn across(self, between: &str) -> Hint {
        let is_plain = between.chars().all(|sign| matches!(sign, ' ' | ':' | '=' | '"' | '\''));
        match self {
            Hint::Named if is_plain && between.contains([':', '=']) => Hint::Told,
            Hint::Told if is_plain => Hint::Told,
            _ => Hint::Nothing,
        }
    }

    /// Whether a word is the name of a scheme: `Bearer` wherever it stands, `Basic` behind `Authorization:`.
    fn takes_scheme(self, word: &str) -> bool {
        let word = word.to_ascii_lowercase();
        word == "bearer" || (word == "basic" && self == Hint::Told)
    }
}

/// Runs of signs that a secret is made of, and runs of others between them.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = rest.find(|sign| is_inner(sign) != is_inner(first)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

fn is_inner(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '-' | '_' | '.' | '/' | '+' | '~' | '@' | '%')
}

fn is_speaker(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    SPEAKERS.iter().any(|speaker| {
        word == *speaker
            || word.ends_with(&format!("_{speaker}"))
            || word.ends_with(&format!("-{speaker}"))
    })
}

fn is_secret(word: &str) -> bool {
    has_prefix(word) || parts(word).any(|part| is_jwt(part) || is_random(part)) || is_random(word)
}

/// Whether a secret of a known kind begins somewhere in a word: at its start, or behind a sign that parts words.
fn has_prefix(word: &str) -> bool {
    PREFIXES.iter().any(|prefix| {
        word.match_indices(prefix).any(|(at, _)| {
            let (before, from) = word.split_at(at);
            let is_apart = !before.ends_with(|sign: char| sign.is_ascii_alphanumeric());
            is_apart && from.len() > prefix.len() + 3
        })
    })
}

/// What stands between the signs that part a path or an address.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    word.split(['/', '@', '%', '~'])
}

/// Three parts of base64 with a JSON object at the start: RFC 7519.
fn is_jwt(word: &str) -> bool {
    word.starts_with("eyJ") && word.split('.').count() == 3
}

/// Whether a long word looks drawn by lot. Ids of commits and digests are hexadecimal, and stay.
fn is_random(word: &str) -> bool {
    let has = |of: fn(char) -> bool| word.chars().any(of);
    let is_mixed = has(|sign| sign.is_ascii_uppercase())
        && has(|sign| sign.is_ascii_lowercase())
        && has(|sign| sign.is_ascii_digit());
    word.len() >= LONG && is_mixed && entropy(word) >= ENTROPY
}

/// Bits a character, by how often each stands there.
fn entropy(word: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for sign in word.chars() {
        *counts.entry(sign).or_insert(0_u32) += 1;
    }
    let all = f64::from(counts.values().sum::<u32>());
    counts.values().map(|count| f64::from(*count) / all).map(|share| -share * share.log2()).sum()
}

/// The same text without `user:password@` in addresses.
fn without_logins(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, from) = rest.split_at(at + 3);
        let ends =
            |sign: char| sign.is_whitespace() || matches!(sign, '/' | '?' | '#' | '"' | '\'');
        let (authority, after) = from.split_at(from.find(ends).unwrap_or(from.len()));
        out.push_str(before);
        match authority.rsplit_once('@') {
            Some((_, host)) => out.extend([REDACTED, "@", host]),
            None => out.push_str(authority),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_taken_out() {
        // In two parts each, so that no reader of this file takes one for a secret.
        let secrets = [
            ["glpat", "-abcdefghij1234567890"],
            ["AKIA", "IOSFODNN7EXAMPLE"],
            ["ghp", "_abcdefghijklmnopqrstuvwxyz0123456789"],
            ["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxIn0.abc-DEF_123"],
            ["wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYEXAMPLEKEY1"],
        ]
        .map(|parts| parts.concat());
        for secret in secrets {
            assert_eq!(redacted(&format!("a {secret} b")), "a [redacted] b");
        }
        assert_eq!(redacted("Authorization: Bearer abc"), "Authorization: Bearer [redacted]");
        assert_eq!(redacted("Authorization: Basic abc"), "Authorization: Basic [redacted]");
        assert_eq!(redacted("db_password=hunter2 x"), "db_password=[redacted] x");
        assert_eq!(redacted("-----BEGIN RSA PRIVATE KEY----- MII"), REDACTED);
    }

    #[test]
    fn what_is_joined_to_other_words_is_found_too() {
        let token = ["glpat", "-abcdefghij1234567890"].concat();
        for before in ["cfg/", "ci.", "key-", "me@", "a%2F/", "x_", "~"] {
            let told = redacted(&format!("{before}{token}"));
            assert!(!told.contains(&token), "{told}");
        }
        let key = ["s3/AKIA", "IOSFODNN7EXAMPLE/x"].concat();
        assert!(!redacted(&key).contains("IOSFODNN7"));
        let jwt =
            ["https://a.example/cb/eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxIn0.abc-DEF_123"].concat();
        assert!(!redacted(&jwt).contains("eyJ"));
    }

    #[test]
    fn a_login_in_an_address_is_taken_out() {
        let told = redacted("https://user:pass@gitlab.example.com/a");
        assert!(!told.contains("pass") && told.ends_with("@gitlab.example.com/a"), "{told}");
    }

    #[test]
    fn what_is_needed_stays() {
        for kept in [
            "node group ci-standard is at its maximum (12 of 12)",
            "3f0c2a9b4d5e6f708192a3b4c5d6e7f801234567",
            "acme/payments/release-4.2.1/build-and-test-everything",
            "runner-39870bf29-project-106-concurrent-1-bc9c07c7",
            "the token of the runner is old",
        ] {
            assert_eq!(redacted(kept), kept);
        }
    }

    proptest! {
        #[test]
        fn a_token_of_gitlab_never_gets_through(before in "(.{0,20}[^a-zA-Z0-9])?", token in "glpat-[A-Za-z0-9_-]{20}", after in "([^a-zA-Z0-9].{0,20})?") {
            let told = redacted(&format!("{before}{token}{after}"));
            prop_assert!(!told.contains(&token));
        }

        #[test]
        fn any_text_can_be_redacted(text in ".*") {
            redacted(&text);
        }
    }
}
