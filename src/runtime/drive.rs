//! The loop: input, answers, news, frames. One task owns the program; nobody else touches it.

use std::io;
use std::time::Duration;

use crossterm::event::EventStream;
use futures_util::StreamExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::frame::Frames;
use super::rim::{Answers, Flow, Rim};
use super::{input, sampler};
use crate::app::notice::Notice;
use crate::app::{App, Msg, update};
use crate::domain::{Change, Origin, Scope, SourceId, SourceKey, Timestamp, Update};
use crate::view::{self, Picture};

/// News that come within this time are taken together.
const GATHER: Duration = Duration::from_millis(80);

/// The same while the program is young: what comes then is waited for.
const GATHER_YOUNG: Duration = Duration::from_millis(15);

/// How long the program is young.
const YOUTH: Duration = Duration::from_millis(1500);

/// How often the queue is observed for charts.
const OBSERVE: Duration = Duration::from_mins(1);

/// How the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The person left.
    Left,
    /// A signal ended it.
    Interrupted,
}

/// The signals that matter.
pub(super) struct Signals {
    terminate: Signal,
    hangup: Signal,
    interrupt: Signal,
    stop: Signal,
}

impl Signals {
    /// Listens from now on: before the terminal is taken, so that no signal finds it taken and nobody there.
    pub(super) fn listen() -> io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
        })
    }

    /// Waits for a signal: to end, or to stop for a while.
    async fn come(&mut self) -> Woken {
        tokio::select! {
            _ = self.terminate.recv() => Woken::Ended,
            _ = self.hangup.recv() => Woken::Ended,
            _ = self.interrupt.recv() => Woken::Ended,
            _ = self.stop.recv() => Woken::Stopped,
        }
    }
}

/// What woke the loop.
enum Woken {
    Ended,
    Stopped,
    Frame,
    Input(Option<io::Result<crossterm::event::Event>>),
    Answer(Msg),
    News,
    Time,
    Observe,
}

/// The loop's own state.
struct Drive<'a> {
    rim: &'a mut Rim,
    app: &'a mut App,
    frames: Frames,
    /// Until when news are not gathered for long, and drawn at once.
    young_until: Instant,
    gathered: Instant,
    observed: Instant,
    wake: Option<Instant>,
    /// What is on screen: news that change nothing of it are not drawn.
    picture: Option<Picture>,
}

/// Runs until the person leaves or a signal comes.
pub(super) async fn drive(
    rim: &mut Rim,
    app: &mut App,
    answers: &mut Answers,
    (mut signals, first): (Signals, Frames),
) -> io::Result<Ending> {
    let mut events = EventStream::new();
    let now = Instant::now();
    let mut drive = Drive {
        rim,
        app,
        frames: first,
        young_until: now + YOUTH,
        gathered: now,
        observed: now,
        wake: None,
        picture: None,
    };
    drive.frames.answer(now);
    loop {
        let woken = drive.wait(&mut events, &mut signals, answers).await;
        let flow = match woken {
            Woken::Ended | Woken::Input(None) => return Ok(Ending::Interrupted),
            Woken::Input(Some(event)) => drive.event(event?)?,
            Woken::Stopped => drive.stopped()?,
            Woken::Frame => drive.draw()?,
            Woken::Answer(msg) => {
                drive.rim.note(&msg);
                drive.tell(msg)?
            }
            Woken::News => drive.news()?,
            Woken::Time => drive.time()?,
            Woken::Observe => drive.observe()?,
        };
        if flow == Flow::Out {
            tracing::info!(frames = drive.frames.count(), "left");
            return Ok(Ending::Left);
        }
    }
}

