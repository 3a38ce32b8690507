//! Why something waits, over the screen.

use super::*;
use crate::domain::Runner;
use crate::domain::runner::fixture::runner;

/// The platform with a runner that is full, after some keys.
fn with(keys: &str) -> App {
    let mut app = capacity::with("2");
    let runner = Runner {
        limit: Some(4),
        running: Some(4),
        contacted_at: Some(ago(20)),
        ..runner(7, "eks-standard")
    };
    give(&mut app, SourceId::RUNNERS, Change::Upsert(vec![Entity::Runner(Arc::new(runner))]));
    give(&mut app, SourceId::RUNNERS, report(60.0, 12));
    let scope = Scope::kubernetes("ci", Some("ci-standard"), "events");
    let key = SourceKey { source: SourceId::EVENTS, scope };
    let news = Update { key, at: now(), origin: Origin::Live, change: report(30.0, 4) };
    update(&mut app, Msg::News(vec![news]), now());
    press(&mut app, keys);
    app
}

fn picture(keys: &str, (width, height): (u16, u16)) -> String {
    let mut app = with(keys);
    drawn(&mut app, width, height);
    let mut buffer = crate::view::sample::screen(width, height);
    let theme = crate::view::sample::telling_theme();
    crate::view::paint(&mut buffer, &app, Look::new(&theme), now());
    crate::view::sample::picture(&buffer)
}

/// The first waiting job of the tier whose pods find no room.
const JOB: &str = "2 / t i e r : s t a n d a r d space s t a t u s : p e n d i n g enter X";

#[test]
fn a_waiting_job_on_a_wide_screen() {
    insta::assert_snapshot!(picture(JOB, (160, 48)));
}

#[test]
fn a_waiting_job_on_a_small_screen() {
    insta::assert_snapshot!(picture(JOB, (80, 24)));
}

#[test]
fn the_end_of_the_answer_on_a_small_screen() {
    insta::assert_snapshot!(picture(&format!("{JOB} end"), (80, 24)));
}

#[test]
fn a_pod_without_a_node_on_a_wide_screen() {
    insta::assert_snapshot!(picture("3 tab X", (160, 48)));
}

#[test]
fn the_answer_stays_about_the_same_job_while_rows_move() {
    let mut app = with(JOB);
    let about = |app: &App| match app.ui.modals.last() {
        Some(crate::app::modal::Modal::Why(reasons)) => reasons.about.clone(),
        _ => panic!("no answer is open"),
    };
    let before = about(&app);
    give(&mut app, SourceId::QUEUE, Change::Upsert(vec![Entity::Job(Arc::new(job(40)))]));
    update(&mut app, Msg::Wake, ago(-5));
    assert_eq!(about(&app), before);
}

#[test]
fn what_cannot_wait_says_so() {
    let mut app = with("3 tab tab X");
    assert!(app.ui.modals.is_empty());
    let screen = drawn(&mut app, 160, 48);
    assert!(screen.contains("may wait; choose one"), "{screen}");
}
