//! Groups of rules as `/api/v1/rules` lists them, and the alerts that are up.

use serde_json::{Value as Json, json};

use super::answer::printed_short;
use super::burn::{self, Alarm, alarms, span};
use super::eval::Wrong;
use super::sample::{Labels, STEP, on_grid};
use super::scene::{WINDOWS, alert_labels, alert_name};
use crate::sim::clock::{self, Millis};
use crate::sim::wire::Query;
use crate::sim::world::slo::{Maker, Promise, SloState, Slos, Source};
use crate::sim::world::{TIERS, World};

/// The file that holds every group.
const FILE: &str = "/etc/prometheus/rules/slos.yml";

/// Which rules are wanted.
struct Choice<'q> {
    kind: Option<&'q str>,
    names: Vec<&'q str>,
    groups: Vec<&'q str>,
    without_alerts: bool,
}

impl Choice<'_> {
    fn is_rule(&self, kind: &str, name: &str) -> bool {
        self.kind.is_none_or(|wanted| kind.starts_with(wanted))
            && (self.names.is_empty() || self.names.contains(&name))
    }
}

/// The groups that are asked for.
pub(super) fn groups(world: &World, query: &Query, now: Millis) -> Result<Vec<Json>, Wrong> {
    let kind = query.get("type");
    if let Some(kind) = kind.filter(|kind| !matches!(*kind, "alert" | "record")) {
        let why = format!("not supported value \"{kind}\"");
        return Err(Wrong::Bad(format!("invalid parameter \"type\": {why}")));
    }
    let choice = Choice {
        kind,
        names: query.list("rule_name"),
        groups: query.list("rule_group"),
        without_alerts: query.is_on("exclude_alerts"),
    };
    let files = query.list("file");
    if !files.is_empty() && !files.contains(&FILE) {
        return Ok(Vec::new());
    }
    let mut seen = String::new();
    let mut all = Vec::new();
    for promise in &world.slos.promises {
        if seen == promise.id() {
            continue;
        }
        seen = promise.id();
        let of_one = match promise.maker {
            Maker::Sloth => sloth(&world.slos, promise, &choice, now),
            Maker::Pyrra => pyrra(&world.slos, promise, &choice, now),
        };
        all.extend(
            of_one.into_iter().filter_map(|(name, rules)| group(&choice, &name, &rules, now)),
        );
    }
    Ok(all)
}

fn group(choice: &Choice<'_>, name: &str, rules: &[Json], now: Millis) -> Option<Json> {
    let wanted = choice.groups.is_empty() || choice.groups.contains(&name);
    (wanted && !rules.is_empty()).then(|| {
        json!({
            "name": name,
            "file": FILE,
            "interval": STEP / 1000,
            "limit": 0,
            "evaluationTime": 0.000_8,
            "lastEvaluation": clock::fine(on_grid(now)),
            "rules": rules,
        })
    })
}

type Group = (String, Vec<Json>);

fn sloth(slos: &Slos, promise: &Promise, choice: &Choice<'_>, now: Millis) -> Vec<Group> {
    let id = promise.id();
    let labels =
        [("sloth_id", &*id), ("sloth_service", &promise.service), ("sloth_slo", &promise.name)];
    let selector = format!(
        "{{sloth_id=\"{id}\",sloth_service=\"{}\",sloth_slo=\"{}\"}}",
        promise.service, promise.name
    );
    let record = |name: &str, expr: &str, window: Option<&str>| {
        let window = window.map(|window| ("sloth_window", window));
        let labels: Labels = labels
            .iter()
            .copied()
            .chain(window)
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect();
        recording((name, expr), &labels, promise, now)
    };
    let mut indicators: Vec<Json> = Vec::new();
    for window in WINDOWS.map(span) {
        let name = format!("slo:sli_error:ratio_rate{window}");
        if choice.is_rule("record", &name) {
            indicators.push(record(&name, &ratio(promise, &window), Some(&window)));
        }
    }
    let period = span(promise.period());
    let name = format!("slo:sli_error:ratio_rate{period}");
    if choice.is_rule("record", &name) {
        let five = format!("slo:sli_error:ratio_rate5m{selector}[{period}]");
        let expr =
            format!("sum_over_time({five}) / ignoring (sloth_window) count_over_time({five})");
        let mut rule = record(&name, &expr, Some(&period));
        if promise.state == Some(SloState::RuleError) {
            fail(&mut rule);
        }
        indicators.push(rule);
    }
    let meta = [
        ("slo:objective:ratio", format!("vector({})", promise.objective / 100.0)),
        ("slo:error_budget:ratio", format!("vector(1 - {})", promise.objective / 100.0)),
        ("slo:time_period:days", format!("vector({})", promise.days)),
        ("slo:current_burn_rate:ratio", over_budget("5m", &selector)),
        ("slo:period_burn_rate:ratio", over_budget(&period, &selector)),
        (
            "slo:period_error_budget_remaining:ratio",
            format!("1 - slo:period_burn_rate:ratio{selector}"),
        ),
        ("sloth_slo_info", "vector(1)".to_owned()),
    ];
    let meta: Vec<Json> = meta
        .iter()
        .filter(|(name, _)| choice.is_rule("record", name))
        .map(|(name, expr)| record(name, expr, None))
        .collect();
    let alerts = alerting(slos, promise, choice, now);
    vec![
        (format!("sloth-slo-sli-recordings-{id}"), indicators),
        (format!("sloth-slo-meta-recordings-{id}"), meta),
        (format!("sloth-slo-alerts-{id}"), alerts),
    ]
}

