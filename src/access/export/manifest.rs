//! [`Manifest`]: the digests of an export's files, and the end of the chain.

use serde::{Deserialize, Serialize};

use super::{File, Link};
use crate::access::campaign::{Campaign, digest};
use crate::domain::{Text, Timestamp};

/// A file by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// SHA-256 over it.
    pub sha256: String,
    /// How long it is.
    pub bytes: u64,
}

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The place of the last link.
    pub seq: u64,
    /// Its digest.
    pub hash: String,
}

/// What an export consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `watchfloor/review-export/v1`.
    pub schema: String,
    /// The campaign.
    pub campaign: Text,
    /// When it was exported.
    pub at: Timestamp,
    /// SHA-256 over the frozen population.
    pub population: String,
    /// The end of the chain.
    pub head: Option<Head>,
    /// Every file but this one.
    pub files: Vec<Listed>,
}

impl Manifest {
    /// What every manifest of this version says in `schema`.
    pub const SCHEMA: &'static str = "watchfloor/review-export/v1";

    /// The manifest of these files.
    pub fn of(campaign: &Campaign, files: &[File], last: Option<&Link>, at: Timestamp) -> Manifest {
        let listed = |file: &File| Listed {
            name: file.name.to_owned(),
            sha256: digest(&file.bytes),
            bytes: file.bytes.len() as u64,
        };
        Manifest {
            schema: Manifest::SCHEMA.to_owned(),
            campaign: campaign.start.campaign.clone(),
            at,
            population: campaign.start.population.clone(),
            head: last.map(|link| Head { seq: link.seq, hash: link.hash.clone() }),
            files: files.iter().map(listed).collect(),
        }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// Why they cannot be spelled.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
