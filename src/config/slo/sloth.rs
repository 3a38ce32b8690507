//! sloth's own form, `prometheus/v1`, into definitions (slok/sloth, `pkg/prometheus/api/v1`).

use super::part::{Part, Sheet, Value};
use crate::domain::{
    Definition, Expression, Indicator, NoExpression, Pair, PairSeverity, PeriodRule, SloOrigin,
    Text,
};

/// sloth's usual period, which its form does not name: 30 days, seconds.
const PERIOD: f64 = 30.0 * 86_400.0;
/// How an expression is written.
pub(super) const WINDOW_HINT: &str =
    "write `{{.window}}` where the range stands, such as `sum(rate(errors_total[{{.window}}]))`";

/// Reads one document.
pub(super) fn read(sheet: &Sheet<'_>, root: &Part<'_>) -> Vec<Definition> {
    root.pass(&["version"]);
    let service = root.need_text("service");
    let common = labels(root);
    root.refuse("slo_plugins", "is not run here", "take it out: only the four pairs are used");
    let slos = root.need("slos").and_then(|value| value.list()).unwrap_or_default();
    root.finish();
    let Some(service) = service else { return Vec::new() };
    let read = |value: &Value<'_>| objective(sheet, (service, &common), &value.part()?);
    slos.iter().filter_map(read).collect()
}

fn objective(
    sheet: &Sheet<'_>,
    (service, common): (&str, &[(Text, Text)]),
    part: &Part<'_>,
) -> Option<Definition> {
    let name = part.need_text("name");
    let objective = part.need("objective").and_then(|value| percent(&value));
    let description = part.text("description").map(Text::new);
    let mut labels: Vec<(Text, Text)> = labels(part);
    let own: Vec<Text> = labels.iter().map(|(name, _)| name.clone()).collect();
    labels.extend(common.iter().filter(|(name, _)| !own.contains(name)).cloned());
    labels.sort();
    for key in ["plugins", "slo_plugins"] {
        part.refuse(key, "is not run here", "take it out: only the four pairs are used");
    }
    let indicator = part.need_part("sli").and_then(|sli| indicator(&sli));
    let alerting = part.value("alerting").and_then(|value| value.part());
    let (alert, pairs) = alerting.map_or((None, every()), |part| alerting_of(&part));
    part.finish();
    let (name, objective) = (name?, objective?);
    Some(Definition {
        origin: SloOrigin::Sloth,
        rule_id: Text::new(&format!("{service}-{name}")),
        service: Text::new(service),
        name: Text::new(name),
        description,
        labels: labels.into(),
        objective,
        span: PeriodRule::Rolling { seconds: PERIOD },
        indicator: indicator?,
        pairs: pairs.into(),
        alert,
        place: Text::new(&format!("{}:{}", sheet.file, part.place.0)),
    })
}

fn percent(value: &Value<'_>) -> Option<f64> {
    let percent = value.number()?;
    if percent > 0.0 && percent < 100.0 {
        return Some((percent * 1e10).round() / 1e12);
    }
    let hint = "write it in percent, such as 99.9; of 100 nothing is left that could be spent";
    value.wrong("is no percentage above 0 and below 100", hint);
    None
}

fn every() -> Vec<Pair> {
    Pair::workbook(PERIOD).to_vec()
}

/// Labels whose values are strings.
pub(super) fn labels(part: &Part<'_>) -> Vec<(Text, Text)> {
    let Some(map) = part.value("labels").and_then(|value| value.part()) else { return Vec::new() };
    let label = |(name, value): (&str, Value<'_>)| {
        let text = value.as_text();
        if text.is_none() {
            value.passed("is no string and is passed over", "put the label's value in quotes");
        }
        Some((Text::new(name), Text::new(text?)))
    };
    let mut labels: Vec<(Text, Text)> = map.entries().filter_map(label).collect();
    labels.sort();
    labels
}

fn indicator(sli: &Part<'_>) -> Option<Indicator> {
    sli.refuse("plugin", "is a plugin of sloth, which is not run here", "write `events` or `raw`");
    let (events, raw) = (sli.value("events"), sli.value("raw"));
    sli.finish();
    match (events, raw) {
        (Some(events), None) => {
            let part = events.part()?;
            let (bad, total) = (query(&part, "error_query"), query(&part, "total_query"));
            part.finish();
            Some(Indicator::Bad { bad: bad?, total: total? })
        }
        (None, Some(raw)) => {
            let part = raw.part()?;
            let ratio = query(&part, "error_ratio_query");
            part.finish();
            Some(Indicator::Ratio(ratio?))
        }
        (Some(_), Some(raw)) => {
            raw.wrong("stands beside `events`", "keep one of the two");
            None
        }
        (None, None) => {
            sli.need("events");
            None
        }
    }
}

fn query(part: &Part<'_>, key: &'static str) -> Option<Expression> {
    let value = part.need(key)?;
    expression(&value, Expression::new(value.text()?))
}

/// The expression, or a fault about the value that it was read from.
pub(super) fn expression(
    value: &Value<'_>,
    made: Result<Expression, NoExpression>,
) -> Option<Expression> {
    made.map_err(|why| value.wrong(&why.to_string(), WINDOW_HINT)).ok()
}

/// The alert's name, and the pairs of those alerts that are not switched off.
fn alerting_of(part: &Part<'_>) -> (Option<Text>, Vec<Pair>) {
    let name = part.text("name").map(Text::new);
    part.pass(&["labels", "annotations"]);
    let is_off = |key| {
        let Some(alert) = part.value(key).and_then(|value| value.part()) else { return false };
        alert.pass(&["labels", "annotations"]);
        let off = alert.value("disable").and_then(|value| value.flag());
        alert.finish();
        off == Some(true)
    };
    let (page, ticket) = (is_off("page_alert"), is_off("ticket_alert"));
    part.finish();
    let keep = |pair: &Pair| match pair.severity {
        PairSeverity::Page => !page,
        PairSeverity::Ticket => !ticket,
    };
    (name, every().into_iter().filter(keep).collect())
}
