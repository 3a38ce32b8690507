//! `cargo bench --bench memory`: resident memory of the console, with a large live platform in another process, and
//! with 100,000 jobs from the cache.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use watchfloor::runtime::Clock;

mod stage;

use stage::console::{Console, folder};
use stage::figures::Table;
use stage::platform::Platform;
use stage::queue::{self, JOBS, Queue};

/// How long rows may take to come.
const PATIENCE: Duration = Duration::from_mins(5);
/// The number of rows is final when it has not grown for so long.
const CALM: Duration = Duration::from_secs(20);
/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(1);

fn main() -> Result<()> {
    let table = Table::titled("Resident memory of the console")?;
    let home = folder()?;
    queue::cached(&home.path().join("cache"), &Queue::at(Clock::wall().now()))?;
    let config = queue::unreachable_platform(home.path())?;
    measured(&table, &format!("{JOBS} jobs from the cache"), &config, home.path())?;
    let (platform, home) = (Platform::start(&["--scale", "100"])?, folder()?);
    measured(&table, "demo --serve --scale 100, live", platform.config(), home.path())
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
        let jobs = jobs(&console.picture().words);
        if jobs > most {
            (most, since) = (jobs, Instant::now());
        }
    }
    let (now, peak) = console.process()?.resident()?;
    table.line(what, &format!("{now:.1} MiB (at most {peak:.1}) · {most} jobs"), "≤ 100 MiB")?;
    Ok(())
}

/// The number of jobs as the screen tells it: `4,711 jobs`, somewhere behind the tab of that name.
fn jobs(words: &str) -> u64 {
    let number = |word: &str| word.replace(',', "").parse().ok();
    let all: Vec<&str> = words.split_whitespace().collect();
    let counts = all.windows(2).filter_map(|pair| match pair {
        [count, "jobs"] => number(count),
        _ => None,
    });
    counts.max().unwrap_or(0)
}
