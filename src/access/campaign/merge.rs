//! [`Bundle`]: what another reviewer's export says, and what of it is news here.

use super::event::{Ballot, Claim, Event, Reviewer, SignOff, Start};
use super::standing::Campaign;
use crate::domain::{Text, Timestamp};

/// What an export says that another may take in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// How its campaign began.
    pub start: Start,
    /// Every ballot in it, its own and those that it claims.
    pub ballots: Vec<Ballot>,
    /// Every sign-off in it.
    pub signs: Vec<SignOff>,
    /// The digest of its manifest.
    pub manifest: String,
}

/// Why an export is not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeRefused {
    /// It is of another campaign.
    #[error("it is of the campaign {theirs}, not of {ours}")]
    Other {
        /// The campaign of the export.
        theirs: Text,
        /// The campaign here.
        ours: Text,
    },
    /// It reviews something else under the same name.
    #[error("it reviews another population: {theirs} there, {ours} here")]
    Population {
        /// The digest there.
        theirs: String,
        /// The digest here.
        ours: String,
    },
    /// It is over here.
    #[error("the campaign {0} is signed off here: nothing is taken in any more")]
    Signed(Text),
}

impl Campaign {
    /// What of an export is news, as events that mark it as claimed. Taken in twice it is no news, and the order of
    /// several exports does not matter.
    ///
    /// # Errors
    /// Why it cannot be taken in.
    pub fn merge(
        &self,
        bundle: &Bundle,
        by: &Reviewer,
        at: Timestamp,
    ) -> Result<Vec<Event>, MergeRefused> {
        if bundle.start.campaign != self.start.campaign {
            let (theirs, ours) = (bundle.start.campaign.clone(), self.start.campaign.clone());
            return Err(MergeRefused::Other { theirs, ours });
        }
        if bundle.start.population != self.start.population {
            let theirs = bundle.start.population.clone();
            return Err(MergeRefused::Population { theirs, ours: self.start.population.clone() });
        }
        let claim = || Claim { manifest: bundle.manifest.clone(), at, by: by.clone() };
        let is_ours = |ballot: &&Ballot| ballot.campaign == self.start.campaign;
        let ballots = bundle.ballots.iter().filter(is_ours);
        let news = ballots.filter(|ballot| !self.knows(&ballot.id()));
        let mut events: Vec<Event> =
            news.map(|ballot| Event::Claimed { ballot: ballot.clone(), claim: claim() }).collect();
        if self.is_signed() && !events.is_empty() {
            return Err(MergeRefused::Signed(self.start.campaign.clone()));
        }
        let is_known = |sign: &SignOff| self.signs.iter().any(|(known, _)| known == sign);
        let signs = bundle.signs.iter().filter(|sign| !is_known(sign));
        events.extend(signs.map(|sign| Event::ClaimedSign { sign: sign.clone(), claim: claim() }));
        Ok(events)
    }
}

impl Bundle {
    /// The event with which its campaign begins where nobody knows it yet.
    pub fn adoption(&self, by: &Reviewer, at: Timestamp) -> Event {
        let claim = Claim { manifest: self.manifest.clone(), at, by: by.clone() };
        Event::Adopted { start: self.start.clone(), claim }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Decision;
    use super::super::fixture::{at, ballot, campaign, reviewer};
    use super::*;

    const ASHA: &str = "grant:asha@acme/shop";

    fn bundle(ballots: Vec<Ballot>) -> Bundle {
        let start = campaign().start;
        Bundle { start, ballots, signs: Vec::new(), manifest: "a".repeat(64) }
    }

    fn take(of: &mut Campaign, bundle: &Bundle) -> usize {
        let events = of.merge(bundle, &reviewer("wei"), at(50)).unwrap();
        for event in &events {
            of.apply(event);
        }
        events.len()
    }

    #[test]
    fn an_export_is_news_once() {
        let mut of = campaign();
        let bundle = bundle(vec![ballot("lena", ASHA, Decision::Keep, 1)]);
        assert_eq!((take(&mut of, &bundle), take(&mut of, &bundle)), (1, 0));
    }

    #[test]
    fn what_was_decided_here_and_comes_back_stays_ones_own() {
        let mut of = campaign();
        let own = ballot("wei", ASHA, Decision::Keep, 1);
        of.apply(&Event::Decided(own.clone()));
        assert_eq!(take(&mut of, &bundle(vec![own])), 0);
        assert!(!of.standing(ASHA).unwrap().word.unwrap().is_claimed);
    }

    #[test]
    fn another_campaign_or_another_population_is_refused() {
        let of = campaign();
        let mut other = bundle(Vec::new());
        other.start.population = "b".repeat(64);
        let refused = |bundle: &Bundle| of.merge(bundle, &reviewer("wei"), at(1)).unwrap_err();
        assert!(matches!(refused(&other), MergeRefused::Population { .. }));
        other.start.campaign = Text::new("2025-q4");
        assert!(matches!(refused(&other), MergeRefused::Other { .. }));
    }
}
