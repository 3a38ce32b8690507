//! Names and values, two by two where there is room.

use std::borrow::Cow;

use super::{Line, Part, wrap};
use crate::pane::block::{Align, Cell};
use crate::theme::Role;
use crate::view::canvas::{natural_width, short};
use crate::view::fit::columns;

/// From this width on, two facts stand side by side.
const TWO_FROM: u16 = 60;

/// No name takes more columns.
const NAME_AT_MOST: u16 = 18;

/// Columns between a name and its value, and between two facts.
const GAP: u16 = 2;

pub(super) fn lines(facts: &[(String, Cell)], width: u16) -> Vec<Line<'_>> {
    let widest = facts.iter().map(|(name, _)| short(columns(name))).max().unwrap_or(0);
    let name = widest.min(NAME_AT_MOST).min(width / 2);
    let form = Form { name, width, half: (width >= TWO_FROM).then(|| (width - GAP) / 2) };
    let mut out: Vec<Line<'_>> = Vec::new();
    let mut is_half_free = false;
    for (name, value) in facts {
        let fits_half = form.half.filter(|half| natural_width(value) <= form.value_room(*half));
        match fits_half {
            Some(half) if is_half_free => {
                if let Some(line) = out.last_mut() {
                    line.0.extend(form.fact(name, Cow::Borrowed(value), half + GAP, half));
                }
                is_half_free = false;
            }
            Some(half) => {
                out.push(Line(form.fact(name, Cow::Borrowed(value), 0, half)));
                is_half_free = true;
            }
            None => {
                out.extend(form.whole(name, value));
                is_half_free = false;
            }
        }
    }
    out
}

/// Where names and values stand.
struct Form {
    name: u16,
    width: u16,
    half: Option<u16>,
}

impl Form {
    fn value_room(&self, width: u16) -> usize {
        usize::from(width.saturating_sub(self.name + GAP))
    }

    fn fact<'a>(&self, name: &str, value: Cow<'a, Cell>, x: u16, width: u16) -> Vec<Part<'a>> {
        let title = Cow::Owned(Cell::new(name, Role::FactName));
        vec![
            Part { x, width: self.name, align: Align::Left, cell: title, top: None },
            Part {
                x: x + self.name + GAP,
                width: short(self.value_room(width)),
                align: Align::Left,
                cell: value,
                top: None,
            },
        ]
    }

    /// A fact over the whole width, on as many lines as it needs.
    fn whole<'a>(&self, name: &str, value: &'a Cell) -> Vec<Line<'a>> {
        let mut name = name;
        wrap(value, self.value_room(self.width))
            .into_iter()
            .map(|part| Line(self.fact(std::mem::take(&mut name), part, 0, self.width)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pane::block::Block;
    use crate::view::block::drawn;

    fn facts(facts: &[(&str, &str)]) -> [Block; 1] {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), Cell::plain(*value));
        [Block::Facts(facts.iter().map(own).collect())]
    }

    #[test]
    fn two_facts_stand_side_by_side_where_there_is_room() {
        let facts = facts(&[("ref", "main"), ("status", "failed"), ("id", "7")]);
        assert_eq!(drawn(&facts, 60), "ref     main                   status  failed\nid      7");
        assert_eq!(drawn(&facts, 40), "ref     main\nstatus  failed\nid      7");
    }

    #[test]
    fn a_long_fact_takes_the_whole_width_and_further_lines() {
        let facts =
            facts(&[("ref", "main"), ("why", "no online runner has all of the tags"), ("id", "7")]);
        assert_eq!(
            drawn(&facts, 30),
            "ref  main\nwhy  no online runner has all\n     of the tags\nid   7"
        );
    }
}
