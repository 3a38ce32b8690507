//! The platform's own five objectives as definitions over the metrics of runners and of kube-state-metrics.

use crate::config::settings::SloSettings;
use crate::domain::{
    Definition, Expression, Indicator, NoExpression, Pair, PeriodRule, SloOrigin, Text, Tier,
    TierIndex, Tiers,
};

/// The service that they all belong to.
const SERVICE: &str = "platform";
/// Where they are defined.
const PLACE: &str = "built in";
const DAY: f64 = 86_400.0;
/// The period of most of them.
const PERIOD: f64 = 30.0 * DAY;
/// The period of the one with the least traffic.
const LONG_PERIOD: f64 = 28.0 * DAY;
/// The bounds of the runner's histogram of queue times, seconds (gitlab-runner, `network/client metrics`).
const BOUNDS: [u32; 10] = [1, 3, 10, 30, 60, 120, 300, 900, 1800, 3600];
/// From this share of its slots on the platform counts as full.
const FULL: f64 = 0.9;
/// What was not the platform's fault.
const NOT_OURS: &str = r#"failure_reason!="script_failure""#;

/// Their names in `slo.objectives`, and the objective of each where none is configured. One that is kept by tier may
/// be configured with the tier's name behind it too.
const BUILTIN: [(&str, f64); 5] = [
    ("queue", 0.99),
    ("scheduling", 0.99),
    ("capacity", 0.95),
    ("pipelines", 0.99),
    ("deployments", 0.99),
];

/// A runner's name, and the tier that its tags fit.
pub type TierRunner = (Text, TierIndex);

/// The built-in definitions. `runners` are those that GitLab told of; none where nobody could say which tier each has.
pub fn builtin(settings: &SloSettings, tiers: &Tiers, runners: &[TierRunner]) -> Vec<Definition> {
    if !settings.builtin {
        return Vec::new();
    }
    let maker = Maker { settings };
    let mut made: Vec<Result<Definition, NoExpression>> = Vec::new();
    for (index, tier) in tiers.iter() {
        let own: Vec<&str> = names(runners, |one| one == index);
        if !own.is_empty() {
            made.push(maker.queue(tier, &own));
        }
        if let Some(namespace) = &tier.pods.namespace {
            made.push(maker.scheduling(tier, namespace));
        }
    }
    made.push(maker.capacity());
    made.push(maker.pipelines());
    let is_protected = |one| tiers.get(one).is_some_and(|tier| tier.protected);
    let protected = names(runners, is_protected);
    if !protected.is_empty() {
        made.push(maker.deployments(&protected));
    }
    made.into_iter().filter_map(Result::ok).collect()
}

/// The definitions that rest on the list of runners, for when nobody can say which tier each has: they cannot be asked for.
pub fn builtin_by_runner(settings: &SloSettings, tiers: &Tiers) -> Vec<Definition> {
    if !settings.builtin {
        return Vec::new();
    }
    let maker = Maker { settings };
    let mut made: Vec<_> = tiers.iter().map(|(_, tier)| maker.queue(tier, &[])).collect();
    if tiers.iter().any(|(_, tier)| tier.protected) {
        made.push(maker.deployments(&[]));
    }
    made.into_iter().filter_map(Result::ok).collect()
}

/// The definitions that are there wherever anything is known of the platform: from Prometheus, or as it is sampled here.
/// The capacity is not among them, for nobody but Prometheus tells how many slots there are.
pub fn builtin_expected(settings: &SloSettings, tiers: &Tiers) -> Vec<Definition> {
    let others = builtin(settings, tiers, &[]).into_iter().filter(|one| &*one.name != "capacity");
    others.chain(builtin_by_runner(settings, tiers)).collect()
}

/// Whether an objective may be configured under this name: a kind, or one that is kept by tier with the tier's name.
pub(in crate::config) fn is_builtin(name: &str) -> bool {
    let of_tier = |kind: &str| {
        let tier = name.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-'));
        matches!(kind, "queue" | "scheduling") && tier.is_some_and(|tier| !tier.is_empty())
    };
    BUILTIN.iter().any(|(kind, _)| name == *kind || of_tier(kind))
}

/// The objective of a kind of them and a tier: as it is configured, else the usual one.
pub fn builtin_objective(settings: &SloSettings, kind: &str, tier: &str) -> f64 {
    let usual = BUILTIN.iter().find(|(known, _)| *known == kind).map_or(0.99, |(_, one)| *one);
    let configured = |name: &str| settings.objectives.get(name).copied();
    configured(&format!("{kind}-{tier}")).or_else(|| configured(kind)).unwrap_or(usual)
}

