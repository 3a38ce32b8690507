//! Exceptions are asked for, extended and revoked by merge requests: each changing request once, with a record of its own.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use watchfloor::action::{Desk, Gate, Refused};
use watchfloor::api::Wiring;
use watchfloor::audit::Ledger;
use watchfloor::cli::{self, Exit, Surroundings};
use watchfloor::config::{Settings, Writes};
use watchfloor::domain::{
    ActReport as Report, Deed, Ending, Proposal, Record, TargetKind, Text, act_advice, find_act,
};
use watchfloor::register::draft::{Bench, Draft, KEYS, parts};
use watchfloor::register::{Rules, UNNAMED};
use watchfloor::runtime::Clock;
use watchfloor::sim::{self, Fault, Options, ScriptedPush, Sim};

use crate::harness::{self, Console, settings};

const REGISTER: &str = "acme/platform/exceptions";
const REASON: &str = "the release of 4.2 does not fit";
const COMMITS: &str = "*/repository/commits";
const OPENING: &str = "*/merge_requests";

/// The register as a config file names it.
fn register() -> Value {
    json!({"project": REGISTER, "max_ttl": {"default": "90d", "runner": "30d"}})
}

/// A frozen platform with a register, and a desk before it.
struct Stage {
    sim: Sim,
    desk: Desk,
    gate: Gate,
    ledger: PathBuf,
    folder: TempDir,
}

/// A platform whose requests are counted.
async fn platform() -> (Sim, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let requests_log = Some(folder.path().join("requests.jsonl"));
    let options = Options { requests_log, ..Options::from("calm") };
    let sim = sim::start(options).await.expect("the platform starts");
    sim.world().freeze();
    (sim, folder)
}

fn with_register(sim: &Sim, folder: &TempDir) -> Settings {
    let mut settings = settings(sim, folder);
    settings.exceptions = Some(watchfloor::config::ExceptionSettings {
        project: REGISTER.to_owned(),
        reference: "main".to_owned(),
        path: "exceptions".to_owned(),
        max_ttl: [("runner".to_owned(), Duration::from_hours(30 * 24))].into(),
        warn_before: Vec::new(),
        max_renewals: 2,
        native: Vec::new(),
    });
    settings
}

fn desk(settings: &Settings, ledger: &Path) -> Desk {
    let os = (Text::new("tester"), Text::new("here"));
    Desk::new(settings, ledger, os, Wiring::new(|| Clock::wall().now(), |_| None))
}

fn armed() -> Gate {
    let mut gate = Gate::new(Writes::Arm, Duration::from_mins(15));
    gate.arm(Clock::wall().now()).expect("armed");
    gate
}

impl Stage {
    async fn new() -> Stage {
        let (sim, folder) = platform().await;
        let ledger = folder.path().join("state").join("audit.db");
        let desk = desk(&with_register(&sim, &folder), &ledger);
        Stage { sim, desk, gate: armed(), ledger, folder }
    }

    async fn perform(&self, proposal: Proposal) -> Result<Report, Refused> {
        let mut reports = self.desk.perform(&self.gate, &[proposal]).await.expect("armed");
        reports.pop().expect("one proposal, one report")
    }

    fn deeds(&self) -> Vec<Deed> {
        let Ok(ledger) = Ledger::read_at(&self.ledger) else { return Vec::new() };
        assert_eq!(ledger.verify(None).expect("readable").broken, None);
        ledger.deeds().expect("readable")
    }

    /// How many commits and how many merge requests GitLab was asked to make.
    fn sent(&self) -> (usize, usize) {
        sent(&self.folder)
    }

    fn fault(&self, path: &str, fault: Fault) {
        let (method, path) = (Some("POST".to_owned()), Some(path.to_owned()));
        self.sim.world().fault(Fault { method, path, ..fault });
    }

    /// The merge requests from a branch, as a client that is not ours reads them.
    async fn requests_from(&self, branch: &str) -> Vec<Value> {
        requests_from(&self.sim, branch).await
    }
}

