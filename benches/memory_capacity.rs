//! `cargo bench --bench memory_capacity`: resident memory of the console with 12,000 pods, 9,800 of them in the tiers, and 600
//! nodes; no GitLab.

use std::time::{Duration, Instant};

use anyhow::Result;

mod stage;

use stage::cluster::Cluster;
use stage::console::{Console, count, folder};
use stage::figures::Table;

/// The scale of the cluster: that of `demo --scale 100`.
const SCALE: u32 = 100;
/// As many pods as there are in the tiers at least, before anything is measured.
const ENOUGH: u64 = 9_500;
/// How long rows may take to come.
const PATIENCE: Duration = Duration::from_mins(2);

fn main() -> Result<()> {
    let (cluster, home) = (Cluster::still_at(SCALE)?, folder()?);
    let config = cluster.config(home.path(), "")?;
    let table = Table::titled(&format!("Resident memory, capacity alone: {}", cluster.told()))?;
    let mut console = Console::start(&config, home.path())?;
    let started = Instant::now();
    console.press("3\t")?;
    console.until(PATIENCE, |words| count(words, "pods") >= ENOUGH)?;
    for (what, wait) in
        [("10 s after the start", Duration::from_secs(10)), ("later", Duration::from_secs(30))]
    {
        std::thread::sleep(wait);
        let (now, peak) = console.process()?.resident()?;
        let pods = count(&console.picture().words, "pods");
        let what = format!("{what} ({} s), {pods} pods in the tiers", started.elapsed().as_secs());
        table.line(&what, &format!("{now:.1} MiB (at most {peak:.1})"), "≤ 40 MiB")?;
    }
    Ok(())
}
