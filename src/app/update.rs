//! [`update`]: one line a message.

use crate::domain::Timestamp;
use crate::state::Memory;

use super::notice::Notice;
use super::{
    ActRequest, App, Effect, Msg, access, act, command, input, list, mouse, news, then, timeline,
    why,
};

/// Takes in what happened and says what is to be done outside.
pub fn update(app: &mut App, msg: Msg, now: Timestamp) -> Vec<Effect> {
    act::tick(app, now);
    match msg {
        Msg::Key(chord) => moving(app, |app| input::key(app, chord, now)),
        Msg::Paste(text) => input::paste(app, &text, now),
        Msg::Mouse(what) => moving(app, |app| mouse::act(app, what, now)),
        Msg::Resize => Vec::new(),
        Msg::News(updates) => news::take(app, updates, now),
        Msg::Listed { ticket, listing } => list::listed(app, ticket, listing, now),
        Msg::Explained { ticket, answer } => why::answered(app, ticket, *answer, now),
        Msg::Looked { ticket, extra } => why::looked(app, ticket, *extra, now),
        Msg::Told { ticket, answer } => {
            timeline::told(app, ticket, answer);
            Vec::new()
        }
        Msg::Recalled { ticket, answer } => then::recalled(app, (ticket, answer), now),
        Msg::Judged { ticket, judgement } => access::judged(app, (ticket, judgement), now),
        Msg::Review(news) => access::reviewed(app, news, now),
        Msg::Remembered => {
            app.state.set_memory(Memory::Whole);
            Vec::new()
        }
        Msg::Log(job, news) => {
            if let Some(log) = app.ui.log.as_mut().filter(|log| log.of == job) {
                log.take(news);
            }
            Vec::new()
        }
        Msg::Act(news) => act::take(app, news, now),
        Msg::Done(result) => {
            app.ui.notices.show(result.unwrap_or_else(std::convert::identity), now);
            Vec::new()
        }
        Msg::Wake => news::wake(app, now),
    }
}

/// Does what a person asked for. What was said of the row under the cursor goes where another one, or another place, is
/// looked at then.
fn moving(app: &mut App, act: impl FnOnce(&mut App) -> Vec<Effect>) -> Vec<Effect> {
    let here = |app: &App| (app.ui.place().clone(), command::target(app));
    let before = here(app);
    let effects = act(app);
    if here(app) != before {
        app.ui.notices.leave();
    }
    effects
}

/// Starts the program: the first table is asked for, the first feeds are demanded.
pub fn start(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let mut effects = list::relist(app, now);
    effects.push(Effect::Demand(app.demanded()));
    effects.push(Effect::Act(ActRequest::Reconcile));
    effects
}

/// Says something that a person should know, without a message from outside.
pub fn say(app: &mut App, notice: Notice, now: Timestamp) {
    app.ui.notices.show(notice, now);
}
