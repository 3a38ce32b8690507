//! What uses an exception, by the rule of its kind; where nothing proves it, that it cannot be told.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::exception::{Tool, is_same_person};
use crate::domain::{ExceptionKind, Record, Text, Timestamp};

/// A job that runs or ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsingJob {
    /// The full path of its project.
    pub project: Text,
    /// Its number.
    pub id: u64,
    /// Its tags (`tag_list`).
    pub tags: Vec<Text>,
    /// `started_at`.
    pub started_at: Timestamp,
    /// Whether it runs now.
    pub is_running: bool,
}

/// A deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsingDeployment {
    /// The full path of its project.
    pub project: Text,
    /// The environment's name.
    pub environment: Text,
    /// `user.username`: who deployed.
    pub by: Text,
    /// `created_at`.
    pub at: Timestamp,
}

/// A verdict of the gate that an exception let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsingVerdict {
    /// The exception that the verdict names.
    pub exception: Text,
    /// What was deployed: a service or project.
    pub project: Text,
    /// Where to.
    pub environment: Text,
    /// When it was decided.
    pub at: Timestamp,
}

/// What the platform shows of use. What is `None` was not read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Traces<'a> {
    /// Jobs, running and finished.
    pub jobs: Option<&'a [UsingJob]>,
    /// The configured tiers with the tags that a job of theirs has.
    pub tiers: &'a [(Text, Vec<Text>)],
    /// Deployments.
    pub deployments: Option<&'a [UsingDeployment]>,
    /// Verdicts that an exception let through.
    pub verdicts: Option<&'a [UsingVerdict]>,
}

/// What uses an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uses {
    /// This does, and nothing else that was read.
    Known(Known),
    /// It cannot be told, and why.
    CannotTell(Text),
}

/// What is known to use an exception.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Each use, the latest first.
    pub all: Vec<Use>,
    /// The latest use; none where nothing that was read used it.
    pub last: Option<Timestamp>,
    /// What is no longer possible once it has ended, a sentence each.
    pub stops: Vec<Text>,
}

/// One use of an exception.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// When it began.
    pub at: Timestamp,
    /// The full path of the project.
    pub project: Text,
    /// What it is, in words: `job 81`, `asha to production`.
    pub what: Text,
    /// Whether it goes on now.
    pub is_going_on: bool,
}

/// What uses the exception of a record, as far as its kind and the traces tell. Asked of one record at a time.
pub fn uses(record: &Record, traces: &Traces<'_>, now: Timestamp) -> Uses {
    let known = match &record.kind {
        ExceptionKind::Runner => by_jobs(record, traces),
        ExceptionKind::ReleaseRole => by_deployments(record, traces),
        ExceptionKind::FreezeOverride => by_verdicts(record, traces),
        ExceptionKind::PackageSource => Err("nothing here sees where a package came from"),
        ExceptionKind::Policy => Err("no tool records what it let pass by it"),
        ExceptionKind::Own(_) => Err("no rule says what uses an exception of this kind"),
    };
    match known {
        Ok((all, stops)) => Uses::Known(within(record, now, all, &stops)),
        Err(why) => Uses::CannotTell(Text::new(why)),
    }
}

type Rule = Result<(Vec<Use>, BTreeSet<String>), &'static str>;

/// Keeps what happened while the exception held: the same before and after was no use of it.
fn within(record: &Record, now: Timestamp, all: Vec<Use>, stops: &BTreeSet<String>) -> Known {
    let held = record.starts_at.at..record.expires_at.at;
    let is_of_it = |one: &Use| one.is_going_on || (held.contains(&one.at) && one.at <= now);
    let mut all: Vec<Use> = all.into_iter().filter(is_of_it).collect();
    all.sort_by(|one, other| other.cmp(one));
    let last = all.iter().map(|one| if one.is_going_on { now } else { one.at }).max();
    Known { last, stops: stops.iter().map(|words| Text::new(words)).collect(), all }
}

/// A runner is used by the jobs of its projects that have the tags of its tiers.
fn by_jobs(record: &Record, traces: &Traces<'_>) -> Rule {
    let jobs = traces.jobs.ok_or("the jobs were not read")?;
    let mut wanted: Vec<&[Text]> = Vec::new();
    for tier in &record.scope.tiers {
        let known = traces.tiers.iter().find(|(name, _)| name == tier);
        wanted.push(&known.ok_or("it names a tier that is not configured")?.1);
    }
    let own = record.scope.other.iter().filter(|(name, _)| &**name == "tags");
    wanted.extend(own.map(|(_, tags)| tags.as_slice()));
    wanted.retain(|tags| !tags.is_empty());
    if wanted.is_empty() {
        return Err("it names no tier and no tags by which a job would be known");
    }
    let fits = |job: &UsingJob| {
        let has_all = |tags: &&[Text]| tags.iter().all(|tag| job.tags.contains(tag));
        names(&record.scope.projects, &job.project) && wanted.iter().any(has_all)
    };
    let mut all = Vec::new();
    let mut running: BTreeMap<&Text, u64> = BTreeMap::new();
    for job in jobs.iter().filter(|job| fits(job)) {
        if job.is_running {
            *running.entry(&job.project).or_default() += 1;
        }
        let (project, what) = (job.project.clone(), Text::new(&format!("job {}", job.id)));
        all.push(Use { at: job.started_at, project, what, is_going_on: job.is_running });
    }
    let stops = running.into_iter().map(|(project, count)| {
        format!("jobs of {project} find this runner no more; of the {count} running now, none is stopped")
    });
    Ok((all, stops.collect()))
}

