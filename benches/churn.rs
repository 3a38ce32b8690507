//! `cargo bench --bench churn`: processor and memory of the console while a hundred pods change every second, and how
//! long a change takes to the screen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use watchfloor::sim::WorldHandle;

mod stage;

use stage::cluster::{Cluster, probe};
use stage::console::{Console, count, folder};
use stage::figures::{Table, Times};
use stage::process::share;

/// How long rows may take to come.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long the console is watched.
const WATCH: Duration = Duration::from_secs(30);
/// How long it has before that.
const SETTLE: Duration = Duration::from_secs(10);
/// How often a change is looked for on screen.
const PROBES: u64 = 60;
/// Changes a second, one after the other.
const PACE: Duration = Duration::from_millis(10);

fn main() -> Result<()> {
    let still = Cluster::still()?;
    let churn = Churn::begin(&still)?;
    let told = still.told();
    measured(&still, &format!("100 changes a second, nothing else: {told}"))?;
    drop(churn);
    drop(still);
    let busy = Cluster::start("churn")?;
    let told = busy.told();
    measured(&busy, &format!("scenario `churn`, its jobs coming and going too: {told}"))
}

/// Watches a console on a cluster.
fn measured(cluster: &Cluster, title: &str) -> Result<()> {
    let table = Table::titled(title)?;
    let home = folder()?;
    let config = cluster.config(home.path(), "")?;
    let mut console = Console::start(&config, home.path())?;
    console.press("3\t")?;
    console.until(PATIENCE, |words| count(words, "pods") >= 5_000)?;
    let world = cluster.world();
    std::thread::sleep(SETTLE);
    watched(&console, &world, &table)?;
    let mut times = Times::default();
    for n in 0..=PROBES {
        // Not in step with anything that ticks.
        std::thread::sleep(Duration::from_millis(150 + n * 137 % 300));
        let probed = format!("probe-{n:03}");
        let act = || world.apply(probe(&probed)).is_some();
        let after = console.shown_after(&probed, act)?;
        // The first makes the pod.
        if n > 0 {
            times.add(after);
        }
    }
    table.times("a change to the screen", &times, "≤ 250 ms")?;
    Ok(())
}

/// Processor and memory while the pods are on screen.
fn watched(console: &Console, world: &WorldHandle, table: &Table) -> Result<()> {
    let process = console.process()?;
    // Every word is another, so that it counts as a change and gets a version.
    let version = |word| world.apply(probe(word)).context("the cluster takes no pod");
    let (start, spent, before) = (Instant::now(), process.spent()?, version("before")?);
    let frames = console.picture().frames;
    std::thread::sleep(WATCH);
    let took = start.elapsed();
    let share = share(process.spent()?.saturating_sub(spent), took);
    let frames = console.picture().frames - frames;
    let changes = (version("after")? - before) / took.as_secs().max(1);
    let figure = format!("{share:.2} % of a core · {frames} frames · {changes} changes/s");
    table.line("processor for 30 s", &figure, "< 10 % of a core")?;
    let (now, peak) = process.resident()?;
    table.line("resident memory", &format!("{now:.1} MiB (at most {peak:.1})"), "≤ 40 MiB")?;
    Ok(())
}

/// Pods that lose and regain their readiness, a hundred a second, until this is dropped.
struct Churn {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Churn {
    fn begin(cluster: &Cluster) -> Result<Churn> {
        let mut pods = cluster.running("ci-standard")?;
        anyhow::ensure!(pods.len() >= 100, "{} pods run", pods.len());
        let world = cluster.world();
        let ends = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&ends);
        let thread = std::thread::spawn(move || {
            let (mut next, count) = (Instant::now(), pods.len());
            let mut place = 0;
            while !shared.load(Ordering::Relaxed) {
                if let Some(pod) = pods.get_mut(place) {
                    waver(pod);
                    world.apply(pod.clone());
                }
                place = (place + 1) % count;
                next += PACE;
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        });
        Ok(Churn { ends, thread: Some(thread) })
    }
}

impl Drop for Churn {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// A container is started anew and is ready; the next time it has crashed and waits. Both are seen on the row.
fn waver(pod: &mut Value) {
    let Some(first) = pod.pointer_mut("/status/containerStatuses/0") else { return };
    let was_ready = first.get("ready") == Some(&json!(true));
    let restarts = first.get("restartCount").and_then(Value::as_u64).unwrap_or(0);
    let state = if was_ready {
        json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting"}})
    } else {
        json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}})
    };
    if let Some(first) = first.as_object_mut() {
        first.insert("ready".to_owned(), json!(!was_ready));
        first.insert("restartCount".to_owned(), json!(restarts + 1));
        first.insert("state".to_owned(), state);
    }
}
