//! What is shipped beside the code is whole: keymaps, themes, commands, the changelog and the licences.

use watchfloor::app::modal::Modal;
use watchfloor::app::{App, Facts, Msg, command, update};
use watchfloor::domain::{Tiers, Timestamp};
use watchfloor::keymap::{self, Keymap, Scope};
use watchfloor::pane::PANES;
use watchfloor::state::State;
use watchfloor::theme::{self, Role, Theme};

fn shipped(name: &str) -> Keymap {
    let (keymap, faults) = Keymap::shipped(name, &command::names());
    assert_eq!(faults, [], "faults of keymap {name}");
    keymap
}

/// The program as it is right after its start, with the default keys.
fn app() -> App {
    App::new(State::new(Tiers::default()), shipped("default"), Facts::default())
}

#[test]
fn every_keymap_loads_without_a_fault() {
    assert!(keymap::names().count() >= 3);
    keymap::names().for_each(|name| drop(shipped(name)));
}

#[test]
fn every_command_is_reached_by_a_key_or_by_the_palette() {
    let mut app = app();
    let colon = ":".parse().expect("a key");
    update(&mut app, Msg::Key(colon), Timestamp::UNIX_EPOCH);
    let Some(Modal::Palette(palette)) = app.ui.modals.last() else { panic!("no palette") };
    let by_name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let offered: Vec<String> =
        palette.choices.iter().map(|choice| by_name(&choice.command)).collect();
    for name in keymap::names() {
        let keymap = shipped(name);
        let bound: Vec<String> = keymap
            .scopes()
            .flat_map(|scope| keymap.bindings(scope))
            .map(|binding| by_name(&binding.command))
            .collect();
        let lost: Vec<&str> = command::names()
            .into_iter()
            .filter(|name| !bound.iter().chain(&offered).any(|known| known == name))
            .collect();
        assert_eq!(lost, [""; 0], "keymap {name}: reached by nothing");
    }
}

#[test]
fn every_command_says_what_it_does_in_a_scope_that_exists() {
    for command in command::all() {
        assert!(command.doc.len() > 5, "{} says nothing", command.name);
        let known = Scope::FIXED.iter().any(|scope| scope.name() == command.scope);
        assert!(known, "{} is in `{}`, which is no scope", command.name, command.scope);
    }
}

#[test]
fn every_pane_is_opened_by_its_digit_and_by_name_in_every_keymap() {
    for keymap in keymap::names().map(shipped) {
        for pane in PANES {
            let about = pane.about();
            let line = format!("pane {}", about.name);
            let keys: Vec<String> = keymap
                .bindings(&Scope::GLOBAL)
                .filter(|binding| binding.command == line)
                .map(|binding| binding.keys.to_string())
                .collect();
            assert!(keys.contains(&about.digit.to_string()), "{}: {line}: {keys:?}", keymap.name());
        }
    }
}

#[test]
fn every_theme_loads_without_a_warning() {
    assert!(theme::names().count() >= 5);
    for name in theme::names() {
        let (theme, warnings) = Theme::find(name, None);
        assert_eq!(warnings, [], "warnings of theme {name}");
        assert_eq!(theme.name(), name);
    }
}

#[test]
fn every_text_is_readable_on_its_ground_in_every_theme() {
    for name in theme::names() {
        let (theme, _) = Theme::find(name, None);
        let Some(ground) = theme.background() else { continue };
        for role in Role::ALL.iter().filter(|role| role.is_text()) {
            let style = theme.style(*role);
            let on = style.bg.unwrap_or(ground);
            let Some(contrast) = style.fg.and_then(|fg| fg.contrast(on)) else { continue };
            assert!(contrast >= 4.5, "theme {name}: {} has contrast {contrast:.1}", role.name());
        }
    }
}

#[test]
fn the_changelog_has_a_place_for_what_is_not_released_yet() {
    let text = include_str!("../CHANGELOG.md");
    assert!(text.lines().any(|line| line == "## [Unreleased]"));
}

#[test]
fn the_manifest_names_the_licences_that_lie_beside_it() {
    assert!(include_str!("../Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
    assert!(include_str!("../LICENSE-MIT").starts_with("MIT License"));
    assert!(include_str!("../LICENSE-APACHE").contains("Version 2.0, January 2004"));
}
