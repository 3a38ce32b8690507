//! What stands above the findings: how much is known at all, and one line a subject with its few true numbers.

use std::collections::BTreeMap;

use crate::domain::time::{seconds_between, span};
use crate::domain::{ExceptionState, Health, Runner, SloState, SourceId, Timestamp};
use crate::pane::block::{Block, Cell, Mark};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::pane::sources;
use crate::state::{Capacity, Queue};
use crate::theme::Role;

/// Columns of a subject's name.
const NAME: usize = 12;

/// How much is known: feeds that are live, of how many, and the oldest data among them.
pub(super) struct Feeds {
    pub(super) live: usize,
    pub(super) all: usize,
    pub(super) oldest: Option<Timestamp>,
    /// The first that is not live, and how it is.
    ill: Option<(String, Health)>,
}

impl Feeds {
    pub(super) fn of(cx: &Cx<'_>) -> Feeds {
        let mut feeds = Feeds { live: 0, all: 0, oldest: None, ill: None };
        for (key, report) in cx.state.reports() {
            let health = report.health(cx.now);
            feeds.all += 1;
            feeds.live += usize::from(health.is_live());
            if !health.is_live() && feeds.ill.as_ref().is_none_or(|(_, known)| health > *known) {
                feeds.ill = Some((key.to_string(), health));
            }
            // What is told as it happens is as young as its silence is long: it has no age.
            if let Some(at) = report.confirmed_at.filter(|_| !key.source.is_watched()) {
                feeds.oldest = Some(feeds.oldest.map_or(at, |known| known.min(at)));
            }
        }
        feeds
    }
}

pub(super) fn blocks(cx: &Cx<'_>) -> Vec<Block> {
    let mut lines = vec![known(cx), queue(cx)];
    lines.extend(reasons(cx));
    lines.extend([runners(cx), slos(cx), exceptions(cx), ledger(cx)]);
    vec![Block::Lines(lines)]
}

/// What is known at all.
fn known(cx: &Cx<'_>) -> Cell {
    let feeds = Feeds::of(cx);
    let is_whole = feeds.live == feeds.all && feeds.all > 0;
    let (mark, role) = if is_whole {
        (Mark::Fine, Role::SeverityOk)
    } else {
        (Mark::Unknown, Role::SeverityUnknown)
    };
    let mut cell = Cell::mark(mark, role)
        .and(format!(" {} of {} feeds are live", feeds.live, feeds.all), Role::Text);
    if let Some(oldest) = feeds.oldest {
        let age = span(seconds_between(oldest, cx.now).max(0));
        cell = cell.and(format!(", oldest data {age}"), Role::TextDim);
    }
    match feeds.ill {
        Some((key, health)) => cell.and(format!("   {key} is {}", sources::word(health)), role),
        None => cell,
    }
}

/// A number in words, and whether it asks for eyes.
struct Number(String, Role);

impl Number {
    fn calm(words: impl Into<String>) -> Number {
        Number(words.into(), Role::Text)
    }

    /// In a role; nothing where it is nought: what is well takes no room.
    fn of(n: usize, words: &str, role: Role) -> Option<Number> {
        (n > 0).then(|| Number(format!("{n} {words}"), role))
    }
}

/// A subject and its numbers; why there are none where its feed never told; marked where they are old.
fn subject(cx: &Cx<'_>, name: &str, source: SourceId, numbers: Vec<Number>) -> Cell {
    let head = Cell::dim(format!("{name:<NAME$}"));
    let mut reports = cx.state.reports().filter(|(key, _)| key.source == source);
    let was_read = reports.any(|(_, report)| report.confirmed_at.is_some());
    let health = cx.state.source_health(source, cx.now).unwrap_or(Health::Unconfigured);
    if !was_read {
        let word = if health == Health::Unconfigured { "not configured" } else { "unknown" };
        let words = match health {
            Health::Unconfigured | Health::Starting => word.to_owned(),
            other => format!("{word}: {} is {}", source, sources::word(other)),
        };
        return head.and(words, Role::TextDim);
    }
    let is_live = matches!(health, Health::Live | Health::Partial);
    let mut cell = head;
    let mut told = Cell::empty();
    for (place, Number(words, role)) in numbers.into_iter().enumerate() {
        let gap = if place == 0 { "" } else { "   " };
        told = told.and(format!("{gap}{words}"), role);
    }
    cell.0.append(&mut if is_live { told } else { cells::old(told) }.0);
    if health == Health::Live {
        cell
    } else {
        cell.and(format!("   {source} is {}", sources::word(health)), Role::TextDim)
    }
}