fn sent(folder: &TempDir) -> (usize, usize) {
    let log = fs::read_to_string(folder.path().join("requests.jsonl")).expect("the log");
    let count = |end: &str| {
        let is_it = |line: &&str| line.contains("\"POST\"") && line.contains(end);
        log.lines().filter(is_it).count()
    };
    (count("/repository/commits\""), count("/merge_requests\""))
}

async fn read(sim: &Sim, path: &str) -> Value {
    let client =
        reqwest::Client::builder().tls_certs_only([]).no_proxy().build().expect("a client");
    let project = REGISTER.replace('/', "%2F");
    let base = sim.gitlab_url().trim_end_matches('/');
    let asked = client.get(format!("{base}/api/v4/projects/{project}{path}"));
    let answer = asked.header("PRIVATE-TOKEN", sim.token()).send().await.expect("an answer");
    answer.json().await.expect("a document")
}

async fn requests_from(sim: &Sim, branch: &str) -> Vec<Value> {
    let path = format!("/merge_requests?source_branch={}", branch.replace('/', "%2F"));
    read(sim, &path).await.as_array().expect("a list").clone()
}

/// A record that nothing is wrong with.
fn record(id: &str) -> Record {
    let lines = [
        ("id", id),
        ("title", "a larger runner for the release"),
        ("kind", "runner"),
        ("projects", "acme/payments/api"),
        ("owner", "freya.mockup"),
        ("justification", "the build needs more memory"),
        ("risk", "a shared cache"),
        ("controls", "the cache is cleared after each job"),
        ("approvers", "chiara.fiction"),
        ("expires_at", "14d"),
    ];
    let mut draft = Draft::default();
    for key in KEYS {
        let words = lines.iter().find(|(name, _)| *name == key.name).map_or("", |(_, words)| words);
        draft.set(key, &parts(key.form, words));
    }
    let (rules, now) = (Rules::default(), Clock::wall().now());
    let bench = Bench { requester: UNNAMED, beside: &[], folder: "exceptions", rules: &rules, now };
    draft.judge(&bench).record.expect("a record")
}

fn proposal(act: &str, id: &str) -> Proposal {
    let target = TargetKind::Exception.read(id).expect("an id");
    let act = find_act(act).expect("a known act");
    Proposal { reason: Some(Text::new(REASON)), ..Proposal::new(act, target) }
}

fn request(id: &str) -> Proposal {
    let record = Some(Box::new(record(id)));
    Proposal { record, ..proposal("exception.request", id) }
}

fn extension(id: &str, until: &str) -> Proposal {
    let settings = vec![(Text::new("until"), Text::new(until))];
    Proposal { settings, ..proposal("exception.extend", id) }
}

fn setting<'a>(deed: &'a Deed, name: &str) -> &'a str {
    let found = deed.settings.iter().find(|(known, _)| &**known == name);
    found.map_or("", |(_, value)| value.as_str())
}

