//! [`Demand`]: what is looked at, so that feeds nobody looks at ask less often.

use std::collections::BTreeSet;

use tokio::sync::watch;

use crate::domain::SourceId;
use crate::domain::access::Resource;

/// A feed that nobody looks at asks this many times less often.
pub const HIDDEN_FACTOR: u32 = 6;

/// What is wanted at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// The feeds behind what is on screen.
    pub visible: BTreeSet<SourceId>,
    /// Goes up each time a person asks to look again now.
    pub refresh: u64,
    /// Places whose rights were changed from here, one after the other: what was read there before is old.
    pub touched: Vec<Resource>,
}

impl Wishes {
    /// Every feed, as when everything is on screen.
    pub fn all() -> Wishes {
        Wishes { visible: SourceId::ALL.into_iter().collect(), refresh: 0, touched: Vec::new() }
    }
}

/// The screen's end: tells the feeds what is wanted.
#[derive(Debug)]
pub struct DemandSender(watch::Sender<Wishes>);

impl DemandSender {
    /// Says which feeds are on screen. Feeds are woken only where that changes.
    pub fn show(&self, visible: BTreeSet<SourceId>) {
        self.0.send_if_modified(|wishes| {
            let changed = wishes.visible != visible;
            wishes.visible = visible;
            changed
        });
    }

    /// Says that rights were changed at these places.
    pub fn touch(&self, places: Vec<Resource>) {
        self.0.send_modify(|wishes| wishes.touched.extend(places));
    }

    /// Asks every feed to look again now.
    pub fn refresh(&self) {
        self.0.send_modify(|wishes| wishes.refresh = wishes.refresh.wrapping_add(1));
    }
}

/// A feed's end.
#[derive(Debug, Clone)]
pub struct Demand(watch::Receiver<Wishes>);

impl Demand {
    /// Both ends; at first everything is wanted.
    pub fn channel() -> (DemandSender, Demand) {
        let (sender, receiver) = watch::channel(Wishes::all());
        (DemandSender(sender), Demand(receiver))
    }

    /// Whether a feed is on screen.
    pub fn is_visible(&self, source: SourceId) -> bool {
        self.0.borrow().visible.contains(&source)
    }

    /// The places whose rights were changed from here since so many of them.
    pub fn touched(&self, since: usize) -> Vec<Resource> {
        self.0.borrow().touched.get(since..).map(<[Resource]>::to_vec).unwrap_or_default()
    }

    /// How often a refresh was asked for.
    pub fn refreshes(&self) -> u64 {
        self.0.borrow().refresh
    }

    /// Waits until something else is wanted; for ever, once nobody can want anything any more.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_wanted_at_first() {
        let (_sender, demand) = Demand::channel();
        assert!(SourceId::ALL.into_iter().all(|source| demand.is_visible(source)));
    }

    #[tokio::test]
    async fn the_same_wish_again_wakes_nobody() {
        let (sender, mut demand) = Demand::channel();
        sender.show(Wishes::all().visible);
        sender.show(BTreeSet::from([SourceId::QUEUE]));
        demand.changed().await;
        assert!(!demand.is_visible(SourceId::RUNNERS));
        sender.refresh();
        demand.changed().await;
        assert_eq!(demand.refreshes(), 1);
    }
}
