//! EKS: who may enter the cluster: access entries with their policies, and pod identity associations.

use serde_json::{Value, json};

use super::Call;
use super::eks::epoch;
use super::error::Wrong;
use crate::sim::organisation::{Entry, PodIdentity, Policy};
use crate::sim::world::{ACCOUNT, CLUSTER, REGION, World};

/// Rows on a page, at most: fewer than there are, so that whoever reads one page alone misses some.
const MOST: usize = 4;
/// The access policies that AWS has.
const POLICIES: [&str; 5] = [
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
];

/// The operation of a method and a path, with the names in it.
pub(super) fn operation(method: &str, parts: &[&str]) -> Option<(&'static str, Vec<String>)> {
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Some(match (method, parts) {
        ("GET", ["access-policies"]) => ("ListAccessPolicies", named(&[CLUSTER])),
        ("GET", ["clusters", name, "access-entries"]) => ("ListAccessEntries", named(&[name])),
        ("GET", ["clusters", name, "access-entries", arn]) => {
            ("DescribeAccessEntry", named(&[name, arn]))
        }
        ("DELETE", ["clusters", name, "access-entries", arn]) => {
            ("DeleteAccessEntry", named(&[name, arn]))
        }
        ("GET", ["clusters", name, "access-entries", arn, "access-policies"]) => {
            ("ListAssociatedAccessPolicies", named(&[name, arn]))
        }
        ("DELETE", ["clusters", name, "access-entries", arn, "access-policies", policy]) => {
            ("DisassociateAccessPolicy", named(&[name, arn, policy]))
        }
        ("GET", ["clusters", name, "pod-identity-associations"]) => {
            ("ListPodIdentityAssociations", named(&[name]))
        }
        ("GET", ["clusters", name, "pod-identity-associations", id]) => {
            ("DescribePodIdentityAssociation", named(&[name, id]))
        }
        _ => return None,
    })
}

/// Answers an operation on the cluster that there is.
pub(super) fn answer(call: &Call<'_>) -> Result<Value, Wrong> {
    match call.operation {
        "ListAccessPolicies" => page(
            call,
            "accessPolicies",
            &POLICIES,
            |name| json!({"name": name, "arn": arn_of(name)}),
        ),
        "ListPodIdentityAssociations" => associations(call),
        "DescribePodIdentityAssociation" => association(call),
        _ => entries(call),
    }
}

/// What is asked of access entries, which count only where the mode says so.
fn entries(call: &Call<'_>) -> Result<Value, Wrong> {
    let mut world = call.platform.world();
    if world.organisation.mode == "CONFIG_MAP" {
        return Err(Wrong::Impossible(
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.".to_owned(),
        ));
    }
    match call.operation {
        "ListAccessEntries" => {
            let wanted = call.get("associatedPolicyArn");
            let fits = |one: &&Entry| {
                wanted
                    .is_none_or(|arn| one.policies.iter().any(|policy| arn_of(&policy.name) == arn))
            };
            let rows: Vec<&str> = world
                .organisation
                .entries
                .values()
                .filter(fits)
                .map(|one| &*one.principal)
                .collect();
            page(call, "accessEntries", &rows, |arn| json!(arn))
        }
        "DescribeAccessEntry" => Ok(json!({"accessEntry": entry(&world, find(call, &world)?)})),
        "ListAssociatedAccessPolicies" => {
            let one = find(call, &world)?;
            let mut shown = page(call, "associatedAccessPolicies", &one.policies, |policy| {
                associated(policy, one)
            })?;
            if let Some(fields) = shown.as_object_mut() {
                fields.insert("clusterName".to_owned(), CLUSTER.into());
                fields.insert("principalArn".to_owned(), one.principal.as_str().into());
            }
            Ok(shown)
        }
        "DeleteAccessEntry" => {
            let arn = find(call, &world)?.principal.clone();
            world.organisation.entries.remove(&arn);
            Ok(json!({}))
        }
        "DisassociateAccessPolicy" => disassociate(call, &mut world),
        _ => Err(Wrong::UnknownOperation),
    }
}

fn disassociate(call: &Call<'_>, world: &mut World) -> Result<Value, Wrong> {
    let arn = find(call, world)?.principal.clone();
    let wanted = call.names.get(2).map_or("", String::as_str);
    let missing = || {
        Wrong::NotFound(format!("The specified policyArn {wanted} is not associated with {arn}."))
    };
    let one = world.organisation.entries.get_mut(&arn).ok_or_else(missing)?;
    let before = one.policies.len();
    one.policies.retain(|policy| arn_of(&policy.name) != wanted);
    if one.policies.len() == before { Err(missing()) } else { Ok(json!({})) }
}

