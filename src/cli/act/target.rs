//! The targets of `act`: as they are printed, as the address of a page, or a bare job id that the cache knows.

use std::collections::BTreeSet;

use url::Url;

use crate::cache::{Cache, Window};
use crate::cli::exit::Problem;
use crate::cli::ground::Ground;
use crate::config::Places;
use crate::domain::{
    Act, Change, Entity, JobId, PipelineId, RunnerId, Target, TargetKind, Text, Timestamp,
};

/// Reads every target; each may be there once.
pub(super) fn read(
    act: &'static Act,
    words: &[String],
    ground: &Ground,
) -> Result<Vec<Target>, Problem> {
    if words.is_empty() {
        let message = format!("{} of what? no target was named", act.name);
        return Err(Problem::usage(message, format!("name one as {}", act.target.form())));
    }
    let mut known = BTreeSet::new();
    let mut targets = Vec::with_capacity(words.len());
    for words in words {
        let target = one(act, words, ground)?;
        if !known.insert(target.clone()) {
            let message = format!("{target} is named twice");
            return Err(Problem::usage(message, "name each target once"));
        }
        targets.push(target);
    }
    Ok(targets)
}

/// Whether GitLab is asked for such targets.
pub(super) fn is_of_gitlab(kind: TargetKind) -> bool {
    match kind {
        TargetKind::Job
        | TargetKind::Pipeline
        | TargetKind::Deployment
        | TargetKind::Request
        | TargetKind::Runner
        | TargetKind::Exception
        | TargetKind::Member
        | TargetKind::Token
        | TargetKind::DeployToken
        | TargetKind::DeployKey => true,
        TargetKind::Pod
        | TargetKind::Node
        | TargetKind::NodeGroup
        | TargetKind::Alert
        | TargetKind::Silence
        | TargetKind::AccessEntry
        | TargetKind::Finding => false,
    }
}

fn one(act: &'static Act, words: &str, ground: &Ground) -> Result<Target, Problem> {
    let kind = act.target;
    if words.starts_with("https://") || words.starts_with("http://") {
        let gitlab = ground.loaded.settings.gitlab.as_ref().map(|gitlab| &gitlab.url);
        return page(kind, words, gitlab);
    }
    if let Some(target) = kind.read(words) {
        return Ok(target);
    }
    if let (TargetKind::Job, Ok(id)) = (kind, words.parse()) {
        let project = project_of(&ground.loaded.places, JobId(id), ground.clock.now());
        return project.map(|path| Target::Job(path, JobId(id))).ok_or_else(|| no_project(id));
    }
    let message = format!("`{words}` is no {}", kind.noun());
    let or_page = if has_page(kind) { ", or give the address of its page" } else { "" };
    Err(Problem::usage(message, format!("write it as {}{or_page}", kind.form())))
}

fn no_project(id: u64) -> Problem {
    let message = format!("the cache knows no job {id}, so its project is not known");
    Problem::usage(message, format!("write PROJECT#{id}, or give the address of the job's page"))
}

/// The path of the project that a job belongs to, as far as the cache knows.
pub(in crate::cli) fn project_of(places: &Places, id: JobId, now: Timestamp) -> Option<Text> {
    if !places.cache_db().exists() {
        return None;
    }
    let mut cache = Cache::open(&places.cache_dir).cache;
    let (_, job) = cache.job(id)?;
    let updates = cache.first_page(now, Window::default()).updates;
    let entities = updates.into_iter().filter_map(|update| match update.change {
        Change::Replace(entities) | Change::Upsert(entities) => Some(entities),
        _ => None,
    });
    entities.flatten().find_map(|entity| match entity {
        Entity::Project(project) if project.id == job.project => Some(project.path.clone()),
        _ => None,
    })
}

fn has_page(kind: TargetKind) -> bool {
    matches!(
        kind,
        TargetKind::Job | TargetKind::Pipeline | TargetKind::Request | TargetKind::Runner
    )
}

/// The target whose page this is, on the configured GitLab and nowhere else.
fn page(kind: TargetKind, words: &str, gitlab: Option<&Url>) -> Result<Target, Problem> {
    let wrong = |why: String| {
        let hint = format!("write it as {}", kind.form());
        Problem::usage(format!("{words} is no target: {why}"), hint)
    };
    let target = on_page(words, gitlab).map_err(wrong)?;
    let found = kind_of(&target);
    if found == Some(kind) {
        Ok(target)
    } else {
        let noun = found.map_or("something else", TargetKind::noun);
        Err(wrong(format!("it is the page of a {noun}, not of a {}", kind.noun())))
    }
}

