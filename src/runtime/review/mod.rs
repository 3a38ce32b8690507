//! [`Reviews`]: campaigns of access reviews over their file: started, decided, signed, merged, exported.
//!
//! The pane and the command line go through here alone. Each step is read, judged by `access`, and appended; where somebody
//! else was faster it is judged again on what is known then.

mod fault;

pub use fault::ReviewFault;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use self::fault::is_name;
use crate::access::Limits;
use crate::access::campaign::{
    Ask, Bundle, Campaign, Event, Frozen, Refused, Remedy, Reviewer, SignAsk, Start, digest, freeze,
};
use crate::access::export::{self, File, Link, MANIFEST, Manifest};
use crate::audit::{Break, ReviewError, ReviewLog, Said};
use crate::domain::access::Population;
use crate::domain::{Record, Text, Timestamp};

/// How often a step is judged anew because somebody else was faster.
const TRIES: usize = 8;

/// Why a link does not hold whose campaign was changed.
const MOVED: &str = "it is kept under another campaign than it names";

/// What a campaign is started with.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its address: `2026-q1`.
    pub campaign: Text,
    /// What people call it.
    pub name: Text,
    /// When it should be over.
    pub due: Option<Timestamp>,
    /// Who starts it.
    pub by: Reviewer,
    /// When.
    pub at: Timestamp,
}

/// A campaign as the file has it, and how far that was read.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The campaign.
    pub campaign: Campaign,
    seen: u64,
    /// The items about which something was said since it was last asked; `None` where nothing was.
    touched: Option<Vec<Text>>,
}

/// What is new in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refreshed {
    /// Whether another campaign began.
    pub is_another: bool,
}

/// What taking in an export came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Whether the campaign was not known here before.
    pub is_adopted: bool,
    /// How many decisions and sign-offs are news.
    pub news: usize,
    /// How many of these bear the name of whoever takes them in, and were not said here.
    pub in_own_name: usize,
}

/// The campaigns of a file.
#[derive(Debug)]
pub struct Reviews {
    log: ReviewLog,
}

