//! [`Campaign`]: what its events come to: each item's standing, the progress, who signed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bar::{Bar, Duty};
use super::event::{Ballot, Decision, Event, Remedy, RemedyState, Reviewer, SignOff, Start};
use super::freeze::{Frozen, Item};
use crate::domain::{Text, Timestamp};

/// One reviewer's word on an item: their last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// What they decided.
    pub decision: Decision,
    /// Why.
    pub reason: Option<Text>,
    /// Who.
    pub by: Reviewer,
    /// When.
    pub at: Timestamp,
    /// Whether another's export says so, and not this place.
    pub is_claimed: bool,
    /// The digest of the ballot.
    ballot: Arc<str>,
}

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// The word that counts: the strictest of all reviewers' last; `None` while nobody decided. That is never a keep.
    pub word: Option<&'a Word>,
    /// Every reviewer's last word.
    pub words: &'a [Word],
    /// Whether reviewers differ.
    pub is_disputed: bool,
    /// What was done about it last.
    pub remedy: Option<&'a Remedy>,
}

/// Where an item stands, to be kept apart from its campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stand {
    /// Every reviewer's last word; the strictest, which counts, first.
    pub words: Vec<Word>,
    /// What was done about it last.
    pub remedy: Option<Remedy>,
}

impl Stand {
    /// The word that counts; `None` while nobody decided. That is never a keep.
    pub fn word(&self) -> Option<&Word> {
        self.words.first()
    }

    /// What was decided.
    pub fn decision(&self) -> Option<&Decision> {
        self.word().map(|word| &word.decision)
    }

    /// Whether reviewers differ.
    pub fn is_disputed(&self) -> bool {
        is_disputed(&self.words)
    }
}

/// A word that counts for nothing: the reviewer may not decide about the item (A22).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The item.
    pub item: Text,
    /// Who decided.
    pub by: Reviewer,
    /// When.
    pub at: Timestamp,
    /// Why it does not count.
    pub why: Bar,
}

/// How far a campaign has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// All items.
    pub items: u64,
    /// Items of which nobody decided anything.
    pub open: u64,
    /// Items that are kept.
    pub keep: u64,
    /// Items that are changed.
    pub modify: u64,
    /// Items that somebody else must decide about.
    pub escalate: u64,
    /// Items that go.
    pub revoke: u64,
    /// Decided items on which reviewers differ.
    pub disputed: u64,
    /// Decided items whose word is another's export's.
    pub claimed: u64,
    /// Items that go or are changed of which a later reading proves it.
    pub verified: u64,
}

impl Progress {
    /// Items that somebody decided about.
    pub fn decided(&self) -> u64 {
        self.items - self.open
    }

    fn of(&mut self, decision: &Decision) -> &mut u64 {
        match decision {
            Decision::Keep => &mut self.keep,
            Decision::Modify(_) => &mut self.modify,
            Decision::Escalate => &mut self.escalate,
            Decision::Revoke => &mut self.revoke,
        }
    }
}

/// A campaign as its events have made it.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// How it began.
    pub start: Start,
    /// What it reviews.
    pub frozen: Arc<Frozen>,
    /// Sign-offs, with whether another's export says so.
    pub signs: Vec<(SignOff, bool)>,
    /// Words that count for nothing.
    pub unfit: Vec<Unfit>,
    ballots: Vec<(Ballot, bool)>,
    known: HashSet<Arc<str>>,
    places: HashMap<Text, usize>,
    words: Vec<Vec<Word>>,
    remedies: HashMap<Text, Remedy>,
    progress: Progress,
    duties: HashMap<Text, Arc<Duty>>,
}

impl Campaign {
    /// A campaign in which nothing was decided yet.
    pub fn new(start: Start, frozen: Arc<Frozen>) -> Campaign {
        let keys = frozen.items.iter().enumerate();
        let places = keys.map(|(place, item)| (item.key.clone(), place)).collect();
        let count = frozen.items.len() as u64;
        Campaign {
            start,
            signs: Vec::new(),
            unfit: Vec::new(),
            ballots: Vec::new(),
            known: HashSet::new(),
            places,
            words: vec![Vec::new(); frozen.items.len()],
            remedies: HashMap::new(),
            duties: HashMap::new(),
            progress: Progress { items: count, open: count, ..Progress::default() },
            frozen,
        }
    }

