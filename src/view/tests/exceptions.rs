//! The pane Exceptions over a register in which every state stands once, and two requests: one for you, one of your own.

use super::*;
use crate::domain::exception::fixture::record;
use crate::domain::{
    Approvals, Artefact, Bar, Barred, Errand, ExceptionDecision, ExceptionId, ExceptionRequest,
    Filed, Flaw, FlawSeverity, Gap, GapKind, Home, MergeStatus, Proposed, Record, Sighting, Stamp,
};
use crate::register::formats::{File, read};

const WIDE: (u16, u16) = (160, 48);
const SMALL: (u16, u16) = (80, 24);
const REGISTER: &str = "acme/platform/exceptions";
const DAY: i64 = 86_400;

fn tell(app: &mut App, source: SourceId, change: Change) {
    let key = SourceKey { source, scope: Scope::gitlab(REGISTER) };
    let news = Update { key, at: ago(9), origin: Origin::Live, change };
    update(app, Msg::News(vec![news]), now());
}

/// A record that began and ends so many days from now.
fn lasting(id: &str, begins: i64, ends: i64) -> Record {
    let stamp = |days: i64| Stamp::instant(ago(-days * DAY));
    Record {
        starts_at: stamp(begins),
        expires_at: stamp(ends),
        ..record(id, "2026-01-01", "2026-02-01")
    }
}

fn filed(record: Record, flaws: &[&str]) -> Entity {
    let path = format!("exceptions/{}.yaml", record.id);
    Entity::Exception(Arc::new(Filed {
        id: ExceptionId::of(&[REGISTER, &path]),
        project: Text::new(REGISTER),
        path: Text::new(&path),
        blob: Text::new("b10b"),
        commit: Text::new("c0ffee0123"),
        record,
        flaws: flaws.iter().map(|code| Text::new(code)).collect(),
    }))
}

fn records() -> Vec<Entity> {
    let revocation = Some(ExceptionDecision {
        at: Stamp::instant(ago(DAY)),
        by: Text::new("olga"),
        reason: Text::new("no longer needed"),
    });
    let renewed = lasting("EXC-06", -90, 20);
    let renewal = Record { renews: Some(renewed.id.clone()), ..lasting("EXC-07", -1, 60) };
    vec![
        filed(lasting("EXC-01", -60, 40), &[]),
        filed(lasting("EXC-02", -60, 2), &[]),
        filed(lasting("EXC-03", -60, -3), &["expired-present"]),
        filed(lasting("EXC-04", 5, 30), &[]),
        filed(Record { revocation, ..lasting("EXC-05", -60, 40) }, &[]),
        filed(renewed, &[]),
        filed(renewal, &[]),
    ]
}

fn request(iid: u64, id: &str, author: &str, mine: Option<&str>) -> Entity {
    let path = Text::new(&format!("exceptions/{id}.yaml"));
    let flaw = Flaw {
        code: "lifetime",
        severity: FlawSeverity::Error,
        path: path.clone(),
        line: 18,
        column: 1,
        what: Text::new("it would live 200d, longer than the 90d of the kind runner"),
        cure: Text::new("choose an earlier end"),
    };
    let proposed = Proposed {
        path,
        errand: Errand::Grant,
        record: Some(lasting(id, 1, 201)),
        before: None,
        diff: ["@@ -0,0 +1,2 @@", "+id: EXC", "+title: a"].map(Text::new).to_vec(),
        flaws: vec![flaw],
    };
    Entity::Request(Arc::new(ExceptionRequest {
        project: Text::new(REGISTER),
        iid,
        title: Text::new("a larger runner for the release"),
        url: Text::new("https://gitlab.example.com/acme/platform/exceptions/-/merge_requests/7"),
        author: Text::new(author),
        is_by_bot: false,
        is_draft: false,
        source_branch: Text::new("ask"),
        head: Text::new("0123456789abcdef"),
        opened_at: ago(7200 + 60 * i64::try_from(iid).unwrap()),
        updated_at: ago(60),
        files: vec![proposed],
        elsewhere: Vec::new(),
        approvals: Approvals { required: Some(1), left: Some(1), ..Approvals::default() },
        barred: vec![Barred { who: Text::new(author), why: Bar::Author }],
        blocked_for_me: mine.map(Text::new),
        merge: MergeStatus::of("not_approved"),
        pipeline: None,
        has_conflicts: false,
        missing: Vec::new(),
    }))
}

/// The pane over that register, after some keys.
pub(super) fn with(keys: &str) -> App {
    let mut app = app(8);
    for source in [SourceId::EXCEPTIONS, SourceId::REQUESTS] {
        tell(&mut app, source, report(60.0, 9));
    }
    tell(&mut app, SourceId::EXCEPTIONS, Change::Replace(records()));
    let asked = vec![
        request(7, "EXC-08", "bruno", None),
        request(8, "EXC-09", "ada", Some("you opened it")),
    ];
    tell(&mut app, SourceId::REQUESTS, Change::Replace(asked));
    press(&mut app, keys);
    app
}

pub(super) fn picture(app: &App, (width, height): (u16, u16)) -> String {
    let mut buffer = crate::view::sample::screen(width, height);
    let theme = crate::view::sample::telling_theme();
    crate::view::paint(&mut buffer, app, Look::new(&theme), now());
    crate::view::sample::picture(&buffer)
}

