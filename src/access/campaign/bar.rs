//! [`barred`]: why a reviewer may not decide about an item: it is their own, they granted it, or they are nobody.

use std::collections::HashSet;

use super::event::Reviewer;
use super::freeze::{Frozen, Item};
use crate::domain::Text;
use crate::domain::access::{Credential, Grant, Principal, PrincipalKind, ResourceKind, Standing};
use crate::domain::exception::is_same_person;

/// Why a reviewer may not decide about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Bar {
    /// Nobody stands behind the name.
    #[error("a bot decides about nothing")]
    Bot,
    /// The name is empty.
    #[error("who decides is not known")]
    Unknown,
    /// It is about the reviewer.
    #[error("nobody certifies their own access")]
    Subject,
    /// It is a token, key or bot of the reviewer's.
    #[error("nobody certifies a token, key or bot of their own")]
    Owner,
    /// It is a group that the reviewer is in.
    #[error("nobody certifies the access of a group that they are a member of")]
    Member,
    /// The reviewer gave it.
    #[error("nobody certifies what they granted themselves")]
    Granter,
}

/// What one reviewer may decide about in a campaign. Whoever asks about many items makes it once.
#[derive(Debug, Clone)]
pub struct Duty {
    name: Text,
    /// The id of their principal.
    me: Option<Text>,
    /// What they are called.
    called: Option<Text>,
    /// Paths of the groups that they are in.
    groups: HashSet<Text>,
    nothing: Option<Bar>,
}

impl Duty {
    /// What a reviewer may decide about.
    pub fn of(reviewer: &Reviewer, frozen: &Frozen) -> Duty {
        let name = &reviewer.username;
        let population = &frozen.population;
        let is_me = |one: &&Principal| {
            one.username.as_deref().is_some_and(|other| is_same_person(other, name))
        };
        let me = population.principals.iter().find(is_me);
        let is_bot = is_bot_name(name) || me.is_some_and(|me| me.kind.is_machine());
        let nothing =
            if name.trim().is_empty() { Some(Bar::Unknown) } else { is_bot.then_some(Bar::Bot) };
        let is_mine = |grant: &&Grant| {
            grant.resource.kind == ResourceKind::Group
                && me.is_some_and(|me| me.id == grant.subject)
        };
        let mine = population.grants.iter().filter(is_mine);
        let groups = mine.map(|grant| grant.resource.path.clone()).collect();
        let called = me.map(|me| me.name.clone());
        Duty { name: name.clone(), me: me.map(|me| me.id.clone()), called, groups, nothing }
    }

    /// Why the reviewer may decide about nothing at all, if so.
    pub fn nothing(&self) -> Option<Bar> {
        self.nothing
    }

    /// Why the reviewer may not decide about an item of that population, if so.
    pub fn bar(&self, item: &Item, frozen: &Frozen) -> Option<Bar> {
        if self.nothing.is_some() {
            return self.nothing;
        }
        let id = item.subject.as_ref()?;
        let subject = principal(frozen, id);
        let is_me = |other: &str| is_same_person(other, &self.name);
        if self.me.as_ref() == Some(id)
            || subject.is_some_and(|one| one.username.as_deref().is_some_and(is_me))
        {
            return Some(Bar::Subject);
        }
        if subject.is_some_and(|one| owns(&self.name, one)) || self.holds(id, frozen) {
            return Some(Bar::Owner);
        }
        if subject.is_some_and(|one| self.is_member(one)) {
            return Some(Bar::Member);
        }
        let grant = frozen.grant(&item.key);
        let granter = grant.and_then(|grant| grant.granted_by.as_deref());
        // Of an invitation GitLab tells the display name of who sent it, and no login.
        let is_my_name = |name: &str| {
            grant.is_some_and(|grant| grant.standing == Standing::Invited)
                && self.called.as_deref().is_some_and(|own| is_same_person(own, name))
        };
        granter.is_some_and(|by| is_me(by) || is_my_name(by)).then_some(Bar::Granter)
    }

    /// Whether a principal is a token or key that the reviewer made, or that acts for them.
    fn holds(&self, subject: &Text, frozen: &Frozen) -> bool {
        let all = &frozen.population.credentials;
        let is_mine = |one: &Credential| {
            let made = one.creator.fact().is_some_and(|maker| is_same_person(maker, &self.name));
            made || (one.account.is_some() && one.account == self.me)
        };
        let place = all.partition_point(|one| one.principal < *subject);
        all.iter().skip(place).take_while(|one| one.principal == *subject).any(is_mine)
    }

    /// Whether a principal is a group that the reviewer is in.
    fn is_member(&self, one: &Principal) -> bool {
        let path = one.username.as_ref().unwrap_or(&one.name);
        one.kind == PrincipalKind::Group
            && (self.groups.contains(path) || self.groups.contains(&one.name))
    }
}

