//! [`Defined`]: objectives from files and the built-in five, besides those that Prometheus has recorded.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::api::Error;
use crate::api::gitlab::Gitlab;
use crate::api::prometheus::{Known, Prometheus};
use crate::config::{Settings, SloFiles, SloSettings, TierRunner, builtin};
use crate::domain::{FailureKind, Measured, Slo, SloOrigin, Text, Tiers, Timestamp};
use crate::source::roster::Watched;

/// How often the folders are looked at again: an edited file counts without a restart.
const FILES_LAST: SignedDuration = SignedDuration::from_mins(1);
/// How often GitLab is asked which runner has which tags.
const RUNNERS_LAST: SignedDuration = SignedDuration::from_mins(10);

/// Objectives that are defined outside Prometheus, with what one pass remembers for the next.
#[derive(Debug)]
pub(super) struct Defined {
    slo: SloSettings,
    tiers: Tiers,
    runners: Runners,
    files: Option<(Timestamp, SloFiles)>,
    known: Known,
    /// The rows of the last pass that succeeded.
    last: Vec<Slo>,
}

/// Which runner belongs to which tier, as GitLab says.
#[derive(Debug)]
struct Runners {
    gitlab: Option<Arc<Gitlab>>,
    watched: Vec<Watched>,
    known: Vec<TierRunner>,
    asked_at: Option<Timestamp>,
}

impl Defined {
    /// What the settings define. Opens nothing.
    pub(super) fn of(settings: &Settings, gitlab: Option<&Arc<Gitlab>>) -> Defined {
        let runners = Runners {
            gitlab: gitlab.cloned(),
            watched: settings.gitlab.as_ref().map(Watched::of).unwrap_or_default(),
            known: Vec::new(),
            asked_at: None,
        };
        Defined {
            slo: settings.slo.clone(),
            tiers: settings.domain_tiers(),
            runners,
            files: None,
            known: Known::default(),
            last: Vec::new(),
        }
    }

    /// Measures what is defined and was not discovered, and says what of it could not be read.
    pub(super) async fn read(
        &mut self,
        prometheus: &Prometheus,
        discovered: &[Slo],
    ) -> (Vec<Slo>, Option<Error>) {
        let now = prometheus.now();
        if self.slo.builtin {
            self.runners.refresh(&self.tiers, now).await;
        }
        let (slo, tiers) = (&self.slo, &self.tiers);
        let files = fresh(&mut self.files, &slo.folders, now);
        let faulty = fault(files);
        let mut taken: HashSet<Text> = discovered.iter().map(|one| one.rule_id.clone()).collect();
        let own = builtin(slo, tiers, &self.runners.known);
        let all = files.definitions.iter().cloned().chain(own);
        // What is recorded already is not measured a second time.
        let definitions: Vec<_> = all.filter(|one| taken.insert(one.rule_id.clone())).collect();
        match Box::pin(prometheus.measure(&definitions, &mut self.known)).await {
            Ok(read) => {
                self.last = read.slos;
                self.last.retain(|one| one.origin != SloOrigin::Builtin || is_measured(one));
                (self.last.clone(), faulty.or(read.gap))
            }
            // What was read before is kept: its age tells how old it is.
            Err(error) => (self.last.clone(), Some(error)),
        }
    }
}

/// The files, read again where that is due.
fn fresh<'f>(
    files: &'f mut Option<(Timestamp, SloFiles)>,
    folders: &[PathBuf],
    now: Timestamp,
) -> &'f SloFiles {
    let is_old = |(at, _): &(Timestamp, SloFiles)| now.duration_since(*at) >= FILES_LAST;
    if files.as_ref().is_some_and(is_old) {
        *files = None;
    }
    &files.get_or_insert_with(|| (now, SloFiles::read(folders))).1
}

/// The first fault of the files, and how many more there are.
fn fault(files: &SloFiles) -> Option<Error> {
    let first = files.faults.first()?;
    let place =
        if first.line == 0 { first.file.clone() } else { format!("{}:{}", first.file, first.line) };
    let more = match files.faults.len() {
        1 => String::new(),
        many => format!(" (and {} more)", many - 1),
    };
    let message = format!("{place}: {}{more}", first.message);
    let error = Error::new(FailureKind::Other, message).doing("reading files of objectives");
    Some(error.hinting("watchfloor check lists every fault with its cure"))
}

/// Whether Prometheus has anything of it.
fn is_measured(slo: &Slo) -> bool {
    let mut all = slo.readings.iter().chain([&slo.period_ratio]);
    slo.rule_error.is_some() || all.any(|one| one.ratio != Measured::Absent)
}

impl Runners {
    /// Asks GitLab again where that is due. What cannot be read keeps what was known: its own feed tells why.
    async fn refresh(&mut self, tiers: &Tiers, now: Timestamp) {
        let Some(gitlab) = &self.gitlab else { return };
        let is_fresh = |at| !self.known.is_empty() && now.duration_since(at) < RUNNERS_LAST;
        if self.asked_at.is_some_and(is_fresh) {
            return;
        }
        let mut known = Vec::new();
        for watched in &self.watched {
            let read = match watched {
                Watched::Group(path) => gitlab.runners_of_group(path).await,
                Watched::Project(path) => gitlab.runners_of_project(path).await,
            };
            let Ok(runners) = read else { return };
            let tiered = runners
                .into_iter()
                .filter_map(|one| Some((one.description.clone(), tiers.of(&one.tags)?)));
            known.extend(tiered);
        }
        known.sort();
        known.dedup();
        self.known = known;
        self.asked_at = Some(now);
    }
}
