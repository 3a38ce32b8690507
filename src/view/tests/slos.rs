//! The pane SLOs over a platform that burns: every state, an alert that somebody silenced, and charts of the past.

use super::*;
use crate::domain::{
    Alert, AlertId, Course, Courses, EntityId, Matcher, Measured, Pair, PairSeverity, Past, Period,
    Query, Reading, Silence, SilenceId, SilenceState, Slo, SloId, SloOrigin,
};

const WIDE: (u16, u16) = (160, 48);
const SMALL: (u16, u16) = (80, 24);
const MONTH: f64 = 2_592_000.0;

fn tell(app: &mut App, source: SourceId, change: Change) {
    let server = if source == SourceId::SLOS { "prometheus" } else { "alertmanager" };
    let key = SourceKey { source, scope: Scope::server(server, "localhost") };
    let news = Update { key, at: ago(4), origin: Origin::Live, change };
    update(app, Msg::News(vec![news]), now());
}

/// An objective with what was left of its budget, and its burn over each window.
fn slo(name: (&str, &str), objective: f64, left: f64, burns: [f64; 4]) -> Slo {
    let budget = 1.0 - objective;
    let reading = |name: &str, seconds, burn: f64| Reading {
        name: Text::new(name),
        window_seconds: seconds,
        ratio: Measured::of(burn * budget),
        at: Some(ago(12)),
    };
    let windows = [("5m", 300.0), ("1h", 3600.0), ("6h", 21_600.0), ("3d", 259_200.0)];
    let key = format!("{}-{}", name.0, name.1);
    let query = |of: &str, text: String| Query { name: Text::new(of), text: Text::new(&text) };
    Slo {
        id: SloId::of(&[&key]),
        rule_id: Text::new(&key),
        service: Text::new(name.0),
        name: Text::new(name.1),
        description: None,
        origin: SloOrigin::Sloth,
        labels: Box::default(),
        objective,
        period: Period::Rolling { seconds: MONTH },
        period_ratio: reading("30d", MONTH, 1.0 - left),
        readings: windows
            .iter()
            .zip(burns)
            .map(|((name, seconds), burn)| reading(name, *seconds, burn))
            .collect(),
        pairs: Pair::workbook(MONTH).into(),
        events: None,
        filled: Some(1.0),
        recovery: None,
        is_called_spent: false,
        is_time_weighted: true,
        firing: None,
        rule_error: None,
        warning: None,
        rule_interval_seconds: Some(30.0),
        queries: Box::from([
            query("budget left", format!("1 - slo:sli_error:ratio_rate30d{{sloth_id=\"{key}\"}}")),
            query("burn 1h", format!("slo:sli_error:ratio_rate1h{{sloth_id=\"{key}\"}} / 0.001")),
        ]),
        key: Text::new(&key),
    }
}

fn slos() -> Vec<Slo> {
    let of = |service, name| (service, name);
    let nan = [f64::NAN; 4];
    vec![
        Slo {
            firing: Some(PairSeverity::Page),
            labels: Box::from([(Text::new("tier"), Text::new("standard"))]),
            ..slo(of("runners", "queue-time"), 0.99, 0.82, [100.0, 17.7, 3.2, 0.3])
        },
        Slo {
            firing: Some(PairSeverity::Ticket),
            ..slo(of("billing", "availability"), 0.99, 0.73, [4.0, 4.0, 4.0, 2.7])
        },
        slo(of("checkout", "availability"), 0.999, 0.5, [0.5, 0.5, 0.5, 0.5]),
        slo(of("payments", "availability"), 0.999, -0.126, [0.0, 0.0, 0.0, 0.2]),
        slo(of("search", "latency"), 0.995, f64::NAN, nan),
        Slo {
            labels: Box::from([(Text::new("region"), Text::new("us-east-1"))]),
            ..slo(of("gateway", "latency"), 0.995, 0.2, [0.8, 0.8, 0.8, 0.8])
        },
        Slo {
            rule_error: Some(Text::new("many-to-many matching not allowed")),
            ..slo(of("ledger", "freshness"), 0.9, 0.9, [0.1, 0.1, 0.1, 0.1])
        },
        Slo {
            filled: Some(0.23),
            ..slo(of("reports", "freshness"), 0.95, 0.97, [0.0, 0.1, 0.1, 0.1])
        },
    ]
}

fn alert(name: &str, rule: &str, severity: &str, silence: Option<&str>) -> Alert {
    let label = |name, value| (Text::new(name), Text::new(value));
    Alert {
        id: AlertId::of(&[name, severity]),
        fingerprint: Text::new(name),
        name: Text::new(name),
        labels: Box::from([
            label("alertname", name),
            label("sloth_id", rule),
            label("sloth_severity", severity),
        ]),
        annotations: Box::from([label("summary", "the budget burns too fast")]),
        state: Text::new(if silence.is_some() { "suppressed" } else { "active" }),
        severity: Some(Text::new(severity)),
        starts_at: ago(190),
        silenced_by: silence.into_iter().map(Text::new).collect(),
        inhibited_by: Box::default(),
    }
}

