//! The folder of an export: written new and for its owner alone; read without following anything out of it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::access::export::File;
use crate::cli::exit::Problem;
use crate::config::{create_private_dir, write_private};

/// So many files an export has at most.
const MOST_FILES: usize = 64;

/// Writes the files into a folder that does not exist yet, or is empty.
pub(super) fn write(folder: &Path, files: &[File]) -> Result<(), Problem> {
    let wrong = |why: &dyn std::fmt::Display| {
        let message = format!("the export cannot be written to {}: {why}", folder.display());
        Problem::usage(message, "name a folder that does not exist yet")
    };
    match fs::read_dir(folder) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(wrong(&"it is not empty"));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create_private_dir(folder).map_err(|error| wrong(&error))?;
        }
        Err(error) => return Err(wrong(&error)),
    }
    for file in files {
        write_private(&folder.join(file.name), &file.bytes).map_err(|error| wrong(&error))?;
    }
    Ok(())
}

/// Reads the files of a folder, by name.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, Problem> {
    let wrong = |why: &dyn std::fmt::Display| {
        let message = format!("{} cannot be read: {why}", folder.display());
        Problem::usage(message, "name a folder that `watchfloor access review export` wrote")
    };
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| wrong(&error))? {
        let entry = entry.map_err(|error| wrong(&error))?;
        let kind = entry.file_type().map_err(|error| wrong(&error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !kind.is_file() {
            return Err(wrong(&format!("{name} is no file")));
        }
        if files.len() >= MOST_FILES {
            return Err(wrong(&format!("it has more than {MOST_FILES} files")));
        }
        let bytes = fs::read(entry.path()).map_err(|error| wrong(&error))?;
        files.insert(name, bytes);
    }
    if !["manifest.json", "chain.jsonl"].iter().any(|name| files.contains_key(*name)) {
        return Err(wrong(&"there is neither a manifest.json nor a chain.jsonl in it"));
    }
    Ok(files)
}
