//! Where the person is: a pane, a kind of row, what it is narrowed to, and what is looked at.

use super::effect::LogId;
use crate::domain::EntityId;
use crate::pane::lens::Lens;
use crate::pane::{PANES, Pane, sources};

/// What fills the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Focus {
    /// The table, with the detail beside it where there is room.
    Table,
    /// One row's detail on the whole screen.
    Detail(EntityId),
    /// A job's or a container's log.
    Log(LogId),
}

/// A place to be.
#[derive(Clone)]
pub struct Place {
    /// The pane.
    pub pane: &'static dyn Pane,
    /// The kind of rows.
    pub lens: &'static dyn Lens,
    /// What the rows are narrowed to.
    pub scope: Option<EntityId>,
    /// What fills the screen.
    pub focus: Focus,
}

impl Place {
    /// A pane as it opens.
    pub fn of(pane: &'static dyn Pane) -> Option<Place> {
        let lens = pane.about().lenses.first().copied()?;
        Some(Place { pane, lens, scope: None, focus: Focus::Table })
    }

    /// The key under which the table of this place is kept.
    pub fn table_key(&self) -> TableKey {
        TableKey { lens: self.lens.name(), scope: self.scope.clone() }
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Place) -> bool {
        self.pane.about().name == other.pane.about().name
            && self.lens.name() == other.lens.name()
            && self.scope == other.scope
            && self.focus == other.focus
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Place { pane, lens, scope, focus } = self;
        write!(f, "{}/{} {scope:?} {focus:?}", pane.about().name, lens.name())
    }
}

/// Which table a view belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableKey {
    /// The kind of rows.
    pub lens: &'static str,
    /// What they are narrowed to.
    pub scope: Option<EntityId>,
}

/// How many places are remembered for going back and forth.
const MOST: usize = 64;

/// Where the person is, where they came down from, and where they were before.
#[derive(Debug, Clone)]
pub struct Journey {
    /// The way down to here: the last is where we are. Never empty.
    down: Vec<Place>,
    past: Vec<Vec<Place>>,
    future: Vec<Vec<Place>>,
    /// Where we are when `down` were empty, which it never is.
    home: Place,
}

impl Journey {
    /// A journey that starts at a place.
    pub fn new(home: Place) -> Journey {
        Journey { down: vec![home.clone()], past: Vec::new(), future: Vec::new(), home }
    }

    /// Where we are.
    pub fn here(&self) -> &Place {
        self.down.last().unwrap_or(&self.home)
    }

    /// The way down to here.
    pub fn trail(&self) -> &[Place] {
        &self.down
    }

    /// Goes to a place from the top, leaving the way down.
    pub fn go(&mut self, place: Place) {
        if *self.here() != place || self.down.len() > 1 {
            self.turn(vec![place]);
        }
    }

    /// Goes one step down.
    pub fn enter(&mut self, place: Place) {
        if *self.here() != place {
            let mut down = self.down.clone();
            down.push(place);
            self.turn(down);
        }
    }

    /// Goes one step up. Says whether there was one.
    pub fn back(&mut self) -> bool {
        if self.down.len() < 2 {
            return false;
        }
        let mut down = self.down.clone();
        down.pop();
        self.turn(down);
        true
    }

    /// Goes to where we were before. Says whether there was a before.
    pub fn past(&mut self) -> bool {
        let Some(before) = self.past.pop() else { return false };
        self.future.push(std::mem::replace(&mut self.down, before));
        true
    }

    /// Undoes going to where we were before.
    pub fn future(&mut self) -> bool {
        let Some(after) = self.future.pop() else { return false };
        self.past.push(std::mem::replace(&mut self.down, after));
        true
    }

    /// Whether there is a place to go back to.
    pub fn has_past(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether going back can be undone.
    pub fn has_future(&self) -> bool {
        !self.future.is_empty()
    }

    fn turn(&mut self, down: Vec<Place>) {
        self.past.push(std::mem::replace(&mut self.down, down));
        self.future.clear();
        if self.past.len() > MOST {
            self.past.remove(0);
        }
    }
}

/// The first place: the first pane, as it opens.
pub(super) fn first() -> Place {
    PANES.first().copied().and_then(Place::of).unwrap_or(Place {
        pane: &sources::Sources,
        lens: &sources::SOURCE_ROWS,
        scope: None,
        focus: Focus::Table,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::JobId;
    use crate::pane::find;

    fn place(name: &str) -> Place {
        Place::of(find(name).unwrap()).unwrap()
    }

    #[test]
    fn the_way_up_leads_to_where_one_came_down() {
        let mut journey = Journey::new(place("pipelines"));
        let deep = Place { focus: Focus::Log(LogId::Job(JobId(1))), ..place("pipelines") };
        journey.enter(deep);
        assert!(journey.back());
        assert_eq!(*journey.here(), place("pipelines"));
        assert!(!journey.back());
    }

    #[test]
    fn the_past_can_be_gone_back_to_and_forth() {
        let mut journey = Journey::new(place("pipelines"));
        journey.go(place("sources"));
        assert!(journey.past());
        assert_eq!(*journey.here(), place("pipelines"));
        assert!(journey.future());
        assert_eq!(*journey.here(), place("sources"));
        assert!(!journey.future());
    }
}
