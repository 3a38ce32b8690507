//! The simulated platform in a process of its own: `watchfloor demo --serve`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

/// The program under measurement.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_watchfloor");

/// A platform that ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Platform {
    child: Child,
    config: PathBuf,
}

impl Platform {
    /// Starts it; ready when its config file is there.
    pub(crate) fn start(flags: &[&str]) -> Result<Platform> {
        let mut command = Command::new(PROGRAM);
        command.args(["demo", "--serve"]).args(flags);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().context("the platform does not start")?;
        let out = child.stdout.take().context("a pipe")?;
        let mut platform = Platform { child, config: PathBuf::new() };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        platform.config = PathBuf::from(line.trim());
        anyhow::ensure!(platform.config.exists(), "the platform names no config file");
        Ok(platform)
    }

    /// The config file that names it.
    pub(crate) fn config(&self) -> &Path {
        &self.config
    }

    /// Every request so far: its line in the platform's log.
    pub(crate) fn requests(&self) -> Result<Vec<String>> {
        let log = self.config.with_file_name("requests.jsonl");
        let text = fs::read_to_string(&log).with_context(|| format!("no {}", log.display()))?;
        Ok(text.lines().map(str::to_owned).collect())
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // A platform that has ended by itself needs no signal.
            kill_process(pid, Signal::TERM).ok();
        }
        self.child.wait().ok();
    }
}