impl Reviews {
    /// Opens the file to write to it, making it where it is missing.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn open_at(path: &Path) -> Result<Reviews, ReviewError> {
        Ok(Reviews { log: ReviewLog::open_at(path)? })
    }

    /// Opens the file only to read it.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read_at(path: &Path) -> Result<Reviews, ReviewError> {
        Ok(Reviews { log: ReviewLog::read_at(path)? })
    }

    /// How each campaign began, the newest last.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub fn starts(&self) -> Result<Vec<Start>, ReviewFault> {
        Ok(starts(&self.said(0)?))
    }

    /// A campaign as it stands; the newest where none is named.
    ///
    /// # Errors
    /// Why it cannot be read, or that there is none.
    pub fn open(&self, campaign: Option<&str>) -> Result<Opened, ReviewFault> {
        let said = self.said(0)?;
        let starts = starts(&said);
        let start = match campaign {
            None => starts.last(),
            Some(name) => starts.iter().find(|start| &*start.campaign == name),
        };
        let start =
            start.ok_or_else(|| ReviewFault::NoCampaign(Text::new(campaign.unwrap_or("yet"))))?;
        let bytes = self.frozen(start)?;
        let mut opened = Opened {
            campaign: Campaign::new(
                start.clone(),
                Arc::new(Frozen::read(&bytes).map_err(unspelled)?),
            ),
            seen: 0,
            touched: None,
        };
        opened.take(&said);
        opened.touched = None;
        Ok(opened)
    }

    /// Takes in what was said since a campaign was opened.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub fn refresh(&self, opened: &mut Opened) -> Result<Refreshed, ReviewFault> {
        let said = self.said(opened.seen)?;
        opened.take(&said);
        Ok(Refreshed { is_another: !starts(&said).is_empty() })
    }

    /// Freezes a population, and begins a campaign about it; compared with the newest campaign before.
    ///
    /// # Errors
    /// Why it could not begin.
    pub fn start(
        &mut self,
        plan: Plan,
        population: Population,
        limits: &Limits,
        records: &[Record],
    ) -> Result<Opened, ReviewFault> {
        if !is_name(&plan.campaign) {
            return Err(ReviewFault::Misnamed(plan.campaign));
        }
        if let Some(due) = plan.due.filter(|due| *due <= plan.at) {
            return Err(ReviewFault::Past(due));
        }
        if let Some(id) = population.doubled() {
            return Err(ReviewFault::Doubled(id.clone()));
        }
        let said = self.said(0)?;
        if starts(&said).iter().any(|start| start.campaign == plan.campaign) {
            return Err(ReviewFault::Known(plan.campaign));
        }
        let last = if said.is_empty() { None } else { Some(self.open(None)?.campaign) };
        let frozen = freeze(population, limits, records, last.as_ref(), plan.at);
        let bytes = frozen.bytes().map_err(unspelled)?;
        let start = Start {
            campaign: plan.campaign,
            name: plan.name,
            at: plan.at,
            due: plan.due,
            by: plan.by,
            population: digest(&bytes),
            items: frozen.items.len() as u64,
            after: last.map(|last| last.start.campaign),
            tool: Text::new(env!("CARGO_PKG_VERSION")),
        };
        let seen = said.last().map_or(0, |said| said.entry.seq);
        let lines = [Event::Started(start.clone()).line()];
        let appended = self.log.append(seen, &start.campaign, &lines, Some(&bytes))?;
        let entries = appended.map_err(|_| ReviewFault::Busy)?;
        let seen = entries.last().map_or(seen, |entry| entry.seq);
        Ok(Opened { campaign: Campaign::new(start, Arc::new(frozen)), seen, touched: None })
    }

    /// Decides about items, all or none; on disk when it returns.
    ///
    /// # Errors
    /// Why it was refused, or could not be written.
    pub fn decide(&mut self, opened: &mut Opened, ask: &Ask) -> Result<(), ReviewFault> {
        self.step(opened, |campaign| Ok(vec![Event::Decided(campaign.ballot(ask.clone())?)]))
            .map(drop)
    }

    /// Signs a campaign off.
    ///
    /// # Errors
    /// Why it was refused, or could not be written.
    pub fn sign(&mut self, opened: &mut Opened, ask: &SignAsk) -> Result<(), ReviewFault> {
        self.step(opened, |campaign| Ok(vec![Event::Signed(campaign.sign_off(ask.clone())?)]))
            .map(drop)
    }

    /// Records what was done about an item, or what a later reading found.
    ///
    /// # Errors
    /// Why it could not be written.
    pub fn remedied(&mut self, opened: &mut Opened, remedy: &Remedy) -> Result<(), ReviewFault> {
        self.step(opened, |campaign| {
            let found = campaign.item(&remedy.item);
            found.ok_or_else(|| Refused::NoItem(remedy.item.clone()))?;
            Ok(vec![Event::Remedied(remedy.clone())])
        })
        .map(drop)
    }

    /// Appends what a campaign says to a step; judged anew where somebody else was faster.
    fn step(
        &mut self,
        opened: &mut Opened,
        step: impl Fn(&Campaign) -> Result<Vec<Event>, ReviewFault>,
    ) -> Result<usize, ReviewFault> {
        for _ in 0..TRIES {
            let events = step(&opened.campaign)?;
            if events.is_empty() {
                return Ok(0);
            }
            let lines: Vec<String> = events.iter().map(Event::line).collect();
            let name = opened.campaign.start.campaign.clone();
            if let Ok(entries) = self.log.append(opened.seen, &name, &lines, None)? {
                opened.seen = entries.last().map_or(opened.seen, |entry| entry.seq);
                opened.apply(&events);
                return Ok(events.len());
            }
            self.refresh(opened)?;
        }
        Err(ReviewFault::Busy)
    }

    /// Takes in another reviewer's export, by the names of its files: its decisions are marked as claimed. A campaign that
    /// is not known here begins with it.
    ///
    /// # Errors
    /// What of the export does not hold, why it is refused, or why it could not be written.
    pub fn merge(
        &mut self,
        files: &BTreeMap<String, Vec<u8>>,
        by: &Reviewer,
        at: Timestamp,
    ) -> Result<Merged, ReviewFault> {
        let verified = export::verify(files);
        if let Some(check) = verified.checks.iter().find(|check| check.wrong.is_some()) {
            let why = check.wrong.as_ref().map_or("", |why| why.as_str());
            return Err(ReviewFault::Unsound(format!("{} - no: {why}", check.what)));
        }
        let bytes = |name: &str| files.get(name).map_or(&[][..], Vec::as_slice);
        let population = bytes("population.json");
        let (_, bundle) = export::bundle(population, bytes("chain.jsonl"), bytes(MANIFEST))
            .map_err(ReviewFault::Unsound)?;
        let is_adopted = self.adopt(&bundle, population, by, at)?;
        let mut opened = self.open(Some(&bundle.start.campaign))?;
        let mine = bundle.ballots.iter().filter(|ballot| ballot.by.is(by));
        let in_own_name = mine.filter(|ballot| !opened.campaign.knows(&ballot.id())).count();
        let news = self.step(&mut opened, |campaign| Ok(campaign.merge(&bundle, by, at)?))?;
        Ok(Merged { is_adopted, news, in_own_name })
    }

    fn adopt(
        &mut self,
        bundle: &Bundle,
        population: &[u8],
        by: &Reviewer,
        at: Timestamp,
    ) -> Result<bool, ReviewFault> {
        let said = self.said(0)?;
        if starts(&said).iter().any(|start| start.campaign == bundle.start.campaign) {
            return Ok(false);
        }
        let seen = said.last().map_or(0, |said| said.entry.seq);
        let lines = [bundle.adoption(by, at).line()];
        let name = &bundle.start.campaign;
        let appended = self.log.append(seen, name, &lines, Some(population))?;
        appended.map(|_| true).map_err(|_| ReviewFault::Busy)
    }

    /// The files of a campaign's export, its manifest last.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub fn export(&self, opened: &Opened, at: Timestamp) -> Result<Vec<File>, ReviewFault> {
        let bytes = self.frozen(&opened.campaign.start)?;
        let said = self.said(0)?;
        let links: Vec<Link> =
            said.into_iter().map(|said| link(said, &opened.campaign.start.campaign)).collect();
        let mut files = export::files(&opened.campaign, &bytes, &links)?;
        let manifest =
            Manifest::of(&opened.campaign, &files, links.last(), at).bytes().map_err(unspelled)?;
        files.push(File { name: MANIFEST, bytes: manifest });
        Ok(files)
    }

    /// The first link of the chain that does not hold, and what of the file's guards, and of the populations in it, is not
    /// as it should be.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub fn verify(&self) -> Result<(Option<Break>, Vec<String>), ReviewFault> {
        let links = self.log.links(0)?;
        let broken = self.log.broken()?;
        let moved = links.iter().find(|said| is_moved(said));
        let moved = moved.map(|said| Break { seq: said.entry.seq, why: MOVED });
        let earlier = [broken, moved].into_iter().flatten().min_by_key(|one| one.seq);
        let mut flaws = self.log.flaws()?;
        for start in starts(&links) {
            if let Err(fault) = self.frozen(&start) {
                flaws.push(format!("campaign {}: {fault}", start.campaign));
            }
        }
        Ok((earlier, flaws))
    }

    /// What was said behind `after`, where each link is kept under the campaign that it names.
    fn said(&self, after: u64) -> Result<Vec<Said>, ReviewFault> {
        let said = self.log.said(after)?;
        match said.iter().find(|said| is_moved(said)) {
            None => Ok(said),
            Some(moved) => {
                let seq = moved.entry.seq;
                Err(ReviewFault::Broken(format!("link {seq}: {MOVED}")))
            }
        }
    }

    fn frozen(&self, start: &Start) -> Result<Vec<u8>, ReviewFault> {
        let found = self.log.frozen(&start.population)?;
        found.ok_or_else(|| {
            ReviewFault::Unsound(format!("the population of {} is missing", start.campaign))
        })
    }
}

