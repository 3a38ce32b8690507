//! What stays and for how long, with a clock that is moved by hand.

use super::*;
use crate::domain::{Failure, FailureKind, Presence};

/// What is shown of one code after each of some seconds: its severity, and a word for its presence.
fn shown(code: &str, steps: &[(i64, &State)]) -> Vec<(i64, Option<(Severity, &'static str)>)> {
    let mut before = Watch::default();
    let mut out = Vec::new();
    for (second, state) in steps {
        let found = watch(&Scene { state, now: at(*second) }, &mut before);
        let one = found.iter().find(|finding| finding.id.code == code).map(|finding| {
            let word = match finding.joined.presence {
                Presence::Found => "found",
                Presence::Gone(_) => "gone",
                Presence::Untold { .. } => "untold",
            };
            (finding.severity, word)
        });
        out.push((*second, one));
    }
    out
}

/// A tier with a pod without a node since second nought, read at a second.
fn unplaced(second: i64) -> State {
    told(second, &[SourceId::PODS], &[a_pod(pod("a"))])
}

/// The same tier without any pod.
fn empty(second: i64) -> State {
    told(second, &[SourceId::PODS], &[])
}

#[test]
fn what_is_grave_is_told_at_once_and_the_rest_once_it_holds() {
    let grave = unplaced(301);
    assert_eq!(
        shown("capacity.unplaced", &[(301, &grave)]),
        [(301, Some((Severity::High, "found")))]
    );
    let mild = unplaced(61);
    let steps = [(61, &mild), (62, &mild), (63, &mild)];
    let expected = [(61, None), (62, None), (63, Some((Severity::Medium, "found")))];
    assert_eq!(shown("capacity.unplaced", &steps), expected);
}

#[test]
fn what_was_never_shown_leaves_no_trace() {
    let (mild, none) = (unplaced(61), empty(62));
    let steps = [(61, &mild), (62, &none), (63, &mild), (64, &mild), (65, &mild)];
    let shown = shown("capacity.unplaced", &steps);
    assert_eq!(
        shown.iter().map(|(_, one)| one.is_some()).collect::<Vec<_>>(),
        [false, false, false, false, true]
    );
}

#[test]
fn a_finding_stays_for_a_while_after_it_was_found_last() {
    let (here, none) = (unplaced(301), empty(302));
    let steps = [(301, &here), (302, &none), (311, &none), (312, &none)];
    let gone = Some((Severity::High, "gone"));
    let expected = [(301, Some((Severity::High, "found"))), (302, gone), (311, gone), (312, None)];
    assert_eq!(shown("capacity.unplaced", &steps), expected);
}

#[test]
fn what_cannot_be_judged_any_more_stays_as_untold_and_leaves_once_it_is_told_to_be_over() {
    let here = unplaced(301);
    let dark = told(301, &[SourceId::PODS], &[a_pod(pod("a"))]);
    let mut dark = dark;
    let (message, hint) = (Text::new("m"), Text::new("h"));
    let failure =
        Failure { kind: FailureKind::Forbidden, message, hint, at: at(302), retry_at: None };
    let report = Report { failure: Some(failure), ..Report::starting(10.0) };
    dark.apply(update(SourceId::PODS, Change::Report(report)), at(302));
    let none = empty(1000);
    let steps =
        [(301, &here), (302, &dark), (900, &dark), (1000, &none), (1009, &none), (1010, &none)];
    let untold = Some((Severity::High, "untold"));
    let gone = Some((Severity::High, "gone"));
    let expected = [
        (301, Some((Severity::High, "found"))),
        (302, untold),
        (900, untold),
        (1000, gone),
        (1009, gone),
        (1010, None),
    ];
    assert_eq!(shown("capacity.unplaced", &steps), expected);
}

#[test]
fn a_severity_rises_at_once_and_falls_only_after_a_while() {
    let late = |second, queued: i64| {
        let tags = Arc::from([Text::new("eks-standard")]);
        let queued_at = Some(at(queued).into());
        let waits = Job { tags, queued_at, ..job(1, Status::Pending) };
        let waits = upsert(SourceId::QUEUE, Entity::Job(Arc::new(waits)));
        (second, told(second, &[SourceId::QUEUE], &[waits]))
    };
    let (grave, mild) = (|second| late(second, 0), |second| late(second, 300));
    let states = [mild(399), grave(400), mild(401), grave(402), mild(403), mild(432), mild(433)];
    let steps = states.each_ref().map(|(second, state)| (*second, state));
    let severities: Vec<Option<Severity>> = shown("queue.late", &steps)
        .into_iter()
        .map(|(_, one)| one.map(|(severity, _)| severity))
        .collect();
    let (high, medium) = (Some(Severity::High), Some(Severity::Medium));
    assert_eq!(severities, [None, high, high, high, high, high, medium]);
}

#[test]
fn somebody_is_called_once_for_what_is_grave() {
    let (here, none) = (unplaced(301), [400, 450].map(empty));
    let mut before = Watch::default();
    let mut called = |second, state: &State| {
        let found = watch(&Scene { state, now: at(second) }, &mut before);
        before.newly_grave(found.iter())
    };
    assert_eq!(
        [called(301, &here), called(302, &here), called(400, &none[0]), called(450, &none[1])],
        [1, 0, 0, 0]
    );
    assert_eq!(called(500, &unplaced(500)), 1, "it is back");
}

#[test]
fn a_condition_goes_on_though_the_pods_that_show_it_are_replaced() {
    let mut before = Watch::default();
    let since = |before: &mut Watch, second: i64, state: &State| {
        let found = watch(&Scene { state, now: at(second) }, before);
        found.iter().find(|one| one.id.code == "capacity.unplaced").and_then(|one| one.since)
    };
    let first = unplaced(301);
    assert_eq!(since(&mut before, 301, &first), Some(at(0)));
    let mut young = pod("b");
    young.created_at = at(200);
    let second = told(302, &[SourceId::PODS], &[a_pod(young)]);
    assert_eq!(since(&mut before, 302, &second), Some(at(0)));
}
