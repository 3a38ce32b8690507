//! [`Console`]: the whole program over the simulated platform, without a terminal. It reads as what a person does and sees.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use watchfloor::action::{Desk, Gate};
use watchfloor::api::Wiring;
use watchfloor::api::gitlab::Place;
use watchfloor::app::msg::LogNews;
use watchfloor::app::notice::Notice;
use watchfloor::app::{
    App, Effect, Errand, Facts, LogId, LogTarget, LookRequest, Msg, ReadRequest, command, start,
    update,
};
use watchfloor::audit::Ledger;
use watchfloor::cache::{History, Pending};
use watchfloor::config::{LoadRequest, Overrides, Settings};
use watchfloor::domain::{
    Actor, Change, Deed, Entity, EntityId, Filed, Intent, Origin, Slo, SourceKey, Text, Update,
    Wire,
};
use watchfloor::keymap::Keymap;
use watchfloor::runtime::acts::Acts;
use watchfloor::runtime::beside;
use watchfloor::runtime::keeper::Keeper;
use watchfloor::runtime::worker::Worker;
use watchfloor::runtime::{Clock, wiring};
use watchfloor::sim::{self, Sim};
use watchfloor::source::{self, Demand, DemandSender, Feeds, Mailbox};
use watchfloor::state::State;
use watchfloor::theme::Theme;
use watchfloor::view::style::Look;
use watchfloor::view::{export, paint};

/// How long anything may take before a flow gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Name of the simulated cluster in the configuration.
pub(crate) const CLUSTER: &str = "ci";

/// How often the screen is looked at anew while it is waited for.
const GLANCE: Duration = Duration::from_millis(50);

/// The program, its feeds, and the platform that they read.
pub(crate) struct Console {
    sim: Sim,
    app: App,
    size: (u16, u16),
    clock: Clock,
    worker: Worker,
    mailbox: Mailbox,
    demand: DemandSender,
    feeds: Feeds,
    acts: Acts,
    keeper: Keeper,
    cancel: CancellationToken,
    answers: (Sender<Msg>, Receiver<Msg>),
    errands: Vec<Errand>,
    has_quit: bool,
    history: History,
    folder: TempDir,
}

impl Console {
    /// The console on a scenario, at 160 by 48.
    pub(crate) async fn start(scenario: &str) -> Console {
        Console::sized(scenario, 160, 48).await
    }

    /// The console on a scenario, on a screen of this size.
    pub(crate) async fn sized(scenario: &str, width: u16, height: u16) -> Console {
        let (sim, folder) = platform(scenario).await;
        Console::built(sim, folder, (width, height), |_| ())
    }

