//! Variables over the file.

use super::*;

#[test]
fn a_variable_overrides_the_file() {
    let (settings, _) =
        parse_in("[ui]\ntheme = \"light\"\n", &[("WATCHFLOOR_THEME", "mine")]).expect("no fault");
    assert_eq!(settings.ui.theme, "mine");
}

#[test]
fn an_empty_variable_says_nothing() {
    let (settings, _) =
        parse_in("[ui]\ntheme = \"light\"\n", &[("WATCHFLOOR_THEME", "")]).expect("no fault");
    assert_eq!(settings.ui.theme, "light");
}

#[test]
fn variables_alone_can_say_everything() {
    let variables = [
        ("WATCHFLOOR_GITLAB_URL", "https://gitlab.example.com"),
        ("WATCHFLOOR_GITLAB_TOKEN", "hunter2"),
        ("WATCHFLOOR_GITLAB_GROUPS", "acme, infra"),
        ("WATCHFLOOR_GITLAB_REQUESTS_PER_MINUTE", "60"),
    ];
    let gitlab = parse_in("", &variables).expect("no fault").0.gitlab.expect("gitlab");
    assert_eq!(gitlab.token, SecretSource::Env("WATCHFLOOR_GITLAB_TOKEN".to_owned()));
    assert_eq!(
        (gitlab.groups.as_slice(), gitlab.requests_per_minute),
        (["acme".to_owned(), "infra".to_owned()].as_slice(), 60)
    );
}

#[test]
fn a_variable_may_not_move_an_address_without_its_token() {
    let moved = [("WATCHFLOOR_GITLAB_URL", "https://evil.example.com")];
    assert_eq!(
        faults_in(SMALL, &moved),
        [
            "1:23 `WATCHFLOOR_GITLAB_URL` moves the address but not its secret, which is bound to one origin"
        ]
    );
    let both = [moved[0], ("WATCHFLOOR_GITLAB_TOKEN", "x")];
    assert_eq!(faults_in(SMALL, &both), Vec::<String>::new());
}

#[test]
fn a_fault_in_a_variable_names_the_variable() {
    assert_eq!(
        faults_in("", &[("WATCHFLOOR_ARM_MINUTES", "soon")]),
        ["1:24 `WATCHFLOOR_ARM_MINUTES` must be a whole number, and is a string"]
    );
}

#[test]
fn a_variable_that_looks_like_ours_is_pointed_at() {
    let (_, warnings) = parse_in("", &[("WATCHFLOOR_THEEM", "x")]).expect("no fault");
    assert_eq!(
        warnings.first().map(|warning| (warning.message.as_str(), warning.hint.as_deref())),
        Some((
            "the variable `WATCHFLOOR_THEEM` is none of ours and does nothing",
            Some("did you mean `WATCHFLOOR_THEME`?")
        ))
    );
}

#[test]
fn a_variable_that_keeps_a_secret_is_not_pointed_at() {
    let text = SMALL.replace("\"T\"", "\"WATCHFLOOR_MY_TOKEN\"");
    let (_, warnings) = parse_in(&text, &[("WATCHFLOOR_MY_TOKEN", "x")]).expect("no fault");
    assert_eq!(warnings, Vec::new());
}
