//! [`Bundle`]: the certificates that AWS's own tools are told to trust, by `AWS_CA_BUNDLE` or a profile's `ca_bundle`.

use std::path::PathBuf;

use aws_runtime::env_config::file::EnvConfigFiles;

use super::gate::Bounds;
use crate::api::{Env, Error};

/// The variable, which wins over the profile as it does for AWS's own tools.
const VARIABLE: &str = "AWS_CA_BUNDLE";
/// The key of a profile.
const KEY: &str = "ca_bundle";

/// A file of certificates and who named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bundle {
    /// The PEM file.
    pub(super) path: PathBuf,
    /// Who named it, for people.
    named_by: String,
}

impl Bundle {
    /// The bundle that is named; none where the system's certificates count. Of a simulated platform the environment is
    /// not asked. Files that cannot be read name none: whoever looks for credentials in them tells that.
    pub(super) async fn find(
        env: &Env,
        bounds: Bounds,
        files: &EnvConfigFiles,
        profile: Option<&str>,
    ) -> Option<Bundle> {
        let variable = if bounds == Bounds::Anywhere { env(VARIABLE) } else { None };
        if let Some(path) = variable.filter(|path| !path.is_empty()) {
            return Some(Bundle { path: path.into(), named_by: VARIABLE.to_owned() });
        }
        // Whom the environment names counts where it may be asked.
        let usual = (bounds == Bounds::Loopback).then_some("default");
        let chosen = profile.or(usual).map(|name| name.to_owned().into());
        let (system, variables) = Default::default();
        let set = aws_config::profile::load(&system, &variables, files, chosen).await.ok()?;
        let path = set.get(KEY).filter(|path| !path.is_empty())?;
        let named_by = format!("{KEY} of AWS profile {}", profile.unwrap_or("default"));
        Some(Bundle { path: path.into(), named_by })
    }

    /// A fault of the file, told with who named it and what to do.
    pub(super) fn at_fault(&self, error: Error) -> Error {
        let message = format!("{} (named by {})", error.message, self.named_by);
        let hint = format!(
            "let {} name a PEM file of certificates, or take it away: then the system's count",
            self.named_by
        );
        Error { message, hint: hint.into(), ..error }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_runtime::env_config::file::EnvConfigFileKind;

    use super::*;
    use crate::domain::FailureKind;

    const PROFILES: &str = "[default]\nca_bundle = /etc/default.pem\n[profile ci]\nca_bundle = /etc/ci.pem\n\
         [profile bare]\nregion = eu-west-1\n";

    /// Path and origin of the bundle where the variable is set so.
    async fn found(
        variable: Option<&'static str>,
        bounds: Bounds,
        profile: &str,
    ) -> Option<(String, String)> {
        let env: Env =
            Arc::new(move |name| variable.filter(|_| name == VARIABLE).map(str::to_owned));
        let files = EnvConfigFiles::builder();
        let files = files.with_contents(EnvConfigFileKind::Config, PROFILES).build();
        let bundle = Bundle::find(&env, bounds, &files, Some(profile)).await?;
        Some((bundle.path.display().to_string(), bundle.named_by))
    }

    fn told(path: &str, named_by: &str) -> (String, String) {
        (path.to_owned(), named_by.to_owned())
    }

    #[tokio::test]
    async fn the_variable_wins_over_the_profile() {
        let env = found(Some("/etc/env.pem"), Bounds::Anywhere, "ci").await;
        assert_eq!(env, Some(told("/etc/env.pem", "AWS_CA_BUNDLE")));
        let unset = found(Some(""), Bounds::Anywhere, "ci").await;
        assert_eq!(unset, Some(told("/etc/ci.pem", "ca_bundle of AWS profile ci")));
    }

    #[tokio::test]
    async fn each_profile_has_its_own_bundle_or_none() {
        let default = found(None, Bounds::Anywhere, "default").await;
        assert_eq!(default, Some(told("/etc/default.pem", "ca_bundle of AWS profile default")));
        assert_eq!(found(None, Bounds::Anywhere, "bare").await, None);
    }

    #[tokio::test]
    async fn of_a_simulated_platform_the_variable_is_not_read() {
        assert_eq!(found(Some("/etc/env.pem"), Bounds::Loopback, "bare").await, None);
    }

    #[test]
    fn a_fault_names_its_place_and_its_cure() {
        let path = "/etc/env.pem".into();
        let bundle = Bundle { path, named_by: VARIABLE.to_owned() };
        let error = bundle.at_fault(Error::new(FailureKind::Tls, "the certificates are not PEM"));
        assert_eq!(error.message, "the certificates are not PEM (named by AWS_CA_BUNDLE)");
        assert!(error.hint.starts_with("let AWS_CA_BUNDLE name a PEM file"), "{}", error.hint);
    }
}
