//! Branch B1: whether any runner could take a job at all, and the first thing that rules them all out.

use std::sync::Arc;

use super::{after, evidence};
use crate::domain::{EntityId, Job, Runner, RunnerId, SourceId};
use crate::why::extra::Assignment;
use crate::why::facts::Fitting;
use crate::why::leaf::Leaf;
use crate::why::walk::{Found, Walk};

/// GitLab drops a job that no runner matches after this long, seconds.
const DROPPED_UNMATCHED: i64 = 3600;

/// The kind of a runner that belongs to projects.
const OF_PROJECT: &str = "project_type";

/// What is known of the runners that could take a job.
pub(super) enum Candidates<'a> {
    /// None could: this is why.
    None(Found),
    /// These could.
    Some(Vec<&'a Runner>),
    /// There are some, or may be, and they cannot be seen.
    Unseen,
}

/// The runners that could take a job. What can never fit is looked at first: tags, protection, assignment; then pauses,
/// then who is online.
pub(super) fn candidates<'a>(walk: &mut Walk<'_, 'a>, job: &Job) -> Candidates<'a> {
    let at = match walk.facts.feed(SourceId::RUNNERS, None) {
        Ok(at) => at,
        Err(gap) => {
            walk.open("B1", "could any runner take it?", gap);
            return unseen(job);
        }
    };
    let state = walk.facts.state;
    let all: Vec<&Runner> = state.runners().iter().map(|(_, row)| &*row.value).collect();
    let protected = protection(walk, job, &all);
    let tagged = tagged(walk, job);
    let known = |ids: &Fitting| -> Vec<&'a Runner> {
        ids.iter().filter_map(|id| state.runners().get(*id)).map(AsRef::as_ref).collect()
    };
    let assigned = assignment(walk, job);
    if all.is_empty() && assigned.is_none() {
        walk.yes("B1", "is no runner visible to this console?", || {
            (String::new(), vec![evidence("runners", "0", "gitlab", Some(at))])
        });
        return unseen(job);
    }
    let cut = narrow(&all, &known(&tagged), protected, assigned);
    let found = match cut {
        Ok(left) => {
            if job.stuck == Some(true) {
                return contradicted(walk, job, &left);
            }
            walk.no("B1", "is there no runner that could take it?", || {
                let names: Vec<&str> = left.iter().map(|one| &*one.description).take(3).collect();
                let value = format!("{}: {}", left.len(), names.join(", "));
                (String::new(), vec![evidence("runners.candidates", value, "gitlab", Some(at))])
            });
            return Candidates::Some(left);
        }
        Err(leaf) if job.stuck == Some(false) => {
            walk.yes("B1", "does GitLab see a runner that is not readable here?", || {
                let why =
                    format!("GitLab calls the job not stuck, though here: {}", leaf.about().name);
                (why, vec![evidence("job.stuck", "false", "gitlab", Some(at))])
            });
            return Candidates::Unseen;
        }
        Err(leaf) => leaf,
    };
    walk.yes(found.code(), "does that leave no runner?", || {
        (String::new(), cut_proof(job, &all, &known(&tagged), at))
    });
    Candidates::None(none(job, found, &all, &known(&tagged)))
}

/// GitLab sees none, and we see some that look as if they could: which it is cannot be told without knowing whose they are.
fn contradicted<'a>(walk: &mut Walk<'_, '_>, job: &Job, left: &[&Runner]) -> Candidates<'a> {
    if let Err(gap) = walk.facts.details(job.id) {
        walk.open("B1a", "which runners may its project use?", gap);
    }
    let name = left.first().map_or("", |runner| &runner.description);
    let title = format!("GitLab sees no runner for it, though {name} looks as if it could take it");
    Candidates::None(untaken(job, Found::untold(Leaf::NoCandidate, title)))
}

