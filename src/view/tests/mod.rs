//! The whole screen over a state like a real one: at every size, in every mode, and when it next changes by itself.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "the small numbers of a made-up platform"
)]

mod acts;
mod capacity;
mod exception_form;
mod exceptions;
mod keys;
mod now;
mod slos;
mod why;

use std::sync::Arc;

use jiff::SignedDuration;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::Picture;
use super::export::{svg, text};
use super::glyph::ASCII;
use super::style::Look;
use super::wake;
use crate::app::msg::LogNews;
use crate::app::place::Focus;
use crate::app::{App, Facts, Msg, start, update};
use crate::domain::{
    Budget, Change, Entity, Job, JobId, Origin, Pipeline, PipelineId, Project, ProjectId, Report,
    RunnerId, RunnerRef, Sample, Scope, SeriesId, SourceId, SourceKey, Status, Text, Tier,
    TierPods, Tiers, Timestamp, Update,
};
use crate::keymap::{Chord, Keymap};
use crate::state::State;
use crate::theme::{Depth, Theme};

const PROJECTS: [&str; 6] = [
    "payments/api",
    "web/storefront",
    "infra/network",
    "data/warehouse-loader",
    "mobile/ios-app",
    "platform/runner-images",
];

fn now() -> Timestamp {
    "2026-01-12T03:12:07Z".parse().expect("an instant")
}

fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

fn tiers() -> Tiers {
    let tier = |name: &str, protected, target| Tier {
        name: Text::new(name),
        protected,
        runner_tags: vec![Text::new(&format!("eks-{name}"))],
        queue_target_seconds: target,
        pods: TierPods {
            cluster: Some(Text::new("ci")),
            namespace: Some(Text::new(&format!("ci-{name}"))),
            nodegroups: vec![Text::new(&format!("ci-{name}*"))],
            scheduling_target_seconds: 60.0,
            ..TierPods::default()
        },
    };
    Tiers::new(vec![
        tier("sandbox", false, 60.0),
        tier("standard", false, 60.0),
        tier("protected", true, 60.0),
    ])
}

fn key(source: SourceId) -> SourceKey {
    SourceKey { source, scope: Scope::gitlab("acme") }
}

fn project(n: usize) -> Entity {
    Entity::Project(Arc::new(Project {
        id: ProjectId(n as u64 + 1),
        path: Text::new(PROJECTS[n]),
        default_branch: Some(Text::new("main")),
        web_url: Text::new(&format!("https://gitlab.example.com/{}", PROJECTS[n])),
        last_activity_at: Some(ago(90)),
        protected_refs: None,
    }))
}

fn pipeline(n: u64) -> Pipeline {
    Pipeline {
        id: PipelineId(9_000 + n),
        iid: Some(400 + n),
        project: ProjectId(n % 6 + 1),
        reference: Text::new(
            ["main", "refs/merge-requests/2208/head", "release/1.4"][n as usize % 3],
        ),
        sha: Text::new("0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"),
        status: [Status::Running, Status::Pending, Status::Failed][n as usize % 3].clone(),
        source: Some(Text::new("push")),
        created_at: ago(840 + n as i64 * 30),
        updated_at: Some(ago(5)),
        started_at: Some(ago(700)),
        finished_at: None,
        duration_seconds: None,
        parent: None,
        jobs_complete: true,
    }
}

/// Jobs of every status, several a pipeline.
fn job(n: u64) -> Job {
    let pipeline = pipeline(n / 8);
    let (stage, names): (&str, [&str; 2]) = [
        ("build", ["image", "assets"]),
        ("test", ["integration 3/8", "unit"]),
        ("lint", ["eslint", "rustfmt"]),
        ("deploy", ["deploy-prod", "terraform plan"]),
    ][n as usize % 4];
    let status = match n % 10 {
        0..=2 => Status::Pending,
        3 | 4 => Status::Running,
        5 => Status::Failed,
        6 => Status::Manual,
        7 => Status::Created,
        _ => Status::Success,
    };
    let ended = matches!(status, Status::Failed | Status::Success);
    let began = ended || status == Status::Running;
    let waited = 3 + n as i64 * 7 % 500;
    Job {
        id: JobId(5_000 + n),
        name: Text::new(names[n as usize / 4 % 2]),
        stage: Text::new(stage),
        project: pipeline.project,
        pipeline: pipeline.id,
        reference: pipeline.reference.clone(),
        tags: Arc::from([Text::new(
            ["eks-standard", "eks-sandbox", "eks-standard", "eks-protected"][n as usize % 4],
        )]),
        tier: None,
        allow_failure: false,
        retried: false,
        stuck: None,
        created_at: pipeline.created_at,
        queued_at: (!matches!(status, Status::Manual | Status::Created))
            .then(|| ago(waited + 60))
            .map(Into::into),
        started_at: began.then(|| ago(60)).map(Into::into),
        finished_at: ended.then(|| ago(n as i64 % 50)).map(Into::into),
        failure_reason: (status == Status::Failed).then(|| Text::new("runner_system_failure")),
        runner: began.then(|| {
            Arc::new(RunnerRef { id: RunnerId(7), description: Text::new("eks-standard-7d9f") })
        }),
        status,
    }
}