impl Drive<'_> {
    async fn wait(
        &self,
        events: &mut EventStream,
        signals: &mut Signals,
        answers: &mut Answers,
    ) -> Woken {
        let (due, wake) = (self.frames.due(), self.wake);
        let news_from = self.gathered;
        let mailbox = &self.rim.mailbox;
        tokio::select! { biased;
            woken = signals.come() => woken,
            () = at(due) => Woken::Frame,
            event = events.next() => Woken::Input(event),
            Some(msg) = answers.receiver.recv() => Woken::Answer(msg),
            () = async { sleep_until(news_from).await; mailbox.changed().await } => Woken::News,
            () = at(wake) => Woken::Time,
            () = sleep_until(self.observed + OBSERVE) => Woken::Observe,
        }
    }

    fn event(&mut self, event: crossterm::event::Event) -> io::Result<Flow> {
        match input::message(event) {
            Some(msg) => self.tell(msg),
            None => Ok(Flow::On),
        }
    }

    /// Tells the program something, does what it asks for, and draws soon.
    fn tell(&mut self, msg: Msg) -> io::Result<Flow> {
        let now = self.rim.clock.now();
        let effects = update(self.app, msg, now);
        self.frames.answer(Instant::now());
        self.rim.carry_out(self.app, effects)
    }

    /// Takes the news: for the disk first, then for the state.
    fn news(&mut self) -> io::Result<Flow> {
        let updates = self.rim.mailbox.take();
        let present = Instant::now();
        let is_young = present < self.young_until;
        self.gathered = present + if is_young { GATHER_YOUNG } else { GATHER };
        let mut notices = Vec::new();
        if let Some(writer) = &mut self.rim.writer {
            writer.keep(updates.clone());
            notices = writer.take_notices();
        }
        for notice in notices {
            self.rim.say(self.app, Notice::bad(notice.message.to_string()));
        }
        let now = self.rim.clock.now();
        let effects = update(self.app, Msg::News(updates), now);
        self.draw_news(now);
        self.rim.carry_out(self.app, effects)
    }

    /// Asks for a frame if the screen would show anything else than it does.
    fn draw_news(&mut self, now: Timestamp) {
        if self.picture == Some(Picture::of(self.app, now)) {
            return;
        }
        let present = Instant::now();
        if present < self.young_until {
            self.frames.answer(present);
        } else {
            self.frames.news(present);
        }
    }

    /// Time has passed: something that the screen shows may be different now.
    fn time(&mut self) -> io::Result<Flow> {
        self.wake = None;
        let now = self.rim.clock.now();
        let effects = update(self.app, Msg::Wake, now);
        if let Some(writer) = &mut self.rim.writer {
            writer.hand_over();
        }
        let picture = Picture::of(self.app, now);
        if self.picture.as_ref() == Some(&picture) {
            self.wake = Some(Instant::now() + until(view::wake(self.app, now, &picture), now));
        } else {
            self.frames.news(Instant::now());
        }
        self.rim.carry_out(self.app, effects)
    }

    /// Notes the queue's figures for charts: in the history, and on screen.
    fn observe(&mut self) -> io::Result<Flow> {
        self.observed = Instant::now();
        let now = self.rim.clock.now();
        let samples = sampler::observe(&self.app.state, now);
        if samples.is_empty() {
            return Ok(Flow::On);
        }
        if let Some(writer) = &mut self.rim.writer {
            writer.append(&samples);
        }
        let updates = samples.into_iter().map(|(series, sample)| Update {
            key: SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("") },
            at: now,
            origin: Origin::Live,
            change: Change::Samples(series, vec![sample]),
        });
        let objectives = sampler::objectives(&self.app.state, &self.rim.slo, now);
        let updates = updates.chain(objectives).collect();
        let effects = update(self.app, Msg::News(updates), now);
        self.draw_news(now);
        self.rim.carry_out(self.app, effects)
    }

    fn stopped(&mut self) -> io::Result<Flow> {
        self.rim.suspend(self.app)?;
        self.frames.answer(Instant::now());
        Ok(Flow::On)
    }

    fn draw(&mut self) -> io::Result<Flow> {
        let now = self.rim.clock.now();
        draw(self.rim, self.app, now)?;
        self.frames.drawn(Instant::now());
        let picture = Picture::of(self.app, now);
        self.wake = Some(Instant::now() + until(view::wake(self.app, now, &picture), now));
        self.picture = Some(picture);
        Ok(Flow::On)
    }
}

/// Draws one frame, and notes where things are.
pub(super) fn draw(rim: &mut Rim, app: &mut App, now: Timestamp) -> io::Result<()> {
    let look = view::style::Look { theme: &rim.look.theme, glyphs: rim.look.glyphs };
    let mut drawn = None;
    rim.screen.draw(|frame| drawn = Some(view::draw_as(frame, app, look, now)))?;
    if let Some(drawn) = drawn {
        app.ui.note_drawn(drawn, now);
    }
    Ok(())
}

/// Waits until an instant; for ever where there is none.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// How long it is until `at`; at least a little, so that a wrong answer cannot make the loop spin.
fn until(at: Timestamp, now: Timestamp) -> Duration {
    const LEAST: Duration = Duration::from_millis(20);
    Duration::try_from(at.duration_since(now)).unwrap_or(LEAST).max(LEAST)
}
