//! Rules about names: of records, of their files, and of what they renew.

use super::Case;
use crate::domain::{ExceptionKind, Flaw};
use crate::register::index::Break;
use crate::register::read::nearest;

/// The name of a file without its folders and its ending.
pub(super) fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or(name)
}

/// An id names one record.
pub(super) fn duplicate(case: &Case<'_>) -> Vec<Flaw> {
    let id = &case.entry.record.id;
    let first = case.register.get(id).map(|first| &first.path);
    let Some(first) = first.filter(|first| **first != case.entry.path) else { return Vec::new() };
    let what = format!("the id `{id}` is that of {first} already");
    let cure = "give it an id of its own, and its file the same name";
    vec![case.error("duplicate-id", "id", (what, cure))]
}

/// A file bears the id of its record: two requests for one id then meet in git, not in the register.
pub(super) fn file_name(case: &Case<'_>) -> Vec<Flaw> {
    let (id, stem) = (&case.entry.record.id, stem(&case.entry.path));
    if **id == *stem {
        return Vec::new();
    }
    let what = format!("the file is named `{stem}`, and its record `{id}`");
    let cure = "name the file after the id: ID.yaml";
    vec![case.error("file-name", "id", (what, cure))]
}

/// What a record renews is there, is renewed once, and does not lead back to it. A kind of one's own is no misspelling.
pub(super) fn renews(case: &Case<'_>) -> Vec<Flaw> {
    let mut flaws = kind(case);
    let record = &case.entry.record;
    let Some(old) = &record.renews else { return flaws };
    let is_unread = case.unread.contains(old);
    if case.lineage.broken == Some(Break::Cycle) {
        let what = format!("`renews` leads from `{}` back into a circle", record.id);
        let cure = "let the first grant renew nothing";
        flaws.push(case.error("renews-cycle", "renews", (what, cure)));
    } else if case.register.get(old).is_none() && !is_unread {
        let what = format!("`renews` names `{old}`, which is not in the register");
        let cure = "name the id of the record that it renews, and keep that record";
        flaws.push(case.error("renews-unknown", "renews", (what, cure)));
    }
    let first = case.register.renewals_of(old).next().map(|entry| &entry.path);
    if let Some(first) = first.filter(|first| **first != case.entry.path) {
        let what = format!("`{old}` is renewed by {first} already");
        let cure = "renew the newest record of the chain";
        flaws.push(case.warning("renewed-twice", "renews", (what, cure)));
    }
    flaws
}

fn kind(case: &Case<'_>) -> Vec<Flaw> {
    let ExceptionKind::Own(name) = &case.entry.record.kind else { return Vec::new() };
    if case.rules.max_ttl.contains_key(name.as_str()) {
        return Vec::new();
    }
    let known = ExceptionKind::KNOWN;
    let names: Vec<&str> = known.iter().map(ExceptionKind::name).collect();
    let Some(near) = nearest(name, &names) else { return Vec::new() };
    let what = format!("the kind `{name}` is one of your own; did you mean `{near}`?");
    let cure = "correct it, or give it a longest life of its own in `exceptions.max_ttl`";
    vec![case.warning("kind-spelling", "kind", (what, cure))]
}