    /// The console on a scenario, with another configuration or in other surroundings than usual.
    pub(crate) async fn rigged(scenario: &str, rig: impl FnOnce(&mut Rig<'_>)) -> Console {
        let (sim, folder) = platform(scenario).await;
        Console::built(sim, folder, (160, 48), rig)
    }

    /// The console on a platform that stands.
    pub(crate) fn on(sim: Sim, width: u16, height: u16) -> Console {
        let folder = tempfile::tempdir().expect("a folder");
        Console::built(sim, folder, (width, height), |_| ())
    }

    /// The console on a platform that stands, with another configuration than usual.
    pub(crate) fn on_with(sim: Sim, rig: impl FnOnce(&mut Rig<'_>)) -> Console {
        let folder = tempfile::tempdir().expect("a folder");
        Console::built(sim, folder, (160, 48), rig)
    }

    fn built(
        sim: Sim,
        folder: TempDir,
        size: (u16, u16),
        rig: impl FnOnce(&mut Rig<'_>),
    ) -> Console {
        let (clock, answers) = (Clock::wall(), channel(64));
        let (config, wiring) = (config(&sim, &folder), wiring(clock));
        let mut parts = Rig { sim: &sim, folder: &folder, config, wiring };
        rig(&mut parts);
        let Rig { config, wiring, .. } = parts;
        let settings = read(&config, &folder);
        let (keymap, _) = Keymap::shipped("default", &command::names());
        let origins = vec![sim.gitlab_url().to_owned()];
        let exceptions = settings.exceptions.clone().map(Into::into);
        let facts =
            Facts { is_simulated: true, origins, arm_minutes: 15, exceptions, ..Facts::default() };
        let app = App::new(State::new(settings.domain_tiers()), keymap, facts);
        let (demand_sender, demand) = Demand::channel();
        let (mailbox, cancel) = (Mailbox::default(), CancellationToken::new());
        let feeds =
            source::start(&settings, mailbox.clone(), demand, wiring.clone(), cancel.clone());
        let os = (Text::new("tester"), Text::new("here"));
        let desk = Desk::new(&settings, &ledger(&folder), os, wiring);
        let acts =
            Acts::new(desk, Gate::new(settings.writes, settings.arm), answers.0.clone(), clock);
        let review = folder.path().join("review.db");
        let keeper = Keeper::start(review, answers.0.clone(), clock);
        let mut console = Console {
            sim,
            app,
            size,
            clock,
            worker: Worker::new(answers.0.clone(), clock),
            mailbox,
            demand: demand_sender,
            feeds,
            acts,
            keeper,
            cancel,
            answers,
            errands: Vec::new(),
            has_quit: false,
            history: History::open(&folder.path().join("state")).history,
            folder,
        };
        let (told, until) = console.history.told();
        console.app.chronicle.take_over(told, until);
        let effects = start(&mut console.app, clock.now());
        console.carry_out(effects);
        console
    }

    /// Another run of the program, on the same platform, with what was kept.
    pub(crate) async fn again(self) -> Console {
        self.cancel.cancel();
        timeout(PATIENCE, self.feeds.ended()).await.expect("every feed ends");
        Console::built(self.sim, self.folder, self.size, |_| ())
    }

    /// The platform, to change it or to ask what it was asked.
    pub(crate) fn sim(&self) -> &Sim {
        &self.sim
    }

    /// The program.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// What the ledger holds: every act that was done, oldest first. Its chain is unbroken.
    pub(crate) fn deeds(&self) -> Vec<Deed> {
        let Ok(ledger) = Ledger::read_at(&ledger(&self.folder)) else { return Vec::new() };
        assert_eq!(ledger.verify(None).expect("readable").broken, None);
        ledger.deeds().expect("readable")
    }

    /// The file of access reviews.
    pub(crate) fn review_db(&self) -> PathBuf {
        self.folder.path().join("review.db")
    }

    /// Every request that the platform has received, a line each.
    pub(crate) fn asked(&self) -> Vec<String> {
        let log = fs::read_to_string(requests(&self.folder)).expect("the log of requests");
        log.lines().map(str::to_owned).collect()
    }

    /// How many changing requests the platform has received.
    pub(crate) fn changes(&self) -> usize {
        let log = fs::read_to_string(requests(&self.folder)).expect("the log of requests");
        let is_changing = |line: &&str| {
            let is_call = line.contains("\"POST\"") && line.contains("/api/v4/");
            is_call || ["\"PUT\"", "\"PATCH\"", "\"DELETE\""].iter().any(|verb| line.contains(verb))
        };
        log.lines().filter(is_changing).count()
    }

    /// How many changing requests Alertmanager has received.
    pub(crate) fn silencing(&self) -> usize {
        let log = fs::read_to_string(requests(&self.folder)).expect("the log of requests");
        let is_changing = |line: &&str| {
            let is_there = line.contains("\"alertmanager\"");
            is_there && ["\"POST\"", "\"DELETE\""].iter().any(|verb| line.contains(verb))
        };
        log.lines().filter(is_changing).count()
    }

    /// Arms, as a person does.
    pub(crate) async fn arm(&mut self) -> &mut Console {
        self.press("a a").sees("arm for 15 minutes").await;
        self.press("y").sees("ARMED").await
    }

    /// The small things that were asked of the outside so far: pages, copies, files. None is carried out.
    pub(crate) fn errands(&self) -> &[Errand] {
        &self.errands
    }

    /// Presses keys, one behind the other: `2 / s h o p enter`.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Console {
        for key in keys.split(' ') {
            let chord = key.parse().unwrap_or_else(|error| panic!("{key}: {error}"));
            self.picture();
            self.tell(Msg::Key(chord));
        }
        self
    }

    /// Types a text where text is typed.
    pub(crate) fn type_in(&mut self, text: &str) -> &mut Console {
        self.tell(Msg::Paste(text.to_owned()));
        self
    }

    /// Lets so much time pass for the console; its feeds and the platform stay where they are.
    pub(crate) fn passes(&mut self, span: SignedDuration) -> &mut Console {
        let then = self.clock.now().checked_add(span).expect("an instant");
        self.clock = Clock::starting_at(then);
        self.tell(Msg::Wake);
        self
    }

    /// Makes the screen another size.
    pub(crate) fn resize(&mut self, width: u16, height: u16) -> &mut Console {
        self.size = (width, height);
        self.tell(Msg::Resize);
        self
    }

    /// Waits until these words are on screen.
    pub(crate) async fn sees(&mut self, words: &str) -> &mut Console {
        self.until(&format!("`{words}` on screen"), |console| console.picture().contains(words))
            .await
    }

    /// Waits until these words are gone from the screen.
    pub(crate) async fn sees_no(&mut self, words: &str) -> &mut Console {
        self.until(&format!("no `{words}`"), |console| !console.picture().contains(words)).await
    }

    /// Waits until something holds, and shows the screen when it never does.
    pub(crate) async fn until(
        &mut self,
        what: &str,
        mut holds: impl FnMut(&mut Console) -> bool,
    ) -> &mut Console {
        let begun = Instant::now();
        while !holds(self) {
            let picture = self.picture();
            assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}\n{picture}");
            self.turn().await;
        }
        self
    }

    /// The screen as text.
    pub(crate) fn picture(&mut self) -> String {
        let (theme, _) = Theme::find("default", None);
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1));
        let (drawn, _) = paint(&mut buffer, &self.app, Look::new(&theme), self.clock.now());
        // Who waits for a picture has seen it for a while.
        let a_while_ago = self.clock.now() - jiff::SignedDuration::from_secs(1);
        self.app.ui.note_drawn(drawn, a_while_ago);
        export::text(&buffer)
    }

    /// Ends the feeds and the platform. Fails where the platform was asked something that it does not know, or a feed
    /// does not end.
    pub(crate) async fn finish(self) {
        self.cancel.cancel();
        timeout(PATIENCE, self.feeds.ended()).await.expect("every feed ends");
        assert_eq!(self.sim.unknown(), [""; 0], "asked of the platform and not known there");
        self.sim.stop().await;
    }

    /// Takes in what comes next: news, an answer, or a moment that has passed.
    async fn turn(&mut self) {
        tokio::select! {
            () = self.mailbox.changed() => {
                let news = self.mailbox.take();
                self.remember(&news);
                self.tell(Msg::News(news));
            }
            Some(msg) = self.answers.1.recv() => self.tell(msg),
            () = sleep(GLANCE) => self.tell(Msg::Wake),
        }
    }

    /// Keeps news in the history, as the thread of the cache does.
    fn remember(&mut self, news: &[Update]) {
        let mut pending = Pending::default();
        for update in news {
            pending.add(update);
        }
        if let Some(at) = news.iter().map(|update| update.at).max() {
            self.history.keep(&pending, at);
        }
        assert_eq!(self.history.take_notices(), [], "the history can be written");
    }

    /// The folder of everything that is kept.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn tell(&mut self, msg: Msg) {
        let effects = update(&mut self.app, msg, self.clock.now());
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::List(request) => self.worker.ask(*request),
                Effect::Explain(request) => self.worker.explain(*request),
                Effect::Look(request) => self.look(*request),
                Effect::Chronicle(entries) => self.history.chronicle(&entries),
                Effect::Timeline(request) => {
                    self.worker.tell(*request, self.folder.path().join("state"));
                }
                Effect::Handover(request) => {
                    self.worker.hand_over(*request, self.folder.path().join("state"));
                }
                Effect::Recall(request) => {
                    self.worker.recall(*request, self.folder.path().join("state"));
                }
                Effect::Judge(request) => self.worker.judge(*request),
                Effect::Review(request) => self.acts.review(*request, &self.keeper),
                Effect::Demand(sources) => self.demand.show(sources.into_iter().collect()),
                Effect::Refresh => self.demand.refresh(),
                Effect::Touch(places) => self.demand.touch(places),
                Effect::Errand(errand) => self.errands.push(errand),
                Effect::Read(request) => self.read(request),
                Effect::Watch(target) => self.watch(target),
                Effect::Quit => self.has_quit = true,
                Effect::Act(request) => {
                    if let Some(news) = self.acts.carry_out(request) {
                        self.tell(Msg::Act(news));
                    }
                }
                // The terminal is given away: what the rim does then is done here too.
                Effect::Suspend => {
                    let news = self.acts.suspend();
                    self.tell(Msg::Act(news));
                }
                Effect::Notify(_) | Effect::Keep(_) | Effect::UseTheme(_) | Effect::Redraw => (),
            }
        }
    }

    /// Whether the program has asked to leave.
    pub(crate) fn has_quit(&self) -> bool {
        self.has_quit
    }

    fn read(&self, request: ReadRequest) {
        let reader = self.feeds.reader().expect("a GitLab is configured");
        let (answers, clock) = (self.answers.0.clone(), self.clock);
        // What was said of a pod is watched too: these flows wait for nothing beyond that.
        let (key, project, path, target) = match request {
            ReadRequest::Gitlab { key, project, path, target } => (key, project, path, target),
            ReadRequest::PodEvents { .. } => return,
            ReadRequest::Past { key, slo } => return self.read_past(key, slo),
            ReadRequest::History { key, filed } => return self.read_history(key, filed),
        };
        tokio::spawn(async move {
            let place = Place { id: project, path };
            let read = match target {
                EntityId::Pipeline(id) => reader.pipeline(&place, id).await,
                EntityId::Job(id) => {
                    reader.job(&place, id).await.map(|job| vec![Entity::Job(Arc::new(job))])
                }
                other => panic!("{other:?} is not read alone"),
            };
            let news = |entities| Update {
                key,
                at: clock.now(),
                origin: Origin::Live,
                change: Change::Upsert(entities),
            };
            let msg = match read {
                Ok(entities) => Msg::News(vec![news(entities)]),
                Err(failure) => Msg::Done(Err(Notice::bad(failure.message.to_string()))),
            };
            answers.send(msg).await.ok();
        });
    }

    fn look(&self, request: LookRequest) {
        let reader = self.feeds.beside().expect("a GitLab is configured");
        let answers = self.answers.0.clone();
        tokio::spawn(async move {
            let place = Place { id: request.job.project, path: request.path };
            let extra = beside::extra(&reader, &place, &request.job).await;
            let msg = Msg::Looked { ticket: request.ticket, extra: Box::new(extra) };
            answers.send(msg).await.ok();
        });
    }

    fn read_history(&self, key: SourceKey, filed: Arc<Filed>) {
        let reader = self.feeds.reader().expect("a GitLab is configured");
        let (answers, clock) = (self.answers.0.clone(), self.clock);
        tokio::spawn(async move {
            let change = Change::History(filed.id, Arc::new(reader.history(&filed).await));
            let news = Update { key, at: clock.now(), origin: Origin::Live, change };
            answers.send(Msg::News(vec![news])).await.ok();
        });
    }

    fn read_past(&self, key: SourceKey, slo: Arc<Slo>) {
        let reader = self.feeds.past().expect("a Prometheus is configured");
        let (answers, clock) = (self.answers.0.clone(), self.clock);
        tokio::spawn(async move {
            let change = Change::Past(slo.id, Arc::new(reader.read(&slo).await));
            let news = Update { key, at: clock.now(), origin: Origin::Live, change };
            answers.send(Msg::News(vec![news])).await.ok();
        });
    }

    fn watch(&self, target: Option<LogTarget>) {
        let Some(LogTarget::Job { project, path, job }) = target else { return };
        let mut news = self.feeds.follow_log(Place { id: project, path }, job).expect("a GitLab");
        let answers = self.answers.0.clone();
        tokio::spawn(async move {
            while let Some(one) = news.recv().await {
                let one = match one {
                    source::LogNews::Replace { bytes, .. } => LogNews::Replace(bytes.into()),
                    source::LogNews::Append(bytes) => LogNews::Append(bytes.into()),
                    source::LogNews::Ended => LogNews::Ended,
                    source::LogNews::Failed(failure) => LogNews::Failed(failure),
                };
                if answers.send(Msg::Log(LogId::Job(job), one)).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// A platform that plays a scenario and notes what it is asked, and the folder of all files around it.
async fn platform(scenario: &str) -> (Sim, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let requests_log = Some(requests(&folder));
    let options = sim::Options { requests_log, ..sim::Options::from(scenario) };
    (sim::start(options).await.expect("the simulator starts"), folder)
}

/// What a console is put together from, before it is.
pub(crate) struct Rig<'a> {
    pub(crate) sim: &'a Sim,
    /// Where its files lie.
    pub(crate) folder: &'a TempDir,
    /// What stands in its config file.
    pub(crate) config: Value,
    /// What its clients are supplied with.
    pub(crate) wiring: Wiring,
}

impl Rig<'_> {
    /// Leaves an act open in the ledger, as a crash does that is an hour old.
    pub(crate) fn leave_open(&self, act: &'static str, target: &str) {
        let text = Text::new;
        let actor = Actor {
            platform: text("gitlab"),
            user: text("tester"),
            os_user: text("tester"),
            host: text("here"),
        };
        let wire = Wire { method: text("POST"), url: text("https://gitlab.example.com/") };
        let (settings, reason) = (Vec::new(), None);
        let intent = Intent { act, target: text(target), settings, actor, reason, wire };
        let before = Clock::wall().now() - SignedDuration::from_hours(1);
        let mut ledger = Ledger::open_at(&ledger(self.folder)).expect("a ledger");
        drop(ledger.open(intent, before, before).expect("recorded").expect("the only one"));
    }
}

/// Where the ledger of the console lies.
fn ledger(folder: &TempDir) -> PathBuf {
    folder.path().join("state").join("audit.db")
}

/// Where the platform notes what it is asked.
fn requests(folder: &TempDir) -> PathBuf {
    folder.path().join("requests.jsonl")
}

/// Settings for the simulated platform, read from a file as everybody's are.
pub(crate) fn settings(sim: &Sim, folder: &TempDir) -> Settings {
    read(&config(sim, folder), folder)
}

/// Settings as such a file gives them.
fn read(config: &Value, folder: &TempDir) -> Settings {
    let text = toml::to_string(config).expect("a table");
    let overrides = Overrides {
        config: Some(write(folder, "config.toml", &text)),
        cache_dir: Some(folder.path().join("cache")),
        state_dir: Some(folder.path().join("state")),
        ..Overrides::default()
    };
    let request = LoadRequest { overrides, ..LoadRequest::default() };
    Settings::load(&request).unwrap_or_else(|error| panic!("{error}")).settings
}

/// Writes the config file of the simulated platform, with the files that it names beside it.
pub(crate) fn config_file(sim: &Sim, folder: &TempDir) -> PathBuf {
    let text = toml::to_string(&config(sim, folder)).expect("a table");
    write(folder, "config.toml", &text)
}

/// Writes another config file in its place.
pub(crate) fn write_config(config: &Value, folder: &TempDir) -> PathBuf {
    write(folder, "config.toml", &toml::to_string(config).expect("a table"))
}

/// What stands in that file: GitLab, the cluster by kubeconfig and EKS, and the tiers as `demo` has them.
pub(crate) fn config(sim: &Sim, folder: &TempDir) -> Value {
    let tiers: Vec<Value> = sim.tiers().iter().map(tier).collect();
    let kubeconfig = write(folder, "kubeconfig", &sim.kubeconfig());
    let (region, url) = (sim.aws_region(), sim.aws_url());
    let profile = format!("[profile sim]\nregion = {region}\nendpoint_url = {url}\n");
    let credentials = format!(
        "[sim]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        sim.aws_access_key(),
        sim.aws_secret_key()
    );
    json!({
        "simulated": true,
        "gitlab": {
            "url": sim.gitlab_url(),
            "token": {"file": write(folder, "token", sim.token())},
            "groups": [sim.group()],
            "requests_per_minute": 6000,
            "active_interval": "1s",
            "fleet_interval": "2s",
            "runner_interval": "2s",
        },
        "tier": tiers,
        "prometheus": {
            "url": sim.prometheus_url(),
            "auth": greeting(sim, folder),
            // Stale is three times that: a pass takes seconds where the machine has much else to do.
            "interval": "5s",
        },
        "alertmanager": {"url": sim.alertmanager_url(), "auth": greeting(sim, folder)},
        "cluster": [{
            "name": CLUSTER,
            "kubeconfig": {"path": kubeconfig, "context": "simulated"},
            "nodegroup_bounds": {"ci-standard": {"max": 12}},
            "eks": {
                "name": sim.cluster_name(),
                "region": region,
                "profile": "sim",
                "endpoint_url": url,
                "config_file": write(folder, "aws-config", &profile),
                "credentials_file": write(folder, "aws-credentials", &credentials),
            },
        }],
    })
}

/// How the simulated Prometheus and Alertmanager want to be greeted.
fn greeting(sim: &Sim, folder: &TempDir) -> Value {
    let secret = || json!({"file": write(folder, "prometheus-token", sim.prometheus_token())});
    match sim.prometheus_greeting() {
        sim::Greeting::None => json!("none"),
        sim::Greeting::Bearer => json!({"bearer": secret()}),
        sim::Greeting::Basic => json!({"basic": {"username": "watchfloor", "password": secret()}}),
    }
}

fn tier(tier: &sim::TierInfo) -> Value {
    json!({
        "name": tier.name,
        "cluster": CLUSTER,
        "namespace": tier.namespace,
        "nodegroups": tier.nodegroups,
        "service_account": tier.service_account,
        "egress_policy_required": true,
        "protected": tier.protected,
        "runner_tags": tier.tags,
    })
}

/// Writes a file for its owner alone.
pub(crate) fn write(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    path
}