fn objection(refused: &Result<Report, Refused>) -> String {
    match refused {
        Err(Refused::Objection(why)) => why.clone(),
        other => panic!("no objection: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_a_commit_and_a_merge_request_each_with_its_record() {
    let stage = Stage::new().await;
    let report = stage.perform(request("EXC-2026-100")).await.expect("sent");
    assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Done, Some(201)));
    let said = report.outcome.message.expect("words");
    assert!(said.starts_with("merge request !"), "{said}");
    assert_eq!(stage.sent(), (1, 1));
    let deeds = stage.deeds();
    let steps: Vec<_> = deeds.iter().map(|deed| (&*deed.act, setting(deed, "step"))).collect();
    assert_eq!(steps, [("exception.request", "commit"), ("exception.request", "merge request")]);
    assert_eq!(deeds[0].reason.as_deref(), Some(REASON));
    let open = stage.requests_from("exceptions/EXC-2026-100-request").await;
    assert_eq!(open[0]["title"], "EXC-2026-100: a larger runner for the release");
    assert!(open[0]["description"].as_str().expect("words").contains(REASON));
    let file =
        "/repository/files/exceptions%2FEXC-2026-100.yaml?ref=exceptions%2FEXC-2026-100-request";
    assert_eq!(read(&stage.sim, file).await["file_name"], "EXC-2026-100.yaml");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_requester_is_whoever_the_token_belongs_to() {
    let stage = Stage::new().await;
    let mut other = request("EXC-2026-100");
    other.record.as_mut().expect("its record").requester = Text::new("bruno.example");
    let told = objection(&stage.perform(other).await);
    assert!(told.contains("ada.sample, not bruno.example"), "{told}");
    let mut own = request("EXC-2026-100");
    own.record.as_mut().expect("its record").approvers = vec![Text::new("ada.sample")];
    let told = objection(&stage.perform(own).await);
    assert!(told.contains("approver-is-requester"), "{told}");
    assert_eq!((stage.sent(), stage.deeds().len()), ((0, 0), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_are_cleared_up_by_a_look_and_nothing_is_sent_twice() {
    for path in [COMMITS, OPENING] {
        for fault in [
            Fault { close: true, ..Fault::default() },
            Fault { status: Some(503), done: true, ..Fault::default() },
        ] {
            let stage = Stage::new().await;
            stage.fault(path, fault);
            let report = stage.perform(request("EXC-2026-100")).await.expect("sent");
            assert_eq!(report.outcome.ending, Ending::Done, "{path}: {:?}", report.outcome);
            assert_eq!((stage.sent(), stage.deeds().len()), ((1, 1), 2));
            assert_eq!(stage.requests_from("exceptions/EXC-2026-100-request").await.len(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_refused_did_nothing_and_is_told_in_gitlabs_words() {
    for status in [400, 403, 409] {
        let stage = Stage::new().await;
        let body = Some(r#"{"message":"A branch called so already exists"}"#.to_owned());
        stage.fault(COMMITS, Fault { status: Some(status), body, ..Fault::default() });
        let report = stage.perform(request("EXC-2026-100")).await.expect("answered");
        assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Failed, Some(status)));
        let said = report.outcome.message.clone().expect("words");
        assert!(said.contains("already exists"), "{said}");
        assert!(
            act_advice(find_act("exception.request").expect("known"), &report.outcome).is_some()
        );
        assert_eq!((stage.sent(), stage.deeds().len()), ((1, 0), 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_half_done_is_told_and_goes_on_when_it_is_asked_for_again() {
    for (status, ending) in [(403, Ending::Failed), (409, Ending::Failed), (503, Ending::Unknown)] {
        let stage = Stage::new().await;
        stage.fault(OPENING, Fault { status: Some(status), ..Fault::default() });
        let report = stage.perform(request("EXC-2026-100")).await.expect("sent");
        assert_eq!((report.outcome.ending, report.outcome.status), (ending, Some(status)));
        let said = report.outcome.message.expect("words");
        assert!(said.contains("half done") && said.contains("EXC-2026-100-request"), "{said}");
        assert_eq!(stage.sent(), (1, 1));
        stage.sim.world().clear_faults();
        // Its instants are counted anew, and yet it is the same.
        let again = stage.perform(request("EXC-2026-100")).await.expect("sent");
        assert_eq!(again.outcome.ending, Ending::Done, "{:?}", again.outcome);
        assert_eq!((stage.sent(), stage.deeds().len()), ((1, 2), 3));
        assert_eq!(stage.requests_from("exceptions/EXC-2026-100-request").await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_for_or_there_already_is_not_asked_for_again() {
    let stage = Stage::new().await;
    stage.perform(request("EXC-2026-100")).await.expect("sent");
    let told = objection(&stage.perform(request("EXC-2026-100")).await);
    assert!(told.contains("asked for already, by merge request !"), "{told}");
    let told = objection(&stage.perform(request("EXC-2026-001")).await);
    assert!(told.contains("in the register already"), "{told}");
    assert_eq!(stage.sent(), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_branch_that_holds_something_else_is_left_alone() {
    let stage = Stage::new().await;
    let pushed = stage.sim.world().push(&ScriptedPush {
        at_seconds: 0.0,
        project: REGISTER.to_owned(),
        branch: "exceptions/EXC-2026-100-request".to_owned(),
        path: "exceptions/other.yaml".to_owned(),
        text: "id: other\n".to_owned(),
        by: "bruno.example".to_owned(),
    });
    assert!(pushed);
    let told = objection(&stage.perform(request("EXC-2026-100")).await);
    assert!(told.contains("holds something else"), "{told}");
    assert_eq!((stage.sent(), stage.deeds().len()), ((0, 0), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_is_a_record_of_its_own_within_the_cap_and_the_longest_life() {
    let stage = Stage::new().await;
    let report = stage.perform(extension("EXC-2026-001", "14d")).await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Done, "{:?}", report.outcome);
    let open = stage.requests_from("exceptions/EXC-2026-001-r1-request").await;
    assert_eq!(open.len(), 1);
    let file = "/repository/files/exceptions%2FEXC-2026-001-r1.yaml/raw?ref=exceptions%2FEXC-2026-001-r1-request";
    let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().expect("one");
    let base = stage.sim.gitlab_url().trim_end_matches('/').to_owned();
    let url = format!("{base}/api/v4/projects/{}{file}", REGISTER.replace('/', "%2F"));
    let asked = client.get(url).header("PRIVATE-TOKEN", stage.sim.token());
    let text = asked.send().await.expect("an answer").text().await.expect("text");
    assert!(text.contains("renews: EXC-2026-001\n"), "{text}");
    assert!(text.contains("requester: ada.sample\n"), "{text}");

    // It was renewed twice already, which is the cap.
    let told = objection(&stage.perform(extension("EXC-2026-008", "14d")).await);
    assert!(told.contains("[renewals]"), "{told}");
    let told = objection(&stage.perform(extension("EXC-2026-009", "400d")).await);
    assert!(told.contains("[lifetime]"), "{told}");
    let told = objection(&stage.perform(extension("EXC-2026-999", "14d")).await);
    assert!(told.contains("not in the register"), "{told}");
    assert_eq!(stage.sent(), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_changes_the_file_that_was_looked_at_and_is_asked_for_once() {
    let stage = Stage::new().await;
    let report = stage.perform(proposal("exception.revoke", "EXC-2026-001")).await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Done, "{:?}", report.outcome);
    let open = stage.requests_from("exceptions/EXC-2026-001-revocation").await;
    let diffs = read(&stage.sim, &format!("/merge_requests/{}/diffs", open[0]["iid"])).await;
    let diff = diffs[0]["diff"].as_str().expect("a difference");
    assert!(diff.contains("+revocation:") && diff.contains("+  by: ada.sample"), "{diff}");
    assert!(!diff.lines().any(|line| line.starts_with('-')), "{diff}");
    let again = objection(&stage.perform(proposal("exception.revoke", "EXC-2026-001")).await);
    assert!(again.contains("asked for already"), "{again}");
    assert_eq!(stage.sent(), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_at_once_ask_for_it_once() {
    let stage = Stage::new().await;
    let other = desk(&with_register(&stage.sim, &stage.folder), &stage.ledger);
    let (gate, proposals) = (armed(), [request("EXC-2026-100")]);
    let (one, two) =
        tokio::join!(stage.desk.perform(&stage.gate, &proposals), other.perform(&gate, &proposals));
    let both = [one, two].map(|done| done.expect("armed").pop().expect("one"));
    let is_done = |one: &&Result<Report, Refused>| {
        one.as_ref().is_ok_and(|report| report.outcome.ending == Ending::Done)
    };
    assert!(both.iter().filter(is_done).count() >= 1, "{both:?}");
    assert_eq!(stage.sent(), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_does_not_do_and_a_token_that_only_reads_are_told_before() {
    let stage = Stage::new().await;
    stage.sim.world().access_level(20);
    let told = objection(&stage.perform(request("EXC-2026-100")).await);
    assert!(told.contains("Reporter"), "{told}");
    assert_eq!((stage.sent(), stage.deeds().len()), ((0, 0), 0));
}

/// Runs a command line on a platform: how it ended, what it printed, what it said beside.
async fn ran(folder: &TempDir, words: &[&str]) -> (Exit, String, String) {
    let place = |name: &str| folder.path().join(name).display().to_string();
    let (config, cache, state) = (place("config.toml"), place("cache"), place("state"));
    let places = ["--config", &config, "--cache-dir", &cache, "--state-dir", &state];
    let line = [["watchfloor", "exceptions"].as_slice(), words, &places].concat();
    let line: Vec<OsString> = line.into_iter().map(OsString::from).collect();
    let run = move || {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let environment = [].into();
        let exit = cli::run(line, Surroundings { out: &mut out, err: &mut err, environment });
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (exit, text(out), text(err))
    };
    tokio::task::spawn_blocking(run).await.expect("it ends")
}

/// A platform with a config file that names its register.
async fn on_disk() -> (Sim, TempDir) {
    let (sim, folder) = platform().await;
    let mut config = harness::config(&sim, &folder);
    config["exceptions"] = register();
    harness::config_file(&sim, &folder);
    let text = toml::to_string(&config).expect("a table");
    fs::write(folder.path().join("config.toml"), text).expect("written");
    (sim, folder)
}

const LINES: [&str; 22] = [
    "request",
    "--id",
    "EXC-2026-100",
    "--title",
    "a larger runner",
    "--kind",
    "runner",
    "--project",
    "acme/payments/api",
    "--owner",
    "freya.mockup",
    "--justification",
    "the build needs more memory",
    "--risk",
    "a shared cache",
    "--control",
    "the cache is cleared, after each job",
    "--approver",
    "chiara.fiction",
    "--expires",
    "14d",
    "--reason=needed",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_command_line_nothing_is_sent_without_arm_and_all_with_it() {
    let (sim, folder) = on_disk().await;
    let (exit, out, err) = ran(&folder, &LINES).await;
    assert_eq!(exit, Exit::Usage, "{out}{err}");
    assert!(err.contains("--arm is missing"), "{err}");
    assert_eq!(sent(&folder), (0, 0));
    let (exit, out, err) = ran(&folder, &[&LINES[..], &["--arm"]].concat()).await;
    assert_eq!(exit, Exit::Done, "{out}{err}");
    assert!(out.contains("merge request !"), "{out}");
    assert_eq!(sent(&folder), (1, 1));
    assert_eq!(requests_from(&sim, "exceptions/EXC-2026-100-request").await.len(), 1);
    let (exit, out, err) = ran(&folder, &[&LINES[..], &["--arm"]].concat()).await;
    assert_eq!(exit, Exit::Findings, "{out}{err}");
    assert!(out.contains("asked for already") || err.contains("asked for already"), "{out}{err}");
    assert_eq!(sent(&folder), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_command_line_what_breaks_a_rule_is_refused_before_gitlab_is_asked() {
    let (sim, folder) = on_disk().await;
    sim.world().fault(Fault { close: true, ..Fault::default() });
    let lines: Vec<&str> =
        LINES.iter().map(|word| if *word == "14d" { "200d" } else { word }).collect();
    let (exit, out, err) = ran(&folder, &[&lines[..], &["--arm"]].concat()).await;
    assert_eq!((exit, out.as_str()), (Exit::Findings, ""), "{err}");
    assert!(err.contains("--expires:") && err.contains("[lifetime]"), "{err}");
    let file = folder.path().join("EXC-1.yaml");
    fs::write(&file, "id: EXC-1\ntitle: x\n").expect("written");
    let file = file.display().to_string();
    let (exit, _, err) =
        ran(&folder, &["request", "--file", &file, "--reason", "x", "--arm"]).await;
    assert_eq!(exit, Exit::Findings, "{err}");
    assert!(err.contains("`kind` is missing"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_command_line_an_exception_is_listed_extended_and_revoked() {
    let (sim, folder) = on_disk().await;
    let (exit, out, err) = ran(&folder, &["list", "-o", "json", "-q", "id:EXC-2026-001"]).await;
    assert_eq!(exit, Exit::Done, "{err}");
    let document: Value = serde_json::from_str(&out).expect("a document");
    assert_eq!(document["items"][0]["id"], "EXC-2026-001");
    let extend = ["extend", "EXC-2026-001", "--until", "14d", "--reason", "x", "--arm"];
    let (exit, out, err) = ran(&folder, &extend).await;
    assert_eq!(exit, Exit::Done, "{out}{err}");
    let revoke = ["revoke", "EXC-2026-001", "--reason", "x", "--arm", "-o", "json"];
    let (exit, out, err) = ran(&folder, &revoke).await;
    assert_eq!(exit, Exit::Done, "{out}{err}");
    let document: Value = serde_json::from_str(&out).expect("a document");
    assert_eq!(document["items"][0]["outcome"]["state"], "done");
    assert_eq!(sent(&folder), (2, 2));
    assert_eq!(requests_from(&sim, "exceptions/EXC-2026-001-revocation").await.len(), 1);
    let (exit, ..) = ran(&folder, &["extend", "EXC-2026-001", "--until", "soon"]).await;
    assert_eq!(exit, Exit::Usage);
}

/// The console on a platform with a register, on its pane, armed.
async fn console() -> Console {
    let mut console = Console::rigged("calm", |rig| rig.config["exceptions"] = register()).await;
    console.press("5").sees("EXC-2026-001").await;
    console.arm().await;
    console
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_from_the_form_is_there_in_the_inbox() {
    let mut console = console().await;
    console.press("a X").sees("asked for by ada.sample").await;
    for words in ["EXC-2026-100", "a larger runner for checkout", "runn"] {
        console.type_in(words).press("enter");
    }
    // What was begun is completed from what is known.
    console.press("up tab").sees("runner").await;
    console.press("enter").type_in("payments/api").press("tab");
    console.press("enter enter enter enter enter enter").type_in("freya.mockup").press("enter");
    console.type_in("the build needs more memory").press("enter");
    console.type_in("a shared cache").press("enter enter");
    console.type_in("the cache is cleared after each job").press("enter");
    console.type_in("ada.sample").sees("asked for it and approves it").await;
    console.press("ctrl-u").type_in("chiara.fiction").press("enter enter enter");
    console.type_in("200d").sees("longer than the 30d").await;
    console.press("ctrl-u").type_in("14d").sees_no("longer than the 30d").await;
    console.press("pagedown").press("enter").sees("ask for an exception: a branch").await;
    console.type_in("does not fit").press("enter").sees("y send").await;
    console.press("y").sees("merge request !").await;
    console.sees_no("asked for by").await;
    console.press("esc").sees("EXC-2026-100").await;
    assert_eq!((console.changes(), console.deeds().len()), (2, 2));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_into_the_form_is_there_again_after_it_was_left() {
    let mut console = console().await;
    console.press("a X").sees("still needed: id").await;
    console.type_in("EXC-2026-100").press("esc").sees("what was typed is kept").await;
    console.press("a X").sees("EXC-2026-100").await;
    console.press("pagedown pagedown pagedown enter").sees("not yet: `title` is missing").await;
    assert_eq!((console.changes(), console.deeds().len()), (0, 0));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_is_seen_as_requested_with_what_is_still_in_force() {
    let mut console = console().await;
    console
        .press("/")
        .type_in("id:EXC-2026-002")
        .press("enter enter")
        .sees("what puts it into force")
        .await;
    console.press("a v").sees("sets its revocation").await;
    console.type_in("not needed any more").press("enter").sees("y send").await;
    console.press("y").sees("revocation requested by ada.sample").await;
    console.sees("what is still in force").await;
    assert_eq!((console.changes(), console.deeds().len()), (2, 2));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_beyond_the_cap_is_told_before_it_can_be_sent() {
    let mut console = console().await;
    console.press("/").type_in("id:EXC-2026-008").press("enter").sees("EXC-2026-008").await;
    console.press("a l").sees("may be renewed 2").await;
    assert_eq!((console.changes(), console.deeds().len()), (0, 0));
    console.finish().await;
}
