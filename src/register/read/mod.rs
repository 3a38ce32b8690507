//! [`Entry`]: a file of the register, read strictly: one YAML document, every key known, every flaw with its place.

#[cfg(test)]
pub(crate) mod fixture;
mod instant;
mod part;
mod tree;

use std::collections::BTreeMap;

use crate::domain::exception::Decision;
use crate::domain::{
    Artefact, ExceptionKind, ExceptionScope, Flaw, FlawSeverity, Record, Stamp, Text,
};
pub(super) use instant::stamp as instant_of;
pub(super) use part::nearest;
use part::{Part, Sheet, Value};
use tree::{Node, Place};

/// A record is a page of text: what is larger is refused unread.
pub const MOST_BYTES: usize = 256 * 1024;
/// The longest name of a record: it becomes the name of a file and of a branch.
const LONGEST_ID: usize = 64;

/// A file of the register that holds a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The file, as it was named to the reader.
    pub path: Text,
    /// What it says.
    pub record: Record,
    /// What should be changed in it, though it can be read.
    pub notes: Vec<Flaw>,
    places: BTreeMap<String, Place>,
}

impl Entry {
    /// Reads the bytes of a file. Pure: no file is opened.
    ///
    /// # Errors
    /// Every flaw of the file, in the order of places.
    pub fn read(path: &str, bytes: &[u8]) -> Result<Entry, Vec<Flaw>> {
        let sheet = Sheet::new(path);
        let found = node_of(bytes, &sheet).and_then(|node| of_node(&node, &sheet));
        let flaws = sheet.flaws();
        let is_faulty = flaws.iter().any(|flaw| flaw.severity == FlawSeverity::Error);
        match found {
            Some((record, places)) if !is_faulty => {
                Ok(Entry { path: Text::new(path), record, notes: flaws, places })
            }
            _ => Err(flaws),
        }
    }

    /// Line and column of a key of the record, both from 1; the start of the file where the key is not there.
    pub fn place_of(&self, key: &str) -> (u32, u32) {
        self.places.get(key).copied().unwrap_or((1, 1))
    }
}

fn node_of(bytes: &[u8], sheet: &Sheet<'_>) -> Option<Node> {
    if bytes.len() > MOST_BYTES {
        let what = format!("the file is larger than {} KiB", MOST_BYTES / 1024);
        let cure = "keep what proves it elsewhere and name its address in `evidence`";
        sheet.error("too-large", (0, 0), &what, cure);
        return None;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        sheet.error("not-utf8", (0, 0), "the file is no UTF-8", "save it as UTF-8");
        return None;
    };
    let documents = match tree::documents(text) {
        Ok(documents) => documents,
        Err(refusal) => {
            sheet.error(refusal.code, refusal.place, &refusal.why, refusal.cure);
            return None;
        }
    };
    let mut documents = documents.into_iter();
    let first = documents.next().filter(|node| node.tree != tree::Tree::Null);
    if let Some(second) = documents.next() {
        let cure = "keep one record a file: put the others into files of their own";
        sheet.error("documents", second.place, "the file holds several documents", cure);
    }
    if first.is_none() {
        let cure = "docs/exceptions.md shows a whole record";
        sheet.error("empty", (1, 1), "the file holds no record", cure);
    }
    first
}

fn of_node(node: &Node, sheet: &Sheet<'_>) -> Option<(Record, BTreeMap<String, Place>)> {
    let root = Part::root(sheet, node)?;
    let places = root.places().map(|(key, place)| (key.to_owned(), place)).collect();
    let record = record(&root);
    root.finish();
    Some((record?, places))
}

/// Reads every key before it gives up, so that every flaw is told at once.
fn record(root: &Part<'_>) -> Option<Record> {
    let text = |key| root.value(key).and_then(|value| value.text());
    let need = |key| root.need(key).and_then(|value| value.text());
    let id = root.need("id").and_then(|value| id(&value));
    let (title, kind) = (need("title"), root.need("kind").and_then(|value| kind(&value)));
    let scope = root.need("scope").and_then(|value| value.part()).map(|part| scope(&part));
    let requester = root.need("requester").and_then(|value| person(&value));
    let owner = root.value("owner").and_then(|value| person(&value));
    let (justification, risk) = (need("justification"), need("risk"));
    let residual_risk = text("residual_risk");
    let controls = texts(root.value("controls"));
    let (approvers, beneficiaries) =
        (people(root.value("approvers")), people(root.value("beneficiaries")));
    let (starts, expires) = (root.need("starts_at"), root.need("expires_at"));
    let span = span(starts.as_ref(), expires.as_ref());
    let ticket = text("ticket");
    let renews = root.value("renews").and_then(|value| self::id(&value));
    let artefacts = root.value("artefacts").map(|value| artefacts(&value)).unwrap_or_default();
    let evidence = texts(root.value("evidence"));
    let revocation = root.value("revocation").map(|value| decision(&value));
    let closed = root.value("closed").map(|value| decision(&value));
    let (starts_at, expires_at) = span?;
    Some(Record {
        id: id?,
        title: title?,
        kind: kind?,
        scope: scope?,
        requester: requester?,
        owner,
        justification: justification?,
        risk: risk?,
        residual_risk,
        controls,
        approvers,
        beneficiaries,
        starts_at,
        expires_at,
        ticket,
        renews,
        artefacts,
        evidence,
        revocation: revocation.flatten(),
        closed: closed.flatten(),
    })
}

