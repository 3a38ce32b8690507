//! Acts over the made-up platform: nothing is sent without a dialog, and a dialog means what it meant when it opened.

use super::*;
use crate::app::act::confirm::Stage;
use crate::app::modal::Modal;
use crate::app::{ActNews, ActRequest, Effect};
use crate::domain::{
    ACTS, ActReport, Ending, EntityId, Identity, Outcome, Proposal, Seen, Wire, find_act,
};
use crate::keymap;

/// The jobs, on a console that can be armed.
fn jobs(count: u64) -> App {
    let mut app = app(count);
    app.facts.arm_minutes = 15;
    app
}

fn tell(app: &mut App, news: ActNews) -> Vec<Effect> {
    update(app, Msg::Act(news), now())
}

fn arm(app: &mut App) {
    tell(app, ActNews::Armed(Ok(ago(-872))));
    tell(app, ActNews::Identities(identities()));
}

fn identities() -> Vec<Identity> {
    let one = |platform, user: Result<&str, &str>, rights: Option<&str>| Identity {
        platform: Text::new(platform),
        user: user.map(Text::new).map_err(Text::new),
        rights: rights.map(Text::new),
        is_settled: user.is_ok(),
    };
    vec![
        one("gitlab", Ok("j.doe"), Some("token scopes api, read_user")),
        one("kubernetes:ci", Err("unknown until armed"), None),
        one("eks:ci", Ok("arn:aws:sts::111122223333:assumed-role/oncall/j.doe"), None),
    ]
}

fn all_effects(app: &mut App, keys: &str) -> Vec<Effect> {
    let press = |key: &str| update(app, Msg::Key(key.parse().expect("a key")), now());
    keys.split(' ').flat_map(press).collect()
}

fn sent(effects: &[Effect]) -> Vec<Proposal> {
    let of = |effect: &Effect| match effect {
        Effect::Act(ActRequest::Perform { proposals, .. }) => proposals.clone(),
        _ => Vec::new(),
    };
    effects.iter().flat_map(of).collect()
}

fn notice(app: &App) -> String {
    app.ui.notices.current(now()).map_or_else(String::new, |notice| notice.words.clone())
}

/// Shows the jobs of one status alone.
fn only(app: &mut App, words: &str) {
    press(app, "/");
    update(app, Msg::Paste(words.to_owned()), now());
    press(app, "enter");
}

fn ticket(app: &App) -> u64 {
    match app.ui.modals.last() {
        Some(Modal::Confirm(confirm)) => confirm.ticket,
        other => panic!("no dialog is open: {other:?}"),
    }
}

/// Tells the open dialog what would be sent, and what the target looks like.
fn look(app: &mut App) {
    let Some(Modal::Confirm(confirm)) = app.ui.modals.last() else { panic!("no dialog") };
    let (ticket, proposals) = (confirm.ticket, confirm.proposals());
    let wire = |proposal: &Proposal| {
        let url = format!("https://gitlab.example.com/api/v4/x/{}", proposal.target);
        Some(Wire { method: Text::new("POST"), url: Text::new(&url) })
    };
    let wires = proposals.iter().map(wire).collect();
    tell(app, ActNews::Wires { ticket, wires });
    for place in 0..proposals.len() {
        let seen = Seen::new(Text::new("integration 3/8"), Text::new("failed"));
        let seen = Ok(Seen { protected: Some(false), ..seen });
        tell(app, ActNews::Seen { ticket, place, seen });
    }
}

/// Lets the dialog on top be read: it is looked at, and drawn.
fn read(app: &mut App) {
    look(app);
    drawn(app, 160, 48);
}

fn done(ending: Ending, status: u16, message: Option<&str>) -> ActReport {
    let message = message.map(Text::new);
    let outcome = Outcome { ending, status: Some(status), message };
    ActReport { seq: 7, outcome, after: None, unrecorded: None }
}

