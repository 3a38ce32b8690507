//! Rights on the platforms as they were judged last, and the campaign that reviews them.

use std::collections::HashMap;
use std::sync::Arc;

use imbl::Vector;

use super::{Changes, State};
use crate::access::Picture;
use crate::access::campaign::{Frozen, Item, Pace, Progress, SignOff, Stand, Start};
use crate::domain::ReviewItemId;
use crate::domain::access::Population;

/// What is known of rights.
#[derive(Debug, Clone, Default)]
pub(super) struct Rights {
    population: Option<Arc<Population>>,
    picture: Option<Arc<Picture>>,
    review: Option<Review>,
}

/// The newest campaign. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Review {
    frozen: Arc<Frozen>,
    places: Arc<HashMap<ReviewItemId, usize>>,
    stands: Vector<Arc<Stand>>,
    account: Account,
}

/// How a campaign as a whole stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// How it began.
    pub start: Start,
    /// How far it has come.
    pub progress: Progress,
    /// How fast and how alike each reviewer decided.
    pub pace: Vec<Pace>,
    /// Sign-offs, with whether another's export says so.
    pub signs: Vec<(SignOff, bool)>,
}

/// An item of a campaign, and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Reviewed<'a> {
    /// Its address.
    pub id: ReviewItemId,
    /// The item.
    pub item: &'a Item,
    /// Where it stands.
    pub stand: &'a Stand,
}

/// What is new of the campaign.
#[derive(Debug, Clone)]
pub enum ReviewChange {
    /// This is the campaign, with where every item stands, in the order of its items.
    Opened {
        /// What it reviews.
        frozen: Arc<Frozen>,
        /// Where each item stands.
        stands: Vec<Stand>,
        /// How it stands as a whole.
        account: Box<Account>,
    },
    /// These items stand elsewhere now.
    Moved {
        /// Their places among the items, and where they stand.
        stands: Vec<(usize, Stand)>,
        /// How it stands as a whole.
        account: Box<Account>,
    },
}

impl Review {
    /// How it stands as a whole.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// What it reviews.
    pub fn frozen(&self) -> &Arc<Frozen> {
        &self.frozen
    }

    /// Whether it was signed off here: nothing is decided any more.
    pub fn is_signed(&self) -> bool {
        self.account.signs.iter().any(|(_, is_claimed)| !is_claimed)
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.stands.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.stands.is_empty()
    }

    /// All items, in the order in which they were frozen.
    pub fn items(&self) -> impl Iterator<Item = Reviewed<'_>> {
        let both = self.frozen.items.iter().zip(self.stands.iter());
        both.map(|(item, stand)| Reviewed { id: self.address(item), item, stand })
    }

    /// An item by address.
    pub fn item(&self, id: ReviewItemId) -> Option<Reviewed<'_>> {
        let place = *self.places.get(&id)?;
        let (item, stand) = (self.frozen.items.get(place)?, self.stands.get(place)?);
        Some(Reviewed { id, item, stand })
    }

    fn address(&self, item: &Item) -> ReviewItemId {
        ReviewItemId::of(&[&self.account.start.campaign, &item.key])
    }
}

impl State {
    /// Everything that is known of rights; `None` before anything was read.
    pub fn population(&self) -> Option<&Arc<Population>> {
        self.rights.population.as_ref()
    }

    /// The same as it was judged last; `None` before it was.
    pub fn picture(&self) -> Option<&Arc<Picture>> {
        self.rights.picture.as_ref()
    }

    /// The newest campaign; `None` where none ever began.
    pub fn review(&self) -> Option<&Review> {
        self.rights.review.as_ref()
    }

    /// Takes rights as they were judged just now.
    pub fn set_picture(&mut self, picture: Arc<Picture>) -> Changes {
        self.rights.picture = Some(picture);
        Changes { rights: true, figures: true, ..Changes::default() }
    }

    /// Takes what is new of the campaign. What moves in one that is not known changes nothing.
    pub fn take_review(&mut self, change: ReviewChange) -> Changes {
        let mut changes = Changes { figures: true, ..Changes::default() };
        match change {
            ReviewChange::Opened { frozen, stands, account } => {
                let name = &account.start.campaign;
                let keys = frozen.items.iter().enumerate();
                let places =
                    keys.map(|(place, item)| (ReviewItemId::of(&[name, &item.key]), place));
                let places = Arc::new(places.collect());
                let stands = stands.into_iter().map(Arc::new).collect();
                self.rights.review = Some(Review { frozen, places, stands, account: *account });
                changes.rights = true;
            }
            ReviewChange::Moved { stands, account } => {
                let Some(review) = &mut self.rights.review else { return Changes::default() };
                if review.account.start.campaign != account.start.campaign {
                    return Changes::default();
                }
                review.account = *account;
                for (place, stand) in stands {
                    let Some(item) = review.frozen.items.get(place) else { continue };
                    changes.review_items.insert(review.address(item));
                    if let Some(known) = review.stands.get_mut(place) {
                        *known = Arc::new(stand);
                    }
                }
            }
        }
        changes
    }

    pub(super) fn take_population(&mut self, population: Arc<Population>, changes: &mut Changes) {
        let is_news =
            self.rights.population.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &population));
        changes.population |= is_news;
        self.rights.population = Some(population);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::campaign::fixture::{campaign, decide};
    use crate::access::campaign::{Campaign, Decision, pace};
    use crate::domain::{Text, Tiers};

    fn account(of: &Campaign) -> Box<Account> {
        let (start, progress) = (of.start.clone(), of.progress());
        Box::new(Account { start, progress, pace: pace(of), signs: of.signs.clone() })
    }

    fn opened(of: &Campaign) -> ReviewChange {
        let stands = (0..of.frozen.items.len()).filter_map(|place| of.stand(place)).collect();
        ReviewChange::Opened { frozen: Arc::clone(&of.frozen), stands, account: account(of) }
    }

    #[test]
    fn what_was_decided_is_told_of_that_item_alone() {
        let mut of = campaign();
        let mut state = State::new(Tiers::default());
        assert!(state.take_review(opened(&of)).rights);
        let key = Text::new("grant:wei@acme/shop");
        decide(&mut of, "mina", &key, Decision::Keep);
        let place = of.place(&key).unwrap();
        let stands = vec![(place, of.stand(place).unwrap())];
        let changes = state.take_review(ReviewChange::Moved { stands, account: account(&of) });
        let id = ReviewItemId::of(&[&of.start.campaign, &key]);
        assert_eq!((changes.review_items.len(), changes.rights), (1, false));
        let review = state.review().unwrap();
        assert_eq!(review.item(id).unwrap().stand.decision(), Some(&Decision::Keep));
        assert_eq!((review.account().progress.open, review.len()), (5, 6));
    }

    #[test]
    fn what_moves_in_a_campaign_that_is_not_known_changes_nothing() {
        let of = campaign();
        let mut state = State::new(Tiers::default());
        let moved = ReviewChange::Moved { stands: Vec::new(), account: account(&of) };
        assert!(state.take_review(moved).is_empty());
    }
}
