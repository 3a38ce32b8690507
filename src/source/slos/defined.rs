//! [`Defined`]: objectives from files and the built-in five, besides those that Prometheus has recorded.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::api::Error;
use crate::api::gitlab::Gitlab;
use crate::api::prometheus::{Known, Prometheus, unasked};
use crate::config::{
    Lost, Settings, SloFiles, SloSettings, TierRunner, builtin, builtin_by_runner,
};
use crate::domain::{
    FailureKind, Measured, Period, Reading, Slo, SloId, SloOrigin, Text, Tiers, Timestamp,
};
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
        let mut untold = Vec::new();
        if self.slo.builtin
            && let Err(error) = self.runners.refresh(&self.tiers, now).await
        {
            let why = format!("which runner has which tier is not known: {error}");
            let mut all = builtin_by_runner(&self.slo, &self.tiers);
            all.retain(|one| discovered.iter().all(|known| known.rule_id != one.rule_id));
            untold = unasked(&all, &Text::new(&why), now);
        }
        let (slo, tiers) = (&self.slo, &self.tiers);
        let files = fresh(&mut self.files, &slo.folders, now);
        let faulty = fault(files);
        let lost = files.lost.iter().map(unread);
        let beside: Vec<Slo> = lost.chain(untold).collect();
        let mut taken: HashSet<Text> = discovered.iter().map(|one| one.rule_id.clone()).collect();
        let own = builtin(slo, tiers, &self.runners.known);
        let all = files.definitions.iter().cloned().chain(own);
        // What is recorded already is not measured a second time.
        let definitions: Vec<_> = all.filter(|one| taken.insert(one.rule_id.clone())).collect();
        match Box::pin(prometheus.measure(&definitions, &mut self.known)).await {
            Ok(read) => {
                self.last = read.slos;
                self.last.retain(|one| one.origin != SloOrigin::Builtin || is_measured(one));
                ([self.last.clone(), beside].concat(), gravest(faulty, read.gap))
            }
            // What was read before is kept: its age tells how old it is.
            Err(error) => ([self.last.clone(), beside].concat(), Some(error)),
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

/// Of two gaps the one that touches more than what says so itself.
pub(super) fn gravest(one: Option<Error>, other: Option<Error>) -> Option<Error> {
    let (own, foreign): (Vec<Error>, Vec<Error>) =
        one.into_iter().chain(other).partition(|error| error.kind == FailureKind::Definition);
    foreign.into_iter().chain(own).next()
}

/// The row of an objective that a file should have defined: nothing is known of it but that it is missing, and why.
fn unread(lost: &Lost) -> Slo {
    let seconds = 30.0 * 86_400.0;
    Slo {
        id: SloId::of(&["lost", &lost.service, &lost.key]),
        key: lost.key.clone(),
        rule_id: lost.key.clone(),
        service: lost.service.clone(),
        name: Text::new("not read"),
        description: Some(Text::new("what a file should have defined: its fault stands below")),
        origin: SloOrigin::OpenSlo,
        labels: Box::default(),
        objective: 0.0,
        period: Period::Rolling { seconds },
        period_ratio: Reading {
            name: Text::new("30d"),
            window_seconds: seconds,
            ratio: Measured::Absent,
            at: None,
        },
        readings: Box::default(),
        pairs: Box::default(),
        events: None,
        filled: None,
        recovery: None,
        is_called_spent: false,
        is_time_weighted: false,
        firing: None,
        rule_error: Some(lost.why.clone()),
        warning: None,
        rule_interval_seconds: None,
        queries: Box::default(),
    }
}

/// The first fault of the files, and how many more there are. What it took away says so itself, unless that is not known.
fn fault(files: &SloFiles) -> Option<Error> {
    let first = files.faults.first()?;
    let place =
        if first.line == 0 { first.file.clone() } else { format!("{}:{}", first.file, first.line) };
    let more = match files.faults.len() {
        1 => String::new(),
        many => format!(" (and {} more)", many - 1),
    };
    let message = format!("{place}: {}{more}", first.message);
    let kind = if files.is_dark { FailureKind::Other } else { FailureKind::Definition };
    let error = Error::new(kind, message).doing("reading files of objectives");
    Some(error.hinting("watchfloor check lists every fault with its cure"))
}

/// Whether Prometheus has anything of it.
fn is_measured(slo: &Slo) -> bool {
    let mut all = slo.readings.iter().chain([&slo.period_ratio]);
    slo.rule_error.is_some() || all.any(|one| one.ratio != Measured::Absent)
}

impl Runners {
    /// Asks GitLab again where that is due. What cannot be read keeps what was known; where nothing was, that is an error.
    async fn refresh(&mut self, tiers: &Tiers, now: Timestamp) -> Result<(), Error> {
        let Some(gitlab) = &self.gitlab else { return Ok(()) };
        let is_fresh = |at| !self.known.is_empty() && now.duration_since(at) < RUNNERS_LAST;
        if self.asked_at.is_some_and(is_fresh) {
            return Ok(());
        }
        let mut known = Vec::new();
        for watched in &self.watched {
            let read = match watched {
                Watched::Group(path) => gitlab.runners_of_group(path).await,
                Watched::Project(path) => gitlab.runners_of_project(path).await,
            };
            let runners = match read {
                Ok(runners) => runners,
                Err(error) if self.known.is_empty() => return Err(error),
                Err(_) => return Ok(()),
            };
            let tiered = runners
                .into_iter()
                .filter_map(|one| Some((one.description.clone(), tiers.of(&one.tags)?)));
            known.extend(tiered);
        }
        known.sort();
        known.dedup();
        self.known = known;
        self.asked_at = Some(now);
        Ok(())
    }
}