/// A role is used by the deployments of those who have it.
fn by_deployments(record: &Record, traces: &Traces<'_>) -> Rule {
    let deployments = traces.deployments.ok_or("the deployments were not read")?;
    let members = record.artefacts.iter().filter(|one| &*one.tool == Tool::GitlabMember.name());
    let members = members.filter_map(|member| member.path.as_ref());
    let mut people: Vec<&Text> = record.beneficiaries.iter().chain(members).collect();
    if people.is_empty() {
        people.push(&record.requester);
    }
    let fits = |one: &&UsingDeployment| {
        people.iter().any(|name| is_same_person(name, &one.by))
            && names(&record.scope.projects, &one.project)
            && names(&record.scope.environments, &one.environment)
    };
    let mut stops = BTreeSet::new();
    let mut all = Vec::new();
    for one in deployments.iter().filter(fits) {
        stops.insert(format!("{} deploys {} to {} no more", one.by, one.project, one.environment));
        let what = Text::new(&format!("{} to {}", one.by, one.environment));
        all.push(Use { at: one.at, project: one.project.clone(), what, is_going_on: false });
    }
    Ok((all, stops))
}

/// An override is used by the verdicts that name it.
fn by_verdicts(record: &Record, traces: &Traces<'_>) -> Rule {
    let verdicts = traces.verdicts.ok_or("the gate's verdicts were not read")?;
    let mut stops = BTreeSet::new();
    let mut all = Vec::new();
    for one in verdicts.iter().filter(|one| one.exception == record.id) {
        stops.insert(format!("the gate holds {} back from {} again", one.project, one.environment));
        let what = Text::new(&format!("verdict for {}", one.environment));
        all.push(Use { at: one.at, project: one.project.clone(), what, is_going_on: false });
    }
    Ok((all, stops))
}