fn pyrra(slos: &Slos, promise: &Promise, choice: &Choice<'_>, now: Millis) -> Vec<Group> {
    let id = promise.id();
    let labels = Labels::from([
        ("slo".to_owned(), id.clone()),
        ("service".to_owned(), promise.service.clone()),
    ]);
    let record = |name: &str, expr: &str| recording((name, expr), &labels, promise, now);
    let mut windows: Vec<Millis> = alarms(promise)
        .iter()
        .flat_map(|one| &one.pairs)
        .flat_map(|one| [one.short, one.long])
        .collect();
    windows.sort_unstable();
    windows.dedup();
    let mut rules: Vec<Json> = Vec::new();
    for window in windows.into_iter().map(span) {
        let name = format!("http_requests:burnrate{window}");
        if choice.is_rule("record", &name) {
            rules.push(record(&name, &ratio(promise, &window)));
        }
    }
    rules.extend(alerting(slos, promise, choice, now));
    let period = span(promise.period());
    let increase = format!("http_requests:increase{period}");
    let sum = format!(
        "sum by (code, service) (increase(http_requests_total{{service=\"{}\"}}[{period}]))",
        promise.service
    );
    let increases: Vec<Json> =
        choice.is_rule("record", &increase).then(|| record(&increase, &sum)).into_iter().collect();
    let generic: Vec<Json> = [
        ("pyrra_objective", promise.objective / 100.0),
        ("pyrra_window", clock::exact(promise.period())),
    ]
    .into_iter()
    .filter(|(name, _)| choice.is_rule("record", name))
    .map(|(name, value)| record(name, &value.to_string()))
    .collect();
    vec![
        (id.clone(), rules),
        (format!("{id}-increase"), increases),
        (format!("{id}-generic"), generic),
    ]
}

/// The expression of the ratio over a window.
fn ratio(promise: &Promise, window: &str) -> String {
    if let Source::Tier(place) = promise.source {
        return waited(place, window);
    }
    let requests = format!("http_requests_total{{service=\"{}\"", promise.service);
    format!(
        "(sum(rate({requests},code=~\"5..\"}}[{window}]))) / (sum(rate({requests}}}[{window}])))"
    )
}

/// The expression of the share of a tier's jobs that waited too long: none where no job was taken.
fn waited(place: usize, window: &str) -> String {
    let (tag, target) =
        TIERS.get(place).map_or(("", 60), |tier| (tier.tag, tier.queue_target_seconds));
    let sum = |part: &str, bound: &str| {
        let runners = format!("runner_name=~\"{tag}.*\"{bound}");
        format!("sum(rate(gitlab_runner_job_queue_duration_seconds_{part}{{{runners}}}[{window}]))")
    };
    let (all, good) = (sum("count", ""), sum("bucket", &format!(",le=\"{target}\"")));
    format!("({all} - {good}) / clamp_min({all}, 1e-9)")
}

