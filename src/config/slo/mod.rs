//! [`SloFiles`]: objectives from files of `OpenSLO` v1 and of sloth's own form.
//!
//! **Invariant:** what is not read is refused by its name, with file, place and cure; a bad file takes nothing from the
//! others.

pub(super) mod builtin;
mod counter;
mod lost;
mod openslo;
mod part;
mod policy;
mod sloth;
mod tree;
mod window;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::load::{Unread, read_trusted};
use crate::domain::Definition;
pub use lost::Lost;
use part::{Part, Sheet, Value};
use tree::Node;

/// At most so many files of one folder are read.
const MOST_FILES: usize = 1000;
/// At most so many definitions are made.
const MOST_DEFINITIONS: usize = 5000;
/// So much is looked at of a file that is not believed, bytes.
const GLIMPSE: u64 = 1 << 20;
/// The form of `OpenSLO` that is read.
const OPENSLO: &str = "openslo/v1";
/// sloth's form that is read.
const SLOTH: &str = "prometheus/v1";
/// Every kind of `OpenSLO`.
const KINDS: [&str; 7] = [
    "SLO",
    "SLI",
    "Service",
    "DataSource",
    "AlertPolicy",
    "AlertCondition",
    "AlertNotificationTarget",
];

/// What the files of some folders define.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SloFiles {
    /// The objectives, in the order of their files.
    pub definitions: Vec<Definition>,
    /// What could not be read, with its place and its cure.
    pub faults: Vec<Diagnostic>,
    /// What was passed over on purpose.
    pub notes: Vec<Diagnostic>,
    /// What the faults took away, by service: a promise that is not measured is not kept for that.
    pub lost: Vec<Lost>,
    /// Whether it is not known of some fault what it took away: a folder that was not read.
    pub is_dark: bool,
    /// How many files were read.
    pub files: usize,
}

impl SloFiles {
    /// Reads every `*.yaml` and `*.yml` of these folders. What others may write is not believed.
    pub fn read(folders: &[PathBuf]) -> SloFiles {
        let (mut texts, mut faults) = (Vec::new(), Vec::new());
        let (mut lost, mut is_dark) = (Vec::new(), false);
        for folder in folders {
            match files(folder) {
                Ok(paths) => texts.extend(paths.iter().filter_map(|path| {
                    let name = path.display().to_string();
                    match read_trusted(path) {
                        Ok(text) => Some((name, text)),
                        Err(Unread::Refused(fault)) => {
                            match glimpse(path) {
                                Some(text) => lost.extend(lost::lost(&fault, &text, 0)),
                                None => is_dark = true,
                            }
                            faults.push(*fault);
                            None
                        }
                        Err(Unread::Missing) => None,
                    }
                })),
                Err(fault) => {
                    is_dark = true;
                    faults.push(*fault);
                }
            }
        }
        let mut read = SloFiles::parse(&texts);
        faults.append(&mut read.faults);
        lost.append(&mut read.lost);
        SloFiles { faults, lost, is_dark, ..read }
    }

    /// Reads texts by the names of their files. Pure: no file is opened.
    pub fn parse(texts: &[(String, String)]) -> SloFiles {
        let sheets: Vec<Sheet<'_>> =
            texts.iter().map(|(name, text)| Sheet::new(name, text)).collect();
        let trees: Vec<Vec<Node>> = sheets.iter().map(parsed).collect();
        let mut shelf = Shelf::default();
        let mut definitions: Vec<Definition> = Vec::new();
        for (sheet, trees) in sheets.iter().zip(&trees) {
            for node in trees {
                definitions.extend(place(sheet, node, &mut shelf));
            }
        }
        definitions.extend(shelf.definitions());
        let definitions = each_once(definitions, &sheets);
        let (mut faults, mut notes, mut all_lost) = (Vec::new(), Vec::new(), Vec::new());
        for (sheet, trees) in sheets.into_iter().zip(&trees) {
            let own = each(sheet.faults.into_inner());
            let of = |fault| lost::lost(fault, sheet.text, trees.len());
            all_lost.extend(own.iter().flat_map(of));
            faults.extend(own);
            notes.extend(each(sheet.notes.into_inner()));
        }
        let files = texts.len();
        SloFiles { definitions, faults, notes, lost: all_lost, is_dark: false, files }
    }
}

/// What stands in a file that is not believed. Nothing is defined by it: it only tells whose objectives are missing.
fn glimpse(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(GLIMPSE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The files of a folder, in order of name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<Diagnostic>> {
    let name = folder.display().to_string();
    let fault = |message: &str, hint: &str| {
        Box::new(Diagnostic::about(&name, message, Some(hint.to_owned())))
    };
    let hint = "check `slo.folders`: it names folders with files that end in .yaml or .yml";
    let entries = std::fs::read_dir(folder)
        .map_err(|why| fault(&format!("the folder of objectives cannot be read: {why}"), hint))?;
    let is_yaml = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let is_hidden =
            path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        matches!(ending, Some("yaml" | "yml")) && !is_hidden
    };
    let mut paths: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|entry| entry.path()).filter(is_yaml).collect();
    paths.sort();
    if paths.len() > MOST_FILES {
        let message = format!("the folder has {} files, more than {MOST_FILES}", paths.len());
        return Err(fault(&message, "divide it into several folders"));
    }
    Ok(paths)
}

fn parsed(sheet: &Sheet<'_>) -> Vec<Node> {
    match tree::documents(sheet.text) {
        Ok(nodes) => nodes.into_iter().filter(|node| node.tree != tree::Tree::Null).collect(),
        Err((place, why)) => {
            let hint = "docs/slos.md shows whole files of both forms";
            sheet.fault(place, &format!("this YAML is not read: {why}"), hint);
            Vec::new()
        }
    }
}

