//! `OpenSLO` v1 into definitions (OpenSLO/OpenSLO, README and schemas): ratio metrics over Prometheus, by occurrences.

use super::counter::{Counting, counted};
use super::part::{Part, Value};
use super::policy;
use super::sloth;
use super::window;
use super::{Doc, Shelf};
use crate::domain::{Definition, Expression, Indicator, Pair, PeriodRule, SloOrigin, Text};

/// Reads an SLO.
pub(super) fn read(doc: &Doc<'_>, shelf: &Shelf<'_>) -> Option<Definition> {
    let root = doc.root()?;
    let metadata = root.need_part("metadata");
    let labels = metadata.as_ref().map(named).unwrap_or_default();
    let spec = root.need_part("spec");
    root.finish();
    let spec = spec?;
    let service = spec.need_text("service");
    let description = spec.text("description").map(Text::new);
    let is_counted = spec.need("budgetingMethod").is_some_and(|value| occurrences(&value));
    let span = spec.need("timeWindow").and_then(|value| window::read(&value));
    let objective = spec.need("objectives").and_then(|value| objective(&value));
    let indicator = indicator(&spec, shelf);
    let pairs = pairs(&spec, span.as_ref(), shelf);
    spec.finish();
    if !is_counted {
        return None;
    }
    Some(Definition {
        origin: SloOrigin::OpenSlo,
        rule_id: Text::new(doc.name),
        service: Text::new(service?),
        name: Text::new(doc.name),
        description,
        labels: labels.into(),
        objective: objective?,
        span: span?,
        indicator: indicator?,
        pairs: pairs?.into(),
        alert: None,
        place: Text::new(&format!("{}:{}", doc.sheet.file, doc.node.place.0)),
    })
}

/// Checks what stands beside a name, and takes the labels.
pub(super) fn named(metadata: &Part<'_>) -> Vec<(Text, Text)> {
    metadata.pass(&["name", "displayName", "annotations"]);
    let labels = sloth::labels(metadata);
    metadata.finish();
    labels
}

fn occurrences(value: &Value<'_>) -> bool {
    let hint = "write `Occurrences`: it counts events, as everything here does";
    match value.text() {
        Some("Occurrences") => return true,
        Some(word @ ("Timeslices" | "RatioTimeslices")) => {
            value.wrong(&format!("is `{word}`, which is not supported"), hint);
        }
        Some(_) => value.wrong("is none of OpenSLO's methods", hint),
        None => {}
    }
    false
}

/// The share that must be good, of exactly one objective.
fn objective(value: &Value<'_>) -> Option<f64> {
    let list = value.list()?;
    let [only] = list.as_slice() else {
        let why = format!("has {} objectives, and one is supported", list.len());
        value.wrong(&why, "write one SLO for each objective");
        return None;
    };
    let part = only.part()?;
    part.pass(&["displayName"]);
    let threshold = "belongs to `thresholdMetric`, which is not supported";
    let slices = "belongs to `Timeslices`, which is not supported";
    let composite = "makes a composite SLO, which is not supported";
    let hint = "take it out, or write one SLO for each indicator";
    let refused = [
        ("op", threshold),
        ("value", threshold),
        ("timeSliceTarget", slices),
        ("timeSliceWindow", slices),
        ("indicator", composite),
        ("indicatorRef", composite),
        ("compositeWeight", composite),
    ];
    let refused = refused.map(|(key, why)| part.refuse(key, why, hint));
    let (ratio, percent) = (part.value("target"), part.value("targetPercent"));
    part.finish();
    let target = match (ratio, percent) {
        (Some(ratio), None) => within(&ratio, 1.0, "0.999"),
        (None, Some(percent)) => within(&percent, 100.0, "99.9"),
        (Some(_), Some(percent)) => {
            percent.wrong("stands beside `target`", "keep one of the two");
            None
        }
        (None, None) => {
            part.need("target");
            None
        }
    };
    target.filter(|_| !refused.contains(&true))
}

/// A share above 0 and below `whole`, as a ratio.
fn within(value: &Value<'_>, whole: f64, example: &str) -> Option<f64> {
    let number = value.number()?;
    if number > 0.0 && number < whole {
        return Some((number / whole * 1e12).round() / 1e12);
    }
    let why = format!("is not above 0 and below {whole}");
    value.wrong(&why, &format!("write a share such as {example}"));
    None
}

/// The indicator that stands in an SLO, or the one that it names.
fn indicator(spec: &Part<'_>, shelf: &Shelf<'_>) -> Option<Indicator> {
    match (spec.value("indicator"), spec.value("indicatorRef")) {
        (Some(inline), None) => {
            let part = inline.part()?;
            if let Some(metadata) = part.value("metadata").and_then(|value| value.part()) {
                named(&metadata);
            }
            let read = part.need_part("spec").and_then(|spec| sli(&spec, shelf));
            part.finish();
            read
        }
        (None, Some(name)) => {
            let doc = shelf.find("SLI", &name)?;
            of_doc(doc, shelf)
        }
        (Some(_), Some(name)) => {
            name.wrong("stands beside `indicator`", "keep one of the two");
            None
        }
        (None, None) => {
            spec.need("indicator");
            None
        }
    }
}