#[test]
fn nothing_is_offered_until_armed_and_everything_says_why() {
    let mut app = jobs(120);
    press(&mut app, "a r");
    assert_eq!(notice(&app), "arm first: `:arm`");
    press(&mut app, "a d");
    assert_eq!(notice(&app), "pod.delete is done to a pod; this row is no pod");
    app.facts.never_writes = true;
    press(&mut app, "a r");
    assert!(notice(&app).contains("writes = \"never\""));
    press(&mut app, "a a");
    assert!(app.ui.modals.is_empty());
}

#[test]
fn arming_asks_first_and_enter_leaves_it() {
    let mut app = jobs(8);
    let asked = all_effects(&mut app, "a a");
    assert!(matches!(asked.as_slice(), [Effect::Act(ActRequest::Identify)]));
    assert!(all_effects(&mut app, "enter").is_empty() && app.ui.modals.is_empty());
    press(&mut app, "a a");
    tell(&mut app, ActNews::Identities(identities()));
    drawn(&mut app, 160, 48);
    let armed = all_effects(&mut app, "y");
    assert!(matches!(armed.last(), Some(Effect::Act(ActRequest::Arm))));
}

#[test]
fn the_window_closes_by_time_by_word_and_by_suspending() {
    let is_shown = |app: &mut App| drawn(app, 160, 48).contains("ARMED");
    let mut app = jobs(8);
    arm(&mut app);
    assert!(drawn(&mut app, 160, 48).contains("ARMED 14:32"));
    update(&mut app, Msg::Wake, ago(-873));
    assert!(!is_shown(&mut app) && !app.acts.is_armed());
    arm(&mut app);
    let effects = all_effects(&mut app, "a x");
    assert!(matches!(effects.as_slice(), [Effect::Act(ActRequest::Disarm)]));
    assert!(!is_shown(&mut app));
    arm(&mut app);
    tell(&mut app, ActNews::Disarmed(Text::new("it was suspended")));
    assert!(!is_shown(&mut app));
}

#[test]
fn an_armed_screen_wakes_every_second_and_no_other_does() {
    let mut app = jobs(0);
    let next = |app: &App| wake(app, now(), &Picture::of(app, now())).duration_since(now());
    drawn(&mut app, 160, 48);
    let calm = next(&app);
    arm(&mut app);
    app.ui.notices.dismiss();
    assert!(calm > SignedDuration::from_secs(1), "{calm}");
    assert_eq!(next(&app), SignedDuration::from_secs(1));
}

#[test]
fn no_key_and_no_two_keys_send_anything_without_a_dialog() {
    let mut app = jobs(120);
    arm(&mut app);
    let scopes = crate::app::scopes(&app);
    let bound: Vec<String> = scopes
        .iter()
        .flat_map(|scope| app.keymap.bindings(scope))
        .filter(|binding| find_act(&binding.command).is_some())
        .map(|binding| binding.keys.to_string())
        .collect();
    assert!(bound.len() > 8);
    for keys in bound {
        assert!(keys.contains(' ') && !keys.contains("ctrl-d"), "{keys}");
        let mut app = jobs(120);
        arm(&mut app);
        assert!(sent(&all_effects(&mut app, &keys)).is_empty(), "{keys}");
    }
}

#[test]
fn no_shipped_keymap_has_an_act_on_a_single_key() {
    for name in keymap::names() {
        let (map, faults) = Keymap::shipped(name, &crate::app::command::names());
        assert!(faults.is_empty(), "{faults:?}");
        for binding in map.scopes().flat_map(|scope| map.bindings(scope)) {
            let is_act = ACTS.iter().any(|act| act.name == binding.command);
            assert!(!is_act || binding.keys.chords().len() > 1, "{name}: {}", binding.keys);
        }
    }
}

#[test]
fn a_small_act_is_sent_by_its_one_key_and_only_once() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    assert!(sent(&all_effects(&mut app, "a r enter")).is_empty());
    assert!(app.ui.modals.is_empty());
    press(&mut app, "a r");
    read(&mut app);
    let effects = all_effects(&mut app, "y y y");
    assert_eq!(sent(&effects).len(), 1);
    press(&mut app, "enter a r");
    assert!(notice(&app).contains("is under way"), "{}", notice(&app));
    assert!(app.ui.modals.is_empty());
}

