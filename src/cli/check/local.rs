//! What can be checked without asking anybody: the files, the theme, the keymap, the folders, the secrets.

use std::path::Path;

use super::verdict::{Level, Verdict};
use crate::app::command;
use crate::config::{
    Auth, Diagnostic, Environment, Loaded, SecretSource, Settings, create_private_dir,
    write_private,
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

/// A fault of a config that could not be read.
pub(super) fn of_fault(fault: &Diagnostic) -> Verdict {
    Verdict::of_diagnostic(Level::Fail, "config", fault)
}

/// The theme, the keymap, the folders that are written to, and every secret.
pub(super) fn of_places(loaded: &Loaded, environment: &Environment) -> Vec<Verdict> {
    let Loaded { settings, places, .. } = loaded;
    let (theme, keymap) = (&settings.ui.theme, &settings.ui.keymap);
    let mut verdicts = of_file("theme", theme, &places.theme(theme).1);
    let faults = places.keymap(keymap, &command::names()).1;
    verdicts.extend(of_file("keymap", keymap, &faults));
    verdicts.push(of_folder("cache folder", &places.cache_dir));
    verdicts.push(of_folder("state folder", &places.state_dir));
    verdicts.extend(secrets(settings).into_iter().map(|one| of_secret(one, environment)));
    verdicts
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

/// Every secret that is configured, with the key that names it.
fn secrets(settings: &Settings) -> Vec<(&'static str, &SecretSource)> {
    let of = |key, auth| secret_of(auth).map(|secret| (key, secret));
    let gitlab = settings.gitlab.iter().map(|gitlab| ("gitlab.token", &gitlab.token));
    let prometheus = settings.prometheus.iter().filter_map(|one| of("prometheus.auth", &one.auth));
    let alertmanager =
        settings.alertmanager.iter().filter_map(|one| of("alertmanager.auth", &one.auth));
    gitlab.chain(prometheus).chain(alertmanager).collect()
}

fn secret_of(auth: &Auth) -> Option<&SecretSource> {
    match auth {
        Auth::Bearer(secret) | Auth::Basic { password: secret, .. } => Some(secret),
        Auth::None | Auth::SigV4 { .. } => None,
    }
}

/// Whether a secret can be had. What it is stays untold.
fn of_secret((key, source): (&str, &SecretSource), environment: &Environment) -> Verdict {
    let variable = |name: &str| environment.get(name).cloned();
    match source.resolve(&variable) {
        Ok(_) => Verdict::ok(key, format!("read from {source}")),
        Err(error) => Verdict::fail(key, &error, &error.hint()),
    }
}

/// What is configured and not read by this version.
pub(super) fn unread(settings: &Settings) -> Vec<Verdict> {
    let tables = [
        ("prometheus", settings.prometheus.is_some()),
        ("alertmanager", settings.alertmanager.is_some()),
        ("cluster", !settings.clusters.is_empty()),
        ("exceptions", settings.exceptions.is_some()),
    ];
    let hint = "nothing to do: the table is valid and waits for a later version";
    tables
        .into_iter()
        .filter(|(_, is_set)| *is_set)
        .map(|(table, _)| Verdict::warn(table, "not read by this version, so not tested", hint))
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
        let source = SecretSource::Env("TOKEN".to_owned());
        let environment = [("TOKEN".to_owned(), "glpat-secret".to_owned())].into();
        let had = of_secret(("gitlab.token", &source), &environment);
        assert_eq!(had, Verdict::ok("gitlab.token", "read from the variable TOKEN"));
        let missing = of_secret(("gitlab.token", &source), &Environment::new());
        assert_eq!(missing.level, Level::Fail);
    }
}
