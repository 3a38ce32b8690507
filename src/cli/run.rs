//! The console.

use super::Surroundings;
use super::args::Global;
use super::exit::{Exit, Problem};
use super::ground::{self, Ground};
use crate::app::{Facts, command};
use crate::config::{Loaded, Settings, Writes};
use crate::runtime::{self, Ending, Look, Setup};
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
    let policy = ground.policy()?.policy;
    let Ground { loaded, clock, depth, glyphs, log: _log, .. } = ground;
    let Loaded { settings, places, .. } = loaded;
    let (theme, of_theme) = places.theme(&settings.ui.theme);
    let (keymap, of_keymap) = places.keymap(&settings.ui.keymap, &command::names());
    let notices = of_theme.into_iter().chain(of_keymap).map(|fault| fault.message).collect();
    let look = Look { theme: theme.reduced(depth), depth, glyphs };
    let setup = Setup { settings, policy, places, look, keymap, clock, facts, notices };
    let ended = ground::tasks()?.block_on(runtime::run(setup));
    match ended {
        Ok(Ending::Left) => Ok(Exit::Done),
        Ok(Ending::Interrupted) => Ok(Exit::Interrupted),
        Err(error) => {
            let hint = "start it in a terminal, or look with `watchfloor get jobs`";
            Err(Problem::usage(format!("the console cannot use this terminal: {error}"), hint))
        }
    }
}

/// What does not change while the console runs.
pub(super) fn facts(ground: &Ground) -> Facts {
    let settings = &ground.loaded.settings;
    Facts {
        is_simulated: settings.simulated,
        never_writes: settings.writes == Writes::Never,
        arm_minutes: settings.arm.as_secs() / 60,
        themes: themes(ground),
        origins: origins(settings),
        exceptions: settings.exceptions.clone().map(Into::into),
        limits: settings.access.limits().into(),
        notifies: settings.ui.notify,
    }
}

/// The origins of every configured platform that has pages, and of the runbooks.
pub(super) fn origins(settings: &Settings) -> Vec<String> {
    let pages = settings.gitlab.iter().map(|gitlab| &gitlab.url);
    let pages = pages.chain(settings.runbooks.values());
    pages.map(|url| url.origin().ascii_serialization()).collect()
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