fn give(app: &mut App, source: SourceId, change: Change) {
    let news = Update { key: key(source), at: now(), origin: Origin::Live, change };
    update(app, Msg::News(vec![news]), now());
}

fn report(interval: f64, age: i64) -> Change {
    Change::Report(Report {
        confirmed_at: Some(ago(age)),
        requests_per_minute: 14.0,
        budget: Some(Budget { limit: 2_000, remaining: 1_874, reset_at: ago(-40) }),
        ..Report::starting(interval)
    })
}

/// An app that knows six projects and some jobs.
fn app(jobs: u64) -> App {
    let (keymap, _) = Keymap::shipped("default", &crate::app::command::names());
    let facts = Facts {
        is_simulated: true,
        themes: vec!["default".into(), "light".into()],
        ..Facts::default()
    };
    let mut app = App::new(State::new(tiers()), keymap, facts);
    for (source, interval, age) in
        [(SourceId::PROJECTS, 60.0, 41), (SourceId::QUEUE, 5.0, 2), (SourceId::RUNNERS, 60.0, 12)]
    {
        give(&mut app, source, report(interval, age));
    }
    give(&mut app, SourceId::PROJECTS, Change::Upsert((0..6).map(project).collect()));
    let pipelines = (0..jobs.div_ceil(8)).map(|n| Entity::Pipeline(Arc::new(pipeline(n))));
    give(&mut app, SourceId::QUEUE, Change::Upsert(pipelines.collect()));
    let all = (0..jobs).map(|n| Entity::Job(Arc::new(job(n))));
    give(&mut app, SourceId::QUEUE, Change::Upsert(all.collect()));
    let ids: Vec<ProjectId> = (1..=6).map(ProjectId).collect();
    give(&mut app, SourceId::QUEUE, Change::Confirm(ids.clone()));
    give(&mut app, SourceId::QUEUE, Change::Collected(ids));
    for (tier, base) in [("sandbox", 12.0), ("standard", 40.0), ("protected", 6.0)] {
        let id = SeriesId { measure: Text::new("queue_p95_seconds"), subject: Text::new(tier) };
        let sample = |n: i64| {
            let rise = if tier == "standard" { (n as f64).powi(2) * 0.6 } else { (n % 5) as f64 };
            Sample { at: ago((29 - n) * 120 + 5), value: base + rise }
        };
        give(&mut app, SourceId::QUEUE, Change::Samples(id, (0..30).map(sample).collect()));
    }
    start(&mut app, now());
    press(&mut app, "2");
    app
}

fn press(app: &mut App, keys: &str) {
    for key in keys.split(' ') {
        let chord: Chord = key.parse().expect("a key");
        update(app, Msg::Key(chord), now());
    }
}

fn drawn_as(app: &App, theme: &Theme, (width, height): (u16, u16)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    let frame = terminal
        .draw(|frame| {
            super::draw(frame, app, theme, now());
        })
        .expect("a frame");
    frame.buffer.clone()
}

fn drawn(app: &mut App, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    let theme = super::sample::theme();
    let mut told = None;
    terminal.draw(|frame| told = Some(super::draw(frame, app, &theme, now()))).expect("a frame");
    // A person has looked at it for a while.
    app.ui.note_drawn(told.expect("drawn"), ago(1));
    text(terminal.backend().buffer())
}

