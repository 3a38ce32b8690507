//! What is told about the file agrees with what the loader does.

use std::collections::BTreeSet;

use super::*;

#[test]
fn the_example_loads_as_it_stands() {
    assert_eq!(faults(example()), Vec::<String>::new());
}

#[test]
fn the_example_with_every_key_set_loads() {
    assert_eq!(faults(&whole()), Vec::<String>::new());
}

#[test]
fn the_example_has_every_key_of_the_schema() {
    let text = whole();
    let missing: Vec<String> = keys()
        .into_iter()
        .map(|key| key.path)
        .filter(|path| !text.contains(&format!("{} = ", path.rsplit('.').next().unwrap_or(path))))
        .filter(|path| path != "runbooks")
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_schema_has_every_key_of_the_contract() {
    let keys: BTreeSet<String> = keys().into_iter().map(|key| key.path).collect();
    let contract = "writes arm_minutes simulated cache.folder state.folder gitlab.url gitlab.token gitlab.groups gitlab.projects gitlab.ca_file \
        gitlab.proxy gitlab.requests_per_minute gitlab.active_interval gitlab.fleet_interval gitlab.runner_interval \
        gitlab.access_interval tier[].name tier[].runner_tags tier[].cluster tier[].namespace tier[].nodegroups \
        tier[].protected tier[].queue_target_seconds tier[].scheduling_target_seconds tier[].service_account tier[].aws_role \
        tier[].egress_policy_required cluster[].name cluster[].kubeconfig.path cluster[].kubeconfig.context \
        cluster[].in_cluster cluster[].eks.name cluster[].eks.region cluster[].eks.profile cluster[].eks.role_arn \
        cluster[].eks.endpoint_url cluster[].eks.config_file cluster[].eks.credentials_file cluster[].nodegroup_bounds.*.max prometheus.url prometheus.auth prometheus.ca_file \
        prometheus.proxy prometheus.interval slo.folders slo.builtin slo.objectives alertmanager.url \
        alertmanager.auth alertmanager.ca_file alertmanager.proxy gate.policy exceptions.project exceptions.ref exceptions.path exceptions.max_ttl \
        exceptions.warn_before exceptions.max_renewals exceptions.native access.dormant_after \
        access.token_max_lifetime access.internal_email_domains access.iam_roles access.requests_per_minute runbooks cache.retention \
        history.retention history.max_size ui.theme ui.keymap ui.mouse ui.notify";
    assert_eq!(keys, contract.split_whitespace().map(str::to_owned).collect());
}

#[test]
fn every_default_of_the_schema_is_the_loaders_own() {
    let without = "[gitlab]\nurl = \"https://g\"\ntoken = { env = \"T\" }\ngroups = [\"a\"]\n[[tier]]\nname = \"t\"\n\
        [[cluster]]\nname = \"c\"\neks = { name = \"e\" }\n[prometheus]\nurl = \"https://p\"\n[alertmanager]\n\
        url = \"https://a\"\n[exceptions]\nproject = \"x/y\"\n";
    let mut with = without.to_owned();
    for key in keys() {
        let Some(default) = key.default else { continue };
        let (table, name) = key.path.rsplit_once('.').unwrap_or(("", &key.path));
        let header = match table.strip_suffix("[]") {
            Some(list) => format!("[[{list}]]\n"),
            None => format!("[{table}]\n"),
        };
        match with.find(&header) {
            _ if table.is_empty() => with.insert_str(0, &format!("{name} = {default}\n")),
            Some(at) => with.insert_str(at + header.len(), &format!("{name} = {default}\n")),
            None => with.extend([&header, name, " = ", &default, "\n"]),
        }
    }
    assert_eq!(settings(&with), settings(without));
}

#[test]
fn the_reference_names_every_key_and_every_variable() {
    let reference = reference();
    assert!(reference.contains(
        "| `gitlab.active_interval` | `\"5s\"` | How often projects with work are read. |"
    ));
    assert!(reference.contains("| `gitlab.url` | required |"));
    assert!(reference.contains("| `WATCHFLOOR_GITLAB_URL` | `gitlab.url` |"));
}

#[test]
fn every_variable_stands_for_a_key_or_a_flag() {
    let keys: BTreeSet<String> = keys().into_iter().map(|key| key.path).collect();
    let lost: Vec<&str> = VARIABLES
        .iter()
        .map(|variable| variable.key)
        .filter(|key| !key.starts_with("--") && !keys.contains(key.trim_end_matches(".bearer")))
        .collect();
    assert_eq!(lost, Vec::<&str>::new());
}

#[test]
fn the_schema_knows_no_null_and_no_other_keys() {
    let schema = schema().to_string();
    assert!(!schema.contains("\"null\""), "{schema}");
    assert!(schema.contains("\"additionalProperties\":false"));
}

#[test]
fn the_keys_stand_in_the_order_of_the_example() {
    let keys: Vec<String> = keys().into_iter().map(|key| key.path).collect();
    assert_eq!(keys.first().map(String::as_str), Some("writes"));
    assert_eq!(keys.last().map(String::as_str), Some("ui.notify"));
    let position = |name: &str| keys.iter().position(|key| key == name);
    assert!(position("gitlab.url") < position("gitlab.access_interval"));
    assert!(position("gitlab.access_interval") < position("tier[].name"));
}
