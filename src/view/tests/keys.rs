//! Keys and the mouse over the made-up platform: what is offered works, and what does not work says why.

use super::*;
use crate::app::modal::{Help, Modal};
use crate::app::notice::Notice;
use crate::app::{Effect, Errand, Mouse, MouseKind, scopes};
use crate::domain::EntityId;
use crate::keymap::{Resolution, Sequence};

fn effects(app: &mut App, key: &str) -> Vec<Effect> {
    update(app, Msg::Key(key.parse().expect("a key")), now())
}

fn copied(app: &mut App, key: &str) -> String {
    let found = effects(app, key).into_iter().find_map(|effect| match effect {
        Effect::Errand(Errand::Copy(text)) => Some(text),
        _ => None,
    });
    found.expect("something is copied")
}

fn notice(app: &App) -> String {
    app.ui.notices.current(now()).map_or_else(String::new, |notice| notice.words.clone())
}

/// The jobs of the tier that is late, reached from the pane Now.
fn jobs_from_now() -> App {
    let mut app = app(120);
    press(&mut app, "1");
    let table = app.ui.table().expect("findings");
    let is_late = |id: &EntityId| matches!(id, EntityId::Finding(id) if matches!(id.about, EntityId::Tier(index) if index.0 == 1));
    let place = table.listing.ids().position(is_late).expect("a tier is late");
    app.ui.table_mut().go_to(place);
    press(&mut app, "enter");
    app
}

/// Every place that can be reached: each pane, each kind of rows there, and one or two steps down from it.
fn places() -> Vec<(String, App)> {
    let mut places = vec![("now > tier".to_owned(), jobs_from_now())];
    let mut deeper = jobs_from_now();
    press(&mut deeper, "enter");
    places.push(("now > tier > job".to_owned(), deeper));
    for way in ["1", "2", "2 tab", "2 tab tab", "0"] {
        for down in ["", " enter", " enter enter", " enter enter enter"] {
            let mut app = app(120);
            press(&mut app, &format!("{way}{down}"));
            places.push((format!("{way}{down}"), app));
        }
    }
    places
}

fn help(app: &mut App) -> Help {
    press(app, "?");
    let Some(Modal::Help(help)) = app.ui.modals.pop() else { panic!("no help is open") };
    help
}

#[test]
fn every_key_that_help_calls_working_works_in_every_place() {
    for (name, mut app) in places() {
        let help = help(&mut app);
        let sections = help.sections.iter().filter(|(title, _)| !title.starts_with("while"));
        let choices = sections.flat_map(|(_, choices)| choices);
        for choice in choices.filter(|choice| choice.disabled.is_none()) {
            for key in choice.keys.split(", ").filter(|key| !key.is_empty()) {
                let keys: Sequence = key.parse().expect("keys");
                let reached = app.keymap.resolve(&scopes(&app), keys.chords());
                let wanted = Resolution::Command(choice.command.clone());
                assert_eq!(reached, wanted, "{key} in {name}");
            }
        }
    }
}

#[test]
fn the_log_opens_on_jobs_reached_from_now() {
    let mut table = jobs_from_now();
    press(&mut table, "l");
    assert!(matches!(table.ui.place().focus, Focus::Log(_)));
    let mut detail = jobs_from_now();
    press(&mut detail, "enter l");
    assert!(matches!(detail.ui.place().focus, Focus::Log(_)));
}

#[test]
fn a_key_without_meaning_says_why() {
    let mut app = app(120);
    press(&mut app, "tab l");
    assert_eq!(notice(&app), "l does nothing here: a job has a log; choose one");
    press(&mut app, "8");
    assert_eq!(notice(&app), "8 does nothing here; ? shows every key");
    press(&mut app, "f");
    assert_eq!(notice(&app), "f does nothing here: no log is open");
    press(&mut app, "enter enter space");
    assert_eq!(notice(&app), "space does nothing here: it works in a table");
}

