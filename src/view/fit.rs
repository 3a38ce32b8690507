//! Text in columns: how wide it stands, and where it must be cut.

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

/// How many columns a text takes. Letters that the terminal would not show take none.
pub fn columns(text: &str) -> usize {
    if is_simple(text) { text.len() } else { letters(text).map(|(_, width)| width).sum() }
}

/// The part of a text that stands within `room` columns, and whether the rest was cut off. Where it was, one column
/// is left for the sign that says so.
pub fn fit(text: &str, room: usize) -> (&str, bool) {
    if text.len() <= room && is_simple(text) {
        return (text, false);
    }
    let (mut at, mut used, mut last) = (0, 0, 0);
    for (letter, width) in letters(text) {
        if used + width > room {
            return (text.get(..last).unwrap_or_default(), true);
        }
        used += width;
        at += letter.len();
        if used < room {
            last = at;
        }
    }
    (text, false)
}

/// The part of a text that is left when some columns of it are scrolled away. A letter cut in two goes as a whole.
pub fn skip(text: &str, gone: usize) -> &str {
    let mut left = gone;
    for (at, letter) in text.grapheme_indices(true) {
        if left == 0 {
            return text.get(at..).unwrap_or_default();
        }
        left = left.saturating_sub(width(letter));
    }
    ""
}

/// Letters as a person counts them, with their widths; without those that a terminal would not show.
pub(super) fn letters(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true).map(|letter| (letter, width(letter)))
}

fn width(letter: &str) -> usize {
    if letter.contains(char::is_control) { 0 } else { usize::from(letter.cell_width()) }
}

fn is_simple(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_of_two_columns_count_twice() {
        assert_eq!(
            [columns("eslint"), columns("日本"), columns("e\u{301}"), columns("\x1b")],
            [6, 4, 1, 0]
        );
    }

    #[test]
    fn a_text_that_fits_is_whole() {
        assert_eq!(fit("eslint", 6), ("eslint", false));
        assert_eq!(fit("日本", 4), ("日本", false));
    }

    #[test]
    fn a_text_that_does_not_fit_leaves_a_column_for_the_sign() {
        assert_eq!(fit("eslint", 5), ("esli", true));
        assert_eq!(fit("日本語", 5), ("日本", true));
        assert_eq!(fit("日本語", 4), ("日", true));
    }

    #[test]
    fn nothing_fits_into_nothing() {
        assert_eq!(fit("eslint", 0), ("", true));
        assert_eq!(fit("", 0), ("", false));
    }

    #[test]
    fn columns_are_scrolled_away() {
        assert_eq!([skip("eslint", 2), skip("日本語", 3), skip("ab", 9)], ["lint", "語", ""]);
    }

    proptest! {
        #[test]
        fn a_fitted_text_never_stands_wider_than_its_room(text in "\\PC{0,40}", room in 0_usize..30) {
            let (head, is_cut) = fit(&text, room);
            prop_assert!(columns(head) + usize::from(is_cut && room > 0) <= room);
            prop_assert_eq!(is_cut, columns(&text) > room);
        }
    }
}
