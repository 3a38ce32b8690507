//! Rules about keys: deploy keys that push, and variables with the names of static cloud keys.

use super::sitting::Sitting;
use crate::access::Ground;
use crate::access::verdict::{About, AboutKind, Outcome, Proof};
use crate::domain::access::{Credential, Known, PrincipalKind, Variable};
use crate::domain::{Severity, Text};

/// Names under which the clouds' own tools look for a static key.
const STATIC_KEYS: &[&str] = &[
    "ALICLOUD_ACCESS_KEY",
    "ALICLOUD_SECRET_KEY",
    "ARM_CLIENT_SECRET",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_CLIENT_SECRET",
    "AZURE_CREDENTIALS",
    "CLOUDFLARE_API_KEY",
    "CLOUDFLARE_API_TOKEN",
    "CLOUDSDK_AUTH_ACCESS_TOKEN",
    "DIGITALOCEAN_ACCESS_TOKEN",
    "DIGITALOCEAN_TOKEN",
    "GCLOUD_SERVICE_KEY",
    "GCP_SA_KEY",
    "GCP_SERVICE_ACCOUNT_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CREDENTIALS",
    "HCLOUD_TOKEN",
    "LINODE_TOKEN",
    "OCI_CLI_KEY_CONTENT",
    "SCW_SECRET_KEY",
];

/// A12: a deploy key that may push.
pub(super) fn pushing_key(_: &Ground<'_>, key: &Credential) -> Option<Outcome> {
    if key.kind != PrincipalKind::DeployKey {
        return None;
    }
    let count = key.pushes_to.len();
    if count == 0 {
        return Some(Outcome::Clear);
    }
    let projects: Vec<&str> = key.pushes_to.iter().map(Text::as_str).collect();
    let title = format!("the deploy key {} may push to {}", key.name, counted(count));
    let mut proof =
        Proof::new(Severity::High, title, "make it read-only, or push with a token that ends")
            .with("projects_with_write_access", projects.join(", "));
    proof.places.clone_from(&key.pushes_to);
    Some(proof.into())
}

fn counted(count: usize) -> String {
    if count == 1 { "a project".to_owned() } else { format!("{count} projects") }
}

/// A25: variables with the names of static cloud keys, of groups and projects.
pub(super) fn static_keys(sitting: &mut Sitting<'_, '_>) {
    let population = sitting.ground.population;
    let groups = population.groups.iter().map(|one| (AboutKind::Group, &one.path, &one.variables));
    let projects =
        population.projects.iter().map(|one| (AboutKind::Project, &one.path, &one.variables));
    for (kind, place, variables) in groups.chain(projects) {
        let list: &Known<Vec<Variable>> = variables;
        sitting.within(list, About::new(kind, place), |_, variable| {
            let about = About::new(AboutKind::Variable, &format!("{place}#{}", variable.key));
            (about, Some(static_key(place, variable)))
        });
    }
}

fn static_key(place: &Text, variable: &Variable) -> Outcome {
    if !STATIC_KEYS.iter().any(|known| known.eq_ignore_ascii_case(&variable.key)) {
        return Outcome::Clear;
    }
    let title = format!("{place} keeps a static key in {}", variable.key);
    let scope = variable.environment_scope.as_deref().unwrap_or("unknown");
    let next = "replace it with a role that OIDC gives for an hour, then revoke the key";
    Proof::new(Severity::High, title, next)
        .with("protected", variable.protected)
        .with("masked", variable.masked)
        .with("environment_scope", scope)
        .at(place)
        .named(&variable.key)
        .into()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::access::Code;
    use crate::domain::access::{Population, Project};

    fn key(projects: &[&str]) -> Population {
        let mut of = population(NOW);
        let mut key = Credential::new("key:1", PrincipalKind::DeployKey, "acme/shop");
        key.pushes_to = projects.iter().map(|path| Text::new(path)).collect();
        of.credentials.push(key);
        of
    }

    #[test]
    fn a_key_that_pushes_is_told_and_one_that_reads_is_not() {
        assert_eq!(told(&key(&["acme/shop"]), Code::A12).found, ["key:1"]);
        assert_eq!(told(&key(&[]), Code::A12).clear, 1);
    }

    fn variables(keys: &[&str]) -> Known<Vec<Variable>> {
        let variable = |key: &&str| Variable {
            key: Text::new(key),
            protected: true,
            masked: true,
            environment_scope: None,
        };
        Known::Is(keys.iter().map(variable).collect())
    }

    #[test]
    fn a_static_key_is_told_by_its_name_alone() {
        let mut of = population(NOW);
        let keys = ["AWS_SECRET_ACCESS_KEY", "AWS_ROLE_ARN", "MY_AWS_SECRET_ACCESS_KEY_NAME"];
        of.projects.push(Project { variables: variables(&keys), ..Project::new("acme/shop") });
        let told = told(&of, Code::A25);
        assert_eq!(told.found, ["acme/shop#AWS_SECRET_ACCESS_KEY"]);
        assert_eq!(told.clear, 2);
    }

    #[test]
    fn variables_of_groups_are_looked_at_too_and_those_not_read_are_a_doubt() {
        let mut of = population(NOW);
        let mut group = group("acme");
        group.variables = variables(&["google_credentials"]);
        of.groups.push(group);
        of.projects.push(Project::new("acme/shop"));
        let told = told(&of, Code::A25);
        assert_eq!(told.found, ["acme#google_credentials"]);
        assert_eq!(told.doubts, ["it was not asked for"]);
    }
}
