//! Looking at a node group of EKS, and what new sizes mean for what is seen.

use super::{Verdict, fact};
use crate::api::Error;
use crate::api::aws::Eks;
use crate::domain::access::{AccessPolicy, PolicyScope};
use crate::domain::{FailureKind, NodeGroup, Proposal, RightAt, Seen, Target, Text, Tiers};

/// Looks at a node group; `bound` is how large it may be made, as far as that is configured.
pub(in crate::action) async fn look(
    eks: &Eks,
    tiers: &Tiers,
    bound: Option<u32>,
    target: &Target,
) -> Result<Seen, Error> {
    let Target::NodeGroup(cluster, name) = target else {
        return Err(Error::new(FailureKind::Other, "this is no target of EKS"));
    };
    let group = eks.nodegroup(name).await?.group;
    Ok(Seen { protected: Some(tiers.protects_group(cluster, name)), ..seen(&group, bound) })
}

/// Looks at an access entry: what it gives, and whether it is there.
pub(in crate::action) async fn look_at_entry(eks: &Eks, arn: &str) -> Result<Seen, Error> {
    let found = match eks.access_entry(arn).await {
        Ok(found) => found,
        Err(error) if error.kind == FailureKind::NotFound => {
            return Ok(Seen::new(Text::new(arn), Text::new(RightAt::GONE)));
        }
        Err(error) => return Err(error),
    };
    let policies = match found.policies.read() {
        Ok(all) if all.is_empty() => "none".to_owned(),
        Ok(all) => all.iter().map(told).collect::<Vec<_>>().join(", "),
        Err(why) => format!("not told: {why}"),
    };
    let groups: Vec<&str> = found.groups.iter().map(Text::as_str).collect();
    let username = found.username.as_deref().unwrap_or("not told").to_owned();
    let groups = if groups.is_empty() { "none".to_owned() } else { groups.join(", ") };
    let facts = [
        ("type", found.kind.to_string()),
        ("username", username),
        ("policies", policies),
        ("groups", groups),
    ];
    let facts = facts.map(|(name, value)| (Text::new(name), Text::new(&value))).into();
    Ok(Seen { facts, ..Seen::new(found.principal_arn.clone(), Text::new(RightAt::IN_FORCE)) })
}

/// A policy in one word, with how far it reaches.
fn told(policy: &AccessPolicy) -> String {
    let name = policy.arn.rsplit('/').next().unwrap_or(&policy.arn);
    match &policy.scope {
        PolicyScope::Cluster => format!("{name} (cluster)"),
        PolicyScope::Namespaces(all) => {
            let all: Vec<&str> = all.iter().map(Text::as_str).collect();
            format!("{name} ({})", all.join(", "))
        }
    }
}

fn seen(group: &NodeGroup, bound: Option<u32>) -> Seen {
    let mut facts = Vec::new();
    let mut note = |name: &str, size: Option<u64>| {
        facts.extend(size.map(|size| (Text::new(name), Text::new(&size.to_string()))));
    };
    note("min", group.min);
    note("desired", group.desired);
    note("max", group.max);
    note("bound", bound.map(u64::from));
    Seen { facts, ..Seen::new(group.name.clone(), group.status.clone()) }
}

/// The sizes that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::action) struct Sizes {
    pub(in crate::action) desired: Option<u32>,
    pub(in crate::action) max: Option<u32>,
}

impl Sizes {
    /// Those of a proposal.
    ///
    /// # Errors
    /// Which of them is no number.
    pub(in crate::action) fn of(proposal: &Proposal) -> Result<Sizes, String> {
        let number = |name: &str| match proposal.setting(name) {
            None => Ok(None),
            Some(words) => match words.trim().parse::<u32>() {
                // AWS counts nodes in numbers with a sign.
                Ok(size) if i32::try_from(size).is_ok() => Ok(Some(size)),
                _ => Err(format!("{name} is no number of nodes: {words}")),
            },
        };
        Ok(Sizes { desired: number("desired")?, max: number("max")? })
    }
}

/// Why new sizes make no sense for the node group that was just seen, or are outside what is configured.
pub(super) fn objection(proposal: &Proposal, seen: &Seen) -> Option<String> {
    let sizes = match Sizes::of(proposal) {
        Ok(sizes) => sizes,
        Err(why) => return Some(why),
    };
    let known = |name: &str| fact(seen, name).and_then(|size| size.parse::<u32>().ok());
    let Some(bound) = known("bound") else {
        return Some(format!(
            "no resizing is configured for this group: set nodegroup_bounds of its cluster for {}",
            seen.name
        ));
    };
    if !matches!(&*seen.state, "ACTIVE" | "DEGRADED") {
        return Some(format!("it is {}: EKS changes one thing at a time", seen.state));
    }
    if sizes == Sizes::default() {
        return Some("neither a desired nor a maximum size was given".to_owned());
    }
    let max = sizes.max.or_else(|| known("max"));
    let desired = sizes.desired.or_else(|| known("desired"));
    let (Some(min), Some(max), Some(desired)) = (known("min"), max, desired) else {
        return Some("EKS does not tell its present sizes".to_owned());
    };
    misfit((min, desired, max), sizes, bound).or_else(|| {
        let is_same = known("desired") == Some(desired) && known("max") == Some(max);
        is_same.then(|| format!("it has these sizes already: desired {desired}, max {max}"))
    })
}

