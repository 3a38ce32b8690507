//! What Prometheus and Alertmanager say: whether they answer, and what they know. All at once, each for itself.

use super::verdict::Verdict;
use crate::cli::advice::of_failure;
use crate::config::Settings;
use crate::domain::{Health, Report, SloOrigin, SourceId, SourceKey, Timestamp};
use crate::runtime::{self, Clock};
use crate::source;
use crate::state::State;

/// The feeds, and the table of the configuration that each rests on.
const FEEDS: [(SourceId, &str); 3] = [
    (SourceId::SLOS, "prometheus"),
    (SourceId::ALERTS, "alertmanager"),
    (SourceId::SILENCES, "alertmanager silences"),
];

/// Asks both, where they are configured.
pub(super) async fn verdicts(settings: &Settings, clock: Clock) -> Vec<Verdict> {
    // They alone are asked: GitLab and the clusters have verdicts of their own.
    let alone = Settings { gitlab: None, clusters: Vec::new(), ..settings.clone() };
    let sources = FEEDS.map(|(source, _)| source);
    let updates = source::look(&alone, &sources, runtime::wiring(clock)).await;
    let at = clock.now();
    let mut state = State::new(settings.domain_tiers());
    for update in updates {
        state.apply(update, at);
    }
    FEEDS.into_iter().flat_map(|feed| of_feed(&state, feed, at)).collect()
}

/// What one feed has found; nothing where it is not configured.
fn of_feed(state: &State, (source, about): (SourceId, &str), at: Timestamp) -> Vec<Verdict> {
    let reports = state.reports().filter(|(key, _)| key.source == source);
    reports.flat_map(|(key, report)| of_report((state, about), key, report, at)).collect()
}

fn of_report(
    (state, about): (&State, &str),
    key: &SourceKey,
    report: &Report,
    at: Timestamp,
) -> Vec<Verdict> {
    if let Some(failure) = &report.failure {
        let hint = of_failure(key, failure, at);
        return vec![Verdict::fail(about, &failure.message, &hint)];
    }
    if report.health(at) == Health::Starting {
        return vec![Verdict::skip(about, "it was not asked")];
    }
    let gap = report.gap.as_ref().map(|gap| {
        let hint = of_failure(key, gap, at);
        Verdict::warn(about, &gap.message, &hint)
    });
    std::iter::once(found(state, key.source, about)).chain(gap).collect()
}

/// What it knows.
fn found(state: &State, source: SourceId, about: &str) -> Verdict {
    match source {
        SourceId::SLOS => objectives(state, about),
        SourceId::ALERTS => {
            Verdict::ok(about, format!("it answers: {}", many(state.alerts().len(), "alert")))
        }
        _ => Verdict::ok(about, many(state.silences().len(), "silence")),
    }
}

/// How many objectives its series carry, by who defines them. Those that the console samples itself are not among them.
fn objectives(state: &State, about: &str) -> Verdict {
    let all = [SloOrigin::Sloth, SloOrigin::Pyrra, SloOrigin::OpenSlo, SloOrigin::Builtin];
    let by = all.into_iter().filter_map(|origin| {
        let n = state.slos().iter().filter(|(_, row)| row.value.origin == origin).count();
        (n > 0).then(|| format!("{n} {origin}"))
    });
    let by: Vec<String> = by.collect();
    if by.is_empty() {
        let hint = "record objectives with sloth or pyrra, or name files in `slo.folders`";
        return Verdict::warn(about, "it answers, and no objective was found there", hint);
    }
    let n = many(state.slos().len(), "objective");
    Verdict::ok(about, format!("it answers: {n} by its series ({})", by.join(", ")))
}

fn many(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample;
    use crate::domain::{Failure, FailureKind, Text, Tiers};

    fn told(state: &State) -> Vec<String> {
        let all = FEEDS.into_iter().flat_map(|feed| of_feed(state, feed, sample::now()));
        all.map(|verdict| verdict.to_string().trim_end().to_owned()).collect()
    }

    #[test]
    fn what_answers_says_what_it_knows() {
        let expected = [
            "ok    prometheus: it answers: 1 objective by its series (1 sloth)",
            "ok    alertmanager: it answers: 1 alert",
            "ok    alertmanager silences: 1 silence",
        ];
        assert_eq!(told(&sample::state()), expected);
    }

    #[test]
    fn what_is_not_configured_is_not_spoken_of() {
        assert_eq!(told(&State::new(Tiers::default())), Vec::<String>::new());
    }

    #[test]
    fn what_does_not_answer_fails_with_its_cure() {
        let failure = Failure {
            kind: FailureKind::Connect,
            message: Text::new("connection refused"),
            hint: Text::new("look at `prometheus.url`"),
            at: sample::now(),
            retry_at: None,
        };
        let report = Report { failure: Some(failure), ..Report::starting(30.0) };
        let key = sample::key(SourceId::SLOS);
        let state = State::new(Tiers::default());
        let told = of_report((&state, "prometheus"), &key, &report, sample::now());
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        let expected =
            "fail  prometheus: connection refused\n        hint: look at `prometheus.url`\n";
        assert_eq!(told, [expected]);
    }
}
