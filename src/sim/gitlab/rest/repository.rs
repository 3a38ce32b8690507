//! Repositories as they are read: trees, files, blobs, commits, branches and what differs.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::links;
use super::super::wire::Reply;
use super::paging::{self, Paging, Totals};
use super::{Answer, Desk, shape};
use crate::sim::clock;
use crate::sim::world::git::{Blob, Change, Commit, MAIN, Repository, between, digest};

/// A file or a folder of a tree.
struct Entry {
    path: String,
    id: String,
    folder: bool,
}

/// Answers what is asked below `/projects/ID/repository`; `None` where there is no such route.
pub(super) fn get(desk: &Desk<'_>, id: &str, path: &[&str]) -> Option<Answer> {
    Some(match path {
        ["tree"] => tree(desk, id),
        ["files", path] => file(desk, id, path),
        ["files", path, "raw"] => raw_file(desk, id, path),
        ["blobs", sha] => blob(desk, id, sha),
        ["blobs", sha, "raw"] => raw_blob(desk, id, sha),
        ["commits"] => commits(desk, id),
        ["commits", sha] => commit(desk, id, sha),
        ["commits", sha, "diff"] => commit_diff(desk, id, sha),
        ["compare"] => compare(desk, id),
        ["branches"] => branches(desk, id),
        ["branches", name] => branch(desk, id, name),
        _ => return None,
    })
}

/// The repository of a project, with the project's id.
pub(super) fn open<'a>(desk: &'a Desk<'_>, id: &str) -> Result<(&'a Repository, u64), Reply> {
    let project = desk.project(id)?.id;
    Ok((desk.world.repository(project), project))
}

fn tree(desk: &Desk<'_>, id: &str) -> Answer {
    let (repository, _) = open(desk, id)?;
    let query = &desk.ask.query;
    let wanted = query.get("ref").unwrap_or(MAIN);
    let commit = repository.find(wanted).ok_or_else(|| Reply::missing("Tree"))?;
    let folder = query.get("path").unwrap_or_default().trim_matches('/');
    let depth = if query.is_on("recursive") { usize::MAX } else { 1 };
    let rows = entries(commit, folder, depth);
    if rows.is_empty() && !folder.is_empty() {
        return Err(Reply::missing("invalid revision or path"));
    }
    let row = |one: &Entry| {
        json!({
            "id": one.id,
            "name": one.path.rsplit('/').next(),
            "type": if one.folder { "tree" } else { "blob" },
            "path": one.path,
            "mode": if one.folder { "040000" } else { "100644" },
        })
    };
    if !paging::is_keyset(desk)? {
        return Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, row));
    }
    let token = |one: &Entry| digest(&["tree", &one.path]);
    let after = query.get("page_token");
    let skipped = after.map_or(0, |after| {
        rows.iter().position(|one| token(one) == after).map_or(rows.len(), |place| place + 1)
    });
    let rest = rows.get(skipped..).unwrap_or_default();
    paging::keyset(desk, rest, |one| ("page_token", token(one)), row)
}

/// What lies in a folder down to a depth, folders first as GitLab has them.
fn entries(commit: &Commit, folder: &str, depth: usize) -> Vec<Entry> {
    let above = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let mut folders: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut files = Vec::new();
    let below = commit
        .tree
        .range::<str, _>((std::ops::Bound::Included(above.as_str()), std::ops::Bound::Unbounded));
    for (path, blob) in below.take_while(|(path, _)| path.starts_with(&above)) {
        let rest = path.strip_prefix(above.as_str()).unwrap_or(path);
        for (place, _) in rest.match_indices('/').take(depth) {
            let name = format!("{above}{}", rest.get(..place).unwrap_or_default());
            folders.entry(name).or_default().push(&blob.sha);
        }
        if depth > 1 || !rest.contains('/') {
            files.push(Entry { path: path.to_string(), id: blob.sha.clone(), folder: false });
        }
    }
    let folders = folders.into_iter().map(|(path, parts)| {
        let id = digest(&[path.as_str(), &digest(&parts)]);
        Entry { path, id, folder: true }
    });
    folders.chain(files).collect()
}

/// A file at a ref, with the commit that the ref is.
fn find<'a>(
    desk: &'a Desk<'_>,
    id: &str,
    path: &str,
) -> Result<(&'a Repository, &'a Arc<Commit>, &'a Arc<Blob>), Reply> {
    let (repository, _) = open(desk, id)?;
    let wanted = desk.ask.query.get("ref").unwrap_or("HEAD");
    let commit = repository.find(wanted).ok_or_else(|| Reply::missing("Commit"))?;
    let blob = commit.tree.get(path).ok_or_else(|| Reply::missing("File"))?;
    Ok((repository, commit, blob))
}

