//! From a file on disk, with flags.

use super::*;

fn load(path: &Path) -> Result<Loaded, LoadError> {
    let overrides = Overrides {
        config: Some(path.to_path_buf()),
        cache_dir: Some("/c".into()),
        state_dir: Some("/s".into()),
        theme: Some("light".to_owned()),
        writes: Some(Writes::Never),
        ..Overrides::default()
    };
    Settings::load(&LoadRequest { overrides, environment: Environment::new() })
}

#[test]
fn flags_outrank_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    write_private(&path, SMALL.as_bytes()).expect("written");
    let loaded = load(&path).expect("no fault");
    assert_eq!(
        (loaded.settings.ui.theme.as_str(), loaded.settings.writes),
        ("light", Writes::Never)
    );
    assert_eq!(loaded.path, Some(path));
}

/// An unnamed file at a path, and an environment.
fn load_usual(path: &Path, variables: &[(&str, &str)]) -> Result<Loaded, LoadError> {
    let overrides = Overrides {
        config: Some(path.to_path_buf()),
        cache_dir: Some("/c".into()),
        state_dir: Some("/s".into()),
        ..Overrides::default()
    };
    let named = LoadRequest { overrides, environment: Environment::new() };
    let places = Places::of(&named).expect("places");
    let environment =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::load_at(places, &LoadRequest { overrides: Overrides::default(), environment })
        .map_err(|faulty| faulty.error)
}

#[test]
fn no_config_file_in_the_usual_place_is_an_error_of_its_own() {
    let missing = Path::new("/no/such/config.toml");
    assert!(matches!(load_usual(missing, &[]), Err(LoadError::NoConfig(path)) if path == missing));
}

#[test]
fn an_environment_that_says_enough_needs_no_file() {
    let variables = [
        ("WATCHFLOOR_GITLAB_URL", "https://gitlab.example.com"),
        ("WATCHFLOOR_GITLAB_TOKEN", "x"),
        ("WATCHFLOOR_GITLAB_GROUPS", "acme"),
    ];
    let loaded = load_usual(Path::new("/no/such/config.toml"), &variables).expect("no fault");
    assert_eq!((loaded.path, loaded.settings.gitlab.is_some()), (None, true));
}

#[test]
fn a_named_config_file_that_is_not_there_is_a_fault() {
    let error = load(Path::new("/no/such/config.toml")).expect_err("a fault").to_string();
    assert_eq!(
        error,
        "error: the config file is not there\n  --> /no/such/config.toml\n  \
         hint: check the path that --config or WATCHFLOOR_CONFIG gives\n"
    );
}

#[cfg(unix)]
#[test]
fn a_config_file_that_others_may_write_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    write_private(&path, SMALL.as_bytes()).expect("written");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o620))
        .expect("chmod");
    let error = load(&path).expect_err("refused").to_string();
    assert!(error.contains("may be written by others") && error.contains("chmod go-w"), "{error}");
}

#[test]
fn a_faulty_file_still_tells_its_names_and_its_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    let text = format!("arm_minutes = 99\n{SMALL}[ui]\ntheme = \"mine\"\n");
    write_private(&path, text.as_bytes()).expect("written");
    let overrides = Overrides { config: Some(path), ..Overrides::default() };
    let request = LoadRequest { overrides, environment: Environment::new() };
    let rest = Settings::survey(&request).expect_err("a fault").rest.expect("the rest");
    assert_eq!(rest.ui.theme, "mine");
    let token = ("gitlab.token".to_owned(), SecretSource::Env("T".to_owned()));
    assert_eq!(rest.secrets, [token]);
}