#[test]
fn a_key_pressed_twice_is_not_answered_twice() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "a r");
    read(&mut app);
    press(&mut app, "y y");
    let Some(Modal::Confirm(confirm)) = app.ui.modals.last() else { panic!("no dialog") };
    // The second key is none of the dialog's any more: it is not even told that the act is under way.
    assert_eq!((&confirm.stage, &confirm.told), (&Stage::Sent, &None));
}

#[test]
fn the_dialog_means_what_it_meant_when_it_opened() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    let Some(EntityId::Job(meant)) = app.ui.table().and_then(|t| t.selected().cloned()) else {
        panic!("no job");
    };
    press(&mut app, "a r");
    let moved = Job { status: Status::Success, ..(**app.state.jobs().get(meant).unwrap()).clone() };
    give(&mut app, SourceId::QUEUE, Change::Upsert(vec![Entity::Job(Arc::new(moved))]));
    assert_ne!(app.ui.table().and_then(|t| t.selected().cloned()), Some(EntityId::Job(meant)));
    read(&mut app);
    let sent = sent(&all_effects(&mut app, "y"));
    let ids: Vec<String> = sent.iter().map(|one| one.target.to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert!(ids[0].ends_with(&format!("#{meant}")), "{ids:?}");
}

#[test]
fn a_protected_target_and_one_of_no_known_tier_want_their_name() {
    for (filter, wants) in [("tier:protected", true), ("tier:standard", false)] {
        let mut app = jobs(120);
        arm(&mut app);
        only(&mut app, filter);
        press(&mut app, "a r");
        let Some(Modal::Confirm(confirm)) = app.ui.modals.last() else { panic!("no dialog") };
        assert_eq!(confirm.asked().is_some(), wants, "{filter}");
    }
    let mut app = jobs(8);
    arm(&mut app);
    let stray = Job { tags: Arc::from([Text::new("macos")]), ..job(1) };
    give(&mut app, SourceId::QUEUE, Change::Upsert(vec![Entity::Job(Arc::new(stray))]));
    let place = app.ui.table().unwrap().listing.place(&EntityId::Job(JobId(5_001)), 0).unwrap();
    app.ui.table_mut().go_to(place);
    press(&mut app, "a r");
    assert!(drawn(&mut app, 160, 48).contains("no known tier: counts as protected"));
}

#[test]
fn marked_rows_that_a_filter_hides_say_so() {
    let mut app = jobs(120);
    arm(&mut app);
    press(&mut app, "space space");
    only(&mut app, "status:failed");
    press(&mut app, "a r");
    let text = drawn(&mut app, 160, 48);
    assert!(text.contains("hidden by the filter") && text.contains("job.retry: 2 jobs"), "{text}");
}

#[test]
fn in_a_dialog_no_command_key_fires_while_text_is_typed() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:running");
    let effects = all_effects(&mut app, "a c y q a r d");
    assert!(sent(&effects).is_empty());
    let Some(Modal::Confirm(confirm)) = app.ui.modals.last() else { panic!("no dialog") };
    assert_eq!(confirm.fields[0].line.text(), "yqard");
}

#[test]
fn the_picture_that_stands_still_is_not_acted_on() {
    let mut app = jobs(120);
    arm(&mut app);
    press(&mut app, "p a r");
    assert!(notice(&app).contains("stands still"), "{}", notice(&app));
}

#[test]
fn a_window_that_closes_under_the_dialog_sends_nothing() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "a r");
    read(&mut app);
    update(&mut app, Msg::Wake, ago(-900));
    let text = drawn(&mut app, 160, 48);
    assert!(text.contains("the window has closed: leave, `:arm`, and ask again"), "{text}");
    assert!(!text.contains("y send"), "{text}");
    assert!(sent(&all_effects(&mut app, "y")).is_empty());
}

