//! `show PANE`: one pane, drawn once, as text or as a picture.

use super::Surroundings;
use super::advice;
use super::args::{Global, Picture, Show};
use super::exit::{Exit, Problem};
use super::get;
use super::ground::Ground;
use super::look::{self, Sight};
use super::outage::{self, Outage};
use super::run::facts;
use crate::app::{self, App, Effect, Msg, ReviewNews, command, update};
use crate::cache::History;
use crate::domain::{Origin, Report, SourceId, SourceKey, Timestamp};
use crate::keymap::Keymap;
use crate::pane;
use crate::pane::lens::Cx;
use crate::pane::listing::Listing;
use crate::runtime::keeper;
use crate::runtime::review::Reviews;
use crate::theme::{Depth, Theme};
use crate::view::export;
use crate::view::style::Look;

/// How far back charts go.
const CHART: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// Looks once and draws.
pub(super) fn run(
    show: &Show,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let line = command_line(show)?;
    let ground = Ground::of(global, around)?;
    let origin = if show.offline { Origin::Cache } else { Origin::Live };
    if show.pane == "access" && origin == Origin::Live {
        look::first_rights(&ground, around)?;
    }
    let sight = look::look(&ground, &sources(&show.pane, &ground)?, origin, around)?;
    let is_known = is_known(&show.pane, &sight);
    tell_failures(&sight, around)?;
    if !is_known && sight.origin == Origin::Cache {
        let words = get::unknown_to_cache(&show.pane);
        around.err.write_all(words.as_bytes())?;
    }
    let app = app_on(&line, sight, &ground, around)?;
    let theme = theme(&ground, around)?;
    let size = (show.size.width, show.size.height);
    let buffer = export::still(&app.0, &theme, size, app.1);
    let drawn = match show.output {
        Picture::Text => export::text(&buffer),
        Picture::Svg => export::svg(&buffer, &Look::new(&theme)),
        Picture::Ansi => export::ansi(&buffer),
    };
    around.out.write_all(drawn.as_bytes())?;
    Ok(if is_known { Exit::Done } else { Exit::Unreachable })
}

/// What a pane looks at: the ledger asks for no platform, the others for all of them.
fn sources(pane: &str, ground: &Ground) -> Result<Vec<SourceId>, Problem> {
    if pane == "audit" {
        return Ok(vec![SourceId::LEDGER]);
    }
    ground.gitlab()?;
    if pane == "exceptions" && ground.loaded.settings.exceptions.is_none() {
        let hint = "name the project that holds it: add an [exceptions] table; `watchfloor config example` shows one";
        return Err(Problem::usage("the register of exceptions is not configured", hint));
    }
    let others = SourceId::ALL.into_iter().filter(|source| *source != SourceId::ACCESS);
    Ok(others.chain([SourceId::LEDGER]).collect())
}

/// Whether anything was read of what a pane rests on: of the queue, the objectives or the ledger for theirs, of any
/// platform's feed for the others.
fn is_known(pane: &str, sight: &Sight) -> bool {
    let bears = |source: SourceId| match pane {
        "pipelines" => source == SourceId::QUEUE,
        "slos" => source == SourceId::SLOS,
        "access" => source == SourceId::ACCESS,
        "exceptions" => matches!(source, SourceId::EXCEPTIONS | SourceId::REQUESTS),
        "audit" => source == SourceId::LEDGER,
        _ => source != SourceId::LEDGER,
    };
    let mut reports = sight.state.reports();
    reports.any(|(key, report)| bears(key.source) && report.confirmed_at.is_some())
}

/// Says which feeds failed, and what would cure it: a picture alone would not tell a script.
fn tell_failures(sight: &Sight, around: &mut Surroundings<'_>) -> Result<(), Problem> {
    let outage = |(key, report): (&SourceKey, &Report)| {
        let failure = report.failure.as_ref()?;
        Some(Outage {
            name: format!("{} of {}", key.source, key.scope),
            health: report.health(sight.at).as_str().to_owned(),
            message: failure.message.to_string(),
            hint: advice::of_failure(key, failure, sight.at),
        })
    };
    let outages: Vec<Outage> = sight.state.reports().filter_map(outage).collect();
    Ok(outage::tell(&outages, around.err)?)
}

