//! The JSON schema of a record's file, for editors and for the register's own CI.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

/// What an instant looks like: RFC 3339 with a zone, or a bare date.
const INSTANT: &str =
    r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d))?$";
/// What an id looks like.
const ID: &str = r"^[A-Za-z0-9]((\.?[A-Za-z0-9_-])*\.?[A-Za-z0-9])?$";
/// What a username looks like.
const PERSON: &str = r"^[A-Za-z0-9._-]+$";

/// The schema of a record's file, draft 2020-12.
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Record>()
}

/// An exception: bound in time, approved by somebody else, one file each.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Record {
    /// Its name among all records, and that of its file: `EXC-2026-014` in `EXC-2026-014.yaml`.
    #[schemars(regex(pattern = ID), length(max = 64))]
    pub id: String,
    /// What it is, in one line.
    #[schemars(length(min = 1))]
    pub title: String,
    /// What it is from: `runner`, `release_role`, `package_source`, `policy`, `freeze_override`, or a name of your own.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9_]*$"), length(max = 64))]
    #[schemars(extend("examples" = ["runner", "release_role", "package_source", "policy", "freeze_override"]))]
    pub kind: String,
    /// What it holds for; a list that is left out narrows nothing.
    pub scope: Scope,
    /// The username of who asked for it.
    #[schemars(regex(pattern = PERSON))]
    pub requester: String,
    /// The username of who owns the risk that is left. The schema lets it be left out, lint does not.
    #[schemars(regex(pattern = PERSON))]
    pub owner: Option<String>,
    /// Why it is needed.
    #[schemars(length(min = 1))]
    pub justification: String,
    /// What may go wrong through it.
    #[schemars(length(min = 1))]
    pub risk: String,
    /// What of that is left with the controls in place.
    pub residual_risk: Option<String>,
    /// What is done instead, to make up for it.
    pub controls: Option<Vec<String>>,
    /// Usernames of who approves it; never the requester, never a beneficiary.
    pub approvers: Option<Vec<Username>>,
    /// Usernames of who gains by it, beside the requester.
    pub beneficiaries: Option<Vec<Username>>,
    /// From when on it holds: RFC 3339 with a zone. A bare date is 00:00 UTC at its start.
    #[schemars(regex(pattern = INSTANT))]
    pub starts_at: String,
    /// From when on it holds no longer: RFC 3339 with a zone. A bare date is 00:00 UTC at its start: on that day it is over.
    #[schemars(regex(pattern = INSTANT))]
    pub expires_at: String,
    /// Where the cure is worked on.
    pub ticket: Option<String>,
    /// The id of the record that it renews. What was granted is never prolonged in place.
    #[schemars(regex(pattern = ID), length(max = 64))]
    pub renews: Option<String>,
    /// What puts it into force, in the tools that grant it.
    pub artefacts: Option<Vec<Artefact>>,
    /// What proves it: addresses and documents.
    pub evidence: Option<Vec<String>>,
    /// That it was taken back before its end.
    pub revocation: Option<Decision>,
    /// That what it allowed is gone: nothing of it is in force any more.
    pub closed: Option<Decision>,
}

/// A username of GitLab, without `@`.
#[derive(JsonSchema)]
pub struct Username(#[schemars(regex(pattern = PERSON))] pub String);

/// What an exception holds for. Other lists than these may be added by name.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = {"type": "array", "items": {"type": "string"}}))]
pub struct Scope {
    /// Full paths of GitLab projects.
    pub projects: Option<Vec<String>>,
    /// Environments of deployments.
    pub environments: Option<Vec<String>>,
    /// Tiers of runners.
    pub tiers: Option<Vec<String>>,
    /// Things of a cluster or a cloud, by name.
    pub resources: Option<Vec<String>>,
    /// Policies, checks, vulnerabilities, by id.
    pub policies: Option<Vec<String>>,
    /// Packages or their sources.
    pub packages: Option<Vec<String>>,
}

/// What puts an exception into force.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Artefact {
    /// The tool: `trivy`, `osv-scanner`, `grype`, `checkov`, `kyverno`, `alertmanager`, `gitlab-member`, `gitlab-token`,
    /// `gitlab-policy`, `gitlab-dismissal`, or one of your own.
    #[schemars(length(min = 1))]
    pub tool: String,
    /// The full path of the GitLab project where it lies.
    pub project: Option<String>,
    /// The cluster where it lies, by its configured name.
    pub cluster: Option<String>,
    /// The file within the project, or `namespace/name` within the cluster.
    pub path: Option<String>,
    /// The rule: a vulnerability, a check, a policy's rule, a role.
    pub rule: Option<String>,
}

/// What a person decided about an exception.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Decision {
    /// From when on.
    #[schemars(regex(pattern = INSTANT))]
    pub at: String,
    /// The person's username.
    #[schemars(regex(pattern = PERSON))]
    pub by: String,
    /// Why.
    #[schemars(length(min = 1))]
    pub reason: String,
}