    /// Takes in what happened. What is known already changes nothing; the order of ballots does not matter.
    pub fn apply(&mut self, event: &Event) {
        if *event.campaign() != self.start.campaign {
            return;
        }
        match event {
            Event::Started(_) | Event::Adopted { .. } => {}
            Event::Decided(ballot) => self.take(ballot, Source::Here),
            Event::Claimed { ballot, .. } => self.take(ballot, Source::Claim),
            Event::Signed(sign) => self.sign(sign, Source::Here),
            Event::ClaimedSign { sign, .. } => self.sign(sign, Source::Claim),
            Event::Remedied(remedy) => self.remedied(remedy),
        }
    }

    fn sign(&mut self, sign: &SignOff, source: Source) {
        if !self.signs.iter().any(|(known, _)| known == sign) {
            self.signs.push((sign.clone(), source == Source::Claim));
            self.signs
                .sort_by(|(one, _), (other, _)| (one.at, &one.by).cmp(&(other.at, &other.by)));
        }
    }

    fn remedied(&mut self, remedy: &Remedy) {
        let was = self.remedies.insert(remedy.item.clone(), remedy.clone());
        let is_proved = |one: &Remedy| one.state == RemedyState::Verified;
        let (before, now) = (was.as_ref().is_some_and(is_proved), is_proved(remedy));
        self.progress.verified += u64::from(now && !before);
        self.progress.verified -= u64::from(before && !now);
    }

    fn take(&mut self, ballot: &Ballot, source: Source) {
        let id: Arc<str> = ballot.id().into();
        if !self.known.insert(Arc::clone(&id)) {
            return;
        }
        let is_claimed = source == Source::Claim;
        let at = self.ballots.partition_point(|(one, _)| {
            (one.at, &one.by, &one.items, &one.decision)
                < (ballot.at, &ballot.by, &ballot.items, &ballot.decision)
        });
        self.ballots.insert(at, (ballot.clone(), is_claimed));
        let duty = self.duty(&ballot.by);
        for key in &ballot.items {
            let Some(place) = self.places.get(key).copied() else { continue };
            let item = self.frozen.items.get(place);
            match item.and_then(|item| duty.bar(item, &self.frozen)) {
                Some(why) => self.forget(key, ballot, why),
                None => self.word(place, ballot, &id, source),
            }
        }
    }

    /// What a reviewer may decide about, found out once.
    fn duty(&mut self, by: &Reviewer) -> Arc<Duty> {
        let frozen = &self.frozen;
        let new = || Arc::new(Duty::of(by, frozen));
        Arc::clone(self.duties.entry(by.username.clone()).or_insert_with(new))
    }

    fn forget(&mut self, item: &Text, ballot: &Ballot, why: Bar) {
        let unfit = Unfit { item: item.clone(), by: ballot.by.clone(), at: ballot.at, why };
        let at = self.unfit.partition_point(|one| {
            (&one.item, one.at, &one.by) < (&unfit.item, unfit.at, &unfit.by)
        });
        self.unfit.insert(at, unfit);
    }

    fn word(&mut self, place: usize, ballot: &Ballot, id: &Arc<str>, source: Source) {
        let Some(words) = self.words.get_mut(place) else { return };
        count(&mut self.progress, words, Counting::Out);
        let word = Word {
            decision: ballot.decision.clone(),
            reason: ballot.reason.clone(),
            by: ballot.by.clone(),
            at: ballot.at,
            is_claimed: source == Source::Claim,
            ballot: Arc::clone(id),
        };
        let is_last = |known: &Word| (known.at, &known.ballot) < (word.at, &word.ballot);
        let is_same =
            |known: &&mut Word| known.by.is(&word.by) && known.is_claimed == word.is_claimed;
        match words.iter_mut().find(is_same) {
            None => words.push(word),
            Some(known) if is_last(known) => *known = word,
            Some(_) => {}
        }
        overrule(words);
        // The strictest first; of the same the newest.
        words.sort_by(|one, other| {
            (&other.decision, other.at, &other.ballot).cmp(&(&one.decision, one.at, &one.ballot))
        });
        count(&mut self.progress, words, Counting::In);
    }