/// The target whose page this is, whatever it is.
pub(in crate::cli) fn of_page(words: &str, gitlab: Option<&Url>) -> Result<Target, Problem> {
    let hint = "give the address of a page on the configured GitLab, or write PROJECT#ID";
    on_page(words, gitlab)
        .map_err(|why| Problem::usage(format!("{words} is no target: {why}"), hint))
}

/// The same, or why it is none.
fn on_page(words: &str, gitlab: Option<&Url>) -> Result<Target, String> {
    let url = Url::parse(words).map_err(|error| error.to_string())?;
    let Some(gitlab) = gitlab.filter(|gitlab| gitlab.origin() == url.origin()) else {
        return Err("it lies on no configured GitLab".to_owned());
    };
    let base = gitlab.path().trim_end_matches('/');
    let path = url.path().strip_prefix(base).unwrap_or_default().trim_matches('/');
    of_path(path)
        .ok_or_else(|| "it is the page of no job, pipeline, merge request or runner".to_owned())
}

/// What stands at a path: `acme/shop/-/jobs/7`, `groups/acme/-/runners/7`, `admin/runners/7`.
fn of_path(path: &str) -> Option<Target> {
    if let Some(id) = path.strip_prefix("admin/runners/") {
        return Some(Target::Runner(RunnerId(number(id)?)));
    }
    let (place, rest) = path.split_once("/-/")?;
    let (what, id) = rest.split_once('/')?;
    let id = number(id)?;
    match what {
        "jobs" => Some(Target::Job(Text::new(place), JobId(id))),
        "pipelines" => Some(Target::Pipeline(Text::new(place), PipelineId(id))),
        "merge_requests" => Some(Target::Request(Text::new(place), id)),
        "runners" => Some(Target::Runner(RunnerId(id))),
        _ => None,
    }
}

/// The number that a path begins with: what stands behind it is a part of the page.
fn number(path: &str) -> Option<u64> {
    path.split('/').next()?.parse().ok()
}

fn kind_of(target: &Target) -> Option<TargetKind> {
    match target {
        Target::Job(..) => Some(TargetKind::Job),
        Target::Pipeline(..) => Some(TargetKind::Pipeline),
        Target::Request(..) => Some(TargetKind::Request),
        Target::Runner(_) => Some(TargetKind::Runner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: TargetKind, words: &str) -> Result<String, String> {
        let gitlab = Url::parse("https://git.example.com/forge/").unwrap();
        page(kind, words, Some(&gitlab)).map(|target| target.to_string()).map_err(|p| p.text)
    }

    #[test]
    fn a_page_of_the_configured_gitlab_is_a_target() {
        let at = |path: &str| format!("https://git.example.com/forge/{path}");
        for (kind, path, target) in [
            (TargetKind::Job, "acme/shop/-/jobs/7", "acme/shop#7"),
            (TargetKind::Job, "acme/web/site/-/jobs/7#L10", "acme/web/site#7"),
            (TargetKind::Pipeline, "acme/shop/-/pipelines/9/builds", "acme/shop#9"),
            (TargetKind::Request, "acme/register/-/merge_requests/15/diffs", "acme/register!15"),
            (TargetKind::Runner, "groups/acme/-/runners/77", "77"),
            (TargetKind::Runner, "admin/runners/77", "77"),
        ] {
            assert_eq!(read(kind, &at(path)), Ok(target.to_owned()), "{path}");
        }
    }

    #[test]
    fn a_page_elsewhere_or_of_something_else_is_none() {
        for (kind, words, why) in [
            (
                TargetKind::Job,
                "https://evil.example.com/acme/shop/-/jobs/7",
                "no configured GitLab",
            ),
            (TargetKind::Job, "http://git.example.com/forge/a/b/-/jobs/7", "no configured GitLab"),
            (TargetKind::Job, "https://git.example.com/forge/a/b/-/issues/7", "page of no job"),
            (TargetKind::Job, "https://git.example.com/forge/a/b/-/jobs/x", "page of no job"),
            (TargetKind::Pipeline, "https://git.example.com/forge/a/b/-/jobs/7", "page of a job"),
            (TargetKind::Pod, "https://git.example.com/forge/a/b/-/jobs/7", "not of a pod"),
        ] {
            let told = read(kind, words).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }
}
