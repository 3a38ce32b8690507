//! The columns of the console as a plain table: aligned by what a terminal shows, no colours.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::cli::json::Scene;
use crate::cli::kind::Kind;
use crate::domain::EntityId;
use crate::pane;
use crate::pane::block::{Align, Cell, Mark, Piece};
use crate::pane::lens::{Column, Lens};
use crate::view::glyph::UNICODE;

/// The widest that a cell may be, in screen columns: longer than any honest name.
const WIDEST: usize = 120;

/// Blanks between two columns.
const GAP: &str = "  ";

/// Prints a header and one line a row.
pub(in crate::cli) fn print(
    scene: &Scene<'_>,
    kind: Kind,
    ids: &[EntityId],
    out: &mut dyn Write,
) -> io::Result<()> {
    kind.lens().map_or(Ok(()), |lens| rows(scene, lens, ids).print(out))
}

/// A table of words.
#[derive(Debug, Default)]
pub(in crate::cli) struct Table {
    /// The title of each column, and which way it leans.
    pub(in crate::cli) headings: Vec<(String, Align)>,
    /// The words of each row.
    pub(in crate::cli) rows: Vec<Vec<String>>,
}

impl Table {
    /// Prints the titles and one line a row.
    pub(in crate::cli) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let titles: Vec<String> = self.headings.iter().map(|(title, _)| title.clone()).collect();
        let mut widths: Vec<usize> = titles.iter().map(|title| title.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.width().max(*width);
            }
        }
        for row in std::iter::once(&titles).chain(&self.rows) {
            writeln!(out, "{}", self.line(row, &widths).trim_end())?;
        }
        Ok(())
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width), (_, align)) in row.iter().zip(widths).zip(&self.headings) {
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
            if !line.is_empty() {
                line.push_str(GAP);
            }
            match align {
                Align::Left => line.extend([cell.as_str(), &blanks]),
                Align::Right => line.extend([blanks.as_str(), cell]),
            }
        }
        line
    }
}

/// The rows of a lens under the columns that the console shows.
fn rows(scene: &Scene<'_>, lens: &dyn Lens, ids: &[EntityId]) -> Table {
    let columns: Vec<&'static Column> =
        lens.columns().iter().filter(|column| column.shown.holds(scene.state())).collect();
    let rows: Vec<pane::block::Row> =
        ids.iter().filter_map(|id| pane::row(&scene.cx, lens, &columns, id)).collect();
    let is_offline = scene.origin == crate::domain::Origin::Cache;
    let any_old = is_offline || rows.iter().any(|row| row.is_stale);
    let mut headings: Vec<(String, Align)> =
        columns.iter().map(|column| (column.title.to_owned(), column.align)).collect();
    if any_old {
        headings.push(("FRESH".to_owned(), Align::Left));
    }
    let line = |row: pane::block::Row| {
        let mut line: Vec<String> = row.cells.iter().map(words).collect();
        if any_old {
            line.push(if is_offline || row.is_stale { "old" } else { "live" }.to_owned());
        }
        line
    };
    Table { headings, rows: rows.into_iter().map(line).collect() }
}

/// A cell as words. A mark before words repeats them and is left out; alone it becomes the word for it; where several
/// stand in one cell they tell its numbers apart, and stay.
fn words(cell: &Cell) -> String {
    let mark = |piece: &Piece| match piece {
        Piece::Mark(mark, _) => Some(*mark),
        Piece::Words(..) | Piece::Path(..) | Piece::Spark(..) | Piece::Bar(..) => None,
    };
    let words = cell.words();
    match (cell.0.iter().filter_map(mark).collect::<Vec<_>>().as_slice(), words.is_empty()) {
        ([only], true) => mark_word(*only).to_owned(),
        ([_, _, ..], _) => fitted(&cell.0.iter().map(piece).collect::<String>()),
        _ => fitted(&words),
    }
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Words(words, _) | Piece::Path(words, _) => words.clone(),
        Piece::Mark(mark, _) => format!("{} ", UNICODE.mark(*mark)),
        Piece::Spark(..) | Piece::Bar(..) => String::new(),
    }
}

