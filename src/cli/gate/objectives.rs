//! What the objectives and their alerts say now: one live look at Prometheus and Alertmanager, and at nothing else.

use url::Url;

use super::sheet::Look;
use crate::api::Wiring;
use crate::cli::Surroundings;
use crate::cli::exit::Problem;
use crate::cli::ground::{Ground, tasks};
use crate::config::{PolicyFile, Settings, builtin_expected};
use crate::domain::{Slo, SourceId, Text};
use crate::gate::{Facts, Missing, Request};
use crate::source;
use crate::state::{State, gate_facts};

/// Reads the objectives and the alerts once, live.
pub(super) fn read(
    request: &Request,
    policy: &PolicyFile,
    ground: &Ground,
    around: &Surroundings<'_>,
) -> Result<State, Problem> {
    let settings = &ground.loaded.settings;
    let mut state = State::new(settings.domain_tiers()).under(policy.policy.clone().into());
    if settings.prometheus.is_none() {
        return Ok(state);
    }
    // A gate waits for no platform that its verdict does not rest on: GitLab only says which runner has which tier.
    let needs_runners = !own(&state, request, settings).is_empty();
    let gitlab = settings.gitlab.clone().filter(|_| needs_runners);
    let alone = Settings { gitlab, clusters: Vec::new(), ..settings.clone() };
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
    let settings = &ground.loaded.settings;
    let mut facts = gate_facts(state, &request.service, ground.clock.now());
    if settings.prometheus.is_some() {
        if facts.unreached.is_none() {
            let own = own(state, request, settings).into_iter();
            let gone =
                own.filter(|key| state.slos().iter().all(|(_, row)| row.value.rule_id != *key));
            facts.missing.extend(gone.map(|key| missing(key, settings)));
        }
        return facts;
    }
    let unreached = Some(Text::new("Prometheus is not configured: add `[prometheus]`"));
    Facts { unreached, ..facts }
}

/// The platform's own objectives that count for a request, and that the console would tell of whatever Prometheus has.
fn own(state: &State, request: &Request, settings: &Settings) -> Vec<Text> {
    let all = builtin_expected(&settings.slo, &settings.domain_tiers()).into_iter();
    let counts = |service: &str, key: &str| state.policy().counts(&request.service, (service, key));
    all.filter(|one| counts(&one.service, &one.rule_id)).map(|one| one.rule_id).collect()
}

/// One of them that is not there. The console samples such a one by itself, which is of no use for a single look.
fn missing(key: Text, settings: &Settings) -> Missing {
    let why = if settings.gitlab.is_some() {
        "Prometheus has nothing of it, and one look samples nothing"
    } else {
        "GitLab, which knows the tier of each runner, is not configured; or Prometheus has nothing of it"
    };
    Missing::Own { key, why: Text::new(why) }
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