/// Whether a list of a scope holds for a name; one that is empty narrows nothing.
fn names(list: &[Text], name: &Text) -> bool {
    list.is_empty() || list.contains(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::fixture::record;

    const NOW: &str = "2026-03-10T12:00:00Z";

    fn at(raw: &str) -> Timestamp {
        raw.parse().unwrap()
    }

    fn texts(words: &[&str]) -> Vec<Text> {
        words.iter().map(|word| Text::new(word)).collect()
    }

    fn of_kind(kind: ExceptionKind) -> Record {
        let mut record = record("E-1", "2026-03-01", "2026-03-31");
        record.kind = kind;
        record.scope.tiers = texts(&["large"]);
        record
    }

    fn job(project: &str, id: u64, tags: &[&str], started: &str) -> UsingJob {
        let project = Text::new(project);
        UsingJob { project, id, tags: texts(tags), started_at: at(started), is_running: true }
    }

    fn known(record: &Record, traces: &Traces<'_>) -> Known {
        match uses(record, traces, at(NOW)) {
            Uses::Known(known) => known,
            Uses::CannotTell(why) => panic!("{why}"),
        }
    }

    fn why(record: &Record, traces: &Traces<'_>) -> String {
        match uses(record, traces, at(NOW)) {
            Uses::Known(known) => panic!("{known:?}"),
            Uses::CannotTell(why) => why.to_string(),
        }
    }

    fn whats(known: &Known) -> Vec<&str> {
        known.all.iter().map(|one| &*one.what).collect()
    }

    #[test]
    fn a_runner_is_used_by_jobs_of_its_projects_with_all_tags_of_its_tier() {
        let tiers = [(Text::new("large"), texts(&["large", "linux"]))];
        let jobs = [
            job("shop/checkout", 1, &["linux", "large", "x"], "2026-03-10T11:00:00Z"),
            job("shop/checkout", 2, &["large"], "2026-03-10T11:00:00Z"),
            job("shop/other", 3, &["large", "linux"], "2026-03-10T11:00:00Z"),
        ];
        let traces = Traces { jobs: Some(&jobs), tiers: &tiers, ..Traces::default() };
        let known = known(&of_kind(ExceptionKind::Runner), &traces);
        assert_eq!(whats(&known), ["job 1"]);
        assert_eq!(known.last, Some(at(NOW)));
        let stops =
            "jobs of shop/checkout find this runner no more; of the 1 running now, none is stopped";
        assert_eq!(known.stops, texts(&[stops]));
    }

    #[test]
    fn a_finished_job_counts_only_where_it_ran_while_the_exception_held() {
        let tiers = [(Text::new("large"), texts(&["large"]))];
        let finished = |id, started| UsingJob {
            is_running: false,
            ..job("shop/checkout", id, &["large"], started)
        };
        let jobs = [finished(1, "2026-02-28T23:59:59Z"), finished(2, "2026-03-01T00:00:00Z")];
        let traces = Traces { jobs: Some(&jobs), tiers: &tiers, ..Traces::default() };
        let known = known(&of_kind(ExceptionKind::Runner), &traces);
        assert_eq!(whats(&known), ["job 2"]);
        assert_eq!(known.last, Some(at("2026-03-01T00:00:00Z")));
        assert_eq!(known.stops, []);
    }

    #[test]
    fn tags_of_its_own_will_do_for_a_runner() {
        let mut record = of_kind(ExceptionKind::Runner);
        record.scope.tiers.clear();
        record.scope.other = vec![(Text::new("tags"), texts(&["gpu"]))];
        let jobs = [job("shop/checkout", 1, &["gpu"], "2026-03-10T11:00:00Z")];
        let traces = Traces { jobs: Some(&jobs), ..Traces::default() };
        assert_eq!(whats(&known(&record, &traces)), ["job 1"]);
    }

    #[test]
    fn a_runner_by_which_no_job_is_known_cannot_be_told() {
        let mut record = of_kind(ExceptionKind::Runner);
        let traces = Traces { jobs: Some(&[]), ..Traces::default() };
        assert_eq!(why(&record, &traces), "it names a tier that is not configured");
        record.scope.tiers.clear();
        let none = "it names no tier and no tags by which a job would be known";
        assert_eq!(why(&record, &traces), none);
    }

    #[test]
    fn a_role_is_used_by_the_deployments_of_those_who_gain_by_it() {
        let mut record = of_kind(ExceptionKind::ReleaseRole);
        record.beneficiaries = texts(&["tomas"]);
        record.scope.environments = texts(&["production"]);
        let deployment = |by: &str, environment: &str, day: &str| UsingDeployment {
            project: Text::new("shop/checkout"),
            environment: Text::new(environment),
            by: Text::new(by),
            at: at(&format!("2026-03-{day}T08:00:00Z")),
        };
        let all = [
            deployment("Tomas", "production", "05"),
            deployment("tomas", "staging", "06"),
            deployment("asha", "production", "07"),
        ];
        let traces = Traces { deployments: Some(&all), ..Traces::default() };
        let known = known(&record, &traces);
        assert_eq!(whats(&known), ["Tomas to production"]);
        assert_eq!(known.last, Some(at("2026-03-05T08:00:00Z")));
        assert_eq!(known.stops, texts(&["Tomas deploys shop/checkout to production no more"]));
    }

    #[test]
    fn an_override_is_used_by_the_verdicts_that_name_it() {
        let verdict = |exception: &str, day: &str| UsingVerdict {
            exception: Text::new(exception),
            project: Text::new("shop/checkout"),
            environment: Text::new("production"),
            at: at(&format!("2026-03-{day}T08:00:00Z")),
        };
        let all = [verdict("E-1", "05"), verdict("E-2", "06"), verdict("E-1", "07")];
        let traces = Traces { verdicts: Some(&all), ..Traces::default() };
        let known = known(&of_kind(ExceptionKind::FreezeOverride), &traces);
        let when: Vec<Timestamp> = known.all.iter().map(|one| one.at).collect();
        assert_eq!(when, [at("2026-03-07T08:00:00Z"), at("2026-03-05T08:00:00Z")]);
        assert_eq!(known.stops.len(), 1);
    }

    #[test]
    fn what_was_read_and_shows_no_use_is_known_to_be_unused() {
        let traces = Traces { verdicts: Some(&[]), ..Traces::default() };
        assert_eq!(known(&of_kind(ExceptionKind::FreezeOverride), &traces), Known::default());
    }

    #[test]
    fn what_was_not_read_cannot_be_told() {
        let all = [
            (ExceptionKind::Runner, "the jobs were not read"),
            (ExceptionKind::ReleaseRole, "the deployments were not read"),
            (ExceptionKind::FreezeOverride, "the gate's verdicts were not read"),
        ];
        for (kind, told) in all {
            assert_eq!(why(&of_kind(kind), &Traces::default()), told);
        }
    }

    #[test]
    fn sources_of_packages_policies_and_own_kinds_cannot_be_told() {
        let traces =
            Traces { jobs: Some(&[]), tiers: &[], deployments: Some(&[]), verdicts: Some(&[]) };
        for kind in ["package_source", "policy", "vendor_access"] {
            assert!(!why(&of_kind(ExceptionKind::of(kind)), &traces).is_empty(), "{kind}");
        }
    }
}