/// Reads a document of sloth, or puts one of `OpenSLO` on the shelf.
fn place<'n>(sheet: &'n Sheet<'n>, node: &'n Node, shelf: &mut Shelf<'n>) -> Vec<Definition> {
    let Some(root) = Part::root(sheet, node) else { return Vec::new() };
    let (version, api) = (root.value("version"), root.value("apiVersion"));
    match (version.as_ref().and_then(Value::as_text), api.as_ref().and_then(Value::as_text)) {
        (Some(SLOTH), _) => sloth::read(sheet, &root),
        (_, Some(OPENSLO)) => {
            shelf.take(sheet, node, &root);
            Vec::new()
        }
        (_, Some(other)) => {
            let kind = root.text("kind").unwrap_or("a document");
            let why = format!("{kind} of `{other}` is not supported");
            let hint =
                format!("write it as `apiVersion: {OPENSLO}`, or as sloth's `version: {SLOTH}`");
            sheet.fault(node.place, &why, &hint);
            Vec::new()
        }
        (other, None) => {
            let other = other.unwrap_or("nothing");
            let why = format!("this is neither OpenSLO nor sloth: its version is {other}");
            let hint = format!("begin with `apiVersion: {OPENSLO}`, or with `version: {SLOTH}`");
            sheet.fault(node.place, &why, &hint);
            Vec::new()
        }
    }
}

/// A document of `OpenSLO`.
struct Doc<'n> {
    sheet: &'n Sheet<'n>,
    node: &'n Node,
    name: &'n str,
}

impl<'n> Doc<'n> {
    /// Its map, with what says what it is passed over.
    fn root(&self) -> Option<Part<'n>> {
        let root = Part::root(self.sheet, self.node)?;
        root.pass(&["apiVersion", "kind"]);
        Some(root)
    }
}

/// The documents of `OpenSLO` by kind and name, whatever file they are from.
#[derive(Default)]
struct Shelf<'n>(BTreeMap<(String, String), Doc<'n>>);

impl<'n> Shelf<'n> {
    fn take(&mut self, sheet: &'n Sheet<'n>, node: &'n Node, root: &Part<'n>) {
        let Some(kind) = root.need("kind") else { return };
        let Some(word) = kind.text() else { return };
        if !KINDS.contains(&word) {
            kind.wrong(&format!("is `{word}`, no kind of OpenSLO v1"), &KINDS.join(", "));
            return;
        }
        let name = root.need_part("metadata").and_then(|part| part.need_text("name"));
        let Some(name) = name else { return };
        let key = (word.to_owned(), name.to_owned());
        if self.0.contains_key(&key) {
            let hint = "give each its own name: references go by it";
            sheet.fault(node.place, &format!("there is another {word} named `{name}`"), hint);
            return;
        }
        self.0.insert(key, Doc { sheet, node, name });
    }

    /// The document that a value names; a fault where there is none.
    fn find(&self, kind: &str, value: &Value<'_>) -> Option<&Doc<'n>> {
        let name = value.text()?;
        let found = self.0.get(&(kind.to_owned(), name.to_owned()));
        if found.is_none() {
            let hint = format!("add a document of `kind: {kind}` with that name to a folder");
            value
                .wrong(&format!("names the {kind} `{name}`, which is in none of the files"), &hint);
        }
        found
    }

    /// Reads everything; what nobody refers to is checked all the same.
    fn definitions(&self) -> Vec<Definition> {
        let mut definitions = Vec::new();
        for ((kind, _), doc) in &self.0 {
            match kind.as_str() {
                "SLO" => definitions.extend(openslo::read(doc, self)),
                "SLI" => drop(openslo::of_doc(doc, self)),
                "DataSource" => _ = openslo::of_prometheus(doc),
                "AlertPolicy" => drop(policy::of_doc(doc, self)),
                "AlertCondition" => _ = policy::step_of(doc),
                _ => {}
            }
        }
        definitions
    }
}

/// The definitions whose names nobody had before, and not more of them than are read.
fn each_once(definitions: Vec<Definition>, sheets: &[Sheet<'_>]) -> Vec<Definition> {
    let mut kept: Vec<Definition> = Vec::new();
    let mut seen = BTreeMap::new();
    for definition in definitions {
        let fault = |message: &str, hint: &str| {
            let (file, line) = definition.place.rsplit_once(':').unwrap_or_default();
            let place = (line.parse().unwrap_or_default(), 1);
            let sheet = sheets.iter().find(|sheet| *sheet.file == *file);
            if let Some(sheet) = sheet {
                sheet.fault(place, message, hint);
            }
        };
        let rule = definition.rule_id.clone();
        if let Some(other) = seen.get(&rule) {
            let message = format!("the objective `{rule}` is defined already, at {other}");
            fault(&message, "give each its own name");
        } else if kept.len() >= MOST_DEFINITIONS {
            let message = format!("the objective `{rule}` is one more than {MOST_DEFINITIONS}");
            fault(&message, "let sloth or pyrra record the rest in Prometheus");
        } else {
            seen.insert(rule, definition.place.clone());
            kept.push(definition);
        }
    }
    kept
}

/// Each fault once, in the order of their places: a document that two refer to is read twice.
fn each(mut faults: Vec<Diagnostic>) -> Vec<Diagnostic> {
    faults.sort_by(|one, other| {
        let key = |fault: &Diagnostic| (fault.line, fault.column, fault.message.clone());
        key(one).cmp(&key(other))
    });
    faults.dedup();
    faults
}

#[cfg(test)]
mod tests;
