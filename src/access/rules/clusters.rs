//! The rule about clusters: who is administrator of all of one.

use super::sitting::Sitting;
use crate::access::Ground;
use crate::access::verdict::{About, AboutKind, Outcome, Proof};
use crate::domain::access::{
    AccessEntry, AuthMode, Binding, Cluster, Known, Mapping, is_person_arn,
};
use crate::domain::{Severity, Text};

/// The group that Kubernetes lets do everything, whatever is bound.
const MASTERS: &str = "system:masters";

/// A19: people who are administrators of a cluster, by an access entry or by `aws-auth`; and a creator who stays so.
pub(super) fn administrators(sitting: &mut Sitting<'_, '_>) {
    sitting.clusters(creator);
    for cluster in &sitting.ground.population.clusters {
        let whole = || About::new(AboutKind::Cluster, &cluster.name);
        let of = |arn: &Text| About::new(AboutKind::Entry, &format!("{}#{arn}", cluster.name));
        sitting.within(&cluster.entries, whole(), |_, entry| {
            (of(&entry.principal_arn), self::entry(cluster, entry))
        });
        // Where only the API counts, what the config map says counts for nothing.
        if cluster.mode != Known::Is(AuthMode::Api) {
            sitting.within(&cluster.aws_auth, whole(), |_, mapping| {
                (of(&mapping.arn), self::mapping(cluster, mapping))
            });
        }
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "every rule has one form: nothing where it does not apply"
)]
fn creator(_: &Ground<'_>, cluster: &Cluster) -> Option<Outcome> {
    Some(match cluster.creator_is_admin.read() {
        Err(why) => Outcome::unknown(format_args!(
            "whether its creator stays administrator is not known: {why}"
        )),
        Ok(false) => Outcome::Clear,
        Ok(true) => {
            let title = format!("who created {} stays its administrator", cluster.name);
            let next = "delete the creator's access entry, and create clusters without it";
            Proof::new(Severity::High, title, next)
                .with("bootstrapClusterCreatorAdminPermissions", "true")
                .named(&cluster.name)
                .into()
        }
    })
}

fn entry(cluster: &Cluster, entry: &AccessEntry) -> Option<Outcome> {
    if entry.human == Known::Is(false) {
        return None;
    }
    let policies = match entry.policies.read() {
        Ok(policies) => policies,
        Err(why) => {
            return Some(Outcome::unknown(format_args!(
                "the policies of an entry are not known: {why}"
            )));
        }
    };
    let by_policy = policies.iter().find(|policy| policy.is_cluster_admin());
    let proved = match by_policy {
        Some(policy) => Ok(Some(("policyArn", policy.arn.clone()))),
        None => bound(cluster, &entry.groups),
    };
    judged(cluster, &entry.principal_arn, &entry.human, proved)
}

fn mapping(cluster: &Cluster, mapping: &Mapping) -> Option<Outcome> {
    let human = is_person_arn(&mapping.arn, "STANDARD");
    judged(cluster, &mapping.arn, &human, bound(cluster, &mapping.groups))
}

