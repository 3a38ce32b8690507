//! The files of a register as they lie on this disk.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::cli::exit::Problem;
use crate::register::MOST_BYTES;

/// So many files are read at most: a register has one for each exception that ever was.
const MOST_FILES: usize = 50_000;
/// So deep lie folders at most.
const MOST_DEPTH: usize = 16;

/// What was read of a folder.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// Each file by the name that is printed, in order of names.
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// Links, which are not followed: what is behind them is no part of the register.
    pub(super) links: Vec<String>,
}

/// Reads every `*.yaml` and `*.yml` of a folder and of those below it; for a file those beside it. Hidden names are passed
/// over.
pub(super) fn read(path: &Path, root: Option<&Path>) -> Result<Folder, Problem> {
    let meta = fs::metadata(path).map_err(|why| unread(path, &why))?;
    let mut folder = Folder::default();
    let mut found = Vec::new();
    if meta.is_dir() {
        walk(path, MOST_DEPTH, &mut |path| found.push(path), &mut folder.links)?;
    } else {
        let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let beside = beside.unwrap_or(Path::new("."));
        walk(beside, 0, &mut |path| found.push(path), &mut Vec::new())?;
        found.retain(|other| named(other, root) != named(path, root));
        found.push(path.to_owned());
    }
    if found.len() > MOST_FILES {
        let message = format!("{} has more than {MOST_FILES} files", path.display());
        return Err(Problem::usage(message, "name the folder of the records alone"));
    }
    for file in found {
        folder.files.push((named(&file, root), bytes(&file)?));
    }
    folder.files.sort();
    folder.links = folder.links.iter().map(|link| named(Path::new(link), root)).collect();
    folder.links.sort();
    Ok(folder)
}

/// The name of a file as it is printed: below the root of the checkout where that is known, without `./`.
pub(super) fn named(path: &Path, root: Option<&Path>) -> String {
    let below = root.and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path);
    let below = below.strip_prefix(".").unwrap_or(below);
    below.display().to_string()
}

fn walk(
    folder: &Path,
    depth: usize,
    found: &mut dyn FnMut(PathBuf),
    links: &mut Vec<String>,
) -> Result<(), Problem> {
    let entries = fs::read_dir(folder).map_err(|why| unread(folder, &why))?;
    for entry in entries {
        let entry = entry.map_err(|why| unread(folder, &why))?;
        let (path, name) = (entry.path(), entry.file_name());
        let kind = entry.file_type().map_err(|why| unread(&path, &why))?;
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind.is_dir() && depth > 0 {
            walk(&path, depth - 1, found, links)?;
        } else if kind.is_symlink() {
            links.push(path.display().to_string());
        } else if kind.is_file() && is_yaml(&path) {
            found(path);
        }
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    matches!(path.extension().and_then(|ending| ending.to_str()), Some("yaml" | "yml"))
}

/// The bytes of a file, one more than a record may have at most: what is larger is refused by the reader.
fn bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|why| unread(path, &why))?;
    Ok(bytes)
}

fn unread(path: &Path, why: &io::Error) -> Problem {
    let message = format!("{} cannot be read: {why}", path.display());
    Problem::usage(message, "name the folder of the register's records, or one of its files")
}
