//! The impure middle: terminal, clock, tasks, loop.
//!
//! **Invariant:** the program ([`App`]) lives on the loop's task and is shared with nobody. Whatever works elsewhere
//! comes back as a message. The terminal is given back however the program ends.

pub mod acts;
pub mod beside;
mod call;
pub mod clock;
mod drive;
mod errand;
mod follow;
mod frame;
mod input;
pub mod keeper;
pub mod ledger;
pub mod log;
mod memory;
pub mod person;
mod read;
pub mod review;
mod rim;
pub mod sampler;
pub mod shelf;
pub mod terminal;
pub mod worker;

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

pub use clock::Clock;
pub use drive::Ending;
pub use rim::Look;

use crate::action::{Desk, Gate};
use crate::api::Wiring;
use crate::app::notice::Notice;
use crate::app::{App, Facts, Msg, say, update};
use crate::cache::{self, Cache, History, Keeping, Rest, Writer};
use crate::config::{Places, Settings};
use crate::domain::Timestamp;
use crate::gate::Policy;
use crate::keymap::Keymap;
use crate::source::{self, Demand, Mailbox};
use crate::state::{Memory, State};
use acts::Acts;
use drive::{Signals, draw, drive};
use follow::Follower;
use frame::Frames;
use keeper::Keeper;
use read::Reader;
use rim::{Answers, Rim};
use shelf::DiskShelf;
use terminal::{MouseUse, Screen};
use worker::Worker;

/// How far back charts go at the start.
const HISTORY: SignedDuration = SignedDuration::from_hours(1);

/// How long feeds are waited for at the end.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long the records of acts that are under way are waited for at the end.
const RECORDS: Duration = Duration::from_secs(10);

/// Everything that a console is made of.
#[derive(Debug)]
pub struct Setup {
    /// The configuration.
    pub settings: Settings,
    /// The policy of the deployment gate.
    pub policy: Policy,
    /// Where everything lies.
    pub places: Places,
    /// The look.
    pub look: Look,
    /// Keys to commands.
    pub keymap: Keymap,
    /// What time it is.
    pub clock: Clock,
    /// What does not change while the program runs.
    pub facts: Facts,
    /// What a person should know at once: faults of the theme, of the keymap.
    pub notices: Vec<String>,
}

/// What only the running program can supply to clients: the time, the environment, and secrets read off the loop.
pub fn wiring(clock: Clock) -> Wiring {
    Wiring::new(move || clock.now(), |name| std::env::var(name).ok())
}

/// Runs the console until the person leaves.
///
/// # Errors
/// When the terminal cannot be taken or drawn on.
pub async fn run(setup: Setup) -> io::Result<Ending> {
    terminal::give_back_on_panic();
    let Setup { settings, policy, places, look, keymap, clock, facts, notices } = setup;
    let mouse = if settings.ui.mouse { MouseUse::Taken } else { MouseUse::Left };
    let signals = Signals::listen()?;
    let screen = Screen::take(mouse)?;
    let state = State::new(settings.domain_tiers()).under(policy.into()).warning(settings.leads());
    let state = state.guided_by(settings.domain_runbooks());
    let mut app = App::new(state, keymap, facts);
    app.ui.memory = memory::read(&places.ui_file());
    for words in notices {
        say(&mut app, Notice::bad(words), clock.now());
    }
    let mut answers = Answers::new();
    let opened = Cache::open(&places.cache_dir);
    let mailbox = Mailbox::default();
    let (demand_sender, demand) = Demand::channel();
    let cancel = CancellationToken::new();
    let keeping = Wiring { shelf: Arc::new(DiskShelf::new(&places.cache_dir)), ..wiring(clock) };
    let feeds = source::start(&settings, mailbox.clone(), demand, keeping, cancel.clone());
    let desk = Desk::new(&settings, &places.audit_db(), person::who(), wiring(clock));
    let gate = Gate::new(settings.writes, settings.arm);
    let ledger = ledger::Feed::start(places.audit_db(), mailbox.clone(), clock);
    let keeper = Keeper::start(places.review_db(), answers.sender.clone(), clock);
    let mut rim = Rim {
        screen,
        look,
        clock,
        worker: Worker::new(answers.sender.clone(), clock),
        writer: None,
        follower: Follower::new(answers.sender.clone()),
        reader: Reader::new(answers.sender.clone(), clock),
        acts: Acts::new(desk, gate, answers.sender.clone(), clock),
        mailbox,
        demand: demand_sender,
        feeds,
        ledger,
        keeper,
        places,
        slo: settings.slo.clone(),
    };
    if let Some(theme) = app.ui.memory.theme.clone() {
        rim.use_theme(&mut app, &theme);
    }
    let frames = open_with_what_was_known(&mut rim, &mut app, opened, &settings, &answers.sender)?;
    let ending = drive(&mut rim, &mut app, &mut answers, (signals, frames)).await;
    close(rim, answers, cancel).await;
    ending
}

