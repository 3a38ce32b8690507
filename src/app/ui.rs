//! [`Ui`]: where the person is and what they see.

use std::collections::{BTreeMap, VecDeque};

use jiff::SignedDuration;

use crate::domain::{Then, Timestamp};
use crate::keymap::Chord;
use crate::pane::lens::Lens;
use crate::state::State;

use super::act::form::Form;
use super::log::{LogView, Window};
use super::memory::{Memory, TableMemory};
use super::modal::Modal;
use super::notice::Notices;
use super::place::{Journey, Place, TableKey, first};
use super::table::Table;

/// How many tables are kept besides the one on screen.
const MOST_TABLES: usize = 24;

/// How long a question stands on screen before a key can be its answer.
const GLANCE: SignedDuration = SignedDuration::from_millis(200);

/// How many filters are recalled.
const MOST_FILTERS: usize = 20;

/// Where the person is and what they see.
#[derive(Debug)]
pub struct Ui {
    /// Where we are, and the ways there.
    pub journey: Journey,
    /// Tables as they were left.
    pub tables: BTreeMap<TableKey, Table>,
    /// What lies over the screen; the last has the keys.
    pub modals: Vec<Modal>,
    /// A form that was left before it was whole.
    pub form: Option<Box<Form>>,
    /// The job log on screen.
    pub log: Option<LogView>,
    /// How far a detail is scrolled.
    pub detail: DetailView,
    /// A short message.
    pub notices: Notices,
    /// Keys pressed so far of a longer chord.
    pub pending: Vec<Chord>,
    /// The key that answered a question: pressed again it was meant for that question, and for nothing below it.
    pub spent: Option<Spent>,
    /// Where the picture stands still.
    pub paused: Option<Paused>,
    /// The question about the past whose answer is waited for.
    pub recalled: Option<u64>,
    /// What was drawn last, and where.
    pub drawn: Drawn,
    /// The question on screen that may be answered, and since when it stands there.
    readable: Option<(Asked, Timestamp)>,
    /// What survives a restart.
    pub memory: Memory,
    /// The last ticket given to a question.
    pub tickets: u64,
}

/// A key that answered a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// The key.
    pub key: Chord,
    /// Until when it does nothing else.
    pub until: Timestamp,
}

/// A picture that stands still.
#[derive(Debug, Clone)]
pub struct Paused {
    /// What was known.
    pub state: State,
    /// When.
    pub at: Timestamp,
    /// What is not known of then, where this is the past and not what was on screen.
    pub then: Option<Then>,
}

/// How the detail is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DetailView {
    /// Lines scrolled away.
    pub top: usize,
}

/// What was drawn last, and where: the view tells, so that pages and clicks know their size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drawn {
    /// The first table row on screen: its line, and which row it was.
    pub table: Option<DrawnTable>,
    /// Tabs: line 0 from column to column, and the pane's name.
    pub tabs: Vec<(u16, u16, &'static str)>,
    /// The kinds of rows: their line, and from column to column the name of each.
    pub views: Strip,
    /// The titles of the table: their line, and from column to column the name of each column.
    pub titles: Strip,
    /// The keys of the moment: their line, and from column to column the command line of each.
    pub hints: Strip,
    /// Where the detail beside the table stands: its left column, its first line, and those after its last.
    pub detail: Option<[u16; 4]>,
    /// How many lines a page of the detail has.
    pub page: usize,
    /// How far the detail can be scrolled.
    pub detail_last: usize,
    /// How far the help, or a dialog, can be scrolled.
    pub help_last: usize,
    /// The size of the log's window.
    pub log: Window,
    /// The question that stood there with everything that its answer is about.
    pub asked: Option<Asked>,
}

/// A question that changes something, or lets something be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Whether to arm, with who we are on each platform.
    Arm,
    /// Whether to do an act, with what will be sent and to what; the ticket of its dialog.
    Act(u64),
}

/// Words of one line that a click chooses among.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strip {
    /// The line.
    pub line: u16,
    /// From column to column, and what the words there stand for.
    pub parts: Vec<(u16, u16, &'static str)>,
}

impl Strip {
    /// What stands at a place.
    pub fn at(&self, column: u16, line: u16) -> Option<&'static str> {
        let parts = self.parts.iter().filter(|_| line == self.line);
        let mut here = parts.filter(|(from, to, _)| (*from..*to).contains(&column));
        here.next().map(|(.., name)| *name)
    }
}

/// Where the table was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DrawnTable {
    /// The line of its first row.
    pub line: u16,
    /// The column after its last.
    pub right: u16,
    /// How many rows fit.
    pub rows: usize,
    /// Which row of the listing stood first.
    pub top: usize,
}

impl Ui {
    /// The first pane, as it opens.
    pub fn new() -> Ui {
        Ui {
            journey: Journey::new(first()),
            tables: BTreeMap::new(),
            modals: Vec::new(),
            form: None,
            log: None,
            detail: DetailView::default(),
            notices: Notices::default(),
            pending: Vec::new(),
            spent: None,
            paused: None,
            recalled: None,
            drawn: Drawn::default(),
            readable: None,
            memory: Memory::default(),
            tickets: 0,
        }
    }

