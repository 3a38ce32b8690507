//! How a campaign stands, for people and for scripts.

use std::io::{self, Write};

use serde::Serialize;

use crate::access::Tally;
use crate::access::campaign::{Campaign, Delta, Pace, Progress, SignOff, Unfit, pace};
use crate::cli::json::Instant;
use crate::domain::time::instant_utc;
use crate::domain::{Text, Timestamp};

/// Prints how a campaign stands. It says what was checked, never that all is well.
pub(super) fn status(campaign: &Campaign, out: &mut dyn Write) -> io::Result<()> {
    population(campaign, out)?;
    tally(campaign, out)?;
    changes(campaign, out)?;
    reviewers(campaign, out)
}

/// What is reviewed, what could not be read, and what the rules found.
fn population(campaign: &Campaign, out: &mut dyn Write) -> io::Result<()> {
    let (start, frozen) = (&campaign.start, &campaign.frozen);
    let (by, vouched) = (&start.by.username, start.by.vouched.words());
    let at = instant_utc(start.at);
    writeln!(out, "{}: {}, started {at} by {by} ({vouched})", start.campaign, start.name)?;
    writeln!(out, "population  {} items, SHA-256 {}", start.items, start.population)?;
    let gaps = &frozen.population.gaps;
    writeln!(out, "unreadable  {} parts; nothing is said about them", gaps.len())?;
    for gap in gaps {
        let (part, lack) = (gap.part.word(), gap.lack.word());
        writeln!(out, "  {part} of {}: {} ({lack})", gap.at, gap.because)?;
    }
    let found = &frozen.report.findings;
    let covered = found.iter().filter(|found| found.covered_by.is_some()).count();
    let unknown: u64 = frozen.report.tallies.iter().map(Tally::unknown).sum();
    let count = found.len();
    writeln!(
        out,
        "findings    {count}, {covered} of them covered by an exception; {unknown} times a rule cannot tell"
    )
}

/// What was decided.
fn tally(campaign: &Campaign, out: &mut dyn Write) -> io::Result<()> {
    let of = campaign.progress();
    let Progress { items, open, keep, modify, escalate, revoke, disputed, claimed, verified } = of;
    let (decided, due) = (of.decided(), modify + revoke);
    writeln!(
        out,
        "decided     {decided} of {items}: {keep} keep, {modify} modify, {revoke} revoke, {escalate} escalate"
    )?;
    writeln!(out, "open        {open}, which is not kept")?;
    writeln!(out, "claimed     {claimed} by other reviewers' exports; {disputed} disputed")?;
    writeln!(out, "verified    {verified} of {due} changes by a later reading")
}

/// Who decided, how, and who signed.
fn reviewers(campaign: &Campaign, out: &mut dyn Write) -> io::Result<()> {
    for Unfit { item, by, why, .. } in &campaign.unfit {
        writeln!(out, "A22         {item} by {} does not count: {why}", by.username)?;
    }
    for one in pace(campaign) {
        let median = one.median_seconds.map_or("n/a".to_owned(), |median| format!("{median:.1} s"));
        let hasty = if one.is_hasty { ", hardly looked" } else { "" };
        let all = if one.is_all_keep { ", kept everything" } else { "" };
        let Pace { reviewer, items, timed, .. } = one;
        writeln!(
            out,
            "reviewer    {reviewer}: {items} items, median {median} an item (n {timed}){hasty}{all}"
        )?;
    }
    for (sign, is_claimed) in &campaign.signs {
        let claimed = if *is_claimed { ", as an export claims" } else { "" };
        let SignOff { by, role, text, at, left_open, .. } = sign;
        let who = &by.username;
        writeln!(
            out,
            "signed      {at} by {who} ({role}{claimed}): {text}; {left_open} left open"
        )?;
    }
    Ok(())
}

/// What is different since the last campaign.
fn changes(campaign: &Campaign, out: &mut dyn Write) -> io::Result<()> {
    let Some(after) = &campaign.start.after else { return Ok(()) };
    let count = |is: fn(&Delta) -> bool| {
        campaign.frozen.items.iter().filter(|item| is(&item.delta)).count()
    };
    let new = count(|delta| *delta == Delta::New);
    let changed = count(|delta| matches!(delta, Delta::Changed(_)));
    let gone = campaign.frozen.gone.len();
    let unseen = campaign.frozen.unseen.len();
    let more = if unseen == 0 {
        String::new()
    } else {
        format!(", {unseen} not to be told: they could not be read")
    };
    writeln!(out, "since {after}: {new} new, {changed} changed, {gone} gone{more}")
}

#[derive(Serialize)]
struct Sheet<'a> {
    schema: &'static str,
    kind: &'static str,
    at: Instant,
    campaign: &'a str,
    name: &'a str,
    started_at: Instant,
    due_at: Option<Instant>,
    population: &'a str,
    progress: Progress,
    reviewers: Vec<Pace>,
    signed: bool,
    unreadable: Vec<Unread<'a>>,
    open: Vec<Open<'a>>,
}

#[derive(Serialize)]
struct Unread<'a> {
    part: &'static str,
    at: &'a str,
    reason: &'static str,
    because: &'a str,
}

#[derive(Serialize)]
struct Open<'a> {
    key: &'a str,
    subject: Option<&'a str>,
    findings: Vec<&'a str>,
    since_last: &'static str,
}

/// The same for scripts, with every open item: what is new or changed first.
pub(super) fn json(campaign: &Campaign, now: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let start = &campaign.start;
    let gaps = campaign.frozen.population.gaps.iter();
    let open = campaign.open().map(|item| Open {
        key: &item.key,
        subject: item.subject.as_deref(),
        findings: item.findings.iter().map(Text::as_str).collect(),
        since_last: item.delta.word(),
    });
    let sheet = Sheet {
        schema: "watchfloor/v1",
        kind: "access_review_status",
        at: Instant(now),
        campaign: &start.campaign,
        name: &start.name,
        started_at: Instant(start.at),
        due_at: start.due.map(Instant),
        population: &start.population,
        progress: campaign.progress(),
        reviewers: pace(campaign),
        signed: campaign.is_signed(),
        unreadable: gaps
            .map(|gap| Unread {
                part: gap.part.word(),
                at: &gap.at,
                reason: gap.lack.word(),
                because: &gap.because,
            })
            .collect(),
        open: open.collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &sheet)?;
    writeln!(out)
}
