//! What changes the organisation: memberships, tokens, keys and entries that are taken away or made less.

use super::model::{Organisation, Place};
use crate::sim::clock::Millis;

/// Why GitLab does not do what is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no such thing in that place.
    Missing,
    /// Nobody would own the group any more.
    LastOwner,
}

/// What becomes of the end of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It is left as it is.
    Kept,
    /// It has none any more.
    Never,
    /// It is then.
    At(Millis),
}

impl Organisation {
    /// Whether somebody is the only person or bot who owns a group.
    pub(crate) fn is_last_owner(&self, place: Place, user: u64) -> bool {
        let owner =
            |id: &u64| self.memberships.get(&(place, *id)).is_some_and(|one| one.level >= 50);
        let others = self.direct(place).any(|one| one.level >= 50 && one.user != user);
        matches!(place, Place::Group(_)) && owner(&user) && !others
    }

    /// Takes a membership of a place itself away.
    pub(crate) fn remove_member(&mut self, place: Place, user: u64) -> Result<(), Refused> {
        if !self.memberships.contains_key(&(place, user)) {
            return Err(Refused::Missing);
        }
        if self.is_last_owner(place, user) {
            return Err(Refused::LastOwner);
        }
        self.memberships.remove(&(place, user));
        Ok(())
    }

    /// Gives a member another level and another end.
    pub(crate) fn change_member(
        &mut self,
        (place, user): (Place, u64),
        level: u32,
        end: End,
    ) -> Result<(), Refused> {
        let is_last = self.is_last_owner(place, user) && level < 50;
        let one = self.memberships.get_mut(&(place, user)).ok_or(Refused::Missing)?;
        if is_last {
            return Err(Refused::LastOwner);
        }
        // A custom role goes with the level that it was given on.
        if one.level != level {
            one.role = None;
        }
        one.level = level;
        match end {
            End::Kept => {}
            End::Never => one.expires = None,
            End::At(at) => one.expires = Some(at),
        }
        Ok(())
    }

    /// Revokes a token; its bot, where it has no other token that works, is a member no more.
    pub(crate) fn revoke(&mut self, id: u64, now: Millis) -> Result<(), Refused> {
        let token = self.tokens.get_mut(&id).ok_or(Refused::Missing)?;
        token.revoked = true;
        let user = token.user;
        let is_token_bot =
            self.accounts.get(&user).is_some_and(|one| one.kind == super::AccountKind::TokenBot);
        let still_used = self.tokens.values().any(|one| one.user == user && one.works(now));
        if is_token_bot && !still_used {
            self.memberships.retain(|(_, member), _| *member != user);
        }
        Ok(())
    }

    /// Takes a deploy key out of a project; one that is in no project any more is gone.
    pub(crate) fn remove_key(&mut self, project: u64, id: u64) -> Result<(), Refused> {
        let key = self.deploy_keys.get_mut(&id).ok_or(Refused::Missing)?;
        key.projects.remove(&project).ok_or(Refused::Missing)?;
        if key.projects.is_empty() {
            self.deploy_keys.remove(&id);
        }
        Ok(())
    }
}
