//! The register of exceptions: reachable, there, readable, and guarded by GitLab too.

use super::super::ground::Ground;
use super::verdict::{Level, Verdict};
use crate::api::Wiring;
use crate::config::ExceptionSettings;
use crate::domain::{Report, SourceId, Timestamp};
use crate::source;
use crate::state::State;

/// What is said of the register itself.
const ABOUT: &str = "register";

/// Asks about the register, where one is configured.
pub(super) async fn verdicts(ground: &Ground, wiring: Wiring) -> Vec<Verdict> {
    let settings = &ground.loaded.settings;
    let Some(exceptions) = &settings.exceptions else { return Vec::new() };
    let sources = [SourceId::EXCEPTIONS, SourceId::REQUESTS];
    let updates = source::look(settings, &sources, wiring).await;
    let now = ground.clock.now();
    let mut state = State::new(settings.domain_tiers());
    for update in updates {
        state.apply(update, now);
    }
    let mut verdicts = of_records(&state, exceptions, now);
    verdicts.extend(of_requests(&state, exceptions, now));
    verdicts.extend(of_guard(&state, exceptions));
    verdicts
}

fn about(what: &str, settings: &ExceptionSettings) -> String {
    format!("{ABOUT} {}{what}", settings.project)
}

/// What a feed of the register said of itself.
fn report(state: &State, source: SourceId) -> Option<&Report> {
    state.reports().find(|(key, _)| key.source == source).map(|(_, report)| report)
}

/// Whether the records can be read, and what is wrong with them.
fn of_records(state: &State, settings: &ExceptionSettings, now: Timestamp) -> Vec<Verdict> {
    let about = about("", settings);
    let Some(report) = report(state, SourceId::EXCEPTIONS) else { return Vec::new() };
    if let Some(failure) = &report.failure {
        return vec![Verdict::of_failure(Level::Fail, &about, failure, now)];
    }
    let records = state.exceptions().len();
    let place = format!("{} of {}", settings.path, settings.reference);
    let read = match records {
        1 => format!("1 record read in {place}"),
        n => format!("{n} records read in {place}"),
    };
    let mut verdicts = Vec::new();
    let flawed = state.exceptions().iter().filter(|(_, row)| !row.value.flaws.is_empty()).count();
    let hint = "`get exceptions` names the rules that they break; `exceptions lint` in a clone of the register tells where";
    verdicts.push(match flawed {
        0 if records == 0 => {
            let hint = "nothing to do where nothing was granted yet; else check `exceptions.path`";
            Verdict::warn(&about, format!("no record in {place}"), hint)
        }
        0 => Verdict::ok(&about, format!("{read}, none with flaws")),
        1 => Verdict::warn(&about, format!("{read}, 1 of them with flaws"), hint),
        n => Verdict::warn(&about, format!("{read}, {n} of them with flaws"), hint),
    });
    let gap = report.gap.as_ref();
    verdicts.extend(gap.map(|gap| Verdict::of_failure(Level::Warn, &about, gap, now)));
    verdicts
}

/// Whether the requests can be read.
fn of_requests(state: &State, settings: &ExceptionSettings, now: Timestamp) -> Option<Verdict> {
    let about = about(" requests", settings);
    let report = report(state, SourceId::REQUESTS)?;
    if let Some(failure) = &report.failure {
        return Some(Verdict::of_failure(Level::Fail, &about, failure, now));
    }
    if let Some(gap) = &report.gap {
        return Some(Verdict::of_failure(Level::Warn, &about, gap, now));
    }
    Some(match state.requests().len() {
        1 => Verdict::ok(&about, "1 open"),
        n => Verdict::ok(&about, format!("{n} open")),
    })
}

/// What GitLab's own settings let pass.
fn of_guard(state: &State, settings: &ExceptionSettings) -> Vec<Verdict> {
    let about = about(" settings", settings);
    let Some(guard) = state.guard() else { return Vec::new() };
    let mut verdicts: Vec<Verdict> = match guard.weaknesses.as_deref() {
        None => Vec::new(),
        Some([]) => vec![Verdict::ok(&about, "GitLab too keeps apart who asks and who approves")],
        Some(all) => all.iter().map(|one| Verdict::warn(&about, one.what(), one.cure())).collect(),
    };
    let hint = "have somebody else look at what it granted";
    verdicts.extend(guard.self_merged.iter().map(|one| {
        let approved = match one.is_approved_by_another() {
            Some(true) => "somebody else approved it",
            Some(false) => "nobody else approved it",
            None => "its approvals were not read",
        };
        let said = format!("!{} was merged by its own author {}: {approved}", one.iid, one.author);
        Verdict::warn(&about, said, hint)
    }));
    verdicts.extend(guard.missing.iter().map(|why| {
        let hint =
            "Watchfloor refuses by itself what it knows; whether GitLab does too is not known";
        Verdict::warn(&about, why, hint)
    }));
    verdicts
}
