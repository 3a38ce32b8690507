//! `cargo bench --bench live_start`: from exec to the first pods on screen, and to all 10,000, with nothing in the cache.

use std::time::Duration;

use anyhow::{Context, Result};

mod stage;

use stage::cluster::Cluster;
use stage::console::{Console, count, folder};
use stage::figures::{Table, Times};

/// How often the console is started.
const STARTS: usize = 20;
/// How long rows may take to come.
const PATIENCE: Duration = Duration::from_secs(20);
/// What every name of a job's pod holds.
const ROW: &str = "-concurrent-";
/// The tiers hold more than this.
const MOST: u64 = 10_000;

fn main() -> Result<()> {
    let cluster = Cluster::still()?;
    let table = Table::titled(&format!("Live start: {}, 160×48", cluster.told()))?;
    let all = started(&cluster, MOST)?.2;
    let (mut first, mut whole) = (Times::default(), Times::default());
    for _ in 0..STARTS {
        let (to_first, to_all, _) = started(&cluster, all)?;
        first.add(to_first);
        whole.add(to_all);
    }
    table.times("exec to the first rows", &first, "≤ 150 ms")?;
    table.times(&format!("exec to all {all} pods of the tiers"), &whole, "≤ 1000 ms")?;
    Ok(())
}

/// Starts the console once, its keys typed ahead: the times to the first row and to `all` of them; how many came.
fn started(cluster: &Cluster, all: u64) -> Result<(Duration, Duration, u64)> {
    let home = folder()?;
    let config = cluster.config(home.path(), "")?;
    let mut console = Console::start(&config, home.path())?;
    console.press("3\t")?;
    console.until(PATIENCE, |words| words.contains(ROW) && count(words, "pods") >= all)?;
    std::thread::sleep(Duration::from_millis(500));
    let picture = console.picture();
    let rows = picture.first.iter().find(|(_, words)| words.contains(ROW));
    let has_all = |words: &str| words.contains(ROW) && count(words, "pods") >= all;
    let whole = picture.first.iter().find(|(_, words)| has_all(words));
    let (rows, whole) = rows.zip(whole).with_context(|| picture.words.clone())?;
    Ok((rows.0, whole.0, count(&picture.words, "pods")))
}
