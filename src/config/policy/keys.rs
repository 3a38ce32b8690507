//! Every key of a policy with its default and its meaning; the reference in the documents is made of it.

use std::fmt::Write;

/// A key of a policy.
pub(super) struct PolicyKey {
    /// Its dotted name; `[]` for each of a list, `*` for a name of one's own.
    pub(super) name: &'static str,
    /// What holds where a file does not say it.
    pub(super) default: &'static str,
    /// What it means.
    pub(super) meaning: &'static str,
}

const fn key(name: &'static str, default: &'static str, meaning: &'static str) -> PolicyKey {
    PolicyKey { name, default, meaning }
}

/// Every key, in the order of a file.
#[rustfmt::skip] // Read as a table.
pub(super) const KEYS: &[PolicyKey] = &[
    key("schema", "must be there", "`\"watchfloor/gate-policy/v1\"`: which shape of policy this is"),
    key("valid_for", "`\"15m\"`", "how long a verdict holds, at most `\"24h\"`"),
    key("warn_below", "`0.25`", "a budget with less than this share left is a warning, 0 to 1"),
    key("unfreeze_above", "`0.05`", "a spent budget denies until more than this share is back, 0 to `warn_below`, at most 0.5"),
    key("least_filled", "`0.5`", "how much of its period must be recorded before an objective is judged, 0 to 1"),
    key("tier[]", "the built-in three", "how strict the gate is, by environment: the first that matches counts; where none does, the strictest"),
    key("tier[].name", "must be there", "its name in the verdict"),
    key("tier[].environments", "must be there", "names of environments; `*` stands for any run of characters"),
    key("tier[].unknown", "must be there", "when the objectives cannot be judged: `\"closed\"` (exit 30), `\"warn\"` (10) or `\"open\"` (0)"),
    key("tier[].no_traffic", "as `unknown`", "the same for an objective without any traffic"),
    key("tier[].no_objective", "as `unknown`", "the same for a service without any objective"),
    key("service.*", "–", "what is known of a service beyond its name"),
    key("service.*.project", "–", "the path of the GitLab project that deploys it: without it no rollback is proven and no evidence read"),
    key("service.*.objectives", "those of the service of this name", "which objectives count, by id; `*` stands for any run of characters"),
    key("evidence.security", "none: counts as a feature", "the label that the merge request of a security change carries, put on by somebody else than its author"),
    key("evidence.reliability", "none: counts as a feature", "the same for a change that makes the service more reliable"),
];

/// Every key with its default and its meaning, as a table of Markdown.
pub fn policy_reference() -> String {
    let mut out = "| key | default | meaning |\n|---|---|---|\n".to_owned();
    for PolicyKey { name, default, meaning } in KEYS {
        // Writing to a string cannot fail.
        _ = writeln!(out, "| `{name}` | {default} | {meaning} |");
    }
    out
}
