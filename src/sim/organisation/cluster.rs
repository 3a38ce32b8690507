//! Who may enter the cluster: access entries of EKS, `aws-auth`, bindings of RBAC, roles of IAM and whom they trust.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::file::{Binding, Cluster, IamRole as Told, Mapping};
use super::model::{Entry, IamRole, Organisation, PodIdentity};
use crate::sim::clock::{self, Millis};
use crate::sim::world::ACCOUNT;

const DAY: Millis = 86_400_000;

/// A role with one rule: name, API groups, resources, verbs.
type Rule =
    (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// Roles that every cluster has.
const ROLES: [Rule; 4] = [
    ("cluster-admin", &["*"], &["*"], &["*"]),
    ("admin", &["", "apps"], &["pods", "deployments", "secrets"], &["*"]),
    ("edit", &["", "apps"], &["pods", "deployments"], &["create", "update", "patch", "delete"]),
    ("view", &["", "apps"], &["pods", "deployments"], &["get", "list", "watch"]),
];

/// Reads what lets into the cluster.
pub(super) fn read(made: &mut Organisation, told: &Cluster, start: Millis) {
    made.mode.clone_from(&told.mode);
    for entry in &told.entry {
        let principal = arn(&entry.principal);
        let made_at = start - clock::millis(entry.made * 86_400.0);
        made.entries.insert(
            principal.clone(),
            Entry {
                principal,
                kind: entry.kind.clone(),
                username: entry.username.clone(),
                groups: entry.groups.clone(),
                policies: entry.policies.clone(),
                created: made_at,
            },
        );
    }
    for (one, number) in told.pod_identity.iter().zip(1_u32..) {
        made.pod_identities.push(PodIdentity {
            id: format!("a-{number:017}"),
            namespace: one.namespace.clone(),
            account: one.account.clone(),
            role: arn(&one.role),
            created: start - 90 * DAY,
        });
    }
    if !told.aws_auth.is_empty() {
        made.objects.push(aws_auth(&told.aws_auth, start));
    }
    if !told.binding.is_empty() {
        made.objects.extend(ROLES.map(|role| cluster_role(role, start)));
        made.objects.extend(told.binding.iter().map(|one| binding(one, start)));
    }
}

/// The roles of IAM.
pub(super) fn roles(told: &[Told], start: Millis) -> Vec<IamRole> {
    let one = |role: &Told| IamRole {
        name: role.name.clone(),
        session_seconds: role.session_seconds,
        trust: role.trust.replace("ACCOUNT", ACCOUNT),
        created: start - 300 * DAY,
    };
    told.iter().map(one).collect()
}

/// The ARN of an IAM principal of the account.
fn arn(principal: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{principal}")
}

fn metadata(name: &str, namespace: Option<&str>, start: Millis) -> Value {
    let mut metadata = json!({"name": name, "creationTimestamp": clock::coarse(start - 390 * DAY)});
    if let (Some(namespace), Some(fields)) = (namespace, metadata.as_object_mut()) {
        fields.insert("namespace".to_owned(), namespace.into());
    }
    metadata
}

/// `kube-system/aws-auth`, whose lists are YAML in text.
fn aws_auth(told: &[Mapping], start: Millis) -> Value {
    let list = |kind: &str, key: &str| {
        let mut text = String::new();
        for one in told.iter().filter(|one| one.principal.starts_with(kind)) {
            // Writing to a string cannot fail.
            write!(
                text,
                "- {key}: {}\n  username: {}\n  groups:\n",
                arn(&one.principal),
                one.username
            )
            .ok();
            for group in &one.groups {
                writeln!(text, "  - {group}").ok();
            }
        }
        text
    };
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata("aws-auth", Some("kube-system"), start),
        "data": {"mapRoles": list("role/", "rolearn"), "mapUsers": list("user/", "userarn")},
    })
}

fn cluster_role((name, groups, resources, verbs): Rule, start: Millis) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": metadata(name, None, start),
        "rules": [{"apiGroups": groups, "resources": resources, "verbs": verbs}],
    })
}

fn binding(told: &Binding, start: Millis) -> Value {
    let subject = |kind: &str, name: &String| json!({"kind": kind, "apiGroup": "rbac.authorization.k8s.io", "name": name});
    let groups = told.groups.iter().map(|name| subject("Group", name));
    let users = told.users.iter().map(|name| subject("User", name));
    let subjects: Vec<Value> = groups.chain(users).collect();
    let kind = if told.namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": metadata(&told.name, told.namespace.as_deref(), start),
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": told.role,
        },
        "subjects": subjects,
    })
}
