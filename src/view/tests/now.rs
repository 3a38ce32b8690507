//! The pane Now: the chain of causes, what is in hand, gone or untold, and a list that is empty.

use super::*;
use crate::domain::{Acknowledgement, Finding, Presence};

/// The platform whose node group is full, once what is not grave has held for a moment.
fn incident() -> App {
    let mut app = capacity::with("2");
    update(&mut app, Msg::Wake, ago(-3));
    press(&mut app, "1");
    app
}

fn picture(app: &mut App, (width, height): (u16, u16)) -> String {
    drawn(app, width, height);
    let mut buffer = crate::view::sample::screen(width, height);
    let theme = crate::view::sample::telling_theme();
    crate::view::paint(&mut buffer, app, Look::new(&theme), now());
    crate::view::sample::picture(&buffer)
}

/// The same findings, some of them changed by their place.
fn changed(change: impl Fn(usize, &mut Finding)) -> App {
    let mut app = incident();
    let mut findings: Vec<Finding> = app.state.findings().iter().cloned().collect();
    for (place, finding) in findings.iter_mut().enumerate() {
        change(place, finding);
    }
    app.state.set_findings(findings);
    press(&mut app, "2 1");
    app
}

#[test]
fn the_chain_of_an_incident_on_a_wide_screen() {
    insta::assert_snapshot!(picture(&mut incident(), (160, 48)));
}

#[test]
fn the_chain_of_an_incident_on_a_small_screen() {
    insta::assert_snapshot!(picture(&mut incident(), (80, 24)));
}

#[test]
fn what_is_in_hand_gone_or_untold_says_so() {
    let text = Text::new;
    let mut app = changed(|place, finding| match place {
        0 => {
            finding.joined.acknowledged = Some(Acknowledgement {
                by: text("wei"),
                reason: text("raised with the cloud team"),
                at: ago(600),
                until: ago(-6_600),
            });
        }
        1 => finding.joined.presence = Presence::Gone(ago(4)),
        2 => {
            let because = text("pods is forbidden");
            finding.joined.presence = Presence::Untold { since: ago(90), because };
        }
        _ => {}
    });
    insta::assert_snapshot!(picture(&mut app, (160, 48)));
}

#[test]
fn an_empty_list_says_how_much_is_known() {
    let mut app = app(0);
    press(&mut app, "1");
    let screen = drawn(&mut app, 120, 30);
    assert!(screen.contains("nothing found; 3 of 3 feeds live, oldest data 41s"), "{screen}");
    give(&mut app, SourceId::QUEUE, report(5.0, 600));
    app.state.set_findings(Vec::new());
    press(&mut app, "2 1");
    let screen = drawn(&mut app, 120, 30);
    assert!(screen.contains("not everything is known: 2 of 3 feeds live"), "{screen}");
}

#[test]
fn what_few_jobs_share_is_worked_out_at_once_and_of_many_on_the_worker() {
    let asked = |jobs: u64| {
        let mut app = app(jobs);
        press(&mut app, "1");
        let mut effects = update(&mut app, Msg::Wake, now());
        effects.extend(update(&mut app, Msg::Wake, ago(-3)));
        let elsewhere = effects.iter().any(|one| matches!(one, crate::app::Effect::Explain(_)));
        (elsewhere, app.state.shares().is_empty())
    };
    assert_eq!(asked(120), (false, false));
    assert_eq!(asked(1_600), (true, true));
}
