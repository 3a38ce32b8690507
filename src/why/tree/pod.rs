//! Branches D and E: a job that a runner has, by its pod.

use super::{after, age, evidence, image, unscheduled};
use crate::domain::time::span;
use crate::domain::{
    Claim, EntityId, Evidence, Job, JobId, Phase, Pod, PodEvent, SourceId, Stand, Timestamp,
};
use crate::why::diagnosis::Deadline;
use crate::why::facts::Gap;
use crate::why::grammar::log::{JobLog, NoPodBecause};
use crate::why::grammar::sandbox::SandboxFault;
use crate::why::leaf::Leaf;
use crate::why::walk::{Found, Walk};

/// How long a runner waits for a pod where nothing else is known, seconds. Source: `poll_timeout` of its Kubernetes executor.
const POLL_TIMEOUT: i64 = 180;

/// A pod that is not there, or does not get on, for less than this has nothing wrong with it yet, seconds.
pub(super) const YOUNG: i64 = 30;

/// A step of a start that takes longer than this is slow, seconds.
const SLOW: i64 = 60;

/// States of a pod that was taken away.
const LOST: [&str; 6] =
    ["Evicted", "NodeLost", "NodeShutdown", "Shutdown", "Preempting", "Unknown"];

/// States of a container that cannot be made.
const MISMADE: [&str; 4] =
    ["InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "RunContainerError"];

/// Why a job that a runner has says nothing.
pub(super) fn of_running(walk: &mut Walk<'_, '_>, job: &Job) -> Found {
    let state = walk.facts.state;
    let id = state.pod_of_job(job.id);
    let pod = id.and_then(|id| state.pods().get(id));
    let tier = pod.map_or(job.tier, |pod| pod.tier);
    if let Err(gap) = walk.facts.feed(SourceId::PODS, tier) {
        walk.open("D", "how does its pod stand?", gap);
        return by_log(walk, job, gap);
    }
    let Some(pod) = pod else { return no_pod(walk, job) };
    match state.claim(pod) {
        Claim::Contradicted(why) => {
            let words = why.words();
            walk.yes("D0", "is a pod's word about it untrue?", || {
                let name = format!("{}/{}", pod.namespace, pod.name);
                (words.to_owned(), vec![evidence("pod", name, "kubernetes", None)])
            });
            let title = format!("a pod claims it, and that is not so: {words}");
            Found::untold(Leaf::NoPod, title).of(EntityId::Pod(pod.id))
        }
        Claim::Unknown | Claim::None => of_pod(walk, pod, Some(job)).doubted(),
        Claim::Verified => of_pod(walk, pod, Some(job)),
    }
}

/// Why a pod does not run, or that it does.
pub(super) fn of_pod(walk: &mut Walk<'_, '_>, pod: &Pod, job: Option<&Job>) -> Found {
    let at = walk.facts.feed(SourceId::PODS, pod.tier).ok();
    walk.yes("D", "how does its pod stand?", || (String::new(), pod_proof(pod, at)));
    let events = walk.facts.events(pod.id, pod.tier);
    let found = match pod.stand {
        _ if LOST.contains(&&*pod.state) || is_taken(pod) => evicted(pod),
        Stand::Unplaced => unscheduled::unplaced(walk, pod, &events),
        Stand::Stuck if pod.node.is_none() => unscheduled::unplaced(walk, pod, &events),
        Stand::Stuck | Stand::Starting | Stand::Unknown => starting(walk, pod, &events),
        Stand::Running => running(walk, pod, job),
        Stand::Ending | Stand::Failed | Stand::Done => Found::certain(
            Leaf::Running,
            format!("its pod has ended ({}); GitLab will tell soon", pod.state),
        ),
    };
    let is_waiting = matches!(pod.stand, Stand::Stuck | Stand::Unplaced | Stand::Starting);
    let deadline = is_waiting.then(|| given_up(walk, pod, job)).flatten();
    let found = found.until(deadline);
    if found.subject.is_some() { found } else { found.of(EntityId::Pod(pod.id)) }
}

/// Whether it is being deleted before it could do its work.
fn is_taken(pod: &Pod) -> bool {
    pod.deleted_at.is_some() && pod.ready_at.is_none() && !pod.phase.has_ended()
}

fn evicted(pod: &Pod) -> Found {
    let why = pod.message.as_deref().or(pod.reason.as_deref()).unwrap_or("nothing was said of it");
    Found::certain(Leaf::Evicted, format!("its pod was taken away ({}): {why}", pod.state))
}

/// When its runner gives up. The usual limit counts only while it has not passed: it may be another.
fn given_up(walk: &Walk<'_, '_>, pod: &Pod, job: Option<&Job>) -> Option<Deadline> {
    let details = job.and_then(|job| walk.facts.details(job.id).ok());
    let told = details.and_then(|(details, _)| details.poll_timeout_seconds);
    if let Some(seconds) = told {
        return after(pod.created_at, seconds, "its runner gives up waiting for the pod");
    }
    let usual = after(
        pod.created_at,
        POLL_TIMEOUT,
        "its runner gives up waiting for the pod (180 s unless set otherwise)",
    );
    usual.filter(|deadline| deadline.at >= walk.facts.now)
}

/// A pod that has a node and does not run yet.
fn starting(walk: &mut Walk<'_, '_>, pod: &Pod, events: &Result<Vec<&PodEvent>, Gap>) -> Found {
    if let Some(found) = image::kept(walk, pod, events) {
        return found;
    }
    if MISMADE.contains(&&*pod.state) {
        return Found::certain(Leaf::ContainerConfig, told(pod, "a container cannot be made"));
    }
    let words = pod.message.as_deref().unwrap_or_default();
    if &*pod.state == "CrashLoopBackOff" || words.contains("exec format error") {
        return Found::certain(Leaf::Crash, told(pod, "a container ends as soon as it starts"));
    }
    let is_init = pod.state.starts_with("Init");
    if is_init && pod.stand == Stand::Stuck {
        return Found::certain(Leaf::Init, told(pod, "an init container does not end"));
    }
    let since = [pod.initialized_at, pod.sandbox_at, pod.scheduled_at].into_iter().flatten().next();
    let waits = age(walk, since.map_or(pod.created_at, Timestamp::from));
    if let Some(found) = sandbox(walk, pod, events, waits) {
        return found;
    }
    if waits <= SLOW {
        return Found::certain(
            Leaf::Starting,
            format!("its pod is coming up ({}, {})", pod.state, span(waits)),
        );
    }
    if is_init {
        return Found::likely(
            Leaf::Init,
            told(pod, &format!("its init containers run for {}", span(waits))),
        );
    }
    if pod.sandbox_at.is_some() {
        return slow_pull(walk, pod, waits);
    }
    let title =
        format!("its sandbox does not stand since {}, and no warning says why", span(waits));
    Found::untold(Leaf::Sandbox, title)
}

/// Its state, what keeps it, and the words for that.
pub(super) fn told(pod: &Pod, what: &str) -> String {
    let words = pod.message.as_deref().or(pod.reason.as_deref());
    match words {
        Some(words) => format!("{what} ({}): {words}", pod.state),
        None => format!("{what} ({})", pod.state),
    }
}

/// Branch D3, by the kubelet's warnings.
fn sandbox(
    walk: &mut Walk<'_, '_>,
    pod: &Pod,
    events: &Result<Vec<&PodEvent>, Gap>,
    waits: i64,
) -> Option<Found> {
    if pod.sandbox_at.is_some() {
        return None;
    }
    let events = match events {
        Ok(events) => events,
        Err(gap) => {
            if waits > SLOW {
                walk.open("D3", "what does the kubelet warn of?", *gap);
            }
            return None;
        }
    };
    let (event, fault) =
        events.iter().find_map(|event| SandboxFault::read(event).map(|fault| (*event, fault)))?;
    let (leaf, what) = match fault {
        SandboxFault::NoAddress => (Leaf::NoAddress, "no address is left for its pod"),
        SandboxFault::Mount => (Leaf::Mount, "something that it mounts is not there"),
        SandboxFault::Runtime => (Leaf::Sandbox, "its sandbox cannot be made"),
    };
    walk.yes(leaf.code(), "what does the kubelet warn of?", || {
        (String::new(), vec![event_proof(event)])
    });
    let found = Found::certain(leaf, format!("{what}: {}", event.message));
    let node = walk.facts.state.node_of(pod).filter(|_| fault != SandboxFault::Mount);
    Some(match node {
        Some(node) => found.of(EntityId::Node(node)),
        None => found,
    })
}

/// Branch D5, images that take long: against what the tier is used to.
fn slow_pull(walk: &mut Walk<'_, '_>, pod: &Pod, waits: i64) -> Found {
    let start = crate::state::Segment::Start;
    let usual = walk.facts.state.capacity(pod.tier).map(|capacity| capacity.latency(start));
    let p95 = usual.filter(crate::domain::Percentiles::is_enough).and_then(|usual| usual.p95);
    let against = p95.map_or_else(String::new, |p95| {
        format!(" (95 of 100 take at most {})", span(crate::domain::time::whole(p95)))
    });
    let images: Vec<&str> = pod.containers.iter().map(|one| &*one.image).take(3).collect();
    let what = images.join(", ");
    Found::likely(
        Leaf::SlowPull,
        format!("its images and containers take {} so far{against}: {what}", span(waits)),
    )
}

/// A pod that runs: whether its script does is in the log alone.
fn running(walk: &mut Walk<'_, '_>, pod: &Pod, job: Option<&Job>) -> Found {
    let ready = pod.ready_at.map(|at| age(walk, at.into()));
    let since = ready.map_or_else(String::new, |seconds| format!(" for {}", span(seconds)));
    let found = Found::certain(Leaf::Running, format!("its pod runs{since}: it is not waiting"));
    let found = match walk.facts.log(job.map_or(JobId(0), |job| job.id)) {
        Ok((log, at)) => slow_sources(walk, log, at).unwrap_or(found),
        Err(gap) => {
            walk.open("D7", "which part of it runs?", gap);
            found
        }
    };
    found.until(job.and_then(|job| timeout(walk, job)))
}

/// Branch D7: the part before the script takes long.
fn slow_sources(walk: &mut Walk<'_, '_>, log: &JobLog, at: Timestamp) -> Option<Found> {
    let (section, since) = log.section.as_ref()?;
    let open = age(walk, *since);
    let is_before = ["get_sources", "restore_cache", "download_artifacts"].contains(&&**section);
    (is_before && open > SLOW).then(|| {
        walk.yes("D7", "which part of it runs?", || {
            let value = format!("{section} for {}", span(open));
            (String::new(), vec![evidence("log.section", value, "log", Some(at))])
        });
        Found::certain(Leaf::SlowSources, format!("{section} takes {} so far", span(open)))
    })
}

fn timeout(walk: &Walk<'_, '_>, job: &Job) -> Option<Deadline> {
    let seconds = walk.facts.details(job.id).ok()?.0.timeout_seconds?;
    after(job.started_at?.into(), seconds, "it is ended for running too long")
}

/// Branches D0 and D1: no pod says that it runs the job.
fn no_pod(walk: &mut Walk<'_, '_>, job: &Job) -> Found {
    let at = walk.facts.feed(SourceId::PODS, job.tier).ok();
    walk.no("D", "does a pod say that it runs it?", || {
        (String::new(), vec![evidence("pods.of_job", "none", "kubernetes", at)])
    });
    let ran = age(walk, job.started_at.map_or(job.created_at, Timestamp::from));
    match walk.facts.log(job.id) {
        Ok((log, at)) => {
            if let Some(found) = refused(walk, log, at) {
                return found;
            }
            if log.has_script {
                return Found::certain(
                    Leaf::Running,
                    "its script runs, by its log: it is not waiting",
                );
            }
        }
        Err(gap) => {
            walk.open("D1", "does its log say why there is no pod?", gap);
            if let Some(found) = spent(walk, job) {
                return found;
            }
        }
    }
    if ran <= YOUNG {
        return Found::certain(
            Leaf::Starting,
            format!("a runner took it {} ago; its pod is being made", span(ran)),
        );
    }
    let title = format!("no pod says that it runs it, {} after its start", span(ran));
    Found::untold(Leaf::NoPod, title)
}

/// Branch D1, by the job's log.
fn refused(walk: &mut Walk<'_, '_>, log: &JobLog, at: Timestamp) -> Option<Found> {
    let (because, line) = log.no_pod.as_ref()?;
    let leaf = match because {
        NoPodBecause::Quota => Leaf::QuotaExceeded,
        NoPodBecause::Admission => Leaf::AdmissionDenied,
        NoPodBecause::Forbidden => Leaf::PodForbidden,
        NoPodBecause::ControlPlane => Leaf::ControlPlane,
    };
    walk.yes(leaf.code(), "does its log say why there is no pod?", || {
        (String::new(), vec![evidence("log", line, "log", Some(at))])
    });
    Some(Found::certain(leaf, format!("{}: {line}", leaf.about().name)))
}

/// Branch D1a without a log: nothing is left of the namespace's quota.
fn spent(walk: &mut Walk<'_, '_>, job: &Job) -> Option<Found> {
    let tier = walk.facts.state.tier(job.tier?)?;
    let at = match walk.facts.feed(SourceId::QUOTAS, job.tier) {
        Ok(at) => at,
        Err(gap) => {
            walk.open("D1a", "is anything left of the quota?", gap);
            return None;
        }
    };
    let (cluster, namespace) = (tier.pods.cluster.as_ref()?, tier.pods.namespace.as_ref()?);
    let state = walk.facts.state;
    let mut quotas = state.exhausted_quotas().filter_map(|id| state.quotas().get(id));
    let quota = quotas.find(|one| one.cluster == *cluster && one.namespace == *namespace)?;
    let spent = quota.items.iter().find(|(what, ..)| quota.exhausted.contains(what));
    let (what, used, most) = spent?;
    walk.yes("D1a", "is anything left of the quota?", || {
        let value = format!("{what} {used} of {most}");
        (String::new(), vec![evidence("quota.used", value, "kubernetes", Some(at))])
    });
    let title =
        format!("nothing is left of quota {} in {namespace}: {what} {used} of {most}", quota.name);
    Some(Found::likely(Leaf::QuotaExceeded, title).of(EntityId::Quota(quota.id)))
}

/// What the log alone says where the pods cannot be read: the way for people without rights in the cluster.
fn by_log(walk: &mut Walk<'_, '_>, job: &Job, gap: Gap) -> Found {
    let because = walk.facts.because(gap);
    let (log, at) = match walk.facts.log(job.id) {
        Ok(read) => read,
        Err(gap) => {
            walk.open("E", "does its script run?", gap);
            let title = "a runner has it; whether it runs or waits for its pod cannot be told";
            return Found::untold(Leaf::Unreadable, title);
        }
    };
    if let Some(found) = refused(walk, log, at) {
        return found;
    }
    if let Some(found) = slow_sources(walk, log, at) {
        return found;
    }
    if log.has_script {
        return Found::certain(Leaf::Running, "its script runs, by its log: it is not waiting")
            .until(timeout(walk, job));
    }
    if let Some(words) = &log.unschedulable {
        walk.yes("D2c", "what does its log say of the pod?", || {
            (String::new(), vec![evidence("log", words, "log", Some(at))])
        });
        return Found::untold(
            Leaf::Unschedulable,
            format!("no node fits its pod, by its log: {words}"),
        );
    }
    let pod = log.waits_for.as_ref().map_or_else(String::new, |pod| format!(", {pod}"));
    Found::untold(Leaf::Unreadable, format!("it waits for its pod{pod}, by its log; {because}"))
}

/// How a pod stands, as evidence.
fn pod_proof(pod: &Pod, at: Option<Timestamp>) -> Vec<Evidence> {
    let mut fields = vec![
        evidence("pod", format!("{}/{}", pod.namespace, pod.name), "kubernetes", at),
        evidence("pod.state", &pod.state, "kubernetes", at),
    ];
    if let Some(node) = &pod.node {
        fields.push(evidence("pod.node", node, "kubernetes", at));
    }
    if let Some(words) = pod.message.as_ref().filter(|_| pod.phase != Phase::Running) {
        fields.push(evidence("pod.message", words, "kubernetes", at));
    }
    fields
}

/// What was said of a pod, as evidence; its age is that of its last saying.
pub(super) fn event_proof(event: &PodEvent) -> Evidence {
    let value = format!("{} ({}): {}", event.reason, event.component, event.message);
    evidence("event", value, "kubernetes", Some(event.last_at))
}
