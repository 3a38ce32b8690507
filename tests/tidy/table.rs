//! The tables of the architecture: layers, homes of crates, sizes and the exemptions from them, each with its reason.

/// Each layer and the layers that it may name, from the bottom up. A layer may always name itself.
#[rustfmt::skip] // Read as a table.
pub(crate) const LAYERS: &[(&str, &[&str])] = &[
    ("domain",  &[]),
    ("theme",   &[]),
    ("keymap",  &[]),
    ("sim",     &[]),
    ("gate",    &["domain"]),
    ("register", &["domain"]),
    ("access",  &["domain"]),
    ("config",  &["domain", "keymap", "theme", "gate", "access"]),
    ("state",   &["domain", "gate", "access"]),
    ("cache",   &["domain"]),
    ("audit",   &["domain"]),
    ("why",     &["domain", "state"]),
    ("finding", &["domain", "gate", "register", "access", "state", "why"]),
    ("timeline", &["domain", "state", "finding"]),
    ("handover", &["domain", "state"]),
    ("pane",    &["domain", "gate", "register", "access", "state", "why", "theme"]),
    ("api",     &["domain", "config"]),
    ("app",     &["domain", "register", "access", "state", "finding", "why", "timeline", "handover", "pane", "keymap", "config"]),
    ("source",  &["domain", "register", "config", "api"]),
    ("action",  &["domain", "register", "config", "api", "audit"]),
    ("view",    &["domain", "access", "theme", "keymap", "pane", "app"]),
    ("runtime", &["domain", "gate", "register", "access", "theme", "keymap", "config", "state", "cache", "audit", "finding", "why", "timeline", "handover", "pane", "api", "app",
                  "source", "action", "view"]),
    ("cli",     &["domain", "gate", "register", "access", "theme", "keymap", "config", "state", "cache", "audit", "finding", "why", "timeline", "handover", "pane", "api", "app",
                  "source", "action", "view", "runtime", "sim"]),
];

/// The only places outside the simulator that may name it.
pub(crate) const SIMULATOR_DOORS: &[&str] = &["cli/demo.rs", "cli/demo/"];

/// Places that may say "demo" or "sim", and why.
pub(crate) const SIMULATOR_WORDS: &[(&str, &str)] = &[
    ("lib.rs", "declares the layer behind its feature"),
    ("main.rs", "the crate's front door"),
    ("cli/", "has the command"),
    ("sim/", "is the simulator"),
    ("theme/role.rs", "a theme colours the mark that says so in the header"),
    ("view/header.rs", "the mark that tells a person that the platform is not a real one"),
];

/// Stands for every layer.
pub(crate) const ANYWHERE: &[&str] = &[""];

