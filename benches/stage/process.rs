//! What the system knows about a process: its memory and the time that it spent.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// How many ticks of `/proc/PID/stat` a second has; Linux shows hundredths everywhere.
const TICKS: u64 = 100;

/// A process by its id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// Resident memory, MiB: now, and at the most so far.
    pub(crate) fn resident(self) -> Result<(f64, f64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let figure = |name: &str| -> Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let line = line.with_context(|| format!("no {name} of process {}", self.0))?;
            let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
            Ok(kib / 1024.0)
        };
        Ok((figure("VmRSS:")?, figure("VmHWM:")?))
    }

    /// Time spent on processors so far, by all its threads, in itself and in the system.
    pub(crate) fn spent(self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name may hold anything; what follows its bracket is counted from field 3.
        let (_, rest) = stat.rsplit_once(')').context("a name in brackets")?;
        let mut fields = rest.split_whitespace().skip(11);
        let mut ticks = || -> Result<u64> { Ok(fields.next().context("a field")?.parse()?) };
        let (user, system) = (ticks()?, ticks()?);
        Ok(Duration::from_millis((user + system) * 1000 / TICKS))
    }
}

/// A share of one core, per cent.
pub(crate) fn share(spent: Duration, of: Duration) -> f64 {
    100.0 * spent.as_secs_f64() / of.as_secs_f64()
}
