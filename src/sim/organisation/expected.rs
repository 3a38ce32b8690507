//! What a review of the simulated organisation has to find: each rule once.

/// The value of the one static key among the variables. Whoever reviews access never asks for it.
pub const STATIC_KEY_VALUE: &str = "simulated-static-key-that-nobody-may-read";

/// What a review of the scenario `access` has to find, and nothing else: the rule's code, whom or what it is about, and where;
/// "" where that is no place of its own. Each has a near miss beside it, in which nothing is found.
///
/// A22 is about decisions: whoever holds the clients' token, `ada.sample`, is a subject, and granted `bruno.example`
/// his membership of `acme/payments/ledger`.
#[rustfmt::skip] // Read as a table.
pub const EXPECTED_ACCESS: [(&str, &str, &str); 23] = [
    ("A01", "hugo.legend", ""),
    ("A02", "gus.apocryphal", "acme/growth/experiments"),
    ("A03", "auditors", "acme/data"),
    ("A04", "acme", "acme"),
    ("A05", "kim.outsider", "acme/support"),
    ("A06", "mo.departed", ""),
    ("A07", "owner-automation", "acme/infra"),
    ("A08", "nightly-report", "acme/data/report-builder"),
    ("A09", "legacy-sync", "acme/mobile"),
    ("A10", "ticket-importer", "acme/support/chat-relay"),
    ("A12", "release-mirror", "acme/web/storefront"),
    ("A13", "acme/support/ticket-desk", "acme/support/ticket-desk"),
    ("A14", "main", "acme/logistics/routing"),
    ("A15", "production", "acme/search/query"),
    ("A16", "eks-protected-dr", ""),
    ("A17", "acme/identity/login", "acme/identity/login"),
    ("A18", "user 6", "acme/platform/pipeline-components"),
    ("A19", "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_PlatformAdmin_0a1b2c3d4e5f6071", "ci"),
    ("A20", "arn:aws:iam::111122223333:role/ci-deploy-legacy", ""),
    ("A21", "vera.custom", "acme"),
    ("A23", "acme", "acme"),
    ("A24", "ada.sample", ""),
    ("A25", "AWS_SECRET_ACCESS_KEY", "acme/data/warehouse"),
];

/// What it finds and an exception of the register covers: code, subject, place, exception.
pub const COVERED_ACCESS: [(&str, &str, &str, &str); 1] =
    [("A02", "bruno.example", "acme/payments/ledger", "EXC-2026-013")];

/// What is there and nobody can tell, since GitLab does not say when a deploy token was made: code, subject, place.
pub const DOUBTED_ACCESS: [(&str, &str, &str); 1] =
    [("A11", "registry-pull", "acme/platform/secrets-broker")];
