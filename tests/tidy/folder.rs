//! The files of the project, without what is built or kept by other programs.

use std::fs;
use std::path::{Path, PathBuf};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Rust.
    Rust,
    /// Text that people write: settings, documents, scripts.
    Text,
    /// Anything else.
    Other,
}

/// A file of the project.
#[derive(Debug)]
pub(crate) struct File {
    /// Its name from the folder that was asked for, with `/` between the parts.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: Kind,
    path: PathBuf,
}

impl File {
    /// Its text.
    pub(crate) fn text(&self) -> String {
        fs::read_to_string(&self.path).expect("text in UTF-8")
    }
}

/// Folders and files that are not written by hand.
const NOT_OURS: &[&str] = &["target", ".git", "Cargo.lock", "package-lock.json", "node_modules"];

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file of the project.
pub(crate) fn text(name: &str) -> String {
    let path = root().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {name}: {error}"))
}

/// Every file that people write.
pub(crate) fn own() -> Vec<File> {
    files(&root(), "")
}

/// Every file under a folder, in the order of their names.
pub(crate) fn files(folder: &Path, prefix: &str) -> Vec<File> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        let own_name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if NOT_OURS.contains(&own_name.as_str()) {
            continue;
        }
        let name = format!("{prefix}{own_name}");
        if path.is_dir() {
            found.extend(files(&path, &format!("{name}/")));
        } else {
            found.push(File { kind: kind(&name), name, path });
        }
    }
    found
}

fn kind(name: &str) -> Kind {
    match name.rsplit('.').next() {
        Some("rs") => Kind::Rust,
        Some("toml" | "md" | "graphql" | "json" | "js" | "sh" | "yml" | "txt" | "gitignore") => {
            Kind::Text
        }
        _ if name.starts_with(".ci/") || name.starts_with("LICENSE") => Kind::Text,
        _ => Kind::Other,
    }
}