/// Why sizes do not go together, or leave the bounds.
fn misfit((min, desired, max): (u32, u32, u32), asked: Sizes, bound: u32) -> Option<String> {
    if asked.max.is_some_and(|max| max > bound) || asked.desired.is_some_and(|one| one > bound) {
        Some(format!("it may be made no larger than {bound} (nodegroup_bounds)"))
    } else if max == 0 {
        Some("the maximum of a node group is at least 1".to_owned())
    } else if desired > max {
        Some(format!("desired {desired} is above the maximum of {max}"))
    } else if desired < min {
        Some(format!("desired {desired} is below the minimum of {min}"))
    } else if max < min {
        Some(format!("the maximum of {max} is below the minimum of {min}"))
    } else {
        None
    }
}

/// Whether a resizing of unknown outcome happened, from what is seen after it.
pub(super) fn verdict(proposal: &Proposal, after: &Seen) -> Verdict {
    let Ok(sizes) = Sizes::of(proposal) else { return Verdict::CannotTell };
    let is_now = |name: &str, asked: Option<u32>| {
        asked.map(|asked| fact(after, name) == Some(asked.to_string().as_str()))
    };
    match (is_now("desired", sizes.desired), is_now("max", sizes.max)) {
        (None, None) => Verdict::CannotTell,
        (Some(true) | None, Some(true) | None) => Verdict::Happened,
        // The maximum is set by nobody else than people; the desired size an autoscaler moves at once.
        (Some(false), Some(true)) => Verdict::CannotTell,
        _ if &*after.state == "UPDATING" => Verdict::CannotTell,
        _ => Verdict::DidNot,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::find_act;

    /// A node group with the sizes 1, 3, 5.
    fn group(status: &str, bound: Option<&str>) -> Seen {
        let sizes = [("min", Some("1")), ("desired", Some("3")), ("max", Some("5"))];
        let facts = sizes.into_iter().chain([("bound", bound)]);
        let facts = facts.filter_map(|(name, size)| Some((Text::new(name), Text::new(size?))));
        Seen { facts: facts.collect(), ..Seen::new(Text::new("g"), Text::new(status)) }
    }

    fn sized(settings: &[(&str, &str)]) -> Proposal {
        let target = Target::NodeGroup(Text::new("ci"), Text::new("g"));
        let settings = settings.iter().map(|(name, size)| (Text::new(name), Text::new(size)));
        let act = find_act("nodegroup.scale").unwrap();
        Proposal { settings: settings.collect(), ..Proposal::new(act, target) }
    }

    fn says(settings: &[(&str, &str)], seen: &Seen) -> String {
        objection(&sized(settings), seen).unwrap_or_default()
    }

    #[test]
    fn a_group_without_bounds_is_not_resized() {
        assert!(says(&[("desired", "4")], &group("ACTIVE", None)).contains("no resizing"));
        assert_eq!(says(&[("desired", "4")], &group("ACTIVE", Some("8"))), "");
    }

    #[test]
    fn no_size_leaves_the_bound() {
        let active = group("ACTIVE", Some("8"));
        assert_eq!(says(&[("max", "8")], &active), "");
        assert!(says(&[("max", "9")], &active).contains("no larger than 8"));
        let low = group("ACTIVE", Some("4"));
        assert!(says(&[("desired", "5")], &low).contains("no larger than 4"));
        assert_eq!(says(&[("desired", "4")], &low), "");
    }

    #[test]
    fn sizes_go_together_with_those_that_stay() {
        let active = group("ACTIVE", Some("8"));
        assert!(says(&[("desired", "6")], &active).contains("above the maximum of 5"));
        assert_eq!(says(&[("desired", "6"), ("max", "6")], &active), "");
        assert!(says(&[("desired", "0")], &active).contains("below the minimum of 1"));
        assert!(says(&[("max", "2")], &active).contains("above the maximum of 2"));
        assert!(says(&[("max", "0"), ("desired", "0")], &active).contains("at least 1"));
    }

    #[test]
    fn what_is_no_number_or_no_change_is_not_sent() {
        let active = group("ACTIVE", Some("8"));
        for (settings, words) in [
            (vec![], "neither"),
            (vec![("desired", "many")], "no number"),
            (vec![("desired", "-1")], "no number"),
            (vec![("max", "3000000000")], "no number"),
            (vec![("desired", "3"), ("max", "5")], "already"),
        ] {
            let told = says(&settings, &active);
            assert!(told.contains(words), "{settings:?}: {told}");
        }
    }

    #[test]
    fn a_group_that_is_being_changed_is_left_alone() {
        for (status, is_free) in
            [("ACTIVE", true), ("DEGRADED", true), ("UPDATING", false), ("DELETING", false)]
        {
            let told = says(&[("desired", "4")], &group(status, Some("8")));
            assert_eq!(told.is_empty(), is_free, "{status}: {told}");
        }
    }

    #[test]
    fn a_lost_answer_is_cleared_up_by_the_sizes_that_are_there() {
        let told =
            |settings: &[(&str, &str)], status| verdict(&sized(settings), &group(status, None));
        assert_eq!(told(&[("desired", "3")], "UPDATING"), Verdict::Happened);
        assert_eq!(told(&[("desired", "3"), ("max", "5")], "ACTIVE"), Verdict::Happened);
        assert_eq!(told(&[("desired", "4")], "ACTIVE"), Verdict::DidNot);
        assert_eq!(told(&[("desired", "4")], "UPDATING"), Verdict::CannotTell);
        assert_eq!(told(&[("desired", "4"), ("max", "5")], "ACTIVE"), Verdict::CannotTell);
        assert_eq!(told(&[("desired", "4"), ("max", "6")], "ACTIVE"), Verdict::DidNot);
    }
}
