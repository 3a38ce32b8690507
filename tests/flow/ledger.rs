//! `act` and `audit` as a person types them: the world changes once, and the ledger proves it.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;
use watchfloor::audit::Ledger;
use watchfloor::cli::{self, Exit, Surroundings};
use watchfloor::sim::{self, Fault, NewJob, NewPipeline, Options, Sim};

use crate::harness;

/// What a command printed, what it said beside, and how it ended.
#[derive(Debug)]
struct Ran {
    out: String,
    err: String,
    exit: Exit,
}

impl Ran {
    fn items(&self) -> Vec<Value> {
        let document: Value =
            serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{self:?}"));
        document["items"].as_array().expect("items").clone()
    }
}

/// A frozen platform with two failed jobs of one project, one of a protected tier.
struct Stage {
    sim: Sim,
    /// The targets: of the standard tier, and of the protected one.
    plain: String,
    protected: String,
    folder: TempDir,
}

const PROJECT: &str = "acme/payments/api";

impl Stage {
    async fn new() -> Stage {
        let folder = tempfile::tempdir().expect("a folder");
        let requests = folder.path().join("requests.jsonl");
        let options = Options { requests_log: Some(requests), ..Options::from("quiet") };
        let sim = sim::start(options).await.expect("the platform starts");
        sim.world().freeze();
        harness::config_file(&sim, &folder);
        let tiers = sim.tiers();
        let tags = |protected| {
            let tier = tiers.iter().find(|tier| tier.protected == protected).expect("a tier");
            tier.tags.clone()
        };
        let jobs = [("unit", tags(false)), ("release", tags(true))].map(|(name, tags)| NewJob {
            name: name.to_owned(),
            tags,
            ..NewJob::default()
        });
        let pipeline = NewPipeline {
            project: PROJECT.to_owned(),
            branch: "main".to_owned(),
            jobs: jobs.to_vec(),
        };
        let pipeline = sim.world().add_pipeline(&pipeline).expect("the project exists");
        let jobs = sim.world().pipeline_jobs(pipeline);
        for job in &jobs {
            sim.world().fail_job(*job, "runner_system_failure");
        }
        let target = |place: usize| format!("{PROJECT}#{}", jobs[place]);
        Stage { sim, plain: target(0), protected: target(1), folder }
    }

    fn state_dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    async fn run(&self, words: &[&str]) -> Ran {
        let folder = self.folder.path();
        let place = |name: &str| folder.join(name).display().to_string();
        let places = ["--config", &place("config.toml"), "--cache-dir", &place("cache")];
        let state = ["--state-dir", &place("state")];
        ran(&[["watchfloor"].as_slice(), words, &places, &state].concat(), &[]).await
    }

    /// How many changing requests GitLab received.
    fn changes(&self) -> usize {
        let log = fs::read_to_string(self.folder.path().join("requests.jsonl")).expect("the log");
        let changing = |line: &&str| line.contains("\"POST\"") && !line.contains("/api/graphql");
        log.lines().filter(changing).count()
    }

    fn records(&self) -> u64 {
        let ledger = Ledger::read_at(&self.state_dir().join("audit.db"));
        ledger.map_or(0, |ledger| ledger.verify(None).expect("readable").entries)
    }
}