#[test]
fn a_key_that_comes_before_everything_was_looked_at_sends_nothing() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    assert!(sent(&all_effects(&mut app, "a r y")).is_empty());
    let text = drawn(&mut app, 160, 48);
    assert!(text.contains("is still being looked at") && !text.contains("y send"), "{text}");
    look(&mut app);
    // It was looked at, and nobody has seen that yet.
    assert!(sent(&all_effects(&mut app, "y")).is_empty());
    assert!(drawn(&mut app, 160, 48).contains("press it again"));
    assert_eq!(sent(&all_effects(&mut app, "y")).len(), 1);
}

#[test]
fn a_burst_of_keys_does_not_arm() {
    let mut app = jobs(8);
    let is_armed = |effects: &[Effect]| {
        effects.iter().any(|effect| matches!(effect, Effect::Act(ActRequest::Arm)))
    };
    assert!(!is_armed(&all_effects(&mut app, "a a a y")));
    tell(&mut app, ActNews::Identities(identities()));
    assert!(!is_armed(&all_effects(&mut app, "a y")));
    assert!(drawn(&mut app, 160, 48).contains("y arm for 15 minutes"));
    assert!(!is_armed(&all_effects(&mut app, "a")));
    assert!(is_armed(&all_effects(&mut app, "y")));
}

#[test]
fn the_key_that_answered_does_nothing_to_the_table_below_for_a_while() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "a r");
    read(&mut app);
    press(&mut app, "y");
    let results = Ok(vec![Ok(done(Ending::Done, 201, None))]);
    let ticket = ticket(&app);
    tell(&mut app, ActNews::Performed { ticket, results });
    assert!(all_effects(&mut app, "y y").is_empty());
    // Another key shows that the question is behind.
    let copies = all_effects(&mut app, "down y");
    assert!(copies.iter().any(|one| matches!(one, Effect::Errand(_))), "{copies:?}");
}

#[test]
fn a_dialog_of_many_targets_says_how_many_are_in_sight_and_leaves_the_countdown() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "ctrl-a a c");
    look(&mut app);
    let text = drawn(&mut app, 80, 24);
    assert!(text.contains("ARMED 14:32") && text.contains("1–2 of 6 in sight"), "{text}");
    press(&mut app, "pagedown");
    let text = drawn(&mut app, 80, 24);
    assert!(!text.contains("1–2 of 6") && text.contains("of 6 in sight"), "{text}");
    press(&mut app, "pagedown pagedown");
    assert!(drawn(&mut app, 80, 24).contains("6 of 6 in sight"));
}

#[test]
fn what_went_well_closes_its_dialog_and_is_read_again() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "a r");
    read(&mut app);
    press(&mut app, "y");
    let results = Ok(vec![Ok(done(Ending::Done, 201, None))]);
    let ticket = ticket(&app);
    let effects = tell(&mut app, ActNews::Performed { ticket, results });
    assert!(app.ui.modals.is_empty() && notice(&app).ends_with(": done"));
    assert!(matches!(effects.as_slice(), [Effect::Read(_)]), "{effects:?}");
}

#[test]
fn an_unknown_outcome_stays_to_be_read() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "a r");
    read(&mut app);
    press(&mut app, "y");
    let words = "no answer in time; looked again: that cannot be told (now running)";
    let results = Ok(vec![Ok(done(Ending::Unknown, 504, Some(words)))]);
    let ticket = ticket(&app);
    tell(&mut app, ActNews::Performed { ticket, results });
    let Some(Modal::Confirm(confirm)) = app.ui.modals.last() else { panic!("no dialog") };
    assert_eq!(confirm.stage, Stage::Answered(None));
    let text = drawn(&mut app, 160, 48);
    assert!(text.contains("nothing is sent again by itself"), "{text}");
}

