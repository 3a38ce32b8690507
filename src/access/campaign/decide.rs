//! What a person asks of a campaign, and why it is refused: a decision, a sign-off.

use super::bar::{Bar, Duty};
use super::event::{Ballot, Decision, Reviewer, SignOff};
use super::freeze::Item;
use super::standing::Campaign;
use crate::domain::{Text, Timestamp};

/// A decision that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The keys of the items.
    pub items: Vec<Text>,
    /// What is decided.
    pub decision: Decision,
    /// Why.
    pub reason: Option<Text>,
    /// Who decides.
    pub by: Reviewer,
    /// When.
    pub at: Timestamp,
}

/// A sign-off that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignAsk {
    /// Who signs.
    pub by: Reviewer,
    /// In what role.
    pub role: Text,
    /// What is stated.
    pub text: Text,
    /// How many items are knowingly left open.
    pub left_open: u64,
    /// When.
    pub at: Timestamp,
}

/// Why something is not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is over.
    #[error("the campaign {0} is signed off: nothing is decided in it any more")]
    Signed(Text),
    /// No item was named.
    #[error("no item is named")]
    Nothing,
    /// There is no such item.
    #[error("the campaign has no item {0}")]
    NoItem(Text),
    /// The reviewer may not.
    #[error("{item}: {why}")]
    Barred {
        /// The item.
        item: Text,
        /// Why.
        why: Bar,
    },
    /// A reason is missing.
    #[error("a reason is needed for {item}: {why}")]
    NoReason {
        /// The item.
        item: Text,
        /// What makes it needed.
        why: Text,
    },
    /// Items of several subjects and findings.
    #[error("several items at once must be of one subject, or of one finding")]
    Scattered,
    /// What it should become is missing.
    #[error("what it should become is not named")]
    NoChange,
    /// There is no right to take away.
    #[error("{0} is a setting and no right: keep it, modify it or escalate it")]
    Setting(Text),
    /// Not everything is decided.
    #[error(
        "{open} items are open, and open is not kept: decide or escalate them, or say that {open} are left open"
    )]
    Open {
        /// How many.
        open: u64,
    },
    /// A statement is missing.
    #[error("a sign-off names a role and says what is stated")]
    NoStatement,
    /// The signer is nobody.
    #[error("{0}")]
    NoSigner(Bar),
}

impl Campaign {
    /// The ballot of a decision, if it may be taken.
    ///
    /// # Errors
    /// Why it may not; of several items none is decided then.
    pub fn ballot(&self, ask: Ask) -> Result<Ballot, Refused> {
        if self.is_signed() {
            return Err(Refused::Signed(self.start.campaign.clone()));
        }
        let Ask { mut items, decision, reason, by, at } = ask;
        items.sort_unstable();
        items.dedup();
        let reason = reason.filter(|reason| !reason.trim().is_empty());
        let duty = Duty::of(&by, &self.frozen);
        let mut asked = Vec::with_capacity(items.len());
        for key in &items {
            let item = self.item(key).ok_or_else(|| Refused::NoItem(key.clone()))?;
            if let Some(why) = duty.bar(item, &self.frozen) {
                return Err(Refused::Barred { item: item.key.clone(), why });
            }
            may(item, &decision, reason.as_ref())?;
            asked.push(item);
        }
        if asked.is_empty() {
            return Err(Refused::Nothing);
        }
        if !is_of_one(&asked) {
            return Err(Refused::Scattered);
        }
        let campaign = self.start.campaign.clone();
        Ok(Ballot { campaign, items, decision, reason, by, at })
    }

    /// The sign-off, if it may be given.
    ///
    /// # Errors
    /// Why it may not.
    pub fn sign_off(&self, ask: SignAsk) -> Result<SignOff, Refused> {
        let SignAsk { by, role, text, left_open, at } = ask;
        if let Some(why) = Duty::of(&by, &self.frozen).nothing() {
            return Err(Refused::NoSigner(why));
        }
        if role.trim().is_empty() || text.trim().is_empty() {
            return Err(Refused::NoStatement);
        }
        let open = self.progress().open;
        if open != left_open {
            return Err(Refused::Open { open });
        }
        Ok(SignOff { campaign: self.start.campaign.clone(), by, role, text, at, left_open })
    }
}

/// Whether an item may be decided so.
fn may(item: &Item, decision: &Decision, reason: Option<&Text>) -> Result<(), Refused> {
    if item.subject.is_none() && *decision == Decision::Revoke {
        return Err(Refused::Setting(item.key.clone()));
    }
    if matches!(decision, Decision::Modify(to) if to.trim().is_empty()) {
        return Err(Refused::NoChange);
    }
    if reason.is_none() {
        let found = item.findings.first().map(|id| format!("the finding {id} stands"));
        let other = (*decision != Decision::Keep).then(|| format!("to {decision} is no keep"));
        if let Some(why) = found.or(other) {
            let (item, why) = (item.key.clone(), Text::new(&why));
            return Err(Refused::NoReason { item, why });
        }
    }
    Ok(())
}

