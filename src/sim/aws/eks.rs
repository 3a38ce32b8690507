//! EKS: clusters and node groups; what it says of access is beside it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Call;
use super::error::Wrong;
use crate::sim::clock;
use crate::sim::wire::Reply;
use crate::sim::world::{ACCOUNT, CLUSTER, NodeGroup, REGION, TIERS, VERSION, World};

/// Certificate of an authority that signs nothing.
const AUTHORITY: &str = include_str!("ca.pem");
/// Names on a page, at most: fewer than there are, so that whoever reads one page alone misses some.
const MOST: usize = 3;
const DAY: i64 = 86_400_000;

/// Answers an operation.
pub(super) fn answer(call: &Call<'_>) -> Result<Reply, Wrong> {
    let value = match call.operation {
        "ListClusters" => json!({"clusters": [CLUSTER]}),
        "DescribeCluster" => json!({"cluster": cluster(call)?}),
        "ListNodegroups" => list(call)?,
        "DescribeNodegroup" => json!({"nodegroup": describe(call)?}),
        "UpdateNodegroupConfig" => {
            is_here(call)?;
            json!({"update": super::act::update_nodegroup_config(call)?})
        }
        _ if call.names.is_empty() => return Err(Wrong::UnknownOperation),
        _ => {
            is_here(call)?;
            super::access::answer(call)?
        }
    };
    Ok(Reply::json(200, &value))
}

/// The operation of a method and a path, with the names in it.
pub(super) fn operation(method: &str, segments: &[String]) -> Option<(&'static str, Vec<String>)> {
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    match (method, parts.as_slice()) {
        ("GET", ["clusters"]) => Some(("ListClusters", Vec::new())),
        ("GET", ["clusters", name]) => Some(("DescribeCluster", named(&[name]))),
        ("GET", ["clusters", name, "node-groups"]) => Some(("ListNodegroups", named(&[name]))),
        ("GET", ["clusters", name, "node-groups", group]) => {
            Some(("DescribeNodegroup", named(&[name, group])))
        }
        ("POST", ["clusters", name, "node-groups", group, "update-config"]) => {
            Some(("UpdateNodegroupConfig", named(&[name, group])))
        }
        _ => super::access::operation(method, &parts),
    }
}

/// The cluster's name in the path is the one there is.
fn is_here(call: &Call<'_>) -> Result<(), Wrong> {
    match call.names.first() {
        Some(name) if name == CLUSTER => Ok(()),
        name => {
            let name = name.map_or("", String::as_str);
            Err(Wrong::NotFound(format!("No cluster found for name: {name}.")))
        }
    }
}

fn cluster(call: &Call<'_>) -> Result<Value, Wrong> {
    is_here(call)?;
    let (start, mode) = {
        let world = call.platform.world();
        (world.start, world.organisation.mode.clone())
    };
    let issuer = format!("https://oidc.eks.{REGION}.amazonaws.com/id/51D0C7A9E2B84F6DA3C1");
    Ok(json!({
        "name": CLUSTER,
        "arn": format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{CLUSTER}"),
        "createdAt": epoch(start - 400 * DAY),
        "version": VERSION,
        "endpoint": call.platform.cluster().base(),
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/eks-cluster"),
        "resourcesVpcConfig": {
            "subnetIds": ["subnet-0a1", "subnet-0b2", "subnet-0c3"],
            "securityGroupIds": [],
            "clusterSecurityGroupId": "sg-0c1",
            "vpcId": "vpc-0a1",
            "endpointPublicAccess": false,
            "endpointPrivateAccess": true,
            "publicAccessCidrs": [],
        },
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4"},
        "logging": {"clusterLogging": [{"types": ["api", "audit"], "enabled": true}]},
        "identity": {"oidc": {"issuer": issuer}},
        "status": "ACTIVE",
        "certificateAuthority": {"data": STANDARD.encode(AUTHORITY)},
        "platformVersion": "eks.12",
        "tags": {"team": "platform"},
        "health": {"issues": []},
        "accessConfig": {
            "authenticationMode": mode,
            "bootstrapClusterCreatorAdminPermissions": false,
        },
        "upgradePolicy": {"supportType": "STANDARD"},
        "deletionProtection": true,
    }))
}

