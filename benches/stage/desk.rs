//! The program and a screen that nobody sees: messages in, frames out, on the caller's own thread.

use std::io::{BufWriter, Sink, sink};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use watchfloor::app::{App, Effect, Facts, ListRequest, Msg, command, update};
use watchfloor::domain::{Tiers, Timestamp};
use watchfloor::keymap::{Chord, Key, Keymap};
use watchfloor::pane::lens::Cx;
use watchfloor::pane::listing::Listing;
use watchfloor::state::State;
use watchfloor::theme::Theme;
use watchfloor::view;

/// A large screen: the detail stands beside the table.
const SCREEN: Rect = Rect::new(0, 0, 200, 50);

/// The program, its screen, and what time it is there.
pub(crate) struct Desk {
    pub(crate) app: App,
    screen: Terminal<CrosstermBackend<BufWriter<Sink>>>,
    theme: Theme,
    pub(crate) now: Timestamp,
}

impl Desk {
    pub(crate) fn new(tiers: Tiers, now: Timestamp) -> Result<Desk> {
        let (keymap, _) = Keymap::shipped("default", &command::names());
        let app = App::new(State::new(tiers), keymap, Facts::default());
        let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, sink()));
        let options = TerminalOptions { viewport: Viewport::Fixed(SCREEN) };
        let screen = Terminal::with_options(backend, options)?;
        let (theme, _) = Theme::find("default", None);
        Ok(Desk { app, screen, theme, now })
    }

    /// What the loop does after a message: the program changes, and is drawn.
    pub(crate) fn tell(&mut self, msg: Msg) -> Result<Option<ListRequest>> {
        let effects = update(&mut self.app, msg, self.now);
        let Desk { app, screen, theme, now } = self;
        let mut drawn = None;
        screen.draw(|frame| drawn = Some(view::draw(frame, app, theme, *now)))?;
        if let Some(drawn) = drawn {
            app.ui.note_drawn(drawn, *now);
        }
        Ok(asked(effects))
    }

    /// Answers a question as the worker does, off the clock, and gives the answer to the program.
    pub(crate) fn settle(&mut self, request: Option<ListRequest>) -> Result<()> {
        let Some(request) = request else { return Ok(()) };
        let (ticket, listing) = (request.ticket, build(&request, self.now)?);
        let again = self.tell(Msg::Listed { ticket, listing })?;
        anyhow::ensure!(again.is_none(), "one question, one answer");
        Ok(())
    }

    /// Types a text key by key and lets the worker answer each key.
    pub(crate) fn type_all(&mut self, text: &str) -> Result<()> {
        for character in text.chars() {
            let request = self.tell(Msg::Key(Chord::of(Key::Char(character))))?;
            self.settle(request)?;
        }
        Ok(())
    }

    pub(crate) fn rows(&self) -> usize {
        self.app.ui.table().map_or(0, |table| table.listing.len())
    }
}

pub(crate) fn asked(effects: Vec<Effect>) -> Option<ListRequest> {
    effects.into_iter().find_map(|effect| match effect {
        Effect::List(request) => Some(*request),
        _ => None,
    })
}

pub(crate) fn build(request: &ListRequest, now: Timestamp) -> Result<Listing> {
    let cx = Cx { state: &request.state, now };
    Listing::build(&cx, &request.question, &AtomicBool::new(false)).context("nobody cancels")
}
