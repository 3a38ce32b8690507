//! A diagnosis for a person: the answer, the next step, every step with its evidence, and what could not be decided.

use std::io::{self, Write};

use crate::pane::block::{Block, Cell};

/// Prints blocks as lines of words.
pub(super) fn print(blocks: &[Block], out: &mut dyn Write) -> io::Result<()> {
    let mut is_apart = false;
    for block in blocks {
        let (cells, is_title): (Vec<&Cell>, bool) = match block {
            Block::Title(cell) => (vec![cell], true),
            Block::Lines(cells) => (cells.iter().collect(), false),
            _ => continue,
        };
        if is_apart {
            writeln!(out)?;
        }
        for cell in cells {
            let words = raw(cell);
            writeln!(out, "{}", words.trim_end())?;
        }
        is_apart = !is_title;
    }
    out.flush()
}

/// The words of a cell with the blanks before them.
fn raw(cell: &Cell) -> String {
    use crate::pane::block::Piece;
    let words = cell.0.iter().filter_map(|piece| match piece {
        Piece::Words(words, _) | Piece::Path(words, _) => Some(words.as_str()),
        Piece::Mark(..) | Piece::Spark(..) | Piece::Bar(..) => None,
    });
    let words: String = words.collect();
    // A line that begins with a mark has a blank behind it.
    match cell.0.first() {
        Some(Piece::Mark(..)) => words.trim_start().to_owned(),
        _ => words,
    }
}
