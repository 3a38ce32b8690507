//! Jobs by stage: stages side by side as columns where there is room, else one below the other.

use std::borrow::Cow;

use super::{Line, Part};
use crate::pane::block::{Align, Cell, Stage};
use crate::theme::Role;
use crate::view::canvas::{natural_width, short};

/// A stage takes at least this many columns beside others.
const AT_LEAST: u16 = 20;

/// And at most this many.
const AT_MOST: u16 = 36;

/// Columns between two stages.
const GAP: u16 = 2;

pub(super) fn lines(stages: &[Stage], width: u16) -> Vec<Line<'_>> {
    let count = short(stages.len()).max(1);
    let widest = widest(stages);
    let beside = ((width + GAP) / (widest.clamp(AT_LEAST, AT_MOST) + GAP)).clamp(1, count);
    let room = (width + GAP) / beside - GAP.min(width);
    let column = room.min(AT_MOST.max(widest));
    let mut out = Vec::new();
    for band in stages.chunks(usize::from(beside)) {
        if !out.is_empty() {
            out.push(Line::default());
        }
        out.push(Line(
            band.iter().zip(0..).map(|(stage, place)| head(stage, place, column)).collect(),
        ));
        let rows = band.iter().map(|stage| stage.jobs.len()).max().unwrap_or(0);
        out.extend((0..rows).map(|row| jobs(band, row, column)));
    }
    out
}

fn widest(stages: &[Stage]) -> u16 {
    let jobs = stages.iter().flat_map(|stage| &stage.jobs);
    short(jobs.map(|(_, cell)| natural_width(cell)).max().unwrap_or(0)).min(60)
}

fn head(stage: &Stage, place: u16, width: u16) -> Part<'_> {
    let cell = Cell::new(stage.name.as_str(), Role::Stage)
        .and(format!("  {}", stage.jobs.len()), Role::TextDim);
    part(place, width, Cow::Owned(cell))
}

fn jobs(band: &[Stage], row: usize, width: u16) -> Line<'_> {
    let job = |(stage, place): (&'_ Stage, u16)| {
        let (_, cell) = stage.jobs.get(row)?;
        Some((place, cell.clone()))
    };
    let cells = band.iter().zip(0..).filter_map(job);
    Line(cells.map(|(place, cell)| part(place, width, Cow::Owned(cell))).collect())
}

fn part(place: u16, width: u16, cell: Cow<'_, Cell>) -> Part<'_> {
    Part { x: place * (width + GAP), width, align: Align::Left, cell, top: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{EntityId, JobId, Text};
    use crate::pane::block::Block;
    use crate::view::block::drawn;

    fn stage(name: &str, jobs: &[&str]) -> Stage {
        let job = |job: &&str| (EntityId::Job(JobId(1)), Cell::plain(*job));
        Stage { name: Text::new(name), jobs: jobs.iter().map(job).collect() }
    }

    fn stages() -> [Block; 1] {
        [Block::Stages(vec![stage("build", &["image"]), stage("test", &["unit", "lint"])])]
    }

    #[test]
    fn stages_stand_side_by_side_where_there_is_room() {
        assert_eq!(
            drawn(&stages(), 42),
            "build  1              test  2\nimage                 unit\n                      lint"
        );
    }

    #[test]
    fn stages_stand_one_below_the_other_else() {
        assert_eq!(drawn(&stages(), 30), "build  1\nimage\n\ntest  2\nunit\nlint");
    }
}
