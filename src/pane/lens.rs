//! [`Lens`]: one kind of row, its columns and its fields, as tables of plain functions.
//!
//! A column or a filter term is one line in a table; the machinery (order, filter, widths, export) is the same for all.

use std::sync::Arc;

use super::block::{Align, Cell};
pub use super::subject::Subject;
use crate::domain::{EntityId, SourceId, Text, Timestamp};
use crate::state::{Changes, State};

/// What a pane may look at: the state at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Cx<'a> {
    /// What is known.
    pub state: &'a State,
    /// The moment for which ages are told.
    pub now: Timestamp,
}

/// A value that a filter can hold against a term, and that rows are ordered by.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Unknown, or does not apply.
    #[default]
    None,
    /// Words.
    Text(Text),
    /// Words of ours.
    Word(&'static str),
    /// Several words, any of which may match.
    List(Arc<[Text]>),
    /// A number.
    Number(f64),
    /// A span in seconds.
    Seconds(f64),
    /// Yes or no.
    Bool(bool),
}

impl Value {
    /// A span if there is one.
    pub fn seconds(seconds: Option<f64>) -> Value {
        seconds.map_or(Value::None, Value::Seconds)
    }

    /// Words if there are some.
    pub fn text(text: Option<&Text>) -> Value {
        text.map_or(Value::None, |text| Value::Text(text.clone()))
    }

    /// A truth if it is known.
    pub fn truth(truth: Option<bool>) -> Value {
        truth.map_or(Value::None, Value::Bool)
    }
}

/// What kind of value a field has: how a term is read and completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Words; `*` stands for any run of characters.
    Text,
    /// A number.
    Number,
    /// A share of a hundred: `90` or `90%`.
    Percent,
    /// An amount of CPU in cores: `2`, `0.5` or `500m`.
    Cores,
    /// An amount of memory in bytes: `4Gi`, `512Mi`, `2G`.
    Bytes,
    /// A span such as `10m` or `1h30m`; moves with time.
    Span,
    /// `yes` or `no`.
    Bool,
}

/// A name that may stand before `:`, `=`, `<` or `>` in a filter.
#[derive(Debug)]
pub struct Field {
    /// The name.
    pub name: &'static str,
    /// What kind of value it has.
    pub kind: FieldKind,
    /// What it means, one line.
    pub doc: &'static str,
    /// The value of one row.
    pub of: fn(&Cx<'_>, Subject<'_>) -> Value,
    /// Words that a person may want to type here.
    pub words: fn(&State) -> Vec<Text>,
}

/// No words to offer.
pub fn no_words(_: &State) -> Vec<Text> {
    Vec::new()
}

/// How wide a column stands, in screen columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Width {
    /// Never narrower.
    pub min: u16,
    /// Never wider, unless the row is shown wide.
    pub max: u16,
    /// Its share of what is left over; 0 stays at `min`.
    pub grow: u16,
}

impl Width {
    /// A width that does not change.
    pub const fn fixed(width: u16) -> Width {
        Width { min: width, max: width, grow: 0 }
    }

    /// A width that takes what is left over, by its share.
    pub const fn grow(min: u16, max: u16, grow: u16) -> Width {
        Width { min, max, grow }
    }
}

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    /// Its name, as the column chooser and saved columns know it.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// How wide it stands.
    pub width: Width,
    /// Which way it leans.
    pub align: Align,
    /// What it shows, one line.
    pub doc: &'static str,
    /// Which columns go first where there is little room: 0 stays longest.
    pub rank: u8,
    /// Whether it stands there unless chosen otherwise.
    pub shown: Shown,
    /// Its cell in one row.
    pub cell: fn(&Cx<'_>, Subject<'_>) -> Cell,
    /// The place of one row when ordered by it. It must not depend on the moment, only on the state.
    pub order: fn(&Cx<'_>, Subject<'_>) -> Order,
}

/// Whether a column stands there from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// From the start.
    Always,
    /// When wide, or when chosen.
    Wide,
    /// Where several clusters are known, and when wide or chosen.
    SeveralClusters,
}

