//! The rule that believes a pod, or does not, when it says which job it runs.
//!
//! A pod names its job by an annotation, which a job may overwrite, and its project by a label, which it may not.
//! Source: GitLab Runner, `executors/kubernetes/kubernetes.go`, `buildLabels` and `buildPodAnnotations`.

use super::status::Progress;
use super::time::seconds_between;
use super::{Job, Moment, Pod, ProjectId, Timestamp};

/// How far the clocks of GitLab and of a cluster may lie apart, seconds.
pub const SKEW_SECONDS: i64 = 60;

/// What is known of a pod's word about its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// It names no job.
    None,
    /// The job that it names is not known here, or GitLab was not asked about it since the pod was made.
    Unknown,
    /// GitLab's own answer and the pod's label agree with it.
    Verified,
    /// They do not agree: it is not believed.
    Contradicted(Contradiction),
}

/// Why a pod's word about its job is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contradiction {
    /// The pod has no label that names its project: no runner made it as it is.
    NoProject,
    /// Its label names another project than the job's, which is this.
    OtherProject(ProjectId),
    /// It was made before the job started.
    BeforeStart,
    /// The job has not started.
    NotStarted,
    /// It was made after the job had ended.
    AfterEnd,
}

impl Contradiction {
    /// What contradicts, in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Contradiction::NoProject => "the pod has no project label",
            Contradiction::OtherProject(_) => "the pod's label names another project",
            Contradiction::BeforeStart => "the pod is older than the job's start",
            Contradiction::NotStarted => "the job has not started",
            Contradiction::AfterEnd => "the pod was made after the job had ended",
        }
    }
}

impl Claim {
    /// Whether the pod may be shown as the job's own.
    pub fn is_verified(self) -> bool {
        self == Claim::Verified
    }

    /// Judges a pod by the job that it names, where that is known, and by when GitLab last told of it.
    pub fn judge(pod: &Pod, job: Option<(&Job, Timestamp)>) -> Claim {
        if pod.claimed_job.is_none() {
            return Claim::None;
        }
        let Some((job, seen_at)) = job.filter(|(job, _)| Some(job.id) == pod.claimed_job) else {
            return Claim::Unknown;
        };
        match pod.project {
            None => return Claim::Contradicted(Contradiction::NoProject),
            Some(project) if project != job.project => {
                return Claim::Contradicted(Contradiction::OtherProject(job.project));
            }
            Some(_) => (),
        }
        let has_begun = matches!(job.status.progress(), Progress::Running | Progress::Ended);
        match job.started_at.filter(|_| has_begun) {
            Some(started_at) => against_clocks(pod, job, started_at.into()),
            // The watch of the cluster is quicker than the reading of GitLab.
            None if seconds_between(pod.created_at, seen_at) <= SKEW_SECONDS => Claim::Unknown,
            None => Claim::Contradicted(Contradiction::NotStarted),
        }
    }
}

fn against_clocks(pod: &Pod, job: &Job, started_at: Timestamp) -> Claim {
    let late = |ended_at: Moment| seconds_between(ended_at.into(), pod.created_at) > SKEW_SECONDS;
    if seconds_between(pod.created_at, started_at) > SKEW_SECONDS {
        Claim::Contradicted(Contradiction::BeforeStart)
    } else if job.status.has_ended() && job.finished_at.is_some_and(late) {
        Claim::Contradicted(Contradiction::AfterEnd)
    } else {
        Claim::Verified
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::{at, job};
    use crate::domain::pod::fixture::pod;
    use crate::domain::{JobId, Status};

    fn started(second: i64) -> Job {
        Job { started_at: Some(at(second).into()), ..job(1, Status::Running) }
    }

    fn claiming(created: i64) -> Pod {
        Pod {
            claimed_job: Some(JobId(1)),
            project: Some(ProjectId(1)),
            created_at: at(created),
            ..pod("a")
        }
    }

    fn judge(pod: &Pod, job: &Job) -> Claim {
        Claim::judge(pod, Some((job, at(0))))
    }

    #[test]
    fn a_pod_that_names_no_job_claims_nothing() {
        assert_eq!(Claim::judge(&pod("a"), None), Claim::None);
    }

    #[test]
    fn a_job_that_is_not_known_here_proves_nothing() {
        assert_eq!(Claim::judge(&claiming(0), None), Claim::Unknown);
    }

    #[test]
    fn label_project_and_start_that_agree_are_believed() {
        assert_eq!(judge(&claiming(5), &started(3)), Claim::Verified);
    }

    #[test]
    fn another_projects_job_is_not_believed() {
        let forged = Pod { project: Some(ProjectId(2)), ..claiming(5) };
        let expected = Claim::Contradicted(Contradiction::OtherProject(ProjectId(1)));
        assert_eq!(judge(&forged, &started(3)), expected);
    }

    #[test]
    fn a_pod_without_a_label_is_not_believed() {
        let bare = Pod { project: None, ..claiming(5) };
        assert_eq!(judge(&bare, &started(3)), Claim::Contradicted(Contradiction::NoProject));
    }

    #[test]
    fn a_pod_may_be_a_minute_older_than_its_job_and_no_more() {
        assert_eq!(judge(&claiming(0), &started(60)), Claim::Verified);
        let expected = Claim::Contradicted(Contradiction::BeforeStart);
        assert_eq!(judge(&claiming(0), &started(61)), expected);
    }

    #[test]
    fn a_pod_made_a_minute_after_the_jobs_end_is_not_believed() {
        let ended = |second| Job {
            status: Status::Success,
            finished_at: Some(at(second).into()),
            ..started(0)
        };
        assert_eq!(judge(&claiming(70), &ended(10)), Claim::Verified);
        let expected = Claim::Contradicted(Contradiction::AfterEnd);
        assert_eq!(judge(&claiming(71), &ended(10)), expected);
    }

    #[test]
    fn a_waiting_job_contradicts_once_gitlab_was_asked_after_the_pod_was_made() {
        let waiting = job(1, Status::Pending);
        assert_eq!(Claim::judge(&claiming(0), Some((&waiting, at(60)))), Claim::Unknown);
        let expected = Claim::Contradicted(Contradiction::NotStarted);
        assert_eq!(Claim::judge(&claiming(0), Some((&waiting, at(61)))), expected);
    }
}
