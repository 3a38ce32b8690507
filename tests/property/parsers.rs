//! Parsers take whatever they are given: they answer or name a fault, and never panic.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;
use watchfloor::app::command;
use watchfloor::config::{self, LoadError, LoadRequest, Overrides, Settings, SloFiles};
use watchfloor::domain::Tiers;
use watchfloor::keymap::{self, Chord, Keymap, Sequence};
use watchfloor::pane::LENSES;
use watchfloor::pane::query::{complete, parse};
use watchfloor::sim::SLO_FILES;
use watchfloor::state::State;
use watchfloor::theme::Theme;

use super::cases;

/// A good text with something else put in the place of a part of it.
fn spoilt(text: &'static str) -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        any::<String>(),
        "[\\[\\]{}=\"'#,.\n ]{1,8}",
        "[a-z_]{1,12} = [a-z0-9\"\\[\\]{}-]{0,12}\n",
        Just(String::new()),
    ];
    (0..=text.len(), 0..40_usize, scrap).prop_map(|(at, length, scrap)| {
        let start = floor(text, at);
        let end = floor(text, (at + length).min(text.len()));
        format!("{}{scrap}{}", &text[..start], &text[end.max(start)..])
    })
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

/// Loads a text as the config file.
fn load(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    let dir = |name: &str| Some(folder.path().join(name));
    let overrides = Overrides {
        config: Some(path),
        cache_dir: dir("cache"),
        state_dir: dir("state"),
        ..Overrides::default()
    };
    match Settings::load(&LoadRequest { overrides, ..LoadRequest::default() }) {
        Ok(_) => Ok(()),
        Err(LoadError::Faults(faults)) => Err(faults.to_string()),
        Err(other) => panic!("neither settings nor faults: {other}"),
    }
}

/// The words of a filter, right and wrong.
fn filter() -> impl Strategy<Value = String> {
    let term = prop_oneof![
        "!?(status|tier|ref|name|age|queued|project|id|tag|nonsense)[:=<>]{1,2}[a-z0-9\"'*.,-]{0,8}",
        "[\"'!:<>=*,() ]{1,6}",
        any::<String>(),
    ];
    prop::collection::vec(term, 0..5).prop_map(|terms| terms.join(" "))
}

#[test]
fn the_example_loads_as_it_stands() {
    assert_eq!(load(config::example()), Ok(()));
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_spoilt_file_of_objectives_is_read_or_names_its_faults(
        openslo in spoilt(SLO_FILES[0].1),
        sloth in spoilt(SLO_FILES[1].1),
    ) {
        for text in [openslo, sloth] {
            let read = SloFiles::parse(&[("a.yaml".to_owned(), text)]);
            prop_assert!(read.faults.iter().all(|fault| fault.file == "a.yaml" && fault.hint.is_some()));
            prop_assert!(read.definitions.iter().all(|one| one.objective > 0.0 && one.objective <= 1.0));
        }
    }

    #[test]
    fn a_spoilt_configuration_loads_or_names_its_faults(text in spoilt(config::example())) {
        if let Err(faults) = load(&text) {
            prop_assert!(faults.contains("config.toml"), "a fault without its file: {}", faults);
        }
    }

    #[test]
    fn any_text_as_configuration_loads_or_names_its_faults(text in any::<String>()) {
        drop(load(&text));
    }

    #[test]
    fn a_filter_is_understood_or_its_fault_lies_within_it(text in filter()) {
        for lens in LENSES {
            if let Err(fault) = parse(&text, lens.fields()) {
                prop_assert!(fault.at.end <= text.len() && fault.at.start <= fault.at.end, "{fault:?}");
                prop_assert!(text.is_char_boundary(fault.at.start));
                prop_assert!(text.is_char_boundary(fault.at.end));
            }
        }
    }

    #[test]
    fn a_completion_replaces_a_part_of_what_was_typed(text in filter(), at in any::<prop::sample::Index>()) {
        let state = State::new(Tiers::default());
        let cursor = floor(&text, at.index(text.len() + 1));
        for lens in LENSES {
            let completion = complete(&text, cursor, lens.fields(), &state);
            prop_assert!(completion.at.start <= completion.at.end && completion.at.end <= cursor);
            prop_assert!(text.is_char_boundary(completion.at.start));
        }
    }

    #[test]
    fn keys_that_are_understood_are_printed_as_they_are_read(text in "((ctrl|alt|shift)-){0,3}(.|f[0-9]{1,2}|enter|esc|tab|space|up)") {
        if let Ok(chord) = text.parse::<Chord>() {
            prop_assert_eq!(chord.to_string().parse::<Chord>().ok(), Some(chord));
        }
    }

    #[test]
    fn any_text_as_keys_is_understood_or_refused(text in any::<String>()) {
        if let Ok(keys) = text.parse::<Sequence>() {
            prop_assert_eq!(keys.to_string().parse::<Sequence>().ok(), Some(keys));
        }
    }

    #[test]
    fn a_spoilt_keymap_still_gives_keys(text in spoilt(keymap::text("default").expect("shipped"))) {
        let own = |name: &str| (name == "own").then(|| text.clone());
        let (keymap, faults) = Keymap::find("own", &own, &command::names());
        prop_assert!(keymap.scopes().next().is_some() || !faults.is_empty());
    }

    #[test]
    fn a_spoilt_theme_still_gives_colours(text in spoilt(include_str!("../../themes/default.toml"))) {
        let (theme, _) = Theme::parse("own", &text);
        prop_assert_eq!(theme.name(), "own");
    }

    #[test]
    fn any_text_as_a_theme_is_taken_with_warnings(text in any::<String>()) {
        drop(Theme::parse("own", &text));
    }
}
