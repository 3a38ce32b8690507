//! Many people more, for a platform at scale: readers and guests, in whom a review finds nothing.

use super::model::{Account, AccountKind, Membership, Organisation, Place};
use crate::sim::clock::Millis;
use crate::sim::dice::Dice;

const DAY: Millis = 86_400_000;
const FIRST_PERSON: u64 = 100_001;
const FIRST_MEMBERSHIP: u64 = 1_000_001;
/// People for each step of the scale beyond the first, and the memberships of each.
const PEOPLE: u64 = 20;
const MEMBERSHIPS: usize = 10;

impl Organisation {
    /// Adds people with memberships in the given projects: 2,000 people with 20,000 memberships at scale 100.
    pub(crate) fn grow(&mut self, scale: u32, projects: &[u64], (start, seed): (Millis, u64)) {
        if scale <= 1 || projects.is_empty() {
            return;
        }
        let mut dice = Dice::new(seed ^ 0x0a6e_55ed);
        let mut membership = FIRST_MEMBERSHIP;
        let by = self.accounts.keys().next().copied();
        for number in 0..u64::from(scale) * PEOPLE {
            let user = FIRST_PERSON + number;
            self.accounts.insert(user, person(user, number, (&mut dice, start)));
            let level = if number % 3 == 0 { 10 } else { 20 };
            let first = usize::try_from(dice.between(0, 1 << 20)).unwrap_or(0);
            for step in 0..MEMBERSHIPS.min(projects.len()) {
                let Some(project) = projects.get((first + step) % projects.len()) else { continue };
                let place = Place::Project(*project);
                let created = start - dice.between(10, 600) * DAY;
                let one = Membership {
                    id: membership,
                    place,
                    user,
                    level,
                    role: None,
                    created,
                    created_by: by,
                    expires: None,
                };
                membership += 1;
                self.memberships.insert((place, user), one);
            }
        }
    }
}

fn person(id: u64, number: u64, (dice, start): (&mut Dice, Millis)) -> Account {
    let username = format!("extra.{number:05}");
    Account {
        id,
        name: format!("Extra {number:05}"),
        kind: AccountKind::Person,
        state: "active".to_owned(),
        external: false,
        admin: false,
        auditor: false,
        two_factor: true,
        email: format!("{username}@acme.example"),
        username,
        created: start - dice.between(200, 1200) * DAY,
        created_by: None,
        active: Some(start - dice.between(0, 60) * DAY),
        saml: true,
        scim: Some(true),
        home: None,
    }
}