/// Whether items are one, of one subject, or share a finding.
fn is_of_one(items: &[&Item]) -> bool {
    let Some((first, rest)) = items.split_first() else { return false };
    let same_subject =
        first.subject.is_some() && rest.iter().all(|one| one.subject == first.subject);
    let shared =
        || first.findings.iter().any(|id| rest.iter().all(|one| one.findings.contains(id)));
    let same_rule = || {
        let code = |id: &Text| id.split('/').next().unwrap_or_default().to_owned();
        first.findings.iter().any(|id| {
            let wanted = code(id);
            rest.iter().all(|one| one.findings.iter().any(|id| code(id) == wanted))
        })
    };
    rest.is_empty() || same_subject || shared() || same_rule()
}

#[cfg(test)]
mod tests {
    use super::super::event::Event;
    use super::super::fixture::{at, campaign, reviewer};
    use super::*;

    const ASHA: &str = "grant:asha@acme/shop";
    const LENA: &str = "grant:lena@acme/shop";
    const WEI: &str = "grant:wei@acme/shop";

    fn ask(items: &[&str], decision: Decision, reason: Option<&str>) -> Ask {
        Ask {
            items: items.iter().map(|key| Text::new(key)).collect(),
            decision,
            reason: reason.map(Text::new),
            by: reviewer("mina"),
            at: at(1),
        }
    }

    fn refused(ask: Ask) -> Option<Refused> {
        campaign().ballot(ask).err()
    }

    #[test]
    fn keeping_what_nothing_is_wrong_with_needs_no_reason() {
        assert_eq!(refused(ask(&[WEI], Decision::Keep, None)), None);
    }

    #[test]
    fn a_reason_is_needed_where_a_finding_stands_and_for_all_but_a_keep() {
        let is_lacking = |found| matches!(found, Some(Refused::NoReason { .. }));
        assert!(is_lacking(refused(ask(&[ASHA], Decision::Keep, None))));
        assert!(is_lacking(refused(ask(&[ASHA], Decision::Keep, Some("  ")))));
        assert!(is_lacking(refused(ask(&[WEI], Decision::Revoke, None))));
        assert_eq!(refused(ask(&[ASHA], Decision::Keep, Some("on call"))), None);
    }

    #[test]
    fn several_at_once_are_of_one_subject_or_one_finding() {
        assert_eq!(refused(ask(&[ASHA, LENA], Decision::Escalate, Some("r"))), None);
        let scattered = ask(&[ASHA, WEI], Decision::Escalate, Some("r"));
        assert_eq!(refused(scattered), Some(Refused::Scattered));
        assert_eq!(refused(ask(&[], Decision::Keep, None)), Some(Refused::Nothing));
    }

    #[test]
    fn one_item_that_may_not_be_decided_refuses_all() {
        let mut ask = ask(&[ASHA, LENA], Decision::Keep, Some("r"));
        ask.by = reviewer("lena");
        let (item, why) = (Text::new(LENA), Bar::Subject);
        assert_eq!(refused(ask), Some(Refused::Barred { item, why }));
    }

    #[test]
    fn a_setting_is_not_revoked_and_a_change_is_named() {
        let setting = "setting:group:acme";
        let revoke = ask(&[setting], Decision::Revoke, Some("r"));
        assert_eq!(refused(revoke), Some(Refused::Setting(Text::new(setting))));
        let modify = |to: &str| ask(&[setting], Decision::Modify(Text::new(to)), Some("r"));
        assert_eq!(refused(modify(" ")), Some(Refused::NoChange));
        assert_eq!(refused(modify("required")), None);
    }

    fn sign(by: &str, left_open: u64) -> SignAsk {
        let (role, text) = (Text::new("platform lead"), Text::new("I looked at all of it"));
        SignAsk { by: reviewer(by), role, text, left_open, at: at(99) }
    }

    #[test]
    fn open_items_are_named_before_anybody_signs() {
        let of = campaign();
        assert_eq!(of.sign_off(sign("mina", 0)), Err(Refused::Open { open: 6 }));
        assert_eq!(of.sign_off(sign("mina", 6)).unwrap().left_open, 6);
        assert_eq!(of.sign_off(sign("group_1_bot", 6)), Err(Refused::NoSigner(Bar::Bot)));
    }

    #[test]
    fn after_the_sign_off_nothing_is_decided() {
        let mut of = campaign();
        let sign = of.sign_off(sign("mina", 6)).unwrap();
        of.apply(&Event::Signed(sign));
        let found = of.ballot(ask(&[WEI], Decision::Keep, None));
        assert_eq!(found, Err(Refused::Signed(Text::new("2026-q1"))));
    }
}