/// Where each foreign crate may be named: the beginnings of file names under `src/`.
#[rustfmt::skip] // Read as a table.
pub(crate) const HOMES: &[(&str, &[&str])] = &[
    // The terminal.
    ("ratatui",              &["view/", "runtime/terminal.rs"]),
    ("crossterm",            &["runtime/"]),
    ("tui_input",            &["app/"]),
    ("unicode_width",        &["domain/", "config/diagnostic.rs", "view/", "cli/"]),
    ("unicode_segmentation", &["view/", "app/"]),
    ("nucleo_matcher",       &["pane/query/", "app/command/"]),
    ("vte",                  &["domain/trace/"]),
    // The wire.
    ("tokio",                &["api/", "source/", "action/", "runtime/", "cli/", "sim/"]),
    ("tokio_util",           &["source/", "runtime/", "cli/"]),
    ("futures_util",         &["api/", "source/", "runtime/", "sim/"]),
    ("reqwest",              &["api/http/", "action/send/"]),
    ("gitlab",               &["api/gitlab/", "api/http/"]),
    ("graphql_parser",       &["api/", "sim/"]),
    ("async_trait",          &["api/", "source/"]),
    ("bytes",                &["api/", "source/", "sim/"]),
    ("http",                 &["api/", "action/send/", "sim/"]),
    ("http_body_util",       &["api/kubernetes/"]),
    ("hyper_util",           &["api/kubernetes/connection.rs"]),
    ("hyper_timeout",        &["api/kubernetes/connection.rs"]),
    ("tower",                &["api/kubernetes/connection.rs"]),
    ("process_wrap",         &["api/kubernetes/exec.rs"]),
    ("kube",                 &["api/kubernetes/"]),
    ("k8s_openapi",          &["api/kubernetes/"]),
    ("aws_sdk_eks",          &["api/aws/"]),
    ("aws_config",           &["api/aws/"]),
    ("aws_credential_types", &["api/aws/"]),
    ("aws_sigv4",            &["api/aws/"]),
    ("aws_smithy_runtime_api", &["api/aws/"]),
    ("aws_smithy_types",     &["api/aws/"]),
    ("aws_runtime",          &["api/aws/"]),
    // Beside what AWS answers, the report that GitLab reads: names are escaped by the library, never by hand.
    ("quick_xml",            &["api/aws/", "cli/gate/"]),
    ("url",                  &["config/", "api/", "action/send/", "runtime/errand.rs", "cli/", "sim/"]),
    // Data.
    ("serde",                ANYWHERE),
    ("serde_json",           &["access/", "handover/", "config/", "register/", "audit/", "action/send/", "api/", "source/access/", "cli/", "sim/"]),
    ("serde_saphyr",         &["config/slo/", "register/", "api/gitlab/access/", "api/kubernetes/"]),
    ("toml",                 &["config/", "register/formats/", "theme/", "keymap/", "runtime/memory.rs", "cli/", "sim/"]),
    ("jiff",                 ANYWHERE),
    ("rusqlite",             &["cache/", "audit/"]),
    ("imbl",                 &["state/"]),
    ("csv",                  &["access/export/", "cli/"]),
    ("schemars",             &["config/", "register/"]),
    ("sha2",                 &["access/", "audit/", "config/policy/", "cli/exceptions/", "sim/"]),
    ("base64",               &["api/", "runtime/", "sim/"]),
    // The program.
    ("directories",          &["config/paths.rs"]),
    ("clap",                 &["cli/"]),
    ("clap_complete",        &["cli/"]),
    ("clap_mangen",          &["cli/"]),
    ("anyhow",               &["runtime/", "cli/"]),
    ("thiserror",            ANYWHERE),
    ("strsim",               &["config/", "register/", "theme/", "keymap/", "pane/", "app/", "cli/"]),
    ("secrecy",              &["domain/act/", "config/", "api/", "action/", "cli/act/"]),
    ("tracing",              &["cache/", "audit/", "api/", "source/", "action/", "runtime/", "cli/"]),
    ("tracing_subscriber",   &["runtime/log.rs"]),
    ("tracing_appender",     &["runtime/log.rs"]),
    ("rustix",               &["runtime/"]),
    // The simulator.
    ("axum",                 &["sim/"]),
    ("promql_parser",        &["sim/"]),
    ("rand",                 &["sim/"]),
    ("rand_chacha",          &["sim/"]),
];

/// The ways to a platform that no gate of `api` stands before, and where they may be named: the beginnings of file names
/// under `src/`.
pub(crate) const CHANGING_WAYS: &[(&str, &[&str])] =
    &[("WriteLine", &["api/kubernetes/", "api/aws/", "action/send/"])];

/// Where a clock of the wall may be asked.
pub(crate) const WALL_CLOCKS: &[&str] = &["runtime/clock.rs", "sim/clock.rs"];

/// Where spans may be measured, which no screen shows: pacing of requests, frames, timeouts.
pub(crate) const STOPWATCHES: &[&str] = &["api/", "source/", "cache/", "runtime/", "cli/", "sim/"];

/// Layers that touch neither files, network, processes nor environment.
pub(crate) const PURE: &[&str] = &[
    "domain", "gate", "register", "access", "keymap", "state", "finding", "why", "pane", "app",
    "view",
];

/// Lines of production code at which a file is looked at again.
pub(crate) const MANY_LINES: usize = 400;

/// Files that were looked at again and left as they are, and why.
pub(crate) const LONG: &[(&str, &str)] = &[];
