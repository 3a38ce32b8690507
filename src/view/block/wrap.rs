//! A cell over several lines, broken between words where that is possible.

use std::borrow::Cow;

use crate::pane::block::{Cell, Piece};
use crate::theme::Role;
use crate::view::canvas::natural_width;
use crate::view::fit::{columns, letters};

/// The lines of a cell in `room` columns. Marks, charts and bars are never broken.
pub fn wrap(cell: &Cell, room: usize) -> Vec<Cow<'_, Cell>> {
    if natural_width(cell) <= room || room == 0 {
        return vec![Cow::Borrowed(cell)];
    }
    let mut lines = Lines { room, done: Vec::new(), now: Cell::empty(), used: 0 };
    for piece in &cell.0 {
        match piece {
            Piece::Words(words, role) | Piece::Path(words, role) => lines.words(words, *role),
            other => lines.push(other.clone()),
        }
    }
    lines.done.push(without_last_blank(lines.now));
    lines.done.into_iter().map(Cow::Owned).collect()
}

/// Lines in the making.
struct Lines {
    room: usize,
    done: Vec<Cell>,
    now: Cell,
    used: usize,
}

impl Lines {
    fn words(&mut self, words: &str, role: Role) {
        for word in words.split_inclusive(' ') {
            let bare = columns(word.trim_end());
            if self.used + bare > self.room {
                self.end();
            }
            if bare > self.room {
                self.long_word(word, role);
            } else {
                self.add(word, columns(word), role);
            }
        }
    }

    /// A word wider than a line is broken where it must be.
    fn long_word(&mut self, word: &str, role: Role) {
        for (letter, width) in letters(word) {
            if self.used + width > self.room {
                self.end();
            }
            self.add(letter, width, role);
        }
    }

    fn add(&mut self, words: &str, width: usize, role: Role) {
        match self.now.0.last_mut() {
            Some(Piece::Words(before, of)) if *of == role => before.push_str(words),
            _ => self.now.0.push(Piece::Words(words.to_owned(), role)),
        }
        self.used += width;
    }

    fn push(&mut self, piece: Piece) {
        let piece = Cell(vec![piece]);
        let width = natural_width(&piece);
        if self.used + width > self.room {
            self.end();
        }
        self.now.0.extend(piece.0);
        self.used += width;
    }

    fn end(&mut self) {
        if self.used > 0 {
            self.done.push(without_last_blank(std::mem::take(&mut self.now)));
            self.used = 0;
        }
    }
}

/// A line without the blank behind its last word, which would take a column that is not there.
fn without_last_blank(mut line: Cell) -> Cell {
    if let Some(Piece::Words(words, _)) = line.0.last_mut() {
        words.truncate(words.trim_end().len());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(words: &str, room: usize) -> Vec<String> {
        wrap(&Cell::plain(words), room).iter().map(|line| line.words()).collect()
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("GitLab refused the token", 12), ["GitLab", "refused the", "token"]);
    }

    #[test]
    fn a_word_wider_than_a_line_is_broken() {
        assert_eq!(wrapped("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
    }

    #[test]
    fn a_word_that_just_fits_is_not_cut_for_the_blank_behind_it() {
        let cell = Cell::plain("placed on a node");
        let lines: Vec<usize> = wrap(&cell, 9).iter().map(|line| natural_width(line)).collect();
        assert_eq!(lines, [9, 6]);
    }

    #[test]
    fn what_fits_stays_one_line() {
        assert_eq!(wrapped("token", 5), ["token"]);
    }

    #[test]
    fn no_line_is_wider_than_its_room() {
        let cell = Cell::dim("hint: ").and("日本語 a token with read_api", Role::Text);
        for room in 2..30 {
            assert!(wrap(&cell, room).iter().all(|line| columns(&line.words()) <= room), "{room}");
        }
    }
}
