//! [`PolicyFile`]: the policy of the deployment gate, from a TOML file or built in.
//!
//! **Invariant:** a policy with a fault is no policy: every fault is named with its place, and nothing is decided by it.

mod keys;
mod print;
mod read;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::diagnostic::{Diagnostic, Faults};
use super::load::{Unread, read_trusted};
use crate::gate::Policy;

pub use keys::policy_reference;

/// The name of this shape of policy.
pub const POLICY_SCHEMA: &str = "watchfloor/gate-policy/v1";

/// A policy and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyFile {
    /// What it says.
    pub policy: Policy,
    /// The file; none where it is the built-in one.
    pub path: Option<PathBuf>,
    /// The SHA-256 of the file's bytes, hexadecimal; of the built-in policy, those of its printed form.
    pub sha256: String,
}

impl PolicyFile {
    /// The built-in policy.
    pub fn builtin() -> PolicyFile {
        let policy = Policy::default();
        let sha256 = hash(&print::text(&policy));
        PolicyFile { policy, path: None, sha256 }
    }

    /// Reads a policy file, which nobody else may write.
    ///
    /// # Errors
    /// Every fault of the file, with its place.
    pub fn load(path: &Path) -> Result<PolicyFile, Faults> {
        let name = path.display().to_string();
        let text = read_trusted(path).map_err(|unread| match unread {
            Unread::Missing => {
                let hint = "check the path that --policy or `[gate] policy` gives".to_owned();
                Faults(vec![Diagnostic::about(&name, "the policy file is not there", Some(hint))])
            }
            Unread::Refused(fault) => Faults(vec![*fault]),
        })?;
        PolicyFile::parse(path, &text)
    }

    /// Reads the text of a policy file. Pure: no file is opened.
    ///
    /// # Errors
    /// Every fault of the text, with its place.
    pub fn parse(path: &Path, text: &str) -> Result<PolicyFile, Faults> {
        let policy = read::policy(&path.display().to_string(), text)?;
        Ok(PolicyFile { policy, path: Some(path.to_owned()), sha256: hash(text) })
    }

    /// The policy in force as a file of its own: every key, defaults included.
    pub fn text(&self) -> String {
        print::text(&self.policy)
    }
}

fn hash(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut out, byte| {
        // Writing to a string cannot fail.
        _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests;
