//! `cargo bench --bench idle`: frames and processor time while nothing happens, in 500 projects.

use std::time::{Duration, Instant};

use anyhow::Result;

mod stage;

use stage::console::{Console, folder};
use stage::figures::Table;
use stage::platform::Platform;
use stage::process::share;

/// How long the console has to read everything for the first time.
const SETTLE: Duration = Duration::from_mins(1);
/// How long it is watched.
const WATCH: Duration = Duration::from_mins(1);

fn main() -> Result<()> {
    let (platform, home) = (Platform::start(&["--scenario", "quiet"])?, folder()?);
    let mut console = Console::start(platform.config(), home.path())?;
    let table = Table::titled("Idle for 60 s: demo --serve --scenario quiet, 160×48")?;
    for (pane, key) in [("Now", "1"), ("Pipelines", "2")] {
        console.until(SETTLE, |words| words.contains("Pipelines"))?;
        console.press(key)?;
        std::thread::sleep(SETTLE);
        watched(&console, &table, pane)?;
    }
    Ok(())
}

fn watched(console: &Console, table: &Table, pane: &str) -> Result<()> {
    let process = console.process()?;
    let drawn = || {
        let picture = console.picture();
        (picture.frames, picture.idle, picture.bytes)
    };
    let (start, spent, before) = (Instant::now(), process.spent()?, drawn());
    std::thread::sleep(WATCH);
    let (took, spent, after) = (start.elapsed(), process.spent()?.saturating_sub(spent), drawn());
    let frames = format!(
        "{} frames, {} of them as before, {} bytes",
        after.0 - before.0,
        after.1 - before.1,
        after.2 - before.2
    );
    table.line(&format!("{pane}: drawn"), &frames, "no frame as before")?;
    let figure = format!("{:.2} % of a core ({} ms)", share(spent, took), spent.as_millis());
    table.line(&format!("{pane}: processor"), &figure, "< 0.5 % of a core")?;
    Ok(())
}
