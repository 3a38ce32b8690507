//! `act`: one act on some targets, the same way as the console: gate, look, ledger, one request, outcome.

mod campaign;
mod finding;
mod perform;
mod read;
mod sheet;
pub(super) mod target;

use std::io::{self, Write};
use std::time::Duration;

use super::Surroundings;
use super::args::{Act, ActOutput, Global};
use super::exit::{Exit, Problem};
use super::get::Table;
use super::ground::{self, Ground};
use super::json::{self, KnownAct};
use super::look;
use crate::action::{Denied, Desk, Gate, longest_silence};
use crate::api::Wiring;
use crate::config::Writes;
use crate::domain::act::hold_end;
use crate::domain::act::{ENDS_AT, says_something};
use crate::domain::{ACTS, Confirmation, Proposal, Risk, TargetKind, Timestamp, silence_end};
use crate::pane::block::Align;
use crate::runtime::shelf::DiskShelf;
use crate::runtime::{self, Clock};
use crate::source;
use perform::Looked;
use sheet::Sheet;

/// Lists the acts, says what one would do, or does it.
pub(super) fn run(
    asked: &Act,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let Some(name) = &asked.name else {
        list(asked.output, around.out)?;
        return Ok(Exit::Done);
    };
    let act = read::act(name)?;
    let chosen = read::chosen(act, &asked.set, &around.environment)?;
    let ground = Ground::of(global, around)?;
    gate(&ground)?;
    let targets = target::read(act, &asked.targets, &ground)?;
    finding::found(&targets, &ground, around)?;
    let proposals: Vec<Proposal> =
        targets.into_iter().map(|target| chosen.proposal(act, target, asked)).collect();
    carry_out(asked, &ground, proposals, around)
}

/// Says what proposals would do, or does it: with `asked` the reason, the words that confirm it, and whether it is armed.
pub(super) fn carry_out(
    asked: &Act,
    ground: &Ground,
    proposals: Vec<Proposal>,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let mut gate = gate(ground)?;
    let longest = longest_silence(&ground.loaded.settings);
    proposals.iter().try_for_each(|one| end(one, ground.clock.now(), longest))?;
    let desk = desk(ground, &proposals, around)?;
    let sheet = ground::tasks()?.block_on(async {
        perform::clear_up(&desk, ground.clock.now(), around.err).await;
        let mut looked = perform::look(&desk, proposals).await;
        if let Some(problem) = named_twice(&looked) {
            return Err(problem);
        }
        // That it has no end yet is told with what else is missing: it is no refusal.
        looked.iter_mut().filter(|one| is_endless(one)).for_each(|one| one.objection = None);
        let missing = missing(asked, &looked);
        Ok(if missing.is_empty() && asked.arm {
            note_new(ground, around.err);
            // The window is this command's own and ends with it.
            let now = ground.clock.now();
            let all: Vec<Proposal> = looked.iter().map(|one| one.proposal.clone()).collect();
            match gate.arm(now).and_then(|_| gate.admit(&all, now)) {
                Ok(()) => Box::pin(perform::perform(&desk, &gate, looked, around.err)).await,
                Err(denied) => Sheet::refused(&looked, &denied),
            }
        } else {
            Sheet::dry(&looked, missing)
        })
    })?;
    doubt(&sheet, ground);
    campaign::join(&sheet, ground, around.err)?;
    sheet.print(asked.output, ground.clock.now(), around)?;
    Ok(sheet.exit())
}

/// What is kept of rights at places where something was sent is old: it is read again.
fn doubt(sheet: &Sheet, ground: &Ground) {
    let shelf = DiskShelf::new(&ground.loaded.places.cache_dir);
    for place in sheet.sent().filter_map(|(sent, _)| sent.target.place_of_rights()) {
        source::doubt(&shelf, &place);
    }
}

/// One thing that was asked for under two names: a project goes by its path and by its id.
fn named_twice(looked: &[Looked]) -> Option<Problem> {
    let is_twice = |(place, one): &(usize, &Looked)| {
        looked.iter().take(*place).any(|other| other.proposal.target == one.proposal.target)
    };
    let (_, one) = looked.iter().enumerate().find(is_twice)?;
    let message = format!("{} is named twice, once as {}", one.target, one.asked);
    Some(Problem::usage(message, "name each target once"))
}

/// An end that is none is wrong before anything is read. That there is none yet is told with what else is missing.
fn end(proposal: &Proposal, now: Timestamp, longest: Option<Duration>) -> Result<(), Problem> {
    let has = |name| proposal.setting(name).is_some();
    if !(has("duration") || has(ENDS_AT)) || !proposal.act.settings.contains(&ENDS_AT) {
        return Ok(());
    }
    let hint = "write --set duration=2h, or --set ends_at=2026-01-12T06:00:00Z";
    let end = match proposal.act.target {
        TargetKind::Finding => hold_end(proposal, now),
        _ => silence_end(proposal, now, longest),
    };
    end.map(drop).map_err(|why| Problem::usage(why, hint))
}

