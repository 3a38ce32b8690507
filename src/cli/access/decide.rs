//! `access review decide`: one decision, about an item, the open items of a subject, or those of a finding.

use super::args::ReviewDecide;
use super::problem;
use super::stand::Stand;
use crate::access::campaign::{Ask, Campaign, Decision, Duty, Item, Reviewer};
use crate::cli::Surroundings;
use crate::cli::exit::{Exit, Problem};
use crate::domain::Text;

/// Decides, and says what was recorded.
pub(super) fn decide(
    asked: &ReviewDecide,
    stand: &Stand,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let by = stand.reviewer(&asked.stated, around)?;
    let mut reviews = stand.reviews()?;
    let mut opened =
        reviews.open(asked.which.campaign.as_deref()).map_err(|fault| problem(&fault))?;
    let decision = decision(asked);
    let (items, left) = chosen(asked, &opened.campaign, &by)?;
    confirmed(asked, &decision, items.len())?;
    let (count, what) = (items.len(), decision.to_string());
    let sends = matches!(decision, Decision::Revoke | Decision::Modify(_));
    let reason = asked.reason.as_deref().map(Text::new);
    let ask = Ask { items, decision, reason, by, at: stand.now };
    reviews.decide(&mut opened, &ask).map_err(|fault| problem(&fault))?;
    let open = opened.campaign.progress().open;
    writeln!(around.out, "recorded: {what}, {}; {open} open", items_of(count))?;
    if left > 0 {
        writeln!(
            around.err,
            "note: {left} more are about yourself or what you granted: another reviewer decides"
        )?;
    }
    if sends {
        writeln!(
            around.err,
            "note: nothing was sent to any platform: it is still to be done there"
        )?;
    }
    Ok(Exit::Done)
}

fn decision(asked: &ReviewDecide) -> Decision {
    match &asked.modify_to {
        Some(to) => Decision::Modify(Text::new(to)),
        None if asked.revoke => Decision::Revoke,
        None if asked.escalate => Decision::Escalate,
        None => Decision::Keep,
    }
}

/// The items that are meant, and how many of them the reviewer may not decide about. An item that was named is taken as it
/// is: whether it may be decided, the campaign says.
fn chosen(
    asked: &ReviewDecide,
    campaign: &Campaign,
    by: &Reviewer,
) -> Result<(Vec<Text>, usize), Problem> {
    if let Some(key) = &asked.item {
        return Ok((vec![Text::new(key)], 0));
    }
    let is_meant = |item: &&Item| match (&asked.subject, &asked.finding) {
        (Some(subject), _) => is_of(campaign, item, subject),
        (None, Some(finding)) => item
            .findings
            .iter()
            .any(|id| id.as_str() == finding || id.split('/').next() == Some(finding.as_str())),
        (None, None) => false,
    };
    let meant: Vec<&Item> = campaign.open().filter(is_meant).collect();
    if meant.is_empty() {
        let hint = "`watchfloor access review status -o json` lists what is open";
        return Err(Problem::new(Exit::Findings, "no open item is meant by this", hint));
    }
    let all = meant.len();
    let duty = Duty::of(by, &campaign.frozen);
    let may = |item: &&Item| duty.bar(item, &campaign.frozen).is_none();
    let items: Vec<Text> = meant.into_iter().filter(may).map(|item| item.key.clone()).collect();
    let left = all - items.len();
    if items.is_empty() {
        let message = format!(
            "you may decide about none of the {all} items: they are your own, or you granted them"
        );
        return Err(Problem::new(Exit::Findings, message, "another reviewer decides"));
    }
    Ok((items, left))
}

/// Whether an item is of a subject, by its id or its username.
fn is_of(campaign: &Campaign, item: &Item, subject: &str) -> bool {
    let Some(id) = &item.subject else { return false };
    let all = &campaign.frozen.population.principals;
    let one = all.binary_search_by(|one| one.id.cmp(id)).ok().and_then(|place| all.get(place));
    id.as_str() == subject
        || one.is_some_and(|one| {
            one.username.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(subject))
        })
}

/// What takes a right away needs more than a word.
fn confirmed(asked: &ReviewDecide, decision: &Decision, count: usize) -> Result<(), Problem> {
    if !matches!(decision, Decision::Revoke | Decision::Modify(_)) {
        return Ok(());
    }
    let mut missing = Vec::new();
    if asked.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
        missing.push("--reason TEXT".to_owned());
    }
    if count > 1 && asked.confirm.as_deref() != Some(count.to_string().as_str()) {
        missing.push(format!("--confirm {count}"));
    }
    if !asked.arm {
        missing.push("--arm".to_owned());
    }
    if missing.is_empty() {
        return Ok(());
    }
    let message =
        format!("to {decision} {}, {} is missing", items_of(count), missing.join(" and "));
    Err(Problem::new(Exit::Findings, message, "nothing was recorded"))
}

/// So many items, in words.
fn items_of(count: usize) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}
