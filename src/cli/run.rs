//! The console.

use super::Surroundings;
use super::args::Global;
use super::exit::{Exit, Problem};
use super::ground::{self, Ground};
use crate::app::Facts;
use crate::config::{Settings, Writes};
use crate::theme;

/// Opens the console on the configured platform.
pub(super) fn run(global: &Global, around: &mut Surroundings<'_>) -> Result<Exit, Problem> {
    let ground = Ground::of(global, around)?;
    let facts = facts(&ground);
    console(ground, facts)
}

/// Opens the console on a ground, whatever platform that is.
pub(super) fn console(mut ground: Ground, facts: Facts) -> Result<Exit, Problem> {
    ground.start_log();
    drop(facts);
    let hint = "look with `watchfloor get jobs` meanwhile";
    Err(Problem::usage("the console is not part of this build yet", hint))
}

/// What does not change while the console runs.
pub(super) fn facts(ground: &Ground) -> Facts {
    let settings = &ground.loaded.settings;
    Facts {
        is_simulated: false,
        never_writes: settings.writes == Writes::Never,
        themes: themes(ground),
        origins: origins(settings),
    }
}

/// Base URLs of every configured platform.
fn origins(settings: &Settings) -> Vec<String> {
    ground::urls(settings).map(ToString::to_string).collect()
}

/// The names of the shipped themes, then of the user's own.
fn themes(ground: &Ground) -> Vec<String> {
    let mut names: Vec<String> = theme::names().map(str::to_owned).collect();
    let Ok(folder) = std::fs::read_dir(&ground.loaded.places.themes) else { return names };
    let own = folder.filter_map(|entry| {
        let path = entry.ok()?.path();
        let is_theme = path.extension().is_some_and(|kind| kind == "toml");
        is_theme.then(|| path.file_stem()?.to_str().map(str::to_owned))?
    });
    let mut own: Vec<String> = own.filter(|name| !names.contains(name)).collect();
    own.sort_unstable();
    names.append(&mut own);
    names
}