fn over_budget(window: &str, selector: &str) -> String {
    format!(
        "slo:sli_error:ratio_rate{window}{selector} / on (sloth_id, sloth_slo, sloth_service) \
         group_left () slo:error_budget:ratio{selector}"
    )
}

fn recording((name, expr): (&str, &str), labels: &Labels, promise: &Promise, now: Millis) -> Json {
    let health = if promise.begin > now { "unknown" } else { "ok" };
    json!({
        "name": name,
        "query": expr,
        "labels": labels,
        "health": health,
        "evaluationTime": 0.000_2,
        "lastEvaluation": clock::fine(on_grid(now)),
        "type": "recording",
    })
}

/// Makes a rule one that fails.
fn fail(rule: &mut Json) {
    let Some(fields) = rule.as_object_mut() else { return };
    let why = "query processing would load too many samples into memory in query execution";
    fields.insert("health".to_owned(), json!("err"));
    fields.insert("lastError".to_owned(), json!(why));
}

fn alerting(slos: &Slos, promise: &Promise, choice: &Choice<'_>, now: Millis) -> Vec<Json> {
    let name = alert_name(promise);
    if !choice.is_rule("alerting", &name) {
        return Vec::new();
    }
    let groups: Vec<&Promise> =
        slos.promises.iter().filter(|other| other.id() == promise.id()).collect();
    let rule = |alarm: Alarm| {
        let up: Vec<Json> = groups.iter().filter_map(|one| alert(slos, one, &alarm, now)).collect();
        let is = |state: &str| up.iter().any(|one| one.get("state") == Some(&json!(state)));
        let state = if is("firing") {
            "firing"
        } else if is("pending") {
            "pending"
        } else {
            "inactive"
        };
        let mut labels = alert_labels(promise, &alarm);
        labels.remove("alertname");
        json!({
            "state": state,
            "name": name,
            "query": expression(promise, &alarm),
            "duration": alarm.hold / 1000,
            "keepFiringFor": 0,
            "labels": labels,
            "annotations": annotations(promise, &alarm),
            "alerts": if choice.without_alerts { Vec::new() } else { up },
            "health": "ok",
            "evaluationTime": 0.000_3,
            "lastEvaluation": clock::fine(on_grid(now)),
            "type": "alerting",
        })
    };
    alarms(promise).into_iter().map(rule).collect()
}

fn expression(promise: &Promise, alarm: &Alarm) -> String {
    let budget = promise.budget();
    let pairs: Vec<String> = alarm
        .pairs
        .iter()
        .map(|pair| {
            let side = |window: Millis| match promise.maker {
                Maker::Sloth => format!(
                    "max(slo:sli_error:ratio_rate{}{{sloth_id=\"{}\"}} > ({} * {budget})) without (sloth_window)",
                    span(window), promise.id(), pair.factor
                ),
                Maker::Pyrra => format!(
                    "http_requests:burnrate{}{{slo=\"{}\"}} > ({} * (1 - {}))",
                    span(window), promise.id(), pair.factor, promise.objective / 100.0
                ),
            };
            format!("({} and {})", side(pair.short), side(pair.long))
        })
        .collect();
    pairs.join(" or ")
}

/// The annotations of an alert.
pub(crate) fn annotations(promise: &Promise, alarm: &Alarm) -> Labels {
    let texts = [
        ("summary", format!("{} {} burns its budget", promise.service, promise.name)),
        (
            "title",
            format!(
                "({}) {} {} SLO error budget burn rate is too fast.",
                alarm.severity, promise.service, promise.name
            ),
        ),
    ];
    texts.map(|(name, text)| (name.to_owned(), text)).into()
}

fn alert(slos: &Slos, promise: &Promise, alarm: &Alarm, now: Millis) -> Option<Json> {
    let up = burn::up(slos, promise, alarm, now)?;
    Some(json!({
        "labels": alert_labels(promise, alarm),
        "annotations": annotations(promise, alarm),
        "state": if up.fires { "firing" } else { "pending" },
        "activeAt": clock::fine(up.since),
        "value": printed_short(up.value),
    }))
}

/// Every alert that is up.
pub(super) fn alerts(slos: &Slos, now: Millis) -> Vec<Json> {
    let of_one = |promise| {
        alarms(promise).into_iter().filter_map(move |alarm| alert(slos, promise, &alarm, now))
    };
    slos.promises.iter().flat_map(of_one).collect()
}