fn queue(cx: &Cx<'_>) -> Cell {
    let tiers = cx.state.tiers().iter().map(|(index, _)| Some(index)).chain([None]);
    let queues: Vec<&Queue> = tiers.filter_map(|tier| cx.state.queue(tier)).collect();
    let waiting: usize = queues.iter().map(|queue| queue.waiting()).sum();
    let running: u64 = queues.iter().map(|queue| queue.running()).sum();
    let floor = cx.state.floor();
    let mut numbers = vec![
        Number::calm(format!("{floor}{waiting} waiting")),
        Number::calm(format!("{floor}{running} running")),
    ];
    if let Some((oldest, _)) = queues.iter().filter_map(|queue| queue.oldest()).min() {
        let age = span(seconds_between(oldest, cx.now).max(0));
        numbers.insert(1, Number::calm(format!("the oldest {age}")));
    }
    let failing = cx.state.failing().count();
    numbers.extend(Number::of(failing, "projects fail", Role::SeverityWarning));
    subject(cx, "pipelines", SourceId::QUEUE, numbers)
}

/// What most of the waiting jobs share, and the act that would help first; nothing where nothing waits.
fn reasons(cx: &Cx<'_>) -> Option<Cell> {
    let shares = cx.state.shares();
    let first = shares.first()?;
    let role = if first.is_alarm { Role::SeverityWarning } else { Role::Text };
    let mut cell = Cell::dim(format!("{:<NAME$}", "")).and(first.words.to_string(), role);
    if let Some(act) = first.first_act {
        cell = cell.and(format!("   {act} would help"), Role::TextDim);
    }
    match shares.len() - 1 {
        0 => Some(cell),
        1 => Some(cell.and("   and 1 more reason", Role::TextDim)),
        more => Some(cell.and(format!("   and {more} more reasons"), Role::TextDim)),
    }
}

fn runners(cx: &Cx<'_>) -> Cell {
    let works = |runner: &Runner| {
        &*runner.status == "online"
            && runner.quiet_for(cx.state.waiting_for(runner), cx.now).is_none()
    };
    let online = cx.state.runners().iter().filter(|(_, row)| works(&row.value)).count();
    let all = cx.state.runners().len();
    let mut numbers = vec![Number::calm(format!("{online} of {all} online"))];
    let is_read = |source| {
        let health = cx.state.source_health(source, cx.now);
        matches!(health, Some(Health::Live | Health::Partial))
    };
    if is_read(SourceId::NODES) {
        let silent = cx.state.not_ready_nodes().count();
        numbers.push(Number::calm(format!("{} nodes", cx.state.nodes().len())));
        numbers.extend(Number::of(silent, "not ready", Role::SeverityWarning));
    }
    if is_read(SourceId::PODS) {
        let tiers = cx.state.tiers().iter();
        let capacity: Vec<&Capacity> =
            tiers.filter_map(|(index, _)| cx.state.capacity(Some(index))).collect();
        let pods: u64 = capacity.iter().map(|one| one.pods()).sum();
        let unplaced: usize = capacity.iter().map(|one| one.unplaced()).sum();
        numbers.push(Number::calm(format!("{pods} pods")));
        numbers.extend(Number::of(unplaced, "without a node", Role::SeverityWarning));
    }
    subject(cx, "runners", SourceId::RUNNERS, numbers)
}

