//! The form of a new exception, over the register of its neighbour.

use super::exceptions::{picture, with};
use super::*;
use crate::app::ActNews;
use crate::config::ExceptionSettings;
use crate::domain::Identity;

/// The pane with its form open, after some more was typed.
fn form(lines: &[&str]) -> App {
    let mut app = with("5");
    app.facts.exceptions = Some(Arc::new(ExceptionSettings {
        project: "acme/platform/exceptions".to_owned(),
        reference: "main".to_owned(),
        path: "exceptions".to_owned(),
        max_ttl: [("runner".to_owned(), std::time::Duration::from_hours(30 * 24))].into(),
        warn_before: Vec::new(),
        max_renewals: 2,
        native: Vec::new(),
    }));
    press(&mut app, "a X");
    let (platform, user) = (Text::new("gitlab"), Ok(Text::new("ada")));
    let identity = Identity { platform, user, rights: None, is_settled: true };
    update(&mut app, Msg::Act(ActNews::Identities(vec![identity])), now());
    for words in lines {
        update(&mut app, Msg::Paste((*words).to_owned()), now());
        press(&mut app, "enter");
    }
    app
}

const LINES: [&str; 15] = [
    "EXC-10",
    "a larger runner for the release of checkout",
    "runner",
    "shop/checkout",
    "",
    "protected",
    "",
    "",
    "",
    "wei",
    "the build needs more memory than any protected runner has",
    "a shared cache",
    "",
    "the cache is cleared after each job; looked at every day",
    "lena, ada",
];

#[test]
fn a_form_on_a_wide_screen() {
    insta::assert_snapshot!(picture(&form(&LINES), (160, 48)));
}

#[test]
fn a_form_on_a_small_screen() {
    insta::assert_snapshot!(picture(&form(&LINES), (80, 24)));
}

#[test]
fn an_empty_form_offers_nothing_and_says_what_it_needs() {
    let mut app = form(&[]);
    let drawn = drawn(&mut app, 160, 48);
    assert!(drawn.contains("still needed: id, title, kind"), "{drawn}");
    assert!(drawn.contains("asked for by ada"), "{drawn}");
}

#[test]
fn kinds_and_people_are_offered_from_what_is_known() {
    let mut app = form(&["EXC-10", "a title"]);
    let kinds = drawn(&mut app, 160, 48);
    assert!(kinds.contains("tab freeze_override  package_source  policy"), "{kinds}");
    press(&mut app, "r u tab");
    assert!(drawn(&mut app, 160, 48).contains("kind           runner"));
    press(&mut app, "down down down down down down down");
    assert!(drawn(&mut app, 160, 48).contains("asha"));
}

#[test]
fn no_key_of_the_pane_works_while_the_form_is_typed() {
    let mut app = form(&[]);
    press(&mut app, "q");
    assert!(drawn(&mut app, 160, 48).contains("asked for by ada"));
}
