//! [`bundle`]: what an export says, for whoever takes it in.

use std::sync::Arc;

use super::Link;
use crate::access::campaign::{Bundle, Campaign, Event, Frozen, Start, chained, digest};

/// What the chain and the population of an export come to: its campaign, and what of it another may take in. `manifest`
/// are the bytes of its manifest.
///
/// # Errors
/// What does not hold, in words.
pub fn bundle(
    population: &[u8],
    chain: &[u8],
    manifest: &[u8],
) -> Result<(Campaign, Bundle), String> {
    let links = links(chain)?;
    holds(&links)?;
    let events = events(&links)?;
    let start = started(&events).ok_or("its chain does not say how the campaign began")?.clone();
    if digest(population) != start.population {
        return Err("population.json is not the population that was frozen".to_owned());
    }
    let frozen = Frozen::read(population).map_err(|why| format!("population.json: {why}"))?;
    let mut campaign = Campaign::new(start.clone(), Arc::new(frozen));
    for event in &events {
        campaign.apply(event);
    }
    let ballots = campaign.ballots().iter().map(|(ballot, _)| ballot.clone()).collect();
    let signs = campaign.signs.iter().map(|(sign, _)| sign.clone()).collect();
    let manifest = digest(manifest);
    Ok((campaign, Bundle { start, ballots, signs, manifest }))
}

/// The links of a chain, one a line.
pub(super) fn links(chain: &[u8]) -> Result<Vec<Link>, String> {
    let lines = chain.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let read = |(number, line): (usize, &[u8])| {
        serde_json::from_slice(line).map_err(|why| format!("chain.jsonl:{}: {why}", number + 1))
    };
    lines.enumerate().map(read).collect()
}

/// Whether each link follows the one before it and says what was written.
pub(super) fn holds(links: &[Link]) -> Result<(), String> {
    let mut previous = "0".repeat(64);
    for (seq, link) in (1..).zip(links) {
        if link.seq != seq {
            return Err(format!("a link is missing before {} of the chain", link.seq));
        }
        if link.previous != previous {
            return Err(format!("link {seq} does not follow the one before it"));
        }
        if link.body.as_ref().is_some_and(|body| chained(&previous, body) != link.hash) {
            return Err(format!("link {seq} does not say what was written"));
        }
        previous.clone_from(&link.hash);
    }
    Ok(())
}

fn events(links: &[Link]) -> Result<Vec<Event>, String> {
    let said = links.iter().filter_map(|link| Some((link.seq, link.body.as_ref()?)));
    let read = |(seq, body): (u64, &String)| {
        Event::read(body).ok_or_else(|| format!("link {seq} says nothing that this version knows"))
    };
    said.map(read).collect()
}

fn started(events: &[Event]) -> Option<&Start> {
    events.iter().find_map(|event| match event {
        Event::Started(start) | Event::Adopted { start, .. } => Some(start),
        _ => None,
    })
}