/// Reads an SLI that stands by itself.
pub(super) fn of_doc(doc: &Doc<'_>, shelf: &Shelf<'_>) -> Option<Indicator> {
    let root = doc.root()?;
    if let Some(metadata) = root.need_part("metadata") {
        named(&metadata);
    }
    let spec = root.need_part("spec");
    root.finish();
    sli(&spec?, shelf)
}

fn sli(spec: &Part<'_>, shelf: &Shelf<'_>) -> Option<Indicator> {
    spec.pass(&["description"]);
    let why = "is not supported: it compares values, and counts no events";
    let is_refused = spec.refuse("thresholdMetric", why, "write a `ratioMetric` of good and total");
    let ratio = if is_refused { spec.value("ratioMetric") } else { spec.need("ratioMetric") };
    spec.finish();
    let part = ratio?.part()?;
    let raw = "is not supported: a ratio that is made elsewhere tells no events";
    let is_raw = [part.refuse("raw", raw, RATIO_HINT), part.refuse("rawType", raw, RATIO_HINT)];
    let counting = match part.value("counter").map(|value| value.flag()) {
        Some(Some(false)) => Counting::Deltas,
        Some(Some(true)) => Counting::Counter,
        Some(None) => return None,
        None if is_raw.contains(&true) => return None,
        None => {
            part.need("counter");
            return None;
        }
    };
    let (good, bad) = (part.value("good"), part.value("bad"));
    let total = if is_raw.contains(&true) { None } else { part.need("total") };
    part.finish();
    let metric = |value: Value<'_>| metric(&value.part()?, counting, shelf);
    match (good, bad, total) {
        (Some(good), None, Some(total)) => {
            let (good, total) = (metric(good), metric(total));
            Some(Indicator::Good { good: good?, total: total? })
        }
        (None, Some(bad), Some(total)) => {
            let (bad, total) = (metric(bad), metric(total));
            Some(Indicator::Bad { bad: bad?, total: total? })
        }
        (Some(_), Some(bad), _) => {
            bad.wrong("stands beside `good`", "keep one of the two");
            None
        }
        (None, None, Some(_)) => {
            part.need("good");
            None
        }
        (_, _, None) => None,
    }
}

/// What a ratio is made of.
const RATIO_HINT: &str = "write `good` or `bad`, and `total`";

/// One metric over Prometheus.
fn metric(part: &Part<'_>, counting: Counting, shelf: &Shelf<'_>) -> Option<Expression> {
    let source = part.need_part("metricSource");
    part.finish();
    let source = source?;
    let (kind, named) = (source.value("type"), source.value("metricSourceRef"));
    let is_ours = match (&kind, &named) {
        (Some(kind), _) => is_prometheus(kind),
        (None, Some(name)) => shelf.find("DataSource", name).is_some_and(of_prometheus),
        (None, None) => source.need("type").is_some(),
    };
    let spec = source.need_part("spec");
    source.finish();
    let spec = spec?;
    let key = if spec.value("query").is_none() && spec.value("promql").is_some() {
        "promql"
    } else {
        "query"
    };
    let query = spec.need(key);
    spec.finish();
    let query = query?;
    let made = sloth::expression(&query, counted(query.text()?, counting));
    made.filter(|_| is_ours)
}

fn is_prometheus(kind: &Value<'_>) -> bool {
    let Some(word) = kind.text() else { return false };
    let is_ours = word.eq_ignore_ascii_case("prometheus");
    if !is_ours {
        let why = format!("is `{word}`, and only Prometheus is asked here");
        kind.wrong(&why, "write `Prometheus`, or keep this SLO where its source is read");
    }
    is_ours
}

/// Whether a source of metrics is a Prometheus; there is one here, so how to reach it is not read.
pub(super) fn of_prometheus(doc: &Doc<'_>) -> bool {
    let Some(root) = doc.root() else { return false };
    if let Some(metadata) = root.need_part("metadata") {
        named(&metadata);
    }
    let spec = root.need_part("spec");
    root.finish();
    let Some(spec) = spec else { return false };
    spec.pass(&["description", "connectionDetails"]);
    let is_ours = spec.need("type").is_some_and(|kind| is_prometheus(&kind));
    spec.finish();
    is_ours
}

/// The pairs of its policies; the Workbook's where it names none.
fn pairs(spec: &Part<'_>, span: Option<&PeriodRule>, shelf: &Shelf<'_>) -> Option<Vec<Pair>> {
    let seconds = window::seconds(span?);
    let Some(policies) = spec.value("alertPolicies") else {
        let fits = |pair: &Pair| pair.long_seconds < seconds;
        return Some(Pair::workbook(seconds).into_iter().filter(fits).collect());
    };
    let read = policies.list()?;
    let pairs: Vec<Option<Vec<Pair>>> = read.iter().map(|one| policy::read(one, shelf)).collect();
    let pairs = pairs.into_iter().collect::<Option<Vec<_>>>()?.concat();
    Some(pairs)
}