#[test]
fn what_was_said_of_a_row_goes_with_it_and_what_was_done_stays() {
    let mut app = app(120);
    press(&mut app, "tab l");
    assert_eq!(notice(&app), "l does nothing here: a job has a log; choose one");
    press(&mut app, "j");
    assert_eq!(notice(&app), "");
    press(&mut app, "l tab");
    assert_eq!(notice(&app), "");
    app.ui.notices.show(Notice::bad("job.retry failed"), now());
    press(&mut app, "j");
    assert_eq!(notice(&app), "job.retry failed");
}

#[test]
fn what_is_marked_is_copied() {
    let mut app = app(120);
    press(&mut app, "space space");
    let pages = copied(&mut app, "y");
    assert_eq!(pages.lines().count(), 2, "{pages}");
    let order: Vec<String> = app
        .ui
        .table()
        .expect("a table")
        .listing
        .ids()
        .take(2)
        .map(|id| {
            let EntityId::Job(id) = id else { panic!("no job") };
            format!("/-/jobs/{id}")
        })
        .collect();
    assert!(pages.lines().zip(&order).all(|(page, end)| page.ends_with(end)), "{pages}");
    assert_eq!(copied(&mut app, "Y").lines().count(), 2);
    press(&mut app, "alt-a");
    assert_eq!(copied(&mut app, "y").lines().count(), 1);
}

#[test]
fn the_way_down_names_the_tier_and_counts_its_jobs_alone() {
    let mut app = jobs_from_now();
    let text = drawn(&mut app, 160, 48);
    assert!(text.contains("› tier standard") && !text.contains("hidden"), "{text}");
    press(&mut app, "/ i m a g e enter");
    let hidden = app.ui.table().expect("a table").listing.hidden();
    let of_tier =
        app.state.jobs().iter().filter(|(_, row)| row.value.tier.is_some_and(|t| t.0 == 1));
    let shown = app.ui.table().expect("a table").listing.len();
    assert_eq!(shown + hidden, of_tier.count());
}

#[test]
fn the_summary_leaves_a_small_screen_to_the_rows_one_went_into() {
    let has_band = |app: &mut App, height| drawn(app, 80, height).contains("feeds are live");
    let mut top = app(120);
    press(&mut top, "1");
    let mut below = jobs_from_now();
    assert_eq!(
        [has_band(&mut top, 24), has_band(&mut below, 24), has_band(&mut below, 40)],
        [true, false, true]
    );
}

#[test]
fn the_grouping_has_a_name_on_screen() {
    let mut app = app(120);
    press(&mut app, "z");
    assert!(drawn(&mut app, 160, 48).contains("grouped by pipeline"));
    assert!(drawn(&mut app, 80, 24).contains("by pipeline"));
    press(&mut app, "z z z");
    assert!(!drawn(&mut app, 160, 48).contains("grouped"));
}

#[test]
fn columns_without_room_say_so_in_the_picker() {
    let mut app = app(120);
    drawn(&mut app, 80, 24);
    press(&mut app, "c");
    let Some(Modal::Picker(picker)) = app.ui.modals.last() else { panic!("no picker is open") };
    let has_no_room = |name: &str| {
        let option = picker.options.iter().find(|option| option.name == name).expect("a column");
        option.doc.starts_with("no room at this width: ")
    };
    assert_eq!(["job", "age", "runner"].map(has_no_room), [false, true, false]);
}

#[test]
fn a_filter_that_is_opened_again_is_replaced_by_typing_and_kept_by_an_arrow() {
    let typed = |keys: &str| {
        let mut app = app(120);
        press(&mut app, "/ i m a g e enter /");
        press(&mut app, keys);
        press(&mut app, "enter");
        app.ui.table().expect("a table").filter.clone()
    };
    assert_eq!(typed("u n"), "un");
    assert_eq!(typed("right s"), "images");
    assert_eq!(typed("left left x"), "imaxge");
    assert_eq!(typed("backspace"), "");
    assert_eq!(typed("esc"), "image");
}

#[test]
fn a_filter_with_a_fault_says_which_rows_are_shown() {
    let mut app = app(120);
    press(&mut app, "/ a g e > 1 m space a g e < a b c");
    let text = drawn(&mut app, 160, 48);
    assert!(text.contains("the rows are still those of age>1m;"), "{text}");
}

