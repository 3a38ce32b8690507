//! `cargo bench --bench memory`: resident memory of the console with 100,000 jobs from the cache, with 10,000 live pods
//! besides, and with a large live platform in another process.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use watchfloor::runtime::Clock;

mod stage;

use stage::cluster::Cluster;
use stage::console::{Console, count, folder};
use stage::figures::Table;
use stage::platform::Platform;
use stage::queue::{self, JOBS, Queue};

/// How long rows may take to come.
const PATIENCE: Duration = Duration::from_mins(5);
/// The number of rows is final when it has not grown for so long.
const CALM: Duration = Duration::from_secs(20);
/// How long the pods of the other pane are looked at.
const SETTLE: Duration = Duration::from_secs(5);
/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(1);

fn main() -> Result<()> {
    let table = Table::titled("Resident memory of the console")?;
    let home = folder()?;
    queue::cached(&home.path().join("cache"), &Queue::at(Clock::wall().now()))?;
    let config = queue::unreachable_platform(home.path())?;
    measured(&table, &format!("{JOBS} jobs from the cache"), &config, home.path())?;
    together(&table)?;
    let (platform, home) = (Platform::start(&["--scale", "100"])?, folder()?);
    measured(&table, "demo --serve --scale 100, live", platform.config(), home.path())
}

/// 100,000 jobs from the cache, and 10,000 pods and 600 nodes live.
fn together(table: &Table) -> Result<()> {
    let (cluster, home) = (Cluster::still()?, folder()?);
    queue::cached(&home.path().join("cache"), &Queue::at(Clock::wall().now()))?;
    let config = cluster.config(home.path(), &queue::unreachable_gitlab(home.path())?)?;
    let what = format!("{JOBS} jobs from the cache, live {}", cluster.told());
    measured(table, &what, &config, home.path())
}

/// Opens the console on the table of jobs and waits until no more of them come.
fn measured(table: &Table, what: &str, config: &Path, home: &Path) -> Result<()> {
    let mut console = Console::start(config, home)?;
    console.until(PATIENCE, |words| words.contains("Pipelines"))?;
    console.press("2")?;
    let deadline = Instant::now() + PATIENCE;
    let (mut most, mut since) = (0, Instant::now());
    while Instant::now() < deadline && (most == 0 || since.elapsed() < CALM) {
        std::thread::sleep(LOOK);
        let jobs = count(&console.picture().words, "jobs");
        if jobs > most {
            (most, since) = (jobs, Instant::now());
        }
    }
    console.press("3\t")?;
    std::thread::sleep(SETTLE);
    let pods = count(&console.picture().words, "pods");
    let (now, peak) = console.process()?.resident()?;
    let figure = format!("{now:.1} MiB (at most {peak:.1}) · {most} jobs, {pods} pods");
    table.line(what, &figure, "≤ 100 MiB")?;
    Ok(())
}
