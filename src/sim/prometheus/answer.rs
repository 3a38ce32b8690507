//! Answers of Prometheus: queries, rules, alerts, and what it is.

use serde_json::{Value as Json, json};

use super::eval::{Question, Sample, Value, Wrong};
use super::parameter::{instant, parameters, range};
use super::rules;
use super::sample::Point;
use super::scene::Scene;
use crate::sim::clock::{self, Millis};
use crate::sim::server::Platform;
use crate::sim::wire::{Ask, Query, Reply};
use crate::sim::world::World;

/// Parameters of a query that change nothing here.
const IDLE: &[&str] = &["timeout", "limit", "stats"];

/// The answer to a request.
pub(crate) fn answer(platform: &Platform, ask: &Ask) -> Reply {
    let now = clock::now();
    let query = parameters(ask);
    let method = ask.method.as_str();
    let reply = match (method, ask.path.as_str()) {
        ("GET" | "POST", "/api/v1/query") => {
            query.ignore(IDLE);
            asked(platform, &query, |world| at_once(platform, world, &query, now))
        }
        ("GET" | "POST", "/api/v1/query_range") => {
            query.ignore(IDLE);
            asked(platform, &query, |world| over_time(platform, world, &query, now))
        }
        ("GET", "/api/v1/rules") => match rules::groups(&current(platform, now), &query, now) {
            Ok(groups) => success(&json!({"groups": groups}), &[]),
            Err(wrong) => refusal(&wrong),
        },
        ("GET", "/api/v1/alerts") => {
            let alerts = rules::alerts(&current(platform, now).slos, now);
            success(&json!({"alerts": alerts}), &[])
        }
        ("GET", "/api/v1/status/buildinfo") => success(&build(), &[]),
        ("GET" | "HEAD", "/-/healthy") => Reply::text(200, "Prometheus Server is Healthy.\n"),
        ("GET" | "HEAD", "/-/ready") => Reply::text(200, "Prometheus Server is Ready.\n"),
        _ => {
            platform.ledger().puzzle(format!("{method} {}", ask.path));
            return Reply::text(404, "404 page not found\n");
        }
    };
    for name in query.left_over() {
        platform.ledger().puzzle(format!("{method} {}?{name}", ask.path));
    }
    reply
}

/// The world, brought up to now.
fn current(platform: &Platform, now: Millis) -> std::sync::MutexGuard<'_, World> {
    let mut world = platform.world();
    world.advance(now);
    platform.publish(&mut world);
    world
}

/// A query: what fails because it is not known here is remembered.
fn asked(
    platform: &Platform,
    query: &Query,
    of: impl FnOnce(&World) -> Result<Json, Wrong>,
) -> Reply {
    let world = current(platform, clock::now());
    match of(&world) {
        Ok(data) => success(&data, platform.warnings()),
        Err(wrong) => {
            if !matches!(wrong, Wrong::Failed(_)) {
                let text = query.get("query").unwrap_or_default();
                platform.ledger().puzzle(format!("prometheus: {text}"));
            }
            refusal(&wrong)
        }
    }
}

/// Reads the question, and remembers names of series that there are none of.
fn question<'w>(
    platform: &Platform,
    world: &'w World,
    query: &Query,
    now: Millis,
) -> Result<Question<'w>, Wrong> {
    let text = query.get("query").unwrap_or_default();
    if text.is_empty() {
        let why = "1:1: parse error: no expression found in input";
        return Err(Wrong::Bad(format!("invalid parameter \"query\": {why}")));
    }
    let question = Question::new(text, &Scene::new(platform, world, now))?;
    for name in question.names().filter(|name| !Scene::knows(name)) {
        platform.ledger().puzzle(format!("prometheus: no series {name}"));
    }
    Ok(question)
}

fn at_once(platform: &Platform, world: &World, query: &Query, now: Millis) -> Result<Json, Wrong> {
    let at = instant(query, "time", Some(now))?;
    let value = question(platform, world, query, now)?.at(at)?;
    let (kind, result) = match value {
        Value::Scalar(value) => ("scalar", point((at, value))),
        Value::Text(text) => ("string", json!([stamp(at), text])),
        Value::Vector(samples) => {
            let sample =
                |one: Sample| json!({"metric": one.labels, "value": point((at, one.value))});
            ("vector", samples.into_iter().map(sample).collect())
        }
        Value::Matrix(lines) => ("matrix", matrix(lines)),
    };
    Ok(json!({"resultType": kind, "result": result}))
}

fn over_time(
    platform: &Platform,
    world: &World,
    query: &Query,
    now: Millis,
) -> Result<Json, Wrong> {
    let (start, end, step) = range(query)?;
    let lines = question(platform, world, query, now)?.over((start, end), step)?;
    Ok(json!({"resultType": "matrix", "result": matrix(lines)}))
}

fn matrix(lines: Vec<(super::Labels, Vec<Point>)>) -> Json {
    let line = |(labels, points): (super::Labels, Vec<Point>)| {
        let values: Vec<Json> = points.into_iter().map(point).collect();
        json!({"metric": labels, "values": values})
    };
    lines.into_iter().map(line).collect()
}

fn point((at, value): Point) -> Json {
    json!([stamp(at), printed(value)])
}

/// An instant in seconds, whole where it is whole.
fn stamp(at: Millis) -> Json {
    if at % 1000 == 0 { json!(at / 1000) } else { json!(clock::exact(at)) }
}

/// A value as Prometheus prints it.
pub(super) fn printed(value: f64) -> String {
    if value.is_infinite() {
        let sign = if value > 0.0 { '+' } else { '-' };
        return format!("{sign}Inf");
    }
    value.to_string()
}

/// A value as Prometheus prints that of an alert: `4e-02`.
pub(super) fn printed_short(value: f64) -> String {
    let text = format!("{value:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return printed(value) };
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}e-{exponent:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

fn success(data: &Json, warnings: &[String]) -> Reply {
    let mut body = json!({"status": "success", "data": data});
    if let (Some(fields), false) = (body.as_object_mut(), warnings.is_empty()) {
        fields.insert("warnings".to_owned(), json!(warnings));
    }
    Reply::json(200, &body)
}

fn refusal(wrong: &Wrong) -> Reply {
    let (status, kind, text) = match wrong {
        Wrong::Bad(text) => (400, "bad_data", text.clone()),
        Wrong::Failed(text) => (422, "execution", text.clone()),
        Wrong::Unknown(what) => (422, "execution", format!("the simulator cannot do {what}")),
    };
    Reply::json(status, &json!({"status": "error", "errorType": kind, "error": text}))
}

fn build() -> Json {
    json!({
        "version": "2.42.0",
        "revision": "simulated",
        "branch": "HEAD",
        "buildUser": "simulator",
        "buildDate": "20230201-00:00:00",
        "goVersion": "go1.19.8",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_printed_as_prometheus_does() {
        let printed =
            [0.5, 1e21, 0.000_000_1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -3.0].map(printed);
        assert_eq!(
            printed,
            ["0.5", "1000000000000000000000", "0.0000001", "NaN", "+Inf", "-Inf", "-3"]
        );
    }

    #[test]
    fn the_value_of_an_alert_is_short() {
        let printed = [1.0, 0.04, 123.5, f64::INFINITY].map(printed_short);
        assert_eq!(printed, ["1e+00", "4e-02", "1.235e+02", "+Inf"]);
    }

    #[test]
    fn an_instant_has_a_fraction_only_where_it_needs_one() {
        assert_eq!([stamp(1_700_000_000_000), stamp(1_500)], [json!(1_700_000_000), json!(1.5)]);
    }
}