/// Says that a ledger begins new, where there is none: whether there was one before nobody can tell from here.
fn note_new(ground: &Ground, err: &mut dyn Write) {
    let path = ground.loaded.places.audit_db();
    if !path.exists() {
        // Whether anybody reads this does not matter to the act.
        let path = path.display();
        writeln!(
            err,
            "note: there is no ledger at {path}: a new one begins with the first act that is sent"
        )
        .ok();
    }
}

/// The gate of this one command: closed, and for ever where the configuration or a flag says so.
fn gate(ground: &Ground) -> Result<Gate, Problem> {
    let settings = &ground.loaded.settings;
    if settings.writes == Writes::Never {
        let hint = "only a config file with writes = \"arm\", without WATCHFLOOR_WRITES=never and --read-only, lets acts through";
        return Err(Problem::usage(Denied::Never, hint));
    }
    Ok(Gate::new(settings.writes, settings.arm))
}

/// The desk before the platforms. GitLab's token is read here and once, where GitLab is needed.
fn desk(
    ground: &Ground,
    proposals: &[Proposal],
    around: &Surroundings<'_>,
) -> Result<Desk, Problem> {
    let needs_gitlab = proposals.iter().any(|proposal| target::is_of_gitlab(proposal.act.target));
    let wiring = if needs_gitlab {
        let wiring = look::wiring(ground, ground.gitlab()?, &around.environment);
        wiring.map_err(|error| Problem::usage(&error, error.hint()))?
    } else {
        let (clock, environment): (Clock, _) = (ground.clock, around.environment.clone());
        Wiring::new(move || clock.now(), move |name| environment.get(name).cloned())
    };
    let (settings, path) = (&ground.loaded.settings, ground.loaded.places.audit_db());
    let desk = Desk::new(settings, &path, runtime::person::who(), wiring);
    match proposals.iter().find(|proposal| desk.wire(proposal).is_none()) {
        None => Ok(desk),
        Some(proposal) => {
            let Proposal { act, target, .. } = proposal;
            let message = format!("no configured platform can do {} of {target}", act.name);
            let hint = "check the target's cluster, --set, the bounds and `[exceptions]` in the config file";
            Err(Problem::usage(message, hint))
        }
    }
}

/// What the command line lacks before anything may be sent.
fn missing(asked: &Act, looked: &[Looked]) -> Vec<String> {
    let mut missing = Vec::new();
    if looked.iter().any(is_endless) {
        missing.push("--set duration=SPAN".to_owned());
    }
    if !asked.reason.as_deref().is_some_and(says_something) {
        missing.push("--reason TEXT".to_owned());
    }
    if let Some(words) = confirmation(looked) {
        match asked.confirm.as_deref() {
            Some(given) if given == words => {}
            Some(given) => missing.push(format!("--confirm {words} (not {given})")),
            None => missing.push(format!("--confirm {words}")),
        }
    }
    if asked.sha.is_none() {
        missing.extend(looked.iter().find_map(unpinned));
    }
    if !asked.arm {
        missing.push("--arm".to_owned());
    }
    missing
}

/// What pins a decision to the commit that was reviewed, where it is to be pinned.
fn unpinned(one: &Looked) -> Option<String> {
    let is_pinned = matches!(one.proposal.act.name, "exception.approve" | "exception.merge");
    let head = one.proposal.identity.as_ref().filter(|_| is_pinned)?;
    Some(format!("--sha {head}, if that is the head that you reviewed"))
}

/// Whether it wants an end and has none.
fn is_endless(one: &Looked) -> bool {
    let has = |name| one.proposal.setting(name).is_some();
    one.proposal.act.settings.contains(&"duration") && !has("duration") && !has(ENDS_AT)
}

/// What is typed to confirm: the number of several; the name of one that is protected or destroyed.
fn confirmation(looked: &[Looked]) -> Option<String> {
    match looked {
        [only] => match only.proposal.confirmation() {
            Confirmation::Key => None,
            Confirmation::Typed(name) => Some(name.to_string()),
        },
        several => Some(several.len().to_string()),
    }
}

/// Every act with what it needs.
fn list(output: ActOutput, out: &mut dyn Write) -> io::Result<()> {
    if output == ActOutput::Json {
        let items: Vec<KnownAct<'_>> = ACTS.iter().map(known).collect();
        let document = json::document("acts", Clock::wall().now(), &items);
        serde_json::to_writer_pretty(&mut *out, &document)?;
        return writeln!(out);
    }
    let title = |title: &str| (title.to_owned(), Align::Left);
    let rows = ACTS.iter().map(|act| {
        let keys = if act.settings.is_empty() { "-".to_owned() } else { act.settings.join(" ") };
        let words = [act.name, act.target.form(), keys.as_str(), act.doc, act.needs];
        words.map(str::to_owned).to_vec()
    });
    let headings = ["ACT", "TARGET", "--SET", "WHAT IT DOES", "NEEDS"].map(title).to_vec();
    Table { headings, rows: rows.collect() }.print(out)
}

fn known(act: &'static crate::domain::Act) -> KnownAct<'static> {
    KnownAct {
        name: act.name,
        doc: act.doc,
        target: act.target.noun(),
        form: act.target.form(),
        destructive: act.risk == Risk::Destructive,
        needs: act.needs,
        settings: act.settings.to_vec(),
    }
}
