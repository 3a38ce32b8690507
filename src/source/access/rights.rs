//! The rights that a cluster gives: by access entries, `aws-auth`, bindings of RBAC and pod identities.

use crate::domain::Text;
use crate::domain::access::{
    AccessEntry, AuthMode, Cluster, Grant, Hop, Known, Mapping, PolicyScope, Resource,
    ResourceKind, Right, Standing, Via,
};

/// The rights that a cluster gives, each with its way.
pub(super) fn rights_in(cluster: &Cluster) -> Vec<Grant> {
    let mut grants = Vec::new();
    for entry in cluster.entries.fact().into_iter().flatten() {
        grants.extend(of_entry(cluster, entry));
    }
    if cluster.mode != Known::Is(AuthMode::Api) {
        for mapping in cluster.aws_auth.fact().into_iter().flatten() {
            grants.extend(of_mapping(cluster, mapping));
        }
    }
    for one in cluster.pod_identities.fact().into_iter().flatten() {
        let place = format!("{}/{}/{}", cluster.name, one.namespace, one.service_account);
        let hop = Hop { via: Via::PodIdentity, from: Some(cluster.name.clone()) };
        let resource = Resource { kind: ResourceKind::Role, path: one.role_arn.clone() };
        let subject = Text::new(&format!("serviceaccount:{place}"));
        grants.push(grant(&subject, resource, "assume", vec![hop]));
    }
    grants
}

fn of_entry(cluster: &Cluster, entry: &AccessEntry) -> Vec<Grant> {
    let subject = &entry.principal_arn;
    let way = || vec![Hop { via: Via::AccessEntry, from: Some(cluster.name.clone()) }];
    let mut grants = Vec::new();
    for policy in entry.policies.fact().into_iter().flatten() {
        let name = policy.arn.rsplit('/').next().unwrap_or(&policy.arn);
        let mut give = |resource: Resource| {
            let mut one = grant(subject, resource, name, way());
            one.granted_at = policy.associated_at;
            grants.push(one);
        };
        match &policy.scope {
            PolicyScope::Cluster => give(whole(cluster)),
            PolicyScope::Namespaces(all) => {
                for one in all {
                    give(namespace(cluster, one));
                }
            }
        }
    }
    grants.extend(bound(cluster, subject, (&entry.groups, &way())));
    if grants.is_empty() {
        // An entry alone lets in: what it may do there is nothing, or not known.
        grants.push(grant(subject, whole(cluster), "enter", way()));
    }
    for one in &mut grants {
        one.granted_at = one.granted_at.or(entry.created_at);
    }
    grants
}

fn of_mapping(cluster: &Cluster, mapping: &Mapping) -> Vec<Grant> {
    let way = vec![Hop { via: Via::AwsAuth, from: Some(cluster.name.clone()) }];
    let mut grants = bound(cluster, &mapping.arn, (&mapping.groups, &way));
    if grants.is_empty() {
        grants.push(grant(&mapping.arn, whole(cluster), "enter", way));
    }
    grants
}

/// What the groups of somebody are bound to.
fn bound(cluster: &Cluster, subject: &Text, (groups, way): (&[Text], &[Hop])) -> Vec<Grant> {
    let mut grants = Vec::new();
    if groups.iter().any(|group| group.as_str() == "system:masters") {
        grants.push(grant(subject, whole(cluster), "system:masters", way.to_vec()));
    }
    let bindings = cluster.bindings.fact().into_iter().flatten();
    for binding in bindings.filter(|one| one.groups.iter().any(|group| groups.contains(group))) {
        let resource = match &binding.namespace {
            None => whole(cluster),
            Some(one) => namespace(cluster, one),
        };
        let mut way = way.to_vec();
        way.push(Hop { via: Via::Binding, from: Some(binding.name.clone()) });
        grants.push(grant(subject, resource, &binding.role, way));
    }
    grants
}

fn whole(cluster: &Cluster) -> Resource {
    Resource { kind: ResourceKind::Cluster, path: cluster.name.clone() }
}

fn namespace(cluster: &Cluster, name: &Text) -> Resource {
    let path = Text::new(&format!("{}/{name}", cluster.name));
    Resource { kind: ResourceKind::Namespace, path }
}

/// A right in a cluster: there is no level, so its name is part of its address.
pub(super) fn grant(subject: &Text, resource: Resource, name: &str, path: Vec<Hop>) -> Grant {
    let way: Vec<String> = path
        .iter()
        .map(|hop| match &hop.from {
            Some(from) => format!("{}:{from}", hop.via.word()),
            None => hop.via.word().to_owned(),
        })
        .collect();
    let (kind, at) = (resource.kind.word(), &resource.path);
    let id = format!("{subject}@{kind}:{at}#{}:{name}", way.join("+"));
    Grant {
        id: Text::new(&id),
        subject: subject.clone(),
        resource,
        right: Right::named(name),
        path,
        standing: Standing::Active,
        granted_by: None,
        granted_at: None,
        expires_at: None,
        last_used: Known::Unread(Text::new(
            "neither EKS nor Kubernetes tells when a right was used",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::{AccessPolicy, Binding};

    fn text(words: &str) -> Text {
        Text::new(words)
    }

    #[test]
    fn an_entry_has_the_rights_of_its_policies_and_of_what_its_groups_are_bound_to() {
        let mut cluster = Cluster::new("ci");
        let arn = text("arn:aws:iam::1:role/ops");
        cluster.entries = Known::Is(vec![AccessEntry {
            principal_arn: arn.clone(),
            kind: text("STANDARD"),
            username: None,
            groups: vec![text("ops")],
            policies: Known::Is(vec![AccessPolicy {
                arn: text("arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"),
                scope: PolicyScope::Namespaces(vec![text("build")]),
                associated_at: None,
            }]),
            created_at: None,
            human: Known::Is(true),
        }]);
        cluster.bindings = Known::Is(vec![Binding {
            name: text("ops-edit"),
            namespace: None,
            role: text("edit"),
            groups: vec![text("ops")],
            users: vec![],
        }]);
        let told: Vec<String> = rights_in(&cluster)
            .iter()
            .map(|one| format!("{} of {} by {}", one.right.name, one.resource, one.path_words()))
            .collect();
        let wanted = [
            "AmazonEKSViewPolicy of namespace ci/build by access_entry from ci",
            "edit of cluster ci by access_entry from ci, binding from ops-edit",
        ];
        assert_eq!(told, wanted);
    }
}
