//! The way from a file, the environment and the flags to [`Settings`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::diagnostic::{Diagnostic, Faults};
use super::env::{self, Environment};
use super::paths::Places;
use super::permission;
use super::read::Source;
use super::read::value::is_loopback;
use super::settings::{Settings, Writes};
use url::Url;

/// The largest file that is read, bytes.
const MAX_BYTES: u64 = 1 << 20;

/// What the command line says over the file and the environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// The config file.
    pub config: Option<PathBuf>,
    /// The folder of the cache.
    pub cache_dir: Option<PathBuf>,
    /// The folder of the state.
    pub state_dir: Option<PathBuf>,
    /// The log file.
    pub log_file: Option<PathBuf>,
    /// The theme's name.
    pub theme: Option<String>,
    /// The keymap's name.
    pub keymap: Option<String>,
    /// Whether writes may be armed; `Never` cannot be undone by a file.
    pub writes: Option<Writes>,
}

/// What settings are made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadRequest {
    /// The command line's word.
    pub overrides: Overrides,
    /// The environment.
    pub environment: Environment,
}

impl LoadRequest {
    /// Takes the environment of this process.
    pub fn of_process(overrides: Overrides) -> LoadRequest {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        LoadRequest { overrides, environment: std::env::vars_os().filter_map(text).collect() }
    }
}

/// Settings, where they came from, and what is odd about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Where everything lies.
    pub places: Places,
    /// The file that was read; none where the environment alone said everything.
    pub path: Option<PathBuf>,
    /// What is odd but no fault.
    pub warnings: Vec<Diagnostic>,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no config file in the usual place, and none was named.
    #[error("no config file at {}", .0.display())]
    NoConfig(PathBuf),
    /// The system names no home for us.
    #[error("no home folder is known; name the places by --config, --cache-dir and --state-dir")]
    NoHome,
    /// Something is wrong with the file or the environment: everything, at once.
    #[error("{0}")]
    Faults(#[from] Faults),
}

impl Settings {
    /// Loads the settings that a request asks for.
    pub fn load(request: &LoadRequest) -> Result<Loaded, LoadError> {
        Settings::load_at(Places::of(request).ok_or(LoadError::NoHome)?, request)
    }

    /// Loads the settings that a request asks for from places that are known already.
    pub(super) fn load_at(places: Places, request: &LoadRequest) -> Result<Loaded, LoadError> {
        let path = places.config_file.clone();
        let text = match read_trusted(&path) {
            Ok(text) => Some(text),
            Err(Unread::Missing) if may_lack_a_file(request) => None,
            Err(Unread::Missing) if is_named(request) => return Err(missing(&path).into()),
            Err(Unread::Missing) => return Err(LoadError::NoConfig(path)),
            Err(Unread::Refused(fault)) => return Err(Faults(vec![*fault]).into()),
        };
        let name = text.as_ref().map_or("environment".to_owned(), |_| path.display().to_string());
        let base = path.parent().unwrap_or(Path::new("."));
        let source = Source { name: &name, text: text.as_deref().unwrap_or_default(), base };
        let environment = settled(&source, &request.environment)?;
        let (mut settings, warnings) = Settings::parse(&source, &environment)?;
        settings.override_by(&request.overrides);
        let places = places.within(&settings.folders, &request.overrides, &environment);
        Ok(Loaded { settings, places, path: text.map(|_| path), warnings })
    }

    /// Every server that is configured.
    pub fn servers(&self) -> impl Iterator<Item = &Url> {
        let gitlab = self.gitlab.iter().map(|gitlab| &gitlab.url);
        let prometheus = self.prometheus.iter().map(|prometheus| &prometheus.url);
        let alertmanager = self.alertmanager.iter().map(|alertmanager| &alertmanager.url);
        let clusters = self.clusters.iter().filter_map(|cluster| cluster.eks.as_ref());
        let endpoints = clusters.filter_map(|eks| eks.endpoint_url.as_ref());
        gitlab.chain(prometheus).chain(alertmanager).chain(endpoints)
    }

    fn override_by(&mut self, overrides: &Overrides) {
        if overrides.writes == Some(Writes::Never) {
            self.writes = Writes::Never;
        }
        if let Some(theme) = &overrides.theme {
            self.ui.theme.clone_from(theme);
        }
        if let Some(keymap) = &overrides.keymap {
            self.ui.keymap.clone_from(keymap);
        }
    }
}

/// The environment as it counts: nothing of it where the platform is simulated, so that no variable leads elsewhere.
fn settled(source: &Source<'_>, environment: &Environment) -> Result<Environment, LoadError> {
    let Ok((alone, _)) = Settings::parse(source, &Environment::new()) else {
        return Ok(environment.clone());
    };
    if !alone.simulated {
        return Ok(environment.clone());
    }
    match alone.servers().find(|url| !is_loopback(url)) {
        None => Ok(Environment::new()),
        Some(url) => {
            let message = format!("`simulated` is said, but {url} is not on this machine");
            let hint =
                "take `simulated` out: it is for platforms that are simulated here".to_owned();
            let fault = Diagnostic::about(source.name, &message, Some(hint));
            Err(Faults(vec![fault]).into())
        }
    }
}

/// Whether the environment alone says enough, and no file was asked for.
fn may_lack_a_file(request: &LoadRequest) -> bool {
    !is_named(request) && env::of(&request.environment, "gitlab.url").is_some()
}

/// Whether a flag or a variable names the file.
fn is_named(request: &LoadRequest) -> bool {
    request.overrides.config.is_some() || env::of(&request.environment, "--config").is_some()
}

fn missing(path: &Path) -> Faults {
    let hint = "check the path that --config or WATCHFLOOR_CONFIG gives".to_owned();
    let name = path.display().to_string();
    Faults(vec![Diagnostic::about(&name, "the config file is not there", Some(hint))])
}

/// Why a file was not read.
pub(super) enum Unread {
    /// It is not there.
    Missing,
    /// It is there and must not, or cannot, be read.
    Refused(Box<Diagnostic>),
}

/// Reads a file that nobody else may write.
pub(super) fn read_trusted(path: &Path) -> Result<String, Unread> {
    let name = path.display().to_string();
    let refused = |message: &str, hint: Option<String>| {
        Unread::Refused(Box::new(Diagnostic::about(&name, message, hint)))
    };
    let failed = |why: io::Error| match why.kind() {
        io::ErrorKind::NotFound => Unread::Missing,
        _ => refused(&format!("the file cannot be read: {why}"), None),
    };
    let file = fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if let Some(exposure) = permission::writable_by_others(&metadata) {
        let message = format!("the file {}, so it is not believed", exposure.message());
        return Err(refused(&message, Some(exposure.hint(path))));
    }
    if metadata.len() > MAX_BYTES {
        return Err(refused("the file is larger than 1 MiB", None));
    }
    io::read_to_string(io::Read::take(file, MAX_BYTES)).map_err(failed)
}
