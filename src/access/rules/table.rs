//! [`RULES`]: the catalogue, a row a rule.

use super::{Rule, clusters, groups, guards, keys, people, roles, tokens};
use crate::access::verdict::{About, AboutKind, Code};
use crate::domain::Severity::{Critical, High, Medium};
use crate::domain::access::Part;

/// Every rule, in the order of codes.
#[rustfmt::skip] // Read as a table.
pub const RULES: &[Rule] = &[
    Rule { code: Code::A01, severity: High, needs: &[Part::Users], what: "people who have rights and were not active for long",
           judge: |sitting| sitting.principals(people::dormant) },
    Rule { code: Code::A02, severity: Medium, needs: &[Part::Members], what: "direct membership from Developer on that no group and no SAML link explains",
           judge: |sitting| sitting.grants(people::direct) },
    Rule { code: Code::A03, severity: Medium, needs: &[Part::Members, Part::Shares], what: "direct grants from Maintainer on, outsiders and group shares without an end",
           judge: |sitting| sitting.grants(people::endless) },
    Rule { code: Code::A04, severity: Medium, needs: &[Part::Members], what: "top groups with too many owners, or with one",
           judge: |sitting| sitting.groups(groups::owners) },
    Rule { code: Code::A05, severity: High, needs: &[Part::Users], what: "outsiders from Developer on",
           judge: |sitting| sitting.principals(people::outsider) },
    Rule { code: Code::A06, severity: High, needs: &[Part::Users], what: "accounts that are blocked, deactivated or gone by SCIM, with rights or tokens left",
           judge: |sitting| sitting.principals(people::departed) },
    Rule { code: Code::A07, severity: High, needs: &[Part::AccessTokens], what: "tokens that may do more than they are used for, act as administrator, or as Owner",
           judge: |sitting| sitting.credentials(tokens::too_mighty) },
    Rule { code: Code::A08, severity: Medium, needs: &[Part::AccessTokens, Part::DeployKeys, Part::TriggerTokens], what: "tokens and keys that were never used, or not for long",
           judge: |sitting| sitting.credentials(tokens::unused) },
    Rule { code: Code::A09, severity: High, needs: &[Part::AccessTokens, Part::DeployTokens, Part::TriggerTokens], what: "tokens without an end, with too long a life, or that end soon",
           judge: |sitting| sitting.credentials(tokens::lifetime) },
    Rule { code: Code::A10, severity: High, needs: &[Part::ServiceAccounts, Part::AccessTokens], what: "bots and service accounts that nobody owns, or whose owner or token's maker has left",
           judge: |sitting| sitting.principals(tokens::ownerless) },
    Rule { code: Code::A11, severity: Medium, needs: &[Part::DeployTokens], what: "old deploy tokens: GitLab does not tell when they were used",
           judge: |sitting| sitting.credentials(tokens::old_deploy_token) },
    Rule { code: Code::A12, severity: High, needs: &[Part::DeployKeys], what: "deploy keys that may push",
           judge: |sitting| sitting.credentials(keys::pushing_key) },
    Rule { code: Code::A13, severity: High, needs: &[Part::JobTokens], what: "projects that let in job tokens of any project, or of a whole top group",
           judge: |sitting| sitting.projects(guards::job_tokens) },
    Rule { code: Code::A14, severity: High, needs: &[Part::Branches], what: "default branches that developers may push to, that may be force-pushed, or without code owners",
           judge: |sitting| sitting.projects(guards::default_branch) },
    Rule { code: Code::A15, severity: High, needs: &[Part::Environments], what: "production environments that are not protected, need no approval, or let deployers approve their own",
           judge: |sitting| for project in &sitting.ground.population.projects {
               let whole = About::new(AboutKind::Project, &project.path);
               sitting.within(&project.environments, whole, |_, one| guards::environment(project, one));
           } },
    Rule { code: Code::A16, severity: High, needs: &[Part::Runners], what: "runners of a protected tier that serve unprotected refs, untagged jobs, or other projects",
           judge: |sitting| sitting.runners(guards::runner) },
    Rule { code: Code::A17, severity: High, needs: &[Part::Approvals], what: "merge requests that authors or committers may approve, approvals that outlive a push, rules that may be overridden",
           judge: |sitting| sitting.projects(guards::approvals) },
    Rule { code: Code::A18, severity: High, needs: &[Part::Policies], what: "entries that go past a security policy",
           judge: |sitting| for project in &sitting.ground.population.projects {
               let whole = About::new(AboutKind::Project, &project.path);
               sitting.within(&project.bypasses, whole, |_, one| guards::bypass(project, one));
           } },
    Rule { code: Code::A19, severity: High, needs: &[Part::Clusters, Part::AccessEntries, Part::AwsAuth, Part::Bindings], what: "people who are administrators of a cluster, and creators who stay so",
           judge: clusters::administrators },
    Rule { code: Code::A20, severity: Critical, needs: &[Part::Trusts], what: "IAM roles whose trust lets in more of GitLab than one ref of one project",
           judge: |sitting| sitting.trusts(roles::trust) },
    Rule { code: Code::A21, severity: Medium, needs: &[Part::CustomRoles], what: "custom roles with a low base and a privileged ability",
           judge: |sitting| sitting.grants(groups::custom_role) },
    Rule { code: Code::A22, severity: High, needs: &[], what: "decisions of a campaign about oneself, or about what one granted: they count for nothing",
           judge: |_| {} },
    Rule { code: Code::A23, severity: High, needs: &[Part::Groups], what: "top groups that do not require a second factor",
           judge: |sitting| sitting.groups(groups::second_factor) },
    Rule { code: Code::A24, severity: Medium, needs: &[Part::Users], what: "administrators of the whole GitLab, each to be certified",
           judge: |sitting| sitting.principals(people::administrator) },
    Rule { code: Code::A25, severity: High, needs: &[Part::Variables], what: "CI/CD variables with the names of static cloud keys",
           judge: keys::static_keys },
];
