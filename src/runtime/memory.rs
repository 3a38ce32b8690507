//! The file that remembers sorts, columns and filters: `ui.toml` in the state directory.

use std::path::Path;

use crate::app::memory::Memory;
use crate::config::write_private;

/// What was remembered. A file that cannot be read counts as none: it holds nothing that matters.
pub(super) fn read(path: &Path) -> Memory {
    std::fs::read_to_string(path)
        .ok()
        .and_then(|text| toml::from_str(&text).ok())
        .unwrap_or_default()
}

/// Remembers.
///
/// # Errors
/// When the file cannot be written; the words say which.
pub(super) fn write(path: &Path, memory: &Memory) -> Result<(), String> {
    let text = toml::to_string(memory).map_err(|error| error.to_string())?;
    write_private(path, text.as_bytes())
        .map_err(|error| format!("could not remember the tables in {}: {error}", path.display()))
}
