//! `cargo bench --bench objectives`: what it costs to read 2,000 objectives over eight windows each, and to take them in.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use watchfloor::api::Wiring;
use watchfloor::api::aws::Bounds;
use watchfloor::api::prometheus::{Memory, Prometheus};
use watchfloor::config::{Auth, PrometheusSettings, Proxy};
use watchfloor::domain::{
    Change, Entity, Origin, Report, Scope, Slo, SloState, SourceId, SourceKey, Tiers, Timestamp,
    Update,
};
use watchfloor::runtime::Clock;
use watchfloor::state::State;

mod stage;

use stage::figures::{Table, Times};
use stage::objectives::{SLOS, Served, WINDOWS};

/// How often everything is read.
const PASSES: usize = 10;

fn main() -> Result<()> {
    let now = Clock::wall().now();
    let served = Served::at(now)?;
    // On this thread alone, so that the server's work is another's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let settings = PrometheusSettings {
        url: served.url().parse()?,
        auth: Auth::None,
        ca_file: None,
        proxy: Proxy::None,
        interval: Duration::from_secs(30),
    };
    let table = Table::titled(&format!(
        "Objectives: {SLOS} of sloth × {} windows, {} KiB of answers",
        WINDOWS.len(),
        served.bytes() / 1024
    ))?;
    let (mut cold, mut warm) = (Times::default(), Times::default());
    for _ in 0..PASSES {
        let prometheus =
            Prometheus::new(&settings, Bounds::Loopback, Wiring::new(move || now, |_| None));
        let (mut memory, mut state) = (Memory::default(), State::new(Tiers::new(Vec::new())));
        for times in [&mut cold, &mut warm] {
            let (asked, began) = (served.requests(), worked()?);
            let read = runtime.block_on(prometheus.objectives(&mut memory));
            let read = read.map_err(|error| anyhow::anyhow!("{error}"))?;
            anyhow::ensure!(read.gap.is_none(), "{:?}", read.gap);
            take_in(&mut state, read.slos, now)?;
            times.add(worked()?.saturating_sub(began));
            let asked = served.requests() - asked;
            anyhow::ensure!(asked <= 20, "{asked} requests in one pass");
        }
    }
    let requests = format!("{} in {} passes", served.requests(), 2 * PASSES);
    table.times("processor, the first pass", &cold, "≤ 2 s")?;
    table.times("processor, the passes after it", &warm, "≤ 2 s")?;
    table.line("requests", &requests, "≤ 20 a pass")?;
    Ok(())
}

/// Puts what was read into the state and asks what can be said of each.
fn take_in(state: &mut State, slos: Vec<Slo>, now: Timestamp) -> Result<()> {
    let key = SourceKey { source: SourceId::SLOS, scope: Scope::server("prometheus", "bench") };
    let entities = slos.into_iter().map(|slo| Entity::Slo(Arc::new(slo))).collect();
    let report = Report { confirmed_at: Some(now), ..Report::starting(30.0) };
    for change in [Change::Replace(entities), Change::Report(report)] {
        state.apply(Update { key: key.clone(), at: now, origin: Origin::Live, change }, now);
    }
    let judged = state.slos().iter().map(|(_, row)| state.slo_state(&row.value, now));
    let said = judged.filter(|state| *state != SloState::Unreachable).count();
    anyhow::ensure!(said == SLOS, "{said} objectives");
    Ok(())
}

/// How long this thread has worked.
fn worked() -> Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text.split(' ').next().context("no time of the processor")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}