#[test]
fn leaving_waits_for_the_record_unless_asked_twice() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "a r");
    read(&mut app);
    press(&mut app, "y");
    let ticket = ticket(&app);
    let leaves = |effects: &[Effect]| effects.iter().any(|one| matches!(one, Effect::Quit));
    assert!(!leaves(&all_effects(&mut app, "enter q")));
    assert!(matches!(all_effects(&mut app, "q").as_slice(), [Effect::Quit]));
    let results = Err(Text::new("the ledger is full"));
    let effects = tell(&mut app, ActNews::Performed { ticket, results });
    assert!(matches!(effects.last(), Some(Effect::Quit)));
}

#[test]
fn the_question_whether_to_arm_says_who_one_is() {
    let mut app = jobs(120);
    press(&mut app, "a a");
    assert!(drawn(&mut app, 80, 24).contains("asking each platform who you are"));
    tell(&mut app, ActNews::Identities(identities()));
    let pictures = [drawn(&mut app, 160, 48), drawn(&mut app, 80, 24)];
    insta::assert_snapshot!(pictures.join("\n"));
}

#[test]
fn the_dialog_of_an_act_says_what_will_be_sent() {
    let mut app = jobs(120);
    arm(&mut app);
    app.ui.notices.dismiss();
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "a r");
    look(&mut app);
    let small = [drawn(&mut app, 160, 48), drawn(&mut app, 80, 24)];
    press(&mut app, "esc");
    press(&mut app, "ctrl-a a c");
    look(&mut app);
    press(&mut app, "s t u c k enter");
    let bulk = [drawn(&mut app, 160, 48), drawn(&mut app, 80, 24)];
    insta::assert_snapshot!([small, bulk].concat().join("\n"));
}

#[test]
fn hostile_names_stay_within_the_dialog() {
    let mut app = jobs(8);
    arm(&mut app);
    let name = "\x1b[31mrm -rf\u{202e}txt\n\u{200b}".repeat(30);
    let hostile = Job { name: Text::new(&name), status: Status::Failed, ..job(0) };
    give(&mut app, SourceId::QUEUE, Change::Upsert(vec![Entity::Job(Arc::new(hostile))]));
    let place = app.ui.table().unwrap().listing.place(&EntityId::Job(JobId(5_000)), 0).unwrap();
    app.ui.table_mut().go_to(place);
    press(&mut app, "a r");
    for (width, height) in [(160, 48), (80, 24), (60, 16)] {
        let text = drawn(&mut app, width, height);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
        let borders = |line: &&str| line.contains("│") && line.matches('│').count() < 2;
        let within: Vec<&str> = text.lines().skip(3).take(3).filter(borders).collect();
        assert!(within.is_empty(), "{text}");
    }
}

#[test]
fn on_a_broken_chain_no_act_is_offered() {
    let mut app = jobs(120);
    arm(&mut app);
    let broken = crate::domain::ChainBreak { seq: 3, why: Text::new("it is not text") };
    let chain = crate::domain::Chain { records: 7, broken: Some(broken) };
    give(&mut app, SourceId::LEDGER, Change::Chain(chain));
    press(&mut app, "a r");
    assert!(notice(&app).contains("the chain of the ledger is broken"), "{}", notice(&app));
    assert!(app.ui.modals.is_empty());
}

#[test]
fn once_armed_what_was_unknown_until_then_is_not_said_any_more() {
    let mut app = jobs(120);
    tell(&mut app, ActNews::Identities(identities()));
    tell(&mut app, ActNews::Armed(Ok(ago(-872))));
    let users: Vec<bool> =
        app.acts.identities.iter().flatten().map(|one| one.user.is_ok()).collect();
    assert_eq!((users, app.acts.is_identifying), (vec![true, true], true));
}

