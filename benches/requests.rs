//! `cargo bench --bench requests`: requests a minute to a platform of 500 projects in which nothing happens.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

mod stage;

use stage::console::{Console, folder};
use stage::figures::Table;
use stage::platform::Platform;

/// The first minute and the second: everything is read for the first time.
const SETTLE: Duration = Duration::from_secs(90);
/// How many minutes are counted then.
const MINUTES: u32 = 3;

fn main() -> Result<()> {
    let (platform, home) = (Platform::start(&["--scenario", "quiet"])?, folder()?);
    let console = Console::start(platform.config(), home.path())?;
    let table = Table::titled("Requests: demo --serve --scenario quiet, 500 projects")?;
    std::thread::sleep(SETTLE);
    let start = platform.requests()?;
    let first = format!("{} requests in {} s", start.len(), SETTLE.as_secs());
    table.line("the first reading of everything", &first, "")?;
    let mut before = start.len();
    for minute in 1..=MINUTES {
        std::thread::sleep(Duration::from_mins(1));
        let all = platform.requests()?;
        let new = all.get(before..).unwrap_or_default();
        let figure = format!("{} requests: {}", new.len(), kinds(new)?);
        table.line(&format!("minute {minute} after that"), &figure, "≤ 10 a minute")?;
        before = all.len();
    }
    drop(console);
    Ok(())
}

/// How many requests of each kind: the operation, or the path without its numbers and its query.
fn kinds(lines: &[String]) -> Result<String> {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines {
        let line: serde_json::Value = serde_json::from_str(line)?;
        let path = line.get("path").and_then(|path| path.as_str()).unwrap_or("?");
        let plain = path.split('?').next().unwrap_or(path);
        let plain: String = plain.chars().filter(|c| !c.is_ascii_digit()).collect();
        let kind = line.get("operation").and_then(|operation| operation.as_str());
        *kinds.entry(kind.unwrap_or(&plain).to_owned()).or_default() += 1;
    }
    let told: Vec<String> = kinds.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    Ok(told.join(", "))
}