    /// An item by its key.
    pub fn item(&self, key: &str) -> Option<&Item> {
        self.frozen.items.get(*self.places.get(key)?)
    }

    /// Where an item stands.
    pub fn standing(&self, key: &str) -> Option<Standing<'_>> {
        let words = self.words.get(*self.places.get(key)?)?;
        let remedy = self.remedies.get(key);
        let word = words.first();
        Some(Standing { word, words, is_disputed: is_disputed(words), remedy })
    }

    /// Where the item at a place stands, to be kept apart.
    pub fn stand(&self, place: usize) -> Option<Stand> {
        let (item, words) = (self.frozen.items.get(place)?, self.words.get(place)?);
        let remedy = self.remedies.get(&item.key).cloned();
        Some(Stand { words: words.clone(), remedy })
    }

    /// The place of an item among all.
    pub fn place(&self, key: &str) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Every ballot in the order of its time, with whether another's export says so.
    pub fn ballots(&self) -> &[(Ballot, bool)] {
        &self.ballots
    }

    /// Whether a ballot is known, by its digest.
    pub fn knows(&self, ballot: &str) -> bool {
        self.known.contains(ballot)
    }

    /// Whether it was signed off here: nothing is decided any more.
    pub fn is_signed(&self) -> bool {
        self.signs.iter().any(|(_, is_claimed)| !is_claimed)
    }

    /// Items of which nobody decided anything: those that are new or changed first, then those with findings.
    pub fn open(&self) -> impl Iterator<Item = &Item> {
        let rank = |item: &Item| {
            use super::freeze::Delta::{Changed, First, New, Same};
            match item.delta {
                New | Changed(_) => 0,
                First | Same => 1,
            }
        };
        let open = self.frozen.items.iter().zip(&self.words).filter(|(_, words)| words.is_empty());
        let mut open: Vec<&Item> = open.map(|(item, _)| item).collect();
        open.sort_by_key(|item| (rank(item), item.findings.is_empty()));
        open.into_iter()
    }
}

/// Where an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Here,
    Claim,
}

/// Whether an item is counted, or is to be counted anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counting {
    In,
    Out,
}

/// Takes away what an export claims of a reviewer who said something else here since. What is claimed of later stays beside
/// it, as another reviewer's word would: an export that bears somebody's name takes nothing back that they said here.
fn overrule(words: &mut Vec<Word>) {
    let own: Vec<(Reviewer, Timestamp)> = words
        .iter()
        .filter(|word| !word.is_claimed)
        .map(|word| (word.by.clone(), word.at))
        .collect();
    words.retain(|word| {
        !word.is_claimed || !own.iter().any(|(by, at)| by.is(&word.by) && *at >= word.at)
    });
}

fn is_disputed(words: &[Word]) -> bool {
    words.windows(2).any(|pair| match pair {
        [one, other] => one.decision != other.decision,
        _ => false,
    })
}

