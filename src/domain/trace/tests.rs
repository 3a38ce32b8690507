//! Tests of the log as its readers meet it.

use proptest::prelude::*;

use super::*;
use crate::domain::Timestamp;

const WIDE: Layout = Layout { width: 200, wrap: Wrap::Lines };

fn trace(log: impl AsRef<[u8]>) -> Trace {
    let mut trace = Trace::new();
    trace.append(log.as_ref());
    trace
}

/// What the screen shows, row by row.
fn shown(trace: &Trace) -> Vec<String> {
    rows(trace, WIDE)
}

fn rows(trace: &Trace, layout: Layout) -> Vec<String> {
    trace.window(Position::default(), 1000, layout).iter().map(Row::text).collect()
}

fn at(line: u64) -> Position {
    Position { line, part: 0 }
}

#[test]
fn lines_are_shown_as_they_came_with_the_unfinished_one() {
    assert_eq!(shown(&trace("one\ntwo\r\nthr")), ["one", "two", "thr"]);
}

#[test]
fn a_log_may_come_in_any_pieces() {
    let log = "one\n\x1b[31mtwö\x1b[0m\nsection_start:5:a\r\x1b[0KHead\nin\nsection_end:9:a\r\x1b[0K\nout";
    let whole = trace(log);
    for size in 1..20 {
        let mut pieces = Trace::new();
        for piece in log.as_bytes().chunks(size) {
            pieces.append(piece);
        }
        assert_eq!(shown(&pieces), shown(&whole), "pieces of {size}");
        assert!(pieces.sections().eq(whole.sections()), "pieces of {size}");
    }
}

#[test]
fn colours_become_styles() {
    let trace = trace("a\x1b[1;31mb\x1b[0;38;5;200mc\x1b[mab");
    let red = Style { bold: true, foreground: Colour::Ansi(1), ..Style::default() };
    let pink = Style { foreground: Colour::Indexed(200), ..Style::default() };
    let spans = [("a", Style::default()), ("b", red), ("c", pink), ("ab", Style::default())];
    let expected: Vec<Span> =
        spans.into_iter().map(|(text, style)| Span { text: text.to_owned(), style }).collect();
    assert_eq!(trace.window(at(0), 1, WIDE)[0].spans, expected);
}

#[test]
fn a_colour_ends_with_its_line() {
    let trace = trace("\x1b[31mred\nplain");
    assert_eq!(trace.window(at(1), 1, WIDE)[0].spans[0].style, Style::default());
}

#[test]
fn no_sequence_hides_the_rest_of_its_line() {
    let cases = [
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1b]52;c;aGk=\x1b\\b", "ab"),
        ("a\x1bPpayload\x1b\\b", "ab"),
        ("a\x1b_payload\x1b\\b", "ab"),
        ("a\x1b]0;never ended", "a\u{fffd}0;never ended"),
        ("a\x1bPnever ended", "a\u{fffd}never ended"),
        ("a\x1b[31mb\x1b]never \x1b[32mended", "abended"),
        ("a\x1b[2J\x1b[10;10Hb\x1b[5Ac", "abc"),
        ("a\x1b[?1049hb\x1bcc\x1b(Bd", "abcd"),
        ("\x1b]x\x1b]y", "\u{fffd}y"),
    ];
    for (log, expected) in cases {
        assert_eq!(shown(&trace(log)), [expected], "{log:?}");
    }
}

#[test]
fn a_sequence_without_an_end_stays_in_its_line() {
    assert_eq!(
        shown(&trace("\x1b]0;open\nnext\n\x1b[12\nlast")),
        ["\u{fffd}0;open", "next", "", "last"]
    );
}

#[test]
fn bytes_that_are_no_text_are_marked_and_hide_nothing() {
    assert_eq!(shown(&trace(b"a\xffb\xc3\x28c")), ["a\u{fffd}b\u{fffd}(c"]);
}

