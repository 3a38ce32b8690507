//! [`Ground`]: what a command stands on: settings, places, the clock, the way to secrets.

use std::path::Path;

use super::Surroundings;
use super::args::Global;
use super::exit::{Exit, Problem};
use crate::config::{
    Environment, GitlabSettings, LoadError, LoadRequest, Loaded, Overrides, PolicyFile, Settings,
    Writes, is_loopback,
};
use crate::runtime::clock::Clock;
use crate::runtime::log::{self, Detail, WorkerGuard};
use crate::theme::Depth;
use crate::view::glyph::{self, Glyphs};

/// What a command stands on.
#[derive(Debug)]
pub(super) struct Ground {
    /// The settings and where everything lies.
    pub(super) loaded: Loaded,
    /// What time it is.
    pub(super) clock: Clock,
    /// How many colours the terminal shows.
    pub(super) depth: Depth,
    /// The signs that the terminal shows.
    pub(super) glyphs: &'static Glyphs,
    /// How much goes into the log.
    pub(super) detail: Detail,
    /// Flushes the log in the end, where one is written.
    pub(super) log: Option<WorkerGuard>,
}

impl Ground {
    /// Loads what the flags and the environment ask for.
    pub(super) fn of(global: &Global, around: &mut Surroundings<'_>) -> Result<Ground, Problem> {
        let environment = around.environment.clone();
        let request = LoadRequest { overrides: global.overrides(), environment };
        let loaded = Settings::load(&request)?;
        for warning in &loaded.warnings {
            let words = warning.to_string().replacen("error:", "warning:", 1);
            around.err.write_all(words.as_bytes())?;
        }
        Ground::on(loaded, global, &around.environment)
    }

    /// Stands on what was loaded already.
    pub(super) fn on(
        loaded: Loaded,
        global: &Global,
        environment: &Environment,
    ) -> Result<Ground, Problem> {
        let clock = clock(global, &loaded.settings)?;
        let depth = depth(global, environment);
        let glyphs = glyphs(environment);
        let mut ground = Ground { loaded, clock, depth, glyphs, detail: detail(global), log: None };
        if global.verbose > 0 || global.log_file.is_some() {
            ground.start_log();
        }
        Ok(ground)
    }

    /// Starts writing the log. Without a file nothing is written.
    pub(super) fn start_log(&mut self) {
        let path = self.loaded.places.log_file();
        let folder = path.parent().unwrap_or(Path::new("."));
        if self.log.is_none() && crate::config::create_private_dir(folder).is_ok() {
            self.log = log::start(&path, self.detail);
        }
    }

    /// The policy of the deployment gate that the settings name, else the built-in one.
    pub(super) fn policy(&self) -> Result<PolicyFile, Problem> {
        match &self.loaded.settings.gate.policy {
            Some(path) => Ok(PolicyFile::load(path).map_err(LoadError::from)?),
            None => Ok(PolicyFile::builtin()),
        }
    }

    /// GitLab's settings.
    pub(super) fn gitlab(&self) -> Result<&GitlabSettings, Problem> {
        self.loaded.settings.gitlab.as_ref().ok_or_else(|| {
            let hint = "add a [gitlab] table; `watchfloor config example` shows one";
            Problem::usage("GitLab is not configured", hint)
        })
    }
}

impl Global {
    /// What the flags say over the file and the environment.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            config: self.config.clone(),
            cache_dir: self.cache_dir.clone(),
            state_dir: self.state_dir.clone(),
            log_file: self.log_file.clone(),
            theme: self.theme.clone(),
            keymap: self.keymap.clone(),
            writes: self.read_only.then_some(Writes::Never),
        }
    }
}

/// The environment of this process, as far as it is text.
pub(super) fn environment_of_process() -> Environment {
    LoadRequest::of_process(Overrides::default()).environment
}

/// What runs a command's requests.
pub(super) fn tasks() -> Result<tokio::runtime::Runtime, Problem> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(
        |error| {
            let hint = "the system lets no more threads start; see `ulimit -u`";
            Problem::new(Exit::Usage, format!("no threads could be started: {error}"), hint)
        },
    )
}

/// The clock: moved only where nobody but this machine is asked.
fn clock(global: &Global, settings: &Settings) -> Result<Clock, Problem> {
    let Some(instant) = global.now else { return Ok(Clock::wall()) };
    match settings.servers().find(|url| !is_loopback(url)) {
        None => Ok(Clock::starting_at(instant)),
        Some(url) => {
            let message = format!(
                "--now is refused: {} is not on this machine",
                url.origin().ascii_serialization()
            );
            let hint =
                "leave --now out; it is for simulated platforms, whose URLs are all loopback";
            Err(Problem::usage(message, hint))
        }
    }
}

/// How many colours there are: none where somebody said so.
pub(super) fn depth(global: &Global, environment: &Environment) -> Depth {
    if global.no_color {
        return Depth::Mono;
    }
    Depth::detect(&|name| environment.get(name).cloned())
}

/// The signs of Unicode, unless the locale is known to lack them.
fn glyphs(environment: &Environment) -> &'static Glyphs {
    let said = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| environment.get(*name))
        .find(|value| !value.is_empty());
    let lacks = said.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        !(locale.contains("utf-8") || locale.contains("utf8"))
    });
    if lacks { &glyph::ASCII } else { &glyph::UNICODE }
}

fn detail(global: &Global) -> Detail {
    match global.verbose {
        0 => Detail::Usual,
        1 => Detail::More,
        _ => Detail::All,
    }
}