fn slos(cx: &Cx<'_>) -> Cell {
    let mut counts: BTreeMap<SloState, usize> = BTreeMap::new();
    for (_, row) in cx.state.slos().iter() {
        *counts.entry(cx.state.slo_state(&row.value, cx.now)).or_default() += 1;
    }
    let of = |state| counts.get(&state).copied().unwrap_or_default();
    let judged: usize =
        counts.iter().filter(|(state, _)| state.is_judged()).map(|(_, count)| count).sum();
    let unjudged = cx.state.slos().len().saturating_sub(judged);
    let numbers = [
        Some(Number::calm(format!("{} ok", of(SloState::Ok)))),
        Number::of(of(SloState::Burning), "burning", Role::SeverityBad),
        Number::of(of(SloState::Exhausted), "spent", Role::SeverityBad),
        Number::of(unjudged, "not judged", Role::SeverityUnknown),
    ];
    subject(cx, "slos", SourceId::SLOS, numbers.into_iter().flatten().collect())
}

fn exceptions(cx: &Cx<'_>) -> Cell {
    let endings = cx.state.endings();
    let requests = cx.state.requests().iter();
    let mine = requests.filter(|(_, row)| row.value.blocked_for_me.is_none()).count();
    let numbers = [
        Some(Number::calm(format!("{} active", endings.count(ExceptionState::Active)))),
        Number::of(endings.count(ExceptionState::Expiring), "end soon", Role::SeverityWarning),
        Number::of(endings.count(ExceptionState::Expired), "past their end", Role::SeverityBad),
        Number::of(cx.state.drifts().len(), "differ from tools", Role::SeverityWarning),
        Number::of(
            mine,
            if mine == 1 { "request waits for you" } else { "requests wait for you" },
            Role::SeverityWarning,
        ),
    ];
    subject(cx, "exceptions", SourceId::EXCEPTIONS, numbers.into_iter().flatten().collect())
}

fn ledger(cx: &Cx<'_>) -> Cell {
    let chain = cx.state.chain();
    let records = chain.map_or(0, |chain| chain.records);
    let holds = match chain.map(|chain| chain.broken.is_some()) {
        Some(true) => Number("the chain is broken".to_owned(), Role::SeverityBad),
        Some(false) => Number::calm(format!("{records} records, the chain holds")),
        None => Number("not read yet".to_owned(), Role::TextDim),
    };
    let unsettled = cx.state.unsettled_deeds();
    let open = Number::of(unsettled, "of unknown outcome", Role::SeverityWarning);
    subject(cx, "acts", SourceId::LEDGER, std::iter::once(holds).chain(open).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{Change, Origin, Report, Scope, SourceKey, Tiers, Update};
    use crate::pane::block::Piece;
    use crate::state::State;

    fn state(confirmed: Option<i64>) -> State {
        let mut state = State::new(Tiers::default());
        let key = SourceKey { source: SourceId::RUNNERS, scope: Scope::gitlab("acme") };
        let report = Report { confirmed_at: confirmed.map(at), ..Report::starting(60.0) };
        let change = Change::Report(report);
        state.apply(Update { key, at: at(0), origin: Origin::Live, change }, at(0));
        state
    }

    fn told(state: &State) -> Cell {
        runners(&Cx { state, now: at(1000) })
    }

    #[test]
    fn runners_that_were_never_read_are_unknown_and_not_nought() {
        assert_eq!(told(&state(None)).words(), "runners     unknown");
        let none = State::new(Tiers::default());
        assert_eq!(told(&none).words(), "runners     not configured");
        assert_eq!(told(&state(Some(990))).words(), "runners     0 of 0 online");
    }

    #[test]
    fn old_counts_are_marked_old_and_say_why() {
        let cell = told(&state(Some(0)));
        assert_eq!(cell.words(), "runners     0 of 0 online   runners is stale");
        let has_mark = cell.0.iter().any(|piece| matches!(piece, Piece::Mark(Mark::Old, _)));
        assert!(has_mark, "{cell:?}");
    }

    #[test]
    fn what_is_not_live_is_named_and_the_oldest_data_has_its_age() {
        let cell = known(&Cx { state: &state(Some(0)), now: at(1000) });
        let words = cell.words();
        assert_eq!(
            words,
            "0 of 1 feeds are live, oldest data 16m40s   runners gitlab:acme is stale"
        );
    }
}
