//! Who has which right where: one relation at a time as GraphQL tells it, and all of them together.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Membership, Place, Share};
use crate::sim::clock::Millis;
use crate::sim::world::World;

/// How somebody comes to be a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// By a membership of the place itself.
    Direct,
    /// By one of a group above.
    Inherited,
    /// By one of a group below.
    Descendants,
    /// By one of a group that was invited into the place itself.
    Invited,
    /// By one of a group that was invited into a group above.
    InvitedAbove,
}

impl Relation {
    /// Every way to a right on a place itself.
    pub(crate) const ALL: [Self; 4] =
        [Self::Direct, Self::Inherited, Self::Invited, Self::InvitedAbove];
}

/// A member as one of the relations tells of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The id of the membership.
    pub(crate) id: u64,
    /// Where that membership is.
    pub(crate) place: Place,
    pub(crate) user: u64,
    /// What comes of it: never more than the invitation of a group lets through.
    pub(crate) level: u32,
}

impl World {
    /// The path of a place.
    pub(crate) fn path_of(&self, place: Place) -> Option<&str> {
        match place {
            Place::Group(id) => self.groups.get(&id).map(|one| one.path.as_str()),
            Place::Project(id) => self.projects.get(&id).map(|one| one.path.as_str()),
        }
    }

    /// The groups above a place, the nearest first.
    pub(crate) fn above(&self, place: Place) -> Vec<u64> {
        let mut next = match place {
            Place::Group(id) => self.groups.get(&id).and_then(|one| one.parent),
            Place::Project(id) => self.projects.get(&id).map(|one| one.group),
        };
        let mut all = Vec::new();
        while let Some(id) = next {
            all.push(id);
            next = self.groups.get(&id).and_then(|one| one.parent);
        }
        all
    }

    /// The groups below a group, however deep.
    pub(crate) fn below(&self, group: u64) -> Vec<u64> {
        let Some(path) = self.groups.get(&group).map(|one| format!("{}/", one.path)) else {
            return Vec::new();
        };
        let all = self.groups.values().filter(|one| one.path.starts_with(&path));
        all.map(|one| one.id).collect()
    }

    /// The members of a place by these relations, each account once, with its highest level; by the ids of memberships.
    pub(crate) fn rows(&self, place: Place, relations: &[Relation]) -> Vec<Row> {
        let mut best: BTreeMap<u64, (Row, bool)> = BTreeMap::new();
        for relation in relations {
            for (row, endless) in self.related(place, *relation) {
                let better = best.get(&row.user).is_none_or(|(known, known_endless)| {
                    (row.level, endless) > (known.level, *known_endless)
                });
                if better {
                    best.insert(row.user, (row, endless));
                }
            }
        }
        let mut rows: Vec<Row> = best.into_values().map(|(row, _)| row).collect();
        rows.sort_by_key(|row| row.id);
        rows
    }

    /// What somebody may do in a place, by whatever way: a row of the highest level.
    pub(crate) fn effective(&self, place: Place, user: u64) -> Option<Row> {
        self.rows_of(place, user).into_iter().max_by_key(|row| row.level)
    }

    /// The level of whoever asks: 60 is an administrator, who may everything.
    pub(crate) fn level_here(&self, place: Place) -> u32 {
        let Some(user) = self.people.get(self.holder.person).map(|who| who.id) else { return 0 };
        if self.organisation.accounts.get(&user).is_some_and(|one| one.admin) {
            return 60;
        }
        let Some(path) = self.path_of(place) else { return 0 };
        if self.is_hidden(path) {
            return 0;
        }
        let level = |place| self.effective(place, user).map_or(0, |row| row.level);
        let here = level(place);
        let root = path.split('/').next().unwrap_or_default();
        match self.group_at(root).filter(|group| group.path == "acme") {
            // The level that a test gives holds in every project, but for what somebody has in one alone.
            Some(top) if here > level(Place::Group(top.id)) => here.max(self.holder.level),
            Some(_) => self.holder.level,
            None => here,
        }
    }

    /// Whether the scenario lets nobody but administrators see who has which right there.
    fn is_hidden(&self, path: &str) -> bool {
        self.organisation.hidden.iter().any(|hidden| {
            path.strip_prefix(hidden.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Every row of one account on a place.
    fn rows_of(&self, place: Place, user: u64) -> Vec<Row> {
        let now = self.now;
        let own = |place| self.organisation.memberships.get(&(place, user));
        let counts = |one: &&Membership| one.expires.is_none_or(|end| now < end);
        let mut rows: Vec<Row> = Vec::new();
        let above = self.above(place).into_iter().map(Place::Group);
        for here in std::iter::once(place).chain(above) {
            rows.extend(own(here).filter(counts).map(row));
            for share in self.organisation.shares_of(here).filter(|one| is_open(one, now)) {
                let invited = own(Place::Group(share.group)).filter(counts);
                rows.extend(invited.map(|one| capped(one, share)));
            }
        }
        rows
    }

    /// The rows of one relation, and whether each has no end.
    fn related(&self, place: Place, relation: Relation) -> Vec<(Row, bool)> {
        let groups = |ids: Vec<u64>| ids.into_iter().map(Place::Group).collect::<Vec<_>>();
        let above = || groups(self.above(place));
        match (relation, place) {
            (Relation::Direct, _) => self.plain(&[place]),
            (Relation::Inherited, _) => self.plain(&above()),
            (Relation::Descendants, Place::Group(id)) => self.plain(&groups(self.below(id))),
            (Relation::Descendants, Place::Project(_)) => Vec::new(),
            (Relation::Invited, _) => self.invited(&[place]),
            (Relation::InvitedAbove, _) => self.invited(&above()),
        }
    }

    fn plain(&self, places: &[Place]) -> Vec<(Row, bool)> {
        let now = self.now;
        let of = |place: &Place| self.organisation.direct(*place);
        let counts = |one: &&Membership| one.expires.is_none_or(|end| now < end);
        let all = places.iter().flat_map(of).filter(counts);
        all.map(|one| (row(one), one.expires.is_none())).collect()
    }

    fn invited(&self, places: &[Place]) -> Vec<(Row, bool)> {
        let mut all = Vec::new();
        let mut seen = BTreeSet::new();
        for place in places {
            for share in self.organisation.shares_of(*place).filter(|one| is_open(one, self.now)) {
                if !seen.insert((share.place, share.group)) {
                    continue;
                }
                let members = self.organisation.direct(Place::Group(share.group));
                all.extend(members.map(|one| (capped(one, share), share.expires.is_none())));
            }
        }
        all
    }
}

fn is_open(share: &Share, now: Millis) -> bool {
    share.expires.is_none_or(|end| now < end)
}

fn row(one: &Membership) -> Row {
    Row { id: one.id, place: one.place, user: one.user, level: one.level }
}

fn capped(one: &Membership, share: &Share) -> Row {
    Row { level: one.level.min(share.level), ..row(one) }
}
