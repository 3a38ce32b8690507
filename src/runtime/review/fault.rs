//! [`ReviewFault`]: why something could not be done with a campaign, and what cannot be its address.

use crate::access::campaign::{MergeRefused, Refused};
use crate::access::export::Unexported;
use crate::audit::ReviewError;
use crate::domain::{Text, Timestamp};

/// Why something could not be done with a campaign.
#[derive(Debug, thiserror::Error)]
pub enum ReviewFault {
    /// The file.
    #[error(transparent)]
    File(#[from] ReviewError),
    /// The campaign refuses it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The export is not taken in.
    #[error(transparent)]
    Merge(#[from] MergeRefused),
    /// The export cannot be made.
    #[error(transparent)]
    Export(#[from] Unexported),
    /// The population cannot be spelled or read.
    #[error("the frozen population cannot be read or written: {0}")]
    Frozen(String),
    /// There is no such campaign.
    #[error("there is no campaign {0}")]
    NoCampaign(Text),
    /// There is one of that name.
    #[error("there is a campaign {0} already")]
    Known(Text),
    /// What it is to be called cannot be an address.
    #[error(
        "`{0}` is no address of a campaign: up to 64 letters, digits, dots, dashes and underscores, such as 2026-q1"
    )]
    Misnamed(Text),
    /// It would be over before it begins.
    #[error("a campaign cannot be due at {0}: that is past")]
    Past(Timestamp),
    /// An address that two things share.
    #[error("the population has {0} twice")]
    Doubled(Text),
    /// What an export says does not hold.
    #[error("the export does not hold: {0}")]
    Unsound(String),
    /// The file says something else than was written into it.
    #[error("the file of reviews does not hold: {0}; keep it as evidence, move it away")]
    Broken(String),
    /// Others were faster, again and again.
    #[error("others decide all the time: try again")]
    Busy,
}

/// Whether something may be the address of a campaign: it names files and stands in tables.
pub(super) fn is_name(words: &str) -> bool {
    let is_fit = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
    (1..=64).contains(&words.chars().count())
        && words.starts_with(char::is_alphanumeric)
        && words.chars().all(is_fit)
}
