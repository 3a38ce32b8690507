//! Words of the file into values: spans of time, sizes, addresses, globs. Pure; errors are half sentences.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use url::{Host, Url};

/// Why a value is not what it should be, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::config) struct Wrong {
    /// Completes "`key` …".
    pub(in crate::config) message: String,
    /// The cure.
    pub(in crate::config) hint: String,
}

impl Wrong {
    /// A fault and its cure.
    pub(in crate::config) fn new(message: impl Into<String>, hint: impl Into<String>) -> Wrong {
        Wrong { message: message.into(), hint: hint.into() }
    }
}

/// Reads a span of time such as `90d` or `1h30m`; a day has 24 hours.
pub(in crate::config) fn duration(raw: &str) -> Result<Duration, Wrong> {
    let hint = r#"write a span of time with its units, such as "5s", "15m", "1h30m" or "90d""#;
    let span: Span = raw.parse().map_err(|_| Wrong::new("is not a span of time", hint))?;
    let exact = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| Wrong::new("counts months or years, whose length differs", "count in days"))?;
    match Duration::try_from(exact) {
        Ok(duration) if duration.is_zero() => Err(Wrong::new("is no time at all", hint)),
        Ok(duration) => Ok(duration),
        Err(_) => Err(Wrong::new("is negative", hint)),
    }
}

/// Reads an amount of bytes such as `1GiB`.
pub(in crate::config) fn size(raw: &str) -> Result<u64, Wrong> {
    let wrong =
        || Wrong::new("is not a size", r#"write a number and a unit, such as "512MiB" or "1GiB""#);
    let raw = raw.trim();
    let digits = raw.find(|c: char| !c.is_ascii_digit()).unwrap_or(raw.len());
    let (number, unit) = raw.split_at_checked(digits).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let factor: u64 = match unit.trim() {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(factor).filter(|size| *size > 0).ok_or_else(wrong)
}

/// Reads the base address of a server that we send secrets to: `https`, or `http` on loopback.
pub(in crate::config) fn server(raw: &str) -> Result<Url, Wrong> {
    let url = address(raw)?;
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(Wrong::new(
            "is not encrypted: `http://` is accepted for loopback only",
            "use `https://`",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Wrong::new("has a query or a fragment", "give the server's base address"));
    }
    Ok(url)
}

/// Reads an `http` or `https` address without a user's name or password in it.
pub(in crate::config) fn address(raw: &str) -> Result<Url, Wrong> {
    let example = r#"write a whole address, such as "https://gitlab.example.com""#;
    let url =
        Url::parse(raw).map_err(|why| Wrong::new(format!("is not an address: {why}"), example))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Wrong::new("is neither `https` nor `http`", example));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Wrong::new(
            "holds a user's name or password",
            "take it out; secrets come from the environment, a file or a command",
        ));
    }
    Ok(url)
}

/// Whether the address never leaves this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Checks a glob of `*`, `?`, `[…]` and `{a,b}`.
pub(in crate::config) fn glob(raw: &str) -> Result<(), Wrong> {
    let hint =
        "a glob is made of `*`, `?`, `[abc]` and `{one,two}`; a backslash takes the next as it is";
    let mut open: Option<char> = None;
    let mut inside = 0_usize;
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        match (open, character) {
            (_, '\\') if characters.next().is_none() => {
                return Err(Wrong::new("ends in a lone backslash", hint));
            }
            (_, '\\') => inside += 1,
            (None, '[' | '{') => (open, inside) = (Some(character), 0),
            (None, ']' | '}') => {
                return Err(Wrong::new(format!("closes a `{character}` that is not open"), hint));
            }
            (Some('['), ']') if inside > 0 => open = None,
            (Some('{'), '}') => open = None,
            _ => inside += 1,
        }
    }
    match (open, raw.is_empty()) {
        (Some(open), _) => Err(Wrong::new(format!("opens a `{open}` that is never closed"), hint)),
        (None, true) => Err(Wrong::new("is empty", hint)),
        (None, false) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(raw: &str) -> Option<u64> {
        duration(raw).ok().map(|duration| duration.as_secs())
    }

    #[test]
    fn spans_of_time_are_read_with_their_units() {
        assert_eq!(
            ["5s", "15m", "24h", "90d", "1h30m", "2w"].map(seconds),
            [5, 900, 86_400, 7_776_000, 5_400, 1_209_600].map(Some)
        );
    }

    #[test]
    fn what_is_no_span_of_time_is_refused() {
        assert_eq!(["", "5", "0s", "-5s", "5 bananas", "1mo", "1y"].map(seconds), [None; 7]);
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("500 MB"), Ok(500_000_000));
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for raw in ["", "1", "GiB", "0GiB", "-1GiB", "1.5GiB", "99999999999TiB", "1 gib"] {
            assert!(size(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn plain_http_is_accepted_on_loopback_only() {
        for raw in ["http://127.0.0.1:8080", "http://[::1]/", "http://localhost", "https://a.b"] {
            assert!(server(raw).is_ok(), "{raw}");
        }
        for raw in ["http://10.0.0.1", "http://gitlab.example.com", "http://localhost.evil.com"] {
            assert!(server(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn an_address_with_a_password_another_scheme_or_none_is_refused() {
        for raw in ["https://u:p@a.b", "ftp://a.b", "gitlab.example.com", "", "https://a.b/?q"] {
            assert!(server(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn well_formed_globs_are_accepted() {
        for raw in ["ci-*", "a?b", "x[0-9]", "{a,b}/*.yaml", "[]]", r"\[", "**/*.rego"] {
            assert_eq!(glob(raw), Ok(()), "{raw}");
        }
    }

    #[test]
    fn broken_globs_are_refused() {
        for raw in ["", "a[", "a[]", "{a", "a}", "a]", "a\\"] {
            assert!(glob(raw).is_err(), "{raw}");
        }
    }
}
