//! [`Rim`]: everything outside of the pure program, and what it does with effects.

use std::collections::BTreeSet;
use std::io;

use rustix::process::{Signal, getpid, kill_process};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::acts::Acts;
use super::clock::Clock;
use super::follow::Follower;
use super::keeper::Keeper;
use super::read::Reader;
use super::terminal::Screen;
use super::worker::Worker;
use super::{call, errand, memory};
use crate::app::notice::Notice;
use crate::app::{ActNews, ActRequest, App, Effect, Msg, ThenRequest};
use crate::cache::Writer;
use crate::config::{Places, SloSettings};
use crate::source::{DemandSender, Feeds, Mailbox};
use crate::theme::{Depth, Theme};
use crate::view::glyph::Glyphs;

/// How many answers of errands and workers may wait.
const ANSWERS: usize = 32;

/// Whether the loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// It goes on.
    On,
    /// The person leaves.
    Out,
}

/// The look: a theme and how many colours the terminal has.
#[derive(Debug)]
pub struct Look {
    /// The theme.
    pub theme: Theme,
    /// How many colours there are.
    pub depth: Depth,
    /// The signs that the terminal can show.
    pub glyphs: &'static Glyphs,
}

/// The way back into the loop for whatever works elsewhere.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) sender: Sender<Msg>,
    pub(super) receiver: Receiver<Msg>,
}

impl Answers {
    pub(super) fn new() -> Answers {
        let (sender, receiver) = channel(ANSWERS);
        Answers { sender, receiver }
    }
}

/// Everything outside of the pure program.
#[derive(Debug)]
pub(super) struct Rim {
    pub(super) screen: Screen,
    pub(super) look: Look,
    pub(super) clock: Clock,
    pub(super) worker: Worker,
    /// Keeps news on disk, once what was known has been shown.
    pub(super) writer: Option<Writer>,
    pub(super) follower: Follower,
    pub(super) reader: Reader,
    pub(super) acts: Acts,
    pub(super) mailbox: Mailbox,
    pub(super) demand: DemandSender,
    pub(super) feeds: Feeds,
    pub(super) ledger: super::ledger::Feed,
    pub(super) keeper: Keeper,
    pub(super) places: Places,
    /// Whose objectives are sampled here.
    pub(super) slo: SloSettings,
}

impl Rim {
    /// Does what the program asks for.
    pub(super) fn carry_out(&mut self, app: &mut App, effects: Vec<Effect>) -> io::Result<Flow> {
        for effect in effects {
            match effect {
                Effect::List(request) => self.worker.ask(*request),
                Effect::Explain(request) => self.worker.explain(*request),
                Effect::Look(request) => self.reader.look(*request, &self.feeds),
                Effect::Chronicle(entries) => {
                    if let Some(writer) = &mut self.writer {
                        writer.chronicle(entries);
                    }
                }
                Effect::Timeline(request) => {
                    self.worker.tell(*request, self.places.state_dir.clone());
                }
                Effect::Handover(request) => {
                    self.worker.hand_over(*request, self.places.state_dir.clone());
                }
                Effect::Recall(request) => self.recall(*request),
                Effect::Judge(request) => self.worker.judge(*request),
                Effect::Review(request) => self.acts.review(*request, &self.keeper),
                Effect::Read(request) => self.reader.read(request, &self.feeds),
                Effect::Watch(target) => self.follower.watch(target, &self.feeds),
                Effect::Demand(sources) => {
                    self.demand.show(sources.into_iter().collect::<BTreeSet<_>>());
                }
                Effect::Touch(places) => self.demand.touch(places),
                Effect::Refresh => {
                    self.demand.refresh();
                    self.ledger.look_again();
                }
                Effect::Act(request) => self.act(app, request)?,
                Effect::Errand(errand) => self.run_errand(app, &errand),
                Effect::Notify(count) => self.screen.send(&call::bytes(count))?,
                Effect::Keep(kept) => self.keep(app, &kept),
                Effect::UseTheme(name) => self.use_theme(app, &name),
                Effect::Redraw => self.screen.forget()?,
                Effect::Suspend => self.suspend(app)?,
                Effect::Quit => return Ok(Flow::Out),
            }
        }
        Ok(Flow::On)
    }

    /// Recalls what was known at an instant; what waits for the disk is handed over first.
    fn recall(&mut self, request: ThenRequest) {
        if let Some(writer) = &mut self.writer {
            writer.hand_over();
        }
        self.worker.recall(request, self.places.state_dir.clone());
    }

    /// Looks at the ledger at once where a message says that something was written into it.
    pub(super) fn note(&self, msg: &Msg) {
        if matches!(msg, Msg::Act(ActNews::Performed { .. } | ActNews::Reconciled(_))) {
            self.ledger.look_again();
        }
    }

    /// Carries out what is asked about acts; what is answered at once is told at once.
    fn act(&mut self, app: &mut App, request: ActRequest) -> io::Result<()> {
        match self.acts.carry_out(request) {
            Some(news) => self.tell(app, news),
            None => Ok(()),
        }
    }

    /// Tells the program something about acts. None of what it asks for then makes it leave.
    fn tell(&mut self, app: &mut App, news: ActNews) -> io::Result<()> {
        let effects = crate::app::update(app, Msg::Act(news), self.clock.now());
        self.carry_out(app, effects).map(|_| ())
    }

    fn run_errand(&mut self, app: &mut App, errand: &crate::app::Errand) {
        let ground =
            errand::Ground { origins: &app.facts.origins, state_dir: &self.places.state_dir };
        let mut sent = Vec::new();
        let result = errand::run(errand, &ground, &mut sent);
        let result =
            self.screen.send(&sent).map_err(|error| Notice::bad(error.to_string())).and(result);
        self.say(app, result.unwrap_or_else(std::convert::identity));
    }

    fn keep(&mut self, app: &mut App, kept: &crate::app::memory::Memory) {
        if let Err(words) = memory::write(&self.places.ui_file(), kept) {
            self.say(app, Notice::bad(words));
        }
    }

    pub(super) fn use_theme(&mut self, app: &mut App, name: &str) {
        let (theme, faults) = self.places.theme(name);
        self.look.theme = theme.reduced(self.look.depth);
        if let Some(fault) = faults.first() {
            self.say(app, Notice::bad(fault.message.clone()));
        }
    }

    /// Gives the terminal back and stops; goes on when the shell says so. Whoever comes back to it may be another
    /// person: nothing is armed then.
    pub(super) fn suspend(&mut self, app: &mut App) -> io::Result<()> {
        let news = self.acts.suspend();
        self.tell(app, news)?;
        self.screen.pause()?;
        kill_process(getpid(), Signal::STOP)?;
        self.screen.resume()
    }

    pub(super) fn say(&self, app: &mut App, notice: Notice) {
        crate::app::say(app, notice, self.clock.now());
    }
}
