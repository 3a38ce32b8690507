//! The organisation of the world: who has which right, and which runners are set otherwise than usual.

use super::{Person, World};
use crate::sim::organisation::{File, Ground, Organisation};

impl World {
    /// Fills the organisation, and makes people of everybody in its file.
    pub(super) fn organise(&mut self, seed: u64) {
        let wish = self.scenario.organisation.clone();
        let file: &'static File = if wish.full { File::full() } else { File::plain() };
        for path in file.groups() {
            self.add_group(path);
        }
        for (id, username, name) in file.people() {
            if self.people.iter().all(|known| known.id != id) {
                self.people.push(Person { id, username, name });
            }
        }
        for (description, protected, untagged) in file.runners() {
            let named = self.runners.values_mut().find(|one| one.description == description);
            let Some(runner) = named else { continue };
            runner.protected = protected.unwrap_or(runner.protected);
            runner.untagged = untagged.unwrap_or(runner.untagged);
        }
        let mut made = Organisation::new(
            file,
            &Ground {
                start: self.start,
                groups: &self.groups,
                projects: &self.projects,
                runners: &self.runners,
            },
        );
        if wish.full {
            let projects: Vec<u64> = self.projects.keys().copied().collect();
            made.grow(self.scale, &projects, (self.start, seed));
        }
        made.hidden = wish.hidden;
        self.organisation = made;
        if let Some(person) = wish.reader.and_then(|login| self.place_of(&login)) {
            self.holder.person = person;
            self.holder.level = self.usual_level(person);
        }
    }
}