/// Ways in which the screen can be used, each a name and an app.
fn modes() -> Vec<(&'static str, App)> {
    let with = |keys: &str| {
        let mut app = app(120);
        press(&mut app, keys);
        app
    };
    let mut hidden = app(120);
    press(&mut hidden, "/ z z z z enter");
    let mut log = app(120);
    press(&mut log, "l");
    write_log(&mut log);
    vec![
        ("table", with("down")),
        ("pipelines", with("tab")),
        ("projects", with("tab tab down")),
        ("marked", with("space space w right")),
        ("filter", with("/ s t a t u s : p")),
        ("fault", with("/ n o : x")),
        ("doubt", with("/ t i e r : w r o n g")),
        ("hidden", hidden),
        ("palette", with(": s o r t")),
        ("help", with("?")),
        ("sort", with("s")),
        ("columns", with("c down space")),
        ("detail", with("enter")),
        ("drilled", with("tab down enter")),
        ("log", log),
        ("now", with("1")),
        ("sources", with("0")),
        ("pending", with("g")),
        ("paused", with("p")),
        ("empty", app(0)),
        ("tiers", capacity::with("3 down")),
        ("pods", capacity::with("3 tab down")),
        ("pod", capacity::with("3 tab enter")),
        ("nodes", capacity::with("3 tab tab")),
        ("node groups", capacity::with("3 tab tab tab")),
        ("runners", capacity::with("3 shift-tab")),
        ("why", capacity::with("2 X")),
        ("no cluster", with("3 tab")),
        ("objectives", slos::with("4")),
        ("objective", slos::with_past(slos::past(), "enter")),
        ("alerts", slos::with("4 tab")),
        ("silences", slos::with("4 tab tab")),
        ("no prometheus", with("4")),
    ]
}

fn write_log(app: &mut App) {
    let Focus::Log(job) = app.ui.place().focus.clone() else { panic!("no log is open") };
    update(app, Msg::Log(job, LogNews::Replace(sample_log())), now());
}

fn sample_log() -> Vec<u8> {
    let mut log = b"\x1b[0KRunning with gitlab-runner 17.5.0 (abc123)\x1b[0;m\n".to_vec();
    log.extend(b"section_start:1768187400:prepare_executor\r\x1b[0K\x1b[0;36mPreparing the \"kubernetes\" executor\x1b[0;m\n");
    log.extend(b"Using Kubernetes namespace: ci-standard\nsection_end:1768187407:prepare_executor\r\x1b[0K\n");
    log.extend(b"section_start:1768187407:step_script\r\x1b[0K\x1b[0;36mExecuting \"step_script\"\x1b[0;m\n");
    for n in 0..40 {
        log.extend(
            format!(
                "\x1b[32;1m$ cargo test --package part-{n}\x1b[0;m\n   Compiling part-{n} v0.1.0\n"
            )
            .bytes(),
        );
    }
    log.extend(b"\x1b[31;1merror\x1b[0m: test `orders::refund` \x1b[1mfailed\x1b[0m: expected 200, got 502\n");
    log
}

#[test]
fn a_filter_that_no_row_can_fit_says_so_while_it_is_typed_and_is_taken() {
    let mut app = app(120);
    press(&mut app, "/ t i e r : w r o n g");
    let text = drawn(&mut app, 160, 48);
    assert!(text.contains("there is no tier `wrong`: known are "), "{text}");
    press(&mut app, "enter");
    assert!(app.ui.modals.is_empty());
}

#[test]
fn a_small_screen_keeps_what_matters() {
    let mut app = app(24);
    press(&mut app, "down");
    let mut buffer = super::sample::screen(80, 24);
    let theme = super::sample::telling_theme();
    super::paint(&mut buffer, &app, Look::new(&theme), now());
    insta::assert_snapshot!(super::sample::picture(&buffer));
}

#[test]
fn every_mode_is_drawn_at_every_size() {
    let theme = super::sample::theme();
    for (_, app) in modes() {
        for width in [1, 7, 59, 60, 80, 100, 140, 250] {
            for height in [1, 3, 16, 24, 30, 80] {
                drawn_as(&app, &theme, (width, height));
            }
        }
    }
}

#[test]
fn every_mode_is_drawn_in_ascii_alone_where_that_is_asked_for() {
    let theme = super::sample::theme().reduced(Depth::Mono);
    for (name, app) in modes() {
        let mut buffer = super::sample::screen(120, 40);
        super::paint(&mut buffer, &app, Look { theme: &theme, glyphs: &ASCII }, now());
        assert!(text(&buffer).is_ascii(), "{name}: {}", text(&buffer));
    }
}

#[test]
fn a_screen_that_is_too_small_says_so() {
    let text = drawn(&mut app(8), 59, 20);
    assert!(
        text.contains("59x20 is too small")
            && text.contains("watchfloor needs 60x16")
            && text.contains("made for 80x24"),
        "{text}"
    );
}

#[test]
fn columns_do_not_move_when_rows_do() {
    let titles = |app: &mut App| {
        let text = drawn(app, 120, 40);
        text.lines().find(|line| line.contains("STATUS")).map(str::to_owned)
    };
    let before = titles(&mut app(8));
    assert!(before.is_some());
    assert_eq!(before, titles(&mut app(120)));
}