fn count(progress: &mut Progress, words: &[Word], counting: Counting) {
    let step = |number: &mut u64| match counting {
        Counting::In => *number += 1,
        Counting::Out => *number = number.saturating_sub(1),
    };
    let Some(word) = words.first() else { return step(&mut progress.open) };
    step(progress.of(&word.decision));
    if is_disputed(words) {
        step(&mut progress.disputed);
    }
    if word.is_claimed {
        step(&mut progress.claimed);
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::{Claim, Vouch};
    use super::super::fixture::{at, ballot, campaign, decide, reviewer};
    use super::*;

    const ASHA: &str = "grant:asha@acme/shop";

    fn word(of: &Campaign) -> Option<Decision> {
        of.standing(ASHA).unwrap().word.map(|word| word.decision.clone())
    }

    #[test]
    fn what_nobody_decided_is_open_and_not_kept() {
        let of = campaign();
        let progress = of.progress();
        assert_eq!((progress.open, progress.keep, progress.items), (6, 0, 6));
        assert_eq!(word(&of), None);
    }

    #[test]
    fn a_reviewers_last_word_counts_in_whatever_order_it_comes() {
        let (first, last) =
            (ballot("wei", ASHA, Decision::Revoke, 1), ballot("wei", ASHA, Decision::Keep, 2));
        for order in [[&first, &last], [&last, &first]] {
            let mut of = campaign();
            for ballot in order {
                of.apply(&Event::Decided(ballot.clone()));
            }
            assert_eq!((word(&of), of.progress().keep), (Some(Decision::Keep), 1));
            assert_eq!(of.progress().decided(), 1);
        }
    }

    #[test]
    fn where_reviewers_differ_the_stricter_word_counts_and_both_are_there() {
        let mut of = campaign();
        decide(&mut of, "wei", ASHA, Decision::Keep);
        decide(&mut of, "lena", ASHA, Decision::Revoke);
        let standing = of.standing(ASHA).unwrap();
        assert_eq!((standing.is_disputed, standing.words.len()), (true, 2));
        assert_eq!((word(&of), of.progress().disputed), (Some(Decision::Revoke), 1));
    }

    #[test]
    fn a_word_about_oneself_counts_for_nothing_and_is_told() {
        let mut of = campaign();
        decide(&mut of, "asha", ASHA, Decision::Keep);
        assert_eq!((word(&of), of.progress().open, of.unfit.len()), (None, 6, 1));
        assert_eq!(of.unfit[0].why, Bar::Subject);
    }

    #[test]
    fn an_export_in_ones_own_name_takes_nothing_back_that_was_said_here() {
        let claimed = |decision, second| {
            let claim = Claim { manifest: "0".repeat(64), at: at(9), by: reviewer("wei") };
            Event::Claimed { ballot: ballot("wei", ASHA, decision, second), claim }
        };
        let own = |decision, at| Event::Decided(ballot("wei", ASHA, decision, at));
        for order in [[0, 1], [1, 0]] {
            let events = [own(Decision::Revoke, 1), claimed(Decision::Keep, 2)];
            let mut of = campaign();
            for place in order {
                of.apply(&events[place]);
            }
            let standing = of.standing(ASHA).unwrap();
            assert_eq!(standing.word.map(|word| &word.decision), Some(&Decision::Revoke));
            assert!(standing.is_disputed);
            of.apply(&own(Decision::Keep, 3));
            let standing = of.standing(ASHA).unwrap();
            assert_eq!((standing.words.len(), standing.is_disputed), (1, false));
        }
    }

    #[test]
    fn a_word_from_an_export_is_marked_as_claimed() {
        let mut of = campaign();
        let claim = Claim { manifest: "0".repeat(64), at: at(5), by: reviewer("wei") };
        let mut ballot = ballot("lena", ASHA, Decision::Keep, 1);
        ballot.by.vouched = Vouch::Stated;
        of.apply(&Event::Claimed { ballot, claim });
        assert!(of.standing(ASHA).unwrap().word.unwrap().is_claimed);
        assert_eq!(of.progress().claimed, 1);
    }

    #[test]
    fn the_events_of_another_campaign_change_nothing() {
        let mut of = campaign();
        let mut ballot = ballot("lena", ASHA, Decision::Keep, 1);
        ballot.campaign = Text::new("2025-q4");
        of.apply(&Event::Decided(ballot));
        assert_eq!(of.progress().open, 6);
    }

    #[test]
    fn a_remedy_counts_once_a_reading_proves_it_and_no_longer_when_one_disproves_it() {
        let mut of = campaign();
        let remedy = |state| {
            let (campaign, item) = (Text::new("2026-q1"), Text::new(ASHA));
            Event::Remedied(Remedy {
                campaign,
                item,
                state,
                record: Some(7),
                told: None,
                at: at(9),
            })
        };
        for (state, verified) in [
            (RemedyState::Sent, 0),
            (RemedyState::Verified, 1),
            (RemedyState::Verified, 1),
            (RemedyState::Unchanged, 0),
        ] {
            of.apply(&remedy(state));
            assert_eq!(of.progress().verified, verified, "{state:?}");
        }
    }

    #[test]
    fn what_is_open_comes_with_what_has_findings_first() {
        let of = campaign();
        let keys: Vec<bool> = of.open().map(|item| item.findings.is_empty()).collect();
        assert!(keys.is_sorted(), "{keys:?}");
    }
}
