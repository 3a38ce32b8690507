//! Holds the register against what stands in other tools, whenever either changed or a minute has passed.

use jiff::SignedDuration;

use crate::domain::exception::Tool;
use crate::domain::{Drift, DriftKind, Silence, SilenceState};
use crate::domain::{
    Evidence, ExceptionState, FailureKind, Home, Native, Record, Report, SourceId, Text, Timestamp,
};
use crate::register::formats::of_silence;
use crate::register::reconcile::{Look, Survey, reconcile as compare};
use crate::state::{Changes, State};

/// Ends pass by themselves: however little is new, it is compared again after this.
const AT_LEAST: SignedDuration = SignedDuration::from_mins(1);

/// Compares the register with what stands in other tools, where `changes` or the time that passed may have made a
/// difference; gives what became different.
pub fn reconcile(state: &mut State, changes: &Changes, now: Timestamp) -> Changes {
    let is_touched = !changes.exceptions.is_empty()
        || !changes.sightings.is_empty()
        || !changes.silences.is_empty();
    let judged_at = state.drifts().judged_at();
    let is_old = judged_at.is_none_or(|at| now.duration_since(at) >= AT_LEAST);
    if !is_touched && !is_old {
        return Changes::default();
    }
    let Some(register) = Register::of(state) else {
        // Without a register everything would look as if nobody had granted it.
        let is_empty = state.drifts().is_empty();
        return if is_empty {
            Changes::default()
        } else {
            state.set_drifts(Vec::new(), Vec::new(), now)
        };
    };
    let mut natives: Vec<Native> = Vec::new();
    let mut looks: Vec<Look> = Vec::new();
    for (_, row) in state.sightings().iter() {
        let seen = &row.value;
        natives.extend(seen.natives.iter().cloned());
        looks.push(Look {
            tool: seen.tool,
            home: seen.home.clone(),
            path: seen.path.clone(),
            seen_at: seen.seen_at,
            gap: seen.gap.as_ref().map(|gap| gap.why.clone()),
        });
    }
    let silences = state.silences().iter().map(|(_, row)| &*row.value);
    natives.extend(silences.filter(|one| is_there(one)).map(of_silence));
    looks.extend(of_silences(state, now));
    let rows = state.exceptions().iter().map(|(_, row)| &*row.value);
    let records: Vec<(&Record, ExceptionState)> =
        rows.map(|filed| (&filed.record, state.exception_state(filed, now))).collect();
    let survey = Survey {
        records: &records,
        records_seen_at: register.seen_at,
        natives: &natives,
        looks: &looks,
    };
    let found = compare(&survey, now);
    let told = found.drifts.into_iter().filter(|drift| register.may_tell(drift));
    let drifts = told.map(|drift| register.doubted(drift)).collect();
    state.set_drifts(drifts, found.undecided, now)
}

fn is_there(silence: &Silence) -> bool {
    silence.state != SilenceState::Expired
}

/// What is known of the register itself.
struct Register {
    seen_at: Option<Timestamp>,
    gap: Option<Text>,
    /// Whether the gap is one of this moment, so that any record may be missing: not a file that cannot be read.
    is_broken_off: bool,
}

impl Register {
    /// None where it was never read.
    fn of(state: &State) -> Option<Register> {
        let of_register = state.reports().filter(|(key, _)| key.source == SourceId::EXCEPTIONS);
        let reports: Vec<&Report> = of_register.map(|(_, report)| report).collect();
        let seen_at = reports.iter().filter_map(|report| report.confirmed_at).min();
        let gap = reports.iter().find_map(|report| report.gap.as_ref());
        seen_at?;
        let is_broken_off =
            gap.is_some_and(|gap| !matches!(gap.kind, FailureKind::Shape | FailureKind::Other));
        Some(Register { seen_at, gap: gap.map(|gap| gap.message.clone()), is_broken_off })
    }

    /// Whether it may be said: while records are missing, that none names something cannot.
    fn may_tell(&self, drift: &Drift) -> bool {
        !(self.is_broken_off && drift.kind == DriftKind::Unregistered)
    }

    /// Where not all records are known, that no record names something is said with a doubt.
    fn doubted(&self, mut drift: Drift) -> Drift {
        if let Some(gap) = self.gap.as_ref().filter(|_| drift.kind == DriftKind::Unregistered) {
            drift.evidence.push(Evidence {
                field: "register",
                value: Text::new(&format!("not all of it is known: {gap}")),
                source: "register",
                seen_at: self.seen_at,
            });
        }
        drift
    }
}

