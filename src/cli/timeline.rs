//! `timeline`: what the console saw become different, from its history and the ledger. Asks no platform.

use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::Surroundings;
use super::args::{CheckOutput, Global};
use super::audit;
use super::exit::{Exit, Problem};
use super::json::{Instant, TimelineItem};
use crate::app::handover::back;
use crate::cache::{self, CacheError, EntryQuestion};
use crate::config::Places;
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{Change, Deed, Entity, Entry, EntryKind, Timestamp};
use crate::runtime::{self, Clock};
use crate::timeline;

/// What stands below the help of `timeline`.
const AFTER_TIMELINE: &str = "\
The history is history.db in the state folder: the console writes it while it runs, and what nobody watched is told as a gap.
Acts are told from the ledger.

Exit codes: 0 printed, also where nothing became different · 2 usage, the configuration, or a history that cannot be read · 3 no
console has watched yet: unknown is not nothing";

/// What became different.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_TIMELINE)]
pub struct TimelineShow {
    /// Only what has these words in its name, its kind or its rule
    pub words: Option<String>,
    /// How far back: 24h, 7d
    #[arg(long, value_name = "SPAN", default_value = "24h")]
    pub since: String,
    /// No more than so many, the newest
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1_000)]
    pub most: usize,
    /// How to print it
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub output: CheckOutput,
}

/// The whole document.
#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: &'static str,
    kind: &'static str,
    at: Instant,
    since: Instant,
    items: Vec<TimelineItem<'a>>,
}

/// Prints it, the newest first.
pub(super) fn run(
    asked: &TimelineShow,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let now = Clock::wall().now();
    let hint = "`watchfloor timeline --help` has the forms";
    let length = back(&asked.since).map_err(|words| Problem::usage(words, hint))?;
    let since = now.checked_sub(length).unwrap_or(Timestamp::MIN);
    let places = audit::places(global, around)?;
    let question = EntryQuestion { about: None, since, until: now, most: usize::MAX };
    let unread = |error: CacheError| {
        Problem::usage(error, "look at the file and its folder, or name another with --state-dir")
    };
    let is_known = cache::watched_until(&places.state_dir).map_err(unread)?.is_some();
    let mut entries = cache::timeline(&places.state_dir, &question).map_err(unread)?;
    entries.extend(timeline::acts(&deeds(&places, now), since, now));
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    entries.retain(|entry| asked.words.as_deref().is_none_or(|words| fits(entry, words)));
    let left = entries.len().saturating_sub(asked.most);
    entries.truncate(asked.most);
    match asked.output {
        CheckOutput::Text => text(&entries, around)?,
        CheckOutput::Json => json(&entries, (since, now), around)?,
    }
    around.out.flush()?;
    if left > 0 {
        writeln!(around.err, "note: {left} older entries are not printed\n  hint: -n prints more")?;
    }
    if !is_known && entries.is_empty() {
        let words = "error: no console has watched yet: nothing is known of the past";
        writeln!(around.err, "{words}\n  hint: only while the console runs is anything kept")?;
        return Ok(Exit::Unreachable);
    }
    if entries.is_empty() {
        writeln!(around.err, "note: nothing became different that a console saw")?;
    }
    Ok(Exit::Done)
}

/// The acts of the ledger; none where it cannot be read, which `audit show` says.
fn deeds(places: &Places, now: Timestamp) -> Vec<Arc<Deed>> {
    let updates = runtime::ledger::look(&places.audit_db(), now);
    let entities = updates.into_iter().filter_map(|update| match update.change {
        Change::Upsert(entities) | Change::Replace(entities) => Some(entities),
        _ => None,
    });
    let deeds = entities.flatten().filter_map(|entity| match entity {
        Entity::Deed(deed) => Some(deed),
        _ => None,
    });
    deeds.collect()
}

/// Whether all the words stand in what an entry says of itself. A gap is always told.
fn fits(entry: &Entry, words: &str) -> bool {
    let subject = &entry.subject;
    let told =
        format!("{} {} {} {}", subject.kind.as_str(), entry.name, subject.code, entry.after.words);
    let told = told.to_lowercase();
    subject.kind == EntryKind::Gap
        || words.to_lowercase().split_whitespace().all(|word| told.contains(word))
}

fn text(entries: &[Entry], around: &mut Surroundings<'_>) -> Result<(), Problem> {
    for entry in entries {
        let at = instant_utc(entry.at);
        let kind = entry.subject.kind.as_str();
        if let (EntryKind::Gap, Some(since)) = (entry.subject.kind, entry.unseen_since) {
            let length = span(seconds_between(since, entry.at));
            let since = instant_utc(since);
            writeln!(around.out, "{at}  {kind:<10}  nobody watched for {length}, from {since}")?;
            continue;
        }
        let before = entry.before.as_ref().map_or_else(String::new, |words| format!("{words} -> "));
        let unseen = entry
            .unseen_since
            .map_or_else(String::new, |since| format!(" (unseen since {})", instant_utc(since)));
        let (name, after) = (&entry.name, &entry.after.words);
        writeln!(around.out, "{at}  {kind:<10}  {name}: {before}{after}{unseen}")?;
    }
    Ok(())
}

fn json(
    entries: &[Entry],
    (since, now): (Timestamp, Timestamp),
    around: &mut Surroundings<'_>,
) -> Result<(), Problem> {
    let document = Document {
        schema: "watchfloor/v1",
        kind: "timeline",
        at: Instant(now),
        since: Instant(since),
        items: entries.iter().map(item).collect(),
    };
    serde_json::to_writer_pretty(&mut *around.out, &document).map_err(std::io::Error::from)?;
    Ok(writeln!(around.out)?)
}

fn item(entry: &Entry) -> TimelineItem<'_> {
    TimelineItem {
        at: Instant(entry.at),
        kind: entry.subject.kind.as_str(),
        name: &entry.name,
        rule: (!entry.subject.code.is_empty()).then_some(&*entry.subject.code),
        before: entry.before.as_deref(),
        after: &entry.after.words,
        severity: entry.after.severity.map(crate::domain::Severity::as_str),
        unseen_since: entry.unseen_since.map(Instant),
    }
}