/// What makes one of these groups administrator of the whole cluster; why nobody can tell where bindings were not read.
fn bound(cluster: &Cluster, groups: &[Text]) -> Result<Option<(&'static str, Text)>, Text> {
    if groups.is_empty() {
        return Ok(None);
    }
    if let Some(group) = groups.iter().find(|group| &***group == MASTERS) {
        return Ok(Some(("kubernetesGroups", group.clone())));
    }
    let bindings = match cluster.bindings.read() {
        Ok(bindings) => bindings,
        Err(why) => {
            return Err(Text::new(&format!("what its groups are bound to is not known: {why}")));
        }
    };
    let binds = |binding: &&Binding| {
        binding.is_cluster_admin() && binding.groups.iter().any(|group| groups.contains(group))
    };
    Ok(bindings.iter().find(binds).map(|binding| ("clusterrolebinding", binding.name.clone())))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "every rule has one form: nothing where it does not apply"
)]
fn judged(
    cluster: &Cluster,
    arn: &Text,
    human: &Known<bool>,
    proved: Result<Option<(&'static str, Text)>, Text>,
) -> Option<Outcome> {
    let (field, value) = match proved {
        Err(because) => return Some(Outcome::Unknown(because)),
        Ok(None) => return Some(Outcome::Clear),
        Ok(Some(proof)) => proof,
    };
    if let Err(why) = human.read() {
        return Some(Outcome::unknown(format_args!(
            "whether people stand behind an administrator is not known: {why}"
        )));
    }
    let title = format!("{arn} is administrator of all of {}", cluster.name);
    let next = "give a narrower policy, or this one for a time and with an exception";
    Some(
        Proof::new(Severity::High, title, next)
            .with(field, value)
            .named(arn)
            .named(&cluster.name)
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::access::Code;
    use crate::domain::access::{AccessPolicy, PolicyScope, Population};

    const ADMIN: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
    const ASHA: &str = "arn:aws:iam::1:user/asha";
    const ROLE: &str = "arn:aws:iam::1:role/deploy";

    fn entry(arn: &str, scope: Option<PolicyScope>, groups: &[&str]) -> AccessEntry {
        let policy = |scope| AccessPolicy { arn: Text::new(ADMIN), scope, associated_at: None };
        AccessEntry {
            principal_arn: Text::new(arn),
            kind: Text::new("STANDARD"),
            username: None,
            groups: groups.iter().map(|group| Text::new(group)).collect(),
            policies: Known::Is(scope.into_iter().map(policy).collect()),
            created_at: None,
            human: is_person_arn(arn, "STANDARD"),
        }
    }

    fn cluster(entries: Vec<AccessEntry>, change: impl FnOnce(&mut Cluster)) -> Population {
        let mut of = population(NOW);
        let mut cluster = Cluster {
            mode: Known::Is(AuthMode::Api),
            creator_is_admin: Known::Is(false),
            entries: Known::Is(entries),
            bindings: Known::Is(Vec::new()),
            ..Cluster::new("ci")
        };
        change(&mut cluster);
        of.clusters.push(cluster);
        of
    }

    fn of_entry(entry: AccessEntry) -> Told {
        told(&cluster(vec![entry], |_| {}), Code::A19)
    }

    #[test]
    fn a_person_with_the_whole_cluster_is_told_and_with_a_namespace_is_not() {
        assert_eq!(
            of_entry(entry(ASHA, Some(PolicyScope::Cluster), &[])).found,
            [format!("ci#{ASHA}")]
        );
        let namespaces = PolicyScope::Namespaces(vec![Text::new("ci")]);
        assert_eq!(of_entry(entry(ASHA, Some(namespaces), &[])).found.len(), 0);
    }

    #[test]
    fn a_node_is_no_person_and_of_a_role_nobody_can_tell() {
        let node =
            AccessEntry { human: Known::Is(false), ..entry(ROLE, Some(PolicyScope::Cluster), &[]) };
        assert_eq!(of_entry(node).found.len(), 0);
        let because = "whether people stand behind an administrator is not known: who may assume this role was not read";
        assert_eq!(of_entry(entry(ROLE, Some(PolicyScope::Cluster), &[])).doubts, [because]);
    }

    #[test]
    fn a_group_that_is_bound_to_cluster_admin_counts_and_in_a_namespace_it_does_not() {
        let binding = |namespace: Option<&str>| Binding {
            name: Text::new("ops"),
            namespace: namespace.map(Text::new),
            role: Text::new("cluster-admin"),
            groups: vec![Text::new("ops")],
            users: Vec::new(),
        };
        let of = |bindings| {
            let of = cluster(vec![entry(ASHA, None, &["ops"])], |one| one.bindings = bindings);
            told(&of, Code::A19)
        };
        assert_eq!(of(Known::Is(vec![binding(None)])).found.len(), 1);
        assert_eq!(of(Known::Is(vec![binding(Some("ci"))])).found.len(), 0);
        let because = "what its groups are bound to is not known: 403";
        assert_eq!(of(Known::Unread(Text::new("403"))).doubts, [because]);
    }

    #[test]
    fn the_config_map_counts_unless_the_mode_is_the_api_alone() {
        let masters =
            Mapping { arn: Text::new(ASHA), username: None, groups: vec![Text::new(MASTERS)] };
        let of = |mode| {
            let of = cluster(Vec::new(), |one| {
                one.mode = Known::Is(mode);
                one.aws_auth = Known::Is(vec![masters.clone()]);
            });
            told(&of, Code::A19).found.len()
        };
        assert_eq!(
            (of(AuthMode::ApiAndConfigMap), of(AuthMode::ConfigMap), of(AuthMode::Api)),
            (1, 1, 0)
        );
    }

    #[test]
    fn a_creator_who_stays_administrator_is_told() {
        let of = |fact| told(&cluster(Vec::new(), |one| one.creator_is_admin = fact), Code::A19);
        assert_eq!(of(Known::Is(true)).found, ["ci"]);
        assert_eq!(of(Known::Is(false)).clear, 1);
        let because = "whether its creator stays administrator is not known: 403";
        assert_eq!(of(Known::Unread(Text::new("403"))).doubts, [because]);
    }
}