impl Shown {
    /// Whether a column stands there though nobody chose it.
    pub fn holds(self, state: &State) -> bool {
        match self {
            Shown::Always => true,
            Shown::Wide => false,
            Shown::SeveralClusters => state.has_several_clusters(),
        }
    }
}

/// The place of a row in an order: what is unknown comes last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Order {
    /// By a number.
    Number(i64),
    /// By words.
    Text(Text),
    /// Unknown.
    #[default]
    Last,
}

impl Order {
    /// By an instant: the older the earlier.
    pub fn instant(at: Option<Timestamp>) -> Order {
        at.map_or(Order::Last, |at| Order::Number(at.as_millisecond()))
    }

    /// By words.
    pub fn text(text: Option<&Text>) -> Order {
        text.map_or(Order::Last, |text| Order::Text(text.clone()))
    }
}

/// A way to put rows that belong together next to each other.
#[derive(Debug)]
pub struct Grouping {
    /// Its name: `pipeline`, `project`, `tier`.
    pub name: &'static str,
    /// The group's place, and the group itself.
    pub of: fn(&Cx<'_>, Subject<'_>) -> (i64, u64),
}

/// A kind of row's fixed facts.
#[derive(Debug)]
pub struct LensAbout {
    /// Its name (`jobs`), which `get` and the screen use.
    pub name: &'static str,
    /// The word for one row, and for several.
    pub noun: (&'static str, &'static str),
    /// Its columns, in their order from the left.
    pub columns: &'static [Column],
    /// What a filter may ask of it.
    pub fields: &'static [Field],
    /// The column by which rows are ordered at first.
    pub default_sort: &'static str,
    /// Ways to group its rows.
    pub groupings: &'static [Grouping],
    /// The feeds that bring its rows; none where they are always there.
    pub feeds: &'static [SourceId],
}

/// One kind of row.
pub trait Lens: Sync {
    /// Its fixed facts.
    fn about(&self) -> &'static LensAbout;

    /// Its name (`jobs`), which `get` and the screen use.
    fn name(&self) -> &'static str {
        self.about().name
    }

    /// The word for one row, and for several.
    fn noun(&self) -> (&'static str, &'static str) {
        self.about().noun
    }

    /// Its columns, in their order from the left.
    fn columns(&self) -> &'static [Column] {
        self.about().columns
    }

    /// What a filter may ask of it.
    fn fields(&self) -> &'static [Field] {
        self.about().fields
    }

    /// The column by which rows are ordered at first.
    fn default_sort(&self) -> &'static str {
        self.about().default_sort
    }

    /// Ways to group its rows.
    fn groupings(&self) -> &'static [Grouping] {
        self.about().groupings
    }

    /// Every row, or those within `scope` (the jobs of a pipeline).
    fn scan<'a>(
        &self,
        state: &'a State,
        scope: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a>;

    /// The rows whose place may be another after `changes`.
    fn touched(&self, state: &State, changes: &Changes) -> Vec<EntityId>;

    /// Whether all its rows are to be put in order anew after `changes`: for few rows that move together.
    fn is_outdated(&self, _: &Changes) -> bool {
        false
    }

    /// Whether a row lies within `scope`; every row does where nothing can be narrowed.
    fn is_within(&self, _: &State, _: &EntityId, _: Subject<'_>) -> bool {
        true
    }

    /// The words that a fuzzy search looks through.
    fn search(&self, cx: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str));

    /// The words from outside that Watchfloor adds to a row beyond its cells: whether it is old, when it changed,
    /// what it belongs to.
    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding;
}

/// What a row is beyond its cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RowStanding {
    /// Whether it is not confirmed any more.
    pub is_stale: bool,
    /// When it changed before our eyes.
    pub changed_at: Option<Timestamp>,
    /// What it belongs to.
    pub group: Option<EntityId>,
}

/// The column of a lens with this name.
pub fn column(lens: &dyn Lens, name: &str) -> Option<&'static Column> {
    lens.columns().iter().find(|column| column.name == name)
}
