//! Text from strangers: nothing that acts on a terminal ever comes through, whatever comes in.

use proptest::prelude::*;
use watchfloor::domain::Text;
use watchfloor::domain::trace::{Direction, Folded, Layout, Position, Trace, Wrap};

use super::cases;

/// Pieces that attackers like, among ordinary ones.
fn piece() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "\x1b]0;x\x07",
        "\x1b[2J",
        "\x1b[31mred\x1b[0m",
        "\u{9b}2J",
        "\x1bP+q\x1b\\",
        "\x1b]8;;http://a.b\x1b\\link\x1b]8;;\x1b\\",
        "\x1b[?1049l",
        "\u{202e}gnp.exe",
        "\u{2066}\u{2069}",
        "\u{200b}\u{200d}\u{feff}",
        "a\u{300}\u{300}\u{300}\u{300}\u{300}",
        "\u{e0041}",
        "\r\n",
        "\x08\x08\x08",
        "\0",
        "section_start:1600000000:build[collapsed=true]\r\x1b[0KBuilding\n",
        "section_end:1600000000:build\r\x1b[0K\n",
        "2026-01-01T00:00:00.000000Z 00O+",
        "漢字 ",
        "👩‍👩‍👧",
    ];
    prop_oneof![prop::sample::select(KNOWN).prop_map(str::to_owned), any::<String>()]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..8).prop_map(|pieces| pieces.concat())
}

/// Whether a terminal shows a character and does nothing else with it.
fn is_inert(character: char) -> bool {
    let turns = matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    let hides = matches!(character, '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
    !character.is_control() && !turns && !hides
}

fn inert(text: &str) -> Result<(), TestCaseError> {
    let bad = text.chars().find(|character| !is_inert(*character));
    prop_assert_eq!(bad, None, "in {:?}", text);
    Ok(())
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_text_never_holds_a_character_that_acts(raw in text()) {
        let text = Text::new(&raw);
        inert(&text)?;
        let run = text.chars().scan(0, |run, c| {
            *run = if matches!(c, '\u{300}'..='\u{36f}') { *run + 1 } else { 0 };
            Some(*run)
        });
        prop_assert!(run.max().unwrap_or(0) <= 3, "too many marks on one character: {:?}", text);
    }

    #[test]
    fn cleaning_a_text_again_changes_nothing(raw in text()) {
        let once = Text::new(&raw);
        prop_assert_eq!(Text::new(&once), once);
    }

    #[test]
    fn ordinary_words_come_through_as_they_are(raw in "[ -~äöüßéñ漢字]{0,40}") {
        prop_assert_eq!(Text::new(&raw).to_string(), raw);
    }

    #[test]
    fn a_job_log_shows_nothing_that_acts(raw in text(), width in 1..40_usize) {
        let mut trace = Trace::new();
        trace.append(raw.as_bytes());
        trace.end();
        trace.fold_all(Folded::No);
        inert(&trace.plain_text().replace('\n', ""))?;
        for wrap in [Wrap::From(0), Wrap::From(7), Wrap::Lines] {
            let layout = Layout { width, wrap };
            for row in trace.window(Position::default(), 50, layout) {
                inert(&row.text())?;
            }
        }
    }

    #[test]
    fn a_job_log_is_the_same_however_it_was_cut(raw in prop::collection::vec(any::<u8>(), 0..300), more in text(), cut in any::<prop::sample::Index>()) {
        let bytes = [raw, more.into_bytes()].concat();
        let mut whole = Trace::new();
        whole.append(&bytes);
        whole.end();
        let mut parts = Trace::new();
        let (left, right) = bytes.split_at(cut.index(bytes.len() + 1));
        parts.append(left);
        parts.append(right);
        parts.end();
        prop_assert_eq!(whole.plain_text(), parts.plain_text());
        prop_assert_eq!(whole.received_bytes(), parts.received_bytes());
    }

    #[test]
    fn a_job_log_is_walked_and_searched_without_a_panic(raw in text(), width in 0..20_usize, height in 0..6_usize, needle in "[a-z]{0,2}") {
        let mut trace = Trace::new();
        trace.append(raw.as_bytes());
        let layout = Layout { width, wrap: Wrap::Lines };
        let bottom = trace.bottom(height, layout);
        let top = trace.up(bottom, 1000, layout);
        prop_assert!(trace.down(top, 100_000, layout).line >= bottom.line);
        let found = trace.find_next(&needle, 0, Direction::Down);
        prop_assert!(found.is_none_or(|found| trace.line_numbers().contains(&found.line)));
        for line in trace.line_numbers().take(20) {
            drop(trace.matches_in(line, &needle));
        }
    }
}
