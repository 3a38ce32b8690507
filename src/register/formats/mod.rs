//! Exceptions as other tools keep them: a reader for each form, from bytes or parsed values to [`Native`](crate::domain::Native) ones.
//!
//! **Invariant:** a reader says what the tool itself would do with a line, never what its author may have meant, and it
//! says aloud what it passes over. A file that cannot be read whole is refused with its place: half a list would look
//! like the absence of the other half. What comes from strangers never makes a reader panic, and never makes it slow:
//! size, depth, and what aliases may repeat are bound.

mod checkov_config;
mod checkov_inline;
mod day;
mod file;
mod gitlab_dismissal;
mod gitlab_grant;
mod gitlab_policy;
mod grype;
mod kyverno;
mod osv;
mod silence;
#[cfg(test)]
mod tests;
mod trivy_ignore;
mod trivy_yaml;
mod yaml;

pub use file::{File, Found, MOST_BYTES};
pub use gitlab_dismissal::{Dismissal, of_dismissal};
pub use gitlab_grant::{Grant, GrantKind, of_grant};
pub use kyverno::{Exception as KyvernoException, of_cel, of_classic};
pub use silence::of_silence;

use crate::domain::Flaw;
use crate::domain::exception::Tool;

/// The form that a file has by its name, as its tool would look for it; Checkov's comments may stand in any other file.
pub fn form_of(path: &str) -> Tool {
    let path = path.trim_start_matches("./");
    let name = path.rsplit('/').next().unwrap_or(path);
    match name {
        ".trivyignore" => Tool::TrivyIgnore,
        ".trivyignore.yaml" | ".trivyignore.yml" => Tool::TrivyIgnoreYaml,
        "osv-scanner.toml" => Tool::OsvScanner,
        ".grype.yaml" | ".grype.yml" => Tool::Grype,
        ".checkov.yaml" | ".checkov.yml" => Tool::CheckovConfig,
        _ if path == ".grype/config.yaml" || path.ends_with("/.grype/config.yaml") => Tool::Grype,
        _ if path == ".gitlab/security-policies/policy.yml" => Tool::GitlabBypass,
        _ => Tool::CheckovInline,
    }
}

/// Reads a file of a project by the form that its name says.
///
/// # Errors
/// Why the whole file is refused, with its place: it is too large, no UTF-8, or its tool could not read it either.
pub fn read(file: &File<'_>, bytes: &[u8]) -> Result<Found, Flaw> {
    let text = file.text(bytes)?;
    match form_of(file.path) {
        Tool::TrivyIgnore => Ok(trivy_ignore::read(file, text)),
        Tool::TrivyIgnoreYaml => trivy_yaml::read(file, text),
        Tool::OsvScanner => osv::read(file, text),
        Tool::Grype => grype::read(file, text),
        Tool::CheckovConfig => checkov_config::read(file, text),
        Tool::GitlabBypass => gitlab_policy::read(file, text),
        _ => Ok(checkov_inline::read(file, text)),
    }
}