/// Without the runners only GitLab's own word counts, and it names no reason.
fn unseen<'a>(job: &Job) -> Candidates<'a> {
    if job.stuck == Some(true) {
        let title = "GitLab sees no runner that could take it; what rules them out cannot be told";
        return Candidates::None(untaken(job, Found::untold(Leaf::NoCandidate, title)));
    }
    Candidates::Unseen
}

/// Whether its ref is protected; opens the branch where that matters and is not known.
fn protection(walk: &mut Walk<'_, '_>, job: &Job, all: &[&Runner]) -> Option<bool> {
    if !all.iter().any(|runner| runner.protected) {
        return Some(true);
    }
    let state = walk.facts.state;
    // Merge requests run on refs of their own, which are never protected.
    if job.reference.starts_with("refs/merge-requests/") {
        return Some(false);
    }
    let told = match walk.facts.feed(SourceId::PROJECTS, None) {
        Ok(_) => {
            state.projects().get(job.project).and_then(|project| project.protects(&job.reference))
        }
        Err(_) => None,
    };
    if told.is_none() && job.stuck.is_none() {
        let gap = crate::why::facts::Gap {
            source: crate::why::Source::Feed(SourceId::PROJECTS),
            tier: None,
            health: None,
        };
        walk.open("B1f", "is its ref protected?", gap);
    }
    told
}

/// The runners that carry all tags of a job: shared by all jobs with the same tags.
fn tagged(walk: &Walk<'_, '_>, job: &Job) -> Fitting {
    if let Some(known) = walk.facts.memo.fitting.borrow().get(&job.tags) {
        return Arc::clone(known);
    }
    let fits = |runner: &Runner| {
        if job.tags.is_empty() {
            runner.run_untagged
        } else {
            job.tags.iter().all(|tag| runner.tags.contains(tag))
        }
    };
    let runners = walk.facts.state.runners().iter();
    let fitting: Fitting = runners
        .filter(|(_, row)| fits(&row.value))
        .map(|(id, _)| id)
        .collect::<Vec<RunnerId>>()
        .into();
    walk.facts.memo.fitting.borrow_mut().insert(Arc::clone(&job.tags), Arc::clone(&fitting));
    fitting
}

/// Which runners the project may use. Where GitLab itself says whether a runner matches, that need not be read.
fn assignment<'a>(walk: &mut Walk<'_, 'a>, job: &Job) -> Option<&'a Assignment> {
    match walk.facts.details(job.id) {
        Ok((details, _)) => details.runners.as_ref(),
        Err(gap) => {
            if job.stuck.is_none() {
                walk.open("B1a", "which runners may its project use?", gap);
            }
            None
        }
    }
}

/// Those that are left when everything is taken away that cannot take it, or what took the last one away.
fn narrow<'a>(
    all: &[&'a Runner],
    tagged: &[&'a Runner],
    protected: Option<bool>,
    assigned: Option<&Assignment>,
) -> Result<Vec<&'a Runner>, Leaf> {
    let may = |runner: &Runner| {
        assigned.is_none_or(|assigned| match &*runner.kind {
            OF_PROJECT => assigned.own.contains(&runner.id),
            "group_type" => assigned.group,
            _ => assigned.instance,
        })
    };
    let is_of_project = |runner: &&Runner| &*runner.kind == OF_PROJECT;
    if !all.iter().any(|runner| may(runner)) {
        let is_locked = !tagged.is_empty() && tagged.iter().all(is_of_project);
        return Err(if is_locked { Leaf::Locked } else { Leaf::NoneAssigned });
    }
    if tagged.is_empty() {
        return Err(Leaf::TagsMissing);
    }
    let open: Vec<&Runner> = tagged
        .iter()
        .copied()
        .filter(|runner| !runner.protected || protected != Some(false))
        .collect();
    if open.is_empty() {
        return Err(Leaf::RefUnprotected);
    }
    let own: Vec<&Runner> = open.iter().copied().filter(|runner| may(runner)).collect();
    if own.is_empty() {
        return Err(if open.iter().all(is_of_project) { Leaf::Locked } else { Leaf::NoneAssigned });
    }
    let awake: Vec<&Runner> = own.into_iter().filter(|runner| !runner.paused).collect();
    if awake.is_empty() {
        return Err(Leaf::AllPaused);
    }
    let online: Vec<&Runner> =
        awake.into_iter().filter(|runner| &*runner.status == "online").collect();
    if online.is_empty() { Err(Leaf::NoneOnline) } else { Ok(online) }
}

