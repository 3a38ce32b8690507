//! Who else may touch a file: what others may write is not believed, what others may read is not secret.

use std::fs::Metadata;
use std::path::Path;

/// What is wrong with the rights on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// The group or others may write it.
    Writable,
    /// The group or others may read it.
    Readable,
}

impl Exposure {
    /// Completes "the file …".
    pub fn message(self) -> &'static str {
        match self {
            Exposure::Writable => "may be written by others",
            Exposure::Readable => "may be read by others",
        }
    }

    /// The command that cures it.
    pub fn hint(self, path: &Path) -> String {
        match self {
            Exposure::Writable => format!("chmod go-w '{}'", path.display()),
            Exposure::Readable => format!("chmod 600 '{}'", path.display()),
        }
    }
}

/// Whether somebody else may write a file with this metadata.
pub(super) fn writable_by_others(metadata: &Metadata) -> Option<Exposure> {
    (mode(metadata) & 0o022 != 0).then_some(Exposure::Writable)
}

/// Whether somebody else may write or read a file with this metadata.
pub(super) fn exposed(metadata: &Metadata) -> Option<Exposure> {
    writable_by_others(metadata)
        .or_else(|| (mode(metadata) & 0o044 != 0).then_some(Exposure::Readable))
}

/// The permission bits; none where the system has no such thing.
#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode()
}

/// The permission bits; none where the system has no such thing.
#[cfg(not(unix))]
fn mode(_: &Metadata) -> u32 {
    0
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn with_mode(mode: u32) -> (Option<Exposure>, Option<Exposure>) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        set_permissions(file.path(), Permissions::from_mode(mode)).expect("chmod");
        let metadata = file.path().metadata().expect("metadata");
        (writable_by_others(&metadata), exposed(&metadata))
    }

    #[test]
    fn a_file_of_our_own_is_not_exposed() {
        assert_eq!(with_mode(0o600), (None, None));
    }

    #[test]
    fn a_file_that_the_group_reads_is_no_secret_but_may_be_believed() {
        assert_eq!(with_mode(0o640), (None, Some(Exposure::Readable)));
    }

    #[test]
    fn a_file_that_others_write_is_neither() {
        let writable = Some(Exposure::Writable);
        assert_eq!(with_mode(0o602), (writable, writable));
        assert_eq!(with_mode(0o620), (writable, writable));
    }
}