/// A name that is also that of a file and of a branch.
fn id(value: &Value<'_>) -> Option<Text> {
    let raw = value.raw()?;
    let is_inner =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let is_edge = |letter: Option<char>| letter.is_some_and(|one| one.is_ascii_alphanumeric());
    let is_id = raw.len() <= LONGEST_ID
        && raw.chars().all(is_inner)
        && is_edge(raw.chars().next())
        && is_edge(raw.chars().next_back())
        && !raw.contains("..");
    if !is_id {
        let what = format!("{} is no id: `{raw}`", value.name());
        let cure = "letters, digits, `-`, `_` and `.` between them, 64 at most: EXC-2026-014";
        value.wrong("id-form", &what, cure);
        return None;
    }
    Some(Text::new(raw))
}

fn kind(value: &Value<'_>) -> Option<ExceptionKind> {
    let raw = value.raw()?;
    let is_name = raw.starts_with(|first: char| first.is_ascii_lowercase())
        && raw.len() <= LONGEST_ID
        && raw.chars().all(|one| matches!(one, 'a'..='z' | '0'..='9' | '_'));
    if !is_name {
        let what = format!("{} is no name of a kind: `{raw}`", value.name());
        let cure = "small letters, digits and `_`: runner, release_role, package_source, policy, \
                    freeze_override, or a name of your own";
        value.wrong("kind-form", &what, cure);
        return None;
    }
    Some(ExceptionKind::of(raw))
}

/// A username of GitLab: no mention, no address, no name with blanks.
fn person(value: &Value<'_>) -> Option<Text> {
    let raw = value.raw()?;
    let is_name =
        raw.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '-' | '_' | '.'));
    if !is_name {
        let what = format!("{} is no username: `{raw}`", value.name());
        let cure = "write the username as GitLab has it, without `@`: asha";
        value.wrong("person-form", &what, cure);
        return None;
    }
    Some(Text::new(raw))
}

fn texts(value: Option<Value<'_>>) -> Vec<Text> {
    let list = value.map(|value| value.list()).unwrap_or_default();
    list.iter().filter_map(Value::text).collect()
}

fn people(value: Option<Value<'_>>) -> Vec<Text> {
    let list = value.map(|value| value.list()).unwrap_or_default();
    list.iter().filter_map(person).collect()
}

fn scope(part: &Part<'_>) -> ExceptionScope {
    let list = |key| texts(part.value(key));
    let known = ExceptionScope {
        projects: list("projects"),
        environments: list("environments"),
        tiers: list("tiers"),
        resources: list("resources"),
        policies: list("policies"),
        packages: list("packages"),
        other: Vec::new(),
    };
    let other = part.rest().into_iter().map(|(key, value)| (Text::new(key), texts(Some(value))));
    ExceptionScope { other: other.collect(), ..known }
}

fn artefacts(value: &Value<'_>) -> Vec<Artefact> {
    value.list().iter().filter_map(artefact).collect()
}

fn artefact(value: &Value<'_>) -> Option<Artefact> {
    let part = value.part()?;
    let text = |key| part.value(key).and_then(|value| value.text());
    let tool = part.need("tool").and_then(|value| value.text());
    let (project, cluster) = (text("project"), text("cluster"));
    let (path, rule) = (text("path"), text("rule"));
    part.finish();
    Some(Artefact { tool: tool?, project, cluster, path, rule })
}

fn decision(value: &Value<'_>) -> Option<Decision> {
    let part = value.part()?;
    let at = part.need("at").and_then(|value| stamp(&value));
    let by = part.need("by").and_then(|value| person(&value));
    let reason = part.need("reason").and_then(|value| value.text());
    part.finish();
    Some(Decision { at: at?, by: by?, reason: reason? })
}

fn stamp(value: &Value<'_>) -> Option<Stamp> {
    let raw = value.raw()?;
    let read = instant::stamp(raw);
    read.map_err(|(why, cure)| value.wrong("instant", &format!("{}: {why}", value.name()), &cure))
        .ok()
}

/// Start and end, the end after the start.
fn span(starts: Option<&Value<'_>>, expires: Option<&Value<'_>>) -> Option<(Stamp, Stamp)> {
    let (start, end) = (starts.and_then(stamp), expires.and_then(stamp));
    let (start, end) = (start?, end?);
    if end.at <= start.at {
        let what = format!(
            "`expires_at` ({}) is not after `starts_at` ({}): it would never hold",
            end.text(),
            start.text()
        );
        let cure = "choose a later end; a bare date is 00:00 UTC at its start";
        expires?.wrong("order", &what, cure);
        return None;
    }
    Some((start, end))
}

#[cfg(test)]
mod tests;