#[test]
fn characters_that_act_are_marked() {
    let cases = [
        ("a\u{202e}b", "a\u{fffd}b"),
        ("a\u{200b}\u{feff}b", "a\u{fffd}b"),
        ("a\x07b\0c", "a\u{fffd}b\u{fffd}c"),
        ("a\u{9b}31mb", "a\u{fffd}31mb"),
        ("e\u{301}\u{301}\u{301}\u{301}\u{301}x", "e\u{301}\u{301}\u{301}\u{fffd}x"),
        ("\u{301}x", "\u{fffd}x"),
    ];
    for (log, expected) in cases {
        assert_eq!(shown(&trace(log)), [expected], "{log:?}");
    }
}

#[test]
fn a_progress_bar_shows_its_last_state() {
    let cases = [
        ("10 %\r50 %\r100 %", "100 %"),
        ("long text\rshort", "shorttext"),
        ("long text\r\x1b[Kshort", "short"),
        ("done\r", "done"),
        ("abc\x08\x08X", "aXc"),
        ("abc\r\x1b[1KX", "Xbc"),
        ("abc\x1b[2Kd", "   d"),
        ("漢字\rab", "ab字"),
        ("漢字\ra", "a 字"),
        ("a漢\r漢", "漢 "),
    ];
    for (log, expected) in cases {
        assert_eq!(shown(&trace(log)), [expected], "{log:?}");
    }
}

#[test]
fn tabs_go_to_the_next_stop() {
    assert_eq!(shown(&trace("a\tb\n12345678\tc")), ["a       b", "12345678        c"]);
}

const SECTIONS: &str = "before\n\
    section_start:100:outer\r\x1b[0K\x1b[36mOuter\x1b[0m\n\
    o1\n\
    section_start:110:inner[collapsed=true]\r\x1b[0KInner\n\
    i1\ni2\n\
    section_end:115:inner\r\x1b[0K\n\
    o2\n\
    section_end:160:outer\r\x1b[0Kafter\n";