fn names(runners: &[TierRunner], is_of: impl Fn(TierIndex) -> bool) -> Vec<&str> {
    let mut names: Vec<&str> =
        runners.iter().filter(|(_, tier)| is_of(*tier)).map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

struct Maker<'s> {
    settings: &'s SloSettings,
}

impl Maker<'_> {
    /// Jobs that began within the tier's target, of those that a runner took.
    fn queue(&self, tier: &Tier, runners: &[&str]) -> Result<Definition, NoExpression> {
        let bound = bound(tier.queue_target_seconds);
        let of = selector(runners);
        let metric = "gitlab_runner_job_queue_duration_seconds";
        let good = format!(
            r#"sum(increase({metric}_bucket{{{of},le=~"{bound}([.]0+)?"}}[{{{{.window}}}}]))"#
        );
        let total = format!("sum(increase({metric}_count{{{of}}}[{{{{.window}}}}]))");
        let words = format!(
            "jobs of tier {} that a runner took within {bound} s of being queued; jobs that still wait are not among them",
            tier.name
        );
        let indicator =
            Indicator::Good { good: Expression::new(&good)?, total: Expression::new(&total)? };
        Ok(self.tiered("queue", tier, (&words, indicator)))
    }

    /// Pods that were ready within the tier's target of being made, of those that are older than it. What ended before it
    /// was seen ready tells nothing: it lived for less than Prometheus takes from one look to the next.
    fn scheduling(&self, tier: &Tier, namespace: &str) -> Result<Definition, NoExpression> {
        let target = tier.pods.scheduling_target_seconds;
        let of = format!("namespace=\"{}\"", quoted(namespace));
        let made = format!(
            "(last_over_time(kube_pod_created{{{of}}}[{{{{.window}}}}]) < time() - {target})"
        );
        let ready = format!("last_over_time(kube_pod_status_ready_time{{{of}}}[{{{{.window}}}}])");
        let good = format!("sum(({ready} - on (namespace, pod, uid) {made}) <= bool {target})");
        let ended = format!("last_over_time(kube_pod_completion_time{{{of}}}[{{{{.window}}}}])");
        let words = format!(
            "pods of tier {} that were ready within {target} s of being made, by kube-state-metrics; those that ended before they were seen ready are not among them",
            tier.name
        );
        let by = "on (namespace, pod, uid)";
        let total = format!("count({made} unless {by} ({ended} unless {by} {ready}))");
        let total = Expression::new(&total)?;
        let indicator = Indicator::Good { good: Expression::new(&good)?, total };
        Ok(self.tiered("scheduling", tier, (&words, indicator)))
    }

    /// The share of time in which the runners are full.
    fn capacity(&self) -> Result<Definition, NoExpression> {
        let text = format!(
            "avg_over_time((sum(gitlab_runner_jobs) >= bool {FULL} * (sum(gitlab_runner_concurrent) > 0))[{{{{.window}}}}:{{{{.step}}}}])"
        );
        let words = "the time in which less than 90 % of the runners' slots are taken";
        let indicator = Indicator::Ratio(Expression::sliced(&text)?);
        Ok(self.define("capacity", "", PERIOD, (words, indicator)))
    }

    /// Jobs that did not fail by the platform's fault.
    fn pipelines(&self) -> Result<Definition, NoExpression> {
        let words = "jobs that did not fail, or failed by their own script";
        Ok(self.define("pipelines", "", PERIOD, (words, unfailed("")?)))
    }

    /// The same of the runners that deploy to what is protected: Prometheus knows of jobs, not of deployments.
    fn deployments(&self, runners: &[&str]) -> Result<Definition, NoExpression> {
        let words = "jobs on the runners of protected tiers that the platform did not fail";
        let indicator = unfailed(&selector(runners))?;
        Ok(self.define("deployments", "", LONG_PERIOD, (words, indicator)))
    }

    fn tiered(&self, kind: &str, tier: &Tier, told: (&str, Indicator)) -> Definition {
        let mut made = self.define(kind, &tier.name, PERIOD, told);
        made.labels = Box::new([(Text::new("tier"), tier.name.clone())]);
        made
    }

    fn define(
        &self,
        kind: &str,
        tier: &str,
        period: f64,
        (words, indicator): (&str, Indicator),
    ) -> Definition {
        let name = if tier.is_empty() { kind.to_owned() } else { format!("{kind}-{tier}") };
        Definition {
            origin: SloOrigin::Builtin,
            rule_id: Text::new(&format!("{SERVICE}-{name}")),
            service: Text::new(SERVICE),
            objective: builtin_objective(self.settings, kind, tier),
            name: Text::new(&name),
            description: Some(Text::new(words)),
            labels: Box::default(),
            span: PeriodRule::Rolling { seconds: period },
            indicator,
            pairs: Pair::workbook(period).into(),
            alert: None,
            place: Text::new(PLACE),
        }
    }
}