impl Opened {
    /// The items about which something was said since this was last asked; `None` where nothing was said at all.
    pub fn take_touched(&mut self) -> Option<Vec<Text>> {
        self.touched.take()
    }

    fn apply(&mut self, events: &[Event]) {
        for event in events {
            let touched = self.touched.get_or_insert_default();
            match event {
                Event::Decided(ballot) | Event::Claimed { ballot, .. } => {
                    touched.extend(ballot.items.iter().cloned());
                }
                Event::Remedied(remedy) => touched.push(remedy.item.clone()),
                _ => {}
            }
            self.campaign.apply(event);
        }
    }

    fn take(&mut self, said: &[Said]) {
        let mut events = Vec::new();
        for said in said.iter().filter(|said| said.campaign == *self.campaign.start.campaign) {
            // What no version of ours writes is for `verify` to name.
            if let Some(event) = Event::read(&said.entry.body) {
                events.push(event);
            }
        }
        self.apply(&events);
        self.seen = said.last().map_or(self.seen, |said| said.entry.seq);
    }
}

/// Whether a link is kept under another campaign than it names: its digest is over its words alone.
fn is_moved(said: &Said) -> bool {
    Event::read(&said.entry.body).is_some_and(|event| **event.campaign() != *said.campaign)
}

fn starts(said: &[Said]) -> Vec<Start> {
    let start = |said: &Said| match Event::read(&said.entry.body)? {
        Event::Started(start) | Event::Adopted { start, .. } => Some(start),
        _ => None,
    };
    said.iter().filter_map(start).collect()
}

/// A link as it is exported: of another campaign without its words.
fn link(said: Said, campaign: &str) -> Link {
    let Said { campaign: of, entry } = said;
    let body = (of == campaign).then_some(entry.body);
    Link { seq: entry.seq, previous: entry.previous, hash: entry.hash, body }
}

/// That a population or a manifest cannot be spelled or read.
fn unspelled(why: impl std::fmt::Display) -> ReviewFault {
    ReviewFault::Frozen(why.to_string())
}
