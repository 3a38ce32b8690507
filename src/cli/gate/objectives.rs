//! What the objectives say now: one live look at Prometheus, and at nothing else.

use std::sync::Arc;

use url::Url;

use super::frozen;
use super::sheet::Look;
use crate::api::Wiring;
use crate::cli::Surroundings;
use crate::cli::exit::Problem;
use crate::cli::ground::{Ground, tasks};
use crate::config::Settings;
use crate::domain::{Health, Slo, SloState, SourceId, Text, Timestamp};
use crate::gate::{Judged, Policy, Request};
use crate::source;
use crate::state::State;

/// The objectives that count for a request, as they are now.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Why none could be read, if so.
    pub(super) unreached: Option<Text>,
    rows: Vec<SeenSlo>,
}

#[derive(Debug)]
struct SeenSlo {
    slo: Arc<Slo>,
    state: SloState,
    was_frozen: Option<bool>,
}

/// Tells the past of what is left of an objective's budget, oldest first; none where it cannot be read.
type Past<'a> = &'a dyn Fn(&Slo, u32) -> Option<Vec<f64>>;

/// Reads the objectives once, live.
pub(super) fn read(
    request: &Request,
    policy: &Policy,
    ground: &Ground,
    around: &Surroundings<'_>,
) -> Result<Seen, Problem> {
    let settings = &ground.loaded.settings;
    if settings.prometheus.is_none() {
        let unreached = Some(Text::new("Prometheus is not configured: add `[prometheus]`"));
        return Ok(Seen { unreached, ..Seen::default() });
    }
    // Prometheus alone is asked: a gate waits for no platform that its verdict does not rest on.
    let alone = Settings { gitlab: None, clusters: Vec::new(), ..settings.clone() };
    let (clock, environment) = (ground.clock, around.environment.clone());
    let wiring = Wiring::new(move || clock.now(), move |name| environment.get(name).cloned());
    let updates = tasks()?.block_on(source::look(&alone, &[SourceId::SLOS], wiring));
    let at = ground.clock.now();
    let mut state = State::new(settings.domain_tiers());
    for update in updates {
        state.apply(update, at);
    }
    // A past that is not read counts as a freeze wherever the policy fails closed.
    Ok(seen(&state, request, policy, at, &|_, _| None))
}

/// What a state holds of the objectives of a request.
pub(super) fn seen(
    state: &State,
    request: &Request,
    policy: &Policy,
    now: Timestamp,
    past: Past<'_>,
) -> Seen {
    let mut feeds = state.reports().filter(|(key, _)| key.source == SourceId::SLOS).peekable();
    if feeds.peek().is_none() {
        let unreached = Some(Text::new("nothing was heard of them"));
        return Seen { unreached, ..Seen::default() };
    }
    let (mut is_whole, mut unreached) = (true, None);
    for (_, report) in feeds {
        let why = || report.failure.as_ref().map(|failure| failure.message.clone());
        match report.health(now) {
            Health::Live => {}
            Health::Partial => is_whole = false,
            other => unreached = why().or_else(|| Some(Text::new(other.as_str()))),
        }
    }
    if unreached.is_some() {
        return Seen { unreached, ..Seen::default() };
    }
    let linked = state.slos().iter().map(|(_, row)| &row.value);
    let rows = linked.filter(|slo| policy.links(&request.service, slo)).map(|slo| {
        let state = match state.slo_state(slo, now) {
            // Nothing is well as far as is known while it is known that something is missing.
            SloState::Ok if !is_whole => SloState::Partial,
            other => other,
        };
        let was_frozen = was_frozen(slo, policy, past);
        SeenSlo { slo: Arc::clone(slo), state, was_frozen }
    });
    let mut rows: Vec<SeenSlo> = rows.collect();
    rows.sort_by(|one, other| one.slo.key.cmp(&other.slo.key));
    Seen { unreached: None, rows }
}

/// Whether a budget is frozen; its past is asked for only where it makes a difference.
fn was_frozen(slo: &Slo, policy: &Policy, past: Past<'_>) -> Option<bool> {
    let left = slo.remaining()?;
    if left <= 0.0 {
        return Some(true);
    }
    if left > policy.unfreeze_above {
        return Some(false);
    }
    frozen::was_frozen(past(slo, frozen::POINTS)?, policy.unfreeze_above)
}

impl Seen {
    /// The objectives, for the decision.
    pub(super) fn judged(&self) -> Vec<Judged<'_>> {
        let judged = |row| {
            let SeenSlo { slo, state, was_frozen }: &SeenSlo = row;
            Judged { slo, state: *state, was_frozen: *was_frozen }
        };
        self.rows.iter().map(judged).collect()
    }

    /// The queries behind them.
    pub(super) fn looks(&self, prometheus: Option<&Url>) -> Vec<Look> {
        let of = |slo: &Arc<Slo>| {
            let at = slo.sampled_at();
            let look = |query: &crate::domain::slo::Query| Look {
                query: query.text.clone(),
                at,
                url: prometheus.and_then(|url| page(url, &query.text)),
            };
            slo.queries.iter().map(look).collect::<Vec<Look>>()
        };
        self.rows.iter().flat_map(|row| of(&row.slo)).collect()
    }
}

/// The page of Prometheus that shows an expression.
fn page(prometheus: &Url, expression: &str) -> Option<Text> {
    let mut url = prometheus.join("graph").ok()?;
    url.query_pairs_mut().append_pair("g0.expr", expression).append_pair("g0.tab", "1");
    Some(Text::new(url.as_str()))
}