/// What was looked at in Alertmanager; nothing where none is configured.
fn of_silences(state: &State, now: Timestamp) -> Option<Look> {
    let mut reports = state.reports().filter(|(key, _)| key.source == SourceId::SILENCES);
    let (_, report) = reports.next()?;
    let gap = if report.health(now).is_live() {
        None
    } else {
        let told = report.failure.as_ref().map(|failure| failure.message.to_string());
        let told = told.unwrap_or_else(|| report.health(now).as_str().to_owned());
        Some(Text::new(&format!("silences are not known: {told}")))
    };
    Some(Look {
        tool: Tool::Silence.name(),
        home: Home::Alertmanager,
        path: None,
        seen_at: report.confirmed_at.unwrap_or(now),
        gap,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::exception::fixture::record;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{
        Artefact, Change, Entity, ExceptionId, Failure, FailureKind, Filed, Origin, Scope,
        Sighting, SourceKey, Tiers, Update,
    };
    use crate::register::formats::{File, read};

    fn tell(state: &mut State, source: SourceId, change: Change) -> Changes {
        let key = SourceKey { source, scope: Scope::gitlab("acme") };
        state.apply(Update { key, at: at(0), origin: Origin::Live, change }, at(0))
    }

    fn report(gap: Option<&str>) -> Change {
        let gap = gap.map(|message| Failure {
            kind: FailureKind::Shape,
            message: Text::new(message),
            hint: Text::new(""),
            at: at(0),
            retry_at: None,
        });
        Change::Report(Report { confirmed_at: Some(at(0)), gap, ..Report::starting(60.0) })
    }

    /// A file of the scanner that lets one finding pass for ever.
    fn ignored() -> Entity {
        let file = File { project: "a/b", path: ".trivyignore", revision: None, blob: None };
        let found = read(&file, b"CVE-2024-1").unwrap();
        let home = Home::Project(Text::new("a/b"));
        let path = Some(Text::new(".trivyignore"));
        let sighting = Sighting::new("trivy", home, path, at(0)).holding(found.natives, Vec::new());
        Entity::Sighting(Arc::new(sighting))
    }

    fn filed(ends: &str) -> Entity {
        let mut record = record("E-1", "2020-01-01", ends);
        record.artefacts = vec![Artefact {
            tool: Text::new("trivy"),
            project: Some(Text::new("a/b")),
            cluster: None,
            path: Some(Text::new(".trivyignore")),
            rule: Some(Text::new("CVE-2024-1")),
        }];
        Entity::Exception(Arc::new(Filed {
            id: ExceptionId::of(&["r", "E-1.yaml"]),
            project: Text::new("r"),
            path: Text::new("E-1.yaml"),
            blob: Text::new("b"),
            commit: Text::new("c"),
            record,
            flaws: Arc::from([]),
        }))
    }

    fn kinds(state: &State) -> Vec<DriftKind> {
        let mut kinds: Vec<DriftKind> = state.drifts().iter().map(|drift| drift.kind).collect();
        kinds.sort_unstable();
        kinds
    }

    #[test]
    fn nothing_is_compared_with_a_register_that_was_never_read() {
        let mut state = State::new(Tiers::default());
        let changes = tell(&mut state, SourceId::NATIVES, Change::Replace(vec![ignored()]));
        assert!(reconcile(&mut state, &changes, at(1)).is_empty());
        tell(&mut state, SourceId::EXCEPTIONS, report(None));
        let changes = reconcile(&mut state, &Changes::default(), at(2));
        assert_eq!(kinds(&state), [DriftKind::Unregistered, DriftKind::Unbounded]);
        assert_eq!(changes.drifts.len(), 2);
    }

    #[test]
    fn a_record_that_comes_is_held_against_what_is_there_at_once() {
        let mut state = State::new(Tiers::default());
        tell(&mut state, SourceId::EXCEPTIONS, report(None));
        tell(&mut state, SourceId::NATIVES, Change::Replace(vec![ignored()]));
        reconcile(&mut state, &Changes::default(), at(1));
        let changes =
            tell(&mut state, SourceId::EXCEPTIONS, Change::Replace(vec![filed("2020-02-01")]));
        let changes = reconcile(&mut state, &changes, at(2));
        assert_eq!(kinds(&state), [DriftKind::Zombie, DriftKind::Unbounded]);
        assert_eq!(changes.exceptions, [ExceptionId::of(&["r", "E-1.yaml"])].into());
    }

    #[test]
    fn without_news_it_is_compared_again_after_a_minute_and_no_sooner() {
        let mut state = State::new(Tiers::default());
        tell(&mut state, SourceId::EXCEPTIONS, report(None));
        reconcile(&mut state, &Changes::default(), at(0));
        reconcile(&mut state, &Changes::default(), at(59));
        assert_eq!(state.drifts().judged_at(), Some(at(0)));
        reconcile(&mut state, &Changes::default(), at(60));
        assert_eq!(state.drifts().judged_at(), Some(at(60)));
    }

    #[test]
    fn while_reading_the_register_was_broken_off_nothing_is_called_unrecorded() {
        let mut state = State::new(Tiers::default());
        let Change::Report(mut broken_off) = report(Some("429")) else { panic!("a report") };
        broken_off.gap.as_mut().unwrap().kind = FailureKind::RateLimited;
        tell(&mut state, SourceId::EXCEPTIONS, Change::Report(broken_off));
        tell(&mut state, SourceId::NATIVES, Change::Replace(vec![ignored()]));
        reconcile(&mut state, &Changes::default(), at(1));
        assert_eq!(kinds(&state), [DriftKind::Unbounded]);
    }

    #[test]
    fn that_no_record_names_something_is_said_with_a_doubt_where_not_all_are_known() {
        let mut state = State::new(Tiers::default());
        tell(&mut state, SourceId::EXCEPTIONS, report(Some("1 file cannot be read")));
        tell(&mut state, SourceId::NATIVES, Change::Replace(vec![ignored()]));
        reconcile(&mut state, &Changes::default(), at(1));
        let doubts = |drift: &Drift| {
            drift.evidence.iter().any(|one| one.value.contains("1 file cannot be read"))
        };
        let doubted: Vec<DriftKind> =
            state.drifts().iter().filter(|drift| doubts(drift)).map(|drift| drift.kind).collect();
        assert_eq!(doubted, [DriftKind::Unregistered]);
    }
}
