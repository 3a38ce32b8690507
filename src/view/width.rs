//! Which columns of a table stand, and how wide.
//!
//! **Invariant:** the answer depends on the columns and on the room alone, never on the rows: nothing jumps when data
//! moves.

use crate::pane::block::Align;
use crate::pane::lens::{Column, Width};

/// Columns between two columns.
pub const GAP: u16 = 2;

/// Columns from this rank on stand only where those before them need not be cut short for it.
const LESSER: u8 = 4;

/// A column where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Which of the columns that were asked for.
    pub index: usize,
    /// Where it begins, from the left of the room.
    pub x: u16,
    /// How wide it is.
    pub width: u16,
}

/// How a table is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// What fits, the important columns first.
    Fitted,
    /// Every column as wide as it likes, so many of them scrolled away; the first always stays.
    Wide {
        /// Columns scrolled away.
        scrolled: usize,
    },
}

/// Where the columns stand in `room`.
pub fn arrange(columns: &[&Column], room: u16, view: View) -> Vec<Placed> {
    match view {
        View::Fitted => fitted(columns, room),
        View::Wide { scrolled } => wide(columns, room, scrolled),
    }
}

/// How many columns a wide table has beyond the right of `room`, and beyond its left.
pub fn beyond(columns: &[&Column], placed: &[Placed], view: View) -> (usize, usize) {
    let View::Wide { scrolled } = view else { return (0, 0) };
    let left = scrolled.min(columns.len().saturating_sub(2));
    let last = placed.last().map_or(0, |placed| placed.index);
    (left, columns.len().saturating_sub(last + 1))
}

/// Columns by rank as long as their least widths fit; what is left over is shared out.
fn fitted(columns: &[&Column], room: u16) -> Vec<Placed> {
    let mut by_rank: Vec<usize> = (0..columns.len()).collect();
    by_rank.sort_by_key(|index| columns.get(*index).map_or(u8::MAX, |column| column.rank));
    let mut chosen = Vec::new();
    let (mut used, mut eased) = (0, 0);
    for index in by_rank {
        let Some(column) = columns.get(index) else { continue };
        let gap = if chosen.is_empty() { 0 } else { GAP };
        // The first column stands even where it must be cut.
        let least = if chosen.is_empty() { column.width.min.min(room) } else { column.width.min };
        let ease = if column.rank >= LESSER { eased } else { 0 };
        if used + ease + gap + least > room {
            break;
        }
        used += gap + least;
        eased += ease_of(column.width);
        chosen.push((index, column.width, least));
    }
    chosen.sort_by_key(|(index, ..)| *index);
    share(&mut chosen, room - used);
    place(chosen.into_iter().map(|(index, _, width)| (index, width)))
}

/// What a column takes above its least width before a lesser column may stand beside it.
fn ease_of(width: Width) -> u16 {
    if width.grow > 0 { (width.max - width.min) / 5 } else { 0 }
}

/// Shares out what is left over, by the columns' shares and up to their largest widths.
fn share(chosen: &mut [(usize, Width, u16)], mut left: u16) {
    loop {
        let open = |(_, width, now): &(usize, Width, u16)| width.grow > 0 && *now < width.max;
        let shares: u16 = chosen.iter().filter(|it| open(it)).map(|(_, width, _)| width.grow).sum();
        if shares == 0 || left == 0 {
            return;
        }
        let unit = (left / shares).max(1);
        for column in chosen.iter_mut().filter(|it| open(it)) {
            let (_, width, now) = column;
            let more = (unit * width.grow).min(width.max - *now).min(left);
            *now += more;
            left -= more;
        }
    }
}

/// Every column at its largest, from the first that is not scrolled away; the first of all stays in sight.
fn wide(columns: &[&Column], room: u16, scrolled: usize) -> Vec<Placed> {
    let scrolled = scrolled.min(columns.len().saturating_sub(2));
    let mut left = room;
    let mut chosen = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        if index > 0 && index <= scrolled {
            continue;
        }
        let gap = if chosen.is_empty() { 0 } else { GAP };
        let width = column.width.max.min(left.saturating_sub(gap));
        if width == 0 || (!chosen.is_empty() && width < least(column)) {
            break;
        }
        left -= gap + width;
        chosen.push((index, width));
    }
    place(chosen.into_iter())
}

/// The least of a column that says something true: words may be cut, but a cut number is another number.
fn least(column: &Column) -> u16 {
    match column.align {
        Align::Right => column.width.max,
        Align::Left => column.width.min,
    }
}

