//! Silences: made with an end and a comment, ended before it; each by one request, with its record.

use std::fs;
use std::time::Duration;

use serde_json::Value;
use watchfloor::action::{ABANDONED_AFTER, Denied, Found, Gate, Refused};
use watchfloor::audit::Ledger;
use watchfloor::config::Writes;
use watchfloor::domain::{
    ActReport as Report, Deed, Ending, Intent, Proposal, Seen, TargetKind, Text, act_advice,
    find_act,
};
use watchfloor::runtime::Clock;
use watchfloor::sim::{Fault, Server};

use super::{Stage, desk, settings};

const REASON: &str = "the ledger is being moved";

impl Stage {
    /// What a client that is not ours reads of Alertmanager.
    async fn read(&self, path: &str) -> Vec<Value> {
        let client =
            reqwest::Client::builder().tls_certs_only([]).no_proxy().build().expect("a client");
        let url = format!("{}/api/v2/{path}", self.sim.alertmanager_url().trim_end_matches('/'));
        let answer = client.get(url).send().await.expect("an answer");
        answer.json().await.expect("a list")
    }

    /// The fingerprint of the one alert that fires here.
    async fn alert(&self) -> String {
        let alerts = self.read("alerts").await;
        alerts[0]["fingerprint"].as_str().expect("a fingerprint").to_owned()
    }

    /// The states of every alert and of every silence.
    async fn states(&self) -> (Vec<String>, Vec<String>) {
        let state = |one: &Value| one["status"]["state"].as_str().expect("a state").to_owned();
        let of = |all: Vec<Value>| all.iter().map(state).collect();
        (of(self.read("alerts").await), of(self.read("silences").await))
    }

    /// How many changing requests Alertmanager received.
    fn silencing(&self) -> usize {
        let log = fs::read_to_string(&self.requests).expect("the log of requests");
        let changes = |line: &&str| {
            let is_changing = line.contains("\"POST\"") || line.contains("\"DELETE\"");
            is_changing && line.contains("\"alertmanager\"")
        };
        log.lines().filter(changes).count()
    }

    /// Silences the alert for an hour.
    async fn silence(&self) -> Result<Report, Refused> {
        self.perform(create(&self.alert().await)).await
    }

    /// Makes a silence, and gives its id.
    async fn made(&self) -> String {
        let report = self.silence().await.expect("sent");
        assert_eq!(report.outcome.ending, Ending::Done, "{report:?}");
        let silences = self.read("silences").await;
        silences[0]["id"].as_str().expect("an id").to_owned()
    }

    /// A fault of Alertmanager for requests of this method.
    fn upset(&self, method: &str, fault: Fault) {
        let (server, method) = (Server::Alertmanager, Some(method.to_owned()));
        self.sim.world().fault(Fault { server, method, ..fault });
    }
}

fn proposal(act: &str, target: &str) -> Proposal {
    let act = find_act(act).expect("a known act");
    let target = act.target.read(target).expect("a target");
    Proposal { reason: Some(Text::new(REASON)), ..Proposal::new(act, target) }
}

/// An hour of silence.
fn create(target: &str) -> Proposal {
    let settings = vec![(Text::new("duration"), Text::new("1h"))];
    Proposal { settings, ..proposal("silence.create", target) }
}

fn lost() -> [Fault; 3] {
    [
        Fault { close: true, ..Fault::default() },
        Fault { status: Some(503), done: true, ..Fault::default() },
        Fault { status: Some(504), done: true, ..Fault::default() },
    ]
}