#[test]
fn sections_have_a_title_a_duration_and_a_depth() {
    let trace = trace(SECTIONS);
    let found: Vec<_> = trace
        .sections()
        .map(|section| {
            let title = trace.title(section).into_owned();
            (title, section.duration_seconds(), section.depth, section.folded)
        })
        .collect();
    let expected = [
        ("Outer".to_owned(), Some(60), 0, Folded::No),
        ("Inner".to_owned(), Some(5), 1, Folded::Yes),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_folded_section_shows_its_first_line_alone() {
    let mut trace = trace(SECTIONS);
    assert_eq!(shown(&trace), ["before", "Outer", "o1", "Inner", "o2", "after"]);
    assert!(trace.toggle_fold(3));
    assert_eq!(shown(&trace), ["before", "Outer", "o1", "Inner", "i1", "i2", "o2", "after"]);
    assert!(trace.toggle_fold(2));
    assert_eq!(shown(&trace), ["before", "Outer", "after"]);
    assert!(!trace.toggle_fold(0));
}

#[test]
fn what_is_folded_away_can_be_shown_again() {
    let mut trace = trace(SECTIONS);
    trace.fold_all(Folded::Yes);
    trace.reveal(4);
    assert_eq!(shown(&trace), ["before", "Outer", "o1", "Inner", "i1", "i2", "o2", "after"]);
}

#[test]
fn a_section_that_goes_on_folds_what_comes() {
    let mut trace = trace("section_start:1:a[collapsed=true]\r\x1b[0KHead\none\n");
    trace.append(b"two\n");
    assert_eq!(shown(&trace), ["Head"]);
    trace.append(b"section_end:2:a\r\x1b[0K\nout\n");
    assert_eq!(shown(&trace), ["Head", "out"]);
}

#[test]
fn a_section_that_begins_where_another_ends_has_its_own_title() {
    let log =
        "section_start:1:a\r\x1b[0KA\nx\nsection_end:2:a\r\x1b[0Ksection_start:2:b\r\x1b[0KB\ny\n";
    let mut trace = trace(log);
    trace.fold_all(Folded::Yes);
    assert_eq!(shown(&trace), ["A", "B"]);
}

#[test]
fn a_section_without_a_title_shows_its_name() {
    assert_eq!(shown(&trace("section_start:1:build_it\r\x1b[0K\nx\n")), ["build_it", "x"]);
}

#[test]
fn an_end_without_a_beginning_is_passed_over() {
    let trace = trace("section_end:1:a\r\x1b[0K\nx\n");
    assert_eq!(shown(&trace), ["x"]);
    assert_eq!(trace.sections().count(), 0);
}

#[test]
fn a_marker_that_is_none_is_text() {
    let log = "section_start:x:a\r\nsection_starting\nsection_end:1:\r\n";
    assert_eq!(shown(&trace(log)), ["section_start:x:a", "section_starting", "section_end:1:"]);
}

const STAMPED: &str = "2024-05-22T12:43:46.962646Z 00O plain\n\
    2024-05-22T12:43:47.000000Z 00O section_start:1716381827:a\r\x1b[0K\n\
    2024-05-22T12:43:47.000000Z 00O+\x1b[32mHead\x1b[0m\n\
    2024-05-22T12:43:48.000000Z 01E error\n\
    2024-05-22T12:43:48.500000Z 00O+not joined\n";

#[test]
fn the_instants_of_newer_runners_are_taken_off_and_kept() {
    let trace = trace(STAMPED);
    assert_eq!(shown(&trace), ["plain", "Head", "error", "not joined"]);
    let expected: Timestamp = "2024-05-22T12:43:46.962646Z".parse().unwrap();
    assert_eq!(trace.time_of(0), Some(expected));
    assert_eq!(trace.window(at(0), 1, WIDE)[0].time, Some(expected));
}

#[test]
fn a_title_that_continues_its_marker_is_its_title() {
    let trace = trace(STAMPED);
    let section = trace.section_at(1).unwrap();
    assert_eq!(trace.title(section), "Head");
}

#[test]
fn a_line_that_only_looks_stamped_is_left_alone() {
    let log = "2024-05-22T12:43:46.962646Z 00X plain\n2024-99-22T12:43:46.962646Z 00O x";
    assert_eq!(shown(&trace(log)), log.lines().collect::<Vec<_>>());
}

#[test]
fn the_same_log_again_is_appended_and_another_one_begins_anew() {
    let mut log = trace("one\ntw");
    log.take_whole(b"one\ntwo\nthree\n");
    assert_eq!(shown(&log), ["one", "two", "three"]);
    log.take_whole(b"one\ntw");
    assert_eq!(shown(&log), ["one", "tw"]);
    log.take_whole(b"other\n");
    assert_eq!(shown(&log), ["other"]);
}

#[test]
fn folds_survive_when_the_log_is_read_anew() {
    let mut trace = trace(SECTIONS);
    trace.toggle_fold(3);
    trace.replace(SECTIONS.as_bytes());
    assert_eq!(trace.section_at(3).unwrap().folded, Folded::No);
}

#[test]
fn too_many_lines_let_the_oldest_go_and_say_so() {
    let numbers: Vec<String> = (0..MAX_LINES + 10).map(|line| line.to_string()).collect();
    let log = numbers.join("\n") + "\n";
    let trace = trace(&log);
    assert_eq!(trace.line_count(), MAX_LINES);
    assert_eq!(trace.dropped(), Dropped { lines: 10, bytes: 20 });
    assert_eq!(trace.dropped().sentence().unwrap(), "10 earlier lines (1 KiB) were dropped here");
    assert_eq!(trace.plain_line(10).unwrap(), "10");
    assert_eq!(trace.plain_line(9), None);
    assert_eq!(trace.received_bytes(), log.len() as u64);
}

#[test]
fn too_many_bytes_let_the_oldest_go() {
    let line = "x".repeat(999) + "\n";
    let mut log = trace(line.repeat(9_000));
    let dropped = log.dropped();
    assert_eq!(dropped.lines * 1000, dropped.bytes);
    assert_eq!(log.line_count() as u64 + dropped.lines, 9_000);
    assert!(log.line_count() * 1000 <= MAX_BYTES && log.line_count() * 1000 > MAX_BYTES - 1000);
    assert!(log.bytes.len() <= MAX_BYTES * 3 / 2);
    // The whole log again: what was dropped is not read anew.
    log.take_whole((line.repeat(9_000) + "end").as_bytes());
    assert_eq!(log.line_count() as u64 + dropped.lines, 9_001);
}

#[test]
fn a_section_whose_first_line_was_dropped_folds_nothing() {
    let mut log = "section_start:1:a[collapsed=true]\r\x1b[0KHead\n".to_owned();
    log.extend((0..MAX_LINES).map(|_| "x\n"));
    let trace = trace(&log);
    assert_eq!(trace.sections().count(), 0);
    assert_eq!(trace.window(Position::default(), 3, WIDE).len(), 3);
}

#[test]
fn a_line_without_an_end_is_shown_in_pieces() {
    let log = trace("ü".repeat(MAX_LINE_BYTES));
    assert_eq!(log.line_count(), 2);
    assert!(log.line_numbers().all(|line| !log.plain_line(line).unwrap().contains('\u{fffd}')));
    assert_eq!(log.plain_text().matches('ü').count(), MAX_LINE_BYTES);
}

#[test]
fn a_progress_bar_without_an_end_is_cut_between_two_states() {
    let log = trace("\r 50 percent".repeat(MAX_LINE_BYTES / 8));
    assert!(log.line_count() > 1);
    assert!(shown(&log).iter().all(|row| row == " 50 percent"), "{:?}", shown(&log));
}

#[test]
fn a_long_line_is_wrapped_between_characters() {
    let layout = Layout { width: 5, wrap: Wrap::Lines };
    assert_eq!(rows(&trace("abcdefg\n漢漢漢"), layout), ["abcde", "fg", "漢漢", "漢"]);
}

#[test]
fn a_long_line_is_cut_and_shown_from_a_column() {
    let trace = trace("abcdefghij\nxy");
    let window = |from| trace.window(at(0), 2, Layout { width: 4, wrap: Wrap::From(from) });
    let seen = |from| -> Vec<_> { window(from).iter().map(|r| (r.text(), r.is_cut)).collect() };
    assert_eq!(seen(0), [("abcd".into(), true), ("xy".into(), false)]);
    assert_eq!(seen(6), [("ghij".into(), false), (String::new(), false)]);
    assert_eq!(window(6)[0].start, 6);
}

#[test]
fn a_window_may_begin_inside_a_wrapped_line() {
    let trace = trace("abcdefg\nx");
    let layout = Layout { width: 3, wrap: Wrap::Lines };
    let rows = trace.window(Position { line: 0, part: 1 }, 2, layout);
    assert_eq!(rows.iter().map(Row::text).collect::<Vec<_>>(), ["def", "g"]);
    assert_eq!(rows[0].start, 3);
}

#[test]
fn the_end_of_a_log_fills_the_screen() {
    let trace = trace("a\nb\nabcdefg\n");
    let layout = Layout { width: 3, wrap: Wrap::Lines };
    let top = trace.bottom(4, layout);
    assert_eq!(top, at(1));
    assert_eq!(trace.window(top, 10, layout).len(), 4);
    assert_eq!(trace.bottom(2, layout), Position { line: 2, part: 1 });
    assert_eq!(trace.bottom(99, layout), at(0));
}

#[test]
fn moving_skips_what_is_folded_away() {
    let trace = trace(SECTIONS);
    assert_eq!(trace.down(at(3), 1, WIDE), at(7));
    assert_eq!(trace.up(at(7), 1, WIDE), at(3));
    assert_eq!(trace.down(at(0), 99, WIDE), at(8));
    assert_eq!(trace.up(at(8), 99, WIDE), at(0));
}

#[test]
fn words_are_found_in_both_directions_and_under_colours() {
    let trace = trace("one\nt\x1b[1mw\x1b[0mo\nOne two\n");
    let found = |needle, from, direction| {
        trace.find_next(needle, from, direction).map(|found| (found.line, found.range))
    };
    assert_eq!(found("two", 0, Direction::Down), Some((1, 0..3)));
    assert_eq!(found("two", 2, Direction::Down), Some((2, 4..7)));
    assert_eq!(found("two", 1, Direction::Up), Some((1, 0..3)));
    assert_eq!(found("one", 2, Direction::Up), Some((2, 0..3)));
    assert_eq!(found("One", 1, Direction::Up), None);
    assert_eq!(found("three", 0, Direction::Down), None);
    assert_eq!(found("", 0, Direction::Down), None);
}

#[test]
fn case_does_not_count_in_other_alphabets_either() {
    let trace = trace("PRÜFUNG der prüfung");
    assert_eq!(trace.matches_in(0, "prüfung"), [0..8, 13..21]);
    assert_eq!(trace.matches_in(0, "PRÜFUNG").first(), Some(&(0..8)));
    assert_eq!(trace.matches_in(0, "PRÜFUNG").len(), 1);
}

#[test]
fn words_in_folded_sections_are_found() {
    let found = trace(SECTIONS).find_next("i2", 0, Direction::Down).unwrap();
    assert_eq!(found.line, 5);
}

#[test]
fn the_plain_text_has_every_line_and_no_markers() {
    let expected = "before\nOuter\no1\nInner\ni1\ni2\no2\nafter\n";
    assert_eq!(trace(SECTIONS).plain_text(), expected);
}

/// Pieces out of which hostile logs are made.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&[u8]> = vec![
        b"\n",
        b"\r",
        b"\x1b",
        b"\x1b[",
        b"\x1b[31m",
        b"\x1b[0K",
        b"\x1b]0;",
        b"\x07",
        b"\x1b\\",
        b"\x1bP",
        b"\t",
        b"\x08",
        b"section_start:1:a\r\x1b[0K",
        b"section_start:2:b[collapsed=true]\r\x1b[0K",
        b"section_end:3:a\r\x1b[0K",
        b"section_",
        b"2024-05-22T12:43:46.962646Z 00O ",
        b"\n2024-05-22T12:43:46.962646Z 00O+",
        b"text",
        b"\xff",
        b"\xe2\x80\xae",
        b"\xcc\x81",
        "漢".as_bytes(),
        b"\x9b",
        b"\x1b[1K",
        b"\x1b[2K",
        "\u{fffd}".as_bytes(),
        b"\x1b[38;5;",
        "\u{1161}".as_bytes(),
    ];
    prop_oneof![
        4 => proptest::sample::select(known).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ]
}

