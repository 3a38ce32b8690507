//! Tracing to a file, never to the terminal.

use std::path::Path;

pub use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How much is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Warnings and errors.
    Usual,
    /// What is done, too.
    More,
    /// Everything.
    All,
}

/// Starts writing the log to `path`. The guard flushes it when dropped. Without a file nothing is written.
pub fn start(path: &Path, detail: Detail) -> Option<WorkerGuard> {
    let file = crate::config::open_private(path).ok()?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    let level = match detail {
        Detail::Usual => LevelFilter::WARN,
        Detail::More => LevelFilter::INFO,
        Detail::All => LevelFilter::TRACE,
    };
    let lines = fmt::layer().with_writer(writer).with_ansi(false).with_target(true);
    // A second start in one process (tests) keeps the first log.
    tracing_subscriber::registry().with(level).with(lines).try_init().ok();
    Some(guard)
}
