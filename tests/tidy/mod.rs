//! The architecture as a test: who may name whom, where each foreign crate lives, what every file looks like.
//!
//! The tables in [`table`] are the law; [`rules`] reads it out to the sources. A rule that stands in the way is changed
//! in the table, with its reason in `docs/decisions/`.

mod folder;
mod rules;
mod rules_hold;
mod senders;
mod source;
mod table;

use std::sync::LazyLock;

use folder::{Kind, files, root};
use source::Source;

/// Every fault at once, so that one run tells all there is to do.
fn assert_clean(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n  {}", faults.len(), faults.join("\n  "));
}

/// The sources of the crate, read once.
static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let files = files(&root().join("src"), "").into_iter().filter(|file| file.kind == Kind::Rust);
    let sources = Source::read_all(files.map(|file| (file.name.clone(), file.text())));
    assert!(sources.len() > 50, "the sources were not found");
    sources
});

/// What a rule says of every source.
fn all(rule: impl Fn(&Source) -> Vec<String>) {
    assert_clean(&SOURCES.iter().flat_map(rule).collect::<Vec<_>>());
}

#[test]
fn every_file_stands_in_a_layer_and_names_only_what_lies_below() {
    all(rules::layers);
}

#[test]
fn every_layer_lies_above_all_that_it_may_name() {
    assert_clean(&rules::ranks(table::LAYERS));
}

#[test]
fn the_library_declares_the_layers_and_nothing_else() {
    assert_clean(&rules::declared(&folder::text("src/lib.rs")));
}

#[test]
fn every_foreign_crate_is_named_only_where_it_lives() {
    all(rules::homes);
}

#[test]
fn what_can_change_a_platform_is_named_only_where_it_is_sent_for_a_permit() {
    all(rules::changing_ways);
}

#[test]
fn every_dependency_has_a_home() {
    assert_clean(&rules::housed(&folder::text("Cargo.toml")));
}

#[test]
fn the_simulator_is_named_only_by_the_command_that_starts_it() {
    all(rules::simulator);
}

#[test]
fn nothing_but_the_clock_asks_for_the_time() {
    all(rules::time);
}

#[test]
fn the_pure_layers_touch_neither_files_nor_network_nor_environment() {
    all(rules::purity);
}

#[test]
fn every_exception_to_a_lint_has_a_reason() {
    all(rules::lint_reasons);
}

#[test]
fn no_file_outgrows_its_reader() {
    all(rules::size);
}

#[test]
fn every_named_exemption_is_still_needed() {
    assert_clean(&rules::exemptions(&SOURCES));
}

#[test]
fn every_rust_file_says_what_it_is_for() {
    let faults: Vec<String> = folder::own()
        .iter()
        .filter(|file| file.kind == Kind::Rust && !rules::has_purpose(&file.text()))
        .map(|file| format!("{}: open with `//!` and a sentence of purpose", file.name))
        .collect();
    assert_clean(&faults);
}

#[test]
fn no_file_has_tabs_trailing_blanks_or_notes_to_self() {
    let faults: Vec<String> = folder::own()
        .iter()
        .filter(|file| file.kind != Kind::Other)
        .flat_map(|file| rules::form(&file.name, &file.text()))
        .collect();
    assert_clean(&faults);
}

#[test]
fn no_file_holds_a_secret_or_knows_the_machine_it_was_written_on() {
    let faults: Vec<String> = folder::own()
        .iter()
        .filter(|file| file.kind != Kind::Other)
        .flat_map(|file| rules::private_things(&file.name, &file.text()))
        .collect();
    assert_clean(&faults);
}

#[test]
fn modules_are_folders_with_a_mod_file() {
    let names: Vec<String> = files(&root().join("src"), "").into_iter().map(|f| f.name).collect();
    assert_clean(&rules::module_form(&names));
}
