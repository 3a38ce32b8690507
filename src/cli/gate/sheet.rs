//! [`Sheet`]: a verdict with everything that it rests on, ready to be printed in any form.

use std::collections::BTreeMap;

use crate::cli::exit::Exit;
use crate::cli::json::{
    GateChange, GateException, GateLook, GatePolicy, GateReason, GateSlo, GateVerdict, Instant,
};
use crate::config::PolicyFile;
use crate::domain::slo::{Exhaustion, PairSeverity, Period};
use crate::domain::time::exact_seconds_between;
use crate::domain::{Slo, Text, Timestamp};
use crate::gate::{Judged, Request, Verdict};

/// A question behind the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    /// What was asked.
    pub(super) query: Text,
    /// When its answer was true.
    pub(super) at: Option<Timestamp>,
    /// Where a person can look at it.
    pub(super) url: Option<Text>,
}

/// A verdict with everything that it rests on.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    /// What was asked for.
    pub(super) request: &'a Request,
    /// The policy that was applied.
    pub(super) policy: &'a PolicyFile,
    /// The objectives that count.
    pub(super) objectives: &'a [Judged<'a>],
    /// What was decided.
    pub(super) verdict: &'a Verdict,
    /// What was asked of the platforms.
    pub(super) looks: &'a [Look],
    /// Whether the verdict only says what it would be.
    pub(super) is_dry: bool,
}

impl<'a> Sheet<'a> {
    /// The exit code of the verdict, whatever a dry run ends with.
    pub(super) fn code(&self) -> u8 {
        Exit::Verdict(self.verdict.decision).code()
    }

    /// The policy's file, in words of a person.
    pub(super) fn policy_name(&self) -> String {
        let path = self.policy.path.as_ref();
        path.map_or("built in".to_owned(), |path| {
            Text::new(&path.display().to_string()).to_string()
        })
    }

    /// The verdict as scripts read it.
    pub(super) fn item(&self) -> GateVerdict<'a> {
        let Verdict { decision, reasons, fallback, exception, .. } = self.verdict;
        let path = self.policy.path.as_ref();
        GateVerdict {
            schema: "watchfloor/gate/v1",
            verdict: decision.as_str(),
            exit_code: u64::from(self.code()),
            dry_run: self.is_dry,
            fail_mode: fallback.as_str(),
            reasons: reasons.iter().map(reason).collect(),
            slos: self.objectives.iter().map(|one| slo(one, self.verdict.at)).collect(),
            change: self.change(),
            policy: GatePolicy {
                path: path.map(|path| Text::new(&path.display().to_string()).to_string()),
                sha256: &self.policy.sha256,
            },
            exception: exception.as_ref().map(|one| GateException {
                id: &one.id,
                until: Instant(one.until),
                approvers: one.approvers.iter().map(Text::as_str).collect(),
            }),
            evidence: self.looks.iter().map(look).collect(),
            evaluated_at: Instant(self.verdict.at),
            valid_until: Instant(self.verdict.valid_until),
        }
    }

    fn change(&self) -> GateChange<'a> {
        let Request { service, environment, class, sha } = self.request;
        GateChange {
            service,
            class: class.as_str(),
            counted_as: self.verdict.counted_as.as_str(),
            sha: sha.as_deref(),
            environment,
            tier: &self.verdict.tier,
        }
    }
}

fn reason(reason: &crate::gate::Reason) -> GateReason<'_> {
    GateReason { code: reason.code.as_str(), slo: reason.objective.as_deref(), text: &reason.text }
}

fn look(look: &Look) -> GateLook<'_> {
    GateLook { query: &look.query, at: look.at.map(Instant), url: look.url.as_deref() }
}

fn slo<'a>(one: &Judged<'a>, now: Timestamp) -> GateSlo<'a> {
    let slo = one.slo;
    let window = pace_window(slo);
    // What is spent has ended, also where no pace can be told.
    let is_told = !slo.is_barely_recorded();
    let is_spent = is_told && slo.remaining().is_some_and(|left| left <= 0.0);
    let burn = slo
        .readings
        .iter()
        .map(|reading| (reading.name.as_str(), slo.burn(reading.window_seconds).and_then(finite)));
    GateSlo {
        id: &slo.key,
        source: slo.origin.as_str(),
        objective: finite(slo.objective),
        period: period(slo.period),
        remaining_ratio: slo.remaining().and_then(finite),
        recorded_ratio: slo.filled.and_then(finite),
        burn: burn.collect::<BTreeMap<&str, Option<f64>>>(),
        tte_seconds: if is_spent {
            Some(0.0)
        } else {
            window
                .filter(|_| is_told)
                .and_then(|(_, seconds)| ends_in(slo.exhaustion(seconds, now)))
        },
        tte_window: window.map(|(name, _)| name),
        events_in_period: slo.events.and_then(finite),
        sample_age_seconds: sample_age(slo, now).and_then(finite),
        state: one.state.as_str(),
    }
}

/// A number that JSON has: neither `NaN` nor endless.
fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// How old the oldest of an objective's samples is, seconds.
pub(super) fn sample_age(slo: &Slo, now: Timestamp) -> Option<f64> {
    slo.sampled_at().map(|at| exact_seconds_between(at, now).max(0.0))
}

/// The window by whose pace the end of a budget is told, and its length: the long one of the fastest page, else the
/// shortest.
fn pace_window(slo: &Slo) -> Option<(&str, f64)> {
    let pages = slo.pairs.iter().filter(|pair| pair.severity == PairSeverity::Page);
    let fastest = pages.min_by(|one, other| one.long_seconds.total_cmp(&other.long_seconds));
    let reading = fastest.and_then(|pair| slo.reading(pair.long_seconds));
    let reading = reading.or_else(|| slo.readings.first())?;
    Some((reading.name.as_str(), reading.window_seconds))
}

fn ends_in(exhaustion: Exhaustion) -> Option<f64> {
    match exhaustion {
        Exhaustion::Spent => Some(0.0),
        Exhaustion::In(seconds) => finite(seconds),
        Exhaustion::Never | Exhaustion::BeyondReset | Exhaustion::Unknown => None,
    }
}

/// A period in words: `30d`, `calendar 31d`.
fn period(period: Period) -> String {
    const DAY: f64 = 86_400.0;
    let seconds = period.seconds();
    let days = (seconds / DAY).round();
    let length = if (days * DAY - seconds).abs() < 1.0 && days > 0.0 {
        format!("{days}d")
    } else {
        format!("{seconds}s")
    };
    match period {
        Period::Rolling { .. } => length,
        Period::Calendar { .. } => format!("calendar {length}"),
    }
}