fn setting<'a>(deed: &'a Deed, name: &str) -> &'a str {
    let found = deed.settings.iter().find(|(known, _)| &**known == name);
    found.map_or("", |(_, value)| value.as_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_is_silenced_until_an_end_and_told_of_again_once_the_silence_is_expired() {
    let stage = Stage::new().await;
    let report = stage.silence().await.expect("sent");
    assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Done, Some(200)));
    assert_eq!(report.after.map(|seen| seen.state.to_string()).as_deref(), Some("suppressed"));
    assert_eq!(stage.states().await, (vec!["suppressed".into()], vec!["active".into()]));
    let silence = &stage.read("silences").await[0];
    let deed = &stage.deeds()[0];
    assert_eq!(silence["comment"], REASON);
    assert_eq!(silence["createdBy"], setting(deed, "created_by"));
    let instant = |text: &str| text.parse::<jiff::Timestamp>().expect("an instant");
    let ends_at = instant(silence["endsAt"].as_str().expect("an end"));
    assert_eq!(ends_at, instant(setting(deed, "ends_at")));
    let left = ends_at.duration_since(Clock::wall().now()).as_secs();
    assert!((3500..=3601).contains(&left), "{left}");

    let id = silence["id"].as_str().expect("an id");
    let ended = stage.perform(proposal("silence.expire", id)).await.expect("sent");
    assert_eq!(ended.outcome.ending, Ending::Done);
    assert_eq!(stage.states().await, (vec!["active".into()], vec!["expired".into()]));
    assert_eq!((stage.silencing(), stage.deeds().len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_record_says_what_is_silenced_by_whom_and_why() {
    let stage = Stage::new().await;
    let target = stage.alert().await;
    stage.silence().await.expect("sent");
    let deed = &stage.deeds()[0];
    let told = (&*deed.act, &*deed.target, deed.reason.as_deref(), &*deed.actor.platform);
    assert_eq!(told, ("silence.create", target.as_str(), Some(REASON), "alertmanager"));
    assert!(setting(deed, "matchers").contains("alertname="), "{deed:?}");
    let author = setting(deed, "created_by");
    assert_eq!(author, format!("{} (tester@here)", deed.actor.user));
    assert_ne!(&*deed.actor.user, "unknown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_cleared_up_by_a_look_and_never_resent() {
    for fault in lost() {
        let stage = Stage::new().await;
        stage.upset("POST", fault.clone());
        let report = stage.silence().await.expect("sent");
        assert_eq!(report.outcome.ending, Ending::Done, "{:?}", report.outcome);
        assert_eq!((stage.silencing(), stage.read("silences").await.len()), (1, 1));
        let id = stage.read("silences").await[0]["id"].as_str().expect("an id").to_owned();
        stage.upset("DELETE", fault);
        let report = stage.perform(proposal("silence.expire", &id)).await.expect("sent");
        assert_eq!(report.outcome.ending, Ending::Done, "{:?}", report.outcome);
        assert_eq!((stage.silencing(), stage.deeds().len()), (2, 2));
        assert_eq!(stage.states().await.1, ["expired"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_server_error_what_has_not_happened_may_still_happen() {
    let stage = Stage::new().await;
    stage.upset("POST", Fault { status: Some(503), ..Fault::default() });
    let report = stage.silence().await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Unknown);
    assert_eq!((stage.silencing(), stage.states().await.0), (1, vec!["active".to_owned()]));
    let recorded = stage.deeds()[0].outcome.clone().map(|(_, outcome)| outcome);
    assert_eq!(recorded, Some(report.outcome));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_page_in_the_place_of_an_answer_is_no_success() {
    let stage = Stage::new().await;
    let page = Some("<html>sign in</html>".to_owned());
    stage.upset("POST", Fault { status: Some(200), body: page, ..Fault::default() });
    let report = stage.silence().await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Unknown, "{:?}", report.outcome);
    assert_eq!((stage.silencing(), stage.read("silences").await.len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_told_in_its_words_and_did_nothing() {
    for (status, body, words) in [
        (400, r#""silence invalid: at least one matcher required""#, "at least one matcher"),
        (401, r#"{"message":"who are you?"}"#, "who are you?"),
        (403, "not you", "Forbidden"),
        (404, r#""silence not found""#, "not found"),
        (422, r#"{"code":602,"message":"comment in body is required"}"#, "comment in body"),
    ] {
        let stage = Stage::new().await;
        let body = Some(body.to_owned());
        stage.upset("POST", Fault { status: Some(status), body, ..Fault::default() });
        let report = stage.silence().await.expect("answered");
        let outcome = &report.outcome;
        assert_eq!((outcome.ending, outcome.status), (Ending::Failed, Some(status)));
        assert!(outcome.message.as_ref().is_some_and(|said| said.contains(words)), "{outcome:?}");
        assert!(act_advice(find_act("silence.create").expect("known"), outcome).is_some());
        assert_eq!((stage.silencing(), stage.deeds().len()), (1, 1));
        assert_eq!(stage.states().await, (vec!["active".into()], Vec::new()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alertmanager_that_asks_for_a_pause_is_left_alone() {
    let stage = Stage::new().await;
    let mut fault = Fault { status: Some(429), count: Some(1), ..Fault::default() };
    fault.headers.insert("retry-after".to_owned(), "30".to_owned());
    stage.upset("POST", fault);
    let report = stage.silence().await.expect("answered");
    let said = report.outcome.message.expect("words");
    assert!(said.contains("Alertmanager asks to wait 30 s"), "{said}");
    let again = stage.silence().await;
    assert!(matches!(again, Err(Refused::Wait { .. })), "{again:?}");
    assert_eq!((stage.silencing(), stage.deeds().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_silenced_equally_gone_or_ended_is_not_sent() {
    let stage = Stage::new().await;
    let id = stage.made().await;
    let again = stage.silence().await;
    assert!(matches!(&again, Err(Refused::Objection(why)) if why.contains(&id)), "{again:?}");
    let gone = stage.perform(create("00f067aa0ba902b7")).await;
    assert!(matches!(&gone, Err(Refused::Objection(why)) if why.contains("any more")), "{gone:?}");
    stage.perform(proposal("silence.expire", &id)).await.expect("sent");
    let ended = stage.perform(proposal("silence.expire", &id)).await;
    assert!(matches!(&ended, Err(Refused::Objection(why)) if why.contains("ended")), "{ended:?}");
    let unknown = stage.perform(proposal("silence.expire", "b4b7ab1c")).await;
    assert!(matches!(unknown, Err(Refused::Objection(_))), "{unknown:?}");
    assert_eq!((stage.silencing(), stage.deeds().len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silence_without_an_end_or_a_comment_is_none() {
    let mut stage = Stage::new().await;
    let alert = stage.alert().await;
    let endless = stage.perform(proposal("silence.create", &alert)).await;
    assert!(matches!(&endless, Err(Refused::Objection(why)) if why.contains("needs an end")));
    let mute = stage.perform(Proposal { reason: None, ..create(&alert) }).await;
    assert!(matches!(mute, Err(Refused::Gate(Denied::NoReason(..)))), "{mute:?}");
    stage.gate.disarm();
    assert!(matches!(stage.silence().await, Err(Refused::Gate(Denied::NotArmed))));
    assert_eq!((stage.silencing(), stage.deeds().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_alerts_are_silenced_by_their_matchers_and_a_protected_tier_wants_them_typed() {
    let stage = Stage::new().await;
    let billing = r#"sloth_service=~"bill.*""#;
    // A regular expression meets what nobody has seen yet.
    let refused = stage.perform(create(billing)).await;
    assert!(matches!(refused, Err(Refused::Gate(Denied::Protected(_)))), "{refused:?}");
    let typed = Proposal { typed: Some(Text::new(billing)), ..create(billing) };
    let report = stage.perform(typed).await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Done);
    assert_eq!(stage.states().await.0, ["suppressed"]);
    // Nothing of it fires: whom it will hide cannot be told.
    let protected = r#"tier="protected""#;
    let refused = stage.perform(create(protected)).await;
    assert!(matches!(refused, Err(Refused::Gate(Denied::Protected(_)))), "{refused:?}");
    let typed = Proposal { typed: Some(Text::new(protected)), ..create(protected) };
    let report = stage.perform(typed).await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Done);
    assert_eq!((stage.silencing(), stage.deeds().len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matchers_that_alertmanager_does_not_understand_are_told_in_its_words() {
    let stage = Stage::new().await;
    let refused = stage.perform(create(r#"tier=~"(""#)).await;
    assert!(matches!(&refused, Err(Refused::Unseen(_))), "{refused:?}");
    assert_eq!((stage.silencing(), stage.deeds().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_alertmanager_is_down_nothing_is_sent_and_nothing_recorded() {
    let stage = Stage::new().await;
    let alert = stage.alert().await;
    stage.upset("GET", Fault { close: true, ..Fault::default() });
    let refused = stage.perform(create(&alert)).await;
    assert!(matches!(refused, Err(Refused::Unseen(_))), "{refused:?}");
    assert_eq!((stage.silencing(), stage.deeds().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alertmanager_that_goes_down_in_the_middle_leaves_an_unknown_outcome() {
    let stage = Stage::new().await;
    let alert = stage.alert().await;
    // Three reads look at the alert, before its record and after; whatever comes after the request finds nobody.
    stage.upset("POST", Fault { close: true, ..Fault::default() });
    stage.upset("GET", Fault { close: true, after: 6, ..Fault::default() });
    let report = stage.perform(create(&alert)).await.expect("sent");
    assert_eq!((report.outcome.ending, report.after), (Ending::Unknown, None::<Seen>));
    assert_eq!((stage.silencing(), stage.deeds().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alertmanager_that_goes_down_before_the_request_gets_none_and_that_is_recorded() {
    let stage = Stage::new().await;
    let alert = stage.alert().await;
    stage.upset("GET", Fault { close: true, after: 3, ..Fault::default() });
    let report = stage.perform(create(&alert)).await.expect("recorded");
    assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Failed, None));
    assert_eq!((stage.silencing(), stage.deeds().len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gitlab_that_is_down_keeps_nobody_from_silencing() {
    let stage = Stage::new().await;
    stage.sim.world().fault(Fault { close: true, ..Fault::default() });
    stage.made().await;
    assert_eq!(stage.read("silences").await[0]["createdBy"], "tester@here");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_desks_at_once_make_one_silence() {
    let stage = Stage::new().await;
    let other = desk(&settings(&stage.sim, &stage.folder), &stage.ledger);
    let mut gate = Gate::new(Writes::Arm, Duration::from_mins(15));
    gate.arm(Clock::wall().now()).expect("armed");
    let proposals = [create(&stage.alert().await)];
    let (one, two) =
        tokio::join!(stage.desk.perform(&stage.gate, &proposals), other.perform(&gate, &proposals));
    let both = [one, two].map(|done| done.expect("armed").pop().expect("one"));
    let is_done = |one: &&Result<Report, Refused>| {
        one.as_ref().is_ok_and(|report| report.outcome.ending == Ending::Done)
    };
    let done = both.iter().filter(is_done).count();
    assert_eq!((done, stage.silencing(), stage.read("silences").await.len()), (1, 1, 1));
}

/// How long after the first act another one begins.
const AFTERWARDS: jiff::SignedDuration = jiff::SignedDuration::from_secs(10);

/// What a crash leaves between the permit and the outcome of an act like this one.
fn left_open(stage: &Stage, like: Deed, ends_at: &str) {
    let end = (Text::new("ends_at"), Text::new(ends_at));
    let others = like.settings.iter().filter(|(name, _)| &**name != "ends_at").cloned();
    let intent = Intent {
        act: "silence.create",
        target: like.target.clone(),
        settings: others.chain([end]).collect(),
        actor: like.actor,
        reason: like.reason,
        wire: like.wire,
    };
    let mut ledger = Ledger::open_at(&stage.ledger).expect("writable");
    // Not at once: an equal act that was done a moment ago would forbid it.
    let then = Clock::wall().now() + AFTERWARDS;
    drop(ledger.open(intent, then, then).expect("writable").expect("permitted"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_left_open_is_closed_by_whether_an_equal_silence_is_there() {
    for (shift, ending) in [(0, Ending::Done), (60, Ending::Failed)] {
        let stage = Stage::new().await;
        stage.made().await;
        let deed = stage.deeds().remove(0);
        let end: jiff::Timestamp = setting(&deed, "ends_at").parse().expect("an instant");
        let end = end + jiff::SignedDuration::from_secs(shift);
        left_open(&stage, deed, &end.to_string());
        let later = Clock::wall().now() + AFTERWARDS;
        let later = later.saturating_add(ABANDONED_AFTER).expect("an instant");
        let found = stage.desk.reconcile(later).await.expect("readable");
        let Found::Closed(outcome) = &found[0].result else { panic!("{found:?}") };
        assert_eq!(outcome.ending, ending, "{outcome:?}");
        assert_eq!((stage.silencing(), stage.deeds().len()), (1, 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configured_longest_life_of_exceptions_holds_for_silences_too() {
    let stage = Stage::new().await;
    let alert = stage.alert().await;
    let mut settings = settings(&stage.sim, &stage.folder);
    settings.exceptions = Some(watchfloor::config::ExceptionSettings {
        project: "platform/exceptions".to_owned(),
        reference: "main".to_owned(),
        path: "exceptions".to_owned(),
        max_ttl: [("default".to_owned(), Duration::from_mins(30))].into(),
        warn_before: Vec::new(),
        max_renewals: 2,
        native: Vec::new(),
    });
    let strict = desk(&settings, &stage.ledger);
    let mut done = strict.perform(&stage.gate, &[create(&alert)]).await.expect("armed");
    let refused = done.pop().expect("one");
    assert!(matches!(&refused, Err(Refused::Objection(why)) if why.contains("max_ttl")));
    assert_eq!(stage.silencing(), 0);
}

#[test]
fn an_alert_is_named_by_its_fingerprint_or_by_matchers() {
    let read = |words| TargetKind::Alert.read(words).map(|target| target.to_string());
    assert_eq!(read("{tier=\"x\"}").as_deref(), Some("tier=\"x\""));
    assert_eq!(read("billing"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silence_of_more_than_a_day_wants_its_target_typed_and_one_of_years_is_refused() {
    let stage = Stage::new().await;
    let alert = stage.alert().await;
    let lasting = |span: &str| Proposal {
        settings: vec![(Text::new("duration"), Text::new(span))],
        ..proposal("silence.create", &alert)
    };
    let refused = stage.perform(lasting("25h")).await;
    assert!(matches!(refused, Err(Refused::Gate(Denied::Protected(_)))), "{refused:?}");
    let years = stage.perform(lasting("3650d")).await;
    assert!(matches!(&years, Err(Refused::Objection(why)) if why.contains("90d")), "{years:?}");
    assert_eq!((stage.silencing(), stage.deeds().len()), (0, 0));
    let typed = Proposal { typed: Some(Text::new(&alert)), ..lasting("25h") };
    stage.perform(typed).await.expect("sent");
    assert_eq!(stage.silencing(), 1);
}