proptest! {
    #[test]
    fn no_log_makes_it_panic_or_shows_what_acts(
        pieces in proptest::collection::vec(piece(), 0..60),
        width in 0_usize..30,
        height in 0_usize..20,
        from in 0_u64..40,
    ) {
        let log = pieces.concat();
        let mut trace = trace(&log);
        for wrap in [Wrap::Lines, Wrap::From(3)] {
            let layout = Layout { width, wrap };
            let rows = trace.window(Position { line: from, part: 1 }, height, layout);
            prop_assert!(rows.len() <= height);
            for row in &rows {
                let text = row.text();
                prop_assert!(!text.chars().any(crate::domain::text::is_unsafe), "{text:?}");
                let columns = unicode_width::UnicodeWidthStr::width(text.as_str());
                prop_assert!(columns <= width.max(2) + 1, "{text:?}");
            }
            let top = trace.bottom(height, layout);
            prop_assert!(trace.window(top, height + 1, layout).len() <= height.max(1));
            trace.down(trace.up(top, 3, layout), 5, layout);
        }
        trace.find_next("t", from, Direction::Up);
        trace.toggle_fold(from);
        trace.take_whole(&log);
    }

    #[test]
    fn the_pieces_in_which_a_log_comes_make_no_difference(
        pieces in proptest::collection::vec(piece(), 0..40),
        size in 1_usize..9,
    ) {
        let log = pieces.concat();
        let whole = trace(&log);
        let mut grown = Trace::new();
        for piece in log.chunks(size) {
            grown.append(piece);
        }
        prop_assert_eq!(shown(&grown), shown(&whole));
        prop_assert!(grown.sections().eq(whole.sections()));
    }

    #[test]
    fn what_is_searched_is_what_is_shown(pieces in proptest::collection::vec(piece(), 0..30)) {
        let mut trace = trace(pieces.concat());
        trace.fold_all(Folded::No);
        let layout = Layout { width: 100_000, wrap: Wrap::Lines };
        for row in trace.window(Position::default(), 1000, layout) {
            let plain = trace.plain_line(row.position.line).unwrap();
            prop_assert!(row.text() == plain || row.section.is_some() && plain.is_empty());
        }
    }
}
