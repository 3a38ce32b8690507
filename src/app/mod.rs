//! The program as a state machine: what it knows, where the person is, and what every message changes.
//!
//! **Invariant:** no I/O, no clock, no terminal. A message and an instant go in, effects come out as plain values; the
//! same messages at the same instants always lead to the same screen.

pub mod access;
pub mod act;
pub mod command;
pub mod effect;
mod filter;
pub mod handover;
pub mod input;
mod list;
pub mod log;
pub mod memory;
pub mod modal;
mod mouse;
pub mod msg;
mod news;
pub mod notice;
pub mod place;
pub mod table;
pub mod then;
pub mod timeline;
pub mod ui;
mod update;
pub mod why;

pub use access::{JudgeRequest, ReviewNews, ReviewRequest, remedy_of};
pub use act::{ActNews, ActRequest, target_in};
pub use effect::{Effect, Errand, ListRequest, LogId, LogTarget, ReadRequest};
pub use handover::HandoverRequest;
pub use input::scopes;
pub use msg::{Mouse, MouseKind, Msg, Result as ErrandResult};
pub use then::{Recollection, ThenRequest};
pub use timeline::TimelineRequest;
pub use update::{say, start, update};
pub use why::{ExplainRequest, LookRequest};

use std::sync::Arc;

use crate::access::Limits;
use crate::config::ExceptionSettings;
use crate::domain::{SourceId, Timestamp};
use crate::finding::Watch;
use crate::keymap::Keymap;
use crate::pane::lens::Cx;
use crate::state::State;
use crate::timeline::Chronicle;
use access::Access;
use act::Acts;
use ui::Ui;

/// The whole program.
#[derive(Debug)]
pub struct App {
    /// What is known about the platform.
    pub state: State,
    /// Where the person is and what they see.
    pub ui: Ui,
    /// What is known about acts.
    pub acts: Acts,
    /// What is under way about rights.
    pub access: Access,
    /// Keys to commands.
    pub keymap: Keymap,
    /// What does not change while the program runs.
    pub facts: Facts,
    /// What was found before: findings neither flicker nor vanish because nobody can look.
    pub watch: Watch,
    /// What was told last of everything that is followed.
    pub chronicle: Chronicle,
    /// When it was last worked out what the waiting jobs share.
    pub fleet: why::Fleet,
}

/// What does not change while the program runs, or only by a restart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Whether the platform is simulated.
    pub is_simulated: bool,
    /// Whether acts can never be armed.
    pub never_writes: bool,
    /// How long arming lasts, minutes.
    pub arm_minutes: u64,
    /// Names of the themes that can be chosen.
    pub themes: Vec<String>,
    /// Origins of configured platforms, such as `https://gitlab.example.com`: links to others are not opened.
    pub origins: Vec<String>,
    /// The thresholds of the rules of access.
    pub limits: Arc<Limits>,
    /// The register of exceptions, where one is configured.
    pub exceptions: Option<Arc<ExceptionSettings>>,
    /// Whether the terminal is to call somebody when something grave is found.
    pub notifies: bool,
}

impl App {
    /// A program that knows nothing yet and shows the first pane.
    pub fn new(state: State, keymap: Keymap, facts: Facts) -> App {
        App {
            state,
            ui: Ui::new(),
            acts: Acts::default(),
            access: Access::default(),
            keymap,
            facts,
            watch: Watch::default(),
            chronicle: Chronicle::default(),
            fleet: why::Fleet::default(),
        }
    }

    /// The state on screen: the live one, or the one at which it was paused.
    pub fn shown(&self) -> &State {
        self.ui.paused.as_ref().map_or(&self.state, |paused| &paused.state)
    }

    /// What a pane may look at now.
    pub fn cx(&self, now: Timestamp) -> Cx<'_> {
        let now = self.ui.paused.as_ref().map_or(now, |paused| paused.at);
        Cx { state: self.shown(), now }
    }

    /// The feeds that the screen rests on; the others may ask less often.
    pub fn demanded(&self) -> Vec<SourceId> {
        match self.ui.place().pane.about().name {
            // Now judges by all of them.
            // Rights are read for hours: whoever asks Now to look again does not ask for that.
            "now" | "sources" => {
                SourceId::ALL.into_iter().filter(|id| *id != SourceId::ACCESS).collect()
            }
            "access" => vec![SourceId::ACCESS, SourceId::EXCEPTIONS],
            "runners" => {
                let others = [SourceId::TOKEN, SourceId::ACCESS];
                SourceId::ALL.into_iter().filter(|id| !others.contains(id)).collect()
            }
            "slos" => vec![SourceId::SLOS, SourceId::ALERTS, SourceId::SILENCES],
            "exceptions" => vec![
                SourceId::EXCEPTIONS,
                SourceId::REQUESTS,
                SourceId::NATIVES,
                SourceId::SILENCES,
                SourceId::QUEUE,
            ],
            _ => vec![SourceId::PROJECTS, SourceId::QUEUE, SourceId::PODS],
        }
    }
}
