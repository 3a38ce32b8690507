//! `cargo bench --bench first_frame`: from exec to the first frame, with 100,000 jobs in the cache and no platform.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use watchfloor::runtime::Clock;

mod stage;

use stage::console::{Console, folder};
use stage::figures::{Table, Times};
use stage::queue::{self, JOBS, Queue};

/// How often the console is started.
const STARTS: usize = 20;
/// How long a frame is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> Result<()> {
    let home = folder()?;
    queue::cached(&home.path().join("cache"), &Queue::at(Clock::wall().now()))?;
    let config = queue::unreachable_platform(home.path())?;
    let mut first = Times::default();
    let mut rows = Times::default();
    // The first start makes files and warms the page cache; it is not counted.
    for start in 0..=STARTS {
        let (to_first, to_rows) = started(&config, home.path())?;
        if start > 0 {
            first.add(to_first);
            rows.add(to_rows);
        }
    }
    let table = Table::titled(&format!("First frame: {JOBS} jobs in the cache, 160×48"))?;
    table.times("exec to the first frame, from the cache", &first, "median ≤ 40 ms")?;
    table.times("exec to a table of cached jobs (key 2)", &rows, "")?;
    Ok(())
}

/// Starts the console once: the time to the first frame, which must show what was known, and to the frame with jobs.
fn started(config: &Path, home: &Path) -> Result<(Duration, Duration)> {
    let mut console = Console::start(config, home)?;
    console.until(PATIENCE, |words| words.contains("Pipelines"))?;
    console.press("2")?;
    console.until(PATIENCE, |words| words.contains("acme/") && words.contains("pending"))?;
    let picture = console.picture();
    let is_known = |words: &str| words.contains("Pipelines ≥200");
    let first = picture.first.iter().find(|(_, words)| is_known(words));
    let rows = picture.first.iter().find(|(_, words)| words.contains("acme/"));
    let (first, rows) = first.zip(rows).with_context(|| picture.words.clone())?;
    Ok((first.0, rows.0))
}