fn mark_word(mark: Mark) -> &'static str {
    match mark {
        Mark::Fine => "ok",
        Mark::Warning => "warning",
        Mark::Bad => "bad",
        Mark::Unknown => "unknown",
        Mark::Old => "old",
        Mark::NotApplicable => "-",
        Mark::Running => "running",
        Mark::Waiting => "waiting",
        Mark::Skipped => "skipped",
        Mark::Manual => "manual",
    }
}

/// Words of at most [`WIDEST`] columns; what was cut off is marked.
fn fitted(words: &str) -> String {
    if words.width() <= WIDEST {
        return words.to_owned();
    }
    let mut used = 1;
    let kept = words.chars().take_while(|character| {
        used += character.width().unwrap_or(0);
        used <= WIDEST
    });
    format!("{}…", kept.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample;
    use crate::domain::Origin;
    use crate::pane::lens::Cx;
    use crate::theme::Role;

    fn printed(kind: Kind, origin: Origin) -> String {
        let state = sample::state();
        let cx = Cx { state: &state, now: sample::now() };
        let scene = Scene { cx, origin, gitlab: sample::URL };
        let mut out = Vec::new();
        print(&scene, kind, &sample::ids(&state, kind), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn wide_letters_do_not_push_the_columns_behind_them() {
        let table = Table {
            headings: vec![("A".to_owned(), Align::Left), ("N".to_owned(), Align::Right)],
            rows: vec![
                vec!["日本".to_owned(), "7".to_owned()],
                vec!["abcde".to_owned(), "12".to_owned()],
            ],
        };
        let mut out = Vec::new();
        table.print(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "A       N\n日本    7\nabcde  12\n");
    }

    #[test]
    fn jobs_are_a_table() {
        assert_eq!(
            printed(Kind::Runners, Origin::Live).lines().next().unwrap().split_whitespace().next(),
            Some("RUNNER")
        );
        assert!(!printed(Kind::Jobs, Origin::Live).contains('\x1b'));
    }

    #[test]
    fn old_rows_say_so_and_live_ones_need_not() {
        assert!(!printed(Kind::Jobs, Origin::Live).contains("FRESH"));
        let offline = printed(Kind::Jobs, Origin::Cache);
        assert!(offline.lines().skip(1).all(|line| line.ends_with("old")), "{offline}");
    }

    #[test]
    fn a_mark_alone_becomes_a_word() {
        assert_eq!(words(&Cell::mark(Mark::Fine, Role::Text)), "ok");
        assert_eq!(words(&Cell::dot()), "-");
        assert_eq!(
            words(&Cell::mark(Mark::Bad, Role::Text).and(" 2 failing", Role::Text)),
            "2 failing"
        );
        let several = Cell::mark(Mark::Bad, Role::Text).and("2  ", Role::Text);
        let several = several.and_mark(Mark::Fine, Role::Text).and("7", Role::Text);
        let signs = [Mark::Bad, Mark::Fine].map(|mark| UNICODE.mark(mark));
        assert_eq!(words(&several), format!("{} 2  {} 7", signs[0], signs[1]));
    }

    #[test]
    fn a_very_long_name_is_cut_and_says_so() {
        let cut = fitted(&"日".repeat(4000));
        assert!(cut.width() <= WIDEST && cut.ends_with('…'));
        assert_eq!(fitted(&"x".repeat(WIDEST)), "x".repeat(WIDEST));
    }

    #[test]
    fn percentiles_wait_for_the_whole_hour() {
        let waits = |state: &crate::state::State| {
            let cx = Cx { state, now: sample::now() };
            let scene = Scene { cx, origin: Origin::Live, gitlab: sample::URL };
            let ids = sample::ids(state, Kind::Tiers);
            let table = rows(&scene, Kind::Tiers.lens().unwrap(), &ids);
            let place = |name: &str| table.headings.iter().position(|(t, _)| t == name).unwrap();
            ["P50", "P95", "P99", "N"].map(|name| table.rows[0][place(name)].clone())
        };
        let mut state = sample::state();
        assert_eq!(waits(&state), ["n/a", "n/a", "n/a", "n/a"]);
        sample::collect(&mut state);
        // One observation is no percentile.
        assert_eq!(waits(&state), ["-", "-", "-", "1"]);
    }
}