fn list(call: &Call<'_>) -> Result<Value, Wrong> {
    is_here(call)?;
    let world = call.platform.world();
    let managed = world.capacity.groups.iter().filter(|group| !group.karpenter);
    let mut names: Vec<&str> = managed.map(|group| group.name).collect();
    names.sort_unstable();
    let number = |name: &str| match call.get(name) {
        None => Ok(None),
        Some(text) => text
            .parse::<usize>()
            .map(Some)
            .map_err(|_| Wrong::Invalid(format!("The parameter {name} is not valid."))),
    };
    let most = number("maxResults")?.unwrap_or(MOST).clamp(1, MOST);
    let from = number("nextToken")?.unwrap_or(0);
    let shown: Vec<&str> = names.iter().skip(from).take(most).copied().collect();
    let to = from + shown.len();
    let mut page = json!({"nodegroups": shown});
    if to < names.len()
        && let Some(fields) = page.as_object_mut()
    {
        fields.insert("nextToken".to_owned(), json!(to.to_string()));
    }
    Ok(page)
}

fn describe(call: &Call<'_>) -> Result<Value, Wrong> {
    is_here(call)?;
    let name = call.names.get(1).map_or("", String::as_str);
    let world = call.platform.world();
    let group = world.capacity.groups.iter().find(|group| group.name == name && !group.karpenter);
    match group {
        Some(group) => Ok(nodegroup(&world, group)),
        None => Err(Wrong::NotFound(format!("No node group found for name: {name}."))),
    }
}

fn nodegroup(world: &World, group: &NodeGroup) -> Value {
    let name = group.name;
    let tier = group.tier.and_then(|place| TIERS.get(place)).map(|tier| tier.name);
    let labels = tier.map_or(json!({}), |tier| json!({"ci.acme.example/tier": tier}));
    let taints = tier.map_or(
        json!([]),
        |tier| json!([{"key": "ci.acme.example/tier", "value": tier, "effect": "NO_SCHEDULE"}]),
    );
    json!({
        "nodegroupName": name,
        "nodegroupArn": format!("arn:aws:eks:{REGION}:{ACCOUNT}:nodegroup/{CLUSTER}/{name}/5d0c1f7e-2b1a-4c3d-a4e5-000000000000"),
        "clusterName": CLUSTER,
        "version": VERSION,
        "releaseVersion": format!("{VERSION}.4-20250821"),
        "createdAt": epoch(world.start - 90 * DAY),
        "modifiedAt": epoch(world.start - 2 * DAY),
        "status": status(world, group),
        "capacityType": if group.spot { "SPOT" } else { "ON_DEMAND" },
        "scalingConfig": {
            "minSize": group.least,
            "maxSize": group.most,
            "desiredSize": group.desired(),
        },
        "instanceTypes": [group.machine.name],
        "subnets": ["subnet-0a1", "subnet-0b2", "subnet-0c3"],
        "amiType": "AL2023_x86_64_STANDARD",
        "nodeRole": format!("arn:aws:iam::{ACCOUNT}:role/eks-node"),
        "labels": labels,
        "taints": taints,
        "resources": {"autoScalingGroups": [{"name": group.scaling_group}]},
        "diskSize": 80,
        "health": {"issues": issues(group)},
        "updateConfig": {"maxUnavailable": 1},
        "tags": {"team": "platform"},
    })
}

fn status(world: &World, group: &NodeGroup) -> &'static str {
    if world.now < group.updating_until {
        "UPDATING"
    } else if group.issue.is_some() {
        "DEGRADED"
    } else {
        "ACTIVE"
    }
}

fn issues(group: &NodeGroup) -> Value {
    let Some(code) = &group.issue else { return json!([]) };
    let message = match code.as_str() {
        "AsgInstanceLaunchFailures" => {
            "Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have sufficient m6i.xlarge capacity in the Availability Zone you requested (eu-west-1b). Launching EC2 instance failed."
        }
        "InsufficientFreeAddresses" => {
            "Amazon Autoscaling was unable to launch instances because there are not enough free addresses in the subnet associated with your AutoScaling group(s)."
        }
        "NodeCreationFailure" => "Instances failed to join the kubernetes cluster",
        _ => "The node group is not healthy.",
    };
    json!([{"code": code, "message": message, "resourceIds": [group.scaling_group]}])
}

/// Seconds since the epoch, as REST with JSON writes an instant.
pub(super) fn epoch(at: i64) -> f64 {
    clock::seconds(at.rem_euclid(1000)) + whole(at.div_euclid(1000))
}

fn whole(seconds: i64) -> f64 {
    u32::try_from(seconds).map_or(0.0, f64::from)
}