fn file(desk: &Desk<'_>, id: &str, path: &str) -> Answer {
    let (repository, commit, blob) = find(desk, id, path)?;
    let last = repository.touching(commit, path);
    Ok(Reply::json(
        200,
        &json!({
            "file_name": path.rsplit('/').next(),
            "file_path": path,
            "size": blob.text.len(),
            "encoding": "base64",
            "content_sha256": digest(&["content", &blob.text]),
            "ref": desk.ask.query.get("ref").unwrap_or("HEAD"),
            "blob_id": blob.sha,
            "commit_id": &*commit.sha,
            "last_commit_id": last.first().map(|one| &*one.sha),
            "execute_filemode": false,
            "content": BASE64_STANDARD.encode(&blob.text),
        }),
    ))
}

fn raw_file(desk: &Desk<'_>, id: &str, path: &str) -> Answer {
    desk.ask.query.ignore(&["lfs"]);
    let (_, commit, blob) = find(desk, id, path)?;
    let mut reply = Reply::text(200, &blob.text);
    reply.set("x-gitlab-blob-id", &blob.sha);
    reply.set("x-gitlab-commit-id", &commit.sha);
    reply.set("x-gitlab-file-path", path);
    reply.set("x-gitlab-size", &blob.text.len().to_string());
    Ok(reply)
}

fn blob(desk: &Desk<'_>, id: &str, sha: &str) -> Answer {
    let (repository, _) = open(desk, id)?;
    let blob = repository.blob(sha).ok_or_else(|| Reply::missing("Blob"))?;
    Ok(Reply::json(
        200,
        &json!({
            "size": blob.text.len(),
            "encoding": "base64",
            "content": BASE64_STANDARD.encode(&blob.text),
            "sha": blob.sha,
        }),
    ))
}

fn raw_blob(desk: &Desk<'_>, id: &str, sha: &str) -> Answer {
    let (repository, _) = open(desk, id)?;
    let blob = repository.blob(sha).ok_or_else(|| Reply::missing("Blob"))?;
    Ok(Reply::text(200, &blob.text))
}

fn commits(desk: &Desk<'_>, id: &str) -> Answer {
    let (repository, project) = open(desk, id)?;
    let query = &desk.ask.query;
    query.ignore(&["first_parent", "order", "trailers", "all"]);
    let wanted = query.get("ref_name").unwrap_or(MAIN);
    let from = repository.find(wanted).ok_or_else(|| Reply::missing("Commit"))?;
    let mut rows = match query.get("path") {
        Some(path) => repository.touching(from, path),
        None => repository.history(from),
    };
    let instant = |name: &str| match query.get(name) {
        None => Ok(None),
        Some(text) => clock::parse(text).map(Some).ok_or_else(|| Reply::invalid(name)),
    };
    let (since, until) = (instant("since")?, instant("until")?);
    rows.retain(|one| since.is_none_or(|at| one.note.at >= at));
    rows.retain(|one| until.is_none_or(|at| one.note.at <= at));
    let with_stats = query.is_on("with_stats");
    let row = |one: &Arc<Commit>| {
        let mut shown = commit_basic(desk, project, one);
        if with_stats {
            shape::merge(&mut shown, json!({"stats": stats(&repository.changes(one))}));
        }
        shown
    };
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Omitted, row))
}

/// A commit of the repository, or of a pipeline that has one of its own.
fn commit(desk: &Desk<'_>, id: &str, sha: &str) -> Answer {
    desk.ask.query.ignore(&["stats"]);
    let (repository, project) = open(desk, id)?;
    if let Some(found) = repository.find(sha) {
        return Ok(Reply::json(200, &commit_full(desk, project, found)));
    }
    let mut all = desk.world.pipelines.values();
    let owner = all.find(|one| one.project == project && *one.sha == *sha);
    let owner = owner.ok_or_else(|| Reply::missing("Commit"))?;
    Ok(Reply::json(200, &shape::commit(desk, owner)))
}

fn commit_diff(desk: &Desk<'_>, id: &str, sha: &str) -> Answer {
    desk.ask.query.ignore(&["unidiff"]);
    let (repository, _) = open(desk, id)?;
    let commit = repository.find(sha).ok_or_else(|| Reply::missing("Commit"))?;
    let rows = repository.changes(commit);
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, diff))
}