async fn ran(words: &[&str], environment: &[(&str, &str)]) -> Ran {
    let line: Vec<OsString> = words.iter().map(OsString::from).collect();
    let environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let run = move || {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = cli::run(line, Surroundings { out: &mut out, err: &mut err, environment });
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Ran { out: text(out), err: text(err), exit }
    };
    tokio::task::spawn_blocking(run).await.expect("it ends")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_is_done_once_and_shown_and_the_chain_holds_its_checkpoint() {
    let stage = Stage::new().await;
    let act = ["act", "job.retry", &stage.plain, "--reason", "flaky", "--arm", "-o", "json"];
    let done = stage.run(&act).await;
    assert_eq!((done.exit, stage.changes()), (Exit::Done, 1), "{done:?}");
    let item = done.items().pop().expect("one");
    assert_eq!(
        json!([item["act"], item["target"], item["outcome"]["state"], item["outcome"]["status"]]),
        json!(["job.retry", stage.plain, "done", 201])
    );
    assert_eq!(item["seq"], 1);
    let new = item["successor"].as_u64().expect("the new job");
    assert_eq!(stage.sim.world().job_status(new), Some("pending"));
    let shown = stage.run(&["audit", "show", "-o", "json", "--since", "1h"]).await;
    let deed = shown.items().pop().expect("one");
    assert_eq!(
        json!([deed["act"], deed["reason"], deed["outcome"]["state"], deed["request"]["method"]]),
        json!(["job.retry", "flaky", "done", "POST"])
    );
    let checkpoint = stage.folder.path().join("checkpoint.json").display().to_string();
    let lines = stage.run(&["audit", "export", "--checkpoint", &checkpoint]).await;
    assert_eq!((lines.exit, lines.out.lines().count()), (Exit::Done, 2), "{lines:?}");
    let again = stage.run(&act).await;
    assert_eq!((again.exit, stage.changes()), (Exit::Findings, 1), "{again:?}");
    let holds = stage.run(&["audit", "verify", "--checkpoint", &checkpoint]).await;
    assert_eq!(holds.exit, Exit::Done, "{holds:?}");
    assert!(holds.out.contains("it holds the checkpoint; 0 records came after it"), "{holds:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_says_which_job_took_the_place_of_the_old_one() {
    let stage = Stage::new().await;
    let known = stage.sim.world().jobs_in("pending");
    let done = stage.run(&["act", "job.retry", &stage.plain, "--reason", "flaky", "--arm"]).await;
    let mut new = stage.sim.world().jobs_in("pending");
    new.retain(|job| !known.contains(job));
    let [new] = new[..] else { panic!("one new job: {new:?}") };
    assert_eq!(done.exit, Exit::Done, "{done:?}");
    assert!(done.out.contains(&format!("the new job is {new}")), "{done:?}");
}

/// The same job by the id of its project, and in letters of another case: GitLab takes both.
fn other_names(stage: &Stage) -> [String; 2] {
    let job = stage.plain.rsplit_once('#').expect("a number").1;
    let id = job.parse().expect("a number");
    let project = stage.sim.world().job_project(id).expect("it exists");
    [format!("{project}#{job}"), format!("{}#{job}", PROJECT.to_uppercase())]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_under_another_name_is_the_same_job_to_the_guard() {
    let stage = Stage::new().await;
    let act = |name: &str| {
        ["act", "job.retry", name, "--reason", "flaky", "--arm"].map(str::to_owned).to_vec()
    };
    for name in other_names(&stage).into_iter().chain([stage.plain.clone()]) {
        let words = act(&name);
        let ran = stage.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).await;
        assert!(ran.out.contains(&stage.plain), "{ran:?}");
    }
    assert_eq!((stage.changes(), stage.records()), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_job_under_two_names_is_named_twice() {
    let stage = Stage::new().await;
    let [by_id, _] = other_names(&stage);
    let words =
        ["act", "job.retry", &stage.plain, &by_id, "--reason", "x", "--confirm", "2", "--arm"];
    let ran = stage.run(&words).await;
    assert_eq!((ran.exit, stage.changes()), (Exit::Usage, 0), "{ran:?}");
    assert!(ran.err.contains(&format!("is named twice, once as {by_id}")), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_variable_that_forbids_acts_holds_on_a_simulated_platform_too() {
    let stage = Stage::new().await;
    let folder = stage.folder.path().join("config.toml").display().to_string();
    let words = [
        "watchfloor",
        "act",
        "job.retry",
        &stage.plain,
        "--reason",
        "x",
        "--arm",
        "--config",
        &folder,
    ];
    let ran = ran(&words, &[("WATCHFLOOR_WRITES", "never")]).await;
    assert_eq!((ran.exit, stage.changes()), (Exit::Usage, 0), "{ran:?}");
    assert!(ran.err.contains("acts are forbidden"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_arm_nothing_is_sent_and_what_would_be_is_told() {
    let stage = Stage::new().await;
    let dry = stage.run(&["act", "job.retry", &stage.protected]).await;
    assert_eq!((dry.exit, stage.changes(), stage.records()), (Exit::Usage, 0, 0), "{dry:?}");
    assert!(dry.out.contains("POST http://") && dry.out.contains("/retry"), "{dry:?}");
    let missing = format!("--reason TEXT --confirm {} --arm is missing", stage.protected);
    assert!(dry.err.contains(&missing), "{dry:?}");
    let plain = stage.run(&["act", "job.retry", &stage.plain, "--reason", "x"]).await;
    assert!(plain.err.contains("nothing was sent: --arm is missing"), "{plain:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_protected_target_is_confirmed_by_its_name_and_several_by_their_number() {
    let stage = Stage::new().await;
    let words = ["act", "job.retry", &stage.protected, "--reason", "x", "--arm"];
    let bare = stage.run(&words).await;
    assert_eq!((bare.exit, stage.changes()), (Exit::Usage, 0), "{bare:?}");
    let both = ["act", "job.retry", &stage.plain, &stage.protected, "--reason", "x", "--arm"];
    let wrong = stage.run(&[both.as_slice(), &["--confirm", "3"]].concat()).await;
    assert_eq!((wrong.exit, stage.changes()), (Exit::Usage, 0), "{wrong:?}");
    assert!(
        wrong.err.contains("--confirm 2 (not 3) --arm is missing")
            || wrong.err.contains("--confirm 2 (not 3) is missing"),
        "{wrong:?}"
    );
    let right = stage.run(&[both.as_slice(), &["--confirm", "2"]].concat()).await;
    assert_eq!((right.exit, stage.changes(), stage.records()), (Exit::Done, 2, 4), "{right:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_of_which_one_is_protected_want_their_number_and_a_reason() {
    let stage = Stage::new().await;
    let both = ["act", "job.retry", &stage.plain, &stage.protected, "--arm"];
    for (more, lacks) in [
        (["--confirm", "2"], "--reason TEXT is missing"),
        (["--reason", "x"], "--confirm 2 is missing"),
    ] {
        let ran = stage.run(&[both.as_slice(), &more].concat()).await;
        assert_eq!((ran.exit, stage.changes(), stage.records()), (Exit::Usage, 0, 0), "{ran:?}");
        assert!(ran.err.contains(lacks), "{ran:?}");
    }
    let blank = ["--confirm", "2", "--reason", " "];
    let blank = stage.run(&[both.as_slice(), &blank].concat()).await;
    assert_eq!((blank.exit, stage.changes()), (Exit::Usage, 0), "{blank:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_wins_over_arm() {
    let stage = Stage::new().await;
    let words = ["act", "job.retry", &stage.plain, "--reason", "x", "--arm", "--read-only"];
    let refused = stage.run(&words).await;
    assert_eq!((refused.exit, stage.changes(), stage.records()), (Exit::Usage, 0, 0));
    assert!(refused.err.contains("acts are forbidden"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_a_job_is_a_target_and_a_bare_id_asks_for_its_project() {
    let stage = Stage::new().await;
    let id = stage.plain.rsplit('#').next().expect("an id");
    let bare = stage.run(&["act", "job.retry", id, "--reason", "x", "--arm"]).await;
    assert_eq!((bare.exit, stage.changes()), (Exit::Usage, 0));
    let hint = format!("write PROJECT#{id}, or give the address of the job's page");
    assert!(bare.err.contains(&hint), "{bare:?}");
    let page = format!("{}/{PROJECT}/-/jobs/{id}", stage.sim.gitlab_url().trim_end_matches('/'));
    let done = stage.run(&["act", "job.retry", &page, "--reason", "x", "--arm"]).await;
    assert_eq!((done.exit, stage.changes()), (Exit::Done, 1), "{done:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_1_in_the_platforms_words_and_recorded() {
    let stage = Stage::new().await;
    let fault = Fault {
        method: Some("POST".to_owned()),
        path: Some("/api/v4/*".to_owned()),
        status: Some(403),
        body: Some(r#"{"message":"403 Forbidden"}"#.to_owned()),
        ..Fault::default()
    };
    stage.sim.world().fault(fault);
    let words = ["act", "job.retry", &stage.plain, "--reason", "x", "--arm"];
    let refused = stage.run(&words).await;
    assert_eq!((refused.exit, stage.records()), (Exit::Findings, 2), "{refused:?}");
    assert!(refused.out.contains("failed") && refused.out.contains("403 Forbidden"), "{refused:?}");
    assert!(refused.err.contains("  hint: this needs "), "{refused:?}");
    let shown = stage.run(&["get", "audit", "-q", "state:failed", "-o", "csv"]).await;
    assert_eq!((shown.exit, shown.out.lines().count()), (Exit::Done, 2), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_out_of_reach_is_3_and_nothing_is_recorded() {
    let stage = Stage::new().await;
    let config = stage.folder.path().join("config.toml");
    let text = fs::read_to_string(&config).expect("the config");
    let nobody = text.replace(stage.sim.gitlab_url().trim_end_matches('/'), "http://127.0.0.1:1");
    fs::write(&config, nobody).expect("written");
    let words = ["act", "job.retry", &stage.plain, "--reason", "x", "--arm"];
    let told = stage.run(&words).await;
    assert_eq!((told.exit, stage.records()), (Exit::Unreachable, 0), "{told:?}");
    assert!(told.err.contains("cannot be looked at"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tampered_ledger_is_named_where_it_breaks_and_gets_no_checkpoint() {
    let stage = Stage::new().await;
    let words = ["act", "job.retry", &stage.plain, "--reason", "x", "--arm"];
    stage.run(&words).await;
    let path = stage.state_dir().join("audit.db");
    let bytes = fs::read(&path).expect("the ledger");
    let place = bytes.windows(9).position(|window| window == b"job.retry").expect("the act");
    let mut changed = bytes.clone();
    changed[place] ^= 1;
    fs::write(&path, changed).expect("written");
    let told = stage.run(&["audit", "verify", "-o", "json"]).await;
    let document: Value = serde_json::from_str(&told.out).expect("a document");
    assert_eq!((told.exit, &document["broken"]["seq"]), (Exit::Findings, &json!(1)), "{told:?}");
    let checkpoint = stage.folder.path().join("checkpoint.json");
    let file = checkpoint.display().to_string();
    let refused = stage.run(&["audit", "export", "--checkpoint", &file]).await;
    assert_eq!((refused.exit, checkpoint.exists()), (Exit::Findings, false), "{refused:?}");
    let shown = stage.run(&["audit", "show"]).await;
    assert!(shown.err.contains("is broken at record 1"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_was_never_made_needs_no_configuration_and_is_no_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().display().to_string();
    for (words, told) in [
        (["audit", "show"].as_slice(), "nothing was ever done"),
        (&["audit", "verify"], "nothing was ever done"),
        (&["audit", "export"], "nothing was ever done"),
        (&["get", "audit"], "nothing was ever done"),
    ] {
        let line = [["watchfloor"].as_slice(), words, &["--state-dir", &dir]].concat();
        let home = [("HOME", dir.as_str())];
        let ran = ran(&line, &home).await;
        assert_eq!(ran.exit, Exit::Done, "{words:?} {ran:?}");
        assert!(format!("{}{}", ran.out, ran.err).contains(told), "{words:?} {ran:?}");
    }
    let checkpoint = harness::write(
        &folder,
        "checkpoint.json",
        r#"{"schema":"watchfloor/checkpoint/v1","seq":4,"hash":"ab"}"#,
    );
    let file = checkpoint.display().to_string();
    let line = ["watchfloor", "audit", "verify", "--checkpoint", &file, "--state-dir", &dir];
    assert_eq!(ran(&line, &[]).await.exit, Exit::Findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_acts_are_listed_and_the_pane_is_drawn_from_the_ledger_alone() {
    let stage = Stage::new().await;
    let listed = stage.run(&["act", "-o", "json"]).await;
    let names: Vec<Value> = listed.items().iter().map(|item| item["name"].clone()).collect();
    assert!(names.contains(&json!("job.retry")) && names.contains(&json!("nodegroup.scale")));
    let empty = stage.run(&["show", "audit"]).await;
    assert!(empty.out.contains("nothing was done through Watchfloor yet"), "{}", empty.out);
    let words = ["act", "job.retry", &stage.plain, "--reason", "flaky", "--arm"];
    stage.run(&words).await;
    let pane = stage.run(&["show", "audit", "--size", "160x40"]).await;
    assert_eq!(pane.exit, Exit::Done, "{pane:?}");
    for words in ["the chain is unbroken, 2 records", "job.retry", "flaky", "done"] {
        assert!(pane.out.contains(words), "{words}\n{}", pane.out);
    }
}

/// What is done to a ledger's file behind its back.
type Harm<'a> = &'a dyn Fn(&std::path::Path);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_guards_the_ledger_is_told_where_it_is_gone_and_no_act_is_done() {
    use std::os::unix::fs::PermissionsExt as _;
    let open = |path: &std::path::Path| {
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).expect("a mode");
    };
    let drop_trigger = |path: &std::path::Path| {
        let connection = rusqlite::Connection::open(path).expect("the ledger");
        connection.execute_batch("DROP TRIGGER entries_remain").expect("dropped");
    };
    let cases: [(Harm<'_>, &str); 2] =
        [(&drop_trigger, "its trigger entries_remain is missing"), (&open, "others may write to")];
    for (harm, told) in cases {
        let stage = Stage::new().await;
        let words = ["act", "job.retry", &stage.plain, "--reason", "x", "--arm"];
        assert_eq!(stage.run(&words).await.exit, Exit::Done);
        harm(&stage.state_dir().join("audit.db"));
        let verified = stage.run(&["audit", "verify"]).await;
        assert_eq!(verified.exit, Exit::Findings, "{verified:?}");
        assert!(verified.out.contains(told), "{verified:?}");
        let shown = stage.run(&["audit", "show"]).await;
        assert_eq!(shown.exit, Exit::Findings, "{shown:?}");
        assert!(shown.err.contains(told), "{shown:?}");
        let other = ["act", "job.retry", &stage.protected, "--reason", "x", "--arm"];
        let other = [&other[..], &["--confirm", &stage.protected]].concat();
        let refused = stage.run(&other).await;
        assert_eq!(stage.changes(), 1, "{refused:?}");
        assert!(format!("{}{}", refused.out, refused.err).contains(told), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_was_taken_away_is_unanchored_and_the_next_act_says_that_it_begins_new() {
    let stage = Stage::new().await;
    let words = ["act", "job.retry", &stage.plain, "--reason", "x", "--arm"];
    let first = stage.run(&words).await;
    assert!(first.err.contains("a new one begins with the first act that is sent"), "{first:?}");
    fs::remove_file(stage.state_dir().join("audit.db")).expect("taken away");
    for words in [["audit", "verify"], ["audit", "show"]] {
        let told = stage.run(&words).await;
        let all = format!("{}{}", told.out, told.err);
        assert!(all.contains("unanchored: there is no ledger"), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silence_is_looked_at_then_made_and_expired_by_its_id() {
    let stage = Stage::new().await;
    let matchers = r#"sloth_service="billing""#;
    let dry = stage.run(&["act", "silence.create", matchers, "--reason", "a move"]).await;
    assert_eq!((dry.exit, stage.records()), (Exit::Usage, 0), "{dry:?}");
    assert!(dry.out.contains("reaches: 1 alert now, 0 of them quiet"), "{dry:?}");
    assert!(dry.err.contains("--set duration=SPAN --arm is missing"), "{dry:?}");
    let words = ["act", "silence.create", matchers, "--set", "duration=1h", "--reason", "a move"];
    let done = stage.run(&[words.as_slice(), &["--arm", "-o", "json"]].concat()).await;
    let outcome = &done.items()[0]["outcome"];
    assert_eq!((done.exit, &outcome["state"]), (Exit::Done, &json!("done")), "{done:?}");
    let said = outcome["message"].as_str().expect("its id").to_owned();
    let id = said.strip_prefix("silence ").expect("its id");
    let expire = ["act", "silence.expire", id, "--reason", "it is done", "--arm"];
    assert_eq!(stage.run(&expire).await.exit, Exit::Done);
    let again = stage.run(&expire).await;
    // Two acts, each with its beginning and its end.
    assert_eq!((again.exit, stage.records()), (Exit::Findings, 4), "{again:?}");
    assert!(again.out.contains("it has ended already"), "{again:?}");
}
