//! The pane Exceptions: what was granted until when, who asks for more, and what ends next.

mod calendar;
mod detail;
mod drift;
mod guard;
mod history;
mod looks;
mod requests;
mod rows;
mod silenced;
mod uses;
mod words;

pub use drift::DRIFT;
pub use looks::LOOKS;
pub use requests::REQUESTS;
pub use rows::EXCEPTIONS;
pub use words::{Chip, chip, remaining_seconds, state_word};

use crate::domain::{EntityId, ExceptionState, Health, SourceId};
use crate::pane::block::{Block, Cell};
use crate::pane::lens::{Cx, Lens, Subject};
use crate::pane::{About, Count, Pane, slos, sources};
use crate::theme::Role;

/// The pane.
#[derive(Debug)]
pub struct Exceptions;

static ABOUT: About = About {
    name: "exceptions",
    title: "Exceptions",
    digit: '5',
    doc: "time-bound exceptions and the requests for them, what ends next first",
    lenses: &[&EXCEPTIONS, &REQUESTS, &DRIFT, &LOOKS],
};

impl Pane for Exceptions {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// Requests that wait for the token's user, and exceptions that are past their end or near it.
    fn count(&self, cx: &Cx<'_>) -> Count {
        let endings = cx.state.endings();
        let expired = endings.count(ExceptionState::Expired);
        let ending = endings.count(ExceptionState::Expiring);
        let requests = cx.state.requests().iter();
        let waiting = requests.filter(|(_, row)| row.value.blocked_for_me.is_none()).count();
        let role = if expired > 0 { Role::SeverityBad } else { Role::SeverityWarning };
        Count::of(expired + ending + waiting, role)
    }

    fn band(&self, cx: &Cx<'_>) -> Vec<Block> {
        let mut blocks = calendar::blocks(cx);
        blocks.extend(drift::band(cx));
        blocks
    }

    fn detail(&self, cx: &Cx<'_>, id: &EntityId) -> Vec<Block> {
        match Subject::find(cx.state, id) {
            Some(Subject::Exception(row)) => detail::exception(cx, row),
            Some(Subject::Request(row)) => detail::request(cx, row),
            Some(Subject::Silence(row)) => slos::silence(cx, &row.value),
            Some(Subject::Drift(one)) => drift::detail(cx, one),
            Some(Subject::Sighting(row)) => looks::detail(cx, &row.value),
            _ => Vec::new(),
        }
    }

    fn empty(&self, cx: &Cx<'_>) -> Vec<Cell> {
        empty(cx, SourceId::EXCEPTIONS, "the register is empty: nothing is excepted from anything")
    }

    fn empty_of(&self, cx: &Cx<'_>, lens: &dyn Lens) -> Vec<Cell> {
        match lens.name() {
            "requests" => empty(cx, SourceId::REQUESTS, "nobody asks for an exception"),
            "drift" => empty(cx, SourceId::NATIVES, "the register and the tools say the same"),
            "looks" => empty(cx, SourceId::NATIVES, "there is no place to look at"),
            _ => self.empty(cx),
        }
    }
}

/// Why there is nothing, and what would fill it.
fn empty(cx: &Cx<'_>, source: SourceId, none: &str) -> Vec<Cell> {
    match cx.state.source_health(source, cx.now) {
        None | Some(Health::Unconfigured) => vec![
            Cell::plain(
                "`[exceptions]` is not configured: give the `project` that holds the register",
            ),
            Cell::dim("what a record says: `watchfloor exceptions schema`, and docs/exceptions.md"),
        ],
        Some(Health::Starting) => vec![Cell::plain("not read yet")],
        Some(Health::Live) => vec![Cell::plain(none)],
        Some(Health::Partial) => vec![
            Cell::plain("nothing of what could be read"),
            Cell::dim("press 0 to see what could not"),
        ],
        Some(health) => vec![
            Cell::new(format!("nothing is known: {}", sources::word(health)), Role::SeverityBad),
            Cell::dim("press 0 to see why"),
        ],
    }
}