#[test]
fn exceptions_on_a_wide_screen() {
    insta::assert_snapshot!(picture(&with("5"), WIDE));
}

#[test]
fn exceptions_on_a_small_screen() {
    insta::assert_snapshot!(picture(&with("5"), SMALL));
}

#[test]
fn a_request_on_a_small_screen() {
    insta::assert_snapshot!(picture(&with("5 enter"), SMALL));
}

#[test]
fn requests_on_a_wide_screen() {
    insta::assert_snapshot!(picture(&with("5 tab"), WIDE));
}

#[test]
fn a_register_that_is_not_configured_says_what_to_give() {
    let mut app = app(8);
    press(&mut app, "5");
    let drawn = drawn(&mut app, 160, 48);
    assert!(drawn.contains("`[exceptions]` is not configured"), "{drawn}");
}

/// What tools have: a list that outlived its record, one that nobody granted, and what could not be looked at.
fn looked_at() -> Vec<Entity> {
    let path = Text::new(".trivyignore");
    let home = Home::Project(Text::new("acme/payments/api"));
    let file = File {
        project: "acme/payments/api",
        path: &path,
        revision: Some("main"),
        blob: Some("b10b"),
    };
    let text = b"CVE-2024-1\nCVE-2024-2 exp:2036-03-31\nCVE-2024-3 exp:soon\n";
    let found = read(&file, text).unwrap();
    let refused =
        Gap::new(GapKind::Refused, "reading the access tokens of acme/payments/api: 403 Forbidden");
    let absent =
        Gap::new(GapKind::Unavailable, "not available: GitLab Ultimate alone tells of them");
    let whole = |tool| Sighting::new(tool, home.clone(), None, ago(9));
    let all = [
        whole("trivy"),
        Sighting::new("trivy", home.clone(), Some(path.clone()), ago(9))
            .holding(found.natives, found.warnings),
        whole("gitlab-token").lacking(refused),
        whole("gitlab-dismissal").lacking(absent),
    ];
    all.into_iter().map(|one| Entity::Sighting(Arc::new(one))).collect()
}

/// The pane over a register of which one record is over, while its artefact is not.
fn drifting(keys: &str) -> App {
    let mut app = with("5");
    let artefact = |tool: &str, rule: &str| Artefact {
        tool: Text::new(tool),
        project: Some(Text::new("acme/payments/api")),
        cluster: None,
        path: None,
        rule: Some(Text::new(rule)),
    };
    let artefacts = vec![artefact("trivy", "CVE-2024-1"), artefact("gitlab-token", "Maintainer")];
    let over = Record { artefacts, ..lasting("EXC-03", -60, -3) };
    let active =
        Record { artefacts: vec![artefact("trivy", "CVE-2024-9")], ..lasting("EXC-01", -60, 40) };
    tell(
        &mut app,
        SourceId::EXCEPTIONS,
        Change::Replace(vec![filed(over, &[]), filed(active, &[])]),
    );
    tell(&mut app, SourceId::NATIVES, report(300.0, 9));
    tell(&mut app, SourceId::NATIVES, Change::Replace(looked_at()));
    press(&mut app, keys);
    app
}

/// The requests of that register, on a console that is armed.
fn armed(keys: &str) -> App {
    let mut app = with("5 tab");
    app.facts.arm_minutes = 15;
    update(&mut app, Msg::Act(crate::app::ActNews::Armed(Ok(ago(-872)))), now());
    press(&mut app, keys);
    app
}

#[test]
fn drift_on_a_wide_screen() {
    insta::assert_snapshot!(picture(&drifting("5 tab tab"), WIDE));
}

#[test]
fn a_difference_on_a_small_screen() {
    insta::assert_snapshot!(picture(&drifting("5 tab tab enter"), SMALL));
}

#[test]
fn places_that_were_looked_at_on_a_wide_screen() {
    insta::assert_snapshot!(picture(&drifting("5 tab tab tab"), WIDE));
}

#[test]
fn a_record_that_drifts_tells_how_on_a_wide_screen() {
    insta::assert_snapshot!(picture(&drifting("5 tab tab tab tab down down"), WIDE));
}

/// What the dialog that is open is about: the targets, the words that confirm each, and the commits that were read.
fn meant(app: &App) -> Vec<(String, Option<String>, Option<String>)> {
    let Some(crate::app::modal::Modal::Confirm(confirm)) = app.ui.modals.last() else {
        return Vec::new();
    };
    let one = |proposal: crate::domain::Proposal| {
        let words = |text: Option<Text>| text.map(|text| text.to_string());
        (proposal.target.to_string(), words(proposal.called), words(proposal.identity))
    };
    confirm.proposals().into_iter().map(one).collect()
}

#[test]
fn an_approval_is_about_the_record_and_the_commit_that_are_on_screen() {
    let told = meant(&armed("a y"));
    let [(target, called, head)] = told.as_slice() else { panic!("{told:?}") };
    assert!(target.starts_with(&format!("{REGISTER}!")), "{target}");
    assert!(called.as_ref().is_some_and(|id| id.starts_with("EXC-")), "{called:?}");
    assert_eq!(head.as_deref(), Some("0123456789abcdef"));
}

#[test]
fn several_requests_are_refused_at_once_but_approved_one_by_one() {
    assert_eq!(meant(&armed("ctrl-a a y")), []);
    assert_eq!(meant(&armed("ctrl-a a n")).len(), 2);
}
