//! The tables of the platform itself: GitLab, runner tiers, clusters.

use std::collections::BTreeMap;
use std::time::Duration;

use super::parts::{self, path, proxy, secret};
use super::table::{Table, Value};
use super::value::{self, Wrong};
use crate::config::diagnostic::did_you_mean;
use crate::config::settings::{
    ClusterSettings, Eks, GitlabSettings, Kubeconfig, NodegroupBound, TierSettings,
};

/// The name of a tier that is protected without saying so.
const PROTECTED: &str = "protected";

/// Reads `[gitlab]`, where there is one.
pub(super) fn gitlab(root: &Table<'_>) -> Option<GitlabSettings> {
    let table = root.table("gitlab");
    if !table.is_present() {
        return None;
    }
    let (url, token) = (table.need("url"), table.need("token"));
    if token.is_some() {
        parts::bound(url.as_ref(), token.as_ref(), "WATCHFLOOR_GITLAB_TOKEN");
    }
    let (groups, projects) = (full_paths(&table, "groups"), full_paths(&table, "projects"));
    if groups.is_none() && projects.is_none() {
        let line = r#"`groups = ["acme"]` or `projects = ["acme/shop"]`"#;
        table.lacks("`gitlab` names no group and no project to watch", "groups", line);
    }
    let url = url.and_then(|url| url.read(value::server));
    let token = token.and_then(|token| secret(&token));
    let ca_file = table.value("ca_file").and_then(|file| path(&file));
    let proxy = proxy(&table);
    let requests = table.value("requests_per_minute").and_then(|value| value.integer(1..=100_000));
    let interval = |key, default| parts::duration(&table, key, Duration::from_secs(default));
    let active_interval = interval("active_interval", 5);
    let fleet_interval = interval("fleet_interval", 60);
    let runner_interval = interval("runner_interval", 60);
    let access_interval = interval("access_interval", 24 * 3600);
    table.finish();
    Some(GitlabSettings {
        url: url?,
        token: token?,
        groups: groups.unwrap_or_default(),
        projects: projects.unwrap_or_default(),
        ca_file,
        proxy,
        requests_per_minute: requests.unwrap_or(300),
        active_interval,
        fleet_interval,
        runner_interval,
        access_interval,
    })
}

/// Reads a list of GitLab paths; nothing where the list is absent or empty.
fn full_paths(table: &Table<'_>, key: &'static str) -> Option<Vec<String>> {
    let value = table.value(key)?;
    let parse = |raw: &str| {
        let path = raw.trim_matches('/');
        if path.is_empty() || path.contains("://") || path.contains(char::is_whitespace) {
            let hint = r#"write the full path without the server, such as "acme/shop""#;
            return Err(Wrong::new("is no full path of GitLab", hint));
        }
        Ok(path.to_owned())
    };
    let is_filled = value.as_text().is_some() || !value.list().is_empty();
    is_filled.then(|| value.reads(parse))
}

/// Reads every `[[tier]]`; `clusters` are the names that may be named.
pub(super) fn tiers(root: &Table<'_>, clusters: &[String]) -> Vec<TierSettings> {
    let mut tiers: Vec<(TierSettings, Option<bool>)> = Vec::new();
    for table in root.tables("tier") {
        let known = |name: &str| tiers.iter().any(|(tier, _)| tier.name == name);
        let name = unique_name(&table, "tier", known);
        let read = tier(&table, clusters);
        tiers.extend(name.map(|name| (TierSettings { name, ..read.0 }, read.1)));
    }
    guarded(tiers)
}

/// Decides which tiers are protected: those that say so or are named so; where none says anything, the last.
fn guarded(tiers: Vec<(TierSettings, Option<bool>)>) -> Vec<TierSettings> {
    let nobody_says = tiers.iter().all(|(tier, says)| says.is_none() && tier.name != PROTECTED);
    let last = tiers.len().saturating_sub(1);
    let decide = |(index, (tier, says)): (usize, (TierSettings, Option<bool>))| {
        let named = tier.name == PROTECTED || (nobody_says && index == last);
        TierSettings { protected: says.unwrap_or(named), ..tier }
    };
    tiers.into_iter().enumerate().map(decide).collect()
}

/// Reads all of a tier but its name, and what it says about its protection.
fn tier(table: &Table<'_>, clusters: &[String]) -> (TierSettings, Option<bool>) {
    let says = table.value("protected").and_then(|value| value.flag());
    let tier = TierSettings {
        name: String::new(),
        protected: false,
        runner_tags: parts::texts(table, "runner_tags"),
        cluster: table.value("cluster").and_then(|value| known_cluster(&value, clusters)),
        namespace: parts::text(table, "namespace"),
        nodegroups: parts::globs(table, "nodegroups"),
        queue_target_seconds: seconds(table, "queue_target_seconds"),
        scheduling_target_seconds: seconds(table, "scheduling_target_seconds"),
        service_account: parts::text(table, "service_account"),
        egress_policy_required: parts::flag(table, "egress_policy_required").unwrap_or(false),
    };
    table.finish();
    (tier, says)
}