/// The bound of the histogram that a target is held against: the largest that is no longer.
fn bound(target: f64) -> u32 {
    let within = BOUNDS.iter().rev().find(|bound| f64::from(**bound) <= target);
    *within.unwrap_or(&1)
}

fn unfailed(of: &str) -> Result<Indicator, NoExpression> {
    let more = if of.is_empty() { String::new() } else { format!("{of},") };
    let bad = format!(
        "sum(increase(gitlab_runner_failed_jobs_total{{{more}{NOT_OURS}}}[{{{{.window}}}}]))"
    );
    let total = format!("sum(increase(gitlab_runner_jobs_total{{{of}}}[{{{{.window}}}}]))");
    Ok(Indicator::Bad { bad: Expression::new(&bad)?, total: Expression::new(&total)? })
}

/// A condition for runners with these names.
fn selector(runners: &[&str]) -> String {
    let all: Vec<String> = runners.iter().map(|name| quoted(&escaped(name))).collect();
    format!("runner_name=~\"{}\"", all.join("|"))
}

/// A name as a regular expression that it alone fits.
fn escaped(name: &str) -> String {
    let escape = |c: char| {
        let is_special = r"\.+*?()|[]{}^$".contains(c);
        is_special.then_some('\\').into_iter().chain([c])
    };
    name.chars().flat_map(escape).collect()
}

/// A text within quotes. What would be taken for a template is taken apart.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace("{{", "{\\x7b")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::TierPods;

    fn tier(name: &str, target: f64) -> Tier {
        Tier {
            name: Text::new(name),
            protected: false,
            runner_tags: Vec::new(),
            queue_target_seconds: target,
            pods: TierPods {
                namespace: Some(Text::new(&format!("ci-{name}"))),
                scheduling_target_seconds: 45.0,
                ..TierPods::default()
            },
        }
    }

    fn made(objectives: &[(&str, f64)], runners: &[(&str, u16)]) -> Vec<Definition> {
        let objectives: BTreeMap<String, f64> =
            objectives.iter().map(|(name, ratio)| ((*name).to_owned(), *ratio)).collect();
        let settings = SloSettings { folders: Vec::new(), builtin: true, objectives };
        let tiers = Tiers::new(vec![tier("a", 60.0), Tier { protected: true, ..tier("b", 45.0) }]);
        let runners: Vec<TierRunner> =
            runners.iter().map(|(name, at)| (Text::new(name), TierIndex(*at))).collect();
        builtin(&settings, &tiers, &runners)
    }

    fn names(all: &[Definition]) -> Vec<&str> {
        all.iter().map(|one| &*one.name).collect()
    }

    #[test]
    fn five_kinds_are_defined_two_of_them_by_tier() {
        let all = made(&[], &[("one", 0), ("two", 1)]);
        let expected = [
            "queue-a",
            "scheduling-a",
            "queue-b",
            "scheduling-b",
            "capacity",
            "pipelines",
            "deployments",
        ];
        assert_eq!(names(&all), expected);
    }

    #[test]
    fn without_runners_nothing_is_said_of_the_queue_of_a_tier() {
        let expected = ["scheduling-a", "scheduling-b", "capacity", "pipelines"];
        assert_eq!(names(&made(&[], &[])), expected);
    }

    #[test]
    fn an_objective_of_a_tier_wins_over_that_of_its_kind() {
        let all = made(&[("queue", 0.9), ("queue-b", 0.8)], &[("one", 0), ("two", 1)]);
        let told: Vec<u64> = all
            .iter()
            .filter(|one| one.name.starts_with("queue"))
            .map(|one| one.objective.to_bits())
            .collect();
        assert_eq!(told, [0.9_f64.to_bits(), 0.8_f64.to_bits()]);
    }

    #[test]
    fn an_objective_is_configured_by_kind_or_by_tier() {
        let known = ["queue", "queue-a", "scheduling-b", "capacity"].map(is_builtin);
        let unknown = ["queue-", "queues", "capacity-a", "uptime"].map(is_builtin);
        assert_eq!((known, unknown), ([true; 4], [false; 4]));
    }

    #[test]
    fn a_target_between_two_bounds_is_held_against_the_shorter() {
        assert_eq!([bound(0.5), bound(45.0), bound(60.0), bound(9e9)], [1, 30, 60, 3600]);
    }

    #[test]
    fn a_runners_name_cannot_say_more_than_a_name() {
        assert_eq!(selector(&[r#"a.b"|{{x"#]), r#"runner_name=~"a\\.b\"\\|\\{\\{x""#);
    }
}
