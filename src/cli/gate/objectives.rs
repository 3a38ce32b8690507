//! What the objectives and their alerts say now: one live look at Prometheus and Alertmanager, and at nothing else.

use url::Url;

use super::sheet::Look;
use crate::api::Wiring;
use crate::cli::Surroundings;
use crate::cli::exit::Problem;
use crate::cli::ground::{Ground, tasks};
use crate::config::{PolicyFile, Settings};
use crate::domain::{Slo, SourceId, Text};
use crate::gate::{Facts, Request};
use crate::pane;
use crate::source;
use crate::state::State;

/// Reads the objectives and the alerts once, live.
pub(super) fn read(
    policy: &PolicyFile,
    ground: &Ground,
    around: &Surroundings<'_>,
) -> Result<State, Problem> {
    let settings = &ground.loaded.settings;
    let mut state = State::new(settings.domain_tiers()).under(policy.policy.clone().into());
    if settings.prometheus.is_none() {
        return Ok(state);
    }
    // A gate waits for no platform that its verdict does not rest on.
    let alone = Settings { gitlab: None, clusters: Vec::new(), ..settings.clone() };
    let (clock, environment) = (ground.clock, around.environment.clone());
    let wiring = Wiring::new(move || clock.now(), move |name| environment.get(name).cloned());
    let sources = [SourceId::SLOS, SourceId::ALERTS];
    let updates = tasks()?.block_on(source::look(&alone, &sources, wiring));
    let at = ground.clock.now();
    for update in updates {
        state.apply(update, at);
    }
    Ok(state)
}

/// What is known of the objectives of a request.
pub(super) fn facts<'a>(state: &'a State, request: &Request, ground: &Ground) -> Facts<'a> {
    let facts = pane::slos::facts(state, &request.service, ground.clock.now());
    if ground.loaded.settings.prometheus.is_some() {
        return facts;
    }
    let unreached = Some(Text::new("Prometheus is not configured: add `[prometheus]`"));
    Facts { unreached, ..facts }
}

/// The queries behind the objectives that were judged.
pub(super) fn looks(facts: &Facts<'_>, prometheus: Option<&Url>) -> Vec<Look> {
    let of = |slo: &Slo| {
        let at = slo.sampled_at();
        let look = |query: &crate::domain::Query| Look {
            query: query.text.clone(),
            at,
            url: prometheus.and_then(|url| page(url, &query.text)),
        };
        slo.queries.iter().map(look).collect::<Vec<Look>>()
    };
    facts.objectives.iter().flat_map(|one| of(one.slo)).collect()
}

/// The page of Prometheus that shows an expression.
fn page(prometheus: &Url, expression: &str) -> Option<Text> {
    let mut url = prometheus.join("graph").ok()?;
    url.query_pairs_mut().append_pair("g0.expr", expression).append_pair("g0.tab", "1");
    Some(Text::new(url.as_str()))
}
