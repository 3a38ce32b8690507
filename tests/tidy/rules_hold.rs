//! The rules of the architecture find what they forbid: each is shown a breach and a file that keeps it.

use super::rules;
use super::source::Source;

fn faults(rule: fn(&Source) -> Vec<String>, name: &str, text: &str) -> usize {
    rule(&Source::read(name, text)).len()
}

#[test]
fn a_layer_that_names_one_above_it_is_found() {
    let layers = |text| faults(rules::layers, "state/apply.rs", text);
    assert_eq!(layers("use crate::view::draw;"), 1);
    assert_eq!(layers("use crate::{domain::Job, view};"), 1);
    assert_eq!(layers("fn f() { select! { x = crate::api::get() => {} } }"), 1);
    assert_eq!(layers("use super::super::view::draw;"), 1);
    assert_eq!(layers("use crate::domain::Job; use super::table::Table; // crate::view::draw"), 0);
    assert_eq!(layers("const WORDS: &str = \"crate::view::draw\";"), 0);
    assert_eq!(layers("#[cfg(test)]\nmod tests { use crate::view::draw; }"), 0);
}

#[test]
fn a_module_for_tests_alone_may_name_what_it_likes() {
    let files = [
        ("api/mod.rs", "#[cfg(all(test, feature = \"demo\"))]\npub(crate) mod fake;\nmod http;"),
        ("api/fake.rs", "use crate::view::draw;"),
        ("api/fake/more.rs", "use crate::view::draw;"),
        ("api/http.rs", "use crate::view::draw;"),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let found = |source: &Source| (source.name.clone(), rules::layers(source).len());
    let faults: Vec<(String, usize)> =
        Source::read_all(files.into_iter()).iter().map(found).filter(|(_, n)| *n > 0).collect();
    assert_eq!(faults, [("api/http.rs".to_owned(), 1)]);
}

#[test]
fn a_folder_that_stands_in_no_layer_is_found() {
    assert_eq!(faults(rules::layers, "helpers/mod.rs", ""), 1);
    assert_eq!(faults(rules::layers, "domain/mod.rs", ""), 0);
}

#[test]
fn a_circle_in_the_table_is_found() {
    assert_eq!(rules::ranks(&[("a", &["b"]), ("b", &["a"])]).len(), 1);
    assert_eq!(rules::ranks(&[("a", &[]), ("b", &["a"])]).len(), 0);
}

#[test]
fn a_crate_away_from_home_is_found() {
    let homes = |name, text| faults(rules::homes, name, text);
    assert_eq!(homes("pane/mod.rs", "use ratatui::text::Line;"), 1);
    assert_eq!(homes("view/mod.rs", "use ratatui::text::Line;"), 0);
    assert_eq!(homes("runtime/worker.rs", "use ratatui::text::Line;"), 1);
    assert_eq!(homes("sim/server.rs", "use super::gitlab; fn f() { gitlab::answer() }"), 0);
    assert_eq!(homes("sim/server.rs", "fn f() { gitlab::answer() }"), 1);
    assert_eq!(homes("cli/mod.rs", "use crate::api::gitlab::Gitlab;"), 0);
}

#[test]
fn a_way_to_change_a_platform_is_found_where_it_must_not_be() {
    let ways = |name, text| faults(rules::changing_ways, name, text);
    assert_eq!(ways("source/poll.rs", "use crate::api::kubernetes::WriteLine;"), 1);
    assert_eq!(ways("action/desk.rs", "use crate::api::aws::WriteLine as Line;"), 1);
    assert_eq!(ways("action/send/eks.rs", "use crate::api::aws::WriteLine;"), 0);
    assert_eq!(ways("source/poll.rs", "// a WriteLine is not for us"), 0);
}

#[test]
fn a_dependency_without_a_home_is_found() {
    let manifest = include_str!("../../Cargo.toml");
    let more = manifest.replace("[dev-dependencies]", "surprise = \"1\"\n[dev-dependencies]");
    assert_eq!(rules::housed(&more), ["`surprise` has no home"]);
}

#[test]
fn the_simulator_is_found_where_it_must_not_be() {
    let simulator = |name, text| faults(rules::simulator, name, text);
    assert_eq!(simulator("runtime/mod.rs", "use crate::sim::Sim;"), 2);
    assert_eq!(simulator("cli/get.rs", "use crate::sim::Sim;"), 1);
    assert_eq!(simulator("cli/demo.rs", "use crate::sim::Sim;"), 0);
    assert_eq!(simulator("app/mod.rs", "// only in the demo"), 1);
    assert_eq!(simulator("api/mod.rs", "#[cfg(feature = \"demo\")]\nmod fake;"), 1);
    assert_eq!(simulator("api/mod.rs", "#[cfg(test)]\n#[cfg(feature = \"demo\")]\nmod fake;"), 0);
    assert_eq!(simulator("app/mod.rs", "// a similar, simulated thing"), 0);
}

#[test]
fn a_clock_below_the_rim_is_found() {
    let time = |name, text| faults(rules::time, name, text);
    assert_eq!(time("pane/mod.rs", "fn f() { jiff::Timestamp::now() }"), 1);
    assert_eq!(time("pane/mod.rs", "fn f() { Instant::now() }"), 1);
    assert_eq!(time("source/poll.rs", "fn f() { Instant::now() }"), 0);
    assert_eq!(time("source/poll.rs", "fn f() { SystemTime::now() }"), 1);
    assert_eq!(time("runtime/clock.rs", "fn f() { Timestamp::now() }"), 0);
}

#[test]
fn a_file_that_is_opened_in_a_pure_layer_is_found() {
    assert_eq!(faults(rules::purity, "app/mod.rs", "use std::fs::File;"), 1);
    assert_eq!(faults(rules::purity, "cache/mod.rs", "use std::fs::File;"), 0);
}

#[test]
fn a_lint_that_is_silenced_without_a_reason_is_found() {
    let reasons = |text| faults(rules::lint_reasons, "a/b.rs", text);
    assert_eq!(reasons("#[allow(dead_code)] fn f() {}"), 1);
    assert_eq!(reasons("#![expect(dead_code)]"), 1);
    assert_eq!(reasons("#[cfg(test)]\nmod tests { #[allow(unused)] fn f() {} }"), 1);
    assert_eq!(reasons("#[expect(dead_code, reason = \"to come\")] fn f() { [1].expect(2) }"), 0);
}

#[test]
fn a_long_file_is_found_and_its_tests_do_not_count() {
    let lines = |n| "// a line\n".repeat(n);
    let size = |text: &str| faults(rules::size, "a/b.rs", text);
    assert_eq!(size(&lines(401)), 1);
    assert_eq!(size(&lines(400)), 0);
    assert_eq!(size(&format!("{}\n#[cfg(test)]\nmod tests {{\n{}}}\n", lines(300), lines(300))), 0);
}

#[test]
fn a_file_without_purpose_or_form_is_found() {
    assert!(!rules::has_purpose("use std::fs;\n"));
    assert!(!rules::has_purpose("//!\nuse std::fs;\n"));
    assert!(rules::has_purpose("//! What this file is for.\n"));
    assert_eq!(rules::form("a", "a\tb\n").len(), 1);
    assert_eq!(rules::form("a", "a \n").len(), 1);
    assert_eq!(rules::form("a", concat!("// TO", "DO: later\n")).len(), 1);
    assert_eq!(rules::form("a", "no end").len(), 1);
    assert_eq!(rules::form("a", "fine\n").len(), 0);
}

#[test]
fn a_secret_and_a_machine_are_found() {
    let private = |text: &str| rules::private_things("a", text).len();
    assert_eq!(private(&format!("{}{}", concat!("gl", "pat-"), "a1B2c3D4e5F6g7H8i9J0")), 1);
    assert_eq!(private(concat!("gl", "pat-short")), 0);
    assert_eq!(private(concat!("cd /wo", "rk/main")), 1);
    assert_eq!(private("cd target/work/main"), 0);
}

#[test]
fn a_file_beside_its_folder_is_found() {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(rules::module_form(&names(&["app/log.rs", "app/log/fold.rs"])).len(), 1);
    assert_eq!(rules::module_form(&names(&["app/log/mod.rs", "app/logs.rs"])).len(), 0);
}
