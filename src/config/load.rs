//! The way from a file, the environment and the flags to [`Settings`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::diagnostic::{Diagnostic, Faults};
use super::env::{self, Environment};
use super::paths::Places;
use super::permission;
use super::read::value::is_loopback;
use super::read::{Reading, Source};
use super::settings::{SecretSource, Settings, UiSettings, Writes};
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
    /// The dotted key of every secret and where it comes from.
    pub secrets: Vec<(String, SecretSource)>,
    /// What is odd but no fault.
    pub warnings: Vec<Diagnostic>,
}

/// No settings, and what can be told all the same.
#[derive(Debug)]
pub struct Faulty {
    /// Why there are none.
    pub error: LoadError,
    /// What the file, the environment and the flags say nevertheless; nothing where the file could not be read.
    pub rest: Option<Rest>,
}

/// The parts of a faulty configuration that can be looked at by themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Rest {
    /// Where everything lies.
    pub places: Places,
    /// The look and feel.
    pub ui: UiSettings,
    /// The dotted key of every secret and where it comes from.
    pub secrets: Vec<(String, SecretSource)>,
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
        Settings::survey(request).map_err(|faulty| faulty.error)
    }

    /// Loads the settings that a request asks for; where they are faulty, tells what can be looked at all the same.
    pub fn survey(request: &LoadRequest) -> Result<Loaded, Box<Faulty>> {
        let nowhere = || Box::new(Faulty { error: LoadError::NoHome, rest: None });
        Settings::load_at(Places::of(request).ok_or_else(nowhere)?, request)
    }

    /// Loads the settings that a request asks for from places that are known already.
    pub(super) fn load_at(places: Places, request: &LoadRequest) -> Result<Loaded, Box<Faulty>> {
        let path = places.config_file.clone();
        let (text, error) = match read_trusted(&path) {
            Ok(text) => (Some(text), None),
            Err(Unread::Missing) if may_lack_a_file(request) => (None, None),
            Err(Unread::Missing) if is_named(request) => (None, Some(missing(&path).into())),
            Err(Unread::Missing) => (None, Some(LoadError::NoConfig(path.clone()))),
            Err(Unread::Refused(fault)) => {
                let error = Faults(vec![*fault]).into();
                return Err(Box::new(Faulty { error, rest: None }));
            }
        };
        let name = text.as_ref().map_or("environment".to_owned(), |_| path.display().to_string());
        let base = path.parent().unwrap_or(Path::new("."));
        let source = Source { name: &name, text: text.as_deref().unwrap_or_default(), base };
        let (mut reading, environment) = settled(&source, &request.environment);
        let Some(mut settings) = reading.settings.take() else {
            return Err(Box::new(Faulty { error: Faults(reading.faults).into(), rest: None }));
        };
        settings.override_by(&request.overrides);
        let places = places.within(&settings.folders, &request.overrides, &environment);
        let Reading { secrets, warnings, faults, .. } = reading;
        let error = match (error, faults.is_empty()) {
            (Some(error), _) => Some(error),
            (None, true) => None,
            (None, false) => Some(Faults(faults).into()),
        };
        match error {
            None => Ok(Loaded { settings, places, path: text.map(|_| path), secrets, warnings }),
            Some(error) => {
                let rest = Some(Rest { places, ui: settings.ui, secrets });
                Err(Box::new(Faulty { error, rest }))
            }
        }
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

/// What a text says, and the environment as it counts: nothing of it where the platform is simulated, so that no
/// variable leads elsewhere.
fn settled(source: &Source<'_>, environment: &Environment) -> (Reading, Environment) {
    let mut alone = Reading::of(source, &Environment::new());
    let simulated = alone.settings.as_ref().filter(|settings| settings.simulated);
    let Some(simulated) = simulated.filter(|_| alone.faults.is_empty()) else {
        return (Reading::of(source, environment), environment.clone());
    };
    if let Some(url) = simulated.servers().find(|url| !is_loopback(url)) {
        let message = format!("`simulated` is said, but {url} is not on this machine");
        let hint = "take `simulated` out: it is for platforms that are simulated here".to_owned();
        alone.faults.push(Diagnostic::about(source.name, &message, Some(hint)));
    }
    // The stricter of file and variable holds, simulated or not.
    let kept = |name: &str| name == "WATCHFLOOR_WRITES";
    let tight = environment.iter().filter(|(name, value)| kept(name) && *value == "never");
    let tight: Environment = tight.map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some(settings) = alone.settings.as_mut().filter(|_| !tight.is_empty()) {
        settings.writes = Writes::Never;
    }
    (alone, tight)
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