#[test]
fn once_armed_a_platform_that_knows_no_people_is_not_waited_for() {
    let mut app = jobs(120);
    let platform = Text::new("alertmanager");
    let user = Err(Text::new("it knows no people"));
    let nobody = Identity { platform, user, rights: None, is_settled: true };
    tell(&mut app, ActNews::Identities(vec![nobody.clone()]));
    tell(&mut app, ActNews::Armed(Ok(ago(-872))));
    assert_eq!(app.acts.identities, Some(vec![nobody]));
}

#[test]
fn that_who_we_are_is_still_asked_is_said_no_more_once_it_is_told() {
    let mut app = jobs(120);
    arm(&mut app);
    app.acts.identities = None;
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "a r");
    let told = |app: &App| match app.ui.modals.last() {
        Some(Modal::Confirm(confirm)) => confirm.told.clone(),
        _ => None,
    };
    read(&mut app);
    press(&mut app, "y");
    assert!(told(&app).is_some_and(|words| words.contains("still being asked")));
    tell(&mut app, ActNews::Identities(identities()));
    assert_eq!(told(&app), None);
}

#[test]
fn what_the_identity_says_already_is_not_said_again_as_a_fact() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "a r");
    read(&mut app);
    let scopes = |value: &str| (Text::new("token scopes"), Text::new(value));
    let facts = vec![scopes("api, read_user"), (Text::new("our role"), Text::new("Developer"))];
    let seen = Seen::new(Text::new("unit"), Text::new("failed"));
    let ticket = ticket(&app);
    let seen = Ok(Seen { protected: Some(false), facts, ..seen });
    tell(&mut app, ActNews::Seen { ticket, place: 0, seen });
    let text = drawn(&mut app, 160, 48);
    assert_eq!(text.matches("token scopes").count(), 1, "{text}");
    assert!(text.contains("our role Developer"), "{text}");
}

#[test]
fn a_small_dialog_keeps_its_target_and_why_it_refuses_in_sight() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "a c");
    look(&mut app);
    let (ticket, target) = (ticket(&app), {
        let Some(Modal::Confirm(confirm)) = app.ui.modals.last() else { panic!("no dialog") };
        confirm.items[0].choice.proposal.target.to_string()
    });
    let objections = vec![(0, Some(Text::new("it is over: failed")))];
    tell(&mut app, ActNews::Weighed { ticket, objections });
    for (width, height) in [(160, 48), (80, 24), (60, 16)] {
        let text = drawn(&mut app, width, height);
        assert_eq!(text.matches("not sent: it is over: failed").count(), 1, "{text}");
        assert!(text.contains(&target) && text.contains("now   "), "{text}");
        assert!(!text.contains("further targets"), "{text}");
    }
    update(&mut app, Msg::Paste("stuck".to_owned()), now());
    press(&mut app, "enter enter");
    let text = drawn(&mut app, 60, 16);
    assert!(text.contains("not sent: it is over: failed"), "{text}");
}

/// Six failed jobs of a tier that is not protected in an open dialog of job.retry, on a small screen.
fn bulk() -> App {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "ctrl-a a r");
    look(&mut app);
    app
}

/// Types the reason and the number that confirm a bulk.
fn confirm(app: &mut App, number: &str) {
    update(app, Msg::Paste("flaky".to_owned()), now());
    press(app, "enter");
    update(app, Msg::Paste(number.to_owned()), now());
}

#[test]
fn a_key_that_is_typed_ahead_does_not_arm_though_who_we_are_is_known() {
    let mut app = jobs(8);
    let is_armed = |effects: &[Effect]| {
        effects.iter().any(|effect| matches!(effect, Effect::Act(ActRequest::Arm)))
    };
    press(&mut app, "a a");
    tell(&mut app, ActNews::Identities(identities()));
    let asked = crate::app::ui::Drawn { asked: crate::app::act::asked(&app), ..Default::default() };
    app.ui.note_drawn(asked, now());
    assert!(!is_armed(&all_effects(&mut app, "y")));
    assert!(notice(&app).contains("press it again"), "{}", notice(&app));
    drawn(&mut app, 160, 48);
    let later = update(&mut app, Msg::Key("y".parse().expect("a key")), ago(-1));
    assert!(is_armed(&later));
}

