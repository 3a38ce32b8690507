//! The tables of the subjects on top: objectives, alerts, gate, exceptions, access, and the look.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::parts::{self, auth, path, proxy};
use super::table::Table;
use super::value::{self, Wrong};
use crate::config::settings::{
    AccessSettings, AlertmanagerSettings, Auth, ExceptionSettings, Folders, GateSettings,
    PrometheusSettings, Retention, SloSettings, UiSettings,
};
use crate::config::slo::builtin::is_builtin;

/// A day, for defaults.
const DAY: Duration = Duration::from_hours(24);

/// Reads `[prometheus]`, where there is one.
pub(super) fn prometheus(root: &Table<'_>) -> Option<PrometheusSettings> {
    let table = root.table("prometheus");
    if !table.is_present() {
        return None;
    }
    let (url, auth) = server(&table, "WATCHFLOOR_PROMETHEUS_BEARER");
    let ca_file = table.value("ca_file").and_then(|file| path(&file));
    let proxy = proxy(&table);
    let interval = parts::duration(&table, "interval", Duration::from_secs(30));
    table.finish();
    Some(PrometheusSettings { url: url?, auth: auth?, ca_file, proxy, interval })
}

/// Reads `[alertmanager]`, where there is one.
pub(super) fn alertmanager(root: &Table<'_>) -> Option<AlertmanagerSettings> {
    let table = root.table("alertmanager");
    if !table.is_present() {
        return None;
    }
    let (url, auth) = server(&table, "WATCHFLOOR_ALERTMANAGER_BEARER");
    let ca_file = table.value("ca_file").and_then(|file| path(&file));
    let proxy = proxy(&table);
    table.finish();
    Some(AlertmanagerSettings { url: url?, auth: auth?, ca_file, proxy })
}

/// Reads an address and how its server wants to be greeted; both are bound to each other.
fn server(table: &Table<'_>, variable: &str) -> (Option<Url>, Option<Auth>) {
    let url = table.need("url");
    let auth = auth(table);
    if auth.as_ref().is_some_and(|auth| *auth != Auth::None) {
        parts::bound(url.as_ref(), table.variables("auth").value("bearer").as_ref(), variable);
    }
    (url.and_then(|url| url.read(value::server)), auth)
}

/// Reads `[slo]`.
pub(super) fn slo(root: &Table<'_>) -> SloSettings {
    let table = root.table("slo");
    let folders = table.value("folders").map(|value| value.list()).unwrap_or_default();
    let folders: Vec<PathBuf> = folders.iter().filter_map(path).collect();
    let builtin = parts::flag(&table, "builtin").unwrap_or(true);
    let ratio = |number: f64| number > 0.0 && number < 1.0;
    let hint = "write a ratio above 0 and below 1, such as 0.995";
    let objectives = table.table("objectives").entries();
    let objectives: BTreeMap<String, f64> = objectives
        .iter()
        .filter_map(|(name, value)| {
            if !is_builtin(name) {
                let hint = "write queue, scheduling, capacity, pipelines or deployments; queue and scheduling may have -TIER behind them";
                value.wrong(Wrong::new("is an objective of none of the built-in five", hint));
            }
            Some(((*name).to_owned(), value.number(hint, ratio)?))
        })
        .collect();
    table.finish();
    SloSettings { folders, builtin, objectives }
}

/// Reads `[gate]`.
pub(super) fn gate(root: &Table<'_>) -> GateSettings {
    let table = root.table("gate");
    let policy = table.value("policy").and_then(|file| path(&file));
    table.finish();
    GateSettings { policy }
}

/// Reads `[exceptions]`, where there is one.
pub(super) fn exceptions(root: &Table<'_>) -> Option<ExceptionSettings> {
    let table = root.table("exceptions");
    if !table.is_present() {
        return None;
    }
    let project = table.need("project").and_then(|value| value.text().map(str::to_owned));
    let reference = parts::text(&table, "ref").unwrap_or_else(|| "main".to_owned());
    let folder = parts::text(&table, "path").unwrap_or_else(|| "exceptions".to_owned());
    let max_ttl = lifetimes(&table);
    let warn_before = table.value("warn_before").map(|value| value.reads(value::duration));
    let max_renewals = table.value("max_renewals").and_then(|value| value.integer(0..=1000));
    let native = parts::globs(&table, "native");
    table.finish();
    Some(ExceptionSettings {
        project: project?,
        reference,
        path: folder,
        max_ttl,
        warn_before: warn_before.unwrap_or_else(|| vec![DAY * 30, DAY * 14, DAY * 7, DAY]),
        max_renewals: max_renewals.unwrap_or(2),
        native,
    })
}

/// Reads the longest life by kind; what is not said keeps the default.
fn lifetimes(table: &Table<'_>) -> BTreeMap<String, Duration> {
    let mut lifetimes = BTreeMap::from([("default".to_owned(), DAY * 90)]);
    for (kind, value) in table.table("max_ttl").entries() {
        lifetimes.extend(value.read(value::duration).map(|life| (kind.to_owned(), life)));
    }
    lifetimes
}

/// Reads `[access]`.
pub(super) fn access(root: &Table<'_>) -> AccessSettings {
    let table = root.table("access");
    let requests = table.value("requests_per_minute").and_then(|value| value.integer(1..=100_000));
    let settings = AccessSettings {
        dormant_after: parts::duration(&table, "dormant_after", DAY * 90),
        token_max_lifetime: parts::duration(&table, "token_max_lifetime", DAY * 90),
        internal_email_domains: parts::texts(&table, "internal_email_domains"),
        iam_roles: parts::texts(&table, "iam_roles"),
        requests_per_minute: requests.unwrap_or(60),
    };
    table.finish();
    settings
}

/// Reads `[runbooks]`.
pub(super) fn runbooks(root: &Table<'_>) -> BTreeMap<String, Url> {
    let entries = root.table("runbooks").entries();
    let page = |(name, value): (&str, super::table::Value<'_>)| {
        Some((name.to_owned(), value.read(value::address)?))
    };
    entries.into_iter().filter_map(page).collect()
}

/// Reads `[cache]`, `[history]` and `[state]`.
pub(super) fn keeping(root: &Table<'_>) -> (Retention, Folders) {
    let (cache, history, state) = (root.table("cache"), root.table("history"), root.table("state"));
    let size = history.value("max_size").and_then(|value| value.read(value::size));
    let retention = Retention {
        cache: parts::duration(&cache, "retention", DAY * 14),
        history: parts::duration(&history, "retention", DAY * 90),
        history_max_bytes: size.unwrap_or(1 << 30),
    };
    let folder = |table: &Table<'_>| table.value("folder").and_then(|value| parts::path(&value));
    let folders = Folders { cache: folder(&cache), state: folder(&state) };
    cache.finish();
    history.finish();
    state.finish();
    (retention, folders)
}

/// Reads `[ui]`.
pub(super) fn ui(root: &Table<'_>) -> UiSettings {
    let table = root.table("ui");
    let name = |key| parts::text(&table, key).unwrap_or_else(|| "default".to_owned());
    let settings = UiSettings {
        theme: name("theme"),
        keymap: name("keymap"),
        mouse: parts::flag(&table, "mouse").unwrap_or(true),
        notify: parts::flag(&table, "notify").unwrap_or(false),
    };
    table.finish();
    settings
}
