//! Rules about projects and runners.

use super::{Rule, Scene};
use crate::domain::time::{instant_utc, span};
use crate::domain::{
    EntityId, Evidence, Finding, FindingId, Health, Joined, Runner, Severity, SourceId, Text,
    TierIndex,
};
use crate::state::Row;

/// A protected ref's last pipeline failed.
pub(super) fn failing_refs(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let judge = |(id, refs): (_, &[crate::state::FailingRef])| {
        let row = scene.state.projects().row(id)?;
        let names: Vec<&str> = refs.iter().map(|failing| &*failing.reference).collect();
        let youngest =
            refs.last().and_then(|failing| scene.state.pipelines().row(failing.pipeline));
        Some(Finding {
            id: FindingId { code: rule.code, about: EntityId::Project(id) },
            severity: Severity::Medium,
            title: Text::new(&format!(
                "{}: the last pipeline failed on {}",
                row.value.path,
                names.join(", ")
            )),
            evidence: vec![Evidence {
                field: "pipeline.status",
                value: Text::new("failed"),
                source: "gitlab",
                seen_at: youngest.map(Row::seen_at),
            }],
            next_step: Text::new("open the project and look at the failed jobs"),
            since: youngest.and_then(|row| row.value.finished_at.or(row.value.updated_at)),
            count: u64::try_from(refs.len()).unwrap_or(u64::MAX),
            joined: Joined::default(),
        })
    };
    scene.state.failing().filter_map(judge).collect()
}

/// A runner was not heard of for long, though GitLab calls it online.
pub(super) fn quiet(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    if scene.state.source_health(SourceId::RUNNERS, scene.now) != Some(Health::Live) {
        return Vec::new();
    }
    let judge = |(_, row): (_, &Row<Runner>)| {
        let runner = &*row.value;
        let waiting = scene.state.waiting_for(runner);
        let quiet = runner.quiet_for(waiting, scene.now)?;
        let evidence = |field, value: String| Evidence {
            field,
            value: Text::new(&value),
            source: "gitlab",
            seen_at: Some(row.seen_at()),
        };
        let runs = runner.running.map(|jobs| evidence("runner.running", jobs.to_string()));
        let contact =
            runner.contacted_at.map(|at| evidence("runner.contacted_at", instant_utc(at)));
        let waits = evidence("tier.waiting", waiting.to_string());
        Some(Finding {
            id: FindingId { code: rule.code, about: EntityId::Runner(runner.id) },
            severity: if waiting > 0 { Severity::High } else { Severity::Medium },
            title: Text::new(&words_of_quiet(scene, runner, (waiting, quiet))),
            evidence: contact.into_iter().chain(runs).chain([waits]).collect(),
            next_step: Text::new(
                "look at its manager's pod and log: GitLab calls a runner online for two hours after its last contact",
            ),
            since: runner.contacted_at,
            count: u64::try_from(waiting).unwrap_or(u64::MAX),
            joined: Joined::default(),
        })
    };
    scene.state.runners().iter().filter_map(judge).collect()
}

/// `eks-standard-b (504): no contact for 44m, 0 jobs on it, while 22 of tier standard wait`.
fn words_of_quiet(scene: &Scene<'_>, runner: &Runner, (waiting, quiet): (usize, i64)) -> String {
    let runs = runner.running.map_or_else(String::new, |jobs| format!(", {jobs} jobs on it"));
    let waits = match waiting {
        0 => String::new(),
        _ => format!(", while {waiting} of tier {} wait", scene.state.tiers().name(runner.tier)),
    };
    let Runner { description, id, .. } = runner;
    format!("{description} ({id}): no contact for {}{runs}{waits}", span(quiet))
}

/// No runner of a tier is online, though jobs wait for it.
pub(super) fn silent_tier(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    if scene.state.source_health(SourceId::RUNNERS, scene.now) != Some(Health::Live) {
        return Vec::new();
    }
    let state = scene.state;
    let of_tier = |index: TierIndex| {
        state.runners().iter().map(|(_, row)| row).filter(move |row| row.value.tier == Some(index))
    };
    let is_heard =
        |runner: &Runner| runner.quiet_for(state.waiting_for(runner), scene.now).is_none();
    let works = |runner: &Runner| &*runner.status == "online" && !runner.paused && is_heard(runner);
    let judge = |(index, tier): (TierIndex, &crate::domain::Tier)| {
        let waiting = state.queue(Some(index))?.waiting();
        let seen_at = of_tier(index).map(Row::seen_at).min()?;
        let silent = waiting > 0 && !of_tier(index).any(|row| works(&row.value));
        silent.then(|| Finding {
            id: FindingId { code: rule.code, about: EntityId::Tier(index) },
            severity: Severity::Critical,
            title: Text::new(&format!("tier {}: no runner is online and unpaused", tier.name)),
            evidence: vec![Evidence {
                field: "runner.status",
                value: Text::new(&format!("0 of {} work", of_tier(index).count())),
                source: "gitlab",
                seen_at: Some(seen_at),
            }],
            next_step: Text::new("start a runner manager of the tier, or take its pause away"),
            since: None,
            count: u64::try_from(waiting).unwrap_or(u64::MAX),
            joined: Joined::default(),
        })
    };
    state.tiers().iter().filter_map(judge).collect()
}