/// The answer that no runner could take it.
fn none(job: &Job, leaf: Leaf, all: &[&Runner], tagged: &[&Runner]) -> Found {
    let name = tagged.first().map_or("", |runner| &*runner.description);
    let (leaf, title) = match leaf {
        Leaf::TagsMissing if job.tags.is_empty() => {
            (Leaf::Untagged, "it has no tags, and no runner takes untagged jobs".to_owned())
        }
        Leaf::TagsMissing => (leaf, missing_tags(job, all)),
        Leaf::RefUnprotected => (
            leaf,
            format!(
                "runner {name} takes protected refs alone, and {} is not protected",
                job.reference
            ),
        ),
        Leaf::Locked => (leaf, format!("runner {name} belongs to other projects")),
        Leaf::AllPaused => {
            (leaf, format!("every runner that could take it is paused: {}", names(tagged)))
        }
        Leaf::NoneOnline => {
            (leaf, format!("no runner that could take it is online: {}", names(tagged)))
        }
        other => (other, other.about().name.to_owned()),
    };
    // Runners that the token may not see are missing here; GitLab sees them all.
    let found = if job.stuck == Some(true) {
        Found::certain(leaf, title)
    } else {
        Found::likely(leaf, title)
    };
    let subject =
        tagged.first().filter(|_| !matches!(leaf, Leaf::NoneAssigned | Leaf::TagsMissing));
    let subject = subject.map(|runner| EntityId::Runner(runner.id));
    untaken(job, Found { subject, ..found })
}

fn untaken(job: &Job, found: Found) -> Found {
    let queued = job.queued_at.map(Into::into);
    found.until(queued.and_then(|at| after(at, DROPPED_UNMATCHED, "GitLab drops it")))
}

fn names(runners: &[&Runner]) -> String {
    let names: Vec<&str> = runners.iter().map(|one| &*one.description).take(3).collect();
    names.join(", ")
}

/// The tags that the nearest runner lacks.
fn missing_tags(job: &Job, all: &[&Runner]) -> String {
    let lacks = |runner: &Runner| job.tags.iter().filter(|tag| !runner.tags.contains(tag)).count();
    let tags = job.tags.join(" ");
    match all.iter().min_by_key(|runner| lacks(runner)) {
        Some(near) if lacks(near) < job.tags.len() => {
            let missing: Vec<&str> =
                job.tags.iter().filter(|tag| !near.tags.contains(tag)).map(|tag| &**tag).collect();
            format!(
                "no runner has all of its tags ({tags}); the nearest, {}, lacks {}",
                near.description,
                missing.join(" ")
            )
        }
        _ => format!("no runner has any of its tags ({tags})"),
    }
}

fn cut_proof(
    job: &Job,
    all: &[&Runner],
    tagged: &[&Runner],
    at: crate::domain::Timestamp,
) -> Vec<crate::domain::Evidence> {
    let mut fields = vec![
        evidence("runners", all.len().to_string(), "gitlab", Some(at)),
        evidence("runners.with_its_tags", tagged.len().to_string(), "gitlab", Some(at)),
    ];
    if let Some(stuck) = job.stuck {
        fields.push(evidence("job.stuck", stuck.to_string(), "gitlab", Some(at)));
    }
    for runner in tagged.iter().take(3) {
        let pause = if runner.paused { ", paused" } else { "" };
        let closed = if runner.protected { ", protected refs alone" } else { "" };
        let locked = if runner.locked { ", locked" } else { "" };
        let value = format!("{} {}{pause}{closed}{locked}", runner.description, runner.status);
        fields.push(evidence("runner", value, "gitlab", Some(at)));
    }
    fields
}
