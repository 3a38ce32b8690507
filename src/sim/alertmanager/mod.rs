//! Alertmanager 0.25, version 2 of its API: the alerts that Prometheus fires, and silences that last as long as the simulator.

mod alert;
mod matcher;
mod server;
mod silence;

use serde_json::{Value as Json, json};

pub(crate) use self::server::serve;
pub(crate) use self::silence::Silences;

use self::alert::Choice;
use super::clock::{self, Millis};
use super::server::Platform;
use super::wire::{Ask, Query, Reply};

/// The receiver of every alert.
const RECEIVER: &str = "platform-team";

/// The answer to a request.
pub(crate) fn answer(platform: &Platform, ask: &Ask) -> Reply {
    let now = clock::now();
    let segments: Vec<&str> = ask.segments.iter().map(String::as_str).collect();
    let rest = segments.strip_prefix(&["api", "v2"]).unwrap_or_default();
    let reply = match (ask.method.as_str(), rest) {
        ("GET", ["alerts"]) => {
            listed(platform, &ask.query, now, |alerts| alerts.into_iter().collect())
        }
        ("GET", ["alerts", "groups"]) => listed(platform, &ask.query, now, alert::groups),
        ("GET", ["silences"]) => silences(platform, &ask.query, now),
        ("POST", ["silences"]) => post(platform, ask, now),
        ("GET", ["silence", id]) => match platform.silences().get(id) {
            Some(silence) => Reply::json(200, &silence.json(now)),
            None => Reply::text(404, ""),
        },
        ("DELETE", ["silence", id]) => expire(platform, id, now),
        ("GET", ["receivers"]) => Reply::json(200, &json!([{"name": RECEIVER}])),
        ("GET", ["status"]) => Reply::json(200, &status(platform)),
        ("GET" | "HEAD", []) if ask.path == "/-/healthy" || ask.path == "/-/ready" => {
            Reply::text(200, "OK")
        }
        _ => {
            platform.ledger().puzzle(format!("{} {}", ask.method, ask.path));
            return Reply::text(404, "404 page not found\n");
        }
    };
    for name in ask.query.left_over() {
        platform.ledger().puzzle(format!("{} {}?{name}", ask.method, ask.path));
    }
    reply
}

fn listed(
    platform: &Platform,
    query: &Query,
    now: Millis,
    arrange: fn(Vec<Json>) -> Json,
) -> Reply {
    let choice = match Choice::read(query) {
        Ok(choice) => choice,
        Err(why) => return bad_request(&why),
    };
    let mut world = platform.world();
    world.advance(now);
    platform.publish(&mut world);
    let silences = platform.silences();
    let alerts = alert::chosen(&world.slos, &silences, &choice, now);
    Reply::json(200, &arrange(alerts))
}

fn silences(platform: &Platform, query: &Query, now: Millis) -> Reply {
    match matcher::all(&query.list("filter")) {
        Ok(filters) => Reply::json(200, &platform.silences().chosen(&filters, query, now)),
        Err(why) => bad_request(&why),
    }
}

fn post(platform: &Platform, ask: &Ask, now: Millis) -> Reply {
    let body: Json = match serde_json::from_slice(&ask.body) {
        Ok(body) => body,
        Err(_) => {
            return coded(400, "parsing silence body from \"\" failed, because invalid character");
        }
    };
    match platform.silences().put(&body, now) {
        Ok(id) => Reply::json(200, &json!({"silenceID": id})),
        Err(silence::Refused::Missing(id)) => {
            Reply::json(404, &json!(format!("silence not found: {id}")))
        }
        Err(silence::Refused::Field(field)) => coded(422, &format!("{field} in body is required")),
        Err(silence::Refused::Invalid(why)) => bad_request(&why),
    }
}

fn expire(platform: &Platform, id: &str, now: Millis) -> Reply {
    match platform.silences().expire(id, now) {
        Ok(()) => Reply::text(200, ""),
        Err(silence::Refused::Missing(_)) => Reply::text(404, ""),
        Err(_) => Reply::json(500, &json!(format!("silence {id} already expired"))),
    }
}

fn status(platform: &Platform) -> Json {
    json!({
        "cluster": {"status": "disabled", "peers": []},
        "config": {"original": format!("route:\n  receiver: {RECEIVER}\nreceivers:\n- name: {RECEIVER}\n")},
        "uptime": clock::fine(clock::now() - platform.elapsed()),
        "versionInfo": {
            "version": "0.25.0",
            "revision": "simulated",
            "branch": "HEAD",
            "buildUser": "simulator",
            "buildDate": "20221222-14:51:36",
            "goVersion": "go1.19.8",
        },
    })
}

/// A refusal, which is a text in JSON.
fn bad_request(why: &str) -> Reply {
    Reply::json(400, &json!(why))
}

/// A refusal by the reader of requests, which has a code.
fn coded(status: u16, why: &str) -> Reply {
    let code = if status == 422 { 602 } else { status };
    Reply::json(status, &json!({"code": code, "message": why}))
}