fn find<'a>(call: &Call<'_>, world: &'a World) -> Result<&'a Entry, Wrong> {
    let arn = call.names.get(1).map_or("", String::as_str);
    world.organisation.entries.get(arn).ok_or_else(|| {
        Wrong::NotFound(
            "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.".to_owned(),
        )
    })
}

fn entry(world: &World, one: &Entry) -> Value {
    let name = one.principal.rsplit('/').next().unwrap_or_default();
    let kind = if one.principal.contains(":user/") { "user" } else { "role" };
    json!({
        "clusterName": CLUSTER,
        "principalArn": one.principal,
        "kubernetesGroups": one.groups,
        "accessEntryArn": format!(
            "arn:aws:eks:{REGION}:{ACCOUNT}:access-entry/{CLUSTER}/{kind}/{ACCOUNT}/{name}/5ec7f0a1-0000-4000-a000-000000000000"
        ),
        "createdAt": epoch(one.created),
        "modifiedAt": epoch(one.created.min(world.now)),
        "tags": {},
        "username": one.username,
        "type": one.kind,
    })
}

fn associated(policy: &Policy, entry: &Entry) -> Value {
    let kind = if policy.namespaces.is_empty() { "cluster" } else { "namespace" };
    json!({
        "policyArn": arn_of(&policy.name),
        "accessScope": {"type": kind, "namespaces": policy.namespaces},
        "associatedAt": epoch(entry.created),
        "modifiedAt": epoch(entry.created),
    })
}

fn arn_of(policy: &str) -> String {
    format!("arn:aws:eks::aws:cluster-access-policy/{policy}")
}

fn association_arn(one: &PodIdentity) -> String {
    format!("arn:aws:eks:{REGION}:{ACCOUNT}:podidentityassociation/{CLUSTER}/{}", one.id)
}

fn associations(call: &Call<'_>) -> Result<Value, Wrong> {
    let world = call.platform.world();
    let (namespace, account) = (call.get("namespace"), call.get("serviceAccount"));
    let fits = |one: &&PodIdentity| {
        namespace.is_none_or(|name| one.namespace == name)
            && account.is_none_or(|name| one.account == name)
    };
    let rows: Vec<&PodIdentity> = world.organisation.pod_identities.iter().filter(fits).collect();
    page(call, "associations", &rows, |one| {
        json!({
            "clusterName": CLUSTER,
            "namespace": one.namespace,
            "serviceAccount": one.account,
            "associationArn": association_arn(one),
            "associationId": one.id,
        })
    })
}

fn association(call: &Call<'_>) -> Result<Value, Wrong> {
    let world = call.platform.world();
    let id = call.names.get(1).map_or("", String::as_str);
    let found = world.organisation.pod_identities.iter().find(|one| one.id == id);
    let one = found.ok_or_else(|| {
        Wrong::NotFound(format!("No pod identity association found for id: {id}."))
    })?;
    Ok(json!({"association": {
        "clusterName": CLUSTER,
        "namespace": one.namespace,
        "serviceAccount": one.account,
        "roleArn": one.role,
        "associationArn": association_arn(one),
        "associationId": one.id,
        "tags": {},
        "createdAt": epoch(one.created),
        "modifiedAt": epoch(one.created),
    }}))
}

/// The page of a list that is asked for, under a name.
fn page<T>(
    call: &Call<'_>,
    name: &str,
    rows: &[T],
    row: impl Fn(&T) -> Value,
) -> Result<Value, Wrong> {
    let number = |name: &str| match call.get(name) {
        None => Ok(None),
        Some(text) => text
            .parse::<usize>()
            .map(Some)
            .map_err(|_| Wrong::Invalid(format!("The parameter {name} is not valid."))),
    };
    let most = number("maxResults")?.unwrap_or(MOST).clamp(1, MOST);
    let from = number("nextToken")?.unwrap_or(0);
    let shown: Vec<Value> = rows.iter().skip(from).take(most).map(row).collect();
    let to = from + shown.len();
    let mut page = json!({name: shown});
    if to < rows.len()
        && let Some(fields) = page.as_object_mut()
    {
        fields.insert("nextToken".to_owned(), json!(to.to_string()));
    }
    Ok(page)
}