#[test]
fn a_word_on_its_way_to_a_faulty_term_filters_nothing() {
    let mut app = app(120);
    press(&mut app, "/ n o n e s u c h : n o");
    let text = drawn(&mut app, 160, 48);
    assert!(text.contains("every row is shown"), "{text}");
    assert_eq!(app.ui.table().expect("a table").filter, "");
}

#[test]
fn beside_a_faulty_filter_the_one_that_was_completed_before_is_in_force() {
    let mut app = app(120);
    press(&mut app, "/ i m a g e enter / n o n e s u c h : n o");
    assert_eq!(app.ui.table().expect("a table").filter, "image");
    assert!(drawn(&mut app, 160, 48).contains("the rows are still those of image;"));
}

#[test]
fn themes_are_named_in_the_palette() {
    let mut app = app(8);
    press(&mut app, ": t h e m e");
    let text = drawn(&mut app, 160, 48);
    assert!(text.contains("use the theme light"), "{text}");
}

#[test]
fn a_hidden_detail_is_remembered() {
    let mut app = app(8);
    let kept = effects(&mut app, "d").into_iter().any(|effect| match effect {
        Effect::Keep(memory) => memory.hides_detail,
        _ => false,
    });
    assert!(kept);
    assert!(!drawn(&mut app, 160, 48).contains("queue time"));
}

#[test]
fn a_log_says_how_often_the_words_are_in_it() {
    let mut app = app(120);
    press(&mut app, "l");
    write_log(&mut app);
    drawn(&mut app, 160, 48);
    press(&mut app, "g g / c o m p i l i n g enter");
    assert!(drawn(&mut app, 160, 48).contains("/ compiling   1 of 40"));
    press(&mut app, "n");
    assert!(drawn(&mut app, 160, 48).contains("2 of 40"));
    press(&mut app, "/ q q q enter ctrl-g");
    let text = drawn(&mut app, 160, 48);
    assert!(text.contains("/ qqq   not in this log") && !text.contains("n next"), "{text}");
}

fn click(app: &mut App, (column, row): (u16, u16)) {
    update(app, Msg::Mouse(Mouse { kind: MouseKind::Click, column, row }), now());
}

/// Clicks on words on the screen.
fn click_on(app: &mut App, words: &str) {
    let text = drawn(app, 160, 48);
    let at = text.lines().zip(0..).find_map(|(line, row)| {
        let (before, _) = line.split_once(words)?;
        Some((u16::try_from(super::super::fit::columns(before)).expect("a column"), row))
    });
    click(app, at.unwrap_or_else(|| panic!("no {words} in {text}")));
}

#[test]
fn a_click_on_a_kind_of_rows_opens_it() {
    let mut app = app(120);
    click_on(&mut app, "pipelines  projects");
    assert_eq!(app.ui.place().lens.name(), "pipelines");
}

#[test]
fn a_click_on_a_title_orders_by_it_and_another_turns_it_round() {
    let mut app = app(120);
    let order = |app: &App| app.ui.table().map(|table| (table.sort, table.direction));
    click_on(&mut app, "PROJECT ");
    let first = order(&app).expect("a table");
    click_on(&mut app, "PROJECT▼");
    let second = order(&app).expect("a table");
    assert_eq!((first.0, second), ("project", ("project", first.1.reversed())));
}

#[test]
fn a_click_on_a_hint_does_what_its_key_does() {
    let mut app = app(120);
    click_on(&mut app, "? help");
    assert!(matches!(app.ui.modals.last(), Some(Modal::Help(_))));
}

#[test]
fn the_wheel_over_the_detail_scrolls_the_detail() {
    let mut app = app(120);
    drawn(&mut app, 160, 20);
    let cursor = app.ui.table().and_then(|table| table.selected().cloned());
    let wheel = |app: &mut App, column| {
        let mouse = Mouse { kind: MouseKind::WheelDown, column, row: 12 };
        update(app, Msg::Mouse(mouse), now());
    };
    wheel(&mut app, 150);
    assert_eq!(app.ui.table().and_then(|table| table.selected().cloned()), cursor);
    assert!(app.ui.drawn.detail_last > 0 && app.ui.detail.top > 0);
    wheel(&mut app, 10);
    assert_ne!(app.ui.table().and_then(|table| table.selected().cloned()), cursor);
}
