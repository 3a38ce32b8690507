//! What can be checked without asking anybody: the files, the theme, the keymap, the folders, the secrets.

use std::path::Path;

use super::verdict::{Level, Verdict};
use crate::app::command;
use crate::config::{
    Diagnostic, Environment, GateSettings, LoadError, Loaded, Places, PolicyFile, SecretError,
    SecretSource, Settings, SloFiles, SloSettings, UiSettings, create_private_dir, write_private,
};

/// The config file, once it could be read.
pub(super) fn of_config(loaded: &Loaded) -> Vec<Verdict> {
    let file = loaded
        .path
        .as_ref()
        .map_or("the environment alone".to_owned(), |path| path.display().to_string());
    let read = Verdict::ok("config", file);
    let odd =
        loaded.warnings.iter().map(|fault| Verdict::of_diagnostic(Level::Warn, "config", fault));
    std::iter::once(read).chain(odd).collect()
}

/// Why there is no configuration: every fault of it.
pub(super) fn of_error(error: &LoadError) -> Vec<Verdict> {
    match error {
        LoadError::Faults(faults) => {
            let of = |fault| Verdict::of_diagnostic(Level::Fail, "config", fault);
            faults.0.iter().map(of).collect()
        }
        LoadError::NoConfig(path) => {
            let file = path.display();
            let folder = path.parent().unwrap_or(Path::new(".")).display();
            let hint = format!(
                "mkdir -p '{folder}' && watchfloor config example > '{file}', or name another file by --config"
            );
            vec![Verdict::fail("config", format!("there is no config file at {file}"), &hint)]
        }
        LoadError::NoHome => {
            let hint = "name the places by --config, --cache-dir and --state-dir";
            vec![Verdict::fail("config", "no home folder is known", hint)]
        }
    }
}

/// The theme and the keymap.
pub(super) fn of_names(places: &Places, ui: &UiSettings) -> Vec<Verdict> {
    let mut verdicts = of_file("theme", &ui.theme, &places.theme(&ui.theme).1);
    let faults = places.keymap(&ui.keymap, &command::names()).1;
    verdicts.extend(of_file("keymap", &ui.keymap, &faults));
    verdicts
}

/// The policy of the deployment gate, where the settings name one.
pub(super) fn of_policy(gate: &GateSettings) -> Vec<Verdict> {
    let Some(path) = &gate.policy else { return Vec::new() };
    match PolicyFile::load(path) {
        Ok(_) => vec![Verdict::ok("gate policy", path.display())],
        Err(faults) => {
            let of = |fault| Verdict::of_diagnostic(Level::Fail, "gate policy", fault);
            faults.0.iter().map(of).collect()
        }
    }
}

/// The files of objectives, where folders of them are configured: every fault of each, and what is passed over.
pub(super) fn of_objectives(slo: &SloSettings) -> Vec<Verdict> {
    if slo.folders.is_empty() {
        return Vec::new();
    }
    let read = SloFiles::read(&slo.folders);
    let about = "objectives";
    let of = |level, faults: &[Diagnostic]| -> Vec<Verdict> {
        faults.iter().map(|fault| Verdict::of_diagnostic(level, about, fault)).collect()
    };
    let told = format!("{} objectives in {} files", read.definitions.len(), read.files);
    let mut verdicts = vec![Verdict::ok(about, told)];
    verdicts.extend(of(Level::Fail, &read.faults));
    verdicts.extend(of(Level::Warn, &read.notes));
    verdicts
}

/// The folders that are written to.
pub(super) fn of_folders(places: &Places) -> [Verdict; 2] {
    let (cache, state) = (&places.cache_dir, &places.state_dir);
    [of_folder("cache folder", cache), of_folder("state folder", state)]
}

/// A theme or a keymap with its faults.
fn of_file(about: &str, name: &str, faults: &[Diagnostic]) -> Vec<Verdict> {
    if faults.is_empty() {
        return vec![Verdict::ok(about, name)];
    }
    faults.iter().map(|fault| Verdict::of_diagnostic(Level::Fail, about, fault)).collect()
}

/// Whether a folder can be written to, and whether others may look in.
fn of_folder(about: &str, folder: &Path) -> Verdict {
    let name = folder.display();
    let trial = folder.join(format!(".check-{}", std::process::id()));
    let written = create_private_dir(folder)
        .and_then(|()| write_private(&trial, b"check"))
        .and_then(|()| std::fs::remove_file(&trial));
    if let Err(error) = written {
        let hint = "make it writable for you, or name another by --cache-dir or --state-dir";
        return Verdict::fail(about, format!("{name} cannot be written to: {error}"), hint);
    }
    if is_open(folder) {
        let hint = format!("chmod 700 '{name}'");
        return Verdict::warn(about, format!("{name} may be entered by others"), &hint);
    }
    Verdict::ok(about, name)
}

/// Whether somebody else may enter a folder.
#[cfg(unix)]
fn is_open(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    folder.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

/// Whether somebody else may enter a folder: the system has no such modes.
#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}

/// Whether these secrets can be had: the key that names each, and where it comes from.
pub(super) fn of_secrets<'a>(
    secrets: impl Iterator<Item = &'a (String, SecretSource)>,
    environment: &Environment,
) -> Vec<Verdict> {
    let variable = |name: &str| environment.get(name).cloned();
    let of = |(key, source): &(String, SecretSource)| {
        of_read(key, source, source.resolve(&variable).err().as_ref())
    };
    secrets.map(of).collect()
}

/// Whether a secret could be had. What it is stays untold.
pub(super) fn of_read(key: &str, source: &SecretSource, failed: Option<&SecretError>) -> Verdict {
    match failed {
        None => Verdict::ok(key, format!("read from {source}")),
        Some(error) => Verdict::fail(key, error, &error.hint()),
    }
}

/// What is configured and not read by this version.
pub(super) fn unread(settings: &Settings) -> Vec<Verdict> {
    let tables = [("exceptions", settings.exceptions.is_some())];
    let words = "the register is not read by this version, so not tested; of the table only `max_ttl` counts, for silences";
    let hint = "nothing to do: the table is valid and waits for a later version";
    tables
        .into_iter()
        .filter(|(_, is_set)| *is_set)
        .map(|(table, _)| Verdict::warn(table, words, hint))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_for_its_owner_and_left_clean() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        assert_eq!(of_folder("cache folder", &folder).level, Level::Ok);
        assert_eq!(folder.read_dir().unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_may_enter_is_told() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        std::fs::set_permissions(root.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let verdict = of_folder("cache folder", root.path());
        assert_eq!(verdict.level, Level::Warn);
        assert!(verdict.hint.unwrap().starts_with("chmod 700"));
    }

    #[test]
    fn a_folder_that_cannot_be_is_a_failure() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(of_folder("cache folder", &file.path().join("x")).level, Level::Fail);
    }

    #[test]
    fn a_secret_is_tested_and_never_told() {
        let secret = ("gitlab.token".to_owned(), SecretSource::Env("TOKEN".to_owned()));
        let of = |environment| of_secrets(std::iter::once(&secret), &environment);
        let had = of([("TOKEN".to_owned(), "glpat-secret".to_owned())].into());
        assert_eq!(had, [Verdict::ok("gitlab.token", "read from the variable TOKEN")]);
        assert_eq!(of(Environment::new())[0].level, Level::Fail);
    }
}