/// Why a reviewer may not decide about an item, if so.
pub fn barred(reviewer: &Reviewer, item: &Item, frozen: &Frozen) -> Option<Bar> {
    Duty::of(reviewer, frozen).bar(item, frozen)
}

/// Whether GitLab makes such names for bots alone.
fn is_bot_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let made = name.starts_with("project_") || name.starts_with("group_");
    (made && name.contains("_bot")) || name.starts_with("service_account_") || name == "ghost"
}

fn principal<'a>(frozen: &'a Frozen, id: &str) -> Option<&'a Principal> {
    let all = &frozen.population.principals;
    let place = all.binary_search_by(|one| one.id.as_str().cmp(id)).ok()?;
    all.get(place)
}

fn owns(name: &str, one: &Principal) -> bool {
    let owner = one.owner.fact().and_then(Option::as_ref);
    owner.into_iter().chain(&one.created_by).any(|other| is_same_person(other, name))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{campaign, reviewer};
    use super::*;
    use crate::access::campaign::Campaign;
    use crate::domain::access::Known;

    fn bar(of: &Campaign, by: &str, key: &str) -> Option<Bar> {
        barred(&reviewer(by), of.item(key).unwrap(), &of.frozen)
    }

    const ASHA: &str = "grant:asha@acme/shop";
    const LENA: &str = "grant:lena@acme/shop";

    #[test]
    fn nobody_decides_about_themselves_in_capitals_neither() {
        let of = campaign();
        assert_eq!(bar(&of, "ASHA", ASHA), Some(Bar::Subject));
        assert_eq!(bar(&of, "wei", ASHA), None);
    }

    #[test]
    fn nobody_decides_about_what_they_granted() {
        let of = campaign();
        assert_eq!(bar(&of, "tomas", LENA), Some(Bar::Granter));
        assert_eq!(bar(&of, "tomas", ASHA), None);
    }

    #[test]
    fn nobody_decides_about_whom_they_invited_of_whom_gitlab_tells_the_name_alone() {
        let of = campaign();
        let mut frozen = (*of.frozen).clone();
        let name = |frozen: &Frozen| {
            let me = frozen.population.principals.iter().find(|one| &*one.id == "user:tomas");
            me.unwrap().name.clone()
        };
        let sender = name(&frozen);
        let asha = frozen.population.grants.iter_mut().find(|one| &*one.id == ASHA).unwrap();
        asha.granted_by = Some(sender);
        asha.standing = Standing::Invited;
        let of = Campaign::new(of.start.clone(), frozen.into());
        assert_eq!(bar(&of, "tomas", ASHA), Some(Bar::Granter));
        assert_eq!(bar(&of, "wei", ASHA), None);
    }

    #[test]
    fn a_bot_and_nobody_decide_about_nothing_not_even_settings() {
        let of = campaign();
        for name in ["project_7_bot_0a", "group_1_bot", "service_account_2"] {
            assert_eq!(bar(&of, name, ASHA), Some(Bar::Bot), "{name}");
            assert_eq!(bar(&of, name, "setting:group:acme"), Some(Bar::Bot), "{name}");
        }
        assert_eq!(bar(&of, " ", ASHA), Some(Bar::Unknown));
        assert_eq!(bar(&of, "project_lead", ASHA), None);
    }

    #[test]
    fn a_setting_is_decided_by_any_person() {
        assert_eq!(bar(&campaign(), "tomas", "setting:group:acme"), None);
    }

    /// The campaign with the principal of an item made anew.
    fn changed(change: impl Fn(&mut Principal)) -> Campaign {
        let of = campaign();
        let mut frozen = (*of.frozen).clone();
        let asha = frozen.population.principals.iter_mut().find(|one| &*one.id == "user:asha");
        change(asha.unwrap());
        Campaign::new(of.start.clone(), frozen.into())
    }

    #[test]
    fn nobody_decides_about_a_bot_that_they_answer_for() {
        let of = changed(|one| {
            one.kind = PrincipalKind::Bot;
            one.owner = Known::Is(Some(Text::new("wei")));
        });
        assert_eq!(bar(&of, "wei", ASHA), Some(Bar::Owner));
        assert_eq!(bar(&of, "lena", ASHA), None);
    }

    #[test]
    fn nobody_decides_about_a_group_that_they_are_in() {
        let of = changed(|one| {
            one.kind = PrincipalKind::Group;
            one.username = None;
            one.name = Text::new("acme");
        });
        assert_eq!(bar(&of, "mina", ASHA), Some(Bar::Member));
        assert_eq!(bar(&of, "wei", ASHA), None);
    }
}