/// Shows what was known last at once, then keeps what is to come.
fn open_with_what_was_known(
    rim: &mut Rim,
    app: &mut App,
    opened: cache::Opened,
    settings: &Settings,
    answers: &Sender<Msg>,
) -> io::Result<Frames> {
    let now = rim.clock.now();
    let mut cache = opened.cache;
    let page = cache.first_page(now, cache::Window::default());
    let effects = update(app, Msg::News(page.updates), now);
    rim.carry_out(app, effects)?;
    if page.next.is_some() {
        app.state.set_memory(Memory::Coming);
    }
    let effects = crate::app::start(app, now);
    rim.carry_out(app, effects)?;
    let mut frames = Frames::default();
    draw(rim, app, now)?;
    frames.drawn(tokio::time::Instant::now());
    let mut history = History::open(&rim.places.state_dir);
    let since = now.checked_sub(HISTORY).unwrap_or(Timestamp::MIN);
    let (told, until) = history.history.told();
    app.chronicle.take_over(told, until);
    let effects = update(app, Msg::News(history.history.load(since)), now);
    rim.carry_out(app, effects)?;
    for notice in opened.notices.iter().chain(&history.notices) {
        rim.say(app, Notice::bad(format!("{}; {}", notice.message, notice.hint)));
    }
    rim.writer = Some(Writer::start(cache::Start {
        cache,
        history: history.history,
        now,
        keeping: keeping(settings),
        rest: page.next.map(|from| rest(from, answers.clone())),
    }));
    Ok(frames)
}

fn keeping(settings: &Settings) -> Keeping {
    Keeping {
        cache: settings.retention.cache,
        history: settings.retention.history,
        history_max_bytes: settings.retention.history_max_bytes,
    }
}

/// The rest of what was known comes page by page, as fast as the loop takes it; its end is told.
fn rest(from: cache::Cursor, answers: Sender<Msg>) -> Rest {
    let remembered = Remembered(answers);
    let page = move |updates| match remembered.0.blocking_send(Msg::News(updates)) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    };
    Rest { from, page: Box::new(page) }
}

/// Tells that everything remembered is there, when the replay lets go of it.
struct Remembered(Sender<Msg>);

impl Drop for Remembered {
    fn drop(&mut self) {
        // Where the loop has ended nobody counts any more. On the loop's own threads, where no replay could be
        // started, waiting is not allowed.
        if tokio::runtime::Handle::try_current().is_ok() {
            self.0.try_send(Msg::Remembered).ok();
        } else {
            self.0.blocking_send(Msg::Remembered).ok();
        }
    }
}

/// Gives the terminal back first, then lets everything end: nobody watches any more.
async fn close(rim: Rim, answers: Answers, cancel: CancellationToken) {
    let Rim { screen, feeds, writer, follower, acts, .. } = rim;
    drop(screen);
    drop(follower);
    drop(answers);
    cancel.cancel();
    let left = acts.ended(RECORDS).await;
    if left > 0 {
        tracing::warn!(left, "left before every act had its record: `audit show` has them as open");
    }
    tokio::time::timeout(PATIENCE, feeds.ended()).await.ok();
    if let Some(writer) = writer {
        tokio::task::spawn_blocking(move || writer.close()).await.ok();
    }
}
