//! Files of objectives with the traps that such files have, each with its place.

use super::SloFiles;
use crate::domain::{Definition, Indicator, PairSeverity, PeriodRule, SloOrigin};

const SLO: &str = "apiVersion: openslo/v1
kind: SLO
metadata:
  name: catalog-availability
  displayName: Catalogue
  labels: {team: shelves}
spec:
  description: pages are served
  service: catalog
  indicator:
    metadata: {name: catalog-pages}
    spec:
      ratioMetric:
        counter: true
        bad:
          metricSource:
            type: Prometheus
            spec: {query: 'http_requests_total{service=\"catalog\",code=~\"5..\"}'}
        total:
          metricSource:
            type: Prometheus
            spec: {query: 'http_requests_total{service=\"catalog\"}'}
  timeWindow:
    - duration: 28d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - displayName: most of them
      target: 0.995
";

const SLOTH: &str = "version: \"prometheus/v1\"
service: \"shop\"
labels: {team: till}
slos:
  - name: \"paying\"
    objective: 99.9
    description: \"payments go through\"
    labels: {tier: gold}
    sli:
      events:
        error_query: sum(rate(pay_total{ok=\"no\"}[{{.window}}]))
        total_query: sum(rate(pay_total[{{.window}}]))
    alerting:
      name: ShopPaying
      labels: {routing: till}
      annotations: {summary: words}
      page_alert: {labels: {severity: page}}
      ticket_alert: {disable: true}
";

fn parse(text: &str) -> SloFiles {
    SloFiles::parse(&[("slo/a.yaml".to_owned(), text.to_owned())])
}

fn only(text: &str) -> Definition {
    let mut read = parse(text);
    assert_eq!(read.faults, [], "{text}");
    assert_eq!(read.definitions.len(), 1, "{text}");
    read.definitions.remove(0)
}

/// The faults of a text as `line: message`.
fn faults(text: &str) -> Vec<String> {
    let read = parse(text);
    assert!(read.faults.iter().all(|fault| fault.hint.is_some()), "{:#?}", read.faults);
    assert!(read.faults.iter().all(|fault| fault.file == "slo/a.yaml"));
    read.faults.iter().map(|fault| format!("{}: {}", fault.line, fault.message)).collect()
}

/// The faults of the good file with something else in the place of a part.
fn spoilt(text: &str, part: &str, other: &str) -> Vec<String> {
    assert!(text.contains(part), "{part}");
    let spoilt = text.replacen(part, other, 1);
    let faults = faults(&spoilt);
    assert!(!faults.is_empty(), "no fault in {spoilt}");
    faults
}

fn queries(definition: &Definition) -> Vec<(&'static str, String)> {
    let parts = definition.indicator.parts();
    parts.into_iter().map(|(name, expression)| (name, expression.over("5m", 300.0))).collect()
}

#[test]
fn an_openslo_file_defines_an_objective() {
    let read = only(SLO);
    assert_eq!((read.origin, &*read.rule_id), (SloOrigin::OpenSlo, "catalog-availability"));
    assert_eq!((&*read.service, read.objective.to_bits()), ("catalog", 0.995_f64.to_bits()));
    assert_eq!(read.description.as_deref(), Some("pages are served"));
    assert_eq!(read.span, PeriodRule::Rolling { seconds: 28.0 * 86_400.0 });
    assert_eq!(read.labels.len(), 1);
    assert_eq!(&*read.place, "slo/a.yaml:1");
    assert_eq!(format!("{:.2}", read.pairs[0].factor), "13.44");
    assert_eq!(
        queries(&read)[0],
        (
            "bad",
            r#"sum(increase(http_requests_total{service="catalog",code=~"5.."}[5m]))"#.to_owned()
        )
    );
}

#[test]
fn good_events_are_told_from_bad_ones() {
    let good = only(&SLO.replace("bad:", "good:"));
    assert!(matches!(good.indicator, Indicator::Good { .. }));
    assert!(matches!(only(SLO).indicator, Indicator::Bad { .. }));
}

#[test]
fn a_percentage_is_a_ratio_times_a_hundred() {
    let read = only(&SLO.replace("target: 0.995", "targetPercent: 99.5"));
    assert_eq!(read.objective.to_bits(), 0.995_f64.to_bits());
}

#[test]
fn what_is_not_supported_is_refused_by_its_name() {
    for (part, other, fault) in [
        (
            "Occurrences",
            "Timeslices",
            "26: `spec.budgetingMethod` is `Timeslices`, which is not supported",
        ),
        (
            "Occurrences",
            "RatioTimeslices",
            "26: `spec.budgetingMethod` is `RatioTimeslices`, which is not supported",
        ),
        (
            "type: Prometheus",
            "type: Datadog",
            "17: `spec.indicator.spec.ratioMetric.bad.metricSource.type` is `Datadog`, and only Prometheus is asked here",
        ),
        ("openslo/v1", "openslo/v2alpha", "1: SLO of `openslo/v2alpha` is not supported"),
        ("kind: SLO", "kind: Promise", "2: `kind` is `Promise`, no kind of OpenSLO v1"),
        (
            "target: 0.995",
            "target: 1",
            "29: `spec.objectives[0].target` is not above 0 and below 1",
        ),
        (
            "target: 0.995",
            "target: 99.5",
            "29: `spec.objectives[0].target` is not above 0 and below 1",
        ),
        (
            "28d",
            "1M",
            "24: `spec.timeWindow[0].duration` has no fixed length: months, quarters and years differ",
        ),
        ("28d", "28 days", "24: `spec.timeWindow[0].duration` is no duration of OpenSLO"),
        ("isRolling: true", "isRolling: false", "24: `spec.timeWindow[0].calendar` is missing"),
        (
            "isRolling: true",
            "isRolling: yes",
            "25: `spec.timeWindow[0].isRolling` must be `true` or `false`, and is a string",
        ),
        ("  service: catalog\n", "", "8: `spec.service` is missing"),
        ("  description:", "  descripton:", "8: `spec.descripton` is not read here"),
    ] {
        let found = spoilt(SLO, part, other);
        assert!(found.contains(&fault.to_owned()), "{fault} not in {found:#?}");
    }
}

#[test]
fn a_threshold_metric_and_a_raw_ratio_are_refused_by_name() {
    let threshold = spoilt(SLO, "ratioMetric:", "thresholdMetric:");
    let path = "spec.indicator.spec.thresholdMetric";
    assert_eq!(
        threshold,
        [format!("14: `{path}` is not supported: it compares values, and counts no events")]
    );
    let raw = spoilt(SLO, "        bad:", "        rawType: success\n        raw:");
    assert!(raw.iter().any(|fault| fault.contains("ratioMetric.raw` is not supported")), "{raw:?}");
}

#[test]
fn several_objectives_and_composites_are_refused() {
    let two = spoilt(SLO, "      target: 0.995", "      target: 0.995\n    - target: 0.9");
    assert_eq!(two, ["28: `spec.objectives` has 2 objectives, and one is supported"]);
    let composite =
        spoilt(SLO, "      target: 0.995", "      target: 0.995\n      indicatorRef: a");
    assert_eq!(
        composite,
        ["30: `spec.objectives[0].indicatorRef` makes a composite SLO, which is not supported"]
    );
}

#[test]
fn a_query_that_has_no_window_is_refused() {
    let found = spoilt(SLO, "'http_requests_total{service=\"catalog\"}'", "'rate(a[5m])'");
    let path = "spec.indicator.spec.ratioMetric.total.metricSource.spec.query";
    let fault = "has no window: every range must be written as [{{.window}}]";
    assert_eq!(found, [format!("22: `{path}` {fault}")]);
}

const CALENDAR: &str = "    - duration: 1M
      isRolling: false
      calendar:
        startTime: \"2026-01-01 00:00:00\"
        timeZone: Europe/Berlin
";

fn calendar() -> String {
    SLO.replace("    - duration: 28d\n      isRolling: true\n", CALENDAR)
}

#[test]
fn a_month_of_the_calendar_is_read_in_its_zone() {
    let PeriodRule::Calendar(read) = only(&calendar()).span else { panic!("no calendar") };
    assert_eq!((read.count, read.start.to_string().as_str()), (1, "2026-01-01T00:00:00"));
    assert_eq!(read.zone.iana_name(), Some("Europe/Berlin"));
}

#[test]
fn an_unknown_zone_and_hours_of_the_calendar_are_refused() {
    let zone = faults(&calendar().replace("Europe/Berlin", "Mars/Olympus"));
    assert_eq!(
        zone,
        ["28: `spec.timeWindow[0].calendar.timeZone` is no time zone that is known here"]
    );
    let hours = faults(&calendar().replace("1M", "12h"));
    assert_eq!(
        hours,
        ["24: `spec.timeWindow[0].duration` is no stretch of the calendar: minutes and hours roll"]
    );
}

const SLI: &str = "---
apiVersion: openslo/v1
kind: SLI
metadata: {name: pages}
spec:
  ratioMetric:
    counter: true
    good: {metricSource: {metricSourceRef: main, spec: {query: good_total}}}
    total: {metricSource: {metricSourceRef: main, spec: {query: all_total}}}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: main}
spec: {type: Prometheus, connectionDetails: {url: \"https://prom.example\"}}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: catalog}
spec: {}
";

fn referring() -> String {
    let (before, rest) = SLO.split_once("  indicator:").unwrap();
    let (_, after) = rest.split_once("  timeWindow:").unwrap();
    format!("{before}  indicatorRef: pages\n  timeWindow:{after}")
}

#[test]
fn an_indicator_may_stand_in_another_document_or_file() {
    let text = format!("{}{SLI}", referring());
    assert!(matches!(only(&text).indicator, Indicator::Good { .. }));
    let files = [("a.yaml".to_owned(), referring()), ("b.yaml".to_owned(), SLI.to_owned())];
    let read = SloFiles::parse(&files);
    assert_eq!((read.faults.as_slice(), read.definitions.len()), ([].as_slice(), 1));
}

#[test]
fn an_indicator_that_is_nowhere_is_told() {
    assert_eq!(
        faults(&referring()),
        ["10: `spec.indicatorRef` names the SLI `pages`, which is in none of the files"]
    );
}

const POLICY: &str = "---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: fast}
spec:
  alertWhenBreaching: true
  conditions:
    - conditionRef: short
    - kind: AlertCondition
      metadata: {name: long}
      spec:
        severity: page
        condition: {kind: burnrate, op: gte, threshold: 10, lookbackWindow: 2h}
  notificationTargets: [{targetRef: desk}]
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: short}
spec:
  severity: page
  condition: {kind: burnrate, op: gte, threshold: 10, lookbackWindow: 10m, alertAfter: 2m}
";

#[test]
fn two_conditions_are_a_pair() {
    let text = format!("{SLO}  alertPolicies: [fast]\n{POLICY}");
    let pairs = only(&text).pairs;
    assert_eq!(pairs.len(), 1);
    let pair = pairs[0];
    assert_eq!(pair.severity, PairSeverity::Page);
    assert_eq!(
        format!("{:.1} {:.1} {:.1}", pair.short_seconds, pair.long_seconds, pair.factor),
        "600.0 7200.0 10.0"
    );
    let notes = parse(&text).notes;
    assert_eq!(notes.len(), 2, "{notes:#?}");
}

#[test]
fn conditions_that_make_no_pair_are_refused() {
    let policy = POLICY.replacen("threshold: 10", "threshold: 9", 1);
    let found = faults(&format!("{SLO}  alertPolicies: [fast]\n{policy}"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("has two conditions of another threshold or severity"), "{found:?}");
}

#[test]
fn a_sloth_file_defines_an_objective() {
    let read = only(SLOTH);
    assert_eq!((read.origin, &*read.rule_id), (SloOrigin::Sloth, "shop-paying"));
    assert_eq!(read.objective.to_bits(), 0.999_f64.to_bits());
    assert_eq!(read.alert.as_deref(), Some("ShopPaying"));
    assert_eq!(read.labels.len(), 2);
    assert_eq!(queries(&read)[1], ("total", "sum(rate(pay_total[5m]))".to_owned()));
}

#[test]
fn a_disabled_alert_has_no_pairs() {
    let page = |pair: &crate::domain::Pair| pair.severity == PairSeverity::Page;
    let read = only(SLOTH);
    assert!(read.pairs.len() == 2 && read.pairs.iter().all(page));
    assert_eq!(only(&SLOTH.replace("disable: true", "disable: false")).pairs.len(), 4);
    assert_eq!(
        only(&SLOTH.replace("page_alert: {labels", "page_alert: {disable: true, labels"))
            .pairs
            .len(),
        0
    );
}

#[test]
fn a_raw_ratio_of_sloth_is_read() {
    let (before, rest) = SLOTH.split_once("      events:").unwrap();
    let (_, after) = rest.split_once("    alerting:").unwrap();
    let raw =
        "      raw: {error_ratio_query: 'sum(rate(a[{{.window}}]))/sum(rate(b[{{.window}}]))'}\n";
    let read = only(&format!("{before}{raw}    alerting:{after}"));
    assert!(matches!(read.indicator, Indicator::Ratio(_)));
}

#[test]
fn what_is_not_supported_of_sloth_is_refused_by_its_name() {
    let raw = "      raw: {error_ratio_query: 'a[{{.window}}]'}\n    alerting:";
    for (part, other, fault) in [
        (
            "      events:",
            "      plugin: {id: x}\n      events:",
            "10: `slos[0].sli.plugin` is a plugin of sloth, which is not run here",
        ),
        ("    alerting:", raw, "13: `slos[0].sli.raw` stands beside `events`"),
        (
            "[{{.window}}]))\n        total",
            "[5m]))\n        total",
            "11: `slos[0].sli.events.error_query` has no window: every range must be written as [{{.window}}]",
        ),
        (
            "objective: 99.9",
            "objective: 0",
            "6: `slos[0].objective` is no percentage above 0 and below 100",
        ),
        (
            "objective: 99.9",
            "objective: '99.9'",
            "6: `slos[0].objective` must be a number, and is a string",
        ),
        ("labels: {team: till}", "slo_plugins: {}", "3: `slo_plugins` is not run here"),
        (
            "prometheus/v1",
            "prometheus/v2",
            "1: this is neither OpenSLO nor sloth: its version is prometheus/v2",
        ),
        (
            "version: \"prometheus/v1\"",
            "apiVersion: sloth.slok.dev/v1\nkind: PrometheusServiceLevel",
            "1: PrometheusServiceLevel of `sloth.slok.dev/v1` is not supported",
        ),
    ] {
        let found = spoilt(SLOTH, part, other);
        assert!(found.contains(&fault.to_owned()), "{fault} not in {found:#?}");
    }
}

#[test]
fn a_duplicate_key_a_bomb_and_broken_yaml_are_refused_with_their_place() {
    let twice = faults("version: prometheus/v1\nversion: prometheus/v1\n");
    assert!(twice.len() == 1 && twice[0].starts_with("2: this YAML is not read"), "{twice:?}");
    let deep = "[".repeat(200);
    assert_eq!(faults(&deep).len(), 1);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let row = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb = format!("{bomb}a{level}: &a{level} [{row}]\n");
    }
    assert!(faults(&bomb)[0].contains("this YAML is not read"));
    assert!(faults("version: 'prometheus/v1\n")[0].contains("this YAML is not read"));
}

#[test]
fn a_bad_file_takes_nothing_from_the_others() {
    let files = [
        ("a.yaml".to_owned(), "a: [".to_owned()),
        ("b.yaml".to_owned(), SLO.to_owned()),
        ("c.yaml".to_owned(), SLOTH.replace("objective: 99.9", "objective: 999")),
        ("d.yaml".to_owned(), SLOTH.to_owned()),
    ];
    let read = SloFiles::parse(&files);
    let names: Vec<&str> = read.definitions.iter().map(|one| &*one.rule_id).collect();
    assert_eq!((names, read.faults.len()), (vec!["shop-paying", "catalog-availability"], 2));
}

#[test]
fn a_name_that_is_given_twice_counts_once() {
    let files = [("a.yaml".to_owned(), SLOTH.to_owned()), ("b.yaml".to_owned(), SLOTH.to_owned())];
    let read = SloFiles::parse(&files);
    assert_eq!(read.definitions.len(), 1);
    assert_eq!(read.faults.len(), 1);
    assert_eq!(
        read.faults[0].message,
        "the objective `shop-paying` is defined already, at a.yaml:5"
    );
}

#[test]
fn a_folder_is_read_and_one_that_is_not_there_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    for (name, text) in [("a.yaml", SLO), ("b.yml", SLOTH), ("c.txt", "x"), (".d.yaml", "x")] {
        let path = root.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let read = SloFiles::read(&[root.path().to_owned(), root.path().join("gone")]);
    assert_eq!((read.definitions.len(), read.files, read.faults.len()), (2, 2, 1));
    let open = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(root.path().join("a.yaml"), open).unwrap();
    let read = SloFiles::read(&[root.path().to_owned()]);
    assert_eq!((read.definitions.len(), read.faults.len()), (1, 1), "a file others may write");
}