/// The commands that lead to the pane and its rows.
fn command_line(show: &Show) -> Result<Vec<String>, Problem> {
    let mut lines = vec![format!("pane {}", show.pane)];
    let Some(view) = &show.view else { return Ok(lines) };
    let lenses = pane::find(&show.pane).map_or(&[][..], |pane| pane.about().lenses);
    let names: Vec<&str> = lenses.iter().map(|lens| lens.name()).collect();
    if !names.contains(&view.as_str()) {
        let message = format!("the pane {} has no rows named `{view}`", show.pane);
        return Err(Problem::usage(message, format!("it has {}", names.join(", "))));
    }
    lines.push(format!("view {view}"));
    Ok(lines)
}

/// The program with one pane open, and the moment.
fn app_on(
    lines: &[String],
    sight: Sight,
    ground: &Ground,
    around: &mut Surroundings<'_>,
) -> Result<(App, Timestamp), Problem> {
    let Sight { state, at, notices, .. } = sight;
    for notice in notices {
        writeln!(around.err, "warning: {}\n  hint: {}", notice.message, notice.hint)?;
    }
    let names = command::names();
    let keymap: Keymap = ground.loaded.places.keymap(&ground.loaded.settings.ui.keymap, &names).0;
    let mut app = App::new(state, keymap, facts(ground));
    let mut effects = app::start(&mut app, at);
    effects.extend(update(&mut app, Msg::News(charts(ground, at)), at));
    effects.extend(campaign(&mut app, ground, at));
    for line in lines {
        effects.extend(command::run(&mut app, line, at));
    }
    settle(&mut app, effects, at);
    Ok((app, at))
}

/// The newest campaign of an access review, where one ever began.
fn campaign(app: &mut App, ground: &Ground, now: Timestamp) -> Vec<Effect> {
    let opened = Reviews::read_at(&ground.loaded.places.review_db()).ok();
    let opened = opened.and_then(|reviews| reviews.open(None).ok());
    opened.map_or_else(Vec::new, |opened| {
        let change = keeper::opened(&opened.campaign);
        update(app, Msg::Review(ReviewNews::Changed(change)), now)
    })
}

/// What was observed lately, where anything was.
fn charts(ground: &Ground, now: Timestamp) -> Vec<crate::domain::Update> {
    if !ground.loaded.places.history_db().is_file() {
        return Vec::new();
    }
    let since = now.checked_sub(CHART).unwrap_or(Timestamp::MIN);
    History::open(&ground.loaded.places.state_dir).history.load(since)
}

/// Puts the rows in order until nothing more is asked for; everything else that a console would do is left out.
fn settle(app: &mut App, effects: Vec<Effect>, now: Timestamp) {
    let mut open = effects;
    while let Some(effect) = open.pop() {
        match effect {
            Effect::List(request) => {
                let cx = Cx { state: &request.state, now };
                let never = std::sync::atomic::AtomicBool::new(false);
                if let Some(listing) = Listing::build(&cx, &request.question, &never) {
                    let ticket = request.ticket;
                    open.extend(update(app, Msg::Listed { ticket, listing }, now));
                }
            }
            Effect::Judge(request) => {
                let ticket = request.ticket;
                if let Some(judgement) = request.answer(now) {
                    open.extend(update(app, Msg::Judged { ticket, judgement }, now));
                }
            }
            _ => {}
        }
    }
}

/// The theme, with all its colours: a picture does not depend on the terminal that asks for it.
fn theme(ground: &Ground, around: &mut Surroundings<'_>) -> Result<Theme, Problem> {
    let (theme, faults) = ground.loaded.places.theme(&ground.loaded.settings.ui.theme);
    for fault in faults {
        let words = fault.to_string().replacen("error:", "warning:", 1);
        around.err.write_all(words.as_bytes())?;
    }
    let depth = if ground.depth == Depth::Mono { Depth::Mono } else { Depth::TrueColor };
    Ok(theme.reduced(depth))
}
