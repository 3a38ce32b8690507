//! [`EXPECTED_DRIFT`]: what hides in the simulated repositories and clusters, against the register.

/// What a look through the native exceptions of `calm` has to find against the register: what it is (`unregistered`, `zombie`,
/// `orphan`, `unbounded`, `mismatch`), the tool, the project, cluster or group, the file or object, and the rule.
///
/// Registered and as they should be: EXC-2026-002 (trivy), -008 (osv-scanner), -012 (kyverno), -013 (gitlab-member).
pub const EXPECTED_DRIFT: [(&str, &str, &str, &str, &str); 21] = [
    ("zombie", "checkov", "acme/infra/network", "main.tf", "CKV_AWS_18"),
    ("orphan", "grype", "acme/web/checkout", ".grype.yaml", "CVE-2026-10009"),
    ("mismatch", "trivy", "acme/platform/secrets-broker", ".trivyignore.yaml", "CVE-2026-10010"),
    ("unregistered", "trivy", "acme/payments/api", ".trivyignore", "CVE-2026-10077"),
    ("unbounded", "trivy", "acme/payments/api", ".trivyignore", "CVE-2026-10077"),
    ("unregistered", "grype", "acme/web/checkout", ".grype.yaml", "CVE-2026-10088"),
    ("unbounded", "grype", "acme/web/checkout", ".grype.yaml", "CVE-2026-10088"),
    ("unregistered", "checkov", "acme/infra/clusters", ".checkov.yaml", "CKV_K8S_8"),
    ("unbounded", "checkov", "acme/infra/clusters", ".checkov.yaml", "CKV_K8S_8"),
    ("unregistered", "gitlab-policy", "acme/platform/pipeline-components", POLICY, "user 6"),
    ("unbounded", "gitlab-policy", "acme/platform/pipeline-components", POLICY, "user 6"),
    ("unregistered", "gitlab-policy", "acme/platform/pipeline-components", POLICY, "token 9101"),
    ("unbounded", "gitlab-policy", "acme/platform/pipeline-components", POLICY, "token 9101"),
    ("unregistered", "kyverno", "ci", "ci-sandbox/legacy-host-path", "disallow-host-path"),
    ("unbounded", "kyverno", "ci", "ci-sandbox/legacy-host-path", "disallow-host-path"),
    ("unregistered", "gitlab-member", "acme/infra", "", "freya.mockup"),
    ("unregistered", "gitlab-token", "acme/payments/api", "", "release-importer"),
    ("unregistered", "gitlab-token", "acme/platform/pipeline-components", "", "policy-bypass"),
    ("unbounded", "checkov", "acme/infra/network", "main.tf", "CKV_AWS_18"),
    ("unregistered", "gitlab-dismissal", "acme/web/storefront", "", "CVE-2026-10055"),
    ("unbounded", "gitlab-dismissal", "acme/web/storefront", "", "CVE-2026-10055"),
];
const POLICY: &str = ".gitlab/security-policies/policy.yml";
