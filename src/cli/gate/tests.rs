//! Whole verdicts as they are printed, and how the command ends.

use super::sheet::{Look, Sheet};
use super::*;
use crate::config::PolicyFile;
use crate::domain::slo::fixture::{at, slo};
use crate::domain::{Slo, SloState, Text};
use crate::gate::{Deployed, Evidence, Judged, Policy, Verdict};

const WINDOWS: &[(&str, f64, f64)] =
    &[("5m", 300.0, 0.002), ("1h", 3600.0, f64::NAN), ("6h", 21_600.0, f64::INFINITY)];

fn asked(class: ChangeClass) -> Request {
    Request {
        service: Text::new("checkout"),
        environment: Text::new("production"),
        class,
        sha: None,
    }
}

fn judged(slo: &Slo) -> Judged<'_> {
    Judged {
        slo,
        state: slo.state(at(41)),
        firing: slo.firing,
        is_called_spent: slo.is_called_spent,
    }
}

fn verdict(request: &Request, objectives: &[Judged<'_>]) -> Verdict {
    let facts = Facts {
        objectives: objectives.to_vec(),
        unreached: None,
        unheard: None,
        deployed: Deployed::NotAsked,
        evidence: Evidence::NotAsked,
        exception: None,
    };
    decide(&Policy::default(), request, &facts, at(41))
}

fn printed(output: GateOutput, all: &[Slo]) -> String {
    let (request, policy) = (asked(ChangeClass::Rollback), PolicyFile::builtin());
    let objectives: Vec<Judged<'_>> = all.iter().map(judged).collect();
    let verdict = verdict(&request, &objectives);
    let looks =
        [Look { query: Text::new("up"), at: Some(at(0)), url: Some(Text::new("http://p/graph")) }];
    let sheet = Sheet {
        request: &request,
        policy: &policy,
        objectives: &objectives,
        verdict: &verdict,
        looks: &looks,
        is_dry: false,
    };
    let mut out = Vec::new();
    print(&sheet, output, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_document_has_every_number_and_null_where_there_is_none() {
    let text = printed(GateOutput::Json, &[slo(0.999, 0.0012, WINDOWS)]);
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    let close = |value: &serde_json::Value, wanted: f64| {
        assert!((value.as_f64().unwrap() - wanted).abs() < 1e-9, "{value}");
    };
    let one = &found["slos"][0];
    close(&one["remaining_ratio"], -0.2);
    close(&one["burn"]["5m"], 2.0);
    assert!(one["burn"]["1h"].is_null() && one["burn"]["6h"].is_null(), "{one}");
    let slo = serde_json::json!({
        "id": one["id"], "source": one["source"], "objective": one["objective"],
        "period": one["period"], "tte_seconds": one["tte_seconds"],
        "events_in_period": one["events_in_period"],
        "sample_age_seconds": one["sample_age_seconds"], "state": one["state"],
    });
    let expected = serde_json::json!({
        "id": "checkout-availability", "source": "sloth", "objective": 0.999, "period": "30d",
        "tte_seconds": 0.0, "events_in_period": null, "sample_age_seconds": 41.0,
        "state": "exhausted",
    });
    assert_eq!(slo, expected);
    let codes: Vec<&str> = found["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["code"].as_str())
        .collect();
    assert_eq!(codes, ["budget_exhausted", "rollback_unproven"]);
    let mut rest = found.clone();
    for key in ["slos", "reasons"] {
        rest.as_object_mut().unwrap().remove(key);
    }
    let expected = serde_json::json!({
        "schema": "watchfloor/gate/v1", "verdict": "deny", "exit_code": 20, "dry_run": false,
        "fail_mode": "closed",
        "change": {"service": "checkout", "class": "rollback", "counted_as": "feature",
                   "sha": null, "environment": "production", "tier": "protected"},
        "policy": {"path": null, "sha256": PolicyFile::builtin().sha256},
        "exception": null,
        "evidence": [{"query": "up", "at": "2023-11-14T22:13:20Z", "url": "http://p/graph"}],
        "evaluated_at": "2023-11-14T22:14:01Z", "valid_until": "2023-11-14T22:29:01Z",
    });
    assert_eq!(rest, expected);
}

#[test]
fn the_report_has_a_failure_for_a_denial_and_an_error_for_what_cannot_be_told() {
    let dark = Slo {
        key: Text::new("a<b>&\"c"),
        rule_error: Some(Text::new("err")),
        ..slo(0.999, 0.0, WINDOWS)
    };
    let text = printed(GateOutput::Junit, &[slo(0.999, 0.0012, WINDOWS), dark]);
    for part in [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
        "<testsuite name=\"gate checkout production\" tests=\"3\" failures=\"2\" errors=\"1\" timestamp=\"2023-11-14T22:14:01Z\">",
        "<testcase classname=\"gate.checkout.production\" name=\"verdict\">",
        "<failure message=\"budget_exhausted: checkout-availability has spent its budget: -20.0 % left\">",
        "name=\"a&lt;b&gt;&amp;&quot;c\"",
        "<error message=\"not_judged: a&lt;b&gt;&amp;&quot;c cannot be judged",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let mut reader = quick_xml::Reader::from_str(&text);
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
}

#[test]
fn the_text_says_the_verdict_the_reasons_and_every_number_with_its_age() {
    let text = printed(GateOutput::Text, &[slo(0.999, 0.0012, WINDOWS)]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "deny: checkout to production, a rollback that counts as a feature");
    assert!(text.contains("budget_exhausted"), "{text}");
    let row = lines.iter().find(|line| line.starts_with("checkout-availability")).unwrap();
    for part in ["its budget is spent", "99.9 %", "-20.0 %", "5m 2.0x 1h - 6h -", "41s"] {
        assert!(row.contains(part), "{part}\n{text}");
    }
    assert!(text.contains("policy  built in, sha256 "), "{text}");
}

#[test]
fn names_from_outside_move_no_terminal() {
    let odd = Slo { key: Text::new("\x1b[2Ja\u{202e}b"), ..slo(0.999, 0.0012, WINDOWS) };
    for output in [GateOutput::Text, GateOutput::Json, GateOutput::Junit] {
        let text = printed(output, std::slice::from_ref(&odd));
        assert!(!text.contains(['\x1b', '\u{202e}']), "{text}");
    }
}

#[test]
fn only_whole_hashes_are_commits() {
    assert_eq!(sha(&"AB".repeat(20)), Ok(Text::new(&"ab".repeat(20))));
    assert!(sha(&"ab".repeat(32)).is_ok());
    for wrong in ["", "abc", "main", &"zz".repeat(20), &"ab".repeat(21)] {
        assert_eq!(sha(wrong).unwrap_err().exit, Exit::Usage, "{wrong}");
    }
}

#[test]
fn a_state_that_is_not_judged_is_shown_as_it_is() {
    let silent = slo(0.999, 0.0, &[("5m", 300.0, f64::NAN)]);
    assert_eq!(silent.state(at(41)), SloState::NoTraffic);
    let text = printed(GateOutput::Json, &[silent]);
    assert!(text.contains("\"state\": \"no_traffic\"") && text.contains("\"exit_code\": 30"));
}
