//! [`Keeper`]: the file of access reviews, on a thread of its own: it writes what is decided, and tells what is new there.
//!
//! The file is looked at each second, so that what another console or a command decided is seen as well.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::mpsc::Sender;

use super::clock::Clock;
use super::review::{Opened, Plan, ReviewFault, Reviews};
use crate::access::campaign::{Ask, Campaign, Reviewer, SignAsk, pace};
use crate::app::access::records;
use crate::app::{Msg, ReviewNews, ReviewRequest};
use crate::domain::Text;
use crate::domain::access::Population;
use crate::state::{Account, ReviewChange};

/// How often the file is looked at.
const GLANCE: Duration = Duration::from_secs(1);

/// So much may wait to be written.
const WAITING: usize = 64;

/// What is asked of the file, and by whom.
#[derive(Debug)]
pub struct Order {
    /// What.
    pub request: ReviewRequest,
    /// Who asks, by GitLab's word; else why it does not tell.
    pub by: Result<Reviewer, Text>,
}

/// The way to the thread.
#[derive(Debug, Clone)]
pub struct Keeper(SyncSender<Order>);

impl Keeper {
    /// Starts the thread; it ends when the last way to it is dropped and everything is written.
    pub fn start(path: PathBuf, answers: Sender<Msg>, clock: Clock) -> Keeper {
        let (sender, receiver) = sync_channel(WAITING);
        let desk =
            move || Desk { path, answers, clock, reviews: None, opened: None }.run(&receiver);
        if let Err(error) = std::thread::Builder::new().name("reviews".to_owned()).spawn(desk) {
            tracing::warn!(%error, "the file of reviews is not read");
        }
        Keeper(sender)
    }

    /// Asks for something.
    ///
    /// # Errors
    /// That too much waits already, or that nobody is there.
    pub fn ask(&self, order: Order) -> Result<(), Text> {
        self.0.try_send(order).map_err(|error| match error {
            TrySendError::Full(_) => Text::new("too much waits to be written: try again"),
            TrySendError::Disconnected(_) => Text::new("the file of reviews is not open"),
        })
    }
}

/// The open file, and the newest campaign in it.
struct Desk {
    path: PathBuf,
    answers: Sender<Msg>,
    clock: Clock,
    reviews: Option<Reviews>,
    opened: Option<Opened>,
}

impl Desk {
    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            self.glance();
            match orders.recv_timeout(GLANCE) {
                Ok(order) => self.carry_out(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Looks for what is new. Where there is no file, no campaign ever began.
    fn glance(&mut self) {
        if self.reviews.is_none() {
            self.reviews = Reviews::read_at(&self.path).ok();
        }
        let Some(reviews) = &self.reviews else { return };
        let Some(opened) = &mut self.opened else {
            if let Ok(opened) = reviews.open(None) {
                self.tell_opened(&opened.campaign);
                self.opened = Some(opened);
            }
            return;
        };
        match reviews.refresh(opened) {
            Ok(news) if news.is_another => self.opened = None,
            Ok(_) => self.tell_moved(),
            Err(error) => {
                tracing::debug!(%error, "the file of reviews could not be read");
                self.reviews = None;
            }
        }
    }

    fn carry_out(&mut self, order: Order) {
        let is_quiet = matches!(order.request, ReviewRequest::Remedy(_));
        let news = match self.done(order) {
            Ok(words) => ReviewNews::Done(Text::new(&words)),
            Err(words) => ReviewNews::Refused(Text::new(&words)),
        };
        self.tell_moved();
        if !is_quiet || matches!(news, ReviewNews::Refused(_)) {
            self.tell(news);
        }
    }

    /// Does what is asked for; what it came to, in words.
    fn done(&mut self, order: Order) -> Result<String, String> {
        let now = self.clock.now();
        let by =
            || order.by.clone().map_err(|why| format!("GitLab does not tell who decides: {why}"));
        match order.request {
            ReviewRequest::Start { campaign, due, limits, state } => {
                let plan = Plan { name: campaign.clone(), campaign, due, by: by()?, at: now };
                let population = state.population().ok_or("rights were not read yet")?;
                let population = Population::clone(population);
                let mut reviews = Reviews::open_at(&self.path).map_err(words)?;
                let opened = reviews.start(plan, population, &limits, &records(&state));
                let opened = opened.map_err(words)?;
                self.tell_opened(&opened.campaign);
                let start = &opened.campaign.start;
                let words = format!("campaign {} began, {} items", start.campaign, start.items);
                (self.reviews, self.opened) = (Some(reviews), Some(opened));
                Ok(words)
            }
            ReviewRequest::Decide { campaign, items, decision, reason } => {
                let by = by()?;
                let what = format!("{decision}: {} items", items.len());
                let ask = Ask { items, decision, reason, by, at: now };
                self.write(&campaign, |reviews, opened| reviews.decide(opened, &ask))?;
                let open = self.opened.as_ref().map_or(0, |one| one.campaign.progress().open);
                Ok(format!("recorded: {what}; {open} are open"))
            }
            ReviewRequest::Sign { campaign, role, text, left_open } => {
                let ask = SignAsk { by: by()?, role, text, left_open, at: now };
                self.write(&campaign, |reviews, opened| reviews.sign(opened, &ask))?;
                Ok(format!("{campaign} is signed off"))
            }
            ReviewRequest::Remedy(remedy) => {
                let campaign = remedy.campaign.clone();
                self.write(&campaign, |reviews, opened| reviews.remedied(opened, &remedy))?;
                Ok(String::new())
            }
        }
    }

    /// Writes to the campaign that was meant: another one may have begun since.
    fn write(
        &mut self,
        campaign: &Text,
        write: impl FnOnce(&mut Reviews, &mut Opened) -> Result<(), ReviewFault>,
    ) -> Result<(), String> {
        let opened = self.opened.as_mut().filter(|one| one.campaign.start.campaign == *campaign);
        let opened = opened.ok_or("another campaign is open by now: look again")?;
        // One that was opened to be read is opened anew to be written to.
        let mut reviews = Reviews::open_at(&self.path).map_err(words)?;
        let written = write(&mut reviews, opened).map_err(words);
        self.reviews = Some(reviews);
        written
    }

    fn tell_opened(&self, campaign: &Campaign) {
        self.tell(ReviewNews::Changed(opened(campaign)));
    }

    fn tell_moved(&mut self) {
        let Some(opened) = &mut self.opened else { return };
        let touched = opened.take_touched();
        let Some(touched) = touched else { return };
        let campaign = &opened.campaign;
        let stand = |key: &Text| {
            let place = campaign.place(key)?;
            Some((place, campaign.stand(place)?))
        };
        let stands = touched.iter().filter_map(stand).collect();
        let account = Box::new(account(campaign));
        self.tell(ReviewNews::Changed(ReviewChange::Moved { stands, account }));
    }

    fn tell(&self, news: ReviewNews) {
        // The loop has ended: nobody waits for it.
        self.answers.blocking_send(Msg::Review(news)).ok();
    }
}

/// A campaign as it was just opened, with where every item stands.
pub fn opened(campaign: &Campaign) -> ReviewChange {
    let all = 0..campaign.frozen.items.len();
    let stands = all.filter_map(|place| campaign.stand(place)).collect();
    let frozen = std::sync::Arc::clone(&campaign.frozen);
    ReviewChange::Opened { frozen, stands, account: Box::new(account(campaign)) }
}

fn account(campaign: &Campaign) -> Account {
    Account {
        start: campaign.start.clone(),
        progress: campaign.progress(),
        pace: pace(campaign),
        signs: campaign.signs.clone(),
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
