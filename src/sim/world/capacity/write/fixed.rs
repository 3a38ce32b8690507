//! What stands still: namespaces, service accounts, policies of the network, quotas.

use serde_json::{Value, json};

use super::super::layout::{ACCOUNT, ACCOUNTS, RUNNERS, SYSTEM};
use super::super::outbox::ClusterChange;
use super::super::{NAMESPACES, World};
use super::{bytes, cpu};
use crate::sim::clock;
use crate::sim::kubernetes::Kind;
use crate::sim::world::TIERS;

const GI: i64 = 1 << 30;
const DAY: i64 = 86_400_000;

impl World {
    /// Everything that stands still.
    pub(super) fn write_fixed(&self) -> Vec<ClusterChange> {
        let mut all = Vec::new();
        for name in ["default", SYSTEM, RUNNERS].iter().chain(&NAMESPACES) {
            all.push(ClusterChange::Put(Kind::Namespace, self.namespace(name)));
        }
        for (place, namespace) in NAMESPACES.iter().enumerate() {
            let account = ACCOUNTS.get(place).copied().unwrap_or("default");
            let account = self.service_account(namespace, account);
            all.push(ClusterChange::Put(Kind::ServiceAccount, account));
            // The tier `sandbox` lacks the policy that the others have.
            if place > 0 {
                let policy = self.deny_egress(namespace);
                all.push(ClusterChange::Put(Kind::NetworkPolicy, policy));
                let policy = self.allow_egress(namespace);
                all.push(ClusterChange::Put(Kind::NetworkPolicy, policy));
            }
            all.push(ClusterChange::Put(Kind::ResourceQuota, self.write_quota(place)));
        }
        if self.review.kyverno {
            all.push(ClusterChange::Put(Kind::PolicyException, self.host_path_exception()));
            all.push(ClusterChange::Put(Kind::CelException, self.privileged_exception()));
        }
        let rights = self.organisation.objects.iter();
        all.extend(rights.filter_map(|one| Some(ClusterChange::Put(Kind::of(one)?, one.clone()))));
        all
    }

    /// An exception without an end, of which the register knows nothing.
    fn host_path_exception(&self) -> Value {
        json!({
            "apiVersion": "kyverno.io/v2",
            "kind": "PolicyException",
            "metadata": self.meta("legacy-host-path", Some("ci-sandbox")),
            "spec": {
                "background": true,
                "match": {"any": [{"resources": {
                    "kinds": ["Pod"], "namespaces": ["ci-sandbox"], "names": ["legacy-*"],
                }}]},
                "exceptions": [{"policyName": "disallow-host-path", "ruleNames": ["host-path"]}],
            },
        })
    }

    /// An exception with the end that the register has for it.
    fn privileged_exception(&self) -> Value {
        json!({
            "apiVersion": "policies.kyverno.io/v1",
            "kind": "PolicyException",
            "metadata": self.meta("privileged-builder", Some("ci-standard")),
            "spec": {
                "policyRefs": [{"name": "disallow-privileged", "kind": "ValidatingPolicy"}],
                "matchConditions": [{
                    "name": "builder", "expression": "object.metadata.name.startsWith('builder-')",
                }],
                "reportResult": "skip",
                "expiresAt": clock::coarse(self.start + 25 * DAY),
                "properties": {"reason": "EXC-2026-012", "ticket": "OPS-812"},
            },
        })
    }

    /// The quota of a tier's namespace.
    pub(super) fn write_quota(&self, place: usize) -> Value {
        let namespace = NAMESPACES.get(place).copied().unwrap_or("default");
        let group = self.capacity.groups.get(place);
        let most = group.map_or(10, |group| i64::try_from(group.most.max(10)).unwrap_or(10));
        let (pods, millis, memory) = self.capacity.used.get(place).copied().unwrap_or_default();
        json!({
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": self.meta("ci-jobs", Some(namespace)),
            "spec": {"hard": hard(most)},
            "status": {
                "hard": hard(most),
                "used": {
                    "pods": pods.to_string(),
                    "requests.cpu": cpu(millis),
                    "requests.memory": bytes(memory),
                },
            },
        })
    }

    fn meta(&self, name: &str, namespace: Option<&str>) -> Value {
        let mark = name.bytes().chain(namespace.unwrap_or("").bytes()).fold(7_u64, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u64::from(byte)) % 0xffff_ffff_ffff
        });
        let mut meta = json!({
            "name": name,
            "uid": format!("5d0c1f7e-2b1a-4c3d-a4e5-{mark:012x}"),
            "creationTimestamp": clock::coarse(self.start - 90 * DAY),
        });
        if let (Some(namespace), Some(fields)) = (namespace, meta.as_object_mut()) {
            fields.insert("namespace".to_owned(), json!(namespace));
        }
        meta
    }

    fn namespace(&self, name: &str) -> Value {
        let mut meta = self.meta(name, None);
        if let Some(fields) = meta.as_object_mut() {
            fields.insert("labels".to_owned(), json!({"kubernetes.io/metadata.name": name}));
        }
        json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": meta,
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
        })
    }

    fn service_account(&self, namespace: &str, name: &str) -> Value {
        let mut meta = self.meta(name, Some(namespace));
        let tier = TIERS.iter().zip(NAMESPACES).find(|(_, one)| *one == namespace);
        let tier = tier.map_or("sandbox", |(tier, _)| tier.name);
        if let Some(fields) = meta.as_object_mut() {
            let role = format!("arn:aws:iam::{ACCOUNT}:role/ci-job-{tier}");
            fields.insert("annotations".to_owned(), json!({"eks.amazonaws.com/role-arn": role}));
        }
        json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta,
            "automountServiceAccountToken": false,
        })
    }

    fn deny_egress(&self, namespace: &str) -> Value {
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": self.meta("default-deny-egress", Some(namespace)),
            "spec": {"podSelector": {}, "policyTypes": ["Egress"]},
        })
    }

    fn allow_egress(&self, namespace: &str) -> Value {
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": self.meta("allow-dns-and-gitlab", Some(namespace)),
            "spec": {
                "podSelector": {},
                "policyTypes": ["Egress"],
                "egress": [
                    {
                        "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": SYSTEM}}}],
                        "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
                    },
                    {
                        "to": [{"ipBlock": {"cidr": "10.0.40.0/24"}}],
                        "ports": [{"protocol": "TCP", "port": 443}],
                    },
                ],
            },
        })
    }
}

fn hard(most: i64) -> Value {
    json!({
        "pods": (most * 8).to_string(),
        "requests.cpu": cpu(most * 8_000),
        "requests.memory": bytes(most * 32 * GI),
    })
}
