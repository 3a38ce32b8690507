//! What an act on a right means to the campaign that decided it: done, refused, or still to be seen.

use std::io::Write;
use std::sync::Arc;

use super::sheet::Sheet;
use crate::access::campaign::{Campaign, Decision};
use crate::access::{Limits, Picture};
use crate::app::{remedy_of, target_in};
use crate::cli::exit::Problem;
use crate::cli::ground::Ground;
use crate::domain::{Proposal, Text, Timestamp};
use crate::runtime::review::{ReviewFault, Reviews};

/// Records in the newest campaign what came of the acts that it had decided, and says so.
pub(super) fn join(sheet: &Sheet, ground: &Ground, err: &mut dyn Write) -> Result<(), Problem> {
    let path = ground.loaded.places.review_db();
    let is_of_rights = |sent: &Proposal| sent.target.place_of_rights().is_some();
    if !path.exists() || !sheet.sent().any(|(sent, _)| is_of_rights(sent)) {
        return Ok(());
    }
    if let Err(fault) = record(sheet, &path, ground.clock.now(), err) {
        // The act itself is done, and recorded: that stays true.
        writeln!(err, "note: the campaign was not told of it: {fault}")?;
    }
    Ok(())
}

fn record(
    sheet: &Sheet,
    path: &std::path::Path,
    now: Timestamp,
    err: &mut dyn Write,
) -> Result<(), ReviewFault> {
    let mut reviews = Reviews::open_at(path)?;
    let mut opened = match reviews.open(None) {
        Err(ReviewFault::NoCampaign(_)) => return Ok(()),
        opened => opened?,
    };
    let population = Arc::new(opened.campaign.frozen.population.clone());
    let picture = Picture::of(population, &Limits::default(), &[], now);
    for (sent, report) in sheet.sent() {
        for (item, decision) in decided(&opened.campaign, &picture, sent) {
            let campaign = opened.campaign.start.campaign.clone();
            let remedy = remedy_of((campaign, item), &decision, report, now);
            let told = format!(
                "note: campaign {}, {}: {}",
                remedy.campaign,
                remedy.item,
                remedy.state.word()
            );
            reviews.remedied(&mut opened, &remedy)?;
            // Whether anybody reads this does not matter to the record.
            writeln!(err, "{told}").ok();
        }
    }
    Ok(())
}

/// The items that were decided to go, or to change, by doing this.
fn decided(campaign: &Campaign, picture: &Picture, sent: &Proposal) -> Vec<(Text, Decision)> {
    let is_change = sent.act.name == "member.change";
    let found = |key: &Text| {
        let decision = campaign.standing(key)?.word?.decision.clone();
        let is_meant = match &decision {
            Decision::Revoke => !is_change,
            Decision::Modify(_) => is_change,
            Decision::Keep | Decision::Escalate => false,
        };
        let is_it = is_meant && target_in(picture, key).as_ref() == Some(&sent.target);
        is_it.then(|| (key.clone(), decision))
    };
    campaign.frozen.items.iter().filter_map(|item| found(&item.key)).collect()
}