/// What differs between two refs of the repository, or of commits of pipelines.
fn compare(desk: &Desk<'_>, id: &str) -> Answer {
    let query = &desk.ask.query;
    query.ignore(&["straight", "unidiff"]);
    let (repository, project) = open(desk, id)?;
    let end = |name: &str| query.get(name).and_then(|name| repository.find(name));
    let (Some(from), Some(to)) = (end("from"), end("to")) else {
        return super::deployments::compare(desk, id);
    };
    let base = repository.base(from, to);
    let base = if query.is_on("straight") { from } else { base.as_ref().unwrap_or(from) };
    let mut ahead = repository.ahead(from, to);
    ahead.reverse();
    let commits: Vec<Value> = ahead.iter().map(|one| commit_basic(desk, project, one)).collect();
    let diffs: Vec<Value> = between(&base.tree, &to.tree).iter().map(diff).collect();
    let path = links::project(desk.world, project);
    Ok(Reply::json(
        200,
        &json!({
            "commit": commits.last(),
            "commits": commits,
            "diffs": diffs,
            "compare_timeout": false,
            "compare_same_ref": from.sha == to.sha,
            "web_url": format!("{}{path}/-/compare/{}...{}", desk.base, from.sha, to.sha),
        }),
    ))
}

fn branches(desk: &Desk<'_>, id: &str) -> Answer {
    let (repository, project) = open(desk, id)?;
    let search = desk.ask.query.get("search").unwrap_or_default();
    let names: Vec<&String> =
        repository.branches.keys().filter(|name| name.contains(search)).collect();
    let row = |name: &&String| branch_shape(desk, project, name);
    Ok(Paging::read(desk)?.cut(desk, &names, Totals::Shown, row))
}

fn branch(desk: &Desk<'_>, id: &str, name: &str) -> Answer {
    let (repository, project) = open(desk, id)?;
    if !repository.branches.contains_key(name) {
        return Err(Reply::missing("Branch"));
    }
    Ok(Reply::json(200, &branch_shape(desk, project, name)))
}

pub(super) fn branch_shape(desk: &Desk<'_>, project: u64, name: &str) -> Value {
    let repository = desk.world.repository(project);
    let tip = repository.find(name);
    let main = repository.find(MAIN);
    let merged = tip.zip(main).is_some_and(|(tip, main)| repository.ahead(main, tip).is_empty());
    let is_main = name == MAIN;
    let path = links::project(desk.world, project);
    json!({
        "name": name,
        "commit": tip.map(|tip| commit_basic(desk, project, tip)),
        "merged": merged && !is_main,
        "protected": is_main,
        "developers_can_push": false,
        "developers_can_merge": is_main,
        "can_push": desk.world.can_push(desk.world.holder.person, name),
        "default": is_main,
        "web_url": format!("{}{path}/-/tree/{name}", desk.base),
    })
}

pub(super) fn commit_basic(desk: &Desk<'_>, project: u64, commit: &Commit) -> Value {
    let at = clock::fine(commit.note.at);
    let path = links::project(desk.world, project);
    let parents: Vec<&str> = commit.parents.iter().map(|parent| &**parent).collect();
    json!({
        "id": &*commit.sha,
        "short_id": links::short(&commit.sha),
        "created_at": at,
        "parent_ids": parents,
        "title": commit.title(),
        "message": commit.note.message,
        "author_name": commit.note.author.name,
        "author_email": commit.note.author.email,
        "authored_date": at,
        "committer_name": commit.note.committer.name,
        "committer_email": commit.note.committer.email,
        "committed_date": at,
        "trailers": {},
        "extended_trailers": {},
        "web_url": format!("{}{path}/-/commit/{}", desk.base, commit.sha),
    })
}

pub(super) fn commit_full(desk: &Desk<'_>, project: u64, commit: &Commit) -> Value {
    let mut full = commit_basic(desk, project, commit);
    let changes = desk.world.repository(project).changes(commit);
    shape::merge(
        &mut full,
        json!({
            "stats": stats(&changes),
            "status": "success",
            "project_id": project,
            "last_pipeline": null,
        }),
    );
    full
}

fn stats(changes: &[Change]) -> Value {
    let counts = changes.iter().map(Change::counts);
    let (more, less) = counts.fold((0, 0), |(a, b), (more, less)| (a + more, b + less));
    json!({"additions": more, "deletions": less, "total": more + less})
}

/// What differs in a file.
pub(super) fn diff(change: &Change) -> Value {
    let mode = |blob: Option<&Arc<Blob>>| if blob.is_some() { "100644" } else { "0" };
    json!({
        "diff": change.unified(),
        "collapsed": false,
        "too_large": false,
        "new_path": change.path(),
        "old_path": change.path(),
        "a_mode": mode(change.before.as_ref()),
        "b_mode": mode(change.after.as_ref()),
        "new_file": change.before.is_none(),
        "renamed_file": false,
        "deleted_file": change.after.is_none(),
        "generated_file": false,
    })
}
