//! `cargo bench --bench busy`: processor time of the console while the tiers are nearly full, at ten times the traffic.

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
    let table = Table::titled("Busy for 60 s: demo --serve --scenario busy, 160×48")?;
    for scale in ["1", "10"] {
        let platform = Platform::start(&["--scenario", "busy", "--scale", scale])?;
        let home = folder()?;
        let mut console = Console::start(platform.config(), home.path())?;
        console.until(SETTLE, |words| words.contains("Pipelines"))?;
        console.press("2")?;
        std::thread::sleep(SETTLE);
        let process = console.process()?;
        let (start, spent) = (Instant::now(), process.spent()?);
        let (frames, requests) = (console.picture().frames, platform.requests()?.len());
        std::thread::sleep(WATCH);
        let share = share(process.spent()?.saturating_sub(spent), start.elapsed());
        let frames = console.picture().frames - frames;
        let requests = platform.requests()?.len() - requests;
        let figure = format!("{share:.2} % of a core · {frames} frames · {requests} requests");
        table.line(&format!("scale {scale}"), &figure, "< 10 % of a core")?;
    }
    Ok(())
}
