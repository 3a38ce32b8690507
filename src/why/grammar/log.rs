//! [`JobLog`]: what a job's log says of its pod before its script runs, in the words of GitLab Runner's Kubernetes executor.

use crate::domain::{Text, Timestamp};

/// Why no pod was made, as the log says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoPodBecause {
    /// The namespace's quota.
    Quota,
    /// An admission webhook or a policy.
    Admission,
    /// A right, a service account or a secret that is missing.
    Forbidden,
    /// An API server that is slow or refuses for load.
    ControlPlane,
}

/// Words for each, in lower case, the most telling first: a quota's refusal is also called forbidden.
const WORDS: [(NoPodBecause, &[&str]); 4] = [
    (NoPodBecause::Quota, &["exceeded quota"]),
    (
        NoPodBecause::Admission,
        &[
            "admission webhook",
            "violates podsecurity",
            "denied the request",
            "validatingadmissionpolicy",
        ],
    ),
    (
        NoPodBecause::ControlPlane,
        &[
            "too many requests",
            "etcdserver: request timed out",
            "the server was unable to return a response",
            "tls handshake timeout",
            "context deadline exceeded",
            "client rate limiter wait",
        ],
    ),
    (
        NoPodBecause::Forbidden,
        &[
            "is forbidden",
            "serviceaccount",
            "cannot create resource",
            "secrets \"",
            "imagepullsecret",
        ],
    ),
];

/// What a job's log says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JobLog {
    /// Why no pod was made, and the line that says so.
    pub no_pod: Option<(NoPodBecause, Text)>,
    /// The scheduler's words, as the runner repeats them.
    pub unschedulable: Option<Text>,
    /// The pod that the runner waits for: `namespace/name`.
    pub waits_for: Option<Text>,
    /// The section that is open, and since when.
    pub section: Option<(Text, Timestamp)>,
    /// Whether the script itself has begun.
    pub has_script: bool,
}

impl JobLog {
    /// Reads a log, or its last part.
    pub fn read(raw: &str) -> JobLog {
        let mut log = JobLog::default();
        for line in raw.split(['\n', '\r']) {
            log.take(line);
        }
        log
    }

    fn take(&mut self, line: &str) {
        if let Some((at, name)) = marker(line, "section_start:") {
            self.has_script |= name == "step_script" || name == "build_script";
            self.section = Some((Text::new(name), at));
            return;
        }
        if let Some((_, name)) = marker(line, "section_end:") {
            if self.section.as_ref().is_some_and(|(open, _)| **open == *name) {
                self.section = None;
            }
            return;
        }
        if let Some((_, rest)) = line.split_once("Waiting for pod ") {
            let name = rest.split_whitespace().next().unwrap_or_default();
            self.waits_for = Some(Text::new(name.trim_end_matches(',')));
        }
        if let Some((_, words)) = line.split_once("Unschedulable: ") {
            self.unschedulable = Some(Text::new(words.trim().trim_matches('"')));
        }
        if !self.has_script {
            self.no_pod = because(line).or(self.no_pod.take());
        }
    }
}

/// A marker of a section: `section_start:1700000000:prepare_executor`, with options in brackets behind its name.
fn marker<'a>(line: &'a str, kind: &str) -> Option<(Timestamp, &'a str)> {
    let (_, rest) = line.split_once(kind)?;
    let (second, name) = rest.split_once(':')?;
    let ends = |letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'));
    let name = name.split(ends).next()?;
    Some((Timestamp::from_second(second.parse().ok()?).ok()?, name))
}

fn because(line: &str) -> Option<(NoPodBecause, Text)> {
    let lower = line.to_lowercase();
    let is_fault = ["error", "failed", "warning", "prepare environment", "setting up"];
    if !is_fault.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let says = |known: &[&str]| known.iter().any(|one| lower.contains(one));
    let (kind, _) = WORDS.iter().find(|(_, known)| says(known))?;
    Some((*kind, Text::new(line.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runners_words_for_a_missing_pod_are_told_apart() {
        let of = |line: &str| JobLog::read(line).no_pod.map(|(kind, _)| kind);
        let quota = "ERROR: Job failed (system failure): prepare environment: setting up build pod: pods \"runner-x\" is \
                     forbidden: exceeded quota: compute, requested: pods=1, used: pods=50, limited: pods=50.";
        assert_eq!(of(quota), Some(NoPodBecause::Quota));
        let webhook = "ERROR: Job failed (system failure): prepare environment: setting up build pod: admission webhook \
                       \"validate.kyverno.svc-fail\" denied the request: policy Pod/ci/x for resource violation";
        assert_eq!(of(webhook), Some(NoPodBecause::Admission));
        let role = "ERROR: Job failed (system failure): prepare environment: setting up credentials: secrets is forbidden: \
                    User \"system:serviceaccount:ci:runner\" cannot create resource \"secrets\"";
        assert_eq!(of(role), Some(NoPodBecause::Forbidden));
        let load = "WARNING: Job failed (system failure): Post \"https://10.0.0.1:443/api/v1/pods\": context deadline exceeded";
        assert_eq!(of(load), Some(NoPodBecause::ControlPlane));
        assert_eq!(of("$ echo exceeded quota"), None, "a script may say anything");
    }

    #[test]
    fn a_script_that_has_begun_says_nothing_of_pods() {
        let log = JobLog::read("section_start:1700000000:step_script\nERROR: exceeded quota");
        assert_eq!((log.no_pod, log.has_script), (None, true));
    }

    #[test]
    fn the_open_section_is_the_last_that_did_not_end() {
        let raw = "section_start:1700000000:prepare_executor\r\x1b[0KPreparing\nsection_end:1700000005:prepare_executor\n\
                   section_start:1700000005:get_sources[collapsed=true]\r\x1b[0KGetting source";
        let at = Timestamp::from_second(1_700_000_005).unwrap();
        assert_eq!(JobLog::read(raw).section, Some((Text::new("get_sources"), at)));
    }

    #[test]
    fn the_pod_that_is_waited_for_and_the_schedulers_words_are_read() {
        let raw = "Waiting for pod ci-standard/runner-abc to be running, status is Pending\n\
                   \tUnschedulable: \"0/3 nodes are available: 3 Insufficient cpu.\"";
        let log = JobLog::read(raw);
        assert_eq!(log.waits_for, Some(Text::new("ci-standard/runner-abc")));
        assert_eq!(
            log.unschedulable,
            Some(Text::new("0/3 nodes are available: 3 Insufficient cpu."))
        );
    }
}
