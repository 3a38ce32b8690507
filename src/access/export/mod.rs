//! A campaign as a folder that an auditor takes: tables, JSON, a summary, the chain, and a manifest of digests.
//!
//! Everything but the population and the chain follows from those two, so that whoever verifies makes it anew and compares.

mod bundle;
mod document;
mod manifest;
mod summary;
mod tables;
mod verify;

pub use bundle::bundle;
pub use manifest::{Head, Listed, Manifest};
pub use verify::{Check, Verified, verify};

use serde::{Deserialize, Serialize};

use super::campaign::Campaign;

/// A file of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name in the folder.
    pub name: &'static str,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// A link of the chain as it is exported: of another campaign's the body is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its place, from 1 on without a gap.
    pub seq: u64,
    /// The digest of the link before it.
    pub previous: String,
    /// SHA-256 over `previous`, a line end and the body.
    pub hash: String,
    /// What it says; `None` where it is of another campaign.
    pub body: Option<String>,
}

/// The frozen population.
pub(super) const POPULATION: &str = "population.json";
/// The chain.
pub(super) const CHAIN: &str = "chain.jsonl";
/// The digests of all files.
pub const MANIFEST: &str = "manifest.json";

/// Why an export cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Unexported {
    /// A table.
    #[error("could not write a table of the export: {0}")]
    Table(#[from] csv::Error),
    /// A document.
    #[error("could not write a document of the export: {0}")]
    Document(#[from] serde_json::Error),
    /// A table that ended early.
    #[error("could not write a table of the export: it was cut")]
    Cut,
}

/// Every file of an export but its manifest. `frozen` are the canonical bytes.
///
/// # Errors
/// Why a file cannot be spelled.
pub fn files(campaign: &Campaign, frozen: &[u8], chain: &[Link]) -> Result<Vec<File>, Unexported> {
    let mut files = derived(campaign)?;
    let mut lines = Vec::new();
    for link in chain {
        serde_json::to_writer(&mut lines, link)?;
        lines.push(b'\n');
    }
    files.push(File { name: CHAIN, bytes: lines });
    files.push(File { name: POPULATION, bytes: frozen.to_vec() });
    files.sort_by_key(|file| file.name);
    Ok(files)
}

/// What follows from the population and the decisions.
fn derived(campaign: &Campaign) -> Result<Vec<File>, Unexported> {
    let mut files = tables::tables(campaign)?;
    files.push(File { name: "campaign.json", bytes: document::document(campaign)? });
    files.push(File { name: "summary.md", bytes: summary::summary(campaign).into_bytes() });
    Ok(files)
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::campaign::fixture::{at, ballot, campaign};
    use super::super::campaign::{Decision, Event, chained};
    use super::*;

    /// The links of these lines.
    pub(in crate::access) fn chain(lines: &[String]) -> Vec<Link> {
        let mut previous = "0".repeat(64);
        let mut chained_up = Vec::new();
        for (seq, line) in (1..).zip(lines) {
            let hash = chained(&previous, line);
            chained_up.push(Link { seq, previous, hash: hash.clone(), body: Some(line.clone()) });
            previous = hash;
        }
        chained_up
    }

    /// A campaign with two decisions, and its export with the manifest.
    pub(in crate::access) fn exported() -> Vec<(String, Vec<u8>)> {
        let mut of = campaign();
        let asha = ballot("wei", "grant:asha@acme/shop", Decision::Revoke, 1);
        let lena = ballot("mina", "grant:lena@acme/shop", Decision::Keep, 9);
        let events = [Event::Started(of.start.clone()), Event::Decided(asha), Event::Decided(lena)];
        for event in &events {
            of.apply(event);
        }
        let links = chain(&events.iter().map(Event::line).collect::<Vec<_>>());
        let frozen = of.frozen.bytes().unwrap();
        let files = files(&of, &frozen, &links).unwrap();
        let manifest = Manifest::of(&of, &files, links.last(), at(60)).bytes().unwrap();
        let mut all: Vec<(String, Vec<u8>)> =
            files.into_iter().map(|file| (file.name.to_owned(), file.bytes)).collect();
        all.push((MANIFEST.to_owned(), manifest));
        all
    }

    #[test]
    fn an_export_has_every_file_once() {
        let mut names: Vec<String> = exported().into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        let wanted = [
            "campaign.json",
            "chain.jsonl",
            "decisions.csv",
            "findings.csv",
            "items.csv",
            "manifest.json",
            "population.json",
            "readings.csv",
            "summary.md",
            "unreadable.csv",
        ];
        assert_eq!(names, wanted);
    }
}