fn seconds(table: &Table<'_>, key: &'static str) -> f64 {
    let positive = |number: f64| number > 0.0;
    let hint = "write a number of seconds above 0";
    table.value(key).and_then(|value| value.number(hint, positive)).unwrap_or(60.0)
}

fn known_cluster(value: &Value<'_>, clusters: &[String]) -> Option<String> {
    let names: Vec<&str> = clusters.iter().map(String::as_str).collect();
    value.read(|name| {
        if names.contains(&name) {
            return Ok(name.to_owned());
        }
        let add = format!("add a `[[cluster]]` with `name = \"{name}\"`");
        let hint = did_you_mean(name, &names)
            .map_or_else(|| add.clone(), |near| format!("{near}; or {add}"));
        Err(Wrong::new(format!("names a cluster that is not configured: `{name}`"), hint))
    })
}

/// Reads a name that no earlier table of the same list has.
fn unique_name(table: &Table<'_>, what: &str, taken: impl Fn(&str) -> bool) -> Option<String> {
    table.need("name")?.read(|name| {
        if taken(name) {
            return Err(Wrong::new(
                format!("is the name of an earlier {what} already: `{name}`"),
                format!("give every {what} its own name"),
            ));
        }
        Ok(name.to_owned())
    })
}

/// Reads every `[[cluster]]`, and the names of all that are written, faulty ones too.
pub(super) fn clusters(root: &Table<'_>) -> (Vec<ClusterSettings>, Vec<String>) {
    let mut clusters = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for table in root.tables("cluster") {
        let name = unique_name(&table, "cluster", |name| names.iter().any(|known| known == name));
        names.extend(name.clone());
        let read = cluster(&table);
        if let (Some(name), Some(read)) = (name, read) {
            clusters.push(ClusterSettings { name, ..read });
        }
    }
    (clusters, names)
}

/// Reads all of a cluster but its name.
fn cluster(table: &Table<'_>) -> Option<ClusterSettings> {
    let (file, aws) = (table.value("kubeconfig"), table.value("eks"));
    let (has_file, has_eks) = (file.is_some(), aws.is_some());
    let in_cluster = parts::flag(table, "in_cluster").unwrap_or(false);
    let kubeconfig = file.and_then(|value| kubeconfig(&value));
    let eks = aws.and_then(|value| self::eks(&value));
    let bounds = table.value("nodegroup_bounds").map(|value| bounds(&value)).unwrap_or_default();
    table.finish();
    let ways = usize::from(has_file) + usize::from(in_cluster);
    if ways > 1 || (ways == 0 && !has_eks) {
        let found = if ways > 1 { "has two ways in" } else { "has no way in" };
        let hint =
            "give it one of `kubeconfig = { … }`, `in_cluster = true`, or `eks = { … }` alone";
        let message = format!("a cluster {found}");
        table.document.fault(table.span.clone(), &message, Some(hint.to_owned()));
        return None;
    }
    Some(ClusterSettings {
        name: String::new(),
        kubeconfig,
        in_cluster,
        eks,
        nodegroup_bounds: bounds,
    })
}

fn kubeconfig(value: &Value<'_>) -> Option<Kubeconfig> {
    let table = value.table()?;
    let path = table.value("path").and_then(|value| path(&value));
    let context = parts::text(&table, "context");
    table.finish();
    Some(Kubeconfig { path, context })
}

fn eks(value: &Value<'_>) -> Option<Eks> {
    let table = value.table()?;
    let name = table.need("name").and_then(|value| value.text().map(str::to_owned));
    let region = parts::text(&table, "region");
    let profile = parts::text(&table, "profile");
    let role_arn = parts::text(&table, "role_arn");
    let endpoint_url = table.value("endpoint_url").and_then(|value| value.read(value::server));
    table.finish();
    Some(Eks { name: name?, region, profile, role_arn, endpoint_url })
}

fn bounds(value: &Value<'_>) -> BTreeMap<String, NodegroupBound> {
    let Some(table) = value.table() else { return BTreeMap::new() };
    let bound = |(name, value): (&str, Value<'_>)| {
        let inner = value.table()?;
        let max = inner.need("max").and_then(|value| value.integer(1..=100_000));
        inner.finish();
        Some((name.to_owned(), NodegroupBound { max: max? }))
    };
    table.entries().into_iter().filter_map(bound).collect()
}
