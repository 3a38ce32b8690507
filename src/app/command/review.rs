//! Commands about access reviews: a campaign is begun, its items are decided about with one key each, it is signed off.

use super::{Command, Disabled, always, no_arguments};
use crate::access::campaign::Decision;
use crate::app::{App, access};
use crate::domain::Text;

/// The commands.
#[rustfmt::skip] // One command a block: they are read as a table.
pub(super) static ALL: &[Command] = &[
    Command { name: "review.start", scope: "global", doc: "begin a campaign of an access review: freezes what was read",
        arguments: no_arguments, enabled: always, run: |app, _, now| access::open_start(app, now) },
    Command { name: "review.keep", scope: "global", doc: "keep the rights that are meant; a reason is asked for where a finding stands",
        arguments: no_arguments, enabled: access::can_decide, run: |app, _, now| access::decide(app, Decision::Keep, now) },
    Command { name: "review.revoke", scope: "global", doc: "decide that the rights that are meant go; nothing is sent yet",
        arguments: no_arguments, enabled: access::can_decide, run: |app, _, now| access::decide(app, Decision::Revoke, now) },
    Command { name: "review.modify", scope: "global", doc: "decide what the rights that are meant become; nothing is sent yet",
        arguments: no_arguments, enabled: access::can_decide, run: |app, _, now| access::decide(app, Decision::Modify(Text::new("")), now) },
    Command { name: "review.escalate", scope: "global", doc: "decide that somebody else must decide about the rights that are meant",
        arguments: no_arguments, enabled: access::can_decide, run: |app, _, now| access::decide(app, Decision::Escalate, now) },
    Command { name: "review.send", scope: "global", doc: "do what was decided about a right: opens the dialog of its act",
        arguments: no_arguments, enabled: can_send, run: |app, _, now| access::send(app, now) },
    Command { name: "review.sign", scope: "global", doc: "sign the campaign off, by name",
        arguments: no_arguments, enabled: can_sign, run: |app, _, now| access::open_sign(app, now) },
];

fn can_send(app: &App) -> Result<(), Disabled> {
    if app.facts.never_writes {
        return Disabled::because("acts are forbidden here: writes = \"never\", or --read-only");
    }
    if app.state.review().is_none() {
        return Disabled::because("no campaign has begun: `:review.start` begins one");
    }
    if !app.acts.is_armed() {
        return Disabled::because("arm first: `:arm`");
    }
    Ok(())
}

fn can_sign(app: &App) -> Result<(), Disabled> {
    match app.state.review() {
        None => Disabled::because("no campaign has begun: `:review.start` begins one"),
        Some(review) if review.is_signed() => Disabled::because("it is signed off already"),
        Some(_) => Ok(()),
    }
}