    /// Where we are.
    pub fn place(&self) -> &Place {
        self.journey.here()
    }

    /// The table on screen, or behind what is.
    pub fn table(&self) -> Option<&Table> {
        self.tables.get(&self.place().table_key())
    }

    /// The table on screen; made as it was last left, where it is new.
    pub fn table_mut(&mut self) -> &mut Table {
        let (key, lens, scope) = {
            let place = self.place();
            (place.table_key(), place.lens, place.scope.clone())
        };
        if self.tables.len() > MOST_TABLES {
            self.tables.retain(|kept, _| kept.scope.is_none() || *kept == key);
        }
        let memory = self.memory.tables.get(lens.name());
        self.tables.entry(key).or_insert_with(|| remembered(lens, scope, memory))
    }

    /// Notes what was drawn and where; the table stays scrolled as it was drawn.
    pub fn note_drawn(&mut self, drawn: Drawn, now: Timestamp) {
        if let Some(table) = drawn.table
            && table.rows > 0
        {
            self.table_mut().top = table.top;
        }
        self.detail.top = self.detail.top.min(drawn.detail_last);
        if let Some(Modal::Help(help)) = self.modals.last_mut() {
            help.top = help.top.min(drawn.help_last);
        }
        if let Some(Modal::Timeline(story)) = self.modals.last_mut() {
            story.top = story.top.min(self.drawn.help_last);
        }
        if let Some(Modal::Why(reasons)) = self.modals.last_mut() {
            reasons.top = reasons.top.min(drawn.help_last);
        }
        if let Some(Modal::Confirm(confirm)) = self.modals.last_mut() {
            confirm.top = confirm.top.min(drawn.help_last);
            let is_whole = drawn.asked == Some(Asked::Act(confirm.ticket));
            confirm.is_read |= is_whole && confirm.top >= drawn.help_last;
        }
        let since = self.readable.filter(|(known, _)| Some(*known) == drawn.asked);
        self.readable = since.or_else(|| drawn.asked.map(|asked| (asked, now)));
        self.drawn = drawn;
    }

    /// Whether a question stood on screen, with everything that its answer is about, for as long as it takes a person to
    /// see it: a key that was typed ahead answers nothing.
    pub fn was_readable(&self, asked: Asked, now: Timestamp) -> bool {
        self.readable
            .is_some_and(|(known, since)| known == asked && now.duration_since(since) >= GLANCE)
    }

    /// Nothing was read of the question that is asked from here on.
    pub fn unread(&mut self) {
        self.drawn.asked = None;
        self.readable = None;
    }

    /// Keeps the order, columns and filter of the table on screen for the next start.
    pub fn remember(&mut self) {
        let Some(table) = self.table() else { return };
        if table.scope.is_some() {
            return;
        }
        let kept = TableMemory {
            sort: table.sort.to_owned(),
            reversed: table.direction == crate::pane::listing::Direction::Backward,
            columns: table
                .columns
                .as_ref()
                .map(|names| names.iter().map(|n| (*n).to_owned()).collect()),
            filter: table.filter.clone(),
            grouping: table.grouping().map(|grouping| grouping.name.to_owned()),
            wide: table.is_wide,
        };
        let name = table.lens.name().to_owned();
        self.memory.tables.insert(name, kept);
    }

    /// Keeps a filter to be recalled.
    pub fn recall_later(&mut self, lens: &dyn Lens, filter: &str) {
        if filter.trim().is_empty() {
            return;
        }
        let recent: &mut VecDeque<String> =
            self.memory.filters.entry(lens.name().to_owned()).or_default();
        recent.retain(|known| known != filter);
        recent.push_front(filter.to_owned());
        recent.truncate(MOST_FILTERS);
    }
}

impl Default for Ui {
    fn default() -> Ui {
        Ui::new()
    }
}

/// A table as it was left at the last exit. What no longer exists is left out.
fn remembered(
    lens: &'static dyn Lens,
    scope: Option<crate::domain::EntityId>,
    memory: Option<&TableMemory>,
) -> Table {
    let narrowed = scope.is_some();
    let mut table = Table::new(lens, scope);
    let Some(memory) = memory else { return table };
    if let Some(column) = crate::pane::lens::column(lens, &memory.sort) {
        table.sort = column.name;
    }
    if memory.reversed {
        table.direction = crate::pane::listing::Direction::Backward;
    }
    table.columns = memory.columns.as_ref().map(|names| {
        names.iter().filter_map(|n| crate::pane::lens::column(lens, n)).map(|c| c.name).collect()
    });
    table.is_wide = memory.wide;
    table.grouping = memory
        .grouping
        .as_ref()
        .and_then(|name| lens.groupings().iter().position(|grouping| grouping.name == name));
    if !narrowed && let Ok(query) = crate::pane::query::parse(&memory.filter, lens.fields()) {
        table.filter.clone_from(&memory.filter);
        table.query = query;
    }
    table
}
