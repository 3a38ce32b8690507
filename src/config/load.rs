//! The way from a file, the environment and the flags to [`Settings`].

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{cell::RefCell, io};

use toml::de::DeTable;

use super::diagnostic::{Diagnostic, Faults, nearest};
use super::env::{self, Environment};
use super::paths::Places;
use super::reader::{Document, Table};
use super::settings::{Settings, Writes};
use super::{mask, permission, platform, subjects};

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
    /// There is no config file at all.
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
        let places = Places::of(request).ok_or(LoadError::NoHome)?;
        let path = places.config_file.clone();
        let text = match read_trusted(&path) {
            Ok(text) => Some(text),
            Err(Unread::Missing) if may_lack_a_file(request) => None,
            Err(Unread::Missing) => return Err(LoadError::NoConfig(path)),
            Err(Unread::Refused(fault)) => return Err(Faults(vec![*fault]).into()),
        };
        let name = text.as_ref().map_or("environment".to_owned(), |_| path.display().to_string());
        let base = path.parent().unwrap_or(Path::new("."));
        let source = Source { name: &name, text: text.as_deref().unwrap_or_default(), base };
        let (mut settings, warnings) = Settings::parse(&source, &request.environment)?;
        settings.override_by(&request.overrides);
        Ok(Loaded { settings, places, path: text.map(|_| path), warnings })
    }

    /// Reads settings from a text and the environment. Pure: no file is opened.
    pub fn parse(
        source: &Source<'_>,
        environment: &Environment,
    ) -> Result<(Settings, Vec<Diagnostic>), Faults> {
        let (tree, errors) = DeTable::parse_recoverable(source.text);
        if !errors.is_empty() {
            return Err(syntax_faults(source, &errors));
        }
        let shown = mask::parsed(source.text, tree.get_ref());
        let document = Document {
            file: source.name,
            shown: &shown,
            environment,
            base: source.base,
            faults: RefCell::default(),
            warnings: RefCell::default(),
        };
        let settings = read(&Table::root(&document, tree.get_ref()));
        warn_of_variables(&document);
        let mut faults = document.faults.into_inner();
        faults.sort_by_key(|(at, _)| *at);
        if faults.is_empty() {
            Ok((settings, document.warnings.into_inner()))
        } else {
            Err(Faults(faults.into_iter().map(|(_, fault)| fault).collect()))
        }
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

/// A text to read settings from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its name in diagnostics.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
    /// Where relative paths in it begin.
    pub base: &'a Path,
}

/// Reads the whole file. Faults are noted in the document; what cannot be read keeps its default.
fn read(root: &Table<'_>) -> Settings {
    let words = [("never", Writes::Never), ("arm", Writes::Arm)];
    let writes = root.value("writes").and_then(|value| value.choice(&words));
    let minutes = root.value("arm_minutes").and_then(|value| value.integer(1..=60)).unwrap_or(15);
    let gitlab = platform::gitlab(root);
    let (clusters, names) = platform::clusters(root);
    let settings = Settings {
        writes: writes.unwrap_or(Writes::Arm),
        arm: Duration::from_secs(u64::from(minutes) * 60),
        gitlab,
        tiers: platform::tiers(root, &names),
        clusters,
        prometheus: subjects::prometheus(root),
        slo: subjects::slo(root),
        alertmanager: subjects::alertmanager(root),
        gate: subjects::gate(root),
        exceptions: subjects::exceptions(root),
        access: subjects::access(root),
        runbooks: subjects::runbooks(root),
        retention: subjects::retention(root),
        ui: subjects::ui(root),
    };
    root.finish();
    if settings.exceptions.is_some() && !root.table("gitlab").is_present() {
        let span = root.table("exceptions").span;
        let message = "`exceptions` is of no use without `gitlab`, where its project lies";
        root.document.warning(span, message, "add `[gitlab]`");
    }
    settings
}

/// Every error of syntax, one a line: what follows on the same line is mostly an echo.
fn syntax_faults(source: &Source<'_>, errors: &[toml::de::Error]) -> Faults {
    let shown = mask::unparsed(source.text);
    let mut faults: Vec<Diagnostic> = errors
        .iter()
        .map(|error| {
            let hint = "strings stand in quotes; docs/config.md has a whole example".to_owned();
            let message = format!("this is not TOML: {}", error.message());
            let span = error.span().unwrap_or(0..0);
            Diagnostic::about(source.name, &message, Some(hint)).at(&shown, span)
        })
        .collect();
    faults.sort_by_key(|fault| (fault.line, fault.column));
    faults.dedup_by_key(|fault| fault.line);
    Faults(faults)
}

/// Points at variables that look like ours and do nothing, unless a secret is kept in one.
fn warn_of_variables(document: &Document<'_>) {
    let word = |name: &'static str| name.strip_prefix(env::PREFIX).unwrap_or(name);
    let known: Vec<&str> = env::VARIABLES.iter().map(|variable| word(variable.name)).collect();
    for name in env::unknown(document.environment).filter(|name| !document.shown.contains(name)) {
        let word = name.strip_prefix(env::PREFIX).unwrap_or(name);
        let hint = match nearest(word, &known) {
            Some(near) => format!("did you mean `{}{near}`?", env::PREFIX),
            None => "docs/config.md lists the variables".to_owned(),
        };
        let message = format!("the variable `{name}` is none of ours and does nothing");
        let warning = Diagnostic::about("environment", &message, Some(hint));
        document.warnings.borrow_mut().push(warning);
    }
}

/// Whether the environment alone says enough, and no file was asked for.
fn may_lack_a_file(request: &LoadRequest) -> bool {
    request.overrides.config.is_none()
        && env::of(&request.environment, "--config").is_none()
        && env::of(&request.environment, "gitlab.url").is_some()
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
