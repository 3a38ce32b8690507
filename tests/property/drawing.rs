//! Any state is drawn at any size, and nothing that acts on a terminal is in the picture.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use watchfloor::app::{App, Effect, Facts, Msg, command, start, update};
use watchfloor::domain::Update;
use watchfloor::keymap::Keymap;
use watchfloor::pane::lens::Cx;
use watchfloor::pane::listing::Listing;
use watchfloor::state::State;
use watchfloor::theme::Theme;
use watchfloor::view::style::Look;
use watchfloor::view::{export, paint};

use super::cases;
use super::fleet::{now, tiers, updates};

/// The program after some news, with every list that it asked for.
struct Console(App);

impl Console {
    fn new(news: Vec<Update>) -> Console {
        let (keymap, _) = Keymap::shipped("default", &command::names());
        let mut console = Console(App::new(State::new(tiers()), keymap, Facts::default()));
        let effects = start(&mut console.0, now());
        console.carry_out(effects);
        console.tell(Msg::News(news));
        console
    }

    fn tell(&mut self, msg: Msg) {
        let effects = update(&mut self.0, msg, now());
        self.carry_out(effects);
    }

    /// Answers what was asked for; everything else is left undone.
    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let Effect::List(request) = effect else { continue };
            let cx = Cx { state: &request.state, now: now() };
            let listing = Listing::build(&cx, &request.question, &AtomicBool::new(false));
            let listing = listing.expect("nobody cancels");
            self.tell(Msg::Listed { ticket: request.ticket, listing });
        }
    }

    fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            self.tell(Msg::Key(key.parse().expect("a key")));
        }
    }

    fn draw(&mut self, width: u16, height: u16) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let (theme, _) = Theme::find("default", None);
        let (drawn, _) = paint(&mut buffer, &self.0, Look::new(&theme), now());
        self.0.ui.note_drawn(drawn, now());
        buffer
    }
}

/// Ways to every kind of screen.
const WAYS: &[&str] = &[
    "2",
    "2 tab",
    "2 tab tab",
    "2 enter",
    "2 enter enter",
    "2 l",
    "2 d",
    "2 w z",
    "2 / s t a t u s :",
    "2 / u n i t enter",
    "2 s",
    "2 c",
    "2 space space p",
    ":",
    "?",
    "3",
    "3 enter",
    "3 tab",
    "3 tab enter",
    "3 tab enter enter",
    "3 tab z w",
    "3 tab g j",
    "3 tab tab enter",
    "3 tab tab tab enter",
    "3 shift-tab enter",
    "2 g j",
    "0",
    "0 enter",
];

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn every_screen_is_drawn_at_any_size(
        news in updates(),
        way in prop::sample::select(WAYS),
        width in 1..=250_u16,
        height in 1..=80_u16,
    ) {
        let mut console = Console::new(news);
        console.draw(width, height);
        console.press(way);
        let buffer = console.draw(width, height);
        let picture = export::text(&buffer);
        prop_assert!(picture.lines().count() <= usize::from(height));
        let acts = picture.chars().find(|c| c.is_control() && *c != '\n');
        prop_assert_eq!(acts, None);
    }

    #[test]
    fn the_smallest_screens_are_drawn_too(
        news in updates(),
        way in prop::sample::select(WAYS),
        width in 1..=12_u16,
        height in 1..=6_u16,
    ) {
        let mut console = Console::new(news);
        console.press(way);
        console.draw(width, height);
    }
}
