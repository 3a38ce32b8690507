//! Figures beside their bars, as a small table. Nothing here passes or fails by time.

use std::io::{self, Write, stdout};
use std::time::{Duration, Instant};

/// Times of one thing done many times.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// Takes the time of one act.
    pub(crate) fn of<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = act();
        self.0.push(start.elapsed());
        result
    }

    /// Adds a time that was taken elsewhere.
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// Adds every time of another thing.
    pub(crate) fn extend(&mut self, other: &Times) {
        self.0.extend_from_slice(&other.0);
    }

    /// `p50 0.81 · p99 1.20 · min 0.70 ms · n 600`.
    fn told(&self) -> String {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        // The nearest rank: the least time that the share does not exceed.
        let at = |per_mille: usize| {
            let rank = (sorted.len() * per_mille).div_ceil(1000).max(1) - 1;
            sorted.get(rank).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
        };
        let (min, p50, p99, n) = (at(0), at(500), at(990), sorted.len());
        format!("median {p50:.2} · p99 {p99:.2} · min {min:.2} ms · n {n}")
    }
}

/// A table that is printed line by line, as figures come.
#[derive(Debug)]
pub(crate) struct Table {
    /// How wide the first column is.
    wide: usize,
}

impl Table {
    /// Begins a table under a heading.
    pub(crate) fn titled(title: &str) -> io::Result<Table> {
        writeln!(stdout(), "\n{title}\n")?;
        let table = Table { wide: 46 };
        table.line("what", "figure", "bar")?;
        Ok(table)
    }

    /// Tells times beside their bar.
    pub(crate) fn times(&self, what: &str, times: &Times, bar: &str) -> io::Result<()> {
        self.line(what, &times.told(), bar)
    }

    /// Tells anything else beside its bar.
    pub(crate) fn line(&self, what: &str, figure: &str, bar: &str) -> io::Result<()> {
        let bar = if bar.is_empty() { "-" } else { bar };
        let wide = self.wide;
        writeln!(stdout(), "{what:<wide$} | {figure:<56} | {bar}")
    }
}
