//! A campaign as one document for scripts.

use serde::Serialize;

use super::Unexported;
use crate::access::campaign::{Campaign, Pace, Progress, SignOff, Start, pace};
use crate::domain::{Text, Timestamp};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    kind: &'static str,
    start: &'a Start,
    progress: Progress,
    reviewers: Vec<Pace>,
    sign_offs: Vec<Signed<'a>>,
    decisions_that_do_not_count: u64,
    items: Vec<ItemStanding<'a>>,
}

#[derive(Serialize)]
struct Signed<'a> {
    #[serde(flatten)]
    sign: &'a SignOff,
    claimed: bool,
}

#[derive(Serialize)]
struct ItemStanding<'a> {
    key: &'a Text,
    findings: &'a [Text],
    since_last: &'static str,
    decision: Option<String>,
    reason: Option<&'a Text>,
    reviewer: Option<&'a Text>,
    decided_at: Option<Timestamp>,
    claimed: bool,
    disputed: bool,
    remedy: Option<&'static str>,
}

/// The document, indented.
pub(super) fn document(campaign: &Campaign) -> Result<Vec<u8>, Unexported> {
    let items = campaign.frozen.items.iter().map(|item| {
        let standing = campaign.standing(&item.key);
        let word = standing.and_then(|standing| standing.word);
        ItemStanding {
            key: &item.key,
            findings: &item.findings,
            since_last: item.delta.word(),
            decision: word.map(|word| word.decision.to_string()),
            reason: word.and_then(|word| word.reason.as_ref()),
            reviewer: word.map(|word| &word.by.username),
            decided_at: word.map(|word| word.at),
            claimed: word.is_some_and(|word| word.is_claimed),
            disputed: standing.is_some_and(|standing| standing.is_disputed),
            remedy: standing.and_then(|standing| Some(standing.remedy?.state.word())),
        }
    });
    let document = Document {
        schema: "watchfloor/v1",
        kind: "access_review",
        start: &campaign.start,
        progress: campaign.progress(),
        reviewers: pace(campaign),
        sign_offs: campaign
            .signs
            .iter()
            .map(|(sign, claimed)| Signed { sign, claimed: *claimed })
            .collect(),
        decisions_that_do_not_count: campaign.unfit.len() as u64,
        items: items.collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}