#[test]
fn several_targets_are_sent_only_once_the_last_was_in_sight() {
    let mut app = bulk();
    drawn(&mut app, 80, 24);
    confirm(&mut app, "6");
    assert!(drawn(&mut app, 80, 24).contains("to the last target"), "{}", drawn(&mut app, 80, 24));
    assert!(sent(&all_effects(&mut app, "enter")).is_empty());
    press(&mut app, "pagedown pagedown pagedown");
    assert!(drawn(&mut app, 80, 24).contains("SEND"));
    assert_eq!(sent(&all_effects(&mut app, "enter")).len(), 6);
}

#[test]
fn the_number_that_confirms_counts_what_is_sent_and_what_is_refused_stands_last() {
    let mut app = bulk();
    let objections = vec![(0, Some(Text::new("it was retried already")))];
    let ticket = ticket(&app);
    tell(&mut app, ActNews::Weighed { ticket, objections });
    let text = drawn(&mut app, 160, 48);
    assert!(text.contains("job.retry: 5 of 6 jobs"), "{text}");
    assert_eq!(text.matches("sends POST").count(), 5, "{text}");
    let refused = text.find("it was retried already").expect("told");
    assert!(text.rfind("sends POST").is_some_and(|last| last < refused), "{text}");
    confirm(&mut app, "6");
    assert!(sent(&all_effects(&mut app, "enter")).is_empty());
    press(&mut app, "backspace 5");
    assert_eq!(sent(&all_effects(&mut app, "enter")).len(), 5);
}

#[test]
fn a_bulk_tells_what_came_of_each_as_it_comes() {
    let mut app = bulk();
    drawn(&mut app, 160, 48);
    confirm(&mut app, "6");
    assert_eq!(sent(&all_effects(&mut app, "enter")).len(), 6);
    let ticket = ticket(&app);
    let result = Box::new(Ok(done(Ending::Done, 201, None)));
    tell(&mut app, ActNews::Progress { ticket, place: 0, result });
    let text = drawn(&mut app, 160, 48);
    assert!(text.contains("1 of 6 have their outcome") && text.contains("sent 1/6"), "{text}");
    press(&mut app, "esc");
    assert!(drawn(&mut app, 160, 48).contains("sent 1/6"));
}

#[test]
fn what_was_not_sent_of_a_bulk_is_named_until_somebody_dismisses_it() {
    let mut app = bulk();
    drawn(&mut app, 160, 48);
    confirm(&mut app, "6");
    let names: Vec<String> =
        sent(&all_effects(&mut app, "enter")).iter().map(|one| one.target.to_string()).collect();
    let ticket = ticket(&app);
    press(&mut app, "esc");
    let mut results: Vec<_> = (0..5).map(|_| Ok(done(Ending::Done, 201, None))).collect();
    results.push(Err(Text::new("the console is read-only: arm it first")));
    tell(&mut app, ActNews::Performed { ticket, results: Ok(results) });
    let words = app.ui.notices.current(ago(-3_600)).map(|notice| notice.words.clone());
    let told = format!("({}: the console is read-only: arm it first)", names[5]);
    assert!(words.as_ref().is_some_and(|words| words.ends_with(&told)), "{words:?}");
}

#[test]
fn a_target_that_was_looked_at_a_while_ago_says_so() {
    let mut app = jobs(120);
    arm(&mut app);
    only(&mut app, "status:failed tier:sandbox");
    press(&mut app, "a r");
    read(&mut app);
    assert!(!drawn(&mut app, 160, 48).contains("looked at"));
    let theme = crate::view::sample::theme();
    let mut terminal = Terminal::new(TestBackend::new(160, 48)).expect("a terminal");
    terminal.draw(|frame| drop(crate::view::draw(frame, &app, &theme, ago(-40)))).expect("a frame");
    let words = text(terminal.backend().buffer());
    assert!(words.contains("looked at 40s ago"), "{words}");
}
