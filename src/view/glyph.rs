//! [`Glyphs`]: the signs of the screen, in Unicode and in ASCII. Every one of them is one column wide.

use crate::pane::block::Mark;

/// A set of signs.
#[derive(Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Whether only ASCII may be written, so that other letters are replaced.
    pub is_ascii: bool,
    /// [`Mark::Fine`] and the marks after it, in their order.
    pub marks: [&'static str; 10],
    /// Eight heights of a small chart, lowest first.
    pub spark: [&'static str; 8],
    /// Eight fillings of one column of a bar, from an eighth to full.
    pub bar: [&'static str; 8],
    /// An empty column of a bar.
    pub bar_empty: &'static str,
    /// What was cut off.
    pub ellipsis: &'static str,
    /// The edge of the row under the cursor.
    pub cursor: &'static str,
    /// A row that is marked.
    pub marked: &'static str,
    /// Something that is in force.
    pub on: &'static str,
    /// The column that orders: as it means it, and turned round.
    pub sort: [&'static str; 2],
    /// A section of a log: open, folded.
    pub fold: [&'static str; 2],
    /// More to the left, more to the right.
    pub more: [&'static str; 2],
    /// A step down a path.
    pub step: &'static str,
    /// Between two things said in one line.
    pub between: &'static str,
    /// The thumb of a scrollbar.
    pub thumb: &'static str,
    /// The track of a scrollbar.
    pub track: &'static str,
    /// Lines: level, upright.
    pub lines: [&'static str; 2],
    /// Corners: upper left, upper right, lower left, lower right.
    pub corners: [&'static str; 4],
}

/// The signs of Unicode.
pub static UNICODE: Glyphs = Glyphs {
    is_ascii: false,
    marks: ["●", "▲", "✖", "?", "◌", "·", "◐", "○", "⊘", "▷"],
    spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    bar: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    bar_empty: " ",
    ellipsis: "…",
    cursor: "▌",
    marked: "◆",
    on: "✓",
    sort: ["▼", "▲"],
    fold: ["▾", "▸"],
    more: ["‹", "›"],
    step: "›",
    between: "·",
    thumb: "┃",
    track: "│",
    lines: ["─", "│"],
    corners: ["╭", "╮", "╰", "╯"],
};

/// The signs of ASCII.
pub static ASCII: Glyphs = Glyphs {
    is_ascii: true,
    marks: ["o", "!", "x", "?", "~", ".", ">", "-", "/", "*"],
    spark: ["_", "_", ".", "-", "-", "=", "+", "#"],
    bar: ["-", "-", "-", "=", "=", "=", "#", "#"],
    bar_empty: ".",
    ellipsis: "~",
    cursor: ">",
    marked: "+",
    on: "x",
    sort: ["v", "^"],
    fold: ["v", ">"],
    more: ["<", ">"],
    step: ">",
    between: "|",
    thumb: "#",
    track: "|",
    lines: ["-", "|"],
    corners: ["+", "+", "+", "+"],
};

impl Glyphs {
    /// The sign of a mark.
    pub fn mark(&self, mark: Mark) -> &'static str {
        let [fine, warning, bad, unknown, old, dot, running, waiting, skipped, manual] = self.marks;
        match mark {
            Mark::Fine => fine,
            Mark::Warning => warning,
            Mark::Bad => bad,
            Mark::Unknown => unknown,
            Mark::Old => old,
            Mark::NotApplicable => dot,
            Mark::Running => running,
            Mark::Waiting => waiting,
            Mark::Skipped => skipped,
            Mark::Manual => manual,
        }
    }

    /// The sign of a value in a small chart whose top is `top`; a blank where it is not known.
    pub fn spark(&self, value: Option<f64>, top: f64) -> &'static str {
        let Some(value) = value.filter(|value| value.is_finite()) else { return " " };
        let share = if top > 0.0 { (value / top).clamp(0.0, 1.0) } else { 0.0 };
        let level = eighths(share * 8.0).saturating_sub(1);
        self.spark.get(level.min(7)).copied().unwrap_or(" ")
    }

    /// The sign of one column of a bar that is filled by some eighths; `None` where it is empty.
    pub fn bar(&self, eighths: usize) -> Option<&'static str> {
        self.bar.get(eighths.min(8).checked_sub(1)?).copied()
    }

    /// A letter that may be written: our own signs have a counterpart in ASCII, other letters become `?`.
    pub fn plain(letter: char) -> char {
        match letter {
            '…' => '~',
            '·' | '•' => '.',
            '–' | '—' | '─' | '−' => '-',
            '└' | '├' => '`',
            '│' => '|',
            '≥' => '>',
            '≤' => '<',
            '→' | '▸' | '›' => '>',
            '←' | '‹' => '<',
            '×' => 'x',
            '\u{2801}'..='\u{28ff}' => '*',
            '“' | '”' => '"',
            '‘' | '’' => '\'',
            letter if letter.is_ascii() => letter,
            _ => '?',
        }
    }
}

/// Whole eighths of something, rounded up so that little is never nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of eighths of a few hundred columns, never negative"
)]
pub(super) fn eighths(share: f64) -> usize {
    share.max(0.0).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::fit::columns;

    fn every_sign(glyphs: &Glyphs) -> Vec<&'static str> {
        let Glyphs { marks, spark, bar, sort, fold, more, lines, corners, .. } = glyphs;
        let singles = [
            glyphs.bar_empty,
            glyphs.ellipsis,
            glyphs.cursor,
            glyphs.marked,
            glyphs.on,
            glyphs.step,
            glyphs.between,
            glyphs.thumb,
            glyphs.track,
        ];
        let lists: [&[&'static str]; 8] = [marks, spark, bar, sort, fold, more, lines, corners];
        lists.into_iter().flatten().copied().chain(singles).collect()
    }

    #[test]
    fn every_sign_is_one_column_wide() {
        for sign in every_sign(&UNICODE).into_iter().chain(every_sign(&ASCII)) {
            assert_eq!(columns(sign), 1, "{sign}");
        }
    }

    #[test]
    fn the_signs_of_ascii_are_ascii() {
        assert!(every_sign(&ASCII).into_iter().all(str::is_ascii));
    }

    #[test]
    fn no_two_marks_look_alike() {
        for glyphs in [&UNICODE, &ASCII] {
            let signs: std::collections::BTreeSet<&str> = glyphs.marks.into_iter().collect();
            assert_eq!(signs.len(), glyphs.marks.len());
        }
    }

    #[test]
    fn a_chart_shows_nothing_where_nothing_is_known() {
        let signs = [None, Some(f64::NAN), Some(0.0), Some(4.0), Some(8.0), Some(80.0)];
        assert_eq!(signs.map(|value| UNICODE.spark(value, 8.0)), [" ", " ", "▁", "▄", "█", "█"]);
    }

    #[test]
    fn a_chart_of_nothing_but_zero_lies_low() {
        assert_eq!(UNICODE.spark(Some(0.0), 0.0), "▁");
    }

    #[test]
    fn a_column_of_a_bar_is_filled_by_eighths() {
        assert_eq!(
            [0, 1, 4, 8, 12].map(|n| UNICODE.bar(n)),
            [None, Some("▏"), Some("▌"), Some("█"), Some("█")]
        );
    }
}