fn silence() -> Silence {
    Silence {
        id: SilenceId::of(&["4f1c"]),
        name: Text::new("4f1c"),
        matchers: Box::from([Matcher {
            name: Text::new("sloth_id"),
            value: Text::new("billing-.*"),
            is_regex: true,
            is_equal: true,
        }]),
        starts_at: ago(3_600),
        ends_at: ago(-5_400),
        created_by: Text::new("maria"),
        comment: Text::new("migration of the invoices, see OPS-311"),
        state: SilenceState::Active,
    }
}

/// A budget that falls, and an error ratio that rises at the end; nothing was recorded on the first days.
pub(super) fn past() -> Past {
    let course = |window: &str, seconds, span: f64, value: fn(f64) -> f64| Course {
        window: Text::new(window),
        window_seconds: seconds,
        span_seconds: span,
        points: (0..=240)
            .map(|step: i32| {
                let share = f64::from(step) / 240.0;
                let back = ((1.0 - share) * span) as i64;
                (ago(back), (share > 0.1).then(|| value(share)))
            })
            .collect(),
    };
    Past::Read(Courses {
        at: ago(20),
        left: course("30d", MONTH, MONTH, |share| 1.0 - 0.18 * share * share * share),
        ratios: Box::from([
            course(
                "1h",
                3600.0,
                86_400.0,
                |share| if share > 0.95 { (share - 0.95) * 3.5 } else { 0.002 },
            ),
            course("6h", 21_600.0, 518_400.0, |share| 0.01 + 0.02 * (share * 12.0).sin().abs()),
        ]),
        warning: None,
    })
}

/// The pane over that platform, after some keys.
pub(super) fn with(keys: &str) -> App {
    let mut app = app(8);
    for source in [SourceId::SLOS, SourceId::ALERTS, SourceId::SILENCES] {
        tell(&mut app, source, report(30.0, 4));
    }
    let slos = slos().into_iter().map(|slo| Entity::Slo(Arc::new(slo))).collect();
    tell(&mut app, SourceId::SLOS, Change::Replace(slos));
    let alerts = [
        alert("BillingAvailability", "billing-availability", "ticket", Some("4f1c")),
        alert("RunnersQueueTime", "runners-queue-time", "page", None),
        alert("RunnersQueueTime", "runners-queue-time", "ticket", None),
        alert("Watchdog", "", "none", None),
    ];
    let alerts = alerts.into_iter().map(|alert| Entity::Alert(Arc::new(alert))).collect();
    tell(&mut app, SourceId::ALERTS, Change::Replace(alerts));
    let silences = vec![Entity::Silence(Arc::new(silence()))];
    tell(&mut app, SourceId::SILENCES, Change::Replace(silences));
    press(&mut app, keys);
    app
}

fn id(key: &str) -> SloId {
    SloId::of(&[key])
}

pub(super) fn with_past(past: Past, keys: &str) -> App {
    let mut app = with("4");
    tell(&mut app, SourceId::SLOS, Change::Past(id("runners-queue-time"), Arc::new(past)));
    if !keys.is_empty() {
        press(&mut app, keys);
    }
    app
}

fn picture(app: &App, (width, height): (u16, u16)) -> String {
    let mut buffer = crate::view::sample::screen(width, height);
    let theme = crate::view::sample::telling_theme();
    crate::view::paint(&mut buffer, app, Look::new(&theme), now());
    crate::view::sample::picture(&buffer)
}

fn shown(app: &App, (width, height): (u16, u16)) -> String {
    let mut buffer = crate::view::sample::screen(width, height);
    crate::view::paint(&mut buffer, app, Look::new(&crate::view::sample::theme()), now());
    text(&buffer)
}

#[test]
fn objectives_on_a_wide_screen() {
    insta::assert_snapshot!(picture(&with_past(past(), ""), WIDE));
}

#[test]
fn objectives_on_a_small_screen() {
    insta::assert_snapshot!(picture(&with("4"), SMALL));
}

#[test]
fn an_objective_on_the_whole_screen() {
    insta::assert_snapshot!(picture(&with_past(past(), "enter"), WIDE));
}

#[test]
fn an_objective_on_a_small_screen() {
    insta::assert_snapshot!(picture(&with_past(past(), "enter"), SMALL));
}

#[test]
fn alerts_on_a_wide_screen() {
    insta::assert_snapshot!(picture(&with("4 tab"), WIDE));
}

