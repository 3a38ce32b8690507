//! Where the parts of the screen stand, by its size alone.

use ratatui::layout::Rect;

/// From this width on, the detail stands right of the table.
pub const DETAIL_RIGHT_FROM: u16 = 140;

/// From this width on, the detail stands below the table.
pub const DETAIL_BELOW_FROM: u16 = 100;

/// And from this height on.
const DETAIL_BELOW_FROM_HEIGHT: u16 = 30;

/// A smaller screen is told that this is needed; up to [`MADE_FOR`] the short form is drawn.
pub const SMALLEST: (u16, u16) = (60, 16);

/// What the screen is made for.
pub const MADE_FOR: (u16, u16) = (80, 24);

/// Below this height, lines that only please the eye are left out.
const ROOMY_FROM: u16 = 30;

/// The parts of a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// The line on top.
    pub header: Rect,
    /// What stands above the table; empty where there is none.
    pub band: Rect,
    /// The kinds of rows and their number, above the table.
    pub views: Rect,
    /// The table, or what fills the screen in its place.
    pub main: Rect,
    /// The line between table and detail: upright or level; empty where there is none.
    pub divider: Rect,
    /// The detail beside the table; empty where there is none.
    pub detail: Rect,
    /// The filter, messages, faults.
    pub status: Rect,
    /// The keys of the moment.
    pub footer: Rect,
}

/// What is wanted of a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Lines of the band.
    pub band: u16,
    /// Whether a detail is to stand beside the table.
    pub detail: Beside,
}

/// Whether something stands beside the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// The detail, where there is room.
    Detail,
    /// Nothing.
    Nothing,
}

/// Whether a screen is large enough for anything at all.
pub fn is_large_enough(area: Rect) -> bool {
    area.width >= SMALLEST.0 && area.height >= SMALLEST.1
}

/// Whether a screen is high enough for lines that only please the eye.
pub fn is_roomy(area: Rect) -> bool {
    area.height >= ROOMY_FROM
}

/// Where the parts stand.
pub fn parts(area: Rect, wish: Wish) -> Parts {
    let mut rest = area;
    let header = from_top(&mut rest, 1);
    let footer = from_bottom(&mut rest, 1);
    let status = from_bottom(&mut rest, 1);
    let is_roomy = is_roomy(area);
    if is_roomy && wish.band > 0 {
        from_top(&mut rest, 1);
    }
    let third = rest.height / 3;
    let band = from_top(&mut rest, wish.band.min(third));
    if is_roomy {
        from_top(&mut rest, 1);
    }
    let none = Rect { width: 0, height: 0, ..rest };
    let right = match wish.detail {
        Beside::Detail if area.width >= DETAIL_RIGHT_FROM => {
            let detail = from_right(&mut rest, (area.width / 4).clamp(44, 84));
            let divider = from_right(&mut rest, 1);
            Some((divider, detail))
        }
        Beside::Detail | Beside::Nothing => None,
    };
    let views = from_top(&mut rest, 1);
    let is_below = area.width >= DETAIL_BELOW_FROM && area.height >= DETAIL_BELOW_FROM_HEIGHT;
    let (divider, detail) = match (right, wish.detail) {
        (Some(right), _) => right,
        (None, Beside::Detail) if is_below => {
            let height = rest.height * 2 / 5;
            let detail = from_bottom(&mut rest, height);
            (from_bottom(&mut rest, 1), detail)
        }
        (None, _) => (none, none),
    };
    Parts { header, band, views, main: rest, divider, detail, status, footer }
}

/// Takes lines from the top of what is left.
pub(super) fn from_top(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    let taken = Rect { height, ..*rest };
    rest.y = rest.y.saturating_add(height);
    rest.height -= height;
    taken
}

/// Takes lines from the bottom of what is left.
pub(super) fn from_bottom(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    rest.height -= height;
    Rect { y: rest.y.saturating_add(rest.height), height, ..*rest }
}

/// Takes columns from the right of what is left.
pub(super) fn from_right(rest: &mut Rect, width: u16) -> Rect {
    let width = width.min(rest.width);
    rest.width -= width;
    Rect { x: rest.x.saturating_add(rest.width), width, ..*rest }
}

/// A rectangle of this size in the middle of another, no larger than it.
pub(super) fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x.saturating_add((area.width - width) / 2),
        y: area.y.saturating_add((area.height - height) / 3),
        width,
        height,
    }
}

/// A rectangle without its border.
pub(super) fn within(area: Rect, columns: u16, lines: u16) -> Rect {
    Rect {
        x: area.x.saturating_add(columns.min(area.width)),
        y: area.y.saturating_add(lines.min(area.height)),
        width: area.width.saturating_sub(columns.saturating_mul(2)),
        height: area.height.saturating_sub(lines.saturating_mul(2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(parts: &Parts) -> [Rect; 8] {
        let Parts { header, band, views, main, divider, detail, status, footer } = *parts;
        [header, band, views, main, divider, detail, status, footer]
    }

    #[test]
    fn parts_never_overlap_and_never_leave_the_screen() {
        for width in (0..250).step_by(3) {
            for height in 0..80 {
                let area = Rect::new(0, 0, width, height);
                let parts = parts(area, Wish { band: 5, detail: Beside::Detail });
                let mut cells = 0;
                for part in all(&parts) {
                    assert_eq!(part.intersection(area).area(), part.area(), "{area}: {parts:?}");
                    cells += part.area();
                }
                assert!(cells <= area.area(), "{area}: {parts:?}");
            }
        }
    }

    #[test]
    fn the_detail_stands_right_then_below_then_nowhere() {
        let detail = |width, height| {
            parts(Rect::new(0, 0, width, height), Wish { band: 4, detail: Beside::Detail }).detail
        };
        assert!(detail(140, 40).x > 0 && detail(139, 40).x == 0);
        assert!(!detail(100, 40).is_empty() && detail(99, 40).is_empty());
        assert!(detail(120, 24).is_empty());
    }

    #[test]
    fn the_table_keeps_most_of_a_small_screen() {
        let parts = parts(Rect::new(0, 0, 80, 24), Wish { band: 4, detail: Beside::Detail });
        assert_eq!((parts.band.height, parts.main.height), (4, 16));
    }
}