fn place(columns: impl Iterator<Item = (usize, u16)>) -> Vec<Placed> {
    let mut x = 0;
    columns
        .map(|(index, width)| {
            let placed = Placed { index, x, width };
            x += width + GAP;
            placed
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pane::lens::Shown;
    use crate::pane::sources::SOURCE_ROWS;
    use crate::pane::{LENSES, lens::Lens};

    fn shown(lens: &dyn Lens) -> Vec<&'static Column> {
        lens.columns().iter().filter(|column| column.shown == Shown::Always).collect()
    }

    #[test]
    fn on_eighty_columns_a_feed_has_its_scope_and_its_error() {
        let columns = shown(&SOURCE_ROWS);
        let placed = arrange(&columns, 76, View::Fitted);
        let names: Vec<&str> = placed.iter().map(|it| columns[it.index].name).collect();
        assert_eq!(names, ["source", "scope", "health", "age", "error"]);
    }

    #[test]
    fn columns_never_leave_the_room_and_never_touch() {
        for lens in LENSES {
            for room in 0..260 {
                for view in [View::Fitted, View::Wide { scrolled: 0 }, View::Wide { scrolled: 3 }] {
                    let placed = arrange(&shown(*lens), room, view);
                    let ends = placed.iter().map(|it| it.x + it.width).max().unwrap_or(0);
                    assert!(ends <= room, "{} at {room}: {placed:?}", lens.name());
                    let touch = |pair: &[Placed]| pair[0].x + pair[0].width + GAP != pair[1].x;
                    assert!(!placed.windows(2).any(touch), "{} at {room}", lens.name());
                }
            }
        }
    }

    #[test]
    fn a_wider_screen_never_shows_fewer_columns() {
        for lens in LENSES {
            let counts: Vec<usize> =
                (1..260).map(|room| arrange(&shown(*lens), room, View::Fitted).len()).collect();
            assert!(counts.is_sorted(), "{}: {counts:?}", lens.name());
        }
    }

    #[test]
    fn every_column_stays_between_its_least_and_its_largest() {
        for lens in LENSES {
            let columns = shown(*lens);
            for placed in arrange(&columns, 200, View::Fitted) {
                let width = columns[placed.index].width;
                assert!((width.min..=width.max).contains(&placed.width));
            }
        }
    }

    #[test]
    fn nothing_is_left_over_while_a_column_could_grow() {
        let columns = shown(LENSES[2]);
        let placed = arrange(&columns, 160, View::Fitted);
        assert_eq!(placed.last().map(|it| it.x + it.width), Some(160));
    }

    #[test]
    fn a_column_of_numbers_is_whole_or_off_the_screen() {
        for (lens, room) in LENSES.iter().flat_map(|lens| (20..260).map(move |room| (lens, room))) {
            let columns: Vec<&'static Column> = lens.columns().iter().collect();
            let is_number = |it: &&Placed| columns[it.index].align == Align::Right;
            let fitted = arrange(&columns, room, View::Fitted);
            for it in fitted.iter().skip(1).filter(is_number) {
                assert!(it.width >= columns[it.index].width.min, "{} at {room}", lens.name());
            }
            let view = View::Wide { scrolled: 2 };
            let placed = arrange(&columns, room, view);
            for it in placed.iter().skip(1).filter(is_number) {
                assert_eq!(it.width, columns[it.index].width.max, "{} at {room}", lens.name());
            }
            let off = columns.len() - placed.last().map_or(0, |it| it.index + 1);
            assert_eq!(beyond(&columns, &placed, view).1, off, "{} at {room}", lens.name());
        }
    }

    #[test]
    fn a_lesser_column_never_cuts_the_others_short() {
        let columns = shown(LENSES[2]);
        for room in 20..260 {
            let placed = arrange(&columns, room, View::Fitted);
            if placed.iter().any(|it| columns[it.index].name == "age") {
                let why = placed.iter().find(|it| columns[it.index].name == "why");
                assert!(why.is_some_and(|it| it.width >= 20), "{room}: {placed:?}");
            }
        }
    }

    #[test]
    fn the_first_column_stays_when_a_wide_table_is_scrolled() {
        let columns = shown(LENSES[2]);
        let indices = |scrolled| {
            let placed = arrange(&columns, 100, View::Wide { scrolled });
            placed.iter().map(|it| it.index).take(2).collect::<Vec<_>>()
        };
        assert_eq!(
            (indices(0), indices(3), indices(900)),
            (vec![0, 1], vec![0, 4], vec![0, columns.len() - 1])
        );
    }
}