#[test]
fn alerts_on_a_small_screen() {
    insta::assert_snapshot!(picture(&with("4 tab"), SMALL));
}

#[test]
fn silences_on_a_wide_screen() {
    insta::assert_snapshot!(picture(&with("4 tab tab"), WIDE));
}

#[test]
fn only_what_is_ok_is_green() {
    let app = with("4");
    let screen = shown(&app, WIDE);
    let green = screen.lines().filter(|line| line.contains('●') && line.contains(" / "));
    let names: Vec<bool> = green.map(|line| line.contains(" ok")).collect();
    assert_eq!(names, [true, true], "{screen}");
}

#[test]
fn a_past_that_is_not_there_says_why() {
    let of = |past| shown(&with_past(past, "enter"), WIDE);
    assert!(of(Past::Asked).contains("reading its past"));
    let failed = Past::Failed {
        why: Text::new("the connection was refused"),
        hint: Text::new("look whether Prometheus is up"),
        at: ago(30),
    };
    let screen = of(failed);
    assert!(screen.contains("could not be read 30s ago: the connection was refused"), "{screen}");
    assert!(screen.contains("look whether Prometheus is up"), "{screen}");
    let Past::Read(mut courses) = past() else { panic!("a past") };
    courses.left.points = Box::default();
    assert!(of(Past::Read(courses)).contains("nothing was recorded in this time"));
}

#[test]
fn what_was_asked_again_keeps_its_chart() {
    let mut app = with_past(past(), "enter");
    let before = shown(&app, WIDE);
    tell(&mut app, SourceId::SLOS, Change::Past(id("runners-queue-time"), Arc::new(Past::Asked)));
    assert_eq!(shown(&app, WIDE), before);
}

#[test]
fn opening_an_objective_asks_for_its_past() {
    let mut app = with("4");
    let chord: Chord = "enter".parse().expect("a key");
    let effects = update(&mut app, Msg::Key(chord), now());
    let asked = effects.iter().any(|effect| {
        matches!(effect, crate::app::Effect::Read(crate::app::ReadRequest::Past { slo, .. })
            if slo.id == id("runners-queue-time"))
    });
    assert!(asked, "{effects:?}");
}

#[test]
fn the_queries_behind_an_objective_are_copied() {
    let mut app = with("4");
    let chord: Chord = "y".parse().expect("a key");
    let effects = update(&mut app, Msg::Key(chord), now());
    let expected = "# runners-queue-time: budget left\n1 - slo:sli_error:ratio_rate30d{sloth_id=\"runners-queue-time\"}\n\
                    # runners-queue-time: burn 1h\nslo:sli_error:ratio_rate1h{sloth_id=\"runners-queue-time\"} / 0.001";
    let copied = effects.iter().find_map(|effect| match effect {
        crate::app::Effect::Errand(crate::app::Errand::Copy(text)) => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(copied, Some(expected));
}

#[test]
fn an_objective_leads_to_its_alerts_and_an_alert_back_to_it() {
    let mut app = with("4 enter enter");
    assert_eq!((app.ui.place().lens.name(), app.ui.place().scope.is_some()), ("alerts", true));
    assert_eq!(app.ui.table().map(|table| table.listing.len()), Some(2));
    press(&mut app, "enter enter");
    assert_eq!(app.ui.place().focus, Focus::Detail(EntityId::Slo(id("runners-queue-time"))));
}

#[test]
fn a_silence_leads_to_what_it_keeps_quiet() {
    let app = with("4 tab tab enter");
    assert_eq!(app.ui.place().lens.name(), "alerts");
    assert_eq!(app.ui.table().map(|table| table.listing.len()), Some(1));
}

#[test]
fn an_objective_about_a_tier_leads_to_it() {
    let mut app = with("4");
    press(&mut app, ": g o space t i e r enter");
    assert_eq!(app.ui.place().focus, Focus::Detail(EntityId::Tier(crate::domain::TierIndex(1))));
}

#[test]
fn what_is_read_again_is_so_no_sooner_than_a_minute_later() {
    let asks = |second: i64| {
        let mut app = with_past(past(), "enter");
        let key =
            SourceKey { source: SourceId::SLOS, scope: Scope::server("prometheus", "localhost") };
        let mut slo = slos().remove(0);
        slo.period_ratio.at = Some(now());
        slo.events = Some(5.0);
        let change = Change::Upsert(vec![Entity::Slo(Arc::new(slo))]);
        let news = Update { key, at: ago(-second), origin: Origin::Live, change };
        let effects = update(&mut app, Msg::News(vec![news]), ago(-second));
        effects.iter().any(|effect| matches!(effect, crate::app::Effect::Read(_)))
    };
    assert_eq!((asks(39), asks(40)), (false, true));
}
