//! Why an image cannot be pulled, by the kubelet's words, which are those of the registry and of the way to it.

/// Why an image cannot be pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PullFault {
    /// The registry refuses: no or wrong credentials.
    Auth,
    /// There is no such image or tag.
    Unknown,
    /// Too many were pulled.
    Limited,
    /// The registry cannot be reached.
    Unreached,
    /// Words that we do not know.
    Other,
}

/// The words for each, in lower case. The first row that says anything decides: a refusal may also say "not found".
const WORDS: [(PullFault, &[&str]); 4] = [
    (PullFault::Limited, &["429", "toomanyrequests", "too many requests", "rate limit"]),
    (
        PullFault::Auth,
        &[
            "401",
            "403",
            "unauthorized",
            "forbidden",
            "denied",
            "no basic auth credentials",
            "authorization failed",
            "authentication required",
        ],
    ),
    (
        PullFault::Unreached,
        &[
            "i/o timeout",
            "no route to host",
            "connection refused",
            "client.timeout",
            "tls handshake timeout",
            "no such host",
            "deadline exceeded",
            "network is unreachable",
            "connection reset",
            "x509:",
        ],
    ),
    (
        PullFault::Unknown,
        &["manifest unknown", "not found", "404", "name unknown", "no match for platform"],
    ),
];

impl PullFault {
    /// Reads the kubelet's words.
    pub fn read(words: &str) -> PullFault {
        let words = words.to_lowercase();
        let says = |known: &[&str]| known.iter().any(|one| holds(&words, one));
        WORDS.iter().find(|(_, known)| says(known)).map_or(PullFault::Other, |(fault, _)| *fault)
    }
}

/// Whether `known` stands in `words`; a number only by itself, for digests and ports hold many.
fn holds(words: &str, known: &str) -> bool {
    if !known.bytes().all(|byte| byte.is_ascii_digit()) {
        return words.contains(known);
    }
    words.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| word == known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_told_by_the_words_of_real_registries() {
        let cases = [
            (
                "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
                PullFault::Auth,
            ),
            (
                "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
                PullFault::Auth,
            ),
            (
                "rpc error: code = NotFound desc = failed to pull and unpack image \"r.example/a:1\": failed to resolve reference: r.example/a:1: not found",
                PullFault::Unknown,
            ),
            ("manifest for r.example/a:9 not found: manifest unknown", PullFault::Unknown),
            (
                "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit",
                PullFault::Limited,
            ),
            ("dial tcp 10.0.0.1:443: i/o timeout", PullFault::Unreached),
            ("dial tcp: lookup mirror.example.net: no such host", PullFault::Unreached),
            ("the gnomes are on strike", PullFault::Other),
        ];
        for (words, fault) in cases {
            assert_eq!(PullFault::read(words), fault, "{words}");
        }
    }

    #[test]
    fn a_digest_or_a_port_that_holds_a_code_is_none() {
        assert_eq!(PullFault::read("sha256:aa401bb4290ee404"), PullFault::Other);
        assert_eq!(PullFault::read("registry.example:4030/x"), PullFault::Other);
    }
}