#[test]
fn a_hostile_name_stays_in_its_cell() {
    let mut app = app(16);
    let name = format!("\x1b]0;x\x07\x1b[2J\u{202e}{}", "日e\u{301}\u{200b}".repeat(700));
    let hostile = Job { name: Text::new(&name), id: JobId(1), ..job(0) };
    give(&mut app, SourceId::QUEUE, Change::Upsert(vec![Entity::Job(Arc::new(hostile))]));
    let with = drawn(&mut app, 160, 48);
    assert!(!with.contains('\x1b') && !with.contains('\u{202e}'));
    let statuses: Vec<usize> = with
        .lines()
        .filter(|line| line.contains("pending ") || line.contains("running "))
        .filter_map(|line| line.split_once(" pending ").map(|(head, _)| super::fit::columns(head)))
        .collect();
    assert!(statuses.len() > 3 && statuses.windows(2).all(|pair| pair[0] == pair[1]), "{with}");
}

#[test]
fn rows_and_tabs_are_told_where_they_were_drawn() {
    let mut app = app(120);
    let text = drawn(&mut app, 80, 24);
    let table = app.ui.drawn.table.expect("a table");
    let first = text.lines().nth(usize::from(table.line)).expect("a line");
    assert!(first.starts_with('▌'), "{text}");
    assert_eq!(
        app.ui.drawn.tabs.iter().map(|tab| tab.2).collect::<Vec<_>>(),
        ["now", "pipelines", "runners", "slos", "exceptions", "access", "audit", "sources"]
    );
}

#[test]
fn a_log_is_told_how_large_its_window_is() {
    let mut app = app(120);
    press(&mut app, "l");
    write_log(&mut app);
    assert!(matches!(app.ui.place().focus, Focus::Log(_)));
    drawn(&mut app, 80, 24);
    assert_eq!((app.ui.drawn.log.width, app.ui.drawn.log.height), (75, 20));
}

#[test]
fn the_screen_wakes_before_any_text_on_it_changes() {
    for (name, mut app) in modes() {
        drawn(&mut app, 120, 40);
        let theme = super::sample::theme();
        let at = |at: Timestamp| {
            let mut buffer = super::sample::screen(120, 40);
            super::paint(&mut buffer, &app, Look::new(&theme), at);
            buffer
        };
        let next = wake(&app, now(), &Picture::of(&app, now()));
        assert!(next > now(), "{name}");
        let just_before = next - SignedDuration::from_secs(1);
        if just_before > now() {
            assert_eq!(text(&at(now())), text(&at(just_before)), "{name}");
        }
    }
}

#[test]
fn an_idle_screen_sleeps_for_long() {
    let mut app = app(0);
    let quiet = |source, interval| (source, interval);
    for (source, interval) in
        [quiet(SourceId::PROJECTS, 9e4), quiet(SourceId::QUEUE, 9e4), quiet(SourceId::RUNNERS, 9e4)]
    {
        give(&mut app, source, report(interval, 7_200));
    }
    let before = drawn(&mut app, 120, 40);
    let mut buffer = super::sample::screen(120, 40);
    super::paint(&mut buffer, &app, Look::new(&super::sample::theme()), ago(-1));
    assert_eq!(before, text(&buffer));
    assert!(
        wake(&app, now(), &Picture::of(&app, now())) >= ago(-50),
        "{}",
        wake(&app, now(), &Picture::of(&app, now()))
    );
}

/// Writes every mode as a picture, for a person to look at: `WATCHFLOOR_PICTURES=/tmp/x cargo test --lib pictures`.
#[test]
fn pictures() {
    let Some(folder) = option_env!("WATCHFLOOR_PICTURES").map(std::path::PathBuf::from) else {
        return;
    };
    let size = option_env!("WATCHFLOOR_SIZE").unwrap_or("160x48");
    let (width, height) = size.split_once('x').expect("a size");
    let size = (width.parse().expect("columns"), height.parse().expect("lines"));
    let theme = Theme::find(option_env!("WATCHFLOOR_THEME").unwrap_or("default"), None).0;
    for (name, app) in modes() {
        let buffer = drawn_as(&app, &theme, size);
        std::fs::write(folder.join(format!("{name}.svg")), svg(&buffer, &Look::new(&theme)))
            .expect("a file");
        std::fs::write(folder.join(format!("{name}.txt")), text(&buffer)).expect("a file");
    }
}
