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
            "0:0 `WATCHFLOOR_GITLAB_URL` moves the address but not its secret, which is bound to one origin"
        ]
    );
    let both = [moved[0], ("WATCHFLOOR_GITLAB_TOKEN", "x")];
    assert_eq!(faults_in(SMALL, &both), Vec::<String>::new());
}

#[test]
fn a_fault_in_a_variable_names_the_variable() {
    assert_eq!(
        faults_in("", &[("WATCHFLOOR_ARM_MINUTES", "soon")]),
        ["0:0 `WATCHFLOOR_ARM_MINUTES` must be a whole number"]
    );
}

#[test]
fn a_fault_in_a_variable_has_the_variable_in_place_of_a_line() {
    let faults = parse_in("", &[("WATCHFLOOR_ARM_MINUTES", "soon")]).expect_err("a fault");
    assert_eq!(
        faults.to_string(),
        "error: `WATCHFLOOR_ARM_MINUTES` must be a whole number\n  \
         --> environment: WATCHFLOOR_ARM_MINUTES=soon\n  \
         hint: write a whole number from 1 to 60, without quotes\n"
    );
}

#[test]
fn what_neither_file_nor_environment_has_points_at_no_line() {
    let faults = parse_in("", &[("WATCHFLOOR_GITLAB_URL", "https://a.example")]).expect_err("none");
    let hints: Vec<_> = faults.0.iter().map(|fault| (fault.line, fault.hint.clone())).collect();
    assert_eq!(
        hints.first(),
        Some(&(
            0,
            Some(
                "add `token = …` under `[gitlab]` in the config file, or set WATCHFLOOR_GITLAB_TOKEN"
                    .to_owned()
            )
        ))
    );
    assert!(faults.0.iter().all(|fault| fault.line == 0), "{faults}");
}

#[test]
fn a_variable_never_loosens_what_the_file_forbids() {
    let armed = [("WATCHFLOOR_WRITES", "arm")];
    let (settings, warnings) = parse_in("writes = \"never\"\n", &armed).expect("no fault");
    assert_eq!(settings.writes, Writes::Never);
    assert_eq!(
        warnings.iter().map(|warning| warning.message.as_str()).collect::<Vec<_>>(),
        ["the variable `WATCHFLOOR_WRITES` does nothing: the file says `writes = \"never\"`"]
    );
}

#[test]
fn a_variable_may_forbid_what_the_file_allows() {
    let never = [("WATCHFLOOR_WRITES", "never")];
    let (settings, warnings) = parse_in("writes = \"arm\"\n", &never).expect("no fault");
    assert_eq!((settings.writes, warnings), (Writes::Never, Vec::new()));
}

#[test]
fn a_faulty_word_about_writes_is_told_in_the_file_even_where_a_variable_speaks() {
    let never = [("WATCHFLOOR_WRITES", "arm")];
    let told = faults_in("writes = \"nevr\"\n", &never);
    assert_eq!(told, ["1:10 `writes` is none of the words that it may be"]);
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
