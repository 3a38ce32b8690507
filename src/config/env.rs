//! The `WATCHFLOOR_*` variables: which exist, and what each of them stands for.

use std::collections::BTreeMap;

/// The process environment, as a value.
pub type Environment = BTreeMap<String, String>;

/// What every variable of ours begins with.
pub(super) const PREFIX: &str = "WATCHFLOOR_";

/// A variable and the key, or the flag, that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The key of the file, or the flag.
    pub key: &'static str,
}

/// Every variable that overrides the file. Lists are separated by commas.
pub const VARIABLES: &[Variable] = &[
    Variable { name: "WATCHFLOOR_CONFIG", key: "--config" },
    Variable { name: "WATCHFLOOR_CACHE_DIR", key: "--cache-dir" },
    Variable { name: "WATCHFLOOR_STATE_DIR", key: "--state-dir" },
    Variable { name: "WATCHFLOOR_LOG_FILE", key: "--log-file" },
    Variable { name: "WATCHFLOOR_WRITES", key: "writes" },
    Variable { name: "WATCHFLOOR_ARM_MINUTES", key: "arm_minutes" },
    Variable { name: "WATCHFLOOR_GITLAB_URL", key: "gitlab.url" },
    Variable { name: "WATCHFLOOR_GITLAB_TOKEN", key: "gitlab.token" },
    Variable { name: "WATCHFLOOR_GITLAB_GROUPS", key: "gitlab.groups" },
    Variable { name: "WATCHFLOOR_GITLAB_PROJECTS", key: "gitlab.projects" },
    Variable { name: "WATCHFLOOR_GITLAB_CA_FILE", key: "gitlab.ca_file" },
    Variable { name: "WATCHFLOOR_GITLAB_PROXY", key: "gitlab.proxy" },
    Variable { name: "WATCHFLOOR_GITLAB_REQUESTS_PER_MINUTE", key: "gitlab.requests_per_minute" },
    Variable { name: "WATCHFLOOR_PROMETHEUS_URL", key: "prometheus.url" },
    Variable { name: "WATCHFLOOR_PROMETHEUS_BEARER", key: "prometheus.auth.bearer" },
    Variable { name: "WATCHFLOOR_ALERTMANAGER_URL", key: "alertmanager.url" },
    Variable { name: "WATCHFLOOR_ALERTMANAGER_BEARER", key: "alertmanager.auth.bearer" },
    Variable { name: "WATCHFLOOR_THEME", key: "ui.theme" },
    Variable { name: "WATCHFLOOR_KEYMAP", key: "ui.keymap" },
    Variable { name: "WATCHFLOOR_MOUSE", key: "ui.mouse" },
    Variable { name: "WATCHFLOOR_NOTIFY", key: "ui.notify" },
];

/// The variable that stands for a key and its value, where it is set and not empty.
pub(super) fn of<'e>(environment: &'e Environment, key: &str) -> Option<(&'static str, &'e str)> {
    let variable = VARIABLES.iter().find(|variable| variable.key == key)?;
    let value = environment.get(variable.name).filter(|value| !value.is_empty())?;
    Some((variable.name, value))
}

/// Variables that look like ours and are not.
pub(super) fn unknown(environment: &Environment) -> impl Iterator<Item = &str> {
    environment
        .keys()
        .map(String::as_str)
        .filter(|name| name.starts_with(PREFIX))
        .filter(|name| !VARIABLES.iter().any(|variable| variable.name == *name))
}
