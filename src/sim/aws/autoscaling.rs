//! Auto Scaling: the groups behind the node groups, and what became of their launches.

use super::error::Wrong;
use super::{Call, xml};
use crate::sim::clock;
use crate::sim::wire::Reply;
use crate::sim::world::{ACCOUNT, Act, Activity, Instance, NodeGroup, REGION, World, ZONES};

/// Namespace of its answers.
pub(super) const NAMESPACE: &str = "http://autoscaling.amazonaws.com/doc/2011-01-01/";

/// Answers an operation.
pub(super) fn answer(call: &Call<'_>) -> Result<Reply, Wrong> {
    let world = call.platform.world();
    let result = match call.operation {
        "DescribeAutoScalingGroups" => groups(call, &world)?,
        "DescribeScalingActivities" => activities(call, &world)?,
        _ => return Err(Wrong::UnknownOperation),
    };
    Ok(xml::answer(call.operation, NAMESPACE, &result))
}

fn groups(call: &Call<'_>, world: &World) -> Result<String, Wrong> {
    let wanted: Vec<&str> = call
        .parameters
        .iter()
        .filter(|(name, _)| name.starts_with("AutoScalingGroupNames.member."))
        .map(|(_, name)| name.as_str())
        .collect();
    let is_wanted = |group: &&NodeGroup| {
        !group.karpenter && (wanted.is_empty() || wanted.contains(&group.scaling_group.as_str()))
    };
    let all: Vec<&NodeGroup> = world.capacity.groups.iter().filter(is_wanted).collect();
    let (from, to, next) = page(call, all.len())?;
    let shown = all.iter().skip(from).take(to - from).map(|group| group_of(world, group));
    Ok([xml::list("AutoScalingGroups", shown), next].concat())
}

fn group_of(world: &World, group: &NodeGroup) -> String {
    let name = &group.scaling_group;
    let tag = |key: &str, value: &str| {
        [
            xml::leaf("ResourceId", name),
            xml::leaf("ResourceType", "auto-scaling-group"),
            xml::leaf("Key", key),
            xml::leaf("Value", value),
            xml::leaf("PropagateAtLaunch", "true"),
        ]
        .concat()
    };
    let tags = [("eks:cluster-name", "ci"), ("eks:nodegroup-name", group.name)];
    let arn = format!(
        "arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:00000000-0000-4000-a000-000000000000:autoScalingGroupName/{name}"
    );
    [
        xml::leaf("AutoScalingGroupName", name),
        xml::leaf("AutoScalingGroupARN", &arn),
        xml::leaf("MinSize", &group.least.to_string()),
        xml::leaf("MaxSize", &group.most.to_string()),
        xml::leaf("DesiredCapacity", &group.desired().to_string()),
        xml::leaf("DefaultCooldown", "300"),
        xml::list("AvailabilityZones", ZONES.iter().map(|zone| (*zone).to_owned())),
        xml::leaf("HealthCheckType", "EC2"),
        xml::leaf("HealthCheckGracePeriod", "15"),
        xml::list("Instances", world.capacity.instances(group).iter().map(instance)),
        xml::leaf("CreatedTime", &clock::fine(world.start - 90 * 86_400_000)),
        xml::list("SuspendedProcesses", std::iter::empty()),
        xml::leaf("VPCZoneIdentifier", "subnet-0a1,subnet-0b2,subnet-0c3"),
        xml::list("Tags", tags.iter().map(|(key, value)| tag(key, value))),
        xml::leaf("NewInstancesProtectedFromScaleIn", "false"),
        xml::leaf("CapacityRebalance", "true"),
    ]
    .concat()
}

fn instance(instance: &Instance) -> String {
    [
        xml::leaf("InstanceId", &instance.id),
        xml::leaf("AvailabilityZone", instance.zone),
        xml::leaf("LifecycleState", "InService"),
        xml::leaf("HealthStatus", "Healthy"),
        xml::leaf("ProtectedFromScaleIn", "false"),
    ]
    .concat()
}

fn activities(call: &Call<'_>, world: &World) -> Result<String, Wrong> {
    let name = call.get("AutoScalingGroupName");
    let mut all: Vec<(&NodeGroup, &Activity)> = Vec::new();
    for group in world.capacity.groups.iter().filter(|group| !group.karpenter) {
        if name.is_none_or(|name| name == group.scaling_group) {
            all.extend(group.activities.iter().map(|activity| (group, activity)));
        }
    }
    all.sort_by_key(|(_, activity)| -activity.begun);
    let (from, to, next) = page(call, all.len())?;
    let shown = all.iter().skip(from).take(to - from);
    let shown = shown.map(|(group, activity)| activity_of(world, group, activity));
    Ok([xml::list("Activities", shown), next].concat())
}

fn activity_of(world: &World, group: &NodeGroup, activity: &Activity) -> String {
    let (before, after) = activity.sizes;
    let at = clock::coarse(activity.begun);
    let (verb, direction) = match activity.act {
        Act::Launch => ("Launching a new EC2 instance", "increasing"),
        Act::Terminate => ("Terminating EC2 instance", "shrinking"),
    };
    let cause = format!(
        "At {at} a user request explicitly set group desired capacity changing the desired capacity from {before} to {after}.  At {at} an instance was started in response to a difference between desired and actual capacity, {direction} the capacity from {before} to {after}."
    );
    let is_over = activity.ended <= world.now;
    let status = match &activity.failure {
        Some(_) => "Failed",
        None if is_over => "Successful",
        None => "InProgress",
    };
    let description = match activity.failure {
        Some(_) => format!("{verb}.  Status Reason: see StatusMessage"),
        None => format!("{verb}: {}", activity.instance),
    };
    let mut parts = vec![
        xml::leaf("ActivityId", &activity.id),
        xml::leaf("AutoScalingGroupName", &group.scaling_group),
        xml::leaf("Description", &description),
        xml::leaf("Cause", &cause),
        xml::leaf("StartTime", &clock::fine(activity.begun)),
        xml::leaf("StatusCode", status),
        xml::leaf("Progress", if status == "InProgress" { "30" } else { "100" }),
        xml::leaf("Details", "{\"Subnet ID\":\"subnet-0b2\",\"Availability Zone\":\"eu-west-1b\"}"),
    ];
    if status != "InProgress" {
        parts.push(xml::leaf("EndTime", &clock::coarse(activity.ended)));
    }
    if let Some(failure) = &activity.failure {
        parts.push(xml::leaf("StatusMessage", failure));
    }
    parts.concat()
}

/// From where, to where, and the token of the next page as an element.
fn page(call: &Call<'_>, total: usize) -> Result<(usize, usize, String), Wrong> {
    let number = |name: &str, otherwise: usize| match call.get(name) {
        None => Ok(otherwise),
        Some(text) => {
            text.parse::<usize>().map_err(|_| Wrong::Invalid(format!("Invalid value for {name}")))
        }
    };
    let most = number("MaxRecords", 50)?.clamp(1, 100);
    let from = number("NextToken", 0)?.min(total);
    let to = (from + most).min(total);
    let next = if to < total { xml::leaf("NextToken", &to.to_string()) } else { String::new() };
    Ok((from, to, next))
}
